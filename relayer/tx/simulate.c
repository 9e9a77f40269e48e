#include "tx/lane_private.h"

#include "net/eth.h"
#include "tx/ask.h"
#include "tx/data_fee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Revert data that is kept. */
#define REVERT_MAX (64u << 10)

static void note_revert(struct job *job, struct cw_slice data) {
    size_t n = data.n < REVERT_MAX ? data.n : REVERT_MAX;
    free(job->revert);
    job->revert = n > 0 ? malloc(n) : NULL;
    job->revert_n = job->revert != NULL ? n : 0;
    if (job->revert != NULL) {
        memcpy(job->revert, data.p, n);
    }
}

static void note_text(struct job *job, const struct cw_rpc_result *result) {
    const char *text = result->text;
    snprintf(job->text, sizeof job->text, "%s",
             text != NULL && text[0] != '\0' ? text : cw_err_name(result->err));
}

static void call_done(void *ctx, const struct cw_rpc_result *result) {
    struct job *job = ctx;
    job->asked_call = NULL;
    job->call_err = result->err;
    if (result->err == CW_ERR_REVERTED) {
        note_revert(job, result->revert);
    }
    if (result->err != CW_OK) {
        note_text(job, result);
    }
    lane_wake(job->lane);
}

/* The node's own words when a call needs more than any transaction may have. */
static bool over_allowance(const char *text) {
    return text != NULL && (strcasestr(text, "exceeds allowance") != NULL ||
                            strcasestr(text, "exceeds block gas limit") != NULL);
}

static void estimate_done(void *ctx, const struct cw_rpc_result *result) {
    struct job *job = ctx;
    struct cw_error error;
    job->asked_estimate = NULL;
    job->estimate_err = result->err;
    /* Some nodes sort it as a failed execution, without data then. */
    bool refused = result->err == CW_ERR_REFUSED ||
                   (result->err == CW_ERR_REVERTED && result->revert.n == 0);
    job->over_allowance = refused && over_allowance(result->text);
    if (result->err == CW_OK) {
        job->estimate_err = cw_eth_u64(&job->estimate, result->value, &error);
        if (job->estimate_err != CW_OK) {
            snprintf(job->text, sizeof job->text, "%s", error.text);
        }
    } else if (job->asked_call != NULL ||
               job->call_err == CW_OK) { /* a failed call has spoken already */
        if (result->err == CW_ERR_REVERTED) {
            note_revert(job, result->revert);
        }
        note_text(job, result);
    }
    lane_wake(job->lane);
}

static void ask_call(struct job *job, unsigned k, struct cw_buf *take_params) {
    const bool pending = job->lane->config.chain->simulate_pending;
    const struct cw_quorum_request request = {.method = "eth_call",
                                              .block_by_hash = k > 1 && !pending,
                                              .k = k,
                                              .forgives = pending,
                                              .check = cw_ask_check_data,
                                              .digest = cw_quorum_digest_text,
                                              .done = call_done,
                                              .ctx = job};
    job->asked_call = cw_ask(job->lane->config.rpc, request, take_params);
    if (job->asked_call == NULL) {
        job->call_err = CW_ERR_MEMORY;
        snprintf(job->text, sizeof job->text, "no memory for a request");
    }
}

static void ask_estimate(struct job *job, unsigned k, struct cw_buf *take_params) {
    const struct cw_quorum_request request = {.method = "eth_estimateGas",
                                              .k = k,
                                              .check = cw_ask_check_u64,
                                              .number = cw_ask_number,
                                              .refusal = over_allowance,
                                              .done = estimate_done,
                                              .ctx = job};
    job->asked_estimate = cw_ask(job->lane->config.rpc, request, take_params);
    if (job->asked_estimate == NULL) {
        job->estimate_err = CW_ERR_MEMORY;
        snprintf(job->text, sizeof job->text, "no memory for a request");
    }
}

static void data_fee_done(void *ctx, const struct cw_rpc_result *result) {
    struct job *job = ctx;
    struct cw_error error;
    job->asked_data_fee = NULL;
    job->data_fee_err = cw_data_fee_read(&job->data_cost, job->lane->config.chain, result, &error);
    if (job->data_fee_err != CW_OK && job->call_err == CW_OK && job->estimate_err == CW_OK) {
        snprintf(job->text, sizeof job->text, "%s", error.text);
    }
    lane_wake(job->lane);
}

static void ask_data_fee(struct job *job) {
    struct cw_lane *lane = job->lane;
    const struct cw_data_fee_call call = {
        .chain = lane->config.chain,
        .from = &lane->address,
        .to = &job->call.to,
        .value = job->call.value,
        .data = job->call.data,
        .at = &lane->head.hash,
    };
    job->asked_data_fee = cw_data_fee_ask(lane->config.rpc, &call, data_fee_done, job);
    if (job->asked_data_fee == NULL) {
        job->data_fee_err = CW_ERR_MEMORY;
        snprintf(job->text, sizeof job->text, "no memory for a request");
    }
}

/* Where one operator is believed, what would end a message is put to a second one, too. */
static unsigned operators_asked(const struct job *job) {
    const unsigned k = cw_ask_k(job->lane->config.chain);
    return k == 1 && job->doubted ? 2 : k;
}

const struct cw_addr20 *lane_simulated_from(const struct job *job) {
    return job->as_self ? &job->lane->address : &job->call.simulate_from;
}

void lane_simulate(struct job *job) {
    struct cw_lane *lane = job->lane;
    const struct cw_addr20 *from = lane_simulated_from(job);
    struct cw_buf params;
    job->state = SIMULATING;
    job->text[0] = '\0';
    job->call_err = CW_OK;
    job->estimate_err = CW_OK;
    job->data_fee_err = CW_OK;
    job->data_cost = (struct cw_data_cost){.gas = 0};
    job->over_allowance = false;

    const unsigned k = operators_asked(job);
    const bool pending = lane->config.chain->simulate_pending;
    const bool own = job->searched || job->doubted || job->call.estimate_tells;
    job->learned = own ? 0 : cw_learned_gas(&lane->learned, from, &job->call);
    if (k > 1 && !pending && !lane->has_head) {
        job->call_err = CW_ERR_BEHIND;
        snprintf(job->text, sizeof job->text, "no block is known that all could be asked at");
    } else {
        cw_buf_init(&params, CW_ASK_PARAMS_MAX);
        if (pending) {
            cw_eth_params_call_pending(&params, from, &job->call.to, &job->call.value,
                                       job->call.data, job->learned);
        } else {
            cw_eth_params_call(&params, from, &job->call.to, &job->call.value, job->call.data,
                               job->learned, k > 1 ? &lane->head.hash : NULL);
        }
        ask_call(job, k, &params);
        if (job->learned == 0) {
            cw_buf_init(&params, CW_ASK_PARAMS_MAX);
            cw_eth_params_estimate(&params, from, &job->call.to, &job->call.value, job->call.data);
            ask_estimate(job, k, &params);
        }
        if (lane->config.chain->data_fee != NULL) {
            ask_data_fee(job);
        }
    }
    job->quote_round = cw_quoter_want(lane->quoter);
    lane_wake(lane);
}

bool lane_search(struct job *job) {
    if (job->learned == 0) {
        return false;
    }
    job->searched = true;
    lane_simulate(job);
    return true;
}

bool lane_doubt(struct job *job) {
    if (operators_asked(job) > 1 || cw_rpc_operators(job->lane->config.rpc) < 2) {
        return false;
    }
    job->doubted = true;
    lane_simulate(job);
    return true;
}

/* What the simulation means. May end the job. */
void lane_judge_simulation(struct job *job) {
    /* With less gas than it needs it fails in any way, which says nothing of the step. */
    if ((job->call_err == CW_ERR_REVERTED || job->call_err == CW_ERR_REFUSED) && lane_search(job)) {
        return;
    }
    /* A call that ran out of gas at the node's own limit comes back without data. */
    bool no_reason = job->call_err == CW_ERR_REVERTED && job->revert_n == 0;
    if (job->over_allowance &&
        (no_reason || job->call_err == CW_OK || job->call_err == CW_ERR_REFUSED)) {
        if (!lane_doubt(job)) {
            lane_end_with(job, CW_LANE_GAS_CAP, "fits no transaction: %s", job->text);
        }
        return;
    }
    if (job->call_err == CW_ERR_REVERTED ||
        (job->call_err == CW_OK && job->estimate_err == CW_ERR_REVERTED)) {
        bool target = !job->as_self && job->given.accept_target_failure &&
                      job->given.target_failed != NULL &&
                      job->given.target_failed(job->given.ctx,
                                               cw_slice_of(job->revert, job->revert_n));
        if (target) {
            job->as_self = true;
            lane_simulate(job);
        } else if (!lane_doubt(job)) {
            lane_end(job, CW_LANE_REVERTED, 0);
        }
        return;
    }
    if (job->call_err != CW_OK) {
        lane_end_with(job, CW_LANE_FAILED, "simulation: %s", job->text);
    } else if (job->estimate_err != CW_OK) {
        lane_end_with(job, CW_LANE_FAILED, "gas estimate: %s", job->text);
    } else if (job->data_fee_err != CW_OK) {
        lane_end_with(job, CW_LANE_FAILED, "%s", job->text);
    } else if (job->data_cost.gas == 0 || !lane_search(job)) { /* no call has that */
        if (job->learned != 0) {
            job->estimate = job->learned;
        } else if (job->data_cost.gas == 0) { /* that is dearer a moment later */
            cw_learned_note(&job->lane->learned, lane_simulated_from(job), &job->call,
                            job->estimate);
        }
        job->state = SIMULATED;
        job->simulated_at = job->lane->heads_seen;
        if (job->gathered_ms == 0) {
            const struct cw_clock *clock = cw_loop_clock(job->lane->config.loop);
            job->gathered_ms = clock->monotonic_ms(clock->ctx);
        }
    }
}
