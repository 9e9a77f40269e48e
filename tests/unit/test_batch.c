/* Several steps in one transaction. */
#include "lane_bed.h"

#include "tx/fees.h"
#include "tx/multicall.h"

#include <causeway/keccak.h>
#include <causeway/tx.h>

#include <string.h>

#define GWEI UINT64_C(1000000000)

static void assert_text(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, text);
    }
}

static int set_up(void **state) {
    if (bed_set_up(state) != 0) {
        return 1;
    }
    struct bed *bed = *state;
    bed->code = "\"0x5151\"";
    cw_keccak256(&bed->code_hash, CW_LITERAL("\x51\x51"));
    bed->batch_estimate = 220000;
    return 0;
}

static void submit_n(struct bed *bed, size_t n, size_t max, uint64_t wait_ms) {
    for (size_t i = 0; i < n; i++) {
        bed_submit_shared(bed, i, max, wait_ms);
    }
    bed_run(bed);
}

static struct cw_store_attempt attempt_of(struct bed *bed, size_t i, struct cw_arena *arena) {
    return bed_attempt(bed, i, arena);
}

static void assert_sent(const struct bed *bed, size_t n) {
    assert_int_equal(bed->done_n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(bed->done[i].outcome, CW_LANE_SENT);
    }
}

/* The calls of the i-th transaction that the chain has; 0: it is no aggregate3. */
static size_t calls_of(const struct bed *bed, size_t i) {
    struct cw_arena arena;
    struct cw_tx tx;
    struct cw_signature signature;
    struct cw_multicall *calls;
    size_t n = 0;
    assert_true(i < bed->txs_n);
    cw_arena_init(&arena, 1u << 20);
    const struct cw_slice raw = cw_slice_of(bed->txs[i].raw, bed->txs[i].raw_n);
    assert_int_equal(cw_tx_decode(&arena, &tx, &signature, raw, NULL), CW_OK);
    if (cw_addr20_equal(&tx.to, &CW_MULTICALL3)) {
        assert_int_equal(cw_multicall_read(&arena, &calls, &n, tx.data), CW_OK);
        for (size_t k = 0; k < n; k++) {
            assert_true(calls[k].may_fail);
        }
    }
    cw_arena_done(&arena);
    return n;
}

/* --- gathered --------------------------------------------------------------------------------- */

static void submit__three__one_transaction(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    submit_n(bed, 3, 3, 60000);
    assert_sent(bed, 3);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(calls_of(bed, 0), 3);
    assert_int_equal(bed->permits, 3);
    assert_int_equal(bed->commits, 3);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = attempt_of(bed, 2, &arena);
    assert_int_equal(attempt.message, 0);
    assert_int_equal(attempt.items_n, 3);
    assert_int_equal(attempt.items[0].gas, 100000);
    assert_int_equal(attempt.estimate, 220000);
    assert_int_equal(attempt.gas_limit, 264000);
    assert_string_equal(attempt.step, "finalize");
    /* Each has a third of it; the day has all. */
    struct cw_wei spent, cost;
    struct cw_error error;
    assert_int_equal(cw_fees_cost(&cost, 264000, &attempt.max_fee, &error), CW_OK);
    const struct cw_wei share = cw_wei_share(&cost, 3);
    assert_int_equal(cw_store_spent_on(bed->store, bed->messages[1], &spent, &error), CW_OK);
    assert_int_equal(cw_wei_cmp(&spent, &share), 0);
    assert_int_equal(cw_wei_cmp(&bed->price.worst, &share), 0);
    assert_int_equal(cw_store_spent(bed->store, bed->route, 0, &spent, &error), CW_OK);
    assert_int_equal(cw_wei_cmp(&spent, &cost), 0);
    cw_arena_done(&arena);
}

static void submit__fewer_than_max__wait_for_others(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    submit_n(bed, 2, 8, 5000);
    assert_int_equal(bed->txs_n, 0);
    bed_advance(bed, 4000);
    assert_int_equal(bed->txs_n, 0);
    bed_advance(bed, 1000);
    assert_sent(bed, 2);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(calls_of(bed, 0), 2);
}

static void submit__nobody_else_comes__goes_alone(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    submit_n(bed, 1, 8, 5000);
    bed_advance(bed, 5000);
    assert_sent(bed, 1);
    assert_int_equal(calls_of(bed, 0), 0);
    assert_int_equal(bed_count(bed, "eth_getCode"), 0);
}

static void submit__more_than_max__several_transactions(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    submit_n(bed, 7, 3, 1000);
    bed_advance(bed, 1000);
    assert_sent(bed, 7);
    assert_int_equal(bed->txs_n, 3);
    assert_int_equal(calls_of(bed, 0) + calls_of(bed, 1), 6);
    assert_int_equal(bed_count(bed, "eth_getCode"), 1);
}

static void submit__not_batchable__beside_it(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_submit_shared(bed, 0, 8, 1000);
    bed_submit_shared(bed, 1, 8, 1000);
    bed_submit(bed, 2);
    bed_run(bed);
    assert_int_equal(bed->txs_n, 1); /* that one waits for nobody */
    assert_int_equal(calls_of(bed, 0), 0);
    bed_advance(bed, 1000);
    assert_sent(bed, 3);
    assert_int_equal(calls_of(bed, 1), 2);
}

/* Steps that are simulated as they are sent, from the lane's own address. */
static void submit__simulated_as_ourselves__one_transaction(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed->simulator = (struct cw_addr20){{0}};
    for (size_t i = 0; i < 3; i++) {
        bed_submit_shared(bed, i, 3, 60000);
    }
    bed->simulator = *cw_lane_address(bed->lane);
    bed_run(bed);
    assert_sent(bed, 3);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(calls_of(bed, 0), 3);
}

static void submit__others_wait_longer__not_held_up(void **state) {
    struct bed *bed = *state;
    const struct cw_addr20 simulator = bed->simulator;
    bed_open(bed);
    bed->simulator.b[0] ^= 1; /* it goes with none of the others */
    bed_submit_shared(bed, 0, 8, 60000);
    bed_run(bed);
    bed->simulator = simulator;
    bed_submit_shared(bed, 1, 8, 5000);
    bed_submit_shared(bed, 2, 8, 5000);
    bed_run(bed);
    bed_advance(bed, 5000);
    assert_sent(bed, 2);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(calls_of(bed, 0), 2);
    bed_advance(bed, 55000);
    assert_sent(bed, 3);
    assert_int_equal(calls_of(bed, 1), 0);
}

static void submit__no_block_takes_all__as_many_as_it_does(void **state) {
    struct bed *bed = *state;
    bed->chain.tx_gas_cap = 350000;
    bed_open(bed);
    submit_n(bed, 5, 5, 1000);
    bed_advance(bed, 1000);
    assert_sent(bed, 5);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(calls_of(bed, 0), 3);
    assert_int_equal(calls_of(bed, 1), 2);
}

static void submit__no_block_takes_one_of_them__said_of_each(void **state) {
    struct bed *bed = *state;
    bed->chain.tx_gas_cap = 90000;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    bed_advance(bed, 1000);
    assert_int_equal(bed->done_n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bed->done[i].outcome, CW_LANE_GAS_CAP);
    }
    assert_int_equal(bed->txs_n, 0);
}

/* What nodes do not hand on holds up all that comes behind it. */
static void submit__more_calldata_than_a_transaction_has__the_rest_goes_later(void **state) {
    struct bed *bed = *state;
    struct cw_arena arena;
    cw_arena_init(&arena, 4u << 20);
    bed->shared_more = 50000;
    bed_fault(bed, "eth_sendRawTransaction", CW_ERR_TRANSPORT, "down", 99);
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_int_equal(attempt_of(bed, 0, &arena).items_n, 2);
    bed_advance(bed, 2000);
    assert_sent(bed, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(attempt_of(bed, i, &arena).raw.n < (128u << 10));
    }
    bed->shared_more = 200000;
    bed_submit_shared(bed, 3, 3, 1000);
    bed_submit_shared(bed, 4, 3, 1000);
    bed_run(bed);
    assert_int_equal(bed->done[3].outcome, CW_LANE_TOO_LARGE);
    assert_int_equal(bed->done[4].outcome, CW_LANE_TOO_LARGE);
    cw_arena_done(&arena);
}

static void submit__over_max_gas__alone_and_said(void **state) {
    struct bed *bed = *state;
    bed->policy.max_gas = 90000;
    bed_open(bed);
    submit_n(bed, 2, 2, 60000);
    assert_int_equal(bed->done_n, 2);
    assert_int_equal(bed->done[0].outcome, CW_LANE_TOO_MUCH_GAS);
    assert_int_equal(bed->done[1].outcome, CW_LANE_TOO_MUCH_GAS);
}

static void submit__one_operator_gives_other_code__another_one_is_asked(void **state) {
    struct bed *bed = *state;
    bed->operators = 3;
    bed->lies[0] = (struct bed_lie){.operator_ = 1, .method = "eth_getCode", .json = "\"0x\""};
    bed_open(bed);
    submit_n(bed, 2, 2, 1000);
    assert_sent(bed, 2);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(calls_of(bed, 0), 2);
    assert_int_equal(bed->accused[0], 1);
}

static void submit__two_operators_differ_about_the_code__alone_and_asked_again(void **state) {
    struct bed *bed = *state;
    bed->operators = 2;
    bed->lies[0] = (struct bed_lie){.operator_ = 1, .method = "eth_getCode", .json = "\"0x\""};
    bed_open(bed);
    submit_n(bed, 2, 2, 1000);
    assert_sent(bed, 2);
    assert_int_equal(bed->txs_n, 2);
    bed->lies[0].method = NULL;
    bed_mine(bed);
    bed_submit_shared(bed, 2, 2, 1000);
    bed_submit_shared(bed, 3, 2, 1000);
    bed_run(bed);
    assert_sent(bed, 4);
    assert_int_equal(bed->txs_n, 3);
}

static void submit__other_code_at_the_address__each_alone(void **state) {
    struct bed *bed = *state;
    bed->code = "\"0x6001\"";
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_sent(bed, 3);
    assert_int_equal(bed->txs_n, 3);
    assert_int_equal(calls_of(bed, 0), 0);
    assert_text(bed->log, "has no Multicall3 at its address");
    /* Nobody waits there any longer. */
    bed_submit_shared(bed, 3, 3, 1000);
    bed_run(bed);
    assert_int_equal(bed->txs_n, 4);
}

/* --- simulated -------------------------------------------------------------------------------- */

static void simulate__one_fails_together__it_goes_alone(void **state) {
    struct bed *bed = *state;
    bed->batch_fails = 1u << 1;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_sent(bed, 3);
    assert_int_equal(bed->txs_n, 2);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(attempt_of(bed, 0, &arena).items_n, 2);
    assert_int_equal(attempt_of(bed, 1, &arena).items_n, 0);
    assert_int_equal(attempt_of(bed, 2, &arena).items_n, 2);
    cw_arena_done(&arena);
}

static void simulate__all_but_one_fail__all_alone(void **state) {
    struct bed *bed = *state;
    bed->batch_fails = 6;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_sent(bed, 3);
    assert_int_equal(bed->txs_n, 3);
}

static void simulate__endpoints_fail__all_alone(void **state) {
    static const char *const methods[] = {"eth_getCode", "eth_call", "eth_estimateGas"};
    for (size_t i = 0; i < CW_COUNT(methods); i++) {
        struct bed *bed = *state;
        bed->batch_fault = methods[i];
        bed_fault(bed, "eth_getCode", CW_ERR_TRANSPORT, "no connection", i == 0);
        bed_open(bed);
        submit_n(bed, 2, 2, 1000);
        assert_sent(bed, 2);
        assert_int_equal(bed->txs_n, 2);
        assert_int_equal(calls_of(bed, 0), 0);
        assert_int_equal(bed_tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
    }
}

static void simulate__new_head_meanwhile__simulated_again(void **state) {
    struct bed *bed = *state;
    bed->hold_batch = true;
    bed_open(bed);
    submit_n(bed, 2, 2, 1000);
    assert_int_equal(bed_count(bed, "eth_call"), 3);
    bed_mine(bed);
    assert_int_equal(bed->txs_n, 0);
    bed->hold_batch = false;
    bed_run(bed);
    assert_sent(bed, 2);
    assert_int_equal(bed_count(bed, "eth_call"), 4);
    assert_int_equal(bed->txs_n, 1);
}

static void simulate__blocks_come_faster__each_alone(void **state) {
    struct bed *bed = *state;
    bed->batch_outrun = 20;
    bed_open(bed);
    submit_n(bed, 2, 2, 1000);
    assert_sent(bed, 2);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(calls_of(bed, 0), 0);
    assert_true(bed->batch_outrun > 10);
}

/* --- the last look and the commit ------------------------------------------------------------- */

static void permit__one_is_held_meanwhile__the_others_go(void **state) {
    struct bed *bed = *state;
    bed->forbidden = bed->messages[1];
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_int_equal(bed->done_n, 3);
    assert_int_equal(bed->done[0].message, bed->messages[1]);
    assert_int_equal(bed->done[0].outcome, CW_LANE_FAILED);
    assert_text(bed->done[0].text, "held now");
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(calls_of(bed, 0), 2);
}

static void commit__one_is_refused__nothing_of_it_is_written(void **state) {
    struct bed *bed = *state;
    bed->not_committed = bed->messages[2];
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_int_equal(bed->done_n, 3);
    assert_int_equal(bed->done[0].message, bed->messages[2]);
    assert_int_equal(bed->done[0].outcome, CW_LANE_FAILED);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(calls_of(bed, 0), 2);
    assert_int_equal(bed->txs[0].nonce, 0);
}

static void commit__disk_full__nothing_is_sent(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed->hold = "eth_getCode";
    submit_n(bed, 3, 3, 1000);
    bed->hold = NULL;
    bed_disk_full(bed, true);
    bed_run(bed);
    assert_int_equal(bed->txs_n, 0);
    assert_int_equal(bed->done_n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bed->done[i].outcome, CW_LANE_FAILED);
        assert_text(bed->done[i].text, "not written, so not sent");
    }
    bed_disk_full(bed, false);
}

static void price__over_the_budget_together__alone_as_far_as_it_goes(void **state) {
    struct bed *bed = *state;
    /* Two of three of 120000 gas at 2.1 gwei, and not all together. */
    bed->policy.daily_fee_budget.v = cw_u256_from_u64(2 * 120000 * (2 * GWEI + GWEI / 10));
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_int_equal(bed->done_n, 3);
    assert_int_equal(bed->txs_n, 2);
    size_t sent = 0, dear = 0;
    for (size_t i = 0; i < 3; i++) {
        sent += bed->done[i].outcome == CW_LANE_SENT;
        dear += bed->done[i].outcome == CW_LANE_TOO_DEAR;
    }
    assert_int_equal(sent, 2);
    assert_int_equal(dear, 1);
}

static void submit__while_one_is_under_way__busy(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    const struct cw_call call = bed_call();
    assert_int_equal(bed_submit_step(bed, 1, "finalize", &call, false), CW_ERR_BUSY);
    bed_submit(bed, 1); /* another step */
    bed_run(bed);
    assert_int_equal(bed->done_n, 4);
}

/* --- afterwards ------------------------------------------------------------------------------- */

static void crash__before_the_broadcast__the_same_bytes_go_out(void **state) {
    struct bed *bed = *state;
    bed->hold = "eth_sendRawTransaction";
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_int_equal(bed->txs_n, 0);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt before = attempt_of(bed, 0, &arena);
    bed_crash(bed);
    bed->hold = NULL;
    bed_open(bed);
    assert_int_equal(bed->txs_n, 1);
    assert_int_equal(bed->txs[0].raw_n, before.raw.n);
    assert_memory_equal(bed->txs[0].raw, before.raw.p, before.raw.n);
    bed_mine(bed);
    assert_int_equal(bed->moved[bed->moved_n - 1].state, CW_ATTEMPT_INCLUDED);
    assert_int_equal(bed->moved[bed->moved_n - 1].items, 3);
    /* Every one of them is known to have it under way. */
    const struct cw_call call = bed_call();
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bed_submit_step(bed, i, "finalize", &call, false), CW_ERR_BUSY);
    }
    cw_arena_done(&arena);
}

static void reorg__block_is_gone__told_for_all_and_sent_again(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    bed_mine(bed);
    bed->hold_blocks = true;
    bed->moved_n = 0;
    bed_reorg(bed, 1);
    assert_int_equal(bed->moved[0].state, CW_ATTEMPT_SENT);
    assert_int_equal(bed->moved[0].items, 3);
    assert_true(bed->txs[0].in_pool);
    struct cw_arena arena;
    struct cw_error error;
    cw_arena_init(&arena, 1u << 20);
    for (size_t i = 0; i < 3; i++) {
        struct cw_store_history *lines;
        size_t n;
        assert_int_equal(
            cw_store_history_load(bed->store, bed->messages[i], &arena, &lines, &n, &error), CW_OK);
        assert_text(lines[n - 1].text, "finalize was included in block");
    }
    cw_arena_done(&arena);
}

static struct cw_call call_of(size_t i, uint8_t data[5]) {
    memcpy(data, "\1\2\3\4", 4);
    data[4] = (uint8_t)i;
    return (struct cw_call){.to = {{0x42}}, .data = cw_slice_of(data, 5)};
}

static void settle__final__told_for_all(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    for (unsigned i = 0; i < 6; i++) {
        bed_mine(bed);
    }
    assert_int_equal(bed->moved[bed->moved_n - 1].state, CW_ATTEMPT_FINAL);
    assert_int_equal(bed->moved[bed->moved_n - 1].items, 3);
    const struct cw_call call = bed_call();
    assert_int_equal(bed_submit_step(bed, 1, "finalize", &call, false), CW_OK);
}

static void judge__one_is_still_right__goes_out(void **state) {
    struct bed *bed = *state;
    uint8_t data[5];
    bed->judges = true;
    bed->drop_sends = true;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    bed_crash(bed);
    bed->drop_sends = false;
    bed_open(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 0);
    cw_lane_judge(bed->lane, bed->messages[0], NULL, NULL, "it waits");
    bed_run(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 0);
    const struct cw_call call = call_of(1, data);
    cw_lane_judge(bed->lane, bed->messages[1], "finalize", &call, "");
    bed_run(bed);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 1);
}

static void judge__none_is_right__kept(void **state) {
    struct bed *bed = *state;
    bed->judges = true;
    bed->drop_sends = true;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    bed_crash(bed);
    bed_open(bed);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bed->agains[bed->agains_n - 1].what, CW_LANE_UNJUDGED);
        cw_lane_judge(bed->lane, bed->messages[i], NULL, NULL, "it waits");
    }
    assert_int_equal(bed->agains[bed->agains_n - 1].what, CW_LANE_KEPT);
    bed_advance(bed, 60000);
    assert_int_equal(bed_count(bed, "eth_sendRawTransaction"), 0);
}

static void passed_by(struct bed *bed) {
    bed->hold_blocks = true;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    bed->base_fee_wei = 10 * GWEI;
    for (unsigned i = 0; i < 4; i++) {
        bed->now_ms += 3000;
        bed_mine(bed);
    }
}

static void bid__passed_by__all_of_it_again(void **state) {
    struct bed *bed = *state;
    passed_by(bed);
    assert_int_equal(bed->rebids, 3); /* each is asked about */
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(calls_of(bed, 1), 3);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    const struct cw_store_attempt attempt = attempt_of(bed, 0, &arena);
    assert_int_equal(attempt.bids, 2);
    struct cw_wei cost;
    struct cw_error error;
    assert_int_equal(cw_fees_cost(&cost, attempt.gas_limit, &attempt.max_fee, &error), CW_OK);
    assert_int_equal(cw_wei_cmp(&bed->asked.new_cost, &cost), 0);
    assert_int_equal(bed->asked.shares, 3);
    assert_true(attempt.gas_limit >= 264000);
    cw_arena_done(&arena);
}

static void bid__one_may_not__waits_for_its_sake(void **state) {
    struct bed *bed = *state;
    bed->rebid_waits = bed->messages[1];
    passed_by(bed);
    assert_int_equal(bed->txs_n, 1);
    assert_text(bed_trouble(bed), "nonce 0 waits at its old price: the host says so");
}

static void bid__nobody_wants_it__nonce_used_up(void **state) {
    struct bed *bed = *state;
    bed->rebid = CW_LANE_REBID_CANCEL;
    passed_by(bed);
    assert_int_equal(bed->txs_n, 2);
    assert_int_equal(calls_of(bed, 1), 0);
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    assert_true(attempt_of(bed, 0, &arena).cancelled);
    cw_arena_done(&arena);
}

static void mine_to_final(struct bed *bed) {
    for (uint64_t i = 0; i <= bed->final_lag + 1; i++)
        bed_mine(bed);
}

static void saved__in_a_final_block__alone_and_together(void **state) {
    struct bed *bed = *state;
    struct cw_error error;
    struct cw_store_saved saved;
    bool was = true;
    bed_open(bed);
    submit_n(bed, 3, 3, 1000);
    assert_int_equal(cw_store_saved(bed->store, bed->route, &saved, &error), CW_OK);
    assert_int_equal(saved.batches, 0);
    assert_int_equal(cw_store_was_batched(bed->store, bed->messages[1], "finalize", &was, &error),
                     CW_OK);
    assert_false(was);
    mine_to_final(bed);
    assert_int_equal(cw_store_saved(bed->store, bed->route, &saved, &error), CW_OK);
    assert_int_equal(saved.batches, 1);
    assert_int_equal(saved.items, 3);
    assert_int_equal(saved.gas, 90000);
    assert_int_equal(saved.alone, 0);
    assert_int_equal(cw_store_was_batched(bed->store, bed->messages[1], "finalize", &was, &error),
                     CW_OK);
    assert_true(was);
    assert_int_equal(cw_store_was_batched(bed->store, bed->messages[1], "prove", &was, &error),
                     CW_OK);
    assert_false(was);
    /* Another step is no comparison; the same one is. */
    bed_submit(bed, 3);
    bed_submit_shared(bed, 4, 1, 0);
    bed_run(bed);
    mine_to_final(bed);
    assert_int_equal(cw_store_saved(bed->store, bed->route, &saved, &error), CW_OK);
    assert_int_equal(saved.items, 3);
    assert_int_equal(saved.alone, 1);
    assert_int_equal(saved.alone_gas, 90000);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        T(submit__three__one_transaction),
        T(submit__fewer_than_max__wait_for_others),
        T(submit__nobody_else_comes__goes_alone),
        T(submit__more_than_max__several_transactions),
        T(submit__not_batchable__beside_it),
        T(submit__simulated_as_ourselves__one_transaction),
        T(submit__others_wait_longer__not_held_up),
        T(submit__no_block_takes_all__as_many_as_it_does),
        T(submit__no_block_takes_one_of_them__said_of_each),
        T(submit__more_calldata_than_a_transaction_has__the_rest_goes_later),
        T(submit__over_max_gas__alone_and_said),
        T(submit__one_operator_gives_other_code__another_one_is_asked),
        T(submit__two_operators_differ_about_the_code__alone_and_asked_again),
        T(submit__other_code_at_the_address__each_alone),
        T(simulate__one_fails_together__it_goes_alone),
        T(simulate__all_but_one_fail__all_alone),
        T(simulate__endpoints_fail__all_alone),
        T(simulate__new_head_meanwhile__simulated_again),
        T(simulate__blocks_come_faster__each_alone),
        T(permit__one_is_held_meanwhile__the_others_go),
        T(commit__one_is_refused__nothing_of_it_is_written),
        T(commit__disk_full__nothing_is_sent),
        T(price__over_the_budget_together__alone_as_far_as_it_goes),
        T(submit__while_one_is_under_way__busy),
        T(crash__before_the_broadcast__the_same_bytes_go_out),
        T(reorg__block_is_gone__told_for_all_and_sent_again),
        T(settle__final__told_for_all),
        T(judge__one_is_still_right__goes_out),
        T(judge__none_is_right__kept),
        T(bid__passed_by__all_of_it_again),
        T(bid__one_may_not__waits_for_its_sake),
        T(bid__nobody_wants_it__nonce_used_up),
        T(saved__in_a_final_block__alone_and_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
