/* Whether a policy lets a transaction be signed. Pure. */
#ifndef SIGN_JUDGE_H
#define SIGN_JUDGE_H

#include "sign/journal.h"
#include "sign/policy.h"
#include "sign/wire.h"

struct cw_sign_refusal {
    enum cw_sign_code code;
    char text[CW_WIRE_TEXT_MAX + 1]; /* what was asked, and what is allowed */
};

/* Chain, contract, function (of each call inside an aggregate3), value, size and fees. self: the
 * signer's own address. True when it may be signed; *ret_fee (gas limit × max fee) is always
 * written. False fills refusal. */
CW_MUST_USE bool cw_sign_judge(const struct cw_sign_policy *policy, const struct cw_addr20 *self,
                               const struct cw_sign_request *request, struct cw_wei *ret_fee,
                               struct cw_sign_refusal *refusal);

/* Counts and fees of an hour and a day. used: all other nonces of the chain; nonce: what was signed
 * for this one. */
CW_MUST_USE bool cw_sign_judge_budget(const struct cw_sign_chain *chain,
                                      const struct cw_journal_usage *used,
                                      const struct cw_journal_nonce *nonce,
                                      const struct cw_wei *fee, struct cw_sign_refusal *refusal);

#endif
