/* Events about messages that are not known yet: two chains are read at their own pace. */
#include "store/messages.h"
#include "store/sql.h"

#include <string.h>

#define KEPT       100000 /* of a route, by the time of their blocks */
#define LOOK_EVERY 4096   /* rows between two looks at how many there are */

static enum cw_err cut_old(struct cw_store *store, int64_t route, struct cw_error *error) {
    static const char delete[] =
        "DELETE FROM early WHERE row IN (SELECT row FROM early WHERE route = ?1"
        " ORDER BY block_time_s DESC, row DESC LIMIT -1 OFFSET ?2)";
    struct cw_sql sql = cw_sql_open(store, delete, "early", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, KEPT);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_early_put(struct cw_store *store, const struct cw_store_early *early,
                               struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO early(route, chain, side, ref, kind, outcome, only_unaliased, note,"
        " block_number, block_hash, block_time_s, tx, log_index)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
        " ON CONFLICT DO NOTHING RETURNING row";
    char note[sizeof early->note];
    cw_store_text(note, sizeof note, early->note);
    struct cw_sql sql = cw_sql_open(store, insert, "early", error);
    cw_sql_put_i64(&sql, 1, early->route);
    cw_sql_put_i64(&sql, 2, early->chain);
    cw_sql_put_i64(&sql, 3, (int64_t)early->side);
    cw_sql_put_hash32(&sql, 4, &early->ref);
    cw_sql_put_i64(&sql, 5, (int64_t)early->kind);
    cw_sql_put_i64(&sql, 6, (int64_t)early->outcome);
    cw_sql_put_i64(&sql, 7, early->only_unaliased);
    cw_sql_put_text(&sql, 8, note);
    cw_sql_put_u64(&sql, 9, early->block.number.v);
    cw_sql_put_hash32(&sql, 10, &early->block.hash);
    cw_sql_put_u64_clamp(&sql, 11, early->block.timestamp_s);
    cw_sql_put_hash32(&sql, 12, &early->tx);
    cw_sql_put_u64_clamp(&sql, 13, early->log_index);
    int64_t row = 0;
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    return err == CW_OK && row > 0 && row % LOOK_EVERY == 0 ? cut_old(store, early->route, error)
                                                            : err;
}

static void read_row(struct cw_sql *sql, struct cw_store_early *out) {
    memset(out, 0, sizeof *out);
    out->route = cw_sql_get_i64(sql, 0);
    out->chain = cw_sql_get_i64(sql, 1);
    out->side = (enum cw_side)cw_sql_get_int(sql, 2, CW_SETTLEMENT, CW_EXECUTION);
    out->ref = cw_sql_get_hash32(sql, 3);
    out->kind = (enum cw_event_kind)cw_sql_get_int(sql, 4, CW_EVENT_STEP_DONE, CW_EVENT_OUTCOME);
    out->outcome = (enum cw_outcome)cw_sql_get_int(sql, 5, CW_OUTCOME_UNKNOWN,
                                                   CW_OUTCOME_RELAY_FAILED);
    out->only_unaliased = cw_sql_get_bool(sql, 6);
    cw_sql_get_text(sql, 7, out->note, sizeof out->note);
    out->block.number.v = cw_sql_get_u64(sql, 8);
    out->block.hash = cw_sql_get_hash32(sql, 9);
    out->block.timestamp_s = cw_sql_get_u64(sql, 10);
    out->tx = cw_sql_get_hash32(sql, 11);
    out->log_index = cw_sql_get_u64(sql, 12);
}

static enum cw_err read_all(struct cw_store *store, int64_t route, const struct cw_hash32 *id,
                            const struct cw_hash32 *alias, struct cw_arena *arena,
                            struct cw_store_early **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT route, chain, side, ref, kind, outcome, only_unaliased, note, block_number,"
        " block_hash, block_time_s, tx, log_index FROM early INDEXED BY early_ref"
        " WHERE route = ?1 AND ref IN (?2, ?3)"
        " ORDER BY block_time_s, block_number, log_index";
    struct cw_sql sql = cw_sql_open(store, select, "early", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_hash32(&sql, 2, id);
    cw_sql_put_hash32(&sql, 3, alias ? alias : id);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_early *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        read_row(&sql, out);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_early_take(struct cw_store *store, int64_t route, const struct cw_hash32 *id,
                                const struct cw_hash32 *alias, struct cw_arena *arena,
                                struct cw_store_early **ret, size_t *ret_n,
                                struct cw_error *error) {
    static const char delete[] =
        "DELETE FROM early INDEXED BY early_ref WHERE route = ?1 AND ref IN (?2, ?3)";
    struct cw_store_early *list = NULL;
    size_t n = 0;
    enum cw_err err = read_all(store, route, id, alias, arena, &list, &n, error);
    if (err == CW_OK && n > 0) {
        struct cw_sql sql = cw_sql_open(store, delete, "early", error);
        cw_sql_put_i64(&sql, 1, route);
        cw_sql_put_hash32(&sql, 2, id);
        cw_sql_put_hash32(&sql, 3, alias ? alias : id);
        err = cw_sql_run(&sql);
    }
    if (err == CW_OK) {
        *ret = list;
        *ret_n = n;
    }
    return err;
}

enum cw_err cw_store_early_cut(struct cw_store *store, int64_t chain, struct cw_block_number above,
                               struct cw_error *error) {
    static const char delete[] = "DELETE FROM early WHERE chain = ?1 AND block_number > ?2";
    struct cw_sql sql = cw_sql_open(store, delete, "early", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, above.v);
    return cw_sql_run(&sql);
}
