/* Transaction receipts, and the roots of a block's lists: receipts, transactions, withdrawals.
 *
 * A receipts root binds type, status (or pre-Byzantium state root), cumulative gas, bloom and logs;
 * for OP Stack deposits with a version the deposit nonce and version too. Nothing else of a receipt
 * is proved by it; a log's index and its transaction's index follow from the position. Source:
 * Ethereum yellow paper 4.3.1; EIP-658, EIP-2718, EIP-4895; OP Stack specification, deposited
 * transaction receipts (Canyon). */
#ifndef CAUSEWAY_RECEIPT_H
#define CAUSEWAY_RECEIPT_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/header.h>
#include <causeway/rlp.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CW_LOG_TOPICS_MAX 4

/* A log as its receipt holds it; the adapters' cw_log is one that is tied to a block. */
struct cw_receipt_log {
    struct cw_addr20 address;
    size_t n_topics; /* <= CW_LOG_TOPICS_MAX */
    struct cw_hash32 topics[CW_LOG_TOPICS_MAX];
    struct cw_slice data;
};

#define CW_RECEIPT_LEGACY   0x00
#define CW_RECEIPT_TYPE_MAX 0x04 /* legacy, 2930, 1559, 4844, 7702 */
#define CW_RECEIPT_DEPOSIT  0x7e
/* Arbitrum Nitro's own; each block begins with an internal one. Their fields are those of the other
 * types. Source: OffchainLabs/go-ethereum, core/types. */
#define CW_RECEIPT_NITRO_DEPOSIT  0x64
#define CW_RECEIPT_NITRO_UNSIGNED 0x65
#define CW_RECEIPT_NITRO_CONTRACT 0x66
#define CW_RECEIPT_NITRO_RETRY    0x68
#define CW_RECEIPT_NITRO_SUBMIT   0x69
#define CW_RECEIPT_NITRO_INTERNAL 0x6a

struct cw_receipt {
    uint8_t type;        /* 0 to 4, CW_RECEIPT_DEPOSIT or one of Nitro's */
    bool has_post_state; /* before Byzantium a state root stands where the status is; type 0 only */
    bool status;         /* true: succeeded. Ignored with has_post_state */
    struct cw_hash32 post_state;
    uint64_t cumulative_gas_used;
    const struct cw_receipt_log *logs; /* borrowed */
    size_t n_logs;
    /* Deposits only. The root binds the nonce only together with a version (Canyon and later). */
    bool has_deposit_nonce;
    uint64_t deposit_nonce;
    bool has_deposit_version;
    uint64_t deposit_version;
};

/* The bloom recomputed from the logs (there is no other: a claimed one is never used). */
void cw_receipt_bloom(struct cw_bloom *out, const struct cw_receipt *receipt);

/* The receipt as it stands in the trie: type byte (not for legacy) and RLP. CW_ERR_INPUT for an
 * unknown type, more than four topics, or fields that the type can't have; CW_ERR_LIMIT when out is
 * too small (out->n: room needed). */
CW_MUST_USE enum cw_err cw_receipt_encode(struct cw_rlp_out *out, const struct cw_receipt *receipt);

/* Strict, from the form in which the trie holds it: a known type, canonical RLP, nothing behind it,
 * every field in its range (status 0 or 1, a bloom of 256 bytes, at most four topics a log); a
 * deposit has both its nonce and its version or neither. The logs are put into the arena and their
 * data borrows from bytes. ret_bloom (may be NULL) gets the bloom. CW_ERR_INPUT when malformed,
 * CW_ERR_CONTRADICTED when the bloom is not that of the logs, CW_ERR_MEMORY when the arena is
 * full. */
CW_MUST_USE enum cw_err cw_receipt_decode(struct cw_arena *arena, struct cw_receipt *ret_receipt,
                                          struct cw_bloom *ret_bloom, struct cw_slice bytes);

/* The root over n receipts in block order. Scratch memory comes from the arena and stays there.
 * CW_ERR_INPUT as in _encode, CW_ERR_MEMORY when the arena is full. */
CW_MUST_USE enum cw_err cw_receipts_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                                         const struct cw_receipt *receipts, size_t n_receipts);

/* Valid when the receipts, all of the block's and in order, hash to receipts_root. Undecided when
 * memory ran out. */
CW_MUST_USE struct cw_judgement cw_receipts_verify(struct cw_arena *arena,
                                                   const struct cw_hash32 *receipts_root,
                                                   const struct cw_receipt *receipts,
                                                   size_t n_receipts);

/* The root over a block's raw transactions in their order, as they are: they are not decoded.
 * CW_ERR_INPUT when one is empty, CW_ERR_MEMORY when the arena is full. */
CW_MUST_USE enum cw_err cw_transactions_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                                             const struct cw_slice *raws, size_t n_raws);

/* What the beacon chain pays out to an account (EIP-4895). */
struct cw_withdrawal {
    uint64_t index;
    uint64_t validator_index;
    struct cw_addr20 address;
    uint64_t amount; /* gwei */
};

/* The root over a block's withdrawals in their order. CW_ERR_MEMORY when the arena is full. */
CW_MUST_USE enum cw_err cw_withdrawals_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                                            const struct cw_withdrawal *withdrawals,
                                            size_t n_withdrawals);

#ifdef __cplusplus
}
#endif
#endif
