/* What goes with a block that is gone: messages that were sent in it, what was decided on it, and
 * transactions that were included in it. */
#include "store/messages.h"
#include "store/sql.h"

#include <stdio.h>
#include <string.h>

/* --- messages whose block is gone ------------------------------------------------------------- */

/* A message that a reorganization changes, and the line that says so; row 0: none. */
struct hit {
    int64_t row;
    struct cw_store_history line;
};

/* Takes (row, stage, condition, …) of the one row that there may be. */
static bool hit_read(struct cw_sql *sql, struct hit *hit) {
    if (!cw_sql_step(sql))
        return false;
    struct cw_store_history *line = &hit->line;
    hit->row = cw_sql_get_i64(sql, 0);
    line->stage = (enum cw_stage)cw_sql_get_int(sql, 1, CW_STAGE_SEEN, CW_STAGE_EXECUTED_FINAL);
    line->condition = (enum cw_condition)cw_sql_get_int(sql, 2, CW_READY, CW_DONE);
    snprintf(line->kind, sizeof line->kind, "reorg");
    return true;
}

/* The next message above the block that is not marked yet. */
static enum cw_err next_orphan(struct cw_store *store, int64_t chain, struct cw_block_number above,
                               struct hit *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT row, stage, condition, block_number, block_hash, block_time_s, tx_hash,"
        " (SELECT source FROM route WHERE route.row = message.route) FROM message"
        " INDEXED BY message_source WHERE chain = ?1 AND block_number > ?2 AND orphaned = 0 LIMIT "
        "1";
    struct hit orphan = {0};
    struct cw_store_history *line = &orphan.line;
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, above.v);
    if (hit_read(&sql, &orphan)) {
        line->side = (enum cw_side)cw_sql_get_int(&sql, 7, CW_SETTLEMENT, CW_EXECUTION);
        line->has_block = line->has_tx = true;
        line->block.number.v = cw_sql_get_u64(&sql, 3);
        line->block.hash = cw_sql_get_hash32(&sql, 4);
        line->block.timestamp_s = cw_sql_get_u64(&sql, 5);
        line->tx = cw_sql_get_hash32(&sql, 6);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = orphan;
    return err;
}

static enum cw_err mark_orphan(struct cw_store *store, struct hit *orphan, uint64_t now_ms,
                               struct cw_error *error) {
    static const char update[] =
        "UPDATE message SET orphaned = 1, condition = CASE WHEN condition = 3 THEN 3 ELSE 2 END,"
        " reason = CASE WHEN condition = 3 THEN reason ELSE 'reorged' END,"
        " detail = CASE WHEN condition = 3 THEN detail ELSE ?3 END,"
        " due_chain_s = 0, due_ms = 0, failures = 0, changed_ms = ?2, " CW_STORE_DEADLINE_AGAIN
        " WHERE row = ?1";
    struct cw_store_history *line = &orphan->line;
    const char *but = line->stage >= CW_STAGE_EXECUTED ? "; it was delivered all the same" : "";
    char detail[CW_DETAIL_SIZE];
    snprintf(detail, sizeof detail, "its block is gone from the chain%s", but);
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, orphan->row);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    cw_sql_put_text(&sql, 3, detail);
    enum cw_err err = cw_sql_run(&sql);
    if (err != CW_OK)
        return err;
    if (line->condition != CW_HELD)
        line->condition = CW_WAITING;
    line->time_ms = now_ms;
    snprintf(line->text, sizeof line->text, "its block %llu is gone from the chain%s",
             (unsigned long long)line->block.number.v, but);
    return cw_store_history_write(store, orphan->row, line, false, error);
}

enum cw_err cw_store_messages_orphan(struct cw_store *store, int64_t chain,
                                     struct cw_block_number above, uint64_t now_ms, size_t *ret_n,
                                     struct cw_error *error) {
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    size_t n = 0;
    for (;;) {
        struct hit orphan;
        err = next_orphan(store, chain, above, &orphan, error);
        if (err != CW_OK || orphan.row == 0)
            break;
        err = mark_orphan(store, &orphan, now_ms, error);
        if (err != CW_OK)
            break;
        n++;
    }
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

/* --- what was decided on blocks that are gone ------------------------------------------------ */

/* What reopening needs to know of a message. */
struct settled {
    int64_t row;
    enum cw_stage stage;
};

#define SETTLED_BYTES (64u << 20)

static enum cw_err find_settled(struct cw_store *store, int64_t chain, struct cw_block_number above,
                                bool all, struct cw_arena *arena, struct settled **ret,
                                size_t *ret_n, struct cw_error *error) {
#define SETTLED                                                                                    \
    " WHERE condition IN (3, 4, 5) AND orphaned = 0 AND route IN (SELECT row FROM route"           \
    "  WHERE CASE source WHEN 1 THEN settlement ELSE execution END = ?1)"
    static const char recent[] = "SELECT row, stage FROM message INDEXED BY message_rests" SETTLED
                                 " AND rests_on > ?2 ORDER BY row";
    static const char every[] = "SELECT row, stage FROM message" SETTLED
                                " AND (rests_on > ?2 OR condition <> 3) ORDER BY row";
#undef SETTLED
    struct cw_sql sql = cw_sql_open(store, all ? every : recent, "message", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, above.v);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct settled *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->row = cw_sql_get_i64(&sql, 0);
        out->stage = (enum cw_stage)cw_sql_get_int(&sql, 1, CW_STAGE_SEEN, CW_STAGE_EXECUTED_FINAL);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

static enum cw_err reopen(struct cw_store *store, const struct settled *settled, uint64_t now_ms,
                          struct cw_error *error) {
    static const char update[] =
        "UPDATE message SET condition = 1, reason = '', detail = '', due_chain_s = 0, due_ms = 0,"
        " failures = 0, rests_on = NULL, changed_ms = ?2, " CW_STORE_DEADLINE_AGAIN
        " WHERE row = ?1";
    struct cw_store_history line = {.time_ms = now_ms,
                                    .kind = "reorg",
                                    .stage = settled->stage,
                                    .condition = CW_READY,
                                    .text = "what it rested on is gone: looked at again"};
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, settled->row);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    enum cw_err err = cw_sql_run(&sql);
    return err == CW_OK ? cw_store_history_write(store, settled->row, &line, false, error) : err;
}

/* What was told of deadlines may have been told by the clock of a block that is gone. */
static enum cw_err deadlines_again(struct cw_store *store, int64_t chain, struct cw_error *error) {
    static const char update[] =
        "UPDATE message INDEXED BY message_dated SET deadline_next_s = 1"
        " WHERE route IN (SELECT row FROM route"
        "  WHERE CASE source WHEN 1 THEN settlement ELSE execution END = ?1)"
        " AND deadline_s > 0 AND condition < 4";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, chain);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_messages_reopen(struct cw_store *store, int64_t chain,
                                     struct cw_block_number above, bool all, uint64_t now_ms,
                                     size_t *ret_n, struct cw_error *error) {
    struct cw_arena arena;
    struct settled *list = NULL;
    size_t n = 0;
    cw_arena_init(&arena, SETTLED_BYTES);
    enum cw_err err = cw_sql_group_open(store, error);
    if (err == CW_OK) {
        err = find_settled(store, chain, above, all, &arena, &list, &n, error);
        for (size_t i = 0; err == CW_OK && i < n; i++)
            err = reopen(store, &list[i], now_ms, error);
        if (err == CW_OK)
            err = deadlines_again(store, chain, error);
        err = cw_sql_group_close(store, err, error);
    }
    cw_arena_done(&arena);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

/* --- transactions whose block is gone --------------------------------------------------------- */

/* An attempt that is in a block, with the line that says that the block is gone; row 0: none. */
struct placed {
    int64_t row, message; /* message 0: of none */
    struct cw_store_history line;
};

static enum cw_err read_placed(struct cw_sql *sql, struct placed *ret) {
    struct placed placed = {0};
    struct cw_store_history *line = &placed.line;
    if (cw_sql_step(sql)) {
        char step[CW_STEP_SIZE];
        placed.row = cw_sql_get_i64(sql, 0);
        placed.message = cw_sql_is_null(sql, 1) ? 0 : cw_sql_get_i64(sql, 1);
        cw_sql_get_text(sql, 2, step, sizeof step);
        int state = cw_sql_get_int(sql, 3, CW_ATTEMPT_INCLUDED, CW_ATTEMPT_FINAL);
        line->has_block = line->has_tx = true;
        line->block.number.v = cw_sql_get_u64(sql, 4);
        line->block.hash = cw_sql_get_hash32(sql, 5);
        line->block.timestamp_s = cw_sql_get_u64(sql, 6);
        line->tx = cw_sql_get_hash32(sql, 7);
        line->side = (enum cw_side)cw_sql_get_int(sql, 8, CW_SETTLEMENT, CW_EXECUTION);
        line->stage = (enum cw_stage)cw_sql_get_int(sql, 9, CW_STAGE_SEEN, CW_STAGE_EXECUTED_FINAL);
        line->condition = (enum cw_condition)cw_sql_get_int(sql, 10, CW_READY, CW_DONE);
        snprintf(line->kind, sizeof line->kind, "reorg");
        snprintf(line->text, sizeof line->text, "%s was %s in block %llu, which is gone", step,
                 state == CW_ATTEMPT_FINAL ? "final" : "included",
                 (unsigned long long)line->block.number.v);
    }
    enum cw_err err = cw_sql_end(sql);
    if (err == CW_OK)
        *ret = placed;
    return err;
}

#define PLACED_COLUMNS                                                                             \
    "SELECT attempt.row, message, step, state, attempt.block_number, attempt.block_hash,"          \
    " attempt.block_time_s, hash, coalesce(attempt.chain <> route.settlement, 0),"                 \
    " coalesce(stage, 1), coalesce(condition, 1) FROM attempt"                                     \
    " LEFT JOIN message ON message.row = attempt.message"                                          \
    " LEFT JOIN route ON route.row = attempt.route "

/* One of those that share the attempt, behind that message; row 0: there is none. */
static enum cw_err next_sharer(struct cw_store *store, int64_t attempt, int64_t after,
                               struct hit *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT message.row, stage, condition FROM item JOIN message ON message.row = item.message"
        " WHERE attempt = ?1 AND item.message > ?2 ORDER BY item.message LIMIT 1";
    struct hit hit = {0};
    struct cw_sql sql = cw_sql_open(store, select, "item", error);
    cw_sql_put_i64(&sql, 1, attempt);
    cw_sql_put_i64(&sql, 2, after);
    (void)hit_read(&sql, &hit);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = hit;
    return err;
}

/* The line for each of those that share it. */
static enum cw_err tell_sharers(struct cw_store *store, const struct placed *placed,
                                struct cw_error *error) {
    struct hit hit = {0};
    enum cw_err err = CW_OK;
    do {
        err = next_sharer(store, placed->row, hit.row, &hit, error);
        if (err != CW_OK || hit.row == 0)
            break;
        struct cw_store_history line = placed->line;
        line.stage = hit.line.stage;
        line.condition = hit.line.condition;
        err = cw_store_history_write(store, hit.row, &line, false, error);
    } while (err == CW_OK);
    return err;
}

static enum cw_err take_out(struct cw_store *store, struct placed *placed, uint64_t now_ms,
                            struct cw_error *error) {
    static const char update[] =
        "UPDATE attempt SET state = 2, success = 0, block_number = 0, block_hash = NULL,"
        " block_time_s = 0, gas_used = 0, included_ms = 0, reorged = 1,"
        " data_fee = (SELECT data_fee FROM bid WHERE bid.hash = attempt.hash) WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "attempt", error);
    cw_sql_put_i64(&sql, 1, placed->row);
    enum cw_err err = cw_sql_run(&sql);
    cw_store_spent_forget(store); /* it may cost what it offers again */
    placed->line.time_ms = now_ms;
    if (err == CW_OK && placed->message == 0) /* shared, or it filled a nonce */
        return tell_sharers(store, placed, error);
    return err == CW_OK
               ? cw_store_history_write(store, placed->message, &placed->line, false, error)
               : err;
}

enum cw_err cw_store_attempt_gone(struct cw_store *store, int64_t row, uint64_t now_ms,
                                  struct cw_error *error) {
    static const char select[] = PLACED_COLUMNS "WHERE attempt.row = ?1 AND state IN (3, 4)";
    struct placed placed;
    struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
    cw_sql_put_i64(&sql, 1, row);
    enum cw_err err = read_placed(&sql, &placed);
    if (err == CW_OK && placed.row == 0)
        err = cw_error_set(error, CW_ERR_INPUT, "%s: there is no attempt in a block in row %lld",
                           store->path, (long long)row);
    if (err == CW_OK)
        err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = take_out(store, &placed, now_ms, error);
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_attempts_reorg(struct cw_store *store, int64_t chain,
                                    struct cw_block_number above, uint64_t now_ms, size_t *ret_n,
                                    struct cw_error *error) {
    static const char select[] = PLACED_COLUMNS
        "WHERE attempt.chain = ?1 AND attempt.block_number > ?2 AND state IN (3, 4)"
        " ORDER BY attempt.block_number, attempt.nonce LIMIT 1";
    static const char update[] =
        "UPDATE attempt SET reorged = 1 WHERE chain = ?1 AND state IN (1, 2) AND reorged = 0";
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    struct cw_sql flying = cw_sql_open(store, update, "attempt", error);
    cw_sql_put_i64(&flying, 1, chain);
    err = cw_sql_run(&flying);
    size_t n = 0;
    while (err == CW_OK) {
        struct placed placed;
        struct cw_sql sql = cw_sql_open(store, select, "attempt", error);
        cw_sql_put_i64(&sql, 1, chain);
        cw_sql_put_u64_clamp(&sql, 2, above.v);
        err = read_placed(&sql, &placed);
        if (err != CW_OK || placed.row == 0)
            break;
        err = take_out(store, &placed, now_ms, error);
        if (err != CW_OK)
            break;
        n++;
    }
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}
