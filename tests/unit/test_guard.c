/* What must hold, judged: each subject once it arose, at its own block, until it is known; nothing
 * is taken for ok that is not, nothing is lost to dead endpoints, reorganizations or a restart. */
#include "guard_fixture.h"

#include <monitor/verdict.h>

static void subject__that_is_ok__judged_once(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_OK;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    assert_int_equal(subject(f, 7).state, CW_VERDICT_UNVERIFIED);
    assert_string_equal(subject(f, 7).reason, "not_judged");
    assert_int_equal(count(f, "root", CW_VERDICT_UNVERIFIED, "not_judged"), 1);
    run(f, 0);
    const struct cw_store_subject s = subject(f, 7);
    assert_int_equal(s.state, CW_VERDICT_OK);
    assert_false(s.provisional);
    assert_string_equal(s.reason, "");
    assert_int_equal(s.due_ms, 0);
    assert_int_equal(script(7)->block.number.v, 90);
    assert_int_equal(count(f, "root", CW_VERDICT_UNVERIFIED, NULL), 0);
    assert_int_equal(count(f, "root", CW_VERDICT_OK, ""), 1);
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0); /* read again */
    heads(120, 130);
    run(f, 1000000);
    assert_int_equal(script(7)->times, 1);
    assert_null(incident(f, CW_INCIDENT_INVARIANT));
}

static void subject__that_is_violated__told_of_once(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_NONE;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    const struct cw_store_incident *in = incident(f, CW_INCIDENT_INVARIANT);
    assert_non_null(in);
    assert_string_equal(in->subject,
                        "op/root/0x0700000000000000000000000000000000000000000000000000"
                        "000000000000");
    assert_string_equal(in->chain, "l1");
    assert_string_equal(in->route, "op");
    assert_string_equal(in->text, "number 7: so it is");
    assert_string_equal(in->invariant, "root");
    assert_int_equal(in->severity, CW_SEVERITY_WARNING);
    assert_int_equal(in->state, CW_INCIDENT_CONFIRMED);
    assert_string_equal(in->advice, cw_verdict_advice(CW_STAKE_NONE));
    assert_true(in->blocks[CW_SETTLEMENT].known);
    assert_int_equal(in->blocks[CW_SETTLEMENT].number, 90);
    assert_false(in->blocks[CW_EXECUTION].known);
    assert_true(in->has_tx);
    assert_int_equal(in->resolved_ms, 0);
    heads(120, 130);
    run(f, 1000000);
    restart(f, CW_ROLE_ALL);
    run(f, 1000000);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->times, 1);
    assert_int_equal(count(f, "root", CW_VERDICT_VIOLATED, "false"), 1);
    assert_string_equal(hold_of(f), ""); /* nothing is at stake */
}

static void subject__in_a_block_that_is_not_final__judged_again_when_it_is(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_NONE;
    script(8)->state = CW_VERDICT_OK;
    script(8)->seen[CW_EXECUTION] = 106;
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0);
    block(f, CW_SETTLEMENT, 95, ROOT, 8, 0, 0); /* but what it rests on is not */
    run(f, 0);
    assert_true(subject(f, 7).provisional);
    assert_true(subject(f, 8).provisional);
    script(7)->state = CW_VERDICT_OK;
    heads(104, 114);
    run(f, 1000);
    assert_int_equal(script(7)->times, 1);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->resolved_ms, 0);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->state, CW_INCIDENT_PROVISIONAL);
    heads(105, 115);
    run(f, 1000);
    assert_int_equal(script(7)->times, 2);
    assert_int_equal(script(8)->times, 1);
    assert_int_equal(subject(f, 7).state, CW_VERDICT_OK);
    assert_false(subject(f, 7).provisional);
    assert_true(incident(f, CW_INCIDENT_INVARIANT)->resolved_ms > 0);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->state, CW_INCIDENT_WITHDRAWN);
    heads(106, 116);
    run(f, 1000);
    assert_int_equal(script(8)->times, 2);
    assert_false(subject(f, 8).provisional);
}

/* As prepare() ends: reason "" when the contracts are what is known. */
static void prepared(struct fixture *f, const char *reason) {
    f->route.prepared = reason[0] == '\0';
    snprintf(f->route.refused, sizeof f->route.refused, "%s", reason);
    snprintf(f->route.refusal, sizeof f->route.refusal, "%s", "bridge() does not answer");
}

static void contracts__that_become_unknown__judged_by_what_they_were(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_ROUTE;
    run(f, 0);
    prepared(f, "unknown_version");
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(subject(f, 7).state, CW_VERDICT_VIOLATED);
    assert_string_equal(hold_of(f), "violation");
    run(f, 6000);
    const struct cw_store_incident *in = incident(f, CW_INCIDENT_UNVERIFIED);
    assert_non_null(in);
    assert_string_equal(in->subject, "op/contracts");
    assert_int_equal(in->severity, CW_SEVERITY_CRITICAL);
    assert_non_null(strstr(in->text, "by what the contracts were before"));
    prepared(f, "unavailable"); /* which says nothing of them */
    run(f, 6000);
    assert_int_equal(incident(f, CW_INCIDENT_UNVERIFIED)->resolved_ms, 0);
    prepared(f, "");
    run(f, 6000);
    assert_true(incident(f, CW_INCIDENT_UNVERIFIED)->resolved_ms > 0);
    assert_int_equal(incident(f, CW_INCIDENT_UNVERIFIED)->times, 1);
}

static void contracts__that_were_never_known__nothing_is_called_ok(void **state) {
    struct fixture *f = *state;
    script(7)->state = script(0)->state = CW_VERDICT_OK;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(subject(f, 0).state, CW_VERDICT_OK); /* the one that stands */
    restart(f, CW_ROLE_ALL);
    prepared(f, "unknown_version");
    heads(100, 110 + STEADY_S);
    run(f, 6000);
    assert_int_equal(subject(f, 0).state, CW_VERDICT_UNVERIFIED);
    assert_string_equal(subject(f, 0).reason, "unknown_version");
    assert_int_equal(subject(f, 7).state, CW_VERDICT_OK); /* it was told, and does not change */
    assert_non_null(strstr(incident(f, CW_INCIDENT_UNVERIFIED)->text, "nothing that must hold"));
    restart(f, CW_ROLE_ALL);
    run(f, 6000);
    assert_true(incident(f, CW_INCIDENT_UNVERIFIED)->resolved_ms > 0);
    assert_int_equal(subject(f, 0).state, CW_VERDICT_OK);
}

/* Only then it means something that a message is not there. */
static void source__read_without_a_gap__told_where_the_message_is_not_known(void **state) {
    struct fixture *f = *state;
    const struct cw_interval gap = {.from = 20, .to = 30};
    script(7)->state = script(8)->state = script(9)->state = CW_VERDICT_UNVERIFIED;
    f->route.reach[CW_EXECUTION] = (struct cw_store_reach){.known = true, .from = 5};
    block(f, CW_SETTLEMENT, 90, PROVEN, 7, 0, 77);
    run(f, 0);
    assert_int_equal(script(7)->read_from, 5);
    OK(cw_store_unread_add(f->relay.store, f->chains[CW_EXECUTION].row, &gap, &f->error));
    block(f, CW_SETTLEMENT, 91, PROVEN, 8, 0, 78);
    run(f, 0);
    assert_int_equal(script(8)->times, 1);
    assert_int_equal(script(8)->read_from, 0);
    OK(cw_store_unread_remove(f->relay.store, f->chains[CW_EXECUTION].row,
                              (struct cw_block_number){20}, (struct cw_block_number){30}, NULL,
                              &f->error));
    f->route.reach[CW_EXECUTION].blind = true;
    block(f, CW_SETTLEMENT, 92, PROVEN, 9, 0, 79);
    run(f, 0);
    assert_int_equal(script(9)->times, 1);
    assert_int_equal(script(9)->read_from, 0);
}

static void violation__that_becomes_final__confirmed(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_MESSAGES;
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->state, CW_INCIDENT_PROVISIONAL);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->severity, CW_SEVERITY_CRITICAL);
    heads(105, 115);
    run(f, 1000);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->state, CW_INCIDENT_CONFIRMED);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->resolved_ms, 0);
}

static void violation__of_one_log_graver_than_another__the_gravest_counts(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_ROUTE;
    block(f, CW_SETTLEMENT, 80, ROOT, 7, 0, 0);
    run(f, 0);
    script(7)->stake = CW_STAKE_NONE;
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(count(f, "root", CW_VERDICT_VIOLATED, NULL), 2);
    const struct cw_store_incident *in = incident(f, CW_INCIDENT_INVARIANT);
    assert_int_equal(in->times, 2);
    assert_int_equal(in->severity, CW_SEVERITY_CRITICAL);
    assert_int_equal(in->state, CW_INCIDENT_CONFIRMED);
}

static void subject__whose_heads_move_while_it_is_judged__judged_again(void **state) {
    struct fixture *f = *state;
    world.later = true;
    script(7)->state = CW_VERDICT_OK;
    script(7)->asks = true;
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(world.questions_n, 1);
    heads(106, 116);
    run(f, 100); /* told of while it was under way */
    answer_all();
    run(f, 0);
    answer_all();
    run(f, 0);
    assert_int_equal(script(7)->times, 2);
    assert_false(subject(f, 7).provisional);
}

/* --- what can't be told ----------------------------------------------------------------------- */

static void subject__that_nobody_can_tell_of__asked_again_with_longer_pauses(void **state) {
    struct fixture *f = *state;
    world.dead = true;
    script(7)->state = CW_VERDICT_OK;
    script(7)->asks = true;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    uint64_t last = 0;
    for (unsigned i = 1; i <= 5; i++) {
        run(f, last);
        const struct cw_store_subject s = subject(f, 7);
        assert_int_equal(script(7)->times, i);
        assert_int_equal(s.state, CW_VERDICT_UNVERIFIED);
        assert_string_equal(s.reason, "no_answer");
        assert_string_equal(s.sentence, "nobody is there");
        assert_int_equal(s.tries, i);
        assert_true(s.due_ms > f->clock.now_ms + last);
        last = s.due_ms - f->clock.now_ms;
        run(f, 0);
        assert_int_equal(script(7)->times, i); /* not before */
    }
    assert_int_equal(count(f, "root", CW_VERDICT_UNVERIFIED, "no_answer"), 1);
    restart(f, CW_ROLE_ALL);
    world.dead = false;
    run(f, 300000);
    assert_int_equal(subject(f, 7).state, CW_VERDICT_OK);
    assert_int_equal(subject(f, 7).tries, 0);
    assert_int_equal(world.asked_at, 90);
}

static void unverified__many_tries_in_a_short_while__not_put_off_for_long(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_UNVERIFIED;
    script(7)->open = true;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    for (uint64_t i = 1; i <= 10; i++) {
        heads(100 + i, 110 + i);
        run(f, 500);
    }
    assert_int_equal(subject(f, 7).tries, 11);
    assert_true(subject(f, 7).due_ms <= f->clock.now_ms + 15000);
}

static void violation__that_can_not_be_told_of_later__stays_one(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_MESSAGES;
    script(7)->open = true;
    script(7)->asks = true;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    world.dead = true;
    heads(101, 111);
    run(f, 1000);
    const struct cw_store_subject s = subject(f, 7);
    assert_int_equal(script(7)->times, 2);
    assert_int_equal(s.state, CW_VERDICT_VIOLATED);
    assert_int_equal(s.stake, CW_STAKE_MESSAGES);
    assert_string_equal(s.reason, "false");
    assert_int_equal(s.tries, 1);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->resolved_ms, 0);
    /* heads that stand still do not make it due again and again */
    run(f, 1000);
    run(f, 1000);
    assert_int_equal(script(7)->times, 2);
}

static void judge__that_gives_no_verdict__is_not_believed(void **state) {
    struct fixture *f = *state;
    script(7)->state = (enum cw_verdict_state)9;
    script(8)->state = CW_VERDICT_VIOLATED; /* with nothing said of what is at stake */
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    block(f, CW_SETTLEMENT, 90, ROOT, 8, 0, 0);
    run(f, 0);
    for (uint8_t key = 7; key <= 8; key++) {
        assert_int_equal(subject(f, key).state, CW_VERDICT_UNVERIFIED);
        assert_string_equal(subject(f, key).reason, "no_verdict");
    }
}

static void unverified__for_too_long__told_until_it_is_known(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_UNVERIFIED;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    run(f, 590000);
    assert_null(incident(f, CW_INCIDENT_UNVERIFIED));
    run(f, 10000);
    const struct cw_store_incident *in = incident(f, CW_INCIDENT_UNVERIFIED);
    assert_non_null(in);
    assert_string_equal(in->subject, "op/root");
    assert_string_equal(in->text, "1 can't be told of for more than 600 s; the oldest: number 7: "
                                  "not_known: so it is");
    run(f, 10000);
    restart(f, CW_ROLE_ALL);
    run(f, 10000);
    assert_int_equal(incident(f, CW_INCIDENT_UNVERIFIED)->times, 1);
    script(7)->state = CW_VERDICT_OK;
    run(f, 600000);
    run(f, 10000);
    assert_true(incident(f, CW_INCIDENT_UNVERIFIED)->resolved_ms > 0);
}

static void route__not_looked_at_for_too_long__told_across_a_restart(void **state) {
    struct fixture *f = *state;
    run(f, 0);
    f->route.prepared = false;
    OK(cw_store_heads_set(f->relay.store, f->chains[CW_SETTLEMENT].row, world.heads,
                          f->clock.now_ms, &f->error));
    run(f, 590000);
    assert_null(incident(f, CW_INCIDENT_UNVERIFIED));
    restart(f, CW_ROLE_ALL);
    f->route.prepared = false;
    run(f, 0);
    run(f, 15000); /* it may yet see */
    assert_null(incident(f, CW_INCIDENT_UNVERIFIED));
    run(f, 10000);
    const struct cw_store_incident *in = incident(f, CW_INCIDENT_UNVERIFIED);
    assert_non_null(in);
    assert_string_equal(in->subject, "op/everything");
    assert_string_equal(in->text, "nothing of it is judged for more than 600 s: its contracts did "
                                  "not answer");
    f->route.prepared = true;
    run(f, 1000);
    assert_true(incident(f, CW_INCIDENT_UNVERIFIED)->resolved_ms > 0);
}

/* --- who is judged when ----------------------------------------------------------------------- */

static size_t place_of(uint8_t key) {
    for (size_t i = 0; i < world.order_n; i++)
        if (world.order[i] == key)
            return i;
    return SIZE_MAX;
}

static void fresh_ones__while_others_wait__first_but_for_each_fourth(void **state) {
    struct fixture *f = *state;
    for (uint8_t i = 0; i < 8; i++) { /* they wait */
        script((uint8_t)(10 + i))->state = CW_VERDICT_UNVERIFIED;
        block(f, CW_SETTLEMENT, 50u + i, ROOT, (uint8_t)(10 + i), 0, 0);
    }
    run(f, 0);
    run(f, 0);
    f->clock.now_ms += 600000;
    world.order_n = 0;
    for (uint8_t i = 0; i < 24; i++) {
        script((uint8_t)(100 + i))->state = CW_VERDICT_OK;
        block(f, CW_SETTLEMENT, 60u + i, ROOT, (uint8_t)(100 + i), 0, 0);
    }
    run(f, 0);
    run(f, 0);
    assert_true(world.order_n >= 32);
    assert_int_equal(place_of(123) < 2, true); /* the newest block's */
    size_t waited = 0;
    for (size_t i = 0; i < 16; i++)
        waited += world.order[i] < 100;
    assert_int_equal(waited, 4);
}

static void judgements__under_way__bounded(void **state) {
    struct fixture *f = *state;
    world.later = true;
    script(0)->state = CW_VERDICT_OK;
    for (uint8_t i = 0; i < 10; i++) {
        script((uint8_t)(10 + i))->state = CW_VERDICT_OK;
        script((uint8_t)(10 + i))->asks = true;
        block(f, CW_SETTLEMENT, 50u + i, ROOT, (uint8_t)(10 + i), 0, 0);
    }
    run(f, 0);
    run(f, 0);
    assert_int_equal(world.questions_n, 4);
    for (int i = 0; i < 3; i++) {
        answer_all();
        run(f, 0);
    }
    assert_int_equal(count(f, "root", CW_VERDICT_OK, NULL), 10);
}

static void standing__judged_each_minute_of_its_chain_at_the_newest_block(void **state) {
    struct fixture *f = *state;
    run(f, 0);
    assert_int_equal(script(0)->times, 1);
    assert_int_equal(script(0)->block.number.v, 110);
    script(0)->keeps = "anchor";
    run(f, 1000000);
    heads(140, 169); /* 59 s later */
    run(f, 0);
    assert_int_equal(script(0)->times, 1);
    heads(141, 170);
    run(f, 0);
    assert_int_equal(script(0)->times, 2);
    assert_int_equal(script(0)->block.number.v, 170);
    restart(f, CW_ROLE_ALL);
    run(f, 0);
    assert_int_equal(script(0)->times, 2);
    heads(200, 230);
    run(f, 0);
    assert_int_equal(script(0)->times, 3);
    assert_string_equal(script(0)->kept, "anchor");
    roll_back(f, CW_SETTLEMENT, 150);
    run(f, 0);
    heads(260, 300);
    run(f, 0);
    assert_string_equal(script(0)->kept, "anchor");
    assert_int_equal(count(f, "steady", CW_VERDICT_OK, NULL), 1);
}

/* What is seen is provisional until it is final, wherever the judge looked. */
static void standing__as_provisional_as_what_is_seen(void **state) {
    struct fixture *f = *state;
    script(0)->state = CW_VERDICT_VIOLATED;
    script(0)->stake = CW_STAKE_ROUTE;
    script(0)->seen[CW_SETTLEMENT] = 105;
    f->config.look_every_s = 10;
    run(f, 0);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->state, CW_INCIDENT_PROVISIONAL);
    script(0)->seen[CW_SETTLEMENT] = 100;
    heads(100, 119);
    run(f, 0);
    assert_int_equal(script(0)->times, 1);
    heads(100, 120);
    run(f, 0);
    assert_int_equal(script(0)->times, 2);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->state, CW_INCIDENT_CONFIRMED);
}

static void standing__parts__each_by_itself(void **state) {
    struct fixture *f = *state;
    struct cw_store_subject part = {
        .route = f->route.row, .invariant = "steady", .standing = true, .s = {.key = {{[31] = 1}}}};
    bool is_new = false;
    OK(cw_store_subject_put(f->relay.store, &part, 1, &is_new, &f->error));
    assert_true(is_new);
    OK(cw_store_subject_put(f->relay.store, &part, 1, &is_new, &f->error));
    assert_false(is_new);
    run(f, 0);
    assert_int_equal(script(0)->times, 2);
}

static void open_one__judged_again_at_its_time_or_when_final_moves(void **state) {
    struct fixture *f = *state;
    script(7)->state = script(8)->state = CW_VERDICT_OK;
    script(7)->open = script(8)->open = true;
    script(8)->again_s = 1115;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    block(f, CW_SETTLEMENT, 90, ROOT, 8, 0, 0);
    run(f, 0);
    run(f, 100000);
    assert_int_equal(script(7)->times, 1);
    heads(101, 114);
    run(f, 1000);
    assert_int_equal(script(7)->times, 2);
    assert_int_equal(script(8)->times, 1);
    heads(101, 115);
    run(f, 1000);
    assert_int_equal(script(7)->times, 2);
    assert_int_equal(script(8)->times, 2);
    run(f, 1000); /* its time is over: not as fast as judgements go */
    assert_int_equal(script(8)->times, 2);
    run(f, 3000);
    assert_int_equal(script(8)->times, 3);
}

/* --- what it speaks of ------------------------------------------------------------------------ */

static void log__of_more_than_expected__all_are_subjects(void **state) {
    struct fixture *f = *state;
    block(f, CW_SETTLEMENT, 90, ROOT | 40u << 8, 10, 0, 0);
    assert_int_equal(count(f, "root", CW_VERDICT_UNVERIFIED, NULL), 40);
}

static void key__of_two_logs__each_is_judged_and_told_of_the_one_before(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_OK;
    block(f, CW_SETTLEMENT, 95, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(script(7)->before, 0);
    block(f, CW_SETTLEMENT, 80, ROOT, 7, 0, 0); /* of the past: the other one is judged again */
    run(f, 0);
    assert_int_equal(script(7)->times, 3);
    assert_int_equal(count(f, "root", CW_VERDICT_OK, NULL), 2);
    block(f, CW_SETTLEMENT, 97, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(script(7)->before, 95);
}

static void root__whose_verdict_comes_later__what_rests_on_it_judged_again(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_UNVERIFIED;
    script(9)->looks_at_root = true;
    script(9)->stake = CW_STAKE_NONE;
    block(f, CW_SETTLEMENT, 91, PROVEN, 9, 7, 0);
    run(f, 0);
    assert_int_equal(script(9)->root, CW_VERDICT_UNVERIFIED); /* it is not known at all */
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(subject(f, 9).state, CW_VERDICT_UNVERIFIED);
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_NONE;
    run(f, 600000);
    assert_int_equal(subject(f, 9).state, CW_VERDICT_VIOLATED);
}

static void root__that_the_judge_learns__wakes_what_rests_on_it(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_NONE;
    script(7)->open = true;
    script(9)->state = CW_VERDICT_OK;
    script(9)->learns_root = 7;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    block(f, CW_SETTLEMENT, 91, PROVEN, 9, 0, 0);
    run(f, 0);
    assert_int_equal(subject(f, 9).s.rests_on.b[0], 7);
    script(9)->learns_root = 0;
    script(9)->state = CW_VERDICT_VIOLATED;
    script(9)->stake = CW_STAKE_MESSAGES;
    script(7)->stake = CW_STAKE_ROUTE; /* it is as false as it was, and more is at stake */
    heads(world.heads[0].final.number.v + 1, world.heads[0].latest.number.v + 1);
    run(f, 0);
    run(f, 0);
    assert_int_equal(subject(f, 7).stake, CW_STAKE_ROUTE);
    assert_int_equal(subject(f, 9).state, CW_VERDICT_VIOLATED);
    assert_int_equal(subject(f, 9).s.rests_on.b[0], 7);
}

static void root__judged_while_what_rests_on_it_is__judged_again(void **state) {
    struct fixture *f = *state;
    world.later = true;
    script(7)->state = CW_VERDICT_OK;
    script(9)->asks = script(9)->looks_at_root = true;
    block(f, CW_SETTLEMENT, 91, PROVEN, 9, 7, 0);
    run(f, 0);
    assert_int_equal(world.questions_n, 1);
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    answer_all();
    run(f, 0);
    answer_all();
    run(f, 0);
    assert_int_equal(subject(f, 9).state, CW_VERDICT_OK);
}

static void message__that_comes_later__what_is_about_it_judged_again(void **state) {
    struct fixture *f = *state;
    script(9)->state = CW_VERDICT_OK;
    script(9)->wants_message = true;
    block(f, CW_SETTLEMENT, 91, PROVEN, 9, 0, 44);
    run(f, 0);
    assert_int_equal(subject(f, 9).state, CW_VERDICT_UNVERIFIED);
    message(f, 44);
    run(f, 0);
    assert_int_equal(subject(f, 9).state, CW_VERDICT_OK);
}

/* --- blocks that are gone --------------------------------------------------------------------- */

static void reorg__of_its_block__gone_and_its_incident_over(void **state) {
    struct fixture *f = *state;
    struct cw_store_subject s;
    script(7)->state = script(8)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = script(8)->stake = CW_STAKE_NONE;
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0);
    run(f, 0);
    roll_back(f, CW_SETTLEMENT, 105);
    assert_true(find(f, 7, &s));
    roll_back(f, CW_EXECUTION, 100);
    assert_true(find(f, 7, &s));
    roll_back(f, CW_SETTLEMENT, 104);
    assert_false(find(f, 7, &s));
    assert_true(incident(f, CW_INCIDENT_INVARIANT)->resolved_ms > 0);
    assert_string_equal(incident(f, CW_INCIDENT_INVARIANT)->resolution,
                        "its block is gone from the chain");
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->state, CW_INCIDENT_WITHDRAWN);
    assert_int_equal(count(f, "root", CW_VERDICT_VIOLATED, NULL), 0);
    run(f, 1000);
    assert_int_equal(script(7)->times, 1);
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0); /* in the block that replaces it */
    run(f, 0);
    assert_int_equal(script(7)->times, 2);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->resolved_ms, 0);
}

static void reorg__of_one_of_two_logs__the_incident_stays(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_NONE;
    block(f, CW_SETTLEMENT, 95, ROOT, 7, 0, 0);
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0);
    run(f, 0);
    assert_int_equal(count(f, "root", CW_VERDICT_VIOLATED, NULL), 2);
    roll_back(f, CW_SETTLEMENT, 104);
    assert_int_equal(count(f, "root", CW_VERDICT_VIOLATED, NULL), 1);
    assert_int_equal(incident(f, CW_INCIDENT_INVARIANT)->resolved_ms, 0);
}

static void reorg__while_it_is_judged__not_taken(void **state) {
    struct fixture *f = *state;
    struct cw_store_subject s;
    world.later = true;
    script(7)->state = script(8)->state = CW_VERDICT_OK;
    script(7)->asks = script(8)->asks = true;
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0);
    block(f, CW_SETTLEMENT, 95, ROOT, 8, 0, 0);
    run(f, 0);
    assert_int_equal(world.questions_n, 2);
    roll_back(f, CW_SETTLEMENT, 104);
    answer_all();
    run(f, 0);
    assert_false(find(f, 7, &s));
    assert_int_equal(subject(f, 8).state, CW_VERDICT_UNVERIFIED);
    answer_all(); /* it was asked again */
    run(f, 0);
    assert_int_equal(subject(f, 8).state, CW_VERDICT_OK);
}

static void reorg__of_what_it_rests_on__judged_again_from_the_start(void **state) {
    struct fixture *f = *state;
    script(7)->state = CW_VERDICT_OK;
    script(7)->seen[CW_EXECUTION] = 105;
    script(7)->keeps = "105";
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    run(f, 0);
    roll_back(f, CW_EXECUTION, 105);
    run(f, 0);
    assert_int_equal(script(7)->times, 1);
    roll_back(f, CW_EXECUTION, 104);
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_NONE;
    run(f, 0);
    assert_int_equal(script(7)->times, 2);
    assert_string_equal(script(7)->kept, "");
    assert_int_equal(subject(f, 7).state, CW_VERDICT_VIOLATED);
}

/* --- who judges ------------------------------------------------------------------------------- */

static uint64_t unread(struct fixture *f, enum cw_side side) {
    struct cw_intervals blocks = {0};
    OK(cw_store_unread(f->relay.store, f->chains[side].row, &blocks, &f->error));
    uint64_t n = cw_intervals_blocks(&blocks);
    cw_intervals_done(&blocks);
    return n;
}

static void relayer__judges_nothing__and_a_guard_is_shown_all_of_it_later(void **state) {
    struct fixture *f = *state;
    restart(f, CW_ROLE_RELAYER);
    assert_null(f->route.guard);
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    OK(cw_store_cursor_set(f->relay.store, f->chains[0].row, (struct cw_block_number){95},
                           &f->error));
    restart(f, CW_ROLE_RELAYER);
    assert_int_equal(unread(f, CW_SETTLEMENT), 0);
    restart(f, CW_ROLE_ALL);
    assert_int_equal(unread(f, CW_SETTLEMENT), 95);
    assert_int_equal(unread(f, CW_EXECUTION), 0);
    OK(cw_store_unread_remove(f->relay.store, f->chains[0].row, (struct cw_block_number){1},
                              (struct cw_block_number){95}, NULL, &f->error));
    restart(f, CW_ROLE_MONITOR);
    assert_int_equal(unread(f, CW_SETTLEMENT), 0);
}

static void filters__of_a_guarded_route__those_of_its_invariants_too(void **state) {
    struct fixture *f = *state;
    intake_filters(&f->chains[CW_SETTLEMENT]);
    assert_int_equal(world.filters, 2);
    restart(f, CW_ROLE_RELAYER);
    intake_filters(&f->chains[CW_SETTLEMENT]);
    assert_int_equal(world.filters, 1);
}

static void log__before_the_contracts_are_known__shown_again(void **state) {
    struct fixture *f = *state;
    struct cw_store_subject s;
    f->route.prepared = false;
    block(f, CW_SETTLEMENT, 90, ROOT, 7, 0, 0);
    assert_false(find(f, 7, &s));
    f->route.prepared = true;
    reach_prepared(&f->route);
    assert_int_equal(world.again, 1);
    assert_int_equal(world.again_from, 90);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(subject__that_is_ok__judged_once),
        CASE(subject__that_is_violated__told_of_once),
        CASE(subject__in_a_block_that_is_not_final__judged_again_when_it_is),
        CASE(contracts__that_become_unknown__judged_by_what_they_were),
        CASE(contracts__that_were_never_known__nothing_is_called_ok),
        CASE(source__read_without_a_gap__told_where_the_message_is_not_known),
        CASE(violation__that_becomes_final__confirmed),
        CASE(violation__of_one_log_graver_than_another__the_gravest_counts),
        CASE(subject__whose_heads_move_while_it_is_judged__judged_again),
        CASE(subject__that_nobody_can_tell_of__asked_again_with_longer_pauses),
        CASE(unverified__many_tries_in_a_short_while__not_put_off_for_long),
        CASE(violation__that_can_not_be_told_of_later__stays_one),
        CASE(judge__that_gives_no_verdict__is_not_believed),
        CASE(unverified__for_too_long__told_until_it_is_known),
        CASE(route__not_looked_at_for_too_long__told_across_a_restart),
        CASE(fresh_ones__while_others_wait__first_but_for_each_fourth),
        CASE(judgements__under_way__bounded),
        CASE(standing__as_provisional_as_what_is_seen),
        CASE(standing__parts__each_by_itself),
        CASE(standing__judged_each_minute_of_its_chain_at_the_newest_block),
        CASE(open_one__judged_again_at_its_time_or_when_final_moves),
        CASE(log__of_more_than_expected__all_are_subjects),
        CASE(key__of_two_logs__each_is_judged_and_told_of_the_one_before),
        CASE(root__whose_verdict_comes_later__what_rests_on_it_judged_again),
        CASE(root__that_the_judge_learns__wakes_what_rests_on_it),
        CASE(root__judged_while_what_rests_on_it_is__judged_again),
        CASE(message__that_comes_later__what_is_about_it_judged_again),
        CASE(reorg__of_its_block__gone_and_its_incident_over),
        CASE(reorg__of_one_of_two_logs__the_incident_stays),
        CASE(reorg__while_it_is_judged__not_taken),
        CASE(reorg__of_what_it_rests_on__judged_again_from_the_start),
        CASE(relayer__judges_nothing__and_a_guard_is_shown_all_of_it_later),
        CASE(filters__of_a_guarded_route__those_of_its_invariants_too),
        CASE(log__before_the_contracts_are_known__shown_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
