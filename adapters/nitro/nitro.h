/* Arbitrum Nitro, as far as it is needed: what its chains charge for data. */
#ifndef NITRO_NITRO_H
#define NITRO_NITRO_H

#include <adapters/data_fee.h>

/* gasEstimateL1Component(address,bool,bytes) */
#define CW_NITRO_SEL_L1_COMPONENT 0x77d488a2u

extern const struct cw_data_fee cw_nitro_data_fee;

#endif
