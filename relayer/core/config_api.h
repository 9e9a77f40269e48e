/* The HTTP API: where it listens, and who may do what. */
#ifndef CORE_CONFIG_API_H
#define CORE_CONFIG_API_H

#include "core/config.h"
#include "core/config_fields.h"

/* "api" of the whole configuration. */
CW_MUST_USE enum cw_err cw_config_api_read(const struct cw_config_reader *reader,
                                           const struct cw_json *root, struct cw_config_api *ret);

#endif
