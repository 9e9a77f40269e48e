/* Shared by the files of watch/ only. */
#ifndef WATCH_INTERNAL_H
#define WATCH_INTERNAL_H

#include "watch/watch.h"

#include "net/eth.h"
#include "net/quorum.h"
#include "watch/pace.h"

#include <causeway/arena.h>
#include <monitor/finding.h>

#define WATCH_KEPT         8192u /* headers */
#define WATCH_JOB_BLOCKS   50u   /* headers in one go */
#define WATCH_RECEIPTS     4u    /* receipts of so many blocks under way at a time */
#define WATCH_LABEL        96u
#define WATCH_SHORT_FORKS  3u  /* polls that must agree on a fork below our head */
#define WATCH_TAG_POLLS    4u  /* polls between two looks at safe and final while the head moves */
#define WATCH_STILL_POLLS  16u /* and while it does not */
#define WATCH_IDLE_POLLS   32u /* and while nobody waits for them */
#define WATCH_RANGES_GOOD  4u  /* ranges in a row that must succeed before they grow */
#define WATCH_STALE_MS     30000u
#define WATCH_RETRY_MS     200u
#define WATCH_RETRY_MAX_MS 10000u
#define WATCH_GIVE_UP_MS   45000u      /* for one call over all endpoints */
#define WATCH_LOGS_BYTES   (32u << 20) /* logs of one batch */
#define WATCH_ANSWER_BYTES (96u << 20) /* one decoded answer with the scratch of its check */
#define WATCH_PARAMS_BYTES (256u << 10)

/* --- headers that are kept: ascending, with gaps where ranges were caught up --- */

struct watch_window {
    struct cw_store_header *ring; /* WATCH_KEPT */
    size_t first, n;
};

/* i < n; 0 is the oldest. */
const struct cw_store_header *watch_window_at(const struct watch_window *window, size_t i);
/* NULL when empty. */
const struct cw_store_header *watch_window_top(const struct watch_window *window);
/* Ascending numbers only (asserted); the oldest is dropped when it is full. */
void watch_window_push(struct watch_window *window, const struct cw_store_header *header);
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
    uint32_t n;
    struct cw_hash32 digest; /* over the logs, chained */
};

struct watch_slot {
    struct cw_watch *watch;
    uint64_t number;
    uint64_t call;           /* for receipts; 0: none under way */
    struct cw_quorum *asked; /* for the header; NULL: not under way */
    bool have;               /* block is set */
    bool explained;
    bool claimed; /* claim says what eth_getLogs had (n 0: nothing) */
    struct watch_claim claim;
    struct watch_block block;
    struct cw_log *logs; /* in the job's arena */
    size_t logs_n;
    enum cw_err err;
    char why[240];
    char endpoint[WATCH_LABEL];
};

/* The one thing that is under way, beside polls and ranges. */
enum watch_job_state {
    WATCH_JOB_NONE,
    WATCH_JOB_SEED,    /* the cursor's header is fetched: none was kept */
    WATCH_JOB_WALK,    /* kept headers are compared, newest first */
    WATCH_JOB_DOUBT,   /* everybody is asked for a header that the followed chain does not have */
    WATCH_JOB_CONFIRM, /* everybody is asked whether a final block of ours was replaced */
    WATCH_JOB_HEADERS,
    WATCH_JOB_RECEIPTS,
    WATCH_JOB_OFFER /* batch is to be taken */
};

struct watch_job {
    enum watch_job_state state;
    bool live; /* else a part of a range */
    uint64_t from, to;
    struct watch_slot slots[WATCH_JOB_BLOCKS + 1];
    size_t n;
    size_t open; /* calls under way */
    size_t next; /* RECEIPTS: slot that is looked at next */
    struct cw_arena arena;
    char claimed_by[WATCH_LABEL]; /* endpoint of the eth_getLogs */
    /* WALK */
    size_t walk_from; /* kept headers at the start */
    size_t
        walk_left; /* kept headers that were not compared yet: the newest walk_left - 1 is next */
    size_t walk_size;
    bool have_child; /* child must hang on the first one that is fetched, if that is its parent's
                        number */
    struct watch_block child;
    char child_endpoint[WATCH_LABEL];
    bool child_agreed; /* child is a header that the quorum agrees on, or an ancestor of one */
    char contradicted_by[WATCH_LABEL]; /* who has another block than a final one of ours; or "" */
    /* With a quorum: the final head that this job's headers are held to, and how far up they are
     * known to be its ancestors. */
    struct cw_block_ref anchor;
    uint64_t anchored; /* block number; 0: none of them */
    /* CONFIRM */
    bool ancestor_known;
    uint64_t above;
    struct cw_hash32 ours; /* of our final block that is asked about */
    enum watch_tag tag;    /* DOUBT: whose claim it is; WATCH_LATEST: nobody's */
    /* OFFER */
    struct cw_watch_batch batch;
};

/* --- a range that eth_getLogs is asked for --- */

struct watch_range {
    struct cw_watch *watch;
    bool used;
    uint64_t from, to;
    uint64_t call; /* 0: answered */
    bool ready;
    struct watch_claim *claims; /* blocks with logs, ascending; malloc'ed */
    size_t claims_n;
    enum cw_err err;
    char why[240];
    char endpoint[WATCH_LABEL];
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
    unsigned mismatches;    /* in a row: claims that are not on the chain that was followed */
    struct cw_hash32 told;  /* hash that a finding was made of */
    char endpoint[WATCH_LABEL];
    struct watch_anchor *anchor; /* with a quorum: safe and final are asked of all operators */
};

enum watch_trouble {
    WATCH_TROUBLE_DEEP,  /* reorg beyond final */
    WATCH_TROUBLE_OFFER, /* batch not taken */
    WATCH_TROUBLE_JOB,   /* headers, receipts, ranges */
    WATCH_TROUBLE_FINAL, /* the tags */
    WATCH_TROUBLE_SAFE,
    WATCH_TROUBLE_HEAD, /* latest */
    WATCH_TROUBLES
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
    uint64_t cursor;
    bool has_start;
    uint64_t start; /* first block without a cursor */
    struct watch_window window;
    bool checked; /* the kept headers are on the chain */

    struct watch_poll polls[WATCH_TAGS];
    struct cw_timer *poll_timer;
    struct watch_pace pace;
    uint64_t pause_ms;
    bool attended;
    unsigned polls_since_tags;
    uint64_t latest_at_tags;
    bool tags_due;
    unsigned latest_from; /* with a quorum: operator that is asked for latest; 0: anybody */
    unsigned short_forks;
    uint64_t stale_since_ms; /* 0: not stale */

    struct watch_job job;
    unsigned mixed;    /* in a row: headers that do not hang together although none was replaced */
    unsigned failures; /* in a row */
    struct cw_timer *retry;

    struct watch_range ranges[2];
    unsigned range_now; /* index of the one that is worked on; the other is fetched ahead */
    uint64_t log_range;
    unsigned ranges_good; /* in a row, at that size */
    uint64_t live_until;  /* up to here a range was refused even for one block: headers instead */

    bool have_heads, caught_up, catching_up;
    bool have_agreed;
    struct cw_block_ref agreed; /* with a quorum: newest ancestor of an agreed final head that was
                                   handed over while catching up */
    struct cw_heads heads;
    uint64_t final_max;  /* highest final that was handed out */
    uint64_t final_lost; /* highest one that was reorganized away; trouble until final is above it
                            again */
    uint64_t reorgs;
    uint64_t false_blooms;
    uint64_t last_head_ms;
    uint64_t rate_at_ms, rate_cursor, rate; /* blocks a second */
    char troubles[WATCH_TROUBLES][256];
};

/* watch.c */
uint64_t watch_now(const struct cw_watch *watch);
void watch_trouble(struct cw_watch *watch, enum watch_trouble which, const char *format, ...)
    CW_PRINTF(3, 4);
void watch_finding(struct cw_watch *watch, enum cw_finding_kind kind, const char *endpoint,
                   const char *method, const char *format, ...) CW_PRINTF(5, 6);
/* Starts what is to be done next, if nothing is under way. */
void watch_sync(struct cw_watch *watch);
/* Hands job.batch over; retries by itself. */
void watch_offer(struct cw_watch *watch);
/* Filters changed: drops everything that is under way but a rollback, and starts again. */
void watch_start_over(struct cw_watch *watch);
/* Calls watch_sync (or watch_offer) after that pause. */
void watch_sync_after(struct cw_watch *watch, uint64_t ms);
/* The same after a pause that grows with the failures in a row. */
void watch_retry(struct cw_watch *watch);

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
/* Has latest asked of the next operator in turn; nothing without a quorum. */
void watch_latest_elsewhere(struct cw_watch *watch);

/* anchor.c: what k operators say */
bool watch_quorate(const struct cw_watch *watch); /* more than one must agree */
/* Asks all operators for safe or final; ends in watch_tag_read or watch_tag_failed. */
void watch_anchor_ask(struct watch_poll *poll);
void watch_anchor_free(struct watch_poll *poll);
/* The safe or final head is not on the chain that was followed: finds out who lies, and goes back
 * to where both chains are one. */
void watch_doubt(struct cw_watch *watch, enum watch_tag tag);
/* Finds out who lies about that block; what is under way is dropped and tried again. */
void watch_doubt_block(struct cw_watch *watch, uint64_t number);
/* job.above would roll back a final block: only when the quorum agrees that it is another one. */
void watch_confirm(struct cw_watch *watch);
/* Whether the job's headers up to the final head are ancestors of it. False: they are not all
 * there, or one is not; the job was failed. */
bool watch_anchor_job(struct cw_watch *watch);
/* That endpoint's answer is not what the quorum says. */
void watch_accuse(struct cw_watch *watch, const char *endpoint, enum cw_finding_kind kind,
                  const char *format, ...) CW_PRINTF(4, 5);

/* chain.c */
void watch_copy_label(char out[WATCH_LABEL], const char *label);
/* Common check of an eth_getBlockByNumber answer. number: NULL for a tag. */
enum cw_err watch_block_read(struct watch_block *ret, const struct cw_json *value,
                             const uint64_t *number, struct cw_error *error);
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
/* The same below a block that is agreed on and is not the one that was kept there. */
void watch_walk_below(struct cw_watch *watch, const struct watch_block *agreed,
                      const char *endpoint);
/* Hands over that the blocks above job.above are gone. */
void watch_roll_back(struct cw_watch *watch, bool beyond, const char *endpoint);
/* Fetches the cursor's header where none is kept. */
void watch_seed(struct cw_watch *watch);

/* logs.c */
bool watch_filter_match(const struct cw_watch *watch, const struct cw_addr20 *address,
                        const struct cw_hash32 *topics, size_t topics_n);
void watch_claim_add(struct watch_claim *claim, const struct cw_addr20 *address,
                     const struct cw_hash32 *topics, size_t topics_n, struct cw_slice data,
                     uint64_t index);
/* Empties the job for blocks from … to; slots are added with watch_job_slot, and watch_job_run
 * starts it. */
void watch_job_begin(struct cw_watch *watch, bool live, uint64_t from, uint64_t to);
struct watch_slot *watch_job_slot(struct cw_watch *watch, uint64_t number);
void watch_job_run(struct cw_watch *watch);
/* Drops what is under way, without a word. */
void watch_job_drop(struct cw_watch *watch);
/* Drops it, says why it failed and tries again later. why is copied before it is dropped. */
void watch_job_fail(struct cw_watch *watch, const char *why);

/* range.c */
void watch_ranges_drop(struct cw_watch *watch);
/* Goes on with the ranges from block next to the final head. */
void watch_range_step(struct cw_watch *watch, uint64_t next, uint64_t final);
/* The cursor moved: gives back the range that is done. */
void watch_range_taken(struct cw_watch *watch);

#endif
