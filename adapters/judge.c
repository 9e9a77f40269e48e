#include "judge.h"

#include <causeway/abi.h>
#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum cw_err cw_subject_keep(struct cw_subject *subject, struct cw_arena *arena,
                            struct cw_slice data, struct cw_error *error) {
    subject->data = cw_arena_copy(arena, data);
    return subject->data.p == NULL ? cw_error_set(error, CW_ERR_MEMORY, "no room for a subject")
                                   : CW_OK;
}

struct cw_judge cw_judge_open(const struct cw_subject *subject, struct cw_io *io,
                              struct cw_invariant_verdict *ret) {
    memset(ret, 0, sizeof *ret);
    ret->seen[subject->side] = subject->block;
    return (struct cw_judge){.subject = subject, .io = io, .ret = ret};
}

bool cw_judge_stops(struct cw_judge *judge) {
    if (judge->failed) {
        return true;
    }
    judge->ret->need = judge->pending;
    return judge->pending;
}

/* --- verdicts --- */

static void give(struct cw_judge *judge, enum cw_verdict_state state, const char *reason) {
    judge->ret->need = false;
    judge->ret->state = state;
    snprintf(judge->ret->reason, sizeof judge->ret->reason, "%s", reason);
}

#define SENTENCE(judge, format)                                                                    \
    do {                                                                                           \
        va_list args_;                                                                             \
        va_start(args_, format);                                                                   \
        vsnprintf((judge)->ret->sentence, CW_SENTENCE_SIZE, format, args_);                        \
        va_end(args_);                                                                             \
    } while (0)

void cw_judge_ok(struct cw_judge *judge) {
    give(judge, CW_VERDICT_OK, "");
}

void cw_judge_unverified(struct cw_judge *judge, const char *reason, const char *format, ...) {
    give(judge, CW_VERDICT_UNVERIFIED, reason);
    SENTENCE(judge, format);
}

void cw_judge_violated(struct cw_judge *judge, enum cw_stake stake, const char *reason,
                       const char *format, ...) {
    give(judge, CW_VERDICT_VIOLATED, reason);
    judge->ret->stake = stake;
    SENTENCE(judge, format);
}

void cw_judge_value(struct cw_judge *judge, enum cw_side side, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(judge->ret->values[side], CW_VALUE_SIZE, format, args);
    va_end(args);
}

void cw_judge_again(struct cw_judge *judge, enum cw_side side, uint64_t again_s) {
    judge->ret->open = true;
    judge->ret->again_side = side;
    judge->ret->again_s = again_s;
}

void cw_judge_fail(struct cw_judge *judge, const char *reason, const char *format, ...) {
    if (judge->failed) {
        return;
    }
    judge->failed = true;
    give(judge, CW_VERDICT_UNVERIFIED, reason);
    SENTENCE(judge, format);
}

/* --- is it true? --- */

uint64_t cw_past_s(uint64_t spoken_s) {
    return spoken_s > UINT64_MAX - CW_CLOCKS_S ? UINT64_MAX : spoken_s + CW_CLOCKS_S;
}

void cw_told_set(struct cw_told *told, enum cw_truth truth, const char *reason, const char *format,
                 ...) {
    va_list args;
    told->truth = truth;
    snprintf(told->reason, sizeof told->reason, "%s", reason);
    va_start(args, format);
    vsnprintf(told->text, sizeof told->text, format, args);
    va_end(args);
}

bool cw_told_has(struct cw_judge *judge, struct cw_told *told, const struct cw_answer *answer,
                 const char *reason) {
    if (answer == NULL) {
        judge->pending = true;
        told->truth = CW_ASKED;
    } else if (answer->status != CW_ANSWER_OK) {
        cw_told_set(told, CW_UNTOLD, reason, "%s",
                    answer->text != NULL ? answer->text : "no endpoint answered");
    }
    return answer != NULL && answer->status == CW_ANSWER_OK;
}

void cw_judge_untold(struct cw_judge *judge, const struct cw_told *told) {
    cw_judge_unverified(judge, told->reason, "%s", told->text);
    judge->ret->open = told->not_final;
    if (told->again_s > 0) {
        cw_judge_again(judge, CW_EXECUTION, told->again_s);
    }
}

char *cw_judge_word(char out[CW_HEX_SIZE(32)], const struct cw_hash32 *word) {
    size_t zeros = 0;
    while (zeros < 31 && word->b[zeros] == 0) {
        zeros++;
    }
    zeros = zeros > 12 || zeros < 8 ? zeros : 8;
    return cw_hex_encode(out, cw_slice_of(word->b + zeros, 32 - zeros));
}

/* --- readers --- */

bool cw_judge_has(struct cw_judge *judge, const struct cw_answer *answer, const char *what) {
    if (answer == NULL) {
        judge->pending = true;
    } else if (answer->status != CW_ANSWER_OK) {
        cw_judge_fail(judge, "unavailable", "%s", answer->text != NULL ? answer->text : what);
    }
    return answer != NULL && answer->status == CW_ANSWER_OK;
}

const struct cw_answer *cw_judge_header(struct cw_judge *judge, enum cw_side side,
                                        struct cw_block_number number) {
    const struct cw_answer *answer = cw_io_header(judge->io, side, number);
    struct cw_hash32 hash;
    if (!cw_judge_has(judge, answer, "no endpoint has the header of a final block")) {
        return NULL;
    }
    if (answer->header->number.v != number.v || cw_header_hash(&hash, answer->header) != CW_OK ||
        !cw_hash32_equal(&hash, &answer->header_hash)) {
        cw_judge_fail(judge, "unexpected_answer",
                      "the header of block %" PRIu64 " does not hash to its hash", number.v);
        return NULL;
    }
    if (side == judge->subject->side && number.v == judge->subject->block.number.v &&
        !cw_hash32_equal(&hash, &judge->subject->block.hash)) {
        cw_judge_fail(judge, "chain_moved", "block %" PRIu64 " was replaced meanwhile", number.v);
        return NULL;
    }
    return answer;
}

static bool account_at(struct cw_judge *judge, enum cw_side side, struct cw_block_number number,
                       const struct cw_addr20 *address, const struct cw_hash32 *slot,
                       const struct cw_answer **ret_proof, struct cw_account *ret) {
    const struct cw_answer *header = cw_judge_header(judge, side, number);
    const struct cw_answer *proof = cw_io_proof(judge->io, side, number, address, slot);
    bool present;
    if (!cw_judge_has(judge, proof, "no endpoint proves that state") || header == NULL) {
        return false;
    }
    struct cw_judgement verdict = cw_account_verify(ret, &present, &header->header->state_root,
                                                    address, proof->account_proof,
                                                    proof->account_proof_n);
    if (verdict.verdict != CW_VALID) {
        cw_judge_fail(judge, "unexpected_answer", "account proof at block %" PRIu64 ": %s",
                      number.v, verdict.reason);
        return false;
    }
    *ret_proof = proof;
    return true;
}

bool cw_judge_slot(struct cw_judge *judge, enum cw_side side, struct cw_block_number number,
                   const struct cw_addr20 *contract, const struct cw_hash32 *slot,
                   struct cw_u256 *ret) {
    static const enum cw_mpt_form forms[] = {CW_MPT_FORM_NODE, CW_MPT_FORM_CONTRACT};
    struct cw_judgement verdict = {CW_UNDECIDED, ""};
    const struct cw_answer *proof;
    struct cw_account account;
    if (!account_at(judge, side, number, contract, slot, &proof, &account)) {
        return false;
    }
    for (size_t i = 0; i < CW_COUNT(forms) && verdict.verdict != CW_VALID; i++) {
        verdict = cw_storage_get(ret, &account.storage_root, slot, proof->storage_proof,
                                 proof->storage_proof_n, forms[i]);
    }
    if (verdict.verdict != CW_VALID) {
        cw_judge_fail(judge, "unexpected_answer", "storage proof at block %" PRIu64 ": %s",
                      number.v, verdict.reason);
    }
    return verdict.verdict == CW_VALID;
}

bool cw_judge_balance(struct cw_judge *judge, enum cw_side side, struct cw_block_number number,
                      const struct cw_addr20 *account, struct cw_u256 *ret) {
    const struct cw_hash32 slot = {{0}};
    const struct cw_answer *proof;
    struct cw_account of;
    if (!account_at(judge, side, number, account, &slot, &proof, &of)) {
        return false;
    }
    *ret = of.balance.v;
    return true;
}

bool cw_judge_has_code(struct cw_judge *judge, enum cw_side side, struct cw_block_number number,
                       const struct cw_addr20 *account, const struct cw_hash32 *slot, bool *ret) {
    const struct cw_answer *proof;
    struct cw_account found;
    if (!account_at(judge, side, number, account, slot, &proof, &found)) {
        return false;
    }
    *ret = !cw_hash32_equal(&found.code_hash, &CW_KECCAK_EMPTY);
    return true;
}

bool cw_judge_tx(struct cw_judge *judge, const struct cw_hash32 *tx_hash, struct cw_tx *ret) {
    const struct cw_answer *answer = cw_io_tx(judge->io, judge->subject->side, tx_hash);
    struct cw_signature signature;
    struct cw_hash32 hash;
    struct cw_error error;
    if (!cw_judge_has(judge, answer, "no endpoint has the transaction")) {
        return false;
    }
    cw_tx_hash(&hash, answer->data);
    if (!cw_hash32_equal(&hash, tx_hash)) {
        cw_judge_fail(judge, "unexpected_answer", "the transaction does not hash to its hash");
        return false;
    }
    if (cw_tx_decode(judge->io->arena, ret, &signature, answer->data, &error) != CW_OK) {
        cw_judge_fail(judge, "unexpected_answer", "the transaction does not decode: %s",
                      error.text);
        return false;
    }
    return true;
}

/* --- calldata --- */

bool cw_judge_next_call(struct cw_slice input, size_t *at, uint32_t selector,
                        struct cw_slice *ret) {
    for (size_t i = *at; i + 4 <= input.n; i++) {
        if (cw_selector_is(cw_slice_of(input.p + i, input.n - i), selector)) {
            *ret = cw_slice_of(input.p + i, input.n - i);
            *at = i + 4;
            return true;
        }
    }
    *at = input.n;
    return false;
}
