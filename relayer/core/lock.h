/* A lock beside a file: FILE.lock, held by the process that writes FILE. */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include <causeway/base.h>

/* CW_ERR_BUSY names the holder; advice ends that text, such as "stop that one first". */
CW_MUST_USE enum cw_err cw_lock_take(int *ret_fd, const char *path, const char *advice,
                                     struct cw_error *error);
void cw_lock_drop(int fd); /* takes -1 */
/* Whether some process holds it, and which (0: it can't be told). Takes no lock. */
bool cw_lock_holder(const char *path, uint64_t *ret_pid);

#endif
