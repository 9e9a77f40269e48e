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
    CW_INCIDENT_DEADLINE,               /* "deadline": a message is lost soon, or was; subject:
                                           ROUTE/ID */
    CW_INCIDENT_INVARIANT,              /* "invariant": something that must hold does not; subject:
                                           ROUTE/INVARIANT/KEY, or, of what stands at all
                                           times, ROUTE/INVARIANT/REASON */
    CW_INCIDENT_UNVERIFIED,             /* "unverified": whether something holds that must can't be
                                           told for long; subject: ROUTE/INVARIANT */
    CW_INCIDENT_HEAD_STALLED,           /* "head_stalled": no new block of a chain comes, or nobody
                                           who is asked has any; subject: the chain */
    CW_INCIDENT_FINALITY_STALLED,       /* "finality_stalled": blocks come and none is final;
                                           subject: the chain */
    CW_INCIDENT_LOW_FUNDS,              /* "low_funds": a signer has little left; subject:
                                           CHAIN/ADDRESS */
    CW_INCIDENT_BUDGET_SPENT,           /* "budget_spent": messages wait, for fees are over a
                                           budget; subject: the route */
    CW_INCIDENT_OVERDUE,                /* "overdue": messages take longer than they may; subject:
                                           the route */
    CW_INCIDENT_PAUSE                   /* "pause": a transaction that pauses goes out, or could
                                           not be used; subject: the route */
};

/* The numbers stand in stores. */
enum cw_severity { CW_SEVERITY_INFO = 1, CW_SEVERITY_WARNING, CW_SEVERITY_CRITICAL };
#define CW_SEVERITIES 4 /* and the 0 that stands for none */

/* How sure it is, and whether it is over. The numbers stand in stores. */
enum cw_incident_state {
    CW_INCIDENT_PROVISIONAL = 1, /* judged on blocks that are not final */
    CW_INCIDENT_CONFIRMED,
    CW_INCIDENT_WITHDRAWN, /* it was provisional, and its block is gone or finality refuted it */
    CW_INCIDENT_RESOLVED
};

/* "?" for no such value. */
const char *cw_incident_kind_name(enum cw_incident_kind kind);
const char *cw_severity_name(enum cw_severity severity); /* "info", "warning", "critical" */
const char *cw_incident_state_name(enum cw_incident_state state);
/* False when no kind has that name. */
CW_MUST_USE bool cw_incident_kind_parse(enum cw_incident_kind *ret, const char *name);
CW_MUST_USE bool cw_severity_parse(enum cw_severity *ret, const char *name);

/* Where whoever opens it gives no other. */
enum cw_severity cw_incident_severity(enum cw_incident_kind kind);
/* What a person is to do about it: one sentence; likewise. */
const char *cw_incident_advice(enum cw_incident_kind kind);

#endif
