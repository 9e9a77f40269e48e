/* Reads the key of a signer. Nothing of it is ever formatted. */
#include "core/config.h"

#include "core/private_file.h"
#include "sign/key.h"
#include "sign/keyfile.h"

#include <causeway/curve.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum cw_err from_file(struct cw_secret32 *ret, const char *path, struct cw_error *error) {
    uint8_t text[CW_KEY_TEXT_MAX + 1]; /* one byte more shows that the file is longer */
    char where[400];
    size_t n = 0;
    snprintf(where, sizeof where, "key file %s", path);
    enum cw_err err = cw_private_file_read(text, sizeof text, &n, "key file", path, error);
    if (err == CW_OK)
        err = cw_key_parse(ret, cw_slice_of(text, n), where, error);
    cw_wipe(text, sizeof text);
    return err;
}

static enum cw_err from_environment(struct cw_secret32 *ret, const char *name,
                                    struct cw_error *error) {
    char where[400];
    snprintf(where, sizeof where, "environment variable %s", name);
    const char *text = getenv(name);
    return text != NULL ? cw_key_parse(ret, cw_slice_of(text, strnlen(text, CW_KEY_TEXT_MAX + 1)),
                                       where, error)
                        : cw_error_set(error, CW_ERR_INPUT, "%s is not set", where);
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
    if (err == CW_ERR_REFUSED || err == CW_ERR_CONTRADICTED || err == CW_ERR_LIMIT) {
        /* whichever of the two files is wrong, the configuration is */
        err = CW_ERR_INPUT;
        if (error != NULL)
            error->code = err;
    }
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
    } else if (signer->key_env[0] == 0) {
        err = cw_error_set(error, CW_ERR_INPUT,
                           "its key is with a signer that runs apart and can't be read");
    } else {
        err = from_environment(ret, signer->key_env, error);
    }
    return err == CW_OK ? CW_OK : cw_error_wrap(error, err, "signer \"%s\"", signer->name);
}

enum cw_err cw_config_signer_address(struct cw_addr20 *ret, const struct cw_config_signer *signer,
                                     struct cw_error *error) {
    if (!cw_addr20_is_zero(&signer->address)) { /* the key is elsewhere, and nobody is asked */
        *ret = signer->address;
        return CW_OK;
    }
    struct cw_curve *curve = cw_curve_new(NULL);
    if (curve == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    struct cw_secret32 secret;
    enum cw_err err = cw_config_secret(&secret, signer, error);
    if (err == CW_OK) {
        err = cw_curve_address(curve, ret, &secret);
        cw_secret32_wipe(&secret);
        if (err != CW_OK)
            (void)cw_error_set(error, err, "signer \"%s\": no valid key", signer->name);
    }
    cw_curve_free(curve);
    return err;
}
