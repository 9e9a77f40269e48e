/* Files that hold secrets: read only where nobody else can. */
#ifndef CORE_PRIVATE_FILE_H
#define CORE_PRIVATE_FILE_H

#include <causeway/base.h>

/* Reads the first cap bytes of a regular file at most; *ret_n == cap: there may be more, so a
 * caller that wants no more than n bytes gives room for n + 1. Refused (CW_ERR_INPUT, with what to
 * do) where group or others have any right to it, or where it belongs to neither this user nor
 * root. what names the file in errors, such as "key file". On failure out may hold bytes of the
 * file: wipe it in any case. */
CW_MUST_USE enum cw_err cw_private_file_read(uint8_t *out, size_t cap, size_t *ret_n,
                                             const char *what, const char *path,
                                             struct cw_error *error);

#endif
