/* What an audit found, as text, JSON and Markdown. */
#ifndef CLI_AUDIT_REPORT_H
#define CLI_AUDIT_REPORT_H

#include "cli/cli.h"

/* A range of blocks of each side; to 0: none was read. */
struct cw_audit_range {
    uint64_t from, to;
};

enum cw_audit_form { CW_AUDIT_TEXT, CW_AUDIT_JSON, CW_AUDIT_MARKDOWN };

struct cw_audit_count {
    char invariant[CW_INVARIANT_NAME_SIZE];
    enum cw_verdict_state state;
    char reason[CW_REASON_SIZE];
    uint64_t n;
};
#define CW_AUDIT_COUNTS 256

/* Of all subjects that arose in the range (standing ones are no part of it). */
struct cw_audit_report {
    const char *route;
    struct cw_audit_range ranges[CW_SIDES];
    bool complete; /* all of it was read, and judged as often as it was to be */
    struct cw_audit_count counts[CW_AUDIT_COUNTS];
    size_t counts_n;
    uint64_t states[CW_VERDICT_VIOLATED + 1]; /* by state */
    struct cw_store_subject *bad;             /* violated and unverified ones, in block order */
    size_t bad_n;
    struct cw_store_subject *changes; /* those of the invariant "change" that are ok: what the range
                                         changed is expected a day later; in block order */
    size_t changes_n;
};

/* Reads the view's store; memory is its arena's. */
CW_MUST_USE enum cw_err cw_audit_read(struct cw_audit_report *report, struct cw_cli_view *view,
                                      struct cw_error *error);
/* The exit code. */
int cw_audit_print(const struct cw_audit_report *report, const struct cw_cli_view *view,
                   enum cw_audit_form form);

#endif
