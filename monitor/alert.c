/* What all alerts share, and the project's own form. */
#include "alert_private.h"

#include "monitor/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SYSLOG_TEXT_MAX 1024u            /* of a message that takes 2000 bytes in all */
#define SD_ID           "causeway@32473" /* the number that RFC 5612 leaves to everybody */

const char *cw_alert_event_name(enum cw_alert_event event) {
    switch (event) {
    case CW_ALERT_OPENED:
        return "opened";
    case CW_ALERT_RAISED:
        return "raised";
    case CW_ALERT_LOWERED:
        return "lowered";
    case CW_ALERT_CONFIRMED:
        return "confirmed";
    case CW_ALERT_ACKNOWLEDGED:
        return "acknowledged";
    case CW_ALERT_RESOLVED:
        return "resolved";
    case CW_ALERT_WITHDRAWN:
        return "withdrawn";
    case CW_ALERT_SUMMARY:
        return "summary";
    case CW_ALERT_TEST:
        return "test";
    }
    return "?";
}

bool cw_alert_is_over(enum cw_alert_event event) {
    return event == CW_ALERT_RESOLVED || event == CW_ALERT_WITHDRAWN;
}

/* --- pieces ----------------------------------------------------------------------------------- */

void alert_take(struct cw_buf *out, const char *key, struct cw_buf *buf) {
    const char *text = cw_buf_cstr(buf);
    if (text != NULL)
        cw_out_some(out, key, text);
    else
        out->failed = true;
    cw_buf_done(buf);
}

char *alert_time(char out[ALERT_TIME_SIZE], uint64_t ms) {
    const time_t s = (time_t)(ms / 1000);
    struct tm tm;
    if (gmtime_r(&s, &tm) == NULL || tm.tm_year > 8000)
        memset(&tm, 0, sizeof tm);
    snprintf(out, ALERT_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000));
    return out;
}

static const char *block_text(char out[128], const struct cw_alert_block *block) {
    char hex[CW_HEX_SIZE(32)];
    if (!block->known)
        return "";
    cw_hex_encode(hex, cw_slice_of(block->hash.b, sizeof block->hash.b));
    bool hashed = !cw_hash32_is_zero(&block->hash);
    snprintf(out, 128, "%" PRIu64 "%s%s", block->number, hashed ? " " : "", hashed ? hex : "");
    return out;
}

void alert_details(const struct cw_alert *alert,
                   void (*put)(void *ctx, const char *name, const char *value), void *ctx) {
    char blocks[CW_SIDES][128], tx[CW_HEX_SIZE(32)] = "", command[64] = "";
    if (alert->has_tx)
        cw_hex_encode(tx, cw_slice_of(alert->tx.b, sizeof alert->tx.b));
    if (alert->number > 0)
        snprintf(command, sizeof command, "causeway alerts show %" PRIu64, alert->number);
    const struct {
        const char *name, *value;
    } pairs[] = {
        {"invariant", alert->invariant},
        {"route", alert->route},
        {"chain", alert->chain},
        {"settlement layer", alert->says[CW_SETTLEMENT]},
        {"execution layer", alert->says[CW_EXECUTION]},
        {"settlement block", block_text(blocks[0], &alert->blocks[CW_SETTLEMENT])},
        {"execution block", block_text(blocks[1], &alert->blocks[CW_EXECUTION])},
        {"transaction", tx},
        {"evidence", alert->evidence},
        {"pause call", cw_alert_is_over(alert->event) ? "" : alert->pause},
        {"what to do", cw_alert_is_over(alert->event) ? "" : alert->advice},
        {"more", command},
    };
    for (size_t i = 0; i < CW_COUNT(pairs); i++)
        if (pairs[i].value[0] != '\0')
            put(ctx, pairs[i].name, pairs[i].value);
}

const char *alert_what(const struct cw_alert *alert) {
    return cw_alert_is_over(alert->event) && alert->resolution[0] != '\0' ? alert->resolution
                                                                          : alert->text;
}

/* Nothing in it ends a line or moves a cursor. */
static void plain(struct cw_buf *out, const char *text) {
    const uint8_t *p = (const uint8_t *)text;
    for (size_t n = strlen(text), size; n > 0; p += size, n -= size) {
        uint32_t code = 0;
        size = cw_utf8_read(&code, p, n);
        bool bad = size == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0);
        size = size == 0 ? 1 : size;
        cw_buf_append(out, bad ? (const void *)"?" : p, bad ? 1 : size);
    }
}

void cw_alert_title(struct cw_buf *out, const struct cw_alert *alert) {
    const char *severity = cw_severity_name(alert->severity);
    switch (alert->event) {
    case CW_ALERT_OPENED:
        cw_buf_text(out, severity);
        break;
    case CW_ALERT_RAISED:
    case CW_ALERT_LOWERED:
        cw_buf_format(out, "%s now, was %s", severity, cw_severity_name(alert->was));
        break;
    case CW_ALERT_CONFIRMED:
        cw_buf_format(out, "%s, confirmed", severity);
        break;
    case CW_ALERT_ACKNOWLEDGED:
    case CW_ALERT_RESOLVED:
    case CW_ALERT_WITHDRAWN:
        cw_buf_text(out, cw_alert_event_name(alert->event));
        break;
    case CW_ALERT_SUMMARY:
        plain(out, alert->text);
        return;
    case CW_ALERT_TEST:
        cw_buf_text(out, "test: alerts of Causeway come through");
        return;
    }
    if (alert->state == CW_INCIDENT_PROVISIONAL)
        cw_buf_text(out, ", provisional");
    cw_buf_text(out, ": ");
    plain(out, alert->kind);
    cw_buf_text(out, " ");
    plain(out, alert->subject);
}

/* --- webhook ---------------------------------------------------------------------------------- */

static void put_block(struct cw_buf *out, const char *key, const struct cw_alert_block *block) {
    char hex[CW_HEX_SIZE(32)];
    if (!block->known)
        return;
    cw_out_open(out, key, '{');
    cw_out_number(out, "number", block->number);
    if (!cw_hash32_is_zero(&block->hash))
        cw_out_some(out, "hash",
                    cw_hex_encode(hex, cw_slice_of(block->hash.b, sizeof block->hash.b)));
    cw_out_close(out, '}');
}

static void put_incident(struct cw_buf *out, const struct cw_alert *alert) {
    char hex[CW_HEX_SIZE(32)];
    cw_out_open(out, "incident", '{');
    cw_out_some(out, "key", alert->key);
    cw_out_number(out, "number", alert->number);
    cw_out_some(out, "kind", alert->kind);
    cw_out_some(out, "severity", cw_severity_name(alert->severity));
    if (alert->was != 0)
        cw_out_some(out, "wasSeverity", cw_severity_name(alert->was));
    cw_out_some(out, "state", cw_incident_state_name(alert->state));
    cw_out_some(out, "invariant", alert->invariant);
    cw_out_some(out, "subject", alert->subject);
    cw_out_some(out, "route", alert->route);
    cw_out_some(out, "chain", alert->chain);
    cw_out_some(out, "text", alert->text);
    cw_out_some(out, "advice", alert->advice);
    cw_out_some(out, "settlementSays", alert->says[CW_SETTLEMENT]);
    cw_out_some(out, "executionSays", alert->says[CW_EXECUTION]);
    put_block(out, "settlementBlock", &alert->blocks[CW_SETTLEMENT]);
    put_block(out, "executionBlock", &alert->blocks[CW_EXECUTION]);
    if (alert->has_tx)
        cw_out_some(out, "transaction",
                    cw_hex_encode(hex, cw_slice_of(alert->tx.b, sizeof alert->tx.b)));
    cw_out_some(out, "evidence", alert->evidence);
    cw_out_some(out, "pauseCall", alert->pause);
    cw_out_number(out, "times", alert->times);
    cw_out_number(out, "openedMs", alert->opened_ms);
    if (alert->over_ms > 0)
        cw_out_number(out, "overMs", alert->over_ms);
    cw_out_some(out, "resolution", alert->resolution);
    cw_out_close(out, '}');
}

void cw_alert_webhook_json(struct cw_buf *out, const struct cw_alert *alert) {
    struct cw_buf title;
    cw_buf_init(&title, 4096);
    cw_alert_title(&title, alert);
    cw_out_open(out, NULL, '{');
    cw_out_number(out, "version", 1);
    cw_out_some(out, "id", alert->id);
    cw_out_some(out, "event", cw_alert_event_name(alert->event));
    cw_out_number(out, "timeMs", alert->time_ms);
    alert_take(out, "title", &title);
    cw_out_some(out, "note", alert->note);
    if (alert->key[0] != '\0')
        put_incident(out, alert);
    cw_out_close(out, '}');
}

/* --- syslog ----------------------------------------------------------------------------------- */

static unsigned syslog_severity(const struct cw_alert *alert) {
    switch (alert->event) {
    case CW_ALERT_ACKNOWLEDGED:
    case CW_ALERT_RESOLVED:
    case CW_ALERT_WITHDRAWN:
    case CW_ALERT_TEST:
        return 5;
    case CW_ALERT_OPENED:
    case CW_ALERT_RAISED:
    case CW_ALERT_LOWERED:
    case CW_ALERT_CONFIRMED:
    case CW_ALERT_SUMMARY:
        break;
    }
    switch (alert->severity) {
    case CW_SEVERITY_INFO:
        return 6;
    case CW_SEVERITY_WARNING:
        return 4;
    case CW_SEVERITY_CRITICAL:
        break;
    }
    return 2;
}

/* A field of the head: printable ASCII without blanks, "-" for none. */
static void head_field(struct cw_buf *out, const char *text, size_t max) {
    cw_buf_text(out, " ");
    for (size_t i = 0; text[i] != '\0' && i < max; i++)
        cw_buf_append(out, text[i] > 0x20 && text[i] < 0x7f ? &text[i] : "?", 1);
    if (text[0] == '\0')
        cw_buf_text(out, "-");
}

static void parameter(struct cw_buf *out, const char *name, const char *value) {
    struct cw_buf text;
    if (value[0] == '\0')
        return;
    cw_buf_init(&text, 4096);
    plain(&text, value);
    cw_buf_format(out, " %s=\"", name);
    for (size_t i = 0; i < text.n; i++) {
        if (strchr("\"\\]", text.p[i]) != NULL)
            cw_buf_text(out, "\\");
        cw_buf_append(out, &text.p[i], 1);
    }
    cw_buf_text(out, "\"");
    out->failed = out->failed || text.failed;
    cw_buf_done(&text);
}

/* The longest beginning of text that has at most max bytes and ends with a whole character. */
static size_t cut_at(const struct cw_buf *text, size_t max) {
    size_t n = text->n;
    if (n > max)
        for (n = max; n > 0 && (text->p[n] & 0xc0) == 0x80; n--)
            ;
    return n;
}

void cw_alert_syslog(struct cw_buf *out, const struct cw_alert *alert,
                     const struct cw_alert_origin *origin) {
    char time[ALERT_TIME_SIZE], number[24] = "";
    struct cw_buf text;
    cw_buf_init(&text, 16384);
    cw_buf_format(out, "<%u>1 %s", origin->facility * 8 + syslog_severity(alert),
                  alert_time(time, alert->time_ms));
    head_field(out, origin->host, 255);
    cw_buf_format(out, " causeway %" PRIu64, origin->pid);
    head_field(out, cw_alert_event_name(alert->event), 32);
    if (alert->number > 0)
        snprintf(number, sizeof number, "%" PRIu64, alert->number);
    cw_buf_text(out, " [" SD_ID);
    parameter(out, "id", alert->id);
    parameter(out, "incident", number);
    parameter(out, "kind", alert->kind);
    if (alert->key[0] != '\0')
        parameter(out, "severity", cw_severity_name(alert->severity));
    parameter(out, "subject", alert->subject);
    parameter(out, "route", alert->route);
    parameter(out, "chain", alert->chain);
    cw_buf_text(out, "] ");
    cw_alert_title(&text, alert);
    if (alert->key[0] != '\0') {
        cw_buf_text(&text, ": ");
        plain(&text, alert_what(alert));
    }
    if (alert->note[0] != '\0') {
        cw_buf_text(&text, "; ");
        plain(&text, alert->note);
    }
    cw_buf_append(out, text.p, cut_at(&text, SYSLOG_TEXT_MAX));
    out->failed = out->failed || text.failed;
    cw_buf_done(&text);
}
