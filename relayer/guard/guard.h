/* One route's invariants: which subjects its chains' logs give, when each is judged, and what
 * becomes of the verdicts. Everything on the loop's thread; what matters is in the store. */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include "store/store.h"
#include "watch/watch.h"

#include <adapters/adapter.h>

struct cw_config;
struct cw_relay;
struct guard;
struct route;

/* Whether the route is guarded by this process, and was read without that. */
CW_MUST_USE enum cw_err guard_is_new(const struct route *route, bool *ret, struct cw_error *error);
/* Once the route's chains have their watchers, to which what guard_is_new tells of is unread. *ret
 * NULL: the route's stack has no invariants, or this process does not judge.
 */
CW_MUST_USE enum cw_err guard_new(struct guard **ret, struct route *route, struct cw_error *error);
/* Before the route's adapter and facts. Takes NULL. */
void guard_free(struct guard *guard);

/* The filters of logs that only the invariants need; at most cap. */
CW_MUST_USE enum cw_err guard_filters(const struct route *route, struct cw_filter *out, size_t cap,
                                      size_t *ret_n);

/* Reads what another configuration has of theirs, for the same routes, before it is taken over;
 * on a failure all is as it was. */
CW_MUST_USE enum cw_err guards_reload(struct cw_relay *relay, const struct cw_config *config,
                                      struct cw_error *error);

/* Says what the judgements will not be worth, and what is not held. */
void guards_start(const struct cw_relay *relay);

/* --- in the transaction of a batch --- */

CW_MUST_USE enum cw_err guard_take_log(struct guard *guard, enum cw_side side,
                                       const struct cw_log *log, struct cw_arena *arena,
                                       struct cw_error *error);
/* A message came that subjects may be about. */
CW_MUST_USE enum cw_err guard_take_message(struct guard *guard, const struct cw_hash32 *id,
                                           const struct cw_hash32 *alias, struct cw_error *error);
CW_MUST_USE enum cw_err guard_roll_back(struct guard *guard, enum cw_side side,
                                        const struct cw_watch_batch *batch, struct cw_error *error);

/* --- beside it --- */

/* Judgements under way no longer count: all, or those with that key, about that message, or that
 * rest on that root. */
enum guard_of { GUARD_OF_ALL, GUARD_OF_KEY, GUARD_OF_MESSAGE, GUARD_OF_ROOT };
void guard_stale(struct guard *guard, enum guard_of of, const struct cw_hash32 *hash);
/* Judges what is due, on all routes; posts what is to be held. */
void guards_tick(struct cw_relay *relay);

#endif
