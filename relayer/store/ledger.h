/* How long messages stay in each stage, and what their steps cost: counted with the change that
 * ends them, for each route and day, so that no reader has to look at every message. Times are not
 * counted of messages that were seen an hour after their block and later. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "store/store.h"

/* Milliseconds, gas or wei, in buckets whose bounds are an eighth apart. */
#define CW_LEDGER_BUCKETS 496
int cw_ledger_bucket(uint64_t value);
uint64_t cw_ledger_bucket_middle(int bucket);

#define CW_LEDGER_DAY_S 86400u /* days are those of Unix time, from 0 */

struct cw_store_stage_time {
    enum cw_stage stage; /* that was left; 0: from seen until executed, all stages together */
    uint64_t n, sum_ms;
    uint64_t p50_ms, p95_ms, p99_ms; /* within an eighth; 0 when there is none */
};
struct cw_store_spread {
    uint64_t p50, p95, p99; /* within an eighth; 0 when there is none */
};
/* What transactions in final blocks cost. */
struct cw_store_cost {
    char step[CW_STEP_SIZE]; /* "": of messages, from all that was sent for them */
    uint64_t transactions;
    uint64_t n; /* steps, or messages: one that is shared counts once for each that shares it */
    uint64_t failed;    /* of the transactions */
    uint64_t gas;       /* of all together, as the next ones */
    uint64_t raw_bytes; /* as they were signed */
    uint64_t calldata_bytes, proof_nodes, proof_bytes;
    struct cw_wei fee;      /* with data_fee */
    struct cw_wei data_fee; /* on top of gas */
    /* Those of the transactions that several steps share. */
    uint64_t batches, batched;        /* batched: steps in them */
    uint64_t batched_gas;             /* that they used */
    uint64_t alone_gas, together_gas; /* that was estimated for all steps alone, and together */
    struct cw_store_spread gas_each, fee_each; /* of a step or message: its share; wei, at most
                                                  2^64-1 */
};
struct cw_store_ledger {
    struct cw_store_stage_time stages[CW_STAGE_EXECUTED_FINAL + 1];
    struct cw_store_cost *steps; /* by name */
    size_t steps_n;
    struct cw_store_cost messages; /* that are executed-final, and for which something was sent */
};
/* Of a route, from that day on; 0: all, with what was counted before days were. */
CW_MUST_USE enum cw_err cw_store_ledger(struct cw_store *store, int64_t route, uint64_t from_day,
                                        struct cw_arena *arena, struct cw_store_ledger *ret,
                                        struct cw_error *error);

/* --- within the transaction of what happened, by the files of the store only --- */

CW_MUST_USE enum cw_err cw_store_ledger_time(struct cw_store *store, int64_t route,
                                             enum cw_stage stage, uint64_t now_ms, uint64_t ms,
                                             struct cw_error *error);
/* Before an attempt is updated: counts it when it becomes final by that. *ret whether it did. */
CW_MUST_USE enum cw_err cw_store_ledger_attempt(struct cw_store *store,
                                                const struct cw_store_attempt *attempt, bool *ret,
                                                struct cw_error *error);
/* After it was updated: counts its messages that wait for nothing else. */
CW_MUST_USE enum cw_err cw_store_ledger_messages(struct cw_store *store,
                                                 const struct cw_store_attempt *attempt,
                                                 struct cw_error *error);
/* A message moved: counts it, once, when it is executed-final and all its attempts are settled. */
CW_MUST_USE enum cw_err cw_store_ledger_message(struct cw_store *store, int64_t message,
                                                struct cw_error *error);

#endif
