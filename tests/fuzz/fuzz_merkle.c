/* Growing Merkle trees beside a tree by its definition. Input: kind of the empty values (bit 0) and
 * whether the empty leaf is zero (bit 1), least depth, most depth; then one step a byte. The two
 * upper bits say what: append (the rest picks the leaf), or, each with a further byte or two, ask
 * for the root at a size, for a proof, or for a proof with a store of which one read lies. */
#include <causeway/merkle_tree.h>

#include <assert.h>

#include "../support/naive_tree.h"
#include "../support/node_shelf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Few distinct leaves, the empty one among them: equal siblings happen. */
static struct cw_hash32 leaf_of(const struct naive_tree *naive, uint8_t pick) {
    struct cw_hash32 leaf = naive->empty_leaf;
    leaf.b[0] = (uint8_t)(leaf.b[0] ^ (pick & 7));
    return leaf;
}

static void check_root(struct node_shelf *shelf, const struct cw_merkle_tree *tree,
                       const struct naive_tree *naive, uint64_t size) {
    struct cw_merkle_store store = shelf_store(shelf);
    struct cw_hash32 root = {{0}}, stored = {{0}};
    struct cw_merkle_tree loaded;
    enum cw_err err = cw_merkle_tree_root_at(&root, tree, size, &store);
    if (size > tree->size) {
        assert(err == CW_ERR_INPUT);
        return;
    }
    struct cw_hash32 expected = naive_root(naive, size);
    assert(err == CW_OK && cw_hash32_equal(&root, &expected));
    err = cw_merkle_root_from_store(&stored, tree->shape, size, &store);
    assert(err == CW_OK && cw_hash32_equal(&stored, &expected));
    err = cw_merkle_tree_load(&loaded, tree->shape, &root, size, &store);
    assert(err == CW_OK && loaded.size == size);
    expected.b[31] ^= 1;
    err = cw_merkle_tree_load(&loaded, tree->shape, &expected, size, &store);
    assert(err == CW_ERR_CONTRADICTED);
}

/* lie_at 0: an honest store. */
static void check_proof(struct node_shelf *shelf, const struct cw_merkle_tree *tree,
                        const struct naive_tree *naive, uint64_t size, uint64_t index,
                        unsigned lie_at) {
    struct cw_merkle_store store = shelf_store(shelf);
    struct cw_hash32 leaf = index < tree->size ? naive->leaves[index] : naive->empty_leaf;
    struct cw_merkle_proof proof;
    shelf->reads = 0;
    shelf->lie_at = lie_at;
    enum cw_err err = cw_merkle_tree_prove(&proof, tree, size, index, &leaf, &store);
    shelf->lie_at = 0;
    if (size > tree->size || index >= size) {
        assert(err == CW_ERR_INPUT);
        return;
    }
    if (lie_at > 0 && shelf->reads >= lie_at) {
        assert(err == CW_ERR_CONTRADICTED);
        return;
    }
    assert(err == CW_OK && proof.depth == naive_depth(naive, size));
    for (unsigned level = 0; level < proof.depth; level++) {
        struct cw_hash32 expected = naive_node(naive, size, level, index >> level ^ 1);
        assert(cw_hash32_equal(&proof.path[level], &expected));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3) {
        return 0;
    }
    static struct cw_hash32 leaves[SHELF_LEAVES];
    struct node_shelf shelf = {.reads = 0};
    struct naive_tree naive = {.kind = data[0] % 2 == 0 ? CW_MERKLE_EMPTY_CHAIN
                                                        : CW_MERKLE_EMPTY_SAME,
                               .min_depth = data[1] % (SHELF_DEPTH + 1),
                               .max_depth = data[2] % (SHELF_DEPTH + 1),
                               .leaves = leaves};
    naive.empty_leaf.b[5] = data[0] / 2 % 2;
    struct cw_merkle_shape shape;
    struct cw_merkle_tree tree;
    enum cw_err err = cw_merkle_shape_init(&shape, naive.kind, &naive.empty_leaf, naive.min_depth,
                                           naive.max_depth);
    assert((err == CW_OK) == (naive.min_depth <= naive.max_depth));
    if (err != CW_OK) {
        return 0;
    }
    cw_merkle_tree_init(&tree, &shape);
    unsigned n_asked = 0; /* the definition is slow */
    for (size_t i = 3; i < size && n_asked < 16; i++) {
        const uint8_t what = data[i] >> 6, a = i + 1 < size ? data[i + 1] : 0;
        if (what == 0) {
            struct cw_hash32 leaf = leaf_of(&naive, data[i]);
            const uint64_t at = tree.size;
            err = shelf_append(&shelf, &tree, &leaf);
            assert(err == (at < cw_merkle_shape_capacity(&shape) ? CW_OK : CW_ERR_LIMIT));
            if (err == CW_OK) {
                leaves[at] = leaf;
            }
            continue;
        }
        i++;
        n_asked++;
        if (what == 1) {
            check_root(&shelf, &tree, &naive, a % (SHELF_LEAVES + 2));
        } else {
            check_proof(&shelf, &tree, &naive, a % (SHELF_LEAVES + 2), data[i - 1] & 63,
                        what == 3 ? 1 + a / 2 % 16 : 0);
        }
    }
    return 0;
}
