#include "count.h"

#include <causeway/abi.h>
#include <causeway/account.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void cw_count_unknown(struct cw_count *ret, const char *format, ...) {
    va_list args;
    va_start(args, format);
    ret->state = CW_COUNT_UNKNOWN;
    vsnprintf(ret->detail, sizeof ret->detail, format, args);
    va_end(args);
}

static bool is_there(struct cw_count *ret, const struct cw_answer *answer, const char *what) {
    if (answer == NULL) {
        ret->state = CW_COUNT_NEED;
    } else if (answer->status != CW_ANSWER_OK && answer->text != NULL) {
        cw_count_unknown(ret, "%s", answer->text);
    } else if (answer->status != CW_ANSWER_OK) {
        cw_count_unknown(ret, "%s is not answered", what);
    }
    return answer != NULL && answer->status == CW_ANSWER_OK;
}

static struct cw_judgement read_slot(struct cw_u256 *ret, const struct cw_header *header,
                                     const struct cw_addr20 *contract, const struct cw_hash32 *slot,
                                     const struct cw_answer *proof) {
    struct cw_account account;
    bool present = false;
    struct cw_judgement verdict = cw_account_verify(&account, &present, &header->state_root,
                                                    contract, proof->account_proof,
                                                    proof->account_proof_n);
    if (verdict.verdict != CW_VALID) {
        return verdict;
    }
    if (!present) {
        return cw_invalid("there is no such contract");
    }
    static const enum cw_mpt_form forms[] = {CW_MPT_FORM_NODE, CW_MPT_FORM_CONTRACT};
    for (size_t i = 0; i < CW_COUNT(forms); i++) {
        verdict = cw_storage_get(ret, &account.storage_root, slot, proof->storage_proof,
                                 proof->storage_proof_n, forms[i]);
        if (verdict.verdict == CW_VALID) {
            break;
        }
    }
    return verdict;
}

bool cw_count_prove(struct cw_count *ret, struct cw_u256 *ret_value, struct cw_io *io,
                    enum cw_side side, const struct cw_block_ref *at,
                    const struct cw_addr20 *contract, const struct cw_hash32 *slot,
                    const char *what) {
    const struct cw_answer *header = cw_io_header(io, side, at->number);
    const struct cw_answer *proof = cw_io_proof(io, side, at->number, contract, slot);
    if (header == NULL || proof == NULL) {
        ret->state = CW_COUNT_NEED;
        return false;
    }
    if (!is_there(ret, header, what) || !is_there(ret, proof, what)) {
        return false;
    }
    if (!cw_hash32_equal(&header->header_hash, &at->hash)) {
        cw_count_unknown(ret, "the header of block %" PRIu64 " is another one's", at->number.v);
        return false;
    }
    struct cw_judgement verdict = read_slot(ret_value, header->header, contract, slot, proof);
    if (verdict.verdict != CW_VALID) {
        cw_count_unknown(ret, "proof of %s at block %" PRIu64 ": %s", what, at->number.v,
                         verdict.reason);
    }
    return verdict.verdict == CW_VALID;
}

bool cw_count_read(struct cw_count *ret, struct cw_u256 *ret_value, struct cw_io *io,
                   enum cw_side side, const struct cw_block_ref *at,
                   const struct cw_addr20 *contract, struct cw_slice calldata, const char *what) {
    const struct cw_answer *answer = cw_io_call(io, side, at, contract, calldata);
    if (!is_there(ret, answer, what)) {
        return false;
    }
    struct cw_abi in = cw_abi_open(answer->data);
    if (answer->data.n == 32 && cw_abi_u256(&in, ret_value) == CW_OK) {
        return true;
    }
    cw_count_unknown(ret, "%s is answered with %zu bytes", what, answer->data.n);
    return false;
}
