/* What an EIP-1559 transaction offers: max_fee = tip + 2 × base fee, so that it stays valid through
 * six full blocks.
 *
 * Source: EIP-1559. Chains without a base fee are not served. */
#ifndef TX_FEES_H
#define TX_FEES_H

#include "core/config.h"

#include <causeway/base.h>

/* What is known of a chain's prices (wei a gas). */
struct cw_fee_market {
    struct cw_wei base_fee; /* of the next block */
    struct cw_wei tip;      /* what others pay: median of the configured percentile */
};

struct cw_fees {
    struct cw_wei max_fee, max_tip; /* wei a gas */
};

/* tip = max(chain->min_tip, market->tip). CW_ERR_LIMIT when max_fee or tip is above chain->max_fee;
 * the text has the numbers. */
CW_MUST_USE enum cw_err cw_fees_price(struct cw_fees *ret, const struct cw_config_chain *chain,
                                      const struct cw_fee_market *market, struct cw_error *error);

/* gas × fee; CW_ERR_LIMIT when it is over 256 bits. */
CW_MUST_USE enum cw_err cw_fees_cost(struct cw_wei *ret, uint64_t gas, const struct cw_wei *fee,
                                     struct cw_error *error);

/* a + b, at most 2^256-1: a sum of worst cases that is compared with a limit. */
struct cw_wei cw_wei_add(const struct cw_wei *a, const struct cw_wei *b);
int cw_wei_cmp(const struct cw_wei *a, const struct cw_wei *b);

#endif
