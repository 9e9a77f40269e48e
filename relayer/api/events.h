/* What happens, as server-sent events: the newest of them for whoever listens, each at his own
 * pace. Not locked: one thread's. */
#ifndef API_EVENTS_H
#define API_EVENTS_H

#include <causeway/arena.h>
#include <causeway/base.h>

#define CW_API_EVENTS_KEPT 2048u

struct cw_api_event {
    uint64_t number; /* from 1, without gaps; 0: none */
    char route[64];  /* that it is about; "" for none */
    char id[48];     /* by which a client goes on; "" for one that is of no use for that */
    char *text;      /* as it is sent, with the empty line at its end; owned */
    size_t text_n;
};

struct cw_api_events {
    struct cw_api_event ring[CW_API_EVENTS_KEPT];
    uint64_t last; /* number of the newest; 0: there was none */
};

void cw_api_events_done(struct cw_api_events *events);
/* type: a word; data: one line, or NULL for a sign of life. Nothing is added when memory is short.
 */
void cw_api_events_add(struct cw_api_events *events, const char *type, const char *id,
                       const char *route, struct cw_slice data);
/* The event of that number; NULL: it is not there any longer, or not yet. */
const struct cw_api_event *cw_api_events_get(const struct cw_api_events *events, uint64_t number);

#endif
