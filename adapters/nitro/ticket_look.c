#include "nitro/ticket_look.h"

#include "decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- decisions --- */

static void keep_progress(struct ticket_look *look) {
    struct cw_slice bytes;
    if (memcmp(&look->before, &look->progress, sizeof look->before) == 0) {
        return;
    }
    if (ticket_progress_encode(look->io->arena, &bytes, &look->progress) == CW_OK) {
        look->decision->progress = bytes;
    } else {
        look->io->overflow = true;
    }
}

/* What each reason waits for; the dates and the ticket's own events are the rest. */
static const struct decide_wake wakes[] = {
    {"source_not_final", CW_WAKE_SOURCE}, {"confirming", CW_WAKE_FINAL},
    {"not_included", CW_WAKE_POLL},       {"retry_pending", CW_WAKE_POLL},
    {"target_reverts", CW_WAKE_RETRY},    {"gone_unexplained", CW_WAKE_RETRY},
    {"unexpected_answer", CW_WAKE_RETRY}, {"unavailable", CW_WAKE_RETRY},
};

static void decide(struct ticket_look *look, enum cw_verb verb, enum cw_stage stage,
                   const char *reason) {
    struct cw_decision *d = look->decision;
    decide_verb(d, verb, stage, reason, wakes, CW_COUNT(wakes));
    bool open = verb == CW_WAIT || verb == CW_HOLD || verb == CW_ACT;
    d->deadline_s = open ? look->progress.timeout_s : 0;
    keep_progress(look);
}

void ticket_wait(struct ticket_look *look, enum cw_stage stage, const char *reason, uint64_t due_s,
                 const char *format, ...) {
    decide(look, CW_WAIT, stage, reason);
    look->decision->due_side = CW_EXECUTION;
    look->decision->due_s = due_s;
    DECIDE_DETAIL(look->decision, format);
}

/* Heads keep their distance: when the newest block will probably be final. Never so near that every
 * block asks again. */
static uint64_t probably_final(const struct cw_heads *heads) {
    uint64_t now = heads->latest.timestamp_s;
    uint64_t lag = now > heads->final.timestamp_s ? now - heads->final.timestamp_s : 0;
    return now + 1 + lag;
}

void ticket_confirming(struct ticket_look *look, enum cw_outcome outcome, const char *what) {
    bool executed = outcome != CW_OUTCOME_UNKNOWN;
    look->decision->outcome = outcome;
    ticket_wait(look, executed ? CW_STAGE_EXECUTED : CW_STAGE_CHALLENGE_OVER, "confirming",
                probably_final(look->rollup), "%s; final on the rollup is block %" PRIu64 " so far",
                what, look->rollup->final.number.v);
    look->decision->deadline_s = 0; /* nobody can do anything about it any more */
}

void ticket_hold(struct ticket_look *look, enum cw_stage stage, const char *reason,
                 const char *format, ...) {
    decide(look, CW_HOLD, stage, reason);
    DECIDE_DETAIL(look->decision, format);
}

void ticket_lost(struct ticket_look *look, const char *reason, const char *format, ...) {
    decide(look, CW_GIVE_UP, CW_STAGE_CHALLENGE_OVER, reason);
    DECIDE_DETAIL(look->decision, format);
}

void ticket_finished(struct ticket_look *look, enum cw_outcome outcome, const char *format, ...) {
    look->decision->outcome = outcome;
    decide(look, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished");
    DECIDE_DETAIL(look->decision, format);
}

void ticket_act(struct ticket_look *look, const char *step, uint64_t retry_gas) {
    struct cw_decision *d = look->decision;
    /* What the evidence is verified against: the host may have forgotten it since it saw the log.
     */
    const struct cw_answer *header = cw_io_header(look->io, CW_SETTLEMENT,
                                                  look->message->source.number);
    if (ticket_usable(look, header) == NULL) {
        (void)ticket_stops(look);
        return;
    }
    const struct ticket_evidence evidence = {look->message->source.number, retry_gas};
    uint8_t room[TICKET_CALLDATA_SIZE];
    uint32_t selector = retry_gas > 0 ? SEL_REDEEM : SEL_KEEPALIVE;
    struct cw_slice data = cw_arena_copy(look->io->arena,
                                         ticket_calldata(room, selector, &look->ticket.id));
    if (data.p == NULL ||
        ticket_evidence_encode(look->io->arena, &d->evidence, &evidence) != CW_OK) {
        look->io->overflow = true;
        ticket_wait(look, CW_STAGE_CHALLENGE_OVER, "unavailable", 0, "no memory for the call");
        return;
    }
    decide(look, CW_ACT, CW_STAGE_CHALLENGE_OVER, step);
    snprintf(d->step, sizeof d->step, "%s", step);
    memset(&d->call, 0, sizeof d->call);
    d->call.side = CW_EXECUTION;
    d->call.to = TICKET_PRECOMPILE;
    d->call.data = data;
    d->call.estimate_tells = retry_gas > 0;
    d->call.gas_floor = retry_gas > 0 ? ticket_redeem_gas(&look->ticket.retryable, retry_gas) : 0;
}

bool ticket_stops(struct ticket_look *look) {
    if (look->failed) {
        return true;
    }
    if (look->pending) {
        decide_need(look->decision, look->message);
    }
    return look->pending;
}

/* --- reading --- */

static void fail(struct ticket_look *look, const char *reason) {
    look->failed = true;
    look->decision->outcome = look->message->outcome;
    decide(look, CW_WAIT, look->message->stage, reason);
}

void ticket_unexpected(struct ticket_look *look, const char *format, ...) {
    if (!look->failed) {
        fail(look, "unexpected_answer");
        DECIDE_DETAIL(look->decision, format);
    }
}

const struct cw_answer *ticket_usable(struct ticket_look *look, const struct cw_answer *answer) {
    if (answer == NULL) {
        look->pending = true;
    } else if (answer->status == CW_ANSWER_UNAVAILABLE) {
        if (!look->failed) {
            fail(look, "unavailable");
            snprintf(look->decision->detail, CW_DETAIL_SIZE, "%s",
                     answer->text != NULL ? answer->text : "no endpoint of the rollup answered");
        }
        return NULL;
    }
    return answer;
}

/* keepalive adds a lifetime to what is no more than one from now: nothing lives longer, and a later
 * date would only silence the alarm.
 * Source: nitro arbos/retryables/retryable.go, Keepalive. */
static bool is_too_late(const struct cw_adapter *adapter, const struct cw_block_ref *at,
                        uint64_t timeout_s) {
    uint64_t most_s;
    return !__builtin_mul_overflow(adapter->lifetime_s, 2, &most_s) &&
           !__builtin_add_overflow(most_s, at->timestamp_s, &most_s) && timeout_s > most_s;
}

bool ticket_timeout(struct ticket_look *look, const struct cw_block_ref *at, uint64_t *ret) {
    uint8_t room[TICKET_CALLDATA_SIZE];
    const struct cw_answer *answer = ticket_usable(
        look, cw_io_call(look->io, CW_EXECUTION, at, &TICKET_PRECOMPILE,
                         ticket_calldata(room, SEL_TIMEOUT, &look->ticket.id)));
    if (answer == NULL) {
        return false;
    }
    if (answer->status == CW_ANSWER_REVERTED && answer->data.n == 4 &&
        cw_selector_is(answer->data, ERR_NO_TICKET)) {
        *ret = 0;
        return true;
    }
    struct cw_abi in = cw_abi_open(answer->data);
    uint64_t timeout_s;
    if (answer->status != CW_ANSWER_OK || answer->data.n != 32 ||
        cw_abi_u64(&in, &timeout_s) != CW_OK || timeout_s == 0 ||
        is_too_late(look->adapter, at, timeout_s)) {
        ticket_unexpected(look, "getTimeout() answers something else than the precompile does");
        return false;
    }
    *ret = timeout_s;
    return true;
}

const struct cw_answer *ticket_receipt(struct ticket_look *look, const struct cw_hash32 *tx_hash) {
    return ticket_usable(look,
                         cw_io_receipt(look->io, CW_EXECUTION, &look->rollup->latest, tx_hash));
}
