/* Transactions as eth_getTransactionByHash has them. */
#include "net/eth_read.h"

#include <causeway/tx.h>

#include <inttypes.h>

void eth_get_deposit(struct reader *r, struct cw_tx *tx) {
    *tx = (struct cw_tx){.type = CW_TX_DEPOSIT};
    eth_get_hash32(r, &tx->source_hash, "sourceHash");
    eth_get_addr20(r, &tx->from, "from");
    tx->has_to = !eth_is_null(eth_member(r, "to"));
    if (tx->has_to) {
        eth_get_addr20(r, &tx->to, "to");
    }
    if (eth_has(r, "mint")) {
        eth_get_u256(r, &tx->mint.v, "mint");
    }
    eth_get_u256(r, &tx->value.v, "value");
    eth_get_u64(r, &tx->gas_limit, "gas");
    if (eth_has(r, "isSystemTx") && r->err == CW_OK &&
        cw_json_bool(&tx->is_system, cw_json_get(r->object, "isSystemTx")) != CW_OK) {
        eth_took(r, "isSystemTx", eth_not_a(r->error, "true or false"));
    }
    eth_get_data(r, &tx->data, eth_has(r, "input") ? "input" : "data");
}

/* --- what is signed --------------------------------------------------------------------------- */

/* Some nodes write all 32 bytes. */
static void get_word(struct reader *r, struct cw_hash32 *ret, const char *key) {
    struct cw_u256 value = {{0}};
    struct reader lax = *r;
    lax.dump = true;
    eth_get_u256(&lax, &value, key);
    r->err = lax.err;
    cw_u256_to_be(ret->b, &value);
}

/* An array of the arena's for the members of that list; NULL when there are none, or after a
 * failure. */
static void *get_room(struct reader *r, const char *key, size_t size, const struct cw_json **ret,
                      size_t *ret_n) {
    const struct cw_json *list = eth_get_array(r, key);
    *ret_n = 0;
    if (r->err != CW_OK || cw_json_size(list) == 0) {
        return NULL;
    }
    void *room = cw_arena_array(r->arena, cw_json_size(list), size);
    if (room == NULL) {
        r->err = cw_error_set(r->error, CW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    *ret = cw_json_first(list);
    *ret_n = cw_json_size(list);
    return room;
}

static void get_hashes(struct reader *r, const struct cw_hash32 **ret, size_t *ret_n,
                       const char *key) {
    const struct cw_json *at = NULL;
    struct cw_hash32 *hashes = get_room(r, key, sizeof *hashes, &at, ret_n);
    for (size_t i = 0; i < *ret_n; i++, at = cw_json_next(at)) {
        eth_took(r, key, eth_read_hash32(&hashes[i], at, r->error));
    }
    *ret = hashes;
}

static void get_access_list(struct reader *r, struct cw_tx *tx) {
    const struct cw_json *at = NULL;
    struct cw_access_entry *entries = get_room(r, "accessList", sizeof *entries, &at,
                                               &tx->n_access_list);
    for (size_t i = 0; i < tx->n_access_list && r->err == CW_OK; i++, at = cw_json_next(at)) {
        struct reader entry = {at, r->arena, r->error, CW_OK, false};
        eth_get_addr20(&entry, &entries[i].address, "address");
        get_hashes(&entry, &entries[i].keys, &entries[i].n_keys, "storageKeys");
        r->err = entry.err;
    }
    tx->access_list = entries;
}

static void get_authorizations(struct reader *r, struct cw_tx *tx) {
    const struct cw_json *at = NULL;
    struct cw_authorization *list = get_room(r, "authorizationList", sizeof *list, &at,
                                             &tx->n_authorizations);
    for (size_t i = 0; i < tx->n_authorizations && r->err == CW_OK; i++, at = cw_json_next(at)) {
        struct reader one = {at, r->arena, r->error, CW_OK, false};
        uint64_t parity = 0;
        eth_get_u256(&one, &list[i].chain_id, "chainId");
        eth_get_addr20(&one, &list[i].address, "address");
        eth_get_u64(&one, &list[i].nonce, "nonce");
        eth_get_u64(&one, &parity, "yParity");
        get_word(&one, &list[i].r, "r");
        get_word(&one, &list[i].s, "s");
        list[i].y_parity = parity <= UINT8_MAX ? (uint8_t)parity : UINT8_MAX;
        r->err = one.err;
    }
    tx->authorizations = list;
}

/* 27 and 28, or with EIP-155 two for each chain from 35 on. */
static void get_legacy_parity(struct reader *r, struct cw_tx *tx, struct cw_signature *signature) {
    uint64_t v = 0;
    eth_get_u64(r, &v, "v");
    tx->chain_id.v = v >= 35 ? (v - 35) / 2 : 0;
    signature->y_parity = (uint8_t)((v + 1) % 2);
}

static void get_signed(struct reader *r, struct cw_tx *tx, struct cw_signature *signature) {
    uint64_t parity = 0;
    eth_get_u64(r, &tx->nonce, "nonce");
    eth_get_u64(r, &tx->gas_limit, "gas");
    tx->has_to = !eth_is_null(eth_member(r, "to"));
    if (tx->has_to) {
        eth_get_addr20(r, &tx->to, "to");
    }
    eth_get_u256(r, &tx->value.v, "value");
    eth_get_data(r, &tx->data, "input");
    get_word(r, &signature->r, "r");
    get_word(r, &signature->s, "s");
    if (tx->type == CW_TX_LEGACY) {
        get_legacy_parity(r, tx, signature);
    } else {
        eth_get_u64(r, &tx->chain_id.v, "chainId");
        eth_get_u64(r, &parity, eth_has(r, "yParity") ? "yParity" : "v");
        signature->y_parity = parity <= UINT8_MAX ? (uint8_t)parity : UINT8_MAX;
        get_access_list(r, tx);
    }
    if (tx->type <= CW_TX_ACCESS_LIST) {
        eth_get_u256(r, &tx->max_fee.v, "gasPrice");
    } else {
        eth_get_u256(r, &tx->max_fee.v, "maxFeePerGas");
        eth_get_u256(r, &tx->max_tip.v, "maxPriorityFeePerGas");
    }
    if (tx->type == CW_TX_BLOB) {
        eth_get_u256(r, &tx->max_blob_fee.v, "maxFeePerBlobGas");
        get_hashes(r, &tx->blob_hashes, &tx->n_blob_hashes, "blobVersionedHashes");
    } else if (tx->type == CW_TX_SET_CODE) {
        get_authorizations(r, tx);
    }
}

static bool is_read_here(uint64_t type) {
    return type <= CW_TX_SET_CODE || type == CW_TX_DEPOSIT;
}

enum cw_err cw_eth_tx(struct cw_slice *ret_raw, struct cw_arena *arena, const struct cw_json *value,
                      const struct cw_hash32 *tx_hash, struct cw_error *error) {
    enum cw_err err = eth_expect_known(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct reader r = {value, arena, error, CW_OK, false};
    struct cw_tx tx = {.type = CW_TX_LEGACY};
    struct cw_signature signature = {.y_parity = 0};
    uint64_t type = 0;
    if (eth_has(&r, "type")) {
        eth_get_u64(&r, &type, "type");
    }
    if (r.err == CW_OK && !is_read_here(type)) {
        return cw_error_set(error, CW_ERR_BEHIND,
                            "transactions of type 0x%" PRIx64 " are not read here", type);
    }
    if (type == CW_TX_DEPOSIT) {
        eth_get_deposit(&r, &tx);
    } else {
        tx.type = (enum cw_tx_type)type;
        get_signed(&r, &tx, &signature);
    }
    if (r.err != CW_OK) {
        return r.err;
    }
    struct cw_slice raw;
    struct cw_hash32 hash;
    err = cw_tx_encode_signed(arena, &raw, &tx, &signature);
    if (err == CW_ERR_MEMORY) {
        return cw_error_set(error, err, "out of memory");
    }
    if (err != CW_OK) { /* one from before EIP-2 */
        return cw_error_set(error, CW_ERR_BEHIND, "no transaction of today can be this");
    }
    cw_tx_hash(&hash, raw);
    if (!cw_hash32_equal(&hash, tx_hash)) {
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "the transaction's fields do not hash to what was asked for");
    }
    *ret_raw = raw;
    return CW_OK;
}
