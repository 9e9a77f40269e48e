/* retry, hold, release: what messages and routes are asked to. */
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/retry_many.h"

#include <stdio.h>
#include <string.h>

static const char help_retry[] =
    "usage: causeway retry ID [--route NAME] [--reason TEXT] [--wait SECONDS] [--config FILE]\n"
    "                      [--json]\n"
    "       causeway retry [--route NAME] [--stage STAGE] [--condition CONDITION] [--sender "
    "ADDRESS]\n"
    "                      [--target ADDRESS] [--tx HASH] [--from TIME] [--to TIME] [--limit N]\n"
    "                      [--dry-run]\n"
    "\n"
    "Asks the daemon to look at a message now instead of when it is due; or at all that the "
    "options\n"
    "pick, in one go.\n"
    "\n"
    "  ID                     of the message, or 8 and more of its first digits\n"
    "  --route NAME           the route that messages are on; with an ID: when that stands on "
    "several\n"
    "  --stage STAGE          that they have reached, and no higher one\n"
    "  --condition CONDITION  ready, waiting, held, dead or done\n"
    "  --sender ADDRESS, --target ADDRESS, --tx HASH\n"
    "                         who sent them, to whom, and in which transaction\n"
    "  --from TIME, --to TIME\n"
    "                         when they were sent: seconds since 1970, the second not included\n"
    "  --limit N              at most so many (default 50, at most 200)\n"
    "  --dry-run              list them, and those that would not be retried with the reason\n"
    "  --reason TEXT          why, for those who ask later\n"
    "  --wait SECONDS         how long to wait for the daemon's answer (default 5)\n"
    "  --config FILE          configuration (default: see causeway --help)\n"
    "  --json                 output for programs\n"
    "\n"
    "exit: 0 done, or written down for the next start; 1 it can't be; 2 bad input; 3 no answer\n";

static const char help_hold[] =
    "usage: causeway hold ID|ROUTE [--route NAME] [--reason TEXT] [--wait SECONDS] [--config "
    "FILE]\n"
    "                     [--json]\n"
    "\n"
    "Holds a message or a whole route: nothing is signed for it until it is released. What was "
    "sent\n"
    "already is followed to its end.\n"
    "\n"
    "  ID              of the message, or 8 and more of its first digits\n"
    "  ROUTE           name of a route of the configuration\n"
    "  --route NAME    the route the message is on, when its id stands on several\n"
    "  --reason TEXT   why, for those who ask later\n"
    "  --wait SECONDS  how long to wait for the daemon's answer (default 5)\n"
    "  --config FILE   configuration (default: see causeway --help)\n"
    "  --json          output for programs\n"
    "\n"
    "exit: 0 done, or written down for the next start; 1 it can't be; 2 bad input; 3 no answer\n";

static const char help_release[] =
    "usage: causeway release ID|ROUTE|CHAIN/ADDRESS [--route NAME] [--reason TEXT]\n"
    "                        [--wait SECONDS] [--config FILE] [--json]\n"
    "\n"
    "Lets a held message, route or lane go on.\n"
    "\n"
    "  ID              of the message, or 8 and more of its first digits\n"
    "  ROUTE           name of a route of the configuration\n"
    "  CHAIN/ADDRESS   a signer's lane that is held because somebody else sent with its key\n"
    "  --route NAME    the route the message is on, when its id stands on several\n"
    "  --reason TEXT   why, for those who ask later\n"
    "  --wait SECONDS  how long to wait for the daemon's answer (default 5)\n"
    "  --config FILE   configuration (default: see causeway --help)\n"
    "  --json          output for programs\n"
    "\n"
    "exit: 0 done, or written down for the next start; 1 it can't be; 2 bad input; 3 no answer\n";

struct order {
    struct cw_cli_common common;
    struct cw_store_command command;
    const char *route; /* that the message is on; NULL: not said */
    uint64_t wait_ms;
    struct cw_retry_many many;
};

/* Fills in the subject. CW_CLI_GO_ON, or the exit code to stop with. */
static int resolve(struct cw_cli_view *view, const char *text, struct order *order,
                   struct cw_error *error) {
    struct cw_store_command *command = &order->command;
    const struct cw_store_route_row *route = cw_cli_route_named(view, text);
    if (route != NULL && order->route == NULL && strcmp(command->verb, "retry") != 0) {
        if (strcmp(command->verb, "release") == 0 && route->hold_reason[0] == 0) {
            fprintf(stderr, "causeway: nothing to release: route %s is not held\n", route->name);
            return CW_EXIT_NO;
        }
        snprintf(command->subject, sizeof command->subject, "%s", route->name);
        return CW_CLI_GO_ON;
    }
    char chain[CW_ROUTE_NAME_SIZE];
    struct cw_addr20 address;
    if (strcmp(command->verb, "release") == 0 && strlen(text) < sizeof command->subject &&
        cw_store_subject_read_lane(text, chain, &address) == CW_OK) {
        snprintf(command->subject, sizeof command->subject, "%s", text);
        return CW_CLI_GO_ON;
    }
    struct cw_store_message *list = NULL;
    size_t n = 0;
    if (cw_cli_find(view, text, order->route, &list, &n, error) != CW_OK)
        return cw_cli_fail(error);
    if (n == 0)
        return cw_cli_not_found(text, order->route);
    if (n > 1) {
        fprintf(stderr, "causeway: that transaction sent %zu messages: give the id of one\n", n);
        return CW_EXIT_USAGE;
    }
    const char *why_not = cw_pick_pointless(command->verb, list[0].condition);
    if (why_not != NULL) {
        fprintf(stderr, "causeway: nothing to %s: %s\n", command->verb, why_not);
        return CW_EXIT_NO;
    }
    route = cw_cli_route(view, list[0].route);
    if (route == NULL) {
        (void)cw_error_set(error, CW_ERR_SCHEMA,
                           "%s: the message's route is missing: restore a backup", view->path);
        return cw_cli_fail(error);
    }
    cw_store_subject_write(command->subject, route->name, &list[0].m.id);
    return CW_CLI_GO_ON;
}

static int carry_out(struct order *order, const char *subject) {
    struct cw_cli_view view = {0};
    struct cw_error error;
    int code = CW_CLI_GO_ON;
    if (cw_cli_view_open(&view, order->common.config, &error) != CW_OK)
        code = cw_cli_fail(&error);
    if (code == CW_CLI_GO_ON)
        code = resolve(&view, subject, order, &error);
    if (code == CW_CLI_GO_ON)
        code = cw_cli_order(&view, &order->command, order->wait_ms, order->common.json, NULL);
    cw_cli_view_close(&view);
    return code;
}

/* CW_CLI_GO_ON, or the exit code to stop with. */
static int take_option(int c, struct order *order, const char *help) {
    switch (c) {
    case 'o':
        order->route = optarg;
        return CW_CLI_GO_ON;
    case 'r':
        if (strlen(optarg) >= sizeof order->command.text)
            return cw_cli_usage(help, "the reason is too long: 199 bytes at most");
        snprintf(order->command.text, sizeof order->command.text, "%s", optarg);
        return CW_CLI_GO_ON;
    case 'w':
        return cw_cli_wait(optarg, &order->wait_ms)
                   ? CW_CLI_GO_ON
                   : cw_cli_usage(help, "--wait takes 0 to 3600 seconds");
    default:
        break;
    }
    const int code = cw_retry_many_option(c, &order->many, help);
    return code != 0 ? code : cw_cli_option(c, &order->common, help);
}

static int retry_many(struct order *order, const char *help) {
    struct cw_retry_many *many = &order->many;
    if (order->route != NULL && strlen(order->route) >= sizeof many->pick.route)
        return cw_cli_usage(help, "no route has so long a name");
    snprintf(many->pick.route, sizeof many->pick.route, "%s", order->route ? order->route : "");
    if (cw_pick_is_all(&many->pick))
        return cw_cli_usage(help, "say which: --route, --stage, --condition, --sender, --target, "
                                  "--tx, --from or --to");
    many->reason = order->command.text;
    return cw_retry_many_run(many, &order->common, order->wait_ms);
}

#define ORDER_OPTIONS                                                                              \
    {"route", required_argument, NULL, 'o'}, {"reason", required_argument, NULL, 'r'}, {           \
        "wait", required_argument, NULL, 'w'                                                       \
    }

static int command_main(int argc, char **argv, const char *verb, const char *help) {
    static const struct option plain[] = {ORDER_OPTIONS, CW_CLI_COMMON_OPTIONS};
    static const struct option wide[] = {ORDER_OPTIONS, CW_RETRY_MANY_OPTIONS,
                                         CW_CLI_COMMON_OPTIONS};
    const bool retry = strcmp(verb, "retry") == 0;
    struct order order = {.wait_ms = CW_CLI_WAIT_MS, .many = {.pick = {.limit = 50}}};
    snprintf(order.command.verb, sizeof order.command.verb, "%s", verb);
    for (int c; (c = getopt_long(argc, argv, "", retry ? wide : plain, NULL)) != -1;) {
        const int code = take_option(c, &order, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (retry && optind == argc)
        return retry_many(&order, help);
    if (order.many.asked)
        return cw_cli_usage(help, "an ID goes with --route, --reason and --wait only");
    if (optind + 1 != argc)
        return cw_cli_usage(help, "takes one argument");
    return carry_out(&order, argv[optind]);
}
#undef ORDER_OPTIONS

int cw_cmd_retry(int argc, char **argv) {
    return command_main(argc, argv, "retry", help_retry);
}

int cw_cmd_hold(int argc, char **argv) {
    return command_main(argc, argv, "hold", help_hold);
}

int cw_cmd_release(int argc, char **argv) {
    return command_main(argc, argv, "release", help_release);
}
