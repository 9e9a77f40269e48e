/* What a violation holds: before the next signature, in this process or in the relayer's beside it,
 * until an operator or the policy lets it go. */
#include "guard_fixture.h"

/* A violation with that at stake is found. */
static void violate(struct fixture *f, unsigned invariant, uint8_t key, enum cw_stake stake,
                    uint8_t root, uint8_t message_id) {
    script(key)->state = CW_VERDICT_VIOLATED;
    script(key)->stake = stake;
    script(key)->open = true;
    block(f, CW_SETTLEMENT, 90, invariant, key, root, message_id);
    run(f, 0);
}

/* They hold again: final heads move, and the judge says so. */
static void mend(struct fixture *f, uint8_t key) {
    script(key)->state = CW_VERDICT_OK;
    heads(world.heads[0].final.number.v + 1, world.heads[0].latest.number.v + 1);
    run(f, 1000);
    assert_int_equal(subject(f, key).state, CW_VERDICT_OK);
}

static void operator_says(struct fixture *f, const char *verb, const char *target) {
    struct cw_store_command command = {.text = "mine"};
    int64_t row = 0;
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    snprintf(command.subject, sizeof command.subject, "%s", target);
    OK(cw_store_command_post(f->path, &command, 1, &row, &f->error));
    commands_run(&f->relay);
}

static void guard_says(struct fixture *f, const char *verb, uint8_t message_id) {
    struct cw_store_command command = {.text = "forged"};
    const struct cw_hash32 id = key_of(message_id);
    int64_t row = 0;
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    cw_store_subject_write(command.subject, "op", &id);
    OK(cw_store_command_post(f->path, &command, 1, &row, &f->error));
    commands_run(&f->relay);
}

/* Whether a signature would be given for that message now. */
static enum cw_err permitted(struct fixture *f, uint8_t id) {
    struct verdict v = {.route = &f->route, .row = message_now(f, id).row};
    struct cw_lane *lane = NULL;
    v.message.id = key_of(id);
    f->route.lanes = &lane;
    f->route.lanes_n = 1;
    enum cw_err err = act_permit(&v, NULL, &f->error);
    f->route.lanes = NULL;
    f->route.lanes_n = 0;
    return err;
}

/* --- the route -------------------------------------------------------------------------------- */

static void route__at_stake__held_until_an_operator_lets_it_go(void **state) {
    struct fixture *f = *state;
    violate(f, ROOT, 7, CW_STAKE_ROUTE, 0, 0);
    assert_string_equal(hold_of(f), "violation");
    assert_string_equal(f->route.hold_detail, "root: number 7: so it is");
    restart(f, CW_ROLE_ALL);
    run(f, 1000);
    assert_string_equal(hold_of(f), "violation");
    mend(f, 7);
    assert_string_equal(hold_of(f), "violation");
    operator_says(f, "release", "op");
    assert_string_equal(hold_of(f), "");
    run(f, 1000);
    assert_string_equal(hold_of(f), "");
}

/* What an operator let go is not held again for the same. */
static void route__let_go_while_it_is_violated__not_held_again(void **state) {
    struct fixture *f = *state;
    violate(f, ROOT, 7, CW_STAKE_ROUTE, 0, 0);
    operator_says(f, "release", "op");
    f->route.prepared = true;
    heads(101, 111);
    run(f, 1000);
    assert_int_equal(script(7)->times, 2);
    assert_string_equal(hold_of(f), "");
    mend(f, 7);
    script(7)->state = CW_VERDICT_VIOLATED; /* but once it held meanwhile */
    heads(103, 113);
    run(f, 1000);
    assert_string_equal(hold_of(f), "violation");
}

/* Who let it go did not know of what was found since. */
static void route__let_go_and_another_trouble__held_again_and_told_of(void **state) {
    struct fixture *f = *state;
    f->config.look_every_s = 1;
    script(0)->state = CW_VERDICT_VIOLATED;
    script(0)->stake = CW_STAKE_ROUTE;
    run(f, 0);
    assert_string_equal(incident(f, CW_INCIDENT_INVARIANT)->subject, "op/steady/false");
    operator_says(f, "release", "op");
    f->route.prepared = true;
    heads(101, 111);
    run(f, 1000);
    assert_string_equal(hold_of(f), "");
    script(0)->reason = "drained";
    heads(102, 112);
    run(f, 1000);
    assert_string_equal(incident(f, CW_INCIDENT_INVARIANT)->subject, "op/steady/drained");
    assert_string_equal(hold_of(f), "violation");
}

static void route__by_policy__let_go_when_all_holds_again(void **state) {
    struct fixture *f = *state;
    f->route_config.policy.release_on_resolve = true;
    violate(f, ROOT, 7, CW_STAKE_ROUTE, 0, 0);
    violate(f, ROOT, 8, CW_STAKE_ROUTE, 0, 0);
    mend(f, 7);
    assert_string_equal(hold_of(f), "violation");
    mend(f, 8);
    assert_string_equal(hold_of(f), "");
}

static void route__whose_violation_is_reorganized_away__let_go_by_policy(void **state) {
    struct fixture *f = *state;
    f->route_config.policy.release_on_resolve = true;
    violate(f, ROOT, 7, CW_STAKE_ROUTE, 0, 0);
    roll_back(f, CW_SETTLEMENT, 89);
    f->route.prepared = true;
    run(f, 1000);
    assert_string_equal(hold_of(f), "");
}

static void route__held_by_an_operator__stays_his(void **state) {
    struct fixture *f = *state;
    f->route_config.policy.release_on_resolve = true;
    operator_says(f, "hold", "op");
    violate(f, ROOT, 7, CW_STAKE_ROUTE, 0, 0);
    assert_string_equal(hold_of(f), "operator");
    mend(f, 7);
    assert_string_equal(hold_of(f), "operator");
}

static void policy__that_holds_nothing__nothing_is_held(void **state) {
    struct fixture *f = *state;
    f->route_config.policy.hold_on_violation = false;
    violate(f, ROOT, 7, CW_STAKE_ROUTE, 0, 0);
    assert_string_equal(hold_of(f), "");
    assert_non_null(incident(f, CW_INCIDENT_INVARIANT));
}

/* --- messages --------------------------------------------------------------------------------- */

static void message__at_stake__held_and_no_other(void **state) {
    struct fixture *f = *state;
    f->route_config.policy.release_on_resolve = true;
    message(f, 44);
    message(f, 45);
    violate(f, PROVEN, 9, CW_STAKE_MESSAGES, 0, 44);
    assert_int_equal(message_now(f, 44).condition, CW_HELD);
    assert_string_equal(message_now(f, 44).reason, "violation");
    assert_int_equal(message_now(f, 45).condition, CW_READY);
    assert_string_equal(hold_of(f), "");
    mend(f, 9);
    assert_int_equal(message_now(f, 44).condition, CW_READY);
}

static void root__at_stake_for_messages__those_that_rest_on_it_held(void **state) {
    struct fixture *f = *state;
    for (uint8_t id = 44; id <= 46; id++)
        message(f, id);
    script(9)->state = script(10)->state = script(11)->state = CW_VERDICT_OK;
    block(f, CW_SETTLEMENT, 91, PROVEN, 9, 7, 44);
    block(f, CW_SETTLEMENT, 91, PROVEN, 10, 7, 45);
    block(f, CW_SETTLEMENT, 91, PROVEN, 11, 8, 46);
    run(f, 0);
    violate(f, ROOT, 7, CW_STAKE_MESSAGES, 0, 0);
    assert_int_equal(message_now(f, 44).condition, CW_HELD);
    assert_int_equal(message_now(f, 45).condition, CW_HELD);
    assert_int_equal(message_now(f, 46).condition, CW_READY);
}

/* The monitor is quicker than the relayer, or was so while that one was away. */
static void message__that_is_not_seen_yet__held_when_it_comes(void **state) {
    struct fixture *f = *state;
    restart(f, CW_ROLE_RELAYER);
    guard_says(f, "guard", 44);
    guard_says(f, "guard", 44);
    guard_says(f, "guard", 45);
    guard_says(f, "guard", 46);
    guard_says(f, "unguard", 46);
    restart(f, CW_ROLE_RELAYER);
    for (uint8_t id = 44; id <= 47; id++)
        message(f, id);
    assert_int_equal(message_now(f, 44).condition, CW_HELD);
    assert_string_equal(message_now(f, 44).reason, "violation");
    assert_string_equal(message_now(f, 44).detail, "forged");
    assert_int_equal(message_now(f, 45).condition, CW_HELD);
    assert_int_equal(message_now(f, 46).condition, CW_READY);
    assert_int_equal(message_now(f, 47).condition, CW_READY);
    guard_says(f, "unguard", 44);
    assert_int_equal(message_now(f, 44).condition, CW_READY);
    assert_int_equal(message_now(f, 45).condition, CW_HELD);
}

/* In one process: what is wanted held may be asked for before the message is there. */
static void message__of_a_violation_before_it__held_when_it_comes(void **state) {
    struct fixture *f = *state;
    violate(f, PROVEN, 9, CW_STAKE_MESSAGES, 0, 44);
    message(f, 44);
    assert_int_equal(message_now(f, 44).condition, CW_HELD);
    f->route_config.policy.release_on_resolve = true;
    mend(f, 9);
    run(f, 1000);
    assert_int_equal(message_now(f, 44).condition, CW_READY);
}

/* --- before a signature ----------------------------------------------------------------------- */

static void signature__while_a_hold_is_asked_for__refused(void **state) {
    struct fixture *f = *state;
    struct cw_store_command command = {.verb = "guard"};
    const struct cw_hash32 id = key_of(44);
    int64_t row = 0;
    message(f, 44);
    message(f, 45);
    /* its evidence is the next thing that is looked at */
    assert_int_equal(permitted(f, 44), CW_ERR_BEHIND);
    cw_store_subject_write(command.subject, "op", &id);
    OK(cw_store_command_post(f->path, &command, 1, &row, &f->error));
    assert_int_equal(permitted(f, 44), CW_ERR_BUSY);
    assert_non_null(strstr(f->error.text, "asked for"));
    assert_int_equal(permitted(f, 45), CW_ERR_BEHIND);
    snprintf(command.subject, sizeof command.subject, "op");
    OK(cw_store_command_post(f->path, &command, 1, &row, &f->error));
    assert_int_equal(permitted(f, 45), CW_ERR_BUSY);
    commands_run(&f->relay);
    assert_int_equal(permitted(f, 44), CW_ERR_BUSY);
    assert_non_null(strstr(f->error.text, "held"));
}

/* --- two processes ---------------------------------------------------------------------------- */

/* A relayer of its own, with that route. */
static struct fixture *make_relayer(void **state) {
    assert_int_equal(guard_set_up(state), 0);
    struct fixture *relayer = *state;
    restart(relayer, CW_ROLE_RELAYER);
    return relayer;
}

static void monitor__beside_a_relayer__holds_its_route(void **state) {
    void *other = NULL;
    struct fixture *f = *state, *relayer = make_relayer(&other);
    f->config.relayer_data_dir = relayer->temp.dir;
    restart(f, CW_ROLE_MONITOR);
    violate(f, ROOT, 7, CW_STAKE_ROUTE, 0, 0);
    assert_string_equal(hold_of(f), ""); /* it signs nothing itself */
    commands_run(&relayer->relay);
    assert_string_equal(relayer->route.hold_reason, "violation");
    guard_tear_down(&other);
}

static void monitor__whose_relayer_is_not_there_yet__asks_until_it_is(void **state) {
    void *other = NULL;
    struct fixture *f = *state, *relayer = make_relayer(&other);
    char away[640];
    snprintf(away, sizeof away, "%s/not/there", relayer->temp.dir);
    f->config.relayer_data_dir = away;
    restart(f, CW_ROLE_MONITOR);
    violate(f, ROOT, 7, CW_STAKE_ROUTE, 0, 0);
    run(f, 5000);
    commands_run(&relayer->relay);
    assert_string_equal(relayer->route.hold_reason, "");
    f->config.relayer_data_dir = relayer->temp.dir;
    restart(f, CW_ROLE_MONITOR);
    run(f, 5000);
    commands_run(&relayer->relay);
    assert_string_equal(relayer->route.hold_reason, "violation");
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->times, 1);
    guard_tear_down(&other);
}

/* Final blocks above 90 are replaced. */
static void replace_final(struct fixture *f) {
    const struct cw_watch_batch batch = {
        .rollback = true, .beyond_final = true, .above = {90}, .from = {91}, .to = {90}};
    OK(intake_batch(&f->chains[CW_SETTLEMENT], &batch));
    run(f, 1000);
}

static void monitor__whose_chain_replaces_final_blocks__holds_the_relayers_route(void **state) {
    void *other = NULL;
    struct fixture *f = *state, *relayer = make_relayer(&other);
    f->config.relayer_data_dir = relayer->temp.dir;
    f->route_config.policy.release_on_resolve = true;
    restart(f, CW_ROLE_MONITOR);
    replace_final(f);
    assert_string_equal(incident(f, CW_INCIDENT_REORG_BEYOND_FINAL)->subject, "l1");
    commands_run(&relayer->relay);
    assert_string_equal(relayer->route.hold_reason, "violation");
    assert_non_null(strstr(relayer->route.hold_detail, "replaced final blocks above 90"));
    operator_says(relayer, "release", "op");
    run(f, 1000);
    commands_run(&relayer->relay);
    assert_string_equal(relayer->route.hold_reason, "");
    replace_final(f); /* another one */
    commands_run(&relayer->relay);
    assert_string_equal(relayer->route.hold_reason, "violation");
    operator_says(f, "release", "op");
    assert_true(incident(f, CW_INCIDENT_REORG_BEYOND_FINAL)->resolved_ms > 0);
    run(f, 1000);
    commands_run(&relayer->relay);
    assert_string_equal(relayer->route.hold_reason, "");
    guard_tear_down(&other);
}

static void monitor__whose_policy_holds_nothing__holds_no_route_for_a_reorg(void **state) {
    void *other = NULL;
    struct fixture *f = *state, *relayer = make_relayer(&other);
    f->config.relayer_data_dir = relayer->temp.dir;
    f->route_config.policy.hold_on_violation = false;
    restart(f, CW_ROLE_MONITOR);
    replace_final(f);
    commands_run(&relayer->relay);
    assert_string_equal(relayer->route.hold_reason, "");
    assert_non_null(incident(f, CW_INCIDENT_REORG_BEYOND_FINAL));
    guard_tear_down(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(route__at_stake__held_until_an_operator_lets_it_go),
        CASE(route__let_go_while_it_is_violated__not_held_again),
        CASE(route__let_go_and_another_trouble__held_again_and_told_of),
        CASE(route__by_policy__let_go_when_all_holds_again),
        CASE(route__whose_violation_is_reorganized_away__let_go_by_policy),
        CASE(route__held_by_an_operator__stays_his),
        CASE(policy__that_holds_nothing__nothing_is_held),
        CASE(message__at_stake__held_and_no_other),
        CASE(root__at_stake_for_messages__those_that_rest_on_it_held),
        CASE(message__that_is_not_seen_yet__held_when_it_comes),
        CASE(message__of_a_violation_before_it__held_when_it_comes),
        CASE(signature__while_a_hold_is_asked_for__refused),
        CASE(monitor__beside_a_relayer__holds_its_route),
        CASE(monitor__whose_relayer_is_not_there_yet__asks_until_it_is),
        CASE(monitor__whose_chain_replaces_final_blocks__holds_the_relayers_route),
        CASE(monitor__whose_policy_holds_nothing__holds_no_route_for_a_reorg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
