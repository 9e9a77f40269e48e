/* A signer's nonce sequence on one chain: simulate, price, sign, commit, broadcast, follow until
 * final. Signed bytes are in the store before they are on the wire; after a restart the same bytes
 * go out again. */
#ifndef TX_LANE_H
#define TX_LANE_H

#include "core/config.h"
#include "net/rpc.h"
#include "store/store.h"
#include "tx/signer.h"

#include <adapters/adapter.h>
#include <causeway/base.h>

struct cw_lane;

enum cw_lane_outcome {
    CW_LANE_SENT =
        1, /* committed (SIGNED); the broadcast is the lane's own business from here on */
    CW_LANE_REVERTED,     /* the simulation reverted: data */
    CW_LANE_TOO_MUCH_GAS, /* needs more than max_gas of the policy: gas says how much */
    CW_LANE_TOO_LARGE,    /* no node hands on so much calldata: text */
    CW_LANE_GAS_CAP,   /* can never fit: above the block's limit or the chain's transaction cap */
    CW_LANE_TOO_DEAR,  /* price above the configured maximum, or a budget is spent, ours or the
                          signer's: text */
    CW_LANE_NO_FUNDS,  /* the signer's balance does not cover it */
    CW_LANE_NO_SIGNER, /* the signer is gone: text; nothing was signed */
    CW_LANE_REFUSED,   /* the signer's own policy says no, and will again: text */
    CW_LANE_FAILED     /* could not tell (endpoint, disk): text; try again later */
};

struct cw_lane_result {
    enum cw_lane_outcome outcome;
    int64_t attempt;      /* SENT */
    struct cw_slice data; /* REVERTED: revert data */
    bool as_self;         /* REVERTED: simulated with our own address (not as call.simulate_from) */
    uint64_t gas;         /* the estimate where one was made */
    struct cw_wei cost;   /* worst case, where it was priced */
    bool over_budget;     /* TOO_DEAR: of a day or an hour, ours or the signer's */
    const char *text;
};

/* What a job costs; expected: at the base fee of the next block. */
struct cw_lane_price {
    struct cw_wei worst, expected;
};

/* One step of a message. */
#define CW_BATCH_MAX 64u

struct cw_lane_job {
    int64_t message;
    int64_t route;
    const char *step;           /* copied */
    const struct cw_call *call; /* data is copied */
    const struct cw_config_policy *policy;
    /* Up to so many steps of the route share a transaction when the call says that they may, and
     * wait so long for each other; 0, 1: it goes alone. At most CW_BATCH_MAX. */
    size_t batch_max;
    uint64_t batch_wait_ms;
    bool accept_target_failure; /* simulated as call.simulate_from it may revert; then as ourselves
                                 */
    /* Sorts revert data while simulated as simulate_from: true when it says "the target reverts".
     */
    bool (*target_failed)(void *ctx, struct cw_slice revert);
    /* Called after pricing, right before the signature: the last look (evidence verified again,
     * holds, newer decision), and at what it costs. CW_OK to go on, CW_ERR_LIMIT: too dear. */
    enum cw_err (*permit)(void *ctx, const struct cw_lane_price *price, struct cw_error *error);
    /* Called inside the transaction that commits the signed bytes; writes the message's transition.
     */
    enum cw_err (*commit)(void *ctx, int64_t attempt, struct cw_error *error);
    void (*done)(void *ctx, const struct cw_lane_result *result);
    void *ctx;
};

/* Whether a transaction that is stuck may be bid for again, at a cost of at most new_cost. */
enum cw_lane_rebid {
    CW_LANE_REBID_OK = 1,
    CW_LANE_REBID_WAIT,  /* held, or over a budget: text says why */
    CW_LANE_REBID_CANCEL /* its step is not wanted any longer: use the nonce up for nothing else */
};
struct cw_lane_stuck {
    int64_t message; /* never 0 */
    const char *step;
    uint64_t gas; /* that it needs now, of what is shared its part */
    struct cw_wei old_cost, new_cost;
    size_t shares; /* equal ones, of which the message bears one; the costs are those of all */
};

/* What becomes of signed bytes that are to be sent again: after a restart, or after blocks went
 * that had them, or may have had them. What they rest on may be gone with those blocks. */
enum cw_lane_again {
    CW_LANE_UNJUDGED = 1, /* they wait for cw_lane_judge (half a minute at most) */
    CW_LANE_AGAIN,        /* they are still right, and on their way */
    CW_LANE_KEPT,         /* they would fail now, and wait: why says for what */
    CW_LANE_REPLACED, /* likewise, and another call of their step would be right in their place */
    CW_LANE_NEEDED    /* given up: they would fail, and their nonce is needed */
};

/* All lanes that have it in their configuration, so that a route's budget counts what any of them
 * is signing. Outlives them; empty at the start. */
struct cw_lanes {
    struct cw_lane *first;
};
/* What is being signed for a route costs at most, over what it costs that is committed already. */
struct cw_wei cw_lanes_signing(const struct cw_lanes *lanes, int64_t route);

struct cw_lane_config {
    struct cw_lanes *lanes;
    struct cw_loop *loop;
    struct cw_rpc *rpc;
    struct cw_rpc *send; /* where transactions go, one endpoint after the other; NULL: to rpc's */
    struct cw_store *store;
    int64_t chain_row;
    const struct cw_config_chain *chain;
    struct cw_signer *signer;        /* borrowed; NULL: dry, nothing is ever signed */
    struct cw_addr20 dry_address;    /* used as sender while dry */
    struct cw_hash32 multicall_code; /* that has to stand at CW_MULTICALL3 before steps share a
                                        transaction; zero: none do */
    bool dry_run; /* simulates and prices, then reports FAILED with "dry run" in text and gas, cost
                     set */
    /* Attempts changed: bid for again (SIGNED), included, gone again, final, lost. Called outside
     * of any transaction after the store has it; raw is set while it is in no block. */
    void (*moved)(void *ctx, const struct cw_store_attempt *attempts, size_t n);
    /* Others used nonces from … to - 1 of this key (from == to: that is over, or accepted). Without
     * shift_foreign the lane then holds until cw_lane_accept_foreign. Not needed while dry. */
    bool shift_foreign;
    bool held_for_foreign; /* from the start on: that was not accepted before a restart */
    void (*foreign)(void *ctx, const struct cw_addr20 *address, uint64_t from, uint64_t to);
    /* text: 200 bytes, for WAIT and CANCEL. Not needed while dry. */
    enum cw_lane_rebid (*rebid)(void *ctx, const struct cw_lane_stuck *stuck, char text[200]);
    /* As moved, at each change of what cw_lane_again says. had_block: a block that had it is gone
     * (attempt->block; hash zero: not known any longer), or it was kept. NULL: nothing is judged,
     * all is sent again at once. */
    void (*again)(void *ctx, const struct cw_store_attempt *attempt, enum cw_lane_again what,
                  bool had_block, const char *why);
    /* The header that the watcher followed at that height; false when it does not keep it. A
     * receipt is believed in such a block only. Not needed while dry. */
    bool (*header_at)(void *ctx, struct cw_block_number number, struct cw_store_header *ret);
    void *ctx;
};

CW_MUST_USE enum cw_err cw_lane_new(struct cw_lane **ret, const struct cw_lane_config *config,
                                    struct cw_error *error);
void cw_lane_free(
    struct cw_lane *lane); /* takes NULL; jobs that are not committed are dropped without a call */

/* Reads open attempts from the store and takes them up again (nothing while dry). Call once, after
 * the heads are known; jobs start when the chain has answered which nonce comes next. */
CW_MUST_USE enum cw_err cw_lane_resume(struct cw_lane *lane, struct cw_error *error);

/* Queues a job; simulations and signatures run side by side, nonces are given out one after the
 * other, and what is signed is committed in their order, several at once. CW_ERR_BUSY: a job of
 * that message is under way, or an attempt of that step is not settled; CW_ERR_LIMIT: the queue is
 * full (try on the next tick). The job's functions are called from the loop, never from here. */
CW_MUST_USE enum cw_err cw_lane_submit(struct cw_lane *lane, const struct cw_lane_job *job,
                                       struct cw_error *error);
/* Whether a job of that message is queued or under way (not: committed). */
bool cw_lane_has(const struct cw_lane *lane, int64_t message);

/* Receipts of a whole block, a JSON array (borrowed for the call) that hashes to its header's
 * receipts root, before or after the heads have come to that block: those of the lane's own
 * transactions need not be asked for, where one operator's word is enough. */
void cw_lane_receipts(struct cw_lane *lane, const struct cw_block_ref *block,
                      const struct cw_json *receipts);
/* New heads of the lane's chain: receipts are polled, finality judged, soon and from the loop. */
void cw_lane_heads(struct cw_lane *lane, const struct cw_heads *heads);
/* Blocks above number are gone and the store's rows were put back in the batch's transaction, which
 * is committed. The lane reads them again soon, from the loop, and calls moved() with those that
 * changed. */
void cw_lane_rollback(struct cw_lane *lane, struct cw_block_number above);

/* Somebody read the account's nonce at the newest block, as a claim: one above the lane's own is
 * asked for again before it is believed. */
void cw_lane_chain_nonce(struct cw_lane *lane, uint64_t nonce);
/* Goes on behind the nonces that others used; false when the lane does not hold for that. */
bool cw_lane_accept_foreign(struct cw_lane *lane);

/* Other fee rules from here on; borrowed as before. */
void cw_lane_chain_config(struct cw_lane *lane, const struct cw_config_chain *chain);
/* What a look at the message says now: step and call would be right, or nothing (step NULL), why
 * saying what is waited for. Bytes of that message that wait to be sent again go out when they are
 * just that call, and are kept otherwise: until a later look finds them right, or for some heads
 * when a transaction behind them needs their nonce, or another call of their own step is wanted in
 * their place. Then a bid uses the nonce up; where none can be made they go out as they are. May be
 * called from again(). */
void cw_lane_judge(struct cw_lane *lane, int64_t message, const char *step,
                   const struct cw_call *call, const char *why);

const struct cw_addr20 *cw_lane_address(const struct cw_lane *lane);

struct cw_lane_status {
    struct cw_addr20 address;
    bool balance_known;
    struct cw_wei balance;
    bool next_nonce_known; /* false: not read yet, or somebody else used ours */
    uint64_t next_nonce;   /* 0: not known */
    size_t jobs, open;     /* queued or simulating; attempts not final */
    const char *trouble;   /* "" when nothing holds it up */
    const char *no_funds;  /* why the job that was judged last waits for a higher balance, or "" */
};
void cw_lane_status(const struct cw_lane *lane, struct cw_lane_status *ret);

#endif
