/* What the files of the JSON-RPC client share: rpc.c (calls and their queues), endpoint.c (who is
 * asked, and who is set aside), health.c (what is known of each), score.c (who is asked first),
 * rate.c (how much), batch.c (what goes over the wire and comes back). */
#ifndef NET_RPC_PRIVATE_H
#define NET_RPC_PRIVATE_H

#include "net/rpc.h"
#include "net/url.h"

#include <causeway/arena.h>

#define CLASSES       2
#define ENDPOINTS_MAX 64 /* bits of call.tried */
#define TEXT_SIZE     320
#define METHODS_MAX   32 /* counted apart; what comes later is "other" */
#define ANSWERS_KEPT  64 /* bits of endpoint.bad */

struct batch;
struct endpoint;

enum call_state { CALL_QUEUED, CALL_SENT, CALL_OVER };

struct call {
    struct call *prev, *next; /* in the queue of its class, or among those that are over */
    struct cw_rpc *rpc;
    uint64_t id;
    char *method, *params;
    enum cw_rpc_class class_;
    enum call_state state;
    bool once;
    unsigned operator_;              /* 0: anybody */
    unsigned not_operator;           /* 0: nobody is left out */
    struct cw_block_number state_of; /* 0: none that might be gone */
    bool block_by_hash;
    bool alone; /* in no batch: together with others the answer was too large */
    uint32_t deadline_ms;
    uint64_t submitted_at, again_at, attempt_due;
    struct cw_timer *give_up;
    enum cw_err (*check)(void *ctx, const struct cw_json *value, struct cw_error *error);
    void (*done)(void *ctx, const struct cw_rpc_result *result);
    void *ctx;

    size_t keep;
    struct cw_rpc_said *said; /* of the last attempt, where it was to be kept and is an error */
    uint64_t liars;           /* endpoints whose answer to it could not be true, a bit each */
    uint64_t tried;           /* endpoints of this round, a bit each */
    unsigned rounds;
    bool answered; /* one of them said that it does not have it, or can't; text is its */
    struct batch *batch;
    size_t slot;

    enum cw_err err; /* of the last attempt; CW_OK: none yet */
    const struct endpoint *endpoint;
    char *text;
    struct cw_buf revert;
};

struct calls {
    struct call *first, *last;
    size_t n;
};

/* An HTTP request under way. */
struct batch {
    struct batch *older, *newer; /* of the endpoint and class */
    struct endpoint *endpoint;
    enum cw_rpc_class class_;
    struct cw_http *http;
    struct cw_timer *first_due; /* when some calls are due before others */
    uint64_t first_id;          /* on the wire; the slot is added */
    uint64_t sent_at;
    struct cw_slice body;   /* while it is handed out */
    struct cw_slice *texts; /* of its elements, in the order in which they came; NULL: not yet */
    size_t n, open, capacity;
    struct call *calls[]; /* NULL: given up or cancelled */
};

struct batches {
    struct batch *oldest, *newest;
    unsigned n;
};

/* Why an endpoint is asked last. */
enum flaw { FLAW_SLOW_QUICK = 1, FLAW_SLOW_HEAVY = 2, FLAW_FAILING = 4, FLAW_BEHIND = 8 };

/* Calls of one method. */
struct method {
    char name[48];
    uint64_t calls, failures;
};

/* Something that an endpoint can't do. */
struct lack {
    uint64_t until; /* monotonic: so long it is believed */
    bool told;      /* to the log */
    char text[TEXT_SIZE];
};

struct endpoint {
    struct cw_rpc *rpc;
    size_t index;
    struct cw_url *url;
    char *label;
    char *operator_name;
    unsigned operator_;

    bool verified; /* serves our chain, as far as we know */
    bool wrong_chain;
    bool caught;           /* what it is set aside for is a contradiction */
    struct cw_http *probe; /* the question for its chain id or its head, under way */
    bool probes_head;
    uint64_t probe_id;
    uint64_t probed_at;
    unsigned probes_row;   /* since it is asked last */
    uint64_t aside_until;  /* monotonic */
    uint64_t aside_wall_s; /* the same for people */
    unsigned failures_row;
    unsigned strikes; /* contradictions of late */
    uint64_t struck_until;
    bool told; /* the log says that it is in trouble */
    uint64_t told_at;

    struct batches under_way[CLASSES];
    struct cw_http_share bodies; /* of those: a few large ones at a time, not all of them */
    uint64_t answered_at[CLASSES];
    double latency_ms[CLASSES];  /* moving average */
    unsigned slow_last[CLASSES]; /* the last answers, the newest in bit 0: 1 was slow */

    unsigned flaws;
    char why_last[128]; /* the newest of them */
    uint64_t slow_until[CLASSES];
    unsigned slow_times[CLASSES];
    unsigned heard_row; /* heads that speak against how it is ranked */

    uint32_t max_rps; /* 0: as many calls as there are */
    uint64_t filled, filled_at;

    struct cw_block_number no_state_upto; /* it has no states up to that block */
    struct lack no_state, no_block_hash;

    size_t batch_limit; /* elements, as this endpoint takes them */
    unsigned full_batches, full_batches_to_grow;

    struct method methods[METHODS_MAX];
    size_t methods_n;
    uint64_t contradictions;
    uint64_t bad;     /* the last answers, the newest in bit 0: 1 of no use */
    unsigned answers; /* how many of them there are */
    bool has_head;
    uint64_t head, lag; /* as it named it, and how far behind the others that was then */
    uint64_t head_at;
    uint64_t good_at; /* the last good answer to more than the question for its chain id */
    char last_error[TEXT_SIZE];
};

struct cw_rpc {
    struct cw_loop *loop;
    struct cw_rpc_config config; /* its pointers are not used */
    char *chain;
    char subject[64]; /* for the log */
    struct endpoint *endpoints;
    size_t endpoints_n;
    struct calls queue[CLASSES]; /* by id */
    struct calls over;
    struct cw_timer *dispatch[CLASSES];
    uint64_t dispatch_at[CLASSES];
    uint64_t last_id;
    uint64_t next_wire_id; /* below 2^53 */
    uint64_t random;
    uint64_t attend_at;       /* when endpoints are looked after next */
    uint64_t best, best_at;   /* head, and when it was named first */
    double block_ms;          /* from head to head, moving average; 0: not known */
    struct batch *handed_out; /* whose answer is being handed out, in no list any longer */
    unsigned entered;         /* callbacks under way */
};

/* --- rpc.c --- */

uint64_t rpc_now(const struct cw_rpc *rpc);
/* ms ± 25 % */
uint64_t rpc_jitter(struct cw_rpc *rpc, uint64_t ms);
/* Looks at the queue after_ms from now at the latest. */
void rpc_wake(struct cw_rpc *rpc, enum cw_rpc_class class_, uint64_t after_ms);
/* Sends what is queued, as far as there is somebody to ask. */
void rpc_dispatch(struct cw_rpc *rpc, enum cw_rpc_class class_);
/* Around everything that the loop calls: leave delivers the calls that are over. */
void rpc_enter(struct cw_rpc *rpc);
void rpc_leave(struct cw_rpc *rpc);

void call_free(struct call *call); /* takes NULL */

enum verdict {
    VERDICT_OVER,     /* that is the answer */
    VERDICT_GO_ON,    /* another endpoint, or another time */
    VERDICT_ANSWERED, /* the endpoint can't; another one might */
};
/* The call is out of its batch. Keeps err and text, and ends it or puts it back. */
void call_failed(struct call *call, const struct endpoint *endpoint, enum cw_err err,
                 const char *text, enum verdict verdict);
/* Makes text what is said of the call; after what was said before when also. */
void call_say(struct call *call, const struct endpoint *endpoint, bool also, const char *text);
/* Back to the queue as if it had not been sent. */
void call_unsend(struct call *call, const struct endpoint *endpoint);

/* --- endpoint.c --- */

CW_MUST_USE enum cw_err endpoint_init(struct endpoint *endpoint, struct cw_rpc *rpc, size_t index,
                                      const struct cw_rpc_endpoint_config *config,
                                      struct cw_error *error);
void endpoint_done(struct endpoint *endpoint);

enum pick { PICK_OK, PICK_WAIT, PICK_NONE, PICK_ASIDE };
/* OK: *ret_endpoint may be asked now. WAIT: until *ret_until (UINT64_MAX: until something happens).
 * NONE: all that can be asked now have answered that they can't, this time or before. ASIDE: the
 * call's operator has nobody who can be asked now. May ask endpoints for their chain id. */
enum pick endpoint_pick(struct call *call, struct endpoint **ret_endpoint, uint64_t *ret_until);

/* Asks it for its chain id when that is to be known, else for its head; not twice at a time, and
 * not beyond its rate. */
void endpoint_probe(struct endpoint *endpoint);
/* Calls in one batch, as it takes them and its rate has room for. */
size_t endpoint_batch_max(const struct endpoint *endpoint);
/* Appends why it can't be asked. */
void endpoint_explain(const struct endpoint *endpoint, struct cw_buf *out);
/* Whether that call may go to it at all. */
bool endpoint_serves(const struct endpoint *endpoint, const struct call *call);

void endpoint_ok(struct endpoint *endpoint);
/* Sets it aside, for retry_after_s when that is not 0. TRANSPORT: it is lost, its chain id is asked
 * for again. */
void endpoint_failed(struct endpoint *endpoint, enum cw_err err, const char *text,
                     uint32_t retry_after_s);
/* Sets it aside: its answer can't be true. The finding's endpoint is filled in. */
void endpoint_lied(struct endpoint *endpoint, const struct cw_rpc_finding *finding);

/* --- health.c --- */

void health_called(struct endpoint *endpoint, const char *method);
/* That call brought nothing of use. */
void health_failed(struct endpoint *endpoint, const char *method);
/* An HTTP answer, or none in time: was it of use? */
void health_answer(struct endpoint *endpoint, bool good);

/* The newest block that it named. */
void health_head(struct endpoint *endpoint, uint64_t number);

/* --- score.c --- */

/* The indices of all endpoints, in the order in which that class of calls tries them. */
void score_order(const struct cw_rpc *rpc, enum cw_rpc_class class_, size_t *ret);
bool score_is_last(const struct endpoint *endpoint, enum cw_rpc_class class_);
/* After each answer that came, each one that was judged, each head. */
void score_took(struct endpoint *endpoint, enum cw_rpc_class class_, uint64_t took_ms);
void score_answered(struct endpoint *endpoint);
void score_heard(struct endpoint *endpoint);
/* Probes those that were not heard of for long, and those that are asked last. */
void score_attend(struct cw_rpc *rpc);

/* --- rate.c --- */

void rate_init(struct endpoint *endpoint);
/* When it may get one more call: now, or later. */
uint64_t rate_free_at(struct endpoint *endpoint, uint64_t now);
/* It gets one, which it may. */
void rate_take(struct endpoint *endpoint);

/* --- lacks.c --- */

/* Whether it said of late that it can't do what the call asks for. */
bool endpoint_lacks(const struct endpoint *endpoint, const struct call *call);
void endpoint_has_no_state(struct endpoint *endpoint, const struct call *call, const char *text);
void endpoint_takes_no_hash(struct endpoint *endpoint, const char *text);
/* Nobody is left to be asked: adds why those were passed over who were not asked. */
void call_nobody_left(struct call *call);

/* --- said.c --- */

/* At most max bytes of its text. NULL when memory ran out. */
struct cw_rpc_said *said_new(const struct endpoint *endpoint, struct cw_slice whole, size_t max);

/* --- batch.c --- */

/* The body of one request, or of a batch element. */
void batch_element(struct cw_buf *body, uint64_t id, const char *method, const char *params);
/* An answer to one request: what the HTTP side says, or the object with the right id. On CW_OK
 * *ret_doc and *ret_value (the "result") are set; otherwise text says what was wrong. */
CW_MUST_USE enum cw_err batch_single(struct cw_json_doc **ret_doc, const struct cw_json **ret_value,
                                     uint64_t id, enum cw_err err, long status,
                                     struct cw_slice body, char text[TEXT_SIZE]);

struct batch *batch_new(struct endpoint *endpoint, enum cw_rpc_class class_, size_t capacity);
/* Sends it, or fails its calls. Takes batch. */
void take_batch_send(struct batch *batch);
/* What the transfer calls when it is over; ctx is the batch, which is taken. */
void batch_answered(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                    struct cw_slice body, const char *text);
/* Ends the transfer without touching the calls. Takes batch. */
void take_batch_abandon(struct batch *batch);
/* The call is no longer waited for; the last one ends the transfer. */
void batch_forget(struct call *call);

#endif
