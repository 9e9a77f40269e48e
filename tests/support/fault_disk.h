/* Makes the disk fail for the program's own objects (link with --wrap of pwrite, fdatasync,
 * ftruncate).
 */
#ifndef SUPPORT_FAULT_DISK_H
#define SUPPORT_FAULT_DISK_H

#include <stdbool.h>
#include <stddef.h>

enum fault_disk { FAULT_PWRITE = 1, FAULT_FDATASYNC = 2, FAULT_FTRUNCATE = 4 };

/* From now on calls of these kinds (0: none) fail with that errno; a pwrite takes the first room
 * bytes before. */
void fault_disk(unsigned kinds, int error_number, size_t room);
/* How often fdatasync succeeded since the last fault_disk(). */
unsigned fault_disk_syncs(void);

#endif
