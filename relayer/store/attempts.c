/* Signed transactions and the lanes that they stand in. */
#include "store/ledger.h"
#include "store/messages.h"
#include "store/sql.h"

#include <string.h>

#define SPENT_FRESH_MS 60000u

const char *cw_attempt_state_name(enum cw_attempt_state state) {
    switch (state) {
    case CW_ATTEMPT_SIGNED:
        return "signed";
    case CW_ATTEMPT_SENT:
        return "sent";
    case CW_ATTEMPT_INCLUDED:
        return "included";
    case CW_ATTEMPT_FINAL:
        return "final";
    case CW_ATTEMPT_LOST:
        return "lost";
    }
    return "?";
}

/* --- reading ---------------------------------------------------------------------------------- */

#define ATTEMPT_COLUMNS                                                                            \
    "SELECT a.row, message, chain, signer, nonce, step, a.hash, a.gas_limit, a.max_fee,"           \
    " a.max_tip, state, success, block_number, block_hash, block_time_s, gas_used, gas_price,"     \
    " a.signed_ms, sent_ms, included_ms, raw, cancelled,"                                          \
    " (SELECT count(*) FROM bid WHERE bid.attempt = a.row), reorged, kept_block, a.data_fee,"      \
    " data_gas, estimate, calldata_bytes, proof_nodes, proof_bytes, coalesce(route, 0)"            \
    " FROM attempt AS a LEFT JOIN bid ON bid.hash = a.hash "

static void attempt_read(struct cw_sql *sql, struct cw_arena *arena, struct cw_store_attempt *out) {
    memset(out, 0, sizeof *out);
    out->row = cw_sql_get_i64(sql, 0);
    out->message = cw_sql_is_null(sql, 1) ? 0 : cw_sql_get_i64(sql, 1);
    out->chain = cw_sql_get_i64(sql, 2);
    out->signer = cw_sql_get_addr20(sql, 3);
    out->nonce = cw_sql_get_u64(sql, 4);
    cw_sql_get_text(sql, 5, out->step, sizeof out->step);
    out->hash = cw_sql_get_hash32(sql, 6);
    out->gas_limit = cw_sql_get_u64(sql, 7);
    out->max_fee.v = cw_sql_get_u256(sql, 8);
    out->max_tip.v = cw_sql_get_u256(sql, 9);
    out->state = (enum cw_attempt_state)cw_sql_get_int(sql, 10, CW_ATTEMPT_SIGNED, CW_ATTEMPT_LOST);
    out->success = cw_sql_get_bool(sql, 11);
    out->block.number.v = cw_sql_get_u64(sql, 12);
    if (!cw_sql_is_null(sql, 13))
        out->block.hash = cw_sql_get_hash32(sql, 13);
    out->block.timestamp_s = cw_sql_get_u64(sql, 14);
    out->gas_used = cw_sql_get_u64(sql, 15);
    out->gas_price.v = cw_sql_get_u256(sql, 16);
    out->signed_ms = cw_sql_get_u64(sql, 17);
    out->sent_ms = cw_sql_get_u64(sql, 18);
    out->included_ms = cw_sql_get_u64(sql, 19);
    out->raw = cw_sql_get_blob(sql, 20, arena);
    out->cancelled = cw_sql_get_bool(sql, 21);
    out->bids = (unsigned)cw_sql_get_int(sql, 22, 0, INT32_MAX);
    out->reorged = cw_sql_get_bool(sql, 23);
    out->kept_block = cw_sql_get_u64(sql, 24);
    out->data_fee.v = cw_sql_get_u256(sql, 25);
    out->data_gas = cw_sql_get_u64(sql, 26);
    out->estimate = cw_sql_get_u64(sql, 27);
    out->calldata_bytes = cw_sql_get_u64(sql, 28);
    out->proof_nodes = cw_sql_get_u64(sql, 29);
    out->proof_bytes = cw_sql_get_u64(sql, 30);
    out->route = cw_sql_get_i64(sql, 31);
}

static enum cw_err items_read(struct cw_store *store, struct cw_arena *arena,
                              struct cw_store_attempt *attempt, struct cw_error *error) {
    static const char select[] =
        "SELECT attempt AS row, message, gas FROM item WHERE attempt = ?1 ORDER BY message";
    struct cw_sql sql = cw_sql_open(store, select, "item", error);
    cw_sql_put_i64(&sql, 1, attempt->row);
    struct cw_sql_list list = {.arena = arena, .size = sizeof *attempt->items};
    for (struct cw_store_item *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->message = cw_sql_get_i64(&sql, 1);
        out->gas = cw_sql_get_u64(&sql, 2);
    }
    return cw_sql_list_end(&sql, &list, &attempt->items, &attempt->items_n);
}

static enum cw_err attempts_read(struct cw_sql *sql, struct cw_arena *arena,
                                 struct cw_store_attempt **ret, size_t *ret_n) {
    struct cw_store *store = sql->store;
    struct cw_error *error = sql->error;
    struct cw_store_attempt *rows = NULL;
    size_t n = 0;
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_attempt *out; (out = cw_sql_next(sql, &list)) != NULL;) {
        attempt_read(sql, arena, out);
    }
    enum cw_err err = cw_sql_list_end(sql, &list, &rows, &n);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        if (rows[i].message == 0)
            err = items_read(store, arena, &rows[i], error);
    if (err == CW_OK) {
        *ret = rows;
        *ret_n = n;
    }
    return err;
}

enum cw_err cw_store_attempts_open(struct cw_store *store, int64_t chain,
                                   const struct cw_addr20 *signer, struct cw_arena *arena,
                                   struct cw_store_attempt **ret, size_t *ret_n,
                                   struct cw_error *error) {
    static const char select[] = ATTEMPT_COLUMNS
        "WHERE chain = ?1 AND signer = ?2 AND state IN (1, 2, 3) ORDER BY nonce";
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_addr20(&sql, 2, signer);
    return attempts_read(&sql, arena, ret, ret_n);
}

enum cw_err cw_store_attempts_of(struct cw_store *store, int64_t message, struct cw_arena *arena,
                                 struct cw_store_attempt **ret, size_t *ret_n,
                                 struct cw_error *error) {
    static const char select[] = ATTEMPT_COLUMNS
        "WHERE message = ?1 OR a.row IN (SELECT attempt FROM item WHERE message = ?1)"
        " ORDER BY a.row";
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    cw_sql_put_i64(&sql, 1, message);
    return attempts_read(&sql, arena, ret, ret_n);
}

enum cw_err cw_store_attempts(struct cw_store *store, const struct cw_store_attempt_filter *filter,
                              struct cw_arena *arena, struct cw_store_attempt **ret, size_t *ret_n,
                              struct cw_error *error) {
#define BEHIND                                                                                     \
    "(a.signed_ms, a.row) < (coalesce((SELECT signed_ms FROM attempt WHERE row = ?1),"             \
    " 9223372036854775807), ?1) AND a.signed_ms >= ?2"                                             \
    " ORDER BY a.signed_ms DESC, a.row DESC LIMIT ?3"
    static const char any[] = ATTEMPT_COLUMNS "WHERE " BEHIND;
    static const char of_route[] = ATTEMPT_COLUMNS "WHERE a.route = ?4 AND " BEHIND;
    struct cw_sql sql = cw_sql_open(store, filter->route != 0 ? of_route : any, "attempt", error);
    cw_sql_put_i64(&sql, 1, filter->before_row != 0 ? filter->before_row : INT64_MAX);
    cw_sql_put_u64_clamp(&sql, 2, filter->since_ms);
    cw_sql_put_u64_clamp(&sql, 3, filter->limit);
    if (filter->route != 0)
        cw_sql_put_i64(&sql, 4, filter->route);
    return attempts_read(&sql, arena, ret, ret_n);
}

/* Adds up what each row of the statement (row, state, gas_limit, max_fee, gas_used, gas_price,
 * data_fee, shares) cost or may cost: of what is shared, one of so many equal shares. */
static enum cw_err add_fees(struct cw_sql *sql, struct cw_wei *ret) {
    struct cw_u256 sum = {{0}};
    while (cw_sql_step(sql)) {
        int state = cw_sql_get_int(sql, 1, CW_ATTEMPT_SIGNED, CW_ATTEMPT_LOST);
        uint64_t gas_limit = cw_sql_get_u64(sql, 2);
        struct cw_u256 max_fee = cw_sql_get_u256(sql, 3);
        uint64_t gas_used = cw_sql_get_u64(sql, 4);
        struct cw_u256 gas_price = cw_sql_get_u256(sql, 5);
        struct cw_u256 data_fee = cw_sql_get_u256(sql, 6);
        int shares = cw_sql_get_int(sql, 7, 1, INT32_MAX);
        if (sql->err != CW_OK)
            break;
        if (state == CW_ATTEMPT_LOST)
            continue;
        bool paid = state == CW_ATTEMPT_INCLUDED || state == CW_ATTEMPT_FINAL;
        struct cw_u256 fee;
        const struct cw_u256 one = cw_u256_from_u64(1);
        bool over = cw_u256_mul_u64(&fee, paid ? &gas_price : &max_fee,
                                    paid ? gas_used : gas_limit) ||
                    cw_u256_add(&fee, &fee, &data_fee);
        if (shares > 1 && cw_u256_div_u64(&fee, &fee, (uint64_t)shares) != 0)
            over = cw_u256_add(&fee, &fee, &one) || over;
        if (over || cw_u256_add(&sum, &sum, &fee)) {
            sql->err = cw_error_set(sql->error, CW_ERR_LIMIT,
                                    "%s: fees add up to more than 256 bits", sql->store->path);
            break;
        }
    }
    enum cw_err err = cw_sql_end(sql);
    if (err == CW_OK)
        ret->v = sum;
    return err;
}

#define FEE_COLUMNS "SELECT row, state, gas_limit, max_fee, gas_used, gas_price, data_fee, "

/* --- what a route has spent, at most --------------------------------------------------------- */

void cw_store_spent_forget(struct cw_store *store) {
    memset(store->spent, 0, sizeof store->spent);
}

static struct cw_store_spent *spent_of(struct cw_store *store, int64_t route) {
    return &store->spent[(uint64_t)route % CW_STORE_SPENT];
}

/* An attempt was added; when its transaction does not last, it counts too much, and not too little.
 */
static enum cw_err spent_more(struct cw_store *store, int64_t attempt, struct cw_error *error) {
    static const char select_route[] =
        "SELECT coalesce(route, 0) AS row FROM attempt WHERE row = ?1";
    static const char select[] = FEE_COLUMNS "1 FROM attempt WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select_route, "attempt", error);
    cw_sql_put_i64(&sql, 1, attempt);
    int64_t route = cw_sql_step(&sql) ? cw_sql_get_i64(&sql, 0) : 0;
    enum cw_err err = cw_sql_end(&sql);
    struct cw_store_spent *spent = spent_of(store, route);
    if (err != CW_OK || spent->route == 0 || spent->route != route)
        return err;
    struct cw_wei fee;
    struct cw_u256 sum;
    sql = cw_sql_open(store, select, "attempt", error);
    cw_sql_put_i64(&sql, 1, attempt);
    err = add_fees(&sql, &fee);
    if (err == CW_OK && cw_u256_add(&sum, &spent->at_most.v, &fee.v))
        spent->route = 0;
    else if (err == CW_OK)
        spent->at_most.v = sum;
    return err;
}

/* A transaction for that step of the message is not settled, its own or one that it shares. */
#define UNDER_WAY(message, step)                                                                   \
    "(EXISTS (SELECT 1 FROM attempt WHERE message = " message " AND step = " step                  \
    " AND state IN (1, 2, 3)) OR EXISTS (SELECT 1 FROM item JOIN attempt AS shared"                \
    " ON shared.row = item.attempt WHERE item.message = " message " AND shared.step = " step       \
    " AND shared.state IN (1, 2, 3)))"

/* --- writing ---------------------------------------------------------------------------------- */

/* Says which of the guards it ran into. */
static enum cw_err taken(struct cw_store *store, const struct cw_store_attempt *attempt,
                         struct cw_error *error) {
    static const char select[] =
        "SELECT row FROM attempt WHERE chain = ?1 AND signer = ?2 AND nonce = ?3";
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    cw_sql_put_i64(&sql, 1, attempt->chain);
    cw_sql_put_addr20(&sql, 2, &attempt->signer);
    cw_sql_put_u64(&sql, 3, attempt->nonce);
    bool nonce_taken = cw_sql_step(&sql);
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    if (nonce_taken)
        return cw_error_set(error, CW_ERR_BUSY, "nonce %llu has its transaction already",
                            (unsigned long long)attempt->nonce);
    return cw_error_set(error, CW_ERR_BUSY,
                        "the message has a %s under way already, or that very transaction is known",
                        attempt->step);
}

static enum cw_err insert_attempt(struct cw_store *store, const struct cw_store_attempt *attempt,
                                  int64_t *ret_row, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO attempt(message, route, chain, signer, nonce, step, hash, gas_limit, max_fee,"
        " max_tip, state, gas_price, signed_ms, cancelled, data_fee, data_gas, estimate,"
        " calldata_bytes, proof_nodes, proof_bytes)"
        " SELECT ?1, (SELECT route FROM message WHERE row = coalesce(?1, ?16)), ?2, ?3, ?4, ?5, ?6,"
        " ?7, ?8, ?9, 1, ?10, ?11, ?12, ?13, ?14, ?15, ?17, ?18, ?19 WHERE ?1 IS NULL OR "
        "NOT " UNDER_WAY("?1", "?5") " RETURNING row";
    static const struct cw_u256 zero = {{0}};
    struct cw_sql sql = cw_sql_open(store, insert, "attempt", error);
    if (attempt->message != 0)
        cw_sql_put_i64(&sql, 1, attempt->message);
    cw_sql_put_i64(&sql, 2, attempt->chain);
    cw_sql_put_addr20(&sql, 3, &attempt->signer);
    cw_sql_put_u64(&sql, 4, attempt->nonce);
    cw_sql_put_text(&sql, 5, attempt->step);
    cw_sql_put_hash32(&sql, 6, &attempt->hash);
    cw_sql_put_u64(&sql, 7, attempt->gas_limit);
    cw_sql_put_u256(&sql, 8, &attempt->max_fee.v);
    cw_sql_put_u256(&sql, 9, &attempt->max_tip.v);
    cw_sql_put_u256(&sql, 10, &zero);
    cw_sql_put_u64_clamp(&sql, 11, attempt->signed_ms);
    cw_sql_put_i64(&sql, 12, attempt->cancelled);
    cw_sql_put_u256(&sql, 13, &attempt->data_fee.v);
    cw_sql_put_u64(&sql, 14, attempt->data_gas);
    cw_sql_put_u64(&sql, 15, attempt->estimate);
    cw_sql_put_u64(&sql, 17, attempt->calldata_bytes);
    cw_sql_put_u64(&sql, 18, attempt->proof_nodes);
    cw_sql_put_u64(&sql, 19, attempt->proof_bytes);
    if (attempt->items_n > 0)
        cw_sql_put_i64(&sql, 16, attempt->items[0].message);
    int64_t row = 0;
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    bool unique = sql.err == CW_ERR_INPUT && cw_sql_is_unique_violation(store);
    enum cw_err err = cw_sql_end(&sql);
    if (unique || (err == CW_OK && row == 0))
        return taken(store, attempt, error);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

static enum cw_err insert_bid(struct cw_store *store, int64_t attempt,
                              const struct cw_store_bid *bid, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO bid(attempt, hash, gas_limit, max_fee, max_tip, cancels, raw, signed_ms, why,"
        " data_fee) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    char why[sizeof bid->why];
    cw_store_text(why, sizeof why, bid->why);
    struct cw_sql sql = cw_sql_open(store, insert, "bid", error);
    cw_sql_put_i64(&sql, 1, attempt);
    cw_sql_put_hash32(&sql, 2, &bid->hash);
    cw_sql_put_u64(&sql, 3, bid->gas_limit);
    cw_sql_put_u256(&sql, 4, &bid->max_fee.v);
    cw_sql_put_u256(&sql, 5, &bid->max_tip.v);
    cw_sql_put_i64(&sql, 6, bid->cancels);
    cw_sql_put_blob(&sql, 7, bid->raw);
    cw_sql_put_u64_clamp(&sql, 8, bid->signed_ms);
    cw_sql_put_text(&sql, 9, why);
    cw_sql_put_u256(&sql, 10, &bid->data_fee.v);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_lane_advance(struct cw_store *store, int64_t chain,
                                  const struct cw_addr20 *signer, uint64_t next_nonce,
                                  struct cw_error *error) {
    static const char upsert[] =
        "INSERT INTO lane(chain, signer, next_nonce) VALUES(?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET next_nonce = max(next_nonce, excluded.next_nonce)";
    struct cw_sql sql = cw_sql_open(store, upsert, "lane", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_addr20(&sql, 2, signer);
    cw_sql_put_u64(&sql, 3, next_nonce);
    return cw_sql_run(&sql);
}

static enum cw_err insert_items(struct cw_store *store, const struct cw_store_attempt *attempt,
                                int64_t row, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO item(attempt, message, gas) SELECT ?1, ?2, ?3 WHERE NOT " UNDER_WAY("?2",
                                                                                         "?4");
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < attempt->items_n; i++) {
        struct cw_sql sql = cw_sql_open(store, insert, "item", error);
        cw_sql_put_i64(&sql, 1, row);
        cw_sql_put_i64(&sql, 2, attempt->items[i].message);
        cw_sql_put_u64(&sql, 3, attempt->items[i].gas);
        cw_sql_put_text(&sql, 4, attempt->step);
        err = cw_sql_run(&sql);
        if (err == CW_OK && sqlite3_changes(store->db) != 1)
            err = cw_error_set(error, CW_ERR_BUSY, "a message has a %s under way already",
                               attempt->step);
    }
    return err;
}

enum cw_err cw_store_attempt_add(struct cw_store *store, const struct cw_store_attempt *attempt,
                                 int64_t *ret_row, struct cw_error *error) {
    if (attempt->raw.n == 0 || attempt->step[0] == 0)
        return cw_error_set(error, CW_ERR_INPUT, "an attempt needs its signed bytes and a step");
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    int64_t row = 0;
    err = insert_attempt(store, attempt, &row, error);
    const struct cw_store_bid bid = {
        .hash = attempt->hash,
        .raw = attempt->raw,
        .gas_limit = attempt->gas_limit,
        .max_fee = attempt->max_fee,
        .max_tip = attempt->max_tip,
        .data_fee = attempt->data_fee,
        .cancels = attempt->cancelled,
        .signed_ms = attempt->signed_ms,
    };
    if (err == CW_OK)
        err = insert_items(store, attempt, row, error);
    if (err == CW_OK)
        err = insert_bid(store, row, &bid, error);
    if (err == CW_OK)
        err = cw_store_lane_advance(store, attempt->chain, &attempt->signer, attempt->nonce + 1,
                                    error);
    if (err == CW_OK)
        err = spent_more(store, row, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

/* The bid stands in the attempt's place; state 1, as nobody has seen it yet. */
static enum cw_err put_bid_first(struct cw_store *store, int64_t attempt,
                                 const struct cw_hash32 *hash, struct cw_error *error) {
    static const char update[] =
        "UPDATE attempt SET state = 1, hash = bid.hash, gas_limit = bid.gas_limit,"
        " max_fee = bid.max_fee, max_tip = bid.max_tip, data_fee = bid.data_fee,"
        " cancelled = bid.cancels, kept_block = 0"
        " FROM bid WHERE attempt.row = ?1 AND attempt.state IN (1, 2) AND bid.hash = ?2";
    struct cw_sql sql = cw_sql_open(store, update, "attempt", error);
    cw_sql_put_i64(&sql, 1, attempt);
    cw_sql_put_hash32(&sql, 2, hash);
    enum cw_err err = cw_sql_run(&sql);
    cw_store_spent_forget(store);
    if (err == CW_OK && sqlite3_changes(store->db) != 1)
        return cw_error_set(error, CW_ERR_BUSY,
                            "its nonce is used, or nothing was signed for it: row %lld",
                            (long long)attempt);
    return err;
}

enum cw_err cw_store_attempt_bid(struct cw_store *store, int64_t attempt,
                                 const struct cw_store_bid *bid, struct cw_error *error) {
    if (bid->raw.n == 0)
        return cw_error_set(error, CW_ERR_INPUT, "a bid needs its signed bytes");
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = insert_bid(store, attempt, bid, error);
    if (err == CW_OK)
        err = put_bid_first(store, attempt, &bid->hash, error);
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_bids(struct cw_store *store, int64_t attempt, struct cw_arena *arena,
                          struct cw_store_bid **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT row, hash, gas_limit, max_fee, max_tip, cancels, raw,"
        " signed_ms, why, data_fee FROM bid WHERE attempt = ?1 ORDER BY row";
    struct cw_sql sql = cw_sql_open(store, select, "bid", error);
    cw_sql_put_i64(&sql, 1, attempt);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_bid *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->hash = cw_sql_get_hash32(&sql, 1);
        out->gas_limit = cw_sql_get_u64(&sql, 2);
        out->max_fee.v = cw_sql_get_u256(&sql, 3);
        out->max_tip.v = cw_sql_get_u256(&sql, 4);
        out->cancels = cw_sql_get_bool(&sql, 5);
        out->raw = cw_sql_get_blob(&sql, 6, arena);
        out->signed_ms = cw_sql_get_u64(&sql, 7);
        cw_sql_get_text(&sql, 8, out->why, sizeof out->why);
        out->data_fee.v = cw_sql_get_u256(&sql, 9);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

#define UPDATE_ATTEMPT                                                                             \
    "UPDATE attempt SET state = ?2, success = ?3, block_number = ?4, block_hash = ?5,"             \
    " block_time_s = ?6, gas_used = ?7, gas_price = ?8, sent_ms = ?9, included_ms = ?10,"          \
    " kept_block = ?12, data_fee = ?13, data_gas = ?14"

/* How many rows it changed is left to be read. */
static enum cw_err run_update(struct cw_store *store, const char *text,
                              const struct cw_store_attempt *attempt, struct cw_error *error) {
    bool placed = attempt->state == CW_ATTEMPT_INCLUDED || attempt->state == CW_ATTEMPT_FINAL;
    struct cw_sql sql = cw_sql_open(store, text, "attempt", error);
    cw_sql_put_i64(&sql, 1, attempt->row);
    cw_sql_put_i64(&sql, 2, (int64_t)attempt->state);
    cw_sql_put_i64(&sql, 3, attempt->success);
    cw_sql_put_u64(&sql, 4, attempt->block.number.v);
    cw_sql_put_hash32(&sql, 5, placed ? &attempt->block.hash : NULL);
    cw_sql_put_u64_clamp(&sql, 6, attempt->block.timestamp_s);
    cw_sql_put_u64(&sql, 7, attempt->gas_used);
    cw_sql_put_u256(&sql, 8, &attempt->gas_price.v);
    cw_sql_put_u64_clamp(&sql, 9, attempt->sent_ms);
    cw_sql_put_u64_clamp(&sql, 10, attempt->included_ms);
    cw_sql_put_hash32(&sql, 11, &attempt->hash);
    cw_sql_put_u64(&sql, 12, attempt->kept_block);
    cw_sql_put_u256(&sql, 13, &attempt->data_fee.v);
    cw_sql_put_u64(&sql, 14, attempt->data_gas);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_attempt_update(struct cw_store *store, const struct cw_store_attempt *attempt,
                                    struct cw_error *error) {
    /* Mostly the bid is the same as before: nothing of it is written, nor its indices. */
    static const char same[] = UPDATE_ATTEMPT " WHERE row = ?1 AND hash = ?11";
    static const char other[] = UPDATE_ATTEMPT
        ", hash = bid.hash, gas_limit = bid.gas_limit, max_fee = bid.max_fee,"
        " max_tip = bid.max_tip, cancelled = bid.cancels"
        " FROM bid WHERE attempt.row = ?1 AND bid.attempt = ?1 AND bid.hash = ?11";
    bool counted = false;
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = cw_store_ledger_attempt(store, attempt, &counted, error);
    if (err == CW_OK)
        err = run_update(store, same, attempt, error);
    if (err == CW_OK && sqlite3_changes(store->db) == 0)
        err = run_update(store, other, attempt, error);
    if (err == CW_OK && sqlite3_changes(store->db) != 1)
        err = cw_error_set(error, CW_ERR_INPUT,
                           "%s: there is no attempt in row %lld, or it never had that bid",
                           store->path, (long long)attempt->row);
    if (err == CW_OK && counted)
        err = cw_store_ledger_messages(store, attempt, error);
    return cw_sql_group_close(store, err, error);
}

/* --- lanes and what they cost ----------------------------------------------------------------- */

enum cw_err cw_store_lane_nonce(struct cw_store *store, int64_t chain,
                                const struct cw_addr20 *signer, bool *ret_found, uint64_t *ret,
                                struct cw_error *error) {
    static const char select[] =
        "SELECT chain AS row, next_nonce FROM lane WHERE chain = ?1 AND signer = ?2";
    struct cw_sql sql = cw_sql_open(store, select, "lane", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_addr20(&sql, 2, signer);
    bool found = cw_sql_step(&sql);
    uint64_t nonce = found ? cw_sql_get_u64(&sql, 1) : 0;
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK) {
        *ret_found = found;
        *ret = nonce;
    }
    return err;
}

enum cw_err cw_store_spent(struct cw_store *store, int64_t route, uint64_t since_ms,
                           struct cw_wei *ret, struct cw_error *error) {
    static const char select[] = FEE_COLUMNS "1 FROM attempt WHERE route = ?1 AND signed_ms >= ?2";
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, since_ms);
    enum cw_err err = add_fees(&sql, ret);
    if (err == CW_OK)
        *spent_of(store, route) = (struct cw_store_spent){route, since_ms, *ret};
    return err;
}

enum cw_err cw_store_spent_at_most(struct cw_store *store, int64_t route, uint64_t since_ms,
                                   struct cw_wei *ret, struct cw_error *error) {
    const struct cw_store_spent *spent = spent_of(store, route);
    if (spent->route != route || route == 0 || since_ms < spent->since_ms ||
        since_ms - spent->since_ms > SPENT_FRESH_MS)
        return cw_store_spent(store, route, since_ms, ret, error);
    *ret = spent->at_most;
    return CW_OK;
}

enum cw_err cw_store_spent_on(struct cw_store *store, int64_t message, struct cw_wei *ret,
                              struct cw_error *error) {
    static const char select[] = FEE_COLUMNS
        "1 FROM attempt WHERE message = ?1 UNION ALL " FEE_COLUMNS
        "(SELECT count(*) FROM item WHERE item.attempt = attempt.row) FROM attempt"
        " WHERE row IN (SELECT attempt FROM item WHERE message = ?1)";
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    cw_sql_put_i64(&sql, 1, message);
    return add_fees(&sql, ret);
}

/* --- what is shared --------------------------------------------------------------------------- */

enum cw_err cw_store_was_batched(struct cw_store *store, int64_t message, const char *step,
                                 bool *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT attempt.row FROM item JOIN attempt ON attempt.row = item.attempt"
        " WHERE item.message = ?1 AND step = ?2 AND state IN (3, 4) AND cancelled = 0 LIMIT 1";
    struct cw_sql sql = cw_sql_open(store, select, "item", error);
    cw_sql_put_i64(&sql, 1, message);
    cw_sql_put_text(&sql, 2, step);
    bool found = cw_sql_step(&sql);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = found;
    return err;
}

enum cw_err cw_store_saved(struct cw_store *store, int64_t route, struct cw_store_saved *ret,
                           struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, sum(batches), sum(batched), sum(batched_gas),"
        " sum(transactions - batches), sum(gas - batched_gas) FROM cost WHERE route = ?1"
        " AND step IN (SELECT step FROM cost WHERE route = ?1 AND batches > 0) GROUP BY route";
    struct cw_sql sql = cw_sql_open(store, select, "cost", error);
    cw_sql_put_i64(&sql, 1, route);
    struct cw_store_saved saved = {0};
    if (cw_sql_step(&sql))
        saved = (struct cw_store_saved){cw_sql_get_u64(&sql, 1), cw_sql_get_u64(&sql, 2),
                                        cw_sql_get_u64(&sql, 3), cw_sql_get_u64(&sql, 4),
                                        cw_sql_get_u64(&sql, 5)};
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = saved;
    return err;
}
