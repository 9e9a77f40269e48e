/* A clock that only a test moves. */
#ifndef SUPPORT_FAKE_CLOCK_H
#define SUPPORT_FAKE_CLOCK_H

#include "core/clock.h"

struct fake_clock {
    struct cw_clock clock;
    uint64_t now_ms;
    uint64_t tick_ms; /* passes with each look at it */
};

static inline uint64_t fake_clock_now(void *ctx) {
    struct fake_clock *clock = ctx;
    clock->now_ms += clock->tick_ms;
    return clock->now_ms;
}

/* clock must stay where it is. */
static inline void fake_clock_init(struct fake_clock *clock) {
    clock->clock = (struct cw_clock){fake_clock_now, fake_clock_now, clock};
    clock->now_ms = 1000000;
    clock->tick_ms = 0;
}

#endif
