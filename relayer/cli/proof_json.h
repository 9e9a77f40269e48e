/* The objects that verify and hash read, member by member. Integers are taken in every spelling
 * that net/eth_read.h's eth_read_integer takes; members that are not asked for are not looked at.
 */
#ifndef CLI_PROOF_JSON_H
#define CLI_PROOF_JSON_H

#include "net/eth_read.h"

#include <causeway/nitro.h>
#include <causeway/op_withdrawal.h>

/* A reader over object; CW_ERR_INPUT when it is none. */
CW_MUST_USE enum cw_err proof_open(struct reader *ret, const struct cw_json *object,
                                   struct cw_arena *arena, struct cw_error *error);
/* A reader over a member that is an object itself. Its failures are taken over by _close, with the
 * member's name in front. */
struct reader proof_open_member(struct reader *r, const char *key);
void proof_close_member(struct reader *r, const struct reader *member, const char *key);

/* An array of hashes. */
void proof_get_path(struct reader *r, const struct cw_hash32 **ret, size_t *ret_n, const char *key);

/* {"nonce","sender","target","value","gasLimit","data"} to its hash. */
void proof_get_withdrawal(struct reader *r, struct cw_hash32 *ret_hash);
/* {"version","stateRoot","messagePasserStorageRoot","latestBlockhash"} */
void proof_get_output(struct reader *r, struct cw_op_output *ret);
/* {"l2Sender","to","l2Block","l1Block","l2Timestamp","value","data"} */
void proof_get_nitro_message(struct reader *r, struct cw_nitro_message *ret);

#endif
