/* Judging what must hold of messages out of a Nitro rollup: what the files exit_invariants*.c
 * share. */
#ifndef NITRO_EXIT_INVARIANTS_H
#define NITRO_EXIT_INVARIANTS_H

#include "judge.h"
#include "nitro/exit_look.h"
#include "standing.h"

/* Places in the table. */
enum exit_invariant {
    EXIT_ROOT = 0,
    EXIT_EXECUTED,
    EXIT_CHANGE,
    EXIT_GOVERNANCE,
    EXIT_CONSERVATION,
    EXIT_LIVENESS,
    EXIT_PAID,
    EXIT_HEAD_LAG,
    EXIT_SAFE_LAG,
    EXIT_FINAL_LAG
};

#define EXIT_RULES 17u /* parts of EXIT_GOVERNANCE */

/* One judgement. The settlement layer is read as in a look at a message: what its readers leave in
 * it goes into the verdict. */
struct exit_judge {
    struct cw_judge judge;
    const struct cw_adapter *adapter;
    const struct cw_message *message; /* the subject's, where the store has it; or NULL */
    struct exit_look look;
    struct cw_decision unused;
    struct cw_message nobody;
};

/* As cw_judge_stops(), with what the look's readers met. */
bool exit_judge_stops(struct exit_judge *j);

/* --- exit_invariants.c: what subjects keep in data ---------------------------------------------
 */

enum exit_said {
    EXIT_ASSERTED = 1,  /* by an assertion of BoLD */
    EXIT_NODE = 2,      /* by a node, before it */
    EXIT_CONFIRMED = 3, /* of either: the outbox takes proofs under it */
    EXIT_GENESIS = 4,   /* the assertion that a rollup begins with */
    EXIT_TAKEN = 5      /* the outbox takes proofs under it, and nobody confirmed anything */
};

/* Words, in this order. */
struct exit_posted {
    enum exit_said said;
    struct cw_hash32 name; /* the assertion's hash, or the node's number; TAKEN: the root */
    struct cw_hash32 parent;
    struct cw_hash32 block_hash, root; /* of the rollup, and its send root */
    uint64_t period; /* ASSERTED: blocks of the settlement layer until it may be confirmed */
};
/* What a log says that makes, confirms or takes one; false when it is malformed. */
CW_MUST_USE bool exit_posted_of(struct exit_posted *ret, const struct cw_log *log);
CW_MUST_USE bool exit_posted_read(struct exit_posted *ret, struct cw_slice data);

/* --- exit_invariants_standing.c: what changes the rules ----------------------------------------
 */

/* The one that the log tells of; NULL: none. */
const struct cw_change *exit_change_of(const struct cw_adapter *adapter, const struct cw_log *log);

/* --- exit_invariants_paid.c: an execution and its payment --------------------------------------
 */

/* What the subject of an execution keeps. */
#define EXIT_EXECUTION_SIZE 130u

struct exit_payment {
    struct cw_u256 value; /* in wei, or in units of the token */
    struct cw_hash32 data_hash;
};

/* A log by which the bridge says that it paid. */
bool exit_is_payment(const struct cw_adapter *adapter, const struct cw_log *log);
/* The same, for our outbox. */
bool exit_is_by_outbox(const struct cw_adapter *adapter, const struct cw_log *log);
/* The one of the logs beside it that is for this execution; NULL: none. */
const struct cw_log *exit_payment_of(const struct cw_adapter *adapter,
                                     const struct cw_log *execution);
/* Whether one of the logs beside a payment is the execution of our outbox that it is for. */
bool exit_is_paid_for(const struct cw_adapter *adapter, const struct cw_log *payment);
CW_MUST_USE bool exit_payment_read(struct exit_payment *ret, const struct cw_log *payment);

/* --- the judges ------------------------------------------------------------------------------- */

void exit_judge_root(struct exit_judge *j);
void exit_judge_executed(struct exit_judge *j);
void exit_judge_change(struct exit_judge *j);
void exit_judge_governance(struct exit_judge *j);
void exit_judge_conservation(struct exit_judge *j);
void exit_judge_liveness(struct exit_judge *j);
void exit_judge_paid(struct exit_judge *j);
void exit_judge_head_lag(struct exit_judge *j);
void exit_judge_safe_lag(struct exit_judge *j);
void exit_judge_final_lag(struct exit_judge *j);

/* --- the table's functions -------------------------------------------------------------------- */

extern const struct cw_invariant exit_invariants[];
enum cw_err exit_watched(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                         size_t *ret_n);
enum cw_err exit_subjects(const struct cw_adapter *adapter, enum cw_side side,
                          const struct cw_log *log, struct cw_arena *arena, struct cw_subject *out,
                          size_t cap, size_t *ret_n, struct cw_error *error);
void exit_judge(const struct cw_adapter *adapter, const struct cw_subject *subject,
                const struct cw_message *message, enum cw_verdict_state rests_on, struct cw_io *io,
                struct cw_invariant_verdict *ret);

#endif
