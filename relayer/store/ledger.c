#include "store/ledger.h"

#include "store/sql.h"

#include <string.h>

#define STEPS 3u /* bits of a number behind its highest one that make its bucket */

/* Buckets of all days together have a day of their own, so that years are read like a day. */
#define ALL_DAYS (-1)

/* What a bucket counts. Stored: never renumber. */
enum what { GAS = 1, FEE = 2 };

/* --- buckets ---------------------------------------------------------------------------------- */

int cw_ledger_bucket(uint64_t value) {
    if (value < 1u << STEPS)
        return (int)value;
    const unsigned high = 63u - (unsigned)__builtin_clzll(value);
    return (int)(((high - STEPS + 1) << STEPS) + ((value >> (high - STEPS)) & 7u));
}

uint64_t cw_ledger_bucket_middle(int bucket) {
    const unsigned b = (unsigned)bucket;
    if (b < 1u << (STEPS + 1))
        return b;
    const unsigned shift = (b >> STEPS) - 1;
    return ((uint64_t)(8u + (b & 7u)) << shift) + (UINT64_C(1) << shift) / 2;
}

/* --- counting times --------------------------------------------------------------------------- */

static enum cw_err add_time(struct cw_store *store, int64_t route, enum cw_stage stage, int64_t day,
                            uint64_t ms, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO stage_day(route, stage, day, bucket, n, sum_ms) VALUES(?1, ?2, ?3, ?4, 1, ?5)"
        " ON CONFLICT DO UPDATE SET n = n + 1, sum_ms = sum_ms + excluded.sum_ms";
    struct cw_sql sql = cw_sql_open(store, insert, "stage_day", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, (int64_t)stage);
    cw_sql_put_i64(&sql, 3, day);
    cw_sql_put_i64(&sql, 4, cw_ledger_bucket(ms));
    cw_sql_put_u64_clamp(&sql, 5, ms);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_ledger_time(struct cw_store *store, int64_t route, enum cw_stage stage,
                                 uint64_t now_ms, uint64_t ms, struct cw_error *error) {
    const int64_t day = (int64_t)(now_ms / 1000 / CW_LEDGER_DAY_S);
    enum cw_err err = add_time(store, route, stage, day, ms, error);
    return err == CW_OK ? add_time(store, route, stage, ALL_DAYS, ms, error) : err;
}

/* --- counting costs --------------------------------------------------------------------------- */

/* A sum that no chain can reach stays at its end. */
static struct cw_u256 plus(const struct cw_u256 *a, const struct cw_u256 *b) {
    struct cw_u256 sum;
    if (cw_u256_add(&sum, a, b))
        memset(&sum, 0xff, sizeof sum);
    return sum;
}

static struct cw_u256 fee_of(const struct cw_u256 *price, uint64_t gas,
                             const struct cw_u256 *data_fee) {
    struct cw_u256 fee;
    if (cw_u256_mul_u64(&fee, price, gas))
        memset(&fee, 0xff, sizeof fee);
    return plus(&fee, data_fee);
}

static uint64_t saturated(const struct cw_u256 *value) {
    uint64_t out;
    return cw_u256_to_u64(&out, value) ? UINT64_MAX : out;
}

#define NUMBERS 13

/* Those that are added up, in the order in which they are stored. */
static void numbers_of(struct cw_store_cost *cost, uint64_t *ret[NUMBERS]) {
    uint64_t *const numbers[NUMBERS] = {
        &cost->transactions, &cost->n,           &cost->failed,
        &cost->gas,          &cost->raw_bytes,   &cost->calldata_bytes,
        &cost->proof_nodes,  &cost->proof_bytes, &cost->batches,
        &cost->batched,      &cost->batched_gas, &cost->alone_gas,
        &cost->together_gas};
    memcpy(ret, numbers, sizeof numbers);
}

/* Where a cost is counted. */
struct place {
    int64_t route;
    const char *step;
    uint64_t day;
};

static void put_place(struct cw_sql *sql, const struct place *place) {
    cw_sql_put_i64(sql, 1, place->route);
    cw_sql_put_text(sql, 2, place->step);
    cw_sql_put_u64_clamp(sql, 3, place->day);
}

/* Adds what was counted there before: numbers of 256 bits are no database's. */
static enum cw_err add_before(struct cw_store *store, const struct place *place,
                              struct cw_store_cost *cost, struct cw_error *error) {
    static const char select[] = "SELECT route AS row, fee, data_fee FROM cost"
                                 " WHERE route = ?1 AND step = ?2 AND day = ?3";
    struct cw_sql sql = cw_sql_open(store, select, "cost", error);
    put_place(&sql, place);
    if (cw_sql_step(&sql)) {
        const struct cw_u256 fee = cw_sql_get_u256(&sql, 1), data = cw_sql_get_u256(&sql, 2);
        cost->fee.v = plus(&cost->fee.v, &fee);
        cost->data_fee.v = plus(&cost->data_fee.v, &data);
    }
    return cw_sql_end(&sql);
}

static enum cw_err add_cost(struct cw_store *store, const struct place *place,
                            const struct cw_store_cost *more, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO cost(route, step, day, transactions, n, failed, gas, raw_bytes,"
        " calldata_bytes, proof_nodes, proof_bytes, batches, batched, batched_gas, alone_gas,"
        " together_gas, fee, data_fee)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
        " ON CONFLICT DO UPDATE SET transactions = transactions + ?4, n = n + ?5,"
        " failed = failed + ?6, gas = gas + ?7, raw_bytes = raw_bytes + ?8,"
        " calldata_bytes = calldata_bytes + ?9, proof_nodes = proof_nodes + ?10,"
        " proof_bytes = proof_bytes + ?11, batches = batches + ?12, batched = batched + ?13,"
        " batched_gas = batched_gas + ?14, alone_gas = alone_gas + ?15,"
        " together_gas = together_gas + ?16, fee = ?17, data_fee = ?18";
    struct cw_store_cost sum = *more;
    enum cw_err err = add_before(store, place, &sum, error);
    if (err != CW_OK)
        return err;
    uint64_t *numbers[NUMBERS];
    numbers_of(&sum, numbers);
    struct cw_sql sql = cw_sql_open(store, insert, "cost", error);
    put_place(&sql, place);
    for (int i = 0; i < NUMBERS; i++)
        cw_sql_put_u64_clamp(&sql, 4 + i, *numbers[i]);
    cw_sql_put_u256(&sql, 17, &sum.fee.v);
    cw_sql_put_u256(&sql, 18, &sum.data_fee.v);
    return cw_sql_run(&sql);
}

static enum cw_err add_on(struct cw_store *store, const struct place *place, int64_t day,
                          enum what what, uint64_t value, uint64_t n, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO cost_day(route, step, day, what, bucket, n) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT DO UPDATE SET n = n + excluded.n";
    struct cw_sql sql = cw_sql_open(store, insert, "cost_day", error);
    cw_sql_put_i64(&sql, 1, place->route);
    cw_sql_put_text(&sql, 2, place->step);
    cw_sql_put_i64(&sql, 3, day);
    cw_sql_put_i64(&sql, 4, (int64_t)what);
    cw_sql_put_i64(&sql, 5, cw_ledger_bucket(value));
    cw_sql_put_u64_clamp(&sql, 6, n);
    return cw_sql_run(&sql);
}

/* n equal ones. */
static enum cw_err add_each(struct cw_store *store, const struct place *place, enum what what,
                            uint64_t value, uint64_t n, struct cw_error *error) {
    enum cw_err err = add_on(store, place, (int64_t)place->day, what, value, n, error);
    return err == CW_OK ? add_on(store, place, ALL_DAYS, what, value, n, error) : err;
}

static enum cw_err count(struct cw_store *store, const struct place *place,
                         const struct cw_store_cost *cost, struct cw_error *error) {
    struct cw_u256 fee = cost->fee.v;
    (void)cw_u256_div_u64(&fee, &fee, cost->n);
    enum cw_err err = add_cost(store, place, cost, error);
    if (err == CW_OK)
        err = add_each(store, place, GAS, cost->gas / cost->n, cost->n, error);
    return err == CW_OK ? add_each(store, place, FEE, saturated(&fee), cost->n, error) : err;
}

/* What the store knows of an attempt before it is updated. *ret_route 0: it is not to be counted.
 */
static enum cw_err read_attempt(struct cw_store *store, const struct cw_store_attempt *attempt,
                                int64_t *ret_route, struct cw_store_cost *ret,
                                struct cw_error *error) {
    static const char select[] =
        "SELECT row, coalesce(route, 0), state, step, estimate, calldata_bytes, proof_nodes,"
        " proof_bytes, (SELECT length(raw) FROM bid WHERE bid.attempt = attempt.row AND"
        " bid.hash = ?2), (SELECT count(*) FROM item WHERE item.attempt = attempt.row),"
        " (SELECT sum(gas) FROM item WHERE item.attempt = attempt.row)"
        " FROM attempt WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    *ret = (struct cw_store_cost){.transactions = 1, .n = 1};
    *ret_route = 0;
    cw_sql_put_i64(&sql, 1, attempt->row);
    cw_sql_put_hash32(&sql, 2, &attempt->hash);
    if (cw_sql_step(&sql)) {
        if (cw_sql_get_int(&sql, 2, CW_ATTEMPT_SIGNED, CW_ATTEMPT_LOST) != CW_ATTEMPT_FINAL)
            *ret_route = cw_sql_get_i64(&sql, 1);
        cw_sql_get_text(&sql, 3, ret->step, sizeof ret->step);
        ret->calldata_bytes = cw_sql_get_u64(&sql, 5);
        ret->proof_nodes = cw_sql_get_u64(&sql, 6);
        ret->proof_bytes = cw_sql_get_u64(&sql, 7);
        ret->raw_bytes = cw_sql_is_null(&sql, 8) ? 0 : cw_sql_get_u64(&sql, 8);
        ret->batched = cw_sql_get_u64(&sql, 9);
        if (ret->batched > 0) {
            ret->n = ret->batched;
            ret->batches = 1;
            ret->together_gas = cw_sql_get_u64(&sql, 4);
            ret->alone_gas = cw_sql_get_u64(&sql, 10);
        }
    }
    return cw_sql_end(&sql);
}

enum cw_err cw_store_ledger_attempt(struct cw_store *store, const struct cw_store_attempt *attempt,
                                    bool *ret, struct cw_error *error) {
    struct cw_store_cost cost;
    int64_t route = 0;
    *ret = false;
    if (attempt->state != CW_ATTEMPT_FINAL)
        return CW_OK;
    enum cw_err err = read_attempt(store, attempt, &route, &cost, error);
    if (err != CW_OK || route == 0)
        return err;
    cost.failed = !attempt->success;
    cost.gas = attempt->gas_used;
    cost.batched_gas = cost.batches > 0 ? attempt->gas_used : 0;
    cost.fee.v = fee_of(&attempt->gas_price.v, attempt->gas_used, &attempt->data_fee.v);
    cost.data_fee = attempt->data_fee;
    const struct place place = {route, cost.step, attempt->block.timestamp_s / CW_LEDGER_DAY_S};
    *ret = true;
    return count(store, &place, &cost, error);
}

/* --- counting messages ------------------------------------------------------------------------ */

/* Its share of each of its transactions that is in a final block, and the day of the last one. n 0:
 * there is none, or one is still on its way. */
static enum cw_err read_shares(struct cw_store *store, int64_t message, uint64_t *ret_day,
                               struct cw_store_cost *ret, struct cw_error *error) {
#define SHARE "SELECT row, state, gas_used, gas_price, data_fee, success, block_time_s, "
    static const char select[] = SHARE
        "1 FROM attempt WHERE message = ?1 UNION ALL " SHARE
        "(SELECT count(*) FROM item WHERE item.attempt = attempt.row) FROM attempt"
        " WHERE row IN (SELECT attempt FROM item WHERE message = ?1)";
#undef SHARE
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    bool open = false;
    *ret = (struct cw_store_cost){.n = 1};
    *ret_day = 0;
    cw_sql_put_i64(&sql, 1, message);
    while (cw_sql_step(&sql)) {
        const int state = cw_sql_get_int(&sql, 1, CW_ATTEMPT_SIGNED, CW_ATTEMPT_LOST);
        const uint64_t gas = cw_sql_get_u64(&sql, 2);
        const struct cw_u256 price = cw_sql_get_u256(&sql, 3);
        struct cw_u256 data_fee = cw_sql_get_u256(&sql, 4);
        const uint64_t shares = (uint64_t)cw_sql_get_int(&sql, 7, 1, INT32_MAX);
        open = open || state < CW_ATTEMPT_FINAL;
        if (sql.err != CW_OK || state != CW_ATTEMPT_FINAL)
            continue;
        struct cw_u256 fee = fee_of(&price, gas, &data_fee);
        (void)cw_u256_div_u64(&fee, &fee, shares);
        (void)cw_u256_div_u64(&data_fee, &data_fee, shares);
        ret->transactions++;
        ret->failed += !cw_sql_get_bool(&sql, 5);
        ret->gas += gas / shares;
        ret->fee.v = plus(&ret->fee.v, &fee);
        ret->data_fee.v = plus(&ret->data_fee.v, &data_fee);
        const uint64_t day = cw_sql_get_u64(&sql, 6) / CW_LEDGER_DAY_S;
        *ret_day = day > *ret_day ? day : *ret_day;
    }
    ret->n = !open && ret->transactions > 0;
    return cw_sql_end(&sql);
}

/* *ret_route 0: it is not executed-final, or was counted. */
static enum cw_err to_be_counted(struct cw_store *store, int64_t message, int64_t *ret_route,
                                 struct cw_error *error) {
    static const char select[] =
        "SELECT row, route FROM message WHERE row = ?1 AND stage = 9 AND counted = 0";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, message);
    *ret_route = cw_sql_step(&sql) ? cw_sql_get_i64(&sql, 1) : 0;
    return cw_sql_end(&sql);
}

enum cw_err cw_store_ledger_message(struct cw_store *store, int64_t message,
                                    struct cw_error *error) {
    static const char update[] = "UPDATE message SET counted = 1 WHERE row = ?1";
    struct cw_store_cost cost;
    struct place place = {.step = ""};
    enum cw_err err = to_be_counted(store, message, &place.route, error);
    if (err != CW_OK || place.route == 0)
        return err;
    err = read_shares(store, message, &place.day, &cost, error);
    if (err != CW_OK || cost.n == 0)
        return err;
    err = count(store, &place, &cost, error);
    if (err != CW_OK)
        return err;
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, message);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_ledger_messages(struct cw_store *store, const struct cw_store_attempt *attempt,
                                     struct cw_error *error) {
    /* The caller's items are borrowed, and need not be there. */
    static const char select[] =
        "SELECT row, message FROM attempt WHERE row = ?1 AND message IS NOT NULL"
        " UNION ALL SELECT attempt, message FROM item WHERE attempt = ?1";
    enum { MOST = 256 };
    int64_t messages[MOST];
    size_t n = 0;
    struct cw_sql sql = cw_sql_open(store, select, "item", error);
    cw_sql_put_i64(&sql, 1, attempt->row);
    while (n < MOST && cw_sql_step(&sql))
        messages[n++] = cw_sql_get_i64(&sql, 1);
    enum cw_err err = cw_sql_end(&sql);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = cw_store_ledger_message(store, messages[i], error);
    return err;
}

/* --- reading ---------------------------------------------------------------------------------- */

static uint64_t percentile(const uint64_t n[CW_LEDGER_BUCKETS], uint64_t all, uint64_t percent) {
    uint64_t wanted = (all * percent + 99) / 100, seen = 0;
    for (int i = 0; i < CW_LEDGER_BUCKETS; i++) {
        seen += n[i];
        if (seen >= wanted && seen > 0)
            return cw_ledger_bucket_middle(i);
    }
    return 0;
}

/* Days whose buckets are added up. */
static void put_days(struct cw_sql *sql, int from, int to, uint64_t from_day) {
    cw_sql_put_i64(sql, from, from_day > 0 && from_day <= INT64_MAX ? (int64_t)from_day : ALL_DAYS);
    cw_sql_put_i64(sql, to, from_day > 0 ? INT64_MAX : ALL_DAYS);
}

static enum cw_err read_times(struct cw_store *store, int64_t route, uint64_t from_day,
                              enum cw_stage stage, struct cw_store_stage_time *ret,
                              struct cw_error *error) {
    static const char select[] =
        "SELECT bucket AS row, sum(n), sum(sum_ms) FROM stage_day WHERE route = ?1 AND stage = ?2"
        " AND day BETWEEN ?3 AND ?4 GROUP BY bucket";
    uint64_t n[CW_LEDGER_BUCKETS] = {0};
    struct cw_sql sql = cw_sql_open(store, select, "stage_day", error);
    *ret = (struct cw_store_stage_time){.stage = stage};
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, (int64_t)stage);
    put_days(&sql, 3, 4, from_day);
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

static enum cw_err read_spread(struct cw_store *store, const struct place *from, enum what what,
                               struct cw_store_spread *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT bucket AS row, sum(n) FROM cost_day WHERE route = ?1 AND step = ?2 AND what = ?3"
        " AND day BETWEEN ?4 AND ?5 GROUP BY bucket";
    uint64_t n[CW_LEDGER_BUCKETS] = {0}, all = 0;
    struct cw_sql sql = cw_sql_open(store, select, "cost_day", error);
    cw_sql_put_i64(&sql, 1, from->route);
    cw_sql_put_text(&sql, 2, from->step);
    cw_sql_put_i64(&sql, 3, (int64_t)what);
    put_days(&sql, 4, 5, from->day);
    while (cw_sql_step(&sql)) {
        const int bucket = cw_sql_get_int(&sql, 0, 0, CW_LEDGER_BUCKETS - 1);
        n[bucket] = cw_sql_get_u64(&sql, 1);
        all += n[bucket];
    }
    *ret = (struct cw_store_spread){percentile(n, all, 50), percentile(n, all, 95),
                                    percentile(n, all, 99)};
    return cw_sql_end(&sql);
}

static void add_up(struct cw_store_cost *to, struct cw_store_cost *more) {
    uint64_t *sums[NUMBERS], *numbers[NUMBERS];
    numbers_of(to, sums);
    numbers_of(more, numbers);
    for (int i = 0; i < NUMBERS; i++)
        *sums[i] += *numbers[i];
    to->fee.v = plus(&to->fee.v, &more->fee.v);
    to->data_fee.v = plus(&to->data_fee.v, &more->data_fee.v);
}

/* One of each step, out of those of its days, which stand together. */
static size_t fold(struct cw_store_cost *rows, size_t n) {
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        if (out > 0 && strcmp(rows[out - 1].step, rows[i].step) == 0)
            add_up(&rows[out - 1], &rows[i]);
        else
            rows[out++] = rows[i];
    }
    return out;
}

static enum cw_err read_costs(struct cw_store *store, int64_t route, uint64_t from_day,
                              struct cw_arena *arena, struct cw_store_cost **ret, size_t *ret_n,
                              struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, step, transactions, n, failed, gas, raw_bytes, calldata_bytes,"
        " proof_nodes, proof_bytes, batches, batched, batched_gas, alone_gas, together_gas, fee,"
        " data_fee FROM cost WHERE route = ?1 AND day >= ?2 ORDER BY step, day";
    struct cw_sql sql = cw_sql_open(store, select, "cost", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, from_day);
    for (struct cw_store_cost *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        uint64_t *numbers[NUMBERS];
        numbers_of(out, numbers);
        cw_sql_get_text(&sql, 1, out->step, sizeof out->step);
        for (int i = 0; i < NUMBERS; i++)
            *numbers[i] = cw_sql_get_u64(&sql, 2 + i);
        out->fee.v = cw_sql_get_u256(&sql, 15);
        out->data_fee.v = cw_sql_get_u256(&sql, 16);
    }
    enum cw_err err = cw_sql_list_end(&sql, &list, ret, ret_n);
    if (err == CW_OK)
        *ret_n = fold(*ret, *ret_n);
    return err;
}

static enum cw_err read_spreads(struct cw_store *store, int64_t route, uint64_t from_day,
                                struct cw_store_cost *cost, struct cw_error *error) {
    const struct place from = {route, cost->step, from_day};
    enum cw_err err = read_spread(store, &from, GAS, &cost->gas_each, error);
    return err == CW_OK ? read_spread(store, &from, FEE, &cost->fee_each, error) : err;
}

enum cw_err cw_store_ledger(struct cw_store *store, int64_t route, uint64_t from_day,
                            struct cw_arena *arena, struct cw_store_ledger *ret,
                            struct cw_error *error) {
    struct cw_store_ledger ledger = {0};
    enum cw_err err = CW_OK;
    for (int stage = 0; err == CW_OK && stage <= CW_STAGE_EXECUTED_FINAL; stage++)
        err = read_times(store, route, from_day, (enum cw_stage)stage, &ledger.stages[stage],
                         error);
    if (err == CW_OK)
        err = read_costs(store, route, from_day, arena, &ledger.steps, &ledger.steps_n, error);
    for (size_t i = 0; err == CW_OK && i < ledger.steps_n; i++)
        err = read_spreads(store, route, from_day, &ledger.steps[i], error);
    if (err != CW_OK)
        return err;
    if (ledger.steps_n > 0 && ledger.steps[0].step[0] == '\0') { /* messages sort first */
        ledger.messages = *ledger.steps++;
        ledger.steps_n--;
    }
    *ret = ledger;
    return CW_OK;
}
