#include "store/sql.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define HINT_SPACE "free some space; nothing that was reported as done is lost"

enum cw_err cw_sql_fail(struct cw_store *store, int rc, const char *doing, struct cw_error *error) {
    const char *path = store->path != NULL ? store->path : "database";
    const char *said = store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc);
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return cw_error_set(error, CW_ERR_IO, "%s: %s: the disk is full: " HINT_SPACE, path, doing);
    case SQLITE_READONLY:
        return cw_error_set(
            error, CW_ERR_IO,
            "%s: %s: the database can't be written: give this user write permission "
            "to the file and its directory",
            path, doing);
    case SQLITE_CANTOPEN:
        return cw_error_set(
            error, CW_ERR_IO,
            "%s: %s: %s: check that the directory exists and that this user may use "
            "it",
            path, doing, said);
    case SQLITE_IOERR:
        return cw_error_set(error, CW_ERR_IO, "%s: %s: %s (code %d): check the disk and its limits",
                            path, doing, said, rc);
    case SQLITE_NOTADB:
        return cw_error_set(error, CW_ERR_SCHEMA,
                            "%s is not a database: move it away, or point data_dir elsewhere",
                            path);
    case SQLITE_CORRUPT:
        return cw_error_set(error, CW_ERR_SCHEMA,
                            "%s: %s: the database is damaged (%s): restore a backup, or move the "
                            "file away to read everything from the chains again",
                            path, doing, said);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return cw_error_set(error, CW_ERR_BUSY, "%s: %s: another process is writing: try again",
                            path, doing);
    case SQLITE_NOMEM:
        return cw_error_set(error, CW_ERR_MEMORY, "%s: %s: out of memory", path, doing);
    case SQLITE_TOOBIG:
        return cw_error_set(error, CW_ERR_LIMIT, "%s: %s: value too big", path, doing);
    case SQLITE_CONSTRAINT:
        return cw_error_set(error, CW_ERR_INPUT, "%s: %s: %s", path, doing, said);
    default:
        return cw_error_set(error, CW_ERR_IO, "%s: %s: %s (code %d)", path, doing, said, rc);
    }
}

bool cw_sql_is_unique_violation(const struct cw_store *store) {
    return sqlite3_extended_errcode(store->db) == SQLITE_CONSTRAINT_UNIQUE;
}

/* Keeps the first error only. */
static void fail(struct cw_sql *sql, int rc, const char *doing) {
    if (sql->err == CW_OK)
        sql->err = cw_sql_fail(sql->store, rc, doing, sql->error);
}

/* SQLite ends a transaction by itself when the disk is full, and what is written next would then be
 * committed on its own. */
static enum cw_err check_tx(struct cw_store *store, struct cw_error *error) {
    if (store->in_tx && sqlite3_get_autocommit(store->db) != 0)
        return cw_error_set(error, CW_ERR_IO,
                            "%s: the transaction was taken back after an earlier error",
                            store->path);
    return CW_OK;
}

static struct cw_store_cached *cache_slot(struct cw_store *store, const char *text) {
    size_t i = (size_t)(((uintptr_t)text >> 3) * 0x9e3779b1u) & (CW_STORE_STATEMENTS - 1);
    for (size_t probes = 0; probes < CW_STORE_STATEMENTS; probes++) {
        struct cw_store_cached *slot = &store->cache[i];
        if (slot->text == text || slot->text == NULL)
            return slot;
        i = (i + 1) & (CW_STORE_STATEMENTS - 1);
    }
    assert(false); /* more statements than slots: CW_STORE_STATEMENTS is too small */
    return NULL;
}

struct cw_sql cw_sql_open(struct cw_store *store, const char *text, const char *table,
                          struct cw_error *error) {
    struct cw_sql sql = {.store = store, .table = table, .error = error, .err = CW_OK};
    struct cw_store_cached *slot = cache_slot(store, text);
    if (slot->text == NULL) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v3(store->db, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
        if (rc != SQLITE_OK) {
            fail(&sql, rc, "prepare");
            return sql;
        }
        *slot = (struct cw_store_cached){text, stmt};
    }
    assert(sqlite3_stmt_busy(slot->stmt) == 0);
    sql.stmt = slot->stmt;
    if (sqlite3_stmt_readonly(sql.stmt) == 0)
        sql.err = check_tx(store, error);
    return sql;
}

bool cw_sql_step(struct cw_sql *sql) {
    if (sql->err != CW_OK)
        return false;
    int rc = sqlite3_step(sql->stmt);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        fail(sql, rc, sqlite3_stmt_readonly(sql->stmt) != 0 ? "read" : "write");
    return false;
}

enum cw_err cw_sql_end(struct cw_sql *sql) {
    if (sql->stmt != NULL) {
        /* the code that reset repeats was judged by step */
        (void)sqlite3_reset(sql->stmt);
        (void)sqlite3_clear_bindings(sql->stmt);
        sql->stmt = NULL;
    }
    return sql->err;
}

enum cw_err cw_sql_run(struct cw_sql *sql) {
    (void)cw_sql_step(sql);
    return cw_sql_end(sql);
}

enum cw_err cw_sql_exec(struct cw_store *store, const char *text, const char *doing,
                        struct cw_error *error) {
    int rc = sqlite3_exec(store->db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? CW_OK : cw_sql_fail(store, rc, doing, error);
}

enum cw_err cw_sql_group_open(struct cw_store *store, struct cw_error *error) {
    enum cw_err err = check_tx(store, error);
    if (err != CW_OK)
        return err;
    static const char savepoint[] = "SAVEPOINT op";
    static const char begin[] = "BEGIN IMMEDIATE";
    struct cw_sql sql = cw_sql_open(store, store->in_tx ? savepoint : begin, "", error);
    return cw_sql_run(&sql);
}

static enum cw_err run_quietly(struct cw_store *store, const char *text) {
    struct cw_sql sql = cw_sql_open(store, text, "", NULL);
    return cw_sql_run(&sql);
}

enum cw_err cw_sql_group_close(struct cw_store *store, enum cw_err err, struct cw_error *error) {
    static const char undo[] = "ROLLBACK TO op";
    static const char release[] = "RELEASE op";
    static const char commit[] = "COMMIT";
    static const char rollback[] = "ROLLBACK";
    if (err == CW_OK) {
        struct cw_sql sql = cw_sql_open(store, store->in_tx ? release : commit, "", error);
        err = cw_sql_run(&sql);
        if (err == CW_OK)
            return CW_OK;
    }
    if (sqlite3_get_autocommit(store->db) != 0)
        return err; /* taken back already */
    if (store->in_tx) {
        (void)run_quietly(store, undo);
        (void)run_quietly(store, release);
    } else {
        (void)run_quietly(store, rollback);
    }
    return err;
}

enum cw_err cw_sql_view_open(struct cw_store *store, bool *ret_own, struct cw_error *error) {
    *ret_own = !store->in_tx && store->mode == CW_STORE_READ;
    return *ret_own ? cw_store_begin(store, error) : CW_OK;
}

void cw_sql_view_close(struct cw_store *store, bool own) {
    if (own)
        cw_store_rollback(store);
}

/* --- parameters ------------------------------------------------------------------------------- */

static void bound(struct cw_sql *sql, int rc) {
    if (rc != SQLITE_OK)
        fail(sql, rc, "bind");
}

void cw_sql_put_i64(struct cw_sql *sql, int i, int64_t value) {
    if (sql->err == CW_OK)
        bound(sql, sqlite3_bind_int64(sql->stmt, i, value));
}

void cw_sql_put_u64(struct cw_sql *sql, int i, uint64_t value) {
    if (sql->err != CW_OK)
        return;
    if (value > INT64_MAX) {
        sql->err = cw_error_set(sql->error, CW_ERR_LIMIT,
                                "%s: a number above 2^63-1 can't be stored in %s", sql->store->path,
                                sql->table);
        return;
    }
    cw_sql_put_i64(sql, i, (int64_t)value);
}

void cw_sql_put_u64_clamp(struct cw_sql *sql, int i, uint64_t value) {
    cw_sql_put_i64(sql, i, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void cw_sql_put_u64_bits(struct cw_sql *sql, int i, uint64_t value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    cw_sql_put_i64(sql, i, bits);
}

void cw_sql_put_text(struct cw_sql *sql, int i, const char *value) {
    if (sql->err == CW_OK)
        bound(sql, sqlite3_bind_text(sql->stmt, i, value, -1, SQLITE_STATIC));
}

void cw_sql_put_blob(struct cw_sql *sql, int i, struct cw_slice value) {
    if (sql->err != CW_OK)
        return;
    if (value.p == NULL)
        bound(sql, sqlite3_bind_null(sql->stmt, i));
    else if (value.n == 0)
        bound(sql, sqlite3_bind_zeroblob(sql->stmt, i, 0));
    else
        bound(sql, sqlite3_bind_blob64(sql->stmt, i, value.p, value.n, SQLITE_STATIC));
}

void cw_sql_put_hash32(struct cw_sql *sql, int i, const struct cw_hash32 *value) {
    cw_sql_put_blob(sql, i, value == NULL ? (struct cw_slice){0} : cw_slice_of(value->b, 32));
}

void cw_sql_put_addr20(struct cw_sql *sql, int i, const struct cw_addr20 *value) {
    cw_sql_put_blob(sql, i, cw_slice_of(value->b, 20));
}

void cw_sql_put_u256(struct cw_sql *sql, int i, const struct cw_u256 *value) {
    if (sql->err != CW_OK)
        return;
    uint8_t be[32];
    cw_u256_to_be(be, value);
    bound(sql, sqlite3_bind_blob(sql->stmt, i, be, sizeof be, SQLITE_TRANSIENT));
}

/* --- columns ---------------------------------------------------------------------------------- */

/* Every statement that reads rows has the row's key as its first column. */
static void damaged(struct cw_sql *sql, int i, const char *what) {
    if (sql->err != CW_OK)
        return;
    sql->err = cw_error_set(
        sql->error, CW_ERR_SCHEMA,
        "%s: table %s, row %lld: %s %s: the database is damaged or was edited; restore a backup",
        sql->store->path, sql->table, (long long)sqlite3_column_int64(sql->stmt, 0),
        sqlite3_column_name(sql->stmt, i), what);
}

bool cw_sql_is_null(const struct cw_sql *sql, int i) {
    return sql->stmt == NULL || sqlite3_column_type(sql->stmt, i) == SQLITE_NULL;
}

int64_t cw_sql_get_i64(struct cw_sql *sql, int i) {
    if (sql->err != CW_OK)
        return 0;
    if (sqlite3_column_type(sql->stmt, i) != SQLITE_INTEGER) {
        damaged(sql, i, "is not a number");
        return 0;
    }
    return sqlite3_column_int64(sql->stmt, i);
}

uint64_t cw_sql_get_u64(struct cw_sql *sql, int i) {
    int64_t value = cw_sql_get_i64(sql, i);
    if (value < 0) {
        damaged(sql, i, "is negative");
        return 0;
    }
    return (uint64_t)value;
}

uint64_t cw_sql_get_u64_bits(struct cw_sql *sql, int i) {
    int64_t bits = cw_sql_get_i64(sql, i);
    uint64_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

int cw_sql_get_int(struct cw_sql *sql, int i, int min, int max) {
    int64_t value = cw_sql_get_i64(sql, i);
    if (sql->err != CW_OK)
        return 0;
    if (value < min || value > max) {
        damaged(sql, i, "has a value that does not exist");
        return 0;
    }
    return (int)value;
}

bool cw_sql_get_bool(struct cw_sql *sql, int i) {
    return cw_sql_get_int(sql, i, 0, 1) == 1;
}

void cw_sql_get_text(struct cw_sql *sql, int i, char *out, size_t size) {
    out[0] = 0;
    if (sql->err != CW_OK || cw_sql_is_null(sql, i))
        return;
    if (sqlite3_column_type(sql->stmt, i) != SQLITE_TEXT) {
        damaged(sql, i, "is not text");
        return;
    }
    const unsigned char *text = sqlite3_column_text(sql->stmt, i);
    size_t n = (size_t)sqlite3_column_bytes(sql->stmt, i);
    if (text == NULL) {
        fail(sql, SQLITE_NOMEM, "read");
        return;
    }
    if (n >= size || memchr(text, 0, n) != NULL) {
        damaged(sql, i, n >= size ? "is too long" : "holds a NUL");
        return;
    }
    memcpy(out, text, n);
    out[n] = 0;
}

/* Bytes of a blob as SQLite holds them, until the next step. */
static struct cw_slice borrow(struct cw_sql *sql, int i) {
    if (sql->err != CW_OK)
        return (struct cw_slice){0};
    if (sqlite3_column_type(sql->stmt, i) != SQLITE_BLOB) {
        damaged(sql, i, "is not bytes");
        return (struct cw_slice){0};
    }
    const void *p = sqlite3_column_blob(sql->stmt, i);
    size_t n = (size_t)sqlite3_column_bytes(sql->stmt, i);
    if (p == NULL && n > 0) {
        fail(sql, SQLITE_NOMEM, "read");
        return (struct cw_slice){0};
    }
    return cw_slice_of(p, n);
}

struct cw_slice cw_sql_get_blob(struct cw_sql *sql, int i, struct cw_arena *arena) {
    if (cw_sql_is_null(sql, i))
        return (struct cw_slice){0};
    struct cw_slice bytes = borrow(sql, i);
    if (sql->err != CW_OK || bytes.n == 0)
        return (struct cw_slice){0};
    struct cw_slice copy = cw_arena_copy(arena, bytes);
    if (copy.p == NULL)
        sql->err = cw_error_set(sql->error, CW_ERR_MEMORY, "no memory for %zu bytes of %s", bytes.n,
                                sql->table);
    return copy;
}

static void read_fixed(struct cw_sql *sql, int i, uint8_t *out, size_t n) {
    memset(out, 0, n);
    struct cw_slice bytes = borrow(sql, i);
    if (sql->err != CW_OK)
        return;
    if (bytes.n != n) {
        char what[64];
        snprintf(what, sizeof what, "has %zu bytes instead of %zu", bytes.n, n);
        damaged(sql, i, what);
        return;
    }
    memcpy(out, bytes.p, n);
}

struct cw_hash32 cw_sql_get_hash32(struct cw_sql *sql, int i) {
    struct cw_hash32 hash;
    read_fixed(sql, i, hash.b, sizeof hash.b);
    return hash;
}

struct cw_addr20 cw_sql_get_addr20(struct cw_sql *sql, int i) {
    struct cw_addr20 address;
    read_fixed(sql, i, address.b, sizeof address.b);
    return address;
}

struct cw_u256 cw_sql_get_u256(struct cw_sql *sql, int i) {
    uint8_t be[32];
    read_fixed(sql, i, be, sizeof be);
    return cw_u256_from_be(be);
}

/* Room for one more; false, and the error set, when there is none. */
static bool grow(struct cw_sql *sql, struct cw_sql_list *list) {
    size_t bigger = list->capacity == 0 ? 16 : list->capacity * 2;
    if (list->n < list->capacity)
        return true;
    void *p = cw_arena_array(list->arena, bigger, list->size);
    if (p == NULL) {
        sql->err = cw_error_set(sql->error, CW_ERR_MEMORY, "no memory for %zu rows of %s", bigger,
                                sql->table);
        return false;
    }
    if (list->n > 0)
        memcpy(p, list->rows, list->n * list->size);
    list->rows = p;
    list->capacity = bigger;
    return true;
}

void *cw_sql_add(struct cw_sql *sql, struct cw_sql_list *list) {
    if (!grow(sql, list))
        return NULL;
    uint8_t *element = (uint8_t *)list->rows + list->n++ * list->size;
    memset(element, 0, list->size);
    return element;
}

void *cw_sql_next(struct cw_sql *sql, struct cw_sql_list *list) {
    return cw_sql_step(sql) ? cw_sql_add(sql, list) : NULL;
}

enum cw_err cw_sql_list_end(struct cw_sql *sql, const struct cw_sql_list *list, void *ret,
                            size_t *ret_n) {
    enum cw_err err = cw_sql_end(sql);
    if (err == CW_OK) {
        memcpy(ret, &list->rows, sizeof list->rows);
        *ret_n = list->n;
    }
    return err;
}
