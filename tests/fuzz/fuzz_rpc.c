/* Answers of an endpoint: the first byte says how many calls were asked in one batch (1 to 4; their
 * ids begin with 1) and under which HTTP status the rest, the body, comes. Each call must end
 * exactly once; every reader of results, and the one of errors, is run over what it gets. */
#include "net/eth.h"
#include "net/rpc_private.h"
#include "net/sort.h"

#include "core/log.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t now_ms = 1;

static uint64_t read_now(void *ctx) {
    (void)ctx;
    return now_ms;
}

static void no_log(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    assert(strpbrk(line, "\n\r\t\x1b") == NULL);
}

/* --- every reader over one value ------------------------------------------------------------ */

static void check_read(enum cw_err err, struct cw_error *error) {
    assert(err == CW_OK || (error->code == err && error->text[0] != '\0'));
    *error = (struct cw_error){CW_OK, ""};
}

static void read_all(const struct cw_json *value) {
    static struct cw_header header;
    struct cw_error error = {CW_OK, ""};
    struct cw_arena arena;
    struct cw_hash32 hash;
    struct cw_addr20 address;
    struct cw_u256 wide;
    uint64_t narrow;
    struct cw_slice bytes;
    struct cw_log *logs;
    struct cw_receipt *receipts;
    size_t n;
    struct cw_eth_proof proof;
    struct cw_eth_tx_receipt receipt;
    struct cw_eth_fees fees;
    const struct cw_slice *calls;
    cw_arena_init(&arena, (size_t)1 << 20);
    check_read(cw_eth_u64(&narrow, value, &error), &error);
    check_read(cw_eth_u256(&wide, value, &error), &error);
    check_read(cw_eth_hash32(&hash, value, &error), &error);
    check_read(cw_eth_addr20(&address, value, &error), &error);
    check_read(cw_eth_data(&bytes, &arena, value, &error), &error);
    check_read(cw_eth_header(&header, &hash, value, &error), &error);
    check_read(cw_eth_logs(&logs, &n, &arena, value, &error), &error);
    check_read(cw_eth_receipts(&receipts, &n, &arena, value, &error), &error);
    check_read(cw_eth_proof(&proof, &arena, value, &error), &error);
    check_read(cw_eth_tx_receipt(&receipt, &arena, value, &error), &error);
    check_read(cw_eth_calls(&calls, &n, &arena, value, &address, &error), &error);
    check_read(cw_eth_fee_history(&fees, value, &error), &error);
    cw_arena_done(&arena);

    struct cw_buf revert;
    char text[TEXT_SIZE];
    cw_buf_init(&revert, (size_t)1 << 20);
    enum cw_sorted sorted = cw_sort_error(value, text, sizeof(text), &revert);
    assert(cw_sorted_err(sorted) != CW_OK);
    assert(memchr(text, '\0', sizeof(text)) != NULL);
    cw_buf_done(&revert);
}

/* --- one answer ----------------------------------------------------------------------------- */

static enum cw_err on_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    read_all(value);
    /* Some answers are not taken, so that what follows runs too. */
    return cw_json_type(value) == CW_JSON_BOOL
               ? cw_error_set(error, CW_ERR_CONTRADICTED, "a boolean")
               : CW_OK;
}

static void on_done(void *ctx, const struct cw_rpc_result *result) {
    ++*(unsigned *)ctx;
    assert(result->text != NULL && strstr(result->text, "topsecret") == NULL);
    assert((result->err == CW_OK) == (result->value != NULL));
}

static void feed(struct cw_loop *loop, size_t calls, long status, struct cw_slice body) {
    const struct cw_rpc_endpoint_config endpoint = {"http://127.0.0.1:9/topsecret", NULL, 0};
    const struct cw_rpc_config config = {
        .chain = "x", .chain_id = {1}, .endpoints = &endpoint, .endpoints_n = 1};
    struct cw_rpc *rpc = NULL;
    unsigned done[4] = {0};
    if (cw_rpc_new(&rpc, loop, &config, NULL) != CW_OK) {
        return;
    }
    rpc->endpoints[0].verified = true;
    for (size_t i = 0; i < calls; i++) {
        const struct cw_rpc_request request = {
            .method = "eth_x", .params = "[]", .check = on_check, .done = on_done, .ctx = &done[i]};
        uint64_t id = cw_rpc_submit(rpc, &request);
        assert(id == i + 1);
        (void)id;
    }
    rpc_dispatch(rpc, CW_RPC_QUICK);
    struct batch *batch = rpc->endpoints[0].under_way[CW_RPC_QUICK].oldest;
    assert(batch != NULL && batch->n == calls && batch->first_id == 1);
    cw_http_cancel(loop, batch->http); /* nothing went out: the loop has not turned */
    batch_answered(batch, CW_OK, status, 0, body, "");
    size_t over = 0;
    for (size_t i = 0; i < calls; i++) {
        assert(done[i] <= 1);
        over += done[i];
    }
    assert(over + rpc->queue[CW_RPC_QUICK].n == calls);
    cw_rpc_free(rpc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const long statuses[] = {200, 200, 200, 400, 429, 500, 413, 302};
    static const struct cw_clock clock = {read_now, read_now, NULL};
    static struct cw_loop *loop;
    if (loop == NULL) {
        cw_log_redirect(no_log, NULL);
        if (cw_loop_new(&loop, &clock, NULL) != CW_OK) {
            return 0;
        }
    }
    if (size > 0) {
        feed(loop, 1 + data[0] % 4, statuses[data[0] / 4 % CW_COUNT(statuses)],
             cw_slice_of(data + 1, size - 1));
    }
    return 0;
}
