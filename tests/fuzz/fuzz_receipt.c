/* Receipts: what is accepted encodes to the input again. */
#include <causeway/receipt.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cw_slice next(struct cw_rlp *at) {
    struct cw_rlp_item item;
    enum cw_err err = cw_rlp_next(at, &item);
    assert(err == CW_OK);
    return item.payload;
}

/* Gives a receipt that is refused for its bloom alone that of its logs: no input is lucky enough to
 * bring it. */
static void mend_bloom(uint8_t *bytes, size_t size) {
    size_t skip = bytes[0] < 0xc0;
    struct cw_rlp members = cw_rlp_open(cw_slice_of(bytes + skip, size - skip));
    members = cw_rlp_open(next(&members));
    (void)next(&members); /* outcome */
    (void)next(&members); /* gas */
    struct cw_slice place = next(&members);
    struct cw_bloom bloom = {{0}};
    assert(place.n == sizeof(bloom.b));
    struct cw_rlp logs = cw_rlp_open(next(&members));
    while (!cw_rlp_at_end(&logs)) {
        struct cw_rlp log = cw_rlp_open(next(&logs));
        cw_bloom_add(&bloom, next(&log));
        struct cw_rlp topics = cw_rlp_open(next(&log));
        while (!cw_rlp_at_end(&topics)) {
            cw_bloom_add(&bloom, next(&topics));
        }
    }
    memcpy(bytes + (place.p - bytes), bloom.b, sizeof(bloom.b));
}

static void check(struct cw_slice in, const struct cw_receipt *receipt,
                  const struct cw_bloom *bloom) {
    uint8_t *again = malloc(in.n);
    assert(again != NULL);
    struct cw_rlp_out out = cw_rlp_out_to(again, in.n);
    enum cw_err err = cw_receipt_encode(&out, receipt);
    assert(err == CW_OK && cw_slice_equal(cw_slice_of(again, out.n), in));
    for (size_t i = 0; i < receipt->n_logs; i++) {
        const struct cw_receipt_log *log = &receipt->logs[i];
        assert(cw_bloom_may_contain(bloom, cw_slice_of(log->address.b, 20)));
    }
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cw_slice in = cw_slice_of(data, size);
    struct cw_receipt receipt;
    struct cw_bloom bloom;
    struct cw_arena arena;
    cw_arena_init(&arena, (size_t)1 << 20);
    enum cw_err err = cw_receipt_decode(&arena, &receipt, &bloom, in);
    if (err == CW_OK) {
        check(in, &receipt, &bloom);
    } else if (err == CW_ERR_CONTRADICTED) {
        uint8_t *copy = malloc(size);
        assert(copy != NULL);
        memcpy(copy, data, size);
        mend_bloom(copy, size);
        in = cw_slice_of(copy, size);
        err = cw_receipt_decode(&arena, &receipt, &bloom, in);
        assert(err == CW_OK || err == CW_ERR_MEMORY);
        if (err == CW_OK) {
            check(in, &receipt, &bloom);
        }
        free(copy);
    } else {
        assert(err == CW_ERR_INPUT || err == CW_ERR_MEMORY);
    }
    cw_arena_done(&arena);
    return 0;
}
