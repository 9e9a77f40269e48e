#include "opstack/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- filters --- */

void filter_add(struct filter_list *list, enum cw_side side, const struct cw_addr20 *address,
                const struct cw_hash32 *const *topics, size_t topics_n) {
    if (list->n < list->cap) {
        struct cw_filter *filter = &list->out[list->n];
        memset(filter, 0, sizeof *filter);
        filter->side = side;
        filter->address = *address;
        for (size_t i = 0; i < topics_n && i < CW_FILTER_TOPICS; i++) {
            filter->topics[filter->topics_n++] = *topics[i];
        }
    }
    list->n++;
}

enum cw_err opstack_filters(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                            size_t *ret_n) {
    static const struct cw_hash32 *const passer[] = {&OPSTACK_TOPIC_MESSAGE_PASSED,
                                                     &OPSTACK_TOPIC_UPGRADED};
    static const struct cw_hash32 *const portal_of_outputs[] = {
        &OPSTACK_TOPIC_PROVEN, &OPSTACK_TOPIC_FINALIZED, &OPSTACK_TOPIC_UPGRADED};
    /* WithdrawalProvenExtension1 comes beside every WithdrawalProven and also names the submitter.
     */
    static const struct cw_hash32 *const portal_of_games[] = {
        &OPSTACK_TOPIC_PROVEN_BY,        &OPSTACK_TOPIC_FINALIZED,
        &OPSTACK_TOPIC_GAME_BLACKLISTED, &OPSTACK_TOPIC_RESPECTED_TYPE_SET,
        &OPSTACK_TOPIC_PORTAL_MIGRATED,  &OPSTACK_TOPIC_UPGRADED};
    static const struct cw_hash32 *const portal_of_any[] = {
        &OPSTACK_TOPIC_PROVEN,           &OPSTACK_TOPIC_FINALIZED,
        &OPSTACK_TOPIC_GAME_BLACKLISTED, &OPSTACK_TOPIC_RESPECTED_TYPE_SET,
        &OPSTACK_TOPIC_PORTAL_MIGRATED,  &OPSTACK_TOPIC_UPGRADED};
    static const struct cw_hash32 *const registry[] = {
        &OPSTACK_TOPIC_GAME_BLACKLISTED, &OPSTACK_TOPIC_TYPE_SET, &OPSTACK_TOPIC_RETIREMENT_SET,
        &OPSTACK_TOPIC_UPGRADED};
    static const struct cw_hash32 *const oracle[] = {
        &OPSTACK_TOPIC_OUTPUT_PROPOSED, &OPSTACK_TOPIC_OUTPUTS_DELETED, &OPSTACK_TOPIC_UPGRADED};
    static const struct cw_hash32 *const factory[] = {&OPSTACK_TOPIC_GAME_CREATED,
                                                      &OPSTACK_TOPIC_UPGRADED};
    static const struct cw_hash32 *const messenger[] = {
        &OPSTACK_TOPIC_RELAYED, &OPSTACK_TOPIC_RELAY_FAILED, &OPSTACK_TOPIC_UPGRADED};

    struct filter_list list = {.out = out, .cap = cap};
    filter_add(&list, CW_EXECUTION, &CW_OP_MESSAGE_PASSER, passer, CW_COUNT(passer));
    if (adapter->flavour == OPSTACK_OUTPUTS) {
        filter_add(&list, CW_SETTLEMENT, &adapter->portal, portal_of_outputs,
                   CW_COUNT(portal_of_outputs));
        filter_add(&list, CW_SETTLEMENT, &adapter->roots, oracle, CW_COUNT(oracle));
    } else if (adapter->flavour == OPSTACK_GAMES) {
        filter_add(&list, CW_SETTLEMENT, &adapter->portal, portal_of_games,
                   CW_COUNT(portal_of_games));
        filter_add(&list, CW_SETTLEMENT, &adapter->roots, factory, CW_COUNT(factory));
    } else {
        filter_add(&list, CW_SETTLEMENT, &adapter->portal, portal_of_any, CW_COUNT(portal_of_any));
    }
    if (!cw_addr20_is_zero(&adapter->registry)) {
        filter_add(&list, CW_SETTLEMENT, &adapter->registry, registry, CW_COUNT(registry));
    }
    if (!cw_addr20_is_zero(&adapter->messenger)) {
        filter_add(&list, CW_SETTLEMENT, &adapter->messenger, messenger, CW_COUNT(messenger));
    }
    *ret_n = list.n;
    return list.n <= cap ? CW_OK : CW_ERR_LIMIT;
}

/* --- events --- */

bool event_is(const struct cw_log *log, const struct cw_hash32 *topic) {
    return log->topics_n > 0 && cw_hash32_equal(&log->topics[0], topic);
}

/* The shape that the event's signature fixes: how many topics, how much data (SIZE_MAX: any). */
static enum cw_err shape(const struct cw_log *log, size_t topics_n, size_t data_n,
                         struct cw_error *error) {
    if (log->topics_n != topics_n || (data_n != SIZE_MAX && log->data.n != data_n)) {
        return cw_error_set(error, CW_ERR_INPUT, "%zu topics and %zu bytes of data", log->topics_n,
                            log->data.n);
    }
    return CW_OK;
}

static enum cw_err topic_addr20(const struct cw_hash32 *topic, struct cw_addr20 *ret,
                                struct cw_error *error) {
    struct cw_abi in = cw_abi_open(cw_slice_of(topic->b, 32));
    if (cw_abi_addr20(&in, ret) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "a topic is not an address");
    }
    return CW_OK;
}

uint64_t event_saturated(const struct cw_u256 *v) {
    uint64_t low;
    return cw_u256_to_u64(&low, v) ? UINT64_MAX : low;
}

static enum cw_err decode_sent(const struct cw_adapter *adapter, const struct cw_log *log,
                               struct cw_arena *arena, struct cw_event *ret,
                               struct cw_error *error) {
    struct cw_op_withdrawal w;
    struct cw_hash32 said, id;
    enum cw_err err = shape(log, 4, SIZE_MAX, error);
    if (err == CW_OK) {
        err = topic_addr20(&log->topics[2], &w.sender, error);
    }
    if (err == CW_OK) {
        err = topic_addr20(&log->topics[3], &w.target, error);
    }
    if (err != CW_OK) {
        return err;
    }
    w.nonce = cw_u256_from_be(log->topics[1].b);
    struct cw_abi in = cw_abi_open(log->data);
    if (cw_abi_u256(&in, &w.value.v) != CW_OK || cw_abi_u256(&in, &w.gas_limit) != CW_OK ||
        cw_abi_bytes(&in, &w.data) != CW_OK || cw_abi_word(&in, &said) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "MessagePassed has malformed data");
    }
    err = cw_op_withdrawal_hash(&id, &w);
    if (err != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "withdrawal with %zu bytes of data", w.data.n);
    }
    if (!cw_hash32_equal(&id, &said)) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "withdrawal does not hash to the event's own hash");
    }
    err = opstack_payload_encode(arena, &ret->payload, &w);
    if (err != CW_OK) {
        return cw_error_set(error, err, "no room for the withdrawal");
    }
    ret->kind = CW_EVENT_SENT;
    ret->ref = id;
    ret->summary = (struct cw_summary){.sender = w.sender,
                                       .target = w.target,
                                       .value = w.value,
                                       .nonce = w.nonce,
                                       .gas_limit = event_saturated(&w.gas_limit)};
    struct opstack_relay relay;
    if (opstack_relay_read(&relay, adapter, &w)) {
        ret->alias = relay.hash;
        ret->summary.sender = relay.sender;
        ret->summary.target = relay.target;
        ret->summary.value = relay.value;
        snprintf(ret->note, sizeof ret->note, "sent through the messenger");
    } else {
        snprintf(ret->note, sizeof ret->note, "sent");
    }
    return CW_OK;
}

enum cw_err event_upgraded(const struct cw_log *log, const char *what, struct cw_event *ret,
                           struct cw_error *error) {
    struct cw_addr20 code;
    enum cw_err err = shape(log, 2, 0, error);
    if (err == CW_OK) {
        err = topic_addr20(&log->topics[1], &code, error);
    }
    if (err == CW_OK) {
        char hex[CW_HEX_SIZE(20)];
        ret->kind = CW_EVENT_UPGRADED;
        snprintf(ret->note, sizeof ret->note, "%s upgraded to %s", what,
                 cw_hex_encode(hex, cw_slice_of(code.b, 20)));
    }
    return err;
}

/* An event that speaks of one message and carries nothing but indexed words. */
static enum cw_err decode_about(const struct cw_log *log, size_t topics_n, struct cw_event *ret,
                                enum cw_event_kind kind, const char *step, const char *note,
                                struct cw_error *error) {
    enum cw_err err = shape(log, topics_n, 0, error);
    if (err == CW_OK) {
        ret->kind = kind;
        ret->ref = log->topics[1];
        ret->step = step;
        snprintf(ret->note, sizeof ret->note, "%s", note);
    }
    return err;
}

static enum cw_err decode_finalized(const struct cw_log *log, struct cw_event *ret,
                                    struct cw_error *error) {
    bool success;
    enum cw_err err = shape(log, 2, 32, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_abi in = cw_abi_open(log->data);
    if (cw_abi_bool(&in, &success) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "success is neither true nor false");
    }
    ret->kind = CW_EVENT_OUTCOME;
    ret->ref = log->topics[1];
    ret->step = OPSTACK_FINALIZE;
    /* A failed call is final whoever was called; that the messenger's call went well does not say
     * that the messenger's message ran. */
    ret->outcome = success ? CW_OUTCOME_SUCCESS : CW_OUTCOME_CALL_FAILED;
    ret->only_unaliased = success;
    snprintf(ret->note, sizeof ret->note, "finalized, the portal's call %s",
             success ? "succeeded" : "failed");
    return CW_OK;
}

static enum cw_err decode_blacklisted(const struct cw_log *log, struct cw_event *ret,
                                      struct cw_error *error) {
    char hex[CW_HEX_SIZE(20)];
    struct cw_addr20 game;
    enum cw_err err = shape(log, 2, 0, error);
    if (err == CW_OK) {
        err = topic_addr20(&log->topics[1], &game, error);
    }
    if (err == CW_OK) {
        ret->kind = CW_EVENT_RULES;
        snprintf(ret->note, sizeof ret->note, "dispute game %s blacklisted",
                 cw_hex_encode(hex, cw_slice_of(game.b, 20)));
    }
    return err;
}

/* One number, not indexed. */
static enum cw_err decode_rule(const struct cw_log *log, struct cw_event *ret, const char *what,
                               struct cw_error *error) {
    enum cw_err err = shape(log, 1, 32, error);
    if (err == CW_OK) {
        struct cw_u256 value = cw_u256_from_be(log->data.p);
        ret->kind = CW_EVENT_RULES;
        snprintf(ret->note, sizeof ret->note, "%s %" PRIu64, what, event_saturated(&value));
    }
    return err;
}

static enum cw_err decode_registry(const struct cw_log *log, struct cw_event *ret,
                                   struct cw_error *error) {
    if (event_is(log, &OPSTACK_TOPIC_GAME_BLACKLISTED)) {
        return decode_blacklisted(log, ret, error);
    }
    if (event_is(log, &OPSTACK_TOPIC_TYPE_SET)) {
        return decode_rule(log, ret, "games are respected of type", error);
    }
    if (event_is(log, &OPSTACK_TOPIC_RETIREMENT_SET)) {
        return decode_rule(log, ret, "games are retired up to", error);
    }
    return event_is(log, &OPSTACK_TOPIC_UPGRADED)
               ? event_upgraded(log, "AnchorStateRegistry", ret, error)
               : CW_OK;
}

static enum cw_err decode_portal(const struct cw_log *log, struct cw_event *ret,
                                 struct cw_error *error) {
    char hex[CW_HEX_SIZE(20)];
    struct cw_addr20 address;
    enum cw_err err;
    if (event_is(log, &OPSTACK_TOPIC_PROVEN)) {
        return decode_about(log, 4, ret, CW_EVENT_STEP_DONE, OPSTACK_PROVE, "proven", error);
    }
    if (event_is(log, &OPSTACK_TOPIC_PROVEN_BY)) {
        err = decode_about(log, 3, ret, CW_EVENT_STEP_DONE, OPSTACK_PROVE, "", error);
        if (err == CW_OK) {
            err = topic_addr20(&log->topics[2], &address, error);
            snprintf(ret->note, sizeof ret->note, "proven by %s",
                     cw_hex_encode(hex, cw_slice_of(address.b, 20)));
        }
        return err;
    }
    if (event_is(log, &OPSTACK_TOPIC_FINALIZED)) {
        return decode_finalized(log, ret, error);
    }
    if (event_is(log, &OPSTACK_TOPIC_GAME_BLACKLISTED)) {
        return decode_blacklisted(log, ret, error);
    }
    if (event_is(log, &OPSTACK_TOPIC_PORTAL_MIGRATED)) {
        err = shape(log, 1, 128, error);
        if (err == CW_OK) {
            ret->kind = CW_EVENT_UPGRADED;
            snprintf(ret->note, sizeof ret->note, "portal migrated to another registry");
        }
        return err;
    }
    if (event_is(log, &OPSTACK_TOPIC_RESPECTED_TYPE_SET)) {
        err = shape(log, 3, 0, error);
        if (err == CW_OK) {
            struct cw_u256 type = cw_u256_from_be(log->topics[1].b);
            struct cw_u256 since = cw_u256_from_be(log->topics[2].b);
            ret->kind = CW_EVENT_RULES;
            snprintf(ret->note, sizeof ret->note,
                     "game type %" PRIu64 " respected, games before %" PRIu64 " retired",
                     event_saturated(&type), event_saturated(&since));
        }
        return err;
    }
    return event_is(log, &OPSTACK_TOPIC_UPGRADED) ? event_upgraded(log, "portal", ret, error)
                                                  : CW_OK;
}

static enum cw_err decode_oracle(const struct cw_log *log, struct cw_event *ret,
                                 struct cw_error *error) {
    enum cw_err err;
    if (event_is(log, &OPSTACK_TOPIC_OUTPUT_PROPOSED)) {
        err = shape(log, 4, 32, error);
        if (err == CW_OK) {
            struct cw_u256 index = cw_u256_from_be(log->topics[2].b);
            struct cw_u256 block = cw_u256_from_be(log->topics[3].b);
            ret->kind = CW_EVENT_ROOT;
            snprintf(ret->note, sizeof ret->note, "output %" PRIu64 " for L2 block %" PRIu64,
                     event_saturated(&index), event_saturated(&block));
        }
        return err;
    }
    if (event_is(log, &OPSTACK_TOPIC_OUTPUTS_DELETED)) {
        err = shape(log, 3, 0, error);
        if (err == CW_OK) {
            struct cw_u256 before = cw_u256_from_be(log->topics[1].b);
            struct cw_u256 now = cw_u256_from_be(log->topics[2].b);
            ret->kind = CW_EVENT_RULES;
            snprintf(ret->note, sizeof ret->note,
                     "outputs from %" PRIu64 " deleted, there were %" PRIu64, event_saturated(&now),
                     event_saturated(&before));
        }
        return err;
    }
    return event_is(log, &OPSTACK_TOPIC_UPGRADED)
               ? event_upgraded(log, "L2OutputOracle", ret, error)
               : CW_OK;
}

static enum cw_err decode_factory(const struct cw_log *log, struct cw_event *ret,
                                  struct cw_error *error) {
    if (event_is(log, &OPSTACK_TOPIC_GAME_CREATED)) {
        struct cw_addr20 game;
        enum cw_err err = shape(log, 4, 0, error);
        if (err == CW_OK) {
            err = topic_addr20(&log->topics[1], &game, error);
        }
        if (err == CW_OK) {
            char hex[CW_HEX_SIZE(20)];
            struct cw_u256 type = cw_u256_from_be(log->topics[2].b);
            ret->kind = CW_EVENT_ROOT;
            snprintf(ret->note, sizeof ret->note, "dispute game %s of type %" PRIu64,
                     cw_hex_encode(hex, cw_slice_of(game.b, 20)), event_saturated(&type));
        }
        return err;
    }
    return event_is(log, &OPSTACK_TOPIC_UPGRADED)
               ? event_upgraded(log, "DisputeGameFactory", ret, error)
               : CW_OK;
}

enum cw_err event_of_messenger(const struct cw_log *log, const char *step, const char *what,
                               struct cw_event *ret, struct cw_error *error) {
    enum cw_err err = CW_OK;
    if (event_is(log, &OPSTACK_TOPIC_RELAYED)) {
        err = decode_about(log, 2, ret, CW_EVENT_OUTCOME, step, "the messenger ran the message",
                           error);
        ret->outcome = CW_OUTCOME_SUCCESS;
    } else if (event_is(log, &OPSTACK_TOPIC_RELAY_FAILED)) {
        err = decode_about(log, 2, ret, CW_EVENT_OUTCOME, step,
                           "the messenger recorded a failure that can be replayed", error);
        ret->outcome = CW_OUTCOME_RELAY_FAILED;
    } else if (event_is(log, &OPSTACK_TOPIC_UPGRADED)) {
        err = event_upgraded(log, what, ret, error);
    }
    return err;
}

enum cw_err opstack_decode(const struct cw_adapter *adapter, enum cw_side side,
                           const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                           struct cw_error *error) {
    struct cw_event event;
    enum cw_err err = CW_OK;
    memset(&event, 0, sizeof event);
    event.kind = CW_EVENT_NONE;
    if (side == CW_EXECUTION) {
        if (cw_addr20_equal(&log->address, &CW_OP_MESSAGE_PASSER)) {
            if (event_is(log, &OPSTACK_TOPIC_MESSAGE_PASSED)) {
                err = decode_sent(adapter, log, arena, &event, error);
            } else if (event_is(log, &OPSTACK_TOPIC_UPGRADED)) {
                err = event_upgraded(log, "message passer", &event, error);
            }
        }
    } else if (cw_addr20_equal(&log->address, &adapter->portal)) {
        err = decode_portal(log, &event, error);
    } else if (cw_addr20_equal(&log->address, &adapter->roots)) {
        err = adapter->flavour == OPSTACK_GAMES ? decode_factory(log, &event, error)
                                                : decode_oracle(log, &event, error);
    } else if (cw_addr20_equal(&log->address, &adapter->registry)) {
        err = decode_registry(log, &event, error);
    } else if (cw_addr20_equal(&log->address, &adapter->messenger)) {
        err = event_of_messenger(log, OPSTACK_FINALIZE, "L1 messenger", &event, error);
    }
    if (err == CW_OK) {
        *ret = event;
    }
    return err;
}
