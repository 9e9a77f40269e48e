/* The shape of a stack's adapter: a const table of functions over a private struct. Pure with
 * respect to the world: no network, disk, clock or log. Everything it wants to know it asks of a
 * struct cw_io. */
#ifndef ADAPTERS_ADAPTER_H
#define ADAPTERS_ADAPTER_H

#include <adapters/data_fee.h>
#include <adapters/field.h>
#include <adapters/invariant.h>
#include <adapters/io.h>
#include <adapters/level.h>
#include <adapters/survey.h>
#include <adapters/vocabulary.h>
#include <causeway/arena.h>
#include <causeway/base.h>

struct cw_adapter; /* private to the stack */

/* --- what is watched ------------------------------------------------------------------------- */

#define CW_FILTER_TOPICS 8

/* Logs of one contract whose topic0 is one of topics. */
struct cw_filter {
    enum cw_side side;
    struct cw_addr20 address;
    struct cw_hash32 topics[CW_FILTER_TOPICS];
    size_t topics_n;
};

enum cw_event_kind {
    CW_EVENT_NONE = 0,      /* nothing of ours */
    CW_EVENT_SENT = 1,      /* a message came into being: id, alias, payload and summary are set */
    CW_EVENT_ROOT = 2,      /* a root was committed: what waits for one is worth a look */
    CW_EVENT_STEP_DONE = 3, /* a step of the message (ref) was included: step is set */
    CW_EVENT_OUTCOME = 4,   /* the delivery of the message (ref) went as outcome says */
    CW_EVENT_RULES =
        5, /* roots were deleted, a game blacklisted, a rule changed: look at every open message */
    CW_EVENT_UPGRADED = 6, /* a watched proxy has new code: hold the route, prepare again */
    CW_EVENT_COUNTED = 7 /* takes a number of the source's counter and is no message of this route's
                          */
};

/* Fields of a message that people and policies look at. */
struct cw_summary {
    struct cw_addr20 sender; /* who sent it, behind the stack's own messenger where there is one */
    struct cw_addr20 target; /* whom it calls, likewise */
    struct cw_wei value;
    struct cw_u256 nonce; /* the stack's own number for the message */
    uint64_t gas_limit;   /* what the message asks for its inner call; 0 when the stack has none;
                             saturated */
};

struct cw_event {
    enum cw_event_kind kind;
    struct cw_hash32 ref; /* the message's id or alias; zero for ROOT, RULES, UPGRADED, COUNTED */
    struct cw_hash32
        alias; /* SENT: a second name under which the destination's events speak of it, or zero */
    struct cw_slice
        payload; /* SENT: what the adapter needs to know of the message; from the caller's arena */
    struct cw_summary summary; /* SENT */
    const char *step;          /* STEP_DONE: static name */
    enum cw_outcome outcome;   /* OUTCOME */
    uint64_t number;           /* COUNTED: as sequence() gives those of messages */
    bool only_unaliased; /* OUTCOME: of a message that has an alias this tells only that the step
                            was done */
    char note[160];      /* one phrase for the history, such as "proven by 0x… in game 0x…" */
};

/* --- one message ----------------------------------------------------------------------------- */

/* What the host knows of a message when it hands it to advance(); borrowed. */
struct cw_message {
    struct cw_hash32 id;
    struct cw_hash32 alias;
    struct cw_summary summary;
    struct cw_slice payload;    /* from its SENT event */
    struct cw_slice progress;   /* what the adapter wrote last, empty at first */
    struct cw_slice evidence;   /* what the adapter wrote last, empty at first */
    struct cw_block_ref source; /* the block that it was sent in */
    enum cw_stage stage;
    enum cw_outcome outcome;
};

/* A transaction to be sent. */
struct cw_call {
    enum cw_side side;
    struct cw_addr20 to;
    struct cw_wei value;
    struct cw_slice data;              /* calldata, from the arena */
    uint64_t proof_nodes, proof_bytes; /* of the proof in it; 0: it has none */
    struct cw_addr20
        simulate_from; /* zero: the lane's own address; else simulate and estimate as this sender */
    uint64_t gas_floor; /* never send with less gas than this; 0: as estimated */
    bool
        target_may_fail; /* simulated as simulate_from it may end in CW_REVERT_TARGET, and is then
                          * simulated and estimated as ourselves: a failure can be replayed later */
    bool estimate_tells; /* nodes that estimate it look at what it starts, too: others' estimates do
                          * not stand for its own */
    bool may_do_nothing; /* a transaction of it can succeed and leave the message as it was: like
                          * one that reverted, it is not sent for ever */
    bool batchable; /* anybody may make it, through a contract that all share too, and a call beside
                     * it that takes its gas away does it no harm that lasts */
};

enum cw_verb {
    CW_NEED = 1, /* ask the host for what the io noted, then call again */
    CW_WAIT,     /* nothing to do until due, or until an event */
    CW_ACT,      /* send call as step */
    CW_HOLD,     /* an operator must decide */
    CW_GIVE_UP,  /* dead */
    CW_FINISHED  /* executed-final */
};

#define CW_REASON_SIZE 40
#define CW_DETAIL_SIZE 480
#define CW_STEP_SIZE   16

struct cw_decision {
    enum cw_verb verb;
    enum cw_stage stage;     /* what was reached by what is known now; may go back after a reorg */
    enum cw_outcome outcome; /* as far as it is known */
    char reason[CW_REASON_SIZE]; /* machine-readable, lower_case; not for NEED */
    char detail[CW_DETAIL_SIZE]; /* for people: numbers, addresses, what is waited for */
    enum cw_wake wake;           /* WAIT: what else ends it */
    enum cw_side due_side;       /* WAIT: whose clock due_s is on */
    uint64_t due_s;      /* WAIT: block timestamp that is waited for; 0: the next root or event */
    uint64_t deadline_s; /* not FINISHED, GIVE_UP: block timestamp of the destination at which the
                            message is lost unless somebody does something; 0: none, or with
                            CW_WAKE_RETRY as it was */
    uint64_t earliest_s; /* WAIT, ACT: block timestamp of the settlement layer before which by the
                            periods that are known nothing but the delivery can't be missing; 0:
                            nothing new is known of that */
    char step[CW_STEP_SIZE];  /* ACT */
    struct cw_call call;      /* ACT */
    struct cw_slice progress; /* to be stored; p NULL: as it was */
    struct cw_slice
        evidence; /* to be stored; p NULL: as it was. Verified by verify() before it is */
};

/* What to do about a reverted simulation or transaction. */
enum cw_revert_class {
    CW_REVERT_UNKNOWN = 0, /* back off, then look again */
    CW_REVERT_WAIT,        /* too early */
    CW_REVERT_PROVE_AGAIN, /* the root is no good (any longer) */
    CW_REVERT_ASK,         /* wait or prove again: the state tells */
    CW_REVERT_REBUILD,     /* the evidence does not fit: fetch it again */
    CW_REVERT_MORE_GAS,
    CW_REVERT_DONE,   /* somebody did it already */
    CW_REVERT_TARGET, /* the message's own target reverts, and the step would spend the message */
    CW_REVERT_TARGET_KEPT, /* it reverts, and with it all of the step: it can be tried for ever */
    CW_REVERT_DEAD
};

struct cw_revert {
    enum cw_revert_class class_;
    char reason[CW_REASON_SIZE];
    char detail[CW_DETAIL_SIZE];
};

/* What the adapter may be told by the host when it looks at a message. */
struct cw_self {
    struct cw_addr20
        submitter; /* the address that our transactions come from; zero when we only observe */
    bool replay;   /* policy: what was delivered and failed is tried again where the stack allows */
    uint64_t keepalive_s; /* policy: so long before a message's deadline it is put off where the
                             stack allows; 0: never */
    bool released; /* the message is new, was reorganized, or an operator let it go: what was tried
                      too often may be tried again. Only in the first look since then */
};

/* A function of a contract that a step calls. */
struct cw_step_call {
    enum cw_side side;
    struct cw_addr20 to;
    const char *signature; /* static: "finalizedWithdrawals(bytes32)" */
};

enum cw_prepare {
    CW_PREPARE_NEED = 1,
    CW_PREPARE_OK,
    CW_PREPARE_HOLD /* a version or a wiring that we do not know: reason and detail say which */
};

struct cw_preparation {
    enum cw_prepare state;
    char reason[CW_REASON_SIZE];
    char detail[CW_DETAIL_SIZE]; /* OK: "OptimismPortal2 3.10.0, games by 0x…" */
};

enum cw_count_state {
    CW_COUNT_NEED = 1,
    CW_COUNT_OK,
    CW_COUNT_UNKNOWN /* no endpoint proves that block, or what was given proves nothing */
};

/* How many messages the source's contract says that it has sent. */
struct cw_count {
    enum cw_count_state state;
    uint64_t next; /* OK: the number that the next message gets: those that were sent up to that
                    * block have all the numbers below it, from the contract's first one on */
    char detail[CW_DETAIL_SIZE]; /* UNKNOWN: why, for people */
};

#define CW_PAUSE_DATA_MAX 132

/* A call of the settlement layer that stops what a false root could take, for whoever may make it.
 */
struct cw_pause {
    struct cw_addr20 to;
    uint8_t data[CW_PAUSE_DATA_MAX]; /* calldata */
    size_t data_n;
    size_t fixed_n;            /* bytes that the calldata of another such call begins with, too */
    const char *signature;     /* static: "pause(string)" */
    struct cw_addr20 guardian; /* who may make it, by what the contracts say; zero: they don't */
    const char *effect;        /* static, for people: what stops, and what does not */
};

struct cw_adapter_ops {
    const char *name;      /* "opstack", the configuration's "stack" */
    const char *direction; /* "withdrawal", "deposit" */
    enum cw_side source;   /* where messages are sent; they are delivered on the other side */
    const struct cw_field
        *fields; /* of the route's "contracts" object, over a struct of config_size bytes */
    size_t config_size;
    /* What the execution chain charges for data; NULL: nothing. */
    const struct cw_data_fee *data_fee;
    /* What each stage that it decides assures: of each at least one that fits whatever outcome and
     * variant; what is special first, stage 0 last. */
    const struct cw_level *levels;
    /* Pure: which of the stack's contracts the message's evidence is for, one of the variants in
     * levels; NULL where that is not known (yet). NULL itself where there is one kind only. */
    const char *(*variant)(const struct cw_message *message);

    /* config is what fields describe; it is copied. chains: the ids of both. */
    enum cw_err (*open)(struct cw_adapter **ret, const void *config,
                        const struct cw_chain_id chains[CW_SIDES], struct cw_error *error);
    void (*close)(struct cw_adapter *adapter); /* takes NULL */

    /* Everything that a step may call, whatever versions the contracts have: the configuration
     * alone gives it, so that a signer can be bound to it. At most cap are written, *ret_n says how
     * many there are; CW_ERR_LIMIT when they are more. */
    enum cw_err (*calls)(const struct cw_adapter *adapter, struct cw_step_call *out, size_t cap,
                         size_t *ret_n);

    /* For people who set a route up: what stands around one of the stack's contracts. Needs no
     * adapter; called again with the answers like prepare. */
    void (*survey)(const struct cw_survey_start *start, struct cw_io *io, struct cw_survey *ret);

    /* Reads versions and addresses from the chains; called before anything else, and again after
     * UPGRADED. Only after OK may advance, verify and revert be called. */
    void (*prepare)(struct cw_adapter *adapter, struct cw_io *io, struct cw_preparation *ret);

    /* Filters of both sides; at most cap are written, *ret_n says how many there are. Before the
     * first OK: those that the configuration alone gives, among them every source of SENT events,
     * so that no message is missed. */
    enum cw_err (*filters)(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                           size_t *ret_n);

    /* Judges one log, before prepare too. A message that several logs of a block tell of is SENT by
     * one of them, with the others beside it. CW_OK with kind NONE when it is not ours;
     * CW_ERR_INPUT when it is ours and malformed. */
    enum cw_err (*decode)(const struct cw_adapter *adapter, enum cw_side side,
                          const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                          struct cw_error *error);

    /* Completeness: the contract that sends the messages numbers them, one by one and without a
     * hole (what else takes such a number is told by COUNTED events). NULL, both of them, where it
     * does not: the source chain must then be followed so that
     * no log can be missed (mode full).
     *
     * sequence: the number of a message; false when it has none that fits.
     *
     * counter: what the contract's own counter said after the block at, a final one of the side
     * that messages are sent on. Called after prepare's OK, again with the answers like prepare.
     * OK is proved, under the header with at's hash; only with read (a chain whose headers nobody
     * here can hash, mode quorum) it is what the operators agree on when they are asked. */
    bool (*sequence)(const struct cw_summary *summary, uint64_t *ret);
    void (*counter)(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                    struct cw_io *io, struct cw_count *ret);

    /* Looks at one message. Reads as a straight line; no state but the message's progress and
     * evidence. */
    void (*advance)(const struct cw_adapter *adapter, const struct cw_message *message,
                    const struct cw_self *self, struct cw_io *io, struct cw_decision *ret);

    /* Pure: does this evidence prove the message, and is call exactly what it allows for this step?
     * Called by the host before evidence is stored (call NULL) and again before every signature.
     * source_hash is the hash of the final source header that the evidence speaks of, as the
     * watcher knows it. */
    struct cw_judgement (*verify)(const struct cw_adapter *adapter,
                                  const struct cw_message *message, struct cw_slice evidence,
                                  const struct cw_hash32 *source_hash, const char *step,
                                  const struct cw_call *call);

    /* The source block that the evidence is about (to look source_hash up). */
    enum cw_err (*evidence_block)(struct cw_slice evidence, struct cw_block_number *ret);

    /* What the message's own target (summary.target) is called with; empty when the payload can't
     * be read. Borrowed from the message. */
    struct cw_slice (*inner)(const struct cw_adapter *adapter, const struct cw_message *message);

    /* --- what must hold; all NULL where nothing is known to be judged --- */

    const struct cw_invariant *invariants; /* the last one has no name */
    /* Filters of logs that only the invariants need, like filters. */
    enum cw_err (*watched)(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                           size_t *ret_n);
    /* The subjects that arise from one log, after prepare's OK; at most cap are written, *ret_n
     * says how many there are. None: the log concerns no invariant. Errors as those of decode. */
    enum cw_err (*subjects)(const struct cw_adapter *adapter, enum cw_side side,
                            const struct cw_log *log, struct cw_arena *arena,
                            struct cw_subject *out, size_t cap, size_t *ret_n,
                            struct cw_error *error);
    /* Judges one subject. message: the one that it is about, where the store has it. rests_on: the
     * state of the root below it; UNVERIFIED when that is not judged yet or not known. */
    void (*judge)(const struct cw_adapter *adapter, const struct cw_subject *subject,
                  const struct cw_message *message, enum cw_verdict_state rests_on,
                  struct cw_io *io, struct cw_invariant_verdict *ret);

    /* The n-th call that pauses the contracts, as prepare found them, the one that stops the least
     * first; false: no more are known. NULL where nothing can be paused. */
    bool (*pause)(const struct cw_adapter *adapter, unsigned n, struct cw_pause *ret);

    /* Sorts revert data of a step. */
    void (*revert)(const struct cw_adapter *adapter, const struct cw_message *message,
                   const char *step, struct cw_slice data, struct cw_revert *ret);
};

/* NULL-terminated; one line a stack. */
extern const struct cw_adapter_ops *const cw_adapters[];
/* NULL when no adapter has that name and direction. */
const struct cw_adapter_ops *cw_adapter_find(const char *name, const char *direction);
enum cw_side cw_adapter_destination(const struct cw_adapter_ops *ops);

#endif
