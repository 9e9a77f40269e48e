#include "nitro/ticket.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct cw_addr20 arb_sys = {{[19] = 0x64}};

struct reading {
    struct cw_io *io;
    struct cw_preparation *ret;
    bool pending;
};

static void hold(struct cw_preparation *ret, const char *reason, const char *format, ...)
    CW_PRINTF(3, 4);
static void hold(struct cw_preparation *ret, const char *reason, const char *format, ...) {
    va_list args;
    if (ret->state == CW_PREPARE_HOLD) {
        return; /* the first one found */
    }
    ret->state = CW_PREPARE_HOLD;
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
    va_start(args, format);
    vsnprintf(ret->detail, sizeof ret->detail, format, args);
    va_end(args);
}

enum read { READ_OK = 1, READ_REVERTED, READ_NOTHING /* pending or held */ };

/* One word; something else is as good as a revert. */
static enum read word(struct reading *r, enum cw_side side, const struct cw_addr20 *to,
                      uint32_t selector, const struct cw_hash32 *argument, struct cw_abi *ret) {
    uint8_t room[TICKET_CALLDATA_SIZE];
    const struct cw_answer *answer = cw_io_call(r->io, side, &r->io->heads[side].latest, to,
                                                ticket_calldata(room, selector, argument));
    if (answer == NULL) {
        r->pending = true;
        return READ_NOTHING;
    }
    if (answer->status == CW_ANSWER_UNAVAILABLE) {
        hold(r->ret, "unavailable", "%s",
             answer->text != NULL ? answer->text : "no endpoint answered");
        return READ_NOTHING;
    }
    if (answer->status != CW_ANSWER_OK || answer->data.n != 32) {
        return READ_REVERTED;
    }
    *ret = cw_abi_open(answer->data);
    return READ_OK;
}

static void silent(struct reading *r, const char *what, const struct cw_addr20 *at) {
    char hex[CW_HEX_SIZE(20)];
    hold(r->ret, "unknown_version", "%s does not answer at %s", what,
         cw_hex_encode(hex, cw_slice_of(at->b, 20)));
}

static bool read_addr20(struct reading *r, const struct cw_addr20 *to, uint32_t selector,
                        struct cw_addr20 *ret) {
    struct cw_abi in;
    return word(r, CW_SETTLEMENT, to, selector, NULL, &in) == READ_OK &&
           cw_abi_addr20(&in, ret) == CW_OK;
}

/* The one that the rollup itself began with: it sends no message of a user's. */
static struct cw_addr20 read_event_inbox(const struct cw_adapter *adapter, struct reading *r) {
    struct cw_addr20 rollup, inbox = {{0}};
    if (read_addr20(r, &adapter->bridge, SEL_ROLLUP, &rollup)) {
        (void)read_addr20(r, &rollup, SEL_EVENT_INBOX, &inbox);
    }
    return inbox;
}

static bool is_named(const struct cw_adapter *adapter, const struct cw_addr20 *inbox) {
    for (size_t i = 0; i < adapter->inboxes_n; i++) {
        if (cw_addr20_equal(&adapter->inboxes[i], inbox)) {
            return true;
        }
    }
    return false;
}

/* Every inbox that the bridge allows to users is watched. */
static void read_allowed(const struct cw_adapter *adapter, struct reading *r) {
    const struct cw_addr20 event_inbox = read_event_inbox(adapter, r);
    for (uint64_t i = 0; i <= TICKET_INBOXES_MAX; i++) {
        const struct cw_u256 wide = cw_u256_from_u64(i);
        struct cw_hash32 index;
        struct cw_abi in;
        struct cw_addr20 inbox;
        char hex[CW_HEX_SIZE(20)];
        cw_u256_to_be(index.b, &wide);
        if (word(r, CW_SETTLEMENT, &adapter->bridge, SEL_INBOX_AT, &index, &in) != READ_OK) {
            continue; /* beyond the list's end it reverts */
        }
        if (cw_abi_addr20(&in, &inbox) != CW_OK) {
            silent(r, "allowedDelayedInboxList()", &adapter->bridge);
        } else if (!is_named(adapter, &inbox) && !cw_addr20_equal(&inbox, &event_inbox)) {
            hold(r->ret, "unwatched_inbox",
                 "the bridge allows inbox %s, too: add it to the route's other_inboxes",
                 cw_hex_encode(hex, cw_slice_of(inbox.b, 20)));
        }
    }
}

static void read_inboxes(const struct cw_adapter *adapter, struct reading *r) {
    for (size_t i = 0; i < adapter->inboxes_n; i++) {
        const struct cw_addr20 *inbox = &adapter->inboxes[i];
        struct cw_abi in;
        struct cw_addr20 bridge;
        char hex[CW_HEX_SIZE(20)];
        enum read read = word(r, CW_SETTLEMENT, inbox, SEL_BRIDGE, NULL, &in);
        if (read == READ_REVERTED || (read == READ_OK && cw_abi_addr20(&in, &bridge) != CW_OK)) {
            silent(r, "bridge() of the inbox", inbox);
        } else if (read == READ_OK && !cw_addr20_equal(&bridge, &adapter->bridge)) {
            hold(r->ret, "unknown_version", "inbox %s is another bridge's",
                 cw_hex_encode(hex, cw_slice_of(inbox->b, 20)));
        }
    }
}

void ticket_prepare(struct cw_adapter *adapter, struct cw_io *io, struct cw_preparation *ret) {
    struct reading r = {.io = io, .ret = ret};
    struct cw_adapter found = *adapter;
    struct cw_abi in;
    uint64_t messages = 0;
    memset(ret, 0, sizeof *ret);
    enum read count = word(&r, CW_SETTLEMENT, &adapter->bridge, SEL_DELAYED_COUNT, NULL, &in);
    if (count == READ_REVERTED || (count == READ_OK && cw_abi_u64(&in, &messages) != CW_OK)) {
        silent(&r, "delayedMessageCount() of the bridge", &adapter->bridge);
    }
    read_inboxes(adapter, &r);
    read_allowed(adapter, &r);
    enum read lifetime = word(&r, CW_EXECUTION, &TICKET_PRECOMPILE, SEL_LIFETIME, NULL, &in);
    if (lifetime == READ_REVERTED ||
        (lifetime == READ_OK && cw_abi_u64(&in, &found.lifetime_s) != CW_OK)) {
        silent(&r, "ArbRetryableTx", &TICKET_PRECOMPILE);
    }
    enum read below = word(&r, CW_SETTLEMENT, &arb_sys, SEL_ARB_BLOCK_NUMBER, NULL, &in);
    if (r.pending) {
        memset(ret, 0, sizeof *ret);
        ret->state = CW_PREPARE_NEED;
    }
    if (ret->state != 0) {
        return;
    }
    found.on_nitro = below == READ_OK;
    found.prepared = true;
    *adapter = found;
    ret->state = CW_PREPARE_OK;
    snprintf(ret->detail, sizeof ret->detail,
             "bridge with %" PRIu64 " messages, %zu inbox%s, tickets live for %" PRIu64 " s%s",
             messages, found.inboxes_n, found.inboxes_n == 1 ? "" : "es", found.lifetime_s,
             found.on_nitro ? ", the settlement layer is a Nitro chain itself" : "");
}
