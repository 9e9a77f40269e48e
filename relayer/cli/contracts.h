/* What adapters want to know of contracts, asked of one endpoint a chain at its newest block: for
 * commands that look at a route before it runs. The same protocol as a probe's: a function that
 * returns false waits for answers, and is called again from the start when there is news. */
#ifndef CLI_CONTRACTS_H
#define CLI_CONTRACTS_H

#include "core/config.h"
#include "net/probe.h"

#include <adapters/adapter.h>

struct cw_contracts {
    struct cw_probe *probes[CW_SIDES];
};

/* CW_PREPARE_HOLD "unavailable" and CW_SURVEY_UNKNOWN: an endpoint did not answer. */
bool cw_contracts_prepare(const struct cw_contracts *contracts, const struct cw_adapter_ops *ops,
                          struct cw_adapter *adapter, struct cw_preparation *ret);
/* What is said of what is none of the stack's contracts goes on with whether there is any code. */
bool cw_contracts_survey(const struct cw_contracts *contracts, const struct cw_adapter_ops *ops,
                         const struct cw_survey_start *start, struct cw_survey *ret);

/* The contract of a route where a survey can begin: the first one that its stack requires. */
const struct cw_addr20 *cw_contracts_first(const struct cw_config_route *route);

#endif
