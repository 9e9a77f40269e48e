/* Every statement that the store prepares in a test is held to how it will be run: with a million
 * messages none may read a whole table that grows, sort what it finds, or build an index for
 * itself. What is linked with test_support prepares through here. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS 2048u

/* Tables that hold a row for each chain, route, endpoint, signer, sink or the like, or a sum. */
static const char *const small_tables[] = {
    "answer_total",   "chain",
    "CONSTANT",       "cost",
    "cost_day",       "stage_day",
    "counter",        "endpoint",
    "endpoint_call",  "funds",
    "incident_total", "instance",
    "judged_total",   "lane",
    "lane_state",     "loop_late",
    "message_count",  "meta",
    "migration",      "reach",
    "route",          "s",
    "sequence_total", "silence",
    "sink",           "sqlite_master",
    "sqlite_schema",  "stage_time",
    "step_cost",      "verdict_lag",
    "verdict_total",  "webhook",
};

/* Parts of a statement and of a step of its plan, by the reason why it is not much. */
static const struct {
    const char *statement, *step;
} allowed[] = {
    /* what is open, by an index of nothing else */
    {"WHERE done = 0", "SCAN command USING INDEX command_open"},
    {"WHERE posted = 0", "SCAN hold USING INDEX hold_open"},
    {"FROM incident WHERE resolved_ms = 0 GROUP BY", "SCAN incident USING INDEX incident_open"},
    {"FROM incident WHERE resolved_ms = 0 GROUP BY", "USE TEMP B-TREE FOR GROUP BY"},
    /* from one end of an index, and no further than LIMIT says */
    {"FROM answer ORDER BY used, row LIMIT 1", "SCAN answer USING COVERING INDEX answer_used"},
    {"FROM finding ORDER BY last_ms DESC, row DESC LIMIT", "SCAN finding USING INDEX finding_last"},
    /* of one message, one number, one root, one transaction, or one reorganization */
    {"FROM history WHERE message = ?1 ORDER BY row", "USE TEMP B-TREE FOR ORDER BY"},
    {"FROM attempt AS a", "USE TEMP B-TREE FOR ORDER BY"},
    {"FROM early INDEXED BY early_ref", "USE TEMP B-TREE FOR ORDER BY"},
    {"AND sequence = ?2) GROUP BY sequence", "USE TEMP B-TREE FOR GROUP BY"},
    {"INDEXED BY subject_rests_on", "USE TEMP B-TREE FOR GROUP BY"},
    {"INDEXED BY subject_block", "USE TEMP B-TREE FOR GROUP BY"},
    {"INDEXED BY message_tx", "USE TEMP B-TREE FOR ORDER BY"},
    {"INDEXED BY message_rests", "USE TEMP B-TREE FOR ORDER BY"},
    {"SELECT attempt.row, message, step, state, attempt.block_number", "USE TEMP B-TREE"},
    /* what is held back: of violations, which are few */
    {"FROM hold WHERE target = ?1 AND wanted = 1", "SCAN hold"},
    {"count(DISTINCT target)", "USE TEMP B-TREE FOR count(DISTINCT)"},
    /* a row for each root that was posted, all in one index */
    {"WHERE invariant = 'root'", "SCAN subject USING INDEX subject_root"},
    /* a chain that is replaced beyond what was final */
    {"OR condition <> 3) ORDER BY row", "SCAN message"},
    {"OR condition <> 3) ORDER BY row", "USE TEMP B-TREE FOR ORDER BY"},
    /* when the configuration changes: incidents that are kept, for each sink */
    {"DELETE FROM told WHERE sink IN", "SCAN told"},
    /* new ones have no rows yet that the engine would have to look for */
    {"INSERT INTO route(", "SCAN "},
    {"INSERT INTO chain(", "SCAN "},
};

static bool is_small(const char *name, size_t n) {
    for (size_t i = 0; i < sizeof small_tables / sizeof *small_tables; i++)
        if (strlen(small_tables[i]) == n && strncmp(small_tables[i], name, n) == 0)
            return true;
    return n > 0 && name[0] == '('; /* a subquery, whose own steps are there, too */
}

/* The table that a step reads; false: none, or a small one. */
static bool reads_large(const char *step) {
    const char *name = strncmp(step, "SCAN ", 5) == 0     ? step + 5
                       : strncmp(step, "SEARCH ", 7) == 0 ? step + 7
                                                          : NULL;
    return name && !is_small(name, strcspn(name, " "));
}

/* large: the statement reads a table that grows. */
static bool is_costly(const char *step, bool large) {
    if (strncmp(step, "SCAN ", 5) == 0)
        return reads_large(step);
    return large && (strncmp(step, "USE TEMP B-TREE", 15) == 0 || strstr(step, "AUTOMATIC"));
}

static bool is_allowed(const char *statement, const char *step) {
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strstr(statement, allowed[i].statement) && strstr(step, allowed[i].step))
            return true;
    return false;
}

/* Whether it was looked at before: tests open many stores. */
static bool is_known(const char *text) {
    static uint64_t known[TEXTS];
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *at = text; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    for (uint64_t i = 0; i < TEXTS; i++) {
        uint64_t *slot = &known[(hash + i) % TEXTS];
        if (*slot == hash)
            return true;
        if (*slot == 0) {
            *slot = hash;
            return false;
        }
    }
    return false;
}

int __real_sqlite3_prepare_v3(sqlite3 *db, const char *text, int n, unsigned flags,
                              sqlite3_stmt **stmt, const char **tail);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *text, int n, unsigned flags,
                              sqlite3_stmt **stmt, const char **tail);

static void look(sqlite3 *db, const char *text) {
    sqlite3_stmt *plan = NULL;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
    bool large = false;
    if (explain && __real_sqlite3_prepare_v3(db, explain, -1, 0, &plan, NULL) == SQLITE_OK) {
        while (sqlite3_step(plan) == SQLITE_ROW)
            large = large || reads_large((const char *)sqlite3_column_text(plan, 3));
        (void)sqlite3_reset(plan);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);
            if (is_costly(step, large) && !is_allowed(text, step)) {
                fprintf(stderr, "plan_watch: costs too much with many rows: %s\n  in: %s\n", step,
                        text);
                abort();
            }
        }
    }
    (void)sqlite3_finalize(plan);
    sqlite3_free(explain);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *text, int n, unsigned flags,
                              sqlite3_stmt **stmt, const char **tail) {
    int rc = __real_sqlite3_prepare_v3(db, text, n, flags, stmt, tail);
    if (rc == SQLITE_OK && !is_known(text))
        look(db, text);
    return rc;
}
