/* Who signs. A request is typed: the signer encodes and hashes it itself and never signs a hash
 * that it was given. */
#ifndef TX_SIGNER_H
#define TX_SIGNER_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/tx.h>

struct cw_signer;

/* A key in this process. secret is wiped by the caller after the call. */
CW_MUST_USE enum cw_err cw_signer_local(struct cw_signer **ret, const struct cw_secret32 *secret,
                                        struct cw_error *error);
void cw_signer_free(struct cw_signer *signer); /* wipes; takes NULL */

const struct cw_addr20 *cw_signer_address(const struct cw_signer *signer);

/* What may be signed: a call of a contract, never a creation. */
struct cw_sign_request {
    struct cw_chain_id chain_id;
    uint64_t nonce;
    uint64_t gas_limit;
    struct cw_wei max_fee, max_tip; /* per gas */
    struct cw_addr20 to;
    struct cw_wei value;
    struct cw_slice data;
};

/* done is called once, from the loop or before this returns; raw lives until it returns. A signer
 * in a process of its own answers later: callers must not rely on either. */
typedef void cw_sign_done(void *ctx, enum cw_err err, struct cw_slice raw,
                          const struct cw_hash32 *hash, const char *text);
void cw_signer_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                    cw_sign_done *done, void *ctx);

/* Is raw what was asked for, field by field, and signed by address? Run on what any signer gives
 * back, before it is stored. CW_ERR_INPUT when raw is no transaction, CW_ERR_CONTRADICTED when it
 * is another one. */
CW_MUST_USE enum cw_err cw_signer_check(const struct cw_sign_request *request,
                                        const struct cw_addr20 *address, struct cw_slice raw,
                                        const struct cw_hash32 *hash, struct cw_error *error);

#endif
