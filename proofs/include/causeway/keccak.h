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

#ifdef __cplusplus
}
#endif
#endif
