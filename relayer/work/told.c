/* Incidents that last as long as something is so, looked at again and again: written when they
 * begin, say something else, or end. */
#include "work/internal.h"

#include <stdio.h>
#include <string.h>

static void failed(struct told *told, const struct cw_error *error) {
    if (!told->failed)
        cw_log(CW_LOG_ERROR, "relay", "incident not written, will be tried again: %s", error->text);
    told->failed = true;
}

void told_so(struct cw_relay *relay, struct told *told, const struct cw_store_incident *incident) {
    const enum cw_severity severity = incident->severity ? incident->severity
                                                         : cw_incident_severity(incident->kind);
    struct cw_error error;
    bool is_new = false;
    if (told->settled && told->severity == severity && strcmp(told->text, incident->text) == 0)
        return;
    if (cw_store_incident_open(relay->store, incident, wall_ms(relay), &is_new, &error) != CW_OK) {
        failed(told, &error);
        return;
    }
    if (is_new)
        cw_log(severity == CW_SEVERITY_CRITICAL ? CW_LOG_ERROR : CW_LOG_WARN, incident->subject,
               "%s: %s", cw_incident_kind_name(incident->kind), incident->text);
    *told = (struct told){.settled = true, .severity = severity};
    snprintf(told->text, sizeof told->text, "%s", incident->text);
}

void told_over(struct cw_relay *relay, struct told *told, enum cw_incident_kind kind,
               const char *subject, const char *why) {
    struct cw_error error;
    bool was_open = false;
    if (told->settled && told->text[0] == '\0')
        return;
    if (cw_store_incident_resolve(relay->store, kind, subject, why, wall_ms(relay), &was_open,
                                  &error) != CW_OK) {
        failed(told, &error);
        return;
    }
    if (was_open)
        cw_log(CW_LOG_INFO, subject, "%s is over: %s", cw_incident_kind_name(kind), why);
    *told = (struct told){.settled = true};
}
