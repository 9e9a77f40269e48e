/* What is still to be read of a chain's past, and from where on each route was shown its chains. */
#include "store/sql.h"

/* --- intervals -------------------------------------------------------------------------------- */

enum cw_err cw_store_unread(struct cw_store *store, int64_t chain, struct cw_intervals *ret,
                            struct cw_error *error) {
    static const char select[] =
        "SELECT from_block, to_block, hash FROM unread WHERE chain = ?1 ORDER BY from_block";
    struct cw_sql sql = cw_sql_open(store, select, "unread", error);
    cw_sql_put_i64(&sql, 1, chain);
    struct cw_intervals set = {0};
    while (cw_sql_step(&sql)) {
        struct cw_interval one = {
            cw_sql_get_u64(&sql, 0), cw_sql_get_u64(&sql, 1), !cw_sql_is_null(&sql, 2), {{0}}};
        if (one.bound)
            one.hash = cw_sql_get_hash32(&sql, 2);
        if (sql.err == CW_OK && one.from > one.to)
            sql.err = cw_error_set(error, CW_ERR_SCHEMA, "%s: blocks %llu to %llu are no interval",
                                   store->path, (unsigned long long)one.from,
                                   (unsigned long long)one.to);
        if (sql.err == CW_OK && cw_intervals_add(&set, &one) != CW_OK)
            sql.err = cw_error_set(error, CW_ERR_MEMORY, "out of memory");
        if (sql.err != CW_OK)
            break;
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = set;
    else
        cw_intervals_done(&set);
    return err;
}

static enum cw_err write_one(struct cw_store *store, int64_t chain, const struct cw_interval *one,
                             struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO unread(chain, from_block, to_block, hash) VALUES(?1, ?2, ?3, ?4)";
    struct cw_sql sql = cw_sql_open(store, insert, "unread", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64(&sql, 2, one->from);
    cw_sql_put_u64(&sql, 3, one->to);
    cw_sql_put_hash32(&sql, 4, one->bound ? &one->hash : NULL);
    return cw_sql_run(&sql);
}

/* They are few: all are written. */
static enum cw_err write_all(struct cw_store *store, int64_t chain, const struct cw_intervals *set,
                             struct cw_error *error) {
    struct cw_sql sql = cw_sql_open(store, "DELETE FROM unread WHERE chain = ?1", "unread", error);
    cw_sql_put_i64(&sql, 1, chain);
    enum cw_err err = cw_sql_run(&sql);
    for (size_t i = 0; err == CW_OK && i < set->n; i++)
        err = write_one(store, chain, &set->list[i], error);
    return err;
}

struct change {
    enum { ADD, REMOVE, CUT } kind;
    struct cw_interval one; /* ADD, REMOVE; CUT: what lies above its `to` */
    const struct cw_hash32 *below;
    bool unbind;
};

static enum cw_err change(struct cw_store *store, int64_t chain, const struct change *change,
                          struct cw_error *error) {
    struct cw_intervals set = {0};
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = cw_store_unread(store, chain, &set, error);
    enum cw_err applied = CW_OK;
    switch (change->kind) {
    case ADD:
        if (err == CW_OK)
            applied = cw_intervals_add(&set, &change->one);
        break;
    case REMOVE:
        if (err == CW_OK)
            applied = cw_intervals_remove(&set, change->one.from, change->one.to, change->below);
        break;
    case CUT:
        cw_intervals_cut(&set, change->one.to, change->unbind);
        break;
    }
    if (applied != CW_OK)
        err = cw_error_set(error, applied, "out of memory");
    if (err == CW_OK)
        err = write_all(store, chain, &set, error);
    cw_intervals_done(&set);
    return cw_sql_group_close(store, err, error);
}

enum cw_err cw_store_unread_add(struct cw_store *store, int64_t chain,
                                const struct cw_interval *blocks, struct cw_error *error) {
    const struct change add = {.kind = ADD, .one = *blocks};
    return change(store, chain, &add, error);
}

enum cw_err cw_store_unread_remove(struct cw_store *store, int64_t chain,
                                   struct cw_block_number from, struct cw_block_number to,
                                   const struct cw_hash32 *below, struct cw_error *error) {
    const struct change remove = {
        .kind = REMOVE, .one = {.from = from.v, .to = to.v}, .below = below};
    return change(store, chain, &remove, error);
}

enum cw_err cw_store_unread_cut(struct cw_store *store, int64_t chain, struct cw_block_number above,
                                bool unbind, struct cw_error *error) {
    const struct change cut = {.kind = CUT, .one = {.to = above.v}, .unbind = unbind};
    return change(store, chain, &cut, error);
}

/* --- routes ----------------------------------------------------------------------------------- */

enum cw_err cw_store_reach_get(struct cw_store *store, int64_t route, enum cw_side side,
                               struct cw_store_reach *ret, struct cw_error *error) {
    static const char select[] = "SELECT from_block, blind_from, blind_to FROM reach"
                                 " WHERE route = ?1 AND side = ?2";
    struct cw_sql sql = cw_sql_open(store, select, "reach", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, (int64_t)side);
    struct cw_store_reach reach = {.known = cw_sql_step(&sql)};
    if (reach.known) {
        reach.from = cw_sql_get_u64(&sql, 0);
        reach.blind = !cw_sql_is_null(&sql, 1);
        reach.blind_from = reach.blind ? cw_sql_get_u64(&sql, 1) : 0;
        reach.blind_to = reach.blind ? cw_sql_get_u64(&sql, 2) : 0;
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = reach;
    return err;
}

enum cw_err cw_store_reach_set(struct cw_store *store, int64_t route, enum cw_side side,
                               const struct cw_store_reach *reach, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO reach(route, side, from_block, blind_from, blind_to)"
        " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET from_block = excluded.from_block,"
        " blind_from = excluded.blind_from, blind_to = excluded.blind_to";
    struct cw_sql sql = cw_sql_open(store, insert, "reach", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, (int64_t)side);
    cw_sql_put_u64(&sql, 3, reach->from);
    if (reach->blind) {
        cw_sql_put_u64(&sql, 4, reach->blind_from);
        cw_sql_put_u64(&sql, 5, reach->blind_to);
    }
    return cw_sql_run(&sql);
}
