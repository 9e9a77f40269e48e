/* Headers: what is accepted encodes to the input again. */
#include <causeway/header.h>

#include <assert.h>
#include <string.h>

#include <causeway/account.h>
#include <causeway/keccak.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct cw_header header;
    static uint8_t again[CW_HEADER_RLP_MAX];
    struct cw_slice in = cw_slice_of(data, size);
    struct cw_account account;
    if (cw_account_decode(&account, in) == CW_OK) {
        assert(size >= 68);
    }
    if (cw_header_decode(&header, in) != CW_OK) {
        return 0;
    }
    size_t n = 0;
    struct cw_hash32 hash, expected;
    enum cw_err err = cw_header_encode(again, sizeof(again), &n, &header);
    assert(err == CW_OK && n == size && memcmp(again, data, size) == 0);
    err = cw_header_hash(&hash, &header);
    cw_keccak256(&expected, in);
    assert(err == CW_OK && cw_hash32_equal(&hash, &expected));
    return 0;
}
