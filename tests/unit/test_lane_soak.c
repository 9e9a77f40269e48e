/* Random reorganizations, crashes, faults and judgements under one lane: whatever happens, no nonce
 * is left out, nothing is given up that is right or whose nonce nobody needs, and in the end each
 * step was taken for good, once. The seeds are printed; pass one, and how many from there on. */
#include "lane_bed.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGES 40
#define STEPS    150

static uint64_t seed = 1;
static unsigned long first, runs;
static size_t reorgs, kept, given_up, used_up; /* over all runs */

static uint64_t rnd(uint64_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % below;
}

static bool chance(uint64_t one_in) {
    return rnd(one_in) == 0;
}

/* What stands on the test's side of the lane. */
struct world {
    struct bed *bed;
    bool right[MESSAGES]; /* its call would succeed now */
    bool waits[MESSAGES]; /* it is to be judged */
    bool kept[MESSAGES];  /* and was found wrong */
    bool submitted[MESSAGES];
};

static size_t message_of(const struct world *w, int64_t row) {
    for (size_t i = 0; i < MESSAGES; i++)
        if (w->bed->messages[i] == row)
            return i;
    fail_msg("no message in row %lld", (long long)row);
    return 0;
}

static void hear_again(struct world *w, const struct bed_again *again) {
    size_t m = message_of(w, again->message);
    switch (again->what) {
    case CW_LANE_UNJUDGED:
        w->waits[m] = true;
        w->kept[m] = false;
        break;
    case CW_LANE_AGAIN:
        assert_true(w->right[m]);
        w->waits[m] = w->kept[m] = false;
        break;
    case CW_LANE_KEPT:
    case CW_LANE_REPLACED:
        assert_false(w->right[m]);
        w->kept[m] = true;
        kept++;
        break;
    case CW_LANE_NEEDED:
        assert_true(w->kept[m]);
        w->kept[m] = false;
        given_up++;
        break;
    }
}

/* Takes what the lane told since. A step that was not taken is open again: its job failed, or its
 * nonce was used up or lost for good. */
static void listen(struct world *w) {
    struct bed *bed = w->bed;
    for (size_t i = 0; i < bed->agains_n; i++)
        hear_again(w, &bed->agains[i]);
    for (size_t i = 0; i < bed->done_n; i++)
        if (bed->done[i].outcome != CW_LANE_SENT)
            w->submitted[message_of(w, bed->done[i].message)] = false;
    for (size_t i = 0; i < bed->moved_n; i++) {
        const struct bed_moved *moved = &bed->moved[i];
        bool over = moved->state == CW_ATTEMPT_LOST ||
                    (moved->state == CW_ATTEMPT_FINAL && moved->cancelled);
        used_up += over;
        if (over && moved->message != 0)
            w->submitted[message_of(w, moved->message)] = false;
    }
    bed->agains_n = bed->moved_n = bed->done_n = 0;
    bed->log[0] = '\0';
}

/* What a look at each message would say. */
static void judge(struct world *w, bool all) {
    static const struct cw_call none = {0};
    for (size_t i = 0; i < MESSAGES; i++) {
        if (!w->waits[i] || (!all && chance(2)))
            continue;
        const struct cw_call call = bed_call();
        const char *step = w->right[i] ? "prove" : chance(3) ? "approve" : NULL;
        cw_lane_judge(w->bed->lane, w->bed->messages[i], step, step ? &call : &none, "no_root");
        listen(w);
    }
}

static void submit(struct world *w) {
    const struct cw_call call = bed_call();
    size_t i = (size_t)rnd(MESSAGES);
    if (w->submitted[i] || !w->right[i])
        return;
    enum cw_err err = bed_submit_step(w->bed, i, "prove", &call, false);
    assert_true(err == CW_OK || err == CW_ERR_LIMIT);
    w->submitted[i] = err == CW_OK;
}

static void crash(struct world *w) {
    struct bed *bed = w->bed;
    /* jobs that were not committed are gone with it */
    for (size_t i = 0; i < MESSAGES; i++)
        if (w->submitted[i] && cw_lane_has(bed->lane, bed->messages[i]))
            w->submitted[i] = false;
    bed_crash(bed);
    memset(w->waits, 0, sizeof w->waits);
    memset(w->kept, 0, sizeof w->kept);
    bed_open(bed);
}

static void change_truth(struct world *w) {
    for (size_t i = 0; i < MESSAGES; i++)
        if (chance(6))
            w->right[i] = !w->right[i];
}

static void step(struct world *w) {
    static const char *const methods[] = {"eth_sendRawTransaction", "eth_getTransactionReceipt",
                                          "eth_getTransactionCount", "eth_getBlockByNumber"};
    struct bed *bed = w->bed;
    memset(bed->faults, 0, sizeof bed->faults);
    bed->drop_sends = chance(8);
    if (chance(10))
        bed_fault(bed, methods[rnd(4)], CW_ERR_TRANSPORT, "no connection", 1 + (unsigned)rnd(3));
    bed_disk_full(bed, chance(12));
    switch (rnd(8)) {
    case 0:
    case 1:
    case 2:
        bed_mine(bed);
        break;
    case 3:
    case 4:
        submit(w);
        bed_run(bed);
        break;
    case 5:
        bed_disk_full(bed, false); /* a rollback is committed before the lane hears of it */
        change_truth(w);
        bed_reorg(bed, 1 + rnd(chance(10) ? 12 : 8));
        reorgs++;
        break;
    case 6:
        bed_advance(bed, rnd(8000));
        break;
    case 7:
        bed_disk_full(bed, false);
        if (chance(3))
            crash(w);
        break;
    }
    bed_disk_full(bed, false);
    listen(w);
    judge(w, false);
    bed_run(bed);
    listen(w);
}

static void settle(struct world *w) {
    struct bed *bed = w->bed;
    bed->drop_sends = false;
    memset(bed->faults, 0, sizeof bed->faults);
    memset(w->right, true, sizeof w->right);
    for (unsigned i = 0; i < 60; i++) {
        judge(w, true);
        bed_advance(bed, 16000);
        listen(w);
        bed_mine(bed);
        listen(w);
    }
}

/* Each message whose step was taken has one transaction of it in a final block, and all of ours
 * are there. */
static void check(struct world *w) {
    struct bed *bed = w->bed;
    struct cw_lane_status status;
    size_t in_blocks = 0;
    for (size_t i = 0; i < bed->txs_n; i++)
        in_blocks += bed->txs[i].block > 0;
    cw_lane_status(bed->lane, &status);
    assert_string_equal(status.trouble, "");
    assert_int_equal(status.open, 0);
    assert_int_equal(status.next_nonce, in_blocks);
    for (size_t i = 0; i < MESSAGES; i++) {
        struct cw_arena arena;
        struct cw_store_attempt *list;
        struct cw_error error;
        size_t n = 0, taken = 0;
        cw_arena_init(&arena, 1u << 20);
        assert_int_equal(
            cw_store_attempts_of(bed->store, bed->messages[i], &arena, &list, &n, &error), CW_OK);
        for (size_t k = 0; k < n; k++) {
            assert_true(list[k].state == CW_ATTEMPT_FINAL || list[k].state == CW_ATTEMPT_LOST);
            taken += list[k].state == CW_ATTEMPT_FINAL && !list[k].cancelled;
        }
        cw_arena_done(&arena);
        assert_int_equal(taken, w->submitted[i]);
    }
}

static void run(uint64_t number) {
    void *state;
    assert_int_equal(bed_set_up(&state), 0);
    seed = number * 2654435761u + 88172645463325252u;
    struct world w = {.bed = state};
    struct bed *bed = w.bed;
    memset(w.right, true, sizeof w.right);
    bed->judges = true;
    bed->final_lag = 8;
    bed_open(bed);
    for (unsigned i = 0; i < STEPS; i++)
        step(&w);
    settle(&w);
    check(&w);
    assert_int_equal(bed_tear_down(&state), 0);
}

static void lane__random_reorgs_crashes_and_faults__each_step_taken_once(void **state) {
    (void)state;
    for (uint64_t i = first; i < first + runs; i++) {
        print_message("# seed %llu\n", (unsigned long long)i);
        run(i);
    }
    print_message("# %zu reorgs, %zu times kept, %zu given up, %zu nonces used up\n", reorgs, kept,
                  given_up, used_up);
    if (runs > 10)
        assert_true(reorgs > 150 && kept > 250 && given_up > 3 && used_up > 3);
}

/* [SEED [HOW MANY]] */
int main(int argc, char **argv) {
    first = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    runs = argc > 2 ? strtoul(argv[2], NULL, 10) : argc > 1 ? 1 : 12;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lane__random_reorgs_crashes_and_faults__each_step_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
