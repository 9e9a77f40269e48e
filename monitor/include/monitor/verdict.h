/* What the verdict on an invariant's subject means: what becomes of what was known before, and how
 * grave it is. Pure. */
#ifndef MONITOR_VERDICT_H
#define MONITOR_VERDICT_H

#include <adapters/invariant.h>
#include <monitor/incident.h>

/* What is known of a subject that was `was` and is found to be `found` now: what was violated stays
 * so until it is known to be ok, however often that can't be told. */
enum cw_verdict_state cw_verdict_after(enum cw_verdict_state was, enum cw_verdict_state found);

/* Of a violation. */
enum cw_severity cw_verdict_severity(enum cw_stake stake);
const char *cw_verdict_advice(enum cw_stake stake);

/* The one to be judged next of those that were never judged (fresh) and of those that wait longest:
 * the turn-th choice is of the fresh ones, but every fourth. True: fresh. */
bool cw_verdict_turn(unsigned turn, bool any_fresh, bool any_waits);

#endif
