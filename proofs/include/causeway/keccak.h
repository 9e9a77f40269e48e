/* Keccak-256 as Ethereum uses it: rate 136 bytes, padding 0x01 … 0x80 (not SHA3-256's 0x06).
 *
 * Nothing allocates or fails; input of any length, 0 included, has a digest.
 * Source: Keccak reference 3.0; Ethereum yellow paper, section 3. */
#ifndef CAUSEWAY_KECCAK_H
#define CAUSEWAY_KECCAK_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CW_KECCAK_RATE 136

/* keccak256("") and keccak256(0x80): the code hash of an account without code, the root of an empty
 * trie. */
extern const struct cw_hash32 CW_KECCAK_EMPTY;
extern const struct cw_hash32 CW_EMPTY_TRIE_ROOT;

void cw_keccak256(struct cw_hash32 *out, struct cw_slice in);

/* n digests of n slices of any lengths, out[i] of in[i], as many at once as the machine can. out
 * must not overlap with in or with what it refers to. */
void cw_keccak256_batch(struct cw_hash32 *out, const struct cw_slice *in, size_t n);

/* Digest of a ‖ b; either may be empty. */
void cw_keccak256_pair(struct cw_hash32 *out, struct cw_slice a, struct cw_slice b);

/* Incremental use: init, update any number of times, final once. A plain value: it may be copied to
 * fork the stream. Fields are private. */
struct cw_keccak {
    uint64_t state[25];
    size_t fill; /* bytes absorbed into the current block, < CW_KECCAK_RATE */
};

void cw_keccak_init(struct cw_keccak *hash);
void cw_keccak_update(struct cw_keccak *hash, struct cw_slice in);
/* Leaves hash as after _init. */
void cw_keccak_final(struct cw_hash32 *out, struct cw_keccak *hash);

/* --- paths ----------------------------------------------------------------------------------- */

/* The code for one instruction set each, slowest first. What is above takes the last one that the
 * machine can run; tests and benchmarks name theirs. Every path gives the same digests. */
enum cw_keccak_path {
    CW_KECCAK_PLAIN, /* C, on any machine */
    CW_KECCAK_BMI2,  /* x86-64 with BMI1 and BMI2 */
    CW_KECCAK_AVX2,  /* the same, and four streams at once */
    CW_KECCAK_AVX512 /* x86-64 with AVX-512F and VL too: one, four or eight streams */
};
#define CW_KECCAK_PATHS 4

/* A short name such as "avx2". */
const char *cw_keccak_path_name(enum cw_keccak_path path);
/* Whether this machine and its operating system can run it. */
bool cw_keccak_path_usable(enum cw_keccak_path path);
enum cw_keccak_path cw_keccak_path_best(void);
/* Streams that a batch takes at once, 1 or more. */
size_t cw_keccak_path_lanes(enum cw_keccak_path path);

/* As without _on; path must be usable (asserted). */
void cw_keccak256_on(enum cw_keccak_path path, struct cw_hash32 *out, struct cw_slice in);
void cw_keccak256_batch_on(enum cw_keccak_path path, struct cw_hash32 *out,
                           const struct cw_slice *in, size_t n);

#ifdef __cplusplus
}
#endif
#endif
