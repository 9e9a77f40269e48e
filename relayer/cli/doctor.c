#include "cli/doctor.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "core/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS        100u
#define TIMEOUT_S      60u
#define TIMEOUT_MAX_S  3600u
#define QUESTION_MS    15000u
#define SIGNER_WAIT_MS 5000u
#define OUTPUT_BYTES   (4u << 20)

static const char help[] =
    "usage: causeway doctor [--timeout SECONDS] [--config FILE] [--json]\n"
    "\n"
    "Examines all that the configuration names, and says what is well, what is not, and what to "
    "do\n"
    "about it: endpoints (chain, age of the heads, how far back state and proofs go, ranges of\n"
    "logs, batches, latency, whether they agree), the routes' contracts and what ties them to "
    "each\n"
    "other, signers (key, balance, nonces), disk, clock, sinks. Signs and sends nothing.\n"
    "\n"
    "  --timeout SECONDS  ends by then, and says what was not looked at (default 60)\n"
    "  --config FILE      configuration (default: see causeway --help)\n"
    "  --json             output for programs\n"
    "\n"
    "exit: 0 well (with warnings, perhaps), 1 something is wrong, 2 bad configuration or usage,\n"
    "      3 something could not be told\n";

/* --- lists ------------------------------------------------------------------------------------ */

void cw_doctor_vadd(struct cw_doctor_list *list, enum cw_doctor_level level, const char *part,
                    const char *where, const char *advice, const char *format, va_list args) {
    if (list->n == list->cap) {
        const size_t cap = list->cap > 0 ? 2 * list->cap : 16;
        struct cw_doctor_line *p = realloc(list->p, cap * sizeof *p);
        if (p == NULL) {
            list->failed = true;
            return;
        }
        list->p = p;
        list->cap = cap;
    }
    struct cw_doctor_line *line = &list->p[list->n++];
    line->level = level;
    line->part = part;
    snprintf(line->where, sizeof line->where, "%s", where);
    snprintf(line->advice, sizeof line->advice, "%s", advice != NULL ? advice : "");
    vsnprintf(line->text, sizeof line->text, format, args);
}

void cw_doctor_add(struct cw_doctor_list *list, enum cw_doctor_level level, const char *part,
                   const char *where, const char *advice, const char *format, ...) {
    va_list args;
    va_start(args, format);
    cw_doctor_vadd(list, level, part, where, advice, format, args);
    va_end(args);
}

void cw_doctor_list_done(struct cw_doctor_list *list) {
    free(list->p);
    *list = (struct cw_doctor_list){0};
}

static void append(struct cw_doctor_list *to, const struct cw_doctor_list *from) {
    for (size_t i = 0; i < from->n; i++)
        cw_doctor_add(to, from->p[i].level, from->p[i].part, from->p[i].where, from->p[i].advice,
                      "%s", from->p[i].text);
    to->failed = to->failed || from->failed;
}

/* --- the examination -------------------------------------------------------------------------- */

struct doctor {
    const struct cw_config *config;
    struct cw_loop *loop;
    uint64_t end_ms;       /* monotonic */
    struct cw_exam *exams; /* one an endpoint, in the order of the configuration */
    size_t exams_n;
    struct cw_signer_exam *signers;
    struct cw_route_exam *routes;
    struct cw_doctor_list *chains; /* of each chain: whether its endpoints agree */
    struct cw_doctor_list all;
};

/* A route whose messages are counted, or proven, by the state of that chain. */
static bool proves(const struct cw_config *config, const struct cw_config_chain *chain) {
    for (size_t i = 0; i < config->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[i];
        if (route->adapter->counter != NULL && chain->mode != CW_MODE_QUORUM &&
            cw_config_side(config, route, route->adapter->source) == chain)
            return true;
    }
    return false;
}

static enum cw_err open_exam(struct doctor *d, const struct cw_config_chain *chain,
                             const struct cw_config_endpoint *endpoint, bool only_sends,
                             struct cw_error *error) {
    struct cw_exam *e = &d->exams[d->exams_n];
    enum cw_err err = cw_probe_new(&e->probe, d->loop, endpoint->url, QUESTION_MS, error);
    if (err != CW_OK)
        return err;
    e->config = d->config;
    e->chain = chain;
    e->endpoint = endpoint;
    e->proves = proves(d->config, chain);
    e->only_sends = only_sends;
    snprintf(e->where, sizeof e->where, "%s, %s", chain->name, cw_probe_host(e->probe));
    d->exams_n++;
    return CW_OK;
}

static enum cw_err open_exams(struct doctor *d, struct cw_error *error) {
    const struct cw_config *config = d->config;
    enum cw_err err = CW_OK;
    size_t n = 0;
    for (size_t i = 0; i < config->chains_n; i++)
        n += config->chains[i].endpoints_n + config->chains[i].send_n;
    d->exams = calloc(n + 1, sizeof *d->exams);
    d->chains = calloc(config->chains_n + 1, sizeof *d->chains);
    if (d->exams == NULL || d->chains == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < config->chains_n; i++) {
        const struct cw_config_chain *chain = &config->chains[i];
        for (size_t k = 0; err == CW_OK && k < chain->endpoints_n; k++)
            err = open_exam(d, chain, &chain->endpoints[k], false, error);
        for (size_t k = 0; err == CW_OK && k < chain->send_n; k++)
            err = open_exam(d, chain, &chain->send[k], true, error);
    }
    return err;
}

static enum cw_err open_signers(struct doctor *d, struct cw_error *error) {
    d->signers = calloc(d->config->signers_n + 1, sizeof *d->signers);
    if (d->signers == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < d->config->signers_n; i++) {
        d->signers[i].config = d->config;
        d->signers[i].signer = &d->config->signers[i];
        d->signers[i].index = i;
        cw_signer_exam_open(&d->signers[i], d->loop, SIGNER_WAIT_MS);
    }
    return CW_OK;
}

static enum cw_err open_routes(struct doctor *d, struct cw_error *error) {
    d->routes = calloc(d->config->routes_n + 1, sizeof *d->routes);
    if (d->routes == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < d->config->routes_n; i++) {
        d->routes[i].config = d->config;
        d->routes[i].route = &d->config->routes[i];
    }
    return CW_OK;
}

/* One phase: steps the loop until it is over, and ends it when time is up. */
static enum cw_err drive(struct doctor *d, bool (*go)(struct doctor *d), struct cw_error *error) {
    const struct cw_clock *clock = cw_loop_clock(d->loop);
    bool closed = false;
    for (;;) {
        if (go(d))
            return CW_OK;
        if (closed)
            return cw_error_set(error, CW_ERR_IO, "the examination does not end");
        if (clock->monotonic_ms(clock->ctx) >= d->end_ms) {
            static const char text[] = "time is up";
            for (size_t i = 0; i < d->exams_n; i++)
                cw_probe_close(d->exams[i].probe, text);
            for (size_t i = 0; i < d->config->signers_n; i++)
                if (d->signers[i].remote != NULL)
                    cw_probe_close(d->signers[i].remote, text);
            closed = true;
            continue;
        }
        enum cw_err err = cw_loop_step(d->loop, STEP_MS, error);
        if (err != CW_OK)
            return err;
    }
}

static bool go_endpoints(struct doctor *d) {
    bool done = true;
    for (size_t i = 0; i < d->exams_n; i++) {
        if (!d->exams[i].done && cw_probe_news(d->exams[i].probe))
            cw_exam_go(&d->exams[i]);
        done = done && d->exams[i].done;
    }
    return done;
}

/* What takes endpoints that are well. */
static bool go_rest(struct doctor *d) {
    bool done = true;
    for (size_t i = 0; i < d->config->chains_n; i++)
        done = cw_exam_compare(d->exams, d->exams_n, &d->config->chains[i], &d->chains[i]) && done;
    for (size_t i = 0; i < d->config->signers_n; i++) {
        if (!d->signers[i].done)
            cw_signer_exam_go(&d->signers[i], d->exams, d->exams_n);
        done = done && d->signers[i].done;
    }
    for (size_t i = 0; i < d->config->routes_n; i++)
        done = cw_route_exam_go(&d->routes[i], d->routes, i, d->exams, d->exams_n) && done;
    return done;
}

static void collect(struct doctor *d) {
    for (size_t i = 0; i < d->config->chains_n; i++) {
        for (size_t k = 0; k < d->exams_n; k++)
            if (d->exams[k].chain == &d->config->chains[i])
                append(&d->all, &d->exams[k].list);
        append(&d->all, &d->chains[i]);
    }
    for (size_t i = 0; i < d->config->routes_n; i++)
        append(&d->all, &d->routes[i].list);
    for (size_t i = 0; i < d->config->signers_n; i++)
        append(&d->all, &d->signers[i].list);
    cw_doctor_clock(d->exams, d->exams_n, &d->all);
    cw_doctor_disk(d->config, &d->all);
    cw_doctor_files(d->config, &d->all);
}

static enum cw_err examine(struct doctor *d, struct cw_error *error) {
    const struct cw_clock *clock = cw_loop_clock(d->loop);
    const uint64_t began = clock->monotonic_ms(clock->ctx);
    enum cw_err err = open_signers(d, error);
    d->end_ms += began;
    if (err == CW_OK)
        err = open_exams(d, error);
    if (err == CW_OK)
        err = open_routes(d, error);
    if (err == CW_OK)
        err = drive(d, go_endpoints, error);
    if (err == CW_OK)
        err = drive(d, go_rest, error);
    if (err == CW_OK)
        collect(d);
    return err == CW_OK && d->all.failed ? cw_error_set(error, CW_ERR_MEMORY, "out of memory")
                                         : err;
}

static void doctor_done(struct doctor *d) {
    for (size_t i = 0; d->signers != NULL && i < d->config->signers_n; i++)
        cw_signer_exam_close(&d->signers[i]);
    for (size_t i = 0; d->exams != NULL && i < d->exams_n; i++) {
        cw_doctor_list_done(&d->exams[i].list);
        cw_probe_free(d->exams[i].probe);
    }
    for (size_t i = 0; d->chains != NULL && i < d->config->chains_n; i++)
        cw_doctor_list_done(&d->chains[i]);
    for (size_t i = 0; d->routes != NULL && i < d->config->routes_n; i++)
        cw_doctor_list_done(&d->routes[i].list);
    cw_doctor_list_done(&d->all);
    free(d->routes);
    free(d->signers);
    free(d->exams);
    free(d->chains);
    cw_loop_free(d->loop);
}

/* --- output ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum cw_style style;
} levels[] = {
    [CW_DOCTOR_OK] = {"ok", CW_GOOD},
    [CW_DOCTOR_WARN] = {"warn", CW_WARN},
    [CW_DOCTOR_FAIL] = {"fail", CW_BAD},
    [CW_DOCTOR_UNKNOWN] = {"unknown", CW_WARN},
};

static size_t count(const struct cw_doctor_list *list, enum cw_doctor_level level) {
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += list->p[i].level == level;
    return n;
}

static int exit_code(const struct cw_doctor_list *list) {
    return count(list, CW_DOCTOR_FAIL) > 0      ? CW_EXIT_NO
           : count(list, CW_DOCTOR_UNKNOWN) > 0 ? CW_EXIT_UNKNOWN
                                                : CW_EXIT_OK;
}

static int print_json(const struct cw_config *config, const struct cw_doctor_list *list) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_text(&out, "config", config->path);
    cw_out_open(&out, "counts", '{');
    for (int level = CW_DOCTOR_OK; level <= CW_DOCTOR_UNKNOWN; level++)
        cw_out_u64(&out, levels[level].name, count(list, (enum cw_doctor_level)level));
    cw_out_close(&out, '}');
    cw_out_open(&out, "checks", '[');
    for (size_t i = 0; i < list->n; i++) {
        const struct cw_doctor_line *line = &list->p[i];
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "part", line->part);
        cw_out_text(&out, "where", line->where);
        cw_out_text(&out, "level", levels[line->level].name);
        cw_out_text(&out, "text", line->text);
        cw_out_some(&out, "advice", line->advice);
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    cw_out_close(&out, '}');
    return cw_out_print(&out, exit_code(list));
}

static int print_text(const struct cw_doctor_list *list) {
    const char *part = "", *where = "";
    for (size_t i = 0; i < list->n; i++) {
        const struct cw_doctor_line *line = &list->p[i];
        if (strcmp(part, line->part) != 0 || strcmp(where, line->where) != 0) {
            char heading[CW_DOCTOR_WHERE + 32];
            snprintf(heading, sizeof heading, "%s %s", line->part, line->where);
            cw_print_heading(heading);
        }
        part = line->part;
        where = line->where;
        cw_print_pair(levels[line->level].name, levels[line->level].style, line->text);
        if (line->advice[0] != '\0')
            cw_print_pair("", CW_PLAIN, line->advice);
    }
    const size_t warnings = count(list, CW_DOCTOR_WARN);
    printf("\n%zu ok, %zu warning%s, %zu wrong, %zu not told\n", count(list, CW_DOCTOR_OK),
           warnings, warnings == 1 ? "" : "s", count(list, CW_DOCTOR_FAIL),
           count(list, CW_DOCTOR_UNKNOWN));
    return exit_code(list);
}

/* What goes wrong is a line of the report. */
static void drop(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    (void)line;
}

int cw_cmd_doctor(int argc, char **argv) {
    static const struct option options[] = {{"timeout", required_argument, NULL, 't'},
                                            CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    size_t timeout_s = TIMEOUT_S;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 't') {
            if (!cw_cli_limit(optarg, TIMEOUT_MAX_S, &timeout_s))
                return cw_cli_usage(help, "--timeout takes 1 to 3600 seconds");
            continue;
        }
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument; a file goes with --config");
    struct cw_error error;
    struct cw_config *config = NULL;
    if (cw_cli_config(&config, common.config, &error) != CW_OK)
        return cw_cli_fail(&error);
    cw_log_redirect(drop, NULL);
    struct doctor d = {.config = config, .end_ms = timeout_s * 1000};
    enum cw_err err = cw_loop_new(&d.loop, cw_clock_system(), &error);
    if (err == CW_OK)
        err = examine(&d, &error);
    int code = err != CW_OK  ? cw_cli_fail(&error)
               : common.json ? print_json(config, &d.all)
                             : print_text(&d.all);
    doctor_done(&d);
    cw_config_free(config);
    return code;
}
