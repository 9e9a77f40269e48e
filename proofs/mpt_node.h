/* One node of a Merkle-Patricia trie, read strictly. Private to the trie verifier.
 *
 * Refused are bytes that are not exactly one canonical RLP list of 2 or 17 members, and shapes that
 * no trie builder makes: a branch with fewer than two members in use, an empty leaf value, an
 * extension without a path or to anything but a branch, a path with an unknown flag or a nibble
 * behind an even one, a reference that is neither 32 bytes nor a node of under 32 bytes. Nodes that
 * are embedded are held to the same rules wherever in the node they stand, on the path or off it.
 *
 * Nothing allocates; slices borrow from the node's bytes. Source: Ethereum yellow paper, appendix
 * D. */
#ifndef CAUSEWAY_PROOFS_MPT_NODE_H
#define CAUSEWAY_PROOFS_MPT_NODE_H

#include <causeway/base.h>

enum cw_mpt_kind { CW_MPT_BRANCH = 1, CW_MPT_EXTENSION, CW_MPT_LEAF };

/* Embedded nodes are this short, references by hash are longer. */
#define CW_MPT_EMBEDDED_MAX 31

struct cw_mpt_node {
    enum cw_mpt_kind kind;
    bool has_embedded; /* some reference is a node itself */
    /* A branch's references: member i begins at members + at[i] and ends at at[i + 1]. */
    const uint8_t *members;
    uint16_t at[17];
    /* The others' partial path: nibbles from path_at (1 or 2, behind the flag) on. */
    struct cw_slice path;
    size_t path_at;
    /* An extension's reference as cw_mpt_node_child gives it; a leaf's value; a branch's (n = 0:
     * none). */
    struct cw_slice target;
};

/* *ret_node is written in any case; it means something with CW_OK only. */
CW_MUST_USE enum cw_err cw_mpt_node_parse(struct cw_mpt_node *ret_node, struct cw_slice bytes);

/* A branch's member i < 16: n = 0 nothing, 32 the hash of a node, less the node itself. */
static inline struct cw_slice cw_mpt_node_child(const struct cw_mpt_node *branch, size_t i) {
    const uint8_t *p = branch->members + branch->at[i];
    size_t n = (size_t)branch->at[i + 1] - branch->at[i];
    /* A string stands behind a prefix of one byte, a node is taken whole. */
    size_t skip = p[0] < 0xc0;
    return cw_slice_of(p + skip, n - skip);
}

static inline unsigned cw_mpt_nibble(struct cw_slice bytes, size_t i) {
    return i % 2 == 0 ? bytes.p[i / 2] >> 4 : bytes.p[i / 2] & 15u;
}

#endif
