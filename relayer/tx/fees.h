/* What a transaction offers. EIP-1559: max_fee = tip + 2 × base fee, so that it stays valid through
 * six full blocks. On a chain without a base fee: the gas price that its nodes suggest.
 *
 * Source: EIP-1559; for replacements the rule that nodes share: at least a tenth more in each
 * field. */
#ifndef TX_FEES_H
#define TX_FEES_H

#include "core/config.h"

#include <causeway/base.h>

/* What is known of a chain's prices (wei a gas). */
struct cw_fee_market {
    bool legacy;            /* no base fee: gas_price alone counts */
    struct cw_wei base_fee; /* of the next block */
    struct cw_wei tip;      /* what others pay: median of the configured percentile */
    struct cw_wei gas_price;
};

struct cw_fees {
    bool legacy;                    /* a plain gas price, in max_fee; max_tip is 0 */
    struct cw_wei max_fee, max_tip; /* wei a gas */
};

/* tip = max(chain->min_tip, market->tip), and so for a plain gas price. CW_ERR_LIMIT when max_fee
 * is above chain->max_fee; the text has the numbers. */
CW_MUST_USE enum cw_err cw_fees_price(struct cw_fees *ret, const struct cw_config_chain *chain,
                                      const struct cw_fee_market *market, struct cw_error *error);

/* What has to be offered in place of old: the market's price, and at least a tenth more (rounded
 * up) than old in each field. CW_ERR_LIMIT when that is above chain->max_fee. */
CW_MUST_USE enum cw_err cw_fees_raise(struct cw_fees *ret, const struct cw_config_chain *chain,
                                      const struct cw_fee_market *market, const struct cw_fees *old,
                                      struct cw_error *error);

/* No block takes what is offered while the market stands so. */
bool cw_fees_out_of_market(const struct cw_fees *fees, const struct cw_fee_market *market);
/* Others offer the block's producer more. */
bool cw_fees_outbid(const struct cw_fees *fees, const struct cw_fee_market *market);

/* gas × fee; CW_ERR_LIMIT when it is over 256 bits. */
CW_MUST_USE enum cw_err cw_fees_cost(struct cw_wei *ret, uint64_t gas, const struct cw_wei *fee,
                                     struct cw_error *error);

/* a + b, at most 2^256-1: a sum of worst cases that is compared with a limit. */
struct cw_wei cw_wei_add(const struct cw_wei *a, const struct cw_wei *b);
/* One of so many equal shares, rounded up. */
struct cw_wei cw_wei_share(const struct cw_wei *sum, size_t shares);
int cw_wei_cmp(const struct cw_wei *a, const struct cw_wei *b);

#endif
