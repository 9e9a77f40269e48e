/* The relayer: chains watched, messages moved. Built from a configuration, driven by the loop. */
#ifndef WORK_RELAY_H
#define WORK_RELAY_H

#include "core/config.h"
#include "core/loop.h"
#include "core/questions.h"
#include "store/store.h"
#include "tx/lane.h"
#include "watch/watch.h"

struct cw_relay;

/* What the process does. */
enum cw_role {
    CW_ROLE_RELAYER = 0, /* relays what the policies allow; judges nothing */
    CW_ROLE_MONITOR,     /* judges what must hold; has no key and sends nothing */
    CW_ROLE_ALL          /* both */
};
const char *cw_role_name(enum cw_role role); /* "relayer", "monitor", "all" */

struct cw_relay_options {
    enum cw_role role;
    bool dry_run;        /* watches, proves, simulates, prices; starts no signer and needs no key */
    const char *program; /* that is started as `causeway signer`; NULL: this one */
    struct cw_questions *questions; /* that other threads ask; outlives the relay; NULL: none do */
};

/* Kinds of questions, and the lines of their texts. */
#define CW_ASK_PROOF "proof" /* "message=ROUTE/0x…", "from=0x…" or none: as `causeway prove` */
#define CW_ASK_TRACK "track" /* "tx=0x…", "chain=NAME" or none */
#define CW_TRACK_MAX 64u     /* messages that an answer has; "more" says that there are others */
/* "url=…", and where they are wanted "secret=…", "route=NAME", "sender=0x…", "target=0x…",
 * "tx=0x…", "stages=N" (bits); who: the owner. Of the end "webhook=N"; trusted: anybody's. */
#define CW_ASK_WEBHOOK     "webhook"
#define CW_ASK_WEBHOOK_END "webhook-end"

/* Opens the store (and takes its lock), starts signers, makes watchers and lanes. config must
 * outlive the relay. */
CW_MUST_USE enum cw_err cw_relay_new(struct cw_relay **ret, struct cw_loop *loop,
                                     const struct cw_config *config,
                                     const struct cw_relay_options *options,
                                     struct cw_error *error);
/* Stops at once; everything that matters is in the store. Takes NULL. */
void cw_relay_free(struct cw_relay *relay);
void cw_relay_start(struct cw_relay *relay);
/* Takes over policies, prices, fee rules and sinks of another configuration, which must outlive the
 * relay; the one before is not used any longer. CW_ERR_REFUSED, with nothing changed: something
 * else differs. */
CW_MUST_USE enum cw_err cw_relay_reload(struct cw_relay *relay, const struct cw_config *config,
                                        struct cw_error *error);

/* --- what the live table shows --- */

struct cw_store *cw_relay_store(struct cw_relay *relay);
size_t cw_relay_chains(const struct cw_relay *relay);
size_t cw_relay_routes(const struct cw_relay *relay);

struct cw_relay_chain_view {
    const struct cw_config_chain *config;
    const struct cw_rpc *rpc;
    const struct cw_heads *heads; /* NULL until known */
    struct cw_watch_progress progress;
};
void cw_relay_chain_view(const struct cw_relay *relay, size_t i, struct cw_relay_chain_view *ret);

struct cw_relay_route_view {
    const struct cw_config_route *config;
    int64_t row;
    size_t destination;                    /* place of the chain that its lanes are on */
    const char *hold_reason, *hold_detail; /* "" when it runs */
    const char *prepared;                  /* what the adapter found on chain; "" before */
    struct cw_lane *const *lanes;          /* none: observes */
    size_t lanes_n;
};
void cw_relay_route_view(const struct cw_relay *relay, size_t i, struct cw_relay_route_view *ret);

#endif
