/* What an alert says, in the form that each kind of receiver takes. Pure: no I/O, no clock, no
 * allocation but the caller's buffer. Text in an alert may come from outside: whatever it holds, it
 * is one value in the form and no more (quoted, escaped, control characters replaced). */
#ifndef MONITOR_ALERT_H
#define MONITOR_ALERT_H

#include "monitor/incident.h"

#include <adapters/adapter.h>
#include <causeway/arena.h>
#include <causeway/base.h>

/* The numbers stand in stores, the names in alerts: never change one, add at the end. */
enum cw_alert_event {
    CW_ALERT_OPENED = 1,   /* "opened" */
    CW_ALERT_RAISED,       /* "raised": to a higher severity */
    CW_ALERT_LOWERED,      /* "lowered" */
    CW_ALERT_CONFIRMED,    /* "confirmed": it was provisional */
    CW_ALERT_ACKNOWLEDGED, /* "acknowledged" */
    CW_ALERT_RESOLVED,     /* "resolved" */
    CW_ALERT_WITHDRAWN,    /* "withdrawn" */
    CW_ALERT_SUMMARY,      /* "summary": stands for several that were too many; of no incident */
    CW_ALERT_TEST          /* "test": of no incident */
};
/* "?" for no such value. */
const char *cw_alert_event_name(enum cw_alert_event event);
/* Whether it is over with this. */
bool cw_alert_is_over(enum cw_alert_event event);

/* A block that an incident is about. */
struct cw_alert_block {
    bool known;
    uint64_t number;
    struct cw_hash32 hash; /* zero: not known */
};

/* Everything is borrowed; text that there is none of is "". */
struct cw_alert {
    const char *id; /* of this alert: the same each time that it is sent */
    enum cw_alert_event event;
    uint64_t time_ms; /* of the event, Unix */
    const char *note; /* why the severity is another one, who acknowledged it, or, of a summary, one
                         line for each alert */

    /* the incident, as it was then */
    const char *key; /* the same for all alerts of an incident, and of no other one; "" for none */
    uint64_t number; /* what `causeway alerts show` takes */
    const char *kind;
    enum cw_severity severity, was; /* was: before it was raised or lowered, else 0 */
    enum cw_incident_state state;
    const char *invariant, *subject, *route, *chain, *text, *advice, *evidence, *resolution;
    const char *says[CW_SIDES]; /* what that layer says */
    struct cw_alert_block blocks[CW_SIDES];
    bool has_tx;
    struct cw_hash32 tx;
    const char *pause;                  /* "0xTO 0xCALLDATA", by which a guardian would stop it */
    uint64_t times, opened_ms, over_ms; /* over_ms 0: it is open */
};

/* Appends one line for people: "critical: messages_missing op". Without line end. */
void cw_alert_title(struct cw_buf *out, const struct cw_alert *alert);

/* One JSON object, on one line without its end. Members that are empty are left out. */
void cw_alert_webhook_json(struct cw_buf *out, const struct cw_alert *alert);

/* The body for an incoming webhook of Slack, or of what takes the same.
 * Source: docs.slack.dev, "Incoming webhooks", "Secondary message attachments". */
void cw_alert_slack(struct cw_buf *out, const struct cw_alert *alert);

/* An event of PagerDuty's Events API v2: trigger, acknowledge or resolve. routing_key goes into it.
 * source: the machine that tells. Source: developer.pagerduty.com, "Send an alert event". */
void cw_alert_pagerduty(struct cw_buf *out, const struct cw_alert *alert, const char *routing_key,
                        const char *source);

/* A list for POST /api/v2/alerts of Alertmanager: each alert ends at ends_ms, or, where it is over,
 * when it was. An alert whose severity is another one ends what was told of under the one before.
 * Source: github.com/prometheus/alertmanager, api/v2/openapi.yaml. */
void cw_alert_alertmanager(struct cw_buf *out, const struct cw_alert *alerts, size_t n,
                           uint64_t ends_ms);

struct cw_alert_origin {
    const char *host; /* "": not known */
    uint64_t pid;
    unsigned facility; /* 0 to 23 */
};
/* A message of RFC 5424, without a frame or line end; at most some 2000 bytes. Its severity is that
 * of the incident (critical 2, warning 4, info 6), or notice (5) for what is no bad news. */
void cw_alert_syslog(struct cw_buf *out, const struct cw_alert *alert,
                     const struct cw_alert_origin *origin);

#endif
