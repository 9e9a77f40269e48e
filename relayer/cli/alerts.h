/* The words of `causeway alerts`. */
#ifndef CLI_ALERTS_H
#define CLI_ALERTS_H

#include "cli/cli.h"

/* Everything that its words take. */
struct cw_alert_args {
    struct cw_cli_common common;
    const char *word; /* "list", "ack", … */
    const char *what; /* an id, the name of a sink; NULL: nothing */
    bool all;
    const char *note, *by, *kind, *subject, *route; /* NULL: not said */
    uint64_t for_s;                                 /* 0: not said */
    uint64_t wait_ms;
};

/* Each gives the exit code. */
int cw_alerts_list(const struct cw_alert_args *args);
int cw_alerts_show(const struct cw_alert_args *args);
int cw_alerts_ack(const struct cw_alert_args *args);
int cw_alerts_silence(const struct cw_alert_args *args);
int cw_alerts_unsilence(const struct cw_alert_args *args);
int cw_alerts_test(const struct cw_alert_args *args);

/* The number of a row; 0: it is none, which is said on stderr. */
int64_t cw_alerts_row(const char *text, const char *what);

/* Members of the object that is open. */
void cw_out_incident(struct cw_buf *out, const struct cw_store_incident *incident);
/* Its member "history". */
void cw_out_incident_history(struct cw_buf *out, const struct cw_store_incident_line *lines,
                             size_t n);

#endif
