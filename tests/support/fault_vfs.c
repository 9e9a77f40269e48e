#include "fault_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

struct fault_file {
    sqlite3_file base;
    sqlite3_io_methods methods; /* of this file: the real one's version decides what it can do */
    /* the real file follows */
};

static sqlite3_vfs vfs;
static sqlite3_vfs *real_vfs;
static enum fault_kind armed_kind;
static unsigned left;
static bool hit;

void fault_vfs_arm(enum fault_kind kind, unsigned n) {
    armed_kind = kind;
    left = n;
    hit = false;
}

bool fault_vfs_hit(void) {
    return hit;
}

/* Counts one operation; whether it is to fail. */
static bool fails(enum fault_kind kind) {
    bool same = kind == armed_kind || (kind == FAULT_WRITE && armed_kind == FAULT_FULL);
    if (!same)
        return false;
    if (hit)
        return armed_kind == FAULT_FULL;
    if (left == 0 || --left > 0)
        return false;
    hit = true;
    return true;
}

static size_t real_offset(void) {
    size_t align = _Alignof(max_align_t);
    return (sizeof(struct fault_file) + align - 1) / align * align;
}

static sqlite3_file *real(sqlite3_file *file) {
    return (sqlite3_file *)(void *)((char *)file + real_offset());
}

static int f_close(sqlite3_file *f) {
    return real(f)->pMethods->xClose(real(f));
}
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
    return real(f)->pMethods->xRead(real(f), p, n, at);
}
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    if (fails(FAULT_WRITE))
        return armed_kind == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return real(f)->pMethods->xWrite(real(f), p, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 size) {
    if (fails(FAULT_TRUNCATE))
        return SQLITE_IOERR_TRUNCATE;
    return real(f)->pMethods->xTruncate(real(f), size);
}
static int f_sync(sqlite3_file *f, int flags) {
    if (fails(FAULT_SYNC))
        return SQLITE_IOERR_FSYNC;
    return real(f)->pMethods->xSync(real(f), flags);
}
static int f_size(sqlite3_file *f, sqlite3_int64 *size) {
    return real(f)->pMethods->xFileSize(real(f), size);
}
static int f_lock(sqlite3_file *f, int level) {
    return real(f)->pMethods->xLock(real(f), level);
}
static int f_unlock(sqlite3_file *f, int level) {
    return real(f)->pMethods->xUnlock(real(f), level);
}
static int f_check_lock(sqlite3_file *f, int *out) {
    return real(f)->pMethods->xCheckReservedLock(real(f), out);
}
static int f_control(sqlite3_file *f, int op, void *arg) {
    return real(f)->pMethods->xFileControl(real(f), op, arg);
}
static int f_sector(sqlite3_file *f) {
    return real(f)->pMethods->xSectorSize(real(f));
}
static int f_traits(sqlite3_file *f) {
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}
static void f_shm_barrier(sqlite3_file *f) {
    real(f)->pMethods->xShmBarrier(real(f));
}
static int f_shm_unmap(sqlite3_file *f, int delete_flag) {
    return real(f)->pMethods->xShmUnmap(real(f), delete_flag);
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
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_check_lock,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_traits,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags, int *out) {
    (void)v;
    struct fault_file *f = (struct fault_file *)(void *)file;
    int rc = real_vfs->xOpen(real_vfs, name, real(file), flags, out);
    if (real(file)->pMethods == NULL) {
        f->base.pMethods = NULL;
        return rc;
    }
    f->methods = methods;
    if (real(file)->pMethods->iVersion < 2)
        f->methods.iVersion = 1;
    f->base.pMethods = &f->methods;
    return rc;
}

void fault_vfs_install(void) {
    real_vfs = sqlite3_vfs_find(NULL);
    assert(real_vfs != NULL);
    vfs = *real_vfs;
    vfs.zName = "fault";
    vfs.szOsFile = (int)real_offset() + real_vfs->szOsFile;
    vfs.xOpen = v_open;
    vfs.pNext = NULL;
    int rc = sqlite3_vfs_register(&vfs, 1);
    assert(rc == SQLITE_OK);
    (void)rc;
}
