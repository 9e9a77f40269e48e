/* When the heads are looked at: against chains whose blocks come at known times. */
#include "watch/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Looks at a chain whose block n comes at n × block_ms + jitter(n) for some blocks; counts looks
 * and the time by which the newest block was seen late. */
struct outcome {
    double looks_a_block;
    double late; /* mean, in block times */
};

static uint64_t mix(uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    return x * 0x94d049bb133111ebu;
}

static struct outcome follow(uint64_t block_ms, uint64_t jitter_ms, uint64_t blocks,
                             uint64_t longest_ms) {
    struct watch_pace pace = {.longest_ms = longest_ms};
    uint64_t now = 1000, looks = 0, seen = 0, late = 0, late_n = 0;
    const uint64_t warm = 100;
    while (seen < warm + blocks) {
        uint64_t number = now / block_ms;
        uint64_t came = number * block_ms + (jitter_ms > 0 ? mix(number) % jitter_ms : 0);
        if (came > now)
            number--;
        if (number > seen) {
            seen = number;
            if (seen > warm) {
                late += came > now ? now + block_ms - came : now - came;
                late_n++;
            }
        }
        looks += seen > warm;
        now += watch_pace_seen(&pace, now, number);
    }
    return (struct outcome){(double)looks / (double)blocks,
                            (double)late / (double)late_n / (double)block_ms};
}

static void seen__steady_blocks__one_look_a_block_soon_after_it(void **state) {
    (void)state;
    static const uint64_t times[] = {1000, 2000, 12000};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct outcome o = follow(times[i], 0, 1000, 15000);
        if (o.looks_a_block > 1.08 || o.late > 0.1)
            fail_msg("%d ms: %.3f looks a block, %.3f late", (int)times[i], o.looks_a_block,
                     o.late);
    }
}

static void seen__blocks_that_jitter__at_most_1_3_looks_a_block(void **state) {
    (void)state;
    struct outcome o = follow(2000, 300, 1000, 15000);
    if (o.looks_a_block > 1.3 || o.late > 0.25)
        fail_msg("%.3f looks a block, %.3f late", o.looks_a_block, o.late);
}

static void seen__blocks_faster_than_looks__several_a_look(void **state) {
    (void)state;
    struct outcome o = follow(50, 0, 1000, 15000);
    if (o.looks_a_block > 0.3)
        fail_msg("%.3f looks a block", o.looks_a_block);
}

static void seen__longest_pause__is_never_passed(void **state) {
    (void)state;
    struct watch_pace pace = {.longest_ms = 700};
    for (uint64_t i = 1; i < 100; i++)
        assert_true(watch_pace_seen(&pace, i * 5000, i / 3) <= 700);
}

static void seen__chain_that_halts__looks_become_rare_and_recover(void **state) {
    (void)state;
    struct watch_pace pace = {.longest_ms = 15000};
    uint64_t now = 0, pause = 0;
    for (uint64_t n = 1; n <= 50; n++, now += 2000)
        pause = watch_pace_seen(&pace, now, n);
    assert_in_range(pause, 1900, 2000);
    for (int i = 0; i < 20; i++, now += pause)
        pause = watch_pace_seen(&pace, now, 50);
    assert_int_equal(pause, 2000);
    pause = watch_pace_seen(&pace, now, 51);
    assert_true(pause > 0 && pause <= 15000);
}

static void seen__number_goes_back__begins_again_without_a_long_pause(void **state) {
    (void)state;
    struct watch_pace pace = {.longest_ms = 15000};
    for (uint64_t n = 1; n <= 50; n++)
        (void)watch_pace_seen(&pace, n * 2000, n);
    assert_in_range(watch_pace_seen(&pace, 101000, 40), 1, 500);
    assert_in_range(watch_pace_seen(&pace, 102000, 41), 200, 2000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seen__steady_blocks__one_look_a_block_soon_after_it),
        cmocka_unit_test(seen__blocks_that_jitter__at_most_1_3_looks_a_block),
        cmocka_unit_test(seen__blocks_faster_than_looks__several_a_look),
        cmocka_unit_test(seen__longest_pause__is_never_passed),
        cmocka_unit_test(seen__chain_that_halts__looks_become_rare_and_recover),
        cmocka_unit_test(seen__number_goes_back__begins_again_without_a_long_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
