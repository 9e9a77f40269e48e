#include "net/rpc_private.h"

#include "core/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_FIRST_MS   250u
#define BACKOFF_MAX_MS     30000u
#define BACKOFF_ONLY_MS    5000u /* at most, when there is nobody else to ask */
#define OVERLOADED_MS      1000u
#define RETRY_AFTER_MAX_MS 600000u
#define LOST_AFTER         3u /* failures in a row: before it is used again it has to answer a question */
#define LIED_MAX_MS        3600000u
#define LIED_FORGOTTEN_MS  1800000u
#define WRONG_CHAIN_MS     60000u
#define TELL_AGAIN_MS      60000u
#define CHAIN_ID_METHOD    "eth_chainId"
#define HEAD_METHOD        "eth_blockNumber"
#define PROBE_MS           5000u
#define PROBE_BYTES        65536u
#define ROUND_FIRST_MS     250u
#define ROUND_MAX_MS       4000u

/* An endpoint that has been silent for so long, or four times as long as it usually takes, is asked
 * only when there is no other. */
static const double silent_ms[CLASSES] = {[CW_RPC_QUICK] = 500, [CW_RPC_HEAVY] = 3000};

static uint64_t doubled(uint64_t first_ms, unsigned times, uint64_t max_ms) {
    return times > 20 || first_ms << times > max_ms ? max_ms : first_ms << times;
}

static void wake_all(struct cw_rpc *rpc) {
    for (int class_ = 0; class_ < CLASSES; class_++) {
        if (rpc->queue[class_].n > 0) {
            rpc_wake(rpc, (enum cw_rpc_class)class_, 0);
        }
    }
}

/* --- life ----------------------------------------------------------------------------------- */

static bool label_is_taken(const struct cw_rpc *rpc, const char *label) {
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        if (strcmp(rpc->endpoints[i].label, label) == 0) {
            return true;
        }
    }
    return false;
}

/* The number of an operator that an endpoint before has too, else the next one. */
static unsigned operator_number(const struct cw_rpc *rpc, size_t before, const char *name) {
    unsigned highest = 0;
    if (rpc->config.only_send) {
        return (unsigned)before + 1; /* each is tried for itself */
    }
    for (size_t i = 0; i < before; i++) {
        const struct endpoint *e = &rpc->endpoints[i];
        if (strcmp(e->operator_name, name) == 0) {
            return e->operator_;
        }
        highest = e->operator_ > highest ? e->operator_ : highest;
    }
    return highest + 1;
}

/* Its chain id has to be known before it is used (again). */
static void unverify(struct endpoint *e) {
    e->verified = e->rpc->config.only_send;
}

enum cw_err endpoint_init(struct endpoint *e, struct cw_rpc *rpc, size_t index,
                          const struct cw_rpc_endpoint_config *config, struct cw_error *error) {
    e->rpc = rpc;
    e->index = index;
    e->batch_limit = rpc->config.batch_max;
    e->bodies.max = 2 * rpc->config.max_answer_bytes;
    e->full_batches_to_grow = 64;
    e->max_rps = config->max_rps;
    unverify(e);
    rate_init(e);
    enum cw_err err = cw_url_new(&e->url, config->url, error);
    if (err != CW_OK) {
        return err;
    }
    const char *operator_ = config->operator_;
    const char *host = cw_url_host(e->url);
    if (operator_ == NULL || operator_[0] == '\0') {
        operator_ = host;
    }
    e->operator_name = strdup(operator_);
    char number[16];
    snprintf(number, sizeof(number), "#%zu", index + 1);
    if (!label_is_taken(rpc, operator_)) {
        e->label = strdup(operator_);
    } else if (asprintf(&e->label, "%s %s", operator_, operator_ == host ? number : host) < 0) {
        e->label = NULL;
    }
    if (e->label == NULL || e->operator_name == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    e->operator_ = operator_number(rpc, index, operator_);
    return CW_OK;
}

void endpoint_done(struct endpoint *e) {
    for (size_t class_ = 0; class_ < CLASSES; class_++) {
        struct batch *batch;
        while ((batch = e->under_way[class_].oldest) != NULL) {
            for (size_t slot = 0; slot < batch->n; slot++) {
                call_free(batch->calls[slot]);
            }
            take_batch_abandon(batch);
        }
    }
    cw_http_cancel(e->rpc->loop, e->probe);
    cw_url_free(e->url);
    free(e->label);
    free(e->operator_name);
}

/* --- what happened to it -------------------------------------------------------------------- */

/* The log hears of the first trouble in a minute and of its end, not of each failure. */
static void tell_trouble(struct endpoint *e, uint64_t aside_ms) {
    uint64_t now = rpc_now(e->rpc);
    if (e->told && now - e->told_at < TELL_AGAIN_MS && e->failures_row != LOST_AFTER) {
        return;
    }
    e->told = true;
    e->told_at = now;
    cw_log(CW_LOG_WARN, e->rpc->subject, "endpoint %s: %s; set aside for %llu ms%s", e->label,
           e->last_error, (unsigned long long)aside_ms,
           e->failures_row >= LOST_AFTER ? " (it keeps failing)" : "");
}

static void set_aside(struct endpoint *e, uint64_t ms) {
    const struct cw_clock *clock = cw_loop_clock(e->rpc->loop);
    uint64_t until = rpc_now(e->rpc) + ms;
    if (until > e->aside_until) {
        e->aside_until = until;
        e->aside_wall_s = (clock->wall_ms(clock->ctx) + ms) / 1000;
    }
    wake_all(e->rpc);
}

void endpoint_ok(struct endpoint *e) {
    if (e->told) {
        e->told = false;
        cw_log(CW_LOG_INFO, e->rpc->subject, "endpoint %s answers again", e->label);
    }
    e->failures_row = 0;
    e->good_at = rpc_now(e->rpc);
    if (e->rpc->config.only_send) {
        e->caught = false; /* nothing else will say that it is well */
    }
    health_answer(e, true);
}

void endpoint_failed(struct endpoint *e, enum cw_err err, const char *text,
                     uint32_t retry_after_s) {
    struct cw_rpc *rpc = e->rpc;
    bool already = e->aside_until > rpc_now(rpc); /* several requests failed of the same cause */
    health_answer(e, false);
    snprintf(e->last_error, sizeof(e->last_error), "%s", text);
    if (err == CW_ERR_TRANSPORT) {
        unverify(e);
    }
    if (already && retry_after_s == 0) {
        return;
    }
    uint64_t max_ms = rpc->endpoints_n == 1 ? BACKOFF_ONLY_MS : BACKOFF_MAX_MS;
    uint64_t first_ms = err == CW_ERR_OVERLOADED ? OVERLOADED_MS : BACKOFF_FIRST_MS;
    uint64_t ms = rpc_jitter(rpc, doubled(first_ms, e->failures_row, max_ms));
    if (retry_after_s != 0) {
        ms = (uint64_t)retry_after_s * 1000;
        ms = ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : ms;
    }
    if (++e->failures_row >= LOST_AFTER) {
        unverify(e);
    }
    set_aside(e, ms);
    tell_trouble(e, ms);
}

static void tell_finding(struct endpoint *e, const struct cw_rpc_finding *finding) {
    const struct cw_rpc_config *config = &e->rpc->config;
    struct cw_rpc_finding told = *finding;
    told.endpoint = e->label;
    if (config->finding != NULL) {
        config->finding(config->finding_ctx, &told);
    }
}

void endpoint_lied(struct endpoint *e, const struct cw_rpc_finding *finding) {
    struct cw_rpc *rpc = e->rpc;
    const char *method = finding->method, *text = finding->text;
    uint64_t now = rpc_now(rpc);
    bool already = e->caught && e->aside_until > now;
    e->contradictions++;
    unverify(e);
    e->caught = true;
    snprintf(e->last_error, sizeof(e->last_error), "%s: %s", method, text);
    if (now > e->struck_until + LIED_FORGOTTEN_MS) {
        e->strikes = 0;
    }
    uint64_t first_ms = rpc->config.set_aside_ms;
    uint64_t ms = doubled(first_ms, e->strikes, first_ms > LIED_MAX_MS ? first_ms : LIED_MAX_MS);
    if (!already) {
        health_answer(e, false);
        e->strikes++;
        e->struck_until = now + ms;
        set_aside(e, ms);
        cw_log(CW_LOG_WARN, rpc->subject,
               "endpoint %s can't be right: %s: %s; set aside for %llu ms", e->label, method, text,
               (unsigned long long)ms);
        e->told = true;
        e->told_at = now;
    }
    tell_finding(e, finding);
}

/* --- questions of our own ------------------------------------------------------------------- */

static void serves_wrong_chain(struct endpoint *e, const char *chain_id, struct cw_rpc_said *said) {
    struct cw_rpc *rpc = e->rpc;
    char text[TEXT_SIZE];
    snprintf(text, sizeof(text), "serves chain id %s, not %llu", chain_id,
             (unsigned long long)rpc->config.chain_id.v);
    snprintf(e->last_error, sizeof(e->last_error), "%s", text);
    set_aside(e, WRONG_CHAIN_MS);
    if (e->wrong_chain) {
        return; /* known already */
    }
    e->wrong_chain = true;
    e->contradictions++;
    cw_log(CW_LOG_ERROR, rpc->subject,
           "endpoint %s %s: it is not used; correct the configuration or the endpoint", e->label,
           text);
    const struct cw_rpc_finding finding = {
        .method = CHAIN_ID_METHOD, .params = "[]", .text = text, .said = said};
    tell_finding(e, &finding);
}

static void chain_id_is(struct endpoint *e, const struct cw_u256 *chain_id, struct cw_slice body) {
    const struct cw_rpc *rpc = e->rpc;
    struct cw_u256 ours = cw_u256_from_u64(rpc->config.chain_id.v);
    if (cw_u256_cmp(chain_id, &ours) != 0) {
        char dec[CW_U256_DEC_SIZE];
        struct cw_rpc_said *said = said_new(e, body, CW_RPC_SAID_MAX);
        serves_wrong_chain(e, cw_u256_to_dec(dec, chain_id), said);
        cw_rpc_said_unref(said);
        return;
    }
    e->verified = true;
    e->wrong_chain = false;
    e->caught = false;
    for (size_t class_ = 0; class_ < CLASSES; class_++) {
        e->answered_at[class_] = rpc_now(rpc);
    }
}

static void head_is(struct endpoint *e, const struct cw_u256 *head) {
    uint64_t number;
    if (!cw_u256_to_u64(&number, head)) { /* more than 64 bits: no head */
        e->good_at = rpc_now(e->rpc);
        health_head(e, number);
    }
}

static void on_probe(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                     struct cw_slice body, const char *http_text) {
    struct endpoint *e = ctx;
    struct cw_rpc *rpc = e->rpc;
    struct cw_json_doc *doc = NULL;
    const struct cw_json *value = NULL;
    char said[TEXT_SIZE], text[TEXT_SIZE];
    struct cw_u256 number;
    const char *method = e->probes_head ? HEAD_METHOD : CHAIN_ID_METHOD;
    e->probe = NULL;
    rpc_enter(rpc);
    if (err == CW_OK) {
        score_took(e, CW_RPC_QUICK, rpc_now(rpc) - e->probed_at);
    }
    snprintf(said, sizeof(said), "%s", http_text);
    err = batch_single(&doc, &value, e->probe_id, err, status, body, said);
    if (err == CW_OK) {
        const char *quantity = cw_json_string(value);
        if (quantity == NULL ||
            cw_u256_from_quantity(&number, quantity, strlen(quantity)) != CW_OK) {
            snprintf(said, sizeof(said), "%s: the answer is no quantity", method);
            err = CW_ERR_TRANSPORT;
        }
    }
    if (err == CW_ERR_REFUSED && status < 300 && e->probes_head) {
        health_answer(e, true); /* it has no such method, and is there */
    } else if (err != CW_OK) {
        health_failed(e, method);
        cw_url_scrub(e->url, text, sizeof(text), said);
        endpoint_failed(e, err, text, retry_after_s);
    } else {
        health_answer(e, true);
        if (e->probes_head) {
            head_is(e, &number);
        } else {
            chain_id_is(e, &number, body);
        }
    }
    cw_json_free(doc);
    wake_all(rpc);
    rpc_leave(rpc);
}

void endpoint_probe(struct endpoint *e) {
    struct cw_rpc *rpc = e->rpc;
    struct cw_buf body;
    if (e->probe != NULL || rate_free_at(e, rpc_now(rpc)) > rpc_now(rpc)) {
        return;
    }
    cw_buf_init(&body, 256);
    e->probes_head = e->verified;
    e->probed_at = rpc_now(rpc);
    e->probes_row++;
    e->probe_id = rpc->next_wire_id++;
    const char *method = e->probes_head ? HEAD_METHOD : CHAIN_ID_METHOD;
    batch_element(&body, e->probe_id, method, "[]");
    const char *text = cw_buf_cstr(&body);
    uint32_t deadline_ms = rpc->config.quick_deadline_ms < PROBE_MS ? rpc->config.quick_deadline_ms
                                                                    : PROBE_MS;
    const struct cw_http_request request = {
        .url = cw_url_secret(e->url),
        .body = text,
        .body_n = body.n,
        .connect_ms = deadline_ms,
        .deadline_ms = deadline_ms,
        .max_bytes = PROBE_BYTES,
        .done = on_probe,
        .ctx = e,
    };
    health_called(e, method);
    rate_take(e);
    if (text == NULL || cw_http_post(rpc->loop, &request, &e->probe) != CW_OK) {
        e->probe = NULL;
        set_aside(e, BACKOFF_FIRST_MS); /* memory: try again later */
    }
    cw_buf_done(&body);
}

/* --- who is asked --------------------------------------------------------------------------- */

static bool is_silent(const struct endpoint *e, enum cw_rpc_class class_, uint64_t now) {
    const struct batch *oldest = e->under_way[class_].oldest;
    if (oldest == NULL) {
        return false;
    }
    uint64_t since = e->answered_at[class_] > oldest->sent_at ? e->answered_at[class_]
                                                              : oldest->sent_at;
    double patience = 4 * e->latency_ms[class_];
    patience = patience < silent_ms[class_] ? silent_ms[class_] : patience;
    return (double)(now - since) > patience;
}

bool endpoint_serves(const struct endpoint *e, const struct call *call) {
    return (call->operator_ == 0 || e->operator_ == call->operator_) &&
           (call->not_operator == 0 || e->operator_ != call->not_operator);
}

size_t endpoint_batch_max(const struct endpoint *e) {
    return e->max_rps > 0 && e->max_rps < e->batch_limit ? e->max_rps : e->batch_limit;
}

/* What stands in the way of a call, over all endpoints. */
struct obstacles {
    struct endpoint *silent; /* the first of those that keep silent */
    bool asking;             /* one is asked for its chain id */
    bool lacking;            /* one said of late that it can't do what is asked for */
    uint64_t aside_until;    /* the first of those that are set aside is back */
    uint64_t calls_at;       /* one that is well has had its calls of this second */
};

/* Whether it is the one to ask. */
static bool try(struct endpoint *e, const struct call *call, struct obstacles *o) {
    uint64_t now = rpc_now(e->rpc), calls_at = rate_free_at(e, now);
    if (!endpoint_serves(e, call)) {
        return false;
    }
    if (endpoint_lacks(e, call)) {
        o->lacking = true;
        return false;
    }
    if (e->aside_until > now) {
        o->aside_until = e->aside_until < o->aside_until ? e->aside_until : o->aside_until;
        return false;
    }
    /* For one that is well it is worth to wait that long. */
    bool last = score_is_last(e, call->class_);
    if ((call->tried >> e->index & 1) != 0 || (last && o->calls_at != UINT64_MAX)) {
        return false;
    }
    if (calls_at > now) {
        o->calls_at = calls_at < o->calls_at ? calls_at : o->calls_at;
        return false;
    }
    if (!e->verified) {
        endpoint_probe(e);
        o->asking = true;
        return false;
    }
    bool silent = is_silent(e, call->class_, now);
    if (silent && o->silent == NULL) {
        o->silent = e;
    }
    return !silent;
}

enum pick endpoint_pick(struct call *call, struct endpoint **ret_endpoint, uint64_t *ret_until) {
    struct cw_rpc *rpc = call->rpc;
    size_t order[ENDPOINTS_MAX];
    struct obstacles o = {.aside_until = UINT64_MAX, .calls_at = UINT64_MAX};
    score_order(rpc, call->class_, order);
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        if (try(&rpc->endpoints[order[i]], call, &o)) {
            *ret_endpoint = &rpc->endpoints[order[i]];
            return PICK_OK;
        }
    }
    if (o.calls_at != UINT64_MAX) {
        *ret_until = o.calls_at;
        return PICK_WAIT;
    }
    if (o.silent != NULL) {
        *ret_endpoint = o.silent;
        return PICK_OK;
    }
    if (o.asking) {
        *ret_until = UINT64_MAX;
        return PICK_WAIT;
    }
    if (call->answered || o.lacking) {
        return PICK_NONE;
    }
    if (call->operator_ != 0 && o.aside_until != UINT64_MAX) {
        return PICK_ASIDE;
    }
    if (call->tried != 0) { /* a new round, over all of them */
        call->tried = 0;
        call->again_at = rpc_now(rpc) +
                         rpc_jitter(rpc, doubled(ROUND_FIRST_MS, call->rounds++, ROUND_MAX_MS));
        *ret_until = call->again_at;
        return PICK_WAIT;
    }
    *ret_until = o.aside_until;
    return PICK_WAIT;
}

/* --- why nobody can be asked ---------------------------------------------------------------- */

static bool is_caught(const struct endpoint *e) {
    return e->wrong_chain || (e->caught && e->aside_until > rpc_now(e->rpc));
}

void endpoint_explain(const struct endpoint *e, struct cw_buf *out) {
    if (is_caught(e)) {
        cw_buf_format(out, "%s (set aside until %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " UTC)",
                      e->last_error, e->aside_wall_s / 3600 % 24, e->aside_wall_s / 60 % 60,
                      e->aside_wall_s % 60);
    } else if (e->max_rps > 0 && e->aside_until <= rpc_now(e->rpc) && e->verified) {
        cw_buf_format(out, "gets no more than its max_rps of %u", e->max_rps);
    } else {
        cw_buf_text(out, e->last_error[0] != '\0' ? e->last_error : "busy");
    }
}

void cw_rpc_trouble(const struct cw_rpc *rpc, struct cw_buf *out) {
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        if (!is_caught(&rpc->endpoints[i])) {
            return;
        }
    }
    cw_buf_format(out, "no endpoint is left: of %zu each is set aside", rpc->endpoints_n);
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        cw_buf_format(out, "; %s: ", rpc->endpoints[i].label);
        endpoint_explain(&rpc->endpoints[i], out);
    }
}
