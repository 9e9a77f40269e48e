#include "api/peers.h"

#include <stdlib.h>
#include <sys/socket.h>

struct cw_api_peer *cw_api_peers_add(struct cw_api_peers *peers, int fd, uint64_t until_ms) {
    struct cw_api_peer *peer = malloc(sizeof *peer);
    if (!peer)
        return NULL;
    *peer = (struct cw_api_peer){fd, until_ms, peers->first, &peers->first};
    if (peer->next)
        peer->next->link = &peer->next;
    peers->first = peer;
    return peer;
}

void cw_api_peers_remove(struct cw_api_peer *peer) {
    if (!peer)
        return;
    *peer->link = peer->next;
    if (peer->next)
        peer->next->link = peer->link;
    free(peer);
}

void cw_api_peers_cut(struct cw_api_peers *peers, uint64_t now_ms) {
    for (struct cw_api_peer *peer = peers->first; peer; peer = peer->next) {
        if (peer->until_ms == 0 || now_ms < peer->until_ms)
            continue;
        (void)shutdown(peer->fd, SHUT_RDWR);
        peer->until_ms = 0;
    }
}
