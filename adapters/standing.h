/* Invariants that have one subject a route, judged again and again: who governs the contracts, what
 * keeps moving, and what is locked. Shared by the stacks' folders, not by the host. */
#ifndef ADAPTERS_STANDING_H
#define ADAPTERS_STANDING_H

#include "change.h"

#include <adapters/field.h>

/* What an operator wants to be told of; 0: of nothing. Part of a stack's configuration. */
struct cw_limits {
    uint64_t max_root_age_s;
    uint64_t max_head_lag_s, max_safe_lag_s, max_final_lag_s;
    struct cw_wei max_outflow, max_daily_outflow;
};

/* The fields of a struct cw_limits that is the member `limits` of struct type. */
#define CW_LIMIT_FIELDS(type)                                                                      \
    {"max_root_age_s",                                                                             \
     CW_FIELD_U64,                                                                                 \
     offsetof(type, limits.max_root_age_s),                                                        \
     "0",                                                                                          \
     0,                                                                                            \
     0,                                                                                            \
     "The monitor warns when nothing new was proposed for so long; 0: never."},                    \
        {"max_head_lag_s",                                                                         \
         CW_FIELD_U64,                                                                             \
         offsetof(type, limits.max_head_lag_s),                                                    \
         "0",                                                                                      \
         0,                                                                                        \
         0,                                                                                        \
         "It warns when the rollup's newest block is so much older than the settlement layer's; "  \
         "0: never."},                                                                             \
        {"max_safe_lag_s",                                                                         \
         CW_FIELD_U64,                                                                             \
         offsetof(type, limits.max_safe_lag_s),                                                    \
         "0",                                                                                      \
         0,                                                                                        \
         0,                                                                                        \
         "The same of the rollup's safe block: its batches."},                                     \
        {"max_final_lag_s",                                                                        \
         CW_FIELD_U64,                                                                             \
         offsetof(type, limits.max_final_lag_s),                                                   \
         "0",                                                                                      \
         0,                                                                                        \
         0,                                                                                        \
         "The same of the rollup's final block."},                                                 \
        {"max_outflow",                                                                            \
         CW_FIELD_WEI,                                                                             \
         offsetof(type, limits.max_outflow),                                                       \
         "0",                                                                                      \
         0,                                                                                        \
         0,                                                                                        \
         "More than that paid out by one message holds the route; 0: as much as it may be."},      \
    {                                                                                              \
        "max_daily_outflow", CW_FIELD_WEI, offsetof(type, limits.max_daily_outflow), "0", 0, 0,    \
            "The same of all that is paid out in a day."                                           \
    }

/* --- governance ------------------------------------------------------------------------------- */

/* One part of such an invariant. */
struct cw_rule {
    const char *name; /* lower case, static; a change is NAME_changed */
    enum cw_stake stake;
    const struct cw_addr20 *contract; /* zero: there is none here */
    const struct cw_hash32 *slot;     /* what it holds, proven; NULL: what is answered to */
    uint32_t selector;                /* without arguments; zero where there is no such function */
};

/* The rule that is the subject's part is what it was in the first final block that was looked at,
 * or has been something else for CW_CHANGE_S. A change rests on the block where it is seen, until
 * the final one is as late as that. */
void cw_judge_rule(struct cw_judge *judge, const struct cw_rule *rules, size_t n);

/* --- liveness --------------------------------------------------------------------------------- */

/* Ages by the settlement layer's clock. They are what they are: no block has to become final for
 * that. */
/* newest_s: when the newest root was proposed. */
void cw_judge_root_age(struct cw_judge *judge, const struct cw_limits *limits, uint64_t newest_s);
/* Of the rollup's newest, safe or final block. */
enum cw_lag { CW_LAG_HEAD, CW_LAG_SAFE, CW_LAG_FINAL };
void cw_judge_lag(struct cw_judge *judge, const struct cw_limits *limits, enum cw_lag lag);
/* When marker was last seen to change, by the memory, which the verdict gets. */
uint64_t cw_judge_since(struct cw_judge *judge, const struct cw_hash32 *marker);

/* --- conservation ----------------------------------------------------------------------------- */

/* Where the money of a route is, and what tells of its going in and out. The functions take ctx,
 * note what they could not have yet in the judge and return false then. */
struct cw_escrow {
    const struct cw_addr20 *holder;
    bool (*balance)(void *ctx, const struct cw_block_ref *at, struct cw_u256 *ret);
    /* Whose logs, with which topics 0, and what one of them took in and paid out: added to *in and
     * *out. *unknown: it moved something, and how much is not known. */
    const struct cw_addr20 *teller;
    const struct cw_hash32 *topics;
    size_t topics_n;
    bool (*take)(void *ctx, const struct cw_log *log, struct cw_u256 *in, struct cw_u256 *out,
                 bool *unknown);
    void *ctx;
};

/* In the final block the holder has what it had in the one that was final at the last look, and
 * what came in, less what was paid out; so it has in the subject's block since the final one; and
 * no more than the limits was paid out, which is told of for CW_CHANGE_S. */
void cw_judge_escrow(struct cw_judge *judge, const struct cw_escrow *escrow,
                     const struct cw_limits *limits);

#endif
