/* The walk through one proof, from the root down. Private to the trie verifier: it is the one judge
 * behind the functions for a single key and for many keys at once. */
#ifndef CAUSEWAY_PROOFS_MPT_WALK_H
#define CAUSEWAY_PROOFS_MPT_WALK_H

#include <causeway/mpt.h>

#include "mpt_node.h"

/* Nodes that are hashed at once, before the walk needs the first of them: fills the lanes twice,
 * and bounds what is hashed in vain when a proof is refused early. */
#define CW_MPT_HASH_AHEAD 16

/* Nodes of several proofs, each different from the others. */
struct cw_mpt_shared {
    struct cw_slice *nodes;
    struct cw_hash32 *digests;
    struct cw_mpt_node *parsed; /* of those whose state is CW_MPT_SOUND */
    uint8_t *states;            /* enum cw_mpt_state each */
    size_t n;
};

enum cw_mpt_state { CW_MPT_UNREAD = 0, CW_MPT_SOUND, CW_MPT_MALFORMED };

struct cw_mpt_walk {
    const struct cw_slice *nodes;
    size_t n_nodes;
    size_t used;        /* nodes consumed so far */
    size_t last_hashed; /* the last of them that is not embedded */
    enum cw_mpt_form form;
    struct cw_slice key;
    size_t at;                    /* nibbles of key that are behind */
    struct cw_mpt_node own;       /* the node in hand, where it is not shared */
    struct cw_mpt_extra embedded; /* embedded nodes on the path, in order */
    /* NULL: nodes are hashed as needed; digests then are those of nodes first_digest …
     * first_digest + n_digests - 1. */
    const struct cw_mpt_shared *shared;
    const uint32_t *which; /* of each node the number in shared */
    size_t first_digest, n_digests;
    struct cw_hash32 digests[CW_MPT_HASH_AHEAD];
};

void cw_mpt_walk_init(struct cw_mpt_walk *walk, struct cw_slice key, const struct cw_slice *nodes,
                      size_t n_nodes, enum cw_mpt_form form);

/* NULL, or why no proof of this key with so many nodes can hold. */
const char *cw_mpt_check_sizes(struct cw_slice key, size_t n_nodes);

/* Walks the whole proof. *ret_value has n = 0 when the key is absent; it is written on a valid
 * verdict only. */
CW_MUST_USE struct cw_judgement cw_mpt_walk(struct cw_mpt_walk *walk, struct cw_slice *ret_value,
                                            const struct cw_hash32 *root);

#endif
