/* What may be asked of the daemon, with a token that may operate: rows of the command table, whose
 * answer is waited for. */
#include "api/internal.h"
#include "cli/print.h"
#include "core/json.h"
#include "core/lock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WAIT_MS 5000u

/* --- the body --------------------------------------------------------------------------------- */

/* One text of the body, and where it goes. */
struct field {
    const char *key;
    char *out;
    size_t size;
};

static bool take_field(struct cw_api_call *call, const struct cw_json *member,
                       const struct field *fields, size_t n) {
    const char *key = cw_json_key(member), *text = cw_json_string(member);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].key, key) != 0)
            continue;
        if (!text || strlen(text) >= fields[i].size || strpbrk(text, "\r\n") != NULL) {
            cw_api_problem(call, 400, "\"%s\" takes one line of text, %zu bytes at most", key,
                           fields[i].size - 1);
            return false;
        }
        snprintf(fields[i].out, fields[i].size, "%s", text);
        return true;
    }
    cw_api_problem(call, 400, "the body has a member that is not known here");
    return false;
}

/* An object of texts; an empty body is an empty object. *ret_s: the member "forSeconds", where it
 * may be given. */
static bool take_body(struct cw_api_call *call, const struct field *fields, size_t n,
                      uint64_t *ret_s) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    if (call->body.n == 0)
        return true;
    if (cw_json_parse(&doc, call->body, false, &error) != CW_OK) {
        cw_api_problem(call, 400, "the body is no JSON: %s", error.text);
        return false;
    }
    const struct cw_json *root = cw_json_root(doc);
    bool good = cw_json_type(root) == CW_JSON_OBJECT;
    if (!good)
        cw_api_problem(call, 400, "the body is no object");
    for (const struct cw_json *m = good ? cw_json_first(root) : NULL; good && m;
         m = cw_json_next(m)) {
        if (!ret_s || strcmp(cw_json_key(m), "forSeconds") != 0) {
            good = take_field(call, m, fields, n);
        } else if (cw_json_u64(ret_s, m) != CW_OK) {
            cw_api_problem(call, 400, "\"forSeconds\" takes a whole number");
            good = false;
        }
    }
    cw_json_free(doc);
    return good;
}

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

/* "reason" is the command's text, with who asks. */
static bool take_reason(struct answer *a, struct cw_store_command *command) {
    char reason[120] = "";
    const struct field fields[] = {{"reason", reason, sizeof reason}};
    if (!cw_api_params_end(a->call) || !take_body(a->call, fields, CW_COUNT(fields), NULL))
        return false;
    snprintf(command->text, sizeof command->text, "%s%s(by %s)", reason, reason[0] ? " " : "",
             a->call->who);
    return true;
}

/* --- messages, routes, lanes ------------------------------------------------------------------ */

static void order_message(struct answer *a, const char *id, const char *verb) {
    struct cw_store_command command = {0};
    struct cw_store_message *list = NULL;
    struct cw_error error;
    size_t n = 0;
    const char *route_name = cw_api_param(a->call, "route");
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    if (!take_reason(a, &command))
        return;
    if (cw_cli_find(a->view, id, route_name, &list, &n, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    const struct cw_store_route_row *route = n == 1 ? cw_cli_route(a->view, list[0].route) : NULL;
    if (!route) {
        cw_api_problem(a->call, n > 1 ? 409 : 404,
                       n > 1 ? "that transaction sent several messages: give the id of one"
                             : "no message has this id");
        return;
    }
    cw_store_subject_write(command.subject, route->name, &list[0].m.id);
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

static void order_route(struct answer *a, const char *name, const char *verb) {
    struct cw_store_command command = {0};
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    if (!take_reason(a, &command))
        return;
    const struct cw_store_route_row *route = cw_cli_route_named(a->view, name);
    if (!route) {
        cw_api_problem(a->call, 404, "there is no such route: /v1/status lists them");
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

static bool is_number(const char *text) {
    const size_t n = strspn(text, "0123456789");
    return n > 0 && n < 19 && text[n] == '\0' && text[0] != '0';
}

static void acknowledge(struct answer *a, const char *const *parts) {
    struct cw_store_command command = {.verb = "ack"};
    const struct field fields[] = {{"note", command.text, sizeof command.text}};
    if (!cw_api_params_end(a->call) || !take_body(a->call, fields, CW_COUNT(fields), NULL))
        return;
    if (!is_number(parts[0])) {
        cw_api_problem(a->call, 400, "an incident's id is a number");
        return;
    }
    snprintf(command.subject, sizeof command.subject, "%s", parts[0]);
    snprintf(command.args, sizeof command.args, "by=%s", a->call->who);
    carry_out(a, &command);
}

static void silence(struct answer *a, const char *const *parts) {
    struct cw_store_command command = {.verb = "silence"};
    char kind[32] = "", route[CW_ROUTE_NAME_SIZE] = "";
    const struct field fields[] = {{"kind", kind, sizeof kind},
                                   {"route", route, sizeof route},
                                   {"subject", command.subject, sizeof command.subject},
                                   {"note", command.text, sizeof command.text}};
    enum cw_incident_kind known;
    uint64_t for_s = 0;
    (void)parts;
    if (!cw_api_params_end(a->call) || !take_body(a->call, fields, CW_COUNT(fields), &for_s))
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
    if (!cw_api_params_end(a->call) || !take_body(a->call, NULL, 0, NULL))
        return;
    if (!is_number(parts[0])) {
        cw_api_problem(a->call, 400, "a silence's id is a number");
        return;
    }
    snprintf(command.subject, sizeof command.subject, "%s", parts[0]);
    carry_out(a, &command);
}

const struct resource api_actions[] = {
    {true, CW_API_OPERATE, "v1/messages/*/retry", retry_message},
    {true, CW_API_OPERATE, "v1/messages/*/hold", hold_message},
    {true, CW_API_OPERATE, "v1/messages/*/release", release_message},
    {true, CW_API_OPERATE, "v1/routes/*/hold", hold_route},
    {true, CW_API_OPERATE, "v1/routes/*/release", release_route},
    {true, CW_API_OPERATE, "v1/lanes/*/*/release", release_lane},
    {true, CW_API_OPERATE, "v1/incidents/*/acknowledge", acknowledge},
    {true, CW_API_OPERATE, "v1/silences", silence},
    {true, CW_API_OPERATE, "v1/silences/*/end", end_silence},
    {.path = NULL},
};
