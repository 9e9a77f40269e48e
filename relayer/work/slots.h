/* Proofs of storage slots: those of one account at one block are asked for together, in one
 * eth_getProof, whose answer costs a node about what one of them does. Everything runs on the
 * loop's thread. */
#ifndef WORK_SLOTS_H
#define WORK_SLOTS_H

#include "core/loop.h"
#include "net/rpc.h"

#include <causeway/base.h>

#define CW_SLOTS_MAX 32u /* in one call */

struct cw_slots;
struct cw_slot_asked; /* a question under way */

struct cw_slot_request {
    struct cw_addr20 account;
    struct cw_hash32 slot;
    struct cw_block_number block;
    /* As of struct cw_rpc_request, for an answer that has other slots beside this one. check is
     * made of every answer; done is called once, from the loop, unless cancelled. */
    enum cw_err (*check)(void *ctx, const struct cw_json *value, struct cw_error *error);
    void (*done)(void *ctx, const struct cw_rpc_result *result);
    void *ctx;
};

/* loop NULL: nothing is waited for, so that each goes alone. Both are borrowed. */
CW_MUST_USE enum cw_err cw_slots_new(struct cw_slots **ret, struct cw_loop *loop,
                                     struct cw_rpc *rpc, struct cw_error *error);
void cw_slots_free(struct cw_slots *slots); /* takes NULL; done is not called any more */

/* Sent with all that come until the loop's next turn. No two of the same slot, account and block.
 * NULL when memory ran out. */
struct cw_slot_asked *cw_slots_ask(struct cw_slots *slots, const struct cw_slot_request *request);
/* Takes NULL. Not from a check. */
void cw_slots_cancel(struct cw_slot_asked *asked);

#endif
