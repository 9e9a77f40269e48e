/* A lane over the real JSON-RPC layer, watcher and store on a development chain, which this program
 * drives through an endpoint of its own. In the end each message was carried out once, by one
 * transaction that is final.
 *
 * usage: lane_anvil URL PROXY; the same node is behind the proxy, and the chain has the well-known
 * accounts, finality is 10 blocks. */
#include "core/log.h"
#include "net/eth.h"
#include "sign/local.h"
#include "temp.h"
#include "tx/fees.h"
#include "tx/lane.h"
#include "watch/watch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define MESSAGES_MAX 64

/* Emits one log: topic as below, data what it is called with. */
static const char code[] = "0x602e80600b6000396000f3"
                           "60206000600037"
                           "7f5151515151515151515151515151515151515151515151515151515151515151"
                           "60206000a100";
static const struct cw_hash32 topic = {{
    0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51,
    0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51, 0x51,
}};

/* The first well-known account signs, the second drives. */
static const struct cw_secret32 secret = {{0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3,
                                           0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
                                           0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc,
                                           0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80}};
static const char driver[] = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";

static const char *url, *proxy;

enum progress { WAITING, IN_LANE, SENT, INCLUDED, DELIVERED };

struct message {
    struct bed *bed;
    int64_t row;
    uint8_t data[32];
    enum progress progress;
    unsigned attempts, lost;
};

struct bed {
    struct cw_loop *loop;
    struct cw_rpc *driver;
    struct temp dir;
    char path[300];
    struct cw_signer *signer;
    struct cw_config_chain chain;
    struct cw_config_policy policy;
    struct cw_addr20 contract;
    uint64_t first_block, first_nonce, salt, foreign;
    bool sends_apart; /* what is read is read through the proxy */
    /* what is gone after a crash */
    struct cw_rpc *rpc, *send;
    struct cw_store *store;
    struct cw_watch *watch;
    struct cw_lanes lanes;
    struct cw_lane *lane;
    bool resumed;
    int64_t chain_row, route;
    struct message messages[MESSAGES_MAX];
    size_t n;
    /* counted */
    unsigned crashes, reorgs, gone, failures;
    uint64_t calls;
    double cpu_ms; /* when it began */
    char last_failure[512];
};

/* --- the chain -------------------------------------------------------------------------------- */

static uint64_t now_ms(void) {
    const struct cw_clock *clock = cw_clock_system();
    return clock->monotonic_ms(clock->ctx);
}

static uint64_t wall_ms(void) {
    const struct cw_clock *clock = cw_clock_system();
    return clock->wall_ms(clock->ctx);
}

static struct cw_json_doc *call(struct bed *bed, const char *method, const char *params) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    if (cw_rpc_wait(bed->driver, method, params, CW_RPC_HEAVY, &doc, &error) != CW_OK) {
        fail_msg("%s %s: %s", method, params, error.text);
    }
    return doc;
}

static void tell(struct bed *bed, const char *method, const char *params) {
    cw_json_free(call(bed, method, params));
}

static uint64_t ask_u64(struct bed *bed, const char *method, const char *params) {
    struct cw_json_doc *doc = call(bed, method, params);
    uint64_t ret = 0;
    assert_int_equal(cw_eth_u64(&ret, cw_json_root(doc), NULL), CW_OK);
    cw_json_free(doc);
    return ret;
}

static void mine(struct bed *bed, unsigned n) {
    char params[64];
    snprintf(params, sizeof params, "[\"0x%x\"]", n);
    tell(bed, "anvil_mine", params);
}

/* The newest blocks go, and what was in them is forgotten. */
static void reorg(struct bed *bed, unsigned depth) {
    char params[64];
    /* An empty block with the same parent and time would be the same block. */
    snprintf(params, sizeof params, "[\"0x%040" PRIx64 "\"]", ++bed->salt);
    tell(bed, "anvil_setCoinbase", params);
    snprintf(params, sizeof params, "[%u,[]]", depth);
    tell(bed, "anvil_reorg", params);
    bed->reorgs++;
}

static uint64_t nonce(struct bed *bed) {
    char params[128], address[CW_HEX_SIZE(20)];
    cw_hex_encode(address, cw_slice_of(cw_signer_address(bed->signer)->b, 20));
    snprintf(params, sizeof params, "[\"%s\",\"latest\"]", address);
    return ask_u64(bed, "eth_getTransactionCount", params);
}

/* Somebody else sends with the same key, and is mined at once; the pool forgets what was in it. */
static void send_foreign(struct bed *bed) {
    char params[400], address[CW_HEX_SIZE(20)];
    cw_hex_encode(address, cw_slice_of(cw_signer_address(bed->signer)->b, 20));
    tell(bed, "anvil_dropAllTransactions", "[]");
    snprintf(params, sizeof params,
             "[{\"from\":\"%s\",\"to\":\"%s\",\"gas\":\"0x5208\",\"value\":\"0x1\",\"nonce\":"
             "\"0x%" PRIx64
             "\",\"maxFeePerGas\":\"0x174876e800\",\"maxPriorityFeePerGas\":\"0x77359400\"}]",
             address, driver, nonce(bed));
    tell(bed, "eth_sendTransaction", params);
    mine(bed, 1);
    bed->foreign++;
}

static void deploy(struct bed *bed) {
    char params[400];
    snprintf(params, sizeof params, "[{\"from\":\"%s\",\"gas\":\"0x40000\",\"data\":\"%s\"}]",
             driver, code);
    struct cw_json_doc *doc = call(bed, "eth_sendTransaction", params);
    snprintf(params, sizeof params, "[\"%s\"]", cw_json_string(cw_json_root(doc)));
    cw_json_free(doc);
    mine(bed, 1);
    doc = call(bed, "eth_getTransactionReceipt", params);
    const struct cw_json *address = cw_json_get(cw_json_root(doc), "contractAddress");
    assert_int_equal(cw_eth_addr20(&bed->contract, address, NULL), CW_OK);
    cw_json_free(doc);
}

/* --- the host --------------------------------------------------------------------------------- */

static enum cw_err on_batch(void *ctx, const struct cw_watch_batch *batch) {
    struct bed *bed = ctx;
    struct cw_error error;
    size_t n;
    const struct cw_block_number none = {0};
    enum cw_err err = cw_store_begin(bed->store, &error);
    if (err == CW_OK && batch->rollback) {
        err = cw_store_attempts_reorg(bed->store, bed->chain_row, batch->above, 1, &n, &error);
        if (err == CW_OK) {
            err = cw_store_headers_cut(bed->store, bed->chain_row, batch->above, none, &error);
        }
        if (err == CW_OK) {
            err = cw_store_cursor_set(bed->store, bed->chain_row, batch->above, &error);
        }
    }
    if (err == CW_OK && batch->headers_n > 0) {
        err = cw_store_headers_put(bed->store, bed->chain_row, batch->headers, batch->headers_n,
                                   &error);
    }
    if (err == CW_OK && !batch->past && batch->from.v <= batch->to.v) {
        err = cw_store_cursor_set(bed->store, bed->chain_row, batch->to, &error);
    }
    if (err == CW_OK) {
        err = cw_store_commit(bed->store, &error);
    }
    if (err != CW_OK) {
        fail_msg("%s", error.text);
    }
    if (batch->rollback && bed->lane != NULL) {
        cw_lane_rollback(bed->lane, batch->above);
    }
    return CW_OK;
}

static void on_heads(void *ctx, const struct cw_heads *heads) {
    struct bed *bed = ctx;
    struct cw_error error;
    if (!bed->resumed) {
        if (cw_lane_resume(bed->lane, &error) != CW_OK) {
            fail_msg("%s", error.text);
        }
        bed->resumed = true;
    }
    cw_lane_heads(bed->lane, heads);
}

static struct message *message_of(struct bed *bed, int64_t row) {
    for (size_t i = 0; i < bed->n; i++) {
        if (bed->messages[i].row == row) {
            return &bed->messages[i];
        }
    }
    fail_msg("there is no message %" PRId64, row);
    return NULL;
}

static void moved_one(struct bed *bed, const struct cw_store_attempt *attempt) {
    struct message *message = message_of(bed, attempt->message);
    switch (attempt->state) {
    case CW_ATTEMPT_SIGNED:
    case CW_ATTEMPT_SENT:
        bed->gone++;
        message->progress = SENT;
        break;
    case CW_ATTEMPT_INCLUDED:
        assert_true(attempt->success);
        message->progress = INCLUDED;
        break;
    case CW_ATTEMPT_FINAL:
        message->progress = DELIVERED;
        break;
    case CW_ATTEMPT_LOST:
        message->lost++;
        message->progress = WAITING;
        break;
    }
}

static void on_moved(void *ctx, const struct cw_store_attempt *attempts, size_t n) {
    for (size_t i = 0; i < n; i++) {
        moved_one(ctx, &attempts[i]);
    }
}

static enum cw_lane_rebid on_rebid(void *ctx, const struct cw_lane_stuck *stuck, char text[200]) {
    (void)ctx;
    (void)stuck;
    (void)text;
    return CW_LANE_REBID_OK;
}

/* The lane shifts behind them. */
static void on_foreign(void *ctx, const struct cw_addr20 *address, uint64_t from, uint64_t to) {
    (void)ctx;
    (void)address;
    assert_true(from < to);
}

static bool header_at(void *ctx, struct cw_block_number number, struct cw_store_header *ret) {
    const struct bed *bed = ctx;
    return cw_watch_header_at(bed->watch, number, ret);
}

static enum cw_err permit(void *ctx, const struct cw_lane_price *price, struct cw_error *error) {
    (void)price;
    (void)ctx;
    (void)error;
    return CW_OK;
}

static enum cw_err commit(void *ctx, int64_t attempt, struct cw_error *error) {
    (void)ctx;
    (void)attempt;
    (void)error;
    return CW_OK;
}

static void done(void *ctx, const struct cw_lane_result *result) {
    struct message *message = ctx;
    if (result->outcome == CW_LANE_SENT) {
        message->progress = SENT;
        message->attempts++;
        return;
    }
    message->progress = WAITING;
    message->bed->failures++;
    snprintf(message->bed->last_failure, sizeof message->bed->last_failure, "%s", result->text);
}

static void submit_up_to(struct bed *bed, size_t n) {
    for (size_t i = 0; bed->resumed && i < n; i++) {
        struct message *message = &bed->messages[i];
        if (message->progress != WAITING) {
            continue;
        }
        const struct cw_call to_contract = {.to = bed->contract,
                                            .data = cw_slice_of(message->data, 32)};
        const struct cw_lane_job job = {
            .message = message->row,
            .route = bed->route,
            .step = "finalize",
            .call = &to_contract,
            .policy = &bed->policy,
            .permit = permit,
            .commit = commit,
            .done = done,
            .ctx = message,
        };
        struct cw_error error;
        enum cw_err err = cw_lane_submit(bed->lane, &job, &error);
        if (err == CW_OK) {
            message->progress = IN_LANE;
        } else if (err != CW_ERR_LIMIT) {
            fail_msg("%s", error.text);
        }
    }
}

static void submit(struct bed *bed) {
    submit_up_to(bed, bed->n);
}

/* --- start and crash -------------------------------------------------------------------------- */

static void open_store(struct bed *bed) {
    struct cw_error error;
    int64_t other;
    if (cw_store_open(&bed->store, bed->path, CW_STORE_WRITE, wall_ms(), &error) != CW_OK ||
        cw_store_chain(bed->store, "dev", (struct cw_chain_id){31337}, &bed->chain_row, &error) !=
            CW_OK ||
        cw_store_chain(bed->store, "l2", (struct cw_chain_id){901}, &other, &error) != CW_OK ||
        cw_store_route(bed->store, "route", cw_adapter_find("opstack", "withdrawal"),
                       bed->chain_row, other, &bed->route, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
}

/* The first one is never there. */
static void open_send(struct bed *bed) {
    const struct cw_rpc_endpoint_config endpoints[] = {{.url = "http://127.0.0.1:9"}, {.url = url}};
    const struct cw_rpc_config config = {.chain = "dev",
                                         .chain_id = {31337},
                                         .endpoints = endpoints,
                                         .endpoints_n = CW_COUNT(endpoints),
                                         .coalesce_ms = 1,
                                         .batch_max = 1,
                                         .only_send = true};
    struct cw_error error;
    assert_int_equal(cw_rpc_new(&bed->send, bed->loop, &config, &error), CW_OK);
}

static void start(struct bed *bed) {
    struct cw_error error;
    struct cw_rpc_endpoint_config endpoint = {.url = bed->sends_apart ? proxy : url};
    const struct cw_rpc_config rpc = {.chain = "dev",
                                      .chain_id = {31337},
                                      .endpoints = &endpoint,
                                      .endpoints_n = 1,
                                      .coalesce_ms = 5};
    open_store(bed);
    assert_int_equal(cw_rpc_new(&bed->rpc, bed->loop, &rpc, &error), CW_OK);
    if (bed->sends_apart) {
        open_send(bed);
    }
    const struct cw_lane_config lane = {
        .lanes = &bed->lanes,
        .loop = bed->loop,
        .rpc = bed->rpc,
        .send = bed->send,
        .store = bed->store,
        .chain_row = bed->chain_row,
        .chain = &bed->chain,
        .signer = bed->signer,
        .moved = on_moved,
        .rebid = on_rebid,
        .shift_foreign = true,
        .foreign = on_foreign,
        .header_at = header_at,
        .ctx = bed,
    };
    assert_int_equal(cw_lane_new(&bed->lane, &lane, &error), CW_OK);
    const struct cw_watch_config watch = {
        .chain = "dev",
        .rpc = bed->rpc,
        .loop = bed->loop,
        .poll_ms = 30,
        .log_range_max = 100,
        .live_blocks = 64,
        .start_block = bed->first_block,
        .batch = on_batch,
        .heads = on_heads,
        .ctx = bed,
    };
    struct cw_arena arena;
    cw_arena_init(&arena, 16u << 20);
    bool found;
    struct cw_block_number cursor = {0};
    struct cw_store_header *headers;
    size_t headers_n;
    assert_int_equal(cw_store_cursor_get(bed->store, bed->chain_row, &found, &cursor, &error),
                     CW_OK);
    assert_int_equal(cw_store_headers_load(bed->store, bed->chain_row, 8192, &arena, &headers,
                                           &headers_n, &error),
                     CW_OK);
    if (cw_watch_new(&bed->watch, &watch, found, cursor, headers, headers_n, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    cw_arena_done(&arena);
    const struct cw_filter filter = {.address = bed->contract, .topics = {topic}, .topics_n = 1};
    assert_int_equal(cw_watch_filters(bed->watch, &filter, 1), CW_OK);
    cw_watch_start(bed->watch);
}

static void stop(struct bed *bed) {
    struct cw_rpc_endpoint_status status;
    cw_rpc_endpoint_status(bed->rpc, 0, &status);
    bed->calls += status.calls;
    cw_lane_free(bed->lane);
    cw_watch_free(bed->watch);
    cw_rpc_free(bed->rpc);
    cw_rpc_free(bed->send);
    cw_store_close(bed->store);
    bed->lane = NULL;
    bed->watch = NULL;
    bed->rpc = NULL;
    bed->send = NULL;
    bed->store = NULL;
    bed->resumed = false;
}

/* What was in memory is gone; what became of each message is read from the store. */
static void crash(struct bed *bed) {
    stop(bed);
    start(bed);
    bed->crashes++;
    struct cw_arena arena;
    cw_arena_init(&arena, 16u << 20);
    for (size_t i = 0; i < bed->n; i++) {
        struct message *message = &bed->messages[i];
        struct cw_store_attempt *rows;
        size_t n;
        struct cw_error error;
        assert_int_equal(cw_store_attempts_of(bed->store, message->row, &arena, &rows, &n, &error),
                         CW_OK);
        message->attempts = (unsigned)n;
        message->progress = WAITING;
        if (n > 0 && rows[n - 1].state != CW_ATTEMPT_LOST) {
            message->progress = rows[n - 1].state == CW_ATTEMPT_FINAL ? DELIVERED : SENT;
        }
    }
    cw_arena_done(&arena);
}

static void run(struct bed *bed, uint64_t ms) {
    for (uint64_t end = now_ms() + ms, now = now_ms(); now < end; now = now_ms()) {
        struct cw_error error;
        if (cw_loop_step(bed->loop, (uint32_t)(end - now), &error) != CW_OK) {
            fail_msg("%s", error.text);
        }
    }
}

static double cpu_ms(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static int set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    struct cw_error error;
    struct cw_rpc_endpoint_config endpoint = {.url = url};
    const struct cw_rpc_config config = {.chain = "dev",
                                         .chain_id = {31337},
                                         .endpoints = &endpoint,
                                         .endpoints_n = 1,
                                         .coalesce_ms = 1};
    if (cw_loop_new(&bed->loop, cw_clock_system(), &error) != CW_OK ||
        cw_rpc_new(&bed->driver, bed->loop, &config, &error) != CW_OK ||
        cw_signer_local(&bed->signer, &secret, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    temp_make(&bed->dir);
    temp_path(&bed->dir, "causeway.db", bed->path, sizeof bed->path);
    bed->chain = (struct cw_config_chain){
        .name = "dev",
        .chain_id = 31337,
        .symbol = "ETH",
        .tx_gas_cap = 16777216,
        .min_tip = {cw_u256_from_u64(100000000)},
        .max_fee = {cw_u256_from_u64(500000000000)},
        .fee_percentile = 50,
        .fee_blocks = 10,
        .max_in_flight = 16,
        .replace_after_blocks = 3,
    };
    bed->policy = (struct cw_config_policy){
        .relay_all = true,
        .max_gas = 1000000,
        .daily_fee_budget = {cw_u256_from_u64(10000000000000000000u)},
    };
    tell(bed, "evm_setAutomine", "[false]");
    deploy(bed);
    mine(bed, 12); /* reorganizations stay above the contract */
    bed->first_block = ask_u64(bed, "eth_blockNumber", "[]");
    bed->first_nonce = nonce(bed);
    bed->salt = now_ms();
    bed->cpu_ms = cpu_ms();
    *state = bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    if (bed->lane != NULL) {
        stop(bed);
    }
    cw_signer_free(bed->signer);
    cw_rpc_free(bed->driver);
    cw_loop_free(bed->loop);
    temp_remove(&bed->dir);
    free(bed);
    return 0;
}

static void put_messages(struct bed *bed, size_t n) {
    struct cw_error error;
    open_store(bed);
    for (size_t i = 0; i < n; i++) {
        struct message *message = &bed->messages[i];
        struct cw_store_message put = {
            .route = bed->route,
            .m = {.stage = CW_STAGE_SEEN, .source = {.number = {1}, .hash = {{1}}}},
            .condition = CW_READY,
            .log_index = i,
        };
        message->bed = bed;
        message->data[0] = 1;
        message->data[31] = (uint8_t)i;
        memcpy(put.m.id.b, message->data, 32);
        bool new_;
        if (cw_store_message_put(bed->store, &put, wall_ms(), &message->row, &new_, &error) !=
            CW_OK) {
            fail_msg("%s", error.text);
        }
    }
    bed->n = n;
    cw_store_close(bed->store);
}

static size_t count(const struct bed *bed, enum progress progress) {
    size_t n = 0;
    for (size_t i = 0; i < bed->n; i++) {
        n += bed->messages[i].progress == progress;
    }
    return n;
}

/* Until all are final; then each was carried out once, and no nonce was used for anything else. */
static void finish(struct bed *bed, uint64_t ms) {
    for (uint64_t end = now_ms() + ms; count(bed, DELIVERED) < bed->n;) {
        struct cw_lane_status status;
        cw_lane_status(bed->lane, &status);
        if (now_ms() > end) {
            struct cw_watch_progress watch;
            cw_watch_progress(bed->watch, &watch);
            fail_msg("%zu of %zu delivered, %zu in the lane, %zu sent; trouble: %s; last: %s; "
                     "watcher: %s",
                     count(bed, DELIVERED), bed->n, count(bed, IN_LANE), count(bed, SENT),
                     status.trouble, bed->last_failure, watch.trouble);
        }
        submit(bed);
        mine(bed, 1);
        run(bed, 60);
    }
    struct cw_arena arena;
    cw_arena_init(&arena, 64u << 20);
    struct cw_buf params;
    cw_buf_init(&params, 4096);
    const struct cw_filter filter = {.address = bed->contract, .topics = {topic}, .topics_n = 1};
    cw_eth_params_logs(&params, &filter, 1, (struct cw_block_number){bed->first_block},
                       (struct cw_block_number){ask_u64(bed, "eth_blockNumber", "[]")});
    struct cw_json_doc *doc = call(bed, "eth_getLogs", cw_buf_cstr(&params));
    cw_buf_done(&params);
    struct cw_log *logs = NULL;
    size_t n = 0;
    assert_int_equal(cw_eth_logs(&logs, &n, &arena, cw_json_root(doc), NULL), CW_OK);
    unsigned times[MESSAGES_MAX] = {0};
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(logs[i].data.n, 32);
        assert_true(logs[i].data.p[31] < bed->n);
        times[logs[i].data.p[31]]++;
    }
    for (size_t i = 0; i < bed->n; i++) {
        assert_int_equal(times[i], 1);
    }
    cw_json_free(doc);
    cw_arena_done(&arena);
    assert_int_equal(nonce(bed), bed->first_nonce + bed->n + bed->foreign);
    struct cw_rpc_endpoint_status status;
    cw_rpc_endpoint_status(bed->rpc, 0, &status);
    unsigned lost = 0, attempts = 0;
    for (size_t i = 0; i < bed->n; i++) {
        lost += bed->messages[i].lost;
        attempts += bed->messages[i].attempts;
    }
    printf("# %zu messages, %u attempts (%u lost), %u crashes, %u reorgs, %u times out of a block, "
           "%" PRIu64 " calls, %.2f ms of CPU a message with the watcher and this program\n",
           bed->n, attempts, lost, bed->crashes, bed->reorgs, bed->gone, bed->calls + status.calls,
           (cpu_ms() - bed->cpu_ms) / (double)bed->n);
}

/* --- cases ------------------------------------------------------------------------------------ */

static void lane__64_messages__each_once(void **state) {
    struct bed *bed = *state;
    put_messages(bed, 64);
    start(bed);
    finish(bed, 30000);
    assert_int_equal(bed->failures, 0);
    for (size_t i = 0; i < bed->n; i++) {
        assert_int_equal(bed->messages[i].attempts, 1);
    }
}

/* Steps until n messages are in that state or further. */
static void until(struct bed *bed, size_t n, enum progress progress) {
    for (uint64_t end = now_ms() + 10000; now_ms() < end; run(bed, 5)) {
        size_t have = 0;
        for (size_t i = 0; i < bed->n; i++) {
            have += bed->messages[i].progress >= progress;
        }
        if (have >= n) {
            return;
        }
    }
    fail_msg("%zu messages did not get to state %d", n, progress);
}

/* Steps until the pool has n transactions that can be mined. What no head brings back is sent again
 * after 12, 24, 48 seconds. */
static void until_pool(struct bed *bed, uint64_t n) {
    for (uint64_t end = now_ms() + 60000; now_ms() < end; run(bed, 10)) {
        struct cw_json_doc *doc = call(bed, "txpool_status", "[]");
        uint64_t pending = 0;
        assert_int_equal(cw_eth_u64(&pending, cw_json_get(cw_json_root(doc), "pending"), NULL),
                         CW_OK);
        cw_json_free(doc);
        if (pending >= n) {
            return;
        }
    }
    fail_msg("%" PRIu64 " transactions did not get into the pool", n);
}

static void lane__blocks_are_reorganized__each_once(void **state) {
    struct bed *bed = *state;
    put_messages(bed, 16);
    start(bed);
    while (!bed->resumed) {
        run(bed, 5);
    }
    for (unsigned depth = 1; depth <= 8; depth++) {
        submit_up_to(bed, 2 * (size_t)depth);
        until(bed, 2 * (size_t)depth, SENT);
        until_pool(bed, count(bed, SENT));
        /* Once the lane never hears of the block: then the schedule brings them back. */
        bool seen = depth != 4;
        mine(bed, depth); /* the first of these has them, the reorganization takes it away */
        if (seen) {
            until(bed, 2 * (size_t)depth, INCLUDED);
        }
        unsigned gone = bed->gone;
        reorg(bed, depth);
        for (uint64_t end = now_ms() + 10000; seen && bed->gone < gone + 2; run(bed, 5)) {
            assert_true(now_ms() < end);
        }
    }
    finish(bed, 30000);
    assert_true(bed->gone >= 14);
}

static void lane__crashes_at_any_time__each_once(void **state) {
    struct bed *bed = *state;
    put_messages(bed, 32);
    start(bed);
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 25; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        submit(bed);
        run(bed, random % 70);
        if (random / 128 % 3 != 0) {
            mine(bed, 1);
        }
        if (random / 1024 % 2 == 0) {
            crash(bed);
        }
        if (random / 4096 % 6 == 0) {
            reorg(bed, 1 + (unsigned)(random / 65536 % 5));
        }
    }
    finish(bed, 30000);
    assert_true(bed->crashes > 5);
}

static void lane__somebody_else_uses_the_key__shifts_and_delivers(void **state) {
    struct bed *bed = *state;
    put_messages(bed, 12);
    start(bed);
    for (int i = 0; i < 4; i++) {
        run(bed, 30);
        submit(bed);
        run(bed, i % 2 ? 8 : 100);
        send_foreign(bed);
        run(bed, 50);
        mine(bed, 1);
    }
    finish(bed, 40000);
    assert_true(bed->foreign == 4);
}

static void lane__the_base_fee_jumps__waits_and_delivers(void **state) {
    struct bed *bed = *state;
    put_messages(bed, 8);
    start(bed);
    run(bed, 100);
    submit(bed);
    run(bed, 5);
    tell(bed, "anvil_setNextBlockBaseFeePerGas", "[\"0x174876e800\"]"); /* 100 gwei */
    run(bed, 100);
    mine(bed, 1);
    run(bed, 100);
    tell(bed, "anvil_setNextBlockBaseFeePerGas", "[\"0x3b9aca00\"]");
    mine(bed, 1);
    finish(bed, 60000);
}

/* Broadcast, repeated after a restart and after a reorganization, and bid for: the script looks at
 * what the proxy saw. */
static void lane__sends_apart__each_once(void **state) {
    struct bed *bed = *state;
    bed->sends_apart = true;
    put_messages(bed, 6);
    start(bed);
    while (!bed->resumed) {
        run(bed, 5);
    }
    submit_up_to(bed, 4);
    until(bed, 4, SENT);
    crash(bed);
    until_pool(bed, 4);
    mine(bed, 2);
    until(bed, 4, INCLUDED);
    reorg(bed, 2);
    tell(bed, "anvil_setNextBlockBaseFeePerGas", "[\"0x174876e800\"]");
    mine(bed, 1);
    run(bed, 500);
    finish(bed, 60000);
}

static const struct cw_data_fee *opstack(void) {
    size_t i = 0;
    while (cw_data_fees[i] != NULL && strcmp(cw_data_fees[i]->name, "opstack") != 0) {
        i++;
    }
    return cw_data_fees[i];
}

/* What the genuine contract says of those very bytes. */
static struct cw_wei data_fee_of(struct bed *bed, struct cw_arena *arena, struct cw_slice raw) {
    struct cw_tx tx;
    struct cw_signature signature;
    struct cw_addr20 to;
    struct cw_slice data, answer;
    struct cw_buf params;
    const struct cw_wei nothing = {0};
    struct cw_data_cost cost;
    assert_int_equal(cw_tx_decode(arena, &tx, &signature, raw, NULL), CW_OK);
    assert_int_equal(opstack()->ask(arena, &tx, &to, &data), CW_OK);
    cw_buf_init(&params, 1u << 20);
    cw_eth_params_call(&params, &bed->contract, &to, &nothing, data, 0, NULL);
    struct cw_json_doc *doc = call(bed, "eth_call", cw_buf_cstr(&params));
    cw_buf_done(&params);
    assert_int_equal(cw_eth_data(&answer, arena, cw_json_root(doc), NULL), CW_OK);
    assert_int_equal(opstack()->read(answer, &cost), CW_OK);
    cw_json_free(doc);
    return cost.fee;
}

static void lane__rollup__data_is_counted(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    struct cw_error error;
    bed->chain.data_fee = opstack();
    put_messages(bed, 2);
    start(bed);
    finish(bed, 30000);
    cw_arena_init(&arena, 16u << 20);
    for (size_t i = 0; i < bed->n; i++) {
        struct cw_store_attempt *rows;
        struct cw_store_bid *bids;
        size_t n;
        assert_int_equal(
            cw_store_attempts_of(bed->store, bed->messages[i].row, &arena, &rows, &n, &error),
            CW_OK);
        assert_int_equal(n, 1);
        assert_int_equal(cw_store_bids(bed->store, rows[0].row, &arena, &bids, &n, &error), CW_OK);
        const struct cw_wei fee = data_fee_of(bed, &arena, bids[0].raw);
        const struct cw_wei twice = cw_wei_add(&fee, &fee);
        assert_false(cw_u256_is_zero(&fee.v));
        assert_true(cw_wei_cmp(&bids[0].data_fee, &fee) >= 0);
        assert_true(cw_wei_cmp(&bids[0].data_fee, &twice) <= 0);
        char said[CW_WEI_TEXT_SIZE], real[CW_WEI_TEXT_SIZE];
        printf("# data: at most %s counted, %s asked for\n",
               cw_wei_format(said, &bids[0].data_fee, "ETH"), cw_wei_format(real, &fee, "ETH"));
    }
    cw_arena_done(&arena);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s URL PROXY\n", argv[0]);
        return 2;
    }
    url = argv[1];
    proxy = argv[2];
    cw_log_setup(getenv("LANE_LOG") != NULL ? CW_LOG_DEBUG : CW_LOG_ERROR, false);
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(lane__64_messages__each_once),
        CASE(lane__blocks_are_reorganized__each_once),
        CASE(lane__crashes_at_any_time__each_once),
        CASE(lane__somebody_else_uses_the_key__shifts_and_delivers),
        CASE(lane__the_base_fee_jumps__waits_and_delivers),
        CASE(lane__sends_apart__each_once),
        CASE(lane__rollup__data_is_counted),
    };
    return cmocka_run_group_tests_name("lane_anvil", tests, NULL, NULL);
}
