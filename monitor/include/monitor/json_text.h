/* Text as a JSON string literal. */
#ifndef MONITOR_JSON_TEXT_H
#define MONITOR_JSON_TEXT_H

#include <causeway/arena.h>
#include <causeway/base.h>

/* Appends a JSON string literal with everything escaped that must be, and what moves a terminal's
 * cursor; what is not UTF-8 becomes U+FFFD. */
void cw_json_quote(struct cw_buf *out, const char *text);

#endif
