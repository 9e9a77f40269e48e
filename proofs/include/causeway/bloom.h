/* Log blooms: 2048 bits that say which addresses and topics may be in a receipt or a block.
 *
 * Source: Ethereum yellow paper 4.3.1. Nothing allocates. */
#ifndef CAUSEWAY_BLOOM_H
#define CAUSEWAY_BLOOM_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 2048 bits, in wire order (bit 0 of the specification is the last byte's lowest bit). */
struct cw_bloom {
    uint8_t b[256];
};

/* False: certainly not in it. True: perhaps. entry is an address (20 bytes) or a topic (32). */
bool cw_bloom_may_contain(const struct cw_bloom *bloom, struct cw_slice entry);
void cw_bloom_add(struct cw_bloom *bloom, struct cw_slice entry);
/* bloom |= other */
void cw_bloom_merge(struct cw_bloom *bloom, const struct cw_bloom *other);

#define CW_BLOOM_BATCH_ENTRIES 256
#define CW_BLOOM_BATCH_USES    1024
#define CW_BLOOM_BATCH_SLOTS   512 /* a power of two */

/* Adds many entries to many blooms: entries are hashed side by side, and equal ones that come close
 * to each other once. Some 29 KiB, for the stack. Fields are private. */
struct cw_bloom_batch {
    size_t n_entries;
    size_t n_uses;
    struct cw_slice entries[CW_BLOOM_BATCH_ENTRIES];
    struct {
        struct cw_bloom *bloom;
        uint32_t entry;
    } uses[CW_BLOOM_BATCH_USES];
    uint16_t slots[CW_BLOOM_BATCH_SLOTS]; /* 1 + index of an entry; 0 is free */
};

void cw_bloom_batch_init(struct cw_bloom_batch *batch);
/* Borrows bloom and entry until _flush. */
void cw_bloom_batch_add(struct cw_bloom_batch *batch, struct cw_bloom *bloom,
                        struct cw_slice entry);
/* From here on the blooms hold all that was added. The batch is as after _init. */
void cw_bloom_batch_flush(struct cw_bloom_batch *batch);

#ifdef __cplusplus
}
#endif
#endif
