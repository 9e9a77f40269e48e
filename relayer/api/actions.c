/* What may be asked of the daemon, with a token that may operate: rows of the command table, whose
 * answer is waited for. */
#include "api/body.h"
#include "api/internal.h"
#include "cli/print.h"
#include "cli/retry_many.h"
#include "core/lock.h"
#include "core/log.h"
#include "store/command_args.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WAIT_MS 5000u

/* --- the command ------------------------------------------------------------------------------ */

static void put_answer(struct answer *a, const struct cw_store_command *command) {
    struct cw_buf *out = &a->call->out;
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "command", command->verb);
    cw_out_text(out, "subject", command->subject);
    cw_out_bool(out, "done", command->done);
    if (command->done)
        cw_out_text(out, "answer", command->answer);
    cw_out_close(out, '}');
    cw_api_json(a->call);
    if (!command->done && a->call->status == 200)
        a->call->status = 202;
}

/* The first time it is posted; then its answer is looked for. */
static void carry_out(struct answer *a, const struct cw_store_command *command) {
    struct cw_api_call *call = a->call;
    struct cw_store_command written;
    struct cw_error error;
    struct cw_clock const *clock = cw_clock_system();
    const uint64_t now = clock->wall_ms(clock->ctx);
    if (call->command == 0) {
        cw_store_rollback(a->view->store); /* the reader's view would keep the log long */
        if (cw_store_command_post(a->view->path, command, now, &call->command, &error) != CW_OK)
            cw_api_fail(call, &error);
        call->until_ms = now + WAIT_MS;
        return;
    }
    if (cw_store_command_get(a->view->store, call->command, &written, &error) != CW_OK)
        cw_api_fail(call, &error);
    else if (written.done || now >= call->until_ms)
        put_answer(a, &written);
}

#define REASON_SIZE 120u

static void put_reason(const struct answer *a, struct cw_store_command *command,
                       const char reason[REASON_SIZE]) {
    snprintf(command->text, sizeof command->text, "%s%s(by %s)", reason, reason[0] ? " " : "",
             a->call->who);
}

/* "reason" is the command's text, with who asks. */
static bool take_reason(struct answer *a, struct cw_store_command *command) {
    char reason[REASON_SIZE] = "";
    const struct cw_api_field fields[] = {{"reason", .text = reason, sizeof reason}};
    if (!cw_api_params_end(a->call) || !cw_api_body(a->call, fields, CW_COUNT(fields)))
        return false;
    put_reason(a, command, reason);
    return true;
}

/* --- messages, routes, lanes ------------------------------------------------------------------ */

static void order_message(struct answer *a, const char *id, const char *verb) {
    struct cw_store_command command = {0};
    const struct cw_store_message *message;
    const char *route_name = cw_api_param(a->call, "route");
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    if (!take_reason(a, &command) || !api_take_message(a, id, route_name, &message))
        return;
    cw_store_subject_write(command.subject, cw_cli_route(a->view, message->route)->name,
                           &message->m.id);
    carry_out(a, &command);
}

static void retry_message(struct answer *a, const char *const *parts) {
    order_message(a, parts[0], "retry");
}

static void hold_message(struct answer *a, const char *const *parts) {
    order_message(a, parts[0], "hold");
}

static void release_message(struct answer *a, const char *const *parts) {
    order_message(a, parts[0], "release");
}

/* What messages have in common, as texts. */
struct wanted {
    char stage[24], condition[24], sender[64], target[64], tx[80], reason[REASON_SIZE];
    bool dry_run;
};

/* False: it is answered. */
static bool take_pick(struct answer *a, struct cw_pick *pick, struct wanted *w) {
    struct cw_api_call *call = a->call;
    const struct cw_api_field fields[] = {
        {"route", .text = pick->route, sizeof pick->route},
        {"stage", .text = w->stage, sizeof w->stage},
        {"condition", .text = w->condition, sizeof w->condition},
        {"sender", .text = w->sender, sizeof w->sender},
        {"target", .text = w->target, sizeof w->target},
        {"tx", .text = w->tx, sizeof w->tx},
        {"from", .number = &pick->from_s},
        {"to", .number = &pick->to_s},
        {"limit", .number = &pick->limit},
        {"dryRun", .flag = &w->dry_run},
        {"reason", .text = w->reason, sizeof w->reason},
    };
    if (!cw_api_params_end(call) || !cw_api_body(call, fields, CW_COUNT(fields)) ||
        !api_take_stage(call, w->stage[0] ? w->stage : NULL, &pick->by_stage, &pick->stage) ||
        !api_take_condition(call, w->condition[0] ? w->condition : NULL, &pick->by_condition,
                            &pick->condition) ||
        !cw_api_bytes(call, "sender", w->sender, pick->sender.b, 20, &pick->by_sender) ||
        !cw_api_bytes(call, "target", w->target, pick->target.b, 20, &pick->by_target) ||
        !cw_api_bytes(call, "tx", w->tx, pick->tx.b, 32, &pick->by_tx))
        return false;
    if (cw_pick_is_all(pick))
        cw_api_problem(call, 400,
                       "say which: \"route\", \"stage\", \"condition\", \"sender\", \"target\", "
                       "\"tx\", \"from\" or \"to\"");
    else if (pick->limit == 0 || pick->limit > CW_PICK_MAX)
        cw_api_problem(call, 400, "\"limit\" takes 1 to %u", CW_PICK_MAX);
    else if (pick->from_s > INT64_MAX || pick->to_s > INT64_MAX)
        cw_api_problem(call, 400, "\"from\" and \"to\" take seconds since 1970");
    else if (pick->route[0] != '\0' && !cw_cli_route_named(a->view, pick->route))
        cw_api_problem(call, 404, "there is no such route: /v1/routes lists them");
    else
        return true;
    return false;
}

static void retry_messages(struct answer *a, const char *const *parts) {
    struct cw_store_command command = {.verb = "retry", .subject = "*"};
    struct cw_pick pick = {.limit = 50};
    struct wanted wanted = {.dry_run = false};
    struct cw_picked picked;
    struct cw_error error;
    (void)parts;
    if (!take_pick(a, &pick, &wanted))
        return;
    if (!wanted.dry_run) {
        put_reason(a, &command, wanted.reason);
        cw_pick_write(command.args, &pick);
        carry_out(a, &command);
    } else if (cw_pick_find(a->view->store, &pick, &a->view->arena, &picked, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
    } else {
        cw_out_picked(&a->call->out, a->view, &picked);
        cw_api_json(a->call);
    }
}

static void order_route(struct answer *a, const char *name, const char *verb) {
    struct cw_store_command command = {0};
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    if (!take_reason(a, &command))
        return;
    const struct cw_store_route_row *route = cw_cli_route_named(a->view, name);
    if (!route) {
        cw_api_problem(a->call, 404, "there is no such route: /v1/routes lists them");
        return;
    }
    snprintf(command.subject, sizeof command.subject, "%s", route->name);
    carry_out(a, &command);
}

static void hold_route(struct answer *a, const char *const *parts) {
    order_route(a, parts[0], "hold");
}

static void release_route(struct answer *a, const char *const *parts) {
    order_route(a, parts[0], "release");
}

static void release_lane(struct answer *a, const char *const *parts) {
    struct cw_store_command command = {.verb = "release"};
    char chain[CW_ROUTE_NAME_SIZE], subject[sizeof command.subject];
    struct cw_addr20 address;
    if (!take_reason(a, &command))
        return;
    snprintf(subject, sizeof subject, "%.64s/%.64s", parts[0], parts[1]);
    if (cw_store_subject_read_lane(subject, chain, &address) != CW_OK) {
        cw_api_problem(a->call, 400, "a lane is a chain's name and an address in lower case");
        return;
    }
    snprintf(command.subject, sizeof command.subject, "%s", subject);
    carry_out(a, &command);
}

/* --- incidents -------------------------------------------------------------------------------- */

static void acknowledge(struct answer *a, const char *const *parts) {
    struct cw_store_command command = {.verb = "ack"};
    uint64_t row = 0;
    const struct cw_api_field fields[] = {{"note", .text = command.text, sizeof command.text}};
    if (!cw_api_params_end(a->call) || !cw_api_body(a->call, fields, CW_COUNT(fields)))
        return;
    if (!api_take_number(a, parts[0], "an incident's id", &row))
        return;
    snprintf(command.subject, sizeof command.subject, "%s", parts[0]);
    snprintf(command.args, sizeof command.args, "by=%s", a->call->who);
    carry_out(a, &command);
}

static void silence(struct answer *a, const char *const *parts) {
    struct cw_store_command command = {.verb = "silence"};
    char kind[32] = "", route[CW_ROUTE_NAME_SIZE] = "";
    enum cw_incident_kind known;
    uint64_t for_s = 0;
    const struct cw_api_field fields[] = {
        {"kind", .text = kind, sizeof kind},
        {"route", .text = route, sizeof route},
        {"subject", .text = command.subject, sizeof command.subject},
        {"note", .text = command.text, sizeof command.text},
        {"forSeconds", .number = &for_s},
    };
    (void)parts;
    if (!cw_api_params_end(a->call) || !cw_api_body(a->call, fields, CW_COUNT(fields)))
        return;
    if (for_s == 0 || for_s > UINT32_MAX) {
        cw_api_problem(a->call, 400, "\"forSeconds\" takes 1 to 4294967295");
        return;
    }
    if (kind[0] == '\0' && route[0] == '\0' && command.subject[0] == '\0') {
        cw_api_problem(a->call, 400,
                       "say what: \"kind\", \"route\" or \"subject\" (\"*\" for everything)");
        return;
    }
    if (kind[0] != '\0' && !cw_incident_kind_parse(&known, kind)) {
        cw_api_problem(a->call, 400, "there is no such \"kind\" of incident");
        return;
    }
    snprintf(command.args, sizeof command.args, "for_s=%" PRIu64 "\nkind=%s\nroute=%s\nby=%s",
             for_s, kind, route, a->call->who);
    carry_out(a, &command);
}

static void end_silence(struct answer *a, const char *const *parts) {
    struct cw_store_command command = {.verb = "unsilence"};
    uint64_t row = 0;
    if (!cw_api_params_end(a->call) || !cw_api_body(a->call, NULL, 0))
        return;
    if (!api_take_number(a, parts[0], "a silence's id", &row))
        return;
    snprintf(command.subject, sizeof command.subject, "%s", parts[0]);
    carry_out(a, &command);
}

/* --- the log ---------------------------------------------------------------------------------- */

static void set_log_level(struct answer *a, const char *const *parts) {
    struct cw_store_command command = {.verb = "log-level"};
    char component[80] = "";
    enum cw_log_level level;
    const struct cw_api_field fields[] = {
        {"level", .text = command.subject, sizeof command.subject},
        {"component", .text = component, sizeof component}};
    (void)parts;
    if (!cw_api_params_end(a->call) || !cw_api_body(a->call, fields, CW_COUNT(fields)))
        return;
    if (!cw_log_level_parse(&level, command.subject)) {
        cw_api_problem(a->call, 400, "\"level\" takes debug, info, warn or error");
        return;
    }
    if (component[0] != '\0')
        cw_command_arg_put(command.args, "component", component);
    carry_out(a, &command);
}

const struct resource api_actions[] = {
    {true, CW_API_OPERATE, "v1/messages/retry", retry_messages}, /* before those of one message */
    {true, CW_API_OPERATE, "v1/messages/*/retry", retry_message},
    {true, CW_API_OPERATE, "v1/messages/*/hold", hold_message},
    {true, CW_API_OPERATE, "v1/messages/*/release", release_message},
    {true, CW_API_OPERATE, "v1/routes/*/hold", hold_route},
    {true, CW_API_OPERATE, "v1/routes/*/release", release_route},
    {true, CW_API_OPERATE, "v1/lanes/*/*/release", release_lane},
    {true, CW_API_OPERATE, "v1/incidents/*/acknowledge", acknowledge},
    {true, CW_API_OPERATE, "v1/silences", silence},
    {true, CW_API_OPERATE, "v1/silences/*/end", end_silence},
    {true, CW_API_OPERATE, "v1/log-level", set_log_level},
    {.path = NULL},
};
