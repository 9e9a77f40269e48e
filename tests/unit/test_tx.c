#include <causeway/tx.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include "tx_fixture.h"

static void cw_curve_address__known_secret__its_address(void **state) {
    struct tx_fixture *f = *state;
    struct cw_addr20 address;
    assert_int_equal(cw_curve_address(f->curve, &address, &tx_secret), CW_OK);
    assert_true(cw_addr20_equal(&address, &tx_account));
}

static void cw_curve__secrets_out_of_range__refused(void **state) {
    struct tx_fixture *f = *state;
    struct cw_secret32 zero = {{0}}, big;
    struct cw_addr20 address;
    struct cw_signature signature;
    struct cw_hash32 digest = {{1}};
    memset(big.b, 0xff, sizeof(big.b));
    assert_int_equal(cw_curve_address(f->curve, &address, &zero), CW_ERR_INPUT);
    assert_int_equal(cw_curve_address(f->curve, &address, &big), CW_ERR_INPUT);
    assert_int_equal(cw_curve_sign(f->curve, &signature, &digest, &zero), CW_ERR_INPUT);
    assert_int_equal(cw_curve_sign(f->curve, &signature, &digest, &big), CW_ERR_INPUT);
    struct cw_slice raw;
    struct cw_tx tx = tx_sample(CW_TX_LEGACY);
    assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, NULL, &tx, &zero), CW_ERR_INPUT);
    assert_true(cw_secret32_equal(&zero, &(struct cw_secret32){{0}}));
    assert_false(cw_secret32_equal(&zero, &big));
    cw_secret32_wipe(&big);
    assert_true(cw_secret32_equal(&zero, &big));
    cw_curve_free(NULL);
}

static void cw_curve_recover__signatures__own_and_changed(void **state) {
    struct tx_fixture *f = *state;
    for (unsigned i = 0; i < 50; i++) {
        struct cw_hash32 digest;
        struct cw_signature signature, changed;
        struct cw_addr20 signer;
        cw_keccak256(&digest, cw_slice_of(&i, sizeof(i)));
        assert_int_equal(cw_curve_sign(f->curve, &signature, &digest, &tx_secret), CW_OK);
        assert_true(cw_signature_is_low(&signature) && cw_signature_in_range(&signature));
        assert_int_equal(cw_curve_recover(f->curve, &signer, &digest, &signature), CW_OK);
        assert_true(cw_addr20_equal(&signer, &tx_account));
        changed = signature;
        changed.y_parity ^= 1;
        if (cw_curve_recover(f->curve, &signer, &digest, &changed) == CW_OK) {
            assert_false(cw_addr20_equal(&signer, &tx_account));
        }
        changed = signature;
        changed.y_parity = 2;
        assert_int_equal(cw_curve_recover(f->curve, &signer, &digest, &changed), CW_ERR_INPUT);
        changed = signature;
        memset(changed.r.b, 0, 32);
        assert_int_equal(cw_curve_recover(f->curve, &signer, &digest, &changed), CW_ERR_INPUT);
        changed = signature;
        memset(changed.s.b, 0xff, 32);
        assert_int_equal(cw_curve_recover(f->curve, &signer, &digest, &changed), CW_ERR_INPUT);
        changed.s = signature.s;
        changed.s.b[0] |= 0x80; /* high */
        assert_int_equal(cw_curve_recover(f->curve, &signer, &digest, &changed), CW_ERR_INPUT);
    }
}

static void cw_signature_is_low__half_order__the_last_low_one(void **state) {
    (void)state;
    struct cw_signature signature = {.r = {{1}}};
    static const uint8_t half[32] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d,
                                     0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};
    memcpy(signature.s.b, half, 32);
    assert_true(cw_signature_is_low(&signature));
    signature.s.b[31]++;
    assert_false(cw_signature_is_low(&signature));
}

static void cw_tx_sign__every_type__decodes_to_itself_and_its_sender(void **state) {
    struct tx_fixture *f = *state;
    for (int type = CW_TX_LEGACY; type <= CW_TX_SET_CODE; type++) {
        for (int variant = 0; variant < 4; variant++) {
            struct cw_tx tx = tx_sample((enum cw_tx_type)type), decoded;
            tx.has_to = variant != 1 || type >= CW_TX_BLOB;
            tx.chain_id.v = variant == 2 && type == CW_TX_LEGACY ? 0 : tx.chain_id.v;
            tx.nonce = variant == 3 ? UINT64_MAX - 1 : tx.nonce;
            struct cw_slice raw;
            struct cw_hash32 hash, expected;
            struct cw_signature signature;
            struct cw_addr20 sender;
            assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, &hash, &tx, &tx_secret), CW_OK);
            cw_keccak256(&expected, raw);
            assert_hash(hash, expected);
            struct cw_error error;
            assert_int_equal(cw_tx_decode(&f->arena, &decoded, &signature, raw, &error), CW_OK);
            tx_assert_same(&decoded, &tx);
            assert_int_equal(cw_tx_recover(f->curve, &f->arena, &sender, &decoded, &signature),
                             CW_OK);
            assert_true(cw_addr20_equal(&sender, &tx_account));
        }
    }
}

/* Source: EIP-155, "Example". */
static void cw_tx_sign__example_of_eip_155__its_bytes(void **state) {
    struct tx_fixture *f = *state;
    struct cw_secret32 key;
    memset(key.b, 0x46, sizeof(key.b));
    struct cw_tx tx = {.type = CW_TX_LEGACY,
                       .chain_id = {1},
                       .nonce = 9,
                       .max_fee = {cw_u256_from_u64(20000000000)},
                       .gas_limit = 21000,
                       .has_to = true,
                       .value = {cw_u256_from_u64(1000000000000000000)}};
    memset(tx.to.b, 0x35, sizeof(tx.to.b));
    static const char expected[] =
        "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025"
        "a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703"
        "304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
    char text[sizeof(expected)];
    struct cw_slice raw;
    assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, NULL, &tx, &key), CW_OK);
    assert_int_equal(CW_HEX_SIZE(raw.n), sizeof(expected));
    assert_string_equal(cw_hex_encode(text, raw), expected);
}

static void refuse(struct tx_fixture *f, struct cw_tx tx) {
    struct cw_slice raw;
    struct cw_hash32 hash;
    assert_int_equal(cw_tx_encode_unsigned(&f->arena, &raw, &tx), CW_ERR_INPUT);
    assert_int_equal(cw_tx_signing_hash(&f->arena, &hash, &tx), CW_ERR_INPUT);
    assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, NULL, &tx, &tx_secret), CW_ERR_INPUT);
}

static void cw_tx_encode__what_no_chain_takes__refused(void **state) {
    struct tx_fixture *f = *state;
    struct cw_tx tx = tx_sample(CW_TX_DYNAMIC_FEE);
    tx.nonce = UINT64_MAX;
    refuse(f, tx);
    tx = tx_sample(CW_TX_DYNAMIC_FEE);
    tx.max_tip.v = cw_u256_from_u64(2000000001);
    refuse(f, tx);
    tx = tx_sample(CW_TX_DYNAMIC_FEE);
    tx.max_fee.v.limb[3] = UINT64_MAX;
    refuse(f, tx);
    tx = tx_sample(CW_TX_ACCESS_LIST);
    tx.chain_id.v = 0;
    refuse(f, tx);
    tx = tx_sample(CW_TX_ACCESS_LIST);
    tx.max_tip.v = cw_u256_from_u64(1);
    refuse(f, tx);
    tx = tx_sample(CW_TX_LEGACY);
    tx.access_list = tx_access_list;
    tx.n_access_list = 1;
    refuse(f, tx);
    tx = tx_sample(CW_TX_LEGACY);
    tx.chain_id.v = UINT64_MAX / 2;
    refuse(f, tx);
    tx = tx_sample(CW_TX_LEGACY);
    tx.type = (enum cw_tx_type)5;
    refuse(f, tx);
    struct cw_signature signature = {.r = {{1}}, .s = {{0x80}}};
    struct cw_slice raw;
    tx = tx_sample(CW_TX_LEGACY);
    assert_int_equal(cw_tx_encode_signed(&f->arena, &raw, &tx, &signature), CW_ERR_INPUT);
}

/* One more or one less, or a change, in each place of a signed transaction. */
static void cw_tx_decode__mutations__refused_or_another_transaction(void **state) {
    struct tx_fixture *f = *state;
    for (int type = CW_TX_LEGACY; type <= CW_TX_SET_CODE; type++) {
        struct cw_tx tx = tx_sample((enum cw_tx_type)type), decoded;
        struct cw_slice raw, again;
        struct cw_signature signature;
        assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, NULL, &tx, &tx_secret), CW_OK);
        uint8_t bytes[640];
        assert_true(raw.n < sizeof(bytes));
        memcpy(bytes, raw.p, raw.n);
        bytes[raw.n] = 0;
        struct cw_error error = {CW_OK, ""};
        assert_int_equal(
            cw_tx_decode(&f->arena, &decoded, &signature, cw_slice_of(bytes, raw.n + 1), &error),
            CW_ERR_INPUT);
        assert_non_null(strstr(error.text, "transaction"));
        for (size_t i = 0; i < 8 * raw.n; i++) {
            struct cw_arena arena;
            cw_arena_init(&arena, 1 << 16);
            bytes[i / 8] ^= (uint8_t)(1u << (i % 8));
            if (cw_tx_decode(&arena, &decoded, &signature, cw_slice_of(bytes, raw.n), NULL) ==
                CW_OK) {
                /* What is accepted has one encoding only: this one. */
                assert_int_equal(cw_tx_encode_signed(&arena, &again, &decoded, &signature), CW_OK);
                assert_true(cw_slice_equal(again, cw_slice_of(bytes, raw.n)));
            }
            bytes[i / 8] ^= (uint8_t)(1u << (i % 8));
            cw_arena_done(&arena);
        }
    }
}

/* A legacy list with v, r and s as given. */
static enum cw_err decode_with(struct tx_fixture *f, uint64_t v, struct cw_u256 r, struct cw_u256 s,
                               struct cw_tx *tx) {
    uint8_t bytes[200];
    struct cw_signature signature;
    struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof(bytes));
    for (uint64_t i = 0; i < 3; i++) {
        cw_rlp_put_u64(&out, i);
    }
    cw_rlp_put_string(&out, (struct cw_slice){NULL, 0});
    cw_rlp_put_u64(&out, 0);
    cw_rlp_put_string(&out, (struct cw_slice){NULL, 0});
    cw_rlp_put_u64(&out, v);
    cw_rlp_put_u256(&out, &r);
    cw_rlp_put_u256(&out, &s);
    cw_rlp_list_end(&out, 0);
    return cw_tx_decode(&f->arena, tx, &signature, cw_slice_of(bytes, out.n), NULL);
}

static enum cw_err decode_with_v(struct tx_fixture *f, uint64_t v, struct cw_tx *tx) {
    return decode_with(f, v, cw_u256_from_u64(1), cw_u256_from_u64(2), tx);
}

static void cw_tx_decode__r_or_s_out_of_range__refused(void **state) {
    struct tx_fixture *f = *state;
    struct cw_tx tx;
    const struct cw_u256 zero = cw_u256_from_u64(0), one = cw_u256_from_u64(1);
    const struct cw_u256 order = {
        {0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff}};
    struct cw_u256 last;
    assert_false(cw_u256_sub(&last, &order, &one));
    assert_int_equal(decode_with(f, 27, zero, one, &tx), CW_ERR_INPUT);
    assert_int_equal(decode_with(f, 27, one, zero, &tx), CW_ERR_INPUT);
    assert_int_equal(decode_with(f, 27, order, one, &tx), CW_ERR_INPUT);
    assert_int_equal(decode_with(f, 27, one, last, &tx), CW_ERR_INPUT);
    assert_int_equal(decode_with(f, 27, last, one, &tx), CW_OK);
}

/* An EIP-2930 transaction whose access list is as given. */
static enum cw_err decode_with_list(struct tx_fixture *f, struct cw_slice list) {
    uint8_t bytes[200] = {CW_TX_ACCESS_LIST};
    struct cw_rlp_out out = cw_rlp_out_to(bytes + 1, sizeof(bytes) - 1);
    struct cw_tx tx;
    struct cw_signature signature;
    for (uint64_t i = 0; i < 4; i++) {
        cw_rlp_put_u64(&out, 1);
    }
    for (int i = 0; i < 3; i++) {
        cw_rlp_put_u64(&out, 0);
    }
    cw_rlp_put_raw(&out, list);
    for (uint64_t i = 0; i < 3; i++) {
        cw_rlp_put_u64(&out, i > 0);
    }
    cw_rlp_list_end(&out, 0);
    return cw_tx_decode(&f->arena, &tx, &signature, cw_slice_of(bytes, 1 + out.n), NULL);
}

static void cw_tx_decode__access_entries__exactly_address_and_keys(void **state) {
    struct tx_fixture *f = *state;
#define ADDRESS                                                                                    \
    "\x94"                                                                                         \
    "12345678901234567890"
    assert_int_equal(decode_with_list(f, CW_LITERAL("\xc0")), CW_OK);
    assert_int_equal(decode_with_list(f, CW_LITERAL("\xd7\xd6" ADDRESS "\xc0")), CW_OK);
    assert_int_equal(decode_with_list(f, CW_LITERAL("\xd8\xd7" ADDRESS "\xc0\x80")), CW_ERR_INPUT);
    assert_int_equal(decode_with_list(f, CW_LITERAL("\xd6\xd5" ADDRESS)), CW_ERR_INPUT);
    assert_int_equal(decode_with_list(f, CW_LITERAL("\xd7\xd6" ADDRESS "\x80")), CW_ERR_INPUT);
    assert_int_equal(decode_with_list(f, CW_LITERAL("\xd8\xd7" ADDRESS "\xc1\x01")), CW_ERR_INPUT);
    assert_int_equal(decode_with_list(f, CW_LITERAL("\xc1\x80")), CW_ERR_INPUT);
}

static void cw_tx_decode__legacy_v__only_what_eip_155_makes(void **state) {
    struct tx_fixture *f = *state;
    struct cw_tx tx;
    static const uint64_t refused[] = {0, 1, 26, 29, 30, 34, 35, 36};
    for (size_t i = 0; i < CW_COUNT(refused); i++) {
        assert_int_equal(decode_with_v(f, refused[i], &tx), CW_ERR_INPUT);
    }
    assert_int_equal(decode_with_v(f, 27, &tx), CW_OK);
    assert_int_equal(tx.chain_id.v, 0);
    assert_int_equal(decode_with_v(f, 38, &tx), CW_OK);
    assert_int_equal(tx.chain_id.v, 1);
    assert_int_equal(decode_with_v(f, UINT64_MAX - 1, &tx), CW_OK);
}

static void cw_tx_decode__fields_of_wrong_shape__named(void **state) {
    struct tx_fixture *f = *state;
    struct cw_tx tx;
    struct cw_signature signature;
    static const char *const names[] = {
        "chain id", "nonce", "maximum priority fee", "maximum fee", "gas limit", "recipient",
        "value",    "data",  "access list",          "v is",        "r is",      "s is"};
    /* Field i is a list where a string belongs (and the other way round for the access list). */
    for (size_t wrong = 0; wrong < CW_COUNT(names); wrong++) {
        uint8_t bytes[64] = {CW_TX_DYNAMIC_FEE};
        struct cw_rlp_out out = cw_rlp_out_to(bytes + 1, sizeof(bytes) - 1);
        for (size_t i = 0; i < CW_COUNT(names); i++) {
            bool list = (i == 8) != (i == wrong);
            cw_rlp_put_raw(&out, list ? CW_LITERAL("\xc0") : CW_LITERAL("\x80"));
        }
        cw_rlp_list_end(&out, 0);
        struct cw_error error = {CW_OK, ""};
        assert_int_equal(
            cw_tx_decode(&f->arena, &tx, &signature, cw_slice_of(bytes, 1 + out.n), &error),
            CW_ERR_INPUT);
        assert_non_null(strstr(error.text, names[wrong]));
    }
    static const char *const others[] = {"",     "\x05\xc0", "\x7f", "\x80",
                                         "\x01", "\x02\x80", "\xc0", "\x02\xc0\xc0"};
    for (size_t i = 0; i < CW_COUNT(others); i++) {
        assert_int_equal(cw_tx_decode(&f->arena, &tx, &signature,
                                      cw_slice_of(others[i], strlen(others[i])), NULL),
                         CW_ERR_INPUT);
    }
}

static void cw_tx__small_arenas__memory(void **state) {
    struct tx_fixture *f = *state;
    struct cw_tx tx = tx_sample(CW_TX_DYNAMIC_FEE), decoded;
    struct cw_slice raw, again;
    struct cw_signature signature;
    struct cw_addr20 sender;
    struct cw_arena none;
    assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, NULL, &tx, &tx_secret), CW_OK);
    cw_arena_init(&none, 0);
    assert_int_equal(cw_tx_decode(&none, &decoded, &signature, raw, NULL), CW_ERR_MEMORY);
    assert_int_equal(cw_tx_decode(&f->arena, &decoded, &signature, raw, NULL), CW_OK);
    assert_int_equal(cw_tx_sign(f->curve, &none, &again, NULL, &tx, &tx_secret), CW_ERR_MEMORY);
    assert_int_equal(cw_tx_recover(f->curve, &none, &sender, &tx, &signature), CW_ERR_MEMORY);
    /* Room for the entries, none for their keys. */
    cw_arena_init(&none, 150);
    assert_int_equal(cw_tx_decode(&none, &decoded, &signature, raw, NULL), CW_ERR_MEMORY);
    cw_arena_done(&none);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, tx_set_up, tx_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_fixture(cw_curve_address__known_secret__its_address),
        with_fixture(cw_curve__secrets_out_of_range__refused),
        with_fixture(cw_curve_recover__signatures__own_and_changed),
        cmocka_unit_test(cw_signature_is_low__half_order__the_last_low_one),
        with_fixture(cw_tx_sign__every_type__decodes_to_itself_and_its_sender),
        with_fixture(cw_tx_sign__example_of_eip_155__its_bytes),
        with_fixture(cw_tx_encode__what_no_chain_takes__refused),
        with_fixture(cw_tx_decode__mutations__refused_or_another_transaction),
        with_fixture(cw_tx_decode__legacy_v__only_what_eip_155_makes),
        with_fixture(cw_tx_decode__fields_of_wrong_shape__named),
        with_fixture(cw_tx_decode__r_or_s_out_of_range__refused),
        with_fixture(cw_tx_decode__access_entries__exactly_address_and_keys),
        with_fixture(cw_tx__small_arenas__memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
