/* Random worlds, changed at random between looks: whatever happens, nothing is done that the portal
 * would refuse or that would waste or lose money, no look is too deep, and none goes on for ever.
 * The seed is printed; pass it as the first argument to run one again. */
#include "opstack_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opstack/internal.h"
#include "vectors.h"

static uint64_t seed = 1;
static unsigned long only;
static size_t proves, finalizes, went_back; /* over all worlds */

static uint64_t rnd(uint64_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % below;
}

static bool chance(uint64_t one_in) {
    return rnd(one_in) == 0;
}

static uint64_t now_s(const struct model *m) {
    return m->heads[CW_SETTLEMENT].latest.timestamp_s;
}

static bool is_true(const struct model *m, const struct cw_hash32 *root, uint64_t block) {
    struct cw_hash32 own = model_root(m, block);
    return block <= m->heads[CW_EXECUTION].final.number.v && cw_hash32_equal(root, &own);
}

/* --- games --- */

static void add_game(struct model *m) {
    if (m->games_n == 200) {
        return;
    }
    size_t g = model_game_add(m, 80 + rnd(130), now_s(m) - rnd(3));
    struct model_game *game = &m->games[g];
    game->type = chance(6) ? 0 : 1;
    game->clock_s = 50 + rnd(300);
    game->claims = chance(5) ? 3 : 1;
    game->was_respected = chance(8) ? (int)rnd(2) - 1 : 1;
    if (chance(3)) {
        game->claim = model_false_root((unsigned)rnd(1000));
    }
    if (chance(12)) {
        game->block = 1000000;
    }
    if (g > 0 && m->games[g - 1].created_s > game->created_s) {
        game->created_s = m->games[g - 1].created_s;
    }
}

static void prove_at_random(struct model *m) {
    static const struct cw_addr20 strangers[] = {{{0xa1}}, {{0xa2}}, {{0xa3}}};
    if (m->games_n > 0 && m->proofs_n < MODEL_PROOFS_MAX - 2) {
        size_t g = (size_t)rnd(m->games_n);
        uint64_t at = m->games[g].created_s + rnd(2);
        model_prove_by(m, &strangers[rnd(3)], g, at > now_s(m) ? at : now_s(m));
    }
}

/* The newest proofs and games were never there. */
static void reorganize(struct model *m) {
    m->proofs_n -= (size_t)rnd(m->proofs_n < 2 ? m->proofs_n + 1 : 3);
    size_t needed = 0;
    for (size_t i = 0; i < m->proofs_n; i++) {
        needed = m->proofs[i].game + 1 > needed ? m->proofs[i].game + 1 : needed;
    }
    size_t gone = (size_t)rnd(4);
    m->games_n = m->games_n > needed + gone ? m->games_n - gone : needed;
}

static void change_games(struct model *m) {
    if (chance(15)) {
        reorganize(m);
    }
    model_time(m, now_s(m) + 1 + rnd(200));
    m->heads[CW_SETTLEMENT].final.timestamp_s = now_s(m) - 50;
    for (uint64_t i = rnd(4); i > 0; i--) {
        add_game(m);
    }
    for (size_t i = 0; i < m->games_n; i++) {
        struct model_game *game = &m->games[i];
        if (game->status == 0 && chance(5) && game->created_s + game->clock_s < now_s(m)) {
            game->status = game->block < 1000000 && is_true(m, &game->claim, game->block) &&
                                   !chance(8)
                               ? 2
                               : 1;
            game->resolved_s = now_s(m);
        }
        game->blacklisted = game->blacklisted || chance(60);
    }
    if (chance(3)) {
        prove_at_random(m);
    }
    m->paused = chance(10);
    if (chance(25)) {
        m->since_s = now_s(m) - 100;
    }
    if (chance(25)) {
        m->type = rnd(2);
    }
    m->proof_window_from = chance(6) ? 90 + rnd(120) : 0;
    m->bad_storage_proof = chance(25);
    m->settlement_down = chance(25);
    m->heads[CW_EXECUTION].final.number.v = 100 + rnd(100);
    m->heads[CW_EXECUTION].safe.number.v = 205;
}

static bool counts(const struct model *m, const struct model_game *game, bool judged) {
    bool respected = judged ? game->was_respected == 1 : game->type == m->type;
    bool retired = judged ? game->created_s <= m->since_s : game->created_s < m->since_s;
    return respected && !retired && game->status != 1 && !game->blacklisted;
}

static const struct model_proof *proof_of(const struct model *m, const struct cw_addr20 *by) {
    const struct model_proof *found = NULL;
    for (size_t i = 0; i < m->proofs_n; i++) {
        if (cw_addr20_equal(&m->proofs[i].submitter, by)) {
            found = &m->proofs[i];
        }
    }
    return found;
}

/* What the genuine portal checks, and what we promise beside it. */
static void check_games(struct model *m, const struct cw_decision *d, bool judged) {
    struct cw_abi in, tx;
    uint64_t index;
    *(strcmp(d->step, "prove") == 0 ? &proves : &finalizes) += 1;
    const struct model_proof *own = proof_of(m, &m->self.submitter);
    assert_false(m->paused);
    if (strcmp(d->step, "prove") == 0) {
        assert_int_equal(cw_abi_open_call(&in, d->call.data, cw_selector_from_u32(SEL_PROVE)), 0);
        assert_int_equal(cw_abi_tuple(&in, &tx), CW_OK);
        assert_int_equal(cw_abi_u64(&in, &index), CW_OK);
        assert_true(index < m->games_n);
        const struct model_game *game = &m->games[index];
        assert_true(game->type == m->type && counts(m, game, judged));
        assert_true(game->created_s < now_s(m) && game->block >= 100);
        assert_true(is_true(m, &game->claim, game->block));
        /* Never again what is validly proven. */
        if (own != NULL) {
            const struct model_game *old = &m->games[own->game];
            assert_false(counts(m, old, judged) && own->proven_s > old->created_s &&
                         old->block < 1000000 && is_true(m, &old->claim, old->block));
        }
        model_prove_by(m, &m->self.submitter, (size_t)index, now_s(m) + 1);
        return;
    }
    struct cw_addr20 by;
    assert_int_equal(
        cw_abi_open_call(&in, d->call.data, cw_selector_from_u32(SEL_FINALIZE_EXTERNAL)), CW_OK);
    assert_int_equal(cw_abi_tuple(&in, &tx), CW_OK);
    assert_int_equal(cw_abi_addr20(&in, &by), CW_OK);
    const struct model_proof *proof = proof_of(m, &by);
    assert_non_null(proof);
    const struct model_game *game = &m->games[proof->game];
    assert_true(counts(m, game, judged) && game->status == 2);
    assert_true(proof->proven_s > game->created_s);
    assert_true(now_s(m) - proof->proven_s > m->maturity_s);
    assert_true(now_s(m) - game->resolved_s > m->gap_s);
    assert_true(is_true(m, &game->claim, game->block));
    m->done_latest = true;
}

/* --- outputs --- */

static void change_outputs(struct model *m) {
    model_time(m, now_s(m) + 1 + rnd(200));
    if (chance(6) && m->outputs_n > 0) {
        size_t gone = 1 + (size_t)rnd(m->outputs_n);
        m->outputs_n -= gone;
    }
    while (chance(2) && m->outputs_n < MODEL_OUTPUTS_MAX) {
        uint64_t last = m->outputs_n > 0 ? m->outputs[m->outputs_n - 1].block : 80;
        size_t i = model_output_add(m, last + 1 + rnd(15), now_s(m) - rnd(2));
        if (chance(6)) {
            m->outputs[i].root = model_false_root((unsigned)rnd(1000));
        }
    }
    if (chance(8) && m->proven_s == 0 && m->outputs_n > 0) {
        size_t i = (size_t)rnd(m->outputs_n);
        m->proven_index = i;
        m->proven_root = m->outputs[i].root;
        m->proven_s = now_s(m);
    }
    m->paused = chance(10);
    m->proof_window_from = chance(6) ? 90 + rnd(120) : 0;
    m->bad_account_proof = chance(25);
    m->settlement_down = chance(25);
    m->heads[CW_EXECUTION].final.number.v = 100 + rnd(100);
    m->heads[CW_EXECUTION].safe.number.v = 205;
}

static void check_outputs(struct model *m, const struct cw_decision *d) {
    struct cw_abi in, tx;
    uint64_t index;
    *(strcmp(d->step, "prove") == 0 ? &proves : &finalizes) += 1;
    assert_false(m->paused);
    bool standing = m->proven_s > 0 && m->proven_index < m->outputs_n &&
                    cw_hash32_equal(&m->outputs[m->proven_index].root, &m->proven_root);
    if (strcmp(d->step, "prove") == 0) {
        assert_int_equal(cw_abi_open_call(&in, d->call.data, cw_selector_from_u32(SEL_PROVE)), 0);
        assert_int_equal(cw_abi_tuple(&in, &tx), CW_OK);
        assert_int_equal(cw_abi_u64(&in, &index), CW_OK);
        assert_true(index < m->outputs_n && m->outputs[index].block >= 100);
        assert_true(is_true(m, &m->outputs[index].root, m->outputs[index].block));
        assert_false(standing);
        assert_true(m->proven_s == 0 || m->proven_index < m->outputs_n); /* else it panics */
        m->proven_index = index;
        m->proven_root = m->outputs[index].root;
        m->proven_s = now_s(m) + 1;
        return;
    }
    assert_true(standing);
    const struct model_output *output = &m->outputs[m->proven_index];
    assert_true(is_true(m, &output->root, output->block));
    assert_true(now_s(m) > m->proven_s + m->period_s);
    assert_true(now_s(m) > output->proposed_s + m->period_s);
    m->done_latest = true;
}

/* --- reorganizations of the settlement layer as a whole --- */

/* What the layer holds, and its time; what the relayer stored of the message stays. */
static void take_state(struct model *to, const struct model *from) {
    to->heads[CW_SETTLEMENT] = from->heads[CW_SETTLEMENT];
    to->paused = from->paused;
    to->done_latest = from->done_latest;
    to->ran_latest = from->ran_latest;
    to->failed_latest = from->failed_latest;
    memcpy(to->outputs, from->outputs, sizeof to->outputs);
    to->outputs_n = from->outputs_n;
    to->proven_root = from->proven_root;
    to->proven_s = from->proven_s;
    to->proven_index = from->proven_index;
    to->type = from->type;
    to->since_s = from->since_s;
    memcpy(to->games, from->games, from->games_n * sizeof *to->games);
    to->games_n = from->games_n;
    memcpy(to->proofs, from->proofs, sizeof to->proofs);
    to->proofs_n = from->proofs_n;
}

static bool go_back(struct model *m, struct model *past, bool *has_past) {
    if (!*has_past || !chance(2)) {
        return false;
    }
    take_state(m, past);
    *has_past = false;
    went_back++;
    return true;
}

/* ------------------------------------------------------------------------------------------------------------
 */

static void run(uint64_t number, bool games) {
    seed = number * 2654435761u + 88172645463325252u + games;
    for (int i = 0; i < 8; i++) {
        (void)rnd(2);
    }
    struct model *m = model_new(games, chance(2) ? MODEL_RAW : MODEL_RELAY);
    bool judged = games && chance(3);
    if (judged) {
        m->portal_version = "3.14.0";
    }
    m->shared_nibbles = (size_t)rnd(3) == 0 ? 0 : 8 + (size_t)rnd(2);
    m->contract_form = chance(2);
    m->message.source.hash = model_block_hash(m, 100);
    struct cw_adapter *adapter = model_adapter(m);
    struct model *past = calloc(1, sizeof *past);
    bool has_past = false;
    assert_non_null(past);
    for (int i = 0; i < 60; i++) {
        if (chance(6)) {
            (void)go_back(m, past, &has_past);
        } else if (chance(4)) {
            take_state(past, m);
            has_past = true;
        }
        if (games) {
            change_games(m);
        } else {
            change_outputs(m);
        }
        struct cw_decision d = model_settle(m, adapter);
        if (d.verb == CW_ACT && games) {
            check_games(m, &d, judged);
        } else if (d.verb == CW_ACT) {
            check_outputs(m, &d);
        } else if (d.verb == CW_HOLD) {
            assert_string_equal(d.reason, "proven_on_false_root");
            assert_false(games);
            break;
        } else {
            assert_int_equal(d.verb, CW_WAIT);
        }
        if (m->done_latest) {
            m->settlement_down = false;
            d = model_settle(m, adapter);
            assert_int_equal(d.stage, CW_STAGE_EXECUTED);
            if (!go_back(m, past, &has_past)) {
                break;
            }
        }
    }
    free(past);
    cw_opstack_withdrawal.close(adapter);
    model_free(m);
}

static void advance__random_worlds__does_only_what_is_right(void **state) {
    (void)state;
    for (uint64_t i = 1; i <= 100; i++) {
        if (only == 0 || only == i) {
            print_message("# seed %llu\n", (unsigned long long)i);
            run(i, false);
            run(i, true);
        }
    }
    if (only == 0) { /* most worlds get there */
        assert_true(proves > 130 && finalizes > 100 && went_back > 300);
    }
}

int main(int argc, char **argv) {
    only = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advance__random_worlds__does_only_what_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
