/* What an audit reports of a store: what arose in its range, every verdict counted. */
#include "cli/audit_report.h"

#include "command.h"
#include "store_fixture.h"

static void put_verdict(struct fixture *f, uint32_t n, const char *invariant, enum cw_side side,
                        uint64_t block, enum cw_verdict_state state) {
    struct cw_store_subject s = {.route = f->route};
    bool is_new = false;
    snprintf(s.invariant, sizeof s.invariant, "%s", invariant);
    snprintf(s.s.about, sizeof s.s.about, "number %u |x|", n);
    s.s.key = hash_of(n, 1);
    s.s.side = side;
    s.s.block = (struct cw_block_ref){{block}, hash_of(n, 2), 5000 - block};
    OK(cw_store_subject_put(f->store, &s, NOW, &is_new, &f->error));
    assert_true(is_new);
    const struct cw_store_judgement j = {.row = n,
                                         .state = state,
                                         .stake = CW_STAKE_ROUTE,
                                         .reason = state == CW_VERDICT_OK ? "" : "why",
                                         .sentence = "so it is",
                                         .values = {"", ""}};
    if (state != 0)
        OK(cw_store_subject_judged(f->store, &j, NOW, &f->error));
}

static void fill(struct fixture *f) {
    put_verdict(f, 1, "root", CW_SETTLEMENT, 100, CW_VERDICT_OK);
    put_verdict(f, 2, "root", CW_SETTLEMENT, 99, CW_VERDICT_VIOLATED); /* before it */
    put_verdict(f, 3, "root", CW_SETTLEMENT, 200, CW_VERDICT_OK);
    put_verdict(f, 4, "root", CW_SETTLEMENT, 201, CW_VERDICT_VIOLATED); /* behind it */
    put_verdict(f, 5, "proven", CW_SETTLEMENT, 150, CW_VERDICT_UNVERIFIED);
    put_verdict(f, 6, "proven", CW_SETTLEMENT, 160, 0);
    put_verdict(f, 7, "proven", CW_EXECUTION, 160, CW_VERDICT_VIOLATED); /* not read */
}

static struct cw_audit_report *read_report(struct fixture *f, struct cw_cli_view *view) {
    static struct cw_audit_report report;
    report = (struct cw_audit_report){
        .route = "op", .ranges = {{100, 200}, {0, 0}}, .complete = true};
    *view = (struct cw_cli_view){.store = f->store};
    cw_arena_init(&view->arena, 64u << 20);
    OK(cw_store_routes(f->store, &view->arena, &view->routes, &view->routes_n, &f->error));
    OK(cw_store_chains(f->store, &view->arena, &view->chains, &view->chains_n, &f->error));
    OK(cw_audit_read(&report, view, &f->error));
    return &report;
}

static void report__of_a_range__every_verdict_counted(void **state) {
    struct fixture *f = *state;
    struct cw_cli_view view;
    fill(f);
    const struct cw_audit_report *r = read_report(f, &view);
    assert_int_equal(r->counts_n, 3);
    assert_string_equal(r->counts[0].invariant, "proven");
    assert_string_equal(r->counts[0].reason, "not_judged");
    assert_int_equal(r->counts[0].n, 1);
    assert_string_equal(r->counts[1].reason, "why");
    assert_string_equal(r->counts[2].invariant, "root");
    assert_int_equal(r->counts[2].n, 2);
    assert_int_equal(r->states[CW_VERDICT_OK], 2);
    assert_int_equal(r->states[CW_VERDICT_UNVERIFIED], 2);
    assert_int_equal(r->states[CW_VERDICT_VIOLATED], 0);
    assert_int_equal(r->bad_n, 2);
    assert_int_equal(r->bad[0].s.block.number.v, 160); /* by time */
    cw_arena_done(&view.arena);
}

/* What was changed long ago is ok, and named nevertheless. */
static void report__of_changes__named_though_they_are_ok(void **state) {
    struct fixture *f = *state;
    struct cw_cli_view view;
    put_verdict(f, 1, "change", CW_SETTLEMENT, 120, CW_VERDICT_OK);
    put_verdict(f, 2, "change", CW_SETTLEMENT, 130, CW_VERDICT_VIOLATED);
    put_verdict(f, 3, "change", CW_SETTLEMENT, 99, CW_VERDICT_OK); /* before it */
    const struct cw_audit_report *r = read_report(f, &view);
    assert_int_equal(r->changes_n, 1);
    assert_int_equal(r->changes[0].s.block.number.v, 120);
    assert_int_equal(r->bad_n, 1);
    cw_arena_done(&view.arena);
}

static void report__of_more_than_a_page__all_counted(void **state) {
    struct fixture *f = *state;
    struct cw_cli_view view;
    OK(cw_store_begin(f->store, &f->error));
    for (uint32_t n = 1; n <= 2500; n++)
        put_verdict(f, n, "root", CW_SETTLEMENT, 150, CW_VERDICT_OK);
    OK(cw_store_commit(f->store, &f->error));
    assert_int_equal(read_report(f, &view)->states[CW_VERDICT_OK], 2500);
    cw_arena_done(&view.arena);
}

/* An answer is yes only when all is known. */
static void report__its_code__what_is_worst(void **state) {
    struct fixture *f = *state;
    struct cw_cli_view view;
    put_verdict(f, 1, "root", CW_SETTLEMENT, 100, CW_VERDICT_OK);
    struct cw_audit_report *r = read_report(f, &view);
    assert_int_equal(cw_audit_print(r, &view, CW_AUDIT_MARKDOWN), CW_EXIT_OK);
    r->complete = false;
    assert_int_equal(cw_audit_print(r, &view, CW_AUDIT_TEXT), CW_EXIT_UNKNOWN);
    cw_arena_done(&view.arena);
    put_verdict(f, 2, "root", CW_SETTLEMENT, 101, CW_VERDICT_UNVERIFIED);
    assert_int_equal(cw_audit_print(read_report(f, &view), &view, CW_AUDIT_TEXT), CW_EXIT_UNKNOWN);
    cw_arena_done(&view.arena);
    put_verdict(f, 3, "root", CW_SETTLEMENT, 101, CW_VERDICT_VIOLATED);
    assert_int_equal(cw_audit_print(read_report(f, &view), &view, CW_AUDIT_JSON), CW_EXIT_NO);
    cw_arena_done(&view.arena);
}

static void audit__wrong_words__said(void **state) {
    struct fixture *f = *state;
    static struct command command;
    static const char *const cases[][12] = {
        {"audit", "--route", "op", "--from", "1"},
        {"audit", "--route", "op", "--from", "9", "--to", "8"},
        {"audit", "--route", "op", "--from", "-1", "--to", "8"},
        {"audit", "--route", "op", "--from", "1", "--to", "8", "--markdown", "--json"},
        {"audit", "--route", "op", "--from", "1", "--to", "8", "--config", "/nonexistent.json"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++)
        assert_int_equal(command_run(&command, &f->temp, cases[i]), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(report__of_a_range__every_verdict_counted),
        CASE(report__of_changes__named_though_they_are_ok),
        CASE(report__of_more_than_a_page__all_counted),
        CASE(report__its_code__what_is_worst),
        CASE(audit__wrong_words__said),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
