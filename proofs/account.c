#include <causeway/account.h>

#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

enum cw_err cw_account_decode(struct cw_account *ret_account, struct cw_slice leaf) {
    struct cw_rlp at;
    struct cw_account account;
    if (cw_rlp_open_list(&at, leaf) != CW_OK || cw_rlp_u64(&at, &account.nonce) != CW_OK ||
        cw_rlp_u256(&at, &account.balance.v) != CW_OK ||
        cw_rlp_hash32(&at, &account.storage_root) != CW_OK ||
        cw_rlp_hash32(&at, &account.code_hash) != CW_OK || cw_rlp_end(&at) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret_account = account;
    return CW_OK;
}

struct cw_judgement cw_account_verify(struct cw_account *ret_account, bool *ret_present,
                                      const struct cw_hash32 *state_root,
                                      const struct cw_addr20 *address, const struct cw_slice *nodes,
                                      size_t n_nodes) {
    struct cw_hash32 key;
    cw_keccak256(&key, cw_slice_of(address->b, sizeof(address->b)));
    bool present;
    struct cw_slice leaf;
    struct cw_judgement judgement = cw_mpt_get(&present, &leaf, state_root,
                                               cw_slice_of(key.b, sizeof(key.b)), nodes, n_nodes,
                                               CW_MPT_FORM_NODE);
    if (judgement.verdict != CW_VALID) {
        return judgement;
    }
    struct cw_account account = {.storage_root = CW_EMPTY_TRIE_ROOT, .code_hash = CW_KECCAK_EMPTY};
    if (present && cw_account_decode(&account, leaf) != CW_OK) {
        return cw_invalid("leaf is not an account");
    }
    *ret_account = account;
    *ret_present = present;
    return judgement;
}

void cw_storage_key(struct cw_hash32 *out, const struct cw_hash32 *slot) {
    cw_keccak256(out, cw_slice_of(slot->b, sizeof(slot->b)));
}

size_t cw_storage_leaf(uint8_t out[33], const struct cw_u256 *value) {
    struct cw_rlp_out rlp = cw_rlp_out_to(out, 33);
    cw_rlp_put_u256(&rlp, value);
    return rlp.n;
}

struct cw_judgement cw_storage_verify(const struct cw_hash32 *storage_root,
                                      const struct cw_hash32 *slot, const struct cw_u256 *value,
                                      const struct cw_slice *nodes, size_t n_nodes,
                                      enum cw_mpt_form form) {
    struct cw_hash32 key;
    cw_storage_key(&key, slot);
    struct cw_slice path = cw_slice_of(key.b, sizeof(key.b));
    if (cw_u256_is_zero(value)) {
        return cw_mpt_verify_exclusion(storage_root, path, nodes, n_nodes, form);
    }
    uint8_t leaf[33];
    size_t leaf_n = cw_storage_leaf(leaf, value);
    return cw_mpt_verify_inclusion(storage_root, path, cw_slice_of(leaf, leaf_n), nodes, n_nodes,
                                   form);
}

struct cw_judgement cw_storage_get(struct cw_u256 *ret_value, const struct cw_hash32 *storage_root,
                                   const struct cw_hash32 *slot, const struct cw_slice *nodes,
                                   size_t n_nodes, enum cw_mpt_form form) {
    struct cw_hash32 key;
    cw_storage_key(&key, slot);
    bool present;
    struct cw_slice leaf;
    struct cw_judgement judgement = cw_mpt_get(
        &present, &leaf, storage_root, cw_slice_of(key.b, sizeof(key.b)), nodes, n_nodes, form);
    if (judgement.verdict != CW_VALID) {
        return judgement;
    }
    struct cw_u256 value = {{0, 0, 0, 0}};
    if (present) {
        struct cw_rlp at = cw_rlp_open(leaf);
        if (cw_rlp_u256(&at, &value) != CW_OK || !cw_rlp_at_end(&at) || cw_u256_is_zero(&value)) {
            return cw_invalid("leaf is not a storage value");
        }
    }
    *ret_value = value;
    return judgement;
}

/* --- many slots ------------------------------------------------------------------------------ */

/* What each claim takes of the scratch. Sizes are multiples of the next one's alignment. */
#define CLAIM_BYTES                                                                                \
    (sizeof(struct cw_mpt_answer) + sizeof(struct cw_mpt_query) + sizeof(struct cw_slice) +        \
     sizeof(struct cw_hash32))

/* The trie's part of the scratch, up to where the rest may begin. */
static size_t trie_part(size_t n_nodes) {
    const size_t unit = alignof(max_align_t);
    size_t n = cw_mpt_scratch_size(n_nodes);
    return n > SIZE_MAX - unit ? SIZE_MAX : (n + unit - 1) / unit * unit;
}

size_t cw_storage_scratch_size(size_t n_claims, size_t n_nodes_total) {
    size_t claims_n, total;
    if (__builtin_mul_overflow(n_claims, CLAIM_BYTES, &claims_n) ||
        __builtin_add_overflow(claims_n, trie_part(n_nodes_total), &total)) {
        return SIZE_MAX;
    }
    return total;
}

/* What the trie's answer says about the claim. */
static struct cw_judgement judge_claim(const struct cw_storage_claim *claim,
                                       const struct cw_mpt_answer *answer) {
    if (answer->judgement.verdict != CW_VALID) {
        return answer->judgement;
    }
    if (cw_u256_is_zero(&claim->value)) {
        return answer->present ? cw_invalid(CW_MPT_R_PRESENT) : cw_valid();
    }
    if (!answer->present) {
        return cw_invalid(CW_MPT_R_ABSENT);
    }
    uint8_t leaf[33];
    size_t leaf_n = cw_storage_leaf(leaf, &claim->value);
    return cw_slice_equal(answer->value, cw_slice_of(leaf, leaf_n)) ? cw_valid()
                                                                    : cw_invalid(CW_MPT_R_VALUE);
}

struct cw_judgement cw_storage_verify_many(struct cw_judgement *out,
                                           const struct cw_hash32 *storage_root,
                                           const struct cw_storage_claim *claims, size_t n_claims,
                                           enum cw_mpt_form form, void *scratch, size_t scratch_n) {
    struct cw_judgement all = cw_valid();
    if (n_claims == 0) {
        return all;
    }
    size_t n_nodes = 0;
    for (size_t i = 0; i < n_claims; i++) {
        bool overflow = __builtin_add_overflow(n_nodes, claims[i].n_nodes, &n_nodes);
        assert(!overflow);
    }
    assert(scratch_n >= cw_storage_scratch_size(n_claims, n_nodes));
    assert((uintptr_t)scratch % alignof(max_align_t) == 0);
    size_t trie_n = trie_part(n_nodes);
    uint8_t *rest = (uint8_t *)scratch + trie_n;
    struct cw_mpt_answer *answers = (void *)rest;
    rest += n_claims * sizeof(*answers);
    struct cw_mpt_query *queries = (void *)rest;
    rest += n_claims * sizeof(*queries);
    struct cw_slice *slots = (void *)rest;
    rest += n_claims * sizeof(*slots);
    struct cw_hash32 *keys = (void *)rest;
    for (size_t i = 0; i < n_claims; i++) {
        slots[i] = cw_slice_of(claims[i].slot.b, sizeof(claims[i].slot.b));
        queries[i] = (struct cw_mpt_query){cw_slice_of(keys[i].b, sizeof(keys[i].b)),
                                           claims[i].nodes, claims[i].n_nodes};
    }
    cw_keccak256_batch(keys, slots, n_claims);
    cw_mpt_get_many(answers, storage_root, queries, n_claims, form, scratch, trie_n);
    for (size_t i = 0; i < n_claims; i++) {
        out[i] = judge_claim(&claims[i], &answers[i]);
        if (all.verdict == CW_VALID) {
            all = out[i];
        }
    }
    return all;
}
