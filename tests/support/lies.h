/* The lies of the lying proxy that concern one answer; see liar.c. */
#ifndef SUPPORT_LIES_H
#define SUPPORT_LIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

enum lie_kind {
    LIE_NONE,
    LIE_TRANSPORT, /* the HTTP answer as a whole */
    LIE_BATCH,     /* batches of more than arg elements are refused */
    LIE_ORDER,     /* the elements of a batch, or an id */
    LIE_TEXT,      /* the text of the answer */
    LIE_ANSWER     /* one element */
};

struct lie {
    const char *mode;
    enum lie_kind kind;
    double arg;       /* the default */
    const char *text; /* for --help */
    /* ANSWER. Before the call goes upstream: changes it, or returns an answer of its own. May be
     * NULL. */
    cJSON *(*before)(cJSON *call, double arg);
    /* ANSWER. Changes the answer; false when there was nothing to lie about. May be NULL. */
    bool (*after)(const cJSON *call, cJSON *answer, double arg);
};

/* Ends with mode NULL; the first one is honest. */
extern const struct lie lies[];

/* Forgets what was said so far: lies that last begin anew. */
void lies_reset(void);

#endif
