/* Several calls in one transaction: aggregate3 of Multicall3, which stands at one address on most
 * chains. The contracts that it calls see it as the sender.
 *
 * Source: Multicall3 (github.com/mds1/multicall), aggregate3((address,bool,bytes)[]). */
#ifndef TX_MULTICALL_H
#define TX_MULTICALL_H

#include <causeway/arena.h>
#include <causeway/base.h>

/* 0xcA11bde05977b3631167028862bE2a173976CA11 */
extern const struct cw_addr20 CW_MULTICALL3;

/* keccak256 of the code that stands there. */
extern const struct cw_hash32 CW_MULTICALL3_CODE;

#define CW_MULTICALL_SELECTOR  0x82ad56cbu
#define CW_MULTICALL_SIGNATURE "aggregate3((address,bool,bytes)[])"
#define CW_MULTICALL_MAX       256u /* calls in one */

struct cw_multicall {
    struct cw_addr20 to;
    bool may_fail;
    struct cw_slice data; /* borrowed */
};

/* Calldata into buf; check buf->failed. */
void cw_multicall_put(struct cw_buf *buf, const struct cw_multicall *calls, size_t n);

/* Strict: 1 to CW_MULTICALL_MAX calls, encoded as cw_multicall_put does and in no other way, so
 * that what is read is all that there is. The array is the arena's, data borrows from calldata.
 * CW_ERR_INPUT, CW_ERR_LIMIT (too many), CW_ERR_MEMORY. */
CW_MUST_USE enum cw_err cw_multicall_read(struct cw_arena *arena, struct cw_multicall **ret,
                                          size_t *ret_n, struct cw_slice calldata);

/* What aggregate3 gave back: which of the n calls succeeded. CW_ERR_INPUT when that is no answer to
 * n calls. */
CW_MUST_USE enum cw_err cw_multicall_results(bool *ret_good, size_t n, struct cw_slice answer);

#endif
