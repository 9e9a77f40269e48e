#include <causeway/curve.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <secp256k1.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_recovery.h>

#include <causeway/keccak.h>

struct cw_curve {
    secp256k1_context *context;
};

/* The group's order n and (n - 1) / 2. */
static const struct cw_u256 order = {
    {0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff}};
static const struct cw_u256 half_order = {
    {0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff}};

void cw_wipe(void *p, size_t n) {
    explicit_bzero(p, n);
}

void cw_secret32_wipe(struct cw_secret32 *secret) {
    cw_wipe(secret->b, sizeof(secret->b));
}

bool cw_secret32_equal(const struct cw_secret32 *a, const struct cw_secret32 *b) {
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < sizeof(a->b); i++) {
        difference = (uint8_t)(difference | (a->b[i] ^ b->b[i]));
    }
    return difference == 0;
}

struct cw_curve *cw_curve_new(const uint8_t seed[32]) {
    struct cw_curve *curve = calloc(1, sizeof(*curve));
    if (curve == NULL) {
        return NULL;
    }
    /* The library's own allocator aborts the process when memory is short; so the memory is ours.
     */
    void *memory = malloc(secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE));
    if (memory == NULL) {
        free(curve);
        return NULL;
    }
    curve->context = secp256k1_context_preallocated_create(memory, SECP256K1_CONTEXT_NONE);
    if (seed != NULL && !secp256k1_context_randomize(curve->context, seed)) {
        cw_curve_free(curve);
        return NULL;
    }
    return curve;
}

void cw_curve_free(struct cw_curve *curve) {
    if (curve == NULL) {
        return;
    }
    size_t n = secp256k1_context_preallocated_clone_size(curve->context);
    secp256k1_context_preallocated_destroy(curve->context);
    cw_wipe(curve->context, n);
    free(curve->context);
    free(curve);
}

void cw_public_key_address(struct cw_addr20 *out, const uint8_t public_key[64]) {
    struct cw_hash32 hash;
    cw_keccak256(&hash, cw_slice_of(public_key, 64));
    memcpy(out->b, hash.b + 12, sizeof(out->b));
}

static void address_of(const struct cw_curve *curve, struct cw_addr20 *out,
                       const secp256k1_pubkey *key) {
    /* 0x04 ‖ X ‖ Y */
    uint8_t point[65];
    size_t point_n = sizeof(point);
    int ok = secp256k1_ec_pubkey_serialize(curve->context, point, &point_n, key,
                                           SECP256K1_EC_UNCOMPRESSED);
    assert(ok == 1 && point_n == sizeof(point));
    (void)ok;
    cw_public_key_address(out, point + 1);
}

enum cw_err cw_curve_address(const struct cw_curve *curve, struct cw_addr20 *ret_address,
                             const struct cw_secret32 *secret) {
    secp256k1_pubkey key;
    if (!secp256k1_ec_pubkey_create(curve->context, &key, secret->b)) {
        return CW_ERR_INPUT;
    }
    address_of(curve, ret_address, &key);
    return CW_OK;
}

enum cw_err cw_curve_sign(const struct cw_curve *curve, struct cw_signature *ret_signature,
                          const struct cw_hash32 *digest, const struct cw_secret32 *secret) {
    secp256k1_ecdsa_recoverable_signature signature;
    if (!secp256k1_ecdsa_sign_recoverable(curve->context, &signature, digest->b, secret->b, NULL,
                                          NULL)) {
        return CW_ERR_INPUT;
    }
    uint8_t compact[64];
    int recovery_id;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(curve->context, compact, &recovery_id,
                                                            &signature);
    /* 2 and 3 mean that r overflowed the order: no chain can express that, and nobody has ever seen
     * it. */
    if (recovery_id > 1) {
        return CW_ERR_INPUT;
    }
    memcpy(ret_signature->r.b, compact, 32);
    memcpy(ret_signature->s.b, compact + 32, 32);
    ret_signature->y_parity = (uint8_t)recovery_id;
    return CW_OK;
}

static bool scalar_in_range(const struct cw_hash32 *scalar) {
    struct cw_u256 v = cw_u256_from_be(scalar->b);
    return !cw_u256_is_zero(&v) && cw_u256_cmp(&v, &order) < 0;
}

bool cw_signature_in_range(const struct cw_signature *signature) {
    return scalar_in_range(&signature->r) && scalar_in_range(&signature->s);
}

bool cw_signature_is_low(const struct cw_signature *signature) {
    struct cw_u256 s = cw_u256_from_be(signature->s.b);
    return cw_u256_cmp(&s, &half_order) <= 0;
}

enum cw_err cw_curve_recover(const struct cw_curve *curve, struct cw_addr20 *ret_signer,
                             const struct cw_hash32 *digest, const struct cw_signature *signature) {
    if (signature->y_parity > 1 || !cw_signature_in_range(signature) ||
        !cw_signature_is_low(signature)) {
        return CW_ERR_INPUT;
    }
    uint8_t compact[64];
    memcpy(compact, signature->r.b, 32);
    memcpy(compact + 32, signature->s.b, 32);
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(curve->context, &parsed, compact,
                                                             signature->y_parity) ||
        !secp256k1_ecdsa_recover(curve->context, &key, &parsed, digest->b)) {
        return CW_ERR_INPUT;
    }
    address_of(curve, ret_signer, &key);
    return CW_OK;
}
