/* How the receiver of one sink is reached. No secret of it is ever in a text that is given back. */
#ifndef SINK_SENDER_H
#define SINK_SENDER_H

#include "core/config.h"
#include "core/loop.h"

#include <monitor/alert.h>

struct cw_sender;

enum cw_sender_outcome {
    CW_SENDER_TOOK,    /* it has it */
    CW_SENDER_REFUSED, /* it does not take this one; others it may */
    CW_SENDER_FAILED   /* it can't be reached, or takes nothing now */
};

/* text: what came back, for people. retry_after_s: what it asked for; 0: nothing. The sender may be
 * used again from here, and not freed. */
typedef void cw_sender_done(void *ctx, enum cw_sender_outcome outcome, const char *text,
                            uint32_t retry_after_s);

/* Reads the sink's secret, and asks nobody. config must outlive the sender, loop too. CW_ERR_INPUT:
 * a secret that can't be read. */
CW_MUST_USE enum cw_err cw_sender_new(struct cw_sender **ret, struct cw_loop *loop,
                                      const struct cw_config_sink *config, struct cw_error *error);
/* The same of a webhook whose secret (copied; empty: it signs nothing) is at hand. CW_ERR_INPUT: a
 * secret that is too long, or no URL. */
CW_MUST_USE enum cw_err cw_sender_hook(struct cw_sender **ret, struct cw_loop *loop,
                                       const struct cw_config_sink *config, struct cw_slice secret,
                                       struct cw_error *error);
void cw_sender_free(struct cw_sender *sender); /* takes NULL; done is not called any more */

/* "webhook hooks.example:443", "syslog /dev/log" */
const char *cw_sender_label(const struct cw_sender *sender);

/* n is 1, but for Alertmanager. done is called once, from here or from cw_loop_step. Several may be
 * under way. */
void cw_sender_send(struct cw_sender *sender, const struct cw_alert *alerts, size_t n,
                    cw_sender_done *done, void *ctx);
/* Of a webhook: body (copied) under that id, signed as alerts are. */
void cw_sender_post(struct cw_sender *sender, const char *id, struct cw_slice body,
                    cw_sender_done *done, void *ctx);

/* How long to wait after so many failures: doubles from a second up to most_ms, and differs by up
 * to a quarter with the seed. */
uint64_t cw_sender_pause_ms(uint64_t failures, uint64_t most_ms, uint64_t seed);

#endif
