/* Shared by the files of watch/ only. */
#ifndef WATCH_INTERNAL_H
#define WATCH_INTERNAL_H

#include "watch/watch.h"

#include "net/eth.h"
#include "net/quorum.h"
#include "net/range.h"
#include "watch/pace.h"

#include <causeway/arena.h>
#include <monitor/finding.h>

#define WATCH_KEPT           8192u /* headers */
#define WATCH_JOB_BLOCKS     50u   /* headers in one go */
#define WATCH_RECEIPTS       4u    /* receipts of so many blocks under way at a time */
#define WATCH_PAST_RECEIPTS  2u    /* in a piece of the backfill */
#define WATCH_PIECES         16u   /* at most */
#define WATCH_AGAIN          16u   /* stretches that are to be read again elsewhere */
#define WATCH_HEADERS_PIECES 8u    /* read header by header, before eth_getLogs is tried again */
#define WATCH_LABEL          96u
#define WATCH_SHORT_FORKS    3u /* polls that must agree on a fork below our head */
#define WATCH_STRAYS         3u /* latest blocks in a row that contradict before somebody is a liar */
#define WATCH_ALL_POLLS      4u    /* so often all operators are asked for latest, not k */
#define WATCH_EVENTS_MS      2000u /* not in the mode full: no pause between two polls is shorter */
#define WATCH_TAG_POLLS      4u /* polls between two looks at safe and final while the head moves */
#define WATCH_STILL_POLLS    16u /* and while it does not */
#define WATCH_IDLE_POLLS     32u /* and while nobody waits for them */
#define WATCH_STALE_MS       30000u
#define WATCH_RETRY_MS       200u
#define WATCH_RETRY_MAX_MS   10000u
#define WATCH_GIVE_UP_MS     45000u      /* for one call over all endpoints */
#define WATCH_LOGS_BYTES     (32u << 20) /* logs of one batch */
#define WATCH_ANSWER_BYTES   (96u << 20) /* one decoded answer with the scratch of its check */
#define WATCH_PARAMS_BYTES   (256u << 10)
#define WATCH_HEARD          128u /* answers about blocks that are kept for when somebody is caught */
#define WATCH_HEARD_BYTES    (32u << 10)  /* of each; a header with its list of transactions */
#define WATCH_TOLD_BYTES     (256u << 10) /* of what eth_getLogs said, a range each */

/* --- headers that are kept: ascending, with gaps where not every header is read --- */

struct watch_window {
    struct cw_store_header *ring; /* WATCH_KEPT */
    bool *unsettled;              /* likewise: see watch_settle */
    size_t first, n;
};

/* i < n; 0 is the oldest. */
const struct cw_store_header *watch_window_at(const struct watch_window *window, size_t i);
/* NULL when empty. */
const struct cw_store_header *watch_window_top(const struct watch_window *window);
/* At its place, by number; one that is kept already stays. The oldest is dropped when it is full.
 */
void watch_window_put(struct watch_window *window, const struct cw_store_header *header,
                      bool unsettled);
bool *watch_window_unsettled(struct watch_window *window, size_t i); /* i < n */
void watch_window_cut(struct watch_window *window, uint64_t above);
/* NULL when that height is not kept. */
const struct cw_store_header *watch_window_find(const struct watch_window *window, uint64_t number);
/* How many kept headers have a number <= number. */
size_t watch_window_upto(const struct watch_window *window, uint64_t number);

/* --- one block under way --- */

enum watch_tag { WATCH_LATEST, WATCH_SAFE, WATCH_FINAL, WATCH_TAGS };

struct watch_block {
    struct cw_store_header h;
    struct cw_hash32 receipts_root;
    struct cw_bloom bloom;
};

/* What eth_getLogs claimed of one block. */
struct watch_claim {
    uint64_t number;
    struct cw_hash32 block;
    uint32_t n;
    struct cw_hash32 digest; /* over the logs, chained */
};

struct watch_slot {
    struct watch_job *job;
    uint64_t number;
    uint64_t call;           /* for receipts; 0: none under way */
    struct cw_quorum *asked; /* for the header; NULL: not under way */
    bool have;               /* block is set */
    bool agreed;             /* as many operators gave it as the quorum has */
    bool bound;              /* only the header with the hash `is` will do */
    bool explained;
    bool contradicts; /* its receipts do not have what eth_getLogs claimed */
    bool claimed;     /* claim says what eth_getLogs had (n 0: nothing) */
    struct cw_hash32 is;
    struct watch_claim claim;
    struct watch_block block;
    struct cw_log *logs; /* in the job's arena */
    size_t logs_n;
    enum cw_err err;
    char why[240];
    char endpoint[WATCH_LABEL];
};

/* --- what eth_getLogs said --- */

struct watch_range {
    struct cw_quorum *asked;    /* NULL: none under way */
    bool ready;                 /* claims are those of the job's blocks */
    struct watch_claim *claims; /* blocks with logs, ascending; malloc'ed */
    size_t claims_n;            /* those that were not handed over yet */
    struct cw_arena arena;      /* in the mode quorum: the logs themselves */
    struct cw_log *logs;
    size_t logs_n;
    struct cw_rpc_said *said; /* and of which blocks: */
    uint64_t from, to;
    enum cw_err err;
    char why[240];
    char endpoint[WATCH_LABEL];
};

/* --- a job: some blocks that are read, checked and handed over --- */

enum watch_job_state {
    WATCH_JOB_NONE,
    /* The live side only: what the chain is that is to be followed. */
    WATCH_JOB_SEED,    /* the cursor's header is fetched: none was kept */
    WATCH_JOB_WALK,    /* kept headers are compared, newest first */
    WATCH_JOB_DOUBT,   /* everybody is asked for a header that the followed chain does not have */
    WATCH_JOB_CONFIRM, /* everybody is asked whether a final block of ours was replaced */
    WATCH_JOB_SETTLE,  /* what no link ties to the final head is asked for once more */
    /* The steps of reading. */
    WATCH_JOB_LOGS, /* eth_getLogs is to say where to look */
    WATCH_JOB_HEADERS,
    WATCH_JOB_LINK, /* waits for the block above it, whose parent it must be */
    WATCH_JOB_RECEIPTS,
    WATCH_JOB_OFFER /* batch is to be taken */
};

/* One of the live side's, or of the backfill's pieces. */
struct watch_job {
    struct cw_watch *watch;
    bool past; /* of the backfill: newest block first; else from the cursor upwards */
    enum watch_job_state state;
    uint64_t from, to;
    struct watch_slot slots[WATCH_JOB_BLOCKS + 1]; /* ascending; WALK: descending */
    size_t n;
    size_t open; /* calls under way */
    size_t next; /* RECEIPTS: so many slots were looked at, in the order in which they are handed
                    over */
    struct cw_arena arena;
    struct cw_timer *retry;
    unsigned failures; /* in a row */
    struct watch_range range;
    struct cw_watch_batch batch;
    bool skips, range_asked;
    struct cw_interval skipped; /* skips: batch.skipped points here */
    struct cw_hash32 below;     /* and batch.below here */
    /* With a quorum, live: the final head that its headers are held to, and how far up they are
     * known to be its ancestors. */
    struct cw_block_ref anchor;
    uint64_t anchored; /* block number; 0: none of them */
    /* past: */
    bool used;    /* it has a piece: blocks low … to */
    bool headers; /* one header a block; else where eth_getLogs says */
    bool pending; /* headers: what is above it comes with another piece */
    bool linked;  /* headers: they hang together up to the final head */
    uint64_t low;
};

/* --- the live side: which chain is followed --- */

struct watch_search {
    /* WALK */
    size_t from; /* kept headers at the start */
    size_t left; /* kept headers that were not compared yet: the newest left - 1 is next */
    size_t size;
    bool have_child; /* child must hang on the first one that is fetched, if that is its parent's
                        number */
    struct watch_block child;
    char child_endpoint[WATCH_LABEL];
    bool child_agreed; /* child is a header that the quorum agrees on, or an ancestor of one */
    char contradicted_by[WATCH_LABEL];  /* who has another block than a final one of ours; or "" */
    struct cw_hash32 contradicted_with; /* that block */
    /* CONFIRM */
    bool ancestor_known;
    uint64_t above;
    struct cw_hash32 ours; /* of our final block that is asked about */
    enum watch_tag tag;    /* DOUBT: whose claim it is; WATCH_LATEST: nobody's */
};

/* --- heads --- */

struct watch_poll {
    struct cw_watch *watch;
    enum watch_tag tag;
    uint64_t call;
    bool have; /* claim is set */
    struct watch_block claim;
    bool doubtful;  /* claim is not on the chain that was followed, which may be the old one */
    bool have_good; /* good: the newest claim that was found on the chain */
    struct watch_block good;
    struct watch_block got; /* of the answer under way */
    bool agreed;            /* with a quorum: k operators have it */
    unsigned mismatches;    /* in a row: claims that are not on the chain that was followed */
    struct cw_hash32 told;  /* hash that a finding was made of */
    char endpoint[WATCH_LABEL];
    struct watch_anchor *anchor; /* with a quorum: safe and final are asked of all operators */
};

/* What somebody said about a block. */
struct watch_heard {
    struct cw_hash32 hash;
    struct cw_rpc_said *said; /* NULL: free */
};

/* An endpoint that is caught. */
struct watch_case {
    enum cw_finding_kind kind;
    const char *endpoint, *method;
    const char *params;       /* JSON; NULL: not at hand */
    struct cw_rpc_said *said; /* what it said, and what that contradicts; NULL: not at hand */
    struct cw_rpc_said *against[2];
};

enum watch_trouble {
    WATCH_TROUBLE_DEEP,  /* reorg beyond final */
    WATCH_TROUBLE_OFFER, /* batch not taken */
    WATCH_TROUBLE_JOB,   /* headers, receipts */
    WATCH_TROUBLE_FINAL, /* the tags */
    WATCH_TROUBLE_SAFE,
    WATCH_TROUBLE_HEAD, /* latest */
    WATCH_TROUBLE_PAST, /* a piece of the backfill */
    WATCH_TROUBLES
};

/* Blocks that are to be read again from others than one operator. */
struct watch_again {
    uint64_t from, to;
    unsigned not_operator; /* 0: anybody may be asked */
};

struct watch_past {
    struct cw_intervals unread; /* as the store has it */
    struct watch_job **pieces;  /* made when there is something to read first */
    size_t pieces_n;
    struct cw_range range;   /* of one eth_getLogs */
    unsigned headers_pieces; /* so many pieces are read header by header: even one block's logs were
                                refused */
    struct watch_again again[WATCH_AGAIN];
    size_t again_next;
    uint64_t read;             /* blocks that were handed over since rate_at_ms */
    uint64_t rate_at_ms, rate; /* blocks a second */
    unsigned mixed; /* in a row: pieces that do not hang together, and nobody knows who lies */
};

struct cw_watch {
    struct cw_watch_config config;
    bool started;
    bool filtered; /* cw_watch_filters was called */
    struct cw_filter *filters;
    size_t filters_n;
    bool in_callback;
    bool restart; /* filters changed in a callback: what is under way is dropped after it */

    bool has_cursor;
    bool has_start;
    uint64_t cursor;
    uint64_t start; /* first block without a cursor */
    struct watch_window window;
    bool checked; /* the kept headers are on the chain */

    struct watch_poll polls[WATCH_TAGS];
    struct cw_timer *poll_timer;
    struct watch_pace pace;
    uint64_t pause_ms;
    bool attended;
    bool tags_due;
    unsigned polls_since_tags;
    uint64_t latest_at_tags;
    unsigned short_forks;
    uint64_t stale_since_ms; /* 0: not stale */

    struct watch_job live;
    struct watch_search search;
    unsigned mixed;   /* in a row: headers that do not hang together although none was replaced */
    unsigned crossed; /* in a row: logs of other blocks than the headers that came with them */
    uint64_t settled; /* block number: up to there kept headers were asked for again, once final */
    struct watch_past past;

    bool have_heads, caught_up;
    bool have_agreed;
    struct cw_block_ref agreed; /* with a quorum: newest ancestor of an agreed final head that was
                                   handed over */
    struct cw_heads heads;
    uint64_t final_max;  /* highest final that was handed out */
    uint64_t final_lost; /* highest one that was reorganized away; trouble until final is above it
                            again */
    uint64_t reorgs;
    uint64_t false_blooms;
    uint64_t last_head_ms;
    struct watch_heard heard[WATCH_HEARD]; /* the newest ones */
    size_t heard_next;
    char troubles[WATCH_TROUBLES][256];
};

/* watch.c */
uint64_t watch_now(const struct cw_watch *watch);
void watch_trouble(struct cw_watch *watch, enum watch_trouble which, const char *format, ...)
    CW_PRINTF(3, 4);
/* Filters changed: drops everything that is under way but a rollback and the job whose batch was
 * just taken (NULL: none), and starts again. */
void watch_start_over(struct cw_watch *watch, struct watch_job *taken);

/* heard.c: who is caught, with both sides */
/* What was said about that block; said may be NULL. */
void watch_hear(struct cw_watch *watch, const struct cw_hash32 *hash, struct cw_rpc_said *said);
/* Borrowed until the next is heard. endpoint NULL: anybody. NULL: not at hand (any longer). */
struct cw_rpc_said *watch_heard(const struct cw_watch *watch, const struct cw_hash32 *hash,
                                const char *endpoint);
void watch_heard_free(struct cw_watch *watch);
/* That endpoint named a block, where that one is known; both may be NULL. */
struct watch_case watch_case_of(const struct cw_watch *watch, enum cw_finding_kind kind,
                                const char *endpoint, const struct cw_hash32 *named,
                                const struct cw_hash32 *against);
/* It is told of only. */
void watch_finding(struct cw_watch *watch, const struct watch_case *found, const char *format, ...)
    CW_PRINTF(3, 4);
/* Its answer is not what is known to be so: it is set aside, too. */
void watch_accuse(struct cw_watch *watch, const struct watch_case *found, const char *format, ...)
    CW_PRINTF(3, 4);

/* live.c: the live side */
/* Starts what is to be done next, if nothing is under way. */
void watch_sync(struct cw_watch *watch);
/* All headers of the live job were fetched, or failed. */
void watch_live_headers(struct cw_watch *watch);
/* The live job's batch was taken. */
void watch_live_taken(struct cw_watch *watch);

/* events.c: the live side where eth_getLogs says where to look */
/* Reads the live job's blocks. */
void watch_events_run(struct cw_watch *watch);
/* The cursor's header, that of the newest block, and the logs have come, or failed. */
void watch_events_looked(struct cw_watch *watch);
/* No link ties a block with logs to the final head: once a safe or final head has passed it, its
 * header is asked for again, and that head's own. True while that is under way. Until then nothing
 * above is called safe or final. */
bool watch_settle(struct cw_watch *watch);

/* heads.c */
bool watch_ref_equal(const struct cw_block_ref *a, const struct cw_block_ref *b);
/* Makes the heads from what is known, and tells them. */
void watch_heads_update(struct cw_watch *watch);
/* Tells them, once everything up to latest was handed over. */
void watch_heads_tell(struct cw_watch *watch);
/* The poll timer: asks for the heads and times the next poll. ctx: the watch. */
void watch_poll_due(void *ctx);
/* Highest block that the endpoints call final, and its hash. NULL: not known. */
const struct cw_block_ref *watch_final(const struct cw_watch *watch);

/* What an answer to the question for that tag brought is in poll->got and poll->endpoint. */
void watch_tag_read(struct watch_poll *poll);
/* There is none: text says why. */
void watch_tag_failed(struct watch_poll *poll, const char *text);
const char *watch_tag_name(enum watch_tag tag);
/* The claim is not on the chain: the one before it counts again, and it is asked for anew. */
void watch_tag_forget(struct cw_watch *watch, struct watch_poll *poll);

/* anchor.c: what k operators say of the heads */
bool watch_quorate(const struct cw_watch *watch); /* more than one must agree */
/* Asks all operators for safe or final, and for latest k of them and then all; ends in
 * watch_tag_read or watch_tag_failed. */
void watch_anchor_ask(struct watch_poll *poll);
void watch_anchor_free(struct watch_poll *poll);

/* doubt.c: headers that do not hang together with those that k operators agree on */
/* The safe or final head is not on the chain that was followed: finds out who lies, and goes back
 * to where both chains are one. */
void watch_doubt(struct cw_watch *watch, enum watch_tag tag);
/* Finds out who lies about that block; what is under way is dropped and tried again. */
void watch_doubt_block(struct cw_watch *watch, uint64_t number);
/* search.above would roll back a final block: only when the quorum agrees that it is another one.
 */
void watch_confirm(struct cw_watch *watch);
/* Whether the live job's headers up to the final head are ancestors of it. False: they are not all
 * there, or one is not; the job was failed. */
bool watch_anchor_job(struct cw_watch *watch);

/* chain.c */
void watch_copy_label(char out[WATCH_LABEL], const char *label);
/* Common check of an eth_getBlockByNumber answer. number: NULL for a tag. */
enum cw_err watch_block_read(const struct cw_watch *watch, struct watch_block *ret,
                             const struct cw_json *value, const uint64_t *number,
                             struct cw_error *error);
/* Operators that must agree on a header that is not final: one, where hashes tell the rest. */
unsigned watch_operators(const struct cw_watch *watch);
/* Asks for slot's header by number, with done; err is set in the slot when it can't be asked. k:
 * operators that must agree. */
void watch_header_ask(struct watch_slot *slot, unsigned k, bool everybody,
                      void (*done)(void *, const struct cw_rpc_result *));
/* Books the end of such a call; true when it was the job's last one. */
bool watch_header_ended(struct watch_slot *slot, const struct cw_rpc_result *result);
/* Compares kept headers with the chain, from the newest one with number <= upto downwards, and
 * rolls back to the newest that is still there. child (may be NULL): the header above that made us
 * doubt. */
void watch_walk(struct cw_watch *watch, uint64_t upto, const struct watch_block *child,
                const char *child_endpoint);
/* The same below a block that is agreed on and is not the one that was kept there, or does not hang
 * on the one that was kept below it. */
void watch_walk_below(struct cw_watch *watch, const struct watch_block *agreed,
                      const char *endpoint);
/* Hands over that the blocks above search.above are gone. */
void watch_roll_back(struct cw_watch *watch, bool beyond, const char *endpoint);
/* Fetches the cursor's header where none is kept. */
void watch_seed(struct cw_watch *watch);

/* job.c */
void watch_job_init(struct watch_job *job, struct cw_watch *watch, bool past);
/* Ends what is under way and frees what it owns. */
void watch_job_done(struct watch_job *job);
/* Empties the job for blocks from … to; slots are added with watch_job_slot, and watch_job_run
 * starts it. */
void watch_job_begin(struct watch_job *job, uint64_t from, uint64_t to);
struct watch_slot *watch_job_slot(struct watch_job *job, uint64_t number);
/* Fetches the headers of all slots. */
void watch_job_run(struct watch_job *job);
/* Fetches the header of one slot again. */
void watch_job_ask(struct watch_slot *slot, unsigned k);
/* Drops what is under way, without a word; a piece keeps its blocks, and what eth_getLogs said. */
void watch_job_drop(struct watch_job *job);
/* Drops it, says why it failed and tries again later. why is copied before it is dropped. */
void watch_job_fail(struct watch_job *job, const char *why);
/* What it may be in trouble about. */
enum watch_trouble watch_job_trouble(const struct watch_job *job);
/* The slots in the order in which their blocks are handed over; i < n. */
struct watch_slot *watch_job_at(struct watch_job *job, size_t i);
/* Hands job->batch over; retries by itself. */
void watch_offer(struct watch_job *job);
/* Goes on with it (offers its batch, or does what is next) after that pause. */
void watch_go_on_after(struct watch_job *job, uint64_t ms);
/* The same after a pause that grows with the failures in a row. */
void watch_retry(struct watch_job *job);
void watch_retry_stop(struct watch_job *job);

/* logs.c */
/* In the mode quorum: gives the slots the logs that operators agree on. False: they are of other
 * blocks; the job was failed. */
bool watch_logs_attach(struct watch_job *job);
bool watch_filter_match(const struct cw_watch *watch, const struct cw_addr20 *address,
                        const struct cw_hash32 *topics, size_t topics_n);
void watch_claim_add(struct watch_claim *claim, const struct cw_addr20 *address,
                     const struct cw_hash32 *topics, size_t topics_n, struct cw_slice data,
                     uint64_t index);
/* All slots have their headers: looks into the receipts of those that need it, and offers what came
 * of it. */
void watch_receipts(struct watch_job *job);

/* range.c */
/* Asks eth_getLogs about the job's blocks, as one of its calls; ends in watch_range_looked. */
void watch_range_ask(struct watch_job *job);
/* It was refused: tries again with fewer blocks. */
void watch_range_refused(struct watch_job *job);
void watch_range_drop(struct watch_job *job);
/* What it said of the slot's block is not so by the block's header, or by these receipts (may be
 * NULL). accuse: it is set aside, too. */
void watch_range_caught(const struct watch_slot *slot, enum cw_finding_kind kind,
                        struct cw_rpc_said *receipts, bool accuse, const char *why);

/* backfill.c: the past */
CW_MUST_USE enum cw_err watch_past_init(struct cw_watch *watch); /* watch_past_free in any case */
/* Gives every idle piece something to read, as far as there is something. */
void watch_backfill(struct cw_watch *watch);
/* Goes on with a piece of which nothing is under way. */
void watch_past_go_on(struct watch_job *job);
/* What is left of what eth_getLogs has said is looked into, as much as a job takes. */
void watch_past_logs(struct watch_job *job);
void watch_past_headers(struct watch_job *job);
void watch_past_taken(struct watch_job *job);
/* Whether what is read next is read header by header; else where eth_getLogs says. */
bool watch_by_headers(const struct cw_watch *watch);
/* Drops all pieces but that one (NULL: all). */
void watch_past_drop(struct cw_watch *watch, const struct watch_job *but);
/* Blocks above are gone; beyond: so is what was final. */
void watch_past_cut(struct cw_watch *watch, uint64_t above, bool beyond);
/* What receipts of the live side wait for goes first. */
bool watch_live_busy(const struct cw_watch *watch);
/* Operator that is not to be asked about these blocks; 0: anybody may be. */
unsigned watch_past_not_operator(const struct cw_watch *watch, uint64_t from, uint64_t to);
void watch_past_progress(const struct cw_watch *watch, struct cw_watch_progress *ret);
void watch_past_free(struct cw_watch *watch);

#endif
