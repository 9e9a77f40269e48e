/* One, four and eight streams for x86-64 with AVX-512F and VL. Its 32 registers hold the whole
 * state, a rotation is one instruction, and so is any function of three operands. */
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

#define QUAD_LANE                __m256i
#define QUAD_XOR(a, b)           _mm256_xor_si256((a), (b))
#define QUAD_XOR3(a, b, c)       _mm256_ternarylogic_epi64((a), (b), (c), PARITY)
#define QUAD_XOR5(a, b, c, d, e) QUAD_XOR3(QUAD_XOR3(a, b, c), d, e)
#define QUAD_ROTL(a, n)          _mm256_rol_epi64((a), (n))
#define QUAD_CHI(a, b, c)        _mm256_ternarylogic_epi64((a), (b), (c), CHI)
#define QUAD_CONSTANT(c)         _mm256_set1_epi64x((long long)(c))
#define QUAD_AT(i)               (state + (size_t)4 * (i))
#define QUAD_LOAD(i)             _mm256_load_si256((const __m256i *)(const void *)QUAD_AT(i))
#define QUAD_STORE(i, v)         _mm256_store_si256((__m256i *)(void *)QUAD_AT(i), (v))

#define OCTET_LANE                __m512i
#define OCTET_XOR(a, b)           _mm512_xor_si512((a), (b))
#define OCTET_XOR3(a, b, c)       _mm512_ternarylogic_epi64((a), (b), (c), PARITY)
#define OCTET_XOR5(a, b, c, d, e) OCTET_XOR3(OCTET_XOR3(a, b, c), d, e)
#define OCTET_ROTL(a, n)          _mm512_rol_epi64((a), (n))
#define OCTET_CHI(a, b, c)        _mm512_ternarylogic_epi64((a), (b), (c), CHI)
#define OCTET_CONSTANT(c)         _mm512_set1_epi64((long long)(c))
#define OCTET_LOAD(i)             _mm512_load_si512(state + (size_t)8 * (i))
#define OCTET_STORE(i, v)         _mm512_store_si512(state + (size_t)8 * (i), (v))

/* --- one stream: a register holds a row, lane x in element x; the upper three are unused ----- */

#define ROW_INDEX(a, b, c, d, e) _mm512_set_epi64(7, 6, 5, (e), (d), (c), (b), (a))
#define ROW_MASK                 0x1f

/* row with element y of lanes in its last place. */
TARGET static inline __m512i with_last(__m512i row, __m512i lanes, long long y) {
    return _mm512_mask_blend_epi64(1 << 4, row,
                                   _mm512_permutexvar_epi64(_mm512_set1_epi64(y), lanes));
}

TARGET void cw_keccak_avx512_permute(uint64_t state[25]) {
    const __m512i previous = ROW_INDEX(4, 0, 1, 2, 3), next = ROW_INDEX(1, 2, 3, 4, 0);
    const __m512i rho0 = ROW_INDEX(0, 1, 62, 28, 27), rho1 = ROW_INDEX(36, 44, 6, 55, 20);
    const __m512i rho2 = ROW_INDEX(3, 10, 43, 25, 39), rho3 = ROW_INDEX(41, 45, 15, 21, 8);
    const __m512i rho4 = ROW_INDEX(18, 2, 61, 56, 14);
    /* Lane (x, y) goes to row 2x + 3y: element Y of register y comes from x = 3Y - 9y = 3Y + y. */
    const __m512i pi0 = ROW_INDEX(0, 3, 1, 4, 2), pi1 = ROW_INDEX(1, 4, 2, 0, 3);
    const __m512i pi2 = ROW_INDEX(2, 0, 3, 1, 4), pi3 = ROW_INDEX(3, 1, 4, 2, 0);
    const __m512i pi4 = ROW_INDEX(4, 2, 0, 3, 1);
    /* Pair k of one register, then pair k of another, whose elements count from 8. */
    const __m512i pairs0 = ROW_INDEX(0, 1, 8, 9, 4), pairs1 = ROW_INDEX(2, 3, 10, 11, 4);
    const __m512i pairs2 = ROW_INDEX(4, 5, 12, 13, 4);
    __m512i a0 = _mm512_maskz_loadu_epi64(ROW_MASK, state);
    __m512i a1 = _mm512_maskz_loadu_epi64(ROW_MASK, state + 5);
    __m512i a2 = _mm512_maskz_loadu_epi64(ROW_MASK, state + 10);
    __m512i a3 = _mm512_maskz_loadu_epi64(ROW_MASK, state + 15);
    __m512i a4 = _mm512_maskz_loadu_epi64(ROW_MASK, state + 20);
    for (size_t round = 0; round < 24; round++) {
        __m512i c = OCTET_XOR5(a0, a1, a2, a3, a4);
        __m512i left = _mm512_permutexvar_epi64(previous, c);
        __m512i right = _mm512_permutexvar_epi64(next, _mm512_rol_epi64(c, 1));
        a0 = _mm512_rolv_epi64(OCTET_XOR3(a0, left, right), rho0);
        a1 = _mm512_rolv_epi64(OCTET_XOR3(a1, left, right), rho1);
        a2 = _mm512_rolv_epi64(OCTET_XOR3(a2, left, right), rho2);
        a3 = _mm512_rolv_epi64(OCTET_XOR3(a3, left, right), rho3);
        a4 = _mm512_rolv_epi64(OCTET_XOR3(a4, left, right), rho4);
        a0 = _mm512_permutexvar_epi64(pi0, a0);
        a1 = _mm512_permutexvar_epi64(pi1, a1);
        a2 = _mm512_permutexvar_epi64(pi2, a2);
        a3 = _mm512_permutexvar_epi64(pi3, a3);
        a4 = _mm512_permutexvar_epi64(pi4, a4);
        /* Pi turns rows into columns: register x now holds the lanes x of all rows, and chi goes
         * from register to register. */
        __m512i b0 = OCTET_CHI(a0, a1, a2), b1 = OCTET_CHI(a1, a2, a3);
        __m512i b2 = OCTET_CHI(a2, a3, a4), b3 = OCTET_CHI(a3, a4, a0);
        __m512i b4 = OCTET_CHI(a4, a0, a1);
        b0 = OCTET_XOR(b0, _mm512_maskz_set1_epi64(1, (long long)keccak_round_constants[round]));
        /* Back to rows. */
        __m512i even01 = _mm512_unpacklo_epi64(b0, b1), odd01 = _mm512_unpackhi_epi64(b0, b1);
        __m512i even23 = _mm512_unpacklo_epi64(b2, b3), odd23 = _mm512_unpackhi_epi64(b2, b3);
        a0 = with_last(_mm512_permutex2var_epi64(even01, pairs0, even23), b4, 0);
        a1 = with_last(_mm512_permutex2var_epi64(odd01, pairs0, odd23), b4, 1);
        a2 = with_last(_mm512_permutex2var_epi64(even01, pairs1, even23), b4, 2);
        a3 = with_last(_mm512_permutex2var_epi64(odd01, pairs1, odd23), b4, 3);
        a4 = with_last(_mm512_permutex2var_epi64(even01, pairs2, even23), b4, 4);
    }
    _mm512_mask_storeu_epi64(state, ROW_MASK, a0);
    _mm512_mask_storeu_epi64(state + 5, ROW_MASK, a1);
    _mm512_mask_storeu_epi64(state + 10, ROW_MASK, a2);
    _mm512_mask_storeu_epi64(state + 15, ROW_MASK, a3);
    _mm512_mask_storeu_epi64(state + 20, ROW_MASK, a4);
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
