/* Signed bytes that are to be sent again: only when they are still right, or when their nonce is
 * needed. */
#include "lane_bed.h"

#include <string.h>

#define SENDS "eth_sendRawTransaction"

static int set_up(void **state) {
    int failed = bed_set_up(state);
    if (failed == 0)
        ((struct bed *)*state)->judges = true;
    return failed;
}

static void judge(struct bed *bed, size_t i, const char *step, const char *data, const char *why) {
    struct cw_call call = bed_call();
    if (data != NULL)
        call.data = cw_slice_of(data, strlen(data));
    cw_lane_judge(bed->lane, bed->messages[i], step, &call, why);
    bed_run(bed);
}

static void assert_again(const struct bed *bed, size_t i, uint64_t nonce, enum cw_lane_again what) {
    assert_true(i < bed->agains_n);
    assert_int_equal(bed->agains[i].nonce, nonce);
    assert_int_equal(bed->agains[i].what, what);
}

static void submit(struct bed *bed, size_t n) {
    for (size_t i = 0; i < n; i++)
        bed_submit(bed, i);
    bed_run(bed);
}

/* A lane with n transactions in the newest block, which then is gone. */
static void send_and_reorg(struct bed *bed, size_t n) {
    bed_open(bed);
    submit(bed, n);
    bed_mine(bed);
    assert_int_equal(bed_state(bed, n - 1), CW_ATTEMPT_INCLUDED);
    bed_reorg(bed, 1);
    assert_int_equal(bed_count(bed, SENDS), n);
    assert_int_equal(bed->agains_n, n);
    assert_again(bed, 0, n - 1, CW_LANE_UNJUDGED); /* the last one first */
    assert_true(bed->agains[0].had_block);
    assert_int_equal(bed->agains[0].gone, bed->head - 1);
}

static void mine(struct bed *bed, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        bed_mine(bed);
}

static void fresh__nobody_is_asked(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    submit(bed, 1);
    assert_int_equal(bed_count(bed, SENDS), 1);
    mine(bed, 6);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_FINAL);
    assert_int_equal(bed->agains_n, 0);
}

static void gone__still_right__the_same_bytes_go_out(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 1, "prove", NULL, ""); /* of another message */
    assert_int_equal(bed_count(bed, SENDS), 1);
    judge(bed, 0, "prove", NULL, "");
    assert_int_equal(bed_count(bed, SENDS), 2);
    assert_int_equal(bed->agains_n, 2);
    assert_again(bed, 1, 0, CW_LANE_AGAIN);
    assert_true(bed->agains[1].had_block);
    bed_mine(bed);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed->txs_n, 1);
}

static void gone__wrong_now__kept_until_it_is_right(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 0, NULL, NULL, "no_root");
    assert_again(bed, 1, 0, CW_LANE_KEPT);
    assert_string_equal(bed->agains[1].why, "no_root");
    mine(bed, 60); /* nobody needs the nonce */
    bed_advance(bed, 600000);
    judge(bed, 0, NULL, NULL, "no_root");
    assert_int_equal(bed->agains_n, 2); /* said once */
    assert_int_equal(bed_count(bed, SENDS), 1);
    judge(bed, 0, "prove", NULL, "");
    assert_again(bed, 2, 0, CW_LANE_AGAIN);
    assert_int_equal(bed_count(bed, SENDS), 2);
}

static void gone__another_step_is_due__kept(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 0, "approve", NULL, "");
    assert_again(bed, 1, 0, CW_LANE_KEPT);
    mine(bed, 60);
    assert_int_equal(bed_count(bed, SENDS), 1);
}

/* The newest transaction is a bid that only uses the nonce up. */
static void assert_used_up(const struct bed *bed, uint64_t nonce) {
    const struct bed_moved *moved = &bed->moved[bed->moved_n - 1];
    assert_int_equal(moved->state, CW_ATTEMPT_SIGNED);
    assert_int_equal(moved->nonce, nonce);
    assert_true(moved->cancelled);
}

static void kept__something_right_waits_behind_it__its_nonce_is_used_up(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 2);
    judge(bed, 0, NULL, NULL, "no_root");
    mine(bed, 20);
    assert_int_equal(bed_count(bed, SENDS), 2); /* the one behind it is not judged yet */
    judge(bed, 1, "prove", NULL, "");
    assert_int_equal(bed_count(bed, SENDS), 3);
    assert_again(bed, bed->agains_n - 1, 0, CW_LANE_NEEDED);
    bed_mine(bed);
    assert_used_up(bed, 0);
    assert_int_equal(bed_count(bed, SENDS), 4);
    bed_mine(bed);
    assert_int_equal(bed_state(bed, 1), CW_ATTEMPT_INCLUDED);
    mine(bed, 6);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_FINAL);
    bed_submit(bed, 0); /* the step is open again */
    bed_run(bed);
    assert_int_equal(bed->done[2].outcome, CW_LANE_SENT);
}

static void kept__something_right_waits_behind_it__not_at_once(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 2);
    judge(bed, 0, NULL, NULL, "no_root");
    judge(bed, 1, "prove", NULL, "");
    mine(bed, 11);
    for (size_t i = 0; i < bed->agains_n; i++)
        assert_int_not_equal(bed->agains[i].what, CW_LANE_NEEDED);
    bed_mine(bed);
    assert_again(bed, bed->agains_n - 1, 0, CW_LANE_NEEDED);
}

/* Whoever starts again and again must not wait for ever. */
static void kept__started_anew_meanwhile__waits_on(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 0, "prove", "other root", "");
    for (unsigned i = 0; i < 3; i++) {
        mine(bed, 3);
        bed_crash(bed);
        bed_open(bed);
        judge(bed, 0, "prove", "other root", "");
        assert_again(bed, bed->agains_n - 1, 0, CW_LANE_REPLACED);
    }
    mine(bed, 2);
    assert_again(bed, bed->agains_n - 1, 0, CW_LANE_REPLACED);
    bed_mine(bed);
    assert_again(bed, bed->agains_n - 1, 0, CW_LANE_NEEDED);
    assert_used_up(bed, 0);
}

/* Once it was right the wait is over; another one begins with the next doubt. */
static void kept__right_again_and_wrong_again__waits_anew(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    bed->hold_blocks = true;
    judge(bed, 0, "prove", "other root", "");
    mine(bed, 6);
    judge(bed, 0, "prove", NULL, "");
    bed_crash(bed);
    bed_open(bed);
    judge(bed, 0, "prove", "other root", "");
    mine(bed, 11);
    assert_again(bed, bed->agains_n - 1, 0, CW_LANE_REPLACED);
    bed_mine(bed);
    assert_again(bed, bed->agains_n - 1, 0, CW_LANE_NEEDED);
}

/* The message itself can go on only once the nonce is used. */
static void gone__another_call_in_its_place__used_up_after_a_while(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 0, "prove", "other root", "");
    assert_again(bed, 1, 0, CW_LANE_REPLACED);
    mine(bed, 11);
    assert_int_equal(bed_count(bed, SENDS), 1);
    bed_mine(bed);
    assert_again(bed, 2, 0, CW_LANE_NEEDED);
    assert_used_up(bed, 0);
}

static void given_up__right_again_before_the_bid__the_same_bytes_go_out(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 0, "prove", "other root", "");
    bed->hold = "eth_estimateGas";
    mine(bed, 13);
    assert_int_equal(bed_open_requests(bed, "eth_estimateGas"), 1);
    judge(bed, 0, NULL, NULL, "no_root"); /* changes nothing */
    judge(bed, 0, "prove", NULL, "");
    assert_again(bed, bed->agains_n - 1, 0, CW_LANE_AGAIN);
    assert_int_equal(bed_count(bed, SENDS), 2);
    bed_mine(bed);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
    bed->hold = NULL;
    bed_run(bed);
    assert_int_equal(bed->txs_n, 1);
}

static void given_up__no_bid_can_be_made__sent_as_it_is(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 0, "prove", "other root", "");
    bed->chain.max_fee = (struct cw_wei){cw_u256_from_u64(1)};
    mine(bed, 23);
    assert_int_equal(bed_count(bed, SENDS), 1);
    mine(bed, 1);
    assert_int_equal(bed_count(bed, SENDS), 2);
    assert_non_null(strstr(bed->log, "no bid could take its place"));
}

/* What uses a nonce up is right whatever happens. */
static void used_up__its_block_is_gone__sent_again_unasked(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 0, "prove", "other root", "");
    mine(bed, 13);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
    size_t told = bed->agains_n;
    unsigned sends = bed_count(bed, SENDS);
    bed_reorg(bed, 1);
    assert_int_equal(bed->agains_n, told);
    assert_int_equal(bed_count(bed, SENDS), sends + 1);
}

static void kept__found_in_a_block__included(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    judge(bed, 0, NULL, NULL, "no_root");
    bed->txs[0].in_pool = true; /* nodes put back what a block had */
    bed_mine(bed);
    assert_int_equal(bed_state(bed, 0), CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed_count(bed, SENDS), 1);
    bed_reorg(bed, 1);
    assert_again(bed, bed->agains_n - 1, 0, CW_LANE_UNJUDGED);
}

static void unjudged__for_long__sent_all_the_same(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 1);
    bed_advance(bed, 29999);
    assert_int_equal(bed_count(bed, SENDS), 1);
    bed_advance(bed, 1);
    assert_int_equal(bed_count(bed, SENDS), 2);
    assert_non_null(strstr(bed->log, "nobody could say"));
}

static void crash__what_is_on_its_way__judged_before_it_is_sent(void **state) {
    struct bed *bed = *state;
    bed->hold = SENDS;
    bed_open(bed);
    submit(bed, 2);
    bed_crash(bed);
    bed->hold = NULL;
    bed_open(bed);
    assert_int_equal(bed_count(bed, SENDS), 0);
    assert_int_equal(bed->agains_n, 2);
    assert_false(bed->agains[0].had_block);
    judge(bed, 0, "prove", NULL, "");
    judge(bed, 1, "prove", NULL, "");
    assert_int_equal(bed_count(bed, SENDS), 2);
    bed_mine(bed);
    assert_int_equal(bed_state(bed, 1), CW_ATTEMPT_INCLUDED);
}

/* As many as may be on their way are kept: others are made all the same. */
static void kept__a_lane_full_of_them__goes_on(void **state) {
    struct bed *bed = *state;
    send_and_reorg(bed, 16);
    for (size_t i = 0; i < 16; i++)
        judge(bed, i, NULL, NULL, "no_root");
    bed_submit(bed, 20);
    bed_run(bed);
    assert_int_equal(bed->done[16].outcome, CW_LANE_SENT);
    mine(bed, 40);
    assert_int_equal(bed_state(bed, 20), CW_ATTEMPT_FINAL);
    size_t used_up = 0;
    for (size_t i = 0; i < bed->moved_n; i++)
        used_up += bed->moved[i].state == CW_ATTEMPT_FINAL && bed->moved[i].cancelled;
    assert_int_equal(used_up, 16);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(fresh__nobody_is_asked),
        CASE(gone__still_right__the_same_bytes_go_out),
        CASE(gone__wrong_now__kept_until_it_is_right),
        CASE(gone__another_step_is_due__kept),
        CASE(kept__something_right_waits_behind_it__its_nonce_is_used_up),
        CASE(kept__something_right_waits_behind_it__not_at_once),
        CASE(kept__started_anew_meanwhile__waits_on),
        CASE(kept__right_again_and_wrong_again__waits_anew),
        CASE(gone__another_call_in_its_place__used_up_after_a_while),
        CASE(given_up__right_again_before_the_bid__the_same_bytes_go_out),
        CASE(given_up__no_bid_can_be_made__sent_as_it_is),
        CASE(used_up__its_block_is_gone__sent_again_unasked),
        CASE(kept__found_in_a_block__included),
        CASE(unjudged__for_long__sent_all_the_same),
        CASE(crash__what_is_on_its_way__judged_before_it_is_sent),
        CASE(kept__a_lane_full_of_them__goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
