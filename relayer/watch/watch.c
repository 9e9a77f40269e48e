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

/* Everything that is under way but what the store is to take first, and what it has just taken. */
void watch_start_over(struct cw_watch *watch, struct watch_job *taken) {
    struct watch_job *live = &watch->live;
    watch->restart = false;
    watch_past_drop(watch, taken);
    if (taken && taken->past)
        watch_range_drop(taken);
    if (live == taken || (live->state == WATCH_JOB_OFFER && live->batch.rollback))
        return;
    watch_job_drop(live);
    watch_go_on_after(live, 0);
}

/* --- public --- */

enum cw_err cw_watch_new(struct cw_watch **ret, const struct cw_watch_config *config,
                         bool cursor_found, struct cw_block_number cursor,
                         const struct cw_store_header *headers, size_t headers_n,
                         struct cw_error *error) {
    assert(config->batch && config->poll_ms > 0);
    assert(config->mode != CW_MODE_QUORUM || config->quorum > 1);
    struct cw_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    watch->config = *config;
    if (watch->config.mode == 0)
        watch->config.mode = CW_MODE_FULL;
    if (watch->config.log_range_max == 0)
        watch->config.log_range_max = 1;
    watch->window.ring = calloc(WATCH_KEPT, sizeof *watch->window.ring);
    watch_job_init(&watch->live, watch, false);
    watch->window.unsettled = calloc(WATCH_KEPT, sizeof *watch->window.unsettled);
    if (!watch->window.ring || !watch->window.unsettled || watch_past_init(watch) != CW_OK) {
        cw_watch_free(watch);
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    if (watch->config.quorum == 0)
        watch->config.quorum = 1;
    watch->config.chain = NULL; /* borrowed for this call only */
    watch->config.unread = NULL;
    watch->has_cursor = cursor_found;
    watch->cursor = cursor_found ? cursor.v : 0;
    for (size_t i = 0; cursor_found && i < headers_n; i++) {
        const struct cw_store_header *top = watch_window_top(&watch->window);
        if (headers[i].ref.number.v <= cursor.v &&
            (!top || headers[i].ref.number.v > top->ref.number.v))
            watch_window_put(&watch->window, &headers[i], true);
    }
    watch->final_max = config->final_before.v;
    watch->settled = config->final_before.v;
    watch->pace.longest_ms = config->poll_ms;
    watch->pause_ms = config->poll_ms;
    watch->attended = true;
    for (unsigned i = 0; i < WATCH_TAGS; i++)
        watch->polls[i] = (struct watch_poll){.watch = watch, .tag = (enum watch_tag)i};
    *ret = watch;
    return CW_OK;
}

void cw_watch_free(struct cw_watch *watch) {
    if (!watch)
        return;
    watch_job_done(&watch->live);
    watch_past_free(watch);
    for (size_t i = 0; i < WATCH_TAGS; i++) {
        if (watch->polls[i].call)
            cw_rpc_cancel(watch->config.rpc, watch->polls[i].call);
        watch_anchor_free(&watch->polls[i]);
    }
    if (watch->config.loop)
        cw_loop_cancel(watch->config.loop, watch->poll_timer);
    watch_heard_free(watch);
    free(watch->window.ring);
    free(watch->window.unsettled);
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
        watch_start_over(watch, NULL);
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

enum cw_mode cw_watch_mode(const struct cw_watch *watch) {
    return watch->config.mode;
}

uint64_t cw_watch_pause_ms(const struct cw_watch *watch) {
    return watch->pause_ms;
}

enum cw_assurance cw_watch_assurance(const struct cw_watch *watch) {
    if (watch->config.mode == CW_MODE_QUORUM)
        return CW_ASSURANCE_QUORUM;
    return watch_quorate(watch) ? CW_ASSURANCE_PROVED : CW_ASSURANCE_SINGLE;
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
        .cursor = watch->cursor,
        .target = latest->have ? latest->claim.h.ref.number.v : 0,
        .reorgs = watch->reorgs,
        .false_blooms = watch->false_blooms,
        .last_head_ms = watch->last_head_ms,
        .trouble = "",
    };
    watch_past_progress(watch, ret);
    for (size_t i = WATCH_TROUBLES; i-- > 0;)
        if (watch->troubles[i][0])
            ret->trouble = watch->troubles[i];
}
