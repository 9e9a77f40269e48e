/* The body of a request: one JSON object of texts, numbers and flags. */
#ifndef API_BODY_H
#define API_BODY_H

#include "api/call.h"
#include "core/json.h"

/* One member, and where it goes: a text of one line, a whole number, a flag, or what a function
 * makes of it. What is not there leaves its place as it was. */
struct cw_api_field {
    const char *key;
    char *text;
    size_t size; /* of text */
    uint64_t *number;
    bool *flag;
    bool (*take)(struct cw_api_call *call, const struct cw_json *value, void *out); /* as _body */
    void *out;
};

/* An empty body is an empty object. False, and answered: it is none, or has another member. */
bool cw_api_body(struct cw_api_call *call, const struct cw_api_field *fields, size_t n);
/* Bytes that a text means, "0x" and 2 n digits; "": *ret_there is false. False: answered. */
bool cw_api_bytes(struct cw_api_call *call, const char *key, const char *text, uint8_t *out,
                  size_t n, bool *ret_there);

#endif
