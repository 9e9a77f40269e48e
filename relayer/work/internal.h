/* Shared by the files of work/ only. */
#ifndef WORK_INTERNAL_H
#define WORK_INTERNAL_H

#include "core/log.h"
#include "guard/guard.h"
#include "sink/hooks.h"
#include "sink/sinks.h"
#include "store/lanes.h"
#include "work/evidence.h"
#include "work/facts.h"
#include "work/look.h"
#include "work/relay.h"

#define WORK_LOOKS_MAX   64u         /* looks under way, a route */
#define WORK_ACTIONS_MAX 128u        /* decided transactions that wait for the lane, a route */
#define WORK_LOAD_BYTES  (64u << 20) /* one message, with its evidence */

/* Why a route is held, and what is wanted held. */
#define DEEP_REORG "reorg_beyond_final"

/* Before the labels of endpoints that only take transactions. */
#define SEND_PREFIX "send: "

struct complete; /* complete.h */

/* An endpoint about which an incident may be open. */
struct suspect {
    bool open;
    uint64_t caught_ms; /* monotonic; 0: not by this process */
};

/* An incident that lasts as long as something is so. */
struct told {
    bool settled;              /* the store has what stands here: at the start it may have another
                                  one's */
    enum cw_severity severity; /* of the open one */
    char text[320];            /* of the open one; "": none is open */
    bool failed;               /* it could not be written, which the log was told */
};

/* A head, or a final one. */
struct stall {
    uint64_t number;
    uint64_t since_ms; /* monotonic: it came, or this process did */
    uint64_t since_s;  /* time of the newest block then; 0: not known. Of final ones only */
    bool moved;        /* since this process runs; of heads only */
    struct told told;
};

struct purse; /* money.c */

struct chain {
    struct cw_relay *relay;
    const struct cw_config_chain *config;
    int64_t row;
    struct cw_rpc *rpc;
    struct cw_rpc *send; /* for transactions alone; NULL: rpc takes them, too */
    struct cw_watch *watch;
    struct cw_facts *facts;
    bool heads_changed; /* since they were last written to the store */
    uint64_t unread;    /* as the store has it */
    bool waited_for;    /* a message waits for safe or final to move */
    uint64_t safe_seen, final_seen;
    struct health *health;
    struct suspect *suspects; /* one an endpoint */
    uint64_t backfill_logged_ms, backfill_written_ms;
    char trouble[CW_STORE_TROUBLE_SIZE]; /* as the store has it */
    bool trouble_is_a_signers;           /* who has told the log himself */
    struct stall head, final;
};

/* One look under way. */
struct task {
    struct task *next;
    struct route *route;
    int64_t row; /* 0: the route's preparation */
    struct cw_look *look;
    uint64_t wakes[CW_WAKES]; /* the route's, as the look began */
    uint64_t looked_at;       /* the destination's newest block then */
    bool stale; /* something came in since: the decision is dropped and the message looked at again
                 */
};

/* A decision that waits to be committed, and then, for ACT, the transaction that it asked for. */
struct verdict {
    struct verdict *next;
    struct route *route;
    int64_t row;
    struct cw_arena arena; /* owns the slices below */
    struct cw_message message;
    struct cw_decision decision;
    struct cw_slice evidence; /* that the step rests on: new or stored */
    uint64_t wakes[CW_WAKES]; /* the route's, as the look began */
    uint64_t looked_at;       /* the destination's newest block then */
    uint32_t failures;
    bool act; /* to be handed to the lane after the commit */
    bool stale;
    bool judged;              /* it was written: stands and why are set */
    bool stands;              /* its step may be taken now, whether it was already or not */
    char why[CW_DETAIL_SIZE]; /* not stands: what is waited for */
};

struct route {
    struct cw_relay *relay;
    const struct cw_config_route *config;
    char subject[80]; /* of log lines */
    int64_t row;
    struct cw_adapter *adapter;
    struct chain *chains[CW_SIDES];
    struct cw_lane **lanes; /* owned; the lanes are the relay's. None: observes */
    size_t lanes_n;
    struct cw_store_reach reach[CW_SIDES]; /* as the store has it */
    struct complete *complete;             /* NULL: the contracts have no counter */
    struct guard *guard;                   /* NULL: nothing is judged */
    bool prepared;
    uint64_t prepared_at[CW_SIDES]; /* blocks that the contracts were read at, or later ones */
    char prepared_text[CW_DETAIL_SIZE];
    char refused[CW_REASON_SIZE], refusal[CW_DETAIL_SIZE]; /* why the contracts were not taken when
                                                              they were last read; "" they were */
    uint64_t prepare_after_ms;                             /* monotonic */
    char hold_reason[CW_REASON_SIZE];
    char hold_detail[CW_DETAIL_SIZE];
    bool root_came[CW_SIDES]; /* since the heads of that side moved last */
    uint64_t wakes[CW_WAKES]; /* how often waits of each kind were ended */
    struct task *tasks;
    size_t tasks_n;
    struct verdict *decided; /* to be committed, newest first */
    struct verdict *queued;  /* to be handed to the lane, oldest first */
    size_t queued_n;
    struct verdict *in_lane; /* handed over */
    struct told overdue, over_budget;
    uint64_t
        over_budget_ms; /* monotonic: when a message was too dear last, or this process began */
};

struct signer_slot {
    struct cw_signer *signer; /* owned; NULL while dry, or when no route relays with it */
    bool gone;                /* when it was looked at last */
};

struct lane_slot {
    struct cw_lane *lane;
    struct chain *chain;
    size_t signer_index;
    bool resumed;
    struct cw_store_lane written, new; /* in the store, and on the way there */
};

struct cw_relay {
    struct cw_loop *loop;
    const struct cw_config *config;
    struct cw_relay_options options;
    struct cw_store *store;
    struct cw_evidence *evidence;
    struct cw_sinks *sinks;
    struct cw_hooks *hooks;
    struct alert_test *alert_tests; /* that an answer is waited for */
    struct inquiry *inquiries;      /* questions under way */
    size_t inquiries_n;
    uint64_t suspects_attended_ms, stalls_looked_ms, overdue_looked_ms, money_looked_ms;
    uint64_t lanes_written_ms;
    struct purse *purses; /* as in money.c: none moves */
    size_t purses_n;
    struct chain *chains;
    size_t chains_n;
    struct route *routes;
    size_t routes_n;
    struct signer_slot *signers; /* as in the configuration */
    struct lane_slot *lanes;
    size_t lanes_n;
    struct cw_lanes all_lanes; /* of these */
    struct cw_timer *tick;
    struct cw_timer *commit; /* decisions wait for it */
    uint64_t heads_written_ms;
    uint64_t answers_written_ms;
    uint64_t attended_ms;
    uint64_t health_written_ms;
    struct cw_loop_late late; /* of the loop, as it was written last */
    uint64_t look_after_ms;   /* monotonic: the store failed, and nothing is looked at before */
    uint64_t post_after_ms;   /* monotonic: holds could not be asked for, and are not before */
    bool started;
};

static inline enum cw_side route_source(const struct route *route) {
    return route->config->adapter->source;
}
static inline enum cw_side route_destination(const struct route *route) {
    return cw_adapter_destination(route->config->adapter);
}
static inline struct chain *source_chain(const struct route *route) {
    return route->chains[route_source(route)];
}
/* The lanes are on it, and every step goes there. */
static inline struct chain *destination_chain(const struct route *route) {
    return route->chains[route_destination(route)];
}

static inline uint64_t wall_ms(const struct cw_relay *relay) {
    const struct cw_clock *clock = cw_loop_clock(relay->loop);
    return clock->wall_ms(clock->ctx);
}
static inline uint64_t monotonic_ms(const struct cw_relay *relay) {
    const struct cw_clock *clock = cw_loop_clock(relay->loop);
    return clock->monotonic_ms(clock->ctx);
}

/* intake.c: facts of a chain into the store */
enum cw_err intake_batch(struct chain *chain, const struct cw_watch_batch *batch);
/* Filters of all routes to the chain's watcher. */
void intake_filters(struct chain *chain);

/* reach.c: what of its chains each route is shown */
/* The lowest start block that a route names for the chain; 0: none does. */
uint64_t reach_start(const struct chain *chain);
/* At the start, before the watcher is made: what new routes and lowered start blocks have missed
 * becomes unread. begun: the chain was read up to cursor. */
CW_MUST_USE enum cw_err reach_open(struct chain *chain, bool begun, struct cw_block_number cursor,
                                   struct cw_error *error);
/* Writes what a batch changes for the route, in its transaction; *ret counts once that is
 * committed. */
CW_MUST_USE enum cw_err reach_batch(struct route *route, const struct chain *chain,
                                    const struct cw_watch_batch *batch,
                                    struct cw_store_reach ret[CW_SIDES], struct cw_error *error);
/* Has blocks from … to read again, from others than that operator where there are any (NULL: from
 * anybody). A transaction of its own, or part of the one that is open. */
CW_MUST_USE enum cw_err reach_again(struct chain *chain, struct cw_block_number from,
                                    struct cw_block_number to, const char *not_from,
                                    struct cw_error *error);
/* Once its adapter knows all its contracts: what was read before that is read again. */
void reach_prepared(struct route *route);

/* complete.c: whether the store has every message that the source's contract counted */
/* Once the source chain has its watcher. *ret NULL: the contracts have no counter (the source chain
 * is then read in the mode full, which the configuration sees to). */
CW_MUST_USE enum cw_err complete_new(struct complete **ret, struct route *route,
                                     struct cw_error *error);
/* Before the route's adapter and facts. Takes NULL. */
void complete_free(struct complete *complete);
/* Asks for the counter when a check is due. */
void complete_tick(struct complete *complete);
/* A batch of the source chain was taken. */
void complete_read(struct complete *complete, const struct cw_watch_batch *batch);

/* route.c: looks and their decisions */
void route_prepare(struct route *route);
void route_look(struct route *route);
void route_commit(struct cw_relay *relay);
/* In-flight looks (and what was decided) of one message, or of all (row 0), no longer count. */
void route_stale(struct route *route, int64_t row);
/* Likewise of one message, where it was looked at before that block of the destination. */
void route_stale_before(struct route *route, int64_t row, struct cw_block_number block);
/* Blocks of its chain are gone: the contracts are read again when they were read there. */
void route_rolled_back(struct route *route, const struct chain *chain,
                       struct cw_block_number above);
/* Holds the route (reason "" lets it go); logs the change. Opens no transaction. */
void route_hold(struct route *route, const char *reason, const char *detail);
/* True when the route is not held, or by what ends once its contracts are known again. */
bool route_hold_ends(const struct route *route);
void route_free(struct route *route);
/* NULL when no configured route has that row, or name. */
struct route *route_by_row(struct cw_relay *relay, int64_t row);
struct route *route_by_name(struct cw_relay *relay, const char *name);
/* What waits for that is due now. */
void route_wake(struct route *route, enum cw_wake kind);
bool route_ready(const struct route *route);

/* verdict.c: what a decision does to its message's row */
/* Sets judged, stands, why and act. reason and detail are the caller's buffers, which the
 * transition borrows. */
void verdict_judge(struct verdict *v, const struct cw_store_message *row,
                   struct cw_store_transition *t, char reason[CW_REASON_SIZE],
                   char detail[CW_DETAIL_SIZE]);

/* act.c: decided transactions through the lane */
void act_submit(struct route *route);
/* True when the decision's step may be sent; otherwise reason and detail say why not. */
bool act_allowed(const struct route *route, const struct cw_message *message,
                 char reason[CW_REASON_SIZE], char detail[CW_DETAIL_SIZE]);
/* The last look before a signature: nothing was held meanwhile, nor is a hold asked for, and the
 * evidence still proves this very call. price NULL: it was looked at before. */
CW_MUST_USE enum cw_err act_permit(const struct verdict *v, const struct cw_lane_price *price,
                                   struct cw_error *error);
/* Source block hash that evidence speaks of, as far as it is known here. */
bool act_source_hash(const struct route *route, struct cw_slice evidence, struct cw_hash32 *ret);
void verdict_free(struct verdict *verdict);
/* Whether what is stuck in a lane may be bid for again. */
enum cw_lane_rebid act_rebid(struct cw_relay *relay, const struct cw_lane_stuck *stuck,
                             char text[200]);

/* sent.c: what the lanes tell of signed transactions. ctx: the lane's slot */
/* One line of history for each change, and a look at its message. */
void sent_moved(void *ctx, const struct cw_store_attempt *attempts, size_t n);
void sent_again(void *ctx, const struct cw_store_attempt *attempt, enum cw_lane_again what,
                bool had_block, const char *why);
/* Tells the lane what a decision that was written says of the message's transactions. */
void sent_judge(const struct verdict *v);

/* deadlines.c: messages that are lost unless something is done in time */
/* Opens and ends their incidents, at the destination's time. */
void deadlines_attend(struct cw_relay *relay);
/* At the start, and when the policy is another one. */
void deadlines_renew(struct route *route);

/* told.c */
/* It is so: opened, or told anew when it says something else. */
void told_so(struct cw_relay *relay, struct told *told, const struct cw_store_incident *incident);
/* It is not so, or no longer. */
void told_over(struct cw_relay *relay, struct told *told, enum cw_incident_kind kind,
               const char *subject, const char *why);

/* stalls.c: chains that stand still */
CW_MUST_USE enum cw_err stalls_new(struct chain *chain, struct cw_error *error);
void stalls_look(struct cw_relay *relay);

/* overdue.c: messages that take too long */
void overdue_look(struct cw_relay *relay);

/* money.c: what signers have, and budgets that are spent */
/* Once the lanes are made. */
CW_MUST_USE enum cw_err money_new(struct cw_relay *relay, struct cw_error *error);
/* Before the chains are freed. */
void money_free(struct cw_relay *relay);
void money_look(struct cw_relay *relay);
/* A message waits for a budget: text says for which. */
void money_over_budget(struct route *route, const char *text);
/* One did not. */
void money_spent(struct route *route);

/* lanes.c: how lanes are, into the store */
/* At the start: those of another configuration are forgotten. */
CW_MUST_USE enum cw_err lanes_new(struct cw_relay *relay, struct cw_error *error);
/* Those that changed, once a second at most. */
void lanes_write(struct cw_relay *relay);

/* "CHAIN/0x…", a signer on a chain, as incidents name it. */
void lane_subject(char *out, size_t size, const struct chain *chain,
                  const struct cw_addr20 *address);

/* signers.c: keys, none of which is in this process */
CW_MUST_USE enum cw_err signers_open(struct cw_relay *relay, struct cw_error *error);
void signers_close(struct cw_relay *relay); /* lanes are gone by then */
/* The configuration is another one: those that read it do so again. */
void signers_renew(struct cw_relay *relay);
/* Once a tick: wakes what waited for one that is back. */
void signers_look(struct cw_relay *relay);
/* Why a lane of that chain has no signer; "" when each has. */
const char *signers_trouble(const struct chain *chain);

/* retry.c: pauses between looks */
uint64_t retry_pause_ms(uint32_t failures, const struct cw_hash32 *id);
/* After a target that reverts and is not spent: more and more rarely, as it may go on for ever. */
uint64_t retry_target_ms(uint32_t failures, const struct cw_hash32 *id);
/* How long a wait may last before the message is looked at all the same. */
uint64_t retry_wait_ms(const struct route *route, const struct cw_decision *decision);

/* health.c: how endpoints are and what was asked of them, into the store */
CW_MUST_USE enum cw_err health_new(struct chain *chain, struct cw_error *error);
void health_free(struct health *health); /* takes NULL */
/* All chains in one transaction, every few seconds at most; now: whenever it was last. */
void health_write(struct cw_relay *relay, bool now);

/* findings.c: what endpoints were caught in; ctx is the chain */
CW_MUST_USE enum cw_err findings_new(struct chain *chain, struct cw_error *error);
void findings_told(void *ctx, const struct cw_rpc_finding *told);
/* Of an endpoint that only takes transactions: no incident, for nothing would end it. */
void findings_sender(void *ctx, const struct cw_rpc_finding *told);
void findings_answered(void *ctx, uint64_t call, struct cw_rpc_said *said);
/* Incidents that are over. */
void findings_attend(struct cw_relay *relay);

/* commands.c: what operators asked for through the store */
void commands_run(struct cw_relay *relay);
/* A message came: the monitor may have wanted it held before. In the transaction of its batch. */
CW_MUST_USE enum cw_err commands_came(struct route *route, const struct cw_hash32 *id,
                                      struct cw_arena *arena, struct cw_error *error);

/* inquiries.c: questions of other threads */
/* Takes what is asked, as much as may be under way. */
void inquiries_tick(struct cw_relay *relay);
/* All are answered with a refusal: before what they use goes. */
void inquiries_forget(struct cw_relay *relay);

/* alerts.c: what they ask of incidents and sinks */
bool alerts_is_verb(const char *verb);
/* *ret_later: the command is answered by itself once something comes back. */
CW_MUST_USE enum cw_err alerts_command(struct cw_relay *relay,
                                       const struct cw_store_command *command, char answer[200],
                                       bool *ret_later, struct cw_error *error);
/* Whether that command is being carried out. */
bool alerts_is_under_way(const struct cw_relay *relay, int64_t command);
/* Once the sinks are gone. */
void alerts_forget(struct cw_relay *relay);

#endif
