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

/* Without branches and tables: proofs are mostly digits, and the loops below then take many at
 * once.
 */
static uint8_t is_digit(uint8_t c) {
    return (uint8_t)((uint8_t)(c - '0') < 10) | (uint8_t)((uint8_t)((c | 0x20) - 'a') < 6);
}

static uint8_t digit_value(uint8_t c) {
    return (uint8_t)((c & 15) + 9 * (c >> 6));
}

static bool has_prefix(const char *text, size_t text_n) {
    return text_n >= 2 && text[0] == '0' && text[1] == 'x';
}

static bool all_digits(const char *text, size_t text_n) {
    uint8_t all = 1;
    for (size_t i = 0; i < text_n; i++) {
        all &= is_digit((uint8_t)text[i]);
    }
    return all == 1;
}

static void read_digits(uint8_t *restrict out, size_t n, const char *restrict text) {
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(digit_value((uint8_t)text[2 * i]) << 4 |
                           digit_value((uint8_t)text[2 * i + 1]));
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
