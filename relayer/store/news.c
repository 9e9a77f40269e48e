#include "store/news.h"

#include "store/messages.h"
#include "store/sql.h"

#include <monitor/alert.h>

#include <stdio.h>

enum cw_err cw_store_news_end(struct cw_store *store, struct cw_store_news_at *ret,
                              struct cw_error *error) {
    static const char select[] = "SELECT (SELECT coalesce(max(row), 0) FROM history),"
                                 " (SELECT coalesce(max(row), 0) FROM incident_line)";
    struct cw_store_news_at at = {0, 0};
    struct cw_sql sql = cw_sql_open(store, select, "history", error);
    if (cw_sql_step(&sql))
        at = (struct cw_store_news_at){cw_sql_get_i64(&sql, 0), cw_sql_get_i64(&sql, 1)};
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = at;
    return err;
}

enum cw_err cw_store_news_messages(struct cw_store *store, int64_t after, size_t limit,
                                   struct cw_arena *arena, struct cw_store_news_message **ret,
                                   size_t *ret_n, struct cw_error *error) {
    static const char select[] = CW_STORE_HISTORY_COLUMNS
        ", message.route, message.id, message.sender, message.target, message.tx_hash FROM history "
        "JOIN message ON message.row = history.message"
        " WHERE history.row > ?1 ORDER BY history.row LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "history", error);
    cw_sql_put_i64(&sql, 1, after);
    cw_sql_put_i64(&sql, 2, (int64_t)limit);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_news_message *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->row = cw_sql_get_i64(&sql, 0);
        out->route = cw_sql_get_i64(&sql, 11);
        out->id = cw_sql_get_hash32(&sql, 12);
        out->sender = cw_sql_get_addr20(&sql, 13);
        out->target = cw_sql_get_addr20(&sql, 14);
        out->source_tx = cw_sql_get_hash32(&sql, 15);
        cw_store_history_read(&sql, &out->line);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_news_incidents(struct cw_store *store, int64_t after, size_t limit,
                                    struct cw_arena *arena, struct cw_store_news_incident **ret,
                                    size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT incident_line.row, incident_line.incident, incident.route, time_ms, event,"
        " incident_line.severity, incident_line.text FROM incident_line"
        " JOIN incident ON incident.row = incident_line.incident"
        " WHERE incident_line.row > ?1 ORDER BY incident_line.row LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "incident_line", error);
    cw_sql_put_i64(&sql, 1, after);
    cw_sql_put_i64(&sql, 2, (int64_t)limit);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_news_incident *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->row = cw_sql_get_i64(&sql, 0);
        out->incident = cw_sql_get_i64(&sql, 1);
        cw_sql_get_text(&sql, 2, out->route, sizeof out->route);
        out->line.time_ms = cw_sql_get_u64(&sql, 3);
        snprintf(out->line.event, sizeof out->line.event, "%s",
                 cw_alert_event_name(
                     (enum cw_alert_event)cw_sql_get_int(&sql, 4, CW_ALERT_OPENED, CW_ALERT_TEST)));
        out->line.severity = (enum cw_severity)cw_sql_get_int(&sql, 5, CW_SEVERITY_INFO,
                                                              CW_SEVERITY_CRITICAL);
        cw_sql_get_text(&sql, 6, out->line.text, sizeof out->line.text);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
