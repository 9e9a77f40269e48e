/* A transaction that may have sent messages: where it is on its chain, and what it logged, checked
 * as the watcher checks what it reads: the receipts of its block hash to the receipts root of the
 * header, which hashes to the block's hash. (In CW_MODE_QUORUM operators agree instead.) */
#ifndef WORK_ORIGIN_H
#define WORK_ORIGIN_H

#include "core/config.h"
#include "net/rpc.h"

#include <adapters/adapter.h>

struct cw_origin;

enum cw_origin_state {
    CW_ORIGIN_UNTOLD = 1, /* nobody could tell; text says why */
    CW_ORIGIN_NONE,       /* the chain has no such transaction */
    CW_ORIGIN_PENDING,    /* it is known, and in no block */
    CW_ORIGIN_REVERTED,   /* it is in a block, and failed */
    CW_ORIGIN_INCLUDED    /* it is in a block; logs are its own */
};

struct cw_origin_found {
    enum cw_origin_state state;
    struct cw_block_ref block; /* REVERTED (without time), INCLUDED */
    struct cw_log *logs;
    size_t logs_n;
    const char *text; /* UNTOLD; else "" */
};

struct cw_origin_config {
    struct cw_rpc *rpc;                  /* both borrowed */
    const struct cw_config_chain *chain; /* how many operators must agree, and how it is read */
    struct cw_hash32 tx;
    /* Called once, from the loop; found lives until the call returns, and origin frees itself. */
    void (*done)(void *ctx, const struct cw_origin_found *found);
    void *ctx;
};

CW_MUST_USE enum cw_err cw_origin_ask(struct cw_origin **ret, const struct cw_origin_config *config,
                                      struct cw_error *error);
/* Takes NULL; done is not called any more. Not from done. */
void cw_origin_cancel(struct cw_origin *origin);

/* The messages among the logs, at most max of them; payloads live in the arena. */
CW_MUST_USE enum cw_err cw_origin_messages(const struct cw_origin_found *found,
                                           const struct cw_adapter_ops *ops,
                                           const struct cw_adapter *adapter, struct cw_arena *arena,
                                           struct cw_message *out, size_t max, size_t *ret_n,
                                           struct cw_error *error);

#endif
