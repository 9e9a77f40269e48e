/* Memory for secrets: pages of its own between two that can't be touched, locked where the limit on
 * locked memory allows it, left out of core dumps, zero in a child process, wiped when it is given
 * back and whenever all of it is told to be. */
#ifndef SIGN_LOCKED_H
#define SIGN_LOCKED_H

#include <causeway/base.h>

/* Zeroed; NULL when memory is short, or when some tens of them are held. n > 0. */
void *cw_locked_new(size_t n);
/* n as it was made with; takes NULL. */
void cw_locked_free(void *p, size_t n);
/* False: it may be swapped out. */
bool cw_locked_is(const void *p);

/* Wipes all that is held, from a signal handler too; who uses it has nothing left. */
void cw_locked_wipe(void);

/* While true, this process leaves no core dump, and no other of the same user can read its memory.
 * For commands that handle secrets: on before the first, off after the last is wiped. */
void cw_locked_process(bool on);

#endif
