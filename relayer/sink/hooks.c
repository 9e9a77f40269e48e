#include "sink/hooks.h"

#include "core/log.h"
#include "sink/news_out.h"
#include "sink/sender.h"
#include "store/webhooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE       64u /* lines of history that are looked through at a time */
#define NEWS_BYTES    (4u << 20)
#define BODY_BYTES    (64u << 10)
#define HOOKS_BYTES   (1u << 20)
#define TIMEOUT_MS    10000u
#define PAUSE_MAX_MS  300000u
#define UNWRITTEN_MAX 4096  /* lines that were passed over since that was written */
#define READ_AGAIN_MS 1000u /* after the store failed */

struct hook {
    struct cw_hooks *owner;
    struct cw_store_webhook row;
    struct cw_config_sink config; /* of the sender */
    char name[32];
    struct cw_sender *sender;
    bool busy;
    int64_t written;        /* position as the store has it */
    int64_t telling;        /* busy: line that is told */
    uint64_t not_before_ms; /* monotonic: the store failed */
};

struct cw_hooks {
    struct cw_loop *loop;
    struct cw_store *store;
    const struct cw_config *config;
    struct hook *list[CW_WEBHOOKS_MAX]; /* owned */
    size_t n;
    bool changed;
    uint64_t read_after_ms; /* monotonic */
    struct cw_store_route_row *routes;
    size_t routes_n;
    struct cw_arena arena; /* of routes */
};

static uint64_t wall_ms(const struct cw_hooks *hooks) {
    const struct cw_clock *clock = cw_loop_clock(hooks->loop);
    return clock->wall_ms(clock->ctx);
}

static uint64_t monotonic_ms(const struct cw_hooks *hooks) {
    const struct cw_clock *clock = cw_loop_clock(hooks->loop);
    return clock->monotonic_ms(clock->ctx);
}

static const char *route_name(const struct cw_hooks *hooks, int64_t row) {
    for (size_t i = 0; i < hooks->routes_n; i++)
        if (hooks->routes[i].row == row)
            return hooks->routes[i].name;
    return "";
}

/* --- what it wants ---------------------------------------------------------------------------- */

static bool wants(const struct cw_store_webhook *row, const struct cw_store_news_message *news) {
    if ((row->route != 0 && row->route != news->route) ||
        (row->by_sender && !cw_addr20_equal(&row->sender, &news->sender)) ||
        (row->by_target && !cw_addr20_equal(&row->target, &news->target)) ||
        (row->by_tx && !cw_hash32_equal(&row->tx, &news->source_tx)))
        return false;
    return row->stages == 0 ||
           (strcmp(news->line.kind, "stage") == 0 && (row->stages >> news->line.stage & 1) != 0);
}

/* --- what came of it -------------------------------------------------------------------------- */

static void stall(struct hook *hook, const char *what, const struct cw_error *error) {
    cw_log(CW_LOG_ERROR, hook->name, "%s, will be tried again: %s", what, error->text);
    hook->not_before_ms = monotonic_ms(hook->owner) + READ_AGAIN_MS;
}

static void took(struct hook *hook) {
    struct cw_error error;
    if (cw_store_webhook_told(hook->owner->store, hook->row.row, hook->telling, true,
                              wall_ms(hook->owner), &error) != CW_OK) {
        stall(hook, "delivery not written down", &error); /* it is told again, under its id */
        return;
    }
    if (hook->row.failing > 0)
        cw_log(CW_LOG_INFO, hook->name, "%s: takes messages again", cw_sender_label(hook->sender));
    hook->row.position = hook->written = hook->telling;
    hook->row.failing = hook->row.failing_ms = hook->row.not_before_ms = 0;
}

static void failed(struct hook *hook, const char *text, uint32_t retry_after_s) {
    const uint64_t now = wall_ms(hook->owner), asked = (uint64_t)retry_after_s * 1000;
    struct cw_store_webhook *row = &hook->row;
    struct cw_error error;
    uint64_t pause = cw_sender_pause_ms(row->failing, PAUSE_MAX_MS,
                                        (uint64_t)row->row * 31 + row->failing);
    pause = asked > pause && asked <= 12 * PAUSE_MAX_MS ? asked : pause;
    if (row->failing == 0) {
        row->failing_ms = now;
        cw_log(CW_LOG_WARN, hook->name, "%s: %s; it is tried again", cw_sender_label(hook->sender),
               text);
    }
    const bool given_up = now - row->failing_ms >= CW_HOOK_GIVE_UP_MS;
    row->failing++;
    row->not_before_ms = now + pause;
    row->given_up_ms = given_up ? now : 0;
    if (given_up)
        cw_log(CW_LOG_ERROR, hook->name, "%s: given up: nothing was taken for a day",
               cw_sender_label(hook->sender));
    if (cw_store_webhook_failed(hook->owner->store, row->row, text, row->not_before_ms, given_up,
                                now, &error) != CW_OK)
        stall(hook, "failure not written down", &error);
}

static void pump(struct hook *hook);

/* What one message's receiver refuses holds up those behind it: they are in order. */
static void told(void *ctx, enum cw_sender_outcome outcome, const char *text,
                 uint32_t retry_after_s) {
    struct hook *hook = ctx;
    hook->busy = false;
    if (outcome == CW_SENDER_TOOK)
        took(hook);
    else
        failed(hook, text, retry_after_s);
    pump(hook);
}

/* --- what goes next --------------------------------------------------------------------------- */

static void tell(struct hook *hook, const struct cw_store_news_message *news) {
    struct cw_buf body;
    char id[64];
    snprintf(id, sizeof id, "wh%" PRId64 "-%" PRId64, hook->row.row, news->row);
    cw_buf_init(&body, BODY_BYTES);
    cw_out_open(&body, NULL, '{');
    cw_out_text(&body, "delivery", id);
    cw_out_u64(&body, "webhook", (uint64_t)hook->row.row);
    cw_news_out(&body, news, route_name(hook->owner, news->route));
    cw_out_hash32(&body, "sourceTransaction", &news->source_tx);
    cw_out_addr20(&body, "sender", &news->sender);
    cw_out_addr20(&body, "target", &news->target);
    cw_out_close(&body, '}');
    hook->busy = true;
    hook->telling = news->row;
    cw_sender_post(hook->sender, id, cw_slice_of(body.p, body.n), told, hook);
    cw_buf_done(&body);
}

/* Tells the first that is wanted. */
static void pass_over(struct hook *hook, const struct cw_store_news_message *news, size_t n) {
    struct cw_error error;
    for (size_t i = 0; i < n; i++) {
        if (wants(&hook->row, &news[i])) {
            tell(hook, &news[i]);
            return;
        }
        hook->row.position = news[i].row;
    }
    if (hook->row.position - hook->written >= UNWRITTEN_MAX) {
        if (cw_store_webhook_told(hook->owner->store, hook->row.row, hook->row.position, false,
                                  wall_ms(hook->owner), &error) == CW_OK)
            hook->written = hook->row.position;
        else
            stall(hook, "position not written down", &error);
    }
}

/* At most one page for each call: a tick must not take long. */
static void pump(struct hook *hook) {
    struct cw_hooks *hooks = hook->owner;
    struct cw_store_news_message *news = NULL;
    struct cw_arena arena;
    struct cw_error error;
    size_t n = 0;
    if (hook->busy || !hook->sender || hook->row.given_up_ms > 0 ||
        wall_ms(hooks) < hook->row.not_before_ms || monotonic_ms(hooks) < hook->not_before_ms)
        return;
    cw_arena_init(&arena, NEWS_BYTES);
    if (cw_store_news_messages(hooks->store, hook->row.position, AT_ONCE, &arena, &news, &n,
                               &error) != CW_OK)
        stall(hook, "messages not read", &error);
    else
        pass_over(hook, news, n);
    cw_arena_done(&arena);
}

/* --- which there are -------------------------------------------------------------------------- */

static void free_hook(struct hook *hook) {
    cw_sender_free(hook->sender);
    free(hook);
}

static struct hook *find(const struct cw_hooks *hooks, int64_t row) {
    for (size_t i = 0; i < hooks->n; i++)
        if (hooks->list[i]->row.row == row)
            return hooks->list[i];
    return NULL;
}

/* One that can't be told of anything has no sender. */
static void open_sender(struct hook *hook) {
    const struct cw_hooks *hooks = hook->owner;
    struct cw_error error;
    snprintf(hook->name, sizeof hook->name, "webhook %" PRId64, hook->row.row);
    hook->config = (struct cw_config_sink){.name = hook->name,
                                           .type_name = "webhook",
                                           .type = CW_SINK_WEBHOOK,
                                           .url = hook->row.url,
                                           .timeout_ms = TIMEOUT_MS};
    if (!cw_config_webhook_allowed(&hooks->config->api, hook->row.url))
        cw_log(CW_LOG_WARN, hook->name, "the configuration does not allow its URL any longer");
    else if (cw_sender_hook(&hook->sender, hooks->loop, &hook->config,
                            cw_slice_of(hook->row.secret, strlen(hook->row.secret)),
                            &error) != CW_OK)
        cw_log(CW_LOG_ERROR, hook->name, "%s", error.text);
}

static enum cw_err add(struct cw_hooks *hooks, const struct cw_store_webhook *row,
                       struct cw_error *error) {
    struct hook *hook = hooks->n < CW_WEBHOOKS_MAX ? calloc(1, sizeof *hook) : NULL;
    if (!hook)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    *hook = (struct hook){.owner = hooks, .row = *row, .written = row->position};
    open_sender(hook);
    hooks->list[hooks->n++] = hook;
    return CW_OK;
}

static void drop_gone(struct cw_hooks *hooks, const struct cw_store_webhook *rows, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < hooks->n; i++) {
        bool there = false;
        for (size_t k = 0; k < n; k++)
            there = there || rows[k].row == hooks->list[i]->row.row;
        if (there)
            hooks->list[kept++] = hooks->list[i];
        else
            free_hook(hooks->list[i]);
    }
    hooks->n = kept;
}

static enum cw_err read_routes(struct cw_hooks *hooks, struct cw_error *error) {
    cw_arena_done(&hooks->arena);
    cw_arena_init(&hooks->arena, HOOKS_BYTES);
    hooks->routes_n = 0;
    return cw_store_routes(hooks->store, &hooks->arena, &hooks->routes, &hooks->routes_n, error);
}

static enum cw_err load(struct cw_hooks *hooks, struct cw_error *error) {
    struct cw_store_webhook *rows = NULL;
    struct cw_arena arena;
    size_t n = 0;
    cw_arena_init(&arena, HOOKS_BYTES);
    enum cw_err err = read_routes(hooks, error);
    if (err == CW_OK)
        err = cw_store_webhooks(hooks->store, NULL, &arena, &rows, &n, error);
    if (err == CW_OK)
        drop_gone(hooks, rows, n);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        if (!find(hooks, rows[i].row))
            err = add(hooks, &rows[i], error);
    cw_arena_done(&arena);
    return err;
}

void cw_hooks_changed(struct cw_hooks *hooks) {
    hooks->changed = true;
}

void cw_hooks_tick(struct cw_hooks *hooks) {
    struct cw_error error;
    if (hooks->changed && monotonic_ms(hooks) >= hooks->read_after_ms) {
        hooks->changed = load(hooks, &error) != CW_OK;
        if (hooks->changed) {
            cw_log(CW_LOG_ERROR, "webhooks", "not read, will be tried again: %s", error.text);
            hooks->read_after_ms = monotonic_ms(hooks) + READ_AGAIN_MS;
        }
    }
    for (size_t i = 0; i < hooks->n; i++)
        pump(hooks->list[i]);
}

enum cw_err cw_hooks_new(struct cw_hooks **ret, struct cw_loop *loop, struct cw_store *store,
                         const struct cw_config *config, struct cw_error *error) {
    struct cw_hooks *hooks = calloc(1, sizeof *hooks);
    if (!hooks)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    hooks->loop = loop;
    hooks->store = store;
    hooks->config = config;
    cw_arena_init(&hooks->arena, HOOKS_BYTES);
    enum cw_err err = load(hooks, error);
    if (err != CW_OK) {
        cw_hooks_free(hooks);
        return err;
    }
    *ret = hooks;
    return CW_OK;
}

void cw_hooks_free(struct cw_hooks *hooks) {
    if (!hooks)
        return;
    for (size_t i = 0; i < hooks->n; i++)
        free_hook(hooks->list[i]);
    cw_arena_done(&hooks->arena);
    free(hooks);
}
