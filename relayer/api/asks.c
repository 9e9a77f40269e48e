/* What takes calls to endpoints, or a write: asked of the daemon's loop, whose answer is waited
 * for.
 */
#include "api/body.h"
#include "api/internal.h"
#include "cli/message_out.h"
#include "core/questions.h"
#include "store/webhooks.h"
#include "work/relay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WAIT_MS 20000u

/* Again and again, until the loop has answered. */
static void fetch(struct answer *a) {
    struct cw_api_call *call = a->call;
    const struct cw_clock *clock = cw_clock_system();
    unsigned status = 0;
    if (!cw_questions_fetch(a->api->daemon.questions, call->question, &status, &call->out)) {
        if (clock->wall_ms(clock->ctx) < call->until_ms)
            return;
        cw_api_problem(call, 503, "the endpoints have not answered yet: ask again");
        call->retry_after_s = 2;
        return;
    }
    if (status == 200) {
        cw_api_json(call);
    } else {
        char text[512];
        snprintf(text, sizeof text, "%.*s", (int)call->out.n,
                 call->out.n > 0 ? (const char *)call->out.p : "");
        cw_api_problem(call, status != 0 ? status : 503, "%s",
                       status != 0 ? text : "the answer is gone: ask again");
    }
}

static void ask(struct answer *a, const struct cw_question *question) {
    struct cw_api_call *call = a->call;
    const struct cw_clock *clock = cw_clock_system();
    struct cw_error error;
    cw_store_rollback(a->view->store); /* the reader's view would keep the log long */
    if (cw_questions_ask(a->api->daemon.questions, question, &call->question, &error) != CW_OK) {
        cw_api_problem(call, 429, "%s", error.text);
        call->retry_after_s = 2;
        return;
    }
    call->until_ms = clock->wall_ms(clock->ctx) + WAIT_MS;
    fetch(a); /* an equal question's answer may be kept, and for a moment only */
}

static struct cw_question question_of(const struct answer *a, const char *kind) {
    struct cw_question question = {.trusted = a->call->role >= CW_API_OPERATE};
    snprintf(question.kind, sizeof question.kind, "%s", kind);
    return question;
}

/* --- a proof, for whoever relays a message himself ---------------------------------------------
 */

static void show_proof(struct answer *a, const char *const *parts) {
    struct cw_api_call *call = a->call;
    struct cw_question question = question_of(a, CW_ASK_PROOF);
    const struct cw_store_message *message;
    struct cw_addr20 from;
    char subject[CW_SUBJECT_SIZE], hex[CW_HEX_SIZE(20)] = "";
    bool has_from = false;
    if (call->question > 0) {
        fetch(a);
        return;
    }
    const char *route = cw_api_param(call, "route");
    if (!cw_api_param_addr20(call, "from", &has_from, &from) || !cw_api_params_end(call) ||
        !api_take_message(a, parts[0], route, &message))
        return;
    cw_store_subject_write(subject, cw_cli_route(a->view, message->route)->name, &message->m.id);
    if (has_from)
        cw_hex_encode(hex, cw_slice_of(from.b, 20));
    snprintf(question.text, sizeof question.text, "message=%s\nfrom=%s", subject, hex);
    ask(a, &question);
}

/* --- what a transaction sent -------------------------------------------------------------------
 */

static void put_known(struct answer *a, const struct cw_hash32 *tx,
                      const struct cw_store_message *list, size_t n) {
    struct cw_buf *out = &a->call->out;
    const bool more = n > CW_TRACK_MAX;
    const struct cw_store_chain_row *chain = cw_cli_chain(a->view, list[0].chain);
    cw_out_open(out, NULL, '{');
    cw_out_hash32(out, "transaction", tx);
    cw_out_text(out, "state", "found");
    cw_out_text(out, "chain", chain ? chain->name : "?");
    cw_out_u64(out, "block", list[0].m.source.number.v);
    cw_out_open(out, "messages", '[');
    for (size_t i = 0; i < (more ? CW_TRACK_MAX : n); i++) {
        cw_out_open(out, NULL, '{');
        cw_out_message(out, a->view, &list[i]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    cw_out_bool(out, "more", more);
    cw_out_open(out, "asked", '[');
    cw_out_close(out, ']');
    cw_out_close(out, '}');
    cw_api_json(a->call);
}

/* False: answered. */
static bool take_track(struct answer *a, struct cw_hash32 *ret_tx,
                       char ret_chain[CW_ROUTE_NAME_SIZE]) {
    struct cw_api_call *call = a->call;
    char tx[80] = "";
    bool there = false, known = false;
    const struct cw_api_field fields[] = {{"tx", .text = tx, sizeof tx},
                                          {"chain", .text = ret_chain, CW_ROUTE_NAME_SIZE}};
    ret_chain[0] = '\0';
    if (!cw_api_params_end(call) || !cw_api_body(call, fields, CW_COUNT(fields)) ||
        !cw_api_bytes(call, "tx", tx, ret_tx->b, sizeof ret_tx->b, &there))
        return false;
    if (!there) {
        cw_api_problem(call, 400, "\"tx\" is missing: the hash of the transaction");
        return false;
    }
    for (size_t i = 0; i < a->api->config->chains_n; i++)
        known = known || strcmp(a->api->config->chains[i].name, ret_chain) == 0;
    if (ret_chain[0] == '\0' || known)
        return true;
    cw_api_problem(call, 404, "there is no such chain: /v1/chains lists them");
    return false;
}

static void track(struct answer *a, const char *const *parts) {
    struct cw_question question = question_of(a, CW_ASK_TRACK);
    struct cw_hash32 tx;
    struct cw_store_message_filter filter = {.tx = &tx, .limit = CW_TRACK_MAX + 1};
    struct cw_store_message *list = NULL;
    struct cw_error error;
    char chain[CW_ROUTE_NAME_SIZE], hex[CW_HEX_SIZE(32)];
    size_t n = 0;
    (void)parts;
    if (a->call->question > 0) {
        fetch(a);
        return;
    }
    if (!take_track(a, &tx, chain))
        return;
    if (cw_store_messages(a->view->store, &filter, &a->view->arena, &list, &n, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    if (n > 0) {
        put_known(a, &tx, list, n);
        return;
    }
    snprintf(question.text, sizeof question.text, "tx=%s\nchain=%s",
             cw_hex_encode(hex, cw_slice_of(tx.b, 32)), chain);
    ask(a, &question);
}

/* --- webhooks ----------------------------------------------------------------------------------
 */

/* False: answered. Whoever has no token owns nothing. */
static bool is_somebody(struct answer *a) {
    if (a->call->who[0] != '\0')
        return true;
    cw_api_problem(a->call, 401, "a webhook belongs to a token: \"Authorization: Bearer TOKEN\"");
    return false;
}

static bool take_stages(struct cw_api_call *call, const struct cw_json *value, void *out) {
    uint32_t *stages = out;
    const bool is_list = cw_json_type(value) == CW_JSON_ARRAY && cw_json_size(value) > 0;
    if (!is_list)
        cw_api_problem(call, 400, "\"stages\" takes a list of stages");
    for (const struct cw_json *e = is_list ? cw_json_first(value) : NULL; e; e = cw_json_next(e)) {
        enum cw_stage stage;
        bool there = false;
        const char *text = cw_json_string(e);
        if (!api_take_stage(call, text ? text : "", &there, &stage))
            return false;
        *stages |= 1u << stage;
    }
    return is_list;
}

/* What is asked for, as it was sent. */
struct hook_wanted {
    char url[CW_WEBHOOK_URL_SIZE], secret[CW_WEBHOOK_SECRET_SIZE], route[CW_ROUTE_NAME_SIZE];
    char sender[64], target[64], tx[80];
    uint32_t stages;
};

/* False: answered. */
static bool take_hook(struct answer *a, struct hook_wanted *w) {
    struct cw_api_call *call = a->call;
    struct cw_addr20 address;
    struct cw_hash32 tx;
    bool there = false;
    const struct cw_api_field fields[] = {
        {"url", .text = w->url, sizeof w->url},
        {"secret", .text = w->secret, sizeof w->secret},
        {"route", .text = w->route, sizeof w->route},
        {"sender", .text = w->sender, sizeof w->sender},
        {"target", .text = w->target, sizeof w->target},
        {"tx", .text = w->tx, sizeof w->tx},
        {"stages", .take = take_stages, .out = &w->stages},
    };
    if (!cw_api_params_end(call) || !cw_api_body(call, fields, CW_COUNT(fields)) ||
        !cw_api_bytes(call, "sender", w->sender, address.b, sizeof address.b, &there) ||
        !cw_api_bytes(call, "target", w->target, address.b, sizeof address.b, &there) ||
        !cw_api_bytes(call, "tx", w->tx, tx.b, sizeof tx.b, &there))
        return false;
    if (w->url[0] == '\0')
        cw_api_problem(call, 400, "\"url\" is missing");
    else if (w->route[0] != '\0' && !cw_cli_route_named(a->view, w->route))
        cw_api_problem(call, 404, "there is no such route: /v1/routes lists them");
    else
        return true;
    return false;
}

static void add_webhook(struct answer *a, const char *const *parts) {
    struct cw_question question = question_of(a, CW_ASK_WEBHOOK);
    struct hook_wanted w = {.stages = 0};
    (void)parts;
    if (a->call->question > 0) {
        fetch(a);
        return;
    }
    if (!is_somebody(a) || !take_hook(a, &w))
        return;
    snprintf(question.who, sizeof question.who, "%s", a->call->who);
    snprintf(question.text, sizeof question.text,
             "url=%s\nsecret=%s\nroute=%s\nsender=%s\ntarget=%s\ntx=%s\nstages=%u", w.url, w.secret,
             w.route, w.sender, w.target, w.tx, (unsigned)w.stages);
    ask(a, &question);
}

static void end_webhook(struct answer *a, const char *const *parts) {
    struct cw_question question = question_of(a, CW_ASK_WEBHOOK_END);
    uint64_t row = 0;
    if (a->call->question > 0) {
        fetch(a);
        return;
    }
    if (!is_somebody(a) || !cw_api_params_end(a->call) || !cw_api_body(a->call, NULL, 0) ||
        !api_take_number(a, parts[0], "a webhook's id", &row))
        return;
    snprintf(question.who, sizeof question.who, "%s", a->call->who);
    snprintf(question.text, sizeof question.text, "webhook=%" PRIu64, row);
    ask(a, &question);
}

static void put_webhook(struct answer *a, const struct cw_store_webhook *hook) {
    struct cw_buf *out = &a->call->out;
    const struct cw_store_route_row *route = cw_cli_route(a->view, hook->route);
    cw_out_open(out, NULL, '{');
    cw_out_u64(out, "webhook", (uint64_t)hook->row);
    cw_out_text(out, "owner", hook->owner);
    cw_out_text(out, "url", hook->url);
    if (hook->route != 0)
        cw_out_text(out, "route", route ? route->name : "?");
    if (hook->by_sender)
        cw_out_addr20(out, "sender", &hook->sender);
    if (hook->by_target)
        cw_out_addr20(out, "target", &hook->target);
    if (hook->by_tx)
        cw_out_hash32(out, "tx", &hook->tx);
    cw_out_open(out, "stages", '[');
    for (int stage = CW_STAGE_SEEN; stage <= CW_STAGE_EXECUTED_FINAL; stage++)
        if (hook->stages >> stage & 1)
            cw_out_text(out, NULL, cw_stage_name((enum cw_stage)stage));
    cw_out_close(out, ']');
    cw_out_text(out, "state",
                hook->given_up_ms > 0                                         ? "given-up"
                : !cw_config_webhook_allowed(&a->api->config->api, hook->url) ? "not-allowed"
                : hook->failing > 0                                           ? "failing"
                                                                              : "active");
    cw_out_u64(out, "sent", hook->sent);
    cw_out_u64(out, "failing", hook->failing);
    if (hook->failing > 0) {
        cw_out_u64(out, "failingSinceMs", hook->failing_ms);
        cw_out_u64(out, "nextMs", hook->not_before_ms);
    }
    cw_out_some(out, "lastFailure", hook->said);
    if (hook->ok_ms > 0)
        cw_out_u64(out, "lastOkMs", hook->ok_ms);
    cw_out_u64(out, "madeMs", hook->made_ms);
    cw_out_close(out, '}');
}

static void list_webhooks(struct answer *a, const char *const *parts) {
    struct cw_store_webhook *list = NULL;
    struct cw_error error;
    size_t n = 0;
    (void)parts;
    if (!is_somebody(a) || !cw_api_params_end(a->call))
        return;
    const char *owner = a->call->role >= CW_API_OPERATE ? NULL : a->call->who;
    if (cw_store_webhooks(a->view->store, owner, &a->view->arena, &list, &n, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    cw_out_open(&a->call->out, NULL, '{');
    cw_out_open(&a->call->out, "webhooks", '[');
    for (size_t i = 0; i < n; i++)
        put_webhook(a, &list[i]);
    cw_out_close(&a->call->out, ']');
    cw_out_close(&a->call->out, '}');
    cw_api_json(a->call);
}

const struct resource api_asks[] = {
    {false, CW_API_READ, "v1/messages/*/proof", show_proof},
    {true, CW_API_READ, "v1/track", track},
    {false, CW_API_READ, "v1/webhooks", list_webhooks},
    {true, CW_API_READ, "v1/webhooks", add_webhook},
    {true, CW_API_READ, "v1/webhooks/*/end", end_webhook},
    {.path = NULL},
};
