/* Answers as bytes, for the store, and what is checked of them wherever they come from. */
#ifndef WORK_ANSWER_H
#define WORK_ANSWER_H

#include <adapters/io.h>

/* Claims on logs and receipts, and headers by hash, are not kept beyond the process. */
bool cw_answer_is_kept(enum cw_request_kind kind);

/* Over all that decides the answer, the chain excepted; of what is kept. */
void cw_answer_key(struct cw_hash32 *out, const struct cw_request *request);

/* Of an answer that is OK or REVERTED: RLP [0 or 1, data] of a call, the header, or [storage root,
 * account nodes, storage nodes] of a proof. Memory from the arena. CW_ERR_INPUT when it has no such
 * form. */
CW_MUST_USE enum cw_err cw_answer_encode(struct cw_slice *ret, struct cw_arena *arena,
                                         const struct cw_request *request,
                                         const struct cw_answer *answer);
/* Strict. Memory from the arena, which bytes need not outlive. A header is hashed again and must be
 * of the number that was asked for; nothing else is checked. */
CW_MUST_USE enum cw_err cw_answer_decode(struct cw_answer *ret, struct cw_arena *arena,
                                         const struct cw_request *request, struct cw_slice bytes);

/* CW_OK when the account proof holds under the header's state root, and the storage proof proves
 * something under the storage root that the account has; CW_ERR_CONTRADICTED otherwise. */
CW_MUST_USE enum cw_err cw_answer_prove(const struct cw_answer *proof,
                                        const struct cw_request *request,
                                        const struct cw_header *header, struct cw_error *error);

#endif
