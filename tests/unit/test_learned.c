#include "tx/learned.h"

#include "tx/fees.h"

#include "lane_bed.h"

#include <stdio.h>
#include <string.h>

/* --- what is known of a kind ------------------------------------------------------------------ */

static const struct cw_addr20 us = {{0xaa}};

static struct cw_call call_of(uint8_t contract, const char *data) {
    return (struct cw_call){.to = {{contract}}, .data = cw_slice_of(data, strlen(data))};
}

static void note_n(struct cw_learned *learned, unsigned n, uint64_t estimate) {
    const struct cw_call call = call_of(1, "prove");
    for (unsigned i = 0; i < n; i++) {
        cw_learned_note(learned, &us, &call, estimate);
    }
}

static uint64_t gas(struct cw_learned *learned) {
    const struct cw_call call = call_of(1, "prove");
    return cw_learned_gas(learned, &us, &call);
}

static void gas__less_than_four_known__searched(void **state) {
    (void)state;
    struct cw_learned learned = {0};
    note_n(&learned, 3, 160000);
    assert_int_equal(gas(&learned), 0);
    note_n(&learned, 1, 160000);
    assert_int_equal(gas(&learned), 170000); /* and a sixteenth */
}

static void gas__they_differ__the_most_up_to_half_as_much_again(void **state) {
    (void)state;
    struct cw_learned learned = {0};
    note_n(&learned, 4, 160000);
    note_n(&learned, 1, 240000);
    assert_int_equal(gas(&learned), 255000);
    note_n(&learned, 1, 240001);
    assert_int_equal(gas(&learned), 0);
    note_n(&learned, 7, 200000); /* eight are kept */
    assert_int_equal(gas(&learned), 240001 + 240001 / 16);
    note_n(&learned, 1, 200000);
    assert_int_equal(gas(&learned), 212500);
}

static void gas__a_higher_floor__the_floor(void **state) {
    (void)state;
    struct cw_learned learned = {0};
    struct cw_call call = call_of(1, "prove");
    note_n(&learned, 4, 160000);
    call.gas_floor = 300000;
    assert_int_equal(cw_learned_gas(&learned, &us, &call), 300000);
}

static void gas__now_and_then__searched(void **state) {
    (void)state;
    struct cw_learned learned = {0};
    note_n(&learned, 4, 160000);
    for (unsigned i = 1; i <= 64; i++) {
        assert_int_equal(gas(&learned), i % 16 == 0 ? 0 : 170000);
    }
}

static void gas__of_another_kind__searched(void **state) {
    (void)state;
    struct cw_learned learned = {0};
    const struct cw_addr20 other = {{0xbb}};
    const struct cw_call contract = call_of(2, "prove"), function = call_of(1, "final"),
                         call = call_of(1, "prove"), longer = call_of(1, "proverbs"),
                         none = call_of(1, "");
    note_n(&learned, 4, 160000);
    assert_int_equal(cw_learned_gas(&learned, &us, &contract), 0);
    assert_int_equal(cw_learned_gas(&learned, &us, &function), 0);
    assert_int_equal(cw_learned_gas(&learned, &other, &call), 0);
    assert_int_equal(cw_learned_gas(&learned, &us, &none), 0);
    cw_learned_note(&learned, &us, &none, 160000);
    assert_int_equal(cw_learned_gas(&learned, &us, &longer), 170000);
}

static void note__more_kinds_than_fit__the_oldest_go(void **state) {
    (void)state;
    struct cw_learned learned = {0};
    note_n(&learned, 4, 160000);
    for (unsigned i = 0; i < CW_LEARNED_KINDS; i++) {
        const struct cw_call call = call_of((uint8_t)(10 + i), "prove");
        for (unsigned k = 0; k < 4; k++) {
            cw_learned_note(&learned, &us, &call, 100000 + i);
        }
    }
    assert_int_equal(gas(&learned), 0);
    const struct cw_call last = call_of(10 + CW_LEARNED_KINDS - 1, "prove");
    assert_true(cw_learned_gas(&learned, &us, &last) > 100000);
}

static void note__more_than_any_block_has__not_taken(void **state) {
    (void)state;
    struct cw_learned learned = {0};
    note_n(&learned, 8, UINT64_MAX);
    assert_int_equal(gas(&learned), 0);
}

/* --- a lane that knows ------------------------------------------------------------------------ */

/* Five were sent, each with an estimate of 100,000, and the next one needs that much. */
static void open_knowing(struct bed *bed, uint64_t estimate) {
    bed_open(bed);
    for (size_t i = 0; i < 5; i++) {
        bed_submit(bed, i);
    }
    bed_run(bed);
    bed_mine(bed);
    assert_int_equal(bed->done_n, 5);
    assert_int_equal(bed_count(bed, "eth_estimateGas"), 5);
    bed->estimate = estimate;
}

static void assert_sent(struct bed *bed, size_t i, uint64_t gas_limit, unsigned estimates) {
    struct cw_arena arena;
    bed_submit(bed, i);
    bed_run(bed);
    assert_int_equal(bed->done[bed->done_n - 1].message, bed->messages[i]);
    if (bed->done[bed->done_n - 1].outcome != CW_LANE_SENT) {
        fail_msg("not sent: %s", bed->done[bed->done_n - 1].text);
    }
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(bed_attempt(bed, i, &arena).gas_limit, gas_limit);
    cw_arena_done(&arena);
    assert_int_equal(bed_count(bed, "eth_estimateGas"), estimates);
}

static void simulate__others_needed_as_much__one_call_and_no_search(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 100000);
    assert_sent(bed, 5, 127500, 5);
    assert_int_equal(bed_count(bed, "eth_call"), 6);
}

static void simulate__needs_more_than_others__searched(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 106251);
    assert_sent(bed, 5, 127502, 6);
    assert_int_equal(bed_count(bed, "eth_call"), 7);
}

/* What a redeem schedules is run by nodes that estimate it, and by nobody who calls. */
static void simulate__more_is_told_by_an_estimate__searched_each_time(void **state) {
    struct bed *bed = *state;
    struct cw_call call = bed_call();
    call.estimate_tells = true;
    open_knowing(bed, 100000);
    assert_int_equal(bed_submit_step(bed, 5, "prove", &call, false), CW_OK);
    bed_run(bed);
    assert_int_equal(bed->done[5].outcome, CW_LANE_SENT);
    assert_int_equal(bed_count(bed, "eth_estimateGas"), 6);
}

/* The gas of a transaction's data is in no call, and was nothing when the others were sent. */
static void simulate__data_takes_gas_now__searched(void **state) {
    struct bed *bed = *state;
    char answer[3 + 3 * 64 + 2];
    for (size_t i = 0; cw_data_fees[i] != NULL; i++) {
        if (strcmp(cw_data_fees[i]->name, "nitro") == 0) {
            bed->chain.data_fee = cw_data_fees[i];
        }
    }
    assert_non_null(bed->chain.data_fee);
    bed->data_fee_at = "00000000000000000000000000000000000000c8";
    snprintf(answer, sizeof answer, "\"0x%064x%064x%064x\"", 0, 1, 1);
    bed->data_fee = answer;
    open_knowing(bed, 100000);
    assert_sent(bed, 5, 127500, 5);
    answer[3 + 60] = '9';
    assert_sent(bed, 6, 120000, 6);
}

static void simulate__reverts_whatever_it_has__reverted(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 100000);
    bed->revert_self = CW_LITERAL("\x09\xbd\xe3\x39");
    bed_submit(bed, 5);
    bed_run(bed);
    assert_int_equal(bed->done[5].outcome, CW_LANE_REVERTED);
    assert_int_equal(bed->done[5].data_n, 4);
    assert_int_equal(bed_count(bed, "eth_estimateGas"), 6);
}

static void
simulate__its_target_fails_for_want_of_gas__searched_and_not_sent_for_that(void **state) {
    struct bed *bed = *state;
    struct cw_call call = bed_call();
    call.simulate_from = bed->simulator;
    bed_open(bed);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(bed_submit_step(bed, i, "finalize", &call, true), CW_OK);
    }
    bed_run(bed);
    bed->estimate = 120000;
    assert_int_equal(bed_submit_step(bed, 5, "finalize", &call, true), CW_OK);
    bed_run(bed);
    assert_int_equal(bed->done[5].outcome, CW_LANE_SENT);
    assert_false(bed->done[5].as_self);
    assert_int_equal(bed->done[5].gas, 120000);
}

static void simulate__no_endpoint__failed_and_not_searched(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 100000);
    bed_fault(bed, "eth_call", CW_ERR_TRANSPORT, "no connection", 1);
    bed_submit(bed, 5);
    bed_run(bed);
    assert_int_equal(bed->done[5].outcome, CW_LANE_FAILED);
    assert_int_equal(bed_count(bed, "eth_estimateGas"), 5);
}

static void gas__others_needed_more_than_the_policy_allows__searched(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 100000);
    bed->policy.max_gas = 106249;
    assert_sent(bed, 5, 120000, 6);
    bed->policy.max_gas = 106250;
    assert_sent(bed, 6, 127500, 6);
}

static void gas__others_needed_more_than_a_block_has__searched(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 100000);
    bed->chain.tx_gas_cap = 106249;
    assert_sent(bed, 5, 106249, 6);
}

static void budget__enough_for_what_it_needs_itself__sent(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 90000);
    struct cw_wei spent;
    struct cw_error error;
    assert_int_equal(cw_store_spent(bed->store, bed->route, 0, &spent, &error), CW_OK);
    /* a fifth more than 90,000 gas, at twice the base fee and the tip */
    const struct cw_wei cost = {cw_u256_from_u64(108000 * UINT64_C(2100000000))};
    bed->policy.daily_fee_budget = cw_wei_add(&spent, &cost);
    assert_sent(bed, 5, 108000, 6);
}

static void funds__enough_for_what_it_needs_itself__sent(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 90000);
    bed->balance_wei = 108000 * UINT64_C(2100000000);
    bed_mine(bed);
    assert_sent(bed, 5, 108000, 6);
}

static void permit__too_dear_with_what_others_needed__asked_again_with_its_own(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 100000);
    bed->permit_err = CW_ERR_LIMIT;
    bed_submit(bed, 5);
    bed_run(bed);
    assert_int_equal(bed->done[5].outcome, CW_LANE_TOO_DEAR);
    assert_int_equal(bed->done[5].gas, 100000);
    assert_int_equal(bed_count(bed, "eth_estimateGas"), 6);
}

static void included__one_failed__searched_from_then_on(void **state) {
    struct bed *bed = *state;
    open_knowing(bed, 100000);
    bed->include_failing = true;
    assert_sent(bed, 5, 127500, 5);
    bed_mine(bed);
    assert_sent(bed, 6, 120000, 6);
}

#define BARE(name) cmocka_unit_test(name)
#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        BARE(gas__less_than_four_known__searched),
        BARE(gas__they_differ__the_most_up_to_half_as_much_again),
        BARE(gas__a_higher_floor__the_floor),
        BARE(gas__now_and_then__searched),
        BARE(gas__of_another_kind__searched),
        BARE(note__more_kinds_than_fit__the_oldest_go),
        BARE(note__more_than_any_block_has__not_taken),
        CASE(simulate__others_needed_as_much__one_call_and_no_search),
        CASE(simulate__needs_more_than_others__searched),
        CASE(simulate__more_is_told_by_an_estimate__searched_each_time),
        CASE(simulate__data_takes_gas_now__searched),
        CASE(simulate__reverts_whatever_it_has__reverted),
        CASE(simulate__its_target_fails_for_want_of_gas__searched_and_not_sent_for_that),
        CASE(simulate__no_endpoint__failed_and_not_searched),
        CASE(gas__others_needed_more_than_the_policy_allows__searched),
        CASE(gas__others_needed_more_than_a_block_has__searched),
        CASE(budget__enough_for_what_it_needs_itself__sent),
        CASE(funds__enough_for_what_it_needs_itself__sent),
        CASE(permit__too_dear_with_what_others_needed__asked_again_with_its_own),
        CASE(included__one_failed__searched_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
