#include "watch/internal.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const tag_names[] = {"latest", "safe", "finalized"};

const char *watch_tag_name(enum watch_tag tag) {
    return tag_names[tag];
}

static enum watch_trouble tag_trouble(enum watch_tag tag) {
    return tag == WATCH_FINAL ? WATCH_TROUBLE_FINAL
                              : (tag == WATCH_SAFE ? WATCH_TROUBLE_SAFE : WATCH_TROUBLE_HEAD);
}

const struct cw_block_ref *watch_final(const struct cw_watch *watch) {
    const struct watch_poll *poll = &watch->polls[WATCH_FINAL];
    return poll->have ? &poll->claim.h.ref : NULL;
}

/* --- heads --- */

bool watch_ref_equal(const struct cw_block_ref *a, const struct cw_block_ref *b) {
    return a->number.v == b->number.v && cw_hash32_equal(&a->hash, &b->hash);
}

enum tie { TIE_ON, TIE_OFF, TIE_NOT_YET };

/* Not in the mode full: see watch_settle. */
static bool is_settled(const struct cw_watch *watch, uint64_t number) {
    if (number > watch->cursor)
        return watch->cursor <= watch->settled;
    return number <= watch->settled && watch_window_find(&watch->window, number);
}

/* Where a claimed head stands on the chain that was handed over; *ret when it is on it. */
static enum tie tie(const struct cw_watch *watch, const struct cw_block_ref *claim,
                    struct cw_block_ref *ret) {
    const struct cw_store_header *top = watch_window_top(&watch->window);
    if (watch->config.mode != CW_MODE_FULL && !is_settled(watch, claim->number.v))
        return TIE_NOT_YET;
    if (claim->number.v > top->ref.number.v) {
        /* Nothing says yet that our top is an ancestor of it. */
        if (watch_quorate(watch) && !watch->have_agreed)
            return TIE_NOT_YET;
        *ret = watch_quorate(watch) ? watch->agreed : top->ref;
        return TIE_ON;
    }
    const struct cw_store_header *kept = watch_window_find(&watch->window, claim->number.v);
    if (kept && !cw_hash32_equal(&kept->ref.hash, &claim->hash))
        return TIE_OFF;
    *ret = *claim;
    return TIE_ON;
}

/* The newest block that the endpoints have is the one that we have. Until then a reorg may explain
 * what does not fit. */
static bool at_head(const struct cw_watch *watch) {
    const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
    const struct cw_store_header *top = watch_window_top(&watch->window);
    return latest->have && watch->live.state != WATCH_JOB_WALK &&
           watch_ref_equal(&latest->claim.h.ref, &top->ref);
}

void watch_tag_forget(struct cw_watch *watch, struct watch_poll *poll) {
    poll->have = poll->have_good;
    poll->claim = poll->good;
    poll->doubtful = false;
    watch->tags_due = true;
}

/* The claim is dropped and asked for again; the third time it is no race with a reorg. */
static void claim_mismatch(struct cw_watch *watch, struct watch_poll *poll) {
    const struct cw_block_ref refused = poll->claim.h.ref, *claim = &refused;
    watch_tag_forget(watch, poll);
    if (++poll->mismatches < 3)
        return;
    char hash[CW_HEX_SIZE(32)];
    cw_hex_encode(hash, cw_slice_of(claim->hash.b, 32));
    watch_trouble(watch, tag_trouble(poll->tag),
                  "the %s block %" PRIu64 " is not on the chain that was followed",
                  tag_names[poll->tag], claim->number.v);
    if (cw_hash32_equal(&poll->told, &claim->hash))
        return;
    poll->told = claim->hash;
    const struct cw_store_header *kept = watch_window_find(&watch->window, claim->number.v);
    const struct watch_case found = watch_case_of(watch, CW_FINDING_FINAL_MISMATCH, poll->endpoint,
                                                  &claim->hash, kept ? &kept->ref.hash : NULL);
    watch_finding(watch, &found,
                  "the %s block %" PRIu64 " %s is not on the chain that was followed",
                  tag_names[poll->tag], claim->number.v, hash);
}

void watch_heads_tell(struct cw_watch *watch) {
    if (!watch->caught_up || !watch->have_heads || !watch->config.heads)
        return;
    struct cw_heads heads = watch->heads;
    bool outer = watch->in_callback;
    watch->in_callback = true;
    watch->config.heads(watch->config.ctx, &heads);
    watch->in_callback = outer;
    if (watch->restart && !outer)
        watch_start_over(watch, NULL);
}

/* As the endpoints name them: before anything is watched. */
static void claimed_heads(struct cw_watch *watch) {
    const struct watch_poll *p = watch->polls;
    if (!p[WATCH_LATEST].have || !p[WATCH_SAFE].have || !p[WATCH_FINAL].have)
        return;
    watch->heads = (struct cw_heads){.latest = p[WATCH_LATEST].claim.h.ref,
                                     .safe = p[WATCH_SAFE].claim.h.ref,
                                     .final = p[WATCH_FINAL].claim.h.ref};
    watch->have_heads = true;
}

void watch_heads_update(struct cw_watch *watch) {
    if (!watch->filtered) {
        claimed_heads(watch);
        return;
    }
    const struct cw_store_header *top = watch_window_top(&watch->window);
    if (!top || !watch->checked || !watch->has_cursor || top->ref.number.v != watch->cursor)
        return;
    struct cw_heads heads = {.latest = top->ref};
    struct cw_block_ref *out[] = {[WATCH_SAFE] = &heads.safe, [WATCH_FINAL] = &heads.final};
    const struct cw_block_ref *was[] = {
        [WATCH_SAFE] = &watch->heads.safe, [WATCH_FINAL] = &watch->heads.final};
    for (size_t tag = WATCH_SAFE; tag < WATCH_TAGS; tag++) {
        struct watch_poll *poll = &watch->polls[tag];
        enum tie tied = poll->have ? tie(watch, &poll->claim.h.ref, out[tag]) : TIE_NOT_YET;
        bool known = tied == TIE_ON;
        poll->doubtful = tied == TIE_OFF;
        if (poll->doubtful) {
            if (!watch_quorate(watch) && at_head(watch)) /* else watch_sync looks into it */
                claim_mismatch(watch, poll);
        } else if (known && poll->claim.h.ref.number.v <= top->ref.number.v &&
                   !(poll->have_good && watch_ref_equal(&poll->claim.h.ref, &poll->good.h.ref))) {
            poll->mismatches = 0;
            poll->good = poll->claim;
            poll->have_good = true;
        }
        if (known && (!watch->have_heads || out[tag]->number.v >= was[tag]->number.v))
            continue;
        if (!watch->have_heads)
            return; /* not before each of them was read */
        *out[tag] = *was[tag];
    }
    if (heads.safe.number.v < heads.final.number.v)
        heads.safe = heads.final;
    bool changed = !watch->have_heads || !watch_ref_equal(&heads.latest, &watch->heads.latest) ||
                   !watch_ref_equal(&heads.safe, &watch->heads.safe) ||
                   !watch_ref_equal(&heads.final, &watch->heads.final);
    watch->heads = heads;
    watch->have_heads = true;
    if (heads.final.number.v > watch->final_max) {
        watch->final_max = heads.final.number.v;
        if (watch->final_max > watch->final_lost)
            watch_trouble(watch, WATCH_TROUBLE_DEEP, "%s", "");
    }
    if (changed)
        watch_heads_tell(watch);
}

/* --- polling --- */

static void stale(struct cw_watch *watch, const struct watch_poll *poll, uint64_t number) {
    uint64_t now = watch_now(watch);
    if (watch->stale_since_ms == 0)
        watch->stale_since_ms = now;
    if (now - watch->stale_since_ms < WATCH_STALE_MS)
        return;
    watch_trouble(watch, WATCH_TROUBLE_HEAD,
                  "%s is behind: its latest block is %" PRIu64 ", %" PRIu64 " was handed over",
                  poll->endpoint, number, watch->cursor);
}

/* Another block than the one that we know at that height, at or below our head. True when it is
 * looked into now. */
static bool fork_seen(struct cw_watch *watch, const struct watch_block *got) {
    uint64_t number = got->h.ref.number.v;
    bool shorter = number < watch->cursor;
    if (shorter && ++watch->short_forks < WATCH_SHORT_FORKS)
        return false;
    switch (watch->live.state) {
    case WATCH_JOB_NONE:
    case WATCH_JOB_SEED:
    case WATCH_JOB_LOGS:
    case WATCH_JOB_HEADERS:
    case WATCH_JOB_LINK:
    case WATCH_JOB_RECEIPTS:
    case WATCH_JOB_SETTLE:
        break;
    case WATCH_JOB_WALK:
    case WATCH_JOB_DOUBT:
    case WATCH_JOB_CONFIRM:
    case WATCH_JOB_OFFER:
        return false;
    }
    watch->short_forks = 0;
    watch_retry_stop(&watch->live);
    if (watch_quorate(watch))
        watch_walk_below(watch, got, watch->polls[WATCH_LATEST].endpoint);
    else
        watch_walk(watch, number, NULL, "");
    return true;
}

/* The blocks under way are gone before they could be handed over: nobody will give their receipts.
 */
static bool job_orphaned(const struct cw_watch *watch, const struct watch_block *got) {
    const struct watch_job *job = &watch->live;
    if (job->state != WATCH_JOB_RECEIPTS)
        return false;
    for (size_t i = 0; i < job->n; i++) {
        const struct cw_store_header *h = &job->slots[i].block.h;
        if (h->ref.number.v == got->h.ref.number.v)
            return !cw_hash32_equal(&h->ref.hash, &got->h.ref.hash);
        if (h->ref.number.v + 1 == got->h.ref.number.v)
            return !cw_hash32_equal(&h->ref.hash, &got->h.parent);
    }
    return false;
}

static void poll_latest(struct cw_watch *watch, struct watch_poll *poll) {
    const struct watch_block *got = &poll->got;
    uint64_t number = got->h.ref.number.v;
    if (watch->filtered && watch->has_cursor && number <= watch->cursor) {
        const struct cw_store_header *kept = watch_window_find(&watch->window, number);
        bool other = kept && !cw_hash32_equal(&kept->ref.hash, &got->h.ref.hash);
        if (other) {
            if (!fork_seen(watch, got) && number < watch->cursor)
                return;
        } else if (number < watch->cursor) {
            watch->short_forks = 0;
            stale(watch, poll, number);
            return;
        }
    }
    watch->short_forks = 0;
    watch->stale_since_ms = 0;
    watch_trouble(watch, WATCH_TROUBLE_HEAD, "%s", "");
    if (!poll->have || !watch_ref_equal(&poll->claim.h.ref, &got->h.ref))
        watch->last_head_ms = watch_now(watch);
    poll->claim = *got;
    poll->have = true;
    if (job_orphaned(watch, got))
        watch_job_drop(&watch->live);
    if (!watch->filtered)
        claimed_heads(watch);
    watch_sync(watch);
}

void watch_tag_failed(struct watch_poll *poll, const char *text) {
    if (poll->tag != WATCH_LATEST) /* which is asked for at each poll anyway */
        poll->watch->tags_due = true;
    watch_trouble(poll->watch, tag_trouble(poll->tag), "%s", text);
}

static void poll_after(struct cw_watch *watch, uint64_t ms) {
    watch->pause_ms = ms;
    cw_loop_cancel(watch->config.loop, watch->poll_timer);
    watch->poll_timer = cw_loop_after(watch->config.loop, ms, watch_poll_due, watch);
    if (!watch->poll_timer)
        watch_trouble(watch, WATCH_TROUBLE_HEAD, "out of memory: polling has stopped");
}

void watch_tag_read(struct watch_poll *poll) {
    struct cw_watch *watch = poll->watch;
    if (poll->tag == WATCH_LATEST) {
        uint64_t seen = poll->got.h.ref.number.v;
        uint64_t ms = watch_pace_seen(&watch->pace, watch_now(watch), seen);
        /* One look for many blocks: each costs the same. */
        uint64_t least = watch->config.mode == CW_MODE_FULL ? 0 : WATCH_EVENTS_MS;
        least = least < watch->config.poll_ms ? least : watch->config.poll_ms;
        poll_after(watch, ms > least ? ms : least);
        poll_latest(watch, poll);
        return;
    }
    const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
    uint64_t number = poll->got.h.ref.number.v;
    watch_trouble(watch, tag_trouble(poll->tag), "%s", "");
    /* Above latest: read of two endpoints, or a lie; the next look tells. */
    if (!latest->have || number > latest->claim.h.ref.number.v) {
        watch->tags_due = true;
        return;
    }
    if (poll->have && number < poll->claim.h.ref.number.v)
        return; /* an endpoint that lags */
    if (poll->have_good && watch_ref_equal(&poll->got.h.ref, &poll->good.h.ref))
        poll->mismatches = 0;
    poll->claim = poll->got;
    poll->have = true;
    watch_heads_update(watch);
    watch_sync(watch);
}

static enum cw_err check_poll(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct watch_poll *poll = ctx;
    return watch_block_read(poll->watch, &poll->got, value, NULL, error);
}

static void poll_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_poll *poll = ctx;
    struct cw_watch *watch = poll->watch;
    poll->call = 0;
    watch_copy_label(poll->endpoint, result->endpoint);
    if (result->err == CW_OK) {
        if (poll->tag == WATCH_LATEST)
            cw_rpc_head_seen(watch->config.rpc, result->endpoint, poll->got.h.ref.number.v);
        watch_hear(watch, &poll->got.h.ref.hash, result->said);
        watch_tag_read(poll);
        return;
    }
    char why[240];
    snprintf(why, sizeof why, "no endpoint names a %s block: %s", tag_names[poll->tag],
             result->text ? result->text : cw_err_name(result->err));
    watch_tag_failed(poll, why);
}

static void ask_tag(struct cw_watch *watch, enum watch_tag tag) {
    struct watch_poll *poll = &watch->polls[tag];
    if (watch_quorate(watch)) {
        watch_anchor_ask(poll);
        return;
    }
    if (poll->call)
        return;
    struct cw_buf buf;
    cw_buf_init(&buf, 64);
    cw_eth_params_block(&buf, tag_names[tag]);
    struct cw_rpc_request request = {
        .method = "eth_getBlockByNumber",
        .params = cw_buf_cstr(&buf),
        .class_ = CW_RPC_QUICK,
        .keep = WATCH_HEARD_BYTES,
        .check = check_poll,
        .done = poll_done,
        .ctx = poll,
    };
    poll->call = request.params ? cw_rpc_submit(watch->config.rpc, &request) : 0;
    cw_buf_done(&buf);
    if (poll->call == 0)
        watch_trouble(watch, WATCH_TROUBLE_HEAD, "out of memory");
}

static bool want_tags(const struct cw_watch *watch) {
    const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
    if (!watch->polls[WATCH_SAFE].have || !watch->polls[WATCH_FINAL].have || watch->tags_due)
        return true;
    if (!watch->attended)
        return watch->polls_since_tags >= WATCH_IDLE_POLLS;
    bool moved = latest->have && latest->claim.h.ref.number.v != watch->latest_at_tags;
    return watch->polls_since_tags >= (moved ? WATCH_TAG_POLLS : WATCH_STILL_POLLS);
}

void watch_poll_due(void *ctx) {
    struct cw_watch *watch = ctx;
    watch->poll_timer = NULL;
    poll_after(watch, watch->config.poll_ms); /* an answer brings it forward */
    ask_tag(watch, WATCH_LATEST);
    watch->polls_since_tags++;
    if (want_tags(watch)) {
        const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
        watch->tags_due = false;
        watch->polls_since_tags = 0;
        watch->latest_at_tags = latest->have ? latest->claim.h.ref.number.v : 0;
        ask_tag(watch, WATCH_SAFE);
        ask_tag(watch, WATCH_FINAL);
    }
    /* In case a retry could not be timed. */
    if (watch->live.state == WATCH_JOB_OFFER && !watch->live.retry)
        watch_offer(&watch->live);
    else
        watch_sync(watch);
}
