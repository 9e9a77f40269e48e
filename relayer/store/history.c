/* One line of history for each thing that happened to a message. */
#include "store/messages.h"
#include "store/sql.h"

#include <causeway/keccak.h>

#include <string.h>

/* 16 bytes over what makes two lines equal; the parts are set apart by their NULs and fixed sizes.
 */
static void line_digest(uint8_t out[16], const struct cw_store_history *line) {
    struct cw_keccak state;
    struct cw_hash32 hash;
    uint8_t has[2] = {line->has_block, line->has_tx};
    cw_keccak_init(&state);
    cw_keccak_update(&state, cw_slice_of(line->kind, strlen(line->kind) + 1));
    cw_keccak_update(&state, cw_slice_of(line->text, strlen(line->text) + 1));
    cw_keccak_update(&state, cw_slice_of(has, sizeof has));
    if (line->has_block)
        cw_keccak_update(&state, cw_slice_of(line->block.hash.b, 32));
    if (line->has_tx)
        cw_keccak_update(&state, cw_slice_of(line->tx.b, 32));
    cw_keccak_final(&hash, &state);
    memcpy(out, hash.b, 16);
}

enum cw_err cw_store_history_write(struct cw_store *store, int64_t message,
                                   const struct cw_store_history *line, bool once,
                                   struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO history(message, time_ms, kind, stage, condition, text, side, block_number,"
        " block_hash, block_time_s, tx, digest)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        " ON CONFLICT(message, digest) DO NOTHING";
    uint8_t digest[16];
    struct cw_sql sql = cw_sql_open(store, insert, "history", error);
    cw_sql_put_i64(&sql, 1, message);
    cw_sql_put_u64_clamp(&sql, 2, line->time_ms);
    cw_sql_put_text(&sql, 3, line->kind);
    cw_sql_put_i64(&sql, 4, (int64_t)line->stage);
    cw_sql_put_i64(&sql, 5, (int64_t)line->condition);
    cw_sql_put_text(&sql, 6, line->text);
    cw_sql_put_i64(&sql, 7, (int64_t)line->side);
    if (line->has_block) {
        cw_sql_put_u64(&sql, 8, line->block.number.v);
        cw_sql_put_hash32(&sql, 9, &line->block.hash);
        cw_sql_put_u64_clamp(&sql, 10, line->block.timestamp_s);
    }
    cw_sql_put_hash32(&sql, 11, line->has_tx ? &line->tx : NULL);
    if (once) {
        line_digest(digest, line);
        cw_sql_put_blob(&sql, 12, cw_slice_of(digest, sizeof digest));
    }
    return cw_sql_run(&sql);
}

enum cw_err cw_store_history_has(struct cw_store *store, int64_t message,
                                 const struct cw_store_history *line, bool *ret,
                                 struct cw_error *error) {
    uint8_t digest[16];
    line_digest(digest, line);
    struct cw_sql sql = cw_sql_open(
        store, "SELECT 1 FROM history WHERE message = ?1 AND digest = ?2", "history", error);
    cw_sql_put_i64(&sql, 1, message);
    cw_sql_put_blob(&sql, 2, cw_slice_of(digest, sizeof digest));
    bool has = cw_sql_step(&sql);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = has;
    return err;
}

enum cw_err cw_store_history_add(struct cw_store *store, int64_t message,
                                 const struct cw_store_history *line, struct cw_error *error) {
    return cw_store_history_write(store, message, line, true, error);
}

void cw_store_history_read(struct cw_sql *sql, struct cw_store_history *out) {
    memset(out, 0, sizeof *out);
    out->time_ms = cw_sql_get_u64(sql, 1);
    cw_sql_get_text(sql, 2, out->kind, sizeof out->kind);
    out->stage = (enum cw_stage)cw_sql_get_int(sql, 3, 0, CW_STAGE_EXECUTED_FINAL);
    out->condition = (enum cw_condition)cw_sql_get_int(sql, 4, 0, CW_DONE);
    cw_sql_get_text(sql, 5, out->text, sizeof out->text);
    out->side = (enum cw_side)cw_sql_get_int(sql, 6, CW_SETTLEMENT, CW_EXECUTION);
    out->has_block = !cw_sql_is_null(sql, 7);
    if (out->has_block) {
        out->block.number.v = cw_sql_get_u64(sql, 7);
        out->block.hash = cw_sql_get_hash32(sql, 8);
        out->block.timestamp_s = cw_sql_get_u64(sql, 9);
    }
    out->has_tx = !cw_sql_is_null(sql, 10);
    if (out->has_tx)
        out->tx = cw_sql_get_hash32(sql, 10);
}

enum cw_err cw_store_history_load(struct cw_store *store, int64_t message, struct cw_arena *arena,
                                  struct cw_store_history **ret, size_t *ret_n,
                                  struct cw_error *error) {
    static const char select[] = CW_STORE_HISTORY_COLUMNS
        "FROM history WHERE message = ?1 ORDER BY row";
    struct cw_sql sql = cw_sql_open(store, select, "history", error);
    cw_sql_put_i64(&sql, 1, message);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_history *out; (out = cw_sql_next(&sql, &list)) != NULL;)
        cw_store_history_read(&sql, out);
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
