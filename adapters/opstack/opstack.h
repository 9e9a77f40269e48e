/* Withdrawals of an OP Stack rollup: MessagePassed on the L2, proven and finalized through the
 * OptimismPortal on the L1. See README.md beside this file for what is trusted and read where. */
#ifndef OPSTACK_OPSTACK_H
#define OPSTACK_OPSTACK_H

#include <adapters/adapter.h>
#include <adapters/data_fee.h>

/* The route's "contracts" object. */
struct cw_opstack_config {
    struct cw_addr20 portal;    /* OptimismPortal or OptimismPortal2 (its proxy) */
    struct cw_addr20 messenger; /* its L1CrossDomainMessenger; zero: nothing is replayed there */
};

extern const struct cw_adapter_ops cw_opstack_withdrawal;
/* What a chain of the stack charges. */
extern const struct cw_data_fee cw_opstack_data_fee;

#endif
