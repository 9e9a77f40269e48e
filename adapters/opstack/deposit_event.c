/* Which logs tell of deposits, and what they say. */
#include "opstack/deposit.h"
#include "opstack/events.h"

#include <stdio.h>
#include <string.h>

enum cw_err opstack_deposit_filters(const struct cw_adapter *adapter, struct cw_filter *out,
                                    size_t cap, size_t *ret_n) {
    static const struct cw_hash32 *const portal[] = {&CW_OP_TRANSACTION_DEPOSITED,
                                                     &OPSTACK_TOPIC_UPGRADED};
    static const struct cw_hash32 *const messenger[] = {
        &OPSTACK_TOPIC_RELAYED, &OPSTACK_TOPIC_RELAY_FAILED, &OPSTACK_TOPIC_UPGRADED};
    struct filter_list list = {.out = out, .cap = cap};
    filter_add(&list, CW_SETTLEMENT, &adapter->portal, portal, CW_COUNT(portal));
    filter_add(&list, CW_EXECUTION, &OPSTACK_L2_MESSENGER, messenger, CW_COUNT(messenger));
    *ret_n = list.n;
    return list.n <= cap ? CW_OK : CW_ERR_LIMIT;
}

static enum cw_err decode_deposited(const struct cw_adapter *adapter, const struct cw_log *log,
                                    struct cw_arena *arena, struct cw_event *ret,
                                    struct cw_error *error) {
    struct opstack_deposit deposit = {.log_index = log->log_index};
    struct opstack_relay relay;
    if (cw_op_deposit_decode(&deposit.tx, log->topics, log->topics_n, log->data) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "TransactionDeposited of another version, or malformed");
    }
    const struct cw_op_opaque *opaque = &deposit.tx.opaque;
    if (opstack_deposit_id(arena, &ret->ref, &deposit, &log->block.hash) != CW_OK ||
        opstack_deposit_encode(arena, &ret->payload, &deposit) != CW_OK) {
        return cw_error_set(error, CW_ERR_MEMORY, "no room for the deposit");
    }
    ret->kind = CW_EVENT_SENT;
    ret->summary = (struct cw_summary){.sender = deposit.tx.from,
                                       .target = deposit.tx.to,
                                       .value = opaque->value,
                                       .gas_limit = opaque->gas_limit};
    if (opstack_deposit_relay(&relay, adapter, &deposit)) {
        ret->alias = relay.hash;
        ret->summary = (struct cw_summary){.sender = relay.sender,
                                           .target = relay.target,
                                           .value = relay.value,
                                           .nonce = relay.nonce,
                                           .gas_limit = event_saturated(&relay.gas_limit)};
    }
    snprintf(ret->note, sizeof ret->note, "deposited%s%s",
             cw_hash32_is_zero(&ret->alias) ? "" : " through the messenger",
             opaque->is_creation ? ", a contract's creation" : "");
    return CW_OK;
}

enum cw_err opstack_deposit_event(const struct cw_adapter *adapter, enum cw_side side,
                                  const struct cw_log *log, struct cw_arena *arena,
                                  struct cw_event *ret, struct cw_error *error) {
    struct cw_event event;
    enum cw_err err = CW_OK;
    memset(&event, 0, sizeof event);
    event.kind = CW_EVENT_NONE;
    if (side == CW_SETTLEMENT && cw_addr20_equal(&log->address, &adapter->portal)) {
        if (event_is(log, &CW_OP_TRANSACTION_DEPOSITED)) {
            err = decode_deposited(adapter, log, arena, &event, error);
        } else if (event_is(log, &OPSTACK_TOPIC_UPGRADED)) {
            err = event_upgraded(log, "portal", &event, error);
        }
    } else if (side == CW_EXECUTION && cw_addr20_equal(&log->address, &OPSTACK_L2_MESSENGER)) {
        err = event_of_messenger(log, OPSTACK_REPLAY, "L2 messenger", &event, error);
    }
    if (err == CW_OK) {
        *ret = event;
    }
    return err;
}
