/* The signer's side of the protocol: requests come in, answers go out. Judges, signs, writes the
 * signatures down, those of several requests with one sync, and says so in the log; knows nothing
 * of sockets. */
#ifndef SIGN_DESK_H
#define SIGN_DESK_H

#include "core/clock.h"
#include "sign/journal.h"
#include "sign/policy.h"
#include "sign/wire.h"
#include "tx/signer.h"

struct cw_desk;

struct cw_desk_config {
    const char *subject; /* of log lines, such as "signer main"; copied */
    /* Borrowed, as what follows. The signer must answer before cw_signer_sign returns. */
    struct cw_signer *signer;
    const struct cw_sign_policy *policy;
    struct cw_journal *journal;
    const struct cw_clock *clock;
};

CW_MUST_USE enum cw_err cw_desk_new(struct cw_desk **ret, const struct cw_desk_config *config,
                                    struct cw_error *error);
void cw_desk_free(struct cw_desk *desk); /* takes NULL */

const struct cw_hash32 *cw_desk_digest(const struct cw_desk *desk); /* of the policy */

/* One request of a client; its answer waits for cw_desk_settle, which comes before a request of
 * another client. *greeted is the client's: false until it has said hello, which comes first.
 * CW_ERR_INPUT: malformed, or out of turn; CW_ERR_MEMORY. There is no answer then, and the client
 * is to be cut off; what it asked before is settled all the same. May not be called when full. */
CW_MUST_USE enum cw_err cw_desk_take(struct cw_desk *desk, bool *greeted, struct cw_slice body,
                                     struct cw_error *error);
/* So many answers wait, or such long ones, that they are to be settled first. */
bool cw_desk_full(const struct cw_desk *desk);
/* Writes down all that was signed since the last time, with one sync, and appends the answers'
 * frames to out in the order of the requests, CW_DESK_OUT_MAX bytes at most. Where they can't be
 * written down each of those signatures is refused instead. CW_ERR_MEMORY: out has no room for
 * them. */
#define CW_DESK_OUT_MAX ((size_t)2 * (CW_WIRE_PREFIX + CW_WIRE_BODY_MAX))
CW_MUST_USE enum cw_err cw_desk_settle(struct cw_desk *desk, struct cw_buf *out,
                                       struct cw_error *error);

#endif
