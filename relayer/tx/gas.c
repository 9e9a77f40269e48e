#include "tx/gas.h"

uint64_t cw_gas_cap(const struct cw_gas_rules *rules) {
    uint64_t cap = UINT64_MAX;
    if (rules->block != 0 && rules->block < cap) {
        cap = rules->block;
    }
    if (rules->tx != 0 && rules->tx < cap) {
        cap = rules->tx;
    }
    return cap;
}

enum cw_gas_verdict cw_gas_limit(uint64_t *ret_need, uint64_t *ret_limit, uint64_t estimate,
                                 uint64_t floor, const struct cw_gas_rules *rules) {
    uint64_t cap = cw_gas_cap(rules);
    uint64_t need = estimate > floor ? estimate : floor;
    uint64_t limit;
    if (__builtin_add_overflow(estimate, estimate / 5 + (estimate % 5 != 0), &limit)) {
        limit = UINT64_MAX;
    }
    if (limit < floor) {
        limit = floor;
    }
    *ret_need = need;
    *ret_limit = limit < cap ? limit : cap;
    if (need > cap) {
        return CW_GAS_OVER_CAP;
    }
    return need > rules->max ? CW_GAS_OVER_MAX : CW_GAS_FITS;
}
