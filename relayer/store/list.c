/* Lists of messages, newest first. With a filter on stage or condition each cell (route, condition,
 * stage) that holds messages is read by its index from the newest down, and the cells' newest rows
 * are put together: the cost is that of the page and never that of the table. */
#include "store/messages.h"
#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

#define LIST_LIMIT_MAX 10000

/* Row numbers: int64_t. */
static enum cw_err rows_read(struct cw_sql *sql, struct cw_sql_list *rows) {
    for (int64_t *out; (out = cw_sql_next(sql, rows)) != NULL;)
        *out = cw_sql_get_i64(sql, 0);
    return cw_sql_end(sql);
}

static int64_t before_row(const struct cw_store_message_filter *filter) {
    return filter->before_row > 0 ? filter->before_row : INT64_MAX;
}

static enum cw_err rows_of_cell(struct cw_store *store,
                                const struct cw_store_message_filter *filter, const int64_t cell[3],
                                struct cw_sql_list *rows, struct cw_error *error) {
    static const char select[] =
        "SELECT row FROM message INDEXED BY message_cell WHERE route = ?1 AND condition = ?2 AND"
        " stage = ?3 AND row < ?4 ORDER BY row DESC LIMIT ?5";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, cell[0]);
    cw_sql_put_i64(&sql, 2, cell[1]);
    cw_sql_put_i64(&sql, 3, cell[2]);
    cw_sql_put_i64(&sql, 4, before_row(filter));
    cw_sql_put_u64_clamp(&sql, 5, filter->limit);
    return rows_read(&sql, rows);
}

static int newest_first(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

static enum cw_err rows_by_cell(struct cw_store *store,
                                const struct cw_store_message_filter *filter,
                                struct cw_sql_list *rows, struct cw_error *error) {
    static const char select[] = "SELECT route, condition, stage FROM message_count WHERE n > 0 AND"
                                 " (?1 = 0 OR route = ?1) AND (?2 = 0 OR stage = ?2) AND"
                                 " (?3 = 0 OR condition = ?3)";
    int64_t(*cells)[3] = NULL;
    size_t n = 0;
    struct cw_sql_list list = {.arena = rows->arena, .size = sizeof *cells};
    struct cw_sql sql = cw_sql_open(store, select, "message_count", error);
    cw_sql_put_i64(&sql, 1, filter->route);
    cw_sql_put_i64(&sql, 2, filter->by_stage ? (int64_t)filter->stage : 0);
    cw_sql_put_i64(&sql, 3, filter->by_condition ? (int64_t)filter->condition : 0);
    for (int64_t *out; (out = cw_sql_next(&sql, &list)) != NULL;)
        for (int i = 0; i < 3; i++)
            out[i] = cw_sql_get_i64(&sql, i);
    enum cw_err err = cw_sql_list_end(&sql, &list, &cells, &n);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = rows_of_cell(store, filter, cells[i], rows, error);
    if (err == CW_OK && rows->n > 0) {
        qsort(rows->rows, rows->n, rows->size, newest_first);
        rows->n = rows->n < filter->limit ? rows->n : filter->limit;
    }
    return err;
}

/* Those that one index finds; the other filters are tried on each. Source times rise with rows, but
 * for what is read of the past, so that a span of time is read from its newest row down. */
static enum cw_err rows_by_index(struct cw_store *store,
                                 const struct cw_store_message_filter *filter,
                                 struct cw_sql_list *rows, struct cw_error *error) {
#define REST                                                                                       \
    " AND row < ?2 AND (?3 = 0 OR route = ?3) AND (?4 = 0 OR stage = ?4) AND (?5 = 0 OR"           \
    " condition = ?5) AND (?7 IS NULL OR sender = ?7) AND (?8 IS NULL OR target = ?8) AND"         \
    " block_time_s >= ?9 AND block_time_s < ?10 ORDER BY row DESC LIMIT ?6"
    static const char by_tx[] =
        "SELECT row FROM message INDEXED BY message_tx WHERE tx_hash = ?1" REST;
    static const char by_sender[] =
        "SELECT row FROM message INDEXED BY message_sender WHERE sender = ?7" REST;
    static const char by_target[] =
        "SELECT row FROM message INDEXED BY message_target WHERE target = ?8" REST;
    static const char by_time[] =
        "SELECT row FROM message INDEXED BY message_time WHERE ?1 IS NULL" REST;
#undef REST
    const char *select = filter->tx       ? by_tx
                         : filter->sender ? by_sender
                         : filter->target ? by_target
                                          : by_time;
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_hash32(&sql, 1, filter->tx);
    cw_sql_put_i64(&sql, 2, before_row(filter));
    cw_sql_put_i64(&sql, 3, filter->route);
    cw_sql_put_i64(&sql, 4, filter->by_stage ? (int64_t)filter->stage : 0);
    cw_sql_put_i64(&sql, 5, filter->by_condition ? (int64_t)filter->condition : 0);
    cw_sql_put_u64_clamp(&sql, 6, filter->limit);
    if (filter->sender != NULL)
        cw_sql_put_addr20(&sql, 7, filter->sender);
    if (filter->target != NULL)
        cw_sql_put_addr20(&sql, 8, filter->target);
    cw_sql_put_u64_clamp(&sql, 9, filter->from_s);
    cw_sql_put_u64_clamp(&sql, 10, filter->to_s > 0 ? filter->to_s : INT64_MAX);
    return rows_read(&sql, rows);
}

static enum cw_err rows_newest(struct cw_store *store, const struct cw_store_message_filter *filter,
                               struct cw_sql_list *rows, struct cw_error *error) {
    static const char select[] =
        "SELECT row FROM message WHERE row < ?1 ORDER BY row DESC LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, before_row(filter));
    cw_sql_put_u64_clamp(&sql, 2, filter->limit);
    return rows_read(&sql, rows);
}

static enum cw_err rows_filtered(struct cw_store *store,
                                 const struct cw_store_message_filter *filter,
                                 struct cw_sql_list *rows, struct cw_error *error) {
    if (filter->tx != NULL || filter->sender != NULL || filter->target != NULL ||
        filter->from_s > 0 || filter->to_s > 0)
        return rows_by_index(store, filter, rows, error);
    if (filter->by_stage || filter->by_condition || filter->route != 0)
        return rows_by_cell(store, filter, rows, error);
    return rows_newest(store, filter, rows, error);
}

static enum cw_err message_bare(struct cw_store *store, int64_t row, struct cw_store_message *out,
                                struct cw_error *error) {
    static const char select[] = CW_STORE_MESSAGE_COLUMNS "FROM message WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, row);
    if (cw_sql_step(&sql))
        cw_store_message_read(&sql, out);
    else if (sql.err == CW_OK)
        sql.err = cw_error_set(
            error, CW_ERR_SCHEMA,
            "%s: table message, row %lld is in an index only: the database is damaged; "
            "restore a backup",
            store->path, (long long)row);
    return cw_sql_end(&sql);
}

enum cw_err cw_store_messages(struct cw_store *store, const struct cw_store_message_filter *filter,
                              struct cw_arena *arena, struct cw_store_message **ret, size_t *ret_n,
                              struct cw_error *error) {
    if (filter->limit > LIST_LIMIT_MAX)
        return cw_error_set(error, CW_ERR_LIMIT, "at most %d messages at once", LIST_LIMIT_MAX);
    /* in a transaction of the reader's, so that index and rows are of one moment */
    bool own = !store->in_tx && store->mode == CW_STORE_READ;
    enum cw_err err = own ? cw_store_begin(store, error) : CW_OK;
    struct cw_sql_list rows = {.arena = arena, .size = sizeof(int64_t)};
    struct cw_store_message *list = NULL;
    if (err == CW_OK)
        err = rows_filtered(store, filter, &rows, error);
    if (err == CW_OK) {
        list = cw_arena_array(arena, rows.n, sizeof *list);
        if (list == NULL)
            err = cw_error_set(error, CW_ERR_MEMORY, "no memory for %zu messages", rows.n);
    }
    for (size_t i = 0; err == CW_OK && i < rows.n; i++)
        err = message_bare(store, ((const int64_t *)rows.rows)[i], &list[i], error);
    if (own)
        cw_store_rollback(store);
    if (err == CW_OK) {
        *ret = list;
        *ret_n = rows.n;
    }
    return err;
}

/* --- by the first digits of the id ------------------------------------------------------------ */

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum cw_err cw_store_messages_prefix(struct cw_store *store, int64_t route, const char *digits,
                                     int64_t *rows, size_t cap, size_t *ret_n,
                                     struct cw_error *error) {
    static const char select[] = "SELECT row FROM message INDEXED BY message_id"
                                 " WHERE id >= ?1 AND id <= ?2 AND (?4 = 0 OR route = ?4)"
                                 " ORDER BY id LIMIT ?3";
    struct cw_hash32 low, high;
    size_t n = strnlen(digits, 65);
    memset(low.b, 0x00, sizeof low.b);
    memset(high.b, 0xff, sizeof high.b);
    for (size_t i = 0; i < n && n <= 64; i++) {
        int d = digit(digits[i]);
        if (d < 0)
            return cw_error_set(error, CW_ERR_INPUT, "an id has the digits 0-9 and a-f only");
        unsigned shift = i % 2 == 0 ? 4 : 0;
        unsigned keep = i % 2 == 0 ? 0x0fu : 0xf0u;
        low.b[i / 2] = (uint8_t)((low.b[i / 2] & keep) | ((unsigned)d << shift));
        high.b[i / 2] = (uint8_t)((high.b[i / 2] & keep) | ((unsigned)d << shift));
    }
    if (n == 0 || n > 64)
        return cw_error_set(error, CW_ERR_INPUT, "an id has 1 to 64 digits");
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_hash32(&sql, 1, &low);
    cw_sql_put_hash32(&sql, 2, &high);
    cw_sql_put_u64_clamp(&sql, 3, cap);
    cw_sql_put_i64(&sql, 4, route);
    size_t found = 0;
    while (found < cap && cw_sql_step(&sql))
        rows[found++] = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_n = found;
    return err;
}
