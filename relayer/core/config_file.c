/* Files that are configured by, and the named entries in them. */
#include "core/config_fields.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cw_err check_guarded(int fd, const char *path, struct cw_error *error) {
    struct stat st;
    if (fstat(fd, &st) != 0)
        return cw_error_set(error, CW_ERR_IO, "%s: %s", path, strerror(errno));
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return cw_error_set(error, CW_ERR_INPUT,
                            "%s: can be changed by others (mode %03o): chmod go-w it", path,
                            (unsigned)(st.st_mode & 0777));
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return cw_error_set(error, CW_ERR_INPUT, "%s: belongs to another user: chown it", path);
    return CW_OK;
}

static enum cw_err read_whole(int fd, const char *path, struct cw_buf *out,
                              struct cw_error *error) {
    char chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cw_error_set(error, CW_ERR_INPUT, "%s: can't be read: %s%s", path,
                                strerror(errno), errno == EISDIR ? ": name a file in it" : "");
        cw_buf_append(out, chunk, (size_t)n);
        if (out->failed)
            return cw_error_set(error, CW_ERR_INPUT,
                                "%s: larger than %u bytes: is it the right file?", path,
                                CW_CONFIG_FILE_MAX);
    }
    return CW_OK;
}

enum cw_err cw_config_file(struct cw_buf *out, const char *path, bool guarded, const char *advice,
                           struct cw_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cw_error_set(error, CW_ERR_INPUT, "%s: can't be opened: %s: %s", path,
                            strerror(errno),
                            errno == EACCES ? "let the user who runs this read it" : advice);
    enum cw_err err = guarded ? check_guarded(fd, path, error) : CW_OK;
    if (err == CW_OK)
        err = read_whole(fd, path, out, error);
    (void)close(fd);
    return err;
}

const char *cw_config_resolve(const struct cw_config_reader *reader, const char *path) {
    const char *slash = strrchr(reader->path, '/');
    if (path[0] == '/' || slash == NULL)
        return path;
    size_t dir_n = (size_t)(slash - reader->path) + 1;
    size_t n = strlen(path);
    char *out = cw_arena_alloc(reader->arena, dir_n + n + 1);
    if (out == NULL)
        return NULL;
    memcpy(out, reader->path, dir_n);
    memcpy(out + dir_n, path, n + 1);
    return out;
}

static enum cw_err check_name(const struct cw_config_reader *reader, const char *what,
                              const struct cw_json *member) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    const char *name = cw_json_key(member);
    size_t n = strlen(name);
    if (n == 0 || n > CW_CONFIG_NAME_MAX || strspn(name, allowed) != n)
        return cw_config_refuse_key(
            reader, member, "a %s needs a name of 1 to %d letters, digits, \"-\", \"_\" or \".\"",
            what, CW_CONFIG_NAME_MAX);
    return CW_OK;
}

/* *ret NULL: there are none, which is allowed. */
static enum cw_err find_entries(const struct cw_config_reader *reader, const struct cw_json *parent,
                                const struct cw_config_entries *entries,
                                const struct cw_json **ret) {
    const struct cw_json *object = cw_json_get(parent, entries->key);
    size_t n = cw_json_size(object);
    if (object != NULL && cw_json_type(object) != CW_JSON_OBJECT)
        return cw_config_refuse(reader, object, "\"%s\" is %s: it takes an object of named %ss",
                                entries->key, cw_json_type_name(cw_json_type(object)),
                                entries->what);
    if (entries->required && n == 0)
        return cw_config_refuse(reader, object != NULL ? object : parent,
                                "\"%s\" needs at least one %s: add one under a name", entries->key,
                                entries->what);
    if (n > CW_CONFIG_NAMES_MAX)
        return cw_config_refuse(reader, object, "\"%s\" has more than %d entries", entries->key,
                                CW_CONFIG_NAMES_MAX);
    for (const struct cw_json *m = cw_json_first(object); m != NULL; m = cw_json_next(m)) {
        enum cw_err err = check_name(reader, entries->what, m);
        if (err != CW_OK)
            return err;
    }
    *ret = object;
    return CW_OK;
}

enum cw_err cw_config_read_entries(void **ret, size_t *ret_n, const struct cw_config_reader *reader,
                                   const struct cw_json *parent,
                                   const struct cw_config_entries *entries, void *ctx) {
    const struct cw_json *object = NULL;
    enum cw_err err = find_entries(reader, parent, entries, &object);
    if (err != CW_OK)
        return err;
    size_t n = 0;
    uint8_t *array = cw_arena_array(reader->arena, cw_json_size(object), entries->size);
    if (array == NULL)
        return cw_config_no_memory(reader);
    for (const struct cw_json *m = cw_json_first(object); m != NULL; m = cw_json_next(m)) {
        char where[CW_CONFIG_NAME_MAX + 32];
        const char *key = cw_json_key(m);
        struct cw_config_entry entry = {.where = where, .member = m, .first = array};
        snprintf(where, sizeof where, "%s \"%s\"", entries->what, key);
        entry.name = cw_arena_text(reader->arena, key, strlen(key));
        entry.out = array + n++ * entries->size;
        err = entry.name != NULL ? entries->read(ctx, &entry) : cw_config_no_memory(reader);
        if (err != CW_OK)
            return err;
    }
    *ret = array;
    *ret_n = n;
    return CW_OK;
}
