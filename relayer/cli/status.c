#include "api/metrics.h"
#include "cli/alerts.h"
#include "cli/completeness.h"
#include "cli/print.h"
#include "cli/status_endpoints.h"
#include "cli/status_verdicts.h"
#include "core/lock.h"
#include "store/alerts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FINDINGS_SHOWN 10
#define FINDINGS_JSON  100
#define INCIDENTS_MAX  100
#define OUTPUT_BYTES   (8u << 20)

static const char help[] =
    "usage: causeway status [--calls | --metrics] [--config FILE] [--json]\n"
    "\n"
    "Shows whether the relayer runs, how far it has read the chains, its endpoints, its routes, "
    "its\n"
    "messages by stage and condition and whether any is missing, whether what must hold does, "
    "what\n"
    "somebody must look at, who is told, and what endpoints were caught in. Reads the database "
    "only;\n"
    "asks no endpoint.\n"
    "\n"
    "Of an endpoint: moving averages of small/large requests, how many of the last answers were "
    "of no\n"
    "use, blocks behind the best head, calls ever and per block. Each element of a batch is a "
    "call.\n"
    "\n"
    "  --calls        calls by method too (--json has them always)\n"
    "  --metrics      everything as metrics in the Prometheus text format\n"
    "  --config FILE  configuration (default: see causeway --help)\n"
    "  --json         output for programs\n"
    "\n"
    "exit: 0 the relayer runs, 1 it does not, 2 bad input, 3 could not tell\n";

/* Everything that is shown, read in one view. */
struct status {
    struct cw_cli_view view;
    uint64_t now_s;
    bool running;
    uint64_t pid;
    uint64_t (*counts)[10][6];                /* of each route */
    struct cw_cli_completeness *completeness; /* likewise */
    struct cw_store_saved *saved;             /* likewise */
    struct cw_verdicts *verdicts;             /* likewise */
    struct cw_endpoints endpoints;
    struct cw_store_finding *findings;
    size_t findings_n;
    struct cw_store_incident *incidents; /* open ones */
    size_t incidents_n;
    struct cw_store_incident_count *kinds; /* all open ones */
    size_t kinds_n;
    struct cw_store_sink *sinks;
    size_t sinks_n;
};

static enum cw_err read_status(struct status *s, const struct cw_cli_common *common,
                               struct cw_error *error) {
    const struct cw_clock *clock = cw_clock_system();
    s->now_s = clock->wall_ms(clock->ctx) / 1000;
    enum cw_err err = cw_cli_view_open(&s->view, common->config, error);
    if (err != CW_OK)
        return err;
    s->running = cw_lock_holder(s->view.path, &s->pid);
    s->counts = cw_arena_array(&s->view.arena, s->view.routes_n, sizeof *s->counts);
    s->completeness = cw_arena_array(&s->view.arena, s->view.routes_n, sizeof *s->completeness);
    s->saved = cw_arena_array(&s->view.arena, s->view.routes_n, sizeof *s->saved);
    s->verdicts = cw_arena_array(&s->view.arena, s->view.routes_n, sizeof *s->verdicts);
    if (s->counts == NULL || s->completeness == NULL || s->saved == NULL || s->verdicts == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; err == CW_OK && i < s->view.routes_n; i++) {
        const struct cw_store_route_row *route = &s->view.routes[i];
        err = cw_store_counts(s->view.store, route->row, s->counts[i], error);
        if (err == CW_OK)
            err = cw_cli_completeness(&s->completeness[i], s->view.store, route->row,
                                      cw_store_route_source(route), error);
        if (err == CW_OK)
            err = cw_store_saved(s->view.store, route->row, &s->saved[i], error);
        if (err == CW_OK)
            err = cw_verdicts_read(&s->verdicts[i], &s->view, route->row, error);
    }
    if (err == CW_OK)
        err = cw_endpoints_read(&s->endpoints, &s->view, error);
    if (err == CW_OK)
        err = cw_store_findings(s->view.store, common->json ? FINDINGS_JSON : FINDINGS_SHOWN,
                                &s->view.arena, &s->findings, &s->findings_n, error);
    if (err == CW_OK)
        err = cw_store_incidents(s->view.store, true, INCIDENTS_MAX, &s->view.arena, &s->incidents,
                                 &s->incidents_n, error);
    if (err == CW_OK)
        err = cw_store_incident_counts(s->view.store, &s->view.arena, &s->kinds, &s->kinds_n,
                                       error);
    if (err == CW_OK)
        err = cw_store_sinks(s->view.store, &s->view.arena, &s->sinks, &s->sinks_n, error);
    return err;
}

static const char *chain_name(const struct status *s, int64_t row) {
    const struct cw_store_chain_row *chain = cw_cli_chain(&s->view, row);
    return chain != NULL ? chain->name : "?";
}

static uint64_t behind(const struct cw_store_chain_row *chain) {
    return chain->has_cursor && chain->latest > chain->cursor ? chain->latest - chain->cursor : 0;
}

/* The newest block that is known: heads are written once a second, what was read at once. */
static uint64_t newest(const struct cw_store_chain_row *chain) {
    return chain->has_cursor && chain->cursor > chain->latest ? chain->cursor : chain->latest;
}

/* --- for people ------------------------------------------------------------------------------- */

static void print_backfill(const struct cw_store_chain_row *chain) {
    char left[CW_TIME_SIZE], text[160];
    if (chain->backfill_left == 0)
        return;
    cw_print_number(left, chain->backfill_left);
    if (chain->backfill_per_s > 0)
        snprintf(text, sizeof text,
                 "reads the past: %s blocks left, %" PRIu64 " a second, about %" PRIu64 " s", left,
                 chain->backfill_per_s, chain->backfill_eta_s);
    else
        snprintf(text, sizeof text, "reads the past: %s blocks left", left);
    cw_print_pair(chain->name, CW_PLAIN, text);
}

/* What is read otherwise than header by header. */
static void print_mode(const struct status *s, const struct cw_store_chain_row *chain) {
    const struct cw_config_chain *config = cw_cli_chain_config(&s->view, chain);
    char text[160];
    if (config == NULL || config->mode == CW_MODE_FULL)
        return;
    if (config->mode == CW_MODE_QUORUM)
        snprintf(text, sizeof text,
                 "quorum only: as %" PRIu64 " operators agree; no hash proves anything",
                 config->quorum);
    else
        snprintf(text, sizeof text, "mode events: blocks that eth_getLogs leaves out are not seen");
    cw_print_pair(chain->name, CW_PLAIN, text);
}

static enum cw_err print_chains(const struct status *s) {
    static const char *const heads[] = {"chain",   "id",     "latest",       "safe", "final",
                                        "read to", "behind", "newest block", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x7e);
    for (size_t i = 0; i < s->view.chains_n; i++) {
        const struct cw_store_chain_row *c = &s->view.chains[i];
        char age[CW_TIME_SIZE];
        bool known = c->updated_ms != 0;
        cw_print_cell(table, CW_PLAIN, "%s", c->name);
        cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->chain_id);
        cw_print_cell(table, CW_PLAIN, known ? "%" PRIu64 : "-", newest(c));
        cw_print_cell(table, CW_PLAIN, known ? "%" PRIu64 : "-", c->safe);
        cw_print_cell(table, CW_PLAIN, known ? "%" PRIu64 : "-", c->final_);
        cw_print_cell(table, CW_PLAIN, c->has_cursor ? "%" PRIu64 : "-", c->cursor);
        cw_print_cell(table, behind(c) > 1000 ? CW_WARN : CW_PLAIN, "%" PRIu64, behind(c));
        cw_print_cell(table, CW_PLAIN, "%s",
                      known ? cw_print_relative(age, c->latest_time_s, s->now_s) : "not read yet");
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    for (size_t i = 0; err == CW_OK && i < s->view.chains_n; i++) {
        print_mode(s, &s->view.chains[i]);
        print_backfill(&s->view.chains[i]);
        if (s->view.chains[i].trouble[0] != '\0')
            cw_print_pair(s->view.chains[i].name, CW_WARN, s->view.chains[i].trouble);
    }
    return err;
}

static enum cw_err print_routes(const struct status *s) {
    static const char *const heads[] = {"route", "stack", "from", "to", "state", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < s->view.routes_n; i++) {
        const struct cw_store_route_row *r = &s->view.routes[i];
        char since[CW_TIME_SIZE];
        cw_print_cell(table, CW_PLAIN, "%s", r->name);
        cw_print_cell(table, CW_PLAIN, "%s %s", r->stack, r->direction);
        cw_print_cell(table, CW_PLAIN, "%s", chain_name(s, cw_store_route_source(r)));
        cw_print_cell(table, CW_PLAIN, "%s", chain_name(s, cw_store_route_destination(r)));
        if (r->hold_reason[0] == 0)
            cw_print_cell(table, CW_GOOD, "open");
        else
            cw_print_cell(table, CW_BAD, "held (%s) since %s%s%s", r->hold_reason,
                          cw_print_time(since, r->hold_ms / 1000),
                          r->hold_detail[0] != 0 ? ": " : "", r->hold_detail);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static void count_cell(struct cw_print_table *table, enum cw_condition condition, uint64_t n) {
    static const enum cw_style styles[] = {[CW_READY] = CW_PLAIN,
                                           [CW_WAITING] = CW_PLAIN,
                                           [CW_HELD] = CW_WARN,
                                           [CW_DEAD] = CW_BAD,
                                           [CW_DONE] = CW_GOOD};
    char text[CW_TIME_SIZE];
    cw_print_cell(table, n > 0 ? styles[condition] : CW_DIM, "%s",
                  n > 0 ? cw_print_number(text, n) : "-");
}

/* For each step, where some went alone that it can be compared with. */
static void print_saved(const struct status *s) {
    for (size_t i = 0; i < s->view.routes_n; i++) {
        const struct cw_store_saved *saved = &s->saved[i];
        char each[CW_TIME_SIZE], alone[CW_TIME_SIZE], text[200];
        int n;
        if (saved->batches == 0)
            continue;
        n = snprintf(
            text, sizeof text, "%" PRIu64 " steps in %" PRIu64 " shared transactions, %s gas each",
            saved->items, saved->batches, cw_print_number(each, saved->gas / saved->items));
        if (saved->alone > 0)
            snprintf(text + n, sizeof text - (size_t)n, "; alone %s",
                     cw_print_number(alone, saved->alone_gas / saved->alone));
        cw_print_pair(s->view.routes[i].name, CW_PLAIN, text);
    }
}

static enum cw_err print_counts(const struct status *s) {
    static const char *const heads[] = {"route", "stage", "ready", "waiting",
                                        "held",  "dead",  "done",  NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x7c);
    for (size_t i = 0; i < s->view.routes_n; i++) {
        for (int stage = CW_STAGE_SEEN; stage <= CW_STAGE_EXECUTED_FINAL; stage++) {
            const uint64_t *row = s->counts[i][stage];
            uint64_t sum = 0;
            for (int c = CW_READY; c <= CW_DONE; c++)
                sum += row[c];
            if (sum == 0)
                continue;
            cw_print_cell(table, CW_PLAIN, "%s", s->view.routes[i].name);
            cw_print_cell(table, CW_PLAIN, "%s", cw_stage_name((enum cw_stage)stage));
            for (int c = CW_READY; c <= CW_DONE; c++)
                count_cell(table, (enum cw_condition)c, row[c]);
        }
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    print_saved(s);
    return err;
}

static enum cw_err print_findings(const struct status *s) {
    static const char *const heads[] = {"last",   "times", "chain", "endpoint",
                                        "method", "what",  NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 1u << 1);
    for (size_t i = 0; i < s->findings_n; i++) {
        const struct cw_store_finding *f = &s->findings[i];
        char age[CW_TIME_SIZE];
        cw_print_cell(table, CW_PLAIN, "%s", cw_print_relative(age, f->time_ms / 1000, s->now_s));
        cw_print_cell(table, CW_PLAIN, "%" PRIu64, f->count);
        cw_print_cell(table, CW_PLAIN, "%s", f->chain);
        cw_print_cell(table, CW_PLAIN, "%s", f->endpoint);
        cw_print_cell(table, CW_PLAIN, "%s", f->method);
        cw_print_cell(table, CW_WARN, "%s%s%s", f->text, f->evidence[0] != 0 ? "; " : "",
                      f->evidence);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

/* Open incidents of that severity. */
static uint64_t open_of(const struct status *s, enum cw_severity severity) {
    uint64_t n = 0;
    for (size_t i = 0; i < s->kinds_n; i++)
        n += s->kinds[i].severity == severity ? s->kinds[i].n : 0;
    return n;
}

static void print_incident(const struct cw_store_incident *in) {
    char since[CW_TIME_SIZE], text[1536];
    const char *provisional = in->state == CW_INCIDENT_PROVISIONAL ? ", provisional" : "";
    snprintf(text, sizeof text,
             "%s%s: %s, since %s, %" PRIu64 " %s%s%s%s: %s%s%s. %s (causeway alerts show %" PRId64
             ")",
             cw_severity_name(in->severity), provisional, in->subject,
             cw_print_time(since, in->opened_ms / 1000), in->times,
             in->times == 1 ? "time" : "times", in->acked_ms > 0 ? ", acknowledged by " : "",
             in->acked_ms > 0 ? in->acked_by : "", in->silenced ? ", silenced" : "", in->text,
             in->evidence[0] != '\0' ? "; evidence: " : "", in->evidence, in->advice, in->row);
    cw_print_pair(cw_incident_kind_name(in->kind),
                  in->severity == CW_SEVERITY_CRITICAL  ? CW_BAD
                  : in->severity == CW_SEVERITY_WARNING ? CW_WARN
                                                        : CW_PLAIN,
                  text);
}

static void print_incidents(const struct status *s) {
    char text[160];
    snprintf(text, sizeof text, "%" PRIu64 " critical, %" PRIu64 " warning, %" PRIu64 " info",
             open_of(s, CW_SEVERITY_CRITICAL), open_of(s, CW_SEVERITY_WARNING),
             open_of(s, CW_SEVERITY_INFO));
    cw_print_pair("incidents", CW_PLAIN, text);
    for (size_t i = 0; i < s->incidents_n; i++)
        print_incident(&s->incidents[i]);
}

static enum cw_err print_sinks(const struct status *s) {
    static const char *const heads[] = {"sink",    "type",    "queued",       "sent",
                                        "dropped", "last ok", "last failure", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x1c);
    for (size_t i = 0; i < s->sinks_n; i++) {
        const struct cw_store_sink *sink = &s->sinks[i];
        char age[CW_TIME_SIZE];
        cw_print_cell(table, CW_PLAIN, "%s", sink->name);
        cw_print_cell(table, CW_PLAIN, "%s", sink->type);
        cw_print_cell(table, sink->failing > 0 ? CW_WARN : CW_PLAIN, "%" PRIu64, sink->queued);
        cw_print_cell(table, CW_PLAIN, "%" PRIu64, sink->sent);
        cw_print_cell(table, sink->dropped > 0 ? CW_BAD : CW_PLAIN, "%" PRIu64, sink->dropped);
        cw_print_cell(table, CW_PLAIN, "%s",
                      sink->ok_ms > 0 ? cw_print_relative(age, sink->ok_ms / 1000, s->now_s) : "-");
        if (sink->failed_ms > 0)
            cw_print_cell(table, sink->failing > 0 ? CW_BAD : CW_DIM, "%s: %s",
                          cw_print_relative(age, sink->failed_ms / 1000, s->now_s), sink->said);
        else
            cw_print_cell(table, CW_PLAIN, "-");
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static int print_text(const struct status *s, bool calls) {
    char text[64];
    if (s->running)
        snprintf(text, sizeof text, "runs, process %" PRIu64, s->pid);
    else
        snprintf(text, sizeof text, "does not run: what follows is as it was left");
    cw_print_pair("relayer", s->running ? CW_GOOD : CW_WARN, text);
    cw_print_pair("database", CW_PLAIN, s->view.path);
    putchar('\n');
    enum cw_err err = print_chains(s);
    if (err == CW_OK && s->endpoints.n > 0) {
        putchar('\n');
        err = cw_endpoints_print(&s->endpoints, &s->view, calls);
    }
    putchar('\n');
    if (err == CW_OK)
        err = print_routes(s);
    putchar('\n');
    if (err == CW_OK)
        err = print_counts(s);
    for (size_t i = 0; err == CW_OK && i < s->view.routes_n; i++)
        cw_cli_completeness_print(&s->completeness[i], s->view.routes[i].name, s->now_s);
    if (err == CW_OK)
        err = cw_verdicts_print(s->verdicts, &s->view, s->now_s);
    if (err == CW_OK && s->incidents_n > 0) {
        putchar('\n');
        print_incidents(s);
    }
    if (err == CW_OK && s->sinks_n > 0) {
        putchar('\n');
        err = print_sinks(s);
    }
    if (err == CW_OK && s->findings_n > 0) {
        putchar('\n');
        err = print_findings(s);
    }
    return err == CW_OK ? s->running ? CW_EXIT_OK : CW_EXIT_NO : CW_EXIT_UNKNOWN;
}

/* --- for programs ----------------------------------------------------------------------------- */

static void put_chains(struct cw_buf *out, const struct status *s) {
    cw_out_open(out, "chains", '[');
    for (size_t i = 0; i < s->view.chains_n; i++) {
        const struct cw_store_chain_row *c = &s->view.chains[i];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "name", c->name);
        cw_out_u64(out, "chainId", c->chain_id);
        const struct cw_config_chain *config = cw_cli_chain_config(&s->view, c);
        if (config != NULL) {
            cw_out_text(out, "mode", cw_mode_name(config->mode));
            cw_out_u64(out, "quorum", config->quorum);
        }
        if (c->updated_ms != 0) {
            cw_out_u64(out, "latest", newest(c));
            cw_out_u64(out, "safe", c->safe);
            cw_out_u64(out, "final", c->final_);
            cw_out_u64(out, "latestTime", c->latest_time_s);
            cw_out_u64(out, "finalTime", c->final_time_s);
            cw_out_u64(out, "updatedMs", c->updated_ms);
        }
        if (c->has_cursor) {
            cw_out_u64(out, "readTo", c->cursor);
            cw_out_u64(out, "behind", behind(c));
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

static void put_routes(struct cw_buf *out, const struct status *s) {
    cw_out_open(out, "routes", '[');
    for (size_t i = 0; i < s->view.routes_n; i++) {
        const struct cw_store_route_row *r = &s->view.routes[i];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "name", r->name);
        cw_out_text(out, "stack", r->stack);
        cw_out_text(out, "direction", r->direction);
        cw_out_text(out, "settlement", chain_name(s, r->settlement));
        cw_out_text(out, "execution", chain_name(s, r->execution));
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

static void put_incidents(struct cw_buf *out, const struct status *s) {
    cw_out_open(out, "incidentsOpen", '{');
    for (int i = CW_SEVERITY_CRITICAL; i >= CW_SEVERITY_INFO; i--)
        cw_out_u64(out, cw_severity_name((enum cw_severity)i), open_of(s, (enum cw_severity)i));
    cw_out_close(out, '}');
    cw_out_open(out, "incidents", '[');
    for (size_t i = 0; i < s->incidents_n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_incident(out, &s->incidents[i]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_sinks(struct cw_buf *out, const struct status *s) {
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

static int print_json(const struct status *s) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_bool(&out, "running", s->running);
    if (s->running)
        cw_out_u64(&out, "pid", s->pid);
    cw_out_text(&out, "database", s->view.path);
    put_chains(&out, s);
    cw_endpoints_put(&out, &s->endpoints, &s->view);
    put_routes(&out, s);
    put_incidents(&out, s);
    put_sinks(&out, s);
    cw_out_open(&out, "findings", '[');
    for (size_t i = 0; i < s->findings_n; i++) {
        const struct cw_store_finding *f = &s->findings[i];
        cw_out_open(&out, NULL, '{');
        cw_out_u64(&out, "lastMs", f->time_ms);
        cw_out_u64(&out, "times", f->count);
        cw_out_text(&out, "chain", f->chain);
        cw_out_text(&out, "endpoint", f->endpoint);
        cw_out_text(&out, "method", f->method);
        cw_out_text(&out, "text", f->text);
        if (f->evidence[0] != 0)
            cw_out_text(&out, "evidence", f->evidence);
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    cw_out_close(&out, '}');
    return cw_out_print(&out, s->running ? CW_EXIT_OK : CW_EXIT_NO);
}

static int print_metrics(const struct status *s) {
    struct cw_buf out;
    struct cw_error error;
    cw_buf_init(&out, OUTPUT_BYTES);
    enum cw_err err = cw_metrics_write(&out, s->view.store, s->running, s->now_s * 1000, &error);
    if (err == CW_OK && out.failed)
        err = cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
    if (err == CW_OK)
        fwrite(out.p, 1, out.n, stdout);
    cw_buf_done(&out);
    return err != CW_OK ? cw_cli_fail(&error) : s->running ? CW_EXIT_OK : CW_EXIT_NO;
}

int cw_cmd_status(int argc, char **argv) {
    static const struct option options[] = {{"calls", no_argument, NULL, 'C'},
                                            {"metrics", no_argument, NULL, 'M'},
                                            CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    bool calls = false, metrics = false;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'C' || c == 'M') {
            *(c == 'C' ? &calls : &metrics) = true;
            continue;
        }
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument");
    if (metrics && (common.json || calls))
        return cw_cli_usage(help, "--metrics goes with neither --json nor --calls");
    struct status s = {0};
    struct cw_error error;
    int code = read_status(&s, &common, &error) != CW_OK ? cw_cli_fail(&error)
               : metrics                                 ? print_metrics(&s)
               : common.json                             ? print_json(&s)
                                                         : print_text(&s, calls);
    cw_cli_view_close(&s.view);
    return code;
}
