/* What becomes of a message from the settlement layer to a Nitro rollup, over a model of both. */
#include "ticket_model.h"

#include <string.h>

#include "vectors.h"

static const struct cw_addr20 stranger = {{0x57, 0x57}};

static void assert_decides(struct cw_decision d, enum cw_verb verb, const char *reason) {
    if (d.verb != verb || strcmp(d.reason, reason) != 0) {
        fail_msg("verb %d, %s (%s)", (int)d.verb, d.reason, d.detail);
    }
}

static uint64_t time_of(uint64_t block) {
    return TICKETS_T0 + block;
}

/* --- before the rollup has it --- */

static void advance__source_not_final__waits_for_it(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    t->heads[CW_SETTLEMENT].final.number.v = 99;
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "source_not_final");
    assert_int_equal(d.stage, CW_STAGE_SAFE);
    assert_int_equal(d.wake, CW_WAKE_SOURCE);
    assert_int_equal(t->requests, 0);
    tickets_free(t);
}

static void advance__not_on_the_rollup__waits_for_the_sequencer(void **state) {
    (void)state;
    for (int deposit = 0; deposit < 2; deposit++) {
        struct tickets *t = tickets_new(deposit == 1);
        struct cw_decision d = tickets_settle(t);
        assert_decides(d, CW_WAIT, "not_included");
        assert_int_equal(d.stage, CW_STAGE_SOURCE_FINAL);
        assert_int_equal(d.wake, CW_WAKE_POLL);
        assert_int_equal(d.deadline_s, 0);
        tickets_free(t);
    }
}

static void advance__stored_payload_damaged__held(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    t->message.id.b[5] ^= 1;
    assert_decides(tickets_look(t), CW_HOLD, "bad_payload");
    tickets_free(t);
}

static void advance__rollup_down__waits(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    t->down = true;
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "unavailable");
    assert_int_equal(d.wake, CW_WAKE_RETRY);
    tickets_free(t);
}

/* --- deposits --- */

static void advance__deposit__followed_to_its_receipt(void **state) {
    (void)state;
    for (int good = 0; good < 2; good++) {
        struct tickets *t = tickets_new(true);
        tickets_take_in(t, good == 1);
        tickets_heads(t, 1001, 999);
        struct cw_decision d = tickets_settle(t);
        enum cw_outcome outcome = good ? CW_OUTCOME_SUCCESS : CW_OUTCOME_CALL_FAILED;
        assert_decides(d, CW_WAIT, "confirming");
        assert_int_equal(d.outcome, outcome);
        assert_int_equal(d.stage, CW_STAGE_EXECUTED);
        tickets_heads(t, 1010, 1000);
        d = tickets_settle(t);
        assert_decides(d, CW_FINISHED, "finished");
        assert_int_equal(d.outcome, outcome);
        tickets_free(t);
    }
}

/* --- tickets --- */

static void advance__own_try_went_well__delivered_without_reading_logs(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_redeem(t, TICKETS_MADE, &stranger, 200000, true, true);
    tickets_heads(t, 1001, 999);
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "confirming");
    assert_int_equal(d.outcome, CW_OUTCOME_SUCCESS);
    assert_int_equal(d.stage, CW_STAGE_EXECUTED);
    assert_int_equal(d.deadline_s, 0);
    tickets_heads(t, 1010, 1000);
    d = tickets_settle(t);
    assert_decides(d, CW_FINISHED, "finished");
    assert_int_equal(d.outcome, CW_OUTCOME_SUCCESS);
    assert_int_equal(t->log_requests, 0);
    assert_in_range(t->requests, 1, 4);
    tickets_free(t);
}

static void advance__no_ticket_made__dead_when_final(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, false);
    tickets_heads(t, 1001, 999);
    assert_decides(tickets_settle(t), CW_WAIT, "confirming");
    tickets_heads(t, 1010, 1000);
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_GIVE_UP, "no_ticket_made");
    assert_int_equal(d.outcome, CW_OUTCOME_UNKNOWN);
    tickets_free(t);
}

static void assert_redeems(const struct tickets *t, const struct cw_decision *d, uint64_t gas) {
    struct ticket_evidence evidence;
    assert_decides(*d, CW_ACT, "redeem");
    assert_string_equal(d->step, "redeem");
    assert_int_equal(d->stage, CW_STAGE_CHALLENGE_OVER);
    assert_int_equal(d->deadline_s, t->timeout_s);
    assert_true(cw_selector_is(d->call.data, SEL_REDEEM));
    assert_int_equal(ticket_evidence_decode(&evidence, d->evidence), CW_OK);
    assert_int_equal(evidence.retry_gas, gas);
    assert_true(d->call.gas_floor > gas);
    assert_false(d->call.batchable);
}

static void advance__own_try_failed_or_none__redeemed(void **state) {
    (void)state;
    for (int tried = 0; tried < 4; tried++) {
        struct tickets *t = tickets_new(false);
        tickets_take_in(t, true);
        if (tried > 0) { /* whoever it was in the name of, and however much gas it had */
            tickets_redeem(t, TICKETS_MADE, tried == 3 ? &t->self.submitter : &stranger,
                           tried == 3 ? 400000 : 200000, tried != 2, false);
        }
        struct cw_decision d = tickets_settle(t);
        assert_redeems(t, &d, 400000);
        tickets_free(t);
    }
}

static void advance__redeem_went_well__delivered_by_its_retry(void **state) {
    (void)state;
    for (int by_us = 0; by_us < 2; by_us++) {
        struct tickets *t = tickets_new(false);
        tickets_take_in(t, true);
        tickets_redeem(t, TICKETS_MADE, &stranger, 200000, true, false);
        tickets_redeem(t, 1020, by_us ? &t->self.submitter : &stranger, 400000, true, true);
        tickets_heads(t, 1100, 1010);
        struct cw_decision d = tickets_settle(t);
        assert_decides(d, CW_WAIT, "confirming");
        assert_int_equal(d.outcome, CW_OUTCOME_SUCCESS);
        tickets_heads(t, 1200, 1100);
        d = tickets_settle(t);
        assert_decides(d, CW_FINISHED, "finished");
        assert_non_null(strstr(d.detail, "block 1020"));
        assert_decides(tickets_settle(t), CW_FINISHED, "finished"); /* and found again */
        tickets_free(t);
    }
}

static void advance__redeem_included_but_its_retry_failed__not_delivered(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_redeem(t, 1010, &t->self.submitter, 400000, true, false);
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "retry_failed");
    assert_int_equal(d.due_s, time_of(1100) + 300);
    assert_int_equal(d.due_side, CW_EXECUTION);
    assert_int_equal(d.deadline_s, t->timeout_s);
    assert_int_equal(d.outcome, CW_OUTCOME_UNKNOWN);
    t->self.keepalive_s = TICKETS_LIFETIME - 200;
    assert_int_equal(tickets_settle(t).due_s, time_of(TICKETS_MADE) + 200);
    t->self.keepalive_s = 0;
    tickets_heads(t, 1400, 1300);
    d = tickets_settle(t);
    assert_redeems(t, &d, 800000); /* what failed, doubled */
    tickets_free(t);
}

/* A pause never lasts beyond the ticket. */
static void advance__redeem_failed_near_expiry__tried_again_before(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    uint64_t end = TICKETS_MADE + TICKETS_LIFETIME;
    tickets_take_in(t, true);
    tickets_redeem(t, end - 110, &t->self.submitter, 400000, true, false);
    tickets_heads(t, end - 100, end - 105);
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "retry_failed");
    assert_int_equal(d.due_s, time_of(end) - 50);
    tickets_heads(t, end - 50, end - 55);
    d = tickets_settle(t);
    assert_redeems(t, &d, 800000);
    tickets_free(t);
}

static void advance__retry_not_run_yet__waited_for_then_given_up(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_redeem(t, 1095, &t->self.submitter, 400000, false, false);
    assert_decides(tickets_settle(t), CW_WAIT, "retry_pending");
    tickets_heads(t, 1120, 1110);
    assert_decides(tickets_settle(t), CW_WAIT, "retry_failed");
    tickets_free(t);
}

/* Somebody who gives too little makes nothing later, and nothing dearer. */
static void advance__strangers_redeem_with_too_little_gas__do_not_count(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    for (uint64_t i = 0; i < 100; i++) {
        tickets_redeem(t, 1001 + i / 2, &stranger, 30000, true, false);
    }
    struct cw_decision d = tickets_settle(t);
    assert_redeems(t, &d, 400000);
    assert_in_range(t->receipts, 1, 3);
    tickets_free(t);
}

/* Whoever can make the call fail could put ours off until the ticket is over. */
static void advance__strangers_redeem_and_fail__ours_does_not_wait_for_them(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_redeem(t, 1099, &stranger, 400000, true, false);
    struct cw_decision d = tickets_settle(t);
    assert_redeems(t, &d, 800000);
    /* Nor does a pause of ours begin anew. */
    tickets_redeem(t, 1099, &t->self.submitter, 800000, true, false);
    d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "retry_failed");
    tickets_redeem(t, 1200, &stranger, 1600000, true, false);
    tickets_heads(t, 1250, 1240);
    assert_int_equal(tickets_settle(t).due_s, d.due_s);
    tickets_free(t);
}

static void advance__failed_too_often__held_until_released(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    uint64_t block = 1010, gas = 400000;
    for (int i = 0; i < 5; i++) {
        struct cw_decision d = tickets_settle(t);
        assert_redeems(t, &d, gas < 8000000 ? gas : 8000000);
        tickets_redeem(t, t->heads[CW_EXECUTION].latest.number.v, &t->self.submitter, gas, true,
                       false);
        block = t->heads[CW_EXECUTION].latest.number.v + 10;
        tickets_heads(t, block, block - 1);
        d = tickets_settle(t);
        if (i < 4) {
            assert_decides(d, CW_WAIT, "retry_failed");
            tickets_heads(t, d.due_s - TICKETS_T0, d.due_s - TICKETS_T0 - 10);
        } else {
            assert_decides(d, CW_HOLD, "target_reverts");
            assert_int_equal(d.deadline_s, t->timeout_s);
        }
        gas *= 2;
    }
    /* A stranger's redeem has it looked at, and nothing more. */
    tickets_redeem(t, block, &stranger, 30000, true, false);
    block += 10;
    tickets_heads(t, block, block - 1);
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_HOLD, "target_reverts");
    /* Released while nobody answers: it is not forgotten. */
    t->self.released = t->down = true;
    assert_decides(tickets_settle(t), CW_WAIT, "unavailable");
    t->self.released = t->down = false;
    /* Tried again, with a pause. */
    d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "retry_failed");
    tickets_heads(t, d.due_s - TICKETS_T0, d.due_s - TICKETS_T0 - 10);
    d = tickets_settle(t);
    assert_redeems(t, &d, 8000000);
    tickets_free(t);
}

static void advance__call_reverts_when_tried__no_redeem_is_sent(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    t->inner_reverts = true;
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "target_reverts");
    assert_int_equal(d.wake, CW_WAKE_RETRY);
    assert_int_equal(d.due_s, t->timeout_s + 1); /* no event tells that it expires */
    assert_int_equal(d.deadline_s, t->timeout_s);
    /* A call that brings value cannot be tried: the redeem's own simulation has to do. */
    uint8_t *data = cw_arena_alloc(&t->arena, t->origin.data.n);
    memcpy(data, t->origin.data.p, t->origin.data.n);
    data[63] = 9;
    t->origin.data.p = data;
    tickets_seal(t);
    t->txs_n = t->logs_n = 0;
    t->message.progress.n = 0;
    tickets_take_in(t, true);
    d = tickets_settle(t);
    assert_redeems(t, &d, 400000);
    tickets_free(t);
}

/* --- expiry --- */

static void advance__near_expiry__kept_alive_by_policy(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    t->inner_reverts = true;
    uint64_t end = TICKETS_MADE + TICKETS_LIFETIME;
    tickets_heads(t, end - 3600, end - 3700);
    assert_decides(tickets_settle(t), CW_WAIT, "target_reverts"); /* no policy */
    t->self.keepalive_s = 3599;
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "target_reverts"); /* not yet */
    assert_int_equal(d.due_s, time_of(end) - 3599);
    t->self.keepalive_s = 3600;
    d = tickets_settle(t);
    assert_decides(d, CW_ACT, "keepalive");
    assert_true(cw_selector_is(d.call.data, SEL_KEEPALIVE));
    assert_int_equal(d.call.gas_floor, 0);
    assert_int_equal(d.deadline_s, t->timeout_s);
    tickets_extend(t, end - 3600);
    tickets_heads(t, end - 3500, end - 3600);
    d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "target_reverts");
    assert_int_equal(d.deadline_s, time_of(end) + TICKETS_LIFETIME);
    /* A policy that is longer than a lifetime asks for no more than the precompile allows. */
    t->self.keepalive_s = UINT64_MAX;
    assert_decides(tickets_settle(t), CW_WAIT, "target_reverts");
    tickets_heads(t, end + 1, end);
    assert_decides(tickets_settle(t), CW_ACT, "keepalive");
    tickets_free(t);
}

static void advance__about_to_be_held__kept_alive_first_by_policy(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    for (uint64_t i = 0; i < 5; i++) {
        tickets_redeem(t, 1001 + i, &t->self.submitter, 400000u << i, true, false);
    }
    t->self.keepalive_s = 60;
    assert_decides(tickets_settle(t), CW_ACT, "keepalive");
    tickets_extend(t, 1099);
    assert_decides(tickets_settle(t), CW_HOLD, "target_reverts");
    tickets_free(t);
}

static void advance__expired__dead_with_its_loss_when_final(void **state) {
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct tickets *t = tickets_new(false);
        tickets_take_in(t, true);
        t->inner_reverts = true;
        if (known == 1) {
            assert_decides(tickets_settle(t), CW_WAIT, "target_reverts");
        }
        uint64_t end = TICKETS_MADE + TICKETS_LIFETIME;
        tickets_heads(t, end, end - 10);
        assert_decides(tickets_settle(t), CW_WAIT, "target_reverts"); /* in its last second */
        tickets_heads(t, end + 1, end - 10);
        struct cw_decision d = tickets_settle(t);
        assert_decides(d, CW_WAIT, "confirming");
        assert_int_equal(d.outcome, CW_OUTCOME_UNKNOWN);
        assert_int_equal(d.deadline_s, t->timeout_s); /* an alarm stands */
        if (known == 0) {
            t->message.progress.n = 0; /* as after a restored database */
        }
        tickets_heads(t, end + 20, end + 1);
        d = tickets_settle(t);
        assert_decides(d, CW_GIVE_UP, "expired");
        assert_non_null(strstr(d.detail, "its call to 0x70"));
        assert_non_null(strstr(d.detail, "0x4e00000000000000000000000000000000000002"));
        assert_int_equal(d.outcome, CW_OUTCOME_UNKNOWN);
        tickets_free(t);
    }
}

static void advance__kept_alive_by_somebody__expires_later(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_extend(t, 1010);
    uint64_t end = TICKETS_MADE + TICKETS_LIFETIME;
    t->inner_reverts = true;
    tickets_heads(t, end + 100, end + 90);
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "target_reverts");
    assert_int_equal(d.deadline_s, time_of(end) + TICKETS_LIFETIME);
    t->message.progress.n = 0; /* the event alone says it */
    tickets_heads(t, end + TICKETS_LIFETIME + 100, end + TICKETS_LIFETIME + 90);
    d = tickets_settle(t);
    assert_decides(d, CW_GIVE_UP, "expired");
    tickets_free(t);
}

static void advance__canceled__dead_when_final(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_redeem(t, TICKETS_MADE, &stranger, 200000, true, false);
    struct cw_decision redeem = tickets_settle(t);
    assert_redeems(t, &redeem, 400000);
    tickets_cancel(t, 1060);
    struct cw_decision d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "confirming");
    assert_int_equal(d.deadline_s, 0);
    tickets_heads(t, 1200, 1100);
    d = tickets_settle(t);
    assert_decides(d, CW_GIVE_UP, "canceled");
    assert_non_null(strstr(d.detail, "1060"));
    tickets_free(t);
}

/* --- what is not told, or not true --- */

static void advance__gone_and_the_logs_are_left_out__never_delivered(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_redeem(t, 1020, &t->self.submitter, 400000, true, true);
    t->hides_logs = true;
    for (int i = 0; i < 3; i++) {
        struct cw_decision d = tickets_settle(t);
        assert_decides(d, CW_WAIT, "gone_unexplained");
        assert_int_equal(d.outcome, CW_OUTCOME_UNKNOWN);
        assert_int_equal(d.wake, CW_WAKE_RETRY);
    }
    t->no_blocks = true; /* and nobody says when it was made */
    assert_decides(tickets_settle(t), CW_WAIT, "gone_unexplained");
    /* Nor did it expire, now that its time is over. */
    tickets_heads(t, TICKETS_MADE + TICKETS_LIFETIME + 99, TICKETS_MADE + TICKETS_LIFETIME + 50);
    t->no_blocks = false;
    assert_decides(tickets_settle(t), CW_WAIT, "gone_unexplained");
    t->hides_logs = false; /* an honest one */
    assert_decides(tickets_settle(t), CW_FINISHED, "finished");
    tickets_free(t);
}

static void advance__one_operator_leaves_logs_out__another_is_asked(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_redeem(t, 1020, &t->self.submitter, 400000, true, true);
    t->one_hides_logs = true;
    assert_decides(tickets_settle(t), CW_WAIT, "gone_unexplained");
    assert_decides(tickets_settle(t), CW_FINISHED, "finished");
    tickets_free(t);
}

/* The host verifies the evidence against it, and keeps the newest blocks only. */
static void advance__block_of_the_message_not_to_be_had__no_redeem(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    t->forgotten = true;
    assert_decides(tickets_settle(t), CW_WAIT, "unavailable");
    t->forgotten = false;
    struct cw_decision d = tickets_settle(t);
    assert_redeems(t, &d, 400000);
    tickets_free(t);
}

static void advance__retry_said_to_be_good_but_ticket_there__not_believed(void **state) {
    (void)state;
    static const uint64_t blocks[] = {TICKETS_MADE, 1020};
    for (size_t i = 0; i < CW_COUNT(blocks); i++) {
        struct tickets *t = tickets_new(false);
        tickets_take_in(t, true);
        tickets_redeem(t, blocks[i], &t->self.submitter, 400000, true, true);
        t->gone_block = 0;
        assert_decides(tickets_settle(t), CW_WAIT, "unexpected_answer");
        tickets_free(t);
    }
}

/* A date that no ticket can have would silence the alarm. */
static void advance__timeout_later_than_any_ticket_has__not_believed(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_heads(t, 1100, 1100);
    t->timeout_s = time_of(1100) + 2 * TICKETS_LIFETIME;
    assert_decides(tickets_settle(t), CW_ACT, "redeem");
    t->timeout_s++;
    assert_decides(tickets_settle(t), CW_WAIT, "unexpected_answer");
    t->timeout_s = UINT64_MAX;
    assert_decides(tickets_settle(t), CW_WAIT, "unexpected_answer");
    tickets_free(t);
}

/* An old ticket that nobody looked at: the events of millions of blocks, page by page. */
static void advance__long_history__read_in_pages_once(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    t->timeout_s += TICKETS_LIFETIME;
    tickets_redeem(t, 500000, &t->self.submitter, 400000, true, false);
    tickets_heads(t, 600000, 599000);
    struct cw_decision d = tickets_look(t);
    assert_decides(d, CW_WAIT, "reading_history");
    assert_int_equal(t->log_requests, 48);
    d = tickets_settle(t);
    assert_decides(d, CW_WAIT, "retry_failed");
    tickets_look(t);
    assert_in_range(t->log_requests, 1, 2);
    /* It is over, and found though many blocks are to be read. */
    tickets_redeem(t, 800000, &stranger, 400000, true, true);
    tickets_heads(t, 1000000, 999000);
    assert_decides(tickets_settle(t), CW_FINISHED, "finished");
    tickets_free(t);
}

/* What a reorganization takes back was never counted for good. */
static void advance__failed_redeem_reorganized_away__not_counted(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    tickets_take_in(t, true);
    tickets_redeem(t, 1080, &t->self.submitter, 400000, true, false);
    assert_decides(tickets_settle(t), CW_WAIT, "retry_failed");
    t->logs_n--;
    struct cw_decision d = tickets_settle(t);
    assert_redeems(t, &d, 400000);
    tickets_free(t);
}

/* --- evidence --- */

static void verify__of_a_deposit_or_another_call__refused(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false), *deposit = tickets_new(true);
    tickets_take_in(t, true);
    struct cw_decision d = tickets_settle(t);
    const struct cw_hash32 hash = t->message.source.hash;
    assert_redeems(t, &d, 400000);
    assert_valid(ticket_verify(t->adapter, &t->message, d.evidence, &hash, "redeem", &d.call));
    assert_reason(
        ticket_verify(deposit->adapter, &deposit->message, d.evidence, &hash, "redeem", &d.call),
        "a deposit needs no step");
    assert_reason(ticket_verify(t->adapter, &t->message, d.evidence, &hash, "keepalive", &d.call),
                  "keeping alive schedules no retry");
    struct cw_call call = d.call;
    call.estimate_tells = false;
    assert_reason(ticket_verify(t->adapter, &t->message, d.evidence, &hash, "redeem", &call),
                  "whether it is estimated anew is not as the step wants it");
    const struct ticket_evidence much = {t->message.source.number, 8000001};
    struct cw_slice blob;
    assert_int_equal(ticket_evidence_encode(&t->arena, &blob, &much), CW_OK);
    call = d.call;
    call.gas_floor = ticket_redeem_gas(&(struct cw_nitro_retryable){.data = {NULL, 0}}, 8000001);
    assert_reason(ticket_verify(t->adapter, &t->message, blob, &hash, "redeem", &call),
                  "the retry is owed less gas");
    call = d.call;
    call.batchable = true;
    assert_reason(ticket_verify(t->adapter, &t->message, d.evidence, &hash, "redeem", &call),
                  "a redeem gives away all the gas that it finds");
    struct ticket_evidence little = {t->message.source.number, 399999};
    struct cw_slice bytes;
    assert_int_equal(ticket_evidence_encode(&t->arena, &bytes, &little), CW_OK);
    assert_reason(ticket_verify(t->adapter, &t->message, bytes, &hash, "redeem", &d.call),
                  "the retry is owed more gas");
    t->message.source.hash.b[0] ^= 1;
    assert_reason(ticket_verify(t->adapter, &t->message, d.evidence, &hash, "redeem", &d.call),
                  "the message was not sent in that block");
    tickets_free(deposit);
    tickets_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advance__source_not_final__waits_for_it),
        cmocka_unit_test(advance__not_on_the_rollup__waits_for_the_sequencer),
        cmocka_unit_test(advance__stored_payload_damaged__held),
        cmocka_unit_test(advance__rollup_down__waits),
        cmocka_unit_test(advance__deposit__followed_to_its_receipt),
        cmocka_unit_test(advance__own_try_went_well__delivered_without_reading_logs),
        cmocka_unit_test(advance__no_ticket_made__dead_when_final),
        cmocka_unit_test(advance__own_try_failed_or_none__redeemed),
        cmocka_unit_test(advance__redeem_went_well__delivered_by_its_retry),
        cmocka_unit_test(advance__redeem_included_but_its_retry_failed__not_delivered),
        cmocka_unit_test(advance__redeem_failed_near_expiry__tried_again_before),
        cmocka_unit_test(advance__retry_not_run_yet__waited_for_then_given_up),
        cmocka_unit_test(advance__strangers_redeem_with_too_little_gas__do_not_count),
        cmocka_unit_test(advance__strangers_redeem_and_fail__ours_does_not_wait_for_them),
        cmocka_unit_test(advance__failed_too_often__held_until_released),
        cmocka_unit_test(advance__call_reverts_when_tried__no_redeem_is_sent),
        cmocka_unit_test(advance__near_expiry__kept_alive_by_policy),
        cmocka_unit_test(advance__about_to_be_held__kept_alive_first_by_policy),
        cmocka_unit_test(advance__expired__dead_with_its_loss_when_final),
        cmocka_unit_test(advance__kept_alive_by_somebody__expires_later),
        cmocka_unit_test(advance__canceled__dead_when_final),
        cmocka_unit_test(advance__gone_and_the_logs_are_left_out__never_delivered),
        cmocka_unit_test(advance__one_operator_leaves_logs_out__another_is_asked),
        cmocka_unit_test(advance__block_of_the_message_not_to_be_had__no_redeem),
        cmocka_unit_test(advance__retry_said_to_be_good_but_ticket_there__not_believed),
        cmocka_unit_test(advance__timeout_later_than_any_ticket_has__not_believed),
        cmocka_unit_test(advance__long_history__read_in_pages_once),
        cmocka_unit_test(advance__failed_redeem_reorganized_away__not_counted),
        cmocka_unit_test(verify__of_a_deposit_or_another_call__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
