/* Every assertion is about a block of our rollup, and a false one is not confirmed. */
#include "nitro/exit_invariants.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ETHEREUM_BLOCK_S 12u
/* Less than one part in so many of the time to dispute is left: near its end. */
#define NEAR_PART 4u
/* How often a false one is looked at at least, in parts of that time. */
#define LOOKS_FALSE 64u

/* Blocks of the settlement layer in one question for those that stand against one, how many such
 * questions there are, and how many are looked at. */
#define RIVALS_PIECE  8192u
#define RIVALS_PIECES 8u
#define RIVALS_MAX    64u
#define RIVALS_LAG_S  60u

/* Source: nitro-contracts, rollup/Assertion.sol, AssertionStatus. */
enum { STATUS_PENDING = 1, STATUS_CONFIRMED = 2 };

/* --- is it ours? ------------------------------------------------------------------------------ */

/* Blocks come in the order of their times: one that is none of ours though we have later ones, is
 * nobody's. */
static void tell_unknown(struct exit_judge *j, const struct exit_posted *posted,
                         struct cw_told *ret) {
    const struct cw_heads *l2 = &j->judge.io->heads[CW_EXECUTION];
    char hash[CW_HEX_SIZE(32)];
    cw_hex_encode(hash, cw_slice_of(posted->block_hash.b, 32));
    const uint64_t past_s = cw_past_s(j->judge.subject->block.timestamp_s);
    if (l2->latest.timestamp_s >= past_s) {
        cw_told_set(ret, CW_FALSE, "root_mismatch", "no block of our rollup has the hash %s", hash);
        return;
    }
    cw_told_set(ret, CW_UNTOLD, "block_not_known",
                "no block of our rollup has the hash %s yet, and its newest is hardly younger "
                "than the assertion, or older",
                hash);
    ret->again_s = past_s;
}

/* Its root is the block's: is the block ours? */
static void tell_place(struct exit_judge *j, const struct exit_posted *posted,
                       struct cw_block_number number, struct cw_told *ret) {
    const uint64_t final = j->judge.io->heads[CW_EXECUTION].final.number.v;
    struct cw_nitro_sends sends;
    if (number.v > final) {
        cw_told_set(ret, CW_UNTOLD, "block_not_final",
                    "L2 block %" PRIu64 " is not final here, %" PRIu64 " is", number.v, final);
        ret->not_final = true;
        return;
    }
    const struct cw_answer *ours = cw_judge_header(&j->judge, CW_EXECUTION, number);
    if (ours == NULL) {
        ret->truth = CW_ASKED; /* or failed */
    } else if (cw_hash32_equal(&ours->header_hash, &posted->block_hash)) {
        ret->truth = CW_TRUE;
    } else {
        ret->at = (struct cw_block_ref){number, ours->header_hash, ours->header->timestamp};
        ret->has_own = cw_nitro_header_sends(&sends, ours->header);
        ret->own = sends.root;
        cw_told_set(ret, CW_FALSE, "root_mismatch", "our L2 block %" PRIu64 " is another one",
                    number.v);
    }
}

static void tell(struct exit_judge *j, const struct exit_posted *posted, struct cw_told *ret) {
    struct cw_io *io = j->judge.io;
    struct cw_nitro_sends sends;
    struct cw_hash32 hash;
    memset(ret, 0, sizeof *ret);
    if (cw_hash32_is_zero(&posted->block_hash)) {
        const bool begins = posted->said == EXIT_GENESIS && cw_hash32_is_zero(&posted->root);
        cw_told_set(ret, begins ? CW_TRUE : CW_FALSE, begins ? "" : "zero_root",
                    "the hash of its block is zero");
        return;
    }
    const struct cw_answer *block = cw_io_block(io, CW_EXECUTION, &posted->block_hash);
    if (!cw_told_has(&j->judge, ret, block, "unavailable")) {
        return;
    }
    if (!block->included) {
        tell_unknown(j, posted, ret);
        return;
    }
    if (cw_header_hash(&hash, block->header) != CW_OK ||
        !cw_hash32_equal(&hash, &posted->block_hash)) {
        cw_told_set(ret, CW_UNTOLD, "unexpected_answer", "a block with another hash is answered");
        return;
    }
    const struct cw_block_number number = block->header->number;
    ret->at = (struct cw_block_ref){number, posted->block_hash, block->header->timestamp};
    ret->has_own = cw_nitro_header_sends(&sends, block->header);
    ret->own = sends.root;
    if (!ret->has_own) {
        cw_told_set(ret, CW_UNTOLD, "unexpected_answer",
                    "the header of L2 block %" PRIu64 " has no send root", number.v);
    } else if (!cw_hash32_equal(&sends.root, &posted->root)) { /* whatever becomes of the block */
        cw_told_set(ret, CW_FALSE, "root_mismatch", "L2 block %" PRIu64 " has another send root",
                    number.v);
    } else {
        tell_place(j, posted, number, ret);
    }
}

/* --- what becomes of it? ---------------------------------------------------------------------- */

struct fate {
    bool permissioned; /* only validators that the owner names make assertions */
    bool confirmed, lost;
    bool rivaled;         /* somebody made another one in its place, */
    bool opposed;         /* which is not known to be false, too */
    bool next;            /* what it builds on is confirmed */
    uint64_t first_child; /* of what it builds on: its block */
    uint64_t left;        /* blocks of the settlement layer until it may be confirmed */
    uint64_t period;
};

/* The words of a struct that a function of the rollup answers with. */
static bool read_struct(struct exit_judge *j, uint32_t selector, const struct cw_hash32 *word,
                        size_t words_n, struct cw_slice *ret) {
    uint8_t room[EXIT_VIEW_SIZE];
    const struct cw_answer *answer = cw_io_call(j->judge.io, CW_SETTLEMENT, j->look.now,
                                                &j->adapter->rollup,
                                                exit_view(room, selector, word));
    if (!cw_judge_has(&j->judge, answer, "the rollup contract does not answer")) {
        return false;
    }
    if (answer->data.n != 32 * words_n) {
        cw_judge_fail(&j->judge, "unexpected_answer",
                      "function 0x%08x of the rollup answers with %zu bytes", (unsigned)selector,
                      answer->data.n);
        return false;
    }
    *ret = answer->data;
    return true;
}

static uint64_t u64_at(struct cw_slice words, size_t i) {
    const struct cw_u256 wide = cw_u256_from_be(words.p + 32 * i);
    uint64_t low;
    return cw_u256_to_u64(&low, &wide) ? UINT64_MAX : low;
}

/* Who does not say so is older than the choice. */
static bool read_permissioned(struct exit_judge *j, bool *ret) {
    uint8_t room[EXIT_VIEW_SIZE];
    const struct cw_answer *answer = cw_io_call(j->judge.io, CW_SETTLEMENT, j->look.now,
                                                &j->adapter->rollup,
                                                exit_view(room, SEL_WHITELIST_DISABLED, NULL));
    if (answer != NULL && answer->status == CW_ANSWER_REVERTED) {
        *ret = true;
        return true;
    }
    if (!cw_judge_has(&j->judge, answer, "the rollup contract does not answer")) {
        return false;
    }
    *ret = answer->data.n != 32 || answer->data.p[31] == 0;
    return true;
}

/* Since it was made; on a Nitro chain its contracts count the blocks of the layer below. */
static uint64_t blocks_since(const struct exit_judge *j) {
    const struct cw_block_ref *made = &j->judge.subject->block, *now = j->look.now;
    if (j->adapter->on_nitro) {
        return now->timestamp_s > made->timestamp_s
                   ? (now->timestamp_s - made->timestamp_s) / ETHEREUM_BLOCK_S
                   : 0;
    }
    return now->number.v > made->number.v ? now->number.v - made->number.v : 0;
}

static void count_down(const struct exit_judge *j, struct fate *fate, uint64_t period) {
    const uint64_t gone = blocks_since(j);
    fate->period = period;
    fate->left = period > gone ? period - gone : 0;
}

/* (first child's block, second child's block, created at, is first child, status, config hash) */
static void read_assertion(struct exit_judge *j, const struct exit_posted *posted,
                           struct fate *fate) {
    struct cw_slice own, parent, newest;
    bool read = read_struct(j, SEL_ASSERTION, &posted->name, 6, &own);
    read = read_struct(j, SEL_ASSERTION, &posted->parent, 6, &parent) && read;
    read = read_struct(j, SEL_LATEST_CONFIRMED, NULL, 1, &newest) && read;
    if (!read) {
        return;
    }
    const bool passed = memcmp(newest.p, posted->parent.b, 32) != 0;
    fate->confirmed = u64_at(own, 4) == STATUS_CONFIRMED;
    fate->rivaled = fate->opposed = u64_at(parent, 1) != 0;
    fate->first_child = u64_at(parent, 0);
    fate->next = u64_at(parent, 4) == STATUS_CONFIRMED;
    fate->lost = !fate->confirmed && fate->next && passed;
    count_down(j, fate, posted->period);
}

/* (state hash, challenge hash, confirm data, previous, deadline, no child confirmed before,
 * stakers, stakers of children, first child's block, latest child, created at, node hash) */
static void read_node(struct exit_judge *j, const struct exit_posted *posted, struct fate *fate) {
    struct cw_slice own, parent, newest;
    bool read = read_struct(j, SEL_NODE, &posted->name, 12, &own);
    read = read_struct(j, SEL_LATEST_CONFIRMED, NULL, 1, &newest) && read;
    if (!read) {
        return;
    }
    const struct cw_hash32 before = exit_word_u64(u64_at(own, 3));
    if (!read_struct(j, SEL_NODE, &before, 12, &parent)) {
        return;
    }
    const struct cw_u256 name = cw_u256_from_be(posted->name.b);
    const struct cw_u256 confirmed = cw_u256_from_be(newest.p);
    const struct cw_u256 child = cw_u256_from_be(parent.p + 32 * 9);
    const uint64_t made = u64_at(own, 10), deadline = u64_at(own, 4);
    fate->next = u64_at(own, 3) == u64_at(newest, 0);
    fate->lost = cw_u256_cmp(&name, &confirmed) <= 0; /* if the outbox does not know its root */
    fate->rivaled = fate->opposed = cw_u256_cmp(&child, &name) != 0 || u64_at(parent, 8) < made;
    count_down(j, fate, deadline > made ? deadline - made : 0);
}

/* Our rollup may not have a block yet that others have. */
static bool is_behind(const struct exit_judge *j) {
    return j->judge.io->heads[CW_EXECUTION].latest.timestamp_s + RIVALS_LAG_S <
           j->look.now->timestamp_s;
}

/* Whether the log makes another assertion that is true, or may be: one that names its block's root.
 */
static bool may_be_true(struct exit_judge *j, const struct exit_posted *posted,
                        const struct cw_log *log) {
    struct exit_posted other;
    struct cw_nitro_sends sends;
    struct cw_hash32 hash;
    if (!exit_posted_of(&other, log) || cw_hash32_equal(&other.name, &posted->name)) {
        return false;
    }
    const struct cw_answer *block = cw_io_block(j->judge.io, CW_EXECUTION, &other.block_hash);
    if (block == NULL) {
        j->judge.pending = true; /* others are asked for, too */
        return false;
    }
    if (block->status != CW_ANSWER_OK || !block->included) {
        return block->status != CW_ANSWER_OK || is_behind(j);
    }
    return cw_header_hash(&hash, block->header) == CW_OK &&
           cw_hash32_equal(&hash, &other.block_hash) &&
           cw_nitro_header_sends(&sends, block->header) &&
           cw_hash32_equal(&sends.root, &other.root);
}

/* Who makes a false assertion can make a second one against it, so that it looks disputed. */
static bool is_opposed(struct exit_judge *j, const struct exit_posted *posted, uint64_t from) {
    const struct cw_block_ref *now = j->look.now;
    const struct cw_topic_set topics[CW_TOPICS] = {
        {&NITRO_TOPIC_ASSERTION_CREATED, 1}, {NULL, 0}, {&posted->parent, 1}};
    bool opposed = now->number.v - from >= RIVALS_PIECE * RIVALS_PIECES;
    size_t n = 0;
    while (!opposed && from <= now->number.v) {
        struct cw_block_ref to = *now;
        if (now->number.v - from >= RIVALS_PIECE) {
            to = (struct cw_block_ref){.number = {from + RIVALS_PIECE - 1}};
        }
        const struct cw_answer *logs = cw_io_logs(j->judge.io, CW_SETTLEMENT,
                                                  (struct cw_block_number){from}, &to,
                                                  &j->adapter->rollup, topics, 0);
        j->judge.pending = j->judge.pending || logs == NULL;
        opposed = logs != NULL && logs->status != CW_ANSWER_OK;
        for (size_t i = 0; logs != NULL && i < logs->logs_n && !opposed; i++) {
            opposed = n++ == RIVALS_MAX || may_be_true(j, posted, &logs->logs[i]);
        }
        from = to.number.v + 1;
    }
    return opposed;
}

static void read_fate(struct exit_judge *j, const struct exit_posted *posted, struct fate *fate) {
    struct cw_hash32 block_hash;
    memset(fate, 0, sizeof *fate);
    (void)read_permissioned(j, &fate->permissioned);
    if (posted->said == EXIT_ASSERTED) {
        read_assertion(j, posted, fate);
    } else if (posted->said == EXIT_NODE) {
        read_node(j, posted, fate);
    }
    if (posted->said != EXIT_ASSERTED && posted->said != EXIT_NODE) {
        fate->confirmed = true;
    } else if (exit_read(&j->look, j->look.now, &j->adapter->outbox, SEL_ROOTS, &posted->root,
                         &block_hash)) {
        fate->confirmed = fate->confirmed || (!cw_hash32_is_zero(&block_hash) &&
                                              cw_hash32_equal(&block_hash, &posted->block_hash));
    }
    fate->lost = fate->lost && !fate->confirmed;
    if (posted->said == EXIT_ASSERTED && fate->rivaled && !fate->confirmed && !fate->lost &&
        !j->adapter->on_nitro) { /* whose contracts count other blocks than those of its logs */
        fate->opposed = is_opposed(j, posted, fate->first_child);
    }
}

/* --- verdict ---------------------------------------------------------------------------------- */

static void name(char out[80], const struct exit_posted *posted, bool bold) {
    char hex[CW_HEX_SIZE(32)];
    const struct cw_slice words = cw_slice_of(posted->name.b, 32);
    if (posted->said == EXIT_TAKEN) {
        snprintf(out, 80, "the root");
    } else if (bold) {
        snprintf(out, 80, "assertion %s", cw_hex_encode(hex, words));
    } else {
        snprintf(out, 80, "node %" PRIu64, u64_at(words, 0));
    }
}

/* When it may be near its end, by the pace of the blocks since it was made. */
static uint64_t next_look(const struct exit_judge *j, const struct fate *fate) {
    const struct cw_block_ref *made = &j->judge.subject->block, *now = j->look.now;
    const uint64_t near = fate->period / NEAR_PART;
    const uint64_t gone_s = now->timestamp_s > made->timestamp_s
                                ? now->timestamp_s - made->timestamp_s
                                : 0;
    const uint64_t gone = blocks_since(j);
    const uint64_t blocks = fate->left > near ? fate->left - near : fate->left;
    uint64_t often, wait;
    if (__builtin_mul_overflow(fate->period, ETHEREUM_BLOCK_S, &often)) {
        often = 0;
    }
    often = 1 + often / LOOKS_FALSE;
    if (gone == 0 || gone_s == 0 || __builtin_mul_overflow(blocks, gone_s, &wait)) {
        return now->timestamp_s + often;
    }
    wait = 1 + wait / gone;
    return now->timestamp_s + (wait < often ? wait : often);
}

static void judge_false(struct exit_judge *j, const struct exit_posted *posted,
                        const struct fate *fate, const struct cw_told *told) {
    const bool winning = !fate->confirmed && !fate->lost && !fate->opposed && fate->next &&
                         fate->left <= fate->period / NEAR_PART;
    const char *reason = told->reason, *then = "it can still be disputed";
    enum cw_stake stake = fate->permissioned ? CW_STAKE_ROUTE : CW_STAKE_NONE;
    char who[80];
    name(who, posted, j->adapter->bold);
    if (fate->lost && !fate->permissioned) {
        cw_judge_ok(&j->judge); /* anybody may be wrong, and lose his stake */
        return;
    }
    if (fate->lost) {
        stake = CW_STAKE_NONE;
        then = "another one was confirmed in its place";
    } else if (fate->confirmed) {
        stake = CW_STAKE_ROUTE;
        reason = posted->said == EXIT_TAKEN ? "false_root_taken" : "false_root_confirmed";
        then = "the outbox takes proofs under it";
    } else if (winning) {
        stake = CW_STAKE_ROUTE;
        reason = "false_root_winning";
        then = fate->rivaled ? "what stands against it is false, too, and one of them is confirmed "
                               "if nobody disputes them"
                             : "it is confirmed soon if nobody disputes it";
    }
    cw_judge_violated(&j->judge, stake, reason, "%s is false: %s; %s", who, told->text, then);
    if (!fate->lost && !fate->confirmed) {
        cw_judge_again(&j->judge, CW_SETTLEMENT, next_look(j, fate));
    }
}

static void show(struct exit_judge *j, const struct exit_posted *posted,
                 const struct cw_told *told) {
    char hex[CW_HEX_SIZE(32)];
    cw_judge_value(&j->judge, CW_SETTLEMENT, "send root %s",
                   cw_hex_encode(hex, cw_slice_of(posted->root.b, 32)));
    if (told->has_own) {
        cw_judge_value(&j->judge, CW_EXECUTION, "send root %s of block %" PRIu64,
                       cw_hex_encode(hex, cw_slice_of(told->own.b, 32)), told->at.number.v);
    }
    j->judge.ret->seen[CW_EXECUTION] = told->at;
}

void exit_judge_root(struct exit_judge *j) {
    struct exit_posted posted;
    struct cw_told told;
    struct fate fate;
    if (!exit_posted_read(&posted, j->judge.subject->data)) {
        cw_judge_unverified(&j->judge, "bad_subject", "what is kept of it does not decode");
        return;
    }
    tell(j, &posted, &told);
    if (told.truth == CW_FALSE) {
        read_fate(j, &posted, &fate);
    }
    if (exit_judge_stops(j)) {
        return;
    }
    show(j, &posted, &told);
    switch (told.truth) {
    case CW_TRUE:
        cw_judge_ok(&j->judge);
        return;
    case CW_FALSE:
        judge_false(j, &posted, &fate, &told);
        return;
    case CW_UNTOLD:
        cw_judge_untold(&j->judge, &told);
        return;
    case CW_ASKED:
        return;
    }
}
