/* Inside a lane: shared by lane.c (jobs), simulate.c, judge.c, sign.c (signatures, commit), batch.c
 * and replace.c. */
#ifndef TX_LANE_PRIVATE_H
#define TX_LANE_PRIVATE_H

#include "net/quorum.h"
#include "tx/lane.h"
#include "tx/learned.h"
#include "tx/outbox.h"
#include "tx/quote.h"

#define LANE_JOBS_MAX 64u /* queued or under way */
/* Signatures that are waited for, or not committed; no more calldata than one may have. */
#define LANE_SIGNING_MAX 32u

/* GATHERED: it is part of the batch. */
enum job_state { QUEUED, SIMULATING, SIMULATED, GATHERED, SIGNING, SIGNED };

struct job {
    struct cw_lane *lane;
    struct cw_lane_job given; /* step, call and policy replaced by the copies below */
    char step[CW_STEP_SIZE];
    struct cw_call call;
    uint8_t *data; /* of the call */
    uint64_t max_gas;
    struct cw_wei daily_budget;
    struct cw_wei min_balance;

    enum job_state state;
    bool as_self;
    bool searched;        /* learned gas did not do: the nodes search for it */
    bool doubted;         /* what one operator said of it is put to a second one */
    bool alone;           /* in a batch it failed */
    uint64_t gathered_ms; /* since when it could be in one */
    struct cw_quorum *asked_call, *asked_estimate, *asked_data_fee; /* NULL: answered */
    uint64_t quote_round;                                           /* that has to be over */
    uint64_t simulated_at;                                          /* the lane's heads_seen then */
    enum cw_err call_err, estimate_err, data_fee_err;
    uint8_t *revert;
    size_t revert_n;
    uint64_t learned; /* gas with which it is simulated, in place of an estimate; 0: as estimated */
    uint64_t estimate;
    struct cw_data_cost data_cost; /* that its chain charges */
    bool over_allowance; /* the node's gas search ran into the most that a transaction may have */

    struct cw_sign_request request;
    bool again;   /* SIGNING: its nonce is not its own any more, so that it is to be signed again */
    bool left;    /* it has lost its nonce, and takes the first one that is free */
    uint8_t *raw; /* SIGNED: owned */
    size_t raw_n;
    struct cw_hash32 hash;
    uint64_t signed_ms; /* monotonic */
    uint64_t gas;
    struct cw_wei data_fee; /* at most */
    struct cw_wei cost;     /* fee at most, that for data in it */
    struct cw_wei expected;
    struct cw_wei worst; /* and the value */
    bool over_budget;    /* what it may cost is over one, ours or the signer's */
    char text[512];
};

/* The one transaction that several jobs are to share. */
struct batch {
    struct cw_lane *lane;
    enum { BATCH_NONE, BATCH_QUOTE, BATCH_CALL, BATCH_ESTIMATE, BATCH_READY, BATCH_SIGN } state;
    enum { BATCH_CODE_UNKNOWN, BATCH_CODE_GOOD, BATCH_CODE_OTHER } code; /* of the multicall */
    struct job *jobs[CW_BATCH_MAX];
    size_t n;
    uint64_t quote_round;
    uint64_t simulated_at; /* the lane's heads_seen then */
    unsigned outrun;       /* so often another block had come when all was answered */
    struct cw_quorum *asked_code, *asked, *asked_data_fee;
    uint64_t estimate; /* gas for all of them */
    struct cw_data_cost data_cost;
    struct cw_wei data_fee, cost, expected; /* cost: at most, data_fee in it */
    struct cw_sign_request request;
    uint8_t *data; /* of the request */
};

/* The one transaction that is being bid for again, or made to use up a nonce. */
struct rebid {
    struct cw_lane *lane;
    enum { REBID_NONE, REBID_QUOTE, REBID_ESTIMATE, REBID_DATA_FEE, REBID_SIGN } state;
    int64_t attempt, message; /* attempt 0: a nonce that nothing of ours has */
    uint64_t nonce;
    char step[CW_STEP_SIZE];
    bool cancels;
    bool shared; /* by several messages */
    uint64_t quote_round;
    struct cw_quorum *asked; /* the estimate, or what data costs */
    uint64_t estimate;
    struct cw_data_cost data_cost;
    struct cw_gas_charge charge;
    struct cw_wei data_fee; /* at most */
    struct cw_fees old;
    struct cw_wei old_cost, cost;
    uint64_t old_gas;
    struct cw_sign_request request;
    uint8_t *data; /* of the request */
    char why[160];
};

struct cw_lane {
    struct cw_lane_config config;
    struct cw_lane *next; /* of config.lanes */
    struct cw_addr20 address;
    bool dry;
    char subject[96];
    struct cw_outbox *outbox; /* NULL while dry */
    struct cw_quoter *quoter;
    struct job *jobs[LANE_JOBS_MAX]; /* in the order in which they came */
    size_t jobs_n;
    bool nonce_left;     /* a job with a nonce ended without it */
    uint64_t nonce_from; /* the outbox's next one, when the jobs' nonces were checked last */
    struct cw_timer *timer;
    struct cw_timer *commit; /* what is signed waits so long for more */
    char no_funds[320];
    struct cw_learned learned;
    struct batch batch;
    struct cw_timer *batch_timer; /* those that wait for others have waited long enough */
    struct rebid rebid;
    uint64_t rebid_head; /* heads seen when all that is stuck was looked at last */
    uint64_t heads_seen;
    bool has_head;
    struct cw_block_ref head; /* newest block that was followed */
    int64_t doomed;           /* attempt whose call was found to fail, at the head below; 0: none */
    uint64_t doomed_head;
    char stuck[320]; /* what can't be bid for, and why; "" when nothing */
};

/* lane.c: looks at the jobs soon, from the loop; false when memory ran out. */
bool lane_wake(struct cw_lane *lane);
uint64_t lane_wall(const struct cw_lane *lane);
/* Tells the host and frees the job. */
void lane_end(struct job *job, enum cw_lane_outcome outcome, int64_t attempt);
void lane_end_with(struct job *job, enum cw_lane_outcome outcome, const char *format, ...)
    CW_PRINTF(3, 4);

/* sign.c: nonces from the outbox's next one on, each to one job. False: none is to be had now. */
bool lane_next_nonce(const struct job *job, uint64_t *ret);
void lane_sign(struct job *job);
/* What has a nonce that went to others is signed again; and for each nonce that was left the last
 * one behind it, so that what lies between stays as it is. */
void lane_nonces_check(struct cw_lane *lane);
/* What is signed waits for a nonce that this one is to take. */
bool lane_fills(const struct job *job);
/* Commits what is signed, in one transaction; false: nothing is. */
bool lane_commit(struct cw_lane *lane);
/* What the lane is signing costs at most, with what is sent along. */
struct cw_wei lane_signing(const struct cw_lane *lane);

/* Its call's simulate_from, or else the lane's own address. */
const struct cw_addr20 *lane_simulated_from(const struct job *job);
/* simulate.c: asks; and when everything is answered, says what it means (may end the job). */
void lane_simulate(struct job *job);
void lane_judge_simulation(struct job *job);
/* True: what was said was about gas that others needed, and its own is searched for. */
bool lane_search(struct job *job);
/* True: only one operator has said so, and the simulation is made again with another. */
bool lane_doubt(struct job *job);

/* replace.c: another bid for what blocks pass by, and for nonces that nothing has. True when it
 * began, went on or ended something. */
bool lane_replace(struct cw_lane *lane);
void lane_replace_drop(struct cw_lane *lane);

/* batch.c: several steps in one transaction. True when it began, went on or ended something. */
bool lane_batch(struct cw_lane *lane);
void lane_batch_drop(struct cw_lane *lane);
/* The next nonce is its. */
bool lane_batch_first(const struct cw_lane *lane);
/* It waits to share one. */
bool lane_gathers(const struct job *job);

/* judge.c: what gas will probably cost, with what is charged beside; most: what gas costs at most.
 */
void lane_expect(struct cw_wei *out, const struct cw_fees *fees, const struct cw_fee_market *market,
                 uint64_t gas, const struct cw_wei *charged, const struct cw_wei *most);
bool lane_in_budget(const struct cw_lane *lane, int64_t route, const struct cw_wei *budget,
                    const struct cw_wei *cost);
bool lane_has_funds(const struct cw_lane *lane, const struct cw_wei *min_balance,
                    const struct cw_wei *worst, const struct cw_quote *quote);
/* judge.c: gas, price, budget and funds. false: the job is at its end, or simulated again. */
bool lane_judge(struct job *job, const struct cw_quote *quote);

#endif
