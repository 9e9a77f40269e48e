/* Messages that are retried together: which, and why others would not be. */
#ifndef CLI_RETRY_MANY_H
#define CLI_RETRY_MANY_H

#include "cli/cli.h"
#include "cli/print.h"
#include "work/pick.h"

struct cw_retry_many {
    struct cw_pick pick;
    bool asked; /* an option says which, or how many */
    bool dry_run;
    const char *reason; /* "" for none */
};

/* clang-format off */
#define CW_RETRY_MANY_OPTIONS                                                                      \
    {"stage", required_argument, NULL, 'S'}, {"condition", required_argument, NULL, 'C'},          \
    {"sender", required_argument, NULL, 'F'}, {"target", required_argument, NULL, 'T'},            \
    {"tx", required_argument, NULL, 'X'}, {"from", required_argument, NULL, 'A'},                  \
    {"to", required_argument, NULL, 'B'}, {"limit", required_argument, NULL, 'L'},                 \
    {"dry-run", no_argument, NULL, 'n'}
/* clang-format on */

/* Takes one of them. CW_CLI_GO_ON; the exit code to stop with; 0 for another option. */
int cw_retry_many_option(int c, struct cw_retry_many *ret, const char *help);
/* The exit code: 1 when there is nothing to retry. */
int cw_retry_many_run(struct cw_retry_many *many, const struct cw_cli_common *common,
                      uint64_t wait_ms);

/* An object. */
void cw_out_picked(struct cw_buf *out, const struct cw_cli_view *view,
                   const struct cw_picked *picked);

#endif
