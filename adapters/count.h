/* What a counter() needs on any stack: a number of one contract, proven or read. Shared by the
 * stacks' folders, not by the host. */
#ifndef ADAPTERS_COUNT_H
#define ADAPTERS_COUNT_H

#include <adapters/adapter.h>

/* Each returns true when *ret_value is known, and else says in *ret what is missing: NEED, or
 * UNKNOWN with its detail. what: the counter, for people ("the message passer's counter"). */

/* What the slot of contract holds after the block at, proven under the header with at's hash. */
bool cw_count_prove(struct cw_count *ret, struct cw_u256 *ret_value, struct cw_io *io,
                    enum cw_side side, const struct cw_block_ref *at,
                    const struct cw_addr20 *contract, const struct cw_hash32 *slot,
                    const char *what);
/* The one word that a call gives there. */
bool cw_count_read(struct cw_count *ret, struct cw_u256 *ret_value, struct cw_io *io,
                   enum cw_side side, const struct cw_block_ref *at,
                   const struct cw_addr20 *contract, struct cw_slice calldata, const char *what);

void cw_count_unknown(struct cw_count *ret, const char *format, ...) CW_PRINTF(2, 3);

#endif
