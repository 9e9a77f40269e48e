#include "cli/status_endpoints.h"

#include "cli/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RATE_SIZE 24

enum cw_err cw_endpoints_read(struct cw_endpoints *ret, struct cw_cli_view *view,
                              struct cw_error *error) {
    enum cw_err err = cw_store_endpoints(view->store, &view->arena, &ret->list, &ret->n, error);
    return err == CW_OK
               ? cw_store_calls(view->store, &view->arena, &ret->calls, &ret->calls_n, error)
               : err;
}

static struct cw_store_calls sum(const struct cw_endpoints *endpoints, int64_t row) {
    struct cw_store_calls sum = {.endpoint = row};
    for (size_t i = 0; i < endpoints->calls_n; i++)
        if (endpoints->calls[i].endpoint == row) {
            sum.calls += endpoints->calls[i].calls;
            sum.failures += endpoints->calls[i].failures;
        }
    return sum;
}

static uint64_t blocks_of(const struct cw_cli_view *view, const struct cw_store_endpoint *e) {
    const struct cw_store_chain_row *chain = cw_cli_chain(view, e->chain);
    return chain != NULL ? chain->blocks_seen : 0;
}

/* "0.43"; "-" before a block was seen. */
static const char *rate(char out[RATE_SIZE], uint64_t calls, uint64_t blocks) {
    if (blocks == 0)
        return "-";
    snprintf(out, RATE_SIZE, "%.2f", (double)calls / (double)blocks);
    return out;
}

static const char *chain_name(const struct cw_cli_view *view, const struct cw_store_endpoint *e) {
    const struct cw_store_chain_row *chain = cw_cli_chain(view, e->chain);
    return chain != NULL ? chain->name : "?";
}

/* --- for people ------------------------------------------------------------------------------- */

static const struct {
    const char *state, *text;
    enum cw_style style;
} states[] = {
    {"unknown", "not reached yet", CW_DIM},          {"well", "in use", CW_GOOD},
    {"asked_last", "asked last", CW_WARN},           {"failing", "waited for", CW_WARN},
    {"contradicted", "set aside", CW_BAD},           {"wrong_chain", "not used", CW_BAD},
    {"removed", "not in the configuration", CW_DIM},
};

static void state_cell(struct cw_print_table *table, const struct cw_store_endpoint *e) {
    const char *text = e->state;
    enum cw_style style = CW_PLAIN;
    for (size_t i = 0; i < CW_COUNT(states); i++)
        if (strcmp(states[i].state, e->state) == 0) {
            text = states[i].text;
            style = states[i].style;
        }
    cw_print_cell(table, style, "%s%s%s", text, e->reason[0] != '\0' ? ": " : "", e->reason);
}

static enum cw_err print_list(const struct cw_endpoints *endpoints,
                              const struct cw_cli_view *view) {
    static const char *const heads[] = {"chain", "endpoint", "latency", "errors", "lag",
                                        "calls", "a block",  "state",   NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x7c);
    for (size_t i = 0; i < endpoints->n; i++) {
        const struct cw_store_endpoint *e = &endpoints->list[i];
        struct cw_store_calls all = sum(endpoints, e->row);
        char number[CW_TIME_SIZE], of[RATE_SIZE];
        cw_print_cell(table, CW_PLAIN, "%s", chain_name(view, e));
        cw_print_cell(table, CW_PLAIN, "%s", e->label);
        if (e->quick_ms > 0 || e->heavy_ms > 0)
            cw_print_cell(table, CW_PLAIN, "%" PRIu64 "/%" PRIu64 " ms", e->quick_ms, e->heavy_ms);
        else
            cw_print_cell(table, CW_PLAIN, "-");
        cw_print_cell(table, e->bad > 0 ? CW_WARN : CW_PLAIN, "%" PRIu64 "/%" PRIu64, e->bad,
                      e->answers);
        cw_print_cell(table, CW_PLAIN, e->has_lag ? "%" PRIu64 : "-", e->lag);
        cw_print_cell(table, CW_PLAIN, "%s", cw_print_number(number, all.calls));
        cw_print_cell(table, CW_PLAIN, "%s", rate(of, all.calls, blocks_of(view, e)));
        state_cell(table, e);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static enum cw_err print_calls(const struct cw_endpoints *endpoints,
                               const struct cw_cli_view *view) {
    static const char *const heads[] = {"chain",  "endpoint", "method", "calls",
                                        "failed", "a block",  NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x38);
    for (size_t i = 0; i < endpoints->n; i++)
        for (size_t k = 0; k < endpoints->calls_n; k++) {
            const struct cw_store_endpoint *e = &endpoints->list[i];
            const struct cw_store_calls *calls = &endpoints->calls[k];
            char number[CW_TIME_SIZE], failed[CW_TIME_SIZE], of[RATE_SIZE];
            if (calls->endpoint != e->row)
                continue;
            cw_print_cell(table, CW_PLAIN, "%s", chain_name(view, e));
            cw_print_cell(table, CW_PLAIN, "%s", e->label);
            cw_print_cell(table, CW_PLAIN, "%s", calls->method);
            cw_print_cell(table, CW_PLAIN, "%s", cw_print_number(number, calls->calls));
            cw_print_cell(table, calls->failures > 0 ? CW_WARN : CW_PLAIN, "%s",
                          cw_print_number(failed, calls->failures));
            cw_print_cell(table, CW_PLAIN, "%s", rate(of, calls->calls, blocks_of(view, e)));
        }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    for (size_t i = 0; err == CW_OK && i < view->chains_n; i++) {
        char text[160];
        snprintf(text, sizeof text,
                 "%" PRIu64 " blocks seen, %" PRIu64 " of them read for a false bloom match",
                 view->chains[i].blocks_seen, view->chains[i].false_blooms);
        cw_print_pair(view->chains[i].name, CW_PLAIN, text);
    }
    return err;
}

enum cw_err cw_endpoints_print(const struct cw_endpoints *endpoints, const struct cw_cli_view *view,
                               bool calls) {
    enum cw_err err = print_list(endpoints, view);
    if (err != CW_OK || !calls)
        return err;
    putchar('\n');
    return print_calls(endpoints, view);
}

/* --- for programs ----------------------------------------------------------------------------- */

static void put_methods(struct cw_buf *out, const struct cw_endpoints *endpoints, int64_t row) {
    cw_out_open(out, "methods", '[');
    for (size_t i = 0; i < endpoints->calls_n; i++) {
        const struct cw_store_calls *calls = &endpoints->calls[i];
        if (calls->endpoint != row)
            continue;
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "method", calls->method);
        cw_out_u64(out, "calls", calls->calls);
        cw_out_u64(out, "failures", calls->failures);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

void cw_endpoints_put(struct cw_buf *out, const struct cw_endpoints *endpoints,
                      const struct cw_cli_view *view) {
    cw_out_open(out, "endpoints", '[');
    for (size_t i = 0; i < endpoints->n; i++) {
        const struct cw_store_endpoint *e = &endpoints->list[i];
        struct cw_store_calls all = sum(endpoints, e->row);
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "chain", chain_name(view, e));
        cw_out_text(out, "endpoint", e->label);
        cw_out_text(out, "state", e->state);
        if (e->reason[0] != '\0')
            cw_out_text(out, "reason", e->reason);
        cw_out_u64(out, "quickMs", e->quick_ms);
        cw_out_u64(out, "heavyMs", e->heavy_ms);
        cw_out_u64(out, "lastAnswers", e->answers);
        cw_out_u64(out, "lastBad", e->bad);
        if (e->has_lag)
            cw_out_u64(out, "lagBlocks", e->lag);
        cw_out_u64(out, "contradictions", e->contradictions);
        cw_out_u64(out, "calls", all.calls);
        cw_out_u64(out, "failures", all.failures);
        cw_out_u64(out, "updatedMs", e->updated_ms);
        put_methods(out, endpoints, e->row);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}
