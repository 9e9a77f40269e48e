/* Where a transaction is and what it sent, from endpoints that may lie: real headers and receipts.
 */
#include "work/origin.h"

#include "fake_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCKS 20u
#define AT     12u

static const struct cw_addr20 contract = {{0xc0}};
static const struct cw_hash32 sent = {{0x5e}}, other = {{0x07}};

struct fixture {
    struct fake fake;
    struct cw_config_chain chain;
    struct cw_error error;
    struct cw_arena arena;
    unsigned done;
    struct cw_origin_found found; /* without its logs */
    char text[512];
    struct cw_message messages[4];
    size_t messages_n;
};

/* A stack whose messages are the logs with that topic. */
static enum cw_err decode(const struct cw_adapter *adapter, enum cw_side side,
                          const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                          struct cw_error *error) {
    (void)adapter;
    (void)error;
    assert_int_equal(side, CW_EXECUTION);
    assert_true(log->beside_n > 0 && log->block.timestamp_s > 0);
    assert_memory_equal(log->tx_hash.b, fake_tx.b, 32);
    if (!cw_hash32_equal(&log->topics[0], &sent))
        return CW_OK;
    ret->kind = CW_EVENT_SENT;
    ret->ref = log->topics[0];
    ret->payload = cw_arena_copy(arena, log->data);
    return CW_OK;
}

static const struct cw_adapter_ops ops = {.source = CW_EXECUTION, .decode = decode};

static void found(void *ctx, const struct cw_origin_found *origin) {
    struct fixture *f = ctx;
    f->done++;
    f->found = *origin;
    snprintf(f->text, sizeof f->text, "%s", origin->text);
    if (origin->state == CW_ORIGIN_INCLUDED)
        assert_int_equal(cw_origin_messages(origin, &ops, NULL, &f->arena, f->messages,
                                            CW_COUNT(f->messages), &f->messages_n, &f->error),
                         CW_OK);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fake_init(&f->fake);
    for (unsigned i = 0; i < BLOCKS; i++) {
        const struct fake_log logs[2] = {{contract, sent, {(uint8_t)i, 9}}, {contract, other, {3}}};
        fake_block(&f->fake, logs, i == AT ? 2 : 0);
    }
    f->fake.tx_block = AT;
    f->chain = (struct cw_config_chain){.name = "l2", .quorum = 1};
    cw_arena_init(&f->arena, 1u << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_arena_done(&f->arena);
    fake_done(&f->fake);
    free(f);
    return 0;
}

static struct cw_origin *start(struct fixture *f) {
    const struct cw_origin_config config = {
        .rpc = fake_rpc(&f->fake), .chain = &f->chain, .tx = fake_tx, .done = found, .ctx = f};
    struct cw_origin *origin = NULL;
    f->done = 0;
    f->messages_n = 0;
    assert_int_equal(cw_origin_ask(&origin, &config, &f->error), CW_OK);
    return origin;
}

static enum cw_origin_state ask(struct fixture *f) {
    start(f);
    fake_run(&f->fake, 30000);
    assert_int_equal(f->done, 1);
    return f->found.state;
}

static void ask__in_a_block__its_own_messages(void **state) {
    struct fixture *f = *state;
    assert_int_equal(ask(f), CW_ORIGIN_INCLUDED);
    assert_int_equal(f->found.block.number.v, AT);
    assert_memory_equal(f->found.block.hash.b, f->fake.blocks[AT].hash.b, 32);
    assert_int_equal(f->found.block.timestamp_s, f->fake.blocks[AT].header.timestamp);
    assert_int_equal(f->found.logs_n, 1); /* the other one is of another transaction */
    assert_int_equal(f->messages_n, 1);
    assert_memory_equal(f->messages[0].id.b, sent.b, 32);
    assert_int_equal(f->messages[0].payload.p[0], AT);
    assert_int_equal(f->fake.findings, 0);
}

static void ask__not_in_a_block__told_apart(void **state) {
    struct fixture *f = *state;
    f->fake.tx_block = 0;
    assert_int_equal(ask(f), CW_ORIGIN_NONE);
    f->fake.tx_pending = true;
    assert_int_equal(ask(f), CW_ORIGIN_PENDING);
    f->fake.tx_block = AT;
    f->fake.tx_failed = true;
    assert_int_equal(ask(f), CW_ORIGIN_REVERTED);
    assert_int_equal(f->found.block.number.v, AT);
    f->fake.faults.dead = true;
    assert_int_equal(ask(f), CW_ORIGIN_UNTOLD);
    assert_string_equal(f->text, "no answer");
    assert_int_equal(f->fake.findings, 0);
}

static void ask__first_endpoint_does_not_know_it__the_next_one_does(void **state) {
    struct fixture *f = *state;
    f->fake.faults.tx_unknown = true;
    assert_int_equal(ask(f), CW_ORIGIN_INCLUDED);
    assert_int_equal(f->messages_n, 1);
    f->fake.tx_block = 0;
    f->fake.tx_pending = true;
    assert_int_equal(ask(f), CW_ORIGIN_PENDING);
    assert_int_equal(f->fake.findings, 0);
}

/* What it adds, leaves out or changes does not hash to the header. */
static void ask__receipts_that_lie__caught_and_the_next_one_asked(void **state) {
    struct fixture *f = *state;
    bool *const lies[] = {&f->fake.faults.receipts_flip, &f->fake.faults.receipts_drop,
                          &f->fake.faults.tx_other};
    for (size_t i = 0; i < CW_COUNT(lies); i++) {
        *lies[i] = true;
        assert_int_equal(ask(f), CW_ORIGIN_INCLUDED);
        assert_int_equal(f->messages_n, 1);
        assert_int_equal(f->messages[0].payload.p[5], 0);
        assert_int_equal(f->fake.findings, i + 1);
        *lies[i] = false;
        f->fake.liar_aside_until_ms = 0;
    }
    f->fake.faults.receipts_dead = true;
    assert_int_equal(ask(f), CW_ORIGIN_UNTOLD);
}

/* A block that is not the chain's: nothing of it is believed. */
static void ask__a_block_that_nobody_has__untold(void **state) {
    struct fixture *f = *state;
    f->fake.faults.tx_elsewhere = true;
    assert_int_equal(ask(f), CW_ORIGIN_UNTOLD);
    f->chain.mode = CW_MODE_QUORUM; /* where no receipts are looked at */
    assert_int_equal(ask(f), CW_ORIGIN_UNTOLD);
    f->chain.mode = CW_MODE_FULL;
    f->fake.faults.tx_elsewhere = false;
    f->fake.faults.wrong_hash = true; /* a header that does not hash to it */
    assert_int_equal(ask(f), CW_ORIGIN_INCLUDED);
    assert_int_equal(f->fake.findings, 1);
}

/* Where nothing can be hashed operators must agree. */
static void ask__headers_of_their_own_form__as_operators_agree(void **state) {
    struct fixture *f = *state;
    fake_operators(&f->fake, 3);
    f->chain.quorum = 2;
    assert_int_equal(ask(f), CW_ORIGIN_INCLUDED);
    assert_int_equal(f->messages_n, 1);
    assert_true(f->fake.asked[FAKE_RECEIPTS] > 0);
    f->fake.asked[FAKE_RECEIPTS] = 0;
    f->chain.mode = CW_MODE_QUORUM;
    assert_int_equal(ask(f), CW_ORIGIN_INCLUDED);
    assert_int_equal(f->messages_n, 1);
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], 0);
    f->fake.tx_block = 0;
    assert_int_equal(ask(f), CW_ORIGIN_NONE);
}

static void cancel__under_way__not_told(void **state) {
    struct fixture *f = *state;
    cw_origin_cancel(start(f));
    fake_run(&f->fake, 1000);
    assert_int_equal(f->done, 0);
    cw_origin_cancel(NULL);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(ask__in_a_block__its_own_messages),
        CASE(ask__not_in_a_block__told_apart),
        CASE(ask__first_endpoint_does_not_know_it__the_next_one_does),
        CASE(ask__receipts_that_lie__caught_and_the_next_one_asked),
        CASE(ask__a_block_that_nobody_has__untold),
        CASE(ask__headers_of_their_own_form__as_operators_agree),
        CASE(cancel__under_way__not_told),
    };
    return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
