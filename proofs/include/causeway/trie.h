/* Roots of Merkle-Patricia tries built from sorted entries.
 *
 * Source: Ethereum yellow paper, appendix D. */
#ifndef CAUSEWAY_TRIE_H
#define CAUSEWAY_TRIE_H

#include <causeway/arena.h>
#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CW_TRIE_KEY_MAX 64

struct cw_trie_entry {
    struct cw_slice key;   /* 1 to CW_TRIE_KEY_MAX bytes */
    struct cw_slice value; /* not empty */
};

/* The root over entries whose keys ascend strictly (as byte strings; a prefix comes first). Nodes
 * are hashed level by level, many at once. Scratch memory comes from the arena and stays there:
 * some 190 bytes an entry, and 64 KiB (less for a small trie, the longest value where that is
 * more). CW_ERR_INPUT when the order, a key or a value is not as it must be, CW_ERR_LIMIT above
 * 2^30 entries, CW_ERR_MEMORY when the arena is full. */
CW_MUST_USE enum cw_err cw_trie_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                                     const struct cw_trie_entry *entries, size_t n_entries);

/* The root of a list: value i under the key rlp(i), as for transactions, receipts and withdrawals.
 * Arena and errors as above. */
CW_MUST_USE enum cw_err cw_trie_list_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                                          const struct cw_slice *values, size_t n_values);

#ifdef __cplusplus
}
#endif
#endif
