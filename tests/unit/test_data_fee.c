/* What rollups charge for data: how it is asked for, and that it counts in all limits. */
#include "lane_bed.h"

#include "tx/data_fee.h"
#include "tx/fees.h"

#include <adapters/data_fee.h>
#include <causeway/abi.h>
#include <causeway/keccak.h>

#include <stdio.h>
#include <string.h>

#define GWEI   UINT64_C(1000000000)
#define ORACLE "420000000000000000000000000000000000000f"

static const struct cw_data_fee *named(const char *name) {
    size_t i = 0;
    while (cw_data_fees[i] != NULL && strcmp(cw_data_fees[i]->name, name) != 0) {
        i++;
    }
    assert_non_null(cw_data_fees[i]);
    return cw_data_fees[i];
}

/* --- questions and answers -------------------------------------------------------------------- */

static struct cw_tx tx_of(void) {
    return (struct cw_tx){
        .type = CW_TX_DYNAMIC_FEE,
        .chain_id = {10},
        .nonce = 7,
        .max_fee = {cw_u256_from_u64(3 * GWEI)},
        .max_tip = {cw_u256_from_u64(GWEI)},
        .gas_limit = 100000,
        .has_to = true,
        .to = {{0x42}},
        .data = CW_LITERAL("\x01\x02\x03\x04\x05"),
    };
}

static void opstack__asked_with_the_unsigned_bytes(void **state) {
    (void)state;
    struct cw_arena arena;
    const struct cw_tx tx = tx_of();
    struct cw_addr20 to, oracle;
    struct cw_slice data, bytes, payload;
    struct cw_abi cursor;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(named("opstack")->ask(&arena, &tx, &to, &data), CW_OK);
    assert_int_equal(cw_hex_decode(oracle.b, 20, "0x" ORACLE, 42), CW_OK);
    assert_true(cw_addr20_equal(&to, &oracle));
    assert_int_equal(cw_abi_open_call(&cursor, data, cw_selector_of("getL1Fee(bytes)")), CW_OK);
    assert_int_equal(cw_abi_bytes(&cursor, &bytes), CW_OK);
    assert_int_equal(cw_tx_encode_unsigned(&arena, &payload, &tx), CW_OK);
    assert_true(cw_slice_equal(bytes, payload));
    cw_arena_done(&arena);
}

static void nitro__asked_for_the_part_of_l1(void **state) {
    (void)state;
    struct cw_arena arena;
    const struct cw_tx tx = tx_of();
    struct cw_addr20 to, target;
    struct cw_slice data, bytes;
    struct cw_abi cursor;
    bool creates = true;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(named("nitro")->ask(&arena, &tx, &to, &data), CW_OK);
    assert_true(cw_addr20_equal(&to, &(struct cw_addr20){{[19] = 0xc8}}));
    assert_int_equal(cw_abi_open_call(&cursor, data,
                                      cw_selector_of("gasEstimateL1Component(address,bool,bytes)")),
                     CW_OK);
    assert_int_equal(cw_abi_addr20(&cursor, &target), CW_OK);
    assert_int_equal(cw_abi_bool(&cursor, &creates), CW_OK);
    assert_int_equal(cw_abi_bytes(&cursor, &bytes), CW_OK);
    assert_true(cw_addr20_equal(&target, &tx.to));
    assert_false(creates);
    assert_true(cw_slice_equal(bytes, tx.data));
    cw_arena_done(&arena);
}

static void read__answers__fee_or_gas(void **state) {
    (void)state;
    struct cw_data_cost cost;
    uint8_t words[128] = {[30] = 0x12, [31] = 0x34, [63] = 7, [95] = 9};
    assert_int_equal(named("opstack")->read(cw_slice_of(words, 32), &cost), CW_OK);
    assert_int_equal(cost.fee.v.limb[0], 0x1234);
    assert_int_equal(cost.gas, 0);
    assert_int_equal(named("nitro")->read(cw_slice_of(words, 96), &cost), CW_OK);
    assert_int_equal(cost.gas, 0x1234);
    assert_true(cw_u256_is_zero(&cost.fee.v));
    static const size_t sizes[] = {0, 31, 33, 64, 128};
    for (size_t i = 0; i < CW_COUNT(sizes); i++) {
        assert_int_equal(named("opstack")->read(cw_slice_of(words, sizes[i]), &cost), CW_ERR_INPUT);
        assert_int_equal(named("nitro")->read(cw_slice_of(words, sizes[i]), &cost), CW_ERR_INPUT);
    }
    static const size_t more_than_there_is[] = {0, 24, 26};
    for (size_t i = 0; i < CW_COUNT(more_than_there_is); i++) {
        words[more_than_there_is[i]] = 1;
        assert_int_equal(named("nitro")->read(cw_slice_of(words, 96), &cost), CW_ERR_INPUT);
        words[more_than_there_is[i]] = 0;
    }
}

static void opstack__asked_for_the_operator_fee(void **state) {
    (void)state;
    struct cw_arena arena;
    struct cw_addr20 to;
    struct cw_slice data;
    struct cw_abi cursor;
    struct cw_wei fee;
    uint64_t gas;
    uint8_t words[64] = {[31] = 9};
    cw_arena_init(&arena, 1u << 16);
    assert_int_equal(named("opstack")->ask_gas(&arena, 21000, &to, &data), CW_OK);
    assert_true(cw_addr20_equal(&to, &(struct cw_addr20){{0x42, [19] = 0x0f}}));
    assert_int_equal(cw_abi_open_call(&cursor, data, cw_selector_of("getOperatorFee(uint256)")),
                     CW_OK);
    assert_int_equal(cw_abi_u64(&cursor, &gas), CW_OK);
    assert_int_equal(gas, 21000);
    assert_int_equal(named("opstack")->read_gas(cw_slice_of(words, 32), &fee), CW_OK);
    assert_int_equal(fee.v.limb[0], 9);
    assert_int_equal(named("opstack")->read_gas(cw_slice_of(words, 0), &fee), CW_ERR_INPUT);
    assert_int_equal(named("opstack")->read_gas(cw_slice_of(words, 64), &fee), CW_ERR_INPUT);
    cw_arena_done(&arena);
}

static void sum__of_what_is_charged__rounded_up_and_never_around(void **state) {
    (void)state;
    const struct cw_wei none = {cw_u256_from_u64(7)}, much = {cw_u256_from_u64(7 + 3 * GWEI)};
    const struct cw_data_cost cost = {.fee = {cw_u256_from_u64(100)}};
    struct cw_gas_charge charge;
    cw_gas_charge_of(&charge, &none, &much);
    assert_int_equal(cw_data_fee_sum(&cost, &charge, 0).v.limb[0], 107);
    assert_int_equal(cw_data_fee_sum(&cost, &charge, 50).v.limb[0], 257);
    charge.much.v = cw_u256_from_u64(1);
    assert_int_equal(cw_data_fee_sum(&cost, &charge, 50).v.limb[0], 108);
    memset(&charge.much, 0xff, sizeof charge.much);
    const struct cw_wei sum = cw_data_fee_sum(&cost, &charge, 50);
    assert_int_equal(cw_wei_cmp(&sum, &charge.much), 0);
}

/* --- in a lane -------------------------------------------------------------------------------- */

/* 1000 gwei. */
#define FEE_ANSWER "\"0x000000000000000000000000000000000000000000000000000000e8d4a51000\""
#define FEE        (1000 * GWEI)

static void open_rollup(struct bed *bed, const char *answer) {
    bed->chain.data_fee = named("opstack");
    bed->data_fee_at = ORACLE;
    bed->data_fee = answer;
    bed_open(bed);
}

static void assert_wei(const struct cw_wei *wei, uint64_t expected) {
    const struct cw_u256 v = cw_u256_from_u64(expected);
    assert_int_equal(cw_u256_cmp(&wei->v, &v), 0);
}

/* 120000 gas at 2.1 gwei, and the fee for data with a quarter on top. */
#define GAS_COST (120000 * (2 * GWEI + GWEI / 10))

static void submit__rollup__fee_is_in_the_cost(void **state) {
    struct bed *bed = *state;
    open_rollup(bed, FEE_ANSWER);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_SENT);
    assert_int_equal(bed_count(bed, "eth_call"), 4); /* two of them for the operator fee */
    assert_wei(&bed->done[0].cost, GAS_COST + FEE / 4 * 5);
    assert_wei(&bed->price.worst, GAS_COST + FEE / 4 * 5);
    assert_wei(&bed->price.expected, 100000 * (GWEI + GWEI / 10) + FEE);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_wei(&attempt.data_fee, FEE / 4 * 5);
    struct cw_error error;
    struct cw_wei spent;
    assert_int_equal(cw_store_spent_on(bed->store, bed->messages[0], &spent, &error), CW_OK);
    assert_wei(&spent, GAS_COST + FEE / 4 * 5);
    assert_int_equal(cw_store_spent(bed->store, bed->route, 0, &spent, &error), CW_OK);
    assert_wei(&spent, GAS_COST + FEE / 4 * 5);
    cw_arena_done(&arena);
}

/* 5 gwei for a transaction, and 30 wei for each gas. */
static void charge(struct bed *bed) {
    bed->charge_fixed = 5 * GWEI;
    bed->charge_much = 30 * GWEI;
}

#define CHARGED(gas) (FEE + 5 * GWEI + (gas)*UINT64_C(30))

static void submit__operator_fee__is_in_the_cost_by_its_gas(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    charge(bed);
    open_rollup(bed, FEE_ANSWER);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_SENT);
    assert_wei(&bed->price.worst, GAS_COST + CHARGED(120000) / 4 * 5);
    assert_wei(&bed->price.expected, 100000 * (GWEI + GWEI / 10) + CHARGED(100000));
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_wei(&attempt.data_fee, CHARGED(120000) / 4 * 5);
    /* It is not asked at each head. */
    unsigned before = bed_count(bed, "eth_call");
    bed_mine(bed);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed_count(bed, "eth_call"), before + 2);
    bed->charge_fixed = 0;
    bed_advance(bed, 60000);
    bed_submit(bed, 2);
    bed_run(bed);
    assert_int_equal(bed->done[2].outcome, CW_LANE_SENT);
    assert_wei(&bed->price.worst, GAS_COST + (CHARGED(120000) - 5 * GWEI) / 4 * 5);
    cw_arena_done(&arena);
}

static void submit__operator_fee_not_to_be_had__not_sent_and_said(void **state) {
    struct bed *bed = *state;
    charge(bed);
    bed->charge_garbled = true;
    open_rollup(bed, FEE_ANSWER);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_FAILED);
    assert_non_null(strstr(bed->done[0].text, "what l1 charges for gas can't be read"));
    assert_int_equal(bed->txs_n, 0);
    bed->charge_garbled = false;
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_wei(&bed->price.worst, GAS_COST + CHARGED(120000) / 4 * 5);
}

static void submit__operator_fee_of_a_batch__by_the_gas_of_all(void **state) {
    struct bed *bed = *state;
    bed->code = "\"0x5151\"";
    cw_keccak256(&bed->code_hash, CW_LITERAL("\x51\x51"));
    bed->batch_estimate = 220000;
    charge(bed);
    open_rollup(bed, FEE_ANSWER);
    bed_submit_shared(bed, 0, 2, 0);
    bed_submit_shared(bed, 1, 2, 0);
    bed_run(bed);
    assert_int_equal(bed->txs_n, 1);
    const uint64_t worst = 264000 * (2 * GWEI + GWEI / 10) + CHARGED(264000) / 4 * 5;
    assert_wei(&bed->price.worst, worst / 2);
    assert_wei(&bed->price.expected, (220000 * (GWEI + GWEI / 10) + CHARGED(220000)) / 2);
}

/* A receipt has what it is reckoned of, by which formula depends on the fork. */
static void included__operator_fee__what_was_reckoned_stays(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    charge(bed);
    open_rollup(bed, FEE_ANSWER);
    bed_submit(bed, 0);
    bed_run(bed);
    bed->receipt_fee = 12345;
    bed_mine(bed);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(attempt.state, CW_ATTEMPT_INCLUDED);
    assert_wei(&attempt.data_fee, CHARGED(120000) / 4 * 5);
    cw_arena_done(&arena);
}

static void bid__operator_fee__is_in_it(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    charge(bed);
    open_rollup(bed, FEE_ANSWER);
    bed->hold_blocks = true;
    bed_submit(bed, 0);
    bed_run(bed);
    bed->base_fee_wei = 10 * GWEI;
    for (unsigned i = 0; i < 4; i++) {
        bed->now_ms += 3000;
        bed_mine(bed);
    }
    assert_true(bed->rebids > 0);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_wei(&attempt.data_fee, CHARGED(120000) / 4 * 5);
    cw_arena_done(&arena);
}

static void submit__data_is_paid_in_gas__estimated_each_time(void **state) {
    struct bed *bed = *state;
    char answer[3 * 64 + 5];
    snprintf(answer, sizeof answer, "\"0x%064x%064x%064x\"", 5000, 1, 1);
    bed->chain.data_fee = named("nitro");
    bed->data_fee_at = "00000000000000000000000000000000000000c8";
    bed->data_fee = answer;
    bed_open(bed);
    for (size_t i = 0; i < 8; i++) {
        bed_submit(bed, i);
        bed_run(bed);
        assert_int_equal(bed->done[i].outcome, CW_LANE_SENT);
    }
    assert_int_equal(bed_count(bed, "eth_estimateGas"), 8);
}

static void submit__fee_over_the_budget__too_dear(void **state) {
    struct bed *bed = *state;
    bed->policy.daily_fee_budget.v = cw_u256_from_u64(GAS_COST + FEE);
    open_rollup(bed, FEE_ANSWER);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_TOO_DEAR);
    assert_int_equal(bed->txs_n, 0);
}

static void submit__balance_without_room_for_the_fee__no_funds(void **state) {
    struct bed *bed = *state;
    bed->balance_wei = GAS_COST + FEE;
    open_rollup(bed, FEE_ANSWER);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_NO_FUNDS);
}

static void submit__no_such_contract__not_sent_and_said(void **state) {
    struct bed *bed = *state;
    open_rollup(bed, "\"0x\"");
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_FAILED);
    assert_non_null(strstr(bed->done[0].text, "no answer of a chain of \"data_fee\" opstack"));
    assert_int_equal(bed->txs_n, 0);
}

static void included__receipt_says_the_fee__kept_until_it_is_gone(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    open_rollup(bed, FEE_ANSWER);
    bed_submit(bed, 0);
    bed_run(bed);
    bed->receipt_fee = 12345;
    bed_mine(bed);
    struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(attempt.state, CW_ATTEMPT_INCLUDED);
    assert_wei(&attempt.data_fee, 12345);
    struct cw_error error;
    struct cw_wei spent;
    assert_int_equal(cw_store_spent_on(bed->store, bed->messages[0], &spent, &error), CW_OK);
    assert_wei(&spent, 90000 * GWEI + 12345);
    bed->hold_blocks = true;
    bed_reorg(bed, 1);
    attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(attempt.state, CW_ATTEMPT_SENT);
    assert_wei(&attempt.data_fee, FEE / 4 * 5);
    cw_arena_done(&arena);
}

static void included__receipt_says_a_fee_that_cannot_be__not_counted(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    open_rollup(bed, FEE_ANSWER);
    bed_submit(bed, 0);
    bed_run(bed);
    bed->receipt_fee = UINT64_MAX;
    bed_mine(bed);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(attempt.state, CW_ATTEMPT_INCLUDED);
    assert_wei(&attempt.data_fee, FEE / 4 * 5);
    cw_arena_done(&arena);
}

static void bid__rollup__fee_is_asked_again(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    open_rollup(bed, FEE_ANSWER);
    bed->hold_blocks = true;
    bed_submit(bed, 0);
    bed_run(bed);
    bed->base_fee_wei = 10 * GWEI;
    /* 2000 gwei */
    bed->data_fee = "\"0x000000000000000000000000000000000000000000000000000001d1a94a2000\"";
    for (unsigned i = 0; i < 4; i++) {
        bed->now_ms += 3000;
        bed_mine(bed);
    }
    assert_true(bed->rebids > 0);
    assert_wei(&bed->asked.old_cost, GAS_COST + FEE / 4 * 5);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_wei(&attempt.data_fee, 2 * FEE / 4 * 5);
    struct cw_wei gas;
    struct cw_error error;
    assert_int_equal(cw_fees_cost(&gas, attempt.gas_limit, &attempt.max_fee, &error), CW_OK);
    const struct cw_wei cost = cw_wei_add(&gas, &attempt.data_fee);
    assert_int_equal(cw_wei_cmp(&bed->asked.new_cost, &cost), 0);
    cw_arena_done(&arena);
}

static void bid__fee_not_to_be_had__waits_and_says_so(void **state) {
    struct bed *bed = *state;
    open_rollup(bed, FEE_ANSWER);
    bed->hold_blocks = true;
    bed_submit(bed, 0);
    bed_run(bed);
    bed->base_fee_wei = 10 * GWEI;
    bed->data_fee = "\"0x\"";
    for (unsigned i = 0; i < 4; i++) {
        bed->now_ms += 3000;
        bed_mine(bed);
    }
    assert_int_equal(bed->rebids, 0);
    assert_non_null(strstr(bed_trouble(bed), "nonce 0: what l1 charges for data can't be read"));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opstack__asked_with_the_unsigned_bytes),
        cmocka_unit_test(nitro__asked_for_the_part_of_l1),
        cmocka_unit_test(opstack__asked_for_the_operator_fee),
        cmocka_unit_test(sum__of_what_is_charged__rounded_up_and_never_around),
        cmocka_unit_test(read__answers__fee_or_gas),
        T(submit__rollup__fee_is_in_the_cost),
        T(submit__operator_fee__is_in_the_cost_by_its_gas),
        T(submit__operator_fee_not_to_be_had__not_sent_and_said),
        T(submit__operator_fee_of_a_batch__by_the_gas_of_all),
        T(included__operator_fee__what_was_reckoned_stays),
        T(bid__operator_fee__is_in_it),
        T(submit__data_is_paid_in_gas__estimated_each_time),
        T(submit__fee_over_the_budget__too_dear),
        T(submit__balance_without_room_for_the_fee__no_funds),
        T(submit__no_such_contract__not_sent_and_said),
        T(included__receipt_says_the_fee__kept_until_it_is_gone),
        T(included__receipt_says_a_fee_that_cannot_be__not_counted),
        T(bid__rollup__fee_is_asked_again),
        T(bid__fee_not_to_be_had__waits_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
