/* The queue: what is due, what an event woke, and how many there are of each. */
#include "store/messages.h"
#include "store/sql.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- due -------------------------------------------------------------------------------------- */

#define DUE_LIMIT_MAX 1024

struct due {
    int64_t row;
    int64_t failures;
};

static int due_order(const void *a, const void *b) {
    const struct due *x = a, *y = b;
    if (x->failures != y->failures)
        return x->failures < y->failures ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Appends at most cap rows of (row, failures). */
static enum cw_err due_read(struct cw_sql *sql, struct due *list, size_t cap, size_t *n) {
    size_t end = *n + cap;
    while (*n < end && cw_sql_step(sql)) {
        list[*n].row = cw_sql_get_i64(sql, 0);
        list[*n].failures = cw_sql_get_i64(sql, 1);
        (*n)++;
    }
    return cw_sql_end(sql);
}

static enum cw_err due_ready(struct cw_store *store, int64_t route, size_t cap, struct due *list,
                             size_t *n, struct cw_error *error) {
    static const char select[] =
        "SELECT row, failures FROM message INDEXED BY message_ready"
        " WHERE route = ?1 AND condition = 1 AND orphaned = 0 ORDER BY failures, row LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64(&sql, 2, cap);
    return due_read(&sql, list, cap, n);
}

static enum cw_err due_by_clock(struct cw_store *store, int64_t route, uint64_t now_ms, size_t cap,
                                struct due *list, size_t *n, struct cw_error *error) {
    static const char select[] =
        "SELECT row, failures FROM message INDEXED BY message_due WHERE route = ?1 AND condition = "
        "2"
        " AND orphaned = 0 AND due_ms > 0 AND due_ms <= ?2 ORDER BY due_ms, failures, row LIMIT ?3";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    cw_sql_put_u64(&sql, 3, cap);
    return due_read(&sql, list, cap, n);
}

static enum cw_err due_by_chain(struct cw_store *store, int64_t route, enum cw_side side,
                                uint64_t chain_s, size_t cap, struct due *list, size_t *n,
                                struct cw_error *error) {
    static const char select[] =
        "SELECT row, failures FROM message INDEXED BY message_due_chain WHERE route = ?1 AND"
        " condition = 2 AND orphaned = 0 AND due_side = ?2 AND due_chain_s > 0 AND due_chain_s <= "
        "?3"
        " ORDER BY due_chain_s, failures, row LIMIT ?4";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, (int64_t)side);
    cw_sql_put_u64_clamp(&sql, 3, chain_s);
    cw_sql_put_u64(&sql, 4, cap);
    return due_read(&sql, list, cap, n);
}

/* Sorts, and drops what is in more than one list. */
static size_t due_unique(struct due *list, size_t n) {
    if (n == 0)
        return 0;
    qsort(list, n, sizeof *list, due_order);
    size_t out = 1;
    for (size_t i = 1; i < n; i++)
        if (list[i].row != list[out - 1].row)
            list[out++] = list[i];
    return out;
}

enum cw_err cw_store_messages_due(struct cw_store *store, int64_t route, uint64_t now_ms,
                                  const uint64_t chain_s[CW_SIDES], size_t limit, int64_t *rows,
                                  size_t *ret_n, struct cw_error *error) {
    struct due list[(2 + CW_SIDES) * DUE_LIMIT_MAX];
    if (limit > DUE_LIMIT_MAX)
        limit = DUE_LIMIT_MAX;
    size_t n = 0;
    enum cw_err err = due_by_clock(store, route, now_ms, limit, list, &n, error);
    for (unsigned side = 0; err == CW_OK && side < CW_SIDES; side++)
        err = due_by_chain(store, route, (enum cw_side)side, chain_s[side], limit, list, &n, error);
    size_t waited = due_unique(list, n);
    /* a flood of new messages must not starve those that waited */
    size_t reserved = waited < limit / 4 ? waited : limit / 4;
    n = waited;
    if (err == CW_OK)
        err = due_ready(store, route, limit - reserved, list, &n, error);
    if (err != CW_OK)
        return err;
    size_t ready = n - waited;
    if (waited > limit - ready)
        waited = limit - ready;
    memmove(list + waited, list + n - ready, ready * sizeof *list);
    n = due_unique(list, waited + ready);
    for (size_t i = 0; i < n; i++)
        rows[i] = list[i].row;
    *ret_n = n;
    return CW_OK;
}

/* --- woken ------------------------------------------------------------------------------------ */

enum cw_err cw_store_message_wake(struct cw_store *store, int64_t message, struct cw_error *error) {
    static const char update[] =
        "UPDATE message SET due_ms = 1 WHERE row = ?1 AND condition = 2 AND orphaned = 0";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, message);
    return cw_sql_run(&sql);
}

/* Rows that are due already are passed over by the index, so that an event which comes with every
 * block costs nothing when nobody new waits for it. */
static enum cw_err wake_one(struct cw_store *store, int64_t route, enum cw_wake wake,
                            struct cw_error *error) {
    static const char undated[] =
        "UPDATE message INDEXED BY message_wake SET due_ms = 1 WHERE route = ?1 AND wake = ?2"
        " AND condition = 2 AND orphaned = 0 AND due_ms = 0";
    static const char dated[] =
        "UPDATE message INDEXED BY message_wake SET due_ms = 1 WHERE route = ?1 AND wake = ?2"
        " AND condition = 2 AND orphaned = 0 AND due_ms > 1";
    static const char *const texts[] = {undated, dated};
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < CW_COUNT(texts); i++) {
        struct cw_sql sql = cw_sql_open(store, texts[i], "message", error);
        cw_sql_put_i64(&sql, 1, route);
        cw_sql_put_i64(&sql, 2, (int64_t)wake);
        err = cw_sql_run(&sql);
    }
    return err;
}

enum cw_err cw_store_route_wake_final(struct cw_store *store, int64_t route,
                                      struct cw_block_number final, struct cw_error *error) {
    static const char update[] =
        "UPDATE message INDEXED BY message_wake SET due_ms = 1 WHERE route = ?1 AND wake = ?2"
        " AND condition = 2 AND orphaned = 0 AND due_ms <> 1"
        " AND (rests_on IS NULL OR rests_on <= ?3)";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, CW_WAKE_FINAL);
    cw_sql_put_u64_clamp(&sql, 3, final.v);
    return cw_sql_run(&sql);
}

/* CW_WAKE_DATE stands for every kind. */
static enum cw_err wake_route(struct cw_store *store, int64_t route, enum cw_wake wake,
                              struct cw_error *error) {
    if (wake != CW_WAKE_DATE)
        return wake_one(store, route, wake, error);
    enum cw_err err = CW_OK;
    for (int kind = CW_WAKE_DATE; err == CW_OK && kind <= CW_WAKE_RETRY; kind++)
        err = wake_one(store, route, (enum cw_wake)kind, error);
    return err;
}

/* Rows of the routes; more than there ever are is an error and not a silent cut. */
#define ROUTES_MAX 512

static enum cw_err route_rows(struct cw_store *store, int64_t route, int64_t rows[ROUTES_MAX],
                              size_t *ret_n, struct cw_error *error) {
    static const char select[] = "SELECT row FROM route WHERE ?1 = 0 OR row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "route", error);
    cw_sql_put_i64(&sql, 1, route);
    size_t n = 0;
    while (cw_sql_step(&sql)) {
        if (n == ROUTES_MAX) {
            sql.err = cw_error_set(error, CW_ERR_LIMIT, "%s: more than %d routes", store->path,
                                   ROUTES_MAX);
            break;
        }
        rows[n++] = cw_sql_get_i64(&sql, 0);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

enum cw_err cw_store_route_wake(struct cw_store *store, int64_t route, enum cw_wake wake,
                                struct cw_error *error) {
    int64_t rows[ROUTES_MAX];
    size_t n = 0;
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = route_rows(store, route, rows, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = wake_route(store, rows[i], wake, error);
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_route_waits(struct cw_store *store, int64_t route, enum cw_wake wake,
                                 bool *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT 1 FROM message INDEXED BY message_wake WHERE route = ?1 AND wake = ?2"
        " AND condition = 2 AND orphaned = 0 LIMIT 1";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, (int64_t)wake);
    bool waits = cw_sql_step(&sql);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = waits;
    return err;
}

/* --- counts ----------------------------------------------------------------------------------- */

enum cw_err cw_store_counts(struct cw_store *store, int64_t route, uint64_t counts[10][6],
                            struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, stage, condition, n FROM message_count WHERE ?1 = 0 OR route = ?1";
    uint64_t sums[10][6] = {{0}};
    struct cw_sql sql = cw_sql_open(store, select, "message_count", error);
    cw_sql_put_i64(&sql, 1, route);
    while (cw_sql_step(&sql)) {
        int stage = cw_sql_get_int(&sql, 1, CW_STAGE_SEEN, CW_STAGE_EXECUTED_FINAL);
        int condition = cw_sql_get_int(&sql, 2, CW_READY, CW_DONE);
        uint64_t n = cw_sql_get_u64(&sql, 3);
        if (sql.err != CW_OK)
            break;
        sums[stage][condition] += n;
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        memcpy(counts, sums, sizeof sums);
    return err;
}

enum cw_err cw_store_failing(struct cw_store *store, int64_t route, struct cw_arena *arena,
                             struct cw_store_failing **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, reason, count(*) FROM message INDEXED BY message_failing"
        " WHERE route = ?1 AND failures > 0 GROUP BY reason ORDER BY reason";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_failing *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        cw_sql_get_text(&sql, 1, out->reason, sizeof out->reason);
        out->n = cw_sql_get_u64(&sql, 2);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
