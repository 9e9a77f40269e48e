/* What somebody must look at, and what was looked at. */
#include "store/messages.h"
#include "store/sql.h"

#include <string.h>

/* Of those that are over. */
#define KEPT_RESOLVED 10000

static void put_key(struct cw_sql *sql, enum cw_incident_kind kind, const char *subject) {
    cw_sql_put_text(sql, 1, cw_incident_kind_name(kind));
    cw_sql_put_text(sql, 2, subject);
}

/* *ret_row 0: none is open. */
static enum cw_err find_open(struct cw_store *store, enum cw_incident_kind kind,
                             const char *subject, int64_t *ret_row, struct cw_error *error) {
    static const char select[] =
        "SELECT row FROM incident WHERE kind = ?1 AND subject = ?2 AND resolved_ms = 0";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    put_key(&sql, kind, subject);
    int64_t row = 0;
    if (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

static enum cw_err insert(struct cw_store *store, const struct cw_store_incident *incident,
                          uint64_t now_ms, struct cw_error *error) {
    static const char text[] =
        "INSERT INTO incident(kind, subject, chain, route, text, evidence, times, opened_ms,"
        " last_ms, resolved_ms, resolution) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, 0, '')";
    struct cw_sql sql = cw_sql_open(store, text, "incident", error);
    put_key(&sql, incident->kind, incident->subject);
    cw_sql_put_text(&sql, 3, incident->chain);
    cw_sql_put_text(&sql, 4, incident->route);
    cw_sql_put_text(&sql, 5, incident->text);
    cw_sql_put_text(&sql, 6, incident->evidence);
    cw_sql_put_u64_clamp(&sql, 7, now_ms);
    return cw_sql_run(&sql);
}

static enum cw_err count(struct cw_store *store, int64_t row,
                         const struct cw_store_incident *incident, uint64_t now_ms,
                         struct cw_error *error) {
    static const char text[] =
        "UPDATE incident SET times = times + 1, last_ms = max(last_ms, ?2), text = ?3,"
        " evidence = CASE WHEN ?4 = '' THEN evidence ELSE ?4 END WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, text, "incident", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    cw_sql_put_text(&sql, 3, incident->text);
    cw_sql_put_text(&sql, 4, incident->evidence);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_incident_open(struct cw_store *store, const struct cw_store_incident *incident,
                                   uint64_t now_ms, bool *ret_new, struct cw_error *error) {
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    int64_t row = 0;
    err = find_open(store, incident->kind, incident->subject, &row, error);
    if (err == CW_OK)
        err = row == 0 ? insert(store, incident, now_ms, error)
                       : count(store, row, incident, now_ms, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_new = row == 0;
    return err;
}

enum cw_err cw_store_incident_is_open(struct cw_store *store, enum cw_incident_kind kind,
                                      const char *subject, bool *ret, struct cw_error *error) {
    int64_t row = 0;
    enum cw_err err = find_open(store, kind, subject, &row, error);
    if (err == CW_OK)
        *ret = row != 0;
    return err;
}

static enum cw_err cut(struct cw_store *store, struct cw_error *error) {
    static const char delete[] =
        "DELETE FROM incident WHERE row IN (SELECT row FROM incident WHERE resolved_ms > 0"
        " ORDER BY resolved_ms DESC, row DESC LIMIT -1 OFFSET ?1)";
    struct cw_sql sql = cw_sql_open(store, delete, "incident", error);
    cw_sql_put_i64(&sql, 1, KEPT_RESOLVED);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_incident_resolve(struct cw_store *store, enum cw_incident_kind kind,
                                      const char *subject, const char *resolution, uint64_t now_ms,
                                      bool *ret_was_open, struct cw_error *error) {
    static const char update[] = "UPDATE incident SET resolved_ms = ?2, resolution = ?3"
                                 " WHERE row = ?1";
    int64_t row = 0;
    enum cw_err err = find_open(store, kind, subject, &row, error);
    if (err != CW_OK || row == 0) {
        if (err == CW_OK)
            *ret_was_open = false;
        return err;
    }
    char text[sizeof((struct cw_store_incident *)0)->resolution];
    cw_store_text(text, sizeof text, resolution);
    err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    struct cw_sql sql = cw_sql_open(store, update, "incident", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_u64_clamp(&sql, 2, now_ms > 0 ? now_ms : 1);
    cw_sql_put_text(&sql, 3, text);
    err = cw_sql_run(&sql);
    if (err == CW_OK)
        err = cut(store, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_was_open = true;
    return err;
}

static void read_row(struct cw_sql *sql, struct cw_store_incident *out) {
    char kind[32];
    memset(out, 0, sizeof *out);
    out->row = cw_sql_get_i64(sql, 0);
    cw_sql_get_text(sql, 1, kind, sizeof kind);
    if (sql->err == CW_OK && !cw_incident_kind_parse(&out->kind, kind))
        sql->err = cw_error_set(sql->error, CW_ERR_SCHEMA, "%s: incident %lld is of no known kind",
                                sql->store->path, (long long)out->row);
    cw_sql_get_text(sql, 2, out->subject, sizeof out->subject);
    cw_sql_get_text(sql, 3, out->chain, sizeof out->chain);
    cw_sql_get_text(sql, 4, out->route, sizeof out->route);
    cw_sql_get_text(sql, 5, out->text, sizeof out->text);
    cw_sql_get_text(sql, 6, out->evidence, sizeof out->evidence);
    out->times = cw_sql_get_u64(sql, 7);
    out->opened_ms = cw_sql_get_u64(sql, 8);
    out->last_ms = cw_sql_get_u64(sql, 9);
    out->resolved_ms = cw_sql_get_u64(sql, 10);
    cw_sql_get_text(sql, 11, out->resolution, sizeof out->resolution);
}

enum cw_err cw_store_incidents(struct cw_store *store, bool open_only, size_t limit,
                               struct cw_arena *arena, struct cw_store_incident **ret,
                               size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT row, kind, subject, chain, route, text, evidence, times, opened_ms, last_ms,"
        " resolved_ms, resolution FROM incident WHERE resolved_ms = 0 OR ?1 = 0"
        " ORDER BY resolved_ms > 0, row DESC LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    cw_sql_put_i64(&sql, 1, open_only);
    cw_sql_put_u64_clamp(&sql, 2, limit);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_incident *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        read_row(&sql, out);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
