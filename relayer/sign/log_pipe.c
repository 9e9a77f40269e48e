#include "sign/log_pipe.h"

#include "core/log.h"

#include <causeway/arena.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 8192u
#define HEAD       "2026-01-02T03:04:05.678Z " /* of a line of core/log.c, then level and subject */
#define LEVEL_N    6u

struct cw_log_pipe {
    struct cw_loop *loop;
    int fd;
    struct cw_loop_fd *entry;
    char subject[96];
    struct cw_buf text; /* a line that is not whole yet */
    bool hushed;
    char last[256];
};

/* The text of a log line and its level; NULL when it is none. */
static const char *text_of(const char *line, enum cw_log_level *ret_level) {
    static const struct {
        const char *name;
        enum cw_log_level level;
    } levels[] = {{"debug ", CW_LOG_DEBUG},
                  {"info  ", CW_LOG_INFO},
                  {"warn  ", CW_LOG_WARN},
                  {"error ", CW_LOG_ERROR}};
    const size_t head = sizeof HEAD - 1;
    if (strlen(line) < head + LEVEL_N || line[10] != 'T' || line[23] != 'Z') {
        return NULL;
    }
    const char *text = strstr(line + head + LEVEL_N, ": ");
    for (size_t i = 0; text != NULL && i < CW_COUNT(levels); i++) {
        if (strncmp(line + head, levels[i].name, LEVEL_N) == 0) {
            *ret_level = levels[i].level;
            return text + 2;
        }
    }
    return NULL;
}

static void take_line(struct cw_log_pipe *pipe, const char *line) {
    static const char program[] = "causeway: ";
    enum cw_log_level level;
    const char *text = text_of(line, &level);
    if (text != NULL) {
        cw_log(level, pipe->subject, "%s", text);
        return;
    }
    bool is_error = strncmp(line, program, sizeof program - 1) == 0;
    snprintf(pipe->last, sizeof pipe->last, "%.255s", is_error ? line + sizeof program - 1 : line);
    if (!pipe->hushed) {
        cw_log(CW_LOG_WARN, pipe->subject, "%s", line);
    }
}

/* all: what has no end of line, too. */
static void take_lines(struct cw_log_pipe *pipe, bool all) {
    struct cw_buf *text = &pipe->text;
    while (text->n > 0) {
        const uint8_t *end = memchr(text->p, '\n', text->n);
        if (end == NULL && !all && text->n < LINE_BYTES) {
            return;
        }
        char line[LINE_BYTES + 1];
        size_t n = end != NULL ? (size_t)(end - text->p) : text->n;
        size_t used = end != NULL ? n + 1 : n;
        memcpy(line, text->p, n);
        line[n] = '\0';
        text->n -= used;
        memmove(text->p, text->p + used, text->n);
        take_line(pipe, line);
    }
}

void cw_log_pipe_read(struct cw_log_pipe *pipe) {
    char chunk[LINE_BYTES];
    while (pipe->fd >= 0) {
        ssize_t n = read(pipe->fd, chunk, LINE_BYTES - pipe->text.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        }
        if (n <= 0) { /* nobody writes there any more */
            cw_loop_fd_remove(pipe->loop, pipe->entry);
            pipe->entry = NULL;
            (void)close(pipe->fd);
            pipe->fd = -1;
        } else {
            cw_buf_append(&pipe->text, chunk, (size_t)n);
        }
        take_lines(pipe, n <= 0);
    }
}

static void on_ready(void *ctx, bool readable, bool writable) {
    (void)readable;
    (void)writable;
    cw_log_pipe_read(ctx);
}

enum cw_err cw_log_pipe_new(struct cw_log_pipe **ret, struct cw_loop *loop, int take_fd,
                            const char *subject, struct cw_error *error) {
    struct cw_log_pipe *pipe = calloc(1, sizeof *pipe);
    if (pipe == NULL) {
        (void)close(take_fd);
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer's log");
    }
    pipe->loop = loop;
    pipe->fd = take_fd;
    snprintf(pipe->subject, sizeof pipe->subject, "%s", subject);
    cw_buf_init(&pipe->text, LINE_BYTES);
    pipe->entry = cw_loop_fd_add(loop, take_fd, on_ready, pipe);
    if (pipe->entry == NULL) {
        cw_log_pipe_free(pipe);
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer's log");
    }
    *ret = pipe;
    return CW_OK;
}

void cw_log_pipe_free(struct cw_log_pipe *pipe) {
    if (pipe == NULL) {
        return;
    }
    cw_log_pipe_read(pipe);
    take_lines(pipe, true);
    cw_loop_fd_remove(pipe->loop, pipe->entry);
    if (pipe->fd >= 0) {
        (void)close(pipe->fd);
    }
    cw_buf_done(&pipe->text);
    free(pipe);
}

const char *cw_log_pipe_last(const struct cw_log_pipe *pipe) {
    return pipe->last;
}

void cw_log_pipe_hush(struct cw_log_pipe *pipe, bool hushed) {
    pipe->hushed = hushed;
}
