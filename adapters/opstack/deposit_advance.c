/* What became of a deposit on the L2, and the replay of what its messenger recorded as failed. */
#include "opstack/deposit.h"
#include "opstack/look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct follow {
    struct look look;
    struct opstack_deposit deposit;
};

static bool is_final(const struct look *look, const struct cw_block_ref *block) {
    return block->number.v <= look->io->heads[CW_EXECUTION].final.number.v;
}

static void confirm(struct look *look, enum cw_outcome outcome, const char *what) {
    const struct cw_heads *heads = &look->io->heads[CW_EXECUTION];
    look->decision->outcome = outcome;
    look_wait(look, CW_STAGE_EXECUTED, "confirming", look_surely_final(heads),
              "%s; final on the L2 is block %" PRIu64 " so far", what, heads->final.number.v);
}

/* --- the transaction on the L2 --- */

/* Nobody but the sequencer decides when, and its window is no contract's. */
static void not_derived(struct look *look) {
    const struct cw_heads *heads = &look->io->heads[CW_SETTLEMENT];
    const uint64_t block = look->message->source.number.v;
    const enum cw_stage stage = block <= heads->final.number.v  ? CW_STAGE_SOURCE_FINAL
                                : block <= heads->safe.number.v ? CW_STAGE_SAFE
                                                                : CW_STAGE_SEEN;
    look->decision->outcome = CW_OUTCOME_UNKNOWN;
    look_wait(look, stage, "not_derived", 0,
              "not on the L2 yet: deposited in block %" PRIu64 ", %" PRIu64
              " below the head; the L2 must take it within its sequencing window, on most chains "
              "3600 blocks",
              block, heads->latest.number.v > block ? heads->latest.number.v - block : 0);
}

/* The answer, once it is of use. NULL: the look stops or is decided. */
static const struct cw_answer *read_receipt(struct look *look) {
    const struct cw_answer *receipt = cw_io_receipt(look->io, CW_EXECUTION, look->now,
                                                    &look->message->id);
    look->pending = look->pending || receipt == NULL;
    if (receipt != NULL && receipt->status != CW_ANSWER_OK) {
        look_unavailable(look, receipt->text);
    }
    if (look_stops(look)) {
        return NULL;
    }
    if (!receipt->included) {
        not_derived(look);
        return NULL;
    }
    return receipt;
}

static void follow_raw(struct follow *f) {
    struct look *look = &f->look;
    const struct cw_answer *receipt = read_receipt(look);
    if (receipt == NULL) {
        return;
    }
    if (!is_final(look, &receipt->block)) {
        confirm(look, receipt->success ? CW_OUTCOME_SUCCESS : CW_OUTCOME_CALL_FAILED,
                receipt->success ? "delivered" : "its transaction failed on the L2");
        return;
    }
    if (receipt->success) {
        look->decision->outcome = CW_OUTCOME_SUCCESS;
        look_finished(look, "delivered");
        return;
    }
    look->decision->outcome = CW_OUTCOME_CALL_FAILED;
    look_finished(look,
                  "its transaction failed on the L2 and cannot be tried again; what the deposit "
                  "brought there stays with its sender");
}

/* --- messages of the messenger --- */

static bool read_maps(struct look *look, const struct cw_block_ref *at, bool *ret_ran,
                      bool *ret_failed) {
    bool got = look_bool(look, at, &OPSTACK_L2_MESSENGER, SEL_SUCCESSFUL, &look->relay.hash,
                         ret_ran);
    return look_bool(look, at, &OPSTACK_L2_MESSENGER, SEL_FAILED, &look->relay.hash, ret_failed) &&
           got;
}

static void replay(struct follow *f, enum cw_stage stage) {
    struct look *look = &f->look;
    const struct cw_block_number block = look->message->source.number;
    const uint64_t final = look->io->heads[CW_SETTLEMENT].final.number.v;
    struct cw_slice evidence;
    if (block.v > final) {
        look_wait(look, stage, "source_not_final", 0,
                  "its call failed on the L2; it is replayed once block %" PRIu64
                  " of the settlement layer is final, which %" PRIu64 " is",
                  block.v, final);
        return;
    }
    /* What the evidence is verified against: the host may have forgotten it since it saw the log.
     */
    const struct cw_answer *header = cw_io_header(look->io, CW_SETTLEMENT, block);
    if (header == NULL) {
        look->pending = true;
    } else if (header->status != CW_ANSWER_OK) {
        look_unavailable(look, header->text);
    }
    if (look_stops(look)) {
        return;
    }
    if (opstack_deposit_evidence(look->io->arena, &evidence, block) != CW_OK) {
        look->io->overflow = true;
    } else if (!cw_slice_equal(evidence, look->message->evidence)) {
        look->decision->evidence = evidence;
    }
    look_replay(look, stage, &OPSTACK_L2_MESSENGER, f->deposit.tx.opaque.data);
}

static void failed(struct follow *f, bool final) {
    struct look *look = &f->look;
    look->decision->outcome = CW_OUTCOME_RELAY_FAILED;
    if (look->self->replay) {
        replay(f, final ? CW_STAGE_EXECUTED_FINAL : CW_STAGE_EXECUTED);
    } else if (final) {
        look_hold(look, CW_STAGE_EXECUTED_FINAL, "relay_failed",
                  "the call behind the L2 messenger failed; anybody can replay it there with "
                  "relayMessage");
    } else {
        confirm(look, CW_OUTCOME_RELAY_FAILED, "the call behind the L2 messenger failed");
    }
}

/* The messenger knows nothing of it. */
static void not_recorded(struct look *look) {
    const struct cw_answer *receipt = read_receipt(look);
    if (receipt == NULL) {
        return;
    }
    if (receipt->success) {
        look_unexpected(look, "successfulMessages()", &OPSTACK_L2_MESSENGER);
        (void)look_stops(look);
    } else if (!is_final(look, &receipt->block)) {
        confirm(look, CW_OUTCOME_CALL_FAILED,
                "the L2 messenger reverted before it recorded the message");
    } else {
        look->decision->outcome = CW_OUTCOME_CALL_FAILED;
        look_give_up(look, CW_STAGE_EXECUTED_FINAL, "never_recorded",
                     "the L2 messenger reverted before it recorded the message, so that nobody can "
                     "replay it; what it brought stays with the L1 messenger's alias");
    }
}

static void follow_relay(struct follow *f) {
    struct look *look = &f->look;
    const struct cw_heads *heads = &look->io->heads[CW_EXECUTION];
    bool ran = false, has_failed = false, ran_final = false, failed_final = false;
    if (!read_maps(look, &heads->latest, &ran, &has_failed)) {
        (void)look_stops(look);
        return;
    }
    if (!ran && !has_failed) {
        not_recorded(look);
        return;
    }
    if (!read_maps(look, &heads->final, &ran_final, &failed_final)) {
        (void)look_stops(look);
        return;
    }
    if (!ran) {
        failed(f, failed_final);
    } else if (ran_final) {
        look->decision->outcome = CW_OUTCOME_SUCCESS;
        look_finished(look, "delivered");
    } else {
        confirm(look, CW_OUTCOME_SUCCESS, "delivered");
    }
}

void opstack_deposit_advance(const struct cw_adapter *adapter, const struct cw_message *message,
                             const struct cw_self *self, struct cw_io *io,
                             struct cw_decision *ret) {
    struct follow f = {.look = {.adapter = adapter,
                                .message = message,
                                .self = self,
                                .io = io,
                                .decision = ret,
                                .side = CW_EXECUTION,
                                .now = &io->heads[CW_EXECUTION].latest}};
    struct cw_hash32 id;
    memset(ret, 0, sizeof *ret);
    enum cw_err err = opstack_deposit_decode(&f.deposit, message->payload);
    if (err == CW_OK) {
        err = opstack_deposit_id(io->arena, &id, &f.deposit, &message->source.hash);
    }
    if (err == CW_ERR_MEMORY) {
        io->overflow = true;
    }
    if (err != CW_OK || !cw_hash32_equal(&id, &message->id)) {
        ret->outcome = message->outcome;
        look_hold(&f.look, message->stage, "bad_payload",
                  "what is stored of the deposit does not hash to its id");
        return;
    }
    f.look.is_relay = opstack_deposit_relay(&f.look.relay, adapter, &f.deposit);
    if (f.look.is_relay) {
        follow_relay(&f);
    } else {
        follow_raw(&f);
    }
}
