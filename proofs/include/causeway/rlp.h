/* RLP: a strict cursor decoder and an encoder into a fixed buffer.
 *
 * Strict: one encoding is accepted for each value. Refused are long forms that fit a short one,
 * lengths with leading zeros, a single byte below 0x80 behind a prefix, lengths beyond the input,
 * and scalars with leading zeros. The decoder never looks deeper than the caller descends, so depth
 * is bounded by the caller's structure. Nothing allocates; slices that are returned borrow from the
 * input. Source: Ethereum yellow paper, appendix B. */
#ifndef CAUSEWAY_RLP_H
#define CAUSEWAY_RLP_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- decoding ------------------------------------------------------------------------------- */

/* A cursor over consecutive items. A plain value; copying it saves the position. Every reader below
 * returns CW_ERR_INPUT and leaves cursor and ret_ outputs untouched when the next item is missing,
 * malformed or of another shape. */
struct cw_rlp {
    struct cw_slice rest; /* what is left to read */
};

struct cw_rlp_item {
    bool is_list;
    struct cw_slice payload; /* without the prefix; for a list its encoded members */
    struct cw_slice whole;   /* with the prefix */
};

struct cw_rlp cw_rlp_open(struct cw_slice bytes);

/* bytes hold exactly one list and nothing behind it: *ret_members is a cursor over its members. */
CW_MUST_USE enum cw_err cw_rlp_open_list(struct cw_rlp *ret_members, struct cw_slice bytes);

bool cw_rlp_at_end(const struct cw_rlp *cursor);
/* CW_OK at the end, CW_ERR_INPUT when bytes are left. */
CW_MUST_USE enum cw_err cw_rlp_end(const struct cw_rlp *cursor);

/* Any item; a list's members are not checked. */
CW_MUST_USE enum cw_err cw_rlp_next(struct cw_rlp *cursor, struct cw_rlp_item *ret_item);
/* A list; *ret_members is a cursor over its members. */
CW_MUST_USE enum cw_err cw_rlp_list(struct cw_rlp *cursor, struct cw_rlp *ret_members);
/* A string of any length. */
CW_MUST_USE enum cw_err cw_rlp_string(struct cw_rlp *cursor, struct cw_slice *ret_bytes);
/* A string of exactly n bytes. */
CW_MUST_USE enum cw_err cw_rlp_fixed(struct cw_rlp *cursor, uint8_t *ret_bytes, size_t n);
CW_MUST_USE enum cw_err cw_rlp_hash32(struct cw_rlp *cursor, struct cw_hash32 *ret_hash);
CW_MUST_USE enum cw_err cw_rlp_addr20(struct cw_rlp *cursor, struct cw_addr20 *ret_address);
/* Scalars: big-endian without leading zeros, 0 as the empty string, at most 8 or 32 bytes. */
CW_MUST_USE enum cw_err cw_rlp_u64(struct cw_rlp *cursor, uint64_t *ret_value);
CW_MUST_USE enum cw_err cw_rlp_u256(struct cw_rlp *cursor, struct cw_u256 *ret_value);
/* The scalar 0 or 1. */
CW_MUST_USE enum cw_err cw_rlp_bool(struct cw_rlp *cursor, bool *ret_value);

/* Counts the items from the cursor to its end; CW_ERR_INPUT when one is malformed. The cursor does
 * not move. */
CW_MUST_USE enum cw_err cw_rlp_count(const struct cw_rlp *cursor, size_t *ret_n);

#define CW_RLP_DEPTH_MAX 64
/* Checks that bytes are exactly one item, canonical down to every leaf. CW_ERR_LIMIT when lists are
 * nested deeper than CW_RLP_DEPTH_MAX. */
CW_MUST_USE enum cw_err cw_rlp_check(struct cw_slice bytes);

/* --- encoding ------------------------------------------------------------------------------- */

/* Writes into the caller's buffer. With p = NULL nothing is written and n only counts, so that one
 * function both measures and writes. When the buffer is too small `failed` is set, later calls
 * write nothing, and n goes on counting: it then is the room that was needed. */
struct cw_rlp_out {
    uint8_t *p;
    size_t capacity;
    size_t n;
    bool failed;
};

struct cw_rlp_out cw_rlp_out_to(uint8_t *p, size_t capacity);
struct cw_rlp_out cw_rlp_out_count(void);

/* Bytes as they are, for what is encoded already or for a type byte in front. */
void cw_rlp_put_raw(struct cw_rlp_out *out, struct cw_slice bytes);
void cw_rlp_put_string(struct cw_rlp_out *out, struct cw_slice bytes);
void cw_rlp_put_hash32(struct cw_rlp_out *out, const struct cw_hash32 *hash);
void cw_rlp_put_addr20(struct cw_rlp_out *out, const struct cw_addr20 *address);
void cw_rlp_put_u64(struct cw_rlp_out *out, uint64_t value);
void cw_rlp_put_u256(struct cw_rlp_out *out, const struct cw_u256 *value);

/* mark = list_begin, members, list_end(mark): the members move back to make room for the prefix. */
size_t cw_rlp_list_begin(const struct cw_rlp_out *out);
void cw_rlp_list_end(struct cw_rlp_out *out, size_t mark);

/* Bytes that the prefix of a list (or of a string other than a single byte below 0x80) with this
 * payload takes: 1 to 9. */
size_t cw_rlp_prefix_size(size_t payload_n);
/* Writes that prefix for a string (0x80) or a list (0xc0) and returns its size. */
size_t cw_rlp_prefix(uint8_t out[9], size_t payload_n, bool is_list);

#ifdef __cplusplus
}
#endif
#endif
