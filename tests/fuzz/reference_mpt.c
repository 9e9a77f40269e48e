#include "reference_mpt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <causeway/keccak.h>

/* No sound node nests lists deeper: node, embedded extension, branch, leaf. */
#define DEPTH_MAX 8

/* --- RLP (appendix B) ------------------------------------------------------------------------ */

struct bytes {
    uint8_t *p;
    size_t n;
};

struct item {
    bool is_list;
    struct bytes string;   /* when no list */
    struct item *children; /* when a list */
    size_t n_children;
};

static void *take(size_t n) {
    void *p = calloc(1, n + 1);
    assert(p != NULL);
    return p;
}

static void append(struct bytes *to, const uint8_t *p, size_t n) {
    uint8_t *both = take(to->n + n);
    if (to->n > 0) {
        memcpy(both, to->p, to->n);
    }
    if (n > 0) {
        memcpy(both + to->n, p, n);
    }
    free(to->p);
    *to = (struct bytes){both, to->n + n};
}

static void drop(struct item *item) {
    for (size_t i = 0; i < item->n_children; i++) {
        drop(&item->children[i]);
    }
    free(item->children);
    free(item->string.p);
    memset(item, 0, sizeof(*item));
}

/* The length behind a long prefix, whatever zeros lead it; false when it is absurd. */
static bool read_length(const uint8_t *p, size_t n, size_t *length) {
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (sum > 0xffffff) {
            return false;
        }
        sum = sum * 256 + p[i];
    }
    *length = sum;
    return true;
}

/* Reads one item from p, of which n bytes are there, into zeroed memory. Returns its size, 0 when
 * there is none. */
static size_t decode(struct item *item, const uint8_t *p, size_t n, int depth) {
    if (n == 0 || depth > DEPTH_MAX) {
        return 0;
    }
    size_t header = 1, length = 0;
    item->is_list = p[0] >= 192;
    if (p[0] < 128) {
        append(&item->string, p, 1);
        return 1;
    }
    size_t code = item->is_list ? p[0] - 192u : p[0] - 128u;
    if (code < 56) {
        length = code;
    } else {
        header += code - 55;
        if (header > n || !read_length(p + 1, code - 55, &length)) {
            return 0;
        }
    }
    if (length > n - header) {
        return 0;
    }
    if (!item->is_list) {
        append(&item->string, p + header, length);
        return header + length;
    }
    for (size_t at = 0; at < length;) {
        struct item *more = take((item->n_children + 1) * sizeof(struct item));
        if (item->n_children > 0) {
            memcpy(more, item->children, item->n_children * sizeof(struct item));
        }
        free(item->children);
        item->children = more;
        struct item *child = &item->children[item->n_children++];
        size_t size = decode(child, p + header + at, length - at, depth + 1);
        if (size == 0) {
            return 0;
        }
        at += size;
    }
    return header + length;
}

static struct bytes encode(const struct item *item) {
    struct bytes payload = {NULL, 0}, all = {NULL, 0};
    if (item->is_list) {
        for (size_t i = 0; i < item->n_children; i++) {
            struct bytes child = encode(&item->children[i]);
            append(&payload, child.p, child.n);
            free(child.p);
        }
    } else {
        append(&payload, item->string.p, item->string.n);
        if (payload.n == 1 && payload.p[0] < 128) {
            return payload;
        }
    }
    uint8_t first = item->is_list ? 192 : 128;
    if (payload.n < 56) {
        first = (uint8_t)(first + payload.n);
        append(&all, &first, 1);
    } else {
        uint8_t length[8];
        size_t n = 0;
        for (size_t rest = payload.n; rest > 0; rest /= 256) {
            n++;
        }
        for (size_t i = 0; i < n; i++) {
            length[i] = (uint8_t)(payload.n >> 8 * (n - 1 - i));
        }
        first = (uint8_t)(first + 55 + n);
        append(&all, &first, 1);
        append(&all, length, n);
    }
    append(&all, payload.p, payload.n);
    free(payload.p);
    return all;
}

/* --- shapes (appendices C and D) ------------------------------------------------------------- */

/* The nibbles of a hex-prefix string, one a byte; false when it is not one. */
static bool hex_prefix(const struct item *item, struct bytes *nibbles, bool *is_leaf) {
    if (item->is_list || item->string.n == 0 || item->string.p[0] >= 0x40) {
        return false;
    }
    const uint8_t *p = item->string.p;
    bool odd = p[0] / 16 % 2 == 1;
    *is_leaf = p[0] / 32 == 1;
    if (!odd && p[0] % 16 != 0) {
        return false;
    }
    if (odd) {
        uint8_t nibble = p[0] % 16;
        append(nibbles, &nibble, 1);
    }
    for (size_t i = 1; i < item->string.n; i++) {
        uint8_t two[2] = {p[i] / 16, p[i] % 16};
        append(nibbles, two, 2);
    }
    return true;
}

static bool is_empty_string(const struct item *item) {
    return !item->is_list && item->string.n == 0;
}

static bool is_node(const struct item *item, bool below_extension);

/* What may stand for a child: the hash, or the child itself when its encoding is under 32 bytes. */
static bool is_child(const struct item *item, bool below_extension) {
    if (!item->is_list) {
        return item->string.n == 32;
    }
    struct bytes whole = encode(item);
    free(whole.p);
    return whole.n < 32 && is_node(item, below_extension);
}

static bool is_branch(const struct item *item) {
    size_t used = 0;
    for (size_t i = 0; i < 16; i++) {
        if (is_empty_string(&item->children[i])) {
            continue;
        }
        if (!is_child(&item->children[i], false)) {
            return false;
        }
        used++;
    }
    if (item->children[16].is_list) {
        return false;
    }
    return used + (item->children[16].string.n > 0) >= 2;
}

static bool is_node(const struct item *item, bool below_extension) {
    if (!item->is_list) {
        return false;
    }
    if (item->n_children == 17) {
        return is_branch(item);
    }
    if (item->n_children != 2 || below_extension) {
        return false;
    }
    struct bytes nibbles = {NULL, 0};
    bool is_leaf = false;
    bool sound = hex_prefix(&item->children[0], &nibbles, &is_leaf);
    if (is_leaf) {
        sound = sound && !item->children[1].is_list && item->children[1].string.n > 0;
    } else {
        sound = sound && nibbles.n > 0 && is_child(&item->children[1], true);
    }
    free(nibbles.p);
    return sound;
}

/* --- the proof -------------------------------------------------------------------------------- */

struct proof {
    const struct cw_slice *nodes;
    size_t n_nodes;
    size_t used;
    enum cw_mpt_form form;
    struct reference_answer answer;
};

static bool look_into(struct proof *proof, const struct item *node, const uint8_t *path, size_t n);

/* The next listed node, read from its bytes; item is zeroed memory. */
static bool read_listed(struct proof *proof, struct item *item, bool below_extension) {
    struct cw_slice node = proof->nodes[proof->used++];
    if (decode(item, node.p, node.n, 0) != node.n || node.n == 0) {
        return false;
    }
    struct bytes again = encode(item);
    bool same = again.n == node.n && memcmp(again.p, node.p, node.n) == 0;
    free(again.p);
    return same && is_node(item, below_extension);
}

static bool follow(struct proof *proof, const struct item *child, const uint8_t *path, size_t n,
                   bool below_extension) {
    if (child->is_list) {
        if (proof->form == CW_MPT_FORM_CONTRACT) {
            if (proof->used == proof->n_nodes) {
                return false;
            }
            struct cw_slice listed = proof->nodes[proof->used++];
            struct bytes own = encode(child);
            bool same = listed.n == own.n && memcmp(listed.p, own.p, own.n) == 0;
            free(own.p);
            if (!same) {
                return false;
            }
        }
        return look_into(proof, child, path, n);
    }
    if (proof->used == proof->n_nodes || proof->nodes[proof->used].n < 32) {
        return false;
    }
    struct cw_hash32 hash;
    cw_keccak256(&hash, proof->nodes[proof->used]);
    struct item item = {0};
    bool holds = memcmp(hash.b, child->string.p, 32) == 0 &&
                 read_listed(proof, &item, below_extension) && look_into(proof, &item, path, n);
    drop(&item);
    return holds;
}

static bool found(struct proof *proof, const struct item *value) {
    proof->answer.present = true;
    proof->answer.value_n = value->string.n;
    proof->answer.value = take(value->string.n);
    memcpy(proof->answer.value, value->string.p, value->string.n);
    return true;
}

/* node is sound. False when the proof does not hold below it; else what it shows is in the answer.
 */
static bool look_into(struct proof *proof, const struct item *node, const uint8_t *path, size_t n) {
    if (node->n_children == 17) {
        if (n == 0) {
            return is_empty_string(&node->children[16]) || found(proof, &node->children[16]);
        }
        const struct item *child = &node->children[path[0]];
        return is_empty_string(child) || follow(proof, child, path + 1, n - 1, false);
    }
    struct bytes nibbles = {NULL, 0};
    bool is_leaf;
    if (!hex_prefix(&node->children[0], &nibbles, &is_leaf)) {
        abort();
    }
    size_t taken = nibbles.n;
    bool begins = taken <= n && (taken == 0 || memcmp(nibbles.p, path, taken) == 0);
    free(nibbles.p);
    if (is_leaf) {
        return !begins || taken != n || found(proof, &node->children[1]);
    }
    return !begins || follow(proof, &node->children[1], path + taken, n - taken, true);
}

struct reference_answer reference_mpt_get(const struct cw_hash32 *root, struct cw_slice key,
                                          const struct cw_slice *nodes, size_t n_nodes,
                                          enum cw_mpt_form form) {
    struct proof proof = {.nodes = nodes, .n_nodes = n_nodes, .form = form};
    if (key.n == 0 || key.n > CW_MPT_KEY_MAX || n_nodes > CW_MPT_NODES_MAX) {
        return proof.answer;
    }
    if (n_nodes == 0) {
        /* No node: only the trie whose one node is the empty string. */
        struct cw_hash32 empty;
        cw_keccak256(&empty, CW_LITERAL("\x80"));
        proof.answer.valid = memcmp(empty.b, root->b, 32) == 0;
        return proof.answer;
    }
    struct cw_hash32 hash;
    cw_keccak256(&hash, nodes[0]);
    if (memcmp(hash.b, root->b, 32) != 0) {
        return proof.answer;
    }
    if (nodes[0].n == 1 && nodes[0].p[0] == 0x80) {
        proof.answer.valid = n_nodes == 1;
        return proof.answer;
    }
    uint8_t *path = take(2 * key.n);
    for (size_t i = 0; i < key.n; i++) {
        path[2 * i] = key.p[i] / 16;
        path[2 * i + 1] = key.p[i] % 16;
    }
    struct item item = {0};
    bool holds = read_listed(&proof, &item, false) && look_into(&proof, &item, path, 2 * key.n) &&
                 proof.used == n_nodes;
    drop(&item);
    free(path);
    if (!holds) {
        free(proof.answer.value);
        proof.answer = (struct reference_answer){0};
    }
    proof.answer.valid = holds;
    return proof.answer;
}
