#include "nitro/ticket_look.h"

#include <string.h>

/* Blocks in one request, as many as any endpoint takes; requests in one look. */
#define RANGE_BLOCKS 2000u
#define RANGES_MAX   48u
/* Retries whose receipts are asked for: the newest, since none is scheduled once one went well. */
#define RETRIES_MAX 64u
/* A retry runs in the block that schedules it, or never; endpoints may be behind by so many. */
#define PATIENCE_BLOCKS 20u

struct range {
    struct cw_block_number last;
    bool is_final;
    const struct cw_answer *answer;
};

struct retry {
    const struct cw_log *log;
    const struct cw_answer *receipt;
};

struct history {
    struct range ranges[RANGES_MAX];
    size_t ranges_n;
    struct retry retries[RETRIES_MAX]; /* a ring */
    size_t retries_n;                  /* all that there were */
};

static bool is(const struct cw_log *log, const struct cw_hash32 *topic) {
    return log->topics_n > 0 && cw_hash32_equal(&log->topics[0], topic);
}

/* --- asking --- */

static void ask_range(struct ticket_look *look, struct history *h, uint64_t from, uint64_t last,
                      const struct cw_block_ref *end) {
    const struct cw_hash32 kinds[] = {NITRO_TOPIC_REDEEM_SCHEDULED, NITRO_TOPIC_LIFETIME_EXTENDED,
                                      NITRO_TOPIC_CANCELED};
    const struct cw_topic_set topics[CW_TOPICS] = {{kinds, CW_COUNT(kinds)}, {&look->ticket.id, 1}};
    const struct cw_block_ref to = last == end->number.v ? *end
                                                         : (struct cw_block_ref){.number = {last}};
    struct range *range = &h->ranges[h->ranges_n++];
    range->last.v = last;
    range->is_final = last <= look->rollup->final.number.v;
    range->answer = ticket_usable(
        look, cw_io_logs(look->io, CW_EXECUTION, (struct cw_block_number){from}, &to,
                         &TICKET_PRECOMPILE, topics, (unsigned)look->progress.readings));
}

/* Up to the final block first, so that what is final is in ranges of its own. True when the last
 * one ends in the newest block. */
static bool ask_ranges(struct ticket_look *look, struct history *h, uint64_t from) {
    const struct cw_block_ref *ends[] = {&look->rollup->final, &look->rollup->latest};
    for (size_t i = 0; i < CW_COUNT(ends); i++) {
        while (from <= ends[i]->number.v) {
            if (h->ranges_n == RANGES_MAX) {
                return false;
            }
            uint64_t rest = ends[i]->number.v - from;
            uint64_t last = from + (rest < RANGE_BLOCKS ? rest : RANGE_BLOCKS - 1);
            ask_range(look, h, from, last, ends[i]);
            from = last + 1;
        }
    }
    return true;
}

static void collect_retries(struct history *h) {
    for (size_t i = 0; i < h->ranges_n; i++) {
        const struct cw_answer *answer = h->ranges[i].answer;
        for (size_t k = 0; k < answer->logs_n; k++) {
            if (is(&answer->logs[k], &NITRO_TOPIC_REDEEM_SCHEDULED)) {
                h->retries[h->retries_n++ % RETRIES_MAX].log = &answer->logs[k];
            }
        }
    }
}

static struct retry *retry_of(struct history *h, const struct cw_log *log) {
    size_t n = h->retries_n < RETRIES_MAX ? h->retries_n : RETRIES_MAX;
    for (size_t i = 0; i < n; i++) {
        if (h->retries[i].log == log) {
            return &h->retries[i];
        }
    }
    return NULL;
}

static void ask_retries(struct ticket_look *look, struct history *h, bool gone) {
    size_t n = h->retries_n < RETRIES_MAX ? h->retries_n : RETRIES_MAX;
    for (size_t i = 0; i < n; i++) {
        bool newest = i == (h->retries_n - 1) % RETRIES_MAX;
        struct ticket_redeem redeem;
        if ((gone || newest) && ticket_redeem_read(&redeem, h->retries[i].log) == CW_OK) {
            h->retries[i].receipt = ticket_receipt(look, &redeem.retry);
        }
    }
}

/* --- telling --- */

static void take_redeem(struct ticket_look *look, struct history *h, const struct cw_log *log,
                        struct ticket_history *ret) {
    const struct retry *retry = retry_of(h, log);
    const struct cw_answer *receipt = retry != NULL ? retry->receipt : NULL;
    struct ticket_redeem redeem;
    ret->pending = false;
    if (ticket_redeem_read(&redeem, log) != CW_OK) {
        ticket_unexpected(look, "a RedeemScheduled is not of the precompile's shape");
        return;
    }
    if (receipt != NULL && receipt->included && receipt->success) {
        ret->succeeded = true;
        ret->ran = receipt->block;
        return;
    }
    if (receipt != NULL && !receipt->included &&
        log->block.number.v + PATIENCE_BLOCKS > look->rollup->latest.number.v) {
        ret->pending = true;
        return;
    }
    if (cw_hash32_equal(&log->tx_hash, &look->ticket.id)) {
        return; /* the rollup's own try */
    }
    ret->failed += redeem.gas >= ticket_retry_gas(&look->ticket.retryable, ret->failed);
    ret->own_failed += cw_addr20_equal(&redeem.donor, &look->self->submitter);
}

static void take_log(struct ticket_look *look, struct history *h, const struct cw_log *log,
                     struct ticket_history *ret) {
    struct cw_abi in = cw_abi_open(log->data);
    if (is(log, &NITRO_TOPIC_REDEEM_SCHEDULED)) {
        take_redeem(look, h, log, ret);
    } else if (is(log, &NITRO_TOPIC_CANCELED)) {
        ret->canceled_in = log->block.number.v;
    } else if (is(log, &NITRO_TOPIC_LIFETIME_EXTENDED) &&
               cw_abi_u64(&in, &ret->extended_s) != CW_OK) {
        ticket_unexpected(look, "a LifetimeExtended is not of the precompile's shape");
    }
}

static void keep(struct ticket_progress *progress, const struct ticket_history *history,
                 const struct range *range) {
    progress->next_block = range->last.v + 1;
    progress->failed = history->failed;
    progress->own_failed = history->own_failed;
    progress->extended_s = history->extended_s;
    progress->canceled_in = history->canceled_in;
}

bool ticket_history(struct ticket_look *look, struct cw_block_number made, bool gone,
                    struct ticket_history *ret) {
    struct ticket_progress *p = &look->progress;
    struct history h = {.ranges_n = 0};
    struct ticket_history out = {.canceled_in = p->canceled_in,
                                 .extended_s = p->extended_s,
                                 .failed = p->failed,
                                 .own_failed = p->own_failed};
    out.complete = ask_ranges(look, &h, p->next_block > made.v ? p->next_block : made.v);
    if (ticket_stops(look)) {
        return false;
    }
    collect_retries(&h);
    ask_retries(look, &h, gone);
    if (ticket_stops(look)) {
        return false;
    }
    for (size_t i = 0; i < h.ranges_n; i++) {
        const struct cw_answer *answer = h.ranges[i].answer;
        for (size_t k = 0; k < answer->logs_n; k++) {
            take_log(look, &h, &answer->logs[k], &out);
        }
        /* A retry that went well is found again until it is final. */
        if (h.ranges[i].is_final && !out.succeeded && !out.pending) {
            keep(p, &out, &h.ranges[i]);
        }
    }
    if (ticket_stops(look)) {
        return false;
    }
    *ret = out;
    return true;
}
