/* What somebody must look at, and what became of it. */
#include "store/incidents.h"
#include "store/messages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of those that are over. */
#define KEPT_RESOLVED 10000
#define AT_ONCE       200u

#define INCIDENT_SELECT                                                                            \
    "SELECT row, severity_ms, acked_ms, acked_by, ack_note,"                                       \
    " resolved_ms = 0 AND EXISTS (SELECT 1 FROM silence AS s WHERE " CW_STORE_SILENCES             \
    "), " CW_STORE_INCIDENT_SAYS " FROM incident "
#define INCIDENT_SAYS_AT 6

/* --- reading ---------------------------------------------------------------------------------- */

static void read_block(struct cw_sql *sql, int at, struct cw_store_incident_block *out) {
    out->known = !cw_sql_is_null(sql, at);
    if (out->known)
        out->number = cw_sql_get_u64(sql, at);
    if (!cw_sql_is_null(sql, at + 1))
        out->hash = cw_sql_get_hash32(sql, at + 1);
}

void cw_store_incident_read_says(struct cw_sql *sql, int at, struct cw_store_incident *out) {
    char kind[32];
    cw_sql_get_text(sql, at, kind, sizeof kind);
    if (sql->err == CW_OK && kind[0] != '\0' && !cw_incident_kind_parse(&out->kind, kind))
        sql->err = cw_error_set(sql->error, CW_ERR_SCHEMA,
                                "%s: a row of %s is of no known kind of incident", sql->store->path,
                                sql->table);
    cw_sql_get_text(sql, at + 1, out->subject, sizeof out->subject);
    cw_sql_get_text(sql, at + 2, out->chain, sizeof out->chain);
    cw_sql_get_text(sql, at + 3, out->route, sizeof out->route);
    cw_sql_get_text(sql, at + 4, out->text, sizeof out->text);
    cw_sql_get_text(sql, at + 5, out->evidence, sizeof out->evidence);
    out->times = cw_sql_get_u64(sql, at + 6);
    out->opened_ms = cw_sql_get_u64(sql, at + 7);
    out->last_ms = cw_sql_get_u64(sql, at + 8);
    out->resolved_ms = cw_sql_get_u64(sql, at + 9);
    cw_sql_get_text(sql, at + 10, out->resolution, sizeof out->resolution);
    out->severity = (enum cw_severity)cw_sql_get_int(sql, at + 11, CW_SEVERITY_INFO,
                                                     CW_SEVERITY_CRITICAL);
    out->state = (enum cw_incident_state)cw_sql_get_int(sql, at + 12, CW_INCIDENT_PROVISIONAL,
                                                        CW_INCIDENT_RESOLVED);
    cw_sql_get_text(sql, at + 13, out->invariant, sizeof out->invariant);
    cw_sql_get_text(sql, at + 14, out->advice, sizeof out->advice);
    cw_sql_get_text(sql, at + 15, out->says[CW_SETTLEMENT], sizeof out->says[0]);
    cw_sql_get_text(sql, at + 16, out->says[CW_EXECUTION], sizeof out->says[0]);
    read_block(sql, at + 17, &out->blocks[CW_SETTLEMENT]);
    read_block(sql, at + 19, &out->blocks[CW_EXECUTION]);
    out->has_tx = !cw_sql_is_null(sql, at + 21);
    if (out->has_tx)
        out->tx = cw_sql_get_hash32(sql, at + 21);
    cw_sql_get_text(sql, at + 22, out->pause, sizeof out->pause);
    if (out->advice[0] == '\0')
        snprintf(out->advice, sizeof out->advice, "%s", cw_incident_advice(out->kind));
}

static void read_row(struct cw_sql *sql, struct cw_store_incident *out) {
    memset(out, 0, sizeof *out);
    out->row = cw_sql_get_i64(sql, 0);
    out->severity_ms = cw_sql_get_u64(sql, 1);
    out->acked_ms = cw_sql_get_u64(sql, 2);
    cw_sql_get_text(sql, 3, out->acked_by, sizeof out->acked_by);
    cw_sql_get_text(sql, 4, out->ack_note, sizeof out->ack_note);
    out->silenced = cw_sql_get_bool(sql, 5);
    cw_store_incident_read_says(sql, INCIDENT_SAYS_AT, out);
}

enum cw_err cw_store_incidents(struct cw_store *store, bool open_only, size_t limit,
                               struct cw_arena *arena, struct cw_store_incident **ret,
                               size_t *ret_n, struct cw_error *error) {
    static const char select[] = INCIDENT_SELECT
        "INDEXED BY incident_order WHERE (resolved_ms > 0) <= ?1"
        " ORDER BY resolved_ms > 0, row DESC LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    cw_sql_put_i64(&sql, 1, !open_only);
    cw_sql_put_u64_clamp(&sql, 2, limit);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_incident *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        read_row(&sql, out);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_incident_get(struct cw_store *store, int64_t row, bool *ret_found,
                                  struct cw_store_incident *ret, struct cw_error *error) {
    static const char select[] = INCIDENT_SELECT "WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    struct cw_store_incident incident;
    cw_sql_put_i64(&sql, 1, row);
    bool found = cw_sql_step(&sql);
    if (found)
        read_row(&sql, &incident);
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret_found = found;
    if (found)
        *ret = incident;
    return CW_OK;
}

enum cw_err cw_store_incident_counts(struct cw_store *store, struct cw_arena *arena,
                                     struct cw_store_incident_count **ret, size_t *ret_n,
                                     struct cw_error *error) {
    static const char select[] =
        "SELECT kind, severity, state, route, count(*), sum(acked_ms = 0 AND NOT EXISTS"
        " (SELECT 1 FROM silence AS s WHERE " CW_STORE_SILENCES ")) FROM incident WHERE"
        " resolved_ms = 0 GROUP BY kind, severity, state, route"
        " ORDER BY kind, severity, state, route";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_incident_count *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        char kind[32];
        cw_sql_get_text(&sql, 0, kind, sizeof kind);
        if (sql.err == CW_OK && !cw_incident_kind_parse(&out->kind, kind))
            sql.err = cw_error_set(error, CW_ERR_SCHEMA, "%s: an incident is of no known kind",
                                   store->path);
        out->severity = (enum cw_severity)cw_sql_get_int(&sql, 1, CW_SEVERITY_INFO,
                                                         CW_SEVERITY_CRITICAL);
        out->state = (enum cw_incident_state)cw_sql_get_int(&sql, 2, CW_INCIDENT_PROVISIONAL,
                                                            CW_INCIDENT_RESOLVED);
        cw_sql_get_text(&sql, 3, out->route, sizeof out->route);
        out->n = cw_sql_get_u64(&sql, 4);
        out->unattended = cw_sql_get_u64(&sql, 5);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_incident_history(struct cw_store *store, int64_t row, struct cw_arena *arena,
                                      struct cw_store_incident_line **ret, size_t *ret_n,
                                      struct cw_error *error) {
    static const char select[] = "SELECT time_ms, event, severity, text FROM incident_line"
                                 " WHERE incident = ?1 ORDER BY row";
    struct cw_sql sql = cw_sql_open(store, select, "incident_line", error);
    cw_sql_put_i64(&sql, 1, row);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_incident_line *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->time_ms = cw_sql_get_u64(&sql, 0);
        snprintf(out->event, sizeof out->event, "%s",
                 cw_alert_event_name(
                     (enum cw_alert_event)cw_sql_get_int(&sql, 1, CW_ALERT_OPENED, CW_ALERT_TEST)));
        out->severity = (enum cw_severity)cw_sql_get_int(&sql, 2, CW_SEVERITY_INFO,
                                                         CW_SEVERITY_CRITICAL);
        cw_sql_get_text(&sql, 3, out->text, sizeof out->text);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

/* --- the open one ----------------------------------------------------------------------------- */

/* What decides about a change. */
struct current {
    int64_t row; /* 0: none is open */
    enum cw_severity severity, given;
    enum cw_incident_state state;
};

static void put_key(struct cw_sql *sql, enum cw_incident_kind kind, const char *subject) {
    cw_sql_put_text(sql, 1, cw_incident_kind_name(kind));
    cw_sql_put_text(sql, 2, subject);
}

static enum cw_err find_open(struct cw_store *store, enum cw_incident_kind kind,
                             const char *subject, struct current *ret, struct cw_error *error) {
    static const char select[] = "SELECT row, severity, given_severity, state FROM incident"
                                 " WHERE kind = ?1 AND subject = ?2 AND resolved_ms = 0";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    struct current current = {0};
    put_key(&sql, kind, subject);
    if (cw_sql_step(&sql)) {
        current.row = cw_sql_get_i64(&sql, 0);
        current.severity = (enum cw_severity)cw_sql_get_int(&sql, 1, CW_SEVERITY_INFO,
                                                            CW_SEVERITY_CRITICAL);
        current.given = (enum cw_severity)cw_sql_get_int(&sql, 2, CW_SEVERITY_INFO,
                                                         CW_SEVERITY_CRITICAL);
        current.state = (enum cw_incident_state)cw_sql_get_int(&sql, 3, CW_INCIDENT_PROVISIONAL,
                                                               CW_INCIDENT_RESOLVED);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = current;
    return err;
}

enum cw_err cw_store_incident_is_open(struct cw_store *store, enum cw_incident_kind kind,
                                      const char *subject, bool *ret, struct cw_error *error) {
    struct current current;
    enum cw_err err = find_open(store, kind, subject, &current, error);
    if (err == CW_OK)
        *ret = current.row != 0;
    return err;
}

/* --- changes, each within a group ------------------------------------------------------------- */

static enum cw_err write_line(struct cw_store *store, int64_t row, enum cw_alert_event event,
                              const char *text, uint64_t now_ms, struct cw_error *error) {
    static const char insert[] = "INSERT INTO incident_line(incident, time_ms, event, severity,"
                                 " text) SELECT row, ?2, ?3, severity, ?4 FROM incident"
                                 " WHERE row = ?1";
    char cut[sizeof((struct cw_store_incident_line *)0)->text];
    cw_store_text(cut, sizeof cut, text);
    struct cw_sql sql = cw_sql_open(store, insert, "incident_line", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    cw_sql_put_i64(&sql, 3, event);
    cw_sql_put_text(&sql, 4, cut);
    return cw_sql_run(&sql);
}

/* A line of its history, and the sinks. note: in what they are told. */
static enum cw_err changed(struct cw_store *store, int64_t row, enum cw_alert_event event,
                           const char *text, const char *note, uint64_t now_ms,
                           struct cw_error *error) {
    enum cw_err err = write_line(store, row, event, text, now_ms, error);
    return err == CW_OK ? cw_store_incident_tell(store, row, note, now_ms, error) : err;
}

static void put_block(struct cw_sql *sql, int i, const struct cw_store_incident_block *block) {
    if (!block->known) /* unbound is NULL */
        return;
    cw_sql_put_u64(sql, i, block->number);
    if (!cw_hash32_is_zero(&block->hash))
        cw_sql_put_hash32(sql, i + 1, &block->hash);
}

/* Parameters from 3 to 17. */
static void put_says(struct cw_sql *sql, const struct cw_store_incident *incident,
                     uint64_t now_ms) {
    cw_sql_put_text(sql, 3, incident->chain);
    cw_sql_put_text(sql, 4, incident->route);
    cw_sql_put_text(sql, 5, incident->text);
    cw_sql_put_text(sql, 6, incident->evidence);
    cw_sql_put_u64_clamp(sql, 7, now_ms);
    cw_sql_put_text(sql, 8, incident->invariant);
    cw_sql_put_text(sql, 9, incident->advice);
    cw_sql_put_text(sql, 10, incident->says[CW_SETTLEMENT]);
    cw_sql_put_text(sql, 11, incident->says[CW_EXECUTION]);
    put_block(sql, 12, &incident->blocks[CW_SETTLEMENT]);
    put_block(sql, 14, &incident->blocks[CW_EXECUTION]);
    if (incident->has_tx)
        cw_sql_put_hash32(sql, 16, &incident->tx);
    cw_sql_put_text(sql, 17, incident->pause);
}

static enum cw_severity given_of(const struct cw_store_incident *incident) {
    return incident->severity != 0 ? incident->severity : cw_incident_severity(incident->kind);
}

static enum cw_err insert(struct cw_store *store, const struct cw_store_incident *incident,
                          uint64_t now_ms, struct cw_error *error) {
    static const char text[] =
        "INSERT INTO incident(kind, subject, chain, route, text, evidence, times, opened_ms,"
        " last_ms, resolved_ms, resolution, invariant, advice, settlement_says, execution_says,"
        " settlement_block, settlement_hash, execution_block, execution_hash, tx, pause, severity,"
        " given_severity, severity_ms, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, 0, '', ?8,"
        " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?18, ?7, ?19) RETURNING row";
    bool provisional = incident->state == CW_INCIDENT_PROVISIONAL;
    int64_t row = 0;
    struct cw_sql sql = cw_sql_open(store, text, "incident", error);
    put_key(&sql, incident->kind, incident->subject);
    put_says(&sql, incident, now_ms);
    cw_sql_put_i64(&sql, 18, given_of(incident));
    cw_sql_put_i64(&sql, 19, provisional ? CW_INCIDENT_PROVISIONAL : CW_INCIDENT_CONFIRMED);
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    return err == CW_OK ? changed(store, row, CW_ALERT_OPENED, incident->text, "", now_ms, error)
                        : err;
}

static enum cw_err renew(struct cw_store *store, int64_t row,
                         const struct cw_store_incident *incident, uint64_t now_ms,
                         struct cw_error *error) {
    static const char text[] =
        "UPDATE incident SET times = times + 1, last_ms = max(last_ms, ?7), text = ?5,"
        " chain = CASE WHEN ?3 = '' THEN chain ELSE ?3 END,"
        " route = CASE WHEN ?4 = '' THEN route ELSE ?4 END,"
        " evidence = CASE WHEN ?6 = '' THEN evidence ELSE ?6 END,"
        " invariant = CASE WHEN ?8 = '' THEN invariant ELSE ?8 END,"
        " advice = CASE WHEN ?9 = '' THEN advice ELSE ?9 END,"
        " settlement_says = CASE WHEN ?10 = '' THEN settlement_says ELSE ?10 END,"
        " execution_says = CASE WHEN ?11 = '' THEN execution_says ELSE ?11 END,"
        " settlement_hash = CASE WHEN ?12 IS NULL THEN settlement_hash ELSE ?13 END,"
        " settlement_block = coalesce(?12, settlement_block),"
        " execution_hash = CASE WHEN ?14 IS NULL THEN execution_hash ELSE ?15 END,"
        " execution_block = coalesce(?14, execution_block),"
        " tx = coalesce(?16, tx), pause = CASE WHEN ?17 = '' THEN pause ELSE ?17 END"
        " WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, text, "incident", error);
    cw_sql_put_i64(&sql, 1, row);
    put_says(&sql, incident, now_ms);
    return cw_sql_run(&sql);
}

/* Who acknowledged it saw something else. given: whoever opens it says so now; else its age does.
 */
static enum cw_err set_severity(struct cw_store *store, const struct current *current,
                                enum cw_severity severity, bool given, const char *why,
                                uint64_t now_ms, struct cw_error *error) {
    static const char update[] =
        "UPDATE incident SET severity = ?2, severity_ms = ?3, acked_ms = 0, acked_by = '',"
        " ack_note = '', given_severity = CASE WHEN ?4 THEN ?2 ELSE given_severity END"
        " WHERE row = ?1";
    bool same = severity == current->severity;
    static const char keep[] = "UPDATE incident SET given_severity = ?2 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, same ? keep : update, "incident", error);
    cw_sql_put_i64(&sql, 1, current->row);
    cw_sql_put_i64(&sql, 2, severity);
    if (!same) {
        cw_sql_put_u64_clamp(&sql, 3, now_ms);
        cw_sql_put_i64(&sql, 4, given);
    }
    enum cw_err err = cw_sql_run(&sql);
    if (err != CW_OK || same)
        return err;
    enum cw_alert_event event = severity > current->severity ? CW_ALERT_RAISED : CW_ALERT_LOWERED;
    return changed(store, current->row, event, why, why, now_ms, error);
}

static enum cw_err set_confirmed(struct cw_store *store, int64_t row, uint64_t now_ms,
                                 struct cw_error *error) {
    static const char update[] = "UPDATE incident SET state = 2 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "incident", error);
    cw_sql_put_i64(&sql, 1, row);
    enum cw_err err = cw_sql_run(&sql);
    return err == CW_OK
               ? changed(store, row, CW_ALERT_CONFIRMED, "its blocks are final", "", now_ms, error)
               : err;
}

static enum cw_err cut(struct cw_store *store, struct cw_error *error) {
    static const char delete[] =
        "DELETE FROM incident WHERE row IN (SELECT row FROM incident WHERE resolved_ms > 0"
        " ORDER BY resolved_ms DESC, row DESC LIMIT -1 OFFSET ?1)"
        " AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.incident = incident.row)";
    struct cw_sql sql = cw_sql_open(store, delete, "incident", error);
    cw_sql_put_i64(&sql, 1, KEPT_RESOLVED);
    return cw_sql_run(&sql);
}

static enum cw_err set_over(struct cw_store *store, int64_t row, enum cw_incident_state state,
                            const char *resolution, uint64_t now_ms, struct cw_error *error) {
    static const char update[] = "UPDATE incident SET resolved_ms = ?2, resolution = ?3,"
                                 " state = ?4 WHERE row = ?1";
    char text[sizeof((struct cw_store_incident *)0)->resolution];
    cw_store_text(text, sizeof text, resolution);
    struct cw_sql sql = cw_sql_open(store, update, "incident", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_u64_clamp(&sql, 2, now_ms > 0 ? now_ms : 1);
    cw_sql_put_text(&sql, 3, text);
    cw_sql_put_i64(&sql, 4, state);
    enum cw_err err = cw_sql_run(&sql);
    if (err == CW_OK)
        err = changed(store, row,
                      state == CW_INCIDENT_WITHDRAWN ? CW_ALERT_WITHDRAWN : CW_ALERT_RESOLVED, text,
                      "", now_ms, error);
    return err == CW_OK ? cut(store, error) : err;
}

/* --- what others call ------------------------------------------------------------------------- */

static enum cw_err open_again(struct cw_store *store, const struct current *current,
                              const struct cw_store_incident *incident, uint64_t now_ms,
                              struct cw_error *error) {
    enum cw_severity given = given_of(incident);
    enum cw_err err = renew(store, current->row, incident, now_ms, error);
    if (err == CW_OK && current->state == CW_INCIDENT_PROVISIONAL &&
        incident->state != CW_INCIDENT_PROVISIONAL)
        err = set_confirmed(store, current->row, now_ms, error);
    if (err == CW_OK && given != current->given)
        err = set_severity(store, current, given, true, "judged anew", now_ms, error);
    return err;
}

enum cw_err cw_store_incident_open(struct cw_store *store, const struct cw_store_incident *incident,
                                   uint64_t now_ms, bool *ret_new, struct cw_error *error) {
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    struct current current = {0};
    err = find_open(store, incident->kind, incident->subject, &current, error);
    if (err == CW_OK)
        err = current.row == 0 ? insert(store, incident, now_ms, error)
                               : open_again(store, &current, incident, now_ms, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_new = current.row == 0;
    return err;
}

enum cw_err cw_store_incident_confirm(struct cw_store *store, enum cw_incident_kind kind,
                                      const char *subject, uint64_t now_ms, bool *ret_changed,
                                      struct cw_error *error) {
    struct current current;
    enum cw_err err = find_open(store, kind, subject, &current, error);
    bool is_due = err == CW_OK && current.row != 0 && current.state == CW_INCIDENT_PROVISIONAL;
    if (is_due)
        err = cw_sql_group_open(store, error);
    if (err == CW_OK && is_due)
        err = cw_sql_group_close(store, set_confirmed(store, current.row, now_ms, error), error);
    if (err == CW_OK)
        *ret_changed = is_due;
    return err;
}

/* Only a provisional one is withdrawn. */
static enum cw_err end_open(struct cw_store *store, enum cw_incident_kind kind, const char *subject,
                            enum cw_incident_state state, const char *resolution, uint64_t now_ms,
                            bool *ret_ended, struct cw_error *error) {
    struct current current;
    enum cw_err err = find_open(store, kind, subject, &current, error);
    bool is_due = err == CW_OK && current.row != 0 &&
                  (state != CW_INCIDENT_WITHDRAWN || current.state == CW_INCIDENT_PROVISIONAL);
    if (is_due)
        err = cw_sql_group_open(store, error);
    if (err == CW_OK && is_due)
        err = cw_sql_group_close(
            store, set_over(store, current.row, state, resolution, now_ms, error), error);
    if (err == CW_OK)
        *ret_ended = is_due;
    return err;
}

enum cw_err cw_store_incident_withdraw(struct cw_store *store, enum cw_incident_kind kind,
                                       const char *subject, const char *reason, uint64_t now_ms,
                                       bool *ret_changed, struct cw_error *error) {
    return end_open(store, kind, subject, CW_INCIDENT_WITHDRAWN, reason, now_ms, ret_changed,
                    error);
}

enum cw_err cw_store_incident_resolve(struct cw_store *store, enum cw_incident_kind kind,
                                      const char *subject, const char *resolution, uint64_t now_ms,
                                      bool *ret_was_open, struct cw_error *error) {
    return end_open(store, kind, subject, CW_INCIDENT_RESOLVED, resolution, now_ms, ret_was_open,
                    error);
}

enum cw_err cw_store_incident_ack(struct cw_store *store, int64_t row, const char *by,
                                  const char *note, uint64_t now_ms, bool *ret_changed,
                                  struct cw_error *error) {
    static const char update[] =
        "UPDATE incident SET acked_ms = ?2, acked_by = ?3, ack_note = ?4"
        " WHERE row = ?1 AND resolved_ms = 0 AND acked_ms = 0 RETURNING row";
    char who[sizeof((struct cw_store_incident *)0)->acked_by];
    char what[sizeof((struct cw_store_incident *)0)->ack_note], line[300];
    cw_store_text(who, sizeof who, by);
    cw_store_text(what, sizeof what, note);
    snprintf(line, sizeof line, "by %s%s%s", who, what[0] != '\0' ? ": " : "", what);
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    struct cw_sql sql = cw_sql_open(store, update, "incident", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_u64_clamp(&sql, 2, now_ms > 0 ? now_ms : 1);
    cw_sql_put_text(&sql, 3, who);
    cw_sql_put_text(&sql, 4, what);
    bool found = false;
    while (cw_sql_step(&sql))
        found = true;
    err = cw_sql_end(&sql);
    if (err == CW_OK && found)
        err = changed(store, row, CW_ALERT_ACKNOWLEDGED, line, line, now_ms, error);
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_changed = found;
    return err;
}

/* --- age -------------------------------------------------------------------------------------- */

static enum cw_err find_aged(struct cw_store *store, enum cw_severity severity, uint64_t since_ms,
                             int64_t rows[AT_ONCE], size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT row FROM incident INDEXED BY incident_age WHERE resolved_ms = 0 AND severity = ?1"
        " AND severity_ms <= ?2 ORDER BY severity_ms LIMIT ?3";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    size_t n = 0;
    cw_sql_put_i64(&sql, 1, severity);
    cw_sql_put_u64_clamp(&sql, 2, since_ms);
    cw_sql_put_i64(&sql, 3, AT_ONCE);
    while (cw_sql_step(&sql))
        rows[n++] = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

static enum cw_err escalate(struct cw_store *store, enum cw_severity severity, uint64_t after_ms,
                            uint64_t now_ms, size_t *ret_n, struct cw_error *error) {
    int64_t rows[AT_ONCE];
    size_t n = 0;
    char why[160];
    enum cw_err err = find_aged(store, severity, now_ms - after_ms, rows, &n, error);
    if (err == CW_OK && n > 0)
        err = cw_sql_group_open(store, error);
    if (err != CW_OK || n == 0)
        return err;
    snprintf(why, sizeof why, "escalated: open for %" PRIu64 " s with the severity %s",
             after_ms / 1000, cw_severity_name(severity));
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        const struct current current = {.row = rows[i], .severity = severity};
        err = set_severity(store, &current, severity + 1, false, why, now_ms, error);
    }
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK)
        *ret_n += n;
    return err;
}

enum cw_err cw_store_incidents_escalate(struct cw_store *store,
                                        const uint64_t after_ms[CW_SEVERITIES], uint64_t now_ms,
                                        size_t *ret_n, struct cw_error *error) {
    enum cw_err err = CW_OK;
    size_t n = 0;
    /* The higher ones first: none rises twice at once. */
    for (int s = CW_SEVERITY_WARNING; err == CW_OK && s >= CW_SEVERITY_INFO; s--)
        if (after_ms[s] > 0 && after_ms[s] <= now_ms)
            err = escalate(store, (enum cw_severity)s, after_ms[s], now_ms, &n, error);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}
