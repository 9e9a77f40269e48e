/* Sinks that are asked over HTTP. */
#include "sink/sender_private.h"

#include "sink/signature.h"

#include <causeway/curve.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX      65536u
#define SHOWN_OF_ANSWER 100
#define LINES_MAX       5u

/* One request under way. */
struct sender_post {
    struct cw_sender *owner;
    struct sender_post *next;
    struct cw_http *http;
    cw_sender_done *done;
    void *ctx;
};

static void forget(struct sender_post *post) {
    struct sender_post **at = &post->owner->posts;
    while (*at != post)
        at = &(*at)->next;
    *at = post->next;
    free(post);
}

static void http_close(struct cw_sender *sender) {
    while (sender->posts != NULL) {
        cw_http_cancel(sender->loop, sender->posts->http);
        forget(sender->posts);
    }
}

/* --- what came back --------------------------------------------------------------------------- */

/* About this request, and not about who asks: it would be answered so again. */
static bool is_refusal(long status) {
    return status == 400 || status == 413 || status == 422;
}

static bool reveals(const struct cw_sender *sender, struct cw_slice text) {
    const struct cw_password *secret = sender->secret;
    return cw_url_reveals(sender->url, text) ||
           (secret->n > 0 && text.n > 0 && memmem(text.p, text.n, secret->b, secret->n) != NULL);
}

/* The status, and the beginning of what it said. */
static void describe(const struct cw_sender *sender, long status, struct cw_slice body,
                     char out[SENDER_TEXT_SIZE]) {
    size_t n = body.n < SHOWN_OF_ANSWER ? body.n : SHOWN_OF_ANSWER;
    bool shown = n > 0 && !reveals(sender, body) && memchr(body.p, '\0', n) == NULL;
    snprintf(out, SENDER_TEXT_SIZE, "HTTP %ld%s%.*s", status, shown ? ": " : "", shown ? (int)n : 0,
             shown ? (const char *)body.p : "");
    for (char *p = out; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

static void answered(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                     struct cw_slice body, const char *what) {
    struct sender_post *post = ctx;
    const struct cw_sender *sender = post->owner;
    cw_sender_done *done = post->done;
    void *done_ctx = post->ctx;
    enum cw_sender_outcome outcome = CW_SENDER_FAILED;
    char text[SENDER_TEXT_SIZE];
    if (err != CW_OK) {
        cw_url_scrub(sender->url, text, sizeof text, what);
    } else {
        describe(sender, status, body, text);
        outcome = status >= 200 && status < 300 ? CW_SENDER_TOOK
                  : is_refusal(status)          ? CW_SENDER_REFUSED
                                                : CW_SENDER_FAILED;
    }
    forget(post);
    done(done_ctx, outcome, text, retry_after_s);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static void put_body(struct cw_sender *sender, const struct cw_alert *alerts, size_t n,
                     uint64_t now_ms, struct cw_buf *out) {
    switch (sender->config->type) {
    case CW_SINK_SLACK:
        cw_alert_slack(out, alerts);
        return;
    case CW_SINK_PAGERDUTY:
        cw_alert_pagerduty(out, alerts, (const char *)sender->secret->b, sender->host);
        return;
    case CW_SINK_ALERTMANAGER:
        cw_alert_alertmanager(out, alerts, n, now_ms + 4000 * sender->config->resend_s);
        return;
    case CW_SINK_WEBHOOK:
    case CW_SINK_SYSLOG:
    case CW_SINK_STDOUT:
        break;
    }
    cw_alert_webhook_json(out, alerts);
}

/* Header lines. */
struct lines {
    char text[LINES_MAX][CW_PASSWORD_MAX + 64];
    const char *list[LINES_MAX + 1];
    size_t n;
};

static void add(struct lines *lines, const char *name, const char *value) {
    snprintf(lines->text[lines->n], sizeof lines->text[0], "%s: %s", name, value);
    lines->list[lines->n] = lines->text[lines->n];
    lines->n++;
}

static enum cw_err put_lines(const struct cw_sender *sender, const char *id, uint64_t now_ms,
                             struct cw_slice body, struct lines *out) {
    const struct cw_password *secret = sender->secret;
    char text[CW_PASSWORD_MAX + 32], signature[CW_SIGNATURE_TEXT_SIZE];
    enum cw_err err = CW_OK;
    if (sender->config->type == CW_SINK_WEBHOOK) {
        snprintf(text, sizeof text, "%" PRIu64, now_ms / 1000);
        add(out, "X-Causeway-Timestamp", text);
        add(out, "X-Causeway-Id", id);
        if (secret->n > 0)
            err = cw_signature_write(signature, cw_slice_of(secret->b, secret->n), now_ms / 1000,
                                     id, body);
        if (err == CW_OK && secret->n > 0)
            add(out, "X-Causeway-Signature", signature);
    } else if (sender->config->type == CW_SINK_ALERTMANAGER && secret->n > 0) {
        snprintf(text, sizeof text, "Bearer %s", (const char *)secret->b);
        add(out, "Authorization", text);
        cw_wipe(text, sizeof text);
    }
    return err;
}

static void fail(struct sender_post *post, const char *text) {
    cw_sender_done *done = post->done;
    void *ctx = post->ctx;
    forget(post);
    done(ctx, CW_SENDER_FAILED, text, 0);
}

static enum cw_err ask(struct sender_post *post, const char *id, uint64_t now_ms,
                       struct cw_slice body) {
    const struct cw_sender *sender = post->owner;
    struct lines lines = {.n = 0};
    enum cw_err err = put_lines(sender, id, now_ms, body, &lines);
    const struct cw_http_request request = {
        .url = cw_url_secret(sender->url),
        .body = (const char *)body.p,
        .body_n = body.n,
        .headers = lines.list,
        .connect_ms = (uint32_t)sender->config->timeout_ms,
        .deadline_ms = (uint32_t)sender->config->timeout_ms,
        .max_bytes = ANSWER_MAX,
        .done = answered,
        .ctx = post,
    };
    if (err == CW_OK)
        err = cw_http_post(sender->loop, &request, &post->http);
    cw_wipe(&lines, sizeof lines);
    return err;
}

static void post_body(struct cw_sender *sender, const char *id, const struct cw_buf *body,
                      uint64_t now_ms, cw_sender_done *done, void *ctx) {
    struct sender_post *post = calloc(1, sizeof *post);
    if (post == NULL) {
        done(ctx, CW_SENDER_FAILED, "out of memory", 0);
        return;
    }
    *post = (struct sender_post){sender, sender->posts, NULL, done, ctx};
    sender->posts = post;
    if (body->failed || ask(post, id, now_ms, cw_slice_of(body->p, body->n)) != CW_OK)
        fail(post, "out of memory");
}

static void http_send(struct cw_sender *sender, const struct cw_alert *alerts, size_t n,
                      cw_sender_done *done, void *ctx) {
    const struct cw_clock *clock = cw_loop_clock(sender->loop);
    uint64_t now_ms = clock->wall_ms(clock->ctx);
    struct cw_buf body;
    cw_buf_init(&body, SENDER_BODY_MAX);
    put_body(sender, alerts, n, now_ms, &body);
    post_body(sender, alerts->id, &body, now_ms, done, ctx);
    if (sender->config->type == CW_SINK_PAGERDUTY && body.n > 0)
        cw_wipe(body.p, body.n);
    cw_buf_done(&body);
}

void cw_sender_post(struct cw_sender *sender, const char *id, struct cw_slice text,
                    cw_sender_done *done, void *ctx) {
    const struct cw_clock *clock = cw_loop_clock(sender->loop);
    struct cw_buf body;
    cw_buf_init(&body, SENDER_BODY_MAX);
    cw_buf_append(&body, text.p, text.n);
    post_body(sender, id, &body, clock->wall_ms(clock->ctx), done, ctx);
    cw_buf_done(&body);
}

/* --- opening ---------------------------------------------------------------------------------- */

static const struct sender_ops http_ops = {http_send, http_close};

/* Alertmanager's own path behind what is written, unless it is there. */
static enum cw_err open_alertmanager(struct cw_sender *sender, struct cw_error *error) {
    static const char path[] = "/api/v2/alerts";
    const char *url = sender->config->url;
    size_t n = strlen(url), tail = sizeof path - 1;
    char *whole = malloc(n + sizeof path);
    if (whole == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    while (n > 0 && url[n - 1] == '/')
        n--;
    bool has = n >= tail && memcmp(url + n - tail, path, tail) == 0;
    snprintf(whole, strlen(url) + sizeof path, "%.*s%s", (int)n, url, has ? "" : path);
    enum cw_err err = cw_url_new(&sender->url, whole, error);
    free(whole);
    return err;
}

enum cw_err sender_http_open(struct cw_sender *sender, struct cw_error *error) {
    const struct cw_config_sink *config = sender->config;
    bool is_secret = config->type == CW_SINK_SLACK && config->url[0] == '\0';
    const char *url = is_secret ? (const char *)sender->secret->b : config->url;
    enum cw_err err = config->type == CW_SINK_ALERTMANAGER ? open_alertmanager(sender, error)
                                                           : cw_url_new(&sender->url, url, error);
    if (err != CW_OK)
        return cw_error_wrap(error, err, "sink \"%s\"%s", config->name,
                             is_secret ? ", its secret" : "");
    sender->ops = &http_ops;
    snprintf(sender->label, sizeof sender->label, "%s %.200s", config->type_name,
             cw_url_host(sender->url));
    return CW_OK;
}
