#include "temp.h"

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void temp_in_memory(void) {
    if (access("/dev/shm", W_OK) == 0) {
        (void)setenv("TMPDIR", "/dev/shm", 0);
    }
}

void temp_make(struct temp *temp) {
    const char *base = getenv("TMPDIR");
    int n = snprintf(temp->dir, sizeof temp->dir, "%s/causeway-test-XXXXXX",
                     base != NULL && base[0] == '/' ? base : "/tmp");
    assert(n > 0 && (size_t)n < sizeof temp->dir);
    const char *made = mkdtemp(temp->dir);
    assert(made != NULL);
    (void)made;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void temp_remove(struct temp *temp) {
    (void)nftw(temp->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

char *temp_path(const struct temp *temp, const char *name, char *out, size_t size) {
    int n = snprintf(out, size, "%s/%s", temp->dir, name);
    assert(n > 0 && (size_t)n < size);
    (void)n;
    return out;
}

void temp_write(const char *path, const char *text, size_t n, unsigned mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(fd >= 0);
    ssize_t written = write(fd, text, n);
    assert(written == (ssize_t)n);
    (void)written;
    int changed = fchmod(fd, mode);
    assert(changed == 0);
    (void)changed;
    (void)close(fd);
}
