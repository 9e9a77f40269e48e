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

/* --- the job --- */

void watch_job_drop(struct cw_watch *watch) {
    struct watch_job *job = &watch->job;
    for (size_t i = 0; i < job->n; i++) {
        if (job->slots[i].call)
            cw_rpc_cancel(watch->config.rpc, job->slots[i].call);
        cw_quorum_cancel(job->slots[i].asked);
    }
    job->n = 0;
    job->open = 0;
    job->next = 0;
    job->state = WATCH_JOB_NONE;
    job->contradicted_by[0] = '\0';
    job->batch = (struct cw_watch_batch){0};
    cw_arena_done(&job->arena);
    cw_arena_init(&job->arena, WATCH_LOGS_BYTES);
}

void watch_job_fail(struct cw_watch *watch, const char *why) {
    watch_trouble(watch, WATCH_TROUBLE_JOB, "%s", why);
    watch_job_drop(watch);
    watch_retry(watch);
}

void watch_job_begin(struct cw_watch *watch, bool live, uint64_t from, uint64_t to) {
    watch_job_drop(watch);
    watch->job.live = live;
    watch->job.from = from;
    watch->job.to = to;
    watch->job.anchor = (struct cw_block_ref){0};
    watch->job.anchored = 0;
    watch->job.child_agreed = false;
}

struct watch_slot *watch_job_slot(struct cw_watch *watch, uint64_t number) {
    struct watch_job *job = &watch->job;
    assert(job->n < CW_COUNT(job->slots));
    struct watch_slot *slot = &job->slots[job->n++];
    *slot = (struct watch_slot){.watch = watch, .number = number};
    return slot;
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
    const struct cw_watch *watch = slot->watch;
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
    err = take_logs(slot, &slot->watch->job.arena, receipts, n, value, &found, error);
    if (err == CW_ERR_INPUT)
        return cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_MALFORMED));
    if (err != CW_OK)
        return err;
    slot->logs = found.logs;
    slot->logs_n = found.n;
    slot->explained = true;
    if (slot->claimed &&
        (found.n != slot->claim.n || !cw_hash32_equal(&found.claim.digest, &slot->claim.digest)))
        watch_finding(
            slot->watch, found.n > slot->claim.n ? CW_FINDING_LOGS_OMITTED : CW_FINDING_LOGS_FORGED,
            slot->watch->job.claimed_by, "eth_getLogs",
            "block %" PRIu64 ": %" PRIu32 " logs in the answer, %zu in the receipts%s",
            slot->number, slot->claim.n, found.n, found.n == slot->claim.n ? ", not the same" : "");
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

static void receipts_go_on(struct cw_watch *watch);

static void receipts_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    slot->call = 0;
    slot->watch->job.open--;
    if (result->err != CW_OK) {
        slot->explained = false;
        slot->err = result->err;
        snprintf(slot->why, sizeof slot->why, "receipts of block %" PRIu64 ": %s", slot->number,
                 result->text ? result->text : cw_err_name(result->err));
    }
    if (slot->explained && slot->logs_n == 0)
        slot->watch->false_blooms++;
    receipts_go_on(slot->watch);
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
        .check = check_receipts,
        .done = receipts_done,
        .ctx = slot,
    };
    slot->call = cw_rpc_submit(slot->watch->config.rpc, &request);
    if (slot->call == 0) {
        slot->err = CW_ERR_MEMORY;
        snprintf(slot->why, sizeof slot->why, "out of memory");
        return;
    }
    slot->watch->job.open++;
}

/* True when nothing is left to be asked about the slot; false when its receipts have to be seen. */
static bool explained_by_header(struct watch_slot *slot) {
    if (bloom_match(slot->watch, &slot->block.bloom))
        return false;
    if (slot->claimed && slot->claim.n > 0)
        watch_finding(
            slot->watch, CW_FINDING_LOGS_FORGED, slot->watch->job.claimed_by, "eth_getLogs",
            "block %" PRIu64 ": %" PRIu32 " logs in the answer, none by the header's bloom",
            slot->number, slot->claim.n);
    slot->explained = true;
    return true;
}

/* The blocks before the first one that is not explained make the batch. */
static void make_batch(struct cw_watch *watch) {
    struct watch_job *job = &watch->job;
    size_t good = 0, logs_n = 0;
    while (good < job->n && job->slots[good].explained)
        logs_n += job->slots[good++].logs_n;
    if (good == 0) {
        watch_job_fail(watch, job->slots[0].why);
        return;
    }
    if (good < job->n) {
        watch_trouble(watch, WATCH_TROUBLE_JOB, "%s", job->slots[good].why);
        job->to = job->slots[good - 1].number;
    } else {
        watch->failures = 0;
        watch_trouble(watch, WATCH_TROUBLE_JOB, "%s", "");
    }
    struct cw_store_header *headers = cw_arena_array(&job->arena, good, sizeof *headers);
    struct cw_log *logs = cw_arena_array(&job->arena, logs_n, sizeof *logs);
    if (!headers || !logs) {
        watch_job_fail(watch, "out of memory");
        return;
    }
    size_t at = 0;
    for (size_t i = 0; i < good; i++) {
        headers[i] = job->slots[i].block.h;
        for (size_t k = 0; k < job->slots[i].logs_n; k++)
            logs[at++] = job->slots[i].logs[k];
    }
    const struct cw_block_ref *final = watch_final(watch);
    bool is_final = watch_quorate(watch) ? job->to <= job->anchored
                                         : final && !watch->polls[WATCH_FINAL].doubtful &&
                                               job->to <= final->number.v;
    job->batch = (struct cw_watch_batch){
        .from = {job->from},
        .to = {job->to},
        .headers = headers,
        .headers_n = good,
        .logs = logs,
        .logs_n = logs_n,
        .final = is_final,
    };
    job->state = WATCH_JOB_OFFER;
    watch_offer(watch);
}

static void receipts_go_on(struct cw_watch *watch) {
    struct watch_job *job = &watch->job;
    while (job->next < job->n && job->open < WATCH_RECEIPTS) {
        struct watch_slot *slot = &job->slots[job->next];
        if (job->next > 0 && job->slots[job->next - 1].err != CW_OK) {
            job->next = job->n; /* what comes behind can't be handed over now */
            break;
        }
        job->next++;
        if (!explained_by_header(slot))
            ask_receipts(slot);
    }
    if (job->open == 0 && job->next == job->n)
        make_batch(watch);
}

/* --- headers --- */

/* The final head's own header must be what was called final. */
static bool final_agrees(struct cw_watch *watch, const struct watch_slot *slot) {
    const struct watch_poll *poll = &watch->polls[WATCH_FINAL];
    if (!poll->have || poll->claim.h.ref.number.v != slot->number ||
        cw_hash32_equal(&poll->claim.h.ref.hash, &slot->block.h.ref.hash))
        return true;
    watch_finding(watch, CW_FINDING_FINAL_MISMATCH, poll->endpoint, "eth_getBlockByNumber",
                  "the finalized block %" PRIu64 " has another hash than block %" PRIu64
                  " by its number from %s",
                  slot->number, slot->number, slot->endpoint);
    return false;
}

static void headers_end(struct cw_watch *watch) {
    struct watch_job *job = &watch->job;
    const struct cw_store_header *top = watch_window_top(&watch->window);
    const struct cw_store_header *below = top;
    size_t good = 0;
    if (watch_quorate(watch) && !watch_anchor_job(watch))
        return;
    for (; good < job->n; good++) {
        struct watch_slot *slot = &job->slots[good];
        if (!slot->have)
            break;
        bool adjacent = below && below->ref.number.v + 1 == slot->number;
        if (adjacent && !cw_hash32_equal(&below->ref.hash, &slot->block.h.parent)) {
            if (good == 0) {
                watch_walk(watch, top->ref.number.v, &slot->block, slot->endpoint);
                return;
            }
            break; /* the next round looks into it */
        }
        if (!adjacent && !watch_quorate(watch) && !final_agrees(watch, slot)) {
            watch->polls[WATCH_FINAL].have = false; /* read again before anything rests on it */
            watch->tags_due = true;
            snprintf(slot->why, sizeof slot->why, "block %" PRIu64 " contradicts the final head",
                     slot->number);
            break;
        }
        below = &slot->block.h;
    }
    if (good == 0) {
        watch_job_fail(watch, job->slots[0].why);
        return;
    }
    watch->mixed = 0;
    if (good < job->n) {
        for (size_t i = good; i < job->n; i++)
            job->slots[i].have = false;
        job->n = good;
        job->to = job->slots[good - 1].number;
    }
    job->state = WATCH_JOB_RECEIPTS;
    job->next = 0;
    receipts_go_on(watch);
}

static void header_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    if (watch_header_ended(slot, result))
        headers_end(slot->watch);
}

/* Operators that must agree on it: as many as the quorum has where its links do not tell. */
static unsigned operators_for(const struct cw_watch *watch, size_t i) {
    const struct watch_job *job = &watch->job;
    bool linked = job->live && i + 1 < job->n;
    bool below_final = job->slots[i].number < job->anchor.number.v;
    return watch_quorate(watch) && below_final && !linked ? watch->config.quorum : 1;
}

void watch_job_run(struct cw_watch *watch) {
    struct watch_job *job = &watch->job;
    const struct watch_poll *latest = &watch->polls[WATCH_LATEST];
    job->state = WATCH_JOB_HEADERS;
    if (watch_quorate(watch))
        job->anchor = *watch_final(watch);
    for (size_t i = 0; i < job->n; i++) {
        struct watch_slot *slot = &job->slots[i];
        if (latest->have && latest->claim.h.ref.number.v == slot->number) {
            slot->block = latest->claim;
            slot->have = true;
            watch_copy_label(slot->endpoint, latest->endpoint);
        } else {
            watch_header_ask(slot, operators_for(watch, i), false, header_done);
        }
    }
    if (job->open == 0)
        headers_end(watch);
}
