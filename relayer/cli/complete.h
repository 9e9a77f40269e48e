/* What may stand where somebody types: commands, options and their values, names of the
 * configuration. */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include <causeway/arena.h>
#include <causeway/base.h>

/* A line of it: the shell may put a file's name there, too. */
#define CW_COMPLETE_FILES ":files"

/* words are those behind "causeway", n at least 1; the last is still being typed, and may be empty.
 * Appends a line for each that it may become: the word, a tab, what it means. What can't be told (a
 * command that there is not, a configuration that does not load) gives none. */
CW_MUST_USE enum cw_err cw_complete(struct cw_buf *out, char *const *words, size_t n,
                                    struct cw_error *error);

#endif
