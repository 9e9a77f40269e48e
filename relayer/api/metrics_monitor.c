/* What the monitor has found, whom it told, and how well it keeps up. */
#include "api/exposition.h"
#include "api/metrics_private.h"
#include "store/alerts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Everything that is counted, read once. */
struct monitored {
    const struct cw_store_route_row *routes;
    size_t routes_n;
    struct cw_store_verdicts *verdicts;
    size_t verdicts_n;
    struct cw_store_aged **aged; /* of each route */
    size_t *aged_n;
    struct cw_store_judged *judged;
    size_t judged_n;
    struct cw_store_verdict_lag *lag;
    size_t lag_n;
    struct cw_store_newest_root *roots;
    size_t roots_n;
    struct cw_store_guard_counts *guards; /* of each route */
    size_t guards_n;
    struct cw_store_incident_count *incidents; /* open ones */
    size_t incidents_n;
    struct cw_store_incident_total *totals;
    size_t totals_n;
    struct cw_store_sink *sinks;
    size_t sinks_n;
};

static enum cw_err read_aged(struct monitored *r, struct cw_store *store, struct cw_arena *arena,
                             struct cw_error *error) {
    enum cw_err err = CW_OK;
    r->aged = cw_arena_array(arena, r->routes_n, sizeof(struct cw_store_aged *));
    r->aged_n = cw_arena_array(arena, r->routes_n, sizeof *r->aged_n);
    if (r->aged == NULL || r->aged_n == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; err == CW_OK && i < r->routes_n; i++)
        err = cw_store_aged(store, r->routes[i].row, UINT64_MAX, arena, &r->aged[i], &r->aged_n[i],
                            error);
    return err;
}

static enum cw_err read_all(struct monitored *r, struct cw_store *store, uint64_t now_ms,
                            struct cw_arena *arena, struct cw_error *error) {
    enum cw_err err = cw_store_verdicts(store, 0, arena, &r->verdicts, &r->verdicts_n, error);
    if (err == CW_OK)
        err = read_aged(r, store, arena, error);
    if (err == CW_OK)
        err = cw_store_judged(store, arena, &r->judged, &r->judged_n, error);
    if (err == CW_OK)
        err = cw_store_verdict_lag(store, arena, &r->lag, &r->lag_n, error);
    if (err == CW_OK)
        err = cw_store_newest_roots(store, arena, &r->roots, &r->roots_n, error);
    if (err == CW_OK)
        err = cw_store_guard_counts(store, now_ms, arena, &r->guards, &r->guards_n, error);
    if (err == CW_OK)
        err = cw_store_incident_counts(store, arena, &r->incidents, &r->incidents_n, error);
    if (err == CW_OK)
        err = cw_store_incident_totals(store, arena, &r->totals, &r->totals_n, error);
    return err == CW_OK ? cw_store_sinks(store, arena, &r->sinks, &r->sinks_n, error) : err;
}

static const char *route_name(const struct monitored *r, int64_t row) {
    for (size_t i = 0; i < r->routes_n; i++)
        if (r->routes[i].row == row)
            return r->routes[i].name;
    return "";
}

/* --- what must hold --------------------------------------------------------------------------- */

static void put_verdicts(struct cw_buf *out, const struct monitored *r) {
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

static void put_roots(struct cw_buf *out, const struct monitored *r) {
    static const char block[] = "causeway_root_newest_block";
    static const char posted[] = "causeway_root_newest_timestamp_seconds";
    cw_metric_family(
        out, block, CW_METRIC_GAUGE,
        "The highest block of the execution layer that a root of that state is about.");
    for (size_t i = 0; i < r->roots_n; i++) {
        const struct cw_metric_label labels[] = {
            {"route", route_name(r, r->roots[i].route)},
            {"state", cw_verdict_state_name(r->roots[i].state)}};
        if (r->roots[i].execution_block > 0)
            cw_metric_u64(out, block, labels, 2, r->roots[i].execution_block);
    }
    cw_metric_family(out, posted, CW_METRIC_GAUGE,
                     "When the newest root of that state was posted, by its block.");
    for (size_t i = 0; i < r->roots_n; i++) {
        const struct cw_metric_label labels[] = {
            {"route", route_name(r, r->roots[i].route)},
            {"state", cw_verdict_state_name(r->roots[i].state)}};
        cw_metric_u64(out, posted, labels, 2, r->roots[i].posted_s);
    }
}

/* --- how it keeps up -------------------------------------------------------------------------- */

static const struct cw_store_judged *judged_of(const struct monitored *r, int64_t route,
                                               enum cw_verdict_state state) {
    for (size_t i = 0; i < r->judged_n; i++)
        if (r->judged[i].route == route && r->judged[i].state == state)
            return &r->judged[i];
    return NULL;
}

/* Zeros, too: a rate needs something to begin from. */
static void put_judged(struct cw_buf *out, const struct monitored *r) {
    static const char total[] = "causeway_judgements_total";
    static const char last[] = "causeway_judgement_last_timestamp_seconds";
    cw_metric_family(out, total, CW_METRIC_COUNTER, "Judgements, by what they came to.");
    for (size_t i = 0; i < r->routes_n; i++)
        for (int s = CW_VERDICT_UNVERIFIED; s <= CW_VERDICT_VIOLATED; s++) {
            const enum cw_verdict_state state = (enum cw_verdict_state)s;
            const struct cw_store_judged *judged = judged_of(r, r->routes[i].row, state);
            const struct cw_metric_label labels[] = {{"route", r->routes[i].name},
                                                     {"state", cw_verdict_state_name(state)}};
            cw_metric_u64(out, total, labels, 2, judged ? judged->n : 0);
        }
    cw_metric_family(out, last, CW_METRIC_GAUGE, "When something was judged last.");
    for (size_t i = 0; i < r->routes_n; i++) {
        const struct cw_metric_label label = {"route", r->routes[i].name};
        uint64_t last_ms = 0;
        for (size_t k = 0; k < r->judged_n; k++)
            if (r->judged[k].route == r->routes[i].row && r->judged[k].last_ms > last_ms)
                last_ms = r->judged[k].last_ms;
        if (last_ms > 0)
            cw_metric_ms(out, last, &label, 1, last_ms);
    }
}

/* Rows of one route, which come by their bounds. */
static void put_lag_of(struct cw_buf *out, const struct monitored *r, size_t route) {
    static const uint32_t bounds_s[] = {1, 2, 5, 10, 30, 60, 300, 900, 1800, 3600, 14400};
    struct cw_metric_label labels[] = {{"route", r->routes[route].name}, {"le", "+Inf"}};
    uint64_t n = 0, all = 0, sum_ms = 0;
    char bound[16];
    for (size_t b = 0; b < CW_COUNT(bounds_s); b++) {
        for (size_t i = 0; i < r->lag_n; i++)
            if (r->lag[i].route == r->routes[route].row && r->lag[i].at_most_s == bounds_s[b])
                n += r->lag[i].n;
        snprintf(bound, sizeof bound, "%" PRIu32, bounds_s[b]);
        labels[1].value = bound;
        cw_metric_u64(out, "causeway_verdict_lag_seconds_bucket", labels, 2, n);
    }
    for (size_t i = 0; i < r->lag_n; i++)
        if (r->lag[i].route == r->routes[route].row) {
            all += r->lag[i].n;
            sum_ms += r->lag[i].sum_ms;
        }
    labels[1].value = "+Inf";
    cw_metric_u64(out, "causeway_verdict_lag_seconds_bucket", labels, 2, all);
    cw_metric_ms(out, "causeway_verdict_lag_seconds_sum", labels, 1, sum_ms);
    cw_metric_u64(out, "causeway_verdict_lag_seconds_count", labels, 1, all);
}

static uint64_t is_guarded(const struct cw_store_guard_counts *g) {
    return g->guarded;
}
static uint64_t due(const struct cw_store_guard_counts *g) {
    return g->due;
}
static uint64_t untold(const struct cw_store_guard_counts *g) {
    return g->untold_holds;
}

static void put_guards(struct cw_buf *out, const struct monitored *r) {
    static const struct {
        const char *name, *help;
        uint64_t (*value)(const struct cw_store_guard_counts *);
    } families[] = {
        {"causeway_route_judged", "1 where what must hold on the route is judged here.",
         is_guarded},
        {"causeway_judgements_due", "Subjects whose next judgement is due.", due},
        {"causeway_holds_untold",
         "What is to be held, or no longer, and the relayer was not told of yet.", untold},
    };
    static const char holds[] = "causeway_holds_wanted";
    for (size_t f = 0; f < CW_COUNT(families); f++) {
        cw_metric_family(out, families[f].name, CW_METRIC_GAUGE, families[f].help);
        for (size_t i = 0; i < r->guards_n; i++) {
            const struct cw_metric_label label = {"route", route_name(r, r->guards[i].route)};
            cw_metric_u64(out, families[f].name, &label, 1, families[f].value(&r->guards[i]));
        }
    }
    cw_metric_family(out, holds, CW_METRIC_GAUGE,
                     "What violations want held: the route itself, and messages.");
    for (size_t i = 0; i < r->guards_n; i++) {
        const char *name = route_name(r, r->guards[i].route);
        const struct cw_metric_label route[] = {{"route", name}, {"of", "route"}};
        const struct cw_metric_label messages[] = {{"route", name}, {"of", "messages"}};
        cw_metric_u64(out, holds, route, 2, r->guards[i].route_holds);
        cw_metric_u64(out, holds, messages, 2, r->guards[i].message_holds);
    }
}

static void put_pace(struct cw_buf *out, const struct monitored *r) {
    put_judged(out, r);
    cw_metric_family(out, "causeway_verdict_lag_seconds", CW_METRIC_HISTOGRAM,
                     "From a block to the first verdict of ok or violated on what arose in it.");
    for (size_t i = 0; i < r->routes_n; i++)
        put_lag_of(out, r, i);
    put_guards(out, r);
}

/* --- incidents -------------------------------------------------------------------------------- */

static void put_open(struct cw_buf *out, const struct monitored *r) {
    static const char open[] = "causeway_incidents_open";
    static const char unattended[] = "causeway_incidents_unattended";
    for (int attended = 0; attended < 2; attended++) {
        cw_metric_family(out, attended == 0 ? open : unattended, CW_METRIC_GAUGE,
                         attended == 0 ? "What somebody must look at."
                                       : "Open ones that are neither acknowledged nor silenced.");
        for (size_t i = 0; i < r->incidents_n; i++) {
            const struct cw_store_incident_count *c = &r->incidents[i];
            const struct cw_metric_label labels[] = {{"kind", cw_incident_kind_name(c->kind)},
                                                     {"severity", cw_severity_name(c->severity)},
                                                     {"state", cw_incident_state_name(c->state)},
                                                     {"route", c->route}};
            cw_metric_u64(out, attended == 0 ? open : unattended, labels, 4,
                          attended == 0 ? c->n : c->unattended);
        }
    }
}

/* Zeros, too, of every kind. */
static void put_totals(struct cw_buf *out, const struct monitored *r) {
    static const struct {
        const char *name, *help;
        enum cw_alert_event event;
    } families[] = {
        {"causeway_incidents_opened_total", "Incidents that were opened.", CW_ALERT_OPENED},
        {"causeway_incidents_resolved_total", "Incidents that are over.", CW_ALERT_RESOLVED},
        {"causeway_incidents_withdrawn_total",
         "Provisional incidents whose block is gone, or that finality refuted.",
         CW_ALERT_WITHDRAWN},
    };
    for (size_t f = 0; f < CW_COUNT(families); f++) {
        cw_metric_family(out, families[f].name, CW_METRIC_COUNTER, families[f].help);
        for (int k = 1; cw_incident_kind_name((enum cw_incident_kind)k)[0] != '?'; k++) {
            const enum cw_incident_kind kind = (enum cw_incident_kind)k;
            const struct cw_metric_label label = {"kind", cw_incident_kind_name(kind)};
            uint64_t n = 0;
            for (size_t i = 0; i < r->totals_n; i++)
                if (r->totals[i].kind == kind && r->totals[i].event == families[f].event)
                    n = r->totals[i].n;
            cw_metric_u64(out, families[f].name, &label, 1, n);
        }
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

static void put_sinks(struct cw_buf *out, const struct monitored *r) {
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

enum cw_err cw_metrics_monitor(struct cw_buf *out, struct cw_store *store,
                               const struct cw_store_route_row *routes, size_t routes_n,
                               uint64_t now_ms, struct cw_arena *arena, struct cw_error *error) {
    struct monitored r = {.routes = routes, .routes_n = routes_n};
    enum cw_err err = read_all(&r, store, now_ms, arena, error);
    if (err != CW_OK)
        return err;
    put_verdicts(out, &r);
    put_roots(out, &r);
    put_pace(out, &r);
    put_open(out, &r);
    put_totals(out, &r);
    put_sinks(out, &r);
    return CW_OK;
}
