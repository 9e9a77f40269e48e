/* Stands in for the compiler's header: the AVX-512 instructions that proofs/keccak_avx512.c uses,
 * word by word in plain C, so that its logic is tested on machines without them. Aligned accesses
 * are checked as the machine would.
 * Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2. */
#ifndef CAUSEWAY_TESTS_AVX512_MODEL_H
#define CAUSEWAY_TESTS_AVX512_MODEL_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* Inlined, some hundred of them in a round would take a compiler with sanitizers minutes. */
#define MODEL __attribute__((noinline, unused)) static

struct model256 {
    uint64_t w[4];
};
struct model512 {
    uint64_t w[8];
};
#define __m256i struct model256
#define __m512i struct model512

MODEL uint64_t model_rol(uint64_t a, int n) {
    return a << n | a >> (64 - n);
}

/* Bit by bit: the three operands' bits are the index into the table. */
MODEL uint64_t model_ternary(uint64_t a, uint64_t b, uint64_t c, int table) {
    uint64_t out = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        unsigned index = (unsigned)((a >> bit & 1) << 2 | (b >> bit & 1) << 1 | (c >> bit & 1));
        out |= (uint64_t)((unsigned)table >> index & 1) << bit;
    }
    return out;
}

#define MODEL_EACH(type, expression)                                                               \
    type out;                                                                                      \
    for (size_t i = 0; i < sizeof(out.w) / 8; i++) {                                               \
        out.w[i] = (expression);                                                                   \
    }                                                                                              \
    return out

/* What all widths have. */
#define MODEL_WIDTH(type, prefix, bits)                                                            \
    MODEL type prefix##_xor_si##bits(type a, type b) {                                             \
        MODEL_EACH(type, a.w[i] ^ b.w[i]);                                                         \
    }                                                                                              \
    MODEL type prefix##_rol_epi64(type a, int n) {                                                 \
        MODEL_EACH(type, model_rol(a.w[i], n));                                                    \
    }                                                                                              \
    MODEL type prefix##_ternarylogic_epi64(type a, type b, type c, int table) {                    \
        MODEL_EACH(type, model_ternary(a.w[i], b.w[i], c.w[i], table));                            \
    }
MODEL_WIDTH(__m256i, _mm256, 256)
MODEL_WIDTH(__m512i, _mm512, 512)

MODEL __m256i _mm256_set1_epi64x(long long a) {
    MODEL_EACH(__m256i, (uint64_t)a);
}
MODEL __m256i _mm256_load_si256(const __m256i *p) {
    assert((uintptr_t)p % 32 == 0);
    __m256i out;
    memcpy(&out, p, sizeof(out));
    return out;
}
MODEL void _mm256_store_si256(__m256i *p, __m256i a) {
    assert((uintptr_t)p % 32 == 0);
    memcpy(p, &a, sizeof(a));
}
MODEL __m512i _mm512_set1_epi64(long long a) {
    MODEL_EACH(__m512i, (uint64_t)a);
}
MODEL __m512i _mm512_and_si512(__m512i a, __m512i b) {
    MODEL_EACH(__m512i, a.w[i] & b.w[i]);
}
MODEL __m512i _mm512_loadu_si512(const void *p) {
    __m512i out;
    memcpy(&out, p, sizeof(out));
    return out;
}
MODEL __m512i _mm512_load_si512(const void *p) {
    assert((uintptr_t)p % 64 == 0);
    return _mm512_loadu_si512(p);
}
MODEL void _mm512_store_si512(void *p, __m512i a) {
    assert((uintptr_t)p % 64 == 0);
    memcpy(p, &a, sizeof(a));
}
MODEL __m512i _mm512_unpacklo_epi64(__m512i a, __m512i b) {
    MODEL_EACH(__m512i, i % 2 == 0 ? a.w[i] : b.w[i - 1]);
}
MODEL __m512i _mm512_unpackhi_epi64(__m512i a, __m512i b) {
    MODEL_EACH(__m512i, i % 2 == 0 ? a.w[i + 1] : b.w[i]);
}
/* The two lower quarters are chosen from a, the upper ones from b, by two bits each. */
MODEL __m512i _mm512_shuffle_i64x2(__m512i a, __m512i b, int choice) {
    MODEL_EACH(__m512i,
               (i < 4 ? a : b).w[2 * (size_t)((unsigned)choice >> (i / 2 * 2) & 3) + i % 2]);
}

MODEL __m512i _mm512_set_epi64(long long h, long long g, long long f, long long e, long long d,
                               long long c, long long b, long long a) {
    const long long w[8] = {a, b, c, d, e, f, g, h};
    MODEL_EACH(__m512i, (uint64_t)w[i]);
}
MODEL __m512i _mm512_maskz_set1_epi64(unsigned mask, long long a) {
    MODEL_EACH(__m512i, mask >> i & 1 ? (uint64_t)a : 0);
}
MODEL __m512i _mm512_rolv_epi64(__m512i a, __m512i n) {
    MODEL_EACH(__m512i, n.w[i] % 64 == 0 ? a.w[i] : model_rol(a.w[i], (int)(n.w[i] % 64)));
}
MODEL __m512i _mm512_permutexvar_epi64(__m512i index, __m512i a) {
    MODEL_EACH(__m512i, a.w[index.w[i] & 7]);
}
MODEL __m512i _mm512_permutex2var_epi64(__m512i a, __m512i index, __m512i b) {
    MODEL_EACH(__m512i, (index.w[i] & 8 ? b : a).w[index.w[i] & 7]);
}
MODEL __m512i _mm512_mask_blend_epi64(unsigned mask, __m512i a, __m512i b) {
    MODEL_EACH(__m512i, mask >> i & 1 ? b.w[i] : a.w[i]);
}
/* What the mask leaves out is not touched. */
MODEL __m512i _mm512_maskz_loadu_epi64(unsigned mask, const uint64_t *p) {
    MODEL_EACH(__m512i, mask >> i & 1 ? p[i] : 0);
}
MODEL void _mm512_mask_storeu_epi64(uint64_t *p, unsigned mask, __m512i a) {
    for (size_t i = 0; i < 8; i++) {
        if (mask >> i & 1) {
            p[i] = a.w[i];
        }
    }
}

#endif
