#include <causeway/base.h>

#include <string.h>

#include <causeway/arena.h>
#include <causeway/keccak.h>

#include "vectors.h"

/* --- errors and slices ---------------------------------------------------------------------- */

static void cw_error_set__long_text__cut_and_code_returned(void **state) {
    (void)state;
    struct cw_error error;
    char longer[1000];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(cw_error_set(&error, CW_ERR_IO, "%s", longer), CW_ERR_IO);
    assert_int_equal(error.code, CW_ERR_IO);
    assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
    assert_int_equal(cw_error_set(NULL, CW_ERR_BUSY, "nobody listens"), CW_ERR_BUSY);
}

static void cw_error_wrap__inner_text__prefix_in_front(void **state) {
    (void)state;
    struct cw_error error;
    assert_int_equal(cw_error_set(&error, CW_ERR_INPUT, "not a number"), CW_ERR_INPUT);
    assert_int_equal(cw_error_wrap(&error, CW_ERR_IO, "field %s", "nonce"), CW_ERR_INPUT);
    assert_string_equal(error.text, "field nonce: not a number");
    assert_int_equal(cw_error_wrap(NULL, CW_ERR_IO, "x"), CW_ERR_IO);
    struct cw_error blank = {CW_OK, ""};
    assert_int_equal(cw_error_wrap(&blank, CW_ERR_IO, "x"), CW_ERR_IO);
}

static void cw_err_name__every_code__has_its_own(void **state) {
    (void)state;
    for (int a = CW_OK; a <= CW_ERR_CONTRADICTED; a++) {
        assert_string_not_equal(cw_err_name((enum cw_err)a), "unknown");
        for (int b = CW_OK; b < a; b++) {
            assert_string_not_equal(cw_err_name((enum cw_err)a), cw_err_name((enum cw_err)b));
        }
    }
}

static void cw_slice_equal__lengths_and_bytes__compared(void **state) {
    (void)state;
    struct cw_slice nothing = {NULL, 0};
    assert_true(cw_slice_equal(nothing, CW_LITERAL("")));
    assert_true(cw_slice_equal(CW_LITERAL("ab"), CW_LITERAL("ab")));
    assert_false(cw_slice_equal(CW_LITERAL("ab"), CW_LITERAL("ac")));
    assert_false(cw_slice_equal(CW_LITERAL("ab"), CW_LITERAL("a")));
    struct cw_hash32 hash = {{0}};
    struct cw_addr20 address = {{0}}, other = {{0}};
    assert_true(cw_hash32_is_zero(&hash) && cw_addr20_is_zero(&address));
    assert_true(cw_addr20_equal(&address, &other));
    hash.b[31] = 1;
    address.b[19] = 1;
    assert_false(cw_hash32_is_zero(&hash) || cw_addr20_is_zero(&address));
    assert_false(cw_addr20_equal(&address, &other));
}

/* --- hexadecimal ---------------------------------------------------------------------------- */

static enum cw_err decode(const char *text, uint8_t out[4], size_t n) {
    return cw_hex_decode(out, n, text, strlen(text));
}

static void cw_hex_decode__exact_text__only_that(void **state) {
    (void)state;
    uint8_t out[4] = {9, 9, 9, 9};
    assert_int_equal(decode("0x0aFf", out, 2), CW_OK);
    assert_memory_equal(out, "\x0a\xff\x09\x09", 4);
    static const char *const refused[] = {"",         "0",      "0x",     "0x0a",
                                          "0x0affff", "0x0af",  "0aff",   "0X0aff",
                                          "0x0afg",   "0x0a f", "0x-aff", "x00aff"};
    for (size_t i = 0; i < CW_COUNT(refused); i++) {
        assert_int_equal(decode(refused[i], out, 2), CW_ERR_INPUT);
    }
    assert_int_equal(decode("0x", out, 0), CW_OK);
}

static void cw_hex_decode__every_byte_as_a_digit__digits_only(void **state) {
    (void)state;
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    for (unsigned c = 0; c < 256; c++) {
        const char *low = c != 0 ? strchr(lower, (int)c) : NULL;
        const char *up = c != 0 ? strchr(upper, (int)c) : NULL;
        int value = low != NULL ? (int)(low - lower) : up != NULL ? (int)(up - upper) : -1;
        for (size_t at = 0; at < 20; at++) { /* each place of what is read at once */
            char text[22] = "0x00000000000000000000";
            uint8_t out[10] = {0};
            text[2 + at] = (char)c;
            enum cw_err err = cw_hex_decode(out, sizeof(out), text, sizeof(text));
            assert_int_equal(err, value < 0 ? CW_ERR_INPUT : CW_OK);
            if (value >= 0) {
                assert_int_equal(out[at / 2], at % 2 == 0 ? value << 4 : value);
            }
        }
    }
}

static void cw_hex_decode_any__too_long__limit(void **state) {
    (void)state;
    uint8_t out[2];
    size_t n = 77;
    assert_int_equal(cw_hex_decode_any(out, 2, &n, "0x010203", 8), CW_ERR_LIMIT);
    assert_int_equal(cw_hex_decode_any(out, 2, &n, "0x012", 5), CW_ERR_INPUT);
    assert_int_equal(n, 77);
    assert_int_equal(cw_hex_decode_any(out, 2, &n, "0x0102", 6), CW_OK);
    assert_int_equal(n, 2);
}

/* --- 256-bit integers ----------------------------------------------------------------------- */

static const struct cw_u256 u256_max = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};

static struct cw_u256 from_dec(const char *text) {
    struct cw_u256 v = {{0, 0, 0, 0}};
    assert_int_equal(cw_u256_from_dec(&v, text, strlen(text)), CW_OK);
    return v;
}

static void assert_dec(struct cw_u256 v, const char *text) {
    char dec[CW_U256_DEC_SIZE];
    assert_string_equal(cw_u256_to_dec(dec, &v), text);
}

#define MAX_DEC "115792089237316195423570985008687907853269984665640564039457584007913129639935"

static void cw_u256_dec__round_trip__same_text(void **state) {
    (void)state;
    static const char *const texts[] = {"0",
                                        "1",
                                        "9",
                                        "10",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "10000000000000000000",
                                        "100000000000000000000000000000000000000",
                                        MAX_DEC};
    for (size_t i = 0; i < CW_COUNT(texts); i++) {
        assert_dec(from_dec(texts[i]), texts[i]);
    }
    static const char *const refused[] = {
        "",
        "00",
        "01",
        "-1",
        "+1",
        " 1",
        "1 ",
        "0x1",
        "1.0",
        "1e3",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        "999999999999999999999999999999999999999999999999999999999999999999999999999999",
        "1000000000000000000000000000000000000000000000000000000000000000000000000000000"};
    for (size_t i = 0; i < CW_COUNT(refused); i++) {
        struct cw_u256 v;
        assert_int_equal(cw_u256_from_dec(&v, refused[i], strlen(refused[i])), CW_ERR_INPUT);
    }
}

static void cw_u256_quantity__text__strict(void **state) {
    (void)state;
    struct cw_u256 v;
    char out[CW_QUANTITY_SIZE];
    static const char *const texts[] = {
        "0x0",  "0x1",   "0xf",
        "0x10", "0xabc", "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < CW_COUNT(texts); i++) {
        assert_int_equal(cw_u256_from_quantity(&v, texts[i], strlen(texts[i])), CW_OK);
        assert_string_equal(cw_u256_to_quantity(out, &v), texts[i]);
    }
    static const char *const refused[] = {
        "",  "0x",  "0x00", "0x01",
        "1", "0X1", "0xg",  "0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < CW_COUNT(refused); i++) {
        assert_int_equal(cw_u256_from_quantity(&v, refused[i], strlen(refused[i])), CW_ERR_INPUT);
    }
}

static void cw_u256_arithmetic__bounds__overflow_told(void **state) {
    (void)state;
    struct cw_u256 one = cw_u256_from_u64(1), zero = cw_u256_from_u64(0), out = zero;
    assert_true(cw_u256_add(&out, &u256_max, &one));
    assert_true(cw_u256_sub(&out, &zero, &one));
    assert_true(cw_u256_mul_u64(&out, &u256_max, 2));
    assert_true(cw_u256_is_zero(&out));
    assert_false(cw_u256_sub(&out, &u256_max, &u256_max));
    assert_true(cw_u256_is_zero(&out));
    struct cw_u256 two_to_64 = {{0, 1, 0, 0}};
    assert_false(cw_u256_sub(&out, &two_to_64, &one));
    assert_dec(out, "18446744073709551615");
    assert_false(cw_u256_add(&out, &out, &one));
    assert_int_equal(cw_u256_cmp(&out, &two_to_64), 0);
    assert_true(cw_u256_cmp(&one, &two_to_64) < 0 && cw_u256_cmp(&two_to_64, &one) > 0);
    uint64_t small = 5;
    assert_true(cw_u256_to_u64(&small, &two_to_64));
    assert_int_equal(small, 5);
    assert_false(cw_u256_mul_u64(&out, &two_to_64, 10));
    assert_dec(out, "184467440737095516160");
    assert_int_equal(cw_u256_div_u64(&out, &u256_max, 10), 5);
    assert_dec(out,
               "11579208923731619542357098500868790785326998466564056403945758400791312963993");
    uint8_t be[32];
    cw_u256_to_be(be, &out);
    struct cw_u256 back = cw_u256_from_be(be);
    assert_int_equal(cw_u256_cmp(&back, &out), 0);
}

static void cw_wei_format__amounts__never_rounded_up(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"0", "0 ETH"},
                                           {"1", "1 wei"},
                                           {"999999", "999999 wei"},
                                           {"1000000", "0.001 gwei"},
                                           {"300000000", "0.3 gwei"},
                                           {"999999999999", "999.999999 gwei"},
                                           {"1000000000000", "0.000001 ETH"},
                                           {"1250000000000000000", "1.25 ETH"},
                                           {"999999999999999999", "0.999999 ETH"},
                                           {"2000000000000000000", "2 ETH"},
                                           {"100000000000000000000000", "100000 ETH"}};
    char out[CW_WEI_TEXT_SIZE];
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_wei amount = {from_dec(cases[i][0])};
        assert_string_equal(cw_wei_format(out, &amount, "ETH"), cases[i][1]);
    }
    struct cw_wei most = {u256_max};
    cw_wei_format(out, &most, "a very long symbol that is cut");
    assert_non_null(strstr(out, " a very long"));
}

/* --- arena and buffer ----------------------------------------------------------------------- */

static void cw_arena_alloc__cap_reached__null_and_rest_usable(void **state) {
    (void)state;
    struct cw_arena arena;
    cw_arena_init(&arena, 100000);
    size_t total = 0;
    for (void *p; (p = cw_arena_alloc(&arena, 100)) != NULL; total += 100) {
        for (size_t i = 0; i < 100; i++) {
            assert_int_equal(((uint8_t *)p)[i], 0);
        }
        memset(p, 0xaa, 100);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
    }
    assert_in_range(total, 80000, 100000);
    assert_true(arena.used <= arena.max);
    cw_arena_done(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(cw_arena_alloc(&arena, 0));
    assert_non_null(cw_arena_alloc(&arena, 90000));
    assert_null(cw_arena_alloc(&arena, 90000));
    assert_null(cw_arena_alloc(&arena, SIZE_MAX));
    assert_null(cw_arena_alloc(&arena, SIZE_MAX - 64));
    assert_null(cw_arena_array(&arena, SIZE_MAX / 2, 3));
    cw_arena_done(&arena);
    cw_arena_done(NULL);
}

static void cw_arena_copy__bytes_and_text__copied(void **state) {
    (void)state;
    struct cw_arena arena;
    cw_arena_init(&arena, 10000);
    struct cw_slice copy = cw_arena_copy(&arena, CW_LITERAL("abc"));
    assert_true(cw_slice_equal(copy, CW_LITERAL("abc")));
    assert_int_equal(cw_arena_copy(&arena, (struct cw_slice){NULL, 0}).n, 0);
    assert_string_equal(cw_arena_text(&arena, "abcdef", 3), "abc");
    assert_string_equal(cw_arena_text(&arena, NULL, 0), "");
    assert_null(cw_arena_text(&arena, "x", SIZE_MAX));
    cw_arena_done(&arena);
    cw_arena_init(&arena, 0);
    assert_null(cw_arena_copy(&arena, CW_LITERAL("abc")).p);
    assert_null(cw_arena_text(&arena, "abc", 3));
    cw_arena_done(&arena);
}

static void cw_buf__appends__cap_kept_and_failure_sticks(void **state) {
    (void)state;
    struct cw_buf buf;
    cw_buf_init(&buf, 200);
    assert_string_equal(cw_buf_cstr(&buf), "");
    cw_buf_text(&buf, "a");
    cw_buf_format(&buf, "%d-%s", 7, "b");
    cw_buf_hex(&buf, CW_LITERAL("\x01\xff"));
    assert_string_equal(cw_buf_cstr(&buf), "a7-b0x01ff");
    assert_int_equal(cw_buf_slice(&buf).n, 10);
    for (int i = 0; i < 19; i++) {
        cw_buf_append(&buf, "0123456789", 10);
    }
    assert_false(buf.failed);
    assert_int_equal(buf.n, 200);
    assert_int_equal(strlen(cw_buf_cstr(&buf)), 200);
    cw_buf_append(&buf, "x", 1);
    assert_true(buf.failed);
    assert_null(cw_buf_cstr(&buf));
    cw_buf_reset(&buf);
    cw_buf_text(&buf, "again");
    assert_string_equal(cw_buf_cstr(&buf), "again");
    cw_buf_hex(&buf, cw_slice_of("", SIZE_MAX));
    assert_true(buf.failed);
    cw_buf_text(&buf, "dropped");
    cw_buf_format(&buf, "dropped");
    assert_int_equal(buf.n, 5);
    cw_buf_done(&buf);
    cw_buf_done(NULL);
}

/* --- keccak --------------------------------------------------------------------------------- */

static void cw_keccak__known_digests__match(void **state) {
    (void)state;
    struct cw_hash32 hash;
    cw_keccak256(&hash, (struct cw_slice){NULL, 0});
    assert_hash(hash, CW_KECCAK_EMPTY);
    cw_keccak256(&hash, CW_LITERAL("\x80"));
    assert_hash(hash, CW_EMPTY_TRIE_ROOT);
}

static void cw_keccak_update__any_cuts__same_digest(void **state) {
    (void)state;
    uint8_t in[700];
    for (size_t i = 0; i < sizeof(in); i++) {
        in[i] = (uint8_t)(i * 31 + i / 7);
    }
    struct cw_hash32 whole, parts;
    cw_keccak256(&whole, cw_slice_of(in, sizeof(in)));
    for (size_t step = 1; step < 300; step++) {
        struct cw_keccak hash;
        cw_keccak_init(&hash);
        for (size_t at = 0; at < sizeof(in); at += step) {
            size_t n = sizeof(in) - at < step ? sizeof(in) - at : step;
            cw_keccak_update(&hash, cw_slice_of(in + at, n));
        }
        cw_keccak_final(&parts, &hash);
        assert_hash(parts, whole);
        cw_keccak_final(&parts, &hash);
        assert_hash(parts, CW_KECCAK_EMPTY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_error_set__long_text__cut_and_code_returned),
        cmocka_unit_test(cw_error_wrap__inner_text__prefix_in_front),
        cmocka_unit_test(cw_err_name__every_code__has_its_own),
        cmocka_unit_test(cw_slice_equal__lengths_and_bytes__compared),
        cmocka_unit_test(cw_hex_decode__exact_text__only_that),
        cmocka_unit_test(cw_hex_decode__every_byte_as_a_digit__digits_only),
        cmocka_unit_test(cw_hex_decode_any__too_long__limit),
        cmocka_unit_test(cw_u256_dec__round_trip__same_text),
        cmocka_unit_test(cw_u256_quantity__text__strict),
        cmocka_unit_test(cw_u256_arithmetic__bounds__overflow_told),
        cmocka_unit_test(cw_wei_format__amounts__never_rounded_up),
        cmocka_unit_test(cw_arena_alloc__cap_reached__null_and_rest_usable),
        cmocka_unit_test(cw_arena_copy__bytes_and_text__copied),
        cmocka_unit_test(cw_buf__appends__cap_kept_and_failure_sticks),
        cmocka_unit_test(cw_keccak__known_digests__match),
        cmocka_unit_test(cw_keccak_update__any_cuts__same_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
