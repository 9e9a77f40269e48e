/* Signed transactions that pause a bridge: each is decided on once. */
#include "store/messages.h"
#include "store/sql.h"

#include <inttypes.h>
#include <stdio.h>

enum cw_err cw_store_pause_put(struct cw_store *store, const struct cw_store_pause *pause,
                               struct cw_slice raw, uint64_t now_ms, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO pause(route, hash, raw, why, state, made_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT DO NOTHING RETURNING row";
    char why[sizeof pause->why];
    bool is_new = false;
    cw_store_text(why, sizeof why, pause->why);
    struct cw_sql sql = cw_sql_open(store, insert, "pause", error);
    cw_sql_put_i64(&sql, 1, pause->route);
    cw_sql_put_hash32(&sql, 2, &pause->hash);
    cw_sql_put_blob(&sql, 3, raw);
    cw_sql_put_text(&sql, 4, why);
    cw_sql_put_i64(&sql, 5, CW_PAUSE_DECIDED);
    cw_sql_put_u64_clamp(&sql, 6, now_ms);
    while (cw_sql_step(&sql))
        is_new = true;
    enum cw_err err = cw_sql_end(&sql);
    return err == CW_OK && !is_new ? cw_error_set(error, CW_ERR_BUSY, "it is decided on already")
                                   : err;
}

enum cw_err cw_store_pause_get(struct cw_store *store, const struct cw_hash32 *hash,
                               bool *ret_found, struct cw_store_pause *ret,
                               struct cw_error *error) {
    static const char select[] = "SELECT row, route, why, state, success, block_number, block_hash"
                                 " FROM pause WHERE hash = ?1";
    struct cw_store_pause pause = {.hash = *hash};
    struct cw_sql sql = cw_sql_open(store, select, "pause", error);
    cw_sql_put_hash32(&sql, 1, hash);
    bool found = cw_sql_step(&sql);
    if (found) {
        pause.row = cw_sql_get_i64(&sql, 0);
        pause.route = cw_sql_get_i64(&sql, 1);
        cw_sql_get_text(&sql, 2, pause.why, sizeof pause.why);
        pause.state = (enum cw_pause_state)cw_sql_get_int(&sql, 3, CW_PAUSE_DECIDED,
                                                          CW_PAUSE_FINAL);
        pause.success = cw_sql_get_bool(&sql, 4);
        pause.block.v = cw_sql_get_u64(&sql, 5);
        if (!cw_sql_is_null(&sql, 6))
            pause.block_hash = cw_sql_get_hash32(&sql, 6);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret_found = found;
    if (found)
        *ret = pause;
    return CW_OK;
}

enum cw_err cw_store_pause_set(struct cw_store *store, const struct cw_store_pause *pause,
                               struct cw_error *error) {
    static const char update[] = "UPDATE pause SET state = ?2, success = ?3, block_number = ?4,"
                                 " block_hash = ?5 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "pause", error);
    cw_sql_put_i64(&sql, 1, pause->row);
    cw_sql_put_i64(&sql, 2, pause->state);
    cw_sql_put_i64(&sql, 3, pause->success);
    cw_sql_put_u64_clamp(&sql, 4, pause->block.v);
    if (!cw_hash32_is_zero(&pause->block_hash))
        cw_sql_put_hash32(&sql, 5, &pause->block_hash);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_pause_due(struct cw_store *store, int64_t route, const char *target,
                               bool provisional, bool *ret, char why[320], struct cw_error *error) {
    static const char select[] =
        "SELECT hold.text FROM hold JOIN subject AS s ON s.route = hold.route"
        " AND s.invariant = hold.invariant AND s.key = hold.key WHERE hold.route = ?1"
        " AND hold.target = ?2 AND hold.wanted = 1 AND s.state = 3 AND s.stake = 3"
        " AND (s.provisional = 0 OR ?3) LIMIT 1";
    struct cw_sql sql = cw_sql_open(store, select, "hold", error);
    char text[320] = "";
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_text(&sql, 2, target);
    cw_sql_put_i64(&sql, 3, provisional);
    bool due = cw_sql_step(&sql);
    if (due)
        cw_sql_get_text(&sql, 0, text, sizeof text);
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret = due;
    if (due)
        snprintf(why, sizeof text, "%s", text);
    return CW_OK;
}
