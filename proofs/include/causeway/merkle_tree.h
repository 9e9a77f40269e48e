/* Append-only binary Merkle trees: the root now and at any past size, and the proof of any leaf at
 * any past size, in O(depth) from the complete nodes that the caller keeps.
 *
 * Stacks differ in two things only, which a shape holds: what stands where no leaf stands yet, and
 * how deep the tree is. Node (level, index) is over the leaves index·2^level … (index + 1)·2^level
 * - 1; level 0 are the leaves. It is complete once all of them are there, and never changes from
 * then on. Nothing allocates.
 *
 *   Hyperlane, AggLayer   CHAIN over bytes32(0), depth 32
 *   Linea                 CHAIN over bytes32(0), depth 5 (or what its root was anchored with)
 *   ZK Stack              CHAIN over keccak256(88 zero bytes), the depth of its protocol at least
 *   Scroll                CHAIN over bytes32(0), minimal depth
 *   Nitro                 SAME bytes32(0), minimal depth
 *
 * Source: Hyperlane MerkleLib; Scroll AppendOnlyMerkleTree.sol; ZK Stack mini_merkle_tree; Nitro
 * merkleAccumulator. */
#ifndef CAUSEWAY_MERKLE_TREE_H
#define CAUSEWAY_MERKLE_TREE_H

#include <causeway/base.h>
#include <causeway/merkle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CW_MERKLE_DEPTH_MAX 32
/* No tree holds more leaves than that, as in the deposit contract: 2^32 - 1. */
#define CW_MERKLE_LEAVES_MAX UINT64_C(0xffffffff)

enum cw_merkle_empty {
    CW_MERKLE_EMPTY_CHAIN = 1, /* at each level the parent of two of the level below */
    CW_MERKLE_EMPTY_SAME       /* the empty leaf at every level */
};

/* A plain value; fields are for reading. */
struct cw_merkle_shape {
    unsigned min_depth;
    unsigned max_depth;
    struct cw_hash32 empty[CW_MERKLE_DEPTH_MAX + 1]; /* of a missing subtree, by level */
};

/* The depth is the least that holds the leaves, but min_depth at least: with min_depth = max_depth
 * it is fixed, with min_depth = 0 a single leaf is the root. CW_ERR_INPUT when min_depth is over
 * max_depth, or that over CW_MERKLE_DEPTH_MAX. */
CW_MUST_USE enum cw_err cw_merkle_shape_init(struct cw_merkle_shape *ret_shape,
                                             enum cw_merkle_empty kind,
                                             const struct cw_hash32 *empty_leaf, unsigned min_depth,
                                             unsigned max_depth);

/* Leaves that a tree of this shape holds: 2^max_depth, at most CW_MERKLE_LEAVES_MAX. */
uint64_t cw_merkle_shape_capacity(const struct cw_merkle_shape *shape);

/* Levels above the leaves at this size; size is at most the capacity (asserted). */
unsigned cw_merkle_shape_depth(const struct cw_merkle_shape *shape, uint64_t size);

/* --- nodes in the caller's keeping ---------------------------------------------------------- */

struct cw_merkle_node {
    unsigned level;
    uint64_t index;
    struct cw_hash32 hash;
};

/* Gives complete nodes back. read writes *ret_hash on success only; its errors are passed on.
 * What it gives is never believed: see each function. */
struct cw_merkle_store {
    enum cw_err (*read)(void *ctx, struct cw_hash32 *ret_hash, unsigned level, uint64_t index);
    void *ctx;
};

/* A path from a leaf to the root of its size. */
struct cw_merkle_proof {
    size_t depth;
    struct cw_hash32 path[CW_MERKLE_DEPTH_MAX];
};

/* What the stored nodes make the root at this size. It is as true as they are: compare it with a
 * root from elsewhere. CW_ERR_INPUT when size is over the capacity. */
CW_MUST_USE enum cw_err cw_merkle_root_from_store(struct cw_hash32 *ret_root,
                                                  const struct cw_merkle_shape *shape,
                                                  uint64_t size,
                                                  const struct cw_merkle_store *store);

/* The proof that leaf stands at index, under the trusted root of the tree with size leaves. It was
 * verified against root. CW_ERR_INPUT when index is not below size or size is over the capacity;
 * CW_ERR_CONTRADICTED when the leaf or some stored node is not the root's. */
CW_MUST_USE enum cw_err cw_merkle_prove(struct cw_merkle_proof *ret_proof,
                                        const struct cw_merkle_shape *shape,
                                        const struct cw_hash32 *root, uint64_t size, uint64_t index,
                                        const struct cw_hash32 *leaf,
                                        const struct cw_merkle_store *store);

/* --- a growing tree ------------------------------------------------------------------------- */

/* A plain value. shape is borrowed. Fields are for reading. */
struct cw_merkle_tree {
    const struct cw_merkle_shape *shape;
    uint64_t size;                                  /* leaves */
    struct cw_hash32 frontier[CW_MERKLE_DEPTH_MAX]; /* [i] counts where bit i of size is set: the
                                                       last complete node of that level */
};

/* An empty tree. */
void cw_merkle_tree_init(struct cw_merkle_tree *tree, const struct cw_merkle_shape *shape);

/* A tree of this size from its stored nodes. CW_ERR_CONTRADICTED when they do not make the trusted
 * root; CW_ERR_INPUT when size is over the capacity. */
CW_MUST_USE enum cw_err cw_merkle_tree_load(struct cw_merkle_tree *ret_tree,
                                            const struct cw_merkle_shape *shape,
                                            const struct cw_hash32 *root, uint64_t size,
                                            const struct cw_merkle_store *store);

/* Appends a leaf at index tree->size. ret_nodes (may be NULL; room for CW_MERKLE_DEPTH_MAX) gets
 * the *ret_n nodes that are complete now and were not before, the leaf first: they are what the
 * store must be able to give back. CW_ERR_LIMIT when the tree is full; nothing has changed then. */
CW_MUST_USE enum cw_err cw_merkle_tree_append(struct cw_merkle_tree *tree,
                                              struct cw_merkle_node *ret_nodes, size_t *ret_n,
                                              const struct cw_hash32 *leaf);

/* The root now. */
void cw_merkle_tree_root(struct cw_hash32 *out, const struct cw_merkle_tree *tree);

/* The root when the tree had size leaves. The stored nodes are checked to lead to the tree's own
 * frontier: CW_ERR_CONTRADICTED when they do not. CW_ERR_INPUT when the tree never was so large. */
CW_MUST_USE enum cw_err cw_merkle_tree_root_at(struct cw_hash32 *ret_root,
                                               const struct cw_merkle_tree *tree, uint64_t size,
                                               const struct cw_merkle_store *store);

/* cw_merkle_prove under the root that the tree had with size leaves. */
CW_MUST_USE enum cw_err cw_merkle_tree_prove(struct cw_merkle_proof *ret_proof,
                                             const struct cw_merkle_tree *tree, uint64_t size,
                                             uint64_t index, const struct cw_hash32 *leaf,
                                             const struct cw_merkle_store *store);

#ifdef __cplusplus
}
#endif
#endif
