#include "api/server.h"

#include "api/access.h"
#include "api/peers.h"
#include "api/rates.h"
#include "core/log.h"
#include "core/private_file.h"

#include <openssl/crypto.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PEM_MAX         ((size_t)256 << 10)
#define HEADERS_MAX     ((size_t)12 << 10) /* of a connection: request line and headers */
#define STREAM_BLOCK    ((size_t)2 << 10)
#define SIGN_OF_LIFE_S  15u
#define GAP_EVENT       "event: gap\ndata: {}\n\n"
#define REQUEST_IDLES   2u
#define ANSWER_IDLES    40u
#define FILES_OF_OTHERS 256u
#define STEP_BACK       5    /* nice */
#define WAITING_MAX     256u /* calls that wait for the daemon's loop */

struct request {
    struct cw_api_server *server;
    struct MHD_Connection *connection;
    char *url; /* as it was sent */
    struct cw_api_call call;
    struct cw_buf body;
    bool is_open, begun, waits, is_stream, is_suspended;
    const char *origin; /* that may read the answer; NULL */
    struct request *next, **link;
    /* of a stream */
    char route[64];
    bool gap; /* is to be told yet */
    uint64_t number;
    size_t offset;
};

struct cw_api_server {
    const struct cw_config_api *config;
    struct cw_api_handler handler;
    struct MHD_Daemon *daemon;
    struct cw_api_rates rates;
    struct cw_api_peers peers;
    struct cw_api_events events;
    struct request *suspended; /* streams and calls that wait */
    size_t streams_n, waiting_n;
    bool stops;
    uint64_t told; /* number of the last event that streams were woken for */
    uint64_t alive_ms;
    char *certificate, *key;
    int stop;
    pthread_t thread;
};

static uint64_t clock_ms(clockid_t id) {
    struct timespec t = {0};
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static const char *header(const struct request *r, const char *name) {
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* --- connections that take their time --------------------------------------------------------- */

/* A request is there whole within twice idle_s, an answer is taken within twenty times that. */
static void expect(const struct request *r, uint64_t idles) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        r->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct cw_api_peer *peer = info ? info->socket_context : NULL;
    if (peer)
        peer->until_ms = idles > 0
                             ? clock_ms(CLOCK_MONOTONIC) + idles * 1000 * r->server->config->idle_s
                             : 0;
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **peer,
                          enum MHD_ConnectionNotificationCode what) {
    struct cw_api_server *server = ctx;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        cw_api_peers_remove(*peer);
        *peer = NULL;
    } else if (info) {
        *peer = cw_api_peers_add(&server->peers, info->connect_fd,
                                 clock_ms(CLOCK_MONOTONIC) +
                                     REQUEST_IDLES * 1000 * server->config->idle_s);
    }
}

/* --- connections that wait -------------------------------------------------------------------- */

static void suspend(struct request *r) {
    struct cw_api_server *server = r->server;
    MHD_suspend_connection(r->connection);
    r->is_suspended = true;
    r->next = server->suspended;
    r->link = &server->suspended;
    if (r->next)
        r->next->link = &r->next;
    server->suspended = r;
}

static void resume(struct request *r) {
    *r->link = r->next;
    if (r->next)
        r->next->link = r->link;
    r->is_suspended = false;
    MHD_resume_connection(r->connection);
}

static void resume_all(struct cw_api_server *server, bool streams) {
    for (struct request *r = server->suspended, *next; r; r = next) {
        next = r->next;
        if (!r->is_stream || streams)
            resume(r);
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

static void put_headers(struct MHD_Response *response, const struct request *r) {
    const struct cw_api_call *call = &r->call;
    char text[32];
    MHD_add_response_header(response, "Content-Type", call->type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Content-Security-Policy",
                            "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                            "'self' data:; connect-src 'self'; base-uri 'none'; form-action "
                            "'none'; frame-ancestors 'none'");
    MHD_add_response_header(response, "Cache-Control", call->etag ? "no-cache" : "no-store");
    if (call->etag)
        MHD_add_response_header(response, "ETag", call->etag);
    if (call->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"causeway\"");
    if (call->status == 405)
        MHD_add_response_header(response, "Allow", "GET, HEAD, POST, OPTIONS");
    if (call->retry_after_s > 0) {
        snprintf(text, sizeof text, "%" PRIu32, call->retry_after_s);
        MHD_add_response_header(response, "Retry-After", text);
    }
    if (r->server->config->origins_n > 0)
        MHD_add_response_header(response, "Vary", "Origin");
    if (r->origin) {
        MHD_add_response_header(response, "Access-Control-Allow-Origin", r->origin);
        MHD_add_response_header(response, "Access-Control-Allow-Methods", "GET, POST");
        MHD_add_response_header(response, "Access-Control-Allow-Headers",
                                "Authorization, Content-Type, Last-Event-ID");
        MHD_add_response_header(response, "Access-Control-Max-Age", "600");
    }
}

static enum MHD_Result reply(const struct request *r, struct MHD_Response *response) {
    if (!response)
        return MHD_NO;
    put_headers(response, r);
    enum MHD_Result queued = MHD_queue_response(r->connection, r->call.status, response);
    MHD_destroy_response(response);
    return queued;
}

/* The buffer's memory goes along. */
static enum MHD_Result send_call(struct request *r) {
    struct cw_api_call *call = &r->call;
    const char *had = header(r, "If-None-Match");
    if (call->status == 200 && call->etag && had && strcmp(had, call->etag) == 0) {
        call->status = 304;
        cw_buf_reset(&call->out);
    }
    struct cw_slice body = cw_buf_slice(&call->out);
    struct MHD_Response *response =
        body.n > 0 ? MHD_create_response_from_buffer_with_free_callback(body.n, call->out.p, free)
                   : MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response && body.n > 0)
        cw_buf_init(&call->out, 0);
    return reply(r, response);
}

/* --- streams ---------------------------------------------------------------------------------- */

static ssize_t read_events(void *ctx, uint64_t at, char *out, size_t max) {
    struct request *r = ctx;
    const struct cw_api_events *events = &r->server->events;
    size_t used = 0;
    (void)at;
    if (r->server->stops)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (r->gap && max >= sizeof GAP_EVENT - 1) {
        memcpy(out, GAP_EVENT, sizeof GAP_EVENT - 1);
        used = sizeof GAP_EVENT - 1;
        r->gap = false;
    }
    while (used < max && r->number <= events->last) {
        const struct cw_api_event *event = cw_api_events_get(events, r->number);
        if (!event) /* too slow: the client begins again from what it has */
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (r->route[0] != '\0' && event->route[0] != '\0' && strcmp(event->route, r->route) != 0) {
            r->number++;
            continue;
        }
        const size_t left = event->text_n - r->offset, n = left < max - used ? left : max - used;
        memcpy(out + used, event->text + r->offset, n);
        used += n;
        r->offset = n == left ? 0 : r->offset + n;
        r->number += n == left;
    }
    if (used == 0)
        suspend(r);
    return (ssize_t)used;
}

static enum MHD_Result send_stream(struct request *r) {
    struct cw_api_server *server = r->server;
    if (server->streams_n >= server->config->max_streams) {
        cw_api_problem(&r->call, 503, "%" PRIu64 " listen already: \"max_streams\" allows no more",
                       server->config->max_streams);
        r->call.retry_after_s = 5;
        return send_call(r);
    }
    r->is_stream = true;
    expect(r, 0);
    server->streams_n++;
    r->call.status = 200;
    r->call.type = "text/event-stream";
    return reply(
        r, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_events, r, NULL));
}

/* --- requests --------------------------------------------------------------------------------- */

static void *on_uri(void *ctx, const char *uri, struct MHD_Connection *connection) {
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->server = ctx;
    r->connection = connection;
    r->url = strdup(uri);
    cw_buf_init(&r->body, r->server->config->max_body_bytes);
    if (r->url)
        return r;
    free(r);
    return NULL;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
    struct request *r = *state;
    (void)ctx;
    (void)connection;
    (void)how;
    if (!r)
        return;
    if (r->is_stream)
        r->server->streams_n--;
    if (r->waits)
        r->server->waiting_n--;
    expect(r, REQUEST_IDLES); /* the next one */
    if (r->is_open)
        cw_api_call_done(&r->call);
    cw_buf_done(&r->body);
    free(r->url);
    free(r);
    *state = NULL;
}

/* What can be said before the body is there. status is set when it is refused. */
static void begin(struct request *r, const char *method) {
    const union MHD_ConnectionInfo *client = MHD_get_connection_info(
        r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const char *type = header(r, "Content-Type");
    char *query = strchr(r->url, '?');
    r->begun = true;
    r->is_open = true;
    r->origin = cw_api_origin(r->server->config, header(r, "Origin"));
    r->call.who = "";
    r->call.posts = strcmp(method, "POST") == 0;
    r->call.now_ms = clock_ms(CLOCK_REALTIME);
    r->call.last_event = header(r, "Last-Event-ID");
    if (query)
        *query++ = '\0';
    const bool good = cw_api_call_open(&r->call, r->url, query ? query : "");
    if (!cw_api_rates_take(&r->server->rates, client ? client->client_addr : NULL,
                           clock_ms(CLOCK_MONOTONIC))) {
        cw_api_problem(&r->call, 429, "more requests than %" PRIu64 " a second from this address",
                       r->server->config->requests_per_s);
        r->call.retry_after_s = 1;
        return;
    }
    if (!good)
        return;
    if (strcmp(method, "OPTIONS") == 0) {
        r->call.status = 204;
        r->call.type = "text/plain";
        return;
    }
    if (!r->call.posts && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        cw_api_problem(&r->call, 405, "there are GET and POST");
        return;
    }
    if (cw_api_identify(&r->call, r->server->config, header(r, "Authorization"),
                        header(r, "Host")) &&
        r->call.posts &&
        (!type || strncasecmp(type, "application/json", 16) != 0 ||
         (type[16] != '\0' && type[16] != ';' && type[16] != ' ')))
        cw_api_problem(&r->call, 415, "a body is JSON: \"Content-Type: application/json\"");
}

/* What waits for the loop is handed in again at each tick. */
static enum MHD_Result wait_for_loop(struct request *r) {
    if (!r->waits && r->server->waiting_n >= WAITING_MAX) {
        cw_api_problem(&r->call, 503, "too much waits for the daemon already");
        r->call.retry_after_s = 1;
        return send_call(r);
    }
    r->server->waiting_n += !r->waits;
    r->waits = true;
    suspend(r);
    return MHD_YES;
}

static enum MHD_Result dispatch(struct request *r) {
    const struct cw_api_handler *handler = &r->server->handler;
    struct cw_api_call *call = &r->call;
    if (call->status != 0)
        return send_call(r);
    call->body = cw_buf_slice(&r->body);
    expect(r, ANSWER_IDLES);
    if (!call->posts && cw_api_call_fits(call, CW_API_EVENTS_PATH, NULL)) {
        if (handler->listen(handler->ctx, call, &r->server->events, r->route, &r->number, &r->gap))
            return send_stream(r);
    } else {
        handler->answer(handler->ctx, call);
    }
    if (call->status == 0 && (call->command > 0 || call->question > 0))
        return wait_for_loop(r);
    if (call->status == 0)
        cw_api_problem(call, 500, "nobody answered");
    return send_call(r);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **state) {
    struct request *r = *state;
    (void)ctx;
    (void)connection;
    (void)url;
    (void)version;
    if (!r)
        return MHD_NO;
    if (!r->begun) {
        const char *length = header(r, "Content-Length");
        const bool too_long = length &&
                              strtoull(length, NULL, 10) > r->server->config->max_body_bytes;
        begin(r, method);
        if (r->call.status == 0 && too_long)
            cw_api_problem(&r->call, 413, "the body is larger than %" PRIu64 " bytes",
                           r->server->config->max_body_bytes);
        /* The connection is closed behind an answer that comes before the body, and who is still
         * sending may not hear it: only where there is too much to hear out. */
        return too_long && r->call.posts ? send_call(r) : MHD_YES;
    }
    if (*upload_n > 0) {
        if (r->call.status == 0)
            cw_buf_append(&r->body, upload, *upload_n);
        *upload_n = 0;
        return MHD_YES;
    }
    if (r->body.failed)
        cw_api_problem(&r->call, 413, "the body is larger than %" PRIu64 " bytes",
                       r->server->config->max_body_bytes);
    return dispatch(r);
}

/* Paths and queries are decoded by us. */
static size_t unescape(void *ctx, struct MHD_Connection *connection, char *text) {
    (void)ctx;
    (void)connection;
    return strlen(text);
}

static void on_log(void *ctx, const char *format, va_list args) {
    char text[512];
    (void)ctx;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    cw_log(CW_LOG_DEBUG, "api", "%s", text);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void tick(struct cw_api_server *server, uint64_t now_ms) {
    server->handler.tick(server->handler.ctx, &server->events);
    if (now_ms - server->alive_ms >= SIGN_OF_LIFE_S * 1000) {
        cw_api_events_add(&server->events, "", "", "", (struct cw_slice){NULL, 0});
        server->alive_ms = now_ms;
    }
    resume_all(server, server->told != server->events.last);
    cw_api_peers_cut(&server->peers, now_ms);
    server->told = server->events.last;
}

static void *run(void *ctx) {
    struct cw_api_server *server = ctx;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon,
                                                           MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[] = {{.fd = info->epoll_fd, .events = POLLIN},
                           {.fd = server->stop, .events = POLLIN}};
    uint64_t ticked = 0;
    while (fds[1].revents == 0) {
        MHD_UNSIGNED_LONG_LONG timeout;
        int wait = (int)CW_API_TICK_MS;
        if (MHD_get_timeout(server->daemon, &timeout) == MHD_YES && timeout < CW_API_TICK_MS)
            wait = (int)timeout;
        if (poll(fds, 2, wait) < 0 && errno != EINTR)
            cw_log(CW_LOG_ERROR, "api", "poll: %s", strerror(errno));
        MHD_run(server->daemon);
        const uint64_t now = clock_ms(CLOCK_MONOTONIC);
        if (now - ticked >= CW_API_TICK_MS) {
            tick(server, now);
            ticked = now;
        }
    }
    server->stops = true;
    resume_all(server, true);
    return NULL;
}

/* --- start and stop --------------------------------------------------------------------------- */

static enum cw_err read_pem(char **ret, const char *path, bool is_key, struct cw_error *error) {
    char *text = malloc(PEM_MAX + 1);
    size_t n = 0;
    if (!text)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = CW_OK;
    if (is_key) {
        err = cw_private_file_read((uint8_t *)text, PEM_MAX, &n, "certificate's key", path, error);
    } else {
        FILE *file = fopen(path, "re");
        n = file ? fread(text, 1, PEM_MAX, file) : 0;
        if (!file || ferror(file))
            err = cw_error_set(error, CW_ERR_INPUT, "certificate %s: can't be read: %s", path,
                               strerror(errno));
        if (file)
            (void)fclose(file);
    }
    if (err == CW_OK && n == PEM_MAX)
        err = cw_error_set(error, CW_ERR_INPUT, "%s: too large", path);
    text[n] = '\0';
    if (err == CW_OK) {
        *ret = text;
        return CW_OK;
    }
    OPENSSL_cleanse(text, PEM_MAX);
    free(text);
    return err;
}

static void put_address(const struct cw_config_api *config, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (config->v6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(config->port);
        inet_pton(AF_INET6, config->host, &v6->sin6_addr);
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(config->port);
        inet_pton(AF_INET, config->host, &v4->sin_addr);
    }
}

static enum cw_err start_daemon(struct cw_api_server *server, struct cw_error *error) {
    const struct cw_config_api *config = server->config;
    const bool tls = server->certificate != NULL;
    struct sockaddr_storage address;
    put_address(config, &address);
    const struct MHD_OptionItem secret[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem open[] = {{MHD_OPTION_END, 0, NULL}};
    errno = 0;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
            (config->v6 ? MHD_USE_IPv6 : 0u) | (tls ? MHD_USE_TLS : 0u),
        config->port, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, server,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)config->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)config->idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADERS_MAX, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, tls ? secret : open, MHD_OPTION_END);
    if (!server->daemon)
        return cw_error_set(error, CW_ERR_IO, "api: can't listen on %s: %s", config->listen,
                            errno != 0 ? strerror(errno)
                            : tls      ? "is the certificate one, and the key its own?"
                                       : "no memory or no descriptors");
    return CW_OK;
}

static void free_server(struct cw_api_server *server) {
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    cw_api_events_done(&server->events);
    free(server->certificate);
    if (server->key) {
        OPENSSL_cleanse(server->key, strlen(server->key));
        free(server->key);
    }
    if (server->stop >= 0)
        (void)close(server->stop);
    free(server);
}

/* Every connection takes a descriptor, and so do the endpoints, the database and the signers. */
static void raise_files(const struct cw_config_api *config) {
    const rlim_t wanted = (rlim_t)config->max_connections + FILES_OF_OTHERS;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return;
    const rlim_t most = files.rlim_max;
    files.rlim_cur = most < wanted ? most : wanted;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || most < wanted)
        cw_log(CW_LOG_WARN, "api",
               "this process may open %llu files, and \"max_connections\" wants %llu: raise "
               "LimitNOFILE (or ulimit -Hn), or allow fewer connections",
               (unsigned long long)files.rlim_cur, (unsigned long long)wanted);
}

static enum cw_err start(struct cw_api_server *server, struct cw_error *error) {
    enum cw_err err = CW_OK;
    raise_files(server->config);
    server->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop < 0)
        return cw_error_set(error, CW_ERR_IO, "api: %s", strerror(errno));
    if (server->config->certificate[0] != '\0') {
        err = read_pem(&server->certificate, server->config->certificate, false, error);
        if (err == CW_OK)
            err = read_pem(&server->key, server->config->certificate_key, true, error);
    }
    if (err == CW_OK)
        err = start_daemon(server, error);
    if (err != CW_OK)
        return err;
    const int failed = pthread_create(&server->thread, NULL, run, server);
    return failed == 0 ? CW_OK
                       : cw_error_set(error, CW_ERR_IO, "api: no thread: %s", strerror(failed));
}

enum cw_err cw_api_server_start(struct cw_api_server **ret, const struct cw_config_api *config,
                                const struct cw_api_handler *handler, uint16_t *ret_port,
                                struct cw_error *error) {
    struct cw_api_server *server = calloc(1, sizeof *server);
    if (!server)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    server->config = config;
    server->handler = *handler;
    server->stop = -1;
    server->rates.per_s = config->requests_per_s;
    enum cw_err err = start(server, error);
    if (err != CW_OK) {
        free_server(server);
        return err;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon,
                                                           MHD_DAEMON_INFO_BIND_PORT);
    *ret_port = info ? info->port : config->port;
    *ret = server;
    return CW_OK;
}

void cw_api_server_stop(struct cw_api_server *server) {
    if (!server)
        return;
    const uint64_t one = 1;
    if (write(server->stop, &one, sizeof one) < 0)
        cw_log(CW_LOG_ERROR, "api", "can't be stopped: %s", strerror(errno));
    pthread_join(server->thread, NULL);
    free_server(server);
}
