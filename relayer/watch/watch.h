/* One chain, watched: heads by tag, reorgs, and the logs of the routes' filters. What it hands over
 * is tied to block hashes; a batch is taken whole (and committed with the cursor, or with what is
 * left of the past) or offered again.
 *
 * Logs. Every log that is handed over (but in the mode quorum) was taken from receipts that hash to
 * the receiptsRoot of a header whose hash was recomputed. log_index is the position among these
 * receipts; tx_hash is what the endpoint says (receipts do not bind it). Each says what it rests on
 * (cw_log.assurance): provisional above the final head; at or below it what cw_watch_assurance
 * says.
 *
 * Live. It begins at the final head at once, or goes on at the cursor (or start block) where that
 * is at most live_blocks behind. In the mode
 *  - full: every header, linked to the one before by its parent hash, and receipts where the bloom
 *    matches a filter. A log can't be made up, changed or left out. Calls: one header a block and
 *    the receipts of matching blocks.
 *  - events, for blocks that come faster than they are to be asked for: at each look that found new
 *    blocks, and not more often than each 2 s, the header of the cursor (is it the chain that we
 *    know?), eth_getLogs from there to the head, and headers and receipts of the blocks that it
 *    names. A log can't be made up or changed. A block that is left out altogether is not noticed:
 *    that takes the contract's counter. No link ties a named block to the final head, so its header
 *    is asked for once more when a safe or final head passes it; before, no head is handed out that
 *    lies above it. Where logs are refused even of one block, headers are read for a while.
 *  - quorum, for chains whose headers can't be hashed here: the same calls as in events, each (the
 *    newest head too) put to k operators, and believed as k give the same answer; logs as
 *    eth_getLogs has them, no receipts. Who answers otherwise about what is not final may lag, and
 *    is not accused. Nothing is proved.
 *
 * The past. What the live side passes over, and what the host asks for (cw_watch_read_again), is a
 * set of intervals that the host keeps with the batches. It is read newest first, some pieces at a
 * time, up to the final head only, and waits while the live side waits for receipts. In the mode
 *  - full: one header a block and the receipts where the bloom matches. Trust comes downwards by
 *    parent hashes, from a header that the live side has, or from the lowest that was read; where
 *    neither is known the quorum must give it. A piece whose upper neighbour is not known yet
 *    waits for it. Who serves a header that is not its child's parent is set aside.
 *  - events: eth_getLogs over ranges says where to look; header and receipts of those blocks prove
 *    what is there. A range halves when it is refused, down to 1 (then some pieces are read header
 *    by header), and doubles after 4 successes in a row.
 *  - quorum: eth_getLogs over ranges, and the headers that it names, as k operators agree.
 *
 * Polling. eth_getBlockByNumber(latest) is asked soon after the next block is expected (pace.h),
 * and after poll_ms at the latest; the header of latest is not asked again when it is the next
 * block. safe and finalized are asked in the same batch at the first poll; then, while somebody
 * waits for them (cw_watch_attend), each 4th poll that saw latest move, else each 32nd. So a chain
 * that nobody waits for costs some 1.1 calls a block, one that somebody waits for 1.6.
 *
 * Quorum. With one operator's word (quorum 1) whoever is asked is believed about the tags. With
 * quorum k > 1 safe and final are asked of all n operators: the tag is the block that k name, else
 * the one at the k-th highest of the heights they name, once k give the same header for it by its
 * number; with fewer it stays where it is, and the trouble says who said what. Trust goes from it
 * down by parent hashes: a batch and a head are final only when they are ancestors of an agreed
 * header, or a header of theirs was given by k. What lies above is provisional. It is followed up
 * to a latest block that k operators have: k are asked for it, the others when they disagree and
 * each 4th time, and the headers below must hang on it. Where fewer than k answer at all the newest
 * that is named is followed, on one endpoint's word; when an agreed head is not on it everybody is
 * asked for that header, and it is rolled back to where both are one. A rollback of a final block
 * happens only when k operators have another one there. Endpoints that contradict what k agree on
 * are accused (cw_rpc_accuse); a latest block may have been reorganized away, so that takes three
 * in a row. k calls instead of one for latest and n for each tag: with k = 2 of 3 some 2.5 and 3.8
 * calls a block over all endpoints, 1.1 and 1.5 for each of the two that are asked first. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "net/rpc.h"
#include "store/store.h"

#include <adapters/adapter.h>
#include <causeway/base.h>

struct cw_watch;

/* Everything that a range of blocks brought. Borrowed for the call. */
struct cw_watch_batch {
    bool rollback; /* blocks above `above` are gone (blocks that were handed over before) */
    struct cw_block_number above;
    bool beyond_final; /* with rollback: some of them had been final */
    bool bottomless;   /* with rollback: none of the kept headers is on the chain any longer, and
                          blocks at or below `above` may be gone, too */
    /* Blocks of the past, which were unread until now: the cursor stays. */
    bool past;
    const struct cw_hash32 *below; /* past: hash of block from - 1, where known; else NULL */
    struct cw_block_number from,
        to; /* the blocks that are new; from > to: none (a rollback always comes alone) */
    /* Blocks between the cursor and from that were passed over: unread from now on. NULL: none. */
    const struct cw_interval *skipped;
    const struct cw_store_header *headers; /* one a block; past: none */
    size_t headers_n;
    /* Label of the endpoint whose eth_getLogs said where to look; NULL: the headers did. */
    const char *logs_by;
    const struct cw_log *logs; /* in chain order; block.timestamp_s and beside are set */
    size_t logs_n;
    bool final; /* every block is at or below the final head */
};

struct cw_watch_config {
    const char *chain;
    struct cw_rpc *rpc;
    struct cw_loop *loop;
    unsigned quorum;   /* k: operators that must agree on final heads; 0 or 1: one endpoint's word.
                          At most cw_rpc_operators() */
    uint64_t poll_ms;  /* longest pause between two polls */
    enum cw_mode mode; /* 0: full. CW_MODE_QUORUM wants a quorum of two or more */
    uint64_t log_range_max;
    uint64_t live_blocks;
    unsigned backfill_ranges; /* pieces of the past that are read at a time, at most 16 */
    uint64_t start_block;     /* used when the store has no cursor; 0: the final head then */
    const struct cw_intervals *unread;   /* what the store has; copied. NULL: nothing */
    struct cw_block_number final_before; /* the final head that the store knows; 0: none. A start-up
                                            rollback below it is beyond_final */
    /* CW_OK: committed, never offered again. Otherwise the watcher offers the same again later (200
     * ms, doubling to 10 s). */
    enum cw_err (*batch)(void *ctx, const struct cw_watch_batch *batch);
    /* The receipts of a block that is followed live, as the endpoint gave them: a JSON array, until
     * the callback returns. They hash to the receipts root of its header, which does not bind their
     * transactions' hashes; the block comes with a batch later, or not at all. May be NULL. */
    void (*receipts)(void *ctx, const struct cw_block_ref *block, const struct cw_json *receipts);
    /* Heads moved (or were read for the first time); not before everything up to latest was handed
     * over once. */
    void (*heads)(void *ctx, const struct cw_heads *heads);
    /* Contradictions between answers (link, receipts against logs, reorg beyond final): which
     * endpoint, what, both sides as far as they are at hand. What a single answer shows is reported
     * by the rpc. May be NULL. */
    void (*finding)(void *ctx, const struct cw_rpc_finding *finding);
    void *ctx;
};

/* cursor_found/cursor and headers (ascending) are what the store kept. chain, rpc and loop are
 * borrowed until cw_watch_free. */
CW_MUST_USE enum cw_err cw_watch_new(struct cw_watch **ret, const struct cw_watch_config *config,
                                     bool cursor_found, struct cw_block_number cursor,
                                     const struct cw_store_header *headers, size_t headers_n,
                                     struct cw_error *error);
void cw_watch_free(
    struct cw_watch *watch); /* takes NULL; not from a callback; before the rpc's and the loop's */

/* Filters of all routes on this chain; takes effect from the next block (and the next piece of the
 * past). Copied. Until it is called
 * for the first time nothing is handed over; n = 0 afterwards: headers only. May be called from a
 * callback. */
CW_MUST_USE enum cw_err cw_watch_filters(struct cw_watch *watch, const struct cw_filter *filters,
                                         size_t n);
void cw_watch_start(struct cw_watch *watch);
/* The host has put blocks from … to among those that are unread: reads them (again), once they are
 * at or below the final head. not_from: name of an operator whom eth_getLogs is not asked of where
 * there is another one; NULL: anybody will do. Not from within a batch. */
CW_MUST_USE enum cw_err cw_watch_read_again(struct cw_watch *watch, struct cw_block_number from,
                                            struct cw_block_number to, const char *not_from);
enum cw_mode cw_watch_mode(const struct cw_watch *watch);
/* Whether somebody waits for safe or final to move: at first yes. */
void cw_watch_attend(struct cw_watch *watch, bool somebody_waits);
/* What the logs of final blocks of this chain rest on. */
enum cw_assurance cw_watch_assurance(const struct cw_watch *watch);
/* The pause between two polls now. */
uint64_t cw_watch_pause_ms(const struct cw_watch *watch);

/* What is known now; NULL until the heads were read and the kept headers checked against them.
 * latest is the newest block that was handed over (the cursor); final (and safe) never lie above
 * it. They never go back but by a reorg. Before the first cw_watch_filters: the three heads as the
 * endpoints name them (enough to read a contract's version). */
const struct cw_heads *cw_watch_heads(const struct cw_watch *watch);
/* The header of a kept block (newest some 8192 followed live), by number; false when it is not
 * kept. */
bool cw_watch_header_at(const struct cw_watch *watch, struct cw_block_number number,
                        struct cw_store_header *ret);

struct cw_watch_progress {
    bool known;              /* heads were read */
    uint64_t cursor, target; /* block numbers */
    uint64_t unread;         /* blocks of the past that are left */
    uint64_t blocks_per_s;   /* of the past; 0: unknown */
    uint64_t eta_s;          /* 0: unknown or there */
    uint64_t log_range;      /* blocks in one eth_getLogs now */
    uint64_t reorgs;
    uint64_t false_blooms; /* blocks whose receipts were read and had nothing that is wanted */
    uint64_t last_head_ms; /* monotonic clock when the head moved last */
    const char *trouble;   /* what holds it up, "" when nothing does */
};
void cw_watch_progress(const struct cw_watch *watch, struct cw_watch_progress *ret);

#endif
