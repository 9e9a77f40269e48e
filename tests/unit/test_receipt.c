#include <causeway/receipt.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/mpt.h>
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

static void cw_receipt_encode__every_type__its_prefix_and_fields(void **state) {
    (void)state;
    static const uint8_t types[] = {0, 1, 2, 3, 4, CW_RECEIPT_DEPOSIT};
    uint8_t bytes[1024];
    for (size_t i = 0; i < CW_COUNT(types); i++) {
        struct cw_receipt receipt = {
            .type = types[i], .status = true, .cumulative_gas_used = 21000, .logs = logs};
        receipt.n_logs = 2;
        struct cw_slice out = encode(&receipt, bytes, sizeof(bytes));
        if (types[i] != 0) {
            assert_int_equal(out.p[0], types[i]);
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
    cw_receipt_bloom(&bloom, &refused[6]);
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

/* --- tries ---------------------------------------------------------------------------------- */

static void cw_trie_root__bad_entries__refused(void **state) {
    (void)state;
    static const uint8_t long_key[CW_TRIE_KEY_MAX + 1] = {9};
    struct cw_slice x = CW_LITERAL("x"), nothing = {NULL, 0};
    struct cw_hash32 root;
    const struct cw_trie_entry unsorted[] = {{CW_LITERAL("b"), x}, {CW_LITERAL("a"), x}};
    const struct cw_trie_entry doubled[] = {{CW_LITERAL("a"), x}, {CW_LITERAL("a"), x}};
    const struct cw_trie_entry prefix_last[] = {{CW_LITERAL("ab"), x}, {CW_LITERAL("a"), x}};
    const struct cw_trie_entry no_key = {nothing, x}, no_value = {x, nothing};
    const struct cw_trie_entry too_long = {cw_slice_of(long_key, sizeof(long_key)), x};
    assert_int_equal(cw_trie_root(&root, unsorted, 2), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&root, doubled, 2), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&root, prefix_last, 2), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&root, &no_key, 1), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&root, &no_value, 1), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&root, &too_long, 1), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&root, NULL, 0), CW_OK);
    assert_hash(root, CW_EMPTY_TRIE_ROOT);
}

static void cw_trie_list_root__every_size__same_as_sorted_entries(void **state) {
    (void)state;
    static uint8_t keys[300][9], values[300][2];
    static struct cw_trie_entry entries[300];
    static struct cw_slice list[300];
    for (size_t n = 1; n <= 300; n += n < 135 ? 1 : 13) {
        size_t n_entries = 0;
        for (size_t i = 0; i < n; i++) {
            struct cw_rlp_out out = cw_rlp_out_to(keys[i], sizeof(keys[i]));
            cw_rlp_put_u64(&out, i);
            values[i][0] = (uint8_t)(i + 1);
            values[i][1] = (uint8_t)(i >> 7 | 1);
            list[i] = cw_slice_of(values[i], 2);
            struct cw_trie_entry entry = {cw_slice_of(keys[i], out.n), list[i]};
            size_t at = n_entries++;
            for (; at > 0; at--) {
                const struct cw_slice *other = &entries[at - 1].key;
                size_t shorter = other->n < out.n ? other->n : out.n;
                int order = memcmp(other->p, keys[i], shorter);
                if (order < 0 || (order == 0 && other->n < out.n)) {
                    break;
                }
                entries[at] = entries[at - 1];
            }
            entries[at] = entry;
        }
        struct cw_arena arena;
        struct cw_hash32 a, b;
        cw_arena_init(&arena, 1 << 20);
        assert_int_equal(cw_trie_root(&a, entries, n), CW_OK);
        assert_int_equal(cw_trie_list_root(&arena, &b, list, n), CW_OK);
        assert_hash(a, b);
        cw_arena_done(&arena);
        cw_arena_init(&arena, n);
        assert_int_equal(cw_trie_list_root(&arena, &b, list, n), CW_ERR_MEMORY);
        cw_arena_done(&arena);
    }
}

/* The deepest trie that is taken: keys that share all but the last nibble. */
static void cw_trie_root__deepest_keys__bounded(void **state) {
    (void)state;
    static uint8_t keys[CW_TRIE_KEY_MAX][CW_TRIE_KEY_MAX];
    static struct cw_trie_entry entries[CW_TRIE_KEY_MAX];
    for (size_t i = 0; i < CW_TRIE_KEY_MAX; i++) {
        entries[i] = (struct cw_trie_entry){cw_slice_of(keys[i], i + 1), CW_LITERAL("v")};
    }
    struct cw_hash32 root, other;
    assert_int_equal(cw_trie_root(&root, entries, CW_COUNT(entries)), CW_OK);
    entries[63].value = CW_LITERAL("w");
    assert_int_equal(cw_trie_root(&other, entries, CW_COUNT(entries)), CW_OK);
    assert_false(cw_hash32_equal(&root, &other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_receipt_encode__every_type__its_prefix_and_fields),
        cmocka_unit_test(cw_receipt_encode__deposit_version__binds_the_nonce),
        cmocka_unit_test(cw_receipt_encode__before_byzantium__state_root),
        cmocka_unit_test(cw_receipt_encode__what_no_type_has__refused),
        cmocka_unit_test(cw_receipts_root__no_receipts__empty_trie),
        cmocka_unit_test(cw_trie_root__bad_entries__refused),
        cmocka_unit_test(cw_trie_list_root__every_size__same_as_sorted_entries),
        cmocka_unit_test(cw_trie_root__deepest_keys__bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
