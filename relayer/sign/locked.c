#include "sign/locked.h"

#include <causeway/curve.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define REGIONS_MAX 64u

/* p is written last and cleared first, so that a signal handler finds whole entries only. */
static struct {
    void *volatile p;
    size_t size; /* whole pages */
    bool locked;
} regions[REGIONS_MAX];

static size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* REGIONS_MAX: there is none. */
static size_t slot_of(const void *p) {
    size_t i = 0;
    while (i < REGIONS_MAX && regions[i].p != p) {
        i++;
    }
    return i;
}

void *cw_locked_new(size_t n) {
    size_t page = page_size(), i = slot_of(NULL), size, whole;
    if (i == REGIONS_MAX || __builtin_add_overflow(n, page - 1, &size) ||
        __builtin_add_overflow(size / page * page, 2 * page, &whole)) {
        return NULL;
    }
    size = whole - 2 * page;
    uint8_t *first = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (first == MAP_FAILED) {
        return NULL;
    }
    void *p = first + page;
    if (mprotect(p, size, PROT_READ | PROT_WRITE) != 0) {
        (void)munmap(first, whole);
        return NULL;
    }
    (void)madvise(p, size, MADV_DONTDUMP);
    (void)madvise(p, size, MADV_WIPEONFORK);
    /* Where the limit on locked memory is 0 a secret may be swapped out; that is no reason not to
     * run. */
    regions[i].locked = mlock(p, size) == 0;
    regions[i].size = size;
    regions[i].p = p;
    return p;
}

void cw_locked_free(void *p, size_t n) {
    size_t i = p != NULL ? slot_of(p) : REGIONS_MAX, page = page_size();
    if (i == REGIONS_MAX) {
        return;
    }
    cw_wipe(p, n);
    regions[i].p = NULL;
    (void)munmap((uint8_t *)p - page, regions[i].size + 2 * page);
}

bool cw_locked_is(const void *p) {
    size_t i = slot_of(p);
    return i < REGIONS_MAX && regions[i].locked;
}

void cw_locked_wipe(void) {
    for (size_t i = 0; i < REGIONS_MAX; i++) {
        if (regions[i].p != NULL) {
            cw_wipe(regions[i].p, regions[i].size);
        }
    }
}

void cw_locked_process(bool on) {
    (void)prctl(PR_SET_DUMPABLE, on ? 0 : 1, 0, 0, 0);
}
