#include "tx/data_fee.h"

#include "net/eth.h"
#include "tx/ask.h"
#include "tx/fees.h"
#include "tx/signer.h"

#include <string.h>

#define ANSWER_MAX 4096u

/* Not signed, and the price is not known yet: fields as long as they get, of digits that do not
 * compress. */
static struct cw_tx sample(const struct cw_data_fee_call *call) {
    return (struct cw_tx){
        .type = CW_TX_DYNAMIC_FEE,
        .chain_id = {call->chain->chain_id},
        .nonce = 0x8f3a6d15,
        .max_fee = {cw_u256_from_u64(0xb7e151628aed)},
        .max_tip = {cw_u256_from_u64(0x9e3779b97f4a)},
        .gas_limit = 0xd1310b,
        .has_to = true,
        .to = *call->to,
        .value = call->value,
        .data = call->data,
    };
}

/* Takes what is to be asked from the arena. */
static struct cw_quorum *ask(struct cw_rpc *rpc, const struct cw_data_fee_call *call,
                             const struct cw_addr20 *to, struct cw_slice data,
                             void (*done)(void *, const struct cw_rpc_result *), void *ctx) {
    const unsigned k = cw_ask_k(call->chain);
    const struct cw_wei nothing = {0};
    struct cw_buf params;
    cw_buf_init(&params, CW_ASK_PARAMS_MAX);
    cw_eth_params_call(&params, call->from, to, &nothing, data, 0, k > 1 ? call->at : NULL);
    const struct cw_quorum_request request = {.method = "eth_call",
                                              .block_by_hash = k > 1,
                                              .k = k,
                                              .check = cw_ask_check_data,
                                              .digest = cw_quorum_digest_text,
                                              .done = done,
                                              .ctx = ctx};
    return cw_ask(rpc, request, &params);
}

struct cw_quorum *cw_data_fee_ask(struct cw_rpc *rpc, const struct cw_data_fee_call *call,
                                  void (*done)(void *, const struct cw_rpc_result *), void *ctx) {
    const struct cw_tx tx = sample(call);
    struct cw_quorum *asked = NULL;
    struct cw_arena arena;
    struct cw_addr20 to;
    struct cw_slice data;
    cw_arena_init(&arena, CW_SIGN_ARENA_MAX);
    if (call->chain->data_fee->ask(&arena, &tx, &to, &data) == CW_OK) {
        asked = ask(rpc, call, &to, data, done, ctx);
    }
    cw_arena_done(&arena);
    return asked;
}

struct cw_quorum *cw_gas_charge_ask(struct cw_rpc *rpc, const struct cw_data_fee_call *call,
                                    uint64_t gas,
                                    void (*done)(void *, const struct cw_rpc_result *), void *ctx) {
    struct cw_quorum *asked = NULL;
    struct cw_arena arena;
    struct cw_addr20 to;
    struct cw_slice data;
    cw_arena_init(&arena, ANSWER_MAX);
    if (call->chain->data_fee->ask_gas(&arena, gas, &to, &data) == CW_OK) {
        asked = ask(rpc, call, &to, data, done, ctx);
    }
    cw_arena_done(&arena);
    return asked;
}

/* What a contract returned, from the arena. */
static enum cw_err returned(struct cw_slice *ret, struct cw_arena *arena,
                            const struct cw_config_chain *chain, const char *what,
                            const struct cw_rpc_result *result, struct cw_error *error) {
    const char *text = result->text != NULL && result->text[0] != '\0' ? result->text
                                                                       : cw_err_name(result->err);
    if (result->err != CW_OK) {
        return cw_error_set(error, result->err, "what %s charges for %s can't be read: %s",
                            chain->name, what, text);
    }
    return cw_eth_data(ret, arena, result->value, error);
}

static enum cw_err no_answer(const struct cw_config_chain *chain, const char *what, enum cw_err err,
                             struct cw_error *error) {
    return cw_error_set(error, err,
                        "what %s charges for %s can't be read: that is no answer of a chain "
                        "of \"data_fee\" %s; is it one?",
                        chain->name, what, chain->data_fee->name);
}

enum cw_err cw_data_fee_read(struct cw_data_cost *ret, const struct cw_config_chain *chain,
                             const struct cw_rpc_result *result, struct cw_error *error) {
    struct cw_arena arena;
    struct cw_slice answer;
    struct cw_data_cost cost;
    cw_arena_init(&arena, ANSWER_MAX);
    enum cw_err err = returned(&answer, &arena, chain, "data", result, error);
    if (err == CW_OK && (err = chain->data_fee->read(answer, &cost)) != CW_OK) {
        err = no_answer(chain, "data", err, error);
    }
    cw_arena_done(&arena);
    if (err == CW_OK) {
        *ret = cost;
    }
    return err;
}

enum cw_err cw_gas_charge_read(struct cw_wei *ret, const struct cw_config_chain *chain,
                               const struct cw_rpc_result *result, struct cw_error *error) {
    struct cw_arena arena;
    struct cw_slice answer;
    struct cw_wei fee = {0};
    if (result->err == CW_ERR_REVERTED && result->revert.n == 0) {
        *ret = fee;
        return CW_OK;
    }
    cw_arena_init(&arena, ANSWER_MAX);
    enum cw_err err = returned(&answer, &arena, chain, "gas", result, error);
    if (err == CW_OK && (err = chain->data_fee->read_gas(answer, &fee)) != CW_OK) {
        err = no_answer(chain, "gas", err, error);
    }
    cw_arena_done(&arena);
    if (err == CW_OK) {
        *ret = fee;
    }
    return err;
}

void cw_gas_charge_of(struct cw_gas_charge *ret, const struct cw_wei *none,
                      const struct cw_wei *much) {
    ret->fixed = *none;
    if (cw_u256_sub(&ret->much.v, &much->v, &none->v)) {
        memset(&ret->much, 0, sizeof ret->much);
    }
}

struct cw_wei cw_data_fee_sum(const struct cw_data_cost *cost, const struct cw_gas_charge *charge,
                              uint64_t gas) {
    struct cw_wei by_gas;
    const struct cw_wei one = {cw_u256_from_u64(1)};
    if (cw_u256_mul_u64(&by_gas.v, &charge->much.v, gas)) {
        memset(&by_gas, 0xff, sizeof by_gas);
    } else if (cw_u256_div_u64(&by_gas.v, &by_gas.v, CW_GAS_CHARGE_MUCH) != 0) {
        by_gas = cw_wei_add(&by_gas, &one);
    }
    const struct cw_wei sum = cw_wei_add(&cost->fee, &charge->fixed);
    return cw_wei_add(&sum, &by_gas);
}

struct cw_wei cw_data_fee_at_most(const struct cw_wei *fee) {
    struct cw_wei quarter;
    bool rest = cw_u256_div_u64(&quarter.v, &fee->v, 4) != 0;
    const struct cw_wei one = {cw_u256_from_u64(rest ? 1 : 0)};
    const struct cw_wei more = cw_wei_add(&quarter, &one);
    return cw_wei_add(fee, &more);
}
