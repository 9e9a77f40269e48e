/* Binary Merkle proofs of the vectors, and every change that must make one invalid. */
#ifndef CAUSEWAY_TESTS_FOLDS_H
#define CAUSEWAY_TESTS_FOLDS_H

#include "vectors.h"

#include <causeway/merkle.h>

struct fold {
    struct cw_hash32 root;
    struct cw_hash32 leaf;
    struct cw_u256 index;
    const struct cw_hash32 *path;
    size_t depth;
};

/* An array of 32-byte texts; lives until vectors_done. */
struct cw_hash32 *fold_path(const cJSON *array, size_t *ret_depth);

/* What judges a fold. ctx is the caller's: a judge may take the leaf from there. */
typedef struct cw_judgement fold_judge(const void *ctx, const struct fold *fold);

/* cw_merkle_verify; ctx is not used. */
fold_judge fold_verify;

/* Asserts that the fold is valid, and that it is not any longer after each flip of a byte of root,
 * leaf (not with keep_leaf) and path, each flip of a bit of the index, and each element that is
 * dropped, doubled, swapped, inserted or appended. What changes nothing is left out: swapping equal
 * elements, and turning round a pair of equal siblings. Returns how many changes were judged. */
size_t fold_check_mutations(const struct fold *valid, bool keep_leaf, fold_judge *judge,
                            const void *ctx);

#endif
