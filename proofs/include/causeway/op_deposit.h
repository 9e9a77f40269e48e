/* OP Stack deposits: from the portal's event on L1 to the transaction on L2.
 *
 * Source: OP Stack specification, deposits (source hash computation, L1 attributes, upgrade
 * transactions); OptimismPortal.sol. */
#ifndef CAUSEWAY_OP_DEPOSIT_H
#define CAUSEWAY_OP_DEPOSIT_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/tx.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- source hashes -------------------------------------------------------------------------- */

/* keccak256(domain ‖ keccak256(what names the deposit)): what makes one deposit differ from all
 * others. Domain 0: a user's, by its block on L1 and the place of its log in that block. */
void cw_op_source_user(struct cw_hash32 *out, const struct cw_hash32 *l1_block_hash,
                       uint64_t log_index);
/* Domain 1: the L1 attributes at the head of each L2 block; sequence_number counts the L2 blocks of
 * one L1 block from 0. */
void cw_op_source_l1_info(struct cw_hash32 *out, const struct cw_hash32 *l1_block_hash,
                          uint64_t sequence_number);
/* Domain 2: a transaction of a network upgrade, by its published intent, such as "Ecotone: L1 Block
 * Deployment". */
void cw_op_source_upgrade(struct cw_hash32 *out, struct cw_slice intent);

/* --- deposits of users ---------------------------------------------------------------------- */

/* keccak256("TransactionDeposited(address,address,uint256,bytes)"), the portal's event. */
extern const struct cw_hash32 CW_OP_TRANSACTION_DEPOSITED;

/* mint, value, gas limit, mark of creation; data follows. */
#define CW_OP_OPAQUE_HEAD (32 + 32 + 8 + 1)

/* What a deposit of version 0 packs into one string. */
struct cw_op_opaque {
    struct cw_wei mint;
    struct cw_wei value;
    uint64_t gas_limit;
    bool is_creation;
    struct cw_slice data; /* borrowed */
};

/* CW_ERR_INPUT when bytes are fewer than CW_OP_OPAQUE_HEAD or the mark is neither 0 nor 1. */
CW_MUST_USE enum cw_err cw_op_opaque_decode(struct cw_op_opaque *ret_opaque, struct cw_slice bytes);

struct cw_op_deposit {
    struct cw_addr20 from; /* a contract's is aliased (alias.h) by the portal already */
    struct cw_addr20 to;   /* zero for a creation */
    struct cw_op_opaque opaque;
};

/* The portal's log. CW_ERR_INPUT when it is another event, of another version, malformed, or a
 * creation with a recipient (the portal refuses those). Whether the portal emitted it is for the
 * caller to know. data is borrowed. */
CW_MUST_USE enum cw_err cw_op_deposit_decode(struct cw_op_deposit *ret_deposit,
                                             const struct cw_hash32 *topics, size_t n_topics,
                                             struct cw_slice data);

/* The transaction of a user's deposit on L2; it borrows data. source_hash is from
 * cw_op_source_user. */
void cw_op_deposit_tx(struct cw_tx *out, const struct cw_op_deposit *deposit,
                      const struct cw_hash32 *source_hash);

/* The hash of that transaction. CW_ERR_MEMORY when the arena has no room for its bytes. */
CW_MUST_USE enum cw_err cw_op_deposit_hash(struct cw_arena *arena, struct cw_hash32 *ret_hash,
                                           const struct cw_op_deposit *deposit,
                                           const struct cw_hash32 *source_hash);

#ifdef __cplusplus
}
#endif
#endif
