/* What stages assure, shown: of one message, and of a stack and direction as a list. */
#ifndef CLI_LEVELS_H
#define CLI_LEVELS_H

#include "cli/cli.h"
#include "cli/print.h"

#include <adapters/adapter.h>

/* NULL when the route's stack is not known (any longer). */
const struct cw_adapter_ops *cw_cli_adapter(const struct cw_store_route_row *route);
/* NULL when there are no words for it. */
const struct cw_level *cw_cli_level(const struct cw_cli_view *view,
                                    const struct cw_store_message *message);
/* The date that ends its risk or some of it, on the clock of the side that it waits for; 0: none.
 */
uint64_t cw_cli_level_until(const struct cw_level *level, const struct cw_store_message *message);

/* Members of an object. */
void cw_out_level(struct cw_buf *out, const struct cw_level *level);
/* An object: stack, direction and all of its levels. */
void cw_out_levels(struct cw_buf *out, const struct cw_adapter_ops *ops);

#endif
