#include "core/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cw_err check_mode(int fd, const char *what, const char *path, struct cw_error *error) {
    struct stat st;
    if (fstat(fd, &st) != 0)
        return cw_error_set(error, CW_ERR_IO, "%s %s: %s", what, path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return cw_error_set(error, CW_ERR_INPUT, "%s %s is not a regular file", what, path);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return cw_error_set(
            error, CW_ERR_INPUT,
            "%s %s may be used by others (mode %03o): chmod 600 it, and think about who may have "
            "read it",
            what, path, (unsigned)(st.st_mode & 0777));
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return cw_error_set(error, CW_ERR_INPUT, "%s %s belongs to another user: chown it", what,
                            path);
    return CW_OK;
}

enum cw_err cw_private_file_read(uint8_t *out, size_t cap, size_t *ret_n, const char *what,
                                 const char *path, struct cw_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return cw_error_set(error, CW_ERR_INPUT, "%s %s can't be opened: %s%s", what, path,
                            strerror(errno),
                            errno == ENOENT   ? ": write it, or name another"
                            : errno == EACCES ? ": let the user who runs this read it"
                                              : "");
    enum cw_err err = check_mode(fd, what, path, error);
    size_t n = 0;
    while (err == CW_OK && n < cap) {
        ssize_t got = read(fd, out + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err = cw_error_set(error, CW_ERR_IO, "%s %s can't be read: %s", what, path,
                               strerror(errno));
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    (void)close(fd);
    if (err == CW_OK)
        *ret_n = n;
    return err;
}
