/* Whether a root is our chain's, and whether a withdrawal exists there. */
#include "opstack/invariants.h"

#include <causeway/keccak.h>
#include <causeway/op_interop.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Blocks below the final one from which the rollup's pace is taken. */
#define PACE_BLOCKS 1024u

/* --- which block ------------------------------------------------------------------------------ */

/* The header of a final block, as a place that the search for a time may begin at. */
static bool begin_at(struct op_judge *j, uint64_t number, struct cw_told *ret) {
    const struct cw_answer *header = cw_io_header(j->judge.io, CW_EXECUTION,
                                                  (struct cw_block_number){number});
    if (!cw_told_has(&j->judge, ret, header, "unavailable")) {
        return false;
    }
    j->nobody.source = (struct cw_block_ref){
        {number}, header->header_hash, header->header->timestamp};
    return true;
}

/* The last block that is not later than that time. */
static bool find_block(struct op_judge *j, uint64_t at_s, uint64_t *ret_block,
                       struct cw_told *ret) {
    const struct cw_block_ref *final = &j->judge.io->heads[CW_EXECUTION].final;
    const char *text = "";
    uint64_t near = final->number.v > PACE_BLOCKS ? final->number.v - PACE_BLOCKS : 0;
    if (!begin_at(j, near, ret)) {
        return false;
    }
    const uint64_t s = final->timestamp_s - j->nobody.source.timestamp_s;
    if (at_s < j->nobody.source.timestamp_s) {
        uint64_t back = s > 0 ? look_add((final->timestamp_s - at_s) / s, 1) : UINT64_MAX;
        back = back < final->number.v / (2 * PACE_BLOCKS) ? 2 * PACE_BLOCKS * back
                                                          : final->number.v;
        if (!begin_at(j, final->number.v - back, ret)) {
            return false;
        }
    }
    if (at_s < j->nobody.source.timestamp_s) {
        cw_told_set(ret, CW_UNTOLD, "block_not_found",
                    "no L2 block was found for the time %" PRIu64, at_s);
        return false;
    }
    switch (game_block_at(&j->look, at_s, ret_block, &text)) {
    case LOOK_PROVED:
        return true;
    case LOOK_PENDING:
        ret->truth = CW_ASKED;
        return false;
    case LOOK_NOT_FINAL:
    case LOOK_UNAVAILABLE:
    case LOOK_OTHER_ROOT:
        break;
    }
    cw_told_set(ret, CW_UNTOLD, "block_not_found", "%s", text);
    return false;
}

/* --- our own root ----------------------------------------------------------------------------- */

/* ret->own; by the header alone where it tells. */
static bool own_root(struct op_judge *j, uint64_t block, struct cw_told *ret) {
    static const struct cw_hash32 slot = {{[31] = 1}}; /* one that is asked for anyway: msgNonce */
    const struct cw_block_number number = {block};
    const struct cw_answer *header = cw_io_header(j->judge.io, CW_EXECUTION, number);
    struct cw_op_output output;
    if (!cw_told_has(&j->judge, ret, header, "unavailable")) {
        if (!j->adapter->isthmus) {
            (void)cw_io_proof(j->judge.io, CW_EXECUTION, number, &CW_OP_MESSAGE_PASSER, &slot);
        }
        return false;
    }
    ret->at = (struct cw_block_ref){number, header->header_hash, header->header->timestamp};
    ret->has_own = header->header->number.v == block &&
                   look_header_tells(j->adapter, header, &ret->own);
    if (ret->has_own) {
        return true;
    }
    const struct cw_answer *proof = cw_io_proof(j->judge.io, CW_EXECUTION, number,
                                                &CW_OP_MESSAGE_PASSER, &slot);
    if (!cw_told_has(&j->judge, ret, proof, "proof_unavailable")) {
        return false;
    }
    struct cw_judgement verdict = cw_op_output_derive(&output, &ret->own, &header->header_hash,
                                                      header->header, proof->account_proof,
                                                      proof->account_proof_n);
    ret->has_own = header->header->number.v == block && verdict.verdict == CW_VALID;
    if (!ret->has_own) {
        cw_told_set(ret, CW_UNTOLD, "unexpected_answer", "L2 block %" PRIu64 ": %s", block,
                    verdict.reason);
    }
    return ret->has_own;
}

/* Of our own output, under a root over several chains. */
static void compare_super(struct op_judge *j, const struct game_claim *claim, struct cw_told *ret) {
    struct cw_hash32 alone;
    if (claim->preimage.n > 0) {
        bool same = cw_hash32_equal(&claim->output, &ret->own);
        cw_told_set(ret, same ? CW_TRUE : CW_FALSE, same ? "" : "root_mismatch",
                    "the output of our chain in it is another one");
        return;
    }
    struct cw_slice preimage = game_own_preimage(j->adapter, j->judge.io->arena, claim->at,
                                                 &ret->own);
    if (preimage.p == NULL) {
        j->judge.io->overflow = true;
        ret->truth = CW_ASKED;
        return;
    }
    cw_keccak256(&alone, preimage);
    if (cw_hash32_equal(&alone, &claim->root)) {
        ret->truth = CW_TRUE;
    } else {
        cw_told_set(ret, CW_UNTOLD, "unknown_set",
                    "the root is not over our chain alone, and what else it is over is not said");
    }
}

static void not_final(const struct op_judge *j, const struct game_claim *claim,
                      struct cw_told *ret) {
    const struct cw_block_ref *final = &j->judge.io->heads[CW_EXECUTION].final;
    cw_told_set(ret, CW_UNTOLD, "block_not_final",
                "L2 %s %" PRIu64 " is not final here, %" PRIu64 " is",
                claim->is_super ? "time" : "block", claim->at,
                claim->is_super ? final->timestamp_s : final->number.v);
    ret->not_final = true;
}

void op_tell(struct op_judge *j, const struct game_claim *claim, uint64_t posted_s,
             struct cw_told *ret) {
    const struct cw_heads *l2 = &j->judge.io->heads[CW_EXECUTION];
    const char *what = claim->is_super ? "time" : "block";
    uint64_t latest = claim->is_super ? l2->latest.timestamp_s : l2->latest.number.v;
    uint64_t final = claim->is_super ? l2->final.timestamp_s : l2->final.number.v;
    uint64_t block = claim->at;
    memset(ret, 0, sizeof *ret);
    if (cw_hash32_is_zero(&claim->root)) {
        cw_told_set(ret, CW_FALSE, "zero_root", "the root is zero");
        return;
    }
    /* Blocks come in the order of their times: a later one did not exist then. */
    if (claim->at > latest && l2->latest.timestamp_s >= cw_past_s(posted_s)) {
        cw_told_set(ret, CW_FALSE, "future_root",
                    "L2 %s %" PRIu64 " did not exist when the root was posted", what, claim->at);
        return;
    }
    /* That a root is false is told of a safe block, too; that it is true of a final one only. */
    if (claim->at > final && (claim->is_super || claim->at > l2->safe.number.v)) {
        not_final(j, claim, ret);
        ret->again_s = claim->at > latest ? cw_past_s(posted_s) : 0;
        return;
    }
    if ((claim->is_super && !find_block(j, claim->at, &block, ret)) || !own_root(j, block, ret)) {
        return;
    }
    if (claim->is_super) {
        compare_super(j, claim, ret);
    } else if (!cw_hash32_equal(&claim->root, &ret->own)) {
        cw_told_set(ret, CW_FALSE, "root_mismatch",
                    "our chain has another root at L2 block %" PRIu64, block);
    } else if (claim->at > final) {
        not_final(j, claim, ret);
    } else {
        ret->truth = CW_TRUE;
    }
}

void op_show(struct op_judge *j, const struct game_claim *claim, const struct cw_told *told) {
    char hex[CW_HEX_SIZE(32)];
    cw_judge_value(&j->judge, CW_SETTLEMENT, "root %s of L2 %s %" PRIu64,
                   cw_hex_encode(hex, cw_slice_of(claim->root.b, 32)),
                   claim->is_super ? "time" : "block", claim->at);
    if (told->has_own) {
        cw_judge_value(&j->judge, CW_EXECUTION, "root %s of block %" PRIu64,
                       cw_hex_encode(hex, cw_slice_of(told->own.b, 32)), told->at.number.v);
    }
    j->judge.ret->seen[CW_EXECUTION] = told->at;
}

/* --- the withdrawal --------------------------------------------------------------------------- */

/* The store has it from a log that its block's header vouches for. */
static bool is_stored(const struct op_judge *j, const struct cw_hash32 *id, uint64_t block) {
    struct cw_op_withdrawal withdrawal;
    struct cw_hash32 hash;
    const struct cw_message *m = j->message;
    return m != NULL && cw_hash32_equal(&m->id, id) && m->source.number.v <= block &&
           opstack_payload_decode(&withdrawal, m->payload) == CW_OK &&
           cw_op_withdrawal_hash(&hash, &withdrawal) == CW_OK && cw_hash32_equal(&hash, id);
}

static enum op_existence prove_sent(struct op_judge *j, const struct cw_hash32 *id, uint64_t block,
                                    const char **ret_text) {
    const struct cw_block_number number = {block};
    struct cw_u256 value;
    struct cw_hash32 slot;
    struct cw_account account;
    bool present = false;
    cw_op_withdrawal_slot(&slot, id);
    const struct cw_answer *header = cw_io_header(j->judge.io, CW_EXECUTION, number);
    const struct cw_answer *proof = cw_io_proof(j->judge.io, CW_EXECUTION, number,
                                                &CW_OP_MESSAGE_PASSER, &slot);
    if (header == NULL || proof == NULL) {
        j->judge.pending = true;
        return OP_EXISTENCE_PENDING;
    }
    if (header->status != CW_ANSWER_OK || proof->status != CW_ANSWER_OK) {
        const char *text = header->status != CW_ANSWER_OK ? header->text : proof->text;
        *ret_text = text != NULL ? text : "no endpoint of the execution layer proves that block";
        return OP_UNKNOWN;
    }
    *ret_text = "the proof of the withdrawal does not hold";
    header = cw_judge_header(&j->judge, CW_EXECUTION, number);
    if (header == NULL ||
        cw_account_verify(&account, &present, &header->header->state_root, &CW_OP_MESSAGE_PASSER,
                          proof->account_proof, proof->account_proof_n)
                .verdict != CW_VALID ||
        !present) {
        return OP_UNKNOWN;
    }
    static const enum cw_mpt_form forms[] = {CW_MPT_FORM_NODE, CW_MPT_FORM_CONTRACT};
    for (size_t i = 0; i < CW_COUNT(forms); i++) {
        if (cw_storage_get(&value, &account.storage_root, &slot, proof->storage_proof,
                           proof->storage_proof_n, forms[i])
                .verdict == CW_VALID) {
            return cw_u256_is_zero(&value) ? OP_ABSENT : OP_EXISTS;
        }
    }
    return OP_UNKNOWN;
}

enum op_existence op_exists(struct op_judge *j, const struct cw_hash32 *id, uint64_t block,
                            const char **ret_text) {
    return is_stored(j, id, block) ? OP_EXISTS : prove_sent(j, id, block, ret_text);
}
