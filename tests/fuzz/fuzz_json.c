/* JSON: the first byte chooses whether comments are taken, the rest is the text. What is accepted
 * must hold what the wrapper promises: strings of UTF-8 that survive being quoted and read again,
 * numbers in range, positions inside. */
#include "core/json.h"

#include <monitor/utf8.h>

#include <assert.h>
#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_string(const char *text) {
    const uint8_t *p = (const uint8_t *)text;
    size_t n = strlen(text);
    struct cw_buf quoted;
    struct cw_json_doc *doc = NULL;
    cw_buf_init(&quoted, 8 * n + 16);
    cw_json_quote(&quoted, text);
    assert(!quoted.failed);
    enum cw_err err = cw_json_parse(&doc, cw_buf_slice(&quoted), false, NULL);
    assert(err == CW_OK && strcmp(cw_json_string(cw_json_root(doc)), text) == 0);
    (void)err;
    cw_json_free(doc);
    cw_buf_done(&quoted);
    while (n > 0) {
        uint32_t code;
        size_t size = cw_utf8_read(&code, p, n);
        assert(size > 0);
        p += size;
        n -= size;
    }
}

static void check_value(const struct cw_json_doc *doc, const struct cw_json *value, bool comments,
                        unsigned depth, unsigned *budget) {
    unsigned line = 0, column = 0;
    double number;
    uint64_t integer;
    assert(depth <= CW_JSON_DEPTH);
    if (*budget > 0) { /* each costs a walk over the text */
        --*budget;
        bool located = cw_json_locate(doc, value, &line, &column);
        assert(located == comments && (!located || (line > 0 && column > 0)));
        if (cw_json_string(value) != NULL) {
            check_string(cw_json_string(value));
        }
    }
    if (cw_json_number(&number, value) == CW_OK) {
        assert(isfinite(number) && fabs(number) <= (double)CW_JSON_INTEGER_MAX);
    }
    if (cw_json_u64(&integer, value) == CW_OK) {
        assert(integer <= CW_JSON_INTEGER_MAX);
    }
    for (const struct cw_json *e = cw_json_first(value); e != NULL; e = cw_json_next(e)) {
        if (cw_json_key(e) != NULL) {
            assert(cw_json_get(value, cw_json_key(e)) == e);
        }
        check_value(doc, e, comments, depth + 1, budget);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    bool comments = (data[0] & 1) != 0;
    struct cw_json_doc *doc = NULL;
    struct cw_error error = {CW_OK, ""};
    enum cw_err err = cw_json_parse(&doc, cw_slice_of(data + 1, size - 1), comments, &error);
    if (err == CW_OK) {
        unsigned budget = 50;
        check_value(doc, cw_json_root(doc), comments, 0, &budget);
    } else {
        assert(doc == NULL && error.code == err && error.text[0] != '\0');
    }
    cw_json_free(doc);
    return 0;
}
