/* Who is asked first, who last, and for how long an endpoint is set aside. */
#include "rpc_bed.h"

#include <causeway/arena.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static unsigned logged(const struct bed *bed, const char *text) {
    unsigned n = 0;
    for (const char *at = strstr(bed->log, text); at != NULL; at = strstr(at + 1, text)) {
        n++;
    }
    return n;
}

/* Both have told their chain ids. */
static void open_known(struct bed *bed, size_t n) {
    struct ask ask;
    open_rpc(bed, n, 50);
    for (size_t i = 0; i < n; i++) {
        struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
        request.operator_ = (unsigned)i + 1;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
        run(bed, &ask);
    }
}

/* One call, and who answered it. */
static void asked(struct bed *bed, const char *endpoint) {
    struct ask ask;
    ask_one(bed, &ask);
    assert_good(&ask, endpoint);
    run_steps(bed, 5); /* probes are over before the clock is moved */
}

/* One call in so many milliseconds, until the log has that line; how long it took. */
static uint64_t ask_until(struct bed *bed, const char *line, uint64_t pause_ms, uint64_t most_ms) {
    uint64_t begin = bed->clock.now_ms;
    struct ask ask;
    while (logged(bed, line) == 0) {
        ask_one(bed, &ask);
        assert_int_equal(ask.err, CW_OK);
        run_steps(bed, 5);
        bed->clock.now_ms += pause_ms;
        if (bed->clock.now_ms - begin > most_ms) {
            fail_msg("not within %d ms: %s", (int)most_ms, line);
        }
    }
    return bed->clock.now_ms - begin;
}

/* --- order ---------------------------------------------------------------------------------- */

static void order__all_are_well__as_configured(void **state) {
    struct bed *bed = *state;
    open_known(bed, 3);
    bed->nodes[0].every_ms = 100; /* slower, but not by much */
    for (int i = 0; i < 20; i++) {
        asked(bed, "first");
    }
    unsigned ranked[3];
    cw_rpc_operators_ranked(bed->rpc, ranked);
    assert_int_equal(ranked[0], 1);
    assert_int_equal(ranked[1], 2);
    assert_int_equal(ranked[2], 3);
    assert_int_equal(logged(bed, "asked last"), 0);
}

static void order__much_slower_than_another__asked_last_until_another_chance(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    bed->nodes[0].every_ms = 2000;
    for (int i = 0; i < 20 && logged(bed, "asked last") == 0; i++) {
        asked(bed, "first");
    }
    assert_int_equal(logged(bed, "endpoint first is asked last from now on: small requests take"),
                     1);
    assert_int_equal(status_of(bed, 0).state, CW_RPC_LAST);
    assert_true(status_of(bed, 0).usable);
    assert_non_null(strstr(status_of(bed, 0).why_last, "small requests take"));
    unsigned ranked[2];
    cw_rpc_operators_ranked(bed->rpc, ranked);
    assert_int_equal(ranked[0], 2);
    for (int i = 0; i < 10; i++) {
        asked(bed, "second");
    }
    bed->nodes[0].every_ms = 0;
    uint64_t took = ask_until(bed, "first is asked in its turn again", 1000, 400000);
    assert_true(took >= 25000); /* four probes, ten seconds apart */
    asked(bed, "first");
    assert_int_equal(status_of(bed, 0).state, CW_RPC_WELL);
    assert_int_equal(logged(bed, "asked last"), 1);
}

static void order__slow_now_and_then__stays(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    for (int i = 0; i < 24; i++) {
        bed->nodes[0].every_ms = i % 8 < 3 ? 2000 : 0;
        asked(bed, "first");
        bed->nodes[0].every_ms = 0;
        run_steps(bed, 5);
    }
    assert_int_equal(logged(bed, "asked last"), 0);
}

static void order__slow_for_large_requests__small_ones_stay(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    /* Of nobody is known how long it takes: a quarter of the deadline is too long. */
    bed->nodes[0].every_ms = 9000;
    for (int i = 0; i < 9 && logged(bed, "asked last") == 0; i++) {
        submit(bed, &ask, "[\"0x2a\"]", CW_RPC_HEAVY);
        run_steps(bed, 5);
        bed->clock.now_ms += 8990 - bed->clock.now_ms % 9000;
        run(bed, &ask);
        assert_good(&ask, "first");
    }
    assert_int_equal(logged(bed, "endpoint first is asked last from now on: large requests take"),
                     1);
    bed->nodes[0].every_ms = 0;
    asked(bed, "first");
    submit(bed, &ask, "[\"0x2a\"]", CW_RPC_HEAVY);
    run(bed, &ask);
    assert_good(&ask, "second");
    uint64_t took = ask_until(bed, "first is asked in its turn again: perhaps", 5000, 400000);
    assert_true(took > 250000);
    submit(bed, &ask, "[\"0x2a\"]", CW_RPC_HEAVY);
    run(bed, &ask);
    assert_good(&ask, "first");
}

static void order__fails_often__asked_last_until_it_answers_well(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    bed->nodes[0].raw = "{\"code\":-32603,\"message\":\"internal error\"}";
    bed->nodes[0].chain_id_too = true;
    for (int i = 0; i < 7; i++) { /* not at once: every other answer is good */
        bed->nodes[0].manner = NODE_ERROR;
        asked(bed, "second");
        bed->nodes[0].manner = NODE_HONEST;
        asked(bed, "first");
    }
    assert_int_equal(logged(bed, "asked last"), 0);
    bed->nodes[0].manner = NODE_ERROR;
    asked(bed, "second");
    assert_int_equal(
        logged(bed, "first is asked last from now on: 8 of its last 17 answers were of no use"), 1);
    unsigned requests = bed->nodes[0].requests, probes = bed->nodes[0].probes;
    for (int i = 0; i < 60; i++) {
        asked(bed, "second");
        bed->clock.now_ms += 1000;
    }
    assert_int_equal(bed->nodes[0].requests, requests);
    probes = bed->nodes[0].probes + bed->nodes[0].heads_asked - probes;
    assert_true(probes >= 3 && probes <= 7);
    bed->nodes[0].manner = NODE_HONEST;
    ask_until(bed, "first is asked in its turn again: it answers well", 1000, 120000);
    asked(bed, "first");
    assert_int_equal(logged(bed, "asked last"), 1);
}

/* The heads that both name, at a pace. */
static void heads(struct bed *bed, uint64_t first, uint64_t second, uint64_t block_ms) {
    bed->clock.now_ms += block_ms;
    bed->nodes[0].head = first;
    bed->nodes[1].head = second;
    cw_rpc_head_seen(bed->rpc, "second", second);
    cw_rpc_head_seen(bed->rpc, "first", first);
}

static void order__behind__asked_last_until_it_is_abreast(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    for (uint64_t i = 0; i < 10; i++) {
        heads(bed, 100 + i, 101 + i, 12000);
    }
    heads(bed, 110, 112, 12000); /* two blocks are nothing */
    heads(bed, 110, 113, 12000);
    assert_int_equal(logged(bed, "asked last"), 0); /* once is nothing */
    heads(bed, 110, 114, 12000);
    assert_int_equal(
        logged(bed, "endpoint first is asked last from now on: its head is 4 blocks behind"), 1);
    asked(bed, "second");
    heads(bed, 113, 115, 12000); /* still */
    heads(bed, 114, 116, 12000);
    heads(bed, 116, 117, 12000);
    asked(bed, "second");
    heads(bed, 118, 118, 12000);
    assert_int_equal(logged(bed, "asked in its turn again: its head is that of the others"), 1);
    asked(bed, "first");
}

static void order__behind_for_a_moment_on_a_quick_chain__stays(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    for (uint64_t i = 0; i < 40; i++) {
        heads(bed, 100 + i, 115 + i, 250);
    }
    assert_int_equal(logged(bed, "asked last"), 0);
    for (uint64_t i = 0; i < 3; i++) {
        heads(bed, 140, 180 + i, 250);
    }
    assert_int_equal(logged(bed, "asked last"), 1);
}

static void order__the_last_one_is_the_only_one_left__asked(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    for (uint64_t i = 0; i < 3; i++) {
        heads(bed, 100, 110 + i, 12000);
    }
    asked(bed, "second");
    bed->nodes[1].manner = NODE_HANG_UP;
    asked(bed, "first");
    bed->nodes[1].manner = NODE_HONEST;
    bed->clock.now_ms += 2000;
    asked(bed, "first"); /* it has to tell its chain id */
    run_steps(bed, 20);
    asked(bed, "second");
}

static void order__among_the_last__the_least_bad(void **state) {
    struct bed *bed = *state;
    open_known(bed, 3);
    for (uint64_t i = 0; i < 3; i++) {
        bed->clock.now_ms += 12000;
        cw_rpc_head_seen(bed->rpc, "third", 1000 + i);
        cw_rpc_head_seen(bed->rpc, "second", 1000 + i);
        cw_rpc_head_seen(bed->rpc, "first", 900);
    }
    for (uint64_t i = 0; i < 3; i++) {
        bed->clock.now_ms += 12000;
        cw_rpc_head_seen(bed->rpc, "third", 1003 + i);
        cw_rpc_head_seen(bed->rpc, "first", 1003 + i);
        cw_rpc_head_seen(bed->rpc, "second", 990);
        cw_rpc_head_seen(bed->rpc, "first", 900);
    }
    bed->nodes[2].manner = NODE_HANG_UP;
    asked(bed, "second");
}

/* Of two one makes heads up; it is found out by what it says of them. */
static void order__behind_a_head_that_was_made_up__back_once_the_liar_is_caught(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    for (uint64_t i = 0; i < 3; i++) {
        heads(bed, 100 + i, 1000000, 12000);
    }
    struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
    request.check = on_check;
    ask.checks_as = CW_ERR_CONTRADICTED;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_good(&ask, "first");
    assert_memory_equal(bed->finding, "second", 6);
    cw_rpc_head_seen(bed->rpc, "first", 104);
    cw_rpc_head_seen(bed->rpc, "first", 105);
    assert_int_equal(status_of(bed, 0).state, CW_RPC_WELL);
}

/* --- probes --------------------------------------------------------------------------------- */

static void probes__well_and_idle__asked_for_the_head_now_and_then(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    bed->nodes[1].head = 123;
    for (int i = 0; i < 600; i++) {
        asked(bed, "first");
        cw_rpc_head_seen(bed->rpc, "first", 123);
        bed->clock.now_ms += 1000;
    }
    assert_int_equal(bed->nodes[0].heads_asked, 0); /* it tells without being asked */
    assert_true(bed->nodes[1].heads_asked >= 4 && bed->nodes[1].heads_asked <= 6);
    assert_true(status_of(bed, 1).has_head);
    assert_int_equal(status_of(bed, 1).lag, 0);
}

static void probes__no_such_method__an_answer_all_the_same(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    bed->nodes[1].manner = NODE_ERROR;
    bed->nodes[1].raw = "{\"code\":-32601,\"message\":\"method not found\"}";
    bed->nodes[1].chain_id_too = true;
    for (int i = 0; i < 300; i++) {
        asked(bed, "first");
        bed->clock.now_ms += 1000;
    }
    assert_true(bed->nodes[1].heads_asked >= 2);
    assert_int_equal(status_of(bed, 1).state, CW_RPC_WELL);
    assert_int_equal(status_of(bed, 1).failures, 0);
    assert_false(status_of(bed, 1).has_head);
}

static void probes__one_endpoint_only__none(void **state) {
    struct bed *bed = *state;
    open_known(bed, 1);
    for (int i = 0; i < 300; i++) {
        asked(bed, "first");
        bed->clock.now_ms += 1000;
    }
    assert_int_equal(bed->nodes[0].heads_asked, 0);
}

/* --- set aside ------------------------------------------------------------------------------ */

static void lie(struct bed *bed, unsigned operator_) {
    struct ask ask;
    struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
    request.once = true;
    request.operator_ = operator_;
    request.check = on_check_always;
    ask.checks_as = CW_ERR_CONTRADICTED;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_CONTRADICTED);
    run_steps(bed, 5);
}

static void set_aside__again_and_again__twice_as_long_each_time(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    uint64_t ms = 5000;
    for (int i = 0; i < 12; i++) {
        lie(bed, 1);
        unsigned probes = bed->nodes[0].probes;
        for (int k = 0; k < 5; k++) { /* nothing before the time is over */
            bed->clock.now_ms += ms / 5 - 25;
            asked(bed, "second");
            assert_int_equal(bed->nodes[0].probes, probes);
            assert_int_equal(status_of(bed, 0).state, CW_RPC_CAUGHT);
        }
        bed->clock.now_ms += 200;
        ask_one(bed, &ask);
        run_steps(bed, 20);
        for (int k = 0; k < 5; k++) { /* else it would be one that fails often */
            asked(bed, "first");
        }
        ms = 2 * ms > 3600000 ? 3600000 : 2 * ms;
    }
    /* Half an hour without a lie. */
    bed->clock.now_ms += 1810000;
    lie(bed, 1);
    bed->clock.now_ms += 5000;
    ask_one(bed, &ask);
    run_steps(bed, 20);
    asked(bed, "first");
}

static void set_aside__caught_while_it_was_waited_for__for_the_whole_time(void **state) {
    struct bed *bed = *state;
    open_known(bed, 2);
    bed->nodes[0].manner = NODE_HANG_UP;
    asked(bed, "second");
    const struct cw_rpc_finding finding = {
        .endpoint = "first", .method = "test_echo", .text = "outvoted: by what came later"};
    cw_rpc_accuse(bed->rpc, &finding);
    bed->nodes[0].manner = NODE_HONEST;
    bed->clock.now_ms += 4000;
    asked(bed, "second");
    assert_int_equal(status_of(bed, 0).state, CW_RPC_CAUGHT);
}

static void set_aside__everybody__said_and_over_in_time(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    struct cw_buf text;
    cw_buf_init(&text, 4096);
    open_known(bed, 2);
    lie(bed, 1);
    cw_rpc_trouble(bed->rpc, &text);
    assert_int_equal(text.n, 0);
    lie(bed, 2);
    cw_rpc_trouble(bed->rpc, &text);
    const char *said = cw_buf_cstr(&text);
    assert_memory_equal(said, "no endpoint is left: of 2 each is set aside; first: test_echo: not",
                        66);
    assert_non_null(
        strstr(said, "; second: test_echo: not what it should be (set aside until 00:"));
    submit(bed, &ask, "[\"0x2a\"]", CW_RPC_QUICK);
    run_steps(bed, 100);
    assert_int_equal(ask.done, 0);
    bed->clock.now_ms += 5000;
    run(bed, &ask);
    assert_int_equal(ask.err, CW_OK);
    cw_buf_reset(&text);
    cw_rpc_trouble(bed->rpc, &text);
    assert_int_equal(text.n, 0);
    cw_buf_done(&text);
}

static void set_aside__everybody__a_call_that_gives_up_says_why(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 1);
    lie(bed, 1);
    struct cw_rpc_request request = request_for(&ask, "[]");
    request.give_up_ms = 1000;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, &ask);
    assert_non_null(strstr(ask.text, "; first: test_echo: not what it should be (set aside until"));
}

/* --- rates ---------------------------------------------------------------------------------- */

static unsigned calls_at(const struct bed *bed, size_t i) {
    return bed->nodes[i].elements + bed->nodes[i].probes + bed->nodes[i].heads_asked;
}

static void rate__more_calls_than_it_may_get__exactly_its_rate(void **state) {
    struct bed *bed = *state;
    static struct ask asks[100];
    for (uint32_t rate = 1; rate <= 25; rate += 8) {
        size_t n = 3 * rate;
        cw_rpc_free(bed->rpc);
        bed->max_rps[0] = rate;
        bed->nodes[0].elements = bed->nodes[0].probes = 0;
        bed->nodes[0].largest_batch = 0;
        open_rpc(bed, 1, 50);
        uint64_t begin = bed->clock.now_ms;
        for (size_t i = 0; i < n; i++) {
            submit(bed, &asks[i], "[\"0x2a\"]", i % 2 == 0 ? CW_RPC_QUICK : CW_RPC_HEAVY);
        }
        for (size_t i = 0; i < 4000 && calls_at(bed, 0) < n + 1; i++) {
            step(bed);
            uint64_t most = rate + (bed->clock.now_ms - begin) * rate / 1000;
            assert_true(calls_at(bed, 0) <= most);
        }
        /* Those of the first second at once, with the question for the chain id. */
        uint64_t due_ms = ((n + 1 - rate) * 1000 + rate - 1) / rate;
        uint64_t took_ms = bed->clock.now_ms - begin;
        if (took_ms < due_ms || took_ms > due_ms + 10) {
            fail_msg("%d calls at %u a second: %d ms, not %d", (int)n, rate, (int)took_ms,
                     (int)due_ms);
        }
        assert_true(bed->nodes[0].largest_batch <= rate);
        for (size_t i = 0; i < n; i++) {
            run(bed, &asks[i]);
            assert_good(&asks[i], "first");
        }
    }
}

static void rate__idle_for_long__no_more_than_a_second_of_it(void **state) {
    struct bed *bed = *state;
    struct ask asks[20];
    bed->max_rps[0] = 5;
    open_known(bed, 1);
    bed->clock.now_ms += 86400000;
    unsigned before = calls_at(bed, 0);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_QUICK);
    }
    run_steps(bed, 150);
    assert_int_equal(calls_at(bed, 0) - before, 5);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
    }
}

static void rate__time_passes_while_a_batch_is_made__no_larger_than_a_second_of_it(void **state) {
    struct bed *bed = *state;
    struct ask asks[30];
    bed->max_rps[0] = 3;
    open_known(bed, 1);
    bed->clock.now_ms += 10000;
    bed->clock.tick_ms = 30;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_HEAVY);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
    }
    assert_true(bed->nodes[0].largest_batch >= 2);
    assert_true(bed->nodes[0].largest_batch <= 3);
}

static void rate__small_requests__before_large_ones(void **state) {
    struct bed *bed = *state;
    static struct ask heavy[40];
    struct ask quick;
    bed->max_rps[0] = 10;
    open_known(bed, 1);
    for (size_t i = 0; i < CW_COUNT(heavy); i++) {
        submit(bed, &heavy[i], "[\"0x2a\"]", CW_RPC_HEAVY);
    }
    run_steps(bed, 500);
    unsigned done = 0;
    for (size_t i = 0; i < CW_COUNT(heavy); i++) {
        done += heavy[i].done;
    }
    assert_true(done > 0 && done < 20);
    uint64_t begin = bed->clock.now_ms;
    submit(bed, &quick, "[\"0x2a\"]", CW_RPC_QUICK);
    run(bed, &quick);
    assert_true(bed->clock.now_ms - begin <= 110); /* the next call that it may get */
    for (size_t i = 0; i < CW_COUNT(heavy); i++) {
        run(bed, &heavy[i]);
    }
}

static void rate__used_up__another_endpoint(void **state) {
    struct bed *bed = *state;
    struct ask asks[12];
    unsigned by_first = 0;
    bed->max_rps[0] = 4;
    open_known(bed, 2);
    bed->clock.now_ms += 10000;
    uint64_t begin = bed->clock.now_ms;
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_QUICK);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
        by_first += strcmp(asks[i].endpoint, "first") == 0;
    }
    assert_int_equal(by_first, 4);
    assert_true(bed->clock.now_ms - begin < 50);
}

/* One that is behind is no substitute for waiting part of a second. */
static void rate__used_up_and_the_other_is_asked_last__waits(void **state) {
    struct bed *bed = *state;
    struct ask asks[6];
    bed->max_rps[1] = 4;
    open_known(bed, 2);
    for (uint64_t i = 0; i < 3; i++) {
        heads(bed, 100, 110 + i, 12000);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        submit(bed, &asks[i], "[\"0x2a\"]", CW_RPC_QUICK);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
        assert_good(&asks[i], "second");
    }
}

static void rate__used_up_until_the_call_gives_up__said_so(void **state) {
    struct bed *bed = *state;
    struct ask asks[5];
    bed->max_rps[0] = 1;
    open_rpc(bed, 1, 50);
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        struct cw_rpc_request request = request_for(&asks[i], "[\"0x2a\"]");
        request.give_up_ms = 2500;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    }
    for (size_t i = 0; i < CW_COUNT(asks); i++) {
        run(bed, &asks[i]);
    }
    assert_int_equal(asks[0].err, CW_OK);
    assert_int_equal(asks[1].err, CW_OK);
    assert_int_equal(asks[2].err, CW_ERR_TRANSPORT);
    assert_non_null(strstr(asks[2].text, "; first: gets no more than its max_rps of 1"));
}

static void retry_after__a_date__honoured(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    char headers[96];
    open_known(bed, 1);
    /* The date is held against the clock of the machine. */
    time_t then = time(NULL) + 100;
    struct tm tm;
    assert_non_null(gmtime_r(&then, &tm));
    strftime(headers, sizeof(headers), "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    bed->nodes[0].manner = NODE_STATUS;
    bed->nodes[0].status = 429;
    bed->nodes[0].headers = headers;
    struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
    request.give_up_ms = 300000;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run_steps(bed, 50);
    unsigned requests = bed->nodes[0].requests;
    assert_int_equal(status_of(bed, 0).state, CW_RPC_FAILING);
    bed->nodes[0].manner = NODE_HONEST;
    bed->clock.now_ms += 80000;
    run_steps(bed, 50);
    assert_int_equal(bed->nodes[0].requests, requests);
    bed->clock.now_ms += 20000;
    run(bed, &ask);
    assert_good(&ask, "first");
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(order__all_are_well__as_configured),
        T(order__much_slower_than_another__asked_last_until_another_chance),
        T(order__slow_now_and_then__stays),
        T(order__slow_for_large_requests__small_ones_stay),
        T(order__fails_often__asked_last_until_it_answers_well),
        T(order__behind__asked_last_until_it_is_abreast),
        T(order__behind_for_a_moment_on_a_quick_chain__stays),
        T(order__the_last_one_is_the_only_one_left__asked),
        T(order__among_the_last__the_least_bad),
        T(order__behind_a_head_that_was_made_up__back_once_the_liar_is_caught),
        T(probes__well_and_idle__asked_for_the_head_now_and_then),
        T(probes__no_such_method__an_answer_all_the_same),
        T(probes__one_endpoint_only__none),
        T(set_aside__again_and_again__twice_as_long_each_time),
        T(set_aside__caught_while_it_was_waited_for__for_the_whole_time),
        T(set_aside__everybody__said_and_over_in_time),
        T(set_aside__everybody__a_call_that_gives_up_says_why),
        T(rate__more_calls_than_it_may_get__exactly_its_rate),
        T(rate__idle_for_long__no_more_than_a_second_of_it),
        T(rate__time_passes_while_a_batch_is_made__no_larger_than_a_second_of_it),
        T(rate__small_requests__before_large_ones),
        T(rate__used_up__another_endpoint),
        T(rate__used_up_and_the_other_is_asked_last__waits),
        T(rate__used_up_until_the_call_gives_up__said_so),
        T(retry_after__a_date__honoured),
    };
    return cmocka_run_group_tests_name("score", tests, NULL, NULL);
}
