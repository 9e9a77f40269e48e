#include "cli/heads.h"

#include "net/eth.h"
#include "net/quorum.h"
#include "tx/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define OPERATORS_MAX 64u
#define PARAMS_BYTES  256u
#define STEP_MS       200u

struct head {
    const struct cw_config_chain *chain;
    bool by_number;
    uint64_t number;
    uint64_t heights[OPERATORS_MAX]; /* that were answered */
    size_t heights_n;
    struct cw_block_ref ref; /* of the last answer */
    bool done;
    enum cw_err err;
    char text[1024];
};

static enum cw_err check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct head *head = ctx;
    struct cw_header header;
    struct cw_hash32 hash;
    enum cw_err err = cw_eth_header_in(head->chain->mode, &header, &hash, value, error);
    if (err != CW_OK)
        return err;
    if (head->by_number && header.number.v != head->number)
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "was asked for block %" PRIu64 " and gave %" PRIu64, head->number,
                            header.number.v);
    if (head->heights_n < OPERATORS_MAX)
        head->heights[head->heights_n++] = header.number.v;
    head->ref = (struct cw_block_ref){header.number, hash, header.timestamp};
    return CW_OK;
}

static enum cw_err digest(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    const struct head *head = ctx;
    return cw_eth_header_digest(head->chain->mode, ret, value);
}

static void done(void *ctx, const struct cw_rpc_result *result) {
    struct head *head = ctx;
    head->done = true;
    head->err = result->err;
    snprintf(head->text, sizeof head->text, "%s",
             result->text && result->text[0] ? result->text : cw_err_name(result->err));
}

static enum cw_err ask(struct head *head, struct cw_loop *loop, struct cw_rpc *rpc,
                       struct cw_buf *take_params, struct cw_error *error) {
    const unsigned k = cw_ask_k(head->chain);
    const struct cw_quorum_request request = {
        .method = "eth_getBlockByNumber",
        .params = cw_buf_cstr(take_params),
        .class_ = CW_RPC_QUICK,
        .k = k,
        .everybody = k > 1 && !head->by_number,
        .forgives = !head->by_number,
        .check = check,
        .digest = digest,
        .done = done,
        .ctx = head,
    };
    head->done = false;
    struct cw_quorum *asked = request.params ? cw_quorum_submit(rpc, &request) : NULL;
    cw_buf_done(take_params);
    if (!asked)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    while (!head->done) {
        enum cw_err err = cw_loop_step(loop, STEP_MS, error);
        if (err != CW_OK) {
            if (!head->done)
                cw_quorum_cancel(asked);
            return err;
        }
    }
    return CW_OK;
}

static int descending(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x < *y) - (*x > *y);
}

enum cw_err cw_cli_head(struct cw_loop *loop, struct cw_rpc *rpc,
                        const struct cw_config_chain *chain, const char *tag,
                        struct cw_block_ref *ret, struct cw_error *error) {
    struct head head = {.chain = chain};
    struct cw_buf params;
    cw_buf_init(&params, PARAMS_BYTES);
    cw_eth_params_block(&params, tag);
    enum cw_err err = ask(&head, loop, rpc, &params, error);
    const size_t k = cw_ask_k(chain);
    if (err == CW_OK && head.err != CW_OK && k > 1 && head.heights_n >= k) {
        qsort(head.heights, head.heights_n, sizeof head.heights[0], descending);
        head.number = head.heights[k - 1];
        head.by_number = true;
        cw_buf_init(&params, PARAMS_BYTES);
        cw_eth_params_block_number(&params, (struct cw_block_number){head.number});
        err = ask(&head, loop, rpc, &params, error);
    }
    if (err == CW_OK && head.err != CW_OK)
        err = cw_error_set(error, head.err, "%s", head.text);
    if (err != CW_OK)
        return cw_error_wrap(error, err, "chain %s, block \"%s\"", chain->name, tag);
    *ret = head.ref;
    return CW_OK;
}
