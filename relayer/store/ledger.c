#include "store/ledger.h"

#include "store/sql.h"

#include <string.h>

#define STEPS 3u /* bits of a number behind its highest one that make its bucket */

/* --- buckets ---------------------------------------------------------------------------------- */

int cw_ledger_bucket(uint64_t ms) {
    if (ms < 1u << STEPS)
        return (int)ms;
    const unsigned high = 63u - (unsigned)__builtin_clzll(ms);
    const unsigned bucket = ((high - STEPS + 1) << STEPS) + ((ms >> (high - STEPS)) & 7u);
    return bucket < CW_LEDGER_BUCKETS ? (int)bucket : CW_LEDGER_BUCKETS - 1;
}

uint64_t cw_ledger_bucket_ms(int bucket) {
    const unsigned b = (unsigned)bucket;
    if (b < 1u << (STEPS + 1))
        return b;
    const unsigned shift = (b >> STEPS) - 1;
    return ((uint64_t)(8u + (b & 7u)) << shift) + (UINT64_C(1) << shift) / 2;
}

/* --- counting --------------------------------------------------------------------------------- */

enum cw_err cw_store_ledger_time(struct cw_store *store, int64_t route, enum cw_stage stage,
                                 uint64_t ms, struct cw_error *error) {
    static const char insert[] = "INSERT INTO stage_time(route, stage, bucket, n, sum_ms)"
                                 " VALUES(?1, ?2, ?3, 1, ?4) ON CONFLICT DO UPDATE SET n = n + 1,"
                                 " sum_ms = sum_ms + excluded.sum_ms";
    struct cw_sql sql = cw_sql_open(store, insert, "stage_time", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, (int64_t)stage);
    cw_sql_put_i64(&sql, 3, cw_ledger_bucket(ms));
    cw_sql_put_u64_clamp(&sql, 4, ms);
    return cw_sql_run(&sql);
}

/* What is counted of an attempt beside what its update says. */
struct counted {
    int64_t route;
    bool is_new; /* it was not final before */
    char step[CW_STEP_SIZE];
    uint64_t steps, bytes;
    struct cw_u256 fee; /* so far, of all */
};

static enum cw_err read_counted(struct cw_store *store, const struct cw_store_attempt *attempt,
                                struct counted *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT attempt.row, coalesce(route, 0), state, attempt.step, max(1, (SELECT count(*) FROM "
        "item"
        " WHERE item.attempt = attempt.row)), (SELECT length(raw) FROM bid WHERE bid.attempt ="
        " attempt.row AND bid.hash = ?2), (SELECT fee FROM step_cost WHERE step_cost.route ="
        " attempt.route AND step_cost.step = attempt.step) FROM attempt WHERE attempt.row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    memset(ret, 0, sizeof *ret);
    cw_sql_put_i64(&sql, 1, attempt->row);
    cw_sql_put_hash32(&sql, 2, &attempt->hash);
    if (cw_sql_step(&sql)) {
        ret->route = cw_sql_get_i64(&sql, 1);
        ret->is_new = cw_sql_get_int(&sql, 2, CW_ATTEMPT_SIGNED, CW_ATTEMPT_LOST) !=
                      CW_ATTEMPT_FINAL;
        cw_sql_get_text(&sql, 3, ret->step, sizeof ret->step);
        ret->steps = cw_sql_get_u64(&sql, 4);
        ret->bytes = cw_sql_is_null(&sql, 5) ? 0 : cw_sql_get_u64(&sql, 5);
        if (!cw_sql_is_null(&sql, 6))
            ret->fee = cw_sql_get_u256(&sql, 6);
    }
    return cw_sql_end(&sql);
}

enum cw_err cw_store_ledger_attempt(struct cw_store *store, const struct cw_store_attempt *attempt,
                                    struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO step_cost(route, step, transactions, steps, failed, gas, bytes, fee)"
        " VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
        " transactions = transactions + 1, steps = steps + excluded.steps,"
        " failed = failed + excluded.failed, gas = gas + excluded.gas,"
        " bytes = bytes + excluded.bytes, fee = excluded.fee";
    struct counted counted;
    struct cw_u256 fee;
    if (attempt->state != CW_ATTEMPT_FINAL)
        return CW_OK;
    enum cw_err err = read_counted(store, attempt, &counted, error);
    if (err != CW_OK || !counted.is_new || counted.route == 0)
        return err;
    if (!cw_u256_mul_u64(&fee, &attempt->gas_price.v, attempt->gas_used) &&
        !cw_u256_add(&fee, &fee, &attempt->data_fee.v) &&
        !cw_u256_add(&fee, &fee, &counted.fee)) /* else none of us has ever paid that */
        counted.fee = fee;
    struct cw_sql sql = cw_sql_open(store, insert, "step_cost", error);
    cw_sql_put_i64(&sql, 1, counted.route);
    cw_sql_put_text(&sql, 2, counted.step);
    cw_sql_put_u64_clamp(&sql, 3, counted.steps);
    cw_sql_put_i64(&sql, 4, !attempt->success);
    cw_sql_put_u64_clamp(&sql, 5, attempt->gas_used);
    cw_sql_put_u64_clamp(&sql, 6, counted.bytes);
    cw_sql_put_u256(&sql, 7, &counted.fee);
    return cw_sql_run(&sql);
}

/* --- reading ---------------------------------------------------------------------------------- */

static uint64_t percentile(const uint64_t n[CW_LEDGER_BUCKETS], uint64_t all, uint64_t percent) {
    uint64_t wanted = (all * percent + 99) / 100, seen = 0;
    for (int i = 0; i < CW_LEDGER_BUCKETS; i++) {
        seen += n[i];
        if (seen >= wanted && seen > 0)
            return cw_ledger_bucket_ms(i);
    }
    return 0;
}

static enum cw_err read_times(struct cw_store *store, int64_t route, enum cw_stage stage,
                              struct cw_store_stage_time *ret, struct cw_error *error) {
    static const char select[] = "SELECT bucket AS row, n, sum_ms FROM stage_time WHERE route = ?1"
                                 " AND stage = ?2";
    uint64_t n[CW_LEDGER_BUCKETS] = {0};
    struct cw_sql sql = cw_sql_open(store, select, "stage_time", error);
    *ret = (struct cw_store_stage_time){.stage = stage};
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, (int64_t)stage);
    while (cw_sql_step(&sql)) {
        const int bucket = cw_sql_get_int(&sql, 0, 0, CW_LEDGER_BUCKETS - 1);
        n[bucket] = cw_sql_get_u64(&sql, 1);
        ret->n += n[bucket];
        ret->sum_ms += cw_sql_get_u64(&sql, 2);
    }
    ret->p50_ms = percentile(n, ret->n, 50);
    ret->p95_ms = percentile(n, ret->n, 95);
    ret->p99_ms = percentile(n, ret->n, 99);
    return cw_sql_end(&sql);
}

static enum cw_err read_costs(struct cw_store *store, int64_t route, struct cw_arena *arena,
                              struct cw_store_ledger *ret, struct cw_error *error) {
    static const char select[] = "SELECT route AS row, step, transactions, steps, failed, gas,"
                                 " bytes, fee FROM step_cost WHERE route = ?1 ORDER BY step";
    struct cw_sql sql = cw_sql_open(store, select, "step_cost", error);
    cw_sql_put_i64(&sql, 1, route);
    struct cw_sql_list list = {.arena = arena, .size = sizeof *ret->steps};
    for (struct cw_store_step_cost *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        cw_sql_get_text(&sql, 1, out->step, sizeof out->step);
        out->transactions = cw_sql_get_u64(&sql, 2);
        out->steps = cw_sql_get_u64(&sql, 3);
        out->failed = cw_sql_get_u64(&sql, 4);
        out->gas = cw_sql_get_u64(&sql, 5);
        out->bytes = cw_sql_get_u64(&sql, 6);
        out->fee.v = cw_sql_get_u256(&sql, 7);
    }
    return cw_sql_list_end(&sql, &list, &ret->steps, &ret->steps_n);
}

enum cw_err cw_store_ledger(struct cw_store *store, int64_t route, struct cw_arena *arena,
                            struct cw_store_ledger *ret, struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (int stage = 0; err == CW_OK && stage <= CW_STAGE_EXECUTED_FINAL; stage++)
        err = read_times(store, route, (enum cw_stage)stage, &ret->stages[stage], error);
    return err == CW_OK ? read_costs(store, route, arena, ret, error) : err;
}
