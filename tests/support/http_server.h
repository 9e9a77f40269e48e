/* A small HTTP/1.1 server on a free loopback port, for tests: one thread, poll, keep-alive, and
 * every way to answer badly. */
#ifndef SUPPORT_HTTP_SERVER_H
#define SUPPORT_HTTP_SERVER_H

#include <causeway/base.h>

struct server;
struct server_conn; /* one connection; valid until the handler returns */

struct server_request {
    const char *method; /* "POST" */
    const char *path;
    struct cw_slice body;
    struct server_conn *conn;
};

/* handler is called for each whole request and answers through one of the functions below. */
struct server *server_new(void (*handler)(void *ctx, const struct server_request *request),
                          void *ctx);
void server_free(struct server *server); /* takes NULL */
unsigned server_port(const struct server *server);
/* Handles what is there; waits at most timeout_ms for something. */
void server_step(struct server *server, int timeout_ms);
/* Connections that were ever taken. */
unsigned server_accepted(const struct server *server);

/* headers: further lines, each ending with \r\n, or "". */
void server_reply(struct server_conn *conn, int status, const char *headers, struct cw_slice body);
/* Says that body_n bytes come, sends only those of body, and closes. */
void server_reply_part(struct server_conn *conn, struct cw_slice body, size_t body_n);
/* Never answers; the connection stays. */
void server_reply_never(struct server_conn *conn);
/* Sends JSON white space until the other side has had enough. */
void server_reply_endless(struct server_conn *conn);
/* Closes without a word. */
void server_hang_up(struct server_conn *conn);

#endif
