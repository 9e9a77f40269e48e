#include <causeway/rlp.h>

#include <assert.h>
#include <string.h>

#include "rlp_head.h"

/* --- decoding ------------------------------------------------------------------------------- */

struct cw_rlp cw_rlp_open(struct cw_slice bytes) {
    return (struct cw_rlp){bytes};
}

bool cw_rlp_at_end(const struct cw_rlp *cursor) {
    return cursor->rest.n == 0;
}

enum cw_err cw_rlp_end(const struct cw_rlp *cursor) {
    return cursor->rest.n == 0 ? CW_OK : CW_ERR_INPUT;
}

enum cw_err cw_rlp_next(struct cw_rlp *cursor, struct cw_rlp_item *ret_item) {
    struct cw_slice in = cursor->rest;
    struct cw_rlp_head head;
    if (!cw_rlp_read_head(&head, in.p, in.n)) {
        return CW_ERR_INPUT;
    }
    size_t whole = head.prefix + head.length;
    *ret_item = (struct cw_rlp_item){head.is_list, cw_slice_of(in.p + head.prefix, head.length),
                                     cw_slice_of(in.p, whole)};
    cursor->rest = cw_slice_of(in.p + whole, in.n - whole);
    return CW_OK;
}

enum cw_err cw_rlp_list(struct cw_rlp *cursor, struct cw_rlp *ret_members) {
    struct cw_rlp at = *cursor;
    struct cw_rlp_item item;
    if (cw_rlp_next(&at, &item) != CW_OK || !item.is_list) {
        return CW_ERR_INPUT;
    }
    *cursor = at;
    *ret_members = cw_rlp_open(item.payload);
    return CW_OK;
}

enum cw_err cw_rlp_open_list(struct cw_rlp *ret_members, struct cw_slice bytes) {
    struct cw_rlp at = cw_rlp_open(bytes), members;
    if (cw_rlp_list(&at, &members) != CW_OK || !cw_rlp_at_end(&at)) {
        return CW_ERR_INPUT;
    }
    *ret_members = members;
    return CW_OK;
}

enum cw_err cw_rlp_string(struct cw_rlp *cursor, struct cw_slice *ret_bytes) {
    struct cw_rlp at = *cursor;
    struct cw_rlp_item item;
    if (cw_rlp_next(&at, &item) != CW_OK || item.is_list) {
        return CW_ERR_INPUT;
    }
    *cursor = at;
    *ret_bytes = item.payload;
    return CW_OK;
}

enum cw_err cw_rlp_fixed(struct cw_rlp *cursor, uint8_t *ret_bytes, size_t n) {
    struct cw_rlp at = *cursor;
    struct cw_slice bytes;
    if (cw_rlp_string(&at, &bytes) != CW_OK || bytes.n != n) {
        return CW_ERR_INPUT;
    }
    *cursor = at;
    memcpy(ret_bytes, bytes.p, n);
    return CW_OK;
}

enum cw_err cw_rlp_hash32(struct cw_rlp *cursor, struct cw_hash32 *ret_hash) {
    return cw_rlp_fixed(cursor, ret_hash->b, sizeof(ret_hash->b));
}

enum cw_err cw_rlp_addr20(struct cw_rlp *cursor, struct cw_addr20 *ret_address) {
    return cw_rlp_fixed(cursor, ret_address->b, sizeof(ret_address->b));
}

/* A scalar of at most cap bytes, right-aligned into cap bytes. */
static enum cw_err scalar(struct cw_rlp *cursor, uint8_t *ret_be, size_t cap) {
    struct cw_rlp at = *cursor;
    struct cw_slice bytes;
    if (cw_rlp_string(&at, &bytes) != CW_OK || bytes.n > cap || (bytes.n > 0 && bytes.p[0] == 0)) {
        return CW_ERR_INPUT;
    }
    *cursor = at;
    memset(ret_be, 0, cap - bytes.n);
    memcpy(ret_be + cap - bytes.n, bytes.p, bytes.n);
    return CW_OK;
}

enum cw_err cw_rlp_u64(struct cw_rlp *cursor, uint64_t *ret_value) {
    uint8_t be[8];
    if (scalar(cursor, be, sizeof(be)) != CW_OK) {
        return CW_ERR_INPUT;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(be); i++) {
        value = value << 8 | be[i];
    }
    *ret_value = value;
    return CW_OK;
}

enum cw_err cw_rlp_u256(struct cw_rlp *cursor, struct cw_u256 *ret_value) {
    uint8_t be[32];
    if (scalar(cursor, be, sizeof(be)) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret_value = cw_u256_from_be(be);
    return CW_OK;
}

enum cw_err cw_rlp_bool(struct cw_rlp *cursor, bool *ret_value) {
    struct cw_rlp at = *cursor;
    uint64_t value;
    if (cw_rlp_u64(&at, &value) != CW_OK || value > 1) {
        return CW_ERR_INPUT;
    }
    *cursor = at;
    *ret_value = value == 1;
    return CW_OK;
}

enum cw_err cw_rlp_count(const struct cw_rlp *cursor, size_t *ret_n) {
    struct cw_rlp at = *cursor;
    struct cw_rlp_item item;
    size_t n = 0;
    while (!cw_rlp_at_end(&at)) {
        if (cw_rlp_next(&at, &item) != CW_OK) {
            return CW_ERR_INPUT;
        }
        n++;
    }
    *ret_n = n;
    return CW_OK;
}

enum cw_err cw_rlp_check(struct cw_slice bytes) {
    struct cw_rlp outer[CW_RLP_DEPTH_MAX];
    size_t depth = 0;
    struct cw_rlp at = cw_rlp_open(bytes);
    struct cw_rlp_item item;
    if (cw_rlp_next(&at, &item) != CW_OK || !cw_rlp_at_end(&at)) {
        return CW_ERR_INPUT;
    }
    if (!item.is_list) {
        return CW_OK;
    }
    at = cw_rlp_open(item.payload);
    for (;;) {
        if (cw_rlp_at_end(&at)) {
            if (depth == 0) {
                return CW_OK;
            }
            at = outer[--depth];
            continue;
        }
        if (cw_rlp_next(&at, &item) != CW_OK) {
            return CW_ERR_INPUT;
        }
        if (item.is_list) {
            if (depth == CW_COUNT(outer)) {
                return CW_ERR_LIMIT;
            }
            outer[depth++] = at;
            at = cw_rlp_open(item.payload);
        }
    }
}

/* --- encoding ------------------------------------------------------------------------------- */

struct cw_rlp_out cw_rlp_out_to(uint8_t *p, size_t capacity) {
    return (struct cw_rlp_out){p, capacity, 0, false};
}

struct cw_rlp_out cw_rlp_out_count(void) {
    return (struct cw_rlp_out){NULL, SIZE_MAX, 0, false};
}

/* Takes n more bytes into account; true when they may be written at the old out->n. */
static bool claim(struct cw_rlp_out *out, size_t n) {
    size_t total;
    if (__builtin_add_overflow(out->n, n, &total)) {
        out->failed = true;
        return false;
    }
    if (total > out->capacity) {
        out->failed = true;
    }
    out->n = total;
    return !out->failed && out->p != NULL;
}

void cw_rlp_put_raw(struct cw_rlp_out *out, struct cw_slice bytes) {
    if (claim(out, bytes.n) && bytes.n > 0) {
        memcpy(out->p + out->n - bytes.n, bytes.p, bytes.n);
    }
}

size_t cw_rlp_prefix(uint8_t out[9], size_t payload_n, bool is_list) {
    uint8_t base = is_list ? 0xc0 : 0x80;
    if (payload_n <= 55) {
        out[0] = (uint8_t)(base + payload_n);
        return 1;
    }
    size_t length_n = cw_rlp_prefix_size(payload_n) - 1;
    out[0] = (uint8_t)(base + 55 + length_n);
    for (size_t i = 0; i < length_n; i++) {
        out[length_n - i] = (uint8_t)(payload_n >> (8 * i));
    }
    return 1 + length_n;
}

size_t cw_rlp_prefix_size(size_t payload_n) {
    size_t size = 1;
    if (payload_n > 55) {
        for (; payload_n > 0; payload_n >>= 8) {
            size++;
        }
    }
    return size;
}

void cw_rlp_put_string(struct cw_rlp_out *out, struct cw_slice bytes) {
    if (bytes.n != 1 || bytes.p[0] >= 0x80) {
        uint8_t prefix[9];
        cw_rlp_put_raw(out, cw_slice_of(prefix, cw_rlp_prefix(prefix, bytes.n, false)));
    }
    cw_rlp_put_raw(out, bytes);
}

void cw_rlp_put_hash32(struct cw_rlp_out *out, const struct cw_hash32 *hash) {
    cw_rlp_put_string(out, cw_slice_of(hash->b, sizeof(hash->b)));
}

void cw_rlp_put_addr20(struct cw_rlp_out *out, const struct cw_addr20 *address) {
    cw_rlp_put_string(out, cw_slice_of(address->b, sizeof(address->b)));
}

void cw_rlp_put_u64(struct cw_rlp_out *out, uint64_t value) {
    struct cw_u256 wide = cw_u256_from_u64(value);
    cw_rlp_put_u256(out, &wide);
}

void cw_rlp_put_u256(struct cw_rlp_out *out, const struct cw_u256 *value) {
    uint8_t be[32];
    cw_u256_to_be(be, value);
    size_t skip = 0;
    while (skip < sizeof(be) && be[skip] == 0) {
        skip++;
    }
    cw_rlp_put_string(out, cw_slice_of(be + skip, sizeof(be) - skip));
}

size_t cw_rlp_list_begin(const struct cw_rlp_out *out) {
    return out->n;
}

void cw_rlp_list_end(struct cw_rlp_out *out, size_t mark) {
    assert(mark <= out->n);
    uint8_t prefix[9];
    size_t payload_n = out->n - mark;
    size_t prefix_n = cw_rlp_prefix(prefix, payload_n, true);
    if (claim(out, prefix_n)) {
        memmove(out->p + mark + prefix_n, out->p + mark, payload_n);
        memcpy(out->p + mark, prefix, prefix_n);
    }
}
