#include <causeway/rlp.h>

#include <string.h>

#include "vectors.h"

#define BYTES(...)                                                                                 \
    cw_slice_of(((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__}))

static void cw_rlp_next__malformed__refused_and_untouched(void **state) {
    (void)state;
    const struct cw_slice refused[] = {
        {NULL, 0},
        BYTES(0x81),
        BYTES(0x81, 0x00),
        BYTES(0x81, 0x7f),
        BYTES(0x82, 0x01),
        BYTES(0xb8),
        BYTES(0xb8, 0x00),
        BYTES(0xb8, 0x01, 0x80),
        BYTES(0xb9, 0x00, 0x38),
        BYTES(0xb8, 0x38, 0x01),
        BYTES(0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
        BYTES(0xc1),
        BYTES(0xf8, 0x01, 0x80),
        BYTES(0xf9, 0x00, 0x38),
        BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
        BYTES(0xff, 0x80, 0, 0, 0, 0, 0, 0, 0),
    };
    for (size_t i = 0; i < CW_COUNT(refused); i++) {
        struct cw_rlp cursor = cw_rlp_open(refused[i]);
        struct cw_rlp_item item = {.payload = {NULL, 99}};
        assert_int_equal(cw_rlp_next(&cursor, &item), CW_ERR_INPUT);
        assert_int_equal(cursor.rest.n, refused[i].n);
        assert_int_equal(item.payload.n, 99);
        assert_int_equal(cw_rlp_check(refused[i]), CW_ERR_INPUT);
    }
}

static void cw_rlp_next__longest_short_and_shortest_long__split_right(void **state) {
    (void)state;
    uint8_t bytes[70] = {0};
    for (int list = 0; list <= 1; list++) {
        bytes[0] = (uint8_t)(list ? 0xf7 : 0xb7);
        struct cw_rlp cursor = cw_rlp_open(cw_slice_of(bytes, 1 + 55 + 3));
        struct cw_rlp_item item;
        assert_int_equal(cw_rlp_next(&cursor, &item), CW_OK);
        assert_int_equal(item.payload.n, 55);
        assert_int_equal(item.whole.n, 56);
        assert_int_equal(item.is_list, list);
        assert_int_equal(cursor.rest.n, 3);
        bytes[0]++;
        bytes[1] = 56;
        cursor = cw_rlp_open(cw_slice_of(bytes, 2 + 56));
        assert_int_equal(cw_rlp_next(&cursor, &item), CW_OK);
        assert_int_equal(item.payload.n, 56);
        assert_true(cw_rlp_at_end(&cursor));
        bytes[1] = 0;
    }
}

static void cw_rlp_readers__wrong_shape__refused_and_cursor_stays(void **state) {
    (void)state;
    struct cw_rlp list = cw_rlp_open(BYTES(0xc1, 0x05));
    struct cw_rlp string = cw_rlp_open(BYTES(0x83, 1, 2, 3));
    struct cw_rlp zero_led = cw_rlp_open(BYTES(0x82, 0, 3));
    struct cw_rlp zero = cw_rlp_open(BYTES(0x00));
    struct cw_rlp nine = cw_rlp_open(BYTES(0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0));
    struct cw_rlp two = cw_rlp_open(BYTES(0x02));
    struct cw_rlp members;
    struct cw_slice bytes;
    uint64_t small;
    struct cw_u256 big;
    bool flag;
    uint8_t fixed[4];
    assert_int_equal(cw_rlp_string(&list, &bytes), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_u64(&list, &small), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_list(&string, &members), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_fixed(&string, fixed, 4), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_fixed(&string, fixed, 2), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_u64(&zero_led, &small), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_u256(&zero_led, &big), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_u64(&zero, &small), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_u64(&nine, &small), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_bool(&two, &flag), CW_ERR_INPUT);
    assert_int_equal(list.rest.n + string.rest.n + zero_led.rest.n + zero.rest.n + nine.rest.n +
                         two.rest.n,
                     2 + 4 + 3 + 1 + 10 + 1);
    assert_int_equal(cw_rlp_u256(&nine, &big), CW_OK);
    assert_int_equal(big.limb[1], 1);
    assert_int_equal(cw_rlp_fixed(&string, fixed, 3), CW_OK);
    assert_int_equal(cw_rlp_end(&string), CW_OK);
    assert_int_equal(cw_rlp_end(&two), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_list(&list, &members), CW_OK);
    assert_int_equal(cw_rlp_u64(&members, &small), CW_OK);
    assert_int_equal(small, 5);
    struct cw_rlp empty = cw_rlp_open(BYTES(0x80, 0x01, 0x80));
    assert_int_equal(cw_rlp_bool(&empty, &flag), CW_OK);
    assert_false(flag);
    assert_int_equal(cw_rlp_bool(&empty, &flag), CW_OK);
    assert_true(flag);
    assert_int_equal(cw_rlp_u256(&empty, &big), CW_OK);
    assert_true(cw_u256_is_zero(&big));
}

static void cw_rlp_open_list__bytes_behind__refused(void **state) {
    (void)state;
    struct cw_rlp members;
    assert_int_equal(cw_rlp_open_list(&members, BYTES(0xc1, 0x05, 0x00)), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_open_list(&members, BYTES(0x81, 0x80)), CW_ERR_INPUT);
    assert_int_equal(cw_rlp_open_list(&members, BYTES(0xc0)), CW_OK);
    assert_true(cw_rlp_at_end(&members));
    assert_int_equal(cw_rlp_check(BYTES(0xc0, 0xc0)), CW_ERR_INPUT);
}

static void cw_rlp_count__members__counted(void **state) {
    (void)state;
    struct cw_rlp good = cw_rlp_open(BYTES(0x01, 0xc1, 0x02, 0x82, 3, 4));
    struct cw_rlp bad = cw_rlp_open(BYTES(0x01, 0xc1));
    size_t n = 0;
    assert_int_equal(cw_rlp_count(&good, &n), CW_OK);
    assert_int_equal(n, 3);
    assert_int_equal(good.rest.n, 6);
    assert_int_equal(cw_rlp_count(&bad, &n), CW_ERR_INPUT);
    assert_int_equal(n, 3);
}

static void cw_rlp_check__nesting__bounded(void **state) {
    (void)state;
    /* depth lists in one another, the innermost empty */
    for (size_t depth = 1; depth <= CW_RLP_DEPTH_MAX + 3; depth++) {
        uint8_t bytes[256];
        struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof(bytes));
        for (size_t i = 0; i < depth; i++) {
            cw_rlp_list_end(&out, 0);
        }
        assert_false(out.failed);
        enum cw_err expected = depth <= CW_RLP_DEPTH_MAX + 1 ? CW_OK : CW_ERR_LIMIT;
        assert_int_equal(cw_rlp_check(cw_slice_of(bytes, out.n)), expected);
    }
    assert_int_equal(cw_rlp_check(BYTES(0xc3, 0xc2, 0x81, 0x05)), CW_ERR_INPUT);
}

static void cw_rlp_put__too_small__failed_and_counted(void **state) {
    (void)state;
    uint8_t bytes[300];
    uint8_t data[100] = {1};
    for (size_t capacity = 0; capacity <= 104; capacity++) {
        memset(bytes, 0xee, sizeof(bytes));
        struct cw_rlp_out out = cw_rlp_out_to(bytes, capacity);
        size_t mark = cw_rlp_list_begin(&out);
        cw_rlp_put_string(&out, cw_slice_of(data, sizeof(data)));
        cw_rlp_list_end(&out, mark);
        assert_int_equal(out.n, 104);
        assert_int_equal(out.failed, capacity < 104);
        assert_int_equal(bytes[capacity], 0xee);
    }
    struct cw_rlp_out count = cw_rlp_out_count();
    count.n = SIZE_MAX;
    cw_rlp_put_u64(&count, 1);
    assert_true(count.failed);
}

static void cw_rlp_put__every_size__read_back(void **state) {
    (void)state;
    static uint8_t data[70000], bytes[70010];
    static const size_t sizes[] = {0, 1, 2, 54, 55, 56, 57, 255, 256, 257, 65535, 65536, 70000};
    memset(data, 0x42, sizeof(data));
    for (size_t i = 0; i < CW_COUNT(sizes); i++) {
        struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof(bytes));
        cw_rlp_put_string(&out, cw_slice_of(data, sizes[i]));
        assert_false(out.failed);
        struct cw_rlp cursor = cw_rlp_open(cw_slice_of(bytes, out.n));
        struct cw_slice back;
        assert_int_equal(cw_rlp_string(&cursor, &back), CW_OK);
        assert_true(cw_slice_equal(back, cw_slice_of(data, sizes[i])));
        assert_true(cw_rlp_at_end(&cursor));
        uint8_t prefix[9];
        assert_int_equal(cw_rlp_prefix(prefix, sizes[i], true), cw_rlp_prefix_size(sizes[i]));
    }
}

static void cw_rlp_put_u64__bounds__read_back(void **state) {
    (void)state;
    static const uint64_t values[] = {0, 1, 127, 128, 255, 256, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < CW_COUNT(values); i++) {
        uint8_t bytes[9];
        uint64_t back = 7;
        struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof(bytes));
        cw_rlp_put_u64(&out, values[i]);
        struct cw_rlp cursor = cw_rlp_open(cw_slice_of(bytes, out.n));
        assert_int_equal(cw_rlp_u64(&cursor, &back), CW_OK);
        assert_true(back == values[i] && cw_rlp_at_end(&cursor));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_rlp_next__malformed__refused_and_untouched),
        cmocka_unit_test(cw_rlp_next__longest_short_and_shortest_long__split_right),
        cmocka_unit_test(cw_rlp_readers__wrong_shape__refused_and_cursor_stays),
        cmocka_unit_test(cw_rlp_open_list__bytes_behind__refused),
        cmocka_unit_test(cw_rlp_count__members__counted),
        cmocka_unit_test(cw_rlp_check__nesting__bounded),
        cmocka_unit_test(cw_rlp_put__too_small__failed_and_counted),
        cmocka_unit_test(cw_rlp_put__every_size__read_back),
        cmocka_unit_test(cw_rlp_put_u64__bounds__read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
