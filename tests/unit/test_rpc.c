#include "net/rpc.h"

#include "core/log.h"
#include "fake_clock.h"
#include "fake_node.h"
#include "http_server.h"
#include "net/url.h"
#include "nth_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NODES 2

struct bed {
    struct fake_clock clock;
    struct cw_loop *loop;
    struct node nodes[NODES];
    struct cw_rpc *rpc;
    unsigned findings;
    char finding[512];
    unsigned log_lines;
    char log[4096]; /* the last lines */
    bool leaked;
};

static void on_finding(void *ctx, const char *endpoint, const char *method, const char *text) {
    struct bed *bed = ctx;
    bed->findings++;
    snprintf(bed->finding, sizeof(bed->finding), "%s %s %s", endpoint, method, text);
}

/* No test's URL carries anything that may be shown but host and port. */
static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    struct bed *bed = ctx;
    (void)level;
    bed->log_lines++;
    bed->leaked = bed->leaked || strstr(line, "topsecret") != NULL;
    size_t n = strlen(bed->log);
    if (n > sizeof(bed->log) / 2) {
        n = 0;
    }
    snprintf(bed->log + n, sizeof(bed->log) - n, "%s\n", line);
}

static int set_up(void **state) {
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    fake_clock_init(&bed.clock);
    for (size_t i = 0; i < NODES; i++) {
        node_init(&bed.nodes[i]);
    }
    cw_log_setup(CW_LOG_INFO, false);
    cw_log_redirect(on_line, &bed);
    *state = &bed;
    return cw_loop_new(&bed.loop, &bed.clock.clock, NULL) == CW_OK ? 0 : -1;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    cw_rpc_free(bed->rpc);
    bed->rpc = NULL;
    cw_loop_free(bed->loop);
    for (size_t i = 0; i < NODES; i++) {
        node_done(&bed->nodes[i]);
    }
    cw_log_redirect(NULL, NULL);
    return bed->leaked ? -1 : 0;
}

/* A client of the first n nodes, whose labels are "first" and "second". */
static void open_rpc(struct bed *bed, size_t n, uint32_t batch_max) {
    static const char *const names[NODES] = {"first", "second"};
    struct cw_rpc_endpoint_config endpoints[NODES];
    char urls[NODES][128];
    for (size_t i = 0; i < n; i++) {
        node_url(&bed->nodes[i], urls[i], "/v1/topsecret-path?key=topsecret-query");
        endpoints[i] = (struct cw_rpc_endpoint_config){urls[i], names[i]};
    }
    const struct cw_rpc_config config = {
        .chain = "l1",
        .chain_id = {10},
        .endpoints = endpoints,
        .endpoints_n = n,
        .coalesce_ms = 2,
        .batch_max = batch_max,
        .max_answer_bytes = 100000,
        .finding = on_finding,
        .finding_ctx = bed,
    };
    struct cw_error error;
    assert_int_equal(cw_rpc_new(&bed->rpc, bed->loop, &config, &error), CW_OK);
}

static void step(struct bed *bed) {
    struct cw_error error;
    assert_int_equal(cw_loop_step(bed->loop, 1, &error), CW_OK);
    for (size_t i = 0; i < NODES; i++) {
        node_step(&bed->nodes[i]);
    }
    bed->clock.now_ms++;
}

/* --- one call ------------------------------------------------------------------------------- */

struct ask {
    unsigned done, checked;
    enum cw_err err, checks_as;
    const char *check_refuses; /* an endpoint's value that check does not take */
    char value[256], text[1024], endpoint[64];
    size_t revert_n;
    uint8_t revert[64];
    struct cw_rpc *cancels; /* another call, when done */
    uint64_t cancels_id;
};

static void on_done(void *ctx, const struct cw_rpc_result *result) {
    struct ask *ask = ctx;
    ask->done++;
    ask->err = result->err;
    if (result->err == CW_OK) {
        const char *text = cw_json_string(result->value);
        snprintf(ask->value, sizeof(ask->value), "%s",
                 text != NULL ? text : cw_json_type_name(cw_json_type(result->value)));
    }
    snprintf(ask->text, sizeof(ask->text), "%s", result->text);
    snprintf(ask->endpoint, sizeof(ask->endpoint), "%s", result->endpoint);
    ask->revert_n = result->revert.n;
    assert_true(ask->revert_n <= sizeof(ask->revert));
    if (ask->revert_n > 0) {
        memcpy(ask->revert, result->revert.p, ask->revert_n);
    }
    if (ask->cancels != NULL) {
        cw_rpc_cancel(ask->cancels, ask->cancels_id);
    }
}

static enum cw_err on_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct ask *ask = ctx;
    ask->checked++;
    (void)value;
    if (ask->checks_as == CW_OK || ask->checked > 1) {
        return CW_OK;
    }
    return cw_error_set(error, ask->checks_as, "not what it should be");
}

static enum cw_err on_check_always(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct ask *ask = ctx;
    ask->checked++;
    (void)value;
    return cw_error_set(error, ask->checks_as, "not what it should be");
}

static struct cw_rpc_request request_for(struct ask *ask, const char *params) {
    memset(ask, 0, sizeof(*ask));
    return (struct cw_rpc_request){
        .method = "test_echo", .params = params, .done = on_done, .ctx = ask};
}

static uint64_t submit(struct bed *bed, struct ask *ask, const char *params,
                       enum cw_rpc_class class_) {
    struct cw_rpc_request request = request_for(ask, params);
    request.class_ = class_;
    uint64_t id = cw_rpc_submit(bed->rpc, &request);
    assert_true(id != 0);
    assert_int_equal(ask->done, 0);
    return id;
}

static void run(struct bed *bed, const struct ask *ask) {
    for (int i = 0; i < 3000 && ask->done == 0; i++) {
        step(bed);
    }
    assert_int_equal(ask->done, 1);
}

static void run_steps(struct bed *bed, int n) {
    while (n-- > 0) {
        step(bed);
    }
}

/* Lets time pass in large strides. */
static void run_long(struct bed *bed, const struct ask *ask) {
    for (int i = 0; i < 3000 && ask->done == 0; i++) {
        step(bed);
        bed->clock.now_ms += 49;
    }
    assert_int_equal(ask->done, 1);
}

static void ask_one(struct bed *bed, struct ask *ask) {
    submit(bed, ask, "[\"0x2a\"]", CW_RPC_QUICK);
    run(bed, ask);
}

static void assert_good(const struct ask *ask, const char *endpoint) {
    if (ask->err != CW_OK) {
        fail_msg("%s", ask->text);
    }
    assert_string_equal(ask->value, "0x2a");
    assert_string_equal(ask->endpoint, endpoint);
}

static struct cw_rpc_endpoint_status status_of(const struct bed *bed, size_t i) {
    struct cw_rpc_endpoint_status status;
    cw_rpc_endpoint_status(bed->rpc, i, &status);
    return status;
}

/* --- batches -------------------------------------------------------------------------------- */

static void submit__calls_of_one_moment__one_batch_a_class(void **state) {
    struct bed *bed = *state;
    struct ask asks[6];
    open_rpc(bed, 2, 50);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        char params[32];
        snprintf(params, sizeof(params), "[\"0x%zu\"]", i);
        submit(bed, &asks[i], params, i < 4 ? CW_RPC_QUICK : CW_RPC_HEAVY);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        char value[8];
        snprintf(value, sizeof(value), "0x%zu", i);
        run(bed, &asks[i]);
        assert_int_equal(asks[i].err, CW_OK);
        assert_string_equal(asks[i].value, value);
    }
    unsigned requests = bed->nodes[0].requests + bed->nodes[1].requests;
    assert_int_equal(requests, 2);
    assert_int_equal(bed->nodes[0].elements + bed->nodes[1].elements, 6);
    assert_int_equal(bed->nodes[0].probes, 1);
    assert_int_equal(bed->nodes[1].probes, 1);
    assert_string_equal(bed->nodes[0].path, "/v1/topsecret-path?key=topsecret-query");
    assert_string_equal(cw_rpc_chain(bed->rpc), "l1");
    assert_int_equal(cw_rpc_endpoints(bed->rpc), 2);
}

static void submit__more_than_batch_max__several_batches(void **state) {
    struct bed *bed = *state;
    static struct ask asks[1000];
    open_rpc(bed, 1, 7);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_HEAVY);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
        assert_good(&asks[i], "first");
    }
    assert_int_equal(bed->nodes[0].largest_batch, 7);
    assert_int_equal(bed->nodes[0].elements, 1000);
    assert_int_equal(status_of(bed, 0).calls, 1001);
    assert_int_equal(server_accepted(bed->nodes[0].server) <= 5, 1); /* kept alive */
}

static void batch__refused__halved_and_remembered(void **state) {
    struct bed *bed = *state;
    open_rpc(bed, 1, 50);
    for (int refuses = REFUSES_BY_OBJECT; refuses <= REFUSES_BY_FIRST; refuses++) {
        struct ask asks[50];
        cw_rpc_free(bed->rpc);
        open_rpc(bed, 1, 50);
        bed->nodes[0].batch_max = 10;
        bed->nodes[0].refuses = refuses;
        for (int round = 0; round < 2; round++) {
            bed->nodes[0].largest_batch = 0;
            for (size_t i = 0; i < CW_COUNT(asks); i++) {
                submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_QUICK);
            }
            for (size_t i = 0; i < CW_COUNT(asks); i++) {
                run(bed, &asks[i]);
                assert_good(&asks[i], "first");
            }
            assert_int_equal(bed->nodes[0].largest_batch, round == 0 ? 50 : 6);
        }
        assert_int_equal(status_of(bed, 0).failures, 0);
        assert_int_equal(bed->findings, 0);
    }
}

static void batch__no_batches_at_all__single_calls(void **state) {
    struct bed *bed = *state;
    struct ask asks[9];
    open_rpc(bed, 1, 50);
    bed->nodes[0].batch_max = 1;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_QUICK);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
        assert_good(&asks[i], "first");
    }
    assert_int_equal(bed->nodes[0].last_batch, 1);
}

static void batch__taken_for_long__grows_again(void **state) {
    struct bed *bed = *state;
    struct ask asks[4];
    open_rpc(bed, 1, 4);
    bed->nodes[0].batch_max = 2;
    for (int round = 0; round < 80; round++) {
        for (size_t i = 0; i < CW_COUNT(asks); i++) {
            submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_QUICK);
        }
        for (size_t i = 0; i < CW_COUNT(asks); i++) {
            run(bed, &asks[i]);
        }
        if (round == 0) {
            assert_int_equal(bed->nodes[0].last_batch, 2);
            bed->nodes[0].batch_max = 0;
            bed->nodes[0].largest_batch = 0;
        }
        if (round == 50) {
            assert_int_equal(bed->nodes[0].largest_batch, 2);
        }
    }
    assert_true(bed->nodes[0].largest_batch > 2);
}

static void batch__elements_in_any_order__matched_by_id(void **state) {
    struct bed *bed = *state;
    struct ask asks[5];
    open_rpc(bed, 1, 50);
    bed->nodes[0].manner = NODE_REVERSES;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        char params[32];
        snprintf(params, sizeof(params), "[\"0x%zu\"]", i);
        submit(bed, &asks[i], params, CW_RPC_QUICK);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        char value[8];
        snprintf(value, sizeof(value), "0x%zu", i);
        run(bed, &asks[i]);
        assert_string_equal(asks[i].value, value);
    }
}

static void batch__ids_that_can_not_be__a_finding_and_asked_elsewhere(void **state) {
    struct bed *bed = *state;
    static const struct {
        enum node_manner manner;
        size_t calls;
        const char *finding;
    } cases[] = {
        {NODE_OMITS, 3, "first batch an element of the batch has no answer (missing id)"},
        {NODE_DOUBLES, 3, "first batch two answers with the same id"},
        {NODE_RENUMBERS, 3, "first batch an answer to something that was not asked (unknown id)"},
        {NODE_RENUMBERS, 1,
         "first test_echo an answer to something that was not asked (unknown id)"},
    };
    for (size_t c = 0; c < CW_COUNT(cases); c++) {
        struct ask asks[3];
        cw_rpc_free(bed->rpc);
        open_rpc(bed, 2, 50);
        bed->findings = 0;
        bed->nodes[0].manner = NODE_HONEST;
        ask_one(bed, &asks[0]); /* both are known now */
        run_steps(bed, 20);
        bed->nodes[0].manner = cases[c].manner;
        for (size_t i = 0; i < cases[c].calls; i++) {
            submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_QUICK);
        }
        for (size_t i = 0; i < cases[c].calls; i++) {
            run(bed, &asks[i]);
            assert_good(&asks[i], "second");
        }
        assert_int_equal(bed->findings, 1);
        assert_string_equal(bed->finding, cases[c].finding);
        assert_int_equal(status_of(bed, 0).contradictions, 1);
        assert_false(status_of(bed, 0).usable);
    }
}

/* --- failover ------------------------------------------------------------------------------- */

static void call__first_endpoint_fails__second_answers(void **state) {
    struct bed *bed = *state;
    static const struct {
        enum node_manner manner;
        int status;
        const char *raw, *last_error;
    } cases[] = {
        {NODE_HANG_UP, 0, "", NULL},
        {NODE_TRUNCATES, 0, "", NULL},
        {NODE_HALF_JSON, 0, "", NULL},
        {NODE_ENDLESS, 0, "", "answer is over the cap of 100000 bytes"},
        {NODE_STATUS, 503, "busy", "HTTP 503"},
        {NODE_STATUS, 500, "<html>", "HTTP 500"},
        {NODE_STATUS, 502, "{\"error\":{\"message\":\"no backend\"}}", "HTTP 502: no backend"},
        {NODE_STATUS, 429, "{\"error\":{\"message\":\"slow down\"}}",
         "HTTP 429 (too many requests): slow down"},
        {NODE_STATUS, 403, "", "HTTP 403 (is the key in its URL right?)"},
        {NODE_STATUS, 404, "", "HTTP 404 (is its URL right?)"},
        {NODE_STATUS, 301, "", "HTTP 301 (redirects are not followed)"},
        {NODE_STATUS, 413, "", "HTTP 413 (request too large)"},
        {NODE_RAW, 0, "<html><body>404</body></html>",
         "the answer is no JSON (29 bytes, 1:1: not a value)"},
        {NODE_RAW, 0, "", "the answer is no JSON (0 bytes, 1:1: the text ends too early)"},
        {NODE_RAW, 0, "[]", "the answer to one call is an array"},
        {NODE_RAW, 0, "{\"a\":1,\"a\":2}",
         "the answer is no JSON (13 bytes, 1:8: key stands twice in the object)"},
        {NODE_BOTH, 0, "", "the answer has both result and error"},
        {NODE_NEITHER, 0, "", "the answer has neither result nor error"},
        {NODE_ERROR, 0, "5", "the error is a JSON number"},
        {NODE_ERROR, 0, "{}", "the error has neither code nor message"},
        {NODE_ERROR, 0, "\"too many requests\"", "too many requests (code 0)"},
        {NODE_ERROR, 0, "{\"code\":-32005,\"message\":\"no\"}", "no (code -32005)"},
        {NODE_ERROR, 0, "{\"code\":-32000,\"message\":\"invalid API key\"}",
         "invalid API key (code -32000)"},
    };
    for (size_t c = 0; c < CW_COUNT(cases); c++) {
        struct ask ask;
        cw_rpc_free(bed->rpc);
        open_rpc(bed, 2, 50);
        bed->nodes[0].manner = NODE_HONEST;
        ask_one(bed, &ask);
        run_steps(bed, 20);
        bed->nodes[0].manner = cases[c].manner;
        bed->nodes[0].status = cases[c].status;
        bed->nodes[0].raw = cases[c].raw;
        ask_one(bed, &ask);
        assert_good(&ask, "second");
        struct cw_rpc_endpoint_status status = status_of(bed, 0);
        assert_int_equal(status.failures, 1);
        assert_false(status.usable);
        if (cases[c].last_error != NULL) {
            assert_string_equal(status.last_error, cases[c].last_error);
        }
        /* It is left alone for a while, and then asked again. */
        unsigned requests = bed->nodes[0].requests;
        ask_one(bed, &ask);
        assert_good(&ask, "second");
        assert_int_equal(bed->nodes[0].requests, requests);
        bed->nodes[0].manner = NODE_HONEST;
        bed->clock.now_ms += 2000;
        ask_one(bed, &ask);
        run_steps(bed, 20);
        ask_one(bed, &ask);
        assert_good(&ask, "first");
    }
    assert_int_equal(bed->findings, 0);
}

static void call__endpoint_is_silent__second_answers_after_the_deadline(void **state) {
    struct bed *bed = *state;
    struct ask ask, later;
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    run_steps(bed, 20);
    bed->nodes[0].manner = NODE_NEVER;
    submit(bed, &ask, "[\"0x2a\"]", CW_RPC_QUICK);
    run_steps(bed, 20);
    bed->clock.now_ms += 1000;
    /* Whoever comes meanwhile does not wait for the silent one. */
    submit(bed, &later, "[\"0x2a\"]", CW_RPC_QUICK);
    run(bed, &later);
    assert_good(&later, "second");
    assert_int_equal(ask.done, 0);
    bed->clock.now_ms += 4000;
    run(bed, &ask);
    assert_good(&ask, "second");
    assert_string_equal(status_of(bed, 0).last_error, "no answer within 5000 ms");
}

static void call__deadlines_differ_in_a_batch__each_at_its_own(void **state) {
    struct bed *bed = *state;
    struct ask early, late;
    open_rpc(bed, 2, 50);
    ask_one(bed, &early);
    run_steps(bed, 20);
    bed->nodes[0].manner = NODE_NEVER;
    struct cw_rpc_request request = request_for(&early, "[\"0x2a\"]");
    request.deadline_ms = 300;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    submit(bed, &late, "[\"0x2a\"]", CW_RPC_QUICK);
    run_steps(bed, 20);
    assert_int_equal(bed->nodes[0].last_batch, 2);
    bed->clock.now_ms += 300;
    run(bed, &early);
    assert_good(&early, "second");
    assert_int_equal(late.done, 0);
    bed->clock.now_ms += 4700;
    run(bed, &late);
    assert_good(&late, "second");
}

static void call__retry_after__honoured(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 1, 50);
    ask_one(bed, &ask);
    bed->nodes[0].manner = NODE_STATUS;
    bed->nodes[0].status = 429;
    bed->nodes[0].headers = "Retry-After: 7\r\n";
    submit(bed, &ask, "[\"0x2a\"]", CW_RPC_QUICK);
    run_steps(bed, 50);
    unsigned requests = bed->nodes[0].requests;
    bed->nodes[0].manner = NODE_HONEST;
    bed->clock.now_ms += 6900;
    run_steps(bed, 40);
    assert_int_equal(bed->nodes[0].requests, requests);
    assert_int_equal(ask.done, 0);
    bed->clock.now_ms += 100;
    run(bed, &ask);
    assert_good(&ask, "first");
}

static void call__nobody_answers__given_up_with_reasons(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    bed->nodes[0].manner = bed->nodes[1].manner = NODE_HANG_UP;
    bed->nodes[0].chain_id_too = bed->nodes[1].chain_id_too = true;
    open_rpc(bed, 2, 50);
    uint64_t begin = bed->clock.now_ms;
    submit(bed, &ask, "[]", CW_RPC_QUICK);
    run_long(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_TRANSPORT);
    assert_true(bed->clock.now_ms - begin >= 20000 && bed->clock.now_ms - begin < 20200);
    assert_non_null(strstr(ask.text, "test_echo: no endpoint of chain l1 could be asked within"));
    assert_non_null(strstr(ask.text, "; first: "));
    assert_non_null(strstr(ask.text, "; second: "));
    assert_null(strstr(ask.text, "topsecret"));
    /* Further and further apart. */
    assert_true(bed->nodes[0].probes >= 3 && bed->nodes[0].probes <= 8);
}

static void call__endpoint_comes_back__probed_and_used_again(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    run_steps(bed, 20);
    bed->nodes[0].manner = NODE_HANG_UP;
    bed->nodes[0].chain_id_too = true;
    ask_one(bed, &ask);
    unsigned requests = bed->nodes[0].requests;
    for (int i = 0; i < 8; i++) {
        ask_one(bed, &ask);
        assert_good(&ask, "second");
        run_steps(bed, 20);
        bed->clock.now_ms += 3000;
    }
    assert_int_equal(bed->nodes[0].requests, requests);
    bed->nodes[0].manner = NODE_HONEST;
    bed->clock.now_ms += 40000;
    ask_one(bed, &ask);
    assert_good(&ask, "second"); /* it has to answer a question first */
    run_steps(bed, 20);
    ask_one(bed, &ask);
    assert_good(&ask, "first");
    assert_non_null(strstr(bed->log, "endpoint first answers again"));
}

static void once__first_endpoint_fails__not_sent_again(void **state) {
    struct bed *bed = *state;
    static const enum node_manner manners[] = {NODE_HANG_UP, NODE_HALF_JSON, NODE_RENUMBERS};
    for (size_t i = 0; i < CW_COUNT(manners); i++) {
        struct ask ask;
        cw_rpc_free(bed->rpc);
        open_rpc(bed, 2, 50);
        bed->nodes[0].manner = NODE_HONEST;
        ask_one(bed, &ask);
        run_steps(bed, 20);
        bed->nodes[0].manner = manners[i];
        unsigned requests = bed->nodes[1].requests;
        struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
        request.once = true;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
        run(bed, &ask);
        assert_int_equal(ask.err,
                         manners[i] == NODE_RENUMBERS ? CW_ERR_CONTRADICTED : CW_ERR_TRANSPORT);
        assert_string_equal(ask.endpoint, "first");
        assert_int_equal(bed->nodes[1].requests, requests);
    }
}

/* --- chain ids ------------------------------------------------------------------------------ */

static void chain_id__another__not_used_and_said_once(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    bed->nodes[0].chain_id = 11;
    open_rpc(bed, 2, 50);
    for (int i = 0; i < 5; i++) {
        ask_one(bed, &ask);
        assert_good(&ask, "second");
        bed->clock.now_ms += 61000;
    }
    assert_int_equal(bed->nodes[0].requests, 0);
    assert_int_equal(bed->findings, 1);
    assert_string_equal(bed->finding, "first eth_chainId serves chain id 11, not 10");
    assert_non_null(strstr(bed->log, "error chain l1: endpoint first serves chain id 11, not 10"));
    bed->nodes[0].chain_id = 10;
    bed->clock.now_ms += 61000;
    ask_one(bed, &ask);
    run_steps(bed, 20);
    ask_one(bed, &ask);
    assert_good(&ask, "first");
}

static void chain_id__all_wrong__contradicted(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    bed->nodes[0].chain_id = 11;
    open_rpc(bed, 1, 50);
    submit(bed, &ask, "[]", CW_RPC_QUICK);
    run_long(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_CONTRADICTED);
    assert_non_null(strstr(ask.text, "first: serves chain id 11, not 10"));
    assert_int_equal(bed->nodes[0].requests, 0);
}

static void chain_id__changed_while_it_was_lost__not_used(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    run_steps(bed, 20);
    bed->nodes[0].manner = NODE_HANG_UP;
    ask_one(bed, &ask);
    unsigned requests = bed->nodes[0].requests;
    bed->nodes[0].manner = NODE_HONEST;
    bed->nodes[0].chain_id = 11;
    bed->clock.now_ms += 2000;
    for (int i = 0; i < 3; i++) {
        ask_one(bed, &ask);
        run_steps(bed, 20);
        assert_good(&ask, "second");
    }
    assert_int_equal(bed->nodes[0].requests, requests);
    assert_int_equal(bed->findings, 1);
}

/* --- what an answer means ------------------------------------------------------------------- */

static void check__behind__next_endpoint_then_the_answer(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    run_steps(bed, 20);
    struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
    ask.checks_as = CW_ERR_BEHIND;
    request.check = on_check;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_good(&ask, "second");
    assert_int_equal(ask.checked, 2);
    assert_true(status_of(bed, 0).usable);

    uint64_t begin = bed->clock.now_ms;
    request = request_for(&ask, "[\"0x2a\"]");
    ask.checks_as = CW_ERR_BEHIND;
    request.check = on_check_always;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_BEHIND);
    assert_string_equal(ask.text, "second: test_echo: not what it should be");
    assert_true(bed->clock.now_ms - begin < 200);
    assert_int_equal(bed->findings, 0);
}

static void check__contradiction__finding_and_next_endpoint(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    run_steps(bed, 20);
    struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
    ask.checks_as = CW_ERR_INPUT;
    request.check = on_check;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_good(&ask, "second");
    assert_int_equal(bed->findings, 1);
    assert_string_equal(bed->finding, "first test_echo not what it should be");
    assert_false(status_of(bed, 0).usable);
    assert_non_null(strstr(bed->log, "endpoint first can't be right: test_echo: not what it"));
    bed->clock.now_ms += 4000;
    ask_one(bed, &ask);
    assert_good(&ask, "second");
    bed->clock.now_ms += 4000;
    ask_one(bed, &ask);
    run_steps(bed, 20);
    ask_one(bed, &ask);
    assert_good(&ask, "first");
}

static void check__null_result__passes_through(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 1, 50);
    bed->nodes[0].manner = NODE_NULL;
    submit(bed, &ask, "[]", CW_RPC_QUICK);
    run(bed, &ask);
    assert_int_equal(ask.err, CW_OK);
    assert_string_equal(ask.value, "null");
}

static void error__of_any_node__sorted(void **state) {
    struct bed *bed = *state;
    static const struct {
        const char *raw;
        enum cw_err err;
        size_t revert_n;
        bool asks_second;
    } cases[] = {
        {"{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x08c379a0\"}", CW_ERR_REVERTED,
         4, false},
        {"{\"code\":-32000,\"message\":\"execution reverted: x\"}", CW_ERR_REVERTED, 0, false},
        {"{\"code\":3,\"message\":\"x\",\"data\":\"0x\"}", CW_ERR_REVERTED, 0, false},
        {"{\"code\":3,\"message\":\"x\",\"data\":\"0x1\"}", CW_ERR_REVERTED, 0, false},
        {"{\"code\":-32000,\"message\":\"Execution reverted\",\"data\":{\"data\":\"0x0102\"}}",
         CW_ERR_REVERTED, 2, false},
        {"{\"code\":-32000,\"message\":\"execution reverted\",\"data\":{\"originalError\":"
         "{\"data\":\"0x010203\"}}}",
         CW_ERR_REVERTED, 3, false},
        {"{\"code\":-32015,\"message\":\"VM execution error.\",\"data\":\"Reverted 0x01020304\"}",
         CW_ERR_REVERTED, 4, false},
        {"{\"code\":3,\"message\":\"execution reverted: 0x08c379a0\"}", CW_ERR_REVERTED, 4, false},
        {"{\"code\":-32603,\"message\":\"EVM error InvalidFEOpcode\"}", CW_ERR_REVERTED, 0, false},
        {"{\"code\":-32000,\"message\":\"invalid opcode: INVALID\"}", CW_ERR_REVERTED, 0, false},
        {"{\"code\":-32000,\"message\":\"header not found\"}", CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32000,\"message\":\"missing trie node 12ab (path ) state 0x1 is not "
         "available\"}",
         CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32602,\"message\":\"BlockOutOfRangeError: block height is 1 but requested was "
         "256\"}",
         CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32001,\"message\":\"Resource not found\"}", CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32000,\"message\":\"distance to target block exceeds maximum proof window\"}",
         CW_ERR_BEHIND, 0, true},
        {"{\"code\":-39001,\"message\":\"Unknown block\"}", CW_ERR_BEHIND, 0, true},
        {"{\"code\":4444,\"message\":\"x\"}", CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32000,\"message\":\"block range extends beyond current head block\"}",
         CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32601,\"message\":\"the method x does not exist/is not available\"}",
         CW_ERR_REFUSED, 0, true},
        {"{\"code\":-32005,\"message\":\"query returned more than 10000 results\"}", CW_ERR_REFUSED,
         0, false},
        {"{\"code\":-32000,\"message\":\"nonce too low: next nonce 5, tx nonce 4\"}",
         CW_ERR_REFUSED, 0, false},
        {"{\"code\":-32000,\"message\":\"block gas limit exceeded\"}", CW_ERR_REFUSED, 0, false},
        {"{\"code\":-32003,\"message\":\"response too large\"}", CW_ERR_LIMIT, 0, true},
        {"\"something else\"", CW_ERR_REFUSED, 0, false},
    };
    open_rpc(bed, 2, 50);
    struct ask ask;
    ask_one(bed, &ask);
    run_steps(bed, 20);
    bed->nodes[0].manner = bed->nodes[1].manner = NODE_ERROR;
    for (size_t c = 0; c < CW_COUNT(cases); c++) {
        bed->nodes[0].raw = bed->nodes[1].raw = cases[c].raw;
        unsigned requests = bed->nodes[1].requests;
        ask_one(bed, &ask);
        if (ask.err != cases[c].err || ask.revert_n != cases[c].revert_n) {
            fail_msg("%s: %s, %zu bytes", cases[c].raw, cw_err_name(ask.err), ask.revert_n);
        }
        assert_int_equal(bed->nodes[1].requests - requests, cases[c].asks_second ? 1 : 0);
    }
    assert_int_equal(bed->findings, 0);
    assert_int_equal(status_of(bed, 0).failures, 0);
}

static void error__trouble_behind_the_endpoint__asked_again(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 1, 50);
    bed->nodes[0].manner = NODE_ERROR;
    bed->nodes[0].raw = "{\"code\":-32603,\"message\":\"Internal error\"}";
    submit(bed, &ask, "[\"0x2a\"]", CW_RPC_QUICK);
    run_steps(bed, 1200);
    assert_int_equal(ask.done, 0);
    assert_true(bed->nodes[0].requests >= 2 && bed->nodes[0].requests <= 4);
    bed->nodes[0].manner = NODE_HONEST;
    run(bed, &ask);
    assert_good(&ask, "first");
}

/* --- secrets -------------------------------------------------------------------------------- */

static void text__url_in_an_error__without_its_secrets(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 1, 50);
    bed->nodes[0].manner = NODE_ERROR;
    bed->nodes[0].raw = "{\"code\":1,\"message\":\"no plan for topsecret-query at "
                        "https://u:p@x.example/v1/abc?k=1 and topsecret-path\"}";
    ask_one(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_REFUSED);
    assert_string_equal(ask.text, "first: test_echo: no plan for *** at "
                                  "https://***@x.example/*** and *** (code 1)");
    bed->nodes[0].manner = NODE_STATUS;
    bed->nodes[0].status = 401;
    bed->nodes[0].raw = "{\"error\":{\"message\":\"who is topsecret-query?\"}}";
    ask_one(bed, &ask);
    assert_null(strstr(ask.text, "topsecret"));
    assert_string_equal(status_of(bed, 0).last_error,
                        "HTTP 401 (is the key in its URL right?): who is ***?");
}

static void scrub__any_place_of_a_secret__replaced(void **state) {
    (void)state;
    static const struct {
        const char *text, *scrubbed;
    } cases[] = {
        {"", ""},
        {"nothing", "nothing"},
        {"a keyabcdef, keyabcdef", "a ***, ***"},
        {"https://keyabcdef/x", "https://***/***"},
        {"(http://h.example:80/path?x=1) \"ws://h/y\"", "(http://h.example:80/***) \"ws://h/***\""},
        {"http://u:p@h/ http://h", "http://***@h/*** http://h"},
        {"cut off in keyab", "cut off in ***"},
        {"at https://h/keyab", "at https://h/***"},
        {"pass%3Fword and pass?word", "*** and ***"},
        {"user is bob1", "user is ***"},
        {"://", "://"},
        {"v2 stays", "v2 stays"},
    };
    struct cw_url *url = NULL;
    assert_int_equal(cw_url_new(&url, "https://bob1:pass%3Fword@h.example/v2/keyabcdef", NULL),
                     CW_OK);
    assert_string_equal(cw_url_host(url), "h.example:443");
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char out[128];
        cw_url_scrub(url, out, sizeof(out), cases[i].text);
        assert_string_equal(out, cases[i].scrubbed);
        for (size_t n = 1; n < sizeof(out); n++) { /* never behind the end */
            cw_url_scrub(url, out, n, cases[i].text);
            assert_true(strlen(out) < n);
        }
    }
    cw_url_free(url);
}

static void new__label__operator_or_host_and_port(void **state) {
    struct bed *bed = *state;
    const struct cw_rpc_endpoint_config endpoints[] = {
        {"https://user:topsecret@one.example/topsecret", NULL},
        {"http://two.example:8545/topsecret", ""},
        {"https://three.example/?topsecret", "acme"},
        {"https://four.example/?topsecret", "acme"},
        {"http://[::1]:8545/", NULL},
    };
    static const char *const labels[] = {"one.example:443", "two.example:8545", "acme",
                                         "acme four.example:443", "[::1]:8545"};
    const struct cw_rpc_config config = {
        .chain = "l1", .chain_id = {1}, .endpoints = endpoints, .endpoints_n = CW_COUNT(endpoints)};
    struct cw_rpc *rpc = NULL;
    assert_int_equal(cw_rpc_new(&rpc, bed->loop, &config, NULL), CW_OK);
    for (size_t i = 0; i < CW_COUNT(labels); i++) {
        struct cw_rpc_endpoint_status status;
        cw_rpc_endpoint_status(rpc, i, &status);
        assert_string_equal(status.label, labels[i]);
        assert_string_equal(status.last_error, "");
    }
    cw_rpc_free(rpc);
}

static void new__bad_url__refused_without_showing_it(void **state) {
    struct bed *bed = *state;
    static const char *const urls[] = {"",        "topsecret\n",       "ftp://topsecret/",
                                       "http://", "file:///topsecret", "ws://topsecret"};
    for (size_t i = 0; i < CW_COUNT(urls); i++) {
        const struct cw_rpc_endpoint_config endpoint = {urls[i], NULL};
        const struct cw_rpc_config config = {
            .chain = "l1", .chain_id = {1}, .endpoints = &endpoint, .endpoints_n = 1};
        struct cw_rpc *rpc = NULL;
        struct cw_error error = {CW_OK, ""};
        assert_int_equal(cw_rpc_new(&rpc, bed->loop, &config, &error), CW_ERR_INPUT);
        assert_null(rpc);
        assert_non_null(strstr(error.text, "endpoint 1 of chain l1: "));
        assert_null(strstr(error.text, "topsecret"));
    }
}

/* --- the ends of a call --------------------------------------------------------------------- */

static void cancel__queued_or_sent__done_is_not_called(void **state) {
    struct bed *bed = *state;
    struct ask a, b, c;
    open_rpc(bed, 1, 50);
    uint64_t id = submit(bed, &a, "[\"0x2a\"]", CW_RPC_QUICK);
    submit(bed, &b, "[\"0x2a\"]", CW_RPC_QUICK);
    cw_rpc_cancel(bed->rpc, id);
    run(bed, &b);
    bed->nodes[0].manner = NODE_NEVER;
    id = submit(bed, &c, "[\"0x2a\"]", CW_RPC_QUICK);
    run_steps(bed, 20);
    cw_rpc_cancel(bed->rpc, id);
    cw_rpc_cancel(bed->rpc, id);
    cw_rpc_cancel(bed->rpc, 12345);
    bed->clock.now_ms += 100000;
    run_steps(bed, 20);
    assert_int_equal(a.done, 0);
    assert_int_equal(c.done, 0);
}

static void cancel__from_a_callback__also_in_the_same_batch(void **state) {
    struct bed *bed = *state;
    struct ask a, b, c;
    open_rpc(bed, 1, 50);
    uint64_t id_a = submit(bed, &a, "[\"0x2a\"]", CW_RPC_QUICK);
    uint64_t id_b = submit(bed, &b, "[\"0x2a\"]", CW_RPC_QUICK);
    submit(bed, &c, "[\"0x2a\"]", CW_RPC_QUICK);
    a.cancels = c.cancels = bed->rpc;
    a.cancels_id = id_b;
    c.cancels_id = id_a;
    run(bed, &c);
    assert_int_equal(a.done, 1);
    assert_int_equal(b.done, 0);
}

static void free__calls_under_way__not_called(void **state) {
    struct bed *bed = *state;
    struct ask asks[10];
    open_rpc(bed, 1, 3);
    bed->nodes[0].manner = NODE_NEVER;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[]", i % 2 == 0 ? CW_RPC_QUICK : CW_RPC_HEAVY);
    }
    run_steps(bed, 20);
    cw_rpc_free(bed->rpc);
    bed->rpc = NULL;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        assert_int_equal(asks[i].done, 0);
    }
}

static void call__answer_too_large_together__asked_alone(void **state) {
    struct bed *bed = *state;
    struct ask asks[3];
    static char params[40004];
    memset(params, 'a', sizeof(params));
    memcpy(params, "[\"", 2);
    memcpy(params + sizeof(params) - 3, "\"]", 3);
    open_rpc(bed, 1, 50);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], params, CW_RPC_HEAVY);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
        assert_int_equal(asks[i].err, CW_OK);
    }
    assert_int_equal(bed->nodes[0].largest_batch, 3);
    assert_int_equal(bed->nodes[0].last_batch, 1);
}

static void give_up__while_sent__said_so(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 1, 50);
    bed->nodes[0].manner = NODE_NEVER;
    struct cw_rpc_request request = request_for(&ask, "[]");
    request.give_up_ms = 1000;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_TRANSPORT);
    assert_non_null(strstr(ask.text, "first: test_echo: no answer within 1"));
}

static void submit__no_memory__ends_once_or_is_refused(void **state) {
    struct bed *bed = *state;
    unsigned long n = 0;
    bool failed = true;
    open_rpc(bed, 1, 50);
    struct ask warm;
    ask_one(bed, &warm);
    while (failed) {
        struct ask asks[2];
        struct cw_rpc_request requests[2] = {request_for(&asks[0], "[\"0x2a\"]"),
                                             request_for(&asks[1], "[\"0x2a\"]")};
        unsigned submitted = 0;
        nth_malloc_fail(++n);
        for (size_t i = 0; i < CW_COUNT(requests); i++) {
            submitted += cw_rpc_submit(bed->rpc, &requests[i]) != 0;
        }
        for (int i = 0; i < 40 && asks[0].done + asks[1].done < submitted; i++) {
            assert_int_equal(cw_loop_step(bed->loop, 1, NULL), CW_OK);
            nth_malloc_pause(true);
            node_step(&bed->nodes[0]);
            nth_malloc_pause(false);
            bed->clock.now_ms++;
        }
        failed = nth_malloc_failed();
        nth_malloc_fail(0);
        for (int i = 0; i < 1000 && asks[0].done + asks[1].done < submitted; i++) {
            step(bed);
            bed->clock.now_ms += 50; /* what could not be woken ends at its give-up time */
        }
        assert_int_equal(asks[0].done + asks[1].done, submitted);
        bed->clock.now_ms += 60000; /* forgive and forget */
        ask_one(bed, &warm);
    }
    assert_true(n > 10);
}

static void wait__answer__owned_by_the_caller(void **state) {
    struct bed *bed = *state;
    open_rpc(bed, 1, 50);
    cw_rpc_free(bed->rpc);
    bed->rpc = NULL;
    /* Nobody moves the node while cw_rpc_wait drives the loop: the answer is an error. */
    node_done(&bed->nodes[0]);
    const struct cw_rpc_endpoint_config endpoint = {"http://127.0.0.1:9/topsecret", NULL};
    const struct cw_rpc_config config = {.chain = "l1",
                                         .chain_id = {10},
                                         .endpoints = &endpoint,
                                         .endpoints_n = 1,
                                         .quick_deadline_ms = 20,
                                         .coalesce_ms = 1};
    struct cw_loop *loop = NULL;
    struct cw_rpc *rpc = NULL;
    struct cw_json_doc *doc = NULL;
    struct cw_error error = {CW_OK, ""};
    assert_int_equal(cw_loop_new(&loop, cw_clock_system(), NULL), CW_OK);
    assert_int_equal(cw_rpc_new(&rpc, loop, &config, NULL), CW_OK);
    assert_int_equal(cw_rpc_wait(rpc, "eth_blockNumber", "[]", CW_RPC_QUICK, &doc, &error),
                     CW_ERR_TRANSPORT);
    assert_null(doc);
    assert_int_equal(error.code, CW_ERR_TRANSPORT);
    assert_non_null(strstr(error.text, "127.0.0.1:9"));
    assert_null(strstr(error.text, "topsecret"));
    cw_rpc_free(rpc);
    cw_loop_free(loop);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(submit__calls_of_one_moment__one_batch_a_class),
        T(submit__more_than_batch_max__several_batches),
        T(batch__refused__halved_and_remembered),
        T(batch__no_batches_at_all__single_calls),
        T(batch__taken_for_long__grows_again),
        T(batch__elements_in_any_order__matched_by_id),
        T(batch__ids_that_can_not_be__a_finding_and_asked_elsewhere),
        T(call__first_endpoint_fails__second_answers),
        T(call__endpoint_is_silent__second_answers_after_the_deadline),
        T(call__deadlines_differ_in_a_batch__each_at_its_own),
        T(call__retry_after__honoured),
        T(call__nobody_answers__given_up_with_reasons),
        T(call__endpoint_comes_back__probed_and_used_again),
        T(once__first_endpoint_fails__not_sent_again),
        T(chain_id__another__not_used_and_said_once),
        T(chain_id__all_wrong__contradicted),
        T(chain_id__changed_while_it_was_lost__not_used),
        T(check__behind__next_endpoint_then_the_answer),
        T(check__contradiction__finding_and_next_endpoint),
        T(check__null_result__passes_through),
        T(error__of_any_node__sorted),
        T(error__trouble_behind_the_endpoint__asked_again),
        T(text__url_in_an_error__without_its_secrets),
        cmocka_unit_test(scrub__any_place_of_a_secret__replaced),
        T(new__label__operator_or_host_and_port),
        T(new__bad_url__refused_without_showing_it),
        T(cancel__queued_or_sent__done_is_not_called),
        T(cancel__from_a_callback__also_in_the_same_batch),
        T(free__calls_under_way__not_called),
        T(call__answer_too_large_together__asked_alone),
        T(give_up__while_sent__said_so),
        T(submit__no_memory__ends_once_or_is_refused),
        T(wait__answer__owned_by_the_caller),
    };
    return cmocka_run_group_tests_name("rpc", tests, NULL, NULL);
}
