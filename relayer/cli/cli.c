#include "cli/cli.h"

#include "core/config_fields.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    const char *summary;
    int (*fn)(int argc, char **argv);
};

static const struct command commands[] = {
    {"run", "watch the chains and relay what the routes' policies allow", cw_cmd_run},
    {"init", "write a configuration from what the chains say", cw_cmd_init},
    {"check-config", "check the configuration, or print every key of it", cw_cmd_check_config},
    {"doctor", "examine endpoints, contracts, signers, disk and clock", cw_cmd_doctor},
    {"status", "routes, chains, messages by stage, what endpoints were caught in", cw_cmd_status},
    {"messages", "list messages", cw_cmd_messages},
    {"verdicts", "what must hold on the routes, and whether it does", cw_cmd_verdicts},
    {"audit", "judge a past range of blocks, and report every verdict", cw_cmd_audit},
    {"show", "everything about one message: history, transactions, what it waits for", cw_cmd_show},
    {"stats", "how long messages took, and what they cost", cw_cmd_stats},
    {"stages", "what each stage of a message assures, and what can still go wrong", cw_cmd_stages},
    {"retry", "look at a message now", cw_cmd_retry},
    {"hold", "hold a message or a route: nothing is signed for it", cw_cmd_hold},
    {"release", "let a held message or route go on", cw_cmd_release},
    {"alerts", "incidents: list, show, acknowledge, silence; try a sink", cw_cmd_alerts},
    {"prove", "the proof and the calldata of a message, to send it yourself", cw_cmd_prove},
    {"verify", "judge a proof: trie, account, header, receipts, withdrawal, …", cw_cmd_verify},
    {"hash", "hashes of messages, roots and slots, as the contracts make them", cw_cmd_hash},
    {"decode", "RLP, transactions, headers and receipts, strictly, as JSON", cw_cmd_decode},
    {"signer", "hold a key, and sign what a policy lets pass", cw_cmd_signer},
    {"keys", "keystores: make, import, list, give another password", cw_cmd_keys},
    {"token", "make a token for the API", cw_cmd_token},
    {"completions", "a script by which a shell completes all of this", cw_cmd_completions},
    {"manual", "the manual pages", cw_cmd_manual},
    {"version", "version of this program and of what it is built on", cw_cmd_version},
};

static void print_help(FILE *out) {
    fputs("usage: causeway COMMAND [OPTIONS]\n"
          "\n"
          "Carries messages between rollups and the chains they settle on: each is proven here "
          "before\n"
          "it is delivered, and watched until that is final.\n"
          "\n"
          "commands:\n",
          out);
    for (size_t i = 0; i < CW_COUNT(commands); i++)
        fprintf(out, "  %-14s%s\n", commands[i].name, commands[i].summary);
    fputs(
        "\n"
        "Each command has --help. All take:\n"
        "  --config FILE  default: $CAUSEWAY_CONFIG, ./causeway.json, /etc/causeway/causeway.json\n"
        "  --json         output for programs\n"
        "  --color WHEN   auto (on a terminal, and where NO_COLOR is not set), always or never\n"
        "\n"
        "exit: 0 ok, 1 the answer is no, 2 usage or bad input, 3 could not tell\n",
        out);
}

static int unknown(const char *name) {
    const char *names[CW_COUNT(commands) + 1];
    for (size_t i = 0; i < CW_COUNT(commands); i++)
        names[i] = commands[i].name;
    names[CW_COUNT(commands)] = NULL;
    const char *nearest = cw_config_nearest(name, names);
    for (size_t i = 0; i < CW_COUNT(commands); i++)
        if (strlen(name) >= 2 && strncmp(commands[i].name, name, strlen(name)) == 0)
            nearest = commands[i].name;
    fprintf(stderr, "causeway: there is no command \"%s\"", cw_config_shown(name));
    if (nearest != NULL)
        fprintf(stderr, ": did you mean \"%s\"?\n", nearest);
    else
        fprintf(stderr, ": causeway --help lists them\n");
    return CW_EXIT_USAGE;
}

int cw_cli_main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return CW_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return CW_EXIT_OK;
    }
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < CW_COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        static char title[64];
        snprintf(title, sizeof title, "causeway %s", name);
        argv[1] = title;
        int code = commands[i].fn(argc - 1, argv + 1);
        /* what did not reach a full disk or a closed pipe was not said */
        if (fflush(stdout) != 0 || ferror(stdout) != 0) {
            fprintf(stderr, "causeway: the output could not be written\n");
            return CW_EXIT_UNKNOWN;
        }
        return code;
    }
    return unknown(name);
}
