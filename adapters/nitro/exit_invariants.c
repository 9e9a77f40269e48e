/* What must hold of messages out of a Nitro rollup: which logs are to be judged, and who judges
 * them. */
#include "nitro/exit_invariants.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct cw_invariant exit_invariants[] = {
    [EXIT_ROOT] = {.name = "root",
                   .text = "each assertion is about a block of our rollup and its send root, and a "
                           "false one is not confirmed",
                   .side = CW_SETTLEMENT},
    [EXIT_EXECUTED] = {.name = "executed",
                       .text = "what the outbox executes was sent on our rollup, with the same "
                               "fields, and is executed and paid once",
                       .side = CW_SETTLEMENT},
    [EXIT_CHANGE] = {.name = "change",
                     .text = "no contract, owner or rule was changed within a day",
                     .side = CW_SETTLEMENT},
    [EXIT_GOVERNANCE] = {.name = "governance",
                         .text = "contracts, owners and rules are those that they were",
                         .every_s = 24,
                         .side = CW_SETTLEMENT,
                         .parts = EXIT_RULES},
    [EXIT_CONSERVATION] = {.name = "conservation",
                           .text = "what the bridge holds got less by what its outbox paid out "
                                   "only, and no more than the limits say",
                           .every_s = 24,
                           .side = CW_SETTLEMENT},
    [EXIT_LIVENESS] = {.name = "liveness",
                       .text = "assertions are confirmed as the limit wants",
                       .every_s = 24,
                       .side = CW_SETTLEMENT},
    [EXIT_PAID] = {.name = "paid",
                   .text = "the bridge pays for nothing but what our outbox executes",
                   .side = CW_SETTLEMENT},
    [EXIT_HEAD_LAG] =
        {.name = "head_lag",
         .text = "the rollup's newest block keeps up with the settlement layer, as the limit wants",
         .every_s = 24,
         .side = CW_SETTLEMENT},
    [EXIT_SAFE_LAG] =
        {.name = "safe_lag",
         .text = "the rollup's safe block keeps up with the settlement layer, as the limit wants",
         .every_s = 24,
         .side = CW_SETTLEMENT},
    [EXIT_FINAL_LAG] =
        {.name = "final_lag",
         .text = "the rollup's final block keeps up with the settlement layer, as the limit wants",
         .every_s = 24,
         .side = CW_SETTLEMENT},
    {.name = NULL},
};

/* --- subjects --------------------------------------------------------------------------------- */

#define POSTED_WORDS 6u

bool exit_posted_read(struct exit_posted *ret, struct cw_slice data) {
    struct cw_abi in = cw_abi_open(data);
    uint64_t said;
    memset(ret, 0, sizeof *ret);
    if (data.n != POSTED_WORDS * 32 || cw_abi_u64(&in, &said) != CW_OK || said < EXIT_ASSERTED ||
        said > EXIT_TAKEN) {
        return false;
    }
    ret->said = (enum exit_said)said;
    return cw_abi_word(&in, &ret->name) == CW_OK && cw_abi_word(&in, &ret->parent) == CW_OK &&
           cw_abi_word(&in, &ret->block_hash) == CW_OK && cw_abi_word(&in, &ret->root) == CW_OK &&
           cw_abi_u64(&in, &ret->period) == CW_OK;
}

/* The same thing at another place in the data. */
static struct cw_hash32 word_at(const struct cw_log *log, size_t word) {
    struct cw_hash32 ret;
    memcpy(ret.b, log->data.p + 32 * word, 32);
    return ret;
}

static uint64_t saturated(const struct cw_hash32 *word) {
    const struct cw_u256 wide = cw_u256_from_be(word->b);
    uint64_t low;
    return cw_u256_to_u64(&low, &wide) ? UINT64_MAX : low;
}

/* What each event says. Source: nitro-contracts, IRollupCore.sol of BoLD and of before. */
bool exit_posted_of(struct exit_posted *ret, const struct cw_log *log) {
    const struct cw_hash32 *topic = &log->topics[0];
    struct cw_hash32 period;
    memset(ret, 0, sizeof *ret);
    if (cw_hash32_equal(topic, &NITRO_TOPIC_ASSERTION_CREATED)) {
        if (log->topics_n != 3 || log->data.n != 800) {
            return false;
        }
        period = word_at(log, 24);
        *ret = (struct exit_posted){.said = EXIT_ASSERTED,
                                    .name = log->topics[1],
                                    .parent = log->topics[2],
                                    .block_hash = word_at(log, 13),
                                    .root = word_at(log, 14),
                                    .period = saturated(&period)};
        if (cw_hash32_is_zero(&ret->parent)) {
            ret->said = EXIT_GENESIS;
        }
        return true;
    }
    if (cw_hash32_equal(topic, &NITRO_TOPIC_NODE_CREATED)) {
        if (log->topics_n != 4 || log->data.n != 480) {
            return false;
        }
        *ret = (struct exit_posted){.said = EXIT_NODE,
                                    .name = log->topics[1],
                                    .parent = log->topics[2],
                                    .block_hash = word_at(log, 6),
                                    .root = word_at(log, 7)};
        return true;
    }
    if (cw_hash32_equal(topic, &NITRO_TOPIC_SEND_ROOT_UPDATED)) {
        if (log->topics_n != 3 || log->data.n != 0) {
            return false;
        }
        *ret = (struct exit_posted){.said = EXIT_TAKEN,
                                    .name = log->topics[1],
                                    .block_hash = log->topics[2],
                                    .root = log->topics[1]};
        return true;
    }
    if (log->topics_n != 2 || log->data.n != 64) {
        return false;
    }
    *ret = (struct exit_posted){.said = EXIT_CONFIRMED,
                                .name = log->topics[1],
                                .block_hash = word_at(log, 0),
                                .root = word_at(log, 1)};
    return true;
}

static bool is_confirmed(const struct cw_hash32 *topic) {
    return cw_hash32_equal(topic, &NITRO_TOPIC_ASSERTION_CONFIRMED) ||
           cw_hash32_equal(topic, &NITRO_TOPIC_NODE_CONFIRMED);
}

static bool is_posted(const struct cw_hash32 *topic) {
    return cw_hash32_equal(topic, &NITRO_TOPIC_ASSERTION_CREATED) ||
           cw_hash32_equal(topic, &NITRO_TOPIC_NODE_CREATED) || is_confirmed(topic);
}

/* A root that the outbox takes; what is confirmed in the same transaction speaks of it itself. */
static bool is_taken(const struct cw_adapter *adapter, const struct cw_log *log) {
    struct exit_posted taken, other;
    if (!cw_addr20_equal(&log->address, &adapter->outbox) ||
        !cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_SEND_ROOT_UPDATED)) {
        return false;
    }
    for (size_t i = 0; i < log->beside_n && exit_posted_of(&taken, log); i++) {
        const struct cw_log *beside = &log->beside[i];
        if (cw_addr20_equal(&beside->address, &adapter->rollup) && beside->topics_n > 0 &&
            cw_hash32_equal(&beside->tx_hash, &log->tx_hash) && is_confirmed(&beside->topics[0]) &&
            exit_posted_of(&other, beside) && cw_hash32_equal(&other.root, &taken.root) &&
            cw_hash32_equal(&other.block_hash, &taken.block_hash)) {
            return false;
        }
    }
    return true;
}

static enum cw_err of_rollup(const struct cw_adapter *adapter, const struct cw_log *log,
                             struct cw_arena *arena, struct cw_subject *ret,
                             struct cw_error *error) {
    struct exit_posted posted;
    char name[CW_HEX_SIZE(32)], root[CW_HEX_SIZE(32)];
    if (!exit_posted_of(&posted, log)) {
        return cw_error_set(error, CW_ERR_INPUT, "%zu topics and %zu bytes of data", log->topics_n,
                            log->data.n);
    }
    const struct cw_hash32 words[POSTED_WORDS] = {exit_word_u64((uint64_t)posted.said),
                                                  posted.name,
                                                  posted.parent,
                                                  posted.block_hash,
                                                  posted.root,
                                                  exit_word_u64(posted.period)};
    ret->invariant = EXIT_ROOT;
    ret->key = posted.name;
    cw_hex_encode(name, cw_slice_of(posted.name.b, 32));
    if (!adapter->bold) {
        snprintf(name, sizeof name, "%" PRIu64, saturated(&posted.name));
    }
    cw_hex_encode(root, cw_slice_of(posted.root.b, 32));
    if (posted.said == EXIT_TAKEN) {
        snprintf(ret->about, sizeof ret->about, "the outbox takes send root %s", root);
    } else {
        snprintf(ret->about, sizeof ret->about, "%s %.20s%s, send root %s",
                 adapter->bold ? "assertion" : "node", name,
                 posted.said == EXIT_CONFIRMED ? " is confirmed" : "", root);
    }
    return cw_subject_keep(ret, arena, cw_slice_of(words, sizeof words), error);
}

/* Another execution of it in the same block, before this one. */
static bool is_second(const struct cw_log *log) {
    for (size_t i = 0; i < log->beside_n; i++) {
        const struct cw_log *other = &log->beside[i];
        if (other->log_index < log->log_index && other->topics_n == 4 &&
            cw_addr20_equal(&other->address, &log->address) &&
            cw_hash32_equal(&other->topics[0], &log->topics[0]) &&
            cw_slice_equal(other->data, log->data)) {
            return true;
        }
    }
    return false;
}

/* Data: whom it called, in whose name; whether it is the second in its block; what was paid for it,
 * and the hash of the call's data. */
static enum cw_err of_execution(const struct cw_adapter *adapter, const struct cw_log *log,
                                struct cw_arena *arena, struct cw_subject *ret,
                                struct cw_error *error) {
    uint8_t data[EXIT_EXECUTION_SIZE] = {0};
    struct exit_payment payment;
    if (log->topics_n != 4 || log->data.n != 32) {
        return cw_error_set(error, CW_ERR_INPUT, "%zu topics and %zu bytes of data", log->topics_n,
                            log->data.n);
    }
    const struct cw_log *paid = exit_payment_of(adapter, log);
    memcpy(data, log->topics[1].b, 32);
    memcpy(data + 32, log->topics[2].b, 32);
    data[64] = is_second(log);
    if (paid != NULL && exit_payment_read(&payment, paid)) {
        data[65] = 1;
        cw_u256_to_be(data + 66, &payment.value);
        memcpy(data + 98, payment.data_hash.b, 32);
    }
    ret->invariant = EXIT_EXECUTED;
    memcpy(ret->key.b, log->data.p, 32);
    ret->message = ret->key;
    snprintf(ret->about, sizeof ret->about, "message %" PRIu64 " is executed",
             saturated(&ret->key));
    return cw_subject_keep(ret, arena, cw_slice_of(data, sizeof data), error);
}

static void of_payment(const struct cw_log *log, struct cw_subject *ret) {
    struct exit_payment payment;
    char by[CW_HEX_SIZE(20)] = "?", to[CW_HEX_SIZE(20)] = "?", value[CW_U256_DEC_SIZE] = "?";
    if (log->topics_n == 3) {
        cw_hex_encode(by, cw_slice_of(log->topics[1].b + 12, 20));
        cw_hex_encode(to, cw_slice_of(log->topics[2].b + 12, 20));
    }
    if (exit_payment_read(&payment, log)) {
        cw_u256_to_dec(value, &payment.value);
    }
    ret->invariant = EXIT_PAID;
    cw_log_key(&ret->key, log);
    snprintf(ret->about, sizeof ret->about, "the bridge pays %.40s to %s for %s", value, to, by);
}

enum cw_err exit_subjects(const struct cw_adapter *adapter, enum cw_side side,
                          const struct cw_log *log, struct cw_arena *arena, struct cw_subject *out,
                          size_t cap, size_t *ret_n, struct cw_error *error) {
    struct cw_subject subject = {
        .side = side, .block = log->block, .tx = log->tx_hash, .log_index = log->log_index};
    enum cw_err err;
    const bool ours = side == CW_SETTLEMENT && adapter->prepared && log->topics_n > 0;
    const struct cw_change *change = ours ? exit_change_of(adapter, log) : NULL;
    if (ours && (is_taken(adapter, log) || (cw_addr20_equal(&log->address, &adapter->rollup) &&
                                            is_posted(&log->topics[0])))) {
        err = of_rollup(adapter, log, arena, &subject, error);
    } else if (ours && cw_addr20_equal(&log->address, &adapter->outbox) &&
               cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_EXECUTED)) {
        err = of_execution(adapter, log, arena, &subject, error);
    } else if (ours && exit_is_payment(adapter, log) && !exit_is_paid_for(adapter, log)) {
        of_payment(log, &subject);
        err = CW_OK;
    } else if (change != NULL) {
        subject.invariant = EXIT_CHANGE;
        err = cw_change_subject(&subject, change, log, arena, error);
    } else {
        *ret_n = 0;
        return CW_OK;
    }
    if (err != CW_OK) {
        return err;
    }
    *ret_n = 1;
    if (cap == 0) {
        return cw_error_set(error, CW_ERR_LIMIT, "1 subject");
    }
    out[0] = subject;
    return CW_OK;
}

enum cw_err exit_watched(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                         size_t *ret_n) {
    const struct cw_addr20 *const contracts[] = {&adapter->outbox, &adapter->bridge,
                                                 &adapter->rollup};
    const size_t n = adapter->prepared ? CW_COUNT(contracts) : 1;
    for (size_t i = 0; i < n && i < cap; i++) {
        out[i] = (struct cw_filter){.side = CW_SETTLEMENT, .address = *contracts[i], .topics_n = 1};
        out[i].topics[0] = NITRO_TOPIC_ADMIN_CHANGED;
        if (i == 1) {
            out[i].topics[out[i].topics_n++] = NITRO_TOPIC_CALL_TRIGGERED;
        } else if (i == 2) {
            out[i].topics[out[i].topics_n++] = NITRO_TOPIC_OWNER_CALLED;
        }
    }
    *ret_n = n;
    return n <= cap ? CW_OK : CW_ERR_LIMIT;
}

/* --- judging ---------------------------------------------------------------------------------- */

bool exit_judge_stops(struct exit_judge *j) {
    j->judge.pending = j->judge.pending || j->look.pending;
    if (j->look.failed) {
        cw_judge_fail(&j->judge, j->unused.reason, "%s", j->unused.detail);
    }
    return cw_judge_stops(&j->judge);
}

void exit_judge(const struct cw_adapter *adapter, const struct cw_subject *subject,
                const struct cw_message *message, enum cw_verdict_state rests_on, struct cw_io *io,
                struct cw_invariant_verdict *ret) {
    static void (*const judges[])(struct exit_judge *) = {
        [EXIT_ROOT] = exit_judge_root,
        [EXIT_EXECUTED] = exit_judge_executed,
        [EXIT_CHANGE] = exit_judge_change,
        [EXIT_GOVERNANCE] = exit_judge_governance,
        [EXIT_CONSERVATION] = exit_judge_conservation,
        [EXIT_LIVENESS] = exit_judge_liveness,
        [EXIT_PAID] = exit_judge_paid,
        [EXIT_HEAD_LAG] = exit_judge_head_lag,
        [EXIT_SAFE_LAG] = exit_judge_safe_lag,
        [EXIT_FINAL_LAG] = exit_judge_final_lag};
    struct exit_judge j = {
        .judge = cw_judge_open(subject, io, ret), .adapter = adapter, .message = message};
    (void)rests_on; /* the outbox does not say under which root it executes */
    j.look.adapter = adapter;
    j.look.io = io;
    j.look.now = &io->heads[CW_SETTLEMENT].latest;
    j.look.message = &j.nobody;
    j.look.decision = &j.unused;
    if (subject->invariant < CW_COUNT(judges)) {
        judges[subject->invariant](&j);
    } else {
        cw_judge_unverified(&j.judge, "bad_subject", "there is no such invariant");
    }
}
