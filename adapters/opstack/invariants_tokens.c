/* What the standard bridge holds of a token, against what the rollup has of it. */
#include "opstack/invariants.h"

#include <inttypes.h>
#include <string.h>

static const struct cw_addr20 L2_BRIDGE = {{0x42, [19] = 0x10}};
static const struct cw_addr20 L1_BLOCK = {{0x42, [19] = 0x15}};

/* One word, as a contract answers in that block. False: not known yet, or not at all. */
static bool read_at(struct op_judge *j, enum cw_side side, const struct cw_block_ref *at,
                    const struct cw_addr20 *to, uint32_t selector, const struct cw_hash32 *words,
                    size_t n, struct cw_hash32 *ret) {
    struct cw_slice data;
    const enum look_got got = look_call(&j->look, side, at, to, selector, words, n, &data);
    if (got == LOOK_NOTHING) {
        return false;
    }
    if (got == LOOK_REVERTED || data.n != 32) {
        char hex[CW_HEX_SIZE(20)];
        cw_judge_fail(&j->judge, "unexpected_answer",
                      "%s does not answer as a token or bridge does",
                      cw_hex_encode(hex, cw_slice_of(to->b, 20)));
        return false;
    }
    memcpy(ret->b, data.p, 32);
    return true;
}

/* The block of the settlement layer up to which the rollup had taken in deposits. */
static bool read_origin(struct op_judge *j, const struct cw_block_ref *at,
                        struct cw_block_ref *ret) {
    const struct cw_heads *l1 = &j->judge.io->heads[CW_SETTLEMENT];
    struct cw_hash32 number;
    uint64_t v;
    memset(ret, 0, sizeof *ret);
    bool read = read_at(j, CW_EXECUTION, at, &L1_BLOCK, SEL_ORIGIN_NUMBER, NULL, 0, &number);
    read = read_at(j, CW_EXECUTION, at, &L1_BLOCK, SEL_ORIGIN_HASH, NULL, 0, &ret->hash) && read;
    if (!read) {
        return false;
    }
    struct cw_abi in = cw_abi_open(cw_slice_of(number.b, 32));
    if (cw_abi_u64(&in, &v) != CW_OK || v == 0 || v > l1->latest.number.v) {
        cw_judge_fail(&j->judge, "origin_unknown",
                      "what the rollup says of the settlement layer is not, or not yet, of a block "
                      "that is known here");
        return false;
    }
    ret->number.v = v;
    return true;
}

/* Memory: since when, by the rollup's clock, too little is there; 0: it is not so. Provisional
 * until the rollup's final block is as late as that. */
static void judge_short(struct op_judge *j, bool is_short, const char *has, const char *wanted,
                        const struct cw_block_ref *origin) {
    const struct cw_subject *subject = j->judge.subject;
    const struct cw_heads *l1 = &j->judge.io->heads[CW_SETTLEMENT];
    const struct cw_heads *l2 = &j->judge.io->heads[CW_EXECUTION];
    uint64_t since_s = 0;
    struct cw_abi in = cw_abi_open(subject->memory);
    if (!is_short || cw_abi_u64(&in, &since_s) != CW_OK || since_s == 0) {
        since_s = is_short ? subject->block.timestamp_s : 0;
    }
    const struct cw_hash32 word = opstack_word_u64(since_s);
    j->judge.ret->memory = cw_arena_copy(j->judge.io->arena, cw_slice_of(word.b, 32));
    j->judge.io->overflow = j->judge.io->overflow || j->judge.ret->memory.p == NULL;
    cw_judge_value(&j->judge, CW_SETTLEMENT, "holds %s at block %" PRIu64, has, origin->number.v);
    cw_judge_value(&j->judge, CW_EXECUTION, "has %s", wanted);
    if (!is_short) {
        cw_judge_ok(&j->judge);
        return;
    }
    const bool final = l2->final.timestamp_s >= since_s;
    j->judge.ret->seen[CW_EXECUTION] = final ? l2->final : subject->block;
    j->judge.ret->seen[CW_SETTLEMENT] = final ? l1->final : *origin;
    cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "token_short",
                      "of a token the bridge holds %s, and the rollup has %s, since %" PRIu64, has,
                      wanted, since_s);
}

void op_judge_tokens(struct op_judge *j) {
    const struct cw_subject *subject = j->judge.subject;
    const struct cw_block_ref *at = &subject->block;
    const size_t i = subject->key.b[31];
    struct cw_hash32 bridge, supply, deposits;
    struct cw_block_ref origin;
    struct cw_addr20 l1_bridge;
    char has[CW_U256_DEC_SIZE], wanted[CW_U256_DEC_SIZE];
    if (i >= j->adapter->tokens_n) {
        cw_judge_ok(&j->judge);
        return;
    }
    const struct cw_hash32 pair[2] = {opstack_word_addr20(&j->adapter->tokens[i].l1),
                                      opstack_word_addr20(&j->adapter->tokens[i].l2)};
    bool read = read_origin(j, at, &origin);
    read = read_at(j, CW_EXECUTION, at, &L2_BRIDGE, SEL_L1_BRIDGE, NULL, 0, &bridge) && read;
    read = read_at(j, CW_EXECUTION, at, &j->adapter->tokens[i].l2, SEL_TOKEN_SUPPLY, NULL, 0,
                   &supply) &&
           read;
    if (read) {
        memcpy(l1_bridge.b, bridge.b + 12, sizeof l1_bridge.b);
        read = read_at(j, CW_SETTLEMENT, &origin, &l1_bridge, SEL_BRIDGE_DEPOSITS, pair, 2,
                       &deposits);
    }
    if (op_stops(j) || !read) {
        return;
    }
    const struct cw_u256 held = cw_u256_from_be(deposits.b), all = cw_u256_from_be(supply.b);
    cw_u256_to_dec(has, &held);
    cw_u256_to_dec(wanted, &all);
    judge_short(j, cw_u256_cmp(&held, &all) < 0, has, wanted, &origin);
}
