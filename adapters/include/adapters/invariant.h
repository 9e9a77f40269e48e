/* Properties of the two layers that must hold, as a stack's adapter knows them: which facts are to
 * be judged, and how. Pure and sans-I/O, like the rest of an adapter: a judge asks a struct cw_io
 * and is called again with the answers.
 *
 * A subject is one thing that an invariant speaks of: a root that was posted, a withdrawal that was
 * proven, an execution, a balance. It has a key of its own nature (never a transaction's hash: one
 * transaction can hold many), and is judged at the block where it arose, not at the head. */
#ifndef ADAPTERS_INVARIANT_H
#define ADAPTERS_INVARIANT_H

#include <adapters/io.h>
#include <adapters/vocabulary.h>
#include <causeway/arena.h>
#include <causeway/base.h>

/* Stored: never renumber. */
enum cw_verdict_state {
    CW_VERDICT_UNVERIFIED = 1, /* could not be told yet: kept, asked again, never taken for ok */
    CW_VERDICT_OK = 2,
    CW_VERDICT_VIOLATED = 3
};
const char *cw_verdict_state_name(enum cw_verdict_state state); /* "unverified", "ok", "violated" */
bool cw_verdict_state_parse(enum cw_verdict_state *ret, const char *name);

/* What a violation puts at stake. */
enum cw_stake {
    CW_STAKE_NONE = 1,     /* nothing can be lost by it as it is: a warning */
    CW_STAKE_MESSAGES = 2, /* the messages that are bound to the subject: critical, and these are
                              held */
    CW_STAKE_ROUTE = 3     /* everything on the route: critical, and the route is held */
};
const char *cw_stake_name(enum cw_stake stake); /* "none", "messages", "route" */

struct cw_invariant {
    const char
        *name; /* "root", "proven", "executed", "conservation": stands in stores and alerts */
    const char *text; /* the property, for people */
    /* 0: its subjects arise from logs. Else it has one subject a route (key zero), which is judged
     * again when that many seconds of the chain `side` have passed, or fewer if the host likes. */
    uint64_t every_s;
    enum cw_side side;
    /* Of a standing one: so many subjects, at most 256, told apart by the last byte of their keys.
     * 0: one. */
    unsigned parts;
};

struct cw_subject {
    size_t invariant; /* index into the adapter's table */
    struct cw_hash32 key;
    /* Where it arose; of a standing one the newest block of its side. */
    enum cw_side side;
    struct cw_block_ref block;
    struct cw_hash32 tx;
    uint64_t log_index;
    struct cw_block_ref before; /* judge: of the last log before this one that gave the same key of
                                   the same invariant, and stands; number 0: none is known */
    struct cw_hash32 message;   /* id or alias of the message that it is about; zero: none */
    struct cw_hash32 rests_on; /* key of the subject of the invariant "root" below it; zero: none */
    /* judge: where the message is not known, the block of its source from which on all logs up to
     * the newest block were shown; 0: there are gaps. */
    uint64_t read_from;
    struct cw_slice data;   /* what the judge needs beside that; from the arena */
    struct cw_slice memory; /* what the judge kept last time; empty at first */
    char about[160];        /* "output 12 for block 3400, posted by 0x…" */
};

#define CW_VALUE_SIZE    160
#define CW_SENTENCE_SIZE 320

struct cw_invariant_verdict {
    bool need; /* ask the host for what the io noted, then call again; nothing else counts */
    enum cw_verdict_state state;
    /* It may change without another log: judged again when the block time again_s of again_side is
     * reached, or, where that is 0, when the final head of either side moves. Unverified ones are
     * asked again in any case, with longer and longer pauses. */
    bool open;
    enum cw_side again_side;
    uint64_t again_s;
    enum cw_stake stake;                  /* VIOLATED */
    char reason[40];                      /* lower case, stable: "root_mismatch"; of OK "" */
    char sentence[CW_SENTENCE_SIZE];      /* for people: what is wrong, or what could not be told */
    char values[CW_SIDES][CW_VALUE_SIZE]; /* what each layer says, "" where it says nothing */
    /* The blocks at which that is so; number 0: none. It is provisional until they are final, and
     * so is the subject's own, of one that is not a standing one. */
    struct cw_block_ref seen[CW_SIDES];
    struct cw_slice memory;    /* kept for the next time; p NULL: as it was */
    struct cw_hash32 rests_on; /* the subject's, where only the judge learns it; zero: as it was */
};

#endif
