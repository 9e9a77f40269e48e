/* Shared by the files of metrics only. */
#ifndef API_METRICS_PRIVATE_H
#define API_METRICS_PRIVATE_H

#include "store/store.h"

/* Appends the families about what must hold, incidents, and who is told of them. arena: for what is
 * read. */
CW_MUST_USE enum cw_err cw_metrics_monitor(struct cw_buf *out, struct cw_store *store,
                                           const struct cw_store_route_row *routes, size_t routes_n,
                                           uint64_t now_ms, struct cw_arena *arena,
                                           struct cw_error *error);

#endif
