/* Messages that were not delivered for long. */
#include "store/sql.h"

/* Of a route, sent at most then: final at the source, and the policy's business. */
#define OVERDUE                                                                                    \
    " FROM message INDEXED BY message_undelivered WHERE route = ?1 AND stage < 8"                  \
    " AND condition <> 4 AND orphaned = 0 AND block_time_s <= ?2 AND stage >= 3"                   \
    " AND reason NOT IN ('denied', 'not_listed')"

static enum cw_err count(struct cw_store *store, int64_t route, uint64_t sent_s, uint64_t *ret,
                         struct cw_error *error) {
    static const char select[] = "SELECT count(*) FROM (SELECT 1" OVERDUE " LIMIT ?3)";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, sent_s);
    cw_sql_put_i64(&sql, 3, CW_STORE_OVERDUE_MAX);
    uint64_t n = cw_sql_step(&sql) ? cw_sql_get_u64(&sql, 0) : 0;
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = n;
    return err;
}

enum cw_err cw_store_overdue(struct cw_store *store, int64_t route, uint64_t sent_s,
                             struct cw_store_overdue *ret, struct cw_error *error) {
    static const char select[] = "SELECT id, block_time_s, condition, reason" OVERDUE
                                 " ORDER BY block_time_s LIMIT 1";
    struct cw_store_overdue overdue = {.n = 0};
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, sent_s);
    bool any = cw_sql_step(&sql);
    if (any) {
        overdue.id = cw_sql_get_hash32(&sql, 0);
        overdue.sent_s = cw_sql_get_u64(&sql, 1);
        overdue.condition = (enum cw_condition)cw_sql_get_int(&sql, 2, CW_READY, CW_DONE);
        cw_sql_get_text(&sql, 3, overdue.reason, sizeof overdue.reason);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK && any)
        err = count(store, route, sent_s, &overdue.n, error);
    if (err == CW_OK)
        *ret = overdue;
    return err;
}
