/* How many requests a client may send: a bucket of tokens for each address. */
#ifndef API_RATES_H
#define API_RATES_H

#include <causeway/base.h>

#include <sys/socket.h>

#define CW_API_CLIENTS 4096u

struct cw_api_rates {
    uint64_t per_s; /* and so many at once, twice; 0: no limit */
    struct cw_api_bucket {
        uint8_t address[16];
        uint64_t tokens_ms; /* thousandths */
        uint64_t at_ms;     /* of the last look, monotonic; 0: free */
    } buckets[CW_API_CLIENTS];
};

/* Takes one; false when there is none left for that client. An IPv6 client is its /64. A table that
 * is full forgets whoever asked longest ago. */
bool cw_api_rates_take(struct cw_api_rates *rates, const struct sockaddr *client, uint64_t now_ms);

#endif
