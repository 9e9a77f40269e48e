/* Private to the Keccak files: what an instruction set offers. */
#ifndef CAUSEWAY_KECCAK_PATHS_H
#define CAUSEWAY_KECCAK_PATHS_H

#include <causeway/keccak.h>

#define KECCAK_WORDS_IN_BLOCK (CW_KECCAK_RATE / 8)
#define KECCAK_LANES_MAX      8
/* A lane pass is taken for this many streams or more; one alone is faster by itself. (Measured:
 * a pass of four takes 1.45 times as long as one stream.) */
#define KECCAK_LANES_MIN 2

struct keccak_ops {
    void (*permute)(uint64_t state[25]);
    /* XORs each of n_blocks blocks into the state and permutes; at any alignment. */
    void (*absorb)(uint64_t state[25], const uint8_t *blocks, size_t n_blocks);
    /* For many streams at once, and for no more than a few; the same where there is one kind only.
     * lanes is at most KECCAK_LANES_MAX; 0 where there is none. */
    struct keccak_lanes_ops {
        size_t lanes;
        /* One block for each stream: word i of stream l is state[lanes * i + l], which is first
         * ANDed with keep[l] (0 starts a stream); then the block blocks[l] is XORed in and all are
         * permuted. state and keep are aligned to 64 bytes, blocks are not. */
        void (*absorb)(uint64_t *state, const uint64_t *keep, const uint8_t *const *blocks);
    } wide, narrow;
};

/* What the machine is asked for once; the same for every thread. */
const struct keccak_ops *cw_keccak_best_ops(void);
/* path must be usable. */
const struct keccak_ops *cw_keccak_path_ops(enum cw_keccak_path path);

/* cw_keccak256_batch with the code of these. */
void cw_keccak_batch_with(const struct keccak_ops *ops, struct cw_hash32 *out,
                          const struct cw_slice *in, size_t n);

/* Absorbs in into a state that stands at the border of two blocks, pads and squeezes. */
void cw_keccak_rest(const struct keccak_ops *ops, struct cw_hash32 *out, uint64_t state[25],
                    struct cw_slice in);

#if defined(__x86_64__)
void cw_keccak_bmi2_permute(uint64_t state[25]);
void cw_keccak_bmi2_absorb(uint64_t state[25], const uint8_t *blocks, size_t n_blocks);
/* The blocks of four streams XORed in, and no more. */
void cw_keccak_avx2_xor(uint64_t *state, const uint64_t *keep, const uint8_t *const *blocks);
void cw_keccak_avx2_absorb(uint64_t *state, const uint64_t *keep, const uint8_t *const *blocks);
void cw_keccak_avx512_permute(uint64_t state[25]);
void cw_keccak_avx512_absorb(uint64_t state[25], const uint8_t *blocks, size_t n_blocks);
void cw_keccak_avx512_absorb_four(uint64_t *state, const uint64_t *keep,
                                  const uint8_t *const *blocks);
void cw_keccak_avx512_absorb_eight(uint64_t *state, const uint64_t *keep,
                                   const uint8_t *const *blocks);
#endif

#endif
