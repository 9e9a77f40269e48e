#include "folds.h"

#include <stdlib.h>
#include <string.h>

struct cw_hash32 *fold_path(const cJSON *array, size_t *ret_depth) {
    size_t n;
    struct cw_slice *nodes = vec_nodes(array, &n);
    struct cw_hash32 *path = vec_alloc(n * sizeof(*path));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(nodes[i].n, 32);
        memcpy(path[i].b, nodes[i].p, 32);
    }
    *ret_depth = n;
    return path;
}

struct cw_judgement fold_verify(const void *ctx, const struct fold *fold) {
    (void)ctx;
    return cw_merkle_verify(&fold->root, &fold->leaf, &fold->index, fold->path, fold->depth);
}

struct mutator {
    struct fold fold; /* its path is `path` */
    struct cw_hash32 *path;
    fold_judge *judge;
    const void *ctx;
    size_t n;
};

static void expect(struct mutator *m, const char *reason) {
    /* An allocation of the path's exact size, so that a sanitizer sees every overrun. */
    struct fold fold = m->fold;
    struct cw_hash32 *path = malloc(fold.depth * sizeof(*path) + (fold.depth == 0));
    assert_non_null(path);
    memcpy(path, m->path, fold.depth * sizeof(*path));
    fold.path = path;
    struct cw_judgement judgement = m->judge(m->ctx, &fold);
    free(path);
    assert_reason(judgement, reason);
    m->n++;
}

static void flip_bytes(struct mutator *m, struct cw_hash32 *hash) {
    for (size_t i = 0; i < sizeof(hash->b); i++) {
        uint8_t flip = (uint8_t)(1 << (i + m->n) % 8);
        hash->b[i] ^= flip;
        expect(m, CW_MERKLE_R_ROOT);
        hash->b[i] ^= flip;
    }
}

static void flip_index(struct mutator *m) {
    for (size_t i = 0; i < 256; i++) {
        uint64_t *limb = &m->fold.index.limb[i / 64];
        const uint64_t bit = UINT64_C(1) << i % 64;
        if (i < m->fold.depth) {
            struct cw_hash32 below;
            cw_merkle_fold(&below, &m->fold.leaf, &m->fold.index, m->path, i);
            if (cw_hash32_equal(&below, &m->path[i])) {
                continue;
            }
        }
        *limb ^= bit;
        expect(m, i < m->fold.depth ? CW_MERKLE_R_ROOT : CW_MERKLE_R_INDEX);
        *limb ^= bit;
    }
}

/* The path without its element i. */
static void drop(struct mutator *m, size_t i) {
    struct cw_hash32 dropped = m->path[i];
    size_t behind = m->fold.depth - i - 1;
    const uint64_t top = m->fold.index.limb[(m->fold.depth - 1) / 64] >> (m->fold.depth - 1) % 64;
    memmove(&m->path[i], &m->path[i + 1], behind * sizeof(dropped));
    m->fold.depth--;
    expect(m, (top & 1) != 0 ? CW_MERKLE_R_INDEX : CW_MERKLE_R_ROOT);
    m->fold.depth++;
    memmove(&m->path[i + 1], &m->path[i], behind * sizeof(dropped));
    m->path[i] = dropped;
}

/* The path with element in front of its element i (i = depth: behind the last). */
static void insert(struct mutator *m, size_t i, struct cw_hash32 element) {
    size_t behind = m->fold.depth - i;
    memmove(&m->path[i + 1], &m->path[i], behind * sizeof(element));
    m->path[i] = element;
    m->fold.depth++;
    expect(m, CW_MERKLE_R_ROOT);
    m->fold.depth--;
    memmove(&m->path[i], &m->path[i + 1], behind * sizeof(element));
}

static void swap(struct mutator *m, size_t i, size_t j) {
    struct cw_hash32 was = m->path[i];
    if (cw_hash32_equal(&was, &m->path[j])) {
        return;
    }
    m->path[i] = m->path[j];
    m->path[j] = was;
    expect(m, CW_MERKLE_R_ROOT);
    m->path[j] = m->path[i];
    m->path[i] = was;
}

size_t fold_check_mutations(const struct fold *valid, bool keep_leaf, fold_judge *judge,
                            const void *ctx) {
    static const struct cw_hash32 zero;
    assert_in_range(valid->depth, 0, CW_MERKLE_PATH_MAX - 1);
    struct cw_hash32 path[CW_MERKLE_PATH_MAX + 1] = {{{0}}};
    memcpy(path, valid->path, valid->depth * sizeof(*path));
    struct mutator m = {*valid, path, judge, ctx, 0};
    assert_valid(judge(ctx, valid));
    flip_bytes(&m, &m.fold.root);
    if (!keep_leaf) {
        flip_bytes(&m, &m.fold.leaf);
    }
    flip_index(&m);
    for (size_t i = 0; i < valid->depth; i++) {
        flip_bytes(&m, &path[i]);
        drop(&m, i);
        insert(&m, i, path[i]);
        insert(&m, i, zero);
        for (size_t j = i + 1; j < valid->depth; j++) {
            swap(&m, i, j);
        }
    }
    insert(&m, valid->depth, zero);
    insert(&m, valid->depth, valid->root);
    insert(&m, valid->depth, valid->leaf);
    m.fold.depth = CW_MERKLE_PATH_MAX + 1;
    expect(&m, CW_MERKLE_R_DEPTH);
    m.fold.depth = valid->depth;
    assert_memory_equal(path, valid->path, valid->depth * sizeof(*path));
    assert_valid(judge(ctx, &m.fold));
    return m.n;
}
