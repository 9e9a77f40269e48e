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
};

static size_t index_of(enum cw_incident_kind kind) {
    size_t i = (size_t)kind;
    return i < CW_COUNT(kinds) ? i : 0;
}

const char *cw_incident_kind_name(enum cw_incident_kind kind) {
    return kinds[index_of(kind)].name;
}

const char *cw_severity_name(enum cw_severity severity) {
    switch (severity) {
    case CW_SEVERITY_WARNING:
        return "warning";
    case CW_SEVERITY_CRITICAL:
        return "critical";
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
