/* Connections, each with a time until when it may keep the server waiting: one that says a byte now
 * and then is never idle. Not locked: one thread's. */
#ifndef API_PEERS_H
#define API_PEERS_H

#include <causeway/base.h>

struct cw_api_peer {
    int fd;            /* borrowed */
    uint64_t until_ms; /* monotonic; 0: as long as it likes */
    struct cw_api_peer *next, **link;
};

struct cw_api_peers {
    struct cw_api_peer *first;
};

/* NULL: out of memory. */
struct cw_api_peer *cw_api_peers_add(struct cw_api_peers *peers, int fd, uint64_t until_ms);
void cw_api_peers_remove(struct cw_api_peer *peer); /* takes NULL */
/* Ends the connections whose time is over; whoever serves them notices. */
void cw_api_peers_cut(struct cw_api_peers *peers, uint64_t now_ms);

#endif
