/* One id on two routes: what the commands refuse, what they ask the daemon for, and which message
 * the daemon then acts on. */
#include "cli/cli.h"
#include "store/alerts.h"
#include "work/internal.h"
#include "work/pick.h"

#include "temp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1700000000000u

/* Messages: SHARED is on both routes, and so is its alias; ALONE is on the second only. */
enum { SHARED = 1, ALONE = 2 };

struct fixture {
    struct temp temp;
    char config[512], path[512], said[512];
    struct cw_store *store; /* NULL while a command works beside it */
    struct cw_loop *loop;
    struct cw_error error;
    struct cw_arena arena;
    int64_t routes[2], shared[2], alone;
};

static const char *const names[2] = {"op-legacy", "op-games"};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, f->error.text);                                              \
    } while (0)

static struct cw_hash32 hash_of(uint8_t n, uint8_t kind) {
    struct cw_hash32 hash;
    memset(hash.b, kind, sizeof hash.b);
    hash.b[0] = (uint8_t)(0xa0 + n);
    return hash;
}

static const char *hex_of(const struct cw_hash32 *hash) {
    static char hex[CW_HEX_SIZE(32)];
    return cw_hex_encode(hex, cw_slice_of(hash->b, sizeof hash->b));
}

static int64_t put(struct fixture *f, size_t route, int64_t chain, uint8_t n) {
    struct cw_store_message message = {.route = f->routes[route], .chain = chain};
    message.m.id = hash_of(n, 1);
    message.m.alias = hash_of(n, 2);
    message.m.source.number.v = 100u + n;
    message.m.source.hash = hash_of(n, 3);
    message.tx_hash = hash_of(n, (uint8_t)(4 + route));
    message.m.payload = CW_LITERAL("payload");
    int64_t row = 0;
    bool is_new = false;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    return row;
}

static void open_store(struct fixture *f) {
    OK(cw_store_open(&f->store, f->path, CW_STORE_WRITE, NOW, &f->error));
}

static void close_store(struct fixture *f) {
    cw_store_close(f->store);
    f->store = NULL;
}

static void write_config(struct fixture *f) {
    char text[4096];
    int n = snprintf(text, sizeof text,
                     "{\"data_dir\": \"%s/data\", \"chains\": {"
                     "\"l1\": {\"chain_id\": 900, \"endpoints\": [\"http://127.0.0.1:9\"]},"
                     "\"l2-a\": {\"chain_id\": 901, \"endpoints\": [\"http://127.0.0.1:9\"]},"
                     "\"l2-b\": {\"chain_id\": 902, \"endpoints\": [\"http://127.0.0.1:9\"]}},"
                     "\"routes\": {",
                     f->temp.dir);
    for (size_t i = 0; i < 2; i++)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "%s\"%s\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": "
                      "\"l2-%c\", \"contracts\": {\"portal\": "
                      "\"0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0\"}}",
                      i > 0 ? ", " : "", names[i], i > 0 ? 'b' : 'a');
    n += snprintf(text + n, sizeof text - (size_t)n, "}}");
    temp_write(f->config, text, (size_t)n, 0600);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.json", f->config, sizeof f->config);
    temp_path(&f->temp, "data/causeway.db", f->path, sizeof f->path);
    temp_path(&f->temp, "said", f->said, sizeof f->said);
    cw_arena_init(&f->arena, 64u << 20);
    OK(cw_loop_new(&f->loop, cw_clock_system(), &f->error));
    write_config(f);
    open_store(f);
    int64_t l1 = 0, l2[2] = {0};
    OK(cw_store_chain(f->store, "l1", (struct cw_chain_id){900}, &l1, &f->error));
    OK(cw_store_chain(f->store, "l2-a", (struct cw_chain_id){901}, &l2[0], &f->error));
    OK(cw_store_chain(f->store, "l2-b", (struct cw_chain_id){902}, &l2[1], &f->error));
    for (size_t i = 0; i < 2; i++) {
        OK(cw_store_route(f->store, names[i], cw_adapter_find("opstack", "withdrawal"), l1, l2[i],
                          &f->routes[i], &f->error));
        f->shared[i] = put(f, i, l2[i], SHARED);
    }
    f->alone = put(f, 1, l2[1], ALONE);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_log_redirect(NULL, NULL);
    cw_store_close(f->store);
    cw_loop_free(f->loop);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

/* --- commands --------------------------------------------------------------------------------- */

/* Runs a command with up to three words, and gives what it wrote to stdout and stderr. */
static int said(struct fixture *f, int (*command)(int, char **), const char *a, const char *b,
                const char *c, char *text, size_t size) {
    char title[] = "causeway command", option[] = "--config", words[3][128];
    char *argv[8] = {title, option, f->config};
    const char *given[3] = {a, b, c};
    int argc = 3;
    for (size_t i = 0; i < 3 && given[i] != NULL; i++) {
        snprintf(words[i], sizeof words[i], "%s", given[i]);
        argv[argc++] = words[i];
    }
    close_store(f);
    fflush(NULL);
    optind = 1;
    int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    int file = open(f->said, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(saved[0] >= 0 && saved[1] >= 0 && file >= 0);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    int code = command(argc, argv);
    fflush(NULL);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    ssize_t n = pread(file, text, size - 1, 0);
    assert_true(n >= 0);
    text[n] = 0;
    close(saved[0]);
    close(saved[1]);
    close(file);
    open_store(f);
    return code;
}

static size_t open_commands(struct fixture *f, struct cw_store_command **ret) {
    size_t n = 0;
    OK(cw_store_commands_open(f->store, &f->arena, ret, &n, &f->error));
    return n;
}

static int (*const commands[])(int, char **) = {cw_cmd_show, cw_cmd_hold, cw_cmd_release,
                                                cw_cmd_retry, cw_cmd_prove};

static void id__on_two_routes__refused_with_both_names(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 refs[2] = {hash_of(SHARED, 1), hash_of(SHARED, 2)};
    char text[8192];
    for (size_t i = 0; i < CW_COUNT(commands); i++) {
        for (size_t j = 0; j < 2; j++) {
            int code = said(f, commands[i], hex_of(&refs[j]), NULL, NULL, text, sizeof text);
            assert_int_equal(code, CW_EXIT_USAGE);
            assert_non_null(strstr(text, hex_of(&refs[j])));
            assert_non_null(strstr(text, "(op-legacy, op-games): add --route NAME"));
        }
    }
    /* digits that start both are no riddle of digits */
    assert_int_equal(said(f, cw_cmd_hold, "a1010101", NULL, NULL, text, sizeof text),
                     CW_EXIT_USAGE);
    assert_non_null(strstr(text, "(op-legacy, op-games): add --route NAME"));
    struct cw_store_command *list = NULL;
    assert_int_equal(open_commands(f, &list), 0);
}

static void hold__with_route__names_that_message(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 id = hash_of(SHARED, 1), alias = hash_of(SHARED, 2);
    char text[8192], expected[256], id_text[CW_HEX_SIZE(32)], alias_text[CW_HEX_SIZE(32)];
    cw_hex_encode(id_text, cw_slice_of(id.b, 32));
    cw_hex_encode(alias_text, cw_slice_of(alias.b, 32));
    const char *const refs[] = {id_text, alias_text, "0xa1010101", "a1010101"};
    size_t posted = 0;
    for (size_t route = 0; route < 2; route++) {
        snprintf(expected, sizeof expected, "%s/%s", names[route], id_text);
        for (size_t i = 0; i < CW_COUNT(refs); i++) {
            struct cw_store_command *list = NULL;
            int code = said(f, cw_cmd_hold, refs[i], "--route", names[route], text, sizeof text);
            assert_int_equal(code, CW_EXIT_OK);
            assert_non_null(strstr(text, expected));
            assert_int_equal(open_commands(f, &list), ++posted);
            assert_string_equal(list[posted - 1].subject, expected);
        }
    }
}

static void show__with_route__shows_that_message(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 id = hash_of(SHARED, 1);
    char text[8192], tx[CW_HEX_SIZE(32)];
    for (size_t route = 0; route < 2; route++) {
        const struct cw_hash32 hash = hash_of(SHARED, (uint8_t)(4 + route));
        cw_hex_encode(tx, cw_slice_of(hash.b, 32));
        int code = said(f, cw_cmd_show, hex_of(&id), "--route", names[route], text, sizeof text);
        assert_int_equal(code, CW_EXIT_OK);
        assert_non_null(strstr(text, names[route]));
        assert_null(strstr(text, names[1 - route]));
        assert_non_null(strstr(text, tx));
    }
}

static void id__on_one_route__needs_no_route(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 id = hash_of(ALONE, 1);
    struct cw_store_command *list = NULL;
    char text[8192], expected[256];
    snprintf(expected, sizeof expected, "op-games/%s", hex_of(&id));
    assert_int_equal(said(f, cw_cmd_show, hex_of(&id), NULL, NULL, text, sizeof text), CW_EXIT_OK);
    assert_int_equal(said(f, cw_cmd_hold, hex_of(&id), NULL, NULL, text, sizeof text), CW_EXIT_OK);
    assert_int_equal(open_commands(f, &list), 1);
    assert_string_equal(list[0].subject, expected);
    /* and isn't there on the other */
    assert_int_equal(said(f, cw_cmd_hold, hex_of(&id), "--route", names[0], text, sizeof text),
                     CW_EXIT_NO);
    assert_non_null(strstr(text, "no message of route op-legacy has the id"));
    assert_int_equal(open_commands(f, &list), 1);
}

static void route__unknown_or_of_a_route__refused(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 id = hash_of(ALONE, 1);
    struct cw_store_command *list = NULL;
    char text[8192];
    for (size_t i = 0; i < CW_COUNT(commands); i++) {
        int code = said(f, commands[i], hex_of(&id), "--route", "op-gamse", text, sizeof text);
        assert_int_equal(code, CW_EXIT_USAGE);
        assert_non_null(strstr(text, "did you mean \"op-games\"?"));
    }
    assert_int_equal(said(f, cw_cmd_hold, "op-games", "--route", "op-games", text, sizeof text),
                     CW_EXIT_USAGE);
    assert_int_equal(open_commands(f, &list), 0);
    assert_int_equal(said(f, cw_cmd_hold, "op-games", NULL, NULL, text, sizeof text), CW_EXIT_OK);
    assert_int_equal(open_commands(f, &list), 1);
    assert_string_equal(list[0].subject, "op-games");
}

static void messages__before_an_id_on_two_routes__route_in_front(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 id = hash_of(SHARED, 1), other = hash_of(ALONE, 1);
    char text[8192], before[128];
    snprintf(before, sizeof before, "op-games/%s", hex_of(&id));
    assert_int_equal(said(f, cw_cmd_messages, "--before", hex_of(&id), NULL, text, sizeof text),
                     CW_EXIT_USAGE);
    assert_int_equal(said(f, cw_cmd_messages, "--before", before, "--json", text, sizeof text),
                     CW_EXIT_OK);
    assert_non_null(strstr(text, "op-legacy"));
    assert_null(strstr(text, "op-games"));
    assert_int_equal(said(f, cw_cmd_messages, "--limit=1", NULL, NULL, text, sizeof text),
                     CW_EXIT_OK);
    snprintf(before, sizeof before, "--before op-games/%s", hex_of(&other));
    assert_non_null(strstr(text, before));
}

/* --- the daemon ------------------------------------------------------------------------------- */

static void post(struct fixture *f, const char *verb, const char *subject) {
    struct cw_store_command command = {.text = "why"};
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    snprintf(command.subject, sizeof command.subject, "%s", subject);
    int64_t row = 0;
    OK(cw_store_command_post(f->path, &command, NOW, &row, &f->error));
}

static char logged[8][512];
static size_t logged_n;

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    if (logged_n < CW_COUNT(logged))
        snprintf(logged[logged_n++], sizeof logged[0], "%s", line);
}

/* Carries out what was posted. Both routes are the daemon's. */
static void carry_out(struct fixture *f) {
    struct cw_config_route configs[2] = {{.name = names[0]}, {.name = names[1]}};
    struct route routes[2] = {{.config = &configs[0], .row = f->routes[0], .subject = "route a"},
                              {.config = &configs[1], .row = f->routes[1], .subject = "route b"}};
    struct cw_relay relay = {
        .loop = f->loop, .store = f->store, .routes = routes, .routes_n = CW_COUNT(routes)};
    routes[0].relay = routes[1].relay = &relay;
    logged_n = 0;
    cw_log_redirect(on_line, NULL);
    commands_run(&relay);
    cw_log_redirect(NULL, NULL);
}

static enum cw_condition condition_of(struct fixture *f, int64_t row) {
    struct cw_store_message message;
    OK(cw_store_message_get(f->store, row, &f->arena, &message, &f->error));
    return message.condition;
}

static void daemon__id_on_two_routes__acts_on_the_named_one(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 id = hash_of(SHARED, 1);
    for (size_t route = 0; route < 2; route++) {
        char subject[CW_SUBJECT_SIZE];
        cw_store_subject_write(subject, names[route], &id);
        post(f, "hold", subject);
        carry_out(f);
        assert_int_equal(condition_of(f, f->shared[route]), CW_HELD);
        assert_int_equal(condition_of(f, f->shared[1 - route]), CW_READY);
        assert_int_equal(condition_of(f, f->alone), CW_READY);
        assert_int_equal(logged_n, 1);
        assert_non_null(strstr(logged[0], names[route]));
        assert_non_null(strstr(logged[0], hex_of(&id)));
        post(f, "release", subject);
        carry_out(f);
        assert_int_equal(condition_of(f, f->shared[route]), CW_READY);
    }
}

static void daemon__name_of_a_route__holds_the_route(void **state) {
    struct fixture *f = *state;
    struct cw_store_route_row row;
    post(f, "hold", names[1]);
    carry_out(f);
    OK(cw_store_route_get(f->store, names[1], &row, &f->error));
    assert_string_equal(row.hold_reason, "operator");
    OK(cw_store_route_get(f->store, names[0], &row, &f->error));
    assert_string_equal(row.hold_reason, "");
    assert_int_equal(condition_of(f, f->shared[1]), CW_READY);
}

static void daemon__malformed_subject__answered_and_nothing_done(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 shared = hash_of(SHARED, 1), alias = hash_of(ALONE, 2);
    static const char neither[] = "neither a route of the configuration nor ROUTE/ID of a message";
    char id[CW_HEX_SIZE(32)], upper[CW_HEX_SIZE(32)], other[CW_HEX_SIZE(32)];
    cw_hex_encode(id, cw_slice_of(shared.b, 32));
    cw_hex_encode(other, cw_slice_of(alias.b, 32));
    memcpy(upper, id, sizeof id);
    upper[2] = 'A';
    static const char long_name[] =
        "n234567890123456789012345678901234567890123456789012345678901234";
    assert_int_equal(strlen(long_name), CW_ROUTE_NAME_SIZE);
    const struct {
        const char *before, *id, *after, *answer;
    } cases[] = {
        {"", id, "", neither},
        {"/", id, "", neither},
        {"op-games/", "", "", neither},
        {"op-games//", id, "", neither},
        {"op-games/", id, "0", neither},
        {"op-games/", id, " ", neither},
        {"op-games/", id, "/", neither},
        {"op-games/", id + 2, "", neither},
        {"op-games/", upper, "", neither},
        {"op-games/op-legacy/", id, "", neither},
        {"op-games/0x", "a1", "", neither},
        {"", "", "", neither},
        {"op-game/", id, "", "there is no route op-game"},
        {" op-games/", id, "", "there is no route  op-games"},
        {"OP-GAMES/", id, "", "there is no route OP-GAMES"},
        {"op-games/", other, "", "no message of route op-games has that id"},
        {"op-legacy/", other, "", "no message of route op-legacy has that id"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_store_command *list = NULL, command;
        char subject[CW_SUBJECT_SIZE];
        snprintf(subject, sizeof subject, "%s%s%s", cases[i].before, cases[i].id, cases[i].after);
        post(f, "hold", subject);
        assert_int_equal(open_commands(f, &list), 1);
        carry_out(f);
        OK(cw_store_command_get(f->store, list[0].row, &command, &f->error));
        assert_true(command.done);
        assert_string_equal(command.answer, cases[i].answer);
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(condition_of(f, f->shared[j]), CW_READY);
        assert_int_equal(condition_of(f, f->alone), CW_READY);
    }
    char name[CW_ROUTE_NAME_SIZE] = "x", subject[256];
    struct cw_hash32 hash = {{7}};
    snprintf(subject, sizeof subject, "%s/%s", long_name, id);
    assert_int_equal(cw_store_subject_read(subject, name, &hash), CW_ERR_INPUT);
    assert_string_equal(name, "x");
    assert_int_equal(hash.b[0], 7);
    assert_int_equal(cw_store_subject_read(subject + 1, name, &hash), CW_OK);
    assert_string_equal(name, long_name + 1);
    assert_true(cw_hash32_equal(&hash, &shared));
    char written[CW_SUBJECT_SIZE];
    cw_store_subject_write(written, name, &hash);
    assert_string_equal(written, subject + 1);
}

/* --- many at once ----------------------------------------------------------------------------- */

static void set_condition(struct fixture *f, int64_t row, enum cw_condition condition) {
    const struct cw_store_transition t = {.message = row,
                                          .stage = CW_STAGE_SEEN,
                                          .condition = condition,
                                          .reason = "why",
                                          .detail = "",
                                          .due_ms = NOW + 3600000};
    OK(cw_store_message_move(f->store, &t, NOW, &f->error));
}

static void pick__as_arguments__read_back(void **state) {
    (void)state;
    struct cw_pick pick = {.by_stage = true,
                           .by_condition = true,
                           .by_sender = true,
                           .by_target = true,
                           .by_tx = true,
                           .stage = CW_STAGE_ROOT_COMMITTED,
                           .condition = CW_WAITING,
                           .from_s = UINT64_MAX,
                           .to_s = UINT64_MAX,
                           .limit = CW_PICK_MAX};
    struct cw_pick back;
    char args[CW_COMMAND_ARGS_SIZE];
    memset(pick.route, 'r', sizeof pick.route - 1);
    memset(pick.sender.b, 1, 20);
    memset(pick.target.b, 2, 20);
    memset(pick.tx.b, 3, 32);
    cw_pick_write(args, &pick); /* the longest there is */
    assert_int_equal(cw_pick_read(&back, args), CW_OK);
    assert_string_equal(back.route, pick.route);
    assert_int_equal(back.stage, pick.stage);
    assert_int_equal(back.condition, pick.condition);
    assert_memory_equal(back.sender.b, pick.sender.b, 20);
    assert_memory_equal(back.target.b, pick.target.b, 20);
    assert_memory_equal(back.tx.b, pick.tx.b, 32);
    assert_true(back.from_s == UINT64_MAX && back.to_s == UINT64_MAX);
    assert_int_equal(back.limit, CW_PICK_MAX);
    pick = (struct cw_pick){.limit = 1};
    cw_pick_write(args, &pick);
    assert_int_equal(cw_pick_read(&back, args), CW_OK);
    assert_true(cw_pick_is_all(&back));
    static const char *const bad[] = {"",
                                      "limit=0",
                                      "limit=201",
                                      "limit=x",
                                      "stage=seeen\nlimit=1",
                                      "condition=any\nlimit=1",
                                      "sender=0x12\nlimit=1",
                                      "tx=12\nlimit=1"};
    for (size_t i = 0; i < CW_COUNT(bad); i++)
        assert_int_equal(cw_pick_read(&back, bad[i]), CW_ERR_INPUT);
}

static void retry__by_what_they_have_in_common__those_and_no_others(void **state) {
    struct fixture *f = *state;
    char text[16384];
    set_condition(f, f->shared[0], CW_WAITING);
    set_condition(f, f->shared[1], CW_HELD);
    set_condition(f, f->alone, CW_DEAD);
    /* a dry run tells of each, and asks the daemon for nothing */
    assert_int_equal(said(f, cw_cmd_retry, "--stage=seen", "--dry-run", NULL, text, sizeof text),
                     CW_EXIT_OK);
    assert_non_null(strstr(text, "would be retried: 2"));
    assert_non_null(strstr(text, "would not: 1"));
    assert_non_null(strstr(text, "op-games, seen, held: it is held: release lets it go"));
    struct cw_store_command *list = NULL;
    assert_int_equal(open_commands(f, &list), 0);
    assert_int_equal(
        said(f, cw_cmd_retry, "--condition=done", "--dry-run", "--json", text, sizeof text),
        CW_EXIT_NO);
    assert_string_equal(text, "{\"dryRun\":true,\"wouldRetry\":[],\"wouldNot\":[]}\n");
    /* of one route */
    assert_int_equal(said(f, cw_cmd_retry, "--route=op-legacy", NULL, NULL, text, sizeof text),
                     CW_EXIT_OK);
    carry_out(f);
    assert_int_equal(condition_of(f, f->shared[0]), CW_READY);
    assert_int_equal(condition_of(f, f->shared[1]), CW_HELD);
    assert_int_equal(condition_of(f, f->alone), CW_DEAD);
    assert_non_null(strstr(logged[0], "retry *: 1 will be looked at now, 0 will not"));
    /* and of all */
    assert_int_equal(said(f, cw_cmd_retry, "--stage=seen", NULL, NULL, text, sizeof text),
                     CW_EXIT_OK);
    carry_out(f);
    assert_int_equal(condition_of(f, f->shared[1]), CW_HELD);
    assert_int_equal(condition_of(f, f->alone), CW_READY);
    assert_non_null(strstr(logged[0], "retry *: 2 will be looked at now, 1 will not"));
}

static void retry__at_most_so_many__the_waiting_ones_first(void **state) {
    struct fixture *f = *state;
    char text[16384];
    set_condition(f, f->shared[0], CW_DEAD);
    set_condition(f, f->shared[1], CW_WAITING);
    set_condition(f, f->alone, CW_DEAD);
    assert_int_equal(said(f, cw_cmd_retry, "--stage=seen", "--limit=1", NULL, text, sizeof text),
                     CW_EXIT_OK);
    carry_out(f);
    assert_int_equal(condition_of(f, f->shared[0]), CW_DEAD);
    assert_int_equal(condition_of(f, f->shared[1]), CW_READY);
    assert_int_equal(condition_of(f, f->alone), CW_DEAD);
}

static void retry__says_not_which__refused(void **state) {
    struct fixture *f = *state;
    static const char *const wrong[] = {"--limit=3",      "--dry-run",       "--stage=proved",
                                        "--condition=no", "--sender=0x12",   "--tx=0x",
                                        "--from=x",       "--route=op-game", "--limit=201"};
    const struct cw_hash32 id = hash_of(ALONE, 1);
    struct cw_store_command *list = NULL;
    char text[8192];
    for (size_t i = 0; i < CW_COUNT(wrong); i++)
        assert_int_equal(said(f, cw_cmd_retry, wrong[i], NULL, NULL, text, sizeof text),
                         CW_EXIT_USAGE);
    assert_int_equal(
        said(f, cw_cmd_retry, hex_of(&id), "--condition=dead", NULL, text, sizeof text),
        CW_EXIT_USAGE);
    assert_int_equal(open_commands(f, &list), 0);
    /* nor does the daemon believe whoever wrote the row */
    post(f, "retry", "*");
    carry_out(f);
    assert_non_null(strstr(logged[0], "no messages are picked"));
    post(f, "hold", "*");
    carry_out(f);
    assert_non_null(strstr(logged[0], "no messages are picked"));
    assert_int_equal(condition_of(f, f->alone), CW_READY);
}

static void daemon__log_level__taken_over(void **state) {
    struct fixture *f = *state;
    post(f, "log-level", "debug");
    carry_out(f);
    assert_non_null(strstr(logged[0], "log-level debug: debug is logged from now on"));
    logged_n = 0;
    cw_log_redirect(on_line, NULL);
    cw_log(CW_LOG_DEBUG, "x", "y");
    cw_log_redirect(NULL, NULL);
    assert_int_equal(logged_n, 1);
    post(f, "log-level", "loud");
    post(f, "log-level", "info");
    carry_out(f);
    assert_non_null(strstr(logged[0], "a level is debug, info, warn or error"));
    assert_int_equal(logged_n, 2);
}

/* --- incidents and sinks ---------------------------------------------------------------------- */

static int64_t open_incident(struct fixture *f, const char *subject) {
    struct cw_store_incident in = {.kind = CW_INCIDENT_DEADLINE, .text = "lost in 2 h"};
    struct cw_store_incident *list = NULL;
    bool is_new = false;
    size_t n = 0;
    snprintf(in.subject, sizeof in.subject, "%s", subject);
    OK(cw_store_incident_open(f->store, &in, NOW, &is_new, &f->error));
    OK(cw_store_incidents(f->store, true, 1, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    return list[0].row;
}

/* `causeway alerts` with these words. */
static int alerts(struct fixture *f, const char *a, const char *b, const char *c, char *text,
                  size_t size) {
    return said(f, cw_cmd_alerts, a, b, c, text, size);
}

static struct cw_store_command last_command(struct fixture *f) {
    struct cw_store_command *list = NULL;
    size_t n = open_commands(f, &list);
    assert_true(n > 0);
    return list[n - 1];
}

static void alerts__ack__carried_out_once(void **state) {
    struct fixture *f = *state;
    char text[8192], row_text[24];
    struct cw_store_incident in;
    bool found = false;
    int64_t row = open_incident(f, "op/0x1");
    snprintf(row_text, sizeof row_text, "%lld", (long long)row);
    setenv("SUDO_USER", "ann", 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(alerts(f, "ack", row_text, "--note=I look", text, sizeof text),
                         CW_EXIT_OK); /* written down */
        struct cw_store_command command = last_command(f);
        carry_out(f);
        OK(cw_store_command_get(f->store, command.row, &command, &f->error));
        assert_non_null(
            strstr(command.answer, i == 0 ? "acknowledged" : "is acknowledged already"));
    }
    OK(cw_store_incident_get(f->store, row, &found, &in, &f->error));
    assert_string_equal(in.acked_by, "ann");
    assert_string_equal(in.ack_note, "I look");
    assert_int_equal(alerts(f, "show", row_text, NULL, text, sizeof text), CW_EXIT_OK);
    assert_non_null(strstr(text, "acknowledged by ann"));
    assert_non_null(strstr(text, "by ann: I look"));
    assert_int_equal(alerts(f, "show", "77", NULL, text, sizeof text), CW_EXIT_NO);
    assert_int_equal(alerts(f, "ack", "x", NULL, text, sizeof text), CW_EXIT_USAGE);
}

static void alerts__silence__until_it_is_lifted(void **state) {
    struct fixture *f = *state;
    char text[8192];
    struct cw_store_silence *list = NULL;
    size_t n = 0;
    assert_int_equal(alerts(f, "silence", "--for=2h", "--subject=op/*", text, sizeof text),
                     CW_EXIT_OK);
    carry_out(f);
    OK(cw_store_silences(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].subject, "op/*");
    assert_int_equal(list[0].until_ms - list[0].made_ms, 7200000);
    open_incident(f, "op/0x1");
    assert_int_equal(alerts(f, "list", NULL, NULL, text, sizeof text), CW_EXIT_OK);
    assert_non_null(strstr(text, "confirmed, silenced"));
    assert_non_null(strstr(text, "every kind of op/*, until "));
    assert_int_equal(alerts(f, "unsilence", "1", NULL, text, sizeof text), CW_EXIT_OK);
    carry_out(f);
    OK(cw_store_silences(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    assert_int_equal(alerts(f, "list", "--json", NULL, text, sizeof text), CW_EXIT_OK);
    assert_non_null(strstr(text, "\"silenced\":false"));
    assert_non_null(strstr(text, "\"silences\":[]"));
}

static void alerts__mistakes__refused_with_a_remedy(void **state) {
    struct fixture *f = *state;
    char text[8192];
    static const struct {
        const char *a, *b, *c, *says;
    } cases[] = {
        {NULL, NULL, NULL, "takes a word"},
        {"lst", NULL, NULL, "did you mean \"list\"?"},
        {"list", "7", NULL, "takes no argument"},
        {"show", NULL, NULL, "takes one argument"},
        {"silence", "--subject=x", NULL, "takes --for TIME"},
        {"silence", "--for=2h", NULL, "--kind, --subject or --route"},
        {"silence", "--for=2", "--subject=x", "--for takes a time"},
        {"silence", "--for=0h", "--subject=x", "--for takes a time"},
        {"silence", "--for=1h", "--kind=deadlin", "did you mean \"deadline\"?"},
        {"unsilence", "0", NULL, "the id of a silence is a number"},
        {"test", "ops", NULL, "there is no sink \"ops\""},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        int code = alerts(f, cases[i].a, cases[i].b, cases[i].c, text, sizeof text);
        if (code != CW_EXIT_USAGE || strstr(text, cases[i].says) == NULL)
            fail_msg("%zu: code %d: %s", i, code, text);
    }
    struct cw_store_command *list = NULL;
    assert_int_equal(open_commands(f, &list), 0);
}

/* What another program may have written into the table. */
static void daemon__alert_commands_that_mean_nothing__answered(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *verb, *subject, *answer;
    } cases[] = {
        {"ack", "x", "does not exist"},
        {"ack", "99999999999999999999", "does not exist"},
        {"silence", "*", "no time, or a kind of incident that there is not"},
        {"unsilence", "", "there is no silence 0"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        post(f, cases[i].verb, cases[i].subject);
        struct cw_store_command command = last_command(f);
        carry_out(f);
        OK(cw_store_command_get(f->store, command.row, &command, &f->error));
        assert_true(command.done);
        if (strstr(command.answer, cases[i].answer) == NULL)
            fail_msg("%s %s: %s", cases[i].verb, cases[i].subject, command.answer);
    }
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(id__on_two_routes__refused_with_both_names),
        CASE(hold__with_route__names_that_message),
        CASE(show__with_route__shows_that_message),
        CASE(id__on_one_route__needs_no_route),
        CASE(route__unknown_or_of_a_route__refused),
        CASE(messages__before_an_id_on_two_routes__route_in_front),
        CASE(daemon__id_on_two_routes__acts_on_the_named_one),
        CASE(daemon__name_of_a_route__holds_the_route),
        CASE(daemon__malformed_subject__answered_and_nothing_done),
        CASE(pick__as_arguments__read_back),
        CASE(retry__by_what_they_have_in_common__those_and_no_others),
        CASE(retry__at_most_so_many__the_waiting_ones_first),
        CASE(retry__says_not_which__refused),
        CASE(daemon__log_level__taken_over),
        CASE(alerts__ack__carried_out_once),
        CASE(alerts__silence__until_it_is_lifted),
        CASE(alerts__mistakes__refused_with_a_remedy),
        CASE(daemon__alert_commands_that_mean_nothing__answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
