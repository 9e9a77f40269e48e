#include "rpc_bed.h"

#include "cli/doctor.h"
#include "http_server.h"
#include "net/probe.h"

#include <stdio.h>
#include <string.h>

struct probed {
    struct bed *bed;
    struct cw_probe *probe;
};

static struct probed open_probe(void **state) {
    struct probed p = {.bed = *state};
    char url[128];
    node_url(&p.bed->nodes[0], url, "/v1/topsecret-path?key=topsecret-query");
    assert_int_equal(cw_probe_new(&p.probe, p.bed->loop, url, 1000, NULL), CW_OK);
    return p;
}

static const struct cw_probe_answer *wait_for(struct probed *p, const char *method, unsigned turn) {
    const struct cw_probe_answer *answer = NULL;
    for (int i = 0; i < 3000 && answer == NULL; i++) {
        answer = cw_probe_ask(p->probe, method, "[\"0x2a\"]", turn);
        step(p->bed);
    }
    assert_non_null(answer);
    return answer;
}

static void ask__answered__kept_and_not_asked_again(void **state) {
    struct probed p = open_probe(state);
    assert_true(cw_probe_news(p.probe));
    assert_false(cw_probe_news(p.probe));
    const struct cw_probe_answer *answer = wait_for(&p, "eth_call", 0);
    assert_int_equal(answer->err, CW_OK);
    assert_string_equal(cw_json_string(answer->value), "0x2a");
    assert_true(cw_probe_news(p.probe));
    assert_ptr_equal(cw_probe_ask(p.probe, "eth_call", "[\"0x2a\"]", 0), answer);
    assert_int_equal(p.bed->nodes[0].requests, 1);
    wait_for(&p, "eth_call", 1);
    wait_for(&p, "eth_getLogs", 0);
    assert_int_equal(p.bed->nodes[0].requests, 3);
    cw_probe_free(p.probe);
}

static void ask__many__few_are_under_way_and_all_are_answered(void **state) {
    struct probed p = open_probe(state);
    p.bed->nodes[0].manner = NODE_NEVER;
    for (unsigned turn = 0; turn < 20; turn++)
        assert_null(cw_probe_ask(p.probe, "eth_call", "[\"0x2a\"]", turn));
    run_steps(p.bed, 300);
    assert_int_equal(p.bed->nodes[0].requests, 4);
    p.bed->nodes[0].manner = NODE_HONEST;
    for (unsigned turn = 0; turn < 20; turn++)
        assert_int_equal(wait_for(&p, "eth_call", turn)->err, turn < 4 ? CW_ERR_TRANSPORT : CW_OK);
    cw_probe_free(p.probe);
}

static void ask__reverted__with_its_data(void **state) {
    struct probed p = open_probe(state);
    p.bed->nodes[0].manner = NODE_ERROR;
    p.bed->nodes[0].raw = "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x09bde339\"}";
    const struct cw_probe_answer *answer = wait_for(&p, "eth_call", 0);
    assert_int_equal(answer->err, CW_ERR_REVERTED);
    assert_int_equal(answer->revert.n, 4);
    assert_int_equal(answer->revert.p[0], 0x09);
    cw_probe_free(p.probe);
}

static void ask__failed__said_without_secrets(void **state) {
    static const struct {
        enum node_manner manner;
        const char *raw;
        enum cw_err err;
        const char *says;
    } cases[] = {
        {NODE_HANG_UP, "", CW_ERR_TRANSPORT, ""},
        {NODE_RAW, "<html>topsecret-path</html>", CW_ERR_TRANSPORT, "HTTP status 200 and no JSON"},
        {NODE_RAW, "{}", CW_ERR_TRANSPORT, "no JSON-RPC"},
        {NODE_ERROR, "{\"code\":-32601,\"message\":\"no topsecret-query\"}", CW_ERR_REFUSED,
         "code -32601"},
        {NODE_ERROR, "{\"code\":-32005,\"message\":\"slow down\"}", CW_ERR_OVERLOADED, "slow down"},
        {NODE_ERROR, "{\"code\":-32000,\"message\":\"missing trie node\"}", CW_ERR_BEHIND,
         "missing trie node"},
    };
    struct probed p = open_probe(state);
    for (unsigned i = 0; i < CW_COUNT(cases); i++) {
        p.bed->nodes[0].manner = cases[i].manner;
        p.bed->nodes[0].raw = cases[i].raw;
        const struct cw_probe_answer *answer = wait_for(&p, "eth_call", i);
        assert_int_equal(answer->err, cases[i].err);
        assert_non_null(strstr(answer->text, cases[i].says));
        assert_null(strstr(answer->text, "topsecret"));
    }
    cw_probe_free(p.probe);
}

static const struct cw_probe_answer *wait_for_batch(struct probed *p, unsigned n) {
    const struct cw_probe_answer *answer = NULL;
    for (int i = 0; i < 3000 && answer == NULL; i++) {
        answer = cw_probe_batch(p->probe, n);
        step(p->bed);
    }
    assert_non_null(answer);
    return answer;
}

static void batch__taken_refused_or_not_whole__told(void **state) {
    struct probed p = open_probe(state);
    struct node *node = &p.bed->nodes[0];
    assert_int_equal(wait_for_batch(&p, 40)->err, CW_OK);
    assert_int_equal(node->largest_batch, 40);
    node->batch_max = 10;
    for (unsigned refuses = REFUSES_BY_OBJECT; refuses <= REFUSES_BY_FIRST; refuses++) {
        node->refuses = (enum node_refusal)refuses;
        assert_int_not_equal(wait_for_batch(&p, 20 + refuses)->err, CW_OK);
    }
    node->manner = NODE_OMITS;
    node->chain_id_too = true;
    assert_int_equal(wait_for_batch(&p, 7)->err, CW_ERR_REFUSED);
    cw_probe_free(p.probe);
}

static void ask__date_of_the_answer__read(void **state) {
    struct probed p = open_probe(state);
    p.bed->nodes[0].manner = NODE_STATUS;
    p.bed->nodes[0].status = 200;
    p.bed->nodes[0].headers = "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
    p.bed->nodes[0].raw = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}";
    assert_int_equal(wait_for(&p, "eth_call", 0)->date_s, 1700000000);
    p.bed->nodes[0].headers = "Date: soon\r\n";
    assert_int_equal(wait_for(&p, "eth_call", 1)->date_s, 0);
    cw_probe_free(p.probe);
}

static void close__open_and_later_questions__answered_at_once(void **state) {
    struct probed p = open_probe(state);
    p.bed->nodes[0].manner = NODE_NEVER;
    assert_null(cw_probe_ask(p.probe, "eth_call", "[]", 0));
    run_steps(p.bed, 50);
    (void)cw_probe_news(p.probe);
    cw_probe_close(p.probe, "time is up");
    assert_true(cw_probe_news(p.probe));
    for (unsigned turn = 0; turn < 2; turn++) {
        const struct cw_probe_answer *answer = cw_probe_ask(p.probe, "eth_call", "[]", turn);
        assert_non_null(answer);
        assert_int_equal(answer->err, CW_ERR_BUSY);
        assert_string_equal(answer->text, "time is up");
    }
    run_steps(p.bed, 50);
    assert_int_equal(p.bed->nodes[0].requests, 1);
    cw_probe_free(p.probe);
}

/* --- a whole examination ---------------------------------------------------------------------- */

/* Its newest block is the last that a number can name, and of the first it has no state. */
static void answer_far_ahead(void *ctx, const struct server_request *request) {
    static const char head[] =
        "{\"hash\":\"0x1111111111111111111111111111111111111111111111111111111111111111\","
        "\"parentHash\":\"0x2222222222222222222222222222222222222222222222222222222222222222\","
        "\"number\":\"0xffffffffffffffff\",\"timestamp\":\"0x5\",\"gasLimit\":\"0x5\"}";
    char asked[512], body[1024];
    (void)ctx;
    snprintf(asked, sizeof asked, "%.*s", (int)request->body.n, (const char *)request->body.p);
    const bool of_first = strstr(asked, "\"0x1\"") != NULL;
    const char *result = strstr(asked, "eth_getBlockByNumber") != NULL ? head : "\"0x7\"";
    snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":1,%s%s}",
             of_first ? "\"error\":" : "\"result\":",
             of_first ? "{\"code\":-32000,\"message\":\"missing trie node\"}" : result);
    server_reply(request->conn, 200, "", cw_slice_of(body, strlen(body)));
}

static void exam__number_that_nothing_is_beyond__ends(void **state) {
    struct bed *bed = *state;
    struct server *server = server_new(answer_far_ahead, NULL);
    const struct cw_config config = {.chains_n = 0};
    const struct cw_config_chain chain = {.chain_id = 7, .mode = CW_MODE_QUORUM, .name = "l1"};
    struct cw_exam exam = {.config = &config, .chain = &chain, .where = "l1, far"};
    char url[64];
    assert_non_null(server);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server_port(server));
    assert_int_equal(cw_probe_new(&exam.probe, bed->loop, url, 1000, NULL), CW_OK);
    for (int i = 0; i < 3000 && !exam.done; i++) {
        cw_exam_go(&exam);
        server_step(server, 0);
        step(bed);
    }
    assert_true(exam.done && exam.well);
    cw_doctor_list_done(&exam.list);
    cw_probe_free(exam.probe);
    server_free(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ask__answered__kept_and_not_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ask__many__few_are_under_way_and_all_are_answered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(ask__reverted__with_its_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ask__failed__said_without_secrets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(batch__taken_refused_or_not_whole__told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ask__date_of_the_answer__read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(close__open_and_later_questions__answered_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(exam__number_that_nothing_is_beyond__ends, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
