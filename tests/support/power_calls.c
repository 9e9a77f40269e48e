#include "power_calls.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 16

int __real_open(const char *path, int flags, ...);
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
int __real_ftruncate(int fd, off_t n);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
int __wrap_ftruncate(int fd, off_t n);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);

static struct power_disk *disk;
static struct {
    ino_t inode;
    unsigned number;
} files[FILES_MAX];
static size_t files_n;
static unsigned failing;

void power_calls_record(struct power_disk *to) {
    disk = to;
    files_n = 0;
}

void power_calls_fail_sync(unsigned n) {
    failing = n;
}

/* path: of a file that is new where it is not known */
static unsigned number_of(int fd, const char *path) {
    struct stat st;
    int rc = fstat(fd, &st);
    assert(rc == 0);
    for (size_t i = 0; i < files_n; i++) {
        if (files[i].inode == st.st_ino) {
            return files[i].number;
        }
    }
    assert(path != NULL && files_n < FILES_MAX);
    files[files_n].inode = st.st_ino;
    files[files_n].number = power_disk_link(disk, path);
    return files[files_n++].number;
}

int __wrap_open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    int mode = (flags & O_CREAT) != 0 ? va_arg(args, int) : 0;
    va_end(args);
    int fd = __real_open(path, flags, mode);
    if (disk != NULL && fd >= 0 && (flags & O_CREAT) != 0) {
        (void)number_of(fd, path);
    }
    return fd;
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at) {
    if (disk != NULL) {
        power_disk_write(disk, number_of(fd, NULL), cw_slice_of(p, n), (uint64_t)at);
    }
    return __real_pwrite(fd, p, n, at);
}

int __wrap_ftruncate(int fd, off_t n) {
    if (disk != NULL) {
        power_disk_truncate(disk, number_of(fd, NULL), (uint64_t)n);
    }
    return __real_ftruncate(fd, n);
}

int __wrap_fdatasync(int fd) {
    if (failing > 0) {
        failing--;
        errno = EIO;
        return -1;
    }
    if (disk != NULL) {
        power_disk_sync(disk, number_of(fd, NULL));
    }
    return 0;
}

int __wrap_fsync(int fd) {
    struct stat st;
    if (disk != NULL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        power_disk_sync_directory(disk);
    } else if (disk != NULL) {
        power_disk_sync(disk, number_of(fd, NULL));
    }
    return 0;
}
