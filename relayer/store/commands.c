/* Rows through which other processes ask the daemon for something. */
#include "store/messages.h"
#include "store/sql.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define COMMAND_COLUMNS                                                                            \
    "SELECT row, verb, subject, text, done, answer, made_ms, done_ms, args FROM command "

/* What one look at the table takes at most; the rest comes with the next. */
#define COMMANDS_AT_ONCE 100

static void command_read(struct cw_sql *sql, struct cw_store_command *out) {
    memset(out, 0, sizeof *out);
    out->row = cw_sql_get_i64(sql, 0);
    cw_sql_get_text(sql, 1, out->verb, sizeof out->verb);
    cw_sql_get_text(sql, 2, out->subject, sizeof out->subject);
    cw_sql_get_text(sql, 3, out->text, sizeof out->text);
    out->done = cw_sql_get_bool(sql, 4);
    cw_sql_get_text(sql, 5, out->answer, sizeof out->answer);
    out->made_ms = cw_sql_get_u64(sql, 6);
    out->done_ms = cw_sql_get_u64(sql, 7);
    cw_sql_get_text(sql, 8, out->args, sizeof out->args);
}

void cw_store_subject_write(char out[CW_SUBJECT_SIZE], const char *route,
                            const struct cw_hash32 *id) {
    char hex[CW_HEX_SIZE(32)];
    int n = snprintf(out, CW_SUBJECT_SIZE, "%s/%s", route,
                     cw_hex_encode(hex, cw_slice_of(id->b, sizeof id->b)));
    assert(n > 0 && (size_t)n < CW_SUBJECT_SIZE);
}

/* "NAME/0x…" with n bytes in lower case: digits of the other case are another spelling. */
static enum cw_err read_subject(const char *subject, char ret_name[CW_ROUTE_NAME_SIZE],
                                uint8_t *ret_bytes, size_t n) {
    const char *slash = strchr(subject, '/');
    size_t name_n = slash != NULL ? (size_t)(slash - subject) : 0;
    uint8_t bytes[32];
    char hex[CW_HEX_SIZE(32)];
    assert(n <= sizeof bytes);
    if (name_n == 0 || name_n >= CW_ROUTE_NAME_SIZE ||
        cw_hex_decode(bytes, n, slash + 1, strlen(slash + 1)) != CW_OK ||
        strcmp(cw_hex_encode(hex, cw_slice_of(bytes, n)), slash + 1) != 0)
        return CW_ERR_INPUT;
    memcpy(ret_name, subject, name_n);
    ret_name[name_n] = 0;
    memcpy(ret_bytes, bytes, n);
    return CW_OK;
}

enum cw_err cw_store_subject_read(const char *subject, char ret_route[CW_ROUTE_NAME_SIZE],
                                  struct cw_hash32 *ret_id) {
    return read_subject(subject, ret_route, ret_id->b, sizeof ret_id->b);
}

enum cw_err cw_store_subject_read_lane(const char *subject, char ret_chain[CW_ROUTE_NAME_SIZE],
                                       struct cw_addr20 *ret_address) {
    return read_subject(subject, ret_chain, ret_address->b, sizeof ret_address->b);
}

enum cw_err cw_store_command_add(struct cw_store *store, const struct cw_store_command *command,
                                 uint64_t now_ms, int64_t *ret_row, struct cw_error *error) {
    static const char insert[] = "INSERT INTO command(verb, subject, text, made_ms, args)"
                                 " VALUES(?1, ?2, ?3, ?4, ?5) RETURNING row";
    struct cw_sql sql = cw_sql_open(store, insert, "command", error);
    cw_sql_put_text(&sql, 1, command->verb);
    cw_sql_put_text(&sql, 2, command->subject);
    cw_sql_put_text(&sql, 3, command->text);
    cw_sql_put_u64_clamp(&sql, 4, now_ms);
    cw_sql_put_text(&sql, 5, command->args);
    int64_t row = 0;
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

enum cw_err cw_store_command_post(const char *path, const struct cw_store_command *command,
                                  uint64_t now_ms, int64_t *ret_row, struct cw_error *error) {
    struct cw_store *store = NULL;
    enum cw_err err = cw_store_open_command(&store, path, error);
    if (err != CW_OK)
        return err;
    err = cw_store_command_add(store, command, now_ms, ret_row, error);
    cw_store_close(store);
    return err;
}

enum cw_err cw_store_hold_is_asked(struct cw_store *store, const char *route,
                                   const struct cw_hash32 *id, bool *ret, struct cw_error *error) {
    static const char select[] = "SELECT 1 FROM command INDEXED BY command_open WHERE done = 0"
                                 " AND verb IN ('hold', 'guard') AND subject IN (?1, ?2) LIMIT 1";
    char subject[CW_SUBJECT_SIZE];
    cw_store_subject_write(subject, route, id);
    struct cw_sql sql = cw_sql_open(store, select, "command", error);
    cw_sql_put_text(&sql, 1, route);
    cw_sql_put_text(&sql, 2, subject);
    bool asked = cw_sql_step(&sql);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = asked;
    return err;
}

enum cw_err cw_store_commands_open(struct cw_store *store, struct cw_arena *arena,
                                   struct cw_store_command **ret, size_t *ret_n,
                                   struct cw_error *error) {
    static const char select[] = COMMAND_COLUMNS
        "INDEXED BY command_open WHERE done = 0 ORDER BY row LIMIT ?1";
    struct cw_sql sql = cw_sql_open(store, select, "command", error);
    cw_sql_put_i64(&sql, 1, COMMANDS_AT_ONCE);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_command *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        command_read(&sql, out);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_command_answer(struct cw_store *store, int64_t row, const char *answer,
                                    uint64_t now_ms, struct cw_error *error) {
    static const char update[] =
        "UPDATE command SET done = 1, answer = ?2, done_ms = ?3 WHERE row = ?1";
    char text[sizeof((struct cw_store_command *)0)->answer];
    cw_store_text(text, sizeof text, answer);
    struct cw_sql sql = cw_sql_open(store, update, "command", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_text(&sql, 2, text);
    cw_sql_put_u64_clamp(&sql, 3, now_ms);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_command_get(struct cw_store *store, int64_t row, struct cw_store_command *ret,
                                 struct cw_error *error) {
    static const char select[] = COMMAND_COLUMNS "WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "command", error);
    cw_sql_put_i64(&sql, 1, row);
    struct cw_store_command command = {0};
    bool found = cw_sql_step(&sql);
    if (found)
        command_read(&sql, &command);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK && !found)
        err = cw_error_set(error, CW_ERR_INPUT, "%s: there is no command in row %lld", store->path,
                           (long long)row);
    if (err == CW_OK)
        *ret = command;
    return err;
}
