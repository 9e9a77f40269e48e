/* What a message waits for, for people and programs: what, where, who can end it, until when. */
#ifndef CLI_WAITS_H
#define CLI_WAITS_H

#include "cli/cli.h"

#define CW_CLI_WAITS 8

struct cw_cli_wait {
    const char *what;  /* "date", "root", "source-head", "final-head", "change", "answer",
                          "transaction", "operator", "look", "route", "relayer", "chain" */
    const char *chain; /* where; NULL: nowhere in particular */
    const char *who;   /* who can end it, besides time; NULL: nobody in particular */
    uint64_t until_s;  /* Unix time at the latest; 0: not known */
    bool chain_clock;  /* until_s is on that chain's clock */
    char text[CW_DETAIL_SIZE + CW_STORE_TROUBLE_SIZE];
};

/* What the relayer itself, and no adapter, gives as a reason. */
struct cw_cli_reason {
    const char *reason;
    const char *what, *who, *wait; /* as of a wait; wait NULL: the message's detail says it */
    const char *open;              /* why nobody knows how long; NULL: it ends by itself */
};
/* NULL: it is none of them. */
const struct cw_cli_reason *cw_cli_reason(const char *reason);

/* The nearest first; none for what is done or dead. Names and texts may come from outside. */
size_t cw_cli_waits(const struct cw_cli_view *view, const struct cw_store_message *message,
                    uint64_t now_ms, struct cw_cli_wait ret[CW_CLI_WAITS]);

#endif
