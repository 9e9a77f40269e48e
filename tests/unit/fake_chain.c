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
    bool once;
    size_t keep;
    unsigned operator_;    /* 0: anybody */
    unsigned not_operator; /* 0: nobody is left out */
    unsigned tried;        /* operators, a bit each */
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

static void seal(struct fake_block *block, bool foreign) {
    assert_int_equal(cw_header_hash(&block->hash, &block->header), CW_OK);
    block->hash.b[0] ^= foreign ? 0x5a : 0;
}

/* A chain's next block. */
static void append(const struct fake *fake, struct fake_block **blocks, size_t *count,
                   size_t *capacity, uint8_t salt, const struct fake_log *logs, size_t n) {
    if (*count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 64;
        *blocks = reallocarray(*blocks, *capacity, sizeof **blocks);
        assert_non_null(*blocks);
    }
    struct fake_block *block = &(*blocks)[*count];
    memset(block, 0, sizeof *block);
    struct cw_header *header = &block->header;
    if (*count > 0)
        header->parent_hash = (*blocks)[*count - 1].hash;
    header->number.v = *count;
    header->gas_limit = 30000000;
    header->timestamp = 1700000000 + 2 * *count;
    header->present = CW_HEADER_BASE_FEE;
    header->base_fee = cw_u256_from_u64(1000000007);
    header->extra_n = 1;
    header->extra[0] = salt;
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
    seal(block, fake->foreign);
    ++*count;
}

void fake_block(struct fake *fake, const struct fake_log *logs, size_t n) {
    append(fake, &fake->blocks, &fake->n, &fake->capacity, fake->salt, logs, n);
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

/* --- operators --- */

#define FORK_SALT 0xf0

void fake_operators(struct fake *fake, unsigned n) {
    static const char *const names[FAKE_OPERATORS] = {"one", "two", "three", "four"};
    assert_true(n <= FAKE_OPERATORS);
    fake->operators_n = n;
    for (unsigned i = 0; i < n; i++)
        fake->operators[i].name = names[i];
}

void fake_lie(struct fake *fake, unsigned operator_, enum fake_lie lie, uint64_t lie_arg) {
    struct fake_operator *op = &fake->operators[operator_ - 1];
    op->lie = lie;
    op->lie_arg = lie_arg;
}

uint64_t fake_random(struct fake *fake) {
    fake->random = fake->random * 6364136223846793005u + 1442695040888963407u;
    return fake->random >> 33;
}

/* Its own chain, from that block on; as long as ours, with a log in each block. */
static void fork_up(struct fake *fake, struct fake_operator *op, uint64_t from) {
    if (op->fork_n == 0 || from != op->fork_from) {
        op->fork_n = 0;
        op->fork_from = from;
        for (size_t i = 0; i < from && i < fake->n; i++) {
            append(fake, &op->fork, &op->fork_n, &op->fork_capacity, 0, NULL, 0);
            op->fork[i] = fake->blocks[i];
        }
    }
    while (op->fork_n < fake->n) {
        const struct fake_log log = {.address = {{0x11, 0x22}}, .topic = {{0x51}}, .data = {0xba}};
        append(fake, &op->fork, &op->fork_n, &op->fork_capacity, FORK_SALT, &log, 1);
    }
}

/* What it serves this time. */
static enum fake_lie pick(struct fake *fake, struct fake_operator *op) {
    if (op->lie != FAKE_AT_RANDOM)
        return op->lie;
    return (enum fake_lie)(fake_random(fake) % FAKE_OMITS); /* what comes behind is about logs */
}

/* Where the liar's chain leaves ours. */
static uint64_t fork_from(const struct fake *fake, const struct fake_operator *op) {
    if (op->lie != FAKE_AT_RANDOM)
        return op->lie_arg;
    /* the same one for a while, so that its answers hang together */
    uint64_t at = fake->n / 16 * 16;
    return at > op->lie_arg ? at - op->lie_arg : 1;
}

static struct fake_operator *operator_by_name(struct fake *fake, const char *name) {
    for (unsigned i = 0; i < fake->operators_n; i++)
        if (strcmp(fake->operators[i].name, name) == 0)
            return &fake->operators[i];
    return NULL;
}

static void set_aside(struct fake *fake, struct fake_operator *op, const char *text) {
    op->accused++;
    op->aside_until_ms = fake->now_ms + FAKE_ASIDE_MS;
    snprintf(op->text, sizeof op->text, "%s", text);
}

/* --- answers --- */

/* Who answers, and how. */
struct teller {
    const char *label;
    bool liar;                /* the faults of struct fake_faults are his */
    struct fake_operator *op; /* NULL: one of the two endpoints */
    enum fake_lie lie;
};

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

static void write_receipt(struct cw_buf *out, const struct fake_block *block, size_t i, bool empty,
                          bool failed) {
    struct cw_bloom bloom = {{0}};
    struct cw_hash32 tx = {{0xaa, (uint8_t)i}};
    struct cw_addr20 nobody = {{0}};
    cw_buf_text(out, "{\"contractAddress\":null,\"logs\":[");
    if (!empty)
        write_log(out, block, i);
    cw_buf_text(out, "]");
    number(out, "type", 2);
    number(out, "status", failed ? 0 : 1);
    number(out, "cumulativeGasUsed", 21000 * (i + 1));
    number(out, "gasUsed", 21000);
    number(out, "effectiveGasPrice", 7);
    number(out, "transactionIndex", i);
    number(out, "blockNumber", block->header.number.v);
    member(out, "blockHash", block->hash.b, 32);
    member(out, "transactionHash", tx.b, 32);
    member(out, "from", nobody.b, 20);
    member(out, "to", nobody.b, 20);
    member(out, "logsBloom", bloom.b, 256);
    cw_buf_text(out, "}");
}

static void write_receipts(struct cw_buf *out, struct fake_block block, bool drop, bool flip) {
    if (flip && block.logs_n > 0)
        block.logs[0].data[5] ^= 1;
    cw_buf_text(out, "[");
    for (size_t i = 0; i < block.logs_n; i++) {
        cw_buf_text(out, i ? "," : "");
        write_receipt(out, &block, i, drop && i == 0, false);
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

/* Another block in the place of that one, on the same parent. */
static struct fake_block forged_in_place(const struct fake *fake, const struct fake_block *of) {
    struct fake_block block = *of;
    block.header.mix_hash.b[0] ^= 1;
    seal(&block, fake->foreign);
    return block;
}

/* An operator's answer about a block. */
static void tell_header(struct fake *fake, const struct teller *teller, const char *which,
                        uint64_t at, struct cw_buf *out) {
    struct fake_operator *op = teller->op;
    bool tag = strncmp(which, "0x", 2) != 0, anchor = tag && strcmp(which, "latest") != 0;
    uint64_t arg = op->lie == FAKE_AT_RANDOM ? 1 + fake_random(fake) % 12 : op->lie_arg;
    const struct fake_block *blocks = fake->blocks;
    uint64_t n = fake->n;
    bool forges = false, forks = false, in_place = false, bad_hash = false;
    switch (teller->lie) {
    case FAKE_TRUTH:
    case FAKE_SILENT:
    case FAKE_OMITS:
    case FAKE_LOGS_ELSEWHERE:
    case FAKE_OTHER_FIELDS:
        break;
    case FAKE_LAGS:
        n -= n > arg ? arg : n - 1;
        at = tag && at > arg ? at - arg : at;
        break;
    case FAKE_STALE_TAGS:
        at = tag && arg < at ? arg : at;
        break;
    case FAKE_FORKS:
        forks = true;
        break;
    case FAKE_FORKS_HEADS:
        forks = tag;
        break;
    case FAKE_FORKS_NUMBERS:
        forks = !tag;
        break;
    case FAKE_FORKS_PART:
        forks = !tag && at < fork_from(fake, op) + 10;
        break;
    case FAKE_FORKS_UNSEEN:
        forks = !anchor;
        break;
    case FAKE_FORGES_FINAL:
        forges = anchor;
        at = forges && at > arg ? at - arg : at;
        break;
    case FAKE_FORGES_ABOVE:
        forges = anchor;
        at = forges && at + arg < n ? at + arg : at;
        break;
    case FAKE_FORGES_SOME:
        in_place = !anchor && at % arg == 0;
        break;
    case FAKE_HAS_NOTHING:
        n = 0;
        break;
    case FAKE_BAD_HASHES:
        bad_hash = true;
        break;
    case FAKE_LIES:
        fail_msg("no lie");
    }
    if (forks) {
        fork_up(fake, op, fork_from(fake, op));
        blocks = op->fork;
        n = op->fork_n;
    }
    if (at >= n) {
        cw_buf_text(out, "null");
        return;
    }
    struct fake_block block = in_place ? forged_in_place(fake, &blocks[at]) : blocks[at];
    if (forges) {
        block.header.parent_hash.b[0] ^= 1;
        seal(&block, fake->foreign);
    }
    if (anchor && !cw_hash32_equal(&block.hash, &fake->blocks[at].hash))
        op->forged++;
    if (teller->lie == FAKE_OTHER_FIELDS && arg == 0)
        block.header.timestamp += 3600;
    else if (teller->lie == FAKE_OTHER_FIELDS)
        block.header.parent_hash.b[3] ^= 1;
    block.hash.b[31] ^= bad_hash;
    write_header(out, &block);
}

static enum cw_err answer_header(struct fake *fake, const char *which, const struct teller *teller,
                                 struct cw_buf *out, const char **text) {
    const struct fake_faults *faults = &fake->faults;
    const bool liar = teller->liar;
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
    if (teller->op) {
        tell_header(fake, teller, which, at, out);
        return CW_OK;
    }
    if (at > top) {
        cw_buf_text(out, "null");
        return CW_OK;
    }
    struct fake_block block = fake->blocks[at];
    if (liar && ((latest && faults->wrong_parent) || (final && faults->wrong_final))) {
        block.header.parent_hash.b[0] ^= 1;
        seal(&block, fake->foreign);
    }
    if (liar && faults->wrong_hash)
        block.hash.b[31] ^= 1;
    write_header(out, &block);
    return CW_OK;
}

static enum cw_err answer_logs(struct fake *fake, const struct cw_json *query,
                               const struct teller *teller, struct cw_buf *out, const char **text) {
    const struct fake_faults *faults = &fake->faults;
    const bool liar = teller->liar;
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
    bool forks = teller->lie == FAKE_FORKS || teller->lie == FAKE_FORKS_NUMBERS ||
                 teller->lie == FAKE_FORKS_UNSEEN || teller->lie == FAKE_FORKS_PART;
    if (forks)
        fork_up(fake, teller->op, fork_from(fake, teller->op));
    uint64_t n = fake->n;
    if (teller->lie == FAKE_LAGS)
        n -= n > teller->op->lie_arg ? teller->op->lie_arg : n - 1;
    const bool part = teller->lie == FAKE_FORKS_PART;
    for (uint64_t at = from; at <= to && at < n; at++) {
        const bool here = forks && !(part && at >= fork_from(fake, teller->op) + 10);
        struct fake_block block = here ? teller->op->fork[at] : fake->blocks[at];
        if (teller->op && teller->lie == FAKE_OMITS && teller->op->lie_arg == at)
            continue;
        block.hash.b[5] ^= teller->op && teller->lie == FAKE_LOGS_ELSEWHERE;
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

static enum cw_err answer_receipts(struct fake *fake, const char *hash, const struct teller *teller,
                                   struct cw_buf *out) {
    const bool liar = teller->liar;
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
    for (size_t i = teller->op ? teller->op->fork_n : 0; i-- > 0;) {
        if (!cw_hash32_equal(&teller->op->fork[i].hash, &wanted))
            continue;
        write_receipts(out, teller->op->fork[i], false, false);
        return CW_OK;
    }
    for (size_t i = teller->op && teller->op->lie == FAKE_FORGES_SOME ? fake->n : 0; i-- > 0;) {
        struct fake_block block = forged_in_place(fake, &fake->blocks[i]);
        if (!cw_hash32_equal(&block.hash, &wanted))
            continue;
        write_receipts(out, block, false, false);
        return CW_OK;
    }
    cw_buf_text(out, "null");
    return CW_OK;
}

const struct cw_hash32 fake_tx = {{0xaa}};

/* eth_getTransactionReceipt (receipt) and eth_getTransactionByHash. */
static enum cw_err answer_tx(struct fake *fake, const char *hash, bool receipt,
                             const struct teller *teller, struct cw_buf *out) {
    const struct fake_faults *faults = &fake->faults;
    struct cw_hash32 wanted;
    fake->asked[FAKE_TX]++;
    assert_int_equal(cw_hex_decode(wanted.b, 32, hash, strlen(hash)), CW_OK);
    const bool known = cw_hash32_equal(&wanted, &fake_tx) && (fake->tx_block > 0 || !receipt) &&
                       (fake->tx_block > 0 || fake->tx_pending);
    if (!known || (teller->liar && faults->tx_unknown)) {
        cw_buf_text(out, "null");
        return CW_OK;
    }
    if (teller->liar && faults->tx_other)
        wanted.b[7] ^= 1;
    if (!receipt) {
        cw_buf_text(out, "{\"type\":\"0x2\"");
        member(out, "hash", wanted.b, 32);
        cw_buf_text(out, "}");
        return CW_OK;
    }
    struct fake_block block = fake->blocks[fake->tx_block];
    if (teller->liar && faults->tx_elsewhere)
        block.hash.b[3] ^= 1;
    write_receipt(out, &block, teller->liar && faults->tx_other, fake->tx_failed, fake->tx_failed);
    return CW_OK;
}

static enum cw_err answer(struct fake *fake, const struct fake_call *call,
                          const struct teller *teller, struct cw_buf *out, const char **text) {
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
        err = answer_header(fake, cw_json_string(first), teller, out, text);
    else if (strcmp(call->method, "eth_getLogs") == 0)
        err = answer_logs(fake, first, teller, out, text);
    else if (strcmp(call->method, "eth_getBlockReceipts") == 0)
        err = answer_receipts(fake, cw_json_string(first), teller, out);
    else if (strcmp(call->method, "eth_getTransactionReceipt") == 0)
        err = answer_tx(fake, cw_json_string(first), true, teller, out);
    else if (strcmp(call->method, "eth_getTransactionByHash") == 0)
        err = answer_tx(fake, cw_json_string(first), false, teller, out);
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
    call->fake->under_way--;
    free(call->method);
    free(call->params);
    free(call);
}

/* said is taken; NULL: none. */
static void over(struct fake_call *call, enum cw_err err, const struct cw_json *value,
                 const char *text, const char *label, struct cw_rpc_said *said) {
    struct cw_rpc_result result = {
        .err = err, .value = value, .text = text, .endpoint = label, .said = said};
    void (*done)(void *, const struct cw_rpc_result *) = call->done;
    void *ctx = call->ctx;
    call_free(call);
    done(ctx, &result);
    cw_rpc_said_unref(said);
}

static struct cw_rpc_said *said_of(const struct fake_call *call, const struct teller *teller,
                                   struct cw_slice text) {
    if (call->keep == 0)
        return NULL;
    struct cw_rpc_said *said = calloc(1, sizeof *said);
    assert_non_null(said);
    *said = (struct cw_rpc_said){
        .endpoint = teller->label,
        .operator_ = teller->label,
        .text = strndup((const char *)text.p, text.n < call->keep ? text.n : call->keep),
        .bytes = text.n,
        .refs = 1,
    };
    assert_non_null(said->text);
    return said;
}

static void pause_faults(const struct fake *fake, bool paused) {
    if (fake->pause_faults)
        fake->pause_faults(paused);
}

/* Asks the one endpoint; true when the call is over with it. */
static bool ask(struct fake_call *call, const struct teller *teller, bool last) {
    struct fake *fake = call->fake;
    struct cw_buf out;
    cw_buf_init(&out, 64u << 20);
    const char *text = "";
    struct cw_error error = {0}, parse;
    struct cw_json_doc *doc = NULL;
    struct cw_rpc_said *said = NULL;
    pause_faults(fake, true);
    enum cw_err err = answer(fake, call, teller, &out, &text);
    if (err == CW_OK && cw_json_parse(&doc, cw_buf_slice(&out), false, &parse) != CW_OK)
        fail_msg("the fake's own JSON: %s", parse.text);
    if (err == CW_OK)
        said = said_of(call, teller, cw_buf_slice(&out));
    pause_faults(fake, false);
    if (err == CW_OK) {
        err = call->check(call->ctx, cw_json_root(doc), &error);
        text = error.text;
        if (err != CW_OK && err != CW_ERR_BEHIND && err != CW_ERR_MEMORY) {
            fake->findings++;
            snprintf(fake->finding, sizeof fake->finding, "%s %s %.400s", teller->label,
                     call->method, text);
            if (teller->op)
                set_aside(fake, teller->op, fake->finding);
        }
        if (err == CW_ERR_BEHIND)
            text = "not there";
    }
    bool ended = err == CW_OK || err == CW_ERR_REFUSED || err == CW_ERR_MEMORY || last;
    if (ended)
        over(call, err, err == CW_OK ? cw_json_root(doc) : NULL, text, teller->label, said);
    else
        cw_rpc_said_unref(said);
    cw_json_free(doc);
    cw_buf_done(&out);
    return ended;
}

/* The next one who may be asked; 0: nobody. */
static unsigned next_operator(const struct fake_call *call) {
    const struct fake *fake = call->fake;
    for (unsigned i = 1; i <= fake->operators_n; i++)
        if ((call->operator_ == 0 || call->operator_ == i) && call->not_operator != i &&
            !(call->tried >> i & 1) && fake->operators[i - 1].aside_until_ms <= fake->now_ms)
            return i;
    return 0;
}

static void deliver(void *ctx);

static void deliver_operators(struct fake_call *call) {
    struct fake *fake = call->fake;
    for (unsigned i = next_operator(call); i != 0; i = next_operator(call)) {
        struct fake_operator *op = &fake->operators[i - 1];
        const struct teller teller = {.label = op->name, .op = op, .lie = pick(fake, op)};
        call->tried |= 1u << i;
        op->asked++;
        if (teller.lie == FAKE_SILENT) {
            call->timer = cw_loop_after(fake->loop, 1000, deliver, call);
            assert_non_null(call->timer);
            return;
        }
        bool last = call->once || next_operator(call) == 0;
        if (ask(call, &teller, last))
            return;
    }
    bool asked = call->tried != 0;
    const char *who = call->operator_ ? fake->operators[call->operator_ - 1].name : "";
    over(call, CW_ERR_TRANSPORT, NULL, asked ? "no answer" : "set aside", who, NULL);
}

static void deliver(void *ctx) {
    struct fake_call *call = ctx;
    call->timer = NULL;
    if (call->fake->faults.receipts_silent && strcmp(call->method, "eth_getBlockReceipts") == 0)
        return; /* until it is cancelled */
    if (call->fake->operators_n > 0) {
        deliver_operators(call);
        return;
    }
    const struct teller liar = {.label = "liar", .liar = true}, honest = {.label = "honest"};
    if (call->fake->liar_aside_until_ms > call->fake->now_ms || !ask(call, &liar, false))
        ask(call, &honest, true);
}

struct cw_rpc *fake_rpc(struct fake *fake) {
    return (struct cw_rpc *)(void *)fake;
}

/* The newest block that it asks about. */
static uint64_t about(const struct fake *fake, const struct fake_call *call) {
    struct cw_json_doc *doc = NULL;
    const struct cw_slice params = cw_slice_of(call->params, strlen(call->params));
    assert_int_equal(cw_json_parse(&doc, params, false, NULL), CW_OK);
    const struct cw_json *first = cw_json_first(cw_json_root(doc));
    const char *text = cw_json_string(first);
    uint64_t ret = UINT64_MAX;
    struct cw_hash32 hash;
    if (strcmp(call->method, "eth_getLogs") == 0)
        ret = quantity(cw_json_get(first, "toBlock"));
    else if (strcmp(call->method, "eth_getBlockByNumber") == 0 && strncmp(text, "0x", 2) == 0)
        ret = quantity(first);
    else if (cw_hex_decode(hash.b, 32, text, strlen(text)) == CW_OK)
        for (size_t i = 0; i < fake->n; i++)
            if (cw_hash32_equal(&fake->blocks[i].hash, &hash))
                ret = i;
    cw_json_free(doc);
    return ret;
}

static uint64_t submit(struct fake *fake, const struct cw_rpc_request *request) {
    struct fake_call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    *call = (struct fake_call){.next = fake->calls,
                               .fake = fake,
                               .id = ++fake->last_id,
                               .method = strdup(request->method),
                               .params = strdup(request->params),
                               .once = request->once,
                               .keep = request->keep,
                               .operator_ = request->operator_,
                               .not_operator = request->not_operator,
                               .check = request->check,
                               .done = request->done,
                               .ctx = request->ctx};
    fake->calls = call;
    if (++fake->under_way > fake->most)
        fake->most = fake->under_way;
    const struct fake_faults *faults = &fake->faults;
    uint64_t number = faults->slow_ms > 0 ? about(fake, call) : UINT64_MAX;
    bool slow = number >= faults->slow_from && number <= faults->slow_to;
    call->timer = cw_loop_after(fake->loop, slow ? (uint32_t)faults->slow_ms : 10, deliver, call);
    assert_non_null(call->timer);
    return call->id;
}

uint64_t cw_rpc_submit(struct cw_rpc *rpc, const struct cw_rpc_request *request) {
    struct fake *fake = (struct fake *)(void *)rpc;
    void *memory = malloc(1); /* where faults are injected a call may fail as the real one may */
    if (!memory)
        return 0;
    free(memory);
    pause_faults(fake, true);
    uint64_t id = submit(fake, request);
    pause_faults(fake, false);
    return id;
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

unsigned cw_rpc_operators(const struct cw_rpc *rpc) {
    const struct fake *fake = (const struct fake *)(const void *)rpc;
    return fake->operators_n;
}

void cw_rpc_operators_ranked(const struct cw_rpc *rpc, unsigned *ret) {
    const struct fake *fake = (const struct fake *)(const void *)rpc;
    unsigned n = 0;
    for (unsigned aside = 0; aside <= 1; aside++)
        for (unsigned i = 0; i < fake->operators_n; i++)
            if ((fake->operators[i].aside_until_ms > fake->now_ms) == (aside == 1))
                ret[n++] = i + 1;
}

const char *cw_rpc_operator_name(const struct cw_rpc *rpc, unsigned operator_) {
    const struct fake *fake = (const struct fake *)(const void *)rpc;
    return fake->operators[operator_ - 1].name;
}

void fake_take_sides(struct fake *fake, const struct cw_rpc_finding *finding) {
    memset(fake->sides, 0, sizeof fake->sides);
    assert_true(finding->against_n < CW_COUNT(fake->sides));
    if (finding->said) {
        assert_string_equal(finding->said->endpoint, finding->endpoint);
        snprintf(fake->sides[0], sizeof fake->sides[0], "%s", finding->said->text);
    }
    for (size_t i = 0; i < finding->against_n; i++)
        snprintf(fake->sides[i + 1], sizeof fake->sides[0], "%s", finding->against[i]->text);
}

void cw_rpc_accuse(struct cw_rpc *rpc, const struct cw_rpc_finding *finding) {
    struct fake *fake = (struct fake *)(void *)rpc;
    fake_take_sides(fake, finding);
    struct fake_operator *op = operator_by_name(fake, finding->endpoint);
    assert_true(strcmp(finding->method, "eth_getBlockByNumber") == 0 ||
                strcmp(finding->method, "eth_getLogs") == 0);
    if (fake->operators_n == 0) {
        assert_string_equal(finding->endpoint, "liar");
        fake->liar_accused++;
        fake->liar_aside_until_ms = fake->now_ms + FAKE_ASIDE_MS;
        return;
    }
    assert_non_null(op);
    set_aside(fake, op, finding->text);
}

void cw_rpc_contrast(struct cw_rpc *rpc, uint64_t call, struct cw_rpc_said *said) {
    struct fake *fake = (struct fake *)(void *)rpc;
    assert_true(call > 0 && call <= fake->last_id);
    fake->contrasts += said != NULL;
}

void cw_rpc_head_seen(struct cw_rpc *rpc, const char *endpoint, uint64_t number) {
    struct fake *fake = (struct fake *)(void *)rpc;
    assert_true(endpoint[0] != '\0');
    fake->head_told = number;
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
    for (size_t i = 0; i < FAKE_OPERATORS; i++)
        free(fake->operators[i].fork);
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
