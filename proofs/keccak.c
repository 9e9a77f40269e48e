#include <causeway/keccak.h>

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "keccak_paths.h"
#include "keccak_round.h"

const struct cw_hash32 CW_KECCAK_EMPTY = {{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c,
                                           0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
                                           0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b,
                                           0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};
const struct cw_hash32 CW_EMPTY_TRIE_ROOT = {{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6,
                                              0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
                                              0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0,
                                              0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

static void plain_permute(uint64_t state[25]) {
    KECCAK_PERMUTE(WORD, WORD_LOAD, WORD_STORE);
}

static void plain_absorb(uint64_t state[25], const uint8_t *blocks, size_t n_blocks) {
    for (; n_blocks > 0; n_blocks--, blocks += CW_KECCAK_RATE) {
        for (size_t i = 0; i < KECCAK_WORDS_IN_BLOCK; i++) {
            state[i] ^= keccak_load(blocks + 8 * i);
        }
        plain_permute(state);
    }
}

/* --- which path ------------------------------------------------------------------------------ */

#if defined(__x86_64__)
#define BMI2_ONE .permute = cw_keccak_bmi2_permute, .absorb = cw_keccak_bmi2_absorb
#define AVX2_FOUR                                                                                  \
    { 4, cw_keccak_avx2_absorb }
#define AVX512_ONE .permute = cw_keccak_avx512_permute, .absorb = cw_keccak_avx512_absorb
#define AVX512_FOUR                                                                                \
    { 4, cw_keccak_avx512_absorb_four }
#define AVX512_MANY                                                                                \
    { 8, cw_keccak_avx512_absorb_eight }
#endif

static const struct path {
    const char *name;
    struct keccak_ops ops;
} paths[CW_KECCAK_PATHS] = {
    [CW_KECCAK_PLAIN] = {"plain", {.permute = plain_permute, .absorb = plain_absorb}},
#if defined(__x86_64__)
    [CW_KECCAK_BMI2] = {"bmi2", {BMI2_ONE}},
    [CW_KECCAK_AVX2] = {"avx2", {BMI2_ONE, .wide = AVX2_FOUR, .narrow = AVX2_FOUR}},
    [CW_KECCAK_AVX512] = {"avx512", {AVX512_ONE, .wide = AVX512_MANY, .narrow = AVX512_FOUR}},
#else
    [CW_KECCAK_BMI2] = {"bmi2", {0}},
    [CW_KECCAK_AVX2] = {"avx2", {0}},
    [CW_KECCAK_AVX512] = {"avx512", {0}},
#endif
};

/* The compiler's own test, which asks the operating system too whether it saves the registers. */
static bool machine_has(enum cw_keccak_path path) {
    switch (path) {
    case CW_KECCAK_PLAIN:
        return true;
#if defined(__x86_64__)
    case CW_KECCAK_BMI2:
        return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    case CW_KECCAK_AVX2:
        return machine_has(CW_KECCAK_BMI2) && __builtin_cpu_supports("avx2");
    case CW_KECCAK_AVX512:
        return machine_has(CW_KECCAK_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512vl");
#else
    case CW_KECCAK_BMI2:
    case CW_KECCAK_AVX2:
    case CW_KECCAK_AVX512:
        return false;
#endif
    }
    return false;
}

const char *cw_keccak_path_name(enum cw_keccak_path path) {
    return paths[path].name;
}

bool cw_keccak_path_usable(enum cw_keccak_path path) {
    return machine_has(path);
}

enum cw_keccak_path cw_keccak_path_best(void) {
    /* Each thread that comes early finds the same. */
    static atomic_int best = -1;
    int path = atomic_load_explicit(&best, memory_order_relaxed);
    if (path < 0) {
        path = CW_KECCAK_PATHS - 1;
        while (!machine_has((enum cw_keccak_path)path)) {
            path--;
        }
        atomic_store_explicit(&best, path, memory_order_relaxed);
    }
    return (enum cw_keccak_path)path;
}

size_t cw_keccak_path_lanes(enum cw_keccak_path path) {
    return paths[path].ops.wide.lanes > 0 ? paths[path].ops.wide.lanes : 1;
}

const struct keccak_ops *cw_keccak_path_ops(enum cw_keccak_path path) {
    assert(machine_has(path));
    return &paths[path].ops;
}

const struct keccak_ops *cw_keccak_best_ops(void) {
    return &paths[cw_keccak_path_best()].ops;
}

/* --- the sponge ------------------------------------------------------------------------------ */

/* XORs n bytes into the block from position at; at + n <= CW_KECCAK_RATE. */
static void absorb_part(uint64_t state[25], size_t at, const uint8_t *p, size_t n) {
    size_t i = 0;
    for (; i < n && (at + i) % 8 != 0; i++) {
        state[(at + i) / 8] ^= (uint64_t)p[i] << (8 * ((at + i) % 8));
    }
    for (; i + 8 <= n; i += 8) {
        state[(at + i) / 8] ^= keccak_load(p + i);
    }
    for (; i < n; i++) {
        state[(at + i) / 8] ^= (uint64_t)p[i] << (8 * ((at + i) % 8));
    }
}

/* Pads behind the fill bytes of the last block, and squeezes. */
static void finish(const struct keccak_ops *ops, struct cw_hash32 *out, uint64_t state[25],
                   size_t fill) {
    state[fill / 8] ^= (uint64_t)0x01 << (8 * (fill % 8));
    state[KECCAK_WORDS_IN_BLOCK - 1] ^= (uint64_t)0x80 << 56;
    ops->permute(state);
    for (size_t i = 0; i < 4; i++) {
        keccak_store(out->b + 8 * i, state[i]);
    }
}

void cw_keccak_rest(const struct keccak_ops *ops, struct cw_hash32 *out, uint64_t state[25],
                    struct cw_slice in) {
    size_t n_blocks = in.n / CW_KECCAK_RATE, fill = in.n % CW_KECCAK_RATE;
    if (n_blocks > 0) {
        ops->absorb(state, in.p, n_blocks);
    }
    if (fill > 0) {
        absorb_part(state, 0, in.p + in.n - fill, fill);
    }
    finish(ops, out, state, fill);
}

static void one_shot(const struct keccak_ops *ops, struct cw_hash32 *out, struct cw_slice in) {
    uint64_t state[25] = {0};
    cw_keccak_rest(ops, out, state, in);
}

void cw_keccak256(struct cw_hash32 *out, struct cw_slice in) {
    one_shot(cw_keccak_best_ops(), out, in);
}

void cw_keccak256_on(enum cw_keccak_path path, struct cw_hash32 *out, struct cw_slice in) {
    one_shot(cw_keccak_path_ops(path), out, in);
}

void cw_keccak_init(struct cw_keccak *hash) {
    memset(hash, 0, sizeof(*hash));
}

void cw_keccak_update(struct cw_keccak *hash, struct cw_slice in) {
    const struct keccak_ops *ops = cw_keccak_best_ops();
    if (hash->fill > 0) {
        size_t n = CW_KECCAK_RATE - hash->fill;
        if (in.n < n) {
            absorb_part(hash->state, hash->fill, in.p, in.n);
            hash->fill += in.n;
            return;
        }
        absorb_part(hash->state, hash->fill, in.p, n);
        ops->permute(hash->state);
        hash->fill = 0;
        in = cw_slice_of(in.p + n, in.n - n);
    }
    size_t n_blocks = in.n / CW_KECCAK_RATE, fill = in.n % CW_KECCAK_RATE;
    if (n_blocks > 0) {
        ops->absorb(hash->state, in.p, n_blocks);
    }
    if (fill > 0) {
        absorb_part(hash->state, 0, in.p + in.n - fill, fill);
        hash->fill = fill;
    }
}

void cw_keccak_final(struct cw_hash32 *out, struct cw_keccak *hash) {
    finish(cw_keccak_best_ops(), out, hash->state, hash->fill);
    cw_keccak_init(hash);
}

void cw_keccak256_pair(struct cw_hash32 *out, struct cw_slice a, struct cw_slice b) {
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, a);
    cw_keccak_update(&hash, b);
    cw_keccak_final(out, &hash);
}
