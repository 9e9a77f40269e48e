/* Keystores: any bytes are either refused with a reason, or give a keystore within the limits whose
 * own text gives the same one. What is cheap to derive is opened, too: never with this password. */
#include "sign/keystore.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct cw_keystore *keystore) {
    struct cw_keystore again;
    struct cw_buf out;
    cw_buf_init(&out, CW_KEYSTORE_BYTES_MAX);
    cw_keystore_write(&out, keystore);
    assert(!out.failed);
    enum cw_err err = cw_keystore_parse(&again, cw_buf_slice(&out), NULL);
    assert(err == CW_OK);
    (void)err;
    assert(memcmp(&again, keystore, sizeof again) == 0);
    cw_buf_done(&out);
}

static bool is_cheap(const struct cw_keystore *keystore) {
    switch (keystore->kdf) {
    case CW_KDF_SCRYPT:
        assert(cw_scrypt_check(&keystore->scrypt, NULL) == CW_OK);
        return keystore->scrypt.n * keystore->scrypt.r * keystore->scrypt.p <= 64;
    case CW_KDF_PBKDF2:
        assert(keystore->rounds > 0 && keystore->rounds <= CW_PBKDF2_ROUNDS_MAX);
        return keystore->rounds <= 64;
    }
    assert(false);
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cw_keystore keystore;
    struct cw_error error = {0};
    if (cw_keystore_parse(&keystore, cw_slice_of(data, size), &error) != CW_OK) {
        assert(error.code == CW_ERR_INPUT || error.code == CW_ERR_LIMIT);
        assert(error.text[0] != '\0');
        return 0;
    }
    assert(keystore.salt_n > 0 && keystore.salt_n <= sizeof keystore.salt);
    check_text(&keystore);
    if (is_cheap(&keystore)) {
        struct cw_password *password = cw_password_new();
        struct cw_secret32 secret;
        assert(password != NULL);
        enum cw_err err = cw_keystore_open(&secret, &keystore, password, &error);
        assert(err == CW_ERR_REFUSED);
        (void)err;
        cw_password_free(password);
    }
    return 0;
}
