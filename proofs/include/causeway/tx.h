/* Transactions: legacy (EIP-155 and before), EIP-2930, EIP-1559: encode, sign, decode, recover.
 *
 * Source: EIP-155, EIP-2718, EIP-2930, EIP-1559; EIP-2 (low s); EIP-2681 (nonce bound). */
#ifndef CAUSEWAY_TX_H
#define CAUSEWAY_TX_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/curve.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cw_tx_type { CW_TX_LEGACY = 0, CW_TX_ACCESS_LIST = 1, CW_TX_DYNAMIC_FEE = 2 };

struct cw_access_entry {
    struct cw_addr20 address;
    const struct cw_hash32 *keys; /* borrowed */
    size_t n_keys;
};

/* What gets signed. Slices and arrays are borrowed. */
struct cw_tx {
    enum cw_tx_type type;
    struct cw_chain_id chain_id; /* legacy only: 0 = not bound to a chain (before EIP-155) */
    uint64_t nonce;              /* below 2^64-1 */
    struct cw_wei max_fee;       /* a gas; for legacy and EIP-2930 the gas price */
    struct cw_wei max_tip;       /* a gas; EIP-1559 only, at most max_fee */
    uint64_t gas_limit;
    bool has_to; /* false creates a contract */
    struct cw_addr20 to;
    struct cw_wei value;
    struct cw_slice data;
    const struct cw_access_entry *access_list; /* not for legacy */
    size_t n_access_list;
};

/* Below, CW_ERR_INPUT means a transaction that no chain takes: nonce of 2^64-1, max_tip over
 * max_fee, gas limit × fee over 2^256-1, an access list or tip where the type has none, a typed
 * transaction with chain id 0. CW_ERR_MEMORY: the arena is full. Bytes that are returned live in
 * the arena. */

/* The payload whose hash is signed. */
CW_MUST_USE enum cw_err cw_tx_encode_unsigned(struct cw_arena *arena, struct cw_slice *ret_payload,
                                              const struct cw_tx *tx);
/* keccak256 of it. */
CW_MUST_USE enum cw_err cw_tx_signing_hash(struct cw_arena *arena, struct cw_hash32 *ret_hash,
                                           const struct cw_tx *tx);
/* The raw bytes for eth_sendRawTransaction. CW_ERR_INPUT also for a signature out of range or with
 * a high s. */
CW_MUST_USE enum cw_err cw_tx_encode_signed(struct cw_arena *arena, struct cw_slice *ret_raw,
                                            const struct cw_tx *tx,
                                            const struct cw_signature *signature);
/* The transaction's hash: keccak256 of the raw bytes. */
void cw_tx_hash(struct cw_hash32 *out, struct cw_slice raw);

/* Signing hash, signature and raw bytes in one go. ret_hash may be NULL. */
CW_MUST_USE enum cw_err cw_tx_sign(const struct cw_curve *curve, struct cw_arena *arena,
                                   struct cw_slice *ret_raw, struct cw_hash32 *ret_hash,
                                   const struct cw_tx *tx, const struct cw_secret32 *secret);

/* Strict: canonical RLP, nothing behind it, every field in its range, low s (a legacy transaction
 * that is not bound to a chain may predate EIP-2; its high s is refused all the same). The access
 * list is put into the arena, data borrows from raw. error (may be NULL) says what was wrong.
 * CW_ERR_INPUT also for types that are not read here. */
CW_MUST_USE enum cw_err cw_tx_decode(struct cw_arena *arena, struct cw_tx *ret_tx,
                                     struct cw_signature *ret_signature, struct cw_slice raw,
                                     struct cw_error *error);

/* The sender, from what _decode gave. */
CW_MUST_USE enum cw_err cw_tx_recover(const struct cw_curve *curve, struct cw_arena *arena,
                                      struct cw_addr20 *ret_sender, const struct cw_tx *tx,
                                      const struct cw_signature *signature);

#ifdef __cplusplus
}
#endif
#endif
