/* When a message will be delivered, and why: from the periods that its contracts are known to keep,
 * the date that it waits for, and how long the stages took on its route so far. */
#ifndef CLI_ETA_H
#define CLI_ETA_H

#include "cli/cli.h"
#include "cli/print.h"
#include "store/ledger.h"

struct cw_eta {
    enum cw_stage of;  /* what is expected: EXECUTED, or EXECUTED_FINAL of one that is executed */
    uint64_t from_s;   /* Unix time: not before; 0: nothing can be said */
    uint64_t likely_s; /* in half of the cases until then; 0: not known */
    uint64_t until_s;  /* in 95 of 100 cases until then; 0: not known */
    char reason[CW_DETAIL_SIZE + 512];
};

/* What the estimates of a view rest on. */
struct cw_etas {
    struct cw_cli_view *view;
    uint64_t now_ms;
    bool running;                     /* the daemon */
    struct cw_store_ledger **ledgers; /* of each route; NULL: not read yet. Of the view's arena */
};
CW_MUST_USE enum cw_err cw_etas_open(struct cw_etas *ret, struct cw_cli_view *view, uint64_t now_ms,
                                     struct cw_error *error);
/* *ret_any false: there is nothing to expect of it any more. */
CW_MUST_USE enum cw_err cw_eta_of(struct cw_etas *etas, const struct cw_store_message *message,
                                  bool *ret_any, struct cw_eta *ret, struct cw_error *error);
/* A member "eta", an object. */
void cw_out_eta(struct cw_buf *out, const struct cw_eta *eta);
/* "2023-11-14 … UTC, …", for people. */
void cw_eta_text(char *text, size_t size, const struct cw_eta *eta, uint64_t now_ms);

#endif
