/* The lanes of signers, as the daemon has them, for those who read the database beside it. */
#ifndef STORE_LANES_H
#define STORE_LANES_H

#include "store/store.h"

struct cw_store_lane {
    int64_t chain; /* row */
    struct cw_addr20 address;
    char signer[64];     /* its name, cut to fit */
    bool has_nonce;      /* false: it was not read yet */
    uint64_t next_nonce; /* of the next transaction */
    uint64_t jobs;       /* steps that are simulated or priced */
    uint64_t open;       /* nonces whose transaction is not final */
    char trouble[256];   /* what holds it up, cut to fit; "" when nothing does */
    uint64_t updated_ms; /* when one of these changed; put: not read */
    /* put: not read */
    bool has_balance;
    struct cw_wei balance, low; /* low: less than that is told of; 0: no limit */
};
/* By chain and address. */
CW_MUST_USE enum cw_err cw_store_lane_put(struct cw_store *store, const struct cw_store_lane *lane,
                                          uint64_t now_ms, struct cw_error *error);
/* All: it is not known which lanes there will be. */
CW_MUST_USE enum cw_err cw_store_lanes_forget(struct cw_store *store, struct cw_error *error);
/* By chain and address. */
CW_MUST_USE enum cw_err cw_store_lanes(struct cw_store *store, struct cw_arena *arena,
                                       struct cw_store_lane **ret, size_t *ret_n,
                                       struct cw_error *error);

#endif
