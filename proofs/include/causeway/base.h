/* The vocabulary that every other header speaks: errors, verdicts, byte slices, and the value types
 * of an EVM chain. Nothing here allocates, logs or reads a clock. */
#ifndef CAUSEWAY_BASE_H
#define CAUSEWAY_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CW_MUST_USE           __attribute__((warn_unused_result))
#define CW_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* What went wrong, sorted by what the caller can do about it. A verdict is not an error: see
 * cw_verdict. */
enum cw_err {
    CW_OK = 0,
    CW_ERR_INPUT,       /* malformed or non-canonical bytes, text, JSON, configuration */
    CW_ERR_LIMIT,       /* a declared cap (size, depth, count) was reached */
    CW_ERR_MEMORY,      /* an allocation failed */
    CW_ERR_IO,          /* disk, file, process */
    CW_ERR_BUSY,        /* somebody else holds what is needed (lock, lane) */
    CW_ERR_SCHEMA,      /* a database that this version can't work with */
    CW_ERR_TRANSPORT,   /* no connection, timeout, TLS, truncated or malformed answer */
    CW_ERR_OVERLOADED,  /* 429, 503, "limit exceeded": the endpoint asks for patience */
    CW_ERR_BEHIND,      /* the endpoint does not have that block or state (yet, or any longer) */
    CW_ERR_REFUSED,     /* the endpoint understood and said no (method, parameters, transaction) */
    CW_ERR_REVERTED,    /* execution reverted; the revert data goes with it */
    CW_ERR_CONTRADICTED /* an answer that can't be true (wrong hash, proof, chain id) */
};

/* Detail for a human: what, where, and what to do next. Filled by the function that fails, on
 * failure only. A caller that wants no detail passes NULL wherever a struct cw_error * is taken. */
struct cw_error {
    enum cw_err code;
    char text[512];
};

/* Writes code and text into error (NULL is taken) and returns code, so that a failing path is one
 * line. */
enum cw_err cw_error_set(struct cw_error *error, enum cw_err code, const char *format, ...)
    CW_PRINTF(3, 4);

/* Puts "prefix: " in front of the text that a callee left. Returns error->code, or code where error
 * is NULL. */
enum cw_err cw_error_wrap(struct cw_error *error, enum cw_err code, const char *format, ...)
    CW_PRINTF(3, 4);

/* Short name of a code, such as "transport". Never NULL. */
const char *cw_err_name(enum cw_err code);

/* What a verifier says. Zero never means valid. */
enum cw_verdict { CW_UNDECIDED = 0, CW_VALID = 1, CW_INVALID = 2 };

/* A verdict with its reason: a static string (never freed), "" when valid. */
struct cw_judgement {
    enum cw_verdict verdict;
    const char *reason;
};

static inline struct cw_judgement cw_valid(void) {
    return (struct cw_judgement){CW_VALID, ""};
}
static inline struct cw_judgement cw_invalid(const char *reason) {
    return (struct cw_judgement){CW_INVALID, reason};
}

/* Borrowed bytes. p may be NULL only when n is 0. */
struct cw_slice {
    const uint8_t *p;
    size_t n;
};

/* 32 bytes in the order in which they stand on the wire. */
struct cw_hash32 {
    uint8_t b[32];
};

/* An account address, 20 bytes in wire order. */
struct cw_addr20 {
    uint8_t b[20];
};

/* An unsigned 256-bit integer; limb[0] is the least significant. */
struct cw_u256 {
    uint64_t limb[4];
};

/* An amount of the chain's native token in its smallest unit. */
struct cw_wei {
    struct cw_u256 v;
};

/* The height of a block. */
struct cw_block_number {
    uint64_t v;
};

/* EIP-155 chain id. */
struct cw_chain_id {
    uint64_t v;
};

#define CW_LITERAL(s) ((struct cw_slice){(const uint8_t *)(s), sizeof(s) - 1})
#define CW_COUNT(a)   (sizeof(a) / sizeof((a)[0]))

static inline struct cw_slice cw_slice_of(const void *p, size_t n) {
    return (struct cw_slice){(const uint8_t *)p, n};
}

bool cw_slice_equal(struct cw_slice a, struct cw_slice b);
bool cw_hash32_equal(const struct cw_hash32 *a, const struct cw_hash32 *b);
bool cw_hash32_is_zero(const struct cw_hash32 *a);
bool cw_addr20_equal(const struct cw_addr20 *a, const struct cw_addr20 *b);
bool cw_addr20_is_zero(const struct cw_addr20 *a);

/* --- hexadecimal ---------------------------------------------------------------------------- */

/* Room for "0x", 2 digits a byte and the NUL. */
#define CW_HEX_SIZE(bytes) (2 + 2 * (size_t)(bytes) + 1)

/* Writes "0x…" in lower case, NUL-terminated; out holds CW_HEX_SIZE(bytes.n). Returns out. */
char *cw_hex_encode(char *out, struct cw_slice bytes);

/* Reads exactly "0x" and 2·n digits of either case from text (length text_n) into out. CW_ERR_INPUT
 * when the prefix is missing, a digit is no digit or the length differs. */
CW_MUST_USE enum cw_err cw_hex_decode(uint8_t *out, size_t n, const char *text, size_t text_n);

/* Reads "0x" and an even number of digits, cap bytes at most; *ret_n is written on success only. */
CW_MUST_USE enum cw_err cw_hex_decode_any(uint8_t *out, size_t cap, size_t *ret_n, const char *text,
                                          size_t text_n);

/* --- 256-bit integers ----------------------------------------------------------------------- */

struct cw_u256 cw_u256_from_u64(uint64_t v);
/* be is 32 bytes, big-endian (an EVM word). */
struct cw_u256 cw_u256_from_be(const uint8_t be[32]);
void cw_u256_to_be(uint8_t be[32], const struct cw_u256 *a);
bool cw_u256_is_zero(const struct cw_u256 *a);
/* <0, 0, >0 */
int cw_u256_cmp(const struct cw_u256 *a, const struct cw_u256 *b);
/* Each returns true when the result did not fit (the output then is untouched). */
CW_MUST_USE bool cw_u256_add(struct cw_u256 *out, const struct cw_u256 *a, const struct cw_u256 *b);
CW_MUST_USE bool cw_u256_sub(struct cw_u256 *out, const struct cw_u256 *a, const struct cw_u256 *b);
CW_MUST_USE bool cw_u256_mul_u64(struct cw_u256 *out, const struct cw_u256 *a, uint64_t b);
CW_MUST_USE bool cw_u256_to_u64(uint64_t *out, const struct cw_u256 *a);
/* out = a / b and the remainder; b must not be 0 (asserted). */
uint64_t cw_u256_div_u64(struct cw_u256 *out, const struct cw_u256 *a, uint64_t b);
/* Decimal digits without leading zeros; out holds CW_U256_DEC_SIZE. Returns out. */
#define CW_U256_DEC_SIZE 79
char *cw_u256_to_dec(char out[CW_U256_DEC_SIZE], const struct cw_u256 *a);
/* Decimal digits only, no sign, no leading zeros (but "0"). */
CW_MUST_USE enum cw_err cw_u256_from_dec(struct cw_u256 *ret, const char *text, size_t text_n);
/* A JSON-RPC quantity: "0x0", or "0x" and digits without a leading zero; at most 64 digits. */
CW_MUST_USE enum cw_err cw_u256_from_quantity(struct cw_u256 *ret, const char *text, size_t text_n);
#define CW_QUANTITY_SIZE 67
char *cw_u256_to_quantity(char out[CW_QUANTITY_SIZE], const struct cw_u256 *a);
/* Amount with unit for people: "1.25 ETH", "0.3 gwei"; never rounds up. symbol is what stands for
 * 10^18. */
#define CW_WEI_TEXT_SIZE 112
char *cw_wei_format(char out[CW_WEI_TEXT_SIZE], const struct cw_wei *a, const char *symbol);

#ifdef __cplusplus
}
#endif
#endif
