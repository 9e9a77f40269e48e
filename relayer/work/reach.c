/* What of its chains each route is shown: from which block on, and what it has to be shown again.
 */
#include "work/internal.h"

#include <inttypes.h>

static uint64_t start_of(const struct route *route, enum cw_side side) {
    return side == CW_SETTLEMENT ? route->config->settlement_start : route->config->execution_start;
}

uint64_t reach_start(const struct chain *chain) {
    const struct cw_relay *relay = chain->relay;
    uint64_t lowest = 0;
    for (size_t i = 0; i < relay->routes_n; i++)
        for (unsigned side = 0; side < CW_SIDES; side++) {
            const struct route *route = &relay->routes[i];
            uint64_t own = route->chains[side] == chain ? start_of(route, (enum cw_side)side) : 0;
            if (own > 0 && (lowest == 0 || own < lowest))
                lowest = own;
        }
    return lowest;
}

/* A route that is new on a chain that was read before, whose start block was lowered, or that is
 * guarded now and was not: what it was shown before, it is shown again. */
static enum cw_err open_one(struct route *route, enum cw_side side, struct cw_block_number cursor,
                            struct cw_error *error) {
    struct cw_store *store = route->relay->store;
    struct cw_store_reach *reach = &route->reach[side];
    bool again = false;
    enum cw_err err = guard_is_new(route, &again, error);
    const uint64_t end = reach->known ? reach->from : cursor.v + 1;
    uint64_t start = start_of(route, side);
    start = start > 0 && start < end ? start : end;
    if (err != CW_OK || (reach->known && start == end && !again))
        return err;
    const uint64_t seen = again ? cursor.v + 1 : end;
    if (start < seen) {
        const struct cw_interval missed = {.from = start, .to = seen - 1};
        err = cw_store_unread_add(store, route->chains[side]->row, &missed, error);
    }
    reach->known = true;
    reach->from = start;
    return err == CW_OK ? cw_store_reach_set(store, route->row, side, reach, error) : err;
}

enum cw_err reach_open(struct chain *chain, bool begun, struct cw_block_number cursor,
                       struct cw_error *error) {
    struct cw_relay *relay = chain->relay;
    enum cw_err err = cw_store_begin(relay->store, error);
    if (err != CW_OK)
        return err;
    for (size_t i = 0; err == CW_OK && i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        for (unsigned side = 0; err == CW_OK && side < CW_SIDES; side++) {
            if (route->chains[side] != chain)
                continue;
            err = cw_store_reach_get(relay->store, route->row, (enum cw_side)side,
                                     &route->reach[side], error);
            if (err == CW_OK && begun)
                err = open_one(route, (enum cw_side)side, cursor, error);
        }
    }
    return cw_store_end(relay->store, err, error);
}

/* What that batch makes of it. */
static struct cw_store_reach after(const struct route *route, enum cw_side side,
                                   const struct cw_watch_batch *batch) {
    struct cw_store_reach reach = route->reach[side];
    if (!reach.known && !batch->past) {
        uint64_t start = start_of(route, side);
        reach.known = true;
        reach.from = start > 0 ? start : batch->from.v;
    }
    uint64_t from = batch->from.v > reach.from ? batch->from.v : reach.from;
    if (route->prepared || !reach.known || from > batch->to.v)
        return reach;
    if (!reach.blind || from < reach.blind_from)
        reach.blind_from = from;
    if (!reach.blind || batch->to.v > reach.blind_to)
        reach.blind_to = batch->to.v;
    reach.blind = true;
    return reach;
}

static bool equal(const struct cw_store_reach *a, const struct cw_store_reach *b) {
    return a->known == b->known && a->from == b->from && a->blind == b->blind &&
           a->blind_from == b->blind_from && a->blind_to == b->blind_to;
}

enum cw_err reach_batch(struct route *route, const struct chain *chain,
                        const struct cw_watch_batch *batch, struct cw_store_reach ret[CW_SIDES],
                        struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (unsigned side = 0; side < CW_SIDES; side++) {
        const struct cw_store_reach *now = &route->reach[side];
        ret[side] = *now;
        if (route->chains[side] != chain || batch->from.v > batch->to.v || err != CW_OK)
            continue;
        ret[side] = after(route, (enum cw_side)side, batch);
        if (!equal(&ret[side], now))
            err = cw_store_reach_set(route->relay->store, route->row, (enum cw_side)side,
                                     &ret[side], error);
    }
    return err;
}

enum cw_err reach_again(struct chain *chain, struct cw_block_number from, struct cw_block_number to,
                        const char *not_from, struct cw_error *error) {
    const struct cw_interval blocks = {.from = from.v, .to = to.v};
    enum cw_err err = cw_store_unread_add(chain->relay->store, chain->row, &blocks, error);
    if (err != CW_OK)
        return err;
    if (cw_watch_read_again(chain->watch, from, to, not_from) != CW_OK)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    return CW_OK;
}

static enum cw_err see_again(struct route *route, enum cw_side side, struct cw_error *error) {
    struct cw_store *store = route->relay->store;
    struct chain *chain = route->chains[side];
    struct cw_store_reach reach = route->reach[side];
    const struct cw_block_number from = {reach.blind_from}, to = {reach.blind_to};
    reach.blind = false;
    enum cw_err err = cw_store_begin(store, error);
    if (err != CW_OK)
        return err;
    err = cw_store_reach_set(store, route->row, side, &reach, error);
    if (err == CW_OK)
        err = reach_again(chain, from, to, NULL, error);
    err = cw_store_end(store, err, error);
    if (err == CW_OK)
        route->reach[side] = reach;
    return err;
}

void reach_prepared(struct route *route) {
    for (unsigned side = 0; side < CW_SIDES; side++) {
        struct cw_error error;
        if (route->prepared && route->reach[side].blind &&
            see_again(route, (enum cw_side)side, &error) != CW_OK)
            cw_log(CW_LOG_ERROR, route->subject,
                   "blocks %" PRIu64 " to %" PRIu64 " are to be read again, but: %s",
                   route->reach[side].blind_from, route->reach[side].blind_to, error.text);
    }
}
