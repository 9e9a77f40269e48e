/* Two lanes of a route, which has one budget: what either is signing counts for both. */
#include "lane_bed.h"

#include "sign/local.h"

#include <causeway/keccak.h>

#include <string.h>

/* 120000 gas at 2.1 gwei: what one transaction may cost. */
#define COST (UINT64_C(120000) * 2100000000)

/* Asked, it answers later or never. */
struct mute {
    struct cw_signer base;
    struct cw_signer *real;
    bool speaks;
    unsigned asked;
};

static void mute_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                      cw_sign_done *done, void *ctx) {
    struct mute *mute = (struct mute *)(void *)signer;
    mute->asked++;
    if (mute->speaks) {
        cw_signer_sign(mute->real, request, done, ctx);
    }
}

static void mute_free(struct cw_signer *signer) {
    (void)signer;
}

static const struct cw_signer_ops mute_ops = {mute_sign, mute_free, NULL};

struct two {
    struct bed *bed;
    struct mute mute;
    struct cw_lane *first; /* the mute one's */
};

static int set_up(void **state) {
    static struct two two;
    struct bed *bed;
    void *made;
    if (bed_set_up(&made) != 0) {
        return 1;
    }
    bed = made;
    two = (struct two){
        .bed = bed,
        .mute = {.base = {&mute_ops, *cw_signer_address(bed->signer)}, .real = bed->signer}};
    bed->signer = &two.mute.base;
    bed->code = "\"0x5151\"";
    cw_keccak256(&bed->code_hash, CW_LITERAL("\x51\x51"));
    bed->batch_estimate = 220000;
    *state = &two;
    return 0;
}

/* The bed's own lane is the second one from here on. */
static void open_second(struct two *two) {
    static const struct cw_secret32 secret = {{7}};
    struct bed *bed = two->bed;
    struct cw_error error;
    two->first = bed->lane;
    bed->lane = NULL;
    assert_int_equal(cw_signer_local(&bed->signer, &secret, &error), CW_OK);
    bed_open(bed);
}

static int tear_down(void **state) {
    struct two *two = *state;
    cw_lane_free(two->first);
    cw_signer_free(two->mute.real);
    void *bed = two->bed;
    return bed_tear_down(&bed);
}

/* With so much of a budget the second lane sends nothing, with a wei more it does. */
static void assert_left(struct two *two, uint64_t budget) {
    struct bed *bed = two->bed;
    size_t before = bed->done_n;
    open_second(two);
    bed->policy.daily_fee_budget.v = cw_u256_from_u64(budget - 1);
    bed_submit(bed, 2);
    bed_run(bed);
    assert_int_equal(bed->done_n, before + 1);
    assert_int_equal(bed->done[before].outcome, CW_LANE_TOO_DEAR);
    assert_non_null(strstr(bed->done[before].text, "daily_fee_budget"));
    bed->policy.daily_fee_budget.v = cw_u256_from_u64(budget);
    bed_submit(bed, 2);
    bed_run(bed);
    assert_int_equal(bed->done_n, before + 2);
    assert_int_equal(bed->done[before + 1].outcome, CW_LANE_SENT);
}

static void signing__in_another_lane__counts(void **state) {
    struct two *two = *state;
    bed_open(two->bed);
    bed_submit(two->bed, 0);
    bed_run(two->bed);
    assert_int_equal(two->mute.asked, 1);
    assert_left(two, 2 * COST);
}

static void signing__a_batch_in_another_lane__counts_whole(void **state) {
    struct two *two = *state;
    bed_open(two->bed);
    bed_submit_shared(two->bed, 0, 2, 0);
    bed_submit_shared(two->bed, 1, 2, 0);
    bed_run(two->bed);
    assert_int_equal(two->bed->batch_calls, 2);
    assert_int_equal(two->mute.asked, 1);
    assert_left(two, COST + UINT64_C(264000) * 2100000000);
}

static void signing__a_higher_bid_in_another_lane__counts_with_what_it_adds(void **state) {
    struct two *two = *state;
    struct bed *bed = two->bed;
    two->mute.speaks = true;
    bed->hold_blocks = true;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 1);
    two->mute.speaks = false;
    bed->base_fee_wei = 10000000000;
    for (unsigned i = 0; i < 4; i++) {
        bed->now_ms += 3000;
        bed_mine(bed);
    }
    assert_int_equal(two->mute.asked, 2);
    /* What was bid first is in the store already, so that both count whole. */
    assert_left(two, 2 * (UINT64_C(120000) * 20100000000));
}

static void signing__another_lane_is_closed__counts_no_longer(void **state) {
    struct two *two = *state;
    bed_open(two->bed);
    bed_submit(two->bed, 0);
    bed_run(two->bed);
    assert_int_equal(two->mute.asked, 1);
    cw_lane_free(two->bed->lane);
    two->bed->lane = NULL;
    assert_left(two, COST);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(signing__in_another_lane__counts),
        CASE(signing__a_batch_in_another_lane__counts_whole),
        CASE(signing__a_higher_bid_in_another_lane__counts_with_what_it_adds),
        CASE(signing__another_lane_is_closed__counts_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
