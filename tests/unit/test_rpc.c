#include "rpc_bed.h"

#include "http_server.h"
#include "nth_malloc.h"

#include <stdio.h>
#include <string.h>

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

static void submit__a_full_batch__does_not_wait_for_more(void **state) {
    struct bed *bed = *state;
    struct ask asks[3], late;
    char url[128];
    const struct cw_rpc_endpoint_config endpoint = {node_url(&bed->nodes[0], url, ""), "first", 0};
    const struct cw_rpc_config config = {.chain = "l1",
                                         .chain_id = {10},
                                         .endpoints = &endpoint,
                                         .endpoints_n = 1,
                                         .coalesce_ms = 1000,
                                         .batch_max = 3};
    assert_int_equal(cw_rpc_new(&bed->rpc, bed->loop, &config, NULL), CW_OK);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_QUICK);
    }
    run_steps(bed, 300);
    assert_int_equal(asks[2].done, 1);
    submit(bed, &late, "[\"0x2a\"]", CW_RPC_QUICK);
    run_steps(bed, 300);
    assert_int_equal(late.done, 0);
    bed->clock.now_ms += 1000;
    run(bed, &late);
}

static void batch__refused__halved_and_remembered(void **state) {
    struct bed *bed = *state;
    open_rpc(bed, 1, 50);
    for (int refuses = REFUSES_BY_OBJECT; refuses <= REFUSES_BY_FIRST; refuses++) {
        struct ask asks[50];
        cw_rpc_free(bed->rpc);
        open_rpc(bed, 1, 50);
        bed->nodes[0].batch_max = 10;
        bed->nodes[0].refuses = (enum node_refusal)refuses;
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
    open_rpc(bed, 2, 50);
    ask_one(bed, &asks[0]);
    run_steps(bed, 20);
    bed->nodes[1].largest_batch = 0;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], params, CW_RPC_HEAVY);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
        assert_int_equal(asks[i].err, CW_OK);
        assert_string_equal(asks[i].endpoint, "second");
    }
    assert_int_equal(bed->nodes[0].largest_batch, 3);
    assert_int_equal(bed->nodes[1].largest_batch, 1);
}

static void error__too_large_in_a_batch__asked_alone(void **state) {
    struct bed *bed = *state;
    struct ask asks[3];
    open_rpc(bed, 1, 50);
    ask_one(bed, &asks[0]);
    unsigned elements = bed->nodes[0].elements;
    bed->nodes[0].manner = NODE_TOO_LARGE;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_HEAVY);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
        assert_good(&asks[i], "first");
    }
    assert_int_equal(bed->nodes[0].elements - elements, 3 + 2);
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
    const struct cw_rpc_endpoint_config endpoint = {"http://127.0.0.1:9/topsecret", NULL, 0};
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
        T(submit__a_full_batch__does_not_wait_for_more),
        T(batch__refused__halved_and_remembered),
        T(batch__no_batches_at_all__single_calls),
        T(batch__taken_for_long__grows_again),
        T(batch__elements_in_any_order__matched_by_id),
        T(batch__ids_that_can_not_be__a_finding_and_asked_elsewhere),
        T(cancel__queued_or_sent__done_is_not_called),
        T(cancel__from_a_callback__also_in_the_same_batch),
        T(free__calls_under_way__not_called),
        T(call__answer_too_large_together__asked_alone),
        T(error__too_large_in_a_batch__asked_alone),
        T(give_up__while_sent__said_so),
        T(submit__no_memory__ends_once_or_is_refused),
        T(wait__answer__owned_by_the_caller),
    };
    return cmocka_run_group_tests_name("rpc", tests, NULL, NULL);
}
