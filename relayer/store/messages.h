/* What the files about messages share inside the store. */
#ifndef STORE_MESSAGES_H
#define STORE_MESSAGES_H

#include "store/sql.h"
#include "store/store.h"

/* The columns that cw_store_message_read expects, in its order. */
#define CW_STORE_MESSAGE_COLUMNS                                                                   \
    "SELECT row, route, chain, id, alias, block_number, block_hash, block_time_s, tx_hash,"        \
    " log_index, sender, target, value, nonce, gas_limit, stage, condition, outcome, reason,"      \
    " detail, due_side, due_chain_s, due_ms, failures, seen_ms, changed_ms, orphaned, assurance,"  \
    " rests_on, wake, (SELECT source FROM route WHERE route.row = message.route),"                 \
    " deadline_s, earliest_s, stage_ms "

/* In an UPDATE of message: the deadline is worth a look again. */
#define CW_STORE_DEADLINE_AGAIN "deadline_next_s = (deadline_s > 0)"

/* One row without its bytes (payload, progress, evidence). */
void cw_store_message_read(struct cw_sql *sql, struct cw_store_message *out);

/* The columns that cw_store_history_read expects, in its order; others may follow. */
#define CW_STORE_HISTORY_COLUMNS                                                                   \
    "SELECT history.row, time_ms, kind, history.stage, history.condition, text, side,"             \
    " history.block_number, history.block_hash, history.block_time_s, tx "
void cw_store_history_read(struct cw_sql *sql, struct cw_store_history *out);

/* once: an equal line is there already, then nothing is written. */
CW_MUST_USE enum cw_err cw_store_history_write(struct cw_store *store, int64_t message,
                                               const struct cw_store_history *line, bool once,
                                               struct cw_error *error);

/* A number as the column sequence has it: -1 for none. */
int64_t cw_store_sequence(bool has, uint64_t sequence);

/* Cuts text (NULL: "") to what fits, never inside a UTF-8 character. */
void cw_store_text(char *out, size_t size, const char *text);

#endif
