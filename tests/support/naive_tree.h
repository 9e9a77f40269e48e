/* A Merkle tree by its definition: every node is looked up or hashed anew. For small sizes. */
#ifndef CAUSEWAY_TESTS_NAIVE_TREE_H
#define CAUSEWAY_TESTS_NAIVE_TREE_H

#include <assert.h>

#include <causeway/keccak.h>
#include <causeway/merkle_tree.h>

struct naive_tree {
    enum cw_merkle_empty kind;
    struct cw_hash32 empty_leaf;
    unsigned min_depth, max_depth;
    const struct cw_hash32 *leaves;
};

static inline struct cw_hash32 naive_pair(struct cw_hash32 left, struct cw_hash32 right) {
    struct cw_hash32 hash;
    cw_keccak256_pair(&hash, cw_slice_of(left.b, 32), cw_slice_of(right.b, 32));
    return hash;
}

/* What stands for a subtree without leaves. */
static inline struct cw_hash32 naive_empty(const struct naive_tree *tree, unsigned level) {
    struct cw_hash32 hash = tree->empty_leaf;
    for (unsigned i = 0; i < level && tree->kind == CW_MERKLE_EMPTY_CHAIN; i++) {
        hash = naive_pair(hash, hash);
    }
    return hash;
}

/* Node (level, index) when there are size leaves: level by level over a full row of its leaves. */
static inline struct cw_hash32 naive_node(const struct naive_tree *tree, uint64_t size,
                                          unsigned level, uint64_t index) {
    struct cw_hash32 row[1 << 8];
    uint64_t first = index << level, n = UINT64_C(1) << level;
    if (first >= size) {
        return naive_empty(tree, level);
    }
    assert(n <= CW_COUNT(row));
    for (uint64_t i = 0; i < n; i++) {
        row[i] = first + i < size ? tree->leaves[first + i] : tree->empty_leaf;
    }
    for (unsigned at = 0; at < level; at++) {
        n /= 2;
        for (uint64_t i = 0; i < n; i++) {
            bool missing = first + (i << (at + 1)) >= size;
            row[i] = missing ? naive_empty(tree, at + 1) : naive_pair(row[2 * i], row[2 * i + 1]);
        }
    }
    return row[0];
}

static inline unsigned naive_depth(const struct naive_tree *tree, uint64_t size) {
    unsigned depth = tree->min_depth;
    for (uint64_t room = UINT64_C(1) << depth; room < size; room *= 2) {
        depth++;
    }
    return depth;
}

static inline struct cw_hash32 naive_root(const struct naive_tree *tree, uint64_t size) {
    return naive_node(tree, size, naive_depth(tree, size), 0);
}

#endif
