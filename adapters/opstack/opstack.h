/* OP Stack. Withdrawals: MessagePassed on the L2, proven and finalized through the OptimismPortal
 * on the L1. Deposits: TransactionDeposited of the portal, followed on the L2. See README.md beside
 * this file for what is trusted and read where. */
#ifndef OPSTACK_OPSTACK_H
#define OPSTACK_OPSTACK_H

#include <adapters/adapter.h>
#include <adapters/data_fee.h>

#include "standing.h"

/* The "contracts" object of a route for withdrawals. */
struct cw_opstack_config {
    struct cw_addr20 portal;    /* OptimismPortal or OptimismPortal2 (its proxy) */
    struct cw_addr20 messenger; /* its L1CrossDomainMessenger; zero: nothing is replayed there */
    struct cw_limits limits;
    struct cw_addr20s tokens; /* of the standard bridge: L1's and L2's in turn */
};

/* The same for deposits: whatever else there is has the same address on every L2. */
struct cw_opstack_deposit_config {
    struct cw_addr20 portal;
};

extern const struct cw_adapter_ops cw_opstack_withdrawal;
extern const struct cw_adapter_ops cw_opstack_deposit;
/* What a chain of the stack charges. */
extern const struct cw_data_fee cw_opstack_data_fee;

#endif
