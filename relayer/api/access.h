/* Who asks the API, by what a request says of itself. */
#ifndef API_ACCESS_H
#define API_ACCESS_H

#include "api/call.h"

/* Sets role and who. authorization and host are headers as they were sent; NULL: there is none.
 * False: the call is answered. */
bool cw_api_identify(struct cw_api_call *call, const struct cw_config_api *config,
                     const char *authorization, const char *host);
/* The origin as the configuration has it, when its pages may read the answer; else NULL. */
const char *cw_api_origin(const struct cw_config_api *config, const char *origin);

#endif
