/* What is told of messages that are lost at a deadline, over a real store: the destination's clock
 * is the test's own, and so is what a route is allowed. */
#include "work/internal.h"

#include "fake_clock.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW      1700000000000u
#define DEADLINE 2000000u

static struct {
    bool known;
    struct cw_heads heads;
    unsigned lines;
    char line[1024];
} world;

struct fixture {
    struct temp temp;
    char path[512];
    struct cw_error error;
    struct cw_arena arena;
    struct fake_clock clock;
    struct cw_loop *loop;
    struct cw_config_chain chain_configs[2];
    struct cw_config_route route_config;
    struct chain chains[2];
    struct route route;
    struct cw_relay relay;
    int64_t message;
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, f->error.text);                                              \
    } while (0)

/* --- the world -------------------------------------------------------------------------------- */

/* Of l2, where the messages are delivered; l1's would be refused. */
const struct cw_heads *cw_watch_heads(const struct cw_watch *watch) {
    assert_ptr_equal(watch, &world.known);
    return world.known ? &world.heads : NULL;
}

bool act_allowed(const struct route *route, const struct cw_message *message,
                 char reason[CW_REASON_SIZE], char detail[CW_DETAIL_SIZE]) {
    (void)route;
    (void)message;
    (void)reason;
    (void)detail;
    return true;
}

bool act_source_hash(const struct route *route, struct cw_slice evidence, struct cw_hash32 *ret) {
    (void)route;
    (void)evidence;
    (void)ret;
    return false;
}

uint64_t retry_pause_ms(uint32_t failures, const struct cw_hash32 *id) {
    (void)failures;
    (void)id;
    return 1000;
}

uint64_t retry_wait_ms(const struct route *route, const struct cw_decision *decision) {
    (void)route;
    (void)decision;
    return 60000;
}

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    if (level != CW_LOG_ERROR)
        return;
    world.lines++;
    snprintf(world.line, sizeof world.line, "%s", line);
}

static const uint64_t alerts[] = {3600, 86400, 21600};
static const struct cw_adapter_ops expiring = {
    .name = "expiring", .direction = "down", .source = CW_SETTLEMENT};
static const struct cw_hash32 id = {{0x1d}};

static int set_up(void **state) {
    static const char *const names[2] = {"l1", "l2"}, *const symbols[2] = {"ETH", "L2T"};
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    memset(&world, 0, sizeof world);
    world.known = true;
    cw_log_redirect(on_line, NULL);
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.db", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 64u << 20);
    fake_clock_init(&f->clock);
    OK(cw_loop_new(&f->loop, &f->clock.clock, &f->error));
    f->relay = (struct cw_relay){.loop = f->loop, .routes = &f->route, .routes_n = 1};
    OK(cw_store_open(&f->relay.store, f->path, CW_STORE_WRITE, NOW, &f->error));
    for (size_t i = 0; i < 2; i++) {
        f->chain_configs[i] = (struct cw_config_chain){
            .name = names[i], .symbol = symbols[i], .decimals = 18};
        f->chains[i] = (struct chain){.relay = &f->relay, .config = &f->chain_configs[i]};
        OK(cw_store_chain(f->relay.store, names[i], (struct cw_chain_id){900 + i},
                          &f->chains[i].row, &f->error));
    }
    f->chains[1].watch = (struct cw_watch *)(void *)&world.known;
    f->route_config = (struct cw_config_route){.name = "tickets", .adapter = &expiring};
    f->route_config.policy.deadline_alerts_s = (struct cw_u64s){alerts, CW_COUNT(alerts)};
    f->route = (struct route){.relay = &f->relay,
                              .config = &f->route_config,
                              .subject = "route tickets",
                              .chains = {&f->chains[0], &f->chains[1]}};
    OK(cw_store_route(f->relay.store, "tickets", &expiring, f->chains[0].row, f->chains[1].row,
                      &f->route.row, &f->error));
    struct cw_store_message message = {.route = f->route.row};
    message.m.id = id;
    message.m.source = (struct cw_block_ref){{100}, {{3}}, 1000};
    message.m.summary.value.v = cw_u256_from_u64(1500000000000000000u);
    message.m.payload = CW_LITERAL("payload");
    bool is_new = false;
    OK(cw_store_message_put(f->relay.store, &message, NOW, &f->message, &is_new, &f->error));
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_store_close(f->relay.store);
    cw_loop_free(f->loop);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    cw_log_redirect(NULL, NULL);
    free(f);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static struct cw_store_message stored(struct fixture *f) {
    struct cw_store_message message;
    OK(cw_store_message_get(f->relay.store, f->message, &f->arena, &message, &f->error));
    return message;
}

/* A decision is written. */
static void decide(struct fixture *f, struct cw_decision decision) {
    struct verdict v = {.route = &f->route, .row = f->message, .decision = decision};
    char reason[CW_REASON_SIZE], detail[CW_DETAIL_SIZE];
    struct cw_store_transition t;
    const struct cw_store_message row = stored(f);
    v.decision.stage = CW_STAGE_SEEN;
    v.decision.call.side = CW_EXECUTION;
    verdict_judge(&v, &row, &t, reason, detail);
    OK(cw_store_message_move(f->relay.store, &t, NOW, &f->error));
}

static void wait_until(struct fixture *f, uint64_t deadline_s) {
    decide(f, (struct cw_decision){.verb = CW_WAIT,
                                   .deadline_s = deadline_s,
                                   .reason = "redeem_failed",
                                   .detail = "out of gas"});
}

/* The destination's clock says so. */
static void at(struct fixture *f, uint64_t time_s) {
    world.heads.latest.timestamp_s = time_s;
    deadlines_attend(&f->relay);
}

/* The newest; NULL: none is open. */
static const struct cw_store_incident *incident(struct fixture *f) {
    struct cw_store_incident *list = NULL;
    size_t n = 0;
    OK(cw_store_incidents(f->relay.store, true, 10, &f->arena, &list, &n, &f->error));
    assert_true(n <= 1);
    return n > 0 ? list : NULL;
}

static void assert_told(struct fixture *f, uint64_t times, const char *text) {
    const struct cw_store_incident *in = incident(f);
    assert_non_null(in);
    assert_int_equal(in->kind, CW_INCIDENT_DEADLINE);
    assert_int_equal(in->times, times);
    if (strstr(in->text, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", in->text, text);
}

/* --- alerts ----------------------------------------------------------------------------------- */

static void alert__each_time_that_was_asked_for__told_once(void **state) {
    struct fixture *f = *state;
    char subject[CW_SUBJECT_SIZE];
    wait_until(f, DEADLINE);
    at(f, DEADLINE - 86401);
    assert_null(incident(f));
    at(f, DEADLINE - 86400);
    assert_told(f, 1,
                "lost in 24 h, at 2000000 of l2's clock, with 1.5 ETH; waiting now, "
                "redeem_failed: out of gas");
    cw_store_subject_write(subject, "tickets", &id);
    assert_string_equal(incident(f)->subject, subject);
    assert_string_equal(incident(f)->chain, "l2");
    assert_string_equal(incident(f)->route, "tickets");
    wait_until(f, DEADLINE); /* looked at again */
    at(f, DEADLINE - 21601);
    assert_told(f, 1, "lost in 24 h");
    at(f, DEADLINE - 21600);
    assert_told(f, 2, "lost in 6 h");
    cw_store_close(f->relay.store);
    OK(cw_store_open(&f->relay.store, f->path, CW_STORE_WRITE, NOW, &f->error));
    deadlines_renew(&f->route);
    at(f, DEADLINE - 20000);
    assert_told(f, 3, "lost in 5 h"); /* the first time that it runs with these alerts */
    deadlines_renew(&f->route);
    at(f, DEADLINE - 19999);
    assert_told(f, 3, "lost in 5 h");
    at(f, DEADLINE - 3599);
    assert_told(f, 4, "lost in 59 min");
    at(f, DEADLINE - 1);
    assert_told(f, 4, "lost in 59 min");
    assert_int_equal(world.lines, 4);
    assert_non_null(strstr(world.line, "0x1d00"));
}

/* What nobody does is told at the deadline, and whatever holds it up. */
static void alert__of_what_is_held__told_all_the_same(void **state) {
    struct fixture *f = *state;
    snprintf(f->route.hold_reason, sizeof f->route.hold_reason, "operator");
    decide(f,
           (struct cw_decision){.verb = CW_HOLD, .deadline_s = DEADLINE, .reason = "over_max_gas"});
    at(f, DEADLINE - 3600);
    assert_told(f, 1, "lost in 60 min");
    assert_told(f, 1, "held now, over_max_gas");
    at(f, DEADLINE + 60);
    assert_told(f, 2, "l2's clock passed its deadline of 2000000 60 s ago, and it is held");
    at(f, DEADLINE + 6000);
    assert_told(f, 2, "60 s ago");
}

/* The wall clock is far beyond all deadlines. */
static void alert__before_the_chain_is_known__none(void **state) {
    struct fixture *f = *state;
    wait_until(f, DEADLINE);
    world.known = false;
    at(f, DEADLINE - 100);
    assert_null(incident(f));
    world.known = true;
    at(f, DEADLINE - 100);
    assert_told(f, 1, "lost in 100 s");
}

static void alert__asked_for_earlier__told_then(void **state) {
    struct fixture *f = *state;
    static const uint64_t earlier[] = {604800};
    deadlines_renew(&f->route);
    wait_until(f, DEADLINE);
    at(f, DEADLINE - 604800);
    assert_null(incident(f));
    f->route_config.policy.deadline_alerts_s = (struct cw_u64s){earlier, 1};
    deadlines_renew(&f->route);
    at(f, DEADLINE - 604800);
    assert_told(f, 1, "lost in 7 d");
    f->route_config.policy.deadline_alerts_s = (struct cw_u64s){NULL, 0};
    deadlines_renew(&f->route);
    at(f, DEADLINE - 604700);
    assert_null(incident(f));
    at(f, DEADLINE);
    assert_told(f, 1, "passed its deadline");
}

/* --- how it ends ------------------------------------------------------------------------------ */

static void end__put_off__over_and_told_anew(void **state) {
    struct fixture *f = *state;
    wait_until(f, DEADLINE);
    at(f, DEADLINE - 3600);
    assert_told(f, 1, "lost in 60 min");
    wait_until(f, DEADLINE + 604800);
    at(f, DEADLINE - 3500);
    assert_null(incident(f));
    at(f, DEADLINE + 604800 - 86400);
    assert_told(f, 1, "lost in 24 h, at 2604800");
}

static void end__delivered__over(void **state) {
    struct fixture *f = *state;
    wait_until(f, DEADLINE);
    at(f, DEADLINE - 3600);
    decide(f, (struct cw_decision){.verb = CW_FINISHED, .outcome = CW_OUTCOME_SUCCESS});
    assert_int_equal(stored(f).deadline_s, 0);
    at(f, DEADLINE - 3600);
    assert_null(incident(f));
    at(f, DEADLINE + 1);
    assert_null(incident(f));
}

static void end__given_up_in_time__over(void **state) {
    struct fixture *f = *state;
    wait_until(f, DEADLINE);
    at(f, DEADLINE - 3600);
    decide(f, (struct cw_decision){.verb = CW_GIVE_UP, .reason = "cancelled"});
    at(f, DEADLINE - 3000);
    assert_null(incident(f));
}

static void end__lost__stays_open_and_says_what(void **state) {
    struct fixture *f = *state;
    size_t n = 0;
    wait_until(f, DEADLINE);
    at(f, DEADLINE - 3600);
    world.heads.latest.timestamp_s = DEADLINE + 1;
    decide(f, (struct cw_decision){
                  .verb = CW_GIVE_UP, .reason = "expired", .detail = "nobody redeemed it"});
    at(f, DEADLINE + 1);
    assert_told(f, 2,
                "lost, with 1.5 ETH: not delivered by 2000000 of l2's clock; expired: "
                "nobody redeemed it");
    at(f, DEADLINE + 99999);
    assert_told(f, 2, "lost, with 1.5 ETH");
    /* until a reorganization brings it back */
    OK(cw_store_messages_reopen(f->relay.store, f->chains[1].row, (struct cw_block_number){0}, true,
                                NOW, &n, &f->error));
    assert_int_equal(n, 1);
    at(f, DEADLINE - 90000);
    assert_null(incident(f));
    at(f, DEADLINE - 86400);
    assert_told(f, 1, "lost in 24 h");
}

/* One endpoint's newest block may have any date: once it is gone, what it said is. */
static void alert__by_a_block_that_is_gone__told_anew_in_time(void **state) {
    struct fixture *f = *state;
    static const uint64_t false_s[] = {DEADLINE - 3600, DEADLINE + 1};
    size_t n = 0;
    for (size_t i = 0; i < CW_COUNT(false_s); i++) {
        wait_until(f, DEADLINE);
        at(f, DEADLINE - 90000);
        assert_null(incident(f));
        at(f, false_s[i]);
        assert_told(f, 1, i == 0 ? "lost in 60 min" : "passed its deadline");
        OK(cw_store_messages_reopen(f->relay.store, f->chains[1].row, (struct cw_block_number){400},
                                    false, NOW, &n, &f->error));
        assert_int_equal(n, 0);
        at(f, DEADLINE - 90000);
        assert_null(incident(f));
        at(f, DEADLINE - 21600);
        assert_told(f, 1, "lost in 6 h");
        wait_until(f, DEADLINE + 604800); /* over, for the next round */
        at(f, DEADLINE - 21600);
    }
    OK(cw_store_messages_reopen(f->relay.store, f->chains[0].row, (struct cw_block_number){400},
                                false, NOW, &n, &f->error)); /* not the clock that counts */
}

static void end__block_is_gone__over_until_it_comes_again(void **state) {
    struct fixture *f = *state;
    struct cw_store_message message = {.route = f->route.row};
    size_t n = 0;
    bool is_new = false;
    wait_until(f, DEADLINE);
    at(f, DEADLINE - 3600);
    OK(cw_store_messages_orphan(f->relay.store, f->chains[0].row, (struct cw_block_number){99}, NOW,
                                &n, &f->error));
    assert_int_equal(n, 1);
    at(f, DEADLINE - 3500);
    assert_null(incident(f));
    message.m.id = id;
    message.m.source = (struct cw_block_ref){{101}, {{4}}, 1001};
    message.m.payload = CW_LITERAL("payload");
    OK(cw_store_message_put(f->relay.store, &message, NOW, &f->message, &is_new, &f->error));
    at(f, DEADLINE - 3400);
    assert_told(f, 1, "lost in 56 min");
    /* another message under the same id */
    OK(cw_store_messages_orphan(f->relay.store, f->chains[0].row, (struct cw_block_number){99}, NOW,
                                &n, &f->error));
    message.m.source = (struct cw_block_ref){{102}, {{5}}, 1002};
    message.m.payload = CW_LITERAL("another one");
    OK(cw_store_message_put(f->relay.store, &message, NOW, &f->message, &is_new, &f->error));
    assert_int_equal(stored(f).deadline_s, 0);
    at(f, DEADLINE - 3300);
    assert_null(incident(f));
}

/* --- decisions -------------------------------------------------------------------------------- */

static void decision__that_knows_no_deadline__as_it_says(void **state) {
    struct fixture *f = *state;
    wait_until(f, DEADLINE);
    decide(f, (struct cw_decision){.verb = CW_WAIT, .wake = CW_WAKE_RETRY});
    assert_int_equal(stored(f).deadline_s, DEADLINE); /* no answer is no news */
    decide(f, (struct cw_decision){.verb = CW_GIVE_UP});
    assert_int_equal(stored(f).deadline_s, DEADLINE);
    decide(f, (struct cw_decision){.verb = CW_ACT, .step = "redeem", .deadline_s = DEADLINE + 7});
    assert_int_equal(stored(f).deadline_s, DEADLINE + 7);
    decide(f, (struct cw_decision){.verb = CW_WAIT, .wake = CW_WAKE_POLL});
    assert_int_equal(stored(f).deadline_s, 0);
}

/* Four such, so that the pause is of some minutes. */
static void decision__to_repeat_a_step_near_the_deadline__soon(void **state) {
    struct fixture *f = *state;
    const struct cw_decision redeem = {.verb = CW_ACT, .step = "redeem", .deadline_s = DEADLINE};
    f->clock.now_ms = 1000000;
    const uint64_t now = wall_ms(&f->relay);
    for (uint8_t n = 0; n < 4; n++) {
        struct cw_store_attempt attempt = {.message = f->message,
                                           .chain = f->chains[1].row,
                                           .nonce = n,
                                           .step = "redeem",
                                           .hash = {{n}},
                                           .raw = CW_LITERAL("raw"),
                                           .gas_limit = 100000,
                                           .state = CW_ATTEMPT_SIGNED};
        OK(cw_store_attempt_add(f->relay.store, &attempt, &attempt.row, &f->error));
        attempt.state = CW_ATTEMPT_FINAL;
        attempt.success = true;
        attempt.included_ms = now;
        OK(cw_store_attempt_update(f->relay.store, &attempt, &f->error));
    }
    wait_until(f, DEADLINE);
    world.heads.latest.timestamp_s = DEADLINE - 86400;
    decide(f, redeem);
    assert_string_equal(stored(f).reason, "repeated_later");
    assert_int_equal(stored(f).due_ms, now + 640000);
    world.heads.latest.timestamp_s = DEADLINE - 400;
    decide(f, redeem);
    assert_int_equal(stored(f).due_ms, now + 100000);
    world.heads.latest.timestamp_s = DEADLINE;
    decide(f, redeem);
    assert_string_equal(stored(f).reason, "submitting");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(alert__each_time_that_was_asked_for__told_once),
        CASE(alert__of_what_is_held__told_all_the_same),
        CASE(alert__before_the_chain_is_known__none),
        CASE(alert__asked_for_earlier__told_then),
        CASE(alert__by_a_block_that_is_gone__told_anew_in_time),
        CASE(end__put_off__over_and_told_anew),
        CASE(end__delivered__over),
        CASE(end__given_up_in_time__over),
        CASE(end__lost__stays_open_and_says_what),
        CASE(end__block_is_gone__over_until_it_comes_again),
        CASE(decision__that_knows_no_deadline__as_it_says),
        CASE(decision__to_repeat_a_step_near_the_deadline__soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
