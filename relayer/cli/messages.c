#include "cli/cli.h"
#include "cli/csv.h"
#include "cli/follow.h"
#include "cli/message_out.h"
#include "cli/print.h"
#include "core/config_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000
#define OUTPUT_BYTES  (64u << 20)
/* Columns that a row in one line takes at least. */
#define WIDE 140

static const char help[] =
    "usage: causeway messages [--route NAME] [--stage STAGE] [--condition CONDITION] [--tx HASH]\n"
    "                         [--before [ROUTE/]ID] [--limit N] [--follow] [--config FILE]\n"
    "                         [--csv | --json]\n"
    "\n"
    "Lists messages, newest first.\n"
    "\n"
    "  --route NAME           of this route only\n"
    "  --stage STAGE          seen, safe, source-final, root-committed, root-verified, proven,\n"
    "                         challenge-over, executed or executed-final\n"
    "  --condition CONDITION  ready, waiting, held, dead or done\n"
    "  --tx HASH              sent in this transaction\n"
    "  --before [ROUTE/]ID    those that are older than this message: the next page\n"
    "  --limit N              at most so many (default 50, at most 10000)\n"
    "  --follow               show them anew each second until Ctrl-C; where stdout is no\n"
    "                         terminal, print those that changed\n"
    "  --csv                  a table for spreadsheets, its columns named in the first line\n"
    "  --config FILE          configuration (default: see causeway --help)\n"
    "  --json                 output for programs\n"
    "\n"
    "exit: 0 there are some, 1 there are none, 2 bad input, 3 could not tell\n";

struct request {
    struct cw_cli_common common;
    struct cw_store_message_filter filter;
    struct cw_hash32 tx;
    const char *route;
    const char *before;
    bool follow, csv;
};

/* A page of them. */
struct page {
    const struct cw_cli_view *view;
    const struct cw_store_message *list;
    size_t n;
    bool more;
};

/* --- options ---------------------------------------------------------------------------------- */

static int bad_word(const char *option, const char *word, const char *(*name_of)(int), int last) {
    const char *names[16];
    size_t n = 0;
    for (int i = 1; i <= last; i++)
        names[n++] = name_of(i);
    names[n] = NULL;
    const char *nearest = cw_config_nearest(word, names);
    char text[160];
    snprintf(text, sizeof text, "there is no %s \"%s\"%s%s%s", option, cw_config_shown(word),
             nearest != NULL ? ": did you mean \"" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "\"?" : "");
    return cw_cli_usage(help, text);
}

static const char *stage_name(int i) {
    return cw_stage_name((enum cw_stage)i);
}

static const char *condition_name(int i) {
    return cw_condition_name((enum cw_condition)i);
}

/* CW_CLI_GO_ON, or the exit code to stop with. */
static int take_option(int c, struct request *r) {
    switch (c) {
    case 'r':
        r->route = optarg;
        return CW_CLI_GO_ON;
    case 's':
        r->filter.by_stage = true;
        return cw_stage_parse(&r->filter.stage, optarg)
                   ? CW_CLI_GO_ON
                   : bad_word("stage", optarg, stage_name, CW_STAGE_EXECUTED_FINAL);
    case 'k':
        r->filter.by_condition = true;
        return cw_condition_parse(&r->filter.condition, optarg)
                   ? CW_CLI_GO_ON
                   : bad_word("condition", optarg, condition_name, CW_DONE);
    case 't':
        r->filter.tx = &r->tx;
        return cw_hex_decode(r->tx.b, sizeof r->tx.b, optarg, strlen(optarg)) == CW_OK
                   ? CW_CLI_GO_ON
                   : cw_cli_usage(help, "--tx takes the hash of a transaction: 0x and 64 digits");
    case 'b':
        r->before = optarg;
        return CW_CLI_GO_ON;
    case 'f':
        r->follow = true;
        return CW_CLI_GO_ON;
    case 'C':
        r->csv = true;
        return CW_CLI_GO_ON;
    case 'l':
        return cw_cli_limit(optarg, LIMIT_MAX, &r->filter.limit)
                   ? CW_CLI_GO_ON
                   : cw_cli_usage(help, "--limit takes a number from 1 to 10000");
    default:
        return cw_cli_option(c, &r->common, help);
    }
}

/* --- output ----------------------------------------------------------------------------------- */

static const char *state_text(const struct cw_store_message *m, char *out, size_t size) {
    snprintf(out, size, "%s%s%s%s", cw_condition_name(m->condition), m->reason[0] != 0 ? " (" : "",
             m->reason, m->reason[0] != 0 ? ")" : "");
    return out;
}

static enum cw_err print_wide(const struct cw_cli_view *view, const struct cw_store_message *list,
                              size_t n, uint64_t now_s) {
    static const char *const heads[] = {"id", "route", "stage", "sent", "condition", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < n; i++) {
        char id[CW_HEX_SIZE(32)], age[CW_TIME_SIZE], state[96];
        const struct cw_store_route_row *route = cw_cli_route(view, list[i].route);
        cw_print_cell(table, CW_PLAIN, "%s", cw_hex_encode(id, cw_slice_of(list[i].m.id.b, 32)));
        cw_print_cell(table, CW_PLAIN, "%s", route != NULL ? route->name : "?");
        cw_print_cell(table, CW_PLAIN, "%s", cw_stage_name(list[i].m.stage));
        cw_print_cell(table, CW_PLAIN, "%s",
                      cw_print_relative(age, list[i].m.source.timestamp_s, now_s));
        cw_print_cell(table, cw_style_of(list[i].condition), "%s",
                      state_text(&list[i], state, sizeof state));
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

/* Two lines a message: the id is never cut. */
static void print_narrow(const struct cw_cli_view *view, const struct cw_store_message *list,
                         size_t n, uint64_t now_s) {
    for (size_t i = 0; i < n; i++) {
        char id[CW_HEX_SIZE(32)], age[CW_TIME_SIZE], state[96];
        const struct cw_store_route_row *route = cw_cli_route(view, list[i].route);
        printf("%s\n  %s, %s, ", cw_hex_encode(id, cw_slice_of(list[i].m.id.b, 32)),
               route != NULL ? route->name : "?", cw_stage_name(list[i].m.stage));
        cw_print(cw_style_of(list[i].condition), state_text(&list[i], state, sizeof state));
        printf(", sent %s\n", cw_print_relative(age, list[i].m.source.timestamp_s, now_s));
    }
}

static void put_json(struct cw_buf *out, const struct page *page) {
    cw_out_open(out, NULL, '{');
    cw_out_open(out, "messages", '[');
    for (size_t i = 0; i < page->n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_message(out, page->view, &page->list[i]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    cw_out_bool(out, "more", page->more);
    cw_out_close(out, '}');
}

/* What is worth a line when it changes. */
static void put_lines(struct cw_buf *out, const struct page *page) {
    for (size_t i = 0; i < page->n; i++) {
        const struct cw_store_message *m = &page->list[i];
        const struct cw_store_route_row *route = cw_cli_route(page->view, m->route);
        char id[CW_HEX_SIZE(32)], state[96];
        cw_follow_line(out, "%s %s, %s, %s", cw_hex_encode(id, cw_slice_of(m->m.id.b, 32)),
                       route != NULL ? route->name : "?", cw_stage_name(m->m.stage),
                       state_text(m, state, sizeof state));
    }
}

static int print_text(const struct page *page) {
    const struct cw_clock *clock = cw_clock_system();
    uint64_t now_s = clock->wall_ms(clock->ctx) / 1000;
    if (page->n == 0) {
        fputs("causeway: there is no such message\n", stderr);
        return CW_EXIT_NO;
    }
    enum cw_err err = CW_OK;
    if (cw_print_width() >= WIDE)
        err = print_wide(page->view, page->list, page->n, now_s);
    else
        print_narrow(page->view, page->list, page->n, now_s);
    return err == CW_OK ? CW_EXIT_OK : CW_EXIT_UNKNOWN;
}

static void say_more(const struct page *page) {
    const struct cw_store_message *last = &page->list[page->n - 1];
    const struct cw_store_route_row *route = cw_cli_route(page->view, last->route);
    char id[CW_HEX_SIZE(32)];
    fprintf(stderr, "there are more: --before %s%s%s\n", route != NULL ? route->name : "",
            route != NULL ? "/" : "", cw_hex_encode(id, cw_slice_of(last->m.id.b, 32)));
}

static int print_page(const struct request *r, const struct page *page) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    int code = page->n > 0 ? CW_EXIT_OK : CW_EXIT_NO;
    if (r->csv) {
        cw_csv_messages(&out, page->view, page->list, page->n);
        if (!out.failed)
            fwrite(out.p, 1, out.n, stdout);
        else
            code = CW_EXIT_UNKNOWN;
    } else if (r->common.json) {
        put_json(&out, page);
        return cw_out_print(&out, code);
    } else {
        code = print_text(page);
    }
    cw_buf_done(&out);
    if (page->more && !r->common.json)
        say_more(page);
    return code;
}

/* look NULL: once. */
static int show_page(const struct request *r, const struct page *page,
                     struct cw_follow_look *look) {
    if (look == NULL)
        return print_page(r, page);
    if (look->lines != NULL)
        put_lines(look->lines, page);
    if (look->json != NULL)
        put_json(look->json, page);
    if (look->lines == NULL && page->n == 0)
        puts("there is no such message yet");
    return look->lines != NULL || page->n == 0 ? CW_EXIT_OK : print_text(page);
}

/* Turns names into rows. CW_CLI_GO_ON, or the exit code to stop with. */
static int resolve(struct cw_cli_view *view, struct request *r, struct cw_error *error) {
    if (r->route != NULL) {
        const struct cw_store_route_row *route = NULL;
        if (cw_cli_find_route(view, r->route, &route, error) != CW_OK)
            return cw_cli_fail(error);
        r->filter.route = route->row;
    }
    if (r->before != NULL) {
        struct cw_store_message *found = NULL;
        size_t n = 0;
        const char *id = r->before, *route = r->route;
        char name[CW_ROUTE_NAME_SIZE];
        size_t name_n = strcspn(id, "/");
        if (id[name_n] == '/' && name_n < sizeof name) {
            memcpy(name, id, name_n);
            name[name_n] = 0;
            route = name;
            id += name_n + 1;
        }
        if (cw_cli_find(view, id, route, &found, &n, error) != CW_OK)
            return cw_cli_fail(error);
        if (n == 0)
            return cw_cli_not_found(id, route);
        r->filter.before_row = found[0].row;
    }
    return CW_CLI_GO_ON;
}

static int look_once(const struct request *given, struct cw_follow_look *look) {
    struct request r = *given;
    struct cw_cli_view view = {0};
    struct cw_error error;
    struct cw_store_message *list = NULL;
    size_t n = 0, limit = r.filter.limit;
    r.filter.tx = r.filter.tx != NULL ? &r.tx : NULL;
    int code = cw_cli_view_open(&view, r.common.config, &error) != CW_OK
                   ? cw_cli_fail(&error)
                   : resolve(&view, &r, &error);
    if (code == CW_CLI_GO_ON) {
        r.filter.limit += limit < LIMIT_MAX; /* one more tells whether there are more */
        if (cw_store_messages(view.store, &r.filter, &view.arena, &list, &n, &error) != CW_OK) {
            code = cw_cli_fail(&error);
        } else {
            const struct page page = {&view, list, n > limit ? limit : n, n > limit};
            code = show_page(&r, &page, look);
        }
    }
    cw_cli_view_close(&view);
    return code;
}

static int show(void *ctx, struct cw_follow_look *look) {
    return look_once(ctx, look);
}

int cw_cmd_messages(int argc, char **argv) {
    static const struct option options[] = {{"route", required_argument, NULL, 'r'},
                                            {"stage", required_argument, NULL, 's'},
                                            {"condition", required_argument, NULL, 'k'},
                                            {"tx", required_argument, NULL, 't'},
                                            {"before", required_argument, NULL, 'b'},
                                            {"limit", required_argument, NULL, 'l'},
                                            {"follow", no_argument, NULL, 'f'},
                                            {"csv", no_argument, NULL, 'C'},
                                            CW_CLI_COMMON_OPTIONS};
    struct request r = {.filter = {.limit = LIMIT_DEFAULT}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = take_option(c, &r);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument; causeway show ID shows one message");
    if (r.csv && (r.common.json || r.follow))
        return cw_cli_usage(help, "--csv goes with neither --json nor --follow");
    const struct cw_follow job = {show, &r, "causeway messages", r.common.json};
    return r.follow ? cw_follow(&job) : look_once(&r, NULL);
}
