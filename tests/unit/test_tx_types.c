/* What EIP-4844, EIP-7702 and deposits add. */
#include <causeway/tx.h>

#include <string.h>

#include <causeway/rlp.h>

#include "tx_fixture.h"

/* The samples signed by the development account. Source: ethers 6; the one of EIP-7702 is read the
 * same by @ethereumjs/tx 10. */
static const char blob_raw[] =
    "0x03f90127827a6907843b9aca00847735940082520894709900000000000000000000000000000000000001"
    "83010203f872f859944200000000000000000000000000000000000000f842a0010000000000000000000000"
    "0000000000000000000000000000000000000000a00200000000000000000000000000000000000000000000"
    "000000000000000000d6944300000000000000000000000000000000000000c003f842a001aa000000000000"
    "000000000000000000000000000000000000000000000000a001000000000000000000000000000000000000"
    "0000000000000000000000000080a0b50a7b5b0ab301d59ffc66eeb695dd123fe48f02a128c362568407f3c1"
    "aa73f9a0708236f8e55f7d0a5d5f7e9b67f44a488fec1b44c12a740fa6604acbba979cfe";
static const char blob_hash[] =
    "0x92d9e866fd73f5f67fa43a2fa9c29931dff09a46cffeb547394970b3cbed2648";
static const char set_code_raw[] =
    "0x04f9019e827a6907843b9aca00847735940082520894709900000000000000000000000000000000000001"
    "83010203f872f859944200000000000000000000000000000000000000f842a0010000000000000000000000"
    "0000000000000000000000000000000000000000a00200000000000000000000000000000000000000000000"
    "000000000000000000d6944300000000000000000000000000000000000000c0f8baf85c827a699455000000"
    "000000000000000000000000000000000801a0cb0a5c1190f5c553dd00c841c5db716ce3bc880bda5d1687c9"
    "94997edec46ab3a03fdba2357c8e92a5b0ffa46b2aafafb824c2e76e2c5dc127563afbc3a9337309f85a8094"
    "00000000000000000000000000000000000000008001a070b437fd41dca9a17199da4c836d90395d10ec5f50"
    "ab848e50a71674973cebfda021a5806d6b458b14982e287adf385fd64bcfcac34abeb101cb672d40097aa437"
    "80a0eecd61c7063a787d958a6843a2e19978eff69a75246e30baed941c9ad7ccf812a00862298173228657a8"
    "09f409f37b19f553d34cecec1df8073c4e716a76243029";
static const char set_code_hash[] =
    "0x900e4a3f3ad7f985b3029b0293b6a35d7fab2bcf688a5ee47507821655dfe1b7";

static void check_signed(struct tx_fixture *f, enum cw_tx_type type, const char *raw_text,
                         const char *hash_text) {
    struct cw_tx tx = tx_sample(type);
    struct cw_slice raw;
    struct cw_hash32 hash;
    char text[1024];
    assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, &hash, &tx, &tx_secret), CW_OK);
    assert_in_range(CW_HEX_SIZE(raw.n), 1, sizeof(text));
    assert_string_equal(cw_hex_encode(text, raw), raw_text);
    assert_string_equal(cw_hex_encode(text, cw_slice_of(hash.b, 32)), hash_text);
}

static void cw_tx_sign__blob_and_set_code__bytes_of_another_library(void **state) {
    struct tx_fixture *f = *state;
    check_signed(f, CW_TX_BLOB, blob_raw, blob_hash);
    check_signed(f, CW_TX_SET_CODE, set_code_raw, set_code_hash);
}

static void assert_refused(struct tx_fixture *f, struct cw_tx tx, const char *reason) {
    struct cw_slice raw;
    const char *actual = cw_tx_refusal(&tx);
    assert_non_null(actual);
    assert_non_null(strstr(actual, reason));
    assert_int_equal(cw_tx_encode_unsigned(&f->arena, &raw, &tx), CW_ERR_INPUT);
}

static void cw_tx_refusal__samples__none(void **state) {
    (void)state;
    static const enum cw_tx_type types[] = {CW_TX_LEGACY, CW_TX_ACCESS_LIST, CW_TX_DYNAMIC_FEE,
                                            CW_TX_BLOB,   CW_TX_SET_CODE,    CW_TX_DEPOSIT};
    for (size_t i = 0; i < CW_COUNT(types); i++) {
        struct cw_tx tx = tx_sample(types[i]);
        assert_null(cw_tx_refusal(&tx));
    }
}

static void cw_tx_refusal__what_no_fork_takes__its_reason(void **state) {
    struct tx_fixture *f = *state;
    static const struct cw_hash32 other_version[2] = {{{1}}, {{2}}};
    struct cw_tx tx = tx_sample(CW_TX_BLOB);
    tx.has_to = false;
    assert_refused(f, tx, "creates no contract");
    tx = tx_sample(CW_TX_BLOB);
    tx.n_blob_hashes = 0;
    assert_refused(f, tx, "at least one blob");
    tx = tx_sample(CW_TX_BLOB);
    tx.blob_hashes = other_version;
    assert_refused(f, tx, "version 1");
    tx = tx_sample(CW_TX_BLOB);
    tx.max_blob_fee.v.limb[3] = (uint64_t)1 << 46; /* 2^238 wei for 2^18 gas */
    assert_refused(f, tx, "blob gas");
    tx.max_blob_fee.v.limb[3]--;
    assert_null(cw_tx_refusal(&tx));
    tx = tx_sample(CW_TX_BLOB);
    tx.max_tip.v = cw_u256_from_u64(2000000001);
    assert_refused(f, tx, "priority fee");
    tx = tx_sample(CW_TX_SET_CODE);
    tx.has_to = false;
    assert_refused(f, tx, "creates no contract");
    tx = tx_sample(CW_TX_SET_CODE);
    tx.n_authorizations = 0;
    assert_refused(f, tx, "at least one authorization");
    tx = tx_sample(CW_TX_SET_CODE);
    tx.chain_id.v = 0;
    assert_refused(f, tx, "chain id is zero");
}

static void cw_tx_refusal__fields_of_another_type__refused(void **state) {
    struct tx_fixture *f = *state;
    struct cw_tx tx = tx_sample(CW_TX_DYNAMIC_FEE);
    tx.n_blob_hashes = 2;
    tx.blob_hashes = tx_blob_hashes;
    assert_refused(f, tx, "EIP-4844");
    tx = tx_sample(CW_TX_SET_CODE);
    tx.max_blob_fee.v = cw_u256_from_u64(1);
    assert_refused(f, tx, "EIP-4844");
    tx = tx_sample(CW_TX_BLOB);
    tx.n_authorizations = 1;
    tx.authorizations = tx_authorizations;
    assert_refused(f, tx, "EIP-7702");
    tx = tx_sample(CW_TX_LEGACY);
    tx.is_system = true;
    assert_refused(f, tx, "deposit");
    tx = tx_sample(CW_TX_LEGACY);
    tx.mint.v = cw_u256_from_u64(1);
    assert_refused(f, tx, "deposit");
    tx = tx_sample(CW_TX_LEGACY);
    tx.from = tx_account;
    assert_refused(f, tx, "deposit");
    tx = tx_sample(CW_TX_LEGACY);
    tx.source_hash.b[31] = 1;
    assert_refused(f, tx, "deposit");
    tx = tx_sample(CW_TX_DEPOSIT);
    tx.nonce = 1;
    assert_refused(f, tx, "a deposit has no");
    tx = tx_sample(CW_TX_DEPOSIT);
    tx.chain_id.v = 10;
    assert_refused(f, tx, "a deposit has no");
    tx = tx_sample(CW_TX_DEPOSIT);
    tx.max_fee.v = cw_u256_from_u64(1);
    assert_refused(f, tx, "a deposit has no");
    tx = tx_sample(CW_TX_DEPOSIT);
    tx.access_list = tx_access_list;
    tx.n_access_list = 1;
    assert_refused(f, tx, "a deposit has no");
}

/* --- deposits ------------------------------------------------------------------------------- */

static void cw_tx_decode__deposit__itself_without_a_signature(void **state) {
    struct tx_fixture *f = *state;
    for (int creation = 0; creation < 2; creation++) {
        struct cw_tx tx = tx_sample(CW_TX_DEPOSIT), decoded;
        struct cw_signature none = {.y_parity = 0}, signature = {.y_parity = 9};
        struct cw_slice raw, again;
        struct cw_addr20 sender;
        tx.has_to = creation == 0;
        assert_int_equal(cw_tx_encode_unsigned(&f->arena, &raw, &tx), CW_OK);
        assert_int_equal(raw.p[0], 0x7e);
        assert_int_equal(cw_tx_decode(&f->arena, &decoded, &signature, raw, NULL), CW_OK);
        tx_assert_same(&decoded, &tx);
        assert_memory_equal(&signature, &none, sizeof(none));
        assert_int_equal(cw_tx_encode_signed(&f->arena, &again, &decoded, &signature), CW_OK);
        assert_true(cw_slice_equal(again, raw));
        assert_int_equal(cw_tx_recover(f->curve, &f->arena, &sender, &decoded, &signature), CW_OK);
        assert_true(cw_addr20_equal(&sender, &tx.from));
    }
}

static void cw_tx__deposit__nothing_to_sign(void **state) {
    struct tx_fixture *f = *state;
    struct cw_tx tx = tx_sample(CW_TX_DEPOSIT);
    struct cw_hash32 hash;
    struct cw_slice raw;
    assert_int_equal(cw_tx_signing_hash(&f->arena, &hash, &tx), CW_ERR_INPUT);
    assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, NULL, &tx, &tx_secret), CW_ERR_INPUT);
    struct cw_signature signature = {.y_parity = 1};
    assert_int_equal(cw_tx_encode_signed(&f->arena, &raw, &tx, &signature), CW_ERR_INPUT);
    signature = (struct cw_signature){.r = {{1}}};
    assert_int_equal(cw_tx_encode_signed(&f->arena, &raw, &tx, &signature), CW_ERR_INPUT);
    signature = (struct cw_signature){.s = {{1}}};
    assert_int_equal(cw_tx_encode_signed(&f->arena, &raw, &tx, &signature), CW_ERR_INPUT);
}

/* --- lists in wrong shape ------------------------------------------------------------------- */

/* The raw bytes of type with its members as given, one slice each. */
static struct cw_slice pack(struct tx_fixture *f, uint8_t type, const struct cw_slice *members,
                            size_t n) {
    uint8_t *bytes = cw_arena_alloc(&f->arena, 1024);
    assert_non_null(bytes);
    bytes[0] = type;
    struct cw_rlp_out out = cw_rlp_out_to(bytes + 1, 1023);
    for (size_t i = 0; i < n; i++) {
        cw_rlp_put_raw(&out, members[i]);
    }
    cw_rlp_list_end(&out, 0);
    assert_false(out.failed);
    return cw_slice_of(bytes, 1 + out.n);
}

/* The members of a sample, each with its prefix. */
static size_t unpack(struct tx_fixture *f, enum cw_tx_type type, struct cw_slice members[16]) {
    struct cw_tx tx = tx_sample(type);
    struct cw_slice raw;
    struct cw_rlp at;
    size_t n = 0;
    if (type == CW_TX_DEPOSIT) {
        assert_int_equal(cw_tx_encode_unsigned(&f->arena, &raw, &tx), CW_OK);
    } else {
        assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, NULL, &tx, &tx_secret), CW_OK);
    }
    assert_int_equal(cw_rlp_open_list(&at, cw_slice_of(raw.p + 1, raw.n - 1)), CW_OK);
    while (!cw_rlp_at_end(&at)) {
        struct cw_rlp_item item;
        assert_true(n < 16);
        assert_int_equal(cw_rlp_next(&at, &item), CW_OK);
        members[n++] = item.whole;
    }
    return n;
}

/* CW_OK, or the refusal's text has to hold reason. */
static void assert_decodes(struct tx_fixture *f, struct cw_slice raw, const char *reason) {
    struct cw_tx tx;
    struct cw_signature signature;
    struct cw_error error = {CW_OK, ""};
    enum cw_err err = cw_tx_decode(&f->arena, &tx, &signature, raw, &error);
    if (reason == NULL) {
        assert_int_equal(err, CW_OK);
        return;
    }
    assert_int_equal(err, CW_ERR_INPUT);
    if (strstr(error.text, reason) == NULL) {
        fail_msg("\"%s\" says nothing of \"%s\"", error.text, reason);
    }
}

static void cw_tx_decode__fields_of_wrong_shape__named_for_each_type(void **state) {
    struct tx_fixture *f = *state;
    static const char *const blob[] = {"chain id",
                                       "nonce",
                                       "maximum priority fee",
                                       "maximum fee",
                                       "gas limit",
                                       "recipient",
                                       "value",
                                       "data",
                                       "access list",
                                       "maximum blob fee",
                                       "list of blob hashes",
                                       "v is",
                                       "r is",
                                       "s is"};
    static const char *const set_code[] = {
        "chain id", "nonce", "maximum priority fee", "maximum fee",        "gas limit", "recipient",
        "value",    "data",  "access list",          "authorization list", "v is",      "r is",
        "s is"};
    static const char *const deposit[] = {"source hash", "sender",    "recipient",          "mint",
                                          "value",       "gas limit", "system transaction", "data"};
    static const struct {
        enum cw_tx_type type;
        const char *const *names;
        size_t n;
    } cases[] = {{CW_TX_BLOB, blob, CW_COUNT(blob)},
                 {CW_TX_SET_CODE, set_code, CW_COUNT(set_code)},
                 {CW_TX_DEPOSIT, deposit, CW_COUNT(deposit)}};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_slice members[17];
        uint8_t type = (uint8_t)cases[i].type;
        size_t n = unpack(f, cases[i].type, members);
        assert_int_equal(n, cases[i].n);
        assert_decodes(f, pack(f, type, members, n), NULL);
        for (size_t wrong = 0; wrong < n; wrong++) {
            struct cw_slice member = members[wrong];
            /* A string where a list belongs, or a list of one where a string does. */
            members[wrong] = member.p[0] >= 0xc0 ? CW_LITERAL("\x80") : CW_LITERAL("\xc1\x01");
            bool first_of_blob = cases[i].type == CW_TX_BLOB && wrong == 0;
            assert_decodes(f, pack(f, type, members, n),
                           first_of_blob ? "network form" : cases[i].names[wrong]);
            assert_decodes(f, pack(f, type, members, wrong),
                           cases[i].names[wrong]); /* ends before it */
            members[wrong] = member;
        }
        members[n] = CW_LITERAL("\x80");
        assert_decodes(f, pack(f, type, members, n + 1), "more fields");
    }
}

static void cw_tx_decode__blob_with_its_blobs__says_which_form(void **state) {
    struct tx_fixture *f = *state;
    struct cw_slice members[16], parts[4];
    size_t n = unpack(f, CW_TX_BLOB, members);
    struct cw_slice inner = pack(f, CW_TX_BLOB, members, n);
    parts[0] = cw_slice_of(inner.p + 1, inner.n - 1);
    parts[1] = parts[2] = parts[3] = CW_LITERAL("\xc0");
    assert_decodes(f, pack(f, CW_TX_BLOB, parts, 4), "network form");
}

static void cw_tx_decode__authorizations__exactly_six_in_their_ranges(void **state) {
    struct tx_fixture *f = *state;
#define ADDRESS                                                                                    \
    "\x94"                                                                                         \
    "12345678901234567890"
#define NONCE_MAX "\x88\xff\xff\xff\xff\xff\xff\xff\xff"
    const struct {
        struct cw_slice list;
        const char *reason;
    } cases[] = {
        /* Neither a signature that fits no key nor the last nonce nor a parity over 1 makes the
         * transaction invalid. */
        {CW_LITERAL("\xdb\xda\x80" ADDRESS "\x80\x80\x80\x80"), NULL},
        {CW_LITERAL("\xe3\xe2\x80" ADDRESS NONCE_MAX "\x80\x80\x80"), NULL},
        {CW_LITERAL("\xdc\xdb\x80" ADDRESS "\x80\x81\xff\x80\x80"), NULL},
        /* parity and nonce too long */
        {CW_LITERAL("\xdd\xdc\x80" ADDRESS "\x80\x82\x01\x01\x80\x80"), "authorization list"},
        {CW_LITERAL("\xe4\xe3\x80" ADDRESS "\x89\x01\x02\x03\x04\x05\x06\x07\x08\x09\x80\x80\x80"),
         "authorization list"},
        /* one member too many, one too few, a zero byte for zero */
        {CW_LITERAL("\xdc\xdb\x80" ADDRESS "\x80\x80\x80\x80\x80"), "authorization list"},
        {CW_LITERAL("\xda\xd9\x80" ADDRESS "\x80\x80\x80"), "authorization list"},
        {CW_LITERAL("\xdb\xda\x00" ADDRESS "\x80\x80\x80\x80"), "authorization list"},
        /* no lists inside; more entries than the bytes could hold; none */
        {CW_LITERAL("\x9b" ADDRESS "1234567"), "authorization list"},
        {CW_LITERAL("\xdb\xc0\xc0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
                    "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"),
         "authorization list"},
        {CW_LITERAL("\xc0"), "at least one"},
    };
    struct cw_slice members[16];
    size_t n = unpack(f, CW_TX_SET_CODE, members);
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        members[9] = cases[i].list;
        assert_decodes(f, pack(f, CW_TX_SET_CODE, members, n), cases[i].reason);
    }
}

static void cw_tx_decode__blob_hashes__whole_and_of_version_1(void **state) {
    struct tx_fixture *f = *state;
    struct cw_slice members[16];
    size_t n = unpack(f, CW_TX_BLOB, members);
    members[10] = CW_LITERAL("\xc0");
    assert_decodes(f, pack(f, CW_TX_BLOB, members, n), "at least one");
    members[10] = CW_LITERAL("\xe1\xa0"
                             "\x02"
                             "1234567890123456789012345678901");
    assert_decodes(f, pack(f, CW_TX_BLOB, members, n), "version 1");
    members[10] = CW_LITERAL("\xe0\x9f"
                             "\x01"
                             "123456789012345678901234567890");
    assert_decodes(f, pack(f, CW_TX_BLOB, members, n), "blob hashes");
}

static void cw_tx_decode__small_arenas__memory_for_every_list(void **state) {
    struct tx_fixture *f = *state;
    for (int type = CW_TX_BLOB; type <= CW_TX_SET_CODE; type++) {
        struct cw_tx tx = tx_sample((enum cw_tx_type)type), decoded;
        struct cw_signature signature;
        struct cw_slice raw;
        assert_int_equal(cw_tx_sign(f->curve, &f->arena, &raw, NULL, &tx, &tx_secret), CW_OK);
        enum cw_err err = CW_ERR_MEMORY;
        size_t n_refused = 0;
        for (size_t max = 0; err != CW_OK; max += 16) {
            struct cw_arena arena;
            struct cw_error error = {CW_OK, ""};
            cw_arena_init(&arena, max);
            err = cw_tx_decode(&arena, &decoded, &signature, raw, &error);
            cw_arena_done(&arena);
            if (err != CW_OK) {
                assert_int_equal(err, CW_ERR_MEMORY);
                assert_non_null(strstr(error.text, "too large"));
                n_refused++;
            }
        }
        assert_in_range(n_refused, 3, 1000);
    }
}

/* --- authorizations ------------------------------------------------------------------------- */

/* Source of the digests: ethers 6. */
static void cw_authorization_recover__samples__their_signers(void **state) {
    struct tx_fixture *f = *state;
    static const char *const digests[] = {
        "0x816c457fd08df1c3539757860270573d031115f96f39b425d2170fd6b533f738",
        "0x47a11722d19dd800b7c679d90322b58f77db7465a9e9d3442aadfcade4121b7d"};
    static const char *const signers[] = {"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
                                          "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"};
    for (size_t i = 0; i < 2; i++) {
        struct cw_hash32 hash;
        struct cw_addr20 signer;
        char text[CW_HEX_SIZE(32)];
        cw_authorization_hash(&hash, &tx_authorizations[i]);
        assert_string_equal(cw_hex_encode(text, cw_slice_of(hash.b, 32)), digests[i]);
        assert_int_equal(cw_authorization_recover(f->curve, &signer, &tx_authorizations[i]), CW_OK);
        assert_string_equal(cw_hex_encode(text, cw_slice_of(signer.b, 20)), signers[i]);
    }
}

static void cw_authorization_recover__what_is_passed_over__refused(void **state) {
    struct tx_fixture *f = *state;
    struct cw_addr20 signer;
    struct cw_authorization changed = tx_authorizations[0];
    changed.nonce = UINT64_MAX;
    assert_int_equal(cw_authorization_recover(f->curve, &signer, &changed), CW_ERR_INPUT);
    changed.nonce = UINT64_MAX - 1;
    assert_int_equal(cw_authorization_recover(f->curve, &signer, &changed), CW_OK);
    assert_false(cw_addr20_equal(&signer, &tx_account));
    changed = tx_authorizations[0];
    changed.y_parity = 2;
    assert_int_equal(cw_authorization_recover(f->curve, &signer, &changed), CW_ERR_INPUT);
    changed = tx_authorizations[0];
    changed.s.b[0] |= 0x80;
    assert_int_equal(cw_authorization_recover(f->curve, &signer, &changed), CW_ERR_INPUT);
    changed = tx_authorizations[0];
    changed.chain_id.limb[3] = UINT64_MAX; /* the longest of encodings */
    changed.chain_id.limb[2] = UINT64_MAX;
    changed.nonce = UINT64_MAX - 1;
    struct cw_hash32 hash, other;
    cw_authorization_hash(&hash, &changed);
    changed.nonce--;
    cw_authorization_hash(&other, &changed);
    assert_false(cw_hash32_equal(&hash, &other));
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, tx_set_up, tx_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_fixture(cw_tx_sign__blob_and_set_code__bytes_of_another_library),
        cmocka_unit_test(cw_tx_refusal__samples__none),
        with_fixture(cw_tx_refusal__what_no_fork_takes__its_reason),
        with_fixture(cw_tx_refusal__fields_of_another_type__refused),
        with_fixture(cw_tx_decode__deposit__itself_without_a_signature),
        with_fixture(cw_tx__deposit__nothing_to_sign),
        with_fixture(cw_tx_decode__fields_of_wrong_shape__named_for_each_type),
        with_fixture(cw_tx_decode__blob_with_its_blobs__says_which_form),
        with_fixture(cw_tx_decode__authorizations__exactly_six_in_their_ranges),
        with_fixture(cw_tx_decode__blob_hashes__whole_and_of_version_1),
        with_fixture(cw_tx_decode__small_arenas__memory_for_every_list),
        with_fixture(cw_authorization_recover__samples__their_signers),
        with_fixture(cw_authorization_recover__what_is_passed_over__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
