/* The past: intervals of blocks that are unread, read newest first, some pieces at a time. */
#include "watch/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_MS 500u /* the rate is measured over so long */

/* --- life --- */

enum cw_err watch_past_init(struct cw_watch *watch) {
    struct watch_past *past = &watch->past;
    struct cw_watch_config *config = &watch->config;
    cw_range_init(&past->range, config->log_range_max);
    if (config->backfill_ranges == 0)
        config->backfill_ranges = 1;
    if (config->backfill_ranges > WATCH_PIECES)
        config->backfill_ranges = WATCH_PIECES;
    for (size_t i = 0; config->unread && i < config->unread->n; i++)
        if (cw_intervals_add(&past->unread, &config->unread->list[i]) != CW_OK)
            return CW_ERR_MEMORY;
    return CW_OK;
}

static void release(struct watch_job *job) {
    watch_retry_stop(job);
    watch_job_drop(job);
    watch_range_drop(job);
    job->used = false;
    job->failures = 0;
    watch_trouble(job->watch, WATCH_TROUBLE_PAST, "%s", "");
}

void watch_past_drop(struct cw_watch *watch, const struct watch_job *but) {
    for (size_t i = 0; i < watch->past.pieces_n; i++)
        if (watch->past.pieces[i] != but)
            release(watch->past.pieces[i]);
}

void watch_past_free(struct cw_watch *watch) {
    struct watch_past *past = &watch->past;
    for (size_t i = 0; i < past->pieces_n; i++) {
        watch_job_done(past->pieces[i]);
        free(past->pieces[i]);
    }
    free(past->pieces);
    cw_intervals_done(&past->unread);
}

/* As many as are to be read at a time; fewer, or none, when memory runs out. */
static void make_pieces(struct cw_watch *watch) {
    struct watch_past *past = &watch->past;
    if (!past->pieces)
        past->pieces = calloc(watch->config.backfill_ranges, sizeof(struct watch_job *));
    while (past->pieces && past->pieces_n < watch->config.backfill_ranges) {
        struct watch_job *job = calloc(1, sizeof *job);
        if (!job)
            return;
        watch_job_init(job, watch, true);
        past->pieces[past->pieces_n++] = job;
    }
}

bool watch_live_busy(const struct cw_watch *watch) {
    return watch->live.state == WATCH_JOB_RECEIPTS && watch->live.open > 0;
}

/* --- what is read next --- */

/* The piece that holds that block. */
static struct watch_job *piece_at(const struct cw_watch *watch, uint64_t number) {
    for (size_t i = 0; i < watch->past.pieces_n; i++) {
        struct watch_job *job = watch->past.pieces[i];
        if (job->used && job->low <= number && number <= job->to)
            return job;
    }
    return NULL;
}

/* The newest unread block at or below top that no piece has; false: there is none. */
static bool newest(const struct cw_watch *watch, uint64_t top, const struct cw_interval **ret_in,
                   uint64_t *ret) {
    for (;;) {
        const struct cw_interval *in = cw_intervals_upto(&watch->past.unread, top);
        if (!in)
            return false;
        uint64_t number = top < in->to ? top : in->to;
        const struct watch_job *piece = piece_at(watch, number);
        if (!piece) {
            *ret_in = in;
            *ret = number;
            return true;
        }
        if (piece->low == 0)
            return false;
        top = piece->low - 1;
    }
}

bool watch_by_headers(const struct cw_watch *watch) {
    return watch->config.mode == CW_MODE_FULL ||
           (watch->config.mode == CW_MODE_EVENTS && watch->past.headers_pieces > 0);
}

static uint64_t size_of_piece(const struct cw_watch *watch) {
    if (watch->filters_n == 0)
        return UINT64_MAX; /* nobody looks for anything there */
    return watch_by_headers(watch) ? WATCH_JOB_BLOCKS : watch->past.range.size;
}

/* Gives job the newest blocks that no piece has; false: there are none. */
static bool assign(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    const struct cw_interval *in;
    uint64_t to, size = size_of_piece(watch);
    if (!watch->filtered || !watch->have_heads ||
        !newest(watch, watch->heads.final.number.v, &in, &to))
        return false;
    uint64_t low = to - in->from < size ? in->from : to - size + 1;
    for (size_t i = 0; i < watch->past.pieces_n; i++) {
        const struct watch_job *other = watch->past.pieces[i];
        if (other->used && other->to < to && other->to >= low)
            low = other->to + 1;
    }
    job->used = true;
    job->low = low;
    job->to = to;
    return true;
}

void watch_backfill(struct cw_watch *watch) {
    struct watch_past *past = &watch->past;
    if (!watch->started || watch->in_callback)
        return;
    if (past->unread.n > 0)
        make_pieces(watch);
    for (size_t i = 0; i < past->pieces_n; i++)
        if (!past->pieces[i]->retry && !watch_live_busy(watch))
            watch_past_go_on(past->pieces[i]);
}

/* --- a piece --- */

enum top { TOP_BOUND, TOP_PENDING, TOP_FREE };

/* What says which header the piece's newest one is: *ret where that is known already. */
static enum top top_of(const struct watch_job *job, struct cw_hash32 *ret) {
    const struct cw_watch *watch = job->watch;
    const struct cw_block_ref *final = &watch->heads.final;
    const struct cw_store_header *at = watch_window_find(&watch->window, job->to);
    const struct cw_store_header *above = watch_window_find(&watch->window, job->to + 1);
    const struct cw_interval *in = cw_intervals_upto(&watch->past.unread, job->to);
    const struct watch_job *upper = piece_at(watch, job->to + 1);
    if (final->number.v == job->to)
        *ret = final->hash;
    else if (at)
        *ret = at->ref.hash;
    else if (above)
        *ret = above->parent;
    else if (in && in->to == job->to && in->bound)
        *ret = in->hash;
    else if (upper && upper->linked && upper->from == job->to + 1)
        *ret = upper->slots[0].block.h.parent;
    else
        return upper && upper->headers ? TOP_PENDING : TOP_FREE;
    return TOP_BOUND;
}

/* The next part: header by header, or where eth_getLogs says. */
static void begin(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    uint64_t size = size_of_piece(watch);
    if (job->to - job->low >= size)
        job->low = job->to - size + 1; /* the rest is anybody's again */
    job->headers = watch->filters_n > 0 && watch_by_headers(watch);
    if (watch->filters_n == 0) {
        watch_job_begin(job, job->low, job->to);
        watch_receipts(job);
        return;
    }
    if (!job->headers) {
        watch_job_begin(job, job->low, job->to);
        watch_range_ask(job);
        if (job->open == 0)
            watch_job_fail(job, job->range.why);
        return;
    }
    if (watch->past.headers_pieces > 0)
        watch->past.headers_pieces--;
    watch_job_begin(job, job->low, job->to);
    for (uint64_t number = job->low; number <= job->to; number++)
        watch_job_slot(job, number);
    struct watch_slot *top = &job->slots[job->n - 1];
    enum top known = top_of(job, &top->is);
    top->bound = known == TOP_BOUND;
    job->pending = known == TOP_PENDING;
    watch_job_run(job);
}

void watch_past_go_on(struct watch_job *job) {
    switch (job->state) {
    case WATCH_JOB_NONE:
        if (job->used && job->range.ready)
            watch_past_logs(job);
        else if (job->used || assign(job))
            begin(job);
        return;
    case WATCH_JOB_LINK:
        watch_past_headers(job);
        return;
    case WATCH_JOB_RECEIPTS:
        if (job->open == 0) /* it gave way to the live side */
            watch_receipts(job);
        return;
    case WATCH_JOB_OFFER:
        watch_offer(job);
        return;
    case WATCH_JOB_LOGS:
    case WATCH_JOB_HEADERS:
    case WATCH_JOB_SEED:
    case WATCH_JOB_WALK:
    case WATCH_JOB_DOUBT:
    case WATCH_JOB_CONFIRM:
    case WATCH_JOB_SETTLE:
        return;
    }
}

/* --- where eth_getLogs says --- */

void watch_past_logs(struct watch_job *job) {
    const struct watch_range *range = &job->range;
    size_t n = range->claims_n;
    bool whole = n <= WATCH_JOB_BLOCKS;
    size_t take = whole ? n : WATCH_JOB_BLOCKS;
    const struct watch_claim *claims = &range->claims[n - take];
    watch_job_begin(job, whole ? job->low : claims[0].number, job->to);
    for (size_t i = 0; i < take; i++) {
        struct watch_slot *slot = watch_job_slot(job, claims[i].number);
        slot->claimed = true;
        slot->claim = claims[i];
    }
    watch_job_run(job);
}

/* Each of its blocks by itself: as many operators gave it as the quorum has. */
static void claimed_headers(struct watch_job *job) {
    for (size_t i = job->n; i-- > 0;) {
        const struct watch_slot *slot = &job->slots[i];
        if (!slot->have) {
            watch_job_fail(job, slot->why);
            return;
        }
    }
    if (job->watch->config.mode != CW_MODE_QUORUM || watch_logs_attach(job))
        watch_receipts(job);
}

/* --- header by header --- */

/* Those that wait for the block above theirs. */
static void wake(struct cw_watch *watch) {
    for (size_t i = 0; i < watch->past.pieces_n; i++)
        if (watch->past.pieces[i]->state == WATCH_JOB_LINK)
            watch_go_on_after(watch->past.pieces[i], 0);
}

/* Slot i can't be the block that hangs above it: who gave it is asked no further. */
static void refuse(struct watch_job *job, size_t i, const struct cw_hash32 *is) {
    struct watch_slot *slot = &job->slots[i];
    char endpoint[WATCH_LABEL];
    watch_copy_label(endpoint, slot->endpoint);
    const struct cw_hash32 *above = i + 1 < job->n ? &slot[1].block.h.ref.hash : NULL;
    const struct watch_case found = watch_case_of(job->watch, CW_FINDING_PARENT_LINK, endpoint,
                                                  &slot->block.h.ref.hash, above);
    watch_accuse(job->watch, &found, "block %" PRIu64 " is not the parent of the block above it",
                 slot->number);
    job->state = WATCH_JOB_HEADERS;
    slot->bound = true;
    slot->is = *is;
    for (size_t k = 0; k <= i; k++) {
        struct watch_slot *other = &job->slots[k];
        if (!other->have || strcmp(other->endpoint, endpoint) != 0)
            continue;
        other->have = false;
        watch_job_ask(other, 1);
    }
    if (job->open == 0)
        watch_past_headers(job);
}

/* Nobody knows which of both lies. */
static void mixed(struct watch_job *job, size_t i) {
    const struct watch_slot *below = &job->slots[i], *above = &job->slots[i + 1];
    char text[300];
    snprintf(text, sizeof text,
             "headers %" PRIu64 " (%s) and %" PRIu64 " (%s) do not hang together", below->number,
             below->endpoint, above->number, above->endpoint);
    const struct watch_case found = watch_case_of(job->watch, CW_FINDING_PARENT_LINK,
                                                  above->endpoint, &above->block.h.ref.hash,
                                                  &below->block.h.ref.hash);
    if (++job->watch->past.mixed == 3)
        watch_finding(job->watch, &found, "%s", text);
    watch_job_fail(job, text);
}

/* is: what the newest block's hash must be. sure: that does not rest on the word of who gave it. */
static void link_down(struct watch_job *job, struct cw_hash32 is, bool sure) {
    for (size_t i = job->n; i-- > 0;) {
        const struct watch_slot *slot = &job->slots[i];
        if (!slot->have) {
            watch_job_fail(job, slot->why);
            return;
        }
        if (!cw_hash32_equal(&slot->block.h.ref.hash, &is)) {
            if (sure)
                refuse(job, i, &is);
            else
                mixed(job, i);
            return;
        }
        is = slot->block.h.parent;
    }
    job->watch->past.mixed = 0;
    job->linked = true;
    wake(job->watch);
    watch_receipts(job);
}

void watch_past_headers(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    struct watch_slot *top = job->n > 0 ? &job->slots[job->n - 1] : NULL;
    struct cw_hash32 is;
    if (!job->headers || !top) {
        claimed_headers(job);
        return;
    }
    switch (top_of(job, &is)) {
    case TOP_BOUND:
        link_down(job, is, true);
        return;
    case TOP_PENDING:
        job->state = WATCH_JOB_LINK;
        return;
    case TOP_FREE:
        break;
    }
    if (top->agreed && top->have) {
        link_down(job, top->block.h.ref.hash, watch_quorate(watch));
        return;
    }
    if (top->agreed) {
        watch_job_fail(job, top->why);
        return;
    }
    job->state = WATCH_JOB_HEADERS;
    top->have = false;
    watch_job_ask(top, watch->config.quorum);
    if (job->open == 0)
        watch_job_fail(job, top->why);
}

/* --- taken --- */

static void measure(struct watch_past *past, uint64_t now, uint64_t blocks) {
    past->read += blocks;
    if (past->rate_at_ms == 0)
        past->rate_at_ms = now;
    uint64_t ms = now - past->rate_at_ms;
    if (ms >= RATE_MS) {
        uint64_t rate = past->read * 1000 / ms;
        past->rate = past->rate == 0 ? rate : (3 * past->rate + rate) / 4;
        past->rate_at_ms = now;
        past->read = 0;
    }
    if (past->unread.n == 0) {
        past->rate = 0;
        past->rate_at_ms = 0;
        past->read = 0;
    }
}

static bool any_unread(const struct watch_past *past, uint64_t from, uint64_t to) {
    const struct cw_interval *in = cw_intervals_upto(&past->unread, to);
    return in && in->to >= from;
}

void watch_past_taken(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    struct watch_past *past = &watch->past;
    struct watch_range *range = &job->range;
    const uint64_t from = job->batch.from.v, to = job->batch.to.v;
    /* Room for it was made before it was offered. */
    enum cw_err err = cw_intervals_remove(&past->unread, from, to, job->batch.below);
    (void)err;
    measure(past, watch_now(watch), to - from + 1);
    for (size_t i = 0; i < WATCH_AGAIN; i++)
        if (!any_unread(past, past->again[i].from, past->again[i].to))
            past->again[i].not_operator = 0;
    watch_job_drop(job);
    job->used = from > job->low;
    if (job->used)
        job->to = from - 1;
    else
        watch_range_drop(job);
    while (range->claims_n > 0 && range->claims[range->claims_n - 1].number >= from)
        range->claims_n--;
    wake(watch);
    watch_go_on_after(job, 0);
}

/* --- what changes it --- */

void watch_past_cut(struct cw_watch *watch, uint64_t above, bool beyond) {
    cw_intervals_cut(&watch->past.unread, above, beyond);
    for (size_t i = 0; i < watch->past.pieces_n; i++)
        if (watch->past.pieces[i]->to > above || beyond)
            release(watch->past.pieces[i]);
}

static unsigned operator_named(const struct cw_rpc *rpc, const char *name) {
    for (unsigned i = cw_rpc_operators(rpc); name && i > 0; i--)
        if (strcmp(cw_rpc_operator_name(rpc, i), name) == 0)
            return i;
    return 0;
}

enum cw_err cw_watch_read_again(struct cw_watch *watch, struct cw_block_number from,
                                struct cw_block_number to, const char *not_from) {
    struct watch_past *past = &watch->past;
    const struct cw_interval blocks = {.from = from.v, .to = to.v};
    enum cw_err err = cw_intervals_add(&past->unread, &blocks);
    if (err != CW_OK)
        return err;
    past->again[past->again_next++ % WATCH_AGAIN] = (struct watch_again){
        from.v, to.v, operator_named(watch->config.rpc, not_from)};
    make_pieces(watch);
    for (size_t i = 0; i < past->pieces_n; i++) {
        struct watch_job *job = past->pieces[i];
        assert(job);
        if (job->used && job->low <= to.v && from.v <= job->to)
            release(job);
        if (!job->used)
            watch_go_on_after(job, 0);
    }
    return CW_OK;
}

unsigned watch_past_not_operator(const struct cw_watch *watch, uint64_t from, uint64_t to) {
    for (size_t i = 0; i < WATCH_AGAIN; i++) {
        const struct watch_again *again = &watch->past.again[i];
        if (again->not_operator != 0 && again->from <= to && from <= again->to)
            return again->not_operator;
    }
    return 0;
}

void watch_past_progress(const struct cw_watch *watch, struct cw_watch_progress *ret) {
    const struct watch_past *past = &watch->past;
    ret->unread = cw_intervals_blocks(&past->unread);
    ret->blocks_per_s = past->rate;
    ret->log_range = past->range.size;
    if (past->rate > 0)
        ret->eta_s = (ret->unread + past->rate - 1) / past->rate;
}
