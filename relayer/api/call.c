#include "api/call.h"

#include "core/config_fields.h"

#include <monitor/json_out.h>
#include <monitor/utf8.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CALL_BYTES   ((size_t)64 << 10) /* path and query, taken apart */
#define ANSWER_BYTES ((size_t)64 << 20)

/* --- taking it apart -------------------------------------------------------------------------- */

static bool is_text(const char *text, size_t n) {
    uint32_t code;
    for (size_t i = 0; i < n;) {
        const size_t step = cw_utf8_read(&code, (const uint8_t *)text + i, n - i);
        if (step == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
            return false;
        i += step;
    }
    return true;
}

/* NULL: it does not decode, or is no text. in_query: "+" is a blank. */
static const char *decode(struct cw_api_call *call, const char *text, size_t n, bool in_query) {
    char *out = cw_arena_alloc(&call->arena, n + 1);
    size_t used = 0;
    for (size_t i = 0; out && i < n; i++) {
        char c = text[i];
        if (c == '%') {
            uint8_t byte;
            char hex[] = "0x??";
            if (n - i < 3)
                return NULL;
            memcpy(hex + 2, text + i + 1, 2);
            if (cw_hex_decode(&byte, 1, hex, 4) != CW_OK)
                return NULL;
            c = (char)byte;
            i += 2;
        } else if (in_query && c == '+') {
            c = ' ';
        }
        out[used++] = c;
    }
    if (!out || memchr(out, '\0', used) != NULL || !is_text(out, used))
        return NULL;
    out[used] = '\0';
    return out;
}

/* False: it is answered. */
static bool take_path(struct cw_api_call *call, const char *path) {
    if (path[0] != '/') {
        cw_api_problem(call, 400, "the path does not begin with /");
        return false;
    }
    for (const char *at = path + 1; *at != '\0';) {
        const size_t n = strcspn(at, "/");
        if (call->segments_n == CW_API_SEGMENTS) {
            cw_api_problem(call, 404, "there is nothing at this path");
            return false;
        }
        const char *segment = decode(call, at, n, false);
        if (segment == NULL || segment[0] == '\0') {
            cw_api_problem(call, 400, "part %zu of the path is not text: percent-encoded UTF-8",
                           call->segments_n + 1);
            return false;
        }
        call->segments[call->segments_n++] = segment;
        at += n + (at[n] == '/');
    }
    return true;
}

static bool take_query(struct cw_api_call *call, const char *query) {
    for (const char *at = query; *at != '\0';) {
        const size_t n = strcspn(at, "&"), name_n = strcspn(at, "&=");
        const bool has_value = name_n < n;
        if (call->params_n == CW_API_PARAMS) {
            cw_api_problem(call, 400, "more than %u parameters", CW_API_PARAMS);
            return false;
        }
        struct cw_api_param *param = &call->params[call->params_n];
        *param = (struct cw_api_param){
            .name = decode(call, at, name_n, true),
            .value = has_value ? decode(call, at + name_n + 1, n - name_n - 1, true) : ""};
        if (param->name == NULL || param->value == NULL) {
            cw_api_problem(call, 400, "parameter %zu is not text: percent-encoded UTF-8",
                           call->params_n + 1);
            return false;
        }
        for (size_t i = 0; i < call->params_n; i++)
            if (strcmp(call->params[i].name, param->name) == 0) {
                cw_api_problem(call, 400, "\"%s\" stands twice", cw_config_shown(param->name));
                return false;
            }
        call->params_n += n > 0;
        at += n + (at[n] == '&');
    }
    return true;
}

bool cw_api_call_open(struct cw_api_call *call, const char *path, const char *query) {
    cw_arena_init(&call->arena, CALL_BYTES);
    cw_buf_init(&call->out, ANSWER_BYTES);
    return take_path(call, path) && take_query(call, query);
}

void cw_api_call_done(struct cw_api_call *call) {
    cw_arena_done(&call->arena);
    cw_buf_done(&call->out);
}

/* --- what was asked --------------------------------------------------------------------------- */

bool cw_api_call_fits(const struct cw_api_call *call, const char *pattern, const char **ret_parts) {
    size_t n = 0, parts_n = 0;
    if (pattern[0] == '\0')
        return call->segments_n == 0;
    for (const char *at = pattern;; n++) {
        const size_t length = strcspn(at, "/");
        if (n == call->segments_n)
            return false;
        if (length == 1 && at[0] == '*')
            ret_parts[parts_n++] = call->segments[n];
        else if (strlen(call->segments[n]) != length || strncmp(call->segments[n], at, length) != 0)
            return false;
        if (at[length] == '\0')
            return n + 1 == call->segments_n;
        at += length + 1;
    }
}

const char *cw_api_param(struct cw_api_call *call, const char *name) {
    for (size_t i = 0; i < call->params_n; i++)
        if (strcmp(call->params[i].name, name) == 0) {
            call->params[i].used = true;
            return call->params[i].value;
        }
    return NULL;
}

bool cw_api_param_u64(struct cw_api_call *call, const char *name, uint64_t min, uint64_t max,
                      uint64_t fallback, uint64_t *ret) {
    const char *text = cw_api_param(call, name);
    uint64_t value = 0;
    *ret = fallback;
    if (text == NULL)
        return true;
    bool good = text[0] != '\0';
    for (; good && *text != '\0'; text++)
        good = *text >= '0' && *text <= '9' && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, (uint64_t)(*text - '0'), &value);
    if (!good || value < min || value > max) {
        cw_api_problem(call, 400, "\"%s\" takes a whole number from %llu to %llu", name,
                       (unsigned long long)min, (unsigned long long)max);
        return false;
    }
    *ret = value;
    return true;
}

static bool param_bytes(struct cw_api_call *call, const char *name, const char *what, uint8_t *out,
                        size_t n, bool *ret_there) {
    const char *text = cw_api_param(call, name);
    *ret_there = text != NULL;
    if (text == NULL || cw_hex_decode(out, n, text, strlen(text)) == CW_OK)
        return true;
    cw_api_problem(call, 400, "\"%s\" takes %s: 0x and %zu digits", name, what, 2 * n);
    return false;
}

bool cw_api_param_hash32(struct cw_api_call *call, const char *name, bool *ret_there,
                         struct cw_hash32 *ret) {
    return param_bytes(call, name, "a hash", ret->b, sizeof ret->b, ret_there);
}

bool cw_api_param_addr20(struct cw_api_call *call, const char *name, bool *ret_there,
                         struct cw_addr20 *ret) {
    return param_bytes(call, name, "an address", ret->b, sizeof ret->b, ret_there);
}

bool cw_api_params_end(struct cw_api_call *call) {
    for (size_t i = 0; i < call->params_n; i++)
        if (!call->params[i].used) {
            cw_api_problem(call, 400, "there is no parameter \"%s\" here",
                           cw_config_shown(call->params[i].name));
            return false;
        }
    return true;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* "Not Found" */
static const char *reason_of(unsigned status) {
    static const struct {
        unsigned status;
        const char *text;
    } reasons[] = {{200, "OK"},
                   {202, "Accepted"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {409, "Conflict"},
                   {413, "Content Too Large"},
                   {415, "Unsupported Media Type"},
                   {421, "Misdirected Request"},
                   {429, "Too Many Requests"},
                   {500, "Internal Server Error"},
                   {503, "Service Unavailable"}};
    for (size_t i = 0; i < CW_COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "?";
}

void cw_api_problem(struct cw_api_call *call, unsigned status, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    call->status = status;
    call->type = "application/problem+json";
    cw_buf_done(&call->out);
    cw_buf_init(&call->out, ANSWER_BYTES);
    cw_out_open(&call->out, NULL, '{');
    cw_out_text(&call->out, "type", "about:blank");
    cw_out_text(&call->out, "title", reason_of(status));
    cw_out_u64(&call->out, "status", status);
    cw_out_text(&call->out, "detail", text);
    cw_out_close(&call->out, '}');
    cw_buf_text(&call->out, "\n");
}

void cw_api_fail(struct cw_api_call *call, const struct cw_error *error) {
    switch (error->code) {
    case CW_ERR_INPUT:
        cw_api_problem(call, 400, "%s", error->text);
        return;
    case CW_ERR_LIMIT:
        cw_api_problem(call, 413, "%s", error->text);
        return;
    case CW_ERR_MEMORY:
        cw_api_problem(call, 503, "out of memory");
        return;
    default:
        cw_api_problem(call, 503, "%s", error->text);
        return;
    }
}

void cw_api_json(struct cw_api_call *call) {
    cw_buf_text(&call->out, "\n");
    if (call->out.failed) {
        cw_api_problem(call, 503, "the answer is too large: ask for fewer at a time");
        return;
    }
    call->status = 200;
    call->type = "application/json";
}
