/* What the commands share. */
#include "cli/cli.h"
#include "cli/print.h"

#include "cli/print.h"
#include "core/config_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cw_cli_fail(const struct cw_error *error) {
    cw_print_error("causeway", error->text);
    return error->code == CW_ERR_INPUT ? CW_EXIT_USAGE : CW_EXIT_UNKNOWN;
}

int cw_cli_option(int option, struct cw_cli_common *common, const char *help) {
    switch (option) {
    case 'c':
        common->config = optarg;
        return CW_CLI_GO_ON;
    case 'j':
        common->json = true;
        return CW_CLI_GO_ON;
    case CW_CLI_COLOUR:
        return cw_print_colour(optarg) ? CW_CLI_GO_ON
                                       : cw_cli_usage(help, "--color takes auto, always or never");
    case 'h':
        fputs(help, stdout);
        return CW_EXIT_OK;
    default:
        return CW_EXIT_USAGE; /* getopt has said what is wrong */
    }
}

int cw_cli_usage(const char *help, const char *wrong) {
    const char *end = strstr(help, "\n\n");
    fprintf(stderr, "causeway: %s\n%.*s\n", wrong, end != NULL ? (int)(end - help) : 0, help);
    return CW_EXIT_USAGE;
}

int cw_cli_no_kind(const char *help, const char *kind, const char *const *names) {
    char wrong[128];
    const char *nearest = cw_config_nearest(kind, names);
    snprintf(wrong, sizeof wrong, "there is no kind \"%s\"%s%s%s", cw_config_shown(kind),
             nearest != NULL ? ": did you mean \"" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "\"?" : ": --help lists them");
    return cw_cli_usage(help, wrong);
}

bool cw_cli_limit(const char *text, size_t most, size_t *ret) {
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    if (end == text || *end != 0 || text[0] == '-' || n == 0 || n > most)
        return false;
    *ret = n;
    return true;
}

enum cw_err cw_cli_config_path(const char **ret, const char *path, struct cw_error *error) {
    static const char *const places[] = {"./causeway.json", "/etc/causeway/causeway.json"};
    if (path == NULL)
        path = getenv("CAUSEWAY_CONFIG");
    for (size_t i = 0; path == NULL && i < CW_COUNT(places); i++)
        if (access(places[i], F_OK) == 0)
            path = places[i];
    if (path == NULL || path[0] == 0)
        return cw_error_set(
            error, CW_ERR_INPUT,
            "there is no configuration: give one with --config or CAUSEWAY_CONFIG, or "
            "write ./causeway.json (`causeway check-config --reference` prints every key)");
    *ret = path;
    return CW_OK;
}

enum cw_err cw_cli_config(struct cw_config **ret, const char *path, struct cw_error *error) {
    enum cw_err err = cw_cli_config_path(&path, path, error);
    return err == CW_OK ? cw_config_load(ret, path, error) : err;
}
