/* secp256k1: secrets, signatures, and addresses.
 *
 * Source: SEC 2; EIP-2 (low s); RFC 6979 (deterministic nonces). */
#ifndef CAUSEWAY_CURVE_H
#define CAUSEWAY_CURVE_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A secret key. Never formatted, copied as little as possible, wiped by its owner. */
struct cw_secret32 {
    uint8_t b[32];
};

/* Overwrites n bytes in a way that the compiler may not drop. */
void cw_wipe(void *p, size_t n);
void cw_secret32_wipe(struct cw_secret32 *secret);
/* Compares in constant time. */
bool cw_secret32_equal(const struct cw_secret32 *a, const struct cw_secret32 *b);

/* r and s big-endian; y_parity 0 or 1. */
struct cw_signature {
    struct cw_hash32 r;
    struct cw_hash32 s;
    uint8_t y_parity;
};

/* Signing context; owned by the caller. One thread at a time while signing or randomizing; recovery
 * only reads. */
struct cw_curve;

/* seed: 32 random bytes that blind the context against side channels; NULL where nothing secret
 * will be signed. NULL when memory is short. */
struct cw_curve *cw_curve_new(const uint8_t seed[32]);
/* Takes NULL. */
void cw_curve_free(struct cw_curve *curve);

/* The address of a secret's public key. CW_ERR_INPUT when the secret is 0 or not below the group's
 * order. */
CW_MUST_USE enum cw_err cw_curve_address(const struct cw_curve *curve,
                                         struct cw_addr20 *ret_address,
                                         const struct cw_secret32 *secret);
/* The last 20 bytes of keccak256(X ‖ Y); public_key is 64 bytes. */
void cw_public_key_address(struct cw_addr20 *out, const uint8_t public_key[64]);

/* Signs a 32-byte digest; deterministic, low s. CW_ERR_INPUT for a secret out of range. */
CW_MUST_USE enum cw_err cw_curve_sign(const struct cw_curve *curve,
                                      struct cw_signature *ret_signature,
                                      const struct cw_hash32 *digest,
                                      const struct cw_secret32 *secret);

/* Whether r and s are in 1 … order-1. */
bool cw_signature_in_range(const struct cw_signature *signature);
/* Whether s is at most half the order (EIP-2). */
bool cw_signature_is_low(const struct cw_signature *signature);

/* Who signed digest. CW_ERR_INPUT when r, s or the parity is out of range, s is high, or no key
 * fits. */
CW_MUST_USE enum cw_err cw_curve_recover(const struct cw_curve *curve, struct cw_addr20 *ret_signer,
                                         const struct cw_hash32 *digest,
                                         const struct cw_signature *signature);

#ifdef __cplusplus
}
#endif
#endif
