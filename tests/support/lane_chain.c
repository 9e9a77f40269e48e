/* The chain and the endpoints of a lane's bed. */
#include "lane_bed.h"

#include "nth_malloc.h"

#include "core/json.h"
#include "net/rpc.h"
#include "tx/multicall.h"

#include <causeway/abi.h>
#include <causeway/header.h>
#include <causeway/tx.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bed *bed_current;

/* --- blocks ----------------------------------------------------------------------------------- */

static struct cw_header header_of(const struct bed *bed, uint64_t number, unsigned fork) {
    struct cw_header header = {
        .number = {number},
        .gas_limit = bed->block_gas,
        .timestamp = 1700000000 + number,
        .present = bed->no_base_fee ? 0 : CW_HEADER_BASE_FEE,
        .base_fee = cw_u256_from_u64(bed->base_fee_wei),
        .extra_n = 1,
    };
    header.extra[0] = (uint8_t)fork;
    return header;
}

static struct cw_hash32 hash_of(const struct cw_header *header) {
    struct cw_hash32 hash;
    assert_int_equal(cw_header_hash(&hash, header), CW_OK);
    return hash;
}

void bed_put_block(struct bed *bed, uint64_t number) {
    assert_true(number < BED_BLOCKS);
    const struct cw_header header = header_of(bed, number, bed->fork);
    bed->blocks[number] = hash_of(&header);
}

struct cw_block_ref bed_ref(const struct bed *bed, uint64_t number) {
    return (struct cw_block_ref){
        .number = {number}, .hash = bed->blocks[number], .timestamp_s = 1700000000 + number};
}

uint64_t bed_final(const struct bed *bed) {
    return bed->head > bed->final_lag ? bed->head - bed->final_lag : 1;
}

static uint64_t nonce_at(const struct bed *bed, uint64_t block) {
    uint64_t nonce = bed->first_nonce;
    for (size_t i = 0; i < bed->txs_n; i++) {
        nonce += bed->txs[i].block != 0 && bed->txs[i].block <= block;
    }
    return nonce;
}

static void buf_hash(struct cw_buf *out, const char *key, const struct cw_hash32 *hash) {
    cw_buf_format(out, "\"%s\":\"", key);
    cw_buf_hex(out, cw_slice_of(hash->b, 32));
    cw_buf_text(out, "\",");
}

static void buf_bytes(struct cw_buf *out, const char *key, struct cw_slice bytes) {
    cw_buf_format(out, "\"%s\":\"", key);
    cw_buf_hex(out, bytes);
    cw_buf_text(out, "\",");
}

static void header_json(const struct bed *bed, struct cw_buf *out, uint64_t number) {
    if (number == 0 || number > bed->head) {
        cw_buf_text(out, "null");
        return;
    }
    struct cw_header header = header_of(bed, number, 0);
    for (unsigned fork = 0; fork < 256; fork++) {
        header = header_of(bed, number, fork);
        const struct cw_hash32 hash = hash_of(&header);
        if (cw_hash32_equal(&hash, &bed->blocks[number])) {
            break;
        }
    }
    cw_buf_text(out, "{");
    buf_hash(out, "hash", &bed->blocks[number]);
    buf_hash(out, "parentHash", &header.parent_hash);
    buf_hash(out, "sha3Uncles", &header.ommers_hash);
    buf_bytes(out, "miner", cw_slice_of(header.beneficiary.b, 20));
    buf_hash(out, bed->own_headers ? "batchRoot" : "stateRoot", &header.state_root);
    buf_hash(out, "transactionsRoot", &header.transactions_root);
    buf_hash(out, "receiptsRoot", &header.receipts_root);
    buf_bytes(out, "logsBloom", cw_slice_of(header.logs_bloom.b, 256));
    buf_hash(out, "mixHash", &header.mix_hash);
    buf_bytes(out, "nonce", cw_slice_of(header.nonce, 8));
    buf_bytes(out, "extraData", cw_slice_of(header.extra, header.extra_n));
    if (!bed->no_base_fee) {
        cw_buf_format(out, "\"baseFeePerGas\":\"0x%" PRIx64 "\",", header.base_fee.limb[0]);
    }
    cw_buf_format(out,
                  "\"difficulty\":\"0x0\",\"number\":\"0x%" PRIx64 "\",\"gasLimit\":\"0x%" PRIx64
                  "\",\"gasUsed\":\"0x0\",\"timestamp\":\"0x%" PRIx64
                  "\",\"transactions\":[],\"uncles\":[]}",
                  number, header.gas_limit, header.timestamp);
}

/* --- transactions ----------------------------------------------------------------------------- */

static struct bed_tx *tx_of(struct bed *bed, const struct cw_hash32 *hash) {
    for (size_t i = 0; i < bed->txs_n; i++) {
        if (cw_hash32_equal(&bed->txs[i].hash, hash)) {
            return &bed->txs[i];
        }
    }
    return NULL;
}

static void receipt_json(struct bed *bed, struct cw_buf *out, const char *params) {
    struct cw_hash32 hash;
    assert_int_equal(cw_hex_decode(hash.b, 32, params + 2, 66), CW_OK);
    const struct bed_tx *tx = tx_of(bed, &hash);
    if (tx == NULL || (tx->block == 0 && !bed->stale_receipt)) {
        cw_buf_text(out, "null");
        return;
    }
    const struct cw_block_ref block = bed->stale_receipt ? bed->stale : bed_ref(bed, tx->block);
    struct cw_header bloom = {0};
    cw_buf_text(out, "{");
    buf_hash(out, "transactionHash", &tx->hash);
    buf_hash(out, "blockHash", &block.hash);
    buf_bytes(out, "logsBloom", cw_slice_of(bloom.logs_bloom.b, 256));
    buf_bytes(out, "from", cw_slice_of(cw_signer_address(bed->signer)->b, 20));
    buf_bytes(out, "to", cw_slice_of(bloom.beneficiary.b, 20));
    if (bed->receipt_fee > 0) {
        cw_buf_format(out, "\"l1Fee\":\"0x%" PRIx64 "\",", bed->receipt_fee);
    }
    if (bed->charge_much > 0) {
        cw_buf_text(out, "\"operatorFeeScalar\":\"0x1\",\"operatorFeeConstant\":\"0x0\",");
    }
    cw_buf_format(
        out,
        "\"blockNumber\":\"0x%" PRIx64
        "\",\"status\":\"0x%x\",\"gasUsed\":\"0x%x\",\"cumulativeGasUsed\":\"0x%x\","
        "\"effectiveGasPrice\":\"0x%x\","
        "\"type\":\"0x2\",\"transactionIndex\":\"0x0\",\"contractAddress\":null,\"logs\":[]}",
        block.number.v, tx->fails ? 0 : 1, 90000, 90000, 1000000000);
}

static bool is_tenth_more(uint64_t more, uint64_t old) {
    return more > old && more >= old + old / 10;
}

/* The pool has one transaction a nonce: a tenth more in each field puts another in its place. */
static bool displaces(struct bed *bed, const struct bed_tx *tx) {
    for (size_t i = 0; i < bed->txs_n; i++) {
        struct bed_tx *other = &bed->txs[i];
        if (other == tx || !other->in_pool || other->nonce != tx->nonce) {
            continue;
        }
        bool legacy = bed->no_base_fee;
        if (!is_tenth_more(tx->max_fee, other->max_fee) ||
            (!legacy && !is_tenth_more(tx->max_tip, other->max_tip))) {
            return false;
        }
        other->in_pool = false;
    }
    return true;
}

/* What eth_sendRawTransaction does: NULL with the hash in out, or the refusal. */
static const char *send_raw(struct bed *bed, struct cw_buf *out, const char *params) {
    static uint8_t raw[4096];
    size_t n;
    const char *end = strchr(params + 2, '"');
    assert_non_null(end);
    assert_int_equal(cw_hex_decode_any(raw, sizeof raw, &n, params + 2, (size_t)(end - params - 2)),
                     CW_OK);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    struct cw_tx decoded;
    struct cw_signature signature;
    assert_int_equal(cw_tx_decode(&arena, &decoded, &signature, cw_slice_of(raw, n), NULL), CW_OK);
    cw_arena_done(&arena);
    struct cw_hash32 hash;
    cw_tx_hash(&hash, cw_slice_of(raw, n));
    struct bed_tx *tx = tx_of(bed, &hash);
    if (decoded.nonce < nonce_at(bed, bed->head)) {
        return "nonce too low";
    }
    if (tx != NULL && tx->in_pool) {
        return "transaction already imported";
    }
    if (tx == NULL) {
        assert_true(bed->txs_n < BED_TXS);
        tx = &bed->txs[bed->txs_n++];
        tx->hash = hash;
        memcpy(tx->raw, raw, n);
        tx->raw_n = n;
        tx->nonce = decoded.nonce;
        tx->max_fee = decoded.max_fee.v.limb[0];
        tx->max_tip = decoded.max_tip.v.limb[0];
    }
    if (!displaces(bed, tx)) {
        return "replacement transaction underpriced";
    }
    tx->in_pool = !bed->drop_sends;
    cw_buf_text(out, "\"");
    cw_buf_hex(out, cw_slice_of(hash.b, 32));
    cw_buf_text(out, "\"");
    return NULL;
}

/* --- the RPC's double ------------------------------------------------------------------------- */

uint64_t cw_rpc_submit(struct cw_rpc *rpc, const struct cw_rpc_request *request) {
    struct bed *bed = bed_current;
    bool sends = strcmp(request->method, "eth_sendRawTransaction") == 0;
    assert_int_equal(rpc == (struct cw_rpc *)&bed->senders, sends && bed->senders > 0);
    assert_true(bed->requests_n < BED_REQUESTS);
    char *params = strdup(request->params);
    if (params == NULL) {
        return 0;
    }
    size_t i = bed->requests_n++;
    bed->requests[i].id = ++bed->last_id;
    snprintf(bed->requests[i].method, sizeof bed->requests[i].method, "%s", request->method);
    bed->requests[i].params = params;
    bed->requests[i].request = *request;
    for (size_t k = 0; k < CW_COUNT(bed->counts); k++) {
        if (bed->counts[k].n == 0) {
            snprintf(bed->counts[k].method, sizeof bed->counts[k].method, "%s", request->method);
        }
        if (strcmp(bed->counts[k].method, request->method) == 0) {
            bed->counts[k].n++;
            break;
        }
    }
    unsigned calls = (unsigned)bed_open_requests(bed, "eth_call");
    bed->in_flight_max = calls > bed->in_flight_max ? calls : bed->in_flight_max;
    return bed->last_id;
}

static void take_out(struct bed *bed, size_t i) {
    free(bed->requests[i].params);
    bed->requests_n--;
    memmove(&bed->requests[i], &bed->requests[i + 1],
            (bed->requests_n - i) * sizeof bed->requests[0]);
}

void cw_rpc_cancel(struct cw_rpc *rpc, uint64_t id) {
    struct bed *bed = bed_current;
    (void)rpc;
    for (size_t i = 0; i < bed->requests_n; i++) {
        if (bed->requests[i].id == id) {
            take_out(bed, i);
            return;
        }
    }
    fail_msg("request %" PRIu64 " is not under way", id);
}

static const char *const operators[BED_OPERATORS] = {"one", "two", "three", "four"};

unsigned cw_rpc_operators(const struct cw_rpc *rpc) {
    const struct bed *bed = bed_current;
    unsigned n = rpc == (const struct cw_rpc *)&bed->senders ? bed->senders : bed->operators;
    return n > 0 ? n : 1;
}

void cw_rpc_operators_ranked(const struct cw_rpc *rpc, unsigned *ret) {
    for (unsigned i = 0; i < cw_rpc_operators(rpc); i++) {
        ret[i] = i + 1;
    }
}

const char *cw_rpc_operator_name(const struct cw_rpc *rpc, unsigned operator_) {
    (void)rpc;
    return operators[operator_ - 1];
}

void cw_rpc_accuse(struct cw_rpc *rpc, const struct cw_rpc_finding *finding) {
    (void)rpc;
    for (size_t i = 0; i < BED_OPERATORS; i++) {
        bed_current->accused[i] += strcmp(operators[i], finding->endpoint) == 0;
    }
}

void cw_rpc_contrast(struct cw_rpc *rpc, uint64_t call, struct cw_rpc_said *said) {
    (void)rpc;
    (void)call;
    assert_null(said); /* nothing is kept here */
}

/* True when the operator lies to that; without an answer in value result says how. */
static bool lies(const struct bed *bed, const struct cw_rpc_request *request, const char *method,
                 struct cw_buf *value, struct cw_rpc_result *result) {
    for (size_t i = 0; i < CW_COUNT(bed->lies); i++) {
        const struct bed_lie *lie = &bed->lies[i];
        /* Without a quorum nobody is named, and the first one is asked. */
        unsigned asked = request->operator_ == 0 && bed->chain.quorum <= 1 ? 1 : request->operator_;
        if (lie->method == NULL || asked != lie->operator_ || strcmp(lie->method, method) != 0) {
            continue;
        }
        if (lie->json != NULL) {
            cw_buf_text(value, lie->json);
        } else {
            result->err = lie->err;
            result->text = lie->text;
            result->revert = lie->revert;
        }
        return true;
    }
    return false;
}

static struct bed_fault *fault_of(struct bed *bed, const char *method) {
    for (size_t i = 0; i < CW_COUNT(bed->faults); i++) {
        struct bed_fault *fault = &bed->faults[i];
        if (fault->method != NULL && fault->times > 0 && strcmp(fault->method, method) == 0) {
            fault->times--;
            return fault;
        }
    }
    return NULL;
}

static bool is_from(const char *params, const struct cw_addr20 *address) {
    char text[CW_HEX_SIZE(20)];
    return strstr(params, cw_hex_encode(text, cw_slice_of(address->b, 20))) != NULL;
}

/* As a call that is given less gas than the step needs. */
static bool runs_out(const struct bed *bed, const char *params) {
    const char *gas = strstr(params, "\"gas\":\"0x");
    return gas != NULL && strtoull(gas + 9, NULL, 16) < bed->estimate;
}

/* aggregate3 in params: answers it, or its estimate. */
static void answer_batch(struct bed *bed, bool calls, const char *params, struct cw_buf *value,
                         struct cw_rpc_result *result) {
    static uint8_t bytes[256u << 10];
    const char *at = strstr(params, "\"0x82ad56cb"), *end = strchr(at + 1, '"');
    size_t n = 0;
    struct cw_arena arena;
    struct cw_multicall *list = NULL;
    struct cw_buf out;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(cw_hex_decode_any(bytes, sizeof bytes, &n, at + 1, (size_t)(end - at - 1)),
                     CW_OK);
    assert_int_equal(cw_multicall_read(&arena, &list, &n, cw_slice_of(bytes, n)), CW_OK);
    assert_true(is_from(params, &bed->simulator));
    bed->batch_calls = (unsigned)n;
    cw_buf_init(&out, 65536);
    cw_abi_put_u64(&out, 32);
    cw_abi_put_u64(&out, n);
    for (size_t i = 0; i < n; i++) {
        cw_abi_put_u64(&out, 32 * n + 96 * i);
    }
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        bool fails = bed->batch_fails >> list[i].data.p[list[i].data.n - 1] & 1;
        assert_int_equal(list[i].may_fail, calls);
        any = any || fails;
        cw_abi_put_bool(&out, !fails);
        cw_abi_put_u64(&out, 64);
        cw_abi_put_u64(&out, 0);
    }
    if (calls) {
        cw_buf_text(value, "\"");
        cw_buf_hex(value, cw_buf_slice(&out));
        cw_buf_text(value, "\"");
    } else if (any) {
        result->err = CW_ERR_REVERTED;
        result->text = "execution reverted: Multicall3: call failed";
    } else {
        cw_buf_format(value, "\"0x%" PRIx64 "\"", bed->batch_estimate);
    }
    cw_buf_done(&out);
    cw_arena_done(&arena);
}

/* Fills value (JSON) or result->err with text and revert. */
static void answer(struct bed *bed, const char *method, const char *params, struct cw_buf *value,
                   struct cw_rpc_result *result) {
    const struct bed_fault *fault = fault_of(bed, method);
    if (fault != NULL) {
        result->err = fault->err;
        result->text = fault->text;
        return;
    }
    char head[CW_HEX_SIZE(32)];
    cw_hex_encode(head, cw_slice_of(bed->blocks[bed->head].b, 32));
    if (strstr(params, "blockHash") != NULL && strstr(params, head) == NULL) {
        result->err = CW_ERR_BEHIND;
        result->text = "header not found";
        return;
    }
    bool calls = strcmp(method, "eth_call") == 0;
    if (calls && strstr(params, "\"0x275aedd2") != NULL) {
        bool much = strstr(params, "3b9aca00") != NULL;
        if (bed->charge_fixed == 0 && bed->charge_much == 0) {
            result->err = CW_ERR_REVERTED;
            result->text = "execution reverted";
        } else if (bed->charge_garbled) {
            cw_buf_text(value, "\"0x01\"");
        } else {
            cw_buf_format(value, "\"0x%064" PRIx64 "\"",
                          bed->charge_fixed + (much ? bed->charge_much : 0));
        }
    } else if (calls && bed->data_fee_at != NULL && strstr(params, bed->data_fee_at) != NULL) {
        cw_buf_text(value, bed->data_fee);
    } else if (strstr(params, "\"0x82ad56cb") != NULL && is_from(params, &bed->simulator)) {
        if (bed->batch_fault != NULL && strcmp(bed->batch_fault, method) == 0) {
            result->err = CW_ERR_TRANSPORT;
            result->text = "no connection";
            return;
        }
        answer_batch(bed, calls, params, value, result);
        if (calls && bed->batch_outrun > 0) {
            bed->batch_outrun--;
            bed_mine(bed);
        }
    } else if (strcmp(method, "eth_getCode") == 0) {
        cw_buf_text(value, bed->code);
    } else if (calls || strcmp(method, "eth_estimateGas") == 0) {
        const struct cw_slice *revert = is_from(params, &bed->simulator) ? &bed->revert_simulator
                                                                         : &bed->revert_self;
        if (bed->revert_data_only.p != NULL && strstr(params, "\"data\":\"0x\"") == NULL) {
            revert = &bed->revert_data_only;
        }
        if (calls && bed->revert_pending.p != NULL && strstr(params, "\"pending\"") != NULL) {
            revert = &bed->revert_pending;
        }
        if (revert->p != NULL) {
            result->err = CW_ERR_REVERTED;
            result->revert = *revert;
            result->text = "execution reverted";
        } else if (calls && runs_out(bed, params)) {
            result->err = CW_ERR_REVERTED;
            result->text = "execution reverted";
        } else if (calls) {
            cw_buf_text(value, "\"0x\"");
        } else {
            cw_buf_format(value, "\"0x%" PRIx64 "\"", bed->estimate);
        }
    } else if (strcmp(method, "eth_feeHistory") == 0) {
        cw_buf_format(value,
                      "{\"oldestBlock\":\"0x1\",\"baseFeePerGas\":[\"0x1\",\"0x%" PRIx64
                      "\"],\"gasUsedRatio\":[0.5],\"reward\":[[\"0x%" PRIx64 "\"]]}",
                      bed->base_fee_wei, bed->tip_wei);
    } else if (strcmp(method, "eth_gasPrice") == 0) {
        cw_buf_format(value, "\"0x%" PRIx64 "\"", bed->gas_price_wei);
    } else if (strcmp(method, "eth_getBalance") == 0) {
        cw_buf_format(value, "\"0x%" PRIx64 "\"", bed->balance_wei);
    } else if (strcmp(method, "eth_getTransactionCount") == 0) {
        bool latest = strstr(params, "latest") != NULL || strstr(params, "blockHash") != NULL;
        uint64_t nonce = nonce_at(bed, latest ? bed->head : bed_final(bed));
        if (latest && bed->nonce_lies > 0) {
            bed->nonce_lies--;
            nonce = bed->nonce_lie;
        }
        cw_buf_format(value, "\"0x%" PRIx64 "\"", nonce);
    } else if (strcmp(method, "eth_getBlockByNumber") == 0) {
        header_json(bed, value,
                    strstr(params, "latest") != NULL ? bed->head : strtoull(params + 2, NULL, 16));
    } else if (strcmp(method, "eth_getTransactionReceipt") == 0) {
        receipt_json(bed, value, params);
    } else if (strcmp(method, "eth_sendRawTransaction") == 0) {
        result->text = send_raw(bed, value, params);
        result->err = result->text != NULL ? CW_ERR_REFUSED : CW_OK;
    } else {
        fail_msg("nobody expected %s", method);
    }
}

static bool held(const struct bed *bed, size_t i) {
    if (bed->hold_batch && strstr(bed->requests[i].params, "\"0x82ad56cb") != NULL) {
        return true;
    }
    return bed->hold != NULL && strcmp(bed->requests[i].method, bed->hold) == 0;
}

/* Answers the oldest request; false when there is none. */
static bool answer_one(struct bed *bed) {
    size_t i = 0;
    while (i < bed->requests_n && held(bed, i)) {
        i++;
    }
    if (i == bed->requests_n) {
        return false;
    }
    nth_malloc_pause(true);
    const struct cw_rpc_request request = bed->requests[i].request;
    char method[48];
    memcpy(method, bed->requests[i].method, sizeof method);
    char *params = strdup(bed->requests[i].params);
    take_out(bed, i);

    struct cw_rpc_result result = {.err = CW_OK, .text = "", .endpoint = "bed"};
    struct cw_buf value;
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    cw_buf_init(&value, 1u << 20);
    if (request.operator_ > 0) {
        result.endpoint = operators[request.operator_ - 1];
        bed->sent_to[request.operator_ - 1] += strcmp(method, "eth_sendRawTransaction") == 0;
    }
    if (!lies(bed, &request, method, &value, &result)) {
        answer(bed, method, params, &value, &result);
    }
    if (result.err == CW_OK) {
        enum cw_err err = cw_json_parse(&doc, cw_buf_slice(&value), false, &error);
        if (err != CW_OK) {
            fail_msg("%s: %s in %s", method, error.text, cw_buf_cstr(&value));
        }
        result.value = cw_json_root(doc);
        if (request.check != NULL) {
            nth_malloc_pause(false);
            err = request.check(request.ctx, result.value, &error);
            nth_malloc_pause(true);
            if (err != CW_OK) {
                result = (struct cw_rpc_result){
                    .err = err, .text = error.text, .endpoint = result.endpoint};
            }
        }
    }
    nth_malloc_pause(false);
    request.done(request.ctx, &result);
    cw_json_free(doc);
    cw_buf_done(&value);
    free(params);
    return true;
}

void bed_run(struct bed *bed) {
    unsigned quiet = 0;
    for (unsigned i = 0; quiet < 3; i++) {
        assert_true(i < 10000);
        struct cw_error error;
        assert_int_equal(cw_loop_step(bed->loop, 0, &error), CW_OK);
        bool any = false;
        while (answer_one(bed)) {
            any = true;
        }
        quiet = any ? 0 : quiet + 1;
    }
}

void bed_advance(struct bed *bed, uint64_t ms) {
    bed->now_ms += ms;
    bed->wall_ms += ms;
    bed_run(bed);
}

void bed_mine_quietly(struct bed *bed) {
    bed_put_block(bed, ++bed->head);
    for (bool found = true; found;) {
        found = false;
        uint64_t next = nonce_at(bed, bed->head);
        for (size_t i = 0; i < bed->txs_n; i++) {
            struct bed_tx *tx = &bed->txs[i];
            bool pays = tx->max_fee >= bed->base_fee_wei && !bed->hold_blocks;
            if (tx->in_pool && tx->nonce == next && pays) {
                tx->in_pool = false;
                tx->block = bed->head;
                tx->fails = bed->include_failing;
                found = true;
                break;
            }
        }
    }
}

void bed_show_receipts(struct bed *bed) {
    const struct cw_block_ref block = bed_ref(bed, bed->head);
    struct cw_buf json;
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    char params[CW_HEX_SIZE(32) + 4];
    cw_buf_init(&json, 1u << 20);
    cw_buf_text(&json, "[");
    for (size_t i = 0; i < bed->txs_n; i++) {
        char text[CW_HEX_SIZE(32)];
        if (bed->txs[i].block == bed->head) {
            cw_buf_text(&json, json.n > 1 ? "," : "");
            snprintf(params, sizeof params, "[\"%s\"]",
                     cw_hex_encode(text, cw_slice_of(bed->txs[i].hash.b, 32)));
            receipt_json(bed, &json, params);
        }
    }
    cw_buf_text(&json, "]");
    assert_int_equal(cw_json_parse(&doc, cw_buf_slice(&json), false, &error), CW_OK);
    cw_lane_receipts(bed->lane, &block, cw_json_root(doc));
    cw_json_free(doc);
    cw_buf_done(&json);
}

void bed_foreign(struct bed *bed, uint64_t nonce) {
    assert_true(bed->txs_n < BED_TXS);
    bed->txs[bed->txs_n++] = (struct bed_tx){
        .hash = {{0xf0, (uint8_t)nonce}},
        .nonce = nonce,
        .max_fee = bed->base_fee_wei,
        .in_pool = true,
    };
}

unsigned bed_count(const struct bed *bed, const char *method) {
    for (size_t i = 0; i < CW_COUNT(bed->counts); i++) {
        if (strcmp(bed->counts[i].method, method) == 0) {
            return bed->counts[i].n;
        }
    }
    return 0;
}

size_t bed_open_requests(const struct bed *bed, const char *method) {
    size_t n = 0;
    for (size_t i = 0; i < bed->requests_n; i++) {
        n += strcmp(bed->requests[i].method, method) == 0;
    }
    return n;
}

void bed_fault(struct bed *bed, const char *method, enum cw_err err, const char *text,
               unsigned times) {
    for (size_t i = 0; i < CW_COUNT(bed->faults); i++) {
        if (bed->faults[i].times == 0) {
            bed->faults[i] = (struct bed_fault){method, err, text, times};
            return;
        }
    }
    fail_msg("too many faults");
}
