/* A transaction that somebody who may signed beforehand, so that it can pause the contracts of a
 * route when he is not there. It is no key; but who has it can send it. */
#ifndef CORE_CONFIG_PAUSE_H
#define CORE_CONFIG_PAUSE_H

#include "core/config.h"

#include <causeway/arena.h>

struct cw_pause_tx {
    struct cw_slice raw; /* both the arena's */
    struct cw_slice data;
    struct cw_hash32 hash;
    struct cw_addr20 sender, to;
    uint64_t nonce;
    struct cw_wei cost; /* at most */
};

/* The route's policy names its file. Strict: of a type that pays by itself, bound to the settlement
 * chain, a call without value, with a sender. Whom it calls is for the adapter to say. */
CW_MUST_USE enum cw_err cw_config_pause_tx(struct cw_pause_tx *ret, struct cw_arena *arena,
                                           const struct cw_config *config,
                                           const struct cw_config_route *route,
                                           struct cw_error *error);
/* Why the adapter's call is not what it is for; "" when it is. */
const char *cw_pause_tx_misses(const struct cw_pause_tx *tx, const struct cw_pause *call);

#endif
