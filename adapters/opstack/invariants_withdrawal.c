/* What is proven, and what is executed, exists on our chain. */
#include "opstack/invariants.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Submitters that are looked at; whoever hides an honest proof behind more of them pays for each.
 */
#define SUBMITTERS_MAX 16

/* Where a withdrawal is proven, as the portal had it after the subject's block: later the same
 * submitter may have proven again. */
struct proof {
    uint64_t proven_s;       /* 0: not */
    struct cw_hash32 posted; /* the key of what it is on, as a subject */
    struct cw_hash32 root;
    bool of_game;
    struct op_fate game; /* of_game; its claim */
    struct game_claim claim;
    uint64_t posted_s;
    bool deleted; /* of an output: it stood in the subject's block, and does no more */
    struct cw_told told;
};

/* --- on an output ----------------------------------------------------------------------------- */

static bool read_output(struct op_judge *j, const struct cw_block_ref *at, uint64_t index,
                        struct cw_hash32 *ret_root, uint64_t *ret_s, uint64_t *ret_block,
                        bool *ret_there) {
    const struct cw_hash32 word = opstack_word_u64(index);
    struct cw_slice data;
    enum look_got got = look_call(&j->look, CW_SETTLEMENT, at, &j->adapter->roots, SEL_OUTPUT,
                                  &word, 1, &data);
    *ret_there = false;
    if (got != LOOK_GOT) {
        return got == LOOK_REVERTED;
    }
    struct cw_abi in = cw_abi_open(data);
    if (data.n != 96 || cw_abi_word(&in, ret_root) != CW_OK || cw_abi_u64(&in, ret_s) != CW_OK ||
        cw_abi_u64(&in, ret_block) != CW_OK) {
        look_unexpected(&j->look, "getL2Output()", &j->adapter->roots);
        return false;
    }
    *ret_there = true;
    return true;
}

/* False: the look stops, or nothing more is to be known. */
static bool read_by_hash(struct op_judge *j, const struct cw_hash32 *id, struct proof *ret) {
    const struct cw_block_ref *at = &j->judge.subject->block;
    struct cw_hash32 now_root;
    struct cw_slice data;
    uint64_t index, unused;
    bool there, still;
    if (look_call(&j->look, CW_SETTLEMENT, at, &j->adapter->portal, SEL_PROVEN_BY_HASH, id, 1,
                  &data) == LOOK_NOTHING) {
        return false;
    }
    struct cw_abi in = cw_abi_open(data);
    if (data.n != 96 || cw_abi_word(&in, &ret->root) != CW_OK ||
        cw_abi_u64(&in, &ret->proven_s) != CW_OK || cw_abi_u64(&in, &index) != CW_OK) {
        look_unexpected(&j->look, "provenWithdrawals()", &j->adapter->portal);
        return false;
    }
    if (ret->proven_s == 0) {
        return true;
    }
    op_output_key(&ret->posted, &ret->root, index);
    ret->claim.root = ret->root;
    bool read = read_output(j, at, index, &now_root, &ret->posted_s, &ret->claim.at, &there);
    if (read && (!there || !cw_hash32_equal(&now_root, &ret->root))) {
        cw_judge_fail(&j->judge, "output_deleted",
                      "the output that it was proven on was deleted in the same block");
        return false;
    }
    uint64_t block;
    read = read_output(j, j->look.now, index, &now_root, &unused, &block, &still) && read;
    ret->deleted = read && (!still || !cw_hash32_equal(&now_root, &ret->root));
    return read;
}

/* --- in a game -------------------------------------------------------------------------------- */

static bool read_by_submitter(struct op_judge *j, const struct cw_hash32 *id,
                              const struct cw_addr20 *submitter, struct proof *ret) {
    const struct cw_hash32 words[2] = {*id, opstack_word_addr20(submitter)};
    struct cw_slice data;
    struct cw_addr20 game;
    if (look_call(&j->look, CW_SETTLEMENT, &j->judge.subject->block, &j->adapter->portal,
                  SEL_PROVEN_BY_SUBMITTER, words, 2, &data) == LOOK_NOTHING) {
        return false;
    }
    struct cw_abi in = cw_abi_open(data);
    if (data.n != 64 || cw_abi_addr20(&in, &game) != CW_OK ||
        cw_abi_u64(&in, &ret->proven_s) != CW_OK) {
        look_unexpected(&j->look, "provenWithdrawals()", &j->adapter->portal);
        return false;
    }
    ret->of_game = true;
    if (ret->proven_s == 0) {
        return true;
    }
    ret->posted = opstack_word_addr20(&game);
    bool read = op_read_claim(j, &game, &ret->game);
    ret->claim = ret->game.game.claim;
    ret->root = ret->claim.root;
    ret->posted_s = j->judge.subject->block.timestamp_s;
    return read || (!j->look.pending && !op_failed(j));
}

/* --- is it true? ------------------------------------------------------------------------------ */

static void tell_of(struct op_judge *j, struct proof *proof) {
    if (proof->of_game && (!proof->game.known || !proof->game.game.readable)) {
        cw_told_set(&proof->told, CW_UNTOLD,
                    proof->game.known ? "unexpected_answer" : "unknown_game_type",
                    "the game that it was proven in is of type %" PRIu64
                    " and does not answer as one that is known here",
                    proof->game.type);
        return;
    }
    op_tell(j, &proof->claim, proof->posted_s, &proof->told);
}

/* What the portal keeps in a proof is the output's root; of a game over several chains it is our
 * chain's in it. */
static const struct cw_hash32 *output_of(const struct proof *proof) {
    return proof->claim.is_super ? &proof->told.own : &proof->claim.root;
}

static void name(char out[80], const struct proof *proof) {
    char hex[CW_HEX_SIZE(20)];
    if (proof->of_game) {
        snprintf(out, 80, "game %s", cw_hex_encode(hex, cw_slice_of(proof->game.game.at.b, 20)));
    } else {
        snprintf(out, 80, "the output for L2 block %" PRIu64, proof->claim.at);
    }
}

/* --- proven ----------------------------------------------------------------------------------- */

static bool read_proof(struct op_judge *j, const struct cw_hash32 *id, struct proof *ret) {
    const struct cw_slice by = j->judge.subject->data;
    struct cw_addr20 submitter;
    if (by.n == 0) {
        return read_by_hash(j, id, ret);
    }
    memcpy(submitter.b, by.p, sizeof submitter.b);
    return read_by_submitter(j, id, &submitter, ret);
}

/* Proven on a root that is not our chain's. */
static void judge_on_false(struct op_judge *j, const struct proof *proof, bool absent) {
    const struct op_fate *game = &proof->game;
    const bool lost = proof->of_game && game->game.status == GAME_CHALLENGER_WINS;
    const bool dead = proof->of_game ? lost || game->fault[0] != '\0' : proof->deleted;
    const bool trusted = !proof->of_game || game->permissioned;
    char on[80];
    name(on, proof);
    if (lost && !trusted) {
        cw_judge_ok(&j->judge); /* nothing comes of it any more */
        return;
    }
    cw_judge_violated(&j->judge,
                      dead      ? CW_STAKE_NONE
                      : trusted ? CW_STAKE_ROUTE
                                : CW_STAKE_MESSAGES,
                      absent ? "forged_withdrawal" : "proven_on_false_root",
                      "%s was proven on %s, whose root is false: %s%s",
                      absent ? "a withdrawal that our chain never sent" : "the withdrawal", on,
                      proof->told.text, dead ? "; nothing can be finalized by it now" : "");
    j->judge.ret->open = !dead || proof->of_game;
}

static void judge_on_true(struct op_judge *j, const struct proof *proof, enum op_existence exists,
                          const char *why, enum op_call call, const char *why_no_call) {
    char on[80];
    name(on, proof);
    if (exists == OP_ABSENT) {
        cw_judge_violated(
            &j->judge, CW_STAKE_ROUTE, "forged_withdrawal",
            "a withdrawal that our chain had not sent was proven on %s, whose root is "
            "true: the portal takes proofs that prove nothing",
            on);
        return;
    }
    if (call == OP_CALL_INVALID) {
        cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "invalid_proof",
                          "the portal took a proof on %s that does not hold", on);
        return;
    }
    if (exists == OP_UNKNOWN && call != OP_CALL_VALID) {
        cw_judge_unverified(&j->judge, "proof_unavailable", "%s", why);
    } else if (call == OP_CALL_UNKNOWN) {
        cw_judge_unverified(&j->judge, "transaction_unavailable", "%s", why_no_call);
    } else {
        cw_judge_ok(&j->judge);
    }
}

void op_judge_proven(struct op_judge *j) {
    const struct cw_hash32 id = j->judge.subject->message;
    struct proof proof = {.proven_s = 0};
    enum op_existence exists = OP_EXISTENCE_PENDING;
    enum op_call call = OP_CALL_PENDING;
    const char *why = "", *why_no_call = "";
    bool fate = true;
    j->look.now = &j->judge.io->heads[CW_SETTLEMENT].latest;
    bool read = read_proof(j, &id, &proof);
    /* what it is for does not matter: asked for now, for a round less */
    call = op_find_prove(j, &id, &proof.root, &why_no_call);
    if (read && proof.proven_s > 0) {
        tell_of(j, &proof);
    }
    if (proof.told.truth == CW_TRUE) {
        call = op_find_prove(j, &id, output_of(&proof), &why_no_call);
        exists = op_exists(j, &id, proof.told.at.number.v, &why);
        if (exists == OP_UNKNOWN && call == OP_CALL_NONE) {
            call = op_find_traced_prove(j, &id, output_of(&proof));
        }
    } else if (proof.told.truth == CW_FALSE) {
        exists = op_exists(j, &id, j->judge.io->heads[CW_EXECUTION].final.number.v, &why);
        fate = !proof.of_game || op_read_fate(j, &proof.game);
    }
    if (op_stops(j) || !fate) {
        return;
    }
    if (proof.proven_s == 0) {
        cw_judge_unverified(&j->judge, "not_recorded",
                            "the portal says that it was proven, and keeps no proof of it");
        return;
    }
    j->judge.ret->rests_on = proof.posted;
    op_show(j, &proof.claim, &proof.told);
    switch (proof.told.truth) {
    case CW_TRUE:
        judge_on_true(j, &proof, exists, why, call, why_no_call);
        return;
    case CW_FALSE:
        judge_on_false(j, &proof,
                       exists == OP_ABSENT &&
                           proof.claim.at <= j->judge.io->heads[CW_EXECUTION].final.number.v);
        return;
    case CW_UNTOLD:
        cw_judge_untold(&j->judge, &proof.told);
        return;
    case CW_ASKED:
        return;
    }
}

/* --- executed --------------------------------------------------------------------------------- */

struct proofs {
    struct proof proof[SUBMITTERS_MAX];
    size_t n;
    bool more; /* than were read */
};

static bool read_submitters(struct op_judge *j, const struct cw_hash32 *id, struct proofs *ret) {
    const struct cw_block_ref *at = &j->judge.subject->block;
    const struct cw_block_ref *now = j->look.now;
    struct cw_addr20 submitter;
    uint64_t n = 0;
    bool read = true;
    j->look.now = at;
    read = look_u64(&j->look, &j->adapter->portal, SEL_SUBMITTERS_N, id, &n);
    ret->more = n > SUBMITTERS_MAX;
    struct cw_addr20 submitters[SUBMITTERS_MAX];
    size_t known = 0;
    for (uint64_t i = 0; read && i < n && i < SUBMITTERS_MAX; i++) {
        const struct cw_hash32 words[2] = {*id, opstack_word_u64(i)};
        if (look_addr20(&j->look, &j->adapter->portal, SEL_SUBMITTERS, words, 2, &submitter)) {
            submitters[known++] = submitter;
        }
    }
    j->look.now = now;
    read = read && !j->look.pending;
    for (size_t i = 0; read && i < known; i++) {
        (void)read_by_submitter(j, id, &submitters[i], &ret->proof[ret->n++]);
    }
    return read && !j->look.pending && !op_failed(j);
}

static bool read_proofs(struct op_judge *j, const struct cw_hash32 *id, struct proofs *ret) {
    if (j->adapter->flavour == OPSTACK_GAMES) {
        return read_submitters(j, id, ret);
    }
    ret->n = 1;
    return read_by_hash(j, id, &ret->proof[0]);
}

/* The one on a true root, else one that nothing can be told of, else any that is there; NULL: there
 * is none. */
static const struct proof *best(struct op_judge *j, struct proofs *proofs) {
    const struct proof *found = NULL;
    for (size_t i = 0; i < proofs->n; i++) {
        struct proof *proof = &proofs->proof[i];
        if (proof->proven_s == 0) {
            continue;
        }
        tell_of(j, proof);
        bool better = found == NULL || proof->told.truth == CW_TRUE ||
                      (found->told.truth == CW_FALSE && proof->told.truth == CW_UNTOLD);
        found = better && (found == NULL || found->told.truth != CW_TRUE) ? proof : found;
    }
    return found;
}

/* Nothing was proven before it. */
static void judge_unproven(struct op_judge *j, const struct proofs *proofs) {
    if (proofs->more) {
        cw_judge_unverified(&j->judge, "too_many_proofs",
                            "more than %d accounts have proven it; none of the first ones did on a "
                            "root that is known",
                            SUBMITTERS_MAX);
    } else {
        cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "never_proven",
                          "the portal executed a withdrawal that was never proven");
    }
}

static void judge_proven_so(struct op_judge *j, const struct proofs *proofs,
                            const struct proof *proof, enum op_existence exists, const char *why) {
    char on[80];
    name(on, proof);
    j->judge.ret->rests_on = proof->posted;
    op_show(j, &proof->claim, &proof->told);
    if (proof->told.truth == CW_TRUE && exists == OP_EXISTS) {
        cw_judge_ok(&j->judge);
    } else if (proof->told.truth == CW_TRUE && exists == OP_ABSENT) {
        cw_judge_violated(
            &j->judge, CW_STAKE_ROUTE, "forged_withdrawal",
            "the portal executed a withdrawal that our chain never sent, proven on %s", on);
    } else if (proof->told.truth == CW_FALSE && !proofs->more) {
        cw_judge_violated(&j->judge, CW_STAKE_ROUTE,
                          exists == OP_ABSENT ? "forged_withdrawal" : "executed_on_false_root",
                          "the portal executed %s, proven on %s, whose root is false: %s",
                          exists == OP_ABSENT ? "a withdrawal that our chain does not have"
                                              : "a withdrawal",
                          on, proof->told.text);
    } else if (proof->told.truth == CW_TRUE) {
        cw_judge_unverified(&j->judge, "proof_unavailable", "%s", why);
    } else if (proof->told.truth == CW_FALSE) {
        judge_unproven(j, proofs);
    } else {
        cw_judge_untold(&j->judge, &proof->told);
    }
}

void op_judge_executed(struct op_judge *j) {
    const struct cw_subject *subject = j->judge.subject;
    const struct cw_hash32 id = subject->message;
    struct proofs *proofs = cw_arena_alloc(j->judge.io->arena, sizeof *proofs);
    const struct proof *proof = NULL;
    const char *why = "";
    if (proofs == NULL) {
        j->judge.io->overflow = true;
        j->judge.ret->need = true;
        return;
    }
    const bool twice = subject->before.number.v > 0 ||
                       (subject->data.n > 0 && subject->data.p[0] != 0);
    if (twice) {
        const uint64_t first = subject->before.number.v > 0 ? subject->before.number.v
                                                            : subject->block.number.v;
        cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "executed_twice",
                          "the portal executed a withdrawal again that it had executed in block "
                          "%" PRIu64,
                          first);
        cw_judge_value(&j->judge, CW_SETTLEMENT,
                       "executed in block %" PRIu64 ", and again in block %" PRIu64, first,
                       subject->block.number.v);
        return;
    }
    j->look.now = &j->judge.io->heads[CW_SETTLEMENT].latest;
    enum op_existence exists = op_exists(j, &id, j->judge.io->heads[CW_EXECUTION].final.number.v,
                                         &why);
    bool read = read_proofs(j, &id, proofs);
    if (read) {
        proof = best(j, proofs);
    }
    if (op_stops(j)) {
        return;
    }
    if (proof == NULL) {
        judge_unproven(j, proofs);
    } else {
        judge_proven_so(j, proofs, proof, exists, why);
    }
}
