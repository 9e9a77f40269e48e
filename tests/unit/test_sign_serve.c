/* A signer's sockets, in the process of the test: what its clients do happens as it waits for them,
 * and time passes there alone. */
#include "sign/serve.h"

#include "core/log.h"
#include "core/unix_socket.h"
#include "fake_clock.h"
#include "sign/local.h"

#include <causeway/abi.h>
#include "temp.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TURNS_MAX 64u
#define DATA_MAX  100000u

static const struct cw_secret32 secret = {{7}};

static const char policy_text[] =
    "{\"allow_uid\": [%u], \"chains\": {\"l1\": {\"chain_id\": 900, \"max_fee\": \"100 gwei\","
    "  \"max_transaction_fee\": \"0.1 ether\", \"hourly_fee_budget\": \"0.25 ether\","
    "  \"daily_fee_budget\": \"1 ether\", \"hourly_signatures\": 5,"
    "  \"contracts\": [{\"address\": \"0x1111111111111111111111111111111111111111\","
    "    \"calls\": [\"prove()\"]}]}}}";

struct fixture {
    struct temp temp;
    struct fake_clock clock;
    struct cw_sign_policy *policy;
    struct cw_journal *journal;
    struct cw_signer *signer;
    struct cw_desk *desk;
    struct cw_serve_config config;
    volatile sig_atomic_t stop;
    int listening, own, peer; /* own: the signer's end */
    /* what a client does before each turn; sets stop when it has seen enough */
    void (*act)(struct fixture *f);
    unsigned turns;
    bool full; /* no descriptor is left */
    unsigned accepts;
    struct cw_buf out; /* that the client sends */
    size_t sent, read, step;
    struct cw_error error;
    char lines[16384];
};

static struct fixture *current;

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    struct fixture *f = ctx;
    (void)level;
    size_t n = strlen(f->lines);
    snprintf(f->lines + n, sizeof f->lines - n, "%s\n", line);
}

static unsigned lines_with(const struct fixture *f, const char *text) {
    unsigned n = 0;
    for (const char *at = f->lines; (at = strstr(at, text)) != NULL; at++) {
        n++;
    }
    return n;
}

int __real_accept4(int fd, struct sockaddr *address, socklen_t *n, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *n, int flags);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                 const sigset_t *mask);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *n, int flags) {
    current->accepts++;
    if (current->full) {
        errno = EMFILE;
        return -1;
    }
    return __real_accept4(fd, address, n, flags);
}

int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                 const sigset_t *mask) {
    struct fixture *f = current;
    (void)mask;
    if (++f->turns > TURNS_MAX) {
        f->stop = 1;
    }
    f->act(f);
    int ready = poll(fds, n, 0);
    if (ready == 0 && timeout != NULL) {
        f->clock.now_ms += (uint64_t)timeout->tv_sec * 1000;
    }
    return ready;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    char path[512];
    int pair[2];
    assert_non_null(f);
    current = f;
    temp_make(&f->temp);
    temp_path(&f->temp, "journal", path, sizeof path);
    fake_clock_init(&f->clock);
    cw_log_redirect(on_line, f);
    cw_buf_init(&f->out, 1u << 20);
    f->listening = -1;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    f->own = pair[0];
    f->peer = pair[1];
    char policy[sizeof policy_text + 16];
    int n = snprintf(policy, sizeof policy, policy_text, getuid());
    assert_int_equal(
        cw_sign_policy_parse(&f->policy, "p", cw_slice_of(policy, (size_t)n), &f->error), CW_OK);
    assert_int_equal(cw_signer_local(&f->signer, &secret, &f->error), CW_OK);
    assert_int_equal(cw_journal_open(&f->journal, path, cw_signer_address(f->signer),
                                     f->clock.now_ms, &f->error),
                     CW_OK);
    const struct cw_desk_config desk = {.subject = "signer test",
                                        .signer = f->signer,
                                        .policy = f->policy,
                                        .journal = f->journal,
                                        .clock = &f->clock.clock};
    assert_int_equal(cw_desk_new(&f->desk, &desk, &f->error), CW_OK);
    f->config = (struct cw_serve_config){.subject = "signer test",
                                         .desk = f->desk,
                                         .policy = f->policy,
                                         .clock = &f->clock.clock,
                                         .listening = -1,
                                         .client = f->own,
                                         .uid = getuid(),
                                         .stop = &f->stop};
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    if (f->listening >= 0) {
        (void)close(f->listening);
    }
    (void)close(f->own);
    (void)close(f->peer);
    cw_desk_free(f->desk);
    cw_journal_close(f->journal);
    cw_signer_free(f->signer);
    cw_sign_policy_free(f->policy);
    cw_buf_done(&f->out);
    cw_log_redirect(NULL, NULL);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

/* A request that the policy lets pass. */
static void put_sign(struct fixture *f, size_t data_n) {
    static uint8_t data[DATA_MAX];
    const struct cw_selector prove = cw_selector_of("prove()");
    memcpy(data, prove.b, sizeof prove.b);
    struct cw_sign_request request = {.chain_id = {900},
                                      .max_fee = {cw_u256_from_u64(1000)},
                                      .max_tip = {cw_u256_from_u64(1)},
                                      .gas_limit = 1000000,
                                      .data = cw_slice_of(data, data_n)};
    memset(request.to.b, 0x11, sizeof request.to.b);
    assert_int_equal(cw_wire_put_sign(&f->out, 2, &request), CW_OK);
}

/* --- what clients do -------------------------------------------------------------------------- */

/* A second passes, some more bytes come; when all are sent it reads what it is answered, and goes.
 */
static void drip(struct fixture *f) {
    size_t left = f->out.n - f->sent, n = left < f->step ? left : f->step;
    f->clock.now_ms += 1000;
    if (n > 0) {
        ssize_t sent = send(f->peer, f->out.p + f->sent, n, MSG_NOSIGNAL);
        f->sent += sent > 0 ? (size_t)sent : 0;
        return;
    }
    uint8_t chunk[4096];
    ssize_t got = recv(f->peer, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got > 0) {
        f->read += (size_t)got;
    } else if (f->read > 0) {
        (void)shutdown(f->peer, SHUT_RDWR);
    }
}

static void frame__of_nine_seconds__answered(void **state) {
    struct fixture *f = *state;
    cw_wire_put_hello(&f->out, 1, CW_WIRE_VERSION);
    f->step = (f->out.n + 8) / 9;
    f->act = drip;
    assert_int_equal(cw_serve(&f->config, &f->error), CW_OK);
    assert_int_equal(f->sent, f->out.n);
    assert_true(f->read > 0);
    assert_true(f->turns < TURNS_MAX);
}

static void frame__a_byte_a_second__cut_off(void **state) {
    struct fixture *f = *state;
    put_sign(f, 4);
    f->step = 1;
    f->act = drip;
    assert_int_equal(cw_serve(&f->config, &f->error), CW_ERR_INPUT);
    assert_int_equal(f->sent, 11);
    assert_int_equal(lines_with(f, "cut off: a frame that does not end"), 1);
}

/* It takes some of a long answer each second. */
static void answer__read_too_slowly__cut_off(void **state) {
    struct fixture *f = *state;
    const int small = 4096;
    assert_int_equal(setsockopt(f->own, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    cw_wire_put_hello(&f->out, 1, CW_WIRE_VERSION);
    put_sign(f, DATA_MAX);
    f->step = f->out.n;
    f->act = drip;
    assert_int_equal(cw_serve(&f->config, &f->error), CW_ERR_INPUT);
    assert_true(f->read > 10000 && f->read < DATA_MAX);
    assert_int_equal(lines_with(f, "cut off: a frame that does not end"), 1);
}

/* --- who connects ----------------------------------------------------------------------------- */

static void listen_at(struct fixture *f) {
    char path[512];
    temp_path(&f->temp, "socket", path, sizeof path);
    assert_int_equal(cw_unix_listen(&f->listening, path, &f->error), CW_OK);
    (void)close(f->peer);
    assert_int_equal(cw_unix_connect(&f->peer, path, &f->error), CW_OK);
    f->config.listening = f->listening;
}

/* Descriptors are there again after half of it. */
static void wait_long(struct fixture *f) {
    f->full = f->turns < TURNS_MAX / 2;
    f->clock.now_ms++;
}

static void accept__no_descriptor_left__tried_rarely_and_said_once(void **state) {
    struct fixture *f = *state;
    listen_at(f);
    f->act = wait_long;
    const uint64_t began_ms = f->clock.now_ms;
    cw_wire_put_hello(&f->out, 1, CW_WIRE_VERSION);
    assert_int_equal(send(f->peer, f->out.p, f->out.n, 0), f->out.n);
    assert_int_equal(cw_serve(&f->config, &f->error), CW_OK);
    assert_int_equal(lines_with(f, "nobody may connect: Too many open files"), 1);
    assert_true(f->accepts > 4);
    assert_true(f->clock.now_ms - began_ms >= (uint64_t)(f->accepts - 2) * 1000);
    uint8_t chunk[256];
    assert_true(recv(f->peer, chunk, sizeof chunk, MSG_DONTWAIT) > 0);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(frame__of_nine_seconds__answered),
        T(frame__a_byte_a_second__cut_off),
        T(answer__read_too_slowly__cut_off),
        T(accept__no_descriptor_left__tried_rarely_and_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
