/* Makes the n-th allocation fail: in our own code (link with nth_malloc_flags) and in cJSON. */
#ifndef SUPPORT_NTH_MALLOC_H
#define SUPPORT_NTH_MALLOC_H

#include <stdbool.h>

/* The n-th allocation from now fails (1: the next one), and only that one. 0: none. */
void nth_malloc_fail(unsigned long n);
/* Neither counts nor fails while true. */
void nth_malloc_pause(bool paused);
/* Did it come to that? */
bool nth_malloc_failed(void);

#endif
