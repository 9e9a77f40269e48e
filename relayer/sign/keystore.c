#include "sign/keystore.h"

#include "core/json.h"
#include "sign/key.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

const struct cw_scrypt_cost CW_SCRYPT_STANDARD = {1u << 18, 8, 1};
const struct cw_scrypt_cost CW_SCRYPT_LIGHT = {1u << 12, 8, 1};

/* --- reading ---------------------------------------------------------------------------------- */

static enum cw_err refuse(struct cw_error *error, const char *key, const char *what) {
    return cw_error_set(error, CW_ERR_INPUT, "\"%s\" %s", key, what);
}

/* Hexadecimal digits without 0x: at least one byte, cap at most. */
static enum cw_err read_bytes(uint8_t *out, size_t cap, size_t *ret_n, const struct cw_json *object,
                              const char *key, struct cw_error *error) {
    const char *digits = cw_json_string(cw_json_get(object, key));
    char text[2 + 2 * CW_KEYSTORE_SALT_MAX] = {'0', 'x'};
    size_t n = digits != NULL ? strnlen(digits, 2 * cap + 1) : 0;
    if (n == 0 || n > 2 * cap) {
        return refuse(error, key, n == 0 ? "is missing" : "is too long");
    }
    memcpy(text + 2, digits, n);
    return cw_hex_decode_any(out, cap, ret_n, text, 2 + n) == CW_OK
               ? CW_OK
               : refuse(error, key, "is not hexadecimal");
}

static enum cw_err read_exactly(uint8_t *out, size_t n, const struct cw_json *object,
                                const char *key, struct cw_error *error) {
    size_t got = 0;
    enum cw_err err = read_bytes(out, n, &got, object, key, error);
    return err == CW_OK && got != n ? refuse(error, key, "is too short") : err;
}

static enum cw_err read_number(uint64_t *ret, const struct cw_json *object, const char *key,
                               struct cw_error *error) {
    return cw_json_u64(ret, cw_json_get(object, key)) == CW_OK
               ? CW_OK
               : refuse(error, key, "is no whole number");
}

static bool is_text(const struct cw_json *object, const char *key, const char *wanted) {
    const char *text = cw_json_string(cw_json_get(object, key));
    return text != NULL && strcmp(text, wanted) == 0;
}

static enum cw_err read_scrypt(struct cw_keystore *out, const struct cw_json *params,
                               struct cw_error *error) {
    enum cw_err err = read_number(&out->scrypt.n, params, "n", error);
    if (err == CW_OK) {
        err = read_number(&out->scrypt.r, params, "r", error);
    }
    if (err == CW_OK) {
        err = read_number(&out->scrypt.p, params, "p", error);
    }
    out->kdf = CW_KDF_SCRYPT;
    return err == CW_OK ? cw_scrypt_check(&out->scrypt, error) : err;
}

static enum cw_err read_pbkdf2(struct cw_keystore *out, const struct cw_json *params,
                               struct cw_error *error) {
    if (!is_text(params, "prf", "hmac-sha256")) {
        return refuse(error, "prf", "is not \"hmac-sha256\", the only one that is read");
    }
    enum cw_err err = read_number(&out->rounds, params, "c", error);
    if (err == CW_OK && out->rounds == 0) {
        err = refuse(error, "c", "is 0");
    }
    if (err == CW_OK && out->rounds > CW_PBKDF2_ROUNDS_MAX) {
        err = cw_error_set(error, CW_ERR_LIMIT,
                           "PBKDF2 with c = %" PRIu64
                           " takes more than 16777216 rounds, which is not done here",
                           out->rounds);
    }
    out->kdf = CW_KDF_PBKDF2;
    return err;
}

static enum cw_err read_kdf(struct cw_keystore *out, const struct cw_json *crypto,
                            struct cw_error *error) {
    const struct cw_json *params = cw_json_get(crypto, "kdfparams");
    uint64_t dk_n = 0;
    enum cw_err err = read_bytes(out->salt, sizeof out->salt, &out->salt_n, params, "salt", error);
    if (err == CW_OK) {
        err = read_number(&dk_n, params, "dklen", error);
    }
    if (err == CW_OK && dk_n != 32) {
        err = refuse(error, "dklen", "is not 32, the only length that is read");
    }
    if (err != CW_OK) {
        return err;
    }
    if (is_text(crypto, "kdf", "scrypt")) {
        return read_scrypt(out, params, error);
    }
    if (is_text(crypto, "kdf", "pbkdf2")) {
        return read_pbkdf2(out, params, error);
    }
    return refuse(error, "kdf", "is neither \"scrypt\" nor \"pbkdf2\"");
}

static enum cw_err read_crypto(struct cw_keystore *out, const struct cw_json *crypto,
                               struct cw_error *error) {
    if (!is_text(crypto, "cipher", "aes-128-ctr")) {
        return refuse(error, "cipher", "is not \"aes-128-ctr\", the only one that is read");
    }
    enum cw_err err = read_exactly(out->iv, sizeof out->iv, cw_json_get(crypto, "cipherparams"),
                                   "iv", error);
    if (err == CW_OK) {
        err = read_exactly(out->ciphertext, sizeof out->ciphertext, crypto, "ciphertext", error);
    }
    if (err == CW_OK) {
        err = read_exactly(out->mac.b, sizeof out->mac.b, crypto, "mac", error);
    }
    return err == CW_OK ? read_kdf(out, crypto, error) : err;
}

/* Some write it with 0x, some leave it out or empty to hide it. */
static enum cw_err read_address(struct cw_keystore *out, const struct cw_json *root,
                                struct cw_error *error) {
    const char *text = cw_json_string(cw_json_get(root, "address"));
    if (text == NULL || text[0] == '\0') {
        return CW_OK;
    }
    out->has_address = true;
    return text[0] == '0' && text[1] == 'x'
               ? (cw_hex_decode(out->address.b, 20, text, strlen(text)) == CW_OK
                      ? CW_OK
                      : refuse(error, "address", "is none"))
               : read_exactly(out->address.b, 20, root, "address", error);
}

static enum cw_err read_root(struct cw_keystore *out, const struct cw_json *root,
                             struct cw_error *error) {
    uint64_t version = 0;
    if (cw_json_u64(&version, cw_json_get(root, "version")) != CW_OK || version != 3) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "is no keystore of version 3 (\"version\": 3), the only one that is "
                            "read");
    }
    /* the first writers of version 3 had a capital there */
    const struct cw_json *crypto = cw_json_get(root, "crypto"),
                         *capital = cw_json_get(root, "Crypto");
    if ((crypto != NULL) == (capital != NULL)) {
        return refuse(error, "crypto", crypto != NULL ? "stands there twice" : "is missing");
    }
    enum cw_err err = read_crypto(out, crypto != NULL ? crypto : capital, error);
    return err == CW_OK ? read_address(out, root, error) : err;
}

enum cw_err cw_keystore_parse(struct cw_keystore *ret, struct cw_slice text,
                              struct cw_error *error) {
    if (text.n > CW_KEYSTORE_BYTES_MAX) {
        return cw_error_set(error, CW_ERR_INPUT, "is larger than any keystore");
    }
    struct cw_keystore keystore = {0};
    struct cw_json_doc *doc = NULL;
    enum cw_err err = cw_json_parse(&doc, text, false, error);
    if (err == CW_OK) {
        err = read_root(&keystore, cw_json_root(doc), error);
    }
    cw_json_free(doc);
    if (err == CW_OK) {
        *ret = keystore;
    }
    return err;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void put_bytes(struct cw_buf *out, const void *p, size_t n) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = ((const uint8_t *)p)[i];
        const char pair[2] = {digits[byte >> 4], digits[byte & 0x0f]};
        cw_buf_append(out, pair, sizeof pair);
    }
}

static void put_member(struct cw_buf *out, const char *key, const void *p, size_t n) {
    cw_buf_format(out, "\"%s\":\"", key);
    put_bytes(out, p, n);
    cw_buf_text(out, "\"");
}

static void put_id(struct cw_buf *out, const uint8_t id[16]) {
    static const size_t groups[] = {4, 2, 2, 2, 6};
    cw_buf_text(out, "\"id\":\"");
    for (size_t i = 0; i < CW_COUNT(groups); i++) {
        cw_buf_text(out, i > 0 ? "-" : "");
        put_bytes(out, id, groups[i]);
        id += groups[i];
    }
    cw_buf_text(out, "\"");
}

void cw_keystore_write(struct cw_buf *out, const struct cw_keystore *keystore) {
    cw_buf_text(out, "{");
    if (keystore->has_address) {
        put_member(out, "address", keystore->address.b, sizeof keystore->address.b);
        cw_buf_text(out, ",");
    }
    cw_buf_text(out, "\"crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{");
    put_member(out, "iv", keystore->iv, sizeof keystore->iv);
    cw_buf_text(out, "},");
    put_member(out, "ciphertext", keystore->ciphertext, sizeof keystore->ciphertext);
    switch (keystore->kdf) {
    case CW_KDF_SCRYPT:
        cw_buf_format(out,
                      ",\"kdf\":\"scrypt\",\"kdfparams\":{\"dklen\":32,\"n\":%" PRIu64
                      ",\"p\":%" PRIu64 ",\"r\":%" PRIu64 ",",
                      keystore->scrypt.n, keystore->scrypt.p, keystore->scrypt.r);
        break;
    case CW_KDF_PBKDF2:
        cw_buf_format(out,
                      ",\"kdf\":\"pbkdf2\",\"kdfparams\":{\"c\":%" PRIu64
                      ",\"dklen\":32,\"prf\":\"hmac-sha256\",",
                      keystore->rounds);
        break;
    }
    put_member(out, "salt", keystore->salt, keystore->salt_n);
    cw_buf_text(out, "},");
    put_member(out, "mac", keystore->mac.b, sizeof keystore->mac.b);
    cw_buf_text(out, "},");
    put_id(out, keystore->id);
    cw_buf_text(out, ",\"version\":3}");
}

/* --- keys ------------------------------------------------------------------------------------- */

/* What the password is stretched to: 16 bytes that encrypt and 16 that authenticate. The caller
 * wipes it. */
#define DERIVED 32

static enum cw_err derive(uint8_t out[DERIVED], const struct cw_keystore *keystore,
                          const struct cw_password *password, struct cw_error *error) {
    const struct cw_slice text = cw_slice_of(password->b, password->n),
                          salt = cw_slice_of(keystore->salt, keystore->salt_n);
    bool ok = false;
    switch (keystore->kdf) {
    case CW_KDF_SCRYPT:
        ok = cw_scrypt(out, DERIVED, text, salt, &keystore->scrypt) == CW_OK;
        break;
    case CW_KDF_PBKDF2:
        ok = PKCS5_PBKDF2_HMAC((const char *)text.p, (int)text.n, salt.p, (int)salt.n,
                               (int)keystore->rounds, EVP_sha256(), DERIVED, out) == 1;
        break;
    }
    return ok ? CW_OK
              : cw_error_set(error, CW_ERR_MEMORY, "no memory to derive a key from the password");
}

static void authenticate(struct cw_hash32 *out, const uint8_t derived[DERIVED],
                         const struct cw_keystore *keystore) {
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(derived + 16, 16));
    cw_keccak_update(&hash, cw_slice_of(keystore->ciphertext, sizeof keystore->ciphertext));
    cw_keccak_final(out, &hash);
}

/* Either way; in counter mode they are the same. */
static enum cw_err crypt_key(uint8_t out[32], const uint8_t in[32], const uint8_t derived[DERIVED],
                             const uint8_t iv[16], struct cw_error *error) {
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok = cipher != NULL &&
              EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, derived, iv) == 1 &&
              EVP_EncryptUpdate(cipher, out, &n, in, 32) == 1 && n == 32;
    EVP_CIPHER_CTX_free(cipher);
    return ok ? CW_OK : cw_error_set(error, CW_ERR_MEMORY, "no memory for AES");
}

/* A key whose address is the one that the keystore names, where it names one. */
static enum cw_err check_key(const struct cw_secret32 *secret, const struct cw_keystore *keystore,
                             struct cw_error *error) {
    struct cw_addr20 address;
    enum cw_err err = cw_key_address(&address, secret, error);
    if (err != CW_OK) {
        return err;
    }
    if (keystore->has_address && !cw_addr20_equal(&address, &keystore->address)) {
        char said[CW_HEX_SIZE(20)], real[CW_HEX_SIZE(20)];
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "says that it is the key of %s, but it is that of %s: do not use it "
                            "before you know why",
                            cw_hex_encode(said, cw_slice_of(keystore->address.b, 20)),
                            cw_hex_encode(real, cw_slice_of(address.b, 20)));
    }
    return CW_OK;
}

enum cw_err cw_keystore_open(struct cw_secret32 *ret, const struct cw_keystore *keystore,
                             const struct cw_password *password, struct cw_error *error) {
    uint8_t derived[DERIVED];
    struct cw_hash32 mac;
    struct cw_secret32 secret = {{0}};
    enum cw_err err = derive(derived, keystore, password, error);
    if (err == CW_OK) {
        authenticate(&mac, derived, keystore);
        if (CRYPTO_memcmp(mac.b, keystore->mac.b, sizeof mac.b) != 0) {
            err = cw_error_set(error, CW_ERR_REFUSED, "wrong password");
        }
    }
    if (err == CW_OK) {
        err = crypt_key(secret.b, keystore->ciphertext, derived, keystore->iv, error);
    }
    if (err == CW_OK) {
        err = check_key(&secret, keystore, error);
    }
    if (err == CW_OK) {
        *ret = secret;
    }
    cw_wipe(derived, sizeof derived);
    cw_secret32_wipe(&secret);
    return err;
}

/* --- new ones --------------------------------------------------------------------------------- */

static enum cw_err seal(struct cw_keystore *keystore, const struct cw_secret32 *secret,
                        const struct cw_password *password, struct cw_error *error) {
    uint8_t derived[DERIVED];
    enum cw_err err = derive(derived, keystore, password, error);
    if (err == CW_OK) {
        err = crypt_key(keystore->ciphertext, secret->b, derived, keystore->iv, error);
    }
    if (err == CW_OK) {
        authenticate(&keystore->mac, derived, keystore);
    }
    cw_wipe(derived, sizeof derived);
    return err;
}

enum cw_err cw_keystore_seal(struct cw_keystore *ret, const struct cw_secret32 *secret,
                             const struct cw_password *password, const struct cw_scrypt_cost *cost,
                             const struct cw_keystore_seed *seed, struct cw_error *error) {
    struct cw_keystore keystore = {
        .kdf = CW_KDF_SCRYPT, .scrypt = *cost, .salt_n = sizeof seed->salt};
    memcpy(keystore.salt, seed->salt, sizeof seed->salt);
    memcpy(keystore.iv, seed->iv, sizeof seed->iv);
    memcpy(keystore.id, seed->id, sizeof seed->id);
    keystore.id[6] = (uint8_t)((keystore.id[6] & 0x0f) |
                               0x40); /* RFC 9562: version 4, a random one */
    keystore.id[8] = (uint8_t)((keystore.id[8] & 0x3f) | 0x80);

    enum cw_err err = cw_key_address(&keystore.address, secret, error);
    if (err != CW_OK) {
        return err;
    }
    keystore.has_address = true;
    err = seal(&keystore, secret, password, error);
    struct cw_secret32 again = {{0}};
    if (err == CW_OK) {
        err = cw_keystore_open(&again, &keystore, password, error);
    }
    if (err == CW_OK && !cw_secret32_equal(&again, secret)) {
        err = cw_error_set(error, CW_ERR_CONTRADICTED,
                           "the keystore opens to another key: nothing is written");
    }
    cw_secret32_wipe(&again);
    if (err == CW_OK) {
        *ret = keystore;
    }
    return err;
}
