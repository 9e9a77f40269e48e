#include "monitor/utf8.h"

size_t cw_utf8_read(uint32_t *ret_code, const uint8_t *p, size_t n) {
    if (n == 0) {
        return 0;
    }
    uint8_t first = p[0];
    if (first < 0x80) {
        *ret_code = first;
        return 1;
    }
    size_t size;
    uint32_t code, least;
    if (first >= 0xc2 && first <= 0xdf) {
        size = 2;
        code = first & 0x1fu;
        least = 0x80;
    } else if (first >= 0xe0 && first <= 0xef) {
        size = 3;
        code = first & 0x0fu;
        least = 0x800;
    } else if (first >= 0xf0 && first <= 0xf4) {
        size = 4;
        code = first & 0x07u;
        least = 0x10000;
    } else {
        return 0;
    }
    if (n < size) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (p[i] & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return 0;
    }
    *ret_code = code;
    return size;
}

bool cw_utf8_is_unsafe(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff;
}
