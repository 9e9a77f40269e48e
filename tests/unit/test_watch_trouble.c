/* The watcher in trouble: reorganizations, and endpoints that lie, lag or are silent. Whatever they
 * do, what was handed over is what the chain holds. */
#include "watch_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- reorgs --- */

static void reorg__depth_1_to_8__rolled_back_and_followed(void **state) {
    struct fixture *f = *state;
    grow(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    /* 8 below is the final head itself */
    for (size_t depth = 1; depth <= 8; depth++) {
        for (size_t more = 0; more <= 2; more++) {
            unsigned before = f->rollbacks;
            uint64_t ancestor = f->fake.n - 1 - depth;
            fake_drop(&f->fake, depth);
            grow(f, depth + more, depth % 2 ? 2 : 3);
            fake_run(&f->fake, 1000);
            assert_same(f, 41);
            assert_int_equal(f->rollbacks, before + 1);
            assert_int_equal(f->last_above, ancestor);
            /* goes on */
            grow(f, 12, 3);
            fake_run(&f->fake, 1000);
            assert_same(f, 41);
        }
    }
    assert_int_equal(f->beyond_final, 0);
    assert_int_equal(f->findings, 0);
    struct cw_watch_progress progress;
    cw_watch_progress(f->watch, &progress);
    assert_int_equal(progress.reorgs, 24);
}

static void reorg__beyond_the_final_head__flagged_told_and_followed(void **state) {
    struct fixture *f = *state;
    grow(f, 80, 3);
    start(f);
    fake_run(&f->fake, 500);
    grow(f, 100, 3);
    fake_run(&f->fake, 1000);
    fake_drop(&f->fake, 30);
    grow(f, 30, 3);
    fake_run(&f->fake, 2000);
    assert_same(f, 71);
    assert_int_equal(f->rollbacks, 1);
    assert_int_equal(f->beyond_final, 1);
    assert_int_equal(f->findings, 1);
    assert_non_null(strstr(f->finding, "final_reorg: blocks above 149"));
    assert_non_null(strstr(trouble(f), "reorg beyond finality"));
    assert_int_equal(f->heads.final.number.v, f->fake.n - 1 - 8);
    assert_memory_equal(f->heads.final.hash.b, f->fake.blocks[f->fake.n - 9].hash.b, 32);
    grow(f, 40, 3);
    fake_run(&f->fake, 2000);
    assert_same(f, 71);
    assert_string_equal(trouble(f), "");
    assert_int_equal(f->findings, 1);
}

static void reorg__shorter_chain__believed_after_three_polls(void **state) {
    struct fixture *f = *state;
    grow(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    fake_drop(&f->fake, 6);
    grow(f, 3, 2);
    fake_run(&f->fake, 2 * POLL_MS);
    assert_int_equal(f->rollbacks, 0);
    fake_run(&f->fake, 5 * POLL_MS);
    assert_int_equal(f->rollbacks, 1);
    assert_same(f, 41);
    grow(f, 20, 3);
    fake_run(&f->fake, 1000);
    assert_same(f, 41);
}

static void reorg__while_down__found_at_the_start(void **state) {
    struct fixture *f = *state;
    for (size_t depth = 1; depth <= 7; depth += 3) {
        for (size_t more = 0; more <= 20; more += 10) {
            grow(f, 50, 3);
            start(f);
            fake_run(&f->fake, 1000);
            stop(f);
            unsigned before = f->rollbacks;
            uint64_t ancestor = f->fake.n - 1 - depth;
            fake_drop(&f->fake, depth);
            grow(f, depth + more, 2);
            start(f);
            fake_run(&f->fake, 1000);
            assert_same(f, f->headers[0].ref.number.v);
            assert_int_equal(f->rollbacks, before + 1);
            assert_int_equal(f->last_above, ancestor);
            stop(f);
        }
    }
    start(f);
    fake_run(&f->fake, 1000);
    assert_same(f, f->headers[0].ref.number.v);
    assert_int_equal(f->rollbacks, 9);
}

/* The first thing after a long absence is a range: the kept headers must be looked at all the same.
 */
static void reorg__while_down_and_far_behind__found_at_the_start(void **state) {
    struct fixture *f = *state;
    grow(f, 50, 3);
    start(f);
    fake_run(&f->fake, 1000);
    stop(f);
    fake_drop(&f->fake, 5);
    grow(f, 3000, 10);
    f->config.final_before.v = 41;
    start(f);
    fake_run(&f->fake, 10000);
    assert_same(f, 41);
    assert_int_equal(f->rollbacks, 1);
    assert_int_equal(f->last_above, 44);
    assert_int_equal(f->beyond_final, 0);
}

static void reorg__while_down_below_the_stored_final__flagged(void **state) {
    struct fixture *f = *state;
    grow(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    grow(f, 30, 3);
    fake_run(&f->fake, 1000);
    stop(f);
    fake_drop(&f->fake, 20);
    grow(f, 25, 3);
    f->config.final_before.v = 71;
    start(f);
    fake_run(&f->fake, 1000);
    assert_same(f, 41);
    assert_int_equal(f->beyond_final, 1);
}

static void reorg__deeper_than_what_is_kept__everything_known_rolled_back(void **state) {
    struct fixture *f = *state;
    grow(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    stop(f);
    /* only the last three headers were kept */
    memmove(f->headers, f->headers + f->headers_n - 3, 3 * sizeof f->headers[0]);
    f->headers_n = 3;
    fake_drop(&f->fake, 10);
    grow(f, 15, 2);
    start(f);
    fake_run(&f->fake, 2000);
    assert_int_equal(f->rollbacks, 1);
    assert_int_equal(f->last_above, 46);
    assert_int_equal(f->cursor.v, f->fake.n - 1);
    assert_int_equal(cw_watch_heads(f->watch)->latest.number.v, f->fake.n - 1);
}

static void reorg__between_headers_and_receipts__starts_over(void **state) {
    struct fixture *f = *state;
    grow(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.receipts_silent = true;
    grow(f, 2, 1);
    fake_run(&f->fake, 150);
    assert_int_equal(f->cursor.v, 49);
    fake_drop(&f->fake, 2);
    f->fake.faults.receipts_silent = false;
    grow(f, 3, 1);
    fake_run(&f->fake, 1000);
    assert_same(f, 41);
    assert_int_equal(f->rollbacks, 0); /* none of it had been handed over */
}

/* --- endpoints that lie, lag or are silent --- */

static void follow__receipts_without_a_log__next_endpoint(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 0);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.receipts_drop = true;
    grow(f, 10, 2);
    fake_run(&f->fake, 1000);
    assert_same(f, 21);
    assert_true(f->logs_n >= 4);
    assert_true(f->fake.findings > 0);
    assert_non_null(strstr(f->fake.finding, "liar eth_getBlockReceipts receipts_root: "));
}

static void follow__log_data_changed__next_endpoint(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 0);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.receipts_flip = true;
    grow(f, 10, 2);
    fake_run(&f->fake, 1000);
    assert_same(f, 21);
    assert_non_null(strstr(f->fake.finding, "receipts_root: "));
}

static void follow__no_receipts_anywhere__waits_at_that_block(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 0);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.receipts_dead = true;
    grow(f, 4, 0); /* 30 to 33 */
    grow(f, 1, 1);
    grow(f, 3, 0);
    fake_run(&f->fake, 5000);
    assert_int_equal(f->cursor.v, 33);
    assert_int_equal(f->heads.latest.number.v, 33);
    assert_non_null(strstr(trouble(f), "receipts of block 34"));
    assert_true(f->fake.asked[FAKE_RECEIPTS] < 60);
    f->fake.faults.receipts_dead = false;
    fake_run(&f->fake, 12000);
    assert_same(f, 21);
    assert_string_equal(trouble(f), "");
}

static void follow__stale_latest__ignored_then_said(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 500);
    unsigned told = f->heads_told;
    f->fake.faults.stale_latest = 20;
    fake_run(&f->fake, 5000);
    assert_int_equal(f->rollbacks, 0);
    assert_int_equal(f->heads_told, told);
    assert_same(f, 21);
    assert_string_equal(trouble(f), "");
    fake_run(&f->fake, 30000);
    assert_non_null(strstr(trouble(f), "liar is behind"));
    f->fake.faults.stale_latest = 0;
    grow(f, 3, 3);
    fake_run(&f->fake, 1000);
    assert_same(f, 21);
    assert_string_equal(trouble(f), "");
}

static void follow__latest_on_an_unknown_parent__no_rollback_and_told(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.wrong_parent = true;
    grow(f, 1, 1);
    fake_run(&f->fake, 4000);
    assert_int_equal(f->rollbacks, 0);
    assert_int_equal(f->cursor.v, 29);
    assert_true(f->findings >= 1);
    assert_non_null(strstr(f->finding, "liar eth_getBlockByNumber parent_link"));
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
    f->fake.faults.wrong_parent = false;
    fake_run(&f->fake, 12000);
    assert_same(f, 21);
}

static void follow__headers_wrong__next_endpoint(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.wrong_number = true;
    grow(f, 5, 1);
    fake_run(&f->fake, 1000);
    assert_same(f, 21);
    assert_non_null(strstr(f->fake.finding, "wrong_block: asked for block"));
    f->fake.faults.wrong_number = false;
    f->fake.faults.wrong_hash = true;
    grow(f, 5, 1);
    fake_run(&f->fake, 1000);
    assert_same(f, 21);
    assert_non_null(strstr(f->fake.finding, "header_hash: "));
}

static void follow__no_answer__said_and_resumed(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.dead = true;
    grow(f, 10, 2);
    fake_run(&f->fake, 2000);
    assert_non_null(strstr(trouble(f), "no answer"));
    assert_int_equal(f->cursor.v, 29);
    f->fake.faults.dead = false;
    fake_run(&f->fake, 12000);
    assert_same(f, 21);
    assert_string_equal(trouble(f), "");
}

static void catch_up__no_answer_at_all__ranges_keep_their_size(void **state) {
    struct fixture *f = *state;
    grow(f, 20000 - 1000, 100);
    f->config.start_block = 1;
    start(f);
    fake_run(&f->fake, 15); /* the first range is under way */
    f->fake.faults.dead = true;
    fake_run(&f->fake, 60000);
    assert_true(log_range(f) >= 250);
    f->fake.faults.dead = false;
    fake_run(&f->fake, 40000);
    assert_same(f, 1);
}

static void heads__no_finalized_tag__said_not_guessed(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    f->fake.faults.no_final = true;
    start(f);
    fake_run(&f->fake, 2000);
    assert_null(cw_watch_heads(f->watch));
    assert_int_equal(f->offers, 0);
    assert_non_null(strstr(trouble(f), "no endpoint names a finalized block"));
    f->fake.faults.no_final = false;
    fake_run(&f->fake, 1000);
    assert_same(f, 21);
}

static void heads__stale_finalized__does_not_go_back(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 1000);
    f->fake.faults.stale_final = 12;
    grow(f, 5, 3);
    fake_run(&f->fake, 3000);
    assert_same(f, 21);
    assert_int_equal(f->heads.final.number.v, 21);
    assert_int_equal(f->heads.safe.number.v, 30);
    assert_int_equal(f->findings, 0);
}

/* Nothing is handed over on the word of a final head that the chain does not have. */
static void start__final_not_on_the_chain__waits_and_told(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    f->fake.faults.wrong_final = true;
    start(f);
    fake_run(&f->fake, 3000);
    assert_int_equal(f->offers, 0);
    assert_null(cw_watch_heads(f->watch));
    assert_non_null(strstr(f->finding, "liar eth_getBlockByNumber final_mismatch"));
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
    assert_non_null(strstr(trouble(f), "contradicts the final head"));
    f->fake.faults.wrong_final = false;
    fake_run(&f->fake, 12000);
    assert_same(f, 21);
}

/* The head that was read is of a fork that is gone when we look below it, and stays known until the
 * next poll. */
static void reorg__twice_between_two_polls__nobody_accused(void **state) {
    struct fixture *f = *state;
    f->config.poll_ms = 2000;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 500);
    fake_drop(&f->fake, 2);
    grow(f, 3, 2);
    for (uint64_t tags = f->fake.asked[FAKE_TAG]; f->fake.asked[FAKE_TAG] == tags;)
        fake_run(&f->fake, 5);
    fake_drop(&f->fake, 3);
    grow(f, 5, 2);
    fake_run(&f->fake, 8000);
    assert_same(f, 21);
    assert_int_equal(f->findings, 0);
}

static void heads__final_of_a_fork_that_is_not_stored_yet__nobody_accused(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 1000);
    f->fail = 5;
    fake_drop(&f->fake, 8);
    grow(f, 12, 2);
    fake_run(&f->fake, 4000);
    assert_true(f->fail < 3);
    assert_int_equal(f->rollbacks, 0);
    assert_int_equal(f->heads.final.number.v, 21);
    fake_run(&f->fake, 10000);
    assert_same(f, 21);
    assert_int_equal(f->findings, 0);
}

static void heads__final_not_on_the_chain__not_taken_and_told(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 1000);
    assert_int_equal(f->heads.final.number.v, 21);
    f->fake.faults.wrong_final = true;
    for (int i = 0; i < 20; i++) {
        grow(f, 1, 3);
        fake_run(&f->fake, POLL_MS);
    }
    fake_run(&f->fake, 500);
    assert_same(f, 21);
    assert_int_equal(f->heads.final.number.v, 21);
    assert_memory_equal(f->heads.final.hash.b, f->fake.blocks[21].hash.b, 32);
    assert_true(f->findings >= 1);
    assert_non_null(strstr(f->finding, "liar eth_getBlockByNumber final_mismatch"));
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
    assert_non_null(strstr(trouble(f), "not on the chain that was followed"));
    f->fake.faults.wrong_final = false;
    fake_run(&f->fake, 1000);
    assert_int_equal(f->heads.final.number.v, f->fake.n - 9);
    assert_string_equal(trouble(f), "");
}

/* The range's last block is the final one: it must be what was called final. */
static void catch_up__final_not_on_the_chain__not_taken_and_told(void **state) {
    struct fixture *f = *state;
    grow(f, 300, 30);
    f->config.start_block = 1;
    f->fake.faults.wrong_final = true;
    start(f);
    fake_run(&f->fake, 3000);
    const struct cw_heads *heads = cw_watch_heads(f->watch);
    assert_true(!heads || heads->final.number.v < 291);
    assert_true(f->findings >= 1);
    assert_non_null(strstr(f->finding, "liar eth_getBlockByNumber final_mismatch"));
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
    f->fake.faults.wrong_final = false;
    fake_run(&f->fake, 12000);
    assert_same(f, 1);
    assert_string_equal(trouble(f), "");
}

/* Whatever comes, in any order: in the end the store holds what the chain holds. */
static void follow__random_reorgs_and_faults__the_store_holds_the_chain(void **state) {
    struct fixture *f = *state;
    uint64_t random = 0x9e3779b97f4a7c15u;
    grow(f, 60, 3);
    start(f);
    fake_run(&f->fake, 1000);
    uint64_t first = f->headers[0].ref.number.v;
    for (int round = 0; round < 150; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned dice = (unsigned)(random >> 33);
        f->fake.faults = (struct fake_faults){.receipts_drop = dice & 1,
                                              .wrong_hash = dice & 2,
                                              .receipts_dead = (dice & 12) == 12,
                                              .dead = (dice & 48) == 48};
        if (dice % 3 == 0) {
            size_t depth = 1 + dice / 64 % 8;
            fake_drop(&f->fake, depth);
            grow(f, depth + dice / 512 % 4, 2);
        } else {
            grow(f, dice / 64 % 9, 3);
        }
        f->fail = dice % 11 == 0 ? 2 : 0;
        fake_run(&f->fake, 5 * (dice / 4096 % 200));
        if (round % 10 == 9) {
            stop(f);
            start(f);
        }
    }
    f->fake.faults = (struct fake_faults){0};
    f->fail = 0;
    grow(f, 20, 3);
    fake_run(&f->fake, 30000);
    assert_same(f, first);
    assert_int_equal(f->findings, f->beyond_final);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(reorg__depth_1_to_8__rolled_back_and_followed),
        CASE(reorg__beyond_the_final_head__flagged_told_and_followed),
        CASE(reorg__shorter_chain__believed_after_three_polls),
        CASE(reorg__while_down__found_at_the_start),
        CASE(reorg__while_down_and_far_behind__found_at_the_start),
        CASE(reorg__while_down_below_the_stored_final__flagged),
        CASE(reorg__deeper_than_what_is_kept__everything_known_rolled_back),
        CASE(reorg__between_headers_and_receipts__starts_over),
        CASE(follow__receipts_without_a_log__next_endpoint),
        CASE(follow__log_data_changed__next_endpoint),
        CASE(follow__no_receipts_anywhere__waits_at_that_block),
        CASE(follow__stale_latest__ignored_then_said),
        CASE(follow__latest_on_an_unknown_parent__no_rollback_and_told),
        CASE(follow__headers_wrong__next_endpoint),
        CASE(follow__no_answer__said_and_resumed),
        CASE(catch_up__no_answer_at_all__ranges_keep_their_size),
        CASE(heads__no_finalized_tag__said_not_guessed),
        CASE(reorg__twice_between_two_polls__nobody_accused),
        CASE(heads__final_of_a_fork_that_is_not_stored_yet__nobody_accused),
        CASE(heads__stale_finalized__does_not_go_back),
        CASE(start__final_not_on_the_chain__waits_and_told),
        CASE(heads__final_not_on_the_chain__not_taken_and_told),
        CASE(catch_up__final_not_on_the_chain__not_taken_and_told),
        CASE(follow__random_reorgs_and_faults__the_store_holds_the_chain),
    };
    return cmocka_run_group_tests_name("watch_trouble", tests, NULL, NULL);
}
