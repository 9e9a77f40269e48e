#include "monitor/finding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *sentence; /* continues "<endpoint> " */
} kinds[] = {
    [CW_FINDING_OTHER] = {"other", "gave an answer that can't be true"},
    [CW_FINDING_WRONG_CHAIN] = {"wrong_chain", "serves another chain"},
    [CW_FINDING_MALFORMED] = {"malformed", "gave an answer that has not the right form"},
    [CW_FINDING_HEADER_HASH] = {"header_hash",
                                "gave a header that does not hash to the hash it came with"},
    [CW_FINDING_WRONG_BLOCK] = {"wrong_block", "gave another block than the one asked for"},
    [CW_FINDING_PARENT_LINK] = {"parent_link", "gave headers that do not hang together"},
    [CW_FINDING_RECEIPTS_ROOT] = {"receipts_root",
                                  "gave receipts that do not hash to the block's receipts root"},
    [CW_FINDING_LOGS_OMITTED] = {"logs_omitted", "left out a log that the receipts prove"},
    [CW_FINDING_LOGS_FORGED] = {"logs_forged", "gave a log that the chain does not have"},
    [CW_FINDING_FINAL_MISMATCH] = {"final_mismatch",
                                   "named a final block that is not on the chain it serves"},
    [CW_FINDING_FINAL_REORG] = {"final_reorg", "replaced a block that was final"},
    [CW_FINDING_PROOF] = {"proof", "gave a proof that does not verify"},
    [CW_FINDING_OUTVOTED] = {"outvoted", "gave another answer than a quorum of operators does"},
};

static size_t index_of(enum cw_finding_kind kind) {
    size_t i = (size_t)kind;
    return i < CW_COUNT(kinds) ? i : 0;
}

const char *cw_finding_kind_name(enum cw_finding_kind kind) {
    return kinds[index_of(kind)].name;
}

bool cw_finding_kind_parse(enum cw_finding_kind *ret, const char *name, size_t name_n) {
    for (size_t i = 0; i < CW_COUNT(kinds); i++) {
        if (strlen(kinds[i].name) == name_n && memcmp(kinds[i].name, name, name_n) == 0) {
            *ret = (enum cw_finding_kind)i;
            return true;
        }
    }
    return false;
}

char *cw_finding_note(char out[CW_FINDING_NOTE_SIZE], enum cw_finding_kind kind,
                      const char *detail) {
    snprintf(out, CW_FINDING_NOTE_SIZE, "%s: %s", cw_finding_kind_name(kind), detail);
    return out;
}

void cw_finding_read(struct cw_finding *ret, const char *chain, const char *endpoint,
                     const char *method, const char *text) {
    *ret = (struct cw_finding){CW_FINDING_OTHER, chain, endpoint, method, text};
    const char *word = text;
    for (const char *end = strstr(word, ": "); end; end = strstr(word, ": ")) {
        if (cw_finding_kind_parse(&ret->kind, word, (size_t)(end - word))) {
            ret->detail = end + 2;
            return;
        }
        word = end + 2;
    }
}

static void plain(struct cw_buf *out, const char *text) {
    for (const char *p = text; *p; p++) {
        bool control = (unsigned char)*p < 0x20 || *p == 0x7f;
        cw_buf_append(out, control ? "?" : p, 1);
    }
}

void cw_finding_text(struct cw_buf *out, const struct cw_finding *finding) {
    plain(out, finding->endpoint[0] ? finding->endpoint : "an endpoint");
    if (finding->chain[0]) {
        cw_buf_text(out, " (");
        plain(out, finding->chain);
        cw_buf_text(out, ")");
    }
    cw_buf_text(out, " ");
    cw_buf_text(out, kinds[index_of(finding->kind)].sentence);
    if (finding->method[0]) {
        cw_buf_text(out, ", ");
        plain(out, finding->method);
    }
    if (finding->detail[0]) {
        cw_buf_text(out, ": ");
        plain(out, finding->detail);
    }
}

static void quote(struct cw_buf *out, const char *p, size_t n) {
    cw_buf_text(out, "\"");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '"' || c == '\\') {
            cw_buf_format(out, "\\%c", c);
        } else if (c < 0x20 || c >= 0x7f) {
            cw_buf_format(out, "\\u%04x", (unsigned)c);
        } else {
            cw_buf_append(out, &c, 1);
        }
    }
    cw_buf_text(out, "\"");
}

static void member(struct cw_buf *out, const char *key, const char *value) {
    cw_buf_format(out, ",\"%s\":", key);
    quote(out, value, strlen(value));
}

void cw_finding_json(struct cw_buf *out, const struct cw_finding *finding, uint64_t time_ms) {
    cw_buf_format(out, "{\"time_ms\":%" PRIu64, time_ms);
    member(out, "kind", cw_finding_kind_name(finding->kind));
    member(out, "chain", finding->chain);
    member(out, "endpoint", finding->endpoint);
    member(out, "method", finding->method);
    member(out, "detail", finding->detail);
    struct cw_buf sentence;
    cw_buf_init(&sentence, 4096);
    cw_finding_text(&sentence, finding);
    cw_buf_text(out, ",\"text\":");
    if (sentence.failed) {
        out->failed = true;
    } else {
        quote(out, (const char *)sentence.p, sentence.n);
    }
    cw_buf_done(&sentence);
    cw_buf_text(out, "}\n");
}
