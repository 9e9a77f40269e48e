/* Who said where a chain's logs are. */
#include "work/readers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct readers readers;

static int set_up(void **state) {
    (void)state;
    memset(&readers, 0, sizeof readers);
    return 0;
}

static void add(uint64_t from, uint64_t to, const char *by) {
    readers_add(&readers, from, to, by);
}

/* "a b": those who read the block before it was read last. */
static const char *before(uint64_t block) {
    static char text[1024];
    const char *labels[8];
    size_t n = readers_before(&readers, block, labels, 8);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 labels[i]);
    return text;
}

static void readers__nothing_read__nobody(void **state) {
    (void)state;
    assert_null(readers_last(&readers, 0, UINT64_MAX));
    assert_string_equal(before(5), "");
}

static void readers__read_once__nobody_before(void **state) {
    (void)state;
    add(10, 19, "a");
    add(20, 29, "b");
    assert_string_equal(readers_last(&readers, 15, 15), "a");
    assert_string_equal(readers_last(&readers, 15, 20), "b");
    assert_null(readers_last(&readers, 30, 40));
    assert_string_equal(before(15), "");
    assert_string_equal(before(25), "");
}

static void readers__read_again__those_before_each_once(void **state) {
    (void)state;
    add(10, 29, "a");
    add(15, 16, "b");
    add(15, 16, "a");
    add(15, 16, "c");
    assert_string_equal(readers_last(&readers, 10, 29), "c");
    assert_string_equal(before(15), "a b");
    assert_string_equal(before(17), "");
    add(15, 15, "");
    assert_string_equal(readers_last(&readers, 15, 15), "");
    assert_string_equal(before(15), "c a b");
    add(15, 15, "d");
    assert_string_equal(before(15), "c a b"); /* headers left nothing out */
    /* The same endpoint again, honest now: it is the one before, too. */
    memset(&readers, 0, sizeof readers);
    add(10, 29, "a");
    add(10, 29, "a");
    assert_string_equal(before(12), "a");
}

/* Pieces that are next to each other take one place, whichever way they are read. */
static void readers__pieces_side_by_side__one_reading(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 10000; i++) {
        add(100000 + 10 * i, 100000 + 10 * i + 9, "up");
        add(90000 - 9 * i, 90000 - 9 * i + 8, "down");
    }
    assert_int_equal(readers.n, 2);
    assert_string_equal(readers_last(&readers, 100000, 199999), "up");
    assert_string_equal(readers_last(&readers, 9, 90008), "down");
}

/* What was read again since is not joined: the order of readings is what tells. */
static void readers__beside_an_older_reading__not_joined(void **state) {
    (void)state;
    add(1, 100, "a");
    add(101, 150, "b");
    add(101, 150, "a");
    assert_string_equal(readers_last(&readers, 120, 120), "a");
    assert_string_equal(before(120), "b");
    add(151, 200, "a");
    assert_string_equal(before(160), "");
}

static void readers__too_many__the_oldest_go(void **state) {
    (void)state;
    for (uint64_t i = 0; i < READERS_MAX + 10; i++)
        add(10 * i, 10 * i + 5, "a");
    assert_int_equal(readers.n, READERS_MAX);
    assert_null(readers_last(&readers, 0, 99));
    assert_non_null(readers_last(&readers, 100, 100));
    add(UINT64_MAX - 1, UINT64_MAX, "a");
    assert_non_null(readers_last(&readers, UINT64_MAX, UINT64_MAX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(readers__nothing_read__nobody, set_up),
        cmocka_unit_test_setup(readers__read_once__nobody_before, set_up),
        cmocka_unit_test_setup(readers__read_again__those_before_each_once, set_up),
        cmocka_unit_test_setup(readers__pieces_side_by_side__one_reading, set_up),
        cmocka_unit_test_setup(readers__beside_an_older_reading__not_joined, set_up),
        cmocka_unit_test_setup(readers__too_many__the_oldest_go, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
