#include "api/metrics.h"
#include "cli/follow.h"
#include "cli/print.h"
#include "cli/status_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FINDINGS_SHOWN 10
#define OUTPUT_BYTES   (8u << 20)

static const char help[] =
    "usage: causeway status [--calls | --metrics] [--follow] [--config FILE] [--json]\n"
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
    "  --follow       show it anew each second until Ctrl-C; where stdout is no terminal, print\n"
    "                 what changed, with --json the whole in a line each time\n"
    "  --config FILE  configuration (default: see causeway --help)\n"
    "  --json         output for programs\n"
    "\n"
    "exit: 0 the relayer runs, 1 it does not, 2 bad input, 3 could not tell\n";

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
static void print_mode(const struct cw_status *s, const struct cw_store_chain_row *chain) {
    const struct cw_config_chain *config = cw_cli_chain_config(s->view, chain);
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

static enum cw_err print_chains(const struct cw_status *s) {
    static const char *const heads[] = {"chain",   "id",     "latest",       "safe", "final",
                                        "read to", "behind", "newest block", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x7e);
    for (size_t i = 0; i < s->view->chains_n; i++) {
        const struct cw_store_chain_row *c = &s->view->chains[i];
        char age[CW_TIME_SIZE];
        bool known = c->updated_ms != 0;
        cw_print_cell(table, CW_PLAIN, "%s", c->name);
        cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->chain_id);
        cw_print_cell(table, CW_PLAIN, known ? "%" PRIu64 : "-", cw_status_newest(c));
        cw_print_cell(table, CW_PLAIN, known ? "%" PRIu64 : "-", c->safe);
        cw_print_cell(table, CW_PLAIN, known ? "%" PRIu64 : "-", c->final_);
        cw_print_cell(table, CW_PLAIN, c->has_cursor ? "%" PRIu64 : "-", c->cursor);
        cw_print_cell(table, cw_status_behind(c) > 1000 ? CW_WARN : CW_PLAIN, "%" PRIu64,
                      cw_status_behind(c));
        cw_print_cell(table, CW_PLAIN, "%s",
                      known ? cw_print_relative(age, c->latest_time_s, s->now_s) : "not read yet");
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    for (size_t i = 0; err == CW_OK && i < s->view->chains_n; i++) {
        print_mode(s, &s->view->chains[i]);
        print_backfill(&s->view->chains[i]);
        if (s->view->chains[i].trouble[0] != '\0')
            cw_print_pair(s->view->chains[i].name, CW_WARN, s->view->chains[i].trouble);
    }
    return err;
}

static enum cw_err print_routes(const struct cw_status *s) {
    static const char *const heads[] = {"route", "stack", "from", "to", "state", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < s->view->routes_n; i++) {
        const struct cw_store_route_row *r = &s->view->routes[i];
        char since[CW_TIME_SIZE];
        cw_print_cell(table, CW_PLAIN, "%s", r->name);
        cw_print_cell(table, CW_PLAIN, "%s %s", r->stack, r->direction);
        cw_print_cell(table, CW_PLAIN, "%s", cw_status_chain(s, cw_store_route_source(r)));
        cw_print_cell(table, CW_PLAIN, "%s", cw_status_chain(s, cw_store_route_destination(r)));
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
static void print_saved(const struct cw_status *s) {
    for (size_t i = 0; i < s->view->routes_n; i++) {
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
        cw_print_pair(s->view->routes[i].name, CW_PLAIN, text);
    }
}

static enum cw_err print_counts(const struct cw_status *s) {
    static const char *const heads[] = {"route", "stage", "ready", "waiting",
                                        "held",  "dead",  "done",  NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x7c);
    for (size_t i = 0; i < s->view->routes_n; i++) {
        for (int stage = CW_STAGE_SEEN; stage <= CW_STAGE_EXECUTED_FINAL; stage++) {
            const uint64_t *row = s->counts[i][stage];
            uint64_t sum = 0;
            for (int c = CW_READY; c <= CW_DONE; c++)
                sum += row[c];
            if (sum == 0)
                continue;
            cw_print_cell(table, CW_PLAIN, "%s", s->view->routes[i].name);
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

static enum cw_err print_findings(const struct cw_status *s) {
    static const char *const heads[] = {"last",   "times", "chain", "endpoint",
                                        "method", "what",  NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 1u << 1);
    for (size_t i = 0; i < s->findings_n && i < FINDINGS_SHOWN; i++) {
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

static void print_incidents(const struct cw_status *s) {
    char text[160];
    snprintf(text, sizeof text, "%" PRIu64 " critical, %" PRIu64 " warning, %" PRIu64 " info",
             cw_status_open(s, CW_SEVERITY_CRITICAL), cw_status_open(s, CW_SEVERITY_WARNING),
             cw_status_open(s, CW_SEVERITY_INFO));
    cw_print_pair("incidents", CW_PLAIN, text);
    for (size_t i = 0; i < s->incidents_n; i++)
        print_incident(&s->incidents[i]);
}

static enum cw_err print_sinks(const struct cw_status *s) {
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

static enum cw_err print_completeness(const struct cw_status *s) {
    static const char *const heads[] = {"route", "whether messages are missing", NULL};
    bool known = false;
    for (size_t i = 0; i < s->view->routes_n; i++)
        known = known || s->completeness[i].known;
    if (!known)
        return CW_OK;
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < s->view->routes_n; i++)
        cw_cli_completeness_row(table, &s->completeness[i], s->view->routes[i].name, s->now_s);
    putchar('\n');
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static int print_text(const struct cw_status *s, bool calls) {
    char text[64];
    if (s->running)
        snprintf(text, sizeof text, "runs, process %" PRIu64, s->pid);
    else
        snprintf(text, sizeof text, "does not run: what follows is as it was left");
    cw_print_pair("relayer", s->running ? CW_GOOD : CW_WARN, text);
    cw_print_pair("database", CW_PLAIN, s->view->path);
    putchar('\n');
    enum cw_err err = print_chains(s);
    if (err == CW_OK && s->endpoints.n > 0) {
        putchar('\n');
        err = cw_endpoints_print(&s->endpoints, s->view, calls);
    }
    putchar('\n');
    if (err == CW_OK)
        err = print_routes(s);
    putchar('\n');
    if (err == CW_OK)
        err = print_counts(s);
    if (err == CW_OK && s->lanes.n > 0) {
        putchar('\n');
        err = cw_lanes_print(&s->lanes, s->view);
    }
    if (err == CW_OK)
        err = print_completeness(s);
    if (err == CW_OK)
        err = cw_verdicts_print(s->verdicts, s->view, s->now_s);
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

static int print_json(const struct cw_status *s) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_status_put(&out, s);
    return cw_out_print(&out, s->running ? CW_EXIT_OK : CW_EXIT_NO);
}

static int print_metrics(const struct cw_status *s) {
    struct cw_buf out;
    struct cw_error error;
    cw_buf_init(&out, OUTPUT_BYTES);
    enum cw_err err = cw_metrics_write(&out, s->view->store, s->running, s->now_s * 1000, &error);
    if (err == CW_OK && out.failed)
        err = cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
    if (err == CW_OK)
        fwrite(out.p, 1, out.n, stdout);
    cw_buf_done(&out);
    return err != CW_OK ? cw_cli_fail(&error) : s->running ? CW_EXIT_OK : CW_EXIT_NO;
}

/* --- following -------------------------------------------------------------------------------- */

static void put_stage_lines(struct cw_buf *out, const struct cw_status *s, size_t route) {
    for (int stage = CW_STAGE_SEEN; stage <= CW_STAGE_EXECUTED_FINAL; stage++) {
        const uint64_t *row = s->counts[route][stage];
        char text[200] = "";
        size_t n = 0;
        for (int c = CW_READY; c <= CW_DONE; c++)
            if (row[c] > 0)
                n += (size_t)snprintf(text + n, sizeof text - n, "%s%" PRIu64 " %s",
                                      n > 0 ? ", " : "", row[c],
                                      cw_condition_name((enum cw_condition)c));
        if (n > 0)
            cw_follow_line(out, "route %s, %s: %s", s->view->routes[route].name,
                           cw_stage_name((enum cw_stage)stage), text);
    }
}

/* What is worth a line when it changes: neither heads nor ages. */
static void put_lines(struct cw_buf *out, const struct cw_status *s) {
    cw_follow_line(out, "relayer: %s", s->running ? "runs" : "does not run");
    for (size_t i = 0; i < s->view->chains_n; i++) {
        const struct cw_store_chain_row *chain = &s->view->chains[i];
        cw_follow_line(out, "chain %s: %s", chain->name,
                       chain->trouble[0] != '\0' ? chain->trouble : "followed");
    }
    for (size_t i = 0; i < s->view->routes_n; i++) {
        const struct cw_store_route_row *route = &s->view->routes[i];
        cw_follow_line(out, "route %s: %s%s%s%s", route->name,
                       route->hold_reason[0] != '\0' ? "held, " : "open", route->hold_reason,
                       route->hold_detail[0] != '\0' ? ": " : "", route->hold_detail);
        put_stage_lines(out, s, i);
    }
    cw_follow_line(out, "incidents: %" PRIu64 " critical, %" PRIu64 " warning, %" PRIu64 " info",
                   cw_status_open(s, CW_SEVERITY_CRITICAL), cw_status_open(s, CW_SEVERITY_WARNING),
                   cw_status_open(s, CW_SEVERITY_INFO));
    for (size_t i = 0; i < s->incidents_n; i++) {
        const struct cw_store_incident *in = &s->incidents[i];
        cw_follow_line(out, "incident %" PRId64 ": %s, %s, %s: %s", in->row,
                       cw_severity_name(in->severity), cw_incident_kind_name(in->kind), in->subject,
                       in->text);
    }
}

struct request {
    const char *config;
    bool json, calls, metrics;
};

/* look NULL: once, on stdout. */
static int look_once(const struct request *r, struct cw_follow_look *look) {
    struct cw_cli_view view = {0};
    struct cw_status s;
    struct cw_error error;
    enum cw_err err = cw_cli_view_open(&view, r->config, &error);
    if (err == CW_OK)
        err = cw_status_read(&s, &view, &error);
    int code = CW_EXIT_UNKNOWN;
    if (err != CW_OK) {
        code = cw_cli_fail(&error);
    } else if (look != NULL && look->lines != NULL) {
        put_lines(look->lines, &s);
        if (look->json != NULL)
            cw_status_put(look->json, &s);
        code = s.running ? CW_EXIT_OK : CW_EXIT_NO;
    } else {
        code = r->metrics                ? print_metrics(&s)
               : r->json && look == NULL ? print_json(&s)
                                         : print_text(&s, r->calls);
    }
    cw_cli_view_close(&view);
    return code;
}

static int show(void *ctx, struct cw_follow_look *look) {
    return look_once(ctx, look);
}

int cw_cmd_status(int argc, char **argv) {
    static const struct option options[] = {{"calls", no_argument, NULL, 'C'},
                                            {"metrics", no_argument, NULL, 'M'},
                                            {"follow", no_argument, NULL, 'f'},
                                            CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    struct request r = {.calls = false};
    bool follow = false;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        r.calls = r.calls || c == 'C';
        r.metrics = r.metrics || c == 'M';
        follow = follow || c == 'f';
        if (c == 'C' || c == 'M' || c == 'f')
            continue;
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument");
    if (r.metrics && (common.json || r.calls || follow))
        return cw_cli_usage(help, "--metrics goes with neither --json nor --calls nor --follow");
    r.config = common.config;
    r.json = common.json;
    const struct cw_follow job = {show, &r, "causeway status", common.json};
    return follow ? cw_follow(&job) : look_once(&r, NULL);
}
