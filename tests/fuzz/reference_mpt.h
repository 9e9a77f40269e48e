/* A trie proof judged slowly and obviously: what proofs/mpt.c is compared with. It decodes every
 * node into a tree of items without asking for canonical prefixes, and then asks that encoding the
 * tree again gives the same bytes. It allocates, recurses, and ends the program when it can't.
 * Source: Ethereum yellow paper, appendices B, C and D. */
#ifndef CAUSEWAY_TESTS_REFERENCE_MPT_H
#define CAUSEWAY_TESTS_REFERENCE_MPT_H

#include <causeway/mpt.h>

struct reference_answer {
    bool valid;
    bool present;
    uint8_t *value; /* a copy, for free(); NULL unless present */
    size_t value_n;
};

struct reference_answer reference_mpt_get(const struct cw_hash32 *root, struct cw_slice key,
                                          const struct cw_slice *nodes, size_t n_nodes,
                                          enum cw_mpt_form form);

#endif
