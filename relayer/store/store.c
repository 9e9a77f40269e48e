#include "store/store.h"

#include "core/lock.h"
#include "store/sql.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* For a connection that must not wait for anybody's permission: pages in KiB when negative. */
#define SETTINGS_BOTH                                                                              \
    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"          \
    "PRAGMA temp_store = MEMORY;"
#define SETTINGS_WRITE                                                                             \
    SETTINGS_BOTH "PRAGMA synchronous = FULL; PRAGMA cache_size = -2048;"                          \
                  "PRAGMA journal_size_limit = 67108864;"
#define SETTINGS_READ SETTINGS_BOTH "PRAGMA query_only = ON; PRAGMA cache_size = -4096;"

/* --- files ------------------------------------------------------------------------------------ */

/* Makes the directories that path lies in. */
static enum cw_err make_directories(const char *path, struct cw_error *error) {
    char *copy = strdup(path);
    if (copy == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = CW_OK;
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(copy, 0750) != 0 && errno != EEXIST) {
            err = cw_error_set(error, CW_ERR_IO,
                               "%s: can't make the directory: %s: make it, or set data_dir", copy,
                               strerror(errno));
            break;
        }
        *slash = '/';
    }
    free(copy);
    return err;
}

static enum cw_err check_file(const char *path, bool must_exist, struct cw_error *error) {
    struct stat st;
    if (stat(path, &st) != 0) {
        if (errno == ENOENT && !must_exist)
            return CW_OK;
        if (errno == ENOENT)
            return cw_error_set(error, CW_ERR_IO,
                                "%s does not exist: nothing has run with this data_dir yet; start "
                                "`causeway run`, or give the right --config",
                                path);
        return cw_error_set(error, CW_ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode))
        return cw_error_set(error, CW_ERR_IO, "%s is not a regular file: set data_dir elsewhere",
                            path);
    return CW_OK;
}

/* A file that was just made survives a power cut only when its directory is on disk too. */
static void sync_directory(const char *path) {
    char *copy = strdup(path);
    if (copy == NULL)
        return;
    char *slash = strrchr(copy, '/');
    if (slash != NULL)
        slash[slash == copy ? 1 : 0] = 0;
    int fd = open(slash != NULL ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    free(copy);
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum cw_err connect_file(struct cw_store *store, const char *name, int flags,
                                struct cw_error *error) {
    int rc = sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             NULL);
    if (rc != SQLITE_OK) {
        enum cw_err err = cw_sql_fail(store, rc, "open", error);
        (void)sqlite3_close(store->db);
        store->db = NULL;
        return err;
    }
    (void)sqlite3_busy_timeout(store->db, CW_STORE_BUSY_MS);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return CW_OK;
}

static enum cw_err use_wal(struct cw_store *store, struct cw_error *error) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    enum cw_err err = CW_OK;
    if (rc != SQLITE_ROW)
        err = cw_sql_fail(store, rc, "open", error);
    else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0)
        err = cw_error_set(error, CW_ERR_IO,
                           "%s: this file system can't do write-ahead logging (shared memory): put "
                           "data_dir on a local disk",
                           store->path);
    (void)sqlite3_finalize(stmt);
    return err;
}

/* Indices over many rows are sorted on the disk that holds them, and not in memory. */
static enum cw_err migrate(struct cw_store *store, int version, uint64_t now_ms,
                           struct cw_error *error) {
    const char *slash = strrchr(store->path, '/');
    char *before = sqlite3_temp_directory;
    char *directory = sqlite3_mprintf("%.*s", slash != NULL ? (int)(slash - store->path) : 1,
                                      slash != NULL ? store->path : ".");
    enum cw_err err = cw_sql_exec(store, "PRAGMA temp_store = FILE", "open", error);
    sqlite3_temp_directory = directory; /* NULL: where the system has it */
    if (err == CW_OK)
        err = cw_store_migrate(store, version, now_ms, error);
    sqlite3_temp_directory = before;
    sqlite3_free(directory);
    return err == CW_OK ? cw_sql_exec(store, "PRAGMA temp_store = MEMORY", "open", error) : err;
}

/* A full or read-only disk is to be found now and not at the first message. */
static enum cw_err probe_write(struct cw_store *store, uint64_t now_ms, struct cw_error *error) {
    static const char upsert[] = "INSERT INTO meta(key, value) VALUES('opened_ms', ?1)"
                                 " ON CONFLICT DO UPDATE SET value = excluded.value";
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)now_ms);
    struct cw_sql sql = cw_sql_open(store, upsert, "meta", error);
    cw_sql_put_text(&sql, 1, text);
    return cw_sql_run(&sql);
}

static enum cw_err open_write(struct cw_store *store, uint64_t now_ms, struct cw_error *error) {
    int version = 0;
    enum cw_err err = make_directories(store->path, error);
    if (err == CW_OK)
        err = check_file(store->path, false, error);
    if (err == CW_OK)
        err = cw_lock_take(&store->lock, store->path,
                           "stop that one first, or give this one another data_dir", error);
    if (err == CW_OK)
        err = connect_file(store, store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error);
    if (err != CW_OK)
        return err;
    if (sqlite3_db_readonly(store->db, "main") == 1)
        return cw_sql_fail(store, SQLITE_READONLY, "open", error);
    /* before anything is changed in what may be somebody else's file */
    err = cw_store_identify(store, &version, error);
    if (err == CW_OK && version > 0)
        err = cw_store_check_migrations(store, error);
    if (err == CW_OK)
        err = use_wal(store, error);
    if (err == CW_OK)
        err = cw_sql_exec(store, SETTINGS_WRITE, "open", error);
    if (err == CW_OK)
        err = migrate(store, version, now_ms, error);
    if (err == CW_OK)
        err = probe_write(store, now_ms, error);
    if (err == CW_OK && version == 0)
        sync_directory(store->path);
    return err;
}

/* "file:…?immutable=1" with the path escaped. */
static char *immutable_uri(const char *path) {
    static const char tail[] = "?immutable=1";
    char *uri = malloc(sizeof "file:" + 3 * strlen(path) + sizeof tail);
    if (uri == NULL)
        return NULL;
    char *out = stpcpy(uri, "file:");
    for (const char *p = path; *p != 0; p++) {
        if (strchr("%?#", *p) != NULL)
            out += snprintf(out, 4, "%%%02X", (unsigned)(unsigned char)*p);
        else
            *out++ = *p;
    }
    memcpy(out, tail, sizeof tail);
    return uri;
}

static bool has_wal(const char *path) {
    size_t size = strlen(path) + sizeof "-wal";
    char *name = malloc(size);
    if (name == NULL)
        return true;
    snprintf(name, size, "%s-wal", path);
    struct stat st;
    bool has = stat(name, &st) == 0 && st.st_size > 0;
    free(name);
    return has;
}

/* A reader who may not write the directory can't make the shared memory that a write-ahead log
 * needs; when there is no log left (the daemon has stopped) the file can be read as it is. */
static enum cw_err open_unchanging(struct cw_store *store, struct cw_error *error) {
    char *uri = immutable_uri(store->path);
    if (uri == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    (void)sqlite3_close(store->db);
    store->db = NULL;
    enum cw_err err = connect_file(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, error);
    free(uri);
    return err;
}

static enum cw_err check_current(struct cw_store *store, int version, struct cw_error *error) {
    if (version == cw_store_schema())
        return cw_store_check_migrations(store, error);
    return cw_error_set(
        error, CW_ERR_SCHEMA,
        "%s: schema %d is older than this program's %d: start `causeway run` of this "
        "version once, which brings it up to date",
        store->path, version, cw_store_schema());
}

static enum cw_err open_read(struct cw_store *store, struct cw_error *error) {
    int version = 0;
    enum cw_err err = check_file(store->path, true, error);
    if (err == CW_OK)
        err = connect_file(store, store->path, SQLITE_OPEN_READONLY, error);
    if (err != CW_OK)
        return err;
    err = cw_store_identify(store, &version, error);
    if (err == CW_ERR_IO && !has_wal(store->path)) {
        err = open_unchanging(store, error);
        if (err == CW_OK)
            err = cw_store_identify(store, &version, error);
    }
    if (err == CW_OK)
        err = cw_sql_exec(store, SETTINGS_READ, "open", error);
    return err == CW_OK ? check_current(store, version, error) : err;
}

static struct cw_store *store_new(const char *path, enum cw_store_mode mode) {
    struct cw_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->mode = mode;
    store->lock = -1;
    store->path = strdup(path);
    if (store->path == NULL) {
        free(store);
        return NULL;
    }
    return store;
}

enum cw_err cw_store_open(struct cw_store **ret, const char *path, enum cw_store_mode mode,
                          uint64_t now_ms, struct cw_error *error) {
    struct cw_store *store = store_new(path, mode);
    if (store == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = mode == CW_STORE_WRITE ? open_write(store, now_ms, error)
                                             : open_read(store, error);
    if (err != CW_OK) {
        cw_store_close(store);
        return err;
    }
    *ret = store;
    return CW_OK;
}

enum cw_err cw_store_open_command(struct cw_store **ret, const char *path, struct cw_error *error) {
    struct cw_store *store = store_new(path, CW_STORE_WRITE);
    if (store == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    int version = 0;
    enum cw_err err = check_file(path, true, error);
    if (err == CW_OK)
        err = connect_file(store, path, SQLITE_OPEN_READWRITE, error);
    if (err == CW_OK && sqlite3_db_readonly(store->db, "main") == 1)
        err = cw_sql_fail(store, SQLITE_READONLY, "open", error);
    if (err == CW_OK)
        err = cw_store_identify(store, &version, error);
    if (err == CW_OK)
        err = cw_sql_exec(store, SETTINGS_WRITE, "open", error);
    if (err == CW_OK)
        err = check_current(store, version, error);
    if (err != CW_OK) {
        cw_store_close(store);
        return err;
    }
    *ret = store;
    return CW_OK;
}

void cw_store_close(struct cw_store *store) {
    if (store == NULL)
        return;
    if (store->db != NULL) {
        cw_store_rollback(store);
        for (size_t i = 0; i < CW_STORE_STATEMENTS; i++)
            (void)sqlite3_finalize(store->cache[i].stmt);
        (void)sqlite3_close(store->db);
    }
    cw_store_answers_forget(store);
    cw_lock_drop(store->lock);
    free(store->path);
    free(store);
}

/* --- transactions ----------------------------------------------------------------------------- */

enum cw_err cw_store_begin(struct cw_store *store, struct cw_error *error) {
    assert(!store->in_tx);
    static const char write[] = "BEGIN IMMEDIATE";
    static const char read[] = "BEGIN";
    struct cw_sql sql = cw_sql_open(store, store->mode == CW_STORE_WRITE ? write : read, "", error);
    enum cw_err err = cw_sql_run(&sql);
    store->in_tx = err == CW_OK;
    return err;
}

/* Noted answers go with whatever is committed. They are worth no failure: what can't be written is
 * only asked again, and a full disk fails the commit itself. */
static bool carry_answers(struct cw_store *store) {
    if (!cw_store_answers_noted(store))
        return false;
    struct cw_error unsaid;
    if (cw_store_answers_write(store, &unsaid) == CW_OK)
        return true;
    cw_store_answers_forget(store);
    return false;
}

enum cw_err cw_store_commit(struct cw_store *store, struct cw_error *error) {
    assert(store->in_tx);
    static const char commit[] = "COMMIT";
    enum cw_err err;
    bool carried = carry_answers(store);
    if (sqlite3_get_autocommit(store->db) != 0) {
        err = cw_error_set(error, CW_ERR_IO,
                           "%s: the transaction was taken back after an earlier error",
                           store->path);
    } else {
        struct cw_sql sql = cw_sql_open(store, commit, "", error);
        err = cw_sql_run(&sql);
    }
    if (err != CW_OK)
        cw_store_rollback(store);
    else if (carried)
        cw_store_answers_forget(store);
    store->in_tx = false;
    return err;
}

static void run_quietly(struct cw_store *store, const char *text) {
    struct cw_sql sql = cw_sql_open(store, text, "", NULL);
    /* what fails here has been rolled back by the engine itself, which the next write notices */
    if (cw_sql_run(&sql) != CW_OK)
        return;
}

void cw_store_rollback(struct cw_store *store) {
    static const char rollback[] = "ROLLBACK";
    if (sqlite3_get_autocommit(store->db) == 0)
        run_quietly(store, rollback);
    store->in_tx = false;
}

enum cw_err cw_store_end(struct cw_store *store, enum cw_err err, struct cw_error *error) {
    if (err == CW_OK)
        return cw_store_commit(store, error);
    cw_store_rollback(store);
    return err;
}

enum cw_err cw_store_savepoint(struct cw_store *store, struct cw_error *error) {
    assert(store->in_tx);
    if (sqlite3_get_autocommit(store->db) != 0)
        return cw_error_set(error, CW_ERR_IO,
                            "%s: the transaction was taken back after an earlier error",
                            store->path);
    static const char savepoint[] = "SAVEPOINT message";
    struct cw_sql sql = cw_sql_open(store, savepoint, "", error);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_release(struct cw_store *store, struct cw_error *error) {
    static const char release[] = "RELEASE message";
    struct cw_sql sql = cw_sql_open(store, release, "", error);
    return cw_sql_run(&sql);
}

void cw_store_undo(struct cw_store *store) {
    static const char undo[] = "ROLLBACK TO message";
    static const char release[] = "RELEASE message";
    run_quietly(store, undo);
    run_quietly(store, release);
}
