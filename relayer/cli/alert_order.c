/* alerts ack, silence, unsilence, test. */
#include "cli/alerts.h"

#include "cli/print.h"
#include "core/config_fields.h"
#include "core/lock.h"
#include "sink/sinks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS   100u
#define KINDS_MAX 64u

/* Fits it into a field of the command, or says that it does not. */
static bool put(char *out, size_t size, const char *text, const char *option) {
    text = text != NULL ? text : "";
    if (strlen(text) >= size || strchr(text, '\n') != NULL) {
        fprintf(stderr, "causeway: %s takes one line of %zu bytes at most\n", option, size - 1);
        return false;
    }
    snprintf(out, size, "%s", text);
    return true;
}

static const char *who(const struct cw_alert_args *args) {
    static const char *const variables[] = {"SUDO_USER", "USER", "LOGNAME"};
    const char *name = args->by;
    for (size_t i = 0; name == NULL && i < CW_COUNT(variables); i++)
        name = getenv(variables[i]);
    return name != NULL && name[0] != '\0' ? name : "somebody";
}

/* Posts it. */
static int carry_out(const struct cw_alert_args *args, struct cw_store_command *command,
                     const char *good) {
    struct cw_cli_view view = {0};
    struct cw_error error;
    int code = cw_cli_view_open(&view, args->common.config, &error) == CW_OK
                   ? cw_cli_order(&view, command, args->wait_ms, args->common.json, good)
                   : cw_cli_fail(&error);
    cw_cli_view_close(&view);
    return code;
}

int cw_alerts_ack(const struct cw_alert_args *args) {
    struct cw_store_command command = {.verb = "ack"};
    char by[64], good[64];
    int64_t row = cw_alerts_row(args->what, "an incident");
    if (row == 0 || !put(command.text, sizeof command.text, args->note, "--note") ||
        !put(by, sizeof by, who(args), "--by"))
        return CW_EXIT_USAGE;
    snprintf(command.subject, sizeof command.subject, "%" PRId64, row);
    snprintf(command.args, sizeof command.args, "by=%s", by);
    snprintf(good, sizeof good, "incident %" PRId64 " acknowledged", row);
    return carry_out(args, &command, good);
}

static bool is_kind(const char *name) {
    const char *names[KINDS_MAX + 1];
    enum cw_incident_kind kind;
    size_t n = 0;
    if (cw_incident_kind_parse(&kind, name))
        return true;
    for (kind = 1; n < KINDS_MAX && cw_incident_kind_name(kind)[0] != '?'; kind++)
        names[n++] = cw_incident_kind_name(kind);
    names[n] = NULL;
    const char *nearest = cw_config_nearest(name, names);
    fprintf(stderr, "causeway: there is no kind of incident \"%s\"%s%s%s\n", cw_config_shown(name),
            nearest != NULL ? ": did you mean \"" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "\"?" : "");
    return false;
}

int cw_alerts_silence(const struct cw_alert_args *args) {
    struct cw_store_command command = {.verb = "silence"};
    char kind[32], route[CW_ROUTE_NAME_SIZE], by[64];
    if (args->for_s == 0 || (args->kind == NULL && args->subject == NULL && args->route == NULL)) {
        fprintf(stderr, "causeway: a silence takes --for TIME, and --kind, --subject or --route "
                        "(--subject '*' for everything)\n");
        return CW_EXIT_USAGE;
    }
    if ((args->kind != NULL && !is_kind(args->kind)) ||
        !put(command.subject, sizeof command.subject, args->subject, "--subject") ||
        !put(command.text, sizeof command.text, args->note, "--note") ||
        !put(kind, sizeof kind, args->kind, "--kind") ||
        !put(route, sizeof route, args->route, "--route") || !put(by, sizeof by, who(args), "--by"))
        return CW_EXIT_USAGE;
    snprintf(command.args, sizeof command.args, "for_s=%" PRIu64 "\nkind=%s\nroute=%s\nby=%s",
             args->for_s, kind, route, by);
    return carry_out(args, &command, "silence ");
}

int cw_alerts_unsilence(const struct cw_alert_args *args) {
    struct cw_store_command command = {.verb = "unsilence"};
    int64_t row = cw_alerts_row(args->what, "a silence");
    if (row == 0)
        return CW_EXIT_USAGE;
    snprintf(command.subject, sizeof command.subject, "%" PRId64, row);
    return carry_out(args, &command, "silence ");
}

/* --- test ------------------------------------------------------------------------------------- */

static enum cw_err find_sink(const struct cw_config *config, const char *name,
                             const struct cw_config_sink **ret, struct cw_error *error) {
    const char *names[CW_CONFIG_NAMES_MAX + 1];
    for (size_t i = 0; i < config->sinks_n; i++) {
        names[i] = config->sinks[i].name;
        if (strcmp(names[i], name) == 0) {
            *ret = &config->sinks[i];
            return CW_OK;
        }
    }
    names[config->sinks_n] = NULL;
    const char *nearest = cw_config_nearest(name, names);
    return cw_error_set(error, CW_ERR_INPUT, "%s: there is no sink \"%s\"%s%s%s", config->path,
                        cw_config_shown(name), nearest != NULL ? ": did you mean \"" : "",
                        nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

struct outcome {
    bool done;
    enum cw_sender_outcome what;
    char text[200];
};

static void came_back(void *ctx, enum cw_sender_outcome what, const char *text,
                      uint32_t retry_after_s) {
    struct outcome *outcome = ctx;
    (void)retry_after_s;
    outcome->done = true;
    outcome->what = what;
    snprintf(outcome->text, sizeof outcome->text, "%.199s", text);
}

/* With a loop and a sender of its own: no daemon runs that would do it. */
static enum cw_err send_here(const struct cw_config_sink *sink, struct outcome *outcome,
                             struct cw_error *error) {
    const struct cw_clock *clock = cw_clock_system();
    struct cw_loop *loop = NULL;
    struct cw_sender *sender = NULL;
    char id[64];
    uint64_t now_ms = clock->wall_ms(clock->ctx);
    snprintf(id, sizeof id, "test-%" PRIu64, now_ms);
    const struct cw_alert alert = cw_sink_test_alert(id, now_ms);
    enum cw_err err = cw_loop_new(&loop, clock, error);
    if (err == CW_OK)
        err = cw_sender_new(&sender, loop, sink, error);
    if (err == CW_OK)
        cw_sender_send(sender, &alert, 1, came_back, outcome);
    while (err == CW_OK && !outcome->done) /* it has a timeout of its own */
        err = cw_loop_step(loop, STEP_MS, error);
    cw_sender_free(sender);
    cw_loop_free(loop);
    return err;
}

static int report(const struct cw_alert_args *args, const struct outcome *outcome) {
    int code = outcome->what == CW_SENDER_TOOK ? CW_EXIT_OK : CW_EXIT_NO;
    const char *what = code == CW_EXIT_OK ? CW_SINK_TOOK_IT : "not delivered";
    char answer[256];
    snprintf(answer, sizeof answer, "%s: %s", what, outcome->text);
    if (args->common.json) {
        struct cw_buf out;
        cw_buf_init(&out, 1u << 16);
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "command", "test");
        cw_out_text(&out, "subject", args->what);
        cw_out_bool(&out, "daemonRuns", false);
        cw_out_bool(&out, "done", true);
        cw_out_text(&out, "answer", answer);
        cw_out_close(&out, '}');
        return cw_out_print(&out, code);
    }
    printf("test %s: ", args->what);
    cw_print(CW_PLAIN, answer);
    putchar('\n');
    return code;
}

static int try_here(const struct cw_alert_args *args, const struct cw_config_sink *sink) {
    struct outcome outcome = {.done = false};
    struct cw_error error;
    return send_here(sink, &outcome, &error) == CW_OK ? report(args, &outcome)
                                                      : cw_cli_fail(&error);
}

int cw_alerts_test(const struct cw_alert_args *args) {
    struct cw_store_command command = {.verb = "test"};
    struct cw_config *config = NULL;
    const struct cw_config_sink *sink = NULL;
    struct cw_error error;
    char path[4096];
    uint64_t pid = 0;
    enum cw_err err = cw_cli_config(&config, args->common.config, &error);
    if (err == CW_OK)
        err = find_sink(config, args->what, &sink, &error);
    if (err != CW_OK) {
        cw_config_free(config);
        return cw_cli_fail(&error);
    }
    snprintf(path, sizeof path, "%s/causeway.db", config->data_dir);
    snprintf(command.subject, sizeof command.subject, "%s", sink->name);
    int code = cw_lock_holder(path, &pid) ? carry_out(args, &command, CW_SINK_TOOK_IT)
                                          : try_here(args, sink);
    cw_config_free(config);
    return code;
}
