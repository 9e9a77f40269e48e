#include <causeway/base.h>

static const char digits[] = "0123456789abcdef";

char *cw_hex_encode(char *out, struct cw_slice bytes) {
    char *at = out;
    *at++ = '0';
    *at++ = 'x';
    for (size_t i = 0; i < bytes.n; i++) {
        *at++ = digits[bytes.p[i] >> 4];
        *at++ = digits[bytes.p[i] & 15];
    }
    *at = '\0';
    return out;
}

/* The value of a digit, or 16. */
static unsigned digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    return 16;
}

static bool has_prefix(const char *text, size_t text_n) {
    return text_n >= 2 && text[0] == '0' && text[1] == 'x';
}

static bool all_digits(const char *text, size_t text_n) {
    for (size_t i = 0; i < text_n; i++) {
        if (digit_value(text[i]) > 15) {
            return false;
        }
    }
    return true;
}

static void read_digits(uint8_t *out, size_t n, const char *text) {
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
    }
}

enum cw_err cw_hex_decode(uint8_t *out, size_t n, const char *text, size_t text_n) {
    if (!has_prefix(text, text_n) || (text_n - 2) % 2 != 0 || (text_n - 2) / 2 != n ||
        !all_digits(text + 2, text_n - 2)) {
        return CW_ERR_INPUT;
    }
    read_digits(out, n, text + 2);
    return CW_OK;
}

enum cw_err cw_hex_decode_any(uint8_t *out, size_t cap, size_t *ret_n, const char *text,
                              size_t text_n) {
    if (!has_prefix(text, text_n) || (text_n - 2) % 2 != 0 || !all_digits(text + 2, text_n - 2)) {
        return CW_ERR_INPUT;
    }
    size_t n = (text_n - 2) / 2;
    if (n > cap) {
        return CW_ERR_LIMIT;
    }
    read_digits(out, n, text + 2);
    *ret_n = n;
    return CW_OK;
}
