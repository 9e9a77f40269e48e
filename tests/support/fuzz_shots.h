/* What a fuzzer of the API sends: requests made from its description, good and bad, and bytes that
 * are none. */
#ifndef SUPPORT_FUZZ_SHOTS_H
#define SUPPORT_FUZZ_SHOTS_H

#include "generate.h"
#include "openapi.h"

#define FUZZ_POOLS  12u
#define FUZZ_VALUES 64u
#define FUZZ_WANTS  8u

struct fuzz {
    struct openapi *api;
    struct dice dice;
    char reader[160], operator_[160]; /* "Bearer " and the token */
    /* What the daemon has of that name, so that requests find something. */
    struct fuzz_pool {
        const char *name;
        char values[FUZZ_VALUES][80];
        size_t n;
    } pools[FUZZ_POOLS];
    size_t pools_n;
};

/* One connection's worth. */
struct shot {
    const char *what; /* kind of mischief */
    struct cw_buf bytes;
    size_t piece; /* sent so many at a time; 0: all at once */
    bool ends;    /* nothing more is said behind them */
    bool leaves;  /* the client goes without hearing */
    bool raw;     /* may not be HTTP: any answer will do that is no 500, and none */
    bool stream;  /* is over when it has begun */
    struct want {
        char method[12];
        char *target;         /* as the description has it */
        const char *statuses; /* such as "400 404"; NULL: any that is described */
    } wants[FUZZ_WANTS];
    size_t wants_n;
};

/* reader, operator_: tokens of these roles. */
void fuzz_init(struct fuzz *fuzz, const char *openapi, uint64_t seed, const char *reader,
               const char *operator_);
void fuzz_done(struct fuzz *fuzz);
/* Asks the daemon what it has; fetch: the answer to a path, or NULL. */
void fuzz_learn(struct fuzz *fuzz, struct cw_json_doc *(*fetch)(void *ctx, const char *path),
                void *ctx);

struct shot *fuzz_get(struct fuzz *fuzz, const char *path); /* a plain one */
struct shot *fuzz_shot(struct fuzz *fuzz);                  /* the next one */
void fuzz_shot_free(struct shot *shot);

#endif
