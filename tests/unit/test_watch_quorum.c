/* A watcher that believes k of several operators: who lies, lags or is silent delays at most. What
 * is final in its batches and heads is on the honest chain, always (the fixture's strict). */
#include "watch_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEED 0x7c3a51e90b2d4f68u

/* k of n, all honest so far; 50 blocks. */
static void begin_with(struct fixture *f, unsigned k, unsigned n, size_t blocks) {
    fake_operators(&f->fake, n);
    f->config.quorum = k;
    f->strict = true;
    grow(f, blocks, 3);
}

static void begin(struct fixture *f) {
    begin_with(f, 2, 3, 50);
    start(f);
    fake_run(&f->fake, 500);
    assert_same(f, 41);
}

static unsigned accused(const struct fixture *f, unsigned operator_) {
    return f->fake.operators[operator_ - 1].accused;
}

static void assert_honest_ones_not_accused(const struct fixture *f, unsigned liar) {
    for (unsigned i = 1; i <= f->fake.operators_n; i++)
        if (i != liar && accused(f, i) > 0)
            fail_msg("%s", f->fake.operators[i - 1].text);
}

static uint64_t final_of(const struct fixture *f) {
    const struct cw_heads *heads = cw_watch_heads(f->watch);
    assert_non_null(heads);
    return heads->final.number.v;
}

/* n times a block and a pause. */
static void live(struct fixture *f, size_t n, uint64_t ms) {
    for (size_t i = 0; i < n; i++) {
        grow(f, 1, 3);
        fake_run(&f->fake, ms);
    }
}

/* --- the tags --- */

static void anchor__all_agree__each_is_asked_once(void **state) {
    struct fixture *f = *state;
    begin_with(f, 2, 3, 50);
    start(f);
    fake_run(&f->fake, 50);
    assert_int_equal(f->fake.asked[FAKE_TAG], 2 + 3 + 3);
    fake_run(&f->fake, 450);
    assert_same(f, 41);
    assert_int_equal(final_of(f), 41);
    assert_int_equal(f->heads.safe.number.v, 45);
    assert_string_equal(trouble(f), "");
}

static void anchor__one_operator_enough__asked_as_ever(void **state) {
    struct fixture *f = *state;
    begin_with(f, 1, 3, 50);
    start(f);
    fake_run(&f->fake, 50);
    assert_int_equal(f->fake.asked[FAKE_TAG], 3);
    assert_int_equal(f->fake.operators[1].asked, 0);
    fake_run(&f->fake, 450);
    assert_same(f, 41);
}

static void anchor__one_lags__the_height_that_k_have_reached(void **state) {
    struct fixture *f = *state;
    begin_with(f, 2, 2, 50);
    fake_lie(&f->fake, 2, FAKE_LAGS, 3);
    start(f);
    fake_run(&f->fake, 500);
    assert_int_equal(final_of(f), 38);
    assert_string_equal(trouble(f), "");
    assert_honest_ones_not_accused(f, 0);
    live(f, 20, 200);
    assert_true(final_of(f) >= f->fake.n - 9 - 3 - 5);
}

static void anchor__one_lags_of_three__it_does_not_matter(void **state) {
    struct fixture *f = *state;
    begin_with(f, 2, 3, 50);
    fake_lie(&f->fake, 3, FAKE_LAGS, 20);
    start(f);
    fake_run(&f->fake, 500);
    assert_int_equal(final_of(f), 41);
    assert_honest_ones_not_accused(f, 0);
}

static void anchor__forged_at_that_height__accused_and_not_taken(void **state) {
    for (unsigned liar = 1; liar <= 3; liar++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        begin_with(f, 2, 3, 50);
        fake_lie(&f->fake, liar, FAKE_FORGES_FINAL, 0);
        start(f);
        fake_run(&f->fake, 500);
        live(f, 30, 200);
        assert_same(f, 41);
        assert_true(final_of(f) >= f->fake.n - 9 - 5);
        assert_true(accused(f, liar) > 0);
        assert_non_null(strstr(f->fake.operators[liar - 1].text, "outvoted: named 0x"));
        assert_sides(f, "\"parentHash\":", "\"parentHash\":", "\"parentHash\":");
        assert_honest_ones_not_accused(f, liar);
        assert_int_equal(f->beyond_final, 0);
    }
}

/* Each answer shows it by itself; what the others agree on is shown beside it. */
static void anchor__hashes_that_are_none__caught_with_what_is_agreed(void **state) {
    for (unsigned liar = 1; liar <= 3; liar++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        begin_with(f, 2, 3, 50);
        fake_lie(&f->fake, liar, FAKE_BAD_HASHES, 0);
        start(f);
        fake_run(&f->fake, 500);
        live(f, 10, 200);
        assert_same(f, 41);
        assert_non_null(strstr(f->fake.operators[liar - 1].text, "header_hash"));
        assert_true(f->fake.contrasts > 0);
        assert_honest_ones_not_accused(f, liar);
    }
}

static void anchor__forged_above__accused_when_final_is_there(void **state) {
    struct fixture *f = *state;
    begin(f);
    fake_lie(&f->fake, 2, FAKE_FORGES_ABOVE, 3);
    live(f, 30, 200);
    assert_same(f, 41);
    assert_true(final_of(f) >= f->fake.n - 9 - 5);
    assert_true(accused(f, 2) > 0);
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
    assert_honest_ones_not_accused(f, 2);
}

static void anchor__forged_below__accused(void **state) {
    struct fixture *f = *state;
    begin(f);
    fake_lie(&f->fake, 3, FAKE_FORGES_FINAL, 1);
    live(f, 30, 200);
    assert_same(f, 41);
    assert_true(final_of(f) >= f->fake.n - 9 - 5);
    assert_true(accused(f, 3) > 0);
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
    assert_honest_ones_not_accused(f, 3);
}

static void anchor__one_silent__the_others_decide_at_once(void **state) {
    struct fixture *f = *state;
    begin_with(f, 2, 3, 50);
    fake_lie(&f->fake, 3, FAKE_SILENT, 0);
    start(f);
    fake_run(&f->fake, 500);
    assert_same(f, 41);
    assert_int_equal(final_of(f), 41);
}

static void anchor__too_few_answer__stays_and_says_who_said_what(void **state) {
    struct fixture *f = *state;
    begin(f);
    fake_lie(&f->fake, 2, FAKE_SILENT, 0);
    fake_lie(&f->fake, 3, FAKE_HAS_NOTHING, 0);
    live(f, 30, 200);
    fake_run(&f->fake, 3000);
    assert_same(f, 41); /* on the word of one, and not as final */
    assert_int_equal(final_of(f), 41);
    assert_non_null(strstr(trouble(f), "2 operators must agree on the finalized block; one: "));
    assert_non_null(strstr(trouble(f), "two: no answer"));
    assert_non_null(strstr(trouble(f), "three: not there"));
    fake_lie(&f->fake, 3, FAKE_TRUTH, 0);
    live(f, 10, 200);
    assert_true(final_of(f) >= f->fake.n - 9 - 5);
    assert_string_equal(trouble(f), "");
    assert_honest_ones_not_accused(f, 0);
}

static void anchor__all_say_otherwise__stays_and_nobody_is_accused(void **state) {
    struct fixture *f = *state;
    begin(f);
    fake_lie(&f->fake, 2, FAKE_FORGES_FINAL, 0);
    fake_lie(&f->fake, 3, FAKE_SILENT, 0);
    live(f, 10, 1200);
    assert_same(f, 41);
    assert_int_equal(final_of(f), 41);
    assert_string_not_equal(trouble(f), "");
    assert_honest_ones_not_accused(f, 2);
    assert_int_equal(f->beyond_final, 0);
}

static void anchor__start_with_too_few__nothing_is_handed_over(void **state) {
    struct fixture *f = *state;
    begin_with(f, 2, 3, 50);
    fake_lie(&f->fake, 1, FAKE_SILENT, 0);
    fake_lie(&f->fake, 2, FAKE_SILENT, 0);
    start(f);
    fake_run(&f->fake, 10000);
    assert_int_equal(f->offers, 0);
    assert_null(cw_watch_heads(f->watch));
    assert_non_null(strstr(trouble(f), "2 operators must agree"));
    fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
    fake_run(&f->fake, 15000);
    assert_same(f, 41);
}

/* --- headers that no link ties to an agreed one --- */

static void start__seed_of_a_fork__not_taken(void **state) {
    struct fixture *f = *state;
    begin(f);
    stop(f);
    f->headers_n = 0;
    fake_lie(&f->fake, 1, FAKE_FORKS_NUMBERS, 47);
    grow(f, 5, 3);
    start(f);
    fake_run(&f->fake, 3000);
    assert_same(f, 41);
    assert_int_equal(f->rollbacks, 0);
    assert_true(accused(f, 1) > 0);
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", "\"parentHash\":");
    assert_honest_ones_not_accused(f, 1);
}

static void catch_up__headers_of_a_fork__none_is_final(void **state) {
    static const enum cw_mode modes[] = {CW_MODE_FULL, CW_MODE_EVENTS};
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        f->config.mode = modes[i];
        begin_with(f, 2, 3, 3000);
        f->config.start_block = 1;
        fake_lie(&f->fake, 1, FAKE_FORKS_NUMBERS, 1200);
        start(f);
        fake_run(&f->fake, 40000);
        assert_same(f, 1);
        assert_int_equal(f->rollbacks, 0);
        assert_true(f->pasts > 10);
        assert_true(accused(f, 1) > 0);
        assert_honest_ones_not_accused(f, 1);
    }
}

/* Within live_blocks of the final head, the links of each job are held to a header that is agreed
 * on. */
static void catch_up__live_on_a_fork__none_is_final(void **state) {
    for (uint64_t from = 2; from < 62; from += 7) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        begin_with(f, 2, 3, 70);
        f->config.start_block = 1;
        fake_lie(&f->fake, 1, FAKE_FORKS_NUMBERS, from);
        start(f);
        fake_run(&f->fake, 20000);
        assert_same(f, 1);
        assert_int_equal(f->beyond_final, 0);
        assert_true(f->finals > 0);
        assert_true(accused(f, 1) > 0);
        assert_honest_ones_not_accused(f, 1);
    }
}

/* The last block of each job is ours, what lies below it is not. */
static void catch_up__live_on_a_fork_that_ends__none_is_final(void **state) {
    for (uint64_t from = 2; from < 62; from += 7) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        begin_with(f, 2, 3, 70);
        f->config.start_block = 1;
        fake_lie(&f->fake, 1, FAKE_FORKS_PART, from);
        start(f);
        fake_run(&f->fake, 20000);
        assert_same(f, 1);
        assert_int_equal(f->beyond_final, 0);
        assert_true(accused(f, 1) > 0);
        assert_honest_ones_not_accused(f, 1);
    }
}

/* --- forks --- */

/* Above the final head, too, only what k have is followed. */
static void fork__of_one__never_followed_and_accused(void **state) {
    static const enum fake_lie lies[] = {FAKE_FORKS, FAKE_FORKS_UNSEEN, FAKE_FORKS_HEADS,
                                         FAKE_FORKS_NUMBERS};
    for (size_t i = 0; i < CW_COUNT(lies); i++)
        for (unsigned liar = 1; liar <= 3; liar++) {
            struct fixture *f = *state;
            tear_down(state);
            set_up(state);
            f = *state;
            begin(f);
            fake_lie(&f->fake, liar, lies[i], 48);
            for (unsigned round = 0; round < 40; round++) {
                grow(f, 2, 3); /* one of them is asked by its number */
                fake_run(&f->fake, 300);
                for (size_t k = 0; k < f->headers_n; k++)
                    assert_memory_equal(f->headers[k].ref.hash.b,
                                        f->fake.blocks[f->headers[k].ref.number.v].hash.b, 32);
            }
            assert_int_equal(f->rollbacks, 0);
            assert_true(f->cursor.v >= f->fake.n - 10);
            /* Who is not asked by number tells no lies by number. */
            assert_true(accused(f, liar) > 0 || (liar > 1 && lies[i] == FAKE_FORKS_NUMBERS));
            assert_honest_ones_not_accused(f, liar);
        }
}

/* The others do not answer for a while: one who forks is followed, provisionally. */
static void follow_fork(struct fixture *f, enum fake_lie lie, uint64_t from) {
    fake_lie(&f->fake, 2, FAKE_HAS_NOTHING, 0);
    fake_lie(&f->fake, 3, FAKE_HAS_NOTHING, 0);
    fake_lie(&f->fake, 1, lie, from);
    live(f, 6, 200);
    assert_int_equal(f->cursor.v, f->fake.n - 1);
    assert_memory_not_equal(f->headers[f->headers_n - 1].ref.hash.b,
                            f->fake.blocks[f->cursor.v].hash.b, 32);
    fake_lie(&f->fake, 2, FAKE_TRUTH, 0);
    fake_lie(&f->fake, 3, FAKE_TRUTH, 0);
}

static void fork__followed_above_final__left_when_others_answer(void **state) {
    struct fixture *f = *state;
    f->fake.safe_lag = f->fake.final_lag;
    begin(f);
    follow_fork(f, FAKE_FORKS, 48);
    live(f, 30, 200);
    assert_true(f->rollbacks >= 1);
    assert_int_equal(f->beyond_final, 0);
    assert_true(accused(f, 1) > 0);
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", "\"parentHash\":");
    assert_honest_ones_not_accused(f, 1);
    fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
    live(f, 20, 200);
    assert_same(f, 41);
    assert_true(final_of(f) >= f->fake.n - 9 - 5);
}

/* Its safe and final are ours: only that they are not on the chain that was followed shows it. */
static void fork__followed_and_agreed_final_is_elsewhere__left_and_accused(void **state) {
    struct fixture *f = *state;
    begin(f);
    follow_fork(f, FAKE_FORKS_UNSEEN, 48);
    live(f, 30, 200);
    assert_true(f->rollbacks >= 1);
    assert_int_equal(f->beyond_final, 0);
    assert_true(accused(f, 1) > 0);
    assert_honest_ones_not_accused(f, 1);
    assert_true(final_of(f) >= f->fake.n - 9 - 8);
    live(f, 40, 500);
    assert_true(final_of(f) >= f->fake.n - 9 - 30); /* however often it lies again */
    fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
    fake_run(&f->fake, 12000);
    live(f, 5, 500);
    assert_same(f, 41);
    assert_honest_ones_not_accused(f, 1);
}

/* The final head leaps over what was handed over, which is of a fork: nothing of it is final. */
static void fork__final_leaps_over_it__not_final_by_height(void **state) {
    for (unsigned early = 0; early <= 1; early++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        f->fake.safe_lag = f->fake.final_lag;
        begin_with(f, 2, 3, 70);
        f->config.start_block = early ? 1 : 0;
        start(f);
        fake_run(&f->fake, 2000);
        assert_same(f, early ? 1 : 61);
        follow_fork(f, FAKE_FORKS_UNSEEN, 69);
        cw_watch_attend(f->watch, false);
        cw_watch_attend(f->watch, true); /* the tags are asked at the next poll */
        grow(f, 30, 3);
        fake_run(&f->fake, 12000);
        live(f, 20, 500);
        assert_int_equal(f->beyond_final, 0);
        assert_true(accused(f, 1) > 0);
        assert_honest_ones_not_accused(f, 1);
    }
}

/* Some blocks are others with it, each on our own chain, so that the one above contradicts it. */
static void fork__single_blocks_forged__goes_on_and_accused(void **state) {
    for (uint64_t every = 3; every <= 7; every++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        begin(f);
        fake_lie(&f->fake, 1, FAKE_FORGES_SOME, every);
        live(f, 120, 500); /* 60 s; it is set aside for 5 each time */
        assert_true(final_of(f) >= f->fake.n - 9 - 20);
        assert_int_equal(f->beyond_final, 0);
        assert_true(accused(f, 1) > 0);
        assert_honest_ones_not_accused(f, 1);
        fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
        fake_run(&f->fake, 25000);
        live(f, 5, 500);
        assert_same(f, 41);
    }
}

/* Our own chain lost, and nobody lies: no one is accused. */
static void fork__real_reorgs__nobody_accused(void **state) {
    struct fixture *f = *state;
    begin(f);
    for (size_t depth = 1; depth <= 8; depth++) {
        fake_drop(&f->fake, depth);
        grow(f, depth + 12, 2);
        fake_run(&f->fake, 2000);
        assert_same(f, 41);
    }
    assert_int_equal(f->beyond_final, 0);
    assert_honest_ones_not_accused(f, 0);
}

/* --- a final block of ours is said to be gone --- */

static void final__one_says_replaced__nothing_rolled_back_and_accused(void **state) {
    static const enum fake_lie lies[] = {FAKE_FORKS, FAKE_FORKS_HEADS, FAKE_FORKS_NUMBERS};
    for (size_t i = 0; i < CW_COUNT(lies); i++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        begin(f);
        live(f, 30, 200);
        uint64_t final = final_of(f);
        fake_lie(&f->fake, 1, lies[i], final - 5);
        for (unsigned round = 0; round < 10; round++) {
            grow(f, 2, 3); /* one of them is asked by its number */
            fake_run(&f->fake, 500);
        }
        assert_int_equal(f->beyond_final, 0);
        assert_int_equal(f->findings, 0);
        assert_true(accused(f, 1) > 0);
        assert_honest_ones_not_accused(f, 1);
        live(f, 20, 500);
        fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
        fake_run(&f->fake, 12000);
        live(f, 5, 500);
        assert_same(f, 41);
        assert_true(final_of(f) > final + 20);
    }
}

static void final__really_replaced__believed(void **state) {
    struct fixture *f = *state;
    begin(f);
    live(f, 30, 200);
    f->strict = false;
    fake_drop(&f->fake, 30);
    grow(f, 40, 3);
    fake_run(&f->fake, 8000);
    assert_same(f, 41);
    assert_int_equal(f->beyond_final, 1);
    assert_non_null(strstr(f->finding, "final_reorg: "));
    assert_honest_ones_not_accused(f, 0);
}

static void final__replaced_by_one_and_the_quorum_is_out_of_reach__waits(void **state) {
    struct fixture *f = *state;
    begin(f);
    live(f, 30, 200);
    uint64_t final = final_of(f);
    size_t n = f->fake.n;
    fake_lie(&f->fake, 1, FAKE_FORKS, final - 5);
    fake_lie(&f->fake, 2, FAKE_SILENT, 0);
    live(f, 20, 1000);
    assert_int_equal(f->beyond_final, 0);
    assert_int_equal(f->rollbacks, 0);
    assert_true(f->cursor.v < n + 20);
    assert_string_not_equal(trouble(f), "");
    assert_int_equal(final_of(f), final);
    fake_lie(&f->fake, 2, FAKE_TRUTH, 0);
    fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
    fake_run(&f->fake, 25000);
    live(f, 10, 500);
    assert_same(f, 41);
    assert_string_equal(trouble(f), "");
}

/* --- latest --- */

static void latest__stands_still__asked_elsewhere(void **state) {
    struct fixture *f = *state;
    begin(f);
    fake_lie(&f->fake, 1, FAKE_STALE_TAGS, 49);
    live(f, 60, 200);
    fake_run(&f->fake, 1000);
    assert_same(f, 41);
    assert_true(final_of(f) >= f->fake.n - 9 - 5);
    assert_honest_ones_not_accused(f, 0);
    /* That one fails: anybody again. */
    fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
    fake_lie(&f->fake, 2, FAKE_HAS_NOTHING, 0);
    live(f, 20, 200);
    assert_same(f, 41);
}

static void latest__far_behind_for_long__asked_elsewhere(void **state) {
    struct fixture *f = *state;
    begin(f);
    fake_lie(&f->fake, 1, FAKE_STALE_TAGS, 30);
    live(f, 40, 1000);
    assert_same(f, 41);
}

static void latest__hangs_in_the_air__asked_elsewhere(void **state) {
    struct fixture *f = *state;
    begin(f);
    fake_lie(&f->fake, 1, FAKE_FORKS_HEADS, 45);
    live(f, 60, 300);
    fake_run(&f->fake, 8000);
    live(f, 5, 300);
    assert_same(f, 41);
    assert_int_equal(f->beyond_final, 0);
    assert_honest_ones_not_accused(f, 1);
}

/* --- ends and changes in the midst of it --- */

static void free__at_any_time__nothing_is_left(void **state) {
    for (unsigned steps = 1; steps < 120; steps++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        begin(f);
        live(f, 12, 200);
        fake_lie(&f->fake, 1, FAKE_FORKS, final_of(f) - 2);
        fake_lie(&f->fake, 3, steps % 3 ? FAKE_LAGS : FAKE_SILENT, 2);
        live(f, 1, 5 * steps);
        stop(f);
        assert_null(f->fake.calls);
    }
}

static void filters__changed_at_any_time__goes_on(void **state) {
    const struct cw_filter two[2] = {filter_of(&ours, &sent), filter_of(&others, &other_topic)};
    for (unsigned steps = 1; steps < 120; steps += 3) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        begin(f);
        live(f, 12, 200);
        fake_lie(&f->fake, 1, FAKE_FORKS, final_of(f) - 2);
        live(f, 1, 5 * steps);
        assert_int_equal(cw_watch_filters(f->watch, two, 1 + steps % 2), CW_OK);
        live(f, 1, 5 * steps);
        assert_int_equal(cw_watch_filters(f->watch, two, 2), CW_OK);
        live(f, 12, 500);
        fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
        fake_run(&f->fake, 12000);
        assert_same(f, 41);
        assert_int_equal(f->beyond_final, 0);
    }
}

static void follow__batches_not_taken_while_a_fork_is_left__offered_again(void **state) {
    struct fixture *f = *state;
    begin(f);
    fake_lie(&f->fake, 1, FAKE_FORKS, 48);
    live(f, 6, 200);
    f->fail = 6;
    live(f, 40, 300);
    fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
    fake_run(&f->fake, 12000);
    assert_same(f, 41);
    assert_int_equal(f->beyond_final, 0);
}

/* --- any of it --- */

static void follow__random_lies_and_reorgs__the_honest_chain_in_the_end(void **state) {
    const char *given = getenv("CAUSEWAY_SEED");
    const uint64_t seed = given ? strtoull(given, NULL, 0) : SEED;
    print_message("seed 0x%" PRIx64 "\n", seed);
    for (unsigned world = 0; world < 24; world++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        f->fake.random = seed + world;
        unsigned liar = 1 + world % 3;
        begin_with(f, 2, 3, 60);
        if (world % 4 == 3)
            f->config.start_block = 5;
        start(f);
        fake_run(&f->fake, 3000);
        uint64_t first = f->headers[0].ref.number.v;
        if (world % 4 == 3)
            first = 5;
        fake_lie(&f->fake, liar, FAKE_AT_RANDOM, fake_random(&f->fake) % 24);
        for (unsigned round = 0; round < 60; round++) {
            uint64_t dice = fake_random(&f->fake);
            if (dice % 3 == 0) {
                size_t depth = 1 + dice / 64 % 8;
                fake_drop(&f->fake, depth);
                grow(f, depth + dice / 512 % 4, 2);
            } else {
                grow(f, dice / 64 % 5, 3);
            }
            f->fail = dice % 11 == 0 ? 2 : 0;
            fake_run(&f->fake, 5 * (dice / 4096 % 200));
            if (round % 20 == 19) {
                f->config.final_before.v = f->heads.final.number.v;
                stop(f);
                start(f);
            }
        }
        f->fail = 0;
        /* It does not stop lying: all goes on all the same. */
        uint64_t before = f->fake.n;
        live(f, 40, 1500);
        assert_true(final_of(f) > before);
        assert_int_equal(f->beyond_final, 0);
        fake_lie(&f->fake, liar, FAKE_TRUTH, 0);
        fake_run(&f->fake, 25000);
        live(f, 3, 500);
        assert_same(f, first);
        assert_int_equal(f->beyond_final, 0);
        assert_true(f->fake.operators[liar - 1].forged > 0);
        assert_true(accused(f, liar) > 0);
        assert_honest_ones_not_accused(f, liar);
    }
}

/* --- what it costs --- */

static void costs_at_most(struct fixture *f, bool attended, uint64_t calls_in_100) {
    begin_with(f, 2, 3, 50);
    f->config.poll_ms = 15000;
    start(f);
    fake_run(&f->fake, 1000);
    cw_watch_attend(f->watch, attended);
    live(f, 100, 2000); /* the pace is learned */
    uint64_t before = fake_asked(&f->fake), each[3];
    for (unsigned i = 0; i < 3; i++)
        each[i] = f->fake.operators[i].asked;
    for (size_t i = 0; i < 500; i++) {
        grow(f, 1, 0);
        fake_run(&f->fake, 2000);
    }
    uint64_t calls = fake_asked(&f->fake) - before;
    print_message("%" PRIu64 " calls in 500 blocks", calls);
    for (unsigned i = 0; i < 3; i++)
        print_message(", %s %" PRIu64, f->fake.operators[i].name,
                      f->fake.operators[i].asked - each[i]);
    print_message("\n");
    assert_true(calls <= 5 * calls_in_100);
    for (unsigned i = 0; i < 3; i++)
        assert_true(f->fake.operators[i].asked - each[i] <= 600 + (attended ? 300u : 0u));
    assert_same(f, 41);
}

static void follow__nobody_waits__at_most_2_6_calls_a_block(void **state) {
    costs_at_most(*state, false, 260);
}

static void follow__somebody_waits__at_most_4_calls_a_block(void **state) {
    costs_at_most(*state, true, 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(anchor__all_agree__each_is_asked_once),
        CASE(anchor__one_operator_enough__asked_as_ever),
        CASE(anchor__one_lags__the_height_that_k_have_reached),
        CASE(anchor__one_lags_of_three__it_does_not_matter),
        CASE(anchor__forged_at_that_height__accused_and_not_taken),
        CASE(anchor__hashes_that_are_none__caught_with_what_is_agreed),
        CASE(anchor__forged_above__accused_when_final_is_there),
        CASE(anchor__forged_below__accused),
        CASE(anchor__one_silent__the_others_decide_at_once),
        CASE(anchor__too_few_answer__stays_and_says_who_said_what),
        CASE(anchor__all_say_otherwise__stays_and_nobody_is_accused),
        CASE(anchor__start_with_too_few__nothing_is_handed_over),
        CASE(start__seed_of_a_fork__not_taken),
        CASE(catch_up__headers_of_a_fork__none_is_final),
        CASE(catch_up__live_on_a_fork__none_is_final),
        CASE(catch_up__live_on_a_fork_that_ends__none_is_final),
        CASE(fork__of_one__never_followed_and_accused),
        CASE(fork__followed_above_final__left_when_others_answer),
        CASE(fork__followed_and_agreed_final_is_elsewhere__left_and_accused),
        CASE(fork__final_leaps_over_it__not_final_by_height),
        CASE(fork__single_blocks_forged__goes_on_and_accused),
        CASE(fork__real_reorgs__nobody_accused),
        CASE(final__one_says_replaced__nothing_rolled_back_and_accused),
        CASE(final__really_replaced__believed),
        CASE(final__replaced_by_one_and_the_quorum_is_out_of_reach__waits),
        CASE(latest__stands_still__asked_elsewhere),
        CASE(latest__far_behind_for_long__asked_elsewhere),
        CASE(latest__hangs_in_the_air__asked_elsewhere),
        CASE(free__at_any_time__nothing_is_left),
        CASE(filters__changed_at_any_time__goes_on),
        CASE(follow__batches_not_taken_while_a_fork_is_left__offered_again),
        CASE(follow__random_lies_and_reorgs__the_honest_chain_in_the_end),
        CASE(follow__nobody_waits__at_most_2_6_calls_a_block),
        CASE(follow__somebody_waits__at_most_4_calls_a_block),
    };
    return cmocka_run_group_tests_name("watch_quorum", tests, NULL, NULL);
}
