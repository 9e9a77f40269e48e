/* Whether the daemon lives and does its work, as probes are told: the loop, the clock and the
 * database are the test's own. */
#include "api/internal.h"
#include "openapi.h"

#include "fake_clock.h"
#include "store_fixture.h"

#define STARTED (NOW + 1000)

struct bed {
    struct fixture *f;
    struct fake_clock clock;
    struct cw_loop *loop;
    struct openapi *openapi;
    struct cw_api api;
    struct cw_api_call call;
    uint64_t now_ms;
    char text[65536];
};

static int set_up(void **state) {
    static const char config[] =
        "{\"data_dir\": \"data\", \"chains\": {\"l1\": {\"chain_id\": 900, \"max_head_pause_s\": "
        "60,"
        " \"endpoints\": [\"http://one:1\"]}, \"l2\": {\"chain_id\": 901, \"max_head_pause_s\": 0,"
        " \"endpoints\": [\"http://two:1\"]}}, \"routes\": {\"op\": {\"stack\": \"opstack\","
        " \"settlement\": \"l1\", \"execution\": \"l2\", \"contracts\": {\"portal\":"
        " \"0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0\"}}}}";
    struct bed *bed = calloc(1, sizeof *bed);
    struct cw_error error;
    char path[512];
    assert_non_null(bed);
    store_fixture_set_up((void **)&bed->f);
    temp_path(&bed->f->temp, "causeway.json", path, sizeof path);
    temp_write(path, config, sizeof config - 1, 0600);
    fake_clock_init(&bed->clock);
    assert_int_equal(cw_loop_new(&bed->loop, &bed->clock.clock, &error), CW_OK);
    if (cw_config_load(&bed->api.config, path, &error) != CW_OK)
        fail_msg("%s", error.text);
    bed->openapi = openapi_load("config/openapi.json");
    bed->api.daemon = (struct cw_api_daemon){bed->loop, CW_ROLE_MONITOR, NULL};
    bed->api.started_ms = STARTED;
    bed->now_ms = STARTED;
    *state = bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    openapi_free(bed->openapi);
    cw_config_free(bed->api.config);
    cw_loop_free(bed->loop);
    store_fixture_tear_down((void **)&bed->f);
    free(bed);
    return 0;
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- asking ----------------------------------------------------------------------------------- */

/* Its status; what it says is in text, and as described. */
static unsigned ask(struct bed *bed, const char *path,
                    void (*answer)(struct answer *a, const char *const *parts)) {
    struct fixture *f = bed->f;
    struct cw_cli_view view = {.config = bed->api.config, .path = f->path, .store = f->store};
    char why[SCHEMA_WHY];
    bed->call = (struct cw_api_call){.now_ms = bed->now_ms, .who = ""};
    assert_true(cw_api_call_open(&bed->call, path, ""));
    cw_arena_init(&view.arena, 16u << 20);
    OK(cw_store_routes(f->store, &view.arena, &view.routes, &view.routes_n, &f->error));
    OK(cw_store_chains(f->store, &view.arena, &view.chains, &view.chains_n, &f->error));
    struct answer a = {&bed->api, &bed->call, &view};
    answer(&a, NULL);
    const struct openapi_answer got = {"GET", path, bed->call.status, bed->call.type,
                                       cw_buf_slice(&bed->call.out)};
    if (!openapi_answer(bed->openapi, &got, why))
        fail_msg("%s: %s", path, why);
    snprintf(bed->text, sizeof bed->text, "%.*s", (int)got.body.n, (const char *)got.body.p);
    cw_arena_done(&view.arena);
    cw_api_call_done(&bed->call);
    return bed->call.status;
}

static unsigned health(struct bed *bed) {
    return ask(bed, "/healthz", api_plain[0].answer);
}

static unsigned readiness(struct bed *bed) {
    return ask(bed, "/readyz", api_show_readiness);
}

static bool fails(const struct bed *bed, const char *what, const char *chain) {
    char part[160];
    snprintf(part, sizeof part, "{\"what\":\"%s\"%s%s%s,\"ok\":false,\"text\":", what,
             chain ? ",\"chain\":\"" : "", chain ? chain : "", chain ? "\"" : "");
    return strstr(bed->text, part) != NULL;
}

/* How many checks fail. */
static size_t failing(const struct bed *bed) {
    size_t n = 0;
    for (const char *at = bed->text; (at = strstr(at, "\"ok\":false,\"text\":")) != NULL; at++)
        n++;
    return n;
}

/* --- what the loop does ----------------------------------------------------------------------- */

static void turn(struct bed *bed) {
    struct cw_error error;
    assert_int_equal(cw_loop_step(bed->loop, 0, &error), CW_OK);
}

static void write_endpoint(struct bed *bed, int64_t chain, const char *state) {
    struct fixture *f = bed->f;
    struct cw_store_endpoint endpoint = {.chain = chain};
    int64_t row = 0;
    snprintf(endpoint.label, sizeof endpoint.label, "its own");
    snprintf(endpoint.state, sizeof endpoint.state, "%s", state);
    OK(cw_store_endpoint_put(f->store, &endpoint, bed->now_ms, &row, &f->error));
}

static void write_heads(struct bed *bed, int64_t chain) {
    struct fixture *f = bed->f;
    const struct cw_heads heads = {.latest.number.v = 9};
    OK(cw_store_heads_set(f->store, chain, &heads, bed->now_ms, &f->error));
}

static void write_all(struct bed *bed) {
    write_endpoint(bed, bed->f->l1, "well");
    write_endpoint(bed, bed->f->l2, "asked_last");
    write_heads(bed, bed->f->l1);
    write_heads(bed, bed->f->l2);
}

/* --- cases ------------------------------------------------------------------------------------ */

static void health__while_the_loop_turns__and_when_it_hangs(void **state) {
    struct bed *bed = *state;
    assert_int_equal(health(bed), 200);
    assert_non_null(strstr(bed->text, "\"role\":\"monitor\""));
    bed->clock.now_ms += 10000;
    assert_int_equal(health(bed), 200);
    bed->clock.now_ms += 1;
    assert_int_equal(health(bed), 503);
    assert_true(fails(bed, "loop", NULL));
    assert_int_equal(readiness(bed), 503);
    assert_true(fails(bed, "loop", NULL));
    turn(bed);
    assert_int_equal(health(bed), 200);
}

static void readiness__of_what_an_earlier_run_wrote__is_none(void **state) {
    struct bed *bed = *state;
    bed->now_ms = STARTED - 1;
    write_all(bed);
    bed->now_ms = STARTED;
    assert_int_equal(readiness(bed), 503);
    assert_true(fails(bed, "database", NULL));
    assert_true(fails(bed, "head", "l1") && fails(bed, "head", "l2"));
    assert_int_equal(failing(bed), 3);
    write_all(bed);
    assert_int_equal(readiness(bed), 200);
    assert_int_equal(failing(bed), 0);
}

static void readiness__of_an_empty_database__names_all(void **state) {
    struct bed *bed = *state;
    assert_int_equal(readiness(bed), 503);
    assert_int_equal(failing(bed), 5);
}

static void readiness__nothing_is_written__names_the_database(void **state) {
    struct bed *bed = *state;
    write_all(bed);
    bed->now_ms += 20000;
    assert_int_equal(readiness(bed), 200);
    bed->now_ms += 1000;
    assert_int_equal(readiness(bed), 503);
    assert_true(fails(bed, "database", NULL));
    assert_int_equal(failing(bed), 1);
}

static void readiness__no_endpoint_is_in_use__names_the_chain(void **state) {
    static const char *const states[] = {"unknown", "failing", "contradicted", "wrong_chain",
                                         "removed"};
    struct bed *bed = *state;
    write_all(bed);
    for (size_t i = 0; i < CW_COUNT(states); i++) {
        write_endpoint(bed, bed->f->l1, states[i]);
        assert_int_equal(readiness(bed), 503);
        assert_true(fails(bed, "endpoints", "l1"));
        assert_int_equal(failing(bed), 1);
    }
    write_endpoint(bed, bed->f->l1, "well");
    assert_int_equal(readiness(bed), 200);
}

static void readiness__the_head_stands_still__names_the_chain(void **state) {
    struct bed *bed = *state;
    write_all(bed);
    bed->now_ms += 61000;
    write_endpoint(bed, bed->f->l1, "well");
    assert_int_equal(readiness(bed), 503);
    assert_true(fails(bed, "head", "l1")); /* that of l2 may stand for ever */
    assert_int_equal(failing(bed), 1);
    write_heads(bed, bed->f->l1);
    assert_int_equal(readiness(bed), 200);
}

static void readiness__of_a_chain_in_trouble__does_not_say_which(void **state) {
    struct bed *bed = *state;
    struct fixture *f = bed->f;
    write_all(bed);
    OK(cw_store_chain_trouble_set(f->store, f->l2, "the key is 1234", &f->error));
    assert_int_equal(readiness(bed), 503);
    assert_true(fails(bed, "chain", "l2"));
    assert_null(strstr(bed->text, "1234"));
    OK(cw_store_chain_trouble_set(f->store, f->l2, "", &f->error));
    assert_int_equal(readiness(bed), 200);
}

static void readiness__while_the_past_is_read__says_how_much_is_left(void **state) {
    struct bed *bed = *state;
    struct fixture *f = bed->f;
    write_all(bed);
    OK(cw_store_backfill_set(f->store, f->l1, 4711, 1, 1, &f->error));
    assert_int_equal(readiness(bed), 200);
    assert_non_null(strstr(bed->text, "{\"chain\":\"l1\",\"blocksLeft\":4711}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(health__while_the_loop_turns__and_when_it_hangs),
        CASE(readiness__of_what_an_earlier_run_wrote__is_none),
        CASE(readiness__of_an_empty_database__names_all),
        CASE(readiness__nothing_is_written__names_the_database),
        CASE(readiness__no_endpoint_is_in_use__names_the_chain),
        CASE(readiness__the_head_stands_still__names_the_chain),
        CASE(readiness__of_a_chain_in_trouble__does_not_say_which),
        CASE(readiness__while_the_past_is_read__says_how_much_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
