#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include <causeway/keccak.h>

#include "mpt_walk.h"

/* Nodes are numbered by 32 bits. */
#define NODES_LIMIT ((size_t)1 << 31)
/* How many places of the table a node is looked for in. Who makes more than that collide has some
 * nodes hashed twice, no more. */
#define PROBES 8

/* A place in the table of distinct nodes. */
struct place {
    uint32_t fingerprint;
    uint32_t node; /* its number + 1; 0: free */
};

struct many {
    struct place *table;
    size_t mask;
    uint32_t *which; /* of each listed node the distinct one */
    struct cw_mpt_shared distinct;
};

/* Twice the nodes, so that the table is never more than half full. */
static size_t table_size(size_t n_nodes) {
    size_t n = 4;
    while (n < 2 * n_nodes) {
        n *= 2;
    }
    return n;
}

/* What each node takes, the table apart. */
#define NODE_BYTES                                                                                 \
    (sizeof(struct cw_slice) + sizeof(struct cw_mpt_node) + sizeof(uint32_t) +                     \
     sizeof(struct cw_hash32) + sizeof(uint8_t))

size_t cw_mpt_scratch_size(size_t n_nodes_total) {
    if (n_nodes_total == 0) {
        return 0;
    }
    /* At most 4 places a node, or 4. */
    if (n_nodes_total >= NODES_LIMIT ||
        n_nodes_total > SIZE_MAX / (NODE_BYTES + 4 * sizeof(struct place))) {
        return SIZE_MAX;
    }
    return table_size(n_nodes_total) * sizeof(struct place) + n_nodes_total * NODE_BYTES;
}

/* Takes n_nodes elements of the scratch. The most demanding alignment goes first: each size is a
 * multiple of the next one's alignment. */
static void *carve(uint8_t **scratch, size_t n, size_t size) {
    void *p = *scratch;
    *scratch += n * size;
    return p;
}

static void init(struct many *many, size_t n_nodes, uint8_t *scratch) {
    size_t n_table = table_size(n_nodes);
    many->mask = n_table - 1;
    many->distinct.nodes = carve(&scratch, n_nodes, sizeof(struct cw_slice));
    many->distinct.parsed = carve(&scratch, n_nodes, sizeof(struct cw_mpt_node));
    many->table = carve(&scratch, n_table, sizeof(struct place));
    many->which = carve(&scratch, n_nodes, sizeof(uint32_t));
    many->distinct.digests = carve(&scratch, n_nodes, sizeof(struct cw_hash32));
    many->distinct.states = carve(&scratch, n_nodes, sizeof(uint8_t));
    memset(many->table, 0, n_table * sizeof(struct place));
    memset(many->distinct.states, CW_MPT_UNREAD, n_nodes);
}

/* How many nodes the walk will look at, at most: what it refuses for its size has none. */
static size_t nodes_to_walk(const struct cw_mpt_query *query) {
    return cw_mpt_check_sizes(query->key, query->n_nodes) == NULL ? query->n_nodes : 0;
}

static uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* Of a node's length and some of its bytes. It only has to tell honest nodes apart, whose
 * differences lie in hashes, paths and values; equality is decided by comparing. */
static uint32_t fingerprint_of(struct cw_slice node) {
    uint64_t mix = node.n;
    if (node.n >= 8) {
        mix ^= load64(node.p + node.n - 8) * 0x9e3779b97f4a7c15u;
        mix ^= load64(node.p + (node.n - 8) / 2) * 0xc2b2ae3d27d4eb4fu;
        mix ^= load64(node.p + (node.n - 8) / 4) * 0x165667b19e3779f9u;
    } else {
        for (size_t i = 0; i < node.n; i++) {
            mix = mix << 8 ^ node.p[i];
        }
    }
    mix ^= mix >> 32;
    mix *= 0xd6e8feb86659fd93u;
    return (uint32_t)(mix >> 32);
}

/* The number of the distinct node that equals node, a new one if need be. */
static uint32_t intern(struct many *many, uint32_t fingerprint, struct cw_slice node) {
    struct cw_slice *nodes = many->distinct.nodes;
    uint32_t number = (uint32_t)many->distinct.n;
    for (size_t i = 0; i < PROBES; i++) {
        struct place *place = &many->table[(fingerprint + i) & many->mask];
        if (place->node == 0) {
            *place = (struct place){fingerprint, number + 1};
            break;
        }
        if (place->fingerprint == fingerprint && cw_slice_equal(nodes[place->node - 1], node)) {
            return place->node - 1;
        }
    }
    nodes[number] = node;
    many->distinct.n++;
    return number;
}

/* Numbers the nodes of all queries that will be walked, and hashes the distinct ones. Fingerprints
 * come first, so that the nodes' bytes are fetched without waiting for one another. */
static void number_nodes(struct many *many, const struct cw_mpt_query *queries, size_t n_queries) {
    size_t at = 0;
    for (size_t i = 0; i < n_queries; i++) {
        for (size_t j = 0; j < nodes_to_walk(&queries[i]); j++) {
            many->which[at++] = fingerprint_of(queries[i].nodes[j]);
        }
    }
    at = 0;
    for (size_t i = 0; i < n_queries; i++) {
        for (size_t j = 0; j < nodes_to_walk(&queries[i]); j++, at++) {
            many->which[at] = intern(many, many->which[at], queries[i].nodes[j]);
        }
    }
    cw_keccak256_batch(many->distinct.digests, many->distinct.nodes, many->distinct.n);
}

void cw_mpt_get_many(struct cw_mpt_answer *out, const struct cw_hash32 *root,
                     const struct cw_mpt_query *queries, size_t n_queries, enum cw_mpt_form form,
                     void *scratch, size_t scratch_n) {
    size_t n_nodes = 0;
    for (size_t i = 0; i < n_queries; i++) {
        bool overflow = __builtin_add_overflow(n_nodes, queries[i].n_nodes, &n_nodes);
        assert(!overflow);
    }
    struct many many;
    memset(&many, 0, sizeof(many));
    if (n_nodes > 0) {
        assert(scratch_n >= cw_mpt_scratch_size(n_nodes));
        assert((uintptr_t)scratch % alignof(max_align_t) == 0);
        init(&many, n_nodes, scratch);
        number_nodes(&many, queries, n_queries);
    }
    size_t at = 0;
    for (size_t i = 0; i < n_queries; i++) {
        const struct cw_mpt_query *query = &queries[i];
        struct cw_mpt_answer answer = {.present = false, .value = {NULL, 0}};
        struct cw_mpt_walk walk;
        cw_mpt_walk_init(&walk, query->key, query->nodes, query->n_nodes, form);
        walk.shared = &many.distinct;
        walk.which = n_nodes > 0 ? many.which + at : NULL;
        answer.judgement = cw_mpt_walk(&walk, &answer.value, root);
        answer.present = answer.value.n > 0;
        out[i] = answer;
        at += nodes_to_walk(query);
    }
}
