#include "cli/levels.h"

#include <stdio.h>
#include <string.h>

#define OUTPUT_BYTES (1u << 20)

static const char help[] =
    "usage: causeway stages [--stack NAME] [--direction NAME] [--markdown] [--json]\n"
    "       causeway stages --route NAME [--config FILE] [--markdown] [--json]\n"
    "\n"
    "Says what each stage of a message assures, what can still go wrong with it, what it waits "
    "for\n"
    "and who can change that: of all stacks, or of one; needs no daemon.\n"
    "\n"
    "  --stack NAME      opstack, nitro\n"
    "  --direction NAME  withdrawal, deposit\n"
    "  --route NAME      those of a route of the configuration\n"
    "  --markdown        tables in Markdown\n"
    "  --config FILE     configuration (default: see causeway --help)\n"
    "  --json            output for programs\n"
    "\n"
    "exit: 0 ok, 2 usage or bad input, 3 could not tell\n";

enum form { TEXT, MARKDOWN, JSON };

struct wanted {
    const char *stack, *direction, *route; /* NULL: any */
    enum form form;
};

static bool is_wanted(const struct wanted *wanted, const struct cw_adapter_ops *ops) {
    return (wanted->stack == NULL || strcmp(wanted->stack, ops->name) == 0) &&
           (wanted->direction == NULL || strcmp(wanted->direction, ops->direction) == 0);
}

static void print_level(const struct cw_level *level) {
    char head[160], next[512];
    snprintf(head, sizeof head, "%s%s%s%s%s: %s", cw_stage_name(level->stage),
             level->outcome != CW_OUTCOME_UNKNOWN ? ", " : "",
             level->outcome != CW_OUTCOME_UNKNOWN ? cw_outcome_name(level->outcome) : "",
             level->variant != NULL ? ", over " : "", level->variant != NULL ? level->variant : "",
             level->name);
    putchar('\n');
    cw_print(CW_BOLD, head);
    putchar('\n');
    cw_print_pair("assured", CW_PLAIN, level->assured);
    cw_print_pair("at risk", CW_PLAIN, level->risk);
    snprintf(next, sizeof next, "%s%s%s", level->waits, level->who[0] != '\0' ? "; by: " : "",
             level->who);
    if (level->waits[0] != '\0')
        cw_print_pair("next", CW_PLAIN, next);
}

static void print_levels(const struct cw_adapter_ops *ops, bool first) {
    char head[80];
    snprintf(head, sizeof head, "%s %s", ops->name, ops->direction);
    if (!first)
        putchar('\n');
    cw_print(CW_BOLD, head);
    putchar('\n');
    for (const struct cw_level *level = ops->levels; level->stage != 0; level++)
        print_level(level);
}

static void print_markdown(const struct cw_adapter_ops *ops, bool first) {
    printf("%s## %s %s\n\n", first ? "" : "\n", ops->name, ops->direction);
    printf("| stage | assured | at risk | next | by |\n|-|-|-|-|-|\n");
    for (const struct cw_level *level = ops->levels; level->stage != 0; level++)
        printf("| **%s**%s%s%s%s: %s | %s | %s | %s | %s |\n", cw_stage_name(level->stage),
               level->outcome != CW_OUTCOME_UNKNOWN ? ", " : "",
               level->outcome != CW_OUTCOME_UNKNOWN ? cw_outcome_name(level->outcome) : "",
               level->variant != NULL ? ", over " : "",
               level->variant != NULL ? level->variant : "", level->name, level->assured,
               level->risk, level->waits, level->who);
}

static int list(const struct wanted *wanted) {
    struct cw_buf out;
    size_t n = 0;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_open(&out, "stacks", '[');
    for (size_t i = 0; cw_adapters[i] != NULL; i++) {
        if (!is_wanted(wanted, cw_adapters[i]))
            continue;
        switch (wanted->form) {
        case TEXT:
            print_levels(cw_adapters[i], n == 0);
            break;
        case MARKDOWN:
            print_markdown(cw_adapters[i], n == 0);
            break;
        case JSON:
            cw_out_levels(&out, cw_adapters[i]);
            break;
        }
        n++;
    }
    cw_out_close(&out, ']');
    cw_out_close(&out, '}');
    if (n > 0 && wanted->form == JSON)
        return cw_out_print(&out, CW_EXIT_OK);
    cw_buf_done(&out);
    return n > 0 ? CW_EXIT_OK
                 : cw_cli_usage(help, "there is no such stack and direction: leave both out");
}

/* What the configuration says of that route; the store need not know it. */
static int list_route(struct wanted *wanted, const char *path) {
    struct cw_config *config = NULL;
    struct cw_error error;
    if (cw_cli_config(&config, path, &error) != CW_OK)
        return cw_cli_fail(&error);
    const struct cw_config_route *route = NULL;
    for (size_t i = 0; i < config->routes_n; i++)
        if (strcmp(config->routes[i].name, wanted->route) == 0)
            route = &config->routes[i];
    int code;
    if (route != NULL) {
        wanted->stack = route->adapter->name;
        wanted->direction = route->adapter->direction;
        code = list(wanted);
    } else {
        cw_error_set(&error, CW_ERR_INPUT, "there is no route \"%s\" in the configuration",
                     wanted->route);
        code = cw_cli_fail(&error);
    }
    cw_config_free(config);
    return code;
}

int cw_cmd_stages(int argc, char **argv) {
    static const struct option options[] = {{"stack", required_argument, NULL, 's'},
                                            {"direction", required_argument, NULL, 'd'},
                                            {"route", required_argument, NULL, 'r'},
                                            {"markdown", no_argument, NULL, 'm'},
                                            CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    struct wanted wanted = {0};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = CW_CLI_GO_ON;
        if (c == 's')
            wanted.stack = optarg;
        else if (c == 'd')
            wanted.direction = optarg;
        else if (c == 'r')
            wanted.route = optarg;
        else if (c == 'm')
            wanted.form = MARKDOWN;
        else
            code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument");
    if (wanted.route != NULL && (wanted.stack != NULL || wanted.direction != NULL))
        return cw_cli_usage(help, "--route says the stack and the direction");
    if (common.json && wanted.form == MARKDOWN)
        return cw_cli_usage(help, "--markdown goes not with --json");
    if (common.json)
        wanted.form = JSON;
    return wanted.route != NULL ? list_route(&wanted, common.config) : list(&wanted);
}
