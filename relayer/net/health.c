/* What is known of each endpoint: its calls by method, how its last answers were, how far it is
 * behind. */
#include "net/rpc_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What an endpoint said of its head is held against others for so long. */
#define HEAD_FRESH_MS 300000u

/* --- calls ---------------------------------------------------------------------------------- */

static struct method *method_of(struct endpoint *e, const char *name) {
    for (size_t i = 0; i < e->methods_n; i++) {
        if (strcmp(e->methods[i].name, name) == 0) {
            return &e->methods[i];
        }
    }
    if (e->methods_n == METHODS_MAX) {
        return &e->methods[METHODS_MAX - 1];
    }
    struct method *method = &e->methods[e->methods_n++];
    snprintf(method->name, sizeof(method->name), "%s",
             e->methods_n == METHODS_MAX ? "other" : name);
    return method;
}

void health_called(struct endpoint *e, const char *method) {
    method_of(e, method)->calls++;
}

void health_failed(struct endpoint *e, const char *method) {
    method_of(e, method)->failures++;
}

/* --- answers -------------------------------------------------------------------------------- */

void health_answer(struct endpoint *e, bool good) {
    e->bad = e->bad << 1 | (good ? 0 : 1);
    e->answers += e->answers < ANSWERS_KEPT;
    score_answered(e);
}

/* --- heads ---------------------------------------------------------------------------------- */

static bool head_is_fresh(const struct endpoint *e, uint64_t now) {
    return e->has_head && !e->wrong_chain && !(e->caught && e->aside_until > now) &&
           now - e->head_at <= HEAD_FRESH_MS;
}

/* Operators one of whose endpoints has come to that head lately. */
static unsigned operators_at(const struct cw_rpc *rpc, uint64_t number) {
    uint64_t now = rpc_now(rpc);
    unsigned n = 0;
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        bool again = false;
        const struct endpoint *e = &rpc->endpoints[i];
        for (size_t k = 0; k < i; k++) {
            const struct endpoint *before = &rpc->endpoints[k];
            again = again || (before->operator_ == e->operator_ && head_is_fresh(before, now) &&
                              before->head >= number);
        }
        n += !again && head_is_fresh(e, now) && e->head >= number;
    }
    return n;
}

/* The highest head that two operators have come to, so that one that makes heads up sets nobody
 * back; where only two are heard of, the highest. */
static uint64_t best_head(const struct cw_rpc *rpc) {
    uint64_t best = 0, now = rpc_now(rpc);
    unsigned due = operators_at(rpc, 0) > 2 ? 2 : 1;
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        const struct endpoint *e = &rpc->endpoints[i];
        if (head_is_fresh(e, now) && e->head > best && operators_at(rpc, e->head) >= due) {
            best = e->head;
        }
    }
    return best;
}

/* How long a block takes, from how the best head moves. */
static void pace(struct cw_rpc *rpc, uint64_t best) {
    uint64_t now = rpc_now(rpc);
    if (best == rpc->best) {
        return;
    }
    if (best > rpc->best && rpc->best_at != 0) {
        double took = (double)(now - rpc->best_at) / (double)(best - rpc->best);
        rpc->block_ms = rpc->block_ms == 0 ? took : rpc->block_ms + (took - rpc->block_ms) / 8;
    }
    rpc->best = best;
    rpc->best_at = now;
}

void health_head(struct endpoint *e, uint64_t number) {
    e->has_head = true;
    e->head = number;
    e->head_at = rpc_now(e->rpc);
    uint64_t best = best_head(e->rpc);
    pace(e->rpc, best);
    e->lag = best > number ? best - number : 0;
    score_heard(e);
}

void cw_rpc_head_seen(struct cw_rpc *rpc, const char *endpoint, uint64_t number) {
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        if (strcmp(rpc->endpoints[i].label, endpoint) == 0) {
            health_head(&rpc->endpoints[i], number);
            return;
        }
    }
}

/* --- status --------------------------------------------------------------------------------- */

static const char *const state_names[] = {
    [CW_RPC_UNKNOWN] = "unknown",     [CW_RPC_WELL] = "well",
    [CW_RPC_LAST] = "asked_last",     [CW_RPC_FAILING] = "failing",
    [CW_RPC_CAUGHT] = "contradicted", [CW_RPC_WRONG_CHAIN] = "wrong_chain",
};

const char *cw_rpc_state_name(enum cw_rpc_state state) {
    return state_names[state];
}

static enum cw_rpc_state state_of(const struct endpoint *e) {
    if (e->wrong_chain) {
        return CW_RPC_WRONG_CHAIN;
    }
    if (e->aside_until > rpc_now(e->rpc)) {
        return e->caught ? CW_RPC_CAUGHT : CW_RPC_FAILING;
    }
    return !e->verified ? CW_RPC_UNKNOWN : e->flaws != 0 ? CW_RPC_LAST : CW_RPC_WELL;
}

size_t cw_rpc_endpoints(const struct cw_rpc *rpc) {
    return rpc->endpoints_n;
}

void cw_rpc_endpoint_status(const struct cw_rpc *rpc, size_t i,
                            struct cw_rpc_endpoint_status *ret) {
    assert(i < rpc->endpoints_n);
    const struct endpoint *e = &rpc->endpoints[i];
    *ret = (struct cw_rpc_endpoint_status){
        .label = e->label,
        .state = state_of(e),
        .usable = e->verified && e->aside_until <= rpc_now(rpc),
        .contradictions = e->contradictions,
        .quick_ms = (uint32_t)e->latency_ms[CW_RPC_QUICK],
        .heavy_ms = (uint32_t)e->latency_ms[CW_RPC_HEAVY],
        .answers = e->answers,
        .bad = (uint32_t)__builtin_popcountll(e->bad),
        .has_head = e->has_head,
        .good_ms = e->good_at,
        .lag = e->lag,
        .last_error = e->last_error,
        .why_last = e->why_last,
    };
    for (size_t k = 0; k < e->methods_n; k++) {
        ret->calls += e->methods[k].calls;
        ret->failures += e->methods[k].failures;
    }
}

size_t cw_rpc_methods(const struct cw_rpc *rpc, size_t endpoint) {
    assert(endpoint < rpc->endpoints_n);
    return rpc->endpoints[endpoint].methods_n;
}

void cw_rpc_method_status(const struct cw_rpc *rpc, size_t endpoint, size_t i,
                          struct cw_rpc_method_status *ret) {
    assert(endpoint < rpc->endpoints_n && i < rpc->endpoints[endpoint].methods_n);
    const struct method *method = &rpc->endpoints[endpoint].methods[i];
    *ret = (struct cw_rpc_method_status){
        .method = method->name, .calls = method->calls, .failures = method->failures};
}
