/* The watcher: following a chain, catching up, and what the host may do meanwhile. */
#include "watch_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- following --- */

static void start__no_cursor__begins_at_the_final_head(void **state) {
    struct fixture *f = *state;
    grow(f, 100, 3);
    start(f);
    fake_run(&f->fake, 1000);
    assert_same(f, 91);
    assert_int_equal(f->headers[0].ref.number.v, 91);
    assert_int_equal(f->heads_told, 1);
    assert_int_equal(f->heads.final.number.v, 91);
    assert_int_equal(f->heads.safe.number.v, 95);
    assert_memory_equal(f->heads.final.hash.b, f->fake.blocks[91].hash.b, 32);
    assert_string_equal(trouble(f), "");
    struct cw_store_header header;
    assert_true(cw_watch_header_at(f->watch, (struct cw_block_number){95}, &header));
    assert_memory_equal(header.ref.hash.b, f->fake.blocks[95].hash.b, 32);
    assert_false(cw_watch_header_at(f->watch, (struct cw_block_number){90}, &header));
}

/* 500 blocks, one each 2 s; once the pace is learnt, calls are at most so many in a hundred blocks.
 */
static void costs_at_most(struct fixture *f, bool attended, uint64_t calls_in_100) {
    f->config.poll_ms = 15000;
    grow(f, 100, 0);
    start(f);
    cw_watch_attend(f->watch, attended);
    uint64_t before = 0;
    for (int i = 0; i < 600; i++) {
        if (i == 100)
            before = fake_asked(&f->fake);
        grow(f, 1, 0);
        fake_run(&f->fake, 2000);
    }
    uint64_t asked = fake_asked(&f->fake) - before;
    if (asked > 5 * calls_in_100)
        fail_msg("%d calls for 500 blocks", (int)asked);
    fake_run(&f->fake, 40 * 2000);
    assert_same(f, 91);
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], 0);
}

static void follow__nobody_waits__at_most_1_2_calls_a_block(void **state) {
    costs_at_most(*state, false, 120);
}

static void follow__somebody_waits__at_most_1_7_calls_a_block(void **state) {
    struct fixture *f = *state;
    costs_at_most(f, true, 170);
    assert_int_equal(f->heads.final.number.v, f->fake.n - 1 - 8);
}

static void attend__begins__tags_are_asked_at_the_next_poll(void **state) {
    struct fixture *f = *state;
    grow(f, 100, 0);
    start(f);
    fake_run(&f->fake, 1000);
    cw_watch_attend(f->watch, false);
    grow(f, 20, 0);
    fake_run(&f->fake, 10 * POLL_MS);
    assert_int_not_equal(f->heads.final.number.v, f->fake.n - 1 - 8);
    cw_watch_attend(f->watch, true);
    fake_run(&f->fake, 2 * POLL_MS);
    assert_int_equal(f->heads.final.number.v, f->fake.n - 1 - 8);
}

static void follow__blocks_with_logs__only_they_cost_receipts(void **state) {
    struct fixture *f = *state;
    grow(f, 20, 0);
    start(f);
    fake_run(&f->fake, 500);
    for (int i = 0; i < 60; i++) {
        grow(f, 1, 5);
        fake_run(&f->fake, POLL_MS);
    }
    fake_run(&f->fake, 500);
    assert_same(f, 11);
    assert_int_equal(f->logs_n, 12);
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], 12);
    assert_int_equal(f->receipts_told, 12);
    assert_memory_equal(f->receipts_of.hash.b, f->logs[11].block.hash.b, 32);
    assert_int_equal(f->fake.asked[FAKE_LOGS_RANGE], 0);
}

static void follow__many_blocks_in_one_poll__taken_in_bounded_batches(void **state) {
    struct fixture *f = *state;
    f->config.live_blocks = 100000;
    grow(f, 20, 0);
    start(f);
    fake_run(&f->fake, 500);
    grow(f, 700, 7);
    fake_run(&f->fake, 3000);
    assert_same(f, 11);
    assert_true(f->largest <= 64);
}

static void follow__more_than_is_kept__the_oldest_go(void **state) {
    struct fixture *f = *state;
    f->config.live_blocks = 100000;
    grow(f, 20, 0);
    start(f);
    fake_run(&f->fake, 500);
    grow(f, 9000, 500);
    fake_run(&f->fake, 20000);
    assert_same(f, 11);
    struct cw_store_header header;
    uint64_t top = f->fake.n - 1;
    assert_true(cw_watch_header_at(f->watch, (struct cw_block_number){top - 8191}, &header));
    assert_memory_equal(header.ref.hash.b, f->fake.blocks[top - 8191].hash.b, 32);
    assert_false(cw_watch_header_at(f->watch, (struct cw_block_number){top - 8192}, &header));
    fake_drop(&f->fake, 4);
    grow(f, 6, 2);
    fake_run(&f->fake, 1000);
    assert_same(f, 11);
    assert_int_equal(f->rollbacks, 1);
}

/* A block in whose bloom the filter shows but whose logs are none of ours. */
static void follow__bloom_matches_by_chance__nothing_handed_over_nothing_said(void **state) {
    struct fixture *f = *state;
    grow(f, 20, 0);
    start(f);
    fake_run(&f->fake, 500);
    struct fake_log logs[2] = {{.address = ours, .topic = other_topic},
                               {.address = others, .topic = sent}};
    fake_block(&f->fake, logs, 2);
    fake_run(&f->fake, 500);
    assert_same(f, 0 + f->fake.n); /* no logs */
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], 1);
    assert_int_equal(f->findings, 0);
    assert_int_equal(f->fake.findings, 0);
    grow(f, 3, 1);
    fake_run(&f->fake, 500);
    struct cw_watch_progress progress;
    cw_watch_progress(f->watch, &progress);
    assert_int_equal(progress.false_blooms, 1);
    assert_int_equal(f->fake.head_told, f->fake.n - 1);
}

static void start__cursor_without_headers__fetches_the_one_it_needs(void **state) {
    struct fixture *f = *state;
    grow(f, 100, 3);
    f->has_cursor = true;
    f->cursor.v = 80;
    start(f);
    fake_run(&f->fake, 1000);
    assert_same(f, 81);
}

static void start__start_block__everything_from_there(void **state) {
    struct fixture *f = *state;
    grow(f, 60, 3);
    f->config.start_block = 10;
    start(f);
    fake_run(&f->fake, 1000);
    assert_same(f, 10);
}

/* --- catching up --- */

static void catch_up__ranges_refused__shrink_and_grow_again(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    grow(f, 6000, 50);
    f->config.start_block = 1;
    f->fake.faults.range_limit = 130;
    start(f);
    fake_run(&f->fake, 1500);
    assert_true(f->unread.n > 0 && f->unread.list[f->unread.n - 1].to < 5900);
    assert_true(log_range(f) <= 130);
    struct cw_watch_progress progress;
    cw_watch_progress(f->watch, &progress);
    assert_true(progress.known);
    assert_int_equal(progress.unread, cw_intervals_blocks(&f->unread));
    assert_true(progress.blocks_per_s > 0);
    assert_int_equal(progress.eta_s,
                     (progress.unread + progress.blocks_per_s - 1) / progress.blocks_per_s);
    f->fake.faults.range_limit = 0;
    fake_run(&f->fake, 20000);
    assert_same(f, 1);
    assert_true(log_range(f) > 130);
    assert_true(f->fake.largest_range > 130);
    cw_watch_progress(f->watch, &progress);
    assert_true(progress.unread == 0 && progress.blocks_per_s == 0 && progress.eta_s == 0);
    assert_string_equal(progress.trouble, "");
    /* headers of blocks with logs only */
    assert_true(f->fake.asked[FAKE_HEADER] < 200);
}

static void catch_up__no_range_is_taken__headers_instead(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    grow(f, 500, 9);
    f->config.start_block = 1;
    f->fake.faults.logs_dead = true;
    start(f);
    fake_run(&f->fake, 60000);
    assert_same(f, 1);
}

static void catch_up__many_blocks_with_logs__handed_over_in_parts(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    grow(f, 900, 2);
    f->config.start_block = 1;
    start(f);
    fake_run(&f->fake, 20000);
    assert_same(f, 1);
    assert_true(f->largest <= 64);
    assert_true(f->pasts >= 8);
    assert_int_equal(f->fake.asked[FAKE_LOGS_RANGE], 2); /* from the final head on, and below it */
}

static void catch_up__block_without_one_of_its_logs__found_out(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    struct fake_log two[2] = {{.address = ours, .topic = sent, .data = {1}},
                              {.address = ours, .topic = sent, .data = {2}}};
    grow(f, 50, 0);
    fake_block(&f->fake, two, 2);
    grow(f, 200, 0);
    f->config.start_block = 1;
    f->fake.faults.logs_drop_at = 50;
    start(f);
    fake_run(&f->fake, 2000);
    assert_same(f, 1);
    assert_int_equal(f->logs_n, 2);
    assert_int_equal(f->findings, 1);
    assert_non_null(strstr(f->finding, "liar eth_getLogs logs_omitted: block 50"));
    assert_sides(f, "\"data\":\"0x02", "\"number\":\"0x32\"", "\"data\":\"0x01");
    assert_null(strstr(f->fake.sides[0], "\"data\":\"0x01"));
}

static void catch_up__log_made_up__refused_and_told(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    grow(f, 300, 50);
    f->config.start_block = 1;
    f->fake.faults.logs_forge_at = 100;
    f->fake.faults.forged = (struct fake_log){.address = ours, .topic = sent, .data = {7}};
    start(f);
    fake_run(&f->fake, 2000);
    assert_same(f, 1);
    assert_int_equal(f->findings, 1);
    assert_non_null(strstr(f->finding, "liar eth_getLogs logs_forged: block 100"));
    assert_sides(f, "\"data\":\"0x07", "\"number\":\"0x64\"", "\"cumulativeGasUsed\":");
}

/* In a block where the bloom already says that there is none. */
static void catch_up__log_made_up_against_the_bloom__refused_and_told(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    grow(f, 300, 50);
    f->config.start_block = 1;
    f->fake.faults.logs_forge_at = 77;
    f->fake.faults.forged = (struct fake_log){.address = ours, .topic = sent, .data = {7}};
    start(f);
    fake_run(&f->fake, 2000);
    assert_same(f, 1);
    assert_int_equal(f->findings, 1);
    assert_non_null(strstr(f->finding, "logs_forged: block 77"));
    assert_sides(f, "\"data\":\"0x07", "\"number\":\"0x4d\"", NULL);
}

static void catch_up__log_that_no_filter_asked_for__next_endpoint(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    grow(f, 200, 50);
    fake_grow(&f->fake, 100, 10, &others, &sent);
    f->config.start_block = 1;
    f->fake.faults.logs_foreign = true;
    start(f);
    fake_run(&f->fake, 2000);
    assert_same(f, 1);
    assert_true(f->fake.findings > 0);
    assert_non_null(strstr(f->fake.finding, "logs_forged"));
}

/* One question is put for all filters: it has answers that none of them wants. */
static void catch_up__contract_of_one_filter_with_the_topic_of_another__passed_over(void **state) {
    const struct cw_filter filters[2] = {filter_of(&ours, &sent), filter_of(&others, &other_topic)};
    for (int quorum = 0; quorum <= 1; quorum++) {
        struct fixture *f = *state;
        tear_down(state);
        set_up(state);
        f = *state;
        f->config.mode = quorum ? CW_MODE_QUORUM : CW_MODE_EVENTS;
        f->config.quorum = quorum ? 2 : 1;
        if (quorum)
            fake_operators(&f->fake, 2);
        grow(f, 100, 10);
        fake_grow(&f->fake, 100, 5, &ours, &other_topic);
        fake_grow(&f->fake, 100, 5, &others, &sent);
        grow(f, 100, 10);
        f->config.start_block = 1;
        start_with(f, filters, 2);
        fake_run(&f->fake, 5000);
        assert_int_equal(f->unread.n, 0);
        assert_int_equal(f->cursor.v, 399);
        assert_int_equal(f->logs_n, 9 + 10);
        assert_int_equal(f->fake.findings + f->findings, 0);
    }
}

static void catch_up__nothing_to_look_for__goes_straight_to_the_end(void **state) {
    struct fixture *f = *state;
    grow(f, 5000, 50);
    f->config.start_block = 1;
    struct cw_filter none = {0};
    start_with(f, &none, 0);
    fake_run(&f->fake, 1000);
    assert_int_equal(f->cursor.v, 4999);
    assert_int_equal(f->logs_n, 0);
    assert_int_equal(f->fake.asked[FAKE_LOGS_RANGE], 0);
}

/* --- the host --- */

static void batch__not_taken__offered_again_the_same(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 500);
    f->fail = 3;
    grow(f, 4, 1);
    fake_run(&f->fake, 300);
    assert_int_equal(f->failed.from.v, 30);
    assert_int_equal(f->failed.to.v, 33);
    assert_non_null(strstr(trouble(f), "blocks 30 to 33 not stored"));
    assert_int_equal(f->cursor.v, 29);
    assert_int_equal(f->heads.latest.number.v, 29);
    fake_run(&f->fake, 3000);
    assert_int_equal(f->fail, 0);
    assert_same(f, 21);
    assert_string_equal(trouble(f), "");
}

static void batch__rollback_not_taken__offered_again(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 500);
    f->fail = 2;
    fake_drop(&f->fake, 3);
    grow(f, 5, 2);
    fake_run(&f->fake, 3000);
    assert_true(f->failed.rollback);
    assert_int_equal(f->failed.above.v, 26);
    assert_int_equal(f->rollbacks, 1);
    assert_same(f, 21);
}

static void batch__filters_changed_while_a_rollback_waits__both_happen(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    start(f);
    fake_run(&f->fake, 500);
    f->fail = 3;
    fake_drop(&f->fake, 3);
    grow(f, 5, 2);
    fake_run(&f->fake, 300);
    assert_true(f->failed.rollback);
    struct cw_filter filters[2] = {filter_of(&ours, &sent), filter_of(&others, &sent)};
    assert_int_equal(cw_watch_filters(f->watch, filters, 2), CW_OK);
    fake_run(&f->fake, 5000);
    assert_int_equal(f->rollbacks, 1);
    assert_same(f, 21);
}

static void filters__not_set_yet__heads_but_no_batches(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 3);
    f->config.start_block = 5;
    start_with(f, NULL, 0);
    fake_run(&f->fake, 1000);
    assert_int_equal(f->offers, 0);
    assert_int_equal(f->heads_told, 0);
    const struct cw_heads *heads = cw_watch_heads(f->watch);
    assert_non_null(heads);
    assert_int_equal(heads->latest.number.v, 29);
    assert_int_equal(heads->safe.number.v, 25);
    assert_int_equal(heads->final.number.v, 21);
    struct cw_filter filter = filter_of(&ours, &sent);
    assert_int_equal(cw_watch_filters(f->watch, &filter, 1), CW_OK);
    assert_null(cw_watch_heads(f->watch));
    fake_run(&f->fake, 1000);
    assert_same(f, 5);
}

static void filters__changed_in_a_batch__from_the_next_block(void **state) {
    struct fixture *f = *state;
    grow(f, 30, 0);
    struct cw_filter none = filter_of(&others, &sent), filter = filter_of(&ours, &sent);
    start_with(f, &none, 1);
    fake_run(&f->fake, 500);
    f->filters_in_batch = &filter;
    grow(f, 1, 1);
    fake_run(&f->fake, 500);
    assert_int_equal(f->logs_n, 0);
    grow(f, 5, 1);
    fake_run(&f->fake, 500);
    assert_same(f, 31);
    assert_int_equal(f->logs_n, 5);
}

/* The next ranges were fetched ahead, with the old filters. */
static void filters__changed_in_a_batch_of_a_range__the_next_ranges_are_asked_again(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    grow(f, 3000, 50);
    f->config.start_block = 1;
    f->config.log_range_max = 500;
    struct cw_filter none = filter_of(&others, &sent), filter = filter_of(&ours, &sent);
    start_with(f, &none, 1);
    while (f->heads_told == 0)
        fake_run(&f->fake, 5);
    assert_int_equal(f->pasts, 0);
    f->filters_in_batch = &filter;
    fake_run(&f->fake, 10000);
    assert_int_equal(f->unread.n, 0);
    assert_int_equal(f->logs_n, 2450 / 50); /* without those of the range that was taken then */
    assert_int_equal(f->logs[f->logs_n - 1].block.number.v, 2450);
}

static void filters__changed_while_a_range_is_under_way__asked_again(void **state) {
    struct fixture *f = *state;
    f->config.mode = CW_MODE_EVENTS;
    grow(f, 3000, 50);
    f->config.start_block = 1;
    struct cw_filter none = filter_of(&others, &sent), filter = filter_of(&ours, &sent);
    start_with(f, &none, 1);
    fake_run(&f->fake, 15);
    assert_int_equal(f->offers, 0);
    assert_int_equal(cw_watch_filters(f->watch, &filter, 1), CW_OK);
    fake_run(&f->fake, 10000);
    assert_same(f, 1);
}

static void free__calls_under_way__none_is_left(void **state) {
    struct fixture *f = *state;
    grow(f, 3000, 5);
    f->config.start_block = 1;
    start(f);
    for (uint64_t ms = 5; ms < 400; ms += 35) {
        fake_run(&f->fake, ms);
        stop(f);
        assert_null(f->fake.calls);
        start(f);
    }
    fake_run(&f->fake, 20000);
    assert_same(f, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(start__no_cursor__begins_at_the_final_head),
        CASE(follow__nobody_waits__at_most_1_2_calls_a_block),
        CASE(follow__somebody_waits__at_most_1_7_calls_a_block),
        CASE(attend__begins__tags_are_asked_at_the_next_poll),
        CASE(follow__blocks_with_logs__only_they_cost_receipts),
        CASE(follow__many_blocks_in_one_poll__taken_in_bounded_batches),
        CASE(follow__more_than_is_kept__the_oldest_go),
        CASE(follow__bloom_matches_by_chance__nothing_handed_over_nothing_said),
        CASE(start__cursor_without_headers__fetches_the_one_it_needs),
        CASE(start__start_block__everything_from_there),
        CASE(catch_up__ranges_refused__shrink_and_grow_again),
        CASE(catch_up__no_range_is_taken__headers_instead),
        CASE(catch_up__many_blocks_with_logs__handed_over_in_parts),
        CASE(catch_up__block_without_one_of_its_logs__found_out),
        CASE(catch_up__log_made_up__refused_and_told),
        CASE(catch_up__log_made_up_against_the_bloom__refused_and_told),
        CASE(catch_up__log_that_no_filter_asked_for__next_endpoint),
        CASE(catch_up__contract_of_one_filter_with_the_topic_of_another__passed_over),
        CASE(catch_up__nothing_to_look_for__goes_straight_to_the_end),
        CASE(batch__not_taken__offered_again_the_same),
        CASE(batch__rollback_not_taken__offered_again),
        CASE(batch__filters_changed_while_a_rollback_waits__both_happen),
        CASE(filters__not_set_yet__heads_but_no_batches),
        CASE(filters__changed_in_a_batch__from_the_next_block),
        CASE(filters__changed_in_a_batch_of_a_range__the_next_ranges_are_asked_again),
        CASE(filters__changed_while_a_range_is_under_way__asked_again),
        CASE(free__calls_under_way__none_is_left),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
