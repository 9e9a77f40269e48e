/* retry, hold, release: what messages and routes are asked to. */
#include "cli/cli.h"
#include "cli/print.h"

#include <stdio.h>
#include <string.h>

static const char help_retry[] =
    "usage: causeway retry ID [--route NAME] [--wait SECONDS] [--config FILE] [--json]\n"
    "\n"
    "Asks the daemon to look at a message now instead of when it is due.\n"
    "\n"
    "  ID              of the message, or 8 and more of its first digits\n"
    "  --route NAME    the route the message is on, when its id stands on several\n"
    "  --wait SECONDS  how long to wait for the daemon's answer (default 5)\n"
    "  --config FILE   configuration (default: see causeway --help)\n"
    "  --json          output for programs\n"
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
};

/* What is known already now; the daemon decides again when it carries it out. */
static const char *pointless(const char *verb, const struct cw_store_message *message) {
    bool held = message->condition == CW_HELD;
    if (message->condition == CW_DONE)
        return "it is delivered for good";
    if (strcmp(verb, "retry") == 0 && held)
        return "it is held: causeway release lets it go";
    if (strcmp(verb, "release") == 0 && !held)
        return "it is not held";
    return NULL;
}

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
    const char *why_not = pointless(command->verb, &list[0]);
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

static int command_main(int argc, char **argv, const char *verb, const char *help) {
    static const struct option options[] = {{"route", required_argument, NULL, 'o'},
                                            {"reason", required_argument, NULL, 'r'},
                                            {"wait", required_argument, NULL, 'w'},
                                            CW_CLI_COMMON_OPTIONS};
    struct order order = {.wait_ms = CW_CLI_WAIT_MS};
    snprintf(order.command.verb, sizeof order.command.verb, "%s", verb);
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'o') {
            order.route = optarg;
            continue;
        }
        if (c == 'r') {
            if (strlen(optarg) >= sizeof order.command.text)
                return cw_cli_usage(help, "the reason is too long: 199 bytes at most");
            snprintf(order.command.text, sizeof order.command.text, "%s", optarg);
            continue;
        }
        if (c == 'w') {
            if (!cw_cli_wait(optarg, &order.wait_ms))
                return cw_cli_usage(help, "--wait takes 0 to 3600 seconds");
            continue;
        }
        int code = cw_cli_option(c, &order.common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind + 1 != argc)
        return cw_cli_usage(help, "takes one argument");
    return carry_out(&order, argv[optind]);
}

int cw_cmd_retry(int argc, char **argv) {
    return command_main(argc, argv, "retry", help_retry);
}

int cw_cmd_hold(int argc, char **argv) {
    return command_main(argc, argv, "hold", help_hold);
}

int cw_cmd_release(int argc, char **argv) {
    return command_main(argc, argv, "release", help_release);
}
