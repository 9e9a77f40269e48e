/* A receiver of alerts, for the end-to-end tests: HTTP, syslog by UDP and by a unix socket. */
#include "http_server.h"

#include "core/json.h"
#include "sink/signature.h"

#include <causeway/arena.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
    const char *secret;
    int status;    /* of "/ops"; 0: never answers */
    unsigned left; /* so often, and then 200; 0: for ever */
} state = {.status = 200};

static volatile sig_atomic_t over;

static void on_signal(int number) {
    (void)number;
    over = 1;
}

static void usage(void) {
    fputs(
        "usage: receiver SECRET SOCKET\n\n"
        "Listens on free ports of 127.0.0.1 and on the datagram socket SOCKET, and prints\n"
        "\"Listening on 127.0.0.1:PORT udp 127.0.0.1:PORT\", then a JSON object a line for all\n"
        "that comes: path (or \"udp\", \"unix\"), id, verified (its signature is that of SECRET),\n"
        "status (its answer; 0: none), body.\n\n"
        "  POST /control \"STATUS [COUNT]\": what \"/ops\" answers from now on; \"never\": "
        "nothing\n",
        stderr);
}

/* --- HTTP ------------------------------------------------------------------------------------- */

static void control(const struct server_request *request) {
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)request->body.n, (const char *)request->body.p);
    char *end = text;
    state.status = (int)strtol(text, &end, 10); /* "never" is 0 */
    state.left = (unsigned)strtoul(end, NULL, 10);
    server_reply(request->conn, 200, "", cw_slice_of("", 0));
}

static int next_status(const char *path) {
    if (strcmp(path, "/ops") != 0)
        return 202;
    int status = state.status;
    if (state.left > 0 && --state.left == 0)
        state.status = 200;
    return status;
}

static bool is_signed(const struct server_request *request, const char *id) {
    char timestamp[32], signature[128], wanted[CW_SIGNATURE_TEXT_SIZE];
    server_header(request, "X-Causeway-Timestamp", timestamp, sizeof timestamp);
    server_header(request, "X-Causeway-Signature", signature, sizeof signature);
    return cw_signature_write(wanted, cw_slice_of(state.secret, strlen(state.secret)),
                              strtoull(timestamp, NULL, 10), id, request->body) == CW_OK &&
           strcmp(signature, wanted) == 0;
}

static void on_request(void *ctx, const struct server_request *request) {
    char id[128];
    (void)ctx;
    if (strcmp(request->path, "/control") == 0) {
        control(request);
        return;
    }
    int status = next_status(request->path);
    server_header(request, "X-Causeway-Id", id, sizeof id);
    printf("{\"path\":\"%s\",\"id\":\"%s\",\"verified\":%s,\"status\":%d,\"body\":%.*s}\n",
           request->path, id, is_signed(request, id) ? "true" : "false", status,
           (int)request->body.n, (const char *)request->body.p);
    fflush(stdout);
    if (status == 0)
        server_reply_never(request->conn);
    else
        server_reply(request->conn, status, "", cw_slice_of("", 0));
}

/* --- syslog ----------------------------------------------------------------------------------- */

static int listen_udp(unsigned *ret_port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, n) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &n) != 0) {
        perror("udp");
        exit(1);
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static int listen_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        perror(path);
        exit(1);
    }
    return fd;
}

static void take_datagrams(int fd, const char *path) {
    static char text[65536];
    for (ssize_t n; (n = recv(fd, text, sizeof text - 1, 0)) >= 0;) {
        struct cw_buf line;
        text[n] = '\0';
        cw_buf_init(&line, 1u << 20);
        cw_json_quote(&line, text);
        printf("{\"path\":\"%s\",\"body\":%s}\n", path, cw_buf_cstr(&line));
        fflush(stdout);
        cw_buf_done(&line);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        usage();
        return 2;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    state.secret = argv[1];
    unsigned port = 0;
    int udp = listen_udp(&port), unix_fd = listen_unix(argv[2]);
    struct server *server = server_new(on_request, NULL);
    printf("Listening on 127.0.0.1:%u udp 127.0.0.1:%u\n", server_port(server), port);
    fflush(stdout);
    while (over == 0) {
        server_step(server, 50);
        take_datagrams(udp, "udp");
        take_datagrams(unix_fd, "unix");
    }
    server_free(server);
    close(udp);
    close(unix_fd);
    return 0;
}
