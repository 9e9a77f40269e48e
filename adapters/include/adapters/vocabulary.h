/* The words that adapters, store, API and people share: sides, stages, conditions, steps. */
#ifndef ADAPTERS_VOCABULARY_H
#define ADAPTERS_VOCABULARY_H

#include <causeway/base.h>

/* The two layers of a route. */
enum cw_side { CW_SETTLEMENT = 0, CW_EXECUTION = 1 };
#define CW_SIDES 2
enum cw_side cw_side_other(enum cw_side side);

/* How far a message is, which is also the assurance that somebody who waits for it has. The values
 * are stored: never renumber. A stack skips the stages that it does not have. */
enum cw_stage {
    CW_STAGE_SEEN = 1,           /* in a block of the source that may still be reorganized */
    CW_STAGE_SAFE = 2,           /* in a safe block of the source */
    CW_STAGE_SOURCE_FINAL = 3,   /* in a final block of the source */
    CW_STAGE_ROOT_COMMITTED = 4, /* the other layer holds a root that claims to cover it */
    CW_STAGE_ROOT_VERIFIED = 5,  /* that root was recomputed here and the message proved under it */
    CW_STAGE_PROVEN = 6,         /* the destination accepted a proof */
    CW_STAGE_CHALLENGE_OVER = 7, /* nothing but the delivery is missing */
    CW_STAGE_EXECUTED = 8,       /* delivered in a block that may still be reorganized */
    CW_STAGE_EXECUTED_FINAL = 9  /* delivered in a final block */
};

/* What the scheduler may do with a message now. Stored: never renumber. */
enum cw_condition {
    CW_READY = 1,   /* to be looked at as soon as possible */
    CW_WAITING = 2, /* to be looked at when due, or when something about it happens */
    CW_HELD = 3,    /* an operator or a policy must let it go */
    CW_DEAD = 4,    /* can never be delivered; the reason says why */
    CW_DONE = 5     /* executed-final: nothing is left to do */
};

/* What ends a wait before its date. Stored: never renumber. */
enum cw_wake {
    CW_WAKE_DATE = 0,   /* only its date, or an event about the message itself */
    CW_WAKE_ROOT = 1,   /* a root is committed */
    CW_WAKE_SOURCE = 2, /* the safe or final head of the source moves */
    CW_WAKE_FINAL = 3,  /* the final head of the destination moves */
    CW_WAKE_POLL = 4,   /* something that no watched event tells: asked for now and then */
    CW_WAKE_RETRY = 5   /* nothing: an answer could not be had or used; tried again with longer and
                           longer pauses */
};

#define CW_WAKES 6

/* How the delivery itself went, as the destination's own events tell it. Stored: never renumber. */
enum cw_outcome {
    CW_OUTCOME_UNKNOWN = 0,
    CW_OUTCOME_SUCCESS = 1,     /* the message ran */
    CW_OUTCOME_CALL_FAILED = 2, /* the bridge spent the message, the target call failed: burnt */
    CW_OUTCOME_RELAY_FAILED = 3 /* the messenger recorded a failure that can be replayed */
};

/* What a fact rests on. Stored: never renumber. */
enum cw_assurance {
    CW_ASSURANCE_PROVISIONAL = 1, /* in a block that is not final yet: one endpoint's word */
    CW_ASSURANCE_SINGLE = 2,      /* bound by hashes to a header that one operator calls final */
    CW_ASSURANCE_PROVED = 3, /* bound by hashes to a header that a quorum of several agrees on */
    CW_ASSURANCE_QUORUM = 4  /* a quorum of operators says so; no proof is possible */
};
#define CW_ASSURANCES                                                                              \
    5 /* the last one and one more; only the watcher gives more than provisional */

/* How a chain's blocks are read. */
enum cw_mode {
    CW_MODE_FULL = 1,   /* every header, and receipts where its bloom matches */
    CW_MODE_EVENTS = 2, /* headers and receipts of the blocks that eth_getLogs names */
    CW_MODE_QUORUM = 3  /* what operators agree on: the chain's headers can't be hashed here */
};

/* Lower-case names as they stand in the store, the API and the logs ("source-final"); "?" for no
 * such value. */
const char *cw_side_name(enum cw_side side);
const char *cw_stage_name(enum cw_stage stage);
const char *cw_condition_name(enum cw_condition condition);
const char *cw_outcome_name(enum cw_outcome outcome);
const char *cw_assurance_name(enum cw_assurance assurance);
/* One clause for people: what that means. */
const char *cw_assurance_text(enum cw_assurance assurance);
const char *cw_mode_name(enum cw_mode mode);
/* false when no stage/condition/mode has that name. */
bool cw_stage_parse(enum cw_stage *ret, const char *name);
bool cw_condition_parse(enum cw_condition *ret, const char *name);
bool cw_mode_parse(enum cw_mode *ret, const char *name);

#endif
