#include "cli/stats_read.h"

#include <inttypes.h>
#include <stdio.h>

#define OUTPUT_BYTES (64u << 20)

static const char help[] =
    "usage: causeway stats [--route NAME] [--days N] [--csv] [--config FILE] [--json]\n"
    "       causeway stats --attempts [--route NAME] [--days N] [--config FILE]\n"
    "\n"
    "Shows how long messages took, stage by stage, and what their transactions cost: how many, "
    "the\n"
    "mean, and what half, 95 and 99 of 100 of them stayed below (within an eighth). Costs are "
    "those\n"
    "of transactions in final blocks; a batch is split into equal shares.\n"
    "\n"
    "  --route NAME   only of this route\n"
    "  --days N       of today and the days before (UTC), N in all\n"
    "  --csv          one measure a line\n"
    "  --attempts     every transaction, the newest first, as CSV\n"
    "  --config FILE  configuration (default: see causeway --help)\n"
    "  --json         output for programs\n"
    "\n"
    "exit: 0 ok, 2 usage or bad input, 3 could not tell\n";

struct request {
    struct cw_cli_common common;
    const char *route;
    uint64_t days;
    bool csv, attempts;
};

/* --- for people ------------------------------------------------------------------------------- */

static void time_cell(struct cw_print_table *table, uint64_t n, uint64_t ms) {
    char text[CW_TIME_SIZE];
    cw_print_cell(table, CW_PLAIN, "%s", n > 0 ? cw_print_duration(text, (ms + 500) / 1000) : "-");
}

static void time_row(struct cw_print_table *table, const char *name,
                     const struct cw_store_stage_time *t) {
    cw_print_cell(table, CW_PLAIN, "%s", name);
    cw_print_cell(table, CW_PLAIN, "%" PRIu64, t->n);
    time_cell(table, t->n, t->n > 0 ? t->sum_ms / t->n : 0);
    time_cell(table, t->n, t->p50_ms);
    time_cell(table, t->n, t->p95_ms);
    time_cell(table, t->n, t->p99_ms);
}

static enum cw_err print_times(const struct cw_store_ledger *ledger) {
    static const char *const heads[] = {"time in", "count", "mean", "p50", "p95", "p99", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x3e);
    for (int i = CW_STAGE_SEEN; i < CW_STAGE_EXECUTED_FINAL; i++)
        if (ledger->stages[i].n > 0)
            time_row(table, cw_stage_name((enum cw_stage)i), &ledger->stages[i]);
    time_row(table, "until delivered", &ledger->stages[0]);
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static void wei_cell(struct cw_print_table *table, uint64_t wei, const char *symbol) {
    char text[CW_WEI_TEXT_SIZE];
    const struct cw_wei value = {cw_u256_from_u64(wei)};
    cw_print_cell(table, CW_PLAIN, "%s", cw_wei_format(text, &value, symbol));
}

static void cost_rows(struct cw_print_table *table, const char *name, const struct cw_store_cost *c,
                      const char *symbol) {
    char text[CW_WEI_TEXT_SIZE];
    if (c->n == 0)
        return;
    const struct cw_wei mean = cw_stats_mean(&c->fee, c->n);
    cw_print_cell(table, CW_PLAIN, "gas, %s", name);
    cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->n);
    cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->gas / c->n);
    cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->gas_each.p50);
    cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->gas_each.p95);
    cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->gas_each.p99);
    cw_print_cell(table, CW_PLAIN, "fee, %s", name);
    cw_print_cell(table, CW_PLAIN, "%" PRIu64, c->n);
    cw_print_cell(table, CW_PLAIN, "%s", cw_wei_format(text, &mean, symbol));
    wei_cell(table, c->fee_each.p50, symbol);
    wei_cell(table, c->fee_each.p95, symbol);
    wei_cell(table, c->fee_each.p99, symbol);
}

static void print_step(const struct cw_store_cost *c, const char *symbol) {
    char fee[CW_WEI_TEXT_SIZE], data[CW_WEI_TEXT_SIZE];
    printf("%s: %" PRIu64 " transactions (%" PRIu64 " failed), %s, %s of it for data; "
           "%" PRIu64 " bytes of calldata",
           c->step, c->transactions, c->failed, cw_wei_format(fee, &c->fee, symbol),
           cw_wei_format(data, &c->data_fee, symbol), c->calldata_bytes);
    if (c->proof_nodes > 0)
        printf(", proofs of %" PRIu64 " nodes and %" PRIu64 " bytes", c->proof_nodes,
               c->proof_bytes);
    if (c->batches > 0)
        printf("; %" PRIu64 " of them shared by %" PRIu64 " steps, which saved %" PRIu64
               " gas as estimated",
               c->batches, c->batched, cw_stats_saved(c));
    putchar('\n');
}

static enum cw_err print_costs(const struct cw_store_ledger *ledger, const char *symbol) {
    static const char *const heads[] = {"cost", "count", "mean", "p50", "p95", "p99", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x3e);
    for (size_t i = 0; i < ledger->steps_n; i++)
        cost_rows(table, ledger->steps[i].step, &ledger->steps[i], symbol);
    cost_rows(table, "a message", &ledger->messages, symbol);
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    putchar('\n');
    for (size_t i = 0; i < ledger->steps_n; i++)
        print_step(&ledger->steps[i], symbol);
    return err;
}

static enum cw_err print_text(const struct cw_stats *s) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < s->routes_n; i++) {
        const struct cw_stats_route *r = &s->routes[i];
        cw_print_heading(r->route->name);
        err = print_times(&r->ledger);
        putchar('\n');
        if (err == CW_OK && r->ledger.steps_n > 0)
            err = print_costs(&r->ledger,
                              cw_cli_symbol(s->view, cw_store_route_destination(r->route)));
    }
    cw_print_heading("endpoints");
    printf("%" PRIu64 " calls, %" PRIu64 " messages delivered", s->calls, s->delivered);
    if (s->delivered > 0)
        printf(": %" PRIu64 " calls a message, idle times counted in",
               (s->calls + s->delivered - 1) / s->delivered);
    printf("%s\n", s->days > 0 ? " (ever)" : "");
    return err;
}

/* --- the command ------------------------------------------------------------------------------ */

static int print_attempts(const struct cw_cli_view *view, const struct request *r, int64_t route,
                          uint64_t now_ms) {
    struct cw_store_attempt_filter filter = {.route = route,
                                             .since_ms = cw_stats_since_ms(r->days, now_ms),
                                             .limit = CW_STATS_ATTEMPTS_MAX};
    struct cw_error error;
    do {
        struct cw_arena arena;
        struct cw_buf out;
        cw_arena_init(&arena, OUTPUT_BYTES);
        cw_buf_init(&out, OUTPUT_BYTES);
        enum cw_err err = cw_stats_attempts_csv(&out, view, &filter, &arena, &filter.before_row,
                                                &error);
        if (err == CW_OK && out.failed)
            err = cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
        if (err == CW_OK)
            fwrite(out.p, 1, out.n, stdout);
        cw_buf_done(&out);
        cw_arena_done(&arena);
        if (err != CW_OK)
            return cw_cli_fail(&error);
    } while (filter.before_row != 0);
    return CW_EXIT_OK;
}

static int print_stats(struct cw_cli_view *view, const struct request *r, int64_t route,
                       uint64_t now_ms) {
    struct cw_stats stats;
    struct cw_error error;
    struct cw_buf out;
    if (cw_stats_read(&stats, view, route, r->days, now_ms, &error) != CW_OK)
        return cw_cli_fail(&error);
    if (!r->csv && !r->common.json) {
        enum cw_err err = print_text(&stats);
        if (err != CW_OK)
            (void)cw_error_set(&error, err, "out of memory");
        return err == CW_OK ? CW_EXIT_OK : cw_cli_fail(&error);
    }
    cw_buf_init(&out, OUTPUT_BYTES);
    if (!r->csv) {
        cw_stats_put(&out, &stats);
        return cw_out_print(&out, CW_EXIT_OK);
    }
    cw_stats_csv(&out, &stats);
    const bool failed = out.failed;
    if (!failed)
        fwrite(out.p, 1, out.n, stdout);
    else
        (void)cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
    cw_buf_done(&out);
    return failed ? cw_cli_fail(&error) : CW_EXIT_OK;
}

static int run(const struct request *r) {
    const struct cw_clock *clock = cw_clock_system();
    const struct cw_store_route_row *route = NULL;
    struct cw_cli_view view = {0};
    struct cw_error error;
    enum cw_err err = cw_cli_view_open(&view, r->common.config, &error);
    if (err == CW_OK && r->route != NULL)
        err = cw_cli_find_route(&view, r->route, &route, &error);
    const int64_t row = route != NULL ? route->row : 0;
    const uint64_t now_ms = clock->wall_ms(clock->ctx);
    int code = err != CW_OK  ? cw_cli_fail(&error)
               : r->attempts ? print_attempts(&view, r, row, now_ms)
                             : print_stats(&view, r, row, now_ms);
    cw_cli_view_close(&view);
    return code;
}

int cw_cmd_stats(int argc, char **argv) {
    static const struct option options[] = {{"route", required_argument, NULL, 'r'},
                                            {"days", required_argument, NULL, 'd'},
                                            {"csv", no_argument, NULL, 's'},
                                            {"attempts", no_argument, NULL, 'a'},
                                            CW_CLI_COMMON_OPTIONS};
    struct request r = {0};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        size_t days = 0;
        int code = CW_CLI_GO_ON;
        if (c == 'r')
            r.route = optarg;
        else if (c == 's')
            r.csv = true;
        else if (c == 'a')
            r.attempts = true;
        else if (c == 'd' && !cw_cli_limit(optarg, CW_STATS_DAYS_MAX, &days))
            code = cw_cli_usage(help, "--days takes a number from 1 on");
        else if (c != 'd')
            code = cw_cli_option(c, &r.common, help);
        if (code != CW_CLI_GO_ON)
            return code;
        r.days = c == 'd' ? days : r.days;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument");
    if (r.common.json && (r.csv || r.attempts))
        return cw_cli_usage(help, "--csv and --attempts go not with --json");
    return run(&r);
}
