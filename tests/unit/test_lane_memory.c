/* Each allocation of a lane fails once; what was asked for is carried out all the same, and once.
 */
#include "lane_bed.h"
#include "nth_malloc.h"

#include <stdio.h>
#include <string.h>

#define POINTS_MAX 5000

/* Ends when the transaction is final; a job that failed is handed in again, as the host does. */
static void finish(struct bed *bed) {
    const struct cw_call call = bed_call();
    for (unsigned i = 0; i < 40; i++) {
        bool sent = false;
        for (size_t k = 0; k < bed->done_n; k++) {
            sent = sent || bed->done[k].outcome == CW_LANE_SENT;
        }
        if (!sent && !cw_lane_has(bed->lane, bed->messages[0])) {
            enum cw_err err = bed_submit_step(bed, 0, "prove", &call, false);
            assert_true(err == CW_OK || err == CW_ERR_MEMORY || err == CW_ERR_BUSY);
        }
        bed_advance(bed, 2000);
        bed_mine(bed);
    }
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    struct cw_store_attempt *rows;
    size_t n;
    struct cw_error error;
    assert_int_equal(cw_store_attempts_of(bed->store, bed->messages[0], &arena, &rows, &n, &error),
                     CW_OK);
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].state, CW_ATTEMPT_FINAL);
    cw_arena_done(&arena);
    assert_int_equal(bed->txs_n, 1);
    assert_true(bed->txs[0].block != 0);
}

static unsigned long each_point(void (*scenario)(struct bed *bed, unsigned long n)) {
    for (unsigned long n = 1; n < POINTS_MAX; n++) {
        void *state;
        assert_int_equal(bed_set_up(&state), 0);
        struct bed *bed = state;
        scenario(bed, n);
        bool failed = nth_malloc_failed();
        nth_malloc_fail(0);
        if (failed) {
            finish(bed);
        }
        assert_int_equal(bed_tear_down(&state), 0);
        if (!failed) {
            return n - 1;
        }
    }
    fail_msg("it never ends");
    return 0;
}

static void send_and_follow(struct bed *bed, unsigned long n) {
    const struct cw_call call = bed_call();
    bed_open(bed);
    nth_malloc_fail(n);
    enum cw_err err = bed_submit_step(bed, 0, "prove", &call, false);
    assert_true(err == CW_OK || err == CW_ERR_MEMORY);
    bed_run(bed);
    for (unsigned i = 0; i < 6; i++) {
        bed_mine(bed);
    }
}

static void resume_and_follow(struct bed *bed, unsigned long n) {
    bed_open(bed);
    bed->hold = "eth_sendRawTransaction";
    bed_submit(bed, 0);
    bed_run(bed);
    bed_crash(bed);
    bed->hold = NULL;
    bed->done[bed->done_n++] = (struct bed_done){.outcome = CW_LANE_SENT};
    nth_malloc_fail(n);
    while (bed_try_open(bed) != CW_OK) {
        assert_true(nth_malloc_failed());
    }
    for (unsigned i = 0; i < 6; i++) {
        bed_heads(bed);
        bed_mine(bed);
    }
    bed_reorg(bed, 2);
    for (unsigned i = 0; i < 6; i++) {
        bed_mine(bed);
    }
}

static void submit__each_allocation_fails_once__delivered_once(void **state) {
    (void)state;
    unsigned long points = each_point(send_and_follow);
    printf("# %lu allocations\n", points);
    assert_true(points > 20);
}

static void resume__each_allocation_fails_once__delivered_once(void **state) {
    (void)state;
    unsigned long points = each_point(resume_and_follow);
    printf("# %lu allocations\n", points);
    assert_true(points > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(submit__each_allocation_fails_once__delivered_once),
        cmocka_unit_test(resume__each_allocation_fails_once__delivered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
