#include "core/write_all.h"

#include <errno.h>
#include <unistd.h>

bool cw_write_all(int fd, struct cw_slice text) {
    for (size_t done = 0; done < text.n;) {
        const ssize_t n = write(fd, text.p + done, text.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}
