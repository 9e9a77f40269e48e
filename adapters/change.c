#include "change.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct cw_hash32 CW_PROXY_CODE = {{0x36, 0x08, 0x94, 0xa1, 0x3b, 0xa1, 0xa3, 0x21,
                                         0x06, 0x67, 0xc8, 0x28, 0x49, 0x2d, 0xb9, 0x8d,
                                         0xca, 0x3e, 0x20, 0x76, 0xcc, 0x37, 0x35, 0xa9,
                                         0x20, 0xa3, 0xca, 0x50, 0x5d, 0x38, 0x2b, 0xbc}};
const struct cw_hash32 CW_PROXY_ADMIN = {{0xb5, 0x31, 0x27, 0x68, 0x4a, 0x56, 0x8b, 0x31,
                                          0x73, 0xae, 0x13, 0xb9, 0xf8, 0xa6, 0x01, 0x6e,
                                          0x24, 0x3e, 0x63, 0xb6, 0xe8, 0xee, 0x11, 0x78,
                                          0xd6, 0xa7, 0x17, 0x85, 0x0b, 0x5d, 0x61, 0x03}};
/* Source: nitro-contracts, libraries/UUPSNotUpgradeable.sol and DoubleLogicERC1967Upgrade.sol. */
const struct cw_hash32 CW_PROXY_CODE_2 = {{0x2b, 0x1d, 0xbc, 0xe7, 0x43, 0x24, 0x24, 0x8c,
                                           0x22, 0x2f, 0x0e, 0xc2, 0xd5, 0xed, 0x7b, 0xd3,
                                           0x23, 0xcf, 0xc4, 0x25, 0xb3, 0x36, 0xf0, 0x25,
                                           0x3c, 0x5c, 0xcf, 0xda, 0x72, 0x65, 0x54, 0x6d}};

#define CHANGE_SIZE (1u + 20u + 32u) /* its kind, the contract that told of it, what it is now */
#define UNPROVEN_S  60u              /* when a proof is asked for again that would clear it */

const struct cw_change *cw_change_find(const struct cw_change *changes, size_t n,
                                       const struct cw_log *log) {
    for (size_t i = 0; i < n && log->topics_n > 0; i++) {
        if (cw_hash32_equal(&log->topics[0], changes[i].topic)) {
            return &changes[i];
        }
    }
    return NULL;
}

void cw_log_key(struct cw_hash32 *out, const struct cw_log *log) {
    struct cw_keccak state;
    cw_keccak_init(&state);
    cw_keccak_update(&state, cw_slice_of(log->address.b, 20));
    cw_keccak_update(&state, cw_slice_of(log->topics[0].b, 32 * log->topics_n));
    cw_keccak_update(&state, log->data);
    cw_keccak_final(out, &state);
}

/* False: the log does not say. */
static bool word_of(struct cw_hash32 *ret, const struct cw_change *change,
                    const struct cw_log *log) {
    const size_t topics = log->topics_n - 1;
    if (change->word < topics) {
        *ret = log->topics[1 + change->word];
        return true;
    }
    if (change->word - topics >= log->data.n / 32) {
        return false;
    }
    memcpy(ret->b, log->data.p + 32 * (change->word - topics), 32);
    return true;
}

enum cw_err cw_change_subject(struct cw_subject *subject, const struct cw_change *change,
                              const struct cw_log *log, struct cw_arena *arena,
                              struct cw_error *error) {
    uint8_t data[CHANGE_SIZE] = {change->kind};
    struct cw_hash32 word = {{0}};
    char at[CW_HEX_SIZE(20)], now[CW_HEX_SIZE(32)] = "";
    if (word_of(&word, change, log)) {
        cw_judge_word(now, &word);
    }
    memcpy(data + 1, log->address.b, 20);
    memcpy(data + 21, word.b, 32);
    cw_log_key(&subject->key, log);
    snprintf(subject->about, sizeof subject->about, "%s, at %s%s%s", change->text,
             cw_hex_encode(at, cw_slice_of(log->address.b, 20)), now[0] ? ": " : "", now);
    return cw_subject_keep(subject, arena, cw_slice_of(data, sizeof data), error);
}

/* Whether the contract had no code before the subject's block. False, too, while that can't be
 * told; *ret_known says which. */
static bool is_made_there(struct cw_judge *judge, const struct cw_addr20 *contract,
                          bool *ret_known) {
    const struct cw_subject *subject = judge->subject;
    const struct cw_hash32 slot = {{0}};
    struct cw_account account;
    bool present;
    *ret_known = subject->block.number.v == 0;
    if (*ret_known) {
        return true;
    }
    const struct cw_block_number before = {subject->block.number.v - 1};
    if (before.v > judge->io->heads[subject->side].final.number.v) {
        return false;
    }
    const struct cw_answer *header = cw_io_header(judge->io, subject->side, before);
    const struct cw_answer *proof = cw_io_proof(judge->io, subject->side, before, contract, &slot);
    judge->pending = judge->pending || header == NULL || proof == NULL;
    *ret_known = header != NULL && proof != NULL && header->status == CW_ANSWER_OK &&
                 proof->status == CW_ANSWER_OK &&
                 cw_account_verify(&account, &present, &header->header->state_root, contract,
                                   proof->account_proof, proof->account_proof_n)
                         .verdict == CW_VALID;
    return *ret_known && cw_hash32_equal(&account.code_hash, &CW_KECCAK_EMPTY);
}

/* The contract in a block, as a proof has it. */
struct proved {
    struct cw_account account;
    struct cw_u256 value;    /* of the slot */
    struct cw_hash32 parent; /* of the block */
};

/* False: it is not known, yet or at all. hash: the block's. */
static bool prove_at(struct cw_judge *judge, struct cw_block_number number,
                     const struct cw_hash32 *hash, const struct cw_addr20 *contract,
                     const struct cw_hash32 *slot, struct proved *ret) {
    static const enum cw_mpt_form forms[] = {CW_MPT_FORM_NODE, CW_MPT_FORM_CONTRACT};
    const enum cw_side side = judge->subject->side;
    const struct cw_answer *header = cw_io_header(judge->io, side, number);
    const struct cw_answer *proof = cw_io_proof(judge->io, side, number, contract, slot);
    bool present, known = false;
    judge->pending = judge->pending || header == NULL || proof == NULL;
    if (header == NULL || proof == NULL || header->status != CW_ANSWER_OK ||
        proof->status != CW_ANSWER_OK || !cw_hash32_equal(&header->header_hash, hash) ||
        cw_account_verify(&ret->account, &present, &header->header->state_root, contract,
                          proof->account_proof, proof->account_proof_n)
                .verdict != CW_VALID) {
        return false;
    }
    for (size_t i = 0; i < CW_COUNT(forms) && !known; i++) {
        known = cw_storage_get(&ret->value, &ret->account.storage_root, slot, proof->storage_proof,
                               proof->storage_proof_n, forms[i])
                    .verdict == CW_VALID;
    }
    ret->parent = header->header->parent_hash;
    return known;
}

/* What became of a word that was in force within the subject's block only. */
enum swap { SWAP_UNKNOWN, SWAP_NONE, SWAP, SWAP_WRITTEN };

/* Whether other logs of the contract in that block may say why its storage is another one; true,
 * too, while that is not known. */
static bool has_others(struct cw_judge *judge, const struct cw_change *change,
                       const struct cw_addr20 *contract) {
    const struct cw_topic_set any[CW_TOPICS] = {{NULL, 0}};
    const struct cw_block_ref *block = &judge->subject->block;
    const struct cw_answer *answer = cw_io_logs(judge->io, judge->subject->side, block->number,
                                                block, contract, any, 0);
    judge->pending = judge->pending || answer == NULL;
    if (answer == NULL || answer->status != CW_ANSWER_OK) {
        return true;
    }
    for (size_t i = 0; i < answer->logs_n; i++) {
        if (answer->logs[i].topics_n == 0 ||
            !cw_hash32_equal(&answer->logs[i].topics[0], change->topic)) {
            return true;
        }
    }
    return false;
}

static enum swap find_swap(struct cw_judge *judge, const struct cw_change *change,
                           const struct cw_addr20 *contract, const struct cw_hash32 *word) {
    const struct cw_block_ref *block = &judge->subject->block;
    const struct cw_u256 now = cw_u256_from_be(word->b);
    struct proved before, after;
    if (change->slot == NULL) {
        return SWAP_NONE;
    }
    if (!prove_at(judge, block->number, &block->hash, contract, change->slot, &after)) {
        return SWAP_UNKNOWN;
    }
    if (cw_u256_cmp(&after.value, &now) == 0) {
        return SWAP_NONE;
    }
    const bool others = has_others(judge, change, contract);
    if (block->number.v == 0 || !prove_at(judge, (struct cw_block_number){block->number.v - 1},
                                          &after.parent, contract, change->slot, &before)) {
        return SWAP;
    }
    return !others && !cw_hash32_equal(&before.account.storage_root, &after.account.storage_root)
               ? SWAP_WRITTEN
               : SWAP;
}

static void say_change(struct cw_judge *judge, const struct cw_change *change, enum swap swap) {
    const struct cw_subject *subject = judge->subject;
    const uint64_t block = subject->block.number.v;
    cw_judge_value(judge, subject->side, "%s", subject->about);
    switch (swap) {
    case SWAP_UNKNOWN:
    case SWAP_NONE:
        cw_judge_violated(judge, change->stake, change->reason,
                          "it was changed in block %" PRIu64 ", which is told of for a day", block);
        return;
    case SWAP:
        cw_judge_violated(
            judge, change->stake, "code_swapped",
            "it ran within block %" PRIu64 " only: at the block's end there is other code", block);
        return;
    case SWAP_WRITTEN:
        cw_judge_violated(judge, change->stake, "code_swapped_storage_written",
                          "it ran within block %" PRIu64
                          " only, and left the contract another storage, of which no log tells: "
                          "what is proven or paid out from now on may be forged",
                          block);
        return;
    }
}

/* It happened, whatever can't be told: only a proof says that it is none. */
static void judge_young_change(struct cw_judge *judge, const struct cw_change *change,
                               const struct cw_addr20 *contract, const struct cw_hash32 *word,
                               uint64_t until_s) {
    const struct cw_subject *subject = judge->subject;
    const uint64_t now_s = judge->io->heads[subject->side].latest.timestamp_s;
    bool known;
    const bool made_there = is_made_there(judge, contract, &known);
    const enum swap swap = find_swap(judge, change, contract, word);
    if (cw_judge_stops(judge)) {
        return;
    }
    if (made_there) {
        cw_judge_ok(judge);
        return;
    }
    say_change(judge, change, swap);
    known = known && swap != SWAP_UNKNOWN;
    cw_judge_again(judge, subject->side,
                   known || until_s - now_s < UNPROVEN_S ? until_s : now_s + UNPROVEN_S);
}

void cw_judge_change(struct cw_judge *judge, const struct cw_change *changes, size_t n) {
    const struct cw_subject *subject = judge->subject;
    const struct cw_change *change = NULL;
    struct cw_addr20 contract;
    struct cw_hash32 word;
    uint64_t until_s;
    for (size_t i = 0; i < n && subject->data.n == CHANGE_SIZE; i++) {
        if (subject->data.p[0] == changes[i].kind) {
            change = &changes[i];
            break;
        }
    }
    if (change == NULL) {
        cw_judge_unverified(judge, "bad_subject", "what is kept of it does not decode");
        return;
    }
    memcpy(contract.b, subject->data.p + 1, sizeof contract.b);
    memcpy(word.b, subject->data.p + 21, sizeof word.b);
    if (__builtin_add_overflow(subject->block.timestamp_s, (uint64_t)CW_CHANGE_S, &until_s)) {
        until_s = UINT64_MAX;
    }
    if (judge->io->heads[subject->side].latest.timestamp_s >= until_s) {
        cw_judge_ok(judge);
        return;
    }
    judge_young_change(judge, change, &contract, &word, until_s);
}
