/* Four streams at once for x86-64 with AVX2: a register holds one lane of each. */
#include "keccak_paths.h"
#include "keccak_round.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

#define QUAD_LANE                __m256i
#define QUAD_XOR(a, b)           _mm256_xor_si256((a), (b))
#define QUAD_XOR5(a, b, c, d, e) QUAD_XOR(QUAD_XOR(QUAD_XOR(a, b), QUAD_XOR(c, d)), e)
#define QUAD_ROTL(a, n)          quad_rotl((a), (n))
#define QUAD_CHI(a, b, c)        QUAD_XOR(a, _mm256_andnot_si256((b), (c)))
#define QUAD_CONSTANT(c)         _mm256_set1_epi64x((long long)(c))
#define QUAD_AT(i)               (state + (size_t)4 * (i))
#define QUAD_LOAD(i)             _mm256_load_si256((const __m256i *)(const void *)QUAD_AT(i))
#define QUAD_STORE(i, v)         _mm256_store_si256((__m256i *)(void *)QUAD_AT(i), (v))

TARGET static inline __attribute__((always_inline)) __m256i quad_rotl(__m256i a, int n) {
    switch (n) {
    case 1: /* An addition is quicker than a shift, and a shuffle than two shifts. */
        return _mm256_or_si256(_mm256_add_epi64(a, a), _mm256_srli_epi64(a, 63));
    case 8:
        return _mm256_shuffle_epi8(a, _mm256_set_epi64x(0x0e0d0c0b0a09080f, 0x0605040302010007,
                                                        0x0e0d0c0b0a09080f, 0x0605040302010007));
    case 56:
        return _mm256_shuffle_epi8(a, _mm256_set_epi64x(0x080f0e0d0c0b0a09, 0x0007060504030201,
                                                        0x080f0e0d0c0b0a09, 0x0007060504030201));
    default:
        return _mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - n));
    }
}

TARGET static inline __m256i load_bytes(const uint8_t *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* XORs words i to i + 3 of every stream's block in. */
TARGET static inline void xor_words(uint64_t *state, __m256i keep, const uint8_t *const *blocks,
                                    size_t i) {
    __m256i s0 = load_bytes(blocks[0] + 8 * i), s1 = load_bytes(blocks[1] + 8 * i);
    __m256i s2 = load_bytes(blocks[2] + 8 * i), s3 = load_bytes(blocks[3] + 8 * i);
    __m256i even01 = _mm256_unpacklo_epi64(s0, s1), odd01 = _mm256_unpackhi_epi64(s0, s1);
    __m256i even23 = _mm256_unpacklo_epi64(s2, s3), odd23 = _mm256_unpackhi_epi64(s2, s3);
    __m256i w0 = _mm256_permute2x128_si256(even01, even23, 0x20);
    __m256i w1 = _mm256_permute2x128_si256(odd01, odd23, 0x20);
    __m256i w2 = _mm256_permute2x128_si256(even01, even23, 0x31);
    __m256i w3 = _mm256_permute2x128_si256(odd01, odd23, 0x31);
    QUAD_STORE(i, QUAD_XOR(_mm256_and_si256(QUAD_LOAD(i), keep), w0));
    QUAD_STORE(i + 1, QUAD_XOR(_mm256_and_si256(QUAD_LOAD(i + 1), keep), w1));
    QUAD_STORE(i + 2, QUAD_XOR(_mm256_and_si256(QUAD_LOAD(i + 2), keep), w2));
    QUAD_STORE(i + 3, QUAD_XOR(_mm256_and_si256(QUAD_LOAD(i + 3), keep), w3));
}

TARGET void cw_keccak_avx2_xor(uint64_t *state, const uint64_t *keep,
                               const uint8_t *const *blocks) {
    __m256i kept = _mm256_load_si256((const __m256i *)(const void *)keep);
    for (size_t i = 0; i + 4 <= KECCAK_WORDS_IN_BLOCK; i += 4) {
        xor_words(state, kept, blocks, i);
    }
    const size_t last = KECCAK_WORDS_IN_BLOCK - 1;
    __m256i words = _mm256_set_epi64x(
        (long long)keccak_load(blocks[3] + 8 * last), (long long)keccak_load(blocks[2] + 8 * last),
        (long long)keccak_load(blocks[1] + 8 * last), (long long)keccak_load(blocks[0] + 8 * last));
    QUAD_STORE(last, QUAD_XOR(_mm256_and_si256(QUAD_LOAD(last), kept), words));
    for (size_t i = KECCAK_WORDS_IN_BLOCK; i < 25; i++) {
        QUAD_STORE(i, _mm256_and_si256(QUAD_LOAD(i), kept));
    }
}

TARGET static void permute(uint64_t *state) {
    KECCAK_PERMUTE(QUAD, QUAD_LOAD, QUAD_STORE);
}

TARGET void cw_keccak_avx2_absorb(uint64_t *state, const uint64_t *keep,
                                  const uint8_t *const *blocks) {
    cw_keccak_avx2_xor(state, keep, blocks);
    permute(state);
}

#endif
