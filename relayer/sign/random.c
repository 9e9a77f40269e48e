#include "sign/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum cw_err cw_random(void *out, size_t n, struct cw_error *error) {
    uint8_t *to = out;
    while (n > 0) {
        ssize_t got = getrandom(to, n, 0);
        if (got < 0 && errno != EINTR) {
            return cw_error_set(error, CW_ERR_IO, "the system has no random bytes: %s",
                                strerror(errno));
        }
        if (got > 0) {
            to += got;
            n -= (size_t)got;
        }
    }
    return CW_OK;
}
