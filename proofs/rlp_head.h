/* The prefix of one RLP item, read strictly: the one place that knows prefixes, for the cursor of
 * rlp.h and for readers that can't afford it. Private to proofs/. */
#ifndef CAUSEWAY_PROOFS_RLP_HEAD_H
#define CAUSEWAY_PROOFS_RLP_HEAD_H

#include <causeway/base.h>

struct cw_rlp_head {
    bool is_list;
    size_t prefix; /* bytes, 0 for a byte that stands for itself */
    size_t length; /* of the payload */
};

/* The item at p, of which n bytes are there. Whole and canonical as far as its own prefix says;
 * false otherwise. */
static inline bool cw_rlp_read_head(struct cw_rlp_head *ret, const uint8_t *p, size_t n) {
    if (n == 0) {
        return false;
    }
    uint8_t first = p[0];
    bool is_list = first >= 0xc0;
    size_t prefix = 1, length;
    if (first < 0x80) {
        prefix = 0;
        length = 1;
    } else {
        length = first - (is_list ? 0xc0u : 0x80u);
        if (length > 55) {
            /* The payload's length in bytes of its own: no leading zero, above 55. */
            size_t length_n = length - 55;
            if (length_n > sizeof(size_t) || n - 1 < length_n || p[1] == 0) {
                return false;
            }
            length = 0;
            for (size_t i = 1; i <= length_n; i++) {
                length = length << 8 | p[i];
            }
            if (length <= 55) {
                return false;
            }
            prefix += length_n;
        }
    }
    if (n - prefix < length || (first == 0x81 && p[1] < 0x80)) {
        return false;
    }
    *ret = (struct cw_rlp_head){is_list, prefix, length};
    return true;
}

#endif
