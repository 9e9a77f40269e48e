#include <causeway/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum cw_err cw_error_set(struct cw_error *error, enum cw_err code, const char *format, ...) {
    if (error != NULL) {
        char text[sizeof(error->text)];
        va_list args;
        va_start(args, format);
        if (vsnprintf(text, sizeof(text), format, args) < 0) {
            text[0] = '\0';
        }
        va_end(args);
        error->code = code;
        memcpy(error->text, text, sizeof(text));
    }
    return code;
}

enum cw_err cw_error_wrap(struct cw_error *error, enum cw_err code, const char *format, ...) {
    if (error == NULL) {
        return code;
    }
    char text[sizeof(error->text)];
    va_list args;
    va_start(args, format);
    int written = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    size_t n = written < 0 ? 0 : (size_t)written;
    if (n < sizeof(text)) {
        /* What does not fit is cut: the outer context says more than the end of the inner one. */
        int more = snprintf(text + n, sizeof(text) - n, ": %s", error->text);
        if (more < 0) {
            text[n] = '\0';
        }
    }
    memcpy(error->text, text, sizeof(text));
    if (error->code == CW_OK) {
        error->code = code;
    }
    return error->code;
}

const char *cw_err_name(enum cw_err code) {
    switch (code) {
    case CW_OK:
        return "ok";
    case CW_ERR_INPUT:
        return "input";
    case CW_ERR_LIMIT:
        return "limit";
    case CW_ERR_MEMORY:
        return "memory";
    case CW_ERR_IO:
        return "io";
    case CW_ERR_BUSY:
        return "busy";
    case CW_ERR_SCHEMA:
        return "schema";
    case CW_ERR_TRANSPORT:
        return "transport";
    case CW_ERR_OVERLOADED:
        return "overloaded";
    case CW_ERR_BEHIND:
        return "behind";
    case CW_ERR_REFUSED:
        return "refused";
    case CW_ERR_REVERTED:
        return "reverted";
    case CW_ERR_CONTRADICTED:
        return "contradicted";
    }
    return "unknown";
}

bool cw_slice_equal(struct cw_slice a, struct cw_slice b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool cw_hash32_equal(const struct cw_hash32 *a, const struct cw_hash32 *b) {
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool cw_hash32_is_zero(const struct cw_hash32 *a) {
    static const struct cw_hash32 zero;
    return cw_hash32_equal(a, &zero);
}

bool cw_addr20_equal(const struct cw_addr20 *a, const struct cw_addr20 *b) {
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool cw_addr20_is_zero(const struct cw_addr20 *a) {
    static const struct cw_addr20 zero;
    return cw_addr20_equal(a, &zero);
}
