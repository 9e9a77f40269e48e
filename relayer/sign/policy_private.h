/* Inside a policy: shared by policy.c (from a file), policy_derive.c, policy_print.c and the table
 * of keys. */
#ifndef SIGN_POLICY_PRIVATE_H
#define SIGN_POLICY_PRIVATE_H

#include "core/config_fields.h"
#include "sign/policy.h"

/* Where nobody says otherwise. */
#define POLICY_REQUESTS          200
#define POLICY_HOURLY_SIGNATURES 3600
#define POLICY_DAILY_SIGNATURES  36000

extern const struct cw_config_shape cw_sign_shape_root;  /* struct cw_sign_policy */
extern const struct cw_config_shape cw_sign_shape_chain; /* struct cw_sign_chain */
extern const struct cw_config_shape cw_sign_shape_call;  /* struct cw_sign_call: "address" only */

/* Empty, path copied; NULL when memory is short. */
struct cw_sign_policy *policy_new(const char *path);

#endif
