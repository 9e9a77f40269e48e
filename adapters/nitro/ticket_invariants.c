/* What must hold of tickets: the rollup makes none but those that its inbox was given. */
#include "judge.h"
#include "nitro/ticket.h"

#include <inttypes.h>
#include <stdio.h>

const struct cw_invariant ticket_invariants[] = {
    {.name = "made",
     .text = "each ticket that the rollup makes is a message of the delayed inbox",
     .side = CW_EXECUTION},
    {.name = NULL},
};

/* Nothing beside what wakes the route's messages. */
enum cw_err ticket_watched(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                           size_t *ret_n) {
    (void)adapter;
    (void)out;
    (void)cap;
    *ret_n = 0;
    return CW_OK;
}

enum cw_err ticket_subjects(const struct cw_adapter *adapter, enum cw_side side,
                            const struct cw_log *log, struct cw_arena *arena,
                            struct cw_subject *out, size_t cap, size_t *ret_n,
                            struct cw_error *error) {
    char id[CW_HEX_SIZE(32)];
    (void)adapter;
    (void)arena;
    if (side != CW_EXECUTION || log->topics_n == 0 ||
        !cw_addr20_equal(&log->address, &TICKET_PRECOMPILE) ||
        !cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_TICKET_CREATED)) {
        *ret_n = 0;
        return CW_OK;
    }
    if (log->topics_n != 2 || log->data.n != 0) {
        return cw_error_set(error, CW_ERR_INPUT, "%zu topics and %zu bytes of data", log->topics_n,
                            log->data.n);
    }
    *ret_n = 1;
    if (cap == 0) {
        return cw_error_set(error, CW_ERR_LIMIT, "1 subject");
    }
    out[0] = (struct cw_subject){.side = side,
                                 .block = log->block,
                                 .tx = log->tx_hash,
                                 .log_index = log->log_index,
                                 .key = log->topics[1],
                                 .message = log->topics[1]};
    snprintf(out[0].about, sizeof out[0].about, "the rollup makes ticket %s",
             cw_hex_encode(id, cw_slice_of(log->topics[1].b, 32)));
    return CW_OK;
}

/* Nothing that was read is this ticket. Messages are taken in soon: one that was sent before what
 * is read begins is made until some time after that only. */
static void judge_absent(struct cw_judge *judge, uint64_t delay_s) {
    const struct cw_subject *subject = judge->subject;
    const uint64_t made_s = subject->block.timestamp_s;
    if (judge->io->heads[CW_SETTLEMENT].latest.timestamp_s < made_s) {
        cw_judge_unverified(judge, "source_behind",
                            "the settlement layer's newest block is older than the ticket");
        cw_judge_again(judge, CW_SETTLEMENT, made_s);
        return;
    }
    if (subject->read_from == 0) {
        cw_judge_unverified(judge, "source_not_read",
                            "the settlement layer is not read without a gap yet");
        judge->ret->open = true;
        return;
    }
    const struct cw_block_number from = {subject->read_from};
    const struct cw_answer *header = cw_judge_header(judge, CW_SETTLEMENT, from);
    if (cw_judge_stops(judge)) {
        return;
    }
    if (made_s < header->header->timestamp || made_s - header->header->timestamp < delay_s) {
        cw_judge_unverified(judge, "sent_before_start",
                            "it may have been sent before block %" PRIu64
                            " of the settlement layer, where what was read begins",
                            from.v);
        return;
    }
    cw_judge_violated(judge, CW_STAKE_ROUTE, "forged_ticket",
                      "no message that the delayed inbox was given since block %" PRIu64
                      " is this ticket",
                      from.v);
}

void ticket_judge(const struct cw_adapter *adapter, const struct cw_subject *subject,
                  const struct cw_message *message, enum cw_verdict_state rests_on,
                  struct cw_io *io, struct cw_invariant_verdict *ret) {
    struct cw_judge judge = cw_judge_open(subject, io, ret);
    (void)rests_on;
    if (message == NULL) {
        judge_absent(&judge, adapter->max_delay_s);
        return;
    }
    ret->seen[CW_SETTLEMENT] = message->source; /* its id is the hash of all that it says */
    cw_judge_ok(&judge);
}
