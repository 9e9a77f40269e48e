#include "cli/cli.h"

#include "api/api.h"
#include "cli/table.h"
#include "work/relay.h"

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_MS 500u

static volatile sig_atomic_t stopping, reloading;
static struct cw_loop *volatile woken; /* NULL: no loop to wake */

static void on_signal(int number) {
    if (number == SIGHUP)
        reloading = 1;
    else
        stopping = number;
    if (woken)
        cw_loop_wake(woken);
}

static void catch_signals(struct cw_loop *loop) {
    woken = loop;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

/* The configuration in use, and where it is from. */
struct source {
    const char *path; /* as given; NULL: the default's */
    struct cw_config *config;
};

/* Keeps the one before when there is anything wrong with the new one. */
static void reload(struct cw_relay *relay, struct source *source) {
    struct cw_config *config = NULL;
    struct cw_error error;
    reloading = 0;
    enum cw_err err = cw_cli_config(&config, source->path, &error);
    if (err == CW_OK)
        err = cw_relay_reload(relay, config, &error);
    if (err != CW_OK) {
        cw_log(CW_LOG_ERROR, "causeway", "the configuration stays as it was: %s", error.text);
        cw_config_free(config);
        return;
    }
    cw_config_free(source->config);
    source->config = config;
    cw_log(CW_LOG_INFO, "causeway", "policies, prices, fee rules and sinks of %s taken over",
           config->path);
}

static enum cw_err drive(struct cw_loop *loop, struct cw_relay *relay, struct cw_table *table,
                         struct source *source, struct cw_error *error) {
    const struct cw_clock *clock = cw_loop_clock(loop);
    uint64_t start = clock->monotonic_ms(clock->ctx), drawn = 0;
    while (!stopping) {
        enum cw_err err = cw_loop_step(loop, STEP_MS, error);
        if (err != CW_OK)
            return err;
        if (reloading)
            reload(relay, source);
        uint64_t now = clock->monotonic_ms(clock->ctx);
        if (table && now - drawn >= STEP_MS) {
            cw_table_draw(table, relay, (now - start) / 1000);
            drawn = now;
        }
    }
    if (table)
        cw_table_draw(table, relay, (clock->monotonic_ms(clock->ctx) - start) / 1000);
    return CW_OK;
}

/* Alerts on stdout and a table there would spoil each other. */
static bool writes_alerts(const struct cw_config *config) {
    bool any = false;
    for (size_t i = 0; i < config->sinks_n; i++)
        any = any || config->sinks[i].type == CW_SINK_STDOUT;
    return any;
}

static enum cw_err start_api(struct cw_api **ret, const struct cw_config *config,
                             const struct cw_api_daemon *daemon, struct cw_error *error) {
    uint16_t port = 0;
    enum cw_err err = cw_api_start(ret, config, daemon, &port, error);
    if (err == CW_OK && *ret)
        cw_log(CW_LOG_INFO, "api", "%s://%s%s%s:%u", config->api.certificate[0] ? "https" : "http",
               config->api.v6 ? "[" : "", config->api.host, config->api.v6 ? "]" : "",
               (unsigned)port);
    return err;
}

static enum cw_err run(struct source *source, const struct cw_relay_options *options, bool plain,
                       struct cw_error *error) {
    const struct cw_config *config = source->config;
    struct cw_loop *loop = NULL;
    struct cw_relay *relay = NULL;
    struct cw_api *api = NULL;
    enum cw_err err = cw_loop_new(&loop, cw_clock_system(), error);
    if (err != CW_OK)
        return err;
    catch_signals(loop);
    err = cw_relay_new(&relay, loop, config, options, error);
    struct cw_table *table = NULL;
    if (err == CW_OK) {
        char title[256];
        snprintf(title, sizeof title, "causeway %s%s, %s", CW_VERSION,
                 options->dry_run ? " (dry run)" : "", config->path);
        if (!plain && !writes_alerts(config) && isatty(STDOUT_FILENO))
            table = cw_table_new(relay, title);
        cw_log(CW_LOG_INFO, "causeway", "%s, %zu routes, data in %s", title, config->routes_n,
               config->data_dir);
        cw_relay_start(relay);
        err = start_api(&api, config,
                        &(struct cw_api_daemon){loop, options->role, options->questions}, error);
        if (err == CW_OK)
            err = drive(loop, relay, table, source, error);
    }
    cw_api_stop(api);
    cw_table_free(table);
    if (err == CW_OK)
        cw_log(CW_LOG_INFO, "causeway", "stopped");
    cw_relay_free(relay);
    woken = NULL;
    cw_loop_free(loop);
    return err;
}

/* Large blocks come and go with answers. glibc would raise its limits after the first of them, and
 * keep what is freed from then on. */
static void give_memory_back(void) {
    const int limit = 128 << 10;
    (void)mallopt(M_MMAP_THRESHOLD, limit);
    (void)mallopt(M_TRIM_THRESHOLD, limit);
}

static void help(void) {
    puts("usage: causeway run [--role ROLE] [--config FILE] [--dry-run] [--plain]\n"
         "\n"
         "Watches the chains of the configuration and relays what its routes' policies allow,\n"
         "until Ctrl-C or SIGTERM. On a terminal it shows a live table, elsewhere log lines.\n"
         "Each key is in a `causeway signer` of its own, which it starts, or asks elsewhere.\n"
         "At SIGHUP it reads the configuration again and takes over policies, prices, fee\n"
         "rules and sinks; the signers that it started do so, too.\n"
         "\n"
         "  --role ROLE    relayer, monitor or all (default relayer). A monitor judges what must\n"
         "                 hold on the routes and tells of it, with neither key nor signer, its "
         "own\n"
         "                 data_dir and its own endpoints; all: both in one process\n"
         "  --config FILE  configuration (default: see causeway --help)\n"
         "  --dry-run      watch, prove, simulate and price, but sign nothing; needs no key\n"
         "  --plain        log lines on a terminal too\n"
         "  --json         log lines as JSON objects\n"
         "\n"
         "exit: 0 stopped by a signal, 2 bad configuration or usage, 3 could not run");
}

static bool parse_role(enum cw_role *ret, const char *name) {
    for (enum cw_role role = CW_ROLE_RELAYER; role <= CW_ROLE_ALL; role++)
        if (strcmp(cw_role_name(role), name) == 0) {
            *ret = role;
            return true;
        }
    return false;
}

int cw_cmd_run(int argc, char **argv) {
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"dry-run", no_argument, NULL, 'n'},
                                            {"plain", no_argument, NULL, 'p'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"role", required_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    struct cw_relay_options relay = {.role = CW_ROLE_RELAYER};
    bool plain = false, json = false;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            path = optarg;
            break;
        case 'n':
            relay.dry_run = true;
            break;
        case 'p':
            plain = true;
            break;
        case 'j':
            json = plain = true;
            break;
        case 'r':
            if (!parse_role(&relay.role, optarg)) {
                fprintf(stderr, "causeway run: --role takes relayer, monitor or all\n");
                return 2;
            }
            break;
        case 'h':
            help();
            return 0;
        default:
            return 2;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "causeway run: takes no argument: %s\n", argv[optind]);
        return 2;
    }
    give_memory_back();
    struct cw_error error;
    struct source source = {.path = path};
    if (cw_cli_config(&source.config, path, &error) != CW_OK)
        return cw_cli_fail(&error);
    cw_log_setup(cw_log_level_of(source.config->log_level), json || source.config->log_json);
    enum cw_err err = cw_questions_new(&relay.questions, cw_clock_system(), &error);
    if (err == CW_OK)
        err = run(&source, &relay, plain, &error);
    cw_questions_free(relay.questions);
    cw_config_free(source.config);
    return err == CW_OK ? CW_EXIT_OK : cw_cli_fail(&error);
}
