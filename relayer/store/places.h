/* Where rows stand in a list that is shown newest first, and the newest of those that several
 * searches find: each is cut where the ones before it have left no room, so that a page costs what
 * the page holds. Inside the store only. */
#ifndef STORE_PLACES_H
#define STORE_PLACES_H

#include "store/sql.h"

/* Ordered by time, then row; a list without times has 0 in all of them. */
struct cw_store_place {
    int64_t time_s, row;
};

struct cw_store_places {
    struct cw_sql_list list; /* of places; newest first once cw_store_places_read has returned */
    size_t limit;
    struct cw_store_place least; /* what is older has no room any longer */
};

/* At most limit of them are kept. */
void cw_store_places_init(struct cw_store_places *places, struct cw_arena *arena, size_t limit);
/* Takes what the statement finds, (row, time_s) each, and ends it. */
CW_MUST_USE enum cw_err cw_store_places_read(struct cw_store_places *places, struct cw_sql *sql);
/* One more; false and the statement's error set when memory is short. Not sorted in. */
bool cw_store_places_add(struct cw_store_places *places, struct cw_sql *sql,
                         struct cw_store_place place);
const struct cw_store_place *cw_store_places_at(const struct cw_store_places *places, size_t i);

#endif
