#include "tx/lane_private.h"

#include "core/log.h"
#include "tx/ask.h"
#include "tx/data_fee.h"
#include "tx/fees.h"
#include "tx/gas.h"
#include "tx/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BUDGET_MS ((uint64_t)24 * 3600 * 1000)

/* A block's limit that one operator of several has named ends no message. */
static bool hangs_on_one_word(const struct job *job, const struct cw_gas_rules *rules) {
    const struct cw_lane *lane = job->lane;
    bool over_tx_cap = rules->tx != 0 && job->gas > rules->tx;
    return !over_tx_cap && cw_ask_one_of_several(lane->config.chain, lane->config.rpc);
}

static bool judge_size(struct job *job) {
    const struct cw_config_chain *chain = job->lane->config.chain;
    const size_t most = cw_tx_data_max(chain);
    if (job->call.data.n > most) {
        lane_end_with(
            job, CW_LANE_TOO_LARGE,
            "has %zu bytes of calldata, and nodes of %s take no transaction with more than "
            "%zu; who builds blocks may take it all the same",
            job->call.data.n, chain->name, most);
        return false;
    }
    return true;
}

static bool judge_gas(struct job *job, const struct cw_quote *quote) {
    const struct cw_lane *lane = job->lane;
    const struct cw_gas_rules rules = {
        .max = job->max_gas,
        .block = quote->block_gas,
        .tx = lane->config.chain->tx_gas_cap,
    };
    enum cw_gas_verdict verdict = cw_gas_limit(&job->gas, &job->request.gas_limit, job->estimate,
                                               job->call.gas_floor, &rules);
    if (verdict != CW_GAS_FITS && (lane_search(job) || lane_doubt(job))) {
        return false;
    }
    switch (verdict) {
    case CW_GAS_FITS:
        return true;
    case CW_GAS_OVER_MAX:
        lane_end_with(job, CW_LANE_TOO_MUCH_GAS, "needs %" PRIu64 " gas, above max_gas of %" PRIu64,
                      job->gas, rules.max);
        return false;
    case CW_GAS_OVER_CAP:
        lane_end_with(job, hangs_on_one_word(job, &rules) ? CW_LANE_FAILED : CW_LANE_GAS_CAP,
                      "needs %" PRIu64 " gas, and no transaction on %s may have more than %" PRIu64,
                      job->gas, lane->config.chain->name, cw_gas_cap(&rules));
        return false;
    }
    return false;
}

void lane_expect(struct cw_wei *out, const struct cw_fees *fees, const struct cw_fee_market *market,
                 uint64_t gas, const struct cw_wei *charged, const struct cw_wei *most) {
    const struct cw_wei now = cw_wei_add(&market->base_fee, &fees->max_tip);
    const struct cw_wei *price = fees->legacy || cw_wei_cmp(&now, &fees->max_fee) > 0
                                     ? &fees->max_fee
                                     : &now;
    struct cw_error error;
    struct cw_wei cost;
    *out = *most;
    if (cw_fees_cost(&cost, gas, price, &error) == CW_OK) {
        *out = cw_wei_add(&cost, charged);
    }
}

static bool judge_price(struct job *job, const struct cw_quote *quote) {
    const struct cw_config_chain *chain = job->lane->config.chain;
    struct cw_error error;
    struct cw_fees fees;
    enum cw_err err = cw_fees_price(&fees, chain, &quote->market, &error);
    if (err == CW_OK) {
        err = cw_fees_cost(&job->cost, job->request.gas_limit, &fees.max_fee, &error);
    }
    if (err != CW_OK) {
        lane_end_with(job, CW_LANE_TOO_DEAR, "%s", error.text);
        return false;
    }
    const struct cw_wei charged = cw_data_fee_sum(&job->data_cost, &quote->charge, job->gas);
    const struct cw_wei limit = cw_data_fee_sum(&job->data_cost, &quote->charge,
                                                job->request.gas_limit);
    job->data_fee = cw_data_fee_at_most(&limit);
    job->cost = cw_wei_add(&job->cost, &job->data_fee);
    job->request.legacy = fees.legacy;
    job->request.max_fee = fees.max_fee;
    job->request.max_tip = fees.max_tip;
    job->worst = cw_wei_add(&job->cost, &job->call.value);
    lane_expect(&job->expected, &fees, &quote->market, job->gas, &charged, &job->cost);
    return true;
}

static bool over(const struct cw_wei *spent, const struct cw_wei *more, const struct cw_wei *most) {
    const struct cw_wei sum = cw_wei_add(spent, more);
    return cw_wei_cmp(&sum, most) > 0;
}

/* What the route has spent or committed today: summed up anew when what is known of it would be too
 * much with more on top. */
static enum cw_err spent_today(const struct cw_lane *lane, int64_t route, const struct cw_wei *more,
                               const struct cw_wei *budget, struct cw_wei *ret,
                               struct cw_error *error) {
    const uint64_t now = lane_wall(lane);
    const uint64_t since = now > BUDGET_MS ? now - BUDGET_MS : 0;
    enum cw_err err = cw_store_spent_at_most(lane->config.store, route, since, ret, error);
    if (err == CW_OK && over(ret, more, budget)) {
        err = cw_store_spent(lane->config.store, route, since, ret, error);
    }
    return err;
}

bool lane_in_budget(const struct cw_lane *lane, int64_t route, const struct cw_wei *budget,
                    const struct cw_wei *cost) {
    struct cw_error error;
    struct cw_wei spent;
    const struct cw_wei signing = cw_lanes_signing(lane->config.lanes, route);
    const struct cw_wei more = cw_wei_add(&signing, cost);
    return spent_today(lane, route, &more, budget, &spent, &error) == CW_OK &&
           !over(&spent, &more, budget);
}

static bool judge_budget(struct job *job) {
    const struct cw_lane *lane = job->lane;
    struct cw_error error;
    struct cw_wei spent;
    const struct cw_wei signing = cw_lanes_signing(lane->config.lanes, job->given.route);
    const struct cw_wei more = cw_wei_add(&signing, &job->cost);
    enum cw_err err = spent_today(lane, job->given.route, &more, &job->daily_budget, &spent,
                                  &error);
    if (err != CW_OK) {
        lane_end_with(job, CW_LANE_FAILED, "the day's fees can't be read: %s", error.text);
        return false;
    }
    if (!over(&spent, &more, &job->daily_budget)) {
        return true;
    }
    if (lane_search(job)) {
        return false;
    }
    job->over_budget = true;
    spent = cw_wei_add(&spent, &signing);
    const char *symbol = lane->config.chain->symbol;
    char cost[CW_WEI_TEXT_SIZE], had[CW_WEI_TEXT_SIZE], budget[CW_WEI_TEXT_SIZE];
    lane_end_with(job, CW_LANE_TOO_DEAR,
                  "may cost %s, and with %s spent or committed in the last 24 hours that is over "
                  "daily_fee_budget of %s",
                  cw_wei_format(cost, &job->cost, symbol), cw_wei_format(had, &spent, symbol),
                  cw_wei_format(budget, &job->daily_budget, symbol));
    return false;
}

/* What is signed already, and what stays. */
static struct cw_wei reserved_of(const struct cw_lane *lane, const struct cw_wei *min_balance) {
    const struct cw_wei sent = cw_outbox_reserved(lane->outbox);
    const struct cw_wei signing = lane_signing(lane);
    const struct cw_wei under_way = cw_wei_add(&sent, &signing);
    return cw_wei_add(&under_way, min_balance);
}

bool lane_has_funds(const struct cw_lane *lane, const struct cw_wei *min_balance,
                    const struct cw_wei *worst, const struct cw_quote *quote) {
    const struct cw_wei reserved = reserved_of(lane, min_balance);
    const struct cw_wei need = cw_wei_add(&reserved, worst);
    return cw_wei_cmp(&need, &quote->balance) <= 0;
}

static bool judge_funds(struct job *job, const struct cw_quote *quote) {
    struct cw_lane *lane = job->lane;
    if (lane->dry) {
        return true;
    }
    if (lane_has_funds(lane, &job->min_balance, &job->worst, quote)) {
        lane->no_funds[0] = '\0';
        return true;
    }
    if (lane_search(job)) {
        return false;
    }
    const struct cw_wei reserved = reserved_of(lane, &job->min_balance);
    const char *symbol = lane->config.chain->symbol;
    char has[CW_WEI_TEXT_SIZE], worst[CW_WEI_TEXT_SIZE], open[CW_WEI_TEXT_SIZE],
        address[CW_HEX_SIZE(20)];
    char text[sizeof lane->no_funds];
    snprintf(text, sizeof text,
             "insufficient funds: has %s, needs %s and %s for what is under way and min_balance; "
             "send more to %s",
             cw_wei_format(has, &quote->balance, symbol), cw_wei_format(worst, &job->worst, symbol),
             cw_wei_format(open, &reserved, symbol),
             cw_hex_encode(address, cw_slice_of(lane->address.b, 20)));
    if (lane->no_funds[0] == '\0') {
        cw_log(CW_LOG_WARN, lane->subject, "%s", text);
    }
    memcpy(lane->no_funds, text, sizeof text);
    lane_end_with(job, CW_LANE_NO_FUNDS, "%s", text);
    return false;
}

bool lane_judge(struct job *job, const struct cw_quote *quote) {
    return judge_size(job) && judge_gas(job, quote) && judge_price(job, quote) &&
           judge_budget(job) && judge_funds(job, quote);
}
