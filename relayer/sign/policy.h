/* What a signer signs: chains, contracts and functions, value, fees, and how much of it in an hour
 * and a day. It is the signer's own, and does not trust who asks. From a file of its own, or
 * derived from the main configuration by the signer itself. */
#ifndef SIGN_POLICY_H
#define SIGN_POLICY_H

#include "core/config.h"

#include <causeway/abi.h>
#include <causeway/arena.h>
#include <causeway/base.h>

/* One function of one contract. */
struct cw_sign_call {
    struct cw_addr20 to;
    struct cw_selector selector;
    const char *text; /* the signature, or "0x" and 8 digits, as it was written */
};

struct cw_sign_chain {
    const char *name;
    uint64_t chain_id;
    struct cw_wei max_fee; /* per gas */
    struct cw_wei
        max_transaction_fee; /* gas limit × max fee; of an aggregate3: for each call in it */
    struct cw_wei max_value;
    /* Sliding windows; fees are counted as gas limit × max fee, of a nonce the dearest only. */
    struct cw_wei hourly_fee_budget, daily_fee_budget;
    uint64_t hourly_signatures, daily_signatures;
    bool cancel;                /* a transfer of nothing to the signer itself, to use up a nonce */
    struct cw_addr20 multicall; /* zero: none */
    struct cw_sign_call *calls;
    size_t calls_n;
};

struct cw_sign_policy {
    const char *path;    /* the file, or that of the configuration that it was derived from */
    const char *journal; /* "": where the caller says */
    bool has_key;        /* it says where the key is, as an entry of "signers" would: */
    struct cw_config_signer key;
    uint64_t *uids; /* who may connect to the socket */
    size_t uids_n;
    uint64_t max_calldata;
    uint64_t max_requests; /* of one client in a second; bursts of ten times as many */
    struct cw_sign_chain *chains;
    size_t chains_n;
    struct cw_arena *arena; /* owns all of the above */
};

/* The file must not be writable by group or others, and belong to this user or root. On
 * CW_ERR_INPUT the text starts with path:line:column where there is one. A relative path in it lies
 * beside it. */
CW_MUST_USE enum cw_err cw_sign_policy_load(struct cw_sign_policy **ret, const char *path,
                                            struct cw_error *error);
CW_MUST_USE enum cw_err cw_sign_policy_parse(struct cw_sign_policy **ret, const char *path,
                                             struct cw_slice text, struct cw_error *error);
/* What the routes that relay with this signer need, and nothing else. */
CW_MUST_USE enum cw_err cw_sign_policy_derive(struct cw_sign_policy **ret,
                                              const struct cw_config *config, size_t signer,
                                              struct cw_error *error);
/* The policy of a signer of the configuration: from path, from its "policy_file" where path is
 * NULL, derived where there is none. A file must not name a key: the configuration does. */
CW_MUST_USE enum cw_err cw_sign_policy_of(struct cw_sign_policy **ret,
                                          const struct cw_config *config, size_t signer,
                                          const char *path, struct cw_error *error);
void cw_sign_policy_free(struct cw_sign_policy *policy); /* takes NULL */

/* A commented policy file that loads as this policy again. */
void cw_sign_policy_print(struct cw_buf *out, const struct cw_sign_policy *policy);
/* Of everything that decides what is signed. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_sign_policy_digest(struct cw_hash32 *ret,
                                              const struct cw_sign_policy *policy);

/* NULL when the policy does not name that chain. */
const struct cw_sign_chain *cw_sign_policy_chain(const struct cw_sign_policy *policy,
                                                 uint64_t chain_id);

#endif
