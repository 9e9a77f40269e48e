/* What the source's own counter says, and which numbers are here. */
#include "store/messages.h"
#include "store/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What comes one behind the other and can't be is counted up to here. */
#define UNCOUNTED_MAX 100

#define SEQUENCE_MAX (INT64_MAX / 2) /* one above it is a number still */

int64_t cw_store_sequence(bool has, uint64_t sequence) {
    return has && sequence <= SEQUENCE_MAX ? (int64_t)sequence : -1;
}

/* --- the counter ------------------------------------------------------------------------------ */

enum cw_err cw_store_counter_get(struct cw_store *store, int64_t route, bool *ret_found,
                                 struct cw_store_counter *ret, struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, first_block, base_block, base, checked_ms, block, first, next,"
        " stored, unread, uncounted, trouble FROM counter WHERE route = ?1";
    struct cw_store_counter counter = {0};
    struct cw_sql sql = cw_sql_open(store, select, "counter", error);
    cw_sql_put_i64(&sql, 1, route);
    bool found = cw_sql_step(&sql);
    if (found) {
        counter.first_block.v = cw_sql_get_u64(&sql, 1);
        counter.based = !cw_sql_is_null(&sql, 2);
        if (counter.based)
            counter.base_block.v = cw_sql_get_u64(&sql, 2);
        counter.base = cw_sql_get_u64(&sql, 3);
        counter.checked_ms = cw_sql_get_u64(&sql, 4);
        counter.block.v = cw_sql_get_u64(&sql, 5);
        counter.first = cw_sql_get_u64(&sql, 6);
        counter.next = cw_sql_get_u64(&sql, 7);
        counter.stored = cw_sql_get_u64(&sql, 8);
        counter.unread = cw_sql_get_u64(&sql, 9);
        counter.uncounted = cw_sql_get_u64(&sql, 10);
        cw_sql_get_text(&sql, 11, counter.trouble, sizeof counter.trouble);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret_found = found;
    if (found)
        *ret = counter;
    return CW_OK;
}

enum cw_err cw_store_counter_set(struct cw_store *store, int64_t route,
                                 const struct cw_store_counter *counter, struct cw_error *error) {
    static const char replace[] =
        "INSERT OR REPLACE INTO counter(route, first_block, base_block, base, checked_ms, block,"
        " first, next, stored, unread, uncounted, trouble)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    char trouble[sizeof counter->trouble];
    cw_store_text(trouble, sizeof trouble, counter->trouble);
    struct cw_sql sql = cw_sql_open(store, replace, "counter", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64(&sql, 2, counter->first_block.v);
    if (counter->based)
        cw_sql_put_u64(&sql, 3, counter->base_block.v);
    else
        cw_sql_put_blob(&sql, 3, (struct cw_slice){NULL, 0});
    cw_sql_put_u64(&sql, 4, counter->base);
    cw_sql_put_u64_clamp(&sql, 5, counter->checked_ms);
    cw_sql_put_u64(&sql, 6, counter->block.v);
    cw_sql_put_u64(&sql, 7, counter->first);
    cw_sql_put_u64(&sql, 8, counter->next);
    cw_sql_put_u64(&sql, 9, counter->stored);
    cw_sql_put_u64(&sql, 10, counter->unread);
    cw_sql_put_u64(&sql, 11, counter->uncounted);
    cw_sql_put_text(&sql, 12, trouble);
    return cw_sql_run(&sql);
}

/* --- numbers ---------------------------------------------------------------------------------- */

enum cw_err cw_store_unnumbered(struct cw_store *store, int64_t route, size_t limit,
                                struct cw_arena *arena, struct cw_store_message **ret,
                                size_t *ret_n, struct cw_error *error) {
    static const char select[] = CW_STORE_MESSAGE_COLUMNS
        "FROM message INDEXED BY message_unnumbered WHERE route = ?1 AND sequence IS NULL LIMIT ?2";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, limit);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_message *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        cw_store_message_read(&sql, out);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_message_number(struct cw_store *store, int64_t message, bool has,
                                    uint64_t sequence, struct cw_error *error) {
    static const char update[] = "UPDATE message SET sequence = ?2 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "message", error);
    cw_sql_put_i64(&sql, 1, message);
    cw_sql_put_i64(&sql, 2, cw_store_sequence(has, sequence));
    return cw_sql_run(&sql);
}

enum cw_err cw_store_counted_put(struct cw_store *store, const struct cw_store_counted *counted,
                                 struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO counted(route, chain, sequence, block_number, log_index)"
        " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(route, block_number, log_index) DO NOTHING";
    const int64_t sequence = cw_store_sequence(true, counted->number);
    if (sequence < 0)
        return CW_OK;
    struct cw_sql sql = cw_sql_open(store, insert, "counted", error);
    cw_sql_put_i64(&sql, 1, counted->route);
    cw_sql_put_i64(&sql, 2, counted->chain);
    cw_sql_put_i64(&sql, 3, sequence);
    cw_sql_put_u64(&sql, 4, counted->block.v);
    cw_sql_put_u64(&sql, 5, counted->log_index);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_counted_cut(struct cw_store *store, int64_t chain,
                                 struct cw_block_number above, struct cw_error *error) {
    static const char delete[] = "DELETE FROM counted WHERE chain = ?1 AND block_number > ?2";
    struct cw_sql sql = cw_sql_open(store, delete, "counted", error);
    cw_sql_put_i64(&sql, 1, chain);
    cw_sql_put_u64_clamp(&sql, 2, above.v);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_lowest(struct cw_store *store, int64_t route, bool *ret_found,
                            uint64_t *ret_sequence, struct cw_block_number *ret_block,
                            struct cw_error *error) {
    static const char select[] =
        "SELECT row, sequence, block_number FROM message INDEXED BY message_sequence"
        " WHERE route = ?1 AND sequence >= 0 AND orphaned = 0"
        " UNION ALL SELECT row, sequence, block_number FROM counted INDEXED BY counted_sequence"
        " WHERE route = ?1 ORDER BY sequence LIMIT 1";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    bool found = cw_sql_step(&sql);
    uint64_t sequence = found ? cw_sql_get_u64(&sql, 1) : 0;
    struct cw_block_number block = {found ? cw_sql_get_u64(&sql, 2) : 0};
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret_found = found;
    if (found) {
        *ret_sequence = sequence;
        *ret_block = block;
    }
    return CW_OK;
}

void cw_store_gaps_text(char *text, size_t size, const struct cw_store_gap *gaps, size_t n,
                        size_t shown) {
    for (size_t i = 0; i < n && i < shown; i++) {
        const struct cw_store_gap *gap = &gaps[i];
        char to[32] = "";
        if (gap->to > gap->from)
            snprintf(to, sizeof to, " to %" PRIu64, gap->to);
        size_t at = strlen(text);
        snprintf(text + at, size - at, "%s%" PRIu64 "%s (blocks %" PRIu64 " to %" PRIu64 ")",
                 i > 0 ? ", " : "", gap->from, to, gap->from_block.v, gap->to_block.v);
    }
}

/* --- tally ------------------------------------------------------------------------------------ */

/* Numbers in [first, next) that a message has, and messages that have the number of another one. */
static enum cw_err sum(struct cw_store *store, int64_t route, uint64_t first, uint64_t next,
                       uint64_t *ret_stored, uint64_t *ret_doubled, struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, coalesce(sum(CASE WHEN last >= ?2 AND first < ?3"
        " THEN min(last, ?3 - 1) - max(first, ?2) + 1 ELSE 0 END), 0),"
        " coalesce((SELECT n FROM sequence_total WHERE route = ?1), 0)"
        "  - coalesce(sum(last - first + 1), 0)"
        " FROM sequence_run WHERE route = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "sequence_run", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64(&sql, 2, first);
    cw_sql_put_u64(&sql, 3, next);
    if (cw_sql_step(&sql)) {
        *ret_stored = cw_sql_get_u64(&sql, 1);
        *ret_doubled = cw_sql_get_u64(&sql, 2);
    }
    return cw_sql_end(&sql);
}

/* Messages from that number on upwards that are in no later block than that. Numbers and blocks
 * ascend together: the first one in its place ends it. */
static enum cw_err beyond(struct cw_store *store, int64_t route, uint64_t number,
                          struct cw_block_number block, uint64_t *n, struct cw_error *error) {
    static const char select[] =
        "SELECT row, block_number, sequence FROM message INDEXED BY message_sequence"
        " WHERE route = ?1 AND sequence >= ?2 AND orphaned = 0"
        " UNION ALL SELECT row, block_number, sequence FROM counted INDEXED BY counted_sequence"
        " WHERE route = ?1 AND sequence >= ?2 ORDER BY sequence LIMIT ?3";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64(&sql, 2, number);
    cw_sql_put_i64(&sql, 3, UNCOUNTED_MAX);
    while (cw_sql_step(&sql) && cw_sql_get_u64(&sql, 1) <= block.v)
        ++*n;
    return cw_sql_end(&sql);
}

/* Messages below that number, downwards, that are in a later block. *lowest: the number of the last
 * one; else untouched. */
static enum cw_err behind(struct cw_store *store, int64_t route, uint64_t number,
                          struct cw_block_number block, uint64_t *n, uint64_t *lowest,
                          struct cw_error *error) {
    static const char select[] =
        "SELECT row, block_number, sequence FROM message INDEXED BY message_sequence"
        " WHERE route = ?1 AND sequence >= 0 AND sequence < ?2 AND orphaned = 0"
        " UNION ALL SELECT row, block_number, sequence FROM counted INDEXED BY counted_sequence"
        " WHERE route = ?1 AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64(&sql, 2, number);
    cw_sql_put_i64(&sql, 3, UNCOUNTED_MAX);
    while (cw_sql_step(&sql) && cw_sql_get_u64(&sql, 1) > block.v) {
        *lowest = cw_sql_get_u64(&sql, 2);
        ++*n;
    }
    return cw_sql_end(&sql);
}

enum cw_err cw_store_number_block(struct cw_store *store, int64_t route, uint64_t number,
                                  bool *ret_found, struct cw_block_number *ret_first,
                                  struct cw_block_number *ret_last, struct cw_error *error) {
    static const char select[] =
        "SELECT max(row) AS row, min(block_number), max(block_number) FROM"
        " (SELECT row, block_number, sequence FROM message INDEXED BY message_sequence"
        "  WHERE route = ?1 AND sequence = ?2 AND orphaned = 0"
        "  UNION ALL SELECT row, block_number, sequence FROM counted INDEXED BY counted_sequence"
        "  WHERE route = ?1 AND sequence = ?2) GROUP BY sequence";
    struct cw_sql sql = cw_sql_open(store, select, "message", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64(&sql, 2, number);
    bool found = cw_sql_step(&sql);
    uint64_t first = found ? cw_sql_get_u64(&sql, 1) : 0,
             last = found ? cw_sql_get_u64(&sql, 2) : 0;
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret_found = found;
    if (found) {
        ret_first->v = first;
        ret_last->v = last;
    }
    return CW_OK;
}

/* Holes between the runs below end, without their blocks. Above it up to next is one. */
static enum cw_err find_gaps(struct cw_store *store, int64_t route,
                             const struct cw_store_counter *c, uint64_t end,
                             struct cw_store_tally *tally, struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, first, last FROM sequence_run WHERE route = ?1 AND last >= ?2"
        " AND first < ?3 ORDER BY first LIMIT ?4";
    struct cw_sql sql = cw_sql_open(store, select, "sequence_run", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64(&sql, 2, c->first);
    cw_sql_put_u64(&sql, 3, end);
    cw_sql_put_i64(&sql, 4, CW_STORE_GAPS + 1);
    uint64_t at = c->first;
    bool more = true;
    while (more && at < c->next && tally->gaps_n < CW_STORE_GAPS) {
        more = cw_sql_step(&sql);
        uint64_t until = more ? cw_sql_get_u64(&sql, 1) : c->next;
        if (until > at)
            tally->gaps[tally->gaps_n++] = (struct cw_store_gap){.from = at, .to = until - 1};
        uint64_t last = more ? cw_sql_get_u64(&sql, 2) : 0;
        at = last < end ? last + 1 : end;
    }
    return cw_sql_end(&sql);
}

static enum cw_err place_gaps(struct cw_store *store, int64_t route,
                              const struct cw_store_counter *c, struct cw_store_tally *tally,
                              struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < tally->gaps_n; i++) {
        struct cw_store_gap *gap = &tally->gaps[i];
        struct cw_block_number unused;
        bool found = false;
        gap->from_block.v = c->base_block.v + 1;
        gap->to_block = c->block;
        if (gap->from > 0)
            err = cw_store_number_block(store, route, gap->from - 1, &found, &unused,
                                        &gap->from_block, error);
        if (err == CW_OK && gap->to + 1 < c->next)
            err = cw_store_number_block(store, route, gap->to + 1, &found, &gap->to_block, &unused,
                                        error);
        /* What is not in its place leads nowhere. */
        if (gap->to_block.v > c->block.v)
            gap->to_block = c->block;
        if (gap->from_block.v > gap->to_block.v)
            gap->from_block = gap->to_block;
    }
    return err;
}

enum cw_err cw_store_tally(struct cw_store *store, int64_t route, const struct cw_store_counter *c,
                           struct cw_store_tally *ret, struct cw_error *error) {
    struct cw_store_tally tally = {0};
    uint64_t end = c->next, unused = 0;
    enum cw_err err = beyond(store, route, c->next, c->block, &tally.uncounted, error);
    if (err == CW_OK)
        err = behind(store, route, c->next, c->block, &tally.uncounted, &end, error);
    if (err == CW_OK)
        err = behind(store, route, c->first, c->base_block, &tally.uncounted, &unused, error);
    uint64_t doubled = 0;
    if (err == CW_OK)
        err = sum(store, route, c->first, end, &tally.stored, &doubled, error);
    if (err == CW_OK)
        err = find_gaps(store, route, c, end, &tally, error);
    if (err == CW_OK)
        err = place_gaps(store, route, c, &tally, error);
    if (err != CW_OK)
        return err;
    tally.uncounted += doubled;
    *ret = tally;
    return CW_OK;
}
