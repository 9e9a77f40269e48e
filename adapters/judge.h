/* What a judge of invariants needs on any stack. Shared by the stacks' folders, not by the host.
 *
 * Readers note what they could not have yet, so that everything of one round is asked before
 * cw_judge_stops() is asked whether to go on. Outputs are untouched unless the reader returns
 * true. */
#ifndef ADAPTERS_JUDGE_H
#define ADAPTERS_JUDGE_H

#include <adapters/invariant.h>
#include <causeway/account.h>
#include <causeway/tx.h>

/* Copies what the judge needs of a log into the subject; at least a byte. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_subject_keep(struct cw_subject *subject, struct cw_arena *arena,
                                        struct cw_slice data, struct cw_error *error);

struct cw_judge {
    const struct cw_subject *subject;
    struct cw_io *io;
    struct cw_invariant_verdict *ret;
    bool pending;
    bool failed; /* ret says why */
};

/* ret: nothing yet, seen where the subject arose. */
struct cw_judge cw_judge_open(const struct cw_subject *subject, struct cw_io *io,
                              struct cw_invariant_verdict *ret);

/* True when the caller must return: something is asked for (ret->need is set), or a reader failed
 * and the verdict is UNVERIFIED. */
bool cw_judge_stops(struct cw_judge *judge);

/* --- verdicts; what else the judge knows (open, again, values, seen) it writes itself --- */

void cw_judge_ok(struct cw_judge *judge);
void cw_judge_unverified(struct cw_judge *judge, const char *reason, const char *format, ...)
    CW_PRINTF(3, 4);
void cw_judge_violated(struct cw_judge *judge, enum cw_stake stake, const char *reason,
                       const char *format, ...) CW_PRINTF(4, 5);
/* What a layer says. */
void cw_judge_value(struct cw_judge *judge, enum cw_side side, const char *format, ...)
    CW_PRINTF(3, 4);
/* An address or a number, without its zeros in front, for people. Returns out. */
char *cw_judge_word(char out[CW_HEX_SIZE(32)], const struct cw_hash32 *word);
/* It may change without a log: again when the block time of that side is reached. */
void cw_judge_again(struct cw_judge *judge, enum cw_side side, uint64_t again_s);

/* A reader can't go on: UNVERIFIED. The first cause stays. */
void cw_judge_fail(struct cw_judge *judge, const char *reason, const char *format, ...)
    CW_PRINTF(3, 4);

/* --- is what one layer says of the other true? --- */

/* A settlement block may speak of one that is younger by so much: its own time is that at which its
 * slot began, and clocks differ. */
#define CW_CLOCKS_S 15u
/* The time from which on our chain has all that a block of spoken_s may speak of. */
uint64_t cw_past_s(uint64_t spoken_s);

enum cw_truth {
    CW_TRUE = 1,
    CW_FALSE, /* reason and text say why */
    CW_UNTOLD,
    CW_ASKED /* something is asked for */
};

struct cw_told {
    enum cw_truth truth;
    char reason[40], text[200]; /* as in a verdict */
    bool has_own;               /* what our chain has there */
    struct cw_hash32 own;
    struct cw_block_ref at; /* the block that it is about; number 0: none */
    bool not_final;         /* UNTOLD because that block is not final here */
    uint64_t again_s; /* UNTOLD: more is known at this time of our chain; 0: not by its time */
};

void cw_told_set(struct cw_told *told, enum cw_truth truth, const char *reason, const char *format,
                 ...) CW_PRINTF(4, 5);
/* False: it is ASKED, or UNTOLD for that reason. */
bool cw_told_has(struct cw_judge *judge, struct cw_told *told, const struct cw_answer *answer,
                 const char *reason);
/* UNVERIFIED, as it says; open where the block will be final some day. */
void cw_judge_untold(struct cw_judge *judge, const struct cw_told *told);

/* --- readers --- */

/* Of an answer, or of none. what: for people. */
bool cw_judge_has(struct cw_judge *judge, const struct cw_answer *answer, const char *what);
/* The header of a final block, or of the subject's, its hash recomputed; NULL: not yet, or failed.
 */
const struct cw_answer *cw_judge_header(struct cw_judge *judge, enum cw_side side,
                                        struct cw_block_number number);
/* What a state that is proved under that header has. */
bool cw_judge_slot(struct cw_judge *judge, enum cw_side side, struct cw_block_number number,
                   const struct cw_addr20 *contract, const struct cw_hash32 *slot,
                   struct cw_u256 *ret);
bool cw_judge_balance(struct cw_judge *judge, enum cw_side side, struct cw_block_number number,
                      const struct cw_addr20 *account, struct cw_u256 *ret);
/* Whether a contract stands there; slot: of which a proof is asked for anyway. */
bool cw_judge_has_code(struct cw_judge *judge, enum cw_side side, struct cw_block_number number,
                       const struct cw_addr20 *account, const struct cw_hash32 *slot, bool *ret);
/* The subject's transaction; *ret borrows from the io's arena. Fails the judge, too, when it can't
 * be decoded. */
bool cw_judge_tx(struct cw_judge *judge, const struct cw_hash32 *tx_hash, struct cw_tx *ret);

/* --- calldata --- */

/* The next place in input, from *at on, where a call with that selector may stand, wherever it is:
 * *ret is the rest of input from there, and *at behind its selector. */
bool cw_judge_next_call(struct cw_slice input, size_t *at, uint32_t selector, struct cw_slice *ret);

#endif
