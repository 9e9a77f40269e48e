#include "api/body.h"

#include <stdio.h>
#include <string.h>

static bool take_value(struct cw_api_call *call, const struct cw_api_field *field,
                       const struct cw_json *value) {
    const char *text = cw_json_string(value);
    if (field->take)
        return field->take(call, value, field->out);
    if (field->number) {
        if (cw_json_u64(field->number, value) == CW_OK)
            return true;
        cw_api_problem(call, 400, "\"%s\" takes a whole number", field->key);
    } else if (field->flag) {
        if (cw_json_bool(field->flag, value) == CW_OK)
            return true;
        cw_api_problem(call, 400, "\"%s\" takes true or false", field->key);
    } else {
        if (text && strlen(text) < field->size && strpbrk(text, "\r\n") == NULL) {
            snprintf(field->text, field->size, "%s", text);
            return true;
        }
        cw_api_problem(call, 400, "\"%s\" takes one line of text, %zu bytes at most", field->key,
                       field->size - 1);
    }
    return false;
}

static bool take_member(struct cw_api_call *call, const struct cw_json *member,
                        const struct cw_api_field *fields, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].key, cw_json_key(member)) == 0)
            return take_value(call, &fields[i], member);
    cw_api_problem(call, 400, "the body has a member that is not known here");
    return false;
}

bool cw_api_body(struct cw_api_call *call, const struct cw_api_field *fields, size_t n) {
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
         m = cw_json_next(m))
        good = take_member(call, m, fields, n);
    cw_json_free(doc);
    return good;
}

bool cw_api_bytes(struct cw_api_call *call, const char *key, const char *text, uint8_t *out,
                  size_t n, bool *ret_there) {
    *ret_there = text[0] != '\0';
    if (!*ret_there || cw_hex_decode(out, n, text, strlen(text)) == CW_OK)
        return true;
    cw_api_problem(call, 400, "\"%s\" takes 0x and %zu digits", key, 2 * n);
    return false;
}
