/* OP Stack withdrawals: their hash, where the message passer keeps them, and the proof against an
 * output root.
 *
 * Nothing allocates. Source: OP Stack specification, withdrawals and proposals; Hashing.sol,
 * Types.sol, L2ToL1MessagePasser.sol (sentMessages is slot 0). */
#ifndef CAUSEWAY_OP_WITHDRAWAL_H
#define CAUSEWAY_OP_WITHDRAWAL_H

#include <causeway/account.h>
#include <causeway/base.h>
#include <causeway/header.h>
#include <causeway/mpt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0x4200000000000000000000000000000000000016 on every OP Stack L2. */
extern const struct cw_addr20 CW_OP_MESSAGE_PASSER;

/* Refused above this: the portal could not take it in one transaction anyway. */
#define CW_OP_WITHDRAWAL_DATA_MAX (1u << 20)

struct cw_op_withdrawal {
    struct cw_u256 nonce; /* version in the upper 16 bits */
    struct cw_addr20 sender;
    struct cw_addr20 target;
    struct cw_wei value;
    struct cw_u256 gas_limit;
    struct cw_slice data; /* borrowed */
};

/* keccak256(abi.encode(nonce, sender, target, value, gasLimit, data)). CW_ERR_LIMIT when data is
 * over the cap. */
CW_MUST_USE enum cw_err cw_op_withdrawal_hash(struct cw_hash32 *ret_hash,
                                              const struct cw_op_withdrawal *withdrawal);

/* The storage slot sentMessages[hash]: keccak256(hash ‖ uint256(0)). For eth_getProof. */
void cw_op_withdrawal_slot(struct cw_hash32 *out, const struct cw_hash32 *withdrawal_hash);
/* Its key in the storage trie: keccak256(slot). */
void cw_op_withdrawal_key(struct cw_hash32 *out, const struct cw_hash32 *withdrawal_hash);
/* The leaf's raw bytes: 0x01 (true). */
extern const struct cw_slice CW_OP_WITHDRAWAL_LEAF;

/* The preimage of an output root; version must be zero. Same order as Types.OutputRootProof. */
struct cw_op_output {
    struct cw_hash32 version;
    struct cw_hash32 state_root;
    struct cw_hash32 passer_storage_root;
    struct cw_hash32 block_hash;
};

/* keccak256(version ‖ state root ‖ message passer's storage root ‖ block hash). The version is not
 * checked. */
void cw_op_output_root(struct cw_hash32 *out, const struct cw_op_output *output);

/* Reasons, beside those of mpt.h. */
#define CW_OP_R_VERSION          "unknown output root version"
#define CW_OP_R_OUTPUT           "output root proof does not hash to the output root"
#define CW_OP_R_HEADER           "header does not hash to the block hash"
#define CW_OP_R_PASSER           "the block has no message passer account"
#define CW_OP_R_WITHDRAWALS_ROOT "header has no withdrawals root"

/* What the portal checks. Valid when output hashes to the trusted output_root and the nodes prove,
 * under output->passer_storage_root, that the withdrawal was sent. */
CW_MUST_USE struct cw_judgement cw_op_withdrawal_verify(const struct cw_hash32 *output_root,
                                                        const struct cw_op_output *output,
                                                        const struct cw_hash32 *withdrawal_hash,
                                                        const struct cw_slice *nodes,
                                                        size_t n_nodes, enum cw_mpt_form form);

/* From a block that the caller trusts to its output: header hashes to block_hash, account_nodes
 * prove the message passer under its state root. *ret_output and *ret_output_root (may be NULL) are
 * written on a valid verdict only. */
CW_MUST_USE struct cw_judgement
cw_op_output_derive(struct cw_op_output *ret_output, struct cw_hash32 *ret_output_root,
                    const struct cw_hash32 *block_hash, const struct cw_header *header,
                    const struct cw_slice *account_nodes, size_t n_account_nodes);

/* The same without a proof, where Isthmus is active: the header's withdrawals root is the passer's
 * storage root. The caller knows from the chain's configuration that it is; before Isthmus the
 * field says something else. */
CW_MUST_USE struct cw_judgement cw_op_output_from_header(struct cw_op_output *ret_output,
                                                         struct cw_hash32 *ret_output_root,
                                                         const struct cw_hash32 *block_hash,
                                                         const struct cw_header *header);

/* The whole chain: trusted block hash → header → state root → message passer →
 * sentMessages[withdrawal]. Valid says that the withdrawal was sent in that block or before;
 * outputs (may be NULL) as in _derive. */
CW_MUST_USE struct cw_judgement
cw_op_withdrawal_verify_chain(struct cw_op_output *ret_output, struct cw_hash32 *ret_output_root,
                              const struct cw_hash32 *block_hash, const struct cw_header *header,
                              const struct cw_slice *account_nodes, size_t n_account_nodes,
                              const struct cw_hash32 *withdrawal_hash,
                              const struct cw_slice *storage_nodes, size_t n_storage_nodes,
                              enum cw_mpt_form form);

#ifdef __cplusplus
}
#endif
#endif
