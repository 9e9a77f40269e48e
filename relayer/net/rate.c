/* How many calls an endpoint may get: a bucket that fills with max_rps a second and holds those of
 * one second. */
#include "net/rpc_private.h"

#include <assert.h>

#define CALL 1000u /* what a call takes out; a millisecond puts max_rps in */

static void fill(struct endpoint *e, uint64_t now) {
    uint64_t full = (uint64_t)e->max_rps * CALL, past_ms = now - e->filled_at;
    uint64_t more = past_ms > CALL ? full : past_ms * e->max_rps;
    e->filled_at = now;
    e->filled = full - e->filled < more ? full : e->filled + more;
}

void rate_init(struct endpoint *e) {
    e->filled_at = rpc_now(e->rpc);
    e->filled = (uint64_t)e->max_rps * CALL;
}

uint64_t rate_free_at(struct endpoint *e, uint64_t now) {
    if (e->max_rps == 0) {
        return now;
    }
    fill(e, now);
    uint64_t missing = e->filled < CALL ? CALL - e->filled : 0;
    return now + (missing + e->max_rps - 1) / e->max_rps;
}

void rate_take(struct endpoint *e) {
    if (e->max_rps > 0) {
        fill(e, rpc_now(e->rpc));
        assert(e->filled >= CALL);
        e->filled -= CALL;
    }
}
