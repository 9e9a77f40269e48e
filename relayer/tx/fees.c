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

struct cw_wei cw_wei_share(const struct cw_wei *sum, size_t shares) {
    struct cw_wei share, one = {cw_u256_from_u64(1)};
    bool rest = cw_u256_div_u64(&share.v, &sum->v, shares) != 0;
    return rest ? cw_wei_add(&share, &one) : share;
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

static const struct cw_wei *dearer(const struct cw_wei *a, const struct cw_wei *b) {
    return cw_wei_cmp(a, b) > 0 ? a : b;
}

/* What the market asks for, whatever that is. */
static struct cw_fees asked(const struct cw_config_chain *chain,
                            const struct cw_fee_market *market) {
    if (market->legacy) {
        return (struct cw_fees){.legacy = true,
                                .max_fee = *dearer(&market->gas_price, &chain->min_tip)};
    }
    const struct cw_wei tip = *dearer(&market->tip, &chain->min_tip);
    const struct cw_wei twice = cw_wei_add(&market->base_fee, &market->base_fee);
    return (struct cw_fees){.max_fee = cw_wei_add(&twice, &tip), .max_tip = tip};
}

static enum cw_err judge(struct cw_fees *ret, const struct cw_fees *offer,
                         const struct cw_config_chain *chain, const struct cw_fee_market *market,
                         struct cw_error *error) {
    if (cw_wei_cmp(&offer->max_fee, &chain->max_fee) <= 0) {
        *ret = *offer;
        return CW_OK;
    }
    char text[CW_WEI_TEXT_SIZE], base[CW_WEI_TEXT_SIZE], tip[CW_WEI_TEXT_SIZE],
        most[CW_WEI_TEXT_SIZE];
    cw_wei_format(text, &offer->max_fee, chain->symbol);
    cw_wei_format(most, &chain->max_fee, chain->symbol);
    if (offer->legacy) {
        return cw_error_set(error, CW_ERR_LIMIT,
                            "would have to offer a gas price of %s, above max_fee of %s", text,
                            most);
    }
    return cw_error_set(error, CW_ERR_LIMIT,
                        "would have to offer %s a gas (base fee %s, tip %s), above max_fee of %s",
                        text, cw_wei_format(base, &market->base_fee, chain->symbol),
                        cw_wei_format(tip, &offer->max_tip, chain->symbol), most);
}

enum cw_err cw_fees_price(struct cw_fees *ret, const struct cw_config_chain *chain,
                          const struct cw_fee_market *market, struct cw_error *error) {
    const struct cw_fees offer = asked(chain, market);
    return judge(ret, &offer, chain, market, error);
}

/* A tenth more, rounded up, and never the same: nodes want more than what they have. */
static struct cw_wei raised(const struct cw_wei *old) {
    struct cw_wei tenth;
    const struct cw_wei one = {cw_u256_from_u64(1)};
    bool whole = cw_u256_div_u64(&tenth.v, &old->v, 10) == 0 && !cw_u256_is_zero(&old->v);
    const struct cw_wei more = cw_wei_add(old, &tenth);
    return whole ? more : cw_wei_add(&more, &one);
}

enum cw_err cw_fees_raise(struct cw_fees *ret, const struct cw_config_chain *chain,
                          const struct cw_fee_market *market, const struct cw_fees *old,
                          struct cw_error *error) {
    struct cw_fees offer = asked(chain, market);
    const struct cw_wei fee = raised(&old->max_fee), tip = raised(&old->max_tip);
    offer.max_fee = *dearer(&offer.max_fee, &fee);
    if (!offer.legacy) {
        offer.max_tip = *dearer(&offer.max_tip, &tip);
        offer.max_fee = *dearer(&offer.max_fee, &offer.max_tip);
    }
    return judge(ret, &offer, chain, market, error);
}

bool cw_fees_out_of_market(const struct cw_fees *fees, const struct cw_fee_market *market) {
    return cw_wei_cmp(&fees->max_fee, market->legacy ? &market->gas_price : &market->base_fee) < 0;
}

bool cw_fees_outbid(const struct cw_fees *fees, const struct cw_fee_market *market) {
    return cw_wei_cmp(market->legacy ? &fees->max_fee : &fees->max_tip,
                      market->legacy ? &market->gas_price : &market->tip) < 0;
}
