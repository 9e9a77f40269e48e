/* What is shown. */
#include "api/internal.h"
#include "api/metrics.h"
#include "api/page.h"
#include "cli/alerts.h"
#include "cli/eta.h"
#include "cli/levels.h"
#include "cli/message_out.h"
#include "cli/print.h"
#include "cli/stats_read.h"
#include "cli/status_read.h"
#include "cli/story.h"
#include "cli/verdict_out.h"
#include "core/config_tables.h"
#include "core/lock.h"
#include "store/alerts.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE     50u
#define PAGE_MAX 1000u

/* --- what is asked ---------------------------------------------------------------------------- */

bool api_take_route(struct answer *a, int64_t *ret) {
    const char *name = cw_api_param(a->call, "route");
    const struct cw_store_route_row *route = NULL;
    struct cw_error error;
    *ret = 0;
    if (!name)
        return true;
    if (cw_cli_find_route(a->view, name, &route, &error) != CW_OK) {
        cw_api_problem(a->call, 400, "%s", error.text);
        return false;
    }
    *ret = route->row;
    return true;
}

bool api_take_message(struct answer *a, const char *id, const char *route,
                      const struct cw_store_message **ret) {
    struct cw_store_message *list = NULL;
    struct cw_error error;
    size_t n = 0;
    if (cw_cli_find(a->view, id, route, &list, &n, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
    } else if (n != 1 || !cw_cli_route(a->view, list[0].route)) {
        cw_api_problem(a->call, n > 1 ? 409 : 404,
                       n > 1 ? "that transaction sent several messages: give the id of one"
                             : "no message has this id");
    } else {
        *ret = &list[0];
        return true;
    }
    return false;
}

bool api_take_number(struct answer *a, const char *text, const char *what, uint64_t *ret) {
    const size_t n = strspn(text, "0123456789");
    if (n > 0 && n < 19 && text[n] == '\0' && text[0] != '0') {
        *ret = strtoull(text, NULL, 10);
        return true;
    }
    cw_api_problem(a->call, 400, "%s is a number", what);
    return false;
}

/* A page's end is the row of its last entry: what comes later does not move what is behind it. */
static bool take_page(struct answer *a, int64_t *ret_before, size_t *ret_limit) {
    uint64_t before, limit;
    if (!cw_api_param_u64(a->call, "cursor", 1, INT64_MAX, 0, &before) ||
        !cw_api_param_u64(a->call, "limit", 1, PAGE_MAX, PAGE, &limit))
        return false;
    *ret_before = (int64_t)before;
    *ret_limit = (size_t)limit;
    return true;
}

/* 0: there is none. */
static void put_next(struct answer *a, int64_t row) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, row);
    if (row != 0)
        cw_out_text(&a->call->out, "next", text);
    else
        cw_out_null(&a->call->out, "next");
}

/* Of whoever asks. */
static void show_access(struct answer *a, const char *const *parts) {
    (void)parts;
    if (!cw_api_params_end(a->call))
        return;
    cw_out_open(&a->call->out, NULL, '{');
    cw_out_text(&a->call->out, "role",
                a->call->role == CW_API_NOBODY ? "none"
                                               : cw_config_roles[a->call->role - CW_API_READ]);
    cw_out_some(&a->call->out, "token", a->call->who);
    cw_out_close(&a->call->out, '}');
    cw_api_json(a->call);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* False: answered. */
static bool read_status(struct answer *a, struct cw_status *ret) {
    struct cw_error error;
    if (!cw_api_params_end(a->call))
        return false;
    if (cw_status_read(ret, a->view, &error) == CW_OK)
        return true;
    cw_api_fail(a->call, &error);
    return false;
}

static void show_status(struct answer *a, const char *const *parts) {
    struct cw_status status;
    (void)parts;
    if (!read_status(a, &status))
        return;
    cw_status_put(&a->call->out, &status);
    cw_api_json(a->call);
}

static void show_part(struct answer *a,
                      void (*put)(struct cw_buf *out, const struct cw_status *status)) {
    struct cw_status status;
    if (!read_status(a, &status))
        return;
    cw_out_open(&a->call->out, NULL, '{');
    put(&a->call->out, &status);
    cw_out_close(&a->call->out, '}');
    cw_api_json(a->call);
}

static void show_routes(struct answer *a, const char *const *parts) {
    (void)parts;
    show_part(a, cw_status_put_routes);
}

static void show_chains(struct answer *a, const char *const *parts) {
    (void)parts;
    show_part(a, cw_status_put_chains);
}

static void show_sinks(struct answer *a, const char *const *parts) {
    (void)parts;
    show_part(a, cw_status_put_sinks);
}

static void put_endpoints(struct cw_buf *out, const struct cw_status *status) {
    cw_endpoints_put(out, &status->endpoints, status->view);
    cw_status_put_findings(out, status);
}

static void put_lanes(struct cw_buf *out, const struct cw_status *status) {
    cw_lanes_put(out, &status->lanes, status->view);
}

static void show_lanes(struct answer *a, const char *const *parts) {
    (void)parts;
    show_part(a, put_lanes);
}

static void show_endpoints(struct answer *a, const char *const *parts) {
    (void)parts;
    show_part(a, put_endpoints);
}

/* --- messages --------------------------------------------------------------------------------- */

bool api_take_stage(struct cw_api_call *call, const char *text, bool *ret_there,
                    enum cw_stage *ret) {
    *ret_there = text != NULL;
    if (!text || cw_stage_parse(ret, text))
        return true;
    cw_api_problem(call, 400,
                   "\"stage\" takes seen, safe, source-final, root-committed, root-verified, "
                   "proven, challenge-over, executed or executed-final");
    return false;
}

bool api_take_condition(struct cw_api_call *call, const char *text, bool *ret_there,
                        enum cw_condition *ret) {
    *ret_there = text != NULL;
    if (!text || cw_condition_parse(ret, text))
        return true;
    cw_api_problem(call, 400, "\"condition\" takes ready, waiting, held, dead or done");
    return false;
}

static void list_messages(struct answer *a, const char *const *parts) {
    struct cw_store_message_filter filter = {0};
    struct cw_store_message *list = NULL;
    struct cw_hash32 tx;
    struct cw_error error;
    size_t n = 0;
    int64_t next = 0;
    struct cw_addr20 sender, target;
    bool by_tx = false, by_sender = false, by_target = false;
    (void)parts;
    if (!api_take_route(a, &filter.route) ||
        !api_take_stage(a->call, cw_api_param(a->call, "stage"), &filter.by_stage, &filter.stage) ||
        !api_take_condition(a->call, cw_api_param(a->call, "condition"), &filter.by_condition,
                            &filter.condition) ||
        !cw_api_param_hash32(a->call, "tx", &by_tx, &tx) ||
        !cw_api_param_addr20(a->call, "sender", &by_sender, &sender) ||
        !cw_api_param_addr20(a->call, "target", &by_target, &target) ||
        !cw_api_param_u64(a->call, "from", 0, CW_JSON_INTEGER_MAX, 0, &filter.from_s) ||
        !cw_api_param_u64(a->call, "to", 1, CW_JSON_INTEGER_MAX, 0, &filter.to_s) ||
        !take_page(a, &filter.before_row, &filter.limit) || !cw_api_params_end(a->call))
        return;
    filter.tx = by_tx ? &tx : NULL;
    filter.sender = by_sender ? &sender : NULL;
    filter.target = by_target ? &target : NULL;
    struct cw_etas etas;
    if (cw_store_messages_page(a->view->store, &filter, &a->view->arena, &list, &n, &next,
                               &error) != CW_OK ||
        cw_etas_open(&etas, a->view, a->call->now_ms, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    struct cw_buf *out = &a->call->out;
    cw_out_open(out, NULL, '{');
    cw_out_open(out, "messages", '[');
    for (size_t i = 0; i < n; i++) {
        struct cw_eta eta;
        bool any = false;
        if (cw_eta_of(&etas, &list[i], &any, &eta, &error) != CW_OK) {
            cw_api_fail(a->call, &error);
            return;
        }
        cw_out_open(out, NULL, '{');
        cw_out_message(out, a->view, &list[i]);
        if (any)
            cw_out_eta(out, &eta);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    put_next(a, next);
    cw_out_close(out, '}');
    cw_api_json(a->call);
}

/* Of an id, an alias, the first digits of an id, or a source transaction, which may have several.
 */
static void show_message(struct answer *a, const char *const *parts) {
    const char *route = cw_api_param(a->call, "route");
    struct cw_store_message *list = NULL;
    struct cw_error error;
    size_t n = 0;
    if (!cw_api_params_end(a->call))
        return;
    if (cw_cli_find(a->view, parts[0], route, &list, &n, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    if (n == 0) {
        cw_api_problem(a->call, 404,
                       "no message has this id, or was sent in a transaction with this hash");
        return;
    }
    struct cw_buf *out = &a->call->out;
    cw_out_open(out, NULL, '{');
    cw_out_open(out, "messages", '[');
    for (size_t i = 0; i < n; i++) {
        struct cw_story story;
        if (cw_story_read(a->view, &list[i], &story, &error) != CW_OK) {
            cw_api_fail(a->call, &error);
            return;
        }
        cw_story_put(out, &story);
    }
    cw_out_close(out, ']');
    cw_out_close(out, '}');
    cw_api_json(a->call);
}

/* Of every stack, or of a route's. */
static void list_levels(struct answer *a, const char *const *parts) {
    int64_t route = 0;
    (void)parts;
    if (!api_take_route(a, &route) || !cw_api_params_end(a->call))
        return;
    const struct cw_adapter_ops *only = cw_cli_adapter(cw_cli_route(a->view, route));
    struct cw_buf *out = &a->call->out;
    cw_out_open(out, NULL, '{');
    cw_out_open(out, "stacks", '[');
    for (size_t i = 0; cw_adapters[i] != NULL; i++)
        if (route == 0 || cw_adapters[i] == only)
            cw_out_levels(out, cw_adapters[i]);
    cw_out_close(out, ']');
    cw_out_close(out, '}');
    cw_api_json(a->call);
}

/* --- incidents -------------------------------------------------------------------------------- */

static bool take_flag(struct answer *a, const char *name, bool *ret) {
    const char *text = cw_api_param(a->call, name);
    *ret = text && strcmp(text, "true") == 0;
    if (!text || *ret || strcmp(text, "false") == 0)
        return true;
    cw_api_problem(a->call, 400, "\"%s\" takes true or false", name);
    return false;
}

static void list_incidents(struct answer *a, const char *const *parts) {
    struct cw_store_incident *list = NULL;
    struct cw_error error;
    size_t n = 0;
    bool all = false;
    (void)parts;
    if (!take_flag(a, "all", &all) || !cw_api_params_end(a->call))
        return;
    if (cw_store_incidents(a->view->store, !all, PAGE_MAX, &a->view->arena, &list, &n, &error) !=
        CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    struct cw_buf *out = &a->call->out;
    cw_out_open(out, NULL, '{');
    cw_out_open(out, "incidents", '[');
    for (size_t i = 0; i < n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_incident(out, &list[i]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    cw_out_close(out, '}');
    cw_api_json(a->call);
}

static void show_incident(struct answer *a, const char *const *parts) {
    struct cw_store_incident incident;
    struct cw_store_incident_line *lines = NULL;
    struct cw_error error;
    size_t n = 0;
    bool found = false;
    uint64_t number = 0;
    if (!cw_api_params_end(a->call) || !api_take_number(a, parts[0], "an incident's id", &number))
        return;
    const int64_t row = (int64_t)number;
    enum cw_err err = cw_store_incident_get(a->view->store, row, &found, &incident, &error);
    if (err == CW_OK && found)
        err = cw_store_incident_history(a->view->store, row, &a->view->arena, &lines, &n, &error);
    if (err != CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    if (!found) {
        cw_api_problem(a->call, 404, "there is no incident %" PRId64, row);
        return;
    }
    cw_out_open(&a->call->out, NULL, '{');
    cw_out_incident(&a->call->out, &incident);
    cw_out_incident_history(&a->call->out, lines, n);
    cw_out_close(&a->call->out, '}');
    cw_api_json(a->call);
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void list_verdicts(struct answer *a, const char *const *parts) {
    struct cw_store_subject_filter filter = {0};
    struct cw_store_subject *list = NULL;
    struct cw_error error;
    size_t n = 0, limit = 0;
    (void)parts;
    const char *state = cw_api_param(a->call, "state");
    filter.invariant = cw_api_param(a->call, "invariant");
    if (!api_take_route(a, &filter.route) || !take_page(a, &filter.before_row, &limit))
        return;
    if (state && !cw_verdict_state_parse(&filter.state, state)) {
        cw_api_problem(a->call, 400, "\"state\" takes ok, violated or unverified");
        return;
    }
    if (!cw_api_params_end(a->call))
        return;
    filter.limit = limit + 1;
    if (cw_store_subjects(a->view->store, &filter, &a->view->arena, &list, &n, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    struct cw_buf *out = &a->call->out;
    const bool more = n > limit;
    n = more ? limit : n;
    cw_out_open(out, NULL, '{');
    cw_out_open(out, "verdicts", '[');
    for (size_t i = 0; i < n; i++)
        cw_out_verdict(out, a->view, &list[i]);
    cw_out_close(out, ']');
    put_next(a, more ? list[n - 1].row : 0);
    cw_out_close(out, '}');
    cw_api_json(a->call);
}

/* --- what it took ----------------------------------------------------------------------------- */

static bool take_days(struct answer *a, uint64_t *ret) {
    return cw_api_param_u64(a->call, "days", 1, CW_STATS_DAYS_MAX, 0, ret);
}

static bool read_stats(struct answer *a, struct cw_stats *ret) {
    struct cw_error error;
    int64_t route = 0;
    uint64_t days = 0;
    if (!api_take_route(a, &route) || !take_days(a, &days) || !cw_api_params_end(a->call))
        return false;
    if (cw_stats_read(ret, a->view, route, days, a->call->now_ms, &error) == CW_OK)
        return true;
    cw_api_fail(a->call, &error);
    return false;
}

static void show_stats(struct answer *a, const char *const *parts) {
    struct cw_stats stats;
    (void)parts;
    if (!read_stats(a, &stats))
        return;
    cw_stats_put(&a->call->out, &stats);
    cw_api_json(a->call);
}

static void send_csv(struct answer *a) {
    a->call->status = 200;
    a->call->type = "text/csv; charset=utf-8";
}

static void show_stats_csv(struct answer *a, const char *const *parts) {
    struct cw_stats stats;
    (void)parts;
    if (!read_stats(a, &stats))
        return;
    cw_stats_csv(&a->call->out, &stats);
    send_csv(a);
}

/* Who wants more asks again with the last line's row as cursor. */
static void show_attempts_csv(struct answer *a, const char *const *parts) {
    struct cw_store_attempt_filter filter = {0};
    struct cw_error error;
    uint64_t days = 0;
    int64_t next = 0;
    (void)parts;
    if (!api_take_route(a, &filter.route) || !take_days(a, &days) ||
        !take_page(a, &filter.before_row, &filter.limit) || !cw_api_params_end(a->call))
        return;
    filter.since_ms = cw_stats_since_ms(days, a->call->now_ms);
    if (cw_stats_attempts_csv(&a->call->out, a->view, &filter, &a->view->arena, &next, &error) ==
        CW_OK)
        send_csv(a);
    else
        cw_api_fail(a->call, &error);
}

/* --- for machines ----------------------------------------------------------------------------- */

static void show_metrics(struct answer *a, const char *const *parts) {
    struct cw_error error;
    uint64_t pid = 0;
    (void)parts;
    if (!cw_api_params_end(a->call))
        return;
    const bool running = cw_lock_holder(a->view->path, &pid);
    if (cw_metrics_write(&a->call->out, a->view->store, running, a->call->now_ms, &error) !=
        CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    a->call->status = 200;
    a->call->type = "text/plain; version=0.0.4; charset=utf-8";
}

/* --- the page --------------------------------------------------------------------------------- */

static void send_file(struct answer *a, const struct cw_page_file *file) {
    struct cw_hash32 hash;
    char hex[CW_HEX_SIZE(16)], *etag = cw_arena_alloc(&a->call->arena, 40);
    if (!cw_api_params_end(a->call))
        return;
    cw_keccak256(&hash, cw_slice_of(file->bytes, file->n));
    cw_hex_encode(hex, cw_slice_of(hash.b, 16));
    cw_buf_append(&a->call->out, file->bytes, file->n);
    if (!etag || a->call->out.failed) {
        cw_api_problem(a->call, 503, "out of memory");
        return;
    }
    snprintf(etag, 40, "\"%s\"", hex + 2);
    a->call->etag = etag;
    a->call->status = 200;
    a->call->type = file->type;
}

static void show_page(struct answer *a, const char *const *parts) {
    (void)parts;
    send_file(a, &cw_page_files[0]);
}

static void show_file(struct answer *a, const char *const *parts) {
    for (const struct cw_page_file *file = cw_page_files; file->name; file++)
        if (strcmp(file->name, parts[0]) == 0) {
            send_file(a, file);
            return;
        }
    cw_api_problem(a->call, 404, "there is nothing at this path");
}

static void show_openapi(struct answer *a, const char *const *parts) {
    (void)parts;
    send_file(a, &cw_page_openapi);
}

const struct resource api_reads[] = {
    {false, CW_API_NOBODY, "", show_page},
    {false, CW_API_NOBODY, "v1/access", show_access},
    {false, CW_API_READ, "v1/status", show_status},
    {false, CW_API_READ, "v1/routes", show_routes},
    {false, CW_API_READ, "v1/chains", show_chains},
    {false, CW_API_READ, "v1/endpoints", show_endpoints},
    {false, CW_API_READ, "v1/lanes", show_lanes},
    {false, CW_API_READ, "v1/sinks", show_sinks},
    {false, CW_API_READ, "v1/messages", list_messages},
    {false, CW_API_READ, "v1/messages/*", show_message},
    {false, CW_API_READ, "v1/assurance", list_levels},
    {false, CW_API_READ, "v1/incidents", list_incidents},
    {false, CW_API_READ, "v1/incidents/*", show_incident},
    {false, CW_API_READ, "v1/evidence/*", api_show_evidence},
    {false, CW_API_READ, "v1/verdicts", list_verdicts},
    {false, CW_API_READ, "v1/stats", show_stats},
    {false, CW_API_READ, "v1/stats.csv", show_stats_csv},
    {false, CW_API_READ, "v1/attempts.csv", show_attempts_csv},
    {false, CW_API_NOBODY, "v1/openapi.json", show_openapi},
    {false, CW_API_READ, "metrics", show_metrics},
    {false, CW_API_NOBODY, "readyz", api_show_readiness},
    {false, CW_API_NOBODY, "*", show_file}, /* behind those that have a name */
    {.path = NULL},
};
