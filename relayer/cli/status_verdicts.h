/* The part of `causeway status` about what must hold. */
#ifndef CLI_STATUS_VERDICTS_H
#define CLI_STATUS_VERDICTS_H

#include "cli/cli.h"

/* One route's. */
struct cw_verdicts {
    struct cw_store_verdicts *list;
    size_t n;
    struct cw_store_aged *aged; /* of unverified ones */
    size_t aged_n;
};
/* Into the view's arena. */
CW_MUST_USE enum cw_err cw_verdicts_read(struct cw_verdicts *ret, struct cw_cli_view *view,
                                         int64_t route, struct cw_error *error);

/* A table of the n routes' verdicts, in the order of the view, behind an empty line; nothing where
 * there are none. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_verdicts_print(const struct cw_verdicts *verdicts,
                                          const struct cw_cli_view *view, uint64_t now_s);
/* The member "verdicts" of a route's JSON object. */
void cw_verdicts_put(struct cw_buf *out, const struct cw_verdicts *verdicts);

#endif
