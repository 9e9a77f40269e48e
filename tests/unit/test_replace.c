/* Transactions that blocks pass by, and nonces that nothing has. */
#include "lane_bed.h"

#include <causeway/tx.h>

#include <string.h>

#define GWEI UINT64_C(1000000000)

static void assert_text(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, text);
    }
}

static void assert_state(struct bed *bed, size_t message, enum cw_attempt_state state) {
    assert_string_equal(cw_attempt_state_name(bed_state(bed, message)),
                        cw_attempt_state_name(state));
}

static void send(struct bed *bed, size_t message) {
    size_t before = bed->done_n;
    bed_submit(bed, message);
    bed_run(bed);
    assert_int_equal(bed->done_n, before + 1);
    assert_int_equal(bed->done[before].outcome, CW_LANE_SENT);
}

/* n blocks, each a while after the one before. */
static void blocks(struct bed *bed, unsigned n) {
    while (n-- > 0) {
        bed_mine_quietly(bed);
        bed_heads(bed);
        bed_advance(bed, 1000);
    }
}

static size_t bids(struct bed *bed, size_t message, struct cw_store_bid **ret,
                   struct cw_arena *arena) {
    const struct cw_store_attempt attempt = bed_attempt(bed, message, arena);
    struct cw_error error;
    size_t n = 0;
    assert_int_equal(cw_store_bids(bed->store, attempt.row, arena, ret, &n, &error), CW_OK);
    assert_int_equal(attempt.bids, n);
    return n;
}

static unsigned count_bids(struct bed *bed, size_t message) {
    struct cw_arena arena;
    struct cw_store_bid *list;
    cw_arena_init(&arena, 1u << 20);
    size_t n = bids(bed, message, &list, &arena);
    cw_arena_done(&arena);
    return (unsigned)n;
}

/* --- at a higher price ------------------------------------------------------------------------ */

static void base_fee_above_the_offer__sent_again_at_the_market_price(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->base_fee_wei = 10 * GWEI; /* 2.1 gwei were offered */
    blocks(bed, 2);
    assert_int_equal(count_bids(bed, 0), 1); /* not before 3 blocks passed it by */
    blocks(bed, 1);
    struct cw_arena arena;
    struct cw_store_bid *list;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(bids(bed, 0, &list, &arena), 2);
    assert_int_equal(list[1].max_fee.v.limb[0], 20 * GWEI + bed->tip_wei);
    assert_false(list[1].cancels);
    assert_text(list[1].why, "the chain asks for 10 gwei a gas, 2.1 gwei was offered");
    struct cw_tx first, second;
    struct cw_signature signature;
    assert_int_equal(cw_tx_decode(&arena, &first, &signature, list[0].raw, NULL), CW_OK);
    assert_int_equal(cw_tx_decode(&arena, &second, &signature, list[1].raw, NULL), CW_OK);
    assert_int_equal(first.nonce, second.nonce);
    assert_true(cw_slice_equal(first.data, second.data));
    assert_true(cw_addr20_equal(&first.to, &second.to));
    cw_arena_done(&arena);
    assert_int_equal(bed->asked.message, bed->messages[0]);
    assert_string_equal(bed->asked_step, "prove");
    blocks(bed, 1);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    blocks(bed, 6);
    assert_state(bed, 0, CW_ATTEMPT_FINAL);
    assert_int_equal(bed->txs_n, 2);
}

static void several__all_that_no_block_takes__each_sent_again(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    for (size_t i = 0; i < 5; i++)
        send(bed, i);
    bed->base_fee_wei = 10 * GWEI;
    blocks(bed, 4);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(count_bids(bed, i), 2);
    blocks(bed, 1);
    for (size_t i = 0; i < 5; i++)
        assert_state(bed, i, CW_ATTEMPT_INCLUDED);
}

static void others_tip_more__only_the_lowest_is_raised(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    send(bed, 1);
    bed->hold_blocks = true;
    bed->tip_wei = 500000000;
    blocks(bed, 3);
    assert_int_equal(count_bids(bed, 0), 2);
    assert_int_equal(count_bids(bed, 1), 1);
}

static void fair_price__patience_then_a_tenth_more(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->hold_blocks = true;
    blocks(bed, 11);
    assert_int_equal(count_bids(bed, 0), 1);
    blocks(bed, 1);
    struct cw_arena arena;
    struct cw_store_bid *list;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(bids(bed, 0, &list, &arena), 2);
    assert_int_equal(list[1].max_fee.v.limb[0], 2310000000);
    assert_int_equal(list[1].max_tip.v.limb[0], 110000000);
    assert_text(list[1].why, "12 blocks passed it by");
    cw_arena_done(&arena);
}

static void above_max_fee__waits_and_says_so(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->base_fee_wei = 60 * GWEI;
    blocks(bed, 5);
    assert_int_equal(count_bids(bed, 0), 1);
    assert_text(bed_trouble(bed), "nonce 0 waits at its old price");
    assert_text(bed_trouble(bed), "above max_fee of 100 gwei");
    bed->base_fee_wei = 20 * GWEI;
    blocks(bed, 2);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_string_equal(bed_trouble(bed), "");
}

static void pool_has_a_dearer_one__raised_until_it_takes_it(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_foreign(bed, 0);
    bed->txs[0].max_fee = 2200000000;
    bed->txs[0].max_tip = 105000000;
    bed->hold_blocks = true;
    send(bed, 0);
    assert_text(bed_trouble(bed), "underpriced");
    blocks(bed, 3);
    assert_true(count_bids(bed, 0) >= 2);
    bed->hold_blocks = false;
    blocks(bed, 1);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void host_says_wait__not_sent_again(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->rebid = CW_LANE_REBID_WAIT;
    bed->base_fee_wei = 10 * GWEI;
    blocks(bed, 5);
    assert_int_equal(count_bids(bed, 0), 1);
    assert_text(bed_trouble(bed), "the host says so");
    bed->rebid = CW_LANE_REBID_OK;
    blocks(bed, 1);
    assert_int_equal(count_bids(bed, 0), 2);
}

/* --- used up for nothing ---------------------------------------------------------------------- */

static void cancelled(struct bed *bed, const char *why) {
    struct cw_arena arena;
    struct cw_store_bid *list;
    struct cw_tx tx;
    struct cw_signature signature;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(bids(bed, 0, &list, &arena), 2);
    assert_true(list[1].cancels);
    assert_text(list[1].why, why);
    assert_int_equal(cw_tx_decode(&arena, &tx, &signature, list[1].raw, NULL), CW_OK);
    assert_true(cw_addr20_equal(&tx.to, cw_signer_address(bed->signer)));
    assert_int_equal(tx.data.n, 0);
    assert_true(cw_u256_is_zero(&tx.value.v));
    blocks(bed, 1);
    struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(attempt.state, CW_ATTEMPT_INCLUDED);
    assert_true(attempt.cancelled);
    blocks(bed, 6);
    assert_state(bed, 0, CW_ATTEMPT_FINAL);
    cw_arena_done(&arena);
}

static void host_says_cancel__nonce_used_up(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->rebid = CW_LANE_REBID_CANCEL;
    bed->base_fee_wei = 10 * GWEI;
    blocks(bed, 3);
    cancelled(bed, "the host says so");
}

static void call_fails_at_two_heads__nonce_used_up(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->base_fee_wei = 10 * GWEI;
    bed->revert_self = CW_LITERAL("\x08\xc3\x79\xa0");
    blocks(bed, 3);
    assert_int_equal(count_bids(bed, 0), 1); /* it may have been included just then */
    bed->revert_self = (struct cw_slice){NULL, 0};
    bed->revert_data_only = CW_LITERAL("\x08\xc3\x79\xa0");
    blocks(bed, 1);
    cancelled(bed, "it would revert now");
}

static void gap__filled_and_the_others_go_on(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    blocks(bed, 1);
    /* Somebody else's transaction made the lane step over a nonce, and is gone again. */
    bed->nonce_lie = 3;
    bed->nonce_lies = 2;
    bed_heads(bed);
    bed_run(bed);
    send(bed, 1);
    assert_int_equal(bed->txs[1].nonce, 3);
    blocks(bed, 8);
    assert_state(bed, 1, CW_ATTEMPT_INCLUDED);
    unsigned fills = 0;
    for (size_t i = 0; i < bed->txs_n; i++)
        fills += bed->txs[i].block != 0 && (bed->txs[i].nonce == 1 || bed->txs[i].nonce == 2);
    assert_int_equal(fills, 2);
    assert_text(bed->log, "nonce 1: used up by a transfer of nothing");
    assert_string_equal(bed_trouble(bed), "");
    send(bed, 2);
    blocks(bed, 1);
    assert_state(bed, 2, CW_ATTEMPT_INCLUDED);
}

/* --- which one it was ------------------------------------------------------------------------- */

static void older_bid_included__found_and_said_which(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->base_fee_wei = 10 * GWEI;
    blocks(bed, 3);
    assert_int_equal(bed->txs_n, 2);
    /* A builder had kept the first one. */
    bed->base_fee_wei = GWEI;
    bed->txs[0].in_pool = true;
    bed->txs[1].in_pool = false;
    blocks(bed, 2);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(attempt.state, CW_ATTEMPT_INCLUDED);
    assert_memory_equal(attempt.hash.b, bed->txs[0].hash.b, 32);
    assert_int_equal(attempt.max_fee.v.limb[0], 2100000000);
    assert_int_equal(attempt.bids, 2);
    cw_arena_done(&arena);
    blocks(bed, 6);
    assert_state(bed, 0, CW_ATTEMPT_FINAL);
}

static void crash_after_the_bid__the_newest_bytes_go_out_and_any_is_found(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->base_fee_wei = 10 * GWEI;
    bed->hold = "eth_sendRawTransaction";
    blocks(bed, 3);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(count_bids(bed, 0), 2);
    bed_crash(bed);
    bed->hold = NULL;
    bed_open(bed);
    bed_run(bed);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(bed->txs[1].max_fee, 20 * GWEI + bed->tip_wei);
    bed->base_fee_wei = GWEI;
    bed->txs[0].in_pool = true;
    bed->txs[1].in_pool = false;
    blocks(bed, 2);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void reorg_after_an_older_bid_was_included__comes_back(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->base_fee_wei = 10 * GWEI;
    blocks(bed, 3);
    bed->base_fee_wei = GWEI;
    bed->txs[0].in_pool = true;
    bed->txs[1].in_pool = false;
    blocks(bed, 1);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    bed_reorg(bed, 2);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    blocks(bed, 2);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void disk_full__nothing_goes_out_that_is_not_written(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    send(bed, 0);
    bed->base_fee_wei = 10 * GWEI;
    bed_disk_full(bed, true);
    blocks(bed, 4);
    assert_int_equal(bed->txs_n, 1);
    assert_text(bed_trouble(bed), "is not written, so not sent");
    bed_disk_full(bed, false);
    blocks(bed, 2);
    assert_int_equal(bed->txs_n, 2);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void plain_gas_price__raised_too(void **state) {
    struct bed *bed = *state;
    bed->no_base_fee = true;
    bed->gas_price_wei = 2 * GWEI;
    bed_mine_quietly(bed);
    bed_open(bed);
    send(bed, 0);
    bed->hold_blocks = true;
    bed->gas_price_wei = 5 * GWEI;
    blocks(bed, 3);
    struct cw_arena arena;
    struct cw_store_bid *list;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(bids(bed, 0, &list, &arena), 2);
    assert_int_equal(list[1].max_fee.v.limb[0], 5 * GWEI);
    cw_arena_done(&arena);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(base_fee_above_the_offer__sent_again_at_the_market_price),
        CASE(several__all_that_no_block_takes__each_sent_again),
        CASE(others_tip_more__only_the_lowest_is_raised),
        CASE(fair_price__patience_then_a_tenth_more),
        CASE(above_max_fee__waits_and_says_so),
        CASE(pool_has_a_dearer_one__raised_until_it_takes_it),
        CASE(host_says_wait__not_sent_again),
        CASE(host_says_cancel__nonce_used_up),
        CASE(call_fails_at_two_heads__nonce_used_up),
        CASE(gap__filled_and_the_others_go_on),
        CASE(older_bid_included__found_and_said_which),
        CASE(crash_after_the_bid__the_newest_bytes_go_out_and_any_is_found),
        CASE(reorg_after_an_older_bid_was_included__comes_back),
        CASE(disk_full__nothing_goes_out_that_is_not_written),
        CASE(plain_gas_price__raised_too),
    };
    return cmocka_run_group_tests_name("replace", tests, NULL, NULL);
}
