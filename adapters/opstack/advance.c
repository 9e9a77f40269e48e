#include "opstack/look.h"

#include <inttypes.h>
#include <string.h>

/* A raw withdrawal that is final without a word about how it went: how long an event is waited for.
 */
#define OUTCOME_PATIENCE_S 3600u

/* --- delivered? --- */

/* What the L1 messenger says of its message, at that block. */
static bool read_relayed(struct look *look, const struct cw_block_ref *at, enum cw_outcome *ret) {
    bool ran = false, failed = false;
    bool got = look_bool(look, at, &look->adapter->messenger, SEL_SUCCESSFUL, &look->relay.hash,
                         &ran);
    got = look_bool(look, at, &look->adapter->messenger, SEL_FAILED, &look->relay.hash, &failed) &&
          got;
    if (!got) {
        return false;
    }
    /* Neither: the messenger itself reverted, and the portal has spent the withdrawal. */
    *ret = ran ? CW_OUTCOME_SUCCESS : failed ? CW_OUTCOME_RELAY_FAILED : CW_OUTCOME_CALL_FAILED;
    return true;
}

static void finish_final(struct look *look, enum cw_outcome outcome) {
    look->decision->outcome = outcome;
    switch (outcome) {
    case CW_OUTCOME_SUCCESS:
        look_finished(look, "delivered");
        return;
    case CW_OUTCOME_CALL_FAILED:
        look_finished(look, "finalized, but the call failed: the withdrawal is spent and cannot be "
                            "tried again");
        return;
    case CW_OUTCOME_RELAY_FAILED:
        look_hold(look, CW_STAGE_EXECUTED_FINAL, "relay_failed",
                  "finalized, but the call behind the L1 messenger failed; anybody can replay it "
                  "there with relayMessage%s",
                  look->self->replay ? ", and so does Causeway once the route's contracts name the "
                                       "messenger"
                                     : "");
        return;
    case CW_OUTCOME_UNKNOWN:
        break;
    }
    uint64_t now = look->now->timestamp_s;
    if (look->progress.unknown_since_s == 0) {
        look->progress.unknown_since_s = now > 0 ? now : 1;
    }
    uint64_t until = look->progress.unknown_since_s + OUTCOME_PATIENCE_S;
    if (now < until) {
        look_wait(look, CW_STAGE_EXECUTED_FINAL, "outcome_unknown", until,
                  "finalized; the portal's event that says how the call went was not seen yet");
    } else {
        look_finished(look,
                      "finalized; the portal's event that says how the call went was never seen");
    }
}

/* Where it was seen to be done before: whether that is final. True: the decision is made. */
static bool is_finished(struct look *look) {
    const struct cw_block_ref *at = &look->io->heads[CW_SETTLEMENT].final;
    enum cw_outcome outcome = look->progress.outcome;
    bool done = false;
    look_bool(look, at, &look->adapter->portal, SEL_FINALIZED_WITHDRAWALS, &look->message->id,
              &done);
    if (look->is_relay) {
        read_relayed(look, at, &outcome);
    }
    if (look_stops(look)) {
        return true;
    }
    /* It may have been replayed since. */
    if (!done || outcome == CW_OUTCOME_RELAY_FAILED) {
        return false;
    }
    finish_final(look, outcome);
    return true;
}

/* The evidence that there is, or the message under any final block of its chain: a stranger may
 * have finalized what was never proved here. */
static bool has_evidence(struct look *look, enum cw_stage stage) {
    struct opstack_evidence evidence;
    const uint64_t block = look->io->heads[CW_EXECUTION].final.number.v;
    const char *text = "";
    look_load_evidence(look);
    if (look->pending || look->failed || look->has_evidence) {
        return look->has_evidence;
    }
    enum look_proved proved = look_prove_root(look, block, NULL, &evidence, NULL, &text);
    if (proved == LOOK_PROVED) {
        evidence.reference = (struct opstack_reference){.kind = look->adapter->flavour};
        look_keep_evidence(look, &evidence);
    } else if (proved != LOOK_PENDING) {
        look_unprovable(look, stage, block, LOOK_HOPE_STATE, text);
    }
    return proved == LOOK_PROVED;
}

/* The L1 messenger recorded a failure. */
static void replay(struct look *look, enum cw_stage stage) {
    const uint64_t sent = look->message->source.number.v;
    const uint64_t final = look->io->heads[CW_EXECUTION].final.number.v;
    if (sent > final) {
        look_wait(look, stage, "source_not_final", 0,
                  "finalized, but its call failed; it is replayed once block %" PRIu64
                  " of its chain is final here, which %" PRIu64 " is",
                  sent, final);
    } else if (has_evidence(look, stage)) {
        look_replay(look, stage, &look->adapter->messenger, look->withdrawal.data);
    }
}

bool look_delivered(struct look *look) {
    const struct cw_adapter *a = look->adapter;
    const struct cw_heads *heads = &look->io->heads[CW_SETTLEMENT];
    const struct cw_hash32 *id = &look->message->id;
    enum cw_stage stage = look->message->stage;
    bool done = false, done_final = false;
    if (stage >= CW_STAGE_EXECUTED && is_finished(look)) {
        return true;
    }
    if (!look_bool(look, &heads->latest, &a->portal, SEL_FINALIZED_WITHDRAWALS, id, &done)) {
        (void)look_stops(look);
        return true;
    }
    if (!done) {
        look->progress.unknown_since_s = 0;
        return false;
    }
    enum cw_outcome latest = look->progress.outcome, final = look->progress.outcome;
    if (look->is_relay) {
        read_relayed(look, &heads->latest, &latest);
    }
    /* What was about to be done when it was looked at last is not final so soon. */
    if (stage != CW_STAGE_CHALLENGE_OVER || heads->final.number.v == heads->latest.number.v) {
        look_bool(look, &heads->final, &a->portal, SEL_FINALIZED_WITHDRAWALS, id, &done_final);
        if (look->is_relay) {
            read_relayed(look, &heads->final, &final);
        }
    }
    if (look_stops(look)) {
        return true;
    }
    look->decision->outcome = latest;
    if (latest == CW_OUTCOME_RELAY_FAILED && look->self->replay &&
        !cw_addr20_is_zero(&a->replay_at)) {
        replay(look, done_final ? CW_STAGE_EXECUTED_FINAL : CW_STAGE_EXECUTED);
        (void)look_stops(look);
        return true;
    }
    bool replayed = final == CW_OUTCOME_RELAY_FAILED && latest == CW_OUTCOME_SUCCESS;
    if (done_final && !replayed) {
        finish_final(look, final);
        return true;
    }
    look_wait(look, CW_STAGE_EXECUTED, "confirming", look_surely_final(heads),
              "finalized; final on the settlement layer is block %" PRIu64 " so far",
              heads->final.number.v);
    return true;
}

/* --- final at the source? --- */

static bool is_source_final(struct look *look) {
    const struct cw_heads *heads = &look->io->heads[CW_EXECUTION];
    uint64_t block = look->message->source.number.v;
    if (block <= heads->final.number.v) {
        return true;
    }
    bool safe = block <= heads->safe.number.v;
    look_wait(look, safe ? CW_STAGE_SAFE : CW_STAGE_SEEN, "source_not_final",
              look_probably_final(heads, safe ? &heads->final : &heads->safe,
                                  look->message->source.timestamp_s),
              "sent in block %" PRIu64 ", final is %" PRIu64, block, heads->final.number.v);
    look->decision->due_side = CW_EXECUTION;
    return false;
}

/* ------------------------------------------------------------------------------------------------------------
 */

static bool read_message(struct look *look) {
    struct cw_hash32 id;
    if (opstack_payload_decode(&look->withdrawal, look->message->payload) != CW_OK ||
        cw_op_withdrawal_hash(&id, &look->withdrawal) != CW_OK ||
        !cw_hash32_equal(&id, &look->message->id)) {
        look_hold(look, look->message->stage, "bad_payload",
                  "what is stored of the withdrawal does not hash to its id");
        return false;
    }
    look->is_relay = opstack_relay_read(&look->relay, look->adapter, &look->withdrawal);
    return true;
}

/* The host stores the portal's word on a raw withdrawal as its outcome. It is kept beside, because
 * a withdrawal whose finalize was reorganized away has no outcome for now. */
static void keep_outcome(struct look *look) {
    enum cw_outcome said = look->message->outcome;
    if (!look->is_relay && (said == CW_OUTCOME_SUCCESS || said == CW_OUTCOME_CALL_FAILED)) {
        look->progress.outcome = said;
    }
}

/* What will be asked anyway unless the message is delivered, as one that was about to be probably
 * is: one round less. Nothing but the requests stays. */
static void ask_ahead(const struct look *look) {
    struct cw_decision unused;
    struct look ahead = *look;
    if (look->adapter->flavour != OPSTACK_GAMES ||
        look->message->stage >= CW_STAGE_CHALLENGE_OVER ||
        look->message->source.number.v > look->io->heads[CW_EXECUTION].final.number.v) {
        return;
    }
    memset(&unused, 0, sizeof unused);
    ahead.decision = &unused;
    look_games_ahead(&ahead);
}

/* Nothing says that it was delivered, and what is not proven, or not for long enough, can't be:
 * look_outputs asks for the proof first, which is mostly all. */
static bool proof_tells(const struct look *look) {
    const struct cw_message *message = look->message;
    return look->adapter->flavour == OPSTACK_OUTPUTS && message->stage < CW_STAGE_EXECUTED &&
           message->outcome == CW_OUTCOME_UNKNOWN &&
           message->source.number.v <= look->io->heads[CW_EXECUTION].final.number.v;
}

void opstack_advance(const struct cw_adapter *adapter, const struct cw_message *message,
                     const struct cw_self *self, struct cw_io *io, struct cw_decision *ret) {
    struct look look = {.adapter = adapter,
                        .message = message,
                        .self = self,
                        .io = io,
                        .decision = ret,
                        .side = CW_SETTLEMENT,
                        .now = &io->heads[CW_SETTLEMENT].latest,
                        .tries = 3};
    memset(ret, 0, sizeof *ret);
    opstack_progress_decode(&look.before, message->progress);
    look.progress = look.before;
    if (!read_message(&look)) {
        ret->outcome = message->outcome;
        return;
    }
    keep_outcome(&look);
    if (!proof_tells(&look)) {
        ask_ahead(&look);
        if (look_delivered(&look)) {
            return;
        }
        look.undelivered = true;
    }
    if (!is_source_final(&look)) {
        return;
    }
    if (adapter->flavour == OPSTACK_GAMES) {
        look_games(&look);
    } else {
        look_outputs(&look);
    }
}
