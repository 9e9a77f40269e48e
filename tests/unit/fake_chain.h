/* A chain that a test writes block by block, and a stand-in for the JSON-RPC layer in front of it:
 * it answers from that chain, as two endpoints do, "liar" (asked first, with the faults that the
 * test sets) and "honest"; or as several operators do, each with a view of its own. Headers, blooms
 * and receipts are real: they hash. Defines the cw_rpc_* functions that a watcher calls. */
#ifndef TESTS_FAKE_CHAIN_H
#define TESTS_FAKE_CHAIN_H

#include "core/loop.h"
#include "net/rpc.h"

#include <adapters/adapter.h>
#include <causeway/header.h>

#define FAKE_LOGS      4
#define FAKE_OPERATORS 4
#define FAKE_ASIDE_MS  5000u

struct fake_log {
    struct cw_addr20 address;
    struct cw_hash32 topic;
    uint8_t data[33];
};

struct fake_block {
    struct cw_header header;
    struct cw_hash32 hash;
    struct fake_log logs[FAKE_LOGS]; /* one receipt each */
    size_t logs_n;
};

enum fake_method { FAKE_HEADER, FAKE_TAG, FAKE_LOGS_RANGE, FAKE_RECEIPTS, FAKE_TX, FAKE_METHODS };

struct fake_faults {
    uint64_t range_limit;   /* both: eth_getLogs over more blocks is refused; 0: never */
    bool logs_dead;         /* both: eth_getLogs fails */
    bool receipts_dead;     /* both: no receipts */
    bool receipts_silent;   /* both: no answer to a request for receipts, ever */
    bool no_final;          /* both: the finalized tag is refused */
    bool dead;              /* both: no answer to anything */
    uint64_t stale_latest;  /* liar: latest is this block; 0: off */
    uint64_t stale_final;   /* liar: finalized is this block; 0: off */
    uint64_t logs_drop_at;  /* liar: eth_getLogs leaves the first log of this block out */
    uint64_t logs_forge_at; /* liar: eth_getLogs has this log more in this block; 0: off */
    struct fake_log forged;
    bool logs_foreign;  /* liar: eth_getLogs has a log that no filter asked for */
    bool receipts_drop; /* liar: receipts lack a log */
    bool receipts_flip; /* liar: receipts have another byte in a log's data */
    bool wrong_parent;  /* liar: latest is a well-formed block on a parent that nobody has */
    bool wrong_number;  /* liar: headers by number are of the block before */
    bool wrong_hash;    /* liar: headers do not hash to their hash */
    bool wrong_final;   /* liar: finalized is a well-formed block that is not on the chain */
    bool null_number;   /* both: headers by number are not there */
    bool tx_unknown;    /* liar: knows of no transaction */
    bool tx_elsewhere;  /* liar: the transaction is in a block that nobody has */
    bool tx_other;      /* liar: has another transaction */
    /* both: what is asked about the blocks from … to, up to that one, takes so long. */
    uint64_t slow_from, slow_to, slow_ms;
};

struct fake_call;

enum fake_lie {
    FAKE_TRUTH,
    FAKE_LAGS,           /* it has not got the newest lie_arg blocks */
    FAKE_STALE_TAGS,     /* its tags stand still at block lie_arg */
    FAKE_FORKS,          /* a well-formed chain of its own from block lie_arg on, as long as ours */
    FAKE_FORKS_HEADS,    /* the same by tags; honest by number */
    FAKE_FORKS_NUMBERS,  /* the same by number; honest by tags */
    FAKE_FORKS_PART,     /* the same by number, of 10 blocks only; honest by tags */
    FAKE_FORKS_UNSEEN,   /* the same, but its safe and final are ours */
    FAKE_FORGES_FINAL,   /* safe and final are well-formed blocks that no chain has, lie_arg blocks
                            below ours */
    FAKE_FORGES_ABOVE,   /* the same, lie_arg blocks above */
    FAKE_FORGES_SOME,    /* each lie_arg-th block is a well-formed one that no chain has, on our
                            parent;   safe and final are ours */
    FAKE_SILENT,         /* no answer until the deadline */
    FAKE_HAS_NOTHING,    /* null */
    FAKE_OMITS,          /* eth_getLogs leaves out all logs of block lie_arg */
    FAKE_LOGS_ELSEWHERE, /* eth_getLogs names blocks that nobody has */
    FAKE_OTHER_FIELDS,   /* headers have the right hash, and another time (lie_arg 0) or parent (1);
                            by number and by tags */
    FAKE_BAD_HASHES,     /* its headers do not hash to the hashes that come with them */
    FAKE_LIES,
    FAKE_AT_RANDOM = FAKE_LIES /* another one of them with each answer */
};

/* One endpoint under its operator's name. */
struct fake_operator {
    const char *name;
    enum fake_lie lie;
    uint64_t lie_arg;
    struct fake_block *fork;
    size_t fork_n, fork_capacity;
    uint64_t fork_from;
    uint64_t aside_until_ms;
    unsigned accused; /* by the watcher or by a check */
    char text[512];   /* the last accusation */
    uint64_t asked, forged;
};

struct fake {
    struct cw_loop *loop;
    uint64_t now_ms;
    struct cw_clock clock;
    struct fake_block *blocks; /* by number */
    size_t n, capacity;
    uint64_t safe_lag, final_lag;
    /* The one transaction that can be asked for: fake_tx, the first of that block. */
    uint64_t tx_block; /* 0: it is in none */
    bool tx_pending;   /* it is known all the same */
    bool tx_failed;    /* and has no logs */
    uint8_t salt;      /* of new blocks: tells forks apart */
    bool foreign;      /* headers do not hash to their hashes, by anything that is known here */
    struct fake_faults faults;
    struct fake_call *calls;
    uint64_t last_id;
    uint64_t asked[FAKE_METHODS];
    uint64_t ranges_refused, largest_range;
    size_t under_way, most; /* calls */
    /* NULL, or of nth_malloc.h: what the fake itself allocates does not fail. */
    void (*pause_faults)(bool);
    struct fake_operator operators[FAKE_OPERATORS];
    unsigned operators_n; /* 0: the two endpoints */
    uint64_t random;
    uint64_t head_told;           /* by the watcher, as the last one's */
    uint64_t liar_aside_until_ms; /* the two endpoints: it was accused */
    unsigned liar_accused;
    size_t findings; /* checks that an answer failed */
    char finding[512];
    unsigned contrasts; /* answers shown beside those that failed their check */
    char sides[FAKE_OPERATORS]
              [8192]; /* of who was caught last: what it said, and what says otherwise; or "" */
};

/* Hash of the first transaction of each block. */
extern const struct cw_hash32 fake_tx;

void fake_init(struct fake *fake);
void fake_done(struct fake *fake);
/* Appends a block with those logs. */
void fake_block(struct fake *fake, const struct fake_log *logs, size_t n);
/* n blocks, each every-th of which has one log of address and topic (every 0: none). */
void fake_grow(struct fake *fake, size_t n, size_t every, const struct cw_addr20 *address,
               const struct cw_hash32 *topic);
/* Drops the newest blocks; what is appended from then on is another fork. */
void fake_drop(struct fake *fake, size_t depth);
/* From now on n operators answer, all honest: "one", "two", "three", "four". */
void fake_operators(struct fake *fake, unsigned n);
/* lie_arg for FAKE_AT_RANDOM: a fork begins so many blocks below the head. */
void fake_lie(struct fake *fake, unsigned operator_, enum fake_lie lie, uint64_t lie_arg);
uint64_t fake_random(struct fake *fake);
/* Of what a watcher found: fills sides. */
void fake_take_sides(struct fake *fake, const struct cw_rpc_finding *finding);
struct cw_rpc *fake_rpc(struct fake *fake);
/* Lets ms pass. */
void fake_run(struct fake *fake, uint64_t ms);
uint64_t fake_asked(const struct fake *fake);

#endif
