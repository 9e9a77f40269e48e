#include "work/bundle.h"

#include "net/eth.h"
#include "net/quorum.h"
#include "tx/ask.h"
#include "work/look.h"

#include <monitor/json_out.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUNDLE_BYTES (32u << 20)
#define JSON_BYTES   ((size_t)32 << 20)

struct cw_bundle {
    struct cw_bundle_config config;
    struct cw_arena arena;
    struct cw_message message;   /* own copy of what the bytes below are needed of */
    struct cw_decision decision; /* slices in the arena */
    struct cw_slice evidence;    /* of the step */
    struct cw_look *look;
    struct cw_request header; /* asked for while waits is set */
    bool waits;
    struct cw_quorum *simulation;
    struct cw_revert refusal; /* of the simulation; reason "": it went through */
    bool starting, over;      /* over: done was called while _new was still running */
};

static enum cw_side source_of(const struct cw_bundle *b) {
    return b->config.route->adapter->source;
}

static void release(struct cw_bundle *b) {
    cw_arena_done(&b->arena);
    free(b);
}

static void finish(struct cw_bundle *b, enum cw_err err, bool ready, struct cw_slice json,
                   const struct cw_error *error) {
    b->config.done(b->config.ctx, err, ready, json, error);
    b->over = true;
    if (!b->starting)
        release(b);
}

static void fail(struct cw_bundle *b, const struct cw_error *error) {
    finish(b, error->code, false, (struct cw_slice){NULL, 0}, error);
}

static void fail_memory(struct cw_bundle *b) {
    struct cw_error error;
    (void)cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
    fail(b, &error);
}

void cw_bundle_cancel(struct cw_bundle *b) {
    if (!b)
        return;
    cw_look_free(b->look);
    cw_quorum_cancel(b->simulation);
    if (b->waits)
        cw_facts_forget(b->config.facts[source_of(b)], b);
    release(b);
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void put_call(struct cw_buf *out, const struct cw_bundle *b) {
    const struct cw_decision *d = &b->decision;
    cw_out_text(out, "step", d->step);
    cw_out_u64(out, "chainId", b->config.chains[d->call.side]->chain_id);
    cw_out_addr20(out, "to", &d->call.to);
    cw_out_u256(out, "value", &d->call.value.v);
    cw_out_data(out, "data", d->call.data);
    if (!cw_addr20_is_zero(&d->call.simulate_from))
        cw_out_addr20(out, "estimateFrom", &d->call.simulate_from);
    cw_out_u64(out, "gasFloor", d->call.gas_floor);
    cw_out_u64(out, "proofBytes", b->evidence.n);
    cw_out_data(out, "evidence", b->evidence);
}

/* Of a step that is due, or of what is waited for. */
static void tell(struct cw_bundle *b) {
    const struct cw_decision *d = &b->decision;
    const bool act = d->verb == CW_ACT, ready = act && b->refusal.reason[0] == '\0';
    struct cw_buf out;
    cw_buf_init(&out, JSON_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_hash32(&out, "id", &b->message.id);
    cw_out_text(&out, "route", b->config.route->name);
    cw_out_text(&out, "stage", cw_stage_name(d->stage));
    cw_out_u64(&out, "sourceBlock", b->message.source.number.v);
    if (!ready) {
        cw_out_text(&out, "reason", act ? b->refusal.reason : d->reason);
        cw_out_text(&out, "detail", act ? b->refusal.detail : d->detail);
    }
    if (d->verb == CW_WAIT && d->due_s > 0)
        cw_out_u64(&out, "notBefore", d->due_s);
    if (act)
        put_call(&out, b);
    cw_out_close(&out, '}');
    if (out.failed) {
        cw_buf_done(&out);
        fail_memory(b);
        return;
    }
    /* The bundle may be gone behind this. */
    finish(b, CW_OK, ready, cw_buf_slice(&out), NULL);
    cw_buf_done(&out);
}

/* --- the call, as the relayer itself would try it before it signs ------------------------------
 */

static void simulated(void *ctx, const struct cw_rpc_result *result) {
    struct cw_bundle *b = ctx;
    const struct cw_decision *d = &b->decision;
    struct cw_error error;
    b->simulation = NULL;
    if (result->err == CW_ERR_REVERTED) {
        b->config.route->adapter->revert(b->config.adapter, &b->message, d->step, result->revert,
                                         &b->refusal);
        if (b->refusal.class_ == CW_REVERT_TARGET && d->call.target_may_fail)
            b->refusal = (struct cw_revert){0}; /* it can be replayed */
    } else if (result->err != CW_OK) {
        (void)cw_error_set(&error, result->err, "%s is not simulated: %s", d->step,
                           result->text ? result->text : "");
        fail(b, &error);
        return;
    }
    tell(b);
}

static void simulate(struct cw_bundle *b) {
    const struct cw_call *call = &b->decision.call;
    const struct cw_addr20 *from = cw_addr20_is_zero(&call->simulate_from) ? &b->config.submitter
                                                                           : &call->simulate_from;
    const unsigned k = cw_ask_k(b->config.chains[call->side]);
    struct cw_buf params;
    cw_buf_init(&params, BUNDLE_BYTES);
    cw_eth_params_call(&params, cw_addr20_is_zero(from) ? NULL : from, &call->to, &call->value,
                       call->data, 0, k > 1 ? &b->config.heads[call->side].latest.hash : NULL);
    const struct cw_quorum_request request = {.method = "eth_call",
                                              .params = cw_buf_cstr(&params),
                                              .class_ = CW_RPC_QUICK,
                                              .block_by_hash = k > 1,
                                              .k = k,
                                              .digest = cw_quorum_digest_text,
                                              .done = simulated,
                                              .ctx = b};
    if (request.params)
        b->simulation = cw_quorum_submit(b->config.rpc[call->side], &request);
    cw_buf_done(&params);
    if (!b->simulation)
        fail_memory(b);
}

/* --- the evidence, verified once more before a word of it is told ------------------------------
 */

static void judge(struct cw_bundle *b, const struct cw_answer *header) {
    const struct cw_adapter_ops *ops = b->config.route->adapter;
    const struct cw_decision *d = &b->decision;
    const uint64_t number = b->header.block_number.v;
    struct cw_error error;
    if (header->status != CW_ANSWER_OK || number > b->config.heads[source_of(b)].final.number.v) {
        (void)cw_error_set(&error, CW_ERR_BEHIND, "block %" PRIu64 " is not known to be final%s%s",
                           number, header->text ? ": " : "", header->text ? header->text : "");
        fail(b, &error);
        return;
    }
    const struct cw_judgement verdict = ops->verify(b->config.adapter, &b->message, b->evidence,
                                                    &header->header_hash, d->step, &d->call);
    if (verdict.verdict == CW_VALID) {
        simulate(b);
        return;
    }
    (void)cw_error_set(&error, CW_ERR_CONTRADICTED, "the evidence does not hold: %s",
                       verdict.reason);
    fail(b, &error);
}

static void header_came(void *ctx, const struct cw_request *request,
                        const struct cw_answer *answer) {
    struct cw_bundle *b = ctx;
    (void)request;
    b->waits = false;
    judge(b, answer);
}

static void verify(struct cw_bundle *b) {
    const enum cw_side source = source_of(b);
    struct cw_error error;
    b->header = (struct cw_request){.kind = CW_REQUEST_HEADER, .side = source};
    if (b->config.route->adapter->evidence_block(b->evidence, &b->header.block_number) != CW_OK) {
        (void)cw_error_set(&error, CW_ERR_CONTRADICTED, "there is no evidence for %s",
                           b->decision.step);
        fail(b, &error);
        return;
    }
    const struct cw_answer *known = cw_facts_get(b->config.facts[source], &b->header);
    if (known) {
        judge(b, known);
        return;
    }
    b->waits = true;
    if (!cw_facts_ask(b->config.facts[source], &b->header, header_came, b)) {
        b->waits = false;
        fail_memory(b);
    }
}

/* --- the look --------------------------------------------------------------------------------- */

static bool own(struct cw_arena *arena, struct cw_slice *slice) {
    if (!slice->p || slice->n == 0)
        return true;
    *slice = cw_arena_copy(arena, *slice);
    return slice->p != NULL;
}

static void looked(void *ctx, const struct cw_decision *decision,
                   const struct cw_preparation *preparation) {
    struct cw_bundle *b = ctx;
    (void)preparation;
    b->look = NULL;
    b->decision = *decision;
    if (!own(&b->arena, &b->decision.evidence) || !own(&b->arena, &b->decision.call.data) ||
        !own(&b->arena, &b->decision.progress)) {
        fail_memory(b);
        return;
    }
    b->evidence = b->decision.evidence.p ? b->decision.evidence : b->message.evidence;
    if (decision->verb == CW_ACT)
        verify(b);
    else
        tell(b);
}

enum cw_err cw_bundle_new(struct cw_bundle **ret, const struct cw_bundle_config *config,
                          struct cw_error *error) {
    const struct cw_config_policy *policy = &config->route->policy;
    struct cw_bundle *b = calloc(1, sizeof *b);
    if (!b)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    b->config = *config;
    b->message = *config->message;
    cw_arena_init(&b->arena, BUNDLE_BYTES);
    const struct cw_look_config look = {
        .ops = config->route->adapter,
        .adapter = config->adapter,
        .facts = {config->facts[0], config->facts[1]},
        .heads = {config->heads[0], config->heads[1]},
        .self = {.submitter = config->submitter,
                 .replay = policy->replay,
                 .keepalive_s = policy->keepalive_s},
        .message = config->message,
        .done = looked,
        .ctx = b,
    };
    bool fits = own(&b->arena, &b->message.payload) && own(&b->arena, &b->message.progress) &&
                own(&b->arena, &b->message.evidence);
    b->look = fits ? cw_look_new(&look, error) : NULL;
    if (!b->look) {
        release(b);
        return fits ? CW_ERR_MEMORY : cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    b->starting = true;
    cw_look_start(b->look);
    b->starting = false;
    *ret = b->over ? NULL : b;
    if (b->over)
        release(b);
    return CW_OK;
}
