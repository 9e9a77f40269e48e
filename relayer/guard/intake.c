/* What a batch of a chain's blocks means for the route's invariants. */
#include "guard/internal.h"

#include <inttypes.h>
#include <stdio.h>

#define SUBJECTS_MAX   16u
#define ROLLBACK_BYTES (16u << 20)
#define LOG_BYTES      (64u << 10) /* as evidence tells of it */

enum cw_err guard_filters(const struct route *route, struct cw_filter *out, size_t cap,
                          size_t *ret_n) {
    const struct cw_adapter_ops *ops = route->config->adapter;
    if (route->guard && ops->watched)
        return ops->watched(route->adapter, out, cap, ret_n);
    *ret_n = 0;
    return CW_OK;
}

static enum cw_err put(struct guard *guard, const struct cw_subject *s, struct cw_slice log,
                       struct cw_error *error) {
    const struct route *route = guard->route;
    struct cw_store_subject subject = {.route = route->row, .s = *s, .log = log};
    bool is_new = false;
    snprintf(subject.invariant, sizeof subject.invariant, "%s",
             guard_ops(guard)->invariants[s->invariant].name);
    enum cw_err err = cw_store_subject_put(guard_store(guard), &subject, wall_ms(route->relay),
                                           &is_new, error);
    if (err == CW_OK && is_new)
        guard_stale(guard, GUARD_OF_KEY, &s->key); /* of the same key: told of this one */
    return err;
}

/* All that the log gives: more than are expected are asked for again. */
static enum cw_err subjects_of(const struct guard *guard, enum cw_side side,
                               const struct cw_log *log, struct cw_arena *arena,
                               struct cw_subject **ret, size_t *ret_n, struct cw_error *error) {
    size_t cap = SUBJECTS_MAX, n = 0;
    for (;;) {
        struct cw_subject *list = cw_arena_array(arena, cap, sizeof *list);
        if (!list)
            return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
        enum cw_err err = guard_ops(guard)->subjects(guard->route->adapter, side, log, arena, list,
                                                     cap, &n, error);
        if (err != CW_OK)
            return err;
        if (n <= cap) {
            *ret = list;
            *ret_n = n;
            return CW_OK;
        }
        cap = n;
    }
}

enum cw_err guard_take_log(struct guard *guard, enum cw_side side, const struct cw_log *log,
                           struct cw_arena *arena, struct cw_error *error) {
    struct cw_subject *list = NULL;
    size_t n = 0;
    struct cw_error why;
    guard->knows = guard->knows || guard->route->prepared;
    if (!guard->knows) /* shown again once it is prepared */
        return CW_OK;
    enum cw_err err = subjects_of(guard, side, log, arena, &list, &n, &why);
    if (err == CW_ERR_MEMORY)
        return cw_error_set(error, err, "log %" PRIu64 " of block %" PRIu64 ": %s", log->log_index,
                            log->block.number.v, why.text);
    if (err != CW_OK) {
        cw_log(CW_LOG_ERROR, guard->route->subject,
               "log %" PRIu64 " of block %" PRIu64 " not understood by its invariants: %s",
               log->log_index, log->block.number.v, why.text);
        return CW_OK;
    }
    struct cw_buf text;
    cw_buf_init(&text, LOG_BYTES);
    if (n > 0)
        record_log(&text, log);
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        list[i].side = side;
        list[i].block = log->block;
        list[i].tx = log->tx_hash;
        list[i].log_index = log->log_index;
        err = put(guard, &list[i], cw_buf_slice(&text), error);
    }
    cw_buf_done(&text);
    return err;
}

enum cw_err guard_take_message(struct guard *guard, const struct cw_hash32 *id,
                               const struct cw_hash32 *alias, struct cw_error *error) {
    const struct cw_hash32 *refs[] = {id, alias};
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < CW_COUNT(refs); i++) {
        if (cw_hash32_is_zero(refs[i]))
            continue;
        guard_stale(guard, GUARD_OF_MESSAGE, refs[i]);
        err = cw_store_subjects_wake_message(guard_store(guard), guard->route->row, refs[i],
                                             wall_ms(guard->route->relay), error);
    }
    return err;
}

enum cw_err guard_roll_back(struct guard *guard, enum cw_side side,
                            const struct cw_watch_batch *batch, struct cw_error *error) {
    const struct route *route = guard->route;
    struct cw_store *store = guard_store(guard);
    const uint64_t now = wall_ms(route->relay);
    struct cw_store_gone *gone = NULL;
    size_t n = 0;
    struct cw_arena arena;
    cw_arena_init(&arena, ROLLBACK_BYTES);
    enum cw_err err = cw_store_subjects_cut(store, route->row, side, batch->above,
                                            batch->beyond_final, now, &arena, &gone, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = guard_over(guard, gone[i].invariant, &gone[i].key, NULL,
                         "its block is gone from the chain", error);
    if (err == CW_OK && batch->bottomless)
        err = cw_store_subjects_wake_all(store, route->row, now, error);
    cw_arena_done(&arena);
    return err;
}
