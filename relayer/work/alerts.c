/* What operators ask of incidents and sinks: acknowledged, silenced, tried. */
#include "store/alerts.h"
#include "store/command_args.h"
#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A test alert that is under way, and who asked for it. */
struct alert_test {
    struct alert_test *next;
    struct cw_relay *relay;
    int64_t command;
    char sink[CW_SUBJECT_SIZE];
};

bool alerts_is_verb(const char *verb) {
    return strcmp(verb, "ack") == 0 || strcmp(verb, "silence") == 0 ||
           strcmp(verb, "unsilence") == 0 || strcmp(verb, "test") == 0;
}

/* 0: none. */
static int64_t row_of(const char *text) {
    char *end = NULL;
    long long row = text[0] >= '1' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;
    return row > 0 && row < INT64_MAX && *end == '\0' ? row : 0;
}

static enum cw_err acknowledge(struct cw_relay *relay, const struct cw_store_command *command,
                               char answer[200], struct cw_error *error) {
    char by[64];
    bool changed = false;
    int64_t row = row_of(command->subject);
    cw_command_arg(command->args, "by", by, sizeof by);
    enum cw_err err = cw_store_incident_ack(relay->store, row, by[0] ? by : "somebody",
                                            command->text, wall_ms(relay), &changed, error);
    if (err == CW_OK)
        snprintf(answer, 200,
                 changed ? "incident %" PRId64 " acknowledged"
                         : "incident %" PRId64
                           " is over, is acknowledged already, or does not exist",
                 row);
    return err;
}

static enum cw_err silence(struct cw_relay *relay, const struct cw_store_command *command,
                           char answer[200], struct cw_error *error) {
    struct cw_store_silence silence = {0};
    enum cw_incident_kind kind;
    int64_t row = 0;
    const uint64_t for_s = cw_command_arg_u64(command->args, "for_s");
    cw_command_arg(command->args, "kind", silence.kind, sizeof silence.kind);
    cw_command_arg(command->args, "route", silence.route, sizeof silence.route);
    cw_command_arg(command->args, "by", silence.by, sizeof silence.by);
    snprintf(silence.subject, sizeof silence.subject, "%s", command->subject);
    snprintf(silence.note, sizeof silence.note, "%s", command->text);
    if (for_s == 0 || for_s > UINT32_MAX ||
        (silence.kind[0] && !cw_incident_kind_parse(&kind, silence.kind))) {
        snprintf(answer, 200, "no time, or a kind of incident that there is not");
        return CW_OK;
    }
    silence.until_ms = wall_ms(relay) + for_s * 1000;
    enum cw_err err = cw_store_silence_add(relay->store, &silence, wall_ms(relay), &row, error);
    if (err == CW_OK)
        snprintf(answer, 200, "silence %" PRId64 " lasts for %" PRIu64 " s", row, for_s);
    return err;
}

static enum cw_err unsilence(struct cw_relay *relay, const struct cw_store_command *command,
                             char answer[200], struct cw_error *error) {
    bool found = false;
    int64_t row = row_of(command->subject);
    enum cw_err err = cw_store_silence_end(relay->store, row, wall_ms(relay), &found, error);
    if (err == CW_OK)
        snprintf(answer, 200,
                 found ? "silence %" PRId64 " is over" : "there is no silence %" PRId64, row);
    return err;
}

/* --- tests ------------------------------------------------------------------------------------ */

bool alerts_is_under_way(const struct cw_relay *relay, int64_t command) {
    for (const struct alert_test *test = relay->alert_tests; test; test = test->next)
        if (test->command == command)
            return true;
    return false;
}

static void drop(struct alert_test *test) {
    struct alert_test **at = &test->relay->alert_tests;
    while (*at != test)
        at = &(*at)->next;
    *at = test->next;
    free(test);
}

void alerts_forget(struct cw_relay *relay) {
    while (relay->alert_tests)
        drop(relay->alert_tests);
}

/* Perhaps within the transaction that began it. */
static void came_back(void *ctx, enum cw_sender_outcome outcome, const char *text,
                      uint32_t retry_after_s) {
    struct alert_test *test = ctx;
    struct cw_relay *relay = test->relay;
    struct cw_error error;
    char answer[200];
    (void)retry_after_s;
    snprintf(answer, sizeof answer, "%s: %.150s",
             outcome == CW_SENDER_TOOK ? CW_SINK_TOOK_IT : "not delivered", text);
    if (cw_store_command_answer(relay->store, test->command, answer, wall_ms(relay), &error) !=
        CW_OK)
        cw_log(CW_LOG_ERROR, "operator", "test of a sink not answered: %s", error.text);
    cw_log(CW_LOG_INFO, "operator", "test %s: %s", test->sink, answer);
    drop(test);
}

static enum cw_err try_sink(struct cw_relay *relay, const struct cw_store_command *command,
                            char answer[200], bool *ret_later, struct cw_error *error) {
    struct alert_test *test = calloc(1, sizeof *test);
    if (!test)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    *test = (struct alert_test){relay->alert_tests, relay, command->row, ""};
    snprintf(test->sink, sizeof test->sink, "%s", command->subject);
    relay->alert_tests = test;
    *ret_later = cw_sinks_test(relay->sinks, test->sink, came_back, test);
    if (!*ret_later) {
        drop(test);
        snprintf(answer, 200, "there is no sink %.100s", command->subject);
    }
    return CW_OK;
}

enum cw_err alerts_command(struct cw_relay *relay, const struct cw_store_command *command,
                           char answer[200], bool *ret_later, struct cw_error *error) {
    if (strcmp(command->verb, "ack") == 0)
        return acknowledge(relay, command, answer, error);
    if (strcmp(command->verb, "silence") == 0)
        return silence(relay, command, answer, error);
    if (strcmp(command->verb, "unsilence") == 0)
        return unsilence(relay, command, answer, error);
    return try_sink(relay, command, answer, ret_later, error);
}
