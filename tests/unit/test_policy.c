#include "work/policy.h"

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

static struct cw_message message(void) {
    struct cw_message m = {.id = {{0x11}}};
    m.summary.sender.b[0] = 0x22;
    m.summary.target.b[0] = 0x33;
    return m;
}

static const struct cw_slice inner = {(const uint8_t *)"\xd0\xe3\x0d\xb0rest", 8};

static bool admits(const struct cw_config_policy *policy, char reason[CW_REASON_SIZE],
                   char detail[CW_DETAIL_SIZE]) {
    const struct cw_message m = message();
    reason[0] = detail[0] = '\0';
    return cw_policy_admits(policy, &m, inner, reason, detail);
}

static void admits__each_list__lets_pass_and_denies(void **state) {
    (void)state;
    char reason[CW_REASON_SIZE], detail[CW_DETAIL_SIZE];
    const struct cw_message m = message();
    const struct cw_addr20s senders = {&m.summary.sender, 1}, targets = {&m.summary.target, 1};
    const struct cw_slice id = cw_slice_of(m.id.b, 32), selector = cw_slice_of(inner.p, 4);
    const struct cw_config_match lists[] = {{.senders = senders},
                                            {.targets = targets},
                                            {.ids = {&id, 1}},
                                            {.calldata = {&selector, 1}}};
    static const char *const names[] = {"deny.senders", "deny.targets", "deny.ids",
                                        "deny.calldata"};
    for (size_t i = 0; i < CW_COUNT(lists); i++) {
        struct cw_config_policy policy = {.relay = lists[i]};
        assert_true(admits(&policy, reason, detail));
        policy = (struct cw_config_policy){.relay_all = true, .deny = lists[i]};
        assert_false(admits(&policy, reason, detail));
        assert_string_equal(reason, "denied");
        assert_non_null(strstr(detail, names[i]));
        policy.relay_all = false; /* deny goes before relay */
        policy.relay = lists[i];
        assert_false(admits(&policy, reason, detail));
        assert_string_equal(reason, "denied");
    }
}

static void admits__in_no_list__said_who_it_is(void **state) {
    (void)state;
    char reason[CW_REASON_SIZE], detail[CW_DETAIL_SIZE];
    const struct cw_addr20 other = {{0x44}};
    const struct cw_slice longer = CW_LITERAL("\xd0\xe3\x0d\xb0restandmore");
    const struct cw_config_policy policy = {
        .relay = {.senders = {&other, 1}, .targets = {&other, 1}, .calldata = {&longer, 1}}};
    assert_false(admits(&policy, reason, detail));
    assert_string_equal(reason, "not_listed");
    assert_non_null(strstr(detail, "sender 0x22"));
    assert_non_null(strstr(detail, "target 0x33"));
}

static struct cw_config_chain l1 = {.symbol = "ETH", .decimals = 18},
                              l2 = {.symbol = "GAS", .decimals = 6};
static struct cw_config_price prices[] = {{"ETH", 3000 * INT64_C(1000000000)},
                                          {"GAS", 2 * INT64_C(1000000000)}};
static struct cw_config config = {.prices = prices, .prices_n = 2};

static struct cw_policy_step step(void) {
    return (struct cw_policy_step){
        .config = &config,
        .chain = &l1,
        .source = &l2,
        .worst = wei(2000000 * GWEI),    /* 0.002 ETH */
        .expected = wei(1000000 * GWEI), /* 0.001 ETH: 3 */
    };
}

static void affords__no_rules__anything(void **state) {
    (void)state;
    char text[CW_DETAIL_SIZE];
    struct cw_config_policy policy = {.min_profit = ""};
    struct cw_policy_step s = step();
    memset(&s.worst, 0xff, sizeof s.worst);
    assert_true(cw_policy_affords(&policy, &s, text));
}

static void affords__max_message_fee__with_what_was_spent(void **state) {
    (void)state;
    char text[CW_DETAIL_SIZE];
    struct cw_config_policy policy = {.min_profit = "", .max_message_fee = wei(3000000 * GWEI)};
    struct cw_policy_step s = step();
    s.message_spent = wei(1000000 * GWEI);
    assert_true(cw_policy_affords(&policy, &s, text));
    s.message_spent = wei(1000000 * GWEI + 1);
    assert_false(cw_policy_affords(&policy, &s, text));
    assert_non_null(strstr(text, "max_message_fee of 0.003 ETH"));
    memset(&s.message_spent, 0xff, sizeof s.message_spent);
    assert_false(cw_policy_affords(&policy, &s, text));
}

static void affords__min_profit__in_the_unit_of_the_prices(void **state) {
    (void)state;
    char text[CW_DETAIL_SIZE];
    struct cw_config_policy policy = {.min_profit = "-3"};
    struct cw_policy_step s = step();
    assert_true(cw_policy_affords(&policy, &s, text)); /* pays nothing, costs 3 */
    policy.min_profit = "-2.99";
    assert_false(cw_policy_affords(&policy, &s, text));
    assert_non_null(strstr(text, "pays 0.0000 and would cost 3.0000: below min_profit of -2.99"));
    s.reward = wei(5000000); /* 5 GAS of 6 decimals: 10 */
    policy.min_profit = "7";
    assert_true(cw_policy_affords(&policy, &s, text));
    policy.min_profit = "7.000000001";
    assert_false(cw_policy_affords(&policy, &s, text));
}

static void affords__price_unknown_or_absurd__refused(void **state) {
    (void)state;
    char text[CW_DETAIL_SIZE];
    struct cw_config_policy policy = {.min_profit = "-100"};
    struct cw_policy_step s = step();
    struct cw_config_chain other = {.symbol = "POL", .decimals = 18};
    s.chain = &other;
    assert_false(cw_policy_affords(&policy, &s, text));
    assert_non_null(strstr(text, "\"prices\" has no POL"));
    s.chain = &l1;
    memset(&s.expected, 0xff, sizeof s.expected);
    assert_false(cw_policy_affords(&policy, &s, text));
    assert_non_null(strstr(text, "beyond reason"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admits__each_list__lets_pass_and_denies),
        cmocka_unit_test(admits__in_no_list__said_who_it_is),
        cmocka_unit_test(affords__no_rules__anything),
        cmocka_unit_test(affords__max_message_fee__with_what_was_spent),
        cmocka_unit_test(affords__min_profit__in_the_unit_of_the_prices),
        cmocka_unit_test(affords__price_unknown_or_absurd__refused),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
