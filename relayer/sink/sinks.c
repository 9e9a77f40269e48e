#include "sink/sinks.h"

#include "core/log.h"
#include "store/alerts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEND_EVERY_MS 1000u
#define MINUTE_MS       60000u
#define AT_ONCE         64u /* alerts of a sink that takes them on the spot, a tick */
#define FIRING_MAX      1000u
#define FIRING_BYTES    (32u << 20)
#define PAUSE_MS        1000u /* after the store failed */
#define PAUSE_MAX_MS    300000u
#define REFUSED_MAX_MS  3600000u

struct sink {
    struct cw_sinks *owner;
    const struct cw_config_sink *config;
    struct cw_sender *sender;
    int64_t row;
    bool busy;                    /* one is under way: */
    struct cw_store_alert *alert; /* row 0: what is still open is told again */
    bool pumping;
    uint64_t failing;
    uint64_t not_before_ms;        /* monotonic */
    uint64_t minute_ms, in_minute; /* when it began, and what was sent in it */
    uint64_t resend_ms;            /* monotonic */
    uint64_t dropped;              /* as it was said last */
    char said[256];                /* likewise */
};

struct cw_sinks {
    struct cw_loop *loop;
    struct cw_store *store;
    const struct cw_config *config;
    struct sink *sinks;
    size_t n;
    uint64_t attended_ms; /* monotonic */
    char instance[CW_STORE_ALERT_ID];
    uint64_t tests;
};

static uint64_t wall_ms(const struct cw_sinks *sinks) {
    const struct cw_clock *clock = cw_loop_clock(sinks->loop);
    return clock->wall_ms(clock->ctx);
}

static uint64_t monotonic_ms(const struct cw_sinks *sinks) {
    const struct cw_clock *clock = cw_loop_clock(sinks->loop);
    return clock->monotonic_ms(clock->ctx);
}

/* --- from the store to what is sent ----------------------------------------------------------- */

static void take_block(struct cw_alert_block *out, const struct cw_store_incident_block *block) {
    *out = (struct cw_alert_block){block->known, block->number, block->hash};
}

static void take_alert(struct cw_alert *out, const struct cw_store_alert *alert) {
    const struct cw_store_incident *in = &alert->incident;
    *out = (struct cw_alert){
        .id = alert->id,
        .event = alert->event,
        .time_ms = alert->made_ms,
        .note = alert->note,
        .key = alert->key,
        .number = in->row > 0 ? (uint64_t)in->row : 0,
        .kind = in->row > 0 ? cw_incident_kind_name(in->kind) : "",
        .severity = in->severity,
        .was = alert->was,
        .state = in->state,
        .invariant = in->invariant,
        .subject = in->subject,
        .route = in->route,
        .chain = in->chain,
        .text = in->text,
        .advice = in->advice,
        .evidence = in->evidence,
        .pause = in->pause,
        .resolution = in->resolution,
        .says = {in->says[CW_SETTLEMENT], in->says[CW_EXECUTION]},
        .has_tx = in->has_tx,
        .tx = in->tx,
        .times = in->times,
        .opened_ms = in->opened_ms,
        .over_ms = in->resolved_ms,
    };
    for (size_t side = 0; side < CW_SIDES; side++)
        take_block(&out->blocks[side], &in->blocks[side]);
}

struct cw_alert cw_sink_test_alert(const char *id, uint64_t now_ms) {
    return (struct cw_alert){.id = id,
                             .event = CW_ALERT_TEST,
                             .time_ms = now_ms,
                             .note = "",
                             .key = "",
                             .kind = "",
                             .severity = CW_SEVERITY_INFO,
                             .state = CW_INCIDENT_CONFIRMED,
                             .invariant = "",
                             .subject = "",
                             .route = "",
                             .chain = "",
                             .text = "This is a test, asked for by `causeway alerts test`.",
                             .advice = "",
                             .evidence = "",
                             .pause = "",
                             .resolution = "",
                             .says = {"", ""}};
}

/* --- what came of it -------------------------------------------------------------------------- */

static uint64_t seed_of(const struct sink *sink) {
    uint64_t seed = sink->failing + (uint64_t)sink->alert->row * 31 + sink->alert->tries;
    for (const char *p = sink->config->name; *p != '\0'; p++)
        seed = seed * 131 + (unsigned char)*p;
    return seed;
}

static void say_failed(struct sink *sink, bool refused, const char *text) {
    if (strcmp(sink->said, text) == 0)
        return;
    snprintf(sink->said, sizeof sink->said, "%s", text);
    cw_log(CW_LOG_WARN, sink->config->name, "%s: %s: %s; it is tried again",
           cw_sender_label(sink->sender), refused ? "alert refused" : "alerts not delivered", text);
}

static void took(struct sink *sink) {
    struct cw_error error;
    bool again = sink->failing > 0;
    if (again)
        cw_log(CW_LOG_INFO, sink->config->name, "%s: takes alerts again",
               cw_sender_label(sink->sender));
    if ((sink->alert->row > 0 || again) &&
        cw_store_alert_sent(sink->owner->store, sink->row, sink->alert->row, wall_ms(sink->owner),
                            &error) != CW_OK) {
        /* it stays in the queue, and is sent again under its id */
        cw_log(CW_LOG_ERROR, sink->config->name, "delivery not written down: %s", error.text);
        sink->not_before_ms = monotonic_ms(sink->owner) + PAUSE_MS;
    }
    sink->failing = 0;
    sink->said[0] = '\0';
}

static void failed(struct sink *sink, bool refused, const char *text, uint32_t retry_after_s) {
    struct cw_sinks *sinks = sink->owner;
    struct cw_error error;
    uint64_t times = refused ? sink->alert->tries : sink->failing;
    uint64_t pause = cw_sender_pause_ms(times, refused ? REFUSED_MAX_MS : PAUSE_MAX_MS,
                                        seed_of(sink));
    uint64_t asked = (uint64_t)retry_after_s * 1000;
    asked = asked < REFUSED_MAX_MS ? asked : REFUSED_MAX_MS;
    pause = pause > asked ? pause : asked;
    say_failed(sink, refused, text);
    if (!refused) {
        sink->failing++;
        sink->not_before_ms = monotonic_ms(sinks) + pause;
    }
    if (cw_store_alert_failed(sinks->store, sink->row, sink->alert->row, refused, text,
                              wall_ms(sinks) + pause, wall_ms(sinks), &error) != CW_OK) {
        cw_log(CW_LOG_ERROR, sink->config->name, "failure not written down: %s", error.text);
        sink->not_before_ms = monotonic_ms(sinks) + pause;
    }
}

static void pump(struct sink *sink);

static void delivered(void *ctx, enum cw_sender_outcome outcome, const char *text,
                      uint32_t retry_after_s) {
    struct sink *sink = ctx;
    sink->busy = false;
    if (outcome == CW_SENDER_TOOK)
        took(sink);
    else
        failed(sink, outcome == CW_SENDER_REFUSED, text, retry_after_s);
    pump(sink);
}

/* --- what goes next --------------------------------------------------------------------------- */

static bool fail_read(const struct sink *sink, const struct cw_error *error) {
    cw_log(CW_LOG_ERROR, sink->config->name, "alerts not read: %s", error->text);
    return false;
}

/* Whether one may go now. Where it would be the last one of this minute and others wait, one that
 * stands for all of them takes their place. */
static bool may_go(struct sink *sink, uint64_t now, bool *ret_summed_up) {
    const uint64_t max = sink->config->max_per_minute;
    struct cw_error error;
    uint64_t n = 0;
    if (max == 0)
        return true;
    if (sink->in_minute == 0 || now - sink->minute_ms >= MINUTE_MS) {
        sink->minute_ms = now;
        sink->in_minute = 0;
    }
    if (sink->in_minute + 1 < max)
        return true;
    if (sink->in_minute >= max)
        return false;
    /* What is acknowledged or resolved has to be told one by one where it ends a page. */
    bool firing = sink->config->type == CW_SINK_PAGERDUTY;
    struct cw_store *store = sink->owner->store;
    uint64_t wall = wall_ms(sink->owner);
    enum cw_err err = cw_store_alerts_waiting(store, sink->row, firing, wall, &n, &error);
    if (err == CW_OK && n > 1)
        err = cw_store_alerts_summarize(store, sink->row, firing, wall, &error);
    if (err != CW_OK)
        return fail_read(sink, &error);
    *ret_summed_up = n > 1;
    return true;
}

static bool read_next(const struct sink *sink, bool *ret_found) {
    struct cw_error error;
    const struct cw_sinks *sinks = sink->owner;
    return cw_store_alert_next(sinks->store, sink->row, wall_ms(sinks), ret_found, sink->alert,
                               &error) == CW_OK ||
           fail_read(sink, &error);
}

static void send(struct sink *sink, const struct cw_alert *alerts, size_t n) {
    sink->busy = true;
    cw_sender_send(sink->sender, alerts, n, delivered, sink);
}

/* Alertmanager forgets what it is not told again. True: something is under way. */
static bool resend(struct sink *sink, uint64_t now) {
    struct cw_sinks *sinks = sink->owner;
    struct cw_store_alert *firing = NULL;
    struct cw_arena arena;
    struct cw_error error;
    size_t n = 0;
    if (sink->config->type != CW_SINK_ALERTMANAGER || now < sink->resend_ms)
        return false;
    sink->resend_ms = now + sink->config->resend_s * 1000;
    cw_arena_init(&arena, FIRING_BYTES);
    enum cw_err err = cw_store_alerts_firing(sinks->store, sink->row, FIRING_MAX, &arena, &firing,
                                             &n, &error);
    struct cw_alert *alerts = err == CW_OK ? cw_arena_array(&arena, n, sizeof *alerts) : NULL;
    if (err != CW_OK)
        (void)fail_read(sink, &error);
    for (size_t i = 0; alerts != NULL && i < n; i++)
        take_alert(&alerts[i], &firing[i]);
    if (alerts != NULL && n > 0) {
        sink->alert->row = 0;
        sink->alert->tries = 0;
        send(sink, alerts, n);
    }
    cw_arena_done(&arena);
    return alerts != NULL && n > 0;
}

/* True: something was sent. */
static bool step(struct sink *sink) {
    uint64_t now = monotonic_ms(sink->owner);
    struct cw_alert alert;
    bool found = false, summed_up = false;
    if (now < sink->not_before_ms || !read_next(sink, &found))
        return false;
    if (!found)
        return resend(sink, now);
    if (!may_go(sink, now, &summed_up) || (summed_up && !read_next(sink, &found)) || !found)
        return false;
    take_alert(&alert, sink->alert);
    sink->in_minute++;
    send(sink, &alert, 1);
    return true;
}

/* Those that take alerts on the spot call back from within. */
static void pump(struct sink *sink) {
    if (sink->pumping)
        return;
    sink->pumping = true;
    for (unsigned i = 0; i < AT_ONCE && !sink->busy; i++)
        if (!step(sink))
            break;
    sink->pumping = false;
}

/* --- once a second ---------------------------------------------------------------------------- */

static void say_dropped(struct cw_sinks *sinks) {
    struct cw_arena arena;
    struct cw_store_sink *rows = NULL;
    struct cw_error error;
    size_t n = 0;
    cw_arena_init(&arena, 1u << 20);
    enum cw_err err = cw_store_sinks(sinks->store, &arena, &rows, &n, &error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        for (size_t k = 0; k < sinks->n; k++) {
            struct sink *sink = &sinks->sinks[k];
            if (sink->row != rows[i].row || sink->dropped == rows[i].dropped)
                continue;
            cw_log(CW_LOG_ERROR, sink->config->name,
                   "%" PRIu64 " alerts dropped, for %" PRIu64 " wait (queue_max)",
                   rows[i].dropped - sink->dropped, rows[i].queued);
            sink->dropped = rows[i].dropped;
        }
    cw_arena_done(&arena);
}

static void attend(struct cw_sinks *sinks) {
    const struct cw_config_escalate *rule = &sinks->config->escalate;
    const uint64_t after_ms[CW_SEVERITIES] = {
        [CW_SEVERITY_INFO] = rule->info_s * 1000, [CW_SEVERITY_WARNING] = rule->warning_s * 1000};
    struct cw_error error;
    size_t n = 0;
    if (cw_store_silences_attend(sinks->store, wall_ms(sinks), &n, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, "alerts", "silences not looked at: %s", error.text);
    else if (n > 0)
        cw_log(CW_LOG_INFO, "alerts", "%zu silences are over", n);
    if (cw_store_incidents_escalate(sinks->store, after_ms, wall_ms(sinks), &n, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, "alerts", "incidents not escalated: %s", error.text);
    else if (n > 0)
        cw_log(CW_LOG_WARN, "alerts", "%zu incidents escalated", n);
    say_dropped(sinks);
}

void cw_sinks_tick(struct cw_sinks *sinks) {
    uint64_t now = monotonic_ms(sinks);
    if (now - sinks->attended_ms >= ATTEND_EVERY_MS) {
        sinks->attended_ms = now;
        attend(sinks);
    }
    for (size_t i = 0; i < sinks->n; i++)
        pump(&sinks->sinks[i]);
}

bool cw_sinks_test(struct cw_sinks *sinks, const char *name, cw_sender_done *done, void *ctx) {
    for (size_t i = 0; i < sinks->n; i++) {
        if (strcmp(sinks->sinks[i].config->name, name) != 0)
            continue;
        char id[CW_STORE_ALERT_ID];
        snprintf(id, sizeof id, "%.32s-test-%" PRIu64, sinks->instance,
                 wall_ms(sinks) + sinks->tests++);
        const struct cw_alert alert = cw_sink_test_alert(id, wall_ms(sinks));
        cw_sender_send(sinks->sinks[i].sender, &alert, 1, done, ctx);
        return true;
    }
    return false;
}

/* --- making ----------------------------------------------------------------------------------- */

static bool add_name(struct cw_buf *out, const char *name) {
    cw_buf_format(out, "%s%s,", out->n == 0 ? "," : "", name);
    return !out->failed;
}

/* The names of its routes and of their chains, as the store looks for them. */
static enum cw_err name_routes(const struct cw_config *config, const struct cw_config_sink *sink,
                               struct cw_arena *arena, struct cw_store_sink_rule *rule) {
    struct cw_buf routes, chains;
    bool good = true;
    cw_buf_init(&routes, 65536);
    cw_buf_init(&chains, 131072);
    for (size_t i = 0; good && i < sink->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[sink->routes[i]];
        good = add_name(&routes, route->name) &&
               add_name(&chains, config->chains[route->settlement].name) &&
               add_name(&chains, config->chains[route->execution].name);
    }
    rule->routes = good ? cw_arena_text(arena, (const char *)routes.p, routes.n) : NULL;
    rule->chains = good ? cw_arena_text(arena, (const char *)chains.p, chains.n) : NULL;
    cw_buf_done(&routes);
    cw_buf_done(&chains);
    return rule->routes != NULL && rule->chains != NULL ? CW_OK : CW_ERR_MEMORY;
}

static enum cw_err write_rules(struct cw_sinks *sinks, struct cw_error *error) {
    struct cw_store_sink_rule rules[CW_STORE_SINKS_MAX];
    struct cw_arena arena;
    enum cw_err err = CW_OK;
    cw_arena_init(&arena, 1u << 20);
    for (size_t i = 0; err == CW_OK && i < sinks->n; i++) {
        const struct cw_config_sink *config = sinks->sinks[i].config;
        rules[i] = (struct cw_store_sink_rule){.name = config->name,
                                               .type = config->type_name,
                                               .min_severity = config->min_severity,
                                               .queue_max = config->queue_max};
        err = name_routes(sinks->config, config, &arena, &rules[i]);
        if (err != CW_OK)
            (void)cw_error_set(error, err, "out of memory");
    }
    if (err == CW_OK)
        err = cw_store_sinks_set(sinks->store, rules, sinks->n, wall_ms(sinks), error);
    cw_arena_done(&arena);
    return err;
}

static enum cw_err find_rows(struct cw_sinks *sinks, struct cw_error *error) {
    struct cw_store_sink *rows = NULL;
    struct cw_arena arena;
    size_t n = 0;
    cw_arena_init(&arena, 1u << 20);
    enum cw_err err = cw_store_sinks(sinks->store, &arena, &rows, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        for (size_t k = 0; k < sinks->n; k++)
            if (strcmp(sinks->sinks[k].config->name, rows[i].name) == 0) {
                sinks->sinks[k].row = rows[i].row;
                sinks->sinks[k].dropped = rows[i].dropped;
                sinks->sinks[k].failing = rows[i].failing;
            }
    cw_arena_done(&arena);
    return err;
}

static enum cw_err open_sink(struct cw_sinks *sinks, size_t i, struct cw_error *error) {
    struct sink *sink = &sinks->sinks[i];
    *sink = (struct sink){.owner = sinks, .config = &sinks->config->sinks[i]};
    sink->alert = calloc(1, sizeof *sink->alert);
    if (sink->alert == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    return cw_sender_new(&sink->sender, sinks->loop, sink->config, error);
}

enum cw_err cw_sinks_new(struct cw_sinks **ret, struct cw_loop *loop, struct cw_store *store,
                         const struct cw_config *config, struct cw_error *error) {
    struct cw_sinks *sinks = calloc(1, sizeof *sinks);
    if (sinks == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    sinks->loop = loop;
    sinks->store = store;
    sinks->config = config;
    sinks->sinks = calloc(config->sinks_n + 1, sizeof *sinks->sinks);
    enum cw_err err = sinks->sinks != NULL ? CW_OK
                                           : cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; err == CW_OK && i < config->sinks_n; i++) {
        sinks->n = i + 1;
        err = open_sink(sinks, i, error);
    }
    if (err == CW_OK)
        err = write_rules(sinks, error);
    if (err == CW_OK)
        err = find_rows(sinks, error);
    if (err == CW_OK)
        err = cw_store_instance(store, sinks->instance, error);
    if (err != CW_OK) {
        cw_sinks_free(sinks);
        return err;
    }
    *ret = sinks;
    return CW_OK;
}

void cw_sinks_free(struct cw_sinks *sinks) {
    if (sinks == NULL)
        return;
    for (size_t i = 0; i < sinks->n; i++) {
        cw_sender_free(sinks->sinks[i].sender);
        free(sinks->sinks[i].alert);
    }
    free(sinks->sinks);
    free(sinks);
}
