/* Ranges of blocks that are still to be read: disjoint, ascending, none next to another. Pure. */
#ifndef STORE_INTERVALS_H
#define STORE_INTERVALS_H

#include <causeway/base.h>

struct cw_interval {
    uint64_t from, to; /* block numbers; both are in it */
    bool bound;        /* hash is known: that of block `to`, by the parent hash of what is above */
    struct cw_hash32 hash;
};

/* All zero is an empty one. */
struct cw_intervals {
    struct cw_interval *list; /* malloc'ed */
    size_t n, capacity;
};

void cw_intervals_done(struct cw_intervals *set); /* leaves an empty one */
/* Room for the one more that a removal may leave: after it, and before anything is added, one
 * removal can't fail. */
CW_MUST_USE enum cw_err cw_intervals_reserve(struct cw_intervals *set);
/* CW_ERR_MEMORY leaves the set as it was. */
CW_MUST_USE enum cw_err cw_intervals_add(struct cw_intervals *set, const struct cw_interval *one);
/* Blocks from … to, wherever they are in the set. below: the hash of block from - 1; NULL: not
 * known. CW_ERR_MEMORY leaves the set as it was. */
CW_MUST_USE enum cw_err cw_intervals_remove(struct cw_intervals *set, uint64_t from, uint64_t to,
                                            const struct cw_hash32 *below);
/* Removes what lies above that block. unbind: no hash counts any longer. */
void cw_intervals_cut(struct cw_intervals *set, uint64_t above, bool unbind);
/* The one that holds that block, or the next one below it; NULL: there is none. */
const struct cw_interval *cw_intervals_upto(const struct cw_intervals *set, uint64_t number);
/* Whether they hold one of the blocks from … to. */
bool cw_intervals_meet(const struct cw_intervals *set, uint64_t from, uint64_t to);
/* How many blocks they hold. */
uint64_t cw_intervals_blocks(const struct cw_intervals *set);

#endif
