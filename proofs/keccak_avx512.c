/* One, four and eight streams for x86-64 with AVX-512F and VL. Its 32 registers hold the whole
 * state, a rotation is one instruction, and so is any function of three operands; so even one
 * stream is quicker here, with a lane in each register, than in general registers. */
#include "keccak_paths.h"
#include "keccak_round.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Defined as nothing where the instructions are played by a model. */
#ifndef CW_KECCAK_AVX512_TARGET
#define CW_KECCAK_AVX512_TARGET __attribute__((target("avx2,avx512f,avx512vl")))
#endif
#define TARGET CW_KECCAK_AVX512_TARGET

/* Truth tables of three operands. */
#define PARITY 0x96 /* a ^ b ^ c */
#define CHI    0xd2 /* a ^ (~b & c) */

#define ONE_LANE                __m128i
#define ONE_XOR(a, b)           _mm_xor_si128((a), (b))
#define ONE_XOR3(a, b, c)       _mm_ternarylogic_epi64((a), (b), (c), PARITY)
#define ONE_XOR5(a, b, c, d, e) ONE_XOR3(ONE_XOR3(a, b, c), d, e)
#define ONE_ROTL(a, n)          _mm_rol_epi64((a), (n))
#define ONE_CHI(a, b, c)        _mm_ternarylogic_epi64((a), (b), (c), CHI)
#define ONE_CONSTANT(c)         _mm_cvtsi64_si128((long long)(c))
#define ONE_LOAD(i)             _mm_cvtsi64_si128((long long)state[i])
#define ONE_STORE(i, v)         (state[i] = (uint64_t)_mm_cvtsi128_si64(v))

#define QUAD_LANE                __m256i
#define QUAD_XOR(a, b)           _mm256_xor_si256((a), (b))
#define QUAD_XOR3(a, b, c)       _mm256_ternarylogic_epi64((a), (b), (c), PARITY)
#define QUAD_XOR5(a, b, c, d, e) QUAD_XOR3(QUAD_XOR3(a, b, c), d, e)
#define QUAD_ROTL(a, n)          _mm256_rol_epi64((a), (n))
#define QUAD_CHI(a, b, c)        _mm256_ternarylogic_epi64((a), (b), (c), CHI)
#define QUAD_CONSTANT(c)         _mm256_set1_epi64x((long long)(c))
#define QUAD_LOAD(i)             _mm256_load_si256((const __m256i *)(const void *)(state + 4 * (i)))
#define QUAD_STORE(i, v)         _mm256_store_si256((__m256i *)(void *)(state + 4 * (i)), (v))

#define OCTET_LANE                __m512i
#define OCTET_XOR(a, b)           _mm512_xor_si512((a), (b))
#define OCTET_XOR3(a, b, c)       _mm512_ternarylogic_epi64((a), (b), (c), PARITY)
#define OCTET_XOR5(a, b, c, d, e) OCTET_XOR3(OCTET_XOR3(a, b, c), d, e)
#define OCTET_ROTL(a, n)          _mm512_rol_epi64((a), (n))
#define OCTET_CHI(a, b, c)        _mm512_ternarylogic_epi64((a), (b), (c), CHI)
#define OCTET_CONSTANT(c)         _mm512_set1_epi64((long long)(c))
#define OCTET_LOAD(i)             _mm512_load_si512(state + 8 * (i))
#define OCTET_STORE(i, v)         _mm512_store_si512(state + 8 * (i), (v))

TARGET void cw_keccak_avx512_permute(uint64_t state[25]) {
    KECCAK_PERMUTE(ONE, ONE_LOAD, ONE_STORE);
}

TARGET void cw_keccak_avx512_absorb(uint64_t state[25], const uint8_t *blocks, size_t n_blocks) {
    for (; n_blocks > 0; n_blocks--, blocks += CW_KECCAK_RATE) {
        for (size_t i = 0; i < KECCAK_WORDS_IN_BLOCK; i++) {
            state[i] ^= keccak_load(blocks + 8 * i);
        }
        cw_keccak_avx512_permute(state);
    }
}

TARGET static void permute_four(uint64_t *state) {
    KECCAK_PERMUTE(QUAD, QUAD_LOAD, QUAD_STORE);
}

TARGET void cw_keccak_avx512_absorb_four(uint64_t *state, const uint64_t *keep,
                                         const uint8_t *const *blocks) {
    cw_keccak_avx2_xor(state, keep, blocks);
    permute_four(state);
}

TARGET static void permute_eight(uint64_t *state) {
    KECCAK_PERMUTE(OCTET, OCTET_LOAD, OCTET_STORE);
}

/* XORs words i to i + 7 of every stream's block in. */
TARGET static inline void xor_words(uint64_t *state, __m512i keep, const uint8_t *const *blocks,
                                    size_t i) {
    __m512i even[4], odd[4], word[8];
    for (size_t k = 0; k < 4; k++) {
        __m512i s0 = _mm512_loadu_si512(blocks[2 * k] + 8 * i);
        __m512i s1 = _mm512_loadu_si512(blocks[2 * k + 1] + 8 * i);
        even[k] = _mm512_unpacklo_epi64(s0, s1);
        odd[k] = _mm512_unpackhi_epi64(s0, s1);
    }
    /* A quarter of a register is now one word of two streams; twice every other quarter of two. */
    __m512i low = _mm512_shuffle_i64x2(even[0], even[1], 0x88);
    __m512i high = _mm512_shuffle_i64x2(even[2], even[3], 0x88);
    word[0] = _mm512_shuffle_i64x2(low, high, 0x88);
    word[4] = _mm512_shuffle_i64x2(low, high, 0xdd);
    low = _mm512_shuffle_i64x2(even[0], even[1], 0xdd);
    high = _mm512_shuffle_i64x2(even[2], even[3], 0xdd);
    word[2] = _mm512_shuffle_i64x2(low, high, 0x88);
    word[6] = _mm512_shuffle_i64x2(low, high, 0xdd);
    low = _mm512_shuffle_i64x2(odd[0], odd[1], 0x88);
    high = _mm512_shuffle_i64x2(odd[2], odd[3], 0x88);
    word[1] = _mm512_shuffle_i64x2(low, high, 0x88);
    word[5] = _mm512_shuffle_i64x2(low, high, 0xdd);
    low = _mm512_shuffle_i64x2(odd[0], odd[1], 0xdd);
    high = _mm512_shuffle_i64x2(odd[2], odd[3], 0xdd);
    word[3] = _mm512_shuffle_i64x2(low, high, 0x88);
    word[7] = _mm512_shuffle_i64x2(low, high, 0xdd);
    for (size_t k = 0; k < 8; k++) {
        OCTET_STORE(i + k, OCTET_XOR(_mm512_and_si512(OCTET_LOAD(i + k), keep), word[k]));
    }
}

TARGET void cw_keccak_avx512_absorb_eight(uint64_t *state, const uint64_t *keep,
                                          const uint8_t *const *blocks) {
    __m512i kept = _mm512_load_si512(keep);
    for (size_t i = 0; i + 8 <= KECCAK_WORDS_IN_BLOCK; i += 8) {
        xor_words(state, kept, blocks, i);
    }
    const size_t last = KECCAK_WORDS_IN_BLOCK - 1;
    _Alignas(64) uint64_t words[8];
    for (size_t l = 0; l < 8; l++) {
        words[l] = keccak_load(blocks[l] + 8 * last);
    }
    OCTET_STORE(last,
                OCTET_XOR(_mm512_and_si512(OCTET_LOAD(last), kept), _mm512_load_si512(words)));
    for (size_t i = KECCAK_WORDS_IN_BLOCK; i < 25; i++) {
        OCTET_STORE(i, _mm512_and_si512(OCTET_LOAD(i), kept));
    }
    permute_eight(state);
}

#endif
