/* The call by which the rollup's owner stops assertions. */
#include "nitro/exit.h"

#include <string.h>

static void put(struct cw_pause *out, const void *bytes, size_t n) {
    memcpy(out->data + out->data_n, bytes, n);
    out->data_n += n;
}

static void put_selector(struct cw_pause *out, uint32_t selector) {
    const struct cw_selector s = cw_selector_from_u32(selector);
    put(out, s.b, sizeof s.b);
}

/* What an executor is asked to do could be anything: all of it must be this. */
bool exit_pause(const struct cw_adapter *a, unsigned n, struct cw_pause *ret) {
    const struct cw_hash32 offset = exit_word_u64(64), length = exit_word_u64(4), none = {{0}};
    struct cw_hash32 rollup = {{0}};
    *ret = (struct cw_pause){.to = a->by_executor ? a->owner : a->rollup,
                             .signature = "pause()",
                             .effect = "stops assertions and their confirmation; messages under "
                                       "roots that the outbox has are executed all the same"};
    if (n > 0 || cw_addr20_is_zero(&a->owner)) {
        return false;
    }
    if (a->by_executor) {
        memcpy(rollup.b + 12, a->rollup.b, sizeof a->rollup.b);
        ret->signature = "executeCall(address,bytes) with pause()";
        put_selector(ret, SEL_EXECUTE_CALL);
        put(ret, rollup.b, sizeof rollup.b);
        put(ret, offset.b, sizeof offset.b);
        put(ret, length.b, sizeof length.b);
        put_selector(ret, SEL_PAUSE);
        put(ret, none.b, sizeof none.b - 4);
    } else {
        ret->guardian = a->owner;
        put_selector(ret, SEL_PAUSE);
    }
    ret->fixed_n = ret->data_n;
    return true;
}
