#include "opstack/internal.h"

#include <causeway/account.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* msgNonce, the lower 240 bits: how many messages were passed. messageNonce() and MessagePassed put
 * the version of the message above it.
 * Source: contracts-bedrock L2ToL1MessagePasser.sol 1.1.0, storage slot 1; Encoding.sol. */
static const struct cw_hash32 nonce_slot = {{[31] = 1}};

static bool count_of(const struct cw_u256 *nonce, uint64_t *ret) {
    struct cw_u256 count = *nonce;
    count.limb[3] &= UINT64_MAX >> 16;
    return !cw_u256_to_u64(ret, &count);
}

bool opstack_sequence(const struct cw_summary *summary, uint64_t *ret) {
    return count_of(&summary->nonce, ret);
}

static void unknown(struct cw_count *ret, const char *format, ...) CW_PRINTF(2, 3);
static void unknown(struct cw_count *ret, const char *format, ...) {
    va_list args;
    va_start(args, format);
    ret->state = CW_COUNT_UNKNOWN;
    vsnprintf(ret->detail, sizeof ret->detail, format, args);
    va_end(args);
}

static struct cw_judgement read_nonce(struct cw_u256 *ret, const struct cw_header *header,
                                      const struct cw_answer *proof) {
    struct cw_account passer;
    bool present = false;
    struct cw_judgement verdict = cw_account_verify(&passer, &present, &header->state_root,
                                                    &CW_OP_MESSAGE_PASSER, proof->account_proof,
                                                    proof->account_proof_n);
    if (verdict.verdict != CW_VALID) {
        return verdict;
    }
    if (!present) {
        return cw_invalid("there is no message passer");
    }
    static const enum cw_mpt_form forms[] = {CW_MPT_FORM_NODE, CW_MPT_FORM_CONTRACT};
    for (size_t i = 0; i < CW_COUNT(forms); i++) {
        verdict = cw_storage_get(ret, &passer.storage_root, &nonce_slot, proof->storage_proof,
                                 proof->storage_proof_n, forms[i]);
        if (verdict.verdict == CW_VALID) {
            break;
        }
    }
    return verdict;
}

static void give(struct cw_count *ret, const struct cw_u256 *nonce) {
    if (count_of(nonce, &ret->next)) {
        ret->state = CW_COUNT_OK;
    } else {
        unknown(ret, "the message passer's counter is above 2^64");
    }
}

/* NEED when it is not known yet, UNKNOWN when it can't be had. */
static bool is_there(struct cw_count *ret, const struct cw_answer *answer) {
    if (answer == NULL) {
        ret->state = CW_COUNT_NEED;
    } else if (answer->status != CW_ANSWER_OK) {
        unknown(ret, "%s", answer->text != NULL ? answer->text : "messageNonce() does not answer");
    }
    return answer != NULL && answer->status == CW_ANSWER_OK;
}

static void count_read(const struct cw_block_ref *at, struct cw_io *io, struct cw_count *ret) {
    uint8_t room[OPSTACK_VIEW_SIZE];
    const struct cw_answer *answer = cw_io_call(io, CW_EXECUTION, at, &CW_OP_MESSAGE_PASSER,
                                                opstack_view(room, SEL_MESSAGE_NONCE, NULL, 0));
    if (!is_there(ret, answer)) {
        return;
    }
    struct cw_abi in = cw_abi_open(answer->data);
    struct cw_u256 nonce;
    if (answer->data.n == 32 && cw_abi_u256(&in, &nonce) == CW_OK) {
        give(ret, &nonce);
    } else {
        unknown(ret, "messageNonce() answers with %zu bytes", answer->data.n);
    }
}

void opstack_counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                     struct cw_io *io, struct cw_count *ret) {
    (void)adapter; /* the passer is a predeploy */
    memset(ret, 0, sizeof *ret);
    if (read) {
        count_read(at, io, ret);
        return;
    }
    const struct cw_answer *header = cw_io_header(io, CW_EXECUTION, at->number);
    const struct cw_answer *proof = cw_io_proof(io, CW_EXECUTION, at->number, &CW_OP_MESSAGE_PASSER,
                                                &nonce_slot);
    if (header == NULL || proof == NULL) {
        ret->state = CW_COUNT_NEED;
        return;
    }
    if (!is_there(ret, header) || !is_there(ret, proof)) {
        return;
    }
    if (!cw_hash32_equal(&header->header_hash, &at->hash)) {
        unknown(ret, "the header of block %" PRIu64 " is another one's", at->number.v);
        return;
    }
    struct cw_u256 nonce;
    struct cw_judgement verdict = read_nonce(&nonce, header->header, proof);
    if (verdict.verdict == CW_VALID) {
        give(ret, &nonce);
    } else {
        unknown(ret, "proof of the message passer's counter at block %" PRIu64 ": %s", at->number.v,
                verdict.reason);
    }
}
