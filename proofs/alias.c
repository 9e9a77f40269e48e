#include <causeway/alias.h>

static const uint8_t offset[20] = {0x11, 0x11, [18] = 0x11, [19] = 0x11};

void cw_alias_apply(struct cw_addr20 *out, const struct cw_addr20 *address) {
    unsigned carry = 0;
    for (size_t i = sizeof(offset); i-- > 0;) {
        unsigned sum = (unsigned)address->b[i] + offset[i] + carry;
        out->b[i] = (uint8_t)sum;
        carry = sum >> 8;
    }
}

void cw_alias_undo(struct cw_addr20 *out, const struct cw_addr20 *alias) {
    unsigned borrow = 0;
    for (size_t i = sizeof(offset); i-- > 0;) {
        unsigned difference = 256u + alias->b[i] - offset[i] - borrow;
        out->b[i] = (uint8_t)difference;
        borrow = 1 - (difference >> 8);
    }
}
