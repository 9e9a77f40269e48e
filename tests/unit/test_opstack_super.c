/* Withdrawals behind games over several chains, over a model of both layers: no genuine contract
 * with them is published as a package. */
#include "opstack_model.h"

#include <causeway/keccak.h>
#include <causeway/op_interop.h>

#include <string.h>

#include "opstack/internal.h"
#include "vectors.h"

struct scene {
    struct model *m;
    struct cw_adapter *adapter;
};

/* 5.6: the game tells a chain's output; 4.5 with super roots: the prover does. */
static struct scene open_scene(bool told) {
    struct scene s = {.m = model_new(true, MODEL_RAW)};
    s.m->portal_version = told ? "4.5.0" : "5.6.0";
    s.m->super_active = told;
    s.m->type = 4;
    s.adapter = model_adapter(s.m);
    return s;
}

static void close_scene(struct scene *s) {
    cw_opstack_withdrawal.close(s->adapter);
    model_free(s->m);
}

/* For the time of that block; three chains, and all of it in the game. */
static size_t add(struct scene *s, uint64_t block) {
    struct cw_hash32 root = model_root(s->m, block);
    return model_super_add(s->m, MODEL_T0 + block, MODEL_T0 + 300, false, false, &root);
}

static void assert_waits(struct scene *s, const char *reason) {
    struct cw_decision d = model_settle(s->m, s->adapter);
    assert_int_equal(d.verb, CW_WAIT);
    assert_string_equal(d.reason, reason);
}

/* By the index of the game, with our chain's output root under it. */
static void assert_proves_in(struct scene *s, uint64_t index) {
    struct cw_decision d = model_settle(s->m, s->adapter);
    struct cw_abi in, tx;
    uint64_t said = 0;
    assert_int_equal(d.verb, CW_ACT);
    assert_string_equal(d.step, "prove");
    assert_int_equal(cw_abi_open_call(&in, d.call.data, cw_selector_from_u32(SEL_PROVE)), CW_OK);
    assert_int_equal(cw_abi_tuple(&in, &tx), CW_OK);
    assert_int_equal(cw_abi_u64(&in, &said), CW_OK);
    assert_int_equal(said, index);
}

static void prove__our_output_in_the_game__by_its_index(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    add(&s, 90);
    add(&s, 120);
    add(&s, 140);
    assert_proves_in(&s, 1);
    assert_proves_in(&s, 1); /* with the evidence that is stored */
    close_scene(&s);
}

static void prove__false_output_of_ours__passed_over(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    struct cw_hash32 root = model_false_root(1);
    model_super_add(s.m, MODEL_T0 + 120, MODEL_T0 + 300, false, false, &root);
    add(&s, 140);
    assert_proves_in(&s, 1);
    close_scene(&s);
}

static void prove__claim_that_is_not_over_what_the_game_has__never(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    size_t game = add(&s, 120);
    s.m->games[game].claim = model_false_root(1);
    assert_waits(&s, "no_root");
    close_scene(&s);
}

static void prove__game_without_our_chain__never(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    struct cw_hash32 root = model_root(s.m, 120);
    size_t game = model_super_add(s.m, MODEL_T0 + 120, MODEL_T0 + 300, true, false, &root);
    uint8_t *bytes = (uint8_t *)(uintptr_t)s.m->games[game].extra.p;
    bytes[CW_OP_SUPER_HEAD + 31] ^= 1; /* the chain id */
    cw_keccak256(&s.m->games[game].claim, s.m->games[game].extra);
    assert_waits(&s, "no_root");
    close_scene(&s);
}

static void prove__only_a_time_and_nobody_to_tell__never(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    struct cw_hash32 root = model_root(s.m, 120);
    model_super_add(s.m, MODEL_T0 + 120, MODEL_T0 + 300, true, true, &root);
    assert_waits(&s, "no_root");
    close_scene(&s);
}

static void prove__types_before_super_games_count__read_as_plain_ones(void **state) {
    (void)state;
    struct scene s = {.m = model_new(true, MODEL_RAW)};
    s.m->portal_version = "5.5.0";
    s.m->type = 4;
    s.adapter = model_adapter(s.m);
    model_game_add(s.m, 120, MODEL_T0 + 150);
    assert_proves_in(&s, 0);
    close_scene(&s);
}

static void prove__plain_type_beside_super_ones__by_its_block(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    s.m->type = 8;
    model_game_add(s.m, 120, MODEL_T0 + 150);
    assert_proves_in(&s, 0);
    close_scene(&s);
}

static void prove__time_ahead_of_what_is_final__waits(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    struct cw_hash32 root = model_root(s.m, 200);
    model_super_add(s.m, MODEL_T0 + 201, MODEL_T0 + 300, false, false, &root);
    assert_waits(&s, "root_not_final_here");
    close_scene(&s);
}

/* Blocks that come unevenly: the guess by the heads is off. */
static void prove__uneven_pace__block_is_found(void **state) {
    (void)state;
    static const uint64_t finals[] = {200, 260, 500, 1000};
    for (size_t i = 0; i < CW_COUNT(finals); i++) {
        struct scene s = open_scene(false);
        s.m->heads[CW_EXECUTION].final.timestamp_s = MODEL_T0 + finals[i];
        add(&s, 170);
        assert_proves_in(&s, 0);
        close_scene(&s);
    }
}

static struct cw_hash32 word_at(const struct cw_call *call, size_t i) {
    struct cw_hash32 word;
    assert_true(call->data.n >= 4 + 32 * (i + 1));
    memcpy(word.b, call->data.p + 4 + 32 * i, 32);
    return word;
}

static uint64_t number_at(const struct cw_call *call, size_t i) {
    struct cw_hash32 word = word_at(call, i);
    struct cw_u256 v = cw_u256_from_be(word.b);
    assert_true(v.limb[1] == 0 && v.limb[2] == 0 && v.limb[3] == 0);
    return v.limb[0];
}

/* What the portal is told: the game, our place, and what its root is over. */
static void assert_told(struct scene *s, size_t game, uint64_t place, uint64_t chains) {
    struct cw_decision d = model_settle(s->m, s->adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_true(cw_selector_is(d.call.data, 0x8c90dd65u));
    struct cw_hash32 at = opstack_word_addr20(&s->m->games[game].at), said = word_at(&d.call, 1);
    assert_hash(said, at);
    assert_int_equal(number_at(&d.call, 2), place);
    size_t super = number_at(&d.call, 3) / 32;
    said = word_at(&d.call, super);
    assert_int_equal(said.b[0], 1);
    assert_int_equal(number_at(&d.call, super + 1), s->m->games[game].block);
    assert_int_equal(number_at(&d.call, super + 2), 96);
    assert_int_equal(number_at(&d.call, super + 3), chains);
    size_t own = super + 4 + 2 * place;
    assert_int_equal(number_at(&d.call, own), 901);
    struct cw_hash32 root = model_root(s->m, 120);
    said = word_at(&d.call, own + 1);
    assert_hash(said, root);
}

static void prove_told__our_chain_alone__the_root_is_made_here(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    struct cw_hash32 root = model_root(s.m, 120);
    size_t game = model_super_add(s.m, MODEL_T0 + 120, MODEL_T0 + 300, true, true, &root);
    assert_told(&s, game, 0, 1);
    assert_told(&s, game, 0, 1); /* with the evidence that is stored */
    close_scene(&s);
}

static void prove_told__several_chains_in_the_game__ours_among_them(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    size_t game = add(&s, 120);
    assert_told(&s, game, 1, 3);
    close_scene(&s);
}

static void prove_told__others_outputs_are_not_known__never(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    struct cw_hash32 root = model_root(s.m, 120);
    model_super_add(s.m, MODEL_T0 + 120, MODEL_T0 + 300, false, true, &root);
    assert_waits(&s, "no_root");
    close_scene(&s);
}

static void finalize__proven_in_a_super_game__by_whomever(void **state) {
    (void)state;
    for (unsigned told = 0; told < 2; told++) {
        for (unsigned stranger = 0; stranger < 2; stranger++) {
            struct scene s = open_scene(told == 1);
            size_t game = add(&s, 120);
            s.m->games[game].status = 2;
            s.m->games[game].resolved_s = MODEL_T0 + 600;
            model_prove_by(s.m, stranger == 1 ? &MODEL_STRANGER : &s.m->self.submitter, game,
                           MODEL_T0 + 301);
            model_time(s.m, MODEL_T0 + 1100);
            struct cw_decision d = model_settle(s.m, s.adapter);
            assert_int_equal(d.verb, CW_ACT);
            assert_string_equal(d.step, "finalize");
            close_scene(&s);
        }
    }
}

static void finalize__proven_on_a_false_output__never(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    struct cw_hash32 root = model_false_root(1);
    size_t game = model_super_add(s.m, MODEL_T0 + 120, MODEL_T0 + 300, false, false, &root);
    s.m->games[game].status = 2;
    s.m->games[game].resolved_s = MODEL_T0 + 600;
    model_prove_by(s.m, &MODEL_STRANGER, game, MODEL_T0 + 301);
    model_time(s.m, MODEL_T0 + 1100);
    assert_waits(&s, "no_root");
    close_scene(&s);
}

static void verify__preimage_is_touched__refused(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    add(&s, 120);
    struct cw_decision d = model_settle(s.m, s.adapter);
    struct opstack_evidence e;
    assert_int_equal(opstack_evidence_decode(&e, s.m->message.evidence), CW_OK);
    assert_int_equal(e.preimage.n, CW_OP_SUPER_HEAD + 3 * CW_OP_SUPER_CHAIN);
    struct cw_hash32 hash = model_block_hash(s.m, e.block.v);
    uint8_t bytes[CW_OP_SUPER_HEAD + 3 * CW_OP_SUPER_CHAIN];
    struct cw_slice whole = e.preimage, blob;
    e.preimage = cw_slice_of(bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        memcpy(bytes, whole.p, whole.n);
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(opstack_evidence_encode(&s.m->arena, &blob, &e), CW_OK);
        assert_int_equal(
            opstack_verify(s.adapter, &s.m->message, blob, &hash, "prove", &d.call).verdict,
            CW_INVALID);
    }
    e.preimage = (struct cw_slice){NULL, 0};
    assert_int_equal(opstack_evidence_encode(&s.m->arena, &blob, &e), CW_OK);
    assert_int_equal(
        opstack_verify(s.adapter, &s.m->message, blob, &hash, "prove", &d.call).verdict,
        CW_INVALID);
    close_scene(&s);
}

/* The call does not carry the preimage here: the evidence has to hold on its own. */
static void verify__our_output_in_the_preimage_is_touched__refused(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    add(&s, 120);
    struct cw_decision d = model_settle(s.m, s.adapter);
    struct opstack_evidence e;
    assert_int_equal(opstack_evidence_decode(&e, s.m->message.evidence), CW_OK);
    struct cw_hash32 hash = model_block_hash(s.m, e.block.v);
    uint8_t bytes[CW_OP_SUPER_HEAD + 3 * CW_OP_SUPER_CHAIN];
    struct cw_slice whole = e.preimage, blob;
    e.preimage = cw_slice_of(bytes, sizeof bytes);
    const size_t own = CW_OP_SUPER_HEAD + CW_OP_SUPER_CHAIN;
    for (size_t bit = 8 * own; bit < 8 * (own + CW_OP_SUPER_CHAIN); bit++) {
        memcpy(bytes, whole.p, whole.n);
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(opstack_evidence_encode(&s.m->arena, &blob, &e), CW_OK);
        assert_int_equal(
            opstack_verify(s.adapter, &s.m->message, blob, &hash, "prove", &d.call).verdict,
            CW_INVALID);
    }
    close_scene(&s);
}

/* The portal would take the first of them. */
static void prove__our_chain_twice__never(void **state) {
    (void)state;
    struct scene s = open_scene(false);
    size_t game = add(&s, 120);
    uint8_t *bytes = (uint8_t *)(uintptr_t)s.m->games[game].extra.p;
    const size_t own = CW_OP_SUPER_HEAD + CW_OP_SUPER_CHAIN;
    memcpy(bytes + own + CW_OP_SUPER_CHAIN, bytes + own, 32);
    cw_keccak256(&s.m->games[game].claim, s.m->games[game].extra);
    assert_waits(&s, "no_root");
    close_scene(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prove__our_output_in_the_game__by_its_index),
        cmocka_unit_test(prove__false_output_of_ours__passed_over),
        cmocka_unit_test(prove__claim_that_is_not_over_what_the_game_has__never),
        cmocka_unit_test(prove__game_without_our_chain__never),
        cmocka_unit_test(prove__only_a_time_and_nobody_to_tell__never),
        cmocka_unit_test(prove__types_before_super_games_count__read_as_plain_ones),
        cmocka_unit_test(prove__plain_type_beside_super_ones__by_its_block),
        cmocka_unit_test(prove__time_ahead_of_what_is_final__waits),
        cmocka_unit_test(prove__uneven_pace__block_is_found),
        cmocka_unit_test(prove_told__our_chain_alone__the_root_is_made_here),
        cmocka_unit_test(prove_told__several_chains_in_the_game__ours_among_them),
        cmocka_unit_test(prove_told__others_outputs_are_not_known__never),
        cmocka_unit_test(finalize__proven_in_a_super_game__by_whomever),
        cmocka_unit_test(finalize__proven_on_a_false_output__never),
        cmocka_unit_test(verify__preimage_is_touched__refused),
        cmocka_unit_test(verify__our_output_in_the_preimage_is_touched__refused),
        cmocka_unit_test(prove__our_chain_twice__never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
