/* The AVX-512 path, compiled against a model of its instructions, against plain C. */
#include <causeway/keccak.h>

#include <stdlib.h>
#include <string.h>

#include "keccak_paths.h"
#include "vectors.h"

#if defined(__x86_64__)

#define MESSAGES 300
#define LENGTH   420

static uint8_t bytes[MESSAGES + LENGTH];

static int setup(void **state) {
    (void)state;
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(random >> 24);
    }
    return 0;
}

static const struct keccak_ops one = {.permute = cw_keccak_avx512_permute,
                                      .absorb = cw_keccak_avx512_absorb};
static const struct keccak_ops eight = {.permute = cw_keccak_avx512_permute,
                                        .absorb = cw_keccak_avx512_absorb,
                                        .wide = {8, cw_keccak_avx512_absorb_eight}};
static const struct keccak_ops four = {.permute = cw_keccak_avx512_permute,
                                       .absorb = cw_keccak_avx512_absorb,
                                       .wide = {4, cw_keccak_avx512_absorb_four}};

static void check(const struct keccak_ops *ops, size_t n) {
    static struct cw_slice in[MESSAGES];
    struct cw_hash32 out[MESSAGES], expected;
    for (size_t i = 0; i < n; i++) {
        in[i] = cw_slice_of(bytes + i, (i * 53 + n) % LENGTH);
    }
    memset(out, 0, sizeof(out));
    cw_keccak_batch_with(ops, out, in, n);
    for (size_t i = 0; i < n; i++) {
        cw_keccak256_on(CW_KECCAK_PLAIN, &expected, in[i]);
        assert_hash(out[i], expected);
    }
}

static void keccak_avx512__one_stream__equals_plain(void **state) {
    (void)state;
    check(&one, MESSAGES);
}

static void keccak_avx512__eight_streams__equals_plain(void **state) {
    (void)state;
    for (size_t n = 0; n < 20; n++) {
        check(&eight, n);
    }
    check(&eight, MESSAGES);
}

static void keccak_avx512__four_streams__equals_plain(void **state) {
    (void)state;
    if (!cw_keccak_path_usable(CW_KECCAK_AVX2)) {
        print_message("skipped: the machine has no AVX2, which loads the blocks of four streams\n");
        skip();
    }
    for (size_t n = 0; n < 20; n++) {
        check(&four, n);
    }
    check(&four, MESSAGES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak_avx512__one_stream__equals_plain),
        cmocka_unit_test(keccak_avx512__eight_streams__equals_plain),
        cmocka_unit_test(keccak_avx512__four_streams__equals_plain),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

#else

int main(void) {
    print_message("skipped: not x86-64\n");
    return 0;
}

#endif
