#include "nitro/ticket_look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Redeems of ours that failed, until an operator has to look. */
#define FAILURES_MOST 5u
/* After the first failure; each further one multiplies it by four, up to a quarter of a day. */
#define PAUSE_S      300u
#define PAUSE_MOST_S 21600u

/* --- final at the source? --- */

static bool is_source_final(struct ticket_look *look) {
    const struct cw_heads *heads = &look->io->heads[CW_SETTLEMENT];
    uint64_t block = look->message->source.number.v;
    if (block <= heads->final.number.v) {
        return true;
    }
    bool safe = block <= heads->safe.number.v;
    ticket_wait(look, safe ? CW_STAGE_SAFE : CW_STAGE_SEEN, "source_not_final", 0,
                "sent in block %" PRIu64 " of the settlement layer, final is %" PRIu64, block,
                heads->final.number.v);
    look->decision->due_side = CW_SETTLEMENT;
    return false;
}

static void not_included(struct ticket_look *look) {
    char number[CW_U256_DEC_SIZE];
    ticket_wait(look, CW_STAGE_SOURCE_FINAL, "not_included", 0,
                "the rollup has not taken in message %s of the inbox; its sequencer does so some "
                "minutes after the settlement layer's finality, and when it does not for a day, "
                "anybody can force it (forceInclusion of the SequencerInbox)",
                cw_u256_to_dec(number, &look->message->summary.nonce));
}

static bool is_final(const struct ticket_look *look, const struct cw_block_ref *block) {
    return block->number.v <= look->rollup->final.number.v;
}

/* --- deposits --- */

static void look_deposit(struct ticket_look *look) {
    const struct cw_answer *receipt = ticket_receipt(look, &look->ticket.id);
    if (ticket_stops(look)) {
        return;
    }
    if (!receipt->included) {
        not_included(look);
        return;
    }
    enum cw_outcome outcome = receipt->success ? CW_OUTCOME_SUCCESS : CW_OUTCOME_CALL_FAILED;
    if (!is_final(look, &receipt->block)) {
        ticket_confirming(look, outcome, receipt->success ? "deposited" : "the deposit failed");
    } else if (receipt->success) {
        ticket_finished(look, outcome, "deposited");
    } else {
        ticket_finished(look, outcome,
                        "the rollup took the deposit in, but not as it was meant: the ether stays "
                        "with its sender there, or went where the rollup's filter sends it");
    }
}

/* --- tickets that there are --- */

/* `other`, or when it is to be kept alive if that comes before. */
static uint64_t no_later(const struct ticket_look *look, uint64_t other) {
    uint64_t early = look->self->keepalive_s, timeout_s = look->progress.timeout_s;
    uint64_t due = early > 0 && timeout_s > early ? timeout_s - early : 0;
    return due > look->rollup->latest.timestamp_s && due < other ? due : other;
}

static void redeem(struct ticket_look *look, const struct ticket_history *h) {
    const struct cw_nitro_retryable *r = &look->ticket.retryable;
    /* The retry comes from the same sender. A call cannot be given the ticket's value. */
    if (cw_u256_is_zero(&r->call_value.v) && !cw_addr20_is_zero(&r->to)) {
        const struct cw_answer *call = cw_io_call_from(
            look->io, CW_EXECUTION, &look->rollup->latest, &r->sender, &r->to, r->data);
        if (ticket_usable(look, call) == NULL) {
            (void)ticket_stops(look);
            return;
        }
        if (call->status == CW_ANSWER_REVERTED) {
            char text[CW_REVERT_TEXT_SIZE];
            cw_abi_revert_text(text, call->data);
            ticket_wait(look, CW_STAGE_CHALLENGE_OVER, "target_reverts",
                        no_later(look, look->progress.timeout_s + 1),
                        "the ticket's call reverts now, so that no redeem is sent: %.200s", text);
            return;
        }
    }
    ticket_act(look, TICKET_REDEEM, ticket_retry_gas(r, h->failed));
}

/* Not so soon after our last failure. What others make fail costs us nothing, and does not keep us
 * waiting, or somebody could go on with that until the ticket is over. */
static bool is_too_soon(struct ticket_look *look, const struct ticket_history *h) {
    struct ticket_progress *p = &look->progress;
    uint64_t now = look->rollup->latest.timestamp_s;
    if (p->known != h->own_failed) {
        p->known = h->own_failed;
        p->known_since_s = now;
    }
    uint64_t pause = h->own_failed > 0 ? PAUSE_S : 0;
    for (uint64_t i = 1; i < h->own_failed && pause < PAUSE_MOST_S; i++) {
        pause *= 4;
    }
    pause = pause < PAUSE_MOST_S ? pause : PAUSE_MOST_S;
    uint64_t left = p->timeout_s > p->known_since_s ? p->timeout_s - p->known_since_s : 0;
    uint64_t due = p->known_since_s + (pause < left / 2 ? pause : left / 2);
    if (pause > 0 && now < due) {
        ticket_wait(look, CW_STAGE_CHALLENGE_OVER, "retry_failed", no_later(look, due),
                    "%" PRIu64 " redeem%s failed, tried again later with more gas", h->own_failed,
                    h->own_failed == 1 ? "" : "s");
        return true;
    }
    return false;
}

/* Failed too often since an operator looked. */
static bool is_hopeless(struct ticket_look *look, const struct ticket_history *h) {
    struct ticket_progress *p = &look->progress;
    if (p->forgiven > h->own_failed) {
        p->forgiven = h->own_failed; /* released, or reorganized away */
    }
    return h->own_failed - p->forgiven >= FAILURES_MOST;
}

static void hold(struct ticket_look *look, const struct ticket_history *h) {
    ticket_hold(look, CW_STAGE_CHALLENGE_OVER, "target_reverts",
                "%" PRIu64 " redeems were included, and each time the ticket's call failed; it "
                "expires at %" PRIu64 "; when its target is mended: causeway release",
                h->own_failed, look->progress.timeout_s);
}

static void look_open(struct ticket_look *look, const struct ticket_history *h) {
    uint64_t now = look->rollup->latest.timestamp_s, timeout_s = look->progress.timeout_s;
    uint64_t left = timeout_s > now ? timeout_s - now : 0;
    uint64_t early = look->self->keepalive_s;
    bool hopeless = is_hopeless(look, h);
    if (h->succeeded) {
        ticket_unexpected(look, "a retry is said to have gone well, but the ticket is still there");
    } else if (h->pending) {
        ticket_wait(look, CW_STAGE_CHALLENGE_OVER, "retry_pending", 0,
                    "a redeem is scheduled, its retry has not run");
    } else if (early > 0 && left <= look->adapter->lifetime_s && (left <= early || hopeless)) {
        /* What is held is not looked at: it is to last until somebody comes. */
        ticket_act(look, TICKET_KEEPALIVE, 0);
    } else if (hopeless) {
        hold(look, h);
    } else if (!is_too_soon(look, h)) {
        redeem(look, h);
    }
}

/* --- tickets that are gone --- */

/* When it would have expired. 0: nobody says. False while it is asked for. */
static bool read_expiry(struct ticket_look *look, const struct cw_block_ref *made,
                        const struct ticket_history *h, uint64_t *ret) {
    if (h->extended_s > 0) {
        *ret = h->extended_s;
        return true;
    }
    if (look->progress.timeout_s > 0) {
        *ret = look->progress.timeout_s;
        return true;
    }
    const struct cw_answer *block = cw_io_block(look->io, CW_EXECUTION, &made->hash);
    if (block == NULL) {
        look->pending = true;
        return false;
    }
    bool known = block->status == CW_ANSWER_OK && block->included;
    *ret = known ? block->header->timestamp + look->adapter->lifetime_s : 0;
    return true;
}

static void expired(struct ticket_look *look, uint64_t timeout_s) {
    const struct cw_nitro_retryable *r = &look->ticket.retryable;
    char value[CW_WEI_TEXT_SIZE], to[CW_HEX_SIZE(20)], target[CW_HEX_SIZE(20)];
    ticket_lost(look, "expired",
                "the ticket expired at %" PRIu64 ": its call to %s is lost; its value of %s went "
                "to %s, its callValueRefundAddress",
                timeout_s, cw_hex_encode(target, cw_slice_of(r->to.b, 20)),
                cw_wei_format(value, &r->call_value, "of its currency"),
                cw_hex_encode(to, cw_slice_of(r->call_value_refund.b, 20)));
}

/* Whatever the reason is, the logs that were given do not have it: all are read again. */
static void unexplained(struct ticket_look *look, uint64_t expiry_s) {
    const struct ticket_progress *p = &look->progress;
    const struct ticket_progress fresh = {
        .timeout_s = p->timeout_s,
        .vanished_s = p->vanished_s > 0 ? p->vanished_s : look->rollup->latest.timestamp_s,
        .readings = p->readings + 1};
    look->progress = fresh;
    ticket_wait(look, CW_STAGE_CHALLENGE_OVER, "gone_unexplained", 0,
                "the ticket is gone, and no event that was given says why: neither a retry that "
                "went well nor a cancellation, and it was not to expire before %" PRIu64,
                expiry_s);
}

/* Gone in the newest block, and no retry is known to have done it. */
static void look_gone(struct ticket_look *look, const struct cw_block_ref *made,
                      const struct ticket_history *h, bool gone_final) {
    uint64_t expiry_s = 0, final = look->rollup->final.number.v;
    char text[96];
    if (h->canceled_in > 0 && h->canceled_in <= final) {
        ticket_lost(look, "canceled",
                    "its beneficiary canceled the ticket in block %" PRIu64 " and has its value",
                    h->canceled_in);
        return;
    }
    if (h->canceled_in > 0) {
        snprintf(text, sizeof text, "canceled in block %" PRIu64, h->canceled_in);
        ticket_confirming(look, CW_OUTCOME_UNKNOWN, text);
        return;
    }
    if (!is_final(look, made)) {
        ticket_confirming(look, CW_OUTCOME_UNKNOWN, "the ticket is gone again");
        return;
    }
    if (!read_expiry(look, made, h, &expiry_s)) {
        (void)ticket_stops(look);
        return;
    }
    /* It did not expire when it was gone before. */
    bool expires = expiry_s > 0 &&
                   (look->progress.vanished_s == 0 || look->progress.vanished_s > expiry_s);
    if (expires && gone_final && expiry_s < look->rollup->final.timestamp_s) {
        expired(look, expiry_s);
    } else if (expires && expiry_s < look->rollup->latest.timestamp_s) {
        ticket_confirming(look, CW_OUTCOME_UNKNOWN, "expired");
        look->decision->deadline_s = expiry_s;
    } else {
        unexplained(look, expiry_s);
    }
}

/* --- tickets --- */

static bool was_made(const struct ticket_look *look, const struct cw_answer *receipt) {
    for (size_t i = 0; i < receipt->logs_n; i++) {
        const struct cw_log *log = &receipt->logs[i];
        if (cw_addr20_equal(&log->address, &TICKET_PRECOMPILE) && log->topics_n == 2 &&
            cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_TICKET_CREATED) &&
            cw_hash32_equal(&log->topics[1], &look->ticket.id)) {
            return true;
        }
    }
    return false;
}

static void never_made(struct ticket_look *look, const struct cw_answer *receipt) {
    if (is_final(look, &receipt->block)) {
        ticket_lost(look, "no_ticket_made",
                    "the rollup took the message in, but made no ticket: what was sent with it did "
                    "not pay for it; it stays with the sender there");
    } else {
        ticket_confirming(look, CW_OUTCOME_UNKNOWN, "taken in, but no ticket was made");
    }
}

static void delivered(struct ticket_look *look, const struct cw_block_ref *ran, bool gone_final) {
    if (is_final(look, ran) && gone_final) {
        ticket_finished(look, CW_OUTCOME_SUCCESS, "redeemed in block %" PRIu64, ran->number.v);
    } else {
        ticket_confirming(look, CW_OUTCOME_SUCCESS, "redeemed");
    }
}

/* The rollup's own try, in the ticket's receipt: what most tickets need, without reading logs.
 * False: it did not go well, or is asked for. */
static bool own_try(struct ticket_look *look, const struct cw_answer *made,
                    struct cw_block_ref *ret) {
    for (size_t i = 0; i < made->logs_n; i++) {
        struct ticket_redeem redeem;
        if (ticket_redeem_read(&redeem, &made->logs[i]) == CW_OK &&
            cw_addr20_equal(&made->logs[i].address, &TICKET_PRECOMPILE) &&
            cw_hash32_equal(&made->logs[i].topics[1], &look->ticket.id)) {
            const struct cw_answer *receipt = ticket_receipt(look, &redeem.retry);
            if (receipt != NULL && receipt->included && receipt->success) {
                *ret = receipt->block;
                return true;
            }
        }
    }
    return false;
}

static void look_ticket(struct ticket_look *look) {
    uint64_t timeout_s = 0, timeout_final_s = 0;
    const struct cw_answer *made = ticket_receipt(look, &look->ticket.id);
    ticket_timeout(look, &look->rollup->latest, &timeout_s);
    ticket_timeout(look, &look->rollup->final, &timeout_final_s);
    if (ticket_stops(look)) {
        return;
    }
    if (!made->included && timeout_s == 0) {
        not_included(look);
        return;
    }
    if (!made->included || (timeout_s > 0 && !was_made(look, made))) {
        ticket_unexpected(look, "there is a ticket, but no receipt of its making");
        return;
    }
    if (!was_made(look, made)) {
        never_made(look, made);
        return;
    }
    bool gone = timeout_s == 0, gone_final = timeout_final_s == 0;
    if (!gone) {
        look->progress.timeout_s = timeout_s;
        look->progress.vanished_s = 0;
    }
    struct cw_block_ref ran;
    bool ran_well = gone && own_try(look, made, &ran);
    if (ticket_stops(look)) {
        return;
    }
    if (ran_well) {
        delivered(look, &ran, gone_final);
        return;
    }
    struct ticket_history history;
    if (!ticket_history(look, made->block.number, gone, &history)) {
        return;
    }
    if (history.succeeded && gone) {
        delivered(look, &history.ran, gone_final);
    } else if (!history.complete) {
        ticket_wait(look, CW_STAGE_CHALLENGE_OVER, "reading_history", 1,
                    "the ticket's events are read, up to block %" PRIu64 " so far",
                    look->progress.next_block);
    } else if (gone) {
        look_gone(look, &made->block, &history, gone_final);
    } else {
        look_open(look, &history);
    }
}

void ticket_advance(const struct cw_adapter *adapter, const struct cw_message *message,
                    const struct cw_self *self, struct cw_io *io, struct cw_decision *ret) {
    struct ticket_look look = {.adapter = adapter,
                               .message = message,
                               .self = self,
                               .io = io,
                               .decision = ret,
                               .rollup = &io->heads[CW_EXECUTION]};
    memset(ret, 0, sizeof *ret);
    ticket_progress_decode(&look.before, message->progress);
    look.progress = look.before;
    if (self->released && message->progress.n > 0) {
        look.progress.forgiven = UINT64_MAX; /* all that failed so far, once that is read */
    }
    if (ticket_of(&look.ticket, adapter, message) != CW_OK) {
        ret->outcome = message->outcome;
        ticket_hold(&look, message->stage, "bad_payload",
                    "what is stored of the message does not hash to its id");
        return;
    }
    if (!is_source_final(&look)) {
        return;
    }
    if (look.ticket.is_deposit) {
        look_deposit(&look);
    } else {
        look_ticket(&look);
    }
}
