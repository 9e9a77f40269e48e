/* What a stage of a message assures, in words for people: by stack and direction, since the same
 * stage rests on other things in each. */
#ifndef ADAPTERS_LEVEL_H
#define ADAPTERS_LEVEL_H

#include <adapters/vocabulary.h>

struct cw_adapter_ops;
struct cw_message;

struct cw_level {
    enum cw_stage stage;     /* 0: the end of a list */
    enum cw_outcome outcome; /* that it speaks of; UNKNOWN: of any that no other entry names */
    const char *variant;     /* of the stack's contracts, as ops->variant names it; NULL: of any */
    const char *name;        /* a few words */
    const char *assured;     /* a sentence each, static: what may be relied on */
    const char *risk;        /* what can still go wrong */
    const char *waits;       /* what comes next; "" when nothing does */
    const char *who;         /* who can change something about it; "" for nobody */
    bool until; /* the date that the message waits for, where it has one, ends the risk or some of
                   it */
};

/* Of a stage that the stack has: never NULL then; variant: NULL when it is not known. */
const struct cw_level *cw_level_of_stage(const struct cw_adapter_ops *ops, enum cw_stage stage,
                                         enum cw_outcome outcome, const char *variant);
/* Of a message as it stands: also where its block is gone (orphaned), or it is dead. NULL when the
 * stack has no words for its stage. */
const struct cw_level *cw_level_of(const struct cw_adapter_ops *ops,
                                   const struct cw_message *message, enum cw_condition condition,
                                   bool orphaned);

#endif
