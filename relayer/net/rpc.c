#include "net/rpc_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Batches under way per endpoint and class; what comes later waits. */
#define UNDER_WAY_MAX 4
#define REVERT_MAX    ((size_t)1 << 20)

uint64_t rpc_now(const struct cw_rpc *rpc) {
    const struct cw_clock *clock = cw_loop_clock(rpc->loop);
    return clock->monotonic_ms(clock->ctx);
}

uint64_t rpc_jitter(struct cw_rpc *rpc, uint64_t ms) {
    /* splitmix64 */
    uint64_t z = (rpc->random += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return ms - ms / 4 + (ms < 2 ? 0 : z % (ms / 2));
}

/* --- calls ---------------------------------------------------------------------------------- */

static void calls_insert_before(struct calls *list, struct call *call, struct call *next) {
    call->next = next;
    call->prev = next == NULL ? list->last : next->prev;
    if (call->prev == NULL) {
        list->first = call;
    } else {
        call->prev->next = call;
    }
    if (next == NULL) {
        list->last = call;
    } else {
        next->prev = call;
    }
    list->n++;
}

static void calls_remove(struct calls *list, struct call *call) {
    assert((call->prev == NULL) == (list->first == call));
    if (call->prev == NULL) {
        list->first = call->next;
    } else {
        call->prev->next = call->next;
    }
    if (call->next == NULL) {
        list->last = call->prev;
    } else {
        call->next->prev = call->prev;
    }
    call->prev = call->next = NULL;
    list->n--;
}

void call_free(struct call *call) {
    if (call == NULL) {
        return;
    }
    cw_loop_cancel(call->rpc->loop, call->give_up);
    cw_buf_done(&call->revert);
    cw_rpc_said_unref(call->said);
    free(call->method);
    free(call->params);
    free(call->text);
    free(call);
}

static void call_requeue(struct call *call) {
    struct calls *queue = &call->rpc->queue[call->class_];
    struct call *next = queue->first; /* what comes back is mostly older than what waits */
    while (next != NULL && next->id < call->id) {
        next = next->next;
    }
    call->state = CALL_QUEUED;
    calls_insert_before(queue, call, next);
    rpc_wake(call->rpc, call->class_, 0);
}

static void call_over(struct call *call) {
    call->state = CALL_OVER;
    calls_insert_before(&call->rpc->over, call, NULL);
}

void call_say(struct call *call, const struct endpoint *endpoint, bool also, const char *text) {
    char *before = also ? call->text : NULL, *said = NULL;
    int n = before == NULL ? asprintf(&said, "%s: %s: %s", endpoint->label, call->method, text)
                           : asprintf(&said, "%s; %s: %s", before, endpoint->label, text);
    free(call->text);
    call->text = n < 0 ? NULL : said;
}

void call_failed(struct call *call, const struct endpoint *endpoint, enum cw_err err,
                 const char *text, enum verdict verdict) {
    /* What one endpoint has answered says more than that the next one is out of reach. */
    if (!call->answered || verdict != VERDICT_GO_ON) {
        call->err = err;
        call->endpoint = endpoint;
        call_say(call, endpoint, call->answered && verdict == VERDICT_ANSWERED, text);
    }
    call->answered = call->answered || verdict == VERDICT_ANSWERED;
    if (verdict == VERDICT_OVER || call->once) {
        call_over(call);
    } else {
        call_requeue(call);
    }
}

void call_unsend(struct call *call, const struct endpoint *endpoint) {
    call->tried &= ~((uint64_t)1 << endpoint->index);
    call_requeue(call);
}

/* What is said of a call that could not be asked in time. */
static void explain_give_up(struct call *call) {
    const struct cw_rpc *rpc = call->rpc;
    unsigned long long waited_ms = rpc_now(rpc) - call->submitted_at;
    struct cw_buf text;
    cw_buf_init(&text, 16384);
    if (call->err != CW_OK) {
        cw_buf_format(&text, "%s (given up after %llu ms)", call->text == NULL ? "" : call->text,
                      waited_ms);
    } else if (call->state == CALL_SENT) {
        call->err = CW_ERR_TRANSPORT;
        call->endpoint = call->batch->endpoint;
        cw_buf_format(&text, "%s: %s: no answer within %llu ms", call->batch->endpoint->label,
                      call->method, waited_ms);
    } else {
        bool wrong = true;
        cw_buf_format(&text, "%s: no endpoint of chain %s could be asked within %llu ms",
                      call->method, rpc->chain, waited_ms);
        for (size_t i = 0; i < rpc->endpoints_n; i++) {
            const struct endpoint *e = &rpc->endpoints[i];
            if (!endpoint_serves(e, call)) {
                continue;
            }
            cw_buf_format(&text, "; %s: ", e->label);
            endpoint_explain(e, &text);
            wrong = wrong && e->wrong_chain;
        }
        call->err = wrong ? CW_ERR_CONTRADICTED : CW_ERR_TRANSPORT;
    }
    const char *finished = cw_buf_cstr(&text);
    free(call->text);
    call->text = finished == NULL ? NULL : strdup(finished);
    cw_buf_done(&text);
}

/* Of a call that is for one operator only, all of whose endpoints are set aside: for the same
 * reason always the same text. */
static void explain_aside(struct call *call) {
    const struct cw_rpc *rpc = call->rpc;
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        const struct endpoint *e = &rpc->endpoints[i];
        if (!endpoint_serves(e, call)) {
            continue;
        }
        free(call->text);
        call->endpoint = e;
        call->err = e->wrong_chain ? CW_ERR_CONTRADICTED : CW_ERR_TRANSPORT;
        if (asprintf(&call->text, "%s: set aside: %s", e->label, e->last_error) < 0) {
            call->text = NULL;
        }
        return;
    }
}

static void on_give_up(void *ctx) {
    struct call *call = ctx;
    struct cw_rpc *rpc = call->rpc;
    call->give_up = NULL;
    assert(call->state != CALL_OVER); /* nothing is left over when the loop goes on */
    rpc_enter(rpc);
    explain_give_up(call);
    if (call->state == CALL_SENT) {
        health_failed(call->batch->endpoint, call->method);
        batch_forget(call);
    } else {
        calls_remove(&rpc->queue[call->class_], call);
    }
    call_over(call);
    rpc_leave(rpc);
}

void rpc_enter(struct cw_rpc *rpc) {
    rpc->entered++;
}

void rpc_leave(struct cw_rpc *rpc) {
    struct call *call;
    while ((call = rpc->over.first) != NULL) {
        calls_remove(&rpc->over, call);
        const struct cw_rpc_result result = {
            .err = call->err,
            .revert = cw_buf_slice(&call->revert),
            .text = call->text == NULL ? "out of memory" : call->text,
            .endpoint = call->endpoint == NULL ? "" : call->endpoint->label,
            .said = call->said,
        };
        call->done(call->ctx, &result);
        call_free(call);
    }
    rpc->entered--;
}

/* --- from the queue to batches -------------------------------------------------------------- */

/* open: a batch under construction for each endpoint. */
static void add_to_batch(struct batch **open, struct call *call, struct endpoint *endpoint) {
    struct batch *single = NULL, **batch = call->alone ? &single : &open[endpoint->index];
    calls_remove(&call->rpc->queue[call->class_], call);
    if (*batch == NULL) {
        *batch = batch_new(endpoint, call->class_, call->alone ? 1 : endpoint_batch_max(endpoint));
        if (*batch == NULL) {
            call_failed(call, endpoint, CW_ERR_MEMORY, "out of memory", VERDICT_OVER);
            return;
        }
    }
    struct batch *b = *batch;
    call->state = CALL_SENT;
    call->batch = b;
    call->slot = b->n;
    call->tried |= (uint64_t)1 << endpoint->index;
    rate_take(endpoint);
    b->calls[b->n++] = call;
    b->open++;
    if (b->n == b->capacity) {
        *batch = NULL;
        take_batch_send(b);
    }
}

/* Of what a rate leaves, small requests get theirs first. */
static void dispatch_quick_first(struct cw_rpc *rpc) {
    bool limited = false;
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        limited = limited || rpc->endpoints[i].max_rps > 0;
    }
    if (limited && rpc->queue[CW_RPC_QUICK].n > 0) {
        rpc_dispatch(rpc, CW_RPC_QUICK);
    }
}

void rpc_dispatch(struct cw_rpc *rpc, enum cw_rpc_class class_) {
    if (class_ == CW_RPC_HEAVY) {
        dispatch_quick_first(rpc);
    }
    struct batch *open[ENDPOINTS_MAX] = {NULL};
    struct calls *queue = &rpc->queue[class_];
    uint64_t now = rpc_now(rpc), wake_at = UINT64_MAX;
    size_t n = queue->n; /* what comes back meanwhile waits for its turn */
    struct call *next = queue->first;
    while (next != NULL && n-- > 0) {
        struct call *call = next;
        next = call->next;
        struct endpoint *endpoint = NULL;
        uint64_t until = call->again_at;
        enum pick pick = until > now ? PICK_WAIT : endpoint_pick(call, &endpoint, &until);
        switch (pick) {
        case PICK_OK:
            if (open[endpoint->index] != NULL || endpoint->under_way[class_].n < UNDER_WAY_MAX) {
                add_to_batch(open, call, endpoint);
            } /* else: one of those under way brings us back */
            break;
        case PICK_WAIT:
            wake_at = until < wake_at ? until : wake_at;
            break;
        case PICK_ASIDE:
            explain_aside(call);
            calls_remove(queue, call);
            call_over(call);
            break;
        case PICK_NONE:
            call_nobody_left(call);
            calls_remove(queue, call);
            call_over(call);
            break;
        }
    }
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        if (open[i] != NULL) {
            take_batch_send(open[i]);
        }
    }
    if (wake_at != UINT64_MAX) {
        rpc_wake(rpc, class_, wake_at > now ? wake_at - now : 0);
    }
    score_attend(rpc);
}

static void on_dispatch(struct cw_rpc *rpc, enum cw_rpc_class class_) {
    rpc->dispatch[class_] = NULL;
    rpc_enter(rpc);
    rpc_dispatch(rpc, class_);
    rpc_leave(rpc);
}

static void on_dispatch_quick(void *ctx) {
    on_dispatch(ctx, CW_RPC_QUICK);
}

static void on_dispatch_heavy(void *ctx) {
    on_dispatch(ctx, CW_RPC_HEAVY);
}

void rpc_wake(struct cw_rpc *rpc, enum cw_rpc_class class_, uint64_t after_ms) {
    uint64_t at = rpc_now(rpc) + after_ms;
    if (rpc->dispatch[class_] != NULL) {
        if (rpc->dispatch_at[class_] <= at) {
            return;
        }
        cw_loop_cancel(rpc->loop, rpc->dispatch[class_]);
    }
    rpc->dispatch_at[class_] = at;
    /* NULL when memory ran out: the calls then end at their give-up time at the latest. */
    rpc->dispatch[class_] = cw_loop_after(
        rpc->loop, after_ms, class_ == CW_RPC_QUICK ? on_dispatch_quick : on_dispatch_heavy, rpc);
}

/* --- the public side ------------------------------------------------------------------------ */

static struct call *call_new(struct cw_rpc *rpc, const struct cw_rpc_request *request) {
    struct call *call = calloc(1, sizeof(*call));
    if (call == NULL) {
        return NULL;
    }
    call->rpc = rpc;
    call->class_ = request->class_;
    call->once = request->once;
    call->keep = request->keep;
    call->operator_ = request->operator_;
    call->not_operator = cw_rpc_operators(rpc) > 1 ? request->not_operator : 0;
    call->state_of = request->state_of;
    call->block_by_hash = request->block_by_hash;
    call->check = request->check;
    call->done = request->done;
    call->ctx = request->ctx;
    call->submitted_at = rpc_now(rpc);
    call->deadline_ms = request->deadline_ms;
    if (call->deadline_ms == 0) {
        call->deadline_ms = request->class_ == CW_RPC_QUICK ? rpc->config.quick_deadline_ms
                                                            : rpc->config.heavy_deadline_ms;
    }
    cw_buf_init(&call->revert, REVERT_MAX);
    call->method = strdup(request->method);
    call->params = strdup(request->params);
    uint64_t give_up_ms = request->give_up_ms != 0 ? request->give_up_ms
                                                   : (uint64_t)4 * call->deadline_ms;
    call->give_up = cw_loop_after(rpc->loop, give_up_ms, on_give_up, call);
    if (call->method == NULL || call->params == NULL || call->give_up == NULL) {
        call_free(call);
        return NULL;
    }
    return call;
}

uint64_t cw_rpc_submit(struct cw_rpc *rpc, const struct cw_rpc_request *request) {
    struct call *call = call_new(rpc, request);
    if (call == NULL) {
        return 0;
    }
    struct calls *queue = &rpc->queue[call->class_];
    call->id = ++rpc->last_id;
    calls_insert_before(queue, call, NULL);
    rpc_wake(rpc, call->class_, queue->n >= rpc->config.batch_max ? 0 : rpc->config.coalesce_ms);
    return call->id;
}

static struct call *find_listed(const struct calls *list, uint64_t id) {
    for (struct call *call = list->first; call != NULL; call = call->next) {
        if (call->id == id) {
            return call;
        }
    }
    return NULL;
}

static struct call *find_in_batch(const struct batch *batch, uint64_t id) {
    for (size_t slot = 0; slot < batch->n; slot++) {
        if (batch->calls[slot] != NULL && batch->calls[slot]->id == id) {
            return batch->calls[slot];
        }
    }
    return NULL;
}

static struct call *find_sent(const struct cw_rpc *rpc, uint64_t id) {
    struct call *call = rpc->handed_out == NULL ? NULL : find_in_batch(rpc->handed_out, id);
    for (size_t i = 0; i < CLASSES * rpc->endpoints_n; i++) {
        const struct endpoint *e = &rpc->endpoints[i / CLASSES];
        const struct batch *batch = e->under_way[i % CLASSES].oldest;
        for (; batch != NULL && call == NULL; batch = batch->newer) {
            call = find_in_batch(batch, id);
        }
    }
    return call;
}

void cw_rpc_cancel(struct cw_rpc *rpc, uint64_t id) {
    struct call *call;
    for (size_t class_ = 0; class_ < CLASSES; class_++) {
        if ((call = find_listed(&rpc->queue[class_], id)) != NULL) {
            calls_remove(&rpc->queue[class_], call);
            call_free(call);
            return;
        }
    }
    if ((call = find_listed(&rpc->over, id)) != NULL) {
        calls_remove(&rpc->over, call);
        call_free(call);
    } else if ((call = find_sent(rpc, id)) != NULL) {
        batch_forget(call);
        call_free(call);
    }
}

static uint64_t seed(const struct cw_clock *clock, const char *chain) {
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *chain != '\0'; chain++) {
        hash = (hash ^ (uint8_t)*chain) * 0x100000001b3u;
    }
    return hash ^ clock->wall_ms(clock->ctx) ^ clock->monotonic_ms(clock->ctx) << 20;
}

static enum cw_err set_up(struct cw_rpc *rpc, const struct cw_rpc_config *config,
                          struct cw_error *error) {
    rpc->chain = strdup(config->chain);
    rpc->endpoints = calloc(config->endpoints_n, sizeof(*rpc->endpoints));
    if (rpc->chain == NULL || rpc->endpoints == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    snprintf(rpc->subject, sizeof(rpc->subject), "chain %s", config->chain);
    for (size_t i = 0; i < config->endpoints_n; i++) {
        enum cw_err err = endpoint_init(&rpc->endpoints[i], rpc, i, &config->endpoints[i], error);
        rpc->endpoints_n = i + 1;
        if (err != CW_OK) {
            return cw_error_wrap(error, err, "endpoint %zu of chain %s", i + 1, config->chain);
        }
    }
    return CW_OK;
}

enum cw_err cw_rpc_new(struct cw_rpc **ret, struct cw_loop *loop,
                       const struct cw_rpc_config *config, struct cw_error *error) {
    if (config->endpoints_n == 0 || config->endpoints_n > ENDPOINTS_MAX) {
        return cw_error_set(error, CW_ERR_INPUT, "chain %s has %zu endpoints; 1 to %d are taken",
                            config->chain, config->endpoints_n, ENDPOINTS_MAX);
    }
    struct cw_rpc *rpc = calloc(1, sizeof(*rpc));
    if (rpc == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    rpc->loop = loop;
    rpc->next_wire_id = 1;
    rpc->random = seed(cw_loop_clock(loop), config->chain);
    struct cw_rpc_config *c = &rpc->config;
    *c = *config;
    c->coalesce_ms = c->coalesce_ms == 0 ? 20 : c->coalesce_ms;
    c->batch_max = c->batch_max == 0 ? 50 : c->batch_max;
    c->quick_deadline_ms = c->quick_deadline_ms == 0 ? 5000 : c->quick_deadline_ms;
    c->heavy_deadline_ms = c->heavy_deadline_ms == 0 ? 30000 : c->heavy_deadline_ms;
    c->set_aside_ms = c->set_aside_ms == 0 ? 300000 : c->set_aside_ms;
    c->max_answer_bytes = c->max_answer_bytes == 0 ? (size_t)32 << 20 : c->max_answer_bytes;
    enum cw_err err = set_up(rpc, config, error);
    c->chain = NULL;
    c->endpoints = NULL;
    if (err != CW_OK) {
        cw_rpc_free(rpc);
        return err;
    }
    *ret = rpc;
    return CW_OK;
}

void cw_rpc_free(struct cw_rpc *rpc) {
    if (rpc == NULL) {
        return;
    }
    assert(rpc->entered == 0);
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        endpoint_done(&rpc->endpoints[i]);
    }
    for (size_t class_ = 0; class_ < CLASSES; class_++) {
        struct call *call;
        while ((call = rpc->queue[class_].first) != NULL) {
            calls_remove(&rpc->queue[class_], call);
            call_free(call);
        }
        cw_loop_cancel(rpc->loop, rpc->dispatch[class_]);
    }
    free(rpc->endpoints);
    free(rpc->chain);
    free(rpc);
}

/* --- waiting for one answer ----------------------------------------------------------------- */

struct waiter {
    bool over;
    enum cw_err err;
    struct cw_json_doc *doc;
    struct cw_error *error;
};

static void on_waited(void *ctx, const struct cw_rpc_result *result) {
    struct waiter *waiter = ctx;
    waiter->over = true;
    waiter->err = result->err;
    if (result->err != CW_OK) {
        cw_error_set(waiter->error, result->err, "%s", result->text);
    } else if (cw_json_copy(&waiter->doc, result->value) != CW_OK) {
        waiter->err = cw_error_set(waiter->error, CW_ERR_MEMORY, "out of memory");
    }
}

enum cw_err cw_rpc_wait(struct cw_rpc *rpc, const char *method, const char *params,
                        enum cw_rpc_class class_, struct cw_json_doc **ret_doc,
                        struct cw_error *error) {
    struct waiter waiter = {.error = error};
    const struct cw_rpc_request request = {
        .method = method, .params = params, .class_ = class_, .done = on_waited, .ctx = &waiter};
    uint64_t id = cw_rpc_submit(rpc, &request);
    if (id == 0) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    while (!waiter.over) {
        enum cw_err err = cw_loop_step(rpc->loop, 1000, error);
        if (err != CW_OK && !waiter.over) {
            cw_rpc_cancel(rpc, id);
            return err;
        }
    }
    if (waiter.err == CW_OK) {
        *ret_doc = waiter.doc;
    }
    return waiter.err;
}

/* --- operators ------------------------------------------------------------------------------ */

unsigned cw_rpc_operators(const struct cw_rpc *rpc) {
    unsigned n = 0;
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        n = rpc->endpoints[i].operator_ > n ? rpc->endpoints[i].operator_ : n;
    }
    return n;
}

const char *cw_rpc_operator_name(const struct cw_rpc *rpc, unsigned operator_) {
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        if (rpc->endpoints[i].operator_ == operator_) {
            return rpc->endpoints[i].operator_name;
        }
    }
    return "";
}

void cw_rpc_contrast(struct cw_rpc *rpc, uint64_t call, struct cw_rpc_said *said) {
    if (said != NULL && rpc->config.answered != NULL) {
        rpc->config.answered(rpc->config.finding_ctx, call, said);
    }
}

void cw_rpc_accuse(struct cw_rpc *rpc, const struct cw_rpc_finding *finding) {
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        if (strcmp(rpc->endpoints[i].label, finding->endpoint) == 0) {
            endpoint_lied(&rpc->endpoints[i], finding);
            return;
        }
    }
}

const char *cw_rpc_chain(const struct cw_rpc *rpc) {
    return rpc->chain;
}
