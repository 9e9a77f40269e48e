#include "lane_bed.h"

#include "core/json.h"
#include "core/log.h"
#include "net/rpc.h"

#include <causeway/header.h>
#include <causeway/keccak.h>
#include <causeway/tx.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The double has one chain: cw_rpc_submit finds it here. */
static struct bed *the_bed;

static const struct cw_secret32 secret = {{0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3,
                                           0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
                                           0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc,
                                           0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80}};

/* --- blocks
 * ------------------------------------------------------------------------------------------ */

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

static void put_block(struct bed *bed, uint64_t number) {
    assert_true(number < BED_BLOCKS);
    const struct cw_header header = header_of(bed, number, bed->fork);
    bed->blocks[number] = hash_of(&header);
}

static struct cw_block_ref ref_of(const struct bed *bed, uint64_t number) {
    return (struct cw_block_ref){
        .number = {number}, .hash = bed->blocks[number], .timestamp_s = 1700000000 + number};
}

static uint64_t final_of(const struct bed *bed) {
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
    buf_hash(out, "stateRoot", &header.state_root);
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

/* --- transactions
 * --------------------------------------------------------------------------------------- */

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
    const struct cw_block_ref block = bed->stale_receipt ? bed->stale : ref_of(bed, tx->block);
    struct cw_header bloom = {0};
    cw_buf_text(out, "{");
    buf_hash(out, "transactionHash", &tx->hash);
    buf_hash(out, "blockHash", &block.hash);
    buf_bytes(out, "logsBloom", cw_slice_of(bloom.logs_bloom.b, 256));
    buf_bytes(out, "from", cw_slice_of(cw_signer_address(bed->signer)->b, 20));
    buf_bytes(out, "to", cw_slice_of(bloom.beneficiary.b, 20));
    cw_buf_format(
        out,
        "\"blockNumber\":\"0x%" PRIx64
        "\",\"status\":\"0x%x\",\"gasUsed\":\"0x%x\",\"cumulativeGasUsed\":\"0x%x\","
        "\"effectiveGasPrice\":\"0x%x\","
        "\"type\":\"0x2\",\"transactionIndex\":\"0x0\",\"contractAddress\":null,\"logs\":[]}",
        block.number.v, tx->fails ? 0 : 1, 90000, 90000, 1000000000);
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
    }
    tx->in_pool = !bed->drop_sends;
    cw_buf_text(out, "\"");
    cw_buf_hex(out, cw_slice_of(hash.b, 32));
    cw_buf_text(out, "\"");
    return NULL;
}

/* --- the RPC's double
 * -------------------------------------------------------------------------------------- */

uint64_t cw_rpc_submit(struct cw_rpc *rpc, const struct cw_rpc_request *request) {
    struct bed *bed = the_bed;
    (void)rpc;
    assert_true(bed->requests_n < BED_REQUESTS);
    size_t i = bed->requests_n++;
    bed->requests[i].id = ++bed->last_id;
    snprintf(bed->requests[i].method, sizeof bed->requests[i].method, "%s", request->method);
    bed->requests[i].params = strdup(request->params);
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
    struct bed *bed = the_bed;
    (void)rpc;
    for (size_t i = 0; i < bed->requests_n; i++) {
        if (bed->requests[i].id == id) {
            take_out(bed, i);
            return;
        }
    }
    fail_msg("request %" PRIu64 " is not under way", id);
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

/* Fills value (JSON) or result->err with text and revert. */
static void answer(struct bed *bed, const char *method, const char *params, struct cw_buf *value,
                   struct cw_rpc_result *result) {
    const struct bed_fault *fault = fault_of(bed, method);
    if (fault != NULL) {
        result->err = fault->err;
        result->text = fault->text;
        return;
    }
    if (strcmp(method, "eth_call") == 0 || strcmp(method, "eth_estimateGas") == 0) {
        const struct cw_slice *revert = is_from(params, &bed->simulator) ? &bed->revert_simulator
                                                                         : &bed->revert_self;
        if (revert->p != NULL) {
            result->err = CW_ERR_REVERTED;
            result->revert = *revert;
            result->text = "execution reverted";
        } else if (method[4] == 'c') {
            cw_buf_text(value, "\"0x\"");
        } else {
            cw_buf_format(value, "\"0x%" PRIx64 "\"", bed->estimate);
        }
    } else if (strcmp(method, "eth_feeHistory") == 0) {
        cw_buf_format(value,
                      "{\"oldestBlock\":\"0x1\",\"baseFeePerGas\":[\"0x1\",\"0x%" PRIx64
                      "\"],\"gasUsedRatio\":[0.5],\"reward\":[[\"0x%" PRIx64 "\"]]}",
                      bed->base_fee_wei, bed->tip_wei);
    } else if (strcmp(method, "eth_getBalance") == 0) {
        cw_buf_format(value, "\"0x%" PRIx64 "\"", bed->balance_wei);
    } else if (strcmp(method, "eth_getTransactionCount") == 0) {
        bool latest = strstr(params, "latest") != NULL;
        uint64_t nonce = nonce_at(bed, latest ? bed->head : final_of(bed));
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
    answer(bed, method, params, &value, &result);
    if (result.err == CW_OK) {
        enum cw_err err = cw_json_parse(&doc, cw_buf_slice(&value), false, &error);
        if (err != CW_OK) {
            fail_msg("%s: %s in %s", method, error.text, cw_buf_cstr(&value));
        }
        result.value = cw_json_root(doc);
        if (request.check != NULL) {
            err = request.check(request.ctx, result.value, &error);
            if (err != CW_OK) {
                result = (struct cw_rpc_result){.err = err, .text = error.text, .endpoint = "bed"};
            }
        }
    }
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

/* --- the lane
 * -------------------------------------------------------------------------------------------------
 */

static uint64_t monotonic_ms(void *ctx) {
    return ((struct bed *)ctx)->now_ms;
}

static uint64_t wall_ms(void *ctx) {
    return ((struct bed *)ctx)->wall_ms;
}

static void on_log(void *ctx, enum cw_log_level level, const char *line) {
    struct bed *bed = ctx;
    (void)level;
    size_t n = strlen(bed->log);
    snprintf(bed->log + n, sizeof bed->log - n, "%s\n", line);
}

static void on_moved(void *ctx, const struct cw_store_attempt *attempt) {
    struct bed *bed = ctx;
    assert_true(bed->moved_n < BED_EVENTS);
    bed->moved[bed->moved_n++] = (struct bed_moved){
        .row = attempt->row,
        .state = attempt->state,
        .success = attempt->success,
        .nonce = attempt->nonce,
        .has_raw = attempt->raw.p != NULL,
    };
}

static bool header_at(void *ctx, struct cw_block_number number, struct cw_store_header *ret) {
    const struct bed *bed = ctx;
    if (bed->forget_headers || number.v == 0 || number.v > bed->head) {
        return false;
    }
    *ret = (struct cw_store_header){.ref = ref_of(bed, number.v)};
    return true;
}

static void open_store(struct bed *bed) {
    struct cw_error error;
    if (cw_store_open(&bed->store, bed->path, CW_STORE_WRITE, bed->wall_ms, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
}

static void put_messages(struct bed *bed) {
    struct cw_error error;
    int64_t other;
    assert_int_equal(
        cw_store_chain(bed->store, "l1", (struct cw_chain_id){31337}, &bed->chain_row, &error),
        CW_OK);
    assert_int_equal(cw_store_chain(bed->store, "l2", (struct cw_chain_id){901}, &other, &error),
                     CW_OK);
    assert_int_equal(
        cw_store_route(bed->store, "route", "opstack", bed->chain_row, other, &bed->route, &error),
        CW_OK);
    for (size_t i = 0; i < BED_MESSAGES; i++) {
        struct cw_store_message message = {
            .route = bed->route,
            .m = {.stage = CW_STAGE_SEEN, .source = {.number = {1}, .hash = {{1}}}},
            .condition = CW_READY,
        };
        message.m.id.b[0] = 1;
        message.m.id.b[31] = (uint8_t)i;
        bool new_;
        if (cw_store_message_put(bed->store, &message, bed->wall_ms, &bed->messages[i], &new_,
                                 &error) != CW_OK) {
            fail_msg("%s", error.text);
        }
    }
}

int bed_set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    if (bed == NULL) {
        return 1;
    }
    the_bed = bed;
    *state = bed;
    cw_log_setup(CW_LOG_DEBUG, false);
    cw_log_redirect(on_log, bed);
    temp_make(&bed->dir);
    temp_path(&bed->dir, "causeway.db", bed->path, sizeof bed->path);
    bed->now_ms = 1000000;
    bed->wall_ms = 1790000000000;
    bed->clock = (struct cw_clock){monotonic_ms, wall_ms, bed};
    bed->chain = (struct cw_config_chain){
        .name = "l1",
        .chain_id = 31337,
        .symbol = "ETH",
        .tx_gas_cap = 16777216,
        .min_tip = {cw_u256_from_u64(1000)},
        .max_fee = {cw_u256_from_u64(100000000000)},
        .fee_percentile = 50,
        .fee_blocks = 10,
    };
    bed->policy = (struct cw_config_policy){
        .relay_all = true,
        .max_gas = 1000000,
        .daily_fee_budget = {cw_u256_from_u64(1000000000000000000)},
    };
    bed->balance_wei = 1000000000000000000;
    bed->base_fee_wei = 1000000000;
    bed->tip_wei = 100000000;
    bed->estimate = 100000;
    bed->block_gas = 30000000;
    bed->simulator = (struct cw_addr20){{[19] = 1}};
    bed->final_lag = 4;
    for (bed->head = 1; bed->head < 10; bed->head++) {
        put_block(bed, bed->head);
    }
    put_block(bed, bed->head);
    struct cw_error error;
    assert_int_equal(cw_loop_new(&bed->loop, &bed->clock, &error), CW_OK);
    assert_int_equal(cw_signer_local(&bed->signer, &secret, &error), CW_OK);
    open_store(bed);
    put_messages(bed);
    return 0;
}

static void close_lane(struct bed *bed) {
    cw_lane_free(bed->lane);
    bed->lane = NULL;
    assert_int_equal(bed->requests_n, 0); /* it cancels what it asked */
}

int bed_tear_down(void **state) {
    struct bed *bed = *state;
    close_lane(bed);
    cw_store_close(bed->store);
    cw_signer_free(bed->signer);
    cw_loop_free(bed->loop);
    cw_log_redirect(NULL, NULL);
    temp_remove(&bed->dir);
    free(bed);
    return 0;
}

void bed_open(struct bed *bed) {
    const struct cw_lane_config config = {
        .loop = bed->loop,
        .rpc = (struct cw_rpc *)bed, /* never looked into */
        .store = bed->store,
        .chain_row = bed->chain_row,
        .chain = &bed->chain,
        .signer = bed->no_signer ? NULL : bed->signer,
        .dry_address = {{0xdd}},
        .dry_run = bed->dry_run,
        .moved = on_moved,
        .header_at = header_at,
        .ctx = bed,
    };
    struct cw_error error;
    assert_int_equal(cw_lane_new(&bed->lane, &config, &error), CW_OK);
    assert_int_equal(cw_lane_resume(bed->lane, &error), CW_OK);
    bed_heads(bed);
}

void bed_crash(struct bed *bed) {
    close_lane(bed);
    cw_store_close(bed->store);
    open_store(bed);
    memset(bed->counts, 0, sizeof bed->counts);
    bed->done_n = 0;
    bed->moved_n = 0;
}

void bed_heads(struct bed *bed) {
    const struct cw_heads heads = {
        .latest = ref_of(bed, bed->head),
        .safe = ref_of(bed, final_of(bed)),
        .final = ref_of(bed, final_of(bed)),
    };
    cw_lane_heads(bed->lane, &heads);
    bed_run(bed);
}

void bed_mine_quietly(struct bed *bed) {
    put_block(bed, ++bed->head);
    for (bool found = true; found;) {
        found = false;
        uint64_t next = nonce_at(bed, bed->head);
        for (size_t i = 0; i < bed->txs_n; i++) {
            struct bed_tx *tx = &bed->txs[i];
            if (tx->in_pool && tx->nonce == next) {
                tx->in_pool = false;
                tx->block = bed->head;
                tx->fails = bed->include_failing;
                found = true;
                break;
            }
        }
    }
}

void bed_mine(struct bed *bed) {
    bed_mine_quietly(bed);
    bed_heads(bed);
}

void bed_reorg(struct bed *bed, uint64_t n) {
    const struct cw_block_number above = {bed->head - n};
    bed->fork++;
    for (size_t i = 0; i < bed->txs_n; i++) {
        if (bed->txs[i].block > above.v) {
            bed->txs[i].block = 0;
        }
    }
    bed->head = above.v;
    for (uint64_t i = 0; i < n + 1; i++) {
        bed_mine_quietly(bed);
    }
    struct cw_error error;
    size_t changed;
    assert_int_equal(cw_store_begin(bed->store, &error), CW_OK);
    assert_int_equal(cw_store_attempts_reorg(bed->store, bed->chain_row, above, &changed, &error),
                     CW_OK);
    assert_int_equal(cw_store_commit(bed->store, &error), CW_OK);
    cw_lane_rollback(bed->lane, above);
    bed_heads(bed);
}

void bed_foreign(struct bed *bed, uint64_t nonce) {
    assert_true(bed->txs_n < BED_TXS);
    bed->txs[bed->txs_n++] = (struct bed_tx){
        .hash = {{0xf0, (uint8_t)nonce}},
        .nonce = nonce,
        .in_pool = true,
    };
}

/* --- jobs
 * ---------------------------------------------------------------------------------------------------------
 */

/* Revert data that starts so says that the target reverts. */
static bool target_failed(void *ctx, struct cw_slice revert) {
    (void)ctx;
    return revert.n >= 4 && memcmp(revert.p, "\xee\xae\x4e\xd3", 4) == 0;
}

static enum cw_err permit(void *ctx, struct cw_error *error) {
    struct bed *bed = the_bed;
    (void)ctx;
    bed->permits++;
    return bed->permit_err == CW_OK ? CW_OK
                                    : cw_error_set(error, bed->permit_err, "the route is held");
}

static enum cw_err commit(void *ctx, int64_t attempt, struct cw_error *error) {
    struct bed *bed = the_bed;
    (void)ctx;
    (void)attempt;
    bed->commits++;
    return bed->commit_err == CW_OK
               ? CW_OK
               : cw_error_set(error, bed->commit_err, "database or disk is full");
}

static void done(void *ctx, const struct cw_lane_result *result) {
    struct bed *bed = the_bed;
    assert_true(bed->done_n < BED_EVENTS);
    struct bed_done *record = &bed->done[bed->done_n++];
    *record = (struct bed_done){
        .message = *(int64_t *)ctx,
        .outcome = result->outcome,
        .attempt = result->attempt,
        .as_self = result->as_self,
        .gas = result->gas,
        .cost = result->cost,
        .data_n = result->data.n,
    };
    memcpy(record->data, result->data.p != NULL ? result->data.p : (const uint8_t *)"",
           result->data.n < sizeof record->data ? result->data.n : sizeof record->data);
    snprintf(record->text, sizeof record->text, "%s", result->text);
    assert_false(cw_lane_has(bed->lane, record->message));
}

struct cw_call bed_call(void) {
    return (struct cw_call){
        .side = CW_SETTLEMENT, .to = {{0x42}}, .data = CW_LITERAL("\x01\x02\x03\x04")};
}

enum cw_err bed_submit_step(struct bed *bed, size_t i, const char *step, const struct cw_call *call,
                            bool accept_target_failure) {
    struct cw_error error;
    const struct cw_lane_job job = {
        .message = bed->messages[i],
        .route = bed->route,
        .step = step,
        .call = call,
        .policy = &bed->policy,
        .accept_target_failure = accept_target_failure,
        .target_failed = target_failed,
        .permit = permit,
        .commit = commit,
        .done = done,
        .ctx = &bed->messages[i],
    };
    return cw_lane_submit(bed->lane, &job, &error);
}

void bed_submit(struct bed *bed, size_t i) {
    const struct cw_call call = bed_call();
    assert_int_equal(bed_submit_step(bed, i, "prove", &call, false), CW_OK);
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

struct cw_store_attempt bed_attempt(struct bed *bed, size_t i, struct cw_arena *arena) {
    struct cw_store_attempt *rows;
    size_t n;
    struct cw_error error;
    assert_int_equal(cw_store_attempts_of(bed->store, bed->messages[i], arena, &rows, &n, &error),
                     CW_OK);
    assert_true(n > 0);
    return rows[n - 1];
}

enum cw_attempt_state bed_state(struct bed *bed, size_t i) {
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    enum cw_attempt_state state = bed_attempt(bed, i, &arena).state;
    cw_arena_done(&arena);
    return state;
}

const char *bed_trouble(const struct bed *bed) {
    struct cw_lane_status status;
    cw_lane_status(bed->lane, &status);
    return status.trouble;
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

sqlite3 *bed_lock_store(struct bed *bed) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bed->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

void bed_unlock_store(sqlite3 *db) {
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}
