/* What endpoints answered about final blocks, so that it is not asked again. Nothing here is
 * believed because it is here: whoever reads an answer back checks it as if an endpoint had given
 * it. */
#include "store/sql.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Of a row beside its value, the indices included. */
#define ROW_BYTES 192u
/* What may wait for a commit; what comes when that is full is not kept. */
#define NOTED_BYTES (1u << 20)

struct cw_store_noted {
    struct cw_store_noted *newer;
    int64_t chain;
    struct cw_store_answer answer; /* its value lies behind */
    uint8_t value[];
};

void cw_store_answers_limit(struct cw_store *store, uint64_t max_bytes) {
    store->answers.max_bytes = max_bytes;
}

static size_t size_of(const struct cw_store_noted *noted) {
    return sizeof(*noted) + noted->answer.value.n;
}

/* --- noting ----------------------------------------------------------------------------------- */

/* The newest with that key. */
static const struct cw_store_noted *find_noted(const struct cw_store *store, int64_t chain,
                                               const struct cw_hash32 *key) {
    const struct cw_store_noted *found = NULL;
    for (const struct cw_store_noted *n = store->answers.oldest; n != NULL; n = n->newer)
        if (n->chain == chain && cw_hash32_equal(&n->answer.key, key))
            found = n;
    return found;
}

/* Drops those of that chain above that block; chain 0: all. */
static void drop_noted(struct cw_store *store, int64_t chain, struct cw_block_number above) {
    struct cw_store_noted **link = &store->answers.oldest;
    store->answers.newest = NULL;
    while (*link != NULL) {
        struct cw_store_noted *noted = *link;
        if (chain == 0 || (noted->chain == chain && noted->answer.block.v > above.v)) {
            *link = noted->newer;
            store->answers.noted_bytes -= size_of(noted);
            free(noted);
        } else {
            store->answers.newest = noted;
            link = &noted->newer;
        }
    }
}

bool cw_store_answer_keep(struct cw_store *store, int64_t chain,
                          const struct cw_store_answer *answer) {
    struct cw_store_answers *a = &store->answers;
    size_t size = sizeof(struct cw_store_noted) + answer->value.n;
    if (store->mode != CW_STORE_WRITE || answer->value.n + ROW_BYTES > a->max_bytes ||
        a->noted_bytes + size > NOTED_BYTES)
        return false;
    struct cw_store_noted *noted = malloc(size);
    if (noted == NULL)
        return false;
    *noted = (struct cw_store_noted){.chain = chain, .answer = *answer};
    if (answer->value.n > 0)
        memcpy(noted->value, answer->value.p, answer->value.n);
    noted->answer.value.p = noted->value;
    if (a->newest == NULL)
        a->oldest = noted;
    else
        a->newest->newer = noted;
    a->newest = noted;
    a->noted_bytes += size;
    return true;
}

bool cw_store_answers_noted(const struct cw_store *store) {
    return store->answers.oldest != NULL;
}

void cw_store_answers_forget(struct cw_store *store) {
    drop_noted(store, 0, (struct cw_block_number){0});
    store->answers.used_n = 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static enum cw_err write_one(struct cw_store *store, const struct cw_store_noted *noted,
                             struct cw_error *error) {
    static const char upsert[] =
        "INSERT INTO answer(chain, key, block, operators, used, size, value)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        " ON CONFLICT DO UPDATE SET block = excluded.block, operators = excluded.operators,"
        " used = excluded.used, size = excluded.size, value = excluded.value";
    const struct cw_store_answer *answer = &noted->answer;
    struct cw_sql sql = cw_sql_open(store, upsert, "answer", error);
    cw_sql_put_i64(&sql, 1, noted->chain);
    cw_sql_put_hash32(&sql, 2, &answer->key);
    cw_sql_put_u64(&sql, 3, answer->block.v);
    cw_sql_put_i64(&sql, 4, answer->operators);
    cw_sql_put_u64(&sql, 5, store->answers.stamp);
    cw_sql_put_u64(&sql, 6, answer->value.n + ROW_BYTES);
    cw_sql_put_blob(&sql, 7, cw_slice_of(noted->value, answer->value.n));
    return cw_sql_run(&sql);
}

static enum cw_err write_use(struct cw_store *store, int64_t row, struct cw_error *error) {
    static const char update[] = "UPDATE answer SET used = ?2 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "answer", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_u64(&sql, 2, store->answers.stamp);
    return cw_sql_run(&sql);
}

static enum cw_err read_u64(struct cw_store *store, const char *select, uint64_t *ret,
                            struct cw_error *error) {
    struct cw_sql sql = cw_sql_open(store, select, "answer", error);
    uint64_t value = cw_sql_step(&sql) ? cw_sql_get_u64(&sql, 0) : 0;
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = value;
    return err;
}

/* Uses are told apart by the write that they were noted with. */
static enum cw_err next_stamp(struct cw_store *store, struct cw_error *error) {
    static const char select[] = "SELECT coalesce(max(used), 0) FROM answer";
    struct cw_store_answers *a = &store->answers;
    enum cw_err err = CW_OK;
    if (a->stamp == 0)
        err = read_u64(store, select, &a->stamp, error);
    if (err == CW_OK)
        a->stamp++;
    return err;
}

/* Those that were used least recently go, until the others fit. */
static enum cw_err make_room(struct cw_store *store, struct cw_error *error) {
    static const char select[] = "SELECT bytes FROM answer_total";
    static const char delete[] = "DELETE FROM answer WHERE row IN"
                                 " (SELECT row FROM answer ORDER BY used, row LIMIT 1)";
    for (;;) {
        uint64_t bytes = 0;
        enum cw_err err = read_u64(store, select, &bytes, error);
        if (err != CW_OK || bytes <= store->answers.max_bytes)
            return err;
        struct cw_sql sql = cw_sql_open(store, delete, "answer", error);
        err = cw_sql_run(&sql);
        if (err != CW_OK)
            return err;
    }
}

enum cw_err cw_store_answers_write(struct cw_store *store, struct cw_error *error) {
    struct cw_store_answers *a = &store->answers;
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    err = next_stamp(store, error);
    for (size_t i = 0; err == CW_OK && i < a->used_n; i++)
        err = write_use(store, a->used[i], error);
    for (const struct cw_store_noted *n = a->oldest; err == CW_OK && n != NULL; n = n->newer)
        err = write_one(store, n, error);
    if (err == CW_OK)
        err = make_room(store, error);
    bool within = store->in_tx; /* else they are on disk with the group's end */
    err = cw_sql_group_close(store, err, error);
    if (err == CW_OK && !within)
        cw_store_answers_forget(store);
    return err;
}

enum cw_err cw_store_answers_cut(struct cw_store *store, int64_t chain,
                                 struct cw_block_number above, struct cw_error *error) {
    static const char delete[] = "DELETE FROM answer WHERE chain = ?1 AND block > ?2";
    drop_noted(store, chain, above);
    struct cw_sql sql = cw_sql_open(store, delete, "answer", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, above.v);
    return cw_sql_run(&sql);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum cw_err copy_noted(const struct cw_store_noted *noted, struct cw_arena *arena,
                              struct cw_store_answer *ret, struct cw_error *error) {
    struct cw_slice value = cw_arena_copy(arena, noted->answer.value);
    if (value.p == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "an answer does not fit into memory");
    *ret = noted->answer;
    ret->value = value;
    return CW_OK;
}

enum cw_err cw_store_answer_find(struct cw_store *store, int64_t chain, const struct cw_hash32 *key,
                                 struct cw_arena *arena, bool *ret_found,
                                 struct cw_store_answer *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT row, block, operators, value FROM answer WHERE chain = ?1 AND key = ?2";
    struct cw_store_answers *a = &store->answers;
    const struct cw_store_noted *noted = find_noted(store, chain, key);
    if (noted != NULL) {
        enum cw_err err = copy_noted(noted, arena, ret, error);
        *ret_found = err == CW_OK || *ret_found;
        return err;
    }
    struct cw_sql sql = cw_sql_open(store, select, "answer", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_hash32(&sql, 2, key);
    bool found = cw_sql_step(&sql);
    struct cw_store_answer answer = {.key = *key};
    int64_t row = 0;
    if (found) {
        row = cw_sql_get_i64(&sql, 0);
        answer.block.v = cw_sql_get_u64(&sql, 1);
        answer.operators = (unsigned)cw_sql_get_int(&sql, 2, 1, INT_MAX);
        answer.value = cw_sql_get_blob(&sql, 3, arena);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret_found = found;
    if (found) {
        *ret = answer;
        if (store->mode == CW_STORE_WRITE && a->used_n < CW_COUNT(a->used))
            a->used[a->used_n++] = row;
    }
    return CW_OK;
}
