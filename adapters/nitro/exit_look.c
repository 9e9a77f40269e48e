#include "nitro/exit_look.h"

#include "decide.h"

#include <stdio.h>
#include <string.h>

/* --- decisions --- */

/* A message that is not known to be stored keeps what it had; the arena's end is the host's
 * business (overflow). */
static void keep_progress(struct exit_look *look) {
    struct cw_slice bytes;
    if (exit_progress_equal(&look->before, &look->progress)) {
        return;
    }
    if (exit_progress_encode(look->io->arena, &bytes, &look->progress) == CW_OK) {
        look->decision->progress = bytes;
    } else {
        look->io->overflow = true;
    }
}

/* What each reason waits for; the dates and the messages' own events are the rest. */
static const struct decide_wake wakes[] = {
    {"source_not_final", CW_WAKE_SOURCE}, {"root_not_final_here", CW_WAKE_SOURCE},
    {"confirming", CW_WAKE_FINAL},        {"no_root", CW_WAKE_ROOT},
    {"root_mismatch", CW_WAKE_ROOT},      {"unavailable", CW_WAKE_RETRY},
    {"unexpected_answer", CW_WAKE_RETRY}, {"evidence_invalid", CW_WAKE_RETRY},
    {"siblings_missing", CW_WAKE_RETRY},  {"siblings_unavailable", CW_WAKE_RETRY},
};

static void decide(struct exit_look *look, enum cw_verb verb, enum cw_stage stage,
                   const char *reason) {
    struct cw_decision *d = look->decision;
    decide_verb(d, verb, stage, reason, wakes, CW_COUNT(wakes));
    d->due_side = CW_SETTLEMENT;
    keep_progress(look);
}

void exit_wait(struct exit_look *look, enum cw_stage stage, const char *reason, uint64_t due_s,
               const char *format, ...) {
    decide(look, CW_WAIT, stage, reason);
    look->decision->due_s = due_s;
    DECIDE_DETAIL(look->decision, format);
}

void exit_again(struct exit_look *look, enum cw_stage stage, const char *reason, const char *format,
                ...) {
    decide(look, CW_WAIT, stage, reason);
    look->decision->due_s = look->now->timestamp_s > 0 ? look->now->timestamp_s - 1 : 0;
    DECIDE_DETAIL(look->decision, format);
}

void exit_hold(struct exit_look *look, enum cw_stage stage, const char *reason, const char *format,
               ...) {
    decide(look, CW_HOLD, stage, reason);
    DECIDE_DETAIL(look->decision, format);
}

void exit_finished(struct exit_look *look, const char *format, ...) {
    look->decision->outcome = CW_OUTCOME_SUCCESS;
    decide(look, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished");
    DECIDE_DETAIL(look->decision, format);
}

void exit_fail(struct exit_look *look, const char *reason, const char *format, ...) {
    if (look->failed) {
        return;
    }
    look->failed = true;
    look->decision->outcome = look->message->outcome;
    decide(look, CW_WAIT, look->message->stage, reason);
    DECIDE_DETAIL(look->decision, format);
}

static void keep_evidence(struct exit_look *look, const struct exit_evidence *evidence) {
    struct cw_slice bytes;
    if (exit_evidence_encode(look->io->arena, &bytes, evidence) == CW_OK) {
        look->decision->evidence = bytes;
    } else {
        look->io->overflow = true;
    }
}

/* The outbox does not ask who calls. And a call that got too little gas reverts with all that the
 * outbox has written, so that it can be made again; a target that goes on without what it could not
 * do can be called that way by anybody. */
void exit_act(struct exit_look *look, const struct exit_evidence *evidence, bool fresh) {
    struct cw_call *call = &look->decision->call;
    struct cw_slice data = {NULL, 0};
    struct cw_buf buf;
    char amount[EXIT_AMOUNT_TEXT];
    cw_buf_init(&buf, EXIT_CALLDATA_MAX);
    exit_put_execute(&buf, &look->sent, &evidence->proof);
    if (!buf.failed) {
        data = cw_arena_copy(look->io->arena, cw_buf_slice(&buf));
    }
    cw_buf_done(&buf);
    if (data.p == NULL) {
        look->io->overflow = true;
        exit_wait(look, CW_STAGE_ROOT_VERIFIED, "unavailable", 0, "no memory for the calldata");
        return;
    }
    decide(look, CW_ACT, CW_STAGE_CHALLENGE_OVER, EXIT_EXECUTE);
    if (fresh) {
        keep_evidence(look, evidence);
    }
    snprintf(look->decision->step, sizeof look->decision->step, "%s", EXIT_EXECUTE);
    snprintf(look->decision->detail, sizeof look->decision->detail, "%s",
             exit_amount_text(amount, look->adapter, &look->sent.sent.value));
    memset(call, 0, sizeof *call);
    call->side = CW_SETTLEMENT;
    call->to = look->adapter->outbox;
    call->data = data;
    call->proof_nodes = evidence->proof.depth;
    call->proof_bytes = 32 * call->proof_nodes;
    call->batchable = true;
}

bool exit_stops(struct exit_look *look) {
    if (look->failed) {
        return true;
    }
    if (look->pending) {
        decide_need(look->decision, look->message);
    }
    return look->pending;
}

/* --- reading --- */

bool exit_read(struct exit_look *look, const struct cw_block_ref *at, const struct cw_addr20 *to,
               uint32_t selector, const struct cw_hash32 *word, struct cw_hash32 *ret) {
    uint8_t room[EXIT_VIEW_SIZE];
    char hex[CW_HEX_SIZE(20)];
    const struct cw_answer *answer = cw_io_call(look->io, CW_SETTLEMENT, at, to,
                                                exit_view(room, selector, word));
    if (answer == NULL) {
        look->pending = true;
        return false;
    }
    if (answer->status == CW_ANSWER_UNAVAILABLE) {
        exit_fail(look, "unavailable", "%s",
                  answer->text != NULL ? answer->text
                                       : "no endpoint of the settlement layer answered");
        return false;
    }
    if (answer->status != CW_ANSWER_OK || answer->data.n != 32) {
        exit_fail(look, "unexpected_answer",
                  "function 0x%08x at %s answers something else than the contract does",
                  (unsigned)selector, cw_hex_encode(hex, cw_slice_of(to->b, 20)));
        return false;
    }
    memcpy(ret->b, answer->data.p, 32);
    return true;
}

bool exit_read_u64(struct exit_look *look, const struct cw_addr20 *to, uint32_t selector,
                   uint64_t *ret) {
    struct cw_hash32 word;
    if (!exit_read(look, look->now, to, selector, NULL, &word)) {
        return false;
    }
    const struct cw_u256 wide = cw_u256_from_be(word.b);
    if (cw_u256_to_u64(ret, &wide)) {
        exit_fail(look, "unexpected_answer", "function 0x%08x answers with too much",
                  (unsigned)selector);
        return false;
    }
    return true;
}
