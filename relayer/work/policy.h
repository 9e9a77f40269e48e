/* What a route's policy says of one message and of one priced step. */
#ifndef WORK_POLICY_H
#define WORK_POLICY_H

#include "core/config.h"
#include "store/store.h"

#include <adapters/adapter.h>

/* Whether the policy lets the message be relayed at all; otherwise reason and detail say which rule
 * does not. inner: what its target is called with. */
bool cw_policy_admits(const struct cw_config_policy *policy, const struct cw_message *message,
                      struct cw_slice inner, char reason[CW_REASON_SIZE],
                      char detail[CW_DETAIL_SIZE]);

/* One step with its price. */
struct cw_policy_step {
    const struct cw_config *config;       /* for prices */
    const struct cw_config_chain *chain;  /* that it is paid on */
    const struct cw_config_chain *source; /* whose token the reward is in */
    struct cw_wei worst, expected;        /* what it may cost, and what it probably will */
    struct cw_wei message_spent;          /* paid or committed for this message so far */
    struct cw_wei reward;                 /* that the message pays */
};
/* False: text names the rule and the numbers. */
bool cw_policy_affords(const struct cw_config_policy *policy, const struct cw_policy_step *step,
                       char text[CW_DETAIL_SIZE]);

#endif
