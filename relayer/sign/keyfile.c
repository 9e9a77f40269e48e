#include "sign/keyfile.h"

#include "core/private_file.h"
#include "core/write_all.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define FILES_MAX 4096u

/* --- reading ---------------------------------------------------------------------------------- */

enum cw_err cw_keyfile_read(struct cw_keystore *ret, const char *path, struct cw_error *error) {
    uint8_t *text = malloc(CW_KEYSTORE_BYTES_MAX + 1);
    size_t n = 0;
    if (text == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    enum cw_err err = cw_private_file_read(text, CW_KEYSTORE_BYTES_MAX + 1, &n, "keystore", path,
                                           error);
    if (err == CW_OK) {
        err = cw_keystore_parse(ret, cw_slice_of(text, n), error);
        if (err != CW_OK) {
            err = cw_error_wrap(error, err, "keystore %s", path);
        }
    }
    free(text);
    return err;
}

enum cw_err cw_keyfile_open(struct cw_secret32 *ret, const struct cw_keystore *keystore,
                            const struct cw_password *password, const char *path,
                            struct cw_error *error) {
    enum cw_err err = cw_keystore_open(ret, keystore, password, error);
    return err == CW_OK ? CW_OK : cw_error_wrap(error, err, "%s", path);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* A file that is being written. */
struct draft {
    const char *path;
    char dir[PATH_SIZE]; /* of path */
    char temp[PATH_SIZE];
    int fd;
};

static enum cw_err failed(const char *path, const char *what, struct cw_error *error) {
    return cw_error_set(error, CW_ERR_IO, "%s: %s: %s: the key was not written", path, what,
                        strerror(errno));
}

static enum cw_err draft_open(struct draft *draft, const char *path, struct cw_error *error) {
    const char *slash = strrchr(path, '/');
    size_t dir_n = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    draft->path = path;
    int n = snprintf(draft->temp, sizeof draft->temp, "%.*s.%s.XXXXXX", (int)dir_n, path,
                     path + dir_n);
    if (n < 0 || (size_t)n >= sizeof draft->temp) {
        errno = ENAMETOOLONG;
        return failed("the keystore", "its path", error);
    }
    snprintf(draft->dir, sizeof draft->dir, "%.*s", dir_n > 0 ? (int)dir_n : 1,
             dir_n > 0 ? path : ".");
    draft->fd = mkostemp(draft->temp, O_CLOEXEC); /* mode 0600 */
    return draft->fd >= 0 ? CW_OK : failed(path, "no file can be made beside it", error);
}

static enum cw_err draft_write(struct draft *draft, struct cw_slice text, struct cw_error *error) {
    if (!cw_write_all(draft->fd, text)) {
        return failed(draft->path, "can't be written", error);
    }
    return fsync(draft->fd) == 0 ? CW_OK : failed(draft->path, "can't be synced", error);
}

/* Gives it its name. replace: over what stands there. */
static enum cw_err draft_name(const struct draft *draft, bool replace, struct cw_error *error) {
    int done = replace ? rename(draft->temp, draft->path)
                       : renameat2(AT_FDCWD, draft->temp, AT_FDCWD, draft->path, RENAME_NOREPLACE);
    if (done == 0) {
        return CW_OK;
    }
    return errno == EEXIST
               ? cw_error_set(error, CW_ERR_REFUSED,
                              "%s exists and is not written over: give another name", draft->path)
               : failed(draft->path, "can't get its name", error);
}

static enum cw_err sync_directory(const struct draft *draft, struct cw_error *error) {
    int fd = open(draft->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok ? CW_OK
              : cw_error_set(error, CW_ERR_IO,
                             "%s was written, but its directory can't be synced: %s: it may not "
                             "outlast a loss of power",
                             draft->path, strerror(why));
}

static enum cw_err write_file(const char *path, const struct cw_keystore *keystore, bool replace,
                              struct cw_error *error) {
    struct draft draft = {.fd = -1};
    struct cw_buf text;
    cw_buf_init(&text, CW_KEYSTORE_BYTES_MAX);
    cw_keystore_write(&text, keystore);
    cw_buf_text(&text, "\n");
    enum cw_err err = text.failed ? cw_error_set(error, CW_ERR_MEMORY, "out of memory")
                                  : draft_open(&draft, path, error);
    if (err == CW_OK) {
        err = draft_write(&draft, cw_buf_slice(&text), error);
        if (close(draft.fd) != 0 && err == CW_OK) {
            err = failed(path, "can't be closed", error);
        }
        if (err == CW_OK) {
            err = draft_name(&draft, replace, error);
        }
        if (err != CW_OK) {
            (void)unlink(draft.temp);
        }
    }
    cw_buf_done(&text);
    return err == CW_OK ? sync_directory(&draft, error) : err;
}

enum cw_err cw_keyfile_create(const char *path, const struct cw_keystore *keystore,
                              struct cw_error *error) {
    return write_file(path, keystore, false, error);
}

enum cw_err cw_keyfile_replace(const char *path, const struct cw_keystore *keystore,
                               struct cw_error *error) {
    char *real = realpath(path, NULL);
    if (real == NULL) {
        return failed(path, "can't be found", error);
    }
    enum cw_err err = write_file(real, keystore, true, error);
    free(real);
    return err;
}

/* --- directories ------------------------------------------------------------------------------ */

char *cw_keyfile_name(char out[CW_KEYFILE_NAME_SIZE], const struct cw_addr20 *address,
                      uint64_t wall_ms) {
    time_t s = (time_t)(wall_ms / 1000);
    struct tm parts = {0};
    char time[32], hex[CW_HEX_SIZE(20)];
    (void)gmtime_r(&s, &parts);
    (void)strftime(time, sizeof time, "%Y-%m-%dT%H-%M-%S", &parts);
    cw_hex_encode(hex, cw_slice_of(address->b, sizeof address->b));
    snprintf(out, CW_KEYFILE_NAME_SIZE, "UTC--%.20s.%03u000000Z--%.40s", time,
             (unsigned)(wall_ms % 1000), hex + 2);
    return out;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *join(struct cw_arena *arena, const char *dir, const char *name) {
    size_t dir_n = strlen(dir);
    bool slash = dir_n > 0 && dir[dir_n - 1] != '/';
    size_t size = dir_n + slash + strlen(name) + 1;
    char *path = cw_arena_alloc(arena, size);
    if (path != NULL) {
        snprintf(path, size, "%s%s%s", dir, slash ? "/" : "", name);
    }
    return path;
}

enum cw_err cw_keyfile_list(struct cw_arena *arena, const char *dir, const char *const **ret,
                            size_t *ret_n, struct cw_error *error) {
    const char **paths = cw_arena_array(arena, FILES_MAX, sizeof *paths);
    DIR *open_dir = paths != NULL ? opendir(dir) : NULL;
    size_t n = 0;
    enum cw_err err = CW_OK;
    if (paths == NULL) {
        err = cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    } else if (open_dir == NULL && errno != ENOENT) {
        err = cw_error_set(error, CW_ERR_INPUT, "%s can't be read: %s", dir, strerror(errno));
    }
    for (const struct dirent *entry;
         err == CW_OK && open_dir != NULL && (entry = readdir(open_dir)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (n == FILES_MAX) {
            err = cw_error_set(error, CW_ERR_LIMIT, "%s has more than %u files", dir, FILES_MAX);
        } else if ((paths[n] = join(arena, dir, entry->d_name)) == NULL) {
            err = cw_error_set(error, CW_ERR_MEMORY, "out of memory");
        } else {
            n++;
        }
    }
    if (open_dir != NULL) {
        (void)closedir(open_dir);
    }
    if (err == CW_OK) {
        assert(paths != NULL);
        qsort(paths, n, sizeof *paths, by_name);
        *ret = paths;
        *ret_n = n;
    }
    return err;
}
