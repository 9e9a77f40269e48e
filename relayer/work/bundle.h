/* What a message needs next, for whoever sends it himself: contract, calldata and evidence,
 * verified once more and simulated, as JSON. */
#ifndef WORK_BUNDLE_H
#define WORK_BUNDLE_H

#include "core/config.h"
#include "work/facts.h"

#include <adapters/adapter.h>

struct cw_bundle;

struct cw_bundle_config {
    const struct cw_config_route *route;
    const struct cw_config_chain *chains[CW_SIDES];
    struct cw_adapter *adapter; /* that knows its contracts */
    struct cw_rpc *rpc[CW_SIDES];
    struct cw_facts *facts[CW_SIDES];
    struct cw_heads heads[CW_SIDES];
    struct cw_addr20 submitter;       /* who will send it; zero: nobody in particular */
    const struct cw_message *message; /* copied */
    /* Called once, from the loop or before _new returns, then the bundle frees itself. err CW_OK:
     * json is an object, and ready says whether there is something to send that would go through.
     * Else error says why nothing can be told; CW_ERR_CONTRADICTED: what was found does not hold.
     */
    void (*done)(void *ctx, enum cw_err err, bool ready, struct cw_slice json,
                 const struct cw_error *error);
    void *ctx;
};

/* All is borrowed until done, or _cancel. *ret NULL: done was called already. */
CW_MUST_USE enum cw_err cw_bundle_new(struct cw_bundle **ret, const struct cw_bundle_config *config,
                                      struct cw_error *error);
/* Takes NULL; done is not called any more. Not from done. */
void cw_bundle_cancel(struct cw_bundle *bundle);

#endif
