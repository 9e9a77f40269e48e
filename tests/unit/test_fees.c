#include "tx/fees.h"
#include "tx/gas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define GWEI UINT64_C(1000000000)

static struct cw_wei wei(uint64_t v) {
    return (struct cw_wei){cw_u256_from_u64(v)};
}

static void assert_wei(struct cw_wei actual, uint64_t expected) {
    char text[CW_U256_DEC_SIZE], wanted[CW_U256_DEC_SIZE];
    const struct cw_u256 v = cw_u256_from_u64(expected);
    assert_string_equal(cw_u256_to_dec(text, &actual.v), cw_u256_to_dec(wanted, &v));
}

static struct cw_config_chain chain(void) {
    return (struct cw_config_chain){
        .name = "l1", .symbol = "ETH", .min_tip = wei(GWEI), .max_fee = wei(100 * GWEI)};
}

static void price__others_pay_more_than_the_least__their_tip_and_twice_the_base_fee(void **state) {
    (void)state;
    const struct cw_config_chain config = chain();
    const struct cw_fee_market market = {.base_fee = wei(20 * GWEI), .tip = wei(3 * GWEI)};
    struct cw_fees fees;
    assert_int_equal(cw_fees_price(&fees, &config, &market, NULL), CW_OK);
    assert_wei(fees.max_tip, 3 * GWEI);
    assert_wei(fees.max_fee, 43 * GWEI);
}

static void price__others_pay_next_to_nothing__the_least_tip(void **state) {
    (void)state;
    const struct cw_config_chain config = chain();
    const struct cw_fee_market market = {.base_fee = wei(7), .tip = wei(0)};
    struct cw_fees fees;
    assert_int_equal(cw_fees_price(&fees, &config, &market, NULL), CW_OK);
    assert_wei(fees.max_tip, GWEI);
    assert_wei(fees.max_fee, GWEI + 14);
}

static void price__exactly_the_most__taken(void **state) {
    (void)state;
    const struct cw_config_chain config = chain();
    const struct cw_fee_market market = {.base_fee = wei(49 * GWEI), .tip = wei(2 * GWEI)};
    struct cw_fees fees;
    assert_int_equal(cw_fees_price(&fees, &config, &market, NULL), CW_OK);
    assert_wei(fees.max_fee, 100 * GWEI);
}

static void price__a_wei_above_the_most__too_dear_with_the_numbers(void **state) {
    (void)state;
    const struct cw_config_chain config = chain();
    const struct cw_fee_market market = {.base_fee = wei(49 * GWEI), .tip = wei(2 * GWEI + 1)};
    struct cw_fees fees = {.max_fee = wei(1)};
    struct cw_error error;
    assert_int_equal(cw_fees_price(&fees, &config, &market, &error), CW_ERR_LIMIT);
    assert_wei(fees.max_fee, 1); /* untouched */
    assert_non_null(strstr(error.text, "base fee 49 gwei"));
    assert_non_null(strstr(error.text, "max_fee of 100 gwei"));
}

static void price__absurd_numbers__too_dear_without_wrapping(void **state) {
    (void)state;
    struct cw_config_chain config = chain();
    struct cw_fee_market market;
    memset(&market, 0xff, sizeof market);
    market.legacy = false;
    struct cw_fees fees;
    assert_int_equal(cw_fees_price(&fees, &config, &market, NULL), CW_ERR_LIMIT);
    assert_int_equal(cw_fees_raise(&fees, &config, &market,
                                   &(struct cw_fees){.max_fee = market.tip, .max_tip = market.tip},
                                   NULL),
                     CW_ERR_LIMIT);
    market.legacy = true;
    assert_int_equal(cw_fees_price(&fees, &config, &market, NULL), CW_ERR_LIMIT);
}

static void price__no_base_fee__what_nodes_suggest(void **state) {
    (void)state;
    const struct cw_config_chain config = chain();
    struct cw_fee_market market = {.legacy = true, .gas_price = wei(5 * GWEI), .tip = wei(9)};
    struct cw_fees fees;
    struct cw_error error;
    assert_int_equal(cw_fees_price(&fees, &config, &market, NULL), CW_OK);
    assert_true(fees.legacy);
    assert_wei(fees.max_fee, 5 * GWEI);
    assert_wei(fees.max_tip, 0);
    market.gas_price = wei(1);
    assert_int_equal(cw_fees_price(&fees, &config, &market, NULL), CW_OK);
    assert_wei(fees.max_fee, GWEI); /* min_tip */
    market.gas_price = wei(100 * GWEI + 1);
    assert_int_equal(cw_fees_price(&fees, &config, &market, &error), CW_ERR_LIMIT);
    assert_non_null(strstr(error.text, "offer a gas price of"));
}

static void raise_to(uint64_t old_fee, uint64_t old_tip, const struct cw_fee_market *market,
                     uint64_t fee, uint64_t tip) {
    const struct cw_config_chain config = chain();
    const struct cw_fees old = {.max_fee = wei(old_fee), .max_tip = wei(old_tip)};
    struct cw_fees fees;
    assert_int_equal(cw_fees_raise(&fees, &config, market, &old, NULL), CW_OK);
    assert_wei(fees.max_fee, fee);
    assert_wei(fees.max_tip, tip);
}

static void raise__market_stands_still__a_tenth_more_of_each_rounded_up(void **state) {
    (void)state;
    const struct cw_fee_market market = {.base_fee = wei(GWEI), .tip = wei(GWEI)};
    raise_to(10 * GWEI, 2 * GWEI, &market, 11 * GWEI, 2200 * (GWEI / 1000));
    raise_to(10 * GWEI + 1, 2 * GWEI + 9, &market, 11 * GWEI + 2, 2200 * (GWEI / 1000) + 10);
}

static void raise__market_rose__its_price(void **state) {
    (void)state;
    const struct cw_fee_market market = {.base_fee = wei(20 * GWEI), .tip = wei(4 * GWEI)};
    raise_to(10 * GWEI, 2 * GWEI, &market, 44 * GWEI, 4 * GWEI);
    raise_to(42 * GWEI, 2 * GWEI, &market, 462 * (GWEI / 10), 4 * GWEI);
}

static void raise__tiny_prices__more_by_a_wei_at_least(void **state) {
    (void)state;
    struct cw_config_chain config = chain();
    config.min_tip = wei(0);
    const struct cw_fee_market market = {.base_fee = wei(0), .tip = wei(0)};
    const struct cw_fees old = {.max_fee = wei(7), .max_tip = wei(0)};
    struct cw_fees fees;
    assert_int_equal(cw_fees_raise(&fees, &config, &market, &old, NULL), CW_OK);
    assert_wei(fees.max_fee, 8);
    assert_wei(fees.max_tip, 1);
}

static void raise__above_the_most__too_dear(void **state) {
    (void)state;
    const struct cw_config_chain config = chain();
    const struct cw_fee_market market = {.base_fee = wei(GWEI), .tip = wei(GWEI)};
    const struct cw_fees old = {.max_fee = wei(91 * GWEI), .max_tip = wei(GWEI)};
    struct cw_fees fees = old;
    struct cw_error error;
    assert_int_equal(cw_fees_raise(&fees, &config, &market, &old, &error), CW_ERR_LIMIT);
    assert_non_null(strstr(error.text, "100.1 gwei"));
    assert_wei(fees.max_fee, 91 * GWEI);
}

static void raise__plain_gas_price__a_tenth_more(void **state) {
    (void)state;
    const struct cw_config_chain config = chain();
    const struct cw_fee_market market = {.legacy = true, .gas_price = wei(10 * GWEI)};
    const struct cw_fees old = {.legacy = true, .max_fee = wei(10 * GWEI)};
    struct cw_fees fees;
    assert_int_equal(cw_fees_raise(&fees, &config, &market, &old, NULL), CW_OK);
    assert_true(fees.legacy);
    assert_wei(fees.max_fee, 11 * GWEI);
    assert_wei(fees.max_tip, 0);
}

static void out_of_market__base_fee_above_the_offer__until_it_is_met(void **state) {
    (void)state;
    struct cw_fee_market market = {.base_fee = wei(11), .tip = wei(3)};
    const struct cw_fees fees = {.max_fee = wei(10), .max_tip = wei(2)};
    assert_true(cw_fees_out_of_market(&fees, &market));
    assert_true(cw_fees_outbid(&fees, &market));
    market.base_fee = wei(10);
    market.tip = wei(2);
    assert_false(cw_fees_out_of_market(&fees, &market));
    assert_false(cw_fees_outbid(&fees, &market));
    market = (struct cw_fee_market){.legacy = true, .gas_price = wei(11)};
    assert_true(cw_fees_out_of_market(&fees, &market));
    market.gas_price = wei(10);
    assert_false(cw_fees_outbid(&fees, &market));
}

static void cost__over_256_bits__refused(void **state) {
    (void)state;
    struct cw_wei fee, cost;
    memset(&fee, 0xff, sizeof fee);
    assert_int_equal(cw_fees_cost(&cost, 2, &fee, NULL), CW_ERR_LIMIT);
    assert_int_equal(cw_fees_cost(&cost, 21000, &(struct cw_wei){cw_u256_from_u64(GWEI)}, NULL),
                     CW_OK);
    assert_wei(cost, 21000 * GWEI);
}

static void wei_add__overflow__the_greatest(void **state) {
    (void)state;
    struct cw_wei most;
    memset(&most, 0xff, sizeof most);
    const struct cw_wei one = wei(1);
    const struct cw_wei sum = cw_wei_add(&most, &one);
    assert_int_equal(cw_wei_cmp(&sum, &most), 0);
}

static const struct cw_gas_rules rules = {.max = 1000000, .block = 30000000, .tx = 16777216};

static void check(enum cw_gas_verdict verdict, uint64_t need, uint64_t limit, uint64_t estimate,
                  uint64_t floor, const struct cw_gas_rules *with) {
    uint64_t got_need, got_limit;
    assert_int_equal(cw_gas_limit(&got_need, &got_limit, estimate, floor, with), verdict);
    assert_int_equal(got_need, need);
    assert_int_equal(got_limit, limit);
}

static void limit__an_estimate__a_fifth_more_rounded_up(void **state) {
    (void)state;
    check(CW_GAS_FITS, 100000, 120000, 100000, 0, &rules);
    check(CW_GAS_FITS, 100001, 120002, 100001, 0, &rules);
}

static void limit__a_floor_above_the_buffer__the_floor(void **state) {
    (void)state;
    check(CW_GAS_FITS, 250000, 250000, 100000, 250000, &rules);
    check(CW_GAS_FITS, 110000, 120000, 100000, 110000, &rules);
}

static void limit__needs_more_than_the_policy__over_max(void **state) {
    (void)state;
    check(CW_GAS_FITS, 1000000, 1200000, 1000000, 0, &rules);
    check(CW_GAS_OVER_MAX, 1000001, 1200002, 1000001, 0, &rules);
    check(CW_GAS_OVER_MAX, 1000001, 1000001, 10, 1000001, &rules);
}

static void limit__needs_more_than_fits__over_cap_before_over_max(void **state) {
    (void)state;
    check(CW_GAS_OVER_CAP, 16777217, 16777216, 16777217, 0, &rules);
    check(CW_GAS_OVER_CAP, UINT64_MAX, 16777216, UINT64_MAX, 0, &rules);
    const struct cw_gas_rules small = {.max = 50000000, .block = 8000000, .tx = 16777216};
    check(CW_GAS_OVER_CAP, 8000001, 8000000, 8000001, 0, &small);
}

static void limit__the_buffer_does_not_fit__cut_at_the_cap(void **state) {
    (void)state;
    const struct cw_gas_rules wide = {.max = 50000000, .block = 30000000, .tx = 16777216};
    check(CW_GAS_FITS, 16000000, 16777216, 16000000, 0, &wide);
    const struct cw_gas_rules no_cap = {.max = 50000000, .block = 30000000, .tx = 0};
    check(CW_GAS_FITS, 26000000, 30000000, 26000000, 0, &no_cap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(price__others_pay_more_than_the_least__their_tip_and_twice_the_base_fee),
        cmocka_unit_test(price__others_pay_next_to_nothing__the_least_tip),
        cmocka_unit_test(price__exactly_the_most__taken),
        cmocka_unit_test(price__a_wei_above_the_most__too_dear_with_the_numbers),
        cmocka_unit_test(price__absurd_numbers__too_dear_without_wrapping),
        cmocka_unit_test(price__no_base_fee__what_nodes_suggest),
        cmocka_unit_test(raise__market_stands_still__a_tenth_more_of_each_rounded_up),
        cmocka_unit_test(raise__market_rose__its_price),
        cmocka_unit_test(raise__tiny_prices__more_by_a_wei_at_least),
        cmocka_unit_test(raise__above_the_most__too_dear),
        cmocka_unit_test(raise__plain_gas_price__a_tenth_more),
        cmocka_unit_test(out_of_market__base_fee_above_the_offer__until_it_is_met),
        cmocka_unit_test(cost__over_256_bits__refused),
        cmocka_unit_test(wei_add__overflow__the_greatest),
        cmocka_unit_test(limit__an_estimate__a_fifth_more_rounded_up),
        cmocka_unit_test(limit__a_floor_above_the_buffer__the_floor),
        cmocka_unit_test(limit__needs_more_than_the_policy__over_max),
        cmocka_unit_test(limit__needs_more_than_fits__over_cap_before_over_max),
        cmocka_unit_test(limit__the_buffer_does_not_fit__cut_at_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
