/* How endpoints are, and what was asked of them. */
#include "store/messages.h"
#include "store/sql.h"

#include <string.h>

bool cw_store_endpoint_is_usable(const struct cw_store_endpoint *endpoint) {
    return strcmp(endpoint->state, "well") == 0 || strcmp(endpoint->state, "asked_last") == 0;
}

enum cw_err cw_store_endpoints_retire(struct cw_store *store, int64_t chain,
                                      struct cw_error *error) {
    static const char update[] =
        "UPDATE endpoint SET state = 'removed', reason = '' WHERE chain = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "endpoint", error);
    cw_sql_put_i64(&sql, 1, chain);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_endpoint_put(struct cw_store *store, const struct cw_store_endpoint *endpoint,
                                  uint64_t now_ms, int64_t *ret_row, struct cw_error *error) {
    static const char upsert[] =
        "INSERT INTO endpoint(chain, label, position, state, reason, quick_ms, heavy_ms, answers,"
        " bad, lag, contradictions, updated_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        " ON CONFLICT(chain, label) DO UPDATE SET position = ?3, state = ?4, reason = ?5,"
        " quick_ms = ?6, heavy_ms = ?7, answers = ?8, bad = ?9, lag = ?10,"
        " contradictions = contradictions + ?11, updated_ms = ?12 RETURNING row";
    struct cw_store_endpoint e = *endpoint;
    cw_store_text(e.label, sizeof e.label, endpoint->label);
    cw_store_text(e.reason, sizeof e.reason, endpoint->reason);
    struct cw_sql sql = cw_sql_open(store, upsert, "endpoint", error);
    cw_sql_put_i64(&sql, 1, e.chain);
    cw_sql_put_text(&sql, 2, e.label);
    cw_sql_put_u64(&sql, 3, e.position);
    cw_sql_put_text(&sql, 4, e.state);
    cw_sql_put_text(&sql, 5, e.reason);
    cw_sql_put_u64(&sql, 6, e.quick_ms);
    cw_sql_put_u64(&sql, 7, e.heavy_ms);
    cw_sql_put_u64(&sql, 8, e.answers);
    cw_sql_put_u64(&sql, 9, e.bad);
    if (e.has_lag)
        cw_sql_put_u64_clamp(&sql, 10, e.lag);
    cw_sql_put_u64_clamp(&sql, 11, e.contradictions);
    cw_sql_put_u64_clamp(&sql, 12, now_ms);
    int64_t row = 0;
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

enum cw_err cw_store_endpoints(struct cw_store *store, struct cw_arena *arena,
                               struct cw_store_endpoint **ret, size_t *ret_n,
                               struct cw_error *error) {
    static const char select[] =
        "SELECT row, chain, label, position, state, reason, quick_ms, heavy_ms, answers, bad, lag,"
        " contradictions, updated_ms FROM endpoint ORDER BY chain, position, row";
    struct cw_sql sql = cw_sql_open(store, select, "endpoint", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_endpoint *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->row = cw_sql_get_i64(&sql, 0);
        out->chain = cw_sql_get_i64(&sql, 1);
        cw_sql_get_text(&sql, 2, out->label, sizeof out->label);
        out->position = cw_sql_get_u64(&sql, 3);
        cw_sql_get_text(&sql, 4, out->state, sizeof out->state);
        cw_sql_get_text(&sql, 5, out->reason, sizeof out->reason);
        out->quick_ms = cw_sql_get_u64(&sql, 6);
        out->heavy_ms = cw_sql_get_u64(&sql, 7);
        out->answers = cw_sql_get_u64(&sql, 8);
        out->bad = cw_sql_get_u64(&sql, 9);
        out->has_lag = !cw_sql_is_null(&sql, 10);
        out->lag = out->has_lag ? cw_sql_get_u64(&sql, 10) : 0;
        out->contradictions = cw_sql_get_u64(&sql, 11);
        out->updated_ms = cw_sql_get_u64(&sql, 12);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

/* --- calls ------------------------------------------------------------------------------------ */

enum cw_err cw_store_calls_add(struct cw_store *store, const struct cw_store_calls *calls,
                               struct cw_error *error) {
    static const char upsert[] =
        "INSERT INTO endpoint_call(endpoint, method, calls, failures) VALUES(?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET calls = calls + ?3, failures = failures + ?4";
    char method[sizeof calls->method];
    cw_store_text(method, sizeof method, calls->method);
    struct cw_sql sql = cw_sql_open(store, upsert, "endpoint_call", error);
    cw_sql_put_i64(&sql, 1, calls->endpoint);
    cw_sql_put_text(&sql, 2, method);
    cw_sql_put_u64(&sql, 3, calls->calls);
    cw_sql_put_u64(&sql, 4, calls->failures);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_calls(struct cw_store *store, struct cw_arena *arena,
                           struct cw_store_calls **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT endpoint AS row, method, calls, failures FROM endpoint_call"
        " ORDER BY endpoint, method";
    struct cw_sql sql = cw_sql_open(store, select, "endpoint_call", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_calls *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->endpoint = cw_sql_get_i64(&sql, 0);
        cw_sql_get_text(&sql, 1, out->method, sizeof out->method);
        out->calls = cw_sql_get_u64(&sql, 2);
        out->failures = cw_sql_get_u64(&sql, 3);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_blocks_add(struct cw_store *store, int64_t chain, uint64_t blocks,
                                uint64_t false_blooms, struct cw_error *error) {
    static const char update[] = "UPDATE chain SET blocks_seen = blocks_seen + ?2,"
                                 " false_blooms = false_blooms + ?3 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "chain", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64(&sql, 2, blocks);
    cw_sql_put_u64(&sql, 3, false_blooms);
    return cw_sql_run(&sql);
}
