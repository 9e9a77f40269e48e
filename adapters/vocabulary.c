#include <adapters/vocabulary.h>

#include <string.h>

enum cw_side cw_side_other(enum cw_side side) {
    return side == CW_EXECUTION ? CW_SETTLEMENT : CW_EXECUTION;
}

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

const char *cw_mode_name(enum cw_mode mode) {
    switch (mode) {
    case CW_MODE_FULL:
        return "full";
    case CW_MODE_EVENTS:
        return "events";
    case CW_MODE_QUORUM:
        return "quorum";
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

static const char *const assurance_names[] = {[CW_ASSURANCE_PROVISIONAL] = "provisional",
                                              [CW_ASSURANCE_SINGLE] = "single",
                                              [CW_ASSURANCE_PROVED] = "proved",
                                              [CW_ASSURANCE_QUORUM] = "quorum"};
static const char *const assurance_texts[] = {
    [CW_ASSURANCE_PROVISIONAL] = "its block is not final yet and is one endpoint's word",
    [CW_ASSURANCE_SINGLE] = "bound by hashes to a header that one operator calls final",
    [CW_ASSURANCE_PROVED] = "bound by hashes to a header that a quorum of operators agrees on",
    [CW_ASSURANCE_QUORUM] = "a quorum of operators says so; this chain has no proofs"};

const char *cw_assurance_name(enum cw_assurance assurance) {
    size_t i = (size_t)assurance;
    return i < CW_COUNT(assurance_names) && assurance_names[i] ? assurance_names[i] : "?";
}

const char *cw_assurance_text(enum cw_assurance assurance) {
    size_t i = (size_t)assurance;
    return i < CW_COUNT(assurance_texts) && assurance_texts[i] ? assurance_texts[i] : "?";
}

bool cw_mode_parse(enum cw_mode *ret, const char *name) {
    for (int i = CW_MODE_FULL; i <= CW_MODE_QUORUM; i++) {
        if (strcmp(name, cw_mode_name((enum cw_mode)i)) == 0) {
            *ret = (enum cw_mode)i;
            return true;
        }
    }
    return false;
}
