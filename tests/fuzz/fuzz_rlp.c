/* RLP: what is accepted has one encoding only, and that is the input. */
#include <causeway/rlp.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Encodes again what cursor holds, lists' members too. Depth is what cw_rlp_check let pass. */
static void encode_again(struct cw_rlp_out *out, struct cw_rlp cursor) {
    while (!cw_rlp_at_end(&cursor)) {
        struct cw_rlp_item item;
        enum cw_err err = cw_rlp_next(&cursor, &item);
        assert(err == CW_OK);
        if (item.is_list) {
            size_t mark = cw_rlp_list_begin(out);
            encode_again(out, cw_rlp_open(item.payload));
            cw_rlp_list_end(out, mark);
        } else {
            cw_rlp_put_string(out, item.payload);
        }
    }
}

/* Scalars survive the way back too. */
static void check_scalars(struct cw_slice in) {
    uint8_t bytes[40];
    struct cw_rlp a = cw_rlp_open(in), b = a;
    struct cw_u256 wide;
    uint64_t small;
    if (cw_rlp_u256(&a, &wide) == CW_OK) {
        struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof(bytes));
        cw_rlp_put_u256(&out, &wide);
        assert(!out.failed && out.n == in.n - a.rest.n && memcmp(bytes, in.p, out.n) == 0);
    }
    if (cw_rlp_u64(&b, &small) == CW_OK) {
        assert(b.rest.n == a.rest.n && wide.limb[0] == small);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cw_slice in = cw_slice_of(data, size);
    check_scalars(in);
    if (cw_rlp_check(in) != CW_OK) {
        return 0;
    }
    uint8_t *again = malloc(size);
    assert(again != NULL);
    struct cw_rlp_out out = cw_rlp_out_to(again, size);
    encode_again(&out, cw_rlp_open(in));
    assert(!out.failed && out.n == size && memcmp(again, data, size) == 0);
    free(again);
    return 0;
}
