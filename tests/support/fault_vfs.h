/* A disk that fails when it is told to: SQLite's default file system with counted faults. */
#ifndef SUPPORT_FAULT_VFS_H
#define SUPPORT_FAULT_VFS_H

#include <stdbool.h>

enum fault_kind {
    FAULT_FULL,    /* the n-th write finds no space, and so do all after it */
    FAULT_WRITE,   /* the n-th write fails, the next ones work */
    FAULT_SYNC,    /* the n-th sync fails */
    FAULT_TRUNCATE /* the n-th truncation fails */
};

/* Makes it the default file system of this process; asserts on failure. */
void fault_vfs_install(void);
/* n counts from 1; 0: no fault. */
void fault_vfs_arm(enum fault_kind kind, unsigned n);
/* Whether the armed fault has come. */
bool fault_vfs_hit(void);

#endif
