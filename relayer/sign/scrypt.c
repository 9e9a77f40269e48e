#include "sign/scrypt.h"

#include <causeway/curve.h>

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum cw_err cw_scrypt_check(const struct cw_scrypt_cost *cost, struct cw_error *error) {
    const uint64_t n = cost->n, r = cost->r, p = cost->p;
    if (n < 2 || (n & (n - 1)) != 0 || r == 0 || p == 0) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "scrypt has no n = %" PRIu64 ", r = %" PRIu64 ", p = %" PRIu64
                            ": n is a power of two above 1, r and p are at least 1",
                            n, r, p);
    }
    /* blocks of 128 bytes; each factor is bounded first, so that no product overflows */
    const uint64_t blocks = CW_SCRYPT_MEMORY_MAX / 128;
    if (n > blocks || r > blocks || p > blocks || r * (n + p) > blocks) {
        return cw_error_set(error, CW_ERR_LIMIT,
                            "scrypt with n = %" PRIu64 ", r = %" PRIu64 ", p = %" PRIu64
                            " takes more than 1 GiB of memory, which is not done here",
                            n, r, p);
    }
    if (n * r > CW_SCRYPT_WORK_MAX / p) {
        return cw_error_set(error, CW_ERR_LIMIT,
                            "scrypt with n = %" PRIu64 ", r = %" PRIu64 ", p = %" PRIu64
                            " takes more than 16 times the work of n = 262144, r = 8, p = 1, which "
                            "is not done here",
                            n, r, p);
    }
    return CW_OK;
}

/* --- by hand ---------------------------------------------------------------------------------- */

#define BLOCK_WORDS 16u /* of Salsa20 */

static uint32_t rotate(uint32_t x, unsigned n) {
    return x << n | x >> (32 - n);
}

static void quarter(uint32_t x[BLOCK_WORDS], unsigned a, unsigned b, unsigned c, unsigned d) {
    x[b] ^= rotate(x[a] + x[d], 7);
    x[c] ^= rotate(x[b] + x[a], 9);
    x[d] ^= rotate(x[c] + x[b], 13);
    x[a] ^= rotate(x[d] + x[c], 18);
}

/* Salsa20/8 core: b = b + rounds(b). */
static void salsa(uint32_t b[BLOCK_WORDS]) {
    uint32_t x[BLOCK_WORDS];
    memcpy(x, b, sizeof x);
    for (int i = 0; i < 4; i++) {
        quarter(x, 0, 4, 8, 12);
        quarter(x, 5, 9, 13, 1);
        quarter(x, 10, 14, 2, 6);
        quarter(x, 15, 3, 7, 11);
        quarter(x, 0, 1, 2, 3);
        quarter(x, 5, 6, 7, 4);
        quarter(x, 10, 11, 8, 9);
        quarter(x, 15, 12, 13, 14);
    }
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        b[i] += x[i];
    }
}

static void xor_words(uint32_t *to, const uint32_t *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] ^= from[i];
    }
}

/* scryptBlockMix: 2r blocks of in to out, even ones first; x holds one block. */
static void block_mix(uint32_t *out, const uint32_t *in, size_t r, uint32_t x[BLOCK_WORDS]) {
    memcpy(x, in + (2 * r - 1) * BLOCK_WORDS, BLOCK_WORDS * sizeof *x);
    for (size_t i = 0; i < 2 * r; i++) {
        xor_words(x, in + i * BLOCK_WORDS, BLOCK_WORDS);
        salsa(x);
        memcpy(out + (i / 2 + (i % 2) * r) * BLOCK_WORDS, x, BLOCK_WORDS * sizeof *x);
    }
}

/* scryptROMix of one chunk of 128r bytes; v holds n of them, b two and x one Salsa block. */
static void ro_mix(uint8_t *chunk, size_t n, size_t r, uint32_t *v, uint32_t *b, uint32_t *x) {
    const size_t words = 2 * r * BLOCK_WORDS;
    uint32_t *now = b, *next = b + words;
    for (size_t i = 0; i < words; i++) {
        now[i] = (uint32_t)chunk[4 * i] | (uint32_t)chunk[4 * i + 1] << 8 |
                 (uint32_t)chunk[4 * i + 2] << 16 | (uint32_t)chunk[4 * i + 3] << 24;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(v + i * words, now, words * sizeof *v);
        block_mix(next, now, r, x);
        uint32_t *swap = now;
        now = next;
        next = swap;
    }
    for (size_t i = 0; i < n; i++) {
        size_t j = now[words - BLOCK_WORDS] & (n - 1);
        xor_words(now, v + j * words, words);
        block_mix(next, now, r, x);
        uint32_t *swap = now;
        now = next;
        next = swap;
    }
    for (size_t i = 0; i < 4 * words; i++) {
        chunk[i] = (uint8_t)(now[i / 4] >> 8 * (i % 4));
    }
}

static void wipe_free(void *p, size_t n) {
    if (p != NULL) {
        cw_wipe(p, n);
        free(p);
    }
}

static bool pbkdf2_once(uint8_t *out, size_t n, struct cw_slice password, struct cw_slice salt) {
    return PKCS5_PBKDF2_HMAC((const char *)password.p, (int)password.n, salt.p, (int)salt.n, 1,
                             EVP_sha256(), (int)n, out) == 1;
}

enum cw_err cw_scrypt_own(uint8_t *out, size_t n, struct cw_slice password, struct cw_slice salt,
                          const struct cw_scrypt_cost *cost) {
    assert(cw_scrypt_check(cost, NULL) == CW_OK);
    const size_t chunk = 128 * (size_t)cost->r, all = chunk * (size_t)cost->p;
    const size_t v_n = chunk * (size_t)cost->n, work_n = 2 * chunk + BLOCK_WORDS * sizeof(uint32_t);
    assert(all > 0);
    uint8_t *b = malloc(all);
    uint32_t *v = malloc(v_n), *work = calloc(1, work_n);
    bool ok = b != NULL && v != NULL && work != NULL && pbkdf2_once(b, all, password, salt);
    if (ok) {
        for (size_t i = 0; i < cost->p; i++) {
            ro_mix(b + i * chunk, (size_t)cost->n, (size_t)cost->r, v, work,
                   work + 2 * chunk / sizeof *work);
        }
        ok = pbkdf2_once(out, n, password, cw_slice_of(b, all));
    }
    wipe_free(b, all);
    wipe_free(v, v_n);
    wipe_free(work, work_n);
    return ok ? CW_OK : CW_ERR_MEMORY;
}

/* --- which one -------------------------------------------------------------------------------- */

enum cw_err cw_scrypt(uint8_t *out, size_t n, struct cw_slice password, struct cw_slice salt,
                      const struct cw_scrypt_cost *cost) {
    assert(cw_scrypt_check(cost, NULL) == CW_OK);
    if (cost->r < 4 && cost->n >> (16 * cost->r) != 0) {
        return cw_scrypt_own(out, n, password, salt, cost);
    }
    /* the limits were checked: OpenSSL's own is put out of the way */
    return EVP_PBE_scrypt((const char *)password.p, password.n, salt.p, salt.n, cost->n, cost->r,
                          cost->p, 2 * CW_SCRYPT_MEMORY_MAX, out, n) == 1
               ? CW_OK
               : CW_ERR_MEMORY;
}
