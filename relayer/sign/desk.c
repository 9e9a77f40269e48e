#include "sign/desk.h"

#include "core/log.h"
#include "sign/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cw_desk {
    struct cw_desk_config config;
    char subject[96];
    struct cw_hash32 digest;
};

/* One request to sign, and what becomes of it. */
struct work {
    struct cw_desk *desk;
    const struct cw_wire_asked *asked;
    struct cw_journal_record record;
    const struct cw_sign_chain *chain;
    struct cw_sign_refusal refusal;
    struct cw_buf *out;
};

/* --- lines ------------------------------------------------------------------------------------ */

/* "chain 1, 0x…, 0x4870496f, nonce 7, at most 0.01 ether" */
static const char *describe(const struct work *work, char *out, size_t size) {
    const struct cw_journal_record *r = &work->record;
    char to[CW_HEX_SIZE(20)], digits[CW_HEX_SIZE(4)], fee[CW_WEI_TEXT_SIZE];
    const char *selector = r->has_selector
                               ? cw_hex_encode(digits,
                                               cw_slice_of(r->selector.b, sizeof r->selector.b))
                               : "no function";
    snprintf(out, size, "chain %" PRIu64 ", %s, %s, nonce %" PRIu64 ", at most %s", r->chain_id,
             cw_hex_encode(to, cw_slice_of(r->to.b, sizeof r->to.b)), selector, r->nonce,
             cw_wei_format(fee, &r->fee, "ether"));
    return out;
}

static void answer_refused(struct work *work) {
    const struct cw_desk *desk = work->desk;
    char what[320];
    cw_log(CW_LOG_WARN, desk->subject, "refused (%s): %s: %s",
           cw_sign_code_name(work->refusal.code), describe(work, what, sizeof what),
           work->refusal.text);
    cw_journal_refused(desk->config.journal, &work->record, work->refusal.code);
    cw_wire_put_refused(work->out, work->asked->id, work->refusal.code, work->refusal.text);
}

static void answer_signed(struct work *work, struct cw_slice raw, const struct cw_hash32 *hash,
                          const char *verb) {
    char what[320], hex[CW_HEX_SIZE(32)];
    cw_log(CW_LOG_INFO, work->desk->subject, "%s: %s, %s", verb, describe(work, what, sizeof what),
           cw_hex_encode(hex, cw_slice_of(hash->b, sizeof hash->b)));
    cw_wire_put_signed(work->out, work->asked->id, raw, hash);
}

static void refuse(struct work *work, enum cw_sign_code code, const char *text) {
    work->refusal.code = code;
    snprintf(work->refusal.text, sizeof work->refusal.text, "%.*s", (int)CW_WIRE_TEXT_MAX, text);
    answer_refused(work);
}

/* --- signing ---------------------------------------------------------------------------------- */

/* The signature exists, and does not leave before it is counted. The very same transaction was
 * counted when it was signed before. */
static void count_and_answer(struct work *work, struct cw_slice raw, const struct cw_hash32 *hash) {
    const struct cw_journal_record *record = &work->record;
    struct cw_journal *journal = work->desk->config.journal;
    struct cw_journal_nonce nonce = {0};
    struct cw_journal_usage used;
    struct cw_error error;
    if (cw_journal_nonce(journal, record->chain_id, record->nonce, record->time_ms, &nonce) &&
        cw_hash32_equal(&nonce.hash, hash)) {
        answer_signed(work, raw, hash, "signed again");
        return;
    }
    cw_journal_usage(journal, record->chain_id, record->nonce, record->time_ms, &used);
    if (!cw_sign_judge_budget(work->chain, &used, &nonce, &record->fee, &work->refusal)) {
        answer_refused(work);
        return;
    }
    if (cw_journal_signed(journal, record, hash, &error) != CW_OK) {
        refuse(work, error.code == CW_ERR_MEMORY ? CW_SIGN_MEMORY : CW_SIGN_JOURNAL, error.text);
        return;
    }
    answer_signed(work, raw, hash, nonce.n > 0 ? "signed in place of another" : "signed");
}

static void on_signed(void *ctx, enum cw_err err, struct cw_slice raw, const struct cw_hash32 *hash,
                      const char *text) {
    struct work *work = ctx;
    if (err == CW_OK) {
        count_and_answer(work, raw, hash);
    } else {
        refuse(work, err == CW_ERR_MEMORY ? CW_SIGN_MEMORY : CW_SIGN_TRANSACTION, text);
    }
}

static void sign(struct cw_desk *desk, const struct cw_wire_asked *asked, struct cw_buf *out) {
    const struct cw_sign_request *request = &asked->request;
    struct work work = {
        .desk = desk,
        .asked = asked,
        .record = {.time_ms = desk->config.clock->wall_ms(desk->config.clock->ctx),
                   .chain_id = request->chain_id.v,
                   .nonce = request->nonce,
                   .to = request->to},
        .chain = cw_sign_policy_chain(desk->config.policy, request->chain_id.v),
        .out = out,
    };
    work.record.has_selector = cw_selector_read(&work.record.selector, request->data) == CW_OK;
    if (asked->kind == CW_WIRE_REFUSED) {
        refuse(&work, asked->code, asked->text);
    } else if (!cw_sign_judge(desk->config.policy, cw_signer_address(desk->config.signer), request,
                              &work.record.fee, &work.refusal)) {
        answer_refused(&work);
    } else {
        cw_signer_sign(desk->config.signer, request, on_signed, &work);
    }
}

/* --- the interface ---------------------------------------------------------------------------- */

enum cw_err cw_desk_new(struct cw_desk **ret, const struct cw_desk_config *config,
                        struct cw_error *error) {
    struct cw_desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL || cw_sign_policy_digest(&desk->digest, config->policy) != CW_OK) {
        free(desk);
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer");
    }
    desk->config = *config;
    snprintf(desk->subject, sizeof desk->subject, "%s", config->subject);
    desk->config.subject = desk->subject;
    *ret = desk;
    return CW_OK;
}

void cw_desk_free(struct cw_desk *desk) {
    free(desk);
}

const struct cw_hash32 *cw_desk_digest(const struct cw_desk *desk) {
    return &desk->digest;
}

enum cw_err cw_desk_answer(struct cw_desk *desk, bool *greeted, struct cw_slice body,
                           struct cw_buf *out, struct cw_error *error) {
    struct cw_arena arena;
    struct cw_wire_asked asked;
    cw_arena_init(&arena, CW_SIGN_DATA_MAX + 65536u);
    enum cw_err err = cw_wire_read_asked(&arena, &asked, body, error);
    if (err == CW_OK && (asked.kind == CW_WIRE_HELLO) == *greeted) {
        err = cw_error_set(error, CW_ERR_INPUT,
                           *greeted ? "a second hello" : "a request before hello");
    }
    if (err == CW_OK && asked.kind != CW_WIRE_HELLO) {
        sign(desk, &asked, out);
    } else if (err == CW_OK && asked.version != CW_WIRE_VERSION) {
        char text[96];
        snprintf(text, sizeof text, "this signer speaks version %u, not %" PRIu64, CW_WIRE_VERSION,
                 asked.version);
        cw_wire_put_refused(out, asked.id, CW_SIGN_VERSION, text);
    } else if (err == CW_OK) {
        *greeted = true;
        cw_wire_put_welcome(out, asked.id, CW_WIRE_VERSION, cw_signer_address(desk->config.signer),
                            &desk->digest);
    }
    cw_arena_done(&arena);
    if (err == CW_OK && out->failed) {
        err = cw_error_set(error, CW_ERR_MEMORY, "no memory for an answer");
    }
    return err;
}
