/* Sinks that take a line or a datagram at once, or don't: nothing here waits for them. */
#include "sink/sender_private.h"

#include "core/config_sinks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536u

static void line_close(struct cw_sender *sender) {
    (void)sender; /* the descriptor is closed by whoever has it */
}

static void tell_failed(const struct cw_sender *sender, int why, cw_sender_done *done, void *ctx) {
    char text[SENDER_TEXT_SIZE];
    snprintf(text, sizeof text, "%.150s: %.80s", sender->label, strerror(why));
    done(ctx, why == EMSGSIZE ? CW_SENDER_REFUSED : CW_SENDER_FAILED, text, 0);
}

/* --- syslog ----------------------------------------------------------------------------------- */

/* 0, or why not. */
static int connect_unix(int fd, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
}

static int connect_udp(int fd, const struct cw_config_socket *udp) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(udp->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(udp->port)};
    if (inet_pton(udp->v6 ? AF_INET6 : AF_INET, udp->host,
                  udp->v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr) != 1)
        return EINVAL;
    const void *address = udp->v6 ? (const void *)&v6 : (const void *)&v4;
    return connect(fd, address, udp->v6 ? sizeof v6 : sizeof v4) == 0 ? 0 : errno;
}

/* 0, or why not. A daemon that is started anew has another socket in the same place. */
static int reconnect(struct cw_sender *sender) {
    struct cw_config_socket udp;
    const char *address = sender->config->address;
    bool is_udp = strncmp(address, "udp://", 6) == 0;
    if (sender->fd >= 0)
        (void)close(sender->fd);
    sender->fd = -1;
    if (is_udp && cw_config_udp_read(&udp, address, NULL) != CW_OK)
        return EINVAL;
    int family = !is_udp ? AF_UNIX : udp.v6 ? AF_INET6 : AF_INET;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int why = is_udp ? connect_udp(fd, &udp) : connect_unix(fd, address);
    if (why != 0)
        (void)close(fd);
    else
        sender->fd = fd;
    return why;
}

static int send_datagram(const struct cw_sender *sender, const struct cw_buf *line) {
    ssize_t n = send(sender->fd, line->p, line->n, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n >= 0 ? 0 : errno;
}

static void syslog_send(struct cw_sender *sender, const struct cw_alert *alerts, size_t n,
                        cw_sender_done *done, void *ctx) {
    const struct cw_alert_origin origin = {
        .host = sender->host, .pid = (uint64_t)getpid(), .facility = sender->config->facility};
    struct cw_buf line;
    (void)n;
    cw_buf_init(&line, LINE_MAX_BYTES);
    cw_alert_syslog(&line, alerts, &origin);
    int why = line.failed ? ENOMEM : sender->fd >= 0 ? 0 : reconnect(sender);
    if (why == 0)
        why = send_datagram(sender, &line);
    if (why == ECONNREFUSED || why == ENOTCONN || why == ECONNRESET) {
        /* who listened is gone; what UDP was sent before may be lost as well */
        why = reconnect(sender);
        if (why == 0)
            why = send_datagram(sender, &line);
    }
    cw_buf_done(&line);
    if (why != 0)
        tell_failed(sender, why, done, ctx);
    else
        done(ctx, CW_SENDER_TOOK, "handed over", 0);
}

static const struct sender_ops syslog_ops = {syslog_send, line_close};

enum cw_err sender_syslog_open(struct cw_sender *sender, struct cw_error *error) {
    (void)error;
    sender->ops = &syslog_ops;
    snprintf(sender->label, sizeof sender->label, "syslog %.200s", sender->config->address);
    return CW_OK;
}

/* --- stdout ----------------------------------------------------------------------------------- */

/* What is left of the line that was begun. 0, or why it is not through. */
static int write_rest(struct cw_sender *sender) {
    struct cw_buf *rest = &sender->rest;
    while (rest->n > 0) {
        struct pollfd poll_fd = {sender->fd, POLLOUT, 0};
        if (poll(&poll_fd, 1, 0) <= 0)
            return EAGAIN;
        ssize_t n = write(sender->fd, rest->p, rest->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        memmove(rest->p, rest->p + n, rest->n - (size_t)n);
        rest->n -= (size_t)n;
    }
    return 0;
}

/* A line that was written in part is gone on with when its alert comes again. */
static int write_alert(struct cw_sender *sender, const struct cw_alert *alert) {
    int why = write_rest(sender);
    bool is_same = strcmp(sender->rest_id, alert->id) == 0;
    if (why != 0 || is_same)
        return why;
    cw_buf_reset(&sender->rest);
    cw_alert_webhook_json(&sender->rest, alert);
    cw_buf_text(&sender->rest, "\n");
    size_t whole = sender->rest.n;
    why = sender->rest.failed ? ENOMEM : write_rest(sender);
    if (why == EAGAIN && sender->rest.n < whole)
        snprintf(sender->rest_id, sizeof sender->rest_id, "%s", alert->id);
    else
        cw_buf_reset(&sender->rest);
    return why;
}

static void stdout_send(struct cw_sender *sender, const struct cw_alert *alerts, size_t n,
                        cw_sender_done *done, void *ctx) {
    (void)n;
    int why = write_alert(sender, alerts);
    if (why == 0)
        sender->rest_id[0] = '\0';
    if (why != 0)
        tell_failed(sender, why, done, ctx);
    else
        done(ctx, CW_SENDER_TOOK, "written", 0);
}

static const struct sender_ops stdout_ops = {stdout_send, line_close};

enum cw_err sender_stdout_open(struct cw_sender *sender, struct cw_error *error) {
    /* Opened anew, so that others who write to it are not made to write without waiting; a socket
     * can't be, and is asked whether it takes something. */
    sender->fd = open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (sender->fd < 0)
        sender->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (sender->fd < 0)
        return cw_error_set(error, CW_ERR_IO, "sink \"%s\": no stdout: %s", sender->config->name,
                            strerror(errno));
    sender->ops = &stdout_ops;
    snprintf(sender->label, sizeof sender->label, "stdout");
    return CW_OK;
}
