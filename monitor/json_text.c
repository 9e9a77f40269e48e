#include "monitor/json_text.h"

#include "monitor/utf8.h"

#include <string.h>

void cw_json_quote(struct cw_buf *out, const char *text) {
    static const char names[] = "btn\0fr"; /* U+0008 … U+000D; there is no name for U+000B */
    const uint8_t *p = (const uint8_t *)text;
    size_t n = strlen(text), plain = 0;
    cw_buf_text(out, "\"");
    while (n > 0) {
        uint32_t code = 0;
        size_t size = cw_utf8_read(&code, p + plain, n - plain);
        bool moves = code < 0x20 || (code >= 0x7f && code < 0xa0); /* a terminal's cursor */
        if (size > 0 && !moves && code != '"' && code != '\\') {
            plain += size;
            if (plain < n) {
                continue;
            }
        }
        cw_buf_append(out, p, plain);
        p += plain;
        n -= plain;
        plain = 0;
        if (n == 0) {
            break;
        }
        if (size == 0) {
            cw_buf_text(out, "\\ufffd");
            size = 1;
        } else if (code == '"' || code == '\\') {
            cw_buf_format(out, "\\%c", (char)code);
        } else if (code >= 0x08 && code <= 0x0d && names[code - 0x08] != '\0') {
            cw_buf_format(out, "\\%c", names[code - 0x08]);
        } else {
            cw_buf_format(out, "\\u%04x", code);
        }
        p += size;
        n -= size;
    }
    cw_buf_text(out, "\"");
}
