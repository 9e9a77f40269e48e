#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct peer {
    pid_t pid;
    FILE *to, *from;
};

static void expect_line(struct peer *peer, char *line, int n) {
    bench_require(fgets(line, n, peer->from) != NULL, "the peer ended; what it said is above");
}

struct peer *peer_start(const char *command) {
    int to[2], from[2];
    struct peer *peer = bench_alloc(sizeof(*peer));
    signal(SIGPIPE, SIG_IGN);
    bench_require(pipe(to) == 0 && pipe(from) == 0, "no pipe");
    peer->pid = fork();
    bench_require(peer->pid >= 0, "no process");
    if (peer->pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[0]);
        close(to[1]);
        close(from[0]);
        close(from[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    peer->to = fdopen(to[1], "w");
    peer->from = fdopen(from[0], "r");
    bench_require(peer->to != NULL && peer->from != NULL, "no stream");
    char line[64];
    expect_line(peer, line, sizeof(line));
    bench_require(strcmp(line, "ready\n") == 0, "the peer is not ready");
    return peer;
}

double peer_measure(struct peer *peer, const char *name, size_t calls) {
    char line[64];
    fprintf(peer->to, "%s %zu\n", name, calls);
    fflush(peer->to);
    expect_line(peer, line, sizeof(line));
    double ns = strtod(line, NULL);
    bench_require(ns > 0, "the peer measured nothing");
    return ns;
}

void peer_stop(struct peer *peer) {
    fclose(peer->to); /* at the end of its input it ends */
    fclose(peer->from);
    waitpid(peer->pid, NULL, 0);
    free(peer);
}
