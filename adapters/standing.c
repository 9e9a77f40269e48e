#include "standing.h"

#include <causeway/abi.h>
#include <causeway/keccak.h>

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A memory is a list of words. */
static struct cw_hash32 word_u64(uint64_t v) {
    struct cw_hash32 word;
    const struct cw_u256 wide = cw_u256_from_u64(v);
    cw_u256_to_be(word.b, &wide);
    return word;
}

static struct cw_hash32 word_u256(const struct cw_u256 *v) {
    struct cw_hash32 word;
    cw_u256_to_be(word.b, v);
    return word;
}

static struct cw_hash32 word_at(struct cw_slice memory, size_t i) {
    struct cw_hash32 word;
    memcpy(word.b, memory.p + 32 * i, 32);
    return word;
}

static struct cw_u256 u256_at(struct cw_slice memory, size_t i) {
    return cw_u256_from_be(memory.p + 32 * i);
}

static uint64_t u64_at(struct cw_slice memory, size_t i) {
    const struct cw_u256 wide = u256_at(memory, i);
    uint64_t low;
    return cw_u256_to_u64(&low, &wide) ? UINT64_MAX : low;
}

static void remember(struct cw_judge *judge, const struct cw_hash32 *words, size_t n) {
    judge->ret->memory = cw_arena_copy(judge->io->arena, cw_slice_of(words, n * 32));
    if (judge->ret->memory.p == NULL) {
        judge->io->overflow = true;
    }
}

/* --- governance ------------------------------------------------------------------------------- */

/* False: not yet, or failed. */
static bool read_rule(struct cw_judge *judge, const struct cw_rule *rule,
                      const struct cw_block_ref *at, struct cw_hash32 *ret) {
    const struct cw_selector head = cw_selector_from_u32(rule->selector);
    const enum cw_side side = judge->subject->side;
    struct cw_u256 value;
    memset(ret, 0, sizeof *ret);
    if (rule->slot != NULL) {
        const bool read = cw_judge_slot(judge, side, at->number, rule->contract, rule->slot,
                                        &value);
        if (read) {
            *ret = word_u256(&value);
        }
        return read;
    }
    const struct cw_answer *answer = cw_io_call(judge->io, side, at, rule->contract,
                                                cw_slice_of(head.b, sizeof head.b));
    if (answer != NULL && answer->status == CW_ANSWER_REVERTED) {
        return true;
    }
    if (!cw_judge_has(judge, answer, "no endpoint answered")) {
        return false;
    }
    if (answer->data.n == 32) {
        memcpy(ret->b, answer->data.p, 32);
    }
    return true;
}

static void say_changed(struct cw_judge *judge, const struct cw_rule *rule,
                        const struct cw_hash32 *was, const struct cw_hash32 *is, uint64_t since_s) {
    const enum cw_side side = judge->subject->side;
    const struct cw_block_ref *final = &judge->io->heads[side].final;
    char before[CW_HEX_SIZE(32)], now[CW_HEX_SIZE(32)], reason[40];
    if (final->timestamp_s >= since_s) {
        judge->ret->seen[side] = *final;
    }
    cw_judge_word(before, was);
    cw_judge_word(now, is);
    snprintf(reason, sizeof reason, "%s_changed", rule->name);
    cw_judge_value(judge, side, "before %s, now %s", before, now);
    cw_judge_violated(judge, rule->stake, reason, "%s was %s and is %s since %" PRIu64, rule->name,
                      before, now, since_s);
}

/* Memory: since when it is what it is, what it is, and what it was. */
#define RULE_WORDS 3u

void cw_judge_rule(struct cw_judge *judge, const struct cw_rule *rules, size_t n) {
    const struct cw_subject *subject = judge->subject;
    const bool known = subject->memory.n == RULE_WORDS * 32;
    struct cw_hash32 words[RULE_WORDS];
    const struct cw_rule *rule = subject->key.b[31] < n ? &rules[subject->key.b[31]] : NULL;
    if (rule == NULL || cw_addr20_is_zero(rule->contract)) {
        cw_judge_ok(judge);
        return;
    }
    const struct cw_block_ref *at = known ? &subject->block
                                          : &judge->io->heads[subject->side].final;
    bool made = known;
    (void)read_rule(judge, rule, at, &words[1]);
    if (!known) {
        (void)cw_judge_has_code(judge, subject->side, at->number, rule->contract,
                                rule->slot != NULL ? rule->slot : &CW_PROXY_CODE, &made);
    }
    if (cw_judge_stops(judge)) {
        return;
    }
    if (!made) { /* what is made later did not change */
        cw_judge_unverified(judge, "not_made", "the contract is in no final block yet");
        judge->ret->open = true;
        return;
    }
    const struct cw_hash32 last = known ? word_at(subject->memory, 1) : words[1];
    const uint64_t now_s = subject->block.timestamp_s;
    const uint64_t since_s = known && cw_hash32_equal(&last, &words[1]) ? u64_at(subject->memory, 0)
                                                                        : now_s;
    words[0] = word_u64(since_s);
    words[2] = known ? word_at(subject->memory, 2) : words[1];
    const bool changed = !cw_hash32_equal(&words[1], &words[2]);
    if (changed && now_s - since_s < CW_CHANGE_S) {
        remember(judge, words, RULE_WORDS);
        say_changed(judge, rule, &words[2], &words[1], since_s);
        return;
    }
    words[2] = words[1]; /* as it was, or known of for long */
    remember(judge, words, RULE_WORDS);
    cw_judge_ok(judge);
}

/* --- liveness --------------------------------------------------------------------------------- */

static uint64_t age(uint64_t now_s, uint64_t at_s) {
    return now_s > at_s ? now_s - at_s : 0;
}

static void judge_age(struct cw_judge *judge, const char *reason, const char *what, uint64_t most_s,
                      uint64_t at_s) {
    const uint64_t age_s = age(judge->io->heads[CW_SETTLEMENT].latest.timestamp_s, at_s);
    memset(judge->ret->seen, 0, sizeof judge->ret->seen);
    if (most_s == 0 || age_s <= most_s) {
        cw_judge_ok(judge);
        return;
    }
    cw_judge_violated(judge, CW_STAKE_NONE, reason,
                      "%s is of %" PRIu64 ", %" PRIu64
                      " s before the settlement layer's newest; %" PRIu64 " s at most are expected",
                      what, at_s, age_s, most_s);
}

void cw_judge_root_age(struct cw_judge *judge, const struct cw_limits *limits, uint64_t newest_s) {
    judge_age(judge, "proposer_silent", "the newest root", limits->max_root_age_s, newest_s);
}

void cw_judge_lag(struct cw_judge *judge, const struct cw_limits *limits, enum cw_lag lag) {
    const struct cw_heads *heads = &judge->io->heads[CW_EXECUTION];
    switch (lag) {
    case CW_LAG_HEAD:
        judge_age(judge, "head_lags", "the rollup's newest block", limits->max_head_lag_s,
                  heads->latest.timestamp_s);
        return;
    case CW_LAG_SAFE:
        judge_age(judge, "safe_lags", "the rollup's safe block", limits->max_safe_lag_s,
                  heads->safe.timestamp_s);
        return;
    case CW_LAG_FINAL:
        judge_age(judge, "final_lags", "the rollup's final block", limits->max_final_lag_s,
                  heads->final.timestamp_s);
        return;
    }
}

uint64_t cw_judge_since(struct cw_judge *judge, const struct cw_hash32 *marker) {
    const struct cw_slice memory = judge->subject->memory;
    const uint64_t now_s = judge->io->heads[CW_SETTLEMENT].latest.timestamp_s;
    struct cw_hash32 words[2] = {word_u64(now_s), *marker};
    if (memory.n == sizeof words) {
        const struct cw_hash32 last = word_at(memory, 1);
        if (cw_hash32_equal(&last, marker)) {
            words[0] = word_at(memory, 0);
        }
    }
    remember(judge, words, CW_COUNT(words));
    return u64_at(cw_slice_of(words, sizeof words), 0);
}

/* --- conservation ----------------------------------------------------------------------------- */

/* Blocks whose logs are asked for in one look. */
#define PIECE 2048u
#define HOURS 24u

/* What came and went. */
struct flow {
    struct cw_u256 in, out, largest; /* the largest that was paid out at once */
    bool unknown;                    /* an amount is */
};

/* All up to block, a final one, is in balance; what came and went since, up to summed, stands
 * beside it. */
struct sums {
    struct cw_hash32 holder;
    uint64_t block, summed, hour;
    struct cw_u256 balance;
    struct flow flow;
    struct cw_u256 hourly[HOURS]; /* paid out in the hours up to `hour` */
    struct cw_u256 over;          /* the last that was over the limit of one, when */
    uint64_t over_s;
};
#define SUMS_WORDS (11u + HOURS)

static bool read_sums(struct sums *ret, struct cw_slice memory, const struct cw_hash32 *holder) {
    memset(ret, 0, sizeof *ret);
    ret->holder = *holder;
    const struct cw_hash32 held = memory.n == SUMS_WORDS * 32 ? word_at(memory, 0)
                                                              : (struct cw_hash32){{0}};
    if (memory.n != SUMS_WORDS * 32 || !cw_hash32_equal(&held, holder)) {
        return false;
    }
    ret->block = u64_at(memory, 1);
    ret->summed = u64_at(memory, 2);
    ret->hour = u64_at(memory, 3);
    ret->balance = u256_at(memory, 4);
    ret->flow = (struct flow){u256_at(memory, 5), u256_at(memory, 6), u256_at(memory, 7),
                              u64_at(memory, 8) != 0};
    ret->over = u256_at(memory, 9);
    ret->over_s = u64_at(memory, 10);
    for (size_t i = 0; i < HOURS; i++) {
        ret->hourly[i] = u256_at(memory, 11 + i);
    }
    return true;
}

static void keep_sums(struct cw_judge *judge, const struct sums *sums) {
    const struct flow *flow = &sums->flow;
    struct cw_hash32 words[SUMS_WORDS] = {
        sums->holder,           word_u64(sums->block),     word_u64(sums->summed),
        word_u64(sums->hour),   word_u256(&sums->balance), word_u256(&flow->in),
        word_u256(&flow->out),  word_u256(&flow->largest), word_u64(flow->unknown),
        word_u256(&sums->over), word_u64(sums->over_s)};
    for (size_t i = 0; i < HOURS; i++) {
        words[11 + i] = word_u256(&sums->hourly[i]);
    }
    remember(judge, words, SUMS_WORDS);
}

static void begin(struct sums *sums, uint64_t block, const struct cw_u256 *balance) {
    sums->block = sums->summed = block;
    sums->balance = *balance;
    sums->flow = (struct flow){.unknown = false};
}

/* One look at what is locked. */
struct escrow_look {
    struct cw_judge *judge;
    const struct cw_escrow *escrow;
    const struct cw_limits *limits;
    struct cw_block_ref final, last; /* the subject's block is the last; final lies not above it */
    struct sums sums;                /* up to final */
    struct flow newer;               /* above it */
    struct cw_u256 at_final, at_last;
};

static bool take_log(const struct cw_escrow *escrow, const struct cw_log *log, struct flow *flow) {
    struct cw_u256 paid = {{0}};
    const bool taken = escrow->take(escrow->ctx, log, &flow->in, &paid, &flow->unknown);
    if (cw_u256_cmp(&paid, &flow->largest) > 0) {
        flow->largest = paid;
    }
    flow->unknown = cw_u256_add(&flow->out, &flow->out, &paid) || flow->unknown;
    return taken;
}

/* Up to the final block, or one piece more of it, or all, as others than before say in another
 * turn. False: not yet, or not at all. */
static bool sum_logs(struct escrow_look *look, unsigned turn) {
    const struct cw_topic_set topics[CW_TOPICS] = {{look->escrow->topics, look->escrow->topics_n}};
    const uint64_t from = look->sums.summed + 1;
    struct cw_block_ref to = look->last;
    if (look->final.number.v - look->sums.summed > PIECE) {
        to = (struct cw_block_ref){.number = {look->sums.summed + PIECE}};
    }
    if (to.number.v < from) {
        return true;
    }
    const struct cw_answer *answer = cw_io_logs(look->judge->io, look->judge->subject->side,
                                                (struct cw_block_number){from}, &to,
                                                look->escrow->teller, topics, turn);
    bool taken = cw_judge_has(look->judge, answer, "no endpoint gives the logs");
    for (size_t i = 0; answer != NULL && i < answer->logs_n; i++) {
        const struct cw_log *log = &answer->logs[i];
        const bool is_newer = log->block.number.v > look->final.number.v;
        taken = take_log(look->escrow, log, is_newer ? &look->newer : &look->sums.flow) && taken;
    }
    look->sums.summed = to.number.v < look->final.number.v ? to.number.v : look->final.number.v;
    return taken;
}

/* The sum of the last day's hours, of which this one is the last. */
static struct cw_u256 add_hour(struct sums *sums, uint64_t now_s) {
    const uint64_t hour = now_s / 3600;
    struct cw_u256 day = {{0}};
    for (uint64_t h = sums->hour + 1; h <= hour && h <= sums->hour + HOURS; h++) {
        sums->hourly[h % HOURS] = (struct cw_u256){{0}};
    }
    sums->hour = hour > sums->hour ? hour : sums->hour;
    struct cw_u256 *now = &sums->hourly[sums->hour % HOURS];
    if (cw_u256_add(now, now, &sums->flow.out)) {
        memset(now, 0xff, sizeof *now);
    }
    for (size_t i = 0; i < HOURS; i++) {
        if (cw_u256_add(&day, &day, &sums->hourly[i])) {
            memset(&day, 0xff, sizeof day);
        }
    }
    return day;
}

static bool is_over(const struct cw_u256 *amount, const struct cw_wei *most) {
    return !cw_u256_is_zero(&most->v) && cw_u256_cmp(amount, &most->v) > 0;
}

/* What must be there at least; 0 when more was paid out than there ever was. */
static struct cw_u256 expected(const struct cw_u256 *balance, const struct flow *flow) {
    struct cw_u256 sum, least = {{0}};
    if (cw_u256_add(&sum, balance, &flow->in) || cw_u256_sub(&least, &sum, &flow->out)) {
        return (struct cw_u256){{0}};
    }
    return least;
}

/* What is due at both blocks. What is missing in the final one is due above it, too. */
struct due {
    struct cw_u256 at_final, at_last;
    bool short_at_final, short_at_last;
};

static struct due due_of(const struct escrow_look *look) {
    struct due due = {.at_final = expected(&look->sums.balance, &look->sums.flow)};
    due.short_at_final = cw_u256_cmp(&look->at_final, &due.at_final) < 0;
    due.at_last = expected(due.short_at_final ? &due.at_final : &look->at_final, &look->newer);
    due.short_at_last = cw_u256_cmp(&look->at_last, &due.at_last) < 0;
    return due;
}

/* A payment that an endpoint leaves out looks like a theft: somebody else is asked before that is
 * said. The look becomes what leaves less missing. False: not yet. */
static bool sum_again(struct escrow_look *look, const struct sums *before) {
    const struct due due = due_of(look);
    struct escrow_look again = *look;
    if (!due.short_at_final && !due.short_at_last) {
        return true;
    }
    again.sums = *before;
    again.newer = (struct flow){.unknown = false};
    (void)sum_logs(&again, 1);
    if (cw_judge_stops(look->judge)) {
        return false;
    }
    const struct due other = due_of(&again);
    if (cw_u256_cmp(&other.at_last, &due.at_last) < 0) {
        *look = again;
    }
    return true;
}

static void say_short(struct escrow_look *look, const struct due *due, uint64_t since) {
    char has[CW_U256_DEC_SIZE], least[CW_U256_DEC_SIZE];
    const bool final = due->short_at_final;
    cw_u256_to_dec(has, final ? &look->at_final : &look->at_last);
    cw_u256_to_dec(least, final ? &due->at_final : &due->at_last);
    cw_judge_violated(look->judge, CW_STAKE_ROUTE, "escrow_short",
                      "of what was locked, and came and went since block %" PRIu64
                      ", %s must be there, and %s is",
                      since, least, has);
}

/* A single one is told of for a day, as all of a day are. */
static void judge_outflow(struct escrow_look *look, const struct cw_u256 *day) {
    const struct sums *sums = &look->sums;
    const struct cw_limits *limits = look->limits;
    const uint64_t since_s = look->final.timestamp_s - sums->over_s;
    const bool new_one = is_over(&look->newer.largest, &limits->max_outflow);
    const bool one = new_one ||
                     (is_over(&sums->over, &limits->max_outflow) && since_s < CW_CHANGE_S);
    struct cw_u256 sum = {{0}};
    char out[CW_U256_DEC_SIZE];
    if (cw_u256_add(&sum, day, &look->newer.out)) {
        memset(&sum, 0xff, sizeof sum);
    }
    if (!one && !is_over(&sum, &limits->max_daily_outflow)) {
        cw_judge_ok(look->judge);
        return;
    }
    cw_u256_to_dec(out, new_one ? &look->newer.largest : one ? &sums->over : &sum);
    if (one ? !new_one : is_over(day, &limits->max_daily_outflow)) {
        look->judge->ret->seen[look->judge->subject->side] = look->final;
    }
    cw_judge_violated(
        look->judge, CW_STAKE_ROUTE, one ? "outflow_over_limit" : "daily_outflow_over_limit",
        "%s was paid out %s, which is over the limit", out, one ? "at once" : "in a day");
}

static void judge_sums(struct escrow_look *look) {
    char has[CW_U256_DEC_SIZE], least[CW_U256_DEC_SIZE];
    struct sums *sums = &look->sums;
    const struct due due = due_of(look);
    const uint64_t since = sums->block;
    const bool unknown = sums->flow.unknown;
    const enum cw_side side = look->judge->subject->side;
    if (is_over(&sums->flow.largest, &look->limits->max_outflow)) {
        sums->over = sums->flow.largest;
        sums->over_s = look->final.timestamp_s;
    }
    const struct cw_u256 day = add_hour(sums, look->final.timestamp_s);
    cw_u256_to_dec(has, &look->at_last);
    cw_u256_to_dec(least, &due.at_last);
    cw_judge_value(look->judge, side, "%s of at least %s", has, least);
    begin(sums, look->final.number.v,
          due.short_at_final && !unknown ? &due.at_final : &look->at_final);
    keep_sums(look->judge, sums);
    if (unknown || look->newer.unknown) {
        cw_judge_unverified(look->judge, "amount_unknown",
                            "something was paid out since block %" PRIu64
                            " whose amount can't be told; what is there then is taken as it is",
                            since);
    } else if (due.short_at_final) {
        look->judge->ret->seen[side] = look->final;
        say_short(look, &due, since);
    } else if (due.short_at_last) {
        say_short(look, &due, look->final.number.v);
    } else {
        judge_outflow(look, &day);
    }
}

/* With the first one it begins. */
static void judge_look(struct escrow_look *look, bool known, const struct sums *before) {
    struct sums *sums = &look->sums;
    if (!known) {
        begin(sums, look->final.number.v, &look->at_final);
        sums->hour = look->final.timestamp_s / 3600;
        keep_sums(look->judge, sums);
        cw_judge_ok(look->judge);
    } else if (sums->summed < look->final.number.v) {
        keep_sums(look->judge, sums);
        cw_judge_unverified(look->judge, "summing", "summed up to block %" PRIu64 " of %" PRIu64,
                            sums->summed, look->final.number.v);
    } else if (sum_again(look, before)) {
        judge_sums(look);
    }
}

void cw_judge_escrow(struct cw_judge *judge, const struct cw_escrow *escrow,
                     const struct cw_limits *limits) {
    struct escrow_look look = {.judge = judge, .escrow = escrow, .limits = limits};
    struct cw_hash32 holder = {{0}};
    look.last = judge->subject->block;
    look.final = judge->io->heads[judge->subject->side].final;
    memcpy(holder.b + 12, escrow->holder->b, 20);
    const bool known = read_sums(&look.sums, judge->subject->memory, &holder);
    const struct sums before = look.sums;
    if (known && before.summed > look.final.number.v) { /* begun anew */
        cw_judge_unverified(judge, "chain_went_back", "block %" PRIu64 " was final, and is gone",
                            before.summed);
        remember(judge, &holder, 1);
        return;
    }
    if (known) {
        (void)sum_logs(&look, 0);
    }
    if (!known || look.sums.summed == look.final.number.v) {
        (void)escrow->balance(escrow->ctx, &look.final, &look.at_final);
        (void)escrow->balance(escrow->ctx, &look.last, &look.at_last);
    }
    if (!cw_judge_stops(judge)) {
        judge_look(&look, known, &before);
    }
}
