/* Blocks that nobody mined: a header with the right hash, receipts that hash to its root and match
 * its bloom, and a state in which withdrawals stand that were never sent. A failed allocation ends
 * the program. */
#ifndef SUPPORT_FORGE_BLOCK_H
#define SUPPORT_FORGE_BLOCK_H

#include "made_trie.h"

#include <causeway/header.h>
#include <causeway/receipt.h>

#include <cjson/cJSON.h>

/* An OP Stack withdrawal that was never sent; a number makes one and the same each time. */
void forge_withdrawal(struct cw_receipt_log *ret, struct cw_hash32 *ret_id, struct cw_arena *arena,
                      uint64_t number);

/* A state with one account, the message passer, in which these withdrawals stand. */
struct forge_state {
    struct made_trie accounts, storage;
    const struct cw_hash32 *ids; /* borrowed */
    size_t n;
};
void forge_state_build(struct forge_state *out, struct cw_arena *arena, const struct cw_hash32 *ids,
                       size_t n);
/* What eth_getProof has of it. */
cJSON *forge_state_prove(const struct forge_state *state, struct cw_arena *arena,
                         const struct cw_addr20 *address, const struct cw_hash32 *slot);

struct forged {
    struct cw_header header;
    struct cw_hash32 hash, tx;
    bool sends; /* a withdrawal that was never sent: sent is its id */
    struct cw_hash32 sent;
    cJSON *block, *receipts; /* as a node gives them */
};

/* The header is like *like but for what follows from its one transaction's logs and the state;
 * sends and sent are the caller's. */
void forged_make(struct forged *out, struct cw_arena *arena, const struct cw_header *like,
                 const struct cw_receipt_log *logs, size_t logs_n,
                 const struct cw_hash32 *state_root);
void forged_done(struct forged *block);

#endif
