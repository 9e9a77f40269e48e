#include "monitor/incident.h"

#include <string.h>

static const struct {
    const char *name;
    enum cw_severity severity;
    const char *advice;
} kinds[] = {
    [0] = {"?", CW_SEVERITY_WARNING, ""},
    [CW_INCIDENT_REORG_BEYOND_FINAL] =
        {"reorg_beyond_final", CW_SEVERITY_CRITICAL,
         "Find out whether the chain or its endpoints replaced final blocks; then causeway release "
         "ROUTE."},
    [CW_INCIDENT_MESSAGES_MISSING] = {"messages_missing", CW_SEVERITY_CRITICAL,
                                      "Add an endpoint of another operator to the source chain: "
                                      "those that are configured leave these messages out."},
    [CW_INCIDENT_MESSAGES_UNCOUNTED] = {"messages_uncounted", CW_SEVERITY_CRITICAL,
                                        "Hold the route and look at the newest messages: the "
                                        "contract did not count all that were seen."},
    [CW_INCIDENT_CONTRADICTION] = {"endpoint_contradiction", CW_SEVERITY_WARNING,
                                   "Show its operator the evidence file, or take the endpoint out "
                                   "of the configuration."},
    [CW_INCIDENT_FOREIGN_NONCE] = {"foreign_nonce", CW_SEVERITY_CRITICAL,
                                   "Find out who else has the key and move the funds if nobody "
                                   "should; then causeway release CHAIN/ADDRESS."},
    [CW_INCIDENT_DEADLINE] = {"deadline", CW_SEVERITY_CRITICAL,
                              "See with causeway show ID what keeps the message, and have it "
                              "delivered, or its deadline put off, before it is lost."},
    [CW_INCIDENT_INVARIANT] = {"invariant", CW_SEVERITY_CRITICAL,
                               "See with causeway verdicts --state violated what does not hold."},
    [CW_INCIDENT_UNVERIFIED] = {"unverified", CW_SEVERITY_WARNING,
                                "See with causeway verdicts --state unverified what is missing: "
                                "mostly an endpoint that has the state of the past, or is there "
                                "at all."},
    [CW_INCIDENT_HEAD_STALLED] = {"head_stalled", CW_SEVERITY_WARNING,
                                  "See with causeway status what its endpoints say, and ask "
                                  "others: if the chain goes on, add endpoints."},
    [CW_INCIDENT_FINALITY_STALLED] = {"finality_stalled", CW_SEVERITY_WARNING,
                                      "Find out whether the chain or its endpoints don't get on: "
                                      "nothing that rests on final blocks moves meanwhile."},
    [CW_INCIDENT_LOW_FUNDS] = {"low_funds", CW_SEVERITY_WARNING,
                               "Send more to the signer's address, or find out what spends it."},
    [CW_INCIDENT_BUDGET_SPENT] = {"budget_spent", CW_SEVERITY_WARNING,
                                  "Find out what the fees were paid for; if they are meant, raise "
                                  "daily_fee_budget, or what the signer's own policy allows."},
    [CW_INCIDENT_OVERDUE] = {"overdue", CW_SEVERITY_WARNING,
                             "See with causeway messages and causeway show ID what they wait "
                             "for."},
    [CW_INCIDENT_PAUSE] = {"pause", CW_SEVERITY_CRITICAL,
                           "Should it not go through, have the guardian pause by hand; to end the "
                           "pause is his, too."},
};

static size_t index_of(enum cw_incident_kind kind) {
    size_t i = (size_t)kind;
    return i < CW_COUNT(kinds) ? i : 0;
}

const char *cw_incident_kind_name(enum cw_incident_kind kind) {
    return kinds[index_of(kind)].name;
}

static const char *const severities[] = {
    [CW_SEVERITY_INFO] = "info",
    [CW_SEVERITY_WARNING] = "warning",
    [CW_SEVERITY_CRITICAL] = "critical",
};

const char *cw_severity_name(enum cw_severity severity) {
    size_t i = (size_t)severity;
    return i > 0 && i < CW_COUNT(severities) ? severities[i] : "?";
}

bool cw_severity_parse(enum cw_severity *ret, const char *name) {
    for (size_t i = CW_SEVERITY_INFO; i < CW_COUNT(severities); i++)
        if (strcmp(severities[i], name) == 0) {
            *ret = (enum cw_severity)i;
            return true;
        }
    return false;
}

const char *cw_incident_state_name(enum cw_incident_state state) {
    switch (state) {
    case CW_INCIDENT_PROVISIONAL:
        return "provisional";
    case CW_INCIDENT_CONFIRMED:
        return "confirmed";
    case CW_INCIDENT_WITHDRAWN:
        return "withdrawn";
    case CW_INCIDENT_RESOLVED:
        return "resolved";
    }
    return "?";
}

bool cw_incident_kind_parse(enum cw_incident_kind *ret, const char *name) {
    for (size_t i = 1; i < CW_COUNT(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *ret = (enum cw_incident_kind)i;
            return true;
        }
    return false;
}

enum cw_severity cw_incident_severity(enum cw_incident_kind kind) {
    return kinds[index_of(kind)].severity;
}

const char *cw_incident_advice(enum cw_incident_kind kind) {
    return kinds[index_of(kind)].advice;
}
