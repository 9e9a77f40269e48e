#include "cli/decode_json.h"

#include "cli/print.h"

#include <causeway/header.h>
#include <causeway/keccak.h>
#include <causeway/receipt.h>
#include <causeway/rlp.h>
#include <causeway/tx.h>

#include <assert.h>

/* --- RLP -------------------------------------------------------------------------------------- */

enum cw_err decode_rlp(struct cw_buf *out, struct cw_slice bytes, struct cw_error *error) {
    enum cw_err err = cw_rlp_check(bytes);
    if (err != CW_OK)
        return cw_error_set(error, err,
                            err == CW_ERR_LIMIT ? "lists are nested too deep"
                                                : "not one canonical RLP item");
    struct cw_rlp open[CW_RLP_DEPTH_MAX + 2]; /* what holds the item, the item, lists inside it */
    size_t depth = 0;
    open[0] = cw_rlp_open(bytes);
    for (;;) {
        if (cw_rlp_at_end(&open[depth])) {
            if (depth == 0)
                return CW_OK;
            cw_out_close(out, ']');
            depth--;
            continue;
        }
        struct cw_rlp_item item;
        err = cw_rlp_next(&open[depth], &item);
        if (err != CW_OK)
            return cw_error_set(error, err, "not one canonical RLP item");
        if (!item.is_list) {
            cw_out_data(out, NULL, item.payload);
            continue;
        }
        assert(depth + 1 < CW_COUNT(open)); /* as was checked */
        cw_out_open(out, NULL, '[');
        open[++depth] = cw_rlp_open(item.payload);
    }
}

/* --- transactions ----------------------------------------------------------------------------- */

static void put_access_list(struct cw_buf *out, const struct cw_tx *tx) {
    cw_out_open(out, "accessList", '[');
    for (size_t i = 0; i < tx->n_access_list; i++) {
        const struct cw_access_entry *entry = &tx->access_list[i];
        cw_out_open(out, NULL, '{');
        cw_out_addr20(out, "address", &entry->address);
        cw_out_open(out, "storageKeys", '[');
        for (size_t k = 0; k < entry->n_keys; k++)
            cw_out_hash32(out, NULL, &entry->keys[k]);
        cw_out_close(out, ']');
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_hash_quantity(struct cw_buf *out, const char *key, const struct cw_hash32 *value) {
    struct cw_u256 number = cw_u256_from_be(value->b);
    cw_out_quantity(out, key, &number);
}

static void put_authorizations(struct cw_buf *out, const struct cw_tx *tx) {
    cw_out_open(out, "authorizationList", '[');
    for (size_t i = 0; i < tx->n_authorizations; i++) {
        const struct cw_authorization *a = &tx->authorizations[i];
        cw_out_open(out, NULL, '{');
        cw_out_quantity(out, "chainId", &a->chain_id);
        cw_out_addr20(out, "address", &a->address);
        cw_out_quantity_u64(out, "nonce", a->nonce);
        cw_out_quantity_u64(out, "yParity", a->y_parity);
        put_hash_quantity(out, "r", &a->r);
        put_hash_quantity(out, "s", &a->s);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_blobs(struct cw_buf *out, const struct cw_tx *tx) {
    cw_out_quantity(out, "maxFeePerBlobGas", &tx->max_blob_fee.v);
    cw_out_open(out, "blobVersionedHashes", '[');
    for (size_t i = 0; i < tx->n_blob_hashes; i++)
        cw_out_hash32(out, NULL, &tx->blob_hashes[i]);
    cw_out_close(out, ']');
}

static void put_fees(struct cw_buf *out, const struct cw_tx *tx) {
    switch (tx->type) {
    case CW_TX_LEGACY:
    case CW_TX_ACCESS_LIST:
        cw_out_quantity(out, "gasPrice", &tx->max_fee.v);
        return;
    case CW_TX_DYNAMIC_FEE:
    case CW_TX_BLOB:
    case CW_TX_SET_CODE:
        cw_out_quantity(out, "maxFeePerGas", &tx->max_fee.v);
        cw_out_quantity(out, "maxPriorityFeePerGas", &tx->max_tip.v);
        return;
    case CW_TX_DEPOSIT:
        cw_out_quantity(out, "mint", &tx->mint.v);
        return;
    }
}

static void put_signature(struct cw_buf *out, const struct cw_tx *tx,
                          const struct cw_signature *signature) {
    struct cw_u256 v = cw_u256_from_u64(signature->y_parity);
    if (tx->type == CW_TX_LEGACY) {
        struct cw_u256 base = cw_u256_from_u64(27), chain = cw_u256_from_u64(tx->chain_id.v);
        if (tx->chain_id.v != 0) {
            struct cw_u256 eip155 = cw_u256_from_u64(35);
            bool over = cw_u256_mul_u64(&base, &chain, 2) || cw_u256_add(&base, &base, &eip155);
            assert(!over); /* of a chain id of 64 bits */
            (void)over;
        }
        bool over = cw_u256_add(&v, &v, &base);
        assert(!over);
        (void)over;
    }
    cw_out_quantity(out, "v", &v);
    put_hash_quantity(out, "r", &signature->r);
    put_hash_quantity(out, "s", &signature->s);
    if (tx->type != CW_TX_LEGACY)
        cw_out_quantity_u64(out, "yParity", signature->y_parity);
}

static void put_tx(struct cw_buf *out, const struct cw_tx *tx, const struct cw_signature *signature,
                   const struct cw_addr20 *from, struct cw_slice raw) {
    struct cw_hash32 hash;
    cw_tx_hash(&hash, raw);
    bool deposit = tx->type == CW_TX_DEPOSIT;
    cw_out_open(out, NULL, '{');
    cw_out_hash32(out, "hash", &hash);
    cw_out_quantity_u64(out, "type", (uint64_t)tx->type);
    if (!deposit && (tx->type != CW_TX_LEGACY || tx->chain_id.v != 0))
        cw_out_quantity_u64(out, "chainId", tx->chain_id.v);
    if (deposit)
        cw_out_hash32(out, "sourceHash", &tx->source_hash);
    cw_out_addr20(out, "from", from);
    if (deposit)
        cw_out_null(out, "nonce"); /* the rollup gives it when it runs */
    else
        cw_out_quantity_u64(out, "nonce", tx->nonce);
    if (tx->has_to)
        cw_out_addr20(out, "to", &tx->to);
    else
        cw_out_null(out, "to");
    cw_out_quantity(out, "value", &tx->value.v);
    cw_out_quantity_u64(out, "gas", tx->gas_limit);
    put_fees(out, tx);
    if (deposit)
        cw_out_bool(out, "isSystemTx", tx->is_system);
    cw_out_data(out, "input", tx->data);
    if (!deposit && tx->type != CW_TX_LEGACY)
        put_access_list(out, tx);
    if (tx->type == CW_TX_BLOB)
        put_blobs(out, tx);
    if (tx->type == CW_TX_SET_CODE)
        put_authorizations(out, tx);
    if (!deposit)
        put_signature(out, tx, signature);
    cw_out_close(out, '}');
}

enum cw_err decode_tx(struct cw_buf *out, struct cw_arena *arena, const struct cw_curve *curve,
                      struct cw_slice bytes, struct cw_error *error) {
    struct cw_tx tx;
    struct cw_signature signature;
    enum cw_err err = cw_tx_decode(arena, &tx, &signature, bytes, error);
    if (err != CW_OK)
        return err;
    struct cw_addr20 from;
    err = cw_tx_recover(curve, arena, &from, &tx, &signature);
    if (err != CW_OK)
        return cw_error_set(error, err,
                            err == CW_ERR_MEMORY ? "out of memory"
                                                 : "the signature is nobody's: no key fits it");
    put_tx(out, &tx, &signature, &from, bytes);
    return CW_OK;
}

/* --- headers ---------------------------------------------------------------------------------- */

static void put_optional(struct cw_buf *out, const struct cw_header *header) {
    if (cw_header_has(header, CW_HEADER_BASE_FEE))
        cw_out_quantity(out, "baseFeePerGas", &header->base_fee);
    if (cw_header_has(header, CW_HEADER_WITHDRAWALS_ROOT))
        cw_out_hash32(out, "withdrawalsRoot", &header->withdrawals_root);
    if (cw_header_has(header, CW_HEADER_BLOB_GAS_USED))
        cw_out_quantity_u64(out, "blobGasUsed", header->blob_gas_used);
    if (cw_header_has(header, CW_HEADER_EXCESS_BLOB_GAS))
        cw_out_quantity_u64(out, "excessBlobGas", header->excess_blob_gas);
    if (cw_header_has(header, CW_HEADER_PARENT_BEACON_ROOT))
        cw_out_hash32(out, "parentBeaconBlockRoot", &header->parent_beacon_root);
    if (cw_header_has(header, CW_HEADER_REQUESTS_HASH))
        cw_out_hash32(out, "requestsHash", &header->requests_hash);
}

static void put_bloom(struct cw_buf *out, const struct cw_bloom *bloom) {
    cw_out_data(out, "logsBloom", cw_slice_of(bloom->b, sizeof bloom->b));
}

enum cw_err decode_header(struct cw_buf *out, struct cw_slice bytes, struct cw_error *error) {
    struct cw_header header;
    enum cw_err err = cw_header_decode(&header, bytes);
    if (err != CW_OK)
        return cw_error_set(error, err,
                            err == CW_ERR_LIMIT ? "extraData is longer than 2048 bytes"
                                                : "not a block header");
    struct cw_hash32 hash;
    cw_keccak256(&hash, bytes);
    cw_out_open(out, NULL, '{');
    cw_out_quantity_u64(out, "number", header.number.v);
    cw_out_hash32(out, "hash", &hash);
    cw_out_hash32(out, "parentHash", &header.parent_hash);
    cw_out_data(out, "nonce", cw_slice_of(header.nonce, sizeof header.nonce));
    cw_out_hash32(out, "mixHash", &header.mix_hash);
    cw_out_hash32(out, "sha3Uncles", &header.ommers_hash);
    put_bloom(out, &header.logs_bloom);
    cw_out_hash32(out, "transactionsRoot", &header.transactions_root);
    cw_out_hash32(out, "stateRoot", &header.state_root);
    cw_out_hash32(out, "receiptsRoot", &header.receipts_root);
    cw_out_addr20(out, "miner", &header.beneficiary);
    cw_out_quantity(out, "difficulty", &header.difficulty);
    cw_out_data(out, "extraData", cw_slice_of(header.extra, header.extra_n));
    cw_out_quantity_u64(out, "gasLimit", header.gas_limit);
    cw_out_quantity_u64(out, "gasUsed", header.gas_used);
    cw_out_quantity_u64(out, "timestamp", header.timestamp);
    put_optional(out, &header);
    cw_out_close(out, '}');
    return CW_OK;
}

/* --- receipts --------------------------------------------------------------------------------- */

static void put_log(struct cw_buf *out, const struct cw_receipt_log *log) {
    cw_out_open(out, NULL, '{');
    cw_out_addr20(out, "address", &log->address);
    cw_out_open(out, "topics", '[');
    for (size_t i = 0; i < log->n_topics; i++)
        cw_out_hash32(out, NULL, &log->topics[i]);
    cw_out_close(out, ']');
    cw_out_data(out, "data", log->data);
    cw_out_close(out, '}');
}

enum cw_err decode_receipt(struct cw_buf *out, struct cw_arena *arena, struct cw_slice bytes,
                           struct cw_error *error) {
    struct cw_receipt receipt;
    struct cw_bloom bloom;
    enum cw_err err = cw_receipt_decode(arena, &receipt, &bloom, bytes);
    if (err != CW_OK)
        return cw_error_set(error, err, "%s",
                            err == CW_ERR_MEMORY         ? "out of memory"
                            : err == CW_ERR_CONTRADICTED ? "its bloom is not that of its logs"
                                                         : "not a receipt");
    cw_out_open(out, NULL, '{');
    cw_out_quantity_u64(out, "type", receipt.type);
    if (receipt.has_post_state)
        cw_out_hash32(out, "root", &receipt.post_state);
    else
        cw_out_quantity_u64(out, "status", receipt.status);
    cw_out_quantity_u64(out, "cumulativeGasUsed", receipt.cumulative_gas_used);
    put_bloom(out, &bloom);
    cw_out_open(out, "logs", '[');
    for (size_t i = 0; i < receipt.n_logs; i++)
        put_log(out, &receipt.logs[i]);
    cw_out_close(out, ']');
    if (receipt.has_deposit_nonce)
        cw_out_quantity_u64(out, "depositNonce", receipt.deposit_nonce);
    if (receipt.has_deposit_version)
        cw_out_quantity_u64(out, "depositReceiptVersion", receipt.deposit_version);
    cw_out_close(out, '}');
    return CW_OK;
}
