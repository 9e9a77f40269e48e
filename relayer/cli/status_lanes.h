/* The part of `causeway status` about lanes: the signers on their chains. */
#ifndef CLI_STATUS_LANES_H
#define CLI_STATUS_LANES_H

#include "cli/cli.h"
#include "store/lanes.h"

struct cw_lanes_shown {
    struct cw_store_lane *list;
    size_t n;
    struct cw_lane_open {
        bool held;                         /* for what others sent with its key */
        struct cw_store_attempt *attempts; /* not final, by nonce */
        size_t attempts_n;
    } * open; /* of each */
};
/* Into the view's arena. */
CW_MUST_USE enum cw_err cw_lanes_read(struct cw_lanes_shown *ret, struct cw_cli_view *view,
                                      struct cw_error *error);

/* A table. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_lanes_print(const struct cw_lanes_shown *lanes,
                                       const struct cw_cli_view *view);
/* The member "lanes" of a JSON object. */
void cw_lanes_put(struct cw_buf *out, const struct cw_lanes_shown *lanes,
                  const struct cw_cli_view *view);

#endif
