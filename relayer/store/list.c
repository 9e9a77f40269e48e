/* Lists of messages, newest first. With a filter on route, stage or condition each cell (route,
 * condition, stage) that holds messages is read by its index from the newest down, and the cells'
 * newest rows are put together: the cost is that of the page and never that of the table. Of who
 * sent or is called there is one index each, and the other filters are tried on what it finds; a
 * page ends when it has looked at so many. */
#include "store/messages.h"
#include "store/places.h"
#include "store/sql.h"

#include <string.h>

#define LIST_LIMIT_MAX 10000

/* A search for the newest of a list. */
struct search {
    struct cw_store *store;
    const struct cw_store_message_filter *filter;
    size_t looks;                 /* at most */
    struct cw_store_place before; /* older than this */
    struct cw_store_places found;
    bool is_cut; /* it gave up there: */
    struct cw_store_place last;
};

/* Parameters 1 to 3: older than the place, and not older than what is asked for. */
#define SPAN                                                                                       \
    " (block_time_s, row) < (?1, ?2) AND block_time_s >= ?3 ORDER BY block_time_s DESC, row DESC"
/* Parameters 5 to 9 */
#define FITS                                                                                       \
    "(?5 = 0 OR route = ?5) AND (?6 = 0 OR stage = ?6) AND (?7 = 0 OR condition = ?7)"             \
    " AND (?8 IS NULL OR sender = ?8) AND (?9 IS NULL OR target = ?9)"

static void put_span(struct cw_sql *sql, const struct search *s) {
    const uint64_t from_s = s->filter->from_s;
    const int64_t from = from_s > INT64_MAX ? INT64_MAX : (int64_t)from_s;
    const int64_t least = s->found.least.time_s;
    cw_sql_put_i64(sql, 1, s->before.time_s);
    cw_sql_put_i64(sql, 2, s->before.row);
    cw_sql_put_i64(sql, 3, least > from ? least : from);
}

static void put_parties(struct cw_sql *sql, const struct cw_store_message_filter *filter) {
    if (filter->sender != NULL)
        cw_sql_put_addr20(sql, 8, filter->sender);
    if (filter->target != NULL)
        cw_sql_put_addr20(sql, 9, filter->target);
}

/* --- by route, stage and condition ------------------------------------------------------------ */

struct cell {
    int64_t route, condition, stage, n;
};

static enum cw_err find_cells(const struct search *s, struct cell **ret, size_t *ret_n,
                              struct cw_error *error) {
    static const char select[] =
        "SELECT route, condition, stage, n FROM message_count WHERE n > 0 AND"
        " (?1 = 0 OR route = ?1) AND (?2 = 0 OR stage = ?2) AND (?3 = 0 OR condition = ?3)";
    const struct cw_store_message_filter *filter = s->filter;
    struct cw_sql_list list = {.arena = s->found.list.arena, .size = sizeof **ret};
    struct cw_sql sql = cw_sql_open(s->store, select, "message_count", error);
    cw_sql_put_i64(&sql, 1, filter->route);
    cw_sql_put_i64(&sql, 2, filter->by_stage ? (int64_t)filter->stage : 0);
    cw_sql_put_i64(&sql, 3, filter->by_condition ? (int64_t)filter->condition : 0);
    for (struct cell *out; (out = cw_sql_next(&sql, &list)) != NULL;)
        *out = (struct cell){cw_sql_get_i64(&sql, 0), cw_sql_get_i64(&sql, 1),
                             cw_sql_get_i64(&sql, 2), cw_sql_get_i64(&sql, 3)};
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

static enum cw_err search_cells(struct search *s, const struct cell *cells, size_t n,
                                struct cw_error *error) {
    static const char select[] =
        "SELECT row, block_time_s FROM message INDEXED BY message_cell WHERE route = ?5"
        " AND condition = ?7 AND stage = ?6 AND (?8 IS NULL OR sender = ?8)"
        " AND (?9 IS NULL OR target = ?9) AND" SPAN " LIMIT ?4";
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        struct cw_sql sql = cw_sql_open(s->store, select, "message", error);
        put_span(&sql, s);
        cw_sql_put_u64_clamp(&sql, 4, s->found.limit);
        cw_sql_put_i64(&sql, 5, cells[i].route);
        cw_sql_put_i64(&sql, 6, cells[i].stage);
        cw_sql_put_i64(&sql, 7, cells[i].condition);
        put_parties(&sql, s->filter);
        err = cw_store_places_read(&s->found, &sql);
    }
    return err;
}

/* --- by an index of its own ------------------------------------------------------------------- */

/* Looks at what the statement finds; the row fits where its third column says so. */
static enum cw_err look_through(struct search *s, struct cw_sql *sql) {
    struct cw_store_place at = {0, 0};
    size_t looked = 0;
    while (s->found.list.n < s->found.limit && looked < s->looks && cw_sql_step(sql)) {
        at = (struct cw_store_place){cw_sql_get_i64(sql, 1), cw_sql_get_i64(sql, 0)};
        if (cw_sql_get_bool(sql, 2) && !cw_store_places_add(&s->found, sql, at))
            break;
        looked++;
    }
    s->is_cut = looked == s->looks && s->found.list.n < s->found.limit;
    s->last = at;
    return cw_sql_end(sql);
}

static enum cw_err search_index(struct search *s, const char *select, struct cw_error *error) {
    const struct cw_store_message_filter *filter = s->filter;
    struct cw_sql sql = cw_sql_open(s->store, select, "message", error);
    put_span(&sql, s);
    cw_sql_put_hash32(&sql, 4, filter->tx);
    cw_sql_put_i64(&sql, 5, filter->route);
    cw_sql_put_i64(&sql, 6, filter->by_stage ? (int64_t)filter->stage : 0);
    cw_sql_put_i64(&sql, 7, filter->by_condition ? (int64_t)filter->condition : 0);
    put_parties(&sql, filter);
    return look_through(s, &sql);
}

static enum cw_err search_tx(struct search *s, struct cw_error *error) {
    /* few, and sorted */
    static const char select[] = "SELECT row, block_time_s, " FITS
                                 " FROM message INDEXED BY message_tx WHERE tx_hash = ?4 AND" SPAN;
    return search_index(s, select, error);
}

/* Whether fewer are to that target than one page may look at. */
static enum cw_err is_rare(const struct search *s, bool *ret, struct cw_error *error) {
    static const char select[] = "SELECT count(*) FROM (SELECT 1 FROM message INDEXED BY"
                                 " message_target WHERE target = ?9 LIMIT ?1)";
    struct cw_sql sql = cw_sql_open(s->store, select, "message", error);
    cw_sql_put_u64_clamp(&sql, 1, s->looks);
    put_parties(&sql, s->filter);
    const bool rare = cw_sql_step(&sql) && cw_sql_get_u64(&sql, 0) < s->looks;
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = rare;
    return err;
}

static enum cw_err search_party(struct search *s, struct cw_error *error) {
    static const char by_sender[] = "SELECT row, block_time_s, " FITS
                                    " FROM message INDEXED BY message_sender WHERE sender = ?8"
                                    " AND" SPAN;
    static const char by_target[] = "SELECT row, block_time_s, " FITS
                                    " FROM message INDEXED BY message_target WHERE target = ?9"
                                    " AND" SPAN;
    bool rare = s->filter->sender == NULL;
    enum cw_err err = CW_OK;
    if (s->filter->sender != NULL && s->filter->target != NULL)
        err = is_rare(s, &rare, error);
    return err == CW_OK ? search_index(s, rare ? by_target : by_sender, error) : err;
}

static enum cw_err search_all(struct search *s, struct cw_error *error) {
    static const char select[] = "SELECT row, block_time_s FROM message INDEXED BY message_time"
                                 " WHERE" SPAN " LIMIT ?4";
    struct cw_sql sql = cw_sql_open(s->store, select, "message", error);
    put_span(&sql, s);
    cw_sql_put_u64_clamp(&sql, 4, s->found.limit);
    return cw_store_places_read(&s->found, &sql);
}

/* --- the way that costs least ----------------------------------------------------------------- */

static enum cw_err search(struct search *s, struct cw_error *error) {
    const struct cw_store_message_filter *filter = s->filter;
    const bool party = filter->sender != NULL || filter->target != NULL;
    struct cell *cells = NULL;
    size_t n = 0;
    if (filter->tx != NULL)
        return search_tx(s, error);
    if (filter->route == 0 && !filter->by_stage && !filter->by_condition)
        return party ? search_party(s, error) : search_all(s, error);
    enum cw_err err = find_cells(s, &cells, &n, error);
    if (err != CW_OK)
        return err;
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += (uint64_t)cells[i].n;
    return party && all > s->looks ? search_party(s, error) : search_cells(s, cells, n, error);
}

/* Where the row stands that the page before ended with, and not after what is asked for. */
static enum cw_err place_before(struct cw_store *store,
                                const struct cw_store_message_filter *filter, int64_t row,
                                struct cw_store_place *ret, struct cw_error *error) {
    static const char select[] = "SELECT row, block_time_s FROM message WHERE row = ?1";
    struct cw_store_place place = {INT64_MAX, INT64_MAX};
    if (row > 0) {
        struct cw_sql sql = cw_sql_open(store, select, "message", error);
        cw_sql_put_i64(&sql, 1, row);
        if (cw_sql_step(&sql))
            place = (struct cw_store_place){cw_sql_get_i64(&sql, 1), cw_sql_get_i64(&sql, 0)};
        else if (sql.err == CW_OK)
            sql.err = cw_error_set(error, CW_ERR_INPUT,
                                   "there is no message number %lld to go on behind",
                                   (long long)row);
        enum cw_err err = cw_sql_end(&sql);
        if (err != CW_OK)
            return err;
    }
    if (filter->to_s > 0 && filter->to_s <= INT64_MAX && (int64_t)filter->to_s <= place.time_s)
        place = (struct cw_store_place){(int64_t)filter->to_s, INT64_MIN};
    *ret = place;
    return CW_OK;
}

/* Appends the next page behind row: at most limit rows. *row: what goes on behind it; 0: that is
 * all. */
static enum cw_err find_page(struct cw_store *store, const struct cw_store_message_filter *filter,
                             size_t limit, struct cw_sql_list *rows, int64_t *row,
                             struct cw_error *error) {
    struct search s = {.store = store,
                       .filter = filter,
                       .looks = filter->looks > 0 ? filter->looks : CW_STORE_LOOKS_MAX};
    /* one more tells whether there are more */
    cw_store_places_init(&s.found, rows->arena, limit + 1);
    enum cw_err err = place_before(store, filter, *row, &s.before, error);
    if (err == CW_OK)
        err = search(&s, error);
    if (err != CW_OK)
        return err;
    const size_t n = s.found.list.n > limit ? limit : s.found.list.n;
    for (size_t i = 0; i < n; i++) {
        struct cw_sql sql = {.store = store, .table = "message", .error = error};
        int64_t *out = cw_sql_add(&sql, rows);
        if (out == NULL)
            return sql.err;
        *out = cw_store_places_at(&s.found, i)->row;
    }
    *row = s.found.list.n > limit ? cw_store_places_at(&s.found, limit - 1)->row
           : s.is_cut             ? s.last.row
                                  : 0;
    return CW_OK;
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

static enum cw_err read_rows(struct cw_store *store, const struct cw_sql_list *rows,
                             struct cw_store_message **ret, struct cw_error *error) {
    struct cw_store_message *list = cw_arena_array(rows->arena, rows->n, sizeof *list);
    enum cw_err err = CW_OK;
    if (list == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for %zu messages", rows->n);
    for (size_t i = 0; err == CW_OK && i < rows->n; i++)
        err = message_bare(store, ((const int64_t *)rows->rows)[i], &list[i], error);
    if (err == CW_OK)
        *ret = list;
    return err;
}

/* until_full: goes on where a page ended for it had looked at too many. */
static enum cw_err list_messages(struct cw_store *store,
                                 const struct cw_store_message_filter *filter, bool until_full,
                                 struct cw_arena *arena, struct cw_store_message **ret,
                                 size_t *ret_n, int64_t *ret_next, struct cw_error *error) {
    if (filter->limit > LIST_LIMIT_MAX)
        return cw_error_set(error, CW_ERR_LIMIT, "at most %d messages at once", LIST_LIMIT_MAX);
    bool own = false;
    enum cw_err err = cw_sql_view_open(store, &own, error);
    struct cw_sql_list rows = {.arena = arena, .size = sizeof(int64_t)};
    int64_t next = filter->before_row;
    do {
        if (err == CW_OK)
            err = find_page(store, filter, filter->limit - rows.n, &rows, &next, error);
    } while (err == CW_OK && until_full && next != 0 && rows.n < filter->limit);
    if (err == CW_OK)
        err = read_rows(store, &rows, ret, error);
    cw_sql_view_close(store, own);
    if (err != CW_OK)
        return err;
    *ret_n = rows.n;
    *ret_next = next;
    return CW_OK;
}

enum cw_err cw_store_messages_page(struct cw_store *store,
                                   const struct cw_store_message_filter *filter,
                                   struct cw_arena *arena, struct cw_store_message **ret,
                                   size_t *ret_n, int64_t *ret_next, struct cw_error *error) {
    return list_messages(store, filter, false, arena, ret, ret_n, ret_next, error);
}

enum cw_err cw_store_messages(struct cw_store *store, const struct cw_store_message_filter *filter,
                              struct cw_arena *arena, struct cw_store_message **ret, size_t *ret_n,
                              struct cw_error *error) {
    int64_t next = 0;
    return list_messages(store, filter, true, arena, ret, ret_n, &next, error);
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
