/* The store: signed transactions, lanes, commands, findings. */
#include "store/lanes.h"
#include "store_fixture.h"

/* --- attempts --------------------------------------------------------------------------------- */

static struct cw_store_attempt attempt_of(const struct fixture *f, int64_t message, uint64_t nonce,
                                          const char *step) {
    struct cw_store_attempt attempt = {.message = message,
                                       .chain = f->l1,
                                       .nonce = nonce,
                                       .gas_limit = 200000,
                                       .raw = CW_LITERAL("raw"),
                                       .signed_ms = NOW};
    memset(attempt.signer.b, 0x77, 20);
    snprintf(attempt.step, sizeof attempt.step, "%s", step);
    attempt.hash = hash_of((uint32_t)nonce, 6);
    attempt.max_fee.v = cw_u256_from_u64(3000000000u);
    attempt.max_tip.v = cw_u256_from_u64(1000000u);
    return attempt;
}

static void attempt_add__second_of_the_same_step__refused(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0, other = -1;
    struct cw_store_attempt attempt = attempt_of(f, message, 4, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    struct cw_store_attempt again = attempt_of(f, message, 5, "prove");
    static const enum cw_attempt_state unsettled[] = {CW_ATTEMPT_SIGNED, CW_ATTEMPT_SENT,
                                                      CW_ATTEMPT_INCLUDED};
    for (size_t i = 0; i < CW_COUNT(unsettled); i++) {
        attempt.row = row;
        attempt.state = unsettled[i];
        OK(cw_store_attempt_update(f->store, &attempt, &f->error));
        assert_int_equal(cw_store_attempt_add(f->store, &again, &other, &f->error), CW_ERR_BUSY);
        assert_int_equal(other, -1);
    }
    /* the refusal left nothing behind */
    uint64_t nonce = 0;
    bool found = false;
    OK(cw_store_lane_nonce(f->store, f->l1, &attempt.signer, &found, &nonce, &f->error));
    assert_true(found);
    assert_int_equal(nonce, 5);
    /* another step may go beside it; and after it is settled the same step again */
    struct cw_store_attempt finalize = attempt_of(f, message, 5, "finalize");
    OK(cw_store_attempt_add(f->store, &finalize, &other, &f->error));
    attempt.state = CW_ATTEMPT_FINAL;
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    again = attempt_of(f, message, 6, "prove");
    OK(cw_store_attempt_add(f->store, &again, &other, &f->error));
}

static void attempt_add__nonces_out_of_order__lane_stands_behind_the_highest(void **state) {
    struct fixture *f = *state;
    static const uint64_t nonces[] = {4, 9, 2}, next[] = {5, 10, 10};
    for (uint32_t i = 0; i < 3; i++) {
        struct cw_store_attempt attempt = attempt_of(f, put(f, i), nonces[i], "prove");
        int64_t row = 0;
        uint64_t nonce = 0;
        bool found = false;
        OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
        OK(cw_store_lane_nonce(f->store, f->l1, &attempt.signer, &found, &nonce, &f->error));
        assert_true(found);
        assert_int_equal(nonce, next[i]);
    }
    struct cw_addr20 other = {{1}};
    bool found = true;
    uint64_t nonce = 7;
    OK(cw_store_lane_nonce(f->store, f->l1, &other, &found, &nonce, &f->error));
    assert_false(found);
}

/* Whoever goes on after an error must not commit half of what failed. */
static void attempt_add__fails_half_way__nothing_of_it_is_committed(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0;
    struct cw_store_attempt attempt = attempt_of(f, message, INT64_MAX, "prove");
    struct cw_store_attempt *list = NULL;
    size_t n = 9;
    OK(cw_store_begin(f->store, &f->error));
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_LIMIT);
    OK(cw_store_commit(f->store, &f->error));
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_LIMIT);
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
}

static void attempt_add__nonce_or_hash_taken__refused(void **state) {
    struct fixture *f = *state;
    int64_t first = put(f, 1), second = put(f, 2), row = 0;
    struct cw_store_attempt attempt = attempt_of(f, first, 4, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    attempt = attempt_of(f, second, 4, "prove");
    attempt.hash = hash_of(99, 6);
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_BUSY);
    assert_non_null(strstr(f->error.text, "nonce 4"));
    attempt = attempt_of(f, second, 5, "prove");
    attempt.hash = hash_of(4, 6);
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_BUSY);
    attempt = attempt_of(f, second, 6, "prove");
    attempt.raw = (struct cw_slice){0};
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_INPUT);
}

static void attempts__update_and_reorg__comes_back_and_is_sent_again(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0;
    struct cw_store_attempt attempt = attempt_of(f, message, 4, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    attempt.row = row;
    attempt.state = CW_ATTEMPT_INCLUDED;
    attempt.success = true;
    attempt.block = (struct cw_block_ref){{55}, hash_of(55, 3), 1234};
    attempt.gas_used = 150000;
    attempt.gas_price.v = cw_u256_from_u64(7);
    attempt.sent_ms = NOW + 1;
    attempt.included_ms = NOW + 2;
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_true(list[0].success);
    assert_int_equal(list[0].block.number.v, 55);
    assert_int_equal(list[0].gas_used, 150000);
    assert_int_equal(list[0].included_ms, NOW + 2);
    assert_true(cw_slice_equal(list[0].raw, CW_LITERAL("raw")));
    OK(cw_store_attempts_reorg(f->store, f->l1, (struct cw_block_number){55}, NOW, &n, &f->error));
    assert_int_equal(n, 0);
    OK(cw_store_attempts_reorg(f->store, f->l1, (struct cw_block_number){54}, NOW, &n, &f->error));
    assert_int_equal(n, 1);
    OK(cw_store_attempts_open(f->store, f->l1, &attempt.signer, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].state, CW_ATTEMPT_SENT);
    assert_false(list[0].success);
    assert_int_equal(list[0].sent_ms, NOW + 1);
    attempt.row = 4711;
    assert_int_equal(cw_store_attempt_update(f->store, &attempt, &f->error), CW_ERR_INPUT);
}

static struct cw_store_bid bid_of(uint32_t n, uint64_t fee, bool cancels) {
    struct cw_store_bid bid = {.hash = hash_of(n, 7),
                               .raw = CW_LITERAL("dearer"),
                               .gas_limit = 210000,
                               .cancels = cancels,
                               .signed_ms = NOW + n,
                               .why = "others pay more"};
    bid.max_fee.v = cw_u256_from_u64(fee);
    return bid;
}

static void attempt_bid__while_it_flies__in_front_of_those_before(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0;
    struct cw_store_attempt attempt = attempt_of(f, message, 4, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    attempt.row = row;
    attempt.state = CW_ATTEMPT_SENT;
    attempt.kept_block = 55;
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    struct cw_store_attempt *list = NULL;
    struct cw_store_bid *bids = NULL;
    size_t n = 0;
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(list[0].kept_block, 55);
    struct cw_store_bid bid = bid_of(1, 77, false);
    OK(cw_store_attempt_bid(f->store, row, &bid, &f->error));
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].kept_block, 0);
    assert_int_equal(list[0].state, CW_ATTEMPT_SIGNED);
    assert_int_equal(list[0].bids, 2);
    assert_memory_equal(list[0].hash.b, bid.hash.b, 32);
    assert_true(cw_slice_equal(list[0].raw, CW_LITERAL("dearer")));
    assert_int_equal(list[0].max_fee.v.limb[0], 77);
    assert_int_equal(list[0].gas_limit, 210000);
    OK(cw_store_bids(f->store, row, &f->arena, &bids, &n, &f->error));
    assert_int_equal(n, 2);
    assert_memory_equal(bids[0].hash.b, attempt.hash.b, 32);
    assert_true(cw_slice_equal(bids[0].raw, CW_LITERAL("raw")));
    assert_string_equal(bids[1].why, "others pay more");
    assert_int_equal(bids[1].signed_ms, NOW + 1);
    /* the same bytes are no other bid, and no other attempt's */
    assert_int_not_equal(cw_store_attempt_bid(f->store, row, &bid, &f->error), CW_OK);
}

static void attempt_update__an_older_bid_was_included__is_what_the_attempt_is(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0;
    struct cw_store_attempt attempt = attempt_of(f, message, 4, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    attempt.row = row;
    struct cw_store_bid bid = bid_of(1, 77, true);
    OK(cw_store_attempt_bid(f->store, row, &bid, &f->error));
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_true(list[0].cancelled);
    attempt.state = CW_ATTEMPT_INCLUDED;
    attempt.block = (struct cw_block_ref){{55}, hash_of(55, 3), 1234};
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_false(list[0].cancelled);
    assert_memory_equal(list[0].hash.b, attempt.hash.b, 32);
    assert_int_equal(cw_u256_cmp(&list[0].max_fee.v, &attempt.max_fee.v), 0);
    struct cw_store_bid late = bid_of(2, 99, false);
    assert_int_equal(cw_store_attempt_bid(f->store, row, &late, &f->error), CW_ERR_BUSY);
    struct cw_store_bid *bids = NULL;
    OK(cw_store_bids(f->store, row, &f->arena, &bids, &n, &f->error));
    assert_int_equal(n, 2); /* nothing of the refused one */
    attempt.hash = hash_of(3, 7);
    assert_int_equal(cw_store_attempt_update(f->store, &attempt, &f->error), CW_ERR_INPUT);
}

static void attempt_add__for_no_message__fills_its_nonce(void **state) {
    struct fixture *f = *state;
    int64_t row = 0;
    for (uint64_t nonce = 4; nonce < 6; nonce++) { /* two at once: no step is open twice */
        struct cw_store_attempt attempt = attempt_of(f, 0, nonce, "fill");
        attempt.cancelled = true;
        OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    }
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    const struct cw_addr20 signer = attempt_of(f, 0, 4, "fill").signer;
    OK(cw_store_attempts_open(f->store, f->l1, &signer, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].message, 0);
    assert_true(list[0].cancelled);
    struct cw_wei spent;
    OK(cw_store_spent(f->store, f->route, 0, &spent, &f->error));
    assert_true(cw_u256_is_zero(&spent.v)); /* no route paid for it */
}

static int64_t settle(struct fixture *f, int64_t message, uint64_t nonce, uint64_t block) {
    int64_t row = 0;
    struct cw_store_attempt attempt = attempt_of(f, message, nonce, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    attempt.row = row;
    attempt.state = CW_ATTEMPT_FINAL;
    attempt.block = (struct cw_block_ref){{block}, hash_of((uint32_t)block, 3), 1234};
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    return row;
}

static size_t open_of(struct fixture *f) {
    const struct cw_store_attempt any = attempt_of(f, 0, 0, "finalize");
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    OK(cw_store_attempts_open(f->store, f->l1, &any.signer, &f->arena, &list, &n, &f->error));
    return n;
}

/* Which messages a transaction is about, the newest first. */
static size_t about(struct fixture *f, int64_t route, struct cw_hash32 tx, int64_t rows[4]) {
    size_t n = 9;
    OK(cw_store_messages_about(f->store, route, &tx, rows, 4, &n, &f->error));
    return n;
}

static void messages_about__bid_batch_event__each_of_them(void **state) {
    struct fixture *f = *state;
    int64_t row = 0, rows[4] = {0};
    const int64_t m[] = {put(f, 1), put(f, 2), put(f, 3)};
    const struct cw_store_item two[] = {{m[0], 500}, {m[1], 700}};
    const struct cw_store_attempt alone = attempt_of(f, m[2], 3, "prove");
    OK(cw_store_attempt_add(f->store, &alone, &row, &f->error));
    assert_int_equal(about(f, 0, alone.hash, rows), 1);
    assert_int_equal(rows[0], m[2]);
    struct cw_store_attempt shared = attempt_of(f, 0, 4, "finalize");
    shared.items = two;
    shared.items_n = 2;
    OK(cw_store_attempt_add(f->store, &shared, &row, &f->error));
    assert_int_equal(about(f, f->route, shared.hash, rows), 2);
    assert_int_equal(rows[0], m[1]);
    assert_int_equal(rows[1], m[0]);
    assert_int_equal(about(f, f->route + 1, shared.hash, rows), 0);
    /* somebody else's, by what it did */
    const struct cw_store_history proven = {
        .time_ms = NOW, .kind = "event", .text = "proven", .has_tx = true, .tx = hash_of(9, 9)};
    OK(cw_store_history_add(f->store, m[0], &proven, &f->error));
    assert_int_equal(about(f, 0, proven.tx, rows), 1);
    assert_int_equal(rows[0], m[0]);
    assert_int_equal(about(f, 0, hash_of(8, 8), rows), 0);
}

static void attempt_add__shared_by_several__of_each_of_them(void **state) {
    struct fixture *f = *state;
    int64_t row = 0, other = 0;
    const int64_t m[] = {put(f, 1), put(f, 2), put(f, 3)};
    const struct cw_store_item two[] = {{m[0], 500}, {m[1], 700}}, late[] = {{m[2], 1}, {m[1], 2}};
    struct cw_store_attempt shared = attempt_of(f, 0, 4, "finalize");
    shared.items = two;
    shared.items_n = 2;
    shared.estimate = 900;
    OK(cw_store_attempt_add(f->store, &shared, &row, &f->error));
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    for (size_t i = 0; i < 2; i++) {
        OK(cw_store_attempts_of(f->store, m[i], &f->arena, &list, &n, &f->error));
        assert_int_equal(n, 1);
        assert_int_equal(list[0].message, 0);
        assert_int_equal(list[0].items_n, 2);
        assert_int_equal(list[0].items[1].message, m[1]);
        assert_int_equal(list[0].items[1].gas, 700);
        assert_int_equal(list[0].estimate, 900);
    }
    /* Neither alone nor in another one is the step taken again; nothing of that one is left. */
    struct cw_store_attempt again = attempt_of(f, m[1], 5, "finalize");
    assert_int_equal(cw_store_attempt_add(f->store, &again, &other, &f->error), CW_ERR_BUSY);
    again = attempt_of(f, 0, 5, "finalize");
    again.items = late;
    again.items_n = 2;
    assert_int_equal(cw_store_attempt_add(f->store, &again, &other, &f->error), CW_ERR_BUSY);
    assert_int_equal(open_of(f), 1);
    OK(cw_store_attempts_of(f->store, m[2], &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    /* One that has it under way alone is in no batch either. */
    struct cw_store_attempt alone = attempt_of(f, m[2], 5, "finalize");
    OK(cw_store_attempt_add(f->store, &alone, &other, &f->error));
    again.nonce = 6;
    again.hash = hash_of(6, 6);
    again.items_n = 1;
    assert_int_equal(cw_store_attempt_add(f->store, &again, &other, &f->error), CW_ERR_BUSY);
    /* Settled, it may be tried again. */
    shared.row = row;
    shared.state = CW_ATTEMPT_FINAL;
    OK(cw_store_attempt_update(f->store, &shared, &f->error));
    again = attempt_of(f, m[1], 7, "finalize");
    OK(cw_store_attempt_add(f->store, &again, &other, &f->error));
}

/* A step that was taken twice, each time for good: both nonces are free again. */
static void attempts_reorg__two_settled_ones_of_a_step__both_are_open(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0;
    settle(f, message, 4, 55);
    settle(f, message, 5, 57);
    size_t n = 0;
    OK(cw_store_attempts_reorg(f->store, f->l1, (struct cw_block_number){50}, NOW + 5, &n,
                               &f->error));
    assert_int_equal(n, 2);
    struct cw_store_attempt *list = NULL, third = attempt_of(f, message, 6, "prove");
    OK(cw_store_attempts_open(f->store, f->l1, &third.signer, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(cw_store_attempt_add(f->store, &third, &row, &f->error), CW_ERR_BUSY);
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, message, &lines), 3);
    assert_string_equal(lines[1].kind, "reorg");
    assert_string_equal(lines[1].text, "prove was final in block 55, which is gone");
    assert_int_equal(lines[1].time_ms, NOW + 5);
    assert_int_equal(lines[1].block.number.v, 55);
    assert_int_equal(lines[1].side, CW_SETTLEMENT);
    assert_string_equal(lines[2].text, "prove was final in block 57, which is gone");
}

/* What fills a nonce is no message's, and its nonce is free again all the same. */
static void attempts_reorg__one_of_no_message__is_open(void **state) {
    struct fixture *f = *state;
    settle(f, 0, 4, 55);
    size_t n = 0;
    OK(cw_store_attempts_reorg(f->store, f->l1, (struct cw_block_number){50}, NOW, &n, &f->error));
    assert_int_equal(n, 1);
    struct cw_store_attempt *list = NULL;
    const struct cw_addr20 signer = attempt_of(f, 0, 4, "fill").signer;
    OK(cw_store_attempts_open(f->store, f->l1, &signer, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].state, CW_ATTEMPT_SENT);
    assert_true(list[0].reorged);
}

static void attempt_gone__in_a_block_and_not__once(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = settle(f, message, 4, 55);
    OK(cw_store_attempt_gone(f->store, row, NOW, &f->error));
    assert_int_equal(cw_store_attempt_gone(f->store, row, NOW, &f->error), CW_ERR_INPUT);
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, message, &lines), 2);
    /* the same block a second time is another line */
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(list[0].state, CW_ATTEMPT_SENT);
    list[0].state = CW_ATTEMPT_INCLUDED;
    list[0].block = (struct cw_block_ref){{55}, hash_of(55, 3), 1234};
    OK(cw_store_attempt_update(f->store, &list[0], &f->error));
    OK(cw_store_attempt_gone(f->store, row, NOW, &f->error));
    assert_int_equal(history_of(f, message, &lines), 3);
}

static void spent__open_included_lost__worst_case_paid_nothing(void **state) {
    struct fixture *f = *state;
    int64_t row = 0;
    static const enum cw_attempt_state states[] = {CW_ATTEMPT_SENT, CW_ATTEMPT_FINAL,
                                                   CW_ATTEMPT_LOST};
    for (uint32_t i = 0; i < 3; i++) {
        struct cw_store_attempt attempt = attempt_of(f, put(f, i), i, "prove");
        attempt.signed_ms = NOW + i;
        OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
        attempt.row = row;
        attempt.state = states[i];
        attempt.gas_used = 1000;
        attempt.gas_price.v = cw_u256_from_u64(7);
        OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    }
    struct cw_wei spent;
    uint64_t wei = 0;
    OK(cw_store_spent(f->store, f->route, NOW, &spent, &f->error));
    assert_false(cw_u256_to_u64(&wei, &spent.v));
    assert_true(wei == UINT64_C(200000) * 3000000000u + 7000u);
    OK(cw_store_spent(f->store, f->route, NOW + 1, &spent, &f->error));
    assert_false(cw_u256_to_u64(&wei, &spent.v));
    assert_true(wei == 7000u);
}

/* gas_limit × max_fee of attempt_of. */
#define WORST (UINT64_C(200000) * 3000000000u)

static uint64_t at_most(struct fixture *f, uint64_t since_ms) {
    struct cw_wei spent;
    uint64_t wei = 0;
    OK(cw_store_spent_at_most(f->store, f->route, since_ms, &spent, &f->error));
    assert_false(cw_u256_to_u64(&wei, &spent.v));
    return wei;
}

static void spent_at_most__whatever_changes__never_less_than_what_was_spent(void **state) {
    struct fixture *f = *state;
    int64_t row = 0;
    struct cw_store_attempt attempt = attempt_of(f, put(f, 1), 1, "prove");
    attempt.signed_ms = NOW;
    assert_true(at_most(f, NOW) == 0);
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    assert_true(at_most(f, NOW) == WORST);
    assert_true(at_most(f, NOW + 60000) == WORST); /* too old, and counts for a minute */
    assert_true(at_most(f, NOW + 60001) == 0);
    assert_true(at_most(f, NOW) == WORST); /* what is older than what is known is added up */
    attempt.row = row;
    attempt.state = CW_ATTEMPT_INCLUDED;
    attempt.block = (struct cw_block_ref){{7}, hash_of(7, 3), 1234};
    attempt.gas_used = 1000;
    attempt.gas_price.v = cw_u256_from_u64(7);
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    struct cw_wei spent;
    OK(cw_store_spent(f->store, f->route, NOW, &spent, &f->error));
    assert_true(at_most(f, NOW) == 7000);
    OK(cw_store_attempt_gone(f->store, row, NOW, &f->error));
    assert_true(at_most(f, NOW) == WORST); /* it may cost all again */
}

static void spent_at_most__a_dearer_bid__counts(void **state) {
    struct fixture *f = *state;
    int64_t row = 0;
    struct cw_store_attempt attempt = attempt_of(f, put(f, 1), 1, "prove");
    attempt.signed_ms = NOW;
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    assert_true(at_most(f, NOW) == WORST);
    const struct cw_store_bid bid = {.hash = hash_of(99, 9),
                                     .raw = CW_LITERAL("raw"),
                                     .gas_limit = 2 * attempt.gas_limit,
                                     .max_fee = attempt.max_fee,
                                     .max_tip = attempt.max_tip,
                                     .signed_ms = NOW};
    OK(cw_store_attempt_bid(f->store, row, &bid, &f->error));
    assert_true(at_most(f, NOW) == 2 * WORST);
}

/* --- commands and findings -------------------------------------------------------------------- */

static void commands__posted_beside_the_writer__answered(void **state) {
    struct fixture *f = *state;
    struct cw_store_command command = {.verb = "hold", .subject = "op", .text = "look at it"};
    int64_t row = 0;
    OK(cw_store_command_post(f->path, &command, NOW, &row, &f->error));
    struct cw_store_command *list = NULL;
    size_t n = 0;
    OK(cw_store_commands_open(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].verb, "hold");
    assert_string_equal(list[0].text, "look at it");
    OK(cw_store_command_answer(f->store, row, "held", NOW + 3, &f->error));
    OK(cw_store_commands_open(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    OK(cw_store_command_get(f->store, row, &command, &f->error));
    assert_true(command.done);
    assert_string_equal(command.answer, "held");
    assert_int_equal(command.done_ms, NOW + 3);
    assert_int_equal(cw_store_command_get(f->store, row + 1, &command, &f->error), CW_ERR_INPUT);
}

static void lane_put__twice__shown_once_with_what_the_signer_has(void **state) {
    struct fixture *f = *state;
    struct cw_store_lane lane = {
        .chain = f->l1, .address = {{7}}, .signer = "main", .jobs = 2, .trouble = "no endpoint"};
    struct cw_store_lane *list = NULL;
    size_t n = 0;
    OK(cw_store_lane_put(f->store, &lane, NOW, &f->error));
    OK(cw_store_lanes(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_false(list[0].has_nonce);
    assert_false(list[0].has_balance);
    assert_string_equal(list[0].trouble, "no endpoint");
    lane = (struct cw_store_lane){.chain = f->l1,
                                  .address = {{7}},
                                  .signer = "main",
                                  .has_nonce = true,
                                  .next_nonce = 41,
                                  .open = 3};
    struct cw_store_funds funds = {.chain = f->l1, .address = {{7}}, .signer = "main"};
    funds.balance.v = cw_u256_from_u64(900);
    funds.low.v = cw_u256_from_u64(1000);
    OK(cw_store_funds_put(f->store, &funds, &f->error));
    OK(cw_store_lane_put(f->store, &lane, NOW + 5, &f->error));
    OK(cw_store_lanes(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_true(list[0].has_nonce && list[0].has_balance);
    assert_int_equal(list[0].next_nonce, 41);
    assert_int_equal(list[0].open, 3);
    assert_int_equal(list[0].jobs, 0);
    assert_string_equal(list[0].trouble, "");
    assert_int_equal(list[0].updated_ms, NOW + 5);
    assert_true(cw_u256_cmp(&list[0].balance.v, &list[0].low.v) < 0);
    OK(cw_store_lanes_forget(f->store, &f->error));
    OK(cw_store_lanes(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
}

static void findings__equal_counted__bounded_for_each_endpoint(void **state) {
    struct fixture *f = *state;
    OK(cw_store_begin(f->store, &f->error));
    for (unsigned i = 0; i < 1100; i++) {
        struct cw_store_finding finding = {
            .time_ms = NOW + i, .chain = "l2", .endpoint = "a", .method = "eth_getProof"};
        snprintf(finding.text, sizeof finding.text, "lie %u", i);
        OK(cw_store_finding_add(f->store, &finding, &f->error));
    }
    struct cw_store_finding twice = {.time_ms = NOW,
                                     .chain = "l2",
                                     .endpoint = "b",
                                     .method = "eth_getLogs",
                                     .text = "x",
                                     .evidence = "evidence/b.json"};
    OK(cw_store_finding_add(f->store, &twice, &f->error));
    twice.time_ms = NOW + 5000;
    twice.evidence[0] = '\0'; /* could not be written this time */
    OK(cw_store_finding_add(f->store, &twice, &f->error));
    OK(cw_store_commit(f->store, &f->error));
    struct cw_store_finding *list = NULL;
    size_t n = 0;
    OK(cw_store_findings(f->store, 5000, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1001);
    assert_string_equal(list[0].endpoint, "b");
    assert_string_equal(list[0].evidence, "evidence/b.json");
    assert_string_equal(list[1].evidence, "");
    assert_int_equal(list[0].count, 2);
    assert_int_equal(list[0].time_ms, NOW + 5000);
    assert_string_equal(list[1].text, "lie 1099");
    assert_string_equal(list[1000].text, "lie 100");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(attempt_add__second_of_the_same_step__refused),
        CASE(attempt_add__nonces_out_of_order__lane_stands_behind_the_highest),
        CASE(attempt_add__fails_half_way__nothing_of_it_is_committed),
        CASE(attempt_add__nonce_or_hash_taken__refused),
        CASE(attempts__update_and_reorg__comes_back_and_is_sent_again),
        CASE(attempt_bid__while_it_flies__in_front_of_those_before),
        CASE(attempt_update__an_older_bid_was_included__is_what_the_attempt_is),
        CASE(attempt_add__for_no_message__fills_its_nonce),
        CASE(messages_about__bid_batch_event__each_of_them),
        CASE(attempt_add__shared_by_several__of_each_of_them),
        CASE(attempts_reorg__two_settled_ones_of_a_step__both_are_open),
        CASE(attempts_reorg__one_of_no_message__is_open),
        CASE(attempt_gone__in_a_block_and_not__once),
        CASE(spent__open_included_lost__worst_case_paid_nothing),
        CASE(spent_at_most__whatever_changes__never_less_than_what_was_spent),
        CASE(spent_at_most__a_dearer_bid__counts),
        CASE(commands__posted_beside_the_writer__answered),
        CASE(lane_put__twice__shown_once_with_what_the_signer_has),
        CASE(findings__equal_counted__bounded_for_each_endpoint),
    };
    return cmocka_run_group_tests_name("store, attempts", tests, NULL, NULL);
}
