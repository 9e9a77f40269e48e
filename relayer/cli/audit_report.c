#include "cli/audit_report.h"

#include "cli/message_out.h"
#include "cli/print.h"
#include "cli/verdict_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE         1000u
#define LISTED_MAX   10000u
#define PAGE_BYTES   (16u << 20)
#define OUTPUT_BYTES (64u << 20)
#define CHANGE       "change" /* the invariant whose subjects are told of though they are ok */

/* --- reading ---------------------------------------------------------------------------------- */

static bool is_in_range(const struct cw_audit_report *report, const struct cw_store_subject *s) {
    const struct cw_audit_range *range = &report->ranges[s->s.side];
    const uint64_t number = s->s.block.number.v;
    return !s->standing && range->to > 0 && number >= range->from && number <= range->to;
}

static enum cw_err count(struct cw_audit_report *report, const struct cw_store_subject *s,
                         struct cw_error *error) {
    struct cw_audit_count *c = report->counts;
    const struct cw_audit_count *end = c + report->counts_n;
    while (c < end && (c->state != s->state || strcmp(c->invariant, s->invariant) != 0 ||
                       strcmp(c->reason, s->reason) != 0))
        c++;
    if (c == end) {
        if (report->counts_n == CW_AUDIT_COUNTS)
            return cw_error_set(error, CW_ERR_LIMIT, "more than %d kinds of verdicts",
                                CW_AUDIT_COUNTS);
        report->counts_n++;
        *c = (struct cw_audit_count){.state = s->state};
        snprintf(c->invariant, sizeof c->invariant, "%s", s->invariant);
        snprintf(c->reason, sizeof c->reason, "%s", s->reason);
    }
    c->n++;
    report->states[s->state]++;
    return CW_OK;
}

static enum cw_err list(struct cw_store_subject *list, size_t *n, const struct cw_store_subject *s,
                        const char *what, struct cw_error *error) {
    if (*n == LISTED_MAX)
        return cw_error_set(error, CW_ERR_LIMIT, "more than %u %s: take a smaller range",
                            LISTED_MAX, what);
    list[(*n)++] = *s;
    return CW_OK;
}

static enum cw_err take(struct cw_audit_report *report, const struct cw_store_subject *s,
                        struct cw_error *error) {
    enum cw_err err = CW_OK;
    if (!is_in_range(report, s))
        return CW_OK;
    if (s->state != CW_VERDICT_OK)
        err = list(report->bad, &report->bad_n, s, "subjects are violated or unverified", error);
    else if (strcmp(s->invariant, CHANGE) == 0)
        err = list(report->changes, &report->changes_n, s, "things were changed", error);
    return err == CW_OK ? count(report, s, error) : err;
}

static int by_block(const void *a, const void *b) {
    const struct cw_store_subject *x = a, *y = b;
    if (x->s.block.timestamp_s != y->s.block.timestamp_s)
        return x->s.block.timestamp_s < y->s.block.timestamp_s ? -1 : 1;
    return x->s.log_index < y->s.log_index ? -1 : x->s.log_index > y->s.log_index;
}

static int by_name(const void *a, const void *b) {
    const struct cw_audit_count *x = a, *y = b;
    int order = strcmp(x->invariant, y->invariant);
    if (order == 0)
        order = (int)x->state - (int)y->state;
    return order != 0 ? order : strcmp(x->reason, y->reason);
}

enum cw_err cw_audit_read(struct cw_audit_report *report, struct cw_cli_view *view,
                          struct cw_error *error) {
    struct cw_store_subject_filter filter = {.limit = PAGE};
    size_t n = PAGE;
    enum cw_err err = CW_OK;
    report->bad = cw_arena_array(&view->arena, LISTED_MAX, sizeof *report->bad);
    report->changes = cw_arena_array(&view->arena, LISTED_MAX, sizeof *report->changes);
    if (report->bad == NULL || report->changes == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    while (err == CW_OK && n == PAGE) {
        struct cw_store_subject *list = NULL;
        struct cw_arena arena;
        cw_arena_init(&arena, PAGE_BYTES);
        err = cw_store_subjects(view->store, &filter, &arena, &list, &n, error);
        for (size_t i = 0; err == CW_OK && i < n; i++)
            err = take(report, &list[i], error);
        if (err == CW_OK && n > 0)
            filter.before_row = list[n - 1].row;
        cw_arena_done(&arena);
    }
    if (err == CW_OK) {
        qsort(report->bad, report->bad_n, sizeof *report->bad, by_block);
        qsort(report->changes, report->changes_n, sizeof *report->changes, by_block);
        qsort(report->counts, report->counts_n, sizeof *report->counts, by_name);
    }
    return err;
}

/* --- printing --------------------------------------------------------------------------------- */

static int code_of(const struct cw_audit_report *report) {
    if (report->states[CW_VERDICT_VIOLATED] > 0)
        return CW_EXIT_NO;
    return report->complete && report->states[CW_VERDICT_UNVERIFIED] == 0 ? CW_EXIT_OK
                                                                          : CW_EXIT_UNKNOWN;
}

static uint64_t all(const struct cw_audit_report *report) {
    return report->states[CW_VERDICT_OK] + report->states[CW_VERDICT_VIOLATED] +
           report->states[CW_VERDICT_UNVERIFIED];
}

/* "blocks 1 to 9 of l1 and 5 to 7 of l2" */
static const char *ranges_text(const struct cw_audit_report *report, const struct cw_cli_view *view,
                               char out[200]) {
    const int64_t route = view->routes_n > 0 ? view->routes[0].row : 0;
    const struct cw_audit_range *r = report->ranges;
    int n = snprintf(out, 200, "blocks %" PRIu64 " to %" PRIu64 " of %.48s", r[CW_SETTLEMENT].from,
                     r[CW_SETTLEMENT].to, cw_cli_side_name(view, route, CW_SETTLEMENT));
    if (r[CW_EXECUTION].to > 0)
        snprintf(out + n, 200 - (size_t)n, " and %" PRIu64 " to %" PRIu64 " of %.48s",
                 r[CW_EXECUTION].from, r[CW_EXECUTION].to,
                 cw_cli_side_name(view, route, CW_EXECUTION));
    return out;
}

static void sum_text(const struct cw_audit_report *report, char out[200]) {
    snprintf(out, 200,
             "%" PRIu64 " verdicts: %" PRIu64 " ok, %" PRIu64 " violated, %" PRIu64 " unverified%s",
             all(report), report->states[CW_VERDICT_OK], report->states[CW_VERDICT_VIOLATED],
             report->states[CW_VERDICT_UNVERIFIED],
             report->complete ? "" : "; not all was read or judged in time");
}

static int print_text(const struct cw_audit_report *report, const struct cw_cli_view *view) {
    static const char *const heads[] = {"invariant", "state", "reason", "verdicts", NULL};
    const struct cw_clock *clock = cw_clock_system();
    const uint64_t now_s = clock->wall_ms(clock->ctx) / 1000;
    char text[200];
    printf("Audit of route %s, %s\n", report->route, ranges_text(report, view, text));
    sum_text(report, text);
    printf("%s\n\n", text);
    struct cw_print_table *table = cw_print_table_new(heads, 1u << 3);
    for (size_t i = 0; i < report->counts_n; i++) {
        const struct cw_audit_count *c = &report->counts[i];
        cw_print_cell(table, CW_PLAIN, "%s", c->invariant);
        cw_print_cell(table, CW_PLAIN, "%s", cw_verdict_state_name(c->state));
        cw_print_cell(table, CW_PLAIN, "%s", c->reason[0] != 0 ? c->reason : "-");
        cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->n);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    if (report->bad_n > 0)
        putchar('\n');
    for (size_t i = 0; i < report->bad_n; i++)
        cw_print_verdict(view, &report->bad[i], now_s);
    if (report->changes_n > 0)
        printf("\nWhat was changed, and is expected since\n");
    for (size_t i = 0; i < report->changes_n; i++)
        printf("block %" PRIu64 "  %s\n", report->changes[i].s.block.number.v,
               report->changes[i].s.about);
    return err == CW_OK ? code_of(report) : CW_EXIT_UNKNOWN;
}

static int print_json(const struct cw_audit_report *report, const struct cw_cli_view *view) {
    static const char *const keys[CW_SIDES] = {"settlement", "execution"};
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_text(&out, "route", report->route);
    for (unsigned side = 0; side < CW_SIDES; side++) {
        if (report->ranges[side].to == 0)
            continue;
        cw_out_open(&out, keys[side], '{');
        cw_out_text(&out, "chain",
                    cw_cli_side_name(view, view->routes_n > 0 ? view->routes[0].row : 0,
                                     (enum cw_side)side));
        cw_out_u64(&out, "from", report->ranges[side].from);
        cw_out_u64(&out, "to", report->ranges[side].to);
        cw_out_close(&out, '}');
    }
    cw_out_bool(&out, "complete", report->complete);
    cw_out_open(&out, "states", '{');
    for (int state = CW_VERDICT_UNVERIFIED; state <= CW_VERDICT_VIOLATED; state++)
        cw_out_u64(&out, cw_verdict_state_name((enum cw_verdict_state)state),
                   report->states[state]);
    cw_out_close(&out, '}');
    cw_out_open(&out, "counts", '[');
    for (size_t i = 0; i < report->counts_n; i++) {
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "invariant", report->counts[i].invariant);
        cw_out_text(&out, "state", cw_verdict_state_name(report->counts[i].state));
        cw_out_text(&out, "reason", report->counts[i].reason);
        cw_out_u64(&out, "n", report->counts[i].n);
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    cw_out_open(&out, "notOk", '[');
    for (size_t i = 0; i < report->bad_n; i++)
        cw_out_verdict(&out, view, &report->bad[i]);
    cw_out_close(&out, ']');
    cw_out_open(&out, "changes", '[');
    for (size_t i = 0; i < report->changes_n; i++)
        cw_out_verdict(&out, view, &report->changes[i]);
    cw_out_close(&out, ']');
    cw_out_close(&out, '}');
    return cw_out_print(&out, code_of(report));
}

/* Text that came from outside, in a cell: what would end it, or be more than text, is left out. */
static void put_plain(const char *text) {
    for (const char *p = text; *p; p++) {
        const bool bad = (unsigned char)*p < 0x20 || *p == 0x7f || strchr("|<>`\\[]*_", *p) != NULL;
        putchar(bad ? ' ' : *p);
    }
}

static int print_markdown(const struct cw_audit_report *report, const struct cw_cli_view *view) {
    char text[200];
    printf("# Audit of route %s\n\n%s.\n\n", report->route, ranges_text(report, view, text));
    sum_text(report, text);
    printf("%s.\n\n| invariant | state | reason | verdicts |\n|-|-|-|-:|\n", text);
    for (size_t i = 0; i < report->counts_n; i++)
        printf("| %s | %s | %s | %" PRIu64 " |\n", report->counts[i].invariant,
               cw_verdict_state_name(report->counts[i].state),
               report->counts[i].reason[0] != 0 ? report->counts[i].reason : "-",
               report->counts[i].n);
    if (report->bad_n > 0)
        printf(
            "\n## What is not ok\n\n| block | invariant | state | about | what |\n|-:|-|-|-|-|\n");
    for (size_t i = 0; i < report->bad_n; i++) {
        const struct cw_store_subject *s = &report->bad[i];
        printf("| %" PRIu64 " of %s | %s | %s, %s | ", s->s.block.number.v,
               cw_cli_side_name(view, s->route, s->s.side), s->invariant,
               cw_verdict_state_name(s->state), s->reason);
        put_plain(s->s.about);
        printf(" | ");
        put_plain(s->sentence);
        printf(" |\n");
    }
    if (report->changes_n > 0)
        printf("\n## What was changed, and is expected since\n\n| block | what |\n|-:|-|\n");
    for (size_t i = 0; i < report->changes_n; i++) {
        printf("| %" PRIu64 " | ", report->changes[i].s.block.number.v);
        put_plain(report->changes[i].s.about);
        printf(" |\n");
    }
    return code_of(report);
}

int cw_audit_print(const struct cw_audit_report *report, const struct cw_cli_view *view,
                   enum cw_audit_form form) {
    switch (form) {
    case CW_AUDIT_TEXT:
        return print_text(report, view);
    case CW_AUDIT_JSON:
        return print_json(report, view);
    case CW_AUDIT_MARKDOWN:
        return print_markdown(report, view);
    }
    return CW_EXIT_UNKNOWN;
}
