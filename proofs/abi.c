#include <causeway/abi.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <causeway/keccak.h>

#define WORD 32

/* Solidity's two built-in errors. */
#define SELECTOR_ERROR 0x08c379a0u /* Error(string) */
#define SELECTOR_PANIC 0x4e487b71u /* Panic(uint256) */

struct cw_selector cw_selector_from_u32(uint32_t v) {
    return (struct cw_selector){
        {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}};
}

void cw_event_topic(struct cw_hash32 *out, const char *signature) {
    cw_keccak256(out, cw_slice_of(signature, strlen(signature)));
}

struct cw_selector cw_selector_of(const char *signature) {
    struct cw_hash32 hash;
    cw_event_topic(&hash, signature);
    return (struct cw_selector){{hash.b[0], hash.b[1], hash.b[2], hash.b[3]}};
}

enum cw_err cw_selector_read(struct cw_selector *ret_selector, struct cw_slice data) {
    if (data.n < sizeof(ret_selector->b)) {
        return CW_ERR_INPUT;
    }
    memcpy(ret_selector->b, data.p, sizeof(ret_selector->b));
    return CW_OK;
}

bool cw_selector_is(struct cw_slice data, uint32_t v) {
    struct cw_selector expected = cw_selector_from_u32(v);
    return data.n >= sizeof(expected.b) && memcmp(data.p, expected.b, sizeof(expected.b)) == 0;
}

/* --- encoding ------------------------------------------------------------------------------- */

static const uint8_t zeros[WORD];

void cw_abi_put_selector(struct cw_buf *buf, struct cw_selector selector) {
    cw_buf_append(buf, selector.b, sizeof(selector.b));
}

void cw_abi_put_word(struct cw_buf *buf, const struct cw_hash32 *word) {
    cw_buf_append(buf, word->b, sizeof(word->b));
}

void cw_abi_put_u256(struct cw_buf *buf, const struct cw_u256 *value) {
    uint8_t be[WORD];
    cw_u256_to_be(be, value);
    cw_buf_append(buf, be, sizeof(be));
}

void cw_abi_put_u64(struct cw_buf *buf, uint64_t value) {
    struct cw_u256 wide = cw_u256_from_u64(value);
    cw_abi_put_u256(buf, &wide);
}

void cw_abi_put_bool(struct cw_buf *buf, bool value) {
    cw_abi_put_u64(buf, value ? 1 : 0);
}

void cw_abi_put_addr20(struct cw_buf *buf, const struct cw_addr20 *address) {
    cw_buf_append(buf, zeros, WORD - sizeof(address->b));
    cw_buf_append(buf, address->b, sizeof(address->b));
}

size_t cw_abi_base(const struct cw_buf *buf) {
    return buf->n;
}

size_t cw_abi_put_offset(struct cw_buf *buf) {
    size_t at = buf->n;
    cw_buf_append(buf, zeros, WORD);
    return at;
}

void cw_abi_place(struct cw_buf *buf, size_t base, size_t at) {
    if (buf->failed) {
        return;
    }
    assert(base <= at && at <= buf->n && buf->n - at >= WORD);
    struct cw_u256 offset = cw_u256_from_u64(buf->n - base);
    cw_u256_to_be(buf->p + at, &offset);
}

void cw_abi_put_bytes(struct cw_buf *buf, struct cw_slice bytes) {
    cw_abi_put_u64(buf, bytes.n);
    cw_buf_append(buf, bytes.p, bytes.n);
    cw_buf_append(buf, zeros, (WORD - bytes.n % WORD) % WORD);
}

void cw_abi_put_bytes_array(struct cw_buf *buf, const struct cw_slice *elements,
                            size_t n_elements) {
    cw_abi_put_u64(buf, n_elements);
    size_t base = cw_abi_base(buf);
    for (size_t i = 0; i < n_elements; i++) {
        cw_abi_put_offset(buf);
    }
    for (size_t i = 0; i < n_elements; i++) {
        cw_abi_place(buf, base, base + i * WORD);
        cw_abi_put_bytes(buf, elements[i]);
    }
}

/* --- decoding ------------------------------------------------------------------------------- */

struct cw_abi cw_abi_open(struct cw_slice data) {
    return (struct cw_abi){data, 0};
}

enum cw_err cw_abi_open_call(struct cw_abi *ret_cursor, struct cw_slice data,
                             struct cw_selector selector) {
    if (data.n < sizeof(selector.b) || memcmp(data.p, selector.b, sizeof(selector.b)) != 0) {
        return CW_ERR_INPUT;
    }
    *ret_cursor = cw_abi_open(cw_slice_of(data.p + 4, data.n - 4));
    return CW_OK;
}

/* The next head word, still in place; NULL when there is none. */
static const uint8_t *peek(const struct cw_abi *cursor) {
    return cursor->at <= cursor->frame.n && cursor->frame.n - cursor->at >= WORD
               ? cursor->frame.p + cursor->at
               : NULL;
}

static bool all_zero(const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

/* A word that fits 64 bits. */
static enum cw_err word_u64(uint64_t *ret_value, const uint8_t *word) {
    if (word == NULL || !all_zero(word, WORD - 8)) {
        return CW_ERR_INPUT;
    }
    uint64_t value = 0;
    for (size_t i = WORD - 8; i < WORD; i++) {
        value = value << 8 | word[i];
    }
    *ret_value = value;
    return CW_OK;
}

enum cw_err cw_abi_word(struct cw_abi *cursor, struct cw_hash32 *ret_word) {
    const uint8_t *word = peek(cursor);
    if (word == NULL) {
        return CW_ERR_INPUT;
    }
    memcpy(ret_word->b, word, WORD);
    cursor->at += WORD;
    return CW_OK;
}

enum cw_err cw_abi_u256(struct cw_abi *cursor, struct cw_u256 *ret_value) {
    const uint8_t *word = peek(cursor);
    if (word == NULL) {
        return CW_ERR_INPUT;
    }
    *ret_value = cw_u256_from_be(word);
    cursor->at += WORD;
    return CW_OK;
}

enum cw_err cw_abi_u64(struct cw_abi *cursor, uint64_t *ret_value) {
    if (word_u64(ret_value, peek(cursor)) != CW_OK) {
        return CW_ERR_INPUT;
    }
    cursor->at += WORD;
    return CW_OK;
}

enum cw_err cw_abi_bool(struct cw_abi *cursor, bool *ret_value) {
    uint64_t value;
    if (word_u64(&value, peek(cursor)) != CW_OK || value > 1) {
        return CW_ERR_INPUT;
    }
    *ret_value = value == 1;
    cursor->at += WORD;
    return CW_OK;
}

enum cw_err cw_abi_addr20(struct cw_abi *cursor, struct cw_addr20 *ret_address) {
    const uint8_t *word = peek(cursor);
    if (word == NULL || !all_zero(word, 12)) {
        return CW_ERR_INPUT;
    }
    memcpy(ret_address->b, word + 12, sizeof(ret_address->b));
    cursor->at += WORD;
    return CW_OK;
}

enum cw_err cw_abi_fixed(struct cw_abi *cursor, uint8_t *ret_bytes, size_t n) {
    const uint8_t *word = peek(cursor);
    if (word == NULL || n > WORD || !all_zero(word + n, WORD - n)) {
        return CW_ERR_INPUT;
    }
    memcpy(ret_bytes, word, n);
    cursor->at += WORD;
    return CW_OK;
}

/* What the next head word points at, to the end of the frame. Does not move the cursor. */
static enum cw_err tail(const struct cw_abi *cursor, struct cw_slice *ret_tail) {
    uint64_t offset;
    if (word_u64(&offset, peek(cursor)) != CW_OK || offset % WORD != 0 ||
        offset > cursor->frame.n) {
        return CW_ERR_INPUT;
    }
    *ret_tail = cw_slice_of(cursor->frame.p + offset, cursor->frame.n - (size_t)offset);
    return CW_OK;
}

/* A tail that begins with a length word: the length and what is behind it. */
static enum cw_err counted_tail(const struct cw_abi *cursor, uint64_t *ret_length,
                                struct cw_slice *ret_rest) {
    struct cw_slice at;
    if (tail(cursor, &at) != CW_OK || at.n < WORD || word_u64(ret_length, at.p) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret_rest = cw_slice_of(at.p + WORD, at.n - WORD);
    return CW_OK;
}

enum cw_err cw_abi_bytes(struct cw_abi *cursor, struct cw_slice *ret_bytes) {
    uint64_t length;
    struct cw_slice rest;
    if (counted_tail(cursor, &length, &rest) != CW_OK || length > rest.n) {
        return CW_ERR_INPUT;
    }
    size_t n = (size_t)length;
    size_t padding = (WORD - n % WORD) % WORD;
    if (rest.n - n < padding || !all_zero(rest.p + n, padding)) {
        return CW_ERR_INPUT;
    }
    *ret_bytes = cw_slice_of(rest.p, n);
    cursor->at += WORD;
    return CW_OK;
}

enum cw_err cw_abi_tuple(struct cw_abi *cursor, struct cw_abi *ret_members) {
    struct cw_slice at;
    if (tail(cursor, &at) != CW_OK) {
        return CW_ERR_INPUT;
    }
    cursor->at += WORD;
    *ret_members = cw_abi_open(at);
    return CW_OK;
}

enum cw_err cw_abi_array(struct cw_abi *cursor, struct cw_abi *ret_elements, size_t *ret_n,
                         size_t head_words) {
    assert(head_words > 0 && head_words <= SIZE_MAX / WORD);
    uint64_t n;
    struct cw_slice rest;
    if (counted_tail(cursor, &n, &rest) != CW_OK || n > rest.n / (WORD * head_words)) {
        return CW_ERR_INPUT;
    }
    cursor->at += WORD;
    *ret_elements = cw_abi_open(rest);
    *ret_n = (size_t)n;
    return CW_OK;
}

/* --- revert data ---------------------------------------------------------------------------- */

enum cw_err cw_abi_revert_reason(struct cw_slice *ret_reason, struct cw_slice data) {
    struct cw_abi cursor;
    uint64_t length;
    struct cw_slice rest;
    /* Contracts that build their revert data by hand leave the padding out; the text counts all the
     * same. */
    if (cw_abi_open_call(&cursor, data, cw_selector_from_u32(SELECTOR_ERROR)) != CW_OK ||
        counted_tail(&cursor, &length, &rest) != CW_OK || length > rest.n) {
        return CW_ERR_INPUT;
    }
    *ret_reason = cw_slice_of(rest.p, (size_t)length);
    return CW_OK;
}

enum cw_err cw_abi_revert_panic(uint64_t *ret_code, struct cw_slice data) {
    struct cw_abi cursor;
    if (cw_abi_open_call(&cursor, data, cw_selector_from_u32(SELECTOR_PANIC)) != CW_OK) {
        return CW_ERR_INPUT;
    }
    return cw_abi_u64(&cursor, ret_code);
}

/* Source: Solidity documentation, "Panic via assert and Error via require". */
static const char *panic_meaning(uint64_t code) {
    switch (code) {
    case 0x00:
        return "generic";
    case 0x01:
        return "assertion failed";
    case 0x11:
        return "arithmetic overflow";
    case 0x12:
        return "division by zero";
    case 0x21:
        return "no such enum value";
    case 0x22:
        return "corrupt storage byte array";
    case 0x31:
        return "pop of an empty array";
    case 0x32:
        return "index out of bounds";
    case 0x41:
        return "out of memory";
    case 0x51:
        return "call of an uninitialized function";
    default:
        return "unknown code";
    }
}

static void copy_printable(char text[CW_REVERT_TEXT_SIZE], struct cw_slice bytes) {
    size_t n = bytes.n < CW_REVERT_TEXT_SIZE - 1 ? bytes.n : CW_REVERT_TEXT_SIZE - 1;
    for (size_t i = 0; i < n; i++) {
        bool printable = bytes.p[i] >= 0x20 && bytes.p[i] < 0x7f;
        text[i] = printable ? (char)bytes.p[i] : '?';
    }
    text[n] = '\0';
}

enum cw_revert_kind cw_abi_revert_text(char text[CW_REVERT_TEXT_SIZE], struct cw_slice data) {
    if (data.n == 0) {
        snprintf(text, CW_REVERT_TEXT_SIZE, "no revert data");
        return CW_REVERT_EMPTY;
    }
    struct cw_slice reason;
    if (cw_abi_revert_reason(&reason, data) == CW_OK) {
        copy_printable(text, reason);
        return CW_REVERT_ERROR;
    }
    uint64_t code;
    if (cw_abi_revert_panic(&code, data) == CW_OK) {
        snprintf(text, CW_REVERT_TEXT_SIZE, "panic 0x%02llx: %s", (unsigned long long)code,
                 panic_meaning(code));
        return CW_REVERT_PANIC;
    }
    char hex[CW_HEX_SIZE(4)];
    cw_hex_encode(hex, cw_slice_of(data.p, data.n < 4 ? data.n : 4));
    if (data.n < 4 || cw_selector_is(data, SELECTOR_ERROR) ||
        cw_selector_is(data, SELECTOR_PANIC)) {
        snprintf(text, CW_REVERT_TEXT_SIZE, "malformed revert data %s", hex);
        return CW_REVERT_MALFORMED;
    }
    snprintf(text, CW_REVERT_TEXT_SIZE, "custom error %s", hex);
    return CW_REVERT_CUSTOM;
}
