/* Who is told of incidents: the queues of all sinks, worked off, each at its own pace. What is in a
 * queue is in the store; a sink that is slow, away or out of its mind holds up nothing but its own.
 * Also lets incidents age, and silences end. On the loop's thread. */
#ifndef SINK_SINKS_H
#define SINK_SINKS_H

#include "core/config.h"
#include "core/loop.h"
#include "sink/sender.h"
#include "store/store.h"

struct cw_sinks;

/* Writes to the store what the sinks want. config must outlive it, or be replaced. CW_ERR_INPUT: a
 * secret that can't be read. */
CW_MUST_USE enum cw_err cw_sinks_new(struct cw_sinks **ret, struct cw_loop *loop,
                                     struct cw_store *store, const struct cw_config *config,
                                     struct cw_error *error);
void cw_sinks_free(struct cw_sinks *sinks); /* takes NULL; what was under way is sent again later */

/* To be called some times a second, outside of any transaction. */
void cw_sinks_tick(struct cw_sinks *sinks);

/* Sends a test alert past the queue. False: there is no such sink. done may be called from here,
 * and is not called once the sinks are freed. */
CW_MUST_USE bool cw_sinks_test(struct cw_sinks *sinks, const char *name, cw_sender_done *done,
                               void *ctx);

/* What an answer to `causeway alerts test` begins with when the alert came through. */
#define CW_SINK_TOOK_IT "delivered"

/* The test alert as such, for who has a sender of his own. id must outlive it. */
struct cw_alert cw_sink_test_alert(const char *id, uint64_t now_ms);

#endif
