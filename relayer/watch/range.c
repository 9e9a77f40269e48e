/* What eth_getLogs says about a piece's blocks. */
#include "watch/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void watch_range_drop(struct watch_job *job) {
    if (job->range.call)
        cw_rpc_cancel(job->watch->config.rpc, job->range.call);
    free(job->range.claims);
    job->range = (struct watch_range){0};
}

static enum cw_err log_refused(struct cw_error *error, const struct cw_log *log, const char *why) {
    return cw_error_set(error, CW_ERR_CONTRADICTED, "%s: log %" PRIu64 " of block %" PRIu64 " %s",
                        cw_finding_kind_name(CW_FINDING_LOGS_FORGED), log->log_index,
                        log->block.number.v, why);
}

/* Blocks with their claims; logs ascend by block and index. */
static enum cw_err sort_claims(struct watch_job *job, const struct cw_log *logs, size_t n,
                               struct cw_error *error) {
    struct watch_range *range = &job->range;
    size_t blocks = 0;
    for (size_t i = 0; i < n; i++) {
        const struct cw_log *log = &logs[i];
        if (log->block.number.v < job->from || log->block.number.v > job->to)
            return log_refused(error, log, "is not in the range that was asked for");
        if (!watch_filter_match(job->watch, &log->address, log->topics, log->topics_n))
            return log_refused(error, log, "matches no filter");
        bool same = i > 0 && logs[i - 1].block.number.v == log->block.number.v;
        if (same && !cw_hash32_equal(&logs[i - 1].block.hash, &log->block.hash))
            return log_refused(error, log, "has another block hash than the one before it");
        blocks += !same;
    }
    free(range->claims);
    range->claims_n = 0;
    range->claims = calloc(blocks > 0 ? blocks : 1, sizeof *range->claims);
    if (!range->claims)
        return CW_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const struct cw_log *log = &logs[i];
        if (i == 0 || logs[i - 1].block.number.v != log->block.number.v)
            range->claims[range->claims_n++].number = log->block.number.v;
        watch_claim_add(&range->claims[range->claims_n - 1], &log->address, log->topics,
                        log->topics_n, log->data, log->log_index);
    }
    return CW_OK;
}

static enum cw_err check_range(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct watch_job *job = ctx;
    struct watch_range *range = &job->range;
    range->err = CW_OK;
    struct cw_arena scratch;
    cw_arena_init(&scratch, WATCH_ANSWER_BYTES);
    struct cw_log *logs = NULL;
    size_t n = 0;
    enum cw_err err = cw_eth_logs(&logs, &n, &scratch, value, error);
    if (err == CW_ERR_INPUT)
        cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_MALFORMED));
    else if (err == CW_ERR_CONTRADICTED)
        cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_LOGS_FORGED));
    else if (err == CW_OK)
        err = sort_claims(job, logs, n, error);
    cw_arena_done(&scratch);
    if (err != CW_ERR_MEMORY && err != CW_ERR_LIMIT)
        return err;
    /* Too much for us: no fault of the endpoint, a smaller range will do. */
    range->err = CW_ERR_LIMIT;
    snprintf(range->why, sizeof range->why, "too many logs for one range");
    return CW_OK;
}

static void grow(struct cw_watch *watch, uint64_t size) {
    struct watch_past *past = &watch->past;
    const uint64_t max = watch->config.log_range_max;
    if (size < past->log_range || ++past->ranges_good < WATCH_RANGES_GOOD)
        return;
    past->ranges_good = 0;
    past->log_range = past->log_range > max / 2 ? max : 2 * past->log_range;
}

/* A smaller one next time. Where it was one block already, headers are read instead for a while. */
static void shrink(struct watch_past *past, uint64_t size) {
    past->ranges_good = 0;
    if (size == 1)
        past->headers_pieces = WATCH_HEADERS_PIECES;
    else if (size / 2 < past->log_range)
        past->log_range = size / 2;
}

static void refused(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    const enum cw_err err = job->range.err;
    bool patient = true;
    watch_trouble(watch, watch_job_trouble(job), "logs of blocks %" PRIu64 " to %" PRIu64 ": %s",
                  job->from, job->to, job->range.why);
    switch (err) {
    case CW_OK:
    case CW_ERR_INPUT:
    case CW_ERR_IO:
    case CW_ERR_BUSY:
    case CW_ERR_SCHEMA:
    case CW_ERR_BEHIND:
    case CW_ERR_CONTRADICTED:
    case CW_ERR_MEMORY:
        break;
    case CW_ERR_LIMIT:
    case CW_ERR_TRANSPORT:
    case CW_ERR_OVERLOADED:
    case CW_ERR_REFUSED:
    case CW_ERR_REVERTED:
        patient = err == CW_ERR_TRANSPORT || err == CW_ERR_OVERLOADED;
        /* Nobody answers at all: that is not the size's fault. */
        if (!patient || !watch->troubles[WATCH_TROUBLE_HEAD][0])
            shrink(&watch->past, job->to - job->from + 1);
        break;
    }
    watch_range_drop(job);
    watch_job_drop(job);
    if (patient)
        watch_retry(job);
    else
        watch_go_on_after(job, WATCH_RETRY_MS);
}

static void range_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_job *job = ctx;
    struct watch_range *range = &job->range;
    range->call = 0;
    watch_copy_label(range->endpoint, result->endpoint);
    if (result->err != CW_OK) {
        range->err = result->err;
        snprintf(range->why, sizeof range->why, "%s",
                 result->text ? result->text : cw_err_name(result->err));
    }
    if (range->err == CW_OK) {
        range->ready = true;
        grow(job->watch, job->to - job->from + 1);
        watch_past_logs(job);
    } else {
        refused(job);
    }
}

void watch_range_ask(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    struct watch_range *range = &job->range;
    const uint64_t from = job->low, to = job->to;
    watch_range_drop(job);
    watch_job_begin(job, from, to);
    job->state = WATCH_JOB_LOGS;
    struct cw_buf params;
    cw_buf_init(&params, WATCH_PARAMS_BYTES);
    cw_eth_params_logs(&params, watch->filters, watch->filters_n, (struct cw_block_number){from},
                       (struct cw_block_number){to});
    struct cw_rpc_request request = {
        .method = "eth_getLogs",
        .params = cw_buf_cstr(&params),
        .class_ = CW_RPC_HEAVY,
        .give_up_ms = WATCH_GIVE_UP_MS,
        .not_operator = watch_past_not_operator(watch, from, to),
        .check = check_range,
        .done = range_done,
        .ctx = job,
    };
    range->call = request.params ? cw_rpc_submit(watch->config.rpc, &request) : 0;
    cw_buf_done(&params);
    if (range->call == 0)
        watch_job_fail(job, "out of memory");
}
