#include <causeway/account.h>

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
