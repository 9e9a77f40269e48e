/* An incident: something that a person must look at, open until it is over. What is opened twice,
 * by kind and subject, is one incident that is counted. Pure: names, severities, advice. */
#ifndef MONITOR_INCIDENT_H
#define MONITOR_INCIDENT_H

#include <causeway/base.h>

/* The names stand in stores and alerts: never change one, add at the end. */
enum cw_incident_kind {
    CW_INCIDENT_REORG_BEYOND_FINAL = 1, /* "reorg_beyond_final": a block that was final is gone;
                                           subject: the chain */
    CW_INCIDENT_MESSAGES_MISSING,       /* "messages_missing": the contract counts messages that no
                                           endpoint shows; subject: the route */
    CW_INCIDENT_MESSAGES_UNCOUNTED,     /* "messages_uncounted": more messages than the contract
                                           counts; subject: the route */
    CW_INCIDENT_CONTRADICTION,          /* "endpoint_contradiction": an endpoint is set aside, its
                                           answers can't be true; subject: CHAIN/ENDPOINT */
    CW_INCIDENT_FOREIGN_NONCE,          /* "foreign_nonce": somebody else sends with a key of ours;
                                           subject: CHAIN/ADDRESS */
    CW_INCIDENT_DEADLINE                /* "deadline": a message is lost soon, or was; subject:
                                           ROUTE/ID */
};

enum cw_severity { CW_SEVERITY_WARNING = 1, CW_SEVERITY_CRITICAL };

/* "?" for no such value. */
const char *cw_incident_kind_name(enum cw_incident_kind kind);
const char *cw_severity_name(enum cw_severity severity);
/* False when no kind has that name. */
CW_MUST_USE bool cw_incident_kind_parse(enum cw_incident_kind *ret, const char *name);

enum cw_severity cw_incident_severity(enum cw_incident_kind kind);
/* What a person is to do about it: one sentence. */
const char *cw_incident_advice(enum cw_incident_kind kind);

#endif
