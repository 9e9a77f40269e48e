/* How late the loop's timers fired, over all runs. */
#include "store/store.h"
#include "store/sql.h"

enum cw_err cw_store_late_add(struct cw_store *store, const struct cw_store_late *late,
                              struct cw_error *error) {
    static const char upsert[] =
        "INSERT INTO loop_late(at_most_ms, n, sum_ms) VALUES(?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET n = n + excluded.n, sum_ms = sum_ms + excluded.sum_ms";
    struct cw_sql sql = cw_sql_open(store, upsert, "loop_late", error);
    cw_sql_put_i64(&sql, 1, late->at_most_ms);
    cw_sql_put_u64_clamp(&sql, 2, late->n);
    cw_sql_put_u64_clamp(&sql, 3, late->sum_ms);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_late(struct cw_store *store, struct cw_arena *arena,
                          struct cw_store_late **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT at_most_ms AS row, n, sum_ms FROM loop_late ORDER BY at_most_ms";
    struct cw_sql sql = cw_sql_open(store, select, "loop_late", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_late *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->at_most_ms = (uint32_t)cw_sql_get_int(&sql, 0, 0, INT32_MAX);
        out->n = cw_sql_get_u64(&sql, 1);
        out->sum_ms = cw_sql_get_u64(&sql, 2);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
