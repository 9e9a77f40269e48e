/* Shared by the files of this folder only. */
#ifndef OPSTACK_INTERNAL_H
#define OPSTACK_INTERNAL_H

#include "opstack/abi_constants.h"
#include "opstack/opstack.h"

#include <causeway/abi.h>
#include <causeway/op_withdrawal.h>

/* Which portal it is, and with it who keeps the roots. */
enum opstack_flavour {
    OPSTACK_UNKNOWN = 0, /* before prepare() */
    OPSTACK_OUTPUTS = 1, /* OptimismPortal 1.x, 2.x over an L2OutputOracle */
    OPSTACK_GAMES = 2    /* OptimismPortal2 3.8 and later over a DisputeGameFactory */
};

#define OPSTACK_TOKENS_MAX 16u

struct cw_adapter {
    struct cw_addr20 portal;
    /* Whom failed messages are replayed at. Of withdrawals the L1 messenger as the configuration
     * names it, zero if it does not; of deposits the L2 messenger. */
    struct cw_addr20 replay_at;
    struct cw_limits limits; /* of withdrawals: what the monitor is to tell of */
    struct {
        struct cw_addr20 l1, l2;
    } tokens[OPSTACK_TOKENS_MAX]; /* whose supply is judged */
    size_t tokens_n;
    /* What prepare() found. */
    enum opstack_flavour flavour;
    struct cw_addr20 roots;     /* L2OutputOracle or DisputeGameFactory */
    struct cw_addr20 messenger; /* L1CrossDomainMessenger of our portal; zero: none */
    struct cw_addr20 period_at; /* OUTPUTS: who knows the finalization period, and by which name */
    uint32_t period_selector;
    /* GAMES, 3.12 and later: a game counts when its type was respected as it was created (later
     * changes of the type do not matter), and must be younger than the retirement stamp, not as
     * old. */
    bool judged_at_creation;
    struct cw_addr20 registry; /* 4.0 and later: the AnchorStateRegistry; zero: the portal judges */
    bool super_games;          /* games may claim a root over several chains at a time */
    bool super_proofs;         /* and the portal wants to be told over which outputs it is */
    /* Who pauses withdrawals, and by which function; zero: not known. */
    struct cw_addr20 pause_at;
    uint32_t pause_selector;
    struct cw_addr20 pause_id; /* PAUSE_ID: the lockbox; zero: all under that config */
    struct cw_addr20 guardian; /* zero: the portal does not say */
    uint64_t chain_id;         /* the rollup's */
    /* Headers from Isthmus on carry the passer's storage root; which they are, each says itself. */
    bool isthmus;
};

/* 0x4200…0007 */
extern const struct cw_addr20 OPSTACK_L2_MESSENGER;
/* 0x4200…000F */
extern const struct cw_addr20 OPSTACK_PRICE_ORACLE;
/* The sender for which the contracts let a failing inner call revert: 0x…01.
 * Source: contracts-bedrock Constants.sol, ESTIMATION_ADDRESS. */
extern const struct cw_addr20 OPSTACK_ESTIMATION_ADDRESS;

#define OPSTACK_PROVE    "prove"
#define OPSTACK_FINALIZE "finalize"
#define OPSTACK_REPLAY   "replay"

/* --- withdrawal.c: the message --------------------------------------------------------------- */

/* RLP list [nonce, sender, target, value, gas limit, data]. */
CW_MUST_USE enum cw_err opstack_payload_encode(struct cw_arena *arena, struct cw_slice *ret,
                                               const struct cw_op_withdrawal *withdrawal);
/* Strict; *ret borrows from payload. */
CW_MUST_USE enum cw_err opstack_payload_decode(struct cw_op_withdrawal *ret,
                                               struct cw_slice payload);

/* What a messenger put into a withdrawal or a deposit. */
struct opstack_relay {
    struct cw_hash32 hash; /* under which the other messenger knows the message */
    struct cw_u256 nonce;
    struct cw_addr20 sender;
    struct cw_addr20 target;
    struct cw_wei value;
    struct cw_u256 gas_limit; /* what the target is owed at the least */
    struct cw_slice data;     /* that target is called with; borrowed from the calldata */
    /* Of a withdrawal: whatever the target does, the L1 messenger either runs the message or
     * records a failure that anybody can replay. Otherwise the portal may spend it for nothing, as
     * with any raw one. */
    bool replayable;
};
/* The call of a messenger's relayMessage, all but replayable. False when it is another call. */
bool opstack_relay_parse(struct opstack_relay *ret, struct cw_slice calldata);
/* False when the withdrawal is not one of the messenger's. */
bool opstack_relay_read(struct opstack_relay *ret, const struct cw_adapter *adapter,
                        const struct cw_op_withdrawal *withdrawal);

struct cw_slice opstack_inner(const struct cw_adapter *adapter, const struct cw_message *message);

/* --- replay.c: what a messenger recorded as failed, tried again ------------------------------ */

/* The least gas with which a messenger that is called with this relayMessage gives the target what
 * the message asks for; saturates. */
uint64_t opstack_replay_gas(const struct opstack_relay *relay, struct cw_slice calldata);
/* Whether call is the replay of exactly that message (what its messenger is called with), on that
 * side. */
CW_MUST_USE struct cw_judgement opstack_replay_judge(const struct cw_call *call, enum cw_side side,
                                                     const struct cw_addr20 *messenger,
                                                     const struct opstack_relay *relay,
                                                     struct cw_slice calldata);

/* --- evidence.c --- */

#define OPSTACK_NODES_MAX 72 /* 64 nibbles of a hashed key, the root, what is embedded */

struct opstack_reference {
    enum opstack_flavour kind;
    bool has_index; /* false: nothing can be proved there; a game that is known by its address only,
                     * or no root of anybody's at all */
    uint64_t index; /* of the output, or of the game */
    struct cw_addr20 game; /* GAMES */
};

/* A decoded evidence blob; slices borrow from it. The storage proof is in the contract's form. */
struct opstack_evidence {
    struct cw_block_number block;
    struct cw_header header;
    struct cw_slice header_rlp;
    struct cw_slice account[OPSTACK_NODES_MAX];
    size_t account_n;
    struct cw_slice storage[OPSTACK_NODES_MAX];
    size_t storage_n;
    struct cw_hash32 root;
    struct opstack_reference reference;
    /* What the super root is over that the game claims, root among it; empty: the game claims root.
     */
    struct cw_slice preimage;
};

/* super.c: our chain's output in the preimage of a super root, and its place there. False: there is
 * none. */
bool opstack_super_output(struct cw_slice preimage, uint64_t chain_id, uint64_t *ret_index,
                          struct cw_hash32 *ret_output);

CW_MUST_USE enum cw_err opstack_evidence_encode(struct cw_arena *arena, struct cw_slice *ret,
                                                const struct opstack_evidence *evidence);
CW_MUST_USE enum cw_err opstack_evidence_decode(struct opstack_evidence *ret, struct cw_slice blob);
/* Valid: header hashes to source_hash, and under it the output root is evidence->root and the
 * withdrawal was sent. *ret_output may be NULL. */
CW_MUST_USE struct cw_judgement opstack_evidence_verify(struct cw_op_output *ret_output,
                                                        const struct opstack_evidence *evidence,
                                                        const struct cw_hash32 *source_hash,
                                                        const struct cw_hash32 *id);
enum cw_err opstack_evidence_block(struct cw_slice blob, struct cw_block_number *ret);
struct cw_judgement opstack_verify(const struct cw_adapter *adapter,
                                   const struct cw_message *message, struct cw_slice blob,
                                   const struct cw_hash32 *source_hash, const char *step,
                                   const struct cw_call *call);

/* --- calls.c: calldata --- */

#define OPSTACK_CALLDATA_MAX (4u << 20)
/* Room for the calldata of a view function: selector and three words. */
#define OPSTACK_VIEW_SIZE 100

/* selector and words into room; returns what was written. */
struct cw_slice opstack_view(uint8_t room[OPSTACK_VIEW_SIZE], uint32_t selector,
                             const struct cw_hash32 *words, size_t words_n);
struct cw_hash32 opstack_word_u64(uint64_t v);
struct cw_hash32 opstack_word_addr20(const struct cw_addr20 *a);

/* The transaction of a step into buf (check buf->failed). submitter: finalize of GAMES only. */
void opstack_put_prove(struct cw_buf *buf, const struct cw_op_withdrawal *withdrawal,
                       uint64_t index, const struct cw_op_output *output,
                       const struct cw_slice *nodes, size_t nodes_n);
/* The same where the portal takes proofs under super roots: in that game, of output `index` of what
 * preimage (a well-formed one) is over. */
void opstack_put_prove_super(struct cw_buf *buf, const struct cw_op_withdrawal *withdrawal,
                             const struct cw_addr20 *game, uint64_t index, struct cw_slice preimage,
                             const struct cw_op_output *output, const struct cw_slice *nodes,
                             size_t nodes_n);
/* prove by evidence that names a game or an output to prove in; false: it doesn't. */
bool opstack_put_prove_by(struct cw_buf *buf, const struct cw_adapter *adapter,
                          const struct cw_op_withdrawal *withdrawal,
                          const struct opstack_evidence *evidence,
                          const struct cw_op_output *output);
void opstack_put_finalize(struct cw_buf *buf, enum opstack_flavour flavour,
                          const struct cw_op_withdrawal *withdrawal,
                          const struct cw_addr20 *submitter);
/* The least gas with which a finalize of this calldata gives the inner call what the withdrawal
 * asks for; saturates. */
uint64_t opstack_finalize_gas(const struct cw_adapter *adapter,
                              const struct cw_op_withdrawal *withdrawal, struct cw_slice calldata);
/* The least gas for a transaction with this calldata that spends `before` ahead of a call that
 * SafeCall owes min_gas, and keeps `reserved` for what comes after it, behind `proxies` that keep a
 * 64th each (EIP-150); saturates. */
uint64_t opstack_call_gas(const struct cw_u256 *min_gas, uint64_t reserved, uint64_t before,
                          unsigned proxies, struct cw_slice calldata);

/* --- progress.c: what is kept between looks --- */

/* More than one search can meet (two pages of games, the games of other proofs): if it were fewer,
 * games that were posted to be rejected could push each other out, and be tried for ever. */
#define OPSTACK_REJECTS_MAX 80

struct opstack_progress {
    /* How the portal said that a raw withdrawal went; its state does not tell. */
    enum cw_outcome outcome;
    uint64_t unknown_since_s; /* final without an event that says how it went; 0: not so */

    /* GAMES: where the search stands, under the rules that hold */
    uint32_t type;
    uint64_t since_s;
    bool searching; /* the first game worth a look is in [cursor, search_end) or is search_end */
    uint64_t search_end;
    uint64_t cursor; /* 0 and not searched: nowhere */
    bool searched;
    bool newest; /* next time from the newest game down: what is older does not serve now */

    /* The stranger's proof that was relied on. */
    bool relies;
    struct cw_addr20 submitter;
    uint64_t proven_s;
    bool distrusts; /* a stranger moved his time once: only our own proof is waited for */

    /* keccak256(claim ‖ L2 block) of claims that are not our chain's. A claim's falseness does not
     * depend on the settlement layer's forks. */
    struct cw_hash32 rejects[OPSTACK_REJECTS_MAX];
    size_t rejects_n;
};

CW_MUST_USE enum cw_err opstack_progress_encode(struct cw_arena *arena, struct cw_slice *ret,
                                                const struct opstack_progress *progress);
/* Anything that is not exactly a progress of this version is an empty one. */
void opstack_progress_decode(struct opstack_progress *ret, struct cw_slice bytes);
bool opstack_progress_equal(const struct opstack_progress *a, const struct opstack_progress *b);
void opstack_reject_key(struct cw_hash32 *out, const struct cw_hash32 *claim, uint64_t block);
bool opstack_is_rejected(const struct opstack_progress *progress, const struct cw_hash32 *key);
void opstack_reject(struct opstack_progress *progress, const struct cw_hash32 *key);

/* --- levels.c --- */

extern const struct cw_level opstack_withdrawal_levels[];
extern const struct cw_level opstack_deposit_levels[];
const char *opstack_variant(const struct cw_message *message);

/* --- the table's functions --- */

void opstack_survey(const struct cw_survey_start *start, struct cw_io *io, struct cw_survey *ret);
void opstack_prepare(struct cw_adapter *adapter, struct cw_io *io, struct cw_preparation *ret);
enum cw_err opstack_filters(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                            size_t *ret_n);
enum cw_err opstack_decode(const struct cw_adapter *adapter, enum cw_side side,
                           const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                           struct cw_error *error);
bool opstack_sequence(const struct cw_summary *summary, uint64_t *ret);
void opstack_counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                     struct cw_io *io, struct cw_count *ret);
void opstack_advance(const struct cw_adapter *adapter, const struct cw_message *message,
                     const struct cw_self *self, struct cw_io *io, struct cw_decision *ret);
bool opstack_pause(const struct cw_adapter *adapter, unsigned n, struct cw_pause *ret);
void opstack_revert(const struct cw_adapter *adapter, const struct cw_message *message,
                    const char *step, struct cw_slice data, struct cw_revert *ret);

#endif
