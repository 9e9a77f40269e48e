/* Drawing on a terminal, again and again over what stands there, without flicker. */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <causeway/arena.h>
#include <causeway/base.h>

/* Fields are private but for the size. */
struct cw_screen {
    unsigned columns, rows; /* of the terminal that stdout is, as of the last beginning */
    size_t drawn;           /* lines since then */
    struct cw_buf out;
};

void cw_screen_init(struct cw_screen *screen);
void cw_screen_done(struct cw_screen *screen);

/* A drawing: _begin, lines from above, _end, which shows it. */
void cw_screen_begin(struct cw_screen *screen);
/* One line of the terminal, cut at its width; none where the terminal ends. Sequences that colour
 * take no room. */
void cw_screen_line(struct cw_screen *screen, const char *text, size_t n);
/* Lines that still fit. */
size_t cw_screen_room(const struct cw_screen *screen);
void cw_screen_end(struct cw_screen *screen);

#endif
