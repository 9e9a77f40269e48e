/* A lane over a scripted chain: the real store, loop and signer, a clock that is moved by hand, and
 * an RPC that is answered from memory. Link it in place of relayer/net/rpc.c. */
#ifndef CAUSEWAY_TESTS_LANE_BED_H
#define CAUSEWAY_TESTS_LANE_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/loop.h"
#include "store/store.h"
#include "temp.h"
#include "tx/lane.h"

#define BED_BLOCKS    1024
#define BED_TXS       256
#define BED_REQUESTS  256
#define BED_EVENTS    256
#define BED_MESSAGES  80
#define BED_OPERATORS 4

/* What the chain answers to one method, instead of what it would: err with text, times times. */
struct bed_fault {
    const char *method; /* NULL: none */
    enum cw_err err;
    const char *text;
    unsigned times;
};

/* What one operator answers to a method, instead of what it would. */
struct bed_lie {
    unsigned operator_;
    const char *method; /* NULL: none */
    const char *json;   /* the result; NULL: err with text and revert */
    enum cw_err err;
    const char *text;
    struct cw_slice revert;
};

struct bed_tx {
    struct cw_hash32 hash;
    uint8_t raw[4096];
    size_t raw_n;
    uint64_t nonce;
    uint64_t max_fee, max_tip; /* wei a gas */
    bool in_pool;
    uint64_t block; /* 0: in none */
    bool fails;
};

struct bed_done {
    int64_t message;
    enum cw_lane_outcome outcome;
    int64_t attempt;
    bool as_self, over_budget;
    uint64_t gas;
    struct cw_wei cost;
    uint8_t data[64];
    size_t data_n;
    char text[512];
};

struct bed_moved {
    int64_t row;
    enum cw_attempt_state state;
    bool success;
    uint64_t nonce;
    bool has_raw;
    int64_t message; /* 0: it fills a nonce */
    bool cancelled;
    size_t items; /* messages that share it */
};

/* What the lane said of bytes that are to be sent again. */
struct bed_again {
    int64_t message;
    uint64_t nonce;
    enum cw_lane_again what;
    bool had_block;
    uint64_t gone;
    char why[64];
};

struct bed {
    /* the world */
    uint64_t now_ms, wall_ms;
    struct cw_clock clock;
    struct cw_loop *loop;
    struct temp dir;
    char path[300];
    struct cw_store *store;
    int64_t chain_row, route, messages[BED_MESSAGES];
    struct cw_config_chain chain;
    struct cw_config_policy policy;
    struct cw_signer *signer;
    struct cw_lanes lanes;
    struct cw_lane *lane;
    bool dry_run, no_signer;
    bool judges; /* the host says what is sent again */

    /* the chain */
    struct cw_hash32 blocks[BED_BLOCKS]; /* by number; 1 … head */
    uint64_t head, final_lag;
    unsigned fork; /* changes hashes after a reorg */
    struct bed_tx txs[BED_TXS];
    size_t txs_n;
    uint64_t first_nonce; /* of the account before everything here */
    uint64_t balance_wei, base_fee_wei, tip_wei, gas_price_wei, estimate, block_gas;
    bool no_base_fee;
    bool own_headers; /* they have a form of their own, so that nobody here can hash them */
    /* A multicall at its address: aggregate3 is answered, call by call. */
    const char *code;           /* as JSON; what eth_getCode gives there */
    struct cw_hash32 code_hash; /* that is wanted there */
    uint64_t batch_fails; /* bits: calls that fail in eth_call, by the last byte of their data */
    uint64_t batch_estimate;
    size_t shared_more;      /* bytes of calldata that each that may share a transaction has more */
    const char *batch_fault; /* that method fails for it */
    bool hold_batch;         /* its requests are never answered */
    unsigned batch_outrun;   /* so many times a block comes while its calls are simulated */
    unsigned batch_calls;    /* in the last one that was asked for */
    const char *data_fee_at, *data_fee; /* eth_call of that address (digits) is answered so */
    /* What it charges by the gas: for none, and 10⁹ gas more; both 0: it reverts, as older ones. */
    uint64_t charge_fixed, charge_much;
    bool charge_garbled;
    uint64_t receipt_fee;                          /* of data, in receipts; 0: not in them */
    struct cw_slice revert_simulator, revert_self; /* p set: the call reverts so */
    struct cw_slice revert_data_only;              /* likewise, where there is calldata */
    struct cw_addr20 simulator;
    const char *hold; /* that method is never answered */
    bool hold_blocks; /* blocks come empty */
    bool drop_sends;  /* eth_sendRawTransaction is answered, and the transaction forgotten */
    bool include_failing;
    bool stale_receipt; /* receipts speak of stale, whatever the chain has now */
    struct cw_block_ref stale;
    bool forget_headers; /* header_at knows nothing */
    uint64_t nonce_lie;  /* said instead of the account's nonce, nonce_lies times */
    unsigned nonce_lies;
    struct bed_fault faults[4];
    struct cw_slice revert_pending; /* an eth_call on top of the pool reverts with it */
    unsigned operators;             /* 0: one endpoint, and nobody counts operators */
    unsigned senders; /* endpoints that take the transactions, and nothing else; 0: none */
    struct bed_lie lies[8];
    unsigned accused[BED_OPERATORS]; /* by operator - 1 */
    unsigned sent_to[BED_OPERATORS]; /* eth_sendRawTransaction */

    /* requests */
    struct {
        uint64_t id;
        char method[48];
        char *params;
        struct cw_rpc_request request;
    } requests[BED_REQUESTS];
    size_t requests_n;
    uint64_t last_id;
    struct {
        char method[48];
        unsigned n;
    } counts[16];
    unsigned in_flight_max; /* eth_call at once */

    /* what the host saw */
    enum cw_lane_rebid rebid;   /* what it answers */
    int64_t rebid_waits;        /* but for that message, which waits; 0: none */
    struct cw_lane_stuck asked; /* and was asked about last; its step is asked_step */
    char asked_step[CW_STEP_SIZE];
    unsigned rebids;
    bool shift_foreign, held_for_foreign;
    uint64_t foreign_from, foreign_to; /* told last */
    unsigned foreigns;
    enum cw_err permit_err, commit_err;
    int64_t commit_err_of;            /* that message alone; 0: all */
    int64_t forbidden, not_committed; /* messages; 0: none */
    unsigned permits, commits;
    struct cw_lane_price price; /* permitted last */
    struct bed_done done[BED_EVENTS];
    size_t done_n;
    struct bed_moved moved[BED_EVENTS];
    size_t moved_n;
    struct bed_again agains[BED_EVENTS];
    size_t agains_n;
    char log[16384];
};

/* There is one at a time; the RPC's double finds it here. */
extern struct bed *bed_current;

/* For cmocka_unit_test_setup_teardown. */
int bed_set_up(void **state);
int bed_tear_down(void **state);

/* Makes the lane (bed->dry_run and bed->no_signer decide which), resumes it, hands it the heads and
 * runs. */
void bed_open(struct bed *bed);
/* The same where memory may run out; call again then. */
enum cw_err bed_try_open(struct bed *bed);
/* As after a kill: what was in memory is gone, the store is opened again. */
void bed_crash(struct bed *bed);

/* Until nothing is due any longer. */
void bed_run(struct bed *bed);
void bed_advance(struct bed *bed, uint64_t ms); /* and runs */
/* A block with everything in the pool that is next; hands over the heads and runs. */
void bed_mine(struct bed *bed);
/* A block, without telling the lane. */
void bed_mine_quietly(struct bed *bed);
void bed_heads(struct bed *bed);
/* The newest n blocks go, their transactions are forgotten, n + 1 others come; the store and the
 * lane are told. */
void bed_reorg(struct bed *bed, uint64_t n);
void bed_put_block(struct bed *bed, uint64_t number);
struct cw_block_ref bed_ref(const struct bed *bed, uint64_t number);
uint64_t bed_final(const struct bed *bed);
/* The lane is shown the receipts of the newest block. */
void bed_show_receipts(struct bed *bed);
/* Somebody else's transaction of that nonce enters the pool. */
void bed_foreign(struct bed *bed, uint64_t nonce);

/* Submits "prove" of the i-th message; asserts that it is taken. */
void bed_submit(struct bed *bed, size_t i);
enum cw_err bed_submit_step(struct bed *bed, size_t i, const char *step, const struct cw_call *call,
                            bool accept_target_failure);
struct cw_call bed_call(void);
/* One that may share a transaction with others, of the i-th message; data holds 5 bytes. Up to max
 * of them do, and wait that long. */
void bed_submit_shared(struct bed *bed, size_t i, size_t max, uint64_t wait_ms);

unsigned bed_count(const struct bed *bed, const char *method);
size_t bed_open_requests(const struct bed *bed, const char *method);
/* The newest attempt of the i-th message, raw from arena. */
struct cw_store_attempt bed_attempt(struct bed *bed, size_t i, struct cw_arena *arena);
enum cw_attempt_state bed_state(struct bed *bed, size_t i);
const char *bed_trouble(const struct bed *bed);
/* No write to the store finds room any longer, or again. */
void bed_disk_full(struct bed *bed, bool full);
void bed_fault(struct bed *bed, const char *method, enum cw_err err, const char *text,
               unsigned times);

#endif
