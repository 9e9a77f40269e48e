#include <causeway/trie.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

/* Nodes are numbered from 1; 0 is none. */
#define NONE        0u
#define ENTRIES_MAX ((size_t)1 << 30)

/* Of a key in nibbles. */
#define NIBBLES_MAX (2 * CW_TRIE_KEY_MAX)
/* Branches on one path stand at depths 0 to NIBBLES_MAX, each with an extension in front; a leaf is
 * below them. */
#define BRANCHES_MAX (NIBBLES_MAX + 1)
#define LEVELS_MAX   (2 * BRANCHES_MAX + 1)

/* Hashed together at most, to keep what is written before it is hashed in the cache. */
#define BATCH_NODES 128
#define BATCH_BYTES ((size_t)64 << 10)

enum kind { LEAF, EXTENSION, BRANCH };

/* How a node stands in its parent: itself under 32 bytes, else its hash as a string. */
struct reference {
    uint8_t bytes[33];
    uint8_t n;
};

struct node {
    uint8_t kind;
    uint8_t digit;   /* its place in a branch above */
    uint16_t from;   /* nibbles of the key before it */
    uint16_t to;     /* a branch: the nibbles that all below it share; else where its path ends */
    uint16_t level;  /* 0 for leaves, else over that of every child */
    uint32_t entry;  /* a leaf's; the first one of a branch or an extension */
    uint32_t value;  /* a branch: 1 + the entry that ends at it, 0 for none */
    uint32_t child;  /* the first child */
    uint32_t sister; /* the next child of the same branch */
    struct reference reference;
};

struct trie {
    const struct cw_trie_entry *entries;
    size_t n_entries;
    struct node *nodes; /* 1-based: nodes[0] is unused */
    uint32_t n_nodes;
    uint32_t root;
};

static size_t nibbles_of(const struct cw_trie_entry *entry) {
    return 2 * entry->key.n;
}

static unsigned nibble(const struct cw_trie_entry *entry, size_t i) {
    return i % 2 == 0 ? entry->key.p[i / 2] >> 4 : entry->key.p[i / 2] & 15u;
}

/* --- shape ---------------------------------------------------------------------------------- */

/* The branches that are open while entries are taken in order, the outermost first. */
struct open_branches {
    size_t n;
    struct {
        uint32_t node;
        uint32_t last_child;
    } branch[BRANCHES_MAX];
};

static uint32_t new_node(struct trie *trie, enum kind kind, uint32_t entry, size_t to) {
    uint32_t index = ++trie->n_nodes;
    trie->nodes[index] = (struct node){.kind = (uint8_t)kind, .to = (uint16_t)to, .entry = entry};
    return index;
}

static void raise_level(struct node *parent, const struct node *child) {
    if (parent->level <= child->level) {
        parent->level = (uint16_t)(child->level + 1);
    }
}

/* Puts an extension before a branch whose parent is further up than one nibble. */
static uint32_t reach(struct trie *trie, uint32_t index, size_t from) {
    struct node *node = &trie->nodes[index];
    if (node->kind == LEAF || node->to == from) {
        node->from = (uint16_t)from;
        return index;
    }
    uint32_t extension = new_node(trie, EXTENSION, node->entry, node->to);
    trie->nodes[extension].from = (uint16_t)from;
    trie->nodes[extension].child = index;
    raise_level(&trie->nodes[extension], node);
    return extension;
}

/* Hangs a finished node under the innermost branch. */
static void attach(struct trie *trie, struct open_branches *open, uint32_t index) {
    uint32_t parent = open->branch[open->n - 1].node;
    size_t depth = trie->nodes[parent].to;
    uint32_t child = reach(trie, index, depth + 1);
    trie->nodes[child].digit = (uint8_t)nibble(&trie->entries[trie->nodes[index].entry], depth);
    if (open->branch[open->n - 1].last_child == NONE) {
        trie->nodes[parent].child = child;
    } else {
        trie->nodes[open->branch[open->n - 1].last_child].sister = child;
    }
    open->branch[open->n - 1].last_child = child;
    raise_level(&trie->nodes[parent], &trie->nodes[child]);
}

/* How many nibbles two neighbours share. They differ, and the first is the lesser one. */
static size_t shared_nibbles(const struct cw_trie_entry *a, const struct cw_trie_entry *b) {
    size_t n = a->key.n < b->key.n ? a->key.n : b->key.n, i = 0;
    while (i < n && a->key.p[i] == b->key.p[i]) {
        i++;
    }
    return 2 * i + (i < n && a->key.p[i] >> 4 == b->key.p[i] >> 4);
}

static uint32_t open_branch(struct trie *trie, struct open_branches *open, uint32_t entry,
                            size_t depth) {
    uint32_t branch = new_node(trie, BRANCH, entry, depth);
    open->branch[open->n].node = branch;
    open->branch[open->n++].last_child = NONE;
    return branch;
}

static size_t innermost_depth(const struct trie *trie, const struct open_branches *open) {
    return trie->nodes[open->branch[open->n - 1].node].to;
}

/* Entries are sorted: what an entry shares with the next one says which branches end with it, and
 * where the two part. */
static void shape(struct trie *trie) {
    struct open_branches open = {.n = 0};
    uint32_t last = (uint32_t)trie->n_entries - 1;
    for (uint32_t i = 0; i < last; i++) {
        const struct cw_trie_entry *entry = &trie->entries[i];
        size_t shared = shared_nibbles(entry, entry + 1);
        if (shared == nibbles_of(entry)) {
            /* It ends where the next ones go on, and every open branch is further up: what came
             * before it does not begin with it. */
            uint32_t branch = open_branch(trie, &open, i, shared);
            trie->nodes[branch].value = i + 1;
            continue;
        }
        uint32_t node = new_node(trie, LEAF, i, nibbles_of(entry));
        for (; open.n > 0 && innermost_depth(trie, &open) > shared; open.n--) {
            attach(trie, &open, node);
            node = open.branch[open.n - 1].node;
        }
        if (open.n == 0 || innermost_depth(trie, &open) < shared) {
            open_branch(trie, &open, i, shared);
        }
        attach(trie, &open, node);
    }
    uint32_t node = new_node(trie, LEAF, last, nibbles_of(&trie->entries[last]));
    for (; open.n > 0; open.n--) {
        attach(trie, &open, node);
        node = open.branch[open.n - 1].node;
    }
    trie->root = reach(trie, node, 0);
}

/* --- encoding ------------------------------------------------------------------------------- */

/* Hex-prefix encoding of the nibbles from … to of a node's key. Returns the size. */
static size_t pack_path(uint8_t out[CW_TRIE_KEY_MAX + 1], const struct cw_trie_entry *entry,
                        const struct node *node) {
    size_t n = 0, at = node->from;
    unsigned flag = node->kind == LEAF ? 2 : 0;
    if ((node->to - at) % 2 != 0) {
        out[n++] = (uint8_t)((flag | 1) << 4 | nibble(entry, at++));
    } else {
        out[n++] = (uint8_t)(flag << 4);
    }
    for (; at < node->to; at += 2) {
        out[n++] = (uint8_t)(nibble(entry, at) << 4 | nibble(entry, at + 1));
    }
    return n;
}

static void put_reference(struct cw_rlp_out *out, const struct node *node) {
    cw_rlp_put_raw(out, cw_slice_of(node->reference.bytes, node->reference.n));
}

static void put_branch(struct cw_rlp_out *out, const struct trie *trie, const struct node *node) {
    uint32_t child = node->child;
    for (unsigned digit = 0; digit < 16; digit++) {
        if (child != NONE && trie->nodes[child].digit == digit) {
            put_reference(out, &trie->nodes[child]);
            child = trie->nodes[child].sister;
        } else {
            cw_rlp_put_string(out, (struct cw_slice){NULL, 0});
        }
    }
    cw_rlp_put_string(out, node->value == 0 ? (struct cw_slice){NULL, 0}
                                            : trie->entries[node->value - 1].value);
}

static void put_members(struct cw_rlp_out *out, const struct trie *trie, const struct node *node) {
    if (node->kind == BRANCH) {
        put_branch(out, trie, node);
        return;
    }
    const struct cw_trie_entry *entry = &trie->entries[node->entry];
    uint8_t path[CW_TRIE_KEY_MAX + 1];
    cw_rlp_put_string(out, cw_slice_of(path, pack_path(path, entry, node)));
    if (node->kind == LEAF) {
        cw_rlp_put_string(out, entry->value);
    } else {
        put_reference(out, &trie->nodes[node->child]);
    }
}

/* The size is counted first, so that the prefix is written in its place and no long value moves. */
static void put_node(struct cw_rlp_out *out, const struct trie *trie, const struct node *node) {
    struct cw_rlp_out members = cw_rlp_out_count();
    uint8_t prefix[9];
    put_members(&members, trie, node);
    cw_rlp_put_raw(out, cw_slice_of(prefix, cw_rlp_prefix(prefix, members.n, true)));
    put_members(out, trie, node);
}

/* --- hashing -------------------------------------------------------------------------------- */

/* Nodes of one level that are written and not hashed yet. */
struct batch {
    struct trie *trie;
    uint8_t *bytes; /* capacity bytes: room for the largest node */
    size_t capacity;
    size_t used;
    size_t n;
    uint32_t nodes[BATCH_NODES];
    struct cw_slice written[BATCH_NODES];
    struct cw_hash32 hashes[BATCH_NODES];
};

static void flush(struct batch *batch) {
    cw_keccak256_batch(batch->hashes, batch->written, batch->n);
    for (size_t i = 0; i < batch->n; i++) {
        struct reference *reference = &batch->trie->nodes[batch->nodes[i]].reference;
        reference->bytes[0] = 0xa0;
        memcpy(reference->bytes + 1, batch->hashes[i].b, sizeof(batch->hashes[i].b));
        reference->n = 33;
    }
    batch->used = 0;
    batch->n = 0;
}

static void write_node(struct batch *batch, uint32_t index) {
    struct node *node = &batch->trie->nodes[index];
    struct cw_rlp_out out = cw_rlp_out_to(batch->bytes + batch->used,
                                          batch->capacity - batch->used);
    put_node(&out, batch->trie, node);
    if (out.failed) {
        flush(batch);
        out = cw_rlp_out_to(batch->bytes, batch->capacity);
        put_node(&out, batch->trie, node);
    }
    if (out.n < 32 && index != batch->trie->root) {
        memcpy(node->reference.bytes, out.p, out.n);
        node->reference.n = (uint8_t)out.n;
        return;
    }
    batch->nodes[batch->n] = index;
    batch->written[batch->n++] = cw_slice_of(out.p, out.n);
    batch->used += out.n;
    if (batch->n == BATCH_NODES) {
        flush(batch);
    }
}

/* The indices of all nodes, those of a lower level first. ret_ends[l] is where level l ends. */
static size_t sort_levels(uint32_t *out, size_t ret_ends[LEVELS_MAX], const struct trie *trie) {
    size_t begins[LEVELS_MAX] = {0}, n_levels = (size_t)trie->nodes[trie->root].level + 1;
    for (uint32_t i = 1; i <= trie->n_nodes; i++) {
        if (trie->nodes[i].level + 1u < n_levels) {
            begins[trie->nodes[i].level + 1]++;
        }
    }
    for (size_t l = 1; l < n_levels; l++) {
        begins[l] += begins[l - 1];
    }
    for (uint32_t i = 1; i <= trie->n_nodes; i++) {
        out[begins[trie->nodes[i].level]++] = i;
    }
    memcpy(ret_ends, begins, n_levels * sizeof(*begins));
    return n_levels;
}

/* Room for the largest node; more of it, up to BATCH_BYTES, where the trie has more to write. 0
 * when no memory is large enough. */
static size_t room_for(const struct trie *trie) {
    /* Beside its value a node has a path or 16 references, and three prefixes. */
    const size_t beside = 16 * 33 + CW_TRIE_KEY_MAX + 3 * 9;
    size_t largest = 0, all = trie->n_nodes * beside;
    for (size_t i = 0; i < trie->n_entries; i++) {
        size_t n = trie->entries[i].value.n;
        largest = n > largest ? n : largest;
        if (__builtin_add_overflow(all, n, &all)) {
            return 0;
        }
    }
    largest += beside;
    all = all < BATCH_BYTES ? all : BATCH_BYTES;
    return largest > all ? largest : all;
}

static enum cw_err hash_nodes(struct cw_arena *arena, struct cw_hash32 *ret_root,
                              struct trie *trie) {
    size_t ends[LEVELS_MAX], at = 0;
    struct batch batch;
    batch.trie = trie;
    batch.used = 0;
    batch.n = 0;
    batch.capacity = room_for(trie);
    if (batch.capacity == 0) {
        return CW_ERR_MEMORY;
    }
    batch.bytes = cw_arena_alloc(arena, batch.capacity);
    uint32_t *order = cw_arena_array(arena, trie->n_nodes, sizeof(*order));
    if (batch.bytes == NULL || order == NULL) {
        return CW_ERR_MEMORY;
    }
    size_t n_levels = sort_levels(order, ends, trie);
    for (size_t l = 0; l < n_levels; l++) {
        for (; at < ends[l]; at++) {
            write_node(&batch, order[at]);
        }
        flush(&batch);
    }
    memcpy(ret_root->b, trie->nodes[trie->root].reference.bytes + 1, sizeof(ret_root->b));
    return CW_OK;
}

/* --- roots ---------------------------------------------------------------------------------- */

static bool ascends(struct cw_slice a, struct cw_slice b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = memcmp(a.p, b.p, n);
    return order < 0 || (order == 0 && a.n < b.n);
}

enum cw_err cw_trie_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                         const struct cw_trie_entry *entries, size_t n_entries) {
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
    if (n_entries > ENTRIES_MAX) {
        return CW_ERR_LIMIT;
    }
    /* A leaf for each entry, and between two neighbours at most a branch and its extension. */
    struct trie trie = {.entries = entries, .n_entries = n_entries};
    trie.nodes = cw_arena_array(arena, 3 * n_entries, sizeof(*trie.nodes));
    if (trie.nodes == NULL) {
        return CW_ERR_MEMORY;
    }
    shape(&trie);
    return hash_nodes(arena, ret_root, &trie);
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
    return cw_trie_root(arena, ret_root, entries, n_values);
}
