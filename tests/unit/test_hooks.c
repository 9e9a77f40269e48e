/* Webhooks that were asked for: what reaches their receivers, in which order, and how often. */
#include "sink/hooks.h"

#include "core/json.h"
#include "core/log.h"
#include "fake_clock.h"
#include "http_server.h"
#include "sink/signature.h"
#include "store/webhooks.h"
#include "store_fixture.h"

#define SECRET "a-secret-of-the-dapp"
#define HELD   64u

struct got {
    char path[64], id[64], timestamp[32], signature[80], body[2048];
};

struct bed {
    struct fixture *f;
    struct fake_clock clock;
    struct cw_loop *loop;
    struct server *server;
    struct cw_config config;
    char prefix[64];
    const char *prefixes[1];
    struct cw_hooks *hooks;
    struct got got[HELD];
    size_t got_n;
    int status; /* 0: never answers */
};

#undef OK
#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, bed->f->error.text);                                         \
    } while (0)

static void on_request(void *ctx, const struct server_request *request) {
    struct bed *bed = ctx;
    assert_true(bed->got_n < HELD);
    struct got *got = &bed->got[bed->got_n++];
    snprintf(got->path, sizeof got->path, "%s", request->path);
    server_header(request, "X-Causeway-Id", got->id, sizeof got->id);
    server_header(request, "X-Causeway-Timestamp", got->timestamp, sizeof got->timestamp);
    server_header(request, "X-Causeway-Signature", got->signature, sizeof got->signature);
    snprintf(got->body, sizeof got->body, "%.*s", (int)request->body.n,
             (const char *)request->body.p);
    if (bed->status == 0)
        server_reply_never(request->conn);
    else
        server_reply(request->conn, bed->status, "", cw_slice_of("", 0));
}

static void no_line(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    assert_null(strstr(line, SECRET));
}

static void start(struct bed *bed) {
    OK(cw_hooks_new(&bed->hooks, bed->loop, bed->f->store, &bed->config, &bed->f->error));
}

static int set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    void *fixture = NULL;
    assert_non_null(bed);
    store_fixture_set_up(&fixture);
    bed->f = fixture;
    fake_clock_init(&bed->clock);
    bed->clock.now_ms = NOW;
    bed->status = 200;
    bed->server = server_new(on_request, bed);
    snprintf(bed->prefix, sizeof bed->prefix, "http://127.0.0.1:%u/hooks/",
             server_port(bed->server));
    bed->prefixes[0] = bed->prefix;
    bed->config.api.webhooks = bed->prefixes;
    bed->config.api.webhooks_n = 1;
    cw_log_redirect(no_line, NULL);
    OK(cw_loop_new(&bed->loop, &bed->clock.clock, &bed->f->error));
    start(bed);
    *state = bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    void *fixture = bed->f;
    cw_hooks_free(bed->hooks);
    cw_loop_free(bed->loop);
    server_free(bed->server);
    store_fixture_tear_down(&fixture);
    cw_log_redirect(NULL, NULL);
    free(bed);
    return 0;
}

static void turn(struct bed *bed, unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        cw_hooks_tick(bed->hooks);
        OK(cw_loop_step(bed->loop, 1, &bed->f->error));
        server_step(bed->server, 1);
        OK(cw_loop_step(bed->loop, 1, &bed->f->error));
    }
}

/* Until that many requests have come, and a little longer. */
static void await(struct bed *bed, size_t n) {
    for (unsigned i = 0; i < 2000 && bed->got_n < n; i++)
        turn(bed, 1);
    turn(bed, 10);
    assert_int_equal(bed->got_n, n);
}

static struct cw_store_webhook hook_of(const struct bed *bed, const char *path) {
    struct cw_store_webhook hook = {.owner = "dapp", .secret = SECRET};
    snprintf(hook.url, sizeof hook.url, "%s%s", bed->prefix, path);
    return hook;
}

static int64_t subscribe(struct bed *bed, const struct cw_store_webhook *hook) {
    int64_t row = 0;
    OK(cw_store_webhook_add(bed->f->store, hook, bed->clock.now_ms, &row, &bed->f->error));
    cw_hooks_changed(bed->hooks);
    return row;
}

static struct cw_store_webhook row_of(struct bed *bed, int64_t row) {
    struct cw_store_webhook *list = NULL;
    size_t n = 0;
    OK(cw_store_webhooks(bed->f->store, NULL, &bed->f->arena, &list, &n, &bed->f->error));
    for (size_t i = 0; i < n; i++)
        if (list[i].row == row)
            return list[i];
    fail_msg("webhook %lld is gone", (long long)row);
    return list[0];
}

static void reach(struct bed *bed, int64_t message, enum cw_stage stage) {
    move(bed->f, (struct cw_store_transition){
                     .message = message, .stage = stage, .condition = CW_WAITING, .reason = "so"});
}

static void assert_signed(const struct got *got) {
    char wanted[CW_SIGNATURE_TEXT_SIZE];
    assert_int_equal(cw_signature_write(wanted, CW_LITERAL(SECRET),
                                        strtoull(got->timestamp, NULL, 10), got->id,
                                        cw_slice_of(got->body, strlen(got->body))),
                     CW_OK);
    assert_string_equal(got->signature, wanted);
}

/* --- what it wants ---------------------------------------------------------------------------- */

static void tell__stages_of_a_message__in_order_signed_and_once(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hook = hook_of(bed, "a");
    hook.stages = 1u << CW_STAGE_SAFE | 1u << CW_STAGE_PROVEN;
    int64_t before = put(bed->f, 1); /* what was before it is not told */
    reach(bed, before, CW_STAGE_SAFE);
    const int64_t row = subscribe(bed, &hook);
    const int64_t message = put(bed->f, 2);
    static const enum cw_stage stages[] = {CW_STAGE_SAFE, CW_STAGE_SOURCE_FINAL, CW_STAGE_PROVEN};
    for (size_t i = 0; i < CW_COUNT(stages); i++)
        reach(bed, message, stages[i]);
    await(bed, 2);
    assert_non_null(strstr(bed->got[0].body, "\"stage\":\"safe\""));
    assert_non_null(strstr(bed->got[1].body, "\"stage\":\"proven\""));
    assert_string_equal(bed->got[0].path, "/hooks/a");
    for (size_t i = 0; i < 2; i++) {
        char id[CW_HEX_SIZE(32)];
        const struct cw_hash32 hash = hash_of(2, 1);
        assert_signed(&bed->got[i]);
        assert_non_null(strstr(bed->got[i].body, cw_hex_encode(id, cw_slice_of(hash.b, 32))));
        assert_non_null(strstr(bed->got[i].body, "\"route\":\"op\""));
        assert_null(strstr(bed->got[i].body, SECRET));
    }
    assert_int_equal(row_of(bed, row).sent, 2);
    cw_hooks_free(bed->hooks); /* nor again after a start */
    start(bed);
    await(bed, 2);
}

static void tell__of_another_sender_target_transaction_or_route__nothing(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hooks[5];
    for (size_t i = 0; i < CW_COUNT(hooks); i++)
        hooks[i] = hook_of(bed, "x");
    hooks[0].by_sender = hooks[1].by_target = hooks[2].by_tx = true;
    hooks[3].route = bed->f->route + 1;
    hooks[4] = hook_of(bed, "mine");
    hooks[4].by_sender = hooks[4].by_target = hooks[4].by_tx = true;
    memset(hooks[4].sender.b, 0x11, 20);
    memset(hooks[4].target.b, 0x22, 20);
    hooks[4].tx = hash_of(7, 4);
    hooks[4].route = bed->f->route;
    for (size_t i = 0; i < CW_COUNT(hooks); i++)
        subscribe(bed, &hooks[i]);
    reach(bed, put(bed->f, 6), CW_STAGE_SAFE);
    reach(bed, put(bed->f, 7), CW_STAGE_SAFE);
    await(bed, 2); /* seen, and safe */
    assert_string_equal(bed->got[0].path, "/hooks/mine");
    assert_string_equal(bed->got[1].path, "/hooks/mine");
}

/* More than fit into one look, none of it wanted: where it is then is written, now and then. */
static void tell__much_that_is_not_wanted__passed_over(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hook = hook_of(bed, "a");
    hook.stages = 1u << CW_STAGE_EXECUTED;
    const int64_t row = subscribe(bed, &hook), message = put(bed->f, 1);
    const int64_t begin = row_of(bed, row).position;
    OK(cw_store_begin(bed->f->store, &bed->f->error));
    for (unsigned i = 0; i < 4200; i++)
        reach(bed, message, i % 2 ? CW_STAGE_SAFE : CW_STAGE_SOURCE_FINAL);
    OK(cw_store_commit(bed->f->store, &bed->f->error));
    turn(bed, 100);
    assert_int_equal(bed->got_n, 0);
    assert_true(row_of(bed, row).position >= begin + 4096);
    reach(bed, message, CW_STAGE_EXECUTED);
    await(bed, 1);
    assert_int_equal(row_of(bed, row).sent, 1);
}

/* --- receivers that fail ---------------------------------------------------------------------- */

static void tell__receiver_fails__the_same_id_and_nothing_overtakes(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hook = hook_of(bed, "a");
    hook.stages = 1u << CW_STAGE_SAFE | 1u << CW_STAGE_PROVEN;
    const int64_t row = subscribe(bed, &hook), message = put(bed->f, 1);
    bed->status = 500;
    reach(bed, message, CW_STAGE_SAFE);
    reach(bed, message, CW_STAGE_PROVEN);
    await(bed, 1);
    assert_int_equal(row_of(bed, row).failing, 1);
    assert_string_equal(row_of(bed, row).said, "HTTP 500");
    bed->clock.now_ms += 2000;
    bed->status = 400; /* a refusal is a failure, too: what comes behind it must not come first */
    await(bed, 2);
    assert_int_equal(row_of(bed, row).failing, 2);
    bed->status = 200;
    bed->clock.now_ms += 4000;
    await(bed, 4);
    assert_string_equal(bed->got[0].id, bed->got[1].id);
    assert_string_equal(bed->got[0].id, bed->got[2].id);
    assert_string_not_equal(bed->got[2].id, bed->got[3].id);
    assert_non_null(strstr(bed->got[3].body, "\"stage\":\"proven\""));
    assert_int_equal(row_of(bed, row).failing, 0);
    assert_int_equal(row_of(bed, row).sent, 2);
}

static void tell__crash_while_it_is_under_way__told_again_under_its_id(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hook = hook_of(bed, "a");
    hook.stages = 1u << CW_STAGE_SAFE;
    subscribe(bed, &hook);
    bed->status = 0;
    reach(bed, put(bed->f, 1), CW_STAGE_SAFE);
    await(bed, 1);
    cw_hooks_free(bed->hooks);
    bed->status = 200;
    start(bed);
    await(bed, 2);
    assert_string_equal(bed->got[0].id, bed->got[1].id);
    assert_string_equal(bed->got[0].body, bed->got[1].body);
}

static void tell__fails_for_a_day__given_up(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hook = hook_of(bed, "dead"), other = hook_of(bed, "well");
    const int64_t row = subscribe(bed, &hook);
    bed->status = 503;
    reach(bed, put(bed->f, 1), CW_STAGE_SAFE);
    await(bed, 1);
    bed->clock.now_ms += CW_HOOK_GIVE_UP_MS - 1;
    await(bed, 2);
    assert_int_equal(row_of(bed, row).given_up_ms, 0);
    bed->clock.now_ms += 400000;
    await(bed, 3);
    assert_int_equal(row_of(bed, row).given_up_ms, bed->clock.now_ms);
    bed->clock.now_ms += CW_HOOK_GIVE_UP_MS;
    bed->status = 200;
    await(bed, 3);
    subscribe(bed, &other); /* others go on */
    put(bed->f, 2);
    await(bed, 4);
    assert_string_equal(bed->got[3].path, "/hooks/well");
    cw_hooks_free(bed->hooks);
    start(bed);
    await(bed, 4);
}

/* --- what may be ------------------------------------------------------------------------------ */

static void tell__no_longer_allowed__nothing_is_asked(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hook = hook_of(bed, "a");
    subscribe(bed, &hook);
    turn(bed, 2);
    cw_hooks_free(bed->hooks);
    bed->config.api.webhooks_n = 0;
    start(bed);
    put(bed->f, 1);
    await(bed, 0);
}

static void end__under_way__nothing_more_comes(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hook = hook_of(bed, "a");
    const int64_t row = subscribe(bed, &hook);
    bool found = true;
    bed->status = 0;
    put(bed->f, 1);
    await(bed, 1);
    OK(cw_store_webhook_end(bed->f->store, row, "somebody else", &found, &bed->f->error));
    assert_false(found);
    OK(cw_store_webhook_end(bed->f->store, row, "dapp", &found, &bed->f->error));
    assert_true(found);
    cw_hooks_changed(bed->hooks);
    bed->status = 200;
    put(bed->f, 2);
    await(bed, 1);
}

static void add__too_many__refused(void **state) {
    struct bed *bed = *state;
    struct cw_store_webhook hook = hook_of(bed, "a");
    struct cw_error error;
    int64_t row = 0;
    for (unsigned i = 0; i < CW_WEBHOOKS_MAX; i++) {
        snprintf(hook.owner, sizeof hook.owner, "dapp %u", i / CW_WEBHOOKS_OWNER_MAX);
        OK(cw_store_webhook_add(bed->f->store, &hook, NOW, &row, &bed->f->error));
        if (i + 1 == CW_WEBHOOKS_OWNER_MAX) {
            assert_int_equal(cw_store_webhook_add(bed->f->store, &hook, NOW, &row, &error),
                             CW_ERR_LIMIT);
            assert_non_null(strstr(error.text, "16 webhooks of this token"));
        }
    }
    snprintf(hook.owner, sizeof hook.owner, "one more");
    assert_int_equal(cw_store_webhook_add(bed->f->store, &hook, NOW, &row, &error), CW_ERR_LIMIT);
    assert_non_null(strstr(error.text, "64 webhooks already"));
}

int main(void) {
#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(tell__stages_of_a_message__in_order_signed_and_once),
        CASE(tell__of_another_sender_target_transaction_or_route__nothing),
        CASE(tell__much_that_is_not_wanted__passed_over),
        CASE(tell__receiver_fails__the_same_id_and_nothing_overtakes),
        CASE(tell__crash_while_it_is_under_way__told_again_under_its_id),
        CASE(tell__fails_for_a_day__given_up),
        CASE(tell__no_longer_allowed__nothing_is_asked),
        CASE(end__under_way__nothing_more_comes),
        CASE(add__too_many__refused),
    };
    return cmocka_run_group_tests_name("webhooks", tests, NULL, NULL);
}
