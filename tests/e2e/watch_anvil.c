/* The watcher over the real JSON-RPC layer against a development chain, which this program drives
 * through an endpoint of its own: in the end what was handed over is what the chain says.
 *
 * usage: watch_anvil URL MODE [LIAR NAME WORD]; the chain mines on request and starts at block 0.
 * In the mode quorum the node is two operators. */
#include "net/eth.h"
#include "watch/watch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define STORED 8000

/* Emits one log: topic as below, data what it is called with. */
static const char code[] = "0x602e80600b6000396000f3"
                           "60206000600037"
                           "7f5151515151515151515151515151515151515151515151515151515151515151"
                           "60206000a100";
static const struct cw_hash32 topic = {{
    0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51,
    0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51,
}};

static const char *url, *liar, *word;
static enum cw_mode mode;

struct entry {
    struct cw_block_ref block;
    uint64_t index;
    struct cw_hash32 tx;
    uint8_t data[32];
};

struct bed {
    struct cw_loop *loop;
    struct cw_rpc *driver; /* asks the chain itself */
    struct cw_rpc *rpc;    /* asks as the configuration would */
    struct cw_timer *tick;
    struct cw_watch *watch;
    struct cw_watch_config config;
    struct cw_filter filter;
    char from[CW_HEX_SIZE(20)];
    uint64_t sent;
    bool has_cursor;
    struct cw_block_number cursor;
    struct cw_intervals unread;
    struct cw_store_header headers[STORED];
    size_t headers_n;
    struct entry logs[STORED];
    size_t logs_n;
    unsigned rollbacks, beyond_final, findings, false_findings;
    bool word_seen;
    struct cw_heads heads;
    unsigned told;
};

/* No wait in the loop is long: what this program asks for itself is answered soon. */
static void on_tick(void *ctx) {
    struct bed *bed = ctx;
    bed->tick = cw_loop_after(bed->loop, 5, on_tick, bed);
}

/* --- the chain --- */

static uint64_t now_ms(void) {
    const struct cw_clock *clock = cw_clock_system();
    return clock->monotonic_ms(clock->ctx);
}

static struct cw_json_doc *call(struct bed *bed, const char *method, const char *params) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    if (cw_rpc_wait(bed->driver, method, params, CW_RPC_HEAVY, &doc, &error) != CW_OK)
        fail_msg("%s %s: %s", method, params, error.text);
    return doc;
}

static void tell(struct bed *bed, const char *method, const char *params) {
    cw_json_free(call(bed, method, params));
}

static void mine(struct bed *bed, unsigned n) {
    char params[64];
    snprintf(params, sizeof params, "[\"0x%x\"]", n);
    tell(bed, "anvil_mine", params);
}

static void send_log(struct bed *bed) {
    char to[CW_HEX_SIZE(20)], params[400];
    cw_hex_encode(to, cw_slice_of(bed->filter.address.b, 20));
    snprintf(params, sizeof params,
             "[{\"from\":\"%s\",\"to\":\"%s\",\"gas\":\"0x20000\",\"data\":\"0x%064" PRIx64 "\"}]",
             bed->from, to, ++bed->sent);
    tell(bed, "eth_sendTransaction", params);
}

/* n blocks, every so many of which have up to three logs. */
static void grow(struct bed *bed, unsigned n, unsigned every) {
    for (unsigned i = 0; i < n; i++) {
        unsigned logs = every && i % every == 0 ? 1 + i % 3 : 0;
        for (unsigned k = 0; k < logs; k++)
            send_log(bed);
        mine(bed, 1);
    }
}

static void reorg(struct bed *bed, unsigned depth) {
    char params[64];
    /* An empty block with the same parent and time would be the same block. */
    snprintf(params, sizeof params, "[\"0x%040" PRIx64 "\"]", ++bed->sent);
    tell(bed, "anvil_setCoinbase", params);
    snprintf(params, sizeof params, "[%u,[]]", depth);
    tell(bed, "anvil_reorg", params);
}

static uint64_t head(struct bed *bed) {
    struct cw_json_doc *doc = call(bed, "eth_blockNumber", "[]");
    uint64_t ret = 0;
    assert_int_equal(cw_eth_u64(&ret, cw_json_root(doc), NULL), CW_OK);
    cw_json_free(doc);
    return ret;
}

static void deploy(struct bed *bed) {
    char params[400];
    struct cw_json_doc *doc = call(bed, "eth_accounts", "[]");
    snprintf(bed->from, sizeof bed->from, "%s", cw_json_string(cw_json_first(cw_json_root(doc))));
    cw_json_free(doc);
    snprintf(params, sizeof params, "[{\"from\":\"%s\",\"gas\":\"0x40000\",\"data\":\"%s\"}]",
             bed->from, code);
    doc = call(bed, "eth_sendTransaction", params);
    snprintf(params, sizeof params, "[\"%s\"]", cw_json_string(cw_json_root(doc)));
    cw_json_free(doc);
    mine(bed, 1);
    doc = call(bed, "eth_getTransactionReceipt", params);
    const struct cw_json *address = cw_json_get(cw_json_root(doc), "contractAddress");
    assert_int_equal(cw_eth_addr20(&bed->filter.address, address, NULL), CW_OK);
    cw_json_free(doc);
    bed->filter.topics[0] = topic;
    bed->filter.topics_n = 1;
}

/* --- the host --- */

/* In chain order: what is of the past comes later. */
static void keep_logs(struct bed *bed, const struct cw_watch_batch *batch) {
    size_t at = bed->logs_n;
    while (at > 0 && bed->logs[at - 1].block.number.v > batch->to.v)
        at--;
    assert_true(bed->logs_n + batch->logs_n < STORED);
    memmove(&bed->logs[at + batch->logs_n], &bed->logs[at],
            (bed->logs_n - at) * sizeof bed->logs[0]);
    bed->logs_n += batch->logs_n;
    for (size_t i = 0; i < batch->logs_n; i++) {
        const struct cw_log *log = &batch->logs[i];
        struct entry *out = &bed->logs[at + i];
        *out = (struct entry){log->block, log->log_index, log->tx_hash, {0}};
        assert_int_equal(log->data.n, 32);
        memcpy(out->data, log->data.p, 32);
    }
}

static enum cw_err on_batch(void *ctx, const struct cw_watch_batch *batch) {
    struct bed *bed = ctx;
    if (batch->rollback) {
        cw_intervals_cut(&bed->unread, batch->above.v, batch->beyond_final);
        while (bed->headers_n && bed->headers[bed->headers_n - 1].ref.number.v > batch->above.v)
            bed->headers_n--;
        while (bed->logs_n && bed->logs[bed->logs_n - 1].block.number.v > batch->above.v)
            bed->logs_n--;
        bed->cursor = batch->above;
        bed->rollbacks++;
        bed->beyond_final += batch->beyond_final;
        return CW_OK;
    }
    keep_logs(bed, batch);
    if (batch->past) {
        assert_int_equal(
            cw_intervals_remove(&bed->unread, batch->from.v, batch->to.v, batch->below), CW_OK);
        return CW_OK;
    }
    if (batch->skipped)
        assert_int_equal(cw_intervals_add(&bed->unread, batch->skipped), CW_OK);
    else
        assert_true(!bed->has_cursor || batch->from.v == bed->cursor.v + 1);
    for (size_t i = 0; i < batch->headers_n; i++) {
        assert_true(bed->headers_n < STORED);
        bed->headers[bed->headers_n++] = batch->headers[i];
    }
    bed->has_cursor = true;
    bed->cursor = batch->to;
    return CW_OK;
}

static void on_heads(void *ctx, const struct cw_heads *heads) {
    struct bed *bed = ctx;
    bed->heads = *heads;
    bed->told++;
}

static void on_finding(void *ctx, const struct cw_rpc_finding *finding) {
    struct bed *bed = ctx;
    bed->findings++;
    bed->word_seen = bed->word_seen || (word && strstr(finding->text, word));
    /* The chain itself does not lie. */
    bed->false_findings += !strstr(finding->text, "final_reorg: ") &&
                           !strstr(finding->endpoint, "liar");
    if (bed->findings <= 3)
        printf("# finding: %s %s %s\n", finding->endpoint, finding->method, finding->text);
}

static void start(struct bed *bed) {
    struct cw_error error;
    bed->config.unread = &bed->unread;
    if (cw_watch_new(&bed->watch, &bed->config, bed->has_cursor, bed->cursor, bed->headers,
                     bed->headers_n, &error) != CW_OK)
        fail_msg("%s", error.text);
    assert_int_equal(cw_watch_filters(bed->watch, &bed->filter, 1), CW_OK);
    cw_watch_start(bed->watch);
}

static void stop(struct bed *bed) {
    cw_watch_free(bed->watch);
    bed->watch = NULL;
}

static void step(struct bed *bed, uint64_t until_ms) {
    struct cw_error error;
    uint64_t now = now_ms();
    if (cw_loop_step(bed->loop, until_ms > now ? (uint32_t)(until_ms - now) : 0, &error) != CW_OK)
        fail_msg("%s", error.text);
}

static void run(struct bed *bed, uint64_t ms) {
    for (uint64_t end = now_ms() + ms; now_ms() < end;)
        step(bed, end);
}

static bool at(const struct bed *bed, uint64_t number, const struct cw_hash32 *hash) {
    const struct cw_heads *heads = cw_watch_heads(bed->watch);
    return heads && bed->told > 0 && bed->unread.n == 0 && bed->cursor.v == number &&
           heads->latest.number.v == number && cw_hash32_equal(&heads->latest.hash, hash);
}

/* Until the watcher is at the chain's head; then what it handed over must be what eth_getLogs says.
 */
static void assert_same(struct bed *bed, uint64_t first) {
    uint64_t number = head(bed);
    struct cw_buf params;
    cw_buf_init(&params, 4096);
    cw_eth_params_block_number(&params, (struct cw_block_number){number});
    struct cw_json_doc *doc = call(bed, "eth_getBlockByNumber", cw_buf_cstr(&params));
    struct cw_header header;
    struct cw_hash32 hash;
    assert_int_equal(cw_eth_header(&header, &hash, cw_json_root(doc), NULL), CW_OK);
    cw_json_free(doc);
    for (uint64_t end = now_ms() + 20000; !at(bed, number, &hash);) {
        struct cw_watch_progress progress;
        cw_watch_progress(bed->watch, &progress);
        if (now_ms() > end)
            fail_msg("at block %" PRIu64 " of %" PRIu64 ": %s", bed->cursor.v, number,
                     progress.trouble);
        step(bed, now_ms() + 10);
    }
    cw_buf_reset(&params);
    cw_eth_params_logs(&params, &bed->filter, 1, (struct cw_block_number){first},
                       (struct cw_block_number){number});
    doc = call(bed, "eth_getLogs", cw_buf_cstr(&params));
    cw_buf_done(&params);
    struct cw_arena arena;
    cw_arena_init(&arena, 64u << 20);
    struct cw_log *logs = NULL;
    size_t n = 0;
    struct cw_error error;
    if (cw_eth_logs(&logs, &n, &arena, cw_json_root(doc), &error) != CW_OK)
        fail_msg("%s", error.text);
    assert_int_equal(n, bed->logs_n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(logs[i].block.number.v, bed->logs[i].block.number.v);
        assert_memory_equal(logs[i].block.hash.b, bed->logs[i].block.hash.b, 32);
        assert_memory_equal(logs[i].tx_hash.b, bed->logs[i].tx.b, 32);
        assert_int_equal(logs[i].log_index, bed->logs[i].index);
        assert_memory_equal(logs[i].data.p, bed->logs[i].data, 32);
    }
    cw_arena_done(&arena);
    cw_json_free(doc);
}

static uint64_t calls(const struct bed *bed) {
    uint64_t n = 0;
    for (size_t i = 0; i < cw_rpc_endpoints(bed->rpc); i++) {
        struct cw_rpc_endpoint_status status;
        cw_rpc_endpoint_status(bed->rpc, i, &status);
        n += status.calls;
    }
    return n;
}

static int set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    struct cw_error error;
    struct cw_rpc_endpoint_config endpoints[3] = {{.url = liar, .operator_ = "liar"},
                                                  {.url = url, .operator_ = "node"},
                                                  {.url = url, .operator_ = "its twin"}};
    const bool quorum = mode == CW_MODE_QUORUM;
    struct cw_rpc_config config = {.chain = "dev",
                                   .chain_id = {31337},
                                   .endpoints = &endpoints[1],
                                   .endpoints_n = 1,
                                   .coalesce_ms = 1};
    if (cw_loop_new(&bed->loop, cw_clock_system(), &error) != CW_OK ||
        cw_rpc_new(&bed->driver, bed->loop, &config, &error) != CW_OK)
        fail_msg("%s", error.text);
    config.coalesce_ms = 20;
    config.set_aside_ms = 5000;
    config.quick_deadline_ms = 1000;
    config.heavy_deadline_ms = 2000;
    config.finding = on_finding;
    config.finding_ctx = bed;
    config.endpoints = liar ? endpoints : &endpoints[1];
    config.endpoints_n = 1u + (liar != NULL) + quorum;
    if (cw_rpc_new(&bed->rpc, bed->loop, &config, &error) != CW_OK)
        fail_msg("%s", error.text);
    on_tick(bed);
    bed->config = (struct cw_watch_config){
        .chain = "dev",
        .rpc = bed->rpc,
        .loop = bed->loop,
        .poll_ms = 50,
        .log_range_max = 100,
        .live_blocks = 64,
        .backfill_ranges = 4,
        .mode = mode,
        .quorum = quorum ? 2 : 1,
        .start_block = 1,
        .batch = on_batch,
        .heads = on_heads,
        .finding = on_finding,
        .ctx = bed,
    };
    tell(bed, "evm_setAutomine", "[false]");
    deploy(bed);
    bed->config.start_block = head(bed);
    *state = bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    unsigned false_findings = bed->false_findings;
    cw_watch_free(bed->watch);
    cw_intervals_done(&bed->unread);
    cw_rpc_free(bed->rpc);
    cw_rpc_free(bed->driver);
    cw_loop_cancel(bed->loop, bed->tick);
    cw_loop_free(bed->loop);
    free(bed);
    return false_findings == 0 ? 0 : -1;
}

/* --- cases --- */

static void catch_up__700_blocks__what_the_chain_says(void **state) {
    struct bed *bed = *state;
    for (int i = 0; i < 14; i++) {
        grow(bed, 3, 2);
        mine(bed, 47);
    }
    uint64_t before = now_ms();
    start(bed);
    assert_same(bed, bed->config.start_block);
    printf("# caught up with 700 blocks (%s), %zu logs: %" PRIu64 " ms, %" PRIu64 " calls\n",
           cw_mode_name(mode), bed->logs_n, now_ms() - before, calls(bed));
    assert_true(bed->logs_n > 50);
    assert_int_equal(bed->rollbacks, 0);
}

static void follow__blocks_one_by_one__soon_and_cheap(void **state) {
    struct bed *bed = *state;
    grow(bed, 20, 4);
    start(bed);
    assert_same(bed, bed->config.start_block);
    run(bed, 300);
    uint64_t before = calls(bed), worst = 0, sum = 0;
    struct rusage used;
    for (int i = 0; i < 40; i++) {
        grow(bed, 1, (unsigned)i % 4 ? 0 : 1);
        uint64_t mined = now_ms(), number = head(bed);
        while (bed->cursor.v < number && now_ms() < mined + 5000)
            step(bed, now_ms() + 5);
        uint64_t took = now_ms() - mined;
        sum += took;
        worst = took > worst ? took : worst;
    }
    getrusage(RUSAGE_SELF, &used);
    printf("# a block was handed over %" PRIu64 " ms after it was mined (worst %" PRIu64
           "), poll every 50 ms; %.2f calls a block; %ld KiB resident at most\n",
           sum / 40, worst, (double)(calls(bed) - before) / 40, used.ru_maxrss);
    assert_true(worst < 2000);
    assert_same(bed, bed->config.start_block);
    run(bed, 500);
    assert_int_equal(bed->heads.final.number.v, bed->heads.latest.number.v - 10);
    assert_int_equal(bed->heads.safe.number.v, bed->heads.latest.number.v - 5);
}

static void follow__300_blocks_at_once__all_of_them(void **state) {
    struct bed *bed = *state;
    bed->config.live_blocks = 1000;
    start(bed);
    grow(bed, 5, 1);
    assert_same(bed, bed->config.start_block);
    grow(bed, 10, 2);
    mine(bed, 280);
    grow(bed, 10, 2);
    assert_same(bed, bed->config.start_block);
}

static void reorg__depth_1_to_8__what_the_chain_says(void **state) {
    struct bed *bed = *state;
    grow(bed, 30, 3);
    start(bed);
    for (unsigned depth = 1; depth <= 8; depth++) {
        assert_same(bed, bed->config.start_block);
        unsigned before = bed->rollbacks;
        reorg(bed, depth);
        if (depth % 2)
            grow(bed, depth, 1);
        assert_same(bed, bed->config.start_block);
        /* Twice where anvil was asked in the middle of it, between its old blocks and the new. */
        assert_in_range(bed->rollbacks, before + 1, before + 2);
        grow(bed, 12, 3);
    }
    assert_int_equal(bed->beyond_final, 0);
    assert_int_equal(bed->findings, 0);
}

static void reorg__while_down__found_at_the_start(void **state) {
    struct bed *bed = *state;
    grow(bed, 30, 3);
    start(bed);
    assert_same(bed, bed->config.start_block);
    stop(bed);
    reorg(bed, 5);
    grow(bed, 20, 3);
    start(bed);
    assert_same(bed, bed->config.start_block);
    assert_int_equal(bed->rollbacks, 1);
}

static void reorg__beyond_final__flagged_and_followed(void **state) {
    struct bed *bed = *state;
    grow(bed, 60, 3);
    start(bed);
    assert_same(bed, bed->config.start_block);
    run(bed, 500);
    reorg(bed, 25);
    assert_same(bed, bed->config.start_block);
    assert_int_equal(bed->beyond_final, 1);
    assert_true(bed->findings > 0);
    struct cw_watch_progress progress;
    cw_watch_progress(bed->watch, &progress);
    assert_non_null(strstr(progress.trouble, "reorg beyond finality"));
    grow(bed, 30, 3);
    assert_same(bed, bed->config.start_block);
    for (uint64_t until = now_ms() + 10000; progress.trouble[0] && now_ms() < until;) {
        run(bed, 100);
        cw_watch_progress(bed->watch, &progress);
    }
    assert_string_equal(progress.trouble, "");
}

static void reorg__random_while_it_grows__what_the_chain_says(void **state) {
    struct bed *bed = *state;
    uint64_t random = 88172645463325252u;
    grow(bed, 30, 3);
    start(bed);
    for (int i = 0; i < 40; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        grow(bed, (unsigned)(random % 5), 2);
        run(bed, random / 8 % 60);
        if (random / 512 % 2)
            reorg(bed, 1 + (unsigned)(random / 1024 % 8));
        run(bed, random / 65536 % 60);
        if (random / 32768 % 8 == 0) {
            stop(bed);
            start(bed);
        }
    }
    grow(bed, 5, 1);
    assert_same(bed, bed->config.start_block);
    printf("# %u rollbacks, %zu logs\n", bed->rollbacks, bed->logs_n);
    assert_true(bed->rollbacks > 5 && bed->logs_n > 20);
}

/* n blocks, with two or three logs each. */
static void grow_twice(struct bed *bed, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < 2 + i % 2; k++)
            send_log(bed);
        mine(bed, 1);
    }
}

/* Catching up, following and a reorg, whatever the endpoint that is asked first says. Each block
 * with logs has two at least: one that an endpoint leaves out altogether goes unnoticed where
 * eth_getLogs says where to look. */
static void whatever_it_says__what_the_chain_says(void **state) {
    struct bed *bed = *state;
    for (int i = 0; i < 4; i++) {
        grow_twice(bed, 5);
        mine(bed, 45);
    }
    uint64_t before = now_ms();
    start(bed);
    assert_same(bed, bed->config.start_block);
    uint64_t caught_up = now_ms() - before;
    for (int i = 0; i < 6; i++) {
        grow_twice(bed, 1);
        mine(bed, 1);
        run(bed, 100);
    }
    assert_same(bed, bed->config.start_block);
    reorg(bed, 3);
    grow_twice(bed, 2);
    assert_same(bed, bed->config.start_block);
    assert_true(bed->logs_n > 40);
    assert_int_equal(bed->rollbacks, 1);
    printf("# caught up in %" PRIu64 " ms; %u findings\n", caught_up, bed->findings);
    if (strcmp(word, "-") == 0)
        assert_int_equal(bed->findings, 0);
    else if (strcmp(word, "?") != 0 && !bed->word_seen)
        fail_msg("no finding says %s", word);
}

int main(int argc, char **argv) {
    if ((argc != 3 && argc != 6) || !cw_mode_parse(&mode, argv[2])) {
        fprintf(stderr, "usage: %s URL MODE [LIAR NAME WORD]\n", argv[0]);
        return 2;
    }
    url = argv[1];
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    if (argc == 6) {
        liar = argv[3];
        word = argv[5];
        const struct CMUnitTest lie[] = {
            {argv[4], whatever_it_says__what_the_chain_says, set_up, tear_down, NULL}};
        return cmocka_run_group_tests_name("watch_anvil", lie, NULL, NULL);
    }
    const struct CMUnitTest tests[] = {
        CASE(catch_up__700_blocks__what_the_chain_says),
        CASE(follow__blocks_one_by_one__soon_and_cheap),
        CASE(follow__300_blocks_at_once__all_of_them),
        CASE(reorg__depth_1_to_8__what_the_chain_says),
        CASE(reorg__while_down__found_at_the_start),
        CASE(reorg__beyond_final__flagged_and_followed),
        CASE(reorg__random_while_it_grows__what_the_chain_says),
    };
    return cmocka_run_group_tests_name("watch_anvil", tests, NULL, NULL);
}
