#include <causeway/abi.h>

#include <string.h>

#include "vectors.h"

#define PROVE                                                                                      \
    "proveWithdrawalTransaction((uint256,address,address,uint256,uint256,bytes),uint256,"          \
    "(bytes32,bytes32,bytes32,bytes32),bytes[])"

static void cw_selector_of__known_signatures__match(void **state) {
    (void)state;
    static const struct {
        const char *signature;
        uint32_t selector;
    } known[] = {{PROVE, 0x4870496f},
                 {"finalizeWithdrawalTransaction((uint256,address,address,uint256,uint256,bytes))",
                  0x8c3152e9},
                 {"checkWithdrawal(bytes32,address)", 0x71c1566e},
                 {"finalizedWithdrawals(bytes32)", 0xa14238e7},
                 {"Error(string)", 0x08c379a0},
                 {"Panic(uint256)", 0x4e487b71}};
    for (size_t i = 0; i < CW_COUNT(known); i++) {
        struct cw_selector a = cw_selector_of(known[i].signature);
        struct cw_selector b = cw_selector_from_u32(known[i].selector), c;
        assert_memory_equal(a.b, b.b, 4);
        assert_true(cw_selector_is(cw_slice_of(a.b, 4), known[i].selector));
        assert_false(cw_selector_is(cw_slice_of(a.b, 3), known[i].selector));
        assert_int_equal(cw_selector_read(&c, cw_slice_of(a.b, 4)), CW_OK);
        assert_memory_equal(c.b, b.b, 4);
        assert_int_equal(cw_selector_read(&c, cw_slice_of(a.b, 3)), CW_ERR_INPUT);
    }
}

/* The shape of a withdrawal's proof call: a dynamic tuple, a word, a static tuple, bytes[]. */
static void put_prove_call(struct cw_buf *buf, const struct cw_slice *nodes, size_t n_nodes) {
    struct cw_addr20 sender = {{0xaa}}, target = {{0xbb}};
    struct cw_hash32 word = {{0xcc}};
    cw_abi_put_selector(buf, cw_selector_of(PROVE));
    size_t base = cw_abi_base(buf);
    size_t tx = cw_abi_put_offset(buf);
    cw_abi_put_u64(buf, 42);
    for (int i = 0; i < 4; i++) {
        cw_abi_put_word(buf, &word);
    }
    size_t proof = cw_abi_put_offset(buf);
    cw_abi_place(buf, base, tx);
    size_t inner = cw_abi_base(buf);
    cw_abi_put_u64(buf, 1);
    cw_abi_put_addr20(buf, &sender);
    cw_abi_put_addr20(buf, &target);
    cw_abi_put_bool(buf, true);
    cw_abi_put_u64(buf, 21000);
    size_t data = cw_abi_put_offset(buf);
    cw_abi_place(buf, inner, data);
    cw_abi_put_bytes(buf, CW_LITERAL("hello"));
    cw_abi_place(buf, base, proof);
    cw_abi_put_bytes_array(buf, nodes, n_nodes);
}

static enum cw_err read_prove_call(struct cw_slice data, size_t *ret_n_nodes) {
    struct cw_abi call, tx, nodes;
    uint64_t number;
    struct cw_hash32 word;
    struct cw_addr20 address;
    struct cw_slice bytes;
    bool flag;
    size_t n;
    if (cw_abi_open_call(&call, data, cw_selector_of(PROVE)) != CW_OK ||
        cw_abi_tuple(&call, &tx) != CW_OK || cw_abi_u64(&call, &number) != CW_OK ||
        cw_abi_word(&call, &word) != CW_OK || cw_abi_word(&call, &word) != CW_OK ||
        cw_abi_word(&call, &word) != CW_OK || cw_abi_word(&call, &word) != CW_OK ||
        cw_abi_array(&call, &nodes, &n, 1) != CW_OK || cw_abi_u64(&tx, &number) != CW_OK ||
        cw_abi_addr20(&tx, &address) != CW_OK || cw_abi_addr20(&tx, &address) != CW_OK ||
        cw_abi_bool(&tx, &flag) != CW_OK || cw_abi_u64(&tx, &number) != CW_OK ||
        cw_abi_bytes(&tx, &bytes) != CW_OK || !cw_slice_equal(bytes, CW_LITERAL("hello"))) {
        return CW_ERR_INPUT;
    }
    for (size_t i = 0; i < n; i++) {
        if (cw_abi_bytes(&nodes, &bytes) != CW_OK) {
            return CW_ERR_INPUT;
        }
    }
    *ret_n_nodes = n;
    return CW_OK;
}

static void cw_abi__prove_call__round_trip_and_every_truncation_refused(void **state) {
    (void)state;
    struct cw_buf buf;
    cw_buf_init(&buf, 100000);
    uint8_t node[532] = {1};
    struct cw_slice nodes[3] = {cw_slice_of(node, 532), cw_slice_of(node, 32), {NULL, 0}};
    put_prove_call(&buf, nodes, 3);
    assert_false(buf.failed);
    assert_int_equal((buf.n - 4) % 32, 0);
    size_t n = 0;
    assert_int_equal(read_prove_call(cw_buf_slice(&buf), &n), CW_OK);
    assert_int_equal(n, 3);
    for (size_t cut = 0; cut < buf.n; cut++) {
        uint8_t *shorter = test_malloc(cut == 0 ? 1 : cut);
        memcpy(shorter, buf.p, cut);
        assert_int_equal(read_prove_call(cw_slice_of(shorter, cut), &n), CW_ERR_INPUT);
        test_free(shorter);
    }
    cw_buf_done(&buf);
}

static void cw_abi_put__cap_reached__failed(void **state) {
    (void)state;
    struct cw_slice none[1] = {{NULL, 0}};
    for (size_t max = 0; max < 736; max += 31) {
        struct cw_buf buf;
        cw_buf_init(&buf, max);
        put_prove_call(&buf, none, 1);
        assert_int_equal(buf.failed, max < 4 + 32 * 18);
        cw_buf_done(&buf);
    }
}

/* --- strictness ----------------------------------------------------------------------------- */

static void word_of(uint8_t out[32], uint64_t v) {
    struct cw_u256 wide = cw_u256_from_u64(v);
    cw_u256_to_be(out, &wide);
}

static void cw_abi_readers__values_that_do_not_fit__refused_and_cursor_stays(void **state) {
    (void)state;
    uint8_t word[32] = {0};
    struct cw_abi cursor = cw_abi_open(cw_slice_of(word, sizeof(word)));
    uint64_t number = 7;
    bool flag;
    struct cw_addr20 address;
    uint8_t four[4];
    word[23] = 1;
    assert_int_equal(cw_abi_u64(&cursor, &number), CW_ERR_INPUT);
    assert_int_equal(cw_abi_bool(&cursor, &flag), CW_ERR_INPUT);
    assert_int_equal(cw_abi_fixed(&cursor, four, 4), CW_ERR_INPUT);
    assert_int_equal(cw_abi_fixed(&cursor, four, 33), CW_ERR_INPUT);
    word_of(word, 2);
    assert_int_equal(cw_abi_bool(&cursor, &flag), CW_ERR_INPUT);
    word[11] = 1;
    assert_int_equal(cw_abi_addr20(&cursor, &address), CW_ERR_INPUT);
    assert_int_equal(cursor.at, 0);
    assert_int_equal(number, 7);
    memset(word, 0, sizeof(word));
    memcpy(word, "\x01\x02\x03\x04", 4);
    assert_int_equal(cw_abi_fixed(&cursor, four, 4), CW_OK);
    assert_memory_equal(four, "\x01\x02\x03\x04", 4);
    struct cw_u256 big;
    struct cw_hash32 hash;
    assert_int_equal(cw_abi_u256(&cursor, &big), CW_ERR_INPUT);
    assert_int_equal(cw_abi_word(&cursor, &hash), CW_ERR_INPUT);
    assert_int_equal(cw_abi_u64(&cursor, &number), CW_ERR_INPUT);
    assert_int_equal(cw_abi_bool(&cursor, &flag), CW_ERR_INPUT);
    assert_int_equal(cw_abi_addr20(&cursor, &address), CW_ERR_INPUT);
    assert_int_equal(cw_abi_fixed(&cursor, four, 4), CW_ERR_INPUT);
    word_of(word, 0);
    cursor = cw_abi_open(cw_slice_of(word, sizeof(word)));
    assert_int_equal(cw_abi_bool(&cursor, &flag), CW_OK);
    assert_false(flag);
}

static enum cw_err read_bytes(const uint8_t *data, size_t n, struct cw_slice *ret) {
    struct cw_abi cursor = cw_abi_open(cw_slice_of(data, n));
    return cw_abi_bytes(&cursor, ret);
}

static void cw_abi_bytes__offsets_and_lengths__checked(void **state) {
    (void)state;
    uint8_t data[96];
    struct cw_slice bytes;
    word_of(data, 32);
    word_of(data + 32, 3);
    memset(data + 64, 0, 32);
    memcpy(data + 64, "abc", 3);
    assert_int_equal(read_bytes(data, 96, &bytes), CW_OK);
    assert_true(cw_slice_equal(bytes, CW_LITERAL("abc")));
    data[67] = 1; /* dirty padding */
    assert_int_equal(read_bytes(data, 96, &bytes), CW_ERR_INPUT);
    data[67] = 0;
    assert_int_equal(read_bytes(data, 95, &bytes), CW_ERR_INPUT);
    static const uint64_t offsets[] = {1, 31, 33, 64, 96, 128, UINT64_MAX, UINT64_MAX - 31};
    for (size_t i = 0; i < CW_COUNT(offsets); i++) {
        word_of(data, offsets[i]);
        enum cw_err err = read_bytes(data, 96, &bytes);
        assert_int_equal(err, CW_ERR_INPUT);
    }
    word_of(data, 32);
    data[0] = 1;
    assert_int_equal(read_bytes(data, 96, &bytes), CW_ERR_INPUT);
    word_of(data, 32);
    static const uint64_t lengths[] = {33, 64, UINT64_MAX, UINT64_MAX - 31};
    for (size_t i = 0; i < CW_COUNT(lengths); i++) {
        word_of(data + 32, lengths[i]);
        assert_int_equal(read_bytes(data, 96, &bytes), CW_ERR_INPUT);
    }
    /* An offset inside of a word, even where a length of zero stands there. */
    memset(data, 0, sizeof(data));
    word_of(data, 33);
    assert_int_equal(read_bytes(data, 96, &bytes), CW_ERR_INPUT);
    word_of(data, 32);
    assert_int_equal(read_bytes(data, 64, &bytes), CW_OK);
    assert_int_equal(bytes.n, 0);
}

static void cw_abi_array__counts__checked_against_the_data(void **state) {
    (void)state;
    uint8_t data[128];
    memset(data, 0, sizeof(data));
    word_of(data, 32);
    word_of(data + 32, 2);
    struct cw_abi cursor = cw_abi_open(cw_slice_of(data, sizeof(data))), elements;
    size_t n = 0;
    assert_int_equal(cw_abi_array(&cursor, &elements, &n, 2), CW_ERR_INPUT);
    assert_int_equal(cw_abi_array(&cursor, &elements, &n, 1), CW_OK);
    assert_int_equal(n, 2);
    assert_int_equal(elements.frame.n, 64);
    static const uint64_t counts[] = {3, UINT64_MAX, UINT64_MAX / 32, UINT64_MAX / 32 + 1};
    for (size_t i = 0; i < CW_COUNT(counts); i++) {
        word_of(data + 32, counts[i]);
        cursor = cw_abi_open(cw_slice_of(data, sizeof(data)));
        assert_int_equal(cw_abi_array(&cursor, &elements, &n, 1), CW_ERR_INPUT);
        assert_int_equal(cursor.at, 0);
    }
    word_of(data, 160);
    assert_int_equal(cw_abi_tuple(&cursor, &elements), CW_ERR_INPUT);
    assert_int_equal(cw_abi_open_call(&cursor, CW_LITERAL("abc"), cw_selector_of("x()")),
                     CW_ERR_INPUT);
}

/* --- reverts -------------------------------------------------------------------------------- */

static void cw_abi_revert_text__error_string__printable_and_bounded(void **state) {
    (void)state;
    char text[CW_REVERT_TEXT_SIZE];
    struct cw_buf buf;
    struct cw_slice reason;
    cw_buf_init(&buf, 10000);
    cw_abi_put_selector(&buf, cw_selector_from_u32(0x08c379a0));
    cw_abi_put_u64(&buf, 32);
    cw_abi_put_bytes(&buf, CW_LITERAL("no\n\x1b[31m\xff way\0!"));
    assert_int_equal(cw_abi_revert_text(text, cw_buf_slice(&buf)), CW_REVERT_ERROR);
    assert_string_equal(text, "no??[31m? way?!");
    assert_int_equal(cw_abi_revert_reason(&reason, cw_buf_slice(&buf)), CW_OK);
    assert_int_equal(reason.n, 15);
    /* Hand-made revert data often lacks the padding. */
    assert_int_equal(cw_abi_revert_text(text, cw_slice_of(buf.p, 4 + 64 + 15)), CW_REVERT_ERROR);
    assert_int_equal(cw_abi_revert_text(text, cw_slice_of(buf.p, 4 + 64 + 14)),
                     CW_REVERT_MALFORMED);
    assert_string_equal(text, "malformed revert data 0x08c379a0");
    cw_buf_reset(&buf);
    cw_abi_put_selector(&buf, cw_selector_from_u32(0x08c379a0));
    cw_abi_put_u64(&buf, 32);
    uint8_t longer[1000];
    memset(longer, 'y', sizeof(longer));
    cw_abi_put_bytes(&buf, cw_slice_of(longer, sizeof(longer)));
    assert_int_equal(cw_abi_revert_text(text, cw_buf_slice(&buf)), CW_REVERT_ERROR);
    assert_int_equal(strlen(text), CW_REVERT_TEXT_SIZE - 1);
    cw_buf_done(&buf);
}

static void cw_abi_revert_text__other_data__told_apart(void **state) {
    (void)state;
    char text[CW_REVERT_TEXT_SIZE];
    uint8_t panic[36] = {0x4e, 0x48, 0x7b, 0x71};
    uint64_t code = 0;
    static const uint8_t codes[] = {0x00, 0x01, 0x11, 0x12, 0x21, 0x22,
                                    0x31, 0x32, 0x41, 0x51, 0x99};
    for (size_t i = 0; i < CW_COUNT(codes); i++) {
        panic[35] = codes[i];
        assert_int_equal(cw_abi_revert_text(text, cw_slice_of(panic, 36)), CW_REVERT_PANIC);
    }
    panic[35] = 0x32;
    assert_int_equal(cw_abi_revert_text(text, cw_slice_of(panic, 36)), CW_REVERT_PANIC);
    assert_string_equal(text, "panic 0x32: index out of bounds");
    assert_int_equal(cw_abi_revert_panic(&code, cw_slice_of(panic, 36)), CW_OK);
    assert_int_equal(code, 0x32);
    assert_int_equal(cw_abi_revert_text(text, cw_slice_of(panic, 35)), CW_REVERT_MALFORMED);
    assert_int_equal(cw_abi_revert_text(text, CW_LITERAL("\x09\xbd\xe3\x39\x01")),
                     CW_REVERT_CUSTOM);
    assert_string_equal(text, "custom error 0x09bde339");
    assert_int_equal(cw_abi_revert_text(text, (struct cw_slice){NULL, 0}), CW_REVERT_EMPTY);
    assert_int_equal(cw_abi_revert_text(text, CW_LITERAL("\x01")), CW_REVERT_MALFORMED);
    assert_string_equal(text, "malformed revert data 0x01");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_selector_of__known_signatures__match),
        cmocka_unit_test(cw_abi__prove_call__round_trip_and_every_truncation_refused),
        cmocka_unit_test(cw_abi_put__cap_reached__failed),
        cmocka_unit_test(cw_abi_readers__values_that_do_not_fit__refused_and_cursor_stays),
        cmocka_unit_test(cw_abi_bytes__offsets_and_lengths__checked),
        cmocka_unit_test(cw_abi_array__counts__checked_against_the_data),
        cmocka_unit_test(cw_abi_revert_text__error_string__printable_and_bounded),
        cmocka_unit_test(cw_abi_revert_text__other_data__told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
