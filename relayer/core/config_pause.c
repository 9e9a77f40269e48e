#include "core/config_pause.h"

#include "core/private_file.h"

#include <causeway/abi.h>
#include <causeway/curve.h>
#include <causeway/tx.h>

#include <stdio.h>
#include <string.h>

#define RAW_MAX  4096u /* of a call of a few words */
#define TEXT_MAX (2 * RAW_MAX + 16)

static size_t trimmed(const uint8_t *text, size_t n) {
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
        n--;
    return n;
}

static enum cw_err read_file(struct cw_slice *ret, struct cw_arena *arena, const char *path,
                             struct cw_error *error) {
    uint8_t text[TEXT_MAX];
    size_t n = 0, raw_n = 0;
    uint8_t *raw = cw_arena_alloc(arena, RAW_MAX);
    if (raw == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = cw_private_file_read(text, sizeof text, &n, "pause transaction", path, error);
    if (err != CW_OK)
        return err;
    n = n < sizeof text ? trimmed(text, n) : 0;
    if (cw_hex_decode_any(raw, RAW_MAX, &raw_n, (const char *)text, n) != CW_OK)
        return cw_error_set(error, CW_ERR_INPUT,
                            "pause transaction %s: not 0x and the digits of a signed transaction",
                            path);
    *ret = cw_slice_of(raw, raw_n);
    return CW_OK;
}

/* "" when it may be sent on that chain. */
static const char *flaw(const struct cw_tx *tx, uint64_t chain_id) {
    if (tx->type != CW_TX_LEGACY && tx->type != CW_TX_ACCESS_LIST && tx->type != CW_TX_DYNAMIC_FEE)
        return "it carries blobs or authorizations, or is a deposit";
    if (tx->chain_id.v == 0)
        return "it is bound to no chain: sign one with a chain id";
    if (tx->chain_id.v != chain_id)
        return "it is for another chain than the one that the route settles on";
    if (!tx->has_to)
        return "it creates a contract";
    return cw_u256_is_zero(&tx->value.v) ? "" : "it sends value along";
}

static struct cw_wei cost_of(const struct cw_tx *tx) {
    struct cw_wei cost;
    if (cw_u256_mul_u64(&cost.v, &tx->max_fee.v, tx->gas_limit))
        memset(&cost, 0xff, sizeof cost);
    return cost;
}

static enum cw_err decode(struct cw_pause_tx *ret, struct cw_arena *arena, const char *path,
                          uint64_t chain_id, struct cw_error *error) {
    struct cw_tx tx;
    struct cw_signature signature;
    struct cw_error why;
    enum cw_err err = cw_tx_decode(arena, &tx, &signature, ret->raw, &why);
    if (err != CW_OK)
        return cw_error_set(error, err, "pause transaction %s: %s", path,
                            err == CW_ERR_INPUT ? why.text : "out of memory");
    if (flaw(&tx, chain_id)[0] != '\0')
        return cw_error_set(error, CW_ERR_INPUT, "pause transaction %s: %s", path,
                            flaw(&tx, chain_id));
    struct cw_curve *curve = cw_curve_new(NULL);
    if (curve == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    err = cw_tx_recover(curve, arena, &ret->sender, &tx, &signature);
    cw_curve_free(curve);
    if (err != CW_OK)
        return cw_error_set(error, err, "pause transaction %s: no key has signed it", path);
    cw_tx_hash(&ret->hash, ret->raw);
    ret->to = tx.to;
    ret->data = tx.data;
    ret->nonce = tx.nonce;
    ret->cost = cost_of(&tx);
    return CW_OK;
}

enum cw_err cw_config_pause_tx(struct cw_pause_tx *ret, struct cw_arena *arena,
                               const struct cw_config *config, const struct cw_config_route *route,
                               struct cw_error *error) {
    const char *path = route->policy.pause_tx_file;
    const uint64_t chain_id = cw_config_side(config, route, CW_SETTLEMENT)->chain_id;
    struct cw_pause_tx tx = {.nonce = 0};
    enum cw_err err = read_file(&tx.raw, arena, path, error);
    if (err == CW_OK)
        err = decode(&tx, arena, path, chain_id, error);
    if (err == CW_OK)
        *ret = tx;
    return err == CW_OK ? CW_OK : cw_error_wrap(error, err, "route \"%s\"", route->name);
}

/* --- is it the right one? --------------------------------------------------------------------- */

/* execTransaction(address,uint256,bytes,uint8,…) of a Safe, by which its owners' signatures act for
 * it, whoever sends it. Source: safe-smart-account 1.3.0, GnosisSafe.sol. */
#define SEL_EXEC 0x6a761202u

/* A call, and whether its sender may make it. */
struct acting {
    struct cw_addr20 to;
    struct cw_slice data;
    bool allowed;
};

static bool read_exec(struct cw_slice data, struct acting *ret) {
    struct cw_abi in;
    struct cw_u256 value;
    uint64_t operation;
    return cw_abi_open_call(&in, data, cw_selector_from_u32(SEL_EXEC)) == CW_OK &&
           cw_abi_addr20(&in, &ret->to) == CW_OK && cw_abi_u256(&in, &value) == CW_OK &&
           cw_u256_is_zero(&value) && cw_abi_bytes(&in, &ret->data) == CW_OK &&
           cw_abi_u64(&in, &operation) == CW_OK && operation == 0;
}

const char *cw_pause_tx_misses(const struct cw_pause_tx *tx, const struct cw_pause *call) {
    const bool known = !cw_addr20_is_zero(&call->guardian);
    struct acting acting = {tx->to, tx->data,
                            !known || cw_addr20_equal(&tx->sender, &call->guardian)};
    struct acting inner = {.allowed = true};
    if (known && cw_addr20_equal(&tx->to, &call->guardian) && read_exec(tx->data, &inner))
        acting = inner;
    if (!cw_addr20_equal(&acting.to, &call->to))
        return "it calls another contract than the one that pauses";
    if (acting.data.n < call->fixed_n || memcmp(acting.data.p, call->data, call->fixed_n) != 0 ||
        (call->fixed_n == call->data_n && acting.data.n != call->data_n))
        return "it calls another function than the one that pauses";
    return acting.allowed ? "" : "its sender is not the guardian";
}
