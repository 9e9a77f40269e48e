/* The same question to several operators, until k of them give the same answer. Who answered
 * otherwise is accused. Everything runs on the loop's thread. */
#ifndef NET_QUORUM_H
#define NET_QUORUM_H

#include "net/rpc.h"

struct cw_quorum;

struct cw_quorum_request {
    const char *method;
    const char *params; /* JSON array as text, copied */
    enum cw_rpc_class class_;
    struct cw_block_number state_of; /* both as in cw_rpc_request */
    bool block_by_hash;
    /* Operators that must agree, at least 1. With 1 (and not everybody) this is a plain call: over
     * all endpoints until one answers, ending as cw_rpc_submit says; digest is not needed. */
    unsigned k;
    /* Every operator is asked at once and waited for, also after k agree: to find out who lies. */
    bool everybody;
    bool forgives; /* nobody is accused: honest ones may differ there */
    /* As in cw_rpc_request; for a plain call only. */
    unsigned not_operator;
    uint32_t give_up_ms;
    /* As in cw_rpc_request; called for each answer, the one that is handed out being the last,
     * right before done. */
    enum cw_err (*check)(void *ctx, const struct cw_json *value, struct cw_error *error);
    /* What must be equal, of an answer that passed the check. */
    enum cw_err (*digest)(void *ctx, const struct cw_json *value, struct cw_hash32 *ret);
    /* In place of digest, for what honest operators tell a little differently, such as an estimate:
     * k answers agree when none is below four fifths of the largest, which is handed out. Nobody is
     * accused. */
    enum cw_err (*number)(void *ctx, const struct cw_json *value, struct cw_u256 *ret);
    /* Whether a refusal with this text is an answer, too, on which k can agree; with k > 1 there is
     * no other CW_ERR_REFUSED then. NULL: none is. */
    bool (*refusal)(const char *text);
    /* k = 1: operators one after the other, each once, from the first-th on in their order, until
     * one answers. What it says is taken; when none does, text names what each said. */
    bool one_by_one;
    unsigned first;
    bool revert_fails; /* a revert is no answer */
    bool once;         /* k = 1: one endpoint, one attempt, as in cw_rpc_request */
    size_t keep;       /* as in cw_rpc_request; of votes 64 KiB are kept at least */
    /* Called exactly once, from cw_loop_step, unless cancelled. CW_OK, CW_ERR_REVERTED (with equal
     * revert data) and an agreed CW_ERR_REFUSED: k operators say so; endpoint is one of them. With
     * k > 1, CW_ERR_CONTRADICTED: those who answered disagree; otherwise too few answered: an error
     * that k of them share, else CW_ERR_TRANSPORT. text then names each operator and what it said.
     */
    void (*done)(void *ctx, const struct cw_rpc_result *result);
    void *ctx;
};

/* NULL when memory ran out. The handle is dead once done was called. */
struct cw_quorum *cw_quorum_submit(struct cw_rpc *rpc, const struct cw_quorum_request *request);
/* Takes NULL. Not from its own check, digest or done. */
void cw_quorum_cancel(struct cw_quorum *quorum);

/* A digest of the whole value as the endpoint wrote it: for answers with one spelling, such as
 * bytes. */
enum cw_err cw_quorum_digest_text(void *ctx, const struct cw_json *value, struct cw_hash32 *ret);

#endif
