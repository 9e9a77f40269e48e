/* What `stats` and the API show of what messages took and cost. */
#ifndef CLI_STATS_READ_H
#define CLI_STATS_READ_H

#include "cli/cli.h"
#include "cli/print.h"
#include "store/ledger.h"

struct cw_stats_route {
    const struct cw_store_route_row *route;
    struct cw_store_ledger ledger;
    uint64_t delivered; /* messages that are executed, by whomever; ever */
};
struct cw_stats {
    struct cw_cli_view *view;
    uint64_t days; /* 0: all */
    struct cw_stats_route *routes;
    size_t routes_n;
    /* Calls of all endpoints, and messages of all routes that are executed; ever. */
    uint64_t calls, delivered;
};

#define CW_STATS_DAYS_MAX 36500u

/* route: its row, 0: of all. days: so many count, today with them (UTC); 0: all. */
CW_MUST_USE enum cw_err cw_stats_read(struct cw_stats *ret, struct cw_cli_view *view, int64_t route,
                                      uint64_t days, uint64_t now_ms, struct cw_error *error);
/* An object. */
void cw_stats_put(struct cw_buf *out, const struct cw_stats *stats);
/* "route,measure,unit,count,sum,mean,p50,p95,p99" and its lines. */
void cw_stats_csv(struct cw_buf *out, const struct cw_stats *stats);

/* Gas that batches saved, as it was estimated; 0: none. */
uint64_t cw_stats_saved(const struct cw_store_cost *cost);
/* sum / n, rounded down; n is not 0. */
struct cw_wei cw_stats_mean(const struct cw_wei *sum, uint64_t n);

/* Where so many days begin, today's with them; 0: all. */
uint64_t cw_stats_since_ms(uint64_t days, uint64_t now_ms);

/* --- transaction by transaction, the newest first --- */

#define CW_STATS_ATTEMPTS_MAX 1000u

/* Appends a header, when before is 0, and at most limit lines of those below that row; *ret_next
 * is what to go on below; 0: there are no more. arena: for what is read, some KiB a line. */
CW_MUST_USE enum cw_err cw_stats_attempts_csv(struct cw_buf *out, const struct cw_cli_view *view,
                                              const struct cw_store_attempt_filter *filter,
                                              struct cw_arena *arena, int64_t *ret_next,
                                              struct cw_error *error);

#endif
