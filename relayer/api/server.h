/* The HTTP server of the daemon, on a thread of its own: takes requests in, holds them to limits,
 * finds out who asks, and hands them to whoever answers. Never touches what the loop's thread has.
 */
#ifndef API_SERVER_H
#define API_SERVER_H

#include "api/call.h"
#include "api/events.h"

struct cw_api_server;

/* A stream of events; what else there is, answer finds. */
#define CW_API_EVENTS_PATH "v1/events"

/* All are called on the server's thread. */
struct cw_api_handler {
    /* Answers call; status 0 afterwards is a mistake of ours (500). */
    void (*answer)(void *ctx, struct cw_api_call *call);
    /* The path of a stream of events: the number of the first event that the client is sent, or the
     * call is answered (status set). *ret_gap: what came before that, since the client's last one,
     * is not known any more; it is told so. */
    bool (*listen)(void *ctx, struct cw_api_call *call, struct cw_api_events *events,
                   char ret_route[64], uint64_t *ret_first, bool *ret_gap);
    /* Every CW_API_TICK_MS: adds what happened. */
    void (*tick)(void *ctx, struct cw_api_events *events);
    void *ctx;
};
#define CW_API_TICK_MS 200u

/* config outlives it. *ret_port: where it listens. CW_ERR_IO: the address is taken, or no thread;
 * CW_ERR_INPUT: the certificate is none. */
CW_MUST_USE enum cw_err cw_api_server_start(struct cw_api_server **ret,
                                            const struct cw_config_api *config,
                                            const struct cw_api_handler *handler,
                                            uint16_t *ret_port, struct cw_error *error);
/* Ends every connection. Takes NULL. */
void cw_api_server_stop(struct cw_api_server *server);

#endif
