/* What chains encode, strictly decoded to JSON as JSON-RPC has it: names as in
 * eth_getTransactionByHash, eth_getBlockBy* and eth_getTransactionReceipt, integers as quantities.
 *
 * Each appends one value to out. CW_ERR_MEMORY, or another error for what is refused: error says
 * why, and out then holds anything. */
#ifndef CLI_DECODE_JSON_H
#define CLI_DECODE_JSON_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/curve.h>

/* Strings as 0x text, lists as arrays of them. */
CW_MUST_USE enum cw_err decode_rlp(struct cw_buf *out, struct cw_slice bytes,
                                   struct cw_error *error);
CW_MUST_USE enum cw_err decode_tx(struct cw_buf *out, struct cw_arena *arena,
                                  const struct cw_curve *curve, struct cw_slice bytes,
                                  struct cw_error *error);
CW_MUST_USE enum cw_err decode_header(struct cw_buf *out, struct cw_slice bytes,
                                      struct cw_error *error);
/* As the receipts trie holds it. */
CW_MUST_USE enum cw_err decode_receipt(struct cw_buf *out, struct cw_arena *arena,
                                       struct cw_slice bytes, struct cw_error *error);

#endif
