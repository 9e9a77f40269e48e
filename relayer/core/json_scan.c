#include "core/json_scan.h"

#include "core/json.h"

#include <monitor/utf8.h>

#include <stdlib.h>
#include <string.h>

struct cursor {
    const uint8_t *p;
    size_t n, at;
    struct cw_json_scan *out;
};

static bool fail(struct cursor *c, size_t at, const char *wrong) {
    c->out->wrong = wrong;
    c->out->wrong_at = at < c->n ? at : c->n;
    return false;
}

static int peek(const struct cursor *c) {
    return c->at < c->n ? c->p[c->at] : -1;
}

static void skip_space(struct cursor *c) {
    while (c->at < c->n) {
        uint8_t byte = c->p[c->at];
        if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t') {
            break;
        }
        c->at++;
    }
}

static bool is_digit(int byte) {
    return byte >= '0' && byte <= '9';
}

/* --- strings -------------------------------------------------------------------------------- */

static bool read_hex4(struct cursor *c, uint32_t *ret) {
    if (c->n - c->at < 4) {
        return false;
    }
    uint32_t code = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t byte = c->p[c->at + i];
        uint32_t digit;
        if (is_digit(byte)) {
            digit = (uint32_t)(byte - '0');
        } else if (byte >= 'a' && byte <= 'f') {
            digit = (uint32_t)(byte - 'a' + 10);
        } else if (byte >= 'A' && byte <= 'F') {
            digit = (uint32_t)(byte - 'A' + 10);
        } else {
            return false;
        }
        code = code << 4 | digit;
    }
    c->at += 4;
    *ret = code;
    return true;
}

/* Behind the backslash. */
static bool scan_escape(struct cursor *c) {
    size_t begin = c->at - 1;
    int kind = peek(c);
    if (kind <= 0 || strchr("\"\\/bfnrtu", kind) == NULL) {
        return fail(c, begin, "no such escape");
    }
    c->at++;
    if (kind != 'u') {
        return true;
    }
    uint32_t code, low;
    if (!read_hex4(c, &code)) {
        return fail(c, begin, "\\u needs four hex digits");
    }
    c->out->has_nul = c->out->has_nul || code == 0;
    if (code >= 0xdc00 && code <= 0xdfff) {
        return fail(c, begin, "half of a surrogate pair");
    }
    if (code >= 0xd800 && code <= 0xdbff) {
        if (c->n - c->at < 6 || c->p[c->at] != '\\' || c->p[c->at + 1] != 'u') {
            return fail(c, begin, "half of a surrogate pair");
        }
        c->at += 2;
        if (!read_hex4(c, &low) || low < 0xdc00 || low > 0xdfff) {
            return fail(c, begin, "half of a surrogate pair");
        }
    }
    return true;
}

static bool is_plain(uint8_t byte) {
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Eight bytes that are plain, each: no high bit comes up, not even by a borrow. */
static bool are_plain(const uint8_t *p) {
    const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
    uint64_t w;
    memcpy(&w, p, sizeof(w));
    uint64_t control = w - 0x20 * ones, quote = (w ^ '"' * ones) - ones,
             backslash = (w ^ '\\' * ones) - ones;
    return ((w | control | quote | backslash) & high) == 0;
}

static bool scan_string(struct cursor *c) {
    size_t begin = c->at++;
    for (;;) {
        while (c->n - c->at >= 8 && are_plain(c->p + c->at)) {
            c->at += 8;
        }
        while (c->at < c->n && is_plain(c->p[c->at])) {
            c->at++;
        }
        if (c->at == c->n) {
            return fail(c, begin, "string without an end");
        }
        uint8_t byte = c->p[c->at];
        if (byte == '"') {
            c->at++;
            return true;
        }
        if (byte == '\\') {
            c->at++;
            if (!scan_escape(c)) {
                return false;
            }
        } else if (byte < 0x20) {
            return fail(c, c->at, "control character in a string");
        } else {
            uint32_t code;
            size_t size = cw_utf8_read(&code, c->p + c->at, c->n - c->at);
            if (size == 0) {
                return fail(c, c->at, "not UTF-8");
            }
            c->at += size;
        }
    }
}

/* --- numbers -------------------------------------------------------------------------------- */

/* What the library behind this reads of one number at most. */
#define NUMBER_MAX   63
#define EXPONENT_MAX 300
/* Numbers that are not written as integers stay below 10^15, where fractions are still told apart.
 */
#define LOOSE_DIGITS 15

static bool scan_exponent(struct cursor *c, size_t begin, size_t digits) {
    c->at++;
    bool minus = peek(c) == '-';
    if (minus || peek(c) == '+') {
        c->at++;
    }
    if (!is_digit(peek(c))) {
        return fail(c, begin, "not a number");
    }
    size_t exponent = 0;
    while (is_digit(peek(c))) {
        exponent = exponent > EXPONENT_MAX ? exponent : 10 * exponent + (size_t)(peek(c) - '0');
        c->at++;
    }
    if (exponent > EXPONENT_MAX || (!minus && digits + exponent > LOOSE_DIGITS)) {
        return fail(c, begin, "number out of range (use a string)");
    }
    return true;
}

/* Whether the number from begin to the cursor, with so many digits before its point, has a fraction
 * that is lost when it is read: it would pass for an integer. It has NUMBER_MAX bytes at most. */
static bool loses_fraction(const struct cursor *c, size_t begin, size_t digits) {
    char text[NUMBER_MAX + 1];
    size_t n = c->at - begin, i = 0;
    memcpy(text, c->p + begin, n);
    text[n] = '\0';
    /* Powers of ten: of a digit, and of the last that is not 0 (where there is none, of none). */
    long power = (long)digits, lowest = EXPONENT_MAX;
    for (; i < n && text[i] != 'e' && text[i] != 'E'; i++) {
        power -= is_digit(text[i]);
        if (text[i] >= '1' && text[i] <= '9') {
            lowest = power;
        }
    }
    long exponent = i < n ? strtol(text + i + 1, NULL, 10) : 0;
    double value = strtod(text, NULL);
    return lowest + exponent < 0 && value == (double)(int64_t)value;
}

static bool scan_number(struct cursor *c) {
    size_t begin = c->at;
    if (peek(c) == '-') {
        c->at++;
    }
    if (!is_digit(peek(c))) {
        return fail(c, begin, "not a value");
    }
    size_t first = c->at;
    uint64_t value = 0;
    while (is_digit(peek(c))) {
        if (c->at - first < 17) {
            value = 10 * value + (uint64_t)(peek(c) - '0');
        }
        c->at++;
    }
    size_t digits = c->at - first;
    if (digits > 1 && c->p[first] == '0') {
        return fail(c, begin, "number with a leading zero");
    }
    if (digits > 16 || value > CW_JSON_INTEGER_MAX) {
        return fail(c, begin, "integer above 2^53-1 (use a string)");
    }
    bool loose = false;
    if (peek(c) == '.') {
        loose = true;
        c->at++;
        if (!is_digit(peek(c))) {
            return fail(c, begin, "not a number");
        }
        while (is_digit(peek(c))) {
            c->at++;
        }
    }
    if (peek(c) == 'e' || peek(c) == 'E') {
        loose = true;
        if (!scan_exponent(c, begin, digits)) {
            return false;
        }
    }
    if (loose && digits > LOOSE_DIGITS) {
        return fail(c, begin, "number out of range (use a string)");
    }
    if (c->at - begin > NUMBER_MAX || (loose && loses_fraction(c, begin, digits))) {
        return fail(c, begin, "number with too many digits");
    }
    return true;
}

/* --- structure ------------------------------------------------------------------------------ */

static bool scan_scalar(struct cursor *c) {
    static const char *const words[] = {"true", "false", "null"};
    if (peek(c) == '"') {
        return scan_string(c);
    }
    for (size_t i = 0; i < CW_COUNT(words); i++) {
        size_t n = strlen(words[i]);
        if (c->n - c->at >= n && memcmp(c->p + c->at, words[i], n) == 0) {
            c->at += n;
            return true;
        }
    }
    if (c->at == c->n) {
        return fail(c, c->at, "the text ends too early");
    }
    return scan_number(c);
}

/* A member's name and the colon. */
static bool scan_key(struct cursor *c, size_t *ret_at) {
    skip_space(c);
    if (peek(c) != '"') {
        return fail(c, c->at, c->at == c->n ? "the text ends too early" : "a key in quotes is due");
    }
    *ret_at = c->at;
    if (!scan_string(c)) {
        return false;
    }
    skip_space(c);
    if (peek(c) != ':') {
        return fail(c, c->at, c->at == c->n ? "the text ends too early" : "':' is due");
    }
    c->at++;
    return true;
}

bool cw_json_scan(struct cw_json_scan *ret, struct cw_slice text, size_t max_values, size_t want) {
    *ret = (struct cw_json_scan){.value_at = SIZE_MAX, .key_at = SIZE_MAX};
    struct cursor cursor = {text.p, text.n, 0, ret}, *c = &cursor;
    char closers[CW_JSON_DEPTH];
    size_t depth = 0, key_at = SIZE_MAX;
    for (;;) {
        skip_space(c);
        if (ret->values == max_values) {
            ret->too_many = true;
            return fail(c, c->at, "too many values for its size");
        }
        ret->values++;
        if (ret->values == want) {
            ret->value_at = c->at;
            ret->key_at = key_at;
            return true;
        }
        key_at = SIZE_MAX;
        int byte = peek(c);
        if (byte == '{' || byte == '[') {
            if (depth == CW_JSON_DEPTH) {
                return fail(c, c->at, "nested too deeply");
            }
            closers[depth++] = byte == '{' ? '}' : ']';
            c->at++;
            skip_space(c);
            if (peek(c) != closers[depth - 1]) {
                if (byte == '{' && !scan_key(c, &key_at)) {
                    return false;
                }
                continue;
            }
        } else if (!scan_scalar(c)) {
            return false;
        }
        /* Behind a value, or before the end of an empty container. */
        for (;;) {
            skip_space(c);
            if (depth == 0) {
                return c->at == c->n || fail(c, c->at, "something follows the value");
            }
            if (peek(c) != closers[depth - 1]) {
                break;
            }
            depth--;
            c->at++;
        }
        if (peek(c) != ',') {
            return fail(c, c->at,
                        c->at == c->n               ? "the text ends too early"
                        : closers[depth - 1] == '}' ? "',' or '}' is due"
                                                    : "',' or ']' is due");
        }
        c->at++;
        if (closers[depth - 1] == '}' && !scan_key(c, &key_at)) {
            return false;
        }
    }
}

void cw_json_replace_nul(uint8_t *text, size_t n) {
    for (size_t at = 0; at + 5 < n; at++) {
        if (text[at] == '\\') { /* outside of strings there is none */
            if (memcmp(text + at + 1, "u0000", 5) == 0) {
                memcpy(text + at + 2, "fffd", 4);
            }
            at++;
        }
    }
}

bool cw_json_blank_comments(uint8_t *text, size_t n, size_t *ret_at) {
    size_t at = 0;
    while (at < n) {
        if (text[at] == '"') {
            at++;
            while (at < n && text[at] != '"') {
                at += text[at] == '\\' ? 2 : 1;
            }
            at++;
        } else if (text[at] == '/' && at + 1 < n && (text[at + 1] == '/' || text[at + 1] == '*')) {
            bool line = text[at + 1] == '/';
            size_t begin = at;
            at += 2;
            while (at < n && !(line ? text[at] == '\n'
                                    : at >= begin + 3 && text[at] == '/' && text[at - 1] == '*')) {
                at++;
            }
            if (!line) {
                if (at >= n) {
                    *ret_at = begin;
                    return false;
                }
                at++;
            }
            for (size_t i = begin; i < at; i++) {
                if (text[i] != '\n' && text[i] != '\r') {
                    text[i] = ' ';
                }
            }
        } else {
            at++;
        }
    }
    return true;
}

static bool is_space(uint8_t byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static struct cw_slice trimmed(struct cw_slice text) {
    while (text.n > 0 && is_space(text.p[0])) {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && is_space(text.p[text.n - 1])) {
        text.n--;
    }
    return text;
}

size_t cw_json_elements(struct cw_slice text, struct cw_slice *ret, size_t max) {
    size_t n = 0, depth = 0, begin = 0;
    for (size_t at = 0; at < text.n; at++) {
        uint8_t byte = text.p[at];
        if (byte == '"') {
            for (at++; at < text.n && text.p[at] != '"'; at++) {
                at += text.p[at] == '\\';
            }
            continue;
        }
        bool opens = byte == '[' || byte == '{', closes = byte == ']' || byte == '}';
        if (opens && depth++ == 0) {
            begin = at + 1;
        }
        if ((depth == 1 && byte == ',') || (closes && --depth == 0)) {
            struct cw_slice element = trimmed(cw_slice_of(text.p + begin, at - begin));
            if (element.n > 0 && n < max) {
                ret[n] = element;
            }
            n += element.n > 0;
            begin = at + 1;
        }
    }
    return n;
}
