#include "made_trie.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

static unsigned nibble(struct cw_slice key, size_t i) {
    return i % 2 == 0 ? key.p[i / 2] >> 4 : key.p[i / 2] & 15u;
}

static void *take(struct cw_arena *arena, size_t n) {
    void *p = cw_arena_alloc(arena, n);
    assert(p != NULL);
    return p;
}

static struct cw_rlp_out begin(struct cw_arena *arena, size_t room) {
    return cw_rlp_out_to(take(arena, room), room);
}

static struct cw_slice end(struct cw_rlp_out *out) {
    cw_rlp_list_end(out, 0);
    assert(!out->failed);
    return cw_slice_of(out->p, out->n);
}

static void put_reference(struct cw_rlp_out *out, const struct made_node *child) {
    if (child->bytes.n < 32) {
        cw_rlp_put_raw(out, child->bytes);
        return;
    }
    struct cw_hash32 hash;
    cw_keccak256(&hash, child->bytes);
    cw_rlp_put_hash32(out, &hash);
}

static void put_path(struct cw_rlp_out *out, const struct made_node *node) {
    uint8_t path[CW_TRIE_KEY_MAX + 1] = {0};
    size_t n = node->to - node->from, flag = (node->children == NULL ? 2u : 0u) + n % 2;
    path[0] = (uint8_t)(flag << 4);
    for (size_t i = 0; i < n; i++) {
        size_t at = 2 - n % 2 + i;
        path[at / 2] |= (uint8_t)(nibble(node->key, node->from + i) << (at % 2 == 0 ? 4 : 0));
    }
    cw_rlp_put_string(out, cw_slice_of(path, n / 2 + 1));
}

/* The node over entries that share their first depth nibbles; depth grows with each call, so that
 * recursion is bounded by the keys. */
static struct made_node *build(struct cw_arena *arena, const struct cw_trie_entry *entries,
                               size_t n, size_t depth) {
    struct made_node *node = take(arena, sizeof(*node));
    struct cw_slice first = entries[0].key, last = entries[n - 1].key;
    node->key = first;
    node->from = node->to = depth;
    if (n == 1) {
        node->to = 2 * first.n;
        struct cw_rlp_out out = begin(arena, CW_TRIE_KEY_MAX + entries[0].value.n + 32);
        put_path(&out, node);
        cw_rlp_put_string(&out, entries[0].value);
        node->bytes = end(&out);
        return node;
    }
    while (node->to < 2 * first.n && nibble(first, node->to) == nibble(last, node->to)) {
        node->to++;
    }
    if (node->to > depth) {
        node->children = take(arena, sizeof(struct made_node *));
        node->children[0] = build(arena, entries, n, node->to);
        struct cw_rlp_out out = begin(arena, CW_TRIE_KEY_MAX + 64);
        put_path(&out, node);
        put_reference(&out, node->children[0]);
        node->bytes = end(&out);
        return node;
    }
    node->is_branch = true;
    node->children = take(arena, 16 * sizeof(struct made_node *));
    size_t at = 2 * first.n == depth ? 1 : 0;
    struct cw_slice value = at == 1 ? entries[0].value : (struct cw_slice){NULL, 0};
    struct cw_rlp_out out = begin(arena, 16 * 33 + value.n + 32);
    for (unsigned digit = 0; digit < 16; digit++) {
        size_t from = at;
        while (at < n && nibble(entries[at].key, depth) == digit) {
            at++;
        }
        if (at > from) {
            node->children[digit] = build(arena, entries + from, at - from, depth + 1);
            put_reference(&out, node->children[digit]);
        } else {
            cw_rlp_put_string(&out, (struct cw_slice){NULL, 0});
        }
    }
    cw_rlp_put_string(&out, value);
    node->bytes = end(&out);
    return node;
}

void made_trie_build(struct made_trie *out, struct cw_arena *arena,
                     const struct cw_trie_entry *entries, size_t n) {
    out->root = CW_EMPTY_TRIE_ROOT;
    out->top = NULL;
    if (n > 0) {
        out->top = build(arena, entries, n, 0);
        cw_keccak256(&out->root, out->top->bytes);
    }
}

static const struct made_node *next_on_path(const struct made_node *node, struct cw_slice key) {
    if (node->children == NULL || 2 * key.n < node->to) {
        return NULL;
    }
    if (node->is_branch) {
        return 2 * key.n == node->to ? NULL : node->children[nibble(key, node->to)];
    }
    for (size_t i = node->from; i < node->to; i++) {
        if (nibble(node->key, i) != nibble(key, i)) {
            return NULL;
        }
    }
    return node->children[0];
}

struct cw_slice *made_trie_prove(const struct made_trie *trie, struct cw_arena *arena,
                                 struct cw_slice key, enum cw_mpt_form form, size_t *ret_n) {
    struct cw_slice *nodes = take(arena, CW_MPT_NODES_MAX * sizeof(*nodes));
    size_t n = 0;
    for (const struct made_node *node = trie->top; node != NULL; node = next_on_path(node, key)) {
        if (n == 0 || node->bytes.n >= 32 || form == CW_MPT_FORM_CONTRACT) {
            nodes[n++] = node->bytes;
        }
    }
    *ret_n = n;
    return nodes;
}

static int compare(const void *a, const void *b) {
    struct cw_slice x = ((const struct cw_trie_entry *)a)->key;
    struct cw_slice y = ((const struct cw_trie_entry *)b)->key;
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

size_t made_trie_sort(struct cw_trie_entry *entries, size_t n) {
    if (n > 0) {
        qsort(entries, n, sizeof(*entries), compare);
    }
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        if (left == 0 || compare(&entries[left - 1], &entries[i]) != 0) {
            entries[left++] = entries[i];
        }
    }
    return left;
}
