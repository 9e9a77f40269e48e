#include "tx/multicall.h"

#include <causeway/abi.h>

const struct cw_addr20 CW_MULTICALL3 = {{0xca, 0x11, 0xbd, 0xe0, 0x59, 0x77, 0xb3,
                                         0x63, 0x11, 0x67, 0x02, 0x88, 0x62, 0xbe,
                                         0x2a, 0x17, 0x39, 0x76, 0xca, 0x11}};

const struct cw_hash32 CW_MULTICALL3_CODE = {{0xd5, 0xc1, 0x5d, 0xf6, 0x87, 0xb1, 0x6f, 0x2f,
                                              0xf9, 0x92, 0xfc, 0x8d, 0x76, 0x7b, 0x42, 0x16,
                                              0x32, 0x31, 0x84, 0xa2, 0xbb, 0xc6, 0xee, 0x2f,
                                              0x9c, 0x39, 0x8c, 0x31, 0x8e, 0x77, 0x08, 0x91}};

#define WORD 32u

void cw_multicall_put(struct cw_buf *buf, const struct cw_multicall *calls, size_t n) {
    cw_abi_put_selector(buf, cw_selector_from_u32(CW_MULTICALL_SELECTOR));
    size_t base = cw_abi_base(buf);
    size_t list = cw_abi_put_offset(buf);
    cw_abi_place(buf, base, list);
    cw_abi_put_u64(buf, n);
    size_t elements = cw_abi_base(buf);
    for (size_t i = 0; i < n; i++) {
        (void)cw_abi_put_offset(buf);
    }
    for (size_t i = 0; i < n; i++) {
        cw_abi_place(buf, elements, elements + i * WORD);
        size_t element = cw_abi_base(buf);
        cw_abi_put_addr20(buf, &calls[i].to);
        cw_abi_put_bool(buf, calls[i].may_fail);
        size_t data = cw_abi_put_offset(buf);
        cw_abi_place(buf, element, data);
        cw_abi_put_bytes(buf, calls[i].data);
    }
}

static enum cw_err read_calls(struct cw_multicall *calls, size_t n, struct cw_abi *elements) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        struct cw_abi element;
        err = cw_abi_tuple(elements, &element);
        if (err == CW_OK) {
            err = cw_abi_addr20(&element, &calls[i].to);
        }
        if (err == CW_OK) {
            err = cw_abi_bool(&element, &calls[i].may_fail);
        }
        if (err == CW_OK) {
            err = cw_abi_bytes(&element, &calls[i].data);
        }
    }
    return err;
}

/* Offsets may overlap, leave gaps or point backwards and still decode: only the one encoding that
 * hides nothing is taken. */
static enum cw_err check_encoding(const struct cw_multicall *calls, size_t n,
                                  struct cw_slice calldata) {
    struct cw_buf again;
    cw_buf_init(&again, calldata.n);
    cw_multicall_put(&again, calls, n);
    /* It fails where the encoding is longer than calldata, and without memory: refused as well. */
    bool same = !again.failed && cw_slice_equal(cw_buf_slice(&again), calldata);
    cw_buf_done(&again);
    return same ? CW_OK : CW_ERR_INPUT;
}

enum cw_err cw_multicall_read(struct cw_arena *arena, struct cw_multicall **ret, size_t *ret_n,
                              struct cw_slice calldata) {
    struct cw_abi cursor, elements;
    size_t n = 0;
    enum cw_err err = cw_abi_open_call(&cursor, calldata,
                                       cw_selector_from_u32(CW_MULTICALL_SELECTOR));
    if (err == CW_OK) {
        err = cw_abi_array(&cursor, &elements, &n, 1);
    }
    if (err != CW_OK || n == 0) {
        return CW_ERR_INPUT;
    }
    if (n > CW_MULTICALL_MAX) {
        return CW_ERR_LIMIT;
    }
    struct cw_multicall *calls = cw_arena_array(arena, n, sizeof *calls);
    if (calls == NULL) {
        return CW_ERR_MEMORY;
    }
    err = read_calls(calls, n, &elements);
    if (err == CW_OK) {
        err = check_encoding(calls, n, calldata);
    }
    if (err == CW_OK) {
        *ret = calls;
        *ret_n = n;
    }
    return err;
}

enum cw_err cw_multicall_results(bool *ret_good, size_t n, struct cw_slice answer) {
    struct cw_abi cursor = cw_abi_open(answer), elements, element;
    struct cw_slice data;
    size_t have = 0;
    enum cw_err err = cw_abi_array(&cursor, &elements, &have, 1);
    if (err == CW_OK && have != n) {
        err = CW_ERR_INPUT;
    }
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        err = cw_abi_tuple(&elements, &element);
        if (err == CW_OK) {
            err = cw_abi_bool(&element, &ret_good[i]);
        }
        if (err == CW_OK) {
            err = cw_abi_bytes(&element, &data);
        }
    }
    return err;
}
