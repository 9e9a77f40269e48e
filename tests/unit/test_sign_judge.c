/* What a policy lets be signed, and what each refusal says. */
#include "sign/judge.h"

#include "tx/multicall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
    "{\"max_calldata\": 4096, \"chains\": {"
    "\"l1\": {\"chain_id\": 900, \"max_fee\": \"100 gwei\", \"max_transaction_fee\": \"0.1 ether\","
    "  \"hourly_fee_budget\": \"0.5 ether\", \"daily_fee_budget\": \"1 ether\","
    "  \"hourly_signatures\": 10, \"daily_signatures\": 20,"
    "  \"multicall\": \"0xcA11bde05977b3631167028862bE2a173976CA11\","
    "  \"contracts\": [{\"address\": \"0x1111111111111111111111111111111111111111\","
    "    \"calls\": [\"prove()\", \"finalize(uint256)\"]}]},"
    "\"l2\": {\"chain_id\": 901, \"max_fee\": \"1 gwei\", \"max_transaction_fee\": \"0.1 ether\","
    "  \"hourly_fee_budget\": \"0.5 ether\", \"daily_fee_budget\": \"1 ether\","
    "  \"max_value\": \"7 wei\", \"cancel\": false,"
    "  \"contracts\": [{\"address\": \"0x2222222222222222222222222222222222222222\","
    "    \"calls\": [\"redeem()\"]}]}}}";

static const struct cw_addr20 self = {{0xaa, 0xbb}};
static const struct cw_addr20 one = {{0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                      0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11}};
static const struct cw_addr20 two = {{0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
                                      0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22}};

static int set_up(void **state) {
    struct cw_sign_policy *policy = NULL;
    struct cw_error error;
    if (cw_sign_policy_parse(&policy, "p.json", CW_LITERAL(text), &error) != CW_OK) {
        print_error("%s\n", error.text);
        return 1;
    }
    *state = policy;
    return 0;
}

static int tear_down(void **state) {
    cw_sign_policy_free(*state);
    return 0;
}

static struct cw_selector prove_selector;

static struct cw_sign_request sample(void) {
    prove_selector = cw_selector_of("prove()");
    return (struct cw_sign_request){
        .chain_id = {900},
        .nonce = 7,
        .gas_limit = 1000000,
        .max_fee = {cw_u256_from_u64(100000000000)},
        .max_tip = {cw_u256_from_u64(1)},
        .to = one,
        .data = cw_slice_of(prove_selector.b, 4),
    };
}

static bool judge(const struct cw_sign_policy *policy, const struct cw_sign_request *request,
                  struct cw_sign_refusal *refusal) {
    struct cw_wei fee;
    *refusal = (struct cw_sign_refusal){0};
    return cw_sign_judge(policy, &self, request, &fee, refusal);
}

static void assert_refused(void **state, const struct cw_sign_request *request,
                           enum cw_sign_code code, const char *part) {
    struct cw_sign_refusal refusal;
    if (judge(*state, request, &refusal) || refusal.code != code ||
        strstr(refusal.text, part) == NULL) {
        fail_msg("wanted %s (%s), got %s: %s", cw_sign_code_name(code), part,
                 cw_sign_code_name(refusal.code), refusal.text);
    }
}

static void assert_taken(void **state, const struct cw_sign_request *request) {
    struct cw_sign_refusal refusal;
    if (!judge(*state, request, &refusal)) {
        fail_msg("refused: %s", refusal.text);
    }
}

static void judge__what_is_named__taken(void **state) {
    struct cw_sign_request request = sample();
    struct cw_sign_refusal refusal;
    struct cw_wei fee;
    assert_true(cw_sign_judge(*state, &self, &request, &fee, &refusal));
    assert_int_equal(fee.v.limb[0], 100000000000000000u);
    struct cw_selector finalize = cw_selector_of("finalize(uint256)");
    uint8_t data[40] = {0};
    memcpy(data, finalize.b, 4);
    request.data = cw_slice_of(data, sizeof data);
    assert_taken(state, &request);
    request = sample();
    request.legacy = true;
    request.max_tip.v = cw_u256_from_u64(0);
    assert_taken(state, &request);
}

static void judge__another_chain__refused(void **state) {
    struct cw_sign_request request = sample();
    request.chain_id.v = 1;
    assert_refused(state, &request, CW_SIGN_CHAIN, "does not name chain 1");
    /* a contract of another chain of the policy */
    request.chain_id.v = 901;
    request.max_fee.v = cw_u256_from_u64(1);
    assert_refused(state, &request, CW_SIGN_CONTRACT, "on chain 901");
}

static void judge__another_contract__refused(void **state) {
    struct cw_sign_request request = sample();
    request.to = two;
    assert_refused(state, &request, CW_SIGN_CONTRACT, "0x2222222222222222222222222222222222222222");
    request.to = one;
    request.to.b[19] ^= 1;
    assert_refused(state, &request, CW_SIGN_CONTRACT, "does not name the contract");
}

static void judge__another_function__refused(void **state) {
    struct cw_sign_request request = sample();
    request.data = CW_LITERAL("\xde\xad\xbe\xef");
    assert_refused(state, &request, CW_SIGN_SELECTOR, "the function 0xdeadbeef");
    request.data = cw_slice_of(NULL, 0);
    assert_refused(state, &request, CW_SIGN_SELECTOR, "no function");
    request.data = cw_slice_of(prove_selector.b, 3);
    assert_refused(state, &request, CW_SIGN_SELECTOR, "no function");
}

static void judge__no_receiver__refused_as_a_creation(void **state) {
    struct cw_sign_request request = sample();
    memset(&request.to, 0, sizeof request.to);
    assert_refused(state, &request, CW_SIGN_CREATION, "no contract");
}

static void judge__value__only_what_is_allowed(void **state) {
    struct cw_sign_request request = sample();
    request.value.v = cw_u256_from_u64(1);
    assert_refused(state, &request, CW_SIGN_VALUE, "sends 1 wei, above max_value of 0");
    struct cw_selector redeem = cw_selector_of("redeem()");
    request.chain_id.v = 901;
    request.to = two;
    request.data = cw_slice_of(redeem.b, 4);
    request.max_fee.v = cw_u256_from_u64(1);
    request.value.v = cw_u256_from_u64(7);
    assert_taken(state, &request);
    request.value.v = cw_u256_from_u64(8);
    assert_refused(state, &request, CW_SIGN_VALUE, "above max_value of 7 wei");
}

static void judge__a_transfer_of_nothing_to_itself__where_allowed(void **state) {
    struct cw_sign_request request = sample();
    request.to = self;
    request.data = cw_slice_of(NULL, 0);
    assert_taken(state, &request);
    request.value.v = cw_u256_from_u64(1);
    assert_refused(state, &request, CW_SIGN_CONTRACT, "does not name the contract");
    request = sample();
    request.to = self;
    assert_refused(state, &request, CW_SIGN_CONTRACT, "does not name the contract");
    request.data = cw_slice_of(NULL, 0);
    request.gas_limit = 1000001;
    assert_refused(state, &request, CW_SIGN_FEE, "max_transaction_fee");
    request.chain_id.v = 901; /* "cancel": false */
    request.max_fee.v = cw_u256_from_u64(1);
    assert_refused(state, &request, CW_SIGN_CONTRACT, "does not name the contract");
}

static void judge__fees__capped_per_gas_and_in_all(void **state) {
    struct cw_sign_request request = sample();
    request.max_fee.v = cw_u256_from_u64(100000000001);
    assert_refused(state, &request, CW_SIGN_FEE, "above max_fee of");
    request = sample();
    request.gas_limit = 1000001;
    assert_refused(state, &request, CW_SIGN_FEE, "which for 1 call is 0.1 ether");
    request.gas_limit = UINT64_MAX;
    request.max_fee.v = cw_u256_from_u64(100000000000);
    assert_refused(state, &request, CW_SIGN_FEE, "max_transaction_fee");
    request = sample();
    memset(&request.max_fee, 0xff, sizeof request.max_fee);
    assert_refused(state, &request, CW_SIGN_FEE, "above max_fee of");
}

static void judge__too_much_calldata__refused(void **state) {
    static uint8_t data[4097];
    struct cw_sign_request request = sample();
    memcpy(data, prove_selector.b, 4);
    request.data = cw_slice_of(data, 4096);
    assert_taken(state, &request);
    request.data = cw_slice_of(data, 4097);
    assert_refused(state, &request, CW_SIGN_SIZE, "4097 bytes of calldata, above max_calldata");
}

static void judge__what_no_chain_takes__refused(void **state) {
    struct cw_sign_request request = sample();
    request.max_tip.v = cw_u256_from_u64(100000000001);
    assert_refused(state, &request, CW_SIGN_TRANSACTION, "no chain takes it");
}

/* --- batches ---------------------------------------------------------------------------------- */

static struct cw_sign_request batch(struct cw_buf *buf, const struct cw_multicall *calls,
                                    size_t n) {
    struct cw_sign_request request = sample();
    cw_buf_reset(buf);
    cw_multicall_put(buf, calls, n);
    assert_false(buf->failed);
    request.to = CW_MULTICALL3;
    request.data = cw_buf_slice(buf);
    return request;
}

static void judge__a_batch__each_call_is_judged(void **state) {
    struct cw_buf buf;
    cw_buf_init(&buf, 65536);
    (void)sample();
    struct cw_selector finalize = cw_selector_of("finalize(uint256)");
    struct cw_multicall calls[] = {
        {one, true, cw_slice_of(prove_selector.b, 4)},
        {one, false, cw_slice_of(finalize.b, 4)},
        {one, true, cw_slice_of(prove_selector.b, 4)},
    };
    struct cw_sign_request request = batch(&buf, calls, 3);
    request.gas_limit = 3000000; /* as much as the three alone */
    assert_taken(state, &request);
    request.gas_limit++;
    assert_refused(state, &request, CW_SIGN_FEE, "for 3 calls is 0.3 ether");
    request.gas_limit--;
    request.value.v = cw_u256_from_u64(1);
    assert_refused(state, &request, CW_SIGN_VALUE, "to the multicall");
    calls[1].to = two;
    request = batch(&buf, calls, 3);
    assert_refused(state, &request, CW_SIGN_INNER, "call 2 of the batch: the policy does not name");
    calls[1].to = CW_MULTICALL3; /* a batch in a batch */
    request = batch(&buf, calls, 3);
    assert_refused(state, &request, CW_SIGN_INNER, "call 2 of the batch");
    calls[1].to = self;
    calls[1].data = cw_slice_of(NULL, 0);
    request = batch(&buf, calls, 3);
    assert_refused(state, &request, CW_SIGN_INNER, "call 2 of the batch");
    calls[1].to = one;
    request = batch(&buf, calls, 3);
    assert_refused(state, &request, CW_SIGN_INNER, "no function");
    calls[1].data = CW_LITERAL("\xde\xad\xbe\xef");
    request = batch(&buf, calls, 3);
    assert_refused(state, &request, CW_SIGN_INNER, "the function 0xdeadbeef");
    calls[1].data = cw_slice_of(finalize.b, 3);
    request = batch(&buf, calls, 3);
    assert_refused(state, &request, CW_SIGN_INNER, "no function");
    cw_buf_done(&buf);
}

static void judge__another_form_of_batch__refused(void **state) {
    struct cw_buf buf;
    cw_buf_init(&buf, 65536);
    (void)sample();
    const struct cw_multicall call = {one, true, cw_slice_of(prove_selector.b, 4)};
    struct cw_sign_request request = batch(&buf, &call, 1);
    assert_taken(state, &request);
    request.data.n--;
    assert_refused(state, &request, CW_SIGN_INNER, "plainly encoded");
    request.data.n++;
    cw_buf_append(&buf, "\0", 1);
    request.data = cw_buf_slice(&buf);
    assert_refused(state, &request, CW_SIGN_INNER, "nothing behind");
    request = batch(&buf, NULL, 0);
    assert_refused(state, &request, CW_SIGN_INNER, "1 to 256 calls");
    /* aggregate3Value, tryAggregate, … */
    request = batch(&buf, &call, 1);
    buf.p[0] ^= 1;
    assert_refused(state, &request, CW_SIGN_INNER, "only aggregate3");
    /* where no multicall is named it is a contract like another */
    request = batch(&buf, &call, 1);
    request.chain_id.v = 901;
    request.max_fee.v = cw_u256_from_u64(1);
    assert_refused(state, &request, CW_SIGN_CONTRACT, "does not name the contract");
    cw_buf_done(&buf);
}

/* --- budgets ---------------------------------------------------------------------------------- */

#define ETHER 1000000000000000000u

static void budget__each_limit__refused_at_one_more(void **state) {
    const struct cw_sign_policy *policy = *state;
    static const struct {
        uint64_t hour_n, day_n, nonce_n;
        double hour_fees, day_fees, nonce_fee, fee; /* ether */
        enum cw_sign_code code;                     /* 0: taken */
        const char *part;
    } cases[] = {
        {0, 0, 0, 0, 0, 0, 0.5, 0, ""},
        {9, 19, 0, 0.25, 0.75, 0, 0.25, 0, ""},
        {10, 19, 0, 0, 0, 0, 0.25, CW_SIGN_COUNT, "10 transactions were signed in the last hour"},
        {9, 19, 1, 0, 0, 0, 0.25, CW_SIGN_COUNT, "hourly_signatures is 10"},
        {9, 20, 0, 0, 0, 0, 0.25, CW_SIGN_COUNT, "daily_signatures is 20"},
        {0, 0, 0, 0.25, 0.25, 0, 0.375, CW_SIGN_BUDGET, "hourly_fee_budget of 0.5 ether"},
        {0, 0, 0, 0.25, 0.75, 0, 0.375, CW_SIGN_BUDGET, "hourly_fee_budget of 0.5 ether"},
        {0, 0, 0, 0.125, 0.75, 0, 0.375, CW_SIGN_BUDGET, "daily_fee_budget of 1 ether"},
        /* of a nonce the dearest counts, and once */
        {0, 0, 1, 0.25, 0.25, 0.25, 0.25, 0, ""},
        {0, 0, 1, 0.25, 0.25, 0.375, 0.125, CW_SIGN_BUDGET, "may cost 0.375 ether"},
        {0, 0, 1, 0.25, 0.25, 0.125, 0.25, 0, ""},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_journal_usage used = {
            {cases[i].hour_n, cases[i].day_n},
            {{cw_u256_from_u64((uint64_t)(cases[i].hour_fees * ETHER))},
             {cw_u256_from_u64((uint64_t)(cases[i].day_fees * ETHER))}}};
        struct cw_journal_nonce nonce = {
            .n = cases[i].nonce_n,
            .fee = {cw_u256_from_u64((uint64_t)(cases[i].nonce_fee * ETHER))}};
        const struct cw_wei fee = {cw_u256_from_u64((uint64_t)(cases[i].fee * ETHER))};
        struct cw_sign_refusal refusal = {0};
        bool taken = cw_sign_judge_budget(&policy->chains[0], &used, &nonce, &fee, &refusal);
        if (taken != (cases[i].code == 0) || refusal.code != cases[i].code ||
            strstr(refusal.text, cases[i].part) == NULL) {
            fail_msg("case %zu: %s", i, refusal.text);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__what_is_named__taken),
        cmocka_unit_test(judge__another_chain__refused),
        cmocka_unit_test(judge__another_contract__refused),
        cmocka_unit_test(judge__another_function__refused),
        cmocka_unit_test(judge__no_receiver__refused_as_a_creation),
        cmocka_unit_test(judge__value__only_what_is_allowed),
        cmocka_unit_test(judge__a_transfer_of_nothing_to_itself__where_allowed),
        cmocka_unit_test(judge__fees__capped_per_gas_and_in_all),
        cmocka_unit_test(judge__too_much_calldata__refused),
        cmocka_unit_test(judge__what_no_chain_takes__refused),
        cmocka_unit_test(judge__a_batch__each_call_is_judged),
        cmocka_unit_test(judge__another_form_of_batch__refused),
        cmocka_unit_test(budget__each_limit__refused_at_one_more),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
