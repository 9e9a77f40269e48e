/* What an endpoint said that it can't do, so that it is not asked for the same in vain each time.
 * It is asked again after a while: nodes are replaced, and behind one URL there may be several. */
#include "net/rpc_private.h"

#include "core/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BELIEVED_MS 60000u

static bool believed(const struct endpoint *e, const struct lack *lack) {
    return lack->until > rpc_now(e->rpc);
}

static const struct lack *lack_for(const struct endpoint *e, const struct call *call) {
    if (call->block_by_hash && believed(e, &e->no_block_hash)) {
        return &e->no_block_hash;
    }
    if (call->state_of.v != 0 && call->state_of.v <= e->no_state_upto.v &&
        believed(e, &e->no_state)) {
        return &e->no_state;
    }
    return NULL;
}

bool endpoint_lacks(const struct endpoint *e, const struct call *call) {
    return lack_for(e, call) != NULL;
}

/* The log hears of it once: it is no failure. */
static bool note(struct endpoint *e, struct lack *lack, const char *text) {
    bool first = !lack->told;
    lack->told = true;
    lack->until = rpc_now(e->rpc) + BELIEVED_MS;
    snprintf(lack->text, sizeof(lack->text), "%s", text);
    return first;
}

void endpoint_has_no_state(struct endpoint *e, const struct call *call, const char *text) {
    if (call->state_of.v == 0) {
        return;
    }
    if (!believed(e, &e->no_state) || call->state_of.v > e->no_state_upto.v) {
        e->no_state_upto = call->state_of;
    }
    if (note(e, &e->no_state, text)) {
        cw_log(CW_LOG_INFO, e->rpc->subject,
               "endpoint %s has no state of block %" PRIu64 " any more: %s", e->label,
               call->state_of.v, text);
    }
}

void endpoint_takes_no_hash(struct endpoint *e, const char *text) {
    if (note(e, &e->no_block_hash, text)) {
        cw_log(CW_LOG_WARN, e->rpc->subject,
               "endpoint %s takes no block by its hash (EIP-1898), and is of no use for what "
               "contracts answer: %s",
               e->label, text);
    }
}

void call_nobody_left(struct call *call) {
    const struct cw_rpc *rpc = call->rpc;
    char text[TEXT_SIZE + 16];
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        const struct endpoint *e = &rpc->endpoints[i];
        const struct lack *lack = lack_for(e, call);
        if (!endpoint_serves(e, call) || (call->tried >> i & 1) != 0) {
            continue;
        }
        snprintf(text, sizeof(text), "%s%s", lack == NULL ? "set aside: " : "",
                 lack == NULL ? e->last_error : lack->text);
        call_say(call, e, call->text != NULL, text);
        if (call->err == CW_OK) {
            call->err = lack == &e->no_block_hash ? CW_ERR_REFUSED : CW_ERR_BEHIND;
            call->endpoint = e;
        }
    }
}
