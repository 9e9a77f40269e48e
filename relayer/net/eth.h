/* From JSON-RPC answers to typed values, strictly, and the parameters of the calls. What comes out
 * of a parser is still a claim, except that a header's hash is always recomputed. */
#ifndef NET_ETH_H
#define NET_ETH_H

#include "core/json.h"

#include <adapters/adapter.h>
#include <causeway/account.h>
#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/header.h>
#include <causeway/keccak.h>
#include <causeway/receipt.h>

/* All: CW_ERR_BEHIND for a JSON null, CW_ERR_INPUT for what is malformed (error says which member),
 * CW_ERR_CONTRADICTED for what contradicts itself. ret is written on success only. */
CW_MUST_USE enum cw_err cw_eth_u64(uint64_t *ret, const struct cw_json *value,
                                   struct cw_error *error);
CW_MUST_USE enum cw_err cw_eth_u256(struct cw_u256 *ret, const struct cw_json *value,
                                    struct cw_error *error);
CW_MUST_USE enum cw_err cw_eth_hash32(struct cw_hash32 *ret, const struct cw_json *value,
                                      struct cw_error *error);
CW_MUST_USE enum cw_err cw_eth_addr20(struct cw_addr20 *ret, const struct cw_json *value,
                                      struct cw_error *error);
CW_MUST_USE enum cw_err cw_eth_data(struct cw_slice *ret, struct cw_arena *arena,
                                    const struct cw_json *value, struct cw_error *error);

/* An eth_getBlockBy* answer; the hash is recomputed from the fields and must equal the one that is
 * claimed. */
CW_MUST_USE enum cw_err cw_eth_header(struct cw_header *ret, struct cw_hash32 *ret_hash,
                                      const struct cw_json *value, struct cw_error *error);
/* Of such an answer what the endpoint says of number, time, hash, parent, gas limit and base fee,
 * all else 0: for chains whose headers have a form of their own, so that nothing can be recomputed.
 */
CW_MUST_USE enum cw_err cw_eth_header_claim(struct cw_header *ret, struct cw_hash32 *ret_hash,
                                            const struct cw_json *value, struct cw_error *error);
/* As the chain is read: in CW_MODE_QUORUM the claim, else the header. */
CW_MUST_USE enum cw_err cw_eth_header_in(enum cw_mode mode, struct cw_header *ret,
                                         struct cw_hash32 *ret_hash, const struct cw_json *value,
                                         struct cw_error *error);
/* What operators must agree on: the hash and, where it proves nothing, number, time and parent. */
CW_MUST_USE enum cw_err cw_eth_header_digest(enum cw_mode mode, struct cw_hash32 *ret,
                                             const struct cw_json *value);
/* An eth_getLogs answer in block order; ascending (block, index), no `removed`. block.timestamp_s
 * is 0. */
CW_MUST_USE enum cw_err cw_eth_logs(struct cw_log **ret, size_t *ret_n, struct cw_arena *arena,
                                    const struct cw_json *value, struct cw_error *error);
/* Adds all that a log says, the block's time excepted. */
void cw_eth_log_digest(struct cw_keccak *state, const struct cw_log *log);
/* An eth_getBlockReceipts answer; fit for cw_receipts_root. */
CW_MUST_USE enum cw_err cw_eth_receipts(struct cw_receipt **ret, size_t *ret_n,
                                        struct cw_arena *arena, const struct cw_json *value,
                                        struct cw_error *error);

/* An eth_getProof answer for one account and at most one slot. */
struct cw_eth_proof {
    struct cw_addr20 address;
    struct cw_hash32 storage_root;
    const struct cw_slice *account_nodes;
    size_t account_nodes_n;
    struct cw_hash32 slot;
    const struct cw_slice *storage_nodes;
    size_t storage_nodes_n;
};
CW_MUST_USE enum cw_err cw_eth_proof(struct cw_eth_proof *ret, struct cw_arena *arena,
                                     const struct cw_json *value, struct cw_error *error);
/* Of an answer with several slots: that one. CW_ERR_CONTRADICTED: it is not among them. */
CW_MUST_USE enum cw_err cw_eth_proof_of(struct cw_eth_proof *ret, struct cw_arena *arena,
                                        const struct cw_json *value, const struct cw_hash32 *slot,
                                        struct cw_error *error);

/* What we want of an eth_getTransactionReceipt answer. */
struct cw_eth_tx_receipt {
    struct cw_hash32 tx_hash;
    struct cw_block_ref block; /* timestamp_s 0 */
    bool success;
    uint64_t gas_used;
    struct cw_wei effective_gas_price;
    bool has_data_fee; /* what a rollup charged for data, on top of the gas */
    struct cw_wei data_fee;
    bool has_charge;   /* and something by the gas, which the receipt does not say */
    uint64_t data_gas; /* or of gas_used; 0: none, or not said */
    struct cw_log *logs;
    size_t logs_n;
};
CW_MUST_USE enum cw_err cw_eth_tx_receipt(struct cw_eth_tx_receipt *ret, struct cw_arena *arena,
                                          const struct cw_json *value, struct cw_error *error);

/* An eth_getTransactionByHash answer as raw bytes, which live in the arena; they hash to tx_hash.
 * CW_ERR_BEHIND also for types that tx.h does not know. */
CW_MUST_USE enum cw_err cw_eth_tx(struct cw_slice *ret_raw, struct cw_arena *arena,
                                  const struct cw_json *value, const struct cw_hash32 *tx_hash,
                                  struct cw_error *error);

/* An answer of trace_transaction, or of debug_traceTransaction's flatCallTracer: the input of each
 * call of that contract, in order; they live in the arena. CW_ERR_LIMIT: there are more than
 * CW_ETH_CALLS_MAX. */
#define CW_ETH_CALLS_MAX 256u
CW_MUST_USE enum cw_err cw_eth_calls(const struct cw_slice **ret, size_t *ret_n,
                                     struct cw_arena *arena, const struct cw_json *value,
                                     const struct cw_addr20 *contract, struct cw_error *error);

/* What we want of eth_feeHistory. */
struct cw_eth_fees {
    struct cw_wei base_fee; /* of the next block; 0 where the chain has none */
    struct cw_wei tip;      /* median of the asked percentile over the blocks */
};
CW_MUST_USE enum cw_err cw_eth_fee_history(struct cw_eth_fees *ret, const struct cw_json *value,
                                           struct cw_error *error);

/* --- the same answers out of files ---------------------------------------------------------- */

/* Integers may also be JSON integers up to 2^53-1, decimal strings, and 0x strings with leading
 * zeros (at most 64 digits), as dumps have them. */
CW_MUST_USE enum cw_err cw_eth_dump_header(struct cw_header *ret, struct cw_hash32 *ret_hash,
                                           const struct cw_json *value, struct cw_error *error);
/* transactionIndex and blockHash may be absent; each receipt's logsBloom is compared with the one
 * of its logs. */
CW_MUST_USE enum cw_err cw_eth_dump_receipts(struct cw_receipt **ret, size_t *ret_n,
                                             struct cw_arena *arena, const struct cw_json *value,
                                             struct cw_error *error);

/* An eth_getProof answer with all that it claims; everything lives in the arena. */
struct cw_eth_slot {
    struct cw_hash32 key;
    struct cw_u256 value;
    const struct cw_slice *nodes;
    size_t nodes_n;
};
struct cw_eth_account {
    struct cw_addr20 address;
    struct cw_account claimed;
    const struct cw_slice *nodes;
    size_t nodes_n;
    const struct cw_eth_slot *slots;
    size_t slots_n;
};
CW_MUST_USE enum cw_err cw_eth_dump_account(struct cw_eth_account *ret, struct cw_arena *arena,
                                            const struct cw_json *value, struct cw_error *error);

/* --- parameters: each appends a whole JSON array to out --- */
void cw_eth_params_block(struct cw_buf *out, const char *tag); /* "latest", "safe", "finalized" */
void cw_eth_params_block_number(struct cw_buf *out, struct cw_block_number number);
void cw_eth_params_block_hash(struct cw_buf *out, const struct cw_hash32 *hash);
/* eth_call; from may be NULL; at may be NULL (latest), otherwise by block hash (EIP-1898). gas 0:
 * the node's own. */
void cw_eth_params_call(struct cw_buf *out, const struct cw_addr20 *from,
                        const struct cw_addr20 *to, const struct cw_wei *value,
                        struct cw_slice data, uint64_t gas, const struct cw_hash32 *at);
/* The same on top of the endpoint's pool. */
void cw_eth_params_call_pending(struct cw_buf *out, const struct cw_addr20 *from,
                                const struct cw_addr20 *to, const struct cw_wei *value,
                                struct cw_slice data, uint64_t gas);
void cw_eth_params_estimate(struct cw_buf *out, const struct cw_addr20 *from,
                            const struct cw_addr20 *to, const struct cw_wei *value,
                            struct cw_slice data);
void cw_eth_params_proof(struct cw_buf *out, const struct cw_addr20 *account,
                         const struct cw_hash32 *slots, size_t slots_n,
                         struct cw_block_number number);
void cw_eth_params_logs(struct cw_buf *out, const struct cw_filter *filters, size_t filters_n,
                        struct cw_block_number from, struct cw_block_number to);
/* Of one contract, by any of its topics; a set with n 0 takes all. */
void cw_eth_params_logs_of(struct cw_buf *out, const struct cw_addr20 *contract,
                           const struct cw_topic_set topics[CW_TOPICS], struct cw_block_number from,
                           struct cw_block_number to);
void cw_eth_params_logs_at(struct cw_buf *out, const struct cw_filter *filters, size_t filters_n,
                           const struct cw_hash32 *block);
void cw_eth_params_address_nonce(struct cw_buf *out, const struct cw_addr20 *address,
                                 const char *tag);
/* The same at a block, by its hash (EIP-1898). */
void cw_eth_params_address_at(struct cw_buf *out, const struct cw_addr20 *address,
                              const struct cw_hash32 *at);
void cw_eth_params_hash(struct cw_buf *out, const struct cw_hash32 *hash);
/* [hash, {"tracer": "flatCallTracer"}] */
void cw_eth_params_trace(struct cw_buf *out, const struct cw_hash32 *tx_hash); /* [hash] */
void cw_eth_params_raw(struct cw_buf *out, struct cw_slice raw);
/* newest: NULL for latest */
void cw_eth_params_fee_history(struct cw_buf *out, unsigned blocks, unsigned percentile,
                               const struct cw_block_number *newest);

#endif
