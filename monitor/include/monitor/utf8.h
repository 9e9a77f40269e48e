/* UTF-8, strictly (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef MONITOR_UTF8_H
#define MONITOR_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at p (1 to 4) and its code point, or 0 when there is none in the n bytes.
 */
size_t cw_utf8_read(uint32_t *ret_code, const uint8_t *p, size_t n);

/* Whether it moves a cursor, ends a line, turns the direction of writing or is not seen at all:
 * such characters of others never reach a terminal or a line of the log. */
bool cw_utf8_is_unsafe(uint32_t code);

#endif
