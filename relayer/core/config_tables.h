/* The keys of the configuration, their defaults, bounds and meaning: read by the loader and printed
 * as the reference. */
#ifndef CORE_CONFIG_TABLES_H
#define CORE_CONFIG_TABLES_H

#include "core/config_fields.h"

#include <adapters/adapter.h>

/* The adapter of that stack and direction ("": from the rollup on); NULL: there is none. */
const struct cw_adapter_ops *cw_config_adapter_named(const char *stack, const char *direction);

/* What stands in a route's object before names are looked up. */
struct cw_config_route_text {
    const char *stack;
    const char *direction;
    const char *settlement;
    const char *execution;
    const char *signer;
    uint64_t settlement_start;
    uint64_t execution_start;
    uint64_t batch_max, batch_wait_s;
};

/* Words of some fields, in the order of what they stand for; each list ends with NULL. */
extern const char *const cw_config_pauses[];     /* enum cw_pause_on */
extern const char *const cw_config_sink_types[]; /* enum cw_sink_type */
extern const char *const cw_config_facilities[];
extern const char *const cw_config_roles[]; /* enum cw_api_role, from CW_API_READ on */

extern const struct cw_config_shape cw_config_shape_root;     /* struct cw_config */
extern const struct cw_config_shape cw_config_shape_log;      /* struct cw_config */
extern const struct cw_config_shape cw_config_shape_monitor;  /* struct cw_config */
extern const struct cw_config_shape cw_config_shape_chain;    /* struct cw_config_chain */
extern const struct cw_config_shape cw_config_shape_endpoint; /* struct cw_config_endpoint */
extern const struct cw_config_shape cw_config_shape_signer;   /* struct cw_config_signer */
extern const struct cw_config_shape cw_config_shape_route;    /* struct cw_config_route_text */
extern const struct cw_config_shape cw_config_shape_policy;   /* struct cw_config_policy */
extern const struct cw_config_shape cw_config_shape_match;    /* struct cw_config_match */
extern const struct cw_config_shape cw_config_shape_sink;     /* struct cw_config_sink */
extern const struct cw_config_shape cw_config_shape_alerts;   /* nothing of its own */
extern const struct cw_config_shape cw_config_shape_escalate; /* struct cw_config_escalate */
extern const struct cw_config_shape cw_config_shape_api;      /* struct cw_config_api */
extern const struct cw_config_shape cw_config_shape_token;    /* struct cw_config_token */

#endif
