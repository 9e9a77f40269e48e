#include "net/probe.h"

#include "net/sort.h"
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNDER_WAY_MAX 4u /* HTTP requests */
#define ANSWER_MAX    ((size_t)8 << 20)
#define REVERT_MAX    ((size_t)64 << 10)
#define BODY_MAX      ((size_t)1 << 20)
#define TEXT_SIZE     320u

struct question {
    struct question *next;
    struct cw_probe *probe;
    char *method, *params; /* NULL: a batch */
    unsigned turn;         /* of a batch: how many it is */
    struct cw_http *http;
    bool asked, answered;
    uint64_t asked_ms;
    struct cw_json_doc *doc;
    struct cw_buf revert;
    char text[TEXT_SIZE];
    struct cw_probe_answer answer;
};

struct cw_probe {
    struct cw_loop *loop;
    struct cw_url *url;
    uint32_t deadline_ms;
    struct question *first, **last;
    unsigned under_way;
    bool news;
    const char *closed; /* NULL: it is not */
    struct cw_probe_answer no_memory;
};

/* --- life ------------------------------------------------------------------------------------- */

enum cw_err cw_probe_new(struct cw_probe **ret, struct cw_loop *loop, const char *url,
                         uint32_t deadline_ms, struct cw_error *error) {
    struct cw_probe *probe = calloc(1, sizeof *probe);
    if (!probe)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = cw_url_new(&probe->url, url, error);
    if (err != CW_OK) {
        free(probe);
        return err;
    }
    probe->loop = loop;
    probe->deadline_ms = deadline_ms;
    probe->last = &probe->first;
    probe->news = true;
    probe->no_memory = (struct cw_probe_answer){.err = CW_ERR_MEMORY, .text = "out of memory"};
    *ret = probe;
    return CW_OK;
}

static void question_free(struct question *q) {
    cw_http_cancel(q->probe->loop, q->http);
    cw_json_free(q->doc);
    cw_buf_done(&q->revert);
    free(q->method);
    free(q->params);
    free(q);
}

void cw_probe_free(struct cw_probe *probe) {
    if (!probe)
        return;
    for (struct question *q = probe->first, *next; q; q = next) {
        next = q->next;
        question_free(q);
    }
    cw_url_free(probe->url);
    free(probe);
}

const char *cw_probe_host(const struct cw_probe *probe) {
    return cw_url_host(probe->url);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void fail(struct question *q, enum cw_err err, const char *text) {
    cw_url_scrub(q->probe->url, q->text, sizeof q->text, text);
    q->answer.err = err;
    q->answer.text = q->text;
}

/* One object of an answer. */
static void take_object(struct question *q, const struct cw_json *object) {
    const struct cw_json *refusal = cw_json_get(object, "error");
    const struct cw_json *result = cw_json_get(object, "result");
    if (refusal && cw_json_type(refusal) != CW_JSON_NULL) {
        char text[TEXT_SIZE];
        enum cw_sorted sorted = cw_sort_error(refusal, text, sizeof text, &q->revert);
        fail(q, cw_sorted_err(sorted), text);
        q->answer.revert = cw_buf_slice(&q->revert);
    } else if (!result) {
        fail(q, CW_ERR_TRANSPORT, "answered something that is no JSON-RPC");
    } else {
        q->answer = (struct cw_probe_answer){.err = CW_OK, .value = result, .text = ""};
    }
}

static void take_json(struct question *q) {
    const struct cw_json *root = cw_json_root(q->doc);
    if (q->method) {
        take_object(q, root);
        return;
    }
    if (cw_json_type(root) != CW_JSON_ARRAY) {
        take_object(q, root);
        if (q->answer.err == CW_OK)
            fail(q, CW_ERR_REFUSED, "answered a batch with a single answer");
        return;
    }
    size_t n = cw_json_size(root);
    for (const struct cw_json *one = cw_json_first(root); one; one = cw_json_next(one)) {
        take_object(q, one);
        if (q->answer.err != CW_OK)
            return;
    }
    if (n != q->turn) {
        char text[64];
        snprintf(text, sizeof text, "answered %zu of %u calls", n, q->turn);
        fail(q, CW_ERR_REFUSED, text);
    }
}

static void ask_more(struct cw_probe *probe);

/* text: of the transport; "" when there is an HTTP answer. */
static void take(struct question *q, enum cw_err err, long status, struct cw_slice body,
                 const char *text) {
    struct cw_error wrong;
    if (err != CW_OK) {
        fail(q, err, text);
    } else if (cw_json_parse(&q->doc, body, false, &wrong) == CW_OK) {
        take_json(q);
    } else {
        snprintf(wrong.text, sizeof wrong.text, "HTTP status %ld and no JSON", status);
        fail(q, status == 429 || status == 503 ? CW_ERR_OVERLOADED : CW_ERR_TRANSPORT, wrong.text);
    }
}

static void on_done(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                    struct cw_slice body, const char *text) {
    struct question *q = ctx;
    struct cw_probe *probe = q->probe;
    const struct cw_clock *clock = cw_loop_clock(probe->loop);
    const uint64_t date_s = q->answer.date_s;
    (void)retry_after_s;
    q->http = NULL;
    take(q, err, status, body, text);
    q->answered = true;
    q->answer.date_s = date_s;
    q->answer.wall_ms = clock->wall_ms(clock->ctx);
    q->answer.ms = (uint32_t)(clock->monotonic_ms(clock->ctx) - q->asked_ms);
    probe->under_way--;
    probe->news = true;
    ask_more(probe);
}

/* --- questions -------------------------------------------------------------------------------- */

static void put_call(struct cw_buf *out, unsigned id, const char *method, const char *params) {
    cw_buf_format(out, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":", id);
    cw_json_quote(out, method);
    cw_buf_text(out, ",\"params\":");
    cw_buf_text(out, params);
    cw_buf_text(out, "}");
}

static void put_body(struct cw_buf *out, const struct question *q) {
    if (q->method) {
        put_call(out, 1, q->method, q->params);
        return;
    }
    for (unsigned i = 0; i < q->turn; i++) {
        cw_buf_text(out, i == 0 ? "[" : ",");
        put_call(out, i + 1, "eth_chainId", "[]");
    }
    cw_buf_text(out, "]");
}

static void send(struct question *q) {
    struct cw_probe *probe = q->probe;
    const struct cw_clock *clock = cw_loop_clock(probe->loop);
    struct cw_buf body;
    cw_buf_init(&body, BODY_MAX);
    put_body(&body, q);
    const struct cw_http_request request = {
        .url = cw_url_secret(probe->url),
        .body = cw_buf_cstr(&body),
        .body_n = body.n,
        .connect_ms = probe->deadline_ms,
        .deadline_ms = probe->deadline_ms,
        .max_bytes = ANSWER_MAX,
        .date_s = &q->answer.date_s,
        .done = on_done,
        .ctx = q,
    };
    q->asked = true;
    q->asked_ms = clock->monotonic_ms(clock->ctx);
    if (request.body && cw_http_post(probe->loop, &request, &q->http) == CW_OK) {
        probe->under_way++;
    } else {
        q->answer = probe->no_memory;
        q->answered = true;
        probe->news = true;
    }
    cw_buf_done(&body);
}

static void ask_more(struct cw_probe *probe) {
    for (struct question *q = probe->first; q && probe->under_way < UNDER_WAY_MAX; q = q->next)
        if (!q->asked && !q->answered)
            send(q);
}

static bool is_same(const struct question *q, const char *method, const char *params,
                    unsigned turn) {
    if (!method || !q->method)
        return method == q->method && turn == q->turn;
    return turn == q->turn && strcmp(method, q->method) == 0 && strcmp(params, q->params) == 0;
}

static struct question *add(struct cw_probe *probe, const char *method, const char *params,
                            unsigned turn) {
    struct question *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    q->probe = probe;
    q->turn = turn;
    cw_buf_init(&q->revert, REVERT_MAX);
    if (method) {
        q->method = strdup(method);
        q->params = strdup(params);
    }
    if (method && (!q->method || !q->params)) {
        question_free(q);
        return NULL;
    }
    *probe->last = q;
    probe->last = &q->next;
    return q;
}

static const struct cw_probe_answer *ask(struct cw_probe *probe, const char *method,
                                         const char *params, unsigned turn) {
    struct question *q = probe->first;
    while (q && !is_same(q, method, params, turn))
        q = q->next;
    if (!q)
        q = add(probe, method, params, turn);
    if (!q)
        return &probe->no_memory;
    if (!q->answered && probe->closed) {
        q->answered = true;
        fail(q, CW_ERR_BUSY, probe->closed);
    }
    ask_more(probe);
    return q->answered ? &q->answer : NULL;
}

const struct cw_probe_answer *cw_probe_ask(struct cw_probe *probe, const char *method,
                                           const char *params, unsigned turn) {
    return ask(probe, method, params ? params : "[]", turn);
}

const struct cw_probe_answer *cw_probe_batch(struct cw_probe *probe, unsigned n) {
    return ask(probe, NULL, NULL, n);
}

bool cw_probe_news(struct cw_probe *probe) {
    bool news = probe->news;
    probe->news = false;
    return news;
}

void cw_probe_close(struct cw_probe *probe, const char *text) {
    probe->closed = text;
    probe->news = true;
    for (struct question *q = probe->first; q; q = q->next) {
        if (q->answered)
            continue;
        cw_http_cancel(probe->loop, q->http);
        if (q->http)
            probe->under_way--;
        q->http = NULL;
        q->answered = true;
        fail(q, CW_ERR_BUSY, text);
    }
}
