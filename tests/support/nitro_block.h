/* A block of the bed's rollup as a Nitro node would have it: an emulation, for the proxy
 * nitro_headers. The node behind it has no send root in its headers, and what Nitro makes of the
 * inbox and of redeems are logs inside other transactions there; see
 * tests/bed/contracts/ArbRetryableTx.sol. Malformed answers of the node and a failed allocation are
 * told on stderr. */
#ifndef SUPPORT_NITRO_BLOCK_H
#define SUPPORT_NITRO_BLOCK_H

#include <causeway/base.h>

#include <cjson/cJSON.h>

/* What the emulation of ArbSys says at a block. */
struct nitro_state {
    struct cw_hash32 send_root;
    uint64_t send_count, l1_block, arbos;
};
/* From the four words that headerState() gives; zeros from "0x": the contract was not there yet. */
bool nitro_state_read(struct nitro_state *ret, const cJSON *words);

struct nitro_block {
    struct cw_hash32 own;  /* as the node has it */
    struct cw_hash32 hash; /* as it is shown */
    uint64_t number;
    const struct nitro_block *parent; /* NULL: the first */
    cJSON *header;                    /* the members that are shown in place of the node's */
    /* Where the block has transactions that only Nitro makes; else NULL: those of the node. */
    cJSON *transactions, *receipts;
    cJSON *raws;        /* of those transactions, in their order */
    const cJSON **logs; /* by the node's index: in receipts, or NULL: not shown */
    size_t logs_n;
};

/* Whether its receipts (the node's, may be NULL) need the node's transactions too. */
bool nitro_block_is_special(const cJSON *receipts);

/* block as eth_getBlockBy* gives it, parent the one below. transactions and raws: NULL, or where
 * the block is special what the node has of them, in order. NULL when something is malformed. */
struct nitro_block *nitro_block_new(const cJSON *block, const struct nitro_block *parent,
                                    const struct nitro_state *state, const cJSON *receipts,
                                    const cJSON *transactions, const cJSON *raws);
void nitro_block_free(struct nitro_block *block); /* takes NULL */

/* Makes an eth_getBlockBy* answer of the node that block; whole: with whole transactions. */
void nitro_block_show(const struct nitro_block *block, cJSON *answer, bool whole);

#endif
