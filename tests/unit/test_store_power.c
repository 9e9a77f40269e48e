/* The store when the power goes: at any operation of the disk, whatever was not synced may be gone
 * or there in part. It opens again, is whole, has everything that was committed, and of what was
 * being committed all or nothing.
 *
 * [MANY]: at every operation, and so many times torn; without it, at those that matter and at some
 * of the writes between them. */
#include "store_fixture.h"

#include "power_vfs.h"

#include <sqlite3.h>

#define MESSAGES 12
#define ACKS_MAX 512

static unsigned long many;

/* What the store had answered for. */
struct ack {
    size_t op; /* before which it had */
    const char *what;
    uint64_t content;
};

struct scenario {
    struct fixture *f;
    struct power_disk *disk;
    struct ack acks[ACKS_MAX];
    size_t n;
    int64_t message;
    struct cw_store_attempt attempt;
    uint8_t bytes[3000];
};

static void ack(struct scenario *s, const char *what) {
    assert_true(s->n < ACKS_MAX);
    s->acks[s->n++] = (struct ack){.op = power_disk_ops(s->disk), .what = what};
}

/* --- the life of messages --------------------------------------------------------------------- */

static struct cw_store_header header_of(uint64_t number) {
    return (struct cw_store_header){
        .ref = {{number}, hash_of((uint32_t)number, 8), 1600000000 + number},
        .parent = hash_of((uint32_t)number - 1, 8)};
}

static void see(struct scenario *s, uint32_t i) {
    struct fixture *f = s->f;
    const struct cw_store_header header = header_of(100 + i);
    const struct cw_heads heads = {
        .latest = header.ref, .safe = header_of(98 + i).ref, .final = header_of(96 + i).ref};
    OK(cw_store_begin(f->store, &f->error));
    OK(cw_store_savepoint(f->store, &f->error));
    struct cw_store_message message = message_of(f, i);
    bool is_new;
    OK(cw_store_message_put(f->store, &message, NOW, &s->message, &is_new, &f->error));
    OK(cw_store_release(f->store, &f->error));
    /* one that is taken back, in the midst of it */
    OK(cw_store_savepoint(f->store, &f->error));
    int64_t row;
    message = message_of(f, 1000 + i);
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    cw_store_undo(f->store);
    OK(cw_store_headers_put(f->store, f->l2, &header, 1, &f->error));
    OK(cw_store_cursor_set(f->store, f->l2, header.ref.number, &f->error));
    OK(cw_store_heads_set(f->store, f->l2, &heads, NOW, &f->error));
    OK(cw_store_commit(f->store, &f->error));
    ack(s, "seen");
}

static void move_to(struct scenario *s, enum cw_stage stage, enum cw_condition condition,
                    const char *reason) {
    move(s->f, (struct cw_store_transition){.message = s->message,
                                            .stage = stage,
                                            .condition = condition,
                                            .reason = reason,
                                            .evidence = {s->bytes, sizeof s->bytes}});
}

static void sign(struct scenario *s, uint32_t nonce) {
    struct fixture *f = s->f;
    s->attempt = (struct cw_store_attempt){.message = s->message,
                                           .chain = f->l1,
                                           .nonce = nonce,
                                           .step = "prove",
                                           .hash = hash_of(nonce, 6),
                                           .gas_limit = 100000,
                                           .raw = {s->bytes, 2000},
                                           .signed_ms = NOW};
    OK(cw_store_begin(f->store, &f->error));
    OK(cw_store_savepoint(f->store, &f->error));
    move_to(s, CW_STAGE_ROOT_VERIFIED, CW_WAITING, "submitted");
    OK(cw_store_attempt_add(f->store, &s->attempt, &s->attempt.row, &f->error));
    OK(cw_store_release(f->store, &f->error));
    OK(cw_store_commit(f->store, &f->error));
    ack(s, "signed");
}

static void update(struct scenario *s, enum cw_attempt_state state, const char *what) {
    struct fixture *f = s->f;
    s->attempt.state = state;
    s->attempt.sent_ms = NOW + 1;
    if (state == CW_ATTEMPT_INCLUDED) {
        s->attempt.success = true;
        s->attempt.block = (struct cw_block_ref){{55}, hash_of(55, 3), 1234};
        s->attempt.gas_used = 90000;
        s->attempt.included_ms = NOW + 2;
    }
    OK(cw_store_attempt_update(f->store, &s->attempt, &f->error));
    ack(s, what);
}

static void bid(struct scenario *s, uint32_t nonce) {
    struct fixture *f = s->f;
    const struct cw_store_bid dearer = {.hash = hash_of(nonce, 7),
                                        .raw = {s->bytes, 2001},
                                        .gas_limit = 110000,
                                        .signed_ms = NOW + 3,
                                        .why = "others pay more"};
    OK(cw_store_attempt_bid(f->store, s->attempt.row, &dearer, &f->error));
    s->attempt.hash = dearer.hash;
    ack(s, "bid");
}

static void reorganize(struct scenario *s) {
    struct fixture *f = s->f;
    const struct cw_block_number above = {54};
    size_t n;
    OK(cw_store_begin(f->store, &f->error));
    OK(cw_store_attempts_reorg(f->store, f->l1, above, NOW, &n, &f->error));
    assert_true(n > 0);
    OK(cw_store_messages_reopen(f->store, f->l1, above, false, NOW, &n, &f->error));
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){99}, NOW, &n, &f->error));
    OK(cw_store_headers_cut(f->store, f->l2, (struct cw_block_number){99},
                            (struct cw_block_number){0}, &f->error));
    OK(cw_store_unread_cut(f->store, f->l2, (struct cw_block_number){60}, true, &f->error));
    OK(cw_store_commit(f->store, &f->error));
    ack(s, "reorganized");
}

static void read_the_past(struct scenario *s, uint64_t i) {
    struct fixture *f = s->f;
    const struct cw_interval blocks = {.from = 100 * i, .to = 100 * i + 50};
    const struct cw_hash32 below = hash_of((uint32_t)i, 9);
    const struct cw_store_early early = {.route = f->route,
                                         .chain = f->l1,
                                         .side = CW_SETTLEMENT,
                                         .ref = hash_of((uint32_t)i, 1),
                                         .kind = CW_EVENT_STEP_DONE,
                                         .block = {{i}, hash_of((uint32_t)i, 3), i},
                                         .note = "proven"};
    OK(cw_store_unread_add(f->store, f->l2, &blocks, &f->error));
    ack(s, "to be read");
    OK(cw_store_unread_remove(f->store, f->l2, (struct cw_block_number){100 * i + 20},
                              (struct cw_block_number){100 * i + 30}, &below, &f->error));
    ack(s, "read");
    OK(cw_store_early_put(f->store, &early, &f->error));
    ack(s, "early");
}

static void incident(struct scenario *s, bool over) {
    struct fixture *f = s->f;
    const struct cw_store_incident one = {.kind = CW_INCIDENT_MESSAGES_MISSING,
                                          .subject = "op",
                                          .chain = "l2",
                                          .route = "op",
                                          .text = "3 messages"};
    bool changed;
    OK(cw_store_incident_open(f->store, &one, NOW, &changed, &f->error));
    ack(s, "incident");
    if (over) {
        OK(cw_store_incident_resolve(f->store, one.kind, "op", "they came", NOW, &changed,
                                     &f->error));
        ack(s, "incident over");
    }
}

/* A tick that is dropped. */
static void drop(struct scenario *s) {
    struct fixture *f = s->f;
    OK(cw_store_begin(f->store, &f->error));
    move_to(s, CW_STAGE_PROVEN, CW_HELD, "dropped");
    cw_store_rollback(f->store);
}

/* Until SQLite writes the log back into the database, and begins it anew. */
static void crowd(struct scenario *s) {
    static uint8_t large[400000];
    for (uint32_t i = 0; i < 12; i++) {
        memset(large, (int)i + 1, sizeof large);
        move(s->f, (struct cw_store_transition){.message = s->message,
                                                .stage = CW_STAGE_PROVEN,
                                                .condition = CW_WAITING,
                                                .evidence = {large, sizeof large}});
        ack(s, "crowded");
    }
}

static void live(struct scenario *s) {
    struct fixture *f = s->f;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        memset(s->bytes, (int)i + 1, sizeof s->bytes);
        see(s, i);
        read_the_past(s, i);
        sign(s, i);
        update(s, CW_ATTEMPT_SENT, "sent");
        if (i % 2 == 0)
            bid(s, i);
        update(s, CW_ATTEMPT_INCLUDED, "included");
        move_to(s, CW_STAGE_PROVEN, CW_WAITING, "challenge_period");
        ack(s, "moved");
        drop(s);
        if (i % 3 == 0)
            reorganize(s);
        if (i == 6)
            crowd(s);
        update(s, CW_ATTEMPT_FINAL, "final");
        move_to(s, CW_STAGE_EXECUTED_FINAL, CW_DONE, "");
        ack(s, "done");
        incident(s, i % 2 == 0);
        if (i == 2 || i == 10)
            reopen(f);
    }
}

/* --- what is there afterwards ----------------------------------------------------------------- */

static uint64_t mixed(uint64_t hash, const void *p, size_t n) {
    const uint8_t *bytes = p;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return (hash ^ n) * 0x100000001b3u;
}

static sqlite3_stmt *query(sqlite3 *db, const char *text) {
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    return stmt;
}

/* Of all rows of all tables. */
static uint64_t content(sqlite3 *db) {
    uint64_t hash = 0xcbf29ce484222325u;
    sqlite3_stmt *tables = query(db, "SELECT name FROM sqlite_master WHERE type = 'table'"
                                     " ORDER BY name");
    while (sqlite3_step(tables) == SQLITE_ROW) {
        char text[160];
        snprintf(text, sizeof text, "SELECT * FROM \"%s\"",
                 (const char *)sqlite3_column_text(tables, 0));
        hash = mixed(hash, text, strlen(text));
        sqlite3_stmt *rows = query(db, text);
        while (sqlite3_step(rows) == SQLITE_ROW)
            for (int i = 0; i < sqlite3_column_count(rows); i++) {
                const void *p = sqlite3_column_blob(rows, i);
                hash = mixed(hash, p, (size_t)sqlite3_column_bytes(rows, i));
            }
        sqlite3_finalize(rows);
    }
    sqlite3_finalize(tables);
    return hash;
}

/* The store as the program finds it; "" when it is whole, and its content. */
static const char *look(struct fixture *f, uint64_t *ret) {
    static char text[600];
    struct cw_store *store = NULL;
    if (cw_store_open(&store, f->path, CW_STORE_WRITE, NOW, &f->error) != CW_OK) {
        snprintf(text, sizeof text, "it does not open: %s", f->error.text);
        return text;
    }
    cw_store_close(store);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    sqlite3_stmt *check = query(db, "PRAGMA integrity_check");
    assert_int_equal(sqlite3_step(check), SQLITE_ROW);
    snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(check, 0));
    sqlite3_finalize(check);
    check = query(db, "PRAGMA foreign_key_check");
    if (sqlite3_step(check) == SQLITE_ROW)
        snprintf(text, sizeof text, "a row's parent is missing");
    sqlite3_finalize(check);
    *ret = content(db);
    sqlite3_close(db);
    return strcmp(text, "ok") == 0 ? "" : text;
}

static const char *after(struct scenario *s, size_t op, enum power_loss loss, uint64_t seed,
                         uint64_t *ret) {
    power_vfs_clear();
    power_disk_after(s->disk, op, loss, seed, power_vfs_put, NULL);
    return look(s->f, ret);
}

/* What is there may be what was answered for last, or what was being committed. */
static void check_after(struct scenario *s, size_t op, enum power_loss loss, uint64_t seed) {
    size_t next = 0;
    while (next < s->n && s->acks[next].op <= op)
        next++;
    uint64_t got = 0;
    const char *wrong = after(s, op, loss, seed, &got);
    bool last = next == 0 || got == s->acks[next - 1].content;
    if (*wrong == '\0' && !last && (next == s->n || got != s->acks[next].content))
        wrong = "neither what was committed is there nor what was being committed";
    if (*wrong != '\0')
        fail_msg("power lost before operation %zu (%s, seed %llu), after \"%s\": %s", op,
                 loss == POWER_DROPPED ? "unsynced dropped" : "torn", (unsigned long long)seed,
                 next == 0 ? "" : s->acks[next - 1].what, wrong);
}

/* What was answered for shows behind what is no write, what may be torn before it. */
static bool is_write(const struct scenario *s, size_t op) {
    return op < power_disk_ops(s->disk) && power_disk_op(s->disk, op) == POWER_WRITE;
}

static void power__lost_at_any_operation__whole_and_with_all_that_was_committed(void **state) {
    (void)state;
    static struct scenario s;
    void *fixture = NULL;
    s.disk = power_disk_new();
    power_vfs_record(s.disk);
    assert_int_equal(store_fixture_set_up(&fixture), 0);
    s.f = fixture;
    ack(&s, "opened");
    live(&s);
    cw_store_close(s.f->store);
    s.f->store = NULL;
    power_vfs_record(NULL);
    for (size_t i = 0; i < s.n; i++) {
        assert_string_equal(after(&s, s.acks[i].op, POWER_KILLED, 0, &s.acks[i].content), "");
        if (i > 0 && s.acks[i].content == s.acks[i - 1].content)
            fail_msg("\"%s\" changed nothing", s.acks[i].what);
    }
    size_t checks = 0;
    for (size_t op = 0; op <= power_disk_ops(s.disk); op++) {
        unsigned long torn = many > 0 ? many : !is_write(&s, op) || op % 23 == 0;
        if (many > 0 || op == 0 || !is_write(&s, op - 1))
            check_after(&s, op, POWER_DROPPED, 0);
        for (unsigned long seed = 0; seed < torn; seed++)
            check_after(&s, op, POWER_TORN, op + 1000003 * seed);
        checks += torn;
    }
    print_message("# %zu operations, %zu commits, %zu times torn\n", power_disk_ops(s.disk), s.n,
                  checks);
    power_vfs_clear();
    power_disk_free(s.disk);
    store_fixture_tear_down(&fixture);
}

int main(int argc, char **argv) {
    many = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    temp_in_memory();
    power_vfs_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power__lost_at_any_operation__whole_and_with_all_that_was_committed),
    };
    return cmocka_run_group_tests_name("store, power", tests, NULL, NULL);
}
