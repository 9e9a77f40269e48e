/* Chains with their cursors, heads and kept headers; routes and their holds. */
#include "store/sql.h"

#include <string.h>

/* --- chains ----------------------------------------------------------------------------------- */

enum cw_err cw_store_chain(struct cw_store *store, const char *name, struct cw_chain_id id,
                           int64_t *ret_row, struct cw_error *error) {
    static const char select[] =
        "SELECT row, name, chain_id FROM chain WHERE name = ?1 OR chain_id = ?2";
    static const char insert[] = "INSERT INTO chain(name, chain_id) VALUES(?1, ?2) RETURNING row";
    struct cw_sql sql = cw_sql_open(store, select, "chain", error);
    cw_sql_put_text(&sql, 1, name);
    cw_sql_put_u64(&sql, 2, id.v);
    int64_t row = 0;
    while (cw_sql_step(&sql)) {
        char known[64];
        row = cw_sql_get_i64(&sql, 0);
        cw_sql_get_text(&sql, 1, known, sizeof known);
        uint64_t known_id = cw_sql_get_u64(&sql, 2);
        if (sql.err == CW_OK && (known_id != id.v || strcmp(known, name) != 0))
            sql.err = cw_error_set(
                error, CW_ERR_SCHEMA,
                "%s: chain \"%s\" has the id %llu there, and the configuration now "
                "says \"%s\" with %llu: keep names and ids, or use another data_dir",
                store->path, known, (unsigned long long)known_id, name, (unsigned long long)id.v);
        if (sql.err != CW_OK)
            break;
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK && row == 0) {
        sql = cw_sql_open(store, insert, "chain", error);
        cw_sql_put_text(&sql, 1, name);
        cw_sql_put_u64(&sql, 2, id.v);
        if (cw_sql_step(&sql))
            row = cw_sql_get_i64(&sql, 0);
        while (cw_sql_step(&sql)) {
        }
        err = cw_sql_end(&sql);
    }
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

enum cw_err cw_store_heads_set(struct cw_store *store, int64_t chain, const struct cw_heads *heads,
                               uint64_t now_ms, struct cw_error *error) {
    static const char update[] =
        "UPDATE chain SET latest = ?2, safe = ?3, final = ?4, latest_time_s = ?5,"
        " final_time_s = ?6, updated_ms = ?7, final_since_s ="
        " CASE WHEN final = ?4 AND final_since_s > 0 THEN final_since_s ELSE ?5 END"
        " WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "chain", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64(&sql, 2, heads->latest.number.v);
    cw_sql_put_u64(&sql, 3, heads->safe.number.v);
    cw_sql_put_u64(&sql, 4, heads->final.number.v);
    cw_sql_put_u64_clamp(&sql, 5, heads->latest.timestamp_s);
    cw_sql_put_u64_clamp(&sql, 6, heads->final.timestamp_s);
    cw_sql_put_u64_clamp(&sql, 7, now_ms);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_chain_trouble_set(struct cw_store *store, int64_t chain, const char *trouble,
                                       struct cw_error *error) {
    struct cw_sql sql = cw_sql_open(store, "UPDATE chain SET trouble = ?2 WHERE row = ?1", "chain",
                                    error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_text(&sql, 2, trouble);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_backfill_set(struct cw_store *store, int64_t chain, uint64_t left,
                                  uint64_t per_s, uint64_t eta_s, struct cw_error *error) {
    static const char update[] = "UPDATE chain SET backfill_left = ?2, backfill_per_s = ?3,"
                                 " backfill_eta_s = ?4 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "chain", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, left);
    cw_sql_put_u64_clamp(&sql, 3, per_s);
    cw_sql_put_u64_clamp(&sql, 4, eta_s);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_chains(struct cw_store *store, struct cw_arena *arena,
                            struct cw_store_chain_row **ret, size_t *ret_n,
                            struct cw_error *error) {
    static const char select[] =
        "SELECT row, name, chain_id, cursor, latest, safe, final, latest_time_s,"
        " final_time_s, updated_ms, trouble, blocks_seen, false_blooms, backfill_left,"
        " backfill_per_s, backfill_eta_s, final_since_s FROM chain ORDER BY row";
    struct cw_sql sql = cw_sql_open(store, select, "chain", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_chain_row *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->row = cw_sql_get_i64(&sql, 0);
        cw_sql_get_text(&sql, 1, out->name, sizeof out->name);
        out->chain_id = cw_sql_get_u64(&sql, 2);
        out->has_cursor = !cw_sql_is_null(&sql, 3);
        out->cursor = out->has_cursor ? cw_sql_get_u64(&sql, 3) : 0;
        out->latest = cw_sql_get_u64(&sql, 4);
        out->safe = cw_sql_get_u64(&sql, 5);
        out->final_ = cw_sql_get_u64(&sql, 6);
        out->latest_time_s = cw_sql_get_u64(&sql, 7);
        out->final_time_s = cw_sql_get_u64(&sql, 8);
        out->updated_ms = cw_sql_get_u64(&sql, 9);
        cw_sql_get_text(&sql, 10, out->trouble, sizeof out->trouble);
        out->blocks_seen = cw_sql_get_u64(&sql, 11);
        out->false_blooms = cw_sql_get_u64(&sql, 12);
        out->backfill_left = cw_sql_get_u64(&sql, 13);
        out->backfill_per_s = cw_sql_get_u64(&sql, 14);
        out->backfill_eta_s = cw_sql_get_u64(&sql, 15);
        out->final_since_s = cw_sql_get_u64(&sql, 16);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_cursor_get(struct cw_store *store, int64_t chain, bool *ret_found,
                                struct cw_block_number *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT row, cursor FROM chain WHERE row = ?1 AND cursor IS NOT NULL";
    struct cw_sql sql = cw_sql_open(store, select, "chain", error);
    cw_sql_put_i64(&sql, 1, chain);
    bool found = cw_sql_step(&sql);
    struct cw_block_number number = {found ? cw_sql_get_u64(&sql, 1) : 0};
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK) {
        *ret_found = found;
        *ret = number;
    }
    return err;
}

enum cw_err cw_store_cursor_set(struct cw_store *store, int64_t chain,
                                struct cw_block_number number, struct cw_error *error) {
    static const char update[] = "UPDATE chain SET cursor = ?2 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "chain", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64(&sql, 2, number.v);
    return cw_sql_run(&sql);
}

/* --- headers ---------------------------------------------------------------------------------- */

static enum cw_err header_put(struct cw_store *store, int64_t chain,
                              const struct cw_store_header *header, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO header(chain, number, hash, parent, time_s) VALUES(?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT DO UPDATE SET hash = excluded.hash, parent = excluded.parent,"
        " time_s = excluded.time_s";
    struct cw_sql sql = cw_sql_open(store, insert, "header", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64(&sql, 2, header->ref.number.v);
    cw_sql_put_hash32(&sql, 3, &header->ref.hash);
    cw_sql_put_hash32(&sql, 4, &header->parent);
    cw_sql_put_u64_clamp(&sql, 5, header->ref.timestamp_s);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_headers_put(struct cw_store *store, int64_t chain,
                                 const struct cw_store_header *headers, size_t n,
                                 struct cw_error *error) {
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = header_put(store, chain, &headers[i], error);
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_headers_cut(struct cw_store *store, int64_t chain,
                                 struct cw_block_number above, struct cw_block_number keep_from,
                                 struct cw_error *error) {
    static const char cut_above[] = "DELETE FROM header WHERE chain = ?1 AND number > ?2";
    static const char cut_below[] = "DELETE FROM header WHERE chain = ?1 AND number < ?2";
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    struct cw_sql sql = cw_sql_open(store, cut_above, "header", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, above.v);
    err = cw_sql_run(&sql);
    if (err == CW_OK) {
        sql = cw_sql_open(store, cut_below, "header", error);
        cw_sql_put_i64(&sql, 1, chain);
        cw_sql_put_u64_clamp(&sql, 2, keep_from.v);
        err = cw_sql_run(&sql);
    }
    return cw_sql_group_close(store, err, error);
}

static void header_read(struct cw_sql *sql, struct cw_store_header *out) {
    memset(out, 0, sizeof *out);
    out->ref.number.v = cw_sql_get_u64(sql, 0);
    out->ref.hash = cw_sql_get_hash32(sql, 1);
    out->parent = cw_sql_get_hash32(sql, 2);
    out->ref.timestamp_s = cw_sql_get_u64(sql, 3);
}

enum cw_err cw_store_headers_load(struct cw_store *store, int64_t chain, size_t n,
                                  struct cw_arena *arena, struct cw_store_header **ret,
                                  size_t *ret_n, struct cw_error *error) {
    static const char select[] = "SELECT number, hash, parent, time_s FROM header WHERE chain = ?1"
                                 " ORDER BY number DESC LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "header", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, n);
    struct cw_sql_list rows = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_header *out; (out = cw_sql_next(&sql, &rows)) != NULL;)
        header_read(&sql, out);
    struct cw_store_header *list = NULL;
    size_t found = 0;
    enum cw_err err = cw_sql_list_end(&sql, &rows, &list, &found);
    if (err != CW_OK)
        return err;
    for (size_t i = 0; i < found / 2; i++) {
        struct cw_store_header other = list[i];
        list[i] = list[found - 1 - i];
        list[found - 1 - i] = other;
    }
    *ret = list;
    *ret_n = found;
    return CW_OK;
}

enum cw_err cw_store_header_at(struct cw_store *store, int64_t chain, struct cw_block_number number,
                               bool *ret_found, struct cw_store_header *ret,
                               struct cw_error *error) {
    static const char select[] =
        "SELECT number, hash, parent, time_s FROM header WHERE chain = ?1 AND number = ?2";
    struct cw_sql sql = cw_sql_open(store, select, "header", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, number.v);
    struct cw_store_header header = {0};
    bool found = cw_sql_step(&sql);
    if (found)
        header_read(&sql, &header);
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret_found = found;
    if (found)
        *ret = header;
    return CW_OK;
}

/* --- routes ----------------------------------------------------------------------------------- */

#define ROUTE_COLUMNS                                                                              \
    "SELECT row, name, stack, settlement, execution, hold_reason, hold_detail, hold_ms,"           \
    " direction, source "

static void route_read(struct cw_sql *sql, struct cw_store_route_row *out) {
    memset(out, 0, sizeof *out);
    out->row = cw_sql_get_i64(sql, 0);
    cw_sql_get_text(sql, 1, out->name, sizeof out->name);
    cw_sql_get_text(sql, 2, out->stack, sizeof out->stack);
    out->settlement = cw_sql_get_i64(sql, 3);
    out->execution = cw_sql_get_i64(sql, 4);
    cw_sql_get_text(sql, 5, out->hold_reason, sizeof out->hold_reason);
    cw_sql_get_text(sql, 6, out->hold_detail, sizeof out->hold_detail);
    out->hold_ms = cw_sql_get_u64(sql, 7);
    cw_sql_get_text(sql, 8, out->direction, sizeof out->direction);
    out->source = (enum cw_side)cw_sql_get_int(sql, 9, CW_SETTLEMENT, CW_EXECUTION);
}

int64_t cw_store_route_source(const struct cw_store_route_row *route) {
    return route->source == CW_SETTLEMENT ? route->settlement : route->execution;
}

int64_t cw_store_route_destination(const struct cw_store_route_row *route) {
    return route->source == CW_SETTLEMENT ? route->execution : route->settlement;
}

enum cw_err cw_store_route(struct cw_store *store, const char *name,
                           const struct cw_adapter_ops *ops, int64_t settlement, int64_t execution,
                           int64_t *ret_row, struct cw_error *error) {
    static const char select[] = ROUTE_COLUMNS "FROM route WHERE name = ?1";
    static const char insert[] =
        "INSERT INTO route(name, stack, settlement, execution, direction, source)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6) RETURNING row";
    struct cw_sql sql = cw_sql_open(store, select, "route", error);
    cw_sql_put_text(&sql, 1, name);
    struct cw_store_route_row known = {0};
    bool found = cw_sql_step(&sql);
    if (found)
        route_read(&sql, &known);
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    if (found) {
        if (strcmp(known.stack, ops->name) != 0 || strcmp(known.direction, ops->direction) != 0 ||
            known.settlement != settlement || known.execution != execution)
            return cw_error_set(error, CW_ERR_SCHEMA,
                                "%s: route \"%s\" is known there with another stack, direction or "
                                "other chains: give the new route a name of its own",
                                store->path, name);
        *ret_row = known.row;
        return CW_OK;
    }
    sql = cw_sql_open(store, insert, "route", error);
    cw_sql_put_text(&sql, 1, name);
    cw_sql_put_text(&sql, 2, ops->name);
    cw_sql_put_i64(&sql, 3, settlement);
    cw_sql_put_i64(&sql, 4, execution);
    cw_sql_put_text(&sql, 5, ops->direction);
    cw_sql_put_i64(&sql, 6, (int64_t)ops->source);
    int64_t row = 0;
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

enum cw_err cw_store_route_hold(struct cw_store *store, int64_t route, const char *reason,
                                const char *detail, uint64_t now_ms, struct cw_error *error) {
    static const char update[] =
        "UPDATE route SET hold_reason = ?2, hold_detail = ?3, hold_ms = ?4 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "route", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_text(&sql, 2, reason);
    cw_sql_put_text(&sql, 3, reason[0] != 0 ? detail : "");
    cw_sql_put_u64_clamp(&sql, 4, reason[0] != 0 ? now_ms : 0);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_route_get(struct cw_store *store, const char *name,
                               struct cw_store_route_row *ret, struct cw_error *error) {
    static const char select[] = ROUTE_COLUMNS "FROM route WHERE name = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "route", error);
    cw_sql_put_text(&sql, 1, name);
    struct cw_store_route_row row = {0};
    bool found = cw_sql_step(&sql);
    if (found)
        route_read(&sql, &row);
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    if (!found)
        return cw_error_set(error, CW_ERR_INPUT, "%s: no route is named \"%s\"", store->path, name);
    *ret = row;
    return CW_OK;
}

enum cw_err cw_store_routes(struct cw_store *store, struct cw_arena *arena,
                            struct cw_store_route_row **ret, size_t *ret_n,
                            struct cw_error *error) {
    static const char select[] = ROUTE_COLUMNS "FROM route ORDER BY row";
    struct cw_sql sql = cw_sql_open(store, select, "route", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_route_row *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        route_read(&sql, out);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
