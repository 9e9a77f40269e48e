/* What takes calls to endpoints, or a write: asked of the daemon's loop, whose answer is waited
 * for.
 */
#include "api/body.h"
#include "api/internal.h"
#include "cli/message_out.h"
#include "core/questions.h"
#include "work/relay.h"

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
    const struct cw_store_chain_row *chain = cw_cli_chain(a->view, list[0].chain);
    cw_out_open(out, NULL, '{');
    cw_out_hash32(out, "transaction", tx);
    cw_out_text(out, "state", "found");
    cw_out_text(out, "chain", chain ? chain->name : "?");
    cw_out_u64(out, "block", list[0].m.source.number.v);
    cw_out_open(out, "messages", '[');
    for (size_t i = 0; i < n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_message(out, a->view, &list[i]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
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
    struct cw_store_message_filter filter = {.tx = &tx, .limit = 64};
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

const struct resource api_asks[] = {
    {false, CW_API_READ, "v1/messages/*/proof", show_proof},
    {true, CW_API_READ, "v1/track", track},
    {.path = NULL},
};
