/* Who said where a chain's logs are: for each range of blocks that was read the endpoint whose
 * eth_getLogs was followed, newest reading last. Of this run of the program, and of the newest
 * ranges. */
#ifndef WORK_READERS_H
#define WORK_READERS_H

#include <causeway/base.h>

#define READERS_MAX   256u
#define READERS_LABEL 96u

struct reading {
    uint64_t from, to; /* blocks; both are in it */
    char by[READERS_LABEL];
};

/* All zero: nothing was read. */
struct readers {
    struct reading list[READERS_MAX];
    size_t n;
};

/* by: the endpoint's label; "" when nobody was believed, the headers told. */
void readers_add(struct readers *readers, uint64_t from, uint64_t to, const char *by);
/* Who read a block of that range last; NULL when that is not known. */
const char *readers_last(const struct readers *readers, uint64_t from, uint64_t to);
/* Those who read the block before it was read last, each once: at most cap labels, borrowed until
 * the next readers_add. Returns how many. */
size_t readers_before(const struct readers *readers, uint64_t block, const char **ret, size_t cap);

#endif
