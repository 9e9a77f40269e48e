/* The live side: block by block from the cursor to the head. */
#include "watch/internal.h"

#include <inttypes.h>
#include <stdio.h>

/* --- headers --- */

/* The final head's own header must be what was called final. */
static bool final_agrees(struct cw_watch *watch, const struct watch_slot *slot) {
    const struct watch_poll *poll = &watch->polls[WATCH_FINAL];
    if (!poll->have || poll->claim.h.ref.number.v != slot->number ||
        cw_hash32_equal(&poll->claim.h.ref.hash, &slot->block.h.ref.hash))
        return true;
    const struct watch_case found = watch_case_of(watch, CW_FINDING_FINAL_MISMATCH, poll->endpoint,
                                                  &poll->claim.h.ref.hash, &slot->block.h.ref.hash);
    watch_finding(watch, &found,
                  "the finalized block %" PRIu64 " has another hash than block %" PRIu64
                  " by its number from %s",
                  slot->number, slot->number, slot->endpoint);
    return false;
}

/* Logs and headers were asked for separately: a reorg may have come between, or one lies. */
static bool uncrossed(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    for (size_t i = 0; i < job->n; i++) {
        const struct watch_slot *slot = &job->slots[i];
        if (!slot->claimed || cw_hash32_equal(&slot->claim.block, &slot->block.h.ref.hash))
            continue;
        char why[300];
        snprintf(why, sizeof why,
                 "block %" PRIu64 " of the logs (%s) is another one than by its number (%s)",
                 slot->number, job->range.endpoint, slot->endpoint);
        if (++watch->crossed % 3 == 0)
            watch_range_caught(slot, CW_FINDING_WRONG_BLOCK, NULL, true, why);
        watch_job_fail(job, why);
        return false;
    }
    watch->crossed = 0;
    return true;
}

void watch_live_headers(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    const struct cw_store_header *top = watch_window_top(&watch->window);
    const struct cw_store_header *below = top;
    size_t good = 0;
    if (watch_quorate(watch) && !watch_anchor_job(watch))
        return;
    for (; good < job->n; good++) {
        struct watch_slot *slot = &job->slots[good];
        if (!slot->have)
            break;
        bool adjacent = below && below->ref.number.v + 1 == slot->number;
        if (adjacent && !cw_hash32_equal(&below->ref.hash, &slot->block.h.parent)) {
            if (good == 0) {
                watch_walk(watch, top->ref.number.v, &slot->block, slot->endpoint);
                return;
            }
            break; /* the next round looks into it */
        }
        if (!adjacent && !watch_quorate(watch) && !final_agrees(watch, slot)) {
            watch->polls[WATCH_FINAL].have = false; /* read again before anything rests on it */
            watch->tags_due = true;
            snprintf(slot->why, sizeof slot->why, "block %" PRIu64 " contradicts the final head",
                     slot->number);
            break;
        }
        below = &slot->block.h;
    }
    if (good == 0) {
        watch_job_fail(job, job->slots[0].why);
        return;
    }
    watch->mixed = 0;
    if (good < job->n) {
        for (size_t i = good; i < job->n; i++)
            job->slots[i].have = false;
        job->n = good;
        job->to = job->slots[good - 1].number;
    }
    if (uncrossed(watch) && (watch->config.mode != CW_MODE_QUORUM || watch_logs_attach(job)))
        watch_receipts(job);
}

/* --- taken --- */

static void rolled_back(struct cw_watch *watch, const struct cw_watch_batch *batch) {
    watch_window_cut(&watch->window, batch->above.v);
    watch_past_cut(watch, batch->above.v, batch->beyond_final);
    if (watch->settled > batch->above.v)
        watch->settled = batch->above.v;
    watch->cursor = batch->above.v;
    watch->has_cursor = true;
    watch->reorgs++;
    watch->checked = true;
    watch->short_forks = 0;
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

static void went_on(struct cw_watch *watch, const struct cw_watch_batch *batch) {
    size_t log = 0;
    for (size_t i = 0; i < batch->headers_n; i++) {
        const struct cw_store_header *header = &batch->headers[i];
        bool unsettled = false;
        for (; log < batch->logs_n && batch->logs[log].block.number.v <= header->ref.number.v;
             log++)
            unsettled = batch->logs[log].assurance == CW_ASSURANCE_PROVISIONAL;
        watch_window_put(&watch->window, header, unsettled);
    }
    if (batch->skipped) {
        /* Room for it was made before it was offered. */
        enum cw_err err = cw_intervals_add(&watch->past.unread, batch->skipped);
        (void)err;
    }
    watch->cursor = batch->to.v;
    watch->has_cursor = true;
    watch->checked = true;
    if (watch_quorate(watch) && batch->final) {
        watch->agreed = watch_window_top(&watch->window)->ref;
        watch->have_agreed = true;
    }
}

void watch_live_taken(struct cw_watch *watch) {
    const struct cw_watch_batch *batch = &watch->live.batch;
    bool told = batch->rollback && watch->have_heads;
    if (batch->rollback)
        rolled_back(watch, batch);
    else
        went_on(watch, batch);
    watch_job_drop(&watch->live);
    if (told)
        watch_heads_tell(watch);
    watch_heads_update(watch);
    watch_sync(watch);
}

/* --- what is next --- */

static void all_seen(struct cw_watch *watch) {
    if (watch->caught_up)
        return;
    watch->caught_up = true;
    watch_heads_tell(watch);
}

/* What lies between the cursor (or the start block) and the final head is left to the backfill. */
static void pass_over(struct cw_watch *watch, uint64_t next, uint64_t final) {
    struct watch_job *job = &watch->live;
    if (watch->filters_n == 0)
        return; /* nobody looks for anything there */
    job->skips = true;
    job->skipped = (struct cw_interval){.from = next, .to = final - 1};
}

static void next_blocks(struct cw_watch *watch, uint64_t next, uint64_t latest, uint64_t final) {
    struct watch_job *job = &watch->live;
    bool far = final > next && final - next >= watch->config.live_blocks;
    if (far && watch_quorate(watch) && watch->has_cursor &&
        !(watch->have_agreed && watch->agreed.number.v == watch->cursor)) {
        /* No link will ever tell whether what was handed over before is an ancestor. */
        watch_doubt_block(watch, watch->cursor);
        return;
    }
    uint64_t from = far ? final : next;
    const bool full = watch_by_headers(watch);
    const uint64_t size = full ? WATCH_JOB_BLOCKS : watch->past.range.size;
    uint64_t to = latest - from < size ? latest : from + size - 1;
    watch_job_begin(job, from, to);
    if (far)
        pass_over(watch, next, final);
    if (!full) {
        watch_events_run(watch);
        return;
    }
    if (watch->past.headers_pieces > 0)
        watch->past.headers_pieces--;
    for (uint64_t number = from; number <= to; number++)
        watch_job_slot(job, number);
    watch_job_run(job);
}

static void sync_live(struct cw_watch *watch) {
    const struct cw_block_ref *final = watch_final(watch);
    if (watch->live.state != WATCH_JOB_NONE || watch->live.retry || watch->in_callback ||
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
    if (watch_settle(watch))
        return;
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

void watch_sync(struct cw_watch *watch) {
    sync_live(watch);
    watch_backfill(watch);
}
