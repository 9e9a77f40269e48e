#include "decide.h"

#include <stdio.h>
#include <string.h>

static enum cw_wake wake_of(const char *reason, const struct decide_wake *wakes, size_t wakes_n) {
    for (size_t i = 0; i < wakes_n; i++) {
        if (strcmp(wakes[i].reason, reason) == 0) {
            return wakes[i].wake;
        }
    }
    return CW_WAKE_DATE;
}

void decide_verb(struct cw_decision *d, enum cw_verb verb, enum cw_stage stage, const char *reason,
                 const struct decide_wake *wakes, size_t wakes_n) {
    d->verb = verb;
    d->stage = stage;
    d->wake = verb == CW_WAIT ? wake_of(reason, wakes, wakes_n) : CW_WAKE_DATE;
    snprintf(d->reason, sizeof d->reason, "%s", reason);
}

void decide_need(struct cw_decision *d, const struct cw_message *message) {
    memset(d, 0, sizeof *d);
    d->verb = CW_NEED;
    d->stage = message->stage;
    d->outcome = message->outcome;
}
