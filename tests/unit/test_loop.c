#include "core/loop.h"

#include "core/log.h"
#include "fake_clock.h"
#include "http_server.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* --- timers --------------------------------------------------------------------------------- */

struct bed {
    struct fake_clock clock;
    struct cw_loop *loop;
    char order[64];
    size_t fired;
    struct cw_timer *timer;
};

static int set_up(void **state) {
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    fake_clock_init(&bed.clock);
    *state = &bed;
    return cw_loop_new(&bed.loop, &bed.clock.clock, NULL) == CW_OK ? 0 : -1;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    cw_loop_free(bed->loop);
    return 0;
}

static void step(struct bed *bed) {
    struct cw_error error;
    assert_int_equal(cw_loop_step(bed->loop, 1, &error), CW_OK);
}

struct mark {
    struct bed *bed;
    char name;
};

static void on_mark(void *ctx) {
    struct mark *mark = ctx;
    mark->bed->order[mark->bed->fired++] = mark->name;
}

static void after__several_timers__in_order_and_not_early(void **state) {
    struct bed *bed = *state;
    struct mark a = {bed, 'a'}, b = {bed, 'b'}, c = {bed, 'c'}, d = {bed, 'd'};
    assert_non_null(cw_loop_after(bed->loop, 30, on_mark, &c));
    assert_non_null(cw_loop_after(bed->loop, 10, on_mark, &a));
    assert_non_null(cw_loop_after(bed->loop, 10, on_mark, &b));
    struct cw_timer *cancelled = cw_loop_after(bed->loop, 20, on_mark, &d);
    assert_non_null(cancelled);
    step(bed);
    assert_string_equal(bed->order, "");
    bed->clock.now_ms += 9;
    step(bed);
    assert_string_equal(bed->order, "");
    bed->clock.now_ms += 1;
    step(bed);
    assert_string_equal(bed->order, "ab");
    cw_loop_cancel(bed->loop, cancelled);
    cw_loop_cancel(bed->loop, NULL);
    bed->clock.now_ms += 100;
    step(bed);
    assert_string_equal(bed->order, "abc");
}

static void on_work(void *ctx) {
    struct bed *bed = ctx;
    bed->clock.now_ms += 60;
}

static void late__a_callback_takes_its_time__those_behind_it_are_late(void **state) {
    struct bed *bed = *state;
    struct mark a = {bed, 'a'};
    const struct cw_loop_late *late = cw_loop_late(bed->loop);
    assert_non_null(cw_loop_after(bed->loop, 10, on_work, bed));
    assert_non_null(cw_loop_after(bed->loop, 10, on_mark, &a));
    bed->clock.now_ms += 13;
    step(bed);
    assert_string_equal(bed->order, "a");
    for (size_t i = 0; i < CW_LOOP_LATE; i++) {
        bool first = cw_loop_late_ms[i] == 5, second = cw_loop_late_ms[i] == 100;
        assert_int_equal(late->n[i], first || second);
        assert_int_equal(late->sum_ms[i], first ? 3 : second ? 63 : 0);
    }
    assert_non_null(cw_loop_after(bed->loop, 0, on_mark, &a));
    bed->clock.now_ms += 5000;
    step(bed);
    assert_int_equal(late->n[CW_LOOP_LATE - 1], 1);
}

static void on_again(void *ctx) {
    struct bed *bed = ctx;
    bed->fired++;
    bed->timer = cw_loop_after(bed->loop, 0, on_again, bed);
}

static void after__timer_that_renews_itself__once_a_step(void **state) {
    struct bed *bed = *state;
    bed->timer = cw_loop_after(bed->loop, 0, on_again, bed);
    step(bed);
    assert_int_equal(bed->fired, 1);
    step(bed);
    assert_int_equal(bed->fired, 2);
    cw_loop_cancel(bed->loop, bed->timer);
}

struct random_timer {
    struct bed *bed;
    struct cw_timer *timer;
    uint64_t due_ms;
    uint64_t *last_ms;
};

static void on_random(void *ctx) {
    struct random_timer *random = ctx;
    assert_true(random->due_ms >= *random->last_ms);
    assert_true(random->due_ms <= random->bed->clock.now_ms);
    *random->last_ms = random->due_ms;
    random->timer = NULL;
    random->bed->fired++;
}

static void after__many_timers_some_cancelled__the_rest_in_order(void **state) {
    struct bed *bed = *state;
    static struct random_timer timers[1000];
    uint64_t x = 88172645463325252u, last_ms = 0; /* xorshift64, a fixed seed */
    size_t cancelled = 0;
    for (size_t i = 0; i < CW_COUNT(timers); i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        timers[i].bed = bed;
        timers[i].last_ms = &last_ms;
        timers[i].due_ms = bed->clock.now_ms + x % 500;
        timers[i].timer = cw_loop_after(bed->loop, x % 500, on_random, &timers[i]);
        assert_non_null(timers[i].timer);
    }
    for (size_t i = 0; i < CW_COUNT(timers); i += 3) {
        cw_loop_cancel(bed->loop, timers[i].timer);
        cancelled++;
    }
    for (int i = 0; i < 51; i++) {
        step(bed);
        bed->clock.now_ms += 10;
    }
    step(bed);
    assert_int_equal(bed->fired, CW_COUNT(timers) - cancelled);
}

static void wake__before_the_wait__ends_it(void **state) {
    struct bed *bed = *state;
    const struct cw_clock *clock = cw_clock_system();
    uint64_t begin = clock->monotonic_ms(clock->ctx);
    cw_loop_wake(bed->loop);
    assert_int_equal(cw_loop_step(bed->loop, 20000, NULL), CW_OK);
    assert_true(clock->monotonic_ms(clock->ctx) - begin < 10000);
}

/* --- descriptors ---------------------------------------------------------------------------- */

struct end {
    struct bed *bed;
    int fd;
    struct cw_loop_fd *entry;
    struct end *other; /* removed when this one is told of */
    unsigned told, readable, writable;
};

static void on_ready(void *ctx, bool readable, bool writable) {
    struct end *end = ctx;
    end->told++;
    end->readable += readable;
    end->writable += writable;
    if (end->other != NULL) {
        cw_loop_fd_remove(end->bed->loop, end->other->entry);
        end->other->entry = NULL;
    }
}

static void pair_of(struct bed *bed, struct end ends[2]) {
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    for (size_t i = 0; i < 2; i++) {
        ends[i] = (struct end){.bed = bed, .fd = fds[i]};
        ends[i].entry = cw_loop_fd_add(bed->loop, fds[i], on_ready, &ends[i]);
        assert_non_null(ends[i].entry);
    }
}

static void end_done(struct end *end) {
    cw_loop_fd_remove(end->bed->loop, end->entry);
    end->entry = NULL;
    if (end->fd >= 0) {
        close(end->fd);
    }
}

static void fd__bytes_room_and_end__told(void **state) {
    struct bed *bed = *state;
    struct end ends[2];
    char byte;
    pair_of(bed, ends);
    step(bed);
    assert_int_equal(ends[0].told + ends[1].told, 0);
    assert_int_equal(write(ends[0].fd, "x", 1), 1);
    step(bed);
    step(bed);
    assert_int_equal(ends[0].told, 0);
    assert_int_equal(ends[1].readable, 2); /* until it is read */
    assert_int_equal(read(ends[1].fd, &byte, 1), 1);
    step(bed);
    assert_int_equal(ends[1].readable, 2);
    cw_loop_fd_write(ends[0].entry, true);
    step(bed);
    assert_int_equal(ends[0].writable, 1);
    cw_loop_fd_write(ends[0].entry, false);
    step(bed);
    assert_int_equal(ends[0].told, 1);
    close(ends[1].fd);
    ends[1].fd = -1;
    cw_loop_fd_remove(bed->loop, ends[1].entry);
    ends[1].entry = NULL;
    step(bed);
    assert_int_equal(ends[0].readable, 1);
    assert_int_equal(read(ends[0].fd, &byte, 1), 0);
    end_done(&ends[0]);
}

/* A pipe whose writer is gone has nothing to read, and is told of all the same. */
static void fd__pipe_without_a_writer__told(void **state) {
    struct bed *bed = *state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    struct end end = {.bed = bed, .fd = fds[0]};
    end.entry = cw_loop_fd_add(bed->loop, fds[0], on_ready, &end);
    step(bed);
    assert_int_equal(end.told, 0);
    close(fds[1]);
    step(bed);
    assert_int_equal(end.readable, 1);
    end_done(&end);
}

static void fd__removed_by_another__not_told(void **state) {
    struct bed *bed = *state;
    struct end a[2], b[2];
    pair_of(bed, a);
    pair_of(bed, b);
    a[1].other = &b[1];
    b[1].other = &a[1];
    assert_int_equal(write(a[0].fd, "x", 1), 1);
    assert_int_equal(write(b[0].fd, "x", 1), 1);
    step(bed);
    assert_int_equal(a[1].told, 1);
    assert_int_equal(b[1].told, 0);
    for (size_t i = 0; i < 2; i++) {
        end_done(&a[i]);
        end_done(&b[i]);
    }
}

static void fd__many__all_but_one_too_many(void **state) {
    struct bed *bed = *state;
    static struct end ends[CW_LOOP_FDS_MAX];
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    for (size_t i = 0; i < CW_LOOP_FDS_MAX; i++) {
        ends[i] = (struct end){.bed = bed, .fd = -1};
        ends[i].entry = cw_loop_fd_add(bed->loop, fd, on_ready, &ends[i]);
        assert_non_null(ends[i].entry);
    }
    assert_null(cw_loop_fd_add(bed->loop, fd, on_ready, &ends[0]));
    step(bed);
    for (size_t i = 0; i < CW_LOOP_FDS_MAX; i++) {
        assert_int_equal(ends[i].told, 1);
        end_done(&ends[i]);
    }
    close(fd);
}

/* --- HTTP ----------------------------------------------------------------------------------- */

enum manner { REPLY, REDIRECT, PART, NEVER, STAYS, ENDLESS, HANG_UP };

struct http_bed {
    struct bed bed;
    struct server *server;
    enum manner manner;
    unsigned requests;
    char path[64], body[64], url[64];
    unsigned done;
    enum cw_err err;
    long status;
    uint32_t retry_after_s;
    char answer[256], text[256];
};

static void on_request(void *ctx, const struct server_request *request) {
    static const char large[900];
    struct http_bed *bed = ctx;
    bed->requests++;
    snprintf(bed->path, sizeof(bed->path), "%s %s", request->method, request->path);
    snprintf(bed->body, sizeof(bed->body), "%.*s", (int)request->body.n,
             (const char *)request->body.p);
    switch (bed->manner) {
    case REPLY:
        server_reply(request->conn, 200, "Retry-After: 7\r\n", CW_LITERAL("answer"));
        return;
    case REDIRECT:
        server_reply(request->conn, 302, "Location: /elsewhere\r\n", CW_LITERAL(""));
        return;
    case PART:
        server_reply_part(request->conn, CW_LITERAL("ans"), 6, false);
        return;
    case NEVER:
        server_reply_never(request->conn);
        return;
    case STAYS:
        server_reply_part(request->conn, cw_slice_of(large, sizeof(large)), 1000, true);
        return;
    case ENDLESS:
        server_reply_endless(request->conn, "", 0);
        return;
    case HANG_UP:
        server_hang_up(request->conn);
        return;
    }
}

static void on_done(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                    struct cw_slice body, const char *text) {
    struct http_bed *bed = ctx;
    bed->done++;
    bed->err = err;
    bed->status = status;
    bed->retry_after_s = retry_after_s;
    snprintf(bed->answer, sizeof(bed->answer), "%.*s", (int)body.n, (const char *)body.p);
    snprintf(bed->text, sizeof(bed->text), "%s", text);
}

static int http_set_up(void **state) {
    static struct http_bed bed;
    memset(&bed, 0, sizeof(bed));
    fake_clock_init(&bed.bed.clock);
    bed.server = server_new(on_request, &bed);
    snprintf(bed.url, sizeof(bed.url), "http://127.0.0.1:%u/p?q=1", server_port(bed.server));
    *state = &bed;
    return cw_loop_new(&bed.bed.loop, &bed.bed.clock.clock, NULL) == CW_OK ? 0 : -1;
}

static int http_tear_down(void **state) {
    struct http_bed *bed = *state;
    cw_loop_free(bed->bed.loop);
    server_free(bed->server);
    return 0;
}

static struct cw_http *post_with(struct http_bed *bed, const char *url,
                                 struct cw_http_share *share) {
    const struct cw_http_request request = {
        .url = url,
        .body = "question and more",
        .body_n = 8,
        .connect_ms = 1000,
        .deadline_ms = 5000,
        .max_bytes = 1000,
        .share = share,
        .done = on_done,
        .ctx = bed,
    };
    struct cw_http *http = NULL;
    bed->done = 0;
    assert_int_equal(cw_http_post(bed->bed.loop, &request, &http), CW_OK);
    assert_int_equal(bed->done, 0);
    return http;
}

static struct cw_http *post(struct http_bed *bed, const char *url) {
    return post_with(bed, url, NULL);
}

/* Until that many requests have come, or an answer was taken. */
static void run(struct http_bed *bed, unsigned requests) {
    for (int i = 0; i < 2000 && bed->done == 0 && bed->requests < requests; i++) {
        step(&bed->bed);
        server_step(bed->server, 0);
    }
}

static void post__answer__handed_over(void **state) {
    struct http_bed *bed = *state;
    post(bed, bed->url);
    run(bed, UINT32_MAX);
    assert_int_equal(bed->done, 1);
    assert_int_equal(bed->err, CW_OK);
    assert_int_equal(bed->status, 200);
    assert_int_equal(bed->retry_after_s, 7);
    assert_string_equal(bed->answer, "answer");
    assert_string_equal(bed->path, "POST /p?q=1");
    assert_string_equal(bed->body, "question");
    post(bed, bed->url);
    run(bed, UINT32_MAX);
    assert_int_equal(bed->done, 1);
    assert_int_equal(server_accepted(bed->server), 1); /* kept alive */
}

static void post__redirect__not_followed(void **state) {
    struct http_bed *bed = *state;
    bed->manner = REDIRECT;
    post(bed, bed->url);
    run(bed, UINT32_MAX);
    assert_int_equal(bed->err, CW_OK);
    assert_int_equal(bed->status, 302);
    assert_int_equal(bed->requests, 1);
}

static void post__connection_ends_in_the_answer__transport(void **state) {
    struct http_bed *bed = *state;
    bed->manner = PART;
    post(bed, bed->url);
    run(bed, UINT32_MAX);
    assert_int_equal(bed->err, CW_ERR_TRANSPORT);
    bed->manner = HANG_UP;
    post(bed, bed->url);
    run(bed, UINT32_MAX);
    assert_int_equal(bed->err, CW_ERR_TRANSPORT);
}

static void post__endless_answer__limit(void **state) {
    struct http_bed *bed = *state;
    bed->manner = ENDLESS;
    post(bed, bed->url);
    run(bed, UINT32_MAX);
    assert_int_equal(bed->err, CW_ERR_LIMIT);
    assert_string_equal(bed->text, "answer is over the cap of 1000 bytes");
}

/* One that begins a large answer and never ends it leaves less to the others, and gives it back. */
static void post__share_of_several__limit(void **state) {
    struct http_bed *bed = *state;
    struct cw_http_share share = {.max = 1500};
    bed->manner = STAYS;
    struct cw_http *first = post_with(bed, bed->url, &share);
    run(bed, 1);
    for (int i = 0; i < 1000 && share.used < 900; i++) {
        step(&bed->bed);
        server_step(bed->server, 0);
    }
    assert_int_equal(share.used, 900);
    post_with(bed, bed->url, &share);
    run(bed, UINT32_MAX);
    assert_int_equal(bed->done, 1);
    assert_int_equal(bed->err, CW_ERR_LIMIT);
    assert_string_equal(bed->text, "answers under way are over 1500 bytes together");
    assert_int_equal(share.used, 900);
    cw_http_cancel(bed->bed.loop, first);
    assert_int_equal(share.used, 0);
    bed->manner = REPLY;
    post_with(bed, bed->url, &share);
    run(bed, UINT32_MAX);
    assert_int_equal(bed->err, CW_OK);
    assert_int_equal(share.used, 0);
}

static void post__silence__transport_at_the_deadline(void **state) {
    struct http_bed *bed = *state;
    bed->manner = NEVER;
    post(bed, bed->url);
    run(bed, 1);
    bed->bed.clock.now_ms += 4999;
    step(&bed->bed);
    assert_int_equal(bed->done, 0);
    bed->bed.clock.now_ms += 1;
    step(&bed->bed);
    assert_int_equal(bed->done, 1);
    assert_int_equal(bed->err, CW_ERR_TRANSPORT);
    assert_string_equal(bed->text, "no answer within 5000 ms");
}

static void post__nobody_there__transport(void **state) {
    struct http_bed *bed = *state;
    server_free(bed->server);
    bed->server = NULL;
    post(bed, bed->url);
    for (int i = 0; i < 2000 && bed->done == 0; i++) {
        step(&bed->bed);
    }
    assert_int_equal(bed->done, 1);
    assert_int_equal(bed->err, CW_ERR_TRANSPORT);
}

static void post__other_protocols__refused(void **state) {
    struct http_bed *bed = *state;
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x", ""};
    for (size_t i = 0; i < CW_COUNT(urls); i++) {
        post(bed, urls[i]);
        for (int j = 0; j < 100 && bed->done == 0; j++) {
            step(&bed->bed);
        }
        assert_int_equal(bed->done, 1);
        assert_int_equal(bed->err, CW_ERR_TRANSPORT);
    }
}

static void cancel__under_way__done_is_not_called(void **state) {
    struct http_bed *bed = *state;
    struct cw_http *http = post(bed, bed->url);
    run(bed, 1);
    cw_http_cancel(bed->bed.loop, http);
    cw_http_cancel(bed->bed.loop, NULL);
    for (int i = 0; i < 5; i++) {
        step(&bed->bed);
        server_step(bed->server, 0);
    }
    assert_int_equal(bed->done, 0);
}

/* --- the log -------------------------------------------------------------------------------- */

static char logged[8192];
static unsigned lines;

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    lines++;
    snprintf(logged, sizeof(logged), "%s", line);
}

static void log__text_from_outside__escaped(void **state) {
    (void)state;
    cw_log_redirect(on_line, NULL);
    cw_log_setup(CW_LOG_INFO, false);
    cw_log(CW_LOG_WARN, "chain l1",
           "a\nb\x1b[31m\t\x7f\xc2\x9b\xe2\x80\xae\xef\xbb\xbf\xff\xe2\x82\xac %d", 7);
    assert_string_equal(
        logged + 24,
        " warn  chain l1: a\\nb\\x1b[31m\\t\\x7f\\x9b\\u202e\\ufeff\\xff\xe2\x82\xac 7");
    assert_int_equal(logged[10], 'T');
    assert_int_equal(logged[23], 'Z');
    cw_log_redirect(NULL, NULL);
}

static void log__json__one_object_a_line(void **state) {
    (void)state;
    cw_log_redirect(on_line, NULL);
    cw_log_setup(CW_LOG_INFO, true);
    cw_log(CW_LOG_ERROR, "route \"x\"", "a\nb\\");
    assert_non_null(strstr(logged, "\",\"level\":\"error\",\"subject\":\"route \\\"x\\\"\","
                                   "\"text\":\"a\\\\nb\\\\\"}"));
    assert_memory_equal(logged, "{\"time\":\"", 9);
    lines = 0;
    cw_log(CW_LOG_DEBUG, "x", "y");
    assert_int_equal(lines, 0);
    char large[5000];
    memset(large, '\x01', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    cw_log(CW_LOG_INFO, "x", "%s", large);
    assert_int_equal(lines, 1);
    assert_memory_equal(logged, "{\"time\":\"", 9);
    cw_log_setup(CW_LOG_INFO, false);
    cw_log_redirect(NULL, NULL);
}

static void log_level__of_a_component__its_lines_only(void **state) {
    (void)state;
    char name[100];
    cw_log_redirect(on_line, NULL);
    cw_log_setup(CW_LOG_INFO, false);
    lines = 0;
    assert_int_equal(cw_log_level_set("route", CW_LOG_ERROR), CW_OK);
    assert_int_equal(cw_log_level_set("route op", CW_LOG_DEBUG), CW_OK);
    cw_log(CW_LOG_DEBUG, "route op", "shown");
    assert_int_equal(lines, 1);
    cw_log(CW_LOG_WARN, "route other", "quiet");
    cw_log(CW_LOG_DEBUG, "routes", "quiet");
    cw_log(CW_LOG_DEBUG, "l1", "quiet");
    assert_int_equal(lines, 1);
    cw_log(CW_LOG_INFO, "routes", "another subject");
    assert_int_equal(lines, 2);
    for (unsigned i = 2; i < 16; i++) {
        snprintf(name, sizeof name, "chain %u", i);
        assert_int_equal(cw_log_level_set(name, CW_LOG_DEBUG), CW_OK);
    }
    assert_int_equal(cw_log_level_set("one too many", CW_LOG_DEBUG), CW_ERR_LIMIT);
    assert_int_equal(cw_log_level_set("chain 2", CW_LOG_ERROR), CW_OK);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(cw_log_level_set(name, CW_LOG_DEBUG), CW_ERR_INPUT);
    assert_int_equal(cw_log_level_set("", CW_LOG_WARN), CW_OK);
    cw_log(CW_LOG_INFO, "route op", "over");
    assert_int_equal(lines, 2);
    cw_log_setup(CW_LOG_INFO, false);
    cw_log_redirect(NULL, NULL);
}

#define THREADS           4u
#define LINES_OF_A_THREAD 2000u

/* The sink is not locked: what it counts is right when nobody else is in it. */
static void *log_much(void *ctx) {
    for (unsigned i = 0; i < LINES_OF_A_THREAD; i++)
        cw_log(CW_LOG_INFO, ctx, "line %u", i);
    return NULL;
}

static void log__several_threads__one_line_after_the_other(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    char name[] = "thread";
    cw_log_setup(CW_LOG_INFO, false);
    cw_log_redirect(on_line, NULL);
    lines = 0;
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_much, name), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cw_log_redirect(NULL, NULL);
    assert_int_equal(lines, THREADS * LINES_OF_A_THREAD);
}

int main(void) {
#define LOOP(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define HTTP(name) cmocka_unit_test_setup_teardown(name, http_set_up, http_tear_down)
    const struct CMUnitTest tests[] = {
        LOOP(after__several_timers__in_order_and_not_early),
        LOOP(after__timer_that_renews_itself__once_a_step),
        LOOP(late__a_callback_takes_its_time__those_behind_it_are_late),
        LOOP(after__many_timers_some_cancelled__the_rest_in_order),
        LOOP(wake__before_the_wait__ends_it),
        LOOP(fd__bytes_room_and_end__told),
        LOOP(fd__pipe_without_a_writer__told),
        LOOP(fd__removed_by_another__not_told),
        LOOP(fd__many__all_but_one_too_many),
        HTTP(post__answer__handed_over),
        HTTP(post__redirect__not_followed),
        HTTP(post__connection_ends_in_the_answer__transport),
        HTTP(post__endless_answer__limit),
        HTTP(post__share_of_several__limit),
        HTTP(post__silence__transport_at_the_deadline),
        HTTP(post__nobody_there__transport),
        HTTP(post__other_protocols__refused),
        HTTP(cancel__under_way__done_is_not_called),
        cmocka_unit_test(log__text_from_outside__escaped),
        cmocka_unit_test(log__json__one_object_a_line),
        cmocka_unit_test(log_level__of_a_component__its_lines_only),
        cmocka_unit_test(log__several_threads__one_line_after_the_other),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
