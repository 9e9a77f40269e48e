/* Runs command lines of causeway, each in a process of its own. */
#ifndef SUPPORT_COMMAND_H
#define SUPPORT_COMMAND_H

#include "temp.h"

#include <stddef.h>

struct command {
    const char *in;    /* the file that is stdin; NULL: that of the test */
    char out[1 << 20]; /* what it wrote, NUL-terminated */
    char err[1 << 16];
};

/* words end with NULL. Returns the exit code, or 128 and the signal. What it writes goes through
 * files in temp. Asserts on failure. */
int command_run(struct command *command, const struct temp *temp, const char *const *words);

/* Fails the test unless part stands in text. */
void assert_says(const char *text, const char *part);

#endif
