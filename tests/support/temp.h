/* A directory of its own for each test, gone afterwards. */
#ifndef SUPPORT_TEMP_H
#define SUPPORT_TEMP_H

#include <stddef.h>

struct temp {
    char dir[256];
};

/* From now on directories are made where no disk is waited for, if there is such a place and TMPDIR
 * does not name another. */
void temp_in_memory(void);
/* Asserts on failure. */
void temp_make(struct temp *temp);
/* Removes the directory with everything in it. */
void temp_remove(struct temp *temp);
/* "dir/name" in out. */
char *temp_path(const struct temp *temp, const char *name, char *out, size_t size);
/* Writes a whole file; mode as for chmod. Asserts on failure. */
void temp_write(const char *path, const char *text, size_t n, unsigned mode);

#endif
