#include "net/range.h"

#define GOOD 4u /* in a row that must succeed before they grow */

void cw_range_init(struct cw_range *range, uint64_t max) {
    *range = (struct cw_range){.size = max, .max = max};
}

void cw_range_taken(struct cw_range *range, uint64_t blocks) {
    if (blocks < range->size || ++range->good < GOOD)
        return;
    range->good = 0;
    range->size = range->size > range->max / 2 ? range->max : 2 * range->size;
}

bool cw_range_refused(struct cw_range *range, uint64_t blocks) {
    range->good = 0;
    if (blocks > 1 && blocks / 2 < range->size)
        range->size = blocks / 2;
    return blocks > 1;
}

bool cw_range_may_do(enum cw_err err, bool *ret_patience) {
    *ret_patience = true;
    switch (err) {
    case CW_OK:
    case CW_ERR_INPUT:
    case CW_ERR_IO:
    case CW_ERR_BUSY:
    case CW_ERR_SCHEMA:
    case CW_ERR_BEHIND:
    case CW_ERR_CONTRADICTED:
    case CW_ERR_MEMORY:
        return false;
    case CW_ERR_TRANSPORT:
    case CW_ERR_OVERLOADED:
        return true;
    case CW_ERR_LIMIT:
    case CW_ERR_REFUSED:
    case CW_ERR_REVERTED:
        *ret_patience = false;
        return true;
    }
    return false;
}
