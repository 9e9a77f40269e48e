/* SQLite's file system in memory, on a disk that loses power: what is done to it is noted in a
 * struct power_disk. It promises SQLite what its own file system does (a sector that is written
 * harms no bytes beside it) and syncs the directory where that one does: with the first sync of a
 * journal that was made, and with a deletion where SQLite asks for it.
 *
 * One connection at a time. Link with --wrap=fsync: the program's own syncs of directories count,
 * too, and no file waits for a real disk. */
#ifndef SUPPORT_POWER_VFS_H
#define SUPPORT_POWER_VFS_H

#include "power_disk.h"

/* Makes it the default file system of this process; asserts on failure. */
void power_vfs_install(void);
/* Where the operations are noted from now on; NULL: nowhere. Files that are there are none of that
 * disk's: clear before. */
void power_vfs_record(struct power_disk *disk);
/* No file is there any longer. None may be open. */
void power_vfs_clear(void);
/* A file is there; as power_disk_after wants it, ctx is not looked at. */
void power_vfs_put(void *ctx, const char *name, struct cw_slice bytes);

#endif
