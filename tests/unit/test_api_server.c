/* The API's server over real sockets: what reaches whoever answers, and what does not. */
#include "api/server.h"

#include <openssl/sha.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ANSWER_MAX ((size_t)1 << 20)
#define TOKEN      "correct-horse"

struct fixture {
    struct cw_config_api config;
    struct cw_config_token tokens[2];
    struct cw_api_server *server;
    uint16_t port;
    atomic_uint answered, asked_again, events; /* events: so many are to be added */
    unsigned added;
    char text[ANSWER_MAX];
};

/* Comparisons in constant time, and the fewest bytes of one. */
static atomic_uint compared;
static atomic_size_t least_compared = SIZE_MAX;

int __real_CRYPTO_memcmp(const void *a, const void *b, size_t n);
int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t n);
int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t n) {
    compared++;
    least_compared = n < least_compared ? n : least_compared;
    return __real_CRYPTO_memcmp(a, b, n);
}

static void answer(void *ctx, struct cw_api_call *call) {
    struct fixture *f = ctx;
    f->answered++;
    if (call->segments_n == 1 && strcmp(call->segments[0], "later") == 0 && call->command == 0) {
        call->command = 7;
        return;
    }
    if (call->command > 0 && ++f->asked_again < 2)
        return;
    if (call->segments_n == 1 && strcmp(call->segments[0], "nobody") == 0)
        return;
    if (call->segments_n == 1 && strcmp(call->segments[0], "kept") == 0)
        call->etag = "\"one\"";
    cw_buf_format(&call->out, "role %d by '%s', body %zu, %zu:", (int)call->role, call->who,
                  call->body.n, call->segments_n);
    for (size_t i = 0; i < call->segments_n; i++)
        cw_buf_format(&call->out, " '%s'", call->segments[i]);
    for (size_t i = 0; i < call->params_n; i++)
        cw_buf_format(&call->out, " %s='%s'", call->params[i].name, call->params[i].value);
    cw_api_json(call);
}

static bool listens(void *ctx, struct cw_api_call *call, struct cw_api_events *events,
                    char ret_route[64], uint64_t *ret_first, bool *ret_gap) {
    (void)ctx;
    *ret_gap = call->last_event && strcmp(call->last_event, "gone") == 0;
    const char *route = cw_api_param(call, "route");
    if (!cw_api_params_end(call))
        return false;
    snprintf(ret_route, 64, "%s", route ? route : "");
    *ret_first = events->last + 1;
    return true;
}

static void tick(void *ctx, struct cw_api_events *events) {
    struct fixture *f = ctx;
    char data[64], id[16];
    for (; f->added < f->events; f->added++) {
        snprintf(data, sizeof data, "{\"n\":%u}", f->added);
        snprintf(id, sizeof id, "h%u", f->added);
        cw_api_events_add(events, "message", id, f->added % 2 ? "odd" : "even",
                          cw_slice_of(data, strlen(data)));
    }
}

static void start(struct fixture *f) {
    struct cw_error error;
    const struct cw_api_handler handler = {answer, listens, tick, f};
    if (cw_api_server_start(&f->server, &f->config, &handler, &f->port, &error) != CW_OK)
        fail_msg("%s", error.text);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    f->config = (struct cw_config_api){.listen = "127.0.0.1:0",
                                       .host = "127.0.0.1",
                                       .loopback = true,
                                       .certificate = "",
                                       .certificate_key = "",
                                       .anonymous = CW_API_READ,
                                       .max_connections = 8,
                                       .max_streams = 2,
                                       .max_body_bytes = 1024,
                                       .idle_s = 1,
                                       .tokens = f->tokens,
                                       .tokens_n = 2};
    f->tokens[0] = (struct cw_config_token){.name = "nothing", .role = CW_API_READ};
    f->tokens[1] = (struct cw_config_token){.name = "ops", .role = CW_API_OPERATE};
    SHA256((const unsigned char *)TOKEN, strlen(TOKEN), f->tokens[1].sha256.b);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_api_server_stop(f->server);
    free(f);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- a client that can do anything ------------------------------------------------------------ */

static int dial(const struct fixture *f) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(f->port)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads on until that text came (NULL: until the end), at most ten seconds. */
static bool hear(struct fixture *f, int fd, const char *until) {
    size_t used = 0;
    f->text[0] = '\0';
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, 10000) == 1 && used < ANSWER_MAX - 1) {
        ssize_t n = recv(fd, f->text + used, ANSWER_MAX - 1 - used, 0);
        if (n <= 0)
            return until == NULL;
        used += (size_t)n;
        f->text[used] = '\0';
        if (until && strstr(f->text, until))
            return true;
    }
    return false;
}

static unsigned status(const struct fixture *f) {
    return strncmp(f->text, "HTTP/1.1 ", 9) == 0 ? (unsigned)atoi(f->text + 9) : 0;
}

/* What one request on a connection of its own is answered with. */
static unsigned ask(struct fixture *f, const char *first, const char *headers, const char *body) {
    char text[8192];
    int fd = dial(f);
    snprintf(text, sizeof text, "%s HTTP/1.1\r\nConnection: close\r\n%s\r\n%s", first, headers,
             body);
    say(fd, text);
    assert_true(hear(f, fd, NULL));
    close(fd);
    return status(f);
}

#define HOST "Host: localhost\r\n"
#define JSON "Content-Type: application/json\r\n"
#define AUTH "Authorization: Bearer " TOKEN "\r\n"

static bool answered(const struct fixture *f, const char *text) {
    return strstr(f->text, text) != NULL;
}

/* --- cases ------------------------------------------------------------------------------------ */

static void request__path_and_query__decoded(void **state) {
    struct fixture *f = *state;
    start(f);
    assert_int_equal(ask(f, "GET /v1/a%2Fb/%C3%A9?x=1%262&y=a+b&z", HOST, ""), 200);
    assert_true(answered(f, "role 1 by '', body 0, 3: 'v1' 'a/b' '\xc3\xa9' x='1&2' y='a b' z=''"));
    assert_true(answered(f, "application/json"));
    assert_true(answered(f, "nosniff"));
    assert_true(answered(f, "no-store"));
}

static void request__that_does_not_decode__refused_and_not_handed_on(void **state) {
    struct fixture *f = *state;
    start(f);
    static const char *const bad[] = {
        "GET /%",       "GET /%4",     "GET /%zz",  "GET /%00",        "GET /a%0Ab",
        "GET /%ff",     "GET /%c0%af", "GET /a//b", "GET /v1?a=1&a=2", "GET /v1?a=%f0%28%8c%28",
        "GET /v1?%ff=1"};
    for (size_t i = 0; i < CW_COUNT(bad); i++) {
        assert_int_equal(ask(f, bad[i], HOST, ""), 400);
        assert_true(answered(f, "application/problem+json"));
    }
    assert_int_equal(ask(f, "GET /1/2/3/4/5/6/7/8/9", HOST, ""), 404);
    char many[1024] = "GET /v1?";
    for (unsigned i = 0; i < CW_API_PARAMS + 1; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "p%u=1&", i);
    assert_int_equal(ask(f, many, HOST, ""), 400);
    assert_int_equal(f->answered, 0);
}

static void request__dots__are_a_name_like_any(void **state) {
    struct fixture *f = *state;
    start(f);
    assert_int_equal(ask(f, "GET /../%2e%2e/etc", HOST, ""), 200);
    assert_true(answered(f, "3: '..' '..' 'etc'"));
}

static void request__other_methods__refused(void **state) {
    struct fixture *f = *state;
    start(f);
    assert_int_equal(ask(f, "DELETE /v1", HOST, ""), 405);
    assert_true(answered(f, "Allow: GET"));
    assert_int_equal(ask(f, "HEAD /v1", HOST, ""), 200);
    assert_false(answered(f, "role"));
    assert_int_equal(f->answered, 1);
}

static void token__right_wrong_none__role(void **state) {
    struct fixture *f = *state;
    start(f);
    assert_int_equal(ask(f, "GET /v1", HOST AUTH, ""), 200);
    assert_true(answered(f, "role 2 by 'ops'"));
    assert_int_equal(ask(f, "GET /v1", "Host: of.any.name\r\n" AUTH, ""), 200);
    assert_int_equal(ask(f, "GET /v1", HOST "Authorization: Bearer wrong\r\n", ""), 401);
    assert_true(answered(f, "WWW-Authenticate: Bearer"));
    assert_int_equal(ask(f, "GET /v1", HOST "Authorization: Basic " TOKEN "\r\n", ""), 401);
    assert_int_equal(ask(f, "GET /v1", HOST "Authorization: Bearer \r\n", ""), 401);
    assert_int_equal(f->answered, 2);
}

/* Whatever is said, it is compared as a hash, with each of the tokens, and in the one way that
 * takes as long for any. */
static void token__any__compared_with_all_in_constant_time(void **state) {
    struct fixture *f = *state;
    static const char *const said[] = {TOKEN, "wrong", "", "correct-hors", "correct-horsf", "%00"};
    char headers[256];
    start(f);
    for (size_t i = 0; i < CW_COUNT(said); i++) {
        compared = 0;
        snprintf(headers, sizeof headers, HOST "Authorization: Bearer %s\r\n", said[i]);
        assert_int_equal(ask(f, "GET /v1", headers, ""), i == 0 ? 200 : 401);
        assert_int_equal(compared, f->config.tokens_n);
        assert_int_equal(least_compared, 32);
    }
}

static void name__of_another_site__refused_without_a_token(void **state) {
    struct fixture *f = *state;
    static const char *names[] = {"causeway.lan"};
    f->config.hosts = names;
    f->config.hosts_n = 1;
    start(f);
    assert_int_equal(ask(f, "GET /v1", "Host: evil.example:9560\r\n", ""), 421);
    assert_int_equal(ask(f, "GET /v1", "Host: localhost.evil.example\r\n", ""), 421);
    assert_int_equal(ask(f, "GET /v1", "Host: CAUSEWAY.lan:80\r\n", ""), 200);
    assert_int_equal(ask(f, "GET /v1", "Host: 10.1.2.3:80\r\n", ""), 200);
    assert_int_equal(ask(f, "GET /v1", "Host: [::1]:80\r\n", ""), 200);
}

static void body__within_and_beyond_the_limit(void **state) {
    struct fixture *f = *state;
    char body[3000], first[64];
    memset(body, ' ', sizeof body);
    start(f);
    body[1024] = '\0';
    assert_int_equal(ask(f, "POST /v1", HOST JSON "Content-Length: 1024\r\n", body), 200);
    assert_true(answered(f, "body 1024"));
    assert_int_equal(ask(f, "POST /v1", HOST JSON "Content-Length: 1025\r\n", ""), 413);
    assert_int_equal(ask(f, "POST /v1", HOST JSON "Content-Length: 99999999999999999999\r\n", ""),
                     413);
    memset(body, ' ', sizeof body);
    body[2000] = '\0';
    snprintf(first, sizeof first, "7d0\r\n");
    memmove(body + strlen(first), body, 2001);
    memcpy(body, first, strlen(first));
    strcat(body, "\r\n0\r\n\r\n");
    assert_int_equal(ask(f, "POST /v1", HOST JSON "Transfer-Encoding: chunked\r\n", body), 413);
    assert_int_equal(
        ask(f, "POST /v1", HOST "Content-Type: text/plain\r\nContent-Length: 2\r\n", "{}"), 415);
    assert_int_equal(ask(f, "POST /v1", HOST "Content-Length: 2\r\n", "{}"), 415);
    assert_int_equal(f->answered, 1);
}

static void body__of_what_is_refused__heard_out_first(void **state) {
    struct fixture *f = *state;
    start(f);
    int fd = dial(f);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    say(fd, "POST /v1 HTTP/1.1\r\n" HOST JSON
            "Authorization: Bearer wrong\r\nContent-Length: 4\r\n\r\n{ ");
    assert_int_equal(poll(&p, 1, 50), 0); /* an answer now would be lost with what is unread */
    say(fd, " }");
    assert_true(hear(f, fd, "no such token"));
    assert_int_equal(status(f), 401);
    close(fd);
    assert_int_equal(f->answered, 0);
}

static void headers__too_long__refused(void **state) {
    struct fixture *f = *state;
    char *headers = malloc(65536);
    assert_non_null(headers);
    start(f);
    strcpy(headers, "GET /v1 HTTP/1.1\r\n" HOST "X: ");
    memset(headers + strlen(headers) + 0, 'a', 60000);
    strcpy(headers + 60000, "\r\n\r\n");
    int fd = dial(f);
    (void)send(fd, headers, strlen(headers), MSG_NOSIGNAL);
    (void)hear(f, fd, NULL);
    assert_true(status(f) == 431 || status(f) == 414 || status(f) == 413 || f->text[0] == '\0');
    close(fd);
    free(headers);
    assert_int_equal(ask(f, "GET /v1", HOST, ""), 200);
    assert_int_equal(f->answered, 1);
}

static void rate__more_than_allowed__too_many(void **state) {
    struct fixture *f = *state;
    f->config.requests_per_s = 2;
    start(f);
    unsigned good = 0;
    for (unsigned i = 0; i < 8; i++)
        good += ask(f, "GET /v1", HOST, "") == 200;
    assert_true(good >= 4 && good < 8);
    assert_int_equal(f->answered, good);
    assert_true(status(f) != 429 || answered(f, "Retry-After: 1"));
}

static void origin__of_the_list__may_read(void **state) {
    struct fixture *f = *state;
    static const char *origins[] = {"https://app.example"};
    f->config.origins = origins;
    f->config.origins_n = 1;
    start(f);
    assert_int_equal(ask(f, "GET /v1", HOST "Origin: https://app.example\r\n", ""), 200);
    assert_true(answered(f, "Access-Control-Allow-Origin: https://app.example"));
    assert_int_equal(ask(f, "OPTIONS /v1", HOST "Origin: https://app.example\r\n", ""), 204);
    assert_true(answered(f, "Access-Control-Allow-Headers: Authorization"));
    assert_int_equal(ask(f, "GET /v1", HOST "Origin: https://app.example.evil\r\n", ""), 200);
    assert_false(answered(f, "Access-Control"));
}

static void answer__that_is_known_already__not_sent_again(void **state) {
    struct fixture *f = *state;
    start(f);
    assert_int_equal(ask(f, "GET /kept", HOST, ""), 200);
    assert_true(answered(f, "ETag: \"one\""));
    assert_int_equal(ask(f, "GET /kept", HOST "If-None-Match: \"one\"\r\n", ""), 304);
    assert_int_equal(ask(f, "GET /kept", HOST "If-None-Match: \"two\"\r\n", ""), 200);
}

static void answer__that_takes_the_loop__waited_for(void **state) {
    struct fixture *f = *state;
    start(f);
    assert_int_equal(ask(f, "POST /later", HOST JSON "Content-Length: 2\r\n", "{}"), 200);
    assert_true(answered(f, "body 2"));
    assert_int_equal(f->asked_again, 2);
    assert_int_equal(f->answered, 3);
}

static void answer__that_nobody_gives__is_our_mistake(void **state) {
    struct fixture *f = *state;
    start(f);
    assert_int_equal(ask(f, "GET /nobody", HOST, ""), 500);
}

static void events__are_sent_as_they_come(void **state) {
    struct fixture *f = *state;
    start(f);
    int all = dial(f), odd = dial(f), third = dial(f);
    say(all, "GET /v1/events HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(f, all, "\r\n\r\n"));
    assert_int_equal(status(f), 200);
    assert_true(answered(f, "text/event-stream"));
    say(odd, "GET /v1/events?route=odd HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(f, odd, "\r\n\r\n"));
    say(third, "GET /v1/events HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(f, third, "}"));
    assert_int_equal(status(f), 503); /* max_streams */
    f->events = 4;
    assert_true(hear(f, all, "data: {\"n\":3}\n\n"));
    assert_true(answered(f, "id: h0\nevent: message\ndata: {\"n\":0}\n\n"));
    assert_true(hear(f, odd, "{\"n\":3}"));
    assert_false(answered(f, "{\"n\":2}"));
    close(third);
    close(odd);
    f->events = 5;
    assert_true(hear(f, all, "{\"n\":4}"));
    close(all);
    assert_int_equal(ask(f, "GET /v1/events?nonsense=1", HOST, ""), 400);
}

static void events__after_a_gap__told_first(void **state) {
    struct fixture *f = *state;
    start(f);
    int fd = dial(f);
    say(fd, "GET /v1/events HTTP/1.1\r\nLast-Event-ID: gone\r\n" HOST "\r\n");
    assert_true(hear(f, fd, "event: gap\ndata: {}\n\n"));
    f->events = 1;
    assert_true(hear(f, fd, "data: {\"n\":0}\n\n"));
    close(fd);
    fd = dial(f);
    say(fd, "GET /v1/events HTTP/1.1\r\nLast-Event-ID: h0\r\n" HOST "\r\n");
    assert_true(hear(f, fd, "\r\n\r\n"));
    f->events = 2;
    assert_true(hear(f, fd, "data: {\"n\":1}\n\n"));
    assert_false(answered(f, "event: gap"));
    close(fd);
}

static void events__for_one_who_does_not_read__end(void **state) {
    struct fixture *f = *state;
    start(f);
    int slow = dial(f);
    const int small = 1024;
    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    say(slow, "GET /v1/events HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(f, slow, "\r\n\r\n"));
    for (unsigned i = 0; i < 400; i++) { /* far more than sockets hold */
        f->events += 500;
        assert_int_equal(ask(f, "GET /v1", HOST, ""), 200);
        if (i % 20 == 0) {
            const struct timespec pause = {.tv_nsec = 210000000};
            nanosleep(&pause, NULL);
        }
    }
    assert_true(hear(f, slow, NULL)); /* to its end */
    close(slow);
}

static void connection__that_says_nothing__closed(void **state) {
    struct fixture *f = *state;
    start(f);
    int fds[8];
    for (size_t i = 0; i < CW_COUNT(fds); i++) {
        fds[i] = dial(f);
        say(fds[i], "GET /v1 HTTP/1.1\r\n");
    }
    assert_int_equal(ask(f, "GET /v1", HOST, ""), 200); /* once the others are given up */
    for (size_t i = 0; i < CW_COUNT(fds); i++)
        close(fds[i]);
}

/* Not yet closed by the other side; what came is dropped. */
static bool is_open(int fd) {
    char text[4096];
    const ssize_t n = recv(fd, text, sizeof text, MSG_DONTWAIT);
    return n > 0 || (n < 0 && errno == EAGAIN);
}

static void connection__that_says_a_byte_now_and_then__closed(void **state) {
    struct fixture *f = *state;
    start(f);
    int slow = dial(f), body = dial(f), brisk = dial(f), stream = dial(f);
    say(slow, "GET /v1 HTTP/1.1\r\nX: ");
    say(body, "POST /v1 HTTP/1.1\r\n" HOST JSON "Content-Length: 1000\r\n\r\n");
    say(stream, "GET /v1/events HTTP/1.1\r\n" HOST "\r\n");
    unsigned turns = 0;
    for (bool both = true; both && turns < 200; turns++) {
        const struct timespec pause = {.tv_nsec = 50000000};
        (void)send(slow, "a", 1, MSG_NOSIGNAL);
        (void)send(body, " ", 1, MSG_NOSIGNAL);
        if (turns % 10 == 0) {
            say(brisk, "GET /v1 HTTP/1.1\r\n" HOST "\r\n");
            f->events++;
        }
        nanosleep(&pause, NULL);
        assert_true(is_open(brisk) && is_open(stream));
        both = is_open(slow) || is_open(body);
    }
    assert_in_range(turns, 20, 150);
    say(brisk, "GET /v1 HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(f, brisk, "role 1"));
    f->events++;
    assert_true(hear(f, stream, "data: "));
    close(slow);
    close(body);
    close(brisk);
    close(stream);
}

static void start__where_somebody_listens__refused(void **state) {
    struct fixture *f = *state;
    struct cw_api_server *other = NULL;
    struct cw_config_api config;
    struct cw_error error;
    uint16_t port;
    start(f);
    config = f->config;
    config.port = f->port;
    const struct cw_api_handler handler = {answer, listens, tick, f};
    assert_int_equal(cw_api_server_start(&other, &config, &handler, &port, &error), CW_ERR_IO);
    assert_non_null(strstr(error.text, "in use"));
}

static void stop__while_somebody_listens__ends(void **state) {
    struct fixture *f = *state;
    start(f);
    int fd = dial(f), waits = dial(f);
    say(fd, "GET /v1/events HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(f, fd, "\r\n\r\n"));
    f->asked_again = 0;
    say(waits, "POST /later HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}");
    while (f->answered == 0) {
        const struct timespec pause = {.tv_nsec = 1000000};
        nanosleep(&pause, NULL);
    }
    cw_api_server_stop(f->server);
    f->server = NULL;
    assert_true(hear(f, fd, NULL));
    close(fd);
    close(waits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(request__path_and_query__decoded),
        CASE(request__that_does_not_decode__refused_and_not_handed_on),
        CASE(request__dots__are_a_name_like_any),
        CASE(request__other_methods__refused),
        CASE(token__right_wrong_none__role),
        CASE(token__any__compared_with_all_in_constant_time),
        CASE(name__of_another_site__refused_without_a_token),
        CASE(body__within_and_beyond_the_limit),
        CASE(body__of_what_is_refused__heard_out_first),
        CASE(headers__too_long__refused),
        CASE(rate__more_than_allowed__too_many),
        CASE(origin__of_the_list__may_read),
        CASE(answer__that_is_known_already__not_sent_again),
        CASE(answer__that_takes_the_loop__waited_for),
        CASE(answer__that_nobody_gives__is_our_mistake),
        CASE(events__are_sent_as_they_come),
        CASE(events__after_a_gap__told_first),
        CASE(events__for_one_who_does_not_read__end),
        CASE(connection__that_says_nothing__closed),
        CASE(connection__that_says_a_byte_now_and_then__closed),
        CASE(start__where_somebody_listens__refused),
        CASE(stop__while_somebody_listens__ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
