/* Answers to what adapters ask of one chain: fetched once, checked where they can be, shared
 * between messages. */
#ifndef WORK_FACTS_H
#define WORK_FACTS_H

#include "net/rpc.h"
#include "watch/watch.h"

#include <adapters/io.h>

struct cw_facts;

struct cw_facts_config {
    struct cw_rpc *rpc;   /* borrowed */
    struct cw_loop *loop; /* borrowed; proofs wait for its next turn, to be asked for together.
                             NULL: each is asked for alone */
    unsigned quorum;   /* operators that must agree on calls, and on headers that the watcher does
                          not have */
    enum cw_mode mode; /* 0: full. CW_MODE_QUORUM: a header that can't be hashed is no lie; it is
                          not to be had */
    struct cw_watch
        *watch; /* borrowed; NULL when no watcher runs: headers then are claims with a right hash */
    /* Borrowed; keeps what was answered about final blocks, and gives it back, checked anew: a
     * header by its hash, a proof by verifying it, a call by the operators that agreed on it. NULL:
     * nothing is kept beyond the process. */
    struct cw_store *store;
    int64_t chain;          /* its row there */
    uint64_t log_range_max; /* blocks in one eth_getLogs; 0: as many as are asked for */
};

CW_MUST_USE enum cw_err cw_facts_new(struct cw_facts **ret, const struct cw_facts_config *config,
                                     struct cw_error *error);
void cw_facts_free(
    struct cw_facts *facts); /* takes NULL; open questions are dropped without a call */

/* The answer when it is known here or in the store; borrowed until the next call of any cw_facts
 * function. */
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

/* Heads moved: calls at blocks that nobody asks at any longer are dropped, those at the block that
 * is final now go to the store. */
void cw_facts_heads(struct cw_facts *facts);
/* Blocks above that one were replaced: what was answered about them is dropped. (In the store it
 * is cut by who writes the rollback.) */
void cw_facts_rollback(struct cw_facts *facts, struct cw_block_number above);

#endif
