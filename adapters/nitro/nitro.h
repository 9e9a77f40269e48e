/* Arbitrum Nitro: what its chains charge for data, and messages from the settlement layer to them
 * and back.
 * See README.md beside this file for what is trusted and read where. */
#ifndef NITRO_NITRO_H
#define NITRO_NITRO_H

#include <adapters/adapter.h>
#include <adapters/data_fee.h>

#include "standing.h"

/* gasEstimateL1Component(address,bool,bytes) */
#define CW_NITRO_SEL_L1_COMPONENT 0x77d488a2u

/* Inboxes of one bridge; it may allow more of them, and then the route is held. */
#define TICKET_INBOXES_MAX 8

/* The "contracts" object of a route for deposits and retryable tickets. */
struct cw_nitro_ticket_config {
    struct cw_addr20 bridge; /* the proxies' addresses, all of them */
    struct cw_addr20 inbox;
    struct cw_addr20s other_inboxes;
    uint64_t max_delay_s;
};

extern const struct cw_adapter_ops cw_nitro_retryable;
/* The "contracts" object of a route for messages to the settlement layer. */
struct cw_nitro_exit_config {
    struct cw_addr20 outbox; /* the proxy */
    struct cw_limits limits;
};

extern const struct cw_adapter_ops cw_nitro_withdrawal;
/* What a chain of the stack charges. */
extern const struct cw_data_fee cw_nitro_data_fee;

void nitro_survey(const struct cw_survey_start *start, struct cw_io *io, struct cw_survey *ret);

#endif
