/* Webhooks that were asked for through the API: each is told of the messages that it wants, one
 * after the other in the order in which things happened, until it takes them. What was taken is in
 * the store; a crash before that tells it again, under the same id. On the loop's thread. */
#ifndef SINK_HOOKS_H
#define SINK_HOOKS_H

#include "core/config.h"
#include "core/loop.h"
#include "store/store.h"

struct cw_hooks;

/* One that is not taken for so long is given up. */
#define CW_HOOK_GIVE_UP_MS 86400000u

/* All that the store has, and the configuration still allows. config must outlive it. */
CW_MUST_USE enum cw_err cw_hooks_new(struct cw_hooks **ret, struct cw_loop *loop,
                                     struct cw_store *store, const struct cw_config *config,
                                     struct cw_error *error);
void cw_hooks_free(struct cw_hooks *hooks); /* takes NULL; what was under way is told again later */

/* To be called some times a second, outside of any transaction. */
void cw_hooks_tick(struct cw_hooks *hooks);
/* One was added to the store, or is gone from it: seen with the next tick. */
void cw_hooks_changed(struct cw_hooks *hooks);

#endif
