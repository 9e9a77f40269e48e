/* Several operators, some of which lie, fail or keep silent. */
#include "net/quorum.h"
#include "rpc_bed.h"

#include <stdio.h>
#include <string.h>

#define REVERTS "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0xbadc0de0\"}"

static void on_done(void *ctx, const struct cw_rpc_result *result) {
    struct ask *ask = ctx;
    ask->done++;
    ask->err = result->err;
    const char *value = cw_json_string(result->value);
    snprintf(ask->value, sizeof(ask->value), "%s", value == NULL ? "" : value);
    snprintf(ask->text, sizeof(ask->text), "%s", result->text == NULL ? "" : result->text);
    snprintf(ask->endpoint, sizeof(ask->endpoint), "%s", result->endpoint);
    ask->revert_n = result->revert.n;
}

static struct cw_quorum_request question(struct ask *ask, unsigned k) {
    memset(ask, 0, sizeof(*ask));
    return (struct cw_quorum_request){
        .method = "test_echo",
        .params = "[\"0x2a\"]",
        .k = k,
        .digest = cw_quorum_digest_text,
        .done = on_done,
        .ctx = ask,
    };
}

static void ask_k(struct bed *bed, struct ask *ask, unsigned k) {
    struct cw_quorum_request request = question(ask, k);
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, ask);
}

/* Everybody has told his chain id. */
static void open_known(struct bed *bed, size_t n) {
    struct ask ask;
    open_rpc(bed, n, 50);
    for (unsigned i = 1; i <= n; i++) {
        struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
        request.operator_ = i;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
        run(bed, &ask);
    }
    run_steps(bed, 20);
}

/* n that only take transactions: they have the same operator, and tell no chain id. */
static void open_sends(struct bed *bed, size_t n) {
    bed->only_send = true;
    open_rpc(bed, n, 1);
    for (size_t i = 0; i < n; i++) {
        bed->nodes[i].chain_id = 666;
    }
}

static void ask_in_order(struct bed *bed, struct ask *ask, unsigned first,
                         bool (*refusal)(const char *text)) {
    struct cw_quorum_request request = question(ask, 1);
    request.one_by_one = true;
    request.first = first;
    request.refusal = refusal;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, ask);
}

static unsigned asked(const struct bed *bed, size_t n) {
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += bed->nodes[i].elements;
    }
    return sum;
}

static void quorum__all_agree__asks_k_of_them(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    unsigned before = asked(bed, 3);
    ask_k(bed, &ask, 2);
    assert_int_equal(ask.err, CW_OK);
    assert_string_equal(ask.value, "0x2a");
    assert_int_equal(asked(bed, 3) - before, 2);
    assert_int_equal(bed->findings, 0);
}

/* Of what is not final nobody can be called a liar. */
static void quorum__forgives__outvoted_and_not_named(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    bed->nodes[0].manner = NODE_SAYS;
    bed->nodes[0].raw = "\"0x2b\"";
    struct cw_quorum_request request = question(&ask, 2);
    request.forgives = true;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, &ask);
    assert_int_equal(ask.err, CW_OK);
    assert_string_equal(ask.value, "0x2a");
    assert_int_equal(bed->findings, 0);
    assert_true(status_of(bed, 0).usable);
}

static void quorum__one_and_not_from_one_operator__another_is_asked(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    struct cw_quorum_request request = question(&ask, 1);
    request.not_operator = 1;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, &ask);
    assert_good(&ask, "second");
}

static void quorum__one_lies__outvoted_and_named(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    for (size_t liar = 0; liar < 3; liar++) {
        cw_rpc_free(bed->rpc);
        open_known(bed, 3);
        bed->findings = 0;
        bed->nodes[liar].manner = NODE_SAYS;
        bed->nodes[liar].raw = "\"0x2b\"";
        struct cw_quorum_request request = question(&ask, 2);
        request.everybody = true;
        assert_non_null(cw_quorum_submit(bed->rpc, &request));
        run(bed, &ask);
        assert_good(&ask, liar == 0 ? "second" : "first");
        assert_int_equal(bed->findings, 1);
        assert_non_null(strstr(bed->finding, "outvoted: answered (digest 0x"));
        struct cw_rpc_endpoint_status status = status_of(bed, liar);
        assert_false(status.usable);
        assert_int_equal(status.contradictions, 1);
        assert_memory_equal(bed->finding, status.label, strlen(status.label));
        bed->nodes[liar].manner = NODE_HONEST;
    }
}

static void quorum__first_two_differ__a_third_decides(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 4);
    bed->nodes[0].manner = NODE_SAYS;
    bed->nodes[0].raw = "\"0x2b\"";
    for (int i = 0; i < 3 && bed->findings == 0; i++) {
        ask_k(bed, &ask, 2);
        assert_int_equal(ask.err, CW_OK);
        assert_string_equal(ask.value, "0x2a");
    }
    ask_k(bed, &ask, 3);
    assert_int_equal(ask.err, CW_OK);
    assert_string_equal(ask.value, "0x2a");
}

static void quorum__all_differ__contradicted_and_told_who_said_what(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    static const char *const lies[] = {"\"0x2a\"", "\"0x2b\"", "\"0x2c\""};
    for (size_t i = 0; i < 3; i++) {
        bed->nodes[i].manner = NODE_SAYS;
        bed->nodes[i].raw = lies[i];
    }
    ask_k(bed, &ask, 2);
    assert_int_equal(ask.err, CW_ERR_CONTRADICTED);
    assert_non_null(strstr(ask.text, "test_echo: 2 operators must agree"));
    assert_non_null(strstr(ask.text, "first answered (digest 0x"));
    assert_non_null(strstr(ask.text, "third answered (digest 0x"));
    /* Nobody knows which of them lies. */
    assert_int_equal(bed->findings, 0);
}

static void quorum__too_few_answer__nothing_on_less(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    bed->nodes[1].manner = NODE_HANG_UP;
    bed->nodes[2].manner = NODE_STATUS;
    bed->nodes[2].status = 503;
    bed->nodes[2].raw = "busy";
    ask_k(bed, &ask, 2);
    assert_int_not_equal(ask.err, CW_OK);
    assert_int_not_equal(ask.err, CW_ERR_CONTRADICTED);
    assert_non_null(strstr(ask.text, "first answered"));
    if (strstr(ask.text, "HTTP 503") == NULL)
        fail_msg("%s", ask.text);
    /* They are set aside now: it is said at once. */
    uint64_t now = bed->clock.now_ms;
    ask_k(bed, &ask, 2);
    assert_int_not_equal(ask.err, CW_OK);
    assert_true(bed->clock.now_ms - now < 200);
}

static void quorum__one_fails__the_next_one_is_asked(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    static const enum node_manner manners[] = {NODE_HANG_UP, NODE_TRUNCATES, NODE_HALF_JSON,
                                               NODE_NULL, NODE_ENDLESS};
    for (size_t i = 0; i < CW_COUNT(manners); i++) {
        cw_rpc_free(bed->rpc);
        open_known(bed, 3);
        bed->nodes[0].manner = manners[i];
        ask_k(bed, &ask, 2);
        assert_int_equal(ask.err, CW_OK);
        assert_string_equal(ask.value, "0x2a");
        bed->nodes[0].manner = NODE_HONEST;
    }
}

static void quorum__reverts__agree_on_the_data(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    for (size_t i = 0; i < 2; i++) {
        bed->nodes[i].manner = NODE_ERROR;
        bed->nodes[i].raw = REVERTS;
    }
    ask_k(bed, &ask, 2);
    assert_int_equal(ask.err, CW_ERR_REVERTED);
    assert_int_equal(ask.revert_n, 4);
    bed->nodes[1].manner = NODE_HONEST;
    ask_k(bed, &ask, 2);
    assert_int_equal(ask.err, CW_ERR_CONTRADICTED);
}

static enum cw_err never(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct ask *ask = ctx;
    ask->checked++;
    return strcmp(cw_json_string(value), "0x2a") == 0
               ? CW_OK
               : cw_error_set(error, CW_ERR_CONTRADICTED, "not what it should be");
}

static void quorum__check_refuses__its_vote_does_not_count(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    for (size_t i = 0; i < 2; i++) {
        bed->nodes[i].manner = NODE_SAYS;
        bed->nodes[i].raw = "\"0x2b\"";
    }
    struct cw_quorum_request request = question(&ask, 2);
    request.check = never;
    request.everybody = true;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, &ask);
    assert_int_not_equal(ask.err, CW_OK);
    assert_int_equal(bed->findings, 2);
}

/* --- numbers, refusals --- */

static enum cw_err read_number(void *ctx, const struct cw_json *value, struct cw_u256 *ret) {
    (void)ctx;
    const char *text = cw_json_string(value);
    return cw_u256_from_quantity(ret, text, strlen(text));
}

/* What the nodes answer, as quantities; NULL: no answer. What comes of it: an answer, or "". */
static void numbers(struct bed *bed, const char *const says[3], const char *value) {
    struct ask ask;
    cw_rpc_free(bed->rpc);
    open_known(bed, 3);
    for (size_t i = 0; i < 3; i++) {
        bed->nodes[i].manner = says[i] == NULL ? NODE_HANG_UP : NODE_SAYS;
        bed->nodes[i].raw = says[i];
    }
    struct cw_quorum_request request = question(&ask, 2);
    request.digest = NULL;
    request.number = read_number;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, &ask);
    assert_string_equal(ask.value, value);
    assert_int_equal(ask.err, value[0] != '\0' ? CW_OK : CW_ERR_CONTRADICTED);
    assert_int_equal(bed->findings, 0); /* nobody is accused of an estimate of his own */
    for (size_t i = 0; i < 3; i++) {
        bed->nodes[i].manner = NODE_HONEST;
    }
}

static void quorum__numbers__k_that_are_near_each_other(void **state) {
    struct bed *bed = *state;
    open_known(bed, 3);
    numbers(bed, (const char *const[]){"\"0x64\"", "\"0x64\"", NULL}, "0x64");
    numbers(bed, (const char *const[]){"\"0x64\"", "\"0x7d\"", NULL}, "0x7d");
    numbers(bed, (const char *const[]){"\"0x7d\"", "\"0x64\"", NULL}, "0x7d");
    numbers(bed, (const char *const[]){"\"0x64\"", "\"0x7e\"", NULL}, "");
    numbers(bed, (const char *const[]){"\"0x5f5e100\"", "\"0x64\"", "\"0x66\""}, "0x66");
    numbers(bed, (const char *const[]){"\"0x66\"", "\"0x0\"", "\"0x64\""}, "0x66");
    numbers(bed, (const char *const[]){"\"0x1\"", "\"0x64\"", "\"0x3e8\""}, "");
    char most[80] = "\"0x";
    memset(most + 3, 'f', 64);
    strcat(most, "\"");
    numbers(bed, (const char *const[]){most, "\"0x64\"", "\"0x64\""}, "0x64");
}

static bool is_answer(const char *text) {
    return strstr(text, "gas required exceeds allowance") != NULL;
}

#define REFUSES(text) "{\"code\":-32000,\"message\":\"" text "\"}"

/* Each node refuses with that text; NULL: it answers. */
static void refusals(struct bed *bed, const char *const says[3], enum cw_err err) {
    struct ask ask;
    cw_rpc_free(bed->rpc);
    open_known(bed, 3);
    for (size_t i = 0; i < 3; i++) {
        bed->nodes[i].manner = says[i] == NULL ? NODE_HONEST : NODE_ERROR;
        bed->nodes[i].raw = says[i];
    }
    struct cw_quorum_request request = question(&ask, 2);
    request.number = read_number;
    request.refusal = is_answer;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, &ask);
    if (ask.err != err) {
        fail_msg("%s: %s", cw_err_name(ask.err), ask.text);
    }
    for (size_t i = 0; i < 3; i++) {
        bed->nodes[i].manner = NODE_HONEST;
    }
}

static void quorum__refusals__an_answer_when_k_give_it(void **state) {
    struct bed *bed = *state;
    static const char all[] = REFUSES("gas required exceeds allowance (30000000)");
    static const char own[] = REFUSES("gas required exceeds allowance (7)");
    static const char other[] = REFUSES("the moon is full");
    open_known(bed, 3);
    refusals(bed, (const char *const[]){all, own, NULL}, CW_ERR_REFUSED);
    refusals(bed, (const char *const[]){all, NULL, NULL}, CW_OK);
    refusals(bed, (const char *const[]){all, NULL, other}, CW_ERR_CONTRADICTED);
    /* One of each: what one of them says alone decides nothing. */
    refusals(bed, (const char *const[]){all, other, other}, CW_ERR_TRANSPORT);
    refusals(bed, (const char *const[]){other, NULL, REVERTS}, CW_ERR_CONTRADICTED);
}

static void quorum__revert_is_no_answer__where_so_asked(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    bed->nodes[0].manner = NODE_ERROR;
    bed->nodes[0].raw = REVERTS;
    struct cw_quorum_request request = question(&ask, 2);
    request.revert_fails = true;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, &ask);
    assert_int_equal(ask.err, CW_OK);
    assert_int_equal(bed->findings, 0);
}

static void quorum__failures__one_that_k_share_or_none(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    for (size_t i = 0; i < 2; i++) {
        bed->nodes[i].manner = NODE_ERROR;
        bed->nodes[i].raw = REFUSES("header not found");
    }
    ask_k(bed, &ask, 2);
    assert_int_equal(ask.err, CW_ERR_BEHIND);
    bed->nodes[0].raw = REFUSES("the moon is full");
    ask_k(bed, &ask, 2);
    assert_int_equal(ask.err, CW_ERR_TRANSPORT);
}

/* --- one is enough --- */

static void quorum__of_one__asks_one_and_needs_no_digest(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    unsigned before = asked(bed, 3);
    struct cw_quorum_request request = question(&ask, 1);
    request.digest = NULL;
    request.check = never;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, &ask);
    assert_good(&ask, ask.endpoint);
    assert_int_equal(ask.checked, 1);
    assert_int_equal(asked(bed, 3) - before, 1);
}

static void quorum__of_one__fails_over_and_lies_are_found(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    static const enum node_manner manners[] = {NODE_HANG_UP, NODE_HALF_JSON, NODE_SAYS};
    for (size_t i = 0; i < CW_COUNT(manners); i++) {
        cw_rpc_free(bed->rpc);
        open_known(bed, 2);
        bed->findings = 0;
        bed->nodes[0].manner = manners[i];
        bed->nodes[0].raw = "\"0x2b\"";
        struct cw_quorum_request request = question(&ask, 1);
        request.check = never;
        assert_non_null(cw_quorum_submit(bed->rpc, &request));
        run(bed, &ask);
        assert_good(&ask, "second");
        assert_int_equal(bed->findings, manners[i] == NODE_SAYS);
        bed->nodes[0].manner = NODE_HONEST;
    }
}

static void quorum__of_one__ends_as_a_plain_call_does(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    /* Behind, once both say so. */
    for (size_t i = 0; i < 2; i++) {
        bed->nodes[i].manner = NODE_ERROR;
        bed->nodes[i].raw = "{\"code\":-32000,\"message\":\"header not found\"}";
    }
    unsigned before = asked(bed, 2);
    ask_k(bed, &ask, 1);
    assert_int_equal(ask.err, CW_ERR_BEHIND);
    assert_int_equal(asked(bed, 2) - before, 2);
    /* Reverted, as soon as one says so. */
    bed->nodes[0].raw = bed->nodes[1].raw = REVERTS;
    before = asked(bed, 2);
    ask_k(bed, &ask, 1);
    assert_int_equal(ask.err, CW_ERR_REVERTED);
    assert_int_equal(ask.revert_n, 4);
    assert_int_equal(asked(bed, 2) - before, 1);
    /* Given up, while nobody can be reached. */
    bed->nodes[0].manner = bed->nodes[1].manner = NODE_HANG_UP;
    struct cw_quorum_request request = question(&ask, 1);
    uint64_t now = bed->clock.now_ms;
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run_long(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_TRANSPORT);
    assert_non_null(strstr(ask.text, "given up after"));
    assert_true(bed->clock.now_ms - now > 1000);
}

static void quorum__of_one_cancelled__is_not_heard_of(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    struct cw_quorum_request request = question(&ask, 1);
    struct cw_quorum *quorum = cw_quorum_submit(bed->rpc, &request);
    assert_non_null(quorum);
    run_steps(bed, 1);
    cw_quorum_cancel(quorum);
    run_steps(bed, 100);
    assert_int_equal(ask.done, 0);
}

static void quorum__cancelled__is_not_heard_of(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    struct cw_quorum_request request = question(&ask, 2);
    struct cw_quorum *quorum = cw_quorum_submit(bed->rpc, &request);
    assert_non_null(quorum);
    run_steps(bed, 1);
    cw_quorum_cancel(quorum);
    run_steps(bed, 100);
    assert_int_equal(ask.done, 0);
    cw_quorum_cancel(NULL);
}

static void operators__same_label__are_one(void **state) {
    struct bed *bed = *state;
    const struct cw_rpc_endpoint_config endpoints[] = {
        {"http://127.0.0.1:1/", "a", 0},   {"http://127.0.0.1:2/", "b", 0},
        {"http://127.0.0.1:3/", "a", 0},   {"http://127.0.0.1:4/x", NULL, 0},
        {"http://127.0.0.1:4/y", NULL, 0},
    };
    const struct cw_rpc_config config = {
        .chain = "l1", .chain_id = {1}, .endpoints = endpoints, .endpoints_n = CW_COUNT(endpoints)};
    assert_int_equal(cw_rpc_new(&bed->rpc, bed->loop, &config, NULL), CW_OK);
    assert_int_equal(cw_rpc_operators(bed->rpc), 3);
    assert_string_equal(cw_rpc_operator_name(bed->rpc, 2), "b");
    assert_string_equal(cw_rpc_operator_name(bed->rpc, 3), "127.0.0.1:4");
    static const char *const labels[] = {"a", "b", "a 127.0.0.1:3", "127.0.0.1:4",
                                         "127.0.0.1:4 #5"};
    for (size_t i = 0; i < CW_COUNT(labels); i++) {
        assert_string_equal(status_of(bed, i).label, labels[i]);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- one by one ------------------------------------------------------------------------------- */

static void one_by_one__first_takes_it__nobody_else_is_asked(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_sends(bed, 3);
    for (unsigned i = 0; i < 3; i++) {
        ask_in_order(bed, &ask, 0, NULL);
        assert_good(&ask, "first");
    }
    assert_int_equal(asked(bed, 3), 3);
    ask_in_order(bed, &ask, 4, NULL);
    assert_good(&ask, "second");
    bed->clock.now_ms += 600000;
    ask_in_order(bed, &ask, 0, NULL);
    run_steps(bed, 50);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bed->nodes[i].probes, 0);
        assert_int_equal(bed->nodes[i].heads_asked, 0);
    }
}

static void one_by_one__some_fail__the_next_one_takes_it(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_sends(bed, 3);
    bed->nodes[0].manner = NODE_HANG_UP;
    bed->nodes[1].manner = NODE_ERROR;
    bed->nodes[1].raw = "{\"code\":-32601,\"message\":\"the method does not exist\"}";
    /* However often they failed, they keep their place. */
    for (unsigned i = 0; i < 40; i++) {
        ask_in_order(bed, &ask, 0, NULL);
        assert_good(&ask, "third");
        bed->clock.now_ms += 60000;
    }
    bed->nodes[0].manner = bed->nodes[1].manner = NODE_HONEST;
    ask_in_order(bed, &ask, 0, NULL);
    assert_good(&ask, "first");
}

static void one_by_one__all_fail__each_is_named(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_sends(bed, 2);
    bed->nodes[0].manner = NODE_HANG_UP;
    bed->nodes[1].manner = NODE_ERROR;
    bed->nodes[1].raw = "{\"code\":-32000,\"message\":\"not today\"}";
    ask_in_order(bed, &ask, 0, NULL);
    assert_int_equal(ask.err, CW_ERR_TRANSPORT);
    assert_non_null(strstr(ask.text, "none of 2 took it; first "));
    assert_non_null(strstr(ask.text, "; second "));
    assert_non_null(strstr(ask.text, "not today"));
    /* The first one is set aside by now: nobody waits for it. */
    unsigned requests = bed->nodes[0].requests;
    ask_in_order(bed, &ask, 0, NULL);
    assert_non_null(strstr(ask.text, "set aside"));
    assert_int_equal(bed->nodes[0].requests, requests);
}

static bool is_known(const char *text) {
    return strstr(text, "already known") != NULL;
}

static void one_by_one__refusal_that_is_an_answer__nobody_else_is_asked(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_sends(bed, 2);
    bed->nodes[0].manner = NODE_ERROR;
    bed->nodes[0].raw = "{\"code\":-32000,\"message\":\"already known\"}";
    ask_in_order(bed, &ask, 0, is_known);
    assert_int_equal(ask.err, CW_ERR_REFUSED);
    assert_non_null(strstr(ask.text, "already known"));
    assert_int_equal(asked(bed, 2), 1);
}

static void one_by_one__same_label__each_is_tried(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    char urls[2][128];
    const struct cw_rpc_endpoint_config endpoints[2] = {
        {node_url(&bed->nodes[0], urls[0], ""), "one", 0},
        {node_url(&bed->nodes[1], urls[1], ""), "one", 0},
    };
    const struct cw_rpc_config config = {.chain = "l1",
                                         .chain_id = {10},
                                         .endpoints = endpoints,
                                         .endpoints_n = 2,
                                         .coalesce_ms = 2,
                                         .only_send = true};
    struct cw_error error;
    assert_int_equal(cw_rpc_new(&bed->rpc, bed->loop, &config, &error), CW_OK);
    bed->nodes[0].manner = NODE_ERROR;
    bed->nodes[0].raw = "{\"code\":-32000,\"message\":\"not today\"}";
    ask_in_order(bed, &ask, 0, NULL);
    assert_int_equal(ask.err, CW_OK);
    assert_int_equal(bed->nodes[0].elements, 1);
    assert_int_equal(bed->nodes[1].elements, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(quorum__all_agree__asks_k_of_them),
        T(quorum__one_lies__outvoted_and_named),
        T(quorum__forgives__outvoted_and_not_named),
        T(quorum__one_and_not_from_one_operator__another_is_asked),
        T(quorum__first_two_differ__a_third_decides),
        T(quorum__all_differ__contradicted_and_told_who_said_what),
        T(quorum__too_few_answer__nothing_on_less),
        T(quorum__one_fails__the_next_one_is_asked),
        T(quorum__reverts__agree_on_the_data),
        T(quorum__check_refuses__its_vote_does_not_count),
        T(quorum__numbers__k_that_are_near_each_other),
        T(quorum__refusals__an_answer_when_k_give_it),
        T(quorum__revert_is_no_answer__where_so_asked),
        T(quorum__failures__one_that_k_share_or_none),
        T(quorum__of_one__asks_one_and_needs_no_digest),
        T(quorum__of_one__fails_over_and_lies_are_found),
        T(quorum__of_one__ends_as_a_plain_call_does),
        T(quorum__of_one_cancelled__is_not_heard_of),
        T(quorum__cancelled__is_not_heard_of),
        T(operators__same_label__are_one),
        T(one_by_one__first_takes_it__nobody_else_is_asked),
        T(one_by_one__some_fail__the_next_one_takes_it),
        T(one_by_one__all_fail__each_is_named),
        T(one_by_one__refusal_that_is_an_answer__nobody_else_is_asked),
        T(one_by_one__same_label__each_is_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
