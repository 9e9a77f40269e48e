/* How a look at a message fills its decision, whatever the stack. For the stacks' folders only. */
#ifndef ADAPTERS_DECIDE_H
#define ADAPTERS_DECIDE_H

#include <adapters/adapter.h>

#include <stdarg.h>
#include <stdio.h>

/* What ends a wait with that reason; a stack has a table of these. */
struct decide_wake {
    const char *reason;
    enum cw_wake wake;
};

/* Verb, stage and reason; of WAIT what else ends it: what the table says of the reason, else only
 * its date. */
void decide_verb(struct cw_decision *d, enum cw_verb verb, enum cw_stage stage, const char *reason,
                 const struct decide_wake *wakes, size_t wakes_n);
/* NEED, and nothing else: stage and outcome stay those of the message. */
void decide_need(struct cw_decision *d, const struct cw_message *message);
/* What a variadic function with this last named argument was given, as the decision's detail. */
#define DECIDE_DETAIL(d, format)                                                                   \
    do {                                                                                           \
        va_list args_;                                                                             \
        va_start(args_, format);                                                                   \
        vsnprintf((d)->detail, CW_DETAIL_SIZE, format, args_);                                     \
        va_end(args_);                                                                             \
    } while (0)

#endif
