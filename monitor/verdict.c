#include "monitor/verdict.h"

#define WAITS_EACH 4u

enum cw_verdict_state cw_verdict_after(enum cw_verdict_state was, enum cw_verdict_state found) {
    return was == CW_VERDICT_VIOLATED && found == CW_VERDICT_UNVERIFIED ? was : found;
}

enum cw_severity cw_verdict_severity(enum cw_stake stake) {
    switch (stake) {
    case CW_STAKE_NONE:
        return CW_SEVERITY_WARNING;
    case CW_STAKE_MESSAGES:
    case CW_STAKE_ROUTE:
        return CW_SEVERITY_CRITICAL;
    }
    return CW_SEVERITY_CRITICAL;
}

const char *cw_verdict_advice(enum cw_stake stake) {
    switch (stake) {
    case CW_STAKE_NONE:
        return "Nothing can be lost by it as it is: see what comes of it.";
    case CW_STAKE_MESSAGES:
        return "Tell the bridge's guardian. The messages that are bound to it are held unless the "
               "policy says otherwise: causeway release ID lets one go.";
    case CW_STAKE_ROUTE:
        return "Tell the bridge's guardian at once, who can pause it. The route is held unless the "
               "policy says otherwise: causeway release ROUTE lets it go.";
    }
    return "";
}

bool cw_verdict_turn(unsigned turn, bool any_fresh, bool any_waits) {
    return any_fresh && (!any_waits || turn % WAITS_EACH != WAITS_EACH - 1);
}
