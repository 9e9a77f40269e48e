/* A disk that loses power. What is done to it is noted in order; afterwards it says what may stand
 * on it where the power went at any moment in between. Asserts when memory runs out. */
#ifndef SUPPORT_POWER_DISK_H
#define SUPPORT_POWER_DISK_H

#include <causeway/base.h>

#include <stddef.h>
#include <stdint.h>

enum power_op {
    POWER_LINK,   /* a new file gets a name */
    POWER_UNLINK, /* a name goes */
    POWER_WRITE,
    POWER_TRUNCATE,
    POWER_SYNC,          /* of one file: its bytes and its size, not its name */
    POWER_SYNC_DIRECTORY /* of all names */
};

enum power_loss {
    POWER_KILLED,  /* only the process has gone: everything is there */
    POWER_DROPPED, /* nothing is there that was not synced */
    /* Of what was not synced each sector of 512 bytes is as it was at some moment since, each file
     * was cut or not, is longer or not (zeros stand there), and each name is there or not. */
    POWER_TORN
};

struct power_disk;

struct power_disk *power_disk_new(void);
void power_disk_free(struct power_disk *disk); /* takes NULL */

/* The number of the new file, from 0 on. name is copied. */
unsigned power_disk_link(struct power_disk *disk, const char *name);
void power_disk_unlink(struct power_disk *disk, const char *name);
void power_disk_write(struct power_disk *disk, unsigned file, struct cw_slice bytes, uint64_t at);
void power_disk_truncate(struct power_disk *disk, unsigned file, uint64_t size);
void power_disk_sync(struct power_disk *disk, unsigned file);
void power_disk_sync_directory(struct power_disk *disk);

/* Called before each operation. */
void power_disk_watch(struct power_disk *disk, void (*watch)(void *ctx), void *ctx);

/* How many there were. */
size_t power_disk_ops(const struct power_disk *disk);
enum power_op power_disk_op(const struct power_disk *disk, size_t i);

/* Hands over each file that is there where the power went before operation n. seed: which of all
 * that may be, for POWER_TORN. Cheap where n does not fall from one call to the next. */
void power_disk_after(struct power_disk *disk, size_t n, enum power_loss loss, uint64_t seed,
                      void (*put)(void *ctx, const char *name, struct cw_slice bytes), void *ctx);

#endif
