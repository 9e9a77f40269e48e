/* What was written since a reader looked last, oldest first, by the numbers of the rows. */
#ifndef STORE_NEWS_H
#define STORE_NEWS_H

#include "store/store.h"

/* Where a reader is. */
struct cw_store_news_at {
    int64_t history, incident_line;
};
/* Behind everything that there is. */
CW_MUST_USE enum cw_err cw_store_news_end(struct cw_store *store, struct cw_store_news_at *ret,
                                          struct cw_error *error);

struct cw_store_news_message {
    int64_t row; /* of the line */
    int64_t route;
    struct cw_hash32 id;
    struct cw_addr20 sender, target;
    struct cw_hash32 source_tx;
    struct cw_store_history line;
};
CW_MUST_USE enum cw_err cw_store_news_messages(struct cw_store *store, int64_t after, size_t limit,
                                               struct cw_arena *arena,
                                               struct cw_store_news_message **ret, size_t *ret_n,
                                               struct cw_error *error);

struct cw_store_news_incident {
    int64_t row; /* of the line */
    int64_t incident;
    char route[CW_ROUTE_NAME_SIZE]; /* "" for none */
    struct cw_store_incident_line line;
};
CW_MUST_USE enum cw_err cw_store_news_incidents(struct cw_store *store, int64_t after, size_t limit,
                                                struct cw_arena *arena,
                                                struct cw_store_news_incident **ret, size_t *ret_n,
                                                struct cw_error *error);

#endif
