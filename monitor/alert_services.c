/* Alerts as the services of others take them. */
#include "alert_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SUMMARY_MAX 1024u /* of PagerDuty's payload, in characters; no more in bytes */

/* --- Slack ------------------------------------------------------------------------------------ */

/* The three characters by which Slack knows what is more than text: "<!channel>" is text here. */
static void slack_escape(struct cw_buf *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '&')
            cw_buf_text(out, "&amp;");
        else if (*text == '<')
            cw_buf_text(out, "&lt;");
        else if (*text == '>')
            cw_buf_text(out, "&gt;");
        else
            cw_buf_append(out, text, 1);
    }
}

static void slack_text(struct cw_buf *out, const char *key, const char *text) {
    struct cw_buf escaped;
    cw_buf_init(&escaped, 65536);
    cw_buf_text(&escaped, "");
    slack_escape(&escaped, text);
    alert_take(out, key, &escaped);
}

static void slack_field(void *ctx, const char *name, const char *value) {
    struct cw_buf *out = ctx;
    cw_out_open(out, NULL, '{');
    cw_out_some(out, "title", name);
    slack_text(out, "value", value);
    cw_out_close(out, '}');
}

static const char *colour(const struct cw_alert *alert) {
    if (cw_alert_is_over(alert->event) || alert->event == CW_ALERT_TEST)
        return "#2eb67d";
    switch (alert->severity) {
    case CW_SEVERITY_INFO:
        return "#36a3f7";
    case CW_SEVERITY_WARNING:
        return "#ecb22e";
    case CW_SEVERITY_CRITICAL:
        break;
    }
    return "#e01e5a";
}

static char *title_of(const struct cw_alert *alert, char *out, size_t size) {
    struct cw_buf title;
    cw_buf_init(&title, size - 1);
    cw_alert_title(&title, alert);
    const char *text = cw_buf_cstr(&title);
    snprintf(out, size, "%s", text != NULL ? text : cw_alert_event_name(alert->event));
    cw_buf_done(&title);
    return out;
}

void cw_alert_slack(struct cw_buf *out, const struct cw_alert *alert) {
    char title[1024];
    title_of(alert, title, sizeof title);
    cw_out_open(out, NULL, '{');
    slack_text(out, "text", title);
    cw_out_open(out, "attachments", '[');
    cw_out_open(out, NULL, '{');
    cw_out_some(out, "color", colour(alert));
    slack_text(out, "fallback", title);
    if (alert->event != CW_ALERT_SUMMARY)
        slack_text(out, "text", alert_what(alert));
    cw_out_open(out, "fields", '[');
    if (alert->note[0] != '\0')
        slack_field(out, "note", alert->note);
    alert_details(alert, slack_field, out);
    cw_out_close(out, ']');
    cw_out_some(out, "footer", alert->id);
    cw_out_number(out, "ts", alert->time_ms / 1000);
    cw_out_close(out, '}');
    cw_out_close(out, ']');
    cw_out_close(out, '}');
}

/* --- PagerDuty -------------------------------------------------------------------------------- */

static const char *action(enum cw_alert_event event) {
    if (cw_alert_is_over(event))
        return "resolve";
    return event == CW_ALERT_ACKNOWLEDGED ? "acknowledge" : "trigger";
}

static void detail(void *ctx, const char *name, const char *value) {
    cw_out_some(ctx, name, value);
}

/* In the words that it takes. A test rings nobody up at night. */
static const char *pagerduty_severity(const struct cw_alert *alert) {
    return alert->event == CW_ALERT_TEST ? "info" : cw_severity_name(alert->severity);
}

static void put_payload(struct cw_buf *out, const struct cw_alert *alert, const char *source) {
    char time[ALERT_TIME_SIZE], title[512], summary[SUMMARY_MAX + 1];
    const char *what = alert->event == CW_ALERT_SUMMARY ? "" : alert_what(alert);
    title_of(alert, title, sizeof title);
    snprintf(summary, sizeof summary, "%s%s%.400s", title, what[0] != '\0' ? ": " : "", what);
    cw_out_open(out, "payload", '{');
    cw_out_some(out, "summary", summary);
    cw_out_some(out, "source", source[0] != '\0' ? source : "causeway");
    cw_out_some(out, "severity", pagerduty_severity(alert));
    cw_out_some(out, "timestamp", alert_time(time, alert->time_ms));
    cw_out_some(out, "component", alert->route);
    cw_out_some(out, "group", alert->chain);
    cw_out_some(out, "class", alert->kind);
    cw_out_open(out, "custom_details", '{');
    cw_out_some(out, "id", alert->id);
    cw_out_some(out, "subject", alert->subject);
    cw_out_some(out, "note", alert->note);
    alert_details(alert, detail, out);
    cw_out_close(out, '}');
    cw_out_close(out, '}');
}

void cw_alert_pagerduty(struct cw_buf *out, const struct cw_alert *alert, const char *routing_key,
                        const char *source) {
    cw_out_open(out, NULL, '{');
    cw_out_some(out, "routing_key", routing_key);
    cw_out_some(out, "event_action", action(alert->event));
    cw_out_some(out, "dedup_key", alert->key[0] != '\0' ? alert->key : alert->id);
    if (strcmp(action(alert->event), "trigger") == 0) {
        cw_out_some(out, "client", "causeway");
        put_payload(out, alert, source);
    }
    cw_out_close(out, '}');
}

/* --- Alertmanager ----------------------------------------------------------------------------- */

/* Named by the kind: "causeway_messages_missing". */
static void put_labels(struct cw_buf *out, const struct cw_alert *alert,
                       enum cw_severity severity) {
    char name[96], number[24] = "";
    snprintf(name, sizeof name, "causeway_%.64s",
             alert->kind[0] != '\0' ? alert->kind : cw_alert_event_name(alert->event));
    if (alert->number > 0)
        snprintf(number, sizeof number, "%" PRIu64, alert->number);
    cw_out_open(out, "labels", '{');
    cw_out_some(out, "alertname", name);
    cw_out_some(out, "severity",
                alert->event == CW_ALERT_TEST ? "info" : cw_severity_name(severity));
    cw_out_some(out, "subject", alert->subject);
    cw_out_some(out, "route", alert->route);
    cw_out_some(out, "chain", alert->chain);
    cw_out_some(out, "invariant", alert->invariant);
    cw_out_some(out, "incident", number);
    cw_out_some(out, "key", alert->key);
    cw_out_close(out, '}');
}

static void annotation(void *ctx, const char *name, const char *value) {
    char key[64];
    snprintf(key, sizeof key, "%s", name);
    for (char *p = key; *p != '\0'; p++)
        if (*p == ' ')
            *p = '_';
    cw_out_some(ctx, key, value);
}

static void put_annotations(struct cw_buf *out, const struct cw_alert *alert) {
    char title[1024];
    cw_out_open(out, "annotations", '{');
    cw_out_some(out, "summary", title_of(alert, title, sizeof title));
    if (alert->event != CW_ALERT_SUMMARY)
        cw_out_some(out, "description", alert->text);
    if (alert->key[0] != '\0')
        cw_out_some(out, "state", cw_incident_state_name(alert->state));
    cw_out_some(out, "note", alert->note);
    cw_out_some(out, "resolution", alert->resolution);
    alert_details(alert, annotation, out);
    cw_out_close(out, '}');
}

static void put_one(struct cw_buf *out, const struct cw_alert *alert, enum cw_severity severity,
                    uint64_t ends_ms) {
    char time[ALERT_TIME_SIZE];
    cw_out_open(out, NULL, '{');
    put_labels(out, alert, severity);
    put_annotations(out, alert);
    cw_out_some(out, "startsAt",
                alert_time(time, alert->opened_ms > 0 ? alert->opened_ms : alert->time_ms));
    cw_out_some(out, "endsAt", alert_time(time, ends_ms));
    cw_out_close(out, '}');
}

void cw_alert_alertmanager(struct cw_buf *out, const struct cw_alert *alerts, size_t n,
                           uint64_t ends_ms) {
    cw_out_open(out, NULL, '[');
    for (size_t i = 0; i < n; i++) {
        const struct cw_alert *alert = &alerts[i];
        if (alert->was != 0)
            put_one(out, alert, alert->was, alert->time_ms);
        put_one(out, alert, alert->severity, alert->over_ms > 0 ? alert->over_ms : ends_ms);
    }
    cw_out_close(out, ']');
}
