/* Answers about final blocks in the store: kept up to a bound, carried by other commits, lost
 * without harm. */
#include "store_fixture.h"

#define LIMIT (1u << 20)

static bool keep(struct fixture *f, uint32_t n, uint64_t block, size_t size) {
    static uint8_t bytes[64 << 10];
    memset(bytes, (int)n, sizeof bytes);
    assert_true(size <= sizeof bytes);
    const struct cw_store_answer answer = {.key = hash_of(n, 7),
                                           .block = {block},
                                           .operators = 1 + n % 3,
                                           .value = cw_slice_of(bytes, size)};
    return cw_store_answer_keep(f->store, f->l1, &answer);
}

static bool has_on(struct fixture *f, int64_t chain, uint32_t n, struct cw_store_answer *ret) {
    struct cw_hash32 key = hash_of(n, 7);
    bool found = false;
    OK(cw_store_answer_find(f->store, chain, &key, &f->arena, &found, ret, &f->error));
    return found;
}

static bool has(struct fixture *f, uint32_t n) {
    struct cw_store_answer answer;
    return has_on(f, f->l1, n, &answer);
}

static void write_noted(struct fixture *f) {
    OK(cw_store_answers_write(f->store, &f->error));
    assert_false(cw_store_answers_noted(f->store));
}

static void answer__kept__found_noted_and_stored(void **state) {
    struct fixture *f = *state;
    cw_store_answers_limit(f->store, LIMIT);
    assert_false(has(f, 1));
    assert_true(keep(f, 1, 100, 500));
    for (int i = 0; i < 3; i++) {
        struct cw_store_answer answer;
        assert_true(has_on(f, f->l1, 1, &answer));
        assert_int_equal(answer.block.v, 100);
        assert_int_equal(answer.operators, 2);
        assert_int_equal(answer.value.n, 500);
        assert_int_equal(answer.value.p[499], 1);
        assert_false(has_on(f, f->l2, 1, &answer));
        if (i == 0)
            write_noted(f);
        else if (i == 1)
            reopen(f);
    }
}

static void answer__kept_again__the_last_one_counts(void **state) {
    struct fixture *f = *state;
    cw_store_answers_limit(f->store, LIMIT);
    for (size_t i = 1; i <= 4; i++) {
        struct cw_store_answer answer;
        assert_true(keep(f, 1, 100, 10 * i));
        assert_true(has_on(f, f->l1, 1, &answer));
        assert_int_equal(answer.value.n, 10 * i);
        if (i % 2 == 0)
            write_noted(f);
        assert_true(has_on(f, f->l1, 1, &answer));
        assert_int_equal(answer.value.n, 10 * i);
    }
}

static void answers__over_the_limit__least_recently_used_go(void **state) {
    struct fixture *f = *state;
    cw_store_answers_limit(f->store, 10000);
    for (uint32_t n = 0; n < 8; n++) {
        assert_true(keep(f, n, 100, 1000));
        write_noted(f);
    }
    assert_true(has(f, 0)); /* used now, which the next write notes */
    assert_true(keep(f, 8, 100, 1000));
    write_noted(f);
    static const bool left[] = {true, false, true, true, true, true, true, true, true};
    for (uint32_t n = 0; n < CW_COUNT(left); n++)
        assert_int_equal(has(f, n), left[n]);
    reopen(f); /* the order outlives the process */
    cw_store_answers_limit(f->store, 3000);
    write_noted(f);
    size_t n = 0;
    for (uint32_t i = 0; i < CW_COUNT(left); i++)
        n += has(f, i);
    assert_int_equal(n, 2);
    cw_store_answers_limit(f->store, 0);
    write_noted(f);
    for (uint32_t i = 0; i < CW_COUNT(left); i++)
        assert_false(has(f, i));
}

static void answer__too_large_or_no_limit__not_kept(void **state) {
    struct fixture *f = *state;
    assert_false(keep(f, 1, 100, 10));
    cw_store_answers_limit(f->store, 1000);
    assert_false(keep(f, 1, 100, 1000));
    assert_true(keep(f, 1, 100, 500));
    /* What waits for a commit is bounded too. */
    cw_store_answers_limit(f->store, 1u << 30);
    uint32_t n = 2;
    while (keep(f, n, 100, 60000))
        n++;
    assert_in_range(n, 15, 19);
    write_noted(f);
    assert_true(keep(f, n, 100, 60000));
}

static void answers__with_a_commit__written(void **state) {
    struct fixture *f = *state;
    cw_store_answers_limit(f->store, LIMIT);
    assert_true(keep(f, 1, 100, 10));
    OK(cw_store_begin(f->store, &f->error));
    OK(cw_store_commit(f->store, &f->error));
    assert_false(cw_store_answers_noted(f->store));
    assert_true(keep(f, 2, 100, 10));
    OK(cw_store_begin(f->store, &f->error));
    cw_store_rollback(f->store);
    assert_true(cw_store_answers_noted(f->store));
    assert_true(has(f, 2));
    reopen(f); /* the second was never committed */
    assert_true(has(f, 1));
    assert_false(has(f, 2));
}

static void answers__blocks_replaced__cut_on_that_chain(void **state) {
    struct fixture *f = *state;
    cw_store_answers_limit(f->store, LIMIT);
    const struct cw_store_answer other = {.key = hash_of(1, 7),
                                          .block = {150},
                                          .operators = 1,
                                          .value = CW_LITERAL("another chain's")};
    for (int stored = 0; stored < 2; stored++) {
        assert_true(keep(f, 1, 100, 10));
        assert_true(keep(f, 2, 101, 10));
        assert_true(cw_store_answer_keep(f->store, f->l2, &other));
        if (stored)
            write_noted(f);
        OK(cw_store_answers_cut(f->store, f->l1, (struct cw_block_number){100}, &f->error));
        struct cw_store_answer answer;
        assert_true(has(f, 1));
        assert_false(has(f, 2));
        assert_true(has_on(f, f->l2, 1, &answer));
    }
}

static void answers__read_only__read_and_nothing_kept(void **state) {
    struct fixture *f = *state;
    cw_store_answers_limit(f->store, LIMIT);
    assert_true(keep(f, 1, 100, 10));
    write_noted(f);
    cw_store_close(f->store);
    f->store = NULL;
    OK(cw_store_open(&f->store, f->path, CW_STORE_READ, NOW, &f->error));
    cw_store_answers_limit(f->store, LIMIT);
    assert_true(has(f, 1));
    assert_false(keep(f, 2, 100, 10));
    reopen(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(answer__kept__found_noted_and_stored),
        CASE(answer__kept_again__the_last_one_counts),
        CASE(answers__over_the_limit__least_recently_used_go),
        CASE(answer__too_large_or_no_limit__not_kept),
        CASE(answers__with_a_commit__written),
        CASE(answers__blocks_replaced__cut_on_that_chain),
        CASE(answers__read_only__read_and_nothing_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
