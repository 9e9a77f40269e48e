#include "cli/alerts.h"

#include "cli/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: causeway alerts list [--all]\n"
    "       causeway alerts show ID\n"
    "       causeway alerts ack ID [--note TEXT] [--by NAME]\n"
    "       causeway alerts silence [--kind KIND] [--subject PATTERN] [--route NAME] --for TIME\n"
    "                               [--note TEXT] [--by NAME]\n"
    "       causeway alerts unsilence ID\n"
    "       causeway alerts test SINK\n"
    "\n"
    "Incidents, and who is told of them. What is acknowledged is not sent again until its "
    "severity\n"
    "is another one; what is silenced is kept, and sent when the silence ends and it is still so.\n"
    "That it is over is sent in any case to who was told that it began.\n"
    "\n"
    "  list            open incidents and silences; --all: those that are over, too\n"
    "  show            one incident: what both layers say, what to do, what became of it\n"
    "  test            sends a test alert and says what came back; through the daemon, or, while\n"
    "                  none runs, from here\n"
    "  --kind KIND     as `list` names it\n"
    "  --subject TEXT  of the incident; * and ? stand for other characters\n"
    "  --for TIME      such as 90s, 30m, 2h or 7d\n"
    "  --note TEXT     why, for those who ask later\n"
    "  --by NAME       who you are (default: $SUDO_USER or $USER)\n"
    "  --wait SECONDS  how long to wait for the daemon's answer (default 5, test 30)\n"
    "  --config FILE   configuration (default: see causeway --help)\n"
    "  --json          output for programs\n"
    "\n"
    "exit: 0 done, or written down for the next start; 1 it can't be, or was not delivered;\n"
    "      2 bad input; 3 no answer\n";

#define TEST_WAIT_MS 30000u

static const struct {
    const char *word;
    bool takes_one;
    int (*fn)(const struct cw_alert_args *args);
} words[] = {
    {"list", false, cw_alerts_list},
    {"show", true, cw_alerts_show},
    {"ack", true, cw_alerts_ack},
    {"silence", false, cw_alerts_silence},
    {"unsilence", true, cw_alerts_unsilence},
    {"test", true, cw_alerts_test},
};

/* "2h" */
static bool parse_time(const char *text, uint64_t *ret_s) {
    static const struct {
        char unit;
        uint64_t s;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end = NULL;
    unsigned long n = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    for (size_t i = 0; n > 0 && n < 100000 && i < CW_COUNT(units); i++)
        if (end[0] == units[i].unit && end[1] == '\0') {
            *ret_s = n * units[i].s;
            return true;
        }
    return false;
}

int64_t cw_alerts_row(const char *text, const char *what) {
    char *end = NULL;
    long long row = text[0] >= '1' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;
    if (row > 0 && row < INT64_MAX && *end == '\0')
        return row;
    fprintf(stderr, "causeway: the id of %s is a number, as `causeway alerts list` has it\n", what);
    return 0;
}

/* Options that take a text. */
static bool take_text(int c, struct cw_alert_args *args) {
    const struct {
        int c;
        const char **to;
    } texts[] = {{'n', &args->note},
                 {'b', &args->by},
                 {'k', &args->kind},
                 {'s', &args->subject},
                 {'o', &args->route}};
    for (size_t i = 0; i < CW_COUNT(texts); i++)
        if (texts[i].c == c) {
            *texts[i].to = optarg;
            return true;
        }
    return false;
}

/* CW_CLI_GO_ON, or the exit code to stop with. */
static int take_option(int c, struct cw_alert_args *args) {
    if (take_text(c, args))
        return CW_CLI_GO_ON;
    if (c == 'a') {
        args->all = true;
        return CW_CLI_GO_ON;
    }
    if (c == 'f')
        return parse_time(optarg, &args->for_s)
                   ? CW_CLI_GO_ON
                   : cw_cli_usage(help, "--for takes a time, such as 90s, 30m, 2h or 7d");
    if (c == 'w')
        return cw_cli_wait(optarg, &args->wait_ms)
                   ? CW_CLI_GO_ON
                   : cw_cli_usage(help, "--wait takes 0 to 3600 seconds");
    return cw_cli_option(c, &args->common, help);
}

int cw_cmd_alerts(int argc, char **argv) {
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"note", required_argument, NULL, 'n'},
                                            {"by", required_argument, NULL, 'b'},
                                            {"kind", required_argument, NULL, 'k'},
                                            {"subject", required_argument, NULL, 's'},
                                            {"route", required_argument, NULL, 'o'},
                                            {"for", required_argument, NULL, 'f'},
                                            {"wait", required_argument, NULL, 'w'},
                                            CW_CLI_COMMON_OPTIONS};
    struct cw_alert_args args = {.wait_ms = UINT64_MAX};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = take_option(c, &args);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind == argc)
        return cw_cli_usage(help, "takes a word: list, show, ack, silence, unsilence or test");
    args.word = argv[optind];
    args.what = optind + 1 < argc ? argv[optind + 1] : NULL;
    if (args.wait_ms == UINT64_MAX)
        args.wait_ms = strcmp(args.word, "test") == 0 ? TEST_WAIT_MS : CW_CLI_WAIT_MS;
    const char *names[CW_COUNT(words) + 1] = {NULL};
    for (size_t i = 0; i < CW_COUNT(words); i++) {
        names[i] = words[i].word;
        if (strcmp(args.word, words[i].word) != 0)
            continue;
        if (optind + 1 + words[i].takes_one != argc)
            return cw_cli_usage(help, words[i].takes_one ? "takes one argument behind that word"
                                                         : "takes no argument behind that word");
        return words[i].fn(&args);
    }
    return cw_cli_no_kind(help, args.word, names);
}
