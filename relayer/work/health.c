/* The store is told what happened since it was told last, so that its counts go on over restarts
 * and a write that failed is made up for by the next one. */
#include "work/internal.h"

#include <stdio.h>
#include <stdlib.h>

#define WRITE_EVERY_MS 5000u
#define METHODS_MAX    64u /* more than the client tells apart */

struct counted {
    uint64_t calls, failures;
};

/* As the store has it, of one endpoint. */
struct written {
    uint64_t contradictions;
    struct counted methods[METHODS_MAX];
};

struct health {
    size_t n;
    struct written *old, *new; /* new becomes old once it is committed */
    bool has_head;
    uint64_t head, false_blooms;
    uint64_t new_head;
    uint64_t new_false_blooms;
};

/* The i-th endpoint of the chain: those that are read from, then those that only take
 * transactions. */
static const struct cw_rpc *client_of(const struct chain *chain, size_t *i) {
    size_t n = cw_rpc_endpoints(chain->rpc);
    if (*i < n)
        return chain->rpc;
    *i -= n;
    return chain->send;
}

enum cw_err health_new(struct chain *chain, struct cw_error *error) {
    struct health *health = calloc(1, sizeof *health);
    chain->health = health;
    if (health) {
        health->n = cw_rpc_endpoints(chain->rpc) +
                    (chain->send ? cw_rpc_endpoints(chain->send) : 0);
        health->old = calloc(health->n, sizeof *health->old);
        health->new = calloc(health->n, sizeof *health->new);
    }
    if (!health || !health->old || !health->new)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    return cw_store_endpoints_retire(chain->relay->store, chain->row, error);
}

void health_free(struct health *health) {
    if (!health)
        return;
    free(health->old);
    free(health->new);
    free(health);
}

static enum cw_err write_calls(const struct chain *chain, size_t i, int64_t row,
                               struct cw_error *error) {
    const struct written *old = &chain->health->old[i];
    struct written *new = &chain->health->new[i];
    size_t of = i;
    const struct cw_rpc *client = client_of(chain, &of);
    size_t n = cw_rpc_methods(client, of);
    enum cw_err err = CW_OK;
    for (size_t m = 0; err == CW_OK && m < n && m < METHODS_MAX; m++) {
        struct cw_rpc_method_status status;
        cw_rpc_method_status(client, of, m, &status);
        new->methods[m] = (struct counted){status.calls, status.failures};
        struct cw_store_calls calls = {.endpoint = row,
                                       .calls = status.calls - old->methods[m].calls,
                                       .failures = status.failures - old->methods[m].failures};
        snprintf(calls.method, sizeof calls.method, "%s", status.method);
        if (calls.calls > 0 || calls.failures > 0)
            err = cw_store_calls_add(chain->relay->store, &calls, error);
    }
    return err;
}

static enum cw_err write_endpoint(const struct chain *chain, size_t i, struct cw_error *error) {
    struct health *health = chain->health;
    struct cw_rpc_endpoint_status status;
    size_t of = i;
    const struct cw_rpc *client = client_of(chain, &of);
    cw_rpc_endpoint_status(client, of, &status);
    struct cw_store_endpoint endpoint = {
        .chain = chain->row,
        .position = i,
        .quick_ms = status.quick_ms,
        .heavy_ms = status.heavy_ms,
        .answers = status.answers,
        .bad = status.bad,
        .has_lag = status.has_head,
        .lag = status.lag,
        .contradictions = status.contradictions - health->old[i].contradictions,
    };
    snprintf(endpoint.label, sizeof endpoint.label, "%s%s", client == chain->rpc ? "" : SEND_PREFIX,
             status.label);
    snprintf(endpoint.state, sizeof endpoint.state, "%s", cw_rpc_state_name(status.state));
    if (status.state != CW_RPC_WELL)
        snprintf(endpoint.reason, sizeof endpoint.reason, "%s",
                 status.state == CW_RPC_LAST ? status.why_last : status.last_error);
    health->new[i].contradictions = status.contradictions;
    int64_t row = 0;
    enum cw_err err = cw_store_endpoint_put(chain->relay->store, &endpoint, wall_ms(chain->relay),
                                            &row, error);
    return err == CW_OK ? write_calls(chain, i, row, error) : err;
}

/* How far the head moved since; nothing at the first look, for nobody was asked before. */
static enum cw_err write_blocks(const struct chain *chain, struct cw_error *error) {
    struct health *health = chain->health;
    const struct cw_heads *heads = cw_watch_heads(chain->watch);
    struct cw_watch_progress progress;
    cw_watch_progress(chain->watch, &progress);
    health->new_false_blooms = progress.false_blooms;
    health->new_head = heads ? heads->latest.number.v : 0;
    uint64_t blocks = 0;
    if (health->has_head && health->new_head > health->head)
        blocks = health->new_head - health->head;
    uint64_t false_blooms = health->new_false_blooms - health->false_blooms;
    if (blocks == 0 && false_blooms == 0)
        return CW_OK;
    return cw_store_blocks_add(chain->relay->store, chain->row, blocks, false_blooms, error);
}

static enum cw_err write_late(const struct cw_relay *relay, const struct cw_loop_late *late,
                              struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < CW_LOOP_LATE; i++) {
        const struct cw_store_late more = {cw_loop_late_ms[i], late->n[i] - relay->late.n[i],
                                           late->sum_ms[i] - relay->late.sum_ms[i]};
        if (more.n > 0)
            err = cw_store_late_add(relay->store, &more, error);
    }
    return err;
}

static void is_written(struct health *health) {
    struct written *new = health->new;
    health->new = health->old;
    health->old = new;
    health->false_blooms = health->new_false_blooms;
    if (health->new_head > health->head || !health->has_head)
        health->head = health->new_head;
    health->has_head = health->has_head || health->new_head > 0;
}

void health_write(struct cw_relay *relay, bool now) {
    uint64_t ms = monotonic_ms(relay);
    if (!now && ms - relay->health_written_ms < WRITE_EVERY_MS)
        return;
    relay->health_written_ms = ms;
    struct cw_error error;
    const struct cw_loop_late late = *cw_loop_late(relay->loop);
    enum cw_err err = cw_store_begin(relay->store, &error);
    if (err == CW_OK) {
        err = write_late(relay, &late, &error);
        for (size_t i = 0; err == CW_OK && i < relay->chains_n; i++) {
            const struct chain *chain = &relay->chains[i];
            for (size_t k = 0; err == CW_OK && k < chain->health->n; k++)
                err = write_endpoint(chain, k, &error);
            if (err == CW_OK)
                err = write_blocks(chain, &error);
        }
        err = cw_store_end(relay->store, err, &error);
    }
    for (size_t i = 0; err == CW_OK && i < relay->chains_n; i++)
        is_written(relay->chains[i].health);
    if (err == CW_OK)
        relay->late = late;
    else
        cw_log(CW_LOG_ERROR, "relay", "calls of the endpoints not written: %s", error.text);
}
