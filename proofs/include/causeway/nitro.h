/* Arbitrum Nitro: messages to the settlement layer and their proof against a send root, and the
 * hashes by which a message from the settlement layer is known on the rollup.
 *
 * Nothing allocates. Source: nitro-contracts, Outbox.sol and IInbox.sol; go-ethereum fork of Nitro,
 * ArbitrumSubmitRetryableTx and ArbitrumDepositTx. */
#ifndef CAUSEWAY_NITRO_H
#define CAUSEWAY_NITRO_H

#include <causeway/base.h>
#include <causeway/header.h>
#include <causeway/merkle.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- rollup to settlement layer ------------------------------------------------------------- */

/* A message as ArbSys sends it and Outbox.executeTransaction takes it. */
struct cw_nitro_message {
    struct cw_addr20 l2_sender;
    struct cw_addr20 to;
    struct cw_u256 l2_block;
    struct cw_u256 l1_block;
    struct cw_u256 l2_timestamp; /* seconds */
    struct cw_wei value;
    struct cw_slice data; /* borrowed */
};

/* keccak256 of the packed fields: the item, as the contracts name it. The tree's leaf is its hash
 * once more. */
void cw_nitro_item_hash(struct cw_hash32 *out, const struct cw_nitro_message *message);

/* keccak256(item). */
void cw_nitro_leaf(struct cw_hash32 *out, const struct cw_nitro_message *message);

/* What the Outbox checks: valid when the message is leaf `index` of the send tree with this trusted
 * root. Reasons are those of merkle.h. */
CW_MUST_USE struct cw_judgement cw_nitro_outbox_verify(const struct cw_hash32 *root,
                                                       const struct cw_nitro_message *message,
                                                       const struct cw_u256 *index,
                                                       const struct cw_hash32 *path, size_t depth);

/* What a block of a Nitro chain says in its own header of the messages that were sent up to it. */
struct cw_nitro_sends {
    struct cw_hash32 root; /* of the send tree */
    uint64_t count;        /* its leaves */
    uint64_t l1_block;     /* the settlement layer's block, as the rollup takes it to be */
    uint64_t arbos_version;
};

/* False when the header has no such fields: a genesis block, or one of another kind of chain.
 * Source: go-ethereum fork of Nitro, core/types, DeserializeHeaderExtraInformation. */
bool cw_nitro_header_sends(struct cw_nitro_sends *ret, const struct cw_header *header);

/* --- settlement layer to rollup ------------------------------------------------------------- */

/* A retryable ticket as the bridge's message of kind 9 asks for it. */
struct cw_nitro_retryable {
    struct cw_chain_id chain_id; /* of the rollup */
    struct cw_u256 message_number;
    struct cw_addr20 sender; /* as the bridge emits it: a contract's is aliased (alias.h) */
    struct cw_wei base_fee;  /* of the settlement layer's block, as emitted */
    struct cw_wei deposit;   /* the value sent with it */
    struct cw_wei max_fee;   /* a gas */
    uint64_t gas_limit;
    struct cw_addr20 to; /* zero creates a contract */
    struct cw_wei call_value;
    struct cw_addr20 call_value_refund; /* also who may cancel */
    struct cw_wei max_submission_fee;
    struct cw_addr20 excess_fee_refund;
    struct cw_slice data; /* borrowed */
};

/* The ticket's id, which is the hash of the transaction (type 0x69) that makes it on the rollup. */
void cw_nitro_retryable_id(struct cw_hash32 *out, const struct cw_nitro_retryable *retryable);

/* A deposit of ether, the bridge's message of kind 12. */
struct cw_nitro_deposit {
    struct cw_chain_id chain_id; /* of the rollup */
    struct cw_u256 message_number;
    struct cw_addr20 sender; /* as the bridge emits it */
    struct cw_addr20 to;
    struct cw_wei value;
};

/* The hash of its transaction (type 0x64) on the rollup. */
void cw_nitro_deposit_hash(struct cw_hash32 *out, const struct cw_nitro_deposit *deposit);

/* A message of the bridge's delayed inbox, of whatever kind. */
struct cw_nitro_inbox_message {
    uint8_t kind;
    struct cw_addr20 sender;      /* as the bridge emits it */
    struct cw_block_number block; /* as the bridge's contract sees it */
    uint64_t timestamp_s;         /* of that block */
    struct cw_u256 number;
    struct cw_wei base_fee; /* of that block, as emitted */
    struct cw_hash32 data_hash;
};

/* The inbox's accumulator behind the message, from the one before it (zero before the first).
 * Source: nitro-contracts, Messages.sol. */
void cw_nitro_inbox_accumulate(struct cw_hash32 *out, const struct cw_hash32 *before,
                               const struct cw_nitro_inbox_message *message);

#ifdef __cplusplus
}
#endif
#endif
