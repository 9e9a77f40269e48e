#include <causeway/trie.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

static size_t nibbles_of(const struct cw_trie_entry *entry) {
    return 2 * entry->key.n;
}

static unsigned nibble(const struct cw_trie_entry *entry, size_t i) {
    return i % 2 == 0 ? entry->key.p[i / 2] >> 4 : entry->key.p[i / 2] & 15u;
}

/* How a node stands in its parent: the node itself under 32 bytes, else its hash as a string. */
struct reference {
    uint8_t bytes[33];
    size_t n;
};

/* What a short node and a branch take at most: prefix, path and reference; prefix, 16 references (a
 * value goes another way). */
#define PATH_MAX_BYTES (CW_TRIE_KEY_MAX + 1)
#define BRANCH_MAX     (9 + 16 * 33)

static void reference_to_hash(struct reference *out, const struct cw_hash32 *hash) {
    out->bytes[0] = 0xa0;
    memcpy(out->bytes + 1, hash->b, sizeof(hash->b));
    out->n = 33;
}

/* A node whose RLP is prefix ‖ a ‖ b ‖ c. Values are hashed from where they are: nothing is copied
 * unless the node is small enough to stand in its parent. */
static void make_reference(struct reference *out, struct cw_hash32 *out_hash,
                           const struct cw_slice part[4], size_t payload_n) {
    uint8_t prefix[9];
    size_t prefix_n = cw_rlp_prefix(prefix, payload_n, true);
    if (out_hash == NULL && prefix_n + payload_n < 32) {
        struct cw_rlp_out rlp = cw_rlp_out_to(out->bytes, sizeof(out->bytes));
        cw_rlp_put_raw(&rlp, cw_slice_of(prefix, prefix_n));
        for (size_t i = 0; i < 4; i++) {
            cw_rlp_put_raw(&rlp, part[i]);
        }
        out->n = rlp.n;
        return;
    }
    struct cw_keccak hash;
    struct cw_hash32 digest;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(prefix, prefix_n));
    for (size_t i = 0; i < 4; i++) {
        cw_keccak_update(&hash, part[i]);
    }
    cw_keccak_final(&digest, &hash);
    if (out_hash != NULL) {
        *out_hash = digest;
    }
    reference_to_hash(out, &digest);
}

/* The two parts of a string's RLP: its prefix (none for a byte below 0x80) and itself. */
static size_t string_parts(struct cw_slice ret_part[2], uint8_t prefix[9], struct cw_slice bytes) {
    size_t prefix_n = 0;
    if (bytes.n != 1 || bytes.p[0] >= 0x80) {
        prefix_n = cw_rlp_prefix(prefix, bytes.n, false);
    }
    ret_part[0] = cw_slice_of(prefix, prefix_n);
    ret_part[1] = bytes;
    return prefix_n + bytes.n;
}

/* Hex-prefix encoding of entry's nibbles from … to. Returns the size. */
static size_t pack_path(uint8_t out[PATH_MAX_BYTES], const struct cw_trie_entry *entry, size_t from,
                        size_t to, bool is_leaf) {
    size_t n = 0, at = from;
    unsigned flag = is_leaf ? 2 : 0;
    if ((to - from) % 2 != 0) {
        out[n++] = (uint8_t)((flag | 1) << 4 | nibble(entry, at++));
    } else {
        out[n++] = (uint8_t)(flag << 4);
    }
    for (; at < to; at += 2) {
        out[n++] = (uint8_t)(nibble(entry, at) << 4 | nibble(entry, at + 1));
    }
    return n;
}

static void build_short(struct reference *out, struct cw_hash32 *out_hash,
                        const struct cw_trie_entry *entry, size_t from, size_t to,
                        const struct reference *child) {
    uint8_t path[PATH_MAX_BYTES], path_rlp[PATH_MAX_BYTES + 9], prefix[9];
    size_t path_n = pack_path(path, entry, from, to, child == NULL);
    struct cw_rlp_out rlp = cw_rlp_out_to(path_rlp, sizeof(path_rlp));
    cw_rlp_put_string(&rlp, cw_slice_of(path, path_n));
    struct cw_slice part[4] = {cw_slice_of(path_rlp, rlp.n)};
    size_t payload_n = rlp.n;
    if (child != NULL) {
        part[1] = cw_slice_of(child->bytes, child->n);
        payload_n += child->n;
    } else {
        payload_n += string_parts(part + 1, prefix, entry->value);
    }
    make_reference(out, out_hash, part, payload_n);
}

/* The node over entries[0 … n-1], n >= 1, which share their first depth nibbles. With out_hash the
 * node is a root: it is hashed whatever its size. */
static void build(struct reference *out, struct cw_hash32 *out_hash,
                  const struct cw_trie_entry *entries, size_t n, size_t depth);

/* The branch over entries that part at depth (or end there, the first one). */
static void build_branch(struct reference *out, struct cw_hash32 *out_hash,
                         const struct cw_trie_entry *entries, size_t n, size_t depth) {
    uint8_t members[BRANCH_MAX], prefix[9];
    struct cw_rlp_out rlp = cw_rlp_out_to(members, sizeof(members));
    struct cw_slice value = {NULL, 0};
    size_t at = 0;
    if (nibbles_of(&entries[0]) == depth) {
        value = entries[at++].value;
    }
    for (unsigned digit = 0; digit < 16; digit++) {
        size_t first = at;
        while (at < n && nibble(&entries[at], depth) == digit) {
            at++;
        }
        if (at == first) {
            cw_rlp_put_string(&rlp, (struct cw_slice){NULL, 0});
            continue;
        }
        struct reference child;
        build(&child, NULL, entries + first, at - first, depth + 1);
        cw_rlp_put_raw(&rlp, cw_slice_of(child.bytes, child.n));
    }
    struct cw_slice part[4] = {cw_slice_of(members, rlp.n)};
    size_t payload_n = rlp.n + string_parts(part + 1, prefix, value);
    make_reference(out, out_hash, part, payload_n);
}

static void build(struct reference *out, struct cw_hash32 *out_hash,
                  const struct cw_trie_entry *entries, size_t n, size_t depth) {
    if (n == 1) {
        build_short(out, out_hash, entries, depth, nibbles_of(entries), NULL);
        return;
    }
    /* Entries are sorted: what the first and the last share all share. The first may be a prefix of
     * the rest. */
    const struct cw_trie_entry *first = &entries[0], *last = &entries[n - 1];
    size_t shared = depth;
    while (shared < nibbles_of(first) && nibble(first, shared) == nibble(last, shared)) {
        shared++;
    }
    if (shared == depth) {
        build_branch(out, out_hash, entries, n, depth);
        return;
    }
    struct reference branch;
    build_branch(&branch, NULL, entries, n, shared);
    build_short(out, out_hash, first, depth, shared, &branch);
}

static bool ascends(struct cw_slice a, struct cw_slice b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = memcmp(a.p, b.p, n);
    return order < 0 || (order == 0 && a.n < b.n);
}

enum cw_err cw_trie_root(struct cw_hash32 *ret_root, const struct cw_trie_entry *entries,
                         size_t n_entries) {
    for (size_t i = 0; i < n_entries; i++) {
        if (entries[i].key.n == 0 || entries[i].key.n > CW_TRIE_KEY_MAX ||
            entries[i].value.n == 0 || (i > 0 && !ascends(entries[i - 1].key, entries[i].key))) {
            return CW_ERR_INPUT;
        }
    }
    if (n_entries == 0) {
        *ret_root = CW_EMPTY_TRIE_ROOT;
        return CW_OK;
    }
    struct reference root;
    build(&root, ret_root, entries, n_entries, 0);
    return CW_OK;
}

/* The position of index i among the keys rlp(0) … rlp(n-1) in ascending order: 1 … 127 are single
 * bytes, 0 is 0x80, the rest have longer prefixes and ascend as they are. */
static size_t list_position(size_t i, size_t n) {
    if (i == 0) {
        return n <= 128 ? n - 1 : 127;
    }
    return i < 128 ? i - 1 : i;
}

enum cw_err cw_trie_list_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                              const struct cw_slice *values, size_t n_values) {
    struct cw_trie_entry *entries = cw_arena_array(arena, n_values, sizeof(*entries));
    uint8_t(*keys)[9] = cw_arena_array(arena, n_values, sizeof(*keys));
    if (entries == NULL || keys == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n_values; i++) {
        struct cw_rlp_out rlp = cw_rlp_out_to(keys[i], sizeof(keys[i]));
        cw_rlp_put_u64(&rlp, i);
        entries[list_position(i, n_values)] = (struct cw_trie_entry){cw_slice_of(keys[i], rlp.n),
                                                                     values[i]};
    }
    return cw_trie_root(ret_root, entries, n_values);
}
