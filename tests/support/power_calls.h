/* Files of the real file system on a disk that loses power: what the program's own objects do to
 * them is noted in a struct power_disk (link with --wrap of open, pwrite, ftruncate, fdatasync,
 * fsync). Nothing waits for the real disk. */
#ifndef SUPPORT_POWER_CALLS_H
#define SUPPORT_POWER_CALLS_H

#include "power_disk.h"

/* Where calls are noted from now on; NULL: nowhere. Files that
 * are there by then are none of it. */
void power_calls_record(struct power_disk *disk);
/* The next n fdatasync fail, and leave open what came to the disk. */
void power_calls_fail_sync(unsigned n);

#endif
