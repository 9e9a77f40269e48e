/* Judging what must hold of withdrawals: what the files invariants*.c share. */
#ifndef OPSTACK_INVARIANTS_H
#define OPSTACK_INVARIANTS_H

#include "judge.h"
#include "opstack/game.h"
#include "standing.h"

/* Places in the table. */
enum op_invariant {
    OP_ROOT = 0,
    OP_PROVEN,
    OP_EXECUTED,
    OP_CHANGE,
    OP_GOVERNANCE,
    OP_CONSERVATION,
    OP_LIVENESS,
    OP_HEAD_LAG,
    OP_SAFE_LAG,
    OP_FINAL_LAG,
    OP_TOKENS
};

#define OP_RULES 14u /* parts of OP_GOVERNANCE */

/* One judgement. The settlement layer is read as in a look at a message, one that is about
 * nobody's: what its readers leave in it goes into the verdict. */
struct op_judge {
    struct cw_judge judge;
    const struct cw_adapter *adapter;
    const struct cw_message *message; /* the subject's, where the store has it; or NULL */
    struct look look;
    struct cw_decision unused;
    struct cw_message nobody;
};

/* As cw_judge_stops(), with what the look's readers met. */
bool op_stops(struct op_judge *j);
/* Whether a reader of the look or of the judge has failed for good. */
bool op_failed(struct op_judge *j);

/* --- invariants.c: what subjects keep in data ------------------------------------------------- */

/* Words: [1, root, index, L2 block] of an output, [2, address, type, root] of a game. */
struct op_posted {
    bool is_game;
    struct cw_hash32 root;
    uint64_t index, block; /* of an output; saturated */
    struct cw_addr20 game;
    uint64_t type;
};
CW_MUST_USE bool op_posted_read(struct op_posted *ret, struct cw_slice data);
/* The key of an output as a subject. */
void op_output_key(struct cw_hash32 *out, const struct cw_hash32 *root, uint64_t index);

/* --- invariants_truth.c: is that root our chain's? -------------------------------------------- */

/* Of what is claimed in a block of the settlement layer with that time. */
void op_tell(struct op_judge *j, const struct game_claim *claim, uint64_t posted_s,
             struct cw_told *ret);
/* Both layers' values and blocks into the verdict. */
void op_show(struct op_judge *j, const struct game_claim *claim, const struct cw_told *told);

enum op_existence { OP_EXISTS = 1, OP_ABSENT, OP_UNKNOWN, OP_EXISTENCE_PENDING };
/* Whether the withdrawal was sent in that final L2 block or before. text: why it is UNKNOWN. */
enum op_existence op_exists(struct op_judge *j, const struct cw_hash32 *id, uint64_t block,
                            const char **ret_text);

/* --- invariants_game.c ------------------------------------------------------------------------ */

/* How a game stands now. */
struct op_fate {
    struct game game; /* respected, blacklisted and so on, as the portal's rules are now */
    uint64_t type;
    bool permissioned; /* only the proposer makes them */
    bool known;        /* a type whose games are read here */
    const char *fault; /* why the portal takes no proof in it, whatever comes of it; "": it does */
    uint64_t resolved_s; /* 0: in progress */
    uint64_t clock_s;    /* of each side */
    uint64_t claims_n;
    /* In progress: who wins if nobody moves any more, and how long anybody can keep him from it. */
    bool foreseen;
    bool defender_wins;
    uint64_t left_s;
};

/* What the game claims, and its type. False: it does not answer as a game (or the look stops). */
bool op_read_claim(struct op_judge *j, const struct cw_addr20 *at, struct op_fate *ret);
/* Everything else that is no forecast. False: it is not known (yet). */
bool op_read_fate(struct op_judge *j, struct op_fate *fate);
/* foreseen and what follows, of a game in progress; asks for all of its claims. */
void op_foresee(struct op_judge *j, struct op_fate *fate);
/* The side that is about to win can hardly be kept from it any more. */
bool op_is_near_its_end(const struct op_fate *fate);

/* --- invariants_calls.c: what a transaction asked the portal for ------------------------------ */

enum op_call {
    OP_CALL_PENDING = 1,
    OP_CALL_UNKNOWN, /* the transaction can't be had */
    OP_CALL_NONE,    /* no such call stands in its data: a contract made it up */
    OP_CALL_VALID,   /* one proves it under that root */
    OP_CALL_INVALID  /* the transaction is the call itself, and proves nothing */
};
/* Calls of the subject's transaction, or in its data, that prove the withdrawal. root: of the
 * output that it was proven on. */
enum op_call op_find_prove(struct op_judge *j, const struct cw_hash32 *id,
                           const struct cw_hash32 *root, const char **ret_text);

/* The same by what the transaction called the portal with, where an endpoint tells: VALID, NONE or
 * PENDING. */
enum op_call op_find_traced_prove(struct op_judge *j, const struct cw_hash32 *id,
                                  const struct cw_hash32 *root);

/* VALID: a call in that transaction finalizes the withdrawal, which pays out so much. UNKNOWN: the
 * judge has failed. */
enum op_call op_find_value(struct op_judge *j, const struct cw_hash32 *tx_hash,
                           const struct cw_hash32 *id, struct cw_u256 *ret);

/* --- invariants_standing.c: what changes the rules -------------------------------------------- */

/* The one that the log tells of; NULL: none. */
const struct cw_change *op_change_of(const struct cw_adapter *adapter, const struct cw_log *log);

/* --- the judges ------------------------------------------------------------------------------- */

void op_judge_root(struct op_judge *j);
void op_judge_proven(struct op_judge *j);
void op_judge_executed(struct op_judge *j);
void op_judge_change(struct op_judge *j);
void op_judge_governance(struct op_judge *j);
void op_judge_conservation(struct op_judge *j);
void op_judge_liveness(struct op_judge *j);
void op_judge_head_lag(struct op_judge *j);
void op_judge_safe_lag(struct op_judge *j);
void op_judge_final_lag(struct op_judge *j);
void op_judge_tokens(struct op_judge *j);

/* --- the table's functions -------------------------------------------------------------------- */

extern const struct cw_invariant opstack_invariants[];
enum cw_err opstack_watched(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                            size_t *ret_n);
enum cw_err opstack_subjects(const struct cw_adapter *adapter, enum cw_side side,
                             const struct cw_log *log, struct cw_arena *arena,
                             struct cw_subject *out, size_t cap, size_t *ret_n,
                             struct cw_error *error);
void opstack_judge(const struct cw_adapter *adapter, const struct cw_subject *subject,
                   const struct cw_message *message, enum cw_verdict_state rests_on,
                   struct cw_io *io, struct cw_invariant_verdict *ret);

#endif
