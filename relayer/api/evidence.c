/* Evidence, as the daemon wrote it. */
#include "api/internal.h"
#include "core/private_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)16 << 20)

/* The names that evidence is given: nothing else of the disk is shown. */
static bool is_name(const char *name) {
    static const char ending[] = ".json";
    const size_t n = strlen(name);
    return n > strlen(ending) && n < 256 && name[0] >= '0' && name[0] <= '9' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n &&
           strcmp(name + n - strlen(ending), ending) == 0;
}

static enum cw_err put_file(struct answer *a, const char *path, size_t size,
                            struct cw_error *error) {
    size_t n = 0;
    uint8_t *bytes = cw_arena_alloc(&a->view->arena, size + 1);
    if (!bytes)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = cw_private_file_read(bytes, size + 1, &n, "evidence", path, error);
    if (err == CW_OK)
        cw_buf_append(&a->call->out, bytes, n);
    return err;
}

void api_show_evidence(struct answer *a, const char *const *parts) {
    struct cw_error error;
    struct stat st;
    char path[4096];
    if (!cw_api_params_end(a->call))
        return;
    const int n = snprintf(path, sizeof path, "%s/evidence/%s", a->api->config->data_dir, parts[0]);
    if (!is_name(parts[0]) || n < 0 || (size_t)n >= sizeof path)
        cw_api_problem(a->call, 400,
                       "evidence goes by its file's name, such as "
                       "20260101T000000.000-00-chain-endpoint-kind.json");
    else if (lstat(path, &st) != 0)
        cw_api_problem(a->call, errno == ENOENT ? 404 : 503, "that evidence is not there: %s",
                       strerror(errno));
    else if ((uintmax_t)st.st_size > FILE_MAX)
        cw_api_problem(a->call, 413, "that file is larger than what is shown here");
    else if (put_file(a, path, (size_t)st.st_size, &error) != CW_OK)
        cw_api_fail(a->call, &error);
    else
        cw_api_json(a->call);
}
