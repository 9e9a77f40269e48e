#include "api/exposition.h"

#include <monitor/utf8.h>

#include <inttypes.h>
#include <string.h>

void cw_metric_family(struct cw_buf *out, const char *name, enum cw_metric_type type,
                      const char *help) {
    static const char *const types[] = {
        [CW_METRIC_COUNTER] = "counter",
        [CW_METRIC_GAUGE] = "gauge",
        [CW_METRIC_HISTOGRAM] = "histogram",
    };
    cw_buf_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, types[type]);
}

static void put_value(struct cw_buf *out, const char *text) {
    const uint8_t *p = (const uint8_t *)text;
    size_t n = strlen(text);
    while (n > 0) {
        uint32_t code = 0;
        size_t size = cw_utf8_read(&code, p, n);
        if (size == 0) {
            cw_buf_text(out, "\xef\xbf\xbd");
            size = 1;
        } else if (code == '\n') {
            cw_buf_text(out, "\\n");
        } else if (code == '"' || code == '\\') {
            cw_buf_format(out, "\\%c", (char)code);
        } else {
            cw_buf_append(out, p, size);
        }
        p += size;
        n -= size;
    }
}

static void put_labels(struct cw_buf *out, const char *name, const struct cw_metric_label *labels,
                       size_t n) {
    cw_buf_text(out, name);
    for (size_t i = 0; i < n; i++) {
        cw_buf_format(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_value(out, labels[i].value);
        cw_buf_text(out, "\"");
    }
    cw_buf_text(out, n > 0 ? "} " : " ");
}

void cw_metric_u64(struct cw_buf *out, const char *name, const struct cw_metric_label *labels,
                   size_t n, uint64_t value) {
    put_labels(out, name, labels, n);
    cw_buf_format(out, "%" PRIu64 "\n", value);
}

void cw_metric_u256(struct cw_buf *out, const char *name, const struct cw_metric_label *labels,
                    size_t n, const struct cw_u256 *value) {
    char digits[CW_U256_DEC_SIZE];
    put_labels(out, name, labels, n);
    cw_buf_format(out, "%s\n", cw_u256_to_dec(digits, value));
}

void cw_metric_ms(struct cw_buf *out, const char *name, const struct cw_metric_label *labels,
                  size_t n, uint64_t value_ms) {
    put_labels(out, name, labels, n);
    cw_buf_format(out, "%" PRIu64 ".%03" PRIu64 "\n", value_ms / 1000, value_ms % 1000);
}
