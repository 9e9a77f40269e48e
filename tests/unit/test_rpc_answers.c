#include "rpc_bed.h"

#include "net/url.h"

#include <string.h>

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
    assert_string_equal(ask.text,
                        "first: test_echo: not what it should be; second: not what it should be");
    assert_true(bed->clock.now_ms - begin < 200);
    assert_int_equal(bed->findings, 0);
}

static void error__behind_and_the_other_out_of_reach__behind(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    run_steps(bed, 20);
    bed->nodes[0].manner = NODE_ERROR;
    bed->nodes[0].raw = "{\"code\":-32000,\"message\":\"header not found\"}";
    bed->nodes[1].manner = NODE_HANG_UP;
    ask_one(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_BEHIND);
    assert_string_equal(ask.text, "first: test_echo: header not found (code -32000)");
}

static void error__under_another_http_status__sorted(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    static const int statuses[] = {400, 500};
    open_rpc(bed, 1, 50);
    ask_one(bed, &ask);
    bed->nodes[0].manner = NODE_STATUS;
    bed->nodes[0].raw = "{\"error\":{\"code\":3,\"message\":\"x\",\"data\":\"0x01\"}}";
    for (size_t i = 0; i < CW_COUNT(statuses); i++) {
        bed->nodes[0].status = statuses[i];
        ask_one(bed, &ask);
        assert_int_equal(ask.err, CW_ERR_REVERTED);
        assert_int_equal(ask.revert_n, 1);
    }
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
        {"{\"code\":3,\"message\":\"execution reverted in "
         "0x1111111111111111111111111111111111111111\"}",
         CW_ERR_REVERTED, 0, false},
        {"{\"code\":3,\"message\":\"x\",\"data\":\"0x0102zz\"}", CW_ERR_REVERTED, 0, false},
        {"{\"code\":-32005,\"message\":\"block range limited to 100\"}", CW_ERR_REFUSED, 0, false},
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
        {"{\"code\":-32000,\"message\":\"historical state 5903 is not available\"}", CW_ERR_BEHIND,
         0, true},
        {"{\"code\":-32000,\"message\":\"state histories haven't been fully indexed yet\"}",
         CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32000,\"message\":\"requested block is too old, block must be within 1000 "
         "blocks of the head block number (currently 3696916)\"}",
         CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32002,\"message\":\"No state available for block 0x5903\"}", CW_ERR_BEHIND, 0,
         true},
        {"{\"code\":-32602,\"message\":\"block is too old, outside validation window\"}",
         CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32000,\"message\":\"World state unavailable\"}", CW_ERR_BEHIND, 0, true},
        {"{\"code\":-32000,\"message\":\"old blocks need an archive plan\"}", CW_ERR_BEHIND, 0,
         true},
        {"{\"code\":-32602,\"message\":\"invalid argument 0: hex string without 0x prefix\"}",
         CW_ERR_REFUSED, 0, false},
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
        {"https://user:topsecret@one.example/topsecret", NULL, 0},
        {"http://two.example:8545/topsecret", "", 0},
        {"https://three.example/?topsecret", "acme", 0},
        {"https://four.example/?topsecret", "acme", 0},
        {"http://[::1]:8545/", NULL, 0},
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
        const struct cw_rpc_endpoint_config endpoint = {urls[i], NULL, 0};
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

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(check__behind__next_endpoint_then_the_answer),
        T(error__behind_and_the_other_out_of_reach__behind),
        T(error__under_another_http_status__sorted),
        T(check__contradiction__finding_and_next_endpoint),
        T(check__null_result__passes_through),
        T(error__of_any_node__sorted),
        T(error__trouble_behind_the_endpoint__asked_again),
        T(text__url_in_an_error__without_its_secrets),
        cmocka_unit_test(scrub__any_place_of_a_secret__replaced),
        T(new__label__operator_or_host_and_port),
        T(new__bad_url__refused_without_showing_it),
    };
    return cmocka_run_group_tests_name("rpc_answers", tests, NULL, NULL);
}
