/* Frames between daemon and signer: what is written is read back, and nothing else is read. */
#include "sign/wire.h"

#include <causeway/rlp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cw_sign_request sample(void) {
    return (struct cw_sign_request){
        .chain_id = {31337},
        .nonce = 7,
        .gas_limit = 120000,
        .max_fee = {cw_u256_from_u64(2100000000)},
        .max_tip = {cw_u256_from_u64(100000000)},
        .to = {{0x42, 1}},
        .value = {cw_u256_from_u64(5)},
        .data = CW_LITERAL("\x48\x70\x49\x6f\x01\x02"),
    };
}

/* The one frame in buf. */
static struct cw_slice body_of(const struct cw_buf *buf) {
    struct cw_slice body = {NULL, 0};
    size_t used = 0;
    assert_false(buf->failed);
    assert_int_equal(cw_wire_next(&body, &used, cw_buf_slice(buf)), CW_OK);
    assert_int_equal(used, buf->n);
    return body;
}

static void assert_same(const struct cw_sign_request *a, const struct cw_sign_request *b) {
    assert_int_equal(a->chain_id.v, b->chain_id.v);
    assert_int_equal(a->nonce, b->nonce);
    assert_int_equal(a->gas_limit, b->gas_limit);
    assert_int_equal(cw_u256_cmp(&a->max_fee.v, &b->max_fee.v), 0);
    assert_int_equal(cw_u256_cmp(&a->max_tip.v, &b->max_tip.v), 0);
    assert_int_equal(a->legacy, b->legacy);
    assert_true(cw_addr20_equal(&a->to, &b->to));
    assert_int_equal(cw_u256_cmp(&a->value.v, &b->value.v), 0);
    assert_true(cw_slice_equal(a->data, b->data));
}

static void sign__a_request__read_back(void **state) {
    (void)state;
    for (unsigned variant = 0; variant < 4; variant++) {
        struct cw_sign_request request = sample();
        if (variant == 1) {
            request.legacy = true;
            request.max_tip.v = cw_u256_from_u64(0);
        } else if (variant == 2) {
            request.data = cw_slice_of(NULL, 0);
        } else if (variant == 3) {
            request.data = CW_LITERAL("\x48\x70\x49\x6f");
        }
        struct cw_buf buf;
        struct cw_arena arena;
        struct cw_wire_asked asked;
        struct cw_error error;
        cw_buf_init(&buf, 4096);
        cw_arena_init(&arena, 65536);
        assert_int_equal(cw_wire_put_sign(&buf, 99, &request), CW_OK);
        assert_int_equal(cw_wire_read_asked(&arena, &asked, body_of(&buf), &error), CW_OK);
        assert_int_equal(asked.kind, CW_WIRE_SIGN);
        assert_int_equal(asked.id, 99);
        assert_same(&asked.request, &request);
        cw_arena_done(&arena);
        cw_buf_done(&buf);
    }
}

static void sign__less_than_a_selector__cannot_be_said(void **state) {
    (void)state;
    struct cw_sign_request request = sample();
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    request.data = CW_LITERAL("\x01\x02\x03");
    assert_int_equal(cw_wire_put_sign(&buf, 1, &request), CW_ERR_INPUT);
    assert_int_equal(buf.n, 0);
    cw_buf_done(&buf);
}

static void sign__the_largest__fits_a_frame(void **state) {
    (void)state;
    uint8_t *data = malloc(CW_SIGN_DATA_MAX);
    assert_non_null(data);
    memset(data, 0xff, CW_SIGN_DATA_MAX);
    struct cw_sign_request request = sample();
    request.data = cw_slice_of(data, CW_SIGN_DATA_MAX);
    memset(&request.value, 0xff, sizeof request.value);
    memset(&request.max_fee, 0xff, sizeof request.max_fee);
    memset(&request.max_tip, 0xff, sizeof request.max_tip);
    request.chain_id.v = request.nonce = request.gas_limit = UINT64_MAX;
    struct cw_buf buf;
    struct cw_arena arena;
    struct cw_wire_asked asked;
    cw_buf_init(&buf, CW_WIRE_PREFIX + CW_WIRE_BODY_MAX);
    cw_arena_init(&arena, CW_SIGN_DATA_MAX + 65536);
    assert_int_equal(cw_wire_put_sign(&buf, UINT64_MAX, &request), CW_OK);
    assert_int_equal(cw_wire_read_asked(&arena, &asked, body_of(&buf), NULL), CW_OK);
    assert_same(&asked.request, &request);
    cw_arena_done(&arena);
    cw_buf_done(&buf);
    free(data);
}

static void answers__each__read_back(void **state) {
    (void)state;
    const struct cw_addr20 address = {{1, 2, 3}};
    const struct cw_hash32 hash = {{4, 5, 6}};
    struct cw_wire_answer answer;
    struct cw_error error;
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    cw_wire_put_welcome(&buf, 3, CW_WIRE_VERSION, &address, &hash);
    assert_int_equal(cw_wire_read_answer(&answer, body_of(&buf), &error), CW_OK);
    assert_int_equal(answer.kind, CW_WIRE_HELLO);
    assert_int_equal(answer.id, 3);
    assert_int_equal(answer.version, CW_WIRE_VERSION);
    assert_true(cw_addr20_equal(&answer.address, &address));
    assert_true(cw_hash32_equal(&answer.digest, &hash));
    cw_buf_reset(&buf);
    cw_wire_put_signed(&buf, 4, CW_LITERAL("raw bytes"), &hash);
    assert_int_equal(cw_wire_read_answer(&answer, body_of(&buf), &error), CW_OK);
    assert_int_equal(answer.kind, CW_WIRE_SIGN);
    assert_true(cw_slice_equal(answer.raw, CW_LITERAL("raw bytes")));
    assert_true(cw_hash32_equal(&answer.hash, &hash));
    cw_buf_reset(&buf);
    cw_wire_put_refused(&buf, 5, CW_SIGN_BUDGET, "spent\x1b[31m\n");
    assert_int_equal(cw_wire_read_answer(&answer, body_of(&buf), &error), CW_OK);
    assert_int_equal(answer.kind, CW_WIRE_REFUSED);
    assert_int_equal(answer.code, CW_SIGN_BUDGET);
    assert_true(cw_slice_equal(answer.text, CW_LITERAL("spent?[31m?")));
    cw_buf_done(&buf);
}

/* --- what is no frame ------------------------------------------------------------------------- */

static void next__parts_of_a_frame__more_must_come(void **state) {
    (void)state;
    struct cw_sign_request request = sample();
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    cw_wire_put_hello(&buf, 1, CW_WIRE_VERSION);
    size_t first = buf.n;
    assert_int_equal(cw_wire_put_sign(&buf, 2, &request), CW_OK);
    for (size_t n = 0; n <= buf.n; n++) {
        struct cw_slice body = {NULL, 0};
        size_t used = 1;
        assert_int_equal(cw_wire_next(&body, &used, cw_slice_of(buf.p, n)), CW_OK);
        assert_int_equal(used, n < first ? 0 : first);
    }
    cw_buf_done(&buf);
}

static void next__too_long_or_empty__refused_before_it_came(void **state) {
    (void)state;
    struct cw_slice body;
    size_t used;
    const uint8_t longest[4] = {0, CW_WIRE_BODY_MAX >> 16, (CW_WIRE_BODY_MAX >> 8) & 0xff,
                                CW_WIRE_BODY_MAX & 0xff};
    uint8_t longer[4];
    memcpy(longer, longest, sizeof longer);
    longer[3]++;
    assert_int_equal(cw_wire_next(&body, &used, cw_slice_of(longest, 4)), CW_OK);
    assert_int_equal(used, 0);
    assert_int_equal(cw_wire_next(&body, &used, cw_slice_of(longer, 4)), CW_ERR_LIMIT);
    assert_int_equal(cw_wire_next(&body, &used, CW_LITERAL("\xff\xff\xff\xff")), CW_ERR_LIMIT);
    assert_int_equal(cw_wire_next(&body, &used, CW_LITERAL("\0\0\0\0")), CW_ERR_LIMIT);
}

/* Every flip of a bit either makes another request that encodes to these very bytes, or is refused:
 * there is one encoding of each. */
static void read_asked__mutated__one_encoding_each(void **state) {
    (void)state;
    struct cw_sign_request request = sample();
    struct cw_buf buf, again;
    cw_buf_init(&buf, 4096);
    cw_buf_init(&again, 4096);
    assert_int_equal(cw_wire_put_sign(&buf, 2, &request), CW_OK);
    struct cw_slice body = body_of(&buf);
    uint8_t copy[512];
    size_t refused = 0;
    assert_true(body.n + 1 <= sizeof copy);
    for (size_t bit = 0; bit < 8 * body.n; bit++) {
        struct cw_arena arena;
        struct cw_wire_asked asked;
        struct cw_error error = {CW_OK, ""};
        memcpy(copy, body.p, body.n);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cw_arena_init(&arena, 65536);
        enum cw_err err = cw_wire_read_asked(&arena, &asked, cw_slice_of(copy, body.n), &error);
        if (err == CW_OK && asked.kind == CW_WIRE_SIGN) {
            cw_buf_reset(&again);
            assert_int_equal(cw_wire_put_sign(&again, asked.id, &asked.request), CW_OK);
            assert_true(cw_slice_equal(body_of(&again), cw_slice_of(copy, body.n)));
        } else if (err == CW_OK) {
            assert_int_equal(asked.kind, CW_WIRE_REFUSED); /* another type */
        } else {
            assert_int_equal(err, CW_ERR_INPUT);
            assert_true(error.text[0] != '\0');
            refused++;
        }
        cw_arena_done(&arena);
    }
    assert_true(refused > 0);
    /* cut, and with something behind it */
    struct cw_arena arena;
    struct cw_wire_asked asked;
    cw_arena_init(&arena, 65536);
    memcpy(copy, body.p, body.n);
    copy[body.n] = 0x80;
    for (size_t n = 0; n <= body.n + 1; n++) {
        enum cw_err err = cw_wire_read_asked(&arena, &asked, cw_slice_of(copy, n), NULL);
        assert_int_equal(err, n == body.n ? CW_OK : CW_ERR_INPUT);
    }
    cw_arena_done(&arena);
    cw_buf_done(&again);
    cw_buf_done(&buf);
}

/* Members of a request, each as it stands in RLP; text: hexadecimal digits. */
static enum cw_err read_members(struct cw_wire_asked *ret, const char *const *members,
                                struct cw_error *error) {
    uint8_t bytes[1024], body[1024];
    size_t n = 0;
    for (; *members != NULL; members++) {
        char text[512];
        size_t got = 0;
        snprintf(text, sizeof text, "0x%s", *members);
        assert_int_equal(cw_hex_decode_any(bytes + n, sizeof bytes - n, &got, text, strlen(text)),
                         CW_OK);
        n += got;
    }
    struct cw_rlp_out out = cw_rlp_out_to(body, sizeof body);
    size_t list = cw_rlp_list_begin(&out);
    cw_rlp_put_raw(&out, cw_slice_of(bytes, n));
    cw_rlp_list_end(&out, list);
    assert_false(out.failed);
    struct cw_arena arena;
    cw_arena_init(&arena, 65536);
    enum cw_err err = cw_wire_read_asked(&arena, ret, cw_slice_of(body, out.n), error);
    cw_arena_done(&arena);
    return err;
}

#define AA "aaaaaaaaaaaaaaaa"
#define TO "944200000000000000000000000000000000000001"

static void read_asked__shapes__refused_or_malformed(void **state) {
    (void)state;
    static const struct {
        const char *members[14];
        enum cw_err err;
        enum cw_sign_code code; /* 0: no refusal */
        const char *text;
    } cases[] = {
        /* kind id type chain nonce gas fees to value selector arguments */
        {{"02", "05", "02", "01", "80", "825208", "c20201", TO, "80", "80", "80"}, CW_OK, 0, ""},
        {{"02", "05", "80", "01", "80", "825208", "c102", TO, "80", "80", "80"}, CW_OK, 0, ""},
        /* a creation, and types that have no place in a request */
        {{"02", "05", "02", "01", "80", "825208", "c20201", "80", "80", "80", "80"},
         CW_OK,
         CW_SIGN_CREATION,
         "creation"},
        {{"02", "05", "03", "01", "80", "825208", "c3020103", TO, "80", "80", "80", "c0"},
         CW_OK,
         CW_SIGN_TYPE,
         "blob"},
        {{"02", "05", "04", "01"}, CW_OK, CW_SIGN_TYPE, "set-code"},
        {{"02", "05", "01"}, CW_OK, CW_SIGN_TYPE, "access-list"},
        {{"02", "05", "7e"}, CW_OK, CW_SIGN_TYPE, "deposit"},
        {{"02", "05", "8203e8"}, CW_OK, CW_SIGN_TYPE, "type 1000"},
        /* a hash to be signed has no frame */
        {{"02", "05", "a0" AA AA AA AA}, CW_ERR_INPUT, 0, "type"},
        {{"04", "05", "01"}, CW_ERR_INPUT, 0, "kind"},
        {{"80", "05"}, CW_ERR_INPUT, 0, "kind"},
        {{"c0", "05"}, CW_ERR_INPUT, 0, "kind"},
        {{"02"}, CW_ERR_INPUT, 0, "kind and id"},
        /* selector and arguments */
        {{"02", "05", "02", "01", "80", "825208", "c20201", TO, "80", "80", "01"},
         CW_ERR_INPUT,
         0,
         "selector"},
        {{"02", "05", "02", "01", "80", "825208", "c20201", TO, "80", "83010203", "80"},
         CW_ERR_INPUT,
         0,
         "selector"},
        {{"02", "05", "02", "01", "80", "825208", "c20201", TO, "80", "850102030405", "80"},
         CW_ERR_INPUT,
         0,
         "selector"},
        /* fees of the other type */
        {{"02", "05", "80", "01", "80", "825208", "c20201", TO, "80", "80", "80"},
         CW_ERR_INPUT,
         0,
         "fees"},
        {{"02", "05", "02", "01", "80", "825208", "c102", TO, "80", "80", "80"},
         CW_ERR_INPUT,
         0,
         "fees"},
        {{"02", "05", "02", "01", "80", "825208", "02", TO, "80", "80", "80"},
         CW_ERR_INPUT,
         0,
         "fees"},
        /* addresses of another length, something behind, something missing */
        {{"02", "05", "02", "01", "80", "825208", "c20201", "8142", "80", "80", "80"},
         CW_ERR_INPUT,
         0,
         ""},
        {{"02", "05", "02", "01", "80", "825208", "c20201", "8242ff", "80", "80", "80"},
         CW_ERR_INPUT,
         0,
         "whom it calls"},
        {{"02", "05", "02", "01", "80", "825208", "c20201", TO, "80", "80", "80", "80"},
         CW_ERR_INPUT,
         0,
         "more than"},
        {{"02", "05", "02", "01", "80", "825208", "c20201", TO, "80", "80"},
         CW_ERR_INPUT,
         0,
         "selector"},
        /* hello */
        {{"01", "05", "01"}, CW_OK, 0, ""},
        {{"01", "05", "01", "80"}, CW_ERR_INPUT, 0, "version"},
        {{"01", "05", "02", "80"}, CW_OK, 0, ""},
        {{"01", "05"}, CW_ERR_INPUT, 0, "version"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_wire_asked asked;
        struct cw_error error = {CW_OK, ""};
        enum cw_err err = read_members(&asked, cases[i].members, &error);
        const char *text = err == CW_OK && asked.kind == CW_WIRE_REFUSED ? asked.text : error.text;
        if (err != cases[i].err || strstr(text, cases[i].text) == NULL ||
            (err == CW_OK && (asked.kind == CW_WIRE_REFUSED) != (cases[i].code != 0)) ||
            (err == CW_OK && cases[i].code != 0 && asked.code != cases[i].code)) {
            fail_msg("case %zu: %s, \"%s\"", i, cw_err_name(err), text);
        }
    }
}

static void read_answer__mutated__never_more_than_was_said(void **state) {
    (void)state;
    const struct cw_hash32 hash = {{4, 5, 6}};
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    cw_wire_put_refused(&buf, 5, CW_SIGN_BUDGET, "spent");
    struct cw_slice body = body_of(&buf);
    uint8_t copy[256];
    for (size_t bit = 0; bit < 8 * body.n; bit++) {
        struct cw_wire_answer answer;
        memcpy(copy, body.p, body.n);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (cw_wire_read_answer(&answer, cw_slice_of(copy, body.n), NULL) == CW_OK) {
            assert_int_equal(answer.kind, CW_WIRE_REFUSED);
            for (size_t i = 0; i < answer.text.n; i++) {
                assert_in_range(answer.text.p[i], 0x20, 0x7e);
            }
        }
    }
    struct cw_wire_answer answer;
    for (size_t n = 0; n < body.n; n++) {
        assert_int_equal(cw_wire_read_answer(&answer, cw_slice_of(body.p, n), NULL), CW_ERR_INPUT);
    }
    /* a request is no answer */
    cw_buf_reset(&buf);
    cw_wire_put_hello(&buf, 1, CW_WIRE_VERSION);
    assert_int_equal(cw_wire_read_answer(&answer, body_of(&buf), NULL), CW_ERR_INPUT);
    cw_buf_reset(&buf);
    cw_wire_put_signed(&buf, 4, CW_LITERAL("raw"), &hash);
    struct cw_slice signed_ = body_of(&buf);
    memcpy(copy, signed_.p, signed_.n);
    copy[0]++; /* the list takes one byte more */
    copy[signed_.n] = 0x80;
    assert_int_equal(cw_wire_read_answer(&answer, cw_slice_of(copy, signed_.n + 1), NULL),
                     CW_ERR_INPUT);
    cw_buf_done(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign__a_request__read_back),
        cmocka_unit_test(sign__less_than_a_selector__cannot_be_said),
        cmocka_unit_test(sign__the_largest__fits_a_frame),
        cmocka_unit_test(answers__each__read_back),
        cmocka_unit_test(next__parts_of_a_frame__more_must_come),
        cmocka_unit_test(next__too_long_or_empty__refused_before_it_came),
        cmocka_unit_test(read_asked__mutated__one_encoding_each),
        cmocka_unit_test(read_asked__shapes__refused_or_malformed),
        cmocka_unit_test(read_answer__mutated__never_more_than_was_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
