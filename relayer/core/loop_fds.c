/* Descriptors of others that the loop waits for, beside the network's own. */
#include "core/loop_private.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

struct cw_loop_fd {
    int fd;
    bool wants_write;
    bool gone; /* removed while the loop tells of them: freed when it is through */
    void (*ready)(void *ctx, bool readable, bool writable);
    void *ctx;
};

struct cw_loop_fd *cw_loop_fd_add(struct cw_loop *loop, int fd,
                                  void (*ready)(void *ctx, bool readable, bool writable),
                                  void *ctx) {
    struct cw_loop_fd *entry = malloc(sizeof *entry);
    if (entry == NULL || loop->fds_n == CW_LOOP_FDS_MAX) {
        free(entry);
        return NULL;
    }
    *entry = (struct cw_loop_fd){.fd = fd, .ready = ready, .ctx = ctx};
    loop->fds[loop->fds_n++] = entry;
    return entry;
}

void cw_loop_fd_write(struct cw_loop_fd *entry, bool wanted) {
    entry->wants_write = wanted;
}

static void drop_gone(struct cw_loop *loop) {
    size_t kept = 0;
    for (size_t i = 0; i < loop->fds_n; i++) {
        if (loop->fds[i]->gone) {
            free(loop->fds[i]);
        } else {
            loop->fds[kept++] = loop->fds[i];
        }
    }
    loop->fds_n = kept;
}

void cw_loop_fd_remove(struct cw_loop *loop, struct cw_loop_fd *entry) {
    if (entry == NULL) {
        return;
    }
    entry->gone = true;
    if (!loop->telling) {
        drop_gone(loop);
    }
}

size_t cw_loop_fds_wait(const struct cw_loop *loop, struct curl_waitfd *out) {
    for (size_t i = 0; i < loop->fds_n; i++) {
        const struct cw_loop_fd *entry = loop->fds[i];
        out[i] = (struct curl_waitfd){
            entry->fd, (short)(CURL_WAIT_POLLIN | (entry->wants_write ? CURL_WAIT_POLLOUT : 0)), 0};
    }
    return loop->fds_n;
}

/* What curl tells leaves out that the other side is gone, so it is asked once more. What is added
 * meanwhile waits for the next step. */
void cw_loop_fds_tell(struct cw_loop *loop) {
    struct pollfd polls[CW_LOOP_FDS_MAX];
    size_t n = loop->fds_n;
    for (size_t i = 0; i < n; i++) {
        const struct cw_loop_fd *entry = loop->fds[i];
        polls[i] = (struct pollfd){entry->fd, (short)(POLLIN | (entry->wants_write ? POLLOUT : 0)),
                                   0};
    }
    if (n == 0 || poll(polls, n, 0) <= 0) {
        return;
    }
    loop->telling = true;
    for (size_t i = 0; i < n; i++) {
        struct cw_loop_fd *entry = loop->fds[i];
        bool readable = (polls[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        bool writable = (polls[i].revents & POLLOUT) != 0;
        assert((polls[i].revents & POLLNVAL) == 0);
        if (!entry->gone && (readable || writable)) {
            entry->ready(entry->ctx, readable, writable);
        }
    }
    loop->telling = false;
    drop_gone(loop);
}
