#include "net/rpc_private.h"

#include "net/sort.h"

#include "core/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX          ((size_t)16 << 20)
#define CONNECT_MS        10000u
#define GROW_PATIENCE_MAX 4096u

/* --- life ----------------------------------------------------------------------------------- */

struct batch *batch_new(struct endpoint *endpoint, enum cw_rpc_class class_, size_t capacity) {
    struct batch *batch = calloc(1, sizeof(*batch) + capacity * sizeof(struct call *));
    if (batch != NULL) {
        batch->endpoint = endpoint;
        batch->class_ = class_;
        batch->capacity = capacity;
    }
    return batch;
}

static void link_batch(struct batch *batch) {
    struct batches *list = &batch->endpoint->under_way[batch->class_];
    batch->older = list->newest;
    if (list->newest == NULL) {
        list->oldest = batch;
    } else {
        list->newest->newer = batch;
    }
    list->newest = batch;
    list->n++;
}

/* Another one may go out in its place. */
static void unlink_batch(struct batch *batch) {
    struct batches *list = &batch->endpoint->under_way[batch->class_];
    if (batch->older == NULL) {
        list->oldest = batch->newer;
    } else {
        batch->older->newer = batch->newer;
    }
    if (batch->newer == NULL) {
        list->newest = batch->older;
    } else {
        batch->newer->older = batch->older;
    }
    list->n--;
    cw_loop_cancel(batch->endpoint->rpc->loop, batch->first_due);
    batch->first_due = NULL;
    if (batch->endpoint->rpc->queue[batch->class_].n > 0) {
        rpc_wake(batch->endpoint->rpc, batch->class_, 0);
    }
}

void take_batch_abandon(struct batch *batch) {
    cw_http_cancel(batch->endpoint->rpc->loop, batch->http);
    unlink_batch(batch);
    free(batch);
}

void batch_forget(struct call *call) {
    struct batch *batch = call->batch;
    batch->calls[call->slot] = NULL;
    batch->open--;
    call->batch = NULL;
    /* While the answer is being handed out there is no transfer, and who hands it out frees the
     * batch. */
    if (batch->open == 0 && batch->http != NULL) {
        take_batch_abandon(batch);
    }
}

/* Takes the call of a slot out; NULL when it is not waited for any longer. */
static struct call *take_call(struct batch *batch, size_t slot) {
    struct call *call = batch->calls[slot];
    if (call != NULL) {
        batch->calls[slot] = NULL;
        batch->open--;
        call->batch = NULL;
    }
    return call;
}

static void fail_all(struct batch *batch, enum cw_err err, const char *text, enum verdict verdict) {
    for (size_t slot = 0; slot < batch->n; slot++) {
        struct call *call = take_call(batch, slot);
        if (call != NULL) {
            if (err != CW_ERR_MEMORY) { /* ours, not the endpoint's */
                health_failed(batch->endpoint, call->method);
            }
            call_failed(call, batch->endpoint, err, text, verdict);
        }
    }
}

/* --- sending -------------------------------------------------------------------------------- */

void batch_element(struct cw_buf *body, uint64_t id, const char *method, const char *params) {
    cw_buf_format(body, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":", id);
    cw_json_quote(body, method);
    cw_buf_text(body, ",\"params\":");
    cw_buf_text(body, params);
    cw_buf_text(body, "}");
}

static void on_first_due(void *ctx);

static void set_first_due(struct batch *batch) {
    uint64_t now = rpc_now(batch->endpoint->rpc), first = UINT64_MAX, last = 0;
    for (size_t slot = 0; slot < batch->n; slot++) {
        if (batch->calls[slot] != NULL) {
            uint64_t due = batch->calls[slot]->attempt_due;
            first = due < first ? due : first;
            last = due > last ? due : last;
        }
    }
    if (first < last) { /* at the last one the transfer ends by itself */
        batch->first_due = cw_loop_after(batch->endpoint->rpc->loop, first > now ? first - now : 0,
                                         on_first_due, batch);
    }
}

/* Some calls go on elsewhere, the others still wait for this answer. */
static void on_first_due(void *ctx) {
    struct batch *batch = ctx;
    struct endpoint *e = batch->endpoint;
    struct cw_rpc *rpc = e->rpc;
    batch->first_due = NULL;
    rpc_enter(rpc);
    uint64_t now = rpc_now(rpc);
    bool told = false;
    for (size_t slot = 0; slot < batch->n; slot++) {
        struct call *call = batch->calls[slot];
        if (call != NULL && call->attempt_due <= now) {
            char text[64];
            snprintf(text, sizeof(text), "no answer within %u ms", call->deadline_ms);
            take_call(batch, slot);
            health_failed(e, call->method);
            if (!told) {
                endpoint_failed(e, CW_ERR_TRANSPORT, text, 0);
            }
            told = true;
            call_failed(call, e, CW_ERR_TRANSPORT, text, VERDICT_GO_ON);
        }
    }
    if (batch->open == 0) {
        take_batch_abandon(batch);
    } else {
        set_first_due(batch);
    }
    rpc_leave(rpc);
}

static void write_body(struct cw_buf *body, const struct batch *batch) {
    cw_buf_text(body, batch->n > 1 ? "[" : "");
    for (size_t slot = 0; slot < batch->n; slot++) {
        const struct call *call = batch->calls[slot];
        cw_buf_text(body, slot > 0 ? "," : "");
        batch_element(body, batch->first_id + slot, call->method, call->params);
    }
    cw_buf_text(body, batch->n > 1 ? "]" : "");
}

void take_batch_send(struct batch *batch) {
    struct endpoint *e = batch->endpoint;
    struct cw_rpc *rpc = e->rpc;
    struct cw_buf body;
    uint32_t deadline_ms = 0;
    batch->first_id = rpc->next_wire_id;
    rpc->next_wire_id += batch->n;
    batch->sent_at = rpc_now(rpc);
    for (size_t slot = 0; slot < batch->n; slot++) {
        struct call *call = batch->calls[slot];
        call->attempt_due = batch->sent_at + call->deadline_ms;
        deadline_ms = call->deadline_ms > deadline_ms ? call->deadline_ms : deadline_ms;
    }
    cw_buf_init(&body, BODY_MAX);
    write_body(&body, batch);
    const char *text = cw_buf_cstr(&body);
    const struct cw_http_request request = {
        .url = cw_url_secret(e->url),
        .body = text,
        .body_n = body.n,
        .connect_ms = deadline_ms < CONNECT_MS ? deadline_ms : CONNECT_MS,
        .deadline_ms = deadline_ms,
        .max_bytes = rpc->config.max_answer_bytes,
        .share = &e->bodies,
        .done = batch_answered,
        .ctx = batch,
    };
    if (text == NULL || cw_http_post(rpc->loop, &request, &batch->http) != CW_OK) {
        batch->http = NULL;
        fail_all(batch, CW_ERR_MEMORY, "out of memory, or a request over 16 MiB", VERDICT_OVER);
        free(batch);
    } else {
        for (size_t slot = 0; slot < batch->n; slot++) {
            health_called(e, batch->calls[slot]->method);
        }
        link_batch(batch);
        set_first_due(batch);
    }
    cw_buf_done(&body);
}

/* --- the size that an endpoint takes -------------------------------------------------------- */

/* The batch was refused for being one, or for its size: nothing in it was looked at. */
static void split(struct batch *batch, const char *text) {
    struct endpoint *e = batch->endpoint;
    size_t smaller = batch->n / 2;
    if (smaller < e->batch_limit) {
        e->batch_limit = smaller;
        e->full_batches = 0;
        if (e->full_batches_to_grow < GROW_PATIENCE_MAX) {
            e->full_batches_to_grow *= 2;
        }
        cw_log(CW_LOG_INFO, e->rpc->subject,
               "endpoint %s refuses a batch of %zu calls (%s); %zu from now on", e->label, batch->n,
               text, smaller);
    }
    for (size_t slot = 0; slot < batch->n; slot++) {
        struct call *call = take_call(batch, slot);
        if (call != NULL) {
            call_unsend(call, e);
        }
    }
}

static void batch_was_taken(struct endpoint *e, size_t n) {
    if (n < e->batch_limit || e->batch_limit >= e->rpc->config.batch_max) {
        return;
    }
    if (++e->full_batches >= e->full_batches_to_grow) {
        e->full_batches = 0;
        e->batch_limit += (e->batch_limit + 3) / 4;
        if (e->batch_limit > e->rpc->config.batch_max) {
            e->batch_limit = e->rpc->config.batch_max;
        }
    }
}

/* --- answers -------------------------------------------------------------------------------- */

/* Whose HTTP status alone says what is the matter. */
static enum cw_err sort_status(long status) {
    switch (status) {
    case 429:
    case 503:
    case 529:
        return CW_ERR_OVERLOADED;
    default:
        return status >= 300 && status < 500 ? CW_ERR_REFUSED : CW_ERR_TRANSPORT;
    }
}

static const char *status_note(long status) {
    switch (status) {
    case 401:
    case 403:
        return " (is the key in its URL right?)";
    case 404:
        return " (is its URL right?)";
    case 413:
        return " (request too large)";
    case 429:
        return " (too many requests)";
    default:
        return status >= 300 && status < 400 ? " (redirects are not followed)" : "";
    }
}

/* The document, or what is wrong with the answer as a whole. */
static enum cw_err read_body(struct cw_json_doc **ret, enum cw_err err, long status,
                             struct cw_slice body, char text[TEXT_SIZE]) {
    if (err != CW_OK) {
        return err;
    }
    bool good = status >= 200 && status < 300;
    struct cw_error error;
    struct cw_json_doc *doc = NULL;
    enum cw_err parsed = cw_json_parse(&doc, body, false, &error);
    if (parsed == CW_ERR_MEMORY) {
        snprintf(text, TEXT_SIZE, "out of memory");
        return parsed;
    }
    if (good && parsed != CW_OK) {
        snprintf(text, TEXT_SIZE, "the answer is no JSON (%zu bytes, %.200s)", body.n, error.text);
        return CW_ERR_TRANSPORT;
    }
    /* Some endpoints send their JSON-RPC errors under these. */
    bool is_error = (status == 400 || status == 500) && parsed == CW_OK &&
                    cw_json_get(cw_json_root(doc), "error") != NULL;
    if (good || is_error) {
        *ret = doc;
        return CW_OK;
    }
    const char *message = cw_json_string(
        cw_json_get(cw_json_get(parsed == CW_OK ? cw_json_root(doc) : NULL, "error"), "message"));
    snprintf(text, TEXT_SIZE, "HTTP %ld%s%s%s", status, status_note(status),
             message == NULL ? "" : ": ", message == NULL ? "" : message);
    cw_json_free(doc);
    return sort_status(status);
}

static bool is_null(const struct cw_json *value) {
    return value == NULL || cw_json_type(value) == CW_JSON_NULL;
}

enum cw_err batch_single(struct cw_json_doc **ret_doc, const struct cw_json **ret_value,
                         uint64_t id, enum cw_err err, long status, struct cw_slice body,
                         char text[TEXT_SIZE]) {
    struct cw_json_doc *doc = NULL;
    err = read_body(&doc, err, status, body, text);
    if (err != CW_OK) {
        return err;
    }
    const struct cw_json *root = cw_json_root(doc), *error = cw_json_get(root, "error");
    uint64_t got;
    if (!is_null(error)) {
        struct cw_buf unused;
        cw_buf_init(&unused, 0);
        err = cw_sorted_err(cw_sort_error(error, text, TEXT_SIZE, &unused));
        cw_buf_done(&unused);
    } else if (cw_json_u64(&got, cw_json_get(root, "id")) != CW_OK || got != id ||
               cw_json_get(root, "result") == NULL) {
        snprintf(text, TEXT_SIZE, "the answer is none to what was asked");
        err = CW_ERR_TRANSPORT;
    }
    if (err != CW_OK) {
        cw_json_free(doc);
        return err;
    }
    *ret_doc = doc;
    *ret_value = cw_json_get(root, "result");
    return CW_OK;
}

/* What one element means for its endpoint. */
struct tally {
    enum cw_err err; /* it is to be set aside for that */
    bool good;
    bool useless;
    bool lied; /* it was set aside for that */
    char text[TEXT_SIZE];
};

static void tally_trouble(struct tally *tally, enum cw_err err, const char *text) {
    tally->err = err;
    snprintf(tally->text, sizeof(tally->text), "%s", text);
}

/* The text of one element as it came; the whole answer where there is one only. */
static struct cw_slice text_of(struct batch *batch, const struct cw_json *root,
                               const struct cw_json *element) {
    if (batch->n == 1 || element == NULL) {
        return batch->body;
    }
    if (batch->texts == NULL) {
        batch->texts = calloc(batch->n, sizeof(*batch->texts));
        if (batch->texts == NULL ||
            cw_json_elements(batch->body, batch->texts, batch->n) < batch->n) {
            return cw_slice_of("", 0);
        }
    }
    size_t at = 0;
    for (const struct cw_json *e = cw_json_first(root); e != element; e = cw_json_next(e)) {
        at++;
    }
    return batch->texts[at];
}

/* One answer of a batch. */
struct answer {
    struct batch *batch;
    const struct cw_json *root, *element;
};

static struct cw_rpc_said *keep(const struct answer *answer, size_t max) {
    return said_new(answer->batch->endpoint, text_of(answer->batch, answer->root, answer->element),
                    max);
}

static void take(struct call *call, const struct answer *answer, const struct cw_json *value) {
    struct endpoint *e = answer->batch->endpoint;
    const struct cw_rpc_config *config = &e->rpc->config;
    bool contrast = call->liars != 0 && (call->liars >> e->index & 1) == 0 &&
                    config->answered != NULL;
    size_t max = contrast ? CW_RPC_SAID_MAX : call->keep;
    struct cw_rpc_said *said = max > 0 ? keep(answer, max) : NULL;
    if (contrast && said != NULL) {
        config->answered(config->finding_ctx, call->id, said);
    }
    const struct cw_rpc_result result = {
        .err = CW_OK, .value = value, .text = "", .endpoint = e->label, .said = said};
    call->done(call->ctx, &result);
    cw_rpc_said_unref(said);
    call_free(call);
}

static void refuse(struct call *call, const struct answer *answer, const char *text) {
    struct endpoint *e = answer->batch->endpoint;
    struct cw_rpc_said *said = keep(answer, CW_RPC_SAID_MAX);
    const struct cw_rpc_finding finding = {.method = call->method,
                                           .params = call->params,
                                           .text = text,
                                           .said = said,
                                           .call = call->id};
    call->liars |= (uint64_t)1 << e->index;
    health_failed(e, call->method);
    endpoint_lied(e, &finding);
    cw_rpc_said_unref(said);
    call_failed(call, e, CW_ERR_CONTRADICTED, text, VERDICT_GO_ON);
}

static void hand_out(struct call *call, const struct answer *answer, const struct cw_json *value,
                     struct tally *tally) {
    struct endpoint *e = answer->batch->endpoint;
    struct cw_error error = {CW_OK, ""};
    char text[TEXT_SIZE];
    enum cw_err err = call->check == NULL ? CW_OK : call->check(call->ctx, value, &error);
    if (err == CW_OK) {
        tally->good = true;
        take(call, answer, value);
        return;
    }
    cw_url_scrub(e->url, text, sizeof(text), error.text);
    if (err == CW_ERR_BEHIND) {
        tally->good = true;
        call_failed(call, e, err, text[0] != '\0' ? text : "not there", VERDICT_ANSWERED);
    } else if (err == CW_ERR_MEMORY) { /* ours, not the endpoint's */
        call_failed(call, e, err, "out of memory", VERDICT_OVER);
    } else {
        tally->lied = true;
        refuse(call, answer, text);
    }
}

/* What an endpoint can't do is not asked of it again for a while. */
static enum verdict note_lack(struct endpoint *e, const struct call *call, enum cw_sorted sorted,
                              const char *text) {
    if (sorted == CW_SORTED_NO_STATE) {
        endpoint_has_no_state(e, call, text);
    } else if (call->block_by_hash) { /* the rest of what we send is read by every node */
        endpoint_takes_no_hash(e, text);
    } else {
        return VERDICT_OVER;
    }
    return VERDICT_ANSWERED;
}

static void hand_out_error(const struct answer *answer, struct call *call,
                           const struct cw_json *error, struct tally *tally) {
    struct batch *batch = answer->batch;
    char said[TEXT_SIZE], text[TEXT_SIZE];
    cw_buf_reset(&call->revert);
    enum cw_sorted sorted = cw_sort_error(error, said, sizeof(said), &call->revert);
    cw_url_scrub(batch->endpoint->url, text, sizeof(text), said);
    enum verdict verdict = VERDICT_GO_ON;
    bool of_use = false;
    switch (sorted) {
    case CW_SORTED_REVERTED:
    case CW_SORTED_REFUSED:
        verdict = VERDICT_OVER;
        of_use = true;
        break;
    case CW_SORTED_NO_STATE:
    case CW_SORTED_BAD_PARAMS:
        verdict = note_lack(batch->endpoint, call, sorted, text);
        of_use = true;
        break;
    case CW_SORTED_BEHIND:
    case CW_SORTED_NO_METHOD:
        verdict = VERDICT_ANSWERED;
        of_use = true;
        break;
    case CW_SORTED_TOO_LARGE:
        if (batch->n > 1) {
            call->alone = true;
            call_unsend(call, batch->endpoint);
            return;
        }
        verdict = VERDICT_ANSWERED;
        of_use = true;
        break;
    case CW_SORTED_NO_ACCESS:
        verdict = VERDICT_ANSWERED;
        tally_trouble(tally, CW_ERR_REFUSED, text);
        break;
    case CW_SORTED_OVERLOADED:
        tally_trouble(tally, CW_ERR_OVERLOADED, text);
        break;
    case CW_SORTED_MALFORMED:
        tally_trouble(tally, CW_ERR_TRANSPORT, text);
        break;
    case CW_SORTED_TROUBLE:
        break;
    }
    if (call->keep > 0) {
        cw_rpc_said_unref(call->said);
        call->said = keep(answer, call->keep);
    }
    tally->good = tally->good || of_use;
    tally->useless = tally->useless || !of_use;
    if (!of_use) {
        health_failed(batch->endpoint, call->method);
    }
    call_failed(call, batch->endpoint, cw_sorted_err(sorted), text, verdict);
}

static void hand_out_element(struct batch *batch, size_t slot, const struct cw_json *root,
                             const struct cw_json *element, struct tally *tally) {
    const struct answer answer = {batch, root, element};
    struct call *call = take_call(batch, slot);
    if (call == NULL) {
        return;
    }
    const struct cw_json *error = cw_json_get(element, "error");
    const struct cw_json *value = cw_json_get(element, "result");
    if (!is_null(error) && is_null(value)) {
        hand_out_error(&answer, call, error, tally);
    } else if (value != NULL && is_null(error)) {
        hand_out(call, &answer, value, tally);
    } else {
        const char *wrong = value == NULL ? "the answer has neither result nor error"
                                          : "the answer has both result and error";
        tally_trouble(tally, CW_ERR_TRANSPORT, wrong);
        health_failed(batch->endpoint, call->method);
        call_failed(call, batch->endpoint, CW_ERR_TRANSPORT, wrong, VERDICT_GO_ON);
    }
}

/* Puts each element to its slot. NULL, or what can't be. */
static const char *match(const struct batch *batch, const struct cw_json *root,
                         const struct cw_json **elements) {
    const struct cw_json *element = batch->n > 1 ? cw_json_first(root) : root;
    size_t n = 0;
    for (; element != NULL; element = batch->n > 1 ? cw_json_next(element) : NULL) {
        uint64_t id;
        if (cw_json_u64(&id, cw_json_get(element, "id")) != CW_OK || id < batch->first_id ||
            id - batch->first_id >= batch->n) {
            return "an answer to something that was not asked (unknown id)";
        }
        if (elements[id - batch->first_id] != NULL) {
            return "two answers with the same id";
        }
        elements[id - batch->first_id] = element;
        n++;
    }
    return n == batch->n ? NULL : "an element of the batch has no answer (missing id)";
}

/* go-ethereum answers a batch that is too long with the error of its first element alone. */
static bool is_short_refusal(const struct batch *batch, const struct cw_json *root) {
    if (cw_json_size(root) >= batch->n) {
        return false;
    }
    for (const struct cw_json *e = cw_json_first(root); e != NULL; e = cw_json_next(e)) {
        const char *message = cw_json_string(cw_json_get(cw_json_get(e, "error"), "message"));
        if (message != NULL && cw_sort_is_about_batches(message)) {
            return true;
        }
    }
    return false;
}

static void whole_failed(struct batch *batch, enum cw_err err, const char *said,
                         uint32_t retry_after_s) {
    struct endpoint *e = batch->endpoint;
    char text[TEXT_SIZE];
    cw_url_scrub(e->url, text, sizeof(text), said);
    if (err == CW_ERR_MEMORY) { /* ours, not the endpoint's */
        fail_all(batch, err, text, VERDICT_OVER);
        return;
    }
    endpoint_failed(e, err, text, retry_after_s);
    if (err == CW_ERR_LIMIT && batch->n > 1) { /* perhaps it is large only together */
        for (size_t slot = 0; slot < batch->n; slot++) {
            if (batch->calls[slot] != NULL) {
                batch->calls[slot]->alone = true;
            }
        }
        fail_all(batch, err, text, VERDICT_GO_ON);
        return;
    }
    fail_all(batch, err, text,
             err == CW_ERR_LIMIT || err == CW_ERR_REFUSED ? VERDICT_ANSWERED : VERDICT_GO_ON);
}

/* A batch that was answered by one object. */
static void object_for_batch(struct batch *batch, const struct cw_json *root) {
    const struct cw_json *error = cw_json_get(root, "error");
    char said[TEXT_SIZE], text[TEXT_SIZE];
    if (is_null(error)) {
        whole_failed(batch, CW_ERR_TRANSPORT, "the answer to a batch is no array", 0);
        return;
    }
    struct cw_buf unused;
    cw_buf_init(&unused, 0);
    enum cw_sorted sorted = cw_sort_error(error, said, sizeof(said), &unused);
    cw_buf_done(&unused);
    bool about_batches = cw_sort_is_about_batches(said);
    if (!about_batches && (sorted == CW_SORTED_OVERLOADED || sorted == CW_SORTED_NO_ACCESS)) {
        whole_failed(batch, cw_sorted_err(sorted), said, 0);
        return;
    }
    cw_url_scrub(batch->endpoint->url, text, sizeof(text), said);
    split(batch, text);
}

/* Its answers are not those to what was asked. */
static void mismatched(struct batch *batch, const char *wrong) {
    const struct call *only = batch->n > 1 ? NULL : batch->calls[0];
    struct cw_rpc_said *said = said_new(batch->endpoint, batch->body, CW_RPC_SAID_MAX);
    const struct cw_rpc_finding finding = {.method = only == NULL ? "batch" : only->method,
                                           .params = only == NULL ? NULL : only->params,
                                           .text = wrong,
                                           .said = said};
    endpoint_lied(batch->endpoint, &finding);
    cw_rpc_said_unref(said);
}

static void answered(struct batch *batch, const struct cw_json *root) {
    struct endpoint *e = batch->endpoint;
    bool is_array = cw_json_type(root) == CW_JSON_ARRAY;
    if (batch->n == 1 ? is_array : !is_array) {
        if (batch->n > 1) {
            object_for_batch(batch, root);
        } else {
            whole_failed(batch, CW_ERR_TRANSPORT, "the answer to one call is an array", 0);
        }
        return;
    }
    if (batch->n > 1 && is_short_refusal(batch, root)) {
        split(batch, "answered the first call only");
        return;
    }
    assert(batch->n > 0);
    const struct cw_json **elements = calloc(batch->n, sizeof(struct cw_json *));
    if (elements == NULL) {
        fail_all(batch, CW_ERR_MEMORY, "out of memory", VERDICT_OVER);
        return;
    }
    const struct cw_json *error = cw_json_get(root, "error");
    bool unnumbered = batch->n == 1 && !is_null(error) && is_null(cw_json_get(root, "id"));
    const char *wrong = NULL;
    if (unnumbered) { /* an error that says nothing of whom it answers can only answer the one that
                         was asked */
        elements[0] = root;
    } else {
        wrong = match(batch, root, elements);
    }
    if (wrong != NULL) {
        mismatched(batch, wrong);
        fail_all(batch, CW_ERR_CONTRADICTED, wrong, VERDICT_GO_ON);
    } else {
        struct tally tally = {.err = CW_OK};
        for (size_t slot = 0; slot < batch->n; slot++) {
            hand_out_element(batch, slot, root, elements[slot], &tally);
        }
        if (tally.err != CW_OK) {
            endpoint_failed(e, tally.err, tally.text, 0);
        } else if (tally.good && !tally.lied) {
            endpoint_ok(e);
        } else if (tally.useless) {
            health_answer(e, false);
        }
        batch_was_taken(e, batch->n);
    }
    free(elements);
}

void batch_answered(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                    struct cw_slice body, const char *http_text) {
    struct batch *batch = ctx;
    struct endpoint *e = batch->endpoint;
    struct cw_rpc *rpc = e->rpc;
    char text[TEXT_SIZE];
    batch->http = NULL;
    unlink_batch(batch);
    rpc_enter(rpc);
    snprintf(text, sizeof(text), "%s", http_text);
    if (err == CW_OK) {
        e->answered_at[batch->class_] = rpc_now(rpc);
        score_took(e, batch->class_, rpc_now(rpc) - batch->sent_at);
    }
    struct cw_json_doc *doc = NULL;
    err = read_body(&doc, err, status, body, text);
    if (err == CW_OK) {
        rpc->handed_out = batch;
        batch->body = body;
        answered(batch, cw_json_root(doc));
        rpc->handed_out = NULL;
    } else if (status == 413 && batch->n > 1) {
        split(batch, text);
    } else {
        whole_failed(batch, err, text, retry_after_s);
    }
    cw_json_free(doc);
    free(batch->texts);
    free(batch);
    rpc_leave(rpc);
}
