#include "cli/status_read.h"

#include "cli/alerts.h"
#include "core/lock.h"

#include <assert.h>
#include <string.h>

#define FINDINGS_MAX  100
#define INCIDENTS_MAX 100

enum cw_err cw_status_read(struct cw_status *s, struct cw_cli_view *view, struct cw_error *error) {
    const struct cw_clock *clock = cw_clock_system();
    enum cw_err err = CW_OK;
    *s = (struct cw_status){.view = view, .now_s = clock->wall_ms(clock->ctx) / 1000};
    s->running = cw_lock_holder(s->view->path, &s->pid);
    s->counts = cw_arena_array(&s->view->arena, s->view->routes_n, sizeof *s->counts);
    s->completeness = cw_arena_array(&s->view->arena, s->view->routes_n, sizeof *s->completeness);
    s->saved = cw_arena_array(&s->view->arena, s->view->routes_n, sizeof *s->saved);
    s->verdicts = cw_arena_array(&s->view->arena, s->view->routes_n, sizeof *s->verdicts);
    if (s->counts == NULL || s->completeness == NULL || s->saved == NULL || s->verdicts == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; err == CW_OK && i < s->view->routes_n; i++) {
        const struct cw_store_route_row *route = &s->view->routes[i];
        err = cw_store_counts(s->view->store, route->row, s->counts[i], error);
        if (err == CW_OK)
            err = cw_cli_completeness(&s->completeness[i], s->view->store, route->row,
                                      cw_store_route_source(route), error);
        if (err == CW_OK)
            err = cw_store_saved(s->view->store, route->row, &s->saved[i], error);
        if (err == CW_OK)
            err = cw_verdicts_read(&s->verdicts[i], s->view, route->row, error);
    }
    if (err == CW_OK)
        err = cw_endpoints_read(&s->endpoints, s->view, error);
    if (err == CW_OK)
        err = cw_lanes_read(&s->lanes, s->view, error);
    if (err == CW_OK)
        err = cw_store_findings(s->view->store, FINDINGS_MAX, &s->view->arena, &s->findings,
                                &s->findings_n, error);
    if (err == CW_OK)
        err = cw_store_incidents(s->view->store, true, INCIDENTS_MAX, &s->view->arena,
                                 &s->incidents, &s->incidents_n, error);
    if (err == CW_OK)
        err = cw_store_incident_counts(s->view->store, &s->view->arena, &s->kinds, &s->kinds_n,
                                       error);
    if (err == CW_OK)
        err = cw_store_sinks(s->view->store, &s->view->arena, &s->sinks, &s->sinks_n, error);
    return err;
}

const char *cw_status_chain(const struct cw_status *s, int64_t row) {
    const struct cw_store_chain_row *chain = cw_cli_chain(s->view, row);
    return chain != NULL ? chain->name : "?";
}

uint64_t cw_status_behind(const struct cw_store_chain_row *chain) {
    return chain->has_cursor && chain->latest > chain->cursor ? chain->latest - chain->cursor : 0;
}

uint64_t cw_status_newest(const struct cw_store_chain_row *chain) {
    return chain->has_cursor && chain->cursor > chain->latest ? chain->cursor : chain->latest;
}

uint64_t cw_status_open(const struct cw_status *s, enum cw_severity severity) {
    uint64_t n = 0;
    for (size_t i = 0; i < s->kinds_n; i++)
        n += s->kinds[i].severity == severity ? s->kinds[i].n : 0;
    return n;
}

/* --- as JSON ---------------------------------------------------------------------------------- */

void cw_status_put_chains(struct cw_buf *out, const struct cw_status *s) {
    cw_out_open(out, "chains", '[');
    for (size_t i = 0; i < s->view->chains_n; i++) {
        const struct cw_store_chain_row *c = &s->view->chains[i];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "name", c->name);
        cw_out_u64(out, "chainId", c->chain_id);
        const struct cw_config_chain *config = cw_cli_chain_config(s->view, c);
        if (config != NULL) {
            cw_out_text(out, "mode", cw_mode_name(config->mode));
            cw_out_u64(out, "quorum", config->quorum);
            cw_out_text(out, "symbol", config->symbol);
            cw_out_u64(out, "decimals", config->decimals);
            cw_out_some(out, "explorer", config->explorer);
        }
        if (c->updated_ms != 0) {
            cw_out_u64(out, "latest", cw_status_newest(c));
            cw_out_u64(out, "safe", c->safe);
            cw_out_u64(out, "final", c->final_);
            cw_out_u64(out, "latestTime", c->latest_time_s);
            cw_out_u64(out, "finalTime", c->final_time_s);
            cw_out_u64(out, "updatedMs", c->updated_ms);
        }
        if (c->has_cursor) {
            cw_out_u64(out, "readTo", c->cursor);
            cw_out_u64(out, "behind", cw_status_behind(c));
        }
        cw_out_u64(out, "blocksSeen", c->blocks_seen);
        cw_out_u64(out, "falseBlooms", c->false_blooms);
        cw_out_open(out, "backfill", '{');
        cw_out_u64(out, "left", c->backfill_left);
        cw_out_u64(out, "blocksPerSecond", c->backfill_per_s);
        cw_out_u64(out, "etaSeconds", c->backfill_eta_s);
        cw_out_close(out, '}');
        if (c->trouble[0] != '\0')
            cw_out_text(out, "trouble", c->trouble);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_counts(struct cw_buf *out, uint64_t counts[10][6]) {
    assert(counts != NULL);
    cw_out_open(out, "messages", '{');
    for (int stage = CW_STAGE_SEEN; stage <= CW_STAGE_EXECUTED_FINAL; stage++) {
        cw_out_open(out, cw_stage_name((enum cw_stage)stage), '{');
        for (int c = CW_READY; c <= CW_DONE; c++)
            cw_out_u64(out, cw_condition_name((enum cw_condition)c), counts[stage][c]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, '}');
}

void cw_status_put_routes(struct cw_buf *out, const struct cw_status *s) {
    cw_out_open(out, "routes", '[');
    for (size_t i = 0; i < s->view->routes_n; i++) {
        const struct cw_store_route_row *r = &s->view->routes[i];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "name", r->name);
        cw_out_text(out, "stack", r->stack);
        cw_out_text(out, "direction", r->direction);
        cw_out_text(out, "settlement", cw_status_chain(s, r->settlement));
        cw_out_text(out, "execution", cw_status_chain(s, r->execution));
        cw_out_text(out, "source", cw_side_name(r->source));
        cw_out_bool(out, "held", r->hold_reason[0] != 0);
        if (r->hold_reason[0] != 0) {
            cw_out_text(out, "holdReason", r->hold_reason);
            cw_out_text(out, "holdDetail", r->hold_detail);
            cw_out_u64(out, "holdMs", r->hold_ms);
        }
        put_counts(out, s->counts[i]);
        cw_cli_completeness_put(out, &s->completeness[i]);
        cw_verdicts_put(out, &s->verdicts[i]);
        cw_out_open(out, "batches", '{');
        cw_out_u64(out, "transactions", s->saved[i].batches);
        cw_out_u64(out, "steps", s->saved[i].items);
        cw_out_u64(out, "gasUsed", s->saved[i].gas);
        cw_out_u64(out, "stepsAlone", s->saved[i].alone);
        cw_out_u64(out, "gasUsedAlone", s->saved[i].alone_gas);
        cw_out_close(out, '}');
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

void cw_status_put_incidents(struct cw_buf *out, const struct cw_status *s) {
    cw_out_open(out, "incidentsOpen", '{');
    for (int i = CW_SEVERITY_CRITICAL; i >= CW_SEVERITY_INFO; i--)
        cw_out_u64(out, cw_severity_name((enum cw_severity)i),
                   cw_status_open(s, (enum cw_severity)i));
    cw_out_close(out, '}');
    cw_out_open(out, "incidents", '[');
    for (size_t i = 0; i < s->incidents_n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_incident(out, &s->incidents[i]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

void cw_status_put_sinks(struct cw_buf *out, const struct cw_status *s) {
    cw_out_open(out, "sinks", '[');
    for (size_t i = 0; i < s->sinks_n; i++) {
        const struct cw_store_sink *sink = &s->sinks[i];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "name", sink->name);
        cw_out_text(out, "type", sink->type);
        cw_out_text(out, "minSeverity", cw_severity_name(sink->min_severity));
        cw_out_u64(out, "queued", sink->queued);
        cw_out_u64(out, "sent", sink->sent);
        cw_out_u64(out, "dropped", sink->dropped);
        cw_out_u64(out, "failures", sink->failures);
        cw_out_u64(out, "failing", sink->failing);
        if (sink->ok_ms > 0)
            cw_out_u64(out, "lastOkMs", sink->ok_ms);
        if (sink->failed_ms > 0) {
            cw_out_u64(out, "lastFailureMs", sink->failed_ms);
            cw_out_text(out, "lastFailure", sink->said);
        }
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

void cw_status_put_findings(struct cw_buf *out, const struct cw_status *s) {
    cw_out_open(out, "findings", '[');
    for (size_t i = 0; i < s->findings_n; i++) {
        const struct cw_store_finding *f = &s->findings[i];
        cw_out_open(out, NULL, '{');
        cw_out_u64(out, "lastMs", f->time_ms);
        cw_out_u64(out, "times", f->count);
        cw_out_text(out, "chain", f->chain);
        cw_out_text(out, "endpoint", f->endpoint);
        cw_out_text(out, "method", f->method);
        cw_out_text(out, "text", f->text);
        if (f->evidence[0] != 0)
            cw_out_text(out, "evidence", f->evidence);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

void cw_status_put(struct cw_buf *out, const struct cw_status *s) {
    cw_out_open(out, NULL, '{');
    cw_out_bool(out, "running", s->running);
    if (s->running)
        cw_out_u64(out, "pid", s->pid);
    cw_out_text(out, "database", s->view->path);
    cw_status_put_chains(out, s);
    cw_endpoints_put(out, &s->endpoints, s->view);
    cw_status_put_routes(out, s);
    cw_lanes_put(out, &s->lanes, s->view);
    cw_status_put_incidents(out, s);
    cw_status_put_sinks(out, s);
    cw_status_put_findings(out, s);
    cw_out_close(out, '}');
}
