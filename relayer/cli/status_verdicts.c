#include "cli/status_verdicts.h"

#include "cli/print.h"

#include <stdio.h>
#include <string.h>

enum cw_err cw_verdicts_read(struct cw_verdicts *ret, struct cw_cli_view *view, int64_t route,
                             struct cw_error *error) {
    enum cw_err err = cw_store_verdicts(view->store, route, &view->arena, &ret->list, &ret->n,
                                        error);
    return err == CW_OK ? cw_store_aged(view->store, route, UINT64_MAX, &view->arena, &ret->aged,
                                        &ret->aged_n, error)
                        : err;
}

static const struct cw_store_aged *aged_of(const struct cw_verdicts *verdicts,
                                           const char *invariant) {
    for (size_t i = 0; i < verdicts->aged_n; i++)
        if (strcmp(verdicts->aged[i].invariant, invariant) == 0)
            return &verdicts->aged[i];
    return NULL;
}

/* counts: by state. *next: behind those of the invariant that begins there. */
static void sum(const struct cw_verdicts *verdicts, size_t *next,
                uint64_t counts[CW_VERDICT_VIOLATED + 1]) {
    const char *invariant = verdicts->list[*next].invariant;
    memset(counts, 0, (CW_VERDICT_VIOLATED + 1) * sizeof *counts);
    for (; *next < verdicts->n && strcmp(verdicts->list[*next].invariant, invariant) == 0; ++*next)
        counts[verdicts->list[*next].state] += verdicts->list[*next].n;
}

static void count_cell(struct cw_print_table *table, enum cw_style style, uint64_t n) {
    char text[CW_TIME_SIZE];
    cw_print_cell(table, n > 0 ? style : CW_DIM, "%s", n > 0 ? cw_print_number(text, n) : "-");
}

static void print_route(struct cw_print_table *table, const struct cw_verdicts *verdicts,
                        const char *route, uint64_t now_s) {
    for (size_t i = 0; i < verdicts->n;) {
        const char *invariant = verdicts->list[i].invariant;
        const struct cw_store_aged *aged = aged_of(verdicts, invariant);
        uint64_t counts[CW_VERDICT_VIOLATED + 1];
        char age[CW_TIME_SIZE];
        sum(verdicts, &i, counts);
        cw_print_cell(table, CW_PLAIN, "%s", route);
        cw_print_cell(table, CW_PLAIN, "%s", invariant);
        count_cell(table, CW_GOOD, counts[CW_VERDICT_OK]);
        count_cell(table, CW_BAD, counts[CW_VERDICT_VIOLATED]);
        count_cell(table, CW_WARN, counts[CW_VERDICT_UNVERIFIED]);
        if (aged)
            cw_print_cell(table, CW_WARN, "the oldest since %s (%s)",
                          cw_print_relative(age, aged->since_ms / 1000, now_s), aged->reason);
        else
            cw_print_cell(table, CW_DIM, "-");
    }
}

enum cw_err cw_verdicts_print(const struct cw_verdicts *verdicts, const struct cw_cli_view *view,
                              uint64_t now_s) {
    static const char *const heads[] = {"route",      "invariant",          "ok", "violated",
                                        "unverified", "what is unverified", NULL};
    size_t n = 0;
    for (size_t i = 0; i < view->routes_n; i++)
        n += verdicts[i].n;
    if (n == 0)
        return CW_OK;
    putchar('\n');
    struct cw_print_table *table = cw_print_table_new(heads, 0x1c);
    for (size_t i = 0; i < view->routes_n; i++)
        print_route(table, &verdicts[i], view->routes[i].name, now_s);
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

void cw_verdicts_put(struct cw_buf *out, const struct cw_verdicts *verdicts) {
    cw_out_open(out, "verdicts", '[');
    for (size_t i = 0; i < verdicts->n; i++) {
        const struct cw_store_verdicts *v = &verdicts->list[i];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "invariant", v->invariant);
        cw_out_text(out, "state", cw_verdict_state_name(v->state));
        cw_out_text(out, "reason", v->reason);
        cw_out_u64(out, "n", v->n);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    cw_out_open(out, "unverified", '[');
    for (size_t i = 0; i < verdicts->aged_n; i++) {
        const struct cw_store_aged *aged = &verdicts->aged[i];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "invariant", aged->invariant);
        cw_out_u64(out, "n", aged->n);
        cw_out_u64(out, "oldestSinceMs", aged->since_ms);
        cw_out_text(out, "oldestReason", aged->reason);
        cw_out_text(out, "oldestAbout", aged->about);
        cw_out_text(out, "oldestSentence", aged->sentence);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}
