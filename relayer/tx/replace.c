/* Another bid for a transaction that blocks pass by: the same call at a higher price, or, once its
 * step is not wanted any longer, a transfer of nothing to ourselves that uses the nonce up. The
 * same transfer fills a nonce that no transaction of ours has. One at a time. */
#include "tx/lane_private.h"

#include "core/log.h"
#include "net/eth.h"
#include "tx/ask.h"
#include "tx/data_fee.h"
#include "tx/gas.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECODE_MAX (1u << 20)
/* At a fair price: after so many times the blocks that a bid is given. */
#define PATIENCE 4u

void lane_replace_drop(struct cw_lane *lane) {
    struct rebid *rebid = &lane->rebid;
    cw_quorum_cancel(rebid->asked);
    free(rebid->data);
    *rebid = (struct rebid){.lane = lane};
}

/* What is stuck is looked at again when the next block comes. */
static void until_next_head(struct cw_lane *lane) {
    lane_replace_drop(lane);
    lane->rebid_head = lane->heads_seen;
}

static void stays_stuck(struct cw_lane *lane, const char *format, ...) CW_PRINTF(2, 3);

static void stays_stuck(struct cw_lane *lane, const char *format, ...) {
    char text[sizeof lane->stuck];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (lane->stuck[0] == '\0') {
        cw_log(CW_LOG_WARN, lane->subject, "%s", text);
    }
    memcpy(lane->stuck, text, sizeof text);
}

/* --- the last steps --------------------------------------------------------------------------- */

static enum cw_err write_bid(const struct rebid *rebid, const struct cw_store_bid *bid,
                             struct cw_store_attempt *row, struct cw_error *error) {
    const struct cw_lane *lane = rebid->lane;
    if (rebid->attempt != 0) {
        return cw_store_attempt_bid(lane->config.store, rebid->attempt, bid, error);
    }
    *row = (struct cw_store_attempt){
        .chain = lane->config.chain_row,
        .signer = lane->address,
        .nonce = rebid->nonce,
        .step = "fill",
        .hash = bid->hash,
        .raw = bid->raw,
        .gas_limit = bid->gas_limit,
        .max_fee = bid->max_fee,
        .max_tip = bid->max_tip,
        .data_fee = bid->data_fee,
        .state = CW_ATTEMPT_SIGNED,
        .cancelled = true,
        .signed_ms = bid->signed_ms,
        .bids = 1,
    };
    return cw_store_attempt_add(lane->config.store, row, &row->row, error);
}

static void commit(struct rebid *rebid, struct cw_slice raw, const struct cw_hash32 *hash) {
    struct cw_lane *lane = rebid->lane;
    struct cw_store_bid bid = {
        .hash = *hash,
        .raw = raw,
        .gas_limit = rebid->request.gas_limit,
        .max_fee = rebid->request.max_fee,
        .max_tip = rebid->request.max_tip,
        .data_fee = rebid->data_fee,
        .cancels = rebid->cancels,
        .signed_ms = lane_wall(lane),
    };
    memcpy(bid.why, rebid->why, sizeof bid.why);
    struct cw_store_attempt row;
    struct cw_error error;
    enum cw_err err = write_bid(rebid, &bid, &row, &error);
    if (err != CW_OK) {
        stays_stuck(lane, "nonce %" PRIu64 ": its new transaction is not written, so not sent: %s",
                    rebid->nonce, error.text);
        until_next_head(lane);
        return;
    }
    char price[CW_WEI_TEXT_SIZE];
    cw_log(CW_LOG_WARN, lane->subject, "nonce %" PRIu64 ": %s at %s a gas: %s", rebid->nonce,
           rebid->cancels ? "used up by a transfer of nothing" : "sent again",
           cw_wei_format(price, &bid.max_fee, lane->config.chain->symbol), rebid->why);
    if (rebid->attempt != 0) {
        const struct cw_wei worst = cw_wei_add(&rebid->cost, &rebid->request.value);
        cw_outbox_bid(lane->outbox, rebid->attempt, &bid, &worst);
    } else {
        cw_outbox_take(lane->outbox, &row, &rebid->cost);
    }
    lane->stuck[0] = '\0';
    lane_replace_drop(lane);
}

static void signed_(void *ctx, enum cw_err err, struct cw_slice raw, const struct cw_hash32 *hash,
                    const char *text) {
    struct rebid *rebid = ctx;
    struct cw_lane *lane = rebid->lane;
    struct cw_error error;
    if (rebid->state != REBID_SIGN) {
        return;
    }
    if (err == CW_OK) {
        err = cw_signer_check(&rebid->request, &lane->address, raw, hash, &error);
        text = error.text;
    }
    if (err != CW_OK) {
        stays_stuck(lane, "nonce %" PRIu64 ": signer: %s", rebid->nonce, text);
        until_next_head(lane);
    } else if (rebid->attempt != 0 && !cw_outbox_may_bid(lane->outbox, rebid->attempt)) {
        lane_replace_drop(lane); /* it is in a block by now */
    } else {
        commit(rebid, raw, hash);
    }
    lane_wake(lane);
}

/* --- the estimate ----------------------------------------------------------------------------- */

static void estimate_done(void *ctx, const struct cw_rpc_result *result);

static void ask_estimate(struct rebid *rebid) {
    struct cw_lane *lane = rebid->lane;
    struct cw_buf params;
    cw_buf_init(&params, CW_ASK_PARAMS_MAX);
    cw_eth_params_estimate(&params, &lane->address, &rebid->request.to, &rebid->request.value,
                           rebid->request.data);
    rebid->state = REBID_ESTIMATE;
    const struct cw_quorum_request request = {.method = "eth_estimateGas",
                                              .k = cw_ask_k(lane->config.chain),
                                              .check = cw_ask_check_u64,
                                              .number = cw_ask_number,
                                              .done = estimate_done,
                                              .ctx = rebid};
    rebid->asked = cw_ask(lane->config.rpc, request, &params);
    if (rebid->asked == NULL) {
        until_next_head(lane);
    }
}

/* The nonce is to be used up, and for nothing else. */
static void turn_into_cancel(struct rebid *rebid, const char *why) {
    free(rebid->data);
    rebid->data = NULL;
    rebid->cancels = true;
    rebid->request.to = rebid->lane->address;
    memset(&rebid->request.value, 0, sizeof rebid->request.value);
    rebid->request.data = cw_slice_of(NULL, 0);
    snprintf(rebid->why, sizeof rebid->why, "%s", why);
    ask_estimate(rebid);
}

/* The call fails now. At one head that may be because it was included just then; at the next one it
 * would be paid for in vain. */
static void would_revert(struct rebid *rebid) {
    struct cw_lane *lane = rebid->lane;
    bool again = lane->doomed == rebid->attempt && lane->doomed_head != lane->heads_seen;
    lane->doomed = rebid->attempt;
    lane->doomed_head = lane->heads_seen;
    if (again) {
        lane->doomed = 0;
        turn_into_cancel(rebid, "it would revert now");
    } else {
        until_next_head(lane);
    }
}

static enum cw_lane_rebid ask_host(const struct rebid *rebid, int64_t message, size_t shares,
                                   char text[200]) {
    const struct cw_lane *lane = rebid->lane;
    const struct cw_lane_stuck stuck = {
        .message = message,
        .step = rebid->step,
        .gas = rebid->request.gas_limit / shares,
        .old_cost = rebid->old_cost,
        .new_cost = rebid->cost,
        .shares = shares,
    };
    return lane->config.rebid(lane->config.ctx, &stuck, text);
}

/* The host's word about the message that it is for. Of several that share it: it waits for the sake
 * of one, and is given up when none wants it any longer. */
static enum cw_lane_rebid judge(const struct rebid *rebid, char text[200]) {
    size_t n = 0;
    const struct cw_store_item *items = cw_outbox_items(rebid->lane->outbox, rebid->attempt, &n);
    if (n == 0) {
        return ask_host(rebid, rebid->message, 1, text);
    }
    enum cw_lane_rebid all = CW_LANE_REBID_CANCEL;
    for (size_t i = 0; i < n; i++) {
        enum cw_lane_rebid one = ask_host(rebid, items[i].message, n, text);
        if (one == CW_LANE_REBID_WAIT) {
            return one;
        }
        all = one == CW_LANE_REBID_OK ? one : all;
    }
    return all;
}

static bool permitted(struct rebid *rebid) {
    struct cw_lane *lane = rebid->lane;
    char text[200] = "";
    if (rebid->cancels || (rebid->message == 0 && !rebid->shared)) {
        return true;
    }
    switch (judge(rebid, text)) {
    case CW_LANE_REBID_OK:
        return true;
    case CW_LANE_REBID_WAIT:
        stays_stuck(lane, "nonce %" PRIu64 " waits at its old price: %s", rebid->nonce, text);
        until_next_head(lane);
        return false;
    case CW_LANE_REBID_CANCEL:
        turn_into_cancel(rebid, text);
        return false;
    }
    return false;
}

/* Gas and data are known. */
static void estimated(struct rebid *rebid) {
    struct cw_lane *lane = rebid->lane;
    const struct cw_quote *quote = cw_quoter_get(lane->quoter);
    const struct cw_gas_rules rules = {.max = UINT64_MAX,
                                       .block = quote ? quote->block_gas : 0,
                                       .tx = lane->config.chain->tx_gas_cap};
    uint64_t need, floor = rebid->cancels ? 0 : rebid->old_gas;
    struct cw_error error;
    if (cw_gas_limit(&need, &rebid->request.gas_limit, rebid->estimate, floor, &rules) !=
        CW_GAS_FITS) {
        stays_stuck(lane, "nonce %" PRIu64 " needs %" PRIu64 " gas now, which no block takes",
                    rebid->nonce, need);
        until_next_head(lane);
        return;
    }
    if (cw_fees_cost(&rebid->cost, rebid->request.gas_limit, &rebid->request.max_fee, &error) !=
        CW_OK) {
        stays_stuck(lane, "nonce %" PRIu64 ": %s", rebid->nonce, error.text);
        until_next_head(lane);
        return;
    }
    const struct cw_wei charged = cw_data_fee_sum(&rebid->data_cost, &rebid->charge,
                                                  rebid->request.gas_limit);
    rebid->data_fee = cw_data_fee_at_most(&charged);
    rebid->cost = cw_wei_add(&rebid->cost, &rebid->data_fee);
    if (!permitted(rebid)) {
        return;
    }
    rebid->state = REBID_SIGN;
    cw_signer_sign(lane->config.signer, &rebid->request, signed_, rebid);
}

static void data_fee_done(void *ctx, const struct cw_rpc_result *result) {
    struct rebid *rebid = ctx;
    struct cw_lane *lane = rebid->lane;
    struct cw_error error;
    rebid->asked = NULL;
    if (cw_data_fee_read(&rebid->data_cost, lane->config.chain, result, &error) != CW_OK) {
        stays_stuck(lane, "nonce %" PRIu64 ": %s", rebid->nonce, error.text);
        until_next_head(lane);
    } else {
        estimated(rebid);
    }
    lane_wake(lane);
}

static void ask_data_fee(struct rebid *rebid) {
    struct cw_lane *lane = rebid->lane;
    const struct cw_data_fee_call call = {
        .chain = lane->config.chain,
        .from = &lane->address,
        .to = &rebid->request.to,
        .value = rebid->request.value,
        .data = rebid->request.data,
        .at = &lane->head.hash,
    };
    rebid->state = REBID_DATA_FEE;
    rebid->asked = cw_data_fee_ask(lane->config.rpc, &call, data_fee_done, rebid);
    if (rebid->asked == NULL) {
        until_next_head(lane);
    }
}

static void estimate_done(void *ctx, const struct cw_rpc_result *result) {
    struct rebid *rebid = ctx;
    struct cw_lane *lane = rebid->lane;
    rebid->asked = NULL;
    if (result->err == CW_ERR_REVERTED && !rebid->cancels) {
        would_revert(rebid);
    } else if (result->err != CW_OK || cw_eth_u64(&rebid->estimate, result->value, NULL) != CW_OK) {
        until_next_head(lane); /* nobody can tell */
    } else if (lane->config.chain->data_fee != NULL) {
        ask_data_fee(rebid);
    } else {
        estimated(rebid);
    }
    lane_wake(lane);
}

/* --- which ------------------------------------------------------------------------------------ */

/* Takes what the signed bytes call. */
static bool take_call(struct rebid *rebid, struct cw_slice raw) {
    struct cw_arena arena;
    struct cw_tx tx;
    struct cw_signature signature;
    cw_arena_init(&arena, DECODE_MAX);
    bool ok = cw_tx_decode(&arena, &tx, &signature, raw, NULL) == CW_OK && tx.has_to;
    uint8_t *data = ok ? malloc(tx.data.n > 0 ? tx.data.n : 1) : NULL;
    if (data != NULL) {
        if (tx.data.n > 0) {
            memcpy(data, tx.data.p, tx.data.n);
        }
        rebid->data = data;
        rebid->request.to = tx.to;
        rebid->request.value = tx.value;
        rebid->request.data = cw_slice_of(data, tx.data.n);
    }
    cw_arena_done(&arena);
    return data != NULL;
}

/* Why the newest bid is not enough; false when it may wait. lowest: nothing is in front of it. */
static bool wants_more(const struct cw_lane *lane, const struct cw_outbox_stuck *stuck, bool lowest,
                       const struct cw_fees *old, const struct cw_fee_market *market,
                       char why[160]) {
    const char *symbol = lane->config.chain->symbol;
    char asked[CW_WEI_TEXT_SIZE], had[CW_WEI_TEXT_SIZE];
    if (cw_fees_out_of_market(old, market)) {
        snprintf(
            why, 160, "the chain asks for %s a gas, %s was offered",
            cw_wei_format(asked, market->legacy ? &market->gas_price : &market->base_fee, symbol),
            cw_wei_format(had, &old->max_fee, symbol));
        return true;
    }
    if (stuck->underpriced) {
        snprintf(why, 160, "a pool asks for more than %s a gas",
                 cw_wei_format(had, &old->max_fee, symbol));
        return true;
    }
    if (lowest && cw_fees_outbid(old, market)) {
        snprintf(why, 160, "others offer %s to the block's producer, %s was offered",
                 cw_wei_format(asked, market->legacy ? &market->gas_price : &market->tip, symbol),
                 cw_wei_format(had, market->legacy ? &old->max_fee : &old->max_tip, symbol));
        return true;
    }
    if (lowest && stuck->blocks >= PATIENCE * lane->config.chain->replace_after_blocks) {
        snprintf(why, 160, "%" PRIu64 " blocks passed it by", stuck->blocks);
        return true;
    }
    return false;
}

/* True when a bid for it was begun. */
static bool begin(struct cw_lane *lane, const struct cw_outbox_stuck *stuck, bool lowest,
                  const struct cw_fee_market *market) {
    struct rebid *rebid = &lane->rebid;
    struct cw_error error;
    struct cw_fees fees;
    char why[160] = "";
    const struct cw_fees old = {
        .legacy = market->legacy, .max_fee = stuck->max_fee, .max_tip = stuck->max_tip};
    if (!stuck->doomed && !wants_more(lane, stuck, lowest, &old, market, why)) {
        return false;
    }
    if (cw_fees_raise(&fees, lane->config.chain, market, &old, &error) != CW_OK) {
        stays_stuck(lane, "nonce %" PRIu64 " waits at its old price: %s", stuck->nonce, error.text);
        return false;
    }
    if (!take_call(rebid, stuck->raw)) {
        return false;
    }
    rebid->attempt = stuck->attempt;
    rebid->message = stuck->message;
    rebid->nonce = stuck->nonce;
    rebid->cancels = stuck->cancels;
    rebid->shared = stuck->shared;
    rebid->old_gas = stuck->gas_limit;
    snprintf(rebid->step, sizeof rebid->step, "%s", stuck->step);
    memcpy(rebid->why, why, sizeof rebid->why);
    if (cw_fees_cost(&rebid->old_cost, stuck->gas_limit, &stuck->max_fee, &error) != CW_OK) {
        memset(&rebid->old_cost, 0xff, sizeof rebid->old_cost);
    }
    rebid->old_cost = cw_wei_add(&rebid->old_cost, &stuck->data_fee);
    rebid->request.chain_id = (struct cw_chain_id){lane->config.chain->chain_id};
    rebid->request.nonce = stuck->nonce;
    rebid->request.legacy = fees.legacy;
    rebid->request.max_fee = fees.max_fee;
    rebid->request.max_tip = fees.max_tip;
    if (stuck->doomed) {
        turn_into_cancel(rebid, "it would fail after a reorganization, and its nonce is needed");
    } else {
        ask_estimate(rebid);
    }
    return true;
}

static bool begin_fill(struct cw_lane *lane, uint64_t nonce, const struct cw_fee_market *market) {
    struct rebid *rebid = &lane->rebid;
    struct cw_error error;
    struct cw_fees fees;
    if (cw_fees_price(&fees, lane->config.chain, market, &error) != CW_OK) {
        stays_stuck(lane, "nonce %" PRIu64 " is not filled yet: %s", nonce, error.text);
        return false;
    }
    rebid->nonce = nonce;
    rebid->request.chain_id = (struct cw_chain_id){lane->config.chain->chain_id};
    rebid->request.nonce = nonce;
    rebid->request.legacy = fees.legacy;
    rebid->request.max_fee = fees.max_fee;
    rebid->request.max_tip = fees.max_tip;
    turn_into_cancel(rebid, "no transaction of ours has it, and others wait behind it");
    return true;
}

static bool choose(struct cw_lane *lane) {
    const struct cw_quote *quote = cw_quoter_get(lane->quoter);
    struct cw_outbox_stuck stuck;
    uint64_t gap;
    lane_replace_drop(lane);
    if (quote == NULL) {
        until_next_head(lane);
        return true;
    }
    lane->rebid.charge = quote->charge;
    if (cw_outbox_gap(lane->outbox, &gap) && begin_fill(lane, gap, &quote->market)) {
        return true;
    }
    for (size_t at = 0, before = 0; cw_outbox_stuck(lane->outbox, &at, &stuck); before++) {
        if (begin(lane, &stuck, before == 0 && at == 1, &quote->market)) {
            return true;
        }
    }
    until_next_head(lane);
    return true;
}

bool lane_replace(struct cw_lane *lane) {
    struct rebid *rebid = &lane->rebid;
    struct cw_outbox_stuck stuck;
    uint64_t gap;
    size_t at = 0;
    if (lane->dry) {
        return false;
    }
    switch (rebid->state) {
    case REBID_NONE:
        if (lane->rebid_head == lane->heads_seen) {
            return false;
        }
        if (!cw_outbox_stuck(lane->outbox, &at, &stuck) && !cw_outbox_gap(lane->outbox, &gap)) {
            lane->rebid_head = lane->heads_seen;
            lane->stuck[0] = '\0';
            return false;
        }
        rebid->lane = lane;
        rebid->state = REBID_QUOTE;
        rebid->quote_round = cw_quoter_want(lane->quoter);
        return true;
    case REBID_QUOTE:
        return cw_quoter_round(lane->quoter) >= rebid->quote_round && choose(lane);
    case REBID_ESTIMATE:
    case REBID_DATA_FEE:
    case REBID_SIGN:
        return false;
    }
    return false;
}
