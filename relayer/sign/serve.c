#include "sign/serve.h"

#include "core/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK         65536u
#define STALL_MS      10000u /* a frame takes no longer, in either direction */
#define BURST_SECONDS 10u    /* of requests at the allowed rate */
#define STRANGERS_LOG 10u    /* lines about them a minute */
#define MINUTE_MS     60000u
#define DEAF_MS       1000u /* nobody is taken in so long when nobody can be */

struct client {
    int fd; /* -1: free */
    uint64_t uid;
    bool greeted;
    struct cw_buf in, out;
    size_t sent;        /* of out */
    uint64_t since_ms;  /* since when a frame is under way; 0: none is */
    uint64_t credit;    /* requests that it may make now, in thousandths */
    uint64_t credit_ms; /* when that was counted */
};

struct server {
    const struct cw_serve_config *config;
    struct client clients[CW_SERVE_CLIENTS_MAX];
    uint64_t strangers, strangers_ms;
    uint64_t deaf_until_ms; /* nobody could be taken */
    bool deaf_told;
};

static uint64_t now_ms(const struct server *server) {
    return server->config->clock->monotonic_ms(server->config->clock->ctx);
}

static bool is_apart(const struct server *server) {
    return server->config->listening >= 0;
}

/* --- clients ---------------------------------------------------------------------------------- */

static void client_init(struct server *server, struct client *client, int fd, uint64_t uid) {
    *client = (struct client){.fd = fd, .uid = uid, .credit_ms = now_ms(server)};
    client->credit = server->config->policy->max_requests * 1000 * BURST_SECONDS;
    cw_buf_init(&client->in, CW_WIRE_PREFIX + CW_WIRE_BODY_MAX + CHUNK);
    cw_buf_init(&client->out, CW_DESK_OUT_MAX);
}

static void client_done(struct server *server, struct client *client) {
    if (client->fd >= 0 && is_apart(server)) {
        (void)close(client->fd);
    }
    client->fd = -1;
    cw_buf_done(&client->in);
    cw_buf_done(&client->out);
}

/* Says why, and is rid of it. */
static enum cw_err cut_off(struct server *server, struct client *client, const char *why,
                           struct cw_error *error) {
    cw_log(CW_LOG_WARN, server->config->subject, "client of user %" PRIu64 " is cut off: %s",
           client->uid, why);
    client_done(server, client);
    return cw_error_set(error, CW_ERR_INPUT, "the client was cut off: %s", why);
}

/* --- rates ------------------------------------------------------------------------------------ */

static bool take_credit(struct server *server, struct client *client) {
    uint64_t rate = server->config->policy->max_requests, most = rate * 1000 * BURST_SECONDS;
    uint64_t now = now_ms(server), passed = now - client->credit_ms;
    client->credit_ms = now;
    client->credit += passed > (uint64_t)BURST_SECONDS * 1000 ? most : passed * rate;
    client->credit = client->credit < most ? client->credit : most;
    if (client->credit < 1000) {
        return false;
    }
    client->credit -= 1000;
    return true;
}

/* --- frames ----------------------------------------------------------------------------------- */

static void drop_front(struct cw_buf *buf, size_t n) {
    memmove(buf->p, buf->p + n, buf->n - n);
    buf->n -= n;
}

/* What is left of an answer; false: the client is gone. */
static bool flush_out(struct server *server, struct client *client) {
    while (client->sent < client->out.n) {
        ssize_t n = send(client->fd, client->out.p + client->sent, client->out.n - client->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            client->since_ms = client->since_ms != 0 ? client->since_ms : now_ms(server);
            return true;
        }
        if (n < 0) {
            return false;
        }
        client->sent += (size_t)n;
    }
    cw_buf_reset(&client->out);
    client->sent = 0;
    client->since_ms = 0;
    return true;
}

/* Hands what came whole to the desk, as far as it takes it. *why: what the client is to be cut off
 * for, or NULL. True when no whole frame is left. */
static bool take_frames(struct server *server, struct client *client, const char **why,
                        struct cw_error *error) {
    struct cw_desk *desk = server->config->desk;
    size_t at = 0, used = 1;
    *why = NULL;
    while (*why == NULL && !cw_desk_full(desk)) {
        struct cw_slice body = {NULL, 0};
        if (cw_wire_next(&body, &used, cw_slice_of(client->in.p + at, client->in.n - at)) !=
            CW_OK) {
            *why = "a frame of no length that there is";
        } else if (used == 0) {
            break;
        } else if (!take_credit(server, client)) {
            *why = "more requests than max_requests lets pass";
        } else if (cw_desk_take(desk, &client->greeted, body, error) != CW_OK) {
            *why = error->text;
        } else {
            at += used;
            client->since_ms = 0;
        }
    }
    drop_front(&client->in, at);
    return used == 0;
}

/* Answers what came whole, all that the desk takes at once: the next ones only when the last answer
 * is on its way, so that who does not listen is not worked for. */
static enum cw_err answer(struct server *server, struct client *client, struct cw_error *error) {
    bool all = false;
    while (!all && client->out.n == 0) {
        const char *wrong;
        struct cw_error why, unsettled;
        all = take_frames(server, client, &wrong, &why);
        /* What came before a wrong frame is counted, and answered. */
        if (cw_desk_settle(server->config->desk, &client->out, &unsettled) != CW_OK) {
            wrong = wrong != NULL ? wrong : unsettled.text;
        } else if (client->out.n > 0 && !flush_out(server, client)) {
            client_done(server, client);
            return CW_OK;
        }
        if (wrong != NULL) {
            return cut_off(server, client, wrong, error);
        }
    }
    if (all) {
        client->since_ms = client->in.n == 0 && client->out.n == 0 ? 0
                           : client->since_ms != 0                 ? client->since_ms
                                                                   : now_ms(server);
    }
    return CW_OK;
}

/* One read; more is there at the next turn. */
static enum cw_err receive(struct server *server, struct client *client, struct cw_error *error) {
    uint8_t chunk[CHUNK];
    ssize_t n = recv(client->fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) {
        return CW_OK;
    }
    if (n <= 0) {
        if (is_apart(server)) {
            cw_log(CW_LOG_INFO, server->config->subject, "client of user %" PRIu64 " has gone",
                   client->uid);
        }
        client_done(server, client);
        return CW_OK;
    }
    cw_buf_append(&client->in, chunk, (size_t)n);
    if (client->in.failed) {
        return cut_off(server, client, "no memory for what it sends", error);
    }
    return answer(server, client, error);
}

static enum cw_err go_on(struct server *server, struct client *client, short events,
                         struct cw_error *error) {
    if ((events & POLLOUT) != 0) {
        if (!flush_out(server, client)) {
            client_done(server, client);
            return CW_OK;
        }
        return answer(server, client, error);
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        return receive(server, client, error);
    }
    return CW_OK;
}

/* However often a byte of it comes, or goes. */
static bool is_stalled(const struct server *server, const struct client *client) {
    return client->fd >= 0 && client->since_ms != 0 &&
           now_ms(server) - client->since_ms >= STALL_MS;
}

static enum cw_err attend(struct server *server, struct client *client, short events,
                          struct cw_error *error) {
    enum cw_err err = go_on(server, client, events, error);
    if (err == CW_OK && is_stalled(server, client)) {
        err = cut_off(server, client, "a frame that does not end", error);
    }
    return err;
}

/* --- who connects ----------------------------------------------------------------------------- */

static bool is_allowed(const struct cw_sign_policy *policy, uint64_t uid) {
    for (size_t i = 0; i < policy->uids_n; i++) {
        if (policy->uids[i] == uid) {
            return true;
        }
    }
    return false;
}

/* A stranger who knocks all day does not fill the log. */
static bool may_log_stranger(struct server *server) {
    if (now_ms(server) - server->strangers_ms >= MINUTE_MS) {
        server->strangers_ms = now_ms(server);
        server->strangers = 0;
    }
    return server->strangers++ < STRANGERS_LOG;
}

static struct client *free_client(struct server *server) {
    for (size_t i = 0; i < CW_SERVE_CLIENTS_MAX; i++) {
        if (server->clients[i].fd < 0) {
            return &server->clients[i];
        }
    }
    return NULL;
}

/* Whoever waits stays in front of the socket, which would be told of at once again. */
static void be_deaf(struct server *server) {
    if (!server->deaf_told) {
        cw_log(CW_LOG_ERROR, server->config->subject,
               "nobody may connect: %s; tried again once a second", strerror(errno));
    }
    server->deaf_told = true;
    server->deaf_until_ms = now_ms(server) + DEAF_MS;
}

static void accept_one(struct server *server) {
    const char *subject = server->config->subject;
    struct ucred peer;
    socklen_t n = sizeof peer;
    int fd = accept4(server->config->listening, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED) {
            be_deaf(server);
        }
        return;
    }
    server->deaf_told = false;
    bool known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && n == sizeof peer;
    struct client *client = free_client(server);
    if (!known || !is_allowed(server->config->policy, peer.uid)) {
        if (may_log_stranger(server)) {
            cw_log(CW_LOG_WARN, subject,
                   "user %lld, process %lld, may not connect: allow_uid does not name him",
                   known ? (long long)peer.uid : -1, known ? (long long)peer.pid : -1);
        }
        (void)close(fd);
    } else if (client == NULL) {
        if (may_log_stranger(server)) {
            cw_log(CW_LOG_WARN, subject, "user %lld may not connect: there are %u clients",
                   (long long)peer.uid, CW_SERVE_CLIENTS_MAX);
        }
        (void)close(fd);
    } else {
        client_init(server, client, fd, peer.uid);
        cw_log(CW_LOG_INFO, subject, "client of user %lld, process %lld", (long long)peer.uid,
               (long long)peer.pid);
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

struct polled {
    struct pollfd fds[CW_SERVE_CLIENTS_MAX + 1];
    struct client *clients[CW_SERVE_CLIENTS_MAX + 1]; /* NULL: the listening socket */
    size_t n;
};

static bool wait_for(struct server *server, struct polled *polled) {
    bool deaf = now_ms(server) < server->deaf_until_ms, waits = deaf;
    polled->n = 0;
    if (is_apart(server) && !deaf) {
        polled->clients[0] = NULL;
        polled->fds[polled->n++] = (struct pollfd){server->config->listening, POLLIN, 0};
    }
    for (size_t i = 0; i < CW_SERVE_CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->fd < 0) {
            continue;
        }
        short events = client->out.n > 0 ? POLLOUT : POLLIN;
        waits = waits || client->since_ms != 0;
        polled->clients[polled->n] = client;
        polled->fds[polled->n++] = (struct pollfd){client->fd, events, 0};
    }
    const struct timespec second = {1, 0};
    /* A signal that came before is pending, and ends this at once. */
    int n = ppoll(polled->fds, polled->n, waits ? &second : NULL, server->config->wait_mask);
    if (n <= 0) {
        for (size_t i = 0; i < polled->n; i++) {
            polled->fds[i].revents = 0;
        }
    }
    return n >= 0 || errno == EINTR;
}

static enum cw_err turn(struct server *server, struct cw_error *error) {
    struct polled polled;
    if (!wait_for(server, &polled)) {
        return cw_error_set(error, CW_ERR_IO, "waiting for clients: %s", strerror(errno));
    }
    for (size_t i = 0; i < polled.n; i++) {
        if (polled.clients[i] == NULL) {
            if (polled.fds[i].revents != 0) {
                accept_one(server);
            }
            continue;
        }
        enum cw_err err = attend(server, polled.clients[i], polled.fds[i].revents, error);
        if (err != CW_OK && !is_apart(server)) {
            return err;
        }
    }
    return CW_OK;
}

enum cw_err cw_serve(const struct cw_serve_config *config, struct cw_error *error) {
    struct server server = {.config = config};
    enum cw_err err = CW_OK;
    for (size_t i = 0; i < CW_SERVE_CLIENTS_MAX; i++) {
        server.clients[i].fd = -1;
    }
    if (config->listening < 0) {
        client_init(&server, &server.clients[0], config->client, config->uid);
    }
    while (err == CW_OK && !*config->stop && (is_apart(&server) || server.clients[0].fd >= 0)) {
        err = turn(&server, error);
    }
    for (size_t i = 0; i < CW_SERVE_CLIENTS_MAX; i++) {
        if (server.clients[i].fd >= 0) {
            client_done(&server, &server.clients[i]);
        }
    }
    return err;
}
