#include <causeway/receipt.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/trie.h>

#include "vectors.h"

static const struct cw_receipt_log logs[2] = {
    {.address = {{1}}, .n_topics = 2, .topics = {{{2}}, {{3}}}, .data = {NULL, 0}},
    {.address = {{4}}, .n_topics = 0, .data = {(const uint8_t *)"data", 4}}};

static struct cw_slice encode(const struct cw_receipt *receipt, uint8_t *bytes, size_t capacity) {
    struct cw_rlp_out out = cw_rlp_out_to(bytes, capacity);
    assert_int_equal(cw_receipt_encode(&out, receipt), CW_OK);
    return cw_slice_of(bytes, out.n);
}

static size_t count_fields(struct cw_slice bytes) {
    struct cw_rlp members;
    size_t n;
    assert_int_equal(cw_rlp_open_list(&members, bytes), CW_OK);
    assert_int_equal(cw_rlp_count(&members, &n), CW_OK);
    return n;
}

static const uint8_t all_types[] = {0,    1,    2,    3,    4,    0x64,
                                    0x65, 0x66, 0x68, 0x69, 0x6a, CW_RECEIPT_DEPOSIT};

static void cw_receipt_encode__every_type__its_prefix_and_fields(void **state) {
    (void)state;
    uint8_t bytes[1024];
    for (size_t i = 0; i < CW_COUNT(all_types); i++) {
        struct cw_receipt receipt = {
            .type = all_types[i], .status = true, .cumulative_gas_used = 21000, .logs = logs};
        receipt.n_logs = 2;
        struct cw_slice out = encode(&receipt, bytes, sizeof(bytes));
        if (all_types[i] != 0) {
            assert_int_equal(out.p[0], all_types[i]);
            out = cw_slice_of(out.p + 1, out.n - 1);
        }
        assert_int_equal(count_fields(out), 4);
        assert_int_equal(cw_rlp_check(out), CW_OK);
    }
}

static void cw_receipt_encode__deposit_version__binds_the_nonce(void **state) {
    (void)state;
    uint8_t a[1024], b[1024];
    struct cw_receipt receipt = {.type = CW_RECEIPT_DEPOSIT, .status = true};
    struct cw_slice plain = encode(&receipt, a, sizeof(a));
    receipt.has_deposit_nonce = true;
    receipt.deposit_nonce = 77;
    struct cw_slice with_nonce = encode(&receipt, b, sizeof(b));
    assert_true(cw_slice_equal(plain, with_nonce));
    receipt.has_deposit_version = true;
    receipt.deposit_version = 1;
    struct cw_slice with_version = encode(&receipt, b, sizeof(b));
    assert_int_equal(count_fields(cw_slice_of(with_version.p + 1, with_version.n - 1)), 6);
    assert_int_equal(with_version.p[with_version.n - 2], 77);
    assert_int_equal(with_version.p[with_version.n - 1], 1);
}

static void cw_receipt_encode__before_byzantium__state_root(void **state) {
    (void)state;
    uint8_t bytes[1024];
    struct cw_receipt receipt = {.has_post_state = true, .post_state = {{0xab}}};
    struct cw_slice out = encode(&receipt, bytes, sizeof(bytes));
    assert_int_equal(out.p[3], 0xa0);
    assert_int_equal(out.p[4], 0xab);
}

static void cw_receipt_encode__what_no_type_has__refused(void **state) {
    (void)state;
    const struct cw_receipt_log crowded = {.n_topics = 5};
    const struct cw_receipt refused[] = {
        {.type = 5},
        {.type = 0x63},
        {.type = 0x67},
        {.type = 0x6b},
        {.type = CW_RECEIPT_NITRO_INTERNAL, .has_post_state = true},
        {.type = CW_RECEIPT_NITRO_SUBMIT, .has_deposit_nonce = true},
        {.type = 0x7f},
        {.type = 2, .has_post_state = true},
        {.type = 2, .has_deposit_nonce = true},
        {.type = 2, .has_deposit_version = true},
        {.type = CW_RECEIPT_DEPOSIT, .has_deposit_version = true},
        {.logs = &crowded, .n_logs = 1},
    };
    struct cw_arena arena;
    struct cw_hash32 root = {{0}};
    cw_arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < CW_COUNT(refused); i++) {
        struct cw_rlp_out out = cw_rlp_out_count();
        assert_int_equal(cw_receipt_encode(&out, &refused[i]), CW_ERR_INPUT);
        assert_int_equal(cw_receipts_root(&arena, &root, &refused[i], 1), CW_ERR_INPUT);
        assert_invalid(cw_receipts_verify(&arena, &root, &refused[i], 1));
    }
    uint8_t small[100];
    struct cw_rlp_out out = cw_rlp_out_to(small, sizeof(small));
    struct cw_receipt receipt = {.status = true};
    assert_int_equal(cw_receipt_encode(&out, &receipt), CW_ERR_LIMIT);
    assert_in_range(out.n, 260, 280);
    struct cw_bloom bloom;
    cw_receipt_bloom(&bloom, &refused[CW_COUNT(refused) - 1]);
    cw_arena_done(&arena);
}

/* --- decoding ------------------------------------------------------------------------------- */

static struct cw_receipt sample(uint8_t type) {
    struct cw_receipt receipt = {.type = type,
                                 .status = true,
                                 .cumulative_gas_used = 21000,
                                 .logs = logs,
                                 .n_logs = CW_COUNT(logs)};
    if (type == CW_RECEIPT_DEPOSIT) {
        receipt.has_deposit_nonce = receipt.has_deposit_version = true;
        receipt.deposit_nonce = 300;
        receipt.deposit_version = 1;
    }
    return receipt;
}

static void assert_same_receipt(const struct cw_receipt *a, const struct cw_receipt *b) {
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->has_post_state, b->has_post_state);
    assert_int_equal(a->status, b->status);
    assert_hash(a->post_state, b->post_state);
    assert_int_equal(a->cumulative_gas_used, b->cumulative_gas_used);
    assert_int_equal(a->has_deposit_nonce, b->has_deposit_nonce);
    assert_int_equal(a->deposit_nonce, b->deposit_nonce);
    assert_int_equal(a->has_deposit_version, b->has_deposit_version);
    assert_int_equal(a->deposit_version, b->deposit_version);
    assert_int_equal(a->n_logs, b->n_logs);
    for (size_t i = 0; i < a->n_logs; i++) {
        const struct cw_receipt_log *one = &a->logs[i], *other = &b->logs[i];
        assert_true(cw_addr20_equal(&one->address, &other->address));
        assert_int_equal(one->n_topics, other->n_topics);
        for (size_t j = 0; j < one->n_topics; j++) {
            assert_hash(one->topics[j], other->topics[j]);
        }
        assert_true(cw_slice_equal(one->data, other->data));
    }
}

static enum cw_err decode(struct cw_slice bytes, struct cw_receipt *receipt) {
    struct cw_arena arena;
    cw_arena_init(&arena, 1 << 16);
    enum cw_err err = cw_receipt_decode(&arena, receipt, NULL, bytes);
    cw_arena_done(&arena);
    return err;
}

static void cw_receipt_decode__every_type__itself_and_its_bloom(void **state) {
    (void)state;
    struct cw_arena arena;
    cw_arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < 2 * CW_COUNT(all_types) + 2; i++) {
        struct cw_receipt receipt = sample(all_types[i / 2 % CW_COUNT(all_types)]), decoded;
        if (i % 2 == 1) {
            receipt.n_logs = 0;
            receipt.status = false;
            receipt.has_deposit_nonce = receipt.has_deposit_version = false;
            receipt.deposit_nonce = receipt.deposit_version = 0;
        }
        if (i >= 2 * CW_COUNT(all_types)) {
            receipt.has_post_state = true;
            receipt.status = false;
            receipt.post_state = (struct cw_hash32){{0, 1}};
        }
        uint8_t bytes[1024];
        struct cw_slice in = encode(&receipt, bytes, sizeof(bytes));
        struct cw_bloom bloom, expected;
        assert_int_equal(cw_receipt_decode(&arena, &decoded, &bloom, in), CW_OK);
        assert_same_receipt(&decoded, &receipt);
        cw_receipt_bloom(&expected, &receipt);
        assert_memory_equal(bloom.b, expected.b, sizeof(bloom.b));
    }
    cw_arena_done(&arena);
}

/* What is accepted has one encoding only. */
static void cw_receipt_decode__every_changed_bit_and_cut__refused_or_another_receipt(void **state) {
    (void)state;
    for (size_t t = 0; t < CW_COUNT(all_types); t++) {
        struct cw_receipt receipt = sample(all_types[t]), decoded;
        uint8_t bytes[1024], again[1024];
        struct cw_slice in = encode(&receipt, bytes, sizeof(bytes) - 1);
        for (size_t i = 0; i < 8 * in.n; i++) {
            struct cw_arena arena;
            cw_arena_init(&arena, 1 << 16);
            bytes[i / 8] ^= (uint8_t)(1u << (i % 8));
            if (cw_receipt_decode(&arena, &decoded, NULL, in) == CW_OK) {
                assert_true(cw_slice_equal(encode(&decoded, again, sizeof(again)), in));
            }
            bytes[i / 8] ^= (uint8_t)(1u << (i % 8));
            cw_arena_done(&arena);
        }
        for (size_t cut = 0; cut < in.n; cut++) {
            assert_int_equal(decode(cw_slice_of(bytes, cut), &decoded), CW_ERR_INPUT);
        }
        bytes[in.n] = 0;
        assert_int_equal(decode(cw_slice_of(bytes, in.n + 1), &decoded), CW_ERR_INPUT);
    }
}

/* A receipt of type around these members, behind a bloom of zeros. */
static enum cw_err decode_members(uint8_t type, struct cw_slice before, size_t bloom_n,
                                  struct cw_slice behind) {
    static const uint8_t zeros[300];
    uint8_t bytes[1024] = {type};
    struct cw_rlp_out out = cw_rlp_out_to(bytes + 1, sizeof(bytes) - 1);
    struct cw_receipt receipt;
    cw_rlp_put_raw(&out, before);
    cw_rlp_put_string(&out, cw_slice_of(zeros, bloom_n));
    cw_rlp_put_raw(&out, behind);
    cw_rlp_list_end(&out, 0);
    assert_false(out.failed);
    size_t skip = type == CW_RECEIPT_LEGACY;
    return decode(cw_slice_of(bytes + skip, 1 + out.n - skip), &receipt);
}

static void cw_receipt_decode__fields_out_of_range__refused(void **state) {
    (void)state;
    const struct cw_slice ok = CW_LITERAL("\x01\x80"), no_logs = CW_LITERAL("\xc0");
    const uint8_t deposit = CW_RECEIPT_DEPOSIT;
    assert_int_equal(decode_members(0, ok, 256, no_logs), CW_OK);
    assert_int_equal(decode_members(2, ok, 256, no_logs), CW_OK);
    assert_int_equal(decode_members(2, ok, 255, no_logs), CW_ERR_INPUT);
    assert_int_equal(decode_members(2, ok, 257, no_logs), CW_ERR_INPUT);
    assert_int_equal(decode_members(2, ok, 256, CW_LITERAL("\xc0\x80")), CW_ERR_INPUT);
    assert_int_equal(decode_members(2, ok, 256, CW_LITERAL("\x80")), CW_ERR_INPUT);
    assert_int_equal(decode_members(2, ok, 256, CW_LITERAL("")), CW_ERR_INPUT);
    assert_int_equal(decode_members(2, ok, 256, CW_LITERAL("\xc1\xc0")), CW_ERR_INPUT);
    /* the type as a byte of its own, unknown types */
    assert_int_equal(decode_members(5, ok, 256, no_logs), CW_ERR_INPUT);
    assert_int_equal(decode_members(0x67, ok, 256, no_logs), CW_ERR_INPUT);
    assert_int_equal(decode_members(0x7f, ok, 256, no_logs), CW_ERR_INPUT);
    struct cw_receipt receipt;
    assert_int_equal(decode(CW_LITERAL("\x00\xc0"), &receipt), CW_ERR_INPUT);
    /* status */
    assert_int_equal(decode_members(2, CW_LITERAL("\x02\x80"), 256, no_logs), CW_ERR_INPUT);
    assert_int_equal(decode_members(2, CW_LITERAL("\x00\x80"), 256, no_logs), CW_ERR_INPUT);
    const struct cw_slice root = CW_LITERAL("\xa0"
                                            "12345678901234567890123456789012"
                                            "\x80");
    assert_int_equal(decode_members(0, root, 256, no_logs), CW_OK);
    assert_int_equal(decode_members(1, root, 256, no_logs), CW_ERR_INPUT);
    assert_int_equal(decode_members(deposit, root, 256, no_logs), CW_ERR_INPUT);
    /* a deposit's nonce and version */
    assert_int_equal(decode_members(deposit, ok, 256, no_logs), CW_OK);
    assert_int_equal(decode_members(deposit, ok, 256, CW_LITERAL("\xc0\x05")), CW_ERR_INPUT);
    assert_int_equal(decode_members(deposit, ok, 256, CW_LITERAL("\xc0\x05\x01")), CW_OK);
    assert_int_equal(decode_members(deposit, ok, 256, CW_LITERAL("\xc0\x05\x01\x01")),
                     CW_ERR_INPUT);
    assert_int_equal(decode_members(2, ok, 256, CW_LITERAL("\xc0\x05\x01")), CW_ERR_INPUT);
}

static void cw_receipt_decode__logs__exactly_address_topics_and_data(void **state) {
    (void)state;
#define ADDRESS                                                                                    \
    "\x94"                                                                                         \
    "12345678901234567890"
#define TOPIC                                                                                      \
    "\xa0"                                                                                         \
    "12345678901234567890123456789012"
    /* The bloom stays zero: a log that can be read is contradicted by it. */
    const struct {
        struct cw_slice logs;
        enum cw_err err;
    } cases[] = {
        {CW_LITERAL("\xd8\xd7" ADDRESS "\xc0\x80"), CW_ERR_CONTRADICTED},
        {CW_LITERAL("\xf8\x9e\xf8\x9c" ADDRESS "\xf8\x84" TOPIC TOPIC TOPIC TOPIC "\x80"),
         CW_ERR_CONTRADICTED},
        {CW_LITERAL("\xf8\xbf\xf8\xbd" ADDRESS "\xf8\xa5" TOPIC TOPIC TOPIC TOPIC TOPIC "\x80"),
         CW_ERR_INPUT},
        {CW_LITERAL("\xd9\xd8" ADDRESS "\xc1\x01\x80"), CW_ERR_INPUT},
        {CW_LITERAL("\xd9\xd8" ADDRESS "\xc0\x80\x80"), CW_ERR_INPUT},
        {CW_LITERAL("\xd8\xd7" ADDRESS "\xc0\xc0"), CW_ERR_INPUT},
        {CW_LITERAL("\xd8\xd7" ADDRESS "\x80\x80"), CW_ERR_INPUT},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        assert_int_equal(decode_members(2, CW_LITERAL("\x01\x80"), 256, cases[i].logs),
                         cases[i].err);
    }
}

static void cw_receipt_decode__small_arena__memory(void **state) {
    (void)state;
    struct cw_receipt receipt = sample(2), decoded;
    uint8_t bytes[1024];
    struct cw_slice in = encode(&receipt, bytes, sizeof(bytes));
    struct cw_arena none;
    cw_arena_init(&none, 0);
    assert_int_equal(cw_receipt_decode(&none, &decoded, NULL, in), CW_ERR_MEMORY);
    cw_arena_done(&none);
}

/* --- roots ---------------------------------------------------------------------------------- */

static void cw_withdrawals_root__one__the_leaf_by_hand(void **state) {
    (void)state;
    struct cw_arena arena;
    struct cw_hash32 root, expected;
    cw_arena_init(&arena, 1 << 16);
    const struct cw_withdrawal withdrawal = {1, 128, {{0xaa}}, 0};
    /* [hex-prefix(8, 0; leaf), [1, 0x80, address, 0]] */
    static const uint8_t leaf[] = {0xde, 0x82, 0x20, 0x80, 0x9a, 0xd9, 0x01, 0x81, 0x80, 0x94, 0xaa,
                                   0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
                                   0,    0,    0,    0,    0,    0,    0,    0,    0x80};
    cw_keccak256(&expected, cw_slice_of(leaf, sizeof(leaf)));
    assert_int_equal(cw_withdrawals_root(&arena, &root, &withdrawal, 1), CW_OK);
    assert_hash(root, expected);
    assert_int_equal(cw_withdrawals_root(&arena, &root, NULL, 0), CW_OK);
    assert_hash(root, CW_EMPTY_TRIE_ROOT);
    /* The longest of encodings fit. */
    struct cw_withdrawal longest = {UINT64_MAX, UINT64_MAX, {{0xff}}, UINT64_MAX};
    assert_int_equal(cw_withdrawals_root(&arena, &expected, &longest, 1), CW_OK);
    longest.amount--;
    assert_int_equal(cw_withdrawals_root(&arena, &root, &longest, 1), CW_OK);
    assert_false(cw_hash32_equal(&root, &expected));
    cw_arena_done(&arena);
    cw_arena_init(&arena, 0);
    assert_int_equal(cw_withdrawals_root(&arena, &root, &withdrawal, 1), CW_ERR_MEMORY);
    cw_arena_done(&arena);
}

static void cw_transactions_root__raws__as_they_are(void **state) {
    (void)state;
    struct cw_arena arena;
    struct cw_hash32 root, list_root;
    cw_arena_init(&arena, 1 << 16);
    const struct cw_slice raws[3] = {CW_LITERAL("one"), CW_LITERAL("two"), {NULL, 0}};
    assert_int_equal(cw_transactions_root(&arena, &root, raws, 2), CW_OK);
    assert_int_equal(cw_trie_list_root(&arena, &list_root, raws, 2), CW_OK);
    assert_hash(root, list_root);
    assert_int_equal(cw_transactions_root(&arena, &root, raws, 3), CW_ERR_INPUT);
    assert_int_equal(cw_transactions_root(&arena, &root, NULL, 0), CW_OK);
    assert_hash(root, CW_EMPTY_TRIE_ROOT);
    cw_arena_done(&arena);
}

static void cw_receipts_root__no_receipts__empty_trie(void **state) {
    (void)state;
    struct cw_arena arena;
    struct cw_hash32 root;
    cw_arena_init(&arena, 1 << 16);
    assert_int_equal(cw_receipts_root(&arena, &root, NULL, 0), CW_OK);
    assert_hash(root, CW_EMPTY_TRIE_ROOT);
    cw_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_receipt_encode__every_type__its_prefix_and_fields),
        cmocka_unit_test(cw_receipt_encode__deposit_version__binds_the_nonce),
        cmocka_unit_test(cw_receipt_encode__before_byzantium__state_root),
        cmocka_unit_test(cw_receipt_encode__what_no_type_has__refused),
        cmocka_unit_test(cw_receipt_decode__every_type__itself_and_its_bloom),
        cmocka_unit_test(cw_receipt_decode__every_changed_bit_and_cut__refused_or_another_receipt),
        cmocka_unit_test(cw_receipt_decode__fields_out_of_range__refused),
        cmocka_unit_test(cw_receipt_decode__logs__exactly_address_topics_and_data),
        cmocka_unit_test(cw_receipt_decode__small_arena__memory),
        cmocka_unit_test(cw_withdrawals_root__one__the_leaf_by_hand),
        cmocka_unit_test(cw_transactions_root__raws__as_they_are),
        cmocka_unit_test(cw_receipts_root__no_receipts__empty_trie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
