/* Shared by facts.c and claims.c: one request and its answer. */
#ifndef WORK_FACTS_PRIVATE_H
#define WORK_FACTS_PRIVATE_H

#include "net/quorum.h"
#include "net/range.h"
#include "work/facts.h"

#define FACTS_BUCKETS      512u
#define FACTS_ENTRY_BYTES  (4u << 20) /* arena of one answer */
#define FACTS_PARAMS_BYTES (4u << 20)

struct waiter {
    struct waiter *next;
    void (*done)(void *ctx, const struct cw_request *request, const struct cw_answer *answer);
    void *ctx; /* NULL: forgotten */
};

/* LOGS: the blocks that are being asked for; what came before them is in the answer. */
struct part {
    uint64_t from, to;
    uint64_t most;  /* blocks in one; 0: no bound of its own */
    bool too_large; /* an answer of theirs does not fit here */
    struct cw_log *logs;
    size_t room;
};

/* One request, its answer once there is one, and who waits for it. */
struct entry {
    struct entry *next; /* of the bucket */
    struct cw_facts *facts;
    struct cw_request request;
    struct cw_arena arena;
    struct cw_answer answer;
    bool answered;
    bool kept;   /* in the store, or on the way there */
    bool absent; /* BLOCK: an endpoint said that there is none */
    bool again;  /* TRACE: by the other method */
    /* HEADER, with a quorum, where an endpoint has another one than the chain that was followed:
     * whether another endpoint has that one, and what is asked because of it. */
    bool doubted, confirmed;
    enum { ASK_ANYBODY, ASK_EVERYBODY, ASK_TO_ACCUSE } turn;
    struct part part;
    struct cw_quorum *asked; /* NULL: none under way */
    struct cw_slot_asked *asked_slot;
    uint64_t generation;
    struct waiter *waiters;
};

struct cw_facts {
    struct cw_rpc *rpc;
    struct cw_slots *slots;
    struct cw_watch *watch;
    struct cw_store *store;
    int64_t chain;
    unsigned quorum;
    enum cw_mode mode;
    struct cw_range range; /* of one eth_getLogs */
    struct entry *buckets[FACTS_BUCKETS];
    size_t n;
    uint64_t generation;
};

/* facts.c: the end of a question. The entry may be gone afterwards. */
/* The answer is there: all who wait are told. */
void facts_settle(struct entry *entry);
/* Nobody could tell. */
void facts_unavailable(struct entry *entry, const char *text);

/* claims.c: asks for logs or a receipt; false when memory is short. */
CW_MUST_USE bool facts_claim_ask(struct entry *entry);

#endif
