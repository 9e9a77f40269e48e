/* What the relayer knows and must not lose: SQLite (WAL, synchronous=FULL), one writer on the
 * loop's thread. No SQL outside this folder. Reading commands open it read-only beside a running
 * daemon. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "store/intervals.h"

#include <adapters/adapter.h>
#include <causeway/arena.h>
#include <causeway/base.h>
#include <monitor/incident.h>

struct cw_store;

enum cw_store_mode { CW_STORE_WRITE, CW_STORE_READ };

/* path: data_dir/causeway.db. WRITE makes directory and file when missing, takes the lock beside it
 * (CW_ERR_BUSY names the holder's pid), and migrates. CW_ERR_SCHEMA: newer than this program, or
 * not a Causeway database; CW_ERR_IO: read-only, full, not a file. Each says what to do. now_ms:
 * Unix time for the lock and meta. */
CW_MUST_USE enum cw_err cw_store_open(struct cw_store **ret, const char *path,
                                      enum cw_store_mode mode, uint64_t now_ms,
                                      struct cw_error *error);
void cw_store_close(struct cw_store *store); /* takes NULL */

/* Version of the schema that this program works with. */
int cw_store_schema(void);

/* A tick: begin, any number of writes (each message's in a savepoint), commit. A failed commit has
 * rolled back. Without a begin each call is a transaction of its own. In READ mode begin and commit
 * give one view over several readings. */
CW_MUST_USE enum cw_err cw_store_begin(struct cw_store *store, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_commit(struct cw_store *store, struct cw_error *error);
void cw_store_rollback(struct cw_store *store);
/* The end of a tick: commits where err is CW_OK, else rolls back. Returns err, or why the commit
 * failed. */
CW_MUST_USE enum cw_err cw_store_end(struct cw_store *store, enum cw_err err,
                                     struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_savepoint(struct cw_store *store, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_release(struct cw_store *store,
                                         struct cw_error *error); /* keeps */
void cw_store_undo(struct cw_store *store); /* to the savepoint, and drops it */

/* --- chains and routes ------------------------------------------------------------------------ */

/* Makes the row when it is new. A chain whose name is known with another chain id or the other way
 * round, a route that is known with another stack, direction or other chains: CW_ERR_SCHEMA. Of
 * ops name, direction and source are read. */
CW_MUST_USE enum cw_err cw_store_chain(struct cw_store *store, const char *name,
                                       struct cw_chain_id id, int64_t *ret_row,
                                       struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_route(struct cw_store *store, const char *name,
                                       const struct cw_adapter_ops *ops, int64_t settlement,
                                       int64_t execution, int64_t *ret_row, struct cw_error *error);

/* A route that is held signs nothing; reason "" lets it go. */
CW_MUST_USE enum cw_err cw_store_route_hold(struct cw_store *store, int64_t route,
                                            const char *reason, const char *detail, uint64_t now_ms,
                                            struct cw_error *error);

#define CW_ROUTE_NAME_SIZE 64u

struct cw_store_route_row {
    int64_t row;
    char name[CW_ROUTE_NAME_SIZE];
    char stack[32];
    char direction[32];
    enum cw_side source;           /* where messages are sent */
    int64_t settlement, execution; /* rows of the chains */
    char hold_reason[CW_REASON_SIZE];
    char hold_detail[CW_DETAIL_SIZE];
    uint64_t hold_ms; /* since when; 0: not held */
};
/* Rows of the chains that messages are sent on, and delivered on. */
int64_t cw_store_route_source(const struct cw_store_route_row *route);
int64_t cw_store_route_destination(const struct cw_store_route_row *route);
/* CW_ERR_INPUT when no route has that name. */
CW_MUST_USE enum cw_err cw_store_route_get(struct cw_store *store, const char *name,
                                           struct cw_store_route_row *ret, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_routes(struct cw_store *store, struct cw_arena *arena,
                                        struct cw_store_route_row **ret, size_t *ret_n,
                                        struct cw_error *error);

/* Where a chain's watcher is: the last block whose logs are in the store, and the headers it keeps
 * for reorgs. */
struct cw_store_header {
    struct cw_block_ref ref;
    struct cw_hash32 parent;
};
CW_MUST_USE enum cw_err cw_store_cursor_get(struct cw_store *store, int64_t chain, bool *ret_found,
                                            struct cw_block_number *ret, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_cursor_set(struct cw_store *store, int64_t chain,
                                            struct cw_block_number number, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_headers_put(struct cw_store *store, int64_t chain,
                                             const struct cw_store_header *headers, size_t n,
                                             struct cw_error *error);
/* Headers above number are forgotten (a rollback); headers below keep_from as well (0: none). */
CW_MUST_USE enum cw_err cw_store_headers_cut(struct cw_store *store, int64_t chain,
                                             struct cw_block_number above,
                                             struct cw_block_number keep_from,
                                             struct cw_error *error);
/* Newest n, ascending; memory from the arena. */
CW_MUST_USE enum cw_err cw_store_headers_load(struct cw_store *store, int64_t chain, size_t n,
                                              struct cw_arena *arena, struct cw_store_header **ret,
                                              size_t *ret_n, struct cw_error *error);
/* ret_found false when the store does not keep that height. */
CW_MUST_USE enum cw_err cw_store_header_at(struct cw_store *store, int64_t chain,
                                           struct cw_block_number number, bool *ret_found,
                                           struct cw_store_header *ret, struct cw_error *error);
#define CW_STORE_TROUBLE_SIZE 256
/* What is shown by status; written by the daemon at most once a second. */
struct cw_store_chain_row {
    int64_t row;
    char name[64];
    uint64_t chain_id;
    bool has_cursor;
    uint64_t cursor, latest, safe, final_;
    uint64_t latest_time_s, final_time_s;
    uint64_t updated_ms;
    char trouble[CW_STORE_TROUBLE_SIZE]; /* what holds the watcher up; "" when nothing does */
    uint64_t blocks_seen;                /* that the head has moved by while it was watched */
    uint64_t false_blooms; /* blocks whose receipts were read and had nothing that is wanted */
    /* The backfill: blocks left (0: all is read), blocks a second and seconds left (0: not known).
     */
    uint64_t backfill_left, backfill_per_s, backfill_eta_s;
    uint64_t final_since_s; /* time of the newest block as final_ became so; 0: not known */
};
CW_MUST_USE enum cw_err cw_store_heads_set(struct cw_store *store, int64_t chain,
                                           const struct cw_heads *heads, uint64_t now_ms,
                                           struct cw_error *error);
/* Cut to fit. */
CW_MUST_USE enum cw_err cw_store_chain_trouble_set(struct cw_store *store, int64_t chain,
                                                   const char *trouble, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_backfill_set(struct cw_store *store, int64_t chain, uint64_t left,
                                              uint64_t per_s, uint64_t eta_s,
                                              struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_chains(struct cw_store *store, struct cw_arena *arena,
                                        struct cw_store_chain_row **ret, size_t *ret_n,
                                        struct cw_error *error);

/* --- the past: what is still to be read ------------------------------------------------------- */

/* cw_intervals_done is the caller's. */
CW_MUST_USE enum cw_err cw_store_unread(struct cw_store *store, int64_t chain,
                                        struct cw_intervals *ret, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_unread_add(struct cw_store *store, int64_t chain,
                                            const struct cw_interval *blocks,
                                            struct cw_error *error);
/* Blocks from … to were read. below: hash of block from - 1; NULL: not known. */
CW_MUST_USE enum cw_err cw_store_unread_remove(struct cw_store *store, int64_t chain,
                                               struct cw_block_number from,
                                               struct cw_block_number to,
                                               const struct cw_hash32 *below,
                                               struct cw_error *error);
/* A rollback: what lies above comes again by itself. unbind: the hashes of the others do not count
 * any longer. */
CW_MUST_USE enum cw_err cw_store_unread_cut(struct cw_store *store, int64_t chain,
                                            struct cw_block_number above, bool unbind,
                                            struct cw_error *error);

/* From where on a route is shown one of its chains. */
struct cw_store_reach {
    bool known;    /* false: nothing was read for it yet */
    uint64_t from; /* from this block on everything was read for it, or is unread still */
    /* Blocks among these were read while its adapter did not know all its contracts. */
    bool blind;
    uint64_t blind_from, blind_to;
};
CW_MUST_USE enum cw_err cw_store_reach_get(struct cw_store *store, int64_t route, enum cw_side side,
                                           struct cw_store_reach *ret, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_reach_set(struct cw_store *store, int64_t route, enum cw_side side,
                                           const struct cw_store_reach *reach,
                                           struct cw_error *error);

/* An event about a message that is not known (yet): the chain that it was sent on is read at its
 * own pace. */
struct cw_store_early {
    int64_t route;
    int64_t chain; /* of the block */
    enum cw_side side;
    struct cw_hash32 ref;    /* id or alias */
    enum cw_event_kind kind; /* STEP_DONE or OUTCOME */
    enum cw_outcome outcome;
    bool only_unaliased;
    char note[160]; /* cut to fit */
    struct cw_block_ref block;
    struct cw_hash32 tx;
    uint64_t log_index;
};
/* The same event is kept once; of each route some 100,000, those of the newest blocks. */
CW_MUST_USE enum cw_err cw_store_early_put(struct cw_store *store,
                                           const struct cw_store_early *early,
                                           struct cw_error *error);
/* Those that speak of that message (alias may be NULL), oldest block first; they are not kept any
 * longer. */
CW_MUST_USE enum cw_err cw_store_early_take(struct cw_store *store, int64_t route,
                                            const struct cw_hash32 *id,
                                            const struct cw_hash32 *alias, struct cw_arena *arena,
                                            struct cw_store_early **ret, size_t *ret_n,
                                            struct cw_error *error);
/* A rollback of that chain. */
CW_MUST_USE enum cw_err cw_store_early_cut(struct cw_store *store, int64_t chain,
                                           struct cw_block_number above, struct cw_error *error);

/* --- messages --------------------------------------------------------------------------------- */

struct cw_store_message {
    int64_t row;
    int64_t route;
    int64_t chain;            /* source chain; put: 0 stands for the route's */
    enum cw_side source_side; /* of that chain, as the route says; put: not read */
    struct cw_message m;      /* slices from the caller's arena */
    struct cw_hash32 tx_hash; /* source transaction */
    uint64_t log_index;
    bool has_sequence; /* put: the number that the source's contract gave it; not read back */
    uint64_t sequence;
    enum cw_condition condition;
    char reason[CW_REASON_SIZE];
    char detail[CW_DETAIL_SIZE];
    enum cw_wake wake; /* WAITING: what else ends it; put: not kept */
    enum cw_side due_side;
    uint64_t due_chain_s; /* WAITING: chain time waited for; 0: an event or due_ms */
    uint64_t due_ms;      /* wall clock of the next look at the latest; 0: none */
    uint32_t failures;    /* in a row, for the back-off */
    uint64_t seen_ms, changed_ms;
    bool orphaned;                  /* its source block was reorganized away */
    enum cw_assurance assurance;    /* of its source event; put: 0 stands for provisional */
    uint64_t deadline_s;            /* destination's time at which it is lost; 0: none; put: 0 */
    uint64_t rests_on;              /* as in the transition */
    uint64_t earliest_s;            /* likewise */
    uint64_t stage_ms;              /* when it reached its stage; read */
    struct cw_hash32 evidence_hash; /* keccak256 of the last evidence; stays when the evidence
                                       itself is dropped */
    uint64_t evidence_size;         /* likewise; 0: there was none */
};

/* New: inserted with stage SEEN, condition READY, *ret_new true. Known and in the same place:
 * untouched. Known at another block (a reorg moved it): place updated, orphaned cleared, condition
 * READY (a held one stays held). */
CW_MUST_USE enum cw_err cw_store_message_put(struct cw_store *store,
                                             const struct cw_store_message *message,
                                             uint64_t now_ms, int64_t *ret_row, bool *ret_new,
                                             struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_message_get(struct cw_store *store, int64_t row,
                                             struct cw_arena *arena, struct cw_store_message *ret,
                                             struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_message_id(struct cw_store *store, int64_t row,
                                            struct cw_hash32 *ret, struct cw_error *error);
/* By id, else by alias (the newest that has it), within a route: the same id may stand on several.
 * CW_OK with *ret_found false when there is none. */
CW_MUST_USE enum cw_err cw_store_message_find(struct cw_store *store, int64_t route,
                                              const struct cw_hash32 *ref, struct cw_arena *arena,
                                              bool *ret_found, struct cw_store_message *ret,
                                              struct cw_error *error);
/* The same on every route (route 0), one row of each at most, by route: at most cap rows, *ret_n
 * says how many up to cap. */
CW_MUST_USE enum cw_err cw_store_messages_ref(struct cw_store *store, int64_t route,
                                              const struct cw_hash32 *ref, int64_t *rows,
                                              size_t cap, size_t *ret_n, struct cw_error *error);

/* Those that transaction is about, as a bid for one of their steps or by what it did on chain: as
 * above, the newest first. */
CW_MUST_USE enum cw_err cw_store_messages_about(struct cw_store *store, int64_t route,
                                                const struct cw_hash32 *tx, int64_t *rows,
                                                size_t cap, size_t *ret_n, struct cw_error *error);

/* The transition of one look: everything that advance decides, and one line of history (written
 * only when stage, condition, reason or outcome changed, or tx is given). Texts are cut to what
 * fits. At EXECUTED_FINAL and DONE the evidence is dropped, its hash and size stay. */
struct cw_store_transition {
    int64_t message;
    enum cw_stage stage;
    enum cw_condition condition;
    const char *reason, *detail;
    enum cw_outcome outcome;
    enum cw_wake wake;
    enum cw_side due_side;
    uint64_t due_chain_s;
    uint64_t due_ms;
    uint32_t failures;
    /* The newest block of the destination that this rests on; 0: none (an operator's word). Of
     * WAITING: that it was looked at. */
    uint64_t rests_on;
    uint64_t earliest_s; /* as in the decision; 0: as it was */
    bool has_deadline;   /* false: as it was */
    uint64_t deadline_s;
    struct cw_slice progress, evidence; /* p NULL: as they were */
    const char *note;                   /* of the history line; NULL: reason and detail */
    const struct cw_block_ref *block;   /* of the history line; NULL: none */
    const struct cw_hash32 *tx;         /* likewise */
    enum cw_side side;                  /* of block and tx */
};
CW_MUST_USE enum cw_err cw_store_message_move(struct cw_store *store,
                                              const struct cw_store_transition *transition,
                                              uint64_t now_ms, struct cw_error *error);

/* An event came: a WAITING one (that waits for wake) is due now, its condition and reason stay
 * until it was looked at. Held, dead and orphaned ones stay as they are. route 0: all. */
CW_MUST_USE enum cw_err cw_store_message_wake(struct cw_store *store, int64_t message,
                                              struct cw_error *error);
CW_MUST_USE enum cw_err
cw_store_route_wake(struct cw_store *store, int64_t route, enum cw_wake wake,
                    struct cw_error *error); /* CW_WAKE_DATE: every waiting one */
/* Likewise, where CW_WAKE_FINAL is waited for and what it rests on is final now. */
CW_MUST_USE enum cw_err cw_store_route_wake_final(struct cw_store *store, int64_t route,
                                                  struct cw_block_number final,
                                                  struct cw_error *error);
/* Whether a message of the route waits for that. */
CW_MUST_USE enum cw_err cw_store_route_waits(struct cw_store *store, int64_t route,
                                             enum cw_wake wake, bool *ret, struct cw_error *error);

/* Rows that are due: READY, or WAITING with due_ms <= now_ms or due_chain_s <= the side's chain
 * time; fresh ones (fewest failures, then oldest) first. When more are due than limit, ready ones
 * leave a quarter of the room to those that waited. */
CW_MUST_USE enum cw_err cw_store_messages_due(struct cw_store *store, int64_t route,
                                              uint64_t now_ms, const uint64_t chain_s[CW_SIDES],
                                              size_t limit, int64_t *rows, size_t *ret_n,
                                              struct cw_error *error);
/* --- deadlines --- */

/* Messages of a route whose deadline is worth a look at that time of the destination: one that is
 * new or another one, whose message was settled or came back, or that came as near as was asked
 * for; at most limit rows, the longest due first. */
CW_MUST_USE enum cw_err cw_store_deadlines_due(struct cw_store *store, int64_t route,
                                               uint64_t chain_s, size_t limit, int64_t *rows,
                                               size_t *ret_n, struct cw_error *error);
/* When it is worth the next one; 0: not before something changes. */
CW_MUST_USE enum cw_err cw_store_deadline_next(struct cw_store *store, int64_t message,
                                               uint64_t chain_s, struct cw_error *error);
/* Where alerts (a text that tells when they are given) is another one than before, all deadlines
 * that are waited for are worth a look. */
CW_MUST_USE enum cw_err cw_store_deadline_alerts(struct cw_store *store, int64_t route,
                                                 const char *alerts, struct cw_error *error);

/* Messages of a source chain sent above that block: marked orphaned, condition WAITING "reorged"
 * (held ones stay held), one history line each. */
CW_MUST_USE enum cw_err cw_store_messages_orphan(struct cw_store *store, int64_t chain,
                                                 struct cw_block_number above, uint64_t now_ms,
                                                 size_t *ret_n, struct cw_error *error);

/* Messages of a source chain up to that block are not provisional any longer. */
CW_MUST_USE enum cw_err cw_store_messages_assure(struct cw_store *store, int64_t chain,
                                                 struct cw_block_number final,
                                                 enum cw_assurance assurance,
                                                 struct cw_error *error);
/* Messages whose hold, death or end rests on a block of this chain, where they are delivered on it,
 * above that one: READY again, one history line each. all: every dead and done one. The deadlines
 * of all that are delivered on it are worth a look. */
CW_MUST_USE enum cw_err cw_store_messages_reopen(struct cw_store *store, int64_t chain,
                                                 struct cw_block_number above, bool all,
                                                 uint64_t now_ms, size_t *ret_n,
                                                 struct cw_error *error);

struct cw_store_message_filter {
    int64_t route; /* 0: any */
    bool by_stage, by_condition;
    enum cw_stage stage;
    enum cw_condition condition;
    const struct cw_hash32 *tx;              /* source transaction; NULL: any */
    const struct cw_addr20 *sender, *target; /* NULL: any */
    uint64_t from_s, to_s;                   /* time of the source block; to_s 0: no end */
    int64_t before_row; /* only what stands behind this row; 0: from the newest on */
    size_t limit;
    size_t looks; /* for a page: so many that do not fit end it; 0: CW_STORE_LOOKS_MAX */
};
/* Newest first: by the time of the source block, then by row. Without payload, progress and
 * evidence, which get gives. before_row is no message's: CW_ERR_INPUT. */
CW_MUST_USE enum cw_err cw_store_messages(struct cw_store *store,
                                          const struct cw_store_message_filter *filter,
                                          struct cw_arena *arena, struct cw_store_message **ret,
                                          size_t *ret_n, struct cw_error *error);
/* The same in bounded time: a page ends where the best index has found as many as it may look at,
 * and may hold fewer than limit, or none. *ret_next: the row behind which it goes on; 0: there are
 * no more. */
#define CW_STORE_LOOKS_MAX 20000
CW_MUST_USE enum cw_err cw_store_messages_page(struct cw_store *store,
                                               const struct cw_store_message_filter *filter,
                                               struct cw_arena *arena,
                                               struct cw_store_message **ret, size_t *ret_n,
                                               int64_t *ret_next, struct cw_error *error);
/* Messages of a route (0: any) whose id starts with these hexadecimal digits (no 0x; 1 to 64): at
 * most cap rows, *ret_n says how many up to cap. */
CW_MUST_USE enum cw_err cw_store_messages_prefix(struct cw_store *store, int64_t route,
                                                 const char *digits, int64_t *rows, size_t cap,
                                                 size_t *ret_n, struct cw_error *error);
/* counts[stage][condition] of a route (0: all together). */
CW_MUST_USE enum cw_err cw_store_counts(struct cw_store *store, int64_t route,
                                        uint64_t counts[10][6], struct cw_error *error);

/* Messages of a route that failed and are tried again later, by the reason that they wait for. */
struct cw_store_failing {
    char reason[CW_REASON_SIZE];
    uint64_t n;
};
CW_MUST_USE enum cw_err cw_store_failing(struct cw_store *store, int64_t route,
                                         struct cw_arena *arena, struct cw_store_failing **ret,
                                         size_t *ret_n, struct cw_error *error);

/* --- completeness: the source's own counter beside what is here ------------------------------ */

/* Where a route's counting begins, and what the last check found. */
struct cw_store_counter {
    struct cw_block_number first_block; /* the first one that was read for the route */
    bool based;                         /* the counter was proven once: */
    struct cw_block_number base_block;  /* after this block, first_block - 1 where it could be, */
    uint64_t base;                      /* the next message was to get this number */
    uint64_t checked_ms;                /* 0: never */
    struct cw_block_number block;       /* of the check */
    uint64_t first, next; /* messages with numbers from first up to next are to be here, */
    uint64_t stored;      /* so many are, */
    uint64_t unread;      /* so many may be in blocks that are still to be read, */
    uint64_t uncounted;   /* and so many that are here can't be by that counter */
    char trouble[CW_STORE_TROUBLE_SIZE]; /* why the counter can't be read; "" when it can */
};
CW_MUST_USE enum cw_err cw_store_counter_get(struct cw_store *store, int64_t route, bool *ret_found,
                                             struct cw_store_counter *ret, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_counter_set(struct cw_store *store, int64_t route,
                                             const struct cw_store_counter *counter,
                                             struct cw_error *error);

/* Messages that nobody looked for a number of; without payload, progress and evidence. */
CW_MUST_USE enum cw_err cw_store_unnumbered(struct cw_store *store, int64_t route, size_t limit,
                                            struct cw_arena *arena, struct cw_store_message **ret,
                                            size_t *ret_n, struct cw_error *error);
/* has false, or a number of 2^62 and above: it has none. */
CW_MUST_USE enum cw_err cw_store_message_number(struct cw_store *store, int64_t message, bool has,
                                                uint64_t sequence, struct cw_error *error);
/* A number that something else than a message took; in what follows it counts as one. */
struct cw_store_counted {
    int64_t route;
    int64_t chain; /* of the block */
    uint64_t number;
    struct cw_block_number block;
    uint64_t log_index;
};
/* The same log is kept once. */
CW_MUST_USE enum cw_err cw_store_counted_put(struct cw_store *store,
                                             const struct cw_store_counted *counted,
                                             struct cw_error *error);
/* A rollback of that chain. */
CW_MUST_USE enum cw_err cw_store_counted_cut(struct cw_store *store, int64_t chain,
                                             struct cw_block_number above, struct cw_error *error);
/* The message with the lowest number, and its block. */
CW_MUST_USE enum cw_err cw_store_lowest(struct cw_store *store, int64_t route, bool *ret_found,
                                        uint64_t *ret_sequence, struct cw_block_number *ret_block,
                                        struct cw_error *error);

/* The block of the message with that number; of the first and of the last one when several have it.
 */
CW_MUST_USE enum cw_err cw_store_number_block(struct cw_store *store, int64_t route,
                                              uint64_t number, bool *ret_found,
                                              struct cw_block_number *ret_first,
                                              struct cw_block_number *ret_last,
                                              struct cw_error *error);

/* Numbers from … to that no message has. If they are missing they were sent in blocks from_block …
 * to_block: those of the numbers beside them. */
struct cw_store_gap {
    uint64_t from, to;
    struct cw_block_number from_block, to_block;
};

#define CW_STORE_GAPS 64

/* Appends "5 to 7 (blocks 103 to 105), 9 (blocks 110 to 120)" of the first shown ones to text, cut
 * to fit in size. */
void cw_store_gaps_text(char *text, size_t size, const struct cw_store_gap *gaps, size_t n,
                        size_t shown);

/* What is here of what the counter says, orphaned messages left out. */
struct cw_store_tally {
    uint64_t stored;
    uint64_t uncounted; /* of those in a wrong place at most some 300 are counted */
    size_t gaps_n;      /* ascending, the first ones when there are more */
    struct cw_store_gap gaps[CW_STORE_GAPS];
};
/* Of counter first, next, block and base_block are read. Takes some 10 µs, however many messages
 * there are, plus 8 a gap. */
CW_MUST_USE enum cw_err cw_store_tally(struct cw_store *store, int64_t route,
                                       const struct cw_store_counter *counter,
                                       struct cw_store_tally *ret, struct cw_error *error);

/* --- history ---------------------------------------------------------------------------------- */

struct cw_store_history {
    uint64_t time_ms;
    char kind[24]; /* "stage", "condition", "step", "event", "reorg", "command" */
    enum cw_stage stage;
    enum cw_condition condition;
    char text[320];
    bool has_block, has_tx;
    enum cw_side side;
    struct cw_block_ref block;
    struct cw_hash32 tx;
};
/* Equal lines (kind, text, block, tx) are written once. */
CW_MUST_USE enum cw_err cw_store_history_add(struct cw_store *store, int64_t message,
                                             const struct cw_store_history *line,
                                             struct cw_error *error);
/* Whether it has an equal line. */
CW_MUST_USE enum cw_err cw_store_history_has(struct cw_store *store, int64_t message,
                                             const struct cw_store_history *line, bool *ret,
                                             struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_history_load(struct cw_store *store, int64_t message,
                                              struct cw_arena *arena, struct cw_store_history **ret,
                                              size_t *ret_n, struct cw_error *error);

/* --- attempts: signed transactions ------------------------------------------------------------ */

enum cw_attempt_state {                          /* stored: never renumber */
                        CW_ATTEMPT_SIGNED = 1,   /* on disk; may or may not be on the wire */
                        CW_ATTEMPT_SENT = 2,     /* an endpoint took it */
                        CW_ATTEMPT_INCLUDED = 3, /* in a block that may still be reorganized */
                        CW_ATTEMPT_FINAL = 4,    /* in a final block */
                        CW_ATTEMPT_LOST =
                            5 /* its nonce was used by another transaction that is final */
};
const char *cw_attempt_state_name(enum cw_attempt_state state);

/* The use of one nonce. It may have been signed several times, at rising prices: hash, raw, gas and
 * fees are those of the newest bid, or of the one that was included. */
/* One of several steps that share a transaction. */
struct cw_store_item {
    int64_t message;
    uint64_t gas; /* that the step was estimated to need alone */
};

struct cw_store_attempt {
    int64_t row;
    int64_t message;                   /* 0: it has items, or fills a nonce */
    int64_t route;                     /* read; 0: it fills a nonce */
    const struct cw_store_item *items; /* all of the same step and route; read: from the arena */
    size_t items_n;
    uint64_t estimate; /* gas that was estimated for all items together */
    int64_t chain;     /* that it was sent on */
    uint64_t nonce;
    struct cw_addr20 signer;
    char step[CW_STEP_SIZE];
    struct cw_hash32 hash;
    unsigned bids;       /* read: how many there are */
    struct cw_slice raw; /* signed bytes, from the arena */
    uint64_t gas_limit;
    struct cw_wei max_fee, max_tip; /* per gas */
    enum cw_attempt_state state;
    bool success;              /* from INCLUDED on */
    bool cancelled;            /* that bid does nothing but use the nonce up */
    bool reorged;              /* read: blocks went while it was in one of them, or on its way */
    struct cw_block_ref block; /* from INCLUDED on */
    uint64_t gas_used;
    struct cw_wei gas_price; /* effective */
    struct cw_wei data_fee; /* on top of gas: at most while it is in no block, then what was paid */
    uint64_t data_gas;      /* of its gas, for data */
    uint64_t calldata_bytes, proof_nodes, proof_bytes; /* of the step, or of all that it shares */
    uint64_t signed_ms, sent_ms, included_ms;
    uint64_t kept_block; /* while it is in no block: the head as its bytes were first held to be
                            wrong; 0: they are not */
};
/* Inserts a SIGNED attempt and moves the lane's nonce behind it. CW_ERR_BUSY: that message has an
 * unsettled attempt of this step already (SIGNED, SENT or INCLUDED), or the nonce is taken. (There
 * can be several unsettled ones of a step only when blocks are gone in which they were settled.) */
CW_MUST_USE enum cw_err cw_store_attempt_add(struct cw_store *store,
                                             const struct cw_store_attempt *attempt,
                                             int64_t *ret_row, struct cw_error *error);
/* Another signed transaction of the same nonce, in front of those before: the attempt is SIGNED
 * again. CW_ERR_BUSY when it is in a block, or lost. */
struct cw_store_bid {
    struct cw_hash32 hash;
    struct cw_slice raw;
    uint64_t gas_limit;
    struct cw_wei max_fee, max_tip; /* per gas */
    struct cw_wei data_fee;         /* at most, on top of gas */
    bool cancels;                   /* does nothing but use the nonce up */
    uint64_t signed_ms;
    char why[160]; /* for people; "" of the first */
};
CW_MUST_USE enum cw_err cw_store_attempt_bid(struct cw_store *store, int64_t attempt,
                                             const struct cw_store_bid *bid,
                                             struct cw_error *error);
/* Whether that step of the message was in a batch that is in a block, and not by a reorganization
 * only. */
CW_MUST_USE enum cw_err cw_store_was_batched(struct cw_store *store, int64_t message,
                                             const char *step, bool *ret, struct cw_error *error);
/* Of a route: batches that are in final blocks and the gas that they used, and beside them
 * transactions of the same steps that went alone. */
struct cw_store_saved {
    uint64_t batches, items, gas;
    uint64_t alone, alone_gas;
};
CW_MUST_USE enum cw_err cw_store_saved(struct cw_store *store, int64_t route,
                                       struct cw_store_saved *ret, struct cw_error *error);
/* All of an attempt, oldest first. */
CW_MUST_USE enum cw_err cw_store_bids(struct cw_store *store, int64_t attempt,
                                      struct cw_arena *arena, struct cw_store_bid **ret,
                                      size_t *ret_n, struct cw_error *error);
/* Writes state, success, block, gas_used, gas_price, data_fee, data_gas, sent_ms, included_ms,
 * kept_block; hash says which bid it is about. */
CW_MUST_USE enum cw_err cw_store_attempt_update(struct cw_store *store,
                                                const struct cw_store_attempt *attempt,
                                                struct cw_error *error);
/* SIGNED, SENT and INCLUDED ones of a lane, by nonce. */
CW_MUST_USE enum cw_err cw_store_attempts_open(struct cw_store *store, int64_t chain,
                                               const struct cw_addr20 *signer,
                                               struct cw_arena *arena,
                                               struct cw_store_attempt **ret, size_t *ret_n,
                                               struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_attempts_of(struct cw_store *store, int64_t message,
                                             struct cw_arena *arena, struct cw_store_attempt **ret,
                                             size_t *ret_n, struct cw_error *error);
struct cw_store_attempt_filter {
    int64_t route;      /* 0: any */
    uint64_t since_ms;  /* of being signed for the first time; 0: any */
    int64_t before_row; /* the last one signed first, those behind this row; 0: all of them */
    size_t limit;
};
CW_MUST_USE enum cw_err cw_store_attempts(struct cw_store *store,
                                          const struct cw_store_attempt_filter *filter,
                                          struct cw_arena *arena, struct cw_store_attempt **ret,
                                          size_t *ret_n, struct cw_error *error);
/* An INCLUDED or FINAL one whose block is gone: back to SENT, and one line of history. */
CW_MUST_USE enum cw_err cw_store_attempt_gone(struct cw_store *store, int64_t row, uint64_t now_ms,
                                              struct cw_error *error);
/* The same for all of a chain above that block; those in no block are marked as reorged. */
CW_MUST_USE enum cw_err cw_store_attempts_reorg(struct cw_store *store, int64_t chain,
                                                struct cw_block_number above, uint64_t now_ms,
                                                size_t *ret_n, struct cw_error *error);

/* The next nonce that the store knows of; *ret_found false for a new lane. */
CW_MUST_USE enum cw_err cw_store_lane_nonce(struct cw_store *store, int64_t chain,
                                            const struct cw_addr20 *signer, bool *ret_found,
                                            uint64_t *ret, struct cw_error *error);
/* Never back. */
CW_MUST_USE enum cw_err cw_store_lane_advance(struct cw_store *store, int64_t chain,
                                              const struct cw_addr20 *signer, uint64_t next_nonce,
                                              struct cw_error *error);
/* Worst-case fees (gas_limit × max_fee while open, what was paid once included) of the route's
 * attempts signed since since_ms. */
CW_MUST_USE enum cw_err cw_store_spent(struct cw_store *store, int64_t route, uint64_t since_ms,
                                       struct cw_wei *ret, struct cw_error *error);
/* Not less, and seldom much more: what became cheaper, or too old, may count for a minute. Costs
 * nothing. */
CW_MUST_USE enum cw_err cw_store_spent_at_most(struct cw_store *store, int64_t route,
                                               uint64_t since_ms, struct cw_wei *ret,
                                               struct cw_error *error);
/* The same of all attempts of a message. */
CW_MUST_USE enum cw_err cw_store_spent_on(struct cw_store *store, int64_t message,
                                          struct cw_wei *ret, struct cw_error *error);

/* --- commands: the only rows that other processes write --------------------------------------- */

/* A route's name, "/" and 0x with the 64 digits of an id. */
#define CW_SUBJECT_SIZE (CW_ROUTE_NAME_SIZE + CW_HEX_SIZE(32))

#define CW_COMMAND_ARGS_SIZE 512u

struct cw_store_command {
    int64_t row;
    char verb[16]; /* "retry", "hold", "release"; of the monitor "guard", and "unguard"; "ack",
                      "silence", "unsilence", "test" of alerts; "log-level" */
    char subject[CW_SUBJECT_SIZE]; /* route name, ROUTE/0x… for a message, "*" for those that args
                                      pick, CHAIN/0x… for a lane; of alerts: a number, a pattern, a
                                      sink; a level */
    char text[200];                /* reason given by the operator */
    char args[CW_COMMAND_ARGS_SIZE]; /* further ones of the verb, a line "key=value" each */
    bool done;
    char answer[200];
    uint64_t made_ms, done_ms;
};
/* The subject of a command about one message: route is shorter than CW_ROUTE_NAME_SIZE. */
void cw_store_subject_write(char out[CW_SUBJECT_SIZE], const char *route,
                            const struct cw_hash32 *id);
/* Reads what _write writes, and nothing else: CW_ERR_INPUT. */
CW_MUST_USE enum cw_err cw_store_subject_read(const char *subject,
                                              char ret_route[CW_ROUTE_NAME_SIZE],
                                              struct cw_hash32 *ret_id);

/* Reads CHAIN/0x and the 40 digits of a lane's address, in lower case, and nothing else:
 * CW_ERR_INPUT. */
CW_MUST_USE enum cw_err cw_store_subject_read_lane(const char *subject,
                                                   char ret_chain[CW_ROUTE_NAME_SIZE],
                                                   struct cw_addr20 *ret_address);

/* Opens the database for this one write; works beside a daemon and without one. Only verb,
 * subject, text and args are read. */
CW_MUST_USE enum cw_err cw_store_command_post(const char *path,
                                              const struct cw_store_command *command,
                                              uint64_t now_ms, int64_t *ret_row,
                                              struct cw_error *error);
/* The same through the daemon's own connection, and in its transaction where one is open. */
CW_MUST_USE enum cw_err cw_store_command_add(struct cw_store *store,
                                             const struct cw_store_command *command,
                                             uint64_t now_ms, int64_t *ret_row,
                                             struct cw_error *error);
/* Whether a hold of that route, or of that message of it, is asked for and not carried out yet. */
CW_MUST_USE enum cw_err cw_store_hold_is_asked(struct cw_store *store, const char *route,
                                               const struct cw_hash32 *id, bool *ret,
                                               struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_commands_open(struct cw_store *store, struct cw_arena *arena,
                                               struct cw_store_command **ret, size_t *ret_n,
                                               struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_command_answer(struct cw_store *store, int64_t row,
                                                const char *answer, uint64_t now_ms,
                                                struct cw_error *error);
/* CW_ERR_INPUT when there is no such row. */
CW_MUST_USE enum cw_err cw_store_command_get(struct cw_store *store, int64_t row,
                                             struct cw_store_command *ret, struct cw_error *error);

/* --- what must hold: subjects of invariants, and what is known of them ------------------------ */

#define CW_INVARIANT_NAME_SIZE 32

struct cw_store_subject {
    int64_t row;
    int64_t route;
    char invariant[CW_INVARIANT_NAME_SIZE];
    bool standing;       /* one a route, judged on a schedule; put: its block is not read */
    struct cw_subject s; /* but for the index of the invariant; slices from the caller's arena */
    struct cw_slice log; /* that it arose from, as evidence tells of it; empty: of none */
    /* What follows is not read by put: it begins as UNVERIFIED "not_judged", due at once. */
    enum cw_verdict_state state;
    enum cw_stake stake;         /* VIOLATED */
    char reason[CW_REASON_SIZE]; /* OK: "" */
    char sentence[CW_SENTENCE_SIZE];
    char values[CW_SIDES][CW_VALUE_SIZE];
    struct cw_block_ref seen[CW_SIDES]; /* without times; number 0: none */
    bool provisional;                   /* a block that it rests on was not final */
    uint32_t tries;                     /* in a row that told nothing */
    uint64_t due_ms;                    /* wall clock of the next judgement; 0: none */
    uint64_t first_ms;
    uint64_t since_ms;  /* in this state */
    uint64_t judged_ms; /* last; 0: never */
};
/* Of one key there may be several, one a log. A log that is there already changes nothing
 * (*ret_new false). An earlier log of a key that is known makes the later ones due. */
CW_MUST_USE enum cw_err cw_store_subject_put(struct cw_store *store,
                                             const struct cw_store_subject *subject,
                                             uint64_t now_ms, bool *ret_new,
                                             struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_subject_get(struct cw_store *store, int64_t row,
                                             struct cw_arena *arena, bool *ret_found,
                                             struct cw_store_subject *ret, struct cw_error *error);
/* Rows that were never judged, those of the newest blocks first, or that are due, the longest due
 * first: at most cap. */
CW_MUST_USE enum cw_err cw_store_subjects_fresh(struct cw_store *store, int64_t route, size_t cap,
                                                int64_t *rows, size_t *ret_n,
                                                struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_subjects_due(struct cw_store *store, int64_t route,
                                              uint64_t now_ms, size_t cap, int64_t *rows,
                                              size_t *ret_n, struct cw_error *error);

/* What one judgement makes of a subject. Texts are cut to what fits. */
struct cw_store_judgement {
    int64_t row;
    enum cw_verdict_state state;
    enum cw_stake stake;
    const char *reason, *sentence;
    const char *values[CW_SIDES];
    struct cw_block_ref seen[CW_SIDES];
    const struct cw_block_ref *block; /* of a standing one, where it was judged; NULL: as it was */
    uint64_t rests[CW_SIDES];         /* newest block of each side that it rests on; 0: none */
    bool provisional;
    bool on_final; /* due when a final head moves */
    enum cw_side due_side;
    uint64_t due_chain_s; /* due when that side's newest block has this time; 0: never */
    uint64_t due_ms;      /* 0: never */
    uint32_t tries;
    struct cw_slice memory;    /* p NULL: as it was */
    struct cw_hash32 rests_on; /* zero: as it was */
};
CW_MUST_USE enum cw_err cw_store_subject_judged(struct cw_store *store,
                                                const struct cw_store_judgement *judgement,
                                                uint64_t now_ms, struct cw_error *error);
/* Of all subjects with that key together: VIOLATED when one is, UNVERIFIED when one is or there is
 * none. */
CW_MUST_USE enum cw_err cw_store_verdict_of(struct cw_store *store, int64_t route,
                                            const char *invariant, const struct cw_hash32 *key,
                                            enum cw_verdict_state *ret, struct cw_error *error);
/* Of the violated ones among them the most that is at stake, and whether all of them are
 * provisional; CW_STAKE_NONE and true when there is none. */
CW_MUST_USE enum cw_err cw_store_violation_of(struct cw_store *store, int64_t route,
                                              const char *invariant, const struct cw_hash32 *key,
                                              enum cw_stake *ret_stake, bool *ret_provisional,
                                              struct cw_error *error);

/* Due now: those that rest on that root, or that are about that message and not decided. */
CW_MUST_USE enum cw_err cw_store_subjects_wake_resting(struct cw_store *store, int64_t route,
                                                       const struct cw_hash32 *root,
                                                       uint64_t now_ms, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_subjects_wake_message(struct cw_store *store, int64_t route,
                                                       const struct cw_hash32 *ref, uint64_t now_ms,
                                                       struct cw_error *error);
/* Due now: all. */
CW_MUST_USE enum cw_err cw_store_subjects_wake_all(struct cw_store *store, int64_t route,
                                                   uint64_t now_ms, struct cw_error *error);
/* Heads moved: due are those whose time has come and, where final heads did, those that waited for
 * that, and provisional ones whose blocks are final. */
CW_MUST_USE enum cw_err cw_store_subjects_heads(struct cw_store *store, int64_t route,
                                                const struct cw_heads heads[CW_SIDES],
                                                bool final_moved, uint64_t now_ms,
                                                struct cw_error *error);
/* Blocks of that side above that one are gone, and with them the subjects that arose in them.
 * Verdicts that rest on one are provisional, and due; what their judges kept is forgotten, but for
 * standing ones. all: verdicts that were final, too. ret: keys that were violated and are gone. */
struct cw_store_gone {
    char invariant[CW_INVARIANT_NAME_SIZE];
    struct cw_hash32 key;
};
CW_MUST_USE enum cw_err cw_store_subjects_cut(struct cw_store *store, int64_t route,
                                              enum cw_side side, struct cw_block_number above,
                                              bool all, uint64_t now_ms, struct cw_arena *arena,
                                              struct cw_store_gone **ret, size_t *ret_n,
                                              struct cw_error *error);

struct cw_store_subject_filter {
    int64_t route;               /* 0: any */
    const char *invariant;       /* NULL: any */
    enum cw_verdict_state state; /* 0: any */
    int64_t before_row;          /* newest first, rows below this; 0: from the newest */
    size_t limit;
};
CW_MUST_USE enum cw_err cw_store_subjects(struct cw_store *store,
                                          const struct cw_store_subject_filter *filter,
                                          struct cw_arena *arena, struct cw_store_subject **ret,
                                          size_t *ret_n, struct cw_error *error);

/* Subjects of a route (0: all), by route, invariant, state and reason. */
struct cw_store_verdicts {
    int64_t route;
    char invariant[CW_INVARIANT_NAME_SIZE];
    enum cw_verdict_state state;
    char reason[CW_REASON_SIZE];
    uint64_t n;
};
CW_MUST_USE enum cw_err cw_store_verdicts(struct cw_store *store, int64_t route,
                                          struct cw_arena *arena, struct cw_store_verdicts **ret,
                                          size_t *ret_n, struct cw_error *error);
/* Since when subjects are unverified, by invariant: those that are so since before_ms or longer
 * (UINT64_MAX: all). */
struct cw_store_aged {
    char invariant[CW_INVARIANT_NAME_SIZE];
    uint64_t n;
    uint64_t since_ms;           /* of the oldest */
    char reason[CW_REASON_SIZE]; /* its */
    char about[160], sentence[CW_SENTENCE_SIZE];
};
CW_MUST_USE enum cw_err cw_store_aged(struct cw_store *store, int64_t route, uint64_t before_ms,
                                      struct cw_arena *arena, struct cw_store_aged **ret,
                                      size_t *ret_n, struct cw_error *error);

/* Whether the route's invariants were shown everything that was read for it. */
CW_MUST_USE enum cw_err cw_store_guarded_get(struct cw_store *store, int64_t route, bool *ret,
                                             struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_guarded_set(struct cw_store *store, int64_t route, bool guarded,
                                             struct cw_error *error);

/* What a violated subject wants held, until the relayer was told (posted), and whether it is over.
 */
struct cw_store_hold {
    int64_t row;
    int64_t route;
    char target[CW_SUBJECT_SIZE]; /* as a command's subject */
    char invariant[CW_INVARIANT_NAME_SIZE];
    struct cw_hash32 key;
    char text[200];
    bool wanted;
};
/* Wanted from now on; one that is wanted already stays as it is. row and wanted are not read. */
CW_MUST_USE enum cw_err cw_store_hold_want(struct cw_store *store, const struct cw_store_hold *hold,
                                           struct cw_error *error);
/* None of that subject is wanted any longer. */
CW_MUST_USE enum cw_err cw_store_hold_end(struct cw_store *store, int64_t route,
                                          const char *invariant, const struct cw_hash32 *key,
                                          struct cw_error *error);
/* Those that nobody was told of, oldest first. */
CW_MUST_USE enum cw_err cw_store_holds_open(struct cw_store *store, struct cw_arena *arena,
                                            struct cw_store_hold **ret, size_t *ret_n,
                                            struct cw_error *error);
/* Told of: a wanted one is kept, one that is over forgotten. */
CW_MUST_USE enum cw_err cw_store_hold_posted(struct cw_store *store, int64_t row,
                                             struct cw_error *error);
/* Whether any subject wants that target held. */
CW_MUST_USE enum cw_err cw_store_hold_is_wanted(struct cw_store *store, const char *target,
                                                bool *ret, struct cw_error *error);
/* --- what only metrics tell of them --- */

/* Judgements ever, by route and what they came to. */
struct cw_store_judged {
    int64_t route;
    enum cw_verdict_state state;
    uint64_t n, last_ms;
};
CW_MUST_USE enum cw_err cw_store_judged(struct cw_store *store, struct cw_arena *arena,
                                        struct cw_store_judged **ret, size_t *ret_n,
                                        struct cw_error *error);
/* How long after its block a subject was first decided, ok or violated: each log's once, but for
 * those whose block was older than an hour when it was read. */
struct cw_store_verdict_lag {
    int64_t route;
    uint32_t at_most_s; /* and above that of the one before; INT32_MAX: any more */
    uint64_t n, sum_ms;
};
CW_MUST_USE enum cw_err cw_store_verdict_lag(struct cw_store *store, struct cw_arena *arena,
                                             struct cw_store_verdict_lag **ret, size_t *ret_n,
                                             struct cw_error *error);
/* Of the subjects of the invariant "root", by route and state. */
struct cw_store_newest_root {
    int64_t route;
    enum cw_verdict_state state;
    uint64_t execution_block; /* the highest that one is about; 0: not known of any */
    uint64_t posted_s;        /* when the newest was posted, by its block */
};
CW_MUST_USE enum cw_err cw_store_newest_roots(struct cw_store *store, struct cw_arena *arena,
                                              struct cw_store_newest_root **ret, size_t *ret_n,
                                              struct cw_error *error);
/* Of each route. */
struct cw_store_guard_counts {
    int64_t route;
    bool guarded;                        /* as cw_store_guarded_get */
    uint64_t due;                        /* subjects whose next judgement is due */
    uint64_t route_holds, message_holds; /* what violations want held: the route (0 or 1), messages
                                          */
    uint64_t untold_holds;               /* changes of these that the relayer was not told of yet */
};
CW_MUST_USE enum cw_err cw_store_guard_counts(struct cw_store *store, uint64_t now_ms,
                                              struct cw_arena *arena,
                                              struct cw_store_guard_counts **ret, size_t *ret_n,
                                              struct cw_error *error);

/* Wanted until it is found, for a message that is not there yet: nothing when any subject wants it
 * already. */
CW_MUST_USE enum cw_err cw_store_hold_await(struct cw_store *store, int64_t route,
                                            const char *target, const char *text,
                                            struct cw_error *error);
/* No longer awaited. */
CW_MUST_USE enum cw_err cw_store_hold_forget(struct cw_store *store, int64_t route,
                                             const char *target, struct cw_error *error);
/* Whether anything wants that target held, and why. */
CW_MUST_USE enum cw_err cw_store_hold_find(struct cw_store *store, int64_t route,
                                           const char *target, bool *ret_found, char ret_text[200],
                                           struct cw_error *error);
/* Messages (their ids or aliases) of subjects that rest on that root. */
CW_MUST_USE enum cw_err cw_store_resting_messages(struct cw_store *store, int64_t route,
                                                  const struct cw_hash32 *root,
                                                  struct cw_arena *arena, struct cw_hash32 **ret,
                                                  size_t *ret_n, struct cw_error *error);

/* --- findings: endpoints caught in a contradiction -------------------------------------------- */

struct cw_store_finding {
    uint64_t time_ms, count; /* equal ones are counted; time of the last */
    char chain[64], endpoint[128], method[48], text[320];
    char evidence[256]; /* a file below the data directory; "" for none */
};
/* Equal ones (but for the evidence, which is renewed) are counted; of each endpoint the newest 1000
 * are kept. count is not read. */
CW_MUST_USE enum cw_err cw_store_finding_add(struct cw_store *store,
                                             const struct cw_store_finding *finding,
                                             struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_findings(struct cw_store *store, size_t limit,
                                          struct cw_arena *arena, struct cw_store_finding **ret,
                                          size_t *ret_n, struct cw_error *error);

/* --- endpoints: how they are, and what was asked of them -------------------------------------- */

struct cw_store_endpoint {
    int64_t row;
    int64_t chain;
    uint64_t position; /* in the configuration, from 0 */
    char label[128];   /* never a URL */
    char state[24];    /* as the client names it; "removed": the configuration has it no longer */
    char reason[320];  /* what it did last; "" for nothing */
    uint64_t quick_ms, heavy_ms; /* moving averages; 0: none yet */
    uint64_t answers, bad;       /* the last answers, and those of no use */
    bool has_lag;
    uint64_t lag;            /* blocks */
    uint64_t contradictions; /* ever; put: since the last one */
    uint64_t updated_ms;
};
/* Whether it is asked: it does well, or goes last. */
bool cw_store_endpoint_is_usable(const struct cw_store_endpoint *endpoint);
/* All of the chain are "removed" until they are put again. */
CW_MUST_USE enum cw_err cw_store_endpoints_retire(struct cw_store *store, int64_t chain,
                                                  struct cw_error *error);
/* By chain and label; row is not read. */
CW_MUST_USE enum cw_err cw_store_endpoint_put(struct cw_store *store,
                                              const struct cw_store_endpoint *endpoint,
                                              uint64_t now_ms, int64_t *ret_row,
                                              struct cw_error *error);
/* By chain and position. */
CW_MUST_USE enum cw_err cw_store_endpoints(struct cw_store *store, struct cw_arena *arena,
                                           struct cw_store_endpoint **ret, size_t *ret_n,
                                           struct cw_error *error);

struct cw_store_calls {
    int64_t endpoint; /* row */
    char method[48];
    uint64_t calls, failures; /* ever; add: since the last one */
};
CW_MUST_USE enum cw_err cw_store_calls_add(struct cw_store *store,
                                           const struct cw_store_calls *calls,
                                           struct cw_error *error);
/* By endpoint and method. */
CW_MUST_USE enum cw_err cw_store_calls(struct cw_store *store, struct cw_arena *arena,
                                       struct cw_store_calls **ret, size_t *ret_n,
                                       struct cw_error *error);
/* What the calls are held against: see struct cw_store_chain_row. */
CW_MUST_USE enum cw_err cw_store_blocks_add(struct cw_store *store, int64_t chain, uint64_t blocks,
                                            uint64_t false_blooms, struct cw_error *error);

/* How long after they were due the loop's timers fired. */
struct cw_store_late {
    uint32_t at_most_ms; /* and above that of the one before; INT32_MAX: any more */
    uint64_t n, sum_ms;  /* ever; add: since the last one */
};
CW_MUST_USE enum cw_err cw_store_late_add(struct cw_store *store, const struct cw_store_late *late,
                                          struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_late(struct cw_store *store, struct cw_arena *arena,
                                      struct cw_store_late **ret, size_t *ret_n,
                                      struct cw_error *error);

/* What a signer has on a chain, as it was read last. */
struct cw_store_funds {
    int64_t chain;
    struct cw_addr20 address;
    char signer[64];            /* its name; put: of one that is longer, as much as fits */
    struct cw_wei balance, low; /* low: less than that is told of; 0: no limit */
};
CW_MUST_USE enum cw_err cw_store_funds_put(struct cw_store *store,
                                           const struct cw_store_funds *funds,
                                           struct cw_error *error);
/* Of all: it is not known which signers there will be. */
CW_MUST_USE enum cw_err cw_store_funds_forget(struct cw_store *store, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_funds(struct cw_store *store, struct cw_arena *arena,
                                       struct cw_store_funds **ret, size_t *ret_n,
                                       struct cw_error *error);

/* Messages that take too long. */
struct cw_store_overdue {
    uint64_t n; /* at most CW_STORE_OVERDUE_MAX are counted */
    /* The oldest of them; n > 0. */
    struct cw_hash32 id;
    uint64_t sent_s; /* its block's time */
    enum cw_condition condition;
    char reason[CW_REASON_SIZE];
};
#define CW_STORE_OVERDUE_MAX 10000u
/* Sent in blocks that are final, of that time at most, and neither executed nor dead. Those that
 * the route's policy does not deliver are left out. */
CW_MUST_USE enum cw_err cw_store_overdue(struct cw_store *store, int64_t route, uint64_t sent_s,
                                         struct cw_store_overdue *ret, struct cw_error *error);

/* --- incidents: what somebody must look at ---------------------------------------------------- */

/* A block that it is about. */
struct cw_store_incident_block {
    bool known;
    uint64_t number;
    struct cw_hash32 hash; /* zero: not known */
};

struct cw_store_incident {
    int64_t row;
    enum cw_incident_kind kind;
    char subject[160]; /* with kind: what makes two of them one; the kind says what stands here */
    char chain[64], route[CW_ROUTE_NAME_SIZE]; /* names; "" where there is none */
    char text[320];                            /* what happened, for people */
    char evidence[256];                        /* a file below the data directory; "" for none */
    enum cw_severity severity;                 /* open: 0 stands for the kind's */
    enum cw_incident_state state;              /* open: PROVISIONAL, or else CONFIRMED */
    char invariant[64];                        /* that does not hold; "" for none */
    char advice[320];                          /* what to do; open: "" stands for the kind's */
    char says[CW_SIDES][256];                  /* what that layer says; "" for nothing */
    struct cw_store_incident_block blocks[CW_SIDES];
    bool has_tx;
    struct cw_hash32 tx;
    char pause[320]; /* "0xTO 0xCALLDATA", by which a guardian would stop it; "" for none */

    /* not read when it is opened */
    uint64_t times; /* how often it was opened */
    uint64_t opened_ms, last_ms;
    uint64_t resolved_ms; /* 0: open; withdrawn ones are over, too */
    char resolution[160];
    uint64_t severity_ms; /* since when it has this severity */
    uint64_t acked_ms;    /* 0: nobody acknowledged it at this severity */
    char acked_by[64], ack_note[200];
    bool silenced; /* no sink is told of it now */
};

/* Opens it, or counts the open one of that kind and subject, and renews what it says. What is ""
 * (evidence, invariant, says, pause) or not known (blocks, transaction) stays as it was then;
 * another severity than it was opened with last replaces the one that it has; one that was
 * confirmed stays so. Sinks that want it are told, in the same transaction. */
CW_MUST_USE enum cw_err cw_store_incident_open(struct cw_store *store,
                                               const struct cw_store_incident *incident,
                                               uint64_t now_ms, bool *ret_new,
                                               struct cw_error *error);
/* The open one was provisional and holds. *ret_changed false: none is open, or it was confirmed. */
CW_MUST_USE enum cw_err cw_store_incident_confirm(struct cw_store *store,
                                                  enum cw_incident_kind kind, const char *subject,
                                                  uint64_t now_ms, bool *ret_changed,
                                                  struct cw_error *error);
/* The open one was provisional and is not so. *ret_changed false: none is open, or it was
 * confirmed, which takes a reason to resolve it. */
CW_MUST_USE enum cw_err cw_store_incident_withdraw(struct cw_store *store,
                                                   enum cw_incident_kind kind, const char *subject,
                                                   const char *reason, uint64_t now_ms,
                                                   bool *ret_changed, struct cw_error *error);
/* CW_OK with *ret_was_open false when none is open. The newest 10,000 that are over are kept. */
CW_MUST_USE enum cw_err cw_store_incident_resolve(struct cw_store *store,
                                                  enum cw_incident_kind kind, const char *subject,
                                                  const char *resolution, uint64_t now_ms,
                                                  bool *ret_was_open, struct cw_error *error);
/* *ret_changed false: there is no such row, it is over, or it was acknowledged already. */
CW_MUST_USE enum cw_err cw_store_incident_ack(struct cw_store *store, int64_t row, const char *by,
                                              const char *note, uint64_t now_ms, bool *ret_changed,
                                              struct cw_error *error);
/* Open ones whose severity is older than after_ms of it (0: never) get the next one. */
CW_MUST_USE enum cw_err cw_store_incidents_escalate(struct cw_store *store,
                                                    const uint64_t after_ms[CW_SEVERITIES],
                                                    uint64_t now_ms, size_t *ret_n,
                                                    struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_incident_is_open(struct cw_store *store,
                                                  enum cw_incident_kind kind, const char *subject,
                                                  bool *ret, struct cw_error *error);
/* Open ones first, then newest first. */
CW_MUST_USE enum cw_err cw_store_incidents(struct cw_store *store, bool open_only, size_t limit,
                                           struct cw_arena *arena, struct cw_store_incident **ret,
                                           size_t *ret_n, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_incident_get(struct cw_store *store, int64_t row, bool *ret_found,
                                              struct cw_store_incident *ret,
                                              struct cw_error *error);

/* Open ones of a kind, severity, state and route ("" for none). */
struct cw_store_incident_count {
    enum cw_incident_kind kind;
    enum cw_severity severity;
    enum cw_incident_state state;
    char route[CW_ROUTE_NAME_SIZE];
    uint64_t n;
    uint64_t unattended; /* of them, those that are neither acknowledged nor silenced */
};
CW_MUST_USE enum cw_err cw_store_incident_counts(struct cw_store *store, struct cw_arena *arena,
                                                 struct cw_store_incident_count **ret,
                                                 size_t *ret_n, struct cw_error *error);

/* What became of it, for people. */
struct cw_store_incident_line {
    uint64_t time_ms;
    char event[16]; /* as the alerts' events are called */
    enum cw_severity severity;
    char text[320];
};
/* Oldest first. */
CW_MUST_USE enum cw_err cw_store_incident_history(struct cw_store *store, int64_t row,
                                                  struct cw_arena *arena,
                                                  struct cw_store_incident_line **ret,
                                                  size_t *ret_n, struct cw_error *error);

/* --- signed transactions that pause a bridge -------------------------------------------------- */

enum cw_pause_state {
    CW_PAUSE_DECIDED = 1, /* to be sent, again and again */
    CW_PAUSE_SENT,        /* an endpoint took it */
    CW_PAUSE_INCLUDED,    /* in a block that may still be reorganized */
    CW_PAUSE_FINAL
};
struct cw_store_pause {
    int64_t row, route;
    struct cw_hash32 hash;
    char why[320];
    enum cw_pause_state state;
    bool success; /* INCLUDED, FINAL: it did what it was to do */
    struct cw_block_number block;
    struct cw_hash32 block_hash;
};
/* Once for each transaction: CW_ERR_BUSY when it is there already. raw: kept for the record. */
CW_MUST_USE enum cw_err cw_store_pause_put(struct cw_store *store,
                                           const struct cw_store_pause *pause, struct cw_slice raw,
                                           uint64_t now_ms, struct cw_error *error);
CW_MUST_USE enum cw_err cw_store_pause_get(struct cw_store *store, const struct cw_hash32 *hash,
                                           bool *ret_found, struct cw_store_pause *ret,
                                           struct cw_error *error);
/* State, success and block. */
CW_MUST_USE enum cw_err cw_store_pause_set(struct cw_store *store,
                                           const struct cw_store_pause *pause,
                                           struct cw_error *error);
/* Whether the route (its name is the target) is wanted held for what is violated and puts all of it
 * at stake; provisional: judged on blocks that are not final, too. why: for people. */
CW_MUST_USE enum cw_err cw_store_pause_due(struct cw_store *store, int64_t route,
                                           const char *target, bool provisional, bool *ret,
                                           char why[320], struct cw_error *error);

/* --- answers about final blocks, so that they are not asked again ---------------------------- */

struct cw_store_answer {
    struct cw_hash32 key;         /* the asker's, over all that was asked */
    struct cw_block_number block; /* that it is about */
    unsigned operators;           /* that agreed on it */
    struct cw_slice value;
};

/* Bytes of all chains' answers together; those that were used last stay. 0, as it is at first: none
 * are kept. */
void cw_store_answers_limit(struct cw_store *store, uint64_t max_bytes);
/* Notes the answer (copied) in place of what was known under its key; it is written with the next
 * commit, or by _write, and lost without a word by a crash or a failure. False when it is not kept:
 * too large, no memory, or too much is noted already. */
bool cw_store_answer_keep(struct cw_store *store, int64_t chain,
                          const struct cw_store_answer *answer);
/* What is noted or stored; the reader checks it. *ret_found false when there is nothing. */
CW_MUST_USE enum cw_err cw_store_answer_find(struct cw_store *store, int64_t chain,
                                             const struct cw_hash32 *key, struct cw_arena *arena,
                                             bool *ret_found, struct cw_store_answer *ret,
                                             struct cw_error *error);
/* Whether something waits for a commit. */
bool cw_store_answers_noted(const struct cw_store *store);
/* Writes what is noted: in the caller's transaction, or in one of its own. */
CW_MUST_USE enum cw_err cw_store_answers_write(struct cw_store *store, struct cw_error *error);
/* Those about blocks above that one are forgotten: they were replaced. */
CW_MUST_USE enum cw_err cw_store_answers_cut(struct cw_store *store, int64_t chain,
                                             struct cw_block_number above, struct cw_error *error);

#endif
