#include "store/intervals.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void cw_intervals_done(struct cw_intervals *set) {
    free(set->list);
    *set = (struct cw_intervals){0};
}

enum cw_err cw_intervals_reserve(struct cw_intervals *set) {
    if (set->n < set->capacity)
        return CW_OK;
    size_t capacity = set->capacity ? 2 * set->capacity : 8;
    struct cw_interval *list = reallocarray(set->list, capacity, sizeof *list);
    if (!list)
        return CW_ERR_MEMORY;
    set->list = list;
    set->capacity = capacity;
    return CW_OK;
}

/* One more at index at, to be written by the caller; reserved before. */
static struct cw_interval *open_at(struct cw_intervals *set, size_t at) {
    assert(set->n < set->capacity);
    memmove(&set->list[at + 1], &set->list[at], (set->n - at) * sizeof set->list[0]);
    set->n++;
    return &set->list[at];
}

static void close_at(struct cw_intervals *set, size_t at, size_t n) {
    memmove(&set->list[at], &set->list[at + n], (set->n - at - n) * sizeof set->list[0]);
    set->n -= n;
}

enum cw_err cw_intervals_add(struct cw_intervals *set, const struct cw_interval *one) {
    assert(one->from <= one->to);
    if (cw_intervals_reserve(set) != CW_OK)
        return CW_ERR_MEMORY;
    size_t first = 0;
    while (first < set->n && set->list[first].to < one->from && one->from - set->list[first].to > 1)
        first++;
    struct cw_interval all = *one;
    size_t end = first;
    for (; end < set->n; end++) {
        const struct cw_interval *other = &set->list[end];
        if (other->from > all.to && other->from - all.to > 1)
            break;
        all.from = other->from < all.from ? other->from : all.from;
        if (other->to > all.to || (other->to == all.to && !all.bound)) {
            all.to = other->to;
            all.bound = other->bound;
            all.hash = other->hash;
        }
    }
    if (end == first)
        open_at(set, first);
    else
        close_at(set, first + 1, end - first - 1);
    set->list[first] = all;
    return CW_OK;
}

enum cw_err cw_intervals_remove(struct cw_intervals *set, uint64_t from, uint64_t to,
                                const struct cw_hash32 *below) {
    assert(from <= to);
    if (cw_intervals_reserve(set) != CW_OK)
        return CW_ERR_MEMORY;
    for (size_t i = 0; i < set->n;) {
        struct cw_interval *one = &set->list[i];
        if (one->to < from || one->from > to) {
            i++;
            continue;
        }
        const struct cw_interval whole = *one;
        if (whole.to > to) {
            one->from = to + 1;
        } else {
            close_at(set, i, 1);
        }
        if (whole.from < from) {
            one = open_at(set, i);
            *one = (struct cw_interval){.from = whole.from, .to = from - 1, .bound = below != NULL};
            if (below)
                one->hash = *below;
            i++;
        }
        i += whole.to > to;
    }
    return CW_OK;
}

void cw_intervals_cut(struct cw_intervals *set, uint64_t above, bool unbind) {
    while (set->n > 0 && set->list[set->n - 1].from > above)
        set->n--;
    struct cw_interval *top = set->n > 0 ? &set->list[set->n - 1] : NULL;
    if (top && top->to > above) {
        top->to = above;
        top->bound = false;
    }
    for (size_t i = 0; unbind && i < set->n; i++)
        set->list[i].bound = false;
}

const struct cw_interval *cw_intervals_upto(const struct cw_intervals *set, uint64_t number) {
    size_t n = set->n;
    while (n > 0 && set->list[n - 1].from > number)
        n--;
    return n > 0 ? &set->list[n - 1] : NULL;
}

bool cw_intervals_meet(const struct cw_intervals *set, uint64_t from, uint64_t to) {
    const struct cw_interval *in = cw_intervals_upto(set, to);
    return in && in->to >= from;
}

uint64_t cw_intervals_blocks(const struct cw_intervals *set) {
    uint64_t blocks = 0;
    for (size_t i = 0; i < set->n; i++)
        blocks += set->list[i].to - set->list[i].from + 1;
    return blocks;
}
