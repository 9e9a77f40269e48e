#include "watch/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- window --- */

const struct cw_store_header *watch_window_at(const struct watch_window *window, size_t i) {
    assert(i < window->n);
    return &window->ring[(window->first + i) % WATCH_KEPT];
}

const struct cw_store_header *watch_window_top(const struct watch_window *window) {
    return window->n == 0 ? NULL : watch_window_at(window, window->n - 1);
}

bool *watch_window_unsettled(struct watch_window *window, size_t i) {
    assert(i < window->n);
    return &window->unsettled[(window->first + i) % WATCH_KEPT];
}

void watch_window_put(struct watch_window *window, const struct cw_store_header *header,
                      bool unsettled) {
    if (watch_window_find(window, header->ref.number.v))
        return;
    if (window->n == WATCH_KEPT) {
        window->first = (window->first + 1) % WATCH_KEPT;
        window->n--;
    }
    size_t at = window->n++;
    /* Its place is the last one, or near it. */
    for (; at > 0 && watch_window_at(window, at - 1)->ref.number.v > header->ref.number.v; at--) {
        window->ring[(window->first + at) % WATCH_KEPT] = *watch_window_at(window, at - 1);
        *watch_window_unsettled(window, at) = *watch_window_unsettled(window, at - 1);
    }
    window->ring[(window->first + at) % WATCH_KEPT] = *header;
    *watch_window_unsettled(window, at) = unsettled;
}

size_t watch_window_upto(const struct watch_window *window, uint64_t number) {
    size_t low = 0, high = window->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (watch_window_at(window, middle)->ref.number.v <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void watch_window_cut(struct watch_window *window, uint64_t above) {
    window->n = watch_window_upto(window, above);
}

const struct cw_store_header *watch_window_find(const struct watch_window *window,
                                                uint64_t number) {
    size_t upto = watch_window_upto(window, number);
    if (upto == 0)
        return NULL;
    const struct cw_store_header *header = watch_window_at(window, upto - 1);
    return header->ref.number.v == number ? header : NULL;
}

/* --- headers --- */

void watch_copy_label(char out[WATCH_LABEL], const char *label) {
    snprintf(out, WATCH_LABEL, "%s", label ? label : "");
}

/* In the mode quorum without receipts root and bloom, which nobody looks into there. */
static enum cw_err read_block(const struct cw_watch *watch, struct watch_block *ret,
                              const struct cw_json *value, struct cw_error *error) {
    struct cw_header header;
    struct cw_hash32 hash;
    enum cw_err err = cw_eth_header_in(watch->config.mode, &header, &hash, value, error);
    if (err == CW_OK)
        *ret = (struct watch_block){
            .h = {.ref = {header.number, hash, header.timestamp}, .parent = header.parent_hash},
            .receipts_root = header.receipts_root,
            .bloom = header.logs_bloom,
        };
    return err;
}

enum cw_err watch_block_read(const struct cw_watch *watch, struct watch_block *ret,
                             const struct cw_json *value, const uint64_t *number,
                             struct cw_error *error) {
    struct watch_block block;
    enum cw_err err = read_block(watch, &block, value, error);
    if (err == CW_ERR_CONTRADICTED)
        return cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_HEADER_HASH));
    if (err == CW_ERR_INPUT)
        return cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_MALFORMED));
    if (err != CW_OK)
        return err;
    if (number && block.h.ref.number.v != *number)
        return cw_error_set(
            error, CW_ERR_CONTRADICTED, "%s: asked for block %" PRIu64 ", got block %" PRIu64,
            cw_finding_kind_name(CW_FINDING_WRONG_BLOCK), *number, block.h.ref.number.v);
    *ret = block;
    return CW_OK;
}

unsigned watch_operators(const struct cw_watch *watch) {
    return watch->config.mode == CW_MODE_QUORUM ? watch->config.quorum : 1;
}

static enum cw_err check_header(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct watch_slot *slot = ctx;
    slot->have = false;
    enum cw_err err = watch_block_read(slot->job->watch, &slot->block, value, &slot->number, error);
    if (err == CW_OK && slot->bound && !cw_hash32_equal(&slot->block.h.ref.hash, &slot->is))
        err = cw_error_set(error, CW_ERR_CONTRADICTED,
                           "%s: block %" PRIu64 " is not the parent of the block above it",
                           cw_finding_kind_name(CW_FINDING_PARENT_LINK), slot->number);
    slot->have = err == CW_OK;
    return err;
}

static enum cw_err digest_header(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    const struct watch_slot *slot = ctx;
    return cw_eth_header_digest(slot->job->watch->config.mode, ret, value);
}

/* Those who lag or are on another fork may answer otherwise, and honestly. */
static bool provisional(const struct watch_slot *slot) {
    const struct cw_watch *watch = slot->job->watch;
    const struct cw_block_ref *final = watch_final(watch);
    return watch->config.mode == CW_MODE_QUORUM && (!final || slot->number > final->number.v);
}

void watch_header_ask(struct watch_slot *slot, unsigned k, bool everybody,
                      void (*done)(void *, const struct cw_rpc_result *)) {
    struct cw_buf params;
    cw_buf_init(&params, 128);
    cw_eth_params_block_number(&params, (struct cw_block_number){slot->number});
    struct cw_quorum_request request = {
        .method = "eth_getBlockByNumber",
        .params = cw_buf_cstr(&params),
        .class_ = slot->job->past ? CW_RPC_HEAVY : CW_RPC_QUICK,
        .k = k,
        .everybody = everybody,
        .forgives = provisional(slot),
        .keep = WATCH_HEARD_BYTES,
        .check = check_header,
        .digest = digest_header,
        .done = done,
        .ctx = slot,
    };
    if (request.params)
        slot->asked = cw_quorum_submit(slot->job->watch->config.rpc, &request);
    cw_buf_done(&params);
    if (!slot->asked) {
        slot->err = CW_ERR_MEMORY;
        snprintf(slot->why, sizeof slot->why, "out of memory");
        return;
    }
    slot->job->open++;
}

bool watch_header_ended(struct watch_slot *slot, const struct cw_rpc_result *result) {
    slot->asked = NULL;
    slot->err = result->err;
    watch_copy_label(slot->endpoint, result->endpoint);
    if (result->err != CW_OK) {
        slot->have = false;
        snprintf(slot->why, sizeof slot->why, "block %" PRIu64 ": %s", slot->number,
                 result->text ? result->text : cw_err_name(result->err));
    } else if (slot->have) {
        watch_hear(slot->job->watch, &slot->block.h.ref.hash, result->said);
    }
    return --slot->job->open == 0;
}

/* --- seed --- */

static void seed_end(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    struct watch_slot *slot = &job->slots[0];
    if (!slot->have) {
        watch_job_fail(job, slot->why);
        return;
    }
    watch_window_put(&watch->window, &slot->block.h, true);
    watch->checked = true;
    job->failures = 0;
    watch_trouble(watch, WATCH_TROUBLE_JOB, "%s", "");
    watch_job_drop(job);
    watch_heads_update(watch);
    watch_sync(watch);
}

static void seed_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    if (watch_header_ended(slot, result))
        seed_end(slot->job->watch);
}

void watch_seed(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    watch_job_begin(job, watch->cursor, watch->cursor);
    job->state = WATCH_JOB_SEED;
    struct watch_slot *slot = watch_job_slot(job, watch->cursor);
    watch_header_ask(slot, watch->config.quorum, false, seed_done);
    if (job->open == 0)
        seed_end(watch);
}

/* --- walk: the newest kept header that is still on the chain --- */

void watch_roll_back(struct cw_watch *watch, bool beyond, const char *endpoint) {
    struct watch_job *job = &watch->live;
    const uint64_t above = watch->search.above;
    if (beyond) {
        const struct watch_case found = watch_case_of(watch, CW_FINDING_FINAL_REORG, endpoint, NULL,
                                                      NULL);
        watch_finding(
            watch, &found, "blocks above %" PRIu64 " were replaced, %" PRIu64 " had been final%s",
            above, watch->final_max,
            watch->search.ancestor_known ? "" : "; no kept header is on the chain any longer");
        watch_trouble(watch, WATCH_TROUBLE_DEEP,
                      "reorg beyond finality: blocks above %" PRIu64 " were replaced, %" PRIu64
                      " had been final",
                      above, watch->final_max);
    }
    job->batch = (struct cw_watch_batch){
        .rollback = true,
        .above = {above},
        .beyond_final = beyond,
        .bottomless = !watch->search.ancestor_known,
        .from = {above + 1},
        .to = {above},
    };
    job->state = WATCH_JOB_OFFER;
    watch_offer(job);
}

static void roll_back(struct cw_watch *watch, bool ancestor_known, uint64_t above,
                      const char *endpoint) {
    bool beyond = above < watch->final_max;
    watch->search.ancestor_known = ancestor_known;
    watch->search.above = above;
    if (beyond && watch_quorate(watch))
        watch_confirm(watch);
    else
        watch_roll_back(watch, beyond, endpoint);
}

/* child's parent is not the header that the endpoint has below it: two views were mixed, or one
 * lies. Where nothing is final yet a reorg may be under way, and who is a moment behind is no liar.
 */
static void views_mixed(struct cw_watch *watch, const struct watch_block *child,
                        const char *child_endpoint, const struct watch_slot *below) {
    char text[200];
    snprintf(text, sizeof text,
             "headers %" PRIu64 " (%s) and %" PRIu64 " (%s) do not hang together", below->number,
             below->endpoint, child->h.ref.number.v, child_endpoint);
    const bool agreed = watch->search.child_agreed;
    if (agreed && watch->have_heads && below->number <= watch->heads.final.number.v) {
        const struct watch_case found = watch_case_of(watch, CW_FINDING_PARENT_LINK,
                                                      below->endpoint, &below->block.h.ref.hash,
                                                      &child->h.ref.hash);
        watch_accuse(watch, &found,
                     "block %" PRIu64 " is not the parent of the agreed one above it",
                     below->number);
        watch_job_fail(&watch->live, text);
        return;
    }
    watch->polls[WATCH_LATEST].have = false; /* only what is read anew counts once more */
    const struct watch_case found = watch_case_of(watch, CW_FINDING_PARENT_LINK, child_endpoint,
                                                  &child->h.ref.hash, &below->block.h.ref.hash);
    if (++watch->mixed == 3)
        watch_finding(watch, &found, "%s", text);
    if (watch->mixed >= 3 && watch_quorate(watch))
        watch_doubt_block(watch, agreed ? below->number : child->h.ref.number.v);
    else
        watch_job_fail(&watch->live, text);
}

static void walk_ask(struct cw_watch *watch);

/* None of the kept headers is on the chain. */
static void walk_over(struct cw_watch *watch, const char *endpoint) {
    uint64_t lowest = watch_window_at(&watch->window, 0)->ref.number.v;
    roll_back(watch, false, lowest > 0 ? lowest - 1 : 0, endpoint);
}

static void walk_end(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    struct watch_search *search = &watch->search;
    const struct watch_block *child = search->have_child ? &search->child : NULL;
    const char *child_endpoint = search->child_endpoint;
    for (size_t i = 0; i < job->n; i++) {
        const struct watch_slot *slot = &job->slots[i];
        if (!slot->have) {
            watch_job_fail(job, slot->why);
            return;
        }
        if (child && child->h.ref.number.v == slot->number + 1 &&
            !cw_hash32_equal(&child->h.parent, &slot->block.h.ref.hash)) {
            views_mixed(watch, child, child_endpoint, slot);
            return;
        }
        const struct cw_store_header *kept = watch_window_at(&watch->window, search->left - 1);
        if (cw_hash32_equal(&kept->ref.hash, &slot->block.h.ref.hash)) {
            watch->checked = true;
            watch->mixed = 0;
            if (search->left < search->from) {
                roll_back(watch, true, slot->number, slot->endpoint);
                return;
            }
            job->failures = 0;
            watch_trouble(watch, WATCH_TROUBLE_JOB, "%s", "");
            watch_job_drop(job);
            watch_heads_update(watch);
            watch_sync(watch);
            return;
        }
        if (slot->number <= watch->final_max && !search->contradicted_by[0]) {
            watch_copy_label(search->contradicted_by, slot->endpoint);
            search->contradicted_with = slot->block.h.ref.hash;
        }
        assert(child || !search->child_agreed);
        search->child_agreed = search->child_agreed && child->h.ref.number.v == slot->number + 1;
        child = &slot->block;
        child_endpoint = slot->endpoint;
        search->left--;
    }
    if (search->left > 0) {
        assert(child); /* at least one was asked for */
        search->child = *child;
        search->have_child = true;
        watch_copy_label(search->child_endpoint, child_endpoint);
        search->size = search->size == 1 ? 8 : WATCH_JOB_BLOCKS;
        walk_ask(watch);
        return;
    }
    walk_over(watch, job->slots[0].endpoint);
}

static void walk_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_slot *slot = ctx;
    if (watch_header_ended(slot, result))
        walk_end(slot->job->watch);
}

static void walk_ask(struct cw_watch *watch) {
    struct watch_job *job = &watch->live;
    const struct watch_search *search = &watch->search;
    job->n = 0;
    for (size_t i = 0; i < search->size && i < search->left; i++) {
        const struct cw_store_header *kept = watch_window_at(&watch->window, search->left - 1 - i);
        watch_job_slot(job, kept->ref.number.v);
    }
    for (size_t i = 0; i < job->n; i++)
        watch_header_ask(&job->slots[i], watch_operators(watch), false, walk_done);
    if (job->open == 0)
        walk_end(watch);
}

/* skip: as many of the newest kept headers are known to be gone. */
static void walk(struct cw_watch *watch, uint64_t upto, size_t skip, bool agreed,
                 const struct watch_block *child, const char *child_endpoint) {
    struct watch_job *job = &watch->live;
    struct watch_search *search = &watch->search;
    /* child may lie in the job that is dropped here */
    struct watch_block child_copy;
    char label[WATCH_LABEL];
    if (child)
        child_copy = *child;
    watch_copy_label(label, child_endpoint);
    watch_job_begin(job, 0, 0);
    job->state = WATCH_JOB_WALK;
    search->from = watch_window_upto(&watch->window, upto);
    assert(search->from > 0);
    search->left = search->from - skip;
    search->child_agreed = agreed;
    search->size = 1;
    search->have_child = child != NULL;
    if (child)
        search->child = child_copy;
    watch_copy_label(search->child_endpoint, label);
    if (search->left > 0)
        walk_ask(watch);
    else
        walk_over(watch, label);
}

void watch_walk(struct cw_watch *watch, uint64_t upto, const struct watch_block *child,
                const char *child_endpoint) {
    walk(watch, upto, 0, false, child, child_endpoint);
}

void watch_walk_below(struct cw_watch *watch, const struct watch_block *agreed,
                      const char *endpoint) {
    size_t replaced = watch_window_find(&watch->window, agreed->h.ref.number.v) != NULL;
    walk(watch, agreed->h.ref.number.v, replaced, true, agreed, endpoint);
}
