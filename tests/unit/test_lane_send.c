/* A lane whose transactions go to endpoints of their own. The bed lets no other request go there,
 * and none of these anywhere else. */
#include "lane_bed.h"

#include <string.h>

#define SEND "eth_sendRawTransaction"

static void open_two(struct bed *bed) {
    bed->senders = 2;
    bed_open(bed);
}

static void says(struct bed *bed, size_t slot, unsigned sender, enum cw_err err, const char *text) {
    bed->lies[slot] = (struct bed_lie){
        .operator_ = sender, .method = SEND, .err = err, .text = text};
}

static void send_one(struct bed *bed) {
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 1);
    assert_int_equal(bed->done[0].outcome, CW_LANE_SENT);
}

static void assert_sent_to(const struct bed *bed, unsigned first, unsigned second) {
    assert_int_equal(bed->sent_to[0], first);
    assert_int_equal(bed->sent_to[1], second);
}

static void assert_state(struct bed *bed, enum cw_attempt_state state) {
    assert_string_equal(cw_attempt_state_name(bed_state(bed, 0)), cw_attempt_state_name(state));
}

static void send__first_takes_it__the_second_never_sees_it(void **state) {
    struct bed *bed = *state;
    open_two(bed);
    send_one(bed);
    assert_sent_to(bed, 1, 0);
    assert_state(bed, CW_ATTEMPT_SENT);
    bed_mine(bed);
    assert_state(bed, CW_ATTEMPT_INCLUDED);
}

static void send__quorum_of_the_readers__one_sender_is_enough(void **state) {
    struct bed *bed = *state;
    bed->chain.quorum = 2;
    bed->operators = 3;
    open_two(bed);
    send_one(bed);
    assert_sent_to(bed, 1, 0);
    assert_state(bed, CW_ATTEMPT_SENT);
}

static void send__first_fails__the_second_takes_it_at_once(void **state) {
    static const struct {
        enum cw_err err;
        const char *text;
    } cases[] = {{CW_ERR_TRANSPORT, "no connection"},
                 {CW_ERR_REFUSED, "the method does not exist"},
                 {CW_ERR_REFUSED, "transaction underpriced"},
                 {CW_ERR_REVERTED, "simulation failed"}};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct bed *bed = *state;
        says(bed, 0, 1, cases[i].err, cases[i].text);
        open_two(bed);
        send_one(bed);
        assert_sent_to(bed, 1, 1);
        assert_state(bed, CW_ATTEMPT_SENT);
        assert_string_equal(bed_trouble(bed), "");
        assert_int_equal(bed_tear_down(state), 0);
        assert_int_equal(bed_set_up(state), 0);
    }
}

static void send__first_has_it_already__that_is_enough(void **state) {
    struct bed *bed = *state;
    says(bed, 0, 1, CW_ERR_REFUSED, "already known");
    open_two(bed);
    send_one(bed);
    assert_sent_to(bed, 1, 0);
    assert_state(bed, CW_ATTEMPT_SENT);
}

static void send__nonce_too_low__the_receipt_decides(void **state) {
    struct bed *bed = *state;
    says(bed, 0, 1, CW_ERR_REFUSED, "nonce too low");
    open_two(bed);
    send_one(bed);
    assert_sent_to(bed, 1, 0);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 1);
}

static void send__all_fail__waits_and_says_so(void **state) {
    struct bed *bed = *state;
    says(bed, 0, 1, CW_ERR_TRANSPORT, "no connection");
    says(bed, 1, 2, CW_ERR_OVERLOADED, "too many requests");
    open_two(bed);
    send_one(bed);
    assert_sent_to(bed, 1, 1);
    assert_state(bed, CW_ATTEMPT_SIGNED);
    const char *trouble = bed_trouble(bed);
    assert_non_null(strstr(trouble, "nonce 0 waits, and goes nowhere else: " SEND
                                    ": none of 2 took it; one no connection; two too many"));
    assert_non_null(strstr(bed->log, "goes nowhere else"));
    bed_advance(bed, 1000);
    assert_sent_to(bed, 2, 2);
    memset(bed->lies, 0, sizeof bed->lies);
    bed_advance(bed, 2000);
    assert_state(bed, CW_ATTEMPT_SENT);
    assert_string_equal(bed_trouble(bed), "");
}

static void send__all_say_underpriced__bid_when_the_market_says_so_too(void **state) {
    static const char text[] = "max fee per gas less than block base fee";
    for (unsigned dear = 0; dear < 2; dear++) {
        struct bed *bed = *state;
        struct cw_arena arena;
        says(bed, 0, 1, CW_ERR_REFUSED, text);
        says(bed, 1, 2, CW_ERR_REFUSED, text);
        open_two(bed);
        send_one(bed);
        bed->base_fee_wei *= dear ? 10 : 1;
        for (unsigned i = 0; i < 5; i++) {
            bed->now_ms += 3000;
            bed_mine(bed);
        }
        cw_arena_init(&arena, 1u << 20);
        assert_int_equal(bed_attempt(bed, 0, &arena).bids, dear ? 2 : 1);
        cw_arena_done(&arena);
        assert_int_equal(bed_tear_down(state), 0);
        assert_int_equal(bed_set_up(state), 0);
    }
}

static void included__refused_as_it_was_repeated__no_trouble_left(void **state) {
    struct bed *bed = *state;
    open_two(bed);
    send_one(bed);
    says(bed, 0, 1, CW_ERR_REFUSED, "the moon is full");
    says(bed, 1, 2, CW_ERR_REFUSED, "the moon is full");
    bed_advance(bed, 12000);
    assert_non_null(strstr(bed_trouble(bed), "the moon is full"));
    bed_mine(bed);
    assert_state(bed, CW_ATTEMPT_INCLUDED);
    assert_string_equal(bed_trouble(bed), "");
}

static void crash__sent_again__to_the_senders_alone(void **state) {
    struct bed *bed = *state;
    bed->hold = SEND;
    open_two(bed);
    send_one(bed);
    bed_crash(bed);
    bed->hold = NULL;
    bed_open(bed);
    assert_sent_to(bed, 1, 0);
    assert_state(bed, CW_ATTEMPT_SENT);
}

static void repeat__passed_by__another_sender_is_first(void **state) {
    struct bed *bed = *state;
    bed->hold_blocks = true;
    open_two(bed);
    send_one(bed);
    bed_advance(bed, 12000);
    assert_sent_to(bed, 1, 1);
    bed_advance(bed, 24000);
    assert_sent_to(bed, 2, 1);
}

static void repeat__passed_by_once__has_its_time(void **state) {
    struct bed *bed = *state;
    bed->hold_blocks = true;
    open_two(bed);
    send_one(bed);
    bed_mine(bed);
    assert_sent_to(bed, 1, 0);
    bed_advance(bed, 1000);
    bed_mine(bed);
    assert_sent_to(bed, 1, 0);
    bed_mine(bed);
    assert_sent_to(bed, 1, 1);
}

static void bid__to_the_senders_alone(void **state) {
    struct bed *bed = *state;
    bed->hold_blocks = true;
    open_two(bed);
    send_one(bed);
    bed->base_fee_wei *= 10;
    for (unsigned i = 0; i < 4; i++) {
        bed->now_ms += 3000;
        bed_mine(bed);
    }
    assert_true(bed->rebids > 0);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(bed->txs[1].nonce, 0);
    bed->hold_blocks = false;
    bed_mine(bed);
    assert_state(bed, CW_ATTEMPT_INCLUDED);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        T(send__first_takes_it__the_second_never_sees_it),
        T(send__quorum_of_the_readers__one_sender_is_enough),
        T(send__first_fails__the_second_takes_it_at_once),
        T(send__first_has_it_already__that_is_enough),
        T(send__nonce_too_low__the_receipt_decides),
        T(send__all_fail__waits_and_says_so),
        T(send__all_say_underpriced__bid_when_the_market_says_so_too),
        T(included__refused_as_it_was_repeated__no_trouble_left),
        T(crash__sent_again__to_the_senders_alone),
        T(repeat__passed_by__another_sender_is_first),
        T(repeat__passed_by_once__has_its_time),
        T(bid__to_the_senders_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
