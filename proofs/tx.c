#include <causeway/tx.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

/* EIP-155 puts v = 35 + 2·chain id + parity into 64 bits. */
#define LEGACY_CHAIN_ID_MAX ((UINT64_MAX - 36) / 2)

/* EIP-4844: VERSIONED_HASH_VERSION_KZG, GAS_PER_BLOB. */
#define BLOB_HASH_VERSION 0x01
#define GAS_PER_BLOB      131072u

/* EIP-7702: MAGIC. */
#define AUTHORIZATION_MAGIC 0x05

/* --- rules ---------------------------------------------------------------------------------- */

static bool has_tip(const struct cw_tx *tx) {
    return tx->type == CW_TX_DYNAMIC_FEE || tx->type == CW_TX_BLOB || tx->type == CW_TX_SET_CODE;
}

static const char *blob_refusal(const struct cw_tx *tx) {
    if (tx->n_blob_hashes == 0) {
        return "a blob transaction names at least one blob";
    }
    for (size_t i = 0; i < tx->n_blob_hashes; i++) {
        if (tx->blob_hashes[i].b[0] != BLOB_HASH_VERSION) {
            return "a blob's hash is not of version 1";
        }
    }
    uint64_t gas;
    struct cw_u256 cost;
    if (__builtin_mul_overflow(tx->n_blob_hashes, GAS_PER_BLOB, &gas) ||
        cw_u256_mul_u64(&cost, &tx->max_blob_fee.v, gas)) {
        return "blob gas times fee is over 256 bits";
    }
    return NULL;
}

/* What a transaction of one type must have, and what it holds that only another type has. */
static const char *field_refusal(const struct cw_tx *tx) {
    if (tx->type != CW_TX_BLOB &&
        (tx->n_blob_hashes > 0 || !cw_u256_is_zero(&tx->max_blob_fee.v))) {
        return "only a transaction of EIP-4844 has blobs";
    }
    if (tx->type != CW_TX_SET_CODE && tx->n_authorizations > 0) {
        return "only a transaction of EIP-7702 has authorizations";
    }
    if (!has_tip(tx) && !cw_u256_is_zero(&tx->max_tip.v)) {
        return "a transaction before EIP-1559 has no priority fee";
    }
    if (tx->type != CW_TX_DEPOSIT &&
        (tx->is_system || !cw_u256_is_zero(&tx->mint.v) || !cw_addr20_is_zero(&tx->from) ||
         !cw_hash32_is_zero(&tx->source_hash))) {
        return "only a deposit has a source, a sender of its own and a mint";
    }
    switch (tx->type) {
    case CW_TX_LEGACY:
        if (tx->n_access_list > 0) {
            return "a legacy transaction has no access list";
        }
        return tx->chain_id.v > LEGACY_CHAIN_ID_MAX
                   ? "chain id is too large for a legacy transaction"
                   : NULL;
    case CW_TX_ACCESS_LIST:
    case CW_TX_DYNAMIC_FEE:
        return NULL;
    case CW_TX_BLOB:
        return tx->has_to ? blob_refusal(tx) : "a blob transaction creates no contract";
    case CW_TX_SET_CODE:
        if (!tx->has_to) {
            return "a set-code transaction creates no contract";
        }
        return tx->n_authorizations == 0 ? "a set-code transaction has at least one authorization"
                                         : NULL;
    case CW_TX_DEPOSIT:
        return tx->chain_id.v != 0 || tx->nonce != 0 || tx->n_access_list > 0 ||
                       !cw_u256_is_zero(&tx->max_fee.v)
                   ? "a deposit has no chain id, nonce, fee and access list"
                   : NULL;
    }
    return "unknown transaction type";
}

const char *cw_tx_refusal(const struct cw_tx *tx) {
    const char *reason = field_refusal(tx);
    if (reason != NULL) {
        return reason;
    }
    if (tx->nonce == UINT64_MAX) {
        return "nonce is over the bound of EIP-2681";
    }
    if (tx->chain_id.v == 0 && tx->type != CW_TX_LEGACY && tx->type != CW_TX_DEPOSIT) {
        return "chain id is zero";
    }
    if (has_tip(tx) && cw_u256_cmp(&tx->max_tip.v, &tx->max_fee.v) > 0) {
        return "priority fee is over the maximum fee";
    }
    struct cw_u256 cost;
    if (cw_u256_mul_u64(&cost, &tx->max_fee.v, tx->gas_limit)) {
        return "gas limit times fee is over 256 bits";
    }
    return NULL;
}

/* --- encoding ------------------------------------------------------------------------------- */

static void put_scalar(struct cw_rlp_out *out, const struct cw_hash32 *be) {
    struct cw_u256 v = cw_u256_from_be(be->b);
    cw_rlp_put_u256(out, &v);
}

static void put_to(struct cw_rlp_out *out, const struct cw_tx *tx) {
    cw_rlp_put_string(out, cw_slice_of(tx->to.b, tx->has_to ? sizeof(tx->to.b) : 0));
}

static void put_hashes(struct cw_rlp_out *out, const struct cw_hash32 *hashes, size_t n) {
    size_t list = cw_rlp_list_begin(out);
    for (size_t i = 0; i < n; i++) {
        cw_rlp_put_hash32(out, &hashes[i]);
    }
    cw_rlp_list_end(out, list);
}

static void put_access_list(struct cw_rlp_out *out, const struct cw_tx *tx) {
    size_t list = cw_rlp_list_begin(out);
    for (size_t i = 0; i < tx->n_access_list; i++) {
        const struct cw_access_entry *entry = &tx->access_list[i];
        size_t pair = cw_rlp_list_begin(out);
        cw_rlp_put_addr20(out, &entry->address);
        put_hashes(out, entry->keys, entry->n_keys);
        cw_rlp_list_end(out, pair);
    }
    cw_rlp_list_end(out, list);
}

static void put_authorizations(struct cw_rlp_out *out, const struct cw_tx *tx) {
    size_t list = cw_rlp_list_begin(out);
    for (size_t i = 0; i < tx->n_authorizations; i++) {
        const struct cw_authorization *authorization = &tx->authorizations[i];
        size_t tuple = cw_rlp_list_begin(out);
        cw_rlp_put_u256(out, &authorization->chain_id);
        cw_rlp_put_addr20(out, &authorization->address);
        cw_rlp_put_u64(out, authorization->nonce);
        cw_rlp_put_u64(out, authorization->y_parity);
        put_scalar(out, &authorization->r);
        put_scalar(out, &authorization->s);
        cw_rlp_list_end(out, tuple);
    }
    cw_rlp_list_end(out, list);
}

/* What stands behind the fields: nothing, EIP-155's chain id, or a signature. */
static void put_ending(struct cw_rlp_out *out, const struct cw_tx *tx,
                       const struct cw_signature *signature) {
    bool legacy = tx->type == CW_TX_LEGACY;
    if (signature != NULL) {
        uint64_t v = signature->y_parity;
        if (legacy) {
            v += tx->chain_id.v == 0 ? 27 : 35 + 2 * tx->chain_id.v;
        }
        cw_rlp_put_u64(out, v);
        put_scalar(out, &signature->r);
        put_scalar(out, &signature->s);
    } else if (legacy && tx->chain_id.v != 0) {
        cw_rlp_put_u64(out, tx->chain_id.v);
        cw_rlp_put_u64(out, 0);
        cw_rlp_put_u64(out, 0);
    }
}

static void put_deposit(struct cw_rlp_out *out, const struct cw_tx *tx) {
    cw_rlp_put_hash32(out, &tx->source_hash);
    cw_rlp_put_addr20(out, &tx->from);
    put_to(out, tx);
    cw_rlp_put_u256(out, &tx->mint.v);
    cw_rlp_put_u256(out, &tx->value.v);
    cw_rlp_put_u64(out, tx->gas_limit);
    cw_rlp_put_u64(out, tx->is_system ? 1 : 0);
    cw_rlp_put_string(out, tx->data);
}

static void put_fields(struct cw_rlp_out *out, const struct cw_tx *tx) {
    bool legacy = tx->type == CW_TX_LEGACY;
    if (!legacy) {
        cw_rlp_put_u64(out, tx->chain_id.v);
    }
    cw_rlp_put_u64(out, tx->nonce);
    if (has_tip(tx)) {
        cw_rlp_put_u256(out, &tx->max_tip.v);
    }
    cw_rlp_put_u256(out, &tx->max_fee.v);
    cw_rlp_put_u64(out, tx->gas_limit);
    put_to(out, tx);
    cw_rlp_put_u256(out, &tx->value.v);
    cw_rlp_put_string(out, tx->data);
    if (!legacy) {
        put_access_list(out, tx);
    }
    if (tx->type == CW_TX_BLOB) {
        cw_rlp_put_u256(out, &tx->max_blob_fee.v);
        put_hashes(out, tx->blob_hashes, tx->n_blob_hashes);
    } else if (tx->type == CW_TX_SET_CODE) {
        put_authorizations(out, tx);
    }
}

static void put_tx(struct cw_rlp_out *out, const struct cw_tx *tx,
                   const struct cw_signature *signature) {
    if (tx->type != CW_TX_LEGACY) {
        const uint8_t type = (uint8_t)tx->type;
        cw_rlp_put_raw(out, cw_slice_of(&type, 1));
    }
    size_t list = cw_rlp_list_begin(out);
    if (tx->type == CW_TX_DEPOSIT) {
        put_deposit(out, tx);
    } else {
        put_fields(out, tx);
        put_ending(out, tx, signature);
    }
    cw_rlp_list_end(out, list);
}

static enum cw_err encode(struct cw_arena *arena, struct cw_slice *ret_bytes,
                          const struct cw_tx *tx, const struct cw_signature *signature) {
    if (cw_tx_refusal(tx) != NULL) {
        return CW_ERR_INPUT;
    }
    struct cw_rlp_out count = cw_rlp_out_count();
    put_tx(&count, tx, signature);
    uint8_t *p = cw_arena_alloc(arena, count.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    struct cw_rlp_out out = cw_rlp_out_to(p, count.n);
    put_tx(&out, tx, signature);
    if (out.failed || out.n != count.n) {
        return CW_ERR_LIMIT;
    }
    *ret_bytes = cw_slice_of(p, out.n);
    return CW_OK;
}

enum cw_err cw_tx_encode_unsigned(struct cw_arena *arena, struct cw_slice *ret_payload,
                                  const struct cw_tx *tx) {
    return encode(arena, ret_payload, tx, NULL);
}

enum cw_err cw_tx_signing_hash(struct cw_arena *arena, struct cw_hash32 *ret_hash,
                               const struct cw_tx *tx) {
    if (tx->type == CW_TX_DEPOSIT) {
        return CW_ERR_INPUT;
    }
    struct cw_slice payload;
    enum cw_err err = encode(arena, &payload, tx, NULL);
    if (err == CW_OK) {
        cw_keccak256(ret_hash, payload);
    }
    return err;
}

static bool is_signature_of(const struct cw_signature *signature, const struct cw_tx *tx) {
    if (tx->type == CW_TX_DEPOSIT) {
        return signature->y_parity == 0 && cw_hash32_is_zero(&signature->r) &&
               cw_hash32_is_zero(&signature->s);
    }
    return signature->y_parity <= 1 && cw_signature_in_range(signature) &&
           cw_signature_is_low(signature);
}

enum cw_err cw_tx_encode_signed(struct cw_arena *arena, struct cw_slice *ret_raw,
                                const struct cw_tx *tx, const struct cw_signature *signature) {
    return is_signature_of(signature, tx) ? encode(arena, ret_raw, tx, signature) : CW_ERR_INPUT;
}

void cw_tx_hash(struct cw_hash32 *out, struct cw_slice raw) {
    cw_keccak256(out, raw);
}

/* --- signatures ----------------------------------------------------------------------------- */

enum cw_err cw_tx_sign(const struct cw_curve *curve, struct cw_arena *arena,
                       struct cw_slice *ret_raw, struct cw_hash32 *ret_hash, const struct cw_tx *tx,
                       const struct cw_secret32 *secret) {
    struct cw_hash32 digest;
    struct cw_signature signature;
    struct cw_slice raw;
    enum cw_err err = cw_tx_signing_hash(arena, &digest, tx);
    if (err == CW_OK) {
        err = cw_curve_sign(curve, &signature, &digest, secret);
    }
    if (err == CW_OK) {
        err = cw_tx_encode_signed(arena, &raw, tx, &signature);
    }
    if (err == CW_OK) {
        *ret_raw = raw;
        if (ret_hash != NULL) {
            cw_tx_hash(ret_hash, raw);
        }
    }
    return err;
}

enum cw_err cw_tx_recover(const struct cw_curve *curve, struct cw_arena *arena,
                          struct cw_addr20 *ret_sender, const struct cw_tx *tx,
                          const struct cw_signature *signature) {
    if (tx->type == CW_TX_DEPOSIT) {
        *ret_sender = tx->from;
        return CW_OK;
    }
    struct cw_hash32 digest;
    enum cw_err err = cw_tx_signing_hash(arena, &digest, tx);
    return err == CW_OK ? cw_curve_recover(curve, ret_sender, &digest, signature) : err;
}

void cw_authorization_hash(struct cw_hash32 *out, const struct cw_authorization *authorization) {
    /* The magic, a list's prefix of two bytes, and three strings of at most 33, 21 and 9. */
    uint8_t bytes[1 + 2 + 33 + 21 + 9] = {AUTHORIZATION_MAGIC};
    struct cw_rlp_out rlp = cw_rlp_out_to(bytes + 1, sizeof(bytes) - 1);
    size_t tuple = cw_rlp_list_begin(&rlp);
    cw_rlp_put_u256(&rlp, &authorization->chain_id);
    cw_rlp_put_addr20(&rlp, &authorization->address);
    cw_rlp_put_u64(&rlp, authorization->nonce);
    cw_rlp_list_end(&rlp, tuple);
    cw_keccak256(out, cw_slice_of(bytes, 1 + rlp.n));
}

enum cw_err cw_authorization_recover(const struct cw_curve *curve, struct cw_addr20 *ret_signer,
                                     const struct cw_authorization *authorization) {
    if (authorization->nonce == UINT64_MAX) {
        return CW_ERR_INPUT;
    }
    const struct cw_signature signature = {authorization->r, authorization->s,
                                           authorization->y_parity};
    struct cw_hash32 digest;
    cw_authorization_hash(&digest, authorization);
    return cw_curve_recover(curve, ret_signer, &digest, &signature);
}
