#include "api/api.h"

#include "api/internal.h"
#include "cli/print.h"
#include "core/log.h"
#include "sink/news_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEW_BYTES   ((size_t)96 << 20) /* what is read for one answer */
#define NEWS_AT_ONCE 256u
#define NEWS_BYTES   ((size_t)8 << 20)

/* --- answering -------------------------------------------------------------------------------- */

/* *ret_plain: it is one of api_plain; *ret_other: it is there by the other method only. */
static const struct resource *find(const struct cw_api_call *call, const char *parts[ANSWER_PARTS],
                                   bool *ret_plain, bool *ret_other) {
    const struct resource *lists[] = {api_plain, api_reads, api_actions, api_asks};
    *ret_other = cw_api_call_fits(call, CW_API_EVENTS_PATH, NULL); /* the server's own */
    for (size_t i = 0; i < CW_COUNT(lists); i++)
        for (const struct resource *r = lists[i]; r->path; r++) {
            if (!cw_api_call_fits(call, r->path, parts))
                continue;
            *ret_plain = i == 0;
            if (r->posts == call->posts)
                return r;
            *ret_other = true;
        }
    return NULL;
}

static bool may(struct cw_api_call *call, enum cw_api_role role) {
    if (call->role >= role)
        return true;
    if (call->who[0] == '\0')
        cw_api_problem(call, 401, "this takes a token: \"Authorization: Bearer TOKEN\"");
    else
        cw_api_problem(call, 403, "the token \"%s\" may read only", call->who);
    return false;
}

static enum cw_err open_view(struct cw_api *api, struct cw_cli_view *view, struct cw_error *error) {
    view->config = api->config;
    view->path = api->path;
    view->store = api->store;
    enum cw_err err = cw_store_begin(view->store, error);
    if (err == CW_OK)
        err = cw_store_routes(view->store, &view->arena, &view->routes, &view->routes_n, error);
    if (err == CW_OK)
        err = cw_store_chains(view->store, &view->arena, &view->chains, &view->chains_n, error);
    return err;
}

static void answer(void *ctx, struct cw_api_call *call) {
    struct cw_api *api = ctx;
    const char *parts[ANSWER_PARTS];
    bool plain = false, other = false;
    struct cw_error error;
    struct cw_cli_view view = {0};
    const struct resource *resource = find(call, parts, &plain, &other);
    if (!resource) {
        if (other)
            cw_api_problem(call, 405, "%s does not go here", call->posts ? "POST" : "GET");
        else
            cw_api_problem(call, 404, "there is nothing at this path");
        return;
    }
    if (!may(call, resource->role))
        return;
    cw_arena_init(&view.arena, VIEW_BYTES);
    /* What only waits for the loop is handed in again and again: it reads nothing meanwhile. */
    if (plain || call->question > 0 || open_view(api, &view, &error) == CW_OK) {
        struct answer a = {api, call, &view};
        resource->answer(&a, parts);
    } else {
        cw_api_fail(call, &error);
    }
    cw_store_rollback(api->store);
    cw_arena_done(&view.arena);
}

/* --- events ----------------------------------------------------------------------------------- */

static void put_id(char out[48], const struct cw_store_news_at *at) {
    snprintf(out, 48, "%" PRId64 "-%" PRId64, at->history, at->incident_line);
}

static void add_message(const struct cw_store_news_message *news, const char *route,
                        const struct cw_store_news_at *at, struct cw_api_events *events) {
    struct cw_buf out;
    char id[48];
    cw_buf_init(&out, 1u << 16);
    cw_out_open(&out, NULL, '{');
    cw_news_out(&out, news, route);
    cw_out_close(&out, '}');
    put_id(id, at);
    cw_api_events_add(events, "message", id, route, cw_buf_slice(&out));
    cw_buf_done(&out);
}

static void add_incident(const struct cw_store_news_incident *news,
                         const struct cw_store_news_at *at, struct cw_api_events *events) {
    struct cw_buf out;
    char id[48];
    cw_buf_init(&out, 1u << 16);
    cw_out_open(&out, NULL, '{');
    cw_out_u64(&out, "incident", (uint64_t)news->incident);
    cw_out_text(&out, "route", news->route);
    cw_out_text(&out, "event", news->line.event);
    cw_out_text(&out, "severity", cw_severity_name(news->line.severity));
    cw_out_text(&out, "text", news->line.text);
    cw_out_u64(&out, "timeMs", news->line.time_ms);
    cw_out_close(&out, '}');
    put_id(id, at);
    cw_api_events_add(events, "incident", id, news->route, cw_buf_slice(&out));
    cw_buf_done(&out);
}

/* At most so many at once; the others with the next tick. */
static enum cw_err read_news(struct cw_api *api, struct cw_arena *arena,
                             struct cw_api_events *events, struct cw_error *error) {
    struct cw_cli_view view = {0};
    struct cw_store_news_message *messages = NULL;
    struct cw_store_news_incident *incidents = NULL;
    size_t messages_n = 0, incidents_n = 0;
    enum cw_err err = cw_store_news_messages(api->store, api->at.history, NEWS_AT_ONCE, arena,
                                             &messages, &messages_n, error);
    if (err == CW_OK && messages_n > 0)
        err = cw_store_routes(api->store, arena, &view.routes, &view.routes_n, error);
    if (err == CW_OK)
        err = cw_store_news_incidents(api->store, api->at.incident_line, NEWS_AT_ONCE, arena,
                                      &incidents, &incidents_n, error);
    if (err != CW_OK)
        return err;
    for (size_t i = 0; i < messages_n; i++) {
        api->at.history = messages[i].row;
        const struct cw_store_route_row *route = cw_cli_route(&view, messages[i].route);
        add_message(&messages[i], route != NULL ? route->name : "", &api->at, events);
    }
    for (size_t i = 0; i < incidents_n; i++) {
        api->at.incident_line = incidents[i].row;
        add_incident(&incidents[i], &api->at, events);
    }
    return CW_OK;
}

static void tick(void *ctx, struct cw_api_events *events) {
    struct cw_api *api = ctx;
    struct cw_arena arena;
    struct cw_error error;
    cw_arena_init(&arena, NEWS_BYTES);
    enum cw_err err = cw_store_begin(api->store, &error);
    if (err == CW_OK && !api->at_known) {
        err = cw_store_news_end(api->store, &api->at, &error);
        api->at_known = err == CW_OK;
    } else if (err == CW_OK) {
        err = read_news(api, &arena, events, &error);
    }
    cw_store_rollback(api->store);
    if (err != CW_OK)
        cw_log(CW_LOG_WARN, "api", "what happened was not read, will be tried again: %s",
               error.text);
    cw_arena_done(&arena);
}

/* Where a client that says what it had last goes on; with a gap when that is gone. */
static uint64_t first_after(const struct cw_api *api, const struct cw_api_events *events,
                            const char *id, bool *ret_gap) {
    char newest[48];
    for (uint64_t n = events->last; n > 0; n--) {
        const struct cw_api_event *event = cw_api_events_get(events, n);
        if (!event)
            break;
        if (strcmp(event->id, id) == 0)
            return n + 1;
    }
    put_id(newest, &api->at);
    *ret_gap = !api->at_known || strcmp(newest, id) != 0;
    return events->last + 1;
}

static bool listens(void *ctx, struct cw_api_call *call, struct cw_api_events *events,
                    char ret_route[64], uint64_t *ret_first, bool *ret_gap) {
    struct cw_api *api = ctx;
    const char *route = cw_api_param(call, "route"), *after = cw_api_param(call, "after");
    if (call->last_event) /* a browser goes on by itself, at the address that it had first */
        after = call->last_event;
    if (!cw_api_params_end(call) || !may(call, CW_API_READ))
        return false;
    bool known = route == NULL;
    for (size_t i = 0; !known && i < api->config->routes_n; i++)
        known = strcmp(api->config->routes[i].name, route) == 0;
    if (!known) {
        cw_api_problem(call, 404, "there is no such route: /v1/routes lists them");
        return false;
    }
    snprintf(ret_route, 64, "%s", route ? route : "");
    *ret_first = after ? first_after(api, events, after, ret_gap) : events->last + 1;
    return true;
}

/* --- start and stop --------------------------------------------------------------------------- */

static void free_api(struct cw_api *api) {
    cw_api_server_stop(api->server);
    cw_store_close(api->store);
    cw_config_free(api->config);
    free(api->path);
    free(api);
}

static enum cw_err start(struct cw_api *api, const struct cw_config *config, uint16_t *ret_port,
                         struct cw_error *error) {
    const struct cw_api_handler handler = {answer, listens, tick, api};
    enum cw_err err = cw_config_load(&api->config, config->path, error);
    if (err != CW_OK)
        return err;
    const size_t size = strlen(config->data_dir) + sizeof "/causeway.db";
    api->path = malloc(size);
    if (!api->path)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    snprintf(api->path, size, "%s/causeway.db", config->data_dir);
    err = cw_store_open(&api->store, api->path, CW_STORE_READ, 0, error);
    return err == CW_OK
               ? cw_api_server_start(&api->server, &api->config->api, &handler, ret_port, error)
               : err;
}

enum cw_err cw_api_start(struct cw_api **ret, const struct cw_config *config,
                         const struct cw_api_daemon *daemon, uint16_t *ret_port,
                         struct cw_error *error) {
    const struct cw_clock *clock = cw_clock_system();
    if (config->api.listen[0] == '\0') {
        *ret = NULL;
        return CW_OK;
    }
    struct cw_api *api = calloc(1, sizeof *api);
    if (!api)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    api->daemon = *daemon;
    api->started_ms = clock->wall_ms(clock->ctx);
    enum cw_err err = start(api, config, ret_port, error);
    if (err != CW_OK) {
        free_api(api);
        return err;
    }
    *ret = api;
    return CW_OK;
}

void cw_api_stop(struct cw_api *api) {
    if (api)
        free_api(api);
}
