/* What endpoints are asked, counted, and kept in the store. */
#include "rpc_bed.h"

#include "fault_vfs.h"
#include "temp.h"
#include "work/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1700000000000u

/* --- calls ---------------------------------------------------------------------------------- */

static struct cw_rpc_method_status calls_of(const struct bed *bed, size_t i, const char *method) {
    struct cw_rpc_method_status status = {0};
    for (size_t m = 0; m < cw_rpc_methods(bed->rpc, i); m++) {
        cw_rpc_method_status(bed->rpc, i, m, &status);
        if (strcmp(status.method, method) == 0) {
            return status;
        }
    }
    return (struct cw_rpc_method_status){.method = ""};
}

static void calls__batches_and_probes__each_element_is_one(void **state) {
    struct bed *bed = *state;
    struct ask asks[5];
    open_rpc(bed, 2, 50);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        struct cw_rpc_request request = request_for(&asks[i], "[\"0x2a\"]");
        request.method = i < 3 ? "test_echo" : "test_other";
        request.operator_ = 1;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
        assert_good(&asks[i], "first");
    }
    assert_int_equal(bed->nodes[0].requests, 1);
    assert_int_equal(calls_of(bed, 0, "test_echo").calls, 3);
    assert_int_equal(calls_of(bed, 0, "test_other").calls, 2);
    assert_int_equal(calls_of(bed, 0, "eth_chainId").calls, 1);
    assert_int_equal(calls_of(bed, 0, "test_echo").failures, 0);
    assert_int_equal(status_of(bed, 0).calls, 6);
    assert_int_equal(calls_of(bed, 1, "test_echo").calls, 0);
}

/* Every way in which nothing of use comes back is one failure a call; what is an answer is none. */
static void calls__no_answer_of_use__a_failure_each(void **state) {
    struct bed *bed = *state;
    static const struct {
        enum node_manner manner;
        const char *raw;
        unsigned failures; /* of three calls */
    } cases[] = {
        {NODE_HONEST, "", 0},
        {NODE_NULL, "", 0},
        {NODE_ERROR, "{\"code\":3,\"message\":\"execution reverted\"}", 0},
        {NODE_ERROR, "{\"code\":-32000,\"message\":\"header not found\"}", 0},
        {NODE_ERROR, "{\"code\":-32601,\"message\":\"method not found\"}", 0},
        {NODE_ERROR, "{\"code\":-32005,\"message\":\"rate limit\"}", 3},
        {NODE_ERROR, "{\"code\":-32603,\"message\":\"internal error\"}", 3},
        {NODE_ERROR, "{\"code\":-32000,\"message\":\"invalid API key\"}", 3},
        {NODE_ERROR, "5", 3},
        {NODE_BOTH, "", 3},
        {NODE_HANG_UP, "", 3},
        {NODE_HALF_JSON, "", 3},
        {NODE_OMITS, "", 3},
        {NODE_RENUMBERS, "", 3},
    };
    for (size_t c = 0; c < CW_COUNT(cases); c++) {
        struct ask asks[3];
        cw_rpc_free(bed->rpc);
        open_rpc(bed, 1, 50);
        bed->nodes[0].manner = NODE_HONEST;
        ask_one(bed, &asks[0]);
        bed->nodes[0].manner = cases[c].manner;
        bed->nodes[0].raw = cases[c].raw;
        for (size_t i = 0; i < CW_COUNT(asks); i++) {
            struct cw_rpc_request request = request_for(&asks[i], "[\"0x2a\"]");
            request.once = true;
            assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
        }
        for (size_t i = 0; i < CW_COUNT(asks); i++) {
            run(bed, &asks[i]);
        }
        struct cw_rpc_method_status status = calls_of(bed, 0, "test_echo");
        if (status.calls != 4 || status.failures != cases[c].failures) {
            fail_msg("%zu: %d calls, %d failures", c, (int)status.calls, (int)status.failures);
        }
        struct cw_rpc_endpoint_status endpoint = status_of(bed, 0);
        assert_int_equal(endpoint.answers, 3); /* with the probe's */
        assert_int_equal(endpoint.bad, cases[c].failures > 0);
    }
}

static void calls__refused_by_the_check_or_not_in_time__failures(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 1, 50);
    ask_one(bed, &ask);
    struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
    request.once = true;
    request.check = on_check_always;
    ask.checks_as = CW_ERR_INPUT;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_int_equal(calls_of(bed, 0, "test_echo").failures, 1);
    assert_int_equal(status_of(bed, 0).state, CW_RPC_CAUGHT);
    assert_null(strstr(bed->log, "answers again"));
    bed->clock.now_ms += 60000;
    ask_one(bed, &ask);
    assert_int_equal(status_of(bed, 0).state, CW_RPC_WELL);
    bed->nodes[0].manner = NODE_NEVER;
    request = request_for(&ask, "[\"0x2a\"]");
    request.give_up_ms = 1000;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_int_equal(calls_of(bed, 0, "test_echo").failures, 2);
    assert_int_equal(status_of(bed, 0).contradictions, 1);
}

static void calls__more_methods_than_are_told_apart__nothing_lost(void **state) {
    struct bed *bed = *state;
    struct ask asks[40];
    uint64_t calls = 0;
    open_rpc(bed, 1, 50);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        char method[32];
        snprintf(method, sizeof(method), "test_%zu", i);
        struct cw_rpc_request request = request_for(&asks[i], "[\"0x2a\"]");
        request.method = method;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
    }
    for (size_t m = 0; m < cw_rpc_methods(bed->rpc, 0); m++) {
        struct cw_rpc_method_status status;
        cw_rpc_method_status(bed->rpc, 0, m, &status);
        calls += status.calls;
    }
    assert_int_equal(calls, 41);
    assert_int_equal(calls_of(bed, 0, "other").calls, 41 - 31);
}

/* --- heads ---------------------------------------------------------------------------------- */

static void head_seen__one_is_behind__by_so_many_blocks(void **state) {
    struct bed *bed = *state;
    open_rpc(bed, 2, 50);
    assert_false(status_of(bed, 0).has_head);
    cw_rpc_head_seen(bed->rpc, "first", 100);
    assert_true(status_of(bed, 0).has_head);
    assert_int_equal(status_of(bed, 0).lag, 0);
    cw_rpc_head_seen(bed->rpc, "second", 107);
    assert_int_equal(status_of(bed, 0).lag, 0); /* it was not behind when it said so */
    cw_rpc_head_seen(bed->rpc, "first", 101);
    assert_int_equal(status_of(bed, 0).lag, 6);
    cw_rpc_head_seen(bed->rpc, "nobody", 1000);
    cw_rpc_head_seen(bed->rpc, "first", 107);
    assert_int_equal(status_of(bed, 0).lag, 0);
    /* What was said long ago counts no longer. */
    bed->clock.now_ms += 300001;
    cw_rpc_head_seen(bed->rpc, "first", 90);
    assert_int_equal(status_of(bed, 0).lag, 0);
}

static void head_seen__one_of_three_makes_a_head_up__nobody_is_behind(void **state) {
    struct bed *bed = *state;
    open_rpc(bed, 3, 50);
    cw_rpc_head_seen(bed->rpc, "first", 100);
    cw_rpc_head_seen(bed->rpc, "second", 100);
    cw_rpc_head_seen(bed->rpc, "third", UINT64_MAX);
    cw_rpc_head_seen(bed->rpc, "first", 100);
    cw_rpc_head_seen(bed->rpc, "second", 90);
    assert_int_equal(status_of(bed, 0).lag, 0);
    assert_int_equal(status_of(bed, 1).lag, 10);
    assert_int_equal(status_of(bed, 2).lag, 0);
}

/* --- in the store --------------------------------------------------------------------------- */

struct daemon {
    struct bed *bed;
    struct temp temp;
    struct cw_arena arena;
    struct cw_error error;
    struct cw_store *store;
    struct cw_watch *watch;
    struct cw_config_chain config;
    struct chain chain;
    struct cw_relay relay;
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, d->error.text);                                              \
    } while (0)

static enum cw_err no_batch(void *ctx, const struct cw_watch_batch *batch) {
    (void)ctx;
    (void)batch;
    return CW_OK;
}

static void daemon_start(struct daemon *d) {
    char path[512];
    temp_path(&d->temp, "data/causeway.db", path, sizeof(path));
    OK(cw_store_open(&d->store, path, CW_STORE_WRITE, NOW, &d->error));
    d->config = (struct cw_config_chain){.name = "l1", .chain_id = 10};
    d->relay = (struct cw_relay){
        .loop = d->bed->loop, .store = d->store, .chains = &d->chain, .chains_n = 1};
    d->chain = (struct chain){.relay = &d->relay, .config = &d->config, .rpc = d->bed->rpc};
    OK(cw_store_chain(d->store, "l1", (struct cw_chain_id){10}, &d->chain.row, &d->error));
    struct cw_watch_config watch = {.chain = "l1",
                                    .rpc = d->bed->rpc,
                                    .loop = d->bed->loop,
                                    .poll_ms = 1000,
                                    .batch = no_batch};
    OK(cw_watch_new(&d->watch, &watch, false, (struct cw_block_number){0}, NULL, 0, &d->error));
    d->chain.watch = d->watch;
    OK(health_new(&d->chain, &d->error));
}

static void daemon_stop(struct daemon *d) {
    health_free(d->chain.health);
    cw_watch_free(d->watch);
    cw_store_close(d->store);
}

static struct daemon *daemon_new(struct bed *bed) {
    static struct daemon d;
    d = (struct daemon){.bed = bed};
    temp_make(&d.temp);
    cw_arena_init(&d.arena, 1u << 20);
    open_rpc(bed, 2, 50);
    daemon_start(&d);
    return &d;
}

static void daemon_free(struct daemon *d) {
    daemon_stop(d);
    cw_arena_done(&d->arena);
    temp_remove(&d->temp);
}

static uint64_t stored(struct daemon *d, const char *endpoint, const char *method) {
    struct cw_store_endpoint *endpoints = NULL;
    struct cw_store_calls *calls = NULL;
    size_t n = 0, calls_n = 0;
    OK(cw_store_endpoints(d->store, &d->arena, &endpoints, &n, &d->error));
    OK(cw_store_calls(d->store, &d->arena, &calls, &calls_n, &d->error));
    for (size_t i = 0; i < calls_n; i++)
        for (size_t k = 0; k < n; k++)
            if (calls[i].endpoint == endpoints[k].row &&
                strcmp(endpoints[k].label, endpoint) == 0 && strcmp(calls[i].method, method) == 0)
                return calls[i].calls;
    return 0;
}

static const char *stored_state(struct daemon *d, size_t i, uint64_t *ret_contradictions) {
    struct cw_store_endpoint *endpoints = NULL;
    size_t n = 0;
    OK(cw_store_endpoints(d->store, &d->arena, &endpoints, &n, &d->error));
    assert_true(i < n);
    if (ret_contradictions)
        *ret_contradictions = endpoints[i].contradictions;
    return endpoints[i].state;
}

static void write__now_and_then__counts_go_on_over_a_restart(void **state) {
    struct daemon *d = daemon_new(*state);
    struct bed *bed = *state;
    struct ask ask;
    bed->clock.now_ms += 5000;
    ask_one(bed, &ask);
    health_write(&d->relay, false);
    assert_int_equal(stored(d, "first", "test_echo"), 1);
    assert_int_equal(stored(d, "first", "eth_chainId"), 1);
    assert_int_equal(stored(d, "second", "test_echo"), 0);
    ask_one(bed, &ask);
    health_write(&d->relay, false); /* too early */
    assert_int_equal(stored(d, "first", "test_echo"), 1);
    health_write(&d->relay, true);
    health_write(&d->relay, true); /* nothing twice */
    assert_int_equal(stored(d, "first", "test_echo"), 2);
    assert_string_equal(stored_state(d, 0, NULL), "well");
    /* Another process begins to count from nought. */
    daemon_stop(d);
    cw_rpc_free(bed->rpc);
    open_rpc(bed, 1, 50);
    daemon_start(d);
    ask_one(bed, &ask);
    health_write(&d->relay, true);
    assert_int_equal(stored(d, "first", "test_echo"), 3);
    assert_int_equal(stored(d, "first", "eth_chainId"), 2);
    assert_string_equal(stored_state(d, 0, NULL), "well");
    assert_string_equal(stored_state(d, 1, NULL), "removed");
    daemon_free(d);
}

static void write__failed__the_next_one_makes_up_for_it(void **state) {
    struct daemon *d = daemon_new(*state);
    struct bed *bed = *state;
    struct ask ask;
    ask_one(bed, &ask);
    health_write(&d->relay, true);
    ask_one(bed, &ask);
    fault_vfs_arm(FAULT_FULL, 1);
    health_write(&d->relay, true);
    assert_true(fault_vfs_hit());
    fault_vfs_arm(FAULT_FULL, 0);
    assert_non_null(strstr(bed->log, "calls of the endpoints not written"));
    assert_int_equal(stored(d, "first", "test_echo"), 1);
    ask_one(bed, &ask);
    health_write(&d->relay, true);
    assert_int_equal(stored(d, "first", "test_echo"), 3);
    daemon_free(d);
}

static void write__caught__state_reason_and_contradictions(void **state) {
    struct daemon *d = daemon_new(*state);
    struct bed *bed = *state;
    struct ask ask;
    uint64_t contradictions = 0;
    for (unsigned i = 1; i <= 2; i++) {
        struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
        request.once = true;
        request.check = on_check_always;
        request.operator_ = 1;
        ask.checks_as = CW_ERR_INPUT;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
        run(bed, &ask);
        health_write(&d->relay, true);
        assert_string_equal(stored_state(d, 0, &contradictions), "contradicted");
        assert_int_equal(contradictions, i);
        bed->clock.now_ms += 600000;
    }
    daemon_free(d);
}

static void write__those_that_only_take_transactions__behind_the_others(void **state) {
    struct daemon *d = daemon_new(*state);
    struct bed *bed = *state;
    struct ask ask;
    struct cw_rpc *read = bed->rpc;
    bed->only_send = true;
    open_rpc(bed, 1, 1);
    d->chain.send = bed->rpc;
    health_free(d->chain.health);
    OK(health_new(&d->chain, &d->error));
    ask_one(bed, &ask);
    bed->rpc = read;
    ask_one(bed, &ask);
    ask_one(bed, &ask);
    health_write(&d->relay, true);
    assert_int_equal(stored(d, "first", "test_echo"), 2);
    assert_int_equal(stored(d, "send: first", "test_echo"), 1);
    assert_int_equal(stored(d, "send: first", "eth_chainId"), 0);
    assert_string_equal(stored_state(d, 2, NULL), "well");
    cw_rpc_free(d->chain.send);
    daemon_free(d);
}

int main(void) {
    fault_vfs_install();
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(calls__batches_and_probes__each_element_is_one),
        T(calls__no_answer_of_use__a_failure_each),
        T(calls__refused_by_the_check_or_not_in_time__failures),
        T(calls__more_methods_than_are_told_apart__nothing_lost),
        T(head_seen__one_is_behind__by_so_many_blocks),
        T(head_seen__one_of_three_makes_a_head_up__nobody_is_behind),
        T(write__now_and_then__counts_go_on_over_a_restart),
        T(write__failed__the_next_one_makes_up_for_it),
        T(write__caught__state_reason_and_contradictions),
        T(write__those_that_only_take_transactions__behind_the_others),
    };
    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
