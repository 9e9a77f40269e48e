/* A store of complete nodes for Merkle trees of up to SHELF_LEAVES leaves, which fails and lies
 * when it is told to. */
#ifndef CAUSEWAY_TESTS_NODE_SHELF_H
#define CAUSEWAY_TESTS_NODE_SHELF_H

#include <assert.h>

#include <causeway/merkle_tree.h>

#define SHELF_DEPTH  7
#define SHELF_LEAVES (1u << SHELF_DEPTH)

/* All zero: empty and honest. */
struct node_shelf {
    struct cw_hash32 nodes[SHELF_DEPTH + 1][SHELF_LEAVES];
    bool has[SHELF_DEPTH + 1][SHELF_LEAVES];
    unsigned reads;
    unsigned fail_at, lie_at; /* the n-th read; 0: none */
};

/* Each node is put once. */
static inline void shelf_put(struct node_shelf *shelf, const struct cw_merkle_node *node) {
    assert(node->level <= SHELF_DEPTH && node->index < SHELF_LEAVES);
    assert(!shelf->has[node->level][node->index]);
    shelf->has[node->level][node->index] = true;
    shelf->nodes[node->level][node->index] = node->hash;
}

/* Asserts that only nodes are asked that were put. */
static inline enum cw_err shelf_read(void *ctx, struct cw_hash32 *ret_hash, unsigned level,
                                     uint64_t index) {
    struct node_shelf *shelf = (struct node_shelf *)ctx;
    assert(level <= SHELF_DEPTH && index < SHELF_LEAVES && shelf->has[level][index]);
    if (++shelf->reads == shelf->fail_at) {
        return CW_ERR_BEHIND;
    }
    *ret_hash = shelf->nodes[level][index];
    if (shelf->reads == shelf->lie_at) {
        ret_hash->b[shelf->reads % 32] ^= 4;
    }
    return CW_OK;
}

static inline struct cw_merkle_store shelf_store(struct node_shelf *shelf) {
    return (struct cw_merkle_store){shelf_read, shelf};
}

/* Appends and keeps what became complete. */
static inline enum cw_err shelf_append(struct node_shelf *shelf, struct cw_merkle_tree *tree,
                                       const struct cw_hash32 *leaf) {
    struct cw_merkle_node nodes[CW_MERKLE_DEPTH_MAX];
    size_t n;
    enum cw_err err = cw_merkle_tree_append(tree, nodes, &n, leaf);
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        shelf_put(shelf, &nodes[i]);
    }
    return err;
}

#endif
