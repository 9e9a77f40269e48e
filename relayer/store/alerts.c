/* The queues of what sinks are still to be told. */
#include "store/incidents.h"
#include "store/messages.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SUMMARY_LINES 40u

/* --- deciding --------------------------------------------------------------------------------- */

/* A sink before an incident. */
struct listener {
    int64_t row;
    enum cw_severity min_severity;
    uint64_t queue_max;
    bool wanted; /* as its routes go */
    bool told;   /* ever of this one; then, how it was: */
    enum cw_severity severity;
    bool confirmed, acked, over;
};

static enum cw_err read_listeners(struct cw_store *store, int64_t incident,
                                  struct listener out[CW_STORE_SINKS_MAX], size_t *ret_n,
                                  struct cw_error *error) {
    static const char select[] =
        "SELECT sink.row, min_severity, queue_max,"
        " routes = '' OR instr(routes, ',' || i.route || ',') > 0"
        "  OR (i.route = '' AND (i.chain = '' OR instr(chains, ',' || i.chain || ',') > 0)),"
        " told.severity IS NOT NULL, coalesce(told.severity, 0), coalesce(confirmed, 0),"
        " coalesce(acked, 0), coalesce(told.over, 0)"
        " FROM incident AS i JOIN sink LEFT JOIN told ON told.sink = sink.row"
        "  AND told.incident = i.row WHERE i.row = ?1 AND active = 1 LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "sink", error);
    size_t n = 0;
    cw_sql_put_i64(&sql, 1, incident);
    cw_sql_put_i64(&sql, 2, CW_STORE_SINKS_MAX);
    while (cw_sql_step(&sql)) {
        struct listener *l = &out[n++];
        l->row = cw_sql_get_i64(&sql, 0);
        l->min_severity = (enum cw_severity)cw_sql_get_int(&sql, 1, CW_SEVERITY_INFO,
                                                           CW_SEVERITY_CRITICAL);
        l->queue_max = cw_sql_get_u64(&sql, 2);
        l->wanted = cw_sql_get_bool(&sql, 3);
        l->told = cw_sql_get_bool(&sql, 4);
        l->severity = (enum cw_severity)cw_sql_get_int(&sql, 5, 0, CW_SEVERITY_CRITICAL);
        l->confirmed = cw_sql_get_bool(&sql, 6);
        l->acked = cw_sql_get_bool(&sql, 7);
        l->over = cw_sql_get_bool(&sql, 8);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

/* 0: nothing. The end is told to whoever was told of the beginning, whatever is silenced. */
static enum cw_alert_event decide(const struct listener *l, const struct cw_store_incident *now) {
    if (now->resolved_ms > 0) {
        if (!l->told || l->over)
            return 0;
        return now->state == CW_INCIDENT_WITHDRAWN ? CW_ALERT_WITHDRAWN : CW_ALERT_RESOLVED;
    }
    if (now->silenced)
        return 0;
    if (!l->told)
        return l->wanted && now->severity >= l->min_severity && now->acked_ms == 0 ? CW_ALERT_OPENED
                                                                                   : 0;
    if (l->severity != now->severity)
        return l->severity < now->severity ? CW_ALERT_RAISED : CW_ALERT_LOWERED;
    if (now->acked_ms > 0)
        return l->acked ? 0 : CW_ALERT_ACKNOWLEDGED;
    return now->state == CW_INCIDENT_CONFIRMED && !l->confirmed ? CW_ALERT_CONFIRMED : 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The oldest of the lowest severity goes. */
static enum cw_err trim(struct cw_store *store, int64_t sink, uint64_t queue_max,
                        struct cw_error *error) {
    static const char delete[] =
        "DELETE FROM alert WHERE row IN (SELECT row FROM alert WHERE sink = ?1"
        " ORDER BY severity, row LIMIT max(0, (SELECT count(*) FROM alert WHERE sink = ?1) - ?2))"
        " RETURNING row";
    static const char count[] = "UPDATE sink SET dropped = dropped + ?2 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, delete, "alert", error);
    int64_t n = 0;
    cw_sql_put_i64(&sql, 1, sink);
    cw_sql_put_u64_clamp(&sql, 2, queue_max);
    while (cw_sql_step(&sql))
        n++;
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK || n == 0)
        return err;
    struct cw_sql counted = cw_sql_open(store, count, "sink", error);
    cw_sql_put_i64(&counted, 1, sink);
    cw_sql_put_i64(&counted, 2, n);
    return cw_sql_run(&counted);
}

static enum cw_err enqueue(struct cw_store *store, const struct listener *l, int64_t incident,
                           enum cw_alert_event event, const char *note, uint64_t now_ms,
                           struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO alert(sink, incident, event, was_severity, made_ms, note,"
        " " CW_STORE_INCIDENT_SAYS ") SELECT ?1, row, ?3, ?4, ?5, ?6, " CW_STORE_INCIDENT_SAYS
        " FROM incident WHERE row = ?2";
    bool moved = event == CW_ALERT_RAISED || event == CW_ALERT_LOWERED;
    struct cw_sql sql = cw_sql_open(store, insert, "alert", error);
    cw_sql_put_i64(&sql, 1, l->row);
    cw_sql_put_i64(&sql, 2, incident);
    cw_sql_put_i64(&sql, 3, event);
    cw_sql_put_i64(&sql, 4, moved ? l->severity : 0);
    cw_sql_put_u64_clamp(&sql, 5, now_ms);
    cw_sql_put_text(&sql, 6, note);
    enum cw_err err = cw_sql_run(&sql);
    return err == CW_OK ? trim(store, l->row, l->queue_max, error) : err;
}

static enum cw_err write_told(struct cw_store *store, const struct listener *l, int64_t incident,
                              struct cw_error *error) {
    static const char upsert[] =
        "INSERT OR REPLACE INTO told(incident, sink, severity, confirmed, acked, over)"
        " SELECT row, ?1, severity, state <> 1, acked_ms > 0, resolved_ms > 0 FROM incident"
        " WHERE row = ?2";
    struct cw_sql sql = cw_sql_open(store, upsert, "told", error);
    cw_sql_put_i64(&sql, 1, l->row);
    cw_sql_put_i64(&sql, 2, incident);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_incident_tell(struct cw_store *store, int64_t row, const char *note,
                                   uint64_t now_ms, struct cw_error *error) {
    struct listener listeners[CW_STORE_SINKS_MAX];
    struct cw_store_incident now;
    size_t n = 0;
    bool found = false;
    enum cw_err err = read_listeners(store, row, listeners, &n, error);
    if (err == CW_OK && n > 0)
        err = cw_store_incident_get(store, row, &found, &now, error);
    for (size_t i = 0; err == CW_OK && found && i < n; i++) {
        enum cw_alert_event event = decide(&listeners[i], &now);
        if (event == 0)
            continue;
        err = enqueue(store, &listeners[i], row, event, note, now_ms, error);
        if (err == CW_OK)
            err = write_told(store, &listeners[i], row, error);
    }
    return err;
}

static enum cw_err next_open(struct cw_store *store, int64_t after, int64_t *ret,
                             struct cw_error *error) {
    static const char select[] = "SELECT coalesce(min(row), 0) FROM incident"
                                 " WHERE resolved_ms = 0 AND row > ?1";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    int64_t row = 0;
    cw_sql_put_i64(&sql, 1, after);
    if (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = row;
    return err;
}

enum cw_err cw_store_incidents_tell(struct cw_store *store, uint64_t now_ms,
                                    struct cw_error *error) {
    int64_t row = 0;
    enum cw_err err = next_open(store, 0, &row, error);
    while (err == CW_OK && row != 0) {
        err = cw_store_incident_tell(store, row, "", now_ms, error);
        if (err == CW_OK)
            err = next_open(store, row, &row, error);
    }
    return err;
}

/* --- sinks ------------------------------------------------------------------------------------ */

static enum cw_err retire_all(struct cw_store *store, struct cw_error *error) {
    static const char retire[] = "UPDATE sink SET active = 0";
    struct cw_sql sql = cw_sql_open(store, retire, "sink", error);
    return cw_sql_run(&sql);
}

static enum cw_err put_sink(struct cw_store *store, const struct cw_store_sink_rule *rule,
                            struct cw_error *error) {
    static const char upsert[] =
        "INSERT INTO sink(name, type, active, min_severity, routes, chains, queue_max)"
        " VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6) ON CONFLICT(name) DO UPDATE SET type = ?2, active = 1,"
        " min_severity = ?3, routes = ?4, chains = ?5, queue_max = ?6, due_ms = 0";
    struct cw_sql sql = cw_sql_open(store, upsert, "sink", error);
    cw_sql_put_text(&sql, 1, rule->name);
    cw_sql_put_text(&sql, 2, rule->type);
    cw_sql_put_i64(&sql, 3, rule->min_severity);
    cw_sql_put_text(&sql, 4, rule->routes);
    cw_sql_put_text(&sql, 5, rule->chains);
    cw_sql_put_u64_clamp(&sql, 6, rule->queue_max);
    return cw_sql_run(&sql);
}

static enum cw_err drop_retired(struct cw_store *store, struct cw_error *error) {
    static const char alerts[] =
        "DELETE FROM alert WHERE sink IN (SELECT row FROM sink WHERE active = 0)";
    static const char told[] =
        "DELETE FROM told WHERE sink IN (SELECT row FROM sink WHERE active = 0)";
    struct cw_sql sql = cw_sql_open(store, alerts, "alert", error);
    enum cw_err err = cw_sql_run(&sql);
    if (err != CW_OK)
        return err;
    struct cw_sql others = cw_sql_open(store, told, "told", error);
    return cw_sql_run(&others);
}

enum cw_err cw_store_sinks_set(struct cw_store *store, const struct cw_store_sink_rule *rules,
                               size_t n, uint64_t now_ms, struct cw_error *error) {
    assert(n <= CW_STORE_SINKS_MAX);
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = retire_all(store, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = put_sink(store, &rules[i], error);
    if (err == CW_OK)
        err = drop_retired(store, error);
    if (err == CW_OK)
        err = cw_store_incidents_tell(store, now_ms, error);
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_sinks(struct cw_store *store, struct cw_arena *arena,
                           struct cw_store_sink **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT row, name, type, min_severity,"
        " (SELECT count(*) FROM alert WHERE alert.sink = sink.row), sent, dropped, failures,"
        " failing, due_ms, ok_ms, failed_ms, said FROM sink WHERE active = 1 ORDER BY name";
    struct cw_sql sql = cw_sql_open(store, select, "sink", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_sink *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->row = cw_sql_get_i64(&sql, 0);
        cw_sql_get_text(&sql, 1, out->name, sizeof out->name);
        cw_sql_get_text(&sql, 2, out->type, sizeof out->type);
        out->min_severity = (enum cw_severity)cw_sql_get_int(&sql, 3, CW_SEVERITY_INFO,
                                                             CW_SEVERITY_CRITICAL);
        out->queued = cw_sql_get_u64(&sql, 4);
        out->sent = cw_sql_get_u64(&sql, 5);
        out->dropped = cw_sql_get_u64(&sql, 6);
        out->failures = cw_sql_get_u64(&sql, 7);
        out->failing = cw_sql_get_u64(&sql, 8);
        out->due_ms = cw_sql_get_u64(&sql, 9);
        out->ok_ms = cw_sql_get_u64(&sql, 10);
        out->failed_ms = cw_sql_get_u64(&sql, 11);
        cw_sql_get_text(&sql, 12, out->said, sizeof out->said);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_instance(struct cw_store *store, char ret[CW_STORE_ALERT_ID],
                              struct cw_error *error) {
    static const char select[] = "SELECT id FROM instance";
    struct cw_sql sql = cw_sql_open(store, select, "instance", error);
    char id[CW_STORE_ALERT_ID] = "";
    if (cw_sql_step(&sql))
        cw_sql_get_text(&sql, 0, id, sizeof id);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        memcpy(ret, id, sizeof id);
    return err;
}

/* --- the queue -------------------------------------------------------------------------------- */

/* Rows a of alert that may go now; ?3: only what fires. */
#define MAY_GO                                                                                     \
    " a.sink = ?1 AND a.due_ms <= ?2 AND (?3 = 0 OR a.event IN (1, 2, 3, 4)) AND NOT EXISTS"       \
    " (SELECT 1 FROM alert AS e WHERE e.sink = ?1 AND e.incident = a.incident AND a.incident > 0"  \
    "  AND e.row < a.row AND e.due_ms > ?2)"

#define ALERT_SELECT                                                                               \
    "SELECT a.row, (SELECT id FROM instance), a.incident, a.event, a.was_severity, a.made_ms,"     \
    " a.tries, a.note, " CW_STORE_INCIDENT_SAYS " FROM alert AS a WHERE" MAY_GO " ORDER BY a.row "
#define ALERT_SAYS_AT 8

static void read_ids(struct cw_sql *sql, struct cw_store_alert *out) {
    char instance[CW_STORE_ALERT_ID / 2];
    cw_sql_get_text(sql, 1, instance, sizeof instance);
    out->incident.row = cw_sql_get_i64(sql, 2);
    if (out->row > 0)
        snprintf(out->id, sizeof out->id, "%s-%" PRId64, instance, out->row);
    if (out->incident.row > 0)
        snprintf(out->key, sizeof out->key, "causeway-%s-%" PRId64, instance, out->incident.row);
}

static void read_alert(struct cw_sql *sql, struct cw_store_alert *out) {
    memset(out, 0, sizeof *out);
    out->row = cw_sql_get_i64(sql, 0);
    read_ids(sql, out);
    out->event = (enum cw_alert_event)cw_sql_get_int(sql, 3, CW_ALERT_OPENED, CW_ALERT_TEST);
    out->was = (enum cw_severity)cw_sql_get_int(sql, 4, 0, CW_SEVERITY_CRITICAL);
    out->made_ms = cw_sql_get_u64(sql, 5);
    out->tries = cw_sql_get_u64(sql, 6);
    cw_sql_get_text(sql, 7, out->note, sizeof out->note);
    cw_store_incident_read_says(sql, ALERT_SAYS_AT, &out->incident);
}

enum cw_err cw_store_alert_next(struct cw_store *store, int64_t sink, uint64_t now_ms,
                                bool *ret_found, struct cw_store_alert *ret,
                                struct cw_error *error) {
    static const char select[] = ALERT_SELECT "LIMIT 1";
    struct cw_sql sql = cw_sql_open(store, select, "alert", error);
    cw_sql_put_i64(&sql, 1, sink);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    cw_sql_put_i64(&sql, 3, 0);
    bool found = cw_sql_step(&sql);
    if (found)
        read_alert(&sql, ret);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_found = found;
    return err;
}

enum cw_err cw_store_alerts_waiting(struct cw_store *store, int64_t sink, bool firing,
                                    uint64_t now_ms, uint64_t *ret_n, struct cw_error *error) {
    static const char select[] = "SELECT count(*) FROM alert AS a WHERE" MAY_GO;
    struct cw_sql sql = cw_sql_open(store, select, "alert", error);
    uint64_t n = 0;
    cw_sql_put_i64(&sql, 1, sink);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    cw_sql_put_i64(&sql, 3, firing);
    if (cw_sql_step(&sql))
        n = cw_sql_get_u64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}

/* --- too many at once ------------------------------------------------------------------------- */

/* What stands for several. */
struct summary {
    int64_t last;
    uint64_t n, of[CW_SEVERITIES], others; /* others: without a line of their own */
    enum cw_severity severity;
    char lines[CW_STORE_NOTE_SIZE];
};

static void add_line(struct cw_sql *sql, struct summary *s) {
    char kind[32], subject[160];
    size_t at = strlen(s->lines);
    enum cw_severity severity = (enum cw_severity)cw_sql_get_int(sql, 2, CW_SEVERITY_INFO,
                                                                 CW_SEVERITY_CRITICAL);
    s->last = cw_sql_get_i64(sql, 0);
    s->n++;
    s->of[severity]++;
    s->severity = severity > s->severity ? severity : s->severity;
    cw_sql_get_text(sql, 4, kind, sizeof kind);
    cw_sql_get_text(sql, 5, subject, sizeof subject);
    const char *event = cw_alert_event_name(
        (enum cw_alert_event)cw_sql_get_int(sql, 3, CW_ALERT_OPENED, CW_ALERT_TEST));
    if (s->n <= SUMMARY_LINES && at + 320 < sizeof s->lines)
        snprintf(s->lines + at, sizeof s->lines - at, "%s%s, %s: %s %s (%" PRId64 ")",
                 at > 0 ? "\n" : "", event, cw_severity_name(severity), kind, subject,
                 cw_sql_get_i64(sql, 1));
    else
        s->others++;
}

static enum cw_err sum_up(struct cw_store *store, int64_t sink, bool firing, uint64_t now_ms,
                          struct summary *s, struct cw_error *error) {
    static const char select[] = "SELECT a.row, a.incident, a.severity, a.event, a.kind, a.subject"
                                 " FROM alert AS a WHERE" MAY_GO " ORDER BY a.row";
    struct cw_sql sql = cw_sql_open(store, select, "alert", error);
    cw_sql_put_i64(&sql, 1, sink);
    cw_sql_put_u64_clamp(&sql, 2, now_ms);
    cw_sql_put_i64(&sql, 3, firing);
    while (cw_sql_step(&sql))
        add_line(&sql, s);
    size_t at = strlen(s->lines);
    if (s->others > 0)
        snprintf(s->lines + at, sizeof s->lines - at, "\nand %" PRIu64 " more", s->others);
    return cw_sql_end(&sql);
}

static enum cw_err put_summary(struct cw_store *store, int64_t sink, const struct summary *s,
                               uint64_t now_ms, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO alert(sink, incident, event, made_ms, note, text, severity)"
        " VALUES(?1, 0, ?2, ?3, ?4, ?5, ?6)";
    char text[200];
    snprintf(
        text, sizeof text,
        "%" PRIu64 " alerts at once: %" PRIu64 " critical, %" PRIu64 " warning, %" PRIu64 " info",
        s->n, s->of[CW_SEVERITY_CRITICAL], s->of[CW_SEVERITY_WARNING], s->of[CW_SEVERITY_INFO]);
    struct cw_sql sql = cw_sql_open(store, insert, "alert", error);
    cw_sql_put_i64(&sql, 1, sink);
    cw_sql_put_i64(&sql, 2, CW_ALERT_SUMMARY);
    cw_sql_put_u64_clamp(&sql, 3, now_ms);
    cw_sql_put_text(&sql, 4, s->lines);
    cw_sql_put_text(&sql, 5, text);
    cw_sql_put_i64(&sql, 6, s->severity);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_alerts_summarize(struct cw_store *store, int64_t sink, bool firing,
                                      uint64_t now_ms, struct cw_error *error) {
    static const char delete[] = "DELETE FROM alert WHERE row IN (SELECT a.row FROM alert AS a"
                                 " WHERE" MAY_GO " AND a.row <= ?4)";
    struct summary s = {0};
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = sum_up(store, sink, firing, now_ms, &s, error);
    if (err == CW_OK && s.n > 0) {
        struct cw_sql sql = cw_sql_open(store, delete, "alert", error);
        cw_sql_put_i64(&sql, 1, sink);
        cw_sql_put_u64_clamp(&sql, 2, now_ms);
        cw_sql_put_i64(&sql, 3, firing);
        cw_sql_put_i64(&sql, 4, s.last);
        err = cw_sql_run(&sql);
        if (err == CW_OK)
            err = put_summary(store, sink, &s, now_ms, error);
    }
    return cw_sql_group_close(store, err, error);
}

/* --- what came of it -------------------------------------------------------------------------- */

enum cw_err cw_store_alert_sent(struct cw_store *store, int64_t sink, int64_t row, uint64_t now_ms,
                                struct cw_error *error) {
    static const char delete[] = "DELETE FROM alert WHERE row = ?1";
    static const char update[] = "UPDATE sink SET sent = sent + 1, failing = 0, due_ms = 0,"
                                 " ok_ms = ?2 WHERE row = ?1";
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    struct cw_sql sql = cw_sql_open(store, delete, "alert", error);
    cw_sql_put_i64(&sql, 1, row);
    err = cw_sql_run(&sql);
    if (err == CW_OK) {
        struct cw_sql count = cw_sql_open(store, update, "sink", error);
        cw_sql_put_i64(&count, 1, sink);
        cw_sql_put_u64_clamp(&count, 2, now_ms);
        err = cw_sql_run(&count);
    }
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_alert_failed(struct cw_store *store, int64_t sink, int64_t row, bool refused,
                                  const char *said, uint64_t due_ms, uint64_t now_ms,
                                  struct cw_error *error) {
    static const char one[] = "UPDATE alert SET tries = tries + 1, said = ?2,"
                              " due_ms = CASE WHEN ?3 THEN ?4 ELSE due_ms END WHERE row = ?1";
    static const char all[] = "UPDATE sink SET failures = failures + 1, failed_ms = ?2, said = ?3,"
                              " failing = CASE WHEN ?4 THEN failing ELSE failing + 1 END,"
                              " due_ms = CASE WHEN ?4 THEN due_ms ELSE ?5 END WHERE row = ?1";
    char text[CW_STORE_SAID_SIZE];
    cw_store_text(text, sizeof text, said);
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    struct cw_sql sql = cw_sql_open(store, one, "alert", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_text(&sql, 2, text);
    cw_sql_put_i64(&sql, 3, refused);
    cw_sql_put_u64_clamp(&sql, 4, due_ms);
    err = cw_sql_run(&sql);
    if (err == CW_OK) {
        struct cw_sql count = cw_sql_open(store, all, "sink", error);
        cw_sql_put_i64(&count, 1, sink);
        cw_sql_put_u64_clamp(&count, 2, now_ms);
        cw_sql_put_text(&count, 3, text);
        cw_sql_put_i64(&count, 4, refused);
        cw_sql_put_u64_clamp(&count, 5, due_ms);
        err = cw_sql_run(&count);
    }
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_alerts_firing(struct cw_store *store, int64_t sink, size_t limit,
                                   struct cw_arena *arena, struct cw_store_alert **ret,
                                   size_t *ret_n, struct cw_error *error) {
    static const char select[] = "SELECT 0, (SELECT id FROM instance), row, 1, 0, opened_ms, 0,"
                                 " '', " CW_STORE_INCIDENT_SAYS
                                 " FROM incident INDEXED BY incident_order"
                                 " WHERE (resolved_ms > 0) = 0 AND EXISTS (SELECT 1 FROM told "
                                 "WHERE told.incident = incident.row AND told.sink = ?1)"
                                 " ORDER BY row DESC LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "incident", error);
    cw_sql_put_i64(&sql, 1, sink);
    cw_sql_put_u64_clamp(&sql, 2, limit);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_alert *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        read_alert(&sql, out);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
