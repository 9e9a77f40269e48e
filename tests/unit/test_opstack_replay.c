/* A withdrawal whose call failed behind the L1 messenger, over a model of both layers. */
#include "opstack_model.h"

#include <causeway/keccak.h>

#include <string.h>

#include "opstack/internal.h"
#include "vectors.h"

struct scene {
    struct model *m;
    struct cw_adapter *adapter;
};

/* Finalized, the messenger recorded a failure; all of it final. */
static struct scene open_scene(bool games) {
    struct scene s = {.m = model_new(games, MODEL_RELAY)};
    s.m->configured = s.m->messenger;
    s.m->self.replay = true;
    s.m->done_latest = s.m->done_final = s.m->failed_latest = s.m->failed_final = true;
    s.m->message.stage = CW_STAGE_EXECUTED_FINAL;
    s.m->message.outcome = CW_OUTCOME_RELAY_FAILED;
    s.adapter = model_adapter(s.m);
    return s;
}

static void close_scene(struct scene *s) {
    cw_opstack_withdrawal.close(s->adapter);
    model_free(s->m);
}

static void look_replay__recorded_failure__the_same_call_once_more(void **state) {
    (void)state;
    for (unsigned games = 0; games < 2; games++) {
        struct scene s = open_scene(games == 1);
        struct cw_decision d = model_look(s.m, s.adapter); /* verifies as a host does */
        assert_int_equal(d.verb, CW_ACT);
        assert_string_equal(d.step, "replay");
        assert_int_equal(d.stage, CW_STAGE_EXECUTED_FINAL);
        assert_int_equal(d.outcome, CW_OUTCOME_RELAY_FAILED);
        assert_int_equal(d.call.side, CW_SETTLEMENT);
        assert_true(cw_addr20_equal(&d.call.to, &s.m->messenger));
        assert_true(cw_u256_is_zero(&d.call.value.v));
        assert_true(cw_slice_equal(d.call.data, s.m->withdrawal.data));
        struct cw_hash32 hash;
        cw_keccak256(&hash, d.call.data);
        assert_hash(hash, s.m->message.alias);
        assert_true(cw_addr20_equal(&d.call.simulate_from, &OPSTACK_ESTIMATION_ADDRESS));
        assert_false(d.call.target_may_fail);
        assert_true(d.call.may_do_nothing);
        /* 60 000 by SafeCall's rule with 85 000 of the messenger's own, and the transaction. */
        assert_true(d.call.gas_floor > 21000 + 60000 + 60000 / 63 + 85000);
        assert_true(d.call.gas_floor < 300000);
        close_scene(&s);
    }
}

static void look_replay__failure_that_is_not_final__is_not_waited_for(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    s.m->done_final = s.m->failed_final = false;
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_string_equal(d.step, "replay");
    assert_int_equal(d.stage, CW_STAGE_EXECUTED);
    close_scene(&s);
}

static void look_replay__until_it_ran__then_finished(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    s.m->ran_latest = true;
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_WAIT);
    assert_string_equal(d.reason, "confirming");
    assert_int_equal(d.outcome, CW_OUTCOME_SUCCESS);
    s.m->ran_final = true;
    d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_FINISHED);
    assert_int_equal(d.outcome, CW_OUTCOME_SUCCESS);
    close_scene(&s);
}

static void look_replay__against_the_policy__held(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    s.m->self.replay = false;
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_HOLD);
    assert_string_equal(d.reason, "relay_failed");
    close_scene(&s);
}

static void look_replay__messenger_not_configured__held_and_says_so(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    struct cw_adapter *unnamed = NULL;
    memset(&s.m->configured, 0, sizeof s.m->configured);
    assert_int_equal(model_prepare(s.m, &unnamed).state, CW_PREPARE_OK);
    struct cw_decision d = model_look(s.m, unnamed);
    assert_int_equal(d.verb, CW_HOLD);
    assert_string_equal(d.reason, "relay_failed");
    assert_non_null(strstr(d.detail, "name the messenger"));
    struct cw_step_call calls[8];
    size_t n = 0;
    assert_int_equal(cw_opstack_withdrawal.calls(unnamed, calls, 8, &n), CW_OK);
    assert_int_equal(n, 4);
    cw_opstack_withdrawal.close(unnamed);
    close_scene(&s);
}

static void look_replay__stored_evidence__serves(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_true(d.evidence.n > 0);
    model_apply(s.m, &d);
    s.m->proof_window_from = 1000; /* nobody proves anything any more */
    d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_null(d.evidence.p);
    close_scene(&s);
}

static void look_replay__no_evidence_to_be_had__waits(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    s.m->proof_window_from = 1000;
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_WAIT);
    assert_string_equal(d.reason, "proof_unavailable");
    assert_int_equal(d.outcome, CW_OUTCOME_RELAY_FAILED);
    close_scene(&s);
}

static void look_replay__source_not_final_here__waits(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    s.m->heads[CW_EXECUTION].final.number.v = 99;
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_WAIT);
    assert_string_equal(d.reason, "source_not_final");
    assert_int_equal(d.wake, CW_WAKE_SOURCE);
    close_scene(&s);
}

/* What was proved for a replay names no root that could be proved in. */
static void verify__evidence_of_a_replay__permits_no_prove(void **state) {
    (void)state;
    for (unsigned games = 0; games < 2; games++) {
        struct scene s = open_scene(games == 1);
        struct cw_decision replay = model_look(s.m, s.adapter);
        model_apply(s.m, &replay);
        s.m->done_latest = s.m->done_final = s.m->failed_latest = s.m->failed_final = false;
        if (games == 1) {
            model_game_add(s.m, 120, MODEL_T0 + 150);
        } else {
            model_output_add(s.m, 120, MODEL_T0 + 150);
        }
        struct cw_decision d = model_settle(s.m, s.adapter);
        assert_int_equal(d.verb, CW_ACT);
        assert_string_equal(d.step, "prove");
        struct cw_block_number block;
        assert_int_equal(opstack_evidence_block(replay.evidence, &block), CW_OK);
        struct cw_hash32 hash = model_block_hash(s.m, block.v);
        assert_int_equal(
            opstack_verify(s.adapter, &s.m->message, replay.evidence, &hash, "prove", &d.call)
                .verdict,
            CW_INVALID);
        close_scene(&s);
    }
}

static void verify__replay_that_could_fail_for_nothing__is_refused(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    struct cw_decision d = model_look(s.m, s.adapter);
    struct cw_block_number block;
    assert_int_equal(opstack_evidence_block(d.evidence, &block), CW_OK);
    struct cw_hash32 hash = model_block_hash(s.m, block.v);
    for (unsigned i = 0; i < 3; i++) {
        struct cw_call call = d.call;
        memset(&call.simulate_from, 0, i == 1 ? sizeof call.simulate_from : 0);
        call.target_may_fail = i == 2;
        assert_int_equal(
            opstack_verify(s.adapter, &s.m->message, d.evidence, &hash, "replay", &call).verdict,
            i == 0 ? CW_VALID : CW_INVALID);
    }
    close_scene(&s);
}

static void prepare__another_messenger_is_configured__held(void **state) {
    (void)state;
    for (unsigned wired = 0; wired < 2; wired++) {
        struct model *m = model_new(true, MODEL_RELAY);
        struct cw_adapter *adapter = NULL;
        m->configured = wired == 1 ? MODEL_STRANGER : m->messenger;
        if (wired == 0) {
            m->messenger_portal = MODEL_STRANGER;
        }
        struct cw_preparation p = model_prepare(m, &adapter);
        assert_int_equal(p.state, CW_PREPARE_HOLD);
        assert_string_equal(p.reason, "wrong_messenger");
        cw_opstack_withdrawal.close(adapter);
        model_free(m);
    }
}

/* "Error(string)" with that text. */
static struct cw_revert revert_of(const struct scene *s, const char *step, const char *text) {
    struct cw_buf buf;
    struct cw_revert revert;
    cw_buf_init(&buf, 1024);
    cw_abi_put_selector(&buf, cw_selector_of("Error(string)"));
    size_t base = cw_abi_base(&buf), at = cw_abi_put_offset(&buf);
    cw_abi_place(&buf, base, at);
    cw_abi_put_bytes(&buf, cw_slice_of(text, strlen(text)));
    opstack_revert(s->adapter, &s->m->message, step, cw_buf_slice(&buf), &revert);
    cw_buf_done(&buf);
    return revert;
}

static void revert__of_a_replay__backs_off(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum cw_revert_class class_;
    } rows[] = {
        {"CrossDomainMessenger: failed to relay message", CW_REVERT_TARGET_KEPT},
        {"CrossDomainMessenger: paused", CW_REVERT_WAIT},
        {"Pausable: paused", CW_REVERT_WAIT},
        {"CrossDomainMessenger: message has already been relayed", CW_REVERT_DONE},
        {"CrossDomainMessenger: message cannot be replayed", CW_REVERT_ASK},
    };
    struct scene s = open_scene(true);
    for (size_t i = 0; i < CW_COUNT(rows); i++) {
        assert_int_equal(revert_of(&s, "replay", rows[i].text).class_, rows[i].class_);
    }
    close_scene(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(look_replay__recorded_failure__the_same_call_once_more),
        cmocka_unit_test(look_replay__failure_that_is_not_final__is_not_waited_for),
        cmocka_unit_test(look_replay__until_it_ran__then_finished),
        cmocka_unit_test(look_replay__against_the_policy__held),
        cmocka_unit_test(look_replay__messenger_not_configured__held_and_says_so),
        cmocka_unit_test(look_replay__stored_evidence__serves),
        cmocka_unit_test(look_replay__no_evidence_to_be_had__waits),
        cmocka_unit_test(look_replay__source_not_final_here__waits),
        cmocka_unit_test(verify__evidence_of_a_replay__permits_no_prove),
        cmocka_unit_test(verify__replay_that_could_fail_for_nothing__is_refused),
        cmocka_unit_test(prepare__another_messenger_is_configured__held),
        cmocka_unit_test(revert__of_a_replay__backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
