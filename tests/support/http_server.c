#include "http_server.h"

#include <causeway/arena.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNS_MAX   256
#define REQUEST_MAX ((size_t)64 << 20)

struct server_conn {
    int fd;
    struct cw_buf in, out;
    size_t sent;
    bool close_after; /* out is sent */
    bool endless, silent;
    const char *endless_line; /* that is sent again and again */
    unsigned pause_ms;        /* between two bytes of it */
    uint64_t not_before_ms;   /* monotonic: nothing is sent before */
};

struct server {
    int fd;
    unsigned port, accepted;
    void (*handler)(void *ctx, const struct server_request *request);
    void *ctx;
    struct server_conn *conns[CONNS_MAX];
    size_t conns_n;
};

static void die(const char *what) {
    perror(what);
    abort();
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct server *server_new(void (*handler)(void *ctx, const struct server_request *request),
                          void *ctx) {
    struct server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        die("calloc");
    }
    server->handler = handler;
    server->ctx = ctx;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t n = sizeof(address);
    if (server->fd < 0 || bind(server->fd, (const struct sockaddr *)&address, n) != 0 ||
        listen(server->fd, 128) != 0 ||
        getsockname(server->fd, (struct sockaddr *)&address, &n) != 0) {
        die("listen");
    }
    server->port = ntohs(address.sin_port);
    return server;
}

unsigned server_port(const struct server *server) {
    return server->port;
}

unsigned server_accepted(const struct server *server) {
    return server->accepted;
}

static void conn_free(struct server_conn *conn) {
    close(conn->fd);
    cw_buf_done(&conn->in);
    cw_buf_done(&conn->out);
    free(conn);
}

void server_free(struct server *server) {
    if (server == NULL) {
        return;
    }
    for (size_t i = 0; i < server->conns_n; i++) {
        conn_free(server->conns[i]);
    }
    close(server->fd);
    free(server);
}

/* --- answers -------------------------------------------------------------------------------- */

void server_reply(struct server_conn *conn, int status, const char *headers, struct cw_slice body) {
    cw_buf_format(&conn->out,
                  "HTTP/1.1 %d Answer\r\nContent-Type: application/json\r\n"
                  "Content-Length: %zu\r\n%s\r\n",
                  status, body.n, headers);
    cw_buf_append(&conn->out, body.p, body.n);
}

void server_reply_part(struct server_conn *conn, struct cw_slice body, size_t body_n, bool stays) {
    cw_buf_format(
        &conn->out,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", body_n);
    cw_buf_append(&conn->out, body.p, body.n);
    conn->close_after = !stays;
    conn->silent = stays;
}

void server_wait(struct server_conn *conn, unsigned ms) {
    conn->not_before_ms = now_ms() + ms;
}

void server_reply_never(struct server_conn *conn) {
    conn->silent = true;
}

void server_reply_endless(struct server_conn *conn, const char *header_line, unsigned pause_ms) {
    cw_buf_text(&conn->out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            "Connection: close\r\n");
    cw_buf_text(&conn->out, header_line[0] == '\0' ? "\r\n" : "");
    conn->endless = true;
    conn->endless_line = header_line[0] == '\0' ? " " : header_line;
    conn->pause_ms = pause_ms;
}

void server_hang_up(struct server_conn *conn) {
    conn->close_after = true;
}

/* --- requests ------------------------------------------------------------------------------- */

static void drop_front(struct cw_buf *buf, size_t n) {
    memmove(buf->p, buf->p + n, buf->n - n);
    buf->n -= n;
}

static size_t content_length(const char *head) {
    const char *line = strcasestr(head, "\r\nContent-Length:");
    return line == NULL ? 0 : (size_t)strtoul(line + strlen("\r\nContent-Length:"), NULL, 10);
}

const char *server_header(const struct server_request *request, const char *name, char *out,
                          size_t size) {
    size_t name_n = strlen(name);
    out[0] = '\0';
    for (const char *line = request->lines; line != NULL && *line != '\0';) {
        size_t n = strcspn(line, "\r\n");
        if (n > name_n && strncasecmp(line, name, name_n) == 0 && line[name_n] == ':') {
            const char *value = line + name_n + 1;
            value += strspn(value, " ");
            snprintf(out, size, "%.*s", (int)(line + n - value), value);
            return out;
        }
        line = strstr(line, "\r\n");
        line = line == NULL ? NULL : line + 2;
    }
    return out;
}

/* Handles one request; false when none is whole yet. */
static bool handle_one(struct server *server, struct server_conn *conn) {
    const char *text = cw_buf_cstr(&conn->in);
    const char *end = text == NULL ? NULL : strstr(text, "\r\n\r\n");
    if (end == NULL || conn->silent || conn->endless || conn->close_after) {
        return false;
    }
    size_t head_n = (size_t)(end - text) + 4;
    char *head = strndup(text, head_n);
    if (head == NULL) {
        die("strndup");
    }
    size_t body_n = content_length(head);
    bool whole = conn->in.n - head_n >= body_n;
    if (whole) {
        char *method_end = strchr(head, ' ');
        char *path = method_end == NULL ? NULL : method_end + 1;
        char *path_end = path == NULL ? NULL : strchr(path, ' ');
        if (path_end == NULL) {
            conn->close_after = true;
        } else {
            *method_end = '\0';
            *path_end = '\0';
            const char *lines = strstr(path_end + 1, "\r\n") + 2;
            const struct server_request request = {head, path, lines,
                                                   cw_slice_of(conn->in.p + head_n, body_n), conn};
            server->handler(server->ctx, &request);
        }
        drop_front(&conn->in, head_n + body_n);
    }
    free(head);
    return whole;
}

/* False: the connection is over. */
static bool read_some(struct server *server, struct server_conn *conn) {
    uint8_t bytes[65536];
    for (;;) {
        ssize_t n = read(conn->fd, bytes, sizeof(bytes));
        if (n > 0) {
            cw_buf_append(&conn->in, bytes, (size_t)n);
        } else if (n == 0) {
            return false;
        } else {
            if (errno != EAGAIN && errno != EINTR) {
                return false;
            }
            break;
        }
    }
    while (handle_one(server, conn)) {
    }
    return !conn->in.failed;
}

static void refill(struct server_conn *conn) {
    drop_front(&conn->out, conn->sent);
    conn->sent = 0;
    do {
        cw_buf_text(&conn->out, conn->endless_line);
    } while (conn->pause_ms == 0 && conn->out.n < 65536);
}

static bool write_some(struct server_conn *conn) {
    if (conn->endless && conn->out.n == conn->sent) {
        refill(conn);
        conn->not_before_ms = conn->pause_ms == 0 ? 0 : now_ms() + conn->pause_ms;
    }
    while (conn->sent < conn->out.n) {
        ssize_t n = send(conn->fd, conn->out.p + conn->sent, conn->out.n - conn->sent,
                         MSG_NOSIGNAL);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        conn->sent += (size_t)n;
    }
    cw_buf_reset(&conn->out);
    conn->sent = 0;
    return !conn->close_after;
}

static void accept_all(struct server *server) {
    int fd;
    while (server->conns_n < CONNS_MAX &&
           (fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        struct server_conn *conn = calloc(1, sizeof(*conn));
        if (conn == NULL) {
            die("calloc");
        }
        conn->fd = fd;
        cw_buf_init(&conn->in, REQUEST_MAX);
        cw_buf_init(&conn->out, (size_t)1 << 30);
        server->conns[server->conns_n++] = conn;
        server->accepted++;
    }
}

static bool has_more(const struct server_conn *conn) {
    return conn->sent < conn->out.n || conn->endless || conn->close_after;
}

void server_step(struct server *server, int timeout_ms) {
    struct pollfd fds[CONNS_MAX + 1];
    size_t n = server->conns_n;
    uint64_t now = now_ms();
    fds[n] = (struct pollfd){server->fd, POLLIN, 0};
    for (size_t i = 0; i < n; i++) {
        const struct server_conn *conn = server->conns[i];
        bool more = has_more(conn), waits = more && conn->not_before_ms > now;
        fds[i] = (struct pollfd){conn->fd, (short)(POLLIN | (more && !waits ? POLLOUT : 0)), 0};
        if (waits && conn->not_before_ms - now < (uint64_t)timeout_ms) {
            timeout_ms = (int)(conn->not_before_ms - now);
        }
    }
    if (poll(fds, (nfds_t)(n + 1), timeout_ms) <= 0) {
        return;
    }
    now = now_ms();
    for (size_t i = n; i-- > 0;) {
        struct server_conn *conn = server->conns[i];
        bool goes_on = true;
        if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            goes_on = read_some(server, conn);
        }
        if (goes_on && has_more(conn) && conn->not_before_ms <= now) {
            goes_on = write_some(conn);
        }
        if (!goes_on) {
            conn_free(conn);
            server->conns[i] = server->conns[--server->conns_n];
        }
    }
    if (fds[n].revents != 0) {
        accept_all(server);
    }
}

static volatile sig_atomic_t over;

static void on_signal(int number) {
    (void)number;
    over = 1;
}

void server_run(void (*handler)(void *ctx, const struct server_request *request)) {
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    struct server *server = server_new(handler, NULL);
    printf("Listening on 127.0.0.1:%u\n", server_port(server));
    fflush(stdout);
    while (over == 0) {
        server_step(server, 1000);
    }
    server_free(server);
}
