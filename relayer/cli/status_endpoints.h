/* The part of `causeway status` about endpoints. */
#ifndef CLI_STATUS_ENDPOINTS_H
#define CLI_STATUS_ENDPOINTS_H

#include "cli/cli.h"

struct cw_endpoints {
    struct cw_store_endpoint *list;
    size_t n;
    struct cw_store_calls *calls;
    size_t calls_n;
};
/* Into the view's arena. */
CW_MUST_USE enum cw_err cw_endpoints_read(struct cw_endpoints *ret, struct cw_cli_view *view,
                                          struct cw_error *error);

/* A table of the endpoints; with calls, another one of their methods. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_endpoints_print(const struct cw_endpoints *endpoints,
                                           const struct cw_cli_view *view, bool calls);
/* The member "endpoints" of a JSON object. */
void cw_endpoints_put(struct cw_buf *out, const struct cw_endpoints *endpoints,
                      const struct cw_cli_view *view);

#endif
