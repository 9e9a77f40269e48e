#include <causeway/merkle.h>

#include <string.h>

#include <causeway/keccak.h>

void cw_merkle_parent(struct cw_hash32 *out, const struct cw_hash32 *left,
                      const struct cw_hash32 *right) {
    uint8_t both[64];
    memcpy(both, left->b, 32);
    memcpy(both + 32, right->b, 32);
    cw_keccak256(out, cw_slice_of(both, sizeof(both)));
}

static bool bit_of(const struct cw_u256 *value, size_t i) {
    return i < 256 && (value->limb[i / 64] >> (i % 64) & 1) != 0;
}

/* Whether value is at least 2^depth; depth < 256. */
static bool reaches(const struct cw_u256 *value, size_t depth) {
    uint64_t above = value->limb[depth / 64] >> (depth % 64);
    for (size_t i = depth / 64 + 1; i < 4; i++) {
        above |= value->limb[i];
    }
    return above != 0;
}

void cw_merkle_fold(struct cw_hash32 *out_root, const struct cw_hash32 *leaf,
                    const struct cw_u256 *index, const struct cw_hash32 *path, size_t depth) {
    struct cw_hash32 hash = *leaf;
    for (size_t i = 0; i < depth; i++) {
        if (bit_of(index, i)) {
            cw_merkle_parent(&hash, &path[i], &hash);
        } else {
            cw_merkle_parent(&hash, &hash, &path[i]);
        }
    }
    *out_root = hash;
}

struct cw_judgement cw_merkle_verify(const struct cw_hash32 *root, const struct cw_hash32 *leaf,
                                     const struct cw_u256 *index, const struct cw_hash32 *path,
                                     size_t depth) {
    if (depth > CW_MERKLE_PATH_MAX) {
        return cw_invalid(CW_MERKLE_R_DEPTH);
    }
    if (reaches(index, depth)) {
        return cw_invalid(CW_MERKLE_R_INDEX);
    }
    struct cw_hash32 folded;
    cw_merkle_fold(&folded, leaf, index, path, depth);
    return cw_hash32_equal(&folded, root) ? cw_valid() : cw_invalid(CW_MERKLE_R_ROOT);
}
