/* scrypt, a key derivation that takes memory as well as time.
 *
 * Source: RFC 7914. */
#ifndef SIGN_SCRYPT_H
#define SIGN_SCRYPT_H

#include <causeway/base.h>

struct cw_scrypt_cost {
    uint64_t n; /* a power of two above 1 */
    uint64_t r, p;
};

/* What is worked on at most, whoever asks: 1 GiB of memory, and 16 times the work of n = 2^18, r =
 * 8, p = 1. */
#define CW_SCRYPT_MEMORY_MAX ((uint64_t)1 << 30)
#define CW_SCRYPT_WORK_MAX   ((uint64_t)1 << 25)

/* CW_ERR_INPUT: no scrypt has such parameters. CW_ERR_LIMIT: above the limits. Nothing is
 * allocated. */
CW_MUST_USE enum cw_err cw_scrypt_check(const struct cw_scrypt_cost *cost, struct cw_error *error);

/* Derives n bytes from password and salt. The cost must have been checked (asserted). CW_ERR_MEMORY
 * only; out is written on success only. */
CW_MUST_USE enum cw_err cw_scrypt(uint8_t *out, size_t n, struct cw_slice password,
                                  struct cw_slice salt, const struct cw_scrypt_cost *cost);

/* The same by the function of this file alone. cw_scrypt comes here for what OpenSSL refuses: n of
 * 2^(16r) and more, which RFC 7914 has no use for, but keystores have. */
CW_MUST_USE enum cw_err cw_scrypt_own(uint8_t *out, size_t n, struct cw_slice password,
                                      struct cw_slice salt, const struct cw_scrypt_cost *cost);

#endif
