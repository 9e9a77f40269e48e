/* Binary Merkle trees and proofs of the vectors, each stack with its own leaves. */
#include <causeway/merkle_tree.h>

#include <stdio.h>
#include <string.h>

#include <causeway/abi.h>
#include <causeway/curve.h>
#include <causeway/keccak.h>

#include "folds.h"
#include "node_shelf.h"

/* --- packed preimages ----------------------------------------------------------------------- */

struct packed {
    uint8_t p[512];
    size_t n;
};

static void put(struct packed *packed, struct cw_slice bytes) {
    assert_in_range(bytes.n, 0, sizeof(packed->p) - packed->n);
    if (bytes.n > 0) {
        memcpy(packed->p + packed->n, bytes.p, bytes.n);
    }
    packed->n += bytes.n;
}

static void put_u32(struct packed *packed, uint64_t value) {
    assert_in_range(value, 0, UINT32_MAX);
    const uint8_t be[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                           (uint8_t)value};
    put(packed, cw_slice_of(be, sizeof(be)));
}

static void put_hash32(struct packed *packed, struct cw_hash32 hash) {
    put(packed, cw_slice_of(hash.b, sizeof(hash.b)));
}

static struct cw_hash32 hash_packed(const struct packed *packed) {
    struct cw_hash32 hash;
    cw_keccak256(&hash, cw_slice_of(packed->p, packed->n));
    return hash;
}

/* keccak256("\x19Ethereum Signed Message:\n" ‖ length in decimal ‖ message). */
static struct cw_hash32 eip191(struct cw_slice message) {
    struct packed packed = {.n = 0};
    char length[24];
    snprintf(length, sizeof(length), "%zu", message.n);
    put(&packed, CW_LITERAL("\x19"
                            "Ethereum Signed Message:\n"));
    put(&packed, cw_slice_of(length, strlen(length)));
    put(&packed, message);
    return hash_packed(&packed);
}

/* --- growing trees -------------------------------------------------------------------------- */

static const struct cw_hash32 zero;

struct grown {
    struct node_shelf shelf;
    struct cw_merkle_shape shape;
    struct cw_merkle_tree tree;
};

static struct grown *grown_new(enum cw_merkle_empty kind, const struct cw_hash32 *empty_leaf,
                               unsigned min_depth, unsigned max_depth) {
    struct grown *grown = vec_alloc(sizeof(*grown));
    memset(grown, 0, sizeof(*grown));
    assert_int_equal(cw_merkle_shape_init(&grown->shape, kind, empty_leaf, min_depth, max_depth),
                     CW_OK);
    cw_merkle_tree_init(&grown->tree, &grown->shape);
    return grown;
}

static void grow(struct grown *grown, struct cw_hash32 leaf) {
    assert_int_equal(shelf_append(&grown->shelf, &grown->tree, &leaf), CW_OK);
}

static void assert_root(const struct grown *grown, struct cw_hash32 expected) {
    struct cw_hash32 root;
    cw_merkle_tree_root(&root, &grown->tree);
    assert_hash(root, expected);
}

/* The tree's own proof, at the size at which the fold's root was the root, is that of the fold. */
static void assert_own_proof(struct grown *grown, uint64_t size, const struct fold *fold) {
    struct cw_merkle_proof proof;
    struct cw_hash32 root;
    const struct cw_merkle_store store = shelf_store(&grown->shelf);
    assert_int_equal(cw_merkle_tree_root_at(&root, &grown->tree, size, &store), CW_OK);
    assert_hash(root, fold->root);
    assert_int_equal(
        cw_merkle_tree_prove(&proof, &grown->tree, size, fold->index.limb[0], &fold->leaf, &store),
        CW_OK);
    assert_int_equal(proof.depth, fold->depth);
    assert_memory_equal(proof.path, fold->path, fold->depth * sizeof(*fold->path));
}

static size_t check_fold(const struct fold *fold) {
    return fold_check_mutations(fold, false, fold_verify, NULL);
}

/* --- Hyperlane ------------------------------------------------------------------------------ */

static void cw_merkle_tree__hyperlane_trees__roots_and_proofs(void **state) {
    (void)state;
    cJSON *json = vectors_load("hyperlane_merkle.json");
    size_t n_trees = 0, n_proofs = 0, n_changes = 0;
    const cJSON *tree, *at;
    cJSON_ArrayForEach(tree, json) {
        struct grown *grown = grown_new(CW_MERKLE_EMPTY_CHAIN, &zero, 32, 32);
        struct fold fold = {.root = vec_hash32(tree, "expectedRoot")};
        const cJSON *hash = vec_get(tree, "leafHashes")->child;
        cJSON_ArrayForEach(at, vec_get(tree, "leaves")) {
            struct cw_hash32 leaf = eip191(cw_slice_of(at->valuestring, strlen(at->valuestring)));
            assert_non_null(hash);
            assert_memory_equal(leaf.b, vec_bytes_of(hash).p, 32);
            grow(grown, leaf);
            hash = hash->next;
        }
        assert_null(hash);
        assert_root(grown, fold.root);
        n_trees++;
        cJSON_ArrayForEach(at, vec_get(tree, "proofs")) {
            fold.leaf = vec_hash32(at, "leaf");
            fold.index = vec_u256(at, "index");
            fold.path = fold_path(vec_get(at, "path"), &fold.depth);
            n_changes += check_fold(&fold);
            assert_own_proof(grown, grown->tree.size, &fold);
            n_proofs++;
        }
    }
    assert_int_equal(n_trees, 5);
    assert_int_equal(n_proofs, 51);
    print_message("%zu changes to %zu proofs refused\n", n_changes, n_proofs);
    vectors_done(json);
}

static void cw_keccak256__hyperlane_message__id(void **state) {
    (void)state;
    cJSON *json = vectors_load("hyperlane_message.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        struct packed packed = {.n = 0};
        const uint8_t version = (uint8_t)vec_u64(at, "version");
        put(&packed, cw_slice_of(&version, 1));
        put_u32(&packed, vec_u64(at, "nonce"));
        put_u32(&packed, vec_u64(at, "origin"));
        put_hash32(&packed, vec_hash32(at, "sender"));
        put_u32(&packed, vec_u64(at, "destination"));
        put_hash32(&packed, vec_hash32(at, "recipient"));
        put(&packed, vec_bytes(at, "bodyHex"));
        assert_true(cw_slice_equal(cw_slice_of(packed.p, packed.n), vec_bytes(at, "encoded")));
        assert_hash(hash_packed(&packed), vec_hash32(at, "id"));
        n++;
    }
    assert_int_equal(n, 1);
    vectors_done(json);
}

/* The digest without a message id. */
static void cw_curve_recover__hyperlane_checkpoints__signer(void **state) {
    (void)state;
    cJSON *json = vectors_load("hyperlane_signedCheckpoint.json");
    struct cw_curve *curve = cw_curve_new(NULL);
    assert_non_null(curve);
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        struct packed domain = {.n = 0}, checkpoint = {.n = 0};
        put_u32(&domain, vec_u64(at, "domain"));
        put_hash32(&domain, vec_hash32(at, "merkle_tree_hook"));
        put(&domain, CW_LITERAL("HYPERLANE"));
        put_hash32(&checkpoint, hash_packed(&domain));
        put_hash32(&checkpoint, vec_hash32(at, "root"));
        put_u32(&checkpoint, vec_u64(at, "index"));
        struct cw_hash32 hash = hash_packed(&checkpoint), digest = eip191(cw_slice_of(hash.b, 32));
        assert_hash(hash, vec_hash32(at, "signingHash"));
        assert_hash(digest, vec_hash32(at, "eip191Hash"));

        const cJSON *parts = vec_get(at, "signature");
        struct cw_u256 r = vec_u256(parts, "r"), s = vec_u256(parts, "s");
        struct cw_signature signature = {.y_parity = (uint8_t)(vec_u64(parts, "v") - 27)};
        struct cw_addr20 signer, expected = vec_addr20(at, "signer");
        cw_u256_to_be(signature.r.b, &r);
        cw_u256_to_be(signature.s.b, &s);
        assert_int_equal(cw_curve_recover(curve, &signer, &digest, &signature), CW_OK);
        assert_true(cw_addr20_equal(&signer, &expected));
        n++;
    }
    assert_int_equal(n, 3);
    cw_curve_free(curve);
    vectors_done(json);
}

/* --- AggLayer ------------------------------------------------------------------------------- */

static struct cw_hash32 agglayer_leaf(const cJSON *at) {
    struct packed packed = {.n = 0};
    struct cw_hash32 word;
    const struct cw_addr20 token = vec_addr20(at, "tokenAddress"),
                           to = vec_addr20(at, "destinationAddress");
    const struct cw_u256 amount = vec_u256(at, "amount");
    put(&packed, CW_LITERAL("\x00")); /* an asset */
    put_u32(&packed, vec_u64(at, "originNetwork"));
    put(&packed, cw_slice_of(token.b, sizeof(token.b)));
    put_u32(&packed, vec_u64(at, "destinationNetwork"));
    put(&packed, cw_slice_of(to.b, sizeof(to.b)));
    cw_u256_to_be(word.b, &amount);
    put_hash32(&packed, word);
    cw_keccak256(&word, vec_bytes(at, "metadata"));
    put_hash32(&packed, word);
    return hash_packed(&packed);
}

static void cw_keccak256__agglayer_leaves__as_given(void **state) {
    (void)state;
    cJSON *json = vectors_load("aggkit_leaf.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        assert_hash(agglayer_leaf(at), vec_hash32(at, "leafValue"));
        n++;
    }
    assert_int_equal(n, 4);
    vectors_done(json);
}

static void cw_merkle_tree__agglayer_exit_tree__each_root(void **state) {
    (void)state;
    cJSON *json = vectors_load("aggkit_root.json");
    size_t n = 0;
    const cJSON *at, *leaf;
    cJSON_ArrayForEach(at, json) {
        struct grown *grown = grown_new(CW_MERKLE_EMPTY_CHAIN, &zero, 32, 32);
        cJSON_ArrayForEach(leaf, vec_get(at, "previousLeafsValues")) {
            struct cw_hash32 hash;
            memcpy(hash.b, vec_bytes_of(leaf).p, 32);
            grow(grown, hash);
        }
        assert_root(grown, vec_hash32(at, "currentRoot"));
        struct cw_hash32 newest = agglayer_leaf(vec_get(at, "newLeaf"));
        assert_hash(newest, vec_hash32(vec_get(at, "newLeaf"), "currentLeafValue"));
        grow(grown, newest);
        assert_root(grown, vec_hash32(at, "newRoot"));
        n++;
    }
    assert_int_equal(n, 4);
    vectors_done(json);
}

/* --- Scroll --------------------------------------------------------------------------------- */

static void cw_merkle_verify__scroll_withdrawals__judged_as_labelled(void **state) {
    (void)state;
    cJSON *json = vectors_load("scroll_withdraw_trie.json");
    struct grown *grown = grown_new(CW_MERKLE_EMPTY_CHAIN, &zero, 0, 32);
    size_t n_valid = 0, n_invalid = 0, n_changes = 0;
    const cJSON *at;
    assert_root(grown, zero);
    cJSON_ArrayForEach(at, json) {
        struct cw_slice proof = vec_bytes(at, "proof");
        struct fold fold = {.root = vec_hash32(at, "root"),
                            .leaf = vec_hash32(at, "leaf"),
                            .index = vec_u256(at, "nonce")};
        if (!vec_bool(at, "valid")) {
            /* Not a whole path; and what is whole of it does not reach the leaf. */
            assert_int_not_equal(proof.n % 32, 0);
            assert_reason(cw_merkle_verify(&fold.root, &fold.leaf, &fold.index, NULL, proof.n / 32),
                          CW_MERKLE_R_INDEX);
            n_invalid++;
            continue;
        }
        fold.path = fold_path(vec_get(at, "path"), &fold.depth);
        assert_int_equal(proof.n, 32 * fold.depth);
        assert_true(cw_slice_equal(cw_slice_of(fold.path, proof.n), proof));
        n_changes += check_fold(&fold);
        grow(grown, fold.leaf);
        assert_root(grown, fold.root);
        assert_own_proof(grown, grown->tree.size, &fold);
        n_valid++;
    }
    assert_int_equal(n_valid, 4);
    assert_int_equal(n_invalid, 1);
    print_message("%zu changes to %zu proofs refused\n", n_changes, n_valid);
    vectors_done(json);
}

/* --- Linea ---------------------------------------------------------------------------------- */

static struct cw_hash32 linea_leaf(const cJSON *at) {
    struct cw_buf buf;
    struct cw_hash32 hash;
    const struct cw_addr20 from = vec_addr20(at, "from"), to = vec_addr20(at, "to");
    const struct cw_u256 fee = vec_u256(at, "fee"), value = vec_u256(at, "value");
    cw_buf_init(&buf, 4096);
    size_t base = cw_abi_base(&buf);
    cw_abi_put_addr20(&buf, &from);
    cw_abi_put_addr20(&buf, &to);
    cw_abi_put_u256(&buf, &fee);
    cw_abi_put_u256(&buf, &value);
    cw_abi_put_u64(&buf, vec_u64(at, "messageNumber"));
    size_t data = cw_abi_put_offset(&buf);
    cw_abi_place(&buf, base, data);
    cw_abi_put_bytes(&buf, vec_bytes(at, "data"));
    assert_false(buf.failed);
    cw_keccak256(&hash, cw_buf_slice(&buf));
    cw_buf_done(&buf);
    return hash;
}

static void cw_merkle_verify__linea_messages__judged_as_labelled(void **state) {
    (void)state;
    cJSON *json = vectors_load("linea_merkle.json");
    size_t n_valid = 0, n_invalid = 0, n_changes = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        struct fold fold = {
            .root = vec_hash32(at, "root"), .leaf = linea_leaf(at), .index = vec_u256(at, "index")};
        assert_hash(fold.leaf, vec_hash32(at, "leaf"));
        fold.path = fold_path(vec_get(at, "proof"), &fold.depth);
        if (!vec_bool(at, "valid")) {
            assert_reason(fold_verify(NULL, &fold), CW_MERKLE_R_ROOT);
            n_invalid++;
            continue;
        }
        n_changes += check_fold(&fold);
        struct grown *grown = grown_new(CW_MERKLE_EMPTY_CHAIN, &zero, (unsigned)fold.depth,
                                        (unsigned)fold.depth);
        grow(grown, fold.leaf);
        assert_own_proof(grown, 1, &fold);
        n_valid++;
    }
    assert_int_equal(n_valid, 5);
    assert_int_equal(n_invalid, 1);
    print_message("%zu changes to %zu proofs refused\n", n_changes, n_valid);
    vectors_done(json);
}

/* --- ZK Stack ------------------------------------------------------------------------------- */

#define ZK_LOG_SIZE 88

static struct cw_hash32 zk_leaf(uint64_t fill) {
    uint8_t log[ZK_LOG_SIZE];
    struct cw_hash32 hash;
    memset(log, (int)fill, sizeof(log));
    cw_keccak256(&hash, cw_slice_of(log, sizeof(log)));
    return hash;
}

static unsigned log2_of(uint64_t size) {
    unsigned depth = 0;
    while (UINT64_C(1) << depth < size) {
        depth++;
    }
    assert_int_equal(UINT64_C(1) << depth, size);
    return depth;
}

static void cw_merkle_tree__zk_stack_batches__roots_and_paths(void **state) {
    (void)state;
    cJSON *json = vectors_load("zksync_mini_merkle.json");
    const struct cw_hash32 empty = zk_leaf(0);
    size_t n = 0, n_changes = 0;
    const cJSON *at, *fill;
    assert_hash(empty, vec_hash32(json, "emptyLeafHash"));
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        const unsigned depth = log2_of(vec_u64(at, "treeSize"));
        struct grown *grown = grown_new(CW_MERKLE_EMPTY_CHAIN, &empty, depth, depth);
        assert_int_equal(vec_u64(at, "leafBytes"), ZK_LOG_SIZE);
        for (uint64_t i = 0; i < vec_u64(at, "leafCount"); i++) {
            grow(grown, zk_leaf(i + 1));
        }
        struct fold fold = {.root = vec_hash32(at, "root"),
                            .leaf = vec_hash32(at, "leafHash"),
                            .index = vec_u256(at, "index")};
        fold.path = fold_path(vec_get(at, "path"), &fold.depth);
        assert_root(grown, fold.root);
        n_changes += check_fold(&fold);
        assert_own_proof(grown, grown->tree.size, &fold);
        n++;
    }
    assert_int_equal(n, 4);
    n = 0;
    cJSON_ArrayForEach(at, vec_get(json, "growing")) {
        struct grown *grown = grown_new(CW_MERKLE_EMPTY_CHAIN, &empty, 0, 32);
        cJSON_ArrayForEach(fill, vec_get(at, "leafFills")) {
            grow(grown, zk_leaf((uint64_t)fill->valuedouble));
        }
        assert_root(grown, vec_hash32(at, "root"));
        n++;
    }
    assert_int_equal(n, 5);
    print_message("%zu changes to 4 proofs refused\n", n_changes);
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_merkle_tree__hyperlane_trees__roots_and_proofs),
        cmocka_unit_test(cw_keccak256__hyperlane_message__id),
        cmocka_unit_test(cw_curve_recover__hyperlane_checkpoints__signer),
        cmocka_unit_test(cw_keccak256__agglayer_leaves__as_given),
        cmocka_unit_test(cw_merkle_tree__agglayer_exit_tree__each_root),
        cmocka_unit_test(cw_merkle_verify__scroll_withdrawals__judged_as_labelled),
        cmocka_unit_test(cw_merkle_verify__linea_messages__judged_as_labelled),
        cmocka_unit_test(cw_merkle_tree__zk_stack_batches__roots_and_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
