/* What eth_getLogs says about a job's blocks. */
#include "watch/internal.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void watch_range_drop(struct watch_job *job) {
    cw_quorum_cancel(job->range.asked);
    cw_rpc_said_unref(job->range.said);
    free(job->range.claims);
    cw_arena_done(&job->range.arena);
    job->range = (struct watch_range){0};
}

static enum cw_err log_refused(struct cw_error *error, const struct cw_log *log, const char *why) {
    return cw_error_set(error, CW_ERR_CONTRADICTED, "%s: log %" PRIu64 " of block %" PRIu64 " %s",
                        cw_finding_kind_name(CW_FINDING_LOGS_FORGED), log->log_index,
                        log->block.number.v, why);
}

/* One question is put for all filters: any of their contracts with any of their topics. */
static bool was_asked_for(const struct cw_watch *watch, const struct cw_log *log) {
    bool address = false, topic = false;
    for (size_t i = 0; i < watch->filters_n; i++) {
        const struct cw_filter *filter = &watch->filters[i];
        address = address || cw_addr20_equal(&filter->address, &log->address);
        for (size_t k = 0; log->topics_n > 0 && k < filter->topics_n; k++)
            topic = topic || cw_hash32_equal(&filter->topics[k], &log->topics[0]);
    }
    return address && topic;
}

/* Leaves those that a filter wants, *n of them. */
static enum cw_err check_logs(const struct watch_job *job, struct cw_log *logs, size_t *n,
                              struct cw_error *error) {
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        const struct cw_log *log = &logs[i], *before = kept > 0 ? &logs[kept - 1] : NULL;
        if (log->block.number.v < job->from || log->block.number.v > job->to)
            return log_refused(error, log, "is not in the range that was asked for");
        if (!was_asked_for(job->watch, log))
            return log_refused(error, log, "matches no filter");
        if (before && before->block.number.v == log->block.number.v &&
            !cw_hash32_equal(&before->block.hash, &log->block.hash))
            return log_refused(error, log, "has another block hash than the one before it");
        if (watch_filter_match(job->watch, &log->address, log->topics, log->topics_n))
            logs[kept++] = *log;
    }
    *n = kept;
    return CW_OK;
}

/* Blocks with their claims; logs ascend by block and index. */
static enum cw_err sort_claims(struct watch_job *job, const struct cw_log *logs, size_t n) {
    struct watch_range *range = &job->range;
    size_t blocks = 0;
    for (size_t i = 0; i < n; i++)
        blocks += i == 0 || logs[i - 1].block.number.v != logs[i].block.number.v;
    free(range->claims);
    range->claims_n = 0;
    range->claims = calloc(blocks > 0 ? blocks : 1, sizeof *range->claims);
    if (!range->claims)
        return CW_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const struct cw_log *log = &logs[i];
        if (i == 0 || logs[i - 1].block.number.v != log->block.number.v) {
            range->claims[range->claims_n].number = log->block.number.v;
            range->claims[range->claims_n++].block = log->block.hash;
        }
        watch_claim_add(&range->claims[range->claims_n - 1], &log->address, log->topics,
                        log->topics_n, log->data, log->log_index);
    }
    return CW_OK;
}

static enum cw_err read_logs(struct cw_log **ret, size_t *ret_n, struct cw_arena *arena,
                             const struct cw_json *value, struct cw_error *error) {
    enum cw_err err = cw_eth_logs(ret, ret_n, arena, value, error);
    if (err == CW_ERR_INPUT)
        cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_MALFORMED));
    else if (err == CW_ERR_CONTRADICTED)
        cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_LOGS_FORGED));
    return err;
}

/* The logs themselves, where no receipts will give them: from the range's own arena. */
static enum cw_err keep_logs(struct watch_job *job, const struct cw_json *value) {
    struct watch_range *range = &job->range;
    cw_arena_done(&range->arena);
    cw_arena_init(&range->arena, WATCH_LOGS_BYTES);
    enum cw_err err = cw_eth_logs(&range->logs, &range->logs_n, &range->arena, value, NULL);
    return err == CW_OK ? check_logs(job, range->logs, &range->logs_n, NULL) : err;
}

static enum cw_err check_range(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct watch_job *job = ctx;
    struct watch_range *range = &job->range;
    range->err = CW_OK;
    struct cw_arena scratch;
    cw_arena_init(&scratch, WATCH_ANSWER_BYTES);
    struct cw_log *logs = NULL;
    size_t n = 0;
    enum cw_err err = read_logs(&logs, &n, &scratch, value, error);
    if (err == CW_OK)
        err = check_logs(job, logs, &n, error);
    if (err == CW_OK)
        err = sort_claims(job, logs, n);
    cw_arena_done(&scratch);
    if (err == CW_OK && job->watch->config.mode == CW_MODE_QUORUM)
        err = keep_logs(job, value);
    if (err != CW_ERR_MEMORY && err != CW_ERR_LIMIT)
        return err;
    /* Too much for us: no fault of the endpoint, a smaller range will do. */
    range->err = CW_ERR_LIMIT;
    snprintf(range->why, sizeof range->why, "too many logs for one range");
    return CW_OK;
}

/* Whatever is handed over of them. */
static enum cw_err digest_range(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    struct cw_arena scratch;
    struct cw_log *logs = NULL;
    size_t n = 0;
    struct cw_keccak hash;
    (void)ctx;
    cw_arena_init(&scratch, WATCH_ANSWER_BYTES);
    enum cw_err err = cw_eth_logs(&logs, &n, &scratch, value, NULL);
    cw_keccak_init(&hash);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        cw_eth_log_digest(&hash, &logs[i]);
    cw_arena_done(&scratch);
    if (err == CW_OK)
        cw_keccak_final(ret, &hash);
    return err;
}

/* A smaller one next time. Where it was one block already, headers are read instead for a while. */
static void shrink(struct watch_past *past, uint64_t blocks) {
    if (!cw_range_refused(&past->range, blocks))
        past->headers_pieces = WATCH_HEADERS_PIECES; /* none where no bloom can be believed */
}

void watch_range_refused(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    const enum cw_err err = job->range.err;
    bool patient = true;
    watch_trouble(watch, watch_job_trouble(job), "logs of blocks %" PRIu64 " to %" PRIu64 ": %s",
                  job->from, job->to, job->range.why);
    /* Nobody answers at all: that is not the size's fault. */
    if (cw_range_may_do(err, &patient) && (!patient || !watch->troubles[WATCH_TROUBLE_HEAD][0]))
        shrink(&watch->past, job->to - job->from + 1);
    watch_range_drop(job);
    watch_job_drop(job);
    if (patient)
        watch_retry(job);
    else
        watch_go_on_after(job, WATCH_RETRY_MS);
}

/* Every call of the job has ended; the past has no other one. */
static void looked(struct watch_job *job) {
    if (!job->past)
        watch_events_looked(job->watch);
    else if (job->range.ready)
        watch_past_logs(job);
    else
        watch_range_refused(job);
}

static void range_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_job *job = ctx;
    struct watch_range *range = &job->range;
    range->asked = NULL;
    job->open--;
    watch_copy_label(range->endpoint, result->endpoint);
    cw_rpc_said_unref(range->said);
    range->said = cw_rpc_said_ref(result->said);
    if (result->err != CW_OK) {
        range->err = result->err;
        snprintf(range->why, sizeof range->why, "%s",
                 result->text ? result->text : cw_err_name(result->err));
    }
    range->ready = range->err == CW_OK;
    if (range->ready)
        cw_range_taken(&job->watch->past.range, job->to - job->from + 1);
    if (job->open == 0)
        looked(job);
}

/* out is made here. */
static void put_params(struct cw_buf *out, const struct watch_job *job) {
    const struct cw_watch *watch = job->watch;
    cw_buf_init(out, WATCH_PARAMS_BYTES);
    cw_eth_params_logs(out, watch->filters, watch->filters_n,
                       (struct cw_block_number){job->range.from},
                       (struct cw_block_number){job->range.to});
}

void watch_range_caught(const struct watch_slot *slot, enum cw_finding_kind kind,
                        struct cw_rpc_said *receipts, bool accuse, const char *why) {
    const struct watch_range *range = &slot->job->range;
    struct cw_watch *watch = slot->job->watch;
    struct cw_buf params;
    put_params(&params, slot->job);
    const struct watch_case found = {
        .kind = kind,
        .endpoint = range->endpoint,
        .method = "eth_getLogs",
        .params = cw_buf_cstr(&params),
        .said = range->said,
        .against = {watch_heard(watch, &slot->block.h.ref.hash, NULL), receipts},
    };
    if (accuse)
        watch_accuse(watch, &found, "%s", why);
    else
        watch_finding(watch, &found, "%s", why);
    cw_buf_done(&params);
}

void watch_range_ask(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    struct watch_range *range = &job->range;
    struct cw_buf params;
    watch_range_drop(job);
    range->from = job->from;
    range->to = job->to;
    put_params(&params, job);
    const struct cw_quorum_request request = {
        .method = "eth_getLogs",
        .params = cw_buf_cstr(&params),
        .class_ = job->past ? CW_RPC_HEAVY : CW_RPC_QUICK,
        .k = watch_operators(watch),
        .forgives = !job->past,
        .give_up_ms = WATCH_GIVE_UP_MS,
        .not_operator = watch_past_not_operator(watch, job->from, job->to),
        .keep = WATCH_TOLD_BYTES,
        .check = check_range,
        .digest = digest_range,
        .done = range_done,
        .ctx = job,
    };
    job->state = WATCH_JOB_LOGS;
    if (request.params)
        range->asked = cw_quorum_submit(watch->config.rpc, &request);
    cw_buf_done(&params);
    if (range->asked)
        job->open++;
    else
        snprintf(range->why, sizeof range->why, "out of memory");
}
