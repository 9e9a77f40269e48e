/* What must hold of withdrawals: which logs are to be judged, and who judges them. */
#include "opstack/invariants.h"

#include "opstack/events.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct cw_invariant opstack_invariants[] = {
    [OP_ROOT] = {.name = "root",
                 .text = "each root that is posted is our chain's, and a false one does not win",
                 .side = CW_SETTLEMENT},
    [OP_PROVEN] = {.name = "proven",
                   .text = "what is proven was sent on our chain, and proven on its root",
                   .side = CW_SETTLEMENT},
    [OP_EXECUTED] = {.name = "executed",
                     .text = "what is executed was sent on our chain, proven before on its root, "
                             "and executed once",
                     .side = CW_SETTLEMENT},
    [OP_CHANGE] = {.name = "change",
                   .text = "no contract, owner or rule was changed within a day, no game "
                           "blacklisted and no output deleted",
                   .side = CW_SETTLEMENT},
    [OP_GOVERNANCE] = {.name = "governance",
                       .text = "contracts, owners and rules are those that they were",
                       .every_s = 24,
                       .side = CW_SETTLEMENT,
                       .parts = OP_RULES},
    [OP_CONSERVATION] = {.name = "conservation",
                         .text = "the ether that is locked is what was, with the deposits and "
                                 "without the withdrawals since, and no more is paid out than "
                                 "the limits say",
                         .every_s = 24,
                         .side = CW_SETTLEMENT},
    [OP_LIVENESS] = {.name = "liveness",
                     .text = "roots are proposed as the limit wants",
                     .every_s = 24,
                     .side = CW_SETTLEMENT},
    [OP_HEAD_LAG] =
        {.name = "head_lag",
         .text = "the rollup's newest block keeps up with the settlement layer, as the limit wants",
         .every_s = 24,
         .side = CW_SETTLEMENT},
    [OP_SAFE_LAG] =
        {.name = "safe_lag",
         .text = "the rollup's safe block keeps up with the settlement layer, as the limit wants",
         .every_s = 24,
         .side = CW_SETTLEMENT},
    [OP_FINAL_LAG] =
        {.name = "final_lag",
         .text = "the rollup's final block keeps up with the settlement layer, as the limit wants",
         .every_s = 24,
         .side = CW_SETTLEMENT},
    [OP_TOKENS] = {.name = "tokens",
                   .text = "of each token that is listed the bridge holds what the rollup has",
                   .every_s = 24,
                   .side = CW_EXECUTION,
                   .parts = OPSTACK_TOKENS_MAX},
    {.name = NULL},
};

/* --- subjects --------------------------------------------------------------------------------- */

#define POSTED_WORDS 4u
enum { POSTED_OUTPUT = 1, POSTED_GAME = 2 };

bool op_posted_read(struct op_posted *ret, struct cw_slice data) {
    struct cw_abi in = cw_abi_open(data);
    struct cw_u256 root;
    uint64_t kind;
    memset(ret, 0, sizeof *ret);
    if (data.n != POSTED_WORDS * 32 || cw_abi_u64(&in, &kind) != CW_OK) {
        return false;
    }
    ret->is_game = kind == POSTED_GAME;
    if (ret->is_game) {
        return cw_abi_addr20(&in, &ret->game) == CW_OK && cw_abi_u64(&in, &ret->type) == CW_OK &&
               cw_abi_word(&in, &ret->root) == CW_OK;
    }
    if (kind != POSTED_OUTPUT || cw_abi_u256(&in, &root) != CW_OK) {
        return false;
    }
    cw_u256_to_be(ret->root.b, &root);
    return cw_abi_u64(&in, &ret->index) == CW_OK && cw_abi_u64(&in, &ret->block) == CW_OK;
}

void op_output_key(struct cw_hash32 *out, const struct cw_hash32 *root, uint64_t index) {
    const struct cw_hash32 words[2] = {*root, opstack_word_u64(index)};
    cw_keccak256(out, cw_slice_of(words, sizeof words));
}

struct list {
    struct cw_subject *out;
    size_t cap, n;
    const struct cw_log *log;
    enum cw_side side;
};

/* With what every subject of a log has; the room is scratch when there is none left. */
static struct cw_subject *add(struct list *list, enum op_invariant invariant,
                              struct cw_subject *scratch) {
    struct cw_subject *subject = list->n < list->cap ? &list->out[list->n] : scratch;
    list->n++;
    *subject = (struct cw_subject){.invariant = (size_t)invariant,
                                   .side = list->side,
                                   .block = list->log->block,
                                   .tx = list->log->tx_hash,
                                   .log_index = list->log->log_index};
    return subject;
}

static enum cw_err malformed(const struct cw_log *log, const char *what, struct cw_error *error) {
    return cw_error_set(error, CW_ERR_INPUT, "%s with %zu topics and %zu bytes of data", what,
                        log->topics_n, log->data.n);
}

static enum cw_err of_output(struct list *list, struct cw_arena *arena, struct cw_error *error) {
    const struct cw_log *log = list->log;
    struct cw_subject scratch;
    char hex[CW_HEX_SIZE(32)];
    if (log->topics_n != 4 || log->data.n != 32) {
        return malformed(log, "OutputProposed", error);
    }
    const struct cw_u256 index = cw_u256_from_be(log->topics[2].b);
    const struct cw_u256 block = cw_u256_from_be(log->topics[3].b);
    const struct cw_hash32 words[POSTED_WORDS] = {opstack_word_u64(POSTED_OUTPUT), log->topics[1],
                                                  opstack_word_u64(event_saturated(&index)),
                                                  opstack_word_u64(event_saturated(&block))};
    struct cw_subject *s = add(list, OP_ROOT, &scratch);
    op_output_key(&s->key, &words[1], event_saturated(&index));
    snprintf(s->about, sizeof s->about, "output %" PRIu64 " for L2 block %" PRIu64 ", root %s",
             event_saturated(&index), event_saturated(&block),
             cw_hex_encode(hex, cw_slice_of(log->topics[1].b, 32)));
    return cw_subject_keep(s, arena, cw_slice_of(words, sizeof words), error);
}

static enum cw_err of_game(struct list *list, struct cw_arena *arena, struct cw_error *error) {
    const struct cw_log *log = list->log;
    struct cw_subject scratch;
    struct cw_addr20 game;
    uint64_t type = 0;
    char at[CW_HEX_SIZE(20)], root[CW_HEX_SIZE(32)];
    if (log->topics_n != 4 || log->data.n != 0) {
        return malformed(log, "DisputeGameCreated", error);
    }
    struct cw_abi address = cw_abi_open(cw_slice_of(log->topics[1].b, 32));
    struct cw_abi number = cw_abi_open(cw_slice_of(log->topics[2].b, 32));
    if (cw_abi_addr20(&address, &game) != CW_OK || cw_abi_u64(&number, &type) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "DisputeGameCreated names no game");
    }
    const struct cw_hash32 words[POSTED_WORDS] = {opstack_word_u64(POSTED_GAME), log->topics[1],
                                                  log->topics[2], log->topics[3]};
    struct cw_subject *s = add(list, OP_ROOT, &scratch);
    s->key = log->topics[1];
    snprintf(s->about, sizeof s->about, "game %s of type %" PRIu64 ", root %s",
             cw_hex_encode(at, cw_slice_of(game.b, 20)), type,
             cw_hex_encode(root, cw_slice_of(log->topics[3].b, 32)));
    return cw_subject_keep(s, arena, cw_slice_of(words, sizeof words), error);
}

/* WithdrawalProven where a withdrawal has one proof, else the event that names whose it is. */
static enum cw_err of_proof(struct list *list, struct cw_arena *arena, bool by_submitter,
                            struct cw_error *error) {
    const struct cw_log *log = list->log;
    struct cw_subject scratch;
    char id[CW_HEX_SIZE(32)], hex[CW_HEX_SIZE(20)];
    struct cw_addr20 by;
    if (log->topics_n != (by_submitter ? 3u : 4u) || log->data.n != 0) {
        return malformed(log, "a proof's event", error);
    }
    struct cw_abi in = cw_abi_open(cw_slice_of(log->topics[2].b, 32));
    if (by_submitter && cw_abi_addr20(&in, &by) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "a topic is not an address");
    }
    struct cw_subject *s = add(list, OP_PROVEN, &scratch);
    s->message = log->topics[1];
    s->key = log->topics[1];
    cw_hex_encode(id, cw_slice_of(s->message.b, 32));
    if (!by_submitter) {
        snprintf(s->about, sizeof s->about, "withdrawal %s is proven", id);
        return CW_OK;
    }
    cw_keccak256(&s->key, cw_slice_of(log->topics[1].b, 64)); /* withdrawal ‖ submitter */
    snprintf(s->about, sizeof s->about, "withdrawal %s is proven by %s", id,
             cw_hex_encode(hex, cw_slice_of(by.b, 20)));
    return cw_subject_keep(s, arena, cw_slice_of(by.b, 20), error);
}

/* Another execution of it in the same block, before this one. */
static bool is_second(const struct cw_log *log) {
    for (size_t i = 0; i < log->beside_n; i++) {
        const struct cw_log *other = &log->beside[i];
        if (other->log_index < log->log_index && cw_addr20_equal(&other->address, &log->address) &&
            other->topics_n == log->topics_n &&
            cw_hash32_equal(&other->topics[0], &log->topics[0]) &&
            cw_hash32_equal(&other->topics[1], &log->topics[1])) {
            return true;
        }
    }
    return false;
}

static enum cw_err of_execution(struct list *list, struct cw_arena *arena, struct cw_error *error) {
    const struct cw_log *log = list->log;
    struct cw_subject scratch;
    char id[CW_HEX_SIZE(32)];
    if (log->topics_n != 2 || log->data.n != 32) {
        return malformed(log, "WithdrawalFinalized", error);
    }
    const uint8_t second = is_second(log);
    struct cw_subject *s = add(list, OP_EXECUTED, &scratch);
    s->message = log->topics[1];
    s->key = log->topics[1];
    snprintf(s->about, sizeof s->about, "withdrawal %s is finalized",
             cw_hex_encode(id, cw_slice_of(s->message.b, 32)));
    return cw_subject_keep(s, arena, cw_slice_of(&second, 1), error);
}

enum cw_err opstack_subjects(const struct cw_adapter *adapter, enum cw_side side,
                             const struct cw_log *log, struct cw_arena *arena,
                             struct cw_subject *out, size_t cap, size_t *ret_n,
                             struct cw_error *error) {
    struct list list = {.out = out, .cap = cap, .log = log, .side = side};
    const bool games = adapter->flavour == OPSTACK_GAMES;
    struct cw_subject scratch;
    enum cw_err err = CW_OK;
    if (side == CW_SETTLEMENT && cw_addr20_equal(&log->address, &adapter->portal)) {
        if (event_is(log, games ? &OPSTACK_TOPIC_PROVEN_BY : &OPSTACK_TOPIC_PROVEN)) {
            err = of_proof(&list, arena, games, error);
        } else if (event_is(log, &OPSTACK_TOPIC_FINALIZED)) {
            err = of_execution(&list, arena, error);
        }
    } else if (side == CW_SETTLEMENT && cw_addr20_equal(&log->address, &adapter->roots)) {
        if (games && event_is(log, &OPSTACK_TOPIC_GAME_CREATED)) {
            err = of_game(&list, arena, error);
        } else if (!games && event_is(log, &OPSTACK_TOPIC_OUTPUT_PROPOSED)) {
            err = of_output(&list, arena, error);
        }
    }
    const struct cw_change *change = err == CW_OK && side == CW_SETTLEMENT
                                         ? op_change_of(adapter, log)
                                         : NULL;
    if (change != NULL) {
        err = cw_change_subject(add(&list, OP_CHANGE, &scratch), change, log, arena, error);
    }
    if (err != CW_OK) {
        return err;
    }
    *ret_n = list.n;
    return list.n <= cap ? CW_OK : cw_error_set(error, CW_ERR_LIMIT, "%zu subjects", list.n);
}

enum cw_err opstack_watched(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                            size_t *ret_n) {
    static const struct cw_hash32 *const proxy[] = {&OPSTACK_TOPIC_ADMIN_CHANGED};
    static const struct cw_hash32 *const factory[] = {
        &OPSTACK_TOPIC_ADMIN_CHANGED, &OPSTACK_TOPIC_IMPLEMENTATION_SET, &OPSTACK_TOPIC_OWNERSHIP};
    struct filter_list list = {.out = out, .cap = cap};
    filter_add(&list, CW_SETTLEMENT, &adapter->portal, proxy, CW_COUNT(proxy));
    if (adapter->flavour == OPSTACK_GAMES) {
        filter_add(&list, CW_SETTLEMENT, &adapter->roots, factory, CW_COUNT(factory));
    } else if (adapter->flavour == OPSTACK_OUTPUTS) {
        filter_add(&list, CW_SETTLEMENT, &adapter->roots, proxy, CW_COUNT(proxy));
    }
    if (!cw_addr20_is_zero(&adapter->registry)) {
        filter_add(&list, CW_SETTLEMENT, &adapter->registry, proxy, CW_COUNT(proxy));
    }
    *ret_n = list.n;
    return list.n <= cap ? CW_OK : CW_ERR_LIMIT;
}

/* --- judging ---------------------------------------------------------------------------------- */

bool op_failed(struct op_judge *j) {
    if (j->look.failed) {
        cw_judge_fail(&j->judge, j->unused.reason, "%s", j->unused.detail);
    }
    return j->judge.failed;
}

bool op_stops(struct op_judge *j) {
    j->judge.pending = j->judge.pending || j->look.pending;
    return op_failed(j) || cw_judge_stops(&j->judge);
}

void opstack_judge(const struct cw_adapter *adapter, const struct cw_subject *subject,
                   const struct cw_message *message, enum cw_verdict_state rests_on,
                   struct cw_io *io, struct cw_invariant_verdict *ret) {
    static void (*const judges[])(struct op_judge *) = {[OP_ROOT] = op_judge_root,
                                                        [OP_PROVEN] = op_judge_proven,
                                                        [OP_EXECUTED] = op_judge_executed,
                                                        [OP_CHANGE] = op_judge_change,
                                                        [OP_GOVERNANCE] = op_judge_governance,
                                                        [OP_CONSERVATION] = op_judge_conservation,
                                                        [OP_LIVENESS] = op_judge_liveness,
                                                        [OP_HEAD_LAG] = op_judge_head_lag,
                                                        [OP_SAFE_LAG] = op_judge_safe_lag,
                                                        [OP_FINAL_LAG] = op_judge_final_lag,
                                                        [OP_TOKENS] = op_judge_tokens};
    struct op_judge j = {
        .judge = cw_judge_open(subject, io, ret), .adapter = adapter, .message = message};
    (void)rests_on; /* the portal says on which root: it is told here, too */
    j.look.adapter = adapter;
    j.look.io = io;
    j.look.side = CW_SETTLEMENT;
    j.look.now = &io->heads[CW_SETTLEMENT].latest;
    j.look.message = &j.nobody;
    j.look.decision = &j.unused;
    if (subject->invariant < CW_COUNT(judges)) {
        judges[subject->invariant](&j);
    } else {
        cw_judge_unverified(&j.judge, "bad_subject", "there is no such invariant");
    }
}
