/* UTF-8, strictly (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef MONITOR_UTF8_H
#define MONITOR_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at p (1 to 4) and its code point, or 0 when there is none in the n bytes.
 */
size_t cw_utf8_read(uint32_t *ret_code, const uint8_t *p, size_t n);

#endif
