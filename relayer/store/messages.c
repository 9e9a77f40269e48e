/* Messages one by one: put, read, move. Lists and the queue are in queue.c. */
#include "store/messages.h"

#include "store/ledger.h"

#include "store/sql.h"

#include <causeway/keccak.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

void cw_store_message_read(struct cw_sql *sql, struct cw_store_message *out) {
    memset(out, 0, sizeof *out);
    out->row = cw_sql_get_i64(sql, 0);
    out->route = cw_sql_get_i64(sql, 1);
    out->chain = cw_sql_get_i64(sql, 2);
    out->m.id = cw_sql_get_hash32(sql, 3);
    if (!cw_sql_is_null(sql, 4))
        out->m.alias = cw_sql_get_hash32(sql, 4);
    out->m.source.number.v = cw_sql_get_u64(sql, 5);
    out->m.source.hash = cw_sql_get_hash32(sql, 6);
    out->m.source.timestamp_s = cw_sql_get_u64(sql, 7);
    out->tx_hash = cw_sql_get_hash32(sql, 8);
    out->log_index = cw_sql_get_u64(sql, 9);
    out->m.summary.sender = cw_sql_get_addr20(sql, 10);
    out->m.summary.target = cw_sql_get_addr20(sql, 11);
    out->m.summary.value.v = cw_sql_get_u256(sql, 12);
    out->m.summary.nonce = cw_sql_get_u256(sql, 13);
    out->m.summary.gas_limit = cw_sql_get_u64_bits(sql, 14);
    out->m.stage = (enum cw_stage)cw_sql_get_int(sql, 15, CW_STAGE_SEEN, CW_STAGE_EXECUTED_FINAL);
    out->condition = (enum cw_condition)cw_sql_get_int(sql, 16, CW_READY, CW_DONE);
    out->m.outcome = (enum cw_outcome)cw_sql_get_int(sql, 17, CW_OUTCOME_UNKNOWN,
                                                     CW_OUTCOME_RELAY_FAILED);
    cw_sql_get_text(sql, 18, out->reason, sizeof out->reason);
    cw_sql_get_text(sql, 19, out->detail, sizeof out->detail);
    out->due_side = (enum cw_side)cw_sql_get_int(sql, 20, CW_SETTLEMENT, CW_EXECUTION);
    out->due_chain_s = cw_sql_get_u64(sql, 21);
    out->due_ms = cw_sql_get_u64(sql, 22);
    out->failures = (uint32_t)cw_sql_get_int(sql, 23, 0, INT32_MAX);
    out->seen_ms = cw_sql_get_u64(sql, 24);
    out->changed_ms = cw_sql_get_u64(sql, 25);
    out->orphaned = cw_sql_get_bool(sql, 26);
    out->assurance = (enum cw_assurance)cw_sql_get_int(sql, 27, CW_ASSURANCE_PROVISIONAL,
                                                       CW_ASSURANCES - 1);
    out->rests_on = cw_sql_is_null(sql, 28) ? 0 : cw_sql_get_u64(sql, 28);
    out->wake = (enum cw_wake)cw_sql_get_int(sql, 29, CW_WAKE_DATE, CW_WAKE_RETRY);
    out->source_side = (enum cw_side)cw_sql_get_int(sql, 30, CW_SETTLEMENT, CW_EXECUTION);
    out->deadline_s = cw_sql_get_u64(sql, 31);
    out->earliest_s = cw_sql_get_u64(sql, 32);
    out->stage_ms = cw_sql_get_u64(sql, 33);
}

static enum cw_err read_bytes(struct cw_store *store, struct cw_arena *arena,
                              struct cw_store_message *message, struct cw_error *error) {
    static const char select[] =
        "SELECT message AS row, payload, progress, evidence, evidence_hash, evidence_size"
        " FROM message_bytes WHERE message = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "message_bytes", error);
    cw_sql_put_i64(&sql, 1, message->row);
    bool found = cw_sql_step(&sql);
    if (found) {
        message->m.payload = cw_sql_get_blob(&sql, 1, arena);
        message->m.progress = cw_sql_get_blob(&sql, 2, arena);
        message->m.evidence = cw_sql_get_blob(&sql, 3, arena);
        if (!cw_sql_is_null(&sql, 4))
            message->evidence_hash = cw_sql_get_hash32(&sql, 4);
        message->evidence_size = cw_sql_get_u64(&sql, 5);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK && !found)
        err = cw_error_set(
            error, CW_ERR_SCHEMA,
            "%s: table message_bytes, row %lld is missing: the database is damaged or was "
            "edited; restore a backup",
            store->path, (long long)message->row);
    return err;
}

enum cw_err cw_store_message_get(struct cw_store *store, int64_t row, struct cw_arena *arena,
                                 struct cw_store_message *ret, struct cw_error *error) {
    static const char select[] = CW_STORE_MESSAGE_COLUMNS "FROM message WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, row);
    struct cw_store_message message = {0};
    bool found = cw_sql_step(&sql);
    if (found)
        cw_store_message_read(&sql, &message);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK && !found)
        err = cw_error_set(error, CW_ERR_INPUT, "%s: there is no message in row %lld", store->path,
                           (long long)row);
    if (err == CW_OK)
        err = read_bytes(store, arena, &message, error);
    if (err == CW_OK)
        *ret = message;
    return err;
}

enum cw_err cw_store_message_id(struct cw_store *store, int64_t row, struct cw_hash32 *ret,
                                struct cw_error *error) {
    static const char select[] = "SELECT row, id FROM message WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    struct cw_hash32 id = {{0}};
    cw_sql_put_i64(&sql, 1, row);
    const bool found = cw_sql_step(&sql);
    if (found)
        id = cw_sql_get_hash32(&sql, 1);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK && !found)
        err = cw_error_set(error, CW_ERR_INPUT, "%s: there is no message in row %lld", store->path,
                           (long long)row);
    if (err == CW_OK)
        *ret = id;
    return err;
}

enum cw_err cw_store_messages_ref(struct cw_store *store, int64_t route,
                                  const struct cw_hash32 *ref, int64_t *rows, size_t cap,
                                  size_t *ret_n, struct cw_error *error) {
    static const char by_id[] = "SELECT row FROM message WHERE id = ?1 AND (?2 = 0 OR route = ?2)"
                                " ORDER BY route LIMIT ?3";
    static const char by_alias[] =
        "SELECT max(row) AS row FROM message WHERE alias = ?1 AND (?2 = 0 OR route = ?2)"
        " GROUP BY route ORDER BY route LIMIT ?3";
    static const char *const texts[] = {by_id, by_alias};
    size_t n = 0;
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && n == 0 && i < CW_COUNT(texts); i++) {
        struct cw_sql sql = cw_sql_open(store, texts[i], "message", error);
        cw_sql_put_hash32(&sql, 1, ref);
        cw_sql_put_i64(&sql, 2, route);
        cw_sql_put_u64_clamp(&sql, 3, cap);
        while (n < cap && cw_sql_step(&sql))
            rows[n++] = cw_sql_get_i64(&sql, 0);
        err = cw_sql_end(&sql);
    }
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

enum cw_err cw_store_messages_about(struct cw_store *store, int64_t route,
                                    const struct cw_hash32 *tx, int64_t *rows, size_t cap,
                                    size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT row FROM message WHERE (?2 = 0 OR route = ?2) AND row IN"
        " (SELECT message FROM history INDEXED BY history_tx WHERE kind = 'event' AND tx = ?1"
        " UNION SELECT attempt.message FROM bid"
        " JOIN attempt ON attempt.row = bid.attempt WHERE bid.hash = ?1"
        " UNION SELECT item.message FROM bid"
        " JOIN item ON item.attempt = bid.attempt WHERE bid.hash = ?1)"
        " ORDER BY row DESC LIMIT ?3";
    size_t n = 0;
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_hash32(&sql, 1, tx);
    cw_sql_put_i64(&sql, 2, route);
    cw_sql_put_u64_clamp(&sql, 3, cap);
    while (n < cap && cw_sql_step(&sql))
        rows[n++] = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

enum cw_err cw_store_message_find(struct cw_store *store, int64_t route,
                                  const struct cw_hash32 *ref, struct cw_arena *arena,
                                  bool *ret_found, struct cw_store_message *ret,
                                  struct cw_error *error) {
    assert(route != 0);
    int64_t row = 0;
    size_t n = 0;
    enum cw_err err = cw_store_messages_ref(store, route, ref, &row, 1, &n, error);
    if (err == CW_OK && n > 0)
        err = cw_store_message_get(store, row, arena, ret, error);
    if (err == CW_OK)
        *ret_found = n > 0;
    return err;
}

/* --- a message comes into being --------------------------------------------------------------- */

/* Where a known message stands. */
struct known {
    int64_t row;
    struct cw_hash32 block_hash;
    uint64_t log_index;
    enum cw_stage stage;
    enum cw_condition condition;
    bool orphaned;
};

static enum cw_err find_known(struct cw_store *store, const struct cw_store_message *message,
                              struct known *ret, struct cw_error *error) {
    static const char select[] = "SELECT row, block_hash, log_index, stage, condition, orphaned"
                                 " FROM message WHERE id = ?1 AND route = ?2";
    struct known known = {0};
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_hash32(&sql, 1, &message->m.id);
    cw_sql_put_i64(&sql, 2, message->route);
    if (cw_sql_step(&sql)) {
        known.row = cw_sql_get_i64(&sql, 0);
        known.block_hash = cw_sql_get_hash32(&sql, 1);
        known.log_index = cw_sql_get_u64(&sql, 2);
        known.stage = (enum cw_stage)cw_sql_get_int(&sql, 3, CW_STAGE_SEEN,
                                                    CW_STAGE_EXECUTED_FINAL);
        known.condition = (enum cw_condition)cw_sql_get_int(&sql, 4, CW_READY, CW_DONE);
        known.orphaned = cw_sql_get_bool(&sql, 5);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = known;
    return err;
}

static enum cw_err insert_bytes(struct cw_store *store, int64_t row, struct cw_slice payload,
                                struct cw_error *error) {
    static const char insert[] = "INSERT INTO message_bytes(message, payload) VALUES(?1, ?2)";
    static const uint8_t none[1] = {0};
    struct cw_sql sql = cw_sql_open(store, insert, "message_bytes", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_blob(&sql, 2, payload.p != NULL ? payload : cw_slice_of(none, 0));
    return cw_sql_run(&sql);
}

static void put_place(struct cw_sql *sql, const struct cw_store_message *message) {
    cw_sql_put_u64(sql, 2, message->m.source.number.v);
    cw_sql_put_hash32(sql, 3, &message->m.source.hash);
    cw_sql_put_u64_clamp(sql, 4, message->m.source.timestamp_s);
    cw_sql_put_hash32(sql, 5, &message->tx_hash);
    cw_sql_put_u64(sql, 6, message->log_index);
}

static int64_t assurance_of(const struct cw_store_message *message) {
    return message->assurance != 0 ? (int64_t)message->assurance : CW_ASSURANCE_PROVISIONAL;
}

static enum cw_err insert_message(struct cw_store *store, const struct cw_store_message *message,
                                  uint64_t now_ms, int64_t *ret_row, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO message(route, block_number, block_hash, block_time_s, tx_hash, log_index, "
        "chain,"
        " id, alias, sender, target, value, nonce, gas_limit, seen_ms, changed_ms, stage, "
        "condition,"
        " outcome, reason, detail, due_side, due_chain_s, due_ms, failures, orphaned, sequence,"
        " assurance) VALUES(?1, ?2, ?3, ?4, ?5, ?6,"
        " CASE WHEN ?7 <> 0 THEN ?7 ELSE "
        "  (SELECT CASE source WHEN 1 THEN execution ELSE settlement END FROM route WHERE row = ?1)"
        " END,"
        " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, 1, 1, 0, '', '', 0, 0, 0, 0, 0, ?16, ?17)"
        " RETURNING row";
    const struct cw_summary *summary = &message->m.summary;
    struct cw_sql sql = cw_sql_open(store, insert, "message", error);
    cw_sql_put_i64(&sql, 1, message->route);
    put_place(&sql, message);
    cw_sql_put_i64(&sql, 7, message->chain);
    cw_sql_put_hash32(&sql, 8, &message->m.id);
    cw_sql_put_hash32(&sql, 9, cw_hash32_is_zero(&message->m.alias) ? NULL : &message->m.alias);
    cw_sql_put_addr20(&sql, 10, &summary->sender);
    cw_sql_put_addr20(&sql, 11, &summary->target);
    cw_sql_put_u256(&sql, 12, &summary->value.v);
    cw_sql_put_u256(&sql, 13, &summary->nonce);
    cw_sql_put_u64_bits(&sql, 14, summary->gas_limit);
    cw_sql_put_u64_clamp(&sql, 15, now_ms);
    if (message->has_sequence)
        cw_sql_put_i64(&sql, 16, cw_store_sequence(true, message->sequence));
    else
        cw_sql_put_blob(&sql, 16, (struct cw_slice){NULL, 0});
    cw_sql_put_i64(&sql, 17, assurance_of(message));
    int64_t row = 0;
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        err = insert_bytes(store, row, message->m.payload, error);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

/* It was reorganized: another place, or the old one that came back. What an operator holds stays
 * held. */
static enum cw_err move_place(struct cw_store *store, const struct known *known,
                              const struct cw_store_message *message, struct cw_error *error) {
    static const char update[] =
        "UPDATE message SET block_number = ?2, block_hash = ?3, block_time_s = ?4, tx_hash = ?5,"
        " log_index = ?6, orphaned = 0, condition = ?7, due_chain_s = 0, due_ms = 0,"
        " assurance = ?8,"
        " reason = CASE WHEN condition = 3 THEN reason ELSE '' END,"
        " detail = CASE WHEN condition = 3 THEN detail ELSE '' END, " CW_STORE_DEADLINE_AGAIN
        " WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, known->row);
    put_place(&sql, message);
    cw_sql_put_i64(&sql, 7, (int64_t)(known->condition == CW_HELD ? CW_HELD : CW_READY));
    cw_sql_put_i64(&sql, 8, assurance_of(message));
    return cw_sql_run(&sql);
}

static enum cw_err write_said(struct cw_store *store, int64_t row, const struct cw_message *m,
                              struct cw_error *error) {
    static const char update[] =
        "UPDATE message SET alias = ?2, sender = ?3, target = ?4,"
        " value = ?5, nonce = ?6, gas_limit = ?7, deadline_s = 0, " CW_STORE_DEADLINE_AGAIN
        " WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_hash32(&sql, 2, cw_hash32_is_zero(&m->alias) ? NULL : &m->alias);
    cw_sql_put_addr20(&sql, 3, &m->summary.sender);
    cw_sql_put_addr20(&sql, 4, &m->summary.target);
    cw_sql_put_u256(&sql, 5, &m->summary.value.v);
    cw_sql_put_u256(&sql, 6, &m->summary.nonce);
    cw_sql_put_u64_bits(&sql, 7, m->summary.gas_limit);
    return cw_sql_run(&sql);
}

/* Where an id is a number that the stack gives, what it names may be another message in another
 * block, or say where it is: nothing that was found out of the former one holds for it. */
static enum cw_err replace_content(struct cw_store *store, int64_t row, const struct cw_message *m,
                                   struct cw_error *error) {
    static const char update[] =
        "UPDATE message_bytes SET payload = ?2, progress = NULL, evidence = NULL,"
        " evidence_hash = NULL, evidence_size = 0 WHERE message = ?1 AND payload <> ?2"
        " RETURNING message AS row";
    bool changed = false;
    struct cw_sql sql = cw_sql_open(store, update, "message_bytes", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_blob(&sql, 2, m->payload);
    while (cw_sql_step(&sql))
        changed = true;
    enum cw_err err = cw_sql_end(&sql);
    return err == CW_OK && changed ? write_said(store, row, m, error) : err;
}

static enum cw_err source_of(struct cw_store *store, int64_t route, enum cw_side *ret,
                             struct cw_error *error) {
    static const char select[] = "SELECT row, source FROM route WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "route", error);
    cw_sql_put_i64(&sql, 1, route);
    while (cw_sql_step(&sql))
        *ret = (enum cw_side)cw_sql_get_int(&sql, 1, CW_SETTLEMENT, CW_EXECUTION);
    return cw_sql_end(&sql);
}

static enum cw_err write_place_line(struct cw_store *store, const struct known *known,
                                    const struct cw_store_message *message, uint64_t now_ms,
                                    struct cw_error *error) {
    struct cw_store_history line = {.time_ms = now_ms, .has_block = true, .has_tx = true};
    bool is_new = known->condition == 0;
    line.stage = is_new ? CW_STAGE_SEEN : known->stage;
    line.condition = known->condition == CW_HELD ? CW_HELD : CW_READY;
    line.block = message->m.source;
    line.tx = message->tx_hash;
    snprintf(line.kind, sizeof line.kind, "%s", is_new ? "stage" : "reorg");
    snprintf(line.text, sizeof line.text, "%s in block %llu", is_new ? "seen" : "is there again",
             (unsigned long long)message->m.source.number.v);
    enum cw_err err = source_of(store, message->route, &line.side, error);
    return err == CW_OK ? cw_store_history_write(store, known->row, &line, false, error) : err;
}

enum cw_err cw_store_message_put(struct cw_store *store, const struct cw_store_message *message,
                                 uint64_t now_ms, int64_t *ret_row, bool *ret_new,
                                 struct cw_error *error) {
    struct known known = {0};
    enum cw_err err = find_known(store, message, &known, error);
    if (err != CW_OK)
        return err;
    bool is_new = known.row == 0;
    if (!is_new && !known.orphaned && known.log_index == message->log_index &&
        cw_hash32_equal(&known.block_hash, &message->m.source.hash)) {
        *ret_row = known.row;
        *ret_new = false;
        return CW_OK;
    }
    err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = is_new ? insert_message(store, message, now_ms, &known.row, error)
                 : move_place(store, &known, message, error);
    if (err == CW_OK && !is_new)
        err = replace_content(store, known.row, &message->m, error);
    if (err == CW_OK)
        err = write_place_line(store, &known, message, now_ms, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK) {
        *ret_row = known.row;
        *ret_new = is_new;
    }
    return err;
}

enum cw_err cw_store_messages_assure(struct cw_store *store, int64_t chain,
                                     struct cw_block_number final, enum cw_assurance assurance,
                                     struct cw_error *error) {
    static const char update[] =
        "UPDATE message SET assurance = ?3 WHERE chain = ?1 AND block_number <= ?2"
        " AND assurance = 1 AND orphaned = 0";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, final.v);
    cw_sql_put_i64(&sql, 3, (int64_t)assurance);
    return cw_sql_run(&sql);
}

/* --- a message moves -------------------------------------------------------------------------- */

void cw_store_text(char *out, size_t size, const char *text) {
    size_t n = text == NULL ? 0 : strnlen(text, size);
    if (n == size) {
        n = size - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
    }
    if (n > 0)
        memcpy(out, text, n);
    out[n] = 0;
}

/* What a move is compared with. */
struct before {
    enum cw_stage stage;
    enum cw_condition condition;
    enum cw_outcome outcome;
    char reason[CW_REASON_SIZE];
    int64_t route;
    uint64_t sent_s, seen_ms, stage_ms;
};

static enum cw_err read_before(struct cw_store *store, int64_t row, struct before *ret,
                               struct cw_error *error) {
    static const char select[] =
        "SELECT row, stage, condition, outcome, reason, route, seen_ms, stage_ms, block_time_s"
        " FROM message"
        " WHERE row = ?1";
    struct before before = {0};
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, row);
    bool found = cw_sql_step(&sql);
    if (found) {
        before.stage = (enum cw_stage)cw_sql_get_int(&sql, 1, CW_STAGE_SEEN,
                                                     CW_STAGE_EXECUTED_FINAL);
        before.condition = (enum cw_condition)cw_sql_get_int(&sql, 2, CW_READY, CW_DONE);
        before.outcome = (enum cw_outcome)cw_sql_get_int(&sql, 3, CW_OUTCOME_UNKNOWN,
                                                         CW_OUTCOME_RELAY_FAILED);
        cw_sql_get_text(&sql, 4, before.reason, sizeof before.reason);
        before.route = cw_sql_get_i64(&sql, 5);
        before.seen_ms = cw_sql_get_u64(&sql, 6);
        before.stage_ms = cw_sql_get_u64(&sql, 7);
        before.sent_s = cw_sql_get_u64(&sql, 8);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK && !found)
        err = cw_error_set(error, CW_ERR_INPUT, "%s: there is no message in row %lld", store->path,
                           (long long)row);
    if (err == CW_OK)
        *ret = before;
    return err;
}

static enum cw_err write_progress(struct cw_store *store, int64_t row, struct cw_slice progress,
                                  struct cw_error *error) {
    static const char update[] = "UPDATE message_bytes SET progress = ?2 WHERE message = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "message_bytes", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_blob(&sql, 2, progress);
    return cw_sql_run(&sql);
}

static enum cw_err write_evidence(struct cw_store *store, int64_t row, struct cw_slice evidence,
                                  struct cw_error *error) {
    static const char update[] = "UPDATE message_bytes SET evidence = ?2, evidence_hash = ?3,"
                                 " evidence_size = ?4 WHERE message = ?1";
    struct cw_hash32 hash;
    cw_keccak256(&hash, evidence);
    struct cw_sql sql = cw_sql_open(store, update, "message_bytes", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_blob(&sql, 2, evidence);
    cw_sql_put_hash32(&sql, 3, evidence.n > 0 ? &hash : NULL);
    cw_sql_put_u64(&sql, 4, evidence.n);
    return cw_sql_run(&sql);
}

/* Nothing can need it any more; its hash and size stay. */
static enum cw_err drop_evidence(struct cw_store *store, int64_t row, struct cw_error *error) {
    static const char update[] = "UPDATE message_bytes SET evidence = NULL WHERE message = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "message_bytes", error);
    cw_sql_put_i64(&sql, 1, row);
    return cw_sql_run(&sql);
}

static enum cw_err write_move(struct cw_store *store, const struct cw_store_transition *t,
                              const char *reason, const char *detail, bool changed, uint64_t now_ms,
                              struct cw_error *error) {
    static const char update[] =
        "UPDATE message SET stage = ?2, condition = ?3, reason = ?4, detail = ?5, outcome = ?6,"
        " due_side = ?7, due_chain_s = ?8, due_ms = ?9, failures = ?10,"
        " changed_ms = CASE WHEN ?11 THEN ?12 ELSE changed_ms END, wake = ?13, rests_on = "
        "nullif(?14, 0), deadline_s = CASE WHEN ?15 THEN ?16 ELSE deadline_s END,"
        " deadline_next_s = CASE WHEN (?15 AND ?16 <> deadline_s)"
        "  OR (deadline_s > 0 AND (condition IN (4, 5)) <> (?3 IN (4, 5)))"
        "  THEN 1 ELSE deadline_next_s END,"
        " stage_ms = CASE WHEN stage <> ?2 THEN ?12 ELSE stage_ms END,"
        " earliest_s = CASE WHEN ?17 > 0 THEN ?17 ELSE earliest_s END"
        " WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, t->message);
    cw_sql_put_i64(&sql, 2, (int64_t)t->stage);
    cw_sql_put_i64(&sql, 3, (int64_t)t->condition);
    cw_sql_put_text(&sql, 4, reason);
    cw_sql_put_text(&sql, 5, detail);
    cw_sql_put_i64(&sql, 6, (int64_t)t->outcome);
    cw_sql_put_i64(&sql, 7, (int64_t)t->due_side);
    cw_sql_put_u64_clamp(&sql, 8, t->due_chain_s);
    cw_sql_put_u64_clamp(&sql, 9, t->due_ms);
    cw_sql_put_i64(&sql, 10, t->failures > INT32_MAX ? INT32_MAX : (int64_t)t->failures);
    cw_sql_put_i64(&sql, 11, changed);
    cw_sql_put_u64_clamp(&sql, 12, now_ms);
    cw_sql_put_i64(&sql, 13, (int64_t)t->wake);
    cw_sql_put_u64_clamp(&sql, 14, t->rests_on);
    cw_sql_put_i64(&sql, 15, t->has_deadline);
    cw_sql_put_u64_clamp(&sql, 16, t->deadline_s);
    cw_sql_put_u64_clamp(&sql, 17, t->earliest_s);
    return cw_sql_run(&sql);
}

static enum cw_err write_move_line(struct cw_store *store, const struct cw_store_transition *t,
                                   const struct before *before, const char *reason,
                                   const char *detail, uint64_t now_ms, struct cw_error *error) {
    struct cw_store_history line = {
        .time_ms = now_ms, .stage = t->stage, .condition = t->condition, .side = t->side};
    const char *kind = t->tx != NULL ? "step" : before->stage != t->stage ? "stage" : "condition";
    snprintf(line.kind, sizeof line.kind, "%s", kind);
    char text[CW_REASON_SIZE + CW_DETAIL_SIZE + 2];
    snprintf(text, sizeof text, "%s%s%s", reason, reason[0] != 0 && detail[0] != 0 ? ": " : "",
             detail);
    cw_store_text(line.text, sizeof line.text, t->note != NULL ? t->note : text);
    line.has_block = t->block != NULL;
    if (line.has_block)
        line.block = *t->block;
    line.has_tx = t->tx != NULL;
    if (line.has_tx)
        line.tx = *t->tx;
    return cw_store_history_write(store, t->message, &line, false, error);
}

/* Of the past: it reached its stages when nobody here looked. */
#define SEEN_LATE_MS 3600000u

/* How long it was in the stage that it leaves, and how long it took altogether. */
static enum cw_err count_time(struct cw_store *store, const struct before *before,
                              enum cw_stage stage, uint64_t now_ms, struct cw_error *error) {
    const uint64_t since_ms = before->stage_ms > 0 ? before->stage_ms : before->seen_ms;
    enum cw_err err = CW_OK;
    if (stage <= before->stage) /* it goes back with a block */
        return CW_OK;
    if (before->seen_ms / 1000 > before->sent_s &&
        before->seen_ms - before->sent_s * 1000 > SEEN_LATE_MS)
        return CW_OK;
    if (now_ms >= since_ms)
        err = cw_store_ledger_time(store, before->route, before->stage, now_ms, now_ms - since_ms,
                                   error);
    if (err == CW_OK && before->stage < CW_STAGE_EXECUTED && stage >= CW_STAGE_EXECUTED &&
        now_ms >= before->seen_ms)
        err = cw_store_ledger_time(store, before->route, 0, now_ms, now_ms - before->seen_ms,
                                   error);
    return err;
}

enum cw_err cw_store_message_move(struct cw_store *store, const struct cw_store_transition *t,
                                  uint64_t now_ms, struct cw_error *error) {
    char reason[CW_REASON_SIZE], detail[CW_DETAIL_SIZE];
    cw_store_text(reason, sizeof reason, t->reason);
    cw_store_text(detail, sizeof detail, t->detail);
    if (t->stage < CW_STAGE_SEEN || t->stage > CW_STAGE_EXECUTED_FINAL || t->condition < CW_READY ||
        t->condition > CW_DONE)
        return cw_error_set(error, CW_ERR_INPUT, "no such stage (%d) or condition (%d)",
                            (int)t->stage, (int)t->condition);
    struct before before;
    enum cw_err err = read_before(store, t->message, &before, error);
    if (err == CW_OK)
        err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    bool changed = before.stage != t->stage || before.condition != t->condition ||
                   before.outcome != t->outcome || strcmp(before.reason, reason) != 0 ||
                   t->tx != NULL;
    err = count_time(store, &before, t->stage, now_ms, error);
    if (err == CW_OK)
        err = write_move(store, t, reason, detail, changed, now_ms, error);
    if (err == CW_OK && t->stage == CW_STAGE_EXECUTED_FINAL && before.stage != t->stage)
        err = cw_store_ledger_message(store, t->message, error);
    if (err == CW_OK && t->progress.p != NULL)
        err = write_progress(store, t->message, t->progress, error);
    if (err == CW_OK && t->evidence.p != NULL)
        err = write_evidence(store, t->message, t->evidence, error);
    if (err == CW_OK && t->stage == CW_STAGE_EXECUTED_FINAL && t->condition == CW_DONE)
        err = drop_evidence(store, t->message, error);
    if (err == CW_OK && changed)
        err = write_move_line(store, t, &before, reason, detail, now_ms, error);
    return cw_sql_group_close(store, err, error);
}
