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

/* What a rollup charges by the gas, beside its price: fixed, and much for CW_GAS_CHARGE_MUCH gas.
 */
#define CW_GAS_CHARGE_MUCH UINT64_C(1000000000)
struct cw_gas_charge {
    struct cw_wei fixed, much;
};
/* As above, where the chain's data_fee has it: of so much gas, 0 and CW_GAS_CHARGE_MUCH being those
 * that _of wants. call: chain, from and at. */
struct cw_quorum *cw_gas_charge_ask(struct cw_rpc *rpc, const struct cw_data_fee_call *call,
                                    uint64_t gas,
                                    void (*done)(void *ctx, const struct cw_rpc_result *result),
                                    void *ctx);
CW_MUST_USE enum cw_err cw_gas_charge_read(struct cw_wei *ret, const struct cw_config_chain *chain,
                                           const struct cw_rpc_result *result,
                                           struct cw_error *error);
void cw_gas_charge_of(struct cw_gas_charge *ret, const struct cw_wei *none,
                      const struct cw_wei *much);

/* Both, for a transaction that uses so much gas. */
struct cw_wei cw_data_fee_sum(const struct cw_data_cost *cost, const struct cw_gas_charge *charge,
                              uint64_t gas);
/* What may be charged by the time that it is in a block: a quarter more. */
struct cw_wei cw_data_fee_at_most(const struct cw_wei *fee);

#endif
