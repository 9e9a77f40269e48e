/* Shared by the files of api/ that answer; everything on the server's thread. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include "api/api.h"
#include "api/server.h"
#include "cli/cli.h"
#include "store/news.h"

struct cw_api {
    struct cw_config *config;
    char *path; /* of the database */
    struct cw_store *store;
    struct cw_api_server *server;
    struct cw_store_news_at at; /* what was told as events */
    bool at_known;
    struct cw_api_daemon daemon;
    uint64_t started_ms; /* wall clock */
};

/* One call that is being answered. */
struct answer {
    struct cw_api *api;
    struct cw_api_call *call;
    struct cw_cli_view *view; /* one view over everything that is read; gone with the answer */
};

/* Members of the answer's path that a resource's pattern has as "*", in order. */
#define ANSWER_PARTS 3u

struct resource {
    bool posts;
    enum cw_api_role role; /* that it takes */
    const char *path;      /* such as v1, messages, and "*" for any part */
    void (*answer)(struct answer *a, const char *const *parts);
};
/* End with path NULL. Those of api_plain ask nothing of the database: of the view they have the
 * arena only. */
extern const struct resource api_plain[], api_reads[], api_actions[], api_asks[];

void api_show_readiness(struct answer *a, const char *const *parts);

/* A file of evidence, as it was written. */
void api_show_evidence(struct answer *a, const char *const *parts);

/* Names of a query into what the store knows. False: answered. */
bool api_take_route(struct answer *a, int64_t *ret); /* 0: any */
/* The one message that a path and its parameter "route" (NULL: any) mean; of a known route. */
bool api_take_message(struct answer *a, const char *id, const char *route,
                      const struct cw_store_message **ret);
/* The number of a row, from 1; what: "a silence's id". */
bool api_take_number(struct answer *a, const char *text, const char *what, uint64_t *ret);
/* text NULL: it is not there. */
bool api_take_stage(struct cw_api_call *call, const char *text, bool *ret_there,
                    enum cw_stage *ret);
bool api_take_condition(struct cw_api_call *call, const char *text, bool *ret_there,
                        enum cw_condition *ret);

#endif
