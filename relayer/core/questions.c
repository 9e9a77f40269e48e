#include "core/questions.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the places, those that only trusted ones may fill. */
#define TRUSTED_PLACES 16u

/* New questions: so many a second, and so many at once. */
static const struct { uint64_t per_s, burst; } pace[2] = {{4, 16}, {20, 60}};

enum state { FREE, ASKED, TAKEN, ANSWERED };

struct place {
    enum state state;
    uint64_t number;   /* rises */
    uint64_t until_ms; /* ANSWERED: monotonic */
    unsigned status;
    char *answer; /* owned */
    size_t answer_n;
    struct cw_question question;
};

struct bucket {
    uint64_t tokens_ms, at_ms; /* thousandths; monotonic */
};

struct cw_questions {
    const struct cw_clock *clock;
    pthread_mutex_t lock; /* of all that follows */
    uint64_t last;        /* number */
    size_t bytes;         /* of all answers */
    struct bucket buckets[2];
    struct place places[CW_QUESTIONS_MAX];
};

enum cw_err cw_questions_new(struct cw_questions **ret, const struct cw_clock *clock,
                             struct cw_error *error) {
    struct cw_questions *q = calloc(1, sizeof *q);
    if (!q)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    q->clock = clock;
    pthread_mutex_init(&q->lock, NULL);
    for (size_t i = 0; i < CW_COUNT(q->buckets); i++)
        q->buckets[i] = (struct bucket){pace[i].burst * 1000, clock->monotonic_ms(clock->ctx)};
    *ret = q;
    return CW_OK;
}

static void empty(struct cw_questions *q, struct place *place) {
    q->bytes -= place->answer_n;
    free(place->answer);
    *place = (struct place){.state = FREE};
}

void cw_questions_free(struct cw_questions *q) {
    if (!q)
        return;
    for (size_t i = 0; i < CW_QUESTIONS_MAX; i++)
        empty(q, &q->places[i]);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

/* --- with the lock ---------------------------------------------------------------------------- */

static bool is_same(const struct cw_question *a, const struct cw_question *b) {
    return strcmp(a->kind, b->kind) == 0 && strcmp(a->who, b->who) == 0 &&
           strcmp(a->text, b->text) == 0;
}

static void forget_old(struct cw_questions *q, uint64_t now) {
    for (size_t i = 0; i < CW_QUESTIONS_MAX; i++)
        if (q->places[i].state == ANSWERED && now >= q->places[i].until_ms)
            empty(q, &q->places[i]);
}

/* The one that was answered longest ago; NULL: none is. */
static struct place *oldest_answer(struct cw_questions *q) {
    struct place *oldest = NULL;
    for (size_t i = 0; i < CW_QUESTIONS_MAX; i++) {
        struct place *place = &q->places[i];
        if (place->state == ANSWERED && (!oldest || place->number < oldest->number))
            oldest = place;
    }
    return oldest;
}

/* A place for a new one, perhaps that of an old answer; NULL: all are open. */
static struct place *free_place(struct cw_questions *q, bool trusted) {
    struct place *found = NULL;
    size_t open = 0;
    for (size_t i = 0; i < CW_QUESTIONS_MAX; i++) {
        open += q->places[i].state == ASKED || q->places[i].state == TAKEN;
        if (!found && q->places[i].state == FREE)
            found = &q->places[i];
    }
    if (!trusted && open >= CW_QUESTIONS_MAX - TRUSTED_PLACES)
        return NULL;
    if (!found && (found = oldest_answer(q)) != NULL)
        empty(q, found);
    return found;
}

static bool may_ask(struct cw_questions *q, bool trusted, uint64_t now) {
    struct bucket *bucket = &q->buckets[trusted];
    const uint64_t most = pace[trusted].burst * 1000, passed = now - bucket->at_ms;
    const uint64_t more = passed > 60000 ? most : passed * pace[trusted].per_s;
    bucket->tokens_ms = bucket->tokens_ms + more > most ? most : bucket->tokens_ms + more;
    bucket->at_ms = now;
    if (bucket->tokens_ms < 1000)
        return false;
    bucket->tokens_ms -= 1000;
    return true;
}

static struct place *find(struct cw_questions *q, uint64_t number) {
    for (size_t i = 0; i < CW_QUESTIONS_MAX; i++)
        if (q->places[i].state != FREE && q->places[i].number == number)
            return &q->places[i];
    return NULL;
}

static enum cw_err ask(struct cw_questions *q, const struct cw_question *question, uint64_t now,
                       uint64_t *ret_number, struct cw_error *error) {
    forget_old(q, now);
    for (size_t i = 0; i < CW_QUESTIONS_MAX; i++)
        if (q->places[i].state != FREE && is_same(&q->places[i].question, question)) {
            *ret_number = q->places[i].number;
            return CW_OK;
        }
    if (!may_ask(q, question->trusted, now))
        return cw_error_set(error, CW_ERR_OVERLOADED,
                            "more of these questions than %u a second: ask again later",
                            (unsigned)pace[question->trusted].per_s);
    struct place *place = free_place(q, question->trusted);
    if (!place)
        return cw_error_set(error, CW_ERR_OVERLOADED,
                            "too many questions are open: ask again later");
    *place = (struct place){.state = ASKED, .number = ++q->last, .question = *question};
    *ret_number = place->number;
    return CW_OK;
}

/* --- who asks --------------------------------------------------------------------------------- */

enum cw_err cw_questions_ask(struct cw_questions *q, const struct cw_question *question,
                             uint64_t *ret_number, struct cw_error *error) {
    pthread_mutex_lock(&q->lock);
    enum cw_err err = ask(q, question, q->clock->monotonic_ms(q->clock->ctx), ret_number, error);
    pthread_mutex_unlock(&q->lock);
    return err;
}

bool cw_questions_fetch(struct cw_questions *q, uint64_t number, unsigned *ret_status,
                        struct cw_buf *out) {
    pthread_mutex_lock(&q->lock);
    const struct place *place = find(q, number);
    const bool answered = !place || place->state == ANSWERED;
    if (answered)
        *ret_status = place ? place->status : 0;
    if (answered && place)
        cw_buf_append(out, place->answer, place->answer_n);
    pthread_mutex_unlock(&q->lock);
    return answered;
}

/* --- the loop --------------------------------------------------------------------------------- */

bool cw_questions_take(struct cw_questions *q, struct cw_question *ret, uint64_t *ret_number) {
    struct place *oldest = NULL;
    pthread_mutex_lock(&q->lock);
    forget_old(q, q->clock->monotonic_ms(q->clock->ctx));
    for (size_t i = 0; i < CW_QUESTIONS_MAX; i++)
        if (q->places[i].state == ASKED && (!oldest || q->places[i].number < oldest->number))
            oldest = &q->places[i];
    if (oldest) {
        oldest->state = TAKEN;
        *ret = oldest->question;
        *ret_number = oldest->number;
    }
    pthread_mutex_unlock(&q->lock);
    return oldest != NULL;
}

void cw_questions_answer(struct cw_questions *q, uint64_t number, unsigned status,
                         struct cw_slice answer, uint64_t keep_ms) {
    static const char large[] = "the answer is too large";
    if (answer.n > CW_ANSWER_MAX) {
        status = 413;
        answer = cw_slice_of(large, sizeof large - 1);
    }
    char *copy = malloc(answer.n + 1);
    pthread_mutex_lock(&q->lock);
    struct place *place = find(q, number);
    assert(place && place->state == TAKEN);
    if (copy && answer.n > 0)
        memcpy(copy, answer.p, answer.n);
    place->state = ANSWERED;
    place->status = copy ? status : 503;
    place->answer = copy;
    place->answer_n = copy ? answer.n : 0;
    place->until_ms = q->clock->monotonic_ms(q->clock->ctx) + keep_ms;
    q->bytes += place->answer_n;
    for (struct place *old; q->bytes > CW_ANSWERS_MAX && (old = oldest_answer(q)) != place;)
        empty(q, old);
    pthread_mutex_unlock(&q->lock);
}
