/* Small tries with all their nodes, to take proofs from. Plain and slow; a failed allocation or
 * entries in disorder end the program. */
#ifndef CAUSEWAY_TESTS_MADE_TRIE_H
#define CAUSEWAY_TESTS_MADE_TRIE_H

#include <causeway/arena.h>
#include <causeway/mpt.h>
#include <causeway/trie.h>

struct made_node {
    bool is_branch;
    struct cw_slice bytes;
    struct cw_slice key; /* some entry below; its nibbles from … to are the node's path */
    size_t from, to;
    struct made_node **children; /* a branch's 16, an extension's 1, else NULL */
};

struct made_trie {
    struct cw_hash32 root;
    const struct made_node *top; /* NULL: empty */
};

/* entries ascend strictly, as for cw_trie_root, and outlive the trie. */
void made_trie_build(struct made_trie *out, struct cw_arena *arena,
                     const struct cw_trie_entry *entries, size_t n);

/* The nodes on key's path, whether the key is there or not. They borrow from the trie. */
struct cw_slice *made_trie_prove(const struct made_trie *trie, struct cw_arena *arena,
                                 struct cw_slice key, enum cw_mpt_form form, size_t *ret_n);

/* Sorts and takes out what has the key of an entry before it. Returns how many are left. */
size_t made_trie_sort(struct cw_trie_entry *entries, size_t n);

#endif
