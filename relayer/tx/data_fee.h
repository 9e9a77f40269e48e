/* What a rollup charges for a transaction's data, asked of its own contract before the transaction
 * is priced. */
#ifndef TX_DATA_FEE_H
#define TX_DATA_FEE_H

#include "core/config.h"
#include "net/quorum.h"

/* A call that is to be sent. */
struct cw_data_fee_call {
    const struct cw_config_chain *chain; /* has a data_fee */
    const struct cw_addr20 *from, *to;
    struct cw_wei value;
    struct cw_slice data;
    const struct cw_hash32 *at; /* with a quorum: the block to ask at */
};

/* NULL when memory ran out, done is not called then. */
struct cw_quorum *cw_data_fee_ask(struct cw_rpc *rpc, const struct cw_data_fee_call *call,
                                  void (*done)(void *ctx, const struct cw_rpc_result *result),
                                  void *ctx);
/* What the answer says. text for people otherwise. */
CW_MUST_USE enum cw_err cw_data_fee_read(struct cw_data_cost *ret,
                                         const struct cw_config_chain *chain,
                                         const struct cw_rpc_result *result,
                                         struct cw_error *error);
/* What may be charged by the time that it is in a block: a quarter more. */
struct cw_wei cw_data_fee_at_most(const struct cw_wei *fee);

#endif
