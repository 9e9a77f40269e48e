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

struct cw_quorum *cw_data_fee_ask(struct cw_rpc *rpc, const struct cw_data_fee_call *call,
                                  void (*done)(void *, const struct cw_rpc_result *), void *ctx) {
    const struct cw_config_chain *chain = call->chain;
    const unsigned k = cw_ask_k(chain);
    const struct cw_tx tx = sample(call);
    const struct cw_wei nothing = {0};
    struct cw_quorum *asked = NULL;
    struct cw_arena arena;
    struct cw_addr20 to;
    struct cw_slice data;
    cw_arena_init(&arena, CW_SIGN_ARENA_MAX);
    if (chain->data_fee->ask(&arena, &tx, &to, &data) == CW_OK) {
        struct cw_buf params;
        cw_buf_init(&params, CW_ASK_PARAMS_MAX);
        cw_eth_params_call(&params, call->from, &to, &nothing, data, 0, k > 1 ? call->at : NULL);
        const struct cw_quorum_request request = {.method = "eth_call",
                                                  .block_by_hash = k > 1,
                                                  .k = k,
                                                  .check = cw_ask_check_data,
                                                  .digest = cw_quorum_digest_text,
                                                  .done = done,
                                                  .ctx = ctx};
        asked = cw_ask(rpc, request, &params);
    }
    cw_arena_done(&arena);
    return asked;
}

enum cw_err cw_data_fee_read(struct cw_data_cost *ret, const struct cw_config_chain *chain,
                             const struct cw_rpc_result *result, struct cw_error *error) {
    const char *text = result->text != NULL && result->text[0] != '\0' ? result->text
                                                                       : cw_err_name(result->err);
    if (result->err != CW_OK) {
        return cw_error_set(error, result->err, "what %s charges for data can't be read: %s",
                            chain->name, text);
    }
    struct cw_arena arena;
    struct cw_slice answer;
    struct cw_data_cost cost;
    cw_arena_init(&arena, ANSWER_MAX);
    enum cw_err err = cw_eth_data(&answer, &arena, result->value, error);
    if (err == CW_OK) {
        err = chain->data_fee->read(answer, &cost);
    }
    cw_arena_done(&arena);
    if (err != CW_OK) {
        return cw_error_set(error, err,
                            "what %s charges for data can't be read: that is no answer of a chain "
                            "of \"data_fee\" %s; is it one?",
                            chain->name, chain->data_fee->name);
    }
    *ret = cost;
    return CW_OK;
}

struct cw_wei cw_data_fee_at_most(const struct cw_wei *fee) {
    struct cw_wei quarter;
    bool rest = cw_u256_div_u64(&quarter.v, &fee->v, 4) != 0;
    const struct cw_wei one = {cw_u256_from_u64(rest ? 1 : 0)};
    const struct cw_wei more = cw_wei_add(&quarter, &one);
    return cw_wei_add(fee, &more);
}
