#include "api/metrics.h"

#include "api/exposition.h"
#include "store/alerts.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES (64u << 20)

/* Everything that is counted, read once. */
struct reading {
    struct cw_arena arena;
    struct cw_store_chain_row *chains;
    size_t chains_n;
    struct cw_store_route_row *routes;
    size_t routes_n;
    uint64_t (*counts)[10][6];         /* of each route */
    struct cw_store_failing **failing; /* likewise */
    size_t *failing_n;
    struct cw_store_verdicts *verdicts; /* of all routes */
    size_t verdicts_n;
    struct cw_store_aged **aged; /* of each route */
    size_t *aged_n;
    struct cw_store_endpoint *endpoints;
    size_t endpoints_n;
    struct cw_store_calls *calls;
    size_t calls_n;
    struct cw_store_incident_count *incidents; /* open ones */
    size_t incidents_n;
    struct cw_store_sink *sinks;
    size_t sinks_n;
    struct cw_store_late *late;
    size_t late_n;
};

static enum cw_err read_all(struct reading *r, struct cw_store *store, struct cw_error *error) {
    struct cw_arena *arena = &r->arena;
    enum cw_err err = cw_store_chains(store, arena, &r->chains, &r->chains_n, error);
    if (err == CW_OK)
        err = cw_store_routes(store, arena, &r->routes, &r->routes_n, error);
    if (err == CW_OK)
        err = cw_store_endpoints(store, arena, &r->endpoints, &r->endpoints_n, error);
    if (err == CW_OK)
        err = cw_store_calls(store, arena, &r->calls, &r->calls_n, error);
    if (err == CW_OK)
        err = cw_store_incident_counts(store, arena, &r->incidents, &r->incidents_n, error);
    if (err == CW_OK)
        err = cw_store_sinks(store, arena, &r->sinks, &r->sinks_n, error);
    if (err == CW_OK)
        err = cw_store_late(store, arena, &r->late, &r->late_n, error);
    if (err != CW_OK)
        return err;
    r->counts = cw_arena_array(arena, r->routes_n, sizeof *r->counts);
    r->failing = cw_arena_array(arena, r->routes_n, sizeof(struct cw_store_failing *));
    r->failing_n = cw_arena_array(arena, r->routes_n, sizeof *r->failing_n);
    r->aged = cw_arena_array(arena, r->routes_n, sizeof(struct cw_store_aged *));
    r->aged_n = cw_arena_array(arena, r->routes_n, sizeof *r->aged_n);
    if (r->counts == NULL || r->failing == NULL || r->failing_n == NULL || r->aged == NULL ||
        r->aged_n == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    err = cw_store_verdicts(store, 0, arena, &r->verdicts, &r->verdicts_n, error);
    for (size_t i = 0; err == CW_OK && i < r->routes_n; i++) {
        err = cw_store_counts(store, r->routes[i].row, r->counts[i], error);
        if (err == CW_OK)
            err = cw_store_failing(store, r->routes[i].row, arena, &r->failing[i], &r->failing_n[i],
                                   error);
        if (err == CW_OK)
            err = cw_store_aged(store, r->routes[i].row, UINT64_MAX, arena, &r->aged[i],
                                &r->aged_n[i], error);
    }
    return err;
}

static const char *chain_name(const struct reading *r, int64_t row) {
    for (size_t i = 0; i < r->chains_n; i++)
        if (r->chains[i].row == row)
            return r->chains[i].name;
    return "";
}

/* --- endpoints -------------------------------------------------------------------------------- */

static void put_calls(struct cw_buf *out, const struct reading *r, const char *name,
                      const char *help, bool failures) {
    cw_metric_family(out, name, CW_METRIC_COUNTER, help);
    for (size_t i = 0; i < r->calls_n; i++) {
        const struct cw_store_calls *calls = &r->calls[i];
        for (size_t k = 0; k < r->endpoints_n; k++) {
            const struct cw_store_endpoint *e = &r->endpoints[k];
            if (e->row != calls->endpoint)
                continue;
            const struct cw_metric_label labels[] = {{"chain", chain_name(r, e->chain)},
                                                     {"endpoint", e->label},
                                                     {"method", calls->method}};
            cw_metric_u64(out, name, labels, 3, failures ? calls->failures : calls->calls);
        }
    }
}

static void put_latency(struct cw_buf *out, const struct reading *r) {
    static const char name[] = "causeway_rpc_latency_seconds";
    cw_metric_family(out, name, CW_METRIC_GAUGE,
                     "Moving average of an HTTP request, by class of its calls.");
    for (size_t i = 0; i < r->endpoints_n; i++) {
        const struct cw_store_endpoint *e = &r->endpoints[i];
        const struct cw_metric_label quick[] = {
            {"chain", chain_name(r, e->chain)}, {"endpoint", e->label}, {"class", "quick"}};
        const struct cw_metric_label heavy[] = {quick[0], quick[1], {"class", "heavy"}};
        if (e->quick_ms > 0)
            cw_metric_ms(out, name, quick, 3, e->quick_ms);
        if (e->heavy_ms > 0)
            cw_metric_ms(out, name, heavy, 3, e->heavy_ms);
    }
}

static uint64_t is_usable(const struct cw_store_endpoint *e) {
    return strcmp(e->state, "well") == 0 || strcmp(e->state, "asked_last") == 0;
}
static uint64_t is_last(const struct cw_store_endpoint *e) {
    return strcmp(e->state, "asked_last") == 0;
}
static uint64_t lag(const struct cw_store_endpoint *e) {
    return e->lag;
}
static uint64_t contradictions(const struct cw_store_endpoint *e) {
    return e->contradictions;
}

static void put_endpoints(struct cw_buf *out, const struct reading *r) {
    static const struct {
        const char *name;
        enum cw_metric_type type;
        const char *help;
        uint64_t (*value)(const struct cw_store_endpoint *);
    } families[] = {
        {"causeway_endpoint_usable", CW_METRIC_GAUGE, "1 while the endpoint may be asked.",
         is_usable},
        {"causeway_endpoint_asked_last", CW_METRIC_GAUGE,
         "1 while it is asked when no other can be: slow, failing often, or behind.", is_last},
        {"causeway_endpoint_lag_blocks", CW_METRIC_GAUGE,
         "Blocks behind the best head, when the endpoint named its own.", lag},
        {"causeway_endpoint_contradictions_total", CW_METRIC_COUNTER, "Answers that can't be true.",
         contradictions},
    };
    for (size_t f = 0; f < CW_COUNT(families); f++) {
        cw_metric_family(out, families[f].name, families[f].type, families[f].help);
        for (size_t i = 0; i < r->endpoints_n; i++) {
            const struct cw_store_endpoint *e = &r->endpoints[i];
            const struct cw_metric_label labels[] = {{"chain", chain_name(r, e->chain)},
                                                     {"endpoint", e->label}};
            if (families[f].value != lag || e->has_lag)
                cw_metric_u64(out, families[f].name, labels, 2, families[f].value(e));
        }
    }
}

/* --- chains ----------------------------------------------------------------------------------- */

static uint64_t read_to(const struct cw_store_chain_row *c) {
    return c->cursor;
}
static uint64_t has_trouble(const struct cw_store_chain_row *c) {
    return c->trouble[0] != '\0';
}
static uint64_t blocks_seen(const struct cw_store_chain_row *c) {
    return c->blocks_seen;
}
static uint64_t false_blooms(const struct cw_store_chain_row *c) {
    return c->false_blooms;
}

static void put_heads(struct cw_buf *out, const struct reading *r) {
    static const char name[] = "causeway_chain_head";
    cw_metric_family(out, name, CW_METRIC_GAUGE, "Number of the newest block of that kind.");
    for (size_t i = 0; i < r->chains_n; i++) {
        const struct cw_store_chain_row *c = &r->chains[i];
        const struct {
            const char *head;
            uint64_t number;
        } heads[] = {{"latest", c->latest}, {"safe", c->safe}, {"final", c->final_}};
        for (size_t k = 0; c->updated_ms > 0 && k < CW_COUNT(heads); k++) {
            const struct cw_metric_label labels[] = {{"chain", c->name}, {"head", heads[k].head}};
            cw_metric_u64(out, name, labels, 2, heads[k].number);
        }
    }
}

static void put_chains(struct cw_buf *out, const struct reading *r) {
    static const struct {
        const char *name;
        enum cw_metric_type type;
        const char *help;
        uint64_t (*value)(const struct cw_store_chain_row *);
    } families[] = {
        {"causeway_chain_read_to", CW_METRIC_GAUGE, "Last block whose logs are in the store.",
         read_to},
        {"causeway_chain_trouble", CW_METRIC_GAUGE, "1 while something holds the watcher up.",
         has_trouble},
        {"causeway_chain_blocks_total", CW_METRIC_COUNTER,
         "Blocks that the head has moved by while it was watched.", blocks_seen},
        {"causeway_chain_false_blooms_total", CW_METRIC_COUNTER,
         "Blocks whose receipts were read and had nothing that is wanted.", false_blooms},
    };
    put_heads(out, r);
    for (size_t f = 0; f < CW_COUNT(families); f++) {
        cw_metric_family(out, families[f].name, families[f].type, families[f].help);
        for (size_t i = 0; i < r->chains_n; i++) {
            const struct cw_metric_label label = {"chain", r->chains[i].name};
            if (families[f].value != read_to || r->chains[i].has_cursor)
                cw_metric_u64(out, families[f].name, &label, 1, families[f].value(&r->chains[i]));
        }
    }
}

/* --- routes ----------------------------------------------------------------------------------- */

static void put_messages(struct cw_buf *out, const struct reading *r) {
    static const char name[] = "causeway_messages";
    cw_metric_family(out, name, CW_METRIC_GAUGE, "Messages in the store.");
    for (size_t i = 0; i < r->routes_n; i++)
        for (int stage = CW_STAGE_SEEN; stage <= CW_STAGE_EXECUTED_FINAL; stage++)
            for (int c = CW_READY; c <= CW_DONE; c++) {
                const struct cw_metric_label labels[] = {
                    {"route", r->routes[i].name},
                    {"stage", cw_stage_name((enum cw_stage)stage)},
                    {"condition", cw_condition_name((enum cw_condition)c)}};
                if (r->counts[i][stage][c] > 0)
                    cw_metric_u64(out, name, labels, 3, r->counts[i][stage][c]);
            }
}

static void put_failing(struct cw_buf *out, const struct reading *r) {
    static const char name[] = "causeway_messages_failing";
    cw_metric_family(out, name, CW_METRIC_GAUGE,
                     "Messages that failed and are tried again later, by reason.");
    for (size_t i = 0; i < r->routes_n; i++)
        for (size_t k = 0; k < r->failing_n[i]; k++) {
            const struct cw_metric_label labels[] = {{"route", r->routes[i].name},
                                                     {"reason", r->failing[i][k].reason}};
            cw_metric_u64(out, name, labels, 2, r->failing[i][k].n);
        }
}

static void put_routes(struct cw_buf *out, const struct reading *r) {
    static const char held[] = "causeway_route_held", backlog[] = "causeway_backlog";
    put_messages(out, r);
    put_failing(out, r);
    cw_metric_family(out, backlog, CW_METRIC_GAUGE,
                     "Messages that are neither delivered nor dead.");
    for (size_t i = 0; i < r->routes_n; i++) {
        const struct cw_metric_label label = {"route", r->routes[i].name};
        uint64_t n = 0;
        for (int stage = CW_STAGE_SEEN; stage <= CW_STAGE_EXECUTED_FINAL; stage++)
            n += r->counts[i][stage][CW_READY] + r->counts[i][stage][CW_WAITING] +
                 r->counts[i][stage][CW_HELD];
        cw_metric_u64(out, backlog, &label, 1, n);
    }
    cw_metric_family(out, held, CW_METRIC_GAUGE, "1 while the route signs nothing.");
    for (size_t i = 0; i < r->routes_n; i++) {
        const struct cw_metric_label label = {"route", r->routes[i].name};
        cw_metric_u64(out, held, &label, 1, r->routes[i].hold_reason[0] != '\0');
    }
}

/* --- what must hold --------------------------------------------------------------------------- */

static const char *route_name(const struct reading *r, int64_t row) {
    for (size_t i = 0; i < r->routes_n; i++)
        if (r->routes[i].row == row)
            return r->routes[i].name;
    return "";
}

static void put_verdicts(struct cw_buf *out, const struct reading *r) {
    static const char name[] = "causeway_verdicts";
    static const char since[] = "causeway_unverified_oldest_timestamp_seconds";
    cw_metric_family(out, name, CW_METRIC_GAUGE,
                     "What the invariants speak of, by what is known of it.");
    for (size_t i = 0; i < r->verdicts_n; i++) {
        const struct cw_store_verdicts *v = &r->verdicts[i];
        const struct cw_metric_label labels[] = {{"route", route_name(r, v->route)},
                                                 {"invariant", v->invariant},
                                                 {"state", cw_verdict_state_name(v->state)},
                                                 {"reason", v->reason}};
        cw_metric_u64(out, name, labels, 4, v->n);
    }
    cw_metric_family(out, since, CW_METRIC_GAUGE,
                     "Since when the oldest is unverified that is so now; none where none is.");
    for (size_t i = 0; i < r->routes_n; i++)
        for (size_t k = 0; k < r->aged_n[i]; k++) {
            const struct cw_metric_label labels[] = {{"route", r->routes[i].name},
                                                     {"invariant", r->aged[i][k].invariant}};
            cw_metric_ms(out, since, labels, 2, r->aged[i][k].since_ms);
        }
}

static void put_incidents(struct cw_buf *out, const struct reading *r) {
    static const char name[] = "causeway_incidents_open";
    cw_metric_family(out, name, CW_METRIC_GAUGE,
                     "What somebody must look at, by kind and severity.");
    for (size_t i = 0; i < r->incidents_n; i++) {
        const struct cw_metric_label labels[] = {
            {"kind", cw_incident_kind_name(r->incidents[i].kind)},
            {"severity", cw_severity_name(r->incidents[i].severity)}};
        cw_metric_u64(out, name, labels, 2, r->incidents[i].n);
    }
}

/* --- sinks ------------------------------------------------------------------------------------ */

static uint64_t queued(const struct cw_store_sink *s) {
    return s->queued;
}
static uint64_t is_failing(const struct cw_store_sink *s) {
    return s->failing > 0;
}
static uint64_t sent(const struct cw_store_sink *s) {
    return s->sent;
}
static uint64_t dropped(const struct cw_store_sink *s) {
    return s->dropped;
}
static uint64_t failures(const struct cw_store_sink *s) {
    return s->failures;
}
static uint64_t ok_ms(const struct cw_store_sink *s) {
    return s->ok_ms;
}
static uint64_t failed_ms(const struct cw_store_sink *s) {
    return s->failed_ms;
}

static void put_sinks(struct cw_buf *out, const struct reading *r) {
    static const struct {
        const char *name;
        enum cw_metric_type type;
        const char *help;
        uint64_t (*value)(const struct cw_store_sink *);
        bool is_time;
    } families[] = {
        {"causeway_sink_queue", CW_METRIC_GAUGE, "Alerts that wait for the sink.", queued, false},
        {"causeway_sink_failing", CW_METRIC_GAUGE, "1 while it takes nothing.", is_failing, false},
        {"causeway_sink_sent_total", CW_METRIC_COUNTER, "Alerts that it took.", sent, false},
        {"causeway_sink_dropped_total", CW_METRIC_COUNTER,
         "Alerts that were too many for its queue.", dropped, false},
        {"causeway_sink_failures_total", CW_METRIC_COUNTER,
         "Times that it did not take what it was to be told.", failures, false},
        {"causeway_sink_last_success_timestamp_seconds", CW_METRIC_GAUGE,
         "When it took an alert last; 0: never.", ok_ms, true},
        {"causeway_sink_last_failure_timestamp_seconds", CW_METRIC_GAUGE,
         "When it did not, last; 0: never.", failed_ms, true},
    };
    for (size_t f = 0; f < CW_COUNT(families); f++) {
        cw_metric_family(out, families[f].name, families[f].type, families[f].help);
        for (size_t i = 0; i < r->sinks_n; i++) {
            const struct cw_metric_label labels[] = {{"sink", r->sinks[i].name},
                                                     {"type", r->sinks[i].type}};
            uint64_t value = families[f].value(&r->sinks[i]);
            if (families[f].is_time)
                cw_metric_ms(out, families[f].name, labels, 2, value);
            else
                cw_metric_u64(out, families[f].name, labels, 2, value);
        }
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

static void put_late(struct cw_buf *out, const struct reading *r) {
    static const char name[] = "causeway_loop_lateness_seconds";
    uint64_t n = 0, sum_ms = 0;
    char bound[32];
    cw_metric_family(out, name, CW_METRIC_HISTOGRAM,
                     "How long after they were due the loop's timers fired, over all runs.");
    for (size_t i = 0; i < r->late_n; i++) {
        uint32_t ms = r->late[i].at_most_ms;
        n += r->late[i].n;
        sum_ms += r->late[i].sum_ms;
        snprintf(bound, sizeof bound, "%u.%03u", ms / 1000, ms % 1000);
        const struct cw_metric_label le = {"le", bound};
        if (ms < INT32_MAX)
            cw_metric_u64(out, "causeway_loop_lateness_seconds_bucket", &le, 1, n);
    }
    const struct cw_metric_label all = {"le", "+Inf"};
    cw_metric_u64(out, "causeway_loop_lateness_seconds_bucket", &all, 1, n);
    cw_metric_ms(out, "causeway_loop_lateness_seconds_sum", NULL, 0, sum_ms);
    cw_metric_u64(out, "causeway_loop_lateness_seconds_count", NULL, 0, n);
}

enum cw_err cw_metrics_write(struct cw_buf *out, struct cw_store *store, bool running,
                             struct cw_error *error) {
    struct reading r = {0};
    cw_arena_init(&r.arena, ARENA_BYTES);
    enum cw_err err = read_all(&r, store, error);
    if (err == CW_OK) {
        cw_metric_family(out, "causeway_running", CW_METRIC_GAUGE,
                         "1 while a daemon holds the database.");
        cw_metric_u64(out, "causeway_running", NULL, 0, running);
        put_calls(out, &r, "causeway_rpc_calls_total",
                  "JSON-RPC calls; each element of a batch is one.", false);
        put_calls(out, &r, "causeway_rpc_failures_total", "Calls that brought nothing of use.",
                  true);
        put_latency(out, &r);
        put_endpoints(out, &r);
        put_chains(out, &r);
        put_routes(out, &r);
        put_verdicts(out, &r);
        put_incidents(out, &r);
        put_sinks(out, &r);
        put_late(out, &r);
    }
    cw_arena_done(&r.arena);
    return err;
}
