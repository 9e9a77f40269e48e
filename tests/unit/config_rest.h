/* A configuration with two chains and a route, to which the test writes the rest. */
#ifndef UNIT_CONFIG_REST_H
#define UNIT_CONFIG_REST_H

#include "core/config.h"

#define PATH "/etc/causeway/causeway.json"

/* rest: further members of the whole; it is what stands in the second line. */
enum cw_err parse(struct cw_config **ret, const char *rest, struct cw_error *error);
/* Of one that is good. */
struct cw_config *good(const char *rest);

#endif
