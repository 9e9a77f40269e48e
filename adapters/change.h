/* Changes of who and what governs contracts, as their logs tell of them. Shared by the stacks'
 * folders, not by the host. */
#ifndef ADAPTERS_CHANGE_H
#define ADAPTERS_CHANGE_H

#include "judge.h"

/* Where a proxy keeps its code (ERC-1967), its admin, and a second code. */
extern const struct cw_hash32 CW_PROXY_CODE, CW_PROXY_ADMIN, CW_PROXY_CODE_2;

/* How long a change is told of; then it is what is expected. */
#define CW_CHANGE_S 86400u

struct cw_change {
    uint8_t kind; /* subjects keep it: never renumber */
    const struct cw_hash32 *topic;
    enum cw_stake stake;
    const char *reason, *text;
    size_t word; /* which says what it is now: of the topics behind the first, then of the data */
    const struct cw_hash32 *slot; /* where the contract keeps that; NULL: it can't be looked at */
};

/* The one that the log tells of; NULL: none. */
const struct cw_change *cw_change_find(const struct cw_change *changes, size_t n,
                                       const struct cw_log *log);
/* Key of a subject that is what a log says: the same one again, later, is another log of that key.
 */
void cw_log_key(struct cw_hash32 *out, const struct cw_log *log);
/* Its key, what it is about, and its data. */
CW_MUST_USE enum cw_err cw_change_subject(struct cw_subject *subject,
                                          const struct cw_change *change, const struct cw_log *log,
                                          struct cw_arena *arena, struct cw_error *error);
/* VIOLATED for CW_CHANGE_S after the subject's block, then OK; OK at once where a proof says that
 * the contract that told of it had no code before that block: it was made there.
 *
 * What the contract does not keep at the end of the block, by a proof, was in force within the
 * block only: "code_swapped" then stands for "code_changed", and "code_swapped_storage_written"
 * where the contract's storage is another one after the block than before it, and no other log of
 * the contract in that block says why. Neither leaves a trace in the slot. */
void cw_judge_change(struct cw_judge *judge, const struct cw_change *changes, size_t n);

#endif
