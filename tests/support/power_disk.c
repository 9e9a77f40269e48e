#include "power_disk.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR  512u
#define NO_FILE UINT32_MAX

struct op {
    enum power_op kind;
    unsigned file;
    char *name;
    uint8_t *bytes;
    size_t n;
    uint64_t at; /* or the new size */
};

struct bytes {
    uint8_t *p;
    size_t n, capacity;
};

/* What is not synced yet, as indices of operations. */
struct pending {
    size_t *ops;
    size_t n, capacity;
};

struct file {
    struct bytes synced;
    struct pending pending;
};

struct name {
    char *text;
    unsigned file; /* synced; NO_FILE: not there */
};

struct power_disk {
    struct op *ops;
    size_t n, capacity;
    unsigned files_n; /* that were made in all of ops */
    void (*watch)(void *ctx);
    void *watch_ctx;
    /* What was synced before operation at. */
    size_t at;
    struct file *files;
    struct name *names;
    size_t names_n;
    struct pending unlinked; /* changes of names */
};

static void *grow(void *p, size_t n, size_t *capacity, size_t size) {
    if (n < *capacity) {
        return p;
    }
    *capacity = *capacity == 0 ? 64 : 2 * *capacity;
    p = reallocarray(p, *capacity, size);
    assert(p != NULL);
    return p;
}

/* --- noting ----------------------------------------------------------------------------------- */

struct power_disk *power_disk_new(void) {
    struct power_disk *disk = calloc(1, sizeof *disk);
    assert(disk != NULL);
    return disk;
}

void power_disk_watch(struct power_disk *disk, void (*watch)(void *ctx), void *ctx) {
    disk->watch = watch;
    disk->watch_ctx = ctx;
}

static struct op *note(struct power_disk *disk, enum power_op kind) {
    if (disk->watch != NULL) {
        disk->watch(disk->watch_ctx);
    }
    disk->ops = grow(disk->ops, disk->n, &disk->capacity, sizeof *disk->ops);
    struct op *op = &disk->ops[disk->n++];
    *op = (struct op){.kind = kind, .file = NO_FILE};
    return op;
}

static char *copied(const char *name) {
    char *copy = strdup(name);
    assert(copy != NULL);
    return copy;
}

unsigned power_disk_link(struct power_disk *disk, const char *name) {
    struct op *op = note(disk, POWER_LINK);
    op->name = copied(name);
    op->file = disk->files_n++;
    return op->file;
}

void power_disk_unlink(struct power_disk *disk, const char *name) {
    note(disk, POWER_UNLINK)->name = copied(name);
}

void power_disk_write(struct power_disk *disk, unsigned file, struct cw_slice bytes, uint64_t at) {
    struct op *op = note(disk, POWER_WRITE);
    op->file = file;
    op->at = at;
    op->n = bytes.n;
    op->bytes = malloc(bytes.n + 1);
    assert(op->bytes != NULL);
    memcpy(op->bytes, bytes.p, bytes.n);
}

void power_disk_truncate(struct power_disk *disk, unsigned file, uint64_t size) {
    struct op *op = note(disk, POWER_TRUNCATE);
    op->file = file;
    op->at = size;
}

void power_disk_sync(struct power_disk *disk, unsigned file) {
    note(disk, POWER_SYNC)->file = file;
}

void power_disk_sync_directory(struct power_disk *disk) {
    (void)note(disk, POWER_SYNC_DIRECTORY);
}

size_t power_disk_ops(const struct power_disk *disk) {
    return disk->n;
}

enum power_op power_disk_op(const struct power_disk *disk, size_t i) {
    assert(i < disk->n);
    return disk->ops[i].kind;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void resize(struct bytes *bytes, size_t n) {
    if (n > bytes->capacity) {
        bytes->capacity = 2 * n;
        bytes->p = realloc(bytes->p, bytes->capacity);
        assert(bytes->p != NULL);
    }
    if (n > bytes->n) {
        memset(bytes->p + bytes->n, 0, n - bytes->n);
    }
    bytes->n = n;
}

static void apply(struct bytes *bytes, const struct op *op) {
    if (op->kind == POWER_TRUNCATE) {
        resize(bytes, op->at);
        return;
    }
    if (op->at + op->n > bytes->n) {
        resize(bytes, op->at + op->n);
    }
    memcpy(bytes->p + op->at, op->bytes, op->n);
}

/* --- what was synced -------------------------------------------------------------------------- */

static void forget(struct power_disk *disk) {
    for (unsigned i = 0; disk->files != NULL && i < disk->files_n; i++) {
        free(disk->files[i].synced.p);
        free(disk->files[i].pending.ops);
    }
    for (size_t i = 0; i < disk->names_n; i++) {
        free(disk->names[i].text);
    }
    free(disk->files);
    free(disk->names);
    free(disk->unlinked.ops);
    disk->files = NULL;
    disk->names = NULL;
    disk->names_n = disk->at = 0;
    disk->unlinked = (struct pending){0};
}

void power_disk_free(struct power_disk *disk) {
    if (disk == NULL) {
        return;
    }
    forget(disk);
    for (size_t i = 0; i < disk->n; i++) {
        free(disk->ops[i].name);
        free(disk->ops[i].bytes);
    }
    free(disk->ops);
    free(disk);
}

static void pend(struct pending *pending, size_t op) {
    pending->ops = grow(pending->ops, pending->n, &pending->capacity, sizeof *pending->ops);
    pending->ops[pending->n++] = op;
}

static struct name *name_of(struct power_disk *disk, const char *text) {
    for (size_t i = 0; i < disk->names_n; i++) {
        if (strcmp(disk->names[i].text, text) == 0) {
            return &disk->names[i];
        }
    }
    disk->names = reallocarray(disk->names, disk->names_n + 1, sizeof *disk->names);
    assert(disk->names != NULL);
    struct name *name = &disk->names[disk->names_n++];
    *name = (struct name){copied(text), NO_FILE};
    return name;
}

static void sync_file(struct power_disk *disk, struct file *file) {
    for (size_t i = 0; i < file->pending.n; i++) {
        apply(&file->synced, &disk->ops[file->pending.ops[i]]);
    }
    file->pending.n = 0;
}

static void sync_names(struct power_disk *disk) {
    for (size_t i = 0; i < disk->unlinked.n; i++) {
        const struct op *op = &disk->ops[disk->unlinked.ops[i]];
        name_of(disk, op->name)->file = op->file;
    }
    disk->unlinked.n = 0;
}

static void go_to(struct power_disk *disk, size_t n) {
    assert(n <= disk->n);
    if (n < disk->at || disk->files == NULL) {
        forget(disk);
        disk->files = calloc(disk->files_n + 1, sizeof *disk->files);
        assert(disk->files != NULL);
    }
    for (; disk->at < n; disk->at++) {
        const struct op *op = &disk->ops[disk->at];
        switch (op->kind) {
        case POWER_LINK:
        case POWER_UNLINK:
            pend(&disk->unlinked, disk->at);
            break;
        case POWER_WRITE:
        case POWER_TRUNCATE:
            pend(&disk->files[op->file].pending, disk->at);
            break;
        case POWER_SYNC:
            sync_file(disk, &disk->files[op->file]);
            break;
        case POWER_SYNC_DIRECTORY:
            sync_names(disk);
            break;
        }
    }
}

/* --- what the power left ---------------------------------------------------------------------- */

static uint64_t mixed(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* How many of n changes of one place have come to the disk: often none or all of them. */
static size_t come(uint64_t seed, uint64_t place, size_t n) {
    uint64_t r = mixed(mixed(seed) ^ place);
    return r % 3 == 0 ? 0 : r % 3 == 1 ? n : (r >> 8) % (n + 1);
}

static void write_torn(struct bytes *bytes, const struct op *op, size_t i, size_t n, uint64_t seed,
                       bool longer) {
    for (size_t done = 0; done < op->n;) {
        uint64_t at = op->at + done, sector = at / SECTOR;
        size_t part = (size_t)((sector + 1) * SECTOR - at);
        part = part < op->n - done ? part : op->n - done;
        if (i < come(seed, sector << 1, n)) {
            const struct op piece = {
                .kind = POWER_WRITE, .bytes = op->bytes + done, .n = part, .at = at};
            apply(bytes, &piece);
        } else if (longer && at + part > bytes->n) {
            resize(bytes, at + part);
        }
        done += part;
    }
}

static struct bytes file_after(const struct power_disk *disk, unsigned number, enum power_loss loss,
                               uint64_t seed) {
    const struct file *file = &disk->files[number];
    const struct pending *pending = &file->pending;
    struct bytes bytes = {0};
    resize(&bytes, file->synced.n);
    if (file->synced.n > 0) {
        memcpy(bytes.p, file->synced.p, file->synced.n);
    }
    seed = mixed(seed + number);
    for (size_t i = 0; loss != POWER_DROPPED && i < pending->n; i++) {
        const struct op *op = &disk->ops[pending->ops[i]];
        if (loss == POWER_KILLED) {
            apply(&bytes, op);
        } else if (op->kind == POWER_WRITE) {
            write_torn(&bytes, op, i, pending->n, seed, seed % 2 == 0);
        } else if (i < come(seed, 1, pending->n)) {
            apply(&bytes, op);
        }
    }
    return bytes;
}

static unsigned name_after(const struct power_disk *disk, const struct name *name,
                           enum power_loss loss, uint64_t seed) {
    const struct pending *pending = &disk->unlinked;
    unsigned file = name->file;
    size_t n = loss == POWER_DROPPED ? 0
               : loss == POWER_KILLED
                   ? pending->n
                   : come(seed, mixed((uint64_t)(name - disk->names)), pending->n);
    for (size_t i = 0; i < n; i++) {
        const struct op *op = &disk->ops[pending->ops[i]];
        if (strcmp(op->name, name->text) == 0) {
            file = op->file;
        }
    }
    return file;
}

void power_disk_after(struct power_disk *disk, size_t n, enum power_loss loss, uint64_t seed,
                      void (*put)(void *ctx, const char *name, struct cw_slice bytes), void *ctx) {
    go_to(disk, n);
    for (size_t i = 0; i < disk->unlinked.n; i++) {
        (void)name_of(disk, disk->ops[disk->unlinked.ops[i]].name);
    }
    for (size_t i = 0; i < disk->names_n; i++) {
        unsigned file = name_after(disk, &disk->names[i], loss, seed);
        if (file != NO_FILE) {
            struct bytes bytes = file_after(disk, file, loss, seed);
            put(ctx, disk->names[i].text, cw_slice_of(bytes.p, bytes.n));
            free(bytes.p);
        }
    }
}
