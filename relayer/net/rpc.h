/* JSON-RPC to one chain through several endpoints: coalesced batches, per-call deadlines, failover
 * and backoff, rates. Endpoints are asked in the order of the configuration; one that is much
 * slower than another, fails often or is behind is asked last until it is well. A result is a
 * claim: whoever asks says how to check it, and an answer that can't be true costs the endpoint its
 * turn. Everything runs on the loop's thread. */
#ifndef NET_RPC_H
#define NET_RPC_H

#include "core/json.h"
#include "core/loop.h"

#include <causeway/arena.h>
#include <causeway/base.h>

struct cw_rpc;

struct cw_rpc_endpoint_config {
    const char *url;
    const char *operator_; /* label; the host part of the url when the configuration has none */
    uint32_t max_rps;      /* calls a second, each element of a batch is one; 0: no limit */
};

/* An answer as it came: the text of one JSON-RPC object, or of a whole answer that is none. */
#define CW_RPC_SAID_MAX ((size_t)1 << 20) /* what is kept of an answer that can't be true */
struct cw_rpc_said {
    const char *endpoint, *operator_; /* labels; as long as the client is there */
    char *text;                       /* the beginning of it; without the secrets of the URL */
    uint64_t bytes;                   /* of the whole */
    struct cw_hash32 hash;            /* keccak256 of the whole, as it came */
    bool truncated, scrubbed;
    unsigned refs;
};
/* Take NULL. */
struct cw_rpc_said *cw_rpc_said_ref(struct cw_rpc_said *said);
void cw_rpc_said_unref(struct cw_rpc_said *said);

/* An endpoint was caught in a contradiction, or serves another chain. Everything is borrowed. */
struct cw_rpc_finding {
    const char *endpoint, *method;
    const char *text;                   /* what is wrong, as monitor/finding.h has it */
    const char *params;                 /* JSON; NULL: not known */
    struct cw_rpc_said *said;           /* NULL: not kept */
    struct cw_rpc_said *const *against; /* of those who say otherwise */
    size_t against_n;
    uint64_t call; /* what is answered well later is told of; 0: nothing will be */
};

struct cw_rpc_config {
    const char *chain; /* name, for logs */
    struct cw_chain_id chain_id;
    const struct cw_rpc_endpoint_config *endpoints;
    size_t endpoints_n;
    uint32_t coalesce_ms;       /* default 20 */
    uint32_t batch_max;         /* default 50 */
    uint32_t quick_deadline_ms; /* default 5000, one attempt at one endpoint */
    uint32_t heavy_deadline_ms; /* default 30000 */
    size_t max_answer_bytes;    /* default 32 MiB, one HTTP answer */
    /* For how long an endpoint is set aside whose answer can't be true: twice as long each time
     * until it was well for half an hour, at most an hour, or this. Default 300000. */
    uint32_t set_aside_ms;
    /* They take transactions and may answer nothing else: they are asked for no chain id and no
     * head, and always in the order of the configuration. */
    bool only_send;
    /* Both may be NULL. */
    void (*finding)(void *ctx, const struct cw_rpc_finding *finding);
    /* The call of a finding was answered by somebody else, and that answer passed the check. */
    void (*answered)(void *ctx, uint64_t call, struct cw_rpc_said *said);
    void *finding_ctx;
};

/* The configuration is copied. Endpoints are asked for eth_chainId before their first use and after
 * each time they were lost; one that serves another chain is not used, and said so. */
CW_MUST_USE enum cw_err cw_rpc_new(struct cw_rpc **ret, struct cw_loop *loop,
                                   const struct cw_rpc_config *config, struct cw_error *error);
/* Takes NULL. Callbacks of open calls are not called. Not from a callback. */
void cw_rpc_free(struct cw_rpc *rpc);

enum cw_rpc_class { CW_RPC_QUICK, CW_RPC_HEAVY };

struct cw_rpc_result {
    enum cw_err err;             /* CW_OK, or what the last endpoint's failure was sorted as */
    const struct cw_json *value; /* CW_OK: the "result", until the callback returns */
    struct cw_slice revert;      /* CW_ERR_REVERTED: the revert data, may be empty */
    const char *text; /* otherwise: endpoint, method and what it said; URLs without their secrets */
    const char *endpoint;     /* label of who answered last */
    struct cw_rpc_said *said; /* the answer, where it was to be kept; NULL when there is none */
};

struct cw_rpc_request {
    const char *method;
    const char *params; /* JSON array as text, copied */
    enum cw_rpc_class class_;
    uint32_t deadline_ms; /* one attempt; 0: the class's */
    uint32_t give_up_ms;  /* over all endpoints and retries; 0: 4 × the deadline */
    /* One endpoint, one attempt; the caller sorts the answer itself. (Still at least once: a batch
     * that was refused unread is sent again, and HTTP sends again on a new connection when a kept
     * one turns out to be closed.) */
    bool once;
    /* A block, far back perhaps, whose state is asked for; 0: none. Who said that it has that state
     * no longer is not asked for it, nor for an older one, for a while. */
    struct cw_block_number state_of;
    /* params name a block as EIP-1898 does: who does not take that is passed over, for a while. */
    bool block_by_hash;
    /* Number of the only operator whose endpoints may be asked; 0: anybody. The call ends at once
     * while all of them are set aside. */
    unsigned operator_;
    /* Number of an operator that is not asked where there is another one; 0: all may be. */
    unsigned not_operator;
    size_t keep; /* the result says what was said: that many bytes of it at most; 0: it does not */
    /* May be NULL. CW_OK: the answer is taken. CW_ERR_BEHIND: that endpoint does not have it, the
     * next is asked; when none that can be asked now has it, the call ends with that. CW_ERR_MEMORY
     * is the asker's own and ends the call. Anything else: the answer can't be true; it is a
     * finding, the endpoint is set aside for a while, the next is asked. Must not keep value. */
    enum cw_err (*check)(void *ctx, const struct cw_json *value, struct cw_error *error);
    /* Called exactly once, from cw_loop_step, unless cancelled. */
    void (*done)(void *ctx, const struct cw_rpc_result *result);
    void *ctx;
};

/* Returns an id for cw_rpc_cancel, or 0 when memory ran out (done is not called then). Callbacks
 * may submit and cancel.
 * How a call ends: REVERTED and REFUSED as soon as one endpoint says so; BEHIND, REFUSED for want
 * of the method or of EIP-1898, and LIMIT (answer over the cap) when all that can be asked now say
 * so, and then with what each of them said; TRANSPORT,
 * OVERLOADED and CONTRADICTED at the give-up time, or at once with `once`. */
uint64_t cw_rpc_submit(struct cw_rpc *rpc, const struct cw_rpc_request *request);
void cw_rpc_cancel(struct cw_rpc *rpc, uint64_t id);

/* Asks until answered or given up, driving the loop; for commands, not for the daemon. *ret_doc
 * owns the value. */
CW_MUST_USE enum cw_err cw_rpc_wait(struct cw_rpc *rpc, const char *method, const char *params,
                                    enum cw_rpc_class class_, struct cw_json_doc **ret_doc,
                                    struct cw_error *error);

/* Endpoints with the same operator (label, else host) are one operator. Operators are numbered from
 * 1. */
unsigned cw_rpc_operators(const struct cw_rpc *rpc);
/* Whom to ask first: writes all their numbers, in the order of the configuration, but those that
 * are asked last, and behind them those that can't be asked now. ret holds cw_rpc_operators(). */
void cw_rpc_operators_ranked(const struct cw_rpc *rpc, unsigned *ret);
const char *cw_rpc_operator_name(const struct cw_rpc *rpc, unsigned operator_);
/* The asker found out by other answers that this one can't be true: the finding is handed on, and
 * the endpoint is set aside. A label that nobody has is passed over. */
void cw_rpc_accuse(struct cw_rpc *rpc, const struct cw_rpc_finding *finding);
/* That call, with `once`, ended in CW_ERR_CONTRADICTED: this is what others agree on. said may be
 * NULL. */
void cw_rpc_contrast(struct cw_rpc *rpc, uint64_t call, struct cw_rpc_said *said);

/* The newest block that an endpoint named, as its asker read it: how far it is behind the others.
 * A label that nobody has is passed over. */
void cw_rpc_head_seen(struct cw_rpc *rpc, const char *endpoint, uint64_t number);

/* What status shows. */
enum cw_rpc_state {
    CW_RPC_UNKNOWN,     /* not asked for its chain id since it was lost, or since the start */
    CW_RPC_WELL,        /* may be asked */
    CW_RPC_LAST,        /* is asked when no other can be: it is slow, fails often, or is behind */
    CW_RPC_FAILING,     /* set aside for a while: it failed, or asked for patience */
    CW_RPC_CAUGHT,      /* set aside: an answer of it can't be true */
    CW_RPC_WRONG_CHAIN, /* serves another chain */
};
const char *cw_rpc_state_name(enum cw_rpc_state state);

struct cw_rpc_endpoint_status {
    const char *label; /* operator, else host:port; never what may carry a key */
    enum cw_rpc_state state;
    bool usable; /* may be asked now */
    /* Calls are counted as in cw_rpc_method_status; contradictions are answers that can't be
     * true. */
    uint64_t calls, failures, contradictions;
    uint32_t quick_ms, heavy_ms; /* moving averages of an HTTP request; 0: none yet */
    uint32_t answers, bad;       /* the last HTTP answers (64 at most), and those of no use */
    bool has_head;
    uint64_t good_ms;       /* monotonic: it answered a call, or named its head; 0: not yet */
    uint64_t lag;           /* blocks behind the best head, when it named its own */
    const char *last_error; /* "" when none */
    const char *why_last;   /* "" unless LAST */
};
size_t cw_rpc_endpoints(const struct cw_rpc *rpc);
void cw_rpc_endpoint_status(const struct cw_rpc *rpc, size_t i, struct cw_rpc_endpoint_status *ret);

/* Calls of one method at one endpoint. Each element of a batch is a call, each attempt is one, and
 * so is the question for a chain id. Failed: it brought no answer, or one of no use; that a call
 * reverts, or that a block is not there, is an answer. */
struct cw_rpc_method_status {
    const char *method; /* "other": those beyond the first 31 */
    uint64_t calls, failures;
};
size_t cw_rpc_methods(const struct cw_rpc *rpc, size_t endpoint);
void cw_rpc_method_status(const struct cw_rpc *rpc, size_t endpoint, size_t i,
                          struct cw_rpc_method_status *ret);
const char *cw_rpc_chain(const struct cw_rpc *rpc);
/* What holds every call up: appends who is set aside, for what and until when, once that is every
 * endpoint and none for a failure that passes; else nothing. What stands before the first ';' does
 * not change meanwhile. */
void cw_rpc_trouble(const struct cw_rpc *rpc, struct cw_buf *out);

#endif
