#include "work/internal.h"

#define PAUSE_MIN_MS 2000u
#define PAUSE_MAX_MS 300000u
#define WAIT_MIN_MS  3000u
#define WAIT_MAX_MS  60000u
#define DATED_MAX_MS 600000u

uint64_t retry_pause_ms(uint32_t failures, const struct cw_hash32 *id) {
    uint32_t doublings = failures > 8 ? 8 : failures;
    uint64_t pause = (uint64_t)PAUSE_MIN_MS << doublings;
    if (pause > PAUSE_MAX_MS)
        pause = PAUSE_MAX_MS;
    /* Spread by the id, so that messages that failed together do not come back together. */
    return pause + pause * id->b[31] / 1024;
}

uint64_t retry_wait_ms(const struct route *route, const struct cw_decision *decision) {
    uint64_t polls = decision->wake == CW_WAKE_POLL ? 12 : 60;
    uint64_t wait = polls * cw_watch_pause_ms(route->chains[CW_SETTLEMENT]->watch);
    if (wait < WAIT_MIN_MS)
        wait = WAIT_MIN_MS;
    if (wait > WAIT_MAX_MS)
        wait = WAIT_MAX_MS;
    /* A date on a chain's clock ends the wait; this is for the case that the date moves. */
    if (decision->due_s > 0)
        wait = DATED_MAX_MS;
    return wait;
}
