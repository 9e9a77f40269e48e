#include "api/rates.h"

#include <netinet/in.h>
#include <string.h>

#define PROBES 16u

static void address_of(uint8_t out[16], const struct sockaddr *client) {
    memset(out, 0, 16);
    if (client->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)client;
        out[10] = out[11] = 0xff;
        memcpy(out + 12, &v4->sin_addr, 4);
    } else if (client->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)client;
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        memcpy(out, &v6->sin6_addr, mapped ? 16 : 8);
    }
}

static uint32_t hash(const uint8_t address[16]) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < 16; i++)
        h = (h ^ address[i]) * 16777619u;
    return h;
}

/* The client's bucket, a free one, or of those where it may lie the one that is used least. */
static struct cw_api_bucket *find(struct cw_api_rates *rates, const uint8_t address[16]) {
    struct cw_api_bucket *oldest = NULL;
    const uint32_t start = hash(address);
    for (uint32_t i = 0; i < PROBES; i++) {
        struct cw_api_bucket *bucket = &rates->buckets[(start + i) % CW_API_CLIENTS];
        if (bucket->at_ms > 0 && memcmp(bucket->address, address, 16) == 0)
            return bucket;
        if (!oldest || bucket->at_ms < oldest->at_ms)
            oldest = bucket;
    }
    oldest->at_ms = 0;
    return oldest;
}

bool cw_api_rates_take(struct cw_api_rates *rates, const struct sockaddr *client, uint64_t now_ms) {
    uint8_t address[16];
    if (rates->per_s == 0 || !client)
        return true;
    address_of(address, client);
    struct cw_api_bucket *bucket = find(rates, address);
    const uint64_t most = 2 * rates->per_s * 1000;
    if (bucket->at_ms == 0) {
        memcpy(bucket->address, address, 16);
        bucket->tokens_ms = most;
    } else {
        const uint64_t passed = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;
        const uint64_t more = passed > 10000 ? most : passed * rates->per_s;
        bucket->tokens_ms = bucket->tokens_ms + more > most ? most : bucket->tokens_ms + more;
    }
    bucket->at_ms = now_ms > 0 ? now_ms : 1;
    if (bucket->tokens_ms < 1000)
        return false;
    bucket->tokens_ms -= 1000;
    return true;
}
