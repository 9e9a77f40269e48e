#include "watch_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct cw_addr20 ours = {{0x11, 0x22}};
const struct cw_addr20 others = {{0x99}};
const struct cw_hash32 sent = {{0x51}};
const struct cw_hash32 other_topic = {{0x52}};

struct cw_filter filter_of(const struct cw_addr20 *address, const struct cw_hash32 *topic) {
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

/* Each log knows those of its block, all of them and no other. */
static void check_beside(const struct cw_watch_batch *batch, const struct cw_log *log) {
    size_t of_block = 0;
    for (size_t i = 0; i < batch->logs_n; i++)
        of_block += batch->logs[i].block.number.v == log->block.number.v;
    assert_int_equal(log->beside_n, of_block);
    assert_true(log >= log->beside && log < log->beside + log->beside_n);
    for (size_t i = 0; i < log->beside_n; i++) {
        assert_memory_equal(log->beside[i].block.hash.b, log->block.hash.b, 32);
        assert_true(i == 0 || log->beside[i - 1].log_index < log->beside[i].log_index);
    }
}

static void keep_logs(struct fixture *f, const struct cw_watch_batch *batch) {
    size_t at = f->logs_n;
    while (at > 0 && f->logs[at - 1].block.number.v > batch->to.v)
        at--;
    assert_true(f->logs_n + batch->logs_n <= STORED_LOGS);
    memmove(&f->logs[at + batch->logs_n], &f->logs[at], (f->logs_n - at) * sizeof f->logs[0]);
    f->logs_n += batch->logs_n;
    for (size_t i = 0; i < batch->logs_n; i++) {
        const struct cw_log *log = &batch->logs[i];
        assert_true(log->block.number.v >= batch->from.v && log->block.number.v <= batch->to.v);
        assert_int_equal(log->block.timestamp_s, 1700000000 + 2 * log->block.number.v);
        assert_int_equal(log->tx_hash.b[0], 0xaa);
        check_beside(batch, log);
        if (batch->final)
            assert_int_equal(log->assurance, cw_watch_assurance(f->watch));
        else if (log->block.number.v + f->fake.final_lag >= f->fake.n)
            assert_int_equal(log->assurance, CW_ASSURANCE_PROVISIONAL);
        struct stored_log *out = &f->logs[at + i];
        *out = (struct stored_log){log->block, log->log_index, log->address, {0}};
        assert_int_equal(log->data.n, sizeof out->data);
        memcpy(out->data, log->data.p, sizeof out->data);
    }
}

/* Blocks that were unread, and final; read again, they take the place of what was there. */
static void keep_past(struct fixture *f, const struct cw_watch_batch *batch) {
    const struct cw_interval *in = cw_intervals_upto(&f->unread, batch->to.v);
    assert_true(in && in->from <= batch->from.v && in->to >= batch->to.v);
    assert_true(batch->final && batch->to.v + f->fake.final_lag < f->fake.n);
    assert_true(!batch->rollback && batch->headers_n == 0 && !batch->skipped);
    if (batch->below && batch->from.v > 0)
        assert_memory_equal(batch->below->b, f->fake.blocks[batch->from.v - 1].hash.b, 32);
    assert_true(!batch->logs_by || f->config.mode == CW_MODE_EVENTS);
    snprintf(f->logs_by, sizeof f->logs_by, "%s", batch->logs_by ? batch->logs_by : "");
    f->pasts++;
    f->splits += in->to > batch->to.v;
    assert_int_equal(cw_intervals_remove(&f->unread, batch->from.v, batch->to.v, batch->below),
                     CW_OK);
    size_t kept = 0;
    for (size_t i = 0; i < f->logs_n; i++)
        if (f->logs[i].block.number.v < batch->from.v || f->logs[i].block.number.v > batch->to.v)
            f->logs[kept++] = f->logs[i];
    f->logs_n = kept;
    keep_logs(f, batch);
}

static enum cw_err take(struct fixture *f, const struct cw_watch_batch *batch) {
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
        cw_intervals_cut(&f->unread, batch->above.v, batch->beyond_final);
        f->cursor = batch->above;
        f->rollbacks++;
        f->beyond_final += batch->beyond_final;
        f->last_above = batch->above.v;
        return CW_OK;
    }
    assert_true(batch->from.v <= batch->to.v);
    if (batch->past) {
        keep_past(f, batch);
        return CW_OK;
    }
    if (batch->skipped) {
        if (f->has_cursor)
            assert_int_equal(batch->skipped->from, f->cursor.v + 1);
        assert_int_equal(batch->from.v, batch->skipped->to + 1);
        assert_int_equal(cw_intervals_add(&f->unread, batch->skipped), CW_OK);
    } else if (f->has_cursor && f->filters_n > 0) {
        assert_int_equal(batch->from.v, f->cursor.v + 1);
    }
    if (batch->final)
        assert_true(batch->to.v + f->fake.final_lag < f->fake.n);
    for (size_t i = 0; batch->final && i < batch->headers_n; i++) {
        const struct cw_block_ref *ref = &batch->headers[i].ref;
        assert_memory_equal(ref->hash.b, f->fake.blocks[ref->number.v].hash.b, 32);
    }
    f->finals += batch->final;
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
    keep_logs(f, batch);
    f->has_cursor = true;
    f->cursor = batch->to;
    return CW_OK;
}

static enum cw_err on_batch(void *ctx, const struct cw_watch_batch *batch) {
    struct fixture *f = ctx;
    if (f->fake.pause_faults)
        f->fake.pause_faults(true);
    enum cw_err err = take(f, batch);
    if (f->fake.pause_faults)
        f->fake.pause_faults(false);
    return err;
}

static void on_heads(void *ctx, const struct cw_heads *heads) {
    struct fixture *f = ctx;
    f->heads_told++;
    f->heads = *heads;
    assert_int_equal(heads->latest.number.v, f->cursor.v);
    assert_true(heads->safe.number.v <= heads->latest.number.v);
    assert_true(heads->final.number.v <= heads->safe.number.v);
    if (f->strict)
        assert_memory_equal(heads->final.hash.b, f->fake.blocks[heads->final.number.v].hash.b, 32);
}

static void on_finding(void *ctx, const struct cw_rpc_finding *finding) {
    struct fixture *f = ctx;
    f->findings++;
    snprintf(f->finding, sizeof f->finding, "%s %s %s", finding->endpoint, finding->method,
             finding->text);
    fake_take_sides(&f->fake, finding);
}

void start_with(struct fixture *f, const struct cw_filter *filters, size_t n) {
    struct cw_error error;
    size_t skip = f->headers_n > 8192 ? f->headers_n - 8192 : 0;
    f->config.unread = &f->unread;
    f->filters_n = n;
    if (cw_watch_new(&f->watch, &f->config, f->has_cursor, f->cursor, f->headers + skip,
                     f->headers_n - skip, &error) != CW_OK)
        fail_msg("%s", error.text);
    if (filters)
        assert_int_equal(cw_watch_filters(f->watch, filters, n), CW_OK);
    cw_watch_start(f->watch);
}

void start(struct fixture *f) {
    struct cw_filter filter = filter_of(&ours, &sent);
    start_with(f, &filter, 1);
}

static void on_receipts(void *ctx, const struct cw_block_ref *block,
                        const struct cw_json *receipts) {
    struct fixture *f = ctx;
    assert_true(cw_json_size(receipts) > 0);
    f->receipts_told++;
    f->receipts_of = *block;
}

void stop(struct fixture *f) {
    cw_watch_free(f->watch);
    f->watch = NULL;
}

int set_up(void **state) {
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
        .backfill_ranges = 4,
        .batch = on_batch,
        .heads = on_heads,
        .receipts = on_receipts,
        .finding = on_finding,
        .ctx = f,
    };
    *state = f;
    return 0;
}

int tear_down(void **state) {
    struct fixture *f = *state;
    cw_watch_free(f->watch);
    cw_intervals_done(&f->unread);
    fake_done(&f->fake);
    free(f);
    return 0;
}

void grow(struct fixture *f, size_t n, size_t every) {
    fake_grow(&f->fake, n, every, &ours, &sent);
}

void assert_sides(const struct fixture *f, const char *said, const char *other, const char *third) {
    const char *const wanted[] = {said, other, third};
    for (size_t i = 0; i < CW_COUNT(wanted); i++) {
        if (!wanted[i])
            assert_string_equal(f->fake.sides[i], "");
        else if (!strstr(f->fake.sides[i], wanted[i]))
            fail_msg("side %zu has no %s: %.300s", i, wanted[i], f->fake.sides[i]);
    }
    if (other)
        assert_string_not_equal(f->fake.sides[0], f->fake.sides[1]);
}

const char *trouble(const struct fixture *f) {
    struct cw_watch_progress progress;
    cw_watch_progress(f->watch, &progress);
    return progress.trouble;
}

uint64_t log_range(const struct fixture *f) {
    struct cw_watch_progress progress;
    cw_watch_progress(f->watch, &progress);
    return progress.log_range;
}

void assert_same(const struct fixture *f, uint64_t first) {
    const struct fake *fake = &f->fake;
    assert_true(f->has_cursor);
    assert_int_equal(f->cursor.v, fake->n - 1);
    assert_int_equal(f->unread.n, 0);
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
