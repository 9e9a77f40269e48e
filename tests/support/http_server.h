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
    const char *lines; /* header lines, each ending with \r\n */
    struct cw_slice body;
    struct server_conn *conn;
};

/* The value of the first header line of that name; "" where there is none. */
const char *server_header(const struct server_request *request, const char *name, char *out,
                          size_t size);

/* handler is called for each whole request and answers through one of the functions below. */
struct server *server_new(void (*handler)(void *ctx, const struct server_request *request),
                          void *ctx);
void server_free(struct server *server); /* takes NULL */
unsigned server_port(const struct server *server);
/* Handles what is there; waits at most timeout_ms for something. */
void server_step(struct server *server, int timeout_ms);
/* Connections that were ever taken. */
unsigned server_accepted(const struct server *server);

/* For programs: says on stdout where it listens, and serves until SIGTERM or SIGINT. */
void server_run(void (*handler)(void *ctx, const struct server_request *request));

/* headers: further lines, each ending with \r\n, or "". */
void server_reply(struct server_conn *conn, int status, const char *headers, struct cw_slice body);
/* Says that body_n bytes come, sends only those of body, and closes, or stays and is silent. */
void server_reply_part(struct server_conn *conn, struct cw_slice body, size_t body_n, bool stays);
/* What is answered to this request goes out so much later; to be called before it is answered. */
void server_wait(struct server_conn *conn, unsigned ms);
/* Never answers; the connection stays. */
void server_reply_never(struct server_conn *conn);
/* Sends header_line, which ends with \r\n, again and again, or when it is "" JSON white space,
 * until the other side has had enough. pause_ms: a byte, a pause, a byte …; 0: as fast as it goes.
 */
void server_reply_endless(struct server_conn *conn, const char *header_line, unsigned pause_ms);
/* Closes without a word. */
void server_hang_up(struct server_conn *conn);

#endif
