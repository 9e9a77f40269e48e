#include "sign/desk.h"

#include "core/log.h"
#include "sign/judge.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer that waits. */
struct held {
    uint64_t id;
    size_t end;       /* of its frame, in answers */
    const char *verb; /* "signed"; NULL: nothing that a journal has to know */
    struct cw_journal_record record;
    struct cw_hash32 hash;
};

struct cw_desk {
    struct cw_desk_config config;
    char subject[96];
    struct cw_hash32 digest;
    struct cw_buf answers;
    struct held held[CW_JOURNAL_GROUP_MAX];
    size_t held_n;
};

/* One request to sign, and what becomes of it. */
struct work {
    struct cw_desk *desk;
    const struct cw_wire_asked *asked;
    struct cw_journal_record record;
    const struct cw_sign_chain *chain;
    struct cw_sign_refusal refusal;
};

/* --- lines ------------------------------------------------------------------------------------ */

/* "chain 1, 0x…, 0x4870496f, nonce 7, at most 0.01 ether" */
static const char *describe(const struct cw_journal_record *r, char *out, size_t size) {
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

static void log_refused(const struct cw_desk *desk, const struct cw_journal_record *record,
                        enum cw_sign_code code, const char *text) {
    char what[320];
    cw_log(CW_LOG_WARN, desk->subject, "refused (%s): %s: %s", cw_sign_code_name(code),
           describe(record, what, sizeof what), text);
}

static void log_signed(const struct cw_desk *desk, const struct held *held) {
    char what[320], hex[CW_HEX_SIZE(32)];
    cw_log(CW_LOG_INFO, desk->subject, "%s: %s, %s", held->verb,
           describe(&held->record, what, sizeof what),
           cw_hex_encode(hex, cw_slice_of(held->hash.b, sizeof held->hash.b)));
}

/* --- answers ---------------------------------------------------------------------------------- */

/* The frame behind the last one. */
static struct held *hold(struct cw_desk *desk, uint64_t id) {
    struct held *held = &desk->held[desk->held_n++];
    *held = (struct held){.id = id, .end = desk->answers.n};
    return held;
}

static void answer_refused(struct work *work) {
    struct cw_desk *desk = work->desk;
    const struct cw_sign_refusal *refusal = &work->refusal;
    log_refused(desk, &work->record, refusal->code, refusal->text);
    cw_journal_refused(desk->config.journal, &work->record, refusal->code);
    cw_wire_put_refused(&desk->answers, work->asked->id, refusal->code, refusal->text);
    (void)hold(desk, work->asked->id);
}

static void answer_signed(struct work *work, struct cw_slice raw, const struct cw_hash32 *hash,
                          const char *verb) {
    cw_wire_put_signed(&work->desk->answers, work->asked->id, raw, hash);
    struct held *held = hold(work->desk, work->asked->id);
    held->verb = verb;
    held->record = work->record;
    held->hash = *hash;
}

static void refuse(struct work *work, enum cw_sign_code code, const char *text) {
    work->refusal.code = code;
    snprintf(work->refusal.text, sizeof work->refusal.text, "%.*s", (int)CW_WIRE_TEXT_MAX, text);
    answer_refused(work);
}

/* Why a signature is not written down. */
static enum cw_sign_code journal_code(const struct cw_error *error) {
    return error->code == CW_ERR_MEMORY ? CW_SIGN_MEMORY : CW_SIGN_JOURNAL;
}

/* --- signing ---------------------------------------------------------------------------------- */

/* The signature exists, and does not leave before it is counted and that is on disk. The very same
 * transaction was counted when it was signed before. */
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
        refuse(work, journal_code(&error), error.text);
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

static void sign(struct cw_desk *desk, const struct cw_wire_asked *asked) {
    const struct cw_sign_request *request = &asked->request;
    struct work work = {
        .desk = desk,
        .asked = asked,
        .record = {.time_ms = desk->config.clock->wall_ms(desk->config.clock->ctx),
                   .chain_id = request->chain_id.v,
                   .nonce = request->nonce,
                   .to = request->to},
        .chain = cw_sign_policy_chain(desk->config.policy, request->chain_id.v),
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
    cw_buf_init(&desk->answers, CW_DESK_OUT_MAX);
    *ret = desk;
    return CW_OK;
}

void cw_desk_free(struct cw_desk *desk) {
    if (desk == NULL) {
        return;
    }
    cw_buf_done(&desk->answers);
    free(desk);
}

const struct cw_hash32 *cw_desk_digest(const struct cw_desk *desk) {
    return &desk->digest;
}

static void answer_hello(struct cw_desk *desk, bool *greeted, const struct cw_wire_asked *asked) {
    if (asked->version != CW_WIRE_VERSION) {
        char text[96];
        snprintf(text, sizeof text, "this signer speaks version %u, not %" PRIu64, CW_WIRE_VERSION,
                 asked->version);
        cw_wire_put_refused(&desk->answers, asked->id, CW_SIGN_VERSION, text);
    } else {
        *greeted = true;
        cw_wire_put_welcome(&desk->answers, asked->id, CW_WIRE_VERSION,
                            cw_signer_address(desk->config.signer), &desk->digest);
    }
    (void)hold(desk, asked->id);
}

bool cw_desk_full(const struct cw_desk *desk) {
    return desk->held_n == CW_JOURNAL_GROUP_MAX || desk->answers.n > CW_DESK_OUT_MAX / 2;
}

enum cw_err cw_desk_take(struct cw_desk *desk, bool *greeted, struct cw_slice body,
                         struct cw_error *error) {
    struct cw_arena arena;
    struct cw_wire_asked asked;
    assert(!cw_desk_full(desk));
    cw_arena_init(&arena, CW_SIGN_DATA_MAX + 65536u);
    enum cw_err err = cw_wire_read_asked(&arena, &asked, body, error);
    if (err == CW_OK && (asked.kind == CW_WIRE_HELLO) == *greeted) {
        err = cw_error_set(error, CW_ERR_INPUT,
                           *greeted ? "a second hello" : "a request before hello");
    }
    if (err == CW_OK && asked.kind != CW_WIRE_HELLO) {
        sign(desk, &asked);
    } else if (err == CW_OK) {
        answer_hello(desk, greeted, &asked);
    }
    cw_arena_done(&arena);
    if (err == CW_OK && desk->answers.failed) { /* counted at most; it does not leave */
        desk->held_n--;
        desk->answers.n = desk->held_n > 0 ? desk->held[desk->held_n - 1].end : 0;
        desk->answers.failed = false;
        err = cw_error_set(error, CW_ERR_MEMORY, "no memory for an answer");
    }
    return err;
}

enum cw_err cw_desk_settle(struct cw_desk *desk, struct cw_buf *out, struct cw_error *error) {
    struct cw_error why = {0};
    bool written = cw_journal_commit(desk->config.journal, &why) == CW_OK;
    size_t begin = 0;
    for (size_t i = 0; i < desk->held_n; i++) {
        const struct held *held = &desk->held[i];
        if (written || held->verb == NULL) {
            cw_buf_append(out, desk->answers.p + begin, held->end - begin);
        } else {
            cw_wire_put_refused(out, held->id, journal_code(&why), why.text);
            log_refused(desk, &held->record, journal_code(&why), why.text);
        }
        if (written && held->verb != NULL) {
            log_signed(desk, held);
        }
        begin = held->end;
    }
    desk->held_n = 0;
    cw_buf_reset(&desk->answers);
    return out->failed ? cw_error_set(error, CW_ERR_MEMORY, "no memory for an answer") : CW_OK;
}
