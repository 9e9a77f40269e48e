#include "tx/fees.h"

#include <string.h>

int cw_wei_cmp(const struct cw_wei *a, const struct cw_wei *b) {
    return cw_u256_cmp(&a->v, &b->v);
}

struct cw_wei cw_wei_add(const struct cw_wei *a, const struct cw_wei *b) {
    struct cw_wei sum;
    if (cw_u256_add(&sum.v, &a->v, &b->v)) {
        memset(&sum, 0xff, sizeof sum);
    }
    return sum;
}

enum cw_err cw_fees_cost(struct cw_wei *ret, uint64_t gas, const struct cw_wei *fee,
                         struct cw_error *error) {
    struct cw_wei cost;
    if (cw_u256_mul_u64(&cost.v, &fee->v, gas)) {
        return cw_error_set(error, CW_ERR_LIMIT, "the fee does not fit 256 bits");
    }
    *ret = cost;
    return CW_OK;
}

enum cw_err cw_fees_price(struct cw_fees *ret, const struct cw_config_chain *chain,
                          const struct cw_fee_market *market, struct cw_error *error) {
    struct cw_wei tip = cw_wei_cmp(&market->tip, &chain->min_tip) > 0 ? market->tip
                                                                      : chain->min_tip;
    struct cw_wei max_fee = cw_wei_add(&market->base_fee, &market->base_fee);
    max_fee = cw_wei_add(&max_fee, &tip);
    if (cw_wei_cmp(&max_fee, &chain->max_fee) > 0) {
        char offer[CW_WEI_TEXT_SIZE], base[CW_WEI_TEXT_SIZE], tip_text[CW_WEI_TEXT_SIZE],
            most[CW_WEI_TEXT_SIZE];
        return cw_error_set(
            error, CW_ERR_LIMIT,
            "would have to offer %s a gas (base fee %s, tip %s), above max_fee of %s",
            cw_wei_format(offer, &max_fee, chain->symbol),
            cw_wei_format(base, &market->base_fee, chain->symbol),
            cw_wei_format(tip_text, &tip, chain->symbol),
            cw_wei_format(most, &chain->max_fee, chain->symbol));
    }
    *ret = (struct cw_fees){.max_fee = max_fee, .max_tip = tip};
    return CW_OK;
}
