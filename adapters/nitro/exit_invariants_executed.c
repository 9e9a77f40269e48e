/* What the outbox executes was sent on our rollup, and is executed once. */
#include "nitro/exit_invariants.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum found {
    FOUND = 1,
    FOUND_NOT,    /* there is no such message up to the final block */
    FOUND_UNKNOWN /* why, or something is asked for */
};

static bool is_stored(const struct exit_judge *j, const struct cw_hash32 *id,
                      struct exit_message *ret) {
    const struct cw_message *m = j->message;
    return m != NULL && cw_hash32_equal(&m->id, id) && exit_message_of(ret, m) == CW_OK &&
           m->source.number.v <= j->judge.io->heads[CW_EXECUTION].final.number.v;
}

/* The log by which it was sent, as the endpoints have it. */
static bool find_log(struct exit_judge *j, uint64_t position, const struct cw_block_ref *final,
                     struct exit_message *ret) {
    const struct cw_hash32 word = exit_word_u64(position);
    const struct cw_topic_set topics[CW_TOPICS] = {
        {&NITRO_TOPIC_L2_TO_L1_TX, 1}, {NULL, 0}, {NULL, 0}, {&word, 1}};
    struct cw_hash32 item, said;
    const struct cw_answer *answer = cw_io_logs(j->judge.io, CW_EXECUTION,
                                                (struct cw_block_number){0}, final, &EXIT_ARBSYS,
                                                topics, (unsigned)j->look.progress.tries);
    if (!cw_judge_has(&j->judge, answer, "no endpoint gives the logs of ArbSys")) {
        return false;
    }
    for (size_t i = 0; i < answer->logs_n; i++) {
        if (exit_read_sent(&answer->logs[i], ret, &said, NULL) == CW_OK &&
            ret->position == position) {
            cw_nitro_item_hash(&item, &ret->sent);
            if (cw_hash32_equal(&item, &said)) {
                return true;
            }
        }
    }
    cw_judge_fail(&j->judge, "message_not_found",
                  "no endpoint gives the log of message %" PRIu64 ", which our rollup has sent",
                  position);
    return false;
}

/* In the send tree of the final block. */
static enum found find(struct exit_judge *j, const struct cw_hash32 *id, struct exit_message *ret) {
    const struct cw_block_ref *final = &j->judge.io->heads[CW_EXECUTION].final;
    const struct cw_u256 wide = cw_u256_from_be(id->b);
    struct cw_nitro_sends sends;
    struct exit_evidence *evidence = cw_arena_alloc(j->judge.io->arena, sizeof *evidence);
    uint64_t position;
    if (is_stored(j, id, ret)) {
        return FOUND;
    }
    const struct cw_answer *header = cw_judge_header(&j->judge, CW_EXECUTION, final->number);
    if (header == NULL || evidence == NULL) {
        j->judge.io->overflow = j->judge.io->overflow || evidence == NULL;
        return FOUND_UNKNOWN;
    }
    if (!cw_nitro_header_sends(&sends, header->header)) {
        cw_judge_fail(&j->judge, "unexpected_answer",
                      "the header of L2 block %" PRIu64 " has no send root", final->number.v);
        return FOUND_UNKNOWN;
    }
    j->judge.ret->seen[CW_EXECUTION] = *final;
    if (cw_u256_to_u64(&position, &wide) || position >= sends.count) {
        return FOUND_NOT;
    }
    if (!find_log(j, position, final, ret)) {
        return FOUND_UNKNOWN;
    }
    memset(evidence, 0, sizeof *evidence);
    evidence->block = final->number;
    evidence->header = *header->header;
    evidence->root = sends.root;
    evidence->size = sends.count;
    evidence->position = position;
    j->look.sent = *ret;
    if (!exit_prove(&j->look, evidence)) {
        j->look.failed = j->look.failed || !j->look.pending; /* it has decided why */
        return FOUND_UNKNOWN;
    }
    return FOUND;
}

/* Next time, when logs were left out or would not do. */
static void ask_others(struct exit_judge *j, uint8_t turn) {
    const uint8_t next = (uint8_t)(turn + 1);
    if (j->judge.failed) {
        j->judge.ret->memory = cw_arena_copy(j->judge.io->arena, cw_slice_of(&next, 1));
        j->judge.io->overflow = j->judge.io->overflow || j->judge.ret->memory.p == NULL;
    }
}

static bool sends_at(struct exit_judge *j, const struct cw_answer *answer,
                     struct cw_nitro_sends *ret) {
    struct cw_hash32 hash;
    const struct cw_hash32 *wanted = &j->judge.io->heads[CW_EXECUTION].latest.hash;
    if (!cw_judge_has(&j->judge, answer, "no endpoint has the rollup's newest header")) {
        return false;
    }
    if (!answer->included || cw_header_hash(&hash, answer->header) != CW_OK ||
        !cw_hash32_equal(&hash, wanted) || !cw_nitro_header_sends(ret, answer->header)) {
        cw_judge_fail(&j->judge, "unexpected_answer",
                      "the rollup's newest header is another one, or has no send root");
        return false;
    }
    return true;
}

static void say_forged(struct exit_judge *j, const struct cw_block_ref *at) {
    j->judge.ret->seen[CW_EXECUTION] = *at;
    cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "forged_message",
                      "the outbox executed a message that our rollup has not sent up to block "
                      "%" PRIu64,
                      at->number.v);
}

/* It is not in the tree of the final block; what is executed was sent long before, but where our
 * rollup is behind. */
static void judge_absent(struct exit_judge *j) {
    const struct cw_block_ref *final = &j->judge.io->heads[CW_EXECUTION].final;
    const struct cw_block_ref *latest = &j->judge.io->heads[CW_EXECUTION].latest;
    const struct cw_u256 wide = cw_u256_from_be(j->judge.subject->key.b);
    const uint64_t now_s = j->judge.subject->block.timestamp_s;
    struct cw_nitro_sends sends;
    uint64_t position;
    if (final->timestamp_s >= now_s) {
        say_forged(j, final);
        return;
    }
    const bool read = sends_at(j, cw_io_block(j->judge.io, CW_EXECUTION, &latest->hash), &sends);
    if (exit_judge_stops(j) || !read) {
        return;
    }
    j->judge.ret->seen[CW_EXECUTION] = *latest;
    if (!cw_u256_to_u64(&position, &wide) && position < sends.count) {
        cw_judge_unverified(&j->judge, "source_not_final",
                            "our rollup has sent it, in a block that is not final yet");
        j->judge.ret->open = true;
    } else if (latest->timestamp_s < now_s) {
        cw_judge_unverified(&j->judge, "source_behind",
                            "our rollup has not sent it up to block %" PRIu64
                            ", its newest one, which is older than the execution",
                            latest->number.v);
        cw_judge_again(&j->judge, CW_EXECUTION, now_s);
    } else {
        say_forged(j, latest);
    }
}

static bool is_word_of(const uint8_t word[32], const struct cw_addr20 *address) {
    static const uint8_t zeros[12] = {0};
    return memcmp(word, zeros, 12) == 0 && memcmp(word + 12, address->b, 20) == 0;
}

/* The outbox says whom it called for whom, and the bridge with what. */
static void compare(struct exit_judge *j, struct cw_slice data, const struct exit_message *sent) {
    struct cw_u256 amount, paid = cw_u256_from_be(data.p + 66);
    struct cw_hash32 data_hash;
    char was[CW_U256_DEC_SIZE], is[CW_U256_DEC_SIZE];
    exit_amount(&amount, j->adapter, &sent->sent.value);
    cw_keccak256(&data_hash, sent->sent.data);
    if (!is_word_of(data.p, &sent->sent.to) || !is_word_of(data.p + 32, &sent->sent.l2_sender)) {
        cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "forged_message",
                          "the outbox executed message %" PRIu64
                          " with another sender or target than it was sent with",
                          sent->position);
    } else if (data.p[65] == 0) {
        cw_judge_unverified(&j->judge, "payment_not_seen",
                            "the bridge says nothing of what it paid for message %" PRIu64,
                            sent->position);
    } else if (cw_u256_cmp(&amount, &paid) != 0) {
        cw_u256_to_dec(was, &amount);
        cw_u256_to_dec(is, &paid);
        cw_judge_value(&j->judge, CW_SETTLEMENT, "paid %s", is);
        cw_judge_value(&j->judge, CW_EXECUTION, "sent %s", was);
        cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "forged_message",
                          "the bridge paid %s for message %" PRIu64 ", which was sent with %s", is,
                          sent->position, was);
    } else if (memcmp(data.p + 98, data_hash.b, 32) != 0) {
        cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "forged_message",
                          "the bridge called the target of message %" PRIu64
                          " with other data than it was sent with",
                          sent->position);
    } else {
        cw_judge_ok(&j->judge);
    }
}

void exit_judge_executed(struct exit_judge *j) {
    const struct cw_subject *subject = j->judge.subject;
    const struct cw_slice data = subject->data;
    struct exit_message sent;
    if (data.n != EXIT_EXECUTION_SIZE) {
        cw_judge_unverified(&j->judge, "bad_subject", "what is kept of it does not decode");
        return;
    }
    if (subject->before.number.v > 0 || data.p[64] != 0) {
        cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "executed_twice",
                          "the outbox executed a message again that it had executed in block "
                          "%" PRIu64,
                          subject->before.number.v > 0 ? subject->before.number.v
                                                       : subject->block.number.v);
        return;
    }
    const uint8_t turn = subject->memory.n == 1 ? subject->memory.p[0] : 0;
    j->look.progress.tries = turn;
    enum found found = find(j, &subject->key, &sent);
    if (exit_judge_stops(j)) {
        ask_others(j, turn);
        return;
    }
    if (found == FOUND_NOT) {
        judge_absent(j);
    } else {
        compare(j, data, &sent);
    }
}
