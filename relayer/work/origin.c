#include "work/origin.h"

#include "net/eth.h"
#include "net/quorum.h"
#include "tx/ask.h"

#include <causeway/keccak.h>
#include <causeway/receipt.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN_BYTES  (8u << 20)  /* logs of one transaction */
#define SCRATCH_BYTES (96u << 20) /* one decoded answer with what its check takes */
#define GIVE_UP_MS    10000u

struct cw_origin {
    struct cw_origin_config config;
    struct cw_arena arena; /* of found */
    struct cw_origin_found found;
    struct cw_header header;
    struct cw_quorum *asked;
    bool absent;    /* an endpoint said that there is none */
    bool too_large; /* what an endpoint said does not fit here, which is no fault of it */
};

static void finish(struct cw_origin *o, enum cw_origin_state state, const char *text) {
    o->found.state = state;
    o->found.text = text;
    o->config.done(o->config.ctx, &o->found);
    cw_arena_done(&o->arena);
    free(o);
}

void cw_origin_cancel(struct cw_origin *o) {
    if (!o)
        return;
    cw_quorum_cancel(o->asked);
    cw_arena_done(&o->arena);
    free(o);
}

/* False: memory is short. */
static bool submit(struct cw_origin *o, struct cw_quorum_request request, struct cw_buf *params) {
    request.params = cw_buf_cstr(params);
    request.give_up_ms = GIVE_UP_MS;
    request.ctx = o;
    o->absent = false;
    o->asked = request.params ? cw_quorum_submit(o->config.rpc, &request) : NULL;
    cw_buf_done(params);
    return o->asked != NULL;
}

/* Where one operator is believed, somebody else may have what it does not. */
static enum cw_err none(struct cw_origin *o, struct cw_error *error) {
    o->absent = true;
    return cw_ask_k(o->config.chain) > 1
               ? CW_OK
               : cw_error_set(error, CW_ERR_BEHIND, "there is no such transaction");
}

static bool is_none(const struct cw_origin *o, const struct cw_rpc_result *result) {
    return (result->err == CW_OK && cw_json_type(result->value) == CW_JSON_NULL) ||
           (result->err == CW_ERR_BEHIND && o->absent && cw_ask_k(o->config.chain) == 1);
}

/* --- receipts of its block, where they can be checked ----------------------------------------- */

/* Those of the transaction, with the places that they have in the block. */
static enum cw_err take_logs(struct cw_origin *o, const struct cw_receipt *receipts, size_t n,
                             const struct cw_json *value, struct cw_error *error) {
    const struct cw_json *json = cw_json_first(value);
    uint64_t index = 0;
    for (size_t i = 0; i < n; index += receipts[i++].n_logs, json = cw_json_next(json)) {
        struct cw_hash32 tx;
        if (cw_eth_hash32(&tx, cw_json_get(json, "transactionHash"), error) != CW_OK)
            return cw_error_set(error, CW_ERR_INPUT, "receipt without transactionHash");
        if (!cw_hash32_equal(&tx, &o->config.tx))
            continue;
        struct cw_log *logs = cw_arena_array(&o->arena, receipts[i].n_logs, sizeof *logs);
        if (!logs)
            return CW_ERR_MEMORY;
        for (size_t k = 0; k < receipts[i].n_logs; k++) {
            const struct cw_receipt_log *log = &receipts[i].logs[k];
            logs[k] = (struct cw_log){.address = log->address,
                                      .topics_n = log->n_topics,
                                      .data = cw_arena_copy(&o->arena, log->data),
                                      .tx_hash = tx,
                                      .log_index = index + k};
            memcpy(logs[k].topics, log->topics, log->n_topics * sizeof log->topics[0]);
            if (log->data.n > 0 && !logs[k].data.p)
                return CW_ERR_MEMORY;
        }
        o->found.logs = logs;
        o->found.logs_n = receipts[i].n_logs;
        return CW_OK;
    }
    return cw_error_set(error, CW_ERR_CONTRADICTED, "the block has no such transaction");
}

static enum cw_err check_receipts(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct cw_origin *o = ctx;
    struct cw_receipt *receipts = NULL;
    struct cw_arena scratch;
    size_t n = 0;
    cw_arena_init(&scratch, SCRATCH_BYTES);
    enum cw_err err = cw_eth_receipts(&receipts, &n, &scratch, value, error);
    if (err == CW_OK) {
        const struct cw_judgement judgement = cw_receipts_verify(&scratch, &o->header.receipts_root,
                                                                 receipts, n);
        if (judgement.verdict == CW_UNDECIDED)
            err = CW_ERR_MEMORY;
        else if (judgement.verdict == CW_INVALID)
            err = cw_error_set(error, CW_ERR_CONTRADICTED,
                               "%zu receipts of block %" PRIu64 " are not the header's: %s", n,
                               o->header.number.v, judgement.reason);
    }
    if (err == CW_OK)
        err = take_logs(o, receipts, n, value, error);
    cw_arena_done(&scratch);
    o->too_large = err == CW_ERR_MEMORY || err == CW_ERR_LIMIT;
    return o->too_large ? CW_OK : err;
}

static void receipts_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_origin *o = ctx;
    o->asked = NULL;
    if (result->err != CW_OK || o->too_large)
        finish(o, CW_ORIGIN_UNTOLD,
               result->err != CW_OK ? result->text : "its block takes too much memory here");
    else
        finish(o, CW_ORIGIN_INCLUDED, "");
}

static void ask_receipts(struct cw_origin *o) {
    struct cw_buf params;
    cw_buf_init(&params, 128);
    cw_eth_params_hash(&params, &o->found.block.hash);
    const struct cw_quorum_request request = {.method = "eth_getBlockReceipts",
                                              .class_ = CW_RPC_HEAVY,
                                              .k = 1, /* they prove themselves */
                                              .check = check_receipts,
                                              .done = receipts_done};
    if (!submit(o, request, &params))
        finish(o, CW_ORIGIN_UNTOLD, "out of memory");
}

/* --- its block -------------------------------------------------------------------------------- */

/* Another one at that height: the chain or the endpoint moved on, and nobody is to blame. */
static enum cw_err check_header(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct cw_origin *o = ctx;
    struct cw_header header;
    struct cw_hash32 hash;
    enum cw_err err = cw_eth_header_in(o->config.chain->mode, &header, &hash, value, error);
    if (err == CW_OK && !cw_hash32_equal(&hash, &o->found.block.hash))
        err = cw_error_set(error, CW_ERR_BEHIND,
                           "the receipt's block is not the chain's block %" PRIu64,
                           o->found.block.number.v);
    return err;
}

static enum cw_err digest_header(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    const struct cw_origin *o = ctx;
    return cw_eth_header_digest(o->config.chain->mode, ret, value);
}

static void header_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_origin *o = ctx;
    struct cw_hash32 hash;
    struct cw_error error;
    o->asked = NULL;
    if (result->err != CW_OK) {
        finish(o, CW_ORIGIN_UNTOLD, result->text);
    } else if (cw_eth_header_in(o->config.chain->mode, &o->header, &hash, result->value, &error) !=
               CW_OK) {
        finish(o, CW_ORIGIN_UNTOLD, error.text);
    } else {
        o->found.block.timestamp_s = o->header.timestamp;
        if (o->config.chain->mode == CW_MODE_QUORUM) /* the receipt itself is agreed on */
            finish(o, CW_ORIGIN_INCLUDED, "");
        else
            ask_receipts(o);
    }
}

static void ask_header(struct cw_origin *o) {
    struct cw_buf params;
    cw_buf_init(&params, 128);
    cw_eth_params_block_number(&params, o->found.block.number);
    const struct cw_quorum_request request = {.method = "eth_getBlockByNumber",
                                              .class_ = CW_RPC_QUICK,
                                              .k = cw_ask_k(o->config.chain),
                                              .check = check_header,
                                              .digest = digest_header,
                                              .done = header_done};
    if (!submit(o, request, &params))
        finish(o, CW_ORIGIN_UNTOLD, "out of memory");
}

/* --- the transaction, where it is in no block ------------------------------------------------- */

static enum cw_err check_tx(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct cw_origin *o = ctx;
    struct cw_hash32 hash;
    if (cw_json_type(value) == CW_JSON_NULL)
        return none(o, error);
    enum cw_err err = cw_eth_hash32(&hash, cw_json_get(value, "hash"), error);
    if (err != CW_OK)
        return cw_error_set(error, CW_ERR_INPUT, "a transaction without hash");
    return cw_hash32_equal(&hash, &o->config.tx)
               ? CW_OK
               : cw_error_set(error, CW_ERR_CONTRADICTED, "another transaction");
}

static enum cw_err digest_tx(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    const struct cw_origin *o = ctx;
    const struct cw_hash32 nothing = {{0}};
    *ret = cw_json_type(value) == CW_JSON_NULL ? nothing : o->config.tx;
    return CW_OK;
}

static void tx_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_origin *o = ctx;
    o->asked = NULL;
    if (is_none(o, result))
        finish(o, CW_ORIGIN_NONE, "");
    else if (result->err == CW_OK)
        finish(o, CW_ORIGIN_PENDING, "");
    else
        finish(o, CW_ORIGIN_UNTOLD, result->text);
}

static bool ask_by_hash(struct cw_origin *o, struct cw_quorum_request request) {
    struct cw_buf params;
    cw_buf_init(&params, 128);
    cw_eth_params_hash(&params, &o->config.tx);
    request.class_ = CW_RPC_QUICK;
    request.k = cw_ask_k(o->config.chain);
    return submit(o, request, &params);
}

/* --- its receipt ------------------------------------------------------------------------------ */

static enum cw_err read_receipt(const struct cw_origin *o, struct cw_eth_tx_receipt *ret,
                                struct cw_arena *arena, const struct cw_json *value,
                                struct cw_error *error) {
    enum cw_err err = cw_eth_tx_receipt(ret, arena, value, error);
    return err == CW_OK && !cw_hash32_equal(&ret->tx_hash, &o->config.tx)
               ? cw_error_set(error, CW_ERR_CONTRADICTED, "receipt of another transaction")
               : err;
}

static enum cw_err check_receipt(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct cw_origin *o = ctx;
    struct cw_eth_tx_receipt receipt;
    struct cw_arena scratch;
    if (cw_json_type(value) == CW_JSON_NULL)
        return none(o, error);
    cw_arena_init(&scratch, ORIGIN_BYTES);
    enum cw_err err = read_receipt(o, &receipt, &scratch, value, error);
    cw_arena_done(&scratch);
    o->too_large = err == CW_ERR_MEMORY || err == CW_ERR_LIMIT;
    return o->too_large ? CW_OK : err;
}

static enum cw_err digest_receipt(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    struct cw_arena scratch;
    struct cw_eth_tx_receipt receipt = {.success = false};
    struct cw_keccak state;
    enum cw_err err = CW_OK;
    cw_arena_init(&scratch, ORIGIN_BYTES);
    cw_keccak_init(&state);
    if (cw_json_type(value) != CW_JSON_NULL)
        err = read_receipt(ctx, &receipt, &scratch, value, NULL);
    const bool too_large = err == CW_ERR_MEMORY || err == CW_ERR_LIMIT;
    const uint8_t outcome = (uint8_t)(too_large << 1 | receipt.success);
    cw_keccak_update(&state, cw_slice_of(&outcome, 1));
    cw_keccak_update(&state, cw_slice_of(receipt.block.hash.b, 32));
    for (size_t i = 0; err == CW_OK && i < receipt.logs_n; i++)
        cw_eth_log_digest(&state, &receipt.logs[i]);
    cw_keccak_final(ret, &state);
    cw_arena_done(&scratch);
    return too_large ? CW_OK : err;
}

static void take_receipt(struct cw_origin *o, const struct cw_json *value) {
    struct cw_eth_tx_receipt receipt;
    struct cw_error error;
    if (o->too_large || read_receipt(o, &receipt, &o->arena, value, &error) != CW_OK) {
        finish(o, CW_ORIGIN_UNTOLD, o->too_large ? "its receipt is too large here" : error.text);
        return;
    }
    o->found.block = receipt.block;
    o->found.logs = receipt.logs;
    o->found.logs_n = receipt.logs_n;
    if (receipt.success)
        ask_header(o);
    else
        finish(o, CW_ORIGIN_REVERTED, "");
}

static void receipt_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_origin *o = ctx;
    const struct cw_quorum_request by_hash = {.method = "eth_getTransactionByHash",
                                              .check = check_tx,
                                              .digest = digest_tx,
                                              .done = tx_done};
    o->asked = NULL;
    if (is_none(o, result)) {
        if (!ask_by_hash(o, by_hash))
            finish(o, CW_ORIGIN_UNTOLD, "out of memory");
    } else if (result->err == CW_OK) {
        take_receipt(o, result->value);
    } else {
        finish(o, CW_ORIGIN_UNTOLD, result->text);
    }
}

enum cw_err cw_origin_ask(struct cw_origin **ret, const struct cw_origin_config *config,
                          struct cw_error *error) {
    struct cw_origin *o = calloc(1, sizeof *o);
    if (!o)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    o->config = *config;
    cw_arena_init(&o->arena, ORIGIN_BYTES);
    const struct cw_quorum_request request = {.method = "eth_getTransactionReceipt",
                                              .check = check_receipt,
                                              .digest = digest_receipt,
                                              .done = receipt_done};
    if (!ask_by_hash(o, request)) {
        cw_origin_cancel(o);
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    *ret = o;
    return CW_OK;
}

/* --- what it sent ----------------------------------------------------------------------------- */

enum cw_err cw_origin_messages(const struct cw_origin_found *found,
                               const struct cw_adapter_ops *ops, const struct cw_adapter *adapter,
                               struct cw_arena *arena, struct cw_message *out, size_t max,
                               size_t *ret_n, struct cw_error *error) {
    size_t n = 0;
    enum cw_err err = CW_OK;
    for (size_t i = 0; i < found->logs_n; i++) {
        found->logs[i].block = found->block;
        found->logs[i].beside = found->logs;
        found->logs[i].beside_n = found->logs_n;
    }
    for (size_t i = 0; err == CW_OK && i < found->logs_n && n < max; i++) {
        struct cw_event event = {0};
        err = ops->decode(adapter, ops->source, &found->logs[i], arena, &event, error);
        if (err == CW_OK && event.kind == CW_EVENT_SENT)
            out[n++] = (struct cw_message){.id = event.ref,
                                           .alias = event.alias,
                                           .summary = event.summary,
                                           .payload = event.payload,
                                           .source = found->block,
                                           .stage = CW_STAGE_SEEN};
    }
    if (err == CW_OK)
        *ret_n = n;
    return err;
}
