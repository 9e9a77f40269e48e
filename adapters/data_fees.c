#include <adapters/data_fee.h>

#include "nitro/nitro.h"
#include "opstack/opstack.h"

const struct cw_data_fee *const cw_data_fees[] = {
    &cw_opstack_data_fee,
    &cw_nitro_data_fee,
    NULL,
};
