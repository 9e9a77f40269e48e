/* With a quorum: headers that do not hang together with those that k operators agree on. */
#include "watch/internal.h"

#include <inttypes.h>
#include <stdio.h>

/* --- what everybody is asked about --- */

/* The job becomes that question to everybody. */
static void ask_everybody(struct cw_watch *watch, enum watch_job_state state, uint64_t number,
                          void (*done)(void *, const struct cw_rpc_result *)) {
    struct watch_job *job = &watch->live;
    char contradicted_by[WATCH_LABEL];
    watch_copy_label(contradicted_by, watch->search.contradicted_by);
    watch_job_begin(job, number, number);
    job->state = state;
    watch_copy_label(watch->search.contradicted_by, contradicted_by);
    struct watch_slot *slot = watch_job_slot(job, number);
    watch_header_ask(slot, watch->config.quorum, true, done);
    if (job->open == 0)
        watch_job_fail(job, slot->why);
}

static void accuse_contradictor(struct cw_watch *watch, const struct cw_block_ref *agreed) {
    const struct watch_search *search = &watch->search;
    const struct watch_case found = watch_case_of(watch, CW_FINDING_OUTVOTED,
                                                  search->contradicted_by,
                                                  &search->contradicted_with, &agreed->hash);
    if (search->contradicted_by[0])
        watch_accuse(watch, &found,
                     "has another chain than %u operators that agree on block %" PRIu64,
                     watch->config.quorum, agreed->number.v);
}

static void doubt_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    struct watch_job *job = slot->job;
    struct cw_watch *watch = job->watch;
    struct watch_poll *poll = &watch->polls[watch->search.tag];
    watch_header_ended(slot, result);
    if (!slot->have) {
        watch_job_fail(job, slot->why);
        return;
    }
    const struct cw_hash32 *agreed = &slot->block.h.ref.hash;
    const struct cw_store_header *kept = watch_window_find(&watch->window, slot->number);
    const struct cw_store_header *below = slot->number > 0
                                              ? watch_window_find(&watch->window, slot->number - 1)
                                              : NULL;
    if ((kept && !cw_hash32_equal(&kept->ref.hash, agreed)) ||
        (below && !cw_hash32_equal(&below->ref.hash, &slot->block.h.parent))) {
        watch_walk_below(watch, &slot->block, slot->endpoint);
        return;
    }
    if (watch->search.tag != WATCH_LATEST && poll->have &&
        poll->claim.h.ref.number.v == slot->number) {
        if (cw_hash32_equal(&poll->claim.h.ref.hash, agreed))
            accuse_contradictor(watch, &slot->block.h.ref);
        else
            watch_tag_forget(watch, poll);
    }
    const struct cw_block_ref *final = watch_final(watch);
    if (kept && final && slot->number <= final->number.v &&
        (!watch->have_agreed || watch->agreed.number.v < slot->number)) {
        watch->agreed = kept->ref;
        watch->have_agreed = true;
    }
    watch_job_drop(job);
    watch_heads_update(watch);
    watch_retry(job);
}

void watch_doubt(struct cw_watch *watch, enum watch_tag tag) {
    watch->search.tag = tag;
    ask_everybody(watch, WATCH_JOB_DOUBT, watch->polls[tag].claim.h.ref.number.v, doubt_done);
}

void watch_doubt_block(struct cw_watch *watch, uint64_t number) {
    watch->search.tag = WATCH_LATEST;
    ask_everybody(watch, WATCH_JOB_DOUBT, number, doubt_done);
}

static void confirm_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    struct watch_job *job = slot->job;
    struct cw_watch *watch = job->watch;
    watch_header_ended(slot, result);
    if (!slot->have) {
        watch_job_fail(job, slot->why);
        return;
    }
    if (!cw_hash32_equal(&slot->block.h.ref.hash, &watch->search.ours)) {
        watch_roll_back(watch, true, slot->endpoint);
        return;
    }
    accuse_contradictor(watch, &slot->block.h.ref);
    watch->polls[WATCH_LATEST].have = false; /* only what is read anew counts once more */
    char why[120];
    snprintf(why, sizeof why, "block %" PRIu64 " was said to be replaced; it is final and stands",
             slot->number);
    watch_job_fail(job, why);
}

void watch_confirm(struct cw_watch *watch) {
    struct watch_search *search = &watch->search;
    const struct watch_window *window = &watch->window;
    /* The newest final block of ours that would go; where none was kept, the oldest that would. */
    size_t at = watch_window_upto(window, watch->final_max);
    if (at == 0 || watch_window_at(window, at - 1)->ref.number.v <= search->above)
        at = watch_window_upto(window, search->above) + 1;
    at = at > window->n ? window->n : at;
    const struct cw_block_ref *ours = &watch_window_at(window, at - 1)->ref;
    search->ours = ours->hash;
    ask_everybody(watch, WATCH_JOB_CONFIRM, ours->number.v, confirm_done);
}

/* --- a job's headers --- */

/* The headers above the final one, down from the latest block, which k operators have named. A
 * reorg may have come between: it takes some in a row before it is asked who lies. */
static bool links_up_to_latest(struct cw_watch *watch, size_t final_n) {
    struct watch_job *job = &watch->live;
    const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
    const struct watch_slot *top = &job->slots[job->n - 1];
    if (watch->config.mode != CW_MODE_FULL || !latest->have || !latest->agreed || !top->have ||
        !watch_ref_equal(&latest->claim.h.ref, &top->block.h.ref))
        return true; /* not every header is there, or the job ends below it */
    for (size_t i = job->n - 1; i > 0 && i >= final_n; i--) {
        const struct watch_slot *slot = &job->slots[i - 1];
        char why[120];
        if (!slot->have) {
            watch_job_fail(job, slot->why);
            return false;
        }
        if (cw_hash32_equal(&job->slots[i].block.h.parent, &slot->block.h.ref.hash))
            continue;
        watch->polls[WATCH_LATEST].have = false; /* only what is read anew counts once more */
        snprintf(why, sizeof why, "block %" PRIu64 " from %.60s is no ancestor of the latest one",
                 slot->number, slot->endpoint);
        if (++watch->mixed >= WATCH_STRAYS)
            watch_doubt_block(watch, slot->number);
        else
            watch_job_fail(job, why);
        return false;
    }
    return true;
}

bool watch_anchor_job(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    const uint64_t final = job->anchor.number.v;
    size_t n = 0; /* slots up to the final head */
    while (n < job->n && job->slots[n].number <= final)
        n++;
    if (n == 0)
        return links_up_to_latest(watch, n);
    struct watch_slot *last = &job->slots[n - 1];
    if (last->have && last->number == final &&
        !cw_hash32_equal(&last->block.h.ref.hash, &job->anchor.hash)) {
        watch_copy_label(watch->search.contradicted_by, last->endpoint);
        watch->search.contradicted_with = last->block.h.ref.hash;
        watch_doubt(watch, WATCH_FINAL);
        return false;
    }
    const bool chained = watch->config.mode == CW_MODE_FULL;
    for (size_t i = n; i-- > 0;) {
        const struct watch_slot *slot = &job->slots[i];
        if (!slot->have) {
            watch_job_fail(job, slot->why);
            return false;
        }
        if (chained && i + 1 < n &&
            !cw_hash32_equal(&slot[1].block.h.parent, &slot->block.h.ref.hash)) {
            char why[120];
            snprintf(why, sizeof why, "block %" PRIu64 " is no ancestor of the final head",
                     slot->number);
            const struct watch_case found = watch_case_of(watch, CW_FINDING_PARENT_LINK,
                                                          slot->endpoint, &slot->block.h.ref.hash,
                                                          &slot[1].block.h.ref.hash);
            watch_accuse(watch, &found, "%s %" PRIu64, why, final);
            watch_job_fail(job, why);
            return false;
        }
    }
    if (!links_up_to_latest(watch, n))
        return false;
    job->anchored = final;
    return true;
}
