#include "survey.h"

#include <causeway/abi.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SEL_VERSION 0x54fd4d50u /* version() */

struct surveyor survey_begin(struct cw_io *io, struct cw_survey *ret) {
    memset(ret, 0, sizeof *ret);
    return (struct surveyor){.io = io, .ret = ret};
}

void survey_end(struct surveyor *s) {
    if (s->ret->state == CW_SURVEY_UNKNOWN) {
        return;
    }
    if (s->pending) {
        s->ret->state = CW_SURVEY_NEED;
    } else if (s->ret->state == 0) {
        s->ret->state = CW_SURVEY_OK;
    }
}

void survey_other(struct surveyor *s, const char *format, ...) {
    va_list args;
    if (s->ret->state != 0) {
        return; /* the first cause */
    }
    s->ret->state = CW_SURVEY_OTHER;
    va_start(args, format);
    vsnprintf(s->ret->text, sizeof s->ret->text, format, args);
    va_end(args);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* NULL: not known yet, or no endpoint can tell. */
static const struct cw_answer *call(struct surveyor *s, enum cw_side side,
                                    const struct cw_addr20 *to, uint32_t selector,
                                    const struct cw_hash32 *word) {
    uint8_t data[36];
    const struct cw_selector head = cw_selector_from_u32(selector);
    memcpy(data, head.b, sizeof head.b);
    if (word != NULL) {
        memcpy(data + 4, word->b, sizeof word->b);
    }
    const struct cw_answer *answer = cw_io_call(s->io, side, &s->io->heads[side].latest, to,
                                                cw_slice_of(data, word != NULL ? 36 : 4));
    if (answer == NULL) {
        s->pending = true;
    } else if (answer->status == CW_ANSWER_UNAVAILABLE) {
        s->ret->state = CW_SURVEY_UNKNOWN;
        snprintf(s->ret->text, sizeof s->ret->text, "%s",
                 answer->text != NULL ? answer->text : "no endpoint answered");
        return NULL;
    }
    return answer;
}

bool survey_word(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                 uint32_t selector, const struct cw_hash32 *word, struct cw_hash32 *ret) {
    const struct cw_answer *answer = call(s, side, to, selector, word);
    if (answer == NULL || answer->status != CW_ANSWER_OK || answer->data.n != 32) {
        return false;
    }
    memcpy(ret->b, answer->data.p, 32);
    return true;
}

bool survey_addr20(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                   uint32_t selector, struct cw_addr20 *ret) {
    struct cw_hash32 word;
    if (!survey_word(s, side, to, selector, NULL, &word)) {
        return false;
    }
    struct cw_abi in = cw_abi_open(cw_slice_of(word.b, 32));
    return cw_abi_addr20(&in, ret) == CW_OK;
}

bool survey_u64(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                uint32_t selector, uint64_t *ret) {
    struct cw_hash32 word;
    if (!survey_word(s, side, to, selector, NULL, &word)) {
        return false;
    }
    struct cw_abi in = cw_abi_open(cw_slice_of(word.b, 32));
    return cw_abi_u64(&in, ret) == CW_OK;
}

bool survey_says_yes(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                     uint32_t selector, const struct cw_addr20 *about) {
    struct cw_hash32 word, argument = {{0}};
    bool yes = false;
    if (about != NULL) {
        memcpy(argument.b + 12, about->b, sizeof about->b);
    }
    if (!survey_word(s, side, to, selector, about != NULL ? &argument : NULL, &word)) {
        return false;
    }
    struct cw_abi in = cw_abi_open(cw_slice_of(word.b, 32));
    return cw_abi_bool(&in, &yes) == CW_OK && yes;
}

bool survey_text(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                 uint32_t selector, char *ret, size_t size) {
    const struct cw_answer *answer = call(s, side, to, selector, NULL);
    struct cw_slice text;
    if (answer == NULL || answer->status != CW_ANSWER_OK) {
        return false;
    }
    struct cw_abi in = cw_abi_open(answer->data);
    if (cw_abi_bytes(&in, &text) != CW_OK || text.n == 0) {
        return false;
    }
    size_t n = text.n < size - 1 ? text.n : size - 1;
    for (size_t i = 0; i < n; i++) {
        ret[i] = text.p[i] >= ' ' && text.p[i] < 0x7f && text.p[i] != '"' && text.p[i] != '\\'
                     ? (char)text.p[i]
                     : '?';
    }
    ret[n] = '\0';
    return true;
}

void survey_why_not(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                    uint32_t selector, char *out, size_t size) {
    const struct cw_answer *answer = call(s, side, to, selector, NULL);
    char text[CW_REVERT_TEXT_SIZE];
    out[0] = '\0';
    if (answer != NULL && answer->status == CW_ANSWER_REVERTED) {
        (void)cw_abi_revert_text(text, answer->data);
        snprintf(out, size, "%s", text);
    }
}

/* --- what was found --------------------------------------------------------------------------- */

void survey_remark(struct surveyor *s, enum cw_remark_kind kind, const char *format, ...) {
    va_list args;
    if (s->ret->remarks_n == CW_SURVEY_REMARKS) {
        return; /* there are more than enough to look at */
    }
    struct cw_remark *remark = &s->ret->remarks[s->ret->remarks_n++];
    remark->kind = kind;
    va_start(args, format);
    vsnprintf(remark->text, sizeof remark->text, format, args);
    va_end(args);
}

void survey_add(struct surveyor *s, const char *key, const char *name, enum cw_side side,
                const struct cw_addr20 *address, const char *by) {
    if (cw_addr20_is_zero(address)) {
        survey_remark(s, CW_REMARK_WRONG,
                      "%s is zero: the contract is not set up (a proxy that was not initialized?)",
                      by);
        return;
    }
    if (s->ret->contracts_n == CW_SURVEY_CONTRACTS) {
        return;
    }
    struct cw_survey_contract *contract = &s->ret->contracts[s->ret->contracts_n++];
    *contract = (struct cw_survey_contract){
        .key = key, .name = name, .side = side, .address = *address};
    (void)survey_text(s, side, address, SEL_VERSION, contract->version, sizeof contract->version);
}

void survey_link(struct surveyor *s, const struct survey_link *link) {
    struct cw_addr20 found;
    char is[CW_HEX_SIZE(20)], wanted[CW_HEX_SIZE(20)];
    if (cw_addr20_is_zero(link->at) || cw_addr20_is_zero(link->is)) {
        return; /* what is missing was remarked on */
    }
    if (!survey_addr20(s, link->side, link->at, link->selector, &found) &&
        (link->older == 0 || !survey_addr20(s, link->side, link->at, link->older, &found))) {
        return;
    }
    if (link->may_be_zero && cw_addr20_is_zero(&found)) {
        return;
    }
    if (cw_addr20_equal(&found, link->is)) {
        s->ret->links++;
        return;
    }
    survey_remark(s, CW_REMARK_WRONG, "%s is %s, and not %s", link->what,
                  cw_addr20_is_zero(&found) ? "zero" : cw_hex_encode(is, cw_slice_of(found.b, 20)),
                  cw_hex_encode(wanted, cw_slice_of(link->is->b, 20)));
}

void survey_chain(struct surveyor *s, const char *who, uint64_t says, struct cw_chain_id is) {
    if (says == is.v) {
        s->ret->links++;
    } else {
        survey_remark(s, CW_REMARK_WRONG,
                      "%s is that of chain %" PRIu64 ", and the execution chain is %" PRIu64, who,
                      says, is.v);
    }
}

const struct cw_survey_contract *cw_survey_find(const struct cw_survey *survey, const char *key) {
    for (size_t i = 0; i < survey->contracts_n; i++) {
        if (strcmp(survey->contracts[i].key, key) == 0) {
            return &survey->contracts[i];
        }
    }
    return NULL;
}
