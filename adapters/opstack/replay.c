#include "opstack/look.h"

#include <stdio.h>

/* What relayMessage keeps for what comes after the call, with what it asks for the check itself.
 * Source: contracts-bedrock CrossDomainMessenger.sol, RELAY_RESERVED_GAS, RELAY_GAS_CHECK_BUFFER.
 */
#define RESERVED_GAS 45000u
/* What it spends before: the proxy's look-up, the pause, the message's hash and the two maps. 29
 * 000 with L1CrossDomainMessenger 2.4.0 (npm @eth-optimism/contracts-bedrock 0.17.3 on anvil). */
#define CHECKS_GAS 60000u

uint64_t opstack_replay_gas(const struct opstack_relay *relay, struct cw_slice calldata) {
    return opstack_call_gas(&relay->gas_limit, RESERVED_GAS, CHECKS_GAS, 1, calldata);
}

void look_replay(struct look *look, enum cw_stage stage, const struct cw_addr20 *messenger,
                 struct cw_slice calldata) {
    struct cw_call *call = &look->decision->call;
    look_act(look, stage, OPSTACK_REPLAY, messenger, calldata);
    if (look->decision->verb != CW_ACT) {
        return;
    }
    /* As that sender a failing target reverts: what would fail again is not sent. */
    call->simulate_from = OPSTACK_ESTIMATION_ADDRESS;
    call->gas_floor = opstack_replay_gas(&look->relay, calldata);
    call->may_do_nothing = true;
    call->batchable = true;
}

struct cw_judgement opstack_replay_judge(const struct cw_call *call, enum cw_side side,
                                         const struct cw_addr20 *messenger,
                                         const struct opstack_relay *relay,
                                         struct cw_slice calldata) {
    if (call->side != side || cw_addr20_is_zero(messenger) ||
        !cw_addr20_equal(&call->to, messenger)) {
        return cw_invalid("call does not go to the messenger");
    }
    if (!cw_u256_is_zero(&call->value.v)) {
        return cw_invalid("call carries value");
    }
    if (!cw_addr20_equal(&call->simulate_from, &OPSTACK_ESTIMATION_ADDRESS) ||
        call->target_may_fail) {
        return cw_invalid("a replay that fails again would be sent");
    }
    if (call->gas_floor < opstack_replay_gas(relay, calldata)) {
        return cw_invalid("gas floor is below what the inner call is owed");
    }
    if (!cw_slice_equal(call->data, calldata)) {
        return cw_invalid("calldata is not the message");
    }
    return cw_valid();
}
