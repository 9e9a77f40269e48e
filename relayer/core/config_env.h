/* Environment variables that stand for values of the configuration: CAUSEWAY_SET_ and the path in
 * capitals, with two underscores between its names, such as CAUSEWAY_SET_CHAINS__L1__ENDPOINTS.
 * What is no letter or digit in a name is one underscore. Lists are JSON, or texts with commas
 * between them. What is named in the file can be set, and what stands in no named object; nothing
 * can be added under a new name. */
#ifndef CORE_CONFIG_ENV_H
#define CORE_CONFIG_ENV_H

#include "core/json.h"

#include <causeway/arena.h>
#include <causeway/base.h>

#define CW_CONFIG_PREFIX        "CAUSEWAY_SET_"
#define CW_CONFIG_VARIABLES_MAX 256u

/* Puts the values of environment (such as environ; NULL: none) in place of those of doc. The arena
 * keeps what doc says of their origin. CW_ERR_INPUT names the variable: one that stands for
 * nothing, or for two values. */
CW_MUST_USE enum cw_err cw_config_override(struct cw_json_doc *doc, char *const *environment,
                                           struct cw_arena *arena, struct cw_error *error);

#endif
