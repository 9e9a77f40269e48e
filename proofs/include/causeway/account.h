/* Accounts and storage values under a trusted state root (the content of an eth_getProof answer).
 *
 * Nothing allocates. Source: Ethereum yellow paper 4.1; EIP-1186. */
#ifndef CAUSEWAY_ACCOUNT_H
#define CAUSEWAY_ACCOUNT_H

#include <causeway/base.h>
#include <causeway/mpt.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cw_account {
    uint64_t nonce;
    struct cw_wei balance;
    struct cw_hash32 storage_root;
    struct cw_hash32 code_hash;
};

/* The RLP in the state trie's leaf: exactly four fields, canonical, nothing behind. CW_ERR_INPUT
 * otherwise. */
CW_MUST_USE enum cw_err cw_account_decode(struct cw_account *ret_account, struct cw_slice leaf);

/* Valid when the nodes prove what the state has for address. *ret_present tells whether there is an
 * account; when there is none *ret_account is that of an empty one (nonce 0, balance 0, empty
 * storage root and code hash). Outputs are written on a valid verdict only. (No leaf of a state
 * trie is under 32 bytes, so there is one form.) */
CW_MUST_USE struct cw_judgement cw_account_verify(struct cw_account *ret_account, bool *ret_present,
                                                  const struct cw_hash32 *state_root,
                                                  const struct cw_addr20 *address,
                                                  const struct cw_slice *nodes, size_t n_nodes);

/* The key of a storage slot in the storage trie: keccak256(slot). */
void cw_storage_key(struct cw_hash32 *out, const struct cw_hash32 *slot);

/* The leaf bytes of a storage value: its RLP, 1 to 33 bytes. out must hold 33. Returns the size. */
size_t cw_storage_leaf(uint8_t out[33], const struct cw_u256 *value);

/* Valid when slot holds value under storage_root; value 0 means that the trie has no entry for the
 * slot. */
CW_MUST_USE struct cw_judgement cw_storage_verify(const struct cw_hash32 *storage_root,
                                                  const struct cw_hash32 *slot,
                                                  const struct cw_u256 *value,
                                                  const struct cw_slice *nodes, size_t n_nodes,
                                                  enum cw_mpt_form form);

/* Valid when the nodes prove what slot holds; *ret_value (0 when absent) is written on a valid
 * verdict only. */
CW_MUST_USE struct cw_judgement cw_storage_get(struct cw_u256 *ret_value,
                                               const struct cw_hash32 *storage_root,
                                               const struct cw_hash32 *slot,
                                               const struct cw_slice *nodes, size_t n_nodes,
                                               enum cw_mpt_form form);

/* --- many slots of one account, as an eth_getProof answer lists them ------------------------- */

/* What a slot is said to hold (0: nothing), and the proof of it. */
struct cw_storage_claim {
    struct cw_hash32 slot;
    struct cw_u256 value;
    const struct cw_slice *nodes;
    size_t n_nodes;
};

/* The bytes of scratch for so many claims with so many nodes, counted over all of them; SIZE_MAX
 * when there can't be so many. */
size_t cw_storage_scratch_size(size_t n_claims, size_t n_nodes_total);

/* Valid when every claim holds under storage_root (which the account's own proof gave: see
 * cw_account_verify); else invalid for the reason of the first that does not, and out[i] tells of
 * each claim what cw_storage_verify says of it alone. Nodes that stand in several proofs are hashed
 * once. scratch as for cw_mpt_get_many, cw_storage_scratch_size bytes (asserted). Valid for no
 * claims. */
CW_MUST_USE struct cw_judgement cw_storage_verify_many(struct cw_judgement *out,
                                                       const struct cw_hash32 *storage_root,
                                                       const struct cw_storage_claim *claims,
                                                       size_t n_claims, enum cw_mpt_form form,
                                                       void *scratch, size_t scratch_n);

#ifdef __cplusplus
}
#endif
#endif
