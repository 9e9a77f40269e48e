/* What the store has, as metrics. */
#ifndef API_METRICS_H
#define API_METRICS_H

#include "store/store.h"

#include <causeway/arena.h>

/* Appends every family, in the Prometheus text format. running: whether a daemon holds the
 * database; now_ms: Unix time. The readings should be one view (cw_store_begin). A buffer that is
 * full is noticed by the caller. */
CW_MUST_USE enum cw_err cw_metrics_write(struct cw_buf *out, struct cw_store *store, bool running,
                                         uint64_t now_ms, struct cw_error *error);

#endif
