#include "nitro/exit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- filters --- */

struct list {
    struct cw_filter *out;
    size_t cap;
    size_t n;
};

static void add(struct list *list, enum cw_side side, const struct cw_addr20 *address,
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

enum cw_err exit_filters(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                         size_t *ret_n) {
    static const struct cw_hash32 *const arbsys[] = {&NITRO_TOPIC_L2_TO_L1_TX};
    static const struct cw_hash32 *const outbox[] = {&NITRO_TOPIC_SEND_ROOT_UPDATED,
                                                     &NITRO_TOPIC_EXECUTED, &NITRO_TOPIC_UPGRADED};
    static const struct cw_hash32 *const bridge[] = {
        &NITRO_TOPIC_OUTBOX_TOGGLE, &NITRO_TOPIC_ROLLUP_UPDATED, &NITRO_TOPIC_UPGRADED};
    static const struct cw_hash32 *const bold[] = {&NITRO_TOPIC_ASSERTION_CREATED,
                                                   &NITRO_TOPIC_ASSERTION_CONFIRMED,
                                                   &NITRO_TOPIC_PAUSED,
                                                   &NITRO_TOPIC_UNPAUSED,
                                                   &NITRO_TOPIC_UPGRADED,
                                                   &NITRO_TOPIC_UPGRADED_SECONDARY};
    static const struct cw_hash32 *const nodes[] = {
        &NITRO_TOPIC_NODE_CREATED, &NITRO_TOPIC_NODE_CONFIRMED, &NITRO_TOPIC_PAUSED,
        &NITRO_TOPIC_UNPAUSED,     &NITRO_TOPIC_UPGRADED,       &NITRO_TOPIC_UPGRADED_SECONDARY};
    struct list list = {.out = out, .cap = cap};
    add(&list, CW_EXECUTION, &EXIT_ARBSYS, arbsys, CW_COUNT(arbsys));
    add(&list, CW_SETTLEMENT, &adapter->outbox, outbox, CW_COUNT(outbox));
    if (adapter->prepared) {
        add(&list, CW_SETTLEMENT, &adapter->bridge, bridge, CW_COUNT(bridge));
        add(&list, CW_SETTLEMENT, &adapter->rollup, adapter->bold ? bold : nodes, CW_COUNT(bold));
    }
    *ret_n = list.n;
    return list.n <= cap ? CW_OK : CW_ERR_LIMIT;
}

/* --- events --- */

static bool is(const struct cw_log *log, const struct cw_hash32 *topic) {
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
    return cw_abi_addr20(&in, ret) == CW_OK
               ? CW_OK
               : cw_error_set(error, CW_ERR_INPUT, "a topic is not an address");
}

enum cw_err exit_read_sent(const struct cw_log *log, struct exit_message *ret,
                           struct cw_hash32 *ret_item, struct cw_error *error) {
    struct exit_message m;
    struct cw_u256 position;
    enum cw_err err = shape(log, 4, SIZE_MAX, error);
    if (err == CW_OK) {
        err = topic_addr20(&log->topics[1], &m.sent.to, error);
    }
    if (err != CW_OK) {
        return err;
    }
    position = cw_u256_from_be(log->topics[3].b);
    struct cw_abi in = cw_abi_open(log->data);
    if (cw_u256_to_u64(&m.position, &position)) {
        return cw_error_set(error, CW_ERR_INPUT, "a message's position is above 2^64");
    }
    if (cw_abi_addr20(&in, &m.sent.l2_sender) != CW_OK ||
        cw_abi_u256(&in, &m.sent.l2_block) != CW_OK ||
        cw_abi_u256(&in, &m.sent.l1_block) != CW_OK ||
        cw_abi_u256(&in, &m.sent.l2_timestamp) != CW_OK ||
        cw_abi_u256(&in, &m.sent.value.v) != CW_OK || cw_abi_bytes(&in, &m.sent.data) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "L2ToL1Tx has malformed data");
    }
    *ret_item = log->topics[2];
    *ret = m;
    return CW_OK;
}

static enum cw_err decode_sent(const struct cw_adapter *adapter, const struct cw_log *log,
                               struct cw_arena *arena, struct cw_event *ret,
                               struct cw_error *error) {
    struct exit_message m;
    struct cw_hash32 said, item;
    char amount[EXIT_AMOUNT_TEXT];
    enum cw_err err = exit_read_sent(log, &m, &said, error);
    if (err != CW_OK) {
        return err;
    }
    cw_nitro_item_hash(&item, &m.sent);
    if (!cw_hash32_equal(&item, &said)) {
        return cw_error_set(error, CW_ERR_INPUT, "message does not hash to the event's own hash");
    }
    err = exit_payload_encode(arena, &ret->payload, &m);
    if (err != CW_OK) {
        return cw_error_set(error, err, "no room for the message");
    }
    ret->kind = CW_EVENT_SENT;
    exit_id(&ret->ref, m.position);
    ret->summary = (struct cw_summary){.sender = m.sent.l2_sender,
                                       .target = m.sent.to,
                                       .value = m.sent.value,
                                       .nonce = cw_u256_from_u64(m.position)};
    snprintf(ret->note, sizeof ret->note, "message %" PRIu64 " sent, %s", m.position,
             exit_amount_text(amount, adapter, &m.sent.value));
    return CW_OK;
}

static enum cw_err decode_executed(const struct cw_log *log, struct cw_event *ret,
                                   struct cw_error *error) {
    struct cw_addr20 to, sender;
    char hex[CW_HEX_SIZE(20)];
    enum cw_err err = shape(log, 4, 32, error);
    if (err == CW_OK) {
        err = topic_addr20(&log->topics[1], &to, error);
    }
    if (err == CW_OK) {
        err = topic_addr20(&log->topics[2], &sender, error);
    }
    if (err == CW_OK) {
        ret->kind = CW_EVENT_OUTCOME;
        memcpy(ret->ref.b, log->data.p, 32);
        ret->step = EXIT_EXECUTE;
        ret->outcome = CW_OUTCOME_SUCCESS; /* a failing call reverts with all of it */
        snprintf(ret->note, sizeof ret->note, "the outbox ran it for %s",
                 cw_hex_encode(hex, cw_slice_of(to.b, 20)));
    }
    return err;
}

/* An event that says something of the contracts and names one address, indexed or not. */
static enum cw_err decode_address(const struct cw_log *log, enum cw_event_kind kind,
                                  const char *what, struct cw_event *ret, struct cw_error *error) {
    struct cw_addr20 address;
    char hex[CW_HEX_SIZE(20)];
    struct cw_hash32 word = log->topics[1];
    enum cw_err err = CW_OK;
    if (log->topics_n == 1 && log->data.n == 32) {
        memcpy(word.b, log->data.p, 32);
    } else {
        err = shape(log, 2, 0, error);
    }
    if (err == CW_OK) {
        err = topic_addr20(&word, &address, error);
    }
    if (err == CW_OK) {
        ret->kind = kind;
        snprintf(ret->note, sizeof ret->note, "%s %s", what,
                 cw_hex_encode(hex, cw_slice_of(address.b, 20)));
    }
    return err;
}

static enum cw_err decode_root(const struct cw_log *log, size_t topics_n, size_t data_n,
                               const char *note, struct cw_event *ret, struct cw_error *error) {
    enum cw_err err = shape(log, topics_n, data_n, error);
    if (err == CW_OK) {
        ret->kind = CW_EVENT_ROOT;
        snprintf(ret->note, sizeof ret->note, "%s", note);
    }
    return err;
}

static enum cw_err decode_outbox(const struct cw_log *log, struct cw_event *ret,
                                 struct cw_error *error) {
    if (is(log, &NITRO_TOPIC_EXECUTED)) {
        return decode_executed(log, ret, error);
    }
    if (is(log, &NITRO_TOPIC_SEND_ROOT_UPDATED)) {
        return decode_root(log, 3, 0, "a send root is confirmed", ret, error);
    }
    return is(log, &NITRO_TOPIC_UPGRADED)
               ? decode_address(log, CW_EVENT_UPGRADED, "outbox upgraded to", ret, error)
               : CW_OK;
}

static enum cw_err decode_bridge(const struct cw_log *log, struct cw_event *ret,
                                 struct cw_error *error) {
    struct cw_addr20 outbox;
    char hex[CW_HEX_SIZE(20)];
    if (is(log, &NITRO_TOPIC_OUTBOX_TOGGLE)) {
        enum cw_err err = shape(log, 2, 32, error);
        if (err == CW_OK) {
            err = topic_addr20(&log->topics[1], &outbox, error);
        }
        if (err == CW_OK) {
            ret->kind = CW_EVENT_UPGRADED;
            snprintf(ret->note, sizeof ret->note, "the bridge %s outbox %s",
                     log->data.p[31] != 0 ? "lets in" : "shuts out",
                     cw_hex_encode(hex, cw_slice_of(outbox.b, 20)));
        }
        return err;
    }
    if (is(log, &NITRO_TOPIC_ROLLUP_UPDATED)) {
        return decode_address(log, CW_EVENT_UPGRADED, "the bridge belongs to rollup", ret, error);
    }
    return is(log, &NITRO_TOPIC_UPGRADED)
               ? decode_address(log, CW_EVENT_UPGRADED, "bridge upgraded to", ret, error)
               : CW_OK;
}

static enum cw_err decode_rollup(const struct cw_log *log, struct cw_event *ret,
                                 struct cw_error *error) {
    if (is(log, &NITRO_TOPIC_ASSERTION_CREATED)) {
        return decode_root(log, 3, 800, "an assertion is made", ret, error);
    }
    if (is(log, &NITRO_TOPIC_NODE_CREATED)) {
        return decode_root(log, 4, 480, "a node is made", ret, error);
    }
    if (is(log, &NITRO_TOPIC_ASSERTION_CONFIRMED) || is(log, &NITRO_TOPIC_NODE_CONFIRMED)) {
        return decode_root(log, 2, 64, "an assertion is confirmed", ret, error);
    }
    if (is(log, &NITRO_TOPIC_PAUSED)) {
        return decode_address(log, CW_EVENT_RULES, "rollup paused by", ret, error);
    }
    if (is(log, &NITRO_TOPIC_UNPAUSED)) {
        return decode_address(log, CW_EVENT_RULES, "rollup resumed by", ret, error);
    }
    return is(log, &NITRO_TOPIC_UPGRADED) || is(log, &NITRO_TOPIC_UPGRADED_SECONDARY)
               ? decode_address(log, CW_EVENT_UPGRADED, "rollup upgraded to", ret, error)
               : CW_OK;
}

enum cw_err exit_decode(const struct cw_adapter *adapter, enum cw_side side,
                        const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                        struct cw_error *error) {
    struct cw_event event;
    enum cw_err err = CW_OK;
    memset(&event, 0, sizeof event);
    event.kind = CW_EVENT_NONE;
    if (side == CW_EXECUTION) {
        if (cw_addr20_equal(&log->address, &EXIT_ARBSYS) && is(log, &NITRO_TOPIC_L2_TO_L1_TX)) {
            err = decode_sent(adapter, log, arena, &event, error);
        }
    } else if (cw_addr20_equal(&log->address, &adapter->outbox)) {
        err = decode_outbox(log, &event, error);
    } else if (adapter->prepared && cw_addr20_equal(&log->address, &adapter->bridge)) {
        err = decode_bridge(log, &event, error);
    } else if (adapter->prepared && cw_addr20_equal(&log->address, &adapter->rollup)) {
        err = decode_rollup(log, &event, error);
    }
    if (err == CW_OK) {
        *ret = event;
    }
    return err;
}
