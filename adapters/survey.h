/* How a stack's survey reads contracts. For the stacks' folders only. */
#ifndef ADAPTERS_SURVEY_PRIVATE_H
#define ADAPTERS_SURVEY_PRIVATE_H

#include <adapters/survey.h>

struct surveyor {
    struct cw_io *io;
    struct cw_survey *ret; /* zeroed by survey_begin */
    bool pending; /* something was asked for: what is not known yet is left out meanwhile */
};

struct surveyor survey_begin(struct cw_io *io, struct cw_survey *ret);
/* NEED while something is asked for, else OK, unless it was decided otherwise. */
void survey_end(struct surveyor *s);
void survey_other(struct surveyor *s, const char *format, ...) CW_PRINTF(2, 3);

/* A call without an argument, or with one word (NULL: none). False, and *ret untouched: it is not
 * known yet, or the contract has no such function, answers something else, or is not there. */
bool survey_word(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                 uint32_t selector, const struct cw_hash32 *word, struct cw_hash32 *ret);
bool survey_addr20(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                   uint32_t selector, struct cw_addr20 *ret);
bool survey_u64(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                uint32_t selector, uint64_t *ret);
/* True only when it says so. */
bool survey_says_yes(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                     uint32_t selector, const struct cw_addr20 *about);
/* A string, printable and cut to size. */
bool survey_text(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                 uint32_t selector, char *ret, size_t size);
/* Why a contract answers nothing, from what it reverts with; "" when it does not revert. */
void survey_why_not(struct surveyor *s, enum cw_side side, const struct cw_addr20 *to,
                    uint32_t selector, char *out, size_t size);

/* Adds it with its version(); a zero address is not added, and remarked on as not set up: by is who
 * names it. */
void survey_add(struct surveyor *s, const char *key, const char *name, enum cw_side side,
                const struct cw_addr20 *address, const char *by);
void survey_remark(struct surveyor *s, enum cw_remark_kind kind, const char *format, ...)
    CW_PRINTF(3, 4);

/* A link: what, such as "portal() of the messenger", must answer with that contract. A function
 * that is not there is passed over. */
struct survey_link {
    const char *what;
    enum cw_side side;
    const struct cw_addr20 *at;
    uint32_t selector;
    uint32_t older; /* the function's name before; 0: none */
    const struct cw_addr20 *is;
    bool may_be_zero; /* was not set by all who deployed it */
};
void survey_link(struct surveyor *s, const struct survey_link *link);

/* The chain that a contract says it is of, and the one that it must be of. */
void survey_chain(struct surveyor *s, const char *who, uint64_t says, struct cw_chain_id is);

#endif
