/* Many keys at once must be judged as each of them alone: over random tries, sound proofs and
 * spoiled ones, in both forms. */
#include <causeway/mpt.h>

#include <stdlib.h>
#include <string.h>

#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include "made_trie.h"
#include "vectors.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define QUERIES_MAX 64

static uint64_t seed = 0x2545f4914f6cdd1d;

static uint64_t below(uint64_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % n;
}

static struct cw_slice random_bytes(struct cw_arena *arena, size_t n, uint64_t alphabet) {
    uint8_t *p = cw_arena_alloc(arena, n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(below(alphabet) * 0x11);
    }
    return cw_slice_of(p, n);
}

static struct cw_trie_entry *random_entries(struct cw_arena *arena, size_t *n, size_t key_max) {
    struct cw_trie_entry *entries = cw_arena_array(arena, *n, sizeof(*entries));
    uint64_t alphabet = 2 + below(14);
    for (size_t i = 0; i < *n; i++) {
        entries[i].key = random_bytes(arena, key_max == 32 ? 32 : 1 + below(key_max), alphabet);
        entries[i].value = random_bytes(arena, 1 + below(below(4) == 0 ? 90 : 3), 15);
    }
    *n = made_trie_sort(entries, *n);
    return entries;
}

/* A proof with one thing wrong in it, or (rarely) nothing. */
static void spoil(struct cw_arena *arena, struct cw_mpt_query *query) {
    struct cw_slice *nodes = cw_arena_array(arena, query->n_nodes + 1, sizeof(*nodes));
    size_t n = query->n_nodes;
    if (n > 0) {
        memcpy(nodes, query->nodes, n * sizeof(*nodes));
    }
    query->nodes = nodes;
    if (n == 0) {
        return;
    }
    size_t at = below(n), other = below(n);
    struct cw_slice node = nodes[at];
    uint8_t *copy;
    switch (below(8)) {
    case 0: /* a flipped bit */
        copy = cw_arena_alloc(arena, node.n);
        memcpy(copy, node.p, node.n);
        copy[below(node.n)] ^= (uint8_t)(1u << below(8));
        nodes[at].p = copy;
        break;
    case 1: /* cut */
        nodes[at].n = below(node.n);
        break;
    case 2: /* dropped */
        memmove(nodes + at, nodes + at + 1, (n - at - 1) * sizeof(*nodes));
        query->n_nodes--;
        break;
    case 3: /* doubled */
        memmove(nodes + at + 1, nodes + at, (n - at) * sizeof(*nodes));
        query->n_nodes++;
        break;
    case 4: /* swapped */
        nodes[at] = nodes[other];
        nodes[other] = node;
        break;
    case 5: /* the same bytes elsewhere */
        nodes[at] = cw_arena_copy(arena, node);
        break;
    case 6: /* appended */
        nodes[n] = below(2) == 0 ? node : (struct cw_slice){NULL, 0};
        query->n_nodes++;
        break;
    default: /* another key's proof */
        query->key = random_bytes(arena, 1 + below(4), 16);
        break;
    }
}

static void assert_as_alone(const struct cw_hash32 *root, const struct cw_mpt_query *queries,
                            size_t n, enum cw_mpt_form form, size_t *n_valid) {
    size_t n_nodes = 0;
    for (size_t i = 0; i < n; i++) {
        n_nodes += queries[i].n_nodes;
    }
    size_t scratch_n = cw_mpt_scratch_size(n_nodes);
    void *scratch = malloc(scratch_n + 1);
    struct cw_mpt_answer *answers = calloc(n + 1, sizeof(*answers));
    assert_non_null(scratch);
    assert_non_null(answers);
    memset(scratch, 0xa5, scratch_n + 1);
    cw_mpt_get_many(answers, root, queries, n, form, scratch, scratch_n);
    for (size_t i = 0; i < n; i++) {
        bool present = false;
        struct cw_slice value = {NULL, 0};
        struct cw_judgement alone = cw_mpt_get(&present, &value, root, queries[i].key,
                                               queries[i].nodes, queries[i].n_nodes, form);
        assert_int_equal(answers[i].judgement.verdict, alone.verdict);
        assert_string_equal(answers[i].judgement.reason, alone.reason);
        assert_int_equal(answers[i].present, present);
        assert_ptr_equal(answers[i].value.p, value.p);
        assert_int_equal(answers[i].value.n, value.n);
        *n_valid += alone.verdict == CW_VALID;
    }
    assert_int_equal(((uint8_t *)scratch)[scratch_n], 0xa5);
    free(scratch);
    free(answers);
}

static void cw_mpt_get_many__random_tries_and_mutations__as_each_alone(void **state) {
    (void)state;
    size_t n_valid = 0, n_all = 0;
    for (size_t round = 0; round < 400; round++) {
        struct cw_arena arena;
        cw_arena_init(&arena, ARENA_BYTES);
        size_t n = 1 + below(round % 8 == 0 ? 200 : 12);
        struct cw_trie_entry *entries = random_entries(&arena, &n, round % 3 == 0 ? 32 : 4);
        struct made_trie trie;
        struct cw_hash32 root;
        made_trie_build(&trie, &arena, entries, n);
        assert_int_equal(cw_trie_root(&arena, &root, entries, n), CW_OK);
        assert_hash(root, trie.root);
        enum cw_mpt_form form = round % 2 == 0 ? CW_MPT_FORM_NODE : CW_MPT_FORM_CONTRACT;
        struct cw_mpt_query queries[QUERIES_MAX];
        size_t n_queries = below(QUERIES_MAX + 1);
        for (size_t i = 0; i < n_queries; i++) {
            struct cw_mpt_query *query = &queries[i];
            query->key = below(4) == 0 ? random_bytes(&arena, 1 + below(4), 4)
                                       : entries[below(n)].key;
            query->nodes = made_trie_prove(&trie, &arena, query->key, form, &query->n_nodes);
            if (below(2) == 0) {
                spoil(&arena, query);
            }
        }
        assert_as_alone(&root, queries, n_queries, form, &n_valid);
        if (below(4) == 0) {
            root.b[below(32)] ^= 1;
            size_t none = 0;
            assert_as_alone(&root, queries, n_queries, form, &none);
            assert_int_equal(none, 0);
        }
        if (n_queries > 0) {
            /* A root that one proof hashes to, perhaps a spoiled one. */
            const struct cw_mpt_query *some = &queries[below(n_queries)];
            size_t ignored = 0;
            if (some->n_nodes > 0) {
                cw_keccak256(&root, some->nodes[0]);
            }
            assert_as_alone(&root, queries, n_queries, form, &ignored);
        }
        n_all += n_queries;
        cw_arena_done(&arena);
    }
    /* Both kinds must be there in numbers. */
    assert_in_range(n_valid, n_all / 2, n_all - n_all / 10);
}

static void cw_mpt_get_many__empty_trie_and_bad_sizes__as_each_alone(void **state) {
    (void)state;
    static const uint8_t long_key[CW_MPT_KEY_MAX + 1];
    static struct cw_slice many_nodes[CW_MPT_NODES_MAX + 1];
    const struct cw_slice empty = CW_LITERAL("\x80"), one = {NULL, 0};
    const struct cw_mpt_query queries[] = {
        {CW_LITERAL("k"), NULL, 0},
        {cw_slice_of(long_key, sizeof(long_key)), &empty, 1},
        {CW_LITERAL("k"), many_nodes, CW_COUNT(many_nodes)},
        {CW_LITERAL("k"), many_nodes, CW_COUNT(many_nodes) - 1},
        {{NULL, 0}, &empty, 1},
        {CW_LITERAL("k"), &empty, 1},
        {CW_LITERAL("l"), &empty, 1},
        {CW_LITERAL("l"), &one, 1},
    };
    size_t n_valid = 0;
    assert_as_alone(&CW_EMPTY_TRIE_ROOT, queries, CW_COUNT(queries), CW_MPT_FORM_NODE, &n_valid);
    assert_int_equal(n_valid, 3);
    assert_as_alone(&CW_EMPTY_TRIE_ROOT, queries, 1, CW_MPT_FORM_CONTRACT, &n_valid);
    assert_int_equal(n_valid, 4);
    cw_mpt_get_many(NULL, &CW_EMPTY_TRIE_ROOT, NULL, 0, CW_MPT_FORM_NODE, NULL, 0);
}

/* Nodes that differ only where no cheap look goes: none may be taken for another. */
static void cw_mpt_get_many__nodes_that_look_alike__told_apart(void **state) {
    (void)state;
    enum { N = 300, NODE_BYTES = 600 };
    uint8_t(*bytes)[NODE_BYTES] = calloc(N, NODE_BYTES);
    struct cw_slice *nodes = calloc(N, sizeof(*nodes));
    struct cw_mpt_query *queries = calloc(N, sizeof(*queries));
    assert_true(bytes != NULL && nodes != NULL && queries != NULL);
    struct cw_hash32 root;
    for (size_t i = 0; i < N; i++) {
        /* A leaf with the key's path and a long value. */
        struct cw_rlp_out out = cw_rlp_out_to(bytes[i], NODE_BYTES);
        uint8_t value[500] = {1};
        value[20] = (uint8_t)(i % 200);
        value[21] = (uint8_t)(i % 200 / 100);
        cw_rlp_put_string(&out, CW_LITERAL("\x20k"));
        cw_rlp_put_string(&out, cw_slice_of(value, sizeof(value)));
        cw_rlp_list_end(&out, 0);
        nodes[i] = cw_slice_of(bytes[i], out.n);
        queries[i] = (struct cw_mpt_query){CW_LITERAL("k"), &nodes[i], 1};
    }
    cw_keccak256(&root, nodes[7]);
    size_t n_valid = 0;
    assert_as_alone(&root, queries, N, CW_MPT_FORM_NODE, &n_valid);
    assert_int_equal(n_valid, 2); /* 7 and 207 */
    free(bytes);
    free(nodes);
    free(queries);
}

static void cw_mpt_scratch_size__too_many_nodes__no_size(void **state) {
    (void)state;
    assert_int_equal(cw_mpt_scratch_size(0), 0);
    assert_in_range(cw_mpt_scratch_size(1), 1, 1000);
    assert_in_range(cw_mpt_scratch_size(1000), 1000, 200 * 1000);
    assert_true(cw_mpt_scratch_size(SIZE_MAX / 2) == SIZE_MAX);
    assert_true(cw_mpt_scratch_size((size_t)1 << 31) == SIZE_MAX);
}

/* 40 slots of a storage trie, some of them empty; claims true and false. */
static void cw_storage_verify_many__true_and_false_claims__as_each_alone(void **state) {
    (void)state;
    enum { N = 40 };
    struct cw_arena arena;
    cw_arena_init(&arena, ARENA_BYTES);
    struct cw_trie_entry entries[N];
    struct cw_storage_claim claims[N];
    struct cw_hash32 keys[N];
    size_t n = 0, n_nodes = 0;
    for (size_t i = 0; i < N; i++) {
        claims[i] = (struct cw_storage_claim){.slot = {{(uint8_t)i}}};
        cw_storage_key(&keys[i], &claims[i].slot);
        if (i % 4 == 0) {
            continue;
        }
        claims[i].value = cw_u256_from_u64(i % 3 == 0 ? i : UINT64_MAX - i);
        uint8_t leaf[33];
        struct cw_slice value = cw_slice_of(leaf, cw_storage_leaf(leaf, &claims[i].value));
        entries[n++] = (struct cw_trie_entry){cw_slice_of(keys[i].b, 32),
                                              cw_arena_copy(&arena, value)};
    }
    struct made_trie trie;
    made_trie_build(&trie, &arena, entries, made_trie_sort(entries, n));
    for (size_t i = 0; i < N; i++) {
        claims[i].nodes = made_trie_prove(&trie, &arena, cw_slice_of(keys[i].b, 32),
                                          CW_MPT_FORM_NODE, &claims[i].n_nodes);
        n_nodes += claims[i].n_nodes;
    }
    size_t scratch_n = cw_storage_scratch_size(N, n_nodes);
    void *scratch = malloc(scratch_n);
    assert_non_null(scratch);
    struct cw_judgement each[N];
    assert_valid(
        cw_storage_verify_many(each, &trie.root, claims, N, CW_MPT_FORM_NODE, scratch, scratch_n));
    for (size_t i = 0; i < N; i++) {
        assert_valid(each[i]);
    }
    /* Something where there is nothing, nothing where there is something, another value, one node
     * less. */
    claims[8].value = cw_u256_from_u64(1);
    claims[9].value = cw_u256_from_u64(0);
    claims[10].value.limb[3] = 1;
    claims[11].n_nodes--;
    assert_reason(
        cw_storage_verify_many(each, &trie.root, claims, N, CW_MPT_FORM_NODE, scratch, scratch_n),
        CW_MPT_R_ABSENT);
    static const char *const reasons[] = {CW_MPT_R_ABSENT, CW_MPT_R_PRESENT, CW_MPT_R_VALUE,
                                          CW_MPT_R_TOO_FEW};
    for (size_t i = 0; i < N; i++) {
        struct cw_judgement alone = cw_storage_verify(&trie.root, &claims[i].slot, &claims[i].value,
                                                      claims[i].nodes, claims[i].n_nodes,
                                                      CW_MPT_FORM_NODE);
        assert_int_equal(each[i].verdict, alone.verdict);
        assert_string_equal(each[i].reason, alone.reason);
        assert_string_equal(each[i].reason, i >= 8 && i < 12 ? reasons[i - 8] : "");
    }
    struct cw_hash32 other = trie.root;
    other.b[5] ^= 2;
    assert_reason(
        cw_storage_verify_many(each, &other, claims, N, CW_MPT_FORM_NODE, scratch, scratch_n),
        CW_MPT_R_ROOT);
    assert_valid(cw_storage_verify_many(NULL, &other, NULL, 0, CW_MPT_FORM_NODE, NULL, 0));
    free(scratch);
    cw_arena_done(&arena);
}

static void cw_storage_scratch_size__too_many__no_size(void **state) {
    (void)state;
    assert_in_range(cw_storage_scratch_size(1, 0), 1, 1000);
    assert_true(cw_storage_scratch_size(1, SIZE_MAX / 2) == SIZE_MAX);
    assert_true(cw_storage_scratch_size(SIZE_MAX / 8, 1) == SIZE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_mpt_get_many__random_tries_and_mutations__as_each_alone),
        cmocka_unit_test(cw_mpt_get_many__empty_trie_and_bad_sizes__as_each_alone),
        cmocka_unit_test(cw_mpt_get_many__nodes_that_look_alike__told_apart),
        cmocka_unit_test(cw_mpt_scratch_size__too_many_nodes__no_size),
        cmocka_unit_test(cw_storage_verify_many__true_and_false_claims__as_each_alone),
        cmocka_unit_test(cw_storage_scratch_size__too_many__no_size),
    };
    print_message("seed %#llx\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
