/* Answers to what adapters ask of one chain: fetched once, checked where they can be, shared
 * between messages. */
#ifndef WORK_FACTS_H
#define WORK_FACTS_H

#include "net/rpc.h"
#include "watch/watch.h"

#include <adapters/io.h>

struct cw_facts;

struct cw_facts_config {
    struct cw_rpc *rpc; /* borrowed */
    unsigned quorum;    /* operators that must agree on calls, and on headers that the watcher does
                           not have */
    struct cw_watch
        *watch; /* borrowed; NULL when no watcher runs: headers then are claims with a right hash */
};

CW_MUST_USE enum cw_err cw_facts_new(struct cw_facts **ret, const struct cw_facts_config *config,
                                     struct cw_error *error);
void cw_facts_free(
    struct cw_facts *facts); /* takes NULL; open questions are dropped without a call */

/* The answer when it is known; borrowed until the next call of any cw_facts function. */
const struct cw_answer *cw_facts_get(struct cw_facts *facts, const struct cw_request *request);

/* Fetches what _get does not have. done is called once from the loop (answer borrowed for the call,
 * UNAVAILABLE when nobody could tell); it is not called when false is returned (memory) or after
 * cw_facts_forget of the same ctx. */
CW_MUST_USE bool cw_facts_ask(struct cw_facts *facts, const struct cw_request *request,
                              void (*done)(void *ctx, const struct cw_request *request,
                                           const struct cw_answer *answer),
                              void *ctx);
/* Nobody waits with this ctx any longer. */
void cw_facts_forget(struct cw_facts *facts, const void *ctx);

/* Heads moved: answers of calls at older blocks are dropped. A rollback drops headers and proofs
 * too. */
void cw_facts_heads(struct cw_facts *facts);
void cw_facts_rollback(struct cw_facts *facts, struct cw_block_number above);

#endif
