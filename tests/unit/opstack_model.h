/* Two small layers in memory, enough of them for the opstack adapter: a rollup with one withdrawal,
 * and its portal, oracle or game factory, and messenger. Set the fields, ask the adapter, look at
 * what it decides. */
#ifndef OPSTACK_MODEL_H
#define OPSTACK_MODEL_H

#include <adapters/field.h>
#include <adapters/adapter.h>
#include <causeway/op_withdrawal.h>

#include "model_state.h"
#include "standing.h"

#define MODEL_OUTPUTS_MAX 16
#define MODEL_GAMES_MAX   4096
#define MODEL_PROOFS_MAX  64
#define MODEL_T0          1700000000u /* what the layers' clocks count from */

/* What the withdrawal is. */
enum model_kind {
    MODEL_RAW = 1,
    MODEL_RELAY,          /* through the messenger */
    MODEL_RELAY_TO_PORTAL /* the same, to a target that the messenger refuses */
};

struct model_output {
    struct cw_hash32 root;
    uint64_t proposed_s;
    uint64_t block;
};

/* Of a game, as claimData() has it; the root claim is the first. */
struct model_claim {
    uint32_t parent;
    bool countered;
    uint64_t spent_s, since_s;
};

struct model_game {
    uint64_t type;
    uint64_t created_s;
    struct cw_addr20 at;
    struct cw_hash32 claim;
    uint64_t block;
    uint64_t status; /* 0 in progress, 1 challenger wins, 2 defender wins */
    uint64_t resolved_s;
    bool blacklisted;
    uint64_t clock_s;
    uint64_t claims;
    const struct model_claim *list; /* that many; NULL: one, that nobody has countered */
    bool block_challenged;
    struct cw_addr20 proposer, creator; /* of a permissioned one */
    int was_respected;                  /* 1 yes, 0 no, -1 the game does not know the question */
    bool mute;                          /* answers nothing as a game would */
    bool unregistered;                  /* by the portal's registry of 4.0 and later */
    struct cw_slice extra;              /* of a super game */
    bool sequence;                      /* it has l2SequenceNumber() in place of l2BlockNumber() */
};

struct model_proof {
    struct cw_addr20 submitter;
    size_t game;
    uint64_t proven_s;
};

#define MODEL_LOGS_MAX 16

struct model {
    struct cw_addr20s tokens;          /* of the configuration */
    uint64_t origin, supply, deposits; /* of the bridge's token */
    struct cw_arena arena;
    struct cw_heads heads[CW_SIDES];
    struct cw_addr20 portal, roots, messenger;

    /* settlement */
    const char *portal_version, *roots_version;
    bool paused;
    bool done_latest, done_final;      /* finalizedWithdrawals */
    bool ran_latest, ran_final;        /* successfulMessages */
    bool failed_latest, failed_final;  /* failedMessages */
    struct cw_addr20 messenger_portal; /* what the messenger says its portal is */
    struct cw_addr20 configured;       /* the route's "messenger" */
    bool old_names;                    /* L2_ORACLE(), PORTAL(), OTHER_MESSENGER() only */
    struct cw_addr20 registry;         /* of portals from 4.0 on */
    bool super_active;                 /* superRootsActive() */
    bool claims_refused;               /* it says so of every game */
    bool no_submitters;                /* a portal without numProofSubmitters() */
    uint64_t period_s;
    uint64_t starting_block; /* latestBlockNumber() of an oracle without outputs */
    struct model_output outputs[MODEL_OUTPUTS_MAX];
    size_t outputs_n;
    struct cw_hash32 proven_root;
    uint64_t proven_s, proven_index;
    bool moved;         /* after settlement's latest block it is proven nowhere any more */
    struct cw_slice tx; /* raw, of every transaction; empty: nobody has it */
    struct cw_hash32 tx_hash;
    struct cw_slice traced[2]; /* what it called the portal with; traced_n 0: nobody traces */
    size_t traced_n;
    uint64_t maturity_s, gap_s, type, since_s;
    struct model_game games[MODEL_GAMES_MAX];
    size_t games_n;
    struct model_proof proofs[MODEL_PROOFS_MAX];
    size_t proofs_n;
    struct model_state state;
    struct cw_addr20 guardian, owner, proposer;
    struct cw_addr20 superchain;             /* the SuperchainConfig; zero: the portal has none */
    const char *superchain_version;          /* NULL: it does not say */
    struct cw_addr20 lockbox, system_config; /* zero: the portal does not know the question */
    bool custom_gas;
    struct cw_log logs[MODEL_LOGS_MAX]; /* what cw_io_logs() finds */
    size_t logs_n;
    bool hides_logs; /* who is asked first leaves the last one out */
    struct cw_limits limits;
    bool settlement_down;
    uint32_t malformed; /* the call with this selector is answered by rubbish */

    /* execution */
    uint64_t proof_window_from; /* below it the node proves nothing */
    bool newer_headers;         /* the rollup's safe ones may be asked for */
    bool bad_account_proof, bad_storage_proof;
    bool isthmus;          /* the chain, and its headers */
    bool own_withdrawals;  /* its headers look like those, and carry something else there */
    bool contract_form;    /* the node lists inlined leaves, as anvil does */
    struct cw_u256 count;  /* of messages, in the passer's slot 1 */
    bool unsent;           /* the withdrawal was never sent */
    size_t shared_nibbles; /* of each leaf with one that is invented. 0: there is none; 8 or 9: both
                              are inlined */

    /* the message */
    enum model_kind kind;
    struct cw_op_withdrawal withdrawal;
    struct cw_message message;
    struct cw_self self;

    /* what the last look cost */
    size_t rounds, requests;
    size_t about; /* calls that name the message */
};

extern const struct cw_addr20 MODEL_STRANGER;

/* A message of L2 block 100, final; settlement at T0 + 1000 and final up to T0 + 900. No root yet.
 */
struct model *model_new(bool games, enum model_kind kind);
void model_free(struct model *model);
/* Opens and prepares the adapter on it. */
struct cw_adapter *model_adapter(struct model *model);
/* The same, whatever comes of it. The caller closes what is opened. */
struct cw_preparation model_prepare(struct model *model, struct cw_adapter **ret_adapter);

/* The true output root at an L2 block. */
struct cw_hash32 model_root(const struct model *model, uint64_t block);
struct cw_hash32 model_block_hash(const struct model *model, uint64_t block);
/* Appends a true output / game (type as respected, not resolved); returns its index. */
size_t model_output_add(struct model *model, uint64_t block, uint64_t proposed_s);
size_t model_game_add(struct model *model, uint64_t block, uint64_t created_s);
/* A super game for that time over our chain (901) and two others around it, or ours alone; with all
 * of it in its extra data, or only the time. */
size_t model_super_add(struct model *model, uint64_t time_s, uint64_t created_s, bool alone,
                       bool sealed, const struct cw_hash32 *output);
/* A claim that is nobody's root. */
struct cw_hash32 model_false_root(unsigned n);
void model_prove_by(struct model *model, const struct cw_addr20 *submitter, size_t game,
                    uint64_t proven_s);
/* The transaction that there is: of that input, to that account. */
void model_tx(struct model *model, const struct cw_addr20 *to, struct cw_slice data);
/* Settlement's latest block moves to that time. */
void model_time(struct model *model, uint64_t latest_s);

/* The logs of the settlement layer that tell of output, game, proof (of model->self) and execution;
 * its blocks are numbered by their times. */
struct cw_log model_log_output(struct model *model, size_t i);
struct cw_log model_log_game(struct model *model, size_t i);
struct cw_log model_log_proven(struct model *model, uint64_t at_s);
struct cw_log model_log_finalized(struct model *model, uint64_t at_s);

void model_answer(struct model *model, struct cw_io *io, struct cw_io_entry *entry);
/* One look with as many rounds as a host grants, failing the test when more are asked for; the
 * decision lives in the model's arena. Evidence that it brings is verified as a host does. */
struct cw_decision model_look(struct model *model, struct cw_adapter *adapter);
/* Stores what the decision says, as a host does. */
void model_apply(struct model *model, const struct cw_decision *decision);
/* Looks and applies until a look is not due again at once. */
struct cw_decision model_settle(struct model *model, struct cw_adapter *adapter);

#endif
