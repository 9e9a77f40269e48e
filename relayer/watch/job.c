/* The life of a job, whichever side's it is. */
#include "watch/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void watch_job_init(struct watch_job *job, struct cw_watch *watch, bool past) {
    job->watch = watch;
    job->past = past;
    cw_arena_init(&job->arena, WATCH_LOGS_BYTES);
}

void watch_job_done(struct watch_job *job) {
    watch_retry_stop(job);
    watch_job_drop(job);
    watch_range_drop(job);
    cw_arena_done(&job->arena);
}

void watch_job_drop(struct watch_job *job) {
    struct cw_rpc *rpc = job->watch->config.rpc;
    for (size_t i = 0; i < job->n; i++) {
        if (job->slots[i].call)
            cw_rpc_cancel(rpc, job->slots[i].call);
        cw_quorum_cancel(job->slots[i].asked);
    }
    if (job->range.asked)
        watch_range_drop(job);
    job->n = 0;
    job->open = 0;
    job->next = 0;
    job->state = WATCH_JOB_NONE;
    job->linked = false;
    if (!job->past)
        job->watch->search.contradicted_by[0] = '\0';
    job->batch = (struct cw_watch_batch){0};
    cw_arena_done(&job->arena);
    cw_arena_init(&job->arena, WATCH_LOGS_BYTES);
}

enum watch_trouble watch_job_trouble(const struct watch_job *job) {
    return job->past ? WATCH_TROUBLE_PAST : WATCH_TROUBLE_JOB;
}

void watch_job_fail(struct watch_job *job, const char *why) {
    watch_trouble(job->watch, watch_job_trouble(job), "%s", why);
    watch_job_drop(job);
    watch_retry(job);
}

void watch_job_begin(struct watch_job *job, uint64_t from, uint64_t to) {
    watch_job_drop(job);
    job->from = from;
    job->to = to;
    job->skips = false;
    job->range_asked = false;
    job->anchor = (struct cw_block_ref){0};
    job->anchored = 0;
}

struct watch_slot *watch_job_slot(struct watch_job *job, uint64_t number) {
    assert(job->n < CW_COUNT(job->slots));
    struct watch_slot *slot = &job->slots[job->n++];
    *slot = (struct watch_slot){.job = job, .number = number};
    return slot;
}

struct watch_slot *watch_job_at(struct watch_job *job, size_t i) {
    assert(i < job->n);
    return &job->slots[job->past ? job->n - 1 - i : i];
}

/* --- headers --- */

static void headers_end(struct watch_job *job) {
    if (job->past)
        watch_past_headers(job);
    else
        watch_live_headers(job->watch);
}

static void header_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    if (watch_header_ended(slot, result))
        headers_end(slot->job);
}

void watch_job_ask(struct watch_slot *slot, unsigned k) {
    slot->agreed = k >= slot->job->watch->config.quorum;
    watch_header_ask(slot, k, false, header_done);
}

/* Operators that must agree on it: as many as the quorum has where neither links nor a hash tell.
 */
static unsigned operators_for(const struct watch_job *job, size_t i) {
    const struct watch_slot *slot = &job->slots[i];
    bool chained = job->past ? job->headers : job->watch->config.mode == CW_MODE_FULL;
    bool linked = chained && (i + 1 < job->n || job->pending);
    bool final = job->past || slot->number < job->anchor.number.v;
    return final && !linked && !slot->bound ? job->watch->config.quorum
                                            : watch_operators(job->watch);
}

void watch_job_run(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
    job->state = WATCH_JOB_HEADERS;
    if (watch_quorate(watch) && !job->past)
        job->anchor = *watch_final(watch);
    for (size_t i = 0; i < job->n; i++) {
        struct watch_slot *slot = &job->slots[i];
        if (slot->have)
            continue;
        if (!job->past && latest->have && latest->claim.h.ref.number.v == slot->number) {
            slot->block = latest->claim;
            slot->have = true;
            watch_copy_label(slot->endpoint, latest->endpoint);
        } else {
            watch_job_ask(slot, operators_for(job, i));
        }
    }
    if (job->open == 0)
        headers_end(job);
}

/* --- trying again --- */

static void go_on(void *ctx) {
    struct watch_job *job = ctx;
    job->retry = NULL;
    if (job->state == WATCH_JOB_OFFER)
        watch_offer(job);
    else if (job->past)
        watch_past_go_on(job);
    else
        watch_sync(job->watch);
}

void watch_retry_stop(struct watch_job *job) {
    if (job->watch->config.loop)
        cw_loop_cancel(job->watch->config.loop, job->retry);
    job->retry = NULL;
}

void watch_go_on_after(struct watch_job *job, uint64_t ms) {
    watch_retry_stop(job);
    /* Without memory for a timer the next poll goes on. */
    job->retry = cw_loop_after(job->watch->config.loop, ms, go_on, job);
}

void watch_retry(struct watch_job *job) {
    unsigned shift = job->failures < 6 ? job->failures : 6;
    uint64_t ms = (uint64_t)WATCH_RETRY_MS << shift;
    job->failures++;
    watch_go_on_after(job, ms < WATCH_RETRY_MAX_MS ? ms : WATCH_RETRY_MAX_MS);
}

/* --- handing over --- */

static enum cw_err offer(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    /* Once it is committed nothing may fail. */
    if (cw_intervals_reserve(&watch->past.unread) != CW_OK)
        return CW_ERR_MEMORY;
    watch->in_callback = true;
    enum cw_err err = watch->config.batch(watch->config.ctx, &job->batch);
    watch->in_callback = false;
    return err;
}

void watch_offer(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    assert(job->state == WATCH_JOB_OFFER);
    watch_retry_stop(job);
    enum cw_err err = offer(job);
    if (err == CW_OK) {
        watch_trouble(watch, WATCH_TROUBLE_OFFER, "%s", "");
        job->failures = 0;
        if (watch->restart)
            watch_start_over(watch, job);
        if (job->past)
            watch_past_taken(job);
        else
            watch_live_taken(watch);
        return;
    }
    watch_trouble(watch, WATCH_TROUBLE_OFFER, "blocks %" PRIu64 " to %" PRIu64 " not stored: %s",
                  job->batch.from.v, job->batch.to.v, cw_err_name(err));
    if (watch->restart)
        watch_start_over(watch, NULL);
    if (job->state == WATCH_JOB_OFFER)
        watch_retry(job);
}
