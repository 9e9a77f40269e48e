/* Keystores on disk: files of mode 0600 that are written whole or not at all, and never over
 * another one unless it is to be replaced. */
#ifndef SIGN_KEYFILE_H
#define SIGN_KEYFILE_H

#include "sign/keystore.h"

/* Refused where anybody else may read it, with what to do. Errors begin with "keystore PATH" or
 * "PATH". */
CW_MUST_USE enum cw_err cw_keyfile_read(struct cw_keystore *ret, const char *path,
                                        struct cw_error *error);
/* cw_keystore_open, with the path in front of the error: "PATH: wrong password". */
CW_MUST_USE enum cw_err cw_keyfile_open(struct cw_secret32 *ret, const struct cw_keystore *keystore,
                                        const struct cw_password *password, const char *path,
                                        struct cw_error *error);

/* Writes a new file and makes sure of it: a temporary one beside it, synced, gets the name, and the
 * directory is synced. CW_ERR_REFUSED: path exists. On any failure nothing stands under path that
 * did not before; a process that is killed may leave the temporary file (its name begins with a
 * dot). */
CW_MUST_USE enum cw_err cw_keyfile_create(const char *path, const struct cw_keystore *keystore,
                                          struct cw_error *error);
/* The same over a file that exists (a symbolic link: over what it points to): at each moment the
 * old or the new one stands there, whole. */
CW_MUST_USE enum cw_err cw_keyfile_replace(const char *path, const struct cw_keystore *keystore,
                                           struct cw_error *error);

/* "UTC--2023-11-14T22-13-20.000000000Z--ADDRESS", as geth names its files. */
#define CW_KEYFILE_NAME_SIZE 80
char *cw_keyfile_name(char out[CW_KEYFILE_NAME_SIZE], const struct cw_addr20 *address,
                      uint64_t wall_ms);

/* Paths of the files of a directory, by name; those that begin with a dot are left out. None when
 * there is no such directory. They live in the arena. */
CW_MUST_USE enum cw_err cw_keyfile_list(struct cw_arena *arena, const char *dir,
                                        const char *const **ret, size_t *ret_n,
                                        struct cw_error *error);

#endif
