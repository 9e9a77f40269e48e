/* How much gas a transaction gets: the estimate and a fifth, at least what its call asks for, never
 * more than fits. */
#ifndef TX_GAS_H
#define TX_GAS_H

#include <causeway/base.h>

struct cw_gas_rules {
    uint64_t max;   /* the policy's: judged by what the call needs, not by the buffer on top */
    uint64_t block; /* gas limit of the latest block; 0: not known */
    uint64_t tx;    /* the chain's cap on one transaction (EIP-7825); 0: none */
};

enum cw_gas_verdict {
    CW_GAS_FITS = 1,
    CW_GAS_OVER_MAX, /* needs more than the policy allows */
    CW_GAS_OVER_CAP  /* no block takes it */
};

/* The smaller of the block's limit and the chain's cap; UINT64_MAX when neither is known. */
uint64_t cw_gas_cap(const struct cw_gas_rules *rules);

/* floor: never send with less (0: none). need is max(estimate, floor); limit is need with the
 * buffer, cut at the cap. */
enum cw_gas_verdict cw_gas_limit(uint64_t *ret_need, uint64_t *ret_limit, uint64_t estimate,
                                 uint64_t floor, const struct cw_gas_rules *rules);

#endif
