/* Shared by complete.c and shortfall.c: one route's check against its contract's own counter. */
#ifndef WORK_COMPLETE_H
#define WORK_COMPLETE_H

#include "work/internal.h"
#include "work/readers.h"

#define COMPLETE_PAUSE_MS     10000u /* after what could not be done; doubles */
#define COMPLETE_PAUSE_MAX_MS 600000u

enum asked { ASKED_NOTHING, ASKED_HEADER, ASKED_BASE, ASKED_COUNT };

struct complete {
    struct route *route;
    struct cw_store_counter counter; /* as the store has it */
    bool loaded;
    bool numbered; /* the messages of older versions */

    enum asked asked;
    struct cw_look *look;
    struct cw_block_ref at; /* the block that is asked about */
    bool base_tried;        /* in this run */

    bool soon;              /* the next check does not wait for its turn */
    uint64_t not_before_ms; /* monotonic */
    uint64_t looked_ms;     /* monotonic: at what is unread */
    unsigned unknown;       /* in a row: checks that could not be made */

    /* Numbers that were missing, and whose blocks are read again. */
    struct cw_store_gap tried[CW_STORE_GAPS];
    size_t tried_n;
    bool reading;      /* some of their blocks are not read yet */
    unsigned rounds;   /* how often, in a row */
    uint64_t round_ms; /* monotonic: when the next one begins */
    unsigned told_of;  /* the round after which the incident was written */

    bool settled; /* the incidents in the store are those of the last check */
    /* Texts of open incidents, of those missing and those too many; "" for none. */
    char told[2][sizeof((struct cw_store_incident *)0)->text];
    struct readers readers;
};

static inline struct chain *complete_source(const struct complete *c) {
    return source_chain(c->route);
}

/* ms doubled so often, up to the longest pause. */
uint64_t complete_pause_ms(uint64_t ms, unsigned times);
/* Logs it; nothing is done for a while. */
void complete_failed(struct complete *c, const char *what, const struct cw_error *error);
/* The counter was proven just before the route's first block. */
bool complete_is_whole(const struct cw_store_counter *counter);

/* shortfall.c */
/* The counter after block c->at says next: compares, writes what was found, and has what is missing
 * read again. */
void shortfall_check(struct complete *c, uint64_t next);

#endif
