/* Sinks, with receivers that answer as badly as they may: what arrives, how often, and that nobody
 * waits for somebody else. */
#include "sink/sinks.h"

#include "core/json.h"
#include "core/log.h"
#include "fake_clock.h"
#include "http_server.h"
#include "sink/signature.h"
#include "store/alerts.h"
#include "temp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#define SECRET "s3cr3t-of-the-hook"
#define HELD   256u

/* What a receiver got. */
struct got {
    char path[64], id[64], timestamp[32], signature[80], authorization[80];
    char body[8192];
};

struct bed {
    struct temp temp;
    struct fake_clock clock;
    struct cw_loop *loop;
    struct server *server;
    struct cw_store *store;
    struct cw_config *config;
    struct cw_sinks *sinks;
    struct cw_error error;
    char config_path[300], store_path[300];
    struct got *got;
    size_t got_n;
    int status;       /* of "/…", but for: */
    int dead_status;  /* of "/dead"; 0: never answers */
    char extra[64];   /* header line */
    char answer[200]; /* body */
    char log[8192];
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, bed->error.text);                                            \
    } while (0)

/* --- the receiver ----------------------------------------------------------------------------- */

static void on_request(void *ctx, const struct server_request *request) {
    struct bed *bed = ctx;
    assert_true(bed->got_n < HELD);
    struct got *got = &bed->got[bed->got_n++];
    bool dead = strncmp(request->path, "/dead", 5) == 0;
    snprintf(got->path, sizeof got->path, "%s", request->path);
    server_header(request, "X-Causeway-Id", got->id, sizeof got->id);
    server_header(request, "X-Causeway-Timestamp", got->timestamp, sizeof got->timestamp);
    server_header(request, "X-Causeway-Signature", got->signature, sizeof got->signature);
    server_header(request, "Authorization", got->authorization, sizeof got->authorization);
    snprintf(got->body, sizeof got->body, "%.*s", (int)request->body.n,
             (const char *)request->body.p);
    int status = dead ? bed->dead_status : bed->status;
    if (status == 0)
        server_reply_never(request->conn);
    else
        server_reply(request->conn, status, bed->extra,
                     cw_slice_of(bed->answer, strlen(bed->answer)));
}

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    struct bed *bed = ctx;
    size_t n = strlen(bed->log);
    (void)level;
    snprintf(bed->log + n, sizeof bed->log - n, "%s\n", line);
}

/* --- the bed ---------------------------------------------------------------------------------- */

static int set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    bed->got = calloc(HELD, sizeof *bed->got);
    assert_non_null(bed->got);
    temp_make(&bed->temp);
    fake_clock_init(&bed->clock);
    bed->clock.now_ms = 1700000000000u;
    temp_path(&bed->temp, "causeway.json", bed->config_path, sizeof bed->config_path);
    temp_path(&bed->temp, "causeway.db", bed->store_path, sizeof bed->store_path);
    char secret[300];
    temp_write(temp_path(&bed->temp, "secret", secret, sizeof secret), SECRET "\n", sizeof SECRET,
               0600);
    bed->status = 200;
    bed->server = server_new(on_request, bed);
    cw_log_redirect(on_line, bed);
    OK(cw_loop_new(&bed->loop, &bed->clock.clock, &bed->error));
    OK(cw_store_open(&bed->store, bed->store_path, CW_STORE_WRITE, bed->clock.now_ms, &bed->error));
    *state = bed;
    return 0;
}

static void stop(struct bed *bed) {
    cw_sinks_free(bed->sinks);
    cw_config_free(bed->config);
    bed->sinks = NULL;
    bed->config = NULL;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    stop(bed);
    cw_store_close(bed->store);
    cw_loop_free(bed->loop);
    server_free(bed->server);
    cw_log_redirect(NULL, NULL);
    temp_remove(&bed->temp);
    free(bed->got);
    free(bed);
    return 0;
}

/* sinks: JSON in which $U stands for the receiver's URL and $D for the directory. */
static void start(struct bed *bed, const char *sinks) {
    struct cw_buf text;
    cw_buf_init(&text, 65536);
    cw_buf_format(&text,
                  "{\"data_dir\": \"%s\", \"chains\": {\"l1\": {\"chain_id\": 900, \"endpoints\": "
                  "[\"http://127.0.0.1:9\"]}, \"l2\": {\"chain_id\": 901, \"endpoints\": "
                  "[\"http://127.0.0.1:9\"]}}, \"routes\": {\"op\": {\"stack\": \"opstack\", "
                  "\"settlement\": \"l1\", \"execution\": \"l2\", \"contracts\": {\"portal\": "
                  "\"0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0\"}}}, \"alerts\": "
                  "{\"escalate_after_s\": {\"warning\": 3600}}, \"sinks\": {",
                  bed->temp.dir);
    for (const char *p = sinks; *p != '\0'; p++) {
        if (p[0] == '$' && p[1] == 'U')
            cw_buf_format(&text, "http://127.0.0.1:%u", server_port(bed->server));
        else if (p[0] == '$' && p[1] == 'D')
            cw_buf_text(&text, bed->temp.dir);
        else
            cw_buf_append(&text, p, 1);
        p += p[0] == '$';
    }
    cw_buf_text(&text, "}}");
    OK(cw_config_parse(&bed->config, bed->config_path, cw_buf_slice(&text), &bed->error));
    cw_buf_done(&text);
    OK(cw_sinks_new(&bed->sinks, bed->loop, bed->store, bed->config, &bed->error));
}

static void turn(struct bed *bed, unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        cw_sinks_tick(bed->sinks);
        OK(cw_loop_step(bed->loop, 1, &bed->error));
        server_step(bed->server, 1);
        OK(cw_loop_step(bed->loop, 1, &bed->error));
    }
}

/* Until that many requests have come, and a little longer. */
static void await(struct bed *bed, size_t n) {
    for (unsigned i = 0; i < 2000 && bed->got_n < n; i++)
        turn(bed, 1);
    turn(bed, 10);
    assert_int_equal(bed->got_n, n);
}

static void open_at(struct bed *bed, const char *subject, enum cw_severity severity) {
    struct cw_store_incident in = {.kind = CW_INCIDENT_CONTRADICTION, .severity = severity};
    bool is_new = false;
    snprintf(in.subject, sizeof in.subject, "%s", subject);
    snprintf(in.text, sizeof in.text, "it lies");
    OK(cw_store_incident_open(bed->store, &in, bed->clock.now_ms, &is_new, &bed->error));
}

static void resolve(struct bed *bed, const char *subject) {
    bool was_open = false;
    OK(cw_store_incident_resolve(bed->store, CW_INCIDENT_CONTRADICTION, subject, "well again",
                                 bed->clock.now_ms, &was_open, &bed->error));
}

static struct cw_store_sink row_of(struct bed *bed, const char *name) {
    struct cw_store_sink *list = NULL, found = {0};
    struct cw_arena arena;
    size_t n = 0;
    cw_arena_init(&arena, 1u << 20);
    OK(cw_store_sinks(bed->store, &arena, &list, &n, &bed->error));
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0)
            found = list[i];
    cw_arena_done(&arena);
    assert_true(found.row > 0);
    return found;
}

static bool says(const struct got *got, const char *part) {
    return strstr(got->body, part) != NULL;
}

/* --- the signature ---------------------------------------------------------------------------- */

/* Made by: printf %s "$text" | openssl dgst -sha256 -hmac key */
static void signature__known_texts__known_codes(void **state) {
    (void)state;
    static const struct {
        const char *key;
        uint64_t timestamp_s;
        const char *id, *body, *wanted;
    } cases[] = {
        {"key", 1700000000, "i-1", "{\"a\":1}",
         "v1=3be5b04305271b32d109d7126065f58640cae009441c8a7d43f19abce48cc2c9"},
        {"Jefe", 0, "", "", "v1=c10db76767eec9086890690e015c9c223fed9ec693fe611a57e4a4cbb2ba27ba"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char out[CW_SIGNATURE_TEXT_SIZE];
        assert_int_equal(cw_signature_write(out, cw_slice_of(cases[i].key, strlen(cases[i].key)),
                                            cases[i].timestamp_s, cases[i].id,
                                            cw_slice_of(cases[i].body, strlen(cases[i].body))),
                         CW_OK);
        assert_string_equal(out, cases[i].wanted);
    }
}

static void assert_signed(const struct got *got) {
    char out[CW_SIGNATURE_TEXT_SIZE];
    assert_int_equal(cw_signature_write(out, CW_LITERAL(SECRET), strtoull(got->timestamp, NULL, 10),
                                        got->id, cw_slice_of(got->body, strlen(got->body))),
                     CW_OK);
    assert_string_equal(got->signature, out);
}

/* --- webhook ---------------------------------------------------------------------------------- */

#define HOOK                                                                                       \
    "\"ops\": {\"type\": \"webhook\", \"url\": \"$U/ops/t0ken-in-the-path\", \"secret_file\": "    \
    "\"$D/secret\"}"

static void webhook__incident__signed_once(void **state) {
    struct bed *bed = *state;
    start(bed, HOOK);
    open_at(bed, "l1/liar", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    assert_signed(&bed->got[0]);
    assert_string_equal(bed->got[0].timestamp, "1700000000");
    assert_true(says(&bed->got[0], "\"event\":\"opened\""));
    assert_true(says(&bed->got[0], bed->got[0].id));
    struct cw_store_sink row = row_of(bed, "ops");
    assert_int_equal(row.queued, 0);
    assert_int_equal(row.sent, 1);
    assert_int_equal(row.ok_ms, bed->clock.now_ms);
}

static void webhook__fails_then_takes__the_same_id_later_and_later(void **state) {
    struct bed *bed = *state;
    start(bed, HOOK);
    bed->status = 500;
    snprintf(bed->answer, sizeof bed->answer, "out of order");
    open_at(bed, "l1/liar", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    turn(bed, 20); /* no time passes: it is left alone */
    assert_int_equal(bed->got_n, 1);
    assert_string_equal(row_of(bed, "ops").said, "HTTP 500: out of order");
    bed->clock.now_ms += 740; /* a second, less a quarter at most */
    turn(bed, 20);
    assert_int_equal(bed->got_n, 1);
    bed->clock.now_ms += 520;
    await(bed, 2);
    bed->clock.now_ms += 1400; /* now two */
    turn(bed, 20);
    assert_int_equal(bed->got_n, 2);
    bed->clock.now_ms += 1200;
    bed->status = 200;
    await(bed, 3);
    for (size_t i = 1; i < 3; i++) {
        assert_string_equal(bed->got[i].id, bed->got[0].id);
        assert_string_equal(bed->got[i].body, bed->got[0].body);
        assert_string_not_equal(bed->got[i].timestamp, bed->got[0].timestamp);
        assert_signed(&bed->got[i]);
    }
    struct cw_store_sink row = row_of(bed, "ops");
    assert_int_equal(row.failures, 2);
    assert_int_equal(row.failing, 0);
    assert_int_equal(row.sent, 1);
    assert_non_null(strstr(bed->log, "alerts not delivered: HTTP 500: out of order"));
    assert_non_null(strstr(bed->log, "takes alerts again"));
    assert_null(strstr(bed->log, "t0ken"));
    assert_null(strstr(bed->log, SECRET));
}

static void webhook__asks_for_time__gets_it(void **state) {
    struct bed *bed = *state;
    start(bed, HOOK);
    bed->status = 429;
    snprintf(bed->extra, sizeof bed->extra, "Retry-After: 120\r\n");
    open_at(bed, "l1/liar", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    bed->clock.now_ms += 119000;
    turn(bed, 20);
    assert_int_equal(bed->got_n, 1);
    bed->clock.now_ms += 1000;
    await(bed, 2);
}

static void webhook__refuses_one__the_others_go_on(void **state) {
    struct bed *bed = *state;
    start(bed, HOOK);
    bed->status = 400;
    open_at(bed, "l1/a", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    bed->status = 200;
    open_at(bed, "l1/b", CW_SEVERITY_CRITICAL);
    await(bed, 2);
    assert_true(says(&bed->got[1], "l1/b"));
    assert_int_equal(row_of(bed, "ops").queued, 1);
    bed->clock.now_ms += 1300;
    await(bed, 3);
    assert_string_equal(bed->got[2].id, bed->got[0].id);
}

/* What comes back may hold what we sent. */
static void answer__with_a_secret__not_shown(void **state) {
    struct bed *bed = *state;
    start(bed, "\"page\": {\"type\": \"pagerduty\", \"url\": \"$U/pd\", \"secret_file\": "
               "\"$D/secret\"}");
    bed->status = 403;
    snprintf(bed->answer, sizeof bed->answer, "no such key: " SECRET);
    open_at(bed, "l1/liar", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    assert_string_equal(row_of(bed, "page").said, "HTTP 403");
    assert_null(strstr(bed->log, SECRET));
}

static void dead_sink__beside_a_living_one__blocks_and_loses_nothing(void **state) {
    struct bed *bed = *state;
    start(bed, HOOK ", \"dead\": {\"type\": \"webhook\", \"url\": \"$U/dead\", \"timeout_ms\": "
                    "2000}");
    open_at(bed, "l1/a", CW_SEVERITY_CRITICAL);
    await(bed, 2);
    open_at(bed, "l1/b", CW_SEVERITY_CRITICAL);
    open_at(bed, "l1/c", CW_SEVERITY_CRITICAL);
    await(bed, 4); /* the living one's */
    assert_int_equal(row_of(bed, "ops").queued, 0);
    assert_int_equal(row_of(bed, "dead").queued, 3);
    bed->clock.now_ms += 2000;
    turn(bed, 10);
    assert_string_equal(row_of(bed, "dead").said, "no answer within 2000 ms");
    bed->dead_status = 204;
    bed->clock.now_ms += 2000;
    await(bed, 7);
    assert_int_equal(row_of(bed, "dead").queued, 0);
    for (size_t i = 4; i < 7; i++)
        assert_string_equal(bed->got[i].path, "/dead");
}

/* A crash between the commit and the answer: what was under way comes again, as the same. */
static void crash__while_it_is_under_way__sent_again_under_its_id(void **state) {
    struct bed *bed = *state;
    start(bed, HOOK);
    bed->status = 0;
    open_at(bed, "l1/liar", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    stop(bed);
    cw_store_close(bed->store);
    OK(cw_store_open(&bed->store, bed->store_path, CW_STORE_WRITE, bed->clock.now_ms, &bed->error));
    bed->status = 200;
    start(bed, HOOK);
    await(bed, 2);
    assert_string_equal(bed->got[1].id, bed->got[0].id);
    assert_string_equal(bed->got[1].body, bed->got[0].body);
    assert_int_equal(row_of(bed, "ops").queued, 0);
}

/* Committed, and not one byte was sent. */
static void crash__before_it_was_sent__sent_after_the_start(void **state) {
    struct bed *bed = *state;
    start(bed, HOOK);
    open_at(bed, "l1/liar", CW_SEVERITY_CRITICAL);
    stop(bed); /* not one turn of the loop */
    start(bed, HOOK);
    await(bed, 1);
    assert_true(says(&bed->got[0], "\"event\":\"opened\""));
}

/* --- how often -------------------------------------------------------------------------------- */

static void rate__more_than_a_minute_takes__summed_up_in_the_last(void **state) {
    struct bed *bed = *state;
    char subject[32];
    start(bed, "\"ops\": {\"type\": \"webhook\", \"url\": \"$U/ops\", \"max_per_minute\": 3}");
    for (unsigned i = 0; i < 12; i++) {
        snprintf(subject, sizeof subject, "l1/e%u", i);
        open_at(bed, subject, i == 9 ? CW_SEVERITY_CRITICAL : CW_SEVERITY_WARNING);
    }
    await(bed, 3);
    assert_true(says(&bed->got[0], "l1/e0") && says(&bed->got[1], "l1/e1"));
    assert_true(says(&bed->got[2], "\"event\":\"summary\""));
    assert_true(says(&bed->got[2], "10 alerts at once: 1 critical, 9 warning, 0 info"));
    assert_int_equal(row_of(bed, "ops").queued, 0);
    open_at(bed, "l1/more", CW_SEVERITY_WARNING);
    bed->clock.now_ms += 59000;
    turn(bed, 20);
    assert_int_equal(bed->got_n, 3);
    bed->clock.now_ms += 1000;
    await(bed, 4);
    assert_true(says(&bed->got[3], "l1/more"));
}

/* Who is not told of the end goes on being woken. */
static void rate__pagerduty__ends_are_not_summed_up(void **state) {
    struct bed *bed = *state;
    start(bed, "\"page\": {\"type\": \"pagerduty\", \"url\": \"$U/pd\", \"secret_file\": "
               "\"$D/secret\", \"max_per_minute\": 2}");
    open_at(bed, "l1/a", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    resolve(bed, "l1/a");
    open_at(bed, "l1/b", CW_SEVERITY_CRITICAL);
    open_at(bed, "l1/c", CW_SEVERITY_CRITICAL);
    await(bed, 2);
    assert_true(says(&bed->got[1], "\"event_action\":\"resolve\""));
    bed->clock.now_ms += 60000;
    await(bed, 3);
    assert_true(says(&bed->got[2], "2 alerts at once"));
}

static void age__warning__escalated_and_told(void **state) {
    struct bed *bed = *state;
    start(bed, HOOK);
    open_at(bed, "l1/liar", CW_SEVERITY_WARNING);
    await(bed, 1);
    bed->clock.now_ms += 3600000;
    await(bed, 2);
    assert_true(says(&bed->got[1], "\"event\":\"raised\""));
    assert_true(says(&bed->got[1], "\"wasSeverity\":\"warning\""));
    assert_true(says(&bed->got[1], "escalated: open for 3600 s"));
}

static void silence__ends__told_what_is_still_open(void **state) {
    struct bed *bed = *state;
    const struct cw_store_silence silence = {.subject = "l1/*", .until_ms = 1700000060000u};
    int64_t row = 0;
    start(bed, HOOK);
    OK(cw_store_silence_add(bed->store, &silence, bed->clock.now_ms, &row, &bed->error));
    open_at(bed, "l1/liar", CW_SEVERITY_CRITICAL);
    turn(bed, 20);
    assert_int_equal(bed->got_n, 0);
    bed->clock.now_ms += 60000;
    await(bed, 1);
}

/* --- the others ------------------------------------------------------------------------------- */

static void slack__secret_url__posted_there(void **state) {
    struct bed *bed = *state;
    char url[400], text[128];
    int n = snprintf(text, sizeof text, "http://127.0.0.1:%u/services/T0K/EN",
                     server_port(bed->server));
    temp_write(temp_path(&bed->temp, "slack", url, sizeof url), text, (size_t)n, 0600);
    start(bed, "\"chat\": {\"type\": \"slack\", \"secret_file\": \"$D/slack\"}");
    open_at(bed, "l1/<!here>", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    assert_string_equal(bed->got[0].path, "/services/T0K/EN");
    assert_true(
        says(&bed->got[0], "{\"text\":\"critical: endpoint_contradiction l1/&lt;!here&gt;"));
}

static void pagerduty__a_life__one_key_and_its_actions(void **state) {
    struct bed *bed = *state;
    bool changed = false;
    start(bed, "\"page\": {\"type\": \"pagerduty\", \"url\": \"$U/pd\", \"secret_file\": "
               "\"$D/secret\"}");
    bed->status = 202;
    open_at(bed, "l1/liar", CW_SEVERITY_CRITICAL);
    await(bed, 1);
    OK(cw_store_incident_ack(bed->store, 1, "ann", "", bed->clock.now_ms, &changed, &bed->error));
    await(bed, 2);
    resolve(bed, "l1/liar");
    await(bed, 3);
    static const char *const actions[] = {"trigger", "acknowledge", "resolve"};
    char key[128] = "";
    for (size_t i = 0; i < 3; i++) {
        char action[64];
        snprintf(action, sizeof action, "\"event_action\":\"%s\"", actions[i]);
        assert_true(says(&bed->got[i], action));
        assert_true(says(&bed->got[i], "\"routing_key\":\"" SECRET "\""));
        const char *at = strstr(bed->got[i].body, "\"dedup_key\":");
        assert_non_null(at);
        if (i == 0)
            snprintf(key, sizeof key, "%.*s", (int)strcspn(at, ",}"), at);
        assert_memory_equal(at, key, strlen(key));
    }
}

static void alertmanager__while_it_fires__told_again(void **state) {
    struct bed *bed = *state;
    start(bed, "\"am\": {\"type\": \"alertmanager\", \"url\": \"$U/\", \"resend_s\": 30, "
               "\"secret_file\": \"$D/secret\"}");
    open_at(bed, "l1/a", CW_SEVERITY_CRITICAL);
    open_at(bed, "l1/b", CW_SEVERITY_CRITICAL);
    await(bed, 3); /* each, and both */
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(bed->got[i].path, "/api/v2/alerts");
        assert_string_equal(bed->got[i].authorization, "Bearer " SECRET);
        assert_true(says(&bed->got[i], "\"endsAt\":\"2023-11-14T22:15:20.000Z\""));
    }
    assert_true(says(&bed->got[2], "l1/a") && says(&bed->got[2], "l1/b"));
    bed->clock.now_ms += 29999;
    turn(bed, 20);
    assert_int_equal(bed->got_n, 3);
    bed->clock.now_ms += 1;
    await(bed, 4);
    assert_true(says(&bed->got[3], "l1/a") && says(&bed->got[3], "l1/b"));
    assert_true(says(&bed->got[3], "\"startsAt\":\"2023-11-14T22:13:20.000Z\""));
    assert_true(says(&bed->got[3], "\"endsAt\":\"2023-11-14T22:15:50.000Z\""));
    resolve(bed, "l1/a");
    await(bed, 5);
    assert_true(says(&bed->got[4], "\"endsAt\":\"2023-11-14T22:13:50.000Z\""));
    bed->clock.now_ms += 30000;
    await(bed, 6);
    assert_false(says(&bed->got[5], "l1/a"));
    assert_int_equal(row_of(bed, "am").sent, 3);
}

/* A socket of datagrams, and what is in it. */
static int unix_receiver(const struct bed *bed) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/log", bed->temp.dir);
    (void)unlink(address.sun_path);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static const char *received(int fd) {
    static char text[8192];
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void syslog__unix_socket__also_after_it_was_away(void **state) {
    struct bed *bed = *state;
    start(bed, "\"log\": {\"type\": \"syslog\", \"address\": \"$D/log\", \"facility\": "
               "\"local0\"}");
    open_at(bed, "l1/a", CW_SEVERITY_CRITICAL);
    turn(bed, 3);
    assert_int_equal(row_of(bed, "log").queued, 1);
    assert_non_null(strstr(row_of(bed, "log").said, "No such file"));
    int fd = unix_receiver(bed);
    bed->clock.now_ms += 2000;
    turn(bed, 3);
    assert_memory_equal(received(fd), "<130>1 2023-11-14T22:13:20.000Z ", 32);
    assert_int_equal(row_of(bed, "log").queued, 0);
    close(fd);
    fd = unix_receiver(bed); /* started anew */
    open_at(bed, "l1/b", CW_SEVERITY_WARNING);
    turn(bed, 3);
    assert_non_null(strstr(received(fd), "subject=\"l1/b\""));
    for (unsigned i = 0; i < 100; i++) { /* as many as it likes, in one go */
        char subject[32];
        snprintf(subject, sizeof subject, "l1/many%u", i);
        open_at(bed, subject, CW_SEVERITY_WARNING);
    }
    for (unsigned i = 0; i < 100; i++) {
        char part[32];
        turn(bed, 1);
        bed->clock.now_ms += 2000; /* where its socket was full */
        snprintf(part, sizeof part, "l1/many%u", i);
        assert_non_null(strstr(received(fd), part));
    }
    close(fd);
}

static void syslog__udp__a_datagram_each(void **state) {
    struct bed *bed = *state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    char sinks[200];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(sinks, sizeof sinks,
             "\"log\": {\"type\": \"syslog\", \"address\": \"udp://127.0.0.1:%u\"}",
             ntohs(address.sin_port));
    start(bed, sinks);
    open_at(bed, "l1/a", CW_SEVERITY_CRITICAL);
    turn(bed, 3);
    assert_memory_equal(received(fd), "<26>1 ", 6);
    close(fd);
}

/* Its line is longer than what a pipe takes whole. */
static void open_long(struct bed *bed, unsigned number) {
    struct cw_store_incident in = {.kind = CW_INCIDENT_CONTRADICTION,
                                   .severity = CW_SEVERITY_CRITICAL};
    bool is_new = false;
    snprintf(in.subject, sizeof in.subject, "l1/e%u", number);
    memset(in.text, 1, sizeof in.text - 1);
    for (size_t side = 0; side < CW_SIDES; side++)
        memset(in.says[side], 1, sizeof in.says[side] - 1);
    OK(cw_store_incident_open(bed->store, &in, bed->clock.now_ms, &is_new, &bed->error));
}

/* stdout is a pipe that nobody reads, and then somebody does. */
static void stdout__full_pipe__waits_and_nothing_is_lost(void **state) {
    struct bed *bed = *state;
    int ends[2], saved = dup(STDOUT_FILENO);
    char fill[65536], *text = calloc(1, 1u << 20);
    size_t n = 0;
    assert_non_null(text);
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    start(bed, "\"lines\": {\"type\": \"stdout\"}");
    dup2(saved, STDOUT_FILENO);
    close(saved);
    for (unsigned i = 0; i < 30; i++)
        open_long(bed, i);
    turn(bed, 3);
    assert_true(row_of(bed, "lines").queued > 0);
    for (unsigned i = 0; i < 150; i++) {
        ssize_t got = read(ends[0], fill, sizeof fill);
        if (got > 0) {
            memcpy(text + n, fill, (size_t)got);
            n += (size_t)got;
        }
        bed->clock.now_ms += 400000;
        turn(bed, 1);
    }
    assert_int_equal(row_of(bed, "lines").queued, 0);
    char *line = text;
    for (unsigned i = 0; i < 30; i++) {
        char part[40];
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        snprintf(part, sizeof part, "\"subject\":\"l1/e%u\"", i);
        assert_non_null(strstr(line, part));
        assert_true(line[0] == '{' && end[-1] == '}');
        line = end + 1;
    }
    assert_int_equal(*line, '\0');
    close(ends[0]);
    close(ends[1]);
    free(text);
}

/* --- tests by operators ----------------------------------------------------------------------- */

struct outcome {
    unsigned n;
    enum cw_sender_outcome what;
    char text[256];
};

static void came_back(void *ctx, enum cw_sender_outcome what, const char *text,
                      uint32_t retry_after_s) {
    struct outcome *outcome = ctx;
    (void)retry_after_s;
    outcome->n++;
    outcome->what = what;
    snprintf(outcome->text, sizeof outcome->text, "%s", text);
}

static void test__good_and_bad_answers__told(void **state) {
    struct bed *bed = *state;
    struct outcome outcome = {0};
    start(bed, HOOK);
    snprintf(bed->answer, sizeof bed->answer, "thanks");
    assert_false(cw_sinks_test(bed->sinks, "opps", came_back, &outcome));
    assert_true(cw_sinks_test(bed->sinks, "ops", came_back, &outcome));
    await(bed, 1);
    assert_int_equal(outcome.n, 1);
    assert_int_equal(outcome.what, CW_SENDER_TOOK);
    assert_string_equal(outcome.text, "HTTP 200: thanks");
    assert_true(says(&bed->got[0], "\"event\":\"test\""));
    assert_signed(&bed->got[0]);
    bed->status = 401;
    bed->answer[0] = '\0';
    assert_true(cw_sinks_test(bed->sinks, "ops", came_back, &outcome));
    await(bed, 2);
    assert_int_equal(outcome.what, CW_SENDER_FAILED);
    assert_string_equal(outcome.text, "HTTP 401");
    assert_string_not_equal(bed->got[0].id, bed->got[1].id);
    assert_true(cw_sinks_test(bed->sinks, "ops", came_back, &outcome));
    cw_sinks_free(bed->sinks); /* under way: nobody is called */
    bed->sinks = NULL;
    assert_int_equal(outcome.n, 2);
}

static void queue__overflows__said(void **state) {
    struct bed *bed = *state;
    start(bed, "\"ops\": {\"type\": \"webhook\", \"url\": \"$U/dead\", \"queue_max\": 10}");
    for (unsigned i = 0; i < 15; i++) {
        char subject[32];
        snprintf(subject, sizeof subject, "l1/e%u", i);
        open_at(bed, subject, CW_SEVERITY_WARNING);
    }
    turn(bed, 3);
    assert_int_equal(row_of(bed, "ops").queued, 10);
    assert_non_null(strstr(bed->log, "5 alerts dropped, for 10 wait (queue_max)"));
}

static void new__secret_unreadable__says_which(void **state) {
    struct bed *bed = *state;
    char path[300];
    temp_path(&bed->temp, "secret", path, sizeof path);
    start(bed, HOOK);
    cw_sinks_free(bed->sinks);
    bed->sinks = NULL;
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(cw_sinks_new(&bed->sinks, bed->loop, bed->store, bed->config, &bed->error),
                     CW_ERR_INPUT);
    assert_non_null(strstr(bed->error.text, "sink \"ops\": secret file"));
    assert_null(bed->sinks);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature__known_texts__known_codes),
        CASE(webhook__incident__signed_once),
        CASE(webhook__fails_then_takes__the_same_id_later_and_later),
        CASE(webhook__asks_for_time__gets_it),
        CASE(webhook__refuses_one__the_others_go_on),
        CASE(answer__with_a_secret__not_shown),
        CASE(dead_sink__beside_a_living_one__blocks_and_loses_nothing),
        CASE(crash__while_it_is_under_way__sent_again_under_its_id),
        CASE(crash__before_it_was_sent__sent_after_the_start),
        CASE(rate__more_than_a_minute_takes__summed_up_in_the_last),
        CASE(rate__pagerduty__ends_are_not_summed_up),
        CASE(age__warning__escalated_and_told),
        CASE(silence__ends__told_what_is_still_open),
        CASE(slack__secret_url__posted_there),
        CASE(pagerduty__a_life__one_key_and_its_actions),
        CASE(alertmanager__while_it_fires__told_again),
        CASE(syslog__unix_socket__also_after_it_was_away),
        CASE(syslog__udp__a_datagram_each),
        CASE(stdout__full_pipe__waits_and_nothing_is_lost),
        CASE(test__good_and_bad_answers__told),
        CASE(queue__overflows__said),
        CASE(new__secret_unreadable__says_which),
    };
    return cmocka_run_group_tests_name("sinks", tests, NULL, NULL);
}
