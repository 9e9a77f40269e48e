/* What the API asks the loop: the loop, its clock and the database are the test's own. */
#include "api/internal.h"
#include "core/questions.h"

#include "fake_clock.h"
#include "store_fixture.h"

struct bed {
    struct fixture *f;
    struct fake_clock clock;
    struct cw_questions *questions;
    struct cw_config config;
    struct cw_api api;
    struct cw_api_call call;
};

static int set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    struct cw_error error;
    assert_non_null(bed);
    store_fixture_set_up((void **)&bed->f);
    fake_clock_init(&bed->clock);
    assert_int_equal(cw_questions_new(&bed->questions, &bed->clock.clock, &error), CW_OK);
    bed->api = (struct cw_api){.config = &bed->config, .daemon.questions = bed->questions};
    *state = bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    cw_questions_free(bed->questions);
    store_fixture_tear_down((void **)&bed->f);
    free(bed);
    return 0;
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Somebody's first call; its status, 0 while it waits. */
static unsigned track(struct bed *bed) {
    static const char body[] =
        "{\"tx\":\"0x4242424242424242424242424242424242424242424242424242424242424242\"}";
    struct cw_cli_view view = {
        .config = &bed->config, .path = bed->f->path, .store = bed->f->store};
    const struct resource *resource = api_asks;
    while (strcmp(resource->path, "v1/track") != 0)
        resource++;
    bed->call = (struct cw_api_call){
        .posts = true, .role = CW_API_READ, .who = "", .body = CW_LITERAL(body)};
    assert_true(cw_api_call_open(&bed->call, "/v1/track", ""));
    cw_arena_init(&view.arena, 1u << 20);
    struct answer a = {&bed->api, &bed->call, &view};
    resource->answer(&a, NULL);
    cw_arena_done(&view.arena);
    cw_api_call_done(&bed->call);
    return bed->call.status;
}

/* An answer that is kept is gone soon: nobody waits for the next tick to read it. */
static void track__answered_a_moment_ago__answered_at_once(void **state) {
    struct bed *bed = *state;
    static const char answer[] = "{\"state\":\"notFound\"}";
    struct cw_question question;
    uint64_t number = 0;
    assert_int_equal(track(bed), 0);
    assert_true(cw_questions_take(bed->questions, &question, &number));
    cw_questions_answer(bed->questions, number, 200, CW_LITERAL(answer), 5000);
    assert_int_equal(track(bed), 200);
    assert_false(cw_questions_take(bed->questions, &question, &number));
}

/* Asked too often, it is refused, and not left waiting for a question that was not taken. */
static void track__more_than_are_answered__refused(void **state) {
    struct bed *bed = *state;
    struct cw_error error;
    struct cw_question other = {.kind = "other"};
    uint64_t number = 0;
    for (unsigned i = 0; i < CW_QUESTIONS_MAX; i++) {
        snprintf(other.text, sizeof other.text, "%u", i);
        if (cw_questions_ask(bed->questions, &other, &number, &error) != CW_OK)
            break;
    }
    assert_int_equal(track(bed), 429);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(track__answered_a_moment_ago__answered_at_once),
        CASE(track__more_than_are_answered__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
