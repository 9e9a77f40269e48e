/* What the invariants speak of, and when it is to be judged (again). */
#include "store/messages.h"
#include "store/places.h"
#include "store/sql.h"

#include <assert.h>
#include <string.h>

/* --- what arose ------------------------------------------------------------------------------- */

/* What stands at the same place in a block that is gone. */
static enum cw_err drop_replaced(struct cw_store *store, const struct cw_store_subject *subject,
                                 struct cw_error *error) {
    static const char delete[] =
        "DELETE FROM subject INDEXED BY subject_place WHERE route = ?1 AND invariant = ?2"
        " AND key = ?3 AND block_number = ?4 AND log_index = ?5 AND standing = 0"
        " AND block_hash <> ?6";
    struct cw_sql sql = cw_sql_open(store, delete, "subject", error);
    cw_sql_put_i64(&sql, 1, subject->route);
    cw_sql_put_text(&sql, 2, subject->invariant);
    cw_sql_put_hash32(&sql, 3, &subject->s.key);
    cw_sql_put_u64(&sql, 4, subject->s.block.number.v);
    cw_sql_put_u64_clamp(&sql, 5, subject->s.log_index);
    cw_sql_put_hash32(&sql, 6, &subject->s.block.hash);
    return cw_sql_run(&sql);
}

static void put_or_null(struct cw_sql *sql, int i, const struct cw_hash32 *hash) {
    cw_sql_put_hash32(sql, i, cw_hash32_is_zero(hash) ? NULL : hash);
}

/* *ret_row 0: it is there already. */
static enum cw_err insert(struct cw_store *store, const struct cw_store_subject *subject,
                          uint64_t now_ms, int64_t *ret_row, struct cw_error *error) {
    static const char text[] =
        "INSERT INTO subject(route, invariant, key, standing, chain, side, block_number,"
        " block_hash, block_time_s, tx, log_index, message, rests_on, data, about, due_ms,"
        " first_ms, since_ms, rests_settlement, rests_execution, log)"
        " SELECT ?1, ?2, ?3, ?4, CASE ?5 WHEN 0 THEN settlement ELSE execution END, ?5, ?6, ?7, ?8,"
        " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?15, CASE ?5 WHEN 0 THEN ?6 ELSE 0 END,"
        " CASE ?5 WHEN 0 THEN 0 ELSE ?6 END, ?16 FROM route WHERE row = ?1"
        " ON CONFLICT DO NOTHING RETURNING row";
    char about[sizeof subject->s.about];
    cw_store_text(about, sizeof about, subject->s.about);
    struct cw_sql sql = cw_sql_open(store, text, "subject", error);
    cw_sql_put_i64(&sql, 1, subject->route);
    cw_sql_put_text(&sql, 2, subject->invariant);
    cw_sql_put_hash32(&sql, 3, &subject->s.key);
    cw_sql_put_i64(&sql, 4, subject->standing);
    cw_sql_put_i64(&sql, 5, (int64_t)subject->s.side);
    cw_sql_put_u64(&sql, 6, subject->s.block.number.v);
    cw_sql_put_hash32(&sql, 7, &subject->s.block.hash);
    cw_sql_put_u64_clamp(&sql, 8, subject->s.block.timestamp_s);
    cw_sql_put_hash32(&sql, 9, &subject->s.tx);
    cw_sql_put_u64_clamp(&sql, 10, subject->s.log_index);
    put_or_null(&sql, 11, &subject->s.message);
    put_or_null(&sql, 12, &subject->s.rests_on);
    cw_sql_put_blob(&sql, 13, subject->s.data.p ? subject->s.data : CW_LITERAL(""));
    cw_sql_put_text(&sql, 14, about);
    cw_sql_put_u64_clamp(&sql, 15, now_ms > 0 ? now_ms : 1);
    cw_sql_put_blob(&sql, 16, subject->log);
    int64_t row = 0;
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

/* Their judges are told of the one before. */
static enum cw_err wake_later(struct cw_store *store, const struct cw_store_subject *subject,
                              uint64_t now_ms, struct cw_error *error) {
    static const char update[] =
        "UPDATE subject INDEXED BY subject_place SET due_ms = ?6 WHERE route = ?1"
        " AND invariant = ?2 AND key = ?3 AND standing = 0"
        " AND (block_number, log_index) > (?4, ?5)";
    struct cw_sql sql = cw_sql_open(store, update, "subject", error);
    cw_sql_put_i64(&sql, 1, subject->route);
    cw_sql_put_text(&sql, 2, subject->invariant);
    cw_sql_put_hash32(&sql, 3, &subject->s.key);
    cw_sql_put_u64(&sql, 4, subject->s.block.number.v);
    cw_sql_put_u64_clamp(&sql, 5, subject->s.log_index);
    cw_sql_put_u64_clamp(&sql, 6, now_ms > 0 ? now_ms : 1);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_subject_put(struct cw_store *store, const struct cw_store_subject *subject,
                                 uint64_t now_ms, bool *ret_new, struct cw_error *error) {
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    int64_t row = 0;
    err = subject->standing ? CW_OK : drop_replaced(store, subject, error);
    if (err == CW_OK)
        err = insert(store, subject, now_ms, &row, error);
    if (err == CW_OK && row != 0 && !subject->standing)
        err = wake_later(store, subject, now_ms, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_new = row != 0;
    return err;
}

/* --- reading ---------------------------------------------------------------------------------- */

#define SUBJECT_COLUMNS                                                                            \
    "SELECT row, route, invariant, key, standing, side, block_number, block_hash, block_time_s,"   \
    " tx, log_index, message, rests_on, about, state, stake, reason, sentence, settlement_value,"  \
    " execution_value, settlement_block, settlement_hash, execution_block, execution_hash,"        \
    " provisional, tries, due_ms, first_ms, since_ms, judged_ms "

static struct cw_hash32 hash_or_zero(struct cw_sql *sql, int i) {
    const struct cw_hash32 none = {{0}};
    return cw_sql_is_null(sql, i) ? none : cw_sql_get_hash32(sql, i);
}

static void read_row(struct cw_sql *sql, struct cw_store_subject *out) {
    memset(out, 0, sizeof *out);
    out->row = cw_sql_get_i64(sql, 0);
    out->route = cw_sql_get_i64(sql, 1);
    cw_sql_get_text(sql, 2, out->invariant, sizeof out->invariant);
    out->s.key = cw_sql_get_hash32(sql, 3);
    out->standing = cw_sql_get_bool(sql, 4);
    out->s.side = (enum cw_side)cw_sql_get_int(sql, 5, CW_SETTLEMENT, CW_EXECUTION);
    out->s.block.number.v = cw_sql_get_u64(sql, 6);
    out->s.block.hash = cw_sql_get_hash32(sql, 7);
    out->s.block.timestamp_s = cw_sql_get_u64(sql, 8);
    out->s.tx = cw_sql_get_hash32(sql, 9);
    out->s.log_index = cw_sql_get_u64(sql, 10);
    out->s.message = hash_or_zero(sql, 11);
    out->s.rests_on = hash_or_zero(sql, 12);
    cw_sql_get_text(sql, 13, out->s.about, sizeof out->s.about);
    out->state = (enum cw_verdict_state)cw_sql_get_int(sql, 14, CW_VERDICT_UNVERIFIED,
                                                       CW_VERDICT_VIOLATED);
    out->stake = (enum cw_stake)cw_sql_get_int(sql, 15, CW_STAKE_NONE, CW_STAKE_ROUTE);
    cw_sql_get_text(sql, 16, out->reason, sizeof out->reason);
    cw_sql_get_text(sql, 17, out->sentence, sizeof out->sentence);
    for (int side = 0; side < CW_SIDES; side++) {
        cw_sql_get_text(sql, 18 + side, out->values[side], sizeof out->values[side]);
        out->seen[side].number.v = cw_sql_get_u64(sql, 20 + 2 * side);
        out->seen[side].hash = hash_or_zero(sql, 21 + 2 * side);
    }
    out->provisional = cw_sql_get_bool(sql, 24);
    out->tries = (uint32_t)cw_sql_get_int(sql, 25, 0, INT32_MAX);
    out->due_ms = cw_sql_get_u64(sql, 26);
    out->first_ms = cw_sql_get_u64(sql, 27);
    out->since_ms = cw_sql_get_u64(sql, 28);
    out->judged_ms = cw_sql_get_u64(sql, 29);
}

/* The last one before it with its key. */
static enum cw_err read_before(struct cw_store *store, struct cw_store_subject *subject,
                               struct cw_error *error) {
    static const char select[] =
        "SELECT row, block_number, block_hash, block_time_s FROM subject"
        " INDEXED BY subject_place WHERE route = ?1 AND invariant = ?2 AND key = ?3"
        " AND standing = 0 AND (block_number, log_index) < (?4, ?5)"
        " ORDER BY block_number DESC, log_index DESC LIMIT 1";
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    cw_sql_put_i64(&sql, 1, subject->route);
    cw_sql_put_text(&sql, 2, subject->invariant);
    cw_sql_put_hash32(&sql, 3, &subject->s.key);
    cw_sql_put_u64(&sql, 4, subject->s.block.number.v);
    cw_sql_put_u64_clamp(&sql, 5, subject->s.log_index);
    if (cw_sql_step(&sql)) {
        subject->s.before.number.v = cw_sql_get_u64(&sql, 1);
        subject->s.before.hash = cw_sql_get_hash32(&sql, 2);
        subject->s.before.timestamp_s = cw_sql_get_u64(&sql, 3);
    }
    return cw_sql_end(&sql);
}

enum cw_err cw_store_subject_get(struct cw_store *store, int64_t row, struct cw_arena *arena,
                                 bool *ret_found, struct cw_store_subject *ret,
                                 struct cw_error *error) {
    static const char select[] = SUBJECT_COLUMNS ", data, memory, log FROM subject WHERE row = ?1";
    struct cw_store_subject subject = {0};
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    cw_sql_put_i64(&sql, 1, row);
    bool found = cw_sql_step(&sql);
    if (found) {
        read_row(&sql, &subject);
        subject.s.data = cw_sql_get_blob(&sql, 30, arena);
        subject.s.memory = cw_sql_get_blob(&sql, 31, arena);
        if (!cw_sql_is_null(&sql, 32))
            subject.log = cw_sql_get_blob(&sql, 32, arena);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK && found && !subject.standing)
        err = read_before(store, &subject, error);
    if (err != CW_OK)
        return err;
    *ret_found = found;
    if (found)
        *ret = subject;
    return CW_OK;
}

static enum cw_err read_rows(struct cw_sql *sql, size_t cap, int64_t *rows, size_t *ret_n) {
    size_t n = 0;
    while (n < cap && cw_sql_step(sql))
        rows[n++] = cw_sql_get_i64(sql, 0);
    enum cw_err err = cw_sql_end(sql);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

enum cw_err cw_store_subjects_fresh(struct cw_store *store, int64_t route, size_t cap,
                                    int64_t *rows, size_t *ret_n, struct cw_error *error) {
    static const char select[] = "SELECT row FROM subject INDEXED BY subject_fresh"
                                 " WHERE route = ?1 AND judged_ms = 0"
                                 " ORDER BY block_time_s DESC LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, cap);
    return read_rows(&sql, cap, rows, ret_n);
}

enum cw_err cw_store_subjects_due(struct cw_store *store, int64_t route, uint64_t now_ms,
                                  size_t cap, int64_t *rows, size_t *ret_n,
                                  struct cw_error *error) {
    static const char select[] = "SELECT row FROM subject INDEXED BY subject_due WHERE route = ?1"
                                 " AND due_ms > 0 AND due_ms <= ?2 ORDER BY due_ms LIMIT ?3";
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    cw_sql_put_u64_clamp(&sql, 3, cap);
    return read_rows(&sql, cap, rows, ret_n);
}

/* --- lists ------------------------------------------------------------------------------------ */

/* Those of a route, invariant and state: verdict_total knows which there are. */
struct cell {
    int64_t route, state;
    char invariant[CW_INVARIANT_NAME_SIZE];
};

static enum cw_err find_cells(struct cw_store *store, const struct cw_store_subject_filter *filter,
                              struct cw_arena *arena, struct cell **ret, size_t *ret_n,
                              struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, invariant, state FROM verdict_total WHERE (?1 = 0 OR route = ?1)"
        " AND (?2 IS NULL OR invariant = ?2) AND (?3 = 0 OR state = ?3)"
        " GROUP BY route, invariant, state HAVING sum(n) > 0";
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    struct cw_sql sql = cw_sql_open(store, select, "verdict_total", error);
    cw_sql_put_i64(&sql, 1, filter->route);
    if (filter->invariant)
        cw_sql_put_text(&sql, 2, filter->invariant);
    cw_sql_put_i64(&sql, 3, (int64_t)filter->state);
    for (struct cell *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->route = cw_sql_get_i64(&sql, 0);
        cw_sql_get_text(&sql, 1, out->invariant, sizeof out->invariant);
        out->state = cw_sql_get_i64(&sql, 2);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

/* The newest of each cell, put together. */
static enum cw_err find_places(struct cw_store *store, const struct cw_store_subject_filter *filter,
                               struct cw_store_places *places, struct cw_error *error) {
    static const char select[] =
        "SELECT row, 0 FROM subject INDEXED BY subject_cell WHERE route = ?1 AND invariant = ?2"
        " AND state = ?3 AND row < ?4 AND row > ?5 ORDER BY row DESC LIMIT ?6";
    struct cell *cells = NULL;
    size_t n = 0;
    enum cw_err err = find_cells(store, filter, places->list.arena, &cells, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        struct cw_sql sql = cw_sql_open(store, select, "subject", error);
        cw_sql_put_i64(&sql, 1, cells[i].route);
        cw_sql_put_text(&sql, 2, cells[i].invariant);
        cw_sql_put_i64(&sql, 3, cells[i].state);
        cw_sql_put_i64(&sql, 4, filter->before_row > 0 ? filter->before_row : INT64_MAX);
        cw_sql_put_i64(&sql, 5, places->least.row);
        cw_sql_put_u64_clamp(&sql, 6, filter->limit);
        err = cw_store_places_read(places, &sql);
    }
    return err;
}

static enum cw_err read_places(struct cw_store *store, const struct cw_store_places *places,
                               struct cw_store_subject *out, struct cw_error *error) {
    static const char select[] = SUBJECT_COLUMNS "FROM subject WHERE row = ?1";
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < places->list.n; i++) {
        struct cw_sql sql = cw_sql_open(store, select, "subject", error);
        cw_sql_put_i64(&sql, 1, cw_store_places_at(places, i)->row);
        if (cw_sql_step(&sql))
            read_row(&sql, &out[i]);
        err = cw_sql_end(&sql);
    }
    return err;
}

enum cw_err cw_store_subjects(struct cw_store *store, const struct cw_store_subject_filter *filter,
                              struct cw_arena *arena, struct cw_store_subject **ret, size_t *ret_n,
                              struct cw_error *error) {
    struct cw_store_places places;
    struct cw_store_subject *list = NULL;
    bool own = false;
    cw_store_places_init(&places, arena, filter->limit);
    enum cw_err err = cw_sql_view_open(store, &own, error);
    if (err == CW_OK)
        err = find_places(store, filter, &places, error);
    if (err == CW_OK) {
        list = cw_arena_array(arena, places.list.n, sizeof *list);
        err = list == NULL
                  ? cw_error_set(error, CW_ERR_MEMORY, "no memory for %zu verdicts", places.list.n)
                  : read_places(store, &places, list, error);
    }
    cw_sql_view_close(store, own);
    if (err != CW_OK)
        return err;
    *ret = list;
    *ret_n = places.list.n;
    return CW_OK;
}

/* --- a judgement ------------------------------------------------------------------------------ */

enum cw_err cw_store_subject_judged(struct cw_store *store, const struct cw_store_judgement *j,
                                    uint64_t now_ms, struct cw_error *error) {
    static const char update[] =
        "UPDATE subject SET state = ?2, stake = ?3, reason = ?4, sentence = ?5,"
        " settlement_value = ?6, execution_value = ?7, settlement_block = ?8, settlement_hash = ?9,"
        " execution_block = ?10, execution_hash = ?11, rests_settlement = ?12,"
        " rests_execution = ?13, provisional = ?14, on_final = ?15, due_side = ?16,"
        " due_chain_s = ?17, due_ms = ?18, tries = ?19, memory = coalesce(?20, memory),"
        " since_ms = CASE WHEN state = ?2 THEN since_ms ELSE ?21 END, judged_ms = ?21,"
        " block_number = coalesce(?22, block_number), block_hash = coalesce(?23, block_hash),"
        " block_time_s = coalesce(?24, block_time_s), rests_on = coalesce(?25, rests_on)"
        " WHERE row = ?1";
    char reason[CW_REASON_SIZE], sentence[CW_SENTENCE_SIZE];
    char values[CW_SIDES][CW_VALUE_SIZE];
    cw_store_text(reason, sizeof reason, j->reason);
    cw_store_text(sentence, sizeof sentence, j->sentence);
    struct cw_sql sql = cw_sql_open(store, update, "subject", error);
    cw_sql_put_i64(&sql, 1, j->row);
    cw_sql_put_i64(&sql, 2, (int64_t)j->state);
    cw_sql_put_i64(&sql, 3, (int64_t)j->stake);
    cw_sql_put_text(&sql, 4, reason);
    cw_sql_put_text(&sql, 5, sentence);
    for (int side = 0; side < CW_SIDES; side++) {
        cw_store_text(values[side], sizeof values[side], j->values[side]);
        cw_sql_put_text(&sql, 6 + side, values[side]);
        cw_sql_put_u64_clamp(&sql, 8 + 2 * side, j->seen[side].number.v);
        put_or_null(&sql, 9 + 2 * side, &j->seen[side].hash);
        cw_sql_put_u64_clamp(&sql, 12 + side, j->rests[side]);
    }
    cw_sql_put_i64(&sql, 14, j->provisional);
    cw_sql_put_i64(&sql, 15, j->on_final);
    cw_sql_put_i64(&sql, 16, (int64_t)j->due_side);
    cw_sql_put_u64_clamp(&sql, 17, j->due_chain_s);
    cw_sql_put_u64_clamp(&sql, 18, j->due_ms);
    cw_sql_put_i64(&sql, 19, j->tries);
    cw_sql_put_blob(&sql, 20, j->memory);
    cw_sql_put_u64_clamp(&sql, 21, now_ms > 0 ? now_ms : 1);
    if (j->block) {
        cw_sql_put_u64(&sql, 22, j->block->number.v);
        cw_sql_put_hash32(&sql, 23, &j->block->hash);
        cw_sql_put_u64_clamp(&sql, 24, j->block->timestamp_s);
    }
    put_or_null(&sql, 25, &j->rests_on);
    return cw_sql_run(&sql);
}

/* --- what makes it due ------------------------------------------------------------------------ */

static enum cw_err wake(struct cw_store *store, const char *text, int64_t route,
                        const struct cw_hash32 *hash, uint64_t now_ms, struct cw_error *error) {
    struct cw_sql sql = cw_sql_open(store, text, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, now_ms > 0 ? now_ms : 1);
    if (hash)
        cw_sql_put_hash32(&sql, 3, hash);
    return cw_sql_run(&sql);
}

/* What is due already stays where it is in the row of those that wait. */
#define SOONER " AND (due_ms = 0 OR due_ms > ?2)"

enum cw_err cw_store_subjects_wake_resting(struct cw_store *store, int64_t route,
                                           const struct cw_hash32 *root, uint64_t now_ms,
                                           struct cw_error *error) {
    static const char update[] = "UPDATE subject INDEXED BY subject_rests_on SET due_ms = ?2"
                                 " WHERE route = ?1 AND rests_on = ?3" SOONER;
    return wake(store, update, route, root, now_ms, error);
}

enum cw_err cw_store_subjects_wake_message(struct cw_store *store, int64_t route,
                                           const struct cw_hash32 *ref, uint64_t now_ms,
                                           struct cw_error *error) {
    static const char update[] = "UPDATE subject INDEXED BY subject_message SET due_ms = ?2"
                                 " WHERE route = ?1 AND message = ?3 AND state <> 2" SOONER;
    return wake(store, update, route, ref, now_ms, error);
}

enum cw_err cw_store_subjects_wake_all(struct cw_store *store, int64_t route, uint64_t now_ms,
                                       struct cw_error *error) {
    static const char update[] = "UPDATE subject SET due_ms = ?2 WHERE route = ?1" SOONER;
    return wake(store, update, route, NULL, now_ms, error);
}

static enum cw_err wake_final(struct cw_store *store, int64_t route,
                              const struct cw_heads heads[CW_SIDES], uint64_t now_ms,
                              struct cw_error *error) {
    static const char settled[] =
        "UPDATE subject INDEXED BY subject_provisional SET due_ms = ?2 WHERE route = ?1"
        " AND provisional = 1 AND rests_settlement <= ?3 AND rests_execution <= ?4" SOONER;
    static const char moved[] = "UPDATE subject INDEXED BY subject_on_final SET due_ms = ?2"
                                " WHERE route = ?1 AND on_final = 1" SOONER;
    struct cw_sql sql = cw_sql_open(store, settled, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, now_ms > 0 ? now_ms : 1);
    cw_sql_put_u64_clamp(&sql, 3, heads[CW_SETTLEMENT].final.number.v);
    cw_sql_put_u64_clamp(&sql, 4, heads[CW_EXECUTION].final.number.v);
    enum cw_err err = cw_sql_run(&sql);
    return err == CW_OK ? wake(store, moved, route, NULL, now_ms, error) : err;
}

static enum cw_err wake_clock(struct cw_store *store, int64_t route, enum cw_side side,
                              uint64_t chain_s, uint64_t now_ms, struct cw_error *error) {
    static const char update[] =
        "UPDATE subject INDEXED BY subject_clock SET due_ms = ?2 WHERE route = ?1"
        " AND due_side = ?3 AND due_chain_s > 0 AND due_chain_s <= ?4" SOONER;
    struct cw_sql sql = cw_sql_open(store, update, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, now_ms > 0 ? now_ms : 1);
    cw_sql_put_i64(&sql, 3, (int64_t)side);
    cw_sql_put_u64_clamp(&sql, 4, chain_s);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_subjects_heads(struct cw_store *store, int64_t route,
                                    const struct cw_heads heads[CW_SIDES], bool final_moved,
                                    uint64_t now_ms, struct cw_error *error) {
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    if (final_moved)
        err = wake_final(store, route, heads, now_ms, error);
    for (unsigned side = 0; err == CW_OK && side < CW_SIDES; side++)
        err = wake_clock(store, route, (enum cw_side)side, heads[side].latest.timestamp_s, now_ms,
                         error);
    return cw_sql_group_close(store, err, error);
}

/* --- reorganizations -------------------------------------------------------------------------- */

#define CUT                                                                                        \
    "FROM subject INDEXED BY subject_block WHERE chain = "                                         \
    "(SELECT CASE ?2 WHEN 0 THEN settlement ELSE execution END FROM route WHERE row = ?1)"         \
    " AND block_number > ?3 AND standing = 0 AND route = ?1"

static void put_cut(struct cw_sql *sql, int64_t route, enum cw_side side,
                    struct cw_block_number above) {
    cw_sql_put_i64(sql, 1, route);
    cw_sql_put_i64(sql, 2, (int64_t)side);
    cw_sql_put_u64_clamp(sql, 3, above.v);
}

static enum cw_err find_gone(struct cw_store *store, int64_t route, enum cw_side side,
                             struct cw_block_number above, struct cw_arena *arena,
                             struct cw_store_gone **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] = "SELECT min(row), invariant, key " CUT " AND state = 3"
                                 " GROUP BY invariant, key";
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    put_cut(&sql, route, side, above);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_gone *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        cw_sql_get_text(&sql, 1, out->invariant, sizeof out->invariant);
        out->key = cw_sql_get_hash32(&sql, 2);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

/* Verdicts that rest on what is gone. */
static enum cw_err unsettle(struct cw_store *store, int64_t route, enum cw_side side,
                            struct cw_block_number above, bool all, uint64_t now_ms,
                            struct cw_error *error) {
    static const char provisional[] =
        "UPDATE subject INDEXED BY subject_provisional SET due_ms = ?4,"
        " memory = CASE standing WHEN 1 THEN memory ELSE NULL END WHERE route = ?1"
        " AND provisional = 1 AND CASE ?2 WHEN 0 THEN rests_settlement ELSE rests_execution END"
        " > ?3";
    static const char any[] =
        "UPDATE subject SET due_ms = ?4, provisional = 1,"
        " memory = CASE standing WHEN 1 THEN memory ELSE NULL END WHERE route = ?1"
        " AND CASE ?2 WHEN 0 THEN rests_settlement ELSE rests_execution END > ?3";
    struct cw_sql sql = cw_sql_open(store, all ? any : provisional, "subject", error);
    put_cut(&sql, route, side, above);
    cw_sql_put_u64_clamp(&sql, 4, now_ms > 0 ? now_ms : 1);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_subjects_cut(struct cw_store *store, int64_t route, enum cw_side side,
                                  struct cw_block_number above, bool all, uint64_t now_ms,
                                  struct cw_arena *arena, struct cw_store_gone **ret, size_t *ret_n,
                                  struct cw_error *error) {
    static const char delete[] = "DELETE " CUT;
    struct cw_store_gone *gone = NULL;
    size_t n = 0;
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = find_gone(store, route, side, above, arena, &gone, &n, error);
    if (err == CW_OK) {
        struct cw_sql sql = cw_sql_open(store, delete, "subject", error);
        put_cut(&sql, route, side, above);
        err = cw_sql_run(&sql);
    }
    if (err == CW_OK)
        err = unsettle(store, route, side, above, all, now_ms, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK) {
        *ret = gone;
        *ret_n = n;
    }
    return err;
}
