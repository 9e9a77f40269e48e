#include <causeway/merkle_tree.h>

#include <stdlib.h>
#include <time.h>

#include "naive_tree.h"
#include "node_shelf.h"
#include "vectors.h"

static struct cw_hash32 hash_of(uint64_t n) {
    struct cw_hash32 hash;
    cw_keccak256(&hash, cw_slice_of(&n, sizeof(n)));
    return hash;
}

/* --- a tree beside its definition ------------------------------------------------------------ */

struct bed {
    struct node_shelf shelf;
    struct cw_merkle_store store;
    struct cw_hash32 leaves[SHELF_LEAVES];
    struct naive_tree naive;
    struct cw_merkle_shape shape;
    struct cw_merkle_tree tree;
};

static struct bed *bed_new(enum cw_merkle_empty kind, struct cw_hash32 empty_leaf,
                           unsigned min_depth, unsigned max_depth) {
    struct bed *bed = calloc(1, sizeof(*bed));
    assert_non_null(bed);
    bed->store = shelf_store(&bed->shelf);
    bed->naive = (struct naive_tree){kind, empty_leaf, min_depth, max_depth, bed->leaves};
    assert_int_equal(cw_merkle_shape_init(&bed->shape, kind, &empty_leaf, min_depth, max_depth),
                     CW_OK);
    cw_merkle_tree_init(&bed->tree, &bed->shape);
    return bed;
}

/* Appends, and checks what became complete. */
static void bed_append(struct bed *bed, struct cw_hash32 leaf) {
    struct cw_merkle_node nodes[CW_MERKLE_DEPTH_MAX];
    size_t n = 0;
    const uint64_t at = bed->tree.size;
    bed->leaves[at] = leaf;
    assert_int_equal(cw_merkle_tree_append(&bed->tree, nodes, &n, &leaf), CW_OK);
    assert_int_equal(bed->tree.size, at + 1);
    assert_in_range(n, 1, SHELF_DEPTH + 1);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(nodes[i].level, i);
        assert_int_equal((nodes[i].index + 1) << nodes[i].level, at + 1);
        assert_hash(nodes[i].hash, naive_node(&bed->naive, at + 1, nodes[i].level, nodes[i].index));
        shelf_put(&bed->shelf, &nodes[i]);
    }
}

static unsigned reads_of(struct bed *bed) {
    unsigned reads = bed->shelf.reads;
    bed->shelf.reads = 0;
    return reads;
}

static void check_proof(struct bed *bed, uint64_t size, uint64_t index) {
    struct cw_merkle_proof proof;
    const struct cw_hash32 root = naive_root(&bed->naive, size);
    const struct cw_u256 wide = cw_u256_from_u64(index);
    reads_of(bed);
    assert_int_equal(
        cw_merkle_tree_prove(&proof, &bed->tree, size, index, &bed->leaves[index], &bed->store),
        CW_OK);
    assert_in_range(reads_of(bed), 0, 4 * CW_MERKLE_DEPTH_MAX);
    assert_int_equal(proof.depth, naive_depth(&bed->naive, size));
    for (unsigned level = 0; level < proof.depth; level++) {
        assert_hash(proof.path[level], naive_node(&bed->naive, size, level, index >> level ^ 1));
    }
    assert_valid(cw_merkle_verify(&root, &bed->leaves[index], &wide, proof.path, proof.depth));
}

static void check_roots(struct bed *bed, uint64_t size) {
    const struct cw_hash32 expected = naive_root(&bed->naive, size);
    struct cw_hash32 root;
    struct cw_merkle_tree loaded;
    assert_int_equal(cw_merkle_tree_root_at(&root, &bed->tree, size, &bed->store), CW_OK);
    assert_hash(root, expected);
    assert_int_equal(cw_merkle_root_from_store(&root, &bed->shape, size, &bed->store), CW_OK);
    assert_hash(root, expected);
    assert_int_equal(cw_merkle_tree_load(&loaded, &bed->shape, &expected, size, &bed->store),
                     CW_OK);
    cw_merkle_tree_root(&root, &loaded);
    assert_hash(root, expected);
    if (size == bed->tree.size) {
        cw_merkle_tree_root(&root, &bed->tree);
        assert_hash(root, expected);
    }
}

/* --- every size of every small shape -------------------------------------------------------- */

static const struct {
    enum cw_merkle_empty kind;
    unsigned min_depth, max_depth;
} shapes[] = {
    {CW_MERKLE_EMPTY_CHAIN, 0, 0}, {CW_MERKLE_EMPTY_SAME, 0, 0},  {CW_MERKLE_EMPTY_CHAIN, 1, 1},
    {CW_MERKLE_EMPTY_CHAIN, 5, 5}, {CW_MERKLE_EMPTY_CHAIN, 0, 6}, {CW_MERKLE_EMPTY_CHAIN, 2, 5},
    {CW_MERKLE_EMPTY_SAME, 0, 6},  {CW_MERKLE_EMPTY_SAME, 5, 5},  {CW_MERKLE_EMPTY_SAME, 3, 4},
};

static void cw_merkle_tree__every_size_of_small_shapes__as_defined(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * CW_COUNT(shapes); i++) {
        const unsigned max_depth = shapes[i / 2].max_depth;
        const struct cw_hash32 zero = {{0}}, empty_leaf = i % 2 == 0 ? zero : hash_of(1000);
        struct bed *bed = bed_new(shapes[i / 2].kind, empty_leaf, shapes[i / 2].min_depth,
                                  max_depth);
        const uint64_t capacity = cw_merkle_shape_capacity(&bed->shape);
        assert_int_equal(capacity, UINT64_C(1) << max_depth);
        check_roots(bed, 0);
        while (bed->tree.size < capacity) {
            bed_append(bed, hash_of(bed->tree.size));
            check_roots(bed, bed->tree.size);
        }
        for (uint64_t size = 0; size <= capacity; size++) {
            check_roots(bed, size);
            for (uint64_t index = 0; index < size; index++) {
                check_proof(bed, size, index);
            }
        }
        const struct cw_merkle_tree full = bed->tree;
        assert_int_equal(cw_merkle_tree_append(&bed->tree, NULL, NULL, &zero), CW_ERR_LIMIT);
        assert_memory_equal(&full, &bed->tree, sizeof(full));
        free(bed);
    }
}

/* --- stores that fail, lie or belong to others ---------------------------------------------- */

/* Every read of root, load, root_at and proof, once failing and once lying by a bit. */
static unsigned check_bad_reads(struct bed *bed, uint64_t size, uint64_t index) {
    const struct cw_hash32 root = naive_root(&bed->naive, size), *leaf = &bed->leaves[index];
    unsigned n_bad = 0;
    for (unsigned what = 0; what < 8; what++) {
        for (unsigned n = 1;; n++) {
            struct cw_merkle_proof proof = {.depth = 77};
            struct cw_merkle_tree loaded = {.size = 77};
            struct cw_hash32 past = {{77}};
            enum cw_err err = CW_OK;
            bed->shelf.reads = 0;
            *(what % 2 == 0 ? &bed->shelf.fail_at : &bed->shelf.lie_at) = n;
            switch (what / 2) {
            case 0:
                err = cw_merkle_prove(&proof, &bed->shape, &root, size, index, leaf, &bed->store);
                break;
            case 1:
                err = cw_merkle_tree_load(&loaded, &bed->shape, &root, size, &bed->store);
                break;
            case 2:
                err = cw_merkle_tree_root_at(&past, &bed->tree, size, &bed->store);
                break;
            default:
                err = cw_merkle_tree_prove(&proof, &bed->tree, size, index, leaf, &bed->store);
                break;
            }
            bed->shelf.fail_at = bed->shelf.lie_at = 0;
            if (bed->shelf.reads < n) {
                assert_int_equal(err, CW_OK);
                break;
            }
            assert_int_equal(err, what % 2 == 0 ? CW_ERR_BEHIND : CW_ERR_CONTRADICTED);
            assert_int_equal(proof.depth, 77);
            assert_int_equal(loaded.size, 77);
            assert_int_equal(past.b[0], 77);
            n_bad++;
        }
    }
    return n_bad;
}

static void cw_merkle_tree__each_read_fails_or_lies__error_and_no_output(void **state) {
    (void)state;
    unsigned n_bad = 0;
    for (size_t i = 0; i < CW_COUNT(shapes); i++) {
        struct bed *bed = bed_new(shapes[i].kind, hash_of(5), shapes[i].min_depth,
                                  shapes[i].max_depth);
        uint64_t capacity = cw_merkle_shape_capacity(&bed->shape);
        for (uint64_t now = 1; now <= capacity && now <= 21; now++) {
            bed_append(bed, hash_of(now));
            for (uint64_t size = 1; size <= now; size++) {
                n_bad += check_bad_reads(bed, size, (now * 7 + size) % size);
            }
        }
        free(bed);
    }
    print_message("%u bad reads refused\n", n_bad);
}

static void cw_merkle_tree__store_of_another_tree__contradicted(void **state) {
    (void)state;
    struct bed *bed = bed_new(CW_MERKLE_EMPTY_CHAIN, hash_of(5), 6, 6);
    struct bed *other = bed_new(CW_MERKLE_EMPTY_CHAIN, hash_of(5), 6, 6);
    for (uint64_t i = 0; i < 43; i++) {
        bed_append(bed, hash_of(i));
        bed_append(other, hash_of(i == 11 ? 999 : i));
    }
    for (uint64_t size = 1; size <= 43; size++) {
        struct cw_hash32 root, expected = naive_root(&bed->naive, size);
        struct cw_merkle_proof proof;
        struct cw_merkle_tree loaded;
        enum cw_err err = cw_merkle_tree_root_at(&root, &bed->tree, size, &other->store);
        /* Where what differs is not read, what is read is right. */
        assert_true(err == CW_OK ? cw_hash32_equal(&root, &expected) : err == CW_ERR_CONTRADICTED);
        err = cw_merkle_tree_load(&loaded, &bed->shape, &expected, size, &other->store);
        assert_int_equal(err, size < 12 ? CW_OK : CW_ERR_CONTRADICTED);
        for (uint64_t index = 0; size > 11 && index < size; index++) {
            err = cw_merkle_prove(&proof, &bed->shape, &expected, size, index,
                                  &other->leaves[index], &other->store);
            assert_int_equal(err, CW_ERR_CONTRADICTED);
            /* What differs is not on the path of that very leaf. */
            err = cw_merkle_prove(&proof, &bed->shape, &expected, size, index, &bed->leaves[index],
                                  &other->store);
            assert_int_equal(err, index == 11 ? CW_OK : CW_ERR_CONTRADICTED);
        }
    }
    free(bed);
    free(other);
}

static void cw_merkle_prove__wrong_leaf_root_index_or_size__refused(void **state) {
    (void)state;
    static const struct cw_hash32 zero;
    struct bed *bed = bed_new(CW_MERKLE_EMPTY_SAME, zero, 0, 5);
    for (uint64_t i = 0; i < 21; i++) {
        bed_append(bed, hash_of(i));
    }
    const struct cw_hash32 root = naive_root(&bed->naive, 21), *leaf = &bed->leaves[4];
    struct cw_hash32 out = {{77}};
    struct cw_merkle_proof proof = {.depth = 77};
    const struct {
        uint64_t size, index;
        const struct cw_hash32 *leaf, *root;
        enum cw_err err;
    } cases[] = {
        {21, 4, leaf, &root, CW_OK},
        {21, 4, &bed->leaves[5], &root, CW_ERR_CONTRADICTED},
        {21, 4, leaf, leaf, CW_ERR_CONTRADICTED},
        {21, 5, leaf, &root, CW_ERR_CONTRADICTED},
        {20, 4, leaf, &root, CW_ERR_CONTRADICTED},
        {21, 21, leaf, &root, CW_ERR_INPUT},
        {0, 0, leaf, &root, CW_ERR_INPUT},
        {33, 4, leaf, &root, CW_ERR_INPUT},
        {UINT64_MAX, 4, leaf, &root, CW_ERR_INPUT},
        {21, UINT64_MAX, leaf, &root, CW_ERR_INPUT},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        proof.depth = 77;
        assert_int_equal(cw_merkle_prove(&proof, &bed->shape, cases[i].root, cases[i].size,
                                         cases[i].index, cases[i].leaf, &bed->store),
                         cases[i].err);
        assert_int_equal(proof.depth, cases[i].err == CW_OK ? 5 : 77);
    }
    struct cw_merkle_tree loaded;
    assert_int_equal(cw_merkle_tree_load(&loaded, &bed->shape, &root, 33, &bed->store),
                     CW_ERR_INPUT);
    assert_int_equal(cw_merkle_root_from_store(&out, &bed->shape, 33, &bed->store), CW_ERR_INPUT);
    assert_int_equal(cw_merkle_tree_root_at(&out, &bed->tree, 22, &bed->store), CW_ERR_INPUT);
    assert_int_equal(cw_merkle_tree_prove(&proof, &bed->tree, 22, 4, leaf, &bed->store),
                     CW_ERR_INPUT);
    reads_of(bed);
    bed->shelf.fail_at = 1;
    assert_int_equal(cw_merkle_tree_prove(&proof, &bed->tree, 20, 20, leaf, &bed->store),
                     CW_ERR_INPUT);
    assert_int_equal(reads_of(bed), 0);
    assert_int_equal(out.b[0], 77);
    free(bed);
}

static void cw_merkle_shape_init__depths_that_can_not_be__refused(void **state) {
    (void)state;
    static const struct cw_hash32 zero;
    struct cw_merkle_shape shape = {.min_depth = 77};
    assert_int_equal(cw_merkle_shape_init(&shape, CW_MERKLE_EMPTY_CHAIN, &zero, 0, 33),
                     CW_ERR_INPUT);
    assert_int_equal(cw_merkle_shape_init(&shape, CW_MERKLE_EMPTY_SAME, &zero, 6, 5), CW_ERR_INPUT);
    assert_int_equal(shape.min_depth, 77);
    assert_int_equal(cw_merkle_shape_init(&shape, CW_MERKLE_EMPTY_CHAIN, &zero, 32, 32), CW_OK);
    assert_int_equal(cw_merkle_shape_capacity(&shape), UINT32_MAX);
}

/* --- the largest tree ----------------------------------------------------------------------- */

/* All leaves are the same, so all complete nodes of a level are. */
struct uniform {
    struct cw_hash32 level[CW_MERKLE_DEPTH_MAX];
    uint64_t complete_below;
};

static enum cw_err uniform_read(void *ctx, struct cw_hash32 *ret_hash, unsigned level,
                                uint64_t index) {
    const struct uniform *uniform = ctx;
    assert_in_range(level, 0, CW_MERKLE_DEPTH_MAX - 1);
    assert_true((index + 1) << level <= uniform->complete_below);
    *ret_hash = uniform->level[level];
    return CW_OK;
}

static void check_largest(enum cw_merkle_empty kind, unsigned min_depth) {
    static const struct cw_hash32 zero;
    struct uniform uniform = {.complete_below = CW_MERKLE_LEAVES_MAX - 1};
    const struct cw_merkle_store store = {uniform_read, &uniform};
    const struct cw_hash32 leaf = hash_of(1);
    struct cw_merkle_shape shape;
    struct cw_merkle_tree tree;
    struct cw_merkle_node nodes[CW_MERKLE_DEPTH_MAX];
    struct cw_hash32 root, past, hash = leaf;
    size_t n;
    for (size_t i = 0; i < CW_COUNT(uniform.level); i++) {
        uniform.level[i] = hash;
        hash = naive_pair(hash, hash);
    }
    assert_int_equal(cw_merkle_shape_init(&shape, kind, &zero, min_depth, 32), CW_OK);

    /* 2^31 leaves by their last one: 32 nodes come to be. */
    assert_int_equal(cw_merkle_root_from_store(&root, &shape, (UINT64_C(1) << 31) - 1, &store),
                     CW_OK);
    assert_int_equal(cw_merkle_tree_load(&tree, &shape, &root, (UINT64_C(1) << 31) - 1, &store),
                     CW_OK);
    assert_int_equal(cw_merkle_tree_append(&tree, nodes, &n, &leaf), CW_OK);
    assert_int_equal(n, CW_MERKLE_DEPTH_MAX);
    assert_hash(nodes[31].hash, uniform.level[31]);
    cw_merkle_tree_root(&root, &tree);
    assert_hash(root, min_depth == 32 ? naive_pair(uniform.level[31], shape.empty[31])
                                      : uniform.level[31]);

    assert_int_equal(cw_merkle_root_from_store(&root, &shape, CW_MERKLE_LEAVES_MAX - 1, &store),
                     CW_OK);
    assert_int_equal(cw_merkle_tree_load(&tree, &shape, &root, CW_MERKLE_LEAVES_MAX - 1, &store),
                     CW_OK);
    assert_int_equal(cw_merkle_tree_append(&tree, nodes, &n, &leaf), CW_OK);
    assert_int_equal(n, 1);
    assert_int_equal(nodes[0].index, CW_MERKLE_LEAVES_MAX - 1);
    uniform.complete_below++;
    assert_int_equal(cw_merkle_tree_append(&tree, nodes, &n, &leaf), CW_ERR_LIMIT);
    assert_int_equal(tree.size, CW_MERKLE_LEAVES_MAX);

    /* The one empty place is the last: the border goes all the way up. */
    hash = shape.empty[0];
    for (size_t i = 0; i < CW_MERKLE_DEPTH_MAX; i++) {
        hash = naive_pair(uniform.level[i], hash);
    }
    cw_merkle_tree_root(&root, &tree);
    assert_hash(root, hash);
    static const uint64_t indexes[] = {0, 1, UINT32_MAX / 2, UINT32_MAX / 2 + 1, UINT32_MAX - 1};
    for (size_t i = 0; i < CW_COUNT(indexes); i++) {
        const uint64_t sizes[] = {indexes[i] + 1, CW_MERKLE_LEAVES_MAX / 2 + 1,
                                  CW_MERKLE_LEAVES_MAX - 1, CW_MERKLE_LEAVES_MAX};
        for (size_t j = 0; j < CW_COUNT(sizes); j++) {
            struct cw_merkle_proof proof;
            enum cw_err err = cw_merkle_tree_prove(&proof, &tree, sizes[j], indexes[i], &leaf,
                                                   &store);
            assert_int_equal(err, indexes[i] < sizes[j] ? CW_OK : CW_ERR_INPUT);
            assert_int_equal(cw_merkle_tree_root_at(&past, &tree, sizes[j], &store), CW_OK);
            const struct cw_u256 wide = cw_u256_from_u64(indexes[i]);
            if (err == CW_OK) {
                assert_valid(cw_merkle_verify(&past, &leaf, &wide, proof.path, proof.depth));
            }
        }
    }
}

static void cw_merkle_tree__largest_size__works_and_is_full(void **state) {
    (void)state;
    check_largest(CW_MERKLE_EMPTY_CHAIN, 32);
    check_largest(CW_MERKLE_EMPTY_CHAIN, 0);
    check_largest(CW_MERKLE_EMPTY_SAME, 0);
}

/* --- random --------------------------------------------------------------------------------- */

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Leaves repeat, and some are the empty leaf: equal siblings, and roots that do not change. */
static void cw_merkle_tree__random_growth__as_defined(void **state) {
    (void)state;
    const char *given = getenv("CAUSEWAY_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    seed |= 1;
    print_message("seed %llu (CAUSEWAY_SEED)\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 60; round++) {
        unsigned max_depth = (unsigned)(next(&seed) % (SHELF_DEPTH + 1));
        unsigned min_depth = (unsigned)(next(&seed) % (max_depth + 1));
        enum cw_merkle_empty kind = next(&seed) % 2 == 0 ? CW_MERKLE_EMPTY_CHAIN
                                                         : CW_MERKLE_EMPTY_SAME;
        struct bed *bed = bed_new(kind, hash_of(0), min_depth, max_depth);
        uint64_t capacity = cw_merkle_shape_capacity(&bed->shape);
        uint64_t n = next(&seed) % (capacity + 1);
        while (bed->tree.size < n) {
            bed_append(bed, hash_of(next(&seed) % 3));
        }
        for (unsigned i = 0; n > 0 && i < 20; i++) {
            uint64_t size = 1 + next(&seed) % n;
            check_roots(bed, size);
            check_proof(bed, size, next(&seed) % size);
        }
        free(bed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_merkle_tree__every_size_of_small_shapes__as_defined),
        cmocka_unit_test(cw_merkle_tree__each_read_fails_or_lies__error_and_no_output),
        cmocka_unit_test(cw_merkle_tree__store_of_another_tree__contradicted),
        cmocka_unit_test(cw_merkle_prove__wrong_leaf_root_index_or_size__refused),
        cmocka_unit_test(cw_merkle_shape_init__depths_that_can_not_be__refused),
        cmocka_unit_test(cw_merkle_tree__largest_size__works_and_is_full),
        cmocka_unit_test(cw_merkle_tree__random_growth__as_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
