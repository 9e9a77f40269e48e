/* The watcher against a chain that the test writes: whatever the endpoints do, what was handed over
 * is what the chain holds. */
#include "watch/watch.h"

#include "fake_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POLL_MS     100
#define STORED_LOGS 4096
#define STORED      20000

static const struct cw_addr20 ours = {{0x11, 0x22}};
static const struct cw_addr20 others = {{0x99}};
static const struct cw_hash32 sent = {{0x51}};
static const struct cw_hash32 other_topic = {{0x52}};

struct stored_log {
    struct cw_block_ref block;
    uint64_t index;
    struct cw_addr20 address;
    uint8_t data[33];
};

/* What a host keeps of the batches, checked as it comes in. */
struct fixture {
    struct fake fake;
    struct cw_watch *watch;
    struct cw_watch_config config;
    bool has_cursor;
    struct cw_block_number cursor;
    struct cw_store_header headers[STORED];
    size_t headers_n;
    struct stored_log logs[STORED_LOGS];
    size_t logs_n;
    unsigned fail;                /* so many offers are not taken */
    struct cw_watch_batch failed; /* the last one that was not, without its arrays */
    unsigned offers, rollbacks, beyond_final, largest;
    uint64_t last_above;
    unsigned heads_told;
    struct cw_heads heads;
    unsigned findings;
    char finding[512];
    const struct cw_filter *filters_in_batch; /* set from within the next batch */
};

static struct cw_filter filter_of(const struct cw_addr20 *address, const struct cw_hash32 *topic) {
    struct cw_filter filter = {0};
    filter.address = *address;
    filter.topics[0] = *topic;
    filter.topics_n = 1;
    return filter;
}

static void cut(struct fixture *f, uint64_t above) {
    while (f->headers_n > 0 && f->headers[f->headers_n - 1].ref.number.v > above)
        f->headers_n--;
    while (f->logs_n > 0 && f->logs[f->logs_n - 1].block.number.v > above)
        f->logs_n--;
}

static enum cw_err on_batch(void *ctx, const struct cw_watch_batch *batch) {
    struct fixture *f = ctx;
    f->offers++;
    if (f->filters_in_batch) {
        assert_int_equal(cw_watch_filters(f->watch, f->filters_in_batch, 1), CW_OK);
        f->filters_in_batch = NULL;
    }
    if (f->fail > 0) {
        f->fail--;
        f->failed = *batch;
        return CW_ERR_IO;
    }
    if (batch->rollback) {
        assert_true(batch->from.v > batch->to.v);
        assert_true(f->has_cursor && batch->above.v <= f->cursor.v);
        cut(f, batch->above.v);
        f->cursor = batch->above;
        f->rollbacks++;
        f->beyond_final += batch->beyond_final;
        f->last_above = batch->above.v;
        return CW_OK;
    }
    assert_true(batch->from.v <= batch->to.v);
    if (f->has_cursor)
        assert_int_equal(batch->from.v, f->cursor.v + 1);
    assert_true(batch->headers_n > 0 && batch->headers_n <= 64);
    assert_int_equal(batch->headers[batch->headers_n - 1].ref.number.v, batch->to.v);
    if (batch->headers_n > f->largest)
        f->largest = (unsigned)batch->headers_n;
    for (size_t i = 0; i < batch->headers_n; i++) {
        const struct cw_store_header *h = &batch->headers[i];
        const struct cw_store_header *top = f->headers_n ? &f->headers[f->headers_n - 1] : NULL;
        if (top && top->ref.number.v + 1 == h->ref.number.v)
            assert_memory_equal(top->ref.hash.b, h->parent.b, 32);
        assert_true(f->headers_n < STORED);
        f->headers[f->headers_n++] = *h;
    }
    for (size_t i = 0; i < batch->logs_n; i++) {
        const struct cw_log *log = &batch->logs[i];
        assert_true(log->block.number.v >= batch->from.v && log->block.number.v <= batch->to.v);
        assert_int_equal(log->block.timestamp_s, 1700000000 + 2 * log->block.number.v);
        assert_int_equal(log->tx_hash.b[0], 0xaa);
        struct stored_log *out = &f->logs[f->logs_n++];
        assert_true(f->logs_n <= STORED_LOGS);
        *out = (struct stored_log){log->block, log->log_index, log->address, {0}};
        assert_int_equal(log->data.n, sizeof out->data);
        memcpy(out->data, log->data.p, sizeof out->data);
    }
    f->has_cursor = true;
    f->cursor = batch->to;
    return CW_OK;
}

static void on_heads(void *ctx, const struct cw_heads *heads) {
    struct fixture *f = ctx;
    f->heads_told++;
    f->heads = *heads;
    assert_int_equal(heads->latest.number.v, f->cursor.v);
    assert_true(heads->safe.number.v <= heads->latest.number.v);
    assert_true(heads->final.number.v <= heads->safe.number.v);
}

static void on_finding(void *ctx, const char *endpoint, const char *method, const char *text) {
    struct fixture *f = ctx;
    f->findings++;
    snprintf(f->finding, sizeof f->finding, "%s %s %s", endpoint, method, text);
}

static void start_with(struct fixture *f, const struct cw_filter *filters, size_t n) {
    struct cw_error error;
    size_t skip = f->headers_n > 8192 ? f->headers_n - 8192 : 0;
    if (cw_watch_new(&f->watch, &f->config, f->has_cursor, f->cursor, f->headers + skip,
                     f->headers_n - skip, &error) != CW_OK)
        fail_msg("%s", error.text);
    if (filters)
        assert_int_equal(cw_watch_filters(f->watch, filters, n), CW_OK);
    cw_watch_start(f->watch);
}

static void start(struct fixture *f) {
    struct cw_filter filter = filter_of(&ours, &sent);
    start_with(f, &filter, 1);
}

static void stop(struct fixture *f) {
    cw_watch_free(f->watch);
    f->watch = NULL;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fake_init(&f->fake);
    f->config = (struct cw_watch_config){
        .chain = "test",
        .rpc = fake_rpc(&f->fake),
        .loop = f->fake.loop,
        .poll_ms = POLL_MS,
        .log_range_max = 1000,
        .live_blocks = 64,
        .batch = on_batch,
        .heads = on_heads,
        .finding = on_finding,
        .ctx = f,
    };
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_watch_free(f->watch);
    fake_done(&f->fake);
    free(f);
    return 0;
}

static void grow(struct fixture *f, size_t n, size_t every) {
    fake_grow(&f->fake, n, every, &ours, &sent);
}

static const char *trouble(const struct fixture *f) {
    struct cw_watch_progress progress;
    cw_watch_progress(f->watch, &progress);
    return progress.trouble;
}

static uint64_t log_range(const struct fixture *f) {
    struct cw_watch_progress progress;
    cw_watch_progress(f->watch, &progress);
    return progress.log_range;
}

/* Everything from block first up to the chain's head was handed over, and nothing else. */
static void assert_same(const struct fixture *f, uint64_t first) {
    const struct fake *fake = &f->fake;
    assert_true(f->has_cursor);
    assert_int_equal(f->cursor.v, fake->n - 1);
    size_t at = 0;
    for (uint64_t number = first; number < fake->n; number++) {
        const struct fake_block *block = &fake->blocks[number];
        for (size_t i = 0; i < block->logs_n; i++) {
            if (!cw_addr20_equal(&block->logs[i].address, &ours))
                continue;
            assert_true(at < f->logs_n);
            const struct stored_log *log = &f->logs[at++];
            assert_int_equal(log->block.number.v, number);
            assert_memory_equal(log->block.hash.b, block->hash.b, 32);
            assert_int_equal(log->index, i);
            assert_memory_equal(log->data, block->logs[i].data, sizeof log->data);
        }
    }
    assert_int_equal(at, f->logs_n);
    for (size_t i = 0; i < f->headers_n; i++)
        assert_memory_equal(f->headers[i].ref.hash.b,
                            fake->blocks[f->headers[i].ref.number.v].hash.b, 32);
    const struct cw_heads *heads = cw_watch_heads(f->watch);
    assert_non_null(heads);
    assert_int_equal(heads->latest.number.v, fake->n - 1);
    assert_memory_equal(heads->latest.hash.b, fake->blocks[fake->n - 1].hash.b, 32);
}

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

static void follow__a_block_a_poll__one_and_a_half_calls_a_block(void **state) {
    struct fixture *f = *state;
    grow(f, 100, 0);
    start(f);
    fake_run(&f->fake, 1000);
    uint64_t before = fake_asked(&f->fake);
    for (int i = 0; i < 100; i++) {
        grow(f, 1, 0);
        fake_run(&f->fake, POLL_MS);
    }
    uint64_t asked = fake_asked(&f->fake) - before;
    fake_run(&f->fake, 4 * POLL_MS);
    assert_same(f, 91);
    if (asked > 155)
        fail_msg("%d calls for 100 blocks", (int)asked);
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], 0);
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
    grow(f, 6000, 50);
    f->config.start_block = 1;
    f->fake.faults.range_limit = 130;
    start(f);
    fake_run(&f->fake, 2500);
    assert_false(cw_watch_heads(f->watch) && f->heads_told > 0);
    assert_true(f->cursor.v > 125 && f->cursor.v < 5900);
    assert_true(log_range(f) <= 130);
    struct cw_watch_progress progress;
    cw_watch_progress(f->watch, &progress);
    assert_true(progress.catching_up && progress.known);
    assert_true(progress.blocks_per_s > 0 && progress.eta_s > 0);
    assert_int_equal(progress.cursor, f->cursor.v);
    assert_int_equal(cw_watch_heads(f->watch)->latest.number.v, f->cursor.v);
    f->fake.faults.range_limit = 0;
    fake_run(&f->fake, 20000);
    assert_same(f, 1);
    assert_true(log_range(f) > 130);
    assert_true(f->fake.largest_range > 130);
    assert_true(f->heads_told > 0);
    cw_watch_progress(f->watch, &progress);
    assert_false(progress.catching_up);
    assert_string_equal(progress.trouble, "");
    /* headers of blocks with logs and of the ends of ranges only */
    assert_true(f->fake.asked[FAKE_HEADER] < 600);
}

static void catch_up__no_range_is_taken__headers_instead(void **state) {
    struct fixture *f = *state;
    grow(f, 500, 9);
    f->config.start_block = 1;
    f->fake.faults.logs_dead = true;
    start(f);
    fake_run(&f->fake, 60000);
    assert_same(f, 1);
}

static void catch_up__many_blocks_with_logs__handed_over_in_parts(void **state) {
    struct fixture *f = *state;
    grow(f, 900, 2);
    f->config.start_block = 1;
    start(f);
    fake_run(&f->fake, 20000);
    assert_same(f, 1);
    assert_true(f->largest <= 64);
    assert_int_equal(f->fake.asked[FAKE_LOGS_RANGE], 1);
}

static void catch_up__block_without_one_of_its_logs__found_out(void **state) {
    struct fixture *f = *state;
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
}

static void catch_up__log_made_up__refused_and_told(void **state) {
    struct fixture *f = *state;
    grow(f, 300, 50);
    f->config.start_block = 1;
    f->fake.faults.logs_forge_at = 100;
    f->fake.faults.forged = (struct fake_log){.address = ours, .topic = sent, .data = {7}};
    start(f);
    fake_run(&f->fake, 2000);
    assert_same(f, 1);
    assert_int_equal(f->findings, 1);
    assert_non_null(strstr(f->finding, "liar eth_getLogs logs_forged: block 100"));
}

/* In a block where the bloom already says that there is none. */
static void catch_up__log_made_up_against_the_bloom__refused_and_told(void **state) {
    struct fixture *f = *state;
    grow(f, 300, 50);
    f->config.start_block = 1;
    f->fake.faults.logs_forge_at = 77;
    f->fake.faults.forged = (struct fake_log){.address = ours, .topic = sent, .data = {7}};
    start(f);
    fake_run(&f->fake, 2000);
    assert_same(f, 1);
    assert_int_equal(f->findings, 1);
    assert_non_null(strstr(f->finding, "logs_forged: block 77"));
}

static void catch_up__log_that_no_filter_asked_for__next_endpoint(void **state) {
    struct fixture *f = *state;
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

/* --- reorgs --- */

static void reorg__depth_1_to_7__rolled_back_and_followed(void **state) {
    struct fixture *f = *state;
    grow(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    for (size_t depth = 1; depth <= 7; depth++) {
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
    assert_int_equal(progress.reorgs, 21);
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
    f->fake.faults.receipts_dead = true;
    grow(f, 2, 1);
    fake_run(&f->fake, 120);
    fake_drop(&f->fake, 2);
    grow(f, 3, 1);
    f->fake.faults.receipts_dead = false;
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
    fake_run(&f->fake, 200);
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
    f->fake.faults.wrong_final = false;
    fake_run(&f->fake, 12000);
    assert_same(f, 1);
    assert_string_equal(trouble(f), "");
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

static void filters__changed_while_a_range_is_under_way__asked_again(void **state) {
    struct fixture *f = *state;
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
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(start__no_cursor__begins_at_the_final_head),
        CASE(start__cursor_without_headers__fetches_the_one_it_needs),
        CASE(start__start_block__everything_from_there),
        CASE(follow__a_block_a_poll__one_and_a_half_calls_a_block),
        CASE(follow__blocks_with_logs__only_they_cost_receipts),
        CASE(follow__many_blocks_in_one_poll__taken_in_bounded_batches),
        CASE(follow__bloom_matches_by_chance__nothing_handed_over_nothing_said),
        CASE(catch_up__ranges_refused__shrink_and_grow_again),
        CASE(catch_up__no_range_is_taken__headers_instead),
        CASE(catch_up__many_blocks_with_logs__handed_over_in_parts),
        CASE(catch_up__block_without_one_of_its_logs__found_out),
        CASE(catch_up__log_made_up__refused_and_told),
        CASE(catch_up__log_made_up_against_the_bloom__refused_and_told),
        CASE(catch_up__log_that_no_filter_asked_for__next_endpoint),
        CASE(catch_up__nothing_to_look_for__goes_straight_to_the_end),
        CASE(reorg__depth_1_to_7__rolled_back_and_followed),
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
        CASE(heads__final_not_on_the_chain__not_taken_and_told),
        CASE(catch_up__final_not_on_the_chain__not_taken_and_told),
        CASE(batch__not_taken__offered_again_the_same),
        CASE(batch__rollback_not_taken__offered_again),
        CASE(batch__filters_changed_while_a_rollback_waits__both_happen),
        CASE(filters__not_set_yet__heads_but_no_batches),
        CASE(filters__changed_in_a_batch__from_the_next_block),
        CASE(filters__changed_while_a_range_is_under_way__asked_again),
        CASE(free__calls_under_way__none_is_left),
        CASE(follow__random_reorgs_and_faults__the_store_holds_the_chain),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
