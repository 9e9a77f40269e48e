/* advance() behind the L2OutputOracle's portal, over a model of both layers. */
#include "opstack_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opstack/internal.h"
#include "vectors.h"

struct scene {
    struct model *m;
    struct cw_adapter *adapter;
};

static struct scene open_scene(enum model_kind kind) {
    struct scene s = {.m = model_new(false, kind)};
    s.adapter = model_adapter(s.m);
    return s;
}

static void close_scene(struct scene *s) {
    cw_opstack_withdrawal.close(s->adapter);
    model_free(s->m);
}

static void prove_in_model(struct model *m, size_t output, uint64_t at_s) {
    m->proven_root = m->outputs[output].root;
    m->proven_index = output;
    m->proven_s = at_s;
}

/* One look at a fresh message, after arrange() did what it wants. */
struct row {
    const char *name;
    enum model_kind kind;
    void (*arrange)(struct model *m);
    enum cw_verb verb;
    enum cw_stage stage;
    const char *reason; /* of an ACT: the step */
    enum cw_outcome outcome;
    uint64_t due_s; /* after MODEL_T0; 0: none */
};

static void nothing(struct model *m) {
    (void)m;
}
static void not_safe(struct model *m) {
    m->heads[CW_EXECUTION].final.number.v = 90;
    m->heads[CW_EXECUTION].safe.number.v = 95;
}
static void not_final(struct model *m) {
    m->heads[CW_EXECUTION].final.number.v = 99;
    m->heads[CW_EXECUTION].safe.number.v = 100;
}
static void last_block_is_enough(struct model *m) {
    m->heads[CW_EXECUTION].final.number.v = 100;
    model_output_add(m, 100, MODEL_T0 + 150);
}
static void older_output(struct model *m) {
    model_output_add(m, 99, MODEL_T0 + 150);
}
static void two_outputs(struct model *m) {
    model_output_add(m, 99, MODEL_T0 + 150);
    model_output_add(m, 120, MODEL_T0 + 160);
    model_output_add(m, 140, MODEL_T0 + 170);
}
static void starts_above(struct model *m) {
    m->starting_block = 120;
}
static void false_output(struct model *m) {
    two_outputs(m);
    m->outputs[1].root = model_false_root(1);
}
static void output_ahead(struct model *m) {
    model_output_add(m, 201, MODEL_T0 + 260);
}
static void window_passed(struct model *m) {
    two_outputs(m);
    m->proof_window_from = 141;
}
static void window_leaves_newest(struct model *m) {
    two_outputs(m);
    m->proof_window_from = 130;
}
static void window_leaves_one_that_is_final(struct model *m) {
    two_outputs(m);
    model_output_add(m, 220, MODEL_T0 + 230);
    m->proof_window_from = 130;
}
static void account_proof_lies(struct model *m) {
    two_outputs(m);
    m->bad_account_proof = true;
}
static void storage_proof_lies(struct model *m) {
    two_outputs(m);
    m->bad_storage_proof = true;
}
static void paused_before_prove(struct model *m) {
    two_outputs(m);
    m->paused = true;
}
static void proven_young(struct model *m) {
    two_outputs(m);
    prove_in_model(m, 1, MODEL_T0 + 500);
}
static void proven_on_young_output(struct model *m) {
    two_outputs(m);
    m->outputs[1].proposed_s = MODEL_T0 + 600;
    prove_in_model(m, 1, MODEL_T0 + 500);
}
static void proven_at_the_edge(struct model *m) {
    two_outputs(m);
    prove_in_model(m, 1, MODEL_T0 + 300); /* + 700 is now: one second too early */
}
static void proven_mature(struct model *m) {
    two_outputs(m);
    prove_in_model(m, 1, MODEL_T0 + 299);
}
static void proven_mature_paused(struct model *m) {
    proven_mature(m);
    m->paused = true;
}
static void proven_by_stranger_on_later(struct model *m) {
    two_outputs(m);
    prove_in_model(m, 2, MODEL_T0 + 299);
}
static void proven_output_deleted(struct model *m) {
    proven_mature(m);
    m->outputs_n = 1;
}
static void proven_output_replaced(struct model *m) {
    proven_mature(m);
    m->proven_root = model_false_root(7);
}
static void proven_on_false(struct model *m) {
    false_output(m);
    prove_in_model(m, 1, MODEL_T0 + 299);
}
static void proven_ahead(struct model *m) {
    output_ahead(m);
    prove_in_model(m, 0, MODEL_T0 + 299);
}
static void proven_but_unprovable_here(struct model *m) {
    proven_mature(m);
    m->proof_window_from = 150;
}
static void executed(struct model *m) {
    proven_mature(m);
    m->done_latest = true;
    m->message.outcome = CW_OUTCOME_SUCCESS;
}
static void executed_final(struct model *m) {
    executed(m);
    m->done_final = true;
}
static void burnt_final(struct model *m) {
    executed_final(m);
    m->message.outcome = CW_OUTCOME_CALL_FAILED;
}
static void executed_unheard_of(struct model *m) {
    executed_final(m);
    m->message.outcome = CW_OUTCOME_UNKNOWN;
}
static void relayed(struct model *m) {
    executed_final(m);
    m->message.outcome = CW_OUTCOME_UNKNOWN;
    m->ran_latest = m->ran_final = true;
}
static void relay_failed(struct model *m) {
    executed_final(m); /* the portal's own SUCCESS must not count */
    m->failed_latest = m->failed_final = true;
}
static void relay_failed_not_final(struct model *m) {
    executed(m);
    m->failed_latest = true;
}
static void replayed(struct model *m) {
    relay_failed(m);
    m->ran_latest = m->ran_final = true;
}
static void replay_not_final(struct model *m) {
    relay_failed(m);
    m->ran_latest = true;
}
static void seen_executed_before(struct model *m) {
    executed_final(m);
    m->message.stage = CW_STAGE_EXECUTED;
}
static void seen_executed_before_and_not_final(struct model *m) {
    executed(m);
    m->message.stage = CW_STAGE_EXECUTED;
}
static void seen_failed_before(struct model *m) {
    relay_failed(m);
    m->message.stage = CW_STAGE_EXECUTED_FINAL;
}
static void seen_failed_before_and_replayed(struct model *m) {
    replay_not_final(m);
    m->message.stage = CW_STAGE_EXECUTED_FINAL;
}
static void was_about_to_be(struct model *m) {
    executed_final(m);
    m->message.stage = CW_STAGE_CHALLENGE_OVER;
}
static void was_about_to_be_and_all_is_final(struct model *m) {
    was_about_to_be(m);
    m->heads[CW_SETTLEMENT].final = m->heads[CW_SETTLEMENT].latest;
}
static void executed_and_proven_again(struct model *m) {
    proven_young(m);
    m->done_latest = true;
    m->message.outcome = CW_OUTCOME_SUCCESS;
}
static void executed_and_not_heard_of_when_proven(struct model *m) {
    proven_mature(m);
    m->done_latest = true;
    m->message.stage = CW_STAGE_PROVEN;
}
static void burnt_in_messenger(struct model *m) {
    executed_final(m);
}
static void reorged_away(struct model *m) {
    m->message.stage = CW_STAGE_EXECUTED;
    m->message.outcome = CW_OUTCOME_SUCCESS;
}
static void endpoint_down(struct model *m) {
    m->settlement_down = true;
}
static void rubbish(struct model *m) {
    two_outputs(m);
    m->malformed = SEL_PROVEN_BY_HASH;
}
static void rubbish_output(struct model *m) {
    two_outputs(m);
    m->malformed = SEL_OUTPUT;
}
static void corrupt_payload(struct model *m) {
    m->message.payload.n--;
}
static void corrupt_progress(struct model *m) {
    m->message.progress = CW_LITERAL("\xc1");
    two_outputs(m);
}
static void corrupt_evidence(struct model *m) {
    m->message.evidence = CW_LITERAL("rubbish");
    two_outputs(m);
}

#define RAW   MODEL_RAW
#define RELAY MODEL_RELAY
static const struct row rows[] = {
    {"fresh", RAW, not_safe, CW_WAIT, CW_STAGE_SEEN, "source_not_final", 0, 0},
    {"safe", RAW, not_final, CW_WAIT, CW_STAGE_SAFE, "source_not_final", 0, 0},
    {"no output at all", RAW, nothing, CW_WAIT, CW_STAGE_SOURCE_FINAL, "no_root", 0, 0},
    {"older output only", RAW, older_output, CW_WAIT, CW_STAGE_SOURCE_FINAL, "no_root", 0, 0},
    {"oracle starts above", RAW, starts_above, CW_WAIT, CW_STAGE_SOURCE_FINAL, "no_root", 0, 0},
    {"covered", RAW, two_outputs, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, 0},
    {"covered exactly", RAW, last_block_is_enough, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, 0},
    {"covered, messenger", RELAY, two_outputs, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, 0},
    {"false root", RAW, false_output, CW_WAIT, CW_STAGE_SOURCE_FINAL, "root_mismatch", 0, 0},
    {"root ahead", RAW, output_ahead, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "root_not_final_here", 0,
     0},
    {"window passed", RAW, window_passed, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "proof_unavailable", 0,
     0},
    {"window", RAW, window_leaves_newest, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, 0},
    {"window, newest not final", RAW, window_leaves_one_that_is_final, CW_ACT,
     CW_STAGE_ROOT_VERIFIED, "prove", 0, 0},
    {"account proof lies", RAW, account_proof_lies, CW_WAIT, CW_STAGE_ROOT_COMMITTED,
     "proof_unavailable", 0, 0},
    {"storage proof lies", RAW, storage_proof_lies, CW_WAIT, CW_STAGE_ROOT_COMMITTED,
     "proof_unavailable", 0, 0},
    {"paused", RAW, paused_before_prove, CW_WAIT, CW_STAGE_ROOT_VERIFIED, "paused", 0, 0},
    {"proof young", RAW, proven_young, CW_WAIT, CW_STAGE_PROVEN, "proof_maturing", 0, 1201},
    {"output young", RAW, proven_on_young_output, CW_WAIT, CW_STAGE_PROVEN, "output_maturing", 0,
     1301},
    {"one second early", RAW, proven_at_the_edge, CW_WAIT, CW_STAGE_PROVEN, "proof_maturing", 0,
     1001},
    {"mature", RAW, proven_mature, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize", 0, 0},
    {"mature, messenger", RELAY, proven_mature, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize", 0, 0},
    {"mature, paused", RAW, proven_mature_paused, CW_WAIT, CW_STAGE_CHALLENGE_OVER, "paused", 0, 0},
    {"proven by a stranger on a later output", RAW, proven_by_stranger_on_later, CW_ACT,
     CW_STAGE_CHALLENGE_OVER, "finalize", 0, 0},
    {"output deleted", RAW, proven_output_deleted, CW_WAIT, CW_STAGE_SOURCE_FINAL, "output_deleted",
     0, 0},
    {"output replaced", RAW, proven_output_replaced, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, 0},
    {"proven on a false root", RAW, proven_on_false, CW_HOLD, CW_STAGE_PROVEN,
     "proven_on_false_root", 0, 0},
    {"proven ahead of us", RAW, proven_ahead, CW_WAIT, CW_STAGE_PROVEN, "root_not_final_here", 0,
     0},
    {"proven, unprovable", RAW, proven_but_unprovable_here, CW_WAIT, CW_STAGE_PROVEN,
     "proof_unavailable", 0, 0},
    {"executed", RAW, executed, CW_WAIT, CW_STAGE_EXECUTED, "confirming", CW_OUTCOME_SUCCESS, 1150},
    {"executed, final", RAW, executed_final, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_SUCCESS, 0},
    {"burnt", RAW, burnt_final, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_CALL_FAILED, 0},
    {"executed, no event", RAW, executed_unheard_of, CW_WAIT, CW_STAGE_EXECUTED_FINAL,
     "outcome_unknown", CW_OUTCOME_UNKNOWN, 4600},
    {"relayed", RELAY, relayed, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_SUCCESS, 0},
    {"relay failed", RELAY, relay_failed, CW_HOLD, CW_STAGE_EXECUTED_FINAL, "relay_failed",
     CW_OUTCOME_RELAY_FAILED, 0},
    {"relay failed, not final", RELAY, relay_failed_not_final, CW_WAIT, CW_STAGE_EXECUTED,
     "confirming", CW_OUTCOME_RELAY_FAILED, 1150},
    {"replayed", RELAY, replayed, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_SUCCESS, 0},
    {"replayed, not final", RELAY, replay_not_final, CW_WAIT, CW_STAGE_EXECUTED, "confirming",
     CW_OUTCOME_SUCCESS, 1150},
    {"seen executed before", RAW, seen_executed_before, CW_FINISHED, CW_STAGE_EXECUTED_FINAL,
     "finished", CW_OUTCOME_SUCCESS, 0},
    {"seen executed before, not final", RAW, seen_executed_before_and_not_final, CW_WAIT,
     CW_STAGE_EXECUTED, "confirming", CW_OUTCOME_SUCCESS, 1150},
    {"seen failed before", RELAY, seen_failed_before, CW_HOLD, CW_STAGE_EXECUTED_FINAL,
     "relay_failed", CW_OUTCOME_RELAY_FAILED, 0},
    {"seen failed before, replayed", RELAY, seen_failed_before_and_replayed, CW_WAIT,
     CW_STAGE_EXECUTED, "confirming", CW_OUTCOME_SUCCESS, 1150},
    {"was about to be", RAW, was_about_to_be, CW_WAIT, CW_STAGE_EXECUTED, "confirming",
     CW_OUTCOME_SUCCESS, 1150},
    {"was about to be, all is final", RAW, was_about_to_be_and_all_is_final, CW_FINISHED,
     CW_STAGE_EXECUTED_FINAL, "finished", CW_OUTCOME_SUCCESS, 0},
    {"proven again", RAW, executed_and_proven_again, CW_WAIT, CW_STAGE_EXECUTED, "confirming",
     CW_OUTCOME_SUCCESS, 1150},
    {"executed when proven", RAW, executed_and_not_heard_of_when_proven, CW_WAIT, CW_STAGE_EXECUTED,
     "confirming", CW_OUTCOME_UNKNOWN, 1150},
    {"burnt in the messenger", RELAY, burnt_in_messenger, CW_FINISHED, CW_STAGE_EXECUTED_FINAL,
     "finished", CW_OUTCOME_CALL_FAILED, 0},
    {"finalize reorged away", RAW, reorged_away, CW_WAIT, CW_STAGE_SOURCE_FINAL, "no_root",
     CW_OUTCOME_UNKNOWN, 0},
    {"endpoint down", RAW, endpoint_down, CW_WAIT, CW_STAGE_SEEN, "unavailable", 0, 0},
    {"rubbish", RAW, rubbish, CW_WAIT, CW_STAGE_SEEN, "unexpected_answer", 0, 0},
    {"rubbish output", RAW, rubbish_output, CW_WAIT, CW_STAGE_SEEN, "unexpected_answer", 0, 0},
    {"corrupt payload", RAW, corrupt_payload, CW_HOLD, CW_STAGE_SEEN, "bad_payload", 0, 0},
    {"corrupt progress", RAW, corrupt_progress, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, 0},
    {"corrupt evidence", RAW, corrupt_evidence, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, 0},
};

static void look_outputs__each_situation__decides(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct scene s = open_scene(row->kind);
        row->arrange(s.m);
        struct cw_decision d = model_look(s.m, s.adapter);
        if (d.verb != row->verb || d.stage != row->stage || strcmp(d.reason, row->reason) != 0 ||
            d.outcome != row->outcome || (row->due_s != 0 && d.due_s != MODEL_T0 + row->due_s)) {
            fail_msg("%s: verb %d, stage %s, %s, %s, due T0 + %lld (%s)", row->name, (int)d.verb,
                     cw_stage_name(d.stage), d.reason, cw_outcome_name(d.outcome),
                     (long long)d.due_s - MODEL_T0, d.detail);
        }
        /* 700 s from now where it is still to be proven */
        if (d.stage == CW_STAGE_PROVEN && row->due_s != 0) {
            assert_int_equal(d.earliest_s, MODEL_T0 + row->due_s);
        } else if (d.verb == CW_ACT && strcmp(d.step, "prove") == 0) {
            assert_int_equal(d.earliest_s, MODEL_T0 + 1701);
        }
        assert_true(d.detail[0] != '\0' || d.verb == CW_ACT);
        if (d.verb == CW_ACT) {
            assert_string_equal(d.step, row->reason);
        }
        close_scene(&s);
    }
}

static void prove__whole_calldata__is_what_the_portal_wants(void **state) {
    (void)state;
    static const struct {
        size_t shared;
        bool contract_form;
    } forms[] = {{0, false}, {8, false}, {8, true}, {9, false}, {9, true}};
    for (size_t i = 0; i < CW_COUNT(forms); i++) {
        struct scene s = open_scene(MODEL_RAW);
        s.m->shared_nibbles = forms[i].shared;
        s.m->contract_form = forms[i].contract_form;
        two_outputs(s.m);
        struct cw_decision d = model_look(s.m, s.adapter);
        assert_int_equal(d.verb, CW_ACT);
        assert_true(cw_addr20_equal(&d.call.to, &s.m->portal));
        assert_true(cw_addr20_is_zero(&d.call.simulate_from));

        struct cw_abi in, tx, proof;
        struct cw_hash32 word;
        struct cw_op_output output;
        struct cw_u256 nonce;
        struct cw_slice nodes[4];
        uint64_t index;
        size_t n;
        assert_int_equal(cw_abi_open_call(&in, d.call.data, cw_selector_from_u32(0x4870496fu)),
                         CW_OK);
        assert_int_equal(cw_abi_tuple(&in, &tx), CW_OK);
        assert_int_equal(cw_abi_u256(&tx, &nonce), CW_OK);
        assert_int_equal(cw_u256_cmp(&nonce, &s.m->withdrawal.nonce), 0);
        assert_int_equal(cw_abi_u64(&in, &index), CW_OK);
        assert_int_equal(index, 1);
        assert_int_equal(cw_abi_word(&in, &output.version), CW_OK);
        assert_int_equal(cw_abi_word(&in, &output.state_root), CW_OK);
        assert_int_equal(cw_abi_word(&in, &output.passer_storage_root), CW_OK);
        assert_int_equal(cw_abi_word(&in, &output.block_hash), CW_OK);
        assert_int_equal(cw_abi_array(&in, &proof, &n, 1), CW_OK);
        assert_int_equal(n, forms[i].shared == 0 ? 1 : 3);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(cw_abi_bytes(&proof, &nodes[k]), CW_OK);
        }
        cw_op_output_root(&word, &output);
        assert_true(cw_hash32_equal(&word, &s.m->outputs[1].root));
        assert_int_equal(cw_op_withdrawal_verify(&word, &output, &s.m->message.id, nodes, n,
                                                 CW_MPT_FORM_CONTRACT)
                             .verdict,
                         CW_VALID);
        close_scene(&s);
    }
}

static uint64_t proved_on(const struct cw_decision *d) {
    struct cw_abi in, tx;
    uint64_t index = 0;
    assert_int_equal(cw_abi_open_call(&in, d->call.data, cw_selector_from_u32(SEL_PROVE)), CW_OK);
    assert_int_equal(cw_abi_tuple(&in, &tx), CW_OK);
    assert_int_equal(cw_abi_u64(&in, &index), CW_OK);
    return index;
}

/* Outputs 1 to 12 cover the message, for every fourth block from 104 on. */
static void many_outputs(struct model *m) {
    model_output_add(m, 99, MODEL_T0 + 150);
    for (uint64_t i = 1; i <= 12; i++) {
        model_output_add(m, 100 + 4 * i, MODEL_T0 + 150 + i);
    }
}

static void prove__old_states_are_gone__on_the_oldest_that_is_left(void **state) {
    (void)state;
    static const struct {
        uint64_t from, index; /* index 0: on none */
    } windows[] = {{104, 1},  {105, 5},  {120, 5},  {121, 9},  {136, 9},
                   {137, 11}, {144, 11}, {145, 12}, {148, 12}, {149, 0}};
    for (size_t i = 0; i < CW_COUNT(windows); i++) {
        struct scene s = open_scene(MODEL_RAW);
        many_outputs(s.m);
        s.m->proof_window_from = windows[i].from;
        struct cw_decision d = model_look(s.m, s.adapter);
        if (windows[i].index == 0) {
            assert_string_equal(d.reason, "proof_unavailable");
            assert_int_equal(d.wake, CW_WAKE_ROOT);
            assert_string_equal(d.detail,
                                "nobody proves L2 block 104, 116 below the head, nor that of a "
                                "later root; waits for the next root, or for an endpoint that has "
                                "its state: l2.example: distance to target block exceeds maximum "
                                "proof window");
        } else {
            assert_string_equal(d.step, "prove");
            assert_int_equal(proved_on(&d), windows[i].index);
        }
        close_scene(&s);
    }
}

static void prove__what_is_left_is_not_final_here__waits_for_that(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    many_outputs(s.m);
    s.m->proof_window_from = 137;
    s.m->heads[CW_EXECUTION].final.number.v = 143;
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_unavailable");
    assert_int_equal(d.wake, CW_WAKE_SOURCE);
    assert_non_null(strstr(d.detail, "waits until the newest roots are final here, or for an"));
    s.m->heads[CW_EXECUTION].final.number.v = 144;
    d = model_look(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_int_equal(proved_on(&d), 11);
    close_scene(&s);
}

static void prove__a_later_output_is_false__not_on_what_is_deleted_with_it(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    many_outputs(s.m);
    s.m->proof_window_from = 121;
    s.m->outputs[9].root = model_false_root(1);
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_unavailable");
    close_scene(&s);
}

static void proven__on_a_root_that_nobody_proves__waits_for_an_endpoint(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    proven_but_unprovable_here(s.m);
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_int_equal(d.wake, CW_WAKE_RETRY);
    assert_non_null(strstr(d.detail, "below the head; waits for an endpoint that has its state: "));
    close_scene(&s);
}

static void finalize__call__never_burns_what_cannot_be_replayed(void **state) {
    (void)state;
    static const struct {
        enum model_kind kind;
        bool may_fail;
    } kinds[] = {{MODEL_RAW, false}, {MODEL_RELAY, true}, {MODEL_RELAY_TO_PORTAL, false}};
    for (size_t i = 0; i < CW_COUNT(kinds); i++) {
        struct scene s = open_scene(kinds[i].kind);
        proven_mature(s.m);
        struct cw_decision d = model_look(s.m, s.adapter);
        assert_int_equal(d.verb, CW_ACT);
        assert_true(cw_addr20_equal(&d.call.simulate_from, &OPSTACK_ESTIMATION_ADDRESS));
        assert_int_equal(d.call.target_may_fail, kinds[i].may_fail);
        assert_true(cw_selector_is(d.call.data, 0x8c3152e9u));
        /* 100 000 for the inner call by SafeCall's rule, 21 000 for the transaction, and the checks
         */
        assert_true(d.call.gas_floor > 21000 + 100000 + 100000 / 63 + 40000);
        assert_true(d.call.gas_floor < 500000);

        struct cw_block_number block;
        assert_int_equal(opstack_evidence_block(d.evidence, &block), CW_OK);
        struct cw_hash32 hash = model_block_hash(s.m, block.v);
        struct cw_call call = d.call;
        call.target_may_fail = true;
        assert_int_equal(
            opstack_verify(s.adapter, &s.m->message, d.evidence, &hash, "finalize", &call).verdict,
            kinds[i].may_fail ? CW_VALID : CW_INVALID);
        call = d.call;
        memset(&call.simulate_from, 0,
               sizeof call.simulate_from); /* it would not see the failure */
        assert_int_equal(
            opstack_verify(s.adapter, &s.m->message, d.evidence, &hash, "finalize", &call).verdict,
            CW_INVALID);
        close_scene(&s);
    }
}

static void finalize_gas__boundless_gas_limit__saturates(void **state) {
    (void)state;
    static const struct cw_adapter plain = {0}, registry = {.registry = {{1}}};
    struct cw_op_withdrawal w = {.gas_limit = {{0, 0, 1, 0}}};
    assert_true(opstack_finalize_gas(&plain, &w, CW_LITERAL("data")) == UINT64_MAX);
    w.gas_limit = cw_u256_from_u64(UINT64_MAX);
    assert_true(opstack_finalize_gas(&plain, &w, CW_LITERAL("data")) == UINT64_MAX);
    w.gas_limit = cw_u256_from_u64(2050000);
    assert_in_range(opstack_finalize_gas(&plain, &w, CW_LITERAL("data")), 2250000, 2400000);
    assert_true(opstack_finalize_gas(&registry, &w, CW_LITERAL("data")) >
                opstack_finalize_gas(&plain, &w, CW_LITERAL("data")) + 100000);
}

static void look_outputs__stored_evidence__is_used_again(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    two_outputs(s.m);
    struct cw_decision first = model_look(s.m, s.adapter);
    model_apply(s.m, &first);
    assert_true(first.evidence.n > 0);
    s.m->proof_window_from = 1000; /* it could not be fetched again */
    struct cw_decision again = model_look(s.m, s.adapter);
    assert_int_equal(again.verb, CW_ACT);
    assert_null(again.evidence.p);
    assert_true(cw_slice_equal(first.call.data, again.call.data));

    /* Mined: what was verified before serves finalizing too. */
    prove_in_model(s.m, 1, MODEL_T0 + 299);
    again = model_look(s.m, s.adapter);
    assert_string_equal(again.step, "finalize");
    close_scene(&s);
}

static void look_outputs__later_output_was_proved__stays_with_it(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    window_leaves_newest(s.m);
    struct cw_decision first = model_look(s.m, s.adapter);
    model_apply(s.m, &first);
    struct cw_decision again = model_look(s.m, s.adapter);
    assert_int_equal(again.verb, CW_ACT);
    assert_null(again.evidence.p);
    assert_true(cw_slice_equal(first.call.data, again.call.data));
    close_scene(&s);
}

static void look_outputs__output_deleted_and_back__proves_only_on_another_root(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    two_outputs(s.m);
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    prove_in_model(s.m, 1, MODEL_T0 + 500);
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_maturing");
    s.m->outputs_n = 1;
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "output_deleted");
    assert_int_equal(d.stage, CW_STAGE_SOURCE_FINAL);
    /* The same root again: the proof stands. */
    s.m->outputs_n = 2;
    s.m->outputs[1].proposed_s = MODEL_T0 + 900;
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "output_maturing");
    /* Another block's root: proven again, on the evidence of that block. */
    s.m->outputs[1] = (struct model_output){model_root(s.m, 130), MODEL_T0 + 950, 130};
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_true(d.evidence.n > 0);
    close_scene(&s);
}

static void look_outputs__outcome_of_reorged_finalize__is_not_told_but_kept(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    proven_mature(s.m);
    /* The event was handed over before the head that has it. */
    s.m->message.outcome = CW_OUTCOME_CALL_FAILED;
    struct cw_decision d = model_look(s.m, s.adapter);
    assert_int_equal(d.outcome, CW_OUTCOME_UNKNOWN);
    model_apply(s.m, &d);
    s.m->done_latest = s.m->done_final = true;
    d = model_look(s.m, s.adapter);
    assert_string_equal(d.reason, "confirming");
    assert_int_equal(d.outcome, CW_OUTCOME_CALL_FAILED);
    model_apply(s.m, &d);
    d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_FINISHED);
    assert_int_equal(d.outcome, CW_OUTCOME_CALL_FAILED);
    close_scene(&s);
}

static void look_outputs__no_event_for_an_hour__finishes_unknown(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    executed_unheard_of(s.m);
    struct cw_decision d = model_look(s.m, s.adapter);
    model_apply(s.m, &d);
    model_time(s.m, d.due_s - 1);
    d = model_look(s.m, s.adapter);
    assert_string_equal(d.reason, "outcome_unknown");
    model_apply(s.m, &d);
    model_time(s.m, d.due_s);
    d = model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_FINISHED);
    assert_int_equal(d.outcome, CW_OUTCOME_UNKNOWN);
    close_scene(&s);
}

static void look_outputs__rounds__are_few(void **state) {
    (void)state;
    static const struct {
        void (*arrange)(struct model *m);
        size_t rounds;
    } costs[] = {{nothing, 1}, {two_outputs, 4}, {proven_mature, 3}, {executed_final, 2}};
    for (size_t i = 0; i < CW_COUNT(costs); i++) {
        struct scene s = open_scene(MODEL_RAW);
        costs[i].arrange(s.m);
        model_look(s.m, s.adapter);
        assert_int_equal(s.m->rounds, costs[i].rounds);
        close_scene(&s);
    }
}

/* Looks and applies; asserts how many calls were about this one message. */
static void assert_asks(struct scene *s, const char *reason, size_t about) {
    struct cw_decision d = model_look(s->m, s->adapter);
    assert_string_equal(d.reason, reason);
    assert_int_equal(s->m->about, about);
    model_apply(s->m, &d);
}

static void look_outputs__each_step_of_the_way__asks_only_what_decides(void **state) {
    (void)state;
    struct scene s = open_scene(MODEL_RAW);
    assert_asks(&s, "no_root", 1);
    two_outputs(s.m);
    assert_asks(&s, "prove", 1);
    prove_in_model(s.m, 1, MODEL_T0 + 500);
    assert_asks(&s, "proof_maturing", 1);
    model_time(s.m, MODEL_T0 + 1201);
    assert_asks(&s, "finalize", 2);
    s.m->done_latest = true;
    s.m->message.outcome = CW_OUTCOME_SUCCESS;
    assert_asks(&s, "confirming", 1);
    s.m->done_final = true;
    assert_asks(&s, "finished", 1);
    close_scene(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(look_outputs__each_situation__decides),
        cmocka_unit_test(prove__whole_calldata__is_what_the_portal_wants),
        cmocka_unit_test(prove__old_states_are_gone__on_the_oldest_that_is_left),
        cmocka_unit_test(prove__what_is_left_is_not_final_here__waits_for_that),
        cmocka_unit_test(prove__a_later_output_is_false__not_on_what_is_deleted_with_it),
        cmocka_unit_test(proven__on_a_root_that_nobody_proves__waits_for_an_endpoint),
        cmocka_unit_test(finalize__call__never_burns_what_cannot_be_replayed),
        cmocka_unit_test(finalize_gas__boundless_gas_limit__saturates),
        cmocka_unit_test(look_outputs__stored_evidence__is_used_again),
        cmocka_unit_test(look_outputs__later_output_was_proved__stays_with_it),
        cmocka_unit_test(look_outputs__output_deleted_and_back__proves_only_on_another_root),
        cmocka_unit_test(look_outputs__outcome_of_reorged_finalize__is_not_told_but_kept),
        cmocka_unit_test(look_outputs__no_event_for_an_hour__finishes_unknown),
        cmocka_unit_test(look_outputs__rounds__are_few),
        cmocka_unit_test(look_outputs__each_step_of_the_way__asks_only_what_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
