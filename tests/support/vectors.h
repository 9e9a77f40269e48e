/* Reads the project's test vectors (JSON) for the tests. Whatever a file lacks or holds in a wrong
 * shape fails the test that asked for it. Bytes get an allocation of their exact size each, so that
 * a sanitizer sees every overrun. */
#ifndef CAUSEWAY_TESTS_VECTORS_H
#define CAUSEWAY_TESTS_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include <causeway/base.h>
#include <causeway/header.h>
#include <causeway/receipt.h>

/* Loads a file from $CAUSEWAY_VECTORS, else from ../shared/vectors. When the folder is not there,
 * one line says so and the calling test is skipped. The result is for vectors_done. */
cJSON *vectors_load(const char *file);
/* Frees json and all bytes that were read since. */
void vectors_done(cJSON *json);

/* A member that must be there. */
const cJSON *vec_get(const cJSON *object, const char *key);
const char *vec_text(const cJSON *object, const char *key);
bool vec_bool(const cJSON *object, const char *key);
/* Hexadecimal text with or without 0x. */
struct cw_slice vec_bytes_of(const cJSON *text);
struct cw_slice vec_bytes(const cJSON *object, const char *key);
struct cw_hash32 vec_hash32(const cJSON *object, const char *key);
struct cw_addr20 vec_addr20(const cJSON *object, const char *key);
/* Decimal text, 0x text or a JSON number. */
struct cw_u256 vec_u256(const cJSON *object, const char *key);
uint64_t vec_u64(const cJSON *object, const char *key);
/* An array of hexadecimal texts; the array lives until vectors_done. */
struct cw_slice *vec_nodes(const cJSON *array, size_t *ret_n);
/* The header in an eth_getBlockBy* result. */
void vec_header(struct cw_header *out, const cJSON *block);
/* The receipt in an eth_getTransactionReceipt result; its logs live until vectors_done. */
void vec_receipt(struct cw_receipt *out, const cJSON *receipt);

/* Memory until vectors_done. */
void *vec_alloc(size_t n);

#define assert_valid(judgement)   vec_assert_verdict((judgement), CW_VALID, __FILE__, __LINE__)
#define assert_invalid(judgement) vec_assert_verdict((judgement), CW_INVALID, __FILE__, __LINE__)
void vec_assert_verdict(struct cw_judgement actual, enum cw_verdict expected, const char *file,
                        int line);
#define assert_reason(judgement, text)                                                             \
    do {                                                                                           \
        struct cw_judgement reason_judgement = (judgement);                                        \
        assert_invalid(reason_judgement);                                                          \
        assert_string_equal(reason_judgement.reason, (text));                                      \
    } while (0)
#define assert_hash(actual, expected) assert_memory_equal((actual).b, (expected).b, 32)

#endif
