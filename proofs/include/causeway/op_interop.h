/* OP Stack interoperability: the root over the outputs of a set of chains, and what names a message
 * between two of them.
 *
 * Nothing allocates. Source: OP Stack specification, interop (super root, messaging, predeploys:
 * CrossL2Inbox); Hashing.sol, Encoding.sol. */
#ifndef CAUSEWAY_OP_INTEROP_H
#define CAUSEWAY_OP_INTEROP_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- super roots ---------------------------------------------------------------------------- */

#define CW_OP_SUPER_VERSION 1
/* Version and timestamp; a chain id and an output root for each chain. */
#define CW_OP_SUPER_HEAD  (1 + 8)
#define CW_OP_SUPER_CHAIN (32 + 32)

struct cw_op_super_chain {
    struct cw_u256 chain_id;
    struct cw_hash32 output_root;
};

/* keccak256(version ‖ timestamp ‖ (chain id ‖ output root) of each chain), in the order given; the
 * dependency set's order is by ascending chain id. CW_ERR_INPUT when there is no chain. */
CW_MUST_USE enum cw_err cw_op_super_root(struct cw_hash32 *ret_root, uint64_t timestamp,
                                         const struct cw_op_super_chain *chains, size_t n_chains);

/* The preimage of a super root, as a node gives it. */
struct cw_op_super {
    uint64_t timestamp;     /* seconds */
    size_t n_chains;        /* 1 or more */
    struct cw_slice chains; /* borrowed: n_chains · CW_OP_SUPER_CHAIN bytes */
};

/* CW_ERR_INPUT when the version is unknown, no chain is there, or one is cut off. */
CW_MUST_USE enum cw_err cw_op_super_decode(struct cw_op_super *ret_super, struct cw_slice bytes);
/* Chain i, i < n_chains (asserted). */
void cw_op_super_chain_at(struct cw_op_super_chain *out, const struct cw_op_super *super, size_t i);

#define CW_OP_R_SUPER        "malformed preimage of a super root"
#define CW_OP_R_SUPER_ROOT   "preimage does not hash to the super root"
#define CW_OP_R_SUPER_CHAIN  "the super root has no output of the chain"
#define CW_OP_R_SUPER_TWICE  "the super root has two outputs of the chain"
#define CW_OP_R_SUPER_OUTPUT "the super root has another output of the chain"

/* Valid when preimage hashes to the trusted super_root and holds exactly this output root of the
 * chain. */
CW_MUST_USE struct cw_judgement cw_op_super_verify(const struct cw_hash32 *super_root,
                                                   struct cw_slice preimage,
                                                   const struct cw_u256 *chain_id,
                                                   const struct cw_hash32 *output_root);

/* --- messages ------------------------------------------------------------------------------- */

/* A log on a chain of the set, as CrossL2Inbox identifies it. */
struct cw_op_message_id {
    struct cw_addr20 origin; /* who emitted it */
    uint64_t block_number;
    uint32_t log_index; /* in the block */
    uint64_t timestamp; /* of the block, seconds */
    struct cw_u256 chain_id;
};

/* What stands for a message in a transaction's access list: its first byte is 3. payload_hash is
 * keccak256(topics ‖ data) of the log. */
void cw_op_message_checksum(struct cw_hash32 *out, const struct cw_op_message_id *id,
                            const struct cw_hash32 *payload_hash);

#define CW_OP_MESSAGE_KEYS_MAX 3
/* The storage keys to list under CrossL2Inbox (0x4200…0022): where the message is, the upper part
 * of a chain id that is over 64 bits, the checksum. Returns how many were written, 2 or 3. */
size_t cw_op_message_keys(struct cw_hash32 out[CW_OP_MESSAGE_KEYS_MAX],
                          const struct cw_op_message_id *id, const struct cw_hash32 *payload_hash);

#ifdef __cplusplus
}
#endif
#endif
