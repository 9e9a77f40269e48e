#include <causeway/tx.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

/* EIP-155 puts v = 35 + 2·chain id + parity into 64 bits. */
#define LEGACY_CHAIN_ID_MAX ((UINT64_MAX - 36) / 2)

/* Why no chain takes this transaction; NULL when one may. */
static const char *refusal(const struct cw_tx *tx) {
    if (tx->nonce == UINT64_MAX) {
        return "nonce is over the bound of EIP-2681";
    }
    switch (tx->type) {
    case CW_TX_LEGACY:
        if (tx->n_access_list > 0) {
            return "a legacy transaction has no access list";
        }
        if (tx->chain_id.v > LEGACY_CHAIN_ID_MAX) {
            return "chain id is too large for a legacy transaction";
        }
        break;
    case CW_TX_ACCESS_LIST:
    case CW_TX_DYNAMIC_FEE:
        if (tx->chain_id.v == 0) {
            return "chain id is zero";
        }
        break;
    default:
        return "unknown transaction type";
    }
    if (tx->type == CW_TX_DYNAMIC_FEE) {
        if (cw_u256_cmp(&tx->max_tip.v, &tx->max_fee.v) > 0) {
            return "priority fee is over the maximum fee";
        }
    } else if (!cw_u256_is_zero(&tx->max_tip.v)) {
        return "only a transaction of EIP-1559 has a priority fee";
    }
    struct cw_u256 cost;
    if (cw_u256_mul_u64(&cost, &tx->max_fee.v, tx->gas_limit)) {
        return "gas limit times fee is over 256 bits";
    }
    return NULL;
}

/* --- encoding ------------------------------------------------------------------------------- */

static void put_access_list(struct cw_rlp_out *out, const struct cw_tx *tx) {
    size_t list = cw_rlp_list_begin(out);
    for (size_t i = 0; i < tx->n_access_list; i++) {
        const struct cw_access_entry *entry = &tx->access_list[i];
        size_t pair = cw_rlp_list_begin(out);
        cw_rlp_put_addr20(out, &entry->address);
        size_t keys = cw_rlp_list_begin(out);
        for (size_t j = 0; j < entry->n_keys; j++) {
            cw_rlp_put_hash32(out, &entry->keys[j]);
        }
        cw_rlp_list_end(out, keys);
        cw_rlp_list_end(out, pair);
    }
    cw_rlp_list_end(out, list);
}

static void put_scalar(struct cw_rlp_out *out, const struct cw_hash32 *be) {
    struct cw_u256 v = cw_u256_from_be(be->b);
    cw_rlp_put_u256(out, &v);
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

static void put_tx(struct cw_rlp_out *out, const struct cw_tx *tx,
                   const struct cw_signature *signature) {
    bool legacy = tx->type == CW_TX_LEGACY;
    if (!legacy) {
        const uint8_t type = (uint8_t)tx->type;
        cw_rlp_put_raw(out, cw_slice_of(&type, 1));
    }
    size_t list = cw_rlp_list_begin(out);
    if (!legacy) {
        cw_rlp_put_u64(out, tx->chain_id.v);
    }
    cw_rlp_put_u64(out, tx->nonce);
    if (tx->type == CW_TX_DYNAMIC_FEE) {
        cw_rlp_put_u256(out, &tx->max_tip.v);
    }
    cw_rlp_put_u256(out, &tx->max_fee.v);
    cw_rlp_put_u64(out, tx->gas_limit);
    cw_rlp_put_string(out, cw_slice_of(tx->to.b, tx->has_to ? sizeof(tx->to.b) : 0));
    cw_rlp_put_u256(out, &tx->value.v);
    cw_rlp_put_string(out, tx->data);
    if (!legacy) {
        put_access_list(out, tx);
    }
    put_ending(out, tx, signature);
    cw_rlp_list_end(out, list);
}

static enum cw_err encode(struct cw_arena *arena, struct cw_slice *ret_bytes,
                          const struct cw_tx *tx, const struct cw_signature *signature) {
    if (refusal(tx) != NULL) {
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
    struct cw_slice payload;
    enum cw_err err = encode(arena, &payload, tx, NULL);
    if (err == CW_OK) {
        cw_keccak256(ret_hash, payload);
    }
    return err;
}

enum cw_err cw_tx_encode_signed(struct cw_arena *arena, struct cw_slice *ret_raw,
                                const struct cw_tx *tx, const struct cw_signature *signature) {
    if (signature->y_parity > 1 || !cw_signature_in_range(signature) ||
        !cw_signature_is_low(signature)) {
        return CW_ERR_INPUT;
    }
    return encode(arena, ret_raw, tx, signature);
}

void cw_tx_hash(struct cw_hash32 *out, struct cw_slice raw) {
    cw_keccak256(out, raw);
}

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

/* --- decoding ------------------------------------------------------------------------------- */

static enum cw_err read_keys(struct cw_arena *arena, struct cw_access_entry *entry,
                             struct cw_rlp *keys) {
    size_t n;
    if (cw_rlp_count(keys, &n) != CW_OK) {
        return CW_ERR_INPUT;
    }
    struct cw_hash32 *out = cw_arena_array(arena, n, sizeof(*out));
    if (out == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        if (cw_rlp_hash32(keys, &out[i]) != CW_OK) {
            return CW_ERR_INPUT;
        }
    }
    entry->keys = out;
    entry->n_keys = n;
    return CW_OK;
}

static enum cw_err read_access_list(struct cw_arena *arena, struct cw_tx *tx, struct cw_rlp *at) {
    struct cw_rlp list;
    size_t n;
    if (cw_rlp_list(at, &list) != CW_OK || cw_rlp_count(&list, &n) != CW_OK) {
        return CW_ERR_INPUT;
    }
    struct cw_access_entry *entries = cw_arena_array(arena, n, sizeof(*entries));
    if (entries == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        struct cw_rlp pair, keys;
        if (cw_rlp_list(&list, &pair) != CW_OK ||
            cw_rlp_addr20(&pair, &entries[i].address) != CW_OK ||
            cw_rlp_list(&pair, &keys) != CW_OK || cw_rlp_end(&pair) != CW_OK) {
            return CW_ERR_INPUT;
        }
        enum cw_err err = read_keys(arena, &entries[i], &keys);
        if (err != CW_OK) {
            return err;
        }
    }
    tx->access_list = entries;
    tx->n_access_list = n;
    return CW_OK;
}

static enum cw_err read_to(struct cw_tx *tx, struct cw_rlp *at) {
    struct cw_slice to;
    if (cw_rlp_string(at, &to) != CW_OK || (to.n != 0 && to.n != sizeof(tx->to.b))) {
        return CW_ERR_INPUT;
    }
    tx->has_to = to.n > 0;
    memcpy(tx->to.b, to.p, to.n);
    return CW_OK;
}

/* The first field that can't be read, by name; NULL when all can. */
static const char *read_fields(struct cw_tx *tx, struct cw_rlp *at) {
    bool legacy = tx->type == CW_TX_LEGACY;
    if (!legacy && cw_rlp_u64(at, &tx->chain_id.v) != CW_OK) {
        return "chain id";
    }
    if (cw_rlp_u64(at, &tx->nonce) != CW_OK) {
        return "nonce";
    }
    if (tx->type == CW_TX_DYNAMIC_FEE && cw_rlp_u256(at, &tx->max_tip.v) != CW_OK) {
        return "maximum priority fee";
    }
    if (cw_rlp_u256(at, &tx->max_fee.v) != CW_OK) {
        return legacy || tx->type == CW_TX_ACCESS_LIST ? "gas price" : "maximum fee";
    }
    if (cw_rlp_u64(at, &tx->gas_limit) != CW_OK) {
        return "gas limit";
    }
    if (read_to(tx, at) != CW_OK) {
        return "recipient";
    }
    if (cw_rlp_u256(at, &tx->value.v) != CW_OK) {
        return "value";
    }
    return cw_rlp_string(at, &tx->data) == CW_OK ? NULL : "data";
}

/* v of a legacy transaction: 27 and 28, or EIP-155. */
static enum cw_err split_v(struct cw_tx *tx, struct cw_signature *signature, uint64_t v) {
    if (v == 27 || v == 28) {
        signature->y_parity = (uint8_t)(v - 27);
        return CW_OK;
    }
    if (v < 37) {
        return CW_ERR_INPUT;
    }
    tx->chain_id.v = (v - 35) / 2;
    signature->y_parity = (uint8_t)((v - 35) % 2);
    return CW_OK;
}

static const char *read_signature(struct cw_tx *tx, struct cw_signature *signature,
                                  struct cw_rlp *at) {
    uint64_t v;
    struct cw_u256 r, s;
    if (cw_rlp_u64(at, &v) != CW_OK) {
        return "v";
    }
    if (cw_rlp_u256(at, &r) != CW_OK) {
        return "r";
    }
    if (cw_rlp_u256(at, &s) != CW_OK) {
        return "s";
    }
    if (tx->type == CW_TX_LEGACY) {
        if (split_v(tx, signature, v) != CW_OK) {
            return "v";
        }
    } else {
        if (v > 1) {
            return "y parity";
        }
        signature->y_parity = (uint8_t)v;
    }
    cw_u256_to_be(signature->r.b, &r);
    cw_u256_to_be(signature->s.b, &s);
    return NULL;
}

static enum cw_err refuse_field(struct cw_error *error, const char *field) {
    return cw_error_set(error, CW_ERR_INPUT, "transaction: the %s is missing or malformed", field);
}

/* The type byte; *ret_list is what stands behind it. */
static enum cw_err read_type(struct cw_tx *tx, struct cw_slice *ret_list, struct cw_slice raw,
                             struct cw_error *error) {
    if (raw.n > 0 && raw.p[0] >= 0xc0) {
        tx->type = CW_TX_LEGACY;
        *ret_list = raw;
        return CW_OK;
    }
    if (raw.n > 0 && (raw.p[0] == CW_TX_ACCESS_LIST || raw.p[0] == CW_TX_DYNAMIC_FEE)) {
        tx->type = raw.p[0] == CW_TX_ACCESS_LIST ? CW_TX_ACCESS_LIST : CW_TX_DYNAMIC_FEE;
        *ret_list = cw_slice_of(raw.p + 1, raw.n - 1);
        return CW_OK;
    }
    return cw_error_set(error, CW_ERR_INPUT, "transaction: unknown type");
}

enum cw_err cw_tx_decode(struct cw_arena *arena, struct cw_tx *ret_tx,
                         struct cw_signature *ret_signature, struct cw_slice raw,
                         struct cw_error *error) {
    struct cw_tx tx = {.type = CW_TX_LEGACY};
    struct cw_signature signature = {.y_parity = 0};
    struct cw_slice list;
    struct cw_rlp at;
    enum cw_err err = read_type(&tx, &list, raw, error);
    if (err != CW_OK) {
        return err;
    }
    if (cw_rlp_open_list(&at, list) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "transaction: not exactly one list");
    }
    const char *field = read_fields(&tx, &at);
    if (field != NULL) {
        return refuse_field(error, field);
    }
    if (tx.type != CW_TX_LEGACY) {
        err = read_access_list(arena, &tx, &at);
        if (err == CW_ERR_INPUT) {
            return refuse_field(error, "access list");
        }
        if (err != CW_OK) {
            return cw_error_set(error, err, "transaction: the access list is too large");
        }
    }
    field = read_signature(&tx, &signature, &at);
    if (field != NULL) {
        return refuse_field(error, field);
    }
    if (!cw_rlp_at_end(&at)) {
        return cw_error_set(error, CW_ERR_INPUT, "transaction: more fields than its type has");
    }
    const char *reason = refusal(&tx);
    if (reason == NULL && !cw_signature_in_range(&signature)) {
        reason = "r or s is out of range";
    }
    if (reason == NULL && !cw_signature_is_low(&signature)) {
        reason = "s is high";
    }
    if (reason != NULL) {
        return cw_error_set(error, CW_ERR_INPUT, "transaction: %s", reason);
    }
    *ret_tx = tx;
    *ret_signature = signature;
    return CW_OK;
}

enum cw_err cw_tx_recover(const struct cw_curve *curve, struct cw_arena *arena,
                          struct cw_addr20 *ret_sender, const struct cw_tx *tx,
                          const struct cw_signature *signature) {
    struct cw_hash32 digest;
    enum cw_err err = cw_tx_signing_hash(arena, &digest, tx);
    return err == CW_OK ? cw_curve_recover(curve, ret_sender, &digest, signature) : err;
}
