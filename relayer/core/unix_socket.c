#include "core/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

static enum cw_err address_of(struct sockaddr_un *out, const char *path, struct cw_error *error) {
    size_t n = strlen(path);
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n == 0 || n >= sizeof out->sun_path) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "the path of a socket has 1 to %zu bytes: %s has %zu",
                            sizeof out->sun_path - 1, path, n);
    }
    memcpy(out->sun_path, path, n);
    return CW_OK;
}

static enum cw_err open_socket(int *ret_fd, struct cw_error *error) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return cw_error_set(error, CW_ERR_IO, "no socket: %s", strerror(errno));
    }
    *ret_fd = fd;
    return CW_OK;
}

/* 0, or why not. */
static int try_connect(int fd, const struct sockaddr_un *address) {
    return connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
}

enum cw_err cw_unix_connect(int *ret_fd, const char *path, struct cw_error *error) {
    struct sockaddr_un address;
    int fd = -1;
    enum cw_err err = address_of(&address, path, error);
    if (err == CW_OK) {
        err = open_socket(&fd, error);
    }
    if (err != CW_OK) {
        return err;
    }
    int why = try_connect(fd, &address);
    if (why != 0) {
        (void)close(fd);
        return cw_error_set(error, CW_ERR_TRANSPORT, "%s: %s", path, strerror(why));
    }
    *ret_fd = fd;
    return CW_OK;
}

/* Takes a socket away that a process left behind. Anything else stays. fd: to try it with. */
static enum cw_err clear_path(const char *path, int fd, const struct sockaddr_un *address,
                              struct cw_error *error) {
    struct stat st;
    if (lstat(path, &st) != 0) {
        return errno == ENOENT ? CW_OK
                               : cw_error_set(error, CW_ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISSOCK(st.st_mode)) {
        return cw_error_set(error, CW_ERR_IO, "%s is there, and is no socket: name another path",
                            path);
    }
    int why = try_connect(fd, address);
    if (why == 0 || why == EAGAIN) {
        return cw_error_set(error, CW_ERR_BUSY,
                            "%s is in use: stop who listens there, or name another path", path);
    }
    if (why != ECONNREFUSED || unlink(path) != 0) {
        return cw_error_set(error, CW_ERR_IO, "%s: %s", path,
                            strerror(why != ECONNREFUSED ? why : errno));
    }
    return CW_OK;
}

enum cw_err cw_unix_listen(int *ret_fd, const char *path, struct cw_error *error) {
    struct sockaddr_un address;
    int fd = -1;
    enum cw_err err = address_of(&address, path, error);
    int probe = -1;
    if (err == CW_OK) {
        err = open_socket(&probe, error);
    }
    if (err == CW_OK) {
        err = clear_path(path, probe, &address, error);
        (void)close(probe);
    }
    if (err == CW_OK) {
        err = open_socket(&fd, error);
    }
    if (err != CW_OK) {
        return err;
    }
    /* Nobody else may connect in the moment before its mode is set. */
    mode_t mask = umask(0777);
    bool good = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)umask(mask);
    if (!good || chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0) {
        err = cw_error_set(error, CW_ERR_IO, "%s: %s", path, strerror(errno));
        (void)close(fd);
        return err;
    }
    *ret_fd = fd;
    return CW_OK;
}
