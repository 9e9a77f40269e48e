/* What `status` and the API show of everything. */
#ifndef CLI_STATUS_READ_H
#define CLI_STATUS_READ_H

#include "cli/cli.h"
#include "cli/completeness.h"
#include "cli/print.h"
#include "cli/status_endpoints.h"
#include "cli/status_lanes.h"
#include "cli/status_verdicts.h"
#include "store/alerts.h"

/* Everything that is shown, read in one view. */
struct cw_status {
    struct cw_cli_view *view;
    uint64_t now_s;
    bool running;
    uint64_t pid;
    uint64_t (*counts)[10][6];                /* of each route */
    struct cw_cli_completeness *completeness; /* likewise */
    struct cw_store_saved *saved;             /* likewise */
    struct cw_verdicts *verdicts;             /* likewise */
    struct cw_endpoints endpoints;
    struct cw_lanes_shown lanes;
    struct cw_store_finding *findings;
    size_t findings_n;
    struct cw_store_incident *incidents; /* open ones */
    size_t incidents_n;
    struct cw_store_incident_count *kinds; /* all open ones */
    size_t kinds_n;
    struct cw_store_sink *sinks;
    size_t sinks_n;
};

CW_MUST_USE enum cw_err cw_status_read(struct cw_status *ret, struct cw_cli_view *view,
                                       struct cw_error *error);
/* An object. */
void cw_status_put(struct cw_buf *out, const struct cw_status *status);
/* Members of it. */
void cw_status_put_chains(struct cw_buf *out, const struct cw_status *status);
void cw_status_put_routes(struct cw_buf *out, const struct cw_status *status);
void cw_status_put_incidents(struct cw_buf *out, const struct cw_status *status);
void cw_status_put_sinks(struct cw_buf *out, const struct cw_status *status);
void cw_status_put_findings(struct cw_buf *out, const struct cw_status *status);

const char *cw_status_chain(const struct cw_status *status, int64_t row); /* "?" */
/* Blocks that are not read yet. */
uint64_t cw_status_behind(const struct cw_store_chain_row *chain);
/* The newest block that is known: heads are written once a second, what was read at once. */
uint64_t cw_status_newest(const struct cw_store_chain_row *chain);
/* Open incidents of that severity. */
uint64_t cw_status_open(const struct cw_status *status, enum cw_severity severity);

#endif
