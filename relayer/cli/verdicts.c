#include "cli/cli.h"
#include "cli/print.h"
#include "cli/verdict_out.h"
#include "core/config_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000
#define OUTPUT_BYTES  (64u << 20)

static const char help[] =
    "usage: causeway verdicts [--route NAME] [--invariant NAME] [--state STATE] [--limit N]\n"
    "                         [--config FILE] [--json]\n"
    "\n"
    "Lists what the invariants of the routes speak of, newest first, and what is known of it.\n"
    "\n"
    "  --route NAME      of this route only\n"
    "  --invariant NAME  of this invariant only, such as root\n"
    "  --state STATE     ok, violated or unverified\n"
    "  --limit N         at most so many (default 50, at most 10000)\n"
    "  --config FILE     configuration (default: see causeway --help)\n"
    "  --json            output for programs\n"
    "\n"
    "exit: 0 there are some, 1 there are none, 2 bad input, 3 could not tell\n";

struct request {
    struct cw_cli_common common;
    struct cw_store_subject_filter filter;
    const char *route;
};

static int bad_state(const char *word) {
    static const char *const names[] = {"ok", "violated", "unverified", NULL};
    const char *nearest = cw_config_nearest(word, names);
    char text[160];
    snprintf(text, sizeof text, "there is no state \"%s\"%s%s%s", cw_config_shown(word),
             nearest != NULL ? ": did you mean \"" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "\"?" : "");
    return cw_cli_usage(help, text);
}

/* CW_CLI_GO_ON, or the exit code to stop with. */
static int take_option(int c, struct request *r) {
    switch (c) {
    case 'r':
        r->route = optarg;
        return CW_CLI_GO_ON;
    case 'i':
        r->filter.invariant = optarg;
        return CW_CLI_GO_ON;
    case 's':
        return cw_verdict_state_parse(&r->filter.state, optarg) ? CW_CLI_GO_ON : bad_state(optarg);
    case 'l':
        return cw_cli_limit(optarg, LIMIT_MAX, &r->filter.limit)
                   ? CW_CLI_GO_ON
                   : cw_cli_usage(help, "--limit takes a number from 1 to 10000");
    default:
        return cw_cli_option(c, &r->common, help);
    }
}

/* --- output ----------------------------------------------------------------------------------- */

static int print_json(const struct cw_cli_view *view, const struct cw_store_subject *list, size_t n,
                      bool more) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_open(&out, "verdicts", '[');
    for (size_t i = 0; i < n; i++)
        cw_out_verdict(&out, view, &list[i]);
    cw_out_close(&out, ']');
    cw_out_bool(&out, "more", more);
    cw_out_close(&out, '}');
    return cw_out_print(&out, n > 0 ? CW_EXIT_OK : CW_EXIT_NO);
}

static int print_text(const struct cw_cli_view *view, const struct cw_store_subject *list, size_t n,
                      bool more) {
    const struct cw_clock *clock = cw_clock_system();
    uint64_t now_s = clock->wall_ms(clock->ctx) / 1000;
    if (n == 0) {
        fputs("causeway: there is no such verdict\n", stderr);
        return CW_EXIT_NO;
    }
    for (size_t i = 0; i < n; i++)
        cw_print_verdict(view, &list[i], now_s);
    if (more)
        fputs("there are more: see --limit\n", stderr);
    return CW_EXIT_OK;
}

static int list_verdicts(struct request *r) {
    struct cw_cli_view view = {0};
    struct cw_error error;
    struct cw_store_subject *list = NULL;
    const struct cw_store_route_row *route = NULL;
    size_t n = 0, limit = r->filter.limit;
    enum cw_err err = cw_cli_view_open(&view, r->common.config, &error);
    if (err == CW_OK && r->route != NULL)
        err = cw_cli_find_route(&view, r->route, &route, &error);
    if (err == CW_OK) {
        r->filter.route = route != NULL ? route->row : 0;
        r->filter.limit++; /* one more tells whether there are more */
        err = cw_store_subjects(view.store, &r->filter, &view.arena, &list, &n, &error);
    }
    bool more = n > limit;
    n = more ? limit : n;
    int code = err != CW_OK     ? cw_cli_fail(&error)
               : r->common.json ? print_json(&view, list, n, more)
                                : print_text(&view, list, n, more);
    cw_cli_view_close(&view);
    return code;
}

int cw_cmd_verdicts(int argc, char **argv) {
    static const struct option options[] = {{"route", required_argument, NULL, 'r'},
                                            {"invariant", required_argument, NULL, 'i'},
                                            {"state", required_argument, NULL, 's'},
                                            {"limit", required_argument, NULL, 'l'},
                                            CW_CLI_COMMON_OPTIONS};
    struct request r = {.filter = {.limit = LIMIT_DEFAULT}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = take_option(c, &r);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument");
    return list_verdicts(&r);
}
