/* Who wants to be told of messages, and up to where it was told. */
#ifndef STORE_WEBHOOKS_H
#define STORE_WEBHOOKS_H

#include "store/store.h"

#define CW_WEBHOOKS_MAX        64u /* all together */
#define CW_WEBHOOKS_OWNER_MAX  16u
#define CW_WEBHOOK_URL_SIZE    1024u
#define CW_WEBHOOK_SECRET_SIZE 129u

struct cw_store_webhook {
    int64_t row;
    char owner[64];                /* name of the token */
    char url[CW_WEBHOOK_URL_SIZE]; /* may hold a secret */
    char secret[CW_WEBHOOK_SECRET_SIZE];
    int64_t route; /* 0: any */
    bool by_sender, by_target, by_tx;
    struct cw_addr20 sender, target;
    struct cw_hash32 tx; /* source transaction */
    uint32_t stages;     /* 1 << stage: only when such a one is reached; 0: of all that happens */
    /* What follows is not read by add. */
    int64_t position; /* row of history up to which it was told */
    uint64_t sent;
    uint64_t failing;       /* times in a row */
    uint64_t failing_ms;    /* since when; 0: it is not */
    uint64_t not_before_ms; /* wall clock of the next attempt; 0: at once */
    uint64_t given_up_ms; /* when it failed for so long that it is told nothing any more; 0: not */
    uint64_t ok_ms;       /* last one that was taken; 0: none */
    char said[256];       /* what came back at the last failure */
    uint64_t made_ms;
};
/* Told of what happens from now on. CW_ERR_LIMIT: too many, of this owner or of all. */
CW_MUST_USE enum cw_err cw_store_webhook_add(struct cw_store *store,
                                             const struct cw_store_webhook *hook, uint64_t now_ms,
                                             int64_t *ret_row, struct cw_error *error);
/* Of that owner (NULL: of all), oldest first. */
CW_MUST_USE enum cw_err cw_store_webhooks(struct cw_store *store, const char *owner,
                                          struct cw_arena *arena, struct cw_store_webhook **ret,
                                          size_t *ret_n, struct cw_error *error);
/* *ret_found false: that owner (NULL: any) has no such row. */
CW_MUST_USE enum cw_err cw_store_webhook_end(struct cw_store *store, int64_t row, const char *owner,
                                             bool *ret_found, struct cw_error *error);
/* Told up to position; taken: by a delivery now, which ends its failures. */
CW_MUST_USE enum cw_err cw_store_webhook_told(struct cw_store *store, int64_t row, int64_t position,
                                              bool taken, uint64_t now_ms, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_webhook_failed(struct cw_store *store, int64_t row,
                                                const char *said, uint64_t not_before_ms,
                                                bool given_up, uint64_t now_ms,
                                                struct cw_error *error);

#endif
