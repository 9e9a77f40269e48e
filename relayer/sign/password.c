#include "sign/password.h"

#include "core/private_file.h"
#include "sign/locked.h"

#include <causeway/curve.h>

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

struct cw_password *cw_password_new(void) {
    return cw_locked_new(sizeof(struct cw_password));
}

void cw_password_free(struct cw_password *password) {
    cw_locked_free(password, sizeof *password);
}

bool cw_password_equal(const struct cw_password *a, const struct cw_password *b) {
    return (CRYPTO_memcmp(a->b, b->b, sizeof a->b) | (int)(a->n != b->n)) == 0;
}

enum cw_err cw_password_take(struct cw_password *password, size_t n, const char *where,
                             struct cw_error *error) {
    const char *wrong = NULL;
    if (n > CW_PASSWORD_MAX) {
        wrong = "is longer than a password may be, 1023 bytes";
    }
    if (n > 0 && password->b[n - 1] == '\n') {
        n--;
        n -= n > 0 && password->b[n - 1] == '\r';
    }
    if (memchr(password->b, '\n', n) != NULL) {
        wrong = "has more than one line: it must hold a password and nothing else";
    } else if (memchr(password->b, 0, n) != NULL) {
        wrong = "has a NUL in it, which no password has";
    }
    if (wrong != NULL) {
        cw_wipe(password, sizeof *password);
        return cw_error_set(error, CW_ERR_INPUT, "%s %s", where, wrong);
    }
    password->n = n;
    cw_wipe(password->b + n, sizeof password->b - n);
    return CW_OK;
}

enum cw_err cw_password_file(struct cw_password *password, const char *path,
                             struct cw_error *error) {
    size_t n = 0;
    enum cw_err err = cw_private_file_read(password->b, sizeof password->b, &n, "password file",
                                           path, error);
    if (err != CW_OK) {
        cw_wipe(password, sizeof *password);
        return err;
    }
    char where[400];
    snprintf(where, sizeof where, "password file %s", path);
    err = cw_password_take(password, n, where, error);
    if (err == CW_OK && password->n == 0) {
        err = cw_error_set(error, CW_ERR_INPUT, "%s is empty", where);
    }
    return err;
}
