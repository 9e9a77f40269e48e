/* The signer's sockets: one client that was handed over, or all that connect to a listening one.
 * Frames are cut out of the streams, answered by the desk, and sent back. */
#ifndef SIGN_SERVE_H
#define SIGN_SERVE_H

#include "core/clock.h"
#include "sign/desk.h"

#include <signal.h>

#define CW_SERVE_CLIENTS_MAX 8u

struct cw_serve_config {
    const char *subject; /* of log lines */
    struct cw_desk *desk;
    const struct cw_sign_policy *policy; /* uids, max_requests */
    const struct cw_clock *clock;
    int listening; /* a listening Unix socket, not blocking; or -1, and */
    int client;    /* a connected one: the only client, and when it goes it is over; of */
    uint64_t uid;  /* that user */
    /* Set by a signal handler. The signals must be blocked when it is called, and be let through by
     * wait_mask, so that none is missed. */
    const volatile sig_atomic_t *stop;
    const sigset_t *wait_mask;
};

/* Until *stop, or until the only client is gone: CW_OK, or CW_ERR_INPUT when it was cut off because
 * of what it sent. CW_ERR_IO, CW_ERR_MEMORY. The sockets stay the caller's, to be closed. */
CW_MUST_USE enum cw_err cw_serve(const struct cw_serve_config *config, struct cw_error *error);

#endif
