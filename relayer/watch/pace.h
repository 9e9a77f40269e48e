/* When to look at the heads next: soon after the next block, learnt from when the last ones came.
 * A look that finds exactly the next block costs one call a block; the pace creeps a little earlier
 * with each of these, and back when it came too early. Pure: the clock is handed in. */
#ifndef WATCH_PACE_H
#define WATCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct watch_pace {
    uint64_t longest_ms; /* no pause is longer */
    bool begun;
    uint64_t number;   /* newest block so far */
    uint64_t block_ms; /* mean time between two blocks; 0: not known yet */
    unsigned early;    /* looks in a row that found no new block */
    /* The mean is taken since `from`; `next` takes its place after some blocks. */
    struct watch_pace_mark {
        uint64_t ms, number;
    } from, next;
};

/* The newest block is number, at now_ms (monotonic). Returns the pause until the next look. */
uint64_t watch_pace_seen(struct watch_pace *pace, uint64_t now_ms, uint64_t number);

#endif
