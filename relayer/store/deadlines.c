/* Which messages' deadlines are worth a look. */
#include "store/messages.h"
#include "store/sql.h"

enum cw_err cw_store_deadlines_due(struct cw_store *store, int64_t route, uint64_t chain_s,
                                   size_t limit, int64_t *rows, size_t *ret_n,
                                   struct cw_error *error) {
    static const char select[] =
        "SELECT row FROM message INDEXED BY message_deadline WHERE route = ?1"
        " AND deadline_next_s > 0 AND deadline_next_s <= ?2 ORDER BY deadline_next_s LIMIT ?3";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, chain_s);
    cw_sql_put_u64_clamp(&sql, 3, limit);
    size_t n = 0;
    while (n < limit && cw_sql_step(&sql))
        rows[n++] = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

enum cw_err cw_store_deadline_next(struct cw_store *store, int64_t message, uint64_t chain_s,
                                   struct cw_error *error) {
    static const char update[] = "UPDATE message SET deadline_next_s = ?2 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, message);
    cw_sql_put_u64_clamp(&sql, 2, chain_s);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_deadline_alerts(struct cw_store *store, int64_t route, const char *alerts,
                                     struct cw_error *error) {
    static const char wake[] =
        "UPDATE message INDEXED BY message_deadline SET deadline_next_s = 1 WHERE route = ?1"
        " AND deadline_next_s > 0 AND deadline_next_s > 1"
        " AND EXISTS (SELECT 1 FROM route WHERE row = ?1 AND deadline_alerts <> ?2)";
    static const char keep[] = "UPDATE route SET deadline_alerts = ?2 WHERE row = ?1";
    static const char *const texts[] = {wake, keep};
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    for (size_t i = 0; err == CW_OK && i < CW_COUNT(texts); i++) {
        struct cw_sql sql = cw_sql_open(store, texts[i], "message", error);
        cw_sql_put_i64(&sql, 1, route);
        cw_sql_put_text(&sql, 2, alerts);
        err = cw_sql_run(&sql);
    }
    return cw_sql_group_close(store, err, error);
}
