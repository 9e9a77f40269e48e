/* Incidents that nobody is to be told of for a while. */
#include "store/incidents.h"

#include <string.h>

enum cw_err cw_store_silence_add(struct cw_store *store, const struct cw_store_silence *silence,
                                 uint64_t now_ms, int64_t *ret_row, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO silence(kind, subject, route, made_by, note, made_ms, until_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING row";
    struct cw_sql sql = cw_sql_open(store, insert, "silence", error);
    int64_t row = 0;
    cw_sql_put_text(&sql, 1, silence->kind);
    cw_sql_put_text(&sql, 2, silence->subject);
    cw_sql_put_text(&sql, 3, silence->route);
    cw_sql_put_text(&sql, 4, silence->by);
    cw_sql_put_text(&sql, 5, silence->note);
    cw_sql_put_u64_clamp(&sql, 6, now_ms);
    cw_sql_put_u64_clamp(&sql, 7, silence->until_ms);
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

/* Those that are over with this statement, whose parameter is a row or a time. */
static enum cw_err end_some(struct cw_store *store, const char *update, uint64_t which,
                            uint64_t now_ms, size_t *ret_n, struct cw_error *error) {
    enum cw_err err = cw_sql_group_open(store, error);
    size_t n = 0;
    if (err != CW_OK)
        return err;
    struct cw_sql sql = cw_sql_open(store, update, "silence", error);
    cw_sql_put_u64_clamp(&sql, 1, which);
    while (cw_sql_step(&sql))
        n++;
    err = cw_sql_end(&sql);
    if (err == CW_OK && n > 0)
        err = cw_store_incidents_tell(store, now_ms, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

enum cw_err cw_store_silence_end(struct cw_store *store, int64_t row, uint64_t now_ms,
                                 bool *ret_found, struct cw_error *error) {
    static const char update[] = "UPDATE silence SET over = 1 WHERE row = ?1 AND over = 0"
                                 " RETURNING row";
    size_t n = 0;
    enum cw_err err = end_some(store, update, row > 0 ? (uint64_t)row : 0, now_ms, &n, error);
    if (err == CW_OK)
        *ret_found = n > 0;
    return err;
}

static enum cw_err any_due(struct cw_store *store, uint64_t now_ms, bool *ret,
                           struct cw_error *error) {
    static const char select[] = "SELECT EXISTS (SELECT 1 FROM silence WHERE over = 0"
                                 " AND until_ms <= ?1)";
    struct cw_sql sql = cw_sql_open(store, select, "silence", error);
    bool any = false;
    cw_sql_put_u64_clamp(&sql, 1, now_ms);
    if (cw_sql_step(&sql))
        any = cw_sql_get_bool(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = any;
    return err;
}

enum cw_err cw_store_silences_attend(struct cw_store *store, uint64_t now_ms, size_t *ret_ended,
                                     struct cw_error *error) {
    static const char update[] = "UPDATE silence SET over = 1 WHERE over = 0 AND until_ms <= ?1"
                                 " RETURNING row";
    bool any = false;
    size_t n = 0;
    enum cw_err err = any_due(store, now_ms, &any, error);
    if (err == CW_OK && any)
        err = end_some(store, update, now_ms, now_ms, &n, error);
    if (err == CW_OK)
        *ret_ended = n;
    return err;
}

enum cw_err cw_store_silences(struct cw_store *store, struct cw_arena *arena,
                              struct cw_store_silence **ret, size_t *ret_n,
                              struct cw_error *error) {
    static const char select[] =
        "SELECT row, kind, subject, route, made_by, note, made_ms, until_ms FROM silence"
        " WHERE over = 0 ORDER BY until_ms, row";
    struct cw_sql sql = cw_sql_open(store, select, "silence", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_silence *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->row = cw_sql_get_i64(&sql, 0);
        cw_sql_get_text(&sql, 1, out->kind, sizeof out->kind);
        cw_sql_get_text(&sql, 2, out->subject, sizeof out->subject);
        cw_sql_get_text(&sql, 3, out->route, sizeof out->route);
        cw_sql_get_text(&sql, 4, out->by, sizeof out->by);
        cw_sql_get_text(&sql, 5, out->note, sizeof out->note);
        out->made_ms = cw_sql_get_u64(&sql, 6);
        out->until_ms = cw_sql_get_u64(&sql, 7);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
