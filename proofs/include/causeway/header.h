/* Block headers up to Prague/Osaka, their RLP and their hash.
 *
 * Source: Ethereum yellow paper 4.3; EIP-1559 (base fee), EIP-4895 (withdrawals root), EIP-4844
 * (blob gas), EIP-4788 (parent beacon root), EIP-7685 (requests hash). Nothing allocates. */
#ifndef CAUSEWAY_HEADER_H
#define CAUSEWAY_HEADER_H

#include <causeway/base.h>
#include <causeway/bloom.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Chains other than the mainnet put more than its 32 bytes there (votes, validators, fee
 * parameters). */
#define CW_HEADER_EXTRA_MAX 2048

/* Which of the optional fields a header has. */
enum cw_header_field {
    CW_HEADER_BASE_FEE = 1 << 0,
    CW_HEADER_WITHDRAWALS_ROOT = 1 << 1,
    CW_HEADER_BLOB_GAS_USED = 1 << 2,
    CW_HEADER_EXCESS_BLOB_GAS = 1 << 3,
    CW_HEADER_PARENT_BEACON_ROOT = 1 << 4,
    CW_HEADER_REQUESTS_HASH = 1 << 5
};

struct cw_header {
    struct cw_hash32 parent_hash;
    struct cw_hash32 ommers_hash;
    struct cw_addr20 beneficiary;
    struct cw_hash32 state_root;
    struct cw_hash32 transactions_root;
    struct cw_hash32 receipts_root;
    struct cw_bloom logs_bloom;
    struct cw_u256 difficulty;
    struct cw_block_number number;
    uint64_t gas_limit;
    uint64_t gas_used;
    uint64_t timestamp;        /* seconds */
    struct cw_hash32 mix_hash; /* prevRandao */
    uint8_t nonce[8];

    unsigned present;        /* enum cw_header_field bits; fields without their bit are ignored */
    struct cw_u256 base_fee; /* wei a gas */
    struct cw_hash32 withdrawals_root;
    uint64_t blob_gas_used;
    uint64_t excess_blob_gas;
    struct cw_hash32 parent_beacon_root;
    struct cw_hash32 requests_hash;

    size_t extra_n; /* <= CW_HEADER_EXTRA_MAX */
    uint8_t extra[CW_HEADER_EXTRA_MAX];
};

static inline bool cw_header_has(const struct cw_header *header, enum cw_header_field field) {
    return (header->present & (unsigned)field) != 0;
}

/* Enough for every header that this struct can hold. */
#define CW_HEADER_RLP_MAX (CW_HEADER_EXTRA_MAX + 1024)

#define CW_HEADER_R_GAP "an optional field stands in the place of an absent one"

/* RLP with the fields that are present, in their order. Fields that are absent before a present one
 * are left out too (development chains make such headers); _decode can't read those back.
 * CW_ERR_INPUT where it could, as a header with other fields; CW_ERR_LIMIT when out is too small or
 * extra_n is over the cap. */
CW_MUST_USE enum cw_err cw_header_encode(uint8_t *out, size_t capacity, size_t *ret_n,
                                         const struct cw_header *header);

/* The block hash. CW_ERR_INPUT and CW_ERR_LIMIT as in _encode. */
CW_MUST_USE enum cw_err cw_header_hash(struct cw_hash32 *ret_hash, const struct cw_header *header);

/* Strict: canonical RLP, nothing behind it, 15 fields and then 0 to 6 optional ones without a gap.
 * CW_ERR_INPUT when malformed, CW_ERR_LIMIT when extraData is over the cap. */
CW_MUST_USE enum cw_err cw_header_decode(struct cw_header *ret_header, struct cw_slice rlp);

/* Valid when header hashes to hash. */
CW_MUST_USE struct cw_judgement cw_header_verify(const struct cw_hash32 *hash,
                                                 const struct cw_header *header);

#ifdef __cplusplus
}
#endif
#endif
