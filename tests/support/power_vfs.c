#include "power_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODES_MAX  16
#define SHARED_MAX 64

/* A file that has a name, or is open still. */
struct node {
    char *name; /* NULL: it has none (any longer) */
    uint8_t *p;
    size_t n, capacity;
    bool noted;
    unsigned number, opened;
    void *shared[SHARED_MAX]; /* pages of memory that connections would share */
};

struct power_file {
    sqlite3_file base;
    struct node *node;
    bool sync_directory; /* with its next sync */
};

static sqlite3_vfs vfs;
static struct power_disk *disk;
static struct node nodes[NODES_MAX];

/* --- files ------------------------------------------------------------------------------------ */

static struct node *find(const char *name) {
    for (size_t i = 0; i < NODES_MAX; i++) {
        if (nodes[i].name != NULL && strcmp(nodes[i].name, name) == 0) {
            return &nodes[i];
        }
    }
    return NULL;
}

static void forget_shared(struct node *node) {
    for (size_t i = 0; i < SHARED_MAX; i++) {
        free(node->shared[i]);
        node->shared[i] = NULL;
    }
}

static void release(struct node *node) {
    if (node->name == NULL && node->opened == 0) {
        forget_shared(node);
        free(node->p);
        *node = (struct node){0};
    }
}

/* name NULL: of none, and not noted */
static struct node *make(const char *name) {
    size_t i = 0;
    while (i < NODES_MAX && (nodes[i].name != NULL || nodes[i].opened > 0)) {
        i++;
    }
    assert(i < NODES_MAX);
    struct node *node = &nodes[i];
    node->name = name != NULL ? strdup(name) : NULL;
    node->noted = disk != NULL && name != NULL;
    node->number = node->noted ? power_disk_link(disk, name) : 0;
    return node;
}

static void resize(struct node *node, size_t n) {
    if (n > node->capacity) {
        node->capacity = 2 * n;
        node->p = realloc(node->p, node->capacity);
        assert(node->p != NULL);
    }
    if (n > node->n) {
        memset(node->p + node->n, 0, n - node->n);
    }
    node->n = n;
}

void power_vfs_record(struct power_disk *to) {
    disk = to;
}

void power_vfs_clear(void) {
    for (size_t i = 0; i < NODES_MAX; i++) {
        assert(nodes[i].opened == 0);
        free(nodes[i].name);
        nodes[i].name = NULL;
        release(&nodes[i]);
    }
}

void power_vfs_put(void *ctx, const char *name, struct cw_slice bytes) {
    (void)ctx;
    struct node *node = make(name);
    resize(node, bytes.n);
    if (bytes.n > 0) {
        memcpy(node->p, bytes.p, bytes.n);
    }
}

/* --- open files ------------------------------------------------------------------------------- */

static struct node *node_of(sqlite3_file *f) {
    return ((struct power_file *)(void *)f)->node;
}

static int f_close(sqlite3_file *f) {
    struct node *node = node_of(f);
    node->opened--;
    release(node);
    return SQLITE_OK;
}
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
    const struct node *node = node_of(f);
    size_t have = (size_t)at < node->n ? node->n - (size_t)at : 0;
    have = have < (size_t)n ? have : (size_t)n;
    if (have > 0) {
        memcpy(p, node->p + at, have);
    }
    memset((char *)p + have, 0, (size_t)n - have);
    return have == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    struct node *node = node_of(f);
    size_t end = (size_t)at + (size_t)n;
    if (node->noted) {
        power_disk_write(disk, node->number, cw_slice_of(p, (size_t)n), (uint64_t)at);
    }
    resize(node, end > node->n ? end : node->n);
    memcpy(node->p + at, p, (size_t)n);
    return SQLITE_OK;
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 size) {
    struct node *node = node_of(f);
    if (node->noted) {
        power_disk_truncate(disk, node->number, (uint64_t)size);
    }
    resize(node, (size_t)size);
    return SQLITE_OK;
}
static int f_sync(sqlite3_file *f, int flags) {
    (void)flags;
    struct power_file *file = (struct power_file *)(void *)f;
    if (file->node->noted) {
        power_disk_sync(disk, file->node->number);
        if (file->sync_directory) {
            power_disk_sync_directory(disk);
        }
    }
    file->sync_directory = false;
    return SQLITE_OK;
}
static int f_size(sqlite3_file *f, sqlite3_int64 *size) {
    *size = (sqlite3_int64)node_of(f)->n;
    return SQLITE_OK;
}
static int f_lock(sqlite3_file *f, int level) {
    (void)f;
    (void)level;
    return SQLITE_OK;
}
static int f_check_lock(sqlite3_file *f, int *out) {
    (void)f;
    *out = 0;
    return SQLITE_OK;
}
static int f_control(sqlite3_file *f, int op, void *arg) {
    (void)f;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}
static int f_sector(sqlite3_file *f) {
    (void)f;
    return 4096;
}
static int f_traits(sqlite3_file *f) {
    (void)f;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}
static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    struct node *node = node_of(f);
    assert(page < SHARED_MAX);
    if (node->shared[page] == NULL && extend != 0) {
        node->shared[page] = calloc(1, (size_t)size);
        assert(node->shared[page] != NULL);
    }
    *out = node->shared[page];
    return SQLITE_OK;
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    (void)f;
    (void)at;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}
static void f_shm_barrier(sqlite3_file *f) {
    (void)f;
}
static int f_shm_unmap(sqlite3_file *f, int delete_flag) {
    (void)delete_flag;
    forget_shared(node_of(f));
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_lock,
    .xCheckReservedLock = f_check_lock,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_traits,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

/* --- the file system -------------------------------------------------------------------------- */

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out) {
    (void)v;
    struct power_file *file = (struct power_file *)(void *)f;
    struct node *node = name != NULL ? find(name) : NULL;
    *file = (struct power_file){0};
    if (node == NULL && (flags & SQLITE_OPEN_CREATE) == 0) {
        return SQLITE_CANTOPEN;
    }
    if (node == NULL) {
        const int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL | SQLITE_OPEN_SUPER_JOURNAL;
        node = make(name);
        file->sync_directory = (flags & journals) != 0;
    }
    node->opened++;
    file->node = node;
    file->base.pMethods = &methods;
    if (out != NULL) {
        *out = flags;
    }
    return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_directory) {
    (void)v;
    struct node *node = find(name);
    if (node == NULL) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    if (node->noted) {
        power_disk_unlink(disk, name);
        if (sync_directory != 0) {
            power_disk_sync_directory(disk);
        }
    }
    free(node->name);
    node->name = NULL;
    release(node);
    return SQLITE_OK;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out) {
    (void)v;
    const struct node *node = find(name);
    /* an empty one is none, for SQLite's own */
    *out = node != NULL && (flags != SQLITE_ACCESS_EXISTS || node->n > 0);
    return SQLITE_OK;
}

void power_vfs_install(void) {
    const sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    assert(real != NULL);
    vfs = *real;
    vfs.zName = "power";
    vfs.szOsFile = sizeof(struct power_file);
    vfs.xOpen = v_open;
    vfs.xDelete = v_delete;
    vfs.xAccess = v_access;
    vfs.pNext = NULL;
    int rc = sqlite3_vfs_register(&vfs, 1);
    assert(rc == SQLITE_OK);
    (void)rc;
}

int __wrap_fsync(int fd);

int __wrap_fsync(int fd) {
    struct stat st;
    if (disk != NULL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        power_disk_sync_directory(disk);
    }
    return 0;
}
