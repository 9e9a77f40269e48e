/* The signer's side of the protocol: a request comes in, an answer goes out. Judges, signs, writes
 * the signature down, and says so in the log; knows nothing of sockets. */
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

/* One request of a client; the answer's frame is appended to out. *greeted is the client's: false
 * until it has said hello, which comes first. CW_ERR_INPUT: malformed, or out of turn;
 * CW_ERR_MEMORY. There is no answer then, and the client is to be cut off. */
CW_MUST_USE enum cw_err cw_desk_answer(struct cw_desk *desk, bool *greeted, struct cw_slice body,
                                       struct cw_buf *out, struct cw_error *error);

#endif
