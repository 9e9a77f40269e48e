/* Memory for secrets: in pages of its own, locked where the limit on locked memory allows it, left
 * out of core dumps, wiped when it is given back. */
#ifndef SIGN_LOCKED_H
#define SIGN_LOCKED_H

#include <causeway/base.h>

/* Zeroed; NULL when memory is short. n > 0. */
void *cw_locked_new(size_t n);
/* n as it was made with; takes NULL. */
void cw_locked_free(void *p, size_t n);

/* While true, this process leaves no core dump, and no other of the same user can read its memory.
 * For commands that handle secrets: on before the first, off after the last is wiped. */
void cw_locked_process(bool on);

#endif
