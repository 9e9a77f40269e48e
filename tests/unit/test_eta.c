/* When a message will be delivered: numbers worked out by hand, without a database. */
#include "cli/eta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S  UINT64_C(1700000000)
#define NOW_MS (NOW_S * 1000)

struct world {
    struct cw_store_route_row route;
    struct cw_cli_view view;
    struct cw_store_ledger ledger;
    struct cw_store_ledger *ledgers[1];
    struct cw_etas etas;
    struct cw_store_message m;
    struct cw_eta eta;
};

static struct cw_store_stage_time took(uint64_t n, uint64_t half_s, uint64_t most_s) {
    return (struct cw_store_stage_time){
        .n = n, .p50_ms = half_s * 1000, .p95_ms = most_s * 1000, .p99_ms = most_s * 1000};
}

/* Twenty were delivered; three of them were seen as root-committed. */
static void make(struct world *w) {
    memset(w, 0, sizeof *w);
    w->route.row = 7;
    w->view.routes = &w->route;
    w->view.routes_n = 1;
    w->ledger.stages[0] = took(20, 606000, 610000);
    w->ledger.stages[CW_STAGE_SOURCE_FINAL] = took(20, 1800, 3600);
    w->ledger.stages[CW_STAGE_ROOT_COMMITTED] = took(3, 500, 900);
    w->ledger.stages[CW_STAGE_ROOT_VERIFIED] = took(20, 20, 60);
    w->ledger.stages[CW_STAGE_PROVEN] = took(20, 600, 900);
    w->ledger.stages[CW_STAGE_CHALLENGE_OVER] = took(20, 12, 40);
    w->ledger.stages[CW_STAGE_EXECUTED] = took(20, 768, 800);
    w->ledgers[0] = &w->ledger;
    w->etas = (struct cw_etas){&w->view, NOW_MS, true, w->ledgers};
    w->m.route = 7;
    w->m.condition = CW_WAITING;
    w->m.wake = CW_WAKE_DATE;
    snprintf(w->m.reason, sizeof w->m.reason, "proof_maturing");
}

static void at(struct world *w, enum cw_stage stage, uint64_t since_s) {
    w->m.m.stage = stage;
    w->m.stage_ms = NOW_MS - since_s * 1000;
}

static bool estimate(struct world *w) {
    struct cw_error error;
    bool any = false;
    memset(&w->eta, 0, sizeof w->eta);
    assert_int_equal(cw_eta_of(&w->etas, &w->m, &any, &w->eta, &error), CW_OK);
    return any;
}

static void assert_times(struct world *w, uint64_t from_s, uint64_t likely_s, uint64_t until_s) {
    assert_true(estimate(w));
    assert_int_equal(w->eta.from_s, from_s);
    assert_int_equal(w->eta.likely_s, likely_s);
    assert_int_equal(w->eta.until_s, until_s);
}

static void assert_reason(const struct world *w, const char *part) {
    if (strstr(w->eta.reason, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, w->eta.reason);
}

/* The date that it waits for is sooner than what the contracts ask for altogether. */
static void eta__proven__the_periods_then_what_was_measured(void **state) {
    struct world w;
    (void)state;
    make(&w);
    at(&w, CW_STAGE_PROVEN, 100);
    w.m.due_chain_s = NOW_S + 3600;
    w.m.earliest_s = NOW_S + 7200;
    assert_times(&w, NOW_S + 7200, NOW_S + 7200 + 12, NOW_S + 7200 + 40);
    assert_int_equal(w.eta.of, CW_STAGE_EXECUTED);
    assert_reason(&w, "not before 2023-11-15 00:13:20 UTC");
    assert_reason(&w, "waits for 2023-11-14 23:13:20 UTC (proof_maturing)");
    assert_reason(&w, "challenge-over took 12 s (40 s) in half (in 95 of 100)");
    w.m.earliest_s = NOW_S - 5; /* over */
    assert_times(&w, NOW_S, NOW_S + 3600 + 12, NOW_S + 3600 + 40);
    w.m.due_chain_s = 0;
    assert_times(&w, NOW_S, NOW_S + 500 + 12, NOW_S + 800 + 40);
}

static void eta__source_final__usual_stages_are_added_up(void **state) {
    struct world w;
    (void)state;
    make(&w);
    at(&w, CW_STAGE_SOURCE_FINAL, 600);
    w.m.wake = CW_WAKE_ROOT;
    /* 1800 - 600 left, then 20, 600, 12; in 95 of 100 3600 - 600, 60, 900, 40 */
    assert_times(&w, NOW_S, NOW_S + 1832, NOW_S + 4000);
    assert_null(strstr(w.eta.reason, "root-committed"));
    w.m.earliest_s = NOW_S + 3000; /* before the last of these */
    assert_times(&w, NOW_S + 3000, NOW_S + 3012, NOW_S + 4000);
    w.ledger.stages[CW_STAGE_ROOT_COMMITTED].n = 10;
    assert_times(&w, NOW_S + 3000, NOW_S + 3012, NOW_S + 4900);
}

static void eta__longer_than_most__no_end_is_given(void **state) {
    struct world w;
    (void)state;
    make(&w);
    at(&w, CW_STAGE_SOURCE_FINAL, 4051);
    assert_times(&w, NOW_S, NOW_S + 632, NOW_S + 1000);
    at(&w, CW_STAGE_SOURCE_FINAL, 4052); /* an eighth and a second above 3600 */
    assert_times(&w, NOW_S, 0, 0);
    assert_reason(&w, "longer than 95 of 100 were");
    w.m.due_chain_s = NOW_S + 9; /* a date is an end */
    assert_times(&w, NOW_S, NOW_S + 9 + 632, NOW_S + 9 + 1000);
}

static void eta__nothing_measured__only_what_the_contracts_say(void **state) {
    struct world w;
    (void)state;
    make(&w);
    memset(&w.ledger, 0, sizeof w.ledger);
    at(&w, CW_STAGE_ROOT_VERIFIED, 1);
    w.m.earliest_s = NOW_S + 604801;
    assert_times(&w, NOW_S + 604801, 0, 0);
    assert_reason(&w, "nothing was measured on this route yet");
}

/* Somebody has to resolve, unpause, …; a deposit that is not derived yet is another thing. */
static void eta__asked_for_now_and_then__open_once_a_root_is_verified(void **state) {
    struct world w;
    (void)state;
    make(&w);
    at(&w, CW_STAGE_PROVEN, 5);
    w.m.wake = CW_WAKE_POLL;
    snprintf(w.m.reason, sizeof w.m.reason, "game_unresolved");
    assert_times(&w, NOW_S, 0, 0);
    assert_reason(&w, "how long it waits (game_unresolved) is not known");
    at(&w, CW_STAGE_SOURCE_FINAL, 600);
    assert_times(&w, NOW_S, NOW_S + 1832, NOW_S + 4000);
}

static void assert_open(struct world *w, const char *part) {
    char text[1400];
    assert_times(w, 0, 0, 0);
    assert_reason(w, part);
    cw_eta_text(text, sizeof text, &w->eta, NOW_MS);
    assert_memory_equal(text, "not known: ", 11);
    make(w);
    at(w, CW_STAGE_PROVEN, 5);
}

static void eta__somebody_must_do_something__not_known_and_why(void **state) {
    struct world w;
    (void)state;
    make(&w);
    at(&w, CW_STAGE_PROVEN, 5);
    w.m.condition = CW_DEAD;
    assert_open(&w, "never be delivered (proof_maturing)");
    w.m.orphaned = true;
    assert_open(&w, "was replaced");
    w.m.condition = CW_HELD;
    assert_open(&w, "until an operator lets it go");
    snprintf(w.route.hold_reason, sizeof w.route.hold_reason, "upgraded");
    assert_open(&w, "its route is held: upgraded");
    w.etas.running = false;
    assert_open(&w, "the relayer does not run");
    w.m.failures = 3;
    assert_open(&w, "3 looks in a row failed");
    snprintf(w.m.reason, sizeof w.m.reason, "too_dear");
    assert_open(&w, "fees that the policy allows");
    w.m.failures = 2;
    assert_true(estimate(&w));
    assert_true(w.eta.likely_s > NOW_S);
}

static void eta__executed__when_it_is_final(void **state) {
    struct world w;
    char text[1400];
    (void)state;
    make(&w);
    at(&w, CW_STAGE_EXECUTED, 68);
    w.m.earliest_s = NOW_S + 7200; /* of the delivery, which is done */
    assert_times(&w, NOW_S, NOW_S + 700, NOW_S + 732);
    assert_int_equal(w.eta.of, CW_STAGE_EXECUTED_FINAL);
    cw_eta_text(text, sizeof text, &w.eta, NOW_MS);
    assert_memory_equal(text, "executed-final probably 2023-11-14 22:25:00 UTC, in 11 min", 58);
    at(&w, CW_STAGE_EXECUTED_FINAL, 1);
    assert_false(estimate(&w));
    at(&w, CW_STAGE_PROVEN, 1);
    w.m.condition = CW_DONE;
    assert_false(estimate(&w));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eta__proven__the_periods_then_what_was_measured),
        cmocka_unit_test(eta__source_final__usual_stages_are_added_up),
        cmocka_unit_test(eta__longer_than_most__no_end_is_given),
        cmocka_unit_test(eta__nothing_measured__only_what_the_contracts_say),
        cmocka_unit_test(eta__asked_for_now_and_then__open_once_a_root_is_verified),
        cmocka_unit_test(eta__somebody_must_do_something__not_known_and_why),
        cmocka_unit_test(eta__executed__when_it_is_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
