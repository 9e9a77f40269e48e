/* The schema, as a list of steps that is only ever appended to. A step that was applied is known by
 * the hash of its text, so that a changed one is noticed instead of trusted. */
#include "store/sql.h"

#include <causeway/keccak.h>

#include <stdio.h>
#include <string.h>

/* "CWAY", in the file's header at offset 68. */
#define APPLICATION_ID 0x43574159

/* Rows that are looked for by the loop are in partial indices, so that a million messages that wait
 * for nothing, or are done, cost nothing. message_cell serves every list that people ask for: all
 * its columns are given, and the rows of one cell come in order. */
static const char *const first[] = {
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
    "CREATE TABLE migration("
    " row INTEGER PRIMARY KEY,"
    " checksum BLOB NOT NULL,"
    " applied_ms INTEGER NOT NULL) STRICT;",

    "CREATE TABLE chain("
    " row INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " chain_id INTEGER NOT NULL UNIQUE,"
    " cursor INTEGER,"
    " latest INTEGER NOT NULL DEFAULT 0,"
    " safe INTEGER NOT NULL DEFAULT 0,"
    " final INTEGER NOT NULL DEFAULT 0,"
    " latest_time_s INTEGER NOT NULL DEFAULT 0,"
    " final_time_s INTEGER NOT NULL DEFAULT 0,"
    " updated_ms INTEGER NOT NULL DEFAULT 0) STRICT;",

    "CREATE TABLE header("
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " number INTEGER NOT NULL,"
    " hash BLOB NOT NULL,"
    " parent BLOB NOT NULL,"
    " time_s INTEGER NOT NULL,"
    " PRIMARY KEY(chain, number)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE route("
    " row INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " stack TEXT NOT NULL,"
    " settlement INTEGER NOT NULL REFERENCES chain(row),"
    " execution INTEGER NOT NULL REFERENCES chain(row),"
    " hold_reason TEXT NOT NULL DEFAULT '',"
    " hold_detail TEXT NOT NULL DEFAULT '',"
    " hold_ms INTEGER NOT NULL DEFAULT 0) STRICT;",

    "CREATE TABLE message("
    " row INTEGER PRIMARY KEY,"
    " route INTEGER NOT NULL REFERENCES route(row),"
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " id BLOB NOT NULL,"
    " alias BLOB,"
    " block_number INTEGER NOT NULL,"
    " block_hash BLOB NOT NULL,"
    " block_time_s INTEGER NOT NULL,"
    " tx_hash BLOB NOT NULL,"
    " log_index INTEGER NOT NULL,"
    " sender BLOB NOT NULL,"
    " target BLOB NOT NULL,"
    " value BLOB NOT NULL,"
    " nonce BLOB NOT NULL,"
    " gas_limit INTEGER NOT NULL,"
    " stage INTEGER NOT NULL,"
    " condition INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL,"
    " reason TEXT NOT NULL,"
    " detail TEXT NOT NULL,"
    " wake INTEGER NOT NULL DEFAULT 0,"
    " due_side INTEGER NOT NULL,"
    " due_chain_s INTEGER NOT NULL,"
    " due_ms INTEGER NOT NULL,"
    " failures INTEGER NOT NULL,"
    " seen_ms INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL,"
    " orphaned INTEGER NOT NULL) STRICT;",
    "CREATE UNIQUE INDEX message_id ON message(id, route);",
    "CREATE INDEX message_alias ON message(alias, route) WHERE alias IS NOT NULL;",
    "CREATE INDEX message_tx ON message(tx_hash);",
    "CREATE INDEX message_source ON message(chain, block_number);",
    "CREATE INDEX message_cell ON message(route, condition, stage);",
    "CREATE INDEX message_ready ON message(route, failures) WHERE condition = 1 AND orphaned = 0;",
    "CREATE INDEX message_due ON message(route, due_ms, failures)"
    " WHERE condition = 2 AND orphaned = 0 AND due_ms > 0;",
    "CREATE INDEX message_due_chain ON message(route, due_side, due_chain_s, failures)"
    " WHERE condition = 2 AND orphaned = 0 AND due_chain_s > 0;",
    "CREATE INDEX message_wake ON message(route, wake, due_ms) WHERE condition = 2 AND orphaned = "
    "0;",

    /* Apart from the rows that are scanned, because they are a hundred times their size. */
    "CREATE TABLE message_bytes("
    " message INTEGER PRIMARY KEY REFERENCES message(row),"
    " payload BLOB NOT NULL,"
    " progress BLOB,"
    " evidence BLOB,"
    " evidence_hash BLOB,"
    " evidence_size INTEGER NOT NULL DEFAULT 0) STRICT;",

    "CREATE TABLE message_count("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " stage INTEGER NOT NULL,"
    " condition INTEGER NOT NULL,"
    " n INTEGER NOT NULL CHECK(n >= 0),"
    " PRIMARY KEY(route, stage, condition)) STRICT, WITHOUT ROWID;",
    "CREATE TRIGGER message_counted_new AFTER INSERT ON message BEGIN"
    " INSERT INTO message_count VALUES(new.route, new.stage, new.condition, 1)"
    "  ON CONFLICT DO UPDATE SET n = n + 1;"
    "END;",
    "CREATE TRIGGER message_counted_move AFTER UPDATE OF stage, condition ON message"
    " WHEN old.stage <> new.stage OR old.condition <> new.condition BEGIN"
    " UPDATE message_count SET n = n - 1"
    "  WHERE route = old.route AND stage = old.stage AND condition = old.condition;"
    " INSERT INTO message_count VALUES(new.route, new.stage, new.condition, 1)"
    "  ON CONFLICT DO UPDATE SET n = n + 1;"
    "END;",

    "CREATE TABLE history("
    " row INTEGER PRIMARY KEY,"
    " message INTEGER NOT NULL REFERENCES message(row),"
    " time_ms INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " stage INTEGER NOT NULL,"
    " condition INTEGER NOT NULL,"
    " text TEXT NOT NULL,"
    " side INTEGER NOT NULL,"
    " block_number INTEGER,"
    " block_hash BLOB,"
    " block_time_s INTEGER,"
    " tx BLOB,"
    " digest BLOB) STRICT;", /* of lines that are to stand once; NULL: may come again */
    "CREATE UNIQUE INDEX history_line ON history(message, digest);",

    "CREATE TABLE attempt("
    " row INTEGER PRIMARY KEY,"
    " message INTEGER NOT NULL REFERENCES message(row),"
    " route INTEGER NOT NULL REFERENCES route(row),"
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " signer BLOB NOT NULL,"
    " nonce INTEGER NOT NULL,"
    " step TEXT NOT NULL,"
    " hash BLOB NOT NULL UNIQUE,"
    " gas_limit INTEGER NOT NULL,"
    " max_fee BLOB NOT NULL,"
    " max_tip BLOB NOT NULL,"
    " state INTEGER NOT NULL,"
    " success INTEGER NOT NULL DEFAULT 0,"
    " block_number INTEGER NOT NULL DEFAULT 0,"
    " block_hash BLOB,"
    " block_time_s INTEGER NOT NULL DEFAULT 0,"
    " gas_used INTEGER NOT NULL DEFAULT 0,"
    " gas_price BLOB NOT NULL,"
    " signed_ms INTEGER NOT NULL,"
    " sent_ms INTEGER NOT NULL DEFAULT 0,"
    " included_ms INTEGER NOT NULL DEFAULT 0) STRICT;",
    /* One unsettled attempt a step, one transaction a nonce: not even a programming error gets
       past. */
    "CREATE UNIQUE INDEX attempt_step ON attempt(message, step) WHERE state IN (1, 2, 3);",
    "CREATE UNIQUE INDEX attempt_nonce ON attempt(chain, signer, nonce);",
    "CREATE INDEX attempt_open ON attempt(chain, signer, nonce) WHERE state IN (1, 2, 3);",
    "CREATE INDEX attempt_message ON attempt(message);",
    "CREATE INDEX attempt_block ON attempt(chain, block_number) WHERE state IN (3, 4);",
    "CREATE INDEX attempt_spent ON attempt(route, signed_ms);",
    "CREATE TABLE attempt_bytes("
    " attempt INTEGER PRIMARY KEY REFERENCES attempt(row),"
    " raw BLOB NOT NULL) STRICT;",

    "CREATE TABLE lane("
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " signer BLOB NOT NULL,"
    " next_nonce INTEGER NOT NULL,"
    " PRIMARY KEY(chain, signer)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE command("
    " row INTEGER PRIMARY KEY AUTOINCREMENT,"
    " verb TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " done INTEGER NOT NULL DEFAULT 0,"
    " answer TEXT NOT NULL DEFAULT '',"
    " made_ms INTEGER NOT NULL,"
    " done_ms INTEGER NOT NULL DEFAULT 0) STRICT;",
    "CREATE INDEX command_open ON command(row) WHERE done = 0;",

    "CREATE TABLE finding("
    " row INTEGER PRIMARY KEY,"
    " chain TEXT NOT NULL,"
    " endpoint TEXT NOT NULL,"
    " method TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " n INTEGER NOT NULL,"
    " first_ms INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL) STRICT;",
    "CREATE UNIQUE INDEX finding_same ON finding(chain, endpoint, method, text);",
    "CREATE INDEX finding_age ON finding(chain, endpoint, last_ms);",
    "CREATE INDEX finding_last ON finding(last_ms);",
};

static const char *const chain_trouble[] = {
    "ALTER TABLE chain ADD COLUMN trouble TEXT NOT NULL DEFAULT '';",
};

static const char *const incidents[] = {
    "CREATE TABLE incident("
    " row INTEGER PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " chain TEXT NOT NULL,"
    " route TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " evidence TEXT NOT NULL,"
    " times INTEGER NOT NULL,"
    " opened_ms INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL,"
    " resolved_ms INTEGER NOT NULL,"
    " resolution TEXT NOT NULL) STRICT;",
    "CREATE UNIQUE INDEX incident_open ON incident(kind, subject) WHERE resolved_ms = 0;",
    "CREATE INDEX incident_resolved ON incident(resolved_ms) WHERE resolved_ms > 0;",
};

/* The number that the source's contract gave a message: NULL, nobody looked for it yet; -1, it has
 * none. sequence_run holds the numbers that are there, as runs without a hole, so that what is
 * missing among a million is known without reading them; sequence_total how many messages have one,
 * which is more only when two have the same. */
#define SEQUENCE_JOINS                                                                             \
    " INSERT INTO sequence_total VALUES(new.route, 1) ON CONFLICT DO UPDATE SET n = n + 1;"        \
    " INSERT OR REPLACE INTO sequence_run SELECT new.route,"                                       \
    "  coalesce((SELECT first FROM sequence_run WHERE route = new.route"                           \
    "   AND last = new.sequence - 1), new.sequence),"                                              \
    "  coalesce((SELECT last FROM sequence_run WHERE route = new.route"                            \
    "   AND first = new.sequence + 1), new.sequence)"                                              \
    "  WHERE coalesce((SELECT last FROM sequence_run WHERE route = new.route"                      \
    "   AND first <= new.sequence ORDER BY first DESC LIMIT 1), -1) < new.sequence;"               \
    " DELETE FROM sequence_run WHERE route = new.route AND first = new.sequence + 1;"

static const char *const message_sequence[] = {
    "ALTER TABLE message ADD COLUMN sequence INTEGER;",
    "CREATE INDEX message_sequence ON message(route, sequence)"
    " WHERE sequence IS NOT NULL AND orphaned = 0;",
    "CREATE INDEX message_unnumbered ON message(route) WHERE sequence IS NULL;",
    "CREATE TABLE sequence_total("
    " route INTEGER PRIMARY KEY REFERENCES route(row),"
    " n INTEGER NOT NULL CHECK(n >= 0)) STRICT;",
    "CREATE TABLE sequence_run("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " first INTEGER NOT NULL,"
    " last INTEGER NOT NULL CHECK(last >= first),"
    " PRIMARY KEY(route, first)) STRICT, WITHOUT ROWID;",
    "CREATE INDEX sequence_run_last ON sequence_run(route, last);",
    "CREATE TRIGGER message_numbered AFTER INSERT ON message"
    " WHEN new.sequence >= 0 AND new.orphaned = 0 BEGIN" SEQUENCE_JOINS "END;",
    "CREATE TRIGGER message_numbered_later AFTER UPDATE OF sequence, orphaned ON message"
    " WHEN new.sequence >= 0 AND new.orphaned = 0 AND (old.sequence IS NULL OR old.orphaned = 1)"
    " BEGIN" SEQUENCE_JOINS "END;",
    "CREATE TRIGGER message_orphaned AFTER UPDATE OF orphaned ON message"
    " WHEN old.sequence >= 0 AND old.orphaned = 0 AND new.orphaned = 1 BEGIN"
    " UPDATE sequence_total SET n = n - 1 WHERE route = old.route;"
    "END;",
    "CREATE TRIGGER message_number_lost AFTER UPDATE OF orphaned ON message"
    " WHEN old.sequence >= 0 AND old.orphaned = 0 AND new.orphaned = 1"
    "  AND NOT EXISTS (SELECT 1 FROM message WHERE route = old.route AND sequence = old.sequence"
    "   AND orphaned = 0) BEGIN"
    " INSERT INTO sequence_run SELECT route, old.sequence + 1, last FROM sequence_run"
    "  WHERE route = old.route AND first <= old.sequence AND last > old.sequence;"
    " UPDATE sequence_run SET last = old.sequence - 1"
    "  WHERE route = old.route AND first < old.sequence AND last >= old.sequence;"
    " DELETE FROM sequence_run WHERE route = old.route AND first = old.sequence;"
    "END;",

    "CREATE TABLE counter("
    " route INTEGER PRIMARY KEY REFERENCES route(row),"
    " first_block INTEGER NOT NULL,"
    " base_block INTEGER,"
    " base INTEGER NOT NULL DEFAULT 0,"
    " checked_ms INTEGER NOT NULL DEFAULT 0,"
    " block INTEGER NOT NULL DEFAULT 0,"
    " first INTEGER NOT NULL DEFAULT 0,"
    " next INTEGER NOT NULL DEFAULT 0,"
    " stored INTEGER NOT NULL DEFAULT 0,"
    " unread INTEGER NOT NULL DEFAULT 0,"
    " uncounted INTEGER NOT NULL DEFAULT 0,"
    " trouble TEXT NOT NULL DEFAULT '') STRICT;",
};

/* A nonce is used by one of several signed transactions, its bids; and it may be used for no
 * message, to fill a gap. */
static const char *const bids[] = {
    "CREATE TABLE attempt_new("
    " row INTEGER PRIMARY KEY,"
    " message INTEGER REFERENCES message(row),"
    " route INTEGER REFERENCES route(row),"
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " signer BLOB NOT NULL,"
    " nonce INTEGER NOT NULL,"
    " step TEXT NOT NULL,"
    " hash BLOB NOT NULL UNIQUE,"
    " gas_limit INTEGER NOT NULL,"
    " max_fee BLOB NOT NULL,"
    " max_tip BLOB NOT NULL,"
    " cancelled INTEGER NOT NULL DEFAULT 0,"
    " state INTEGER NOT NULL,"
    " success INTEGER NOT NULL DEFAULT 0,"
    " block_number INTEGER NOT NULL DEFAULT 0,"
    " block_hash BLOB,"
    " block_time_s INTEGER NOT NULL DEFAULT 0,"
    " gas_used INTEGER NOT NULL DEFAULT 0,"
    " gas_price BLOB NOT NULL,"
    " signed_ms INTEGER NOT NULL,"
    " sent_ms INTEGER NOT NULL DEFAULT 0,"
    " included_ms INTEGER NOT NULL DEFAULT 0) STRICT;",
    "INSERT INTO attempt_new(row, message, route, chain, signer, nonce, step, hash, gas_limit,"
    " max_fee, max_tip, state, success, block_number, block_hash, block_time_s, gas_used,"
    " gas_price, signed_ms, sent_ms, included_ms)"
    " SELECT row, message, route, chain, signer, nonce, step, hash, gas_limit, max_fee, max_tip,"
    " state, success, block_number, block_hash, block_time_s, gas_used, gas_price, signed_ms,"
    " sent_ms, included_ms FROM attempt;",
    "CREATE TABLE bid("
    " row INTEGER PRIMARY KEY,"
    " attempt INTEGER NOT NULL REFERENCES attempt_new(row),"
    " hash BLOB NOT NULL UNIQUE,"
    " gas_limit INTEGER NOT NULL,"
    " max_fee BLOB NOT NULL,"
    " max_tip BLOB NOT NULL,"
    " cancels INTEGER NOT NULL,"
    " raw BLOB NOT NULL,"
    " signed_ms INTEGER NOT NULL,"
    " why TEXT NOT NULL) STRICT;",
    "INSERT INTO bid(attempt, hash, gas_limit, max_fee, max_tip, cancels, raw, signed_ms, why)"
    " SELECT attempt.row, hash, gas_limit, max_fee, max_tip, 0, raw, signed_ms, ''"
    " FROM attempt JOIN attempt_bytes ON attempt_bytes.attempt = attempt.row;",
    "DROP TABLE attempt_bytes;",
    "DROP TABLE attempt;",
    "ALTER TABLE attempt_new RENAME TO attempt;",
    ("CREATE UNIQUE INDEX attempt_step ON attempt(message, step)"
     " WHERE state IN (1, 2, 3) AND message IS NOT NULL;"),
    "CREATE UNIQUE INDEX attempt_nonce ON attempt(chain, signer, nonce);",
    "CREATE INDEX attempt_open ON attempt(chain, signer, nonce) WHERE state IN (1, 2, 3);",
    "CREATE INDEX attempt_message ON attempt(message) WHERE message IS NOT NULL;",
    "CREATE INDEX attempt_block ON attempt(chain, block_number) WHERE state IN (3, 4);",
    "CREATE INDEX attempt_spent ON attempt(route, signed_ms) WHERE route IS NOT NULL;",
    "CREATE INDEX bid_attempt ON bid(attempt);",
};

static const char *const endpoints[] = {
    "CREATE TABLE endpoint("
    " row INTEGER PRIMARY KEY,"
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " label TEXT NOT NULL,"
    " position INTEGER NOT NULL,"
    " state TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " quick_ms INTEGER NOT NULL,"
    " heavy_ms INTEGER NOT NULL,"
    " answers INTEGER NOT NULL,"
    " bad INTEGER NOT NULL,"
    " lag INTEGER,"
    " contradictions INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL,"
    " UNIQUE(chain, label)) STRICT;",
    "CREATE TABLE endpoint_call("
    " endpoint INTEGER NOT NULL REFERENCES endpoint(row),"
    " method TEXT NOT NULL,"
    " calls INTEGER NOT NULL,"
    " failures INTEGER NOT NULL,"
    " PRIMARY KEY(endpoint, method)) STRICT, WITHOUT ROWID;",
    "ALTER TABLE chain ADD COLUMN blocks_seen INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE chain ADD COLUMN false_blooms INTEGER NOT NULL DEFAULT 0;",
};

/* answer_total keeps the sum of the sizes, so that a bound costs no scan. */
static const char *const answers[] = {
    "CREATE TABLE answer("
    " row INTEGER PRIMARY KEY,"
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " key BLOB NOT NULL,"
    " block INTEGER NOT NULL,"
    " operators INTEGER NOT NULL,"
    " used INTEGER NOT NULL,"
    " size INTEGER NOT NULL,"
    " value BLOB NOT NULL) STRICT;",
    "CREATE UNIQUE INDEX answer_key ON answer(chain, key);",
    "CREATE INDEX answer_used ON answer(used);",
    "CREATE INDEX answer_block ON answer(chain, block);",
    "CREATE TABLE answer_total("
    " row INTEGER PRIMARY KEY CHECK(row = 1),"
    " bytes INTEGER NOT NULL CHECK(bytes >= 0)) STRICT;",
    "INSERT INTO answer_total VALUES(1, 0);",
    "CREATE TRIGGER answer_counted_new AFTER INSERT ON answer BEGIN"
    " UPDATE answer_total SET bytes = bytes + new.size;"
    "END;",
    "CREATE TRIGGER answer_counted_change AFTER UPDATE OF size ON answer BEGIN"
    " UPDATE answer_total SET bytes = bytes - old.size + new.size;"
    "END;",
    "CREATE TRIGGER answer_counted_gone AFTER DELETE ON answer BEGIN"
    " UPDATE answer_total SET bytes = bytes - old.size;"
    "END;",
};

static const char *const past[] = {
    "CREATE TABLE unread("
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " from_block INTEGER NOT NULL,"
    " to_block INTEGER NOT NULL,"
    " hash BLOB," /* of to_block; NULL: not known */
    " PRIMARY KEY(chain, from_block)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE reach("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " side INTEGER NOT NULL,"
    " from_block INTEGER NOT NULL,"
    " blind_from INTEGER,"
    " blind_to INTEGER,"
    " PRIMARY KEY(route, side)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE early("
    " row INTEGER PRIMARY KEY,"
    " route INTEGER NOT NULL REFERENCES route(row),"
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " side INTEGER NOT NULL,"
    " ref BLOB NOT NULL,"
    " kind INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL,"
    " only_unaliased INTEGER NOT NULL,"
    " note TEXT NOT NULL,"
    " block_number INTEGER NOT NULL,"
    " block_hash BLOB NOT NULL,"
    " block_time_s INTEGER NOT NULL,"
    " tx BLOB NOT NULL,"
    " log_index INTEGER NOT NULL) STRICT;",
    "CREATE UNIQUE INDEX early_log ON early(route, side, block_hash, log_index);",
    "CREATE INDEX early_ref ON early(route, ref);",
    "CREATE INDEX early_age ON early(route, block_time_s);",
    "CREATE INDEX early_block ON early(chain, block_number);",
    "ALTER TABLE chain ADD COLUMN backfill_left INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE chain ADD COLUMN backfill_per_s INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE chain ADD COLUMN backfill_eta_s INTEGER NOT NULL DEFAULT 0;",
};

/* What was stored before may have been one operator's word only. */
static const char *const message_assurance[] = {
    "ALTER TABLE message ADD COLUMN assurance INTEGER NOT NULL DEFAULT 2;",
    "CREATE INDEX message_provisional ON message(chain, block_number) WHERE assurance = 1;",
};

/* When a block is gone that was final, several attempts of a step may be open again; and what was
 * decided for good knows which block it rests on. */
static const char *const deep_reorgs[] = {
    "ALTER TABLE attempt ADD COLUMN reorged INTEGER NOT NULL DEFAULT 0;",
    "DROP INDEX attempt_step;",
    ("CREATE UNIQUE INDEX attempt_step ON attempt(message, step)"
     " WHERE state IN (1, 2, 3) AND reorged = 0 AND message IS NOT NULL;"),
    "ALTER TABLE message ADD COLUMN rests_on INTEGER;",
};

static const char *const finding_evidence[] = {
    "ALTER TABLE finding ADD COLUMN evidence TEXT NOT NULL DEFAULT '';",
};

static const char *const attempt_kept[] = {
    "ALTER TABLE attempt ADD COLUMN kept_block INTEGER NOT NULL DEFAULT 0;",
};

static const char *const loop_late[] = {
    "CREATE TABLE loop_late("
    " at_most_ms INTEGER PRIMARY KEY, n INTEGER NOT NULL, sum_ms INTEGER NOT NULL) STRICT",
};

#define ZERO_U256 "x'0000000000000000000000000000000000000000000000000000000000000000'"

/* What a rollup charges for data: on top of the gas, or as a part of it. */
static const char *const data_costs[] = {
    "ALTER TABLE attempt ADD COLUMN data_fee BLOB NOT NULL DEFAULT " ZERO_U256 ";",
    "ALTER TABLE attempt ADD COLUMN data_gas INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE bid ADD COLUMN data_fee BLOB NOT NULL DEFAULT " ZERO_U256 ";",
};

/* Steps that share a transaction: the attempt has no message of its own then. */
static const char *const batches[] = {
    "CREATE TABLE item("
    " attempt INTEGER NOT NULL REFERENCES attempt(row),"
    " message INTEGER NOT NULL REFERENCES message(row),"
    " gas INTEGER NOT NULL," /* that it was estimated to need alone */
    " PRIMARY KEY(attempt, message)) STRICT, WITHOUT ROWID;",
    "CREATE INDEX item_message ON item(message);",
    "ALTER TABLE attempt ADD COLUMN estimate INTEGER NOT NULL DEFAULT 0;",
};

/* Why those that failed wait, so that they are counted without reading the others. */
static const char *const failing[] = {
    "CREATE INDEX message_failing ON message(route, reason) WHERE failures > 0;",
};

/* All routes of before carried withdrawals. */
static const char *const directions[] = {
    "ALTER TABLE route ADD COLUMN direction TEXT NOT NULL DEFAULT 'withdrawal';",
    "ALTER TABLE route ADD COLUMN source INTEGER NOT NULL DEFAULT 1;",
};

/* Numbers that the source's contract gave to other things than messages. */
#define COUNTED_SPLITS                                                                             \
    " INSERT INTO sequence_run SELECT route, old.sequence + 1, last FROM sequence_run"             \
    "  WHERE route = old.route AND first <= old.sequence AND last > old.sequence;"                 \
    " UPDATE sequence_run SET last = old.sequence - 1"                                             \
    "  WHERE route = old.route AND first < old.sequence AND last >= old.sequence;"                 \
    " DELETE FROM sequence_run WHERE route = old.route AND first = old.sequence;"
#define COUNTED_NOWHERE                                                                            \
    " NOT EXISTS (SELECT 1 FROM message WHERE route = old.route AND sequence = old.sequence"       \
    "  AND orphaned = 0)"                                                                          \
    " AND NOT EXISTS (SELECT 1 FROM counted WHERE route = old.route AND sequence = old.sequence)"

/* deadline_next_s: the destination's time at which a message's deadline is worth a look; 0: never.
 */
static const char *const numbers_and_deadlines[] = {
    "CREATE TABLE counted("
    " row INTEGER PRIMARY KEY,"
    " route INTEGER NOT NULL REFERENCES route(row),"
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " sequence INTEGER NOT NULL CHECK(sequence >= 0),"
    " block_number INTEGER NOT NULL,"
    " log_index INTEGER NOT NULL) STRICT;",
    "CREATE UNIQUE INDEX counted_log ON counted(route, block_number, log_index);",
    "CREATE INDEX counted_sequence ON counted(route, sequence);",
    "CREATE INDEX counted_block ON counted(chain, block_number);",
    "CREATE TRIGGER counted_numbered AFTER INSERT ON counted BEGIN" SEQUENCE_JOINS "END;",
    "CREATE TRIGGER counted_gone AFTER DELETE ON counted BEGIN"
    " UPDATE sequence_total SET n = n - 1 WHERE route = old.route;"
    "END;",
    "CREATE TRIGGER counted_number_lost AFTER DELETE ON counted WHEN" COUNTED_NOWHERE
    " BEGIN" COUNTED_SPLITS "END;",
    "DROP TRIGGER message_number_lost;",
    "CREATE TRIGGER message_number_lost AFTER UPDATE OF orphaned ON message"
    " WHEN old.sequence >= 0 AND old.orphaned = 0 AND new.orphaned = 1 AND" COUNTED_NOWHERE
    " BEGIN" COUNTED_SPLITS "END;",
    "ALTER TABLE message ADD COLUMN deadline_s INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE message ADD COLUMN deadline_next_s INTEGER NOT NULL DEFAULT 0;",
    "CREATE INDEX message_deadline ON message(route, deadline_next_s) WHERE deadline_next_s > 0;",
    "ALTER TABLE route ADD COLUMN deadline_alerts TEXT NOT NULL DEFAULT '';",
};

/* What an incident says, as an alert of it has it, too, which is told as it was. */
#define INCIDENT_SAYS                                                                              \
    " kind TEXT NOT NULL DEFAULT '',"                                                              \
    " subject TEXT NOT NULL DEFAULT '',"                                                           \
    " chain TEXT NOT NULL DEFAULT '',"                                                             \
    " route TEXT NOT NULL DEFAULT '',"                                                             \
    " text TEXT NOT NULL DEFAULT '',"                                                              \
    " evidence TEXT NOT NULL DEFAULT '',"                                                          \
    " times INTEGER NOT NULL DEFAULT 0,"                                                           \
    " opened_ms INTEGER NOT NULL DEFAULT 0,"                                                       \
    " last_ms INTEGER NOT NULL DEFAULT 0,"                                                         \
    " resolved_ms INTEGER NOT NULL DEFAULT 0,"                                                     \
    " resolution TEXT NOT NULL DEFAULT '',"                                                        \
    " severity INTEGER NOT NULL DEFAULT 1,"                                                        \
    " state INTEGER NOT NULL DEFAULT 2,"                                                           \
    " invariant TEXT NOT NULL DEFAULT '',"                                                         \
    " advice TEXT NOT NULL DEFAULT '',"                                                            \
    " settlement_says TEXT NOT NULL DEFAULT '',"                                                   \
    " execution_says TEXT NOT NULL DEFAULT '',"                                                    \
    " settlement_block INTEGER,"                                                                   \
    " settlement_hash BLOB,"                                                                       \
    " execution_block INTEGER,"                                                                    \
    " execution_hash BLOB,"                                                                        \
    " tx BLOB,"

/* told: what each sink was told of an incident last. Rows of alert are what it has still to be
 * told; their numbers are in what is sent, so that none is used twice. */
static const char *const alerts[] = {
    "ALTER TABLE incident ADD COLUMN severity INTEGER NOT NULL DEFAULT 3;",
    "ALTER TABLE incident ADD COLUMN given_severity INTEGER NOT NULL DEFAULT 3;",
    "ALTER TABLE incident ADD COLUMN severity_ms INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE incident ADD COLUMN state INTEGER NOT NULL DEFAULT 2;",
    "ALTER TABLE incident ADD COLUMN invariant TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE incident ADD COLUMN advice TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE incident ADD COLUMN settlement_says TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE incident ADD COLUMN execution_says TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE incident ADD COLUMN settlement_block INTEGER;",
    "ALTER TABLE incident ADD COLUMN settlement_hash BLOB;",
    "ALTER TABLE incident ADD COLUMN execution_block INTEGER;",
    "ALTER TABLE incident ADD COLUMN execution_hash BLOB;",
    "ALTER TABLE incident ADD COLUMN tx BLOB;",
    "ALTER TABLE incident ADD COLUMN acked_ms INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE incident ADD COLUMN acked_by TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE incident ADD COLUMN ack_note TEXT NOT NULL DEFAULT '';",
    "UPDATE incident SET severity_ms = opened_ms,"
    " severity = CASE kind WHEN 'endpoint_contradiction' THEN 2 ELSE 3 END,"
    " given_severity = CASE kind WHEN 'endpoint_contradiction' THEN 2 ELSE 3 END,"
    " state = CASE WHEN resolved_ms > 0 THEN 4 ELSE 2 END;",
    "CREATE INDEX incident_age ON incident(severity, severity_ms) WHERE resolved_ms = 0;",
    "CREATE TABLE incident_line("
    " row INTEGER PRIMARY KEY,"
    " incident INTEGER NOT NULL REFERENCES incident(row),"
    " time_ms INTEGER NOT NULL,"
    " event INTEGER NOT NULL,"
    " severity INTEGER NOT NULL,"
    " text TEXT NOT NULL) STRICT;",
    "CREATE INDEX incident_line_of ON incident_line(incident);",
    "CREATE TABLE silence("
    " row INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " route TEXT NOT NULL,"
    " made_by TEXT NOT NULL,"
    " note TEXT NOT NULL,"
    " made_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL,"
    " over INTEGER NOT NULL DEFAULT 0) STRICT;",
    "CREATE INDEX silence_on ON silence(until_ms) WHERE over = 0;",
    "CREATE TABLE sink("
    " row INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " type TEXT NOT NULL,"
    " active INTEGER NOT NULL,"
    " min_severity INTEGER NOT NULL,"
    " routes TEXT NOT NULL,"
    " chains TEXT NOT NULL,"
    " queue_max INTEGER NOT NULL,"
    " sent INTEGER NOT NULL DEFAULT 0,"
    " dropped INTEGER NOT NULL DEFAULT 0,"
    " failures INTEGER NOT NULL DEFAULT 0,"
    " failing INTEGER NOT NULL DEFAULT 0,"
    " due_ms INTEGER NOT NULL DEFAULT 0,"
    " ok_ms INTEGER NOT NULL DEFAULT 0,"
    " failed_ms INTEGER NOT NULL DEFAULT 0,"
    " said TEXT NOT NULL DEFAULT '') STRICT;",
    "CREATE TABLE told("
    " incident INTEGER NOT NULL REFERENCES incident(row),"
    " sink INTEGER NOT NULL REFERENCES sink(row),"
    " severity INTEGER NOT NULL,"
    " confirmed INTEGER NOT NULL,"
    " acked INTEGER NOT NULL,"
    " over INTEGER NOT NULL,"
    " PRIMARY KEY(incident, sink)) STRICT, WITHOUT ROWID;",
    ("CREATE TABLE alert("
     " row INTEGER PRIMARY KEY AUTOINCREMENT,"
     " sink INTEGER NOT NULL REFERENCES sink(row),"
     " incident INTEGER NOT NULL," /* 0: of none */
     " event INTEGER NOT NULL,"
     " was_severity INTEGER NOT NULL DEFAULT 0,"
     " made_ms INTEGER NOT NULL,"
     " due_ms INTEGER NOT NULL DEFAULT 0,"
     " tries INTEGER NOT NULL DEFAULT 0,"
     " note TEXT NOT NULL DEFAULT ''," INCIDENT_SAYS " said TEXT NOT NULL DEFAULT '') STRICT;"),
    "CREATE INDEX alert_queue ON alert(sink);",
    "CREATE INDEX alert_order ON alert(sink, incident) WHERE incident > 0;",
    "CREATE INDEX alert_least ON alert(sink, severity);",
    "CREATE INDEX alert_incident ON alert(incident);",
    "CREATE TRIGGER incident_gone AFTER DELETE ON incident BEGIN"
    " DELETE FROM incident_line WHERE incident = old.row;"
    " DELETE FROM told WHERE incident = old.row;"
    "END;",
    "CREATE TABLE instance("
    " row INTEGER PRIMARY KEY CHECK(row = 1), id TEXT NOT NULL) STRICT;",
    "INSERT INTO instance VALUES(1, lower(hex(randomblob(8))));",
    "ALTER TABLE command ADD COLUMN args TEXT NOT NULL DEFAULT '';",
};

/* What the invariants speak of, each log of it once, and what is known of it. rests_settlement and
 * rests_execution: the newest block of each side that the verdict rests on; it is provisional while
 * one of them is not final. judged_ms 0: not judged yet. hold: what the monitor wants held. */
#define VERDICT_TOTAL(op, n, row)                                                                  \
    " INSERT INTO verdict_total(route, invariant, state, reason, n) VALUES(" row ".route, " row    \
    ".invariant, " row ".state, " row ".reason, " n ")"                                            \
    " ON CONFLICT DO UPDATE SET n = n " op " 1;"
static const char *const verdicts[] = {
    "CREATE TABLE subject("
    " row INTEGER PRIMARY KEY,"
    " route INTEGER NOT NULL REFERENCES route(row),"
    " invariant TEXT NOT NULL,"
    " key BLOB NOT NULL,"
    " standing INTEGER NOT NULL,"
    " chain INTEGER NOT NULL REFERENCES chain(row)," /* of the block */
    " side INTEGER NOT NULL,"
    " block_number INTEGER NOT NULL,"
    " block_hash BLOB NOT NULL,"
    " block_time_s INTEGER NOT NULL,"
    " tx BLOB NOT NULL,"
    " log_index INTEGER NOT NULL,"
    " message BLOB,"
    " rests_on BLOB,"
    " data BLOB NOT NULL,"
    " about TEXT NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 1,"
    " stake INTEGER NOT NULL DEFAULT 1,"
    " reason TEXT NOT NULL DEFAULT 'not_judged',"
    " sentence TEXT NOT NULL DEFAULT '',"
    " settlement_value TEXT NOT NULL DEFAULT '',"
    " execution_value TEXT NOT NULL DEFAULT '',"
    " settlement_block INTEGER NOT NULL DEFAULT 0,"
    " settlement_hash BLOB,"
    " execution_block INTEGER NOT NULL DEFAULT 0,"
    " execution_hash BLOB,"
    " rests_settlement INTEGER NOT NULL DEFAULT 0,"
    " rests_execution INTEGER NOT NULL DEFAULT 0,"
    " provisional INTEGER NOT NULL DEFAULT 1,"
    " memory BLOB,"
    " on_final INTEGER NOT NULL DEFAULT 0,"
    " due_side INTEGER NOT NULL DEFAULT 0,"
    " due_chain_s INTEGER NOT NULL DEFAULT 0,"
    " due_ms INTEGER NOT NULL,"
    " tries INTEGER NOT NULL DEFAULT 0,"
    " first_ms INTEGER NOT NULL,"
    " since_ms INTEGER NOT NULL,"
    " judged_ms INTEGER NOT NULL DEFAULT 0) STRICT;",
    "CREATE UNIQUE INDEX subject_place ON subject(route, invariant, key, block_number, log_index)"
    " WHERE standing = 0;",
    "CREATE UNIQUE INDEX subject_standing ON subject(route, invariant) WHERE standing = 1;",
    "CREATE INDEX subject_state ON subject(route, state, invariant, since_ms);",
    "CREATE INDEX subject_due ON subject(route, due_ms) WHERE due_ms > 0;",
    "CREATE INDEX subject_fresh ON subject(route, block_time_s) WHERE judged_ms = 0;",
    "CREATE INDEX subject_provisional ON subject(route) WHERE provisional = 1;",
    "CREATE INDEX subject_on_final ON subject(route) WHERE on_final = 1;",
    "CREATE INDEX subject_clock ON subject(route, due_side, due_chain_s) WHERE due_chain_s > 0;",
    "CREATE INDEX subject_block ON subject(chain, block_number) WHERE standing = 0;",
    "CREATE INDEX subject_rests_on ON subject(route, rests_on) WHERE rests_on IS NOT NULL;",
    "CREATE INDEX subject_message ON subject(route, message) WHERE message IS NOT NULL;",

    "CREATE TABLE verdict_total("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " invariant TEXT NOT NULL,"
    " state INTEGER NOT NULL,"
    " reason TEXT NOT NULL,"
    " n INTEGER NOT NULL,"
    " PRIMARY KEY(route, invariant, state, reason)) STRICT, WITHOUT ROWID;",
    "CREATE TRIGGER subject_counted_new AFTER INSERT ON subject BEGIN" VERDICT_TOTAL("+", "1",
                                                                                     "new") "END;",
    "CREATE TRIGGER subject_counted_move AFTER UPDATE OF state, reason ON subject"
    " WHEN old.state <> new.state OR old.reason <> new.reason BEGIN" VERDICT_TOTAL("-", "-1", "old")
        VERDICT_TOTAL("+", "1", "new") "END;",
    "CREATE TRIGGER subject_counted_gone AFTER DELETE ON subject BEGIN" VERDICT_TOTAL("-", "-1",
                                                                                      "old") "END;",

    /* target: a route's name, or ROUTE/0x… for a message. wanted 0: no longer. */
    "CREATE TABLE hold("
    " row INTEGER PRIMARY KEY,"
    " route INTEGER NOT NULL REFERENCES route(row),"
    " target TEXT NOT NULL,"
    " invariant TEXT NOT NULL,"
    " key BLOB NOT NULL,"
    " text TEXT NOT NULL,"
    " wanted INTEGER NOT NULL,"
    " posted INTEGER NOT NULL DEFAULT 0) STRICT;",
    "CREATE UNIQUE INDEX hold_target ON hold(route, target, invariant, key);",
    "CREATE INDEX hold_subject ON hold(route, invariant, key);",
    "CREATE INDEX hold_open ON hold(row) WHERE posted = 0;",
    /* Everything that is read for the route was shown to its invariants, too. */
    "ALTER TABLE route ADD COLUMN guarded INTEGER NOT NULL DEFAULT 0;",
};

/* What only metrics tell: how often was judged, how long that took since the block, and what became
 * of incidents. A subject is counted when it is decided for the first time; not one of the past,
 * whose block was older than an hour when it was read. */
#define LAG_BOUND_S(lag_ms)                                                                        \
    "CASE WHEN " lag_ms " <= 1000 THEN 1 WHEN " lag_ms " <= 2000 THEN 2 WHEN " lag_ms              \
    " <= 5000 THEN 5 WHEN " lag_ms " <= 10000 THEN 10 WHEN " lag_ms                                \
    " <= 30000 THEN 30 WHEN " lag_ms " <= 60000 THEN 60 WHEN " lag_ms                              \
    " <= 300000 THEN 300 WHEN " lag_ms " <= 900000 THEN 900 WHEN " lag_ms                          \
    " <= 1800000 THEN 1800 WHEN " lag_ms " <= 3600000 THEN 3600 WHEN " lag_ms                      \
    " <= 14400000 THEN 14400 ELSE 2147483647 END"
#define VERDICT_LAG_MS "max(0, new.judged_ms - new.block_time_s * 1000)"
static const char *const measures[] = {
    "CREATE TABLE judged_total("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " state INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL,"
    " PRIMARY KEY(route, state)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE verdict_lag("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " at_most_s INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " sum_ms INTEGER NOT NULL,"
    " PRIMARY KEY(route, at_most_s)) STRICT, WITHOUT ROWID;",
    "CREATE TRIGGER subject_judged AFTER UPDATE OF judged_ms ON subject BEGIN"
    " INSERT INTO judged_total(route, state, n, last_ms)"
    " VALUES(new.route, new.state, 1, new.judged_ms)"
    " ON CONFLICT DO UPDATE SET n = n + 1, last_ms = max(last_ms, excluded.last_ms);"
    "END;",
    ("CREATE TRIGGER subject_decided AFTER UPDATE OF judged_ms ON subject"
     " WHEN old.state = 1 AND new.state <> 1 AND old.since_ms = old.first_ms AND new.standing = 0"
     " AND new.first_ms - new.block_time_s * 1000 < 3600000 BEGIN"
     " INSERT INTO verdict_lag(route, at_most_s, n, sum_ms)"
     " VALUES(new.route, " LAG_BOUND_S(
         VERDICT_LAG_MS) ", 1, " VERDICT_LAG_MS ")"
                         " ON CONFLICT DO UPDATE SET n = n + 1, sum_ms = sum_ms + excluded.sum_ms;"
                         "END;"),
    "CREATE INDEX subject_root ON subject(route, state, execution_block, block_time_s)"
    " WHERE invariant = 'root';",
    "CREATE TABLE incident_total("
    " kind TEXT NOT NULL,"
    " event INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " PRIMARY KEY(kind, event)) STRICT, WITHOUT ROWID;",
    "INSERT INTO incident_total(kind, event, n) SELECT kind, event, count(*) FROM incident_line"
    " JOIN incident ON incident.row = incident GROUP BY kind, event;",
    "CREATE TRIGGER incident_counted AFTER INSERT ON incident_line BEGIN"
    " INSERT INTO incident_total(kind, event, n)"
    " SELECT kind, new.event, 1 FROM incident WHERE row = new.incident"
    " ON CONFLICT DO UPDATE SET n = n + 1;"
    "END;",
};

static const char *const limits[] = {
    "ALTER TABLE chain ADD COLUMN final_since_s INTEGER NOT NULL DEFAULT 0;",
    "CREATE INDEX message_undelivered ON message(route, block_time_s)"
    " WHERE stage < 8 AND condition <> 4 AND orphaned = 0;",
};

static const char *const funds[] = {
    "CREATE TABLE funds("
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " address BLOB NOT NULL,"
    " signer TEXT NOT NULL,"
    " balance BLOB NOT NULL,"
    " low BLOB NOT NULL," /* less than this is told of; 0: no limit */
    " PRIMARY KEY(chain, address)) STRICT, WITHOUT ROWID;",
};

/* The calls that a guardian would pause with, and signed ones that go out, or did. */
static const char *const pauses[] = {
    "ALTER TABLE incident ADD COLUMN pause TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE alert ADD COLUMN pause TEXT NOT NULL DEFAULT '';",
    "CREATE TABLE pause("
    " row INTEGER PRIMARY KEY,"
    " route INTEGER NOT NULL REFERENCES route(row),"
    " hash BLOB NOT NULL UNIQUE,"
    " raw BLOB NOT NULL,"
    " why TEXT NOT NULL,"
    " state INTEGER NOT NULL,"
    " success INTEGER NOT NULL DEFAULT 0,"
    " block_number INTEGER NOT NULL DEFAULT 0,"
    " block_hash BLOB,"
    " made_ms INTEGER NOT NULL) STRICT;",
};

/* NULL: it arose before these were kept, or of none. */
static const char *const subject_logs[] = {
    "ALTER TABLE subject ADD COLUMN log BLOB;",
};

struct migration {
    const char *const *statements;
    size_t n;
};

/* What stands at all times may have several parts. */
static const char *const parts[] = {
    "DROP INDEX subject_standing;",
    "CREATE UNIQUE INDEX subject_standing ON subject(route, invariant, key) WHERE standing = 1;",
};

/* stage_ms: when it reached its stage. stage_time: stage 0 is from seen until executed. */
static const char *const ledger[] = {
    "ALTER TABLE message ADD COLUMN stage_ms INTEGER NOT NULL DEFAULT 0;",
    "UPDATE message SET stage_ms = changed_ms;",
    "CREATE TABLE stage_time("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " stage INTEGER NOT NULL,"
    " bucket INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " sum_ms INTEGER NOT NULL,"
    " PRIMARY KEY(route, stage, bucket)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE step_cost("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " step TEXT NOT NULL,"
    " transactions INTEGER NOT NULL,"
    " steps INTEGER NOT NULL,"
    " failed INTEGER NOT NULL,"
    " gas INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " fee BLOB NOT NULL,"
    " PRIMARY KEY(route, step)) STRICT, WITHOUT ROWID;",
    "CREATE INDEX message_sender ON message(sender);",
    "CREATE INDEX message_target ON message(target);",
    "CREATE INDEX message_time ON message(block_time_s);",
};

/* Lanes as they are now, and who wants to be told of messages. */
static const char *const told_outside[] = {
    "CREATE TABLE lane_state("
    " chain INTEGER NOT NULL REFERENCES chain(row),"
    " address BLOB NOT NULL,"
    " signer TEXT NOT NULL,"
    " next_nonce INTEGER," /* NULL: not read yet */
    " jobs INTEGER NOT NULL,"
    " open INTEGER NOT NULL,"
    " trouble TEXT NOT NULL,"
    " updated_ms INTEGER NOT NULL,"
    " PRIMARY KEY(chain, address)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE webhook("
    " row INTEGER PRIMARY KEY AUTOINCREMENT,"
    " owner TEXT NOT NULL," /* name of the token that made it */
    " url TEXT NOT NULL,"
    " secret TEXT NOT NULL,"
    " route INTEGER NOT NULL," /* 0: any */
    " sender BLOB,"            /* NULL: any; the next two, too */
    " target BLOB,"
    " tx BLOB,"
    " stages INTEGER NOT NULL,"   /* one bit each; 0: everything that happens */
    " position INTEGER NOT NULL," /* row of history up to which it was told */
    " sent INTEGER NOT NULL DEFAULT 0,"
    " failing INTEGER NOT NULL DEFAULT 0," /* times in a row */
    " failing_ms INTEGER NOT NULL DEFAULT 0,"
    " not_before_ms INTEGER NOT NULL DEFAULT 0,"
    " given_up_ms INTEGER NOT NULL DEFAULT 0,"
    " ok_ms INTEGER NOT NULL DEFAULT 0,"
    " said TEXT NOT NULL DEFAULT '',"
    " made_ms INTEGER NOT NULL) STRICT;",
    "CREATE INDEX webhook_owner ON webhook(owner);",
};

/* Chain time before which a message can't be delivered, by the periods that are known. */
static const char *const earliest[] = {
    "ALTER TABLE message ADD COLUMN earliest_s INTEGER NOT NULL DEFAULT 0;",
};

/* For finding a message by any transaction that is about it. */
static const char *const found_by_tx[] = {
    "CREATE INDEX bid_hash ON bid(hash);",
    "CREATE INDEX history_tx ON history(tx) WHERE kind = 'event';",
};

/* What was counted before days were is of day 0. what: 1 gas, 2 fee of one step, or one message
 * (step ''). counted: what the message cost is in there. */
static const char *const costs[] = {
    "ALTER TABLE attempt ADD COLUMN calldata_bytes INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE attempt ADD COLUMN proof_nodes INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE attempt ADD COLUMN proof_bytes INTEGER NOT NULL DEFAULT 0;",
    "CREATE INDEX attempt_route ON attempt(route) WHERE route IS NOT NULL;",
    "ALTER TABLE message ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;",
    "CREATE TABLE stage_day("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " stage INTEGER NOT NULL,"
    " day INTEGER NOT NULL,"
    " bucket INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " sum_ms INTEGER NOT NULL,"
    " PRIMARY KEY(route, stage, day, bucket)) STRICT, WITHOUT ROWID;",
    "INSERT INTO stage_day SELECT route, stage, 0, bucket, n, sum_ms FROM stage_time;",
    "DROP TABLE stage_time;",
    "CREATE TABLE cost("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " step TEXT NOT NULL,"
    " day INTEGER NOT NULL,"
    " transactions INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " failed INTEGER NOT NULL,"
    " gas INTEGER NOT NULL,"
    " raw_bytes INTEGER NOT NULL,"
    " calldata_bytes INTEGER NOT NULL,"
    " proof_nodes INTEGER NOT NULL,"
    " proof_bytes INTEGER NOT NULL,"
    " batches INTEGER NOT NULL,"
    " batched INTEGER NOT NULL,"
    " batched_gas INTEGER NOT NULL,"
    " alone_gas INTEGER NOT NULL,"
    " together_gas INTEGER NOT NULL,"
    " fee BLOB NOT NULL,"
    " data_fee BLOB NOT NULL,"
    " PRIMARY KEY(route, step, day)) STRICT, WITHOUT ROWID;",
    "INSERT INTO cost SELECT route, step, 0, transactions, steps, failed, gas, bytes, 0, 0, 0, 0,"
    " 0, 0, 0, 0, fee, zeroblob(32) FROM step_cost;",
    "DROP TABLE step_cost;",
    "CREATE TABLE cost_day("
    " route INTEGER NOT NULL REFERENCES route(row),"
    " step TEXT NOT NULL,"
    " what INTEGER NOT NULL,"
    " day INTEGER NOT NULL,"
    " bucket INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " PRIMARY KEY(route, step, what, day, bucket)) STRICT, WITHOUT ROWID;",
};

/* What is looked for among all rows, and not only among those that wait, is found by an index.
 * Lists are read by the time that messages were sent, newest first, and verdicts by route,
 * invariant and state. */
static const char *const pages[] = {
    "DROP INDEX bid_hash;", /* which UNIQUE has made already */
    "DROP INDEX message_cell;",
    "CREATE INDEX message_cell ON message(route, condition, stage, block_time_s);",
    "DROP INDEX message_sender;",
    "CREATE INDEX message_sender ON message(sender, block_time_s);",
    "DROP INDEX message_target;",
    "CREATE INDEX message_target ON message(target, block_time_s);",
    ("CREATE INDEX message_rests ON message(route, rests_on)"
     " WHERE condition IN (3, 4, 5) AND orphaned = 0;"),
    "CREATE INDEX message_dated ON message(route) WHERE deadline_s > 0 AND condition < 4;",
    "CREATE INDEX subject_cell ON subject(route, invariant, state);",
    "CREATE INDEX incident_order ON incident(resolved_ms > 0, row DESC);",
};

/* Buckets of all days together are of day -1. */
static const char *const all_days[] = {
    "INSERT INTO stage_day SELECT route, stage, -1, bucket, sum(n), sum(sum_ms) FROM stage_day"
    " GROUP BY route, stage, bucket;",
    "INSERT INTO cost_day SELECT route, step, what, -1, bucket, sum(n) FROM cost_day"
    " GROUP BY route, step, what, bucket;",
};

/* Transactions are listed by the time that they were signed. */
static const char *const signed_at[] = {
    "CREATE INDEX attempt_signed ON attempt(signed_ms);",
};

/* clang-format off: one a line */
static const struct migration migrations[] = {
    {first, CW_COUNT(first)},
    {chain_trouble, CW_COUNT(chain_trouble)},
    {incidents, CW_COUNT(incidents)},
    {message_sequence, CW_COUNT(message_sequence)},
    {bids, CW_COUNT(bids)},
    {endpoints, CW_COUNT(endpoints)},
    {answers, CW_COUNT(answers)},
    {past, CW_COUNT(past)},
    {message_assurance, CW_COUNT(message_assurance)},
    {deep_reorgs, CW_COUNT(deep_reorgs)},
    {finding_evidence, CW_COUNT(finding_evidence)},
    {attempt_kept, CW_COUNT(attempt_kept)},
    {loop_late, CW_COUNT(loop_late)},
    {data_costs, CW_COUNT(data_costs)},
    {batches, CW_COUNT(batches)},
    {failing, CW_COUNT(failing)},
    {directions, CW_COUNT(directions)},
    {numbers_and_deadlines, CW_COUNT(numbers_and_deadlines)},
    {alerts, CW_COUNT(alerts)},
    {verdicts, CW_COUNT(verdicts)},
    {measures, CW_COUNT(measures)},
    {limits, CW_COUNT(limits)},
    {parts, CW_COUNT(parts)},
    {funds, CW_COUNT(funds)},
    {pauses, CW_COUNT(pauses)},
    {subject_logs, CW_COUNT(subject_logs)},
    {ledger, CW_COUNT(ledger)},
    {told_outside, CW_COUNT(told_outside)},
    {earliest, CW_COUNT(earliest)},
    {found_by_tx, CW_COUNT(found_by_tx)},
    {costs, CW_COUNT(costs)},
    {pages, CW_COUNT(pages)},
    {all_days, CW_COUNT(all_days)},
    {signed_at, CW_COUNT(signed_at)},
};
/* clang-format on */

int cw_store_schema(void) {
    return (int)CW_COUNT(migrations);
}

static enum cw_err pragma_int(struct cw_store *store, const char *text, int64_t *ret,
                              struct cw_error *error) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(store->db, text, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW) {
            *ret = sqlite3_column_int64(stmt, 0);
            rc = SQLITE_OK;
        }
    }
    enum cw_err err = rc == SQLITE_OK ? CW_OK : cw_sql_fail(store, rc, "open", error);
    (void)sqlite3_finalize(stmt);
    return err;
}

enum cw_err cw_store_identify(struct cw_store *store, int *ret_version, struct cw_error *error) {
    int64_t application = 0, version = 0, objects = 0;
    enum cw_err err = pragma_int(store, "PRAGMA application_id", &application, error);
    if (err == CW_OK)
        err = pragma_int(store, "PRAGMA user_version", &version, error);
    if (err == CW_OK)
        err = pragma_int(store, "SELECT count(*) FROM sqlite_schema", &objects, error);
    if (err != CW_OK)
        return err;
    if (application == 0 && version == 0 && objects == 0) {
        *ret_version = 0;
        return CW_OK;
    }
    if (application != APPLICATION_ID || version < 1)
        return cw_error_set(error, CW_ERR_SCHEMA,
                            "%s is another program's database: point data_dir elsewhere",
                            store->path);
    if (version > cw_store_schema())
        return cw_error_set(error, CW_ERR_SCHEMA,
                            "%s: schema %lld was made by a newer version; this one knows up to %d: "
                            "install the newer "
                            "version again, or restore the backup from before the upgrade",
                            store->path, (long long)version, cw_store_schema());
    *ret_version = (int)version;
    return CW_OK;
}

static struct cw_hash32 checksum(int number) {
    const struct migration *step = &migrations[number - 1];
    struct cw_keccak state;
    struct cw_hash32 hash;
    cw_keccak_init(&state);
    for (size_t i = 0; i < step->n; i++)
        cw_keccak_update(&state, cw_slice_of(step->statements[i], strlen(step->statements[i]) + 1));
    cw_keccak_final(&hash, &state);
    return hash;
}

enum cw_err cw_store_check_migrations(struct cw_store *store, struct cw_error *error) {
    static const char select[] = "SELECT row, checksum FROM migration ORDER BY row";
    struct cw_sql sql = cw_sql_open(store, select, "migration", error);
    int expected = 1;
    while (cw_sql_step(&sql)) {
        int number = cw_sql_get_int(&sql, 0, 1, cw_store_schema());
        struct cw_hash32 found = cw_sql_get_hash32(&sql, 1);
        if (sql.err != CW_OK)
            break;
        struct cw_hash32 own = checksum(number);
        if (number != expected++ || !cw_hash32_equal(&found, &own)) {
            sql.err = cw_error_set(
                error, CW_ERR_SCHEMA,
                "%s: step %d of its schema differs from this program's: it was made "
                "by another build; use that build, or move the file away",
                store->path, number);
            break;
        }
    }
    return cw_sql_end(&sql);
}

static enum cw_err apply(struct cw_store *store, int number, uint64_t now_ms,
                         struct cw_error *error) {
    char versions[96];
    snprintf(versions, sizeof versions, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, number);
    const struct migration *step = &migrations[number - 1];
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < step->n; i++)
        err = cw_sql_exec(store, step->statements[i], "make the schema", error);
    if (err == CW_OK)
        err = cw_sql_exec(store, versions, "make the schema", error);
    if (err != CW_OK)
        return err;
    static const char insert[] =
        "INSERT INTO migration(row, checksum, applied_ms) VALUES(?1, ?2, ?3)";
    struct cw_hash32 own = checksum(number);
    struct cw_sql sql = cw_sql_open(store, insert, "migration", error);
    cw_sql_put_i64(&sql, 1, number);
    cw_sql_put_hash32(&sql, 2, &own);
    cw_sql_put_u64_clamp(&sql, 3, now_ms);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_migrate(struct cw_store *store, int version, uint64_t now_ms,
                             struct cw_error *error) {
    if (version >= cw_store_schema())
        return CW_OK;
    enum cw_err err = cw_store_begin(store, error);
    if (err != CW_OK)
        return err;
    for (int number = version + 1; err == CW_OK && number <= cw_store_schema(); number++)
        err = apply(store, number, now_ms, error);
    return cw_store_end(store, err, error);
}
