#include <causeway/base.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define TEN_TO_6  UINT64_C(1000000)
#define TEN_TO_9  UINT64_C(1000000000)
#define TEN_TO_12 UINT64_C(1000000000000)
#define TEN_TO_18 UINT64_C(1000000000000000000)
#define TEN_TO_19 UINT64_C(10000000000000000000)

struct cw_u256 cw_u256_from_u64(uint64_t v) {
    return (struct cw_u256){{v, 0, 0, 0}};
}

struct cw_u256 cw_u256_from_be(const uint8_t be[32]) {
    struct cw_u256 a = {{0, 0, 0, 0}};
    for (size_t i = 0; i < 32; i++) {
        a.limb[3 - i / 8] = a.limb[3 - i / 8] << 8 | be[i];
    }
    return a;
}

void cw_u256_to_be(uint8_t be[32], const struct cw_u256 *a) {
    for (size_t i = 0; i < 32; i++) {
        be[i] = (uint8_t)(a->limb[3 - i / 8] >> (56 - 8 * (i % 8)));
    }
}

bool cw_u256_is_zero(const struct cw_u256 *a) {
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

int cw_u256_cmp(const struct cw_u256 *a, const struct cw_u256 *b) {
    for (size_t i = 4; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

bool cw_u256_add(struct cw_u256 *out, const struct cw_u256 *a, const struct cw_u256 *b) {
    struct cw_u256 sum;
    wide carry = 0;
    for (size_t i = 0; i < 4; i++) {
        carry += (wide)a->limb[i] + b->limb[i];
        sum.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry != 0) {
        return true;
    }
    *out = sum;
    return false;
}

bool cw_u256_sub(struct cw_u256 *out, const struct cw_u256 *a, const struct cw_u256 *b) {
    struct cw_u256 difference;
    bool borrow = false;
    for (size_t i = 0; i < 4; i++) {
        uint64_t limb;
        bool low = __builtin_sub_overflow(a->limb[i], b->limb[i], &limb);
        bool high = __builtin_sub_overflow(limb, (uint64_t)borrow, &limb);
        difference.limb[i] = limb;
        borrow = low || high;
    }
    if (borrow) {
        return true;
    }
    *out = difference;
    return false;
}

bool cw_u256_mul_u64(struct cw_u256 *out, const struct cw_u256 *a, uint64_t b) {
    struct cw_u256 product;
    wide carry = 0;
    for (size_t i = 0; i < 4; i++) {
        carry += (wide)a->limb[i] * b;
        product.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry != 0) {
        return true;
    }
    *out = product;
    return false;
}

bool cw_u256_to_u64(uint64_t *out, const struct cw_u256 *a) {
    if ((a->limb[1] | a->limb[2] | a->limb[3]) != 0) {
        return true;
    }
    *out = a->limb[0];
    return false;
}

uint64_t cw_u256_div_u64(struct cw_u256 *out, const struct cw_u256 *a, uint64_t b) {
    assert(b != 0);
    wide remainder = 0;
    struct cw_u256 quotient;
    for (size_t i = 4; i-- > 0;) {
        remainder = remainder << 64 | a->limb[i];
        quotient.limb[i] = (uint64_t)(remainder / b);
        remainder %= b;
    }
    *out = quotient;
    return (uint64_t)remainder;
}

char *cw_u256_to_dec(char out[CW_U256_DEC_SIZE], const struct cw_u256 *a) {
    char digits[CW_U256_DEC_SIZE];
    size_t at = sizeof(digits);
    struct cw_u256 rest = *a;
    do {
        uint64_t chunk = cw_u256_div_u64(&rest, &rest, TEN_TO_19);
        bool last = cw_u256_is_zero(&rest);
        for (int i = 0; last ? chunk != 0 : i < 19; i++) {
            digits[--at] = (char)('0' + chunk % 10);
            chunk /= 10;
        }
    } while (!cw_u256_is_zero(&rest));
    if (at == sizeof(digits)) {
        digits[--at] = '0';
    }
    memcpy(out, digits + at, sizeof(digits) - at);
    out[sizeof(digits) - at] = '\0';
    return out;
}

enum cw_err cw_u256_from_dec(struct cw_u256 *ret, const char *text, size_t text_n) {
    if (text_n == 0 || text_n >= CW_U256_DEC_SIZE || (text_n > 1 && text[0] == '0')) {
        return CW_ERR_INPUT;
    }
    struct cw_u256 value = {{0, 0, 0, 0}};
    for (size_t i = 0; i < text_n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return CW_ERR_INPUT;
        }
        struct cw_u256 digit = cw_u256_from_u64((uint64_t)(text[i] - '0'));
        if (cw_u256_mul_u64(&value, &value, 10) || cw_u256_add(&value, &value, &digit)) {
            return CW_ERR_INPUT;
        }
    }
    *ret = value;
    return CW_OK;
}

enum cw_err cw_u256_from_quantity(struct cw_u256 *ret, const char *text, size_t text_n) {
    if (text_n < 3 || text_n > 2 + 64 || text[0] != '0' || text[1] != 'x' ||
        (text[2] == '0' && text_n > 3)) {
        return CW_ERR_INPUT;
    }
    char padded[2 + 64];
    memset(padded, '0', sizeof(padded));
    padded[1] = 'x';
    memcpy(padded + sizeof(padded) - (text_n - 2), text + 2, text_n - 2);
    uint8_t be[32];
    if (cw_hex_decode(be, sizeof(be), padded, sizeof(padded)) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret = cw_u256_from_be(be);
    return CW_OK;
}

char *cw_u256_to_quantity(char out[CW_QUANTITY_SIZE], const struct cw_u256 *a) {
    uint8_t be[32];
    char full[CW_HEX_SIZE(32)];
    cw_u256_to_be(be, a);
    cw_hex_encode(full, cw_slice_of(be, sizeof(be)));
    size_t skip = 2;
    while (skip < 2 + 63 && full[skip] == '0') {
        skip++;
    }
    out[0] = '0';
    out[1] = 'x';
    memcpy(out + 2, full + skip, sizeof(full) - skip);
    return out;
}

/* "whole.fraction name": the fraction cut at six digits, without zeros behind. unit is at least
 * 10^6. */
static void format_units(char *out, const struct cw_u256 *a, uint64_t unit, const char *name) {
    struct cw_u256 whole;
    uint64_t fraction = cw_u256_div_u64(&whole, a, unit) / (unit / TEN_TO_6);
    char dec[CW_U256_DEC_SIZE], digits[] = ".000000";
    cw_u256_to_dec(dec, &whole);
    size_t n = sizeof(digits) - 1;
    for (size_t i = n; i-- > 1; fraction /= 10) {
        digits[i] = (char)('0' + fraction % 10);
    }
    while (digits[n - 1] == '0') {
        n--;
    }
    digits[n == 1 ? 0 : n] = '\0';
    snprintf(out, CW_WEI_TEXT_SIZE, "%s%s %.20s", dec, digits, name);
}

char *cw_wei_format(char out[CW_WEI_TEXT_SIZE], const struct cw_wei *a, const char *symbol) {
    uint64_t small;
    if (cw_u256_is_zero(&a->v)) {
        snprintf(out, CW_WEI_TEXT_SIZE, "0 %.20s", symbol);
    } else if (cw_u256_to_u64(&small, &a->v) || small >= TEN_TO_12) {
        format_units(out, &a->v, TEN_TO_18, symbol);
    } else if (small >= TEN_TO_6) {
        format_units(out, &a->v, TEN_TO_9, "gwei");
    } else {
        snprintf(out, CW_WEI_TEXT_SIZE, "%llu wei", (unsigned long long)small);
    }
    return out;
}
