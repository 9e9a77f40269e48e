#include <causeway/merkle.h>

#include <causeway/keccak.h>

#include "folds.h"

static struct cw_hash32 hash_of(uint64_t n) {
    struct cw_hash32 hash;
    cw_keccak256(&hash, cw_slice_of(&n, sizeof(n)));
    return hash;
}

static void cw_merkle_parent__aliased_output__same_hash(void **state) {
    (void)state;
    struct cw_hash32 a = hash_of(1), b = hash_of(2), expected, left = a, right = b;
    cw_keccak256_pair(&expected, cw_slice_of(a.b, 32), cw_slice_of(b.b, 32));
    cw_merkle_parent(&left, &left, &b);
    cw_merkle_parent(&right, &a, &right);
    assert_hash(left, expected);
    assert_hash(right, expected);
}

/* Bit by bit, from the definition. */
static void cw_merkle_fold__every_index_of_small_depths__siblings_on_their_sides(void **state) {
    (void)state;
    for (size_t depth = 0; depth <= 6; depth++) {
        struct cw_hash32 path[6], leaf = hash_of(99);
        for (size_t i = 0; i < depth; i++) {
            path[i] = hash_of(i);
        }
        for (uint64_t index = 0; index < UINT64_C(1) << depth; index++) {
            struct cw_hash32 expected = leaf, actual;
            for (size_t i = 0; i < depth; i++) {
                bool right = (index >> i) % 2 == 1;
                cw_keccak256_pair(&expected, cw_slice_of(right ? path[i].b : expected.b, 32),
                                  cw_slice_of(right ? expected.b : path[i].b, 32));
            }
            struct fold fold = {expected, leaf, cw_u256_from_u64(index), path, depth};
            cw_merkle_fold(&actual, &leaf, &fold.index, path, depth);
            assert_hash(actual, expected);
            assert_int_not_equal(fold_check_mutations(&fold, false, fold_verify, NULL), 0);
        }
    }
}

static void cw_merkle_verify__depths_up_to_the_cap__reach_is_exact(void **state) {
    (void)state;
    struct cw_hash32 path[CW_MERKLE_PATH_MAX + 1], leaf = hash_of(7), root;
    for (size_t i = 0; i < CW_COUNT(path); i++) {
        path[i] = hash_of(i);
    }
    for (size_t depth = 0; depth <= CW_MERKLE_PATH_MAX; depth++) {
        /* 2^depth - 1 is the last within reach, 2^depth the first beyond. */
        struct cw_u256 beyond = {{0, 0, 0, 0}}, last = {{0, 0, 0, 0}};
        const struct cw_u256 one = cw_u256_from_u64(1);
        beyond.limb[depth / 64] = UINT64_C(1) << depth % 64;
        assert_false(cw_u256_sub(&last, &beyond, &one));
        root = leaf;
        for (size_t i = 0; i < depth; i++) {
            cw_merkle_parent(&root, &path[i], &root); /* all on the left */
        }
        assert_valid(cw_merkle_verify(&root, &leaf, &last, path, depth));
        if (depth > 0) {
            /* Only the last one on the left. */
            struct cw_u256 top = {{0, 0, 0, 0}};
            top.limb[(depth - 1) / 64] = UINT64_C(1) << (depth - 1) % 64;
            root = leaf;
            for (size_t i = 0; i < depth - 1; i++) {
                cw_merkle_parent(&root, &root, &path[i]);
            }
            cw_merkle_parent(&root, &path[depth - 1], &root);
            assert_valid(cw_merkle_verify(&root, &leaf, &top, path, depth));
        }
        cw_merkle_fold(&root, &leaf, &beyond, path, depth);
        assert_reason(cw_merkle_verify(&root, &leaf, &beyond, path, depth), CW_MERKLE_R_INDEX);
    }
    const struct cw_u256 zero = {{0, 0, 0, 0}};
    cw_merkle_fold(&root, &leaf, &zero, path, CW_COUNT(path));
    assert_reason(cw_merkle_verify(&root, &leaf, &zero, path, CW_COUNT(path)), CW_MERKLE_R_DEPTH);
    assert_reason(cw_merkle_verify(&root, &leaf, &zero, path, SIZE_MAX), CW_MERKLE_R_DEPTH);
}

static void cw_merkle_verify__equal_siblings__either_index_is_valid(void **state) {
    (void)state;
    const struct cw_hash32 leaf = hash_of(3), path[2] = {leaf, hash_of(4)};
    struct fold fold = {.leaf = leaf, .path = path, .depth = 2};
    cw_merkle_fold(&fold.root, &leaf, &fold.index, path, 2);
    assert_int_not_equal(fold_check_mutations(&fold, false, fold_verify, NULL), 0);
    fold.index.limb[0] = 1;
    assert_int_not_equal(fold_check_mutations(&fold, false, fold_verify, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_merkle_parent__aliased_output__same_hash),
        cmocka_unit_test(cw_merkle_fold__every_index_of_small_depths__siblings_on_their_sides),
        cmocka_unit_test(cw_merkle_verify__depths_up_to_the_cap__reach_is_exact),
        cmocka_unit_test(cw_merkle_verify__equal_siblings__either_index_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
