#include <causeway/bloom.h>

#include <string.h>

#include <causeway/keccak.h>

/* How far an entry may stand from its place in the table. Entries come from outside and may be made
 * to collide: one that finds no slot is hashed once more, nothing else. */
#define PROBES_MAX 8

/* The three bits of an entry: the low 11 bits of the first three pairs of its hash's bytes, counted
 * from the end. */
static void bloom_bits(size_t ret_byte[3], uint8_t ret_mask[3], const struct cw_hash32 *hash) {
    for (size_t i = 0; i < 3; i++) {
        unsigned bit = (unsigned)(hash->b[2 * i] & 7) << 8 | hash->b[2 * i + 1];
        ret_byte[i] = 255 - bit / 8;
        ret_mask[i] = (uint8_t)(1u << (bit % 8));
    }
}

bool cw_bloom_may_contain(const struct cw_bloom *bloom, struct cw_slice entry) {
    struct cw_hash32 hash;
    size_t byte[3];
    uint8_t mask[3];
    cw_keccak256(&hash, entry);
    bloom_bits(byte, mask, &hash);
    for (size_t i = 0; i < 3; i++) {
        if ((bloom->b[byte[i]] & mask[i]) == 0) {
            return false;
        }
    }
    return true;
}

static void set_bits(struct cw_bloom *bloom, const struct cw_hash32 *hash) {
    size_t byte[3];
    uint8_t mask[3];
    bloom_bits(byte, mask, hash);
    for (size_t i = 0; i < 3; i++) {
        bloom->b[byte[i]] |= mask[i];
    }
}

void cw_bloom_add(struct cw_bloom *bloom, struct cw_slice entry) {
    struct cw_hash32 hash;
    cw_keccak256(&hash, entry);
    set_bits(bloom, &hash);
}

void cw_bloom_merge(struct cw_bloom *bloom, const struct cw_bloom *other) {
    for (size_t i = 0; i < sizeof(bloom->b); i++) {
        bloom->b[i] |= other->b[i];
    }
}

/* --- many at once --------------------------------------------------------------------------- */

void cw_bloom_batch_init(struct cw_bloom_batch *batch) {
    batch->n_entries = 0;
    batch->n_uses = 0;
    memset(batch->slots, 0, sizeof(batch->slots));
}

/* The last bytes differ most: a topic often is a small number or an address behind zeros. */
static size_t place_of(struct cw_slice entry) {
    uint64_t tail = 0;
    size_t n = entry.n < sizeof(tail) ? entry.n : sizeof(tail);
    if (n > 0) {
        memcpy(&tail, entry.p + entry.n - n, n);
    }
    return (size_t)((tail * 0x9e3779b97f4a7c15u) >> 32) % CW_BLOOM_BATCH_SLOTS;
}

/* The index of entry among those of the batch, where it is put when it is not there. */
static uint32_t find_entry(struct cw_bloom_batch *batch, struct cw_slice entry) {
    size_t at = place_of(entry);
    for (size_t i = 0; i < PROBES_MAX; i++, at = (at + 1) % CW_BLOOM_BATCH_SLOTS) {
        uint16_t slot = batch->slots[at];
        if (slot == 0) {
            batch->slots[at] = (uint16_t)(batch->n_entries + 1);
            break;
        }
        if (cw_slice_equal(batch->entries[slot - 1], entry)) {
            return slot - 1u;
        }
    }
    batch->entries[batch->n_entries] = entry;
    return (uint32_t)batch->n_entries++;
}

void cw_bloom_batch_add(struct cw_bloom_batch *batch, struct cw_bloom *bloom,
                        struct cw_slice entry) {
    if (batch->n_entries == CW_BLOOM_BATCH_ENTRIES || batch->n_uses == CW_BLOOM_BATCH_USES) {
        cw_bloom_batch_flush(batch);
    }
    batch->uses[batch->n_uses].entry = find_entry(batch, entry);
    batch->uses[batch->n_uses++].bloom = bloom;
}

void cw_bloom_batch_flush(struct cw_bloom_batch *batch) {
    struct cw_hash32 hashes[CW_BLOOM_BATCH_ENTRIES];
    cw_keccak256_batch(hashes, batch->entries, batch->n_entries);
    for (size_t i = 0; i < batch->n_uses; i++) {
        set_bits(batch->uses[i].bloom, &hashes[batch->uses[i].entry]);
    }
    cw_bloom_batch_init(batch);
}
