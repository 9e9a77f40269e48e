/* The call by which a guardian stops withdrawals. */
#include "opstack/internal.h"

#include <string.h>

/* In the log of the pause. */
#define NOTE "causeway"

bool opstack_pause(const struct cw_adapter *a, unsigned n, struct cw_pause *ret) {
    /* by identifier: that of the lockbox, or none, which stops all */
    const bool scoped = a->pause_selector == SEL_PAUSE_ID && !cw_addr20_is_zero(&a->pause_id);
    const struct cw_addr20 all = {{0}};
    struct cw_hash32 note[] = {opstack_word_u64(32), opstack_word_u64(sizeof NOTE - 1), {{0}}};
    const struct cw_hash32 id = opstack_word_addr20(scoped && n == 0 ? &a->pause_id : &all);
    uint8_t room[OPSTACK_VIEW_SIZE];
    struct cw_slice data;
    memcpy(note[2].b, NOTE, sizeof NOTE - 1);
    if (n > scoped)
        return false;
    *ret = (struct cw_pause){.to = a->pause_at, .fixed_n = 4, .guardian = a->guardian};
    switch (a->pause_selector) {
    case SEL_PAUSE:
        data = opstack_view(room, SEL_PAUSE, NULL, 0);
        ret->signature = "pause()";
        ret->effect = "stops proofs and payments of the rollup's withdrawals";
        break;
    case SEL_PAUSE_TEXT:
        data = opstack_view(room, SEL_PAUSE_TEXT, note, CW_COUNT(note));
        ret->signature = "pause(string)";
        ret->effect = "stops proofs and payments of withdrawals of all rollups under this "
                      "SuperchainConfig";
        break;
    case SEL_PAUSE_ID:
        data = opstack_view(room, SEL_PAUSE_ID, &id, 1);
        ret->signature = "pause(address)";
        ret->fixed_n = data.n;
        ret->effect = scoped && n == 0
                          ? "stops proofs and payments of withdrawals of the rollups that share "
                            "this lockbox, for a time"
                          : "stops proofs and payments of withdrawals of all rollups under this "
                            "SuperchainConfig, for a time";
        break;
    default:
        return false;
    }
    memcpy(ret->data, data.p, data.n);
    ret->data_n = data.n;
    return true;
}
