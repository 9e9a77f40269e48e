/* The blocks that the proxy nitro_headers knows, by both of their hashes, and which of them the
 * node's chain is made of. A block stays known when a reorganization replaces it. */
#ifndef SUPPORT_NITRO_CHAIN_H
#define SUPPORT_NITRO_CHAIN_H

#include "nitro_block.h"

/* Reads what is new at the node. False when that failed; told on stderr. */
bool nitro_chain_sync(void);
void nitro_chain_done(void);

/* The block that the node has under this hash (32 bytes as hex), which is asked when it is not
 * known yet; NULL when it has none or the block is malformed. */
const struct nitro_block *nitro_chain_of(const cJSON *own_hash);
/* That which is shown under this hash, and only if it is known; NULL else. */
const struct nitro_block *nitro_chain_shown(const cJSON *hash);
/* Whether the node has a known block under this hash. */
bool nitro_chain_is_own(const cJSON *hash);
/* A transaction of Nitro's in a block that the node's chain is made of now: its index, or -1. Only
 * blocks whose transactions are not the node's own are looked through. */
int nitro_chain_transaction(const struct nitro_block **ret_block, const cJSON *hash);

#endif
