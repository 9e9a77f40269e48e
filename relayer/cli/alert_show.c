/* alerts list, show. */
#include "cli/alerts.h"
#include "cli/print.h"
#include "store/alerts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INCIDENTS_MAX 1000
#define OUTPUT_BYTES  (16u << 20)

static uint64_t now_s(void) {
    const struct cw_clock *clock = cw_clock_system();
    return clock->wall_ms(clock->ctx) / 1000;
}

/* "provisional, acknowledged by ann, silenced" */
static const char *state_text(const struct cw_store_incident *in, char *out, size_t size) {
    snprintf(out, size, "%s%s%s%s", cw_incident_state_name(in->state),
             in->acked_ms > 0 ? ", acknowledged by " : "", in->acked_ms > 0 ? in->acked_by : "",
             in->silenced ? ", silenced" : "");
    return out;
}

static enum cw_style style_of(const struct cw_store_incident *in) {
    if (in->resolved_ms > 0)
        return CW_DIM;
    return in->severity == CW_SEVERITY_CRITICAL  ? CW_BAD
           : in->severity == CW_SEVERITY_WARNING ? CW_WARN
                                                 : CW_PLAIN;
}

/* --- for programs ----------------------------------------------------------------------------- */

static void put_block(struct cw_buf *out, const char *key,
                      const struct cw_store_incident_block *block) {
    if (!block->known)
        return;
    cw_out_open(out, key, '{');
    cw_out_u64(out, "number", block->number);
    if (!cw_hash32_is_zero(&block->hash))
        cw_out_hash32(out, "hash", &block->hash);
    cw_out_close(out, '}');
}

static void put_ends(struct cw_buf *out, const struct cw_store_incident *in) {
    if (in->acked_ms > 0) {
        cw_out_open(out, "acknowledged", '{');
        cw_out_text(out, "by", in->acked_by);
        cw_out_some(out, "note", in->ack_note);
        cw_out_u64(out, "timeMs", in->acked_ms);
        cw_out_close(out, '}');
    }
    cw_out_bool(out, "silenced", in->silenced);
    if (in->resolved_ms > 0) {
        cw_out_u64(out, "overMs", in->resolved_ms);
        cw_out_text(out, "resolution", in->resolution);
    }
}

void cw_out_incident(struct cw_buf *out, const struct cw_store_incident *in) {
    cw_out_u64(out, "id", (uint64_t)in->row);
    cw_out_text(out, "kind", cw_incident_kind_name(in->kind));
    cw_out_text(out, "severity", cw_severity_name(in->severity));
    cw_out_text(out, "state", cw_incident_state_name(in->state));
    cw_out_text(out, "subject", in->subject);
    cw_out_some(out, "invariant", in->invariant);
    cw_out_some(out, "route", in->route);
    cw_out_some(out, "chain", in->chain);
    cw_out_text(out, "text", in->text);
    cw_out_text(out, "advice", in->advice);
    cw_out_some(out, "settlementSays", in->says[CW_SETTLEMENT]);
    cw_out_some(out, "executionSays", in->says[CW_EXECUTION]);
    put_block(out, "settlementBlock", &in->blocks[CW_SETTLEMENT]);
    put_block(out, "executionBlock", &in->blocks[CW_EXECUTION]);
    if (in->has_tx)
        cw_out_hash32(out, "transaction", &in->tx);
    cw_out_some(out, "evidence", in->evidence);
    cw_out_some(out, "pauseCall", in->pause);
    cw_out_u64(out, "times", in->times);
    cw_out_u64(out, "openedMs", in->opened_ms);
    cw_out_u64(out, "lastMs", in->last_ms);
    cw_out_u64(out, "severityMs", in->severity_ms);
    put_ends(out, in);
}

void cw_out_incident_history(struct cw_buf *out, const struct cw_store_incident_line *lines,
                             size_t n) {
    cw_out_open(out, "history", '[');
    for (size_t i = 0; i < n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_u64(out, "timeMs", lines[i].time_ms);
        cw_out_text(out, "event", lines[i].event);
        cw_out_text(out, "severity", cw_severity_name(lines[i].severity));
        cw_out_text(out, "text", lines[i].text);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_silences(struct cw_buf *out, const struct cw_store_silence *list, size_t n) {
    cw_out_open(out, "silences", '[');
    for (size_t i = 0; i < n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_u64(out, "id", (uint64_t)list[i].row);
        cw_out_some(out, "kind", list[i].kind);
        cw_out_some(out, "subject", list[i].subject);
        cw_out_some(out, "route", list[i].route);
        cw_out_some(out, "by", list[i].by);
        cw_out_some(out, "note", list[i].note);
        cw_out_u64(out, "madeMs", list[i].made_ms);
        cw_out_u64(out, "untilMs", list[i].until_ms);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

/* --- list ------------------------------------------------------------------------------------- */

static enum cw_err print_incidents(const struct cw_store_incident *list, size_t n) {
    static const char *const heads[] = {"id",      "severity", "kind", "opened",
                                        "subject", "state",    "what", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 1u);
    for (size_t i = 0; i < n; i++) {
        const struct cw_store_incident *in = &list[i];
        char age[CW_TIME_SIZE], state[160];
        cw_print_cell(table, CW_PLAIN, "%" PRId64, in->row);
        cw_print_cell(table, style_of(in), "%s", cw_severity_name(in->severity));
        cw_print_cell(table, CW_PLAIN, "%s", cw_incident_kind_name(in->kind));
        cw_print_cell(table, CW_PLAIN, "%s", cw_print_relative(age, in->opened_ms / 1000, now_s()));
        cw_print_cell(table, CW_PLAIN, "%s", in->subject);
        cw_print_cell(table, CW_PLAIN, "%s", state_text(in, state, sizeof state));
        cw_print_cell(table, CW_PLAIN, "%s", in->resolved_ms > 0 ? in->resolution : in->text);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static void print_silences(const struct cw_store_silence *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct cw_store_silence *s = &list[i];
        char name[32], text[700], until[CW_TIME_SIZE];
        snprintf(name, sizeof name, "silence %" PRId64, s->row);
        snprintf(text, sizeof text, "%s%s%s%s%s%s until %s, by %s%s%s",
                 s->kind[0] != '\0' ? s->kind : "every kind", s->subject[0] != '\0' ? " of " : "",
                 s->subject, s->route[0] != '\0' ? " on route " : "", s->route, ",",
                 cw_print_time(until, s->until_ms / 1000), s->by, s->note[0] != '\0' ? ": " : "",
                 s->note);
        cw_print_pair(name, CW_WARN, text);
    }
}

int cw_alerts_list(const struct cw_alert_args *args) {
    struct cw_cli_view view = {0};
    struct cw_store_incident *list = NULL;
    struct cw_store_silence *silences = NULL;
    struct cw_error error;
    size_t n = 0, silences_n = 0;
    enum cw_err err = cw_cli_view_open(&view, args->common.config, &error);
    if (err == CW_OK)
        err = cw_store_incidents(view.store, !args->all, INCIDENTS_MAX, &view.arena, &list, &n,
                                 &error);
    if (err == CW_OK)
        err = cw_store_silences(view.store, &view.arena, &silences, &silences_n, &error);
    int code = err == CW_OK ? CW_EXIT_OK : cw_cli_fail(&error);
    if (err == CW_OK && args->common.json) {
        struct cw_buf out;
        cw_buf_init(&out, OUTPUT_BYTES);
        cw_out_open(&out, NULL, '{');
        cw_out_open(&out, "incidents", '[');
        for (size_t i = 0; i < n; i++) {
            cw_out_open(&out, NULL, '{');
            cw_out_incident(&out, &list[i]);
            cw_out_close(&out, '}');
        }
        cw_out_close(&out, ']');
        put_silences(&out, silences, silences_n);
        cw_out_close(&out, '}');
        code = cw_out_print(&out, code);
    } else if (err == CW_OK) {
        code = n == 0 || print_incidents(list, n) == CW_OK ? code : CW_EXIT_UNKNOWN;
        if (n == 0)
            puts(args->all ? "there was no incident" : "no incident is open");
        print_silences(silences, silences_n);
    }
    cw_cli_view_close(&view);
    return code;
}

/* --- show ------------------------------------------------------------------------------------- */

static void print_some(const char *name, const char *value) {
    if (value[0] != '\0')
        cw_print_pair(name, CW_PLAIN, value);
}

static void print_block(const char *name, const struct cw_store_incident_block *block) {
    char text[128], hex[CW_HEX_SIZE(32)];
    if (!block->known)
        return;
    bool hashed = !cw_hash32_is_zero(&block->hash);
    snprintf(text, sizeof text, "%" PRIu64 "%s%s", block->number, hashed ? " " : "",
             hashed ? cw_hex_encode(hex, cw_slice_of(block->hash.b, 32)) : "");
    cw_print_pair(name, CW_PLAIN, text);
}

static void print_times(const struct cw_store_incident *in) {
    char text[256], time[CW_TIME_SIZE], last[CW_TIME_SIZE];
    snprintf(text, sizeof text, "%s, %" PRIu64 " %s, last %s",
             cw_print_time(time, in->opened_ms / 1000), in->times,
             in->times == 1 ? "time" : "times", cw_print_time(last, in->last_ms / 1000));
    cw_print_pair("opened", CW_PLAIN, text);
    if (in->resolved_ms > 0) {
        snprintf(text, sizeof text, "%s: %s", cw_print_time(time, in->resolved_ms / 1000),
                 in->resolution);
        cw_print_pair("over", CW_GOOD, text);
    }
}

static void print_one(const struct cw_store_incident *in) {
    char text[200], state[160], hex[CW_HEX_SIZE(32)];
    snprintf(text, sizeof text, "%s, %s", cw_severity_name(in->severity),
             state_text(in, state, sizeof state));
    cw_print_pair("incident", style_of(in), cw_incident_kind_name(in->kind));
    cw_print_pair("subject", CW_PLAIN, in->subject);
    cw_print_pair("state", style_of(in), text);
    print_some("invariant", in->invariant);
    print_some("route", in->route);
    print_some("chain", in->chain);
    cw_print_pair("what", CW_PLAIN, in->text);
    print_some("settlement layer says", in->says[CW_SETTLEMENT]);
    print_some("execution layer says", in->says[CW_EXECUTION]);
    print_block("settlement block", &in->blocks[CW_SETTLEMENT]);
    print_block("execution block", &in->blocks[CW_EXECUTION]);
    if (in->has_tx)
        print_some("transaction", cw_hex_encode(hex, cw_slice_of(in->tx.b, sizeof in->tx.b)));
    print_some("evidence", in->evidence);
    print_some("pause call", in->resolved_ms > 0 ? "" : in->pause);
    print_some("what to do", in->resolved_ms > 0 ? "" : in->advice);
    print_some("note", in->ack_note);
    print_times(in);
}

static enum cw_err print_history(const struct cw_store_incident_line *lines, size_t n) {
    static const char *const heads[] = {"time", "event", "severity", "what", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < n; i++) {
        char time[CW_TIME_SIZE];
        cw_print_cell(table, CW_PLAIN, "%s", cw_print_time(time, lines[i].time_ms / 1000));
        cw_print_cell(table, CW_PLAIN, "%s", lines[i].event);
        cw_print_cell(table, CW_PLAIN, "%s", cw_severity_name(lines[i].severity));
        cw_print_cell(table, CW_PLAIN, "%s", lines[i].text);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static int show_json(const struct cw_store_incident *in, const struct cw_store_incident_line *lines,
                     size_t n) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_incident(&out, in);
    cw_out_incident_history(&out, lines, n);
    cw_out_close(&out, '}');
    return cw_out_print(&out, CW_EXIT_OK);
}

int cw_alerts_show(const struct cw_alert_args *args) {
    struct cw_cli_view view = {0};
    struct cw_store_incident incident;
    struct cw_store_incident_line *lines = NULL;
    struct cw_error error;
    size_t n = 0;
    bool found = false;
    int64_t row = cw_alerts_row(args->what, "an incident");
    if (row == 0)
        return CW_EXIT_USAGE;
    enum cw_err err = cw_cli_view_open(&view, args->common.config, &error);
    if (err == CW_OK)
        err = cw_store_incident_get(view.store, row, &found, &incident, &error);
    if (err == CW_OK && found)
        err = cw_store_incident_history(view.store, row, &view.arena, &lines, &n, &error);
    int code = err != CW_OK ? cw_cli_fail(&error) : CW_EXIT_NO;
    if (err == CW_OK && !found)
        fprintf(stderr, "causeway: there is no incident %" PRId64 "\n", row);
    if (err == CW_OK && found && args->common.json) {
        code = show_json(&incident, lines, n);
    } else if (err == CW_OK && found) {
        print_one(&incident);
        putchar('\n');
        code = print_history(lines, n) == CW_OK ? CW_EXIT_OK : CW_EXIT_UNKNOWN;
    }
    cw_cli_view_close(&view);
    return code;
}
