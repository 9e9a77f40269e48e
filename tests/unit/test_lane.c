#include "tx/lane.h"

#include "lane_bed.h"

#include <causeway/keccak.h>
#include <causeway/tx.h>

#include <stdlib.h>
#include <string.h>

static const char target_reverts[] = "\xee\xae\x4e\xd3\x01";
#define TARGET_REVERTS CW_LITERAL(target_reverts)

static void assert_one(const struct bed *bed, enum cw_lane_outcome outcome) {
    assert_int_equal(bed->done_n, 1);
    if (bed->done[0].outcome != outcome) {
        fail_msg("outcome %d instead of %d: %s", bed->done[0].outcome, outcome, bed->done[0].text);
    }
}

static void assert_text(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, text);
    }
}

static void assert_nothing_signed(struct bed *bed) {
    bool found;
    uint64_t nonce;
    struct cw_error error;
    assert_int_equal(cw_store_lane_nonce(bed->store, bed->chain_row, cw_lane_address(bed->lane),
                                         &found, &nonce, &error),
                     CW_OK);
    assert_false(found);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 0);
}

static uint64_t next_nonce(const struct bed *bed) {
    struct cw_lane_status status;
    cw_lane_status(bed->lane, &status);
    return status.next_nonce;
}

/* --- the good way ----------------------------------------------------------------------------- */

static void submit__all_well__signed_committed_and_sent(void **state) {
    struct bed *bed = *state;
    bed->first_nonce = 5;
    bed_open(bed);
    bed_submit(bed, 0);
    assert_true(cw_lane_has(bed->lane, bed->messages[0]));
    assert_int_equal(bed->done_n, 0); /* never from within submit */
    bed_run(bed);
    assert_one(bed, CW_LANE_SENT);
    assert_int_equal(bed->done[0].gas, 100000);
    assert_int_equal(bed->permits, 1);
    assert_int_equal(bed->commits, 1);

    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    assert_int_equal(attempt.row, bed->done[0].attempt);
    assert_int_equal(attempt.nonce, 5);
    assert_int_equal(attempt.gas_limit, 120000);
    assert_int_equal(attempt.max_fee.v.limb[0], 2100000000);
    assert_int_equal(attempt.max_tip.v.limb[0], 100000000);
    assert_int_equal(attempt.state, CW_ATTEMPT_SENT);
    assert_string_equal(attempt.step, "prove");
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(bed->txs[0].raw_n, attempt.raw.n);
    assert_memory_equal(bed->txs[0].raw, attempt.raw.p, attempt.raw.n);
    cw_arena_done(&arena);
    assert_int_equal(next_nonce(bed), 6);
    assert_string_equal(bed_trouble(bed), "");
}

static void submit__two_jobs__consecutive_nonces_and_one_quote(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    unsigned quotes = bed_count(bed, "eth_feeHistory");
    bed_submit(bed, 0);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->done_n, 2);
    assert_int_equal(bed->done[0].outcome, CW_LANE_SENT);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(bed->txs[0].nonce, 0);
    assert_int_equal(bed->txs[1].nonce, 1);
    assert_true(bed_count(bed, "eth_feeHistory") - quotes <= 1);
    assert_int_equal(bed_count(bed, "eth_call"), 2);
    assert_int_equal(bed_count(bed, "eth_estimateGas"), 2);
}

static void submit__a_message_under_way__busy(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_submit(bed, 0);
    const struct cw_call call = bed_call();
    assert_int_equal(bed_submit_step(bed, 0, "finalize", &call, false),
                     CW_ERR_BUSY); /* its job is under way */
    bed_run(bed);
    assert_int_equal(bed_submit_step(bed, 0, "prove", &call, false),
                     CW_ERR_BUSY); /* its attempt is not settled */
    assert_int_equal(bed_submit_step(bed, 0, "finalize", &call, false), CW_OK);
}

static void submit__many_jobs__bounded(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    const struct cw_call call = bed_call();
    for (size_t i = 0; i < 64; i++) {
        bed_submit(bed, i);
    }
    assert_int_equal(bed_submit_step(bed, 64, "prove", &call, false), CW_ERR_LIMIT);
    bed_run(bed);
    assert_int_equal(bed->in_flight_max, 16);
    assert_int_equal(bed->txs_n, 16); /* and no more before these are in a block */
    assert_int_equal(bed_count(bed, "eth_call"), 16);
    for (unsigned blocks = 0; bed->txs_n < 64; blocks++) {
        assert_true(blocks < 4);
        bed_mine(bed);
    }
    assert_int_equal(bed->done_n, 64);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(bed->txs[i].nonce, i);
    }
}

/* --- a signer that takes its time ------------------------------------------------------------ */

#define SIGNING_MAX 32u /* side by side */

struct slow {
    struct cw_signer base;
    struct cw_signer *real;
    bool holds; /* what is asked next is signed when it is let go */
    struct {
        struct cw_sign_request request;
        cw_sign_done *done;
        void *ctx;
    } held[SIGNING_MAX];
    size_t held_n;
    unsigned asked;
    unsigned simulations; /* that had been asked for when it was asked last */
    const struct bed *bed;
};

static void slow_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                      cw_sign_done *done, void *ctx) {
    struct slow *slow = (struct slow *)(void *)signer;
    slow->asked++;
    slow->simulations = bed_count(slow->bed, "eth_call");
    if (!slow->holds) {
        cw_signer_sign(slow->real, request, done, ctx);
        return;
    }
    assert_true(slow->held_n < SIGNING_MAX);
    slow->held[slow->held_n].request = *request;
    slow->held[slow->held_n].done = done;
    slow->held[slow->held_n++].ctx = ctx;
}

/* The one that was asked for as the i-th of those that are held. */
static void slow_answer(struct slow *slow, size_t i) {
    cw_signer_sign(slow->real, &slow->held[i].request, slow->held[i].done, slow->held[i].ctx);
}

static void slow_let_go(struct slow *slow) {
    slow->holds = false;
    for (size_t i = 0; i < slow->held_n; i++) {
        slow_answer(slow, i);
    }
}

static void slow_free(struct cw_signer *signer) {
    cw_signer_free(((struct slow *)(void *)signer)->real);
}

/* So many jobs are being signed, the last one is simulated and waits where they are too many. */
static void open_slow(struct bed *bed, struct slow *slow, size_t jobs) {
    static const struct cw_signer_ops ops = {slow_sign, slow_free, NULL};
    *slow = (struct slow){.base = {&ops, *cw_signer_address(bed->signer)},
                          .real = bed->signer,
                          .holds = true,
                          .bed = bed};
    bed->signer = &slow->base;
    bed->chain.max_in_flight = 64;
    bed_open(bed);
    for (size_t i = 0; i < jobs; i++) {
        bed_submit(bed, i);
    }
    bed_run(bed);
    assert_int_equal(bed->done_n, 0);
    assert_int_equal(slow->asked, jobs < SIGNING_MAX ? jobs : SIGNING_MAX);
    assert_int_equal(bed_count(bed, "eth_call"), jobs);
}

static void sign__head_moved_since_the_simulation__simulated_again_first(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    open_slow(bed, &slow, SIGNING_MAX + 1);
    bed_mine(bed);
    bed_mine(bed);
    assert_int_equal(bed_count(bed, "eth_call"), SIGNING_MAX + 1); /* not before its turn */
    slow_let_go(&slow);
    bed_run(bed);
    assert_int_equal(slow.asked, SIGNING_MAX + 1);
    assert_int_equal(slow.simulations, SIGNING_MAX + 2);
    assert_int_equal(bed->done_n, SIGNING_MAX + 1);
    assert_int_equal(bed->done[SIGNING_MAX].outcome, CW_LANE_SENT);
}

static void sign__head_stood_still__not_simulated_again(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    open_slow(bed, &slow, SIGNING_MAX + 1);
    slow_let_go(&slow);
    bed_run(bed);
    assert_int_equal(slow.asked, SIGNING_MAX + 1);
    assert_int_equal(slow.simulations, SIGNING_MAX + 1);
}

static void sign__reverts_at_the_new_head__nothing_signed(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    open_slow(bed, &slow, SIGNING_MAX + 1);
    bed->revert_self = CW_LITERAL("\xba\xdc\x0d\xe0");
    bed_mine(bed);
    slow_let_go(&slow);
    bed_run(bed);
    assert_int_equal(slow.asked, SIGNING_MAX);
    assert_int_equal(bed->done_n, SIGNING_MAX + 1);
    assert_int_equal(bed->done[SIGNING_MAX].outcome, CW_LANE_REVERTED);
}

static void sign__answered_out_of_order__sent_in_the_order_of_nonces(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    open_slow(bed, &slow, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(slow.held[i].request.nonce, i);
    }
    slow_answer(&slow, 2);
    slow_answer(&slow, 1);
    bed_run(bed);
    assert_int_equal(bed->done_n, 0);
    assert_int_equal(bed->commits, 0);
    slow_answer(&slow, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 3);
    assert_int_equal(bed->txs_n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bed->done[i].message, bed->messages[i]);
        assert_int_equal(bed->done[i].outcome, CW_LANE_SENT);
        assert_int_equal(bed->txs[i].nonce, i);
    }
}

static void sign__the_next_one_is_being_signed__waits_for_it_a_while(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    open_slow(bed, &slow, 2);
    slow_answer(&slow, 0);
    bed_run(bed);
    assert_int_equal(bed->commits, 0);
    bed_advance(bed, 20);
    assert_one(bed, CW_LANE_SENT);
    slow_answer(&slow, 1);
    bed_run(bed);
    assert_int_equal(bed->done_n, 2);
}

static void slow_refuse(struct slow *slow, size_t i) {
    slow->held[i].done(slow->held[i].ctx, CW_ERR_REFUSED, cw_slice_of(NULL, 0), NULL, "no");
}

static void assert_no_gap(const struct bed *bed, size_t txs) {
    assert_int_equal(bed->txs_n, txs);
    for (size_t nonce = 0; nonce < txs; nonce++) {
        size_t n = 0;
        for (size_t i = 0; i < txs; i++) {
            n += bed->txs[i].nonce == nonce;
        }
        assert_int_equal(n, 1);
    }
}

static void sign__one_is_refused__the_last_one_is_signed_for_its_nonce(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    open_slow(bed, &slow, 3);
    slow_answer(&slow, 1); /* this one waits for the first, the third one for its answer */
    slow.holds = false;
    slow_refuse(&slow, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 1);
    assert_int_equal(bed->done[0].outcome, CW_LANE_REFUSED);
    slow_answer(&slow, 2); /* for a nonce that is not its own any more */
    bed_run(bed);
    assert_int_equal(bed->done_n, 3);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_int_equal(bed->done[2].outcome, CW_LANE_SENT);
    assert_int_equal(slow.asked, 4);
    assert_no_gap(bed, 2);
}

static void sign__many_and_two_are_refused__two_are_signed_again(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    open_slow(bed, &slow, SIGNING_MAX);
    slow.holds = false;
    slow_refuse(&slow, 0);
    slow_refuse(&slow, 7);
    for (size_t i = 1; i < SIGNING_MAX; i++) {
        if (i != 7) {
            slow_answer(&slow, i);
        }
    }
    bed_run(bed);
    assert_int_equal(bed->done_n, SIGNING_MAX);
    assert_int_equal(slow.asked, SIGNING_MAX + 2);
    assert_no_gap(bed, SIGNING_MAX - 2);
}

/* One is refused in its turn, the next one is held as it comes to it. */
static void sign__who_is_signed_again_is_refused__the_next_one_takes_the_nonce(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    open_slow(bed, &slow, 4);
    for (size_t i = 1; i < 4; i++) {
        slow_answer(&slow, i);
    }
    slow_refuse(&slow, 0);
    bed_run(bed);
    assert_int_equal(slow.held_n, 5);
    assert_int_equal(slow.held[4].request.nonce, 0);
    bed->forbidden = bed->messages[2];
    slow_refuse(&slow, 4);
    bed_run(bed);
    assert_int_equal(slow.held_n, 6);
    assert_int_equal(slow.held[5].request.nonce, 0);
    slow_answer(&slow, 5);
    bed_run(bed);
    assert_int_equal(bed->done_n, 4);
    assert_int_equal(bed->done[3].message, bed->messages[1]);
    assert_no_gap(bed, 1);
}

/* A batch that waits for those in front of it lets through who is to take their missing nonce. */
static void sign__one_is_refused_before_a_batch__both_go(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    bed->code = "\"0x5151\"";
    cw_keccak256(&bed->code_hash, CW_LITERAL("\x51\x51"));
    bed->batch_estimate = 220000;
    open_slow(bed, &slow, 3);
    bed_submit_shared(bed, 3, 2, 0);
    bed_submit_shared(bed, 4, 2, 0);
    bed_run(bed);
    assert_int_equal(bed->batch_calls, 2);
    assert_int_equal(slow.asked, 3); /* the batch waits */
    slow.holds = false;
    slow_refuse(&slow, 0);
    slow_answer(&slow, 1);
    slow_answer(&slow, 2);
    bed_run(bed);
    assert_int_equal(bed->done_n, 5);
    assert_int_equal(slow.asked, 5);
    assert_no_gap(bed, 3);
}

static void commit__one_is_not_allowed_to__the_others_go_without_a_gap(void **state) {
    struct bed *bed = *state;
    static struct slow slow;
    bed->commit_err = CW_ERR_BUSY;
    bed->commit_err_of = bed->messages[1];
    open_slow(bed, &slow, 3);
    slow_let_go(&slow);
    bed_run(bed);
    assert_int_equal(bed->done_n, 3);
    assert_int_equal(bed->done[0].outcome, CW_LANE_SENT);
    assert_int_equal(bed->done[1].message, bed->messages[1]);
    assert_int_equal(bed->done[1].outcome, CW_LANE_FAILED);
    assert_int_equal(bed->done[2].outcome, CW_LANE_SENT);
    assert_int_equal(slow.asked, 4);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(bed->txs[1].nonce, 1);
}

/* --- simulation ------------------------------------------------------------------------------- */

static void simulate__reverts__reverted_with_the_data(void **state) {
    struct bed *bed = *state;
    bed->revert_self = CW_LITERAL("\x08\xc3\x79\xa0");
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_REVERTED);
    assert_true(bed->done[0].as_self);
    assert_int_equal(bed->done[0].data_n, 4);
    assert_memory_equal(bed->done[0].data, "\x08\xc3\x79\xa0", 4);
    assert_int_equal(bed->permits, 0);
    assert_nothing_signed(bed);
}

static void simulate__reverts_as_the_estimation_address__reverted_not_as_self(void **state) {
    struct bed *bed = *state;
    bed->revert_simulator = TARGET_REVERTS;
    bed_open(bed);
    struct cw_call call = bed_call();
    call.simulate_from = bed->simulator;
    assert_int_equal(bed_submit_step(bed, 0, "finalize", &call, false), CW_OK);
    bed_run(bed);
    assert_one(bed, CW_LANE_REVERTED);
    assert_false(bed->done[0].as_self);
    assert_int_equal(bed->done[0].data_n, sizeof target_reverts - 1);
    assert_nothing_signed(bed);
}

static void simulate__target_failure_accepted__sent_as_ourselves(void **state) {
    struct bed *bed = *state;
    bed->revert_simulator = TARGET_REVERTS;
    bed_open(bed);
    struct cw_call call = bed_call();
    call.simulate_from = bed->simulator;
    assert_int_equal(bed_submit_step(bed, 0, "finalize", &call, true), CW_OK);
    bed_run(bed);
    assert_one(bed, CW_LANE_SENT);
    assert_true(bed->done[0].as_self);
    assert_int_equal(bed_count(bed, "eth_call"), 2);
}

static void simulate__another_failure_where_the_targets_is_accepted__reverted(void **state) {
    struct bed *bed = *state;
    bed->revert_simulator = CW_LITERAL("\x09\xbd\xe3\x39");
    bed_open(bed);
    struct cw_call call = bed_call();
    call.simulate_from = bed->simulator;
    assert_int_equal(bed_submit_step(bed, 0, "finalize", &call, true), CW_OK);
    bed_run(bed);
    assert_one(bed, CW_LANE_REVERTED);
    assert_false(bed->done[0].as_self);
    assert_int_equal(bed_count(bed, "eth_call"), 1);
    assert_nothing_signed(bed);
}

static void simulate__the_estimate_alone_reverts__reverted(void **state) {
    struct bed *bed = *state;
    bed_fault(bed, "eth_estimateGas", CW_ERR_REVERTED, "execution reverted", 1);
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_REVERTED);
    assert_nothing_signed(bed);
}

static void simulate__no_endpoint__failed_with_its_text(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_fault(bed, "eth_call", CW_ERR_TRANSPORT, "a.example: no connection", 1);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "a.example: no connection");
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
}

static void quote__no_fees_to_be_had__failed_then_asked_again(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_mine(bed);
    bed_fault(bed, "eth_feeHistory", CW_ERR_OVERLOADED, "a.example: 429", 1);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "429");
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
}

/* --- gas, price, budget, funds ---------------------------------------------------------------- */

static void gas__above_the_policys__too_much_gas(void **state) {
    struct bed *bed = *state;
    bed->estimate = 1000001;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_TOO_MUCH_GAS);
    assert_int_equal(bed->done[0].gas, 1000001);
    assert_text(bed->done[0].text, "max_gas of 1000000");
    assert_nothing_signed(bed);
}

static void gas__above_the_chains_cap__gas_cap(void **state) {
    struct bed *bed = *state;
    bed->estimate = 16777217;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_GAS_CAP);
    assert_text(bed->done[0].text, "16777216");
    assert_nothing_signed(bed);
}

/* Its nonce would be used by nobody, and everything behind it wait for ever. */
static void calldata__more_than_nodes_hand_on__nothing_signed(void **state) {
    struct bed *bed = *state;
    const size_t most = (128u << 10) - 512;
    uint8_t *data = calloc(1, most + 1);
    assert_non_null(data);
    struct cw_call call = bed_call();
    bed_open(bed);
    call.data = cw_slice_of(data, most + 1);
    assert_int_equal(bed_submit_step(bed, 0, "prove", &call, false), CW_OK);
    bed_run(bed);
    assert_one(bed, CW_LANE_TOO_LARGE);
    assert_text(bed->done[0].text, "130561 bytes");
    assert_nothing_signed(bed);
    call.data.n = most;
    bed_fault(bed, "eth_sendRawTransaction", CW_ERR_TRANSPORT, "down", 99);
    assert_int_equal(bed_submit_step(bed, 1, "prove", &call, false), CW_OK);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    free(data);
}

static void gas__above_the_blocks_limit__gas_cap(void **state) {
    struct bed *bed = *state;
    bed->block_gas = 90000;
    bed_mine_quietly(bed);
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_GAS_CAP);
    assert_nothing_signed(bed);
}

static void gas__the_nodes_search_ran_into_its_limit__gas_cap(void **state) {
    struct bed *bed = *state;
    bed_fault(bed, "eth_estimateGas", CW_ERR_REFUSED, "gas required exceeds allowance (16777216)",
              1);
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_GAS_CAP);
    bed_fault(bed, "eth_estimateGas", CW_ERR_REVERTED,
              "Out of gas: gas required exceeds allowance: 16777216", 1);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_GAS_CAP);
    assert_nothing_signed(bed);
}

static void gas__a_floor__is_the_limit(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    struct cw_call call = bed_call();
    call.gas_floor = 400000;
    assert_int_equal(bed_submit_step(bed, 0, "finalize", &call, false), CW_OK);
    bed_run(bed);
    assert_one(bed, CW_LANE_SENT);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(bed_attempt(bed, 0, &arena).gas_limit, 400000);
    cw_arena_done(&arena);
}

static void price__above_max_fee__too_dear_with_the_numbers(void **state) {
    struct bed *bed = *state;
    bed->base_fee_wei = 60000000000;
    bed_mine_quietly(bed);
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_TOO_DEAR);
    assert_text(bed->done[0].text, "60 gwei");
    assert_text(bed->done[0].text, "100 gwei");
    assert_false(bed->done[0].over_budget);
    assert_nothing_signed(bed);
}

static void price__no_base_fee__sent_at_a_plain_gas_price(void **state) {
    struct bed *bed = *state;
    bed->no_base_fee = true;
    bed->gas_price_wei = UINT64_C(3000000000);
    bed_mine_quietly(bed);
    /* such a chain need not know of fee histories */
    bed_fault(bed, "eth_feeHistory", CW_ERR_REFUSED, "the method does not exist", 100);
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_SENT);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = bed_attempt(bed, 0, &arena);
    struct cw_tx tx;
    struct cw_signature signature;
    assert_int_equal(cw_tx_decode(&arena, &tx, &signature, attempt.raw, NULL), CW_OK);
    assert_int_equal(tx.type, CW_TX_LEGACY);
    assert_int_equal(tx.chain_id.v, bed->chain.chain_id);
    const struct cw_wei price = {cw_u256_from_u64(UINT64_C(3000000000))};
    assert_int_equal(cw_u256_cmp(&tx.max_fee.v, &price.v), 0);
    assert_int_equal(cw_u256_cmp(&attempt.max_fee.v, &price.v), 0);
    assert_true(cw_u256_is_zero(&attempt.max_tip.v));
    cw_arena_done(&arena);
}

static void price__base_fee_and_no_history__failed_and_said_so(void **state) {
    struct bed *bed = *state;
    bed_fault(bed, "eth_feeHistory", CW_ERR_REFUSED, "the method does not exist", 100);
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[0].outcome, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "the method does not exist");
}

static void budget__spent__too_dear_until_a_day_has_passed(void **state) {
    struct bed *bed = *state;
    /* Two transactions of 120000 gas × 2.1 gwei, not three; one that is in a block counts with what
     * it paid. */
    bed->policy.daily_fee_budget.v = cw_u256_from_u64(2 * UINT64_C(120000) * 2100000000);
    bed_open(bed);
    bed_submit(bed, 0);
    bed_submit(bed, 1);
    bed_submit(bed, 2);
    bed_run(bed);
    assert_int_equal(bed->done_n, 3);
    assert_int_equal(bed->done[0].message, bed->messages[2]); /* with what is being signed */
    assert_int_equal(bed->done[0].outcome, CW_LANE_TOO_DEAR);
    assert_text(bed->done[0].text, "daily_fee_budget");
    assert_true(bed->done[0].over_budget);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_int_equal(bed->done[2].outcome, CW_LANE_SENT);
    bed_mine(bed); /* paid: 90000 × 1 gwei each */
    bed_submit(bed, 2);
    bed_run(bed);
    assert_int_equal(bed->done[3].outcome, CW_LANE_SENT);
    bed_mine(bed);
    bed_submit(bed, 3);
    bed_run(bed);
    assert_int_equal(bed->done[4].outcome, CW_LANE_TOO_DEAR);
    bed_advance(bed, 24u * 3600u * 1000u + 1000u);
    bed_submit(bed, 3);
    bed_run(bed);
    assert_int_equal(bed->done[5].outcome, CW_LANE_SENT);
}

static void funds__not_enough__no_funds_and_where_to_send_more(void **state) {
    struct bed *bed = *state;
    bed->balance_wei = UINT64_C(120000) * 2100000000 - 1;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_NO_FUNDS);
    assert_text(bed->done[0].text, "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    assert_text(bed_trouble(bed), "insufficient funds: has 0.000251");
    struct cw_lane_status status;
    cw_lane_status(bed->lane, &status);
    assert_string_equal(status.no_funds, status.trouble);
    assert_nothing_signed(bed);
    bed->balance_wei++;
    bed_mine(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_string_equal(bed_trouble(bed), "");
    cw_lane_status(bed->lane, &status);
    assert_string_equal(status.no_funds, "");
}

static void funds__enough_for_one__the_second_waits(void **state) {
    struct bed *bed = *state;
    bed->balance_wei = UINT64_C(120000) * 2100000000 * 3 / 2;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->done[0].message, bed->messages[1]);
    assert_int_equal(bed->done[0].outcome, CW_LANE_NO_FUNDS);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_int_equal(bed->txs_n, 1);
}

/* --- permission, signature, commit ------------------------------------------------------------ */

static void permit__refused__failed_and_nothing_signed(void **state) {
    struct bed *bed = *state;
    bed->permit_err = CW_ERR_BUSY;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "the route is held");
    assert_nothing_signed(bed);
}

static void commit__fails__nothing_sent_and_the_nonce_is_free_again(void **state) {
    struct bed *bed = *state;
    bed->commit_err = CW_ERR_IO;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "disk is full");
    assert_int_equal(bed->commits, 1);
    assert_nothing_signed(bed);
    assert_int_equal(next_nonce(bed), 0);
    bed->commit_err = CW_OK;
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(bed->txs[0].nonce, 0);
}

static void commit__the_disk_is_full__failed_and_nothing_sent(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_disk_full(bed, true);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "full");
    bed_disk_full(bed, false);
    assert_nothing_signed(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_int_equal(bed->txs[0].nonce, 0);
}

/* --- dry run ---------------------------------------------------------------------------------- */

static void dry_run__all_well__priced_and_never_signed(void **state) {
    struct bed *bed = *state;
    bed->dry_run = true;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "dry run");
    assert_int_equal(bed->done[0].gas, 100000);
    assert_int_equal(bed->done[0].cost.v.limb[0], UINT64_C(120000) * 2100000000);
    assert_int_equal(bed->permits, 1);
    assert_int_equal(bed->commits, 0);
    assert_nothing_signed(bed);
}

static void dry_run__no_signer__simulates_as_the_given_address(void **state) {
    struct bed *bed = *state;
    bed->no_signer = true;
    bed->balance_wei = 0;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "dry run");
    assert_int_equal(cw_lane_address(bed->lane)->b[0], 0xdd);
}

/* --- nonces ----------------------------------------------------------------------------------- */

static void resume__used_elsewhere_meanwhile__goes_on_above_and_says_so(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    bed_mine(bed);
    bed_crash(bed);
    bed_foreign(bed, 1);
    bed_foreign(bed, 2);
    bed_mine_quietly(bed);
    bed_open(bed);
    assert_int_equal(next_nonce(bed), 3);
    assert_text(bed->log, "nonces 1 to 2 were used");
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->txs[3].nonce, 3);
}

static void resume__the_chain_lags__the_stores_nonce(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    bed_mine(bed);
    bed_crash(bed);
    bed->nonce_lie = 0;
    bed->nonce_lies = 100;
    bed_open(bed);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(bed->txs[1].nonce, 1);
}

static void nonce__one_wrong_answer__not_believed(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    bed_mine(bed);
    bed->nonce_lie = 1000;
    bed->nonce_lies = 1;
    bed_mine(bed);
    bed_submit(bed, 1);
    bed_run(bed);
    assert_int_equal(bed->nonce_lies, 0);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(bed->txs[1].nonce, 1);
}

static void nonce__cannot_be_read__jobs_wait_and_trouble_says_why(void **state) {
    struct bed *bed = *state;
    bed_fault(bed, "eth_getTransactionCount", CW_ERR_TRANSPORT, "a.example: no connection", 2);
    bed_open(bed);
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 0);
    assert_text(bed_trouble(bed), "a.example: no connection");
    bed_advance(bed, 20000);
    assert_one(bed, CW_LANE_SENT);
    assert_string_equal(bed_trouble(bed), "");
}

static void free__jobs_and_requests_under_way__dropped_without_a_call(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed->hold = "eth_sendRawTransaction";
    bed_submit(bed, 0);
    bed_run(bed);
    bed_submit(bed, 1);
    struct cw_error error;
    assert_int_equal(cw_loop_step(bed->loop, 0, &error), CW_OK); /* asked, not answered */
    assert_true(bed->requests_n > 1);
    assert_int_equal(bed->done_n, 1);
    /* Tearing down checks that every request was cancelled. */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

/* --- a signer in another process ------------------------------------------------------------- */

/* Answers as it is told to, or never. */
struct shim {
    struct cw_signer signer;
    struct cw_signer *real;
    enum cw_err err; /* CW_OK: as the real one */
    const char *trouble;
    bool later;
    bool waits; /* somebody, for an answer */
};

static void shim_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                      cw_sign_done *done, void *ctx) {
    struct shim *shim = (struct shim *)signer;
    if (shim->later) {
        shim->waits = true;
    } else if (shim->err != CW_OK) {
        done(ctx, shim->err, cw_slice_of(NULL, 0), NULL, "as it was told");
    } else {
        cw_signer_sign(shim->real, request, done, ctx);
    }
}

static void shim_free(struct cw_signer *signer) {
    struct shim *shim = (struct shim *)signer;
    cw_signer_free(shim->real);
    free(shim);
}

static const char *shim_trouble(const struct cw_signer *signer) {
    return ((const struct shim *)signer)->trouble;
}

static struct shim *with_shim(struct bed *bed) {
    static const struct cw_signer_ops ops = {shim_sign, shim_free, shim_trouble};
    struct shim *shim = calloc(1, sizeof *shim);
    assert_non_null(shim);
    *shim = (struct shim){
        .signer = {&ops, *cw_signer_address(bed->signer)}, .real = bed->signer, .trouble = ""};
    bed->signer = &shim->signer;
    return shim;
}

static void submit__signer_gone__nothing_asked_until_it_is_back(void **state) {
    struct bed *bed = *state;
    struct shim *shim = with_shim(bed);
    bed_open(bed);
    shim->trouble = "signer main is gone";
    bed_submit(bed, 0);
    bed_run(bed);
    assert_one(bed, CW_LANE_NO_SIGNER);
    assert_text(bed->done[0].text, "signer main is gone");
    assert_string_equal(bed_trouble(bed), "signer main is gone");
    assert_int_equal(bed_count(bed, "eth_call"), 0);
    assert_nothing_signed(bed);
    shim->trouble = "";
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[1].outcome, CW_LANE_SENT);
    assert_string_equal(bed_trouble(bed), "");
}

static void submit__signer_says_no__said_and_the_nonce_stays(void **state) {
    struct bed *bed = *state;
    struct shim *shim = with_shim(bed);
    static const struct {
        enum cw_err err;
        enum cw_lane_outcome outcome;
    } cases[] = {
        {CW_ERR_TRANSPORT, CW_LANE_NO_SIGNER}, {CW_ERR_REFUSED, CW_LANE_REFUSED},
        {CW_ERR_OVERLOADED, CW_LANE_TOO_DEAR}, {CW_ERR_IO, CW_LANE_FAILED},
        {CW_ERR_MEMORY, CW_LANE_FAILED},
    };
    bed->first_nonce = 5;
    bed_open(bed);
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        shim->err = cases[i].err;
        bed_submit(bed, 0);
        bed_run(bed);
        assert_int_equal(bed->done_n, i + 1);
        assert_int_equal(bed->done[i].outcome, cases[i].outcome);
        assert_int_equal(bed->done[i].over_budget, cases[i].outcome == CW_LANE_TOO_DEAR);
        assert_text(bed->done[i].text, "signer: as it was told");
        assert_nothing_signed(bed);
    }
    shim->err = CW_OK;
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done[CW_COUNT(cases)].outcome, CW_LANE_SENT);
    assert_int_equal(bed->txs[0].nonce, 5);
}

static void submit__signer_does_not_answer__dropped_with_the_lane(void **state) {
    struct bed *bed = *state;
    struct shim *shim = with_shim(bed);
    bed_open(bed);
    shim->later = true;
    bed_submit(bed, 0);
    bed_run(bed);
    assert_int_equal(bed->done_n, 0);
    assert_true(shim->waits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(submit__all_well__signed_committed_and_sent),
        CASE(submit__two_jobs__consecutive_nonces_and_one_quote),
        CASE(submit__a_message_under_way__busy),
        CASE(submit__many_jobs__bounded),
        CASE(sign__head_moved_since_the_simulation__simulated_again_first),
        CASE(sign__head_stood_still__not_simulated_again),
        CASE(sign__reverts_at_the_new_head__nothing_signed),
        CASE(sign__answered_out_of_order__sent_in_the_order_of_nonces),
        CASE(sign__the_next_one_is_being_signed__waits_for_it_a_while),
        CASE(sign__one_is_refused__the_last_one_is_signed_for_its_nonce),
        CASE(sign__many_and_two_are_refused__two_are_signed_again),
        CASE(sign__who_is_signed_again_is_refused__the_next_one_takes_the_nonce),
        CASE(sign__one_is_refused_before_a_batch__both_go),
        CASE(commit__one_is_not_allowed_to__the_others_go_without_a_gap),
        CASE(simulate__reverts__reverted_with_the_data),
        CASE(simulate__reverts_as_the_estimation_address__reverted_not_as_self),
        CASE(simulate__target_failure_accepted__sent_as_ourselves),
        CASE(simulate__another_failure_where_the_targets_is_accepted__reverted),
        CASE(simulate__the_estimate_alone_reverts__reverted),
        CASE(simulate__no_endpoint__failed_with_its_text),
        CASE(quote__no_fees_to_be_had__failed_then_asked_again),
        CASE(gas__above_the_policys__too_much_gas),
        CASE(gas__above_the_chains_cap__gas_cap),
        CASE(calldata__more_than_nodes_hand_on__nothing_signed),
        CASE(gas__above_the_blocks_limit__gas_cap),
        CASE(gas__the_nodes_search_ran_into_its_limit__gas_cap),
        CASE(gas__a_floor__is_the_limit),
        CASE(price__above_max_fee__too_dear_with_the_numbers),
        CASE(price__no_base_fee__sent_at_a_plain_gas_price),
        CASE(price__base_fee_and_no_history__failed_and_said_so),
        CASE(budget__spent__too_dear_until_a_day_has_passed),
        CASE(funds__not_enough__no_funds_and_where_to_send_more),
        CASE(funds__enough_for_one__the_second_waits),
        CASE(permit__refused__failed_and_nothing_signed),
        CASE(commit__fails__nothing_sent_and_the_nonce_is_free_again),
        CASE(commit__the_disk_is_full__failed_and_nothing_sent),
        CASE(dry_run__all_well__priced_and_never_signed),
        CASE(dry_run__no_signer__simulates_as_the_given_address),
        CASE(resume__used_elsewhere_meanwhile__goes_on_above_and_says_so),
        CASE(resume__the_chain_lags__the_stores_nonce),
        CASE(nonce__one_wrong_answer__not_believed),
        CASE(nonce__cannot_be_read__jobs_wait_and_trouble_says_why),
        CASE(free__jobs_and_requests_under_way__dropped_without_a_call),
        CASE(submit__signer_gone__nothing_asked_until_it_is_back),
        CASE(submit__signer_says_no__said_and_the_nonce_stays),
        CASE(submit__signer_does_not_answer__dropped_with_the_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
