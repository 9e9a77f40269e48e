#include "rpc_bed.h"

#include <stdio.h>
#include <string.h>

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
    struct ask asks[3];
    static const uint32_t deadlines_ms[] = {300, 700, 5000};
    open_rpc(bed, 2, 50);
    ask_one(bed, &asks[0]);
    run_steps(bed, 20);
    bed->nodes[0].manner = NODE_NEVER;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        struct cw_rpc_request request = request_for(&asks[i], "[\"0x2a\"]");
        request.deadline_ms = deadlines_ms[i];
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    }
    run_steps(bed, 20);
    assert_int_equal(bed->nodes[0].last_batch, 3);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        bed->clock.now_ms += deadlines_ms[i] - (i == 0 ? 0 : deadlines_ms[i - 1]);
        run(bed, &asks[i]);
        assert_good(&asks[i], "second");
        assert_int_equal(i + 1 < CW_COUNT(asks) ? asks[i + 1].done : 0, 0);
    }
}

static void call__endpoint_fails_now_and_then__not_held_against_it(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    for (int i = 0; i < 6; i++) {
        run_steps(bed, 20);
        bed->nodes[0].manner = NODE_HANG_UP;
        ask_one(bed, &ask);
        assert_good(&ask, "second");
        bed->nodes[0].manner = NODE_HONEST;
        bed->clock.now_ms += 400;
        ask_one(bed, &ask);
        run_steps(bed, 20);
        ask_one(bed, &ask);
        assert_good(&ask, "first");
    }
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

/* --- not from one operator ------------------------------------------------------------------- */

static void not_operator__there_is_another__never_asked(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    assert_good(&ask, "first");
    struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
    request.not_operator = 1;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_good(&ask, "second");
    bed->nodes[1].manner = NODE_HANG_UP; /* not even then */
    unsigned requests = bed->nodes[0].requests;
    request = request_for(&ask, "[\"0x2a\"]");
    request.not_operator = 1;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run_long(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_TRANSPORT);
    assert_int_equal(bed->nodes[0].requests, requests);
}

static void not_operator__there_is_no_other__asked(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 1, 50);
    struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
    request.not_operator = 1;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_good(&ask, "first");
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
    assert_int_equal(bed->nodes[0].probes, 5);
    ask_one(bed, &ask);
    run_steps(bed, 20);
    unsigned probes = bed->nodes[0].probes;
    ask_one(bed, &ask);
    run_steps(bed, 20);
    assert_int_equal(bed->nodes[0].probes, probes); /* not each time */
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

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(call__first_endpoint_fails__second_answers),
        T(call__endpoint_is_silent__second_answers_after_the_deadline),
        T(call__deadlines_differ_in_a_batch__each_at_its_own),
        T(call__endpoint_fails_now_and_then__not_held_against_it),
        T(call__retry_after__honoured),
        T(call__nobody_answers__given_up_with_reasons),
        T(call__endpoint_comes_back__probed_and_used_again),
        T(once__first_endpoint_fails__not_sent_again),
        T(not_operator__there_is_another__never_asked),
        T(not_operator__there_is_no_other__asked),
        T(chain_id__another__not_used_and_said_once),
        T(chain_id__all_wrong__contradicted),
        T(chain_id__changed_while_it_was_lost__not_used),
    };
    return cmocka_run_group_tests_name("rpc_failover", tests, NULL, NULL);
}
