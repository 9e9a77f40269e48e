#include "tx/outbox.h"

#include "lane_bed.h"

#include <string.h>

static void assert_text(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, text);
    }
}

static size_t open_(const struct bed *bed) {
    struct cw_lane_status status;
    cw_lane_status(bed->lane, &status);
    return status.open;
}

static void assert_moved(const struct bed *bed, size_t i, enum cw_attempt_state state) {
    assert_true(i < bed->moved_n);
    assert_string_equal(cw_attempt_state_name(bed->moved[i].state), cw_attempt_state_name(state));
}

static void assert_state(struct bed *bed, size_t message, enum cw_attempt_state state) {
    assert_string_equal(cw_attempt_state_name(bed_state(bed, message)),
                        cw_attempt_state_name(state));
}

/* A lane with one transaction that was handed to the chain. */
static void send_one(struct bed *bed) {
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 1);
    assert_int_equal(bed->done[0].outcome, CW_LANE_SENT);
}

/* --- broadcast -------------------------------------------------------------------------------- */

static void send_sort__what_nodes_say__sorted(void **state) {
    (void)state;
    assert_int_equal(cw_send_sort("transaction already imported"), CW_SEND_KNOWN);
    assert_int_equal(cw_send_sort("l1 a.example eth_sendRawTransaction: already known"),
                     CW_SEND_KNOWN);
    assert_int_equal(cw_send_sort("AlreadyKnown"), CW_SEND_KNOWN);
    assert_int_equal(cw_send_sort("Known transaction"), CW_SEND_KNOWN);
    assert_int_equal(cw_send_sort("nonce too low: next nonce 5, tx nonce 4"),
                     CW_SEND_NONCE_TOO_LOW);
    assert_int_equal(cw_send_sort("OldNonce"), CW_SEND_NONCE_TOO_LOW);
    assert_int_equal(cw_send_sort("replacement transaction underpriced"), CW_SEND_UNDERPRICED);
    assert_int_equal(cw_send_sort("max fee per gas less than block base fee: address 0x1"),
                     CW_SEND_UNDERPRICED);
    assert_int_equal(cw_send_sort("Insufficient funds for gas * price + value"), CW_SEND_NO_FUNDS);
    assert_int_equal(cw_send_sort("nonce too high"), CW_SEND_REFUSED);
    assert_int_equal(cw_send_sort(""), CW_SEND_REFUSED);
}

static void crash__between_commit_and_broadcast__the_same_bytes_go_out(void **state) {
    struct bed *bed = *state;
    bed->hold = "eth_sendRawTransaction";
    send_one(bed);
    assert_int_equal(bed->txs_n, 0);
    assert_state(bed, 0, CW_ATTEMPT_SIGNED);
    bed_crash(bed);
    bed->hold = NULL;
    bed_open(bed);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(bed->txs[0].raw_n, attempt.raw.n);
    assert_memory_equal(bed->txs[0].raw, attempt.raw.p, attempt.raw.n);
    assert_int_equal(attempt.state, CW_ATTEMPT_SENT);
    cw_arena_done(&arena);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->txs[1].nonce, 1); /* the nonce was not given out twice */
}

static void crash__after_the_broadcast__already_known_is_sent(void **state) {
    struct bed *bed = *state;
    bed->hold = "eth_sendRawTransaction";
    send_one(bed);
    /* The chain got it, the answer never came. */
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    bed->txs[0] = (struct bed_tx){
        .hash = attempt.hash, .nonce = attempt.nonce, .max_fee = UINT64_MAX, .in_pool = true};
    bed->txs_n = 1;
    cw_arena_done(&arena);
    bed_crash(bed);
    bed->hold = NULL;
    bed_open(bed);
    assert_int_equal(bed->txs_n, 1);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    assert_string_equal(bed_trouble(bed), "");
}

static void crash__included_meanwhile__found_without_sending_it_again(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_crash(bed);
    bed_mine_quietly(bed);
    bed->hold = "eth_getTransactionReceipt";
    bed_open(bed);
    assert_int_equal(bed_open_requests(bed, "eth_getTransactionReceipt"), 1);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 0);
    bed->hold = NULL;
    bed_run(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void send__no_connection__stays_signed_and_is_sent_again(void **state) {
    struct bed *bed = *state;
    bed_fault(bed, "eth_sendRawTransaction", CW_ERR_TRANSPORT, "no connection", 2);
    send_one(bed);
    assert_state(bed, 0, CW_ATTEMPT_SIGNED);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
    bed_advance(bed, 999);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
    bed_advance(bed, 1);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 2);
    bed_advance(bed, 1999); /* backs off */
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 2);
    bed_advance(bed, 1);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 3);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
}

static void send__underpriced__stays_signed_and_says_so(void **state) {
    struct bed *bed = *state;
    bed_fault(bed, "eth_sendRawTransaction", CW_ERR_REFUSED,
              "max fee per gas less than block base fee", 1);
    send_one(bed);
    assert_state(bed, 0, CW_ATTEMPT_SIGNED);
    assert_text(bed_trouble(bed), "nonce 0 offers too little");
    bed_advance(bed, 1000);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    assert_string_equal(bed_trouble(bed), "");
}

static void send__no_funds__stays_and_says_where_to_send_more(void **state) {
    struct bed *bed = *state;
    bed_fault(bed, "eth_sendRawTransaction", CW_ERR_REFUSED,
              "insufficient funds for gas * price + value", 1);
    send_one(bed);
    assert_state(bed, 0, CW_ATTEMPT_SIGNED);
    assert_text(bed_trouble(bed), "send more to 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    bed_advance(bed, 1000);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    assert_string_equal(bed_trouble(bed), "");
}

static void send__the_pool_forgets_it__sent_again(void **state) {
    struct bed *bed = *state;
    bed->drop_sends = true;
    send_one(bed);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    bed->drop_sends = false;
    bed_mine(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 2);
    bed_mine(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void send__passed_by__again_after_one_two_and_four_blocks(void **state) {
    struct bed *bed = *state;
    static const unsigned sent[] = {2, 3, 3, 4, 4, 4, 4, 5};
    bed->chain.replace_after_blocks = 100;
    bed->hold_blocks = true;
    send_one(bed);
    bed_heads(bed); /* with no other block */
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
    for (size_t i = 0; i < CW_COUNT(sent); i++) {
        bed_mine(bed);
        bed_heads(bed);
        assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), sent[i]);
    }
}

static void send__bid_for_again__blocks_are_counted_anew(void **state) {
    struct bed *bed = *state;
    bed->chain.replace_after_blocks = 2;
    bed->hold_blocks = true;
    send_one(bed);
    bed->base_fee_wei *= 10;
    for (size_t i = 0; i < 2; i++) {
        bed_advance(bed, 1000);
        bed_mine(bed);
    }
    assert_int_equal(bed->rebids, 1);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1 + 2 + 1);
    bed_mine(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1 + 2 + 1 + 1);
}

static void send__those_before_it_have_no_receipt_yet__the_next_one_is_sent_again(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    bed->drop_sends = true;
    bed_submit(bed, 1);
    bed_submit(bed, 2);
    bed_run(bed);
    bed->drop_sends = false;
    bed->hold = "eth_getTransactionReceipt";
    bed_mine(bed);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 3 + 2);
    bed_mine(bed);
    assert_int_equal(bed->txs[2].block, bed->head);
}

/* Three that were handed to the chain, and a block that has none of them. */
static void pass_three_by(struct bed *bed) {
    bed_open(bed);
    for (size_t i = 0; i < 3; i++) {
        bed_submit(bed, i);
    }
    bed_run(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 3);
    bed->drop_sends = false;
    bed_mine(bed);
}

static void send__many_wait_for_a_block__the_first_alone_is_sent_again(void **state) {
    struct bed *bed = *state;
    bed->hold_blocks = true;
    pass_three_by(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 4);
}

static void send__the_pool_forgets_many__all_are_sent_again(void **state) {
    struct bed *bed = *state;
    bed->drop_sends = true;
    pass_three_by(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 6);
    bed_mine(bed);
    for (size_t i = 0; i < 3; i++) {
        assert_state(bed, i, CW_ATTEMPT_INCLUDED);
    }
}

static void send__no_new_heads__sent_again_by_time(void **state) {
    struct bed *bed = *state;
    bed->drop_sends = true;
    send_one(bed);
    bed_advance(bed, 11999);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
    bed_advance(bed, 1);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 2);
    bed_advance(bed, 12000); /* half as often */
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 2);
    bed_advance(bed, 12000);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 3);
}

static void send__another_hash_comes_back__not_believed(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_fault(bed, "eth_sendRawTransaction", CW_ERR_CONTRADICTED, "gave back another hash", 1);
    bed_run(bed);
    assert_state(bed, 0, CW_ATTEMPT_SIGNED);
    bed_advance(bed, 1000);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
}

/* --- receipts of whole blocks ------------------------------------------------------------------
 */

static void shown__before_the_head__included_and_not_asked_for(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    for (size_t i = 0; i < 3; i++) {
        bed_submit(bed, i);
    }
    bed_run(bed);
    bed_mine_quietly(bed);
    bed->txs[1].fails = true;
    bed_show_receipts(bed);
    bed_run(bed);
    assert_state(bed, 0, CW_ATTEMPT_SENT); /* nobody has followed to that block */
    bed_heads(bed);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    for (size_t i = 0; i < 3; i++) {
        const struct cw_store_attempt attempt = bed_attempt(bed, i, &arena);
        assert_int_equal(attempt.state, CW_ATTEMPT_INCLUDED);
        assert_int_equal(attempt.success, i != 1);
        assert_int_equal(attempt.block.number.v, bed->head);
        assert_int_equal(attempt.gas_used, 90000);
    }
    cw_arena_done(&arena);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 0);
}

static void shown__the_nonce_is_counted_first__waits_for_the_head(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine_quietly(bed);
    bed_show_receipts(bed);
    bed->head--; /* the one that was followed: the endpoint is ahead of it */
    bed->nonce_lie = 1;
    bed->nonce_lies = 1;
    bed_heads(bed);
    bed->head++;
    assert_int_equal(bed->nonce_lies, 0);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    bed_heads(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 0);
}

static void shown__of_a_block_that_is_not_followed__asked_for(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine_quietly(bed);
    bed_show_receipts(bed);
    bed->fork++;
    bed_put_block(bed, bed->head); /* with the same transaction */
    bed_heads(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 1);
}

static void shown__two_must_agree__asked_for(void **state) {
    struct bed *bed = *state;
    bed->operators = 2;
    bed->chain.quorum = 2;
    send_one(bed);
    bed_mine_quietly(bed);
    bed_show_receipts(bed);
    bed_heads(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 2);
}

static void shown__the_block_is_gone__not_included(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine_quietly(bed);
    bed_show_receipts(bed);
    bed->hold_blocks = true;
    bed_reorg(bed, 1);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    bed->hold_blocks = false;
    bed_mine(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
}

/* --- nonce too low ---------------------------------------------------------------------------- */

static void nonce_too_low__ours_is_in_a_block__included(void **state) {
    struct bed *bed = *state;
    bed->hold = "eth_sendRawTransaction";
    send_one(bed);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    bed->txs[0] = (struct bed_tx){
        .hash = attempt.hash, .nonce = attempt.nonce, .max_fee = UINT64_MAX, .in_pool = true};
    bed->txs_n = 1;
    cw_arena_done(&arena);
    bed_mine_quietly(bed);
    bed_crash(bed);
    bed->hold = NULL;
    bed->nonce_lie = 0; /* the endpoint that says the nonce lags: it is sent, and refused */
    bed->nonce_lies = 2;
    bed_open(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void nonce_too_low__somebody_elses_is_final__lost(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_foreign(bed, 0);
    bed_submit(bed, 0);
    bed->hold = "eth_sendRawTransaction";
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_SENT);
    bed_mine_quietly(bed); /* the other one is faster */
    bed->hold = NULL;
    bed_heads(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
    assert_int_equal(bed->txs_n, 1);
    for (unsigned i = 0; i < 3; i++) {
        bed_mine(bed);
        assert_state(bed, 0, CW_ATTEMPT_SIGNED); /* not final yet: it may be reorganized away */
        assert_int_equal(bed->moved_n, 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        bed_mine(bed);
    }
    assert_state(bed, 0, CW_ATTEMPT_LOST);
    assert_int_equal(bed->moved_n, 1);
    assert_moved(bed, 0, CW_ATTEMPT_LOST);
    assert_int_equal(open_(bed), 0);
    assert_text(bed->log, "used by another transaction");
    /* The step is open again, at the next nonce. */
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_int_equal(bed->txs[1].nonce, 1);
}

/* --- receipts and finality -------------------------------------------------------------------- */

static void receipt__in_a_followed_block__included_then_final(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine(bed);
    assert_int_equal(bed->moved_n, 1);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_true(bed->moved[0].success);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(attempt.block.number.v, bed->head);
    assert_memory_equal(attempt.block.hash.b, bed->blocks[bed->head].b, 32);
    assert_int_equal(attempt.gas_used, 90000);
    assert_int_equal(attempt.gas_price.v.limb[0], 1000000000);
    assert_true(attempt.included_ms > 0);
    cw_arena_done(&arena);
    for (uint64_t i = 0; i < bed->final_lag - 1; i++) {
        bed_mine(bed);
        assert_int_equal(bed->moved_n, 1);
    }
    assert_int_equal(open_(bed), 1);
    bed_mine(bed);
    assert_int_equal(bed->moved_n, 2);
    assert_moved(bed, 1, CW_ATTEMPT_FINAL);
    assert_state(bed, 0, CW_ATTEMPT_FINAL);
    assert_int_equal(open_(bed), 0);
}

static void receipt__reverted_on_chain__included_without_success(void **state) {
    struct bed *bed = *state;
    bed->include_failing = true;
    send_one(bed);
    bed_mine(bed);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_false(bed->moved[0].success);
    for (uint64_t i = 0; i < bed->final_lag; i++) {
        bed_mine(bed);
    }
    assert_moved(bed, 1, CW_ATTEMPT_FINAL);
    assert_false(bed->moved[1].success);
}

static void receipt__nothing_open__nothing_asked(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    for (uint64_t i = 0; i < bed->final_lag + 2; i++) {
        bed_mine(bed);
    }
    unsigned counts = bed_count(bed, "eth_getTransactionCount");
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 1);
    for (unsigned i = 0; i < 20; i++) {
        bed_mine(bed);
        bed_advance(bed, 12000);
    }
    assert_int_equal(bed_count(bed, "eth_getTransactionCount"), counts);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 1);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
}

static void receipt__comes_late__asked_again_without_a_new_head(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_fault(bed, "eth_getTransactionReceipt", CW_ERR_TRANSPORT, "no connection", 1);
    bed_mine(bed);
    assert_int_equal(bed->moved_n, 0);
    bed_advance(bed, 2000);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void receipt__above_the_known_head__believed_when_it_was_followed(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    const struct cw_block_ref old = {.number = {bed->head}, .hash = bed->blocks[bed->head]};
    bed_mine_quietly(bed);
    const struct cw_heads heads = {
        .latest = old, .safe = {.number = {1}}, .final = {.number = {1}}};
    cw_lane_heads(bed->lane, &heads); /* the lane does not know of the block yet */
    bed_run(bed);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 1);
    assert_int_equal(bed->moved_n, 0);
    bed_heads(bed);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void receipt__of_a_block_that_is_not_ours__not_believed(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine_quietly(bed);
    /* The watcher followed another block at that height. */
    const struct cw_hash32 ours = bed->blocks[bed->head];
    bed->forget_headers = true;
    bed_heads(bed);
    assert_int_equal(bed->moved_n, 0); /* not kept and not final: asked again later */
    bed->forget_headers = false;
    bed->blocks[bed->head].b[0] ^= 1;
    bed_advance(bed, 30000);
    bed->blocks[bed->head] = ours;
    bed_advance(bed, 30000);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void receipt__below_final_and_header_not_kept__the_header_is_asked_for(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed->forget_headers = true;
    for (uint64_t i = 0; i <= bed->final_lag; i++) {
        assert_int_equal(bed->moved_n, 0);
        bed_mine(bed);
    }
    assert_int_equal(bed->moved_n, 2);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_moved(bed, 1, CW_ATTEMPT_FINAL);
}

static void receipts__many__found_in_few_calls(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    for (size_t i = 0; i < 16; i++) {
        bed_submit(bed, i);
    }
    bed_run(bed);
    unsigned counts = bed_count(bed, "eth_getTransactionCount");
    bed_fault(bed, "eth_getTransactionReceipt", CW_ERR_TRANSPORT, "no connection", 0);
    bed_heads(bed); /* nothing is in a block: one call says so */
    assert_int_equal(bed_count(bed, "eth_getTransactionCount"), counts + 1);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 0);
    bed_mine(bed);
    assert_int_equal(bed_count(bed, "eth_getTransactionReceipt"), 16);
    assert_int_equal(bed->moved_n, 16);
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(bed->moved[i].nonce, i);
    }
}

/* --- reorgs ----------------------------------------------------------------------------------- */

static void rollback__the_block_is_gone__sent_again_and_included_again(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine(bed);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
    bed_reorg(bed, 1);
    assert_int_equal(bed->moved_n, 2);
    assert_moved(bed, 1, CW_ATTEMPT_SENT);
    assert_true(bed->moved[1].has_raw);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 2);
    assert_true(bed->txs[0].in_pool);
    assert_int_equal(bed->txs_n, 1); /* the same bytes */
    bed_mine(bed);
    assert_int_equal(bed->moved_n, 3);
    assert_moved(bed, 2, CW_ATTEMPT_INCLUDED);
    for (uint64_t i = 0; i < bed->final_lag; i++) {
        bed_mine(bed);
    }
    assert_state(bed, 0, CW_ATTEMPT_FINAL);
}

static void rollback__what_was_found_is_not_written_yet__never_is(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_disk_full(bed, true);
    bed_mine(bed);
    bed_disk_full(bed, false);
    bed->drop_sends = true;
    bed_reorg(bed, 1);
    assert_int_equal(bed->moved_n, 0);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
}

static void rollback__below_it__untouched(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine(bed);
    bed_mine(bed);
    bed_reorg(bed, 1);
    assert_int_equal(bed->moved_n, 1);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
}

static void rollback__even_the_final_one_is_gone__taken_up_again(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    for (uint64_t i = 0; i <= bed->final_lag; i++) {
        bed_mine(bed);
    }
    assert_state(bed, 0, CW_ATTEMPT_FINAL);
    bed_reorg(bed, bed->final_lag + 1);
    assert_moved(bed, 2, CW_ATTEMPT_SENT);
    bed_mine(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed->txs_n, 1);
}

static void rollback__while_a_receipt_is_under_way__not_believed(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed->hold = "eth_getTransactionReceipt";
    bed_mine(bed);
    assert_int_equal(bed_open_requests(bed, "eth_getTransactionReceipt"), 1);
    bed->stale = (struct cw_block_ref){.number = {bed->head}, .hash = bed->blocks[bed->head]};
    bed->stale_receipt = true;
    bed_reorg(bed, 1);
    bed->hold = NULL; /* the answer is of the chain that was */
    bed_run(bed);
    assert_int_equal(bed_open_requests(bed, "eth_getTransactionReceipt"), 0);
    assert_int_equal(bed->moved_n, 0);
    assert_state(bed, 0, CW_ATTEMPT_SENT);
    bed->stale_receipt = false;
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 2);
    bed_mine(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed->txs_n, 1);
}

static void settle__the_header_differs_without_a_rollback__gone_again(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine(bed);
    uint64_t at = bed->head;
    bed->txs[0].block = 0;
    bed->blocks[at].b[0] ^= 1;
    bed_mine(bed);
    assert_moved(bed, 1, CW_ATTEMPT_SENT);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 2);
    bed_mine(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
}

static void crash__reorged_while_down__sent_again(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_mine(bed);
    bed_crash(bed);
    bed->fork++;
    bed->txs[0].block = 0;
    bed->head--;
    bed_mine_quietly(bed);
    bed_mine_quietly(bed);
    bed_open(bed); /* before the watcher has told of the rollback */
    assert_moved(bed, 0, CW_ATTEMPT_SENT);
    bed_mine(bed);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed->txs_n, 1);
}

/* --- gaps and disks --------------------------------------------------------------------------- */

static void gap__a_foreign_nonce_is_reorganized_away__said_and_filled(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    bed_mine(bed);
    bed_foreign(bed, 1);
    bed_mine(bed);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_int_equal(bed->txs[2].nonce, 2);
    bed_reorg(bed, 1); /* the foreign one does not come back */
    for (unsigned i = 0; i < 4; i++) {
        bed_mine(bed);
    }
    assert_text(bed->log, "nonce 1 is missing");
    bed_mine(bed);
    bed_mine(bed);
    assert_int_equal(bed->txs[3].nonce, 1);
    assert_true(bed->txs[3].block != 0);
    assert_string_equal(bed_trouble(bed), "");
    assert_state(bed, 1, CW_ATTEMPT_INCLUDED);
}

/* Somebody else's transaction takes the next nonce, and is seen. */
static void foreign_one(struct bed *bed) {
    bed->shift_foreign = false;
    send_one(bed);
    bed_mine(bed);
    bed_foreign(bed, 1);
    bed_mine(bed);
    bed_submit(bed, 1);
    bed_run(bed);
}

static void foreign_nonce__hold__nothing_is_sent_until_it_is_accepted(void **state) {
    struct bed *bed = *state;
    foreign_one(bed);
    assert_int_equal(bed->done_n, 1);
    assert_int_equal(bed->foreigns, 1);
    assert_int_equal(bed->foreign_from, 1);
    assert_int_equal(bed->foreign_to, 2);
    assert_text(bed_trouble(bed), "held: nonces 1 to 1 were used by somebody else");
    for (unsigned i = 0; i < 5; i++) {
        bed_mine(bed);
        bed_advance(bed, 20000);
    }
    assert_int_equal(bed->done_n, 1);
    assert_int_equal(bed->foreigns, 1); /* told once */
    assert_true(cw_lane_accept_foreign(bed->lane));
    assert_false(cw_lane_accept_foreign(bed->lane));
    bed_run(bed);
    assert_int_equal(bed->done_n, 2);
    assert_int_equal(bed->txs[2].nonce, 2);
    assert_int_equal(bed->foreign_from, bed->foreign_to); /* and told that it is over */
    assert_string_equal(bed_trouble(bed), "");
}

static void foreign_nonce__held_and_restarted__held_until_it_is_accepted(void **state) {
    struct bed *bed = *state;
    foreign_one(bed);
    bed_crash(bed);
    bed->held_for_foreign = true;
    bed_open(bed);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->done_n, 0);
    assert_text(bed_trouble(bed), "held");
    assert_true(cw_lane_accept_foreign(bed->lane));
    bed_run(bed);
    assert_int_equal(bed->done_n, 1);
    bed_crash(bed); /* what was accepted is known after a restart */
    bed->held_for_foreign = false;
    bed_open(bed);
    assert_string_equal(bed_trouble(bed), "");
}

static void foreign_nonce__takes_ours__lost_and_held(void **state) {
    struct bed *bed = *state;
    bed->shift_foreign = false;
    bed_open(bed);
    bed->drop_sends = true;
    bed_submit(bed, 0);
    bed_run(bed);
    bed_foreign(bed, 0);
    for (unsigned i = 0; i < 12; i++) {
        bed_mine(bed);
        bed_advance(bed, 20000);
    }
    assert_state(bed, 0, CW_ATTEMPT_LOST);
    assert_int_equal(bed->foreigns, 1);
    assert_text(bed_trouble(bed), "held: nonces 0 to 0");
}

static void store__refuses_for_a_while__written_later_and_told_once(void **state) {
    struct bed *bed = *state;
    send_one(bed);
    bed_disk_full(bed, true);
    bed_mine(bed);
    assert_int_equal(bed->moved_n, 0);
    assert_text(bed_trouble(bed), "not written");
    bed_disk_full(bed, false);
    bed_advance(bed, 1000);
    assert_int_equal(bed->moved_n, 1);
    assert_moved(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_state(bed, 0, CW_ATTEMPT_INCLUDED);
    assert_string_equal(bed_trouble(bed), "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_sort__what_nodes_say__sorted),
        CASE(crash__between_commit_and_broadcast__the_same_bytes_go_out),
        CASE(crash__after_the_broadcast__already_known_is_sent),
        CASE(crash__included_meanwhile__found_without_sending_it_again),
        CASE(send__no_connection__stays_signed_and_is_sent_again),
        CASE(send__underpriced__stays_signed_and_says_so),
        CASE(send__no_funds__stays_and_says_where_to_send_more),
        CASE(send__the_pool_forgets_it__sent_again),
        CASE(send__passed_by__again_after_one_two_and_four_blocks),
        CASE(send__bid_for_again__blocks_are_counted_anew),
        CASE(send__those_before_it_have_no_receipt_yet__the_next_one_is_sent_again),
        CASE(send__many_wait_for_a_block__the_first_alone_is_sent_again),
        CASE(send__the_pool_forgets_many__all_are_sent_again),
        CASE(send__no_new_heads__sent_again_by_time),
        CASE(send__another_hash_comes_back__not_believed),
        CASE(shown__before_the_head__included_and_not_asked_for),
        CASE(shown__the_nonce_is_counted_first__waits_for_the_head),
        CASE(shown__of_a_block_that_is_not_followed__asked_for),
        CASE(shown__two_must_agree__asked_for),
        CASE(shown__the_block_is_gone__not_included),
        CASE(nonce_too_low__ours_is_in_a_block__included),
        CASE(nonce_too_low__somebody_elses_is_final__lost),
        CASE(receipt__in_a_followed_block__included_then_final),
        CASE(receipt__reverted_on_chain__included_without_success),
        CASE(receipt__nothing_open__nothing_asked),
        CASE(receipt__comes_late__asked_again_without_a_new_head),
        CASE(receipt__above_the_known_head__believed_when_it_was_followed),
        CASE(receipt__of_a_block_that_is_not_ours__not_believed),
        CASE(receipt__below_final_and_header_not_kept__the_header_is_asked_for),
        CASE(receipts__many__found_in_few_calls),
        CASE(rollback__the_block_is_gone__sent_again_and_included_again),
        CASE(rollback__what_was_found_is_not_written_yet__never_is),
        CASE(rollback__below_it__untouched),
        CASE(rollback__even_the_final_one_is_gone__taken_up_again),
        CASE(rollback__while_a_receipt_is_under_way__not_believed),
        CASE(settle__the_header_differs_without_a_rollback__gone_again),
        CASE(crash__reorged_while_down__sent_again),
        CASE(gap__a_foreign_nonce_is_reorganized_away__said_and_filled),
        CASE(foreign_nonce__hold__nothing_is_sent_until_it_is_accepted),
        CASE(foreign_nonce__held_and_restarted__held_until_it_is_accepted),
        CASE(foreign_nonce__takes_ours__lost_and_held),
        CASE(store__refuses_for_a_while__written_later_and_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
