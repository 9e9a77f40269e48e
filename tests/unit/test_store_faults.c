/* The store when things go wrong: other people's files, locks, faults of disk and memory, kill -9.
 */
#include "core/lock.h"
#include "store/store.h"

#include "fault_vfs.h"
#include "nth_malloc.h"
#include "temp.h"

#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW        1700000000000u
#define TICK_SIZE  3
#define OTHER_USER 65534

struct fixture {
    struct temp temp;
    char path[512];
    struct cw_error error;
    struct cw_arena arena;
    int64_t l1, l2, route;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.db", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 64u << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    fault_vfs_arm(FAULT_WRITE, 0);
    nth_malloc_fail(0);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

/* --- what the faults happen to ---------------------------------------------------------------- */

static enum cw_err prepare(struct fixture *f, struct cw_store *store) {
    enum cw_err err = cw_store_chain(store, "l1", (struct cw_chain_id){900}, &f->l1, &f->error);
    if (err == CW_OK)
        err = cw_store_chain(store, "l2", (struct cw_chain_id){901}, &f->l2, &f->error);
    if (err == CW_OK)
        err = cw_store_route(store, "op", cw_adapter_find("opstack", "withdrawal"), f->l1, f->l2,
                             &f->route, &f->error);
    return err;
}

static struct cw_hash32 hash_of(uint32_t n, uint8_t kind) {
    struct cw_hash32 hash = {{kind, (uint8_t)(n >> 8), (uint8_t)n}};
    return hash;
}

/* One message with evidence and a signed transaction. */
static enum cw_err write_one(struct fixture *f, struct cw_store *store, uint32_t n) {
    struct cw_store_message message = {.route = f->route, .tx_hash = hash_of(n, 4)};
    message.m.id = hash_of(n, 1);
    message.m.source.number.v = 100 + n;
    message.m.source.hash = hash_of(n, 3);
    message.m.payload = CW_LITERAL("payload");
    int64_t row = 0, attempt_row = 0;
    bool is_new = false;
    enum cw_err err = cw_store_message_put(store, &message, NOW, &row, &is_new, &f->error);
    if (err != CW_OK)
        return err;
    static const uint8_t evidence[3000] = {1};
    struct cw_store_transition t = {.message = row,
                                    .stage = CW_STAGE_ROOT_VERIFIED,
                                    .condition = CW_WAITING,
                                    .reason = "submitted",
                                    .detail = "",
                                    .evidence = {evidence, sizeof evidence}};
    err = cw_store_message_move(store, &t, NOW, &f->error);
    if (err != CW_OK)
        return err;
    struct cw_store_attempt attempt = {.message = row,
                                       .chain = f->l1,
                                       .nonce = n,
                                       .step = "prove",
                                       .hash = hash_of(n, 6),
                                       .gas_limit = 100000,
                                       .raw = {evidence, 2000},
                                       .signed_ms = NOW};
    return cw_store_attempt_add(store, &attempt, &attempt_row, &f->error);
}

static enum cw_err tick(struct fixture *f, struct cw_store *store, uint32_t first) {
    enum cw_err err = cw_store_begin(store, &f->error);
    if (err != CW_OK)
        return err;
    for (uint32_t n = first; err == CW_OK && n < first + TICK_SIZE; n++) {
        err = cw_store_savepoint(store, &f->error);
        if (err == CW_OK)
            err = write_one(f, store, n);
        if (err == CW_OK)
            err = cw_store_release(store, &f->error);
    }
    if (err != CW_OK) {
        cw_store_rollback(store);
        return err;
    }
    return cw_store_commit(store, &f->error);
}

/* How many messages there are; everything that belongs to each must be there too. */
static size_t check_whole(struct fixture *f) {
    struct cw_store *store = NULL;
    if (cw_store_open(&store, f->path, CW_STORE_READ, NOW, &f->error) != CW_OK)
        fail_msg("%s", f->error.text);
    struct cw_store_message_filter filter = {.limit = 1000};
    struct cw_store_message *list = NULL;
    uint64_t counts[10][6];
    size_t n = 0;
    assert_int_equal(cw_store_messages(store, &filter, &f->arena, &list, &n, &f->error), CW_OK);
    assert_int_equal(cw_store_counts(store, 0, counts, &f->error), CW_OK);
    assert_int_equal(counts[CW_STAGE_ROOT_VERIFIED][CW_WAITING], n);
    for (size_t i = 0; i < n; i++) {
        struct cw_store_message message;
        struct cw_store_attempt *attempts = NULL;
        struct cw_store_history *lines = NULL;
        size_t attempts_n = 0, lines_n = 0;
        assert_int_equal(cw_store_message_get(store, list[i].row, &f->arena, &message, &f->error),
                         CW_OK);
        assert_int_equal(message.m.evidence.n, 3000);
        assert_int_equal(
            cw_store_attempts_of(store, list[i].row, &f->arena, &attempts, &attempts_n, &f->error),
            CW_OK);
        assert_int_equal(attempts_n, 1);
        assert_int_equal(attempts[0].raw.n, 2000);
        assert_int_equal(
            cw_store_history_load(store, list[i].row, &f->arena, &lines, &lines_n, &f->error),
            CW_OK);
        assert_int_equal(lines_n, 2);
    }
    cw_store_close(store);
    return n;
}

static struct cw_store *open_ready(struct fixture *f) {
    struct cw_store *store = NULL;
    if (cw_store_open(&store, f->path, CW_STORE_WRITE, NOW, &f->error) != CW_OK ||
        prepare(f, store) != CW_OK)
        fail_msg("%s", f->error.text);
    return store;
}

static void raw_sql(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static void assert_refused(struct fixture *f, enum cw_store_mode mode, enum cw_err err,
                           const char *says) {
    struct cw_store *store = NULL;
    assert_int_equal(cw_store_open(&store, f->path, mode, NOW, &f->error), err);
    assert_null(store);
    if (strstr(f->error.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", f->error.text, says);
}

/* --- other files ------------------------------------------------------------------------------ */

static void open__newer_schema__refused(void **state) {
    struct fixture *f = *state;
    cw_store_close(open_ready(f));
    raw_sql(f->path, "PRAGMA user_version = 99");
    assert_refused(f, CW_STORE_WRITE, CW_ERR_SCHEMA, "newer version");
    assert_refused(f, CW_STORE_READ, CW_ERR_SCHEMA, "newer version");
}

static void open__other_build_of_a_migration__refused(void **state) {
    struct fixture *f = *state;
    cw_store_close(open_ready(f));
    raw_sql(f->path, "UPDATE migration SET checksum = zeroblob(32) WHERE row = 1");
    assert_refused(f, CW_STORE_WRITE, CW_ERR_SCHEMA, "step 1");
    assert_refused(f, CW_STORE_READ, CW_ERR_SCHEMA, "step 1");
}

static void open__garbage__refused_and_untouched(void **state) {
    struct fixture *f = *state;
    char garbage[8192];
    for (size_t i = 0; i < sizeof garbage; i++)
        garbage[i] = (char)(i * 37 + i / 251);
    temp_write(f->path, garbage, sizeof garbage, 0600);
    assert_refused(f, CW_STORE_WRITE, CW_ERR_SCHEMA, "not a database");
    assert_refused(f, CW_STORE_READ, CW_ERR_SCHEMA, "not a database");
    char now[sizeof garbage];
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, now, sizeof now), sizeof now);
    close(fd);
    assert_memory_equal(now, garbage, sizeof now);
}

static void open__other_programs_database__refused_and_untouched(void **state) {
    struct fixture *f = *state;
    raw_sql(f->path, "CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)");
    struct stat before, after;
    assert_int_equal(stat(f->path, &before), 0);
    assert_refused(f, CW_STORE_WRITE, CW_ERR_SCHEMA, "another program");
    assert_refused(f, CW_STORE_READ, CW_ERR_SCHEMA, "another program");
    assert_int_equal(stat(f->path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void open__empty_file__becomes_the_database(void **state) {
    struct fixture *f = *state;
    temp_write(f->path, "", 0, 0600);
    assert_refused(f, CW_STORE_READ, CW_ERR_SCHEMA, "older");
    cw_store_close(open_ready(f));
    assert_int_equal(check_whole(f), 0);
}

static void open__truncated__an_error_never_a_crash(void **state) {
    struct fixture *f = *state;
    struct cw_store *store = open_ready(f);
    assert_int_equal(tick(f, store, 1), CW_OK);
    cw_store_close(store);
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    for (off_t size = st.st_size - 4096; size > 0; size -= 4096) {
        assert_int_equal(truncate(f->path, size), 0);
        enum cw_err err = cw_store_open(&store, f->path, CW_STORE_READ, NOW, &f->error);
        if (err == CW_OK) {
            struct cw_store_message_filter filter = {.limit = 10};
            struct cw_store_message *list = NULL;
            size_t n = 0;
            err = cw_store_messages(store, &filter, &f->arena, &list, &n, &f->error);
            cw_store_close(store);
        }
        assert_true(err == CW_OK || err == CW_ERR_SCHEMA || err == CW_ERR_IO);
    }
}

static void open__directory_or_no_directory__says_so(void **state) {
    struct fixture *f = *state;
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_refused(f, CW_STORE_WRITE, CW_ERR_IO, "not a regular file");
    char file[400];
    temp_path(&f->temp, "file", file, sizeof file);
    temp_write(file, "x", 1, 0600);
    snprintf(f->path, sizeof f->path, "%s/data/causeway.db", file);
    assert_refused(f, CW_STORE_WRITE, CW_ERR_IO, "directory");
    temp_path(&f->temp, "none/causeway.db", f->path, sizeof f->path);
    assert_refused(f, CW_STORE_READ, CW_ERR_IO, "causeway run");
}

static void open__missing_directories__are_made(void **state) {
    struct fixture *f = *state;
    temp_path(&f->temp, "a/b/c/causeway.db", f->path, sizeof f->path);
    cw_store_close(open_ready(f));
    assert_int_equal(check_whole(f), 0);
}

/* --- another user, another process ------------------------------------------------------------ */

/* Runs fn in a process of its own, as another user when this one is root; what it returned. */
static int in_child(struct fixture *f, int (*fn)(struct fixture *), bool other_user) {
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (other_user && geteuid() == 0 && (setgid(OTHER_USER) != 0 || setuid(OTHER_USER) != 0))
            _exit(99);
        _exit(fn(f));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int child_writes(struct fixture *f) {
    struct cw_store *store = NULL;
    enum cw_err err = cw_store_open(&store, f->path, CW_STORE_WRITE, NOW, &f->error);
    if (err != CW_ERR_IO || strstr(f->error.text, "permission") == NULL) {
        fprintf(stderr, "%s\n", f->error.text);
        return 1;
    }
    struct cw_store_command command = {.verb = "hold", .subject = "op"};
    int64_t row = 0;
    err = cw_store_command_post(f->path, &command, NOW, &row, &f->error);
    if (err != CW_ERR_IO || strstr(f->error.text, "permission") == NULL) {
        fprintf(stderr, "%s\n", f->error.text);
        return 2;
    }
    return 0;
}

static int child_reads(struct fixture *f) {
    struct cw_store *store = NULL;
    uint64_t counts[10][6];
    enum cw_err err = cw_store_open(&store, f->path, CW_STORE_READ, NOW, &f->error);
    if (err == CW_OK)
        err = cw_store_counts(store, 0, counts, &f->error);
    cw_store_close(store);
    if (err == CW_OK && counts[CW_STAGE_ROOT_VERIFIED][CW_WAITING] == TICK_SIZE)
        return 0;
    fprintf(stderr, "%s\n", f->error.text);
    return 1;
}

static void open__no_permission_to_write__reads_and_says_what_to_do(void **state) {
    struct fixture *f = *state;
    struct cw_store *store = open_ready(f);
    assert_int_equal(tick(f, store, 1), CW_OK);
    assert_int_equal(chmod(f->temp.dir, 0555), 0);
    assert_int_equal(chmod(f->path, 0444), 0);
    if (geteuid() == 0) /* beside the running writer, by its log and shared memory */
        assert_int_equal(in_child(f, child_reads, true), 0);
    assert_int_equal(chmod(f->temp.dir, 0755), 0);
    cw_store_close(store);
    assert_int_equal(chmod(f->temp.dir, 0555), 0);
    assert_int_equal(in_child(f, child_reads, true), 0);
    assert_int_equal(in_child(f, child_writes, true), 0);
    assert_int_equal(chmod(f->temp.dir, 0755), 0);
}

static void open__second_writer__told_who_has_it(void **state) {
    struct fixture *f = *state;
    int ready[2], stop[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(stop), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct cw_store *store = NULL;
        char byte = 1;
        if (cw_store_open(&store, f->path, CW_STORE_WRITE, NOW, &f->error) != CW_OK)
            _exit(1);
        if (write(ready[1], &byte, 1) != 1 || read(stop[0], &byte, 1) != 1)
            _exit(2);
        _exit(3);
    }
    char byte, says[32];
    assert_int_equal(read(ready[0], &byte, 1), 1);
    snprintf(says, sizeof says, "process %ld", (long)pid);
    assert_refused(f, CW_STORE_WRITE, CW_ERR_BUSY, says);
    uint64_t holder = 0;
    assert_true(cw_lock_holder(f->path, &holder));
    assert_int_equal(holder, pid);
    /* commands and readers work beside it */
    struct cw_store_command command = {.verb = "hold", .subject = "op"};
    int64_t row = 0;
    assert_int_equal(cw_store_command_post(f->path, &command, NOW, &row, &f->error), CW_OK);
    assert_int_equal(check_whole(f), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(cw_lock_holder(f->path, &holder));
    struct cw_store *store = open_ready(f);
    struct cw_store_command *list = NULL;
    size_t n = 0;
    assert_int_equal(cw_store_commands_open(store, &f->arena, &list, &n, &f->error), CW_OK);
    assert_int_equal(n, 1);
    cw_store_close(store);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(stop[i]);
    }
}

static void read__beside_a_writer__committed_only(void **state) {
    struct fixture *f = *state;
    struct cw_store *store = open_ready(f);
    assert_int_equal(cw_store_begin(store, &f->error), CW_OK);
    assert_int_equal(write_one(f, store, 1), CW_OK);
    assert_int_equal(check_whole(f), 0);
    assert_int_equal(cw_store_commit(store, &f->error), CW_OK);
    assert_int_equal(check_whole(f), 1);
    cw_store_close(store);
    assert_int_equal(check_whole(f), 1);
}

/* --- kill -9 ---------------------------------------------------------------------------------- */

enum { KILL_BEGUN, KILL_WRITTEN, KILL_RELEASED, KILL_ALL, KILL_COMMITTED, KILL_POINTS };

static int kill_point;

static int child_dies(struct fixture *f) {
    struct cw_store *store = NULL;
    enum cw_err err = cw_store_open(&store, f->path, CW_STORE_WRITE, NOW, &f->error);
    if (err == CW_OK)
        err = cw_store_begin(store, &f->error);
    if (kill_point == KILL_BEGUN)
        raise(SIGKILL);
    for (uint32_t n = 100; err == CW_OK && n < 100 + TICK_SIZE; n++) {
        err = cw_store_savepoint(store, &f->error);
        if (err == CW_OK)
            err = write_one(f, store, n);
        if (kill_point == KILL_WRITTEN && n == 101)
            raise(SIGKILL);
        if (err == CW_OK)
            err = cw_store_release(store, &f->error);
        if (kill_point == KILL_RELEASED && n == 101)
            raise(SIGKILL);
    }
    if (kill_point == KILL_ALL)
        raise(SIGKILL);
    if (err == CW_OK)
        err = cw_store_commit(store, &f->error);
    if (err == CW_OK)
        raise(SIGKILL);
    fprintf(stderr, "%s\n", f->error.text);
    return 1;
}

static void kill__at_each_point_of_a_tick__all_of_it_or_nothing(void **state) {
    struct fixture *f = *state;
    struct cw_store *store = open_ready(f);
    assert_int_equal(tick(f, store, 1), CW_OK);
    cw_store_close(store);
    for (kill_point = 0; kill_point < KILL_POINTS; kill_point++) {
        assert_int_equal(in_child(f, child_dies, false), 128 + SIGKILL);
        size_t expected = kill_point == KILL_COMMITTED ? 2 * TICK_SIZE : TICK_SIZE;
        assert_int_equal(check_whole(f), expected);
    }
    store = open_ready(f);
    assert_int_equal(tick(f, store, 200), CW_OK);
    cw_store_close(store);
    assert_int_equal(check_whole(f), 3 * TICK_SIZE);
}

/* --- disk and memory -------------------------------------------------------------------------- */

/* Opens, prepares, ticks; closes. What happened first. */
static enum cw_err whole_run(struct fixture *f, uint32_t first) {
    struct cw_store *store = NULL;
    enum cw_err err = cw_store_open(&store, f->path, CW_STORE_WRITE, NOW, &f->error);
    if (err == CW_OK)
        err = prepare(f, store);
    if (err == CW_OK)
        err = tick(f, store, first);
    cw_store_close(store);
    return err;
}

static void disk__nth_operation_fails__all_or_nothing_and_works_again(void **state) {
    struct fixture *f = *state;
    static const enum fault_kind kinds[] = {FAULT_FULL, FAULT_WRITE, FAULT_SYNC};
    size_t faults = 0;
    for (size_t k = 0; k < CW_COUNT(kinds); k++) {
        for (unsigned n = 1;; n += n < 40 ? 1 : n / 8) {
            char name[64];
            snprintf(name, sizeof name, "fault-%zu-%u/causeway.db", k, n);
            temp_path(&f->temp, name, f->path, sizeof f->path);
            f->error.text[0] = 0;
            fault_vfs_arm(kinds[k], n);
            enum cw_err err = whole_run(f, 1);
            bool hit = fault_vfs_hit();
            fault_vfs_arm(kinds[k], 0);
            if (!hit) {
                assert_int_equal(err, CW_OK);
                break;
            }
            faults++;
            if (err != CW_OK) {
                assert_int_equal(err, CW_ERR_IO);
                if (kinds[k] == FAULT_FULL)
                    assert_non_null(strstr(f->error.text, "disk is full"));
            }
            struct cw_store *store = open_ready(f);
            cw_store_close(store);
            size_t kept = check_whole(f);
            /* what failed may not be there by halves, what succeeded must be there */
            assert_true(kept == TICK_SIZE || (kept == 0 && err != CW_OK));
            assert_int_equal(whole_run(f, 50), CW_OK);
            assert_int_equal(check_whole(f), kept + TICK_SIZE);
        }
    }
    assert_true(faults > 20);
}

/* Larger than the page cache, so that pages are written before the commit. */
static enum cw_err write_big(struct fixture *f, struct cw_store *store, const uint8_t *bytes,
                             uint32_t n) {
    struct cw_store_message message = {.route = f->route, .tx_hash = hash_of(n, 4)};
    message.m.id = hash_of(n, 1);
    message.m.source.hash = hash_of(n, 3);
    message.m.payload = cw_slice_of(bytes, 1u << 20);
    int64_t row = 0;
    bool is_new = false;
    return cw_store_message_put(store, &message, NOW, &row, &is_new, &f->error);
}

static void disk__full_within_a_tick__nothing_after_it_is_committed_alone(void **state) {
    struct fixture *f = *state;
    static const unsigned moments[] = {1, 2, 500, 3000};
    const uint32_t big = 24;
    struct cw_store *store = open_ready(f);
    uint8_t *bytes = calloc(1, 1u << 20);
    assert_non_null(bytes);
    for (size_t k = 0; k < CW_COUNT(moments); k++) {
        assert_int_equal(cw_store_begin(store, &f->error), CW_OK);
        fault_vfs_arm(FAULT_FULL, moments[k]);
        enum cw_err first = CW_OK, last = CW_OK;
        for (uint32_t i = 0; i < big; i++) {
            last = write_big(f, store, bytes, i);
            first = first == CW_OK ? last : first;
        }
        assert_true(fault_vfs_hit());
        fault_vfs_arm(FAULT_FULL, 0);
        /* there is room again, but the transaction is gone: nothing may be written on its own */
        assert_int_equal(first, CW_ERR_IO);
        assert_int_equal(last, CW_ERR_IO);
        assert_int_equal(write_big(f, store, bytes, big), CW_ERR_IO);
        assert_non_null(strstr(f->error.text, "taken back"));
        assert_int_equal(cw_store_savepoint(store, &f->error), CW_ERR_IO);
        assert_int_equal(cw_store_commit(store, &f->error), CW_ERR_IO);
        assert_int_equal(check_whole(f), 0);
    }
    free(bytes);
    assert_int_equal(tick(f, store, 1), CW_OK);
    cw_store_close(store);
    assert_int_equal(check_whole(f), TICK_SIZE);
}

static void memory__nth_allocation_fails__all_or_nothing(void **state) {
    struct fixture *f = *state;
    size_t faults = 0;
    for (unsigned long n = 1;; n += n < 100 ? 1 : n / 15) {
        char name[64];
        snprintf(name, sizeof name, "memory-%lu/causeway.db", n);
        temp_path(&f->temp, name, f->path, sizeof f->path);
        nth_malloc_fail(n);
        enum cw_err err = whole_run(f, 1);
        bool failed = nth_malloc_failed();
        nth_malloc_fail(0);
        if (!failed) {
            assert_int_equal(err, CW_OK);
            break;
        }
        faults++;
        if (err != CW_OK)
            assert_true(err == CW_ERR_MEMORY || err == CW_ERR_IO);
        cw_store_close(open_ready(f));
        size_t kept = check_whole(f);
        assert_true(kept == TICK_SIZE || (kept == 0 && err != CW_OK));
        struct temp used;
        snprintf(used.dir, sizeof used.dir, "%.*s", (int)(strrchr(f->path, '/') - f->path),
                 f->path);
        temp_remove(&used);
    }
    assert_true(faults > 100);
}

static void read__arena_too_small__memory_error(void **state) {
    struct fixture *f = *state;
    assert_int_equal(whole_run(f, 1), CW_OK);
    struct cw_store *store = NULL;
    assert_int_equal(cw_store_open(&store, f->path, CW_STORE_READ, NOW, &f->error), CW_OK);
    struct cw_arena small;
    cw_arena_init(&small, 1024);
    struct cw_store_message message;
    assert_int_equal(cw_store_message_get(store, 1, &small, &message, &f->error), CW_ERR_MEMORY);
    struct cw_store_message_filter filter = {.limit = 10};
    struct cw_store_message *list = NULL;
    size_t n = 0;
    assert_int_equal(cw_store_messages(store, &filter, &small, &list, &n, &f->error),
                     CW_ERR_MEMORY);
    cw_arena_done(&small);
    /* and it goes on */
    assert_int_equal(cw_store_message_get(store, 1, &f->arena, &message, &f->error), CW_OK);
    cw_store_close(store);
}

/* --- rows that somebody else wrote ------------------------------------------------------------ */

static void read__damaged_rows__error_names_table_and_row(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *sql, *table, *column;
    } cases[] = {
        {"UPDATE message SET id = x'00' WHERE row = 2", "table message, row 2", "id"},
        {"UPDATE message SET value = zeroblob(33) WHERE row = 2", "table message, row 2", "value"},
        {"UPDATE message SET nonce = x'' WHERE row = 2", "table message, row 2", "nonce"},
        {"UPDATE message SET sender = zeroblob(19) WHERE row = 2", "table message, row 2",
         "sender"},
        {"UPDATE message SET stage = 77 WHERE row = 2", "table message, row 2", "stage"},
        {"UPDATE message SET condition = 0 WHERE row = 2", "table message, row 2", "condition"},
        {"UPDATE message SET orphaned = 2 WHERE row = 2", "table message, row 2", "orphaned"},
        {"UPDATE message SET due_ms = -1 WHERE row = 2", "table message, row 2", "due_ms"},
        {"UPDATE message SET reason = printf('%.200c', 'x') WHERE row = 2", "table message, row 2",
         "reason"},
        {"UPDATE message SET detail = CAST(x'610062' AS TEXT) WHERE row = 2",
         "table message, row 2", "detail"},
        {"UPDATE message_bytes SET evidence_hash = x'01' WHERE message = 2",
         "table message_bytes, row 2", "evidence_hash"},
        {"DELETE FROM message_bytes WHERE message = 2", "table message_bytes, row 2", "missing"},
        {"UPDATE attempt SET state = 9 WHERE message = 2", "table attempt, row 2", "state"},
        {"UPDATE attempt SET max_fee = x'01' WHERE message = 2", "table attempt, row 2", "max_fee"},
        {"UPDATE attempt SET step = 'much longer than a step' WHERE message = 2",
         "table attempt, row 2", "step"},
        {"UPDATE history SET kind = 'much longer than any kind is' WHERE message = 2",
         "table history, row", "kind"},
        {"UPDATE history SET tx = x'' WHERE message = 2", "table history, row", "tx"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char name[32];
        snprintf(name, sizeof name, "damage-%zu.db", i);
        temp_path(&f->temp, name, f->path, sizeof f->path);
        assert_int_equal(whole_run(f, 1), CW_OK);
        raw_sql(f->path, cases[i].sql);
        struct cw_store *store = NULL;
        assert_int_equal(cw_store_open(&store, f->path, CW_STORE_READ, NOW, &f->error), CW_OK);
        struct cw_store_message message;
        struct cw_store_attempt *attempts = NULL;
        struct cw_store_history *lines = NULL;
        size_t n = 0;
        enum cw_err err = cw_store_message_get(store, 2, &f->arena, &message, &f->error);
        if (err == CW_OK)
            err = cw_store_attempts_of(store, 2, &f->arena, &attempts, &n, &f->error);
        if (err == CW_OK)
            err = cw_store_history_load(store, 2, &f->arena, &lines, &n, &f->error);
        if (err != CW_ERR_SCHEMA || strstr(f->error.text, cases[i].table) == NULL ||
            strstr(f->error.text, cases[i].column) == NULL)
            fail_msg("%s: code %d, \"%s\"", cases[i].sql, (int)err, f->error.text);
        /* the others can still be read */
        assert_int_equal(cw_store_message_get(store, 1, &f->arena, &message, &f->error), CW_OK);
        cw_store_close(store);
    }
}

/* --- SQLite's memory comes through the counted allocator -------------------------------------- */

static void *m_malloc(int n) {
    return malloc((size_t)n);
}
static void m_free(void *p) {
    free(p);
}
static void *m_realloc(void *p, int n) {
    return realloc(p, (size_t)n);
}
static int m_size(void *p) {
    return (int)malloc_usable_size(p);
}
static int m_roundup(int n) {
    return (n + 7) & ~7;
}
static int m_init(void *p) {
    (void)p;
    return SQLITE_OK;
}
static void m_shutdown(void *p) {
    (void)p;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    static const sqlite3_mem_methods memory = {m_malloc,  m_free, m_realloc,  m_size,
                                               m_roundup, m_init, m_shutdown, NULL};
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
        return 1;
    fault_vfs_install();
    const struct CMUnitTest tests[] = {
        CASE(open__newer_schema__refused),
        CASE(open__other_build_of_a_migration__refused),
        CASE(open__garbage__refused_and_untouched),
        CASE(open__other_programs_database__refused_and_untouched),
        CASE(open__empty_file__becomes_the_database),
        CASE(open__truncated__an_error_never_a_crash),
        CASE(open__directory_or_no_directory__says_so),
        CASE(open__missing_directories__are_made),
        CASE(open__no_permission_to_write__reads_and_says_what_to_do),
        CASE(open__second_writer__told_who_has_it),
        CASE(read__beside_a_writer__committed_only),
        CASE(kill__at_each_point_of_a_tick__all_of_it_or_nothing),
        CASE(disk__nth_operation_fails__all_or_nothing_and_works_again),
        CASE(disk__full_within_a_tick__nothing_after_it_is_committed_alone),
        CASE(memory__nth_allocation_fails__all_or_nothing),
        CASE(read__arena_too_small__memory_error),
        CASE(read__damaged_rows__error_names_table_and_row),
    };
    return cmocka_run_group_tests_name("store, faults", tests, NULL, NULL);
}
