/* Tries whose root is built, beside a plain builder; blooms of many logs. */
#include <causeway/trie.h>

#include <stdlib.h>
#include <string.h>

#include <causeway/bloom.h>
#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include "made_trie.h"
#include "vectors.h"

static uint64_t seed = 0x7472696573u;

static uint64_t below(uint64_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

static void cw_trie_root__bad_entries__refused(void **state) {
    (void)state;
    static const uint8_t long_key[CW_TRIE_KEY_MAX + 1] = {9};
    struct cw_slice x = CW_LITERAL("x"), nothing = {NULL, 0};
    struct cw_hash32 root;
    struct cw_arena arena;
    cw_arena_init(&arena, 1 << 20);
    const struct cw_trie_entry unsorted[] = {{CW_LITERAL("b"), x}, {CW_LITERAL("a"), x}};
    const struct cw_trie_entry doubled[] = {{CW_LITERAL("a"), x}, {CW_LITERAL("a"), x}};
    const struct cw_trie_entry prefix_last[] = {{CW_LITERAL("ab"), x}, {CW_LITERAL("a"), x}};
    const struct cw_trie_entry no_key = {nothing, x}, no_value = {x, nothing};
    const struct cw_trie_entry too_long = {cw_slice_of(long_key, sizeof(long_key)), x};
    assert_int_equal(cw_trie_root(&arena, &root, unsorted, 2), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&arena, &root, doubled, 2), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&arena, &root, prefix_last, 2), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&arena, &root, &no_key, 1), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&arena, &root, &no_value, 1), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&arena, &root, &too_long, 1), CW_ERR_INPUT);
    assert_int_equal(cw_trie_root(&arena, &root, NULL, 0), CW_OK);
    assert_hash(root, CW_EMPTY_TRIE_ROOT);
    cw_arena_done(&arena);
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
        assert_int_equal(cw_trie_root(&arena, &a, entries, n), CW_OK);
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
    struct cw_arena arena;
    cw_arena_init(&arena, 1 << 20);
    assert_int_equal(cw_trie_root(&arena, &root, entries, CW_COUNT(entries)), CW_OK);
    entries[63].value = CW_LITERAL("w");
    assert_int_equal(cw_trie_root(&arena, &other, entries, CW_COUNT(entries)), CW_OK);
    assert_false(cw_hash32_equal(&root, &other));
    cw_arena_done(&arena);
}

static struct cw_slice random_bytes(struct cw_arena *arena, size_t n, uint64_t alphabet) {
    uint8_t *p = cw_arena_alloc(arena, n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(below(alphabet) << 4 | below(alphabet));
    }
    return cw_slice_of(p, n);
}

/* Few different nibbles make deep tries with branch values and embedded nodes, many make flat
 * ones; values from one byte to more than what is written at once. */
static void cw_trie_root__random_entries__as_the_plain_builder(void **state) {
    (void)state;
    for (size_t round = 0; round < 600; round++) {
        struct cw_arena arena;
        cw_arena_init(&arena, (size_t)16 << 20);
        size_t n = 1 + below(round % 10 == 0 ? 400 : 20), key_max = 1 + below(CW_TRIE_KEY_MAX);
        uint64_t alphabet = 1 + below(16);
        struct cw_trie_entry *entries = cw_arena_array(&arena, n, sizeof(*entries));
        assert_non_null(entries);
        for (size_t i = 0; i < n; i++) {
            size_t value_n = below(8) == 0 ? 1 + below(300) : 1 + below(4);
            if (round % 100 == 7 && i == 0) {
                value_n = (size_t)1 << 17;
            }
            size_t key_n = below(3) == 0 ? 1 + below(3) : 1 + below(key_max);
            entries[i].key = random_bytes(&arena, key_n, alphabet);
            entries[i].value = random_bytes(&arena, value_n, 16);
        }
        n = made_trie_sort(entries, n);
        struct made_trie plain;
        struct cw_hash32 root;
        made_trie_build(&plain, &arena, entries, n);
        assert_int_equal(cw_trie_root(&arena, &root, entries, n), CW_OK);
        if (!cw_hash32_equal(&root, &plain.root)) {
            fail_msg("round %zu of seed 0x7472696573: %zu entries", round, n);
        }
        cw_arena_done(&arena);
    }
}

/* Enough nodes of each size to fill what is written at once many times over. */
static void cw_trie_list_root__long_values__as_the_plain_builder(void **state) {
    (void)state;
    struct cw_arena arena;
    cw_arena_init(&arena, (size_t)64 << 20);
    enum { N = 700 };
    struct cw_slice *values = cw_arena_array(&arena, N, sizeof(*values));
    struct cw_trie_entry *entries = cw_arena_array(&arena, N, sizeof(*entries));
    uint8_t(*keys)[9] = cw_arena_array(&arena, N, sizeof(*keys));
    assert_true(values != NULL && entries != NULL && keys != NULL);
    for (size_t i = 0; i < N; i++) {
        struct cw_rlp_out out = cw_rlp_out_to(keys[i], sizeof(keys[i]));
        cw_rlp_put_u64(&out, i);
        values[i] = random_bytes(&arena, 1 + below(i % 50 == 0 ? 60000 : 900), 16);
        entries[i] = (struct cw_trie_entry){cw_slice_of(keys[i], out.n), values[i]};
    }
    assert_int_equal(made_trie_sort(entries, N), N);
    struct made_trie plain;
    struct cw_hash32 root;
    made_trie_build(&plain, &arena, entries, N);
    assert_int_equal(cw_trie_list_root(&arena, &root, values, N), CW_OK);
    assert_hash(root, plain.root);
    cw_arena_done(&arena);
}

static void cw_trie_root__small_arenas__memory(void **state) {
    (void)state;
    const struct cw_trie_entry entries[2] = {{CW_LITERAL("a"), CW_LITERAL("x")},
                                             {CW_LITERAL("b"), CW_LITERAL("y")}};
    enum cw_err err = CW_ERR_MEMORY;
    size_t n_refused = 0;
    for (size_t max = 0; err != CW_OK; max += 64) {
        struct cw_arena arena;
        struct cw_hash32 root;
        cw_arena_init(&arena, max);
        err = cw_trie_root(&arena, &root, entries, 2);
        cw_arena_done(&arena);
        assert_true(err == CW_OK || err == CW_ERR_MEMORY);
        n_refused += err != CW_OK;
    }
    assert_in_range(n_refused, 3, 100);
    /* A value longer than any memory is refused before it is looked at. */
    struct cw_arena arena;
    struct cw_hash32 root;
    cw_arena_init(&arena, 1 << 16);
    const struct cw_trie_entry endless = {CW_LITERAL("a"), {entries[0].value.p, SIZE_MAX - 10}};
    assert_int_equal(cw_trie_root(&arena, &root, &endless, 1), CW_ERR_MEMORY);
    cw_arena_done(&arena);
}

/* --- blooms --------------------------------------------------------------------------------- */

/* Entries that repeat, entries that meet in the same slots of the table, more uses and more entries
 * than a batch holds. */
static void cw_bloom_batch__entries_of_all_kinds__as_one_by_one(void **state) {
    (void)state;
    enum { BLOOMS = 40, N = 5000 };
    static struct cw_bloom many[BLOOMS], single[BLOOMS];
    static uint8_t entries[N][32];
    for (size_t variant = 0; variant < 4; variant++) {
        struct cw_bloom_batch batch;
        memset(many, 0, sizeof(many));
        memset(single, 0, sizeof(single));
        cw_bloom_batch_init(&batch);
        for (size_t i = 0; i < N; i++) {
            memset(entries[i], 0, sizeof(entries[i]));
            uint64_t value = below(variant == 0 ? 20 : variant == 1 ? 300 : 100000);
            /* In the last variant all share the bytes by which they are placed. */
            memcpy(entries[i] + (variant == 3 ? 0 : 24), &value, sizeof(value));
            size_t n = below(2) == 0 ? 20 : 32;
            struct cw_slice entry = cw_slice_of(entries[i] + 32 - n, n);
            cw_bloom_batch_add(&batch, &many[i * BLOOMS / N], entry);
            cw_bloom_add(&single[i * BLOOMS / N], entry);
        }
        cw_bloom_batch_flush(&batch);
        assert_memory_equal(many, single, sizeof(many));
        cw_bloom_batch_flush(&batch);
        assert_memory_equal(many, single, sizeof(many));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_trie_root__bad_entries__refused),
        cmocka_unit_test(cw_trie_list_root__every_size__same_as_sorted_entries),
        cmocka_unit_test(cw_trie_root__deepest_keys__bounded),
        cmocka_unit_test(cw_trie_root__random_entries__as_the_plain_builder),
        cmocka_unit_test(cw_trie_list_root__long_values__as_the_plain_builder),
        cmocka_unit_test(cw_trie_root__small_arenas__memory),
        cmocka_unit_test(cw_bloom_batch__entries_of_all_kinds__as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
