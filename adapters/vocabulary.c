#include <adapters/vocabulary.h>

#include <string.h>

const char *cw_side_name(enum cw_side side) {
    switch (side) {
    case CW_SETTLEMENT:
        return "settlement";
    case CW_EXECUTION:
        return "execution";
    }
    return "?";
}

const char *cw_stage_name(enum cw_stage stage) {
    switch (stage) {
    case CW_STAGE_SEEN:
        return "seen";
    case CW_STAGE_SAFE:
        return "safe";
    case CW_STAGE_SOURCE_FINAL:
        return "source-final";
    case CW_STAGE_ROOT_COMMITTED:
        return "root-committed";
    case CW_STAGE_ROOT_VERIFIED:
        return "root-verified";
    case CW_STAGE_PROVEN:
        return "proven";
    case CW_STAGE_CHALLENGE_OVER:
        return "challenge-over";
    case CW_STAGE_EXECUTED:
        return "executed";
    case CW_STAGE_EXECUTED_FINAL:
        return "executed-final";
    }
    return "?";
}

const char *cw_condition_name(enum cw_condition condition) {
    switch (condition) {
    case CW_READY:
        return "ready";
    case CW_WAITING:
        return "waiting";
    case CW_HELD:
        return "held";
    case CW_DEAD:
        return "dead";
    case CW_DONE:
        return "done";
    }
    return "?";
}

const char *cw_outcome_name(enum cw_outcome outcome) {
    switch (outcome) {
    case CW_OUTCOME_UNKNOWN:
        return "unknown";
    case CW_OUTCOME_SUCCESS:
        return "success";
    case CW_OUTCOME_CALL_FAILED:
        return "call-failed";
    case CW_OUTCOME_RELAY_FAILED:
        return "relay-failed";
    }
    return "?";
}

bool cw_stage_parse(enum cw_stage *ret, const char *name) {
    for (int i = CW_STAGE_SEEN; i <= CW_STAGE_EXECUTED_FINAL; i++) {
        if (strcmp(name, cw_stage_name((enum cw_stage)i)) == 0) {
            *ret = (enum cw_stage)i;
            return true;
        }
    }
    return false;
}

bool cw_condition_parse(enum cw_condition *ret, const char *name) {
    for (int i = CW_READY; i <= CW_DONE; i++) {
        if (strcmp(name, cw_condition_name((enum cw_condition)i)) == 0) {
            *ret = (enum cw_condition)i;
            return true;
        }
    }
    return false;
}
