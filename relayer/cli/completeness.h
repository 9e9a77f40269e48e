/* Whether the store has every message that a route's contract counted, as status shows it. */
#ifndef CLI_COMPLETENESS_H
#define CLI_COMPLETENESS_H

#include "store/store.h"

struct cw_print_table;

struct cw_cli_completeness {
    bool known; /* false: the counter was not read yet, or there is none */
    struct cw_store_counter counter;
    uint64_t missing; /* at the check; without what may be in unread blocks */
    /* Those of the missing numbers that did not come since; the first ones. */
    struct cw_store_gap gaps[CW_STORE_GAPS];
    size_t gaps_n;
};

/* chain: row of the route's source chain. */
CW_MUST_USE enum cw_err cw_cli_completeness(struct cw_cli_completeness *ret, struct cw_store *store,
                                            int64_t route, int64_t chain, struct cw_error *error);
/* A row for people: the route, and what is known. None where nothing is. */
void cw_cli_completeness_row(struct cw_print_table *table,
                             const struct cw_cli_completeness *completeness, const char *route,
                             uint64_t now_s);
/* The member "completeness". */
void cw_cli_completeness_put(struct cw_buf *out, const struct cw_cli_completeness *completeness);

#endif
