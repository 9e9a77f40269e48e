#include <adapters/invariant.h>

#include <string.h>

const char *cw_verdict_state_name(enum cw_verdict_state state) {
    switch (state) {
    case CW_VERDICT_UNVERIFIED:
        return "unverified";
    case CW_VERDICT_OK:
        return "ok";
    case CW_VERDICT_VIOLATED:
        return "violated";
    }
    return "?";
}

bool cw_verdict_state_parse(enum cw_verdict_state *ret, const char *name) {
    static const enum cw_verdict_state states[] = {CW_VERDICT_UNVERIFIED, CW_VERDICT_OK,
                                                   CW_VERDICT_VIOLATED};
    for (size_t i = 0; i < CW_COUNT(states); i++) {
        if (strcmp(cw_verdict_state_name(states[i]), name) == 0) {
            *ret = states[i];
            return true;
        }
    }
    return false;
}

const char *cw_stake_name(enum cw_stake stake) {
    switch (stake) {
    case CW_STAKE_NONE:
        return "none";
    case CW_STAKE_MESSAGES:
        return "messages";
    case CW_STAKE_ROUTE:
        return "route";
    }
    return "?";
}
