/* The watcher's backfill: the past is read newest first, in pieces, beside what is new; whoever
 * lies, and whatever ends it, in the end everything was handed over once. */
#include "watch_fixture.h"

#include "nth_malloc.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum cw_mode modes[] = {CW_MODE_FULL, CW_MODE_EVENTS};

/* A world of its own for each round of a loop. */
static struct fixture *anew(void **state) {
    tear_down(state);
    set_up(state);
    return *state;
}

static uint64_t unread(const struct fixture *f) {
    return cw_intervals_blocks(&f->unread);
}

static void run_until(struct fixture *f, bool (*what)(const struct fixture *)) {
    for (int i = 0; !what(f); i++) {
        assert_true(i < 20000);
        fake_run(&f->fake, 5);
    }
}

static bool is_told(const struct fixture *f) {
    return f->heads_told > 0;
}
static bool is_half_read(const struct fixture *f) {
    return f->pasts > 0 && unread(f) < f->fake.n / 2;
}
static bool is_read(const struct fixture *f) {
    return f->heads_told > 0 && f->unread.n == 0;
}

/* --- order ------------------------------------------------------------------------------------ */

static void past__long__heads_first_then_newest_first(void **state) {
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = anew(state);
        f->config.mode = modes[i];
        f->config.log_range_max = 100;
        grow(f, 3000, 7);
        f->config.start_block = 1;
        start(f);
        run_until(f, is_told);
        assert_int_equal(f->pasts, 0);
        assert_int_equal(f->heads.final.number.v, 2991);
        assert_int_equal(unread(f), 2990);
        run_until(f, is_half_read);
        /* what is left is the older half, but for the pieces under way */
        assert_true(f->unread.list[f->unread.n - 1].to < 1500 + 5 * 100);
        fake_run(&f->fake, 20000);
        assert_same(f, 1);
        assert_int_equal(f->findings, 0);
    }
}

static void past__full__one_header_a_block_and_receipts_that_match(void **state) {
    struct fixture *f = *state;
    grow(f, 2000, 40);
    f->config.start_block = 1;
    start(f);
    run_until(f, is_read);
    assert_same(f, 1);
    assert_int_equal(f->fake.asked[FAKE_LOGS_RANGE], 0);
    assert_string_equal(f->logs_by, "");
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], f->logs_n);
    assert_true(f->receipts_told <= 1); /* what is followed live */
    assert_true(f->fake.asked[FAKE_HEADER] <= 2000);
    assert_true(f->fake.most <= 4 * 50 + 10);
}

static void past__start_block_is_near__live_from_there(void **state) {
    struct fixture *f = *state;
    grow(f, 100, 3);
    f->config.start_block = 40;
    start(f);
    run_until(f, is_told);
    assert_int_equal(f->pasts, 0);
    assert_same(f, 40);
}

static void past__long_absence__live_at_once_and_the_gap_later(void **state) {
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = anew(state);
        f->config.mode = modes[i];
        grow(f, 50, 3);
        start(f);
        fake_run(&f->fake, 500);
        stop(f);
        grow(f, 1000, 3);
        f->heads_told = 0;
        start(f);
        run_until(f, is_told);
        assert_int_equal(f->pasts, 0);
        assert_int_equal(f->unread.n, 1);
        assert_int_equal(f->unread.list[0].from, 50);
        assert_int_equal(f->unread.list[0].to, 1040);
        fake_run(&f->fake, 10000);
        assert_same(f, 41);
    }
}

static void past__while_it_is_read__what_is_new_comes_at_once(void **state) {
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = anew(state);
        f->config.mode = modes[i];
        f->config.log_range_max = 20;
        grow(f, 4000, 5);
        f->config.start_block = 1;
        start(f);
        f->fake.faults.slow_to = 3990;
        f->fake.faults.slow_ms = 300;
        run_until(f, is_told);
        for (int k = 0; k < 20; k++) {
            grow(f, 1, 1);
            fake_run(&f->fake, 2 * POLL_MS);
            assert_int_equal(f->cursor.v, f->fake.n - 1);
            assert_int_equal(f->heads.latest.number.v, f->fake.n - 1);
        }
        assert_true(unread(f) > 0);
        fake_run(&f->fake, 60000);
        assert_same(f, 1);
    }
}

/* It is asked for no receipts while the live side waits for some. */
static void past__receipts_of_new_blocks_are_slow__gives_way(void **state) {
    struct fixture *f = *state;
    grow(f, 3000, 1);
    f->config.start_block = 1;
    start(f);
    run_until(f, is_told);
    f->fake.faults.slow_from = f->fake.n;
    f->fake.faults.slow_to = f->fake.n;
    f->fake.faults.slow_ms = 1000;
    grow(f, 1, 1);
    fake_run(&f->fake, 300);
    uint64_t left = unread(f), asked = f->fake.asked[FAKE_RECEIPTS];
    fake_run(&f->fake, 500);
    assert_int_equal(unread(f), left);
    assert_true(f->fake.asked[FAKE_RECEIPTS] <= asked + 1);
    fake_run(&f->fake, 100000);
    assert_same(f, 1);
}

/* --- several pieces --------------------------------------------------------------------------- */

static void past__upper_range_is_slow__lower_ones_are_handed_over(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    f->config.log_range_max = 100;
    grow(f, 1000, 7);
    f->config.start_block = 1;
    f->fake.faults.slow_from = f->fake.faults.slow_to = 990;
    f->fake.faults.slow_ms = 2000;
    start(f);
    fake_run(&f->fake, 1500);
    assert_true(f->splits >= 3);
    assert_int_equal(f->unread.n, 1);
    assert_int_equal(f->unread.list[0].from, 891);
    assert_int_equal(f->unread.list[0].to, 990);
    fake_run(&f->fake, 2000);
    assert_same(f, 1);
}

/* Nothing says yet that they are on the chain. */
static void past__upper_header_is_slow__lower_pieces_wait(void **state) {
    struct fixture *f = *state;
    grow(f, 1000, 7);
    f->config.start_block = 1;
    f->fake.faults.slow_from = f->fake.faults.slow_to = 960; /* in the first piece */
    f->fake.faults.slow_ms = 2000;
    start(f);
    fake_run(&f->fake, 1500);
    assert_int_equal(f->pasts, 0);
    assert_int_equal(unread(f), 990);
    fake_run(&f->fake, 5000);
    assert_same(f, 1);
    assert_true(f->fake.asked[FAKE_HEADER] <= 1000);
}

/* Nobody has a header in the middle of it. */
static void past__a_piece_fails__tried_again_until_it_is_there(void **state) {
    struct fixture *f = *state;
    grow(f, 500, 7);
    f->config.start_block = 1;
    start(f);
    run_until(f, is_told);
    f->fake.faults.null_number = true;
    fake_run(&f->fake, 3000);
    assert_non_null(strstr(trouble(f), "not there"));
    f->fake.faults.null_number = false;
    fake_run(&f->fake, 15000);
    assert_same(f, 1);
    assert_string_equal(trouble(f), "");
}

static void past__no_receipts_of_one_block__what_is_above_it_is_kept(void **state) {
    struct fixture *f = *state;
    const struct fake_log log = {.address = ours, .topic = sent};
    grow(f, 130, 0);
    fake_block(&f->fake, &log, 1);
    grow(f, 110, 0);
    f->config.start_block = 100;
    f->fake.faults.receipts_dead = true;
    start(f);
    fake_run(&f->fake, 3000);
    assert_int_equal(f->unread.n, 1);
    assert_int_equal(f->unread.list[0].from, 100);
    assert_int_equal(f->unread.list[0].to, 130);
    assert_true(f->unread.list[0].bound);
    assert_memory_equal(f->unread.list[0].hash.b, f->fake.blocks[130].hash.b, 32);
    assert_non_null(strstr(trouble(f), "receipts of block 130"));
    f->fake.faults.receipts_dead = false;
    fake_run(&f->fake, 12000);
    assert_same(f, 100);
    assert_string_equal(trouble(f), "");
}

/* --- ends in the midst of it ------------------------------------------------------------------ */

static void past__ended_again_and_again__goes_on_where_it_was(void **state) {
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = anew(state);
        f->config.mode = modes[i];
        f->config.log_range_max = 50;
        grow(f, 3000, 7);
        f->config.start_block = 1;
        unsigned ends = 0;
        do {
            f->heads_told = 0;
            start(f);
            run_until(f, is_told);
            fake_run(&f->fake, 20 + 13 * (ends % 7));
            stop(f);
            assert_null(f->fake.calls);
        } while (f->unread.n > 0 && ends++ < 500);
        assert_true(ends > 5);
        f->heads_told = 0;
        start(f);
        run_until(f, is_told);
        assert_same(f, 1);
        /* nothing is read twice but what was under way */
        uint64_t most = modes[i] == CW_MODE_FULL ? 3000 + ends * (4 * 50 + 20)
                                                 : 3000 / 7 + ends * 60;
        assert_true(f->fake.asked[FAKE_HEADER] <= most);
        assert_int_equal(f->findings, 0);
    }
}

static void past__batches_not_taken__offered_again(void **state) {
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = anew(state);
        f->config.mode = modes[i];
        f->config.log_range_max = 100;
        grow(f, 2000, 7);
        f->config.start_block = 1;
        start(f);
        for (unsigned k = 0; k < 30; k++) {
            f->fail = k % 3;
            fake_run(&f->fake, 100);
        }
        f->fail = 0;
        fake_run(&f->fake, 30000);
        assert_same(f, 1);
    }
}

/* --- reorgs beyond finality ------------------------------------------------------------------- */

static void past__reorg_below_it__only_what_is_left_is_read(void **state) {
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = anew(state);
        f->config.mode = modes[i];
        f->config.log_range_max = 20;
        grow(f, 1000, 7);
        f->config.start_block = 1;
        start(f);
        run_until(f, is_half_read);
        uint64_t at = f->unread.list[0].to;
        stop(f);
        /* kept headers reach down to 991 only: all that is known goes */
        fake_drop(&f->fake, f->fake.n - at + 60);
        grow(f, 700, 5);
        f->config.final_before.v = 991;
        start(f);
        fake_run(&f->fake, 30000);
        assert_int_equal(f->beyond_final, 1);
        assert_int_equal(f->unread.n, 0);
        assert_int_equal(f->cursor.v, f->fake.n - 1);
        for (size_t k = 0; k < f->logs_n; k++) /* what was unread is as the chain has it now */
            if (f->logs[k].block.number.v <= at)
                assert_memory_equal(f->logs[k].block.hash.b,
                                    f->fake.blocks[f->logs[k].block.number.v].hash.b, 32);
    }
}

static void past__reorg_into_an_interval__cut_and_followed_from_there(void **state) {
    struct fixture *f = *state;
    f->config.live_blocks = 1000;
    grow(f, 400, 5);
    start(f);
    fake_run(&f->fake, 1000);
    grow(f, 200, 5);
    fake_run(&f->fake, 3000);
    stop(f);
    /* as if 420 … 500 had still to be read, whatever their hashes */
    const struct cw_interval again = {.from = 420, .to = 500, .bound = true, .hash = {{1}}};
    assert_int_equal(cw_intervals_add(&f->unread, &again), CW_OK);
    fake_drop(&f->fake, 150); /* 449 is the last that stays */
    grow(f, 180, 5);
    f->config.final_before.v = 591;
    start(f);
    fake_run(&f->fake, 10000);
    assert_int_equal(f->beyond_final, 1);
    assert_int_equal(f->last_above, 449);
    assert_same(f, 391);
}

/* --- liars ------------------------------------------------------------------------------------ */

/* The newest header of each piece is known beforehand: a fork of its own is found out there, some
 * blocks in the middle of a piece only by their links. */
static void past__forked_headers__accused_and_read_from_others(void **state) {
    static const enum fake_lie lies[] = {FAKE_FORKS_NUMBERS, FAKE_FORKS_PART};
    for (size_t i = 0; i < CW_COUNT(lies); i++) {
        for (uint64_t from = 5; from < 900; from += 111) {
            struct fixture *f = anew(state);
            fake_operators(&f->fake, 2);
            grow(f, 1000, 7);
            f->config.start_block = 1;
            start(f);
            run_until(f, is_told);
            fake_lie(&f->fake, 1, lies[i], from);
            fake_run(&f->fake, 60000);
            fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
            fake_run(&f->fake, 10000);
            assert_same(f, 1);
            assert_true(f->fake.operators[0].accused > 0);
            assert_non_null(strstr(f->fake.operators[0].text, "parent_link"));
            assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
            assert_int_equal(f->fake.operators[1].accused, 0);
            assert_int_equal(f->rollbacks, 0);
        }
    }
}

static void past__one_endpoint_has_headers_of_other_blocks__the_other_one_is_asked(void **state) {
    struct fixture *f = *state;
    grow(f, 500, 7);
    f->config.start_block = 1;
    start(f);
    run_until(f, is_told);
    f->fake.faults.wrong_number = true;
    fake_run(&f->fake, 5000);
    assert_same(f, 1);
    assert_true(f->fake.findings > 0);
}

/* Nothing above it is known: neither can be called a liar, and nothing is handed over. */
static void past__two_views_and_nothing_known__waits_and_said(void **state) {
    struct fixture *f = *state;
    fake_operators(&f->fake, 2);
    grow(f, 600, 7);
    start(f);
    run_until(f, is_told);
    assert_int_equal(f->pasts, 0);
    fake_lie(&f->fake, 1, FAKE_FORKS_PART, 281); /* 290 is not the parent of 291 */
    const struct cw_interval blocks = {.from = 200, .to = 300};
    assert_int_equal(cw_intervals_add(&f->unread, &blocks), CW_OK);
    assert_int_equal(cw_watch_read_again(f->watch, (struct cw_block_number){200},
                                         (struct cw_block_number){300}, NULL),
                     CW_OK);
    fake_run(&f->fake, 5000);
    assert_int_equal(f->pasts, 0);
    assert_non_null(strstr(trouble(f), "do not hang together"));
    assert_int_equal(f->findings, 1);
    assert_non_null(strstr(f->finding, "parent_link"));
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
    assert_int_equal(f->fake.operators[1].accused, 0);
    fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
    fake_run(&f->fake, 15000);
    assert_int_equal(f->unread.n, 0);
    assert_int_equal(f->pasts, 3);
    assert_string_equal(trouble(f), "");
}

static void past__quorum_and_nothing_known__as_k_have_it(void **state) {
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = anew(state);
        f->config.mode = modes[i];
        fake_operators(&f->fake, 3);
        f->config.quorum = 2;
        grow(f, 600, 7);
        start(f);
        run_until(f, is_told);
        fake_lie(&f->fake, 1, FAKE_FORKS_NUMBERS, 100);
        const struct cw_interval blocks = {.from = 150, .to = 300};
        assert_int_equal(cw_intervals_add(&f->unread, &blocks), CW_OK);
        assert_int_equal(cw_watch_read_again(f->watch, (struct cw_block_number){150},
                                             (struct cw_block_number){300}, NULL),
                         CW_OK);
        fake_run(&f->fake, 30000);
        assert_int_equal(f->unread.n, 0);
        size_t n = 0;
        for (size_t k = 0; k < f->logs_n; k++)
            n += f->logs[k].block.number.v <= 300;
        assert_int_equal(n, 300 / 7 - 149 / 7);
        for (size_t k = 0; k < n; k++)
            assert_memory_equal(f->logs[k].block.hash.b,
                                f->fake.blocks[f->logs[k].block.number.v].hash.b, 32);
        assert_true(f->fake.operators[0].accused > 0);
        assert_int_equal(f->fake.operators[1].accused + f->fake.operators[2].accused, 0);
    }
}

/* A fork was followed above the final head, which several have then, and a long absence: no link
 * tells that it is none. */
static void past__fork_was_followed_before_an_absence__left_before_it_goes_on(void **state) {
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        struct fixture *f = anew(state);
        f->config.mode = modes[i];
        fake_operators(&f->fake, 3);
        f->config.quorum = 2;
        f->strict = true;
        f->fake.safe_lag = f->fake.final_lag;
        grow(f, 50, 3);
        start(f);
        fake_run(&f->fake, 500);
        fake_lie(&f->fake, 1, FAKE_FORKS, 48);
        fake_lie(&f->fake, 2, FAKE_FORKS, 48);
        for (int k = 0; k < 5; k++) {
            grow(f, 1, 3);
            fake_run(&f->fake, 200);
        }
        assert_memory_not_equal(f->headers[f->headers_n - 1].ref.hash.b,
                                f->fake.blocks[f->cursor.v].hash.b, 32);
        f->config.final_before = f->heads.final.number;
        stop(f);
        grow(f, 1000, 3);
        fake_lie(&f->fake, 1, FAKE_FORKS_NUMBERS, 48);
        fake_lie(&f->fake, 2, FAKE_TRUTH, 0);
        const unsigned outvoted = f->fake.operators[2].accused; /* while the others forked */
        start(f);
        fake_run(&f->fake, 30000);
        fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
        fake_run(&f->fake, 10000);
        assert_same(f, 41);
        assert_true(f->rollbacks >= 1);
        assert_int_equal(f->beyond_final, 0);
        assert_int_equal(f->fake.operators[2].accused, outvoted);
    }
}

/* --- again ------------------------------------------------------------------------------------ */

static void read_again__not_from_who_left_it_out__found(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    fake_operators(&f->fake, 2);
    grow(f, 1000, 7);
    f->config.start_block = 1;
    fake_lie(&f->fake, 1, FAKE_OMITS, 490);
    start(f);
    run_until(f, is_read);
    size_t without = f->logs_n;
    const struct cw_interval blocks = {.from = 400, .to = 500};
    const struct cw_block_number from = {400}, to = {500};
    assert_int_equal(cw_intervals_add(&f->unread, &blocks), CW_OK);
    assert_int_equal(cw_watch_read_again(f->watch, from, to, NULL), CW_OK);
    run_until(f, is_read);
    assert_int_equal(f->logs_n, without); /* the same one was asked */
    assert_string_equal(f->logs_by, "one");
    assert_int_equal(cw_intervals_add(&f->unread, &blocks), CW_OK);
    assert_int_equal(cw_watch_read_again(f->watch, from, to, "one"), CW_OK);
    run_until(f, is_read);
    assert_same(f, 1);
    assert_int_equal(f->logs_n, without + 1);
    assert_string_equal(f->logs_by, "two");
    /* it may be asked again about others */
    uint64_t asked = f->fake.operators[0].asked;
    const struct cw_interval others_ = {.from = 100, .to = 200};
    assert_int_equal(cw_intervals_add(&f->unread, &others_), CW_OK);
    assert_int_equal(cw_watch_read_again(f->watch, (struct cw_block_number){100},
                                         (struct cw_block_number){200}, NULL),
                     CW_OK);
    run_until(f, is_read);
    assert_true(f->fake.operators[0].asked > asked);
}

/* Above the final head it has to wait. */
static void read_again__up_to_the_head__once_it_is_final(void **state) {
    struct fixture *f = *state;
    grow(f, 100, 3);
    start(f);
    run_until(f, is_told);
    const struct cw_interval blocks = {.from = 85, .to = 99};
    assert_int_equal(cw_intervals_add(&f->unread, &blocks), CW_OK);
    assert_int_equal(cw_watch_read_again(f->watch, (struct cw_block_number){85},
                                         (struct cw_block_number){99}, NULL),
                     CW_OK);
    fake_run(&f->fake, 1000);
    assert_int_equal(f->unread.n, 1);
    assert_int_equal(f->unread.list[0].from, 92);
    grow(f, 20, 3);
    fake_run(&f->fake, 3000);
    assert_same(f, 85);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void past__any_allocation_fails__all_is_read_all_the_same(void **state) {
    static const enum cw_mode all[] = {CW_MODE_FULL, CW_MODE_EVENTS, CW_MODE_QUORUM};
    for (size_t i = 0; i < CW_COUNT(all); i++) {
        unsigned long nth = 0;
        for (bool failed = true; failed;) {
            struct fixture *f = anew(state);
            f->config.mode = all[i];
            f->config.quorum = all[i] == CW_MODE_QUORUM ? 2 : 1;
            fake_operators(&f->fake, all[i] == CW_MODE_QUORUM ? 2 : 0);
            f->config.log_range_max = 6;
            grow(f, 120, 4);
            /* as many as there is room for at first, and the newest range comes last */
            for (uint64_t k = 0; k < 8; k++) {
                const struct cw_interval blocks = {.from = 12 * k + 1, .to = 12 * k + 10};
                assert_int_equal(cw_intervals_add(&f->unread, &blocks), CW_OK);
            }
            f->fake.faults.slow_from = f->fake.faults.slow_to = 94;
            f->fake.faults.slow_ms = 100;
            f->fake.pause_faults = nth_malloc_pause;
            start(f);
            nth_malloc_fail(++nth);
            fake_run(&f->fake, 800);
            failed = nth_malloc_failed();
            nth_malloc_fail(0);
            run_until(f, is_read);
            fake_run(&f->fake, 500);
            /* 4 and 8 of each twelve, and 112, 116 */
            assert_int_equal(f->logs_n, 2 * 8 + 2);
            assert_string_equal(trouble(f), "");
            f->fake.pause_faults = NULL;
        }
        print_message("%lu allocations failed\n", nth - 1);
        assert_true(nth > 100);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(past__long__heads_first_then_newest_first),
        CASE(past__full__one_header_a_block_and_receipts_that_match),
        CASE(past__start_block_is_near__live_from_there),
        CASE(past__long_absence__live_at_once_and_the_gap_later),
        CASE(past__while_it_is_read__what_is_new_comes_at_once),
        CASE(past__receipts_of_new_blocks_are_slow__gives_way),
        CASE(past__upper_range_is_slow__lower_ones_are_handed_over),
        CASE(past__upper_header_is_slow__lower_pieces_wait),
        CASE(past__a_piece_fails__tried_again_until_it_is_there),
        CASE(past__no_receipts_of_one_block__what_is_above_it_is_kept),
        CASE(past__ended_again_and_again__goes_on_where_it_was),
        CASE(past__batches_not_taken__offered_again),
        CASE(past__reorg_below_it__only_what_is_left_is_read),
        CASE(past__reorg_into_an_interval__cut_and_followed_from_there),
        CASE(past__forked_headers__accused_and_read_from_others),
        CASE(past__one_endpoint_has_headers_of_other_blocks__the_other_one_is_asked),
        CASE(past__two_views_and_nothing_known__waits_and_said),
        CASE(past__quorum_and_nothing_known__as_k_have_it),
        CASE(past__fork_was_followed_before_an_absence__left_before_it_goes_on),
        CASE(read_again__not_from_who_left_it_out__found),
        CASE(read_again__up_to_the_head__once_it_is_final),
        CASE(past__any_allocation_fails__all_is_read_all_the_same),
    };
    return cmocka_run_group_tests_name("watch_past", tests, NULL, NULL);
}
