/* One file for each contradiction that an endpoint is caught in: what was asked, what it said, and
 * what says otherwise. DIR/evidence/TIME-CHAIN-ENDPOINT-KIND.json, mode 0600, one JSON object.
 * Never a URL. And one for each violation, see cw_evidence_keep. */
#ifndef WORK_EVIDENCE_H
#define WORK_EVIDENCE_H

#include "core/clock.h"
#include "net/rpc.h"

struct cw_evidence;

struct cw_evidence_limits {
    size_t files;      /* the newest are kept; 0: 1000 */
    uint64_t bytes;    /* of all of them; 0: 256 MiB */
    uint64_t again_ms; /* equal ones (chain, endpoint, kind, method) within that are counted in the
                          first one's file; 0: an hour */
};

/* Nothing is made before the first file is. limits may be NULL. clock must outlive it. */
CW_MUST_USE enum cw_err cw_evidence_new(struct cw_evidence **ret, const char *data_dir,
                                        const struct cw_clock *clock,
                                        const struct cw_evidence_limits *limits,
                                        struct cw_error *error);
void cw_evidence_free(struct cw_evidence *evidence); /* takes NULL */

#define CW_EVIDENCE_NAME 256
/* Writes the file, or counts; ret is "evidence/NAME", or "" when it could not be written, which the
 * log is told of once. */
void cw_evidence_add(struct cw_evidence *evidence, const char *chain, uint64_t chain_id,
                     const struct cw_rpc_finding *finding, char ret[CW_EVIDENCE_NAME]);
/* A file of its own, TIME-WHAT.json, for what was found otherwise; members: of its JSON object,
 * beside version and time. ret as above. */
void cw_evidence_keep(struct cw_evidence *evidence, const char *what, struct cw_slice members,
                      char ret[CW_EVIDENCE_NAME]);
/* Somebody else answered that call, and well: beside what is in the file of its finding. */
void cw_evidence_answered(struct cw_evidence *evidence, const char *chain, uint64_t call,
                          const struct cw_rpc_said *said);

#endif
