#include "sign/locked.h"

#include <causeway/curve.h>

#include <sys/mman.h>
#include <sys/prctl.h>

void *cw_locked_new(size_t n) {
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }
    /* Where the limit on locked memory is 0 a secret may be swapped out; that is no reason not to
     * run. */
    (void)mlock(p, n);
    (void)madvise(p, n, MADV_DONTDUMP);
    return p;
}

void cw_locked_free(void *p, size_t n) {
    if (p != NULL) {
        cw_wipe(p, n);
        (void)munmap(p, n);
    }
}

void cw_locked_process(bool on) {
    (void)prctl(PR_SET_DUMPABLE, on ? 0 : 1, 0, 0, 0);
}
