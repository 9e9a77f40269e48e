#include "nitro/exit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Nitro's; the one before it had another tree. Source: nitro-contracts AbsOutbox.OUTBOX_VERSION. */
#define OUTBOX_VERSION 2u
/* Older ERC20 bridges pay out the value as it is. */
#define DECIMALS_OF_ETHER 18u
#define DECIMALS_MAX      36u /* nitro-contracts Constants.MAX_ALLOWED_NATIVE_TOKEN_DECIMALS */

struct reading {
    struct cw_io *io;
    struct cw_preparation *ret;
    bool pending;
};

static void hold(struct cw_preparation *ret, const char *reason, const char *format, ...)
    CW_PRINTF(3, 4);
static void hold(struct cw_preparation *ret, const char *reason, const char *format, ...) {
    if (ret->state == CW_PREPARE_HOLD) {
        return; /* the first cause */
    }
    va_list args;
    ret->state = CW_PREPARE_HOLD;
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
    va_start(args, format);
    vsnprintf(ret->detail, sizeof ret->detail, format, args);
    va_end(args);
}

/* True when the caller must return: something is still asked for, or the preparation is held. */
static bool stop(struct reading *r) {
    if (r->ret->state == CW_PREPARE_HOLD) {
        return true;
    }
    if (r->pending) {
        r->ret->state = CW_PREPARE_NEED;
    }
    return r->pending;
}

/* One word. False when it is not known yet, or *ret_there says that the contract has none. */
static bool read_word(struct reading *r, const struct cw_addr20 *to, uint32_t selector,
                      const struct cw_hash32 *word, bool *ret_there, struct cw_abi *ret) {
    uint8_t room[EXIT_VIEW_SIZE];
    const struct cw_answer *answer = cw_io_call(r->io, CW_SETTLEMENT,
                                                &r->io->heads[CW_SETTLEMENT].latest, to,
                                                exit_view(room, selector, word));
    *ret_there = false;
    if (answer == NULL) {
        r->pending = true;
        return false;
    }
    if (answer->status == CW_ANSWER_UNAVAILABLE) {
        hold(r->ret, "unavailable", "%s",
             answer->text != NULL ? answer->text : "no endpoint answered");
        return false;
    }
    *ret_there = answer->status == CW_ANSWER_OK && answer->data.n == 32;
    *ret = cw_abi_open(answer->data);
    return *ret_there;
}

static bool is_there(struct reading *r, const struct cw_addr20 *to, uint32_t selector) {
    struct cw_abi in;
    bool there;
    return read_word(r, to, selector, NULL, &there, &in);
}

static void missing(struct reading *r, const char *what, const struct cw_addr20 *at) {
    char hex[CW_HEX_SIZE(20)];
    if (!r->pending) {
        hold(r->ret, "unknown_version", "%s does not answer at %s", what,
             cw_hex_encode(hex, cw_slice_of(at->b, 20)));
    }
}

static bool must_addr20(struct reading *r, const struct cw_addr20 *to, uint32_t selector,
                        const char *what, struct cw_addr20 *ret) {
    struct cw_abi in;
    bool there;
    if (read_word(r, to, selector, NULL, &there, &in) && cw_abi_addr20(&in, ret) == CW_OK) {
        return true;
    }
    missing(r, what, to);
    return false;
}

/* --- the parts --- */

static bool prepare_outbox(struct cw_adapter *a, struct reading *r) {
    struct cw_abi in;
    uint64_t version = 0;
    bool there;
    must_addr20(r, &a->outbox, SEL_BRIDGE, "bridge() of the outbox", &a->bridge);
    must_addr20(r, &a->outbox, SEL_ROLLUP, "rollup() of the outbox", &a->rollup);
    if (read_word(r, &a->outbox, SEL_OUTBOX_VERSION, NULL, &there, &in) &&
        (cw_abi_u64(&in, &version) != CW_OK || version != OUTBOX_VERSION)) {
        hold(r->ret, "unknown_version", "outbox of version %" PRIu64 ", %u is known", version,
             OUTBOX_VERSION);
    } else if (!there) {
        missing(r, "OUTBOX_VERSION() of the outbox", &a->outbox);
    }
    return !stop(r);
}

/* The bridge pays only for outboxes that it was told of. */
static void prepare_bridge(struct cw_adapter *a, struct reading *r) {
    struct cw_hash32 outbox = {{0}};
    struct cw_abi in;
    bool there, allowed = false;
    memcpy(outbox.b + 12, a->outbox.b, 20);
    if (!read_word(r, &a->bridge, SEL_ALLOWED_OUTBOXES, &outbox, &there, &in) ||
        cw_abi_bool(&in, &allowed) != CW_OK) {
        missing(r, "allowedOutboxes() of the bridge", &a->bridge);
    } else if (!allowed) {
        hold(r->ret, "unknown_version", "the bridge does not let this outbox call (any longer)");
    }
    a->decimals = DECIMALS_OF_ETHER;
    if (read_word(r, &a->bridge, SEL_NATIVE_TOKEN, NULL, &there, &in) &&
        cw_abi_addr20(&in, &a->token) != CW_OK) {
        missing(r, "nativeToken() of the bridge", &a->bridge);
    }
    if (read_word(r, &a->bridge, SEL_NATIVE_TOKEN_DECIMALS, NULL, &there, &in) &&
        (cw_abi_u64(&in, &a->decimals) != CW_OK || a->decimals > DECIMALS_MAX)) {
        hold(r->ret, "unknown_version", "the rollup's token has more than %u decimals",
             DECIMALS_MAX);
    }
}

static void prepare_rollup(struct cw_adapter *a, struct reading *r) {
    struct cw_addr20 outbox;
    char hex[CW_HEX_SIZE(20)];
    if (must_addr20(r, &a->rollup, SEL_OUTBOX, "outbox() of the rollup", &outbox) &&
        !cw_addr20_equal(&outbox, &a->outbox)) {
        hold(r->ret, "unknown_version", "the rollup confirms into another outbox, %s",
             cw_hex_encode(hex, cw_slice_of(outbox.b, 20)));
    }
    a->bold = is_there(r, &a->rollup, SEL_GENESIS_ASSERTION);
    bool nodes = is_there(r, &a->rollup, SEL_NEWEST_NODE);
    if (!a->bold && !nodes) {
        missing(r, "neither genesisAssertionHash() nor latestNodeCreated(): the rollup",
                &a->rollup);
    }
    a->on_nitro = is_there(r, &EXIT_ARBSYS, SEL_ARB_BLOCK_NUMBER);
}

/* Not to know it holds nothing up. */
static void prepare_pause(struct cw_adapter *a, struct reading *r) {
    struct cw_abi in;
    bool there;
    if (read_word(r, &a->rollup, SEL_ROLLUP_OWNER, NULL, &there, &in) &&
        cw_abi_addr20(&in, &a->owner) == CW_OK && !cw_addr20_is_zero(&a->owner)) {
        a->by_executor = is_there(r, &a->owner, SEL_EXECUTOR_ROLE);
    }
}

/* The rollup's own precompile: its number of sends is asked of it where headers can't be hashed. */
static void prepare_arbsys(struct reading *r) {
    uint8_t room[EXIT_VIEW_SIZE];
    const struct cw_answer *answer = cw_io_call(r->io, CW_EXECUTION,
                                                &r->io->heads[CW_EXECUTION].latest, &EXIT_ARBSYS,
                                                exit_view(room, SEL_ARB_BLOCK_NUMBER, NULL));
    if (answer == NULL) {
        r->pending = true;
    } else if (answer->status == CW_ANSWER_UNAVAILABLE) {
        hold(r->ret, "unavailable", "%s",
             answer->text != NULL ? answer->text : "no endpoint answered");
    } else if (answer->status != CW_ANSWER_OK || answer->data.n != 32) {
        hold(r->ret, "unknown_version", "the execution chain has no ArbSys: it is no Nitro rollup");
    }
}

void exit_prepare(struct cw_adapter *adapter, struct cw_io *io, struct cw_preparation *ret) {
    struct reading r = {.io = io, .ret = ret};
    struct cw_adapter found = {.outbox = adapter->outbox, .limits = adapter->limits};
    memset(ret, 0, sizeof *ret);
    prepare_arbsys(&r);
    if (!prepare_outbox(&found, &r)) {
        return;
    }
    prepare_bridge(&found, &r);
    prepare_rollup(&found, &r);
    prepare_pause(&found, &r);
    if (stop(&r)) {
        return;
    }
    found.prepared = true;
    *adapter = found;
    char rollup[CW_HEX_SIZE(20)], token[CW_HEX_SIZE(20)], pays[120] = "ether";
    if (!cw_addr20_is_zero(&found.token)) {
        snprintf(pays, sizeof pays, "token %s with %" PRIu64 " decimals",
                 cw_hex_encode(token, cw_slice_of(found.token.b, 20)), found.decimals);
    }
    ret->state = CW_PREPARE_OK;
    snprintf(ret->detail, sizeof ret->detail, "Outbox %u, %s rollup at %s%s, pays %s",
             OUTBOX_VERSION, found.bold ? "BoLD" : "pre-BoLD",
             cw_hex_encode(rollup, cw_slice_of(found.rollup.b, 20)),
             found.on_nitro ? " on a Nitro chain" : "", pays);
}
