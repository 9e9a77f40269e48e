#include "watch/pace.h"

#define FIRST_MS    500u /* while the block time is not known */
#define SHORTEST_MS 200u /* several blocks a look, where they come faster */
#define EARLY_MS    50u
#define MARK_BLOCKS 32u

static uint64_t at_most(uint64_t ms, uint64_t most) {
    return ms < most ? ms : most;
}

static uint64_t at_least(uint64_t ms, uint64_t least) {
    return ms > least ? ms : least;
}

static void begin(struct watch_pace *pace, uint64_t now_ms, uint64_t number) {
    *pace = (struct watch_pace){
        .longest_ms = pace->longest_ms,
        .begun = true,
        .number = number,
        .block_ms = pace->block_ms,
        .from = {now_ms, number},
        .next = {now_ms, number},
    };
}

static void measure(struct watch_pace *pace, uint64_t now_ms, uint64_t number) {
    pace->block_ms = (now_ms - pace->from.ms) / (number - pace->from.number);
    if (number - pace->next.number >= MARK_BLOCKS) {
        pace->from = pace->next;
        pace->next = (struct watch_pace_mark){now_ms, number};
    }
}

/* The block was not there yet: again after an eighth of the block time, then longer. */
static uint64_t too_early(struct watch_pace *pace) {
    unsigned doublings = pace->early < 3 ? pace->early : 3;
    pace->early++;
    return at_least(pace->block_ms / 8 << doublings, EARLY_MS);
}

uint64_t watch_pace_seen(struct watch_pace *pace, uint64_t now_ms, uint64_t number) {
    uint64_t pause = 0;
    if (!pace->begun || number < pace->number) {
        begin(pace, now_ms, number);
    } else if (number > pace->number) {
        bool next = number == pace->number + 1;
        measure(pace, now_ms, number);
        pace->number = number;
        pace->early = 0;
        /* Several at once: the look came late by a part of the block time that is not known. */
        pause = next ? pace->block_ms - pace->block_ms / 128 : pace->block_ms - pace->block_ms / 4;
        pause = at_least(pause, SHORTEST_MS);
    } else if (pace->block_ms > 0) {
        pause = too_early(pace);
    }
    return at_most(pause > 0 ? pause : FIRST_MS, pace->longest_ms);
}
