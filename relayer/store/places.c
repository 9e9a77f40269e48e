#include "store/places.h"

#include <stdlib.h>

void cw_store_places_init(struct cw_store_places *places, struct cw_arena *arena, size_t limit) {
    *places = (struct cw_store_places){
        .list = {.arena = arena, .size = sizeof(struct cw_store_place)},
        .limit = limit,
        .least = {INT64_MIN, INT64_MIN}};
}

static int newest_first(const void *a, const void *b) {
    const struct cw_store_place *x = a, *y = b;
    if (x->time_s != y->time_s)
        return x->time_s < y->time_s ? 1 : -1;
    return (x->row < y->row) - (x->row > y->row);
}

const struct cw_store_place *cw_store_places_at(const struct cw_store_places *places, size_t i) {
    return (const struct cw_store_place *)places->list.rows + i;
}

bool cw_store_places_add(struct cw_store_places *places, struct cw_sql *sql,
                         struct cw_store_place place) {
    struct cw_store_place *out = cw_sql_add(sql, &places->list);
    if (out == NULL)
        return false;
    *out = place;
    return true;
}

enum cw_err cw_store_places_read(struct cw_store_places *places, struct cw_sql *sql) {
    while (cw_sql_step(sql)) {
        const struct cw_store_place place = {cw_sql_get_i64(sql, 1), cw_sql_get_i64(sql, 0)};
        if (!cw_store_places_add(places, sql, place))
            break;
    }
    enum cw_err err = cw_sql_end(sql);
    if (err != CW_OK || places->list.n == 0)
        return err;
    qsort(places->list.rows, places->list.n, places->list.size, newest_first);
    if (places->list.n >= places->limit) {
        places->list.n = places->limit;
        places->least = *cw_store_places_at(places, places->limit - 1);
    }
    return CW_OK;
}
