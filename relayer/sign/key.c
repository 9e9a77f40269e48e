#include "sign/key.h"

#include <string.h>

enum cw_err cw_key_address(struct cw_addr20 *ret, const struct cw_secret32 *secret,
                           struct cw_error *error) {
    struct cw_curve *curve = cw_curve_new(NULL);
    if (curve == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    enum cw_err err = cw_curve_address(curve, ret, secret);
    cw_curve_free(curve);
    return err == CW_OK ? CW_OK
                        : cw_error_set(error, err,
                                       "no valid key: zero, or not below the order of secp256k1");
}

enum cw_err cw_key_check_public(const struct cw_addr20 *address, const char *text,
                                struct cw_error *error) {
    uint8_t key[64];
    struct cw_addr20 own;
    if (cw_hex_decode(key, sizeof key, text, strlen(text)) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "is no public key: 0x and 128 hexadecimal digits, as a Web3Signer "
                            "lists it");
    }
    cw_public_key_address(&own, key);
    return cw_addr20_equal(&own, address)
               ? CW_OK
               : cw_error_set(error, CW_ERR_INPUT, "is not that of the address");
}

enum cw_err cw_key_parse(struct cw_secret32 *ret, struct cw_slice text, const char *where,
                         struct cw_error *error) {
    const uint8_t *digits = text.p;
    size_t n = text.n;
    n -= n > 0 && digits[n - 1] == '\n';
    n -= n > 0 && digits[n - 1] == '\r';
    if (n >= 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
        digits += 2;
        n -= 2;
    }
    if (n == 0) {
        return cw_error_set(error, CW_ERR_INPUT, "%s is empty: it must hold 64 hexadecimal digits",
                            where);
    }
    char padded[2 + 64] = {'0', 'x'};
    struct cw_secret32 secret;
    struct cw_addr20 address;
    enum cw_err err = CW_ERR_INPUT;
    if (n == 64) {
        memcpy(padded + 2, digits, n);
        err = cw_hex_decode(secret.b, sizeof secret.b, padded, sizeof padded);
        cw_wipe(padded, sizeof padded);
    }
    if (err != CW_OK) {
        err = cw_error_set(error, err,
                           "%s does not hold a key: 64 hexadecimal digits, with or without 0x, and "
                           "nothing else",
                           where);
    } else if ((err = cw_key_address(&address, &secret, error)) != CW_OK) {
        err = cw_error_wrap(error, err, "%s", where);
    } else {
        *ret = secret;
    }
    cw_secret32_wipe(&secret);
    return err;
}
