/* A key under a password: Web3 Secret Storage, version 3, the format of geth's keystore files.
 *
 * The key is encrypted with AES-128-CTR under the first half of what the password is stretched to
 * (scrypt, or PBKDF2 with HMAC-SHA256); keccak256(second half ‖ ciphertext) says whether the
 * password was right. Nothing else in a file is bound by that, so no other member is believed.
 *
 * Source: Ethereum wiki, Web3 Secret Storage Definition, version 3. */
#ifndef SIGN_KEYSTORE_H
#define SIGN_KEYSTORE_H

#include "sign/password.h"
#include "sign/scrypt.h"

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/curve.h>

#define CW_KEYSTORE_BYTES_MAX 16384u /* of text */
#define CW_KEYSTORE_SALT_MAX  64
#define CW_PBKDF2_ROUNDS_MAX  ((uint64_t)1 << 24)

enum cw_kdf { CW_KDF_SCRYPT = 1, CW_KDF_PBKDF2 };

struct cw_keystore {
    bool has_address;
    struct cw_addr20 address; /* as the file says, until it is opened */
    enum cw_kdf kdf;
    struct cw_scrypt_cost scrypt; /* CW_KDF_SCRYPT */
    uint64_t rounds;              /* CW_KDF_PBKDF2 */
    uint8_t salt[CW_KEYSTORE_SALT_MAX];
    size_t salt_n;
    uint8_t iv[16];
    uint8_t ciphertext[32];
    struct cw_hash32 mac;
    uint8_t id[16]; /* a UUID; written, never read */
};

/* Strict JSON; unknown members are passed over, as the format asks. CW_ERR_INPUT: no keystore of
 * version 3 with a key of secp256k1; CW_ERR_LIMIT: one that takes more work or memory than is done
 * here. Nothing is derived. */
CW_MUST_USE enum cw_err cw_keystore_parse(struct cw_keystore *ret, struct cw_slice text,
                                          struct cw_error *error);
/* One JSON object without a line end. */
void cw_keystore_write(struct cw_buf *out, const struct cw_keystore *keystore);

/* The key; the caller wipes it. CW_ERR_REFUSED: "wrong password" (a damaged ciphertext or MAC looks
 * the same); CW_ERR_CONTRADICTED: the key is not of the address that the file names. Takes a second
 * or so, by design. */
CW_MUST_USE enum cw_err cw_keystore_open(struct cw_secret32 *ret,
                                         const struct cw_keystore *keystore,
                                         const struct cw_password *password,
                                         struct cw_error *error);

/* What has to be random in a keystore, new for each. */
struct cw_keystore_seed {
    uint8_t salt[32];
    uint8_t iv[16];
    uint8_t id[16];
};

extern const struct cw_scrypt_cost CW_SCRYPT_STANDARD; /* n = 2^18, r = 8, p = 1 */
extern const struct cw_scrypt_cost CW_SCRYPT_LIGHT;    /* n = 2^12, r = 8, p = 1 */

/* A new keystore of secret, opened again before it is returned: what can't be opened is never
 * written. The cost must have been checked. */
CW_MUST_USE enum cw_err cw_keystore_seal(struct cw_keystore *ret, const struct cw_secret32 *secret,
                                         const struct cw_password *password,
                                         const struct cw_scrypt_cost *cost,
                                         const struct cw_keystore_seed *seed,
                                         struct cw_error *error);

#endif
