/* Webhooks that are asked for, and ended. */
#include "sign/random.h"
#include "sink/hooks.h"
#include "store/command_args.h"
#include "store/webhooks.h"
#include "work/inquiries.h"

#include <monitor/json_out.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEEP_MS       5000u
#define SECRET_BYTES  32u
#define SECRET_LENGTH 16u /* of one that is given, at least */
#define STAGES_KNOWN  ((1u << (CW_STAGE_EXECUTED_FINAL + 1)) - 2u)

static void answer(struct inquiry *inquiry, const struct cw_store_webhook *hook, const char *state,
                   bool with_secret) {
    struct cw_buf out;
    cw_buf_init(&out, 4096);
    cw_out_open(&out, NULL, '{');
    cw_out_u64(&out, "webhook", (uint64_t)hook->row);
    cw_out_text(&out, "state", state);
    if (with_secret)
        cw_out_text(&out, "secret", hook->secret);
    cw_out_close(&out, '}');
    if (out.failed)
        inquiry_refuse(inquiry, 503, "out of memory");
    else
        inquiry_answer(inquiry, 200, cw_buf_slice(&out), KEEP_MS);
    cw_buf_done(&out);
}

/* --- one more --------------------------------------------------------------------------------- */

static bool is_secret(const char *text) {
    for (const char *p = text; *p != '\0'; p++)
        if (*p <= 0x20 || *p >= 0x7f)
            return false;
    return strlen(text) >= SECRET_LENGTH;
}

/* One that was given, or a new one. */
static enum cw_err take_secret(struct cw_store_webhook *hook, const char *text,
                               struct cw_error *error) {
    uint8_t bytes[SECRET_BYTES];
    char hex[CW_HEX_SIZE(SECRET_BYTES)];
    if (cw_command_arg(text, "secret", hook->secret, sizeof hook->secret)[0] != '\0')
        return is_secret(hook->secret)
                   ? CW_OK
                   : cw_error_set(error, CW_ERR_INPUT,
                                  "\"secret\" takes 16 to 128 characters of ASCII, no blanks");
    enum cw_err err = cw_random(bytes, sizeof bytes, error);
    if (err == CW_OK)
        snprintf(hook->secret, sizeof hook->secret, "%s",
                 cw_hex_encode(hex, cw_slice_of(bytes, sizeof bytes)) + 2);
    return err;
}

static enum cw_err take_hook(const struct cw_relay *relay, const struct cw_question *question,
                             struct cw_store_webhook *hook, struct cw_error *error) {
    const char *text = question->text;
    char route[CW_ROUTE_NAME_SIZE];
    struct cw_store_route_row row;
    const uint64_t stages = cw_command_arg_u64(text, "stages");
    snprintf(hook->owner, sizeof hook->owner, "%s", question->who);
    cw_command_arg(text, "url", hook->url, sizeof hook->url);
    cw_command_arg(text, "route", route, sizeof route);
    if (hook->owner[0] == '\0' || (stages & ~(uint64_t)STAGES_KNOWN) != 0 ||
        !cw_command_arg_bytes(text, "sender", hook->sender.b, 20, &hook->by_sender) ||
        !cw_command_arg_bytes(text, "target", hook->target.b, 20, &hook->by_target) ||
        !cw_command_arg_bytes(text, "tx", hook->tx.b, 32, &hook->by_tx))
        return cw_error_set(error, CW_ERR_INPUT, "no webhook can be made of this");
    hook->stages = (uint32_t)stages;
    if (!cw_config_webhook_allowed(&relay->config->api, hook->url))
        return cw_error_set(error, CW_ERR_REFUSED,
                            "the operator allows no webhook at this URL: \"api\", \"webhooks\" of "
                            "the configuration lists what such URLs begin with");
    enum cw_err err = CW_OK;
    if (route[0] != '\0') {
        err = cw_store_route_get(relay->store, route, &row, error);
        hook->route = err == CW_OK ? row.row : 0;
    }
    return err == CW_OK ? take_secret(hook, text, error) : err;
}

static unsigned status_of(enum cw_err err) {
    return err == CW_ERR_INPUT     ? 400
           : err == CW_ERR_REFUSED ? 403
           : err == CW_ERR_LIMIT   ? 409
                                   : 503;
}

void subscribe_begin(struct inquiry *inquiry, const struct cw_question *question) {
    struct cw_relay *relay = inquiry->relay;
    struct cw_store_webhook hook = {0};
    struct cw_error error;
    enum cw_err err = take_hook(relay, question, &hook, &error);
    if (err == CW_OK)
        err = cw_store_webhook_add(relay->store, &hook, wall_ms(relay), &hook.row, &error);
    if (err != CW_OK) {
        inquiry_refuse(inquiry, status_of(err), "%s", error.text);
        return;
    }
    cw_hooks_changed(relay->hooks);
    cw_log(CW_LOG_INFO, "operator", "webhook %" PRId64 " made (by %s)", hook.row, hook.owner);
    answer(inquiry, &hook, "active", true);
}

/* --- one less --------------------------------------------------------------------------------- */

void unsubscribe_begin(struct inquiry *inquiry, const struct cw_question *question) {
    struct cw_relay *relay = inquiry->relay;
    struct cw_store_webhook hook = {.row = (int64_t)cw_command_arg_u64(question->text, "webhook")};
    struct cw_error error;
    bool found = false;
    const char *owner = question->trusted ? NULL : question->who;
    if (cw_store_webhook_end(relay->store, hook.row, owner, &found, &error) != CW_OK) {
        inquiry_refuse(inquiry, 503, "%s", error.text);
    } else if (!found) {
        inquiry_refuse(inquiry, 404, "this token has no webhook %" PRId64, hook.row);
    } else {
        cw_hooks_changed(relay->hooks);
        cw_log(CW_LOG_INFO, "operator", "webhook %" PRId64 " ended (by %s)", hook.row,
               question->who);
        answer(inquiry, &hook, "ended", false);
    }
}
