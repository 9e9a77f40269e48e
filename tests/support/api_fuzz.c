/* api_fuzz OPENAPI PORT PID COUNT SEED READER OPERATOR: asks the API of a running daemon COUNT
 * things, made from its description: good ones, bad ones, and what is no HTTP at all, many at a
 * time. Every answer must be one that is described, none a 500, and nothing may be left behind. The
 * last two are tokens. */
#include "fuzz_shots.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE   24u
#define GOT_MAX   ((size_t)64 << 20)
#define WAIT_MS   40000u
#define HEARD_OUT 65536u /* max_body_bytes */
#define RAW_MS    400u   /* and then the client goes */
#define SHOWN     20u
#define SLOW_MS   8000u /* so long nobody may take for a request */
#define SLOW      6u
#define MORE      16u /* descriptors: the daemon has connections of its own */

struct flight {
    int fd; /* -1: free */
    struct shot *shot;
    size_t sent;
    struct cw_buf got;
    uint64_t until_ms, next_ms;
};

struct run {
    struct fuzz fuzz;
    unsigned port, wrong;
    struct flight flights[AT_ONCE];
    int slow[SLOW];
    unsigned cut_off;
    uint64_t requests, answers, statuses[600];
};

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int dial(unsigned port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        perror("the daemon is not there");
        exit(1);
    }
    return fd;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void complain(struct run *run, const struct shot *shot, const char *why) {
    if (run->wrong++ >= SHOWN)
        return;
    printf("# %s: %s: %.300s\n", shot->what, why, cw_buf_cstr((struct cw_buf *)&shot->bytes));
}

/* The value of a header; "" for none. */
static void header(const char *head, size_t n, const char *name, char *out, size_t size) {
    out[0] = '\0';
    for (const char *at = head; at && at < head + n; at = strstr(at, "\r\n")) {
        at += at == head ? 0 : 2;
        if (strncasecmp(at, name, strlen(name)) == 0) {
            at += strlen(name);
            snprintf(out, size, "%.*s", (int)strcspn(at, "\r"), at);
            return;
        }
    }
}

/* Takes one answer from what came; false: there is no whole one. */
static bool take_answer(struct cw_slice *got, const char *method, struct openapi_answer *ret,
                        char type[64]) {
    static const char end[] = "\r\n\r\n";
    const char *head = (const char *)got->p;
    const char *body = got->n > 0 ? memmem(head, got->n, end, 4) : NULL;
    char length[32];
    if (!body || got->n < 12 || strncmp(head, "HTTP/1.", 7) != 0)
        return false;
    body += 4;
    const size_t head_n = (size_t)(body - head);
    header(head, head_n, "Content-Type: ", type, 64);
    header(head, head_n, "Content-Length: ", length, sizeof length);
    const unsigned status = (unsigned)strtoul(head + 9, NULL, 10);
    if (status == 100) { /* to who asked whether to go on: the answer is behind it */
        *got = cw_slice_of(body, got->n - head_n);
        return take_answer(got, method, ret, type);
    }
    const bool bare = strcmp(method, "HEAD") == 0 || status == 204 || status == 304;
    const size_t n = bare ? 0 : strtoull(length, NULL, 10);
    if (got->n - head_n < n)
        return false;
    *ret = (struct openapi_answer){.status = status, .type = type, .body = cw_slice_of(body, n)};
    *got = cw_slice_of(body + n, got->n - head_n - n);
    return true;
}

static void judge(struct run *run, const struct shot *shot, const struct want *want,
                  const struct openapi_answer *answer) {
    char why[SCHEMA_WHY], status[8];
    snprintf(status, sizeof status, "%u", answer->status);
    run->answers++;
    run->statuses[answer->status < 600 ? answer->status : 0]++;
    if (answer->status == 500 || answer->status < 200 || answer->status > 599)
        complain(run, shot, status);
    else if (shot->raw)
        return;
    else if (want->statuses && !strstr(want->statuses, status))
        complain(run, shot, status);
    else if (!openapi_answer(run->fuzz.api, answer, why))
        complain(run, shot, why);
}

static void read_answers(struct run *run, struct flight *flight) {
    const struct shot *shot = flight->shot;
    (void)cw_buf_cstr(&flight->got); /* ends with NUL */
    struct cw_slice got = cw_buf_slice(&flight->got);
    size_t n = 0;
    for (; n < shot->wants_n; n++) {
        struct openapi_answer answer;
        char type[64];
        if (!take_answer(&got, shot->wants[n].method, &answer, type))
            break;
        answer.method = shot->wants[n].method;
        answer.target = shot->wants[n].target;
        judge(run, shot, &shot->wants[n], &answer);
    }
    if (shot->bytes.n > HEARD_OUT) /* it may be cut off before it hears */
        return;
    if (!shot->raw && (n < shot->wants_n || (got.n > 0 && !shot->stream)))
        complain(run, shot, n < shot->wants_n ? "no whole answer" : "more than was asked for");
}

/* --- connections ------------------------------------------------------------------------------ */

static void launch(struct run *run, struct flight *flight) {
    flight->shot = fuzz_shot(&run->fuzz);
    flight->fd = dial(run->port);
    flight->sent = 0;
    flight->until_ms = now_ms() + (flight->shot->raw ? RAW_MS : WAIT_MS);
    flight->next_ms = 0;
    cw_buf_init(&flight->got, GOT_MAX);
    run->requests += flight->shot->wants_n > 0 ? flight->shot->wants_n : 1;
}

static void land(struct run *run, struct flight *flight) {
    read_answers(run, flight);
    close(flight->fd);
    flight->fd = -1;
    cw_buf_done(&flight->got);
    fuzz_shot_free(flight->shot);
}

static void send_on(struct flight *flight) {
    const struct shot *shot = flight->shot;
    size_t n = shot->bytes.n - flight->sent;
    if (shot->piece > 0 && n > shot->piece)
        n = shot->piece;
    if (n > 0) {
        const ssize_t sent = send(flight->fd, shot->bytes.p + flight->sent, n,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) /* it does not want more */
            flight->sent = shot->bytes.n;
        flight->sent += sent > 0 ? (size_t)sent : 0;
    }
    flight->next_ms = now_ms() + 2;
    if (flight->sent == shot->bytes.n && shot->ends)
        (void)shutdown(flight->fd, SHUT_WR);
}

/* Whether it is over. */
static bool hear(struct run *run, struct flight *flight) {
    char text[65536];
    const ssize_t n = recv(flight->fd, text, sizeof text, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0)
        return true;
    cw_buf_append(&flight->got, text, (size_t)n);
    if (flight->got.failed)
        complain(run, flight->shot, "it does not end");
    return flight->got.failed ||
           (flight->shot->stream && memmem(flight->got.p, flight->got.n, "event-stream", 12) &&
            memmem(flight->got.p, flight->got.n, "\r\n\r\n", 4));
}

static bool fly(struct run *run, struct flight *flight, short ready) {
    const struct shot *shot = flight->shot;
    const bool sends = flight->sent < shot->bytes.n;
    if (sends && (ready & POLLOUT) && now_ms() >= flight->next_ms)
        send_on(flight);
    if (shot->leaves && flight->sent == shot->bytes.n)
        return true;
    if ((ready & (POLLIN | POLLHUP | POLLERR)) && hear(run, flight))
        return true;
    if (now_ms() < flight->until_ms)
        return false;
    if (!shot->raw)
        complain(run, shot, "nothing came for long");
    return true;
}

/* They say a byte now and then. */
static void dribble(struct run *run) {
    static const char text[] = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    static size_t at;
    static uint64_t next;
    if (now_ms() < next)
        return;
    next = now_ms() + 100;
    for (size_t i = 0; i < SLOW; i++) {
        const char *byte = at < sizeof text - 1 ? text + at : "a";
        if (run->slow[i] < 0)
            run->slow[i] = dial(run->port);
        if (send(run->slow[i], byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 || errno == EAGAIN)
            continue;
        close(run->slow[i]);
        run->slow[i] = -1;
        run->cut_off++;
    }
    at++;
}

static void fuzz(struct run *run, uint64_t count) {
    for (size_t flying = 1; flying > 0;) {
        struct pollfd fds[AT_ONCE];
        flying = 0;
        for (size_t i = 0; i < AT_ONCE; i++) {
            struct flight *flight = &run->flights[i];
            if (flight->fd < 0 && run->requests < count)
                launch(run, flight);
            const bool sends = flight->fd >= 0 && flight->sent < flight->shot->bytes.n;
            fds[i] = (struct pollfd){flight->fd, (short)(POLLIN | (sends ? POLLOUT : 0)), 0};
            flying += flight->fd >= 0;
        }
        (void)poll(fds, AT_ONCE, 5);
        for (size_t i = 0; i < AT_ONCE; i++)
            if (run->flights[i].fd >= 0 && fly(run, &run->flights[i], fds[i].revents))
                land(run, &run->flights[i]);
        dribble(run);
    }
}

/* --- before and after ------------------------------------------------------------------------- */

static size_t descriptors(const char *pid) {
    char path[64];
    size_t n = 0;
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *dir = opendir(path);
    if (!dir) {
        perror(path);
        exit(1);
    }
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n;
}

static uint64_t resident_kib(const char *pid) {
    char path[64], line[256];
    uint64_t kib = 0;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %" SCNu64, &kib) == 1)
            break;
    if (file)
        (void)fclose(file);
    return kib;
}

/* What a good request is answered with; the caller frees. */
static struct cw_json_doc *fetch(void *ctx, const char *path) {
    struct run *run = ctx;
    struct cw_json_doc *doc = NULL;
    struct flight flight = {.fd = dial(run->port), .until_ms = now_ms() + WAIT_MS};
    struct openapi_answer answer;
    char type[64];
    flight.shot = fuzz_get(&run->fuzz, path);
    cw_buf_init(&flight.got, GOT_MAX);
    for (bool over = false; !over;) {
        struct pollfd p = {flight.fd, POLLIN | POLLOUT, 0};
        (void)poll(&p, 1, 100);
        over = fly(run, &flight, p.revents);
    }
    (void)cw_buf_cstr(&flight.got);
    struct cw_slice got = cw_buf_slice(&flight.got);
    if (take_answer(&got, "GET", &answer, type) &&
        cw_json_parse(&doc, answer.body, false, NULL) != CW_OK)
        doc = NULL;
    close(flight.fd);
    cw_buf_done(&flight.got);
    fuzz_shot_free(flight.shot);
    return doc;
}

static void tell(const struct run *run, uint64_t seed, uint64_t ms) {
    printf("# seed %" PRIu64 ": %" PRIu64 " requests in %" PRIu64 " ms, %" PRIu64 " answers:", seed,
           run->requests, ms, run->answers);
    for (unsigned i = 0; i < CW_COUNT(run->statuses); i++)
        if (run->statuses[i] > 0)
            printf(" %u:%" PRIu64, i, run->statuses[i]);
    printf("\n");
}

/* Connections that the daemon has at its port. */
static size_t connections(unsigned port) {
    char line[512];
    size_t n = 0;
    FILE *file = fopen("/proc/net/tcp", "re");
    while (file && fgets(line, sizeof line, file)) {
        unsigned local, state;
        unsigned long inode;
        n += sscanf(line, " %*u: %*x:%x %*x:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", &local, &state,
                    &inode) == 3 &&
             local == port && state != 0x0a && inode != 0;
    }
    if (file)
        (void)fclose(file);
    return n;
}

/* Those that are left once everybody is gone. */
static size_t connections_left(unsigned port) {
    size_t n = connections(port);
    for (unsigned i = 0; i < 100 && n > 0; i++) {
        (void)poll(NULL, 0, 100);
        n = connections(port);
    }
    return n;
}

int main(int argc, char **argv) {
    if (argc != 8) {
        fprintf(stderr, "usage: api_fuzz OPENAPI PORT PID COUNT SEED READER OPERATOR\n");
        return 2;
    }
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        abort();
    const uint64_t count = strtoull(argv[4], NULL, 10), seed = strtoull(argv[5], NULL, 10);
    const char *pid = argv[3];
    run->port = (unsigned)strtoul(argv[2], NULL, 10);
    fuzz_init(&run->fuzz, argv[1], seed, argv[6], argv[7]);
    fuzz_learn(&run->fuzz, fetch, run);
    for (size_t i = 0; i < AT_ONCE; i++)
        run->flights[i].fd = -1;
    for (size_t i = 0; i < SLOW; i++)
        run->slow[i] = -1;
    const size_t before = descriptors(pid);
    const uint64_t start = now_ms();
    fuzz(run, count / 2);
    const uint64_t half = resident_kib(pid);
    fuzz(run, count);
    const uint64_t whole = resident_kib(pid);
    const uint64_t took = now_ms() - start;
    tell(run, seed, took);
    for (size_t i = 0; i < SLOW; i++)
        if (run->slow[i] >= 0)
            close(run->slow[i]);
    const size_t left = connections_left(run->port);
    const size_t after = descriptors(pid);
    printf("# slow clients cut off: %u; connections left: %zu; descriptors: %zu before, %zu after; "
           "resident: %" PRIu64 " KiB half way, %" PRIu64 " KiB at the end\n",
           run->cut_off, left, before, after, half, whole);
    if ((run->cut_off == 0 && took > SLOW_MS) || left > 0 || after > before + MORE ||
        whole > half + 32768 || whole == 0)
        run->wrong++;
    if (run->wrong > 0)
        printf("# %u wrong\n", run->wrong);
    const bool good = run->wrong == 0 && run->answers > count / 2;
    fuzz_done(&run->fuzz);
    free(run);
    return good ? 0 : 1;
}
