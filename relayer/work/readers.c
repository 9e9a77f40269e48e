#include "work/readers.h"

#include <stdio.h>
#include <string.h>

static bool overlap(const struct reading *reading, uint64_t from, uint64_t to) {
    return reading->from <= to && from <= reading->to;
}

static bool beside(const struct reading *reading, uint64_t from, uint64_t to) {
    return (reading->to < from && from - reading->to == 1) ||
           (to < reading->from && reading->from - to == 1);
}

/* The newest one, where it is beside these blocks and by the same endpoint, and none of the blocks
 * was read since. What is read again is a reading of its own. */
static struct reading *extensible(struct readers *readers, uint64_t from, uint64_t to,
                                  const char *by) {
    for (size_t i = readers->n; i-- > 0;) {
        struct reading *reading = &readers->list[i];
        if (overlap(reading, from, to))
            return NULL;
        if (beside(reading, from, to) && strcmp(reading->by, by) == 0)
            return reading;
    }
    return NULL;
}

void readers_add(struct readers *readers, uint64_t from, uint64_t to, const char *by) {
    struct reading added = {.from = from, .to = to};
    snprintf(added.by, sizeof added.by, "%s", by);
    struct reading *known = extensible(readers, from, to, added.by);
    if (known) {
        if (from < known->from)
            known->from = from;
        else
            known->to = to;
        return;
    }
    if (readers->n == READERS_MAX) {
        readers->n--;
        memmove(readers->list, readers->list + 1, readers->n * sizeof readers->list[0]);
    }
    readers->list[readers->n++] = added;
}

const char *readers_last(const struct readers *readers, uint64_t from, uint64_t to) {
    for (size_t i = readers->n; i-- > 0;)
        if (overlap(&readers->list[i], from, to))
            return readers->list[i].by;
    return NULL;
}

size_t readers_before(const struct readers *readers, uint64_t block, const char **ret, size_t cap) {
    size_t n = 0;
    bool newest = true;
    for (size_t i = readers->n; i-- > 0 && n < cap;) {
        const struct reading *reading = &readers->list[i];
        if (!overlap(reading, block, block))
            continue;
        bool known = newest || reading->by[0] == '\0';
        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(ret[k], reading->by) == 0;
        if (!known)
            ret[n++] = reading->by;
        newest = false;
    }
    return n;
}
