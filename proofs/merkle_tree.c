#include <causeway/merkle_tree.h>

#include <assert.h>

/* The border of a tree: at each level the node with index size >> level, the first that is not
 * complete. To its left stands a complete node where that bit of size is set. */

static bool has_bit(uint64_t size, unsigned level) {
    return (size >> level & 1) != 0;
}

/* The complete node to the left of the border; the bit is set. */
static uint64_t last_complete(uint64_t size, unsigned level) {
    return (size >> level) - 1;
}

/* --- shapes --------------------------------------------------------------------------------- */

enum cw_err cw_merkle_shape_init(struct cw_merkle_shape *ret_shape, enum cw_merkle_empty kind,
                                 const struct cw_hash32 *empty_leaf, unsigned min_depth,
                                 unsigned max_depth) {
    if (min_depth > max_depth || max_depth > CW_MERKLE_DEPTH_MAX) {
        return CW_ERR_INPUT;
    }
    struct cw_hash32 empty = *empty_leaf;
    ret_shape->min_depth = min_depth;
    ret_shape->max_depth = max_depth;
    for (unsigned level = 0; level <= CW_MERKLE_DEPTH_MAX; level++) {
        ret_shape->empty[level] = empty;
        switch (kind) {
        case CW_MERKLE_EMPTY_CHAIN:
            cw_merkle_parent(&empty, &empty, &empty);
            break;
        case CW_MERKLE_EMPTY_SAME:
            break;
        }
    }
    return CW_OK;
}

uint64_t cw_merkle_shape_capacity(const struct cw_merkle_shape *shape) {
    uint64_t full = UINT64_C(1) << shape->max_depth;
    return full < CW_MERKLE_LEAVES_MAX ? full : CW_MERKLE_LEAVES_MAX;
}

unsigned cw_merkle_shape_depth(const struct cw_merkle_shape *shape, uint64_t size) {
    assert(size <= cw_merkle_shape_capacity(shape));
    unsigned depth = shape->min_depth;
    while (UINT64_C(1) << depth < size) {
        depth++;
    }
    return depth;
}

/* --- from stored nodes ---------------------------------------------------------------------- */

static enum cw_err read_node(const struct cw_merkle_store *store, struct cw_hash32 *ret_hash,
                             unsigned level, uint64_t index) {
    return store->read(store->ctx, ret_hash, level, index);
}

/* The border's node at this level. */
static enum cw_err border(struct cw_hash32 *ret_hash, const struct cw_merkle_shape *shape,
                          uint64_t size, unsigned level, const struct cw_merkle_store *store) {
    struct cw_hash32 hash = shape->empty[0];
    bool has_leaves = false;
    for (unsigned i = 0; i < level; i++) {
        const struct cw_hash32 *here = has_leaves ? &hash : &shape->empty[i];
        if (has_bit(size, i)) {
            struct cw_hash32 left;
            enum cw_err err = read_node(store, &left, i, last_complete(size, i));
            if (err != CW_OK) {
                return err;
            }
            cw_merkle_parent(&hash, &left, here);
            has_leaves = true;
        } else if (has_leaves) {
            cw_merkle_parent(&hash, here, &shape->empty[i]);
        }
    }
    *ret_hash = has_leaves ? hash : shape->empty[level];
    return CW_OK;
}

enum cw_err cw_merkle_root_from_store(struct cw_hash32 *ret_root,
                                      const struct cw_merkle_shape *shape, uint64_t size,
                                      const struct cw_merkle_store *store) {
    if (size > cw_merkle_shape_capacity(shape)) {
        return CW_ERR_INPUT;
    }
    unsigned depth = cw_merkle_shape_depth(shape, size);
    struct cw_hash32 root;
    enum cw_err err = size == UINT64_C(1) << depth ? read_node(store, &root, depth, 0)
                                                   : border(&root, shape, size, depth, store);
    if (err == CW_OK) {
        *ret_root = root;
    }
    return err;
}

enum cw_err cw_merkle_prove(struct cw_merkle_proof *ret_proof, const struct cw_merkle_shape *shape,
                            const struct cw_hash32 *root, uint64_t size, uint64_t index,
                            const struct cw_hash32 *leaf, const struct cw_merkle_store *store) {
    if (size > cw_merkle_shape_capacity(shape) || index >= size) {
        return CW_ERR_INPUT;
    }
    struct cw_merkle_proof proof = {.depth = cw_merkle_shape_depth(shape, size)};
    for (unsigned level = 0; level < proof.depth; level++) {
        uint64_t sibling = index >> level ^ 1;
        enum cw_err err = CW_OK;
        if (sibling << level >= size) {
            proof.path[level] = shape->empty[level];
        } else if ((sibling + 1) << level <= size) {
            err = read_node(store, &proof.path[level], level, sibling);
        } else {
            err = border(&proof.path[level], shape, size, level, store);
        }
        if (err != CW_OK) {
            return err;
        }
    }
    const struct cw_u256 wide = cw_u256_from_u64(index);
    if (cw_merkle_verify(root, leaf, &wide, proof.path, proof.depth).verdict != CW_VALID) {
        return CW_ERR_CONTRADICTED;
    }
    *ret_proof = proof;
    return CW_OK;
}

/* --- a growing tree ------------------------------------------------------------------------- */

void cw_merkle_tree_init(struct cw_merkle_tree *tree, const struct cw_merkle_shape *shape) {
    *tree = (struct cw_merkle_tree){.shape = shape};
}

/* The frontier is a store too: it holds what stands left of the border. */
static enum cw_err read_frontier(void *ctx, struct cw_hash32 *ret_hash, unsigned level,
                                 uint64_t index) {
    const struct cw_merkle_tree *tree = ctx;
    assert(has_bit(tree->size, level) && index == last_complete(tree->size, level));
    *ret_hash = tree->frontier[level];
    return CW_OK;
}

void cw_merkle_tree_root(struct cw_hash32 *out, const struct cw_merkle_tree *tree) {
    struct cw_merkle_tree copy = *tree;
    const struct cw_merkle_store store = {read_frontier, &copy};
    enum cw_err err = cw_merkle_root_from_store(out, tree->shape, tree->size, &store);
    assert(err == CW_OK);
}

/* A tree whose frontier is what the store says. */
static enum cw_err load_unchecked(struct cw_merkle_tree *ret_tree,
                                  const struct cw_merkle_shape *shape, uint64_t size,
                                  const struct cw_merkle_store *store) {
    struct cw_merkle_tree tree = {.shape = shape, .size = size};
    for (unsigned level = 0; level < CW_MERKLE_DEPTH_MAX; level++) {
        if (!has_bit(size, level)) {
            continue;
        }
        enum cw_err err = read_node(store, &tree.frontier[level], level,
                                    last_complete(size, level));
        if (err != CW_OK) {
            return err;
        }
    }
    *ret_tree = tree;
    return CW_OK;
}

enum cw_err cw_merkle_tree_load(struct cw_merkle_tree *ret_tree,
                                const struct cw_merkle_shape *shape, const struct cw_hash32 *root,
                                uint64_t size, const struct cw_merkle_store *store) {
    if (size > cw_merkle_shape_capacity(shape)) {
        return CW_ERR_INPUT;
    }
    struct cw_merkle_tree tree;
    enum cw_err err = load_unchecked(&tree, shape, size, store);
    if (err != CW_OK) {
        return err;
    }
    struct cw_hash32 loaded;
    cw_merkle_tree_root(&loaded, &tree);
    if (!cw_hash32_equal(&loaded, root)) {
        return CW_ERR_CONTRADICTED;
    }
    *ret_tree = tree;
    return CW_OK;
}

enum cw_err cw_merkle_tree_append(struct cw_merkle_tree *tree, struct cw_merkle_node *ret_nodes,
                                  size_t *ret_n, const struct cw_hash32 *leaf) {
    if (tree->size >= cw_merkle_shape_capacity(tree->shape)) {
        return CW_ERR_LIMIT;
    }
    struct cw_hash32 hash = *leaf;
    unsigned level = 0;
    for (;; level++) {
        if (ret_nodes != NULL) {
            ret_nodes[level] = (struct cw_merkle_node){level, tree->size >> level, hash};
        }
        if (!has_bit(tree->size, level)) {
            break;
        }
        cw_merkle_parent(&hash, &tree->frontier[level], &hash);
    }
    tree->frontier[level] = hash;
    tree->size++;
    if (ret_n != NULL) {
        *ret_n = level + 1;
    }
    return CW_OK;
}

/* Whether the frontier of past is that of an earlier size of tree. From the last node of past's
 * frontier up, as long as the parent is complete in tree: what is reached there, and what past has
 * above, must stand in tree's own frontier. */
static enum cw_err check_past(const struct cw_merkle_tree *tree, const struct cw_merkle_tree *past,
                              const struct cw_merkle_store *store) {
    assert(past->size > 0 && past->size <= tree->size);
    unsigned level = 0;
    while (!has_bit(past->size, level)) {
        level++;
    }
    uint64_t index = last_complete(past->size, level);
    struct cw_hash32 hash = past->frontier[level];
    for (; ((index >> 1) + 1) << (level + 1) <= tree->size; level++, index >>= 1) {
        if (index % 2 == 1) {
            cw_merkle_parent(&hash, &past->frontier[level], &hash);
            continue;
        }
        struct cw_hash32 right;
        enum cw_err err = read_node(store, &right, level, index + 1);
        if (err != CW_OK) {
            return err;
        }
        cw_merkle_parent(&hash, &hash, &right);
    }
    assert(has_bit(tree->size, level) && index == last_complete(tree->size, level));
    bool same = cw_hash32_equal(&hash, &tree->frontier[level]);
    for (level++; level < CW_MERKLE_DEPTH_MAX; level++) {
        same = same && (!has_bit(past->size, level) ||
                        cw_hash32_equal(&past->frontier[level], &tree->frontier[level]));
    }
    return same ? CW_OK : CW_ERR_CONTRADICTED;
}

enum cw_err cw_merkle_tree_root_at(struct cw_hash32 *ret_root, const struct cw_merkle_tree *tree,
                                   uint64_t size, const struct cw_merkle_store *store) {
    if (size > tree->size) {
        return CW_ERR_INPUT;
    }
    struct cw_merkle_tree past = *tree;
    if (size < tree->size) {
        enum cw_err err = load_unchecked(&past, tree->shape, size, store);
        if (err == CW_OK && size > 0) {
            err = check_past(tree, &past, store);
        }
        if (err != CW_OK) {
            return err;
        }
    }
    cw_merkle_tree_root(ret_root, &past);
    return CW_OK;
}

enum cw_err cw_merkle_tree_prove(struct cw_merkle_proof *ret_proof,
                                 const struct cw_merkle_tree *tree, uint64_t size, uint64_t index,
                                 const struct cw_hash32 *leaf,
                                 const struct cw_merkle_store *store) {
    if (size > tree->size || index >= size) {
        return CW_ERR_INPUT; /* whatever the store says */
    }
    struct cw_hash32 root;
    enum cw_err err = cw_merkle_tree_root_at(&root, tree, size, store);
    return err != CW_OK ? err
                        : cw_merkle_prove(ret_proof, tree->shape, &root, size, index, leaf, store);
}
