/* Replays a route's invariants over a range of the past: a monitor with a database of its own for
 * that range, which ends when all of it is read and judged. */
#include "cli/audit_report.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "core/log.h"
#include "work/relay.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_MS   200u
#define LOOK_MS   1000u
#define TRIES     4u /* of what can't be told */
#define WAIT_S    3600u
#define PATH_SIZE 512u

static const char help[] =
    "usage: causeway audit --route NAME --from BLOCK --to BLOCK [--execution-from BLOCK]\n"
    "                      [--execution-to BLOCK] [--wait SECONDS] [--markdown] [--config FILE]\n"
    "                      [--json]\n"
    "\n"
    "Judges everything that the invariants of a route speak of in a range of past blocks, each at\n"
    "its own block, with endpoints that have the state of the past, counts every verdict, and\n"
    "names what is not ok and what was changed.\n"
    "Writes nothing but a database of its own, which is gone afterwards.\n"
    "\n"
    "  --route NAME            the route\n"
    "  --from, --to BLOCK      of its settlement chain, final ones\n"
    "  --execution-from BLOCK  and of its execution chain, as where messages were sent that the\n"
    "                          range speaks of; left out, none of them is read\n"
    "  --execution-to BLOCK    up to here\n"
    "  --wait SECONDS          ends by then at the latest (default 3600)\n"
    "  --markdown              a report in Markdown\n"
    "  --config FILE           configuration (default: see causeway --help)\n"
    "  --json                  output for programs\n"
    "\n"
    "exit: 0 all is ok, 1 something is violated, 2 bad input, 3 something could not be told\n";

struct request {
    struct cw_cli_common common;
    const char *route;
    struct cw_audit_range ranges[CW_SIDES];
    uint64_t wait_s;
    bool markdown;
};

/* The monitor of one route, and what it needs. */
struct audit {
    const struct request *request;
    struct cw_config config; /* with that route only, */
    struct cw_config_chain chains[CW_SIDES];
    struct cw_config_route route;
    char dir[PATH_SIZE]; /* and this for its data */
    struct cw_loop *loop;
    struct cw_relay *relay;
};

/* --- the monitor ------------------------------------------------------------------------------ */

static enum cw_err choose_route(struct audit *a, const struct cw_config *config,
                                struct cw_error *error) {
    for (size_t i = 0; i < config->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[i];
        if (strcmp(route->name, a->request->route) != 0)
            continue;
        if (route->adapter->invariants == NULL)
            return cw_error_set(error, CW_ERR_INPUT,
                                "route \"%s\": nothing is known that must hold for %s %s",
                                route->name, route->adapter->name, route->adapter->direction);
        a->route = *route;
        a->chains[CW_SETTLEMENT] = config->chains[route->settlement];
        a->chains[CW_EXECUTION] = config->chains[route->execution];
        return CW_OK;
    }
    return cw_error_set(error, CW_ERR_INPUT, "the configuration has no route \"%.48s\"",
                        a->request->route);
}

static void configure(struct audit *a, const struct cw_config *config) {
    a->config = *config;
    a->config.data_dir = a->dir;
    a->config.relayer_data_dir = "";
    a->config.chains = a->chains;
    a->config.chains_n = CW_SIDES;
    a->config.signers_n = 0;
    a->config.routes = &a->route;
    a->config.routes_n = 1;
    a->route.settlement = CW_SETTLEMENT;
    a->route.execution = CW_EXECUTION;
    a->route.settlement_start = a->route.execution_start = 0;
    a->route.signers_n = 0;
    a->route.policy.observe_only = true;
    a->route.policy.hold_on_violation = false;
}

static enum cw_err make_directory(struct audit *a, struct cw_error *error) {
    const char *parent = getenv("TMPDIR");
    snprintf(a->dir, sizeof a->dir, "%.400s/causeway-audit-XXXXXX",
             parent != NULL && parent[0] != 0 ? parent : "/tmp");
    if (mkdtemp(a->dir) != NULL)
        return CW_OK;
    enum cw_err err = cw_error_set(error, CW_ERR_IO, "%s: can't make a directory: %s: set TMPDIR",
                                   a->dir, strerror(errno));
    a->dir[0] = 0;
    return err;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/* A side that is not to be read is shown from its end on only. */
static enum cw_err put_range(struct cw_store *store, int64_t route, int64_t chain,
                             enum cw_side side, const struct cw_audit_range *range,
                             struct cw_error *error) {
    const struct cw_store_reach reach = {.known = true,
                                         .from = range->to > 0 ? range->from : INT64_MAX};
    const struct cw_interval blocks = {.from = range->from, .to = range->to};
    enum cw_err err = cw_store_reach_set(store, route, side, &reach, error);
    return err == CW_OK && range->to > 0 ? cw_store_unread_add(store, chain, &blocks, error) : err;
}

/* The database as a monitor leaves it that has read none of the range yet. */
static enum cw_err make_store(struct audit *a, struct cw_error *error) {
    struct cw_store *store = NULL;
    char path[PATH_SIZE + 32];
    int64_t chains[CW_SIDES] = {0}, route = 0;
    snprintf(path, sizeof path, "%s/causeway.db", a->dir);
    enum cw_err err = cw_store_open(&store, path, CW_STORE_WRITE, 1, error);
    for (size_t side = 0; err == CW_OK && side < CW_SIDES; side++)
        err = cw_store_chain(store, a->chains[side].name,
                             (struct cw_chain_id){a->chains[side].chain_id}, &chains[side], error);
    if (err == CW_OK)
        err = cw_store_route(store, a->route.name, a->route.adapter, chains[CW_SETTLEMENT],
                             chains[CW_EXECUTION], &route, error);
    for (unsigned side = 0; err == CW_OK && side < CW_SIDES; side++)
        err = put_range(store, route, chains[side], (enum cw_side)side, &a->request->ranges[side],
                        error);
    cw_store_close(store);
    return err;
}

/* --- its end ---------------------------------------------------------------------------------- */

static enum cw_err check_final(const struct audit *a, size_t side,
                               const struct cw_relay_chain_view *view, struct cw_error *error) {
    const struct cw_audit_range *range = &a->request->ranges[side];
    if (view->heads == NULL || range->to <= view->heads->final.number.v)
        return CW_OK;
    return cw_error_set(error, CW_ERR_INPUT, "block %" PRIu64 " of %s is not final: %" PRIu64 " is",
                        range->to, view->config->name, view->heads->final.number.v);
}

static enum cw_err is_read(const struct audit *a, bool *ret, struct cw_error *error) {
    struct cw_relay_route_view route;
    cw_relay_route_view(a->relay, 0, &route);
    bool read = route.prepared[0] != 0;
    for (size_t side = 0; side < CW_SIDES; side++) {
        struct cw_relay_chain_view chain;
        cw_relay_chain_view(a->relay, side, &chain);
        enum cw_err err = check_final(a, side, &chain, error);
        if (err != CW_OK)
            return err;
        read = read && chain.heads != NULL && chain.progress.known && chain.progress.unread == 0;
    }
    *ret = read;
    return CW_OK;
}

/* Nothing is left that was not judged, or that may be told by asking once more. */
static enum cw_err is_judged(const struct audit *a, bool *ret, struct cw_error *error) {
    const struct cw_store_subject_filter filter = {.state = CW_VERDICT_UNVERIFIED, .limit = 2000};
    struct cw_store_subject *list = NULL;
    size_t n = 0;
    bool judged = true;
    struct cw_arena arena;
    cw_arena_init(&arena, 32u << 20);
    enum cw_err err = cw_store_subjects(cw_relay_store(a->relay), &filter, &arena, &list, &n,
                                        error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        judged = judged && list[i].tries >= TRIES;
    cw_arena_done(&arena);
    if (err == CW_OK)
        *ret = judged;
    return err;
}

static enum cw_err drive(struct audit *a, bool *ret_complete, struct cw_error *error) {
    const struct cw_clock *clock = cw_loop_clock(a->loop);
    const uint64_t end = clock->monotonic_ms(clock->ctx) + a->request->wait_s * 1000;
    uint64_t looked = 0;
    bool complete = false;
    while (!complete) {
        enum cw_err err = cw_loop_step(a->loop, STEP_MS, error);
        const uint64_t now = clock->monotonic_ms(clock->ctx);
        if (err == CW_OK && now - looked >= LOOK_MS) {
            looked = now;
            err = is_read(a, &complete, error);
            if (err == CW_OK && complete)
                err = is_judged(a, &complete, error);
        }
        if (err != CW_OK)
            return err;
        if (now >= end)
            break;
    }
    *ret_complete = complete;
    return CW_OK;
}

static enum cw_err replay(struct audit *a, bool *ret_complete, struct cw_error *error) {
    const struct cw_relay_options options = {.role = CW_ROLE_MONITOR};
    enum cw_err err = make_store(a, error);
    if (err == CW_OK)
        err = cw_loop_new(&a->loop, cw_clock_system(), error);
    if (err == CW_OK)
        err = cw_relay_new(&a->relay, a->loop, &a->config, &options, error);
    if (err != CW_OK)
        return err;
    cw_relay_start(a->relay);
    return drive(a, ret_complete, error);
}

/* --- the report ------------------------------------------------------------------------------- */

static int report_on(struct audit *a, bool complete, struct cw_error *error) {
    struct cw_audit_report *report = calloc(1, sizeof *report);
    struct cw_cli_view view = {.config = &a->config, .store = cw_relay_store(a->relay)};
    enum cw_audit_form form = a->request->common.json ? CW_AUDIT_JSON
                              : a->request->markdown  ? CW_AUDIT_MARKDOWN
                                                      : CW_AUDIT_TEXT;
    enum cw_err err = report != NULL ? CW_OK : cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    cw_arena_init(&view.arena, 256u << 20);
    if (err == CW_OK) {
        report->route = a->route.name;
        report->complete = complete;
        memcpy(report->ranges, a->request->ranges, sizeof report->ranges);
        err = cw_store_routes(view.store, &view.arena, &view.routes, &view.routes_n, error);
    }
    if (err == CW_OK)
        err = cw_store_chains(view.store, &view.arena, &view.chains, &view.chains_n, error);
    if (err == CW_OK)
        err = cw_audit_read(report, &view, error);
    int code = err == CW_OK ? cw_audit_print(report, &view, form) : cw_cli_fail(error);
    cw_arena_done(&view.arena);
    free(report);
    return code;
}

static int audit(const struct request *request) {
    struct audit a = {.request = request};
    struct cw_config *config = NULL;
    struct cw_error error;
    bool complete = false;
    enum cw_err err = cw_cli_config(&config, request->common.config, &error);
    if (err == CW_OK)
        err = choose_route(&a, config, &error);
    if (err == CW_OK)
        err = make_directory(&a, &error);
    if (err == CW_OK) {
        configure(&a, config);
        cw_log_setup(CW_LOG_WARN, false);
        err = replay(&a, &complete, &error);
    }
    int code = err == CW_OK ? report_on(&a, complete, &error) : cw_cli_fail(&error);
    cw_relay_free(a.relay);
    cw_loop_free(a.loop);
    if (a.dir[0] != 0 && nftw(a.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "causeway: %s could not be removed\n", a.dir);
    cw_config_free(config);
    return code;
}

/* --- options ---------------------------------------------------------------------------------- */

static bool parse_number(const char *text, uint64_t *ret) {
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || errno != 0 || n > INT64_MAX)
        return false;
    *ret = n;
    return true;
}

/* CW_CLI_GO_ON, or the exit code to stop with. */
static int take_option(int c, struct request *r) {
    struct cw_audit_range *settlement = &r->ranges[CW_SETTLEMENT];
    struct cw_audit_range *execution = &r->ranges[CW_EXECUTION];
    const struct {
        int option;
        uint64_t *value;
    } numbers[] = {{'F', &settlement->from},
                   {'T', &settlement->to},
                   {'f', &execution->from},
                   {'t', &execution->to},
                   {'w', &r->wait_s}};
    for (size_t i = 0; i < CW_COUNT(numbers); i++)
        if (numbers[i].option == c)
            return parse_number(optarg, numbers[i].value)
                       ? CW_CLI_GO_ON
                       : cw_cli_usage(help, "blocks and seconds are decimal numbers");
    if (c == 'r')
        r->route = optarg;
    else if (c == 'm')
        r->markdown = true;
    else
        return cw_cli_option(c, &r->common, help);
    return CW_CLI_GO_ON;
}

int cw_cmd_audit(int argc, char **argv) {
    static const struct option options[] = {{"route", required_argument, NULL, 'r'},
                                            {"from", required_argument, NULL, 'F'},
                                            {"to", required_argument, NULL, 'T'},
                                            {"execution-from", required_argument, NULL, 'f'},
                                            {"execution-to", required_argument, NULL, 't'},
                                            {"wait", required_argument, NULL, 'w'},
                                            {"markdown", no_argument, NULL, 'm'},
                                            CW_CLI_COMMON_OPTIONS};
    struct request r = {.wait_s = WAIT_S};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = take_option(c, &r);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    const struct cw_audit_range *e = &r.ranges[CW_EXECUTION];
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument");
    if (r.route == NULL || r.ranges[CW_SETTLEMENT].to == 0)
        return cw_cli_usage(help, "--route, --from and --to are needed");
    if (r.ranges[CW_SETTLEMENT].from > r.ranges[CW_SETTLEMENT].to || e->from > e->to)
        return cw_cli_usage(help, "a range ends before it begins");
    if (r.markdown && r.common.json)
        return cw_cli_usage(help, "--markdown goes not with --json");
    return audit(&r);
}
