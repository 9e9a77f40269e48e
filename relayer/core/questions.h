/* What other threads ask the loop, where a row of the command table is too narrow for the answer
 * and too dear for the question: kept in memory, bounded, and gone with the process. Equal
 * questions are one; its answer is kept for a while, and given to whoever asks again. Every
 * function may be called from any thread. */
#ifndef CORE_QUESTIONS_H
#define CORE_QUESTIONS_H

#include "core/clock.h"

#include <causeway/arena.h>
#include <causeway/base.h>

struct cw_questions;

#define CW_QUESTIONS_MAX      64u                /* open and kept */
#define CW_QUESTION_TEXT_SIZE 4096u              /* of what is asked */
#define CW_ANSWER_MAX         ((size_t)2 << 20)  /* of one answer */
#define CW_ANSWERS_MAX        ((size_t)16 << 20) /* of all that are kept */

struct cw_question {
    char kind[16]; /* which part of the loop answers it */
    char who[64];  /* who asks, where that makes another question of it; "" */
    bool trusted;  /* may ask more often, and when the others have filled their part */
    char text[CW_QUESTION_TEXT_SIZE];
};

/* clock outlives it. */
CW_MUST_USE enum cw_err cw_questions_new(struct cw_questions **ret, const struct cw_clock *clock,
                                         struct cw_error *error);
void cw_questions_free(struct cw_questions *questions); /* takes NULL */

/* --- who asks --- */

/* *ret_number by which the answer is fetched; that of an equal question that is open or was
 * answered and kept. CW_ERR_OVERLOADED: too many are open, or too many are asked for the time
 * being. */
CW_MUST_USE enum cw_err cw_questions_ask(struct cw_questions *questions,
                                         const struct cw_question *question, uint64_t *ret_number,
                                         struct cw_error *error);
/* False: not answered yet. *ret_status: as an HTTP status; 0: that number is not known (any
 * longer). Appends the answer: JSON with the status 200, else a sentence. */
bool cw_questions_fetch(struct cw_questions *questions, uint64_t number, unsigned *ret_status,
                        struct cw_buf *out);

/* --- the loop --- */

/* The oldest that nobody took yet. False: there is none. */
bool cw_questions_take(struct cw_questions *questions, struct cw_question *ret,
                       uint64_t *ret_number);
/* Of one that was taken; it is kept for keep_ms. One that is too large is answered with 413. */
void cw_questions_answer(struct cw_questions *questions, uint64_t number, unsigned status,
                         struct cw_slice answer, uint64_t keep_ms);

#endif
