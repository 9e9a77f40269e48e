/* A password, in locked memory (see sign/locked.h). Never formatted, never an argument or an
 * environment variable. Any bytes but NUL and line ends, taken as they stand (UTF-8 is not
 * normalized). */
#ifndef SIGN_PASSWORD_H
#define SIGN_PASSWORD_H

#include <causeway/base.h>

#define CW_PASSWORD_MAX 1023

struct cw_password {
    size_t n;
    uint8_t b[CW_PASSWORD_MAX + 1]; /* zero behind n */
};

struct cw_password *cw_password_new(void);           /* empty; NULL when memory is short */
void cw_password_free(struct cw_password *password); /* takes NULL */

/* In constant time. */
bool cw_password_equal(const struct cw_password *a, const struct cw_password *b);

/* Makes a password of what was read into b (n bytes): one line end at the end is no part of it.
 * CW_ERR_INPUT for what is no password: more than one line, a NUL, CW_PASSWORD_MAX + 1 bytes. where
 * says what it was read from. */
CW_MUST_USE enum cw_err cw_password_take(struct cw_password *password, size_t n, const char *where,
                                         struct cw_error *error);

/* One line of a file that nobody else can use (see core/private_file.h); not empty. */
CW_MUST_USE enum cw_err cw_password_file(struct cw_password *password, const char *path,
                                         struct cw_error *error);

#endif
