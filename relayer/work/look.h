/* One look at a message (or at a route's contracts, at the counter of one, or at what an invariant
 * speaks of): runs the adapter, fetches what it asks for, runs it again, until it decides. */
#ifndef WORK_LOOK_H
#define WORK_LOOK_H

#include "work/facts.h"

#include <adapters/adapter.h>

struct cw_look;

struct cw_look_config {
    const struct cw_adapter_ops *ops;
    struct cw_adapter *adapter;
    struct cw_facts *facts[CW_SIDES];
    struct cw_heads heads[CW_SIDES]; /* the view that everything is asked at */
    struct cw_self self;
    const struct cw_message *message; /* deep-copied; NULL: prepare() is run instead of advance() */
    const struct cw_block_ref *at;    /* copied; not NULL: counter() is run, at that block */
    bool read;                        /* with at: handed on to it */
    /* Deep-copied; not NULL: judge() is run, with message (which may be NULL) and rests_on. */
    const struct cw_subject *subject;
    enum cw_verdict_state rests_on;
    /* One of them is called once from the loop (or before _start returns), then the look frees
     * itself. What they point to lives until the call returns. */
    /* Exactly one of the two is not NULL. */
    void (*done)(void *ctx, const struct cw_decision *decision,
                 const struct cw_preparation *preparation);
    void (*counted)(void *ctx, const struct cw_count *count);              /* with at */
    void (*judged)(void *ctx, const struct cw_invariant_verdict *verdict); /* with subject */
    void *ctx;
};

/* NULL when memory is short (done is not called then). */
struct cw_look *cw_look_new(const struct cw_look_config *config, struct cw_error *error);
void cw_look_start(struct cw_look *look);
/* Ends it without a call. Takes NULL. */
void cw_look_free(struct cw_look *look);

/* All that was asked for so far, and what was answered: while the look's function is called, too.
 */
const struct cw_io *cw_look_io(const struct cw_look *look);
/* The look's own copy of the message. */
const struct cw_message *cw_look_message(const struct cw_look *look);

#endif
