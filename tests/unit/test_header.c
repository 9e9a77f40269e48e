#include <causeway/header.h>

#include <string.h>

#include <causeway/rlp.h>

#include "vectors.h"

static void fill(struct cw_header *header, unsigned present, size_t extra_n) {
    memset(header, 0, sizeof(*header));
    memset(header->parent_hash.b, 0x11, 32);
    memset(header->state_root.b, 0x22, 32);
    header->number.v = 1234567;
    header->gas_limit = UINT64_MAX;
    header->timestamp = 1700000000;
    header->present = present;
    header->base_fee = cw_u256_from_u64(7);
    memset(header->withdrawals_root.b, 0x33, 32);
    header->blob_gas_used = 0x20000;
    memset(header->parent_beacon_root.b, 0x44, 32);
    memset(header->requests_hash.b, 0x55, 32);
    header->extra_n = extra_n;
}

static struct cw_header a, b;
static uint8_t rlp[CW_HEADER_RLP_MAX + 16];

static void cw_header_decode__every_fork__round_trip(void **state) {
    (void)state;
    for (unsigned fields = 0; fields <= 6; fields++) {
        struct cw_hash32 hash, again;
        size_t n;
        fill(&a, (1u << fields) - 1, 32);
        assert_int_equal(cw_header_encode(rlp, sizeof(rlp), &n, &a), CW_OK);
        assert_int_equal(cw_header_decode(&b, cw_slice_of(rlp, n)), CW_OK);
        assert_int_equal(b.present, a.present);
        assert_int_equal(b.number.v, a.number.v);
        assert_int_equal(cw_header_hash(&hash, &a), CW_OK);
        assert_int_equal(cw_header_hash(&again, &b), CW_OK);
        assert_hash(hash, again);
        assert_valid(cw_header_verify(&hash, &b));
        b.gas_used++;
        assert_invalid(cw_header_verify(&hash, &b));
    }
}

static void cw_header_hash__a_gap_in_the_fields__hashed_without_it(void **state) {
    (void)state;
    struct cw_hash32 gap, full;
    fill(&a, CW_HEADER_BASE_FEE | CW_HEADER_BLOB_GAS_USED | CW_HEADER_EXCESS_BLOB_GAS, 0);
    size_t n;
    assert_int_equal(cw_header_encode(rlp, sizeof(rlp), &n, &a), CW_OK);
    struct cw_rlp members;
    size_t count;
    assert_int_equal(cw_rlp_open_list(&members, cw_slice_of(rlp, n)), CW_OK);
    assert_int_equal(cw_rlp_count(&members, &count), CW_OK);
    assert_int_equal(count, 18);
    assert_int_equal(cw_header_hash(&gap, &a), CW_OK);
    a.present |= CW_HEADER_WITHDRAWALS_ROOT;
    assert_int_equal(cw_header_hash(&full, &a), CW_OK);
    assert_false(cw_hash32_equal(&gap, &full));
    assert_int_equal(cw_header_decode(&b, cw_slice_of(rlp, n)), CW_ERR_INPUT);
}

static void cw_header_hash__a_field_in_another_ones_place__refused(void **state) {
    (void)state;
    static const struct {
        unsigned true_fields, claimed_fields;
    } cases[] = {
        {CW_HEADER_BASE_FEE, CW_HEADER_BLOB_GAS_USED},
        {CW_HEADER_BASE_FEE, CW_HEADER_EXCESS_BLOB_GAS},
        {CW_HEADER_BASE_FEE | CW_HEADER_WITHDRAWALS_ROOT,
         CW_HEADER_BASE_FEE | CW_HEADER_REQUESTS_HASH},
        {CW_HEADER_BASE_FEE | CW_HEADER_WITHDRAWALS_ROOT,
         CW_HEADER_BLOB_GAS_USED | CW_HEADER_PARENT_BEACON_ROOT},
        {31, 15 | CW_HEADER_REQUESTS_HASH},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_hash32 hash, none;
        size_t n = 5;
        fill(&a, cases[i].true_fields, 0);
        b = a;
        b.present = cases[i].claimed_fields;
        b.blob_gas_used = b.excess_blob_gas = a.base_fee.limb[0];
        b.parent_beacon_root = b.requests_hash = a.withdrawals_root;
        if (cases[i].true_fields == 31) {
            b.blob_gas_used = a.blob_gas_used;
            b.excess_blob_gas = a.excess_blob_gas;
            b.requests_hash = a.parent_beacon_root;
        }
        assert_int_equal(cw_header_hash(&hash, &a), CW_OK);
        assert_int_equal(cw_header_encode(rlp, sizeof(rlp), &n, &b), CW_ERR_INPUT);
        assert_int_equal(n, 5);
        assert_int_equal(cw_header_hash(&none, &b), CW_ERR_INPUT);
        struct cw_judgement judgement = cw_header_verify(&hash, &b);
        assert_invalid(judgement);
        assert_string_equal(judgement.reason, CW_HEADER_R_GAP);
    }
}

static void cw_header_encode__bounds__limit(void **state) {
    (void)state;
    size_t n = 5;
    struct cw_hash32 hash;
    fill(&a, 63, CW_HEADER_EXTRA_MAX);
    memset(a.extra, 0xff, sizeof(a.extra));
    a.difficulty = (struct cw_u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    a.base_fee = a.difficulty;
    a.number.v = a.gas_used = a.timestamp = a.blob_gas_used = a.excess_blob_gas = UINT64_MAX;
    assert_int_equal(cw_header_hash(&hash, &a), CW_OK);
    assert_int_equal(cw_header_encode(rlp, 100, &n, &a), CW_ERR_LIMIT);
    assert_int_equal(n, 5);
    a.extra_n++;
    assert_int_equal(cw_header_encode(rlp, sizeof(rlp), &n, &a), CW_ERR_LIMIT);
    assert_int_equal(cw_header_hash(&hash, &a), CW_ERR_LIMIT);
    assert_invalid(cw_header_verify(&hash, &a));
}

static void cw_header_decode__wrong_shapes__refused(void **state) {
    (void)state;
    size_t n;
    fill(&a, 63, 32);
    assert_int_equal(cw_header_encode(rlp, sizeof(rlp), &n, &a), CW_OK);
    rlp[n] = 0x80;
    assert_int_equal(cw_header_decode(&b, cw_slice_of(rlp, n + 1)), CW_ERR_INPUT);
    /* a field more than there are */
    rlp[1] = (uint8_t)((n - 3 + 1) >> 8);
    rlp[2] = (uint8_t)(n - 3 + 1);
    assert_int_equal(cw_header_decode(&b, cw_slice_of(rlp, n + 1)), CW_ERR_INPUT);
    assert_int_equal(cw_header_decode(&b, (struct cw_slice){NULL, 0}), CW_ERR_INPUT);
    assert_int_equal(cw_header_decode(&b, CW_LITERAL("\xc0")), CW_ERR_INPUT);
}

static void cw_header_decode__extra_over_the_cap__limit(void **state) {
    (void)state;
    static uint8_t whole[CW_HEADER_RLP_MAX + 16];
    static const uint8_t zeros[CW_HEADER_EXTRA_MAX + 1], bloom[256];
    struct cw_rlp_out out = cw_rlp_out_to(whole, sizeof(whole));
    struct cw_hash32 hash = {{1}};
    struct cw_addr20 address = {{2}};
    cw_rlp_put_hash32(&out, &hash);
    cw_rlp_put_hash32(&out, &hash);
    cw_rlp_put_addr20(&out, &address);
    for (int i = 0; i < 3; i++) {
        cw_rlp_put_hash32(&out, &hash);
    }
    cw_rlp_put_string(&out, cw_slice_of(bloom, sizeof(bloom)));
    for (uint64_t i = 0; i < 5; i++) {
        cw_rlp_put_u64(&out, i);
    }
    cw_rlp_put_string(&out, cw_slice_of(zeros, sizeof(zeros)));
    cw_rlp_put_hash32(&out, &hash);
    cw_rlp_put_string(&out, CW_LITERAL("12345678"));
    cw_rlp_list_end(&out, 0);
    assert_false(out.failed);
    assert_int_equal(cw_header_decode(&b, cw_slice_of(whole, out.n)), CW_ERR_LIMIT);
}

static void cw_bloom_add__entries__found_and_others_not(void **state) {
    (void)state;
    struct cw_bloom bloom = {{0}}, other = {{0}};
    assert_false(cw_bloom_may_contain(&bloom, CW_LITERAL("a")));
    cw_bloom_add(&bloom, CW_LITERAL("a"));
    cw_bloom_add(&other, CW_LITERAL("b"));
    assert_true(cw_bloom_may_contain(&bloom, CW_LITERAL("a")));
    assert_false(cw_bloom_may_contain(&bloom, CW_LITERAL("b")));
    cw_bloom_merge(&bloom, &other);
    assert_true(cw_bloom_may_contain(&bloom, CW_LITERAL("b")));
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof(other.b); i++) {
        bits += (unsigned)__builtin_popcount(other.b[i]);
    }
    assert_in_range(bits, 1, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_header_decode__every_fork__round_trip),
        cmocka_unit_test(cw_header_hash__a_gap_in_the_fields__hashed_without_it),
        cmocka_unit_test(cw_header_hash__a_field_in_another_ones_place__refused),
        cmocka_unit_test(cw_header_encode__bounds__limit),
        cmocka_unit_test(cw_header_decode__wrong_shapes__refused),
        cmocka_unit_test(cw_header_decode__extra_over_the_cap__limit),
        cmocka_unit_test(cw_bloom_add__entries__found_and_others_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
