#include <causeway/mpt.h>

#include <string.h>

#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/rlp.h>
#include <causeway/trie.h>

#include "vectors.h"

#define NODE     CW_MPT_FORM_NODE
#define CONTRACT CW_MPT_FORM_CONTRACT

/* A node under construction. */
struct made {
    uint8_t bytes[600];
    struct cw_rlp_out out;
};

static struct cw_slice slice_of(const struct made *node) {
    return cw_slice_of(node->bytes, node->out.n);
}

static struct cw_hash32 hash_of(const struct made *node) {
    struct cw_hash32 hash;
    cw_keccak256(&hash, slice_of(node));
    return hash;
}

/* path is the hex-prefix form as it stands in the node. */
static void make_short(struct made *node, struct cw_slice path, struct cw_slice target,
                       bool target_is_node) {
    node->out = cw_rlp_out_to(node->bytes, sizeof(node->bytes));
    cw_rlp_put_string(&node->out, path);
    if (target_is_node) {
        cw_rlp_put_raw(&node->out, target);
    } else {
        cw_rlp_put_string(&node->out, target);
    }
    cw_rlp_list_end(&node->out, 0);
}

/* A reference as it stands in a parent. */
static void put_child(struct cw_rlp_out *out, const struct made *child) {
    if (child == NULL) {
        cw_rlp_put_string(out, (struct cw_slice){NULL, 0});
    } else if (child->out.n < 32) {
        cw_rlp_put_raw(out, slice_of(child));
    } else {
        struct cw_hash32 hash = hash_of(child);
        cw_rlp_put_hash32(out, &hash);
    }
}

/* A branch with two children (either may be NULL) and a value. */
static void make_branch(struct made *node, unsigned a, const struct made *child_a, unsigned b,
                        const struct made *child_b, struct cw_slice value) {
    node->out = cw_rlp_out_to(node->bytes, sizeof(node->bytes));
    for (unsigned i = 0; i < 16; i++) {
        put_child(&node->out, i == a ? child_a : i == b ? child_b : NULL);
    }
    cw_rlp_put_string(&node->out, value);
    cw_rlp_list_end(&node->out, 0);
}

static const struct cw_slice nothing = {NULL, 0};

/* The trie {0x1234: 01, 0x1256: 02}: extension 1-2, branch, leaves embedded with a path of one
 * nibble (odd). */
static void cw_mpt_to_contract_form__odd_path__leaf_appended(void **state) {
    (void)state;
    struct made leaf_a, leaf_b, branch, root;
    make_short(&leaf_a, CW_LITERAL("\x34"), CW_LITERAL("\x01"), false);
    make_short(&leaf_b, CW_LITERAL("\x36"), CW_LITERAL("\x02"), false);
    make_branch(&branch, 3, &leaf_a, 5, &leaf_b, nothing);
    make_short(&root, CW_LITERAL("\x00\x12"), slice_of(&branch), true);
    assert_true(branch.out.n < 32);
    struct cw_hash32 hash = hash_of(&root);
    const struct cw_trie_entry entries[] = {{CW_LITERAL("\x12\x34"), CW_LITERAL("\x01")},
                                            {CW_LITERAL("\x12\x56"), CW_LITERAL("\x02")}};
    struct cw_hash32 built;
    struct cw_arena arena;
    cw_arena_init(&arena, 1 << 20);
    assert_int_equal(cw_trie_root(&arena, &built, entries, 2), CW_OK);
    assert_hash(built, hash);
    cw_arena_done(&arena);

    struct cw_slice nodes[3] = {slice_of(&root)};
    struct cw_slice key = CW_LITERAL("\x12\x34"), value = CW_LITERAL("\x01");
    struct cw_mpt_extra extra;
    assert_valid(cw_mpt_verify_inclusion(&hash, key, value, nodes, 1, NODE));
    assert_valid(cw_mpt_to_contract_form(&extra, &hash, key, value, nodes, 1));
    assert_int_equal(extra.n, 2);
    assert_true(cw_slice_equal(extra.node[0], slice_of(&branch)));
    assert_true(cw_slice_equal(extra.node[1], slice_of(&leaf_a)));
    nodes[1] = extra.node[0];
    nodes[2] = extra.node[1];
    assert_valid(cw_mpt_verify_inclusion(&hash, key, value, nodes, 3, CONTRACT));
    assert_reason(cw_mpt_verify_inclusion(&hash, key, value, nodes, 3, NODE), CW_MPT_R_UNUSED);
    assert_reason(cw_mpt_verify_inclusion(&hash, key, value, nodes, 2, CONTRACT), CW_MPT_R_TOO_FEW);
    nodes[2] = slice_of(&leaf_b);
    assert_reason(cw_mpt_verify_inclusion(&hash, key, value, nodes, 3, CONTRACT),
                  CW_MPT_R_EMBEDDED);
    /* Half listed is neither form. */
    extra.n = 77;
    assert_invalid(cw_mpt_to_contract_form(&extra, &hash, key, value, nodes, 2));
    assert_reason(cw_mpt_to_contract_form(&extra, &hash, key, CW_LITERAL("\x03"), nodes, 1),
                  CW_MPT_R_VALUE);
    assert_reason(cw_mpt_to_contract_form(&extra, &hash, key, nothing, nodes, 1),
                  CW_MPT_R_EMPTY_VALUE);
    assert_reason(cw_mpt_to_contract_form(&extra, &hash, CW_LITERAL("\x12\x35"), value, nodes, 1),
                  CW_MPT_R_ABSENT);
    assert_int_equal(extra.n, 77);
}

/* The trie {0x123456: 01, 0x173456: 02}: the embedded leaf's path has four nibbles (even). */
static void cw_mpt_to_contract_form__even_path__leaf_appended(void **state) {
    (void)state;
    struct made leaf_a, leaf_b, branch, root;
    make_short(&leaf_a, CW_LITERAL("\x20\x34\x56"), CW_LITERAL("\x01"), false);
    make_short(&leaf_b, CW_LITERAL("\x20\x34\x56"), CW_LITERAL("0123456789012345678901234567890"),
               false);
    make_branch(&branch, 2, &leaf_a, 7, &leaf_b, nothing);
    struct cw_hash32 reference = hash_of(&branch);
    make_short(&root, CW_LITERAL("\x11"), cw_slice_of(reference.b, 32), false);
    struct cw_hash32 hash = hash_of(&root);
    struct cw_slice nodes[3] = {slice_of(&root), slice_of(&branch)};
    struct cw_slice key = CW_LITERAL("\x12\x34\x56"), value = CW_LITERAL("\x01");
    struct cw_mpt_extra extra;
    assert_valid(cw_mpt_to_contract_form(&extra, &hash, key, value, nodes, 2));
    assert_int_equal(extra.n, 1);
    assert_true(cw_slice_equal(extra.node[0], slice_of(&leaf_a)));
    assert_true(extra.node[0].p > branch.bytes &&
                extra.node[0].p < branch.bytes + sizeof(branch.bytes));
    nodes[2] = extra.node[0];
    assert_valid(cw_mpt_verify_inclusion(&hash, key, value, nodes, 3, CONTRACT));
    assert_valid(cw_mpt_to_contract_form(&extra, &hash, key, value, nodes, 3));
    assert_int_equal(extra.n, 0);
    /* Absence by an embedded leaf with another path: in both forms. */
    struct cw_slice absent = CW_LITERAL("\x12\x34\x57");
    assert_valid(cw_mpt_verify_exclusion(&hash, absent, nodes, 2, NODE));
    assert_valid(cw_mpt_verify_exclusion(&hash, absent, nodes, 3, CONTRACT));
    assert_reason(cw_mpt_verify_exclusion(&hash, absent, nodes, 2, CONTRACT), CW_MPT_R_TOO_FEW);
    assert_reason(cw_mpt_verify_exclusion(&hash, absent, nodes, 3, NODE), CW_MPT_R_UNUSED);
    assert_reason(cw_mpt_verify_exclusion(&hash, key, nodes, 2, NODE), CW_MPT_R_PRESENT);
    assert_reason(cw_mpt_verify_inclusion(&hash, absent, value, nodes, 2, NODE), CW_MPT_R_ABSENT);
    assert_reason(cw_mpt_verify_inclusion(&hash, key, nothing, nodes, 2, NODE),
                  CW_MPT_R_EMPTY_VALUE);
    nodes[1].n--;
    assert_reason(cw_mpt_verify_inclusion(&hash, key, value, nodes, 2, NODE), CW_MPT_R_HASH);
}

static void assert_malformed(const struct made *root, struct cw_slice key) {
    struct cw_hash32 hash = hash_of(root);
    struct cw_slice node = slice_of(root);
    assert_reason(cw_mpt_verify_exclusion(&hash, key, &node, 1, NODE), CW_MPT_R_MALFORMED);
}

static void make_raw(struct made *node, struct cw_slice bytes) {
    node->out = cw_rlp_out_to(node->bytes, sizeof(node->bytes));
    cw_rlp_put_raw(&node->out, bytes);
}

static void cw_mpt_verify__nodes_that_no_trie_has__malformed(void **state) {
    (void)state;
    struct made node, leaf, other;
    struct cw_slice key = CW_LITERAL("\x12\x34"), one = CW_LITERAL("\x01");
    /* flags above 3, a nibble behind an even flag, no path at all, a list as a path */
    static const char *const paths[] = {"\x40\x12", "\x21\x12", "\x01\x12", "", "\xff"};
    for (size_t i = 0; i < CW_COUNT(paths); i++) {
        make_short(&node, cw_slice_of(paths[i], strlen(paths[i])), one, false);
        assert_malformed(&node, key);
    }
    make_raw(&node, CW_LITERAL("\xc3\xc1\x20\x01"));
    assert_malformed(&node, key);
    /* an empty leaf value, a leaf value that is a list */
    make_short(&node, CW_LITERAL("\x20\x12\x34"), nothing, false);
    assert_malformed(&node, key);
    make_short(&node, CW_LITERAL("\x20\x12\x34"), CW_LITERAL("\xc0"), true);
    assert_malformed(&node, key);
    /* an extension without a path; with a reference of 31, 33 and 0 bytes; to a leaf */
    static const uint8_t zeros[64];
    make_short(&node, cw_slice_of(zeros, 1), cw_slice_of(zeros, 32), false);
    assert_malformed(&node, key);
    static const size_t sizes[] = {0, 31, 33};
    for (size_t i = 0; i < CW_COUNT(sizes); i++) {
        make_short(&node, CW_LITERAL("\x11"), cw_slice_of(zeros, sizes[i]), false);
        assert_malformed(&node, key);
    }
    make_short(&leaf, CW_LITERAL("\x32\x34"), one, false);
    make_short(&node, CW_LITERAL("\x11"), slice_of(&leaf), true);
    assert_malformed(&node, key);
    /* an embedded node of 32 bytes or more, in a branch that is in order otherwise */
    make_short(&other, CW_LITERAL("\x32\x34"), cw_slice_of("0123456789012345678901234567890", 31),
               false);
    assert_in_range(other.out.n, 32, 63);
    node.out = cw_rlp_out_to(node.bytes, sizeof(node.bytes));
    cw_rlp_put_string(&node.out, nothing);
    cw_rlp_put_raw(&node.out, slice_of(&other));
    for (int i = 2; i < 16; i++) {
        cw_rlp_put_string(&node.out, nothing);
    }
    cw_rlp_put_string(&node.out, one);
    cw_rlp_list_end(&node.out, 0);
    assert_malformed(&node, key);
    assert_malformed(&node, CW_LITERAL("\x22"));
    /* branches with none and one entry, a value that is a list, a reference of 5 bytes */
    make_branch(&node, 1, NULL, 2, NULL, nothing);
    assert_malformed(&node, key);
    make_branch(&node, 1, &leaf, 2, NULL, nothing);
    assert_malformed(&node, key);
    make_branch(&node, 1, NULL, 2, NULL, one);
    assert_malformed(&node, key);
    make_raw(&node, CW_LITERAL("\xd1\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
                               "\x80\xc0"));
    assert_malformed(&node, key);
    make_raw(&node, CW_LITERAL("\xd6\x85hello\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
                               "\x80\x80\x01"));
    assert_malformed(&node, key);
    /* 0, 1, 3, 16 and 18 members; a string; bytes behind */
    static const char *const shapes[] = {
        "\xc0",
        "\xc1\x01",
        "\xc3\x20\x01\x01",
        "\xd0\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01",
        "\xd2\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01",
        "\x83xyz",
        "\xc2\x20\x01\x01",
        "\x01",
        "\xc2\x20"};
    for (size_t i = 0; i < CW_COUNT(shapes); i++) {
        make_raw(&node, cw_slice_of(shapes[i], strlen(shapes[i])));
        assert_malformed(&node, key);
    }
}

static void cw_mpt_verify__extension_to_extension__malformed(void **state) {
    (void)state;
    struct made leaf, branch, inner, root;
    make_short(&leaf, CW_LITERAL("\x20"), CW_LITERAL("\x01"), false);
    make_branch(&branch, 4, &leaf, 5, &leaf, nothing);
    make_short(&inner, CW_LITERAL("\x13"), slice_of(&branch), true);
    make_short(&root, CW_LITERAL("\x00\x12"), slice_of(&inner), true);
    assert_malformed(&root, CW_LITERAL("\x12\x34"));
}

/* A branch with embedded nodes in slots 1 and 2, seen by a key that goes through neither. */
static struct cw_hash32 make_siblings(struct made *root, const struct made *a,
                                      const struct made *b) {
    make_branch(root, 1, a, 2, b, nothing);
    return hash_of(root);
}

static void cw_mpt_verify__malformed_embedded_node_off_the_path__malformed(void **state) {
    (void)state;
    struct made leaf, bad, branch, root;
    struct cw_slice key = CW_LITERAL("\x34");
    make_short(&leaf, CW_LITERAL("\x31"), CW_LITERAL("\x01"), false);
    struct cw_hash32 hash = make_siblings(&root, &leaf, &leaf);
    struct cw_slice node = slice_of(&root);
    assert_valid(cw_mpt_verify_exclusion(&hash, key, &node, 1, NODE));
    /* not a node; a prefix that is not needed; an unknown flag; no value; cut; an extension to a
     * leaf and to itself; a branch of empty lists */
    static const struct cw_slice shapes[] = {
        {(const uint8_t *)"\xc0", 1},
        {(const uint8_t *)"\xc3\x81\x31\x01", 4},
        {(const uint8_t *)"\xc2\x51\x01", 3},
        {(const uint8_t *)"\xc2\x31\x80", 3},
        {(const uint8_t *)"\xc2\x82\x31", 3},
        {(const uint8_t *)"\xc4\x11\xc2\x31\x01", 5},
        {(const uint8_t *)"\xc6\x11\xc4\x11\xc2\x11\x01", 7},
        {(const uint8_t *)"\xd1\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0"
                          "\x80",
         18}};
    for (size_t i = 0; i < CW_COUNT(shapes); i++) {
        make_raw(&bad, shapes[i]);
        make_siblings(&root, &bad, &leaf);
        assert_malformed(&root, key);
        make_siblings(&root, &leaf, &bad);
        assert_malformed(&root, key);
        /* One level further down, below a branch that is embedded too. */
        if (shapes[i].n < 10) {
            make_branch(&branch, 3, &leaf, 4, &bad, nothing);
            assert_true(branch.out.n < 32);
            make_siblings(&root, &branch, &leaf);
            assert_malformed(&root, key);
        }
    }
}

/* Below an extension stands a branch, also when it is referenced by hash. */
static void cw_mpt_verify__extension_to_listed_leaf__malformed(void **state) {
    (void)state;
    struct made leaf, inner, root;
    struct cw_slice value = CW_LITERAL("01234567890123456789012345678901");
    make_short(&leaf, CW_LITERAL("\x32"), value, false);
    struct cw_hash32 reference = hash_of(&leaf);
    make_short(&root, CW_LITERAL("\x11"), cw_slice_of(reference.b, 32), false);
    struct cw_hash32 hash = hash_of(&root);
    struct cw_slice nodes[] = {slice_of(&root), slice_of(&leaf), {NULL, 0}};
    struct cw_slice key = CW_LITERAL("\x12");
    assert_reason(cw_mpt_verify_inclusion(&hash, key, value, nodes, 2, NODE), CW_MPT_R_MALFORMED);
    make_short(&inner, CW_LITERAL("\x12"), cw_slice_of(reference.b, 32), false);
    nodes[2] = nodes[1];
    nodes[1] = slice_of(&inner);
    reference = hash_of(&inner);
    make_short(&root, CW_LITERAL("\x11"), cw_slice_of(reference.b, 32), false);
    hash = hash_of(&root);
    nodes[0] = slice_of(&root);
    assert_reason(cw_mpt_verify_inclusion(&hash, CW_LITERAL("\x12\x20"), value, nodes, 3, NODE),
                  CW_MPT_R_MALFORMED);
}

/* 16 hashes and no value: each prefix that is none of a hash is refused, whichever slot is asked
 * for. */
static void cw_mpt_verify__full_branch_with_another_prefix__malformed(void **state) {
    (void)state;
    struct made node;
    struct cw_hash32 hashes = {{0x80, 1, 2, 3}}, root;
    node.out = cw_rlp_out_to(node.bytes, sizeof(node.bytes));
    for (unsigned i = 0; i < 16; i++) {
        cw_rlp_put_hash32(&node.out, &hashes);
    }
    cw_rlp_put_string(&node.out, nothing);
    cw_rlp_list_end(&node.out, 0);
    assert_int_equal(node.out.n, 532);
    struct cw_slice bytes = slice_of(&node), keys[] = {CW_LITERAL("\x01"), CW_LITERAL("\xf1")};
    root = hash_of(&node);
    assert_reason(cw_mpt_verify_exclusion(&root, keys[0], &bytes, 1, NODE), CW_MPT_R_TOO_FEW);
    static const uint8_t others[] = {0x00, 0x7f, 0x80, 0x9f, 0xa1, 0xb7, 0xb8, 0xc0, 0xe0, 0xff};
    for (size_t i = 0; i < 16; i++) {
        for (size_t j = 0; j < sizeof(others); j++) {
            node.bytes[3 + 33 * i] = others[j];
            assert_malformed(&node, keys[0]);
            assert_malformed(&node, keys[1]);
        }
        node.bytes[3 + 33 * i] = 0xa0;
    }
    static const uint8_t values[] = {0x81, 0xc0, 0xb8};
    for (size_t j = 0; j < sizeof(values); j++) {
        node.bytes[531] = values[j];
        assert_malformed(&node, keys[0]);
    }
    node.bytes[531] = 0x05; /* a value */
    root = hash_of(&node);
    assert_reason(cw_mpt_verify_exclusion(&root, keys[0], &bytes, 1, NODE), CW_MPT_R_TOO_FEW);
}

/* What is under 32 bytes stands in its parent; its hash there is another encoding of the trie. */
static void cw_mpt_verify__short_node_referenced_by_hash__malformed(void **state) {
    (void)state;
    struct made leaf, far, root;
    make_short(&leaf, CW_LITERAL("\x32"), CW_LITERAL("\x01"), false);
    make_short(&far, CW_LITERAL("\x32"), CW_LITERAL("01234567890123456789012345678901"), false);
    struct cw_hash32 short_hash = hash_of(&leaf);
    root.out = cw_rlp_out_to(root.bytes, sizeof(root.bytes));
    put_child(&root.out, &far);
    cw_rlp_put_hash32(&root.out, &short_hash);
    for (unsigned i = 2; i < 17; i++) {
        cw_rlp_put_string(&root.out, nothing);
    }
    cw_rlp_list_end(&root.out, 0);
    struct cw_hash32 hash = hash_of(&root);
    struct cw_slice nodes[] = {slice_of(&root), slice_of(&leaf)};
    assert_reason(
        cw_mpt_verify_inclusion(&hash, CW_LITERAL("\x12"), CW_LITERAL("\x01"), nodes, 2, NODE),
        CW_MPT_R_MALFORMED);
    nodes[1] = slice_of(&far);
    assert_reason(
        cw_mpt_verify_inclusion(&hash, CW_LITERAL("\x12"), CW_LITERAL("\x01"), nodes, 2, NODE),
        CW_MPT_R_HASH);
    assert_valid(cw_mpt_verify_inclusion(
        &hash, CW_LITERAL("\x02"), CW_LITERAL("01234567890123456789012345678901"), nodes, 2, NODE));
}

static void cw_mpt_to_contract_form__three_embedded_in_one_another__all_appended(void **state) {
    (void)state;
    /* branch → embedded extension → embedded branch → embedded leaf: the deepest that fits 32 bytes
     */
    struct made leaf, branch, extension, far, root;
    make_short(&leaf, CW_LITERAL("\x20"), CW_LITERAL("\x01"), false);
    make_branch(&branch, 4, &leaf, 5, &leaf, nothing);
    make_short(&extension, CW_LITERAL("\x13"), slice_of(&branch), true);
    make_short(&far, CW_LITERAL("\x32\x34"), CW_LITERAL("0123456789012345678901234567890123"),
               false);
    assert_true(extension.out.n < 32);
    make_branch(&root, 1, &extension, 2, &far, nothing);
    struct cw_hash32 hash = hash_of(&root);
    struct cw_slice nodes[4] = {slice_of(&root)};
    struct cw_mpt_extra extra;
    struct cw_slice key = CW_LITERAL("\x13\x40");
    /* The key has one nibble more than the leaf: absent. */
    assert_valid(cw_mpt_verify_exclusion(&hash, key, nodes, 1, NODE));
    make_short(&leaf, CW_LITERAL("\x30"), CW_LITERAL("\x01"), false);
    make_branch(&branch, 4, &leaf, 5, &leaf, nothing);
    make_short(&extension, CW_LITERAL("\x13"), slice_of(&branch), true);
    make_branch(&root, 1, &extension, 2, &far, nothing);
    hash = hash_of(&root);
    nodes[0] = slice_of(&root);
    assert_valid(cw_mpt_to_contract_form(&extra, &hash, key, CW_LITERAL("\x01"), nodes, 1));
    assert_int_equal(extra.n, 3);
    memcpy(nodes + 1, extra.node, sizeof(extra.node));
    assert_valid(cw_mpt_verify_inclusion(&hash, key, CW_LITERAL("\x01"), nodes, 4, CONTRACT));
}

static void cw_mpt_verify__empty_trie__absence_in_both_listings(void **state) {
    (void)state;
    struct cw_slice key = CW_LITERAL("key"), node = CW_LITERAL("\x80"), value;
    struct cw_slice twice[2] = {node, node};
    bool present = true;
    const struct cw_hash32 *root = &CW_EMPTY_TRIE_ROOT;
    assert_valid(cw_mpt_verify_exclusion(root, key, NULL, 0, NODE));
    assert_valid(cw_mpt_verify_exclusion(root, key, &node, 1, NODE));
    assert_reason(cw_mpt_verify_exclusion(root, key, twice, 2, NODE), CW_MPT_R_UNUSED);
    assert_reason(cw_mpt_verify_inclusion(root, key, CW_LITERAL("x"), NULL, 0, NODE),
                  CW_MPT_R_ABSENT);
    assert_valid(cw_mpt_get(&present, &value, root, key, NULL, 0, NODE));
    assert_false(present);
    struct cw_hash32 other = *root;
    other.b[0] ^= 1;
    assert_reason(cw_mpt_verify_exclusion(&other, key, NULL, 0, NODE), CW_MPT_R_TOO_FEW);
    assert_reason(cw_mpt_verify_exclusion(&other, key, &node, 1, NODE), CW_MPT_R_ROOT);
}

static void cw_mpt_verify__sizes_out_of_bounds__refused(void **state) {
    (void)state;
    static uint8_t long_key[CW_MPT_KEY_MAX + 1];
    static struct cw_slice nodes[CW_MPT_NODES_MAX + 1];
    const struct cw_hash32 *root = &CW_EMPTY_TRIE_ROOT;
    assert_reason(cw_mpt_verify_exclusion(root, nothing, NULL, 0, NODE), CW_MPT_R_KEY_SIZE);
    assert_reason(
        cw_mpt_verify_exclusion(root, cw_slice_of(long_key, sizeof(long_key)), NULL, 0, NODE),
        CW_MPT_R_KEY_SIZE);
    assert_reason(cw_mpt_verify_exclusion(root, CW_LITERAL("k"), nodes, CW_COUNT(nodes), NODE),
                  CW_MPT_R_TOO_MANY);
}

static void cw_storage_get__leaf_not_a_scalar__invalid(void **state) {
    (void)state;
    struct cw_hash32 slot = {{0}}, key, hash;
    cw_storage_key(&key, &slot);
    uint8_t path[33] = {0x20};
    memcpy(path + 1, key.b, 32);
    static const char *const leaves[] = {"\x80", "\x81\x05", "\x82\x01", "\xc0", "\x01\x01"};
    struct cw_u256 value = cw_u256_from_u64(9);
    struct made node;
    struct cw_slice bytes;
    for (size_t i = 0; i < CW_COUNT(leaves); i++) {
        make_short(&node, cw_slice_of(path, sizeof(path)),
                   cw_slice_of(leaves[i], strlen(leaves[i])), false);
        hash = hash_of(&node);
        bytes = slice_of(&node);
        assert_invalid(cw_storage_get(&value, &hash, &slot, &bytes, 1, NODE));
        assert_int_equal(value.limb[0], 9);
    }
    make_short(&node, cw_slice_of(path, sizeof(path)), CW_LITERAL("\x81\x80"), false);
    hash = hash_of(&node);
    bytes = slice_of(&node);
    assert_valid(cw_storage_get(&value, &hash, &slot, &bytes, 1, NODE));
    assert_int_equal(value.limb[0], 0x80);
    struct cw_u256 zero = cw_u256_from_u64(0);
    assert_valid(cw_storage_verify(&hash, &slot, &value, &bytes, 1, NODE));
    assert_reason(cw_storage_verify(&hash, &slot, &zero, &bytes, 1, NODE), CW_MPT_R_PRESENT);
    assert_valid(cw_storage_verify(&CW_EMPTY_TRIE_ROOT, &slot, &zero, NULL, 0, NODE));
    hash.b[0] ^= 1;
    assert_invalid(cw_storage_get(&value, &hash, &slot, &bytes, 1, NODE));
}

static void cw_account_verify__leaf_not_an_account__invalid(void **state) {
    (void)state;
    struct cw_addr20 address = {{7}};
    struct cw_hash32 key, hash;
    struct cw_account account;
    bool present = false;
    cw_keccak256(&key, cw_slice_of(address.b, 20));
    uint8_t path[33] = {0x20};
    memcpy(path + 1, key.b, 32);
    struct made node;
    make_short(&node, cw_slice_of(path, sizeof(path)), CW_LITERAL("\xc2\x01\x02"), false);
    hash = hash_of(&node);
    struct cw_slice bytes = slice_of(&node);
    assert_invalid(cw_account_verify(&account, &present, &hash, &address, &bytes, 1));
    assert_false(present);
    /* A fifth field. */
    uint8_t five[100];
    struct cw_rlp_out out = cw_rlp_out_to(five, sizeof(five));
    for (uint64_t i = 0; i < 2; i++) {
        cw_rlp_put_u64(&out, i);
    }
    cw_rlp_put_hash32(&out, &key);
    cw_rlp_put_hash32(&out, &key);
    struct cw_rlp_out four = out;
    uint8_t copy[100];
    memcpy(copy, five, out.n);
    four.p = copy;
    cw_rlp_list_end(&four, 0);
    assert_int_equal(cw_account_decode(&account, cw_slice_of(copy, four.n)), CW_OK);
    cw_rlp_put_u64(&out, 0);
    cw_rlp_list_end(&out, 0);
    assert_int_equal(cw_account_decode(&account, cw_slice_of(five, out.n)), CW_ERR_INPUT);
    assert_valid(cw_account_verify(&account, &present, &CW_EMPTY_TRIE_ROOT, &address, NULL, 0));
    assert_false(present);
    assert_hash(account.code_hash, CW_KECCAK_EMPTY);
    assert_hash(account.storage_root, CW_EMPTY_TRIE_ROOT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_mpt_to_contract_form__odd_path__leaf_appended),
        cmocka_unit_test(cw_mpt_to_contract_form__even_path__leaf_appended),
        cmocka_unit_test(cw_mpt_verify__nodes_that_no_trie_has__malformed),
        cmocka_unit_test(cw_mpt_verify__extension_to_extension__malformed),
        cmocka_unit_test(cw_mpt_verify__malformed_embedded_node_off_the_path__malformed),
        cmocka_unit_test(cw_mpt_verify__extension_to_listed_leaf__malformed),
        cmocka_unit_test(cw_mpt_verify__full_branch_with_another_prefix__malformed),
        cmocka_unit_test(cw_mpt_verify__short_node_referenced_by_hash__malformed),
        cmocka_unit_test(cw_mpt_to_contract_form__three_embedded_in_one_another__all_appended),
        cmocka_unit_test(cw_mpt_verify__empty_trie__absence_in_both_listings),
        cmocka_unit_test(cw_mpt_verify__sizes_out_of_bounds__refused),
        cmocka_unit_test(cw_storage_get__leaf_not_a_scalar__invalid),
        cmocka_unit_test(cw_account_verify__leaf_not_an_account__invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
