/* Transactions: legacy (EIP-155 and before), EIP-2930, EIP-1559, EIP-4844, EIP-7702, and the
 * deposits of the OP Stack: encode, sign, decode, recover.
 *
 * Source: EIP-155, EIP-2718, EIP-2930, EIP-1559, EIP-4844, EIP-7702; EIP-2 (low s); EIP-2681 (nonce
 * bound); OP Stack specification, deposits. */
#ifndef CAUSEWAY_TX_H
#define CAUSEWAY_TX_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/curve.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cw_tx_type {
    CW_TX_LEGACY = 0,
    CW_TX_ACCESS_LIST = 1, /* EIP-2930 */
    CW_TX_DYNAMIC_FEE = 2, /* EIP-1559 */
    CW_TX_BLOB = 3,        /* EIP-4844, as blocks hold it: without the blobs */
    CW_TX_SET_CODE = 4,    /* EIP-7702 */
    CW_TX_DEPOSIT = 0x7e   /* OP Stack: made by the rollup from a deposit on L1, never signed */
};

struct cw_access_entry {
    struct cw_addr20 address;
    const struct cw_hash32 *keys; /* borrowed */
    size_t n_keys;
};

/* An account's word that its code be that of address. A transaction may carry one that does not
 * hold (a signature that fits no key, another nonce): it then is passed over when it runs. */
struct cw_authorization {
    struct cw_u256 chain_id; /* 0: any chain */
    struct cw_addr20 address;
    uint64_t nonce;
    uint8_t y_parity;
    struct cw_hash32 r;
    struct cw_hash32 s;
};

/* What gets signed. Slices and arrays are borrowed. A field that the type does not have is zero. */
struct cw_tx {
    enum cw_tx_type type;
    struct cw_chain_id chain_id; /* legacy only: 0 = not bound to a chain (before EIP-155) */
    uint64_t nonce;              /* below 2^64-1 */
    struct cw_wei max_fee;       /* a gas; for legacy and EIP-2930 the gas price */
    struct cw_wei max_tip;       /* a gas; EIP-1559 and later, at most max_fee */
    uint64_t gas_limit;
    bool has_to; /* false creates a contract; not for EIP-4844 and EIP-7702 */
    struct cw_addr20 to;
    struct cw_wei value;
    struct cw_slice data;
    const struct cw_access_entry *access_list; /* EIP-2930 and later */
    size_t n_access_list;

    /* EIP-4844 */
    struct cw_wei max_blob_fee;          /* a blob gas */
    const struct cw_hash32 *blob_hashes; /* at least one; each begins with 0x01 */
    size_t n_blob_hashes;

    /* EIP-7702 */
    const struct cw_authorization *authorizations; /* at least one */
    size_t n_authorizations;

    /* Deposits; beside these they have to, value, gas_limit and data. */
    struct cw_hash32 source_hash;
    struct cw_addr20 from;
    struct cw_wei mint; /* created for from */
    bool is_system;     /* before Regolith: takes no gas from the block */
};

/* Why no fork of any chain takes this transaction, as a static string; NULL when one may. What
 * forks differ in (intrinsic gas, the size of code, the number of blobs) is not looked at. */
const char *cw_tx_refusal(const struct cw_tx *tx);

/* Below, CW_ERR_INPUT means a transaction that cw_tx_refusal names a reason for. CW_ERR_MEMORY: the
 * arena is full. Bytes that are returned live in the arena. */

/* The payload whose hash is signed; for a deposit all of it. */
CW_MUST_USE enum cw_err cw_tx_encode_unsigned(struct cw_arena *arena, struct cw_slice *ret_payload,
                                              const struct cw_tx *tx);
/* keccak256 of it. CW_ERR_INPUT for a deposit, too: nobody signs one. */
CW_MUST_USE enum cw_err cw_tx_signing_hash(struct cw_arena *arena, struct cw_hash32 *ret_hash,
                                           const struct cw_tx *tx);
/* The raw bytes for eth_sendRawTransaction and for the transactions trie. CW_ERR_INPUT also for a
 * signature out of range or with a high s; a deposit's must be all zero. */
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
 * that is not bound to a chain may predate EIP-2; its high s is refused all the same). Lists are
 * put into the arena, data borrows from raw. A deposit's signature is all zero. error (may be NULL)
 * says what was wrong. CW_ERR_INPUT also for types that are not read here, and for the form in
 * which EIP-4844 travels between nodes, with its blobs. */
CW_MUST_USE enum cw_err cw_tx_decode(struct cw_arena *arena, struct cw_tx *ret_tx,
                                     struct cw_signature *ret_signature, struct cw_slice raw,
                                     struct cw_error *error);

/* The sender, from what _decode gave. */
CW_MUST_USE enum cw_err cw_tx_recover(const struct cw_curve *curve, struct cw_arena *arena,
                                      struct cw_addr20 *ret_sender, const struct cw_tx *tx,
                                      const struct cw_signature *signature);

/* What the signer of an authorization signs: keccak256(0x05 ‖ rlp([chain id, address, nonce])). */
void cw_authorization_hash(struct cw_hash32 *out, const struct cw_authorization *authorization);
/* Whose code it sets. CW_ERR_INPUT for one that is passed over wherever it runs: the nonce is
 * 2^64-1, the signature is out of range, s is high, or no key fits. */
CW_MUST_USE enum cw_err cw_authorization_recover(const struct cw_curve *curve,
                                                 struct cw_addr20 *ret_signer,
                                                 const struct cw_authorization *authorization);

#ifdef __cplusplus
}
#endif
#endif
