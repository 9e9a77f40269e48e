#include "work/internal.h"

#define PAUSE_MIN_MS  2000u
#define PAUSE_MAX_MS  300000u
#define TARGET_MAX_MS 3600000u
#define WAIT_MIN_MS   3000u
#define WAIT_MAX_MS   60000u
#define DATED_MAX_MS  600000u

static uint64_t doubled_ms(uint32_t failures, uint64_t most, const struct cw_hash32 *id) {
    uint32_t doublings = failures > 16 ? 16 : failures;
    uint64_t pause = (uint64_t)PAUSE_MIN_MS << doublings;
    if (pause > most)
        pause = most;
    /* Spread by the id, so that messages that failed together do not come back together. */
    return pause + pause * id->b[31] / 1024;
}

uint64_t retry_pause_ms(uint32_t failures, const struct cw_hash32 *id) {
    return doubled_ms(failures, PAUSE_MAX_MS, id);
}

uint64_t retry_target_ms(uint32_t failures, const struct cw_hash32 *id) {
    return doubled_ms(failures, TARGET_MAX_MS, id);
}

uint64_t retry_wait_ms(const struct route *route, const struct cw_decision *decision) {
    uint64_t polls = decision->wake == CW_WAKE_POLL ? 12 : 60;
    uint64_t wait = polls * cw_watch_pause_ms(destination_chain(route)->watch);
    if (wait < WAIT_MIN_MS)
        wait = WAIT_MIN_MS;
    if (wait > WAIT_MAX_MS)
        wait = WAIT_MAX_MS;
    /* A date on a chain's clock ends the wait; this is for the case that the date moves. */
    if (decision->due_s > 0)
        wait = DATED_MAX_MS;
    return wait;
}
