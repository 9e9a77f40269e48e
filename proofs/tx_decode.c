#include <causeway/tx.h>

#include <string.h>

#include <causeway/rlp.h>

/* The least that an entry of a list takes: more of them than the bytes allow are refused before
 * memory is asked for. */
#define HASH_BYTES          33
#define ACCESS_BYTES        (1 + 21 + 1)
#define AUTHORIZATION_BYTES (1 + 1 + 21 + 1 + 1 + 1 + 1)

/* --- lists ---------------------------------------------------------------------------------- */

/* A list of entries that take at least entry_bytes each. */
static enum cw_err open_entries(struct cw_rlp *at, struct cw_rlp *ret_list, size_t *ret_n,
                                size_t entry_bytes) {
    struct cw_rlp cursor = *at, list;
    size_t n;
    if (cw_rlp_list(&cursor, &list) != CW_OK || cw_rlp_count(&list, &n) != CW_OK ||
        n > list.rest.n / entry_bytes) {
        return CW_ERR_INPUT;
    }
    *at = cursor;
    *ret_list = list;
    *ret_n = n;
    return CW_OK;
}

static enum cw_err read_hashes(struct cw_arena *arena, const struct cw_hash32 **ret_hashes,
                               size_t *ret_n, struct cw_rlp *at) {
    struct cw_rlp list;
    size_t n;
    if (open_entries(at, &list, &n, HASH_BYTES) != CW_OK) {
        return CW_ERR_INPUT;
    }
    struct cw_hash32 *out = cw_arena_array(arena, n, sizeof(*out));
    if (out == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        if (cw_rlp_hash32(&list, &out[i]) != CW_OK) {
            return CW_ERR_INPUT;
        }
    }
    *ret_hashes = out;
    *ret_n = n;
    return CW_OK;
}

static enum cw_err read_access_list(struct cw_arena *arena, struct cw_tx *tx, struct cw_rlp *at) {
    struct cw_rlp list;
    size_t n;
    if (open_entries(at, &list, &n, ACCESS_BYTES) != CW_OK) {
        return CW_ERR_INPUT;
    }
    struct cw_access_entry *entries = cw_arena_array(arena, n, sizeof(*entries));
    if (entries == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        struct cw_rlp pair;
        if (cw_rlp_list(&list, &pair) != CW_OK ||
            cw_rlp_addr20(&pair, &entries[i].address) != CW_OK) {
            return CW_ERR_INPUT;
        }
        enum cw_err err = read_hashes(arena, &entries[i].keys, &entries[i].n_keys, &pair);
        if (err == CW_OK) {
            err = cw_rlp_end(&pair);
        }
        if (err != CW_OK) {
            return err;
        }
    }
    tx->access_list = entries;
    tx->n_access_list = n;
    return CW_OK;
}

static enum cw_err read_authorization(struct cw_authorization *out, struct cw_rlp *list) {
    struct cw_rlp tuple;
    uint64_t y_parity;
    struct cw_u256 r, s;
    if (cw_rlp_list(list, &tuple) != CW_OK || cw_rlp_u256(&tuple, &out->chain_id) != CW_OK ||
        cw_rlp_addr20(&tuple, &out->address) != CW_OK || cw_rlp_u64(&tuple, &out->nonce) != CW_OK ||
        cw_rlp_u64(&tuple, &y_parity) != CW_OK || y_parity > UINT8_MAX ||
        cw_rlp_u256(&tuple, &r) != CW_OK || cw_rlp_u256(&tuple, &s) != CW_OK ||
        cw_rlp_end(&tuple) != CW_OK) {
        return CW_ERR_INPUT;
    }
    out->y_parity = (uint8_t)y_parity;
    cw_u256_to_be(out->r.b, &r);
    cw_u256_to_be(out->s.b, &s);
    return CW_OK;
}

static enum cw_err read_authorizations(struct cw_arena *arena, struct cw_tx *tx,
                                       struct cw_rlp *at) {
    struct cw_rlp list;
    size_t n;
    if (open_entries(at, &list, &n, AUTHORIZATION_BYTES) != CW_OK) {
        return CW_ERR_INPUT;
    }
    struct cw_authorization *out = cw_arena_array(arena, n, sizeof(*out));
    if (out == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        if (read_authorization(&out[i], &list) != CW_OK) {
            return CW_ERR_INPUT;
        }
    }
    tx->authorizations = out;
    tx->n_authorizations = n;
    return CW_OK;
}

/* --- fields --------------------------------------------------------------------------------- */

static enum cw_err read_to(struct cw_tx *tx, struct cw_rlp *at) {
    struct cw_slice to;
    if (cw_rlp_string(at, &to) != CW_OK || (to.n != 0 && to.n != sizeof(tx->to.b))) {
        return CW_ERR_INPUT;
    }
    tx->has_to = to.n > 0;
    if (tx->has_to) {
        memcpy(tx->to.b, to.p, to.n);
    }
    return CW_OK;
}

/* These return the first field that can't be read, by name; NULL when all can. */

static const char *read_scalars(struct cw_tx *tx, struct cw_rlp *at) {
    bool legacy = tx->type == CW_TX_LEGACY, one_price = legacy || tx->type == CW_TX_ACCESS_LIST;
    if (!legacy && cw_rlp_u64(at, &tx->chain_id.v) != CW_OK) {
        return "chain id";
    }
    if (cw_rlp_u64(at, &tx->nonce) != CW_OK) {
        return "nonce";
    }
    if (!one_price && cw_rlp_u256(at, &tx->max_tip.v) != CW_OK) {
        return "maximum priority fee";
    }
    if (cw_rlp_u256(at, &tx->max_fee.v) != CW_OK) {
        return one_price ? "gas price" : "maximum fee";
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

static const char *read_deposit(struct cw_tx *tx, struct cw_rlp *at) {
    if (cw_rlp_hash32(at, &tx->source_hash) != CW_OK) {
        return "source hash";
    }
    if (cw_rlp_addr20(at, &tx->from) != CW_OK) {
        return "sender";
    }
    if (read_to(tx, at) != CW_OK) {
        return "recipient";
    }
    if (cw_rlp_u256(at, &tx->mint.v) != CW_OK) {
        return "mint";
    }
    if (cw_rlp_u256(at, &tx->value.v) != CW_OK) {
        return "value";
    }
    if (cw_rlp_u64(at, &tx->gas_limit) != CW_OK) {
        return "gas limit";
    }
    if (cw_rlp_bool(at, &tx->is_system) != CW_OK) {
        return "mark of a system transaction";
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

/* --- transactions --------------------------------------------------------------------------- */

static enum cw_err refuse_field(struct cw_error *error, const char *field) {
    return cw_error_set(error, CW_ERR_INPUT, "transaction: the %s is missing or malformed", field);
}

static enum cw_err refuse_list(struct cw_error *error, enum cw_err err, const char *field) {
    return err == CW_ERR_INPUT
               ? refuse_field(error, field)
               : cw_error_set(error, err, "transaction: the %s is too large", field);
}

/* What stands between data and signature. */
static enum cw_err read_lists(struct cw_arena *arena, struct cw_tx *tx, struct cw_rlp *at,
                              struct cw_error *error) {
    if (tx->type == CW_TX_LEGACY) {
        return CW_OK;
    }
    enum cw_err err = read_access_list(arena, tx, at);
    if (err != CW_OK) {
        return refuse_list(error, err, "access list");
    }
    if (tx->type == CW_TX_BLOB) {
        if (cw_rlp_u256(at, &tx->max_blob_fee.v) != CW_OK) {
            return refuse_field(error, "maximum blob fee");
        }
        err = read_hashes(arena, &tx->blob_hashes, &tx->n_blob_hashes, at);
        if (err != CW_OK) {
            return refuse_list(error, err, "list of blob hashes");
        }
    } else if (tx->type == CW_TX_SET_CODE) {
        err = read_authorizations(arena, tx, at);
        if (err != CW_OK) {
            return refuse_list(error, err, "authorization list");
        }
    }
    return CW_OK;
}

static const char *signature_refusal(const struct cw_signature *signature) {
    if (!cw_signature_in_range(signature)) {
        return "r or s is out of range";
    }
    return cw_signature_is_low(signature) ? NULL : "s is high";
}

static enum cw_err read_members(struct cw_arena *arena, struct cw_tx *tx,
                                struct cw_signature *signature, struct cw_rlp *at,
                                struct cw_error *error) {
    bool deposit = tx->type == CW_TX_DEPOSIT;
    const char *field = deposit ? read_deposit(tx, at) : read_scalars(tx, at);
    if (field != NULL) {
        return refuse_field(error, field);
    }
    if (!deposit) {
        enum cw_err err = read_lists(arena, tx, at, error);
        if (err != CW_OK) {
            return err;
        }
        field = read_signature(tx, signature, at);
        if (field != NULL) {
            return refuse_field(error, field);
        }
    }
    if (!cw_rlp_at_end(at)) {
        return cw_error_set(error, CW_ERR_INPUT, "transaction: more fields than its type has");
    }
    const char *reason = cw_tx_refusal(tx);
    if (reason == NULL && !deposit) {
        reason = signature_refusal(signature);
    }
    return reason == NULL ? CW_OK : cw_error_set(error, CW_ERR_INPUT, "transaction: %s", reason);
}

/* The type byte; *ret_list is what stands behind it. */
static enum cw_err read_type(struct cw_tx *tx, struct cw_slice *ret_list, struct cw_slice raw,
                             struct cw_error *error) {
    static const enum cw_tx_type types[] = {CW_TX_ACCESS_LIST, CW_TX_DYNAMIC_FEE, CW_TX_BLOB,
                                            CW_TX_SET_CODE, CW_TX_DEPOSIT};
    if (raw.n > 0 && raw.p[0] >= 0xc0) {
        tx->type = CW_TX_LEGACY;
        *ret_list = raw;
        return CW_OK;
    }
    for (size_t i = 0; i < CW_COUNT(types) && raw.n > 0; i++) {
        if (raw.p[0] == types[i]) {
            tx->type = types[i];
            *ret_list = cw_slice_of(raw.p + 1, raw.n - 1);
            return CW_OK;
        }
    }
    return cw_error_set(error, CW_ERR_INPUT, "transaction: unknown type");
}

/* Between nodes a blob transaction travels as a list of itself, its blobs and their proofs. */
static bool is_wrapped(const struct cw_tx *tx, const struct cw_rlp *members) {
    struct cw_rlp at = *members;
    struct cw_rlp_item first;
    return tx->type == CW_TX_BLOB && cw_rlp_next(&at, &first) == CW_OK && first.is_list;
}

enum cw_err cw_tx_decode(struct cw_arena *arena, struct cw_tx *ret_tx,
                         struct cw_signature *ret_signature, struct cw_slice raw,
                         struct cw_error *error) {
    struct cw_tx tx = {.type = CW_TX_LEGACY};
    struct cw_signature signature = {.y_parity = 0};
    struct cw_slice list = {NULL, 0};
    struct cw_rlp members;
    enum cw_err err = read_type(&tx, &list, raw, error);
    if (err != CW_OK) {
        return err;
    }
    if (cw_rlp_open_list(&members, list) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "transaction: not exactly one list");
    }
    if (is_wrapped(&tx, &members)) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "transaction: this is the network form of a blob transaction, with "
                            "blobs, commitments and proofs; give the form that blocks hold, "
                            "without them (the first member of the list, behind its type byte)");
    }
    err = read_members(arena, &tx, &signature, &members, error);
    if (err != CW_OK) {
        return err;
    }
    *ret_tx = tx;
    *ret_signature = signature;
    return CW_OK;
}
