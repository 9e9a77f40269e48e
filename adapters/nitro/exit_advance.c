#include "nitro/exit_look.h"

#include <inttypes.h>
#include <string.h>

/* When something of the block `at` will probably be final, on that chain's own clock: heads keep
 * their distance. Never the past, and never so near that every block asks again. */
static uint64_t probably_final(const struct cw_heads *heads, const struct cw_block_ref *reached,
                               uint64_t at_s) {
    uint64_t now = heads->latest.timestamp_s;
    uint64_t lag = now > reached->timestamp_s ? now - reached->timestamp_s : 0;
    uint64_t soonest = now + 1 + lag / 8;
    return at_s + lag > soonest ? at_s + lag : soonest;
}

/* --- delivered? --- */

/* One word tells of 255 messages, so that they share the question.
 * Source: nitro-contracts AbsOutbox._calcSpentIndexOffset. */
#define SPENT_IN_WORD 255u

static bool read_spent(struct exit_look *look, const struct cw_block_ref *at, bool *ret) {
    const struct cw_hash32 index = exit_word_u64(look->sent.position / SPENT_IN_WORD);
    size_t bit = look->sent.position % SPENT_IN_WORD;
    struct cw_hash32 word;
    if (!exit_read(look, at, &look->adapter->outbox, SEL_SPENT, &index, &word)) {
        return false;
    }
    *ret = (word.b[31 - bit / 8] >> (bit % 8) & 1) != 0;
    return true;
}

/* True when the message is delivered (or the look stops): the decision is made. */
static bool is_delivered(struct exit_look *look) {
    const struct cw_heads *heads = &look->io->heads[CW_SETTLEMENT];
    bool done = false, done_final = false;
    if (!read_spent(look, &heads->latest, &done)) {
        return true;
    }
    if (!done) {
        return false;
    }
    if (!read_spent(look, &heads->final, &done_final)) {
        return true;
    }
    if (done_final) {
        exit_finished(look, "delivered");
        return true;
    }
    look->decision->outcome = CW_OUTCOME_SUCCESS;
    exit_wait(look, CW_STAGE_EXECUTED, "confirming",
              probably_final(heads, &heads->final, look->now->timestamp_s),
              "executed; final on the settlement layer is block %" PRIu64 " so far",
              heads->final.number.v);
    return true;
}

/* --- final at the source? --- */

static bool is_source_final(struct exit_look *look) {
    const struct cw_heads *heads = &look->io->heads[CW_EXECUTION];
    uint64_t block = look->message->source.number.v;
    if (block <= heads->final.number.v) {
        return true;
    }
    bool safe = block <= heads->safe.number.v;
    exit_wait(look, safe ? CW_STAGE_SAFE : CW_STAGE_SEEN, "source_not_final",
              probably_final(heads, safe ? &heads->final : &heads->safe,
                             look->message->source.timestamp_s),
              "sent in block %" PRIu64 ", final is %" PRIu64, block, heads->final.number.v);
    look->decision->due_side = CW_EXECUTION;
    return false;
}

/* What will be asked anyway unless the message is delivered already: one round less. Nothing but
 * the requests stays. */
static void ask_ahead(const struct exit_look *look) {
    struct cw_decision unused;
    struct exit_look ahead = *look;
    ahead.decision = &unused;
    memset(&unused, 0, sizeof unused);
    if (look->message->stage < CW_STAGE_EXECUTED &&
        look->message->source.number.v <= look->io->heads[CW_EXECUTION].final.number.v) {
        exit_roots_ahead(&ahead);
    }
}

void exit_advance(const struct cw_adapter *adapter, const struct cw_message *message,
                  const struct cw_self *self, struct cw_io *io, struct cw_decision *ret) {
    (void)self; /* the outbox pays whoever the message names */
    struct exit_look look = {.adapter = adapter,
                             .message = message,
                             .io = io,
                             .decision = ret,
                             .now = &io->heads[CW_SETTLEMENT].latest};
    memset(ret, 0, sizeof *ret);
    exit_progress_decode(&look.before, message->progress);
    look.progress = look.before;
    if (exit_message_of(&look.sent, message) != CW_OK) {
        exit_hold(&look, message->stage, "bad_payload",
                  "what is stored of the message is not the one with its id");
        ret->outcome = message->outcome;
        return;
    }
    ask_ahead(&look);
    if (is_delivered(&look)) {
        (void)exit_stops(&look);
    } else if (is_source_final(&look)) {
        exit_look_roots(&look);
    }
}
