/* The Prometheus text format, version 0.0.4. Source: prometheus.io, "Exposition formats". All
 * samples of a family follow its head. */
#ifndef API_EXPOSITION_H
#define API_EXPOSITION_H

#include <causeway/arena.h>
#include <causeway/base.h>

enum cw_metric_type { CW_METRIC_COUNTER, CW_METRIC_GAUGE, CW_METRIC_HISTOGRAM };

/* name and label names are the program's own words; help is one line. */
void cw_metric_family(struct cw_buf *out, const char *name, enum cw_metric_type type,
                      const char *help);

struct cw_metric_label {
    const char *name, *value; /* value: any text; what is not UTF-8 becomes U+FFFD */
};
void cw_metric_u64(struct cw_buf *out, const char *name, const struct cw_metric_label *labels,
                   size_t n, uint64_t value);
void cw_metric_u256(struct cw_buf *out, const char *name, const struct cw_metric_label *labels,
                    size_t n, const struct cw_u256 *value);
/* Milliseconds, written as seconds. */
void cw_metric_ms(struct cw_buf *out, const char *name, const struct cw_metric_label *labels,
                  size_t n, uint64_t value_ms);

#endif
