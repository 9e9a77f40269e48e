/* One stream for x86-64 with andn and rorx. */
#include "keccak_paths.h"
#include "keccak_round.h"

#if defined(__x86_64__)

#define TARGET __attribute__((target("bmi,bmi2")))

TARGET void cw_keccak_bmi2_permute(uint64_t state[25]) {
    KECCAK_PERMUTE(WORD, WORD_LOAD, WORD_STORE);
}

TARGET void cw_keccak_bmi2_absorb(uint64_t state[25], const uint8_t *blocks, size_t n_blocks) {
    for (; n_blocks > 0; n_blocks--, blocks += CW_KECCAK_RATE) {
        for (size_t i = 0; i < KECCAK_WORDS_IN_BLOCK; i++) {
            state[i] ^= keccak_load(blocks + 8 * i);
        }
        cw_keccak_bmi2_permute(state);
    }
}

#endif
