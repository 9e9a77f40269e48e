/* Which proofs are asked for together, and who hears of the answer. The endpoints are the test's
 * own. */
#include "work/slots.h"

#include "net/quorum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ASKERS 70
#define CALLS  70

struct cw_quorum {
    enum cw_err (*check)(void *ctx, const struct cw_json *value, struct cw_error *error);
    void (*done)(void *ctx, const struct cw_rpc_result *result);
    void *ctx;
    char params[4096];
    bool open;
};

struct bed;

struct asker {
    struct bed *bed;
    struct cw_slot_asked *asked;
    unsigned checks, dones;
    enum cw_err err;
    struct asker *cancels; /* from its done */
};

struct bed {
    uint64_t now_ms;
    struct cw_clock clock;
    struct cw_loop *loop;
    struct cw_slots *slots;
    struct cw_quorum calls[CALLS];
    size_t calls_n;
    bool no_memory;
    struct asker askers[ASKERS];
    const struct asker *bad; /* its check says so */
};

static struct bed *bed; /* the stubs have no other way to it */

struct cw_quorum *cw_quorum_submit(struct cw_rpc *rpc, const struct cw_quorum_request *request) {
    (void)rpc;
    if (bed->no_memory)
        return NULL;
    assert_true(bed->calls_n < CALLS);
    assert_string_equal(request->method, "eth_getProof");
    assert_int_equal(request->k, 1);
    assert_int_equal(request->class_, CW_RPC_HEAVY);
    struct cw_quorum *call = &bed->calls[bed->calls_n++];
    *call = (struct cw_quorum){
        .check = request->check, .done = request->done, .ctx = request->ctx, .open = true};
    snprintf(call->params, sizeof call->params, "%s", request->params);
    return call;
}

void cw_quorum_cancel(struct cw_quorum *quorum) {
    if (quorum) {
        assert_true(quorum->open);
        quorum->open = false;
    }
}

static uint64_t monotonic_ms(void *ctx) {
    return ((struct bed *)ctx)->now_ms;
}

static int set_up(void **state) {
    bed = calloc(1, sizeof *bed);
    bed->clock = (struct cw_clock){monotonic_ms, monotonic_ms, bed};
    for (size_t i = 0; i < ASKERS; i++)
        bed->askers[i].bed = bed;
    struct cw_error error;
    *state = bed;
    return cw_loop_new(&bed->loop, &bed->clock, &error) == CW_OK &&
                   cw_slots_new(&bed->slots, bed->loop, NULL, &error) == CW_OK
               ? 0
               : 1;
}

static int tear_down(void **state) {
    (void)state;
    cw_slots_free(bed->slots);
    cw_loop_free(bed->loop);
    free(bed);
    return 0;
}

static enum cw_err check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct asker *asker = ctx;
    (void)value;
    asker->checks++;
    return asker == bed->bad ? cw_error_set(error, CW_ERR_CONTRADICTED, "bad") : CW_OK;
}

static void done(void *ctx, const struct cw_rpc_result *result) {
    struct asker *asker = ctx;
    asker->asked = NULL;
    asker->dones++;
    asker->err = result->err;
    if (asker->cancels) {
        cw_slots_cancel(asker->cancels->asked);
        asker->cancels->asked = NULL;
    }
}

static void ask_of(size_t i, uint8_t account, uint64_t block) {
    const struct cw_slot_request request = {.account = {{account}},
                                            .slot = {{[31] = (uint8_t)i}},
                                            .block = {block},
                                            .check = check,
                                            .done = done,
                                            .ctx = &bed->askers[i]};
    bed->askers[i].asked = cw_slots_ask(bed->slots, &request);
}

static void ask(size_t i) {
    ask_of(i, 1, 7);
    assert_non_null(bed->askers[i].asked);
}

static void turn(void) {
    struct cw_error error;
    assert_int_equal(cw_loop_step(bed->loop, 0, &error), CW_OK);
}

/* An answer as an endpoint gives it: taken when the check says so. */
static void answer(size_t i, enum cw_err err) {
    struct cw_quorum *call = &bed->calls[i];
    struct cw_error error;
    assert_true(call->open);
    if (err == CW_OK)
        err = call->check(call->ctx, NULL, &error);
    call->open = false;
    const struct cw_rpc_result result = {.err = err, .text = "what it said"};
    call->done(call->ctx, &result);
}

static size_t keys(size_t call) {
    size_t n = 0;
    for (const char *p = bed->calls[call].params; (p = strstr(p, "0x0000000000")) != NULL; p++)
        n++;
    return n;
}

static void assert_told(size_t from, size_t to, enum cw_err err) {
    for (size_t i = from; i < to; i++) {
        assert_int_equal(bed->askers[i].dones, 1);
        assert_int_equal(bed->askers[i].err, err);
    }
}

static void ask__in_one_turn__one_call(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++)
        ask(i);
    assert_int_equal(bed->calls_n, 0);
    turn();
    assert_int_equal(bed->calls_n, 1);
    assert_string_equal(bed->calls[0].params,
                        "[\"0x0100000000000000000000000000000000000000\",["
                        "\"0x0000000000000000000000000000000000000000000000000000000000000000\","
                        "\"0x0000000000000000000000000000000000000000000000000000000000000001\","
                        "\"0x0000000000000000000000000000000000000000000000000000000000000002\"],"
                        "\"0x7\"]");
    ask(3); /* it is on its way already */
    turn();
    assert_int_equal(bed->calls_n, 2);
    answer(0, CW_OK);
    assert_told(0, 3, CW_OK);
    assert_int_equal(bed->askers[2].checks, 1);
    assert_int_equal(bed->askers[3].dones, 0);
    answer(1, CW_OK);
    assert_told(3, 4, CW_OK);
}

static void ask__of_other_accounts_and_blocks__calls_of_their_own(void **state) {
    (void)state;
    ask_of(0, 1, 7);
    ask_of(1, 2, 7);
    ask_of(2, 1, 8);
    ask_of(3, 1, 7);
    turn();
    assert_int_equal(bed->calls_n, 3);
    for (size_t i = 0; i < 3; i++)
        answer(i, CW_OK);
    assert_told(0, 4, CW_OK);
}

static void ask__more_than_fit__several_calls(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * CW_SLOTS_MAX + 1; i++)
        ask(i);
    turn();
    assert_int_equal(bed->calls_n, 3);
    for (size_t i = 0; i < 3; i++)
        answer(i, CW_OK);
    assert_told(0, 2 * CW_SLOTS_MAX + 1, CW_OK);
}

static void ask__without_a_loop__at_once_and_alone(void **state) {
    (void)state;
    struct cw_error error;
    cw_slots_free(bed->slots);
    assert_int_equal(cw_slots_new(&bed->slots, NULL, NULL, &error), CW_OK);
    ask(0);
    ask(1);
    assert_int_equal(bed->calls_n, 2);
    bed->no_memory = true;
    ask_of(2, 1, 7);
    assert_null(bed->askers[2].asked);
    answer(0, CW_OK);
    assert_told(0, 1, CW_OK);
}

static void ask__no_memory_for_the_call__all_told(void **state) {
    (void)state;
    ask(0);
    ask(1);
    bed->no_memory = true;
    turn();
    assert_told(0, 2, CW_ERR_MEMORY);
}

static void answer__bad_for_one__not_taken(void **state) {
    (void)state;
    ask(0);
    ask(1);
    bed->bad = &bed->askers[1];
    turn();
    answer(0, CW_OK);
    assert_told(0, 2, CW_ERR_CONTRADICTED);
}

static void answer__nobody_there__all_told(void **state) {
    (void)state;
    ask(0);
    ask(1);
    turn();
    answer(0, CW_ERR_TRANSPORT);
    assert_told(0, 2, CW_ERR_TRANSPORT);
    assert_int_equal(bed->calls_n, 1);
}

static void cancel__before_it_is_sent__not_asked_for(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++)
        ask(i);
    cw_slots_cancel(bed->askers[0].asked);
    turn();
    assert_int_equal(bed->calls_n, 1);
    assert_int_equal(keys(0), 2);
    answer(0, CW_OK);
    assert_int_equal(bed->askers[0].dones, 0);
    assert_told(1, 3, CW_OK);
    ask(4);
    cw_slots_cancel(bed->askers[4].asked);
    turn();
    assert_int_equal(bed->calls_n, 1);
}

static void cancel__under_way__the_others_hear_of_it(void **state) {
    (void)state;
    ask(0);
    ask(1);
    turn();
    cw_slots_cancel(bed->askers[0].asked);
    assert_true(bed->calls[0].open);
    answer(0, CW_OK);
    assert_int_equal(bed->askers[0].checks + bed->askers[0].dones, 0);
    assert_told(1, 2, CW_OK);
    ask(2);
    turn();
    cw_slots_cancel(bed->askers[2].asked);
    assert_false(bed->calls[1].open);
}

static void cancel__as_another_is_told__not_told(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++)
        ask(i);
    bed->askers[0].cancels = &bed->askers[1];
    bed->askers[2].cancels = &bed->askers[2]; /* that is over */
    turn();
    answer(0, CW_OK);
    assert_int_equal(bed->askers[1].dones, 0);
    assert_told(2, 3, CW_OK);
}

static void refused__together_only__one_by_one_and_fewer_from_then_on(void **state) {
    (void)state;
    for (size_t i = 0; i < 8; i++)
        ask(i);
    turn();
    answer(0, CW_ERR_REFUSED);
    assert_int_equal(bed->calls_n, 9);
    assert_int_equal(bed->askers[0].dones, 0);
    for (size_t i = 1; i < 9; i++) {
        assert_int_equal(keys(i), 1);
        answer(i, CW_OK);
    }
    assert_told(0, 8, CW_OK);
    for (size_t i = 8; i < 16; i++)
        ask(i);
    turn();
    assert_int_equal(bed->calls_n, 11);
    assert_int_equal(keys(9), 4);
}

static void refused__alone_too__told_and_as_many_from_then_on(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++)
        ask(i);
    turn();
    answer(0, CW_ERR_LIMIT);
    answer(1, CW_ERR_REFUSED);
    answer(2, CW_ERR_REFUSED);
    assert_told(0, 2, CW_ERR_REFUSED);
    for (size_t i = 2; i < 6; i++)
        ask(i);
    turn();
    assert_int_equal(bed->calls_n, 4);
}

static void refused__and_no_memory__told(void **state) {
    (void)state;
    ask(0);
    ask(1);
    turn();
    bed->no_memory = true;
    answer(0, CW_ERR_REFUSED);
    assert_told(0, 2, CW_ERR_MEMORY);
}

static void free__some_under_way_and_some_not__nobody_told(void **state) {
    (void)state;
    ask(0);
    turn();
    ask(1);
    cw_slots_free(bed->slots);
    bed->slots = NULL;
    assert_false(bed->calls[0].open);
    turn();
    assert_int_equal(bed->askers[0].dones + bed->askers[1].dones, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(ask__in_one_turn__one_call),
        CASE(ask__of_other_accounts_and_blocks__calls_of_their_own),
        CASE(ask__more_than_fit__several_calls),
        CASE(ask__without_a_loop__at_once_and_alone),
        CASE(ask__no_memory_for_the_call__all_told),
        CASE(answer__bad_for_one__not_taken),
        CASE(answer__nobody_there__all_told),
        CASE(cancel__before_it_is_sent__not_asked_for),
        CASE(cancel__under_way__the_others_hear_of_it),
        CASE(cancel__as_another_is_told__not_told),
        CASE(refused__together_only__one_by_one_and_fewer_from_then_on),
        CASE(refused__alone_too__told_and_as_many_from_then_on),
        CASE(refused__and_no_memory__told),
        CASE(free__some_under_way_and_some_not__nobody_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
