/* Keccak-256, RLP and header vectors. */
#include <causeway/header.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include "vectors.h"

static void cw_keccak256__all_lengths__digest_matches(void **state) {
    (void)state;
    cJSON *json = vectors_load("keccak256.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        struct cw_slice in = vec_bytes(at, "input");
        struct cw_hash32 expected = vec_hash32(at, "hash"), actual;
        cw_keccak256(&actual, in);
        assert_hash(actual, expected);
        /* Any cut gives the same digest. */
        for (size_t cut = 0; cut <= in.n; cut += 1 + in.n / 7) {
            cw_keccak256_pair(&actual, cw_slice_of(in.p, cut), cw_slice_of(in.p + cut, in.n - cut));
            assert_hash(actual, expected);
        }
        n++;
    }
    assert_int_equal(n, 301);
    vectors_done(json);
}

static void cw_keccak256__long_inputs__digest_matches(void **state) {
    (void)state;
    cJSON *json = vectors_load("keccak256.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "long")) {
        struct cw_slice byte = vec_bytes(at, "repeatByte");
        size_t count = vec_u64(at, "count");
        uint8_t *in = vec_alloc(count);
        memset(in, byte.p[0], count);
        struct cw_hash32 actual;
        cw_keccak256(&actual, cw_slice_of(in, count));
        assert_hash(actual, vec_hash32(at, "hash"));
        n++;
    }
    assert_int_equal(n, 5);
    vectors_done(json);
}

/* Encodes what "in" holds: text, "#" and decimal digits, a number, or a list of those. */
static void put_json(struct cw_rlp_out *out, const cJSON *in) {
    struct cw_u256 value;
    if (cJSON_IsArray(in)) {
        size_t mark = cw_rlp_list_begin(out);
        const cJSON *element;
        cJSON_ArrayForEach(element, in) {
            put_json(out, element);
        }
        cw_rlp_list_end(out, mark);
    } else if (cJSON_IsNumber(in)) {
        cw_rlp_put_u64(out, (uint64_t)in->valuedouble);
    } else if (in->valuestring[0] == '#') {
        const char *digits = in->valuestring + 1;
        if (cw_u256_from_dec(&value, digits, strlen(digits)) == CW_OK) {
            cw_rlp_put_u256(out, &value);
        } else {
            /* 2^256 is one more than fits. */
            static const uint8_t big[33] = {1};
            assert_string_equal(digits, "115792089237316195423570985008687907853269984665640564"
                                        "039457584007913129639936");
            cw_rlp_put_string(out, cw_slice_of(big, sizeof(big)));
        }
    } else {
        cw_rlp_put_string(out, cw_slice_of(in->valuestring, strlen(in->valuestring)));
    }
}

static void cw_rlp__valid_vectors__decoded_and_encoded(void **state) {
    (void)state;
    cJSON *json = vectors_load("rlptest.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        struct cw_slice expected = vec_bytes(at, "out");
        assert_int_equal(cw_rlp_check(expected), CW_OK);
        for (size_t cut = 0; cut < expected.n; cut++) {
            assert_int_equal(cw_rlp_check(cw_slice_of(expected.p, cut)), CW_ERR_INPUT);
        }
        /* The text form can't carry a NUL. */
        if (strcmp(at->string, "bytestring00") != 0) {
            struct cw_rlp_out count = cw_rlp_out_count();
            put_json(&count, vec_get(at, "in"));
            assert_int_equal(count.n, expected.n);
            uint8_t *bytes = vec_alloc(count.n);
            struct cw_rlp_out out = cw_rlp_out_to(bytes, count.n);
            put_json(&out, vec_get(at, "in"));
            assert_false(out.failed);
            assert_memory_equal(bytes, expected.p, expected.n);
        }
        n++;
    }
    assert_int_equal(n, 28);
    vectors_done(json);
}

static void cw_rlp__invalid_vectors__refused(void **state) {
    (void)state;
    cJSON *json = vectors_load("invalidRLPTest.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        assert_int_equal(cw_rlp_check(vec_bytes(at, "out")), CW_ERR_INPUT);
        n++;
    }
    assert_int_equal(n, 26);
    vectors_done(json);
}

static void check_header(const cJSON *block, bool valid) {
    struct cw_header *header = vec_alloc(sizeof(*header));
    struct cw_header *decoded = vec_alloc(sizeof(*decoded));
    struct cw_hash32 hash = vec_hash32(block, "hash"), actual;
    vec_header(header, block);
    assert_int_equal(cw_header_verify(&hash, header).verdict, valid ? CW_VALID : CW_INVALID);

    uint8_t rlp[CW_HEADER_RLP_MAX];
    size_t n;
    assert_int_equal(cw_header_encode(rlp, sizeof(rlp), &n, header), CW_OK);
    uint8_t *exact = vec_alloc(n);
    memcpy(exact, rlp, n);
    assert_int_equal(cw_header_decode(decoded, cw_slice_of(exact, n)), CW_OK);
    assert_int_equal(decoded->present, header->present);
    assert_int_equal(cw_header_hash(&actual, decoded), CW_OK);
    assert_int_equal(cw_hash32_equal(&actual, &hash), valid);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *shorter = test_malloc(cut == 0 ? 1 : cut);
        memcpy(shorter, rlp, cut);
        assert_int_equal(cw_header_decode(decoded, cw_slice_of(shorter, cut)), CW_ERR_INPUT);
        test_free(shorter);
    }
    for (size_t i = 0; valid && i < n; i++) {
        rlp[i] ^= 0x04;
        if (cw_header_decode(decoded, cw_slice_of(rlp, n)) == CW_OK) {
            assert_int_equal(cw_header_hash(&actual, decoded), CW_OK);
            assert_false(cw_hash32_equal(&actual, &hash));
        }
        rlp[i] ^= 0x04;
    }
}

static void cw_header__vectors__judged_as_labelled(void **state) {
    (void)state;
    cJSON *json = vectors_load("headers.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        check_header(vec_get(at, "header"), vec_bool(at, "valid"));
        n++;
    }
    assert_int_equal(n, 18);
    vectors_done(json);
}

static void cw_header__blocks__judged_as_labelled(void **state) {
    (void)state;
    cJSON *json = vectors_load("blocks_with_txs.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        check_header(vec_get(at, "header"), vec_bool(at, "headerHashMatches"));
        n++;
    }
    assert_int_equal(n, 8);
    vectors_done(json);
    json = vectors_load("helios_block_proofs.json");
    check_header(vec_get(json, "block"), true);
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_keccak256__all_lengths__digest_matches),
        cmocka_unit_test(cw_keccak256__long_inputs__digest_matches),
        cmocka_unit_test(cw_rlp__valid_vectors__decoded_and_encoded),
        cmocka_unit_test(cw_rlp__invalid_vectors__refused),
        cmocka_unit_test(cw_header__vectors__judged_as_labelled),
        cmocka_unit_test(cw_header__blocks__judged_as_labelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
