/* Questions of other threads, which take calls to endpoints: answered by the loop. Shared by the
 * files of work/ that answer them. */
#ifndef WORK_INQUIRIES_H
#define WORK_INQUIRIES_H

#include "core/questions.h"
#include "work/internal.h"

/* One under way. */
struct inquiry {
    struct inquiry *next;
    struct cw_relay *relay;
    uint64_t number;
    void *work;                 /* of whoever answers it */
    void (*cancel)(void *work); /* frees work, without an answer */
};

/* Ends it; inquiry and, by who calls this, work are gone. A status other than 200 comes with a
 * sentence. */
void inquiry_answer(struct inquiry *inquiry, unsigned status, struct cw_slice answer,
                    uint64_t keep_ms);
void inquiry_refuse(struct inquiry *inquiry, unsigned status, const char *format, ...)
    CW_PRINTF(3, 4);

/* track.c: what a transaction sent */
void track_begin(struct inquiry *inquiry, const struct cw_question *question);

/* subscribe.c: webhooks */
void subscribe_begin(struct inquiry *inquiry, const struct cw_question *question);
void unsubscribe_begin(struct inquiry *inquiry, const struct cw_question *question);

#endif
