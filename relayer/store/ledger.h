/* How long messages stay in each stage, and what their steps cost: counted with the change that
 * ends them, for each route, so that no reader has to look at every message. Times are not counted
 * of messages that were seen an hour after their block and later. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "store/store.h"

/* Milliseconds, from 0 to some 10^13, in buckets whose bounds are an eighth apart. */
#define CW_LEDGER_BUCKETS 352
int cw_ledger_bucket(uint64_t ms);
uint64_t cw_ledger_bucket_ms(int bucket); /* the middle of it */

struct cw_store_stage_time {
    enum cw_stage stage; /* that was left; 0: from seen until executed, all stages together */
    uint64_t n, sum_ms;
    uint64_t p50_ms, p95_ms, p99_ms; /* within an eighth; 0 when there is none */
};
struct cw_store_step_cost {
    char step[CW_STEP_SIZE];
    uint64_t transactions, steps; /* in final blocks; steps: of as many messages */
    uint64_t failed;              /* of the transactions */
    uint64_t gas, bytes;          /* of all together; bytes: as they were signed */
    struct cw_wei fee;
};
struct cw_store_ledger {
    struct cw_store_stage_time stages[CW_STAGE_EXECUTED_FINAL + 1];
    struct cw_store_step_cost *steps;
    size_t steps_n;
};
/* Of a route. */
CW_MUST_USE enum cw_err cw_store_ledger(struct cw_store *store, int64_t route,
                                        struct cw_arena *arena, struct cw_store_ledger *ret,
                                        struct cw_error *error);

/* --- within the transaction of what happened, by the files of the store only --- */

CW_MUST_USE enum cw_err cw_store_ledger_time(struct cw_store *store, int64_t route,
                                             enum cw_stage stage, uint64_t ms,
                                             struct cw_error *error);
/* Before an attempt is updated: counts it when it becomes final by that. */
CW_MUST_USE enum cw_err cw_store_ledger_attempt(struct cw_store *store,
                                                const struct cw_store_attempt *attempt,
                                                struct cw_error *error);

#endif
