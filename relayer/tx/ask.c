#include "tx/ask.h"

#include "net/eth.h"

/* What a contract call may return at most. */
#define DATA_MAX (4u << 20)

uint64_t cw_ask(struct cw_rpc *rpc, const char *method, struct cw_buf *take_params, bool once,
                cw_ask_check *check, cw_ask_done *done, void *ctx) {
    uint64_t id = 0;
    const char *params = cw_buf_cstr(take_params);
    if (params != NULL) {
        const struct cw_rpc_request request = {
            .method = method,
            .params = params,
            .class_ = CW_RPC_QUICK,
            .once = once,
            .check = check,
            .done = done,
            .ctx = ctx,
        };
        id = cw_rpc_submit(rpc, &request);
    }
    cw_buf_done(take_params);
    return id;
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

enum cw_err cw_ask_check_header(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    struct cw_header header;
    struct cw_hash32 hash;
    return cw_eth_header(&header, &hash, value, error);
}

enum cw_err cw_ask_check_fees(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    struct cw_eth_fees v;
    return cw_eth_fee_history(&v, value, error);
}
