/* Holds streams of an API's events open and asks for its resources at a steady rate meanwhile,
 * until it is told to end (SIGTERM); then prints what came, as JSON. A request counts from when it
 * was due: what waits because an answer is slow is late, too. Of each stream it is seen whether its
 * events come in order and are those of all others. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define ASKERS      32u      /* connections for requests */
#define OPENED_A_S  250u     /* streams */
#define KEPT        4096u    /* of what a connection sent and is not read yet */
#define ANSWERS_MAX 1000000u /* that are timed */
#define EVENTS_MAX  1000000u

struct place {
    uint64_t history, incident;
};

struct connection {
    int fd;
    bool is_stream;
    /* of a stream */
    uint64_t next;   /* index into what was seen of the event that must come; 0: none came */
    char line[KEPT]; /* that has not ended */
    size_t line_n;
    struct place at;
    /* of an asker */
    bool busy, in_body;
    uint64_t due_ns;
    int status;
    size_t left; /* of the body */
};

static struct {
    struct sockaddr_in address;
    int poll;
    char **paths;
    size_t paths_n;
    struct connection *streams, askers[ASKERS];
    size_t streams_n, opened;
    struct place *seen; /* all events, by whichever stream was the first to have them */
    uint64_t seen_n, heard;
    uint64_t disordered, missed, gaps, ended, refused, asked, failed, unsent;
    uint32_t *took_us;
    size_t answers;
} load;

static volatile sig_atomic_t ends;

static void on_signal(int number) {
    (void)number;
    ends = 1;
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "api_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void open_connection(struct connection *c) {
    const int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        die("socket");
    if (connect(c->fd, (const struct sockaddr *)&load.address, sizeof load.address) != 0)
        die("connect");
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(load.poll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        die("epoll");
}

/* Small enough to go at once. */
static bool ask(const struct connection *c, const char *path) {
    char text[1024];
    const int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    return n > 0 && (size_t)n < sizeof text && write(c->fd, text, (size_t)n) == n;
}

/* --- streams ---------------------------------------------------------------------------------- */

static bool same(const struct place *a, const struct place *b) {
    return a->history == b->history && a->incident == b->incident;
}

/* Index behind the event; 0: it was before all that were seen. A new one is put at the end. */
static uint64_t find(const struct place *at) {
    for (uint64_t i = load.seen_n; i > 0; i--)
        if (same(&load.seen[i - 1], at))
            return i;
    if (load.seen_n == EVENTS_MAX)
        return 0;
    if (load.seen_n > 0 && at->history <= load.seen[load.seen_n - 1].history &&
        at->incident <= load.seen[load.seen_n - 1].incident)
        return 0;
    load.seen[load.seen_n++] = *at;
    return load.seen_n;
}

static void take_id(struct connection *c, const char *text) {
    struct place at = {0, 0};
    if (sscanf(text, "%" SCNu64 "-%" SCNu64, &at.history, &at.incident) != 2)
        return;
    load.heard++;
    load.disordered += at.history < c->at.history || at.incident < c->at.incident ||
                       same(&at, &c->at);
    c->at = at;
    if (c->next > 0 && c->next < load.seen_n && same(&load.seen[c->next], &at)) {
        c->next++;
        return;
    }
    const uint64_t next = find(&at);
    load.missed += c->next > 0 && next != c->next + 1;
    c->next = next;
}

/* Of the chunks that it comes in nothing begins like one of these lines. */
static void take_line(struct connection *c) {
    c->line[c->line_n] = '\0';
    if (strncmp(c->line, "id: ", 4) == 0)
        take_id(c, c->line + 4);
    else if (strncmp(c->line, "event: gap", 10) == 0)
        load.gaps++;
    else if (strncmp(c->line, "HTTP/1.1 ", 9) == 0)
        load.refused += strncmp(c->line + 9, "200", 3) != 0;
    c->line_n = 0;
}

static void read_stream(struct connection *c, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n')
            take_line(c);
        else if (c->line_n + 1 < sizeof c->line)
            c->line[c->line_n++] = bytes[i];
    }
}

/* --- requests --------------------------------------------------------------------------------- */

static void answered(struct connection *c) {
    const uint64_t took = now_ns() - c->due_ns;
    load.failed += c->status != 200 && c->status != 404;
    if (load.answers < ANSWERS_MAX)
        load.took_us[load.answers++] = (uint32_t)(took / 1000);
    c->busy = c->in_body = false;
    c->line_n = 0;
}

/* Answers have a Content-Length. */
static void read_answer(struct connection *c, const char *bytes, size_t n) {
    while (n > 0) {
        if (c->in_body) {
            const size_t taken = n < c->left ? n : c->left;
            bytes += taken;
            n -= taken;
            c->left -= taken;
        } else {
            const char byte = *bytes++;
            n--;
            if (byte != '\n') {
                if (byte != '\r' && c->line_n + 1 < sizeof c->line)
                    c->line[c->line_n++] = byte;
                continue;
            }
            c->line[c->line_n] = '\0';
            if (strncmp(c->line, "HTTP/1.1 ", 9) == 0)
                c->status = atoi(c->line + 9);
            else if (strncasecmp(c->line, "Content-Length: ", 16) == 0)
                c->left = (size_t)strtoull(c->line + 16, NULL, 10);
            c->in_body = c->line_n == 0;
            c->line_n = 0;
        }
        if (c->in_body && c->left == 0)
            answered(c);
    }
}

/* The request that was due then, by a connection that has nothing to do. */
static bool request(uint64_t due_ns) {
    for (size_t i = 0; i < ASKERS; i++) {
        struct connection *c = &load.askers[i];
        if (c->busy)
            continue;
        if (c->fd < 0)
            open_connection(c);
        c->busy = true;
        c->due_ns = due_ns;
        load.unsent += !ask(c, load.paths[load.asked % load.paths_n]);
        load.asked++;
        return true;
    }
    return false;
}

/* --- all together ----------------------------------------------------------------------------- */

static void closed(struct connection *c) {
    close(c->fd);
    c->fd = -1;
    load.ended += c->is_stream;
    if (!c->is_stream && c->busy) {
        c->status = 0;
        answered(c);
    }
}

static void read_some(struct connection *c) {
    static char bytes[1u << 16];
    const ssize_t n = read(c->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        closed(c);
    else if (c->is_stream)
        read_stream(c, bytes, (size_t)n);
    else
        read_answer(c, bytes, (size_t)n);
}

static void run(uint64_t per_s) {
    const uint64_t started = now_ns();
    uint64_t due = started;
    while (!ends) {
        struct epoll_event events[256];
        const int n = epoll_wait(load.poll, events, 256, 1);
        for (int i = 0; i < n; i++)
            read_some(events[i].data.ptr);
        const uint64_t now = now_ns();
        while (load.opened < load.streams_n &&
               load.opened * (1000000000u / OPENED_A_S) <= now - started) {
            struct connection *c = &load.streams[load.opened++];
            c->is_stream = true;
            open_connection(c);
            load.unsent += !ask(c, "/v1/events");
            if (load.opened == load.streams_n)
                fprintf(stderr, "all streams are open\n");
        }
        while (per_s > 0 && due <= now && request(due))
            due += 1000000000u / per_s;
    }
}

static int ascending(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile_ms(size_t percent) {
    const size_t n = load.answers;
    return n == 0 ? 0 : (double)load.took_us[(n * percent + 99) / 100 - 1] / 1000;
}

static void print_result(void) {
    size_t behind = 0;
    for (size_t i = 0; i < load.streams_n; i++)
        behind += load.streams[i].next != load.seen_n;
    qsort(load.took_us, load.answers, sizeof *load.took_us, ascending);
    printf("{\"streams\":%zu,\"refused\":%" PRIu64 ",\"ended\":%" PRIu64 ",\"events\":%" PRIu64
           ",\"heard\":%" PRIu64 ",\"disordered\":%" PRIu64 ",\"missed\":%" PRIu64
           ",\"gaps\":%" PRIu64 ",\"behind\":%zu,\"requests\":%" PRIu64
           ",\"answers\":%zu,\"failed\":%" PRIu64 ",\"unsent\":%" PRIu64
           ",\"p50Ms\":%.2f,\"p99Ms\":%.2f,\"maxMs\":%.2f}\n",
           load.streams_n, load.refused, load.ended, load.seen_n, load.heard, load.disordered,
           load.missed, load.gaps, behind, load.asked, load.answers, load.failed, load.unsent,
           percentile_ms(50), percentile_ms(99), percentile_ms(100));
}

static bool take_address(const char *url) {
    char host[64];
    unsigned port;
    if (sscanf(url, "http://%63[0-9.]:%u", host, &port) != 2 || port > 65535)
        return false;
    load.address.sin_family = AF_INET;
    load.address.sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &load.address.sin_addr) == 1;
}

int main(int argc, char **argv) {
    if (argc < 5 || !take_address(argv[1])) {
        fprintf(stderr, "usage: api_load http://ADDRESS:PORT STREAMS REQUESTS-A-SECOND PATH...\n");
        return 2;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    (void)signal(SIGTERM, on_signal);
    (void)signal(SIGINT, on_signal);
    (void)signal(SIGPIPE, SIG_IGN);
    load.paths = argv + 4;
    load.paths_n = (size_t)(argc - 4);
    load.streams_n = strtoul(argv[2], NULL, 10);
    load.streams = calloc(load.streams_n + 1, sizeof *load.streams);
    load.seen = calloc(EVENTS_MAX, sizeof *load.seen);
    load.took_us = calloc(ANSWERS_MAX, sizeof *load.took_us);
    load.poll = epoll_create1(EPOLL_CLOEXEC);
    if (!load.streams || !load.seen || !load.took_us || load.poll < 0)
        die("start");
    for (size_t i = 0; i < ASKERS; i++)
        load.askers[i].fd = -1;
    run(strtoul(argv[3], NULL, 10));
    print_result();
    return 0;
}
