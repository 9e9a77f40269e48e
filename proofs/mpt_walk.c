#include "mpt_walk.h"

#include <assert.h>
#include <string.h>

#include <causeway/keccak.h>

#include "mpt_node.h"

void cw_mpt_walk_init(struct cw_mpt_walk *walk, struct cw_slice key, const struct cw_slice *nodes,
                      size_t n_nodes, enum cw_mpt_form form) {
    assert(form == CW_MPT_FORM_NODE || form == CW_MPT_FORM_CONTRACT);
    walk->nodes = nodes;
    walk->n_nodes = n_nodes;
    walk->used = 0;
    walk->form = form;
    walk->key = key;
    walk->at = 0;
    walk->below_extension = false;
    walk->embedded.n = 0;
    walk->all_digests = NULL;
    walk->which = NULL;
    walk->first_digest = 0;
    walk->n_digests = 0;
}

static size_t nibbles_left(const struct cw_mpt_walk *walk) {
    return 2 * walk->key.n - walk->at;
}

/* Whether node's partial path, of n nibbles, is what comes next in the key. */
static bool path_matches(const struct cw_mpt_walk *walk, const struct cw_mpt_node *node, size_t n) {
    if (n > nibbles_left(walk)) {
        return false;
    }
    size_t from = node->path_at, at = walk->at;
    if (from % 2 != 0) {
        if (cw_mpt_nibble(node->path, from++) != cw_mpt_nibble(walk->key, at++)) {
            return false;
        }
    }
    if (at % 2 == 0) {
        return memcmp(node->path.p + from / 2, walk->key.p + at / 2, node->path.n - from / 2) == 0;
    }
    for (; from < 2 * node->path.n; from++, at++) {
        if (cw_mpt_nibble(node->path, from) != cw_mpt_nibble(walk->key, at)) {
            return false;
        }
    }
    return true;
}

/* The digest of listed node i; nodes are asked for in order. */
static const struct cw_hash32 *digest_of(struct cw_mpt_walk *walk, size_t i) {
    if (walk->all_digests != NULL) {
        return &walk->all_digests[walk->which[i]];
    }
    if (i - walk->first_digest >= walk->n_digests) {
        size_t n = walk->n_nodes - i;
        walk->first_digest = i;
        walk->n_digests = n < CW_MPT_HASH_AHEAD ? n : CW_MPT_HASH_AHEAD;
        cw_keccak256_batch(walk->digests, walk->nodes + i, walk->n_digests);
    }
    return &walk->digests[i - walk->first_digest];
}

/* The node that reference stands for; NULL, or why there is none. */
static const char *follow(struct cw_mpt_walk *walk, struct cw_slice *ret_node,
                          struct cw_slice reference) {
    bool embedded = reference.n <= CW_MPT_EMBEDDED_MAX;
    bool listed = !embedded || walk->form == CW_MPT_FORM_CONTRACT;
    if (listed && walk->used == walk->n_nodes) {
        return CW_MPT_R_TOO_FEW;
    }
    if (!embedded) {
        struct cw_slice node = walk->nodes[walk->used];
        if (memcmp(digest_of(walk, walk->used)->b, reference.p, sizeof(struct cw_hash32)) != 0) {
            return CW_MPT_R_HASH;
        }
        if (node.n <= CW_MPT_EMBEDDED_MAX) {
            return CW_MPT_R_MALFORMED;
        }
        walk->used++;
        *ret_node = node;
        return NULL;
    }
    if (listed && !cw_slice_equal(walk->nodes[walk->used++], reference)) {
        return CW_MPT_R_EMBEDDED;
    }
    if (walk->embedded.n == CW_MPT_EXTRA_MAX) {
        return CW_MPT_R_MALFORMED;
    }
    walk->embedded.node[walk->embedded.n++] = reference;
    *ret_node = reference;
    return NULL;
}

/* One node: either *ret_reference (not empty) is where the path goes on, or the path ended here:
 * *ret_reference is empty and *ret_value is what was found (n = 0: absent). NULL, or why the node
 * is refused. */
static const char *step(struct cw_mpt_walk *walk, struct cw_slice bytes, struct cw_slice *ret_value,
                        struct cw_slice *ret_reference) {
    struct cw_mpt_node node;
    if (cw_mpt_node_parse(&node, bytes) != CW_OK) {
        return CW_MPT_R_MALFORMED;
    }
    if (walk->below_extension && node.kind != CW_MPT_BRANCH) {
        return CW_MPT_R_MALFORMED;
    }
    walk->below_extension = node.kind == CW_MPT_EXTENSION;
    const struct cw_slice nothing = {NULL, 0};
    *ret_value = *ret_reference = nothing;
    switch (node.kind) {
    case CW_MPT_BRANCH:
        if (nibbles_left(walk) == 0) {
            *ret_value = node.target;
        } else {
            *ret_reference = cw_mpt_node_child(&node, cw_mpt_nibble(walk->key, walk->at++));
        }
        break;
    case CW_MPT_EXTENSION: {
        size_t n = 2 * node.path.n - node.path_at;
        if (path_matches(walk, &node, n)) {
            *ret_reference = node.target;
            walk->at += n;
        }
        break;
    }
    case CW_MPT_LEAF: {
        size_t n = 2 * node.path.n - node.path_at;
        if (n == nibbles_left(walk) && path_matches(walk, &node, n)) {
            *ret_value = node.target;
        }
        break;
    }
    }
    return NULL;
}

const char *cw_mpt_check_sizes(struct cw_slice key, size_t n_nodes) {
    if (key.n == 0 || key.n > CW_MPT_KEY_MAX) {
        return CW_MPT_R_KEY_SIZE;
    }
    return n_nodes > CW_MPT_NODES_MAX ? CW_MPT_R_TOO_MANY : NULL;
}

struct cw_judgement cw_mpt_walk(struct cw_mpt_walk *walk, struct cw_slice *ret_value,
                                const struct cw_hash32 *root) {
    const char *reason = cw_mpt_check_sizes(walk->key, walk->n_nodes);
    if (reason != NULL) {
        return cw_invalid(reason);
    }
    struct cw_slice value = {NULL, 0};
    if (walk->n_nodes == 0) {
        if (!cw_hash32_equal(root, &CW_EMPTY_TRIE_ROOT)) {
            return cw_invalid(CW_MPT_R_TOO_FEW);
        }
        *ret_value = value;
        return cw_valid();
    }
    struct cw_slice node = walk->nodes[0], reference;
    if (!cw_hash32_equal(digest_of(walk, 0), root)) {
        return cw_invalid(CW_MPT_R_ROOT);
    }
    walk->used = 1;
    bool done = node.n == 1 && node.p[0] == 0x80; /* the empty trie, given as a node */
    while (!done) {
        reason = step(walk, node, &value, &reference);
        if (reason != NULL) {
            return cw_invalid(reason);
        }
        done = reference.n == 0;
        if (!done) {
            reason = follow(walk, &node, reference);
        }
        if (reason != NULL) {
            return cw_invalid(reason);
        }
    }
    if (walk->used != walk->n_nodes) {
        return cw_invalid(CW_MPT_R_UNUSED);
    }
    *ret_value = value;
    return cw_valid();
}
