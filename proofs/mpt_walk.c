#include "mpt_walk.h"

#include <assert.h>
#include <string.h>

#include <causeway/keccak.h>

void cw_mpt_walk_init(struct cw_mpt_walk *walk, struct cw_slice key, const struct cw_slice *nodes,
                      size_t n_nodes, enum cw_mpt_form form) {
    assert(form == CW_MPT_FORM_NODE || form == CW_MPT_FORM_CONTRACT);
    walk->nodes = nodes;
    walk->n_nodes = n_nodes;
    walk->used = 0;
    walk->form = form;
    walk->key = key;
    walk->at = 0;
    walk->embedded.n = 0;
    walk->shared = NULL;
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
    if (walk->shared != NULL) {
        return &walk->shared->digests[walk->which[i]];
    }
    if (i - walk->first_digest >= walk->n_digests) {
        size_t n = walk->n_nodes - i;
        walk->first_digest = i;
        walk->n_digests = n < CW_MPT_HASH_AHEAD ? n : CW_MPT_HASH_AHEAD;
        cw_keccak256_batch(walk->digests, walk->nodes + i, walk->n_digests);
    }
    return &walk->digests[i - walk->first_digest];
}

/* Reads listed node i. NULL, or why it is refused. */
static const char *open_listed(struct cw_mpt_walk *walk, const struct cw_mpt_node **ret_node,
                               size_t i) {
    const struct cw_mpt_shared *shared = walk->shared;
    walk->last_hashed = i;
    if (shared == NULL) {
        *ret_node = &walk->own;
        return cw_mpt_node_parse(&walk->own, walk->nodes[i]) == CW_OK ? NULL : CW_MPT_R_MALFORMED;
    }
    size_t number = walk->which[i];
    if (shared->states[number] == CW_MPT_UNREAD) {
        bool sound = cw_mpt_node_parse(&shared->parsed[number], shared->nodes[number]) == CW_OK;
        shared->states[number] = sound ? CW_MPT_SOUND : CW_MPT_MALFORMED;
    }
    *ret_node = &shared->parsed[number];
    return shared->states[number] == CW_MPT_SOUND ? NULL : CW_MPT_R_MALFORMED;
}

/* The node that reference stands for, read. NULL, or why there is none. */
static const char *follow(struct cw_mpt_walk *walk, const struct cw_mpt_node **ret_node,
                          struct cw_slice reference) {
    bool embedded = reference.n <= CW_MPT_EMBEDDED_MAX;
    bool listed = !embedded || walk->form == CW_MPT_FORM_CONTRACT;
    if (listed && walk->used == walk->n_nodes) {
        return CW_MPT_R_TOO_FEW;
    }
    if (!embedded) {
        if (memcmp(digest_of(walk, walk->used)->b, reference.p, sizeof(struct cw_hash32)) != 0) {
            return CW_MPT_R_HASH;
        }
        if (walk->nodes[walk->used].n <= CW_MPT_EMBEDDED_MAX) {
            return CW_MPT_R_MALFORMED;
        }
        return open_listed(walk, ret_node, walk->used++);
    }
    if (listed && !cw_slice_equal(walk->nodes[walk->used++], reference)) {
        return CW_MPT_R_EMBEDDED;
    }
    if (walk->embedded.n == CW_MPT_EXTRA_MAX) {
        return CW_MPT_R_MALFORMED;
    }
    walk->embedded.node[walk->embedded.n++] = reference;
    *ret_node = &walk->own;
    return cw_mpt_node_parse(&walk->own, reference) == CW_OK ? NULL : CW_MPT_R_MALFORMED;
}

/* Takes the key's part in one node. Either the path goes on at *ret_reference, or it ended here:
 * that is empty, and *ret_value is what was found (n = 0: absent). */
static void step(struct cw_mpt_walk *walk, const struct cw_mpt_node *node,
                 struct cw_slice *ret_value, struct cw_slice *ret_reference) {
    const struct cw_slice nothing = {NULL, 0};
    *ret_value = *ret_reference = nothing;
    switch (node->kind) {
    case CW_MPT_BRANCH:
        if (nibbles_left(walk) == 0) {
            *ret_value = node->target;
        } else {
            *ret_reference = cw_mpt_node_child(node, cw_mpt_nibble(walk->key, walk->at++));
        }
        break;
    case CW_MPT_EXTENSION: {
        size_t n = 2 * node->path.n - node->path_at;
        if (path_matches(walk, node, n)) {
            *ret_reference = node->target;
            walk->at += n;
        }
        break;
    }
    case CW_MPT_LEAF: {
        size_t n = 2 * node->path.n - node->path_at;
        if (n == nibbles_left(walk) && path_matches(walk, node, n)) {
            *ret_value = node->target;
        }
        break;
    }
    }
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
    if (!cw_hash32_equal(digest_of(walk, 0), root)) {
        return cw_invalid(CW_MPT_R_ROOT);
    }
    walk->used = 1;
    /* The empty trie may be given as a node. */
    if (walk->nodes[0].n != 1 || walk->nodes[0].p[0] != 0x80) {
        const struct cw_mpt_node *node;
        struct cw_slice reference;
        bool below_extension = false;
        reason = open_listed(walk, &node, 0);
        do {
            if (reason == NULL && below_extension && node->kind != CW_MPT_BRANCH) {
                reason = CW_MPT_R_MALFORMED;
            }
            if (reason != NULL) {
                return cw_invalid(reason);
            }
            step(walk, node, &value, &reference);
            below_extension = node->kind == CW_MPT_EXTENSION;
            if (reference.n > 0) {
                reason = follow(walk, &node, reference);
            }
        } while (reference.n > 0);
    }
    if (walk->used != walk->n_nodes) {
        return cw_invalid(CW_MPT_R_UNUSED);
    }
    if (walk->shared != NULL && value.n > 0) {
        /* From the bytes that were read to the same ones in the proof's own node. */
        size_t i = walk->last_hashed;
        ptrdiff_t at = value.p - walk->shared->nodes[walk->which[i]].p;
        value.p = walk->nodes[i].p + at;
    }
    *ret_value = value;
    return cw_valid();
}
