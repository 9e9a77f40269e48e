/* A store that an older version left behind, opened by this one: schema_2.sql has rows in every
 * table, as that version wrote them. */
#include "store_fixture.h"

#include <sqlite3.h>
#include <unistd.h>

#define SCHEMA_2 "tests/unit/schema_2.sql"

static sqlite3 *open_raw(const char *path) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void run_file(const char *path, const char *file) {
    FILE *in = fopen(file, "r");
    char sql[65536];
    char *message = NULL;
    assert_non_null(in);
    size_t n = fread(sql, 1, sizeof sql - 1, in);
    assert_true(feof(in));
    sql[n] = '\0';
    assert_int_equal(fclose(in), 0);
    sqlite3 *db = open_raw(path);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* f->path is the store to be opened, old.db a copy that stays as it was. */
static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    char old[512];
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.db", f->path, sizeof f->path);
    temp_path(&f->temp, "old.db", old, sizeof old);
    cw_arena_init(&f->arena, 64u << 20);
    run_file(f->path, SCHEMA_2);
    run_file(old, SCHEMA_2);
    f->l1 = 1;
    f->l2 = 2;
    f->route = 1;
    *state = f;
    return 0;
}

static void upgrade(struct fixture *f) {
    OK(cw_store_open(&f->store, f->path, CW_STORE_WRITE, NOW + 1000, &f->error));
}

/* --- every value ------------------------------------------------------------------------------ */

static int64_t number(sqlite3 *db, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The one number that the query gives. */
static int64_t number(sqlite3 *db, const char *format, ...) {
    char sql[4096];
    sqlite3_stmt *stmt = NULL;
    va_list args;
    va_start(args, format);
    assert_true(vsnprintf(sql, sizeof sql, format, args) < (int)sizeof sql);
    va_end(args);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return value;
}

/* Rows of the first query that the second does not give. */
static int64_t lost(sqlite3 *db, const char *before, const char *after) {
    return number(db, "SELECT count(*) FROM (%s EXCEPT %s)", before, after);
}

static void columns_of(sqlite3 *db, const char *table, char out[1024]) {
    sqlite3_stmt *stmt = NULL;
    char sql[256];
    size_t n = 0;
    snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s', 'old')", table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        n += (size_t)snprintf(out + n, 1024 - n, "%s\"%s\"", n > 0 ? ", " : "",
                              (const char *)sqlite3_column_text(stmt, 0));
        assert_true(n < 1024);
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_true(n > 0);
}

static void assert_table_kept(sqlite3 *db, const char *table) {
    char columns[1024], before[1200], after[1200];
    int64_t rows = number(db, "SELECT count(*) FROM old.%s", table);
    columns_of(db, table, columns);
    snprintf(before, sizeof before, "SELECT %s FROM old.%s", columns, table);
    snprintf(after, sizeof after, "SELECT %s FROM main.%s", columns, table);
    if (rows == 0 || lost(db, before, after) != 0)
        fail_msg("%s: %lld rows, %lld of them changed", table, (long long)rows,
                 (long long)lost(db, before, after));
    int64_t more = number(db, "SELECT count(*) FROM main.%s", table) - rows;
    assert_int_equal(more, strcmp(table, "migration") == 0 ? cw_store_schema() - 2 : 0);
}

/* The signed bytes moved into a table of their own: one bid an attempt. */
static void assert_bytes_kept(sqlite3 *db) {
    static const char before[] = "SELECT attempt, hash, gas_limit, max_fee, max_tip, raw, signed_ms"
                                 " FROM old.attempt_bytes JOIN old.attempt ON row = attempt";
    static const char after[] = "SELECT attempt, hash, gas_limit, max_fee, max_tip, raw, signed_ms"
                                " FROM main.bid WHERE cancels = 0 AND why = ''";
    assert_int_equal(lost(db, before, after), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM main.bid"), 7);
}

static void open__older_schema__every_value_is_kept(void **state) {
    struct fixture *f = *state;
    char attach[600];
    sqlite3_stmt *tables = NULL;
    upgrade(f);
    cw_store_close(f->store);
    f->store = NULL;
    sqlite3 *db = open_raw(f->path);
    snprintf(attach, sizeof attach, "ATTACH '%s/old.db' AS old", f->temp.dir);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM old.sqlite_schema WHERE type = 'table'"
                                        " AND name NOT LIKE 'sqlite_%'",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    unsigned n = 0;
    for (; sqlite3_step(tables) == SQLITE_ROW; n++) {
        const char *table = (const char *)sqlite3_column_text(tables, 0);
        if (strcmp(table, "attempt_bytes") != 0 && strcmp(table, "meta") != 0)
            assert_table_kept(db, table);
    }
    assert_int_equal(n, 14);
    assert_int_equal(sqlite3_finalize(tables), SQLITE_OK);
    assert_bytes_kept(db);
    assert_int_equal(number(db, "SELECT seq FROM main.sqlite_sequence WHERE name = 'command'"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_integrity_check"
                                " WHERE integrity_check <> 'ok'"),
                     0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void open__older_schema__same_as_a_new_one(void **state) {
    struct fixture *f = *state;
    char fresh[512], attach[600];
    static const char ours[] = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema";
    static const char theirs[] = "SELECT type, name, tbl_name, sql FROM fresh.sqlite_schema";
    struct cw_store *store = NULL;
    upgrade(f);
    OK(cw_store_open(&store, temp_path(&f->temp, "new/causeway.db", fresh, sizeof fresh),
                     CW_STORE_WRITE, NOW, &f->error));
    cw_store_close(store);
    sqlite3 *db = open_raw(f->path);
    snprintf(attach, sizeof attach, "ATTACH '%s' AS fresh", fresh);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    assert_true(number(db, "SELECT count(*) FROM main.sqlite_schema") > 40);
    assert_int_equal(lost(db, ours, theirs), 0);
    assert_int_equal(lost(db, theirs, ours), 0);
    assert_int_equal(number(db, "PRAGMA main.user_version"), cw_store_schema());
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void open__older_schema_to_read__refused_and_untouched(void **state) {
    struct fixture *f = *state;
    assert_int_equal(cw_store_open(&f->store, f->path, CW_STORE_READ, NOW, &f->error),
                     CW_ERR_SCHEMA);
    assert_null(f->store);
    assert_non_null(strstr(f->error.text, "schema 2 is older than this program's"));
    sqlite3 *db = open_raw(f->path);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* All of it or nothing, and what was there is as it was. */
static void open__upgrade_fails_late__untouched_and_tried_again(void **state) {
    struct fixture *f = *state;
    sqlite3 *db = open_raw(f->path);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE early(x)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(cw_store_open(&f->store, f->path, CW_STORE_WRITE, NOW, &f->error), CW_ERR_IO);
    assert_null(f->store);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM attempt_bytes"), 7);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'bid'"), 0);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE early", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    upgrade(f);
    assert_int_equal(count_of(f, CW_STAGE_PROVEN, CW_WAITING), 1);
}

/* --- what this version makes of it ------------------------------------------------------------ */

static void messages__of_an_older_schema__read_and_go_on(void **state) {
    struct fixture *f = *state;
    upgrade(f);
    struct cw_store_message done = get(f, 1), waiting = get(f, 2), held = get(f, 4),
                            dead = get(f, 5), orphan = get(f, 6);
    assert_int_equal(done.condition, CW_DONE);
    assert_int_equal(done.m.stage, CW_STAGE_EXECUTED_FINAL);
    assert_int_equal(done.m.summary.gas_limit, UINT64_MAX);
    assert_int_equal(done.evidence_size, 10);
    assert_int_equal(waiting.condition, CW_WAITING);
    assert_string_equal(waiting.reason, "root");
    assert_true(cw_slice_equal(waiting.m.progress, CW_LITERAL("p2")));
    assert_int_equal(waiting.failures, 2);
    assert_int_equal(held.condition, CW_HELD);
    assert_string_equal(held.detail, "looked into");
    assert_int_equal(dead.condition, CW_DEAD);
    assert_true(orphan.orphaned);
    /* it may have been one operator's word, and rests on no block that could go */
    assert_int_equal(waiting.assurance, CW_ASSURANCE_SINGLE);
    assert_int_equal(dead.rests_on, 0);
    assert_int_equal(count_of(f, CW_STAGE_ROOT_VERIFIED, CW_HELD), 1);
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, 1, &lines), 3);
    assert_true(lines[1].has_block && lines[1].has_tx);
    struct cw_store_message *unnumbered = NULL;
    size_t n = 0;
    OK(cw_store_unnumbered(f->store, f->route, 10, &f->arena, &unnumbered, &n, &f->error));
    assert_int_equal(n, 5);
    OK(cw_store_message_number(f->store, unnumbered[0].row, true, 7, &f->error));
    (void)put(f, 9);
}

static void attempts__of_an_older_schema__read_and_go_on(void **state) {
    struct fixture *f = *state;
    struct cw_store_attempt *open = NULL;
    struct cw_store_bid *bids = NULL;
    struct cw_addr20 signer;
    size_t n = 0;
    uint64_t nonce = 0;
    bool found = false;
    int64_t row = 0;
    memset(signer.b, 0x33, 20);
    upgrade(f);
    OK(cw_store_attempts_open(f->store, f->l1, &signer, &f->arena, &open, &n, &f->error));
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        char raw[16];
        snprintf(raw, sizeof raw, "raw bytes %zu", i + 3);
        assert_int_equal(open[i].nonce, i + 3);
        assert_true(cw_slice_equal(open[i].raw, cw_slice_of(raw, strlen(raw))));
        assert_int_equal(open[i].bids, 1);
        assert_false(open[i].cancelled || open[i].reorged);
    }
    assert_int_equal(open[0].state, CW_ATTEMPT_INCLUDED);
    assert_int_equal(open[0].block.number.v, 504);
    assert_int_equal(open[1].state, CW_ATTEMPT_SENT);
    assert_int_equal(open[2].state, CW_ATTEMPT_SIGNED);
    OK(cw_store_lane_nonce(f->store, f->l1, &signer, &found, &nonce, &f->error));
    assert_true(found);
    assert_int_equal(nonce, 7);
    /* a dearer one of the same nonce */
    struct cw_store_bid dearer = {
        .raw = CW_LITERAL("dearer"), .gas_limit = 100004, .signed_ms = NOW + 2000};
    dearer.hash.b[0] = 0xdd;
    OK(cw_store_attempt_bid(f->store, open[1].row, &dearer, &f->error));
    OK(cw_store_bids(f->store, open[1].row, &f->arena, &bids, &n, &f->error));
    assert_int_equal(n, 2);
    assert_true(cw_slice_equal(bids[0].raw, CW_LITERAL("raw bytes 4")));
    /* the step is open still, and the nonce taken */
    struct cw_store_attempt twice = open[2];
    twice.hash.b[0] = 0xee;
    twice.nonce = 7;
    assert_int_equal(cw_store_attempt_add(f->store, &twice, &row, &f->error), CW_ERR_BUSY);
    twice.message = 5;
    twice.nonce = 6;
    assert_int_equal(cw_store_attempt_add(f->store, &twice, &row, &f->error), CW_ERR_BUSY);
    twice.nonce = 7;
    OK(cw_store_attempt_add(f->store, &twice, &row, &f->error));
}

static void rest__of_an_older_schema__read(void **state) {
    struct fixture *f = *state;
    struct cw_store_command *commands = NULL;
    struct cw_store_finding *findings = NULL;
    struct cw_store_chain_row *chains = NULL;
    struct cw_store_header *headers = NULL;
    struct cw_store_route_row route;
    size_t n = 0;
    upgrade(f);
    OK(cw_store_commands_open(f->store, &f->arena, &commands, &n, &f->error));
    assert_int_equal(n, 2);
    assert_string_equal(commands[1].verb, "release");
    OK(cw_store_findings(f->store, 10, &f->arena, &findings, &n, &f->error));
    assert_int_equal(n, 2);
    assert_string_equal(findings[1].endpoint, "liar");
    assert_int_equal(findings[1].count, 2);
    assert_string_equal(findings[1].evidence, "");
    OK(cw_store_chains(f->store, &f->arena, &chains, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(chains[1].cursor, 107);
    assert_int_equal(chains[1].final_, 105);
    assert_string_equal(chains[1].trouble, "nobody answers");
    assert_int_equal(chains[1].backfill_left, 0);
    OK(cw_store_headers_load(f->store, f->l2, 10, &f->arena, &headers, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(headers[1].ref.number.v, 107);
    OK(cw_store_route_get(f->store, "held", &route, &f->error));
    assert_string_equal(route.hold_detail, "new code");
}

#define UPGRADE(name) cmocka_unit_test_setup_teardown(name, set_up, store_fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        UPGRADE(open__older_schema__every_value_is_kept),
        UPGRADE(open__older_schema__same_as_a_new_one),
        UPGRADE(open__older_schema_to_read__refused_and_untouched),
        UPGRADE(open__upgrade_fails_late__untouched_and_tried_again),
        UPGRADE(messages__of_an_older_schema__read_and_go_on),
        UPGRADE(attempts__of_an_older_schema__read_and_go_on),
        UPGRADE(rest__of_an_older_schema__read),
    };
    return cmocka_run_group_tests_name("store_upgrade", tests, NULL, NULL);
}
