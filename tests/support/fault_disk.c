#include "fault_disk.h"

#include <errno.h>
#include <unistd.h>

ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
int __real_ftruncate(int fd, off_t n);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
int __wrap_fdatasync(int fd);
int __wrap_ftruncate(int fd, off_t n);

static unsigned failing, syncs;
static int number;
static size_t left;

void fault_disk(unsigned kinds, int error_number, size_t room) {
    failing = kinds;
    number = error_number;
    left = room;
    syncs = 0;
}

unsigned fault_disk_syncs(void) {
    return syncs;
}

static int fail(void) {
    errno = number;
    return -1;
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at) {
    if ((failing & FAULT_PWRITE) == 0) {
        return __real_pwrite(fd, p, n, at);
    }
    if (left == 0) {
        return fail();
    }
    n = n < left ? n : left;
    left -= n;
    return __real_pwrite(fd, p, n, at);
}

/* Nothing is lost when a test ends: it need not be waited for. */
int __wrap_fdatasync(int fd) {
    (void)fd;
    if ((failing & FAULT_FDATASYNC) != 0) {
        return fail();
    }
    syncs++;
    return 0;
}

int __wrap_ftruncate(int fd, off_t n) {
    return (failing & FAULT_FTRUNCATE) != 0 ? fail() : __real_ftruncate(fd, n);
}
