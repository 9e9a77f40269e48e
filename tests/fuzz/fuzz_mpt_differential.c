/* Trie proofs against a slow reference that was written on its own.
 *
 * An even first byte makes a trie: the number of entries, then each one's key (1 to 4 bytes, any,
 * or 32 from one byte) and value, then queries, each of them a key and what is changed in its
 * proof. Hashes above a changed node are mostly put right again, so that the fuzzer gets below the
 * root. An odd one brings a key and raw nodes, each with a length of two bytes (big-endian). The
 * root is the first one's hash, and a 32-byte reference that is all 0xff stands for the hash of the
 * next node.
 *
 * Every proof is judged in both forms, alone and together with the others. */
#include <causeway/mpt.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <causeway/arena.h>
#include <causeway/keccak.h>

#include "made_trie.h"
#include "reference_mpt.h"

#define ENTRIES_MAX 24
#define QUERIES_MAX 12
#define NODES_MAX   24
#define ARENA_BYTES ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *p;
    size_t n;
};

/* 0 when there is nothing left. */
static unsigned next(struct input *in) {
    if (in->n == 0) {
        return 0;
    }
    in->n--;
    return *in->p++;
}

static struct cw_slice next_bytes(struct cw_arena *arena, struct input *in, size_t n) {
    uint8_t *p = cw_arena_alloc(arena, n);
    assert(p != NULL);
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)next(in);
    }
    return cw_slice_of(p, n);
}

/* Short keys share paths and make embedded nodes; long ones are what real tries have. */
static struct cw_slice next_key(struct cw_arena *arena, struct input *in) {
    unsigned kind = next(in);
    if (kind % 8 < 6) {
        return next_bytes(arena, in, 1 + kind % 4);
    }
    if (kind % 8 == 6) {
        return next_bytes(arena, in, 1 + next(in) % CW_TRIE_KEY_MAX);
    }
    struct cw_hash32 *hash = cw_arena_alloc(arena, sizeof(*hash));
    assert(hash != NULL);
    cw_keccak256(hash, next_bytes(arena, in, 1));
    return cw_slice_of(hash->b, sizeof(hash->b));
}

/* A copy that may be written to. */
static uint8_t *own(struct cw_arena *arena, struct cw_slice *node, size_t more) {
    uint8_t *copy = cw_arena_alloc(arena, node->n + more);
    assert(copy != NULL);
    if (node->n > 0) {
        memcpy(copy, node->p, node->n);
    }
    node->p = copy;
    return copy;
}

/* Puts the right hashes back after node i was changed: where its old hash stood, from there up. */
static void rebind(struct cw_arena *arena, struct cw_slice *nodes, size_t i, struct cw_slice old,
                   struct cw_hash32 *root) {
    struct cw_slice before = old;
    for (;; i--) {
        struct cw_hash32 was, is;
        cw_keccak256(&was, before);
        cw_keccak256(&is, nodes[i]);
        if (i == 0) {
            *root = is;
            return;
        }
        before = nodes[i - 1];
        uint8_t *copy = own(arena, &nodes[i - 1], 0);
        for (size_t j = 0; j + 32 <= nodes[i - 1].n; j++) {
            if (memcmp(copy + j, was.b, 32) == 0) {
                memcpy(copy + j, is.b, 32);
            }
        }
    }
}

struct query {
    struct cw_slice key;
    struct cw_slice *nodes;
    size_t n;
};

static void mutate(struct cw_arena *arena, struct input *in, struct query *query,
                   const struct query *other, struct cw_hash32 *root) {
    unsigned what = next(in), where = next(in), with = next(in);
    size_t i = query->n > 0 ? where % query->n : 0, j = query->n > 0 ? with % query->n : 0;
    struct cw_slice *nodes = query->nodes;
    if (query->n == 0) {
        what = 6;
    }
    struct cw_slice old = nodes[i];
    switch (what % 12) {
    case 0: /* one byte changed, and bound again */
    case 1:
        if (old.n > 0) {
            own(arena, &nodes[i], 0)[(with << 8 | next(in)) % old.n] ^= (uint8_t)(1 | next(in));
        }
        break;
    case 2: /* cut */
    case 3:
        nodes[i].n -= old.n > 0 ? 1 + with % old.n : 0;
        break;
    case 4: /* dropped */
        memmove(nodes + i, nodes + i + 1, (--query->n - i) * sizeof(*nodes));
        return;
    case 5: /* doubled, perhaps elsewhere */
        if (query->n < NODES_MAX) {
            memmove(nodes + j + 1, nodes + j, (query->n++ - j) * sizeof(*nodes));
            nodes[j] = old;
        }
        return;
    case 6: /* appended: nothing, the empty node, bytes, a node of another proof */
        if (query->n < NODES_MAX) {
            nodes[query->n++] = with % 4 == 0                    ? (struct cw_slice){NULL, 0}
                                : with % 4 == 1                  ? CW_LITERAL("\x80")
                                : with % 4 == 2 || other->n == 0 ? next_bytes(arena, in, where % 40)
                                                                 : other->nodes[where % other->n];
        }
        return;
    case 7: /* swapped */
        nodes[i] = nodes[j];
        nodes[j] = old;
        return;
    case 8: /* some bytes more */
    case 9:
        own(arena, &nodes[i], 2)[old.n] = (uint8_t)with;
        nodes[i].n += 1 + where / 128;
        break;
    case 10: /* bytes put in the middle, with the outer prefix set right where it is short */
        if (old.n > 1 && old.n < 50) {
            size_t at = 1 + with % (old.n - 1);
            uint8_t *copy = own(arena, &nodes[i], 1);
            memmove(copy + at + 1, copy + at, old.n - at);
            copy[at] = (uint8_t)next(in);
            copy[0]++;
            nodes[i].n++;
        }
        break;
    default:
        query->key = next_key(arena, in);
        return;
    }
    if (next(in) % 4 != 0) {
        rebind(arena, nodes, i, old, root);
    }
}

static void check_alone(const struct cw_hash32 *root, const struct query *query,
                        enum cw_mpt_form form) {
    struct reference_answer expected = reference_mpt_get(root, query->key, query->nodes, query->n,
                                                         form);
    bool present = false;
    struct cw_slice value = {NULL, 0};
    struct cw_judgement judgement = cw_mpt_get(&present, &value, root, query->key, query->nodes,
                                               query->n, form);
    assert(judgement.verdict == (expected.valid ? CW_VALID : CW_INVALID));
    assert(present == expected.present);
    assert(cw_slice_equal(value, cw_slice_of(expected.value, expected.value_n)));
    struct cw_slice shown = present ? value : CW_LITERAL("x");
    assert(
        (cw_mpt_verify_inclusion(root, query->key, shown, query->nodes, query->n, form).verdict ==
         CW_VALID) == expected.present);
    assert((cw_mpt_verify_exclusion(root, query->key, query->nodes, query->n, form).verdict ==
            CW_VALID) == (expected.valid && !expected.present));
    free(expected.value);
}

/* All queries under each of their roots, together. */
static void check_together(const struct cw_hash32 *root, const struct query *queries, size_t n,
                           enum cw_mpt_form form) {
    struct cw_mpt_query asked[QUERIES_MAX];
    struct cw_mpt_answer answers[QUERIES_MAX];
    size_t n_nodes = 0;
    for (size_t i = 0; i < n; i++) {
        asked[i] = (struct cw_mpt_query){queries[i].key, queries[i].nodes, queries[i].n};
        n_nodes += queries[i].n;
    }
    size_t scratch_n = cw_mpt_scratch_size(n_nodes);
    void *scratch = malloc(scratch_n + 1);
    assert(scratch != NULL);
    cw_mpt_get_many(answers, root, asked, n, form, scratch, scratch_n);
    for (size_t i = 0; i < n; i++) {
        struct reference_answer expected = reference_mpt_get(root, asked[i].key, asked[i].nodes,
                                                             asked[i].n_nodes, form);
        assert(answers[i].judgement.verdict == (expected.valid ? CW_VALID : CW_INVALID));
        assert(answers[i].present == expected.present);
        assert(cw_slice_equal(answers[i].value, cw_slice_of(expected.value, expected.value_n)));
        free(expected.value);
    }
    free(scratch);
}

static const enum cw_mpt_form forms[] = {CW_MPT_FORM_NODE, CW_MPT_FORM_CONTRACT};

static void check(const struct cw_hash32 *roots, const struct query *queries, size_t n) {
    for (size_t f = 0; f < CW_COUNT(forms); f++) {
        for (size_t i = 0; i < n; i++) {
            check_alone(&roots[i], &queries[i], forms[f]);
        }
        /* The others' proofs are wrong under the root of one that was bound again. */
        for (size_t i = 0; i < n; i += 4) {
            check_together(&roots[i], queries, n, forms[f]);
        }
    }
}

static void run_trie(struct cw_arena *arena, struct input *in) {
    struct cw_trie_entry entries[ENTRIES_MAX];
    size_t n_entries = next(in) % (ENTRIES_MAX + 1);
    for (size_t i = 0; i < n_entries; i++) {
        entries[i].key = next_key(arena, in);
        entries[i].value = next_bytes(arena, in, 1 + next(in) % 40);
    }
    n_entries = made_trie_sort(entries, n_entries);
    struct made_trie trie;
    made_trie_build(&trie, arena, entries, n_entries);
    struct query queries[QUERIES_MAX];
    struct cw_hash32 roots[QUERIES_MAX];
    size_t n = 0;
    do {
        unsigned pick = next(in);
        struct query *query = &queries[n];
        roots[n] = trie.root;
        query->key = pick % 4 == 0 || n_entries == 0 ? next_key(arena, in)
                                                     : entries[pick / 4 % n_entries].key;
        struct cw_slice *proof = made_trie_prove(&trie, arena, query->key, forms[next(in) % 2],
                                                 &query->n);
        query->nodes = cw_arena_array(arena, NODES_MAX, sizeof(*query->nodes));
        assert(query->nodes != NULL);
        query->n = query->n < NODES_MAX ? query->n : NODES_MAX;
        if (query->n > 0) {
            memcpy(query->nodes, proof, query->n * sizeof(*proof));
        }
        for (unsigned left = next(in) % 4; left > 0; left--) {
            mutate(arena, in, query, &queries[n > 0 ? n - 1 : 0], &roots[n]);
        }
        n++;
    } while (n < QUERIES_MAX && in->n > 0);
    check(roots, queries, n);
}

static void run_raw(struct cw_arena *arena, struct input *in) {
    static const uint8_t placeholder[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct cw_slice nodes[NODES_MAX];
    struct query query = {.nodes = nodes};
    struct cw_hash32 root = CW_EMPTY_TRIE_ROOT;
    query.key = next_key(arena, in);
    while (query.n < NODES_MAX && in->n > 0) {
        size_t n = (size_t)next(in) << 8;
        n |= next(in);
        nodes[query.n++] = next_bytes(arena, in, n < in->n ? n : in->n);
    }
    for (size_t i = query.n; i-- > 1;) {
        struct cw_hash32 hash;
        cw_keccak256(&hash, nodes[i]);
        uint8_t *above = own(arena, &nodes[i - 1], 0);
        for (size_t j = 0; j + 32 <= nodes[i - 1].n; j++) {
            if (memcmp(above + j, placeholder, 32) == 0) {
                memcpy(above + j, hash.b, 32);
            }
        }
    }
    if (query.n > 0) {
        cw_keccak256(&root, nodes[0]);
    }
    check(&root, &query, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct cw_arena arena;
    cw_arena_init(&arena, ARENA_BYTES);
    if (next(&in) % 2 == 0) {
        run_trie(&arena, &in);
    } else {
        run_raw(&arena, &in);
    }
    cw_arena_done(&arena);
    return 0;
}
