/* What a route may relay, and what tokens are worth: the parts of the configuration that may change
 * while the daemon runs. */
#ifndef CORE_CONFIG_POLICY_H
#define CORE_CONFIG_POLICY_H

#include "core/config.h"
#include "core/config_fields.h"

/* policy: the object, or NULL for the defaults. where: for errors, "route \"x\", policy". */
CW_MUST_USE enum cw_err cw_config_policy_read(const struct cw_config_reader *reader,
                                              const char *where, const struct cw_json *policy,
                                              struct cw_config_policy *ret);
/* prices: an object of decimal texts by symbol, the name of a file with one (beside the
 * configuration where it is not absolute), or NULL. */
CW_MUST_USE enum cw_err cw_config_prices_read(const struct cw_config_reader *reader,
                                              const struct cw_json *prices,
                                              struct cw_config *config);
/* "12", "-0.5": at most 9 decimals, in units of 1e-9. False when it is no such text, or too large.
 */
bool cw_config_fixed(int64_t *ret, const char *text);

#endif
