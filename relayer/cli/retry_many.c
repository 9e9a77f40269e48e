#include "cli/retry_many.h"

#include "cli/message_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- options ---------------------------------------------------------------------------------- */

static int take_bytes(uint8_t *out, size_t n, bool *ret_there, const char *help) {
    char text[64];
    *ret_there = true;
    snprintf(text, sizeof text, "%s: 0x and %zu digits", n == 20 ? "an address" : "a transaction",
             2 * n);
    return cw_hex_decode(out, n, optarg, strlen(optarg)) == CW_OK ? CW_CLI_GO_ON
                                                                  : cw_cli_usage(help, text);
}

static int take_time(uint64_t *ret, const char *help) {
    char *end = NULL;
    const unsigned long long value = strtoull(optarg, &end, 10);
    if (optarg[0] < '0' || optarg[0] > '9' || *end != '\0' || value > INT64_MAX)
        return cw_cli_usage(help, "--from and --to take seconds since 1970");
    *ret = value;
    return CW_CLI_GO_ON;
}

int cw_retry_many_option(int c, struct cw_retry_many *ret, const char *help) {
    struct cw_pick *pick = &ret->pick;
    size_t limit = 0;
    switch (c) {
    case 'S':
        pick->by_stage = true;
        if (!cw_stage_parse(&pick->stage, optarg))
            return cw_cli_usage(help, "--stage takes a stage, such as proven");
        break;
    case 'C':
        pick->by_condition = true;
        if (!cw_condition_parse(&pick->condition, optarg))
            return cw_cli_usage(help, "--condition takes ready, waiting, held, dead or done");
        break;
    case 'F':
    case 'T':
        ret->asked = true;
        return c == 'F' ? take_bytes(pick->sender.b, 20, &pick->by_sender, help)
                        : take_bytes(pick->target.b, 20, &pick->by_target, help);
    case 'X':
        ret->asked = true;
        return take_bytes(pick->tx.b, 32, &pick->by_tx, help);
    case 'A':
    case 'B':
        ret->asked = true;
        return take_time(c == 'A' ? &pick->from_s : &pick->to_s, help);
    case 'L':
        if (!cw_cli_limit(optarg, CW_PICK_MAX, &limit))
            return cw_cli_usage(help, "--limit takes a number from 1 to 200");
        pick->limit = limit;
        break;
    case 'n':
        ret->dry_run = true;
        break;
    default:
        return 0;
    }
    ret->asked = true;
    return CW_CLI_GO_ON;
}

/* --- what would be done ----------------------------------------------------------------------- */

static void put_one(struct cw_buf *out, const char *key, const struct cw_cli_view *view,
                    const struct cw_store_message *message) {
    cw_out_open(out, key, '{');
    cw_out_message(out, view, message);
    cw_out_close(out, '}');
}

void cw_out_picked(struct cw_buf *out, const struct cw_cli_view *view,
                   const struct cw_picked *picked) {
    cw_out_open(out, NULL, '{');
    cw_out_bool(out, "dryRun", true);
    cw_out_open(out, "wouldRetry", '[');
    for (size_t i = 0; i < picked->n; i++)
        put_one(out, NULL, view, &picked->list[i]);
    cw_out_close(out, ']');
    cw_out_open(out, "wouldNot", '[');
    for (size_t i = 0; i < picked->others_n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "why", cw_pick_pointless("retry", picked->others[i].condition));
        put_one(out, "message", view, &picked->others[i]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    cw_out_close(out, '}');
}

static void print_list(const struct cw_cli_view *view, const struct cw_store_message *list,
                       size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *why = cw_pick_pointless("retry", list[i].condition);
        const struct cw_store_route_row *route = cw_cli_route(view, list[i].route);
        char id[CW_HEX_SIZE(32)];
        printf("%s  ", cw_hex_encode(id, cw_slice_of(list[i].m.id.b, 32)));
        cw_print(CW_PLAIN, route != NULL ? route->name : "?");
        printf(", %s, ", cw_stage_name(list[i].m.stage));
        cw_print(cw_style_of(list[i].condition), cw_condition_name(list[i].condition));
        if (why != NULL || list[i].reason[0] != '\0')
            printf(": ");
        cw_print(CW_PLAIN, why != NULL ? why : list[i].reason);
        putchar('\n');
    }
}

static int show_picked(const struct cw_cli_view *view, const struct cw_picked *picked, bool json) {
    const int code = picked->n > 0 ? CW_EXIT_OK : CW_EXIT_NO;
    if (json) {
        struct cw_buf out;
        cw_buf_init(&out, 4u << 20);
        cw_out_picked(&out, view, picked);
        return cw_out_print(&out, code);
    }
    printf("would be retried: %zu\n", picked->n);
    print_list(view, picked->list, picked->n);
    if (picked->others_n > 0)
        printf("would not: %zu\n", picked->others_n);
    print_list(view, picked->others, picked->others_n);
    return code;
}

static int run(struct cw_cli_view *view, const struct cw_retry_many *many,
               const struct cw_cli_common *common, uint64_t wait_ms, struct cw_error *error) {
    struct cw_store_command command = {.verb = "retry", .subject = "*"};
    const struct cw_store_route_row *route = NULL;
    struct cw_picked picked;
    enum cw_err err = CW_OK;
    if (many->pick.route[0] != '\0')
        err = cw_cli_find_route(view, many->pick.route, &route, error);
    if (err == CW_OK)
        err = cw_pick_find(view->store, &many->pick, &view->arena, &picked, error);
    if (err != CW_OK)
        return cw_cli_fail(error);
    if (many->dry_run)
        return show_picked(view, &picked, common->json);
    if (picked.n == 0) {
        fprintf(stderr, "causeway: nothing to retry: --dry-run says why\n");
        return CW_EXIT_NO;
    }
    snprintf(command.text, sizeof command.text, "%s", many->reason);
    cw_pick_write(command.args, &many->pick);
    return cw_cli_order(view, &command, wait_ms, common->json, NULL);
}

int cw_retry_many_run(struct cw_retry_many *many, const struct cw_cli_common *common,
                      uint64_t wait_ms) {
    struct cw_cli_view view = {0};
    struct cw_error error;
    int code = cw_cli_view_open(&view, common->config, &error) != CW_OK
                   ? cw_cli_fail(&error)
                   : run(&view, many, common, wait_ms, &error);
    cw_cli_view_close(&view);
    return code;
}
