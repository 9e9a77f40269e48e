/* Several steps in one transaction. Each was simulated alone before; here they are simulated
 * together, and what fails then, or later, goes alone. One batch at a time. */
#include "tx/lane_private.h"

#include "core/log.h"
#include "net/eth.h"
#include "tx/ask.h"
#include "tx/data_fee.h"
#include "tx/gas.h"
#include "tx/multicall.h"
#include "tx/size.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (4u << 20)
/* Where blocks come faster than the answers about all of them, none would ever be sent. */
#define OUTRUN_MAX 3u

/* --- who may be in it ------------------------------------------------------------------------- */

static uint64_t need_of(const struct job *job) {
    return job->estimate > job->call.gas_floor ? job->estimate : job->call.gas_floor;
}

bool lane_gathers(const struct job *job) {
    const struct cw_lane *lane = job->lane;
    /* What failed as somebody else and is wanted all the same may fail all of them. */
    bool failing = job->as_self && !cw_addr20_is_zero(&job->call.simulate_from);
    return job->state == SIMULATED && !job->alone && job->given.batch_max > 1 &&
           job->call.batchable && !failing && !lane->dry && lane->batch.code != BATCH_CODE_OTHER &&
           cw_u256_is_zero(&job->call.value.v) && need_of(job) <= job->max_gas &&
           job->call.data.n <= cw_tx_data_max(lane->config.chain);
}

static bool goes_with(const struct job *job, const struct job *first) {
    return lane_gathers(job) && job->given.route == first->given.route &&
           strcmp(job->step, first->step) == 0 &&
           cw_addr20_equal(&job->call.simulate_from, &first->call.simulate_from);
}

/* --- the end of it ---------------------------------------------------------------------------- */

void lane_batch_drop(struct cw_lane *lane) {
    struct batch *batch = &lane->batch;
    cw_quorum_cancel(batch->asked_code);
    cw_quorum_cancel(batch->asked);
    cw_quorum_cancel(batch->asked_data_fee);
    free(batch->data);
    *batch = (struct batch){.lane = lane, .code = batch->code};
}

static void release(struct job *job) {
    job->alone = true;
    job->state = SIMULATED;
}

/* Each goes alone. */
static void disband(struct cw_lane *lane, const char *why) {
    struct batch *batch = &lane->batch;
    cw_log(CW_LOG_DEBUG, lane->subject, "%zu steps go alone, not together: %s", batch->n, why);
    for (size_t i = 0; i < batch->n; i++) {
        release(batch->jobs[i]);
    }
    lane_batch_drop(lane);
    lane_wake(lane);
}

static struct job *take_out(struct batch *batch, size_t i) {
    struct job *job = batch->jobs[i];
    batch->n--;
    memmove(&batch->jobs[i], &batch->jobs[i + 1], (batch->n - i) * sizeof(struct job *));
    job->state = SIMULATED;
    return job;
}

/* Asks all of it again, at the head that is now. */
static void ask_anew(struct cw_lane *lane) {
    struct batch *batch = &lane->batch;
    if (batch->n < 2) {
        disband(lane, "one is left");
        return;
    }
    batch->state = BATCH_QUOTE;
    batch->quote_round = cw_quoter_want(lane->quoter);
    lane_wake(lane);
}

/* --- the contract ----------------------------------------------------------------------------- */

static void code_done(void *ctx, const struct cw_rpc_result *result) {
    struct batch *batch = ctx;
    struct cw_lane *lane = batch->lane;
    struct cw_arena arena;
    struct cw_slice code;
    batch->asked_code = NULL;
    cw_arena_init(&arena, ANSWER_MAX);
    if (result->err != CW_OK || cw_eth_data(&code, &arena, result->value, NULL) != CW_OK) {
        disband(lane, "nobody could say what code the multicall has");
    } else {
        struct cw_hash32 hash;
        cw_keccak256(&hash, code);
        batch->code = cw_hash32_equal(&hash, &lane->config.multicall_code) ? BATCH_CODE_GOOD
                                                                           : BATCH_CODE_OTHER;
        if (batch->code == BATCH_CODE_OTHER) {
            cw_log(CW_LOG_WARN, lane->subject,
                   "no steps share a transaction: %s has no Multicall3 at its address, or other "
                   "code there",
                   lane->config.chain->name);
            disband(lane, "there is no Multicall3");
        }
    }
    cw_arena_done(&arena);
    lane_wake(lane);
}

/* What is found counts for as long as this process runs: one operator's word is not enough for it
 * where there are others. */
static void ask_code(struct cw_lane *lane) {
    struct batch *batch = &lane->batch;
    const struct cw_lane_config *config = &lane->config;
    const unsigned k = cw_ask_one_of_several(config->chain, config->rpc) ? 2
                                                                         : cw_ask_k(config->chain);
    struct cw_buf params;
    cw_buf_init(&params, 512);
    if (k > 1) {
        cw_eth_params_address_at(&params, &CW_MULTICALL3, &lane->head.hash);
    } else {
        cw_eth_params_address_nonce(&params, &CW_MULTICALL3, "latest");
    }
    const struct cw_quorum_request request = {.method = "eth_getCode",
                                              .block_by_hash = k > 1,
                                              .k = k,
                                              .check = cw_ask_check_data,
                                              .digest = cw_quorum_digest_text,
                                              .done = code_done,
                                              .ctx = batch};
    batch->asked_code = cw_ask(config->rpc, request, &params);
}

/* --- gathered --------------------------------------------------------------------------------- */

static void wait_over(void *ctx) {
    struct cw_lane *lane = ctx;
    lane->batch_timer = NULL;
    lane_wake(lane);
}

/* How long those that are there still wait; 0: they go now. */
static uint64_t waits_ms(const struct cw_lane *lane, const struct job *first, size_t n) {
    const struct cw_clock *clock = cw_loop_clock(lane->config.loop);
    uint64_t now = clock->monotonic_ms(clock->ctx);
    uint64_t until = first->gathered_ms + first->given.batch_wait_ms;
    return n >= first->given.batch_max || now >= until ? 0 : until - now;
}

static size_t count_with(const struct cw_lane *lane, const struct job *first) {
    size_t n = 0;
    for (size_t i = 0; i < lane->jobs_n; i++) {
        n += goes_with(lane->jobs[i], first);
    }
    return n;
}

/* Of those that have waited long enough; who waits longer holds up nobody that does not go with
 * him. NULL: nobody has. */
static struct job *choose(struct cw_lane *lane, size_t *ret_n) {
    uint64_t soonest = UINT64_MAX;
    for (size_t i = 0; i < lane->jobs_n; i++) {
        struct job *job = lane->jobs[i];
        size_t n = lane_gathers(job) ? count_with(lane, job) : 0;
        uint64_t waits = n > 0 ? waits_ms(lane, job, n) : UINT64_MAX;
        if (waits == 0) {
            *ret_n = n;
            return job;
        }
        soonest = waits < soonest ? waits : soonest;
    }
    cw_loop_cancel(lane->config.loop, lane->batch_timer);
    lane->batch_timer = soonest == UINT64_MAX
                            ? NULL
                            : cw_loop_after(lane->config.loop, soonest, wait_over, lane);
    return NULL;
}

static bool gather(struct cw_lane *lane) {
    struct batch *batch = &lane->batch;
    size_t n = 0;
    struct job *first = choose(lane, &n);
    if (first == NULL) {
        return false;
    }
    if (n == 1) {
        first->alone = true;
        return true;
    }
    for (size_t i = 0; i < lane->jobs_n && batch->n < first->given.batch_max; i++) {
        if (goes_with(lane->jobs[i], first)) {
            batch->jobs[batch->n++] = lane->jobs[i];
        }
    }
    for (size_t i = 0; i < batch->n; i++) {
        batch->jobs[i]->state = GATHERED;
    }
    if (batch->code == BATCH_CODE_UNKNOWN) {
        ask_code(lane);
        if (batch->asked_code == NULL) {
            disband(lane, "no memory for a request");
            return true;
        }
    }
    ask_anew(lane);
    return true;
}

/* In the calldata of all of them, with room. */
static size_t bytes_of(const struct job *job) {
    return job->call.data.n + (size_t)8 * 32;
}

/* As many as a block takes, and a transaction; the others wait for the next one. The first one
 * stays in any case, and hears alone that no block takes it. */
static void cut(struct batch *batch, const struct cw_quote *quote) {
    const struct cw_gas_rules rules = {
        .max = UINT64_MAX, .block = quote->block_gas, .tx = batch->lane->config.chain->tx_gas_cap};
    uint64_t left = cw_gas_cap(&rules);
    size_t n = 0, room = cw_tx_data_max(batch->lane->config.chain);
    while (n < batch->n && need_of(batch->jobs[n]) <= left && bytes_of(batch->jobs[n]) <= room) {
        room -= bytes_of(batch->jobs[n]);
        left -= need_of(batch->jobs[n++]);
    }
    while (batch->n > n && batch->n > 1) {
        (void)take_out(batch, batch->n - 1);
    }
}

/* --- simulated -------------------------------------------------------------------------------- */

static void put_calls(struct cw_buf *buf, const struct batch *batch, bool may_fail) {
    struct cw_multicall calls[CW_BATCH_MAX];
    for (size_t i = 0; i < batch->n; i++) {
        const struct cw_call *call = &batch->jobs[i]->call;
        calls[i] = (struct cw_multicall){.to = call->to, .may_fail = may_fail, .data = call->data};
    }
    cw_multicall_put(buf, calls, batch->n);
}

/* As whoever each of them was simulated as. may_fail: with a word on each; else all or nothing. */
static struct cw_quorum *ask(struct batch *batch, bool may_fail,
                             void (*done)(void *, const struct cw_rpc_result *)) {
    struct cw_lane *lane = batch->lane;
    const unsigned k = cw_ask_k(lane->config.chain);
    const struct cw_wei nothing = {0};
    const struct cw_addr20 *from = lane_simulated_from(batch->jobs[0]);
    struct cw_quorum_request request = {.k = k, .done = done, .ctx = batch};
    struct cw_quorum *asked = NULL;
    struct cw_buf data, params;
    cw_buf_init(&data, CW_SIGN_DATA_MAX);
    cw_buf_init(&params, CW_ASK_PARAMS_MAX);
    put_calls(&data, batch, may_fail);
    if (may_fail) {
        request.method = "eth_call";
        request.block_by_hash = k > 1;
        request.check = cw_ask_check_data;
        request.digest = cw_quorum_digest_text;
        cw_eth_params_call(&params, from, &CW_MULTICALL3, &nothing, cw_buf_slice(&data), 0,
                           k > 1 ? &lane->head.hash : NULL);
    } else {
        request.method = "eth_estimateGas";
        request.check = cw_ask_check_u64;
        request.number = cw_ask_number;
        cw_eth_params_estimate(&params, from, &CW_MULTICALL3, &nothing, cw_buf_slice(&data));
    }
    if (data.failed) {
        cw_buf_done(&params);
    } else {
        asked = cw_ask(lane->config.rpc, request, &params);
    }
    cw_buf_done(&data);
    return asked;
}

static void both_known(struct batch *batch) {
    if (batch->asked == NULL && batch->asked_data_fee == NULL) {
        batch->state = BATCH_READY;
    }
}

static void estimate_done(void *ctx, const struct cw_rpc_result *result) {
    struct batch *batch = ctx;
    struct cw_lane *lane = batch->lane;
    batch->asked = NULL;
    if (result->err != CW_OK || cw_eth_u64(&batch->estimate, result->value, NULL) != CW_OK) {
        disband(lane, "no gas estimate for all of them");
        return;
    }
    both_known(batch);
    lane_wake(lane);
}

static void data_fee_done(void *ctx, const struct cw_rpc_result *result) {
    struct batch *batch = ctx;
    struct cw_lane *lane = batch->lane;
    struct cw_error error;
    batch->asked_data_fee = NULL;
    if (cw_data_fee_read(&batch->data_cost, lane->config.chain, result, &error) != CW_OK) {
        disband(lane, error.text);
        return;
    }
    both_known(batch);
    lane_wake(lane);
}

static bool ask_data_fee(struct batch *batch) {
    const struct cw_lane *lane = batch->lane;
    struct cw_buf data;
    cw_buf_init(&data, CW_SIGN_DATA_MAX);
    put_calls(&data, batch, true);
    const struct cw_data_fee_call call = {
        .chain = lane->config.chain,
        .from = &lane->address,
        .to = &CW_MULTICALL3,
        .data = cw_buf_slice(&data),
        .at = &lane->head.hash,
    };
    if (!data.failed) {
        batch->asked_data_fee = cw_data_fee_ask(lane->config.rpc, &call, data_fee_done, batch);
    }
    cw_buf_done(&data);
    return batch->asked_data_fee != NULL;
}

/* All that are left must succeed with that much gas: with failures allowed less would look enough.
 */
static void estimate(struct batch *batch) {
    struct cw_lane *lane = batch->lane;
    batch->state = BATCH_ESTIMATE;
    batch->data_cost = (struct cw_data_cost){.gas = 0};
    batch->asked = ask(batch, false, estimate_done);
    bool wants_data = lane->config.chain->data_fee != NULL;
    if (batch->asked == NULL || (wants_data && !ask_data_fee(batch))) {
        disband(lane, "no memory for a request");
    }
}

static enum cw_err read_results(const struct batch *batch, const struct cw_rpc_result *result,
                                bool good[CW_BATCH_MAX]) {
    struct cw_arena arena;
    struct cw_slice answer;
    cw_arena_init(&arena, ANSWER_MAX);
    enum cw_err err = result->err;
    if (err == CW_OK) {
        err = cw_eth_data(&answer, &arena, result->value, NULL);
    }
    if (err == CW_OK) {
        err = cw_multicall_results(good, batch->n, answer);
    }
    cw_arena_done(&arena);
    return err;
}

static void call_done(void *ctx, const struct cw_rpc_result *result) {
    struct batch *batch = ctx;
    struct cw_lane *lane = batch->lane;
    bool good[CW_BATCH_MAX];
    batch->asked = NULL;
    if (read_results(batch, result, good) != CW_OK) {
        disband(lane, "they could not be simulated together");
        return;
    }
    for (size_t i = batch->n; i-- > 0;) {
        if (!good[i]) {
            release(take_out(batch, i));
        }
    }
    if (batch->n < 2) {
        disband(lane, "the others fail in it");
    } else {
        estimate(batch);
    }
    lane_wake(lane);
}

static void simulate(struct batch *batch) {
    struct cw_lane *lane = batch->lane;
    const struct cw_quote *quote = cw_quoter_get(lane->quoter);
    if (quote == NULL) {
        disband(lane, cw_quoter_error(lane->quoter));
        return;
    }
    cut(batch, quote);
    if (batch->n < 2) {
        disband(lane, "no block takes two of them");
        return;
    }
    batch->state = BATCH_CALL;
    batch->simulated_at = lane->heads_seen;
    batch->asked = ask(batch, true, call_done);
    if (batch->asked == NULL) {
        disband(lane, "no memory for a request");
    }
}

/* --- signed and committed --------------------------------------------------------------------- */

static bool price(struct batch *batch, const struct cw_quote *quote, const char **ret_why) {
    const struct cw_lane *lane = batch->lane;
    struct cw_gas_rules rules = {
        .max = 0, .block = quote->block_gas, .tx = lane->config.chain->tx_gas_cap};
    uint64_t floor = 0, need;
    for (size_t i = 0; i < batch->n; i++) {
        floor += batch->jobs[i]->call.gas_floor; /* each below max_gas, as cut and gathers saw */
        rules.max += batch->jobs[i]->max_gas;
    }
    struct cw_fees fees;
    struct cw_error error;
    *ret_why = "it would be too dear, or too large";
    if (cw_gas_limit(&need, &batch->request.gas_limit, batch->estimate, floor, &rules) !=
            CW_GAS_FITS ||
        cw_fees_price(&fees, lane->config.chain, &quote->market, &error) != CW_OK ||
        cw_fees_cost(&batch->cost, batch->request.gas_limit, &fees.max_fee, &error) != CW_OK) {
        return false;
    }
    const struct cw_wei charged = cw_data_fee_sum(&batch->data_cost, &quote->charge,
                                                  batch->estimate);
    const struct cw_wei limit = cw_data_fee_sum(&batch->data_cost, &quote->charge,
                                                batch->request.gas_limit);
    lane_expect(&batch->expected, &fees, &quote->market, batch->estimate, &charged, &batch->cost);
    batch->data_fee = cw_data_fee_at_most(&limit);
    batch->cost = cw_wei_add(&batch->cost, &batch->data_fee);
    batch->request.legacy = fees.legacy;
    batch->request.max_fee = fees.max_fee;
    batch->request.max_tip = fees.max_tip;
    const struct job *job = batch->jobs[0];
    *ret_why = "it would be over the day's budget, or over the balance";
    return lane_in_budget(lane, job->given.route, &job->daily_budget, &batch->cost) &&
           lane_has_funds(lane, &job->min_balance, &batch->cost, quote);
}

/* The last look at each. False when one had to leave, which was told. */
static bool permitted(struct batch *batch) {
    const struct cw_lane_price share = {.worst = cw_wei_share(&batch->cost, batch->n),
                                        .expected = cw_wei_share(&batch->expected, batch->n)};
    for (size_t i = 0; i < batch->n; i++) {
        struct job *job = batch->jobs[i];
        struct cw_error error = {0};
        job->cost = share.worst;
        job->gas = need_of(job);
        enum cw_err err = job->given.permit(job->given.ctx, &share, &error);
        if (err != CW_OK) {
            lane_end_with(take_out(batch, i),
                          err == CW_ERR_LIMIT ? CW_LANE_TOO_DEAR : CW_LANE_FAILED, "%s",
                          error.text);
            return false;
        }
    }
    return true;
}

static enum cw_err write(struct batch *batch, struct cw_store_attempt *attempt, size_t *ret_failed,
                         struct cw_error *error) {
    struct cw_store *store = batch->lane->config.store;
    enum cw_err err = cw_store_begin(store, error);
    *ret_failed = batch->n;
    if (err != CW_OK) {
        return err;
    }
    err = cw_store_attempt_add(store, attempt, &attempt->row, error);
    for (size_t i = 0; err == CW_OK && i < batch->n; i++) {
        const struct cw_lane_job *given = &batch->jobs[i]->given;
        err = given->commit(given->ctx, attempt->row, error);
        *ret_failed = err != CW_OK ? i : batch->n;
    }
    return cw_store_end(store, err, error);
}

static void not_written(struct batch *batch, size_t failed, const char *text) {
    struct cw_lane *lane = batch->lane;
    if (failed < batch->n) {
        lane_end_with(take_out(batch, failed), CW_LANE_FAILED, "not written, so not sent: %s",
                      text);
        ask_anew(lane);
        return;
    }
    while (batch->n > 0) {
        lane_end_with(take_out(batch, batch->n - 1), CW_LANE_FAILED, "not written, so not sent: %s",
                      text);
    }
    lane_batch_drop(lane);
}

static void commit(struct batch *batch, struct cw_slice raw, const struct cw_hash32 *hash) {
    struct cw_lane *lane = batch->lane;
    struct cw_store_item items[CW_BATCH_MAX];
    for (size_t i = 0; i < batch->n; i++) {
        items[i] = (struct cw_store_item){batch->jobs[i]->given.message, batch->jobs[i]->estimate};
    }
    struct cw_store_attempt attempt = {
        .items = items,
        .items_n = batch->n,
        .estimate = batch->estimate,
        .chain = lane->config.chain_row,
        .signer = lane->address,
        .nonce = batch->request.nonce,
        .hash = *hash,
        .raw = raw,
        .gas_limit = batch->request.gas_limit,
        .max_fee = batch->request.max_fee,
        .max_tip = batch->request.max_tip,
        .data_fee = batch->data_fee,
        .data_gas = batch->data_cost.gas,
        .calldata_bytes = batch->request.data.n,
        .state = CW_ATTEMPT_SIGNED,
        .signed_ms = lane_wall(lane),
    };
    memcpy(attempt.step, batch->jobs[0]->step, sizeof attempt.step);
    for (size_t i = 0; i < batch->n; i++) {
        attempt.proof_nodes += batch->jobs[i]->call.proof_nodes;
        attempt.proof_bytes += batch->jobs[i]->call.proof_bytes;
    }
    struct cw_error error = {0};
    size_t failed;
    if (write(batch, &attempt, &failed, &error) != CW_OK) {
        not_written(batch, failed, error.text);
        return;
    }
    cw_outbox_take(lane->outbox, &attempt, &batch->cost);
    cw_log(CW_LOG_INFO, lane->subject,
           "nonce %" PRIu64 ": %zu times %s in one transaction, %" PRIu64 " gas", attempt.nonce,
           batch->n, attempt.step, batch->estimate);
    while (batch->n > 0) {
        struct job *job = take_out(batch, 0);
        job->text[0] = '\0';
        lane_end(job, CW_LANE_SENT, attempt.row);
    }
    lane_batch_drop(lane);
}

static void signed_(void *ctx, enum cw_err err, struct cw_slice raw, const struct cw_hash32 *hash,
                    const char *text) {
    struct batch *batch = ctx;
    struct cw_lane *lane = batch->lane;
    struct cw_error error;
    uint64_t nonce;
    if (batch->state != BATCH_SIGN) {
        return;
    }
    if (err == CW_OK) {
        err = cw_signer_check(&batch->request, &lane->address, raw, hash, &error);
        text = error.text;
    }
    if (err != CW_OK) {
        cw_log(CW_LOG_WARN, lane->subject, "%zu steps in one transaction are not signed: %s",
               batch->n, text);
        disband(lane, "the signer does not sign it");
    } else if (!cw_outbox_nonce(lane->outbox, &nonce) || nonce != batch->request.nonce) {
        ask_anew(lane); /* the nonce went to somebody else meanwhile */
    } else {
        commit(batch, raw, hash);
    }
}

static bool take_data(struct batch *batch) {
    struct cw_buf buf;
    cw_buf_init(&buf, CW_SIGN_DATA_MAX);
    put_calls(&buf, batch, true);
    free(batch->data);
    batch->data = buf.failed ? NULL : malloc(buf.n);
    if (batch->data != NULL) {
        memcpy(batch->data, buf.p, buf.n);
        batch->request.data = cw_slice_of(batch->data, buf.n);
    }
    cw_buf_done(&buf);
    return batch->data != NULL;
}

/* From known costs to the signer. False when it has to wait. */
static bool finish(struct batch *batch) {
    struct cw_lane *lane = batch->lane;
    const struct cw_quote *quote = cw_quoter_get(lane->quoter);
    const char *why;
    if (!cw_outbox_nonce(lane->outbox, &batch->request.nonce)) {
        return false;
    }
    for (size_t i = 0; i < lane->jobs_n; i++) {
        if (lane->jobs[i]->state == SIGNING || lane->jobs[i]->state == SIGNED) {
            return false; /* nonces before this one are being signed */
        }
    }
    if (batch->simulated_at != lane->heads_seen || quote == NULL) {
        /* it waited, and what was true may not be any longer */
        if (batch->outrun++ < OUTRUN_MAX) {
            ask_anew(lane);
        } else {
            disband(lane, "blocks come faster than the answers about them");
        }
        return true;
    }
    batch->request.chain_id = (struct cw_chain_id){lane->config.chain->chain_id};
    batch->request.to = CW_MULTICALL3;
    if (!price(batch, quote, &why)) {
        disband(lane, why);
    } else if (!permitted(batch)) {
        ask_anew(lane);
    } else if (!take_data(batch)) {
        disband(lane, "no memory for its calldata");
    } else {
        batch->state = BATCH_SIGN;
        cw_signer_sign(lane->config.signer, &batch->request, signed_, batch);
    }
    return true;
}

bool lane_batch_first(const struct cw_lane *lane) {
    return lane->batch.state == BATCH_READY || lane->batch.state == BATCH_SIGN;
}

bool lane_batch(struct cw_lane *lane) {
    struct batch *batch = &lane->batch;
    switch (batch->state) {
    case BATCH_NONE:
        return gather(lane);
    case BATCH_QUOTE:
        if (batch->asked_code != NULL || cw_quoter_round(lane->quoter) < batch->quote_round) {
            return false;
        }
        simulate(batch);
        return true;
    case BATCH_READY:
        return finish(batch);
    case BATCH_CALL:
    case BATCH_ESTIMATE:
    case BATCH_SIGN:
        return false;
    }
    return false;
}
