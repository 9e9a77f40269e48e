/* The API of a daemon: what is shown of its database, what may be asked of it, what happens. */
#ifndef API_API_H
#define API_API_H

#include "core/config.h"
#include "core/loop.h"
#include "work/relay.h"

struct cw_api;

/* The daemon that the API is part of; loop and questions outlive it. */
struct cw_api_daemon {
    const struct cw_loop *loop; /* only when it turned last is read */
    enum cw_role role;
    struct cw_questions *questions; /* by which the loop is asked */
};

/* Starts its thread, which reads the configuration file again and the database by a connection of
 * its own; *ret NULL: the configuration has none. ret_port: where it listens. */
CW_MUST_USE enum cw_err cw_api_start(struct cw_api **ret, const struct cw_config *config,
                                     const struct cw_api_daemon *daemon, uint16_t *ret_port,
                                     struct cw_error *error);
void cw_api_stop(struct cw_api *api); /* takes NULL */

#endif
