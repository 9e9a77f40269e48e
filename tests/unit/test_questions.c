/* What other threads ask the loop: shared, bounded, kept for a while. */
#include "core/questions.h"

#include "fake_clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct fake_clock clock;
    struct cw_questions *questions;
    struct cw_error error;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fake_clock_init(&f->clock);
    assert_int_equal(cw_questions_new(&f->questions, &f->clock.clock, &f->error), CW_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_questions_free(f->questions);
    free(f);
    return 0;
}

static enum cw_err ask(struct fixture *f, const char *text, bool trusted, uint64_t *ret) {
    struct cw_question question = {.kind = "proof", .trusted = trusted};
    snprintf(question.text, sizeof question.text, "%s", text);
    return cw_questions_ask(f->questions, &question, ret, &f->error);
}

/* The answer; its status. */
static unsigned fetch(struct fixture *f, uint64_t number, char *text, size_t size) {
    struct cw_buf out;
    unsigned status = 999;
    cw_buf_init(&out, CW_ANSWER_MAX + 1);
    if (!cw_questions_fetch(f->questions, number, &status, &out))
        status = 999;
    snprintf(text, size, "%.*s", (int)out.n, out.n > 0 ? (const char *)out.p : "");
    cw_buf_done(&out);
    return status;
}

static void answer(struct fixture *f, uint64_t number, const char *text, uint64_t keep_ms) {
    cw_questions_answer(f->questions, number, 200, cw_slice_of(text, strlen(text)), keep_ms);
}

static void ask__equal_ones__one_question_and_one_answer(void **state) {
    struct fixture *f = *state;
    struct cw_question taken;
    uint64_t a = 0, b = 0, c = 0, number = 0;
    char text[64];
    assert_int_equal(ask(f, "one", false, &a), CW_OK);
    assert_int_equal(ask(f, "one", true, &b), CW_OK);
    assert_int_equal(ask(f, "two", false, &c), CW_OK);
    assert_true(a == b && a != c);
    assert_int_equal(fetch(f, a, text, sizeof text), 999);
    assert_true(cw_questions_take(f->questions, &taken, &number));
    assert_string_equal(taken.text, "one");
    assert_int_equal(number, a);
    assert_int_equal(ask(f, "one", false, &b), CW_OK); /* while it is under way */
    assert_int_equal(a, b);
    answer(f, a, "{}", 1000);
    assert_int_equal(fetch(f, a, text, sizeof text), 200);
    assert_string_equal(text, "{}");
    assert_int_equal(ask(f, "one", false, &b), CW_OK); /* and while it is kept */
    assert_int_equal(a, b);
    assert_true(cw_questions_take(f->questions, &taken, &number));
    assert_string_equal(taken.text, "two");
    assert_false(cw_questions_take(f->questions, &taken, &number));
    f->clock.now_ms += 1000;
    assert_int_equal(ask(f, "one", false, &b), CW_OK);
    assert_true(b != a);
    assert_int_equal(fetch(f, a, text, sizeof text), 0); /* gone */
    assert_int_equal(fetch(f, 12345, text, sizeof text), 0);
}

static void ask__too_many_open__places_left_for_the_trusted(void **state) {
    struct fixture *f = *state;
    uint64_t number = 0;
    char text[16];
    unsigned i = 0, most = 0;
    for (; i < 200; i++, f->clock.now_ms += 1000) {
        snprintf(text, sizeof text, "%u", i);
        if (ask(f, text, false, &number) != CW_OK)
            break;
    }
    assert_int_equal(i, 48);
    assert_int_equal(ask(f, text, false, &number), CW_ERR_OVERLOADED);
    for (most = i; most < 200; most++, f->clock.now_ms += 1000) {
        snprintf(text, sizeof text, "%u", most);
        if (ask(f, text, true, &number) != CW_OK)
            break;
    }
    assert_int_equal(most, CW_QUESTIONS_MAX);
    /* an answer gives its place away */
    struct cw_question taken;
    assert_true(cw_questions_take(f->questions, &taken, &number));
    answer(f, number, "x", 100000);
    assert_int_equal(ask(f, text, true, &number), CW_OK);
}

static void ask__faster_than_allowed__refused_until_time_has_passed(void **state) {
    struct fixture *f = *state;
    uint64_t number = 0, first = 0;
    char text[16];
    for (unsigned i = 0; i < 16; i++) {
        snprintf(text, sizeof text, "%u", i);
        assert_int_equal(ask(f, text, false, i == 0 ? &first : &number), CW_OK);
    }
    assert_int_equal(ask(f, "more", false, &number), CW_ERR_OVERLOADED);
    assert_int_equal(ask(f, "0", false, &number), CW_OK); /* costs nothing */
    assert_int_equal(number, first);
    assert_int_equal(ask(f, "more", true, &number), CW_OK); /* nor do others pay for it */
    f->clock.now_ms += 250;
    assert_int_equal(ask(f, "another", false, &number), CW_OK);
    assert_int_equal(ask(f, "and one", false, &number), CW_ERR_OVERLOADED);
}

static void answer__much__bounded(void **state) {
    struct fixture *f = *state;
    struct cw_question taken;
    uint64_t numbers[12], number = 0;
    char text[64], *large = calloc(1, CW_ANSWER_MAX + 2);
    assert_non_null(large);
    for (unsigned i = 0; i < CW_COUNT(numbers); i++) {
        snprintf(text, sizeof text, "%u", i);
        assert_int_equal(ask(f, text, true, &numbers[i]), CW_OK);
        assert_true(cw_questions_take(f->questions, &taken, &number));
        cw_questions_answer(f->questions, number, 200, cw_slice_of(large, CW_ANSWER_MAX), 60000);
    }
    size_t kept = 0;
    for (unsigned i = 0; i < CW_COUNT(numbers); i++)
        kept += fetch(f, numbers[i], text, sizeof text) == 200;
    assert_int_equal(kept, CW_ANSWERS_MAX / CW_ANSWER_MAX);
    assert_int_equal(fetch(f, numbers[11], text, sizeof text), 200); /* the newest are */
    assert_int_equal(ask(f, "large", true, &number), CW_OK);
    assert_true(cw_questions_take(f->questions, &taken, &number));
    cw_questions_answer(f->questions, number, 200, cw_slice_of(large, CW_ANSWER_MAX + 1), 60000);
    assert_int_equal(fetch(f, number, text, sizeof text), 413);
    free(large);
}

#define ROUNDS 300u

static void *ask_and_wait(void *ctx) {
    struct fixture *f = ctx;
    char text[64];
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t number = 0;
        snprintf(text, sizeof text, "%u", i % 5);
        if (ask(f, text, true, &number) != CW_OK)
            continue;
        for (unsigned status = 999; status == 999;)
            status = fetch(f, number, text, sizeof text);
    }
    return NULL;
}

static void threads__ask_while_the_loop_answers__each_gets_one(void **state) {
    struct fixture *f = *state;
    pthread_t threads[3];
    struct cw_question taken;
    uint64_t number = 0;
    for (size_t i = 0; i < CW_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_and_wait, f), 0);
    for (size_t i = 0; i < CW_COUNT(threads);) {
        if (cw_questions_take(f->questions, &taken, &number))
            answer(f, number, taken.text, 60000);
        else if (pthread_tryjoin_np(threads[i], NULL) == 0)
            i++;
    }
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(ask__equal_ones__one_question_and_one_answer),
        CASE(ask__too_many_open__places_left_for_the_trusted),
        CASE(ask__faster_than_allowed__refused_until_time_has_passed),
        CASE(answer__much__bounded),
        CASE(threads__ask_while_the_loop_answers__each_gets_one),
    };
    return cmocka_run_group_tests_name("questions", tests, NULL, NULL);
}
