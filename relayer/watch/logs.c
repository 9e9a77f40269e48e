#include "watch/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <causeway/keccak.h>

/* --- filters --- */

bool watch_filter_match(const struct cw_watch *watch, const struct cw_addr20 *address,
                        const struct cw_hash32 *topics, size_t topics_n) {
    if (topics_n == 0)
        return false;
    for (size_t i = 0; i < watch->filters_n; i++) {
        const struct cw_filter *filter = &watch->filters[i];
        if (!cw_addr20_equal(&filter->address, address))
            continue;
        for (size_t k = 0; k < filter->topics_n; k++)
            if (cw_hash32_equal(&filter->topics[k], &topics[0]))
                return true;
    }
    return false;
}

static bool bloom_match(const struct cw_watch *watch, const struct cw_bloom *bloom) {
    for (size_t i = 0; i < watch->filters_n; i++) {
        const struct cw_filter *filter = &watch->filters[i];
        if (!cw_bloom_may_contain(bloom, cw_slice_of(filter->address.b, 20)))
            continue;
        for (size_t k = 0; k < filter->topics_n; k++)
            if (cw_bloom_may_contain(bloom, cw_slice_of(filter->topics[k].b, 32)))
                return true;
    }
    return false;
}

void watch_claim_add(struct watch_claim *claim, const struct cw_addr20 *address,
                     const struct cw_hash32 *topics, size_t topics_n, struct cw_slice data,
                     uint64_t index) {
    uint8_t place[16];
    for (size_t i = 0; i < 8; i++) {
        place[i] = (uint8_t)(index >> (8 * i));
        place[8 + i] = (uint8_t)((uint64_t)topics_n >> (8 * i));
    }
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(claim->digest.b, 32));
    cw_keccak_update(&hash, cw_slice_of(place, sizeof place));
    cw_keccak_update(&hash, cw_slice_of(address->b, 20));
    for (size_t i = 0; i < topics_n; i++)
        cw_keccak_update(&hash, cw_slice_of(topics[i].b, 32));
    cw_keccak_update(&hash, data);
    cw_keccak_final(&claim->digest, &hash);
    claim->n++;
}

/* --- receipts --- */

/* The logs of one block that a filter asks for, with the place that they have in it; memory from
 * arena. */
struct found {
    struct cw_log *logs;
    size_t n;
    struct watch_claim claim;
};

static size_t count_matches(const struct cw_watch *watch, const struct cw_receipt *receipts,
                            size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < receipts[i].n_logs; k++) {
            const struct cw_receipt_log *log = &receipts[i].logs[k];
            count += watch_filter_match(watch, &log->address, log->topics, log->n_topics);
        }
    return count;
}

static enum cw_err take_logs(struct watch_slot *slot, struct cw_arena *arena,
                             const struct cw_receipt *receipts, size_t n,
                             const struct cw_json *value, struct found *ret,
                             struct cw_error *error) {
    const struct cw_watch *watch = slot->job->watch;
    struct found found = {0};
    size_t count = count_matches(watch, receipts, n);
    found.logs = cw_arena_array(arena, count, sizeof *found.logs);
    if (!found.logs)
        return CW_ERR_MEMORY;
    uint64_t index = 0;
    const struct cw_json *json = cw_json_first(value);
    for (size_t i = 0; i < n; i++, json = cw_json_next(json)) {
        for (size_t k = 0; k < receipts[i].n_logs; k++, index++) {
            const struct cw_receipt_log *log = &receipts[i].logs[k];
            if (!watch_filter_match(watch, &log->address, log->topics, log->n_topics))
                continue;
            struct cw_log *out = &found.logs[found.n++];
            *out = (struct cw_log){.address = log->address,
                                   .topics_n = log->n_topics,
                                   .data = cw_arena_copy(arena, log->data),
                                   .block = slot->block.h.ref,
                                   .log_index = index};
            memcpy(out->topics, log->topics, log->n_topics * sizeof log->topics[0]);
            if (log->data.n > 0 && !out->data.p)
                return CW_ERR_MEMORY;
            enum cw_err err = cw_eth_hash32(&out->tx_hash, cw_json_get(json, "transactionHash"),
                                            error);
            if (err != CW_OK) {
                /* a missing member must not look like an absent block */
                if (err == CW_ERR_BEHIND)
                    cw_error_set(error, CW_ERR_INPUT, "receipt without transactionHash");
                return CW_ERR_INPUT;
            }
            watch_claim_add(&found.claim, &log->address, log->topics, log->n_topics, log->data,
                            index);
        }
    }
    *ret = found;
    return CW_OK;
}

static enum cw_err read_receipts(struct watch_slot *slot, struct cw_arena *scratch,
                                 const struct cw_json *value, struct cw_error *error) {
    struct cw_receipt *receipts = NULL;
    size_t n = 0;
    enum cw_err err = cw_eth_receipts(&receipts, &n, scratch, value, error);
    if (err == CW_ERR_INPUT)
        return cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_MALFORMED));
    if (err != CW_OK)
        return err;
    const struct watch_block *block = &slot->block;
    struct cw_judgement judgement = cw_receipts_verify(scratch, &block->receipts_root, receipts, n);
    if (judgement.verdict == CW_UNDECIDED)
        return CW_ERR_MEMORY;
    if (judgement.verdict == CW_INVALID) {
        char hash[CW_HEX_SIZE(32)];
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "%s: %zu receipts of block %" PRIu64 " %s are not the header's: %s",
                            cw_finding_kind_name(CW_FINDING_RECEIPTS_ROOT), n, slot->number,
                            cw_hex_encode(hash, cw_slice_of(block->h.ref.hash.b, 32)),
                            judgement.reason);
    }
    struct found found;
    err = take_logs(slot, &slot->job->arena, receipts, n, value, &found, error);
    if (err == CW_ERR_INPUT)
        return cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_MALFORMED));
    if (err != CW_OK)
        return err;
    slot->logs = found.logs;
    slot->logs_n = found.n;
    slot->explained = true;
    slot->contradicts = slot->claimed &&
                        (found.n != slot->claim.n ||
                         !cw_hash32_equal(&found.claim.digest, &slot->claim.digest));
    return CW_OK;
}

static enum cw_err check_receipts(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct watch_slot *slot = ctx;
    struct cw_arena scratch;
    cw_arena_init(&scratch, WATCH_ANSWER_BYTES);
    slot->explained = false;
    enum cw_err err = read_receipts(slot, &scratch, value, error);
    cw_arena_done(&scratch);
    if (err != CW_ERR_MEMORY && err != CW_ERR_LIMIT)
        return err;
    /* Our shortage, not the endpoint's fault. */
    slot->err = CW_ERR_LIMIT;
    snprintf(slot->why, sizeof slot->why,
             "block %" PRIu64 ": its receipts or logs take too much memory", slot->number);
    return CW_OK;
}

static void go_on(struct watch_job *job);

static void tell_contradiction(const struct watch_slot *slot, struct cw_rpc_said *receipts) {
    char why[120];
    bool omitted = slot->logs_n > slot->claim.n;
    snprintf(why, sizeof why,
             "block %" PRIu64 ": %" PRIu32 " logs in the answer, %zu in the receipts%s",
             slot->number, slot->claim.n, slot->logs_n,
             slot->logs_n == slot->claim.n ? ", not the same" : "");
    watch_range_caught(slot, omitted ? CW_FINDING_LOGS_OMITTED : CW_FINDING_LOGS_FORGED, receipts,
                       false, why);
}

static void receipts_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    slot->call = 0;
    slot->job->open--;
    if (result->err != CW_OK) {
        slot->explained = false;
        slot->err = result->err;
        snprintf(slot->why, sizeof slot->why, "receipts of block %" PRIu64 ": %s", slot->number,
                 result->text ? result->text : cw_err_name(result->err));
    }
    if (slot->explained && slot->contradicts)
        tell_contradiction(slot, result->said);
    if (slot->explained && slot->logs_n == 0)
        slot->job->watch->false_blooms++;
    const struct cw_watch_config *config = &slot->job->watch->config;
    if (slot->explained && !slot->job->past && config->receipts)
        config->receipts(config->ctx, &slot->block.h.ref, result->value);
    go_on(slot->job);
}

static void ask_receipts(struct watch_slot *slot) {
    char params[CW_HEX_SIZE(32) + 8], hash[CW_HEX_SIZE(32)];
    snprintf(params, sizeof params, "[\"%s\"]",
             cw_hex_encode(hash, cw_slice_of(slot->block.h.ref.hash.b, 32)));
    struct cw_rpc_request request = {
        .method = "eth_getBlockReceipts",
        .params = params,
        .class_ = CW_RPC_HEAVY,
        .give_up_ms = WATCH_GIVE_UP_MS,
        .keep = slot->claimed ? CW_RPC_SAID_MAX : 0, /* what eth_getLogs is held against */
        .check = check_receipts,
        .done = receipts_done,
        .ctx = slot,
    };
    slot->call = cw_rpc_submit(slot->job->watch->config.rpc, &request);
    if (slot->call == 0) {
        slot->err = CW_ERR_MEMORY;
        snprintf(slot->why, sizeof slot->why, "out of memory");
        return;
    }
    slot->job->open++;
}

/* True when nothing is left to be asked about the slot; false when its receipts have to be seen. */
static bool explained_by_header(struct watch_slot *slot) {
    if (bloom_match(slot->job->watch, &slot->block.bloom))
        return false;
    if (slot->claimed && slot->claim.n > 0) {
        char why[120];
        snprintf(why, sizeof why,
                 "block %" PRIu64 ": %" PRIu32 " logs in the answer, none by the header's bloom",
                 slot->number, slot->claim.n);
        watch_range_caught(slot, CW_FINDING_LOGS_FORGED, NULL, false, why);
    }
    slot->explained = true;
    return true;
}

bool watch_logs_attach(struct watch_job *job) {
    struct watch_range *range = &job->range;
    size_t at = 0;
    for (size_t i = 0; i < job->n; i++) {
        struct watch_slot *slot = &job->slots[i];
        while (at < range->logs_n && range->logs[at].block.number.v < slot->number)
            at++;
        slot->logs = &range->logs[at];
        slot->logs_n = 0;
        slot->explained = true;
        for (; at < range->logs_n && range->logs[at].block.number.v == slot->number; at++) {
            if (!cw_hash32_equal(&range->logs[at].block.hash, &slot->block.h.ref.hash)) {
                char why[120];
                snprintf(why, sizeof why, "the logs of block %" PRIu64 " are of another fork",
                         slot->number);
                watch_job_fail(job, why);
                return false;
            }
            range->logs[at].block = slot->block.h.ref;
            slot->logs_n++;
        }
    }
    return true;
}

/* The newest of the job's blocks that is final, or a newer one; 0: none is. */
static uint64_t final_upto(const struct watch_job *job) {
    const struct cw_watch *watch = job->watch;
    const struct cw_block_ref *final = watch_final(watch);
    if (job->past)
        return job->to; /* no piece reaches above the final head */
    if (watch_quorate(watch))
        return job->anchored;
    return final && !watch->polls[WATCH_FINAL].doubtful ? final->number.v : 0;
}

/* One block's logs know each other. */
static void join(struct cw_log *logs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        logs[i].beside = logs;
        logs[i].beside_n = n;
    }
}

/* The good first ones, in the order of the slots. */
static bool fill_batch(struct watch_job *job, size_t good) {
    struct cw_watch_batch *batch = &job->batch;
    const uint64_t upto = final_upto(job);
    size_t first = job->past ? job->n - good : 0, logs_n = 0;
    for (size_t i = 0; i < good; i++)
        logs_n += job->slots[first + i].logs_n;
    struct cw_store_header *headers = cw_arena_array(&job->arena, good, sizeof *headers);
    struct cw_log *logs = cw_arena_array(&job->arena, logs_n, sizeof *logs);
    if (!headers || !logs)
        return false;
    for (size_t i = 0; i < good; i++) {
        const struct watch_slot *slot = &job->slots[first + i];
        headers[i] = slot->block.h;
        for (size_t k = 0; k < slot->logs_n; k++) {
            struct cw_log *log = &logs[batch->logs_n++];
            *log = slot->logs[k];
            log->assurance = slot->number <= upto ? cw_watch_assurance(job->watch)
                                                  : CW_ASSURANCE_PROVISIONAL;
        }
        join(&logs[batch->logs_n - slot->logs_n], slot->logs_n);
    }
    batch->logs = logs;
    batch->past = job->past;
    bool told = job->past ? !job->headers : job->range_asked;
    batch->logs_by = told && job->watch->config.mode == CW_MODE_EVENTS ? job->range.endpoint : NULL;
    if (job->past && good > 0 && headers[0].ref.number.v == job->from) {
        job->below = headers[0].parent;
        batch->below = &job->below;
    } else if (!job->past) {
        batch->headers = headers;
        batch->headers_n = good;
    }
    if (job->skips) {
        job->skipped.bound = headers[0].ref.number.v == job->from;
        job->skipped.hash = headers[0].parent;
        batch->skipped = &job->skipped;
    }
    batch->from.v = job->from;
    batch->to.v = job->to;
    batch->final = job->to <= upto;
    return true;
}

/* The blocks before the first one that is not explained make the batch. */
static void make_batch(struct watch_job *job) {
    struct cw_watch *watch = job->watch;
    size_t good = 0;
    while (good < job->n && watch_job_at(job, good)->explained)
        good++;
    if (good < job->n) {
        const struct watch_slot *bad = watch_job_at(job, good);
        if (good == 0) {
            watch_job_fail(job, bad->why);
            return;
        }
        watch_trouble(watch, watch_job_trouble(job), "%s", bad->why);
        if (job->past)
            job->from = bad->number + 1;
        else
            job->to = watch_job_at(job, good - 1)->number;
    } else {
        job->failures = 0;
        watch_trouble(watch, watch_job_trouble(job), "%s", "");
    }
    if (!fill_batch(job, good)) {
        watch_job_fail(job, "out of memory");
        return;
    }
    job->state = WATCH_JOB_OFFER;
    watch_offer(job);
}

static void go_on(struct watch_job *job) {
    const size_t most = job->past ? WATCH_PAST_RECEIPTS : WATCH_RECEIPTS;
    while (job->next < job->n && job->open < most) {
        if (job->next > 0 && watch_job_at(job, job->next - 1)->err != CW_OK) {
            job->next = job->n; /* what comes behind can't be handed over now */
            break;
        }
        struct watch_slot *slot = watch_job_at(job, job->next);
        if (slot->explained || explained_by_header(slot)) {
            job->next++;
            continue;
        }
        if (job->past && watch_live_busy(job->watch))
            break; /* goes on when the live side is through */
        job->next++;
        ask_receipts(slot);
    }
    if (job->open == 0 && job->next == job->n)
        make_batch(job);
}

void watch_receipts(struct watch_job *job) {
    job->state = WATCH_JOB_RECEIPTS;
    go_on(job);
}
