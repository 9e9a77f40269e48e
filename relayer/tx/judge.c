#include "tx/lane_private.h"

#include "core/log.h"
#include "tx/data_fee.h"
#include "tx/fees.h"
#include "tx/gas.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BUDGET_MS (24u * 3600u * 1000u)

static bool judge_gas(struct job *job, const struct cw_quote *quote) {
    const struct cw_lane *lane = job->lane;
    const struct cw_gas_rules rules = {
        .max = job->max_gas,
        .block = quote->block_gas,
        .tx = lane->config.chain->tx_gas_cap,
    };
    switch (cw_gas_limit(&job->gas, &job->request.gas_limit, job->estimate, job->call.gas_floor,
                         &rules)) {
    case CW_GAS_FITS:
        return true;
    case CW_GAS_OVER_MAX:
        lane_end_with(job, CW_LANE_TOO_MUCH_GAS, "needs %" PRIu64 " gas, above max_gas of %" PRIu64,
                      job->gas, rules.max);
        return false;
    case CW_GAS_OVER_CAP:
        lane_end_with(job, CW_LANE_GAS_CAP,
                      "needs %" PRIu64 " gas, and no transaction on %s may have more than %" PRIu64,
                      job->gas, lane->config.chain->name, cw_gas_cap(&rules));
        return false;
    }
    return false;
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
    job->data_fee = cw_data_fee_at_most(&job->data_cost.fee);
    job->cost = cw_wei_add(&job->cost, &job->data_fee);
    job->request.legacy = fees.legacy;
    job->request.max_fee = fees.max_fee;
    job->request.max_tip = fees.max_tip;
    job->worst = cw_wei_add(&job->cost, &job->call.value);
    const struct cw_wei now = cw_wei_add(&quote->market.base_fee, &fees.max_tip);
    const struct cw_wei *price = fees.legacy || cw_wei_cmp(&now, &fees.max_fee) > 0 ? &fees.max_fee
                                                                                    : &now;
    job->expected = job->cost;
    if (cw_fees_cost(&job->expected, job->gas, price, &error) == CW_OK) {
        job->expected = cw_wei_add(&job->expected, &job->data_cost.fee);
    }
    return true;
}

static bool over(const struct cw_wei *spent, const struct cw_wei *more, const struct cw_wei *most) {
    const struct cw_wei sum = cw_wei_add(spent, more);
    return cw_wei_cmp(&sum, most) > 0;
}

static bool judge_budget(struct job *job) {
    const struct cw_lane *lane = job->lane;
    uint64_t now = lane_wall(lane);
    struct cw_error error;
    struct cw_wei spent;
    const uint64_t since = now > BUDGET_MS ? now - BUDGET_MS : 0;
    const struct cw_wei signing = lane_signing(lane, job->given.route);
    const struct cw_wei more = cw_wei_add(&signing, &job->cost);
    enum cw_err err = cw_store_spent_at_most(lane->config.store, job->given.route, since, &spent,
                                             &error);
    if (err == CW_OK && over(&spent, &more, &job->daily_budget)) {
        err = cw_store_spent(lane->config.store, job->given.route, since, &spent, &error);
    }
    if (err != CW_OK) {
        lane_end_with(job, CW_LANE_FAILED, "the day's fees can't be read: %s", error.text);
        return false;
    }
    if (!over(&spent, &more, &job->daily_budget)) {
        return true;
    }
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

static bool judge_funds(struct job *job, const struct cw_quote *quote) {
    struct cw_lane *lane = job->lane;
    if (lane->dry) {
        return true;
    }
    const struct cw_wei sent = cw_outbox_reserved(lane->outbox);
    const struct cw_wei signing = lane_signing(lane, 0);
    const struct cw_wei under_way = cw_wei_add(&sent, &signing);
    const struct cw_wei reserved = cw_wei_add(&under_way, &job->min_balance);
    const struct cw_wei need = cw_wei_add(&reserved, &job->worst);
    if (cw_wei_cmp(&need, &quote->balance) <= 0) {
        lane->no_funds[0] = '\0';
        return true;
    }
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
    return judge_gas(job, quote) && judge_price(job, quote) && judge_budget(job) &&
           judge_funds(job, quote);
}
