/* The store's past: intervals that are unread, how far routes reach, events that came early. */
#include "store_fixture.h"

/* --- intervals -------------------------------------------------------------------------------- */

static struct cw_interval blocks(uint64_t from, uint64_t to) {
    return (struct cw_interval){.from = from, .to = to};
}

static struct cw_interval bound(uint64_t from, uint64_t to, uint32_t hash) {
    return (struct cw_interval){.from = from, .to = to, .bound = true, .hash = hash_of(hash, 9)};
}

static void add(struct cw_intervals *set, struct cw_interval one) {
    assert_int_equal(cw_intervals_add(set, &one), CW_OK);
}

static void assert_one(const struct cw_interval *got, struct cw_interval wanted) {
    assert_int_equal(got->from, wanted.from);
    assert_int_equal(got->to, wanted.to);
    assert_int_equal(got->bound, wanted.bound);
    if (wanted.bound)
        assert_memory_equal(got->hash.b, wanted.hash.b, 32);
}

static void intervals_add__neighbours_and_overlaps__one(void **state) {
    (void)state;
    struct cw_intervals set = {0};
    add(&set, bound(10, 20, 1));
    add(&set, bound(30, 40, 2));
    add(&set, blocks(0, 5));
    assert_int_equal(set.n, 3);
    assert_int_equal(cw_intervals_blocks(&set), 6 + 11 + 11);
    add(&set, blocks(21, 25)); /* next to one */
    assert_int_equal(set.n, 3);
    assert_one(&set.list[1], blocks(10, 25));
    add(&set, blocks(24, 32)); /* from one into another */
    assert_int_equal(set.n, 2);
    assert_one(&set.list[1], bound(10, 40, 2));
    add(&set, blocks(15, 40)); /* within: the hash stays */
    assert_one(&set.list[1], bound(10, 40, 2));
    add(&set, bound(3, 50, 3)); /* over all */
    assert_int_equal(set.n, 1);
    assert_one(&set.list[0], bound(0, 50, 3));
    cw_intervals_done(&set);
    assert_int_equal(set.n, 0);
}

static void intervals_remove__anywhere__what_is_left(void **state) {
    (void)state;
    struct cw_intervals set = {0};
    const struct cw_hash32 below = hash_of(7, 9);
    add(&set, bound(10, 20, 1));
    add(&set, bound(30, 40, 2));
    assert_int_equal(cw_intervals_remove(&set, 38, 40, &below), CW_OK); /* its end */
    assert_one(&set.list[1], bound(30, 37, 7));
    assert_int_equal(cw_intervals_remove(&set, 33, 34, NULL), CW_OK); /* in the middle */
    assert_int_equal(set.n, 3);
    assert_one(&set.list[1], blocks(30, 32));
    assert_one(&set.list[2], bound(35, 37, 7));
    assert_int_equal(cw_intervals_remove(&set, 30, 31, &below), CW_OK); /* its start */
    assert_one(&set.list[1], blocks(32, 32));
    assert_int_equal(cw_intervals_remove(&set, 15, 36, &below), CW_OK); /* over several */
    assert_int_equal(set.n, 2);
    assert_one(&set.list[0], bound(10, 14, 7));
    assert_one(&set.list[1], bound(37, 37, 7));
    assert_int_equal(cw_intervals_remove(&set, 0, 9, NULL), CW_OK); /* nothing */
    assert_int_equal(cw_intervals_remove(&set, 0, 100, NULL), CW_OK);
    assert_int_equal(set.n, 0);
    cw_intervals_done(&set);
}

static void intervals_cut__above__gone(void **state) {
    (void)state;
    struct cw_intervals set = {0};
    add(&set, bound(10, 20, 1));
    add(&set, bound(30, 40, 2));
    cw_intervals_cut(&set, 40, false);
    assert_one(&set.list[1], bound(30, 40, 2));
    cw_intervals_cut(&set, 35, false);
    assert_one(&set.list[1], blocks(30, 35));
    cw_intervals_cut(&set, 29, false);
    assert_int_equal(set.n, 1);
    assert_one(&set.list[0], bound(10, 20, 1));
    cw_intervals_cut(&set, 20, true);
    assert_one(&set.list[0], blocks(10, 20));
    cw_intervals_cut(&set, 9, false);
    assert_int_equal(set.n, 0);
    cw_intervals_done(&set);
}

static void intervals_upto__between_and_within(void **state) {
    (void)state;
    struct cw_intervals set = {0};
    add(&set, blocks(10, 20));
    add(&set, blocks(30, 40));
    assert_null(cw_intervals_upto(&set, 9));
    assert_int_equal(cw_intervals_upto(&set, 10)->from, 10);
    assert_int_equal(cw_intervals_upto(&set, 29)->from, 10);
    assert_int_equal(cw_intervals_upto(&set, 99)->from, 30);
    cw_intervals_done(&set);
}

/* Against a plain array of blocks. */
static void intervals__random_changes__as_an_array_has_it(void **state) {
    (void)state;
    enum { N = 64 };
    struct cw_intervals set = {0};
    bool in[N] = {false};
    uint64_t random = 0x9e3779b97f4a7c15u;
    for (int round = 0; round < 20000; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t from = random >> 58, to = from + (random >> 50) % 9;
        to = to < N ? to : N - 1;
        bool adds = (random >> 40) % 2 == 0, cuts = (random >> 33) % 16 == 0;
        if (cuts)
            cw_intervals_cut(&set, to, false);
        else if (adds)
            add(&set, blocks(from, to));
        else
            assert_int_equal(cw_intervals_remove(&set, from, to, NULL), CW_OK);
        for (uint64_t i = 0; i < N; i++)
            in[i] = cuts ? in[i] && i <= to : (i >= from && i <= to ? adds : in[i]);
        size_t at = 0;
        for (uint64_t i = 0; i < N; i++) {
            if (at < set.n && i > set.list[at].to)
                at++;
            assert_int_equal(in[i], at < set.n && i >= set.list[at].from);
        }
        for (size_t i = 0; i + 1 < set.n; i++)
            assert_true(set.list[i].to + 1 < set.list[i + 1].from);
    }
    cw_intervals_done(&set);
}

/* --- in the store ----------------------------------------------------------------------------- */

static struct cw_intervals unread(struct fixture *f, int64_t chain) {
    struct cw_intervals set = {0};
    OK(cw_store_unread(f->store, chain, &set, &f->error));
    return set;
}

static void unread__changed__survives_reopening(void **state) {
    struct fixture *f = *state;
    const struct cw_interval one = bound(100, 200, 1), other = blocks(300, 400);
    const struct cw_hash32 below = hash_of(5, 9);
    OK(cw_store_unread_add(f->store, f->l2, &one, &f->error));
    OK(cw_store_unread_add(f->store, f->l2, &other, &f->error));
    OK(cw_store_unread_remove(f->store, f->l2, (struct cw_block_number){351},
                              (struct cw_block_number){400}, &below, &f->error));
    reopen(f);
    struct cw_intervals set = unread(f, f->l2);
    assert_int_equal(set.n, 2);
    assert_one(&set.list[0], one);
    assert_one(&set.list[1], bound(300, 350, 5));
    cw_intervals_done(&set);
    OK(cw_store_unread_cut(f->store, f->l2, (struct cw_block_number){320}, true, &f->error));
    set = unread(f, f->l2);
    assert_one(&set.list[0], blocks(100, 200));
    assert_one(&set.list[1], blocks(300, 320));
    cw_intervals_done(&set);
    set = unread(f, f->l1);
    assert_int_equal(set.n, 0);
}

static void unread__transaction_taken_back__as_before(void **state) {
    struct fixture *f = *state;
    const struct cw_interval one = blocks(100, 200);
    OK(cw_store_unread_add(f->store, f->l2, &one, &f->error));
    OK(cw_store_begin(f->store, &f->error));
    OK(cw_store_unread_remove(f->store, f->l2, (struct cw_block_number){150},
                              (struct cw_block_number){200}, NULL, &f->error));
    cw_store_rollback(f->store);
    struct cw_intervals set = unread(f, f->l2);
    assert_int_equal(set.n, 1);
    assert_one(&set.list[0], one);
    cw_intervals_done(&set);
}

static void reach__set__survives_reopening(void **state) {
    struct fixture *f = *state;
    struct cw_store_reach reach = {.known = true, .from = 77}, got = {0};
    OK(cw_store_reach_get(f->store, f->route, CW_SETTLEMENT, &got, &f->error));
    assert_false(got.known);
    OK(cw_store_reach_set(f->store, f->route, CW_SETTLEMENT, &reach, &f->error));
    reopen(f);
    OK(cw_store_reach_get(f->store, f->route, CW_SETTLEMENT, &got, &f->error));
    assert_true(got.known && !got.blind);
    assert_int_equal(got.from, 77);
    reach.blind = true;
    reach.blind_from = 80;
    reach.blind_to = 85;
    OK(cw_store_reach_set(f->store, f->route, CW_SETTLEMENT, &reach, &f->error));
    OK(cw_store_reach_get(f->store, f->route, CW_SETTLEMENT, &got, &f->error));
    assert_true(got.known && got.blind);
    assert_int_equal(got.blind_from, 80);
    assert_int_equal(got.blind_to, 85);
    OK(cw_store_reach_get(f->store, f->route, CW_EXECUTION, &got, &f->error));
    assert_false(got.known);
}

static void backfill__set__shown_with_the_chain(void **state) {
    struct fixture *f = *state;
    struct cw_store_chain_row *rows = NULL;
    size_t n = 0;
    OK(cw_store_backfill_set(f->store, f->l2, 1000, 50, 20, &f->error));
    OK(cw_store_chains(f->store, &f->arena, &rows, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].backfill_left, 0);
    assert_int_equal(rows[1].backfill_left, 1000);
    assert_int_equal(rows[1].backfill_per_s, 50);
    assert_int_equal(rows[1].backfill_eta_s, 20);
}

/* --- early events ----------------------------------------------------------------------------- */

static struct cw_store_early early_of(const struct fixture *f, uint32_t ref, uint32_t block) {
    struct cw_store_early early = {.route = f->route,
                                   .chain = f->l1,
                                   .side = CW_SETTLEMENT,
                                   .ref = hash_of(ref, 1),
                                   .kind = CW_EVENT_OUTCOME,
                                   .outcome = CW_OUTCOME_SUCCESS,
                                   .only_unaliased = true,
                                   .block = {{block}, hash_of(block, 3), 1000 + block},
                                   .tx = hash_of(block, 4),
                                   .log_index = 2};
    snprintf(early.note, sizeof early.note, "in block %u", (unsigned)block);
    return early;
}

static void put_early(struct fixture *f, uint32_t ref, uint32_t block) {
    const struct cw_store_early early = early_of(f, ref, block);
    OK(cw_store_early_put(f->store, &early, &f->error));
}

static size_t take(struct fixture *f, uint32_t id, uint32_t alias, struct cw_store_early **ret) {
    const struct cw_hash32 own = hash_of(id, 1), other = hash_of(alias, 1);
    size_t n = 0;
    OK(cw_store_early_take(f->store, f->route, &own, alias ? &other : NULL, &f->arena, ret, &n,
                           &f->error));
    return n;
}

static void early__taken_once__oldest_first(void **state) {
    struct fixture *f = *state;
    struct cw_store_early *got = NULL;
    put_early(f, 1, 30); /* newest first, as a backfill reads */
    put_early(f, 2, 20); /* by its alias */
    put_early(f, 1, 10);
    put_early(f, 1, 10); /* read again */
    put_early(f, 3, 15);
    reopen(f);
    assert_int_equal(take(f, 1, 2, &got), 3);
    assert_int_equal(got[0].block.number.v, 10);
    assert_int_equal(got[1].block.number.v, 20);
    assert_int_equal(got[2].block.number.v, 30);
    const struct cw_store_early wanted = early_of(f, 1, 10);
    assert_memory_equal(got[0].ref.b, wanted.ref.b, 32);
    assert_memory_equal(got[0].block.hash.b, wanted.block.hash.b, 32);
    assert_memory_equal(got[0].tx.b, wanted.tx.b, 32);
    assert_int_equal(got[0].block.timestamp_s, 1010);
    assert_int_equal(got[0].kind, CW_EVENT_OUTCOME);
    assert_int_equal(got[0].outcome, CW_OUTCOME_SUCCESS);
    assert_true(got[0].only_unaliased);
    assert_int_equal(got[0].side, CW_SETTLEMENT);
    assert_int_equal(got[0].chain, f->l1);
    assert_int_equal(got[0].log_index, 2);
    assert_string_equal(got[0].note, "in block 10");
    assert_int_equal(take(f, 1, 2, &got), 0);
    assert_int_equal(take(f, 3, 0, &got), 1);
}

static void early_cut__above__gone_on_that_chain_only(void **state) {
    struct fixture *f = *state;
    struct cw_store_early *got = NULL;
    put_early(f, 1, 10);
    put_early(f, 1, 11);
    OK(cw_store_early_cut(f->store, f->l2, (struct cw_block_number){5}, &f->error));
    OK(cw_store_early_cut(f->store, f->l1, (struct cw_block_number){10}, &f->error));
    assert_int_equal(take(f, 1, 0, &got), 1);
    assert_int_equal(got[0].block.number.v, 10);
}

static void early__more_than_are_kept__the_oldest_go(void **state) {
    struct fixture *f = *state;
    struct cw_store_early *got = NULL;
    enum { MORE = 6000, KEPT = 100000 };
    OK(cw_store_begin(f->store, &f->error));
    /* newest first, and a block of its own for each */
    for (uint32_t i = KEPT + MORE; i > 0; i--) {
        struct cw_store_early early = early_of(f, 1, i);
        memcpy(early.ref.b, &i, sizeof i);
        memcpy(early.block.hash.b, &i, sizeof i);
        OK(cw_store_early_put(f->store, &early, &f->error));
    }
    OK(cw_store_commit(f->store, &f->error));
    size_t left = 0;
    OK(cw_store_begin(f->store, &f->error));
    for (uint32_t i = 1; i <= MORE + 1; i++) {
        struct cw_hash32 id = hash_of(1, 1);
        size_t n = 0;
        memcpy(id.b, &i, sizeof i);
        OK(cw_store_early_take(f->store, f->route, &id, NULL, &f->arena, &got, &n, &f->error));
        left += n;
        if (i == MORE + 1)
            assert_int_equal(n, 1);
    }
    OK(cw_store_commit(f->store, &f->error));
    assert_true(left < 4096 + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_add__neighbours_and_overlaps__one),
        cmocka_unit_test(intervals_remove__anywhere__what_is_left),
        cmocka_unit_test(intervals_cut__above__gone),
        cmocka_unit_test(intervals_upto__between_and_within),
        cmocka_unit_test(intervals__random_changes__as_an_array_has_it),
        CASE(unread__changed__survives_reopening),
        CASE(unread__transaction_taken_back__as_before),
        CASE(reach__set__survives_reopening),
        CASE(backfill__set__shown_with_the_chain),
        CASE(early__taken_once__oldest_first),
        CASE(early_cut__above__gone_on_that_chain_only),
        CASE(early__more_than_are_kept__the_oldest_go),
    };
    return cmocka_run_group_tests_name("store_past", tests, NULL, NULL);
}
