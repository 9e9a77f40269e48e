#include "core/clock.h"

#include <time.h>

static uint64_t read_ms(clockid_t id) {
    struct timespec t;
    if (clock_gettime(id, &t) != 0) {
        return 0;
    }
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static uint64_t monotonic_ms(void *ctx) {
    (void)ctx;
    return read_ms(CLOCK_MONOTONIC);
}

static uint64_t wall_ms(void *ctx) {
    (void)ctx;
    return read_ms(CLOCK_REALTIME);
}

const struct cw_clock *cw_clock_system(void) {
    static const struct cw_clock system = {monotonic_ms, wall_ms, NULL};
    return &system;
}
