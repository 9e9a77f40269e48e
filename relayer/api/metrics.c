#include "api/metrics.h"

#include "api/exposition.h"
#include "api/metrics_private.h"

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
    struct cw_store_endpoint *endpoints;
    size_t endpoints_n;
    struct cw_store_calls *calls;
    size_t calls_n;
    struct cw_store_funds *funds;
    size_t funds_n;
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
        err = cw_store_funds(store, arena, &r->funds, &r->funds_n, error);
    if (err == CW_OK)
        err = cw_store_late(store, arena, &r->late, &r->late_n, error);
    if (err != CW_OK)
        return err;
    r->counts = cw_arena_array(arena, r->routes_n, sizeof *r->counts);
    r->failing = cw_arena_array(arena, r->routes_n, sizeof(struct cw_store_failing *));
    r->failing_n = cw_arena_array(arena, r->routes_n, sizeof *r->failing_n);
    if (r->counts == NULL || r->failing == NULL || r->failing_n == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; err == CW_OK && i < r->routes_n; i++) {
        err = cw_store_counts(store, r->routes[i].row, r->counts[i], error);
        if (err == CW_OK)
            err = cw_store_failing(store, r->routes[i].row, arena, &r->failing[i], &r->failing_n[i],
                                   error);
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
    return cw_store_endpoint_is_usable(e);
}
/* One that the configuration no longer names has counts, and is in no state. */
static bool is_removed(const struct cw_store_endpoint *e) {
    return strcmp(e->state, "removed") == 0;
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
            const bool is_told = families[f].type == CW_METRIC_COUNTER || !is_removed(e);
            if (is_told && (families[f].value != lag || e->has_lag))
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
static uint64_t backfill_left(const struct cw_store_chain_row *c) {
    return c->backfill_left;
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

static void put_head_times(struct cw_buf *out, const struct reading *r) {
    static const char name[] = "causeway_chain_head_timestamp_seconds";
    static const char told[] = "causeway_chain_heads_read_timestamp_seconds";
    cw_metric_family(out, name, CW_METRIC_GAUGE, "The time of the newest block of that kind.");
    for (size_t i = 0; i < r->chains_n; i++) {
        const struct cw_store_chain_row *c = &r->chains[i];
        const struct cw_metric_label latest[] = {{"chain", c->name}, {"head", "latest"}};
        const struct cw_metric_label final[] = {{"chain", c->name}, {"head", "final"}};
        if (c->updated_ms == 0)
            continue;
        cw_metric_u64(out, name, latest, 2, c->latest_time_s);
        cw_metric_u64(out, name, final, 2, c->final_time_s);
    }
    cw_metric_family(out, told, CW_METRIC_GAUGE, "When an endpoint named new heads last.");
    for (size_t i = 0; i < r->chains_n; i++) {
        const struct cw_metric_label label = {"chain", r->chains[i].name};
        if (r->chains[i].updated_ms > 0)
            cw_metric_ms(out, told, &label, 1, r->chains[i].updated_ms);
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
        {"causeway_chain_unread_blocks", CW_METRIC_GAUGE, "Blocks of the past still to be read.",
         backfill_left},
        {"causeway_chain_trouble", CW_METRIC_GAUGE, "1 while something holds the watcher up.",
         has_trouble},
        {"causeway_chain_blocks_total", CW_METRIC_COUNTER,
         "Blocks that the head has moved by while it was watched.", blocks_seen},
        {"causeway_chain_false_blooms_total", CW_METRIC_COUNTER,
         "Blocks whose receipts were read and had nothing that is wanted.", false_blooms},
    };
    put_heads(out, r);
    put_head_times(out, r);
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

/* --- signers ---------------------------------------------------------------------------------- */

static void put_funds(struct cw_buf *out, const struct reading *r) {
    static const struct {
        const char *name, *help;
    } families[] = {
        {"causeway_signer_balance_wei", "What the signer has, as it was read last."},
        {"causeway_signer_low_funds_wei", "Less than this is an incident; 0: no limit."},
    };
    for (size_t f = 0; f < CW_COUNT(families); f++) {
        cw_metric_family(out, families[f].name, CW_METRIC_GAUGE, families[f].help);
        for (size_t i = 0; i < r->funds_n; i++) {
            const struct cw_store_funds *funds = &r->funds[i];
            char hex[CW_HEX_SIZE(20)];
            const struct cw_metric_label labels[] = {
                {"chain", chain_name(r, funds->chain)},
                {"signer", funds->signer},
                {"address", cw_hex_encode(hex, cw_slice_of(funds->address.b, 20))}};
            cw_metric_u256(out, families[f].name, labels, 3,
                           f == 0 ? &funds->balance.v : &funds->low.v);
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

static void put_process(struct cw_buf *out, bool running, uint64_t now_ms) {
    const struct cw_metric_label version = {"version", CW_VERSION};
    cw_metric_family(out, "causeway_build_info", CW_METRIC_GAUGE, "1; of what these are.");
    cw_metric_u64(out, "causeway_build_info", &version, 1, 1);
    cw_metric_family(out, "causeway_metrics_timestamp_seconds", CW_METRIC_GAUGE,
                     "When these were read from the database.");
    cw_metric_ms(out, "causeway_metrics_timestamp_seconds", NULL, 0, now_ms);
    cw_metric_family(out, "causeway_running", CW_METRIC_GAUGE,
                     "1 while a daemon holds the database.");
    cw_metric_u64(out, "causeway_running", NULL, 0, running);
}

enum cw_err cw_metrics_write(struct cw_buf *out, struct cw_store *store, bool running,
                             uint64_t now_ms, struct cw_error *error) {
    struct reading r = {0};
    cw_arena_init(&r.arena, ARENA_BYTES);
    enum cw_err err = read_all(&r, store, error);
    if (err == CW_OK) {
        put_process(out, running, now_ms);
        put_calls(out, &r, "causeway_rpc_calls_total",
                  "JSON-RPC calls; each element of a batch is one.", false);
        put_calls(out, &r, "causeway_rpc_failures_total", "Calls that brought nothing of use.",
                  true);
        put_latency(out, &r);
        put_endpoints(out, &r);
        put_chains(out, &r);
        put_routes(out, &r);
        put_funds(out, &r);
        put_late(out, &r);
        err = cw_metrics_monitor(out, store, r.routes, r.routes_n, now_ms, &r.arena, error);
    }
    cw_arena_done(&r.arena);
    return err;
}
