/* What the store's own files share: the connection, cached statements, and strict binding and
 * reading. Nothing outside this folder includes it.
 *
 * A statement in use is a struct cw_sql whose error is sticky: bind, step and read, and look at the
 * error once, when cw_sql_end gives it back. A value that is not of the expected type, length or
 * range is an error that names table, row and column: a row is never trusted. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store/store.h"

#include <sqlite3.h>

#define CW_STORE_STATEMENTS 256 /* power of two, more than there are statements */

/* How long one process waits for another one's short write. */
#define CW_STORE_BUSY_MS 5000

struct cw_store_cached {
    const char *text; /* the static string itself is the key */
    sqlite3_stmt *stmt;
};

/* attempts.c: what a route's attempts cost at most, so that not all are added up for each new one.
 * It grows with each that is added, and is forgotten when one becomes dearer. */
#define CW_STORE_SPENT 8
struct cw_store_spent {
    int64_t route; /* 0: nothing is known */
    uint64_t since_ms;
    struct cw_wei at_most;
};

/* answers.c: what waits for a commit. */
struct cw_store_answers {
    uint64_t max_bytes;                     /* of those that are kept; 0: none are */
    struct cw_store_noted *oldest, *newest; /* answers to be written */
    size_t noted_bytes;
    int64_t used[1024]; /* rows that were read since */
    size_t used_n;
    uint64_t stamp; /* of the last write; 0: not known */
};

struct cw_store {
    sqlite3 *db;
    char *path;
    enum cw_store_mode mode;
    int lock; /* descriptor of the lock file, -1: none */
    bool in_tx;
    struct cw_store_cached cache[CW_STORE_STATEMENTS];
    struct cw_store_answers answers;
    struct cw_store_spent spent[CW_STORE_SPENT];
};

struct cw_sql {
    struct cw_store *store;
    sqlite3_stmt *stmt; /* NULL when it could not be prepared */
    const char *table;  /* that the rows are of, for messages */
    struct cw_error *error;
    enum cw_err err; /* the first thing that went wrong */
};

void cw_store_spent_forget(struct cw_store *store);

/* Sorts a result code and says what to do about it. */
enum cw_err cw_sql_fail(struct cw_store *store, int rc, const char *doing, struct cw_error *error);

/* text must be static: its address is the key of the cache. */
struct cw_sql cw_sql_open(struct cw_store *store, const char *text, const char *table,
                          struct cw_error *error);
/* True when there is a row to read. */
bool cw_sql_step(struct cw_sql *sql);
/* Steps a statement that gives no rows, then ends it. */
CW_MUST_USE enum cw_err cw_sql_run(struct cw_sql *sql);
/* Resets the statement; what went wrong, or CW_OK. Harmless when called twice. */
enum cw_err cw_sql_end(struct cw_sql *sql);
/* Extended result code of the last failure on the connection. */
bool cw_sql_is_unique_violation(const struct cw_store *store);

/* A statement without parameters and results, not cached. */
CW_MUST_USE enum cw_err cw_sql_exec(struct cw_store *store, const char *text, const char *doing,
                                    struct cw_error *error);

/* Several statements that belong together: a savepoint within the caller's transaction, a
 * transaction of their own when there is none. _close keeps them when err is CW_OK and takes them
 * back otherwise. */
CW_MUST_USE enum cw_err cw_sql_group_open(struct cw_store *store, struct cw_error *error);
CW_MUST_USE enum cw_err cw_sql_group_close(struct cw_store *store, enum cw_err err,
                                           struct cw_error *error);

/* Several readings of one moment: a transaction of the reader's where there is none. */
CW_MUST_USE enum cw_err cw_sql_view_open(struct cw_store *store, bool *ret_own,
                                         struct cw_error *error);
void cw_sql_view_close(struct cw_store *store, bool own);

/* Parameters, numbered from 1. Pointers must stay valid until the statement ends. */
void cw_sql_put_i64(struct cw_sql *sql, int i, int64_t value);
/* Above 2^63-1 is an error; _clamp writes 2^63-1 instead; _bits keeps all 64 bits and gives up
 * order. */
void cw_sql_put_u64(struct cw_sql *sql, int i, uint64_t value);
void cw_sql_put_u64_clamp(struct cw_sql *sql, int i, uint64_t value);
void cw_sql_put_u64_bits(struct cw_sql *sql, int i, uint64_t value);
void cw_sql_put_text(struct cw_sql *sql, int i, const char *value);
void cw_sql_put_blob(struct cw_sql *sql, int i, struct cw_slice value);           /* p NULL: NULL */
void cw_sql_put_hash32(struct cw_sql *sql, int i, const struct cw_hash32 *value); /* NULL: NULL */
void cw_sql_put_addr20(struct cw_sql *sql, int i, const struct cw_addr20 *value);
/* 32 bytes, big-endian, copied. */
void cw_sql_put_u256(struct cw_sql *sql, int i, const struct cw_u256 *value);

/* Columns, numbered from 0. On failure the output is zero. */
bool cw_sql_is_null(const struct cw_sql *sql, int i);
int64_t cw_sql_get_i64(struct cw_sql *sql, int i);
uint64_t cw_sql_get_u64(struct cw_sql *sql, int i); /* a negative value is an error */
uint64_t cw_sql_get_u64_bits(struct cw_sql *sql, int i);
/* An integer in min … max. */
int cw_sql_get_int(struct cw_sql *sql, int i, int min, int max);
bool cw_sql_get_bool(struct cw_sql *sql, int i);
/* NULL reads as "". Text that holds a NUL or does not fit in size is an error. */
void cw_sql_get_text(struct cw_sql *sql, int i, char *out, size_t size);
/* Copied into the arena; NULL reads as empty. */
struct cw_slice cw_sql_get_blob(struct cw_sql *sql, int i, struct cw_arena *arena);
struct cw_hash32 cw_sql_get_hash32(struct cw_sql *sql, int i);
struct cw_addr20 cw_sql_get_addr20(struct cw_sql *sql, int i);
struct cw_u256 cw_sql_get_u256(struct cw_sql *sql, int i);

/* Rows that are read into an array in the arena, which grows. */
struct cw_sql_list {
    struct cw_arena *arena;
    size_t size; /* of an element */
    void *rows;
    size_t n, capacity;
};
/* One element more, zeroed; NULL, and the statement's error set, when memory is short. */
void *cw_sql_add(struct cw_sql *sql, struct cw_sql_list *list);
/* Steps; the element for the row that there is to read, zeroed. NULL: there is none, or something
 * went wrong. */
void *cw_sql_next(struct cw_sql *sql, struct cw_sql_list *list);
/* What cw_sql_end gives; *ret (a pointer to the elements) and *ret_n are written on success only.
 */
CW_MUST_USE enum cw_err cw_sql_list_end(struct cw_sql *sql, const struct cw_sql_list *list,
                                        void *ret, size_t *ret_n);

/* --- store.c ---------------------------------------------------------------------------------- */

/* A second writer for one short write beside a daemon: no lock, no migration. */
CW_MUST_USE enum cw_err cw_store_open_command(struct cw_store **ret, const char *path,
                                              struct cw_error *error);

/* --- answers.c -------------------------------------------------------------------------------- */

/* Drops what is noted: it is written, or cannot be. */
void cw_store_answers_forget(struct cw_store *store);

/* --- migrations.c ----------------------------------------------------------------------------- */

/* Checks that the file is ours and not newer; *ret_version is 0 for an empty database. */
CW_MUST_USE enum cw_err cw_store_identify(struct cw_store *store, int *ret_version,
                                          struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_migrate(struct cw_store *store, int version, uint64_t now_ms,
                                         struct cw_error *error);
/* What was applied must be what this program would apply. */
CW_MUST_USE enum cw_err cw_store_check_migrations(struct cw_store *store, struct cw_error *error);

#endif
