/* The live side where eth_getLogs says where to look: from the cursor to the head in one go. */
#include "watch/internal.h"

#include <inttypes.h>
#include <stdio.h>

/* --- one go --- */

static void looked(struct watch_job *job) {
    if (job->open == 0)
        watch_events_looked(job->watch);
}

static void edge_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    watch_header_ended(slot, result);
    looked(slot->job);
}

/* A header at the edge of the blocks: latest is known. */
static void ask_edge(struct watch_job *job, uint64_t number) {
    const struct cw_watch *watch = job->watch;
    const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
    struct watch_slot *slot = watch_job_slot(job, number);
    if (latest->claim.h.ref.number.v == number) {
        slot->block = latest->claim;
        slot->have = true;
        watch_copy_label(slot->endpoint, latest->endpoint);
        return;
    }
    unsigned k = number <= job->anchor.number.v ? watch->config.quorum : watch_operators(watch);
    slot->agreed = k >= watch->config.quorum;
    watch_header_ask(slot, k, false, edge_done);
}

/* Never before the newest block's header: what is reorganized after that shows at the next look,
 * because it is that header that has to be there still. */
static void ask_logs(struct watch_job *job) {
    job->range_asked = true;
    if (job->watch->filters_n > 0)
        watch_range_ask(job);
    else
        job->range.ready = true; /* nobody looks for anything */
}

/* The cursor's header says whether it is the chain that we know; the oldest block's is kept where
 * the cursor is not its parent, and the newest block's always. */
void watch_events_run(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    if (watch_quorate(watch))
        job->anchor = *watch_final(watch);
    job->state = WATCH_JOB_LOGS;
    if (watch->has_cursor)
        ask_edge(job, watch->cursor);
    if ((!watch->has_cursor || watch->cursor + 1 < job->from) && job->from < job->to)
        ask_edge(job, job->from);
    ask_edge(job, job->to);
    if (job->slots[job->n - 1].have)
        ask_logs(job);
    looked(job);
}

/* What eth_getLogs says of a block whose header is there. NULL: nothing. */
static const struct watch_claim *claim_of(const struct watch_range *range, uint64_t number) {
    for (size_t i = 0; i < range->claims_n; i++)
        if (range->claims[i].number == number)
            return &range->claims[i];
    return NULL;
}

static void put_edge(struct watch_job *job, const struct watch_slot *edge) {
    const struct watch_claim *claim = claim_of(&job->range, edge->number);
    struct watch_slot *slot = watch_job_slot(job, edge->number);
    *slot = *edge;
    slot->claimed = claim != NULL;
    slot->explained = !claim;
    if (claim)
        slot->claim = *claim;
}

/* The edges, and between them the blocks with logs, at most as many as a job takes. */
static void fill(struct watch_job *job) {
    const struct watch_range *range = &job->range;
    const struct watch_slot newest = job->slots[job->n - 1];
    const struct watch_slot oldest = job->n > 1 ? job->slots[job->n - 2] : newest;
    job->n = 0;
    if (oldest.number == job->from && job->from < job->to)
        put_edge(job, &oldest);
    for (size_t i = 0; i < range->claims_n; i++) {
        const struct watch_claim *claim = &range->claims[i];
        bool edge = claim->number == newest.number ||
                    (job->n > 0 && claim->number == job->slots[0].number);
        if (edge)
            continue;
        if (job->n == WATCH_JOB_BLOCKS) { /* the rest is asked for again */
            job->to = job->slots[job->n - 1].number;
            return;
        }
        struct watch_slot *slot = watch_job_slot(job, claim->number);
        slot->claimed = true;
        slot->claim = *claim;
    }
    put_edge(job, &newest);
}

void watch_events_looked(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    const struct cw_store_header *top = watch_window_top(&watch->window);
    const struct watch_slot *cursor = &job->slots[0];
    for (size_t i = 0; i < job->n; i++)
        if (!job->slots[i].have) {
            watch_job_fail(job, job->slots[i].why);
            return;
        }
    if (top && cursor->number == top->ref.number.v &&
        !cw_hash32_equal(&cursor->block.h.ref.hash, &top->ref.hash)) {
        watch_walk(watch, top->ref.number.v, NULL, "");
        return;
    }
    if (!job->range_asked)
        ask_logs(job);
    if (job->open > 0)
        return;
    if (!job->range.ready) {
        watch_range_refused(job);
        return;
    }
    fill(job);
    watch_job_run(job);
}

/* --- once more, when it is final --- */

static void settle_end(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    for (size_t i = 0; i < job->n; i++) {
        struct watch_slot *slot = &job->slots[i];
        if (!slot->have) {
            watch_job_fail(job, slot->why);
            return;
        }
        const struct cw_store_header *kept = watch_window_find(&watch->window, slot->number);
        if (kept && !cw_hash32_equal(&kept->ref.hash, &slot->block.h.ref.hash)) {
            if (watch_quorate(watch))
                watch_walk_below(watch, &slot->block, slot->endpoint);
            else
                watch_walk(watch, slot->number, NULL, "");
            return;
        }
        watch_window_put(&watch->window, &slot->block.h, false);
        size_t at = watch_window_upto(&watch->window, slot->number) - 1;
        *watch_window_unsettled(&watch->window, at) = false;
    }
    job->failures = 0;
    watch_trouble(watch, WATCH_TROUBLE_JOB, "%s", "");
    watch_job_drop(job);
    watch_sync(watch);
}

static void settle_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    if (watch_header_ended(slot, result))
        settle_end(slot->job->watch);
}

/* Up to where a safe or final head has come, of what was handed over. */
static uint64_t settle_to(const struct cw_watch *watch) {
    uint64_t to = 0;
    for (size_t tag = WATCH_SAFE; tag < WATCH_TAGS; tag++) {
        const struct watch_poll *poll = &watch->polls[tag];
        if (poll->have && poll->claim.h.ref.number.v > to)
            to = poll->claim.h.ref.number.v;
    }
    return to < watch->cursor ? to : watch->cursor;
}

/* A head's own header: what k operators name is known, what one does is asked for by its number.
 * True when there is one more. */
static bool settle_heads(struct cw_watch *watch) {
    bool more = false;
    for (size_t tag = WATCH_SAFE; tag < WATCH_TAGS; tag++) {
        const struct watch_poll *poll = &watch->polls[tag];
        const uint64_t number = poll->claim.h.ref.number.v;
        if (!poll->have || number > watch->cursor || watch_window_find(&watch->window, number))
            continue;
        if (watch_quorate(watch))
            watch_window_put(&watch->window, &poll->claim.h, false);
        else
            watch_job_slot(&watch->live, number);
        more = true;
    }
    return more;
}

bool watch_settle(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    struct watch_window *window = &watch->window;
    const uint64_t to = settle_to(watch);
    if (watch->config.mode == CW_MODE_FULL || !watch->has_cursor)
        return false;
    watch_job_begin(job, 0, 0);
    const bool more = settle_heads(watch) || to > watch->settled;
    for (size_t i = watch_window_upto(window, watch->settled); i < window->n; i++) {
        uint64_t number = watch_window_at(window, i)->ref.number.v;
        if (number > to || job->n == WATCH_JOB_BLOCKS)
            break;
        if (*watch_window_unsettled(window, i))
            watch_job_slot(job, number);
    }
    if (job->n == 0) {
        watch->settled = to > watch->settled ? to : watch->settled;
        if (more)
            watch_heads_update(watch);
        return false;
    }
    job->state = WATCH_JOB_SETTLE;
    for (size_t i = 0; i < job->n; i++)
        watch_header_ask(&job->slots[i], watch->config.quorum, false, settle_done);
    if (job->open == 0)
        settle_end(watch);
    return true;
}
