#include "tx/lane_private.h"

#include "core/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIMULATING_MAX 32u /* side by side */

static void pump(void *ctx);

bool lane_wake(struct cw_lane *lane) {
    if (lane->timer == NULL) {
        lane->timer = cw_loop_after(lane->config.loop, 0, pump, lane);
    }
    return lane->timer != NULL;
}

uint64_t lane_wall(const struct cw_lane *lane) {
    const struct cw_clock *clock = cw_loop_clock(lane->config.loop);
    return clock->wall_ms(clock->ctx);
}

/* --- the end of a job ------------------------------------------------------------------------- */

static void job_free(struct job *job) {
    cw_quorum_cancel(job->asked_call);
    cw_quorum_cancel(job->asked_estimate);
    cw_quorum_cancel(job->asked_data_fee);
    free(job->data);
    free(job->revert);
    free(job->raw);
    free(job);
}

void lane_end(struct job *job, enum cw_lane_outcome outcome, int64_t attempt) {
    struct cw_lane *lane = job->lane;
    for (size_t i = 0; i < lane->jobs_n; i++) {
        if (lane->jobs[i] == job) {
            lane->jobs_n--;
            memmove(&lane->jobs[i], &lane->jobs[i + 1], (lane->jobs_n - i) * sizeof(struct job *));
            break;
        }
    }
    lane->nonce_left = lane->nonce_left || job->left || job->state == SIGNING ||
                       job->state == SIGNED;
    lane_wake(lane);
    const struct cw_lane_result result = {
        .outcome = outcome,
        .attempt = attempt,
        .data = cw_slice_of(job->revert, outcome == CW_LANE_REVERTED ? job->revert_n : 0),
        .as_self = job->as_self,
        .gas = job->gas,
        .cost = job->cost,
        .over_budget = outcome == CW_LANE_TOO_DEAR && job->over_budget,
        .text = job->text,
    };
    job->given.done(job->given.ctx, &result);
    job_free(job);
}

void lane_end_with(struct job *job, enum cw_lane_outcome outcome, const char *format, ...) {
    char text[sizeof job->text]; /* the arguments may point into job->text */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(job->text, text, sizeof text);
    lane_end(job, outcome, 0);
}

/* --- from simulated to signed ---------------------------------------------------------------- */

/* To its signature, or to its end. Returns false when it has to wait. */
static bool proceed(struct job *job) {
    struct cw_lane *lane = job->lane;
    const struct cw_quote *quote = cw_quoter_get(lane->quoter);
    struct cw_error error = {0};
    if (quote == NULL) {
        lane_end_with(job, CW_LANE_FAILED, "fees and balance: %s", cw_quoter_error(lane->quoter));
        return true;
    }
    if (!lane->dry && !lane_next_nonce(job, &job->request.nonce)) {
        return false;
    }
    if (job->simulated_at != lane->heads_seen) {
        lane_simulate(job); /* it waited for its turn, and what was true may not be any longer */
        return true;
    }
    job->request.chain_id = (struct cw_chain_id){lane->config.chain->chain_id};
    job->request.to = job->call.to;
    job->request.value = job->call.value;
    job->request.data = job->call.data;
    if (!lane_judge(job, quote)) {
        return true;
    }
    const struct cw_lane_price price = {.worst = job->cost, .expected = job->expected};
    enum cw_err err = job->given.permit(job->given.ctx, &price, &error);
    if (err == CW_ERR_LIMIT && lane_search(job)) {
        return true;
    }
    if (err != CW_OK) {
        lane_end_with(job, err == CW_ERR_LIMIT ? CW_LANE_TOO_DEAR : CW_LANE_FAILED, "%s",
                      error.text);
        return true;
    }
    if (lane->dry) {
        char cost[CW_WEI_TEXT_SIZE];
        lane_end_with(job, CW_LANE_FAILED, "dry run: %s would be sent, %" PRIu64 " gas, at most %s",
                      job->step, job->gas,
                      cw_wei_format(cost, &job->cost, lane->config.chain->symbol));
        return true;
    }
    lane_sign(job);
    return true;
}

/* --- the pump --------------------------------------------------------------------------------- */

static size_t count(const struct cw_lane *lane, enum job_state state) {
    size_t n = 0;
    for (size_t i = 0; i < lane->jobs_n; i++) {
        n += lane->jobs[i]->state == state;
    }
    return n;
}

/* Simulated, and in need of a transaction of its own. */
static size_t count_alone(const struct cw_lane *lane) {
    size_t n = 0;
    for (size_t i = 0; i < lane->jobs_n; i++) {
        n += lane->jobs[i]->state == SIMULATED && !lane_gathers(lane->jobs[i]);
    }
    return n;
}

static bool may_start(const struct cw_lane *lane) {
    size_t simulating = count(lane, SIMULATING);
    uint64_t nonce;
    if (lane->dry) {
        return simulating < SIMULATING_MAX;
    }
    size_t ahead = simulating + count_alone(lane) + count(lane, SIGNING) + count(lane, SIGNED) +
                   cw_outbox_flying(lane->outbox) - cw_outbox_kept(lane->outbox);
    return simulating < SIMULATING_MAX && ahead < lane->config.chain->max_in_flight &&
           cw_outbox_nonce(lane->outbox, &nonce);
}

/* Without a signer nothing is asked of the chain for it. */
static bool no_signer(struct job *job) {
    const struct cw_lane *lane = job->lane;
    const char *trouble = lane->dry ? "" : cw_signer_trouble(lane->config.signer);
    if (trouble[0] == '\0') {
        return false;
    }
    lane_end_with(job, CW_LANE_NO_SIGNER, "%s", trouble);
    return true;
}

/* One thing that can be done now; the list may have changed after it. */
static bool advance(struct cw_lane *lane) {
    for (size_t i = 0; i < lane->jobs_n; i++) {
        struct job *job = lane->jobs[i];
        switch (job->state) {
        case QUEUED:
            if (no_signer(job)) {
                return true;
            }
            if (may_start(lane)) {
                lane_simulate(job);
                return true;
            }
            break;
        case SIMULATING:
            if (job->asked_call == NULL && job->asked_estimate == NULL &&
                job->asked_data_fee == NULL && cw_quoter_round(lane->quoter) >= job->quote_round) {
                lane_judge_simulation(job);
                return true;
            }
            break;
        case SIMULATED:
            if (!lane_gathers(job) && (!lane_batch_first(lane) || lane_fills(job)) &&
                proceed(job)) {
                return true;
            }
            break;
        case GATHERED:
        case SIGNING:
        case SIGNED:
            break;
        }
    }
    return false;
}

static void pump(void *ctx) {
    struct cw_lane *lane = ctx;
    lane->timer = NULL;
    do {
        lane_nonces_check(lane);
    } while (advance(lane) || lane_batch(lane) || (!lane->dry && lane_commit(lane)) ||
             lane_replace(lane));
}

static void quoted(void *ctx) {
    struct cw_lane *lane = ctx;
    const struct cw_quote *quote = cw_quoter_get(lane->quoter);
    if (quote != NULL && lane->outbox != NULL) {
        cw_outbox_chain_nonce(lane->outbox, quote->nonce);
    }
    lane_wake(lane);
}

static void room(void *ctx) {
    lane_wake(ctx);
}

static bool header_at(void *ctx, struct cw_block_number number, struct cw_store_header *ret) {
    const struct cw_lane *lane = ctx;
    return lane->config.header_at(lane->config.ctx, number, ret);
}

static void moved(void *ctx, const struct cw_store_attempt *attempts, size_t n) {
    struct cw_lane *lane = ctx;
    for (size_t i = 0; i < n; i++) {
        if (attempts[i].state == CW_ATTEMPT_INCLUDED && !attempts[i].success) {
            cw_learned_forget(&lane->learned); /* for want of gas, perhaps */
        }
    }
    lane->config.moved(lane->config.ctx, attempts, n);
}

static void again(void *ctx, const struct cw_store_attempt *attempt, enum cw_lane_again what,
                  bool had_block, const char *why) {
    const struct cw_lane *lane = ctx;
    lane->config.again(lane->config.ctx, attempt, what, had_block, why);
}

static void foreign(void *ctx, uint64_t from, uint64_t to) {
    const struct cw_lane *lane = ctx;
    lane->config.foreign(lane->config.ctx, &lane->address, from, to);
}

/* --- the interface ---------------------------------------------------------------------------- */

enum cw_err cw_lane_new(struct cw_lane **ret, const struct cw_lane_config *config,
                        struct cw_error *error) {
    struct cw_lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a lane");
    }
    assert(config->lanes != NULL);
    lane->config = *config;
    lane->next = config->lanes->first;
    config->lanes->first = lane;
    lane->batch.lane = lane;
    if (cw_hash32_is_zero(&config->multicall_code)) {
        lane->batch.code = BATCH_CODE_OTHER;
    }
    lane->dry = config->dry_run || config->signer == NULL;
    lane->address = config->signer != NULL ? *cw_signer_address(config->signer)
                                           : config->dry_address;
    char address[CW_HEX_SIZE(20)];
    snprintf(lane->subject, sizeof lane->subject, "lane %.32s %.10s", config->chain->name,
             cw_hex_encode(address, cw_slice_of(lane->address.b, 20)));
    const struct cw_quoter_config quoter = {
        .loop = config->loop,
        .rpc = config->rpc,
        .chain = config->chain,
        .address = lane->address,
        .want_nonce = !lane->dry,
        .ready = quoted,
        .ctx = lane,
    };
    enum cw_err err = cw_quoter_new(&lane->quoter, &quoter, error);
    if (err == CW_OK && !lane->dry) {
        assert(config->header_at != NULL && config->moved != NULL);
        assert(config->rebid != NULL && config->foreign != NULL);
        const struct cw_outbox_config outbox = {
            .loop = config->loop,
            .rpc = config->rpc,
            .send = config->send,
            .store = config->store,
            .chain_row = config->chain_row,
            .chain = config->chain,
            .address = lane->address,
            .header_at = header_at,
            .moved = moved,
            .again = config->again != NULL ? again : NULL,
            .changed = room,
            .shift_foreign = config->shift_foreign,
            .held_for_foreign = config->held_for_foreign,
            .foreign = foreign,
            .ctx = lane,
        };
        err = cw_outbox_new(&lane->outbox, &outbox, error);
    }
    if (err != CW_OK) {
        cw_lane_free(lane);
        return err;
    }
    *ret = lane;
    return CW_OK;
}

void cw_lane_free(struct cw_lane *lane) {
    if (lane == NULL) {
        return;
    }
    cw_loop_cancel(lane->config.loop, lane->timer);
    cw_loop_cancel(lane->config.loop, lane->commit);
    cw_loop_cancel(lane->config.loop, lane->batch_timer);
    lane_batch_drop(lane);
    for (size_t i = 0; i < lane->jobs_n; i++) {
        job_free(lane->jobs[i]);
    }
    lane_replace_drop(lane);
    cw_quoter_free(lane->quoter);
    cw_outbox_free(lane->outbox);
    struct cw_lane **link = &lane->config.lanes->first;
    while (*link != lane) {
        link = &(*link)->next;
    }
    *link = lane->next;
    free(lane);
}

enum cw_err cw_lane_resume(struct cw_lane *lane, struct cw_error *error) {
    (void)cw_quoter_want(lane->quoter); /* so that the balance is known before the first job */
    return lane->dry ? CW_OK : cw_outbox_resume(lane->outbox, error);
}

enum cw_err cw_lane_submit(struct cw_lane *lane, const struct cw_lane_job *given,
                           struct cw_error *error) {
    assert(given->step != NULL && given->call != NULL && given->policy != NULL);
    assert(given->permit != NULL && given->commit != NULL && given->done != NULL);
    assert(given->batch_max <= CW_BATCH_MAX);
    if (cw_lane_has(lane, given->message)) {
        return cw_error_set(error, CW_ERR_BUSY, "a transaction of that message is being made");
    }
    if (lane->outbox != NULL && cw_outbox_has(lane->outbox, given->message, given->step)) {
        return cw_error_set(error, CW_ERR_BUSY, "%s of that message is under way", given->step);
    }
    if (lane->jobs_n == LANE_JOBS_MAX) {
        return cw_error_set(error, CW_ERR_LIMIT, "%u transactions wait in the lane already",
                            LANE_JOBS_MAX);
    }
    if (strlen(given->step) >= CW_STEP_SIZE) {
        return cw_error_set(error, CW_ERR_INPUT, "the step's name is too long: %s", given->step);
    }
    struct job *job = calloc(1, sizeof *job);
    size_t n = given->call->data.n;
    uint8_t *data = malloc(n > 0 ? n : 1);
    if (job == NULL || data == NULL || !lane_wake(lane)) {
        free(job);
        free(data);
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a job");
    }
    if (n > 0) {
        memcpy(data, given->call->data.p, n);
    }
    job->lane = lane;
    job->given = *given;
    snprintf(job->step, sizeof job->step, "%s", given->step);
    job->call = *given->call;
    job->data = data;
    job->call.data = cw_slice_of(data, n);
    job->given.step = job->step;
    job->given.call = &job->call;
    job->given.policy = NULL;
    job->max_gas = given->policy->max_gas;
    job->daily_budget = given->policy->daily_fee_budget;
    job->min_balance = given->policy->min_balance;
    job->state = QUEUED;
    job->as_self = cw_addr20_is_zero(&job->call.simulate_from);
    lane->jobs[lane->jobs_n++] = job;
    return CW_OK;
}

bool cw_lane_has(const struct cw_lane *lane, int64_t message) {
    for (size_t i = 0; i < lane->jobs_n; i++) {
        if (lane->jobs[i]->given.message == message) {
            return true;
        }
    }
    return false;
}

void cw_lane_receipts(struct cw_lane *lane, const struct cw_block_ref *block,
                      const struct cw_json *receipts) {
    if (lane->outbox != NULL) {
        cw_outbox_receipts(lane->outbox, block, receipts);
    }
}

void cw_lane_heads(struct cw_lane *lane, const struct cw_heads *heads) {
    cw_quoter_head(lane->quoter, &heads->latest);
    /* A safe or final head that moved alone makes no simulation old. */
    if (!lane->has_head || !cw_hash32_equal(&lane->head.hash, &heads->latest.hash)) {
        lane->heads_seen++;
    }
    lane->has_head = true;
    lane->head = heads->latest;
    if (lane->outbox != NULL) {
        cw_outbox_heads(lane->outbox, heads);
    }
    lane_wake(lane);
}

void cw_lane_rollback(struct cw_lane *lane, struct cw_block_number above) {
    (void)above; /* the store's rows say it */
    cw_quoter_head(lane->quoter, NULL);
    lane->has_head = false;
    if (lane->outbox != NULL) {
        cw_outbox_rollback(lane->outbox);
    }
}

void cw_lane_chain_nonce(struct cw_lane *lane, uint64_t nonce) {
    if (lane->outbox != NULL) {
        cw_outbox_chain_nonce(lane->outbox, nonce);
    }
}

bool cw_lane_accept_foreign(struct cw_lane *lane) {
    return lane->outbox != NULL && cw_outbox_accept(lane->outbox);
}

void cw_lane_chain_config(struct cw_lane *lane, const struct cw_config_chain *chain) {
    lane->config.chain = chain;
    cw_quoter_chain_config(lane->quoter, chain);
    if (lane->outbox != NULL) {
        cw_outbox_chain_config(lane->outbox, chain);
    }
    lane->rebid_head = lane->heads_seen - 1; /* what was too dear is looked at again */
    lane_wake(lane);
}

void cw_lane_judge(struct cw_lane *lane, int64_t message, const char *step,
                   const struct cw_call *call, const char *why) {
    if (lane->outbox != NULL) {
        cw_outbox_judge(lane->outbox, message, step, call, why);
    }
}

const struct cw_addr20 *cw_lane_address(const struct cw_lane *lane) {
    return &lane->address;
}

void cw_lane_status(const struct cw_lane *lane, struct cw_lane_status *ret) {
    *ret = (struct cw_lane_status){
        .address = lane->address,
        .jobs = lane->jobs_n,
        .open = lane->outbox != NULL ? cw_outbox_open(lane->outbox) : 0,
        .trouble = lane->outbox != NULL ? cw_outbox_trouble(lane->outbox) : "",
        .no_funds = lane->no_funds,
    };
    ret->balance_known = cw_quoter_balance(lane->quoter, &ret->balance);
    ret->next_nonce_known = lane->outbox != NULL && cw_outbox_nonce(lane->outbox, &ret->next_nonce);
    if (!lane->dry && cw_signer_trouble(lane->config.signer)[0] != '\0') {
        ret->trouble = cw_signer_trouble(lane->config.signer);
    }
    if (ret->trouble[0] == '\0') {
        ret->trouble = lane->stuck[0] != '\0' ? lane->stuck : lane->no_funds;
    }
}
