/* The one place that reads a key. Nothing of it is ever formatted. */
#include "core/config.h"

#include "core/private_file.h"
#include "sign/keyfile.h"

#include <causeway/curve.h>

#include <stdlib.h>
#include <string.h>

/* "0x", 64 digits, "\r\n", and one more byte that shows that the file is longer. */
#define TEXT_MAX 69

static enum cw_err parse(struct cw_secret32 *ret, const char *text, size_t n, const char *what,
                         const char *where, struct cw_error *error) {
    if (n > 0 && text[n - 1] == '\n')
        n--;
    if (n > 0 && text[n - 1] == '\r')
        n--;
    if (n >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        n -= 2;
    }
    if (n == 0)
        return cw_error_set(error, CW_ERR_INPUT,
                            "%s %s is empty: it must hold 64 hexadecimal digits", what, where);
    char padded[2 + 64] = {'0', 'x'};
    struct cw_secret32 secret;
    enum cw_err err = CW_ERR_INPUT;
    if (n == 64) {
        memcpy(padded + 2, text, n);
        err = cw_hex_decode(secret.b, sizeof secret.b, padded, sizeof padded);
        cw_wipe(padded, sizeof padded);
    }
    if (err != CW_OK) {
        cw_secret32_wipe(&secret); /* what stood before the digit that is none */
        return cw_error_set(
            error, CW_ERR_INPUT,
            "%s %s does not hold a key: 64 hexadecimal digits, with or without 0x, and "
            "nothing else",
            what, where);
    }
    /* the range is checked by the library that will sign with it */
    struct cw_addr20 address;
    struct cw_curve *curve = cw_curve_new(NULL);
    if (curve == NULL) {
        cw_secret32_wipe(&secret);
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    err = cw_curve_address(curve, &address, &secret);
    cw_curve_free(curve);
    if (err == CW_OK)
        *ret = secret;
    else
        err = cw_error_set(error, CW_ERR_INPUT,
                           "%s %s holds no valid key: zero, or not below the order of secp256k1",
                           what, where);
    cw_secret32_wipe(&secret);
    return err;
}

static enum cw_err from_file(struct cw_secret32 *ret, const char *path, struct cw_error *error) {
    uint8_t text[TEXT_MAX];
    size_t n = 0;
    enum cw_err err = cw_private_file_read(text, sizeof text, &n, "key file", path, error);
    if (err == CW_OK)
        err = parse(ret, (const char *)text, n, "key file", path, error);
    cw_wipe(text, sizeof text);
    return err;
}

static enum cw_err from_keystore(struct cw_secret32 *ret, const struct cw_config_signer *signer,
                                 struct cw_error *error) {
    struct cw_password *password = cw_password_new();
    struct cw_keystore keystore;
    if (password == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = cw_keyfile_read(&keystore, signer->keystore, error);
    if (err == CW_OK)
        err = cw_password_file(password, signer->password_file, error);
    if (err == CW_OK)
        err = cw_keyfile_open(ret, &keystore, password, signer->keystore, error);
    cw_password_free(password);
    return err;
}

enum cw_err cw_config_secret(struct cw_secret32 *ret, const struct cw_config_signer *signer,
                             struct cw_error *error) {
    enum cw_err err;
    if (signer->key_file[0] != 0) {
        err = from_file(ret, signer->key_file, error);
    } else if (signer->keystore[0] != 0) {
        err = from_keystore(ret, signer, error);
    } else if (signer->web3signer[0] != 0) {
        err = cw_error_set(error, CW_ERR_INPUT, "its key is with a Web3Signer and can't be read");
    } else {
        const char *text = getenv(signer->key_env);
        if (text == NULL)
            err = cw_error_set(error, CW_ERR_INPUT, "environment variable %s is not set",
                               signer->key_env);
        else
            err = parse(ret, text, strnlen(text, TEXT_MAX), "environment variable", signer->key_env,
                        error);
    }
    return err == CW_OK ? CW_OK : cw_error_wrap(error, err, "signer \"%s\"", signer->name);
}
