#include "watch/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void range_drop(struct watch_range *range) {
    if (range->call)
        cw_rpc_cancel(range->watch->config.rpc, range->call);
    free(range->claims);
    *range = (struct watch_range){.watch = range->watch};
}

void watch_ranges_drop(struct cw_watch *watch) {
    range_drop(&watch->ranges[0]);
    range_drop(&watch->ranges[1]);
}

static enum cw_err log_refused(struct cw_error *error, const struct cw_log *log, const char *why) {
    return cw_error_set(error, CW_ERR_CONTRADICTED, "%s: log %" PRIu64 " of block %" PRIu64 " %s",
                        cw_finding_kind_name(CW_FINDING_LOGS_FORGED), log->log_index,
                        log->block.number.v, why);
}

/* Blocks with their claims; logs ascend by block and index. */
static enum cw_err sort_claims(struct watch_range *range, const struct cw_log *logs, size_t n,
                               struct cw_error *error) {
    size_t blocks = 0;
    for (size_t i = 0; i < n; i++) {
        const struct cw_log *log = &logs[i];
        if (log->block.number.v < range->from || log->block.number.v > range->to)
            return log_refused(error, log, "is not in the range that was asked for");
        if (!watch_filter_match(range->watch, &log->address, log->topics, log->topics_n))
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
    struct watch_range *range = ctx;
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
        err = sort_claims(range, logs, n, error);
    cw_arena_done(&scratch);
    if (err != CW_ERR_MEMORY && err != CW_ERR_LIMIT)
        return err;
    /* Too much for us: no fault of the endpoint, a smaller range will do. */
    range->err = CW_ERR_LIMIT;
    snprintf(range->why, sizeof range->why, "too many logs for one range");
    return CW_OK;
}

static void range_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_range *range = ctx;
    range->call = 0;
    range->ready = true;
    watch_copy_label(range->endpoint, result->endpoint);
    if (result->err != CW_OK) {
        range->err = result->err;
        snprintf(range->why, sizeof range->why, "%s",
                 result->text ? result->text : cw_err_name(result->err));
    }
    watch_sync(range->watch);
}

static void range_ask(struct watch_range *range, uint64_t from, uint64_t to) {
    struct cw_watch *watch = range->watch;
    range_drop(range);
    range->used = true;
    range->from = from;
    range->to = to;
    struct cw_buf params;
    cw_buf_init(&params, WATCH_PARAMS_BYTES);
    cw_eth_params_logs(&params, watch->filters, watch->filters_n, (struct cw_block_number){from},
                       (struct cw_block_number){to});
    struct cw_rpc_request request = {
        .method = "eth_getLogs",
        .params = cw_buf_cstr(&params),
        .class_ = CW_RPC_HEAVY,
        .give_up_ms = WATCH_GIVE_UP_MS,
        .check = check_range,
        .done = range_done,
        .ctx = range,
    };
    range->call = request.params ? cw_rpc_submit(watch->config.rpc, &request) : 0;
    cw_buf_done(&params);
    if (range->call == 0) {
        range->ready = true;
        range->err = CW_ERR_MEMORY;
        snprintf(range->why, sizeof range->why, "out of memory");
    }
}

static uint64_t range_end(const struct cw_watch *watch, uint64_t from, uint64_t final) {
    uint64_t left = final - from;
    return left < watch->log_range ? final : from + watch->log_range - 1;
}

/* Refused: a smaller one next time. At one block its headers are followed instead. */
static void range_failed(struct cw_watch *watch, struct watch_range *range) {
    watch_trouble(watch, WATCH_TROUBLE_JOB, "logs of blocks %" PRIu64 " to %" PRIu64 ": %s",
                  range->from, range->to, range->why);
    uint64_t size = range->to - range->from + 1;
    bool patient = true;
    switch (range->err) {
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
        /* Nobody answers at all: that is not the size's fault. */
        if ((range->err == CW_ERR_TRANSPORT || range->err == CW_ERR_OVERLOADED) &&
            watch->troubles[WATCH_TROUBLE_HEAD][0])
            break;
        watch->ranges_good = 0;
        if (size > 1)
            watch->log_range = size / 2;
        else
            watch->live_until = range->to + WATCH_JOB_BLOCKS - 1;
        patient = range->err == CW_ERR_TRANSPORT || range->err == CW_ERR_OVERLOADED;
        break;
    }
    watch_ranges_drop(watch);
    if (patient)
        watch_retry(watch);
    else
        watch_sync_after(watch, WATCH_RETRY_MS);
}

/* The next blocks with logs, at most as many as a job takes; the range's last block closes it. */
static void range_part(struct cw_watch *watch, struct watch_range *range, uint64_t next) {
    size_t at = 0;
    while (at < range->claims_n && range->claims[at].number < next)
        at++;
    size_t left = range->claims_n - at;
    bool whole = left <= WATCH_JOB_BLOCKS;
    size_t take = whole ? left : WATCH_JOB_BLOCKS;
    uint64_t to = whole ? range->to : range->claims[at + take - 1].number;
    watch_job_begin(watch, false, next, to);
    watch_copy_label(watch->job.claimed_by, range->endpoint);
    for (size_t i = 0; i < take; i++) {
        struct watch_slot *slot = watch_job_slot(watch, range->claims[at + i].number);
        slot->claimed = true;
        slot->claim = range->claims[at + i];
    }
    if (take == 0 || range->claims[at + take - 1].number < to)
        watch_job_slot(watch, to)->claimed = true;
    watch_job_run(watch);
}

void watch_range_step(struct cw_watch *watch, uint64_t next, uint64_t final) {
    struct watch_range *now = &watch->ranges[watch->range_now];
    struct watch_range *ahead = &watch->ranges[1 - watch->range_now];
    if (!now->used && ahead->used && ahead->from == next) {
        watch->range_now = 1 - watch->range_now;
        struct watch_range *swap = now;
        now = ahead;
        ahead = swap;
    }
    if (!now->used || next < now->from || next > now->to) {
        watch_ranges_drop(watch);
        range_ask(now, next, range_end(watch, next, final));
    }
    if (!now->ready)
        return;
    if (now->err != CW_OK) {
        range_failed(watch, now);
        return;
    }
    if (next == now->from) {
        uint64_t size = now->to - now->from + 1, max = watch->config.log_range_max;
        if (size >= watch->log_range && ++watch->ranges_good >= WATCH_RANGES_GOOD) {
            watch->ranges_good = 0;
            watch->log_range = watch->log_range > max / 2 ? max : 2 * watch->log_range;
        }
    }
    if (!ahead->used && now->to < final)
        range_ask(ahead, now->to + 1, range_end(watch, now->to + 1, final));
    range_part(watch, now, next);
}

void watch_range_taken(struct cw_watch *watch) {
    struct watch_range *now = &watch->ranges[watch->range_now];
    if (now->used && watch->has_cursor && watch->cursor >= now->to)
        range_drop(now);
}
