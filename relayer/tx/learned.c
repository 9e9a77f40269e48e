#include "tx/learned.h"

#include <string.h>

#define LEAST      4u  /* estimates */
#define ANEW_AFTER 16u /* uses */

static bool is_of(const struct cw_learned_kind *kind, const struct cw_addr20 *from,
                  const struct cw_call *call) {
    return kind->noted > 0 && cw_addr20_equal(&kind->from, from) &&
           cw_addr20_equal(&kind->to, &call->to) &&
           memcmp(kind->selector, call->data.p, sizeof kind->selector) == 0;
}

/* NULL: there is none, or the call is none of a function. */
static struct cw_learned_kind *find(struct cw_learned *learned, const struct cw_addr20 *from,
                                    const struct cw_call *call) {
    for (size_t i = 0; call->data.n >= 4 && i < CW_LEARNED_KINDS; i++) {
        if (is_of(&learned->kinds[i], from, call)) {
            return &learned->kinds[i];
        }
    }
    return NULL;
}

uint64_t cw_learned_gas(struct cw_learned *learned, const struct cw_addr20 *from,
                        const struct cw_call *call) {
    struct cw_learned_kind *kind = find(learned, from, call);
    if (kind == NULL || kind->noted < LEAST || ++kind->uses % ANEW_AFTER == 0) {
        return 0;
    }
    uint64_t least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < kind->noted && i < CW_LEARNED_KEPT; i++) {
        least = kind->estimates[i] < least ? kind->estimates[i] : least;
        most = kind->estimates[i] > most ? kind->estimates[i] : most;
    }
    if (most - least > least / 2) {
        return 0;
    }
    most += most / 16; /* the next one may need a bit more than all of these */
    return most > call->gas_floor ? most : call->gas_floor;
}

void cw_learned_note(struct cw_learned *learned, const struct cw_addr20 *from,
                     const struct cw_call *call, uint64_t estimate) {
    struct cw_learned_kind *kind = find(learned, from, call);
    if (call->data.n < 4 || estimate > UINT32_MAX) { /* no block has that much */
        return;
    }
    if (kind == NULL) {
        kind = &learned->kinds[learned->added++ % CW_LEARNED_KINDS];
        *kind = (struct cw_learned_kind){.from = *from, .to = call->to};
        memcpy(kind->selector, call->data.p, sizeof kind->selector);
    }
    kind->estimates[kind->noted++ % CW_LEARNED_KEPT] = estimate;
}

void cw_learned_forget(struct cw_learned *learned) {
    memset(learned, 0, sizeof *learned);
}
