/* The chains, and the endpoints of each. */
#ifndef CORE_CONFIG_CHAINS_H
#define CORE_CONFIG_CHAINS_H

#include "core/config.h"
#include "core/config_fields.h"

/* "chains" of the whole configuration. */
CW_MUST_USE enum cw_err cw_config_chains_read(const struct cw_config_reader *reader,
                                              const struct cw_json *root, struct cw_config *config);

#endif
