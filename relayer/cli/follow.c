#include "cli/follow.h"

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/screen.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EVERY_MS   1000
#define OUT_BYTES  (64u << 20)
#define LINE_BYTES 2048u

struct follower {
    const struct cw_follow *follow;
    struct cw_screen screen;
    struct cw_buf now, before; /* lines of this look and the one before */
    struct cw_buf json;
    bool over;
};

void cw_follow_line(struct cw_buf *lines, const char *format, ...) {
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    cw_buf_text(lines, text);
    cw_buf_text(lines, "\n");
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Signals that end it wait until they are asked for, so that no look is cut in two. */
static void hold_signals(sigset_t *ret) {
    sigemptyset(ret);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, ret, NULL);
}

/* One more Ctrl-C does not cut short what ends anyway. */
static void drop_signals(const sigset_t *signals) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < CW_COUNT(ends); i++)
        (void)signal(ends[i], SIG_IGN);
    (void)sigprocmask(SIG_UNBLOCK, signals, NULL);
}

static bool is_ended(const sigset_t *signals) {
    const struct timespec pause = {EVERY_MS / 1000, EVERY_MS % 1000 * 1000000L};
    return sigtimedwait(signals, NULL, &pause) > 0;
}

/* --- on a terminal ---------------------------------------------------------------------------- */

static void draw(struct follower *f, const char *text, size_t n) {
    const char *const end = text + n;
    char line[160];
    cw_screen_begin(&f->screen);
    const int title_n = snprintf(line, sizeof line, "%.120s, Ctrl-C ends it", f->follow->title);
    cw_screen_line(&f->screen, line, (size_t)title_n);
    while (text < end && cw_screen_room(&f->screen) > 1) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const size_t line_n = (size_t)((stop != NULL ? stop : end) - text);
        cw_screen_line(&f->screen, text, line_n);
        text += line_n + (stop != NULL);
    }
    size_t left = 0;
    for (const char *at = text; at < end; at++)
        left += *at == '\n';
    if (left > 0) {
        const int more = snprintf(line, sizeof line, "… %zu lines more: make the terminal higher",
                                  left);
        cw_screen_line(&f->screen, line, (size_t)more);
    }
    cw_screen_end(&f->screen);
}

/* What is printed goes into memory first: a drawing is shown at once. */
static int look_on_terminal(struct follower *f) {
    FILE *const terminal = stdout;
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    if (memory == NULL) {
        fputs("causeway: out of memory\n", stderr);
        return CW_EXIT_UNKNOWN;
    }
    struct cw_follow_look look = {.lines = NULL};
    stdout = memory;
    const int code = f->follow->show(f->follow->ctx, &look);
    stdout = terminal;
    f->over = look.over;
    const bool written = fclose(memory) == 0;
    if (code < CW_EXIT_USAGE && written && n > 0)
        draw(f, text, n);
    free(text);
    return code;
}

/* --- elsewhere -------------------------------------------------------------------------------- */

static bool has_line(const struct cw_buf *buf, const char *line, size_t n) {
    const char *at = (const char *)buf->p, *const end = at + buf->n;
    while (buf->n > 0 && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t at_n = (size_t)((stop != NULL ? stop : end) - at);
        if (at_n == n && memcmp(at, line, n) == 0)
            return true;
        at += at_n + 1;
    }
    return false;
}

static void print_new_lines(const struct follower *f) {
    char time[CW_TIME_SIZE];
    const struct cw_clock *clock = cw_clock_system();
    const char *at = (const char *)f->now.p, *const end = at + f->now.n;
    cw_print_time(time, clock->wall_ms(clock->ctx) / 1000);
    while (f->now.n > 0 && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t n = (size_t)((stop != NULL ? stop : end) - at);
        if (!has_line(&f->before, at, n))
            printf("%s  %.*s\n", time, (int)n, at);
        at += n + 1;
    }
}

static int look_elsewhere(struct follower *f) {
    cw_buf_reset(&f->now);
    cw_buf_reset(&f->json);
    struct cw_follow_look look = {.lines = &f->now, .json = f->follow->json ? &f->json : NULL};
    const int code = f->follow->show(f->follow->ctx, &look);
    f->over = look.over;
    if (code >= CW_EXIT_USAGE)
        return code;
    if (f->now.failed || f->json.failed) {
        fputs("causeway: out of memory\n", stderr);
        return CW_EXIT_UNKNOWN;
    }
    if (!f->follow->json)
        print_new_lines(f);
    else if (!cw_slice_equal(cw_buf_slice(&f->now), cw_buf_slice(&f->before)))
        printf("%.*s\n", (int)f->json.n, (const char *)f->json.p);
    const struct cw_buf swap = f->before;
    f->before = f->now;
    f->now = swap;
    return fflush(stdout) == 0 ? code : CW_EXIT_UNKNOWN;
}

int cw_follow(const struct cw_follow *follow) {
    struct follower f = {.follow = follow};
    sigset_t signals;
    const bool drawn = !follow->json && isatty(STDOUT_FILENO) != 0;
    int code;
    cw_screen_init(&f.screen);
    cw_buf_init(&f.now, OUT_BYTES);
    cw_buf_init(&f.before, OUT_BYTES);
    cw_buf_init(&f.json, OUT_BYTES);
    hold_signals(&signals);
    do
        code = drawn ? look_on_terminal(&f) : look_elsewhere(&f);
    while (code < CW_EXIT_USAGE && !f.over && !is_ended(&signals));
    drop_signals(&signals);
    cw_screen_done(&f.screen);
    cw_buf_done(&f.now);
    cw_buf_done(&f.before);
    cw_buf_done(&f.json);
    return code;
}
