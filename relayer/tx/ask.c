#include "tx/ask.h"

#include "net/eth.h"

/* What a contract call may return at most. */
#define DATA_MAX (4u << 20)

struct cw_quorum *cw_ask(struct cw_rpc *rpc, struct cw_quorum_request request,
                         struct cw_buf *take_params) {
    struct cw_quorum *asked = NULL;
    request.class_ = CW_RPC_QUICK;
    request.params = cw_buf_cstr(take_params);
    if (request.params != NULL) {
        asked = cw_quorum_submit(rpc, &request);
    }
    cw_buf_done(take_params);
    return asked;
}

struct cw_quorum *cw_ask_account(struct cw_rpc *rpc, const struct cw_config_chain *chain,
                                 const struct cw_addr20 *address, const struct cw_hash32 *at,
                                 struct cw_quorum_request request) {
    struct cw_buf params;
    request.k = cw_ask_k(chain);
    request.block_by_hash = request.k > 1;
    request.digest = cw_quorum_digest_text;
    cw_buf_init(&params, 256);
    if (request.k > 1) {
        cw_eth_params_address_at(&params, address, at);
    } else {
        cw_eth_params_address_nonce(&params, address, "latest");
    }
    return cw_ask(rpc, request, &params);
}

enum cw_err cw_ask_number(void *ctx, const struct cw_json *value, struct cw_u256 *ret) {
    (void)ctx;
    return cw_eth_u256(ret, value, NULL);
}

enum cw_err cw_ask_check_u64(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    uint64_t v;
    return cw_eth_u64(&v, value, error);
}

enum cw_err cw_ask_check_u256(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    struct cw_u256 v;
    return cw_eth_u256(&v, value, error);
}

enum cw_err cw_ask_check_data(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    struct cw_arena arena;
    cw_arena_init(&arena, DATA_MAX);
    struct cw_slice v;
    enum cw_err err = cw_eth_data(&v, &arena, value, error);
    cw_arena_done(&arena);
    return err;
}

enum cw_err cw_ask_check_fees(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    struct cw_eth_fees v;
    return cw_eth_fee_history(&v, value, error);
}
