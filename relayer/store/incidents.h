/* What the files about incidents share inside the store. */
#ifndef STORE_INCIDENTS_H
#define STORE_INCIDENTS_H

#include "store/alerts.h"
#include "store/sql.h"

/* What incidents and alerts of them have in common, in the order in which
 * cw_store_incident_read_says expects it. */
#define CW_STORE_INCIDENT_SAYS                                                                     \
    "kind, subject, chain, route, text, evidence, times, opened_ms, last_ms, resolved_ms,"         \
    " resolution, severity, state, invariant, advice, settlement_says, execution_says,"            \
    " settlement_block, settlement_hash, execution_block, execution_hash, tx, pause"
#define CW_STORE_INCIDENT_SAYS_N 23

/* A silence s that holds for a row of incident. */
#define CW_STORE_SILENCES                                                                          \
    "s.over = 0 AND (s.kind = '' OR s.kind = incident.kind) AND (s.route = '' OR s.route ="        \
    " incident.route) AND (s.subject = '' OR incident.subject GLOB s.subject)"

/* Columns from at on; of no kind where kind is "", as alerts of no incident are. */
void cw_store_incident_read_says(struct cw_sql *sql, int at, struct cw_store_incident *out);

/* Writes what each sink is now to be told of it. note: for those alerts. Part of the caller's
 * group. */
CW_MUST_USE enum cw_err cw_store_incident_tell(struct cw_store *store, int64_t row,
                                               const char *note, uint64_t now_ms,
                                               struct cw_error *error);
/* The same of all that are open. */
CW_MUST_USE enum cw_err cw_store_incidents_tell(struct cw_store *store, uint64_t now_ms,
                                                struct cw_error *error);

#endif
