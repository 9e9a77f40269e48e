/* --follow: showing something again and again until Ctrl-C. On a terminal it is drawn over what
 * stands there; elsewhere only what is new is written. */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include <causeway/arena.h>
#include <causeway/base.h>

/* What one look gives. */
struct cw_follow_look {
    struct cw_buf *lines; /* NULL: it goes to stdout, as without --follow. Else lines that stay the
                             same while nothing happens: without ages */
    struct cw_buf *json;  /* NULL: not asked for. One JSON value, shown when the lines changed */
    bool over;            /* nothing will change any more */
};

struct cw_follow {
    /* Reads anew and shows. The exit code that there would be without --follow; one from
     * CW_EXIT_USAGE on ends it, and was said. */
    int (*show)(void *ctx, struct cw_follow_look *look);
    void *ctx;
    const char *title; /* above it on a terminal */
    bool json;         /* a JSON value a line */
};

/* Appends one line to those of a look, without the control characters of what came from outside. */
void cw_follow_line(struct cw_buf *lines, const char *format, ...) CW_PRINTF(2, 3);

/* The exit code of the last look. */
int cw_follow(const struct cw_follow *follow);

#endif
