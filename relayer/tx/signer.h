/* Who signs. A request is typed: the signer encodes and hashes it itself and never signs a hash
 * that it was given. */
#ifndef TX_SIGNER_H
#define TX_SIGNER_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/tx.h>

/* Calldata that is signed at most; encoding takes a few copies of it. */
#define CW_SIGN_DATA_MAX  (256u << 10)
#define CW_SIGN_ARENA_MAX ((size_t)8 * CW_SIGN_DATA_MAX)

struct cw_signer;

/* What may be signed: a call of a contract, never a creation. */
struct cw_sign_request {
    struct cw_chain_id chain_id;
    uint64_t nonce;
    uint64_t gas_limit;
    bool legacy;                    /* a plain gas price (in max_fee), bound to the chain */
    struct cw_wei max_fee, max_tip; /* per gas */
    struct cw_addr20 to;
    struct cw_wei value;
    struct cw_slice data;
};

/* done is called once, from the loop or before cw_signer_sign returns; raw, hash and text live
 * until it returns. A signer in a process of its own answers later: callers must not rely on
 * either. */
typedef void cw_sign_done(void *ctx, enum cw_err err, struct cw_slice raw,
                          const struct cw_hash32 *hash, const char *text);

/* --- for callers ------------------------------------------------------------------------------ */

const struct cw_addr20 *cw_signer_address(const struct cw_signer *signer);
/* The request is borrowed for the call only. CW_ERR_REFUSED and CW_ERR_LIMIT come from here for
 * what no signer takes: no contract, too much calldata. */
void cw_signer_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                    cw_sign_done *done, void *ctx);
/* Why nothing can be signed now, in words for people; "" when it can be tried. */
const char *cw_signer_trouble(const struct cw_signer *signer);
/* Takes NULL. What is under way is dropped: its done is not called. */
void cw_signer_free(struct cw_signer *signer);

/* Is raw what was asked for, field by field, and signed by address? Run on what any signer gives
 * back, before it is stored. CW_ERR_INPUT when raw is no transaction, CW_ERR_CONTRADICTED when it
 * is another one. */
CW_MUST_USE enum cw_err cw_signer_check(const struct cw_sign_request *request,
                                        const struct cw_addr20 *address, struct cw_slice raw,
                                        const struct cw_hash32 *hash, struct cw_error *error);

/* --- for backends ----------------------------------------------------------------------------- */

/* A backend's own struct begins with this one. Its address never changes. */
struct cw_signer {
    const struct cw_signer_ops *ops;
    struct cw_addr20 address;
};

struct cw_signer_ops {
    /* As cw_signer_sign says; what no signer takes was refused before. */
    void (*sign)(struct cw_signer *signer, const struct cw_sign_request *request,
                 cw_sign_done *done, void *ctx);
    void (*free)(struct cw_signer *signer);                 /* never NULL */
    const char *(*trouble)(const struct cw_signer *signer); /* NULL: there never is one */
};

/* The transaction that a request stands for; borrows its data. */
void cw_sign_request_tx(struct cw_tx *out, const struct cw_sign_request *request);

#endif
