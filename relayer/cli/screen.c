#include "cli/screen.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SCREEN_BYTES (256u << 10)

void cw_screen_init(struct cw_screen *screen) {
    *screen = (struct cw_screen){.columns = 0};
    cw_buf_init(&screen->out, SCREEN_BYTES);
}

void cw_screen_done(struct cw_screen *screen) {
    cw_buf_done(&screen->out);
}

/* What was drawn for another size can't be drawn over: the terminal has moved it. */
static void fit(struct cw_screen *screen) {
    struct winsize size;
    unsigned columns = 100, rows = 40;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        columns = size.ws_col;
        rows = size.ws_row;
    }
    bool first = screen->columns == 0;
    if (!first && (columns != screen->columns || rows != screen->rows)) {
        cw_buf_text(&screen->out, "\033[H\033[2J");
        screen->drawn = 0;
    }
    screen->columns = columns;
    screen->rows = rows;
}

void cw_screen_begin(struct cw_screen *screen) {
    cw_buf_reset(&screen->out);
    fit(screen);
    if (screen->drawn > 0)
        cw_buf_format(&screen->out, "\033[%zuA\r", screen->drawn);
    screen->drawn = 0;
}

size_t cw_screen_room(const struct cw_screen *screen) {
    return screen->rows > screen->drawn + 1 ? screen->rows - screen->drawn - 1 : 0;
}

/* Bytes of a sequence that colours, with which text begins; 0: it begins with none. */
static size_t sequence(const char *text, size_t n) {
    size_t i = 2;
    if (n < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    while (i < n && text[i] != 'm')
        i++;
    return i < n ? i + 1 : 0;
}

void cw_screen_line(struct cw_screen *screen, const char *text, size_t n) {
    size_t at = 0, used = 0;
    bool coloured = false;
    if (cw_screen_room(screen) == 0)
        return;
    while (at < n) {
        const size_t colour = sequence(text + at, n - at);
        const bool starts = ((unsigned char)text[at] & 0xc0) != 0x80;
        if (colour == 0 && starts && used == screen->columns)
            break;
        used += colour == 0 && starts;
        at += colour > 0 ? colour : 1;
        coloured = coloured || colour > 0;
    }
    cw_buf_append(&screen->out, text, at);
    if (coloured)
        cw_buf_text(&screen->out, "\033[0m");
    cw_buf_text(&screen->out, at > 0 && used == screen->columns ? "\n" : "\033[K\n");
    screen->drawn++;
}

void cw_screen_end(struct cw_screen *screen) {
    cw_buf_text(&screen->out, "\033[J");
    if (screen->out.failed)
        return;
    fwrite(screen->out.p, 1, screen->out.n, stdout);
    fflush(stdout);
}
