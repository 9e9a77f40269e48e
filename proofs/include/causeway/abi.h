/* Solidity ABI: building calldata, and reading event data, return data and revert data.
 *
 * Source: Solidity documentation, "Contract ABI Specification". */
#ifndef CAUSEWAY_ABI_H
#define CAUSEWAY_ABI_H

#include <causeway/arena.h>
#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The first four bytes of calldata, or of revert data. */
struct cw_selector {
    uint8_t b[4];
};

/* Of a literal such as 0x4870496f. */
struct cw_selector cw_selector_from_u32(uint32_t v);
/* keccak256(signature)[0..4]; signature is canonical text: "finalizedWithdrawals(bytes32)". */
struct cw_selector cw_selector_of(const char *signature);
/* CW_ERR_INPUT when data has under four bytes. */
CW_MUST_USE enum cw_err cw_selector_read(struct cw_selector *ret_selector, struct cw_slice data);
bool cw_selector_is(struct cw_slice data, uint32_t v);
/* keccak256 of an event's signature: its topic 0. */
void cw_event_topic(struct cw_hash32 *out, const char *signature);

/* --- encoding ------------------------------------------------------------------------------- */

/* Appends to a buffer. A tuple (or the argument list) is written head first:
 *
 *     cw_abi_put_selector(buf, selector);
 *     size_t base = cw_abi_base(buf);            offsets count from here
 *     size_t at = cw_abi_put_offset(buf);        a dynamic member: its place is not known yet
 *     cw_abi_put_u64(buf, 7);                    a static member
 *     cw_abi_place(buf, base, at);               the dynamic member starts here
 *     cw_abi_put_bytes(buf, data);
 *
 * A dynamic tuple inside takes a base of its own at the place where it starts. Failures (memory,
 * cap) are in buf->failed; check once at the end. */
void cw_abi_put_selector(struct cw_buf *buf, struct cw_selector selector);
void cw_abi_put_word(struct cw_buf *buf, const struct cw_hash32 *word);
void cw_abi_put_u256(struct cw_buf *buf, const struct cw_u256 *value);
void cw_abi_put_u64(struct cw_buf *buf, uint64_t value);
void cw_abi_put_bool(struct cw_buf *buf, bool value);
void cw_abi_put_addr20(struct cw_buf *buf, const struct cw_addr20 *address);
size_t cw_abi_base(const struct cw_buf *buf);
size_t cw_abi_put_offset(struct cw_buf *buf);
void cw_abi_place(struct cw_buf *buf, size_t base, size_t at);
/* The tail of a `bytes` or `string`: length, bytes, zeros up to a whole word. */
void cw_abi_put_bytes(struct cw_buf *buf, struct cw_slice bytes);
/* The tail of a `bytes[]`: count, offsets, elements. */
void cw_abi_put_bytes_array(struct cw_buf *buf, const struct cw_slice *elements, size_t n_elements);

/* --- decoding ------------------------------------------------------------------------------- */

/* A cursor over the head of a tuple. A plain value. Every reader returns CW_ERR_INPUT, and leaves
 * cursor and outputs untouched, when the data is too short, an offset leaves the data or is not a
 * multiple of 32, a value does not fit its type, or padding is not zero. Slices borrow from the
 * input. */
struct cw_abi {
    struct cw_slice frame; /* offsets count from its start */
    size_t at;             /* the next head word, <= frame.n */
};

struct cw_abi cw_abi_open(struct cw_slice data);
/* data begins with this selector: *ret_cursor stands behind it. */
CW_MUST_USE enum cw_err cw_abi_open_call(struct cw_abi *ret_cursor, struct cw_slice data,
                                         struct cw_selector selector);

CW_MUST_USE enum cw_err cw_abi_word(struct cw_abi *cursor, struct cw_hash32 *ret_word);
CW_MUST_USE enum cw_err cw_abi_u256(struct cw_abi *cursor, struct cw_u256 *ret_value);
CW_MUST_USE enum cw_err cw_abi_u64(struct cw_abi *cursor, uint64_t *ret_value);
/* 0 or 1, nothing else. */
CW_MUST_USE enum cw_err cw_abi_bool(struct cw_abi *cursor, bool *ret_value);
/* The upper 12 bytes must be zero. */
CW_MUST_USE enum cw_err cw_abi_addr20(struct cw_abi *cursor, struct cw_addr20 *ret_address);
/* bytesN with N < 32: n bytes, then zeros. */
CW_MUST_USE enum cw_err cw_abi_fixed(struct cw_abi *cursor, uint8_t *ret_bytes, size_t n);
/* A `bytes` or `string` by its offset. */
CW_MUST_USE enum cw_err cw_abi_bytes(struct cw_abi *cursor, struct cw_slice *ret_bytes);
/* A dynamic tuple by its offset. */
CW_MUST_USE enum cw_err cw_abi_tuple(struct cw_abi *cursor, struct cw_abi *ret_members);
/* A dynamic array by its offset: *ret_n elements, each taking head_words words in the head (1 for
 * dynamic ones), which are checked to be there. */
CW_MUST_USE enum cw_err cw_abi_array(struct cw_abi *cursor, struct cw_abi *ret_elements,
                                     size_t *ret_n, size_t head_words);

/* --- revert data ---------------------------------------------------------------------------- */

enum cw_revert_kind {
    CW_REVERT_EMPTY = 1, /* no data */
    CW_REVERT_ERROR,     /* Error(string) */
    CW_REVERT_PANIC,     /* Panic(uint256) */
    CW_REVERT_CUSTOM,    /* some other selector */
    CW_REVERT_MALFORMED  /* under four bytes, or an Error or Panic that does not decode */
};

#define CW_REVERT_TEXT_SIZE 256

/* What revert data says, for people and for the table of known texts: the string of an Error
 * (unprintable bytes as '?', cut to the room), "panic 0x11: arithmetic overflow", "custom error
 * 0x09bde339", "no revert data". text is always written and NUL-terminated. */
enum cw_revert_kind cw_abi_revert_text(char text[CW_REVERT_TEXT_SIZE], struct cw_slice data);

/* The exact bytes of an Error(string); they borrow from data. CW_ERR_INPUT when data is something
 * else. */
CW_MUST_USE enum cw_err cw_abi_revert_reason(struct cw_slice *ret_reason, struct cw_slice data);
/* The code of a Panic(uint256). CW_ERR_INPUT when data is something else. */
CW_MUST_USE enum cw_err cw_abi_revert_panic(uint64_t *ret_code, struct cw_slice data);

#ifdef __cplusplus
}
#endif
#endif
