/* What endpoints were caught in. */
#include "store/messages.h"
#include "store/sql.h"

#include <string.h>

/* An endpoint that lies in ever new words fills no disk. */
#define KEPT_OF_AN_ENDPOINT 1000

static enum cw_err cut(struct cw_store *store, const struct cw_store_finding *finding,
                       struct cw_error *error) {
    static const char delete[] = "DELETE FROM finding WHERE row IN (SELECT row FROM finding WHERE "
                                 "chain = ?1 AND endpoint = ?2"
                                 " ORDER BY last_ms DESC, row DESC LIMIT -1 OFFSET ?3)";
    struct cw_sql sql = cw_sql_open(store, delete, "finding", error);
    cw_sql_put_text(&sql, 1, finding->chain);
    cw_sql_put_text(&sql, 2, finding->endpoint);
    cw_sql_put_i64(&sql, 3, KEPT_OF_AN_ENDPOINT);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_finding_add(struct cw_store *store, const struct cw_store_finding *finding,
                                 struct cw_error *error) {
    static const char upsert[] =
        "INSERT INTO finding(chain, endpoint, method, text, n, first_ms, last_ms, evidence)"
        " VALUES(?1, ?2, ?3, ?4, 1, ?5, ?5, ?6)"
        " ON CONFLICT DO UPDATE SET n = n + 1, last_ms = max(last_ms, excluded.last_ms),"
        " evidence = CASE WHEN ?6 = '' THEN evidence ELSE ?6 END";
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    struct cw_sql sql = cw_sql_open(store, upsert, "finding", error);
    cw_sql_put_text(&sql, 1, finding->chain);
    cw_sql_put_text(&sql, 2, finding->endpoint);
    cw_sql_put_text(&sql, 3, finding->method);
    cw_sql_put_text(&sql, 4, finding->text);
    cw_sql_put_u64_clamp(&sql, 5, finding->time_ms);
    cw_sql_put_text(&sql, 6, finding->evidence);
    err = cw_sql_run(&sql);
    if (err == CW_OK)
        err = cut(store, finding, error);
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_findings(struct cw_store *store, size_t limit, struct cw_arena *arena,
                              struct cw_store_finding **ret, size_t *ret_n,
                              struct cw_error *error) {
    static const char select[] =
        "SELECT row, chain, endpoint, method, text, n, last_ms, evidence FROM finding"
        " ORDER BY last_ms DESC, row DESC LIMIT ?1";
    struct cw_sql sql = cw_sql_open(store, select, "finding", error);
    cw_sql_put_u64_clamp(&sql, 1, limit);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_finding *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        cw_sql_get_text(&sql, 1, out->chain, sizeof out->chain);
        cw_sql_get_text(&sql, 2, out->endpoint, sizeof out->endpoint);
        cw_sql_get_text(&sql, 3, out->method, sizeof out->method);
        cw_sql_get_text(&sql, 4, out->text, sizeof out->text);
        out->count = cw_sql_get_u64(&sql, 5);
        out->time_ms = cw_sql_get_u64(&sql, 6);
        cw_sql_get_text(&sql, 7, out->evidence, sizeof out->evidence);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
