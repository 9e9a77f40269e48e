#include "work/policy.h"

#include "core/config_policy.h"
#include "tx/fees.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- which messages --------------------------------------------------------------------------- */

static bool has_address(const struct cw_addr20s *list, const struct cw_addr20 *address) {
    for (size_t i = 0; i < list->n; i++)
        if (cw_addr20_equal(&list->p[i], address))
            return true;
    return false;
}

static bool has_id(const struct cw_hexes *list, const struct cw_hash32 *id) {
    for (size_t i = 0; i < list->n; i++)
        if (cw_slice_equal(list->p[i], cw_slice_of(id->b, 32)))
            return true;
    return false;
}

static bool has_prefix(const struct cw_hexes *list, struct cw_slice data) {
    for (size_t i = 0; i < list->n; i++)
        if (data.n >= list->p[i].n && cw_slice_equal(list->p[i], cw_slice_of(data.p, list->p[i].n)))
            return true;
    return false;
}

/* The list that the message is in; NULL: in none. */
static const char *matches(const struct cw_config_match *match, const struct cw_message *message,
                           struct cw_slice inner) {
    if (has_address(&match->senders, &message->summary.sender))
        return "senders";
    if (has_address(&match->targets, &message->summary.target))
        return "targets";
    if (has_id(&match->ids, &message->id))
        return "ids";
    return has_prefix(&match->calldata, inner) ? "calldata" : NULL;
}

bool cw_policy_admits(const struct cw_config_policy *policy, const struct cw_message *message,
                      struct cw_slice inner, char reason[CW_REASON_SIZE],
                      char detail[CW_DETAIL_SIZE]) {
    const char *denied = matches(&policy->deny, message, inner);
    if (denied) {
        snprintf(reason, CW_REASON_SIZE, "denied");
        snprintf(detail, CW_DETAIL_SIZE, "the route's policy denies it: it is in deny.%s", denied);
        return false;
    }
    if (policy->relay_all || matches(&policy->relay, message, inner))
        return true;
    char sender[CW_HEX_SIZE(20)], target[CW_HEX_SIZE(20)];
    cw_hex_encode(sender, cw_slice_of(message->summary.sender.b, 20));
    cw_hex_encode(target, cw_slice_of(message->summary.target.b, 20));
    snprintf(reason, CW_REASON_SIZE, "not_listed");
    snprintf(detail, CW_DETAIL_SIZE, "the route's policy lists neither sender %s nor target %s",
             sender, target);
    return false;
}

/* --- what it may cost ------------------------------------------------------------------------- */

static bool price_of(const struct cw_config *config, const char *symbol, uint64_t *ret) {
    for (size_t i = 0; i < config->prices_n; i++)
        if (strcmp(config->prices[i].symbol, symbol) == 0) {
            *ret = (uint64_t)config->prices[i].value;
            return true;
        }
    return false;
}

/* In units of 1e-9 of what prices are in, rounded down; false when nobody knows the price, or the
 * amount is beyond reason. */
static bool worth(const struct cw_policy_step *step, const struct cw_config_chain *chain,
                  const struct cw_wei *amount, int64_t *ret, char text[CW_DETAIL_SIZE]) {
    static const uint64_t tens[] = {1,           10,           100,          1000,      10000,
                                    100000,      1000000,      10000000,     100000000, 1000000000,
                                    10000000000, 100000000000, 1000000000000};
    uint64_t price, value;
    struct cw_u256 v;
    if (cw_u256_is_zero(&amount->v)) {
        *ret = 0;
        return true;
    }
    if (!price_of(step->config, chain->symbol, &price)) {
        snprintf(text, CW_DETAIL_SIZE, "min_profit: \"prices\" has no %s", chain->symbol);
        return false;
    }
    bool over = cw_u256_mul_u64(&v, &amount->v, price);
    for (uint64_t left = chain->decimals; left > 0;) {
        uint64_t n = left < CW_COUNT(tens) ? left : CW_COUNT(tens) - 1;
        (void)cw_u256_div_u64(&v, &v, tens[n]);
        left -= n;
    }
    if (over || cw_u256_to_u64(&value, &v) || value > INT64_MAX / 2) {
        snprintf(text, CW_DETAIL_SIZE, "min_profit: an amount is beyond reason");
        return false;
    }
    *ret = (int64_t)value;
    return true;
}

static bool pays(const struct cw_config_policy *policy, const struct cw_policy_step *step,
                 char text[CW_DETAIL_SIZE]) {
    int64_t least, reward, cost;
    if (policy->min_profit[0] == '\0')
        return true;
    if (!cw_config_fixed(&least, policy->min_profit) ||
        !worth(step, step->source, &step->reward, &reward, text) ||
        !worth(step, step->chain, &step->expected, &cost, text))
        return false;
    if (reward - cost >= least)
        return true;
    snprintf(text, CW_DETAIL_SIZE, "pays %.4f and would cost %.4f: below min_profit of %s",
             (double)reward / 1e9, (double)cost / 1e9, policy->min_profit);
    return false;
}

bool cw_policy_affords(const struct cw_config_policy *policy, const struct cw_policy_step *step,
                       char text[CW_DETAIL_SIZE]) {
    const struct cw_wei sum = cw_wei_add(&step->message_spent, &step->worst);
    if (!cw_u256_is_zero(&policy->max_message_fee.v) &&
        cw_wei_cmp(&sum, &policy->max_message_fee) > 0) {
        char cost[CW_WEI_TEXT_SIZE], most[CW_WEI_TEXT_SIZE];
        snprintf(text, CW_DETAIL_SIZE,
                 "its transactions may cost %s in all, above max_message_fee of %s",
                 cw_wei_format(cost, &sum, step->chain->symbol),
                 cw_wei_format(most, &policy->max_message_fee, step->chain->symbol));
        return false;
    }
    return pays(policy, step, text);
}
