#include "watch/watch.h"

#include "watch/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- small things --- */

uint64_t watch_now(const struct cw_watch *watch) {
    const struct cw_clock *clock = cw_loop_clock(watch->config.loop);
    return clock->monotonic_ms(clock->ctx);
}

void watch_trouble(struct cw_watch *watch, enum watch_trouble which, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(watch->troubles[which], sizeof watch->troubles[which], format, args);
    va_end(args);
}

void watch_finding(struct cw_watch *watch, enum cw_finding_kind kind, const char *endpoint,
                   const char *method, const char *format, ...) {
    if (!watch->config.finding)
        return;
    char detail[CW_FINDING_NOTE_SIZE], note[CW_FINDING_NOTE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    watch->config.finding(watch->config.ctx, endpoint, method, cw_finding_note(note, kind, detail));
}

static void retry_due(void *ctx) {
    struct cw_watch *watch = ctx;
    watch->retry = NULL;
    if (watch->job.state == WATCH_JOB_OFFER)
        watch_offer(watch);
    else
        watch_sync(watch);
}

void watch_sync_after(struct cw_watch *watch, uint64_t ms) {
    cw_loop_cancel(watch->config.loop, watch->retry);
    /* Without memory for a timer the next poll goes on. */
    watch->retry = cw_loop_after(watch->config.loop, ms, retry_due, watch);
}

void watch_retry(struct cw_watch *watch) {
    unsigned shift = watch->failures < 6 ? watch->failures : 6;
    uint64_t ms = (uint64_t)WATCH_RETRY_MS << shift;
    watch->failures++;
    watch_sync_after(watch, ms < WATCH_RETRY_MAX_MS ? ms : WATCH_RETRY_MAX_MS);
}

/* Everything that is under way but what the store is to take first. */
void watch_start_over(struct cw_watch *watch) {
    watch->restart = false;
    watch_ranges_drop(watch);
    watch->live_until = 0;
    if (watch->job.state == WATCH_JOB_OFFER && watch->job.batch.rollback)
        return;
    watch_job_drop(watch);
    watch_sync_after(watch, 0);
}

/* --- handing over --- */

static void measure(struct cw_watch *watch) {
    if (!watch->catching_up)
        return;
    uint64_t now = watch_now(watch);
    if (watch->rate_at_ms == 0 || watch->cursor < watch->rate_cursor) {
        watch->rate_at_ms = now;
        watch->rate_cursor = watch->cursor;
        return;
    }
    uint64_t ms = now - watch->rate_at_ms;
    if (ms < 500)
        return;
    uint64_t rate = (watch->cursor - watch->rate_cursor) * 1000 / ms;
    watch->rate = watch->rate == 0 ? rate : (3 * watch->rate + rate) / 4;
    watch->rate_at_ms = now;
    watch->rate_cursor = watch->cursor;
}

static void rolled_back(struct cw_watch *watch, const struct cw_watch_batch *batch) {
    watch_window_cut(&watch->window, batch->above.v);
    watch->cursor = batch->above.v;
    watch->has_cursor = true;
    watch->reorgs++;
    watch->live_until = 0;
    watch->checked = true;
    watch->short_forks = 0;
    watch_ranges_drop(watch);
    watch->tags_due = true;
    for (size_t tag = WATCH_SAFE; tag < WATCH_TAGS; tag++) {
        struct watch_poll *poll = &watch->polls[tag];
        if (poll->good.h.ref.number.v > batch->above.v)
            poll->have_good = false;
        if (poll->claim.h.ref.number.v > batch->above.v &&
            (!watch_quorate(watch) || batch->beyond_final)) {
            poll->have = poll->have_good;
            poll->claim = poll->good;
        }
        poll->mismatches = 0;
    }
    if (watch->agreed.number.v > batch->above.v)
        watch->have_agreed = false;
    if (batch->beyond_final) {
        if (watch->final_max > watch->final_lost)
            watch->final_lost = watch->final_max;
        watch->final_max = batch->above.v;
    }
    const struct cw_store_header *top = watch_window_top(&watch->window);
    if (!top || top->ref.number.v != watch->cursor) {
        watch->have_heads = false;
        return;
    }
    struct cw_block_ref *heads[] = {&watch->heads.latest, &watch->heads.safe, &watch->heads.final};
    for (size_t i = 0; i < CW_COUNT(heads); i++)
        if (heads[i]->number.v > top->ref.number.v)
            *heads[i] = top->ref;
}

static void taken(struct cw_watch *watch) {
    struct watch_job *job = &watch->job;
    const struct cw_watch_batch *batch = &job->batch;
    watch_trouble(watch, WATCH_TROUBLE_OFFER, "%s", "");
    bool told = batch->rollback && watch->have_heads;
    if (batch->rollback) {
        rolled_back(watch, batch);
    } else {
        for (size_t i = 0; i < batch->headers_n; i++)
            watch_window_push(&watch->window, &batch->headers[i]);
        watch->cursor = batch->to.v;
        watch->has_cursor = true;
        watch->checked = true;
        if (watch_quorate(watch) && batch->final) {
            watch->agreed = watch_window_top(&watch->window)->ref;
            watch->have_agreed = true;
        }
        watch_range_taken(watch);
        measure(watch);
    }
    watch_job_drop(watch);
    if (told)
        watch_heads_tell(watch);
    watch_heads_update(watch);
    watch_sync(watch);
}

void watch_offer(struct cw_watch *watch) {
    assert(watch->job.state == WATCH_JOB_OFFER);
    cw_loop_cancel(watch->config.loop, watch->retry);
    watch->retry = NULL;
    watch->in_callback = true;
    enum cw_err err = watch->config.batch(watch->config.ctx, &watch->job.batch);
    watch->in_callback = false;
    if (err == CW_OK) {
        bool restart = watch->restart;
        watch->restart = false;
        watch->failures = 0;
        if (restart)
            watch_ranges_drop(watch);
        taken(watch);
        return;
    }
    watch_trouble(watch, WATCH_TROUBLE_OFFER, "blocks %" PRIu64 " to %" PRIu64 " not stored: %s",
                  watch->job.batch.from.v, watch->job.batch.to.v, cw_err_name(err));
    if (watch->restart)
        watch_start_over(watch);
    if (watch->job.state == WATCH_JOB_OFFER)
        watch_retry(watch);
}

/* --- what is next --- */

static void all_seen(struct cw_watch *watch) {
    watch->catching_up = false;
    watch->rate = 0;
    watch->rate_at_ms = 0;
    if (watch->caught_up)
        return;
    watch->caught_up = true;
    watch_heads_tell(watch);
}

static void next_blocks(struct cw_watch *watch, uint64_t next, uint64_t latest, uint64_t final) {
    bool far = final >= next && final - next >= watch->config.live_blocks;
    watch->catching_up = !watch->caught_up || far;
    if (far && next > watch->live_until) {
        if (watch->filters_n > 0) {
            watch_range_step(watch, next, final);
            return;
        }
        /* Nothing is looked for. */
        watch_job_begin(watch, false, next, final);
        watch_job_slot(watch, final);
        watch_job_run(watch);
        return;
    }
    watch_ranges_drop(watch);
    uint64_t left = latest - next;
    uint64_t to = left < WATCH_JOB_BLOCKS ? latest : next + WATCH_JOB_BLOCKS - 1;
    watch_job_begin(watch, true, next, to);
    for (uint64_t number = next; number <= to; number++)
        watch_job_slot(watch, number);
    watch_job_run(watch);
}

void watch_sync(struct cw_watch *watch) {
    const struct cw_block_ref *final = watch_final(watch);
    if (watch->job.state != WATCH_JOB_NONE || watch->retry || watch->in_callback ||
        !watch->started || !watch->filtered || !watch->polls[WATCH_LATEST].have || !final)
        return;
    uint64_t latest = watch->polls[WATCH_LATEST].claim.h.ref.number.v;
    const struct cw_store_header *top = watch_window_top(&watch->window);
    for (size_t tag = WATCH_SAFE; watch_quorate(watch) && tag < WATCH_TAGS; tag++)
        if (watch->polls[tag].doubtful) {
            watch_doubt(watch, (enum watch_tag)tag);
            return;
        }
    if (watch->has_cursor && watch->cursor > latest)
        return; /* poll_latest says so */
    if (top && !watch->checked) {
        watch_walk(watch, top->ref.number.v, NULL, "");
        return;
    }
    if (watch->has_cursor && (!top || top->ref.number.v != watch->cursor)) {
        watch_seed(watch);
        return;
    }
    if (!watch->has_cursor && !watch->has_start) {
        watch->start = watch->config.start_block ? watch->config.start_block : final->number.v;
        watch->has_start = true;
    }
    uint64_t next = watch->has_cursor ? watch->cursor + 1 : watch->start;
    if (next <= latest) {
        next_blocks(watch, next, latest, final->number.v);
    } else if (watch->has_cursor) {
        all_seen(watch);
    } else {
        watch_trouble(watch, WATCH_TROUBLE_JOB,
                      "start block %" PRIu64 " is not there yet, latest is %" PRIu64, next, latest);
    }
}

/* --- public --- */

enum cw_err cw_watch_new(struct cw_watch **ret, const struct cw_watch_config *config,
                         bool cursor_found, struct cw_block_number cursor,
                         const struct cw_store_header *headers, size_t headers_n,
                         struct cw_error *error) {
    assert(config->batch && config->poll_ms > 0);
    struct cw_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    watch->config = *config;
    if (watch->config.log_range_max == 0)
        watch->config.log_range_max = 1;
    watch->window.ring = calloc(WATCH_KEPT, sizeof *watch->window.ring);
    cw_arena_init(&watch->job.arena, WATCH_LOGS_BYTES);
    if (!watch->window.ring) {
        cw_watch_free(watch);
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    if (watch->config.quorum == 0)
        watch->config.quorum = 1;
    watch->config.chain = NULL; /* borrowed for this call only */
    watch->has_cursor = cursor_found;
    watch->cursor = cursor_found ? cursor.v : 0;
    for (size_t i = 0; cursor_found && i < headers_n; i++) {
        const struct cw_store_header *top = watch_window_top(&watch->window);
        if (headers[i].ref.number.v <= cursor.v &&
            (!top || headers[i].ref.number.v > top->ref.number.v))
            watch_window_push(&watch->window, &headers[i]);
    }
    watch->final_max = config->final_before.v;
    watch->pace.longest_ms = config->poll_ms;
    watch->pause_ms = config->poll_ms;
    watch->attended = true;
    watch->log_range = watch->config.log_range_max;
    watch->catching_up = true;
    for (unsigned i = 0; i < WATCH_TAGS; i++)
        watch->polls[i] = (struct watch_poll){.watch = watch, .tag = (enum watch_tag)i};
    watch->ranges[0].watch = watch;
    watch->ranges[1].watch = watch;
    *ret = watch;
    return CW_OK;
}

void cw_watch_free(struct cw_watch *watch) {
    if (!watch)
        return;
    watch_job_drop(watch);
    if (watch->ranges[0].watch)
        watch_ranges_drop(watch);
    for (size_t i = 0; i < WATCH_TAGS; i++) {
        if (watch->polls[i].call)
            cw_rpc_cancel(watch->config.rpc, watch->polls[i].call);
        watch_anchor_free(&watch->polls[i]);
    }
    if (watch->config.loop) {
        cw_loop_cancel(watch->config.loop, watch->poll_timer);
        cw_loop_cancel(watch->config.loop, watch->retry);
    }
    cw_arena_done(&watch->job.arena);
    free(watch->window.ring);
    free(watch->filters);
    free(watch);
}

static bool filters_equal(const struct cw_filter *a, size_t a_n, const struct cw_filter *b,
                          size_t b_n) {
    bool equal = a_n == b_n;
    for (size_t i = 0; equal && i < a_n; i++) {
        equal = cw_addr20_equal(&a[i].address, &b[i].address) && a[i].topics_n == b[i].topics_n;
        for (size_t k = 0; equal && k < a[i].topics_n; k++)
            equal = cw_hash32_equal(&a[i].topics[k], &b[i].topics[k]);
    }
    return equal;
}

enum cw_err cw_watch_filters(struct cw_watch *watch, const struct cw_filter *filters, size_t n) {
    if (watch->filtered && filters_equal(filters, n, watch->filters, watch->filters_n))
        return CW_OK;
    struct cw_filter *copy = calloc(n > 0 ? n : 1, sizeof *copy);
    if (!copy)
        return CW_ERR_MEMORY;
    if (n > 0)
        memcpy(copy, filters, n * sizeof *copy);
    free(watch->filters);
    watch->filters = copy;
    watch->filters_n = n;
    if (!watch->filtered) {
        watch->filtered = true;
        watch->have_heads = false; /* from here on: what was handed over */
    }
    if (watch->in_callback)
        watch->restart = true;
    else
        watch_start_over(watch);
    return CW_OK;
}

void cw_watch_start(struct cw_watch *watch) {
    if (watch->started)
        return;
    watch->started = true;
    watch_poll_due(watch);
}

void cw_watch_attend(struct cw_watch *watch, bool somebody_waits) {
    /* Who begins to wait is told at the next poll how things stand. */
    watch->tags_due = watch->tags_due || (somebody_waits && !watch->attended);
    watch->attended = somebody_waits;
}

uint64_t cw_watch_pause_ms(const struct cw_watch *watch) {
    return watch->pause_ms;
}

const struct cw_heads *cw_watch_heads(const struct cw_watch *watch) {
    return watch->have_heads ? &watch->heads : NULL;
}

bool cw_watch_header_at(const struct cw_watch *watch, struct cw_block_number number,
                        struct cw_store_header *ret) {
    const struct cw_store_header *header = watch_window_find(&watch->window, number.v);
    if (!header)
        return false;
    *ret = *header;
    return true;
}

void cw_watch_progress(const struct cw_watch *watch, struct cw_watch_progress *ret) {
    const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
    *ret = (struct cw_watch_progress){
        .known = latest->have && watch_final(watch),
        .catching_up = watch->catching_up,
        .cursor = watch->cursor,
        .target = latest->have ? latest->claim.h.ref.number.v : 0,
        .blocks_per_s = watch->rate,
        .log_range = watch->log_range,
        .reorgs = watch->reorgs,
        .false_blooms = watch->false_blooms,
        .last_head_ms = watch->last_head_ms,
        .trouble = "",
    };
    if (watch->catching_up && watch->rate > 0 && ret->target > ret->cursor)
        ret->eta_s = (ret->target - ret->cursor + watch->rate - 1) / watch->rate;
    for (size_t i = WATCH_TROUBLES; i-- > 0;)
        if (watch->troubles[i][0])
            ret->trouble = watch->troubles[i];
}
