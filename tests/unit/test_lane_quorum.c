/* A lane whose chain has three operators, two of whom must agree: what one of them says alone ends
 * no message, prices nothing, holds nothing up and hides nothing. */
#include "lane_bed.h"

#include <stdio.h>
#include <string.h>

/* BadTarget() of the OptimismPortal: a message with that error is dead. */
#define BAD_TARGET CW_LITERAL("\x13\x49\x6f\xda")

static void open_with(struct bed *bed, unsigned quorum, unsigned operators) {
    bed->chain.quorum = quorum;
    bed->operators = operators;
    bed_open(bed);
}

static void open_three(struct bed *bed) {
    open_with(bed, 2, 3);
}

static void lie(struct bed *bed, unsigned operator_, const char *method, const char *json) {
    for (size_t i = 0; i < CW_COUNT(bed->lies); i++) {
        if (bed->lies[i].method == NULL) {
            bed->lies[i] = (struct bed_lie){.operator_ = operator_, .method = method, .json = json};
            return;
        }
    }
    fail_msg("too many lies");
}

static void refuse(struct bed *bed, unsigned operator_, const char *method, enum cw_err err,
                   const char *text, struct cw_slice revert) {
    for (size_t i = 0; i < CW_COUNT(bed->lies); i++) {
        if (bed->lies[i].method == NULL) {
            bed->lies[i] = (struct bed_lie){.operator_ = operator_,
                                            .method = method,
                                            .err = err,
                                            .text = text,
                                            .revert = revert};
            return;
        }
    }
    fail_msg("too many lies");
}

static void assert_outcome(struct bed *bed, enum cw_lane_outcome outcome) {
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 1);
    if (bed->done[0].outcome != outcome) {
        fail_msg("outcome %d instead of %d: %s", bed->done[0].outcome, outcome, bed->done[0].text);
    }
}

static struct cw_store_attempt first_attempt(struct bed *bed, struct cw_arena *arena) {
    cw_arena_init(arena, 1u << 20);
    return bed_attempt(bed, 0, arena);
}

static void submit__all_agree__two_are_asked(void **state) {
    struct bed *bed = *state;
    open_three(bed);
    assert_outcome(bed, CW_LANE_SENT);
    assert_int_equal(bed_count(bed, "eth_call"), 2);
    assert_int_equal(bed_count(bed, "eth_estimateGas"), 2);
    for (size_t i = 0; i < BED_OPERATORS; i++) {
        assert_int_equal(bed->accused[i], 0);
    }
}

static void simulate__one_says_it_reverts__sent_and_he_is_accused(void **state) {
    for (unsigned liar = 1; liar <= 2; liar++) {
        struct bed *bed = *state;
        bed_tear_down(state);
        bed_set_up(state);
        bed = *state;
        refuse(bed, liar, "eth_call", CW_ERR_REVERTED, "execution reverted", BAD_TARGET);
        refuse(bed, liar, "eth_estimateGas", CW_ERR_REVERTED, "execution reverted", BAD_TARGET);
        open_three(bed);
        assert_outcome(bed, CW_LANE_SENT);
        assert_int_equal(bed->accused[liar - 1], 1); /* not for the estimate, made at any block */
        assert_int_equal(bed->accused[2 - liar], 0);
    }
}

static void simulate__one_hides_a_revert__reverted(void **state) {
    struct bed *bed = *state;
    bed->revert_self = BAD_TARGET;
    lie(bed, 1, "eth_call", "\"0x\"");
    lie(bed, 1, "eth_estimateGas", "\"0x186a0\"");
    open_three(bed);
    assert_outcome(bed, CW_LANE_REVERTED);
    assert_int_equal(bed->done[0].data_n, 4);
    assert_int_equal(bed->accused[0], 1);
}

static void simulate__nobody_else_answers__failed_and_not_ended(void **state) {
    struct bed *bed = *state;
    refuse(bed, 1, "eth_call", CW_ERR_REVERTED, "execution reverted", BAD_TARGET);
    refuse(bed, 2, "eth_call", CW_ERR_TRANSPORT, "no connection", CW_LITERAL(""));
    refuse(bed, 3, "eth_call", CW_ERR_BEHIND, "header not found", CW_LITERAL(""));
    open_three(bed);
    assert_outcome(bed, CW_LANE_FAILED);
    assert_non_null(strstr(bed->done[0].text, "2 operators must agree"));
}

static void reverts(struct bed *bed, unsigned operator_) {
    refuse(bed, operator_, "eth_call", CW_ERR_REVERTED, "execution reverted", BAD_TARGET);
    refuse(bed, operator_, "eth_estimateGas", CW_ERR_REVERTED, "execution reverted", BAD_TARGET);
}

static void no_quorum__one_says_it_reverts__sent_and_he_is_accused(void **state) {
    struct bed *bed = *state;
    reverts(bed, 1);
    open_with(bed, 1, 3);
    assert_outcome(bed, CW_LANE_SENT);
    assert_int_equal(bed->accused[0], 1);
    assert_int_equal(bed->accused[1] + bed->accused[2], 0);
}

static void no_quorum__one_of_two_says_it_reverts__not_ended(void **state) {
    struct bed *bed = *state;
    reverts(bed, 1);
    open_with(bed, 1, 2);
    assert_outcome(bed, CW_LANE_FAILED);
}

static void no_quorum__two_say_it_reverts__reverted(void **state) {
    struct bed *bed = *state;
    reverts(bed, 1);
    reverts(bed, 2);
    open_with(bed, 1, 3);
    assert_outcome(bed, CW_LANE_REVERTED);
    assert_int_equal(bed->done[0].data_n, 4);
}

static void no_quorum__one_operator__his_word(void **state) {
    struct bed *bed = *state;
    reverts(bed, 1);
    open_with(bed, 1, 1);
    assert_outcome(bed, CW_LANE_REVERTED);
    assert_int_equal(bed_count(bed, "eth_call"), 1);
}

static void no_quorum__done_by_what_is_pending__seen_where_asked_for(void **state) {
    for (int asked = 0; asked <= 1; asked++) {
        struct bed *bed = *state;
        bed_tear_down(state);
        bed_set_up(state);
        bed = *state;
        bed->revert_pending = CW_LITERAL("\xba\xdc\x0d\xe0");
        bed->chain.simulate_pending = asked == 1;
        open_with(bed, 1, 3);
        assert_outcome(bed, asked ? CW_LANE_REVERTED : CW_LANE_SENT);
        assert_int_equal(bed->accused[0] + bed->accused[1] + bed->accused[2], 0);
    }
}

static void no_quorum__pools_differ__nobody_accused(void **state) {
    struct bed *bed = *state;
    refuse(bed, 1, "eth_call", CW_ERR_REVERTED, "execution reverted", BAD_TARGET);
    bed->chain.simulate_pending = true;
    open_with(bed, 1, 2);
    assert_outcome(bed, CW_LANE_FAILED);
    assert_int_equal(bed->accused[0] + bed->accused[1], 0);
}

static void no_quorum__one_says_exceeds_allowance__sent(void **state) {
    struct bed *bed = *state;
    refuse(bed, 1, "eth_estimateGas", CW_ERR_REFUSED, "gas required exceeds allowance (7)",
           CW_LITERAL(""));
    open_with(bed, 1, 3);
    assert_outcome(bed, CW_LANE_SENT);
}

static void no_quorum__one_says_that_it_takes_too_much__sent(void **state) {
    static const char *const says[] = {"\"0xf4241\"", "\"0x5f5e100\""};
    for (size_t i = 0; i < CW_COUNT(says); i++) {
        struct bed *bed = *state;
        lie(bed, 1, "eth_estimateGas", says[i]);
        open_with(bed, 1, 3);
        assert_outcome(bed, CW_LANE_SENT);
        bed_tear_down(state);
        bed_set_up(state);
    }
}

static void no_quorum__all_say_that_it_takes_too_much__ended(void **state) {
    struct bed *bed = *state;
    bed->estimate = 100000000;
    open_with(bed, 1, 3);
    assert_outcome(bed, CW_LANE_GAS_CAP);
}

static void no_quorum__one_says_that_blocks_take_less__not_ended(void **state) {
    struct bed *bed = *state;
    bed->block_gas = 90000;
    bed_mine_quietly(bed);
    open_with(bed, 1, 3);
    assert_outcome(bed, CW_LANE_FAILED);
}

static void estimate__one_says_too_much__the_others_decide(void **state) {
    static const char *const says[] = {"\"0x5f5e100\"", "\"0xffffffffffffffff\"", "\"0x5208\""};
    for (size_t i = 0; i < CW_COUNT(says); i++) {
        struct bed *bed = *state;
        struct cw_arena arena;
        bed_tear_down(state);
        bed_set_up(state);
        bed = *state;
        lie(bed, 1, "eth_estimateGas", says[i]);
        open_three(bed);
        assert_outcome(bed, CW_LANE_SENT);
        assert_int_equal(first_attempt(bed, &arena).gas_limit, 120000);
        assert_int_equal(bed->accused[0], 0);
        cw_arena_done(&arena);
    }
}

static void estimate__exceeds_allowance__dead_when_two_say_so(void **state) {
    static const char text[] = "gas required exceeds allowance (30000000)";
    for (unsigned n = 1; n <= 2; n++) {
        struct bed *bed = *state;
        bed_tear_down(state);
        bed_set_up(state);
        bed = *state;
        for (unsigned i = 1; i <= n; i++) {
            refuse(bed, i, "eth_estimateGas", CW_ERR_REFUSED, text, CW_LITERAL(""));
        }
        open_three(bed);
        assert_outcome(bed, n == 1 ? CW_LANE_SENT : CW_LANE_GAS_CAP);
    }
}

static void estimate__one_says_exceeds_and_one_refuses__not_dead(void **state) {
    struct bed *bed = *state;
    refuse(bed, 1, "eth_estimateGas", CW_ERR_REFUSED, "gas required exceeds allowance (7)",
           CW_LITERAL(""));
    refuse(bed, 2, "eth_estimateGas", CW_ERR_REFUSED, "the moon is full", CW_LITERAL(""));
    refuse(bed, 3, "eth_estimateGas", CW_ERR_REFUSED, "the moon is full", CW_LITERAL(""));
    open_three(bed);
    assert_outcome(bed, CW_LANE_FAILED);
}

static void quote__one_lies__priced_by_the_others(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    lie(bed, 1, "eth_feeHistory",
        "{\"oldestBlock\":\"0x1\",\"baseFeePerGas\":[\"0x1\",\"0x174876e800\"],"
        "\"gasUsedRatio\":[0.5],\"reward\":[[\"0x174876e800\"]]}");
    lie(bed, 1, "eth_getBalance", "\"0x0\"");
    lie(bed, 1, "eth_getTransactionCount", "\"0x64\"");
    lie(bed, 1, "eth_getBlockByNumber", "null");
    open_three(bed);
    assert_outcome(bed, CW_LANE_SENT);
    const struct cw_store_attempt attempt = first_attempt(bed, &arena);
    assert_int_equal(attempt.max_fee.v.limb[0], 2100000000);
    assert_int_equal(attempt.max_tip.v.limb[0], 100000000);
    assert_int_equal(attempt.nonce, 0);
    cw_arena_done(&arena);
}

static void quote__a_block_comes_meanwhile__all_the_same(void **state) {
    struct bed *bed = *state;
    open_three(bed);
    bed->hold = "eth_getBlockByNumber";
    bed_submit(bed, 0);
    bed_run(bed);
    bed_mine(bed);
    bed->hold = NULL;
    bed_run(bed);
    assert_int_equal(bed->done_n, 1);
    if (bed->done[0].outcome != CW_LANE_SENT) {
        fail_msg("%s", bed->done[0].text);
    }
}

static void quote__one_lies_about_the_base_fee_alone__that_of_the_block(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    for (unsigned i = 1; i <= 3; i++) {
        lie(bed, i, "eth_feeHistory",
            "{\"oldestBlock\":\"0x1\",\"baseFeePerGas\":[\"0x1\",\"0x174876e800\"],"
            "\"gasUsedRatio\":[0.5],\"reward\":[[\"0x5f5e100\"]]}");
    }
    open_three(bed);
    assert_outcome(bed, CW_LANE_SENT);
    assert_int_equal(first_attempt(bed, &arena).max_fee.v.limb[0], 2100000000);
    cw_arena_done(&arena);
}

/* He says it again and again: nonces that nobody used would leave a gap. */
static void nonce__one_says_more__not_believed_ever(void **state) {
    struct bed *bed = *state;
    open_three(bed);
    assert_outcome(bed, CW_LANE_SENT);
    lie(bed, 1, "eth_getTransactionCount", "\"0x9\"");
    for (size_t i = 1; i < 4; i++) {
        bed_mine(bed);
        bed_submit(bed, i);
        bed_run(bed);
    }
    assert_int_equal(bed->done_n, 4);
    assert_int_equal(bed->txs_n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(bed->txs[i].nonce, i);
    }
    assert_null(strstr(bed->log, "somebody else"));
    assert_true(bed->accused[0] > 0);
}

/* The first one says more as soon as there is something to skip. */
static void says_more_later(struct bed *bed) {
    assert_outcome(bed, CW_LANE_SENT);
    lie(bed, 1, "eth_getTransactionCount", "\"0x9\"");
    for (size_t i = 1; i < 4; i++) {
        bed_mine(bed);
        bed_submit(bed, i);
        bed_run(bed);
    }
    assert_int_equal(bed->done_n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(bed->done[i].outcome, CW_LANE_SENT);
        assert_int_equal(bed->txs[i].nonce, i);
    }
    assert_int_equal(bed->foreigns, 0);
    /* Nothing is asked on and on while nothing is under way. */
    bed_mine(bed);
    bed_mine(bed);
    unsigned asked = bed_count(bed, "eth_getTransactionCount");
    bed_advance(bed, 3000);
    bed_advance(bed, 3000);
    assert_int_equal(bed_count(bed, "eth_getTransactionCount"), asked);
}

static void no_quorum__one_says_a_higher_nonce__not_skipped(void **state) {
    for (unsigned operators = 2; operators <= 3; operators++) {
        struct bed *bed = *state;
        open_with(bed, 1, operators);
        says_more_later(bed);
        bed_tear_down(state);
        bed_set_up(state);
    }
}

static void no_quorum__somebody_else_sent__two_say_so_and_it_goes_on_behind(void **state) {
    struct bed *bed = *state;
    open_with(bed, 1, 3);
    assert_outcome(bed, CW_LANE_SENT);
    bed_mine(bed);
    bed_foreign(bed, 1);
    bed_mine(bed);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->done_n, 2);
    assert_int_equal(bed->txs[2].nonce, 2);
    assert_int_equal(bed->foreigns, 1);
}

static void no_quorum__first_nonce__two_must_say_it(void **state) {
    struct bed *bed = *state;
    lie(bed, 1, "eth_getTransactionCount", "\"0x9\"");
    open_with(bed, 1, 3);
    assert_outcome(bed, CW_LANE_SENT);
    assert_int_equal(bed->txs[0].nonce, 0);
}

static void no_quorum__first_nonce_of_two_who_differ__waits_and_says_so(void **state) {
    struct bed *bed = *state;
    lie(bed, 1, "eth_getTransactionCount", "\"0x9\"");
    open_with(bed, 1, 2);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 0);
    assert_non_null(strstr(bed_trouble(bed), "can't be read"));
    memset(bed->lies, 0, sizeof bed->lies);
    bed_advance(bed, 20000);
    assert_int_equal(bed->done_n, 1);
    assert_int_equal(bed->txs[0].nonce, 0);
}

static void nonce__one_says_less__receipts_are_asked_for(void **state) {
    struct bed *bed = *state;
    open_three(bed);
    lie(bed, 1, "eth_getTransactionCount", "\"0x0\"");
    assert_outcome(bed, CW_LANE_SENT);
    bed_mine(bed);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
}

static void send__one_keeps_it_to_himself__two_have_it(void **state) {
    for (unsigned liar = 1; liar <= 2; liar++) {
        struct bed *bed = *state;
        char hash[CW_HEX_SIZE(32) + 2];
        struct cw_arena arena;
        bed_tear_down(state);
        bed_set_up(state);
        bed = *state;
        open_three(bed);
        bed->hold = "eth_sendRawTransaction";
        assert_outcome(bed, CW_LANE_SENT);
        const struct cw_store_attempt attempt = first_attempt(bed, &arena);
        hash[0] = '"';
        cw_hex_encode(hash + 1, cw_slice_of(attempt.hash.b, 32));
        strcat(hash, "\"");
        cw_arena_done(&arena);
        lie(bed, liar, "eth_sendRawTransaction", hash);
        bed->hold = NULL;
        bed_run(bed);
        assert_int_equal(bed->txs_n, 1);
        assert_true(bed->txs[0].in_pool);
        assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_SENT);
        assert_int_equal(bed->sent_to[0], 1);
        assert_int_equal(bed->sent_to[1], 1);
        for (size_t i = 0; i < BED_OPERATORS; i++) {
            assert_int_equal(bed->accused[i], 0);
        }
    }
}

static void send__one_refuses__sent(void **state) {
    struct bed *bed = *state;
    refuse(bed, 1, "eth_sendRawTransaction", CW_ERR_REFUSED, "insufficient funds for gas",
           CW_LITERAL(""));
    refuse(bed, 2, "eth_sendRawTransaction", CW_ERR_REVERTED, "execution reverted", BAD_TARGET);
    open_three(bed);
    assert_outcome(bed, CW_LANE_SENT);
    bed_mine(bed);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed->accused[1], 0);
    assert_string_equal(bed_trouble(bed), "");
}

static void mine_by(struct bed *bed, unsigned blocks) {
    bed->hold_blocks = true;
    for (unsigned i = 0; i < blocks; i++) {
        bed_advance(bed, 3000);
        bed_mine(bed);
    }
    bed->hold_blocks = false;
}

static void too_little(struct bed *bed, unsigned operator_) {
    refuse(bed, operator_, "eth_sendRawTransaction", CW_ERR_REFUSED, "transaction underpriced",
           CW_LITERAL(""));
}

static void no_quorum__one_pool_asks_for_more__no_higher_bid(void **state) {
    for (unsigned operators = 2; operators <= 3; operators++) {
        struct bed *bed = *state;
        too_little(bed, 1);
        open_with(bed, 1, operators);
        assert_outcome(bed, CW_LANE_SENT);
        mine_by(bed, 5);
        assert_int_equal(bed->rebids, 0);
        assert_int_equal(bed->txs_n, 1);
        assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_SENT);
        assert_string_equal(bed_trouble(bed), "");
        bed_mine(bed);
        assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
        bed_tear_down(state);
        bed_set_up(state);
    }
}

static void no_quorum__two_pools_ask_for_more__bid_again(void **state) {
    struct bed *bed = *state;
    too_little(bed, 1);
    too_little(bed, 2);
    open_with(bed, 1, 3);
    assert_outcome(bed, CW_LANE_SENT);
    mine_by(bed, 1);
    assert_int_equal(bed->rebids, 1);
}

static void no_quorum__one_asks_for_more_and_nobody_else_answers__waits(void **state) {
    struct bed *bed = *state;
    too_little(bed, 1);
    refuse(bed, 2, "eth_sendRawTransaction", CW_ERR_TRANSPORT, "no connection", CW_LITERAL(""));
    open_with(bed, 1, 2);
    assert_outcome(bed, CW_LANE_SENT);
    mine_by(bed, 5);
    assert_int_equal(bed->rebids, 0);
    mine_by(bed, 8); /* but blocks that pass it by are another word */
    assert_true(bed->rebids > 0);
}

/* A receipt of block number in the words of a node; json has room for 1024. */
static void write_charged(const struct bed *bed, char *json, const struct cw_hash32 *tx,
                          uint64_t number, unsigned status, const char *charges) {
    char tx_hash[CW_HEX_SIZE(32)], block[CW_HEX_SIZE(32)];
    cw_hex_encode(tx_hash, cw_slice_of(tx->b, 32));
    cw_hex_encode(block, cw_slice_of(bed->blocks[number].b, 32));
    snprintf(json, 1024,
             "{\"transactionHash\":\"%s\",\"blockHash\":\"%s\",\"blockNumber\":\"0x%x\","
             "\"status\":\"0x%x\",\"gasUsed\":\"0x15f90\",%s,\"logs\":[]}",
             tx_hash, block, (unsigned)number, status, charges);
}

static void write_receipt(const struct bed *bed, char *json, const struct cw_hash32 *tx,
                          uint64_t number, unsigned status) {
    write_charged(bed, json, tx, number, status, "\"effectiveGasPrice\":\"0x1\"");
}

/* One who keeps a transaction to himself and then says that it is in a block. */
static void receipt__of_what_is_in_no_block__not_believed(void **state) {
    struct bed *bed = *state;
    static char json[1024];
    open_three(bed);
    bed->hold_blocks = true;
    assert_outcome(bed, CW_LANE_SENT);
    write_receipt(bed, json, &bed->txs[0].hash, bed->head, 1);
    lie(bed, 1, "eth_getTransactionReceipt", json);
    bed->nonce_lie = 1; /* so that receipts are asked for at all */
    bed->nonce_lies = 1000;
    for (unsigned i = 0; i < 8; i++) {
        bed_mine(bed);
        bed_advance(bed, 20000);
    }
    assert_true(bed_count(bed, "eth_getTransactionReceipt") > 0);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_SENT);
}

static void receipt__one_says_it_failed__it_did_not(void **state) {
    struct bed *bed = *state;
    static char json[1024];
    open_three(bed);
    assert_outcome(bed, CW_LANE_SENT);
    bed_mine_quietly(bed);
    write_receipt(bed, json, &bed->txs[0].hash, bed->txs[0].block, 0);
    lie(bed, 1, "eth_getTransactionReceipt", json);
    bed_heads(bed);
    assert_int_equal(bed->moved_n, 1);
    assert_true(bed->moved[0].success);
    assert_int_equal(bed->accused[0], 1);
}

/* Budgets count what receipts charge. */
static void receipt__one_charges_otherwise__the_others_decide(void **state) {
    static const char *const charges[] = {
        "\"effectiveGasPrice\":\"0x1\"",
        "\"effectiveGasPrice\":\"0x3b9aca00\",\"gasUsedForL1\":\"0xffffffffffffffff\"",
        "\"effectiveGasPrice\":\"0x3b9aca00\",\"l1Fee\":\"0xffffffffffffffffffffffffffffffffffff\"",
        "\"effectiveGasPrice\":\"0xffffffffffffffffffffffffffffffffffffffffffff\"",
    };
    static char json[1024];
    for (size_t i = 0; i < CW_COUNT(charges); i++) {
        struct bed *bed = *state;
        struct cw_error error;
        struct cw_wei spent;
        open_three(bed);
        assert_outcome(bed, CW_LANE_SENT);
        bed_mine_quietly(bed);
        write_charged(bed, json, &bed->txs[0].hash, bed->txs[0].block, 1, charges[i]);
        lie(bed, 2, "eth_getTransactionReceipt", json);
        bed_heads(bed);
        assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
        assert_int_equal(cw_store_spent_on(bed->store, bed->messages[0], &spent, &error), CW_OK);
        const struct cw_u256 charged = cw_u256_from_u64(90000 * UINT64_C(1000000000));
        assert_int_equal(cw_u256_cmp(&spent.v, &charged), 0);
        assert_int_equal(bed_tear_down(state), 0);
        assert_int_equal(bed_set_up(state), 0);
    }
}

/* Who lags has none, or one of a block that was replaced: the others decide, and he is no liar. */
static void receipt__one_has_none_or_an_old_one__included_and_nobody_accused(void **state) {
    struct bed *bed = *state;
    static char json[1024];
    open_three(bed);
    assert_outcome(bed, CW_LANE_SENT);
    bed_mine_quietly(bed);
    write_receipt(bed, json, &bed->txs[0].hash, bed->txs[0].block, 1);
    json[strcspn(json, ",") + 20] ^= 1; /* a digit of the block's hash */
    lie(bed, 1, "eth_getTransactionReceipt", bed->head % 2 == 0 ? "null" : json);
    bed_heads(bed);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
    for (size_t i = 0; i < BED_OPERATORS; i++) {
        assert_int_equal(bed->accused[i], 0);
    }
}

/* A bid that is turned into a transfer of nothing is paid for. */
static void rebid__one_says_it_would_revert__not_cancelled(void **state) {
    struct bed *bed = *state;
    open_three(bed);
    assert_outcome(bed, CW_LANE_SENT);
    bed->hold_blocks = true;
    refuse(bed, 1, "eth_estimateGas", CW_ERR_REVERTED, "execution reverted", BAD_TARGET);
    for (unsigned i = 0; i < 40; i++) {
        bed_mine(bed);
        bed_advance(bed, 12000);
    }
    struct cw_arena arena;
    const struct cw_store_attempt attempt = first_attempt(bed, &arena);
    assert_true(attempt.bids > 1);
    assert_false(attempt.cancelled);
    cw_arena_done(&arena);
}

static void blocks__that_the_others_do_not_have__waits_for_them(void **state) {
    struct bed *bed = *state;
    refuse(bed, 2, "eth_call", CW_ERR_BEHIND, "header not found", CW_LITERAL(""));
    refuse(bed, 3, "eth_call", CW_ERR_BEHIND, "header not found", CW_LITERAL(""));
    open_three(bed);
    assert_outcome(bed, CW_LANE_FAILED);
    memset(bed->lies, 0, sizeof bed->lies);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
}

static void open_own_headers(struct bed *bed) {
    bed->chain.mode = CW_MODE_QUORUM;
    bed->own_headers = true;
    open_three(bed);
}

static void own_headers__mode_quorum__priced_sent_and_final(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    open_own_headers(bed);
    assert_outcome(bed, CW_LANE_SENT);
    assert_int_equal(first_attempt(bed, &arena).max_fee.v.limb[0], 2100000000);
    cw_arena_done(&arena);
    bed->forget_headers = true; /* so that they are asked for */
    for (uint64_t i = 0; i <= bed->final_lag; i++) {
        bed_mine(bed);
    }
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_FINAL);
    for (size_t i = 0; i < BED_OPERATORS; i++) {
        assert_int_equal(bed->accused[i], 0);
    }
}

/* Its hash is the agreed one, which proves nothing of what it says. */
static void own_headers__one_lies_about_the_base_fee__that_of_the_others(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    char json[512], hash[CW_HEX_SIZE(32)];
    open_own_headers(bed);
    cw_hex_encode(hash, cw_slice_of(bed->blocks[bed->head].b, 32));
    snprintf(json, sizeof json,
             "{\"hash\":\"%s\",\"parentHash\":\"%s\",\"number\":\"0x%x\",\"timestamp\":"
             "\"0x1\",\"gasLimit\":\"0x%x\",\"baseFeePerGas\":\"0x174876e800\"}",
             hash, hash, (unsigned)bed->head, (unsigned)bed->block_gas);
    lie(bed, 1, "eth_getBlockByNumber", json);
    assert_outcome(bed, CW_LANE_SENT);
    assert_int_equal(first_attempt(bed, &arena).max_fee.v.limb[0], 2100000000);
    assert_int_equal(bed->accused[0], 1);
    cw_arena_done(&arena);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(submit__all_agree__two_are_asked),
        CASE(simulate__one_says_it_reverts__sent_and_he_is_accused),
        CASE(simulate__one_hides_a_revert__reverted),
        CASE(simulate__nobody_else_answers__failed_and_not_ended),
        CASE(no_quorum__one_says_it_reverts__sent_and_he_is_accused),
        CASE(no_quorum__one_of_two_says_it_reverts__not_ended),
        CASE(no_quorum__two_say_it_reverts__reverted),
        CASE(no_quorum__one_operator__his_word),
        CASE(no_quorum__done_by_what_is_pending__seen_where_asked_for),
        CASE(no_quorum__pools_differ__nobody_accused),
        CASE(no_quorum__one_says_exceeds_allowance__sent),
        CASE(no_quorum__one_says_that_it_takes_too_much__sent),
        CASE(no_quorum__all_say_that_it_takes_too_much__ended),
        CASE(no_quorum__one_says_that_blocks_take_less__not_ended),
        CASE(estimate__one_says_too_much__the_others_decide),
        CASE(estimate__exceeds_allowance__dead_when_two_say_so),
        CASE(estimate__one_says_exceeds_and_one_refuses__not_dead),
        CASE(quote__one_lies__priced_by_the_others),
        CASE(quote__a_block_comes_meanwhile__all_the_same),
        CASE(quote__one_lies_about_the_base_fee_alone__that_of_the_block),
        CASE(nonce__one_says_more__not_believed_ever),
        CASE(no_quorum__one_says_a_higher_nonce__not_skipped),
        CASE(no_quorum__somebody_else_sent__two_say_so_and_it_goes_on_behind),
        CASE(no_quorum__first_nonce__two_must_say_it),
        CASE(no_quorum__first_nonce_of_two_who_differ__waits_and_says_so),
        CASE(nonce__one_says_less__receipts_are_asked_for),
        CASE(send__one_keeps_it_to_himself__two_have_it),
        CASE(no_quorum__one_pool_asks_for_more__no_higher_bid),
        CASE(no_quorum__two_pools_ask_for_more__bid_again),
        CASE(no_quorum__one_asks_for_more_and_nobody_else_answers__waits),
        CASE(send__one_refuses__sent),
        CASE(receipt__of_what_is_in_no_block__not_believed),
        CASE(receipt__one_says_it_failed__it_did_not),
        CASE(receipt__one_charges_otherwise__the_others_decide),
        CASE(receipt__one_has_none_or_an_old_one__included_and_nobody_accused),
        CASE(rebid__one_says_it_would_revert__not_cancelled),
        CASE(blocks__that_the_others_do_not_have__waits_for_them),
        CASE(own_headers__mode_quorum__priced_sent_and_final),
        CASE(own_headers__one_lies_about_the_base_fee__that_of_the_others),
    };
    return cmocka_run_group_tests_name("lane_quorum", tests, NULL, NULL);
}
