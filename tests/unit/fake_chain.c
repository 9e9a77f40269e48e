#include "fake_chain.h"

#include "core/json.h"

#include <causeway/keccak.h>
#include <causeway/receipt.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEP_MS 5

struct fake_call {
    struct fake_call *next;
    struct fake *fake;
    uint64_t id;
    struct cw_timer *timer;
    char *method, *params;
    enum cw_err (*check)(void *, const struct cw_json *, struct cw_error *);
    void (*done)(void *, const struct cw_rpc_result *);
    void *ctx;
};

/* --- the chain --- */

static void receipts_of(const struct fake_block *block, struct cw_receipt receipts[FAKE_LOGS],
                        struct cw_receipt_log logs[FAKE_LOGS]) {
    for (size_t i = 0; i < block->logs_n; i++) {
        const struct fake_log *log = &block->logs[i];
        logs[i] = (struct cw_receipt_log){.address = log->address,
                                          .n_topics = 1,
                                          .topics = {log->topic},
                                          .data = cw_slice_of(log->data, sizeof log->data)};
        receipts[i] = (struct cw_receipt){.type = 2,
                                          .status = true,
                                          .cumulative_gas_used = 21000 * (i + 1),
                                          .logs = &logs[i],
                                          .n_logs = 1};
    }
}

static void seal(struct fake_block *block) {
    assert_int_equal(cw_header_hash(&block->hash, &block->header), CW_OK);
}

void fake_block(struct fake *fake, const struct fake_log *logs, size_t n) {
    if (fake->n == fake->capacity) {
        fake->capacity = fake->capacity ? 2 * fake->capacity : 64;
        fake->blocks = reallocarray(fake->blocks, fake->capacity, sizeof *fake->blocks);
        assert_non_null(fake->blocks);
    }
    struct fake_block *block = &fake->blocks[fake->n];
    memset(block, 0, sizeof *block);
    struct cw_header *header = &block->header;
    if (fake->n > 0)
        header->parent_hash = fake->blocks[fake->n - 1].hash;
    header->number.v = fake->n;
    header->gas_limit = 30000000;
    header->timestamp = 1700000000 + 2 * fake->n;
    header->present = CW_HEADER_BASE_FEE;
    header->base_fee = cw_u256_from_u64(1000000007);
    header->extra_n = 1;
    header->extra[0] = fake->salt;
    block->logs_n = n;
    if (n > 0)
        memcpy(block->logs, logs, n * sizeof *logs);
    struct cw_receipt receipts[FAKE_LOGS];
    struct cw_receipt_log receipt_logs[FAKE_LOGS];
    receipts_of(block, receipts, receipt_logs);
    for (size_t i = 0; i < n; i++) {
        struct cw_bloom bloom;
        cw_receipt_bloom(&bloom, &receipts[i]);
        cw_bloom_merge(&header->logs_bloom, &bloom);
    }
    struct cw_arena arena;
    cw_arena_init(&arena, 1 << 20);
    assert_int_equal(cw_receipts_root(&arena, &header->receipts_root, receipts, n), CW_OK);
    cw_arena_done(&arena);
    seal(block);
    fake->n++;
}

void fake_grow(struct fake *fake, size_t n, size_t every, const struct cw_addr20 *address,
               const struct cw_hash32 *topic) {
    for (size_t i = 0; i < n; i++) {
        struct fake_log log = {0};
        bool has = every > 0 && fake->n % every == 0;
        if (has) {
            log.address = *address;
            log.topic = *topic;
            log.data[0] = fake->salt;
            log.data[32] = (uint8_t)fake->n;
        }
        fake_block(fake, &log, has);
    }
}

void fake_drop(struct fake *fake, size_t depth) {
    assert_true(depth < fake->n);
    fake->n -= depth;
    fake->salt++;
}

/* --- answers --- */

static void member(struct cw_buf *out, const char *key, const void *p, size_t n) {
    cw_buf_format(out, ",\"%s\":\"", key);
    cw_buf_hex(out, cw_slice_of(p, n));
    cw_buf_text(out, "\"");
}

static void number(struct cw_buf *out, const char *key, uint64_t value) {
    cw_buf_format(out, ",\"%s\":\"0x%" PRIx64 "\"", key, value);
}

static void write_header(struct cw_buf *out, const struct fake_block *block) {
    const struct cw_header *h = &block->header;
    uint64_t fee = 0;
    assert_false(cw_u256_to_u64(&fee, &h->base_fee));
    cw_buf_text(out, "{\"difficulty\":\"0x0\"");
    member(out, "hash", block->hash.b, 32);
    member(out, "parentHash", h->parent_hash.b, 32);
    member(out, "sha3Uncles", h->ommers_hash.b, 32);
    member(out, "miner", h->beneficiary.b, 20);
    member(out, "stateRoot", h->state_root.b, 32);
    member(out, "transactionsRoot", h->transactions_root.b, 32);
    member(out, "receiptsRoot", h->receipts_root.b, 32);
    member(out, "logsBloom", h->logs_bloom.b, 256);
    number(out, "number", h->number.v);
    number(out, "gasLimit", h->gas_limit);
    number(out, "gasUsed", h->gas_used);
    number(out, "timestamp", h->timestamp);
    member(out, "extraData", h->extra, h->extra_n);
    member(out, "mixHash", h->mix_hash.b, 32);
    member(out, "nonce", h->nonce, 8);
    number(out, "baseFeePerGas", fee);
    cw_buf_text(out, ",\"size\":\"0x300\",\"uncles\":[],\"transactions\":[]}");
}

static void write_log(struct cw_buf *out, const struct fake_block *block, size_t i) {
    const struct fake_log *log = &block->logs[i];
    struct cw_hash32 tx = {{0xaa, (uint8_t)i}};
    cw_buf_text(out, "{\"removed\":false");
    member(out, "address", log->address.b, 20);
    cw_buf_text(out, ",\"topics\":[\"");
    cw_buf_hex(out, cw_slice_of(log->topic.b, 32));
    cw_buf_text(out, "\"]");
    member(out, "data", log->data, sizeof log->data);
    member(out, "blockHash", block->hash.b, 32);
    number(out, "blockNumber", block->header.number.v);
    member(out, "transactionHash", tx.b, 32);
    number(out, "transactionIndex", i);
    number(out, "logIndex", i);
    cw_buf_text(out, "}");
}

static void write_receipts(struct cw_buf *out, struct fake_block block, bool drop, bool flip) {
    if (flip && block.logs_n > 0)
        block.logs[0].data[5] ^= 1;
    cw_buf_text(out, "[");
    for (size_t i = 0; i < block.logs_n; i++) {
        struct cw_bloom bloom = {{0}};
        struct cw_hash32 tx = {{0xaa, (uint8_t)i}};
        struct cw_addr20 nobody = {{0}};
        cw_buf_text(out, i ? ",{\"contractAddress\":null" : "{\"contractAddress\":null");
        cw_buf_text(out, ",\"logs\":[");
        if (!drop || i > 0)
            write_log(out, &block, i);
        cw_buf_text(out, "]");
        number(out, "type", 2);
        number(out, "status", 1);
        number(out, "cumulativeGasUsed", 21000 * (i + 1));
        number(out, "gasUsed", 21000);
        number(out, "effectiveGasPrice", 7);
        number(out, "transactionIndex", i);
        number(out, "blockNumber", block.header.number.v);
        member(out, "blockHash", block.hash.b, 32);
        member(out, "transactionHash", tx.b, 32);
        member(out, "from", nobody.b, 20);
        member(out, "to", nobody.b, 20);
        member(out, "logsBloom", bloom.b, 256);
        cw_buf_text(out, "}");
    }
    cw_buf_text(out, "]");
}

static uint64_t quantity(const struct cw_json *value) {
    struct cw_u256 big;
    uint64_t ret = 0;
    const char *text = cw_json_string(value);
    assert_non_null(text);
    assert_int_equal(cw_u256_from_quantity(&big, text, strlen(text)), CW_OK);
    assert_false(cw_u256_to_u64(&ret, &big));
    return ret;
}

/* True when text is value or one of its elements. */
static bool is_or_has(const struct cw_json *value, const void *p, size_t n) {
    char text[CW_HEX_SIZE(32)];
    cw_hex_encode(text, cw_slice_of(p, n));
    const char *one = cw_json_string(value);
    if (one)
        return strcmp(one, text) == 0;
    for (const struct cw_json *e = cw_json_first(value); e; e = cw_json_next(e))
        if (is_or_has(e, p, n))
            return true;
    return false;
}

static enum cw_err answer_header(struct fake *fake, const char *which, bool liar,
                                 struct cw_buf *out, const char **text) {
    const struct fake_faults *faults = &fake->faults;
    uint64_t top = fake->n - 1, at = 0;
    bool latest = strcmp(which, "latest") == 0, final = strcmp(which, "finalized") == 0;
    if (latest || final || strcmp(which, "safe") == 0) {
        fake->asked[FAKE_TAG]++;
        uint64_t lag = latest ? 0 : (final ? fake->final_lag : fake->safe_lag);
        at = top > lag ? top - lag : 0;
        if (final && faults->no_final) {
            *text = "finalized block not found";
            return CW_ERR_REFUSED;
        }
        if (latest && liar && faults->stale_latest)
            at = faults->stale_latest;
        if (final && liar && faults->stale_final)
            at = faults->stale_final;
    } else {
        fake->asked[FAKE_HEADER]++;
        struct cw_u256 big;
        assert_int_equal(cw_u256_from_quantity(&big, which, strlen(which)), CW_OK);
        assert_false(cw_u256_to_u64(&at, &big));
        if (faults->null_number)
            at = fake->n;
        if (liar && faults->wrong_number && at > 0)
            at--;
    }
    if (at > top) {
        cw_buf_text(out, "null");
        return CW_OK;
    }
    struct fake_block block = fake->blocks[at];
    if (liar && ((latest && faults->wrong_parent) || (final && faults->wrong_final))) {
        block.header.parent_hash.b[0] ^= 1;
        seal(&block);
    }
    if (liar && faults->wrong_hash)
        block.hash.b[31] ^= 1;
    write_header(out, &block);
    return CW_OK;
}

static enum cw_err answer_logs(struct fake *fake, const struct cw_json *query, bool liar,
                               struct cw_buf *out, const char **text) {
    const struct fake_faults *faults = &fake->faults;
    uint64_t from = quantity(cw_json_get(query, "fromBlock"));
    uint64_t to = quantity(cw_json_get(query, "toBlock"));
    fake->asked[FAKE_LOGS_RANGE]++;
    assert_true(from <= to);
    if (faults->logs_dead || (faults->range_limit && to - from + 1 > faults->range_limit)) {
        fake->ranges_refused++;
        *text = "query returned more than 10000 results";
        return CW_ERR_REFUSED;
    }
    if (to - from + 1 > fake->largest_range)
        fake->largest_range = to - from + 1;
    cw_buf_text(out, "[");
    const char *comma = "";
    for (uint64_t at = from; at <= to && at < fake->n; at++) {
        struct fake_block block = fake->blocks[at];
        size_t first = liar && faults->logs_drop_at == at ? 1 : 0;
        if (liar && faults->logs_forge_at == at && at > 0 && block.logs_n < FAKE_LOGS)
            block.logs[block.logs_n++] = faults->forged;
        for (size_t i = first; i < block.logs_n; i++) {
            const struct fake_log *log = &block.logs[i];
            bool wanted = is_or_has(cw_json_get(query, "address"), log->address.b, 20) &&
                          is_or_has(cw_json_get(query, "topics"), log->topic.b, 32);
            if (!wanted && !(liar && faults->logs_foreign))
                continue;
            cw_buf_text(out, comma);
            write_log(out, &block, i);
            comma = ",";
        }
    }
    cw_buf_text(out, "]");
    return CW_OK;
}

static enum cw_err answer_receipts(struct fake *fake, const char *hash, bool liar,
                                   struct cw_buf *out) {
    fake->asked[FAKE_RECEIPTS]++;
    struct cw_hash32 wanted;
    assert_int_equal(cw_hex_decode(wanted.b, 32, hash, strlen(hash)), CW_OK);
    for (size_t i = fake->n; !fake->faults.receipts_dead && i-- > 0;) {
        if (!cw_hash32_equal(&fake->blocks[i].hash, &wanted))
            continue;
        write_receipts(out, fake->blocks[i], liar && fake->faults.receipts_drop,
                       liar && fake->faults.receipts_flip);
        return CW_OK;
    }
    cw_buf_text(out, "null");
    return CW_OK;
}

static enum cw_err answer(struct fake *fake, const struct fake_call *call, bool liar,
                          struct cw_buf *out, const char **text) {
    if (fake->faults.dead) {
        *text = "no answer";
        return CW_ERR_TRANSPORT;
    }
    struct cw_json_doc *doc = NULL;
    struct cw_slice params = cw_slice_of(call->params, strlen(call->params));
    assert_int_equal(cw_json_parse(&doc, params, false, NULL), CW_OK);
    const struct cw_json *first = cw_json_first(cw_json_root(doc));
    enum cw_err err = CW_ERR_REFUSED;
    if (strcmp(call->method, "eth_getBlockByNumber") == 0)
        err = answer_header(fake, cw_json_string(first), liar, out, text);
    else if (strcmp(call->method, "eth_getLogs") == 0)
        err = answer_logs(fake, first, liar, out, text);
    else if (strcmp(call->method, "eth_getBlockReceipts") == 0)
        err = answer_receipts(fake, cw_json_string(first), liar, out);
    else
        fail_msg("unexpected method %s", call->method);
    cw_json_free(doc);
    return err;
}

/* --- in place of relayer/net/rpc.c --- */

static void call_free(struct fake_call *call) {
    struct fake_call **at = &call->fake->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    free(call->method);
    free(call->params);
    free(call);
}

/* Asks the one endpoint; true when the call is over with it. */
static bool ask(struct fake_call *call, bool liar, bool last) {
    struct fake *fake = call->fake;
    struct cw_buf out;
    cw_buf_init(&out, 64u << 20);
    const char *text = "";
    const char *label = liar ? "liar" : "honest";
    struct cw_error error = {0};
    enum cw_err err = answer(fake, call, liar, &out, &text);
    struct cw_json_doc *doc = NULL;
    if (err == CW_OK) {
        struct cw_error parse;
        if (cw_json_parse(&doc, cw_buf_slice(&out), false, &parse) != CW_OK)
            fail_msg("the fake's own JSON: %s", parse.text);
        err = call->check(call->ctx, cw_json_root(doc), &error);
        text = error.text;
        if (err != CW_OK && err != CW_ERR_BEHIND) {
            fake->findings++;
            snprintf(fake->finding, sizeof fake->finding, "%s %s %.400s", label, call->method,
                     text);
        }
        if (err == CW_ERR_BEHIND)
            text = "not there";
    }
    bool over = err == CW_OK || err == CW_ERR_REFUSED || last;
    if (over) {
        struct cw_rpc_result result = {.err = err,
                                       .value = err == CW_OK ? cw_json_root(doc) : NULL,
                                       .text = text,
                                       .endpoint = label};
        void (*done)(void *, const struct cw_rpc_result *) = call->done;
        void *ctx = call->ctx;
        call_free(call);
        done(ctx, &result);
    }
    cw_json_free(doc);
    cw_buf_done(&out);
    return over;
}

static void deliver(void *ctx) {
    struct fake_call *call = ctx;
    call->timer = NULL;
    if (call->fake->faults.receipts_silent && strcmp(call->method, "eth_getBlockReceipts") == 0)
        return; /* until it is cancelled */
    if (!ask(call, true, false))
        ask(call, false, true);
}

struct cw_rpc *fake_rpc(struct fake *fake) {
    return (struct cw_rpc *)(void *)fake;
}

uint64_t cw_rpc_submit(struct cw_rpc *rpc, const struct cw_rpc_request *request) {
    struct fake *fake = (struct fake *)(void *)rpc;
    struct fake_call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    *call = (struct fake_call){.next = fake->calls,
                               .fake = fake,
                               .id = ++fake->last_id,
                               .method = strdup(request->method),
                               .params = strdup(request->params),
                               .check = request->check,
                               .done = request->done,
                               .ctx = request->ctx};
    fake->calls = call;
    call->timer = cw_loop_after(fake->loop, 10, deliver, call);
    assert_non_null(call->timer);
    return call->id;
}

void cw_rpc_cancel(struct cw_rpc *rpc, uint64_t id) {
    struct fake *fake = (struct fake *)(void *)rpc;
    for (struct fake_call *call = fake->calls; call; call = call->next)
        if (call->id == id) {
            cw_loop_cancel(fake->loop, call->timer);
            call_free(call);
            return;
        }
    fail_msg("cancelled call %" PRIu64 " is not under way", id);
}

/* --- time --- */

static uint64_t fake_now(void *ctx) {
    return ((struct fake *)ctx)->now_ms;
}

void fake_init(struct fake *fake) {
    *fake = (struct fake){.now_ms = 1000, .safe_lag = 4, .final_lag = 8, .salt = 1};
    fake->clock = (struct cw_clock){fake_now, fake_now, fake};
    struct cw_error error;
    if (cw_loop_new(&fake->loop, &fake->clock, &error) != CW_OK)
        fail_msg("%s", error.text);
}

void fake_done(struct fake *fake) {
    assert_null(fake->calls);
    cw_loop_free(fake->loop);
    free(fake->blocks);
}

void fake_run(struct fake *fake, uint64_t ms) {
    struct cw_error error;
    for (uint64_t end = fake->now_ms + ms; fake->now_ms < end; fake->now_ms += STEP_MS)
        if (cw_loop_step(fake->loop, 0, &error) != CW_OK)
            fail_msg("%s", error.text);
}

uint64_t fake_asked(const struct fake *fake) {
    uint64_t n = 0;
    for (size_t i = 0; i < FAKE_METHODS; i++)
        n += fake->asked[i];
    return n;
}
