/* An open-file-description lock: the kernel lets go of it when the process dies, however it dies,
 * and whether it is held can be asked without taking it. */
#include "core/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_SUFFIX ".lock"

static char *lock_path(const char *path) {
    size_t size = strlen(path) + sizeof LOCK_SUFFIX;
    char *text = malloc(size);
    if (text != NULL)
        snprintf(text, size, "%s" LOCK_SUFFIX, path);
    return text;
}

/* The holder writes its pid into the file; 0 when there is none to read. */
static uint64_t read_pid(int fd) {
    char text[24] = {0};
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return 0;
    char *end = NULL;
    errno = 0;
    unsigned long long pid = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\n' ? pid : 0;
}

static struct flock whole_file(void) {
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

enum cw_err cw_lock_take(int *ret_fd, const char *path, const char *advice,
                         struct cw_error *error) {
    char *name = lock_path(path);
    if (name == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = CW_OK;
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    struct flock lock = whole_file();
    if (fd < 0) {
        err = cw_error_set(
            error, CW_ERR_IO,
            "%s: %s: give this user write permission to the directory, or name another place", name,
            strerror(errno));
    } else if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            err = cw_error_set(error, CW_ERR_BUSY, "%s is in use by the process %llu: %s", path,
                               (unsigned long long)read_pid(fd), advice);
        else
            err = cw_error_set(error, CW_ERR_IO, "%s: can't lock: %s", name, strerror(errno));
    } else {
        char text[24];
        int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
        if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
            err = cw_error_set(error, CW_ERR_IO, "%s: %s: free some space", name, strerror(errno));
    }
    free(name);
    if (err != CW_OK) {
        if (fd >= 0)
            (void)close(fd);
        return err;
    }
    *ret_fd = fd;
    return CW_OK;
}

void cw_lock_drop(int fd) {
    if (fd < 0)
        return;
    /* the pid of who is gone is of no use; the lock itself goes with the descriptor */
    if (ftruncate(fd, 0) != 0)
        errno = 0;
    (void)close(fd);
}

bool cw_lock_holder(const char *path, uint64_t *ret_pid) {
    char *name = lock_path(path);
    if (name == NULL)
        return false;
    int fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    free(name);
    if (fd < 0)
        return false;
    /* Asking about a read lock works on a descriptor that can only be read. */
    struct flock lock = whole_file();
    lock.l_type = F_RDLCK;
    bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (held)
        *ret_pid = read_pid(fd);
    (void)close(fd);
    return held;
}
