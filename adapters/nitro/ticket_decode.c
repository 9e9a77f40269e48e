#include "nitro/ticket.h"

#include <causeway/alias.h>
#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- filters --- */

static void fill(struct cw_filter *out, enum cw_side side, const struct cw_addr20 *address,
                 const struct cw_hash32 *const *topics, size_t topics_n) {
    memset(out, 0, sizeof *out);
    out->side = side;
    out->address = *address;
    for (size_t i = 0; i < topics_n; i++) {
        out->topics[out->topics_n++] = *topics[i];
    }
}

enum cw_err ticket_filters(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                           size_t *ret_n) {
    static const struct cw_hash32 *const bridge[] = {
        &NITRO_TOPIC_MESSAGE_DELIVERED, &NITRO_TOPIC_INBOX_TOGGLE, &NITRO_TOPIC_UPGRADED};
    static const struct cw_hash32 *const inbox[] = {&NITRO_TOPIC_INBOX_MESSAGE,
                                                    &NITRO_TOPIC_UPGRADED};
    static const struct cw_hash32 *const precompile[] = {
        &NITRO_TOPIC_TICKET_CREATED, &NITRO_TOPIC_REDEEM_SCHEDULED, &NITRO_TOPIC_LIFETIME_EXTENDED,
        &NITRO_TOPIC_CANCELED};
    size_t n = 2 + adapter->inboxes_n;
    for (size_t i = 0; i < n && i < cap; i++) {
        if (i == 0) {
            fill(&out[i], CW_SETTLEMENT, &adapter->bridge, bridge, CW_COUNT(bridge));
        } else if (i == 1) {
            fill(&out[i], CW_EXECUTION, &TICKET_PRECOMPILE, precompile, CW_COUNT(precompile));
        } else {
            fill(&out[i], CW_SETTLEMENT, &adapter->inboxes[i - 2], inbox, CW_COUNT(inbox));
        }
    }
    *ret_n = n;
    return n <= cap ? CW_OK : CW_ERR_LIMIT;
}

/* --- the settlement layer's events --- */

static bool is(const struct cw_log *log, const struct cw_hash32 *topic) {
    return log->topics_n > 0 && cw_hash32_equal(&log->topics[0], topic);
}

static bool is_inbox(const struct cw_adapter *adapter, const struct cw_addr20 *address) {
    for (size_t i = 0; i < adapter->inboxes_n; i++) {
        if (cw_addr20_equal(&adapter->inboxes[i], address)) {
            return true;
        }
    }
    return false;
}

/* What the bridge says of a message. */
struct delivered {
    struct cw_hash32 before; /* the accumulator's value before it */
    struct cw_addr20 inbox;
    struct cw_hash32 data_hash;
    struct cw_nitro_inbox_message link;
};

static enum cw_err read_delivered(struct delivered *ret, const struct cw_log *log) {
    struct delivered d;
    struct cw_abi in = cw_abi_open(log->data);
    uint64_t kind;
    memset(&d, 0, sizeof d);
    if (log->topics_n != 3 || log->data.n != (size_t)6 * 32 ||
        cw_abi_addr20(&in, &d.inbox) != CW_OK || cw_abi_u64(&in, &kind) != CW_OK ||
        kind > UINT8_MAX || cw_abi_addr20(&in, &d.link.sender) != CW_OK ||
        cw_abi_word(&in, &d.link.data_hash) != CW_OK ||
        cw_abi_u256(&in, &d.link.base_fee.v) != CW_OK ||
        cw_abi_u64(&in, &d.link.timestamp_s) != CW_OK) {
        return CW_ERR_INPUT;
    }
    d.link.kind = (uint8_t)kind;
    d.link.number = cw_u256_from_be(log->topics[1].b);
    d.link.block = log->block.number;
    d.before = log->topics[2];
    *ret = d;
    return CW_OK;
}

/* The bytes that the inbox wrote for that message, in the same transaction and so in the same
 * block. */
static bool find_data(const struct delivered *d, const struct cw_log *log, struct cw_slice *ret) {
    for (size_t i = 0; i < log->beside_n; i++) {
        const struct cw_log *other = &log->beside[i];
        struct cw_hash32 hash;
        struct cw_slice data;
        if (!is(other, &NITRO_TOPIC_INBOX_MESSAGE) || other->topics_n != 2 ||
            !cw_addr20_equal(&other->address, &d->inbox) ||
            !cw_hash32_equal(&other->topics[1], &log->topics[1])) {
            continue;
        }
        struct cw_abi in = cw_abi_open(other->data);
        if (cw_abi_bytes(&in, &data) != CW_OK) {
            continue;
        }
        cw_keccak256(&hash, data);
        if (cw_hash32_equal(&hash, &d->link.data_hash)) {
            *ret = data;
            return true;
        }
    }
    return false;
}

/* False when the bridge's next message in this block goes on from another accumulator. */
static bool is_linked(const struct cw_adapter *adapter, const struct delivered *d,
                      const struct cw_log *log) {
    if (!adapter->prepared || adapter->on_nitro) {
        return true; /* the block number that the bridge saw is not known */
    }
    for (size_t i = 0; i < log->beside_n; i++) {
        const struct cw_log *other = &log->beside[i];
        if (!is(other, &NITRO_TOPIC_MESSAGE_DELIVERED) || other->log_index <= log->log_index ||
            !cw_addr20_equal(&other->address, &adapter->bridge) || other->topics_n != 3) {
            continue;
        }
        struct cw_hash32 after;
        cw_nitro_inbox_accumulate(&after, &d->before, &d->link);
        return cw_hash32_equal(&after, &other->topics[2]);
    }
    return true;
}

static void summarize(struct cw_event *event, const struct ticket *ticket,
                      const struct ticket_origin *origin) {
    const struct cw_nitro_retryable *r = &ticket->retryable;
    struct cw_summary *summary = &event->summary;
    char number[CW_U256_DEC_SIZE];
    cw_u256_to_dec(number, &origin->number);
    summary->nonce = origin->number;
    cw_alias_undo(&summary->sender, &origin->sender);
    if (ticket->is_deposit) {
        summary->target = ticket->deposit.to;
        summary->value = ticket->deposit.value;
        snprintf(event->note, sizeof event->note, "deposited, message %s of the inbox", number);
    } else {
        summary->target = r->to;
        summary->value = r->call_value;
        summary->gas_limit = r->gas_limit;
        snprintf(event->note, sizeof event->note, "retryable ticket, message %s of the inbox",
                 number);
    }
}

static enum cw_err decode_delivered(const struct cw_adapter *adapter, const struct cw_log *log,
                                    struct cw_arena *arena, struct cw_event *ret,
                                    struct cw_error *error) {
    struct delivered d;
    if (read_delivered(&d, log) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "MessageDelivered with %zu topics, %zu bytes",
                            log->topics_n, log->data.n);
    }
    if (!is_linked(adapter, &d, log)) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "the bridge's next message does not follow on this one");
    }
    if (d.link.kind != TICKET_KIND_RETRYABLE && d.link.kind != TICKET_KIND_DEPOSIT) {
        if (cw_u256_to_u64(&ret->number, &d.link.number)) {
            return cw_error_set(error, CW_ERR_INPUT, "message with a number above 2^64");
        }
        ret->kind = CW_EVENT_COUNTED;
        return CW_OK;
    }
    struct ticket_origin origin = {.kind = d.link.kind,
                                   .number = d.link.number,
                                   .sender = d.link.sender,
                                   .base_fee = d.link.base_fee};
    struct ticket ticket;
    if (!find_data(&d, log, &origin.data)) {
        char hex[CW_HEX_SIZE(20)];
        return cw_error_set(
            error, CW_ERR_INPUT,
            "message of inbox %s%s without data that hashes to what the bridge says",
            cw_hex_encode(hex, cw_slice_of(d.inbox.b, 20)),
            is_inbox(adapter, &d.inbox) ? "" : ", which the route does not name,");
    }
    if (ticket_read(&ticket, adapter, &origin) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "message of kind %u with malformed data",
                            (unsigned)d.link.kind);
    }
    enum cw_err err = ticket_payload_encode(arena, &ret->payload, &origin);
    if (err != CW_OK) {
        return cw_error_set(error, err, "no room for the message");
    }
    ret->kind = CW_EVENT_SENT;
    ret->ref = ticket.id;
    summarize(ret, &ticket, &origin);
    return CW_OK;
}

/* The same contracts must be read again: another inbox may send now. */
static enum cw_err decode_changed(const struct cw_log *log, struct cw_event *ret,
                                  struct cw_error *error) {
    struct cw_addr20 about;
    struct cw_abi in = cw_abi_open(cw_slice_of(log->topics[1].b, 32));
    char hex[CW_HEX_SIZE(20)], at[CW_HEX_SIZE(20)];
    bool toggle = is(log, &NITRO_TOPIC_INBOX_TOGGLE), enabled = false;
    struct cw_abi data = cw_abi_open(log->data);
    if (log->topics_n != 2 || cw_abi_addr20(&in, &about) != CW_OK ||
        log->data.n != (toggle ? 32u : 0u) || (toggle && cw_abi_bool(&data, &enabled) != CW_OK)) {
        return cw_error_set(error, CW_ERR_INPUT, "%zu topics and %zu bytes of data", log->topics_n,
                            log->data.n);
    }
    ret->kind = CW_EVENT_UPGRADED;
    cw_hex_encode(hex, cw_slice_of(about.b, 20));
    cw_hex_encode(at, cw_slice_of(log->address.b, 20));
    if (toggle) {
        snprintf(ret->note, sizeof ret->note, "the bridge %s inbox %s",
                 enabled ? "allows" : "no longer allows", hex);
    } else {
        snprintf(ret->note, sizeof ret->note, "%s upgraded to %s", at, hex);
    }
    return CW_OK;
}

/* --- the rollup's events --- */

static enum cw_err decode_redeem(const struct cw_log *log, struct cw_event *ret,
                                 struct cw_error *error) {
    struct ticket_redeem redeem;
    char hex[CW_HEX_SIZE(32)];
    if (ticket_redeem_read(&redeem, log) != CW_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "RedeemScheduled has malformed data");
    }
    ret->kind = CW_EVENT_STEP_DONE;
    ret->ref = log->topics[1];
    ret->step = TICKET_REDEEM;
    snprintf(ret->note, sizeof ret->note, "try %" PRIu64 " scheduled, runs as %s", redeem.number,
             cw_hex_encode(hex, cw_slice_of(redeem.retry.b, 32)));
    return CW_OK;
}

static enum cw_err decode_precompile(const struct cw_log *log, struct cw_event *ret,
                                     struct cw_error *error) {
    static const struct {
        const struct cw_hash32 *topic;
        size_t data_n;
        const char *step, *note;
    } events[] = {
        {&NITRO_TOPIC_TICKET_CREATED, 0, "create", "the rollup has made the ticket"},
        {&NITRO_TOPIC_LIFETIME_EXTENDED, 32, TICKET_KEEPALIVE, "kept alive"},
        {&NITRO_TOPIC_CANCELED, 0, "cancel", "canceled"},
    };
    if (is(log, &NITRO_TOPIC_REDEEM_SCHEDULED)) {
        return decode_redeem(log, ret, error);
    }
    for (size_t i = 0; i < CW_COUNT(events); i++) {
        if (!is(log, events[i].topic)) {
            continue;
        }
        if (log->topics_n != 2 || log->data.n != events[i].data_n) {
            return cw_error_set(error, CW_ERR_INPUT, "%zu topics and %zu bytes of data",
                                log->topics_n, log->data.n);
        }
        ret->kind = CW_EVENT_STEP_DONE;
        ret->ref = log->topics[1];
        ret->step = events[i].step;
        snprintf(ret->note, sizeof ret->note, "%s", events[i].note);
        break;
    }
    return CW_OK;
}

enum cw_err ticket_decode(const struct cw_adapter *adapter, enum cw_side side,
                          const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                          struct cw_error *error) {
    struct cw_event event;
    enum cw_err err = CW_OK;
    memset(&event, 0, sizeof event);
    event.kind = CW_EVENT_NONE;
    if (side == CW_EXECUTION) {
        if (cw_addr20_equal(&log->address, &TICKET_PRECOMPILE)) {
            err = decode_precompile(log, &event, error);
        }
    } else if (cw_addr20_equal(&log->address, &adapter->bridge)) {
        if (is(log, &NITRO_TOPIC_MESSAGE_DELIVERED)) {
            err = decode_delivered(adapter, log, arena, &event, error);
        } else if (is(log, &NITRO_TOPIC_INBOX_TOGGLE) || is(log, &NITRO_TOPIC_UPGRADED)) {
            err = decode_changed(log, &event, error);
        }
    } else if (is_inbox(adapter, &log->address) && is(log, &NITRO_TOPIC_UPGRADED)) {
        err = decode_changed(log, &event, error);
    }
    if (err == CW_OK) {
        *ret = event;
    }
    return err;
}
