/* Two small layers in memory, enough of them for messages out of a Nitro rollup: its send tree and
 * blocks, and the outbox, bridge and rollup contract on the settlement layer. Set the fields, ask
 * the adapter, look at what it decides. */
#ifndef EXIT_MODEL_H
#define EXIT_MODEL_H

#include <adapters/adapter.h>
#include <causeway/nitro.h>

#include "model_state.h"
#include "nitro/exit.h"

#define EXIT_MODEL_T0    1700000000u /* what the layers' clocks count from */
#define EXIT_MODEL_BLOCK 100u        /* of the rollup: message i is sent in that one and i more */
#define EXIT_MODEL_NOW   1000000u    /* the settlement layer's newest block */
#define EXIT_MODEL_ROOTS 64
#define EXIT_MODEL_PACE  12u /* seconds a block there */

/* What is said of a block of the rollup, in a block of the settlement layer. */
struct exit_claim {
    struct cw_hash32 root, block_hash;
    uint64_t at;
};

#define EXIT_MODEL_PARENT ((struct cw_hash32){{0x9a}})
#define EXIT_MODEL_NODE   7u

struct exit_model {
    struct cw_arena arena;
    struct cw_heads heads[CW_SIDES];
    struct cw_addr20 outbox, bridge, rollup;

    /* settlement */
    bool bold, on_nitro;
    struct cw_addr20 token; /* zero: ether */
    uint64_t decimals;
    bool old_token_bridge; /* that says nothing of decimals */
    uint64_t version;
    bool not_allowed;
    struct cw_addr20 rollups_outbox;
    struct exit_claim confirmed[EXIT_MODEL_ROOTS], asserted[EXIT_MODEL_ROOTS];
    size_t confirmed_n, asserted_n;
    bool spent_latest, spent_final;
    bool forgotten; /* the outbox has no root */
    bool paused;
    uint64_t period;
    /* Of the assertion, or node 7, that is judged. */
    bool permissionless;
    uint64_t status, parent_status, second_child; /* of assertions */
    bool passed;                                  /* another child of its parent is confirmed */
    uint64_t node_made, node_deadline, newest_confirmed, first_child, newest_child;
    struct model_state state;
    bool executor;                                 /* the owner is an UpgradeExecutor */
    struct cw_addr20 outbox_rollup, outbox_bridge; /* zero: those above */
    struct cw_addr20 owner, bridge_rollup; /* of the rollup; of the bridge, zero: the rollup */
    uint64_t confirmations;                /* so many times something was confirmed */
    struct cw_u256 token_balance;          /* the bridge's */
    struct cw_log calls[8];                /* the bridge's BridgeCallTriggered */
    size_t calls_n;
    struct cw_limits limits;
    bool settlement_down;
    uint32_t malformed; /* the call with this selector is answered by rubbish */

    /* execution */
    size_t sends_n;
    struct exit_message *sends;
    struct cw_hash32 *roots;                          /* [size] */
    struct cw_hash32 *nodes[CW_MERKLE_DEPTH_MAX + 1]; /* [level][index] */
    bool execution_down, logs_down, no_arbsys;
    size_t hidden, flipped; /* the n-th log from 1 on is left out, or has another hash */
    bool others_are_honest; /* than the operator that is asked first */
    bool has_node_interface, node_lies;
    bool foreign;    /* headers without a send root */
    uint64_t orphan; /* an endpoint knows another block of that number too */

    /* the message */
    struct cw_message message;
    struct cw_self self;

    /* what the last look cost */
    size_t rounds, requests;
};

/* sends messages, of which ours is the one at position; all of them final, no root yet. */
struct exit_model *exit_model_new(size_t sends, uint64_t position);
void exit_model_free(struct exit_model *model);
struct cw_adapter *exit_model_open(struct exit_model *model);
/* Opens and prepares the adapter on it. */
struct cw_adapter *exit_model_adapter(struct exit_model *model);
struct cw_preparation exit_model_prepare(struct exit_model *model, struct cw_adapter *adapter);

/* Messages that were sent up to that block, and what its header hashes to. */
uint64_t exit_model_count(const struct exit_model *model, uint64_t block);
struct cw_hash32 exit_model_hash(const struct exit_model *model, uint64_t block);
/* The other block of that number. */
struct cw_hash32 exit_model_orphan(const struct exit_model *model, uint64_t block);
/* The block at which the tree has that size. */
uint64_t exit_model_block(uint64_t size);
/* The true root of that rollup block is confirmed, or asserted, in that settlement block. */
struct exit_claim *exit_model_confirm(struct exit_model *model, uint64_t block, uint64_t at);
struct exit_claim *exit_model_assert(struct exit_model *model, uint64_t block, uint64_t at);
/* The log by which message i is sent. */
struct cw_log exit_model_sent(struct exit_model *model, uint64_t i);

/* The logs of that block of the settlement layer by which an assertion, or node 7, is made and
 * confirmed, and the message at that position executed: beside that one is what the bridge pays. */
struct cw_log exit_model_made(struct exit_model *model, const struct cw_hash32 *block_hash,
                              const struct cw_hash32 *root, uint64_t at);
struct cw_log exit_model_confirmed(struct exit_model *model, uint64_t block,
                                   const struct cw_hash32 *root, uint64_t at);
/* The outbox alone says so. */
struct cw_log exit_model_taken(struct exit_model *model, uint64_t block,
                               const struct cw_hash32 *root, uint64_t at);
struct cw_log exit_model_executed(struct exit_model *model, uint64_t position, uint64_t at);
struct cw_log exit_model_paid(struct exit_model *model, uint64_t position, uint64_t at);

void exit_model_answer(struct exit_model *model, struct cw_io *io, struct cw_io_entry *entry);
/* One look with as many rounds as a host grants; the decision lives in the model's arena. Evidence
 * that it brings is verified as a host does. */
struct cw_decision exit_model_look(struct exit_model *model, struct cw_adapter *adapter);
/* Looks, and stores what the decisions say, until a look is not due again at once. */
struct cw_decision exit_model_settle(struct exit_model *model, struct cw_adapter *adapter);

#endif
