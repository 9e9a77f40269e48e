#include "store/lanes.h"

#include "store/sql.h"

enum cw_err cw_store_lane_put(struct cw_store *store, const struct cw_store_lane *lane,
                              uint64_t now_ms, struct cw_error *error) {
    static const char replace[] =
        "INSERT OR REPLACE INTO lane_state(chain, address, signer, next_nonce, jobs, open, trouble,"
        " updated_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    struct cw_sql sql = cw_sql_open(store, replace, "lane_state", error);
    cw_sql_put_i64(&sql, 1, lane->chain);
    cw_sql_put_addr20(&sql, 2, &lane->address);
    cw_sql_put_text(&sql, 3, lane->signer);
    if (lane->has_nonce)
        cw_sql_put_u64_clamp(&sql, 4, lane->next_nonce);
    cw_sql_put_u64_clamp(&sql, 5, lane->jobs);
    cw_sql_put_u64_clamp(&sql, 6, lane->open);
    cw_sql_put_text(&sql, 7, lane->trouble);
    cw_sql_put_u64_clamp(&sql, 8, now_ms);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_lanes_forget(struct cw_store *store, struct cw_error *error) {
    struct cw_sql sql = cw_sql_open(store, "DELETE FROM lane_state", "lane_state", error);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_lanes(struct cw_store *store, struct cw_arena *arena,
                           struct cw_store_lane **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT lane_state.chain AS row, lane_state.address, lane_state.signer,"
        " next_nonce IS NOT NULL, coalesce(next_nonce, 0), jobs, open, trouble, updated_ms,"
        " balance IS NOT NULL, coalesce(balance, zeroblob(32)), coalesce(low, zeroblob(32))"
        " FROM lane_state LEFT JOIN funds ON funds.chain = lane_state.chain AND funds.address ="
        " lane_state.address ORDER BY lane_state.chain, lane_state.address";
    struct cw_sql sql = cw_sql_open(store, select, "lane_state", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_lane *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->chain = cw_sql_get_i64(&sql, 0);
        out->address = cw_sql_get_addr20(&sql, 1);
        cw_sql_get_text(&sql, 2, out->signer, sizeof out->signer);
        out->has_nonce = cw_sql_get_bool(&sql, 3);
        out->next_nonce = cw_sql_get_u64(&sql, 4);
        out->jobs = cw_sql_get_u64(&sql, 5);
        out->open = cw_sql_get_u64(&sql, 6);
        cw_sql_get_text(&sql, 7, out->trouble, sizeof out->trouble);
        out->updated_ms = cw_sql_get_u64(&sql, 8);
        out->has_balance = cw_sql_get_bool(&sql, 9);
        out->balance.v = cw_sql_get_u256(&sql, 10);
        out->low.v = cw_sql_get_u256(&sql, 11);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
