/* Deposits: what the files of the direction from the settlement layer to the rollup share. */
#ifndef OPSTACK_DEPOSIT_H
#define OPSTACK_DEPOSIT_H

#include "opstack/internal.h"

#include <causeway/op_deposit.h>

/* The portal's log, and where it stands in its block: with the block's hash that makes the
 * transaction on the L2. */
struct opstack_deposit {
    uint64_t log_index;
    struct cw_op_deposit tx; /* borrows from the log or the payload */
};

/* RLP list [log index, from, to, mint, value, gas limit, creation, data]. */
CW_MUST_USE enum cw_err opstack_deposit_encode(struct cw_arena *arena, struct cw_slice *ret,
                                               const struct opstack_deposit *deposit);
/* Strict; *ret borrows from payload. */
CW_MUST_USE enum cw_err opstack_deposit_decode(struct opstack_deposit *ret,
                                               struct cw_slice payload);

/* The L2 transaction's hash, by the hash of the settlement layer's block. CW_ERR_MEMORY when the
 * arena has no room for that transaction. */
CW_MUST_USE enum cw_err opstack_deposit_id(struct cw_arena *arena, struct cw_hash32 *ret,
                                           const struct opstack_deposit *deposit,
                                           const struct cw_hash32 *block_hash);

/* What the L1 messenger put into a deposit. False when it is not one of the messenger's. */
bool opstack_deposit_relay(struct opstack_relay *ret, const struct cw_adapter *adapter,
                           const struct opstack_deposit *deposit);

/* RLP list [version, block of the settlement layer]. The rest is the payload's. */
CW_MUST_USE enum cw_err opstack_deposit_evidence(struct cw_arena *arena, struct cw_slice *ret,
                                                 struct cw_block_number block);

/* --- the table's functions --- */

void opstack_deposit_prepare(struct cw_adapter *adapter, struct cw_io *io,
                             struct cw_preparation *ret);
enum cw_err opstack_deposit_filters(const struct cw_adapter *adapter, struct cw_filter *out,
                                    size_t cap, size_t *ret_n);
enum cw_err opstack_deposit_event(const struct cw_adapter *adapter, enum cw_side side,
                                  const struct cw_log *log, struct cw_arena *arena,
                                  struct cw_event *ret, struct cw_error *error);
void opstack_deposit_advance(const struct cw_adapter *adapter, const struct cw_message *message,
                             const struct cw_self *self, struct cw_io *io, struct cw_decision *ret);
struct cw_judgement opstack_deposit_verify(const struct cw_adapter *adapter,
                                           const struct cw_message *message, struct cw_slice blob,
                                           const struct cw_hash32 *source_hash, const char *step,
                                           const struct cw_call *call);
enum cw_err opstack_deposit_evidence_block(struct cw_slice blob, struct cw_block_number *ret);
struct cw_slice opstack_deposit_inner(const struct cw_adapter *adapter,
                                      const struct cw_message *message);

#endif
