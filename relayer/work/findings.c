/* What endpoints are caught in: into the log, a file, the store, and an incident that is over once
 * the endpoint is used again and answers well. */
#include "work/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEND_EVERY_MS 1000u

enum cw_err findings_new(struct chain *chain, struct cw_error *error) {
    chain->suspects = calloc(cw_rpc_endpoints(chain->rpc), sizeof *chain->suspects);
    if (!chain->suspects)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < cw_rpc_endpoints(chain->rpc); i++)
        chain->suspects[i].open = true; /* an earlier process may have left it open */
    return CW_OK;
}

static void subject_of(char out[160], const struct chain *chain, const char *endpoint) {
    snprintf(out, 160, "%.60s/%.95s", chain->config->name, endpoint);
}

static void open_incident(struct chain *chain, const struct cw_store_finding *finding) {
    struct cw_relay *relay = chain->relay;
    struct cw_store_incident incident = {.kind = CW_INCIDENT_CONTRADICTION};
    struct cw_error error;
    bool is_new = false;
    subject_of(incident.subject, chain, finding->endpoint);
    snprintf(incident.chain, sizeof incident.chain, "%s", chain->config->name);
    snprintf(incident.text, sizeof incident.text, "%.48s: %.260s", finding->method, finding->text);
    snprintf(incident.evidence, sizeof incident.evidence, "%s", finding->evidence);
    if (cw_store_incident_open(relay->store, &incident, wall_ms(relay), &is_new, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, chain->config->name, "incident not written: %s", error.text);
    for (size_t i = 0; chain->suspects && i < cw_rpc_endpoints(chain->rpc); i++) {
        struct cw_rpc_endpoint_status status;
        cw_rpc_endpoint_status(chain->rpc, i, &status);
        if (strcmp(status.label, finding->endpoint) == 0)
            chain->suspects[i] = (struct suspect){.open = true, .caught_ms = monotonic_ms(relay)};
    }
}

/* Into the log, a file and the store. */
static struct cw_store_finding keep(const struct chain *chain, const char *prefix,
                                    const struct cw_rpc_finding *told) {
    struct cw_relay *relay = chain->relay;
    struct cw_store_finding finding = {.time_ms = wall_ms(relay)};
    struct cw_error error;
    snprintf(finding.chain, sizeof finding.chain, "%s", chain->config->name);
    snprintf(finding.endpoint, sizeof finding.endpoint, "%s%s", prefix, told->endpoint);
    snprintf(finding.method, sizeof finding.method, "%s", told->method);
    snprintf(finding.text, sizeof finding.text, "%s", told->text);
    if (relay->evidence)
        cw_evidence_add(relay->evidence, chain->config->name, chain->config->chain_id, told,
                        finding.evidence);
    cw_log(CW_LOG_WARN, chain->config->name, "endpoint %s, %s: %s%s%s", finding.endpoint,
           told->method, told->text, finding.evidence[0] ? "; " : "", finding.evidence);
    if (relay->store && cw_store_finding_add(relay->store, &finding, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, chain->config->name, "finding not written: %s", error.text);
    return finding;
}

void findings_told(void *ctx, const struct cw_rpc_finding *told) {
    struct chain *chain = ctx;
    const struct cw_store_finding finding = keep(chain, "", told);
    if (chain->relay->store)
        open_incident(chain, &finding);
}

void findings_sender(void *ctx, const struct cw_rpc_finding *told) {
    (void)keep(ctx, SEND_PREFIX, told);
}

void findings_answered(void *ctx, uint64_t call, struct cw_rpc_said *said) {
    const struct chain *chain = ctx;
    if (chain->relay->evidence)
        cw_evidence_answered(chain->relay->evidence, chain->config->name, call, said);
}

/* It answered a question after the time for which it is set aside. */
static bool is_well_again(const struct chain *chain, const struct suspect *suspect,
                          const struct cw_rpc_endpoint_status *status) {
    uint64_t now = monotonic_ms(chain->relay);
    return status->usable && status->good_ms > suspect->caught_ms &&
           (suspect->caught_ms == 0 ||
            now - suspect->caught_ms >= chain->config->set_aside_s * 1000);
}

void findings_attend(struct cw_relay *relay) {
    uint64_t now = monotonic_ms(relay);
    if (now - relay->suspects_attended_ms < ATTEND_EVERY_MS)
        return;
    relay->suspects_attended_ms = now;
    for (size_t i = 0; i < relay->chains_n; i++) {
        struct chain *chain = &relay->chains[i];
        for (size_t k = 0; k < cw_rpc_endpoints(chain->rpc); k++) {
            struct suspect *suspect = &chain->suspects[k];
            struct cw_rpc_endpoint_status status;
            struct cw_error error;
            char subject[160];
            bool was_open = false;
            cw_rpc_endpoint_status(chain->rpc, k, &status);
            if (!suspect->open || !is_well_again(chain, suspect, &status))
                continue;
            subject_of(subject, chain, status.label);
            if (cw_store_incident_resolve(relay->store, CW_INCIDENT_CONTRADICTION, subject,
                                          "it is used again and answers well", wall_ms(relay),
                                          &was_open, &error) != CW_OK) {
                cw_log(CW_LOG_ERROR, chain->config->name, "incident not closed: %s", error.text);
                continue;
            }
            suspect->open = false;
        }
    }
}
