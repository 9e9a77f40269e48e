/* Merkle-Patricia proofs against a trusted root.
 *
 * The root is an input that the caller trusts; it is compared inside. Every listed node must be
 * consumed, in order from the root down; a missing, doubled, unused, swapped or truncated node
 * makes the proof invalid. Nodes must be canonical RLP of a shape that a trie builder makes (two or
 * more entries in a branch, a branch below an extension, no empty values, a node of under 32 bytes
 * stands in its parent, a longer one is referenced by hash). That goes for embedded nodes off the
 * path too.
 *
 * key is the path in the trie, as bytes: the caller has hashed it where the trie wants that
 * (keccak256 of address or slot). The empty trie (root CW_EMPTY_TRIE_ROOT) proves the absence of
 * every key with no nodes, or with the one node 0x80 that some nodes send.
 *
 * Nothing allocates. Work is bounded by the bytes of the nodes; depth by the key's nibbles.
 * Reasons are static strings, listed below.
 * Source: Ethereum yellow paper, appendix D; OP Stack MerkleTrie.sol (contract form). */
#ifndef CAUSEWAY_MPT_H
#define CAUSEWAY_MPT_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CW_MPT_KEY_MAX   256
#define CW_MPT_NODES_MAX (2 * CW_MPT_KEY_MAX + 1)

/* How nodes of under 32 bytes, which sit inside their parent, appear in the list of nodes. */
enum cw_mpt_form {
    CW_MPT_FORM_NODE = 1, /* not listed: what geth's eth_getProof gives */
    CW_MPT_FORM_CONTRACT =
        2 /* listed again behind the parent: what OP Stack's MerkleTrie wants and anvil gives */
};

/* The reasons that a judgement here may carry. */
#define CW_MPT_R_KEY_SIZE    "key is empty or too long"
#define CW_MPT_R_TOO_MANY    "more nodes than a key can have"
#define CW_MPT_R_TOO_FEW     "proof ends before the key does"
#define CW_MPT_R_UNUSED      "proof has nodes that are not on the path"
#define CW_MPT_R_ROOT        "first node does not hash to the root"
#define CW_MPT_R_HASH        "node does not hash to its parent's reference"
#define CW_MPT_R_EMBEDDED    "listed node differs from the one embedded in its parent"
#define CW_MPT_R_MALFORMED   "malformed node"
#define CW_MPT_R_ABSENT      "key is absent"
#define CW_MPT_R_PRESENT     "key is present"
#define CW_MPT_R_VALUE       "value differs"
#define CW_MPT_R_EMPTY_VALUE "a trie holds no empty value"

/* Valid when the trie under root maps key to exactly value (raw leaf bytes, not empty). */
CW_MUST_USE struct cw_judgement cw_mpt_verify_inclusion(const struct cw_hash32 *root,
                                                        struct cw_slice key, struct cw_slice value,
                                                        const struct cw_slice *nodes,
                                                        size_t n_nodes, enum cw_mpt_form form);

/* Valid when the trie under root has no value for key. */
CW_MUST_USE struct cw_judgement cw_mpt_verify_exclusion(const struct cw_hash32 *root,
                                                        struct cw_slice key,
                                                        const struct cw_slice *nodes,
                                                        size_t n_nodes, enum cw_mpt_form form);

/* Valid when the nodes prove what the trie has for key, whatever it is: *ret_present tells, and
 * *ret_value borrows the raw leaf bytes from the nodes (n = 0 when absent). Both are written on a
 * valid verdict only. */
CW_MUST_USE struct cw_judgement cw_mpt_get(bool *ret_present, struct cw_slice *ret_value,
                                           const struct cw_hash32 *root, struct cw_slice key,
                                           const struct cw_slice *nodes, size_t n_nodes,
                                           enum cw_mpt_form form);

/* One key and the proof of its own, as eth_getProof lists it. */
struct cw_mpt_query {
    struct cw_slice key;
    const struct cw_slice *nodes;
    size_t n_nodes;
};

/* present and value are false and empty unless the verdict is valid; value borrows from the nodes
 * of its query. */
struct cw_mpt_answer {
    struct cw_judgement judgement;
    bool present;
    struct cw_slice value;
};

/* The bytes of scratch for so many nodes, counted over all queries; SIZE_MAX when there can't be so
 * many. */
size_t cw_mpt_scratch_size(size_t n_nodes_total);

/* Many keys under one root: out[i] is exactly what cw_mpt_get says of queries[i] alone, but a node
 * that stands in several proofs is hashed once, and all are hashed together.
 *
 * scratch_n is at least cw_mpt_scratch_size(sum of all n_nodes) (asserted), scratch aligned as
 * malloc's (asserted) and borrowed for the call; NULL will do where that is 0. Work is linear in
 * the bytes of the nodes, whatever they are. */
void cw_mpt_get_many(struct cw_mpt_answer *out, const struct cw_hash32 *root,
                     const struct cw_mpt_query *queries, size_t n_queries, enum cw_mpt_form form,
                     void *scratch, size_t scratch_n);

/* The elements to append to a proof so that it is in the contract form; they borrow from the last
 * node. Canonical tries embed at most extension, branch and leaf in one another. */
#define CW_MPT_EXTRA_MAX 3
struct cw_mpt_extra {
    size_t n;
    struct cw_slice node[CW_MPT_EXTRA_MAX];
};

/* Takes an inclusion proof in either form. Valid: the proof holds, and nodes followed by
 * ret_extra->node[0 … n-1] is the same proof in the contract form (n = 0: it is already). Undecided
 * never; a mixed form is invalid. */
CW_MUST_USE struct cw_judgement cw_mpt_to_contract_form(struct cw_mpt_extra *ret_extra,
                                                        const struct cw_hash32 *root,
                                                        struct cw_slice key, struct cw_slice value,
                                                        const struct cw_slice *nodes,
                                                        size_t n_nodes);

#ifdef __cplusplus
}
#endif
#endif
