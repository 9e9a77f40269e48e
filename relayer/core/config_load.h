/* Loading a configuration with more than the text in hand. */
#ifndef CORE_CONFIG_LOAD_H
#define CORE_CONFIG_LOAD_H

#include "core/config.h"
#include "core/config_fields.h"

struct cw_config_how {
    char *const *environment;      /* whose variables are taken (core/config_env.h); NULL: none */
    struct cw_config_trace *trace; /* notes what is read; NULL: nothing does */
    struct cw_json_doc **ret_doc;  /* gets the document, completed, for the caller to free; NULL:
                                      it is not kept */
};

/* As cw_config_parse. */
CW_MUST_USE enum cw_err cw_config_parse_how(struct cw_config **ret, const char *path,
                                            struct cw_slice text, const struct cw_config_how *how,
                                            struct cw_error *error);
/* As cw_config_load. */
CW_MUST_USE enum cw_err cw_config_load_how(struct cw_config **ret, const char *path,
                                           const struct cw_config_how *how, struct cw_error *error);

#endif
