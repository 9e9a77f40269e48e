/* What `verdicts` and `audit` both print of a subject and what is known of it. */
#ifndef CLI_VERDICT_OUT_H
#define CLI_VERDICT_OUT_H

#include "cli/cli.h"
#include "cli/print.h"

/* Some lines. */
void cw_print_verdict(const struct cw_cli_view *view, const struct cw_store_subject *subject,
                      uint64_t now_s);
/* An element of the list that the caller opened. */
void cw_out_verdict(struct cw_buf *out, const struct cw_cli_view *view,
                    const struct cw_store_subject *subject);

#endif
