/* Signatures side by side, their nonces one behind the other, and one commit for those that are
 * there. */
#include "tx/lane_private.h"

#include "core/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMIT_AFTER_MS 20u

static bool has_nonce(const struct job *job) {
    return (job->state == SIGNING && !job->again) || job->state == SIGNED;
}

static struct job *job_with(const struct cw_lane *lane, uint64_t nonce) {
    for (size_t i = 0; i < lane->jobs_n; i++) {
        if (has_nonce(lane->jobs[i]) && lane->jobs[i]->request.nonce == nonce) {
            return lane->jobs[i];
        }
    }
    return NULL;
}

static void sign_again(struct job *job) {
    free(job->raw);
    job->raw = NULL;
    job->left = true;
    if (job->state == SIGNING) {
        job->again = true; /* its answer is not waited for, but comes */
    } else {
        job->state = SIMULATED;
    }
}

void lane_nonces_check(struct cw_lane *lane) {
    uint64_t first;
    if (lane->dry || !cw_outbox_nonce(lane->outbox, &first) ||
        (!lane->nonce_left && first == lane->nonce_from)) {
        return;
    }
    lane->nonce_left = false;
    lane->nonce_from = first;
    uint64_t end = first;
    for (size_t i = 0; i < lane->jobs_n; i++) {
        struct job *job = lane->jobs[i];
        if (has_nonce(job) && job->request.nonce < first) {
            sign_again(job);
        }
        end += has_nonce(job) || job->left;
    }
    for (size_t i = 0; i < lane->jobs_n; i++) {
        struct job *job = lane->jobs[i];
        if (has_nonce(job) && job->request.nonce >= end) {
            sign_again(job);
        }
    }
}

bool lane_fills(const struct job *job) {
    const struct cw_lane *lane = job->lane;
    bool any = false;
    for (size_t i = 0; i < lane->jobs_n && !any; i++) {
        any = has_nonce(lane->jobs[i]);
    }
    return job->left && any;
}

struct cw_wei lane_signing(const struct cw_lane *lane) {
    struct cw_wei sum = {0};
    for (size_t i = 0; i < lane->jobs_n; i++) {
        if (has_nonce(lane->jobs[i])) {
            sum = cw_wei_add(&sum, &lane->jobs[i]->worst);
        }
    }
    return sum;
}

static struct cw_wei signing_for(const struct cw_lane *lane, int64_t route) {
    const struct batch *batch = &lane->batch;
    const struct rebid *rebid = &lane->rebid;
    struct cw_wei sum = {0}, more;
    for (size_t i = 0; i < lane->jobs_n; i++) {
        const struct job *job = lane->jobs[i];
        if (has_nonce(job) && job->given.route == route) {
            sum = cw_wei_add(&sum, &job->cost);
        }
    }
    if (batch->state == BATCH_SIGN && batch->jobs[0]->given.route == route) {
        sum = cw_wei_add(&sum, &batch->cost);
    }
    /* Whose it is the store alone knows: for as long as its signature takes all bear it. */
    if (rebid->state == REBID_SIGN && !cw_u256_sub(&more.v, &rebid->cost.v, &rebid->old_cost.v)) {
        sum = cw_wei_add(&sum, &more);
    }
    return sum;
}

struct cw_wei cw_lanes_signing(const struct cw_lanes *lanes, int64_t route) {
    struct cw_wei sum = {0};
    for (const struct cw_lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        const struct cw_wei one = signing_for(lane, route);
        sum = cw_wei_add(&sum, &one);
    }
    return sum;
}

static void signed_(void *ctx, enum cw_err err, struct cw_slice raw, const struct cw_hash32 *hash,
                    const char *text) {
    struct job *job = ctx;
    struct cw_lane *lane = job->lane;
    const struct cw_clock *clock = cw_loop_clock(lane->config.loop);
    struct cw_error error;
    if (job->again) {
        job->again = false;
        job->state = SIMULATED; /* its nonce went to somebody else meanwhile */
        lane_wake(lane);
        return;
    }
    if (err != CW_OK) {
        job->over_budget = err == CW_ERR_OVERLOADED;
        lane_end_with(job,
                      err == CW_ERR_TRANSPORT    ? CW_LANE_NO_SIGNER
                      : err == CW_ERR_REFUSED    ? CW_LANE_REFUSED
                      : err == CW_ERR_OVERLOADED ? CW_LANE_TOO_DEAR
                                                 : CW_LANE_FAILED,
                      "signer: %s", text);
        return;
    }
    err = cw_signer_check(&job->request, &lane->address, raw, hash, &error);
    if (err != CW_OK) {
        cw_log(CW_LOG_ERROR, lane->subject, "%s", error.text);
        lane_end_with(job, CW_LANE_FAILED, "%s", error.text);
        return;
    }
    job->raw = malloc(raw.n);
    if (job->raw == NULL) {
        lane_end_with(job, CW_LANE_FAILED, "no memory for a transaction");
        return;
    }
    memcpy(job->raw, raw.p, raw.n);
    job->raw_n = raw.n;
    job->hash = *hash;
    job->signed_ms = clock->monotonic_ms(clock->ctx);
    job->state = SIGNED;
    lane_wake(lane);
}

bool lane_next_nonce(const struct job *job, uint64_t *ret) {
    const struct cw_lane *lane = job->lane;
    uint64_t next;
    if (!cw_outbox_nonce(lane->outbox, &next)) {
        return false;
    }
    size_t n = 0, bytes = 0;
    for (size_t i = 0; i < lane->jobs_n; i++) {
        const struct job *other = lane->jobs[i];
        if (other->state == SIGNING || other->state == SIGNED) {
            n++;
            bytes += other->call.data.n;
        }
    }
    if (n >= LANE_SIGNING_MAX || (n > 0 && bytes + job->call.data.n > CW_SIGN_DATA_MAX)) {
        return false;
    }
    while (job_with(lane, next) != NULL) {
        next++;
    }
    *ret = next;
    return true;
}

void lane_sign(struct job *job) {
    job->state = SIGNING;
    job->left = false;
    cw_signer_sign(job->lane->config.signer, &job->request, signed_, job);
}

/* --- commit ----------------------------------------------------------------------------------- */

static enum cw_err write_one(struct job *job, struct cw_store_attempt *attempt,
                             struct cw_error *error) {
    struct cw_lane *lane = job->lane;
    struct cw_store *store = lane->config.store;
    *attempt = (struct cw_store_attempt){
        .message = job->given.message,
        .chain = lane->config.chain_row,
        .signer = lane->address,
        .nonce = job->request.nonce,
        .hash = job->hash,
        .raw = cw_slice_of(job->raw, job->raw_n),
        .gas_limit = job->request.gas_limit,
        .max_fee = job->request.max_fee,
        .max_tip = job->request.max_tip,
        .data_fee = job->data_fee,
        .data_gas = job->data_cost.gas,
        .calldata_bytes = job->call.data.n,
        .proof_nodes = job->call.proof_nodes,
        .proof_bytes = job->call.proof_bytes,
        .state = CW_ATTEMPT_SIGNED,
        .signed_ms = lane_wall(lane),
    };
    memcpy(attempt->step, job->step, sizeof attempt->step);
    enum cw_err err = cw_store_savepoint(store, error);
    if (err != CW_OK) {
        return err;
    }
    err = cw_store_attempt_add(store, attempt, &attempt->row, error);
    if (err == CW_OK) {
        err = job->given.commit(job->given.ctx, attempt->row, error);
    }
    if (err == CW_OK) {
        return cw_store_release(store, error);
    }
    cw_store_undo(store);
    return err;
}

static void not_written(struct job *job, const struct cw_error *error) {
    lane_end_with(job, CW_LANE_FAILED, "not written, so not sent: %s", error->text);
}

/* Those that are signed, from the next nonce on. */
static size_t ready(const struct cw_lane *lane, struct job *jobs[LANE_SIGNING_MAX]) {
    uint64_t nonce;
    size_t n = 0;
    if (!cw_outbox_nonce(lane->outbox, &nonce)) {
        return 0;
    }
    for (; n < LANE_SIGNING_MAX; n++) {
        jobs[n] = job_with(lane, nonce + n);
        if (jobs[n] == NULL || jobs[n]->state != SIGNED) {
            break;
        }
    }
    return n;
}

static void commit_due(void *ctx) {
    struct cw_lane *lane = ctx;
    lane->commit = NULL;
    lane_wake(lane);
}

/* The next one is being signed: a signer answers one after the other, and each commit waits for the
 * disk. */
static bool waits_for_more(struct cw_lane *lane, struct job *const jobs[], size_t n) {
    const struct cw_clock *clock = cw_loop_clock(lane->config.loop);
    const struct job *next = job_with(lane, jobs[n - 1]->request.nonce + 1);
    uint64_t waited_ms = clock->monotonic_ms(clock->ctx) - jobs[0]->signed_ms;
    if (next == NULL || next->state != SIGNING || waited_ms >= COMMIT_AFTER_MS) {
        return false;
    }
    if (lane->commit == NULL) {
        lane->commit = cw_loop_after(lane->config.loop, COMMIT_AFTER_MS - waited_ms, commit_due,
                                     lane);
    }
    return lane->commit != NULL;
}

bool lane_commit(struct cw_lane *lane) {
    struct cw_store *store = lane->config.store;
    struct job *jobs[LANE_SIGNING_MAX];
    struct cw_store_attempt attempts[LANE_SIGNING_MAX];
    struct cw_error error = {0}, refused = {0};
    size_t n = ready(lane, jobs), written = 0;
    if (n == 0 || waits_for_more(lane, jobs, n)) {
        return false;
    }
    enum cw_err err = cw_store_begin(store, &error);
    if (err == CW_OK) {
        while (written < n && write_one(jobs[written], &attempts[written], &refused) == CW_OK) {
            written++;
        }
        err = cw_store_end(store, CW_OK, &error);
    }
    for (size_t i = 0; i < n; i++) {
        if (err != CW_OK) {
            not_written(jobs[i], &error);
        } else if (i < written) {
            cw_outbox_take(lane->outbox, &attempts[i], &jobs[i]->worst);
            jobs[i]->text[0] = '\0';
            lane_end(jobs[i], CW_LANE_SENT, attempts[i].row);
        } else if (i == written) {
            not_written(jobs[i], &refused); /* its nonce goes to those behind it */
        }
    }
    return true;
}
