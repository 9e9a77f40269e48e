/* Signed transactions of one lane, from their commit until they are final: broadcast, repeated
 * broadcast, receipts, reorgs, and the nonces that are left. What it holds in memory is what the
 * store holds; the store is written first. */
#ifndef TX_OUTBOX_H
#define TX_OUTBOX_H

#include "core/config.h"
#include "core/loop.h"
#include "net/rpc.h"
#include "store/store.h"
#include "tx/lane.h"

#include <adapters/io.h>
#include <causeway/base.h>

struct cw_outbox;

struct cw_outbox_config {
    struct cw_loop *loop;
    struct cw_rpc *rpc, *send; /* as in struct cw_lane_config */
    struct cw_store *store;
    int64_t chain_row;
    const struct cw_config_chain *chain;
    struct cw_addr20 address;
    /* As in struct cw_lane_config. */
    bool (*header_at)(void *ctx, struct cw_block_number number, struct cw_store_header *ret);
    void (*moved)(void *ctx, const struct cw_store_attempt *attempts, size_t n);
    void (*again)(void *ctx, const struct cw_store_attempt *attempt, enum cw_lane_again what,
                  bool had_block, const char *why);
    /* Nonces became known, or there is room for another attempt. */
    void (*changed)(void *ctx);
    /* Nonces from … to - 1 were used by transactions that are not ours (from == to: all are ours
     * again). Not shifting, the lane then holds until cw_outbox_accept. */
    bool shift_foreign;
    bool held_for_foreign; /* from the start on: nobody accepted it yet */
    void (*foreign)(void *ctx, uint64_t from, uint64_t to);
    void *ctx;
};

CW_MUST_USE enum cw_err cw_outbox_new(struct cw_outbox **ret, const struct cw_outbox_config *config,
                                      struct cw_error *error);
void cw_outbox_free(struct cw_outbox *outbox); /* takes NULL */

CW_MUST_USE enum cw_err cw_outbox_resume(struct cw_outbox *outbox, struct cw_error *error);
/* As cw_lane_receipts. */
void cw_outbox_receipts(struct cw_outbox *outbox, const struct cw_block_ref *block,
                        const struct cw_json *receipts);
void cw_outbox_heads(struct cw_outbox *outbox, const struct cw_heads *heads);
/* Other fee rules from here on; borrowed as before. */
void cw_outbox_chain_config(struct cw_outbox *outbox, const struct cw_config_chain *chain);
/* The store's rows went back to SENT: read them again soon. */
void cw_outbox_rollback(struct cw_outbox *outbox);

/* As cw_lane_judge. */
void cw_outbox_judge(struct cw_outbox *outbox, int64_t message, const char *step,
                     const struct cw_call *call, const char *why);

/* The nonce of the next attempt; false while it is not known. It stays the same until _take. */
bool cw_outbox_nonce(const struct cw_outbox *outbox, uint64_t *ret);
/* Goes on behind what others sent with our key; nothing when the lane does not hold for that. True
 * when it did. */
bool cw_outbox_accept(struct cw_outbox *outbox);
/* Somebody read the account's nonce at latest (a claim). Above ours it is asked again before it is
 * believed, of a second operator where there is one. */
void cw_outbox_chain_nonce(struct cw_outbox *outbox, uint64_t nonce);

/* An attempt was committed: broadcasts it and moves the nonce. worst: fee and value at most. */
void cw_outbox_take(struct cw_outbox *outbox, const struct cw_store_attempt *attempt,
                    const struct cw_wei *worst);

/* One that went out and that blocks have passed by, or that would fail and whose nonce is needed.
 * Borrowed until the next call. */
struct cw_outbox_stuck {
    int64_t attempt, message;
    uint64_t nonce;
    const char *step;
    struct cw_slice raw;
    uint64_t gas_limit;
    struct cw_wei max_fee, max_tip; /* per gas, of the newest bid */
    struct cw_wei data_fee;         /* of it, at most */
    bool cancels;                   /* the newest bid does */
    bool shared;                    /* message is 0, and it has items */
    bool underpriced;               /* a pool asks for more */
    uint64_t blocks;                /* since it went out */
    bool doomed;                    /* it would fail */
};
/* The next one from *at on (0: the one with the lowest nonce), which is moved behind it; false when
 * there is none. */
bool cw_outbox_stuck(const struct cw_outbox *outbox, size_t *at, struct cw_outbox_stuck *ret);
/* A nonce that comes next on the chain, that nothing of ours has, and behind which attempts wait.
 */
bool cw_outbox_gap(const struct cw_outbox *outbox, uint64_t *ret_nonce);
/* Those that share an attempt's transaction; none when it is gone. Borrowed until the next call. */
const struct cw_store_item *cw_outbox_items(const struct cw_outbox *outbox, int64_t attempt,
                                            size_t *ret_n);
/* It is in no block, as far as is known, and nothing is to be written of it. */
bool cw_outbox_may_bid(const struct cw_outbox *outbox, int64_t attempt);
/* Another bid for an attempt's nonce was committed (may_bid says that it may): broadcasts it. */
void cw_outbox_bid(struct cw_outbox *outbox, int64_t attempt, const struct cw_store_bid *bid,
                   const struct cw_wei *worst);

/* Worst case of what is signed and not in a block yet. */
struct cw_wei cw_outbox_reserved(const struct cw_outbox *outbox);
size_t cw_outbox_flying(const struct cw_outbox *outbox); /* not in a block */
size_t cw_outbox_kept(const struct cw_outbox *outbox);   /* of these: kept back */
size_t cw_outbox_open(const struct cw_outbox *outbox);   /* not final */
/* An attempt of that message's step is not settled. */
bool cw_outbox_has(const struct cw_outbox *outbox, int64_t message, const char *step);
/* "" when nothing holds it up. */
const char *cw_outbox_trouble(const struct cw_outbox *outbox);

/* How an answer to eth_sendRawTransaction is sorted. */
enum cw_send_answer {
    CW_SEND_KNOWN = 1,     /* the endpoint has it */
    CW_SEND_NONCE_TOO_LOW, /* that nonce is in a block: ours or another */
    CW_SEND_UNDERPRICED,
    CW_SEND_NO_FUNDS,
    CW_SEND_REFUSED /* anything else */
};
enum cw_send_answer cw_send_sort(const char *text);

#endif
