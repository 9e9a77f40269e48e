/* In a build without the API: a configuration that has one is not run as if it had none. */
#include "api/api.h"

enum cw_err cw_api_start(struct cw_api **ret, const struct cw_config *config,
                         const struct cw_api_daemon *daemon, uint16_t *ret_port,
                         struct cw_error *error) {
    (void)daemon;
    (void)ret_port;
    *ret = NULL;
    if (config->api.listen[0] == '\0')
        return CW_OK;
    return cw_error_set(error, CW_ERR_INPUT,
                        "%s: \"api\": this causeway was built without it (CAUSEWAY_API=OFF): take "
                        "another, or the key out",
                        config->path);
}

void cw_api_stop(struct cw_api *api) {
    (void)api;
}
