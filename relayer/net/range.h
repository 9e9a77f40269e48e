/* How many blocks one eth_getLogs may be about: half as many after it was refused, twice as many
 * after some that were not. Pure. */
#ifndef NET_RANGE_H
#define NET_RANGE_H

#include <causeway/base.h>

struct cw_range {
    uint64_t size; /* now, 1 or more */
    uint64_t max;
    unsigned good; /* in a row, at that size */
};

void cw_range_init(struct cw_range *range, uint64_t max);
/* So many blocks were answered. */
void cw_range_taken(struct cw_range *range, uint64_t blocks);
/* So many were not. False: it was one block, and fewer can't be asked for. */
bool cw_range_refused(struct cw_range *range, uint64_t blocks);
/* Whether fewer blocks may be answered where eth_getLogs ended like that. *ret_patience: so may the
 * same a while later. */
CW_MUST_USE bool cw_range_may_do(enum cw_err err, bool *ret_patience);

#endif
