/* aggregate3: encoded as Solidity encodes it, and read in no other form. */
#include "tx/multicall.h"

#include <causeway/abi.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct cw_multicall two[] = {
    {{{0x11}}, true, {(const uint8_t *)"\x01\x02\x03\x04", 4}},
    {{{0x22}}, false, {(const uint8_t *)"\xaa\xbb\xcc\xdd\xee", 5}},
};

/* cast calldata "aggregate3((address,bool,bytes)[])" \
 *   "[(0x1100…00,true,0x01020304),(0x2200…00,false,0xaabbccddee)]" */
static const char two_hex[] = "0x82ad56cb"
                              "0000000000000000000000000000000000000000000000000000000000000020"
                              "0000000000000000000000000000000000000000000000000000000000000002"
                              "0000000000000000000000000000000000000000000000000000000000000040"
                              "00000000000000000000000000000000000000000000000000000000000000e0"
                              "0000000000000000000000001100000000000000000000000000000000000000"
                              "0000000000000000000000000000000000000000000000000000000000000001"
                              "0000000000000000000000000000000000000000000000000000000000000060"
                              "0000000000000000000000000000000000000000000000000000000000000004"
                              "0102030400000000000000000000000000000000000000000000000000000000"
                              "0000000000000000000000002200000000000000000000000000000000000000"
                              "0000000000000000000000000000000000000000000000000000000000000000"
                              "0000000000000000000000000000000000000000000000000000000000000060"
                              "0000000000000000000000000000000000000000000000000000000000000005"
                              "aabbccddee000000000000000000000000000000000000000000000000000000";

static size_t two_bytes(uint8_t out[1024]) {
    size_t n = 0;
    assert_int_equal(cw_hex_decode_any(out, 1024, &n, two_hex, strlen(two_hex)), CW_OK);
    return n;
}

static enum cw_err read_n(struct cw_slice data, size_t *ret_n) {
    struct cw_arena arena;
    struct cw_multicall *calls = NULL;
    cw_arena_init(&arena, 1u << 20);
    enum cw_err err = cw_multicall_read(&arena, &calls, ret_n, data);
    cw_arena_done(&arena);
    return err;
}

static void put__two_calls__as_solidity_does(void **state) {
    (void)state;
    uint8_t wanted[1024];
    size_t n = two_bytes(wanted);
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    cw_multicall_put(&buf, two, 2);
    assert_int_equal(buf.n, n);
    assert_memory_equal(buf.p, wanted, n);
    cw_buf_done(&buf);
    struct cw_selector selector = cw_selector_of(CW_MULTICALL_SIGNATURE);
    assert_memory_equal(selector.b, wanted, sizeof selector.b);
}

static void read__two_calls__both(void **state) {
    (void)state;
    uint8_t bytes[1024];
    size_t n = two_bytes(bytes), calls_n = 0;
    struct cw_arena arena;
    struct cw_multicall *calls = NULL;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(cw_multicall_read(&arena, &calls, &calls_n, cw_slice_of(bytes, n)), CW_OK);
    assert_int_equal(calls_n, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(cw_addr20_equal(&calls[i].to, &two[i].to));
        assert_int_equal(calls[i].may_fail, two[i].may_fail);
        assert_true(cw_slice_equal(calls[i].data, two[i].data));
    }
    cw_arena_done(&arena);
}

/* Whatever is read encodes to the very bytes that were read. */
static void read__mutated__hides_nothing(void **state) {
    (void)state;
    uint8_t bytes[1024 + 32];
    size_t n = two_bytes(bytes), calls_n = 0, taken = 0;
    for (size_t bit = 0; bit < 8 * n; bit++) {
        struct cw_arena arena;
        struct cw_multicall *calls = NULL;
        struct cw_buf again;
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cw_arena_init(&arena, 1u << 20);
        if (cw_multicall_read(&arena, &calls, &calls_n, cw_slice_of(bytes, n)) == CW_OK) {
            cw_buf_init(&again, 4096);
            cw_multicall_put(&again, calls, calls_n);
            assert_true(cw_slice_equal(cw_buf_slice(&again), cw_slice_of(bytes, n)));
            cw_buf_done(&again);
            taken++;
        }
        cw_arena_done(&arena);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(taken, 2 * (160 + 1) + 8 * 9 + 7); /* addresses, flags, data, its length */
    memset(bytes + n, 0, 32);
    for (size_t less = 0; less < n; less++) {
        assert_int_equal(read_n(cw_slice_of(bytes, less), &calls_n), CW_ERR_INPUT);
    }
    for (size_t more = 1; more <= 32; more++) {
        assert_int_equal(read_n(cw_slice_of(bytes, n + more), &calls_n), CW_ERR_INPUT);
    }
}

/* Both elements at one place: decodes, and is another encoding. */
static void read__shared_tail__refused(void **state) {
    (void)state;
    uint8_t bytes[1024];
    size_t n = two_bytes(bytes), calls_n = 0;
    bytes[4 + 3 * 32 + 31] = 0x40;
    assert_int_equal(read_n(cw_slice_of(bytes, n), &calls_n), CW_ERR_INPUT);
}

static void read__none_or_too_many__refused(void **state) {
    (void)state;
    static struct cw_multicall many[CW_MULTICALL_MAX + 1];
    size_t calls_n = 0;
    struct cw_buf buf;
    cw_buf_init(&buf, 1u << 20);
    cw_multicall_put(&buf, many, 0);
    assert_int_equal(read_n(cw_buf_slice(&buf), &calls_n), CW_ERR_INPUT);
    cw_buf_reset(&buf);
    cw_multicall_put(&buf, many, CW_MULTICALL_MAX);
    assert_int_equal(read_n(cw_buf_slice(&buf), &calls_n), CW_OK);
    assert_int_equal(calls_n, CW_MULTICALL_MAX);
    cw_buf_reset(&buf);
    cw_multicall_put(&buf, many, CW_MULTICALL_MAX + 1);
    assert_int_equal(read_n(cw_buf_slice(&buf), &calls_n), CW_ERR_LIMIT);
    cw_buf_done(&buf);
}

/* cast abi-encode "f((bool,bytes)[])" "[(true,0x),(false,0xaabb)]" */
static const char results_hex[] =
    "0x0000000000000000000000000000000000000000000000000000000000000020"
    "0000000000000000000000000000000000000000000000000000000000000002"
    "0000000000000000000000000000000000000000000000000000000000000040"
    "00000000000000000000000000000000000000000000000000000000000000a0"
    "0000000000000000000000000000000000000000000000000000000000000001"
    "0000000000000000000000000000000000000000000000000000000000000040"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000040"
    "0000000000000000000000000000000000000000000000000000000000000002"
    "aabb000000000000000000000000000000000000000000000000000000000000";

static void results__of_two__which_succeeded(void **state) {
    (void)state;
    uint8_t bytes[512];
    size_t n = 0;
    bool good[3] = {false, true, true};
    assert_int_equal(cw_hex_decode_any(bytes, sizeof bytes, &n, results_hex, strlen(results_hex)),
                     CW_OK);
    assert_int_equal(cw_multicall_results(good, 2, cw_slice_of(bytes, n)), CW_OK);
    assert_true(good[0]);
    assert_false(good[1]);
    assert_int_equal(cw_multicall_results(good, 1, cw_slice_of(bytes, n)), CW_ERR_INPUT);
    assert_int_equal(cw_multicall_results(good, 3, cw_slice_of(bytes, n)), CW_ERR_INPUT);
    for (size_t cut = 0; cut < n - 30; cut++) {
        assert_int_equal(cw_multicall_results(good, 2, cw_slice_of(bytes, cut)), CW_ERR_INPUT);
    }
    bytes[32 * 4 + 31] = 2; /* neither true nor false */
    assert_int_equal(cw_multicall_results(good, 2, cw_slice_of(bytes, n)), CW_ERR_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results__of_two__which_succeeded),
        cmocka_unit_test(put__two_calls__as_solidity_does),
        cmocka_unit_test(read__two_calls__both),
        cmocka_unit_test(read__mutated__hides_nothing),
        cmocka_unit_test(read__shared_tail__refused),
        cmocka_unit_test(read__none_or_too_many__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
