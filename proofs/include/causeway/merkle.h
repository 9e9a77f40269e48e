/* Binary Merkle trees over keccak256: one fold and one verifier for proofs of every stack.
 *
 * A parent is keccak256(left ‖ right). A path lists siblings from the leaf up; bit i of the leaf's
 * index says whether path[i] stands on the left (1) or on the right (0). Nothing allocates. */
#ifndef CAUSEWAY_MERKLE_H
#define CAUSEWAY_MERKLE_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest path that is judged; Nitro's Outbox has the same bound. */
#define CW_MERKLE_PATH_MAX 255

/* The reasons that a judgement here may carry. */
#define CW_MERKLE_R_DEPTH "path is longer than 255 elements"
#define CW_MERKLE_R_INDEX "index is beyond the reach of the path"
#define CW_MERKLE_R_ROOT  "leaf and path do not fold to the root"

/* keccak256(left ‖ right). out may be one of them. */
void cw_merkle_parent(struct cw_hash32 *out, const struct cw_hash32 *left,
                      const struct cw_hash32 *right);

/* The root that leaf and path make, whatever they are. Bits of index at and above depth are not
 * looked at; a path may have any length, and index has zeros beyond its 256 bits. out_root may be
 * leaf. */
void cw_merkle_fold(struct cw_hash32 *out_root, const struct cw_hash32 *leaf,
                    const struct cw_u256 *index, const struct cw_hash32 *path, size_t depth);

/* Valid when leaf and path fold to the trusted root, index < 2^depth, and depth is at most
 * CW_MERKLE_PATH_MAX. Without a path the leaf is the root. A fold can't tell a leaf from an inner
 * node: the caller makes the leaf from what it means, and demands the depth where the stack fixes
 * one. */
CW_MUST_USE struct cw_judgement cw_merkle_verify(const struct cw_hash32 *root,
                                                 const struct cw_hash32 *leaf,
                                                 const struct cw_u256 *index,
                                                 const struct cw_hash32 *path, size_t depth);

#ifdef __cplusplus
}
#endif
#endif
