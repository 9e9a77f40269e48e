/* Time is handed in, so that tests need no sleeps. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>

struct cw_clock {
    uint64_t (*monotonic_ms)(void *ctx); /* paces retries and deadlines */
    uint64_t (*wall_ms)(void *ctx);      /* Unix time, for what people read */
    void *ctx;
};

/* The machine's clocks. */
const struct cw_clock *cw_clock_system(void);

#endif
