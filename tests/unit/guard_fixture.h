/* A relay with one route whose invariants are the test's own, over a real store: the watchers, what
 * endpoints answer, and what the judge says are the test's. */
#ifndef UNIT_GUARD_FIXTURE_H
#define UNIT_GUARD_FIXTURE_H

#include "guard/internal.h"

#include "fake_clock.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The invariants. */
enum { ROOT, PROVEN, STEADY, INVARIANTS };
#define STEADY_S 60u

/* What the judge says of subjects whose key begins with that byte. */
struct script {
    enum cw_verdict_state state;
    enum cw_stake stake;
    const char *reason;        /* of a violation; NULL: "false" */
    bool asks;                 /* for a call at the subject's block, first */
    bool open;                 /* again when the final heads move, or */
    uint64_t again_s;          /* at this time of the execution chain */
    bool looks_at_root;        /* violated when the root below is, ok when it is, else unverified */
    uint8_t learns_root;       /* its judge says what it rests on */
    bool wants_message;        /* unverified unless the store has its message */
    uint64_t seen[CW_SIDES];   /* blocks that it rests on */
    const char *says;          /* as its sentence; NULL: "so it is" */
    const char *keeps;         /* as memory; NULL: nothing */
    unsigned times;            /* it was judged */
    char kept[16];             /* what it kept was given back */
    uint64_t read_from;        /* as it was told */
    uint64_t before;           /* the block of the one before */
    struct cw_block_ref block; /* where */
    enum cw_verdict_state root; /* the state of the root below */
};

struct question {
    struct cw_request request;
    void (*done)(void *, const struct cw_request *, const struct cw_answer *);
    void *ctx;
};
#define QUESTIONS 64

struct world {
    struct cw_heads heads[CW_SIDES];
    struct script scripts[256];
    uint8_t order[256]; /* first bytes of keys, as they were judged */
    size_t order_n;
    bool dead;  /* no call is answered but with "unavailable" */
    bool later; /* answers wait for answer_all */
    struct question questions[QUESTIONS];
    size_t questions_n;
    uint64_t asked_at; /* block of the last call */
    unsigned again;    /* reads of the past that were asked for */
    uint64_t again_from, again_to;
    unsigned filters;              /* given to the watchers last */
    struct cw_store_header header; /* that the settlement chain's keeps; number 0: none */
    struct cw_pause pause;         /* the call that pauses; no data: none is known */
};
extern struct world world;

struct fixture {
    struct temp temp;
    char path[512];
    struct cw_error error;
    struct cw_arena arena;
    struct fake_clock clock;
    struct cw_loop *loop;
    struct cw_config config;
    struct cw_config_chain chain_configs[CW_SIDES];
    struct cw_config_route route_config;
    struct chain chains[CW_SIDES];
    struct route route;
    struct cw_relay relay;
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, f->error.text);                                              \
    } while (0)

int guard_set_up(void **state);
int guard_tear_down(void **state);
#define CASE(name) cmocka_unit_test_setup_teardown(name, guard_set_up, guard_tear_down)

/* The process ends and is started again, in that role. */
void restart(struct fixture *f, enum cw_role role);
/* Lets so much time pass, and what is due be done. */
void run(struct fixture *f, uint64_t ms);
/* The final head and the newest one, of both chains. */
void heads(uint64_t final, uint64_t latest);
void answer_all(void);

struct script *script(uint8_t key);
struct cw_hash32 key_of(uint8_t n);
/* A block of that side has one log of that invariant; root, message: 0 for none. */
void block(struct fixture *f, enum cw_side side, uint64_t number, unsigned invariant, uint8_t key,
           uint8_t root, uint8_t message);
/* The same, of a fork that replaces what is above that block. */
void roll_back(struct fixture *f, enum cw_side side, uint64_t above);
/* A message of the route comes. */
void message(struct fixture *f, uint8_t id);
struct cw_store_message message_now(struct fixture *f, uint8_t id);

/* Of that key; false when there is none. */
bool find(struct fixture *f, uint8_t key, struct cw_store_subject *ret);
struct cw_store_subject subject(struct fixture *f, uint8_t key);
uint64_t count(struct fixture *f, const char *invariant, enum cw_verdict_state state,
               const char *reason);
/* The newest of that kind; NULL: none. */
const struct cw_store_incident *incident(struct fixture *f, enum cw_incident_kind kind);
const char *hold_of(struct fixture *f);

#endif
