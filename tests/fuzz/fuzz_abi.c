/* ABI: the first byte chooses the readers' order, the rest is the data. Whatever is returned must
 * lie inside the data. */
#include <causeway/abi.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct cw_slice outer, struct cw_slice inner) {
    if (inner.n > 0) {
        assert(inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n);
    }
}

static void read_all(struct cw_slice in, unsigned plan) {
    struct cw_abi cursor = cw_abi_open(in), inner;
    struct cw_hash32 word;
    struct cw_u256 wide;
    struct cw_addr20 address;
    struct cw_slice bytes;
    uint64_t small;
    uint8_t fixed[32];
    size_t n;
    bool flag;
    enum cw_err err = CW_OK;
    for (unsigned i = 0; i < 16 && err == CW_OK; i++) {
        switch ((plan + i * (1 + plan / 9)) % 9) {
        case 0:
            err = cw_abi_word(&cursor, &word);
            break;
        case 1:
            err = cw_abi_u256(&cursor, &wide);
            break;
        case 2:
            err = cw_abi_u64(&cursor, &small);
            break;
        case 3:
            err = cw_abi_bool(&cursor, &flag);
            break;
        case 4:
            err = cw_abi_addr20(&cursor, &address);
            break;
        case 5:
            err = cw_abi_fixed(&cursor, fixed, plan % 33);
            break;
        case 6:
            err = cw_abi_bytes(&cursor, &bytes);
            if (err == CW_OK) {
                check_inside(in, bytes);
            }
            break;
        case 7:
            err = cw_abi_tuple(&cursor, &inner);
            if (err == CW_OK) {
                check_inside(in, inner.frame);
                cursor = inner;
            }
            break;
        default:
            err = cw_abi_array(&cursor, &inner, &n, 1 + plan % 3);
            if (err == CW_OK) {
                check_inside(in, inner.frame);
                assert(n <= inner.frame.n / 32);
                cursor = inner;
            }
        }
        assert(cursor.at <= cursor.frame.n);
    }
}

/* A `bytes` that is accepted, put again, is the same tail. */
static void round_trip(struct cw_slice in) {
    struct cw_abi cursor = cw_abi_open(in);
    struct cw_slice bytes;
    if (cw_abi_bytes(&cursor, &bytes) != CW_OK) {
        return;
    }
    struct cw_buf buf;
    cw_buf_init(&buf, in.n);
    cw_abi_put_bytes(&buf, bytes);
    assert(!buf.failed && buf.n % 32 == 0);
    assert(memcmp(buf.p, bytes.p - 32, buf.n) == 0);
    cw_buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    struct cw_slice in = cw_slice_of(data + 1, size - 1), reason;
    read_all(in, data[0]);
    round_trip(in);
    char text[CW_REVERT_TEXT_SIZE];
    enum cw_revert_kind kind = cw_abi_revert_text(text, in);
    assert(strlen(text) < sizeof(text));
    if (cw_abi_revert_reason(&reason, in) == CW_OK) {
        assert(kind == CW_REVERT_ERROR);
        check_inside(in, reason);
    }
    return 0;
}
